//! TS0220 to TS0238: names that hold in one place alone: members, steps, what a flow or a member passes on.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(220),
        title: "a member has no such thing",
        text: "A member has the settings and keys that its block declares, and the name that names it.",
        chinese: "成员没有这个参数或密钥。",
        bad: r#"member school {
  name     text 8 bytes
  setting  suspense  account_no
}

call ask {
  request "1001" {
    school   text 8 bytes         = school.name
    account  account_no 32 bytes  = school.suspence
    other    account_no 32 bytes  = school.suspense
  }
}
"#,
        good: r#"member school {
  name     text 8 bytes
  setting  suspense  account_no
}

call ask {
  request "1001" {
    school   text 8 bytes         = school.name
    account  account_no 32 bytes  = school.suspense
  }
}
"#,
    },
    Page {
        code: Code(221),
        title: "no such call in the journal",
        text: "`journal.CALL` is the list of the exchanges of one call of this party.",
        chinese: "流水中没有这个调用。",
        bad: r#"call ask {
  request "1001"
}

call tell {
  request "1003" {
    count  number 8 digits  <- count(journal.asked)
  }
}
"#,
        good: r#"call ask {
  request "1001"
}

call tell {
  request "1003" {
    count  number 8 digits  <- count(journal.ask)
  }
}
"#,
    },
    Page {
        code: Code(222),
        title: "no such layout",
        text: "`use NAME` puts the fields of `layout NAME { … }` in its place.",
        chinese: "没有这个布局。",
        bad: r#"layout person {
  name  text 40 bytes  = "x"
}

call ask {
  request "1001" {
    use person
    use persn
  }
}
"#,
        good: r#"layout person {
  name  text 40 bytes  = "x"
}

call ask {
  request "1001" {
    use person
  }
}
"#,
    },
    Page {
        code: Code(223),
        title: "a root is never a field",
        text: "`message exchange ask answer item request reply original session setting key journal page outcome` begin paths everywhere, so no field has such a name. The name on the wire is said by `at`.",
        chinese: "根名不能作字段名。",
        bad: r#"call ask {
  request "1001" {
    page  digits 2  = "01"
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    page_no  digits 2  = "01"
  }
}
"#,
    },
    Page {
        code: Code(224),
        title: "no such call",
        text: "An enquiry, a reversal, a beat, a session and a comparison name calls of the same party.",
        chinese: "没有这个调用。",
        bad: r#"call ask {
  request "1001"
}

call tell about asks {
  request "1003"
}
"#,
        good: r#"call ask {
  request "1001"
}

call tell about ask {
  request "1003"
}
"#,
    },
    Page {
        code: Code(225),
        title: "no such service",
        text: "Services are what the bank asks and is asked, whatever party does it. They are declared in the bank's module.",
        chinese: "没有这个服务。",
        bad: r#"call query provides bank.query_bil {
  request "1001"
}
"#,
        good: r#"call query provides bank.query_bill {
  request "1001"
}
"#,
    },
    Page {
        code: Code(226),
        title: "no such link",
        text: "`over NAME` names a link of the party. Without it the one link that goes in this direction is meant.",
        chinese: "没有这个链路。",
        bad: r#"call ask over lines {
  request "1001"
}
"#,
        good: r#"call ask over line {
  request "1001"
}
"#,
    },
    Page {
        code: Code(227),
        title: "no such packet",
        text: "A link carries one packet: what every message on it looks like.",
        chinese: "没有这个报文格式。",
        bad: r#"link line tcp connect {
  carries  gird
  frame    length 4 digits
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code  digits 4  = message.code
  }
}

call ask {
  request "1001"
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
  }
}

call ask {
  request "1001"
}
"#,
    },
    Page {
        code: Code(228),
        title: "no such member",
        text: "A session `per school` is one for each member of that name; so is a flow of the clock.",
        chinese: "没有这种成员。",
        bad: r#"call sign_in {
  request "0001"
}

session day per school {
  open  sign_in at start
}
"#,
        good: r#"call sign_in {
  request "0001"
}

session day {
  open  sign_in at start
}
"#,
    },
    Page {
        code: Code(229),
        title: "no such step before this line",
        text: "`cancel refused after STEP` stands behind the step that it names: from there on the asker cannot cancel.",
        chinese: "此行之前没有这个步骤。",
        bad: r#"flow pay on bank.debit {
  cancel refused after taken
  step taken bank.debit {
    pass ask
  }
  answer {
    pass taken
  }
}
"#,
        good: r#"flow pay on bank.debit {
  step taken bank.debit {
    pass ask
  }
  cancel refused after taken
  answer {
    pass taken
  }
}
"#,
    },
    Page {
        code: Code(230),
        title: "nothing of that name to pass",
        text: "`pass X` maps all fields of the same name, from the ask, from the answer of a step before this one, or from the row of an `each`.",
        chinese: "没有可传递的记录。",
        bad: r#"flow pay on bank.debit {
  step taken bank.debit {
    pass ask
  }
  answer {
    pass took
    host_serial  <- taken.host_serial
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
        code: Code(231),
        title: "the value does not fit",
        text: "The target is smaller than what may be put into it. Say what happens to a value that is too large: `else refuse over_limit`, or `cut` for memos and names. What a deployment sets stands whole or not at all: the setting is declared no wider than its field.",
        chinese: "目标放不下可能的值；请写明 else 或 cut。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 10 digits fen  <- ask.amount
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 10 digits fen  <- ask.amount else refuse over_limit
  }
}
"#,
    },
    Page {
        code: Code(232),
        title: "nobody fills a field of a record",
        text: "A step fills every field that the service asks for, a flow every field of its answer. What may be missing is declared `optional` in the service.",
        chinese: "记录中有字段无人填写。",
        bad: r#"flow pay on bank.debit {
  step taken bank.debit {
    account  <- ask.account
  }
  answer {
    pass taken
  }
}
"#,
        good: r#"flow pay on bank.debit {
  step taken bank.debit {
    account  <- ask.account
    amount   <- ask.amount
  }
  answer {
    pass taken
  }
}
"#,
    },
    Page {
        code: Code(233),
        title: "a flow that runs for no member names one",
        text: "A flow knows its member if a message of the member began it, if it runs by the clock `per` member, or if it says `for` which member a service is asked about. What a service asks for may come from anyone.",
        chinese: "该流程不属于任何成员。",
        bad: r#"member school {
  name     text 8 bytes
  setting  suspense  account_no
}

