//! TS0424 to TS0450: codings and seals, lists and signs, and the order in which a message is made and read.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(424),
        title: "no such coding",
        text: "Codings are charsets, `hex hex_upper base64 base64url percent`, `zlib gzip`, `sheet`, `encrypt(…)`, and the party's own `coding` items.",
        chinese: "没有这个编码。",
        bad: r#"call ask {
  request "1001" {
    name  text 40 bytes coded gkb  = "abc"
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    name  text 40 bytes coded gbk  = "abc"
  }
}
"#,
    },
    Page {
        code: Code(425),
        title: "a cipher lacks its algorithm or its key",
        text: "`encrypt` takes an algorithm, a key, and an initial vector where the mode has one.",
        chinese: "encrypt 缺少算法或密钥。",
        bad: r#"call ask {
  request "1001" {
    part  json coded utf8, encrypt(sm4_cbc_pkcs7), base64 {
      name  text ..9 chars  = "x"
    }
  }
}
"#,
        good: r#"key content  sm4 16 bytes

call ask {
  request "1001" {
    part  json coded utf8, encrypt(sm4_cbc_pkcs7, key.content, nul(16)), base64 {
      name  text ..9 chars  = "x"
    }
  }
}
"#,
    },
    Page {
        code: Code(426),
        title: "a seal covers itself",
        text: "A MAC, a signature or a digest is computed from bytes that stand before it is known, so it cannot stand among them. Name the parts that it covers.",
        chinese: "签名或校验值覆盖了自身。",
        bad: r#"key mac  sm4 16 bytes

call ask {
  request "1001" {
    part  fixed {
      name  text 20 bytes  = "abc"
      seal  text 32 bytes  = hex(mac(sm4_cbc, key.mac, raw(part)))
    }
  }
}
"#,
        good: r#"key mac  sm4 16 bytes

call ask {
  request "1001" {
    part  fixed {
      name  text 20 bytes  = "abc"
    }
    seal  text 32 bytes  = hex(mac(sm4_cbc, key.mac, raw(part)))
  }
}
"#,
    },
    Page {
        code: Code(427),
        title: "no such charset",
        text: "The charset of a party is one of `utf8 gbk gb18030 ascii cp037 cp500 cp1047 cp935 cp1388`.",
        chinese: "没有这个字符集。",
        bad: r#"party power {
  charset  gb2312
  serial   counter(12)
}
"#,
        good: r#"party power {
  charset  gbk
  serial   counter(12)
}
"#,
    },
    Page {
        code: Code(428),
        title: "the party names no charset",
        text: "Sizes in bytes, blanks and digests depend on it, so a party says it once.",
        chinese: "对手方没有写明字符集。",
        bad: r#"party power {
  serial  counter(12)
}
"#,
        good: r#"party power {
  charset  gbk
  serial   counter(12)
}
"#,
    },
    Page {
        code: Code(429),
        title: "a template lacks a hole",
        text: "The form of an xml party is copied from its specification, with `{name}`, `{value}`, `{items}` and `{fields}` where these stand.",
        chinese: "模板缺少占位。",
        bad: r#"xml form {
  value  `<field>{value}</field>`
}

call ask {
  request "1001" {
    doc  xml form {
      name  text ..9 chars  = "x"
    }
  }
}
"#,
        good: r#"xml form {
  value  `<field name="{name}">{value}</field>`
}

