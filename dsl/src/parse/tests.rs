//! Goal: no text makes the parser panic, run long or lie about places; forms of the grammar that the cases do not show
//! are read. Method: token soup, mutated adapters, a counter of work, and small texts.

use super::{FILE_BYTES_MAX, parse, parse_counted, parse_expression};
use crate::diagnostics::register::{pages, syntax};
use crate::source::FileId;
use crate::tree::{BinaryOperator, ExprKind, ItemKind};
use proptest::prelude::*;

const FILE: FileId = FileId(0);
const GOOD: &str = include_str!("../../tests/cases/good/forms.tongshi");

fn codes(text: &str) -> Vec<u16> {
    parse(FILE, text).1.iter().map(|one| one.code.0).collect()
}

#[test]
fn every_page_shows_what_it_says() {
    for page in pages().filter(|page| page.code.0 / 100 == 1) {
        assert_eq!(codes(page.good), [0_u16; 0], "{}: the good example", page.code);
        if !page.bad.starts_with('(') {
            assert!(
                codes(page.bad).contains(&page.code.0),
                "{}: the bad example gives {:?}",
                page.code,
                codes(page.bad)
            );
        }
    }
}

#[test]
fn every_form_of_the_grammar_is_read() {
    let (tree, found) = parse(FILE, GOOD);
    assert_eq!(found, [], "{found:#?}");
    assert_eq!(tree.items.iter().filter(|item| matches!(item.kind, ItemKind::Session(_))).count(), 1);
    assert!(tree.only_when.is_some() && tree.docs.len() == 1);
}

#[test]
fn all_errors_of_a_file_come_at_once() {
    let text = "setting a string\nparty p {\n  charsett gbk\n  serial counter(\n  day cut_over 25:00\n}\npacket q {\n  \
                head fixed {\n    a text 3\n    b digits 4 optinal = \"1\n    c nonsense\n  }\n}\n}\n";
    assert_eq!(codes(text), [126, 129, 125, 106, 128, 101, 126, 124]);
}

#[test]
fn limits_hold() {
    let many = "setting a flag\n".repeat(20_001);
    assert_eq!(codes(&many), [syntax::TOO_MANY.0]);
    let large = "{".repeat(10_000_000);
    assert_eq!(codes(&large), [syntax::LARGE_FILE.0]);
    assert_eq!(parse_counted(FILE, &large).steps, 1);
}

/// The work is bounded by the bytes, whatever the text: counted, since a clock would lie.
#[test]
fn work_grows_with_the_text_and_no_faster() {
    let seeds = [
        "{",
        "}",
        "(",
        "((",
        ")",
        "packet p {",
        "packet p { a {\n",
        "\"{",
        "\"{a} ",
        "a.",
        "a + ",
        "not ",
        "a,\n",
        ",",
        "'",
        "`",
        "call c {\nrequest \"1\" {\n",
        "x fixed {\n",
        "choose a { b {\n",
        "check a is (\n",
        "list ..9 of ",
        "a digits 4 \n}",
        "codes c digits 1 {\n\"1\" done\n",
        "example \"e\" of c by \"the party\" {\ngiven { a {\n",
        "]",
        "电",
        "packet p {\n  check f(a, b) < \"{x}\" else refuse y \"l\"\n}\n}\n",
    ];
    for seed in seeds {
        for bytes in [2_000, 20_000, if seed == "{" { FILE_BYTES_MAX } else { 60_000 }] {
            let text = seed.repeat(bytes / seed.len());
            let steps = parse_counted(FILE, &text).steps;
            assert!(
                steps <= 60 * text.len() as u64 + 1_000,
                "{seed:?}: {steps} steps for {} bytes",
                text.len()
            );
        }
    }
}

