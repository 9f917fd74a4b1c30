//! The codec machine over small adapters, each of one format: both ways, strictness, seals.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first thing that is wrong")]

#[path = "codec/check_values.rs"]
mod check_values;
#[path = "codec/ebcdic.rs"]
mod ebcdic;
#[path = "codec/files.rs"]
mod files;
#[path = "codec/formats.rs"]
mod formats;
#[path = "codec/fuzz.rs"]
mod fuzz;
#[path = "codec/iso8583.rs"]
mod iso8583;
#[path = "codec/numbers.rs"]
mod numbers;
#[path = "codec/rotated.rs"]
mod rotated;
#[path = "codec/segments.rs"]
mod segments;
#[path = "codec/strides.rs"]
mod strides;
#[path = "codec/texts.rs"]
mod texts;
#[path = "codec/usual.rs"]
mod usual;
#[path = "codec/world.rs"]
mod world;

use adapters::codec::{FaultKind, FileReader};
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::program::{Compiled, Part};
use formats::{Format, format, formats, world};
use world::{message, read, slot, write};

fn fixed() -> Compiled {
    format("fixed").compiled
}

fn fixed_record(compiled: &Compiled) -> Record {
    let (_, form) = message(compiled, 0);
    let mut record = Record::new(form.slots);
    let mut set = |path: &str, value: Value<'_>| record.set(slot(form, path), &value).unwrap();
    set("head.kind", Value::text("01"));
    set("head.name", Value::text("张三"));
    set("head.amount", Value::Decimal("123.45".parse().unwrap()));
    set("head.day", Value::Absent);
    let list = slot(form, "body.rows");
    record.begin_list(list, form.lists[0].stride, 0).unwrap();
    for (month, due) in [(1, "1.00"), (2, "2.00")] {
        let base = record.append_row(list, 5).unwrap();
        let day = dsl::value::Date::new(2026, month, 1).unwrap();
        record.set(base, &Value::Date(day)).unwrap();
        record.set(base + 1, &Value::Decimal(due.parse().unwrap())).unwrap();
    }
    record
}

#[test]
fn fixed_with_a_seal_and_a_list_goes_both_ways() {
    let compiled = fixed();
    let programs = message(&compiled, 0);
    let mut world = world(&compiled);
    let octets = write(programs, fixed_record(&compiled), &mut world, false).unwrap().take(Part::Content);
    let stopped = write(programs, fixed_record(&compiled), &mut world, true).unwrap().take(Part::Content);
    assert_eq!(octets, stopped, "seals that stop give the same octets");
    let whole = format("fixed").whole;
    let front = whole.len() - 16;
    assert_eq!(octets[..front], whole[..front], "{}", String::from_utf8_lossy(&octets));
    for stops in [false, true] {
        let record = read(programs, &octets, &mut world, stops).unwrap();
        let value = |path: &str| record.value(slot(programs.1, path)).unwrap().into_owned();
        assert_eq!(value("head.name"), Value::text("张三"));
        assert_eq!(value("head.amount"), Value::Decimal("123.45".parse().unwrap()));
        assert_eq!(value("head.day"), Value::Absent);
        let rows = record.rows(slot(programs.1, "body.rows")).unwrap();
        assert_eq!(rows.count, 2);
        assert_eq!(record.value(rows.base(1).unwrap() + 1).unwrap(), Value::Decimal("2.00".parse().unwrap()));
        let again = write(programs, record.clone(), &mut world, false).unwrap().take(Part::Content);
        assert_eq!(again, octets);
    }
}

#[test]
fn a_damaged_fixed_message_is_refused_at_every_octet() {
    let compiled = fixed();
    let programs = message(&compiled, 0);
    let mut world = world(&compiled);
    let octets = write(programs, fixed_record(&compiled), &mut world, false).unwrap().take(Part::Content);
    for length in 0..octets.len() {
        assert!(read(programs, &octets[..length], &mut world, false).is_err(), "cut at {length}");
    }
    let mut longer = octets.clone();
    longer.push(b' ');
    assert!(read(programs, &longer, &mut world, false).is_err());
    for place in 0..octets.len() {
        let mut changed = octets.clone();
        changed[place] ^= 1;
        assert!(read(programs, &changed, &mut world, false).is_err(), "changed at {place}");
    }
}

