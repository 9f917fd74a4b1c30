//! The pages of what only running messages shows: the wrong example gives the code at its place, the right one nothing.

use crate::help::root;
use conformance::examples::{self, Shown};
use conformance::laws::{self, Broken};
use dsl::check::{Sources, Text, check};
use dsl::diagnostics::{Code, Colour, Diagnostic, page, render_all};
use dsl::resolve::Choices;

/// All that the kit says of a text among the prelude of the compiler's own cases, as it is shown.
fn said(text: &str) -> (Vec<Diagnostic>, String) {
    let prelude = root().join("dsl/tests/prelude");
    let mut texts = Vec::new();
    for (folder, name) in [("bank", "bank"), ("case", "party"), ("case", "line")] {
        let path = format!("prelude/{name}.tongshi");
        let text = std::fs::read_to_string(prelude.join(format!("{name}.tongshi"))).unwrap();
        texts.push(Text { folder: folder.into(), path: path.into(), text: text.into() });
    }
    texts.push(Text { folder: "case".into(), path: "page.tongshi".into(), text: text.into() });
    let sources = Sources::parse(texts);
    let checked = check(&sources, &Choices::new());
    let mut found = checked.problems.clone();
    found.extend(examples::run(&sources, &checked, &root(), |_| true).iter().filter_map(Shown::diagnostic));
    found.extend(laws::run(&checked, |_| true).broken.iter().map(Broken::diagnostic));
    let shown = render_all(&sources.map, &found, Colour::Plain);
    (found, shown)
}

fn holds(code: u16, shows: &[&str]) {
    let page = page(Code(code)).unwrap();
    let (found, shown) = said(page.bad);
    assert_eq!(found.iter().map(|one| one.code).collect::<Vec<_>>(), [Code(code)], "{shown}");
    for part in shows {
        assert!(shown.contains(part), "{part} does not stand in:\n{shown}");
    }
    let (found, shown) = said(page.good);
    assert!(found.is_empty(), "{shown}");
}

#[test]
fn an_example_that_disagrees() {
    holds(436, &["page.tongshi:7:9", "differs at offset 34", "= help: "]);
}

#[test]
fn a_message_that_does_not_come_back() {
    holds(
        437,
        &[
            "`ask.request` does not come back",
            "page.tongshi:3:5",
            "as many rows as are allowed cannot be counted: body.count",
            "= help: ",
        ],
    );
}
