//! TS0628 to TS0632: books that are compared, originals and flows that are looked for.

use super::Page;
use super::calls::BOOKS;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(628),
        title: "a book that is no file with one list",
        text: "What is compared has come whole: `theirs` is a file, and its lines fill the one list of its `ask`.",
        chinese: "对方的账须是文件, 其行放入 ask 中唯一的列表。",
        bad: r#"call pay {
  request "1001"
}

reconcile books {
  day     exchange.business_date
  ours    pay by exchange.serial
  theirs  pay by exchange.serial
}
"#,
        good: BOOKS,
    },
    Page {
        code: Code(629),
        title: "a comparison with the name of a call",
        text: "A flow says `on NAME`; if a call and a comparison shared the name, nobody could tell which of them it means.",
        chinese: "对账与调用同名。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call pay over drop {
  once  exchange.serial
  request file "P{exchange.serial}.txt" fixed lines crlf {
    kind  digits 1  = "0"
  }
}

link pick folder accept {
  poll  60s
  once  name
}

serve booked over pick {
  ask {
    rows  list ..1_000 {
      serial  text ..20 chars
    }
  }
  once  exchange.file
  request file "BOOKED.txt" delimited "|" lines lf {
    row  list ..1_000 of line  -> ask.rows {
      serial  text ..20 bytes  -> item.serial
    }
  }
}

reconcile booked {
  day     exchange.business_date
  ours    pay by exchange.serial
  theirs  booked by serial
}
"#,
        good: BOOKS,
    },
    Page {
        code: Code(630),
        title: "a comparison of no day",
        text: "The journal is looked up by business date, so a comparison says of which day it is, in words of the file or of its exchange.",
        chinese: "对账没有写明日期。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call pay over drop {
  once  exchange.serial
  request file "P{exchange.serial}.txt" fixed lines crlf {
    kind  digits 1  = "0"
  }
}

link pick folder accept {
  poll  60s
  once  name
}

serve booked over pick {
  ask {
    rows  list ..1_000 {
      serial  text ..20 chars
    }
  }
  once  exchange.file
  request file "BOOKED.txt" delimited "|" lines lf {
    row  list ..1_000 of line  -> ask.rows {
      serial  text ..20 bytes  -> item.serial
    }
  }
}

reconcile books {
  ours    pay by exchange.serial
  theirs  booked by serial
}
"#,
        good: BOOKS,
    },
    Page {
        code: Code(631),
        title: "no original can be found so",
        text: "`original where …` names values that stood in the original when it was asked: of its ask, of its request, or its serial and dates. Each `is` something that is known here; several are joined by `and`. The journal finds by equal values, not by greater or lesser ones, and not by what was answered.",
        chinese: "原交易只能按当时的请求值查找。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    customer  text 40 bytes        <- ask.payer_no
    amount    money 15 digits fen  <- ask.amount
  }
  reply "2002"
}

call refund about pay {
  ask {
    payer_no  text ..20 chars
    amount    money
  }
  once     exchange.serial
  unknown  park
  original where original.ask.amount > ask.amount else refuse never_seen
  request "2005" {
    original_serial  digits 12  = original.serial
  }
  reply "2006"
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    customer  text 40 bytes        <- ask.payer_no
    amount    money 15 digits fen  <- ask.amount
  }
  reply "2002"
}

call refund about pay {
  ask {
    payer_no  text ..20 chars
    amount    money
  }
  once     exchange.serial
  unknown  park
  original where original.request.customer is ask.payer_no and original.ask.amount is ask.amount else refuse never_seen
  request "2005" {
    original_serial  digits 12  = original.serial
  }
  reply "2006"
}
"#,
    },
    Page {
        code: Code(632),
        title: "no flow can be found so",
        text: "`cancel FLOW where …` names values that stood in the ask of a flow `on` a service, or on what was served: each `is` something that is known here, several are joined by `and`. The journal finds by equal values. Only whoever asked for a flow takes it back.",
        chinese: "流程只能按请求值查找。",
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
    undo
  }
  step paid bank.pay_bill {
    pass ask
  }
  cancel  refused after paid
  answer {
    pass paid
  }
}

flow take_back on bank.tell {
  cancel pay where amount > 100.00 else refuse never_seen
  answer {
    seen  <- yes
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
  cancel  refused after paid
  answer {
    pass paid
  }
}

flow take_back on bank.tell {
  cancel pay where payer_no is ask.payer_no else refuse never_seen
  answer {
    seen  <- yes
  }
}
"#,
    },
];
