//! Texts of a fixed width in each charset, both ways: what fills its field to the last octet is no octet too long.
//!
//! In: texts that the charset has. Out: octets held to what the charset's own coding gives, and the text again.

use adapters::charset::{Charset, encode};
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::program::Part;
use proptest::prelude::*;

use crate::formats::{self, world};
use crate::world::{self, message, read, slot, write};

/// Octets of the field.
const WIDE: usize = 12;

fn letters(charset: Charset) -> &'static str {
    match charset {
        Charset::Ascii => "[!-~]{1,12}",
        Charset::Cp037 | Charset::Cp500 | Charset::Cp1047 => "[A-Zéäöüß0-9]{1,12}",
        Charset::Cp935 | Charset::Cp1388 => "[A-Z东莞水费]{1,5}",
        Charset::Utf8 | Charset::Gbk | Charset::Gb18030 => "[a-z东莞水费]{1,6}",
    }
}

fn texts() -> impl Strategy<Value = (Charset, String)> {
    proptest::sample::select(&Charset::ALL[..])
        .prop_flat_map(|charset| (Just(charset), letters(charset)))
        .prop_filter("as wide as the field", |(charset, text)| {
            encode(*charset, text).is_ok_and(|octets| octets.len() <= WIDE)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_text_comes_back_from_its_field((charset, text) in texts()) {
        let compiled = world::compile(&formats::party(&format!(
            "packet main {{\n  content  fixed {{\n    code  text 4 bytes = message.code\n    message fields\n  }}\n}}\ncall query \"Q\" \
             {{\n  request \"2001\" {{\n    name  text {WIDE} bytes coded {}\n    more  text 2 bytes\n  }}\n  reply \"2002\"\n}}\n",
            charset.name()
        )));
        let programs = message(&compiled, 0);
        let mut record = Record::new(programs.1.slots);
        let (name, more) = (slot(programs.1, "content.name"), slot(programs.1, "content.more"));
        record.set(name, &Value::text(text.clone())).unwrap();
        record.set(more, &Value::text("水".to_owned())).unwrap();
        let sent = write(programs, record, &mut world(&compiled), false).unwrap().take(Part::Content);
        let mut wanted = encode(charset, &text).unwrap().into_owned();
        wanted.resize(WIDE, encode(charset, " ").unwrap()[0]);
        prop_assert_eq!(&sent[4..4 + WIDE], &wanted[..]);
        let again = read(programs, &sent, &mut world(&compiled), false).unwrap();
        prop_assert_eq!(again.value(name).unwrap(), Value::text(text));
        prop_assert_eq!(again.value(more).unwrap(), Value::text("水".to_owned()));
    }
}
