//! TS06xx: calls, arrows, links, keys and sessions.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(601),
        title: "nobody fills a field that is sent",
        text: "A field that we send has `=` a fact, or `<-` from the business. What stays empty by agreement is a constant: `= \"\"`.",
        chinese: "要发送的字段无人填写。",
        bad: r#"call ask {
  request "1001" {
    name  text 20 bytes
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    name  text 20 bytes  = ""
  }
}
"#,
    },
    Page {
        code: Code(602),
        title: "a field is filled twice",
        text: "Of two rules one would win in silence. `request = …` and `reply = …` are for one side each.",
        chinese: "字段重复填写。",
        bad: r#"call ask {
  request "1001" {
    name  text 20 bytes  = "a"  <- "b"
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    name  text 20 bytes  = "a"
  }
}
"#,
    },
    Page {
        code: Code(603),
        title: "a field that is written hands nothing on",
        text: "In what we send values come from the business, by `<-`. `->` is for what we read.",
        chinese: "发送的字段不能用 ->。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    customer  text 20 bytes  = "a"  -> ask.payer_no
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
        code: Code(604),
        title: "a field that is read is filled by nobody here",
        text: "In what the other side sends values go to the business, by `->`. `<-` is for what we write.",
        chinese: "读取的字段不能用 <-。",
        bad: r#"call query provides bank.query_bill {
  request "1001"
  reply "1002" {
    total  money 12 digits fen  <- answer.due
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
        code: Code(605),
        title: "a line without a type takes `<-`",
        text: "A line `answer.x <- …` fills a field of the business without a field of the message. It has no other sign.",
        chinese: "无类型的行只能用 <-。",
        bad: r#"call query provides bank.query_bill {
  request "1001"
  reply "1002" {
    answer.due  = 0.00
  }
}
"#,
        good: r#"call query provides bank.query_bill {
  request "1001"
  reply "1002" {
    answer.due  <- 0.00
  }
}
"#,
    },
    Page {
        code: Code(606),
        title: "nothing can be put there",
        text: "A value goes into the business: `ask`, `answer`, `item`, `original.answer`. Settings, keys and sessions are given.",
        chinese: "不能向此处写值。",
        bad: r#"setting bank_code  text 20 bytes

call query provides bank.query_bill {
  request "1001"
  reply "1002" {
    bank  text 20 bytes  -> setting.bank_code
    home  text 20 bytes  = setting.bank_code
  }
}
"#,
        good: r#"setting bank_code  text 20 bytes

call query provides bank.query_bill {
  request "1001"
  reply "1002" {
    bank  text 20 bytes  = setting.bank_code
  }
}
"#,
    },
    Page {
        code: Code(607),
        title: "`=` binds to facts, and this is business",
        text: "A fact is something that either side can know: a constant, a setting, a key, the exchange, another field. What the bank asks is business: `<-` fills a field from it.",
        chinese: "= 只绑定事实；业务数据用 <-。",
        bad: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  = ask.amount
  }
}
"#,
        good: r#"call pay provides bank.pay_bill {
  once     exchange.serial
  unknown  park
  request "2001" {
    amount  money 15 digits fen  <- ask.amount
  }
}
"#,
    },
    Page {
        code: Code(608),
        title: "a value may be missing, its target may not",
        text: "Either the field of the service is `optional`, or the rule says what stands for a missing value.",
        chinese: "值可能缺失而目标必填。",
        bad: r#"call take provides bank.debit {
  once     exchange.serial
  unknown  park
  request "2001"
  reply "2002" {
    host  text 20 bytes absent as blank  -> answer.host_serial
  }
}
"#,
        good: r#"call take provides bank.debit {
  once     exchange.serial
  unknown  park
  request "2001"
  reply "2002" {
    host  text 20 bytes absent as blank  -> answer.host_serial else "none"
  }
}
"#,
    },
    Page {
        code: Code(609),
        title: "nothing names a member",
        text: "The field that names a member stands first in its block; by it a message finds the member's settings and keys.",
        chinese: "成员缺少命名字段。",
        bad: r#"member school {
  setting  suspense  account_no
}

