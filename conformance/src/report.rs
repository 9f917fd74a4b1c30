//! What suites found, and how it is shown: for a console, as a page with room for two signatures, as JUnit XML, as JSON.
//!
//! In: results. Out: texts. It must not know sockets or adapters.

mod html;
mod junit;

pub use html::html;
pub use junit::{escaped, junit};

use crate::scene::Parts;
use dsl::program::Part;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// All cases of a suite.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Folder of the party.
    pub party: String,
    /// What the suite shows.
    pub title: String,
    /// SHA-256 of the adapter's files.
    pub adapter_hash: String,
    /// The cases.
    pub cases: Vec<CaseResult>,
}

/// Which of the seven points of "works" a case shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// 1: every message decodes and encodes, held to what others made.
    Wire,
    /// 2: both sides run: sockets, TLS, sign-in, keys, heartbeats, renewals.
    BothSides,
    /// 3: each transaction goes through to the core host and back, and money stays whole.
    Business,
    /// 4: batch and reconciliation files.
    Files,
    /// 5: bad input gets a clear answer in the party's own form, and nothing is lost.
    BadInput,
    /// 6: a simulator of the party, and suites for both sides.
    Conformance,
    /// 7: its interface document.
    Document,
}

impl Point {
    /// All of them, in order.
    pub const ALL: [Point; 7] = [
        Point::Wire,
        Point::BothSides,
        Point::Business,
        Point::Files,
        Point::BadInput,
        Point::Conformance,
        Point::Document,
    ];

    /// 1 to 7.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Point::Wire => 1,
            Point::BothSides => 2,
            Point::Business => 3,
            Point::Files => 4,
            Point::BadInput => 5,
            Point::Conformance => 6,
            Point::Document => 7,
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Point::Wire => "wire",
            Point::BothSides => "both sides run",
            Point::Business => "business",
            Point::Files => "files",
            Point::BadInput => "bad input",
            Point::Conformance => "conformance",
            Point::Document => "document",
        }
    }
}

/// One case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseResult {
    /// The suite that it is of.
    pub suite: String,
    /// What must hold.
    pub name: String,
    /// What it shows.
    pub point: Point,
    /// All its steps went as expected.
    pub passed: bool,
    /// Why it was not run, where it needs more than is at hand.
    pub skipped: Option<String>,
    /// Milliseconds it took.
    pub millis: u64,
    /// The steps that were run.
    pub steps: Vec<StepResult>,
}

impl CaseResult {
    /// A case of which nothing was run yet.
    pub(crate) fn new(name: &str, point: Point) -> Self {
        let (name, suite, steps) = (name.to_owned(), String::new(), Vec::new());
        CaseResult { suite, name, point, passed: true, skipped: None, millis: 0, steps }
    }

    /// Takes a step that was run.
    pub(crate) fn take(&mut self, step: StepResult) {
        self.passed &= step.difference.is_none();
        self.steps.push(step);
    }
}

/// One step.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StepResult {
    /// What was done.
    pub what: String,
    /// The request.
    pub sent: Option<Packet>,
    /// The answer.
    pub got: Option<Packet>,
    /// The outcome in words.
    pub outcome: String,
    /// The first difference from what was expected.
    pub difference: Option<Difference>,
}

/// A packet, by its fields and as octets.
#[derive(Clone, Debug, Serialize)]
pub struct Packet {
    /// Fields by wire name.
    pub fields: Map<String, Value>,
    /// Its content in hex.
    pub octets: String,
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The field; empty where it is the whole message.
    pub field: String,
    /// Offset of the field's octets, where it is known.
    pub offset: Option<u32>,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl Packet {
    /// The packet of these octets and fields.
    #[must_use]
    pub fn new(parts: &Parts, fields: Map<String, Value>) -> Self {
        let octets = parts.get(Part::Content).iter().map(|octet| format!("{octet:02x}")).collect();
        Packet { fields, octets }
    }

    /// What has fields and no octets of its own: an ask, rows.
    #[must_use]
    pub fn of_fields(fields: Map<String, Value>) -> Self {
        Packet { fields, octets: String::new() }
    }
}

impl Difference {
    /// Of a field, without an offset.
    #[must_use]
    pub fn of(field: &str, expected: &str, found: &str) -> Self {
        let (expected, found) = (expected.to_owned(), found.to_owned());
        Difference { field: field.to_owned(), offset: None, expected, found }
    }
}

impl StepResult {
    /// A step that could not be run.
    pub(crate) fn not_run(why: &str) -> Self {
        let difference = Difference::of("", "a step that can be run", why);
        StepResult { outcome: "not run".into(), difference: Some(difference), ..StepResult::default() }
    }

