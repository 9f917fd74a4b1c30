//! Flows as texts: unsafe ones, each with the story that the compiler tells of it, and safe ones; and whatever a walk
//! leaves out, compared over all of them with the walk that leaves nothing out.
//!
//! `flows/unsafe/NAME.tongshi` is refused, and `NAME.out` is all that is said; `flows/safe/NAME.tongshi` gives nothing. A
//! number in front of a name is that of the table in `flows.md` 9; `flows/README.md` says of each kind what refuses it. Each text gets the frame of the cases.
//! `TONGSHI_BLESS=1 cargo test -p dsl --test all` writes the `.out` files anew.

use super::{blessing, files, framed, is_case, judged, listed, name};
use dsl::check::{Sources, check, compile_chosen};
use dsl::diagnostics::{Colour, Severity, render_all};
use dsl::flow::walk::{How, Property, Reduced, Walked, check_by};
use dsl::flow::{Fault, FlowProgram, Rules};
use dsl::resolve::Choices;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// States at most of a walk that leaves less out; what needs more is compared by parts of what is left out alone.
const MOST_COMPARED: usize = 20_000;

/// The same of `pay_bill`, two postings with all their ways out and back. It is compared in every way but the last: with nothing left out
/// at all it has more than three million states, most of them by the numbers of its questions and pauses.
const MOST_OF_BILL: usize = 500_000;

/// Flows at least that are compared in each of the ways; the walk of an unsafe text is short, and most of them are compared in all.
const FEWEST_COMPARED: [usize; 7] = [95, 20, 78, 105, 105, 60, 54];

/// States at most of a safe flow of the corpus, as it is checked: some tenth of a second's worth.
const MOST_USUAL: usize = 50_000;

fn texts(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows").join(kind);
    listed(&folder).into_iter().filter(|path| is_case(path)).collect()
}