call ask {
  request "1001" {
    account  account_no 32 bytes  = school.suspense
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
        code: Code(610),
        title: "no key of this kind has this size",
        text: "The size of a key follows from its kind: des 8, tdes 16 or 24, aes 16, 24 or 32, sm4 16 bytes, rsa 1024 to 4096 bits.",
        chinese: "密钥长度与种类不符。",
        bad: r#"key mac  sm4 24 bytes

call ask {
  request "1001" {
    mac  text 32 bytes  = hex(mac(sm4_cbc, key.mac, raw(head)))
  }
}
"#,
        good: r#"key mac  sm4 16 bytes

call ask {
  request "1001" {
    mac  text 32 bytes  = hex(mac(sm4_cbc, key.mac, raw(head)))
  }
}
"#,
    },
    Page {
        code: Code(611),
        title: "whose key is it?",
        text: "Of a pair we hold the private half of our own key and the public half of theirs.",
        chinese: "非对称密钥须写明 ours 或 theirs。",
        bad: r#"key app  sm2

call ask {
  request "1001" {
    sign  text 200 bytes  = base64(signature(sm2_der, key.app, raw(head)))
  }
}
"#,
        good: r#"key app  sm2 ours

call ask {
  request "1001" {
    sign  text 200 bytes  = base64(signature(sm2_der, key.app, raw(head)))
  }
}
"#,
    },
    Page {
        code: Code(612),
        title: "no private type",
        text: "`discloses` names kinds of private data: `account_no card_no identity_no phone person_name home_address email`.",
        chinese: "discloses 中不是私密类型。",
        bad: r#"party power {
  charset    gbk
  serial     counter(12)
  discloses  account_no, persn_name
}
"#,
        good: r#"party power {
  charset    gbk
  serial     counter(12)
  discloses  account_no, person_name
}
"#,
    },
    Page {
        code: Code(613),
        title: "the party says nothing of serials",
        text: "Every exchange that we begin has a serial of its own, by which it is found again. The specification says how it is made.",
        chinese: "对手方没有写明流水号规则。",
        bad: r#"party power {
  charset  gbk
}

call ask {
  request "1001"
}
"#,
        good: r#"party power {
  charset  gbk
  serial   counter(12)
}

call ask {
  request "1001"
}
"#,
    },
    Page {
        code: Code(614),
        title: "a call provides, a serve runs",
        text: "What we ask of a party provides a service to the bank; what a party asks of us runs one.",
        chinese: "call 用 provides，serve 用 runs。",
        bad: r#"call query runs bank.query_bill {
  request "1001"
}
"#,
        good: r#"call query provides bank.query_bill {
  request "1001"
}
"#,
    },
    Page {
        code: Code(615),
        title: "no link goes this way",
        text: "A `call` goes over a link that connects, a `serve` over one that accepts.",
        chinese: "没有相应方向的链路。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code  digits 4  = message.code
  }
}

serve ask {
  request "1001"
}
"#,
        good: r#"link back tcp accept {
  carries  grid
  frame    length 4 digits
  timeout  answer 10s
}

packet grid {
  head  fixed {
    code  digits 4  = message.code
  }
}

serve ask {
  request "1001"
}
"#,
    },
    Page {
        code: Code(616),
        title: "a call has no request",
        text: "Each exchange begins with a request, even if it has no fields of its own.",
        chinese: "调用缺少 request。",
        bad: r#"call ask {
  reply "1002"
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002"
}
"#,
    },
    Page {
        code: Code(617),
        title: "the link carries nothing",
        text: "A link says by `carries` what its messages look like. Only links of files do without: each file is its own format.",
        chinese: "链路没有 carries。",
        bad: r#"link line tcp connect {
  frame    length 4 digits
  timeout  connect 3s, answer 10s
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
        code: Code(618),
        title: "a stream says nothing of frames",
        text: "On TCP the receiver has to know where a message ends: by a length in front, by a line, by the close of the connection.",
        chinese: "TCP 链路没有写明分帧方式。",
        bad: r#"link line tcp connect {
  carries  grid
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code  digits 4  = message.code
  }
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
"#,
    },
    Page {
        code: Code(619),
        title: "a link has no time limit",
        text: "Without one an answer that never comes is waited for for ever, and nothing becomes `unknown`.",
        chinese: "链路没有超时。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
}

