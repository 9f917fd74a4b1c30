//! TS0701 to TS0717: flows and money: keys, repeats, reversals, ways out of `unknown`.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(701),
        title: "the key changes in a repeat",
        text: "`once` names what stays the same when the same ask comes again. A time of sending or a number of the message is new in each copy, so the repeat would be a second act.",
        chinese: "幂等键在重发时会变化。",
        bad: r#"call pay provides bank.pay_bill {
  once     message.moment
  unknown  park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}
"#,
    },
    Page {
        code: Code(702),
        title: "what may hold is never refused out of `unknown`",
        text: "A time-out says nothing of the money: the party may have done it. Only a query may end its way in `refuse`, and a notice that is given up (a letter, say) if the party promises that one more copy does no harm: `promises repeatable`. A posting enquires, repeats, undoes, and parks.",
        chinese: "未知的记账不能当作失败。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  refuse no_such_payer
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}
"#,
    },
    Page {
        code: Code(703),
        title: "the way out of `unknown` has no end",
        text: "An enquiry and a reversal may get no answer either. The last word is `park`: people decide, with a proof.",
        chinese: "未知的出路没有终点。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  enquire with enquire every 10s up to 6 times
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}

call enquire settles pay {
  request "2003" {
    original_serial  digits 12  = original.serial
  }
  reply {
    state  code result  = original.outcome
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  enquire with enquire every 10s up to 6 times, then park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}

call enquire settles pay {
  request "2003" {
    original_serial  digits 12  = original.serial
  }
  reply {
    state  code result  = original.outcome
  }
}
"#,
    },
    Page {
        code: Code(704),
        title: "no way out of `unknown`",
        text: "What moves money may end in a time-out. The call says what is done then: enquire, repeat, undo, park.",
        chinese: "记账调用缺少未知时的出路。",
        bad: r#"call pay provides bank.pay_bill {
  once  exchange.serial
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}
"#,
    },
    Page {
        code: Code(705),
        title: "what moves money has no key",
        text: "The same ask twice must have one effect. `once` names the fields by which a repeat is known.",
        chinese: "记账调用缺少幂等键。",
        bad: r#"call pay provides bank.pay_bill {
  unknown  park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}
"#,
    },
    Page {
        code: Code(706),
        title: "a repeat, and nothing says that it is safe",
        text: "A slow first copy and the repeat may both hold. Only a party that promises to know a repeat (`same answer`, `says duplicate`, for a reversal `repeatable`) is asked again.",
        chinese: "未承诺可重发的调用不能重发。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  repeat every 10s up to 3 times, then park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once      exchange.serial
  promises  same answer, quiet 10m
  unknown   repeat every 10s up to 3 times, then park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}
"#,
    },
    Page {
        code: Code(707),
        title: "a reversal may come too late",
        text: "A party that takes reversals only within the business date refuses them after its cut-over, and the money stays. The way ends in `park`.",
        chinese: "冲正可能过了日切，须以 park 结束。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}

call reverse undoes pay {
  once      original.serial
  promises  repeatable, within business date
  request "2005" {
    original_serial  digits 12  = original.serial
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}

call reverse undoes pay {
  once      original.serial
  promises  repeatable, within business date
  unknown   repeat every 60s up to 10 times, then park
  request "2005" {
    original_serial  digits 12  = original.serial
  }
}
"#,
    },
    Page {
        code: Code(708),
        title: "a reversal is not reversed",
        text: "Undoing what undoes would be a second posting. A reversal that is unknown is repeated, if the party allows that, and then parked.",
        chinese: "冲正不能再冲正。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}

call reverse undoes pay {
  once     original.serial
  unknown  undo with reverse, then park
  request "2005" {
    original_serial  digits 12  = original.serial
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}

call reverse undoes pay {
  once     original.serial
  unknown  park
  request "2005" {
    original_serial  digits 12  = original.serial
  }
}
"#,
    },
    Page {
        code: Code(709),
        title: "nothing of that name starts a flow",
        text: "A flow starts by a service, by a call of its party that was served, by a time of day (`daily 00:30`), or `every 30s`.",
        chinese: "没有这个可启动流程的服务或调用。",
        bad: r#"flow pay on bank.debt {
  refuse  insufficient_funds
}
"#,
        good: r#"flow pay on bank.debit {
  refuse  insufficient_funds
}
"#,
    },
    Page {
        code: Code(710),
        title: "a line does not say what else",
        text: "What can fail says what then. A limit or a check of a flow refuses with a reason.",
        chinese: "未写明 else refuse。",
        bad: r#"flow pay on bank.debit {
  check  ask.amount > 0.00 else park "no amount"
  refuse  insufficient_funds
}
"#,
        good: r#"flow pay on bank.debit {
  check   ask.amount > 0.00 else refuse bad_message
  refuse  insufficient_funds
}
"#,
    },
    Page {
        code: Code(711),
        title: "a limit and what it limits are of different kinds",
        text: "An amount is limited by an amount, a number by a number.",
        chinese: "限额与被限制的值类型不同。",
        bad: r#"setting once_limit  number ..9_999

flow pay on bank.debit {
  limit   ask.amount at most setting.once_limit else refuse over_limit
  refuse  insufficient_funds
}
"#,
        good: r#"setting once_limit  money

flow pay on bank.debit {
  limit   ask.amount at most setting.once_limit else refuse over_limit
  refuse  insufficient_funds
}
"#,
    },
    Page {
        code: Code(712),
        title: "what moves money is never best effort",
        text: "A best-effort step may be lost, and nobody looks. That is good for a receipt by mail, and for nothing that moves money.",
        chinese: "记账步骤不能是 best effort。",
        bad: r#"flow pay on bank.debit {
  step taken bank.debit {
    pass ask
    best effort
  }
  answer {
    host_serial  <- "1"
  }
}
"#,
        good: r#"flow pay on bank.debit {
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
        code: Code(713),
        title: "nothing undoes a step's call",
        text: "`undo` takes the party's own call that `undoes` it. Where there is none, another service gives back (`undo SERVICE { … }`), or the step says why it is kept (`keep \"why\"`).",
        chinese: "没有可撤销此步骤的调用。",
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

