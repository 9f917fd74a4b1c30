//! TS0401 to TS0423: sizes, forms and formats on the wire.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(401),
        title: "a type has no form on the wire",
        text: "Names and spans of time exist in records and settings. On the wire a name is the text that a code table gives it.",
        chinese: "此类型没有报文形式。",
        bad: r#"call ask {
  request "1001" {
    way  one_of counter, mobile = counter
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    way  code way  = counter
  }
}

codes way digits 1 {
  "1"  counter
  "2"  mobile
}
"#,
    },
    Page {
        code: Code(402),
        title: "a field has one width here",
        text: "In `fixed` and `binary` nothing but its width shows where a field ends. A range is for formats that show the end, or for a last field, `..N`.",
        chinese: "fixed 与 binary 中的字段须为定长。",
        bad: r#"call ask {
  request "1001" {
    name  text 3..20 bytes  = "abc"
    kind  digits 1  = "0"
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    name  text 20 bytes  = "abc"
    kind  digits 1       = "0"
  }
}
"#,
    },
    Page {
        code: Code(403),
        title: "a field needs a size",
        text: "The wire has a width for every field. The specification's table says it, with its unit.",
        chinese: "字段缺少长度。",
        bad: r#"call ask {
  request "1001" {
    name  text  = "abc"
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    name  text 20 bytes  = "abc"
  }
}
"#,
    },
    Page {
        code: Code(405),
        title: "an amount does not say in what it is written",
        text: "123.45 yuan is 12345 in fen and 123450 in li. One word says which; the rest follows.",
        chinese: "金额缺少单位（fen、yuan、li）。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 12 digits  <- ask.amount else refuse over_limit
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 12 digits fen  <- ask.amount else refuse over_limit
  }
}
"#,
    },
    Page {
        code: Code(406),
        title: "a day or time on the wire needs its form",
        text: "Parties write days in many ways. The form is copied from the specification: `date \"yyyyMMdd\"`, `datetime \"yyyy-MM-dd HH:mm:ss\"`.",
        chinese: "日期时间缺少格式。",
        bad: r#"call ask {
  request "1001" {
    day  date  = exchange.date
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    day  date "yyyyMMdd"  = exchange.date
  }
}
"#,
    },
    Page {
        code: Code(407),
        title: "the form of a day lacks a part",
        text: "A day has year, month and day, a time hours and minutes. Where a form leaves out the year, `near` says which one is meant.",
        chinese: "日期格式缺少部分。",
        bad: r#"call ask {
  request "1001" {
    day  date "yyyyMM"  = exchange.date
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    day  date "yyyyMMdd"  = exchange.date
  }
}
"#,
    },
    Page {
        code: Code(408),
        title: "the codes have no one width",
        text: "In `fixed` a code takes one width. Where the table's texts differ, the field says its own.",
        chinese: "定长报文中代码须有固定宽度。",
        bad: r#"call ask {
  request "1001"
  reply "1002" {
    state  code state
  }
}

codes state text ..4 chars {
  "A"   open
  "BC"  closed
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002" {
    state  code state 4 bytes
  }
}

codes state text ..4 chars {
  "A"   open
  "BC"  closed
}
"#,
    },
    Page {
        code: Code(409),
        title: "a flag needs its two texts",
        text: "Yes may be `1`, `Y`, `true` or `01`. Both texts are written, the one for yes first.",
        chinese: "flag 缺少是、否两个文本。",
        bad: r#"call ask {
  request "1001" {
    whole  flag  = yes
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    whole  flag "1" "0"  = yes
  }
}
"#,
    },
    Page {
        code: Code(410),
        title: "yes and no are the same text",
        text: "A reader has to tell them apart.",
        chinese: "flag 的两个文本相同。",
        bad: r#"call ask {
  request "1001" {
    whole  flag "1" "1"  = yes
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    whole  flag "1" "0"  = yes
  }
}
"#,
    },
    Page {
        code: Code(411),
        title: "only numbers and amounts have a sign",
        text: "`signed` allows a value below zero and says that a place is kept for its sign.",
        chinese: "只有数字和金额可以 signed。",
        bad: r#"call ask {
  request "1001" {
    name  text 20 bytes signed  = "abc"
  }
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002" {
    balance  money 13 digits fen signed
  }
}
"#,
    },
    Page {
        code: Code(412),
        title: "no such word to tolerate",
        text: "What may be tolerated is one list, so that nothing is overlooked: `lf blanks connect_and_close half_character missing short any unreadable`.",
        chinese: "未知的 tolerate 词。",
        bad: r#"call ask {
  request "1001"
  reply "1002" {
    name  text 20 bytes tolerate half_char
  }
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002" {
    name  text 20 bytes tolerate half_character
  }
}
"#,
    },
    Page {
        code: Code(413),
        title: "a field is filled with one octet",
        text: "What stands in the places that the value leaves free is one sign, or `nul`.",
        chinese: "填充须为一个字节。",
        bad: r#"call ask {
  request "1001" {
    name  text 20 bytes fill left "00"  = "abc"
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    name  text 20 bytes fill left "0"  = "abc"
  }
}
"#,
    },
    Page {
        code: Code(414),
        title: "no such line end",
        text: "A line ends with `lf`, `crlf` or `cr`.",
        chinese: "未知的行尾。",
        bad: r#"link drop folder connect {
  write  temporary then rename
}