#[test]
fn unsafe_flows_are_refused_with_their_stories() {
    let mut wrong = Vec::new();
    let texts = texts("unsafe");
    for text in &texts {
        let (sources, found) = judged(files(text), super::Depth::Whole);
        if !found.iter().any(|one| one.severity == Severity::Error) {
            wrong.push(format!("{}: nothing is wrong with it", text.display()));
        }
        let story = |note: &String| ["1. ", "\n2. ", "\n3. "].iter().all(|line| note.contains(line));
        if !found.iter().any(|one| one.severity == Severity::Error && one.notes.iter().any(story)) {
            wrong.push(format!("{}: nothing tells what would go wrong", text.display()));
        }
        let said = render_all(&sources, &found, Colour::Plain);
        let expected = text.with_extension("out");
        if blessing() {
            fs::write(&expected, &said).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("{}: something else is said now:\n{said}", text.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(texts.len() >= 60, "only {} flows were found", texts.len());
}

#[test]
fn safe_flows_are_taken_at_once() {
    let texts = texts("safe");
    for text in &texts {
        let sources = Sources::parse(framed(files(text)));
        let found = check(&sources, &Choices::new()).problems;
        assert!(found.is_empty(), "{}: {}", text.display(), render_all(&sources.map, &found, Colour::Plain));
    }
    assert!(texts.len() >= 20, "only {} flows were found", texts.len());
}

/// However many steps there are, and whether they stand in a row, side by side or in the rows of a list: so few states are seen that
/// it takes well under a second. A number of states is the same on every machine; a time is not.
#[test]
fn safe_flows_have_few_states() {
    let mut all = Vec::new();
    for text in texts("safe") {
        for flow in flows(&text) {
            let begun = Instant::now();
            let walked = check_by(&How::default(), &flow).unwrap_or_else(|story| panic!("{story}"));
            all.push((walked.states, begun.elapsed(), flow.steps.len(), name(&text)));
        }
    }
    all.sort();
    for (states, took, steps, text) in all.iter().rev().take(10) {
        println!("{text}: {steps} steps, {states} states in {took:?}");
    }
    let wanted = ["twelve_in_a_row.tongshi", "together_twelve.tongshi", "rows.tongshi"];
    for wanted in wanted {
        assert!(all.iter().any(|(_, _, _, text)| text == wanted), "{wanted} is not in the corpus");
    }
    let (states, _, _, text) = all.last().unwrap();
    assert!(*states <= MOST_USUAL, "{text}: {states} states");
}

/// A second crash on the same path shows nothing that one does not, in no flow of the corpus: a crash takes what only memory knew, and
/// how often that was taken before no rule asks. It would have five times as many states.
#[test]
fn a_second_crash_shows_nothing_more() {
    let (mut compared, mut wrong) = (0, Vec::new());
    for text in texts("unsafe").into_iter().chain(texts("safe")) {
        for flow in flows(&text) {
            let usual = check_by(&How::default(), &flow);
            let twice = check_by(&How { crashes: 2, ..How::default() }, &flow);
            if let (Ok(once), Ok(twice)) = (&usual, &twice) {
                compared += usize::from(twice.states > once.states);
            }
            if usual.is_ok() != twice.is_ok() {
                wrong.push(format!("{}: {usual:?}\ntwo crashes: {twice:?}", name(&text)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(compared >= 40, "two crashes had more states in {compared} flows alone");
}

/// The flows of a text, by their names; none where the text does not come so far.
fn flows(text: &Path) -> Vec<FlowProgram> {
    let sources = Sources::parse(framed(files(text)));
    let Some(compiled) = compile_chosen(&sources, &Choices::new()).compiled else { return Vec::new() };
    compiled.modules.iter().flat_map(|module| &module.flows).map(|flow| flow.program.clone()).collect()
}

/// What a walk says: sound, or which property is broken; nothing where it would be too long.
fn says(reduced: Reduced, most: usize, flow: &FlowProgram) -> Option<Result<Walked, String>> {
    match check_by(&How { reduced, most, ..How::default() }, flow) {
        Err(story) if story.property == Property::TooLarge => None,
        Err(story) => Some(Err(story.to_string())),
        Ok(walked) => Some(Ok(walked)),
    }
}

/// Nothing safe is refused, nothing unsafe passes, whatever is left out.
#[test]
fn what_is_left_out_makes_no_difference() {
    let all = Reduced::ALL;
    let none = Reduced::NOTHING;
    let ways = [
        ("messages for outcomes", Reduced { contracts: false, ..all }),
        ("contracts alone", Reduced { contracts: true, ..none }),
        ("forgetting alone", Reduced { forgotten: true, ..none }),
        ("everything but order", Reduced { order: false, ..all }),
        ("everything but the asker", Reduced { asker: false, ..all }),
        ("second asks as moves", Reduced { second: false, ..all }),
        ("nothing", none),
    ];
    let texts: Vec<_> = texts("unsafe").into_iter().chain(texts("safe")).collect();
    let next = AtomicUsize::new(0);
    let compare = || {
        let (mut wrong, mut compared) = (Vec::new(), [0; 7]);
        while let Some(text) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
            for flow in flows(text) {
                let usual = says(all, How::default().most, &flow);
                let usual = usual.unwrap_or_else(|| panic!("{}: too large", text.display()));
                for ((what, reduced), compared) in ways.iter().zip(&mut compared) {
                    let bill = name(text) == "pay_bill.tongshi";
                    let most = if bill { MOST_OF_BILL } else { MOST_COMPARED };
                    if bill && *reduced == none {
                        continue;
                    }
                    let Some(other) = says(*reduced, most, &flow) else {
                        if bill {
                            wrong.push(format!("{}: {what}: too large to be compared", name(text)));
                        }
                        continue;
                    };
                    *compared += 1;
                    if other.is_ok() != usual.is_ok() {
                        wrong.push(format!("{}: {what}: {other:?}\nusually: {usual:?}", name(text)));
                    }
                }
            }
        }
        (wrong, compared)
    };
    let (wrong, compared) = std::thread::scope(|scope| {
        let other = scope.spawn(compare);
        let (mut wrong, mut compared) = compare();
        let (more, counts) = other.join().unwrap();
        wrong.extend(more);
        compared.iter_mut().zip(counts).for_each(|(all, one)| *all += one);
        (wrong, compared)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    println!("compared: {compared:?}");
    assert!(
        compared.iter().zip(FEWEST_COMPARED).all(|(compared, fewest)| *compared >= fewest),
        "{compared:?}"
    );
}

/// Kinds that no text can be, since no text speaks of what goes wrong: the rule of the interpreter that keeps them out, and
/// a safe flow that shows it when it is broken. What a text can say near them is refused like the others.
const KEPT_OUT: [(u8, Fault, &str); 6] = [
    (4, Fault::UnknownIsRefused, "04_duplicate_is_no_refusal.tongshi"),
    (5, Fault::RefusalAfterRepeatFinal, "05_refusal_of_a_repeat.tongshi"),
    (9, Fault::NotFoundEarly, "09_not_found_without_quiet.tongshi"),
    (10, Fault::NothingEarly, "10_reversal_overtakes.tongshi"),
    (12, Fault::BackRepeatedAlways, "10_reversal_once.tongshi"),
    (14, Fault::BackRefusedIsDone, "pay_bill.tongshi"),
];

#[test]
fn each_kind_of_the_table_is_refused() {
    let of = |kind: u8, text: &PathBuf| name(text).starts_with(&format!("{kind:02}_"));
    let (refused, taken) = (texts("unsafe"), texts("safe"));
    let without: Vec<u8> = (1..=32).filter(|kind| !refused.iter().any(|text| of(*kind, text))).collect();
    assert!(without.is_empty(), "no text of the kinds {without:?}");
    for (kind, fault, safe) in KEPT_OUT {
        let text = taken.iter().find(|text| name(text) == safe).unwrap();
        let how = How { rules: Rules::but(fault), ..How::default() };
        let seen = flows(text).iter().any(|flow| check_by(&how, flow).is_err());
        assert!(seen, "kind {kind}: {fault:?} does not show in {safe}");
    }
}

/// Each rule of the interpreter, broken once, shows in a flow that is safe while it is kept.
#[test]
fn each_broken_rule_shows_in_a_safe_flow() {
    let safe: Vec<_> = texts("safe")
        .iter()
        .flat_map(|text| flows(text).into_iter().map(|flow| (name(text), flow)))
        .collect();
    let mut unseen = Vec::new();
    for fault in Fault::ALL.into_iter().chain(Fault::WALKED) {
        let how = How { rules: Rules::but(fault), ..How::default() };
        let broken = |flow| check_by(&how, flow).err().filter(|story| story.property != Property::TooLarge);
        let seen = safe.iter().find_map(|(text, flow)| Some((text, broken(flow)?)));
        match seen {
            Some((text, story)) => println!("{fault:?}: {text}: {story}\n"),
            None => unseen.push(fault),
        }
    }
    assert!(unseen.is_empty(), "{unseen:?}");
}
