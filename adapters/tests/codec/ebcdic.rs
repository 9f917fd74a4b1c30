//! Records of EBCDIC with Chinese in them, both ways: shifts, filling, figures, codes, lengths.
//!
//! In: values, octets written down here. Out: octets and values compared, and the faults of what is no text.

use adapters::codec::FaultKind;
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::program::{Compiled, Part};
use dsl::value::{Date, Decimal, Outcome};

use crate::world::{self, World, message, read, slot, write};

fn compiled(fields: &str) -> Compiled {
    world::compile(&format!(
        "party party \"P\" {{\n  charset cp935\n  serial counter(12)\n}}\ncodes kind text 2 bytes {{\n  \"K1\"  done\n  \"K2\"  \
         refused never_seen\n  \"..\"  unknown\n  other unknown\n}}\npacket main {{\n  content  fixed {{\n    code  digits 4 = message.code\n    message fields\n  }}\n}}\ncall query \"Q\" \
         {{\n  request \"2001\" {{\n{fields}  }}\n  reply \"2002\"\n}}\nlink line tcp connect \"l\" {{\n  carries main\n  frame length 8 digits\n  hold none\n  timeout connect 3s, \
         answer 10s\n}}\n"
    ))
}

/// What is written of these values.
fn written(compiled: &Compiled, values: &[(&str, Value<'_>)]) -> Result<Vec<u8>, FaultKind> {
    let programs = message(compiled, 0);
    let mut record = Record::new(programs.1.slots);
    for (name, value) in values {
        record.set(slot(programs.1, &format!("content.{name}")), value).unwrap();
    }
    let sent = write(programs, record, &mut World::new(compiled), false);
    sent.map(|mut written| written.take(Part::Content).to_vec()).map_err(|fault| fault.kind)
}

/// The fields, there and back: these octets behind the code are these values.
fn both_ways(fields: &str, values: &[(&str, Value<'_>)], octets: &[u8]) {
    let compiled = compiled(fields);
    let whole = [&b"\xF2\xF0\xF0\xF1"[..], octets].concat();
    assert_eq!(written(&compiled, values).unwrap(), whole, "{fields} {:02X?}", written(&compiled, values));
    let programs = message(&compiled, 0);
    let again = read(programs, &whole, &mut World::new(&compiled), false).unwrap();
    for (name, value) in values {
        assert_eq!(
            again.value(slot(programs.1, &format!("content.{name}"))).unwrap(),
            *value,
            "{fields} {name}"
        );
    }
}

fn fault(fields: &str, octets: &[u8]) -> FaultKind {
    let compiled = compiled(fields);
    let whole = [&b"\xF2\xF0\xF0\xF1"[..], octets].concat();
    match read(message(&compiled, 0), &whole, &mut World::new(&compiled), false) {
        Ok(_) => panic!("{fields} is read of {octets:02X?}"),
        Err(fault) => fault.kind,
    }
}

fn text(text: &str) -> Value<'_> {
    Value::text(text)
}

#[test]
fn a_text_of_fixed_width_is_filled_up_behind_its_shift_in() {
    let name = "    name  text 10 bytes\n";
    both_ways(name, &[("name", text("中国"))], b"\x0E\x5B\xCF\x4D\x9B\x0F\x40\x40\x40\x40");
    both_ways(name, &[("name", text("ABC"))], b"\xC1\xC2\xC3\x40\x40\x40\x40\x40\x40\x40");
    both_ways(name, &[("name", text("A中B国"))], b"\xC1\x0E\x5B\xCF\x0F\xC2\x0E\x4D\x9B\x0F");
    // A blank as wide as a Chinese character is no filling.
    both_ways(name, &[("name", text("中\u{3000}"))], b"\x0E\x5B\xCF\x40\x40\x0F\x40\x40\x40\x40");
    both_ways(
        "    name  text 6 bytes fill left \" \"\n",
        &[("name", text("中"))],
        b"\x40\x40\x0E\x5B\xCF\x0F",
    );
}

#[test]
fn a_text_fits_with_its_shifts_or_not_at_all() {
    let compiled = compiled("    name  text 6 bytes\n");
    assert!(written(&compiled, &[("name", text("中国"))]).is_ok());
    assert_eq!(written(&compiled, &[("name", text("A中国"))]), Err(FaultKind::TooLong));
    assert_eq!(written(&compiled, &[("name", text("中A国"))]), Err(FaultKind::TooLong));
    assert_eq!(written(&compiled, &[("name", text("€"))]), Err(FaultKind::Character));
}

#[test]
fn characters_are_counted_without_shifts() {
    let fields = "    name  text 4 chars\n    next  text 2 chars\n";
    let values = [("name", text("A中国")), ("next", text("中国"))];
    both_ways(fields, &values, b"\xC1\x0E\x5B\xCF\x4D\x9B\x0F\x40\x0E\x5B\xCF\x4D\x9B\x0F");
    let values = [("name", text("A中国中")), ("next", text("BC"))];
    both_ways(fields, &values, b"\xC1\x0E\x5B\xCF\x4D\x9B\x5B\xCF\x0F\xC2\xC3");
    assert_eq!(fault(fields, b"\xC1\x0E\x5B\xCF\x4D\x9B\x5B\xCF\x4D\x9B\x0F\xC2\xC3"), FaultKind::Truncated);
}

#[test]
fn a_flag_of_chinese_texts_is_as_wide_as_they_stand() {
    let fields = "    yes  flag \"中\" \"国中\"\n    next  text 1 bytes\n";
    let values = [("yes", Value::Flag(true)), ("next", text("A"))];
    both_ways(fields, &values, b"\x0E\x5B\xCF\x0F\x40\x40\xC1");
    let values = [("yes", Value::Flag(false)), ("next", text("A"))];
    both_ways(fields, &values, b"\x0E\x4D\x9B\x5B\xCF\x0F\xC1");
}

#[test]
fn figures_and_codes_are_those_of_ebcdic() {
    both_ways(
        "    number  digits 6\n    count  number 4 digits\n    sum  money 8 digits fen\n    day  date \"yyyyMMdd\"\n    yes  flag \"Y\" \"N\"\n    back  number 5 bytes zoned signed\n    packed  number 3 bytes packed\n",
        &[
            ("number", text("001234")),
            ("count", Value::Number(12)),
            ("sum", Value::Decimal(Decimal::new(123, 2))),
            ("day", Value::Date(Date::constant(2026, 11, 29))),
            ("yes", Value::Flag(true)),
            ("back", Value::Number(-17)),
            ("packed", Value::Number(12_345)),
        ],
        b"\xF0\xF0\xF1\xF2\xF3\xF4\xF0\xF0\xF1\xF2\xF0\xF0\xF0\xF0\xF0\xF1\xF2\xF3\xF2\xF0\xF2\xF6\xF1\xF1\xF2\xF9\xE8\xF0\xF0\xF0\xF1\xD7\x12\x34\x5F",
    );
    // Figures of ASCII are none, and Chinese is none.
    assert_eq!(fault("    number  digits 6\n", b"001234"), FaultKind::NotOfForm);
    assert_eq!(fault("    number  digits 4\n", b"\x0E\x5B\xCF\x0F"), FaultKind::NotOfForm);
}

#[test]
fn codes_are_known_in_ebcdic() {
    let field = "    kind  code kind\n";
    both_ways(field, &[("kind", Value::Outcome(Outcome::Done(None)))], b"\xD2\xF1");
    both_ways(field, &[("kind", Value::Outcome(Outcome::Unknown))], b"\x4B\x4B");
    assert_eq!(fault(field, b"\xD2\x41"), FaultKind::Character);
}

#[test]
fn what_is_coded_otherwise_keeps_its_charset() {
    // One charset around, another in a field, and a coding that makes ASCII of it.
    let fields = "    one    text 6 bytes coded gbk\n    two    digits 4 coded cp037\n    three  text ..12 bytes prefix 2 digits coded cp1388, hex\n    last   text 4 bytes\n";
    let values = [("one", text("中国")), ("two", text("0123")), ("three", text("中")), ("last", text("中"))];
    both_ways(fields, &values, b"\xD6\xD0\xB9\xFA  \xF0\xF1\xF2\xF3\xF0\xF80e5bcf0f\x0E\x5B\xCF\x0F");
}

#[test]
fn a_length_in_front_counts_the_shifts_and_stands_in_figures_of_ebcdic() {
    let fields = "    note  text ..20 bytes prefix 2 digits\n    last  text 1 bytes\n";
    both_ways(
        fields,
        &[("note", text("中国")), ("last", text("Z"))],
        b"\xF0\xF6\x0E\x5B\xCF\x4D\x9B\x0F\xE9",
    );
    both_ways(fields, &[("note", text("")), ("last", text("Z"))], b"\xF0\xF0\xE9");
    assert_eq!(fault(fields, b"06\x0E\x5B\xCF\x4D\x9B\x0F\xE9"), FaultKind::NotOfForm);
    // A text may be no longer than it is said, in octets of the wire.
    let short = compiled("    note  text ..6 bytes prefix 2 digits\n    last  text 1 bytes\n");
    assert_eq!(written(&short, &[("note", text("中国中")), ("last", text("Z"))]), Err(FaultKind::TooLong));
    let short = "    note  text ..7 bytes prefix 2 digits\n    last  text 1 bytes\n";
    both_ways(
        short,
        &[("note", text("A中国")), ("last", text("Z"))],
        b"\xF0\xF7\xC1\x0E\x5B\xCF\x4D\x9B\x0F\xE9",
    );
}

#[test]
fn a_missing_value_is_blank_in_ebcdic() {
    let fields = "    day   date \"yyyyMMdd\" absent as zero or blank\n    note  text 4 bytes absent as blank\n    mark  text 8 bytes absent as \"无\"\n";
    let octets = b"\xF0\xF0\xF0\xF0\xF0\xF0\xF0\xF0\x40\x40\x40\x40\x0E\x57\xDD\x0F\x40\x40\x40\x40";
    both_ways(fields, &[("day", Value::Absent), ("note", Value::Absent), ("mark", Value::Absent)], octets);
    // One that is counted in characters is as many blanks.
    let fields = "    mark  text 3 chars absent as blank\n    none  text 3 chars absent as \"无\"\n    last  text 1 bytes\n";
    let values = [("mark", Value::Absent), ("none", Value::Absent), ("last", text("Z"))];
    both_ways(fields, &values, b"\x40\x40\x40\x0E\x57\xDD\x0F\x40\x40\xE9");
    // A point of EBCDIC is a `K` of ASCII: a value, not what stands for a missing one.
    both_ways("    mark  text 1 bytes absent as \"K\"\n", &[("mark", text("."))], b"\x4B");
}

#[test]
fn what_the_charset_lacks_is_replaced_within_one_run() {
    let compiled = compiled("    name  text 12 bytes unmapped \"〓\"\n");
    let sent = written(&compiled, &[("name", text("中€国"))]).unwrap();
    assert_eq!(sent[4..], *b"\x0E\x5B\xCF\x44\x7D\x4D\x9B\x0F\x40\x40\x40\x40");
}

#[test]
fn shifts_that_are_no_text_are_faults() {
    let name = "    name  text 8 bytes\n";
    for octets in [
        // A run that is empty, without an end, begun twice, ended twice; two that touch; half a character at the end of the field.
        b"\xC1\x0E\x0F\x40\x40\x40\x40\x40",
        b"\x0E\x5B\xCF\x4D\x9B\x5B\xCF\x40",
        b"\x0E\x0E\x5B\xCF\x0F\x40\x40\x40",
        b"\x0E\x5B\xCF\x0F\x0F\x40\x40\x40",
        b"\x0E\x5B\xCF\x0F\x0E\x4D\x9B\x0F",
        b"\x0E\x5B\xCF\x4D\x9B\x5B\x0F\x40",
        b"\x41\xC1\x40\x40\x40\x40\x40\x40",
    ] {
        assert_eq!(fault(name, octets), FaultKind::Character, "{octets:02X?}");
    }
}
