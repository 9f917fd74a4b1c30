//! The codec machine over small adapters, each of one format: both ways, strictness, seals, and octets of chance.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first thing that is wrong")]

#[path = "codec/files.rs"]
mod files;
#[path = "codec/iso8583.rs"]
mod iso8583;
#[path = "codec/world.rs"]
mod world;

use adapters::codec::FaultKind;
use adapters::seal::KeyKind;
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::program::{Compiled, Part};
use proptest::prelude::*;
use world::{World, compile, message, read, slot, write};

fn party(body: &str) -> String {
    format!(
        "party party \"P\" {{\n  charset gbk\n  day cut_over 23:30\n  serial counter(12)\n  discloses account_no, person_name\n}}\n\
         key mak tdes 16 bytes \"k\"\n\
         link line tcp connect \"l\" {{\n  carries main\n  frame length 4 digits\n  hold none\n  timeout connect 3s, answer 10s\n}}\n{body}"
    )
}

fn fixed() -> Compiled {
    compile(&party(
        r#"packet main {
  head fixed {
    code    digits 4     = message.code
    kind    digits 2
    name    text 10 bytes
    amount  money 12 digits fen
    day     date "yyyyMMdd" absent as zero
  }
  body fixed { message fields }
  mac  text 16 bytes = hex_upper(mac(x9_19, key.mak, raw(head) + raw(body)))
}
call query "Q" {
  request "2001" {
    count  number 2 digits = count(rows)
    rows   list ..5 {
      month  month "yyyyMM"
      due    money 8 digits fen
    }
  }
  reply "2002"
}
"#,
    ))
}

fn world(compiled: &Compiled) -> World {
    let mut world = World::new(compiled);
    world.keys.push((KeyKind::Tdes, (1..=16).collect()));
    world
}

const FIXED: &[u8] =
    b"200101\xd5\xc5\xc8\xfd      000000012345000000000220260100000100202602000002009AA7B5A1BD3A1F0C";

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
    let front = FIXED.len() - 16;
    assert_eq!(octets[..front], FIXED[..front], "{}", String::from_utf8_lossy(&octets));
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

/// A small message of a format: adapter, what stands on the wire, and paths with their texts.
struct Case {
    body: &'static str,
    octets: &'static [u8],
}

