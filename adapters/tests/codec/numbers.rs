//! Figures without a point: packed decimals and binary integers stand for what their unit and their places say, both ways.
//!
//! In: amounts in li and decimals with implied places. Out: octets held to whole numbers that are computed here.

use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::program::{Compiled, Part};
use dsl::value::Decimal;
use proptest::prelude::*;

use crate::formats::{self, world};
use crate::world::{self, message, read, slot, write};

const FIELDS: [(&str, &str, u32); 6] = [
    ("big", "money 4 bytes li big_endian", 3),
    ("little", "money 4 bytes li little_endian", 3),
    ("fen", "money 4 bytes fen big_endian", 2),
    ("packed", "money 5 bytes li packed", 3),
    ("rate", "decimal 4 bytes packed scale 2", 2),
    ("part", "decimal 4 bytes big_endian scale 4", 4),
];

fn compiled() -> Compiled {
    let fields: String = FIELDS.iter().map(|(name, form, _)| format!("    {name}  {form}\n")).collect();
    world::compile(&formats::party(&format!(
        "packet main {{\n  content  fixed {{\n    code  text 4 bytes = message.code\n    message fields\n  }}\n}}\ncall query \"Q\" \
         {{\n  request \"2001\" {{\n{fields}  }}\n  reply \"2002\"\n}}\n"
    )))
}

fn packed(units: i64, octets: usize) -> Vec<u8> {
    let figures = format!("{units:0width$}F", width = octets * 2 - 1);
    let halves: Vec<u8> = figures.chars().map(|one| one.to_digit(16).unwrap() as u8).collect();
    halves.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_counted_in_li_fen_and_places_stands_for_just_that(units in proptest::array::uniform6(0_i64..9_999_999)) {
        let compiled = compiled();
        let programs = message(&compiled, 0);
        let mut record = Record::new(programs.1.slots);
        let values = FIELDS.iter().zip(units).map(|((name, _, places), units)| (*name, Decimal::new(units, *places)));
        let values: Vec<(&str, Decimal)> = values.collect();
        for (name, value) in &values {
            record.set(slot(programs.1, &format!("content.{name}")), &Value::Decimal(*value)).unwrap();
        }
        let sent = write(programs, record, &mut world(&compiled), false).unwrap().take(Part::Content);
        let whole = |place: usize| u32::try_from(units[place]).unwrap();
        let mut wanted = b"2001".to_vec();
        wanted.extend(whole(0).to_be_bytes());
        wanted.extend(whole(1).to_le_bytes());
        wanted.extend(whole(2).to_be_bytes());
        wanted.extend(packed(units[3], 5));
        wanted.extend(packed(units[4], 4));
        wanted.extend(whole(5).to_be_bytes());
        prop_assert_eq!(&sent[..], &wanted[..]);
        let again = read(programs, &sent, &mut world(&compiled), false).unwrap();
        for (name, value) in values {
            prop_assert_eq!(again.value(slot(programs.1, &format!("content.{name}"))).unwrap(), Value::Decimal(value));
        }
    }
}
