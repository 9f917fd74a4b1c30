//! Values that stand one behind the other are read and written in one stride: what comes of it is what comes of taking them
//! one by one, also where octets are wrong.
//!
//! In: a record of plain values, octets of it changed. Out: the same values, or the same fault at the same place.

use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::program::{Compiled, MessageProgram, Part, Program};
use dsl::value::{Date, Decimal};
use proptest::prelude::*;

use crate::formats::{self, world};
use crate::world::{self, message, read, slot, write};

const FIELDS: [&str; 6] = ["serial", "day", "name", "amount", "kind", "note"];

/// A packet, what its fields stand in, what is taken where nothing could be written, and how many of them stand in one stride.
type Shape = (&'static str, &'static str, &'static str, u16);

const FIXED: Shape =
    ("fixed {\n    code  text 4 bytes = message.code\n    message fields\n  }", "content", "fixed", 5);
const XML: Shape = (
    "xml {\n    whole  group at \"m\" {\n      code  text 4 chars = message.code\n      message fields\n    }\n  }",
    "content.whole",
    "<m><code>2001</code><serial>123456</serial><day>20261101</day><name>ab</name><amount>5</amount><kind>07</kind></m>",
    6,
);
const JSON: Shape = (
    "json coded gbk {\n    code  text 4 chars = message.code\n    message fields\n  }",
    "content",
    "{\"code\":\"2001\",\"serial\":\"123456\",\"day\":\"20261101\",\"name\":\"ab\",\"amount\":5,\"kind\":7}",
    6,
);

fn compiled((packet, ..): Shape) -> Compiled {
    // Without a width at its end a record is one of widths no more.
    let note =
        if packet.starts_with("fixed") { "note  text 3 bytes" } else { "note  text ..9 chars optional" };
    world::compile(&formats::party(&format!(
        "packet main {{\n  content  {packet}\n}}\ncall query \"Q\" {{\n  request \"2001\" {{\n    serial  digits 6\n    day  date \
         \"yyyyMMdd\"\n    name  text 8 bytes\n    amount  money 9 digits fen\n    kind  number 2 digits\n    {note}\n  }}\n  \
         reply \"2002\"\n}}\n"
    )))
}

fn one_by_one(form: &MessageProgram) -> MessageProgram {
    MessageProgram { read_strides: Box::default(), write_strides: Box::default(), ..form.clone() }
}

fn values(
    (program, form): (&Program, &MessageProgram),
    within: &str,
    octets: &[u8],
    compiled: &Compiled,
) -> String {
    match read((program, form), octets, &mut world(compiled), false) {
        Ok(record) => {
            let value = |name| record.value(slot(form, &format!("{within}.{name}"))).unwrap().into_owned();
            format!("{:?}", FIELDS.map(value))
        }
        Err(fault) => format!("{fault:?}"),
    }
}

proptest! {
    #[test]
    fn a_message_is_the_same_in_one_stride_and_one_by_one(
        shape in prop_oneof![Just(FIXED), Just(XML), Just(JSON)],
        (serial, month, name, fen) in ("[0-9]{6}", 1_i8..13, "[a-z东莞水<&\" ]{0,5}", -5_i64..2_000_000_000),
        (kind, note) in (0_i128..120, proptest::option::of("[a-z水\\\\]{0,4}")),
        changes in proptest::collection::vec((0_usize..140, any::<u8>()), 0..3),
        swapped in proptest::option::of((0_usize..140, 0_usize..140)),
        length in 30_usize..160,
    ) {
        let (_, within, other, together) = shape;
        let compiled = compiled(shape);
        let (program, form) = message(&compiled, 0);
        let single = one_by_one(form);
        prop_assert!(form.read_strides.iter().any(|stride| stride.values >= together), "there is a stride at all");
        let mut record = Record::new(form.slots);
        let day = Value::Date(Date::new(2026, month, 1).unwrap());
        let amount = Value::Decimal(Decimal::new(fen, 2));
        let note = note.map_or(Value::Absent, Value::text);
        let all = [Value::text(serial), day, Value::text(name), amount, Value::Number(kind), note];
        for (name, value) in FIELDS.iter().zip(&all) {
            record.set(slot(form, &format!("{within}.{name}")), value).unwrap();
        }
        let written = |form| write((program, form), record.clone(), &mut world(&compiled), false);
        let together = written(form).map(|mut octets| octets.take(Part::Content));
        let apart = written(&single).map(|mut octets| octets.take(Part::Content));
        prop_assert_eq!(&together, &apart);
        let mut octets = together.unwrap_or_else(|_| other.into());
        if let Some((one, other)) = swapped.filter(|(one, other)| one.max(other) < &octets.len()) {
            octets.swap(one, other);
        }
        for (place, octet) in changes {
            if let Some(old) = octets.get_mut(place) {
                *old = octet;
            }
        }
        for octets in [&octets[..], &octets[..octets.len().min(length)]] {
            let (all, one) = (values((program, form), within, octets, &compiled), values((program, &single), within, octets, &compiled));
            prop_assert_eq!(all, one);
        }
    }
}