const CASES: &[(&str, Case)] = &[
    (
        "json",
        Case {
            body: r#"packet main {
  content  json coded utf8 {
    code   digits 4 = message.code
    body   group { message fields }
  }
}
call query "Q" {
  request "2001" {
    name   text ..20 chars
    total  number ..9999
    note   text ..20 chars optional
    rows   list ..5 { id digits 3
      due money ..8 digits yuan }
  }
  reply "2002"
}
"#,
            octets: "{\"code\":\"2001\",\"body\":{\"name\":\"张\\\"三\",\"total\":12,\"rows\":[{\"id\":\"001\",\"due\":1.50},{\"id\":\"002\",\"due\":2.00}]}}"
                .as_bytes(),
        },
    ),
    (
        "xml",
        Case {
            body: r#"packet main {
  content  xml coded gbk {
    root  group at "message" {
      code   digits 4 = message.code
      message fields
    }
  }
}
call query "Q" {
  request "2001" {
    name   text ..20 chars
    rows   list ..5 { id digits 3
      due money ..8 digits yuan }
  }
  reply "2002"
}
"#,
            octets: b"<message><code>2001</code><name>\xd5\xc5&lt;\xc8\xfd</name><rows><id>001</id><due>1.50</due></rows><rows><id>002</id><due>2.00</due></rows></message>",
        },
    ),
    (
        "xml fields",
        Case {
            body: r#"xml fields {
  start   `<?xml version="1.0" encoding="GBK"?>`
  value   `<field name="{name}">{value}</field>`
  list    `<field-list name="{name}">{items}</field-list>`
  item    `<field-list name="{index}">{fields}</field-list>`
}
packet main {
  content  xml fields coded gbk {
    root  group at "message" {
      code   digits 4 = message.code
      message fields
    }
  }
}
call query "Q" {
  request "2001" {
    name   text ..20 chars
    rows   list ..5 { id digits 3
      due money ..8 digits yuan }
  }
  reply "2002"
}
"#,
            octets: b"<?xml version=\"1.0\" encoding=\"GBK\"?><message><field name=\"code\">2001</field><field name=\"name\">\xd5\xc5</field><field-list name=\"rows\"><field-list name=\"0\"><field name=\"id\">001</field><field name=\"due\">1.50</field></field-list><field-list name=\"1\"><field name=\"id\">002</field><field name=\"due\">2.00</field></field-list></field-list></message>",
        },
    ),
    (
        "xml attributes",
        Case {
            body: r#"coding datum = gbk, base64
xml document {
  values  in attributes
  text    coded datum
}
packet main {
  content  xml document coded gbk, base64 {
    root  group at "list" {
      code   digits 4 = message.code
      message fields
    }
  }
}
call query "Q" {
  request "2001" {
    name   text ..20 chars
    kk     list ..5 { id digits 3
      due money ..8 digits yuan }
  }
  reply "2002"
}
"#,
            octets: b"PGxpc3QgY29kZT0iTWpBd01RPT0iIG5hbWU9IjFjWEkvUT09Ij48a2sgaWQ9Ik1EQXgiIGR1ZT0iTVM0MU1BPT0iPjwva2s+PC9saXN0Pg==",
        },
    ),
    (
        "delimited",
        Case {
            body: r#"packet main {
  content  delimited "|" trailing coded gbk {
    code   digits 4 = message.code
    message fields
  }
}
call query "Q" {
  request "2001" {
    name   text ..20 bytes
    note   text ..20 bytes absent as empty
    total  number ..9999
  }
  reply "2002"
}
"#,
            octets: b"2001|\x8d|\xd5\xc5||12|",
        },
    ),
    (
        "form",
        Case {
            body: r#"packet main {
  content  form coded utf8 {
    code   digits 4 = message.code
    message fields
  }
}
call query "Q" {
  request "2001" {
    name   text ..20 chars
    total  number ..9999
  }
  reply "2002"
}
"#,
            octets: b"code=2001&name=%E5%BC%A0%26&total=12",
        },
    ),
    (
        "tlv",
        Case {
            body: r#"packet main {
  content  tlv ber {
    code   digits 4 tag "9F01" = message.code
    message fields
  }
}
call query "Q" {
  request "2001" {
    name   text ..20 bytes tag "5A"
    total  bytes ..6 tag "9F02"
  }
  reply "2002"
}
"#,
            octets: b"\x9f\x01\x042001\x5a\x04\xd5\xc5\xc8\xfd\x9f\x02\x02\x00\xff",
        },
    ),
    (
        "binary",
        Case {
            body: r#"packet main {
  front binary {
    code   digits 4 = message.code
    length number 4 bytes big_endian = length(body)
    small  number 2 bytes little_endian
  }
  body fixed { message fields }
}
call query "Q" {
  request "2001" {
    amount  number 3 bytes packed signed
    name    text 6 bytes
  }
  reply "2002"
}
"#,
            octets: b"2001\x00\x00\x00\x09\x02\x01\x12\x34\x5dabc   ",
        },
    ),
];

#[test]
fn every_format_is_read_and_written_again() {
    for (name, case) in CASES {
        let compiled = compile(&party(case.body));
        let programs = message(&compiled, 0);
        let mut world = world(&compiled);
        let record = read(programs, case.octets, &mut world, false)
            .unwrap_or_else(|fault| panic!("{name}: {fault:?} {:?}", programs.1.read.get(fault.op as usize)));
        let octets = write(programs, record, &mut world, false)
            .unwrap_or_else(|fault| panic!("{name}: {fault:?} {:?}", programs.1.write.get(fault.op as usize)))
            .take(Part::Content);
        assert_eq!(String::from_utf8_lossy(&octets), String::from_utf8_lossy(case.octets), "{name}");
        assert_eq!(octets, case.octets, "{name}");
        // A form whose last value is shorter is a form too.
        let shorter = if *name == "form" { 0 } else { case.octets.len() };
        for length in 0..shorter {
            assert!(
                read(programs, &case.octets[..length], &mut world, false).is_err(),
                "{name} cut at {length}"
            );
        }
    }
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
        let case = &CASES.iter().find(|(known, _)| *known == name).unwrap().1;
        let compiled = compile(&party(case.body));
        let found = read(message(&compiled, 0), octets, &mut world(&compiled), false).unwrap_err();
        assert_eq!(found.kind, kind, "{name} {}", String::from_utf8_lossy(octets));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn octets_of_chance_never_panic(octets in proptest::collection::vec(any::<u8>(), 0..80), place in 0_usize..64, with in any::<u8>()) {
        thread_local! {
            static COMPILED: Vec<Compiled> = CASES.iter().map(|(_, case)| compile(&party(case.body))).collect();
        }
        COMPILED.with(|all| {
            for (compiled, (_, case)) in all.iter().zip(CASES) {
                let _ = read(message(compiled, 0), &octets, &mut world(compiled), false);
                let mut changed = case.octets.to_vec();
                let at = place % changed.len();
                changed[at] = with;
                let _ = read(message(compiled, 0), &changed, &mut world(compiled), false);
            }
        });
    }
}