call ask {
  request "1001" {
    doc  xml form {
      name  text ..9 chars  = "x"
    }
  }
}
"#,
    },
    Page {
        code: Code(430),
        title: "derived fields need each other",
        text: "Lengths, counts, sums and seals are put in order by the compiler: each after what it is computed from. A circle has no beginning.",
        chinese: "派生字段互相依赖。",
        bad: r#"call ask {
  request "1001" {
    one  text 64 bytes  = hex(digest(sm3, two))
    two  text 64 bytes  = hex(digest(sm3, one))
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    name  text 20 bytes  = "abc"
    one   text 64 bytes  = hex(digest(sm3, name))
    two   text 64 bytes  = hex(digest(sm3, one))
  }
}
"#,
    },
    Page {
        code: Code(431),
        title: "a closed format needs what stands behind it",
        text: "What is ciphered or packed is whole before the rest is written, so nothing in it can be computed from what comes later.",
        chinese: "加密或压缩的部分不能依赖其后的字段。",
        bad: r#"key content  sm4 16 bytes

call ask {
  request "1001" {
    part  json coded utf8, encrypt(sm4_cbc_pkcs7, key.content, nul(16)), base64 {
      size  number ..9_999  = length(tail)
    }
    tail  text 20 bytes  = "abc"
  }
}
"#,
        good: r#"key content  sm4 16 bytes

call ask {
  request "1001" {
    size  number 4 digits  = length(tail)
    tail  text 20 bytes    = "abc"
    part  json coded utf8, encrypt(sm4_cbc_pkcs7, key.content, nul(16)), base64 {
      name  text ..9 chars  = "x"
    }
  }
}
"#,
    },
    Page {
        code: Code(432),
        title: "a signature that is read stands alone",
        text: "A reader verifies a signature with the public half and cannot compute it, so it has to get its bytes back: `base64(signature(…))` or `hex(…)`, and nothing around it.",
        chinese: "读取的签名须单独成值。",
        bad: r#"key theirs  sm2 theirs

call ask {
  request "1001"
  reply "1002" {
    name  text 20 bytes
    sign  text 200 bytes  = "v1:" + base64(signature(sm2_der, key.theirs, raw(name)))
  }
}
"#,
        good: r#"key theirs  sm2 theirs

call ask {
  request "1001"
  reply "1002" {
    name  text 20 bytes
    sign  text 200 bytes  = base64(signature(sm2_der, key.theirs, raw(name)))
  }
}
"#,
    },
    Page {
        code: Code(433),
        title: "the algorithm of a signature is computed",
        text: "What a signature is verified with is a name of the table, or one setting: then the deployment checks it at the start.",
        chinese: "签名算法须为名称或单个参数。",
        bad: r#"key theirs  sm2 theirs
setting test   flag
setting first  one_of sm2_der, sm2_raw
setting other  one_of sm2_der, sm2_raw

call ask {
  request "1001"
  reply "1002" {
    name  text 20 bytes
    sign  text 200 bytes  = base64(signature(if(setting.test, setting.first, setting.other), key.theirs, raw(name)))
  }
}
"#,
        good: r#"key theirs  sm2 theirs
setting algorithm  one_of sm2_der, sm2_raw

call ask {
  request "1001"
  reply "1002" {
    name  text 20 bytes
    sign  text 200 bytes  = base64(signature(setting.algorithm, key.theirs, raw(name)))
  }
}
"#,
    },
    Page {
        code: Code(434),
        title: "a list of the journal says of which business date it is",
        text: "The journal keeps every exchange by its business date and is looked up by it. A list without a date would go through years.",
        chinese: "journal 列表须指明账务日期。",
        bad: r#"link drop folder connect {
  folder "out"
}

call pay over drop {
  once  exchange.serial
  request file "P_{exchange.serial}.txt" delimited "|" lines lf {
    only  line {
      kind  digits 1  = "0"
    }
  }
}

call list over drop {
  ask {
    day  date
  }
  once  ask.day
  request file "L_{format(ask.day, 'yyyyMMdd')}.txt" delimited "|" lines lf {
    rows  list ..9 of line  <- journal.pay {
      kind  digits 1  <- item.request.only.kind
    }
  }
}
"#,
        good: r#"link drop folder connect {
  folder "out"
}

call pay over drop {
  once  exchange.serial
  request file "P_{exchange.serial}.txt" delimited "|" lines lf {
    only  line {
      kind  digits 1  = "0"
    }
  }
}

call list over drop {
  ask {
    day  date
  }
  once  ask.day
  request file "L_{format(ask.day, 'yyyyMMdd')}.txt" delimited "|" lines lf {
    rows  list ..9 of line  <- journal.pay where business_date is ask.day {
      kind  digits 1  <- item.request.only.kind
    }
  }
}
"#,
    },
    Page {
        code: Code(435),
        title: "a message has too many parts",
        text: "A message has at most 65,535 fields, values and instructions.",
        chinese: "报文部分过多。",
        bad: "(a message with more than 65,535 fields)",
        good: r#"call ask {
  request "1001"
}
"#,
    },
    Page {
        code: Code(436),
        title: "the example disagrees",
        text: "An example holds what a packet of the specification shows: its octets must come out exactly, and be read back to the values beside them. The first octet that differs is told, or the value. One of the two is wrong: the example by the specification, or the message that it is an example of.",
        chinese: "示例与报文定义不一致。",
        bad: r#"call ask {
  request "1001" {
    name  text 4 bytes  = "Li"
  }
}

example "a name is filled up with blanks" of ask by "the party" {
  given    { exchange { date 2026-11-23, serial "000000000101" } }
  request  { "0032" "1001" "20261123" "000000000101" "0000" "Li" zeros 2 }
}
"#,
        good: r#"call ask {
  request "1001" {
    name  text 4 bytes  = "Li"
  }
}

