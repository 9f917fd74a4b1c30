//! TS0201 to TS0219: names, found where they are looked up.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(201),
        title: "no such name",
        text: "A name is a field of this message, a root such as `ask.` or `setting.`, or a step of this flow. Fields are looked up in their block, then outward; the end of a path is enough where only one field ends so.",
        chinese: "此处没有这个名称。",
        bad: r#"call ask {
  request "1001" {
    code  digits 4  = mesage.code
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    code  digits 4  = message.code
  }
}
"#,
    },
    Page {
        code: Code(202),
        title: "two things of one name",
        text: "Items of one kind have names of their own within a party. Two forms of the same call stand in two files that begin `only when …`, so that only one of them counts.",
        chinese: "同类条目重名。",
        bad: r#"call ask {
  request "1001"
}

call ask {
  request "1003"
}
"#,
        good: r#"call ask {
  request "1001"
}

call tell {
  request "1003"
}
"#,
    },
    Page {
        code: Code(203),
        title: "a reason is declared twice",
        text: "A reason is a word of the whole bank. It is declared once, with the text that people read.",
        chinese: "拒绝原因重复声明。",
        bad: r#"module more

reasons {
  locked  "业务锁定"
  locked  "账户锁定"
}
"#,
        good: r#"module more

reasons {
  locked          "业务锁定"
  account_locked  "账户锁定"
}
"#,
    },
    Page {
        code: Code(204),
        title: "a field stands twice in a record",
        text: "A business record has each field once, so that a path means one value.",
        chinese: "记录中字段重名。",
        bad: r#"call ask {
  ask {
    day  date
    day  text ..8 chars
  }
  request "1001" {
    day  date "yyyyMMdd"  <- ask.day
  }
}
"#,
        good: r#"call ask {
  ask {
    day   date
    name  text ..8 chars
  }
  request "1001" {
    day  date "yyyyMMdd"  <- ask.day
  }
}
"#,
    },
    Page {
        code: Code(205),
        title: "a record has no such field",
        text: "What a service asks and answers is declared in the bank's module. A path goes through its fields, and no others.",
        chinese: "业务记录没有这个字段。",
        bad: r#"call query provides bank.query_bill {
  request "1001"
  reply "1002" {
    total  money 12 digits fen  -> answer.dues
  }
}
"#,
        good: r#"call query provides bank.query_bill {
  request "1001"
  reply "1002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
    },
    Page {
        code: Code(206),
        title: "no such reason",
        text: "A refusal has a reason that all channels understand. Reasons are declared once in the bank's module; the gateway has some of its own, such as `bad_message` and `duplicate`.",
        chinese: "没有这个拒绝原因。",
        bad: r#"codes state digits 1 {
  "1"    refused no_such_payor
  other  unknown
}
"#,
        good: r#"codes state digits 1 {
  "1"    refused no_such_payer
  other  unknown
}
"#,
    },
    Page {
        code: Code(207),
        title: "no such code table",
        text: "`code NAME` takes its texts and meanings from the item `codes NAME` of the same party.",
        chinese: "没有这个代码表。",
        bad: r#"call ask {
  request "1001"
  reply "1002" {
    state  code sate
  }
}

codes state digits 1 {
  "1"  open
  "2"  closed
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002" {
    state  code state
  }
}

codes state digits 1 {
  "1"  open
  "2"  closed
}
"#,
    },
    Page {
        code: Code(208),
        title: "no such xml form",
        text: "Behind `xml` stands `soap_1_1`, `soap_1_2`, or the name of an item `xml NAME { … }` that copies the party's own form.",
        chinese: "没有这个 xml 形式。",
        bad: r#"call ask {
  request "1001" {
    doc  xml soap {
      name  text ..9 chars  = "x"
    }
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    doc  xml soap_1_1 {
      name  text ..9 chars  = "x"
    }
  }
}
"#,
    },
    Page {
        code: Code(209),
        title: "none of the names that stand here",
        text: "Where a `one_of` or a code table of names is wanted, one of its names stands, without quotes.",
        chinese: "不是此处允许的名称。",
        bad: r#"call ask {
  request "1001" {
    way  code way  <- moble
  }
}

codes way digits 1 {
  "1"  counter
  "2"  mobile
}
"#,
        good: r#"call ask {
  request "1001" {
    way  code way  <- mobile
  }
}

