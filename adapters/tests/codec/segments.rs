//! Segment texts and tag=value texts: what is strict in them, where a fault stands, and that any value comes back.
//!
//! In: the adapters of `corpus/segments` and `corpus/tagged`, and small ones of their own. Out: octets and faults compared.

use adapters::codec::FaultKind;
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::program::{Compiled, Part};
use proptest::prelude::*;

use crate::formats::{self, format, world};
use crate::world::{self, message, read, slot, write};

const SIGNS: &str = "delimited segments {\n  lines     named, ended \"\\r\"\n  levels    \"|\" \"^\" \"&\"\n  repeat    \"~\"\n  \
                     escape    \"\\\\\" to \"\\\\\" { \"F\" \"|\", \"S\" \"^\", \"T\" \"&\", \"R\" \"~\", \"E\" \"\\\\\", \"X\" hex }\n";

/// A packet in that form, with more clauses of the item.
fn compiled(clauses: &str, fields: &str) -> Compiled {
    world::compile(&formats::party(&format!(
        "{SIGNS}{clauses}}}\npacket main {{\n  content  delimited segments {{\n    HDR  line {{\n      code  text ..4 chars = \
         message.code\n    }}\n    message fields\n  }}\n}}\ncall query \"Q\" {{\n  request \"2001\" {{\n{fields}\n  }}\n  \
         reply \"2002\"\n}}\n"
    )))
}

fn fault(compiled: &Compiled, octets: &[u8]) -> (FaultKind, u32) {
    let found = read(message(compiled, 0), octets, &mut world(compiled), false).unwrap_err();
    (found.kind, found.at)
}

