//! JUnit XML, as build servers read it.

use super::{Report, first_difference};
use std::fmt::Write as _;

/// The report as JUnit XML.
#[must_use]
pub fn junit(report: &Report) -> String {
    let (failures, skipped) = (report.failed(), report.skipped());
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (name, tests) = (escaped(&format!("{}: {}", report.party, report.title)), report.cases.len());
    let _ = writeln!(
        out,
        "<testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" skipped=\"{skipped}\">"
    );
    for case in &report.cases {
        let (class, name) =
            (escaped(&format!("{}.{}", report.party, case.point.words())), escaped(&case.name));
        let seconds = format!("{}.{:03}", case.millis / 1_000, case.millis % 1_000);
        let _ = write!(out, "  <testcase classname=\"{class}\" name=\"{name}\" time=\"{seconds}\"");
        if let Some(why) = &case.skipped {
            let _ = writeln!(out, ">\n    <skipped message=\"{}\"/>\n  </testcase>", escaped(why));
            continue;
        }
        match first_difference(case) {
            None => out.push_str("/>\n"),
            Some((step, difference)) => {
                let message = escaped(&format!("{}: {difference}", step.what));
                let _ = writeln!(out, ">\n    <failure message=\"{message}\"/>\n  </testcase>");
            }
        }
    }
    out.push_str("</testsuite>\n");
    out
}

/// Text for an attribute or element; what XML cannot hold becomes a blank.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter if letter.is_control() && letter != '\n' => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}
