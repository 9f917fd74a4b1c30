//! Conformance suites: cases in plain words that a side of a party must pass, kept as data.
//!
//! In: a suite (YAML) and an address. Out: a [`crate::report::Report`]. The runner plays the bank towards a counterparty,
//! or the party (also an asker, who is a party like any other) towards a gateway; the cases are the same kind of data.
//! It must not know what runs on the other side.

mod run;

pub use run::{Runner, RunnerConfig};

use crate::world::FaultRule;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;
use thiserror::Error;

/// A suite that cannot be read.
#[derive(Debug, Error)]
#[error("{path}: {why}")]
pub struct SuiteError {
    /// The file.
    pub path: String,
    /// What is wrong, with line and column where it is the text.
    pub why: String,
}

/// Whose part the runner plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Plays {
    /// It begins what the bank begins; the other side is a counterparty.
    #[default]
    Bank,
    /// It begins what the party begins; the other side is a gateway.
    Party,
}

/// A suite.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Folder of the party's adapter.
    pub party: String,
    /// What it shows.
    pub title: String,
    /// Whose part the runner plays.
    #[serde(default)]
    pub plays: Plays,
    /// Facts of every exchange (`branch`, `teller`, `channel`) unless a step says otherwise.
    #[serde(default)]
    pub facts: Map<String, Value>,
    /// The cases, in order; each begins with the sessions of the one before.
    pub cases: Vec<Case>,
}

/// One case: steps over one connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What must hold, in words.
    pub name: String,
    /// Which of the seven points of "works" it shows: 1 messages, 2 seals, 3 refusals, 4 time-outs and unknown, 5 repeats,
    /// 6 reversal, 7 sessions and files.
    pub point: u8,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// The call that is begun, by name.
    pub send: Option<String>,
    /// The last request of this call is sent again, octet for octet.
    pub again: Option<String>,
    /// Facts of this exchange.
    pub facts: Map<String, Value>,
    /// Fields of the request by wire name; `$x` is a value that was kept.
    pub fields: Map<String, Value>,
    /// The request is damaged before it leaves.
    pub damage: Option<Damage>,
    /// Something is done to a simulated party on the other side.
    pub party: Option<PartyDo>,
    /// How long an answer is waited for, in milliseconds.
    pub limit_ms: Option<u64>,
    /// What must come back.
    pub expect: Option<Expect>,
}

/// How a request is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// Its seal is wrong.
    WrongSeal,
    /// Its last octets are missing; the frame is right.
    Truncated,
    /// It has octets too many; the frame is right.
    Longer,
    /// A letter in its middle is another.
    Garbled,
}

/// What is done to a simulated party.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PartyDo {
    /// Faults from now on; an empty list ends them.
    pub faults: Option<Vec<FaultRule>>,
    /// Sessions run out (`expire`) or are forgotten with their keys (`forget`).
    pub sessions: Option<String>,
    /// An act of its world.
    pub act: Option<String>,
}

/// What must come back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// `done`, `refused`, `refused REASON`, `unknown`, `silence`, `closed`, or `refused or closed`.
    pub outcome: Option<String>,
    /// Fields of the answer that must have these values; others are not looked at.
    pub fields: Map<String, Value>,
    /// Values kept for later steps: name, and path in the answer (`reply.…`), the request (`request.…`) or the facts
    /// (`exchange.…`).
    pub keep: BTreeMap<String, String>,
}

impl Suite {
    /// Reads a suite.
    ///
    /// # Errors
    /// A file that cannot be read, or says something that no suite says.
    pub fn read(path: &Path) -> Result<Self, SuiteError> {
        let failed = |why: String| SuiteError { path: path.display().to_string(), why };
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        serde_yaml::from_str(&text).map_err(|error| failed(error.to_string()))
    }
}
