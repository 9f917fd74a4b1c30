//! TS02xx: names, found where they are looked up.

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
        text: "The target is smaller than what may be put into it. Say what happens to a value that is too large: `else refuse over_limit`, or `cut` for memos and names.",
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
