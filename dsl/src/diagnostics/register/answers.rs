//! TS0640 to TS0647: fields and lines beside the messages of a call, and what tells answers apart.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(640),
        title: "a field beside the messages is named without its message",
        text: "A `check` or a mapping beside the messages of a call stands in the message that it speaks of. None of them is at hand there, so a field is named with its message: `request.amount`, `reply.total`.",
        chinese: "报文之外的检查或映射须写明字段属于哪个报文。",
        bad: r#"call query provides bank.query_bill {
  check  total > 0.00 else unknown
  request "7001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "7002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
        good: r#"call query provides bank.query_bill {
  check  reply.total > 0.00 else unknown
  request "7001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "7002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
    },
    Page {
        code: Code(641),
        title: "a line beside the messages waits for an answer that never comes",
        text: "What names `reply`, `answer` or `outcome` is judged, or mapped, when the answer is read. A call without a `reply` has none, and among the fields of what asks there is none yet.",
        chinese: "该行要等应答, 而此调用没有应答。",
        bad: r#"call told provides bank.tell {
  once     exchange.serial
  unknown  park
  answer.seen  <- yes
  request "2003" {
    customer  text 40 bytes  <- ask.payer_no
  }
}
"#,
        good: r#"call told provides bank.tell {
  once     exchange.serial
  unknown  park
  answer.seen  <- yes
  request "2003" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "2004"
}
"#,
    },
    Page {
        code: Code(642),
        title: "many exchanges on a connection, and nothing that tells their answers apart",
        text: "With `many exchanges each` answers come in any order. `match` names a field of the head by whose value an answer finds its exchange; of several the first that is there decides.",
        chinese: "同一连接并行多笔时, 须用 match 指明应答归属。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, many exchanges each
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
}

call probe {
  request "0005"
  reply "0006"
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, many exchanges each
  match    head.serial
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
}

call probe {
  request "0005"
  reply "0006"
}
"#,
    },
    Page {
        code: Code(643),
        title: "what is the same in every message matches nothing",
        text: "`match` names a value that stands once in an answer and that its request had too: a serial in the head. A code, a constant and what stands in rows tell no exchange from another.",
        chinese: "match 须指向能区分各笔交易的字段。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, many exchanges each
  match    message.code
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
}

call probe {
  request "0005"
  reply "0006"
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, many exchanges each
  match    head.serial
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
}

call probe {
  request "0005"
  reply "0006"
}
"#,
    },
    Page {
        code: Code(644),
        title: "unsealed, where nothing is sealed",
        text: "`unsealed` says that an answer is believed though the seal of its packet is missing. Where the packet has none, it says nothing.",
        chinese: "报文本无签章, unsealed 无意义。",
        bad: r#"key mak  tdes 16 bytes

link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, one exchange each
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
  reply "9000" means refused bad_message unsealed "they could not read our seal, so they have none" {
    why  text 40 bytes  = outcome.text
  }
}

call query provides bank.query_bill {
  request "1001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "1002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
        good: r#"key mak  tdes 16 bytes

link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, one exchange each
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
  mac   text 16 bytes  = hex_upper(mac(x9_19, key.mak, raw(head) + raw(body)))
  reply "9000" means refused bad_message unsealed "they could not read our seal, so they have none" {
    why  text 40 bytes  = outcome.text
  }
}

call query provides bank.query_bill {
  request "1001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "1002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
    },
    Page {
        code: Code(645),
        title: "an answer without a seal that could mean done",
        text: "What is believed without a seal could have been sent by anybody. So it says by its coming that nothing was done (`means refused REASON`), or that nothing is known; never that something was done.",
        chinese: "无签章的应答不得表示成功。",
        bad: r#"key mak  tdes 16 bytes

link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, one exchange each
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
  mac   text 16 bytes  = hex_upper(mac(x9_19, key.mak, raw(head) + raw(body)))
  reply "9000" unsealed "they could not read our seal, so they have none" {
    why  text 40 bytes  = outcome.text
  }
}