#[test]
fn a_reply_with_another_seal_has_a_bad_seal() {
    let compiled = fixed();
    let programs = message(&compiled, 1);
    let mut world = world(&compiled);
    let mut record = Record::new(programs.1.slots);
    for (path, value) in [("head.kind", "01"), ("head.name", "x")] {
        record.set(slot(programs.1, path), &Value::text(value)).unwrap();
    }
    record.set(slot(programs.1, "head.amount"), &Value::Decimal("1.00".parse().unwrap())).unwrap();
    let mut octets = write(programs, record, &mut world, false).unwrap().take(Part::Content);
    read(programs, &octets, &mut world, false).unwrap();
    let last = octets.len() - 1;
    octets[last] = if octets[last] == b'0' { b'1' } else { b'0' };
    assert_eq!(read(programs, &octets, &mut world, false).unwrap_err().kind, FaultKind::BadSeal);
}

#[test]
fn a_number_has_its_fewest_figures() {
    let compiled = world::compile(&formats::party(
        "packet main {\n  content  delimited \"|\" coded gbk {\n    code  digits 4 = message.code\n    message fields\n  \
         }\n}\ncall query \"Q\" {\n  request \"2001\" {\n    number  number 4..8 digits\n    amount  money 3..15 digits \
         fen\n  }\n  reply \"2002\"\n}\n",
    ));
    let programs = message(&compiled, 0);
    let mut world = world(&compiled);
    for (number, amount, octets) in
        [(1, "0.00", "2001|0001|000"), (12345, "0.10", "2001|12345|010"), (9999, "12.34", "2001|9999|1234")]
    {
        let mut record = Record::new(programs.1.slots);
        record.set(slot(programs.1, "content.number"), &Value::Number(number)).unwrap();
        record.set(slot(programs.1, "content.amount"), &Value::Decimal(amount.parse().unwrap())).unwrap();
        let sent = write(programs, record, &mut world, false).unwrap().take(Part::Content);
        assert_eq!(String::from_utf8_lossy(&sent), octets);
        let again = read(programs, &sent, &mut world, false).unwrap();
        assert_eq!(again.value(slot(programs.1, "content.number")).unwrap(), Value::Number(number));
    }
}

/// Whether its messages are files that go by in lines.
fn of_lines(format: &Format) -> bool {
    FileReader::new(message(&format.compiled, 0).0, message(&format.compiled, 0).1).is_some()
}

#[test]
fn every_format_is_read_and_written_again() {
    for format in formats().into_iter().filter(|format| !of_lines(format)) {
        let (name, whole) = (&format.name, &format.whole[..]);
        let programs = message(&format.compiled, 0);
        let mut world = world(&format.compiled);
        let record = read(programs, whole, &mut world, false)
            .unwrap_or_else(|fault| panic!("{name}: {fault:?} {:?}", programs.1.read.get(fault.op as usize)));
        let octets = write(programs, record, &mut world, false)
            .unwrap_or_else(|fault| panic!("{name}: {fault:?} {:?}", programs.1.write.get(fault.op as usize)))
            .take(Part::Content);
        // Another packer packs otherwise.
        if name != "zip" {
            assert_eq!(String::from_utf8_lossy(&octets), String::from_utf8_lossy(whole), "{name}");
            assert_eq!(octets, whole, "{name}");
        }
        // A form whose last value is shorter is a form too.
        let shorter = if name == "form" { 0 } else { whole.len() };
        for length in 0..shorter {
            assert!(read(programs, &whole[..length], &mut world, false).is_err(), "{name} cut at {length}");
        }
    }
}

