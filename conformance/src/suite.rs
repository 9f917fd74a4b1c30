//! Conformance suites: cases in plain words that a side of a party must pass, kept as data.
//!
//! In: a suite (YAML), and an address or a whole stage. Out: a [`crate::report::Report`]. The runner plays the bank towards
//! a counterparty, or the party and the bank's channels towards a gateway; the cases are the same kind of data. It must not
//! know what runs on the other side: a gateway is reached through sockets, and through [`Stage`] where a step is about
//! what only the house itself can show (its journal, a restart, the core's books).

mod attacked;
mod browse;
mod channel;
mod files;
mod look;
mod numbered;
mod own;
mod patience;
mod people;
mod run;
mod stage;
mod wire;

pub use own::{document_case, example_cases, whole_case};
pub use patience::settled;
pub use run::{Runner, RunnerConfig, Told};
pub use stage::{Channel, Decided, JournalMark, Playing, Row, Stage};

use crate::report::Point;
use crate::world::FaultRule;
use adapters::charset::{Charset, encode};
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
    /// It begins what the party and the bank's channels begin; the other side is a gateway.
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
    /// Settings of the adapter under which it runs, once under each of these, over those of the party's `party.yaml`; they
    /// choose the adapter's variant too.
    #[serde(default)]
    pub variants: Vec<BTreeMap<String, String>>,
    /// What else differs on the stage: settings by module, parties beside this one.
    #[serde(default)]
    pub stage: StageWanted,
    /// Facts of every exchange (`branch`, `teller`, `channel`) unless a step says otherwise.
    #[serde(default)]
    pub facts: Map<String, Value>,
    /// The cases, in order; each begins with the sessions of the one before.
    pub cases: Vec<Case>,
}

/// What a suite wants of its stage.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StageWanted {
    /// Folders of parties beside the suite's own; the core host if nothing is said.
    pub with: Option<Vec<String>>,
    /// Settings of other modules.
    pub settings: BTreeMap<String, BTreeMap<String, String>>,
    /// The moment at which it begins, `2026-11-23 09:00:00` in the bank's zone.
    pub start: Option<String>,
}

/// One case: steps over one connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What must hold, in words.
    pub name: String,
    /// Which of the seven points of "works" it shows.
    pub point: Point,
    /// Only under these settings of the suite's variants.
    #[serde(default)]
    pub only: BTreeMap<String, String>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step. One of the fields of the first part says what is done, the others how, and what must come of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// The call that is begun over the link, by name.
    pub send: Option<String>,
    /// The last request of this call is sent again, octet for octet.
    pub again: Option<String>,
    /// A further file that answers the last one of this call (a later result) is awaited.
    pub further: Option<String>,
    /// The link of this call is attacked with damaged forms of its request.
    pub attack: Option<String>,
    /// A channel asks this service.
    pub ask: Option<String>,
    /// A channel enquires what became of what it asked of this service under `reference`.
    pub enquire: Option<String>,
    /// A channel cancels what it asked of this service under `reference`.
    pub cancel: Option<String>,
    /// A person's browser opens this address, which an answer gave (`$page`); `damage` changes its query.
    pub browse: Option<Value>,
    /// What was begun `later` under this name is heard now.
    pub heard: Option<String>,
    /// Something is done to a simulated party.
    pub party: Option<PartyDo>,
    /// Something is done to the gateway.
    pub gateway: Option<GatewayDo>,
    /// People decide what waits for them in the gateway.
    pub people: Option<PeopleDo>,
    /// The clock is moved on: by a span (`10m`), or to the next such time of day (`23:31`).
    pub clock: Option<String>,
    /// Rows are looked at: of the books of `core`, `party` or another module by `sql`; of the gateway's `journal`
    /// (operations of flows that began in this case), `flows`, `refused` inputs, `notices`, changes of `parameters`, what is
    /// `waiting` for people, or `metrics`.
    pub look: Option<String>,

    /// The channel that asks; the first that may, if none is named.
    #[serde(rename = "as")]
    pub channel: Option<String>,
    /// The reference that an enquiry or cancellation is about.
    pub reference: Option<Value>,
    /// The question of a look at books; `:name` is a value that was kept.
    pub sql: Option<String>,
    /// Only rows with these values are looked at.
    #[serde(rename = "where")]
    pub only: Map<String, Value>,
    /// Facts of this exchange.
    pub facts: Map<String, Value>,
    /// Fields of the request: by wire name in what is sent, by the service's in what is asked; `$x` is a value that was
    /// kept.
    pub fields: Map<String, Value>,
    /// The file is put under this name, whatever it says of itself.
    pub named: Option<String>,
    /// The file holds this text in the place of what is composed: a table as people keep it.
    pub instead: Option<Instead>,
    /// Of a file and its control file only this one is put.
    pub put: Option<Half>,
    /// The request is damaged before it leaves.
    pub damage: Option<Damage>,
    /// The answer to what is sent is lost on its way: who asked hears nothing (`silence`).
    pub lost: bool,
    /// The ask goes on while other steps are done; it is `heard` under this name.
    pub later: Option<String>,
    /// The step is done again until it comes out as expected, for at most this span of the world.
    pub within: Option<String>,
    /// How long an answer is waited for, in milliseconds of the world.
    pub limit_ms: Option<u64>,
    /// So many numbers of the session are left out before it, as if their messages had been lost.
    pub missing: u64,
    /// What must come of it.
    pub expect: Option<Expect>,
}

