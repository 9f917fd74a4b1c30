//! The laws of the codec on every message of every adapter.

use crate::help::root;
use conformance::laws::{Laws, run};
use conformance::party::read_texts;
use dsl::check::{Sources, Text, check};
use dsl::resolve::Choices;

#[test]
fn every_message_comes_back() {
    let sources = Sources::parse(read_texts(&root().join("configs"), &[]).unwrap());
    let checked = check(&sources, &Choices::new());
    let laws = run(&checked, |_| true);
    let broken: Vec<String> = laws
        .broken
        .iter()
        .map(|broken| {
            let place = sources.map.place(broken.span);
            let place = place.map_or(String::new(), |(path, place)| format!("{path}:{}", place.line));
            format!("{place} {}: {}", broken.message, broken.why)
        })
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let round_trips: usize = laws.round_trips.values().sum();
    assert!(round_trips > 2_000, "{round_trips}");
    // A reason that no table has a code for is made up now and then; whatever else is not made up is not tried.
    // A serial that is drawn for a result may be the one that names a receipt, whose check the name then fails.
    let most = |why: &str| if why.starts_with("its own checks do not take the name") { 4 } else { 2 };
    let missed: Vec<_> = laws.not_generated.iter().filter(|one| one.trips > most(&one.why)).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

/// A party with a call of its own in each variant, and one that both have; `digits`: how many the count of rows has in each.
fn in_variants(digits: [u8; 2]) -> Laws {
    let prelude = root().join("dsl/tests/prelude");
    let read = |name: &str| std::fs::read_to_string(prelude.join(format!("{name}.tongshi"))).unwrap();
    let both = "setting form one_of wide, narrow\n\ncall same {\n  request \"1002\" {\n    name  text 4 bytes  = \"x\"\n  }\n}\n";
    let of = |form: &str, digits: u8| {
        format!(
            "only when setting.form is {form}\n\ncall ask {{\n  request \"1001\" {{\n    count  number {digits} digits  = count(rows)\n    rows   list ..12 {{\n      name  text 4 bytes  = \"x\"\n    }}\n  }}\n}}\n"
        )
    };
    let texts = [
        ("bank", "bank", read("bank")),
        ("case", "party", read("party")),
        ("case", "line", read("line")),
        ("case", "both", both.to_owned()),
        ("case", "wide", of("wide", digits[0])),
        ("case", "narrow", of("narrow", digits[1])),
    ];
    let texts = texts.map(|(folder, name, text)| Text {
        folder: folder.into(),
        path: format!("{name}.tongshi").into(),
        text: text.into(),
    });
    let sources = Sources::parse(texts);
    let checked = check(&sources, &Choices::new());
    assert!(!checked.has_errors(), "{:#?}", checked.problems);
    assert_eq!(checked.variants, 2);
    run(&checked, |_| true)
}

#[test]
fn a_message_that_one_variant_alone_breaks_is_found_whichever_is_tried_first() {
    let sound = in_variants([2, 2]);
    assert!(sound.broken.is_empty(), "{:#?}", sound.broken);
    for digits in [[1, 2], [2, 1]] {
        let broken: Vec<_> = in_variants(digits).broken.into_iter().map(|one| one.message).collect();
        assert_eq!(broken, ["ask.request"], "{digits:?}");
    }
}