/// The octets kept were packed by Info-ZIP, under the password.
#[test]
fn a_zip_under_a_password_is_read_and_written() {
    let compiled = world::compile(&formats::party(
        r#"packet main {
  message fields
}

call ask over line {
  request {
    data  zip password "open sesame" {
      form    entry "SS*.xml" xml {
        form  group {
          code  text ..9 chars
        }
      }
      papers  list ..9 at "LI*" {
        name     text ..30 chars
        content  bytes ..1 KB
      }
    }
  }
}
"#,
    ));
    let whole = include_bytes!("vectors/info-zip-sealed.zip");
    let programs = message(&compiled, 0);
    let mut world = world(&compiled);
    let record = read(programs, whole, &mut world, false).unwrap();
    let papers = |record: &Record| {
        let rows = record.rows(slot(programs.1, "data.papers")).unwrap();
        (0..rows.count)
            .map(|row| record.value(rows.base(row).unwrap()).unwrap().into_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(papers(&record), [Value::text("LI25a.jpg"), Value::text("LI26中.pdf")]);
    let octets = write(programs, record.clone(), &mut world, false).unwrap().take(Part::Content);
    let again = write(programs, record.clone(), &mut world, false).unwrap().take(Part::Content);
    assert_eq!(octets, again, "equal entries give equal octets");
    assert!(!octets.windows(3).any(|part| part == b"one"), "nothing stands there in the clear");
    assert_eq!(papers(&read(programs, &octets, &mut world, false).unwrap()), papers(&record));
    let plain = format("zip").whole;
    let fault = read(programs, &plain, &mut world, false).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Container, "entries under no password are not what was agreed");
}

#[test]
fn doubles_and_unknown_names_are_refused() {
    for (name, octets, kind) in [
        ("json", &b"{\"code\":\"2001\",\"code\":\"2001\"}"[..], FaultKind::Duplicate),
        (
            "json",
            b"{\"code\":\"2001\",\"body\":{\"name\":\"a\",\"total\":1,\"rows\":[]},\"more\":1}",
            FaultKind::UnknownName,
        ),
        ("xml", b"<message><code>2001</code><name>a</name><name>a</name></message>", FaultKind::Duplicate),
        ("xml", b"<message><code>2001</code><name>a</name><more/></message>", FaultKind::UnknownName),
        ("xml", b"<!DOCTYPE a><message/>", FaultKind::Forbidden),
        ("xml", b"<message><code>2001</code><name>&evil;</name></message>", FaultKind::Forbidden),
        ("form", b"code=2001&name=a&total=1&name=b", FaultKind::Duplicate),
        ("form", b"code=2001&name=a&total=1&more=b", FaultKind::UnknownName),
        ("xml", b"<message><code>2001</code><name>\xff\xff</name></message>", FaultKind::Character),
    ] {
        let compiled = format(name).compiled;
        let found = read(message(&compiled, 0), octets, &mut world(&compiled), false).unwrap_err();
        assert_eq!(found.kind, kind, "{name} {}", String::from_utf8_lossy(octets));
    }
}

#[test]
fn a_document_in_a_list_that_cannot_be_read_harms_none_of_the_others() {
    let format = format("xml-documents-unreadable");
    let programs = message(&format.compiled, 0);
    let mut world = world(&format.compiled);
    let text = String::from_utf8(format.whole).unwrap();
    let second = text.rfind("<Orders>").unwrap();
    // <Number>B</Number><Amount>x</Amount>; no base64; a document that ends too early.
    for (broken, number) in [
        ("PE51bWJlcj5CPC9OdW1iZXI+PEFtb3VudD54PC9BbW91bnQ+", Some("B")),
        ("????", None),
        ("PE51bWJlcj5CPC9OdW1iZXI+PEFtb3Vu", None),
    ] {
        let octets = format!("{}<Orders>{broken}</Orders>{}", &text[..second], &text[second..]);
        let record = read(programs, octets.as_bytes(), &mut world, false).unwrap();
        let list = slot(programs.1, "content.Root.Orders");
        let rows = record.rows(list).unwrap();
        let value =
            |row: u32, place: usize| record.value(rows.base(row).unwrap() + place).unwrap().into_owned();
        assert_eq!(rows.count, 3);
        assert_eq!(value(0, 0), Value::text("A1"));
        assert_eq!(value(1, 0), number.map_or(Value::Absent, Value::text));
        assert_eq!(value(1, 1), Value::Absent);
        assert_eq!(value(2, 1), Value::Decimal("2.00".parse().unwrap()));
        assert_eq!([0, 1, 2].map(|row| record.is_whole(list, row)), [true, false, true]);
    }
}