/// A text that a file holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    /// Its charset, by the name that adapters use.
    pub charset: String,
    /// The text.
    pub text: String,
}

impl Instead {
    /// Its octets.
    ///
    /// # Errors
    /// A charset that is none, or that has not all of the text.
    pub(crate) fn octets(&self) -> Result<Vec<u8>, String> {
        let charset = Charset::from_name(&self.charset)
            .ok_or_else(|| format!("there is no charset {}", self.charset))?;
        let octets = encode(charset, &self.text).map_err(|error| error.to_string())?;
        Ok(octets.into_owned())
    }
}

/// One of the two that a file and the control file that completes it are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Half {
    /// The file without its control file.
    File,
    /// The control file without its file.
    Control,
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
    /// Which, by folder or module; the suite's own if none is named.
    pub of: Option<String>,
    /// Faults from now on; an empty list ends them.
    pub faults: Option<Vec<FaultRule>>,
    /// Sessions run out (`expire`) or are forgotten with their keys (`forget`).
    pub sessions: Option<String>,
    /// An act of its world.
    pub act: Option<String>,
    /// Values for the act.
    pub with: Map<String, Value>,
}

/// What people decide. Its outcome is `decided` (`proposed` by one person alone), or `refused`, with why in the report.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeopleDo {
    /// A parameter is changed: the first person proposes the value, those behind say `go` or `refuse`; where that very change
    /// waits, all of them say so.
    pub parameter: Option<ParameterDo>,
    /// In flows of this name; in any, if none is named.
    pub flow: Option<String>,
    /// Only what is to be looked at in these words; all that waits otherwise.
    pub what: Option<String>,
    /// `go`, `refuse`, `holds`, `never`, `taken_back`, `correct`.
    pub say: String,
    /// Why; of a refusal the name of a reason.
    pub reason: String,
    /// What it stands on.
    pub proof: String,
    /// Who, one after the other; two persons with every role, if nobody is named.
    pub by: Vec<Person>,
}

/// A parameter of the bank with another value.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterDo {
    /// Of which module.
    pub of: String,
    /// Of which member, where it is a member's.
    #[serde(default)]
    pub member: String,
    /// Its name.
    pub name: String,
    /// The value.
    pub value: String,
    /// The first business date on which it counts.
    pub from: String,
}

/// A person of the bank.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Their roles.
    pub roles: Vec<String>,
}

/// What is done to the gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayDo {
    /// It ends what was begun and stops; `restart` starts it again.
    Stop,
    /// It ends what was begun, stops, and starts again on the same journal.
    Restart,
    /// It ends at once, as in a crash, and starts again on the same journal.
    Kill,
    /// It takes a deployment in which these settings of modules are others.
    Reload(BTreeMap<String, BTreeMap<String, String>>),
}

/// What must come of a step.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// `done`, `refused`, `refused REASON`, `unknown`, `pending`, `silence`, `closed`, `unread` (the other side says that it
    /// could not read it), or several with `or` between.
    pub outcome: Option<String>,
    /// Fields of the answer that must have these values; others are not looked at.
    pub fields: Map<String, Value>,
    /// The rows of a look: as many, in this order, each with at least these values.
    pub rows: Option<Vec<Map<String, Value>>>,
    /// Values kept for later steps: name, and field or path in the answer (`reply.…` of what was sent, `answer.…` of what was asked,
    /// `rows.1.…` of a look), the request (`request.…`) or the facts (`exchange.…`).
    pub keep: BTreeMap<String, String>,
}

impl Suite {
    /// The suites that it is, one for each variant: with the cases and under the title of that variant.
    #[must_use]
    pub fn by_variant(&self) -> Vec<(BTreeMap<String, String>, Suite)> {
        if self.variants.is_empty() {
            return vec![(BTreeMap::new(), self.clone())];
        }
        let one = |variant: &BTreeMap<String, String>| {
            let mut suite = self.clone();
            let words: Vec<String> = variant.iter().map(|(name, value)| format!("{name} {value}")).collect();
            suite.title = format!("{} ({})", self.title, words.join(", "));
            let holds = |only: &BTreeMap<String, String>| {
                only.iter().all(|(name, value)| variant.get(name) == Some(value))
            };
            suite.cases.retain(|case| holds(&case.only));
            (variant.clone(), suite)
        };
        self.variants.iter().map(one).collect()
    }

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