    /// Notes the outcome, and the difference if another was wanted (`refused or closed`: any of them).
    pub(crate) fn outcome(&mut self, outcome: &str, wanted: &str) {
        self.outcome = outcome.to_owned();
        let kind = outcome.split(' ').next().unwrap_or_default();
        if !wanted.split(" or ").any(|wanted| wanted == outcome || wanted == kind) {
            self.difference = Some(Difference::of("outcome", wanted, outcome));
        }
    }
}

impl Report {
    /// How many cases passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.cases.iter().filter(|case| case.passed && case.skipped.is_none()).count()
    }

    /// How many cases were not run.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.cases.iter().filter(|case| case.skipped.is_some()).count()
    }

    /// How many cases failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.cases.iter().filter(|case| !case.passed).count()
    }

    /// Whether cases were run and all of them passed.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.passed() > 0 && self.failed() == 0
    }

    /// Passed and run cases, by point; each point is there.
    #[must_use]
    pub fn by_point(&self) -> BTreeMap<Point, (usize, usize)> {
        let mut points: BTreeMap<Point, (usize, usize)> =
            Point::ALL.into_iter().map(|point| (point, (0, 0))).collect();
        for case in self.cases.iter().filter(|case| case.skipped.is_none()) {
            let place = points.entry(case.point).or_default();
            place.0 += usize::from(case.passed);
            place.1 += 1;
        }
        points
    }

    /// The last line for a console.
    #[must_use]
    pub fn closing(&self) -> String {
        let skipped = match self.skipped() {
            0 => String::new(),
            skipped => format!(", {skipped} skipped"),
        };
        format!("{} of {} cases passed{skipped}", self.passed(), self.cases.len() - self.skipped())
    }

    /// For a console: a line a case, and under a failed one its first difference.
    #[must_use]
    pub fn console(&self) -> String {
        let mut out = format!("{}: {}\n", self.party, self.title);
        let mut suite = "";
        for case in &self.cases {
            if case.suite != suite && case.suite != self.title {
                let _ = writeln!(out, " {}", case.suite);
            }
            suite = &case.suite;
            out.push_str(&case.console());
        }
        let _ = writeln!(out, "{}", self.closing());
        out
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl CaseResult {
    /// For a console: a line, and under a failed case its first difference; each line ends.
    #[must_use]
    pub fn console(&self) -> String {
        let mark = match (&self.skipped, self.passed) {
            (Some(_), _) => "skipped",
            (None, true) => "ok     ",
            (None, false) => "FAILED ",
        };
        let took = match self.millis {
            0..=999 => String::new(),
            millis => format!("  {}.{} s", millis / 1_000, millis % 1_000 / 100),
        };
        let mut out = format!("  {mark} [{}] {}{took}\n", self.point.number(), self.name);
        if let Some(why) = &self.skipped {
            let _ = writeln!(out, "          {why}");
        }
        if let Some((step, difference)) = first_difference(self) {
            let _ = writeln!(out, "          {}: {difference}", step.what);
            let label = step.got.as_ref().and_then(|got| got.fields.get("label")?.as_str());
            if let Some(label) = label.filter(|_| difference.field == "outcome") {
                let _ = writeln!(out, "          {label}");
            }
        }
        out
    }
}

/// The first difference of a case, with its step.
pub(crate) fn first_difference(case: &CaseResult) -> Option<(&StepResult, &Difference)> {
    case.steps.iter().find_map(|step| step.difference.as_ref().map(|difference| (step, difference)))
}

impl std::fmt::Display for Difference {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.field.is_empty() {
            write!(out, "{}", self.field)?;
            match self.offset {
                Some(offset) => write!(out, " at {offset}: ")?,
                None => write!(out, ": ")?,
            }
        }
        write!(out, "expected {}, found {}", self.expected, self.found)
    }
}