#[test]
fn a_flag_of_chinese_texts_is_as_wide_as_they_stand_in_gbk() {
    let packet =
        "packet main {\n  content  fixed {\n    code  digits 4 = message.code\n    message fields\n  }\n}\n";
    let call =
        "call ask {\n  request \"2001\" {\n    yes   flag \"是\" \"不是\"\n    next  text 1 bytes\n  }\n}\n";
    let compiled = world::compile(&formats::party(&format!("{packet}{call}")));
    let programs = message(&compiled, 0);
    for (yes, octets) in [(true, &b"2001\xCA\xC7  A"[..]), (false, b"2001\xB2\xBB\xCA\xC7A")] {
        let record = read(programs, octets, &mut world(&compiled), false).unwrap();
        assert_eq!(record.value(slot(programs.1, "content.yes")).unwrap(), Value::Flag(yes));
        let mut written = write(programs, record, &mut world(&compiled), false).unwrap();
        assert_eq!(written.take(Part::Content), octets);
    }
}

#[test]
fn what_stands_behind_a_list_is_found_when_its_last_row_cannot_be_read() {
    let compiled = world::compile(
        r#"
party party {
  charset utf8
  serial  counter(12)
}
link line https connect {
  carries main
  post    "/"
  timeout connect 3s, answer 3s
}
packet main {
  content json {
    code  text 4 chars = message.code
    message fields
  }
}
call ask {
  request "2001" {
    rows  list ..9 tolerate unreadable {
      inner  group {
        number  text ..9 chars
        amount  money ..9 digits yuan
      }
    }
    behind  group {
      number  text ..9 chars
    }
    amount  money ..9 digits yuan
  }
}
"#,
    );
    let programs = message(&compiled, 0);
    let whole = br#"{"code":"2001","rows":[{"inner":{"number":"A","amount":1.00}},{"inner":{"number":"B","amount":"x"}}],"behind":{"number":"C"},"amount":3.00}"#;
    let record = read(programs, whole, &mut world(&compiled), false).unwrap();
    let value = |path: &str| record.value(slot(programs.1, path)).unwrap().into_owned();
    assert_eq!(value("content.behind.number"), Value::text("C"));
    assert_eq!(value("content.amount"), Value::Decimal("3.00".parse().unwrap()));
    let list = slot(programs.1, "content.rows");
    assert_eq!([0, 1].map(|row| record.is_whole(list, row)), [true, false]);
}

#[test]
fn what_is_drawn_is_worked_with_and_a_ciphered_text_is_covered_by_its_letters() {
    let text = r#"
party party {
  charset utf8
  serial  counter(12)
}
link line https connect {
  carries sealed
  post    "/"
  timeout connect 3s, answer 3s
}
key content sm4 16 bytes
coding body = utf8, encrypt(sm4_cbc_pkcs7, key.content, drawn), base64
packet sealed {
  content json {
    code    text 4 chars   = message.code
    number  text 32 chars  = hex_upper(drawn)
    way     code way       = counter
    body    json coded body { message fields }
    digest  text 64 chars  = hex(digest(sm3, covered))
  }
  fresh drawn bytes 16
  let covered = join_pairs("=", "&", sorted(pairs(content except digest, empty)))
}
codes way text 1 chars {
  "1"    counter
  "2"    counter
  other  refuse bad_message
}
call ask { request "2001" { name text ..9 chars = "x" } }
"#;
    let compiled = world::compile(text);
    let programs = message(&compiled, 0);
    let mut world = world(&compiled);
    world.keys = vec![(adapters::seal::KeyKind::Sm4, vec![1; 16])];
    let octets =
        write(programs, Record::new(programs.1.slots), &mut world, false).unwrap().take(Part::Content);
    let sent = String::from_utf8(octets.clone()).unwrap();
    let of = |name: &str| {
        let rest = sent.split_once(&format!("\"{name}\":\"")).unwrap().1;
        rest.split_once('"').unwrap().0.to_owned()
    };
    assert_eq!(of("number"), "07".repeat(16), "what was drawn stands in its field");
    let digest = |way: &str| {
        let covered = format!("body={}&code=2001&number={}&way={way}", of("body"), of("number"));
        let digest = adapters::seal::digest(adapters::seal::Digest::Sm3, covered.as_bytes());
        digest.iter().map(|octet| format!("{octet:02x}")).collect::<String>()
    };
    assert_eq!(of("digest"), digest("1"), "{sent}");
    let record = read(programs, &octets, &mut world, false).unwrap();
    assert_eq!(record.value(slot(programs.1, "content.body.name")).unwrap(), Value::text("x"));
    let other = sent.replace(r#""way":"1""#, r#""way":"2""#).replace(&of("digest"), &digest("2"));
    read(programs, other.as_bytes(), &mut world, false).expect("a code is covered as it stands there");
}
