//! TS0718 and on: what a flow waits for, and every path that could lose money.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(718),
        title: "a deadline is a span of time",
        text: "`deadline 30m after …, warn 15m else …`: how long, and when people are warned, are spans of time, written or given by a setting or a field of type `duration`.",
        chinese: "时限须是时长。",
        bad: r#"flow take on bank.debit {
  deadline  ask.amount after exchange.moment else park "too long"
  step taken bank.debit {
    pass ask
  }
  answer {
    pass taken
  }
}
"#,
        good: r#"flow take on bank.debit {
  deadline  30m after exchange.moment, warn 15m else park "too long"
  step taken bank.debit {
    pass ask
  }
  answer {
    pass taken
  }
}
"#,
    },
    Page {
        code: Code(719),
        title: "a moment is needed, or a later answer",
        text: "`wait until` and `due` name a moment: a date with a time of day. An answer that is `due` though rows are open needs a `later` one, which says how they ended.",
        chinese: "wait until 与 due 须给出时刻；有 due 的应答须有 later。",
        bad: r#"flow take on bank.debit {
  wait until 20:00
  step taken bank.debit {
    pass ask
  }
  answer {
    pass taken
  }
}
"#,
        good: r#"flow take on bank.debit {
  wait until parse_date(format(business_date, "yyyyMMdd") + "200000", "yyyyMMddHHmmss")
  step taken bank.debit {
    pass ask
  }
  answer {
    pass taken
  }
}
"#,
    },
    Page {
        code: Code(720),
        title: "nothing makes the rows that are waited for",
        text: "`wait for LIST` stands behind the `each … -> LIST` that makes it: an answer that was due may have told some of its rows as open, and behind this line they have ended.",
        chinese: "wait for 须写在产生该清单的 each 之后。",
        bad: r#"flow rows on bank.pay_rows {
  wait for ask.rows
  answer {
  }
}
"#,
        good: r#"flow rows on bank.pay_rows {
  each row in ask.rows -> answer.rows, once by ask.batch_no, row.seq {
    step booked bank.debit {
      account  <- row.account
      amount   <- row.amount
    }
    answer {
      pass booked
    }
  }
  answer {
  }
  wait for answer.rows
}
"#,
    },
    Page {
        code: Code(721),
        title: "what holds can differ from what is believed",
        text: "The walk of the flow found a path on which a posting holds twice, or holds while the journal says that it does not. What a party promises of repeats, enquiries and reversals is less than the call makes of it; the checks of single calls find this first.",
        chinese: "账实可能不符或重复记账。",
        bad: "(no adapter is known to come so far: TS0705, TS0706 and the interpreter's own rules stand before it)",
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}

flow pay on bank.pay_bill {
  step paid bank.pay_bill {
    pass ask
  }
  answer {
    pass paid
  }
}
"#,
    },
    Page {
        code: Code(723),
        title: "the interpreter's own rules do not hold",
        text: "The walk of the flow found a path that never ends, money that nobody knows of, or an answer before its ask is durable. No adapter can cause this: please report it, with the adapter.",
        chinese: "解释器自身规则被破坏，请报告。",
        bad: "(no adapter can give this)",
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}

