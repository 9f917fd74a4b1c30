//! The laws of the codec on every message of every adapter.

use crate::help::root;
use conformance::laws::run;
use conformance::party::read_texts;
use dsl::check::{Sources, check};
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
    assert!(laws.round_trips > 2_000, "{}", laws.round_trips);
    // A reason that no table has a code for is made up now and then; whatever else is not made up is not tried.
    // A serial that is drawn for a result may be the one that names a receipt, whose check the name then fails.
    let most = |why: &str| if why.starts_with("its own checks do not take the name") { 4 } else { 2 };
    let missed: Vec<_> = laws.not_generated.iter().filter(|one| one.trips > most(&one.why)).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}