call put over drop {
  request file "A.txt" delimited "|" lines lfcr {
    head  line {
      mark  text 1 bytes  = "H"
    }
  }
}
"#,
        good: r#"link drop folder connect {
  write  temporary then rename
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    head  line {
      mark  text 1 bytes  = "H"
    }
  }
}
"#,
    },
    Page {
        code: Code(415),
        title: "the separator is empty",
        text: "Without a sign between two values nothing shows where one ends. Fields of fixed widths are `fixed`.",
        chinese: "分隔符为空。",
        bad: r#"call ask {
  request "1001" {
    body_text  delimited "" {
      one  text ..9 bytes  = "a"
      two  text ..9 bytes  = "b"
    }
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    body_text  delimited "|" {
      one  text ..9 bytes  = "a"
      two  text ..9 bytes  = "b"
    }
  }
}
"#,
    },
    Page {
        code: Code(416),
        title: "the packet has no place for the fields of a message",
        text: "A packet is what every message of a link looks like; `message fields` is where those of the call stand.",
        chinese: "报文格式中没有 message fields。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code  digits 4  = message.code
  }
}

call ask {
  request "1001" {
    kind  digits 1  = "0"
  }
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code  digits 4  = message.code
    message fields
  }
}

call ask {
  request "1001" {
    kind  digits 1  = "0"
  }
}
"#,
    },
    Page {
        code: Code(417),
        title: "a file is of a format",
        text: "Behind the name of a file stands what it is: `delimited \"|\" lines crlf`, `fixed lines lf`, `xml`, `json` or `zip`.",
        chinese: "文件须写明格式。",
        bad: r#"link drop folder connect {
  write  temporary then rename
}

call put over drop {
  request file "A.txt" {
    mark  text 1 bytes  = "H"
  }
}
"#,
        good: r#"link drop folder connect {
  write  temporary then rename
}

call put over drop {
  request file "A.txt" fixed {
    mark  text 1 bytes  = "H"
  }
}
"#,
    },
    Page {
        code: Code(418),
        title: "layouts are nested too deep",
        text: "At most 16 blocks stand in each other. A layout that uses itself has no end.",
        chinese: "布局嵌套过深。",
        bad: r#"layout part {
  kind  digits 1  = "0"
  more  group {
    use part
  }
}

call ask {
  request "1001" {
    use part
  }
}
"#,
        good: r#"layout part {
  kind  digits 1  = "0"
}

call ask {
  request "1001" {
    more  group {
      use part
    }
  }
}
"#,
    },
    Page {
        code: Code(419),
        title: "a format or group has no fields",
        text: "`fixed`, `xml`, `group` and their like are made of fields, in a block.",
        chinese: "格式或分组没有字段。",
        bad: r#"call ask {
  request "1001" {
    part  group
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    part  group {
      kind  digits 1  = "0"
    }
  }
}
"#,
    },
    Page {
        code: Code(420),
        title: "a list is filled from a list",
        text: "The rows on the wire come from rows of the business: a list of the ask, of the answer, of the journal.",
        chinese: "列表须由列表填写。",
        bad: r#"call pay over line {
  request "1001" {
    rows  list ..9 <- "abc" {
      kind  digits 1  = "0"
    }
  }
}
"#,
        good: r#"call pay over line {
  ask {
    rows  list ..9 {
      kind  digits 1
    }
  }
  request "1001" {
    rows  list ..9 <- ask.rows {
      kind  digits 1  <- item.kind
    }
  }
}
"#,
    },
    Page {
        code: Code(421),
        title: "no list",
        text: "A list of a message, and an `each` of a flow, go over a list.",
        chinese: "此处应为列表。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    rows  list ..9 <- ask.amount {
      kind  digits 1  = "0"
    }
  }
}
"#,
        good: r#"call pay over line {
  ask {
    rows  list ..9 {
      kind  digits 1
    }
  }
  request "1001" {
    rows  list ..9 <- ask.rows {
      kind  digits 1  <- item.kind
    }
  }
}
"#,
    },
    Page {
        code: Code(422),
        title: "the cases do not cover every value",
        text: "What is chosen by a value has a case for each value that may come, or `other`.",
        chinese: "分支没有覆盖所有取值。",
        bad: r#"call ask {
  request "1001"
  reply "1002" {
    kind  digits 1
    choose kind {
      "1" {
        name  text 20 bytes
      }
    }
  }
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002" {
    kind  digits 1
    choose kind {
      "1" {
        name  text 20 bytes
      }
      other {
      }
    }
  }
}
"#,
    },
    Page {
        code: Code(423),
        title: "a case stands twice",
        text: "Of two cases with one value the second is never taken.",
        chinese: "分支重复。",
        bad: r#"call ask {
  request "1001"
  reply "1002" {
    kind  digits 1
    choose kind {
      "1" {
        name  text 20 bytes
      }
      "1" {
        other_name  text 20 bytes
      }
      other {
      }
    }
  }
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002" {
    kind  digits 1
    choose kind {
      "1" {
        name  text 20 bytes
      }
      other {
      }
    }
  }
}
"#,
    },
];