flow pay on bank.pay_bill {
  step paid bank.pay_bill {
    pass ask
  }
  answer {
    pass paid
  }
}
"#,
    },
    Page {
        code: Code(724),
        title: "the asker can be told what is not so",
        text: "An answer is given once and for ever. Behind it only what cannot be refused may follow; `answer` stands at the end, or everything behind it is `assured`. And what is told as refused must not hold: nothing takes back a row that is done, so that what may be refused stands before the rows, or says `else park` there.",
        chinese: "可能向请求方给出不实答复。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}

flow pay on bank.pay_bill {
  answer {
    receipt_no  <- "1"
  }
  step paid bank.pay_bill {
    pass ask
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}

flow pay on bank.pay_bill {
  step paid bank.pay_bill {
    pass ask
  }
  answer {
    pass paid
  }
}
"#,
    },
    Page {
        code: Code(727),
        title: "money can move on one side only",
        text: "A path of the flow leaves one leg held and the other refused. Each leg before one that may be refused says `undo`; the last leg needs none; where nothing can be taken back the flow says `else park` there.",
        chinese: "资金可能单边。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}

flow pay on bank.pay_bill {
  step debit bank.debit {
    account  <- ask.account
    amount   <- ask.amount
  }
  step paid bank.pay_bill {
    pass ask
  }
  answer {
    pass paid
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}

flow pay on bank.pay_bill {
  step debit bank.debit {
    account  <- ask.account
    amount   <- ask.amount
    undo
  }
  step paid bank.pay_bill {
    pass ask
  }
  answer {
    pass paid
  }
}
"#,
    },
    Page {
        code: Code(728),
        title: "what is declared of a call cannot work",
        text: "The call moves money and lacks what its way out needs: a time limit, a reversal that names the original, a call that undoes it; or it is declared `assured`, and its way out undoes it.",
        chinese: "调用的声明无法实现其未知出路。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  undo with refund, then park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}

call refund undoes pay {
  once     exchange.serial
  unknown  park
  request "2007" {
    kind  digits 1  = "1"
  }
  reply
}

flow pay on bank.pay_bill {
  step paid bank.pay_bill {
    pass ask
  }
  answer {
    pass paid
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  undo with reverse, then park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}

call reverse undoes pay {
  once     original.serial
  unknown  park
  request "2007" {
    original_serial  digits 12  = original.serial
  }
  reply
}

flow pay on bank.pay_bill {
  step paid bank.pay_bill {
    pass ask
  }
  answer {
    pass paid
  }
}
"#,
    },
    Page {
        code: Code(729),
        title: "the flow is too large to be walked",
        text: "Every path of a flow is followed when it is compiled, up to 200,000 states, and what it moves is compared on each of up to 4,096 ways through its steps. What can run on its own is begun by `start`, as a flow of its own.",
        chinese: "流程过大，无法穷尽检查。",
        bad: "(a flow of more than 200,000 states)",
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}

flow pay on bank.pay_bill {
  step paid bank.pay_bill {
    pass ask
  }
  answer {
    pass paid
  }
}
"#,
    },
    Page {
        code: Code(730),
        title: "two flows begin with the same",
        text: "What is asked of the bank, what a party sends, and a comparison of books begin one flow each. What is to happen beside it is a step of that flow, or begun by `start`.",
        chinese: "同一起因只能启动一个流程。",
        bad: r#"call take provides bank.debit {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    serial  text 20 bytes  -> answer.host_serial
  }
}

flow pay on bank.debit {
  step taken bank.debit {
    pass ask
  }
  answer {
    pass taken
  }
}

flow note on bank.debit {
  step noted bank.debit {
    pass ask
  }
  answer {
    pass noted
  }
}
"#,
        good: r#"call take provides bank.debit {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    serial  text 20 bytes  -> answer.host_serial
  }
}