packet grid {
  head  fixed {
    code  digits 4  = message.code
  }
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
"#,
    },
    Page {
        code: Code(620),
        title: "no field of a head of fixed width",
        text: "`frame by PATH` reads the length from a field whose place is known before anything is read: in the first `fixed` or `binary` part of the packet.",
        chinese: "长度字段须在定长报文头中。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    by head.length
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size  number 4 digits  = length(body)
    code  digits 4         = message.code
  }
  body  fixed {
    message fields
  }
}

call ask {
  request "1001" {
    kind  digits 1  = "0"
  }
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    by head.size
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size  number 4 digits  = length(body)
    code  digits 4         = message.code
  }
  body  fixed {
    message fields
  }
}

call ask {
  request "1001" {
    kind  digits 1  = "0"
  }
}
"#,
    },
    Page {
        code: Code(621),
        title: "a comparison lacks a book",
        text: "Books are compared exchange by exchange: ours come from the journal of one or more calls, theirs from one file.",
        chinese: "对账须写明我方的调用 (一个或几个) 和对方的文件 (一个)。",
        bad: r#"call pay {
  request "1001"
}

reconcile books {
  day   exchange.business_date
  ours  pay by exchange.serial
}
"#,
        good: BOOKS,
    },
    Page {
        code: Code(622),
        title: "two sessions keep a value of one name",
        text: "`session.x` names a value without its session, so a party has each name once.",
        chinese: "会话值重名。",
        bad: r#"call sign_in {
  request "0001"
  reply "0002" {
    mak  text 32 bytes
  }
}

session day {
  open  sign_in at start
  keep  mak bytes 16  = from_hex(sign_in.reply.mak)
  keep  mak bytes 16  = from_hex(sign_in.reply.mak)
}
"#,
        good: r#"call sign_in {
  request "0001"
  reply "0002" {
    mak  text 32 bytes
    pik  text 32 bytes
  }
}

session day {
  open  sign_in at start
  keep  mak bytes 16  = from_hex(sign_in.reply.mak)
  keep  pik bytes 16  = from_hex(sign_in.reply.pik)
}
"#,
    },
    Page {
        code: Code(623),
        title: "a session ends at a moment",
        text: "`until` takes a moment that the party says, or a span counted from the sign-in: `duration(reply.expires_in, s)`.",
        chinese: "会话的 until 须为时刻或时长。",
        bad: r#"call sign_in {
  request "0001"
  reply "0002" {
    token  text 32 bytes
    life   number 5 digits
  }
}

session day {
  open   sign_in at start
  keep   token text ..32 chars  = sign_in.reply.token
  until  sign_in.reply.life
}
"#,
        good: r#"call sign_in {
  request "0001"
  reply "0002" {
    token  text 32 bytes
    life   number 5 digits
  }
}

session day {
  open   sign_in at start
  keep   token text ..32 chars  = sign_in.reply.token
  until  duration(sign_in.reply.life, s)
}
"#,
    },
    Page {
        code: Code(624),
        title: "nothing opens a session",
        text: "A session is opened by a call of ours (`open`), or by one of theirs (`serve`).",
        chinese: "会话没有 open 或 serve。",
        bad: r#"call sign_in {
  request "0001"
  reply "0002" {
    mak  text 32 bytes
  }
}

