//! TS0668 to TS0670: what a list of theirs proves.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(668),
        title: "a list proves something else",
        text: "What a list of theirs proves of an operation whose end is not known: `holds`, for what it lists with our amount; `never`, for what a whole list of a day that is over does not have. Whatever else differs is looked at by people.",
        chinese: "对账单只能证明 holds 或 never。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call pay over drop {
  ask {
    amount  money
  }
  once  exchange.serial
  request file "P{exchange.serial}.txt" fixed lines crlf {
    amount  money 15 digits fen  <- ask.amount
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
      amount  money
    }
  }
  once  exchange.file
  request file "BOOKED.txt" delimited "|" lines lf {
    row  list ..1_000 of line  -> ask.rows {
      serial  text ..20 bytes        -> item.serial
      amount  money ..12 digits fen  -> item.amount
    }
  }
}

parameter listed_holds  flag  "对账单所列即成功"

reconcile books {
  day     exchange.business_date
  ours    pay by exchange.serial amount request.amount
  theirs  booked by serial amount amount
  proves  taken_back when parameter.listed_holds
}
"#,
        good: PROVED,
    },
    Page {
        code: Code(669),
        title: "what a list proves hangs on no parameter",
        text: "A proof ends what is not known without anybody looking at it. That it counts is said by a parameter that is a `flag`: two persons turn it on from a day on, and off again.",
        chinese: "对账单作为证据须由 flag 参数控制。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call pay over drop {
  ask {
    amount  money
  }
  once  exchange.serial
  request file "P{exchange.serial}.txt" fixed lines crlf {
    amount  money 15 digits fen  <- ask.amount
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
      amount  money
    }
  }
  once  exchange.file
  request file "BOOKED.txt" delimited "|" lines lf {
    row  list ..1_000 of line  -> ask.rows {
      serial  text ..20 bytes        -> item.serial
      amount  money ..12 digits fen  -> item.amount
    }
  }
}

setting listed_holds  flag  "对账单所列即成功"

reconcile books {
  day     exchange.business_date
  ours    pay by exchange.serial amount request.amount
  theirs  booked by serial amount amount
  proves  holds when setting.listed_holds
}
"#,
        good: PROVED,
    },
    Page {
        code: Code(670),
        title: "what a comparison cannot prove",
        text: "`proves holds` needs the amounts of both books: what they hold with another amount is no posting of ours. And each proof hangs on one parameter.",
        chinese: "没有金额的对账单不能证明 holds。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call pay over drop {
  ask {
    amount  money
  }
  once  exchange.serial
  request file "P{exchange.serial}.txt" fixed lines crlf {
    amount  money 15 digits fen  <- ask.amount
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
      amount  money
    }
  }
  once  exchange.file
  request file "BOOKED.txt" delimited "|" lines lf {
    row  list ..1_000 of line  -> ask.rows {
      serial  text ..20 bytes        -> item.serial
      amount  money ..12 digits fen  -> item.amount
    }
  }
}

parameter listed_holds  flag  "对账单所列即成功"

reconcile books {
  day     exchange.business_date
  ours    pay by exchange.serial
  theirs  booked by serial
  proves  holds when parameter.listed_holds
}
"#,
        good: PROVED,
    },
];

const PROVED: &str = r#"link drop folder connect {
  folder  "up"
}

call pay over drop {
  ask {
    amount  money
  }
  once  exchange.serial
  request file "P{exchange.serial}.txt" fixed lines crlf {
    amount  money 15 digits fen  <- ask.amount
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
      amount  money
    }
  }
  once  exchange.file
  request file "BOOKED.txt" delimited "|" lines lf {
    row  list ..1_000 of line  -> ask.rows {
      serial  text ..20 bytes        -> item.serial
      amount  money ..12 digits fen  -> item.amount
    }
  }
}

parameter listed_holds  flag  "对账单所列即成功"

reconcile books {
  day     exchange.business_date
  ours    pay by exchange.serial amount request.amount
  theirs  booked by serial amount amount
  proves  holds when parameter.listed_holds
}
"#;
