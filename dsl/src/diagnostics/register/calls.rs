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
];

/// Books that are compared as they should be.
pub(super) const BOOKS: &str = r#"link drop folder connect {
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
