//! TS0648 to TS0653: numbers with places, texts of tags and segments, what is missing between numbers.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
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
];