#[test]
fn what_is_no_segment_text_is_refused_where_it_stands() {
    let compiled = format("segments").compiled;
    let head = "MSH|^~\\&|LAB||||||ORM^O01|42\r";
    let rest = "PID|||1||a\rORC|NW|7\rZZZ|e\r";
    let mut wrong = Vec::new();
    for (text, kind, at) in [
        // The signs: one of them twice, none where the line shows them, a letter.
        (format!("{}{rest}", head.replace("|^~\\&|", "|^^\\&|")), FaultKind::Syntax, 5),
        (format!("MSH\r{rest}"), FaultKind::Syntax, 3),
        (format!("{}{rest}", head.replace("|^~\\&|", "|A~\\&|")), FaultKind::Syntax, 4),
        (format!("MSH|^~\\&x|LAB\r{rest}"), FaultKind::Syntax, 8),
        (format!("PID|||1\r{head}"), FaultKind::Syntax, 0),
        // A line without an end, without a name, unknown, twice, out of its order.
        (format!("{head}{}", rest.trim_end()), FaultKind::Truncated, 54),
        (format!("{head}\r{rest}"), FaultKind::Syntax, 29),
        (format!("{head}ZZ1|x\r{rest}"), FaultKind::Missing, 0),
        (format!("{head}{rest}ZZZ|f\r"), FaultKind::Duplicate, 55),
        (format!("{head}ORC|NW|7\rPID|||1||a\rZZZ|e\r"), FaultKind::Missing, 0),
        // A place that nobody declared, a repetition, parts where there is one value, an escape that is none.
        (format!("{head}{}", rest.replace("7\r", "7|||9\r")), FaultKind::UnknownName, 51),
        (format!("{head}{}", rest.replace("NW", "NW~OK")), FaultKind::Duplicate, 47),
        (format!("{head}{}", rest.replace("NW", "N^W")), FaultKind::NotOfForm, 44),
        (format!("{head}{}", rest.replace("NW", "\\Q\\")), FaultKind::Syntax, 44),
        (format!("{head}{}", rest.replace("NW", "\\X0\\")), FaultKind::Syntax, 44),
        (format!("{head}{}", rest.replace("NW", "\\F")), FaultKind::Syntax, 44),
        // More repetitions, and more rows, than there may be.
        (format!("{head}{}", rest.replace("|1|", "|1~2~3~4~5|")), FaultKind::TooManyRows, 35),
        (format!("{head}PID|||1||a\r{}ZZZ|e\r", "ORC|NW|7\r".repeat(6)), FaultKind::TooManyRows, 0),
    ] {
        let found = fault(&compiled, text.as_bytes());
        if found.0 != kind || (at > 0 && found.1 != at) {
            wrong.push(format!("{text:?}: {found:?}, not {kind:?} at {at}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_text_shows_its_own_signs_and_is_answered_with_ours() {
    let format = format("segments");
    let (_, other) = format.kept.iter().find(|(name, _)| name == "other-signs.bin").unwrap();
    let programs = message(&format.compiled, 0);
    let mut world = world(&format.compiled);
    let record = read(programs, other, &mut world, false).unwrap();
    let sent = write(programs, record, &mut world, false).unwrap().take(Part::Content);
    assert_eq!(
        String::from_utf8_lossy(&sent),
        "MSH|^~\\&|LAB||||||ORM^O01|42\rPID|||1001~X/Y||Li\rORC|NW|7$\\X0D\\\\X0A\\\rZZZ|e\r",
        "`?T?` means the third level's sign as that text shows it"
    );
}

#[test]
fn empty_places_are_written_as_the_item_says_and_read_either_way() {
    let fields = "    BIT  line {\n      one    text ..4 chars\n      two    text ..4 chars at \"3\" optional\n      \
                  three  text ..4 chars at \"5\" optional\n    }";
    for (clauses, sent) in [("", "HDR|2001\rBIT|a\r"), ("  trailing  kept\n", "HDR|2001\rBIT|a||||\r")] {
        let compiled = compiled(clauses, fields);
        let programs = message(&compiled, 0);
        for text in ["HDR|2001\rBIT|a\r", "HDR|2001\rBIT|a||||\r", "HDR|2001\rBIT|a||||||\r"] {
            let record = read(programs, text.as_bytes(), &mut world(&compiled), false).unwrap();
            let again = write(programs, record, &mut world(&compiled), false).unwrap().take(Part::Content);
            assert_eq!(String::from_utf8_lossy(&again), sent);
        }
        let mut record = Record::new(programs.1.slots);
        record.set(slot(programs.1, "content.BIT.one"), &Value::text("")).unwrap();
        let found = write(programs, record, &mut world(&compiled), false).unwrap_err();
        assert_eq!(found.kind, FaultKind::TooShort, "an empty place says that nothing is there");
    }
}

#[test]
fn what_nobody_declared_is_kept_where_the_item_says_so() {
    let fields = "    BIT  line {\n      one  text ..4 chars\n    }";
    let text = b"HDR|2001\rZZ1|a\rBIT|b^c|d~e\rZZ2\r";
    let strict = compiled("", fields);
    assert_eq!(fault(&strict, text).0, FaultKind::Missing);
    let kept = compiled("  unknown  kept\n", fields);
    let programs = message(&kept, 0);
    let record = read(programs, text, &mut world(&kept), false).unwrap();
    assert_eq!(record.value(slot(programs.1, "content.BIT.one")).unwrap(), Value::text("b"));
}

#[test]
fn lines_in_any_order_are_read_behind_the_first() {
    let fields = "    BIT  line {\n      one  text ..4 chars\n    }\n    rows  list ..3 of line at \"ROW\" {\n      no  number \
                  ..99\n    }";
    let free = compiled("  order  free after HDR\n", fields);
    let programs = message(&free, 0);
    for text in ["HDR|2001\rBIT|a\rROW|1\rROW|2\r", "HDR|2001\rROW|1\rBIT|a\rROW|2\r"] {
        let record = read(programs, text.as_bytes(), &mut world(&free), false).unwrap();
        let again = write(programs, record, &mut world(&free), false).unwrap().take(Part::Content);
        assert_eq!(String::from_utf8_lossy(&again), "HDR|2001\rBIT|a\rROW|1\rROW|2\r");
    }
    assert_eq!(fault(&free, b"BIT|a\rHDR|2001\r").0, FaultKind::Missing);
    let written = compiled("", fields);
    assert_eq!(fault(&written, b"HDR|2001\rROW|1\rBIT|a\rROW|2\r").0, FaultKind::Missing);
}

/// The two groups change places: each is read by its constant, and written in the order of the text.
#[test]
fn groups_are_told_apart_by_their_constants() {
    for name in ["several-segments", "several-tagged"] {
        let format = format(name);
        let programs = message(&format.compiled, 0);
        let (_, other) = format.kept.iter().find(|(name, _)| name == "other-order.bin").unwrap();
        let record = read(programs, other, &mut world(&format.compiled), false).unwrap();
        let again = write(programs, record, &mut world(&format.compiled), false).unwrap().take(Part::Content);
        let first =
            if name == "several-segments" { "PID|||1^^^^MR~2" } else { "448=T1\u{1}452=36\u{1}448=F1" };
        assert!(String::from_utf8_lossy(&again).contains(first), "{}", again.escape_ascii());
    }
    let compiled = format("several-json").compiled;
    let text = |parts: &str| format!("{{\"code\":\"2001\",\"parts\":[{parts}],\"last\":\"1\"}}");
    let (one, three) = ("{\"kind\":\"MR\",\"value\":\"a\"}", "{\"kind\":\"VN\",\"value\":7}");
    read(message(&compiled, 0), text(&format!("{three},{one}")).as_bytes(), &mut world(&compiled), false)
        .unwrap();
    for (parts, kind) in [
        (one.to_owned(), FaultKind::Missing),
        (format!("{one},{three},{one}"), FaultKind::UnknownName),
        (format!("{one},{{\"kind\":\"XX\"}},{three}"), FaultKind::UnknownName),
        (format!("{one},7,{three}"), FaultKind::UnknownName),
    ] {
        assert_eq!(fault(&compiled, text(&parts).as_bytes()).0, kind, "{parts}");
    }
}

/// A tag=value text of these fields, with its length and, where `sum` says so, its sum.
fn tagged(fields: &[&str], sum: Option<u8>) -> Vec<u8> {
    let body: String = fields.iter().map(|field| format!("{field}\u{1}")).collect();
    let mut text = format!("8=T.1\u{1}9={}\u{1}{body}", body.len()).into_bytes();
    let made = text.iter().fold(0_u8, |sum, octet| sum.wrapping_add(*octet));
    text.extend(format!("10={:03}\u{1}", sum.unwrap_or(made)).bytes());
    text
}

fn summed() -> Compiled {
    let adapter = std::fs::read_to_string(formats::folder().join("tagged/adapter.tongshi")).unwrap();
    let adapter = adapter.replace(
        "digits 3 tag \"10\"          = \"000\"",
        "number 3 digits tag \"10\"   = checksum(sum8, raw(begin .. sum))",
    );
    world::compile(&formats::party(&adapter))
}

#[test]
fn a_tag_value_text_has_its_length_and_its_sum() {
    let compiled = summed();
    let programs = message(&compiled, 0);
    let fields = ["35=D", "34=7", "95=5", "96=a=\u{1}b|", "453=1", "448=F1", "452=1", "555=0", "38=1.5"];
    let text = tagged(&fields, None);
    let record = read(programs, &text, &mut world(&compiled), false).unwrap();
    let again = write(programs, record, &mut world(&compiled), false).unwrap().take(Part::Content);
    assert_eq!(again.escape_ascii().to_string(), text.escape_ascii().to_string());
    let wrong = tagged(&fields, Some(text[text.len() - 4].wrapping_add(1)));
    assert_eq!(fault(&compiled, &wrong).0, FaultKind::Disagrees);
    let longer = String::from_utf8(text.clone()).unwrap().replacen("\u{1}35=", "\u{1}35=D\u{1}34=", 1);
    assert!(read(programs, longer.as_bytes(), &mut world(&compiled), false).is_err());
    for length in 0..text.len() {
        assert!(read(programs, &text[..length], &mut world(&compiled), false).is_err(), "cut at {length}");
    }
}

#[test]
fn tags_come_once_in_any_order_but_for_the_first_and_the_last() {
    let compiled = summed();
    let programs = message(&compiled, 0);
    let any = ["35=D", "38=1.5", "555=0", "453=2", "448=F1", "452=1", "447=D", "448=F2", "452=3", "34=7"];
    read(programs, &tagged(&any, None), &mut world(&compiled), false).unwrap();
    for (fields, kind) in [
        (&["34=7", "35=D", "453=0", "555=0", "38=1"][..], FaultKind::Missing),
        (&["35=D", "34=7", "34=8", "453=0", "555=0", "38=1"], FaultKind::Duplicate),
        (&["35=D", "34=7", "453=0", "555=0", "38=1", "99=1"], FaultKind::UnknownName),
        (&["35=D", "34=7", "453=0", "555=0", "38="], FaultKind::TooShort),
        (&["35=D", "34=7", "453=0", "555=0", "38"], FaultKind::Syntax),
        (&["35=D", "34=7", "453=0", "555=0", "=38"], FaultKind::Syntax),
        (&["35=D", "34=7", "453=2", "448=F1", "452=1", "555=0", "38=1"], FaultKind::Disagrees),
        (&["35=D", "34=7", "453=1", "452=1", "448=F1", "555=0", "38=1"], FaultKind::Missing),
        (&["35=D", "34=7", "95=8", "96=abc", "453=0", "555=0", "38=1"], FaultKind::Syntax),
        (&["35=D", "34=7", "95=x", "96=abc", "453=0", "555=0", "38=1"], FaultKind::NotOfForm),
        (&["35=D", "34=7", "95=9999", "96=abc", "453=0", "555=0", "38=1"], FaultKind::Truncated),
        (&["35=D", "34=7", "96=abc", "453=0", "555=0", "38=1"], FaultKind::Missing),
    ] {
        assert_eq!(fault(&compiled, &tagged(fields, None)).0, kind, "{fields:?}");
    }
    let mut behind = tagged(&["35=D", "34=7", "453=0", "555=0", "38=1"], None);
    behind.extend(b"58=x\x01");
    assert_eq!(fault(&compiled, &behind).0, FaultKind::Syntax, "nothing stands behind the last");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_comes_back_through_escapes(one in "[ -~\\r\\n张三李]{1,12}", two in "[|^~\\\\&\\rX]{1,12}") {
        let compiled = compiled(
            "",
            "    BIT  line {\n      one  text ..12 chars\n      rows  list ..3 at \"4\" {\n        two  text ..12 chars \
             at \"2\"\n      }\n    }",
        );
        let programs = message(&compiled, 0);
        let mut record = Record::new(programs.1.slots);
        record.set(slot(programs.1, "content.BIT.one"), &Value::text(one.clone())).unwrap();
        let list = slot(programs.1, "content.BIT.rows");
        record.begin_list(list, programs.1.lists[0].stride, 1).unwrap();
        let row = record.append_row(list, 3).unwrap();
        record.set(row, &Value::text(two.clone())).unwrap();
        let sent = write(programs, record, &mut world(&compiled), false).unwrap().take(Part::Content);
        let again = read(programs, &sent, &mut world(&compiled), false).unwrap();
        prop_assert_eq!(again.value(slot(programs.1, "content.BIT.one")).unwrap(), Value::text(one));
        let row = again.rows(list).unwrap().base(0).unwrap();
        prop_assert_eq!(again.value(row).unwrap(), Value::text(two));
    }

    #[test]
    fn data_of_a_known_length_is_never_searched(data in proptest::collection::vec(any::<u8>(), 1..40)) {
        let compiled = summed();
        let programs = message(&compiled, 0);
        let text = tagged(&["35=D", "34=7", "453=0", "555=0", "38=1"], None);
        let mut record = read(programs, &text, &mut world(&compiled), false).unwrap();
        record.set(slot(programs.1, "content.data"), &Value::bytes(data.clone())).unwrap();
        let sent = write(programs, record, &mut world(&compiled), false).unwrap().take(Part::Content);
        let again = read(programs, &sent, &mut world(&compiled), false).unwrap();
        prop_assert_eq!(again.value(slot(programs.1, "content.data")).unwrap(), Value::bytes(data));
    }
}
