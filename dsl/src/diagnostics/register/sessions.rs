//! TS0628 and on: sessions, held connections, lines beside the messages of a call, what tells answers apart.

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
        text: "Numbers say in which order messages stand on a connection, so that what is missing shows. Of several connections, or of one for each exchange, no order could be said; and the first message on the connection opens the session: ours where we connect, theirs where they do.",
        chinese: "报文编号须在唯一的长连接上, 会话于建连时由建连方打开。",
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
        code: Code(647),
        title: "a sign of life on a numbered line that is theirs",
        text: "On a link that the other side connects a beat usually says what we hear. Where the messages of the session are numbered either side sends what it likes, so a beat names what we say: a `call`. What they say is a `serve`, which needs no beat.",
        chinese: "编号会话中 beat 须为我方 call; 对方心跳由 serve 接收。",
        bad: r#"link line tcp accept {
  carries  grid
  frame    length 4 digits
  hold     1 connections, many exchanges each
  match    head.serial
  beat     alive_there after 30s unsent
  timeout  answer 10s
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

serve sign_in {
  request "0001"
  reply "0002"
}

call alive over line {
  request "0005"
}

serve alive_there {
  request "0005"
}

layout range {
  first  number 9 digits  <-> ask.first
  last   number 9 digits  <-> ask.last
}

call ask_again over line {
  ask {
    first  number ..999_999_999
    last   number ..999_999_999
  }
  request "0003" {
    use range
  }
}

serve asked_again {
  ask {
    first  number ..999_999_999
    last   number ..999_999_999
  }
  request "0003" {
    use range
  }
}

call fill over line {
  ask {
    next  number ..999_999_999
  }
  request "0004" {
    next  number 9 digits  <- ask.next
  }
}

serve filled {
  ask {
    next  number ..999_999_999
  }
  request "0004" {
    next  number 9 digits  -> ask.next
  }
}

session day {
  serve     sign_in
  numbered  head.number, kept
  gap       ask_again, filled by fill
  resent    open, marked head.again
}
"#,
        good: r#"link line tcp accept {
  carries  grid
  frame    length 4 digits
  hold     1 connections, many exchanges each
  match    head.serial
  beat     alive after 30s unsent
  timeout  answer 10s
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

serve sign_in {
  request "0001"
  reply "0002"
}

call alive over line {
  request "0005"
}

serve alive_there {
  request "0005"
}

layout range {
  first  number 9 digits  <-> ask.first
  last   number 9 digits  <-> ask.last
}

call ask_again over line {
  ask {
    first  number ..999_999_999
    last   number ..999_999_999
  }
  request "0003" {
    use range
  }
}

serve asked_again {
  ask {
    first  number ..999_999_999
    last   number ..999_999_999
  }
  request "0003" {
    use range
  }
}

call fill over line {
  ask {
    next  number ..999_999_999
  }
  request "0004" {
    next  number 9 digits  <- ask.next
  }
}

serve filled {
  ask {
    next  number ..999_999_999
  }
  request "0004" {
    next  number 9 digits  -> ask.next
  }
}

session day {
  serve     sign_in
  numbered  head.number, kept
  gap       ask_again, filled by fill
  resent    open, marked head.again
}
"#,
    },
    Page {
        code: Code(648),
        title: "places behind a point where there is none",
        text: "A `number` is whole, and an amount has the places of what it is counted in. `scale N` belongs to a `decimal`: written with a point, or packed, zoned or binary with the point implied.",
        chinese: "scale 仅用于 decimal; number 为整数, 金额由 fen/yuan/li 定小数位。",
        bad: r#"call ask {
  request "1001" {
    rate  number 3 bytes packed scale 2  = 1
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    rate  decimal 3 bytes packed scale 2  = 1.25
  }
}
"#,
    },
    Page {
        code: Code(649),
        title: "yuan without a place for the point",
        text: "`yuan` writes an amount with a point and two places. Packed, zoned and binary figures are whole: two places implied are `fen`.",
        chinese: "压缩/分区/二进制数无小数点, 金额以 fen 表示。",
        bad: r#"call ask {
  request "1001" {
    paid  money 5 bytes yuan packed  = 12.34
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    paid  money 5 bytes fen packed  = 12.34
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
    Page {
        code: Code(660),
        title: "no file that comes is refused so",
        text: "A flow `on refused` begins when a file that the party puts for us is not taken. Each name behind it is a `serve` of this party over a link of files: what we put is refused by them, and any other message is answered at once.",
        chinese: "`on refused` 只能列出本交易方送来的文件。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
  }
}

flow turned_away on refused put {
  park  "{ask.file}: {ask.why}"
}
"#,
        good: r#"link pick folder accept {
  poll  60s
  once  name
}

