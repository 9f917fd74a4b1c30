//! TS0746 to TS0754: what keys cover, how long holds and quiet times last, times that are over, what calls make of amounts, what puts
//! right.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(746),
        title: "two asks meet under one key",
        text: "What comes under a key that was seen is taken for a repeat: it gets the first answer, or is refused as a duplicate. So something in the key tells one ask from another: a serial, the number of an order or a bill, the payer's own number. A date, an amount, a name of a `one_of`, a setting are the same for many payers. Where a party has members, each counts for itself: the message says which of them asks (`= shop.name`), and the gateway puts that into the key.",
        chinese: "幂等键未区分缴费人或商户。",
        bad: r#"serve take runs bank.debit {
  once  exchange.date, ask.amount
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
        code: Code(747),
        title: "rows meet under one key",
        text: "A row is known by what stands behind `once by`. If nothing of the row itself stands there, or only an amount, a flag or a name of a `one_of`, row 2 is taken for a repeat of row 1. A list of at most one row may have the key of what asked for it.",
        chinese: "批量各行的幂等键相同。",
        bad: r#"flow rows on bank.pay_rows {
  each row in ask.rows -> answer.rows, once by ask.batch_no, row.amount {
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
        code: Code(748),
        title: "a late repeat is a new act",
        text: "A key belongs to the date that the message names (`= exchange.date`): a repeat of last month names the same one, and is known or too late, never done again. A message without a date is one of today: the number of an order in it is known as long as the journal is kept, a running serial for a week, or for as long as the serve says. Where the key is the asker's running serial, the message names its day; or it names its moment and is refused when that is long ago; or it is known how long the asker repeats, and the serve says so: `promises repeats within 24h` (a deployment that keeps its journal for less is refused).",
        chinese: "迟到的重发会被当作新业务。",
        bad: r#"link back tcp accept {
  carries  grid
  frame    length 4 digits
  timeout  answer 10s
}

packet grid {
  head  fixed {
    code    digits 4     = message.code
    serial  digits 12    = exchange.serial
    result  code result  request = "0000"  reply = outcome
  }
  body  fixed {
    message fields
  }
}

codes result text 4 bytes {
  "0000"  done
  "9002"  refused duplicate
  other   unknown
}

serve take runs bank.debit {
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
        good: r#"link back tcp accept {
  carries  grid
  frame    length 4 digits
  timeout  answer 10s
}

packet grid {
  head  fixed {
    code    digits 4         = message.code
    date    date "yyyyMMdd"  = exchange.date
    serial  digits 12        = exchange.serial
    result  code result      request = "0000"  reply = outcome
  }
  body  fixed {
    message fields
  }
}

codes result text 4 bytes {
  "0000"  done
  "9002"  refused duplicate
  other   unknown
}

serve take runs bank.debit {
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
        code: Code(749),
        title: "a hold may lapse before it is needed",
        text: "What a party holds for so long (`promises holds 30m`) is let go of by itself. Up to the step that takes it the flow pays somebody else, and what became of that may have to be found out: each try, each pause, the quiet time, until it parks. All that together is shorter than the hold, and nobody is waited for in between; else the payment turns out to be done, and nothing is held any more.",
        chinese: "预授权可能先于付款结果失效。",
        bad: r#"call reserve provides bank.debit {
  once      exchange.serial
  promises  holds 10m
  unknown   undo with release, then park
  request "0201" {
    account  account_no 32 bytes  <- ask.account
    amount   money 15 digits fen  <- ask.amount
  }
  reply {
    hold_no  text 20 bytes  -> answer.host_serial
  }
}

call release undoes reserve {
  once      original.serial
  promises  repeatable, remembered
  unknown   repeat every 10s up to 6 times, then park
  request "0202" {
    original_serial  digits 12  = original.serial
  }
  reply
}

call take provides bank.credit {
  once      exchange.serial
  promises  same answer, assured
  unknown   repeat every 10s up to 6 times, then park
  request "0203" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    host  text 20 bytes  -> answer.host_serial
  }
}

