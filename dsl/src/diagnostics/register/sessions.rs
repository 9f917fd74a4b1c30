//! TS0633 to TS0639: sessions, held connections, numbered lines.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
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
];