serve found over pick {
  once  exchange.file
  request file "B_{exchange.serial}.txt" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
  }
}

flow turned_away on refused found {
  park  "{ask.file}: {ask.why}"
}
"#,
    },
    Page {
        code: Code(661),
        title: "a control file stands elsewhere",
        text: "A control file completes one file: it stands in the block of the message that is the file, behind its lines, not in a layout that several use and not in a message that is no file.",
        chinese: "控制文件须写在文件报文自己的块内。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    use rows
  }
}

layout rows {
  rows  list ..9 of line {
    name  text ..20 chars  = "x"
  }
  done ".chk" delimited "|" lines lf {
    size  number ..8 digits  = length(rows)
  }
}
"#,
        good: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
    done ".chk" delimited "|" lines lf {
      size    number ..8 digits  = length(message)
      digest  text 64 chars      = hex(digest(sm3, raw(message)))
    }
  }
}
"#,
    },
    Page {
        code: Code(662),
        title: "a control file has no such form",
        text: "A control file is one line: values of fixed width or parted by a sign, with or without a line end. It is written and read as it stands, without a coding of its own.",
        chinese: "控制文件为单行: fixed 或 delimited, 不另行编码。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
    done ".chk" json {
      size    number ..8 digits  = length(message)
      digest  text 64 chars      = hex(digest(sm3, raw(message)))
    }
  }
}
"#,
        good: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
    done ".chk" delimited "|" lines lf {
      size    number ..8 digits  = length(message)
      digest  text 64 chars      = hex(digest(sm3, raw(message)))
    }
  }
}
"#,
    },
    Page {
        code: Code(663),
        title: "a file has two end marks",
        text: "The other side takes a file when its end mark is there. An empty mark behind the name and a control file are both such a mark, and a file has one.",
        chinese: "一个文件只有一个完成标志。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" done ".ok" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
    done ".chk" delimited "|" lines lf {
      size    number ..8 digits  = length(message)
      digest  text 64 chars      = hex(digest(sm3, raw(message)))
    }
  }
}
"#,
        good: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
    done ".chk" delimited "|" lines lf {
      size    number ..8 digits  = length(message)
      digest  text 64 chars      = hex(digest(sm3, raw(message)))
    }
  }
}
"#,
    },
    Page {
        code: Code(664),
        title: "a control file of what is no file of lines",
        text: "What a control file says of its file (`raw(message)`, `length(message)`, counts and sums) is made while the file's lines go by. So the file is `fixed` or `delimited`, and nothing but `line` and `list … of line` stands in it.",
        chinese: "控制文件只用于按行的文件。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.json" json {
    name  text ..20 chars  = "x"
    done ".chk" delimited "|" lines lf {
      mark  text 2 chars  = "ok"
    }
  }
}
"#,
        good: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    rows  list ..9 of line {
      name  text ..20 chars  = "x"
    }
    done ".chk" delimited "|" lines lf {
      size    number ..8 digits  = length(message)
      digest  text 64 chars      = hex(digest(sm3, raw(message)))
    }
  }
}
"#,
    },
    Page {
        code: Code(665),
        title: "two lengths of a frame in two heads",
        text: "`frame by PATH and PATH` reads both lengths before anything else is read: of the body, and of what stands behind it and is not counted by the first, such as a signature. So both stand in the one head of fixed width.",
        chinese: "两个长度字段须在同一定长报文头中。",
        bad: r#"link line tcp connect {
  carries  grid
  frame    by head.size and body.seal_size
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size  number 4 digits  = length(body)
    code  digits 4         = message.code
  }
  body  fixed {
    seal_size  number 4 digits  = length(seal)
    message fields
  }
  seal  text ..64 bytes  = hex(digest(sm3, raw(body)))
}

call ask {
  request "1001" {
    kind  digits 1  = "0"
  }
}
"#,
        good: r#"link line tcp connect {
  carries  grid
  frame    by head.size and head.seal_size
  timeout  connect 3s, answer 10s
}

packet grid {
  head  fixed {
    size       number 4 digits  = length(body)
    seal_size  number 4 digits  = length(seal)
    code       digits 4         = message.code
  }
  body  fixed {
    message fields
  }
  seal  text ..64 bytes  = hex(digest(sm3, raw(body)))
}

call ask {
  request "1001" {
    kind  digits 1  = "0"
  }
}
"#,
    },
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
