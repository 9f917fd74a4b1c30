//! TS0671 and on: beats, orders, pauses.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(671),
        title: "two beats for the same silence",
        text: "A link may give several signs of life: one says that we are there when nothing was sent for a while, another asks whether they are when nothing was heard. Two that wait for the same silence are in each other's way: the earlier goes first, every time.",
        chinese: "同一链路的两种心跳须等待不同的静默 (未发送, 未收到, 收发皆无)。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     1 connections, one exchange each
  beat     alive after 30s unsent
  beat     probe after 40s unsent, then close after 10s
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
}

call alive {
  request "0005"
}

call probe {
  request "0006"
  reply "0007"
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     1 connections, one exchange each
  beat     alive after 30s unsent
  beat     probe after 40s unheard, then close after 10s
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
}

call alive {
  request "0005"
}

call probe {
  request "0006"
  reply "0007"
}
"#,
    },
    Page {
        code: Code(672),
        title: "an order that no number proves",
        text: "`promises in order` says that what bears a lower number was taken before, or never is; so an answer to a question behind the last copy proves what became of it, without a `quiet` time. That needs numbers that never begin anew (`numbered PATH, kept`) on the link of the call, and the question or the reversal on the same link.",
        chinese: "in order 须以同一链路上永不重置的报文序号 (numbered …, kept) 为据。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     1 connections, many exchanges each
  match    head.serial
  timeout  connect 3s, answer 10s
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

call sign_in {
  request "0001"
  reply "0002"
}

layout range {
  first  number 9 digits  <-> ask.first
  last   number 9 digits  <-> ask.last
}

call ask_again {
  ask {
    first  number ..999_999_999
    last   number ..999_999_999
  }
  request "0003" {
    use range
  }
}

serve asked_again over line {
  ask {
    first  number ..999_999_999
    last   number ..999_999_999
  }
  request "0003" {
    use range
  }
}

call fill {
  ask {
    next  number ..999_999_999
  }
  request "0004" {
    next  number 9 digits  <- ask.next
  }
}

serve filled over line {
  ask {
    next  number ..999_999_999
  }
  request "0004" {
    next  number 9 digits  -> ask.next
  }
}

session day {
  open      sign_in at connect
  numbered  head.number, daily
  gap       ask_again, filled by fill
  resent    open, marked head.again
}

call pay provides bank.pay_bill {
  once      exchange.serial
  promises  in order
  unknown   park
  request "2001" {
    customer  text 20 bytes        <- ask.payer_no
    amount    money 15 digits fen  <- ask.amount
  }
  reply "2002" {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     1 connections, many exchanges each
  match    head.serial
  timeout  connect 3s, answer 10s
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

call sign_in {
  request "0001"
  reply "0002"
}

layout range {
  first  number 9 digits  <-> ask.first
  last   number 9 digits  <-> ask.last
}

call ask_again {
  ask {
    first  number ..999_999_999
    last   number ..999_999_999
  }
  request "0003" {
    use range
  }
}

serve asked_again over line {
  ask {
    first  number ..999_999_999
    last   number ..999_999_999
  }
  request "0003" {
    use range
  }
}

call fill {
  ask {
    next  number ..999_999_999
  }
  request "0004" {
    next  number 9 digits  <- ask.next
  }
}

serve filled over line {
  ask {
    next  number ..999_999_999
  }
  request "0004" {
    next  number 9 digits  -> ask.next
  }
}

session day {
  open      sign_in at connect
  numbered  head.number, kept
  gap       ask_again, filled by fill
  resent    open, marked head.again
}

call pay provides bank.pay_bill {
  once      exchange.serial
  promises  in order
  unknown   park
  request "2001" {
    customer  text 20 bytes        <- ask.payer_no
    amount    money 15 digits fen  <- ask.amount
  }
  reply "2002" {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}
"#,
    },
    Page {
        code: Code(681),
        title: "a pause that is none",
        text: "Pauses given one by one are waited as they stand. Without a length the same is tried again at once, and who did not answer has no time to recover.",
        chinese: "重试间隔为零。",
        bad: r#"call pay provides bank.pay_bill {
  once      exchange.serial
  promises  same answer
  unknown   repeat after 0s, 5m, then park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once      exchange.serial
  promises  same answer
  unknown   repeat after 1m, 5m, then park
  request "2001" {
    customer  text 40 bytes  <- ask.payer_no
  }
}
"#,
    },
    Page {
        code: Code(682),
        title: "too many pauses one by one",
        text: "At most 50 pauses are given one by one. A longer row follows a rule, which `every DUR to DUR up to N times` says.",
        chinese: "逐个写明的重试间隔过多。",
        bad: r#"flow take on bank.debit {
  step seen bank.query_bill {
    payer_no  <- "1"
    again after 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m
  }
  step taken bank.debit {
    pass ask
  }
  answer {
    pass taken
  }
}

call query provides bank.query_bill {
  request "7001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "7002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
        good: r#"flow take on bank.debit {
  step seen bank.query_bill {
    payer_no  <- "1"
    again every 1m up to 51 times
  }
  step taken bank.debit {
    pass ask
  }
  answer {
    pass taken
  }
}

call query provides bank.query_bill {
  request "7001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "7002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
    },
];