#[test]
fn operators_bind_as_the_grammar_says() {
    let expr = parse_expression(FILE, "not a is b + c * 2 and d or e in (\"1\", f)").unwrap();
    let ExprKind::Binary { operator: BinaryOperator::Or, left, right, .. } = expr.kind else {
        panic!("{expr:?}")
    };
    assert!(matches!(right.kind, ExprKind::In { ref choices, .. } if choices.len() == 2));
    let ExprKind::Binary { operator: BinaryOperator::And, left, .. } = left.kind else { panic!("{left:?}") };
    let ExprKind::Unary { operand, .. } = left.kind else { panic!("{left:?}") };
    let ExprKind::Binary { operator: BinaryOperator::Is, right, .. } = operand.kind else {
        panic!("{operand:?}")
    };
    assert!(matches!(right.kind, ExprKind::Binary { operator: BinaryOperator::Add, .. }));
    assert!(parse_expression(FILE, "a b").is_err() && parse_expression(FILE, "").is_err());
}

/// A tree without its places.
fn meaning(text: &str) -> String {
    let (mut tree, _) = parse(FILE, text);
    tree.comments.iter_mut().for_each(|comment| comment.text = comment.text.trim().into());
    let shown = format!("{tree:?}");
    let mut parts = shown.split("@0:");
    let first = parts.next().unwrap_or("").to_owned();
    parts.fold(first, |all, part| {
        all + part.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.')
    })
}

#[test]
fn formatting_changes_no_meaning_and_is_done_once() {
    let once = crate::format::format(GOOD).unwrap();
    assert_eq!(meaning(&once), meaning(GOOD));
    assert_eq!(crate::format::format(&once), Ok(once.clone()));
    let ugly = "party   p{\n\n\ncharset gbk   // why\n//own\nday cut_over    23:30\n\n}\nsetting a flag\nsetting longer text ..5 chars \"x\"";
    let pretty = "party p {\n  charset  gbk  // why\n  //own\n  day      cut_over 23:30\n}\nsetting  a       flag\nsetting  longer  \
                  text ..5 chars  \"x\"\n";
    assert_eq!(crate::format::format(ugly), Ok(pretty.to_owned()));
}

#[test]
fn formatting_keeps_what_stands_on_a_line_behind_a_label() {
    let text = "service s query \"S\" {\n  ask {\n    kind one_of one \"A\",day  date   \"D\"\n    name text ..9 chars \"N\"\n  }\n}\n";
    let once = crate::format::format(text).unwrap();
    let words =
        |text: &str| text.replace(',', " , ").split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&once), words(text), "{once}");
    assert_eq!(crate::format::format(&once), Ok(once.clone()));
}

fn soup() -> impl Strategy<Value = String> {
    let words = GOOD.split_inclusive([' ', '\n']).map(str::to_owned).collect::<Vec<_>>();
    prop::collection::vec(prop::sample::select(words), 0..200).prop_map(|parts| parts.concat())
}

fn mutated() -> impl Strategy<Value = String> {
    let letters: Vec<char> = GOOD.chars().collect();
    let change =
        (0..letters.len(), prop::sample::select("{}()\"'`,.=<->\n\t;a1电\\".chars().collect::<Vec<_>>()));
    prop::collection::vec(change, 1..12).prop_map(move |changes| {
        let mut letters = letters.clone();
        for (at, letter) in changes {
            letters[at] = letter;
        }
        letters.into_iter().collect()
    })
}

fn places_are_right(text: &str) {
    let (tree, found) = parse(FILE, text);
    for one in &found {
        assert!(one.primary.span.start <= one.primary.span.end, "{one:?}");
        assert!(text.get(one.primary.span.range()).is_some(), "{one:?}");
    }
    for item in &tree.items {
        assert!(text.get(item.span.range()).is_some(), "{item:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn soup_is_survived(text in soup()) {
        places_are_right(&text);
    }

    #[test]
    fn mutations_are_survived(text in mutated()) {
        places_are_right(&text);
        if let Ok(once) = crate::format::format(&text) {
            prop_assert_eq!(crate::format::format(&once), Ok(once.clone()));
            prop_assert_eq!(meaning(&once), meaning(&text));
        }
    }

    #[test]
    fn any_letters_are_survived(text in "\\PC{0,200}") {
        places_are_right(&text);
        let _ = parse_expression(FILE, &text);
    }
}
