//! TS0660 to TS0667: control files, frames of two lengths.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(660),
        title: "no file that comes is refused so",
        text: "A flow `on refused` begins when a file that the party puts for us is not taken. Each name behind it is a `serve` of this party over a link of files: what we put is refused by them, and any other message is answered at once.",
        chinese: "`on refused` 只能列出本交易方送来的文件。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
  }
}

flow turned_away on refused put {
  park  "{ask.file}: {ask.why}"
}
"#,
        good: r#"link pick folder accept {
  poll  60s
  once  name
}

serve found over pick {
  once  exchange.file
  request file "B_{exchange.serial}.txt" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
  }
}

flow turned_away on refused found {
  park  "{ask.file}: {ask.why}"
}
"#,
    },
    Page {
        code: Code(661),
        title: "a control file stands elsewhere",
        text: "A control file completes one file: it stands in the block of the message that is the file, behind its lines, not in a layout that several use and not in a message that is no file.",
        chinese: "控制文件须写在文件报文自己的块内。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    use rows
  }
}

layout rows {
  rows  list ..9 of line {
    name  text ..20 chars  = "x"
  }
  done ".chk" delimited "|" lines lf {
    size  number ..8 digits  = length(rows)
  }
}
"#,
        good: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
    done ".chk" delimited "|" lines lf {
      size    number ..8 digits  = length(message)
      digest  text 64 chars      = hex(digest(sm3, raw(message)))
    }
  }
}
"#,
    },
    Page {
        code: Code(662),
        title: "a control file has no such form",
        text: "A control file is one line: values of fixed width or parted by a sign, with or without a line end. It is written and read as it stands, without a coding of its own.",
        chinese: "控制文件为单行: fixed 或 delimited, 不另行编码。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
    done ".chk" json {
      size    number ..8 digits  = length(message)
      digest  text 64 chars      = hex(digest(sm3, raw(message)))
    }
  }
}
"#,
        good: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
    done ".chk" delimited "|" lines lf {
      size    number ..8 digits  = length(message)
      digest  text 64 chars      = hex(digest(sm3, raw(message)))
    }
  }
}
"#,
    },
    Page {
        code: Code(663),
        title: "a file has two end marks",
        text: "The other side takes a file when its end mark is there. An empty mark behind the name and a control file are both such a mark, and a file has one.",
        chinese: "一个文件只有一个完成标志。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" done ".ok" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
    done ".chk" delimited "|" lines lf {
      size    number ..8 digits  = length(message)
      digest  text 64 chars      = hex(digest(sm3, raw(message)))
    }
  }
}
"#,
        good: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
    done ".chk" delimited "|" lines lf {
      size    number ..8 digits  = length(message)
      digest  text 64 chars      = hex(digest(sm3, raw(message)))
    }
  }
}
"#,
    },
    Page {
        code: Code(664),
        title: "a control file of what is no file of lines",
        text: "What a control file says of its file (`raw(message)`, `length(message)`, counts and sums) is made while the file's lines go by. So the file is `fixed` or `delimited`, and nothing but `line` and `list … of line` stands in it.",
        chinese: "控制文件只用于按行的文件。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.json" json {
    name  text ..20 chars  = "x"
    done ".chk" delimited "|" lines lf {
      mark  text 2 chars  = "ok"
    }
  }
}
"#,
        good: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
    done ".chk" delimited "|" lines lf {
      size    number ..8 digits  = length(message)
      digest  text 64 chars      = hex(digest(sm3, raw(message)))
    }
  }
}
"#,
    },
    Page {
        code: Code(665),
        title: "two lengths of a frame in two heads",
        text: "`frame by PATH and PATH` reads both lengths before anything else is read: of the body, and of what stands behind it and is not counted by the first, such as a signature. So both stand in the one head of fixed width.",
        chinese: "两个长度字段须在同一定长报文头中。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    by head.size and body.seal_size
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size  number 4 digits  = length(body)
    code  digits 4         = message.code
  }
  body  fixed {
    seal_size  number 4 digits  = length(seal)
    message fields
  }
  seal  text ..64 bytes  = hex(digest(sm3, raw(body)))
}

call ask {
  request "1001" {
    kind  digits 1  = "0"
  }
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    by head.size and head.seal_size
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size       number 4 digits  = length(body)
    seal_size  number 4 digits  = length(seal)
    code       digits 4         = message.code
  }
  body  fixed {
    message fields
  }
  seal  text ..64 bytes  = hex(digest(sm3, raw(body)))
}

call ask {
  request "1001" {
    kind  digits 1  = "0"
  }
}
"#,
    },
    Page {
        code: Code(666),
        title: "what is unseen stands in every message",
        text: "`check VALUE unseen within TIME` remembers what each message has anew, a random text or a number: one that comes again within that time was recorded by somebody, and is refused. It is judged of every message that is asked of us, so the value is a text, figures or a number, and stands under no condition on what the message says.",
        chinese: "防重放的随机数须是每个报文都有的普通字段。",
        bad: r#"link front http accept {
  carries  told
  post     "/told"
  timeout  answer 10s
}

packet told {
  content  json coded utf8 {
    code    text ..8 chars   = message.code
    serial  text ..32 chars  = exchange.serial
    nonce   text 32 chars    = hex(drawn)
    sealed  flag "1" "0"     = yes
    message fields
    when sealed {
      check  nonce unseen within 300s else refuse bad_message
    }
  }
  fresh drawn bytes 16
}

serve told {
  once  exchange.serial
  request "1001" {
    kind  digits 1
  }
  reply
}
"#,
        good: r#"link front http accept {
  carries  told
  post     "/told"
  timeout  answer 10s
}

packet told {
  content  json coded utf8 {
    code    text ..8 chars   = message.code
    serial  text ..32 chars  = exchange.serial
    nonce   text 32 chars    = hex(drawn)
    message fields
    check   nonce unseen within 300s else refuse bad_message
  }
  fresh drawn bytes 16
}

serve told {
  once  exchange.serial
  request "1001" {
    kind  digits 1
  }
  reply
}
"#,
    },
    Page {
        code: Code(667),
        title: "an answer to a file that is put",
        text: "A file that is put is taken or it is not: no message comes back, so a `reply` with fields or lines is never read, and what it would say of the answer is never there. What was put is known to the flow that asks; what the other side says of it comes as a file of its own, a `serve`.",
        chinese: "投放文件没有应答报文, reply 中的内容永远不会被读取。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  ask {
    rows  list ..1_000 {
      amount  money
    }
  }
  answer {
    total  money
  }
  once  exchange.serial
  request file "P{exchange.serial}.txt" delimited "|" lines lf {
    row  list ..1_000 of line  <- ask.rows {
      amount  money ..15 digits yuan  <- item.amount
    }
  }
  reply {
    answer.total  <- sum(request.row.amount)
  }
}
"#,
        good: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  ask {
    rows  list ..1_000 {
      amount  money
    }
  }
  once  exchange.serial
  request file "P{exchange.serial}.txt" delimited "|" lines lf {
    row  list ..1_000 of line  <- ask.rows {
      amount  money ..15 digits yuan  <- item.amount
    }
  }
}
"#,
    },
];