call tell {
  ask {
    school  text 8 chars
  }
  request "9001" {
    school    text 8 bytes         = school.name
    suspense  account_no 32 bytes  = school.suspense
  }
}

flow nightly on daily 23:30 {
  step told tell {
    school  <- school.name
  }
}
"#,
        good: r#"member school {
  name     text 8 bytes
  setting  suspense  account_no
}

call tell {
  ask {
    school  text 8 chars
  }
  request "9001" {
    school    text 8 bytes         = school.name
    suspense  account_no 32 bytes  = school.suspense
  }
}

flow nightly on daily 23:30 per school {
  step told tell {
    school  <- school.name
  }
}
"#,
    },
    Page {
        code: Code(234),
        title: "`per` stands where nothing by the clock begins the flow",
        text: "What is served is of the member that sent it, and what a service asks for names whom it concerns: only a flow of the clock is begun once for each member.",
        chinese: "“per”仅用于按时钟启动的流程。",
        bad: r#"flow pay on bank.debit per school {
  step taken bank.debit {
    pass ask
  }
  answer {
    pass taken
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
        code: Code(235),
        title: "the rows of a list do not go over whole",
        text: "A list that is put into another goes over row by row, field by field of equal names. What a row must have has to be in the rows that are given, and fit; what is too long, too many or of another kind would stop the flow when it runs.",
        chinese: "列表逐行按同名字段传递，字段缺少或放不下。",
        bad: r#"call list_rows {
  ask {
    rows  list ..100 {
      account  account_no
      memo     text ..20 chars
    }
  }
  request "9001" {
    count  number 4 digits    = count(rows)
    rows   list ..100          <- ask.rows {
      account  account_no 32 bytes              <- item.account
      memo     text 20 bytes absent as blank    <- item.memo
    }
  }
  reply "9002"
}

flow pay_rows on bank.pay_rows {
  step listed list_rows {
    rows  <- ask.rows
  }
  answer {
    rows  <- ask.rows
  }
}
"#,
        good: r#"call list_rows {
  ask {
    rows  list ..1_000 {
      account  account_no
      memo     text ..20 chars optional
    }
  }
  request "9001" {
    count  number 4 digits    = count(rows)
    rows   list ..1_000        <- ask.rows {
      account  account_no 32 bytes              <- item.account
      memo     text 20 bytes absent as blank    <- item.memo
    }
  }
  reply "9002"
}

flow pay_rows on bank.pay_rows {
  step listed list_rows {
    rows  <- ask.rows
  }
  answer {
    rows  <- ask.rows
  }
}
"#,
    },
    Page {
        code: Code(236),
        title: "a parameter is read in flows alone",
        text: "Two persons change a parameter while the gateway runs. A flow keeps the value that counted when it began, over a restart too; a message has no beginning of its own, so the flow hands the value on in what it asks.",
        chinese: "运行期参数只能在流程中读取。",
        bad: r#"parameter most  money  "单笔限额"

call pay {
  ask {
    amount  money
  }
  request "9001" {
    amount  money 15 digits fen  <- ask.amount
    most    money 15 digits fen  = parameter.most
  }
}
"#,
        good: r#"parameter most  money  "单笔限额"

call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "9001" {
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}

flow pay on bank.pay_bill {
  limit  ask.amount at most parameter.most else refuse over_limit
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
        code: Code(237),
        title: "only what a service asks names a member",
        text: "`for MEMBER VALUE else refuse REASON` behind `on SERVICE` says which member a flow runs for. What was served came from a member already; by the clock a flow runs `per` member.",
        chinese: "只有服务请求才用 for 指明成员。",
        bad: r#"member school {
  name  text 8 bytes
}

flow nightly on daily 23:30 for school "SZ000001" else refuse other {
}
"#,
        good: r#"member school {
  name     text 8 bytes
  setting  most  money
}

call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "9001" {
    school  text 8 bytes         = school.name
    amount  money 15 digits fen  <- ask.amount
  }
  reply {
    receipt  text 20 bytes  -> answer.receipt_no
  }
}

flow pay on bank.pay_bill for school ask.payer_no else refuse no_such_payer {
  limit  ask.amount at most school.most else refuse over_limit
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
        code: Code(238),
        title: "this module has no such flow",
        text: "`cancel FLOW where …` names a flow of the same module.",
        chinese: "本模块没有这个流程。",
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

flow pays on bank.pay_bill {
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