flow give on bank.credit {
  step given bank.credit {
    pass ask
    undo
  }
  answer {
    pass given
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

flow give on bank.credit {
  step given bank.credit {
    pass ask
  }
  answer {
    pass given
  }
}
"#,
    },
    Page {
        code: Code(714),
        title: "the rows of a batch have no key of their own",
        text: "With the key of the batch row 2 would be taken for a repeat of row 1. `once by` names what tells the rows apart.",
        chinese: "批量各行没有自己的幂等键。",
        bad: r#"flow rows on bank.pay_rows {
  each row in ask.rows -> answer.rows {
    step booked bank.debit {
      account  <- row.account
      amount   <- row.amount
    }
    answer {
      pass booked
    }
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
}
"#,
    },
    Page {
        code: Code(715),
        title: "no party provides a service",
        text: "A step goes to a party's call that `provides` the service. A flow is never a step of another flow.",
        chinese: "没有对手方提供此服务。",
        bad: r#"flow give on bank.credit {
  step given bank.credit {
    pass ask
  }
  answer {
    pass given
  }
}
"#,
        good: r#"flow take on bank.debit {
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
        code: Code(716),
        title: "no flow runs a service that is served",
        text: "What a party asks of us is done by a flow `on` the service. A query may go straight to the party that provides it.",
        chinese: "没有流程执行被请求的服务。",
        bad: r#"serve take runs bank.debit {
  once  exchange.serial
  request "3001" {
    account  account_no 32 bytes  -> ask.account
    amount   money 15 digits fen  -> ask.amount
  }
  reply "3002" {
    host  text 40 bytes  <- answer.host_serial
  }
}
"#,
        good: r#"serve take runs bank.debit {
  once  exchange.serial
  request "3001" {
    account  account_no 32 bytes  -> ask.account
    amount   money 15 digits fen  -> ask.amount
  }
  reply "3002" {
    host  text 40 bytes  <- answer.host_serial
  }
}

flow take on bank.debit {
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
        code: Code(717),
        title: "only a query is asked again, or passed over where it is refused",
        text: "`again every …` and `else go on` are for what has no effect: a question may be put as often as the flow has time, and its refusal may be an answer. What moves or tells something has its way out of `unknown` at its call, and its refusal is the flow's.",
        chinese: "只有查询可以重问，或在被拒后继续。",
        bad: r#"flow take on bank.debit {
  step taken bank.debit {
    pass ask
    again every 10s up to 6 times
  }
  answer {
    pass taken
  }
}
"#,
        good: r#"call query provides bank.query_bill {
  request "7001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "7002" {
    total  money 12 digits fen  -> answer.due
  }
}

flow take on bank.debit {
  step seen bank.query_bill {
    payer_no  <- "1"
    again every 10s to 60s up to 6 times
    else go on
  }
  check  seen.outcome is done or seen.outcome is nothing_due else refuse bad_message
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
