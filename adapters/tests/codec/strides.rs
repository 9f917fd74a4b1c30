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

const FIELDS: [&str; 5] = ["content.serial", "content.day", "content.name", "content.amount", "content.kind"];

fn compiled() -> Compiled {
    world::compile(&formats::party(
        "packet main {\n  content  fixed {\n    code  text 4 bytes \
         = message.code\n    message fields\n  }\n}\ncall query \"Q\" {\n  request \"2001\" {\n    serial  digits 6\n    day  date \
         \"yyyyMMdd\"\n    name  text 8 bytes\n    amount  money 9 digits fen\n    kind  number 2 digits\n  }\n  reply \"2002\"\n}\n",
    ))
}

fn one_by_one(form: &MessageProgram) -> MessageProgram {
    MessageProgram { read_strides: Box::default(), write_strides: Box::default(), ..form.clone() }
}

fn values((program, form): (&Program, &MessageProgram), octets: &[u8], compiled: &Compiled) -> String {
    match read((program, form), octets, &mut world(compiled), false) {
        Ok(record) => {
            format!("{:?}", FIELDS.map(|path| record.value(slot(form, path)).unwrap().into_owned()))
        }
        Err(fault) => format!("{fault:?}"),
    }
}

proptest! {
    #[test]
    fn a_record_is_the_same_in_one_stride_and_one_by_one(
        (serial, month, name, fen, kind) in ("[0-9]{6}", 1_i8..13, "[a-z东莞水 ]{0,5}", -5_i64..2_000_000_000, 0_i128..120),
        changes in proptest::collection::vec((0_usize..33, any::<u8>()), 0..3),
        length in 30_usize..36,
    ) {
        let compiled = compiled();
        let (program, form) = message(&compiled, 0);
        let single = one_by_one(form);
        prop_assert!(form.read_strides.iter().any(|stride| stride.values >= 5), "there is a stride at all");
        let mut record = Record::new(form.slots);
        let day = Value::Date(Date::new(2026, month, 1).unwrap());
        let amount = Value::Decimal(Decimal::new(fen, 2));
        let all = [Value::text(serial), day, Value::text(name), amount, Value::Number(kind)];
        for (path, value) in FIELDS.iter().zip(&all) {
            record.set(slot(form, path), value).unwrap();
        }
        let written = |form| write((program, form), record.clone(), &mut world(&compiled), false);
        let together = written(form).map(|mut octets| octets.take(Part::Content));
        let apart = written(&single).map(|mut octets| octets.take(Part::Content));
        prop_assert_eq!(&together, &apart);
        let mut octets = together.unwrap_or_else(|_| b"20011234562026112301234567000012345 07".to_vec());
        for (place, octet) in changes {
            if let Some(old) = octets.get_mut(place) {
                *old = octet;
            }
        }
        for octets in [&octets[..], &octets[..octets.len().min(length)]] {
            prop_assert_eq!(values((program, form), octets, &compiled), values((program, &single), octets, &compiled));
        }
    }
}