example "a name is filled up with blanks" of ask by "the party" {
  given    { exchange { date 2026-11-23, serial "000000000101" } }
  request  { "0032" "1001" "20261123" "000000000101" "0000" "Li" spaces 2 }
}
"#,
    },
    Page {
        code: Code(437),
        title: "a message does not come back as it was sent",
        text: "`tongshi check` makes up values for every message by the types and widths of its fields, the borders of each first: it writes them, reads them, compares them, and writes them again. A message that cannot be written, or comes back otherwise, would do so on some day in business too. The field and its value are told, private values masked. Most often a width is too small for its type, or nothing shows where a value ends.",
        chinese: "报文按字段边界值写出再读回，结果不一致。",
        bad: r#"call ask {
  request "1001" {
    count  number 1 digits  = count(rows)
    rows   list ..12 {
      name  text 4 bytes  = "x"
    }
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    count  number 2 digits  = count(rows)
    rows   list ..12 {
      name  text 4 bytes  = "x"
    }
  }
}
"#,
    },
    Page {
        code: Code(438),
        title: "the lines of a list are digested and counted, never held together",
        text: "A file may have millions of lines, of which one is in memory at a time. A digest, an HMAC or a length over whole lines, in the order of the file, is made while they go by; whatever needs all their octets at once cannot be.",
        chinese: "文件的明细行逐行处理，不能整体取字节；可以对整行做摘要、HMAC 或计长。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    rows  list ..1_000_000 of line {
      name  text ..20 chars  = "x"
    }
    tail  line {
      sum  number ..10 digits  = checksum(crc32, raw(rows))
    }
  }
}
"#,
        good: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" delimited "|" lines lf {
    rows  list ..1_000_000 of line {
      name  text ..20 chars  = "x"
    }
    tail  line {
      digest  text 64 chars  = hex(digest(sm3, raw(rows)))
    }
  }
}
"#,
    },
    Page {
        code: Code(439),
        title: "lines without an end are of one width",
        text: "`line 100 bytes` is a record that no sign ends: only its width shows where the next one begins, so all lines of such a file are equally wide.",
        chinese: "没有行结束符的记录必须等长。",
        bad: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" fixed {
    head  line 10 bytes {
      mark  text 10 bytes  = "H"
    }
    rows  list ..100 of line 20 bytes {
      name  text 20 bytes  = "x"
    }
  }
}
"#,
        good: r#"link drop folder connect {
  folder  "up"
}

call put over drop {
  request file "A.txt" fixed {
    head  line 20 bytes {
      mark  text 20 bytes  = "H"
    }
    rows  list ..100 of line 20 bytes {
      name  text 20 bytes  = "x"
    }
  }
}
"#,
    },
    Page {
        code: Code(440),
        title: "an answer that any call may get stands in the packet itself",
        text: "`reply \"CODE\" { … }` in a packet is one more answer of each call over it. It is a message of its own, so it stands beside the packet's head and body, not in a layout, a format or a choice.",
        chinese: "通用应答须直接写在报文定义的顶层。",
        bad: r#"layout common {
  reply "9000" means refused bad_message
}

call ask {
  request "1001"
  reply "1002" {
    use common
  }
}
"#,
        good: r#"call ask {
  request "1001"
  reply "1002"
  reply "9000" means refused bad_message
}
"#,
    },
    Page {
        code: Code(445),
        title: "no such delimited form",
        text: "Behind `delimited` stands the sign between two values as a text, or the name of an item `delimited NAME { … }` that says the signs of a segment text or a tag=value text.",
        chinese: "没有这个 delimited 形式。",
        bad: r#"delimited hl7 {
  lines   named, ended "\r"
  levels  "|" "^"
}

call ask {
  request "1001" {
    text  delimited hl8 {
      PID  line {
        name  text ..20 chars  = "x"
      }
    }
  }
}
"#,
        good: r#"delimited hl7 {
  lines   named, ended "\r"
  levels  "|" "^"
}

call ask {
  request "1001" {
    text  delimited hl7 {
      PID  line {
        name  text ..20 chars  = "x"
      }
    }
  }
}
"#,
    },
    Page {
        code: Code(446),
        title: "the signs of a delimited form do not hold together",
        text: "Each sign means one thing, and none begins with another. A segment text has `levels`, a tag=value text has `fields tagged`, not both. A line that shows the signs has a name, shows the first level first, and each sign is one character.",
        chinese: "分隔符定义自相矛盾：每个符号只能有一种含义。",
        bad: r#"delimited hl7 {
  lines   named, ended "\r"
  levels  "|" "^" "|"
}