flow pay on bank.debit {
  step taken bank.debit {
    pass ask
  }
  answer {
    pass taken
  }
}
"#,
    },
    Page {
        code: Code(741),
        title: "nothing takes what a flow waits for",
        text: "What is awaited is begun by somebody else: a service that we are asked for, or a `serve` with an `ask`. It is answered and kept by a flow of its own, and found there by the values of its ask, whether it came before or comes later.",
        chinese: "没有流程受理所等待的消息。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}

serve result "结果通知" {
  ask {
    receipt    text ..20 chars
    booked_at  datetime
  }
  once  head.serial
  request "3001" {
    receipt    text 20 bytes              -> ask.receipt
    booked_at  datetime "yyyyMMddHHmmss"  -> ask.booked_at
  }
  reply "3002"
}

flow pay on bank.pay_bill {
  step paid bank.pay_bill {
    pass ask
  }
  await told result where receipt is paid.receipt_no up to 24h else park "the result has not come"
  answer {
    receipt_no  <- paid.receipt_no
    booked_at   <- told.booked_at
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}

serve result "结果通知" {
  ask {
    receipt    text ..20 chars
    booked_at  datetime
  }
  once  head.serial
  request "3001" {
    receipt    text 20 bytes              -> ask.receipt
    booked_at  datetime "yyyyMMddHHmmss"  -> ask.booked_at
  }
  reply "3002"
}

flow pay on bank.pay_bill {
  step paid bank.pay_bill {
    pass ask
  }
  await told result where receipt is paid.receipt_no up to 24h else park "the result has not come"
  answer {
    receipt_no  <- paid.receipt_no
    booked_at   <- told.booked_at
  }
}

flow result on result {
  answer {
  }
}
"#,
    },
    Page {
        code: Code(742),
        title: "rows that cannot be sorted so",
        text: "`sorted by` orders the rows of a list by values of a row, first by the first: texts, numbers, amounts, dates and times. The rows are held at once, so the list has a bound that allows it, and it is one list, not rows of rows.",
        chinese: "此列表不能这样排序。",
        bad: r#"flow rows on bank.pay_rows {
  each row in ask.rows -> shown, once by ask.batch_no, row.seq {
    step booked bank.debit {
      account  <- row.account
      amount   <- row.amount
    }
    answer {
      pass row
      went  <- outcome
    }
  }
  answer {
    rows  <- shown where went is done sorted by went
  }
}
"#,
        good: r#"flow rows on bank.pay_rows {
  each row in ask.rows -> shown, once by ask.batch_no, row.seq {
    step booked bank.debit {
      account  <- row.account
      amount   <- row.amount
    }
    answer {
      pass row
      went  <- outcome
    }
  }
  answer {
    rows  <- shown where went is done sorted by amount, seq
  }
}
"#,
    },
    Page {
        code: Code(743),
        title: "rows of rows have no list beside them",
        text: "`with` pairs the rows of two lists by their numbers. A list that stands in the rows of another begins anew in each of them, so there is no such number.",
        chinese: "嵌套列表不能与另一列表逐行对应。",
        bad: r#"module own

service nest posting "分组" {
  ask {
    groups  list ..9 {
      items  list ..9 {
        seq  number ..9
      }
    }
    notes   list ..81 {
      note  text ..20 chars
    }
  }
  answer {
    rows  list ..81 {
      seq   number ..9
      note  text ..20 chars
    }
  }
}

flow nest on own.nest {
  answer {
    rows  <- ask.groups.items with ask.notes
  }
}
"#,
        good: r#"module own

service pair posting "逐行" {
  ask {
    items  list ..9 {
      seq  number ..9
    }
    notes  list ..9 {
      note  text ..20 chars
    }
  }
  answer {
    rows  list ..9 {
      seq   number ..9
      note  text ..20 chars
    }
  }
}

flow pair on own.pair {
  answer {
    rows  <- ask.items with ask.notes
  }
}
"#,
    },
    Page {
        code: Code(744),
        title: "two steps move different amounts",
        text: "What one step takes another one gives: if they are not the same, each time the flow runs the books differ. Amounts are compared as sums, on each way through the flow or a row: a step is as it should be if others together move the same (the payment and its fee; two parts of one total). It is not if it leaves out, or adds, what no other step moves; or if a party moves nothing that another party moves too. Two values that are the same by the business are said to be: `check A is B else refuse REASON` in front. What a party says after the first of the steps (what it could not use and gives back) is its word, and may be any amount.",
        chinese: "流程的两个步骤金额不一致。",
        bad: r#"setting  fee  money

call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply
}

flow pay on bank.pay_bill {
  step debit bank.debit {
    account  <- ask.account
    amount   <- ask.amount + setting.fee
    undo
  }
  step paid bank.pay_bill {
    pass ask
  }
  answer {
    pass paid
  }
}
"#,
        good: r#"setting  fee  money

call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply
}

flow pay on bank.pay_bill {
  step debit bank.debit {
    account  <- ask.account
    amount   <- ask.amount
    undo
  }
  step charged bank.debit {
    account  <- ask.account
    amount   <- setting.fee
    undo
  }
  step paid bank.pay_bill {
    pass ask
  }
  answer {
    pass paid
  }
}
"#,
    },
    Page {
        code: Code(745),
        title: "an undo gives back another amount",
        text: "`undo SERVICE { … }` takes a step back by a posting of its own, and is filled as that says. It gives back what the step moved: not more, not less. What the step's own answer says that it moved is good too.",
        chinese: "撤销的金额与原步骤不一致。",
        bad: r#"call add provides bank.credit {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    host  text 20 bytes  -> answer.host_serial
  }
}

call tell provides bank.tell {
  once     exchange.serial
  unknown  park
  request "2003" {
    customer  text 40 bytes  <- ask.payer_no
  }
}

flow pay on bank.pay_bill {
  step debit bank.debit {
    account  <- ask.account
    amount   <- ask.amount
    undo bank.credit {
      account  <- ask.account
      amount   <- ask.amount - 1.00
    }
  }
  step told bank.tell {
    payer_no  <- ask.payer_no
  }
  answer {
  }
}
"#,
        good: r#"call add provides bank.credit {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    host  text 20 bytes  -> answer.host_serial
  }
}

call tell provides bank.tell {
  once     exchange.serial
  unknown  park
  request "2003" {
    customer  text 40 bytes  <- ask.payer_no
  }
}

flow pay on bank.pay_bill {
  step debit bank.debit {
    account  <- ask.account
    amount   <- ask.amount
    undo bank.credit {
      account  <- ask.account
      amount   <- ask.amount
    }
  }
  step told bank.tell {
    payer_no  <- ask.payer_no
  }
  answer {
  }
}
"#,
    },
];
