//! What a suite found, and how it is shown: for a console, as a page with room for two signatures, as JUnit XML, as JSON.
//!
//! In: results. Out: texts. It must not know sockets or adapters.

mod html;
mod junit;

pub use html::html;
pub use junit::junit;

use crate::scene::Parts;
use dsl::program::Part;
use serde::Serialize;
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

/// One case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseResult {
    /// What must hold.
    pub name: String,
    /// Point of "works", 1 to 7.
    pub point: u8,
    /// All its steps went as expected.
    pub passed: bool,
    /// The steps that were run.
    pub steps: Vec<StepResult>,
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
}

impl StepResult {
    /// A step that could not be run.
    pub(crate) fn not_run(why: String) -> Self {
        let difference = Difference {
            field: String::new(),
            offset: None,
            expected: "a step that can be run".into(),
            found: why,
        };
        StepResult { outcome: "not run".into(), difference: Some(difference), ..StepResult::default() }
    }

    /// Notes the outcome, and the difference if another was wanted (`refused or closed`: any of them).
    pub(crate) fn outcome(&mut self, outcome: &str, wanted: &str) {
        self.outcome = outcome.to_owned();
        let kind = outcome.split(' ').next().unwrap_or_default();
        if !wanted.split(" or ").any(|wanted| wanted == outcome || wanted == kind) {
            let (expected, found) = (wanted.to_owned(), outcome.to_owned());
            self.difference = Some(Difference { field: "outcome".into(), offset: None, expected, found });
        }
    }
}

impl Report {
    /// How many cases passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.cases.iter().filter(|case| case.passed).count()
    }

    /// Whether all cases passed.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.cases.is_empty() && self.passed() == self.cases.len()
    }

    /// Passed and all cases, by point.
    #[must_use]
    pub fn by_point(&self) -> BTreeMap<u8, (usize, usize)> {
        let mut points = BTreeMap::new();
        for case in &self.cases {
            let place: &mut (usize, usize) = points.entry(case.point).or_default();
            place.0 += usize::from(case.passed);
            place.1 += 1;
        }
        points
    }

    /// For a console: a line a case, and under a failed one its first difference.
    #[must_use]
    pub fn console(&self) -> String {
        let mut out = format!("{}: {}\n", self.party, self.title);
        for case in &self.cases {
            let mark = if case.passed { "ok    " } else { "FAILED" };
            let _ = writeln!(out, "  {mark} [{}] {}", case.point, case.name);
            if let Some((step, difference)) = first_difference(case) {
                let _ = writeln!(out, "         {}: {difference}", step.what);
            }
        }
        let _ = writeln!(out, "{} of {} cases passed", self.passed(), self.cases.len());
        out
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
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