call ask {
  request "1001" {
    text  delimited hl7 {
      PID  line {
        name  text ..20 chars  = "x"
      }
    }
  }
}
"#,
        good: r#"delimited hl7 {
  lines   named, ended "\r"
  levels  "|" "^" "&"
}

call ask {
  request "1001" {
    text  delimited hl7 {
      PID  line {
        name  text ..20 chars  = "x"
      }
    }
  }
}
"#,
    },
    Page {
        code: Code(447),
        title: "this cannot stand between these signs",
        text: "Among lines stand lines, lists of lines, and lists whose rows begin with a line that is always there. In a place stands a value, a group where one more level has a sign, or a list where repetitions have one. Among tags stand values, and lists whose rows begin with a value that is always there. What has an order is read in it, so a condition looks at what stands before.",
        chinese: "此处不能放这种字段：行中放行，位置中放值、组或重复，标签中放值。",
        bad: r#"delimited hl7 {
  lines   named, ended "\r"
  levels  "|"
}

call ask {
  request "1001" {
    text  delimited hl7 {
      PID  line {
        name  group {
          family  text ..20 chars  = "x"
        }
      }
    }
  }
}
"#,
        good: r#"delimited hl7 {
  lines   named, ended "\r"
  levels  "|" "^"
}

call ask {
  request "1001" {
    text  delimited hl7 {
      PID  line {
        name  group {
          family  text ..20 chars  = "x"
        }
      }
    }
  }
}
"#,
    },
    Page {
        code: Code(448),
        title: "a place has no number of its own",
        text: "The places of a line, and the parts of a place, have numbers from 1. A field without `at` stands behind the one before it. In the line that shows the signs, these take the places 1 and 2.",
        chinese: "位置号须递增，从 1 起；声明分隔符的行从 3 起。",
        bad: r#"delimited hl7 {
  lines   named, ended "\r"
  levels  "|" "^"
}

call ask {
  request "1001" {
    text  delimited hl7 {
      PID  line {
        name   text ..20 chars at "5"  = "x"
        birth  date "yyyyMMdd" at "4"  = exchange.date
      }
    }
  }
}
"#,
        good: r#"delimited hl7 {
  lines   named, ended "\r"
  levels  "|" "^"
}

call ask {
  request "1001" {
    text  delimited hl7 {
      PID  line {
        name   text ..20 chars at "5"  = "x"
        birth  date "yyyyMMdd" at "7"  = exchange.date
      }
    }
  }
}
"#,
    },
    Page {
        code: Code(449),
        title: "groups that cannot be told apart",
        text: "The items of `several` are named groups, written in the order of the text and read in any. An item is known by texts that are always the same in it: the same field of two groups is bound to different constants. It stands where a place has items: in JSON, XML, and between the signs of a `delimited` item.",
        chinese: "several 中的组须以常量区分。",
        bad: r#"call ask {
  request "1001" {
    doc  json {
      parts  several {
        one  group {
          name  text ..9 chars  = exchange.serial
        }
        two  group {
          name  text ..9 chars  = exchange.branch
        }
      }
    }
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    doc  json {
      parts  several {
        one  group {
          kind  text ..9 chars   = "serial"
          name  text ..30 chars  = exchange.serial
        }
        two  group {
          kind  text ..9 chars   = "branch"
          name  text ..30 chars  = exchange.branch
        }
      }
    }
  }
}
"#,
    },
    Page {
        code: Code(450),
        title: "signs of ASCII among texts of EBCDIC",
        text: "The signs of `delimited`, `json`, `xml` and `form`, and an `ending`, are written in ASCII and found octet by octet. In an EBCDIC charset (cp037 cp500 cp1047 cp935 cp1388) a letter, or half a character between shift-out and shift-in, may be that octet. Such a format has a charset of its own that holds ASCII; such a text is coded further, as `hex`; records of EBCDIC are `fixed`. Signs that are control characters (line ends, tabulators) are told from every letter.",
        chinese: "ASCII 分隔符不能与 EBCDIC 文本混用。",
        bad: r#"call ask {
  request "1001" {
    doc  json coded cp935 {
      name  text ..9 chars  = "x"
    }
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    doc   json {
      name  text ..9 chars coded cp935, hex  = "x"
    }
    name  text 20 bytes coded cp935  = "中国"
  }
}
"#,
    },
];
