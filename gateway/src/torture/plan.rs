//! The plan of the campaign, as data.

use dsl::value::Time;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// The party in whose ledger payers stand, where a story says nothing else.
const CORE: &str = "core";

/// `torture.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// The parties.
    pub(crate) parties: Vec<PartyPlan>,
    /// Settings of modules that are no party's, over those of every stage.
    #[serde(default)]
    pub(crate) modules: BTreeMap<String, BTreeMap<String, String>>,
    /// Settings of their members, likewise.
    #[serde(default)]
    pub(crate) members: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>,
    /// What clients ask.
    pub(crate) stories: Vec<Story>,
}

impl Plan {
    /// Without the parties that no bank has, and what is asked of them.
    pub(crate) fn without_made_up(mut self) -> Self {
        let made_up: Vec<String> =
            self.parties.iter().filter(|party| party.made_up).map(|party| party.folder.clone()).collect();
        self.parties.retain(|party| !party.made_up);
        self.stories.retain(|story| !made_up.iter().any(|party| story.ledgers.contains_key(party)));
        self
    }
}

/// A party.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartyPlan {
    /// Its folder.
    pub(crate) folder: String,
    /// Its messages bear seals both ways: what is corrupted on the way is found out.
    #[serde(default)]
    pub(crate) sealed: bool,
    /// What stands in its messages that bear none all the same: those are never corrupted, since nobody would know.
    #[serde(default)]
    pub(crate) unsealed: Vec<String>,
    /// Its seals cover the business date and not the moment by the clock: a garbled one is read as it came.
    #[serde(default)]
    pub(crate) clock_unsealed: bool,
    /// No bank has it: adapter and world stand in `conformance/faults/parties`. Without it in the campaign that kills a real
    /// process, which knows the bank's parties alone.
    #[serde(default)]
    pub(crate) made_up: bool,
    /// The bank's own books beside the gateway: what they write down moves no money, so that no ledger is asked of them.
    #[serde(default)]
    pub(crate) books: bool,
    /// When its business date changes, as its own papers say it (`23:30`): the auditor reads no adapter.
    #[serde(deserialize_with = "time")]
    pub(crate) cut_over: Time,
    /// Settings over those of its own file.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, String>,
}

fn time<'de, D: Deserializer<'de>>(text: D) -> Result<Time, D::Error> {
    String::deserialize(text)?.parse().map_err(D::Error::custom)
}

/// What a client asks, one after the other; the last is the posting that is judged.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Story {
    /// For people.
    pub(crate) name: String,
    /// How often, beside the others.
    pub(crate) weight: u64,
    /// By party (folder): a question to its world whose first row's columns become known names. It may use `:throw` (a
    /// number of the dice), `:story` (a number that no other story of the seed has) and `:turn` (a number that no other
    /// story of this name has).
    pub(crate) draw: BTreeMap<String, String>,
    /// What is asked; texts may name what is known, and fields of earlier answers.
    pub(crate) asks: Vec<Ask>,
    /// By party (folder): what holds there for this story, in fen; it may use every known name.
    pub(crate) ledgers: BTreeMap<String, String>,
    /// Whose ledger says what the payer was debited (folder), where that is not the core's.
    #[serde(default)]
    pub(crate) payer: Option<String>,
    /// What must hold there, in yuan, where it is not the posting's `amount`.
    #[serde(default)]
    pub(crate) holds: Option<String>,
    /// What holds for it counts against a limit.
    #[serde(default)]
    pub(crate) limited: Option<Limited>,
}

/// A limit that a setting of the plan gives, as the auditor knows it: it reads no adapter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limited {
    /// Whose it is; it may use every known name.
    pub(crate) by: String,
    /// So much of the posting's `amount` may hold for them on one business date, in yuan.
    pub(crate) most: String,
}

impl Story {
    /// Whose ledger says what the payer was debited.
    pub(crate) fn payer(&self) -> &str {
        self.payer.as_deref().unwrap_or(CORE)
    }
}

/// One ask.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    /// The service.
    pub(crate) service: String,
    /// Its fields.
    pub(crate) with: Value,
}