call query provides bank.query_bill {
  request "1001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "1002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
        good: r#"key mak  tdes 16 bytes

link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, one exchange each
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
  mac   text 16 bytes  = hex_upper(mac(x9_19, key.mak, raw(head) + raw(body)))
  reply "9000" means refused bad_message unsealed "they could not read our seal, so they have none" {
    why  text 40 bytes  = outcome.text
  }
}

call query provides bank.query_bill {
  request "1001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "1002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
    },
    Page {
        code: Code(646),
        title: "the fields of a request that cannot be given back",
        text: "`request fields` gives the octets of the request's own fields back, as they came. They are one piece, so the packet has a `fixed` or `binary` for them alone, and in the answer they stand last in one.",
        chinese: "请求字段无法原样退回。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, one exchange each
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    mark  digits 2  = "01"
    message fields
  }
  reply "9000" means refused bad_message {
    request fields
  }
}

call query provides bank.query_bill {
  request "1001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "1002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, one exchange each
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
  reply "9000" means refused bad_message {
    request fields
  }
}

call query provides bank.query_bill {
  request "1001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "1002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
    },
    Page {
        code: Code(647),
        title: "a sign of life on a numbered line that is theirs",
        text: "On a link that the other side connects a beat usually says what we hear. Where the messages of the session are numbered either side sends what it likes, so a beat names what we say: a `call`. What they say is a `serve`, which needs no beat.",
        chinese: "编号会话中 beat 须为我方 call; 对方心跳由 serve 接收。",
        bad: r#"link line tcp accept {
  carries  grid
  frame    length 4 digits
  hold     1 connections, many exchanges each
  match    head.serial
  beat     alive_there after 30s unsent
  timeout  answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    number  number 9 digits  = message.number
    again   flag "Y" "N"     = either(message.again, no)
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
}

serve sign_in {
  request "0001"
  reply "0002"
}

call alive over line {
  request "0005"
}

serve alive_there {
  request "0005"
}

layout range {
  first  number 9 digits  <-> ask.first
  last   number 9 digits  <-> ask.last
}

call ask_again over line {
  ask {
    first  number ..999_999_999
    last   number ..999_999_999
  }
  request "0003" {
    use range
  }
}

serve asked_again {
  ask {
    first  number ..999_999_999
    last   number ..999_999_999
  }
  request "0003" {
    use range
  }
}

call fill over line {
  ask {
    next  number ..999_999_999
  }
  request "0004" {
    next  number 9 digits  <- ask.next
  }
}

serve filled {
  ask {
    next  number ..999_999_999
  }
  request "0004" {
    next  number 9 digits  -> ask.next
  }
}

session day {
  serve     sign_in
  numbered  head.number, kept
  gap       ask_again, filled by fill
  resent    open, marked head.again
}
"#,
        good: r#"link line tcp accept {
  carries  grid
  frame    length 4 digits
  hold     1 connections, many exchanges each
  match    head.serial
  beat     alive after 30s unsent
  timeout  answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    number  number 9 digits  = message.number
    again   flag "Y" "N"     = either(message.again, no)
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
}

serve sign_in {
  request "0001"
  reply "0002"
}

call alive over line {
  request "0005"
}

serve alive_there {
  request "0005"
}

layout range {
  first  number 9 digits  <-> ask.first
  last   number 9 digits  <-> ask.last
}

call ask_again over line {
  ask {
    first  number ..999_999_999
    last   number ..999_999_999
  }
  request "0003" {
    use range
  }
}

serve asked_again {
  ask {
    first  number ..999_999_999
    last   number ..999_999_999
  }
  request "0003" {
    use range
  }
}

call fill over line {
  ask {
    next  number ..999_999_999
  }
  request "0004" {
    next  number 9 digits  <- ask.next
  }
}

serve filled {
  ask {
    next  number ..999_999_999
  }
  request "0004" {
    next  number 9 digits  -> ask.next
  }
}

session day {
  serve     sign_in
  numbered  head.number, kept
  gap       ask_again, filled by fill
  resent    open, marked head.again
}
"#,
    },
];