session day {
  keep  mak bytes 16  = from_hex(sign_in.reply.mak)
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
"#,
    },
    Page {
        code: Code(625),
        title: "nobody fills a field of the service",
        text: "Who asks for a service gets each field of its answer that is not `optional`, whatever party provides it; who serves one gets each field of the ask. What a party never says is `optional` in the service, or filled by a line without a field.",
        chinese: "服务的必填字段无人填写。",
        bad: r#"call take provides bank.debit {
  once     exchange.serial
  unknown  park
  request "2001"
  reply "2002" {
    host  text 20 bytes
  }
}
"#,
        good: r#"call take provides bank.debit {
  once     exchange.serial
  unknown  park
  request "2001"
  reply "2002" {
    host  text 20 bytes  -> answer.host_serial
  }
}
"#,
    },
    Page {
        code: Code(626),
        title: "a change that nothing of theirs brings",
        text: "`change` gives a value of another session what a message of theirs told. It stands in a session of its own that serves that message: what was told is kept there, and checked, before it changes anything.",
        chinese: "change 须写在 serve 对方报文的会话中, 且改的是另一会话的值。",
        bad: r#"call sign_in {
  request "0001"
  reply "0002" {
    mak  text 32 bytes
  }
}

session day {
  open    sign_in at start
  keep    mak bytes 16  = from_hex(sign_in.reply.mak)
  change  mak  = session.mak
}
"#,
        good: r#"call sign_in {
  request "0001"
  reply "0002" {
    mak  text 32 bytes
  }
}

serve new_keys {
  request "0003" {
    mak  text 32 bytes
  }
  reply "0004"
}

session day {
  open  sign_in at start
  keep  mak bytes 16  = from_hex(sign_in.reply.mak)
}

session renewal {
  serve    new_keys
  keep     next bytes 16  = from_hex(new_keys.request.mak)
  change   mak  = session.next
  overlap  60s
}
"#,
    },
    Page {
        code: Code(627),
        title: "an answer to what nobody reads that cannot be one",
        text: "`unread` names a message that whoever is asked sends back when it cannot even tell what it was asked: a `call` where they ask us, a `serve` where we ask them, over the same link, without a reply. Towards us it proves nothing: what we asked stays unknown.",
        chinese: "unread 所指报文须由被请求方在同一链路发出, 且没有应答。",
        bad: r#"link back tcp accept {
  carries  bare
  frame    length 4 digits
  unread   ping
  timeout  answer 10s
}

packet bare {
  code  digits 4  = message.code
  message fields
}

call ping over back {
  request "0001"
  reply   "0002"
}
"#,
        good: r#"link back tcp accept {
  carries  bare
  frame    length 4 digits
  unread   reject
  timeout  answer 10s
}

packet bare {
  code  digits 4  = message.code
  message fields
}

call reject over back {
  request "9900" {
    why  digits 4  = "2003"
  }
}
"#,
    },
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
    Page {
        code: Code(633),
        title: "what opens a session reads a value of a later one",
        text: "A party's sessions are opened in the order in which they stand, and what one told is known to those after it. A call that opens one cannot read what only a later one tells: it would never be sent.",
        chinese: "打开会话的调用读取其后会话的值。",
        bad: r#"call get_token {
  request "0001" {
    ticket  text 6 bytes  = session.ticket
  }
  reply "0002" {
    token  text 8 bytes
  }
}

call get_ticket {
  request "0003" {
    token  text 8 bytes  = session.token
  }
  reply "0004" {
    ticket  text 6 bytes
  }
}

session first {
  open  get_token at start
  keep  token text 8 bytes  = get_token.reply.token
}

session second {
  open  get_ticket at start
  keep  ticket text 6 bytes  = get_ticket.reply.ticket
}
"#,
        good: r#"call get_token {
  request "0001"
  reply "0002" {
    token  text 8 bytes
  }
}

call get_ticket {
  request "0003" {
    token  text 8 bytes  = session.token
  }
  reply "0004" {
    ticket  text 6 bytes
  }
}

session first {
  open  get_token at start
  keep  token text 8 bytes  = get_token.reply.token
}

session second {
  open  get_ticket at start
  keep  ticket text 6 bytes  = get_ticket.reply.ticket
}
"#,
    },
    Page {
        code: Code(634),
        title: "signs of life of a connection that is not held",
        text: "A beat goes over a connection that is held while nothing else does. Whoever connects sends it. On a link where they connect, the clause says which beat we hear, and needs `then close after DUR`: when we take them for gone.",
        chinese: "心跳须在长连接上; 对方发起连接时须写 then close after。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     none
  beat     probe after 60s idle
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size    number 4 digits  = length(body)
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
}

