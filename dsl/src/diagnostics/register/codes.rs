//! TS05xx: codes and outcomes: what a party's answer means.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(501),
        title: "a table says nothing of other codes",
        text: "A party sends codes that its document does not list. Such a code says nothing of the money, so it is `unknown`, and the table says so.",
        chinese: "代码表缺少 other 行。",
        bad: r#"codes state digits 1 {
  "0"  done
  "1"  refused nothing_due
}
"#,
        good: r#"codes state digits 1 {
  "0"    done
  "1"    refused nothing_due
  other  unknown
}
"#,
    },
    Page {
        code: Code(502),
        title: "nothing stands for a name",
        text: "A table of names that a `one_of` or a flag goes through has a row for each of its names, or the rule says what then.",
        chinese: "代码表缺少某个名称的行。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    way  code way  <- ask.way
  }
}

codes way digits 1 {
  "1"  counter
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    way  code way  <- ask.way
  }
}

codes way digits 1 {
  "1"  counter
  "2"  mobile
}
"#,
    },
    Page {
        code: Code(503),
        title: "a table mixes outcomes and names",
        text: "A table says of each code what became of the business (done, refused, unknown), or it gives each code a name. A code that does both stands in two fields.",
        chinese: "代码表混用了结果与名称。",
        bad: r#"codes state digits 1 {
  "0"    done
  "1"    frozen
  other  unknown
}
"#,
        good: r#"codes state digits 1 {
  "0"    done
  "1"    refused other
  other  unknown
}
"#,
    },
    Page {
        code: Code(504),
        title: "an unknown code is neither done nor refused",
        text: "A code that the document does not list may mean that the party goes on working. Taken for refused, the money is given back and moves all the same.",
        chinese: "未列出的代码不能当作成功或失败。",
        bad: r#"codes state digits 1 {
  "0"    done
  other  refused other
}
"#,
        good: r#"codes state digits 1 {
  "0"    done
  other  unknown
}
"#,
    },
    Page {
        code: Code(505),
        title: "a code stands twice in its table",
        text: "One code has one meaning. Where it depends on the transaction, the call says so by `outcome`.",
        chinese: "代码重复。",
        bad: r#"codes state digits 1 {
  "0"    done
  "0"    refused nothing_due
  other  unknown
}
"#,
        good: r#"codes state digits 1 {
  "0"    done
  "1"    refused nothing_due
  other  unknown
}
"#,
    },
    Page {
        code: Code(506),
        title: "a code has another length than its table says",
        text: "The table's type is what stands on the wire, so each code fits it.",
        chinese: "代码长度与表的类型不符。",
        bad: r#"codes state digits 2 {
  "00"   done
  "1"    refused nothing_due
  other  unknown
}
"#,
        good: r#"codes state digits 2 {
  "00"   done
  "01"   refused nothing_due
  other  unknown
}
"#,
    },
    Page {
        code: Code(508),
        title: "a row has another number of codes than fields",
        text: "`outcome a, b { rows }` has a code for `a` and one for `b` in front of each meaning.",
        chinese: "行中代码个数与字段个数不符。",
        bad: r#"call ask {
  request "1001"
  reply "1002" {
    state  code result  = outcome
  }
  outcome  head.result, state {
    "0000"  done
  }
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002" {
    state  code result  = outcome
  }
  outcome  head.result, state {
    "0000"  "9999"  unknown
  }
}
"#,
    },
    Page {
        code: Code(509),
        title: "here a code means an outcome",
        text: "The rows of `outcome` say what became of the business, so a name is no meaning here.",
        chinese: "此处代码的含义须为结果。",
        bad: r#"call ask {
  request "1001"
  reply "1002"
  outcome  head.result {
    "1002"  frozen
  }
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002"
  outcome  head.result {
    "1002"  done
  }
}
"#,
    },
    Page {
        code: Code(510),
        title: "two calls have the same code",
        text: "Nothing on the wire would tell them apart. Give one of them `only when`, or another code.",
        chinese: "两个调用的交易码相同。",
        bad: r#"call ask {
  request "1001"
}

call tell {
  request "1001"
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
        code: Code(511),
        title: "an outcome is said by nothing",
        text: "`outcome FIELD { rows }` says what the codes of an answer mean in one call. The field is one of an answer of that call, and it speaks of the outcome: a `code` of a table of outcomes that is `= outcome`. A field that no answer has, or a text, decides nothing.",
        chinese: "outcome 所列字段须在应答中, 且为 = outcome 的返回码。",
        bad: r#"call query provides bank.query_bill {
  outcome  state {
    "9"    refused no_such_payer
    other  unknown
  }
  request "1001" {
    customer  text 20 bytes  <- ask.payer_no
  }
  reply "1002" {
    state  text 1 bytes
    total  money 12 digits fen  -> answer.due
  }
}
"#,
        good: r#"call query provides bank.query_bill {
  outcome  state {
    "9"    refused no_such_payer
    other  unknown
  }
  request "1001" {
    customer  text 20 bytes  <- ask.payer_no
  }
  reply "1002" {
    state  code state           = outcome
    total  money 12 digits fen  -> answer.due
  }
}

codes state text 1 bytes {
  "0"    done
  other  unknown
}
"#,
    },
];
