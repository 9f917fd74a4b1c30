//! TS03xx: types, found where expressions are put together and where values go from one place to another.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(301),
        title: "only fields stand in a business record",
        text: "A record of a service or of a call's own ask says what there is: names and types. Conditions, rules and layouts belong into packets and calls.",
        chinese: "业务记录中只能有字段。",
        bad: r#"call ask {
  ask {
    let day = exchange.date
    name  text ..8 chars
  }
  request "1001"
}
"#,
        good: r#"call ask {
  ask {
    name  text ..8 chars
  }
  request "1001"
}
"#,
    },
    Page {
        code: Code(302),
        title: "a list has no maximum",
        text: "Everything has a bound: a decoder never makes more rows than it says, whatever the other side sends.",
        chinese: "列表缺少上限。",
        bad: r#"call query provides bank.query_bill {
  request "1001"
  reply "1002" {
    bills  list -> answer.items {
      amount  money 12 digits fen  -> item.due
    }
  }
}
"#,
        good: r#"call query provides bank.query_bill {
  request "1001"
  reply "1002" {
    bills  list ..12 -> answer.items {
      amount  money 12 digits fen  -> item.due
    }
  }
}
"#,
    },
    Page {
        code: Code(303),
        title: "a list says nothing of its items",
        text: "A list of a record has rows with fields: a block, or `like` another list.",
        chinese: "列表没有说明其行的字段。",
        bad: r#"call ask {
  ask {
    rows  list ..9
  }
  request "1001"
}
"#,
        good: r#"call ask {
  ask {
    rows  list ..9 {
      name  text ..8 chars
    }
  }
  request "1001"
}
"#,
    },
    Page {
        code: Code(304),
        title: "no such record",
        text: "`like` takes the fields of a service's `ask`, `answer`, or of a list in them: `bank.pay_bill.ask`.",
        chinese: "没有这个记录可供参照。",
        bad: r#"call ask {
  ask {
    rows  list ..9 like bank.pay_bil.ask
  }
  request "1001"
}
"#,
        good: r#"call ask {
  ask {
    rows  list ..9 like bank.pay_bill.ask
  }
  request "1001"
}
"#,
    },
    Page {
        code: Code(305),
        title: "no such field to leave out",
        text: "`like PATH except a, b` leaves out fields that the record has.",
        chinese: "记录没有要排除的字段。",
        bad: r#"call ask {
  ask {
    rows  list ..9 like bank.pay_bill.ask except mail
  }
  request "1001"
}
"#,
        good: r#"call ask {
  ask {
    rows  list ..9 like bank.pay_bill.ask except email
  }
  request "1001"
}
"#,
    },
    Page {
        code: Code(306),
        title: "a type of the wire stands where none is",
        text: "Settings and business records hold plain values. Formats, tables of codes and groups belong to messages.",
        chinese: "此处不能用报文类型。",
        bad: r#"setting form  json

call ask {
  request "1001" {
    form  text 4 bytes  = setting.form
  }
}
"#,
        good: r#"setting form  text 4 bytes

call ask {
  request "1001" {
    form  text 4 bytes  = setting.form
  }
}
"#,
    },
    Page {
        code: Code(307),
        title: "a type needs a size",
        text: "Every text has a bound, also where no wire is near: memory and messages are planned by it.",
        chinese: "此类型须写明长度。",
        bad: r#"call ask {
  ask {
    name  text
  }
  request "1001"
}
"#,
        good: r#"call ask {
  ask {
    name  text ..8 chars
  }
  request "1001"
}
"#,
    },
    Page {
        code: Code(309),
        title: "a value in a list, and no row is said",
        text: "Outside of a list a field in it is many values. `sum(bills.amount)` and `count(bills)` take them all; a rule for each row stands in the list's block.",
        chinese: "列表内的值须用 sum、count，或写在列表块中。",
        bad: r#"call query provides bank.query_bill {
  request "1001"
  reply "1002" {
    total  money 12 digits fen
    bills  list ..12 {
      amount  money 12 digits fen
    }
    check  total is bills.amount
  }
}
"#,
        good: r#"call query provides bank.query_bill {
  request "1001"
  reply "1002" {
    total  money 12 digits fen
    bills  list ..12 {
      amount  money 12 digits fen
    }
    check  total is sum(bills.amount)
  }
}
"#,
    },
    Page {
        code: Code(310),
        title: "a `let` is defined by itself",
        text: "A `let` is a name for an expression, so a circle of them has no value.",
        chinese: "let 循环定义。",
        bad: r#"call ask {
  request "1001" {
    let one = two + "a"
    let two = one + "b"
    name  text 8 bytes  = one
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    let one = "a"
    let two = one + "b"
    name  text 8 bytes  = two
  }
}
"#,
    },
    Page {
        code: Code(311),
        title: "a value does not stand in a text as it is",
        text: "Dates, bytes and lists have no one text. Say the form: `format(x, 'yyyyMMdd')`, `hex(x)`.",
        chinese: "此值须先格式化才能放进文本。",
        bad: r#"call ask {
  request "1001" {
    name  text 20 bytes  = "D{exchange.date}"
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    name  text 20 bytes  = "D{format(exchange.date, 'yyyyMMdd')}"
  }
}
"#,
    },
    Page {
        code: Code(312),
        title: "a minus sign before a name",
        text: "`-` in front belongs to a written number. What is computed is subtracted.",
        chinese: "负号只能写在数字前。",
        bad: r#"call ask {
  request "1001"
  reply "1002" {
    before  money 12 digits fen
    after   money 12 digits fen
    check   before is -after
  }
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002" {
    before  money 12 digits fen
    after   money 12 digits fen
    check   before is 0.00 - after
  }
}
"#,
    },
    Page {
        code: Code(313),
        title: "a condition is yes or no",
        text: "`check`, `when`, `where` and `if` take a condition. A value becomes one by a comparison, or by `present(x)`.",
        chinese: "条件须为是或否。",
        bad: r#"call ask {
  request "1001"
  reply "1002" {
    total  money 12 digits fen
    check  total
  }
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002" {
    total  money 12 digits fen
    check  total > 0.00
  }
}
"#,
    },
    Page {
        code: Code(314),
        title: "two values that are never equal or ordered",
        text: "Values of different kinds are not compared; nothing is converted by itself. A code is a text, so it stands in quotes.",
        chinese: "两种不同的值不能比较。",
        bad: r#"call ask {
  request "1001"
  reply "1002" {
    total  money 12 digits fen
    check  total is "0"
  }
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002" {
    total  money 12 digits fen
    check  total is 0.00
  }
}
"#,
    },
    Page {
        code: Code(315),
        title: "an operator does not take these",
        text: "`+` joins texts or bytes, adds numbers, amounts, or days to a date. An amount times a number is rounded: `round(x * 0.05, half_up)`.",
        chinese: "运算符不接受这些类型。",
        bad: r#"call ask {
  request "1001"
  reply "1002" {
    total  money 12 digits fen
    name   text 20 bytes
    check  total + name is total
  }
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002" {
    total  money 12 digits fen
    fee    money 12 digits fen
    check  total + fee > total
  }
}
"#,
    },
    Page {
        code: Code(316),
        title: "a list is wanted, and no path stands there",
        text: "`count` and `sum` go over a list that has a name: of this message, of the ask, of the journal.",
        chinese: "此处应为列表的路径。",
        bad: r#"call ask {
  request "1001" {
    count  number 4 digits  = count("a")
  }
}
"#,
        good: r#"call query provides bank.query_bill {
  request "1001"
  reply "1002" {
    count  number 4 digits  = count(bills)
    bills  list ..12 {
      amount  money 12 digits fen
    }
  }
}
"#,
    },
    Page {
        code: Code(317),
        title: "`count` takes a list",
        text: "Only a list has a number of rows. The length of a text is `length(x)`.",
        chinese: "count 的对象须为列表。",
        bad: r#"call ask {
  request "1001"
  reply "1002" {
    total  money 12 digits fen
    count  number 4 digits  = count(total)
  }
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002" {
    count  number 4 digits  = count(bills)
    bills  list ..12 {
      amount  money 12 digits fen
    }
  }
}
"#,
    },
    Page {
        code: Code(318),
        title: "`sum` takes a value in a list",
        text: "The sum goes over one value of every row: the list and the value are named.",
        chinese: "sum 的对象须为列表中的值。",
        bad: r#"call ask {
  request "1001"
  reply "1002" {
    total  money 12 digits fen
    fee    money 12 digits fen
    check  total is sum(fee)
  }
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002" {
    total  money 12 digits fen
    bills  list ..12 {
      fee  money 12 digits fen
    }
    check  total is sum(bills.fee)
  }
}
"#,
    },
    Page {
        code: Code(319),
        title: "only numbers and amounts are summed",
        text: "Texts, dates and codes have no sum, not even where they look like figures. `number(t)` makes a number of a text.",
        chinese: "只有数字和金额可以求和。",
        bad: r#"call ask {
  request "1001"
  reply "1002" {
    total  money 12 digits fen
    bills  list ..12 {
      month  month "yyyyMM"
    }
    check  total is sum(bills.month)
  }
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002" {
    total  money 12 digits fen
    bills  list ..12 {
      amount  money 12 digits fen
    }
    check  total is sum(bills.amount)
  }
}
"#,
    },
    Page {
        code: Code(320),
        title: "no such function",
        text: "The functions are a fixed list, in the reference; there are none of an adapter's own.",
        chinese: "没有这个函数。",
        bad: r#"call ask {
  request "1001" {
    name  text 20 bytes  = uper("abc")
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    name  text 20 bytes  = upper("abc")
  }
}
"#,
    },
    Page {
        code: Code(321),
        title: "a function takes another number of values",
        text: "Each function takes what its line says: if(c, a, b) either(a, b, …) present(a) mask(t) count(list) sum(list.x) position(item) length(x) raw(x) raw(a .. b) first(n, x) last(n, x) replace(t, a, b) upper(t) lower(t) trim(t) pad(t, n, fill) join(sep, a, …) pairs(part, …) values(pairs) sorted(pairs) join_pairs(a, b, pairs) lines(a, …) format(x, F) utc(d) epoch(d) parse_date(t, F) number(t) days(a, b) end_of_day(d) fen(m) round(x, how) hex(b) hex_upper(b) base64(b) from_hex(t) from_base64(t) url_encoded(b) nul(n) encoded(charset, t) cut_out(raw, x) digest(alg, b) hmac(alg, k, b) mac(alg, k, b) signature(alg, k, b) encrypt(alg, k, b, iv) decrypt(alg, k, b, iv) kcv(n, k, alg) random_key(alg) checksum(alg, b) duration(n, unit).",
        chinese: "函数参数个数不对。",
        bad: r#"call ask {
  request "1001" {
    name  text 20 bytes  = first("abcdef")
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    name  text 20 bytes  = first(4, "abcdef")
  }
}
"#,
    },
    Page {
        code: Code(322),
        title: "no such algorithm",
        text: "Algorithms have names of one table: `sm3 sha256 md5`, `x9_19 sm4_cbc`, `sm4_cbc_pkcs7`, `rsa_sha256 sm2_raw` and so on; each function takes some of them.",
        chinese: "没有这个算法。",
        bad: r#"call ask {
  request "1001" {
    sum  text 64 bytes  = hex(digest(sm33, raw(head)))
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    sum  text 64 bytes  = hex(digest(sm3, raw(head)))
  }
}
"#,
    },
    Page {
        code: Code(323),
        title: "a setting may name what is no algorithm here",
        text: "An algorithm may be a setting: then every name of its `one_of` has to be an algorithm of this function.",
        chinese: "参数可取的名称不都是此处的算法。",
        bad: r#"key mac  tdes 16 bytes
setting mac_algorithm  one_of x9_9, x9_19, none

call ask {
  request "1001" {
    mac  text 16 bytes  = hex(mac(setting.mac_algorithm, key.mac, raw(head)))
  }
}
"#,
        good: r#"key mac  tdes 16 bytes
setting mac_algorithm  one_of x9_19, tdes_cbc_mac

call ask {
  request "1001" {
    mac  text 16 bytes  = hex(mac(setting.mac_algorithm, key.mac, raw(head)))
  }
}
"#,
    },
    Page {
        code: Code(324),
        title: "`position` takes a row around it",
        text: "`position(item)` is the number of the row in which the rule stands, from 1.",
        chinese: "position 只能用于所在列表的行。",
        bad: r#"call pay over line {
  ask {
    rows  list ..9 {
      name  text ..8 chars
    }
  }
  request "1001" {
    rows  list ..9 <- ask.rows {
      place  number 4 digits  <- position(rows)
      name   text 8 bytes     <- item.name
    }
  }
}
"#,
        good: r#"call pay over line {
  ask {
    rows  list ..9 {
      name  text ..8 chars
    }
  }
  request "1001" {
    rows  list ..9 <- ask.rows {
      place  number 4 digits  <- position(item)
      name   text 8 bytes     <- item.name
    }
  }
}
"#,
    },
    Page {
        code: Code(325),
        title: "a function does not take this",
        text: "Functions take what the table of the reference says: `upper` a text, `hex` bytes, `days` two dates. Nothing is converted by itself.",
        chinese: "函数不接受这种类型。",
        bad: r#"call ask {
  request "1001" {
    name  text 20 bytes  = upper(exchange.date)
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    name  text 20 bytes  = upper(format(exchange.date, "yyyyMMdd"))
  }
}
"#,
    },
    Page {
        code: Code(326),
        title: "no field of this message",
        text: "`raw`, `length` and `pairs` speak of bytes on the wire, so they take fields, groups and formats of the message in which they stand.",
        chinese: "不是本报文的字段。",
        bad: r#"setting bank_code  text 4 bytes

call ask {
  request "1001" {
    sum  text 64 bytes  = hex(digest(sm3, raw(setting.bank_code)))
  }
}
"#,
        good: r#"setting bank_code  text 4 bytes

call ask {
  request "1001" {
    bank  text 4 bytes   = setting.bank_code
    sum   text 64 bytes  = hex(digest(sm3, raw(bank)))
  }
}
"#,
    },
    Page {
        code: Code(327),
        title: "`raw` takes a field, or a range of fields",
        text: "One field, group or format, or `a .. b` for all from `a` up to `b`. Several are joined: `raw(head) + raw(body)`.",
        chinese: "raw 的对象须为字段或字段范围。",
        bad: r#"call ask {
  request "1001" {
    sum  text 64 bytes  = hex(digest(sm3, raw("abc")))
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    sum  text 64 bytes  = hex(digest(sm3, raw(head)))
  }
}
"#,
    },
    Page {
        code: Code(328),
        title: "no such field to leave out",
        text: "`pairs(part except a, b)` leaves out fields that the message has, usually the signature itself.",
        chinese: "报文没有要排除的字段。",
        bad: r#"call ask {
  request "1001" {
    content  form {
      name  text ..9 chars   = "x"
      sign  text ..64 chars  = hex(digest(sm3, join_pairs("=", "&", sorted(pairs(content except sig)))))
    }
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    content  form {
      name  text ..9 chars   = "x"
      sign  text ..64 chars  = hex(digest(sm3, join_pairs("=", "&", sorted(pairs(content except sign)))))
    }
  }
}
"#,
    },
    Page {
        code: Code(329),
        title: "the only value of many",
        text: "`only(list.x)` is the value in a list that has one row at most: a party that wraps one thing in a list. Of no row it is the empty text, or zero.",
        chinese: "only 只用于最多一行的列表。",
        bad: r#"call ask {
  request "1001" {
    all   text 20 bytes  = only(rows.name)
    rows  list 9 {
      name  text 20 bytes  = "x"
    }
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    all   text 20 bytes  = only(rows.name)
    rows  list 1 {
      name  text 20 bytes  = "x"
    }
  }
}
"#,
    },
    Page {
        code: Code(330),
        title: "the target may not be missing",
        text: "`absent` fills only what may be missing: an optional field of a record, or a field that says how a missing value stands on the wire.",
        chinese: "目标不能缺失。",
        bad: r#"call ask {
  request "1001" {
    name  text 20 bytes  <- absent
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    name  text 20 bytes absent as blank  <- absent
  }
}
"#,
    },
    Page {
        code: Code(331),
        title: "one kind of value does not go into another",
        text: "Nothing is converted by itself: a date becomes a text by `format`, a text a number by `number`, bytes a text by `hex`. What can fail says what then.",
        chinese: "值的类型与目标不符，须显式转换。",
        bad: r#"call ask {
  request "1001" {
    day  text 8 bytes  = exchange.date
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    day  text 8 bytes  = format(exchange.date, "yyyyMMdd")
  }
}
"#,
    },
    Page {
        code: Code(332),
        title: "a text of figures of another length",
        text: "`digits N` holds N figures, zeros in front included.",
        chinese: "数字串长度或内容不符。",
        bad: r#"call ask {
  request "1001" {
    kind  digits 4  = "12"
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    kind  digits 4  = "0012"
  }
}
"#,
    },
    Page {
        code: Code(333),
        title: "private data leaves to a party that does not disclose it",
        text: "Account numbers, names, documents, phones and addresses leave only to a party whose `discloses` names their kind, as the agreement with it does. Else they are masked.",
        chinese: "私密数据不得发往未声明 discloses 的对手方。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    mail  email 60 bytes absent as blank  <- ask.email else ""
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    account  account_no 32 bytes  <- ask.account
  }
}
"#,
    },
    Page {
        code: Code(334),
        title: "private data stands in what people are told",
        text: "What a `hold` or a `park` says is shown to everybody who may see flows, whatever their role, and stays in the journal as it is. A person's name, account, document, phone or address stands in it masked, or not at all: the number of the act is enough to find it by.",
        chinese: "告知人员的文字中有未脱敏的私密数据。",
        bad: r#"flow take on bank.debit {
  hold  "take {fen(ask.amount)} fen from {ask.account}" for "checker"
  step taken bank.debit {
    pass ask
  }
  answer {
    pass taken
  }
}
"#,
        good: r#"flow take on bank.debit {
  hold  "take {fen(ask.amount)} fen from {mask(ask.account)}" for "checker"
  step taken bank.debit {
    pass ask
  }
  answer {
    pass taken
  }
}
"#,
    },
];