call probe {
  request "0005"
  reply "0006"
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     1 connections, one exchange each
  beat     probe after 60s idle, then close after 30s
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size    number 4 digits  = length(body)
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
}

call probe {
  request "0005"
  reply "0006"
}
"#,
    },
    Page {
        code: Code(635),
        title: "a frame that is never empty",
        text: "`beat empty frame` sends a frame with nothing in it. A frame whose length stands in the message itself, that has one width, or ends with the connection, always holds something.",
        chinese: "此成帧方式没有空帧; 请指明心跳交易。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    by head.size
  hold     1 connections, one exchange each
  beat     empty frame after 60s idle
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size    number 4 digits  = length(body)
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
}

call probe {
  request "0005"
  reply "0006"
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     1 connections, one exchange each
  beat     empty frame after 60s idle
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size    number 4 digits  = length(body)
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
}

call probe {
  request "0005"
  reply "0006"
}
"#,
    },
    Page {
        code: Code(636),
        title: "nothing to go on from behind what is garbled",
        text: "`garbled skip` steps over octets that are no frame, up to the mark that the next frame begins with. A frame that begins with a length has no such mark: behind a wrong length nobody knows where the next message begins.",
        chinese: "成帧无起始标志, 不能跳过乱码。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     1 connections, one exchange each
  garbled  skip
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size    number 4 digits  = length(body)
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
}

call probe {
  request "0005"
  reply "0006"
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    between "\u{02}" "\u{03}"
  hold     1 connections, one exchange each
  garbled  skip
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size    number 4 digits  = length(body)
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
}

call probe {
  request "0005"
  reply "0006"
}
"#,
    },
    Page {
        code: Code(637),
        title: "a session at each connection where there is not one",
        text: "`open CALL at connect` signs in on each connection that is made, before anything else goes over it, and what is kept holds for that connection. So its link is a `tcp` link on which we connect and hold one connection.",
        chinese: "at connect 须在只保持一条连接的 tcp connect 链路上。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, one exchange each
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size    number 4 digits  = length(body)
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
}

call probe {
  request "0005"
  reply "0006"
}

call sign_in {
  request "0001"
  reply "0002"
}

session day {
  open  sign_in at connect
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     1 connections, one exchange each
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size    number 4 digits  = length(body)
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
}

call probe {
  request "0005"
  reply "0006"
}

call sign_in {
  request "0001"
  reply "0002"
}

session day {
  open  sign_in at connect
}
"#,
    },
    Page {
        code: Code(638),
        title: "`early` without an end",
        text: "`early DUR` takes the session anew so long before it ends; a session without `until` does not end.",
        chinese: "early 须与 until 同用。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     1 connections, one exchange each
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size    number 4 digits  = length(body)
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
}

call probe {
  request "0005"
  reply "0006"
}

call sign_in {
  request "0001"
  reply "0002"
}

session day {
  open   sign_in at start
  early  60s
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     1 connections, one exchange each
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size    number 4 digits  = length(body)
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    message fields
  }
}

call probe {
  request "0005"
  reply "0006"
}

call sign_in {
  request "0001"
  reply "0002" {
    valid  datetime "yyyyMMddHHmmss"
  }
}