call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  enquire with enquire every 1m up to 20 times, then park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply
}

call enquire settles pay {
  request "2003" {
    original_serial  digits 12  = original.serial
  }
  reply {
    state  code result  = original.outcome
  }
}

flow pay on bank.pay_bill {
  step held bank.debit at "power" {
    account  <- ask.account
    amount   <- ask.amount
    undo
  }
  step paid bank.pay_bill {
    pass ask
  }
  step taken bank.credit {
    account  <- ask.account
    amount   <- ask.amount
  }
  answer {
    pass paid
  }
}
"#,
        good: r#"call reserve provides bank.debit {
  once      exchange.serial
  promises  holds 1h
  unknown   undo with release, then park
  request "0201" {
    account  account_no 32 bytes  <- ask.account
    amount   money 15 digits fen  <- ask.amount
  }
  reply {
    hold_no  text 20 bytes  -> answer.host_serial
  }
}

call release undoes reserve {
  once      original.serial
  promises  repeatable, remembered
  unknown   repeat every 10s up to 6 times, then park
  request "0202" {
    original_serial  digits 12  = original.serial
  }
  reply
}

call take provides bank.credit {
  once      exchange.serial
  promises  same answer, assured
  unknown   repeat every 10s up to 6 times, then park
  request "0203" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    host  text 20 bytes  -> answer.host_serial
  }
}

call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  enquire with enquire every 1m up to 20 times, then park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply
}

call enquire settles pay {
  request "2003" {
    original_serial  digits 12  = original.serial
  }
  reply {
    state  code result  = original.outcome
  }
}

flow pay on bank.pay_bill {
  step held bank.debit at "power" {
    account  <- ask.account
    amount   <- ask.amount
    undo
  }
  step paid bank.pay_bill {
    pass ask
  }
  step taken bank.credit {
    account  <- ask.account
    amount   <- ask.amount
  }
  answer {
    pass paid
  }
}
"#,
    },
    Page {
        code: Code(750),
        title: "a time that is over is no outcome",
        text: "A deadline says that it is late, not what became of anything: a freeze whose answer is lost may hold. `else park \"why\"` shows it to people while it goes on to be resolved. `else refuse REASON` refuses what has not begun, or can be taken back whole; else the flow goes on. The same goes for what is awaited and has not come.",
        chinese: "超时不是结果。",
        bad: r#"flow take on bank.debit {
  deadline  24h after exchange.moment else unknown
  step taken bank.debit {
    pass ask
  }
  answer {
    pass taken
  }
}
"#,
        good: r#"flow take on bank.debit {
  deadline  24h after exchange.moment else park "too long"
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
        code: Code(751),
        title: "a call moves another amount than it is asked for",
        text: "A flow in which all amounts agree still pays another one if the call adds something to what it was asked, or takes something away; so does one that is asked for more than the message says. What is asked is sent as it is. A sum is good where all of it was asked (principal and interest), or where the message tells its parts too (amount, fee, total).",
        chinese: "调用发送的金额与所请求的不一致。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount - 1.00
  }
  reply
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply
}
"#,
    },
    Page {
        code: Code(752),
        title: "a quiet time that is over too soon",
        text: "The quiet time of a call begins when the last copy is given up, which is when its answer is due. What lay in the socket by then the link may go on sending for as long as it waits for an answer, three quarters of it at most. A quiet time that is shorter lets `not found` be believed while the posting is still on its way. It is as long as the answer's time limit at least; the party says how much longer.",
        chinese: "静默时间短于应答时限。",
        bad: r#"call pay provides bank.pay_bill {
  once      exchange.serial
  promises  quiet 5s
  unknown   enquire with enquire every 10s up to 6 times, then park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply
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
  once      exchange.serial
  promises  quiet 60s
  unknown   enquire with enquire every 10s up to 6 times, then park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply
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
        code: Code(753),
        title: "a correction of nothing",
        text: "`correct SERVICE { … }` names the posting that puts a step right where its way back was refused, after the cut-over say: the step is held, two persons decide with a proof that it holds, and the posting goes its way as any other. So the step has a way back (`undo`), and what is named moves money.",
        chinese: "更正交易未对应可冲正的步骤。",
        bad: r#"call add provides bank.credit {
  once     exchange.serial
  unknown  park
  request "2011" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    host  text 20 bytes  -> answer.host_serial
  }
}