codes way digits 1 {
  "1"  counter
  "2"  mobile
}
"#,
    },
    Page {
        code: Code(210),
        title: "a value has no fields",
        text: "A path ends at a value. Behind an outcome or a name only `.text` stands, its label.",
        chinese: "单个值之下没有字段。",
        bad: r#"call query provides bank.query_bill {
  request "1001" {
    customer  digits 20  <- ask.payer_no.first
  }
}
"#,
        good: r#"call query provides bank.query_bill {
  request "1001" {
    customer  digits 20  <- ask.payer_no else refuse no_such_payer
  }
}
"#,
    },
    Page {
        code: Code(211),
        title: "there is no such record here",
        text: "A call has an `ask` and an `answer` if it provides or runs a service, or declares its own. A call that only keeps a line alive has none.",
        chinese: "此处没有 ask 或 answer。",
        bad: r#"call ask {
  request "1001" {
    customer  digits 20  <- ask.payer_no
  }
}
"#,
        good: r#"call ask {
  ask {
    payer_no  digits 20
  }
  request "1001" {
    customer  digits 20  <- ask.payer_no
  }
}
"#,
    },
    Page {
        code: Code(212),
        title: "no such fact",
        text: "An exchange, a message and a page have fixed facts. Those of an exchange belong to the act and stay the same in a repeat; those of a message belong to one copy.",
        chinese: "没有这个事实。",
        bad: r#"call ask {
  request "1001" {
    serial  digits 12  = exchange.seral
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    serial  digits 12  = exchange.serial
  }
}
"#,
    },
    Page {
        code: Code(213),
        title: "a message has no such field",
        text: "`request.x` and `CALL.reply.x` speak of fields by the names that the message gives them, head included.",
        chinese: "报文中没有这个字段。",
        bad: r#"call ask {
  request "1001" {
    day  date "yyyyMMdd"  = exchange.date
  }
  reply "1002" {
    day  date "yyyyMMdd"  = request.days
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    day  date "yyyyMMdd"  = exchange.date
  }
  reply "1002" {
    day  date "yyyyMMdd"  = request.day
  }
}
"#,
    },
    Page {
        code: Code(214),
        title: "no such folder to use",
        text: "`use NAME` takes over all items of another folder under `configs/`, so that a family of parties shares them.",
        chinese: "没有可引用的目录。",
        bad: r#"use layouts
"#,
        good: r#"use shared
"#,
    },
    Page {
        code: Code(215),
        title: "neither a party nor a module",
        text: "A folder belongs to a counterparty, or it is a module of the bank. One of its files says which.",
        chinese: "目录既不是对手方也不是模块。",
        bad: r#"// without a party
reasons {
  locked  "业务锁定"
}
"#,
        good: r#"module more

reasons {
  locked  "业务锁定"
}
"#,
    },
    Page {
        code: Code(216),
        title: "there is no original here",
        text: "`original` is the exchange that a call `settles`, `undoes` or speaks `about`. Without such a word there is none.",
        chinese: "此处没有原交易。",
        bad: r#"call reverse {
  request "1005" {
    serial  digits 12  = original.serial
  }
}
"#,
        good: r#"call ask {
  request "1001"
}

call reverse about ask {
  request "1005" {
    serial  digits 12  = original.serial
  }
}
"#,
    },
    Page {
        code: Code(217),
        title: "no session keeps that",
        text: "`session.x` is a value that a session keeps from a sign-in, or makes for it.",
        chinese: "会话没有保存这个值。",
        bad: r#"call sign_in {
  request "0001"
  reply "0002" {
    mak  text 32 bytes
  }
}

session day {
  open  sign_in at start
  keep  mak bytes 16  = from_hex(sign_in.reply.mak)
}

call ask {
  request "1001" {
    mac  text 32 bytes  = hex_upper(mac(sm4_cbc, session.mac, raw(head)))
  }
}
"#,
        good: r#"call sign_in {
  request "0001"
  reply "0002" {
    mak  text 32 bytes
  }
}

session day {
  open  sign_in at start
  keep  mak bytes 16  = from_hex(sign_in.reply.mak)
}

call ask {
  request "1001" {
    mac  text 32 bytes  = hex_upper(mac(sm4_cbc, session.mak, raw(head)))
  }
}
"#,
    },
    Page {
        code: Code(218),
        title: "no such setting or parameter",
        text: "What differs from bank to bank is a setting, declared with a type; its value stands in the deployment. A `parameter` is one that two persons change while the gateway runs; it is read by `parameter.`, not by `setting.`.",
        chinese: "没有这个参数。",
        bad: r#"setting bank_code  text 4 bytes

call ask {
  request "1001" {
    bank  text 4 bytes  = setting.bank_code
    home  text 4 bytes  = setting.bank_cod
  }
}
"#,
        good: r#"setting bank_code  text 4 bytes

call ask {
  request "1001" {
    bank  text 4 bytes  = setting.bank_code
    home  text 4 bytes  = setting.bank_code
  }
}
"#,
    },
    Page {
        code: Code(219),
        title: "no such key",
        text: "Keys are declared with their kind and size. The key itself stands in the key store, never in an adapter.",
        chinese: "没有这个密钥。",
        bad: r#"call ask {
  request "1001" {
    mac  text 32 bytes  = hex_upper(mac(sm4_cbc, key.mac, raw(head)))
  }
}
"#,
        good: r#"key mac  sm4 16 bytes

call ask {
  request "1001" {
    mac  text 32 bytes  = hex_upper(mac(sm4_cbc, key.mac, raw(head)))
  }
}
"#,
    },
];