session day {
  open   sign_in at start
  until  sign_in.reply.valid
  early  60s
}
"#,
    },
    Page {
        code: Code(639),
        title: "numbers without a connection of their own",
        text: "Numbers say in which order messages stand on a connection, so that what is missing shows. Of several connections, or of one for each exchange, no order could be said; and the first message on the connection opens the session.",
        chinese: "报文编号须在唯一的长连接上, 会话于建连时打开。",
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
  open      sign_in at start
  numbered  head.number, kept
  gap       ask_again, filled by fill
  resent    open, marked head.again
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
"#,
    },
    Page {
        code: Code(640),
        title: "a field beside the messages is named without its message",
        text: "A `check` or a mapping beside the messages of a call stands in the message that it speaks of. None of them is at hand there, so a field is named with its message: `request.amount`, `reply.total`.",
        chinese: "报文之外的检查或映射须写明字段属于哪个报文。",
        bad: r#"call query provides bank.query_bill {
  check  total > 0.00 else unknown
  request "7001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "7002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
        good: r#"call query provides bank.query_bill {
  check  reply.total > 0.00 else unknown
  request "7001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "7002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
    },
    Page {
        code: Code(641),
        title: "a line beside the messages waits for an answer that never comes",
        text: "What names `reply`, `answer` or `outcome` is judged, or mapped, when the answer is read. A call without a `reply` has none.",
        chinese: "该行要等应答, 而此调用没有应答。",
        bad: r#"call told provides bank.tell {
  once     exchange.serial
  unknown  park
  answer.seen  <- yes
  request "2003" {
    customer  text 40 bytes  <- ask.payer_no
  }
}
"#,
        good: r#"call told provides bank.tell {
  once     exchange.serial
  unknown  park
  answer.seen  <- yes
  request "2003" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "2004"
}
"#,
    },
    Page {
        code: Code(642),
        title: "many exchanges on a connection, and nothing that tells their answers apart",
        text: "With `many exchanges each` answers come in any order. `match` names a field of the head by whose value an answer finds its exchange; of several the first that is there decides.",
        chinese: "同一连接并行多笔时, 须用 match 指明应答归属。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, many exchanges each
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
}

call probe {
  request "0005"
  reply "0006"
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, many exchanges each
  match    head.serial
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
}

call probe {
  request "0005"
  reply "0006"
}
"#,
    },
    Page {
        code: Code(643),
        title: "what is the same in every message matches nothing",
        text: "`match` names a value that stands once in an answer and that its request had too: a serial in the head. A code, a constant and what stands in rows tell no exchange from another.",
        chinese: "match 须指向能区分各笔交易的字段。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, many exchanges each
  match    message.code
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
}

call probe {
  request "0005"
  reply "0006"
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, many exchanges each
  match    head.serial
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
}

call probe {
  request "0005"
  reply "0006"
}
"#,
    },
    Page {
        code: Code(644),
        title: "unsealed, where nothing is sealed",
        text: "`unsealed` says that an answer is believed though the seal of its packet is missing. Where the packet has none, it says nothing.",
        chinese: "报文本无签章, unsealed 无意义。",
        bad: r#"key mak  tdes 16 bytes

link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, one exchange each
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
  reply "9000" means refused bad_message unsealed "they could not read our seal, so they have none" {
    why  text 40 bytes  = outcome.text
  }
}

call query provides bank.query_bill {
  request "1001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "1002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
        good: r#"key mak  tdes 16 bytes

link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, one exchange each
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
  mac   text 16 bytes  = hex_upper(mac(x9_19, key.mak, raw(head) + raw(body)))
  reply "9000" means refused bad_message unsealed "they could not read our seal, so they have none" {
    why  text 40 bytes  = outcome.text
  }
}

call query provides bank.query_bill {
  request "1001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "1002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
    },
    Page {
        code: Code(645),
        title: "an answer without a seal that could mean done",
        text: "What is believed without a seal could have been sent by anybody. So it says by its coming that nothing was done (`means refused REASON`), or that nothing is known; never that something was done.",
        chinese: "无签章的应答不得表示成功。",
        bad: r#"key mak  tdes 16 bytes

link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, one exchange each
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
  mac   text 16 bytes  = hex_upper(mac(x9_19, key.mak, raw(head) + raw(body)))
  reply "9000" unsealed "they could not read our seal, so they have none" {
    why  text 40 bytes  = outcome.text
  }
}

call query provides bank.query_bill {
  request "1001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "1002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
        good: r#"key mak  tdes 16 bytes

link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, one exchange each
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
  mac   text 16 bytes  = hex_upper(mac(x9_19, key.mak, raw(head) + raw(body)))
  reply "9000" means refused bad_message unsealed "they could not read our seal, so they have none" {
    why  text 40 bytes  = outcome.text
  }
}