flow take on bank.debit {
  step debit bank.debit {
    pass ask
    correct bank.credit {
      pass ask
    }
  }
  answer {
    pass debit
  }
}
"#,
        good: r#"call add provides bank.credit {
  once     exchange.serial
  unknown  park
  request "2011" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    host  text 20 bytes  -> answer.host_serial
  }
}

flow take on bank.debit {
  step debit bank.debit {
    pass ask
    undo
    correct bank.credit {
      pass ask
    }
  }
  answer {
    pass debit
  }
}
"#,
    },
    Page {
        code: Code(754),
        title: "a correction that a reversal may meet",
        text: "People have a step put right when its reversal was refused. A copy of that reversal, sent before, may still be on its way: if it comes behind the correction, the step is taken back twice. So the reversal, or the call that it takes back, promises the time after which no copy comes any more; the gateway takes no such decision before that.",
        chinese: "更正交易可能与在途冲正重复。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply
}

call back undoes pay {
  once      original.serial
  promises  repeatable, remembered, within business date
  unknown   repeat every 60s up to 10 times, then park
  request "2002" {
    original_serial  digits 12  = original.serial
  }
  reply
}

call add provides bank.credit {
  once     exchange.serial
  unknown  park
  request "2011" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    host  text 20 bytes  -> answer.host_serial
  }
}

flow pay on bank.pay_bill {
  step paid bank.pay_bill {
    pass ask
    undo
    correct bank.credit {
      account  <- ask.account
      amount   <- ask.amount
    }
  }
  step debit bank.debit {
    account  <- ask.account
    amount   <- ask.amount
    undo
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
  reply
}

call back undoes pay {
  once      original.serial
  promises  repeatable, remembered, within business date, quiet 60s
  unknown   repeat every 60s up to 10 times, then park
  request "2002" {
    original_serial  digits 12  = original.serial
  }
  reply
}

call add provides bank.credit {
  once     exchange.serial
  unknown  park
  request "2011" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    host  text 20 bytes  -> answer.host_serial
  }
}

flow pay on bank.pay_bill {
  step paid bank.pay_bill {
    pass ask
    undo
    correct bank.credit {
      account  <- ask.account
      amount   <- ask.amount
    }
  }
  step debit bank.debit {
    account  <- ask.account
    amount   <- ask.amount
    undo
  }
  answer {
    pass paid
  }
}
"#,
    },
    Page {
        code: Code(755),
        title: "a correction of other accounts, or of the wrong way",
        text: "What puts a step right moves its amount back between the accounts of the step. A field of the type `account_no` in which another account stands moves somebody else's money; the same service with the same accounts in the same places makes the posting once more instead of putting it right.",
        chinese: "更正交易须在原账户间反向记账。",
        bad: r#"call add provides bank.credit {
  once     exchange.serial
  unknown  park
  request "2011" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    host  text 20 bytes  -> answer.host_serial
  }
}

flow take on bank.debit {
  step debit bank.debit {
    pass ask
    undo
    correct bank.debit {
      pass ask
    }
  }
  answer {
    pass debit
  }
}
"#,
        good: r#"call add provides bank.credit {
  once     exchange.serial
  unknown  park
  request "2011" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    host  text 20 bytes  -> answer.host_serial
  }
}

flow take on bank.debit {
  step debit bank.debit {
    pass ask
    undo
    correct bank.credit {
      pass ask
    }
  }
  answer {
    pass debit
  }
}
"#,
    },
];