call query provides bank.query_bill {
  request "1001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "1002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
    },
    Page {
        code: Code(646),
        title: "the fields of a request that cannot be given back",
        text: "`request fields` gives the octets of the request's own fields back, as they came. They are one piece, so the packet has a `fixed` or `binary` for them alone, and in the answer they stand last in one.",
        chinese: "请求字段无法原样退回。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, one exchange each
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    code    digits 4   = message.code
    serial  digits 12  = exchange.serial
  }
  body  fixed {
    mark  digits 2  = "01"
    message fields
  }
  reply "9000" means refused bad_message {
    request fields
  }
}

call query provides bank.query_bill {
  request "1001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "1002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    length 4 digits
  hold     2 connections, one exchange each
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
  reply "9000" means refused bad_message {
    request fields
  }
}

call query provides bank.query_bill {
  request "1001" {
    customer  text 40 bytes  <- ask.payer_no
  }
  reply "1002" {
    total  money 12 digits fen  -> answer.due
  }
}
"#,
    },
    Page {
        code: Code(651),
        title: "a length in a tag=value text that does not say where a message ends",
        text: "`frame by PATH` may name the length in a tag=value text: then the stream is cut by it before anything else is read. So all in front of it stands in its place always and has a bound, what it counts begins right behind it, and what it does not count (a checksum) closes the text with one width each.",
        chinese: "标签长度字段须紧接其所计内容, 其后不计入的字段须定宽且收尾。",
        bad: r#"delimited fix {
  fields  tagged "=", ended "\u{01}"
  order   free after kind before sum
}

link line tcp connect {
  carries  fix_text
  frame    by text.length
  timeout  connect 3s, answer 10s
}

packet fix_text {
  text  delimited fix {
    begin   text ..8 chars tag "8"     = "FIX.4.4"
    length  number ..6 digits tag "9"  = length(raw(kind .. sum))
    kind    text ..2 chars tag "35"    = message.code
    message fields
    sum     number ..3 digits tag "10"  = checksum(sum8, raw(begin .. sum))
  }
}

call ask {
  request "D" {
    account  text ..32 chars tag "1"  = "x"
  }
}
"#,
        good: r#"delimited fix {
  fields  tagged "=", ended "\u{01}"
  order   free after kind before sum
}

link line tcp connect {
  carries  fix_text
  frame    by text.length
  timeout  connect 3s, answer 10s
}

packet fix_text {
  text  delimited fix {
    begin   text ..8 chars tag "8"     = "FIX.4.4"
    length  number ..6 digits tag "9"  = length(raw(kind .. sum))
    kind    text ..2 chars tag "35"    = message.code
    message fields
    sum     number 3 digits tag "10"   = checksum(sum8, raw(begin .. sum))
  }
}

call ask {
  request "D" {
    account  text ..32 chars tag "1"  = "x"
  }
}
"#,
    },
    Page {
        code: Code(652),
        title: "a field that is no part of one copy of a message",
        text: "What counts a message, marks it as sent again and says when it was sent first belongs to that copy alone: `numbered` names a field that is `= message.number`, `marked` one that is `= message.again`, `dated` one that is `= message.first_moment`.",
        chinese: "numbered/marked/dated 须指向取自 message.number/again/first_moment 的字段。",
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
    number  number 9 digits  = 12
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
"#,
    },
    Page {
        code: Code(653),
        title: "nothing says which numbers are missing",
        text: "Either side may miss messages. So what asks for them, and what stands for those that are not sent again, is a `call` and a `serve` of one code over the link of the session, without a reply; each has an `ask` with the numbers (`first` and `last`, or `next`) and a field of that name.",
        chinese: "补号请求与补号报文须双向声明, 并含 first/last 或 next。",
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

session day {
  open      sign_in at connect
  numbered  head.number, kept
  gap       ask_again, filled by fill
  resent    open, marked head.again
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
"#,
    },
];

/// Books that are compared as they should be.
const BOOKS: &str = r#"link drop folder connect {
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
  day     exchange.business_date
  ours    pay by exchange.serial
  theirs  booked by serial
}
"#;
