//! The plan of the demonstration, as data.

use conformance::world::FaultRule;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// `demo.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// How many times faster than the world the clock runs.
    pub(crate) clock_scale: u32,
    /// The parties, in the order of the table.
    pub(crate) parties: Vec<PartyPlan>,
    /// What must agree at the end.
    pub(crate) books: Vec<BookPlan>,
    /// Of the decisions of people every so many is a refusal; 0: none.
    #[serde(default)]
    pub(crate) people_refuse_every: u64,
}

/// A party of the demonstration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PartyPlan {
    /// Its folder under `configs/` and under `conformance/simulators/`.
    pub(crate) folder: String,
    /// What is said of it when it is ready.
    pub(crate) shows: String,
    /// It is there whatever parties are asked for.
    pub(crate) always: bool,
    /// Settings of the adapter, over its `party.yaml`.
    pub(crate) settings: BTreeMap<String, String>,
    /// Faults that it makes.
    pub(crate) faults: Vec<FaultRule>,
    /// Customers at once.
    pub(crate) customers: usize,
    /// What channels ask of it.
    pub(crate) traffic: Vec<Story>,
    /// What it begins itself: acts of its world, and how many times each in the demonstration.
    pub(crate) acts: BTreeMap<String, u32>,
    /// A packet of it is kept for people to decode (what goes to it is not ciphered).
    pub(crate) packets: bool,
    /// A question to its own file for what it still waits for: one number, 0 at the end.
    pub(crate) open: Option<String>,
}

/// What a customer does, from the first question to the last.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Story {
    /// How often, beside the others.
    pub(crate) weight: u32,
    /// Values drawn from the worlds, by folder: the columns of one row of a question.
    #[serde(default)]
    pub(crate) draw: BTreeMap<String, String>,
    /// What is asked, in order; a refusal ends the story.
    pub(crate) asks: Vec<Ask>,
}

/// One ask of a story.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    /// The service.
    pub(crate) service: String,
    /// Its fields; `{name}` is a drawn value, `{0.due}` a field of the first answer, `{0.items|id,due}` those fields of
    /// each row, `{reference}` a reference that nobody had.
    pub(crate) with: Value,
    /// Sent twice under one reference, to show that it has one effect.
    #[serde(default)]
    pub(crate) twice: bool,
}

/// Two books that must agree, each read from its own file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BookPlan {
    /// The party whose line of the table tells it.
    pub(crate) of: String,
    /// What is compared.
    pub(crate) what: String,
    /// File (`journal`, or a party's folder) to question: `serial` and `amount` (fen) of what holds there. Two of them.
    pub(crate) between: BTreeMap<String, String>,
}

impl Plan {
    /// Takes settings of parties, `PARTY.setting=value`.
    pub(crate) fn choose(&mut self, variants: &[String]) -> Result<(), String> {
        for said in variants {
            let wrong = || format!("`{said}`: a variant is PARTY.setting=value");
            let (place, value) = said.split_once('=').ok_or_else(wrong)?;
            let (party, setting) = place.split_once('.').ok_or_else(wrong)?;
            let party = self.parties.iter_mut().find(|known| known.folder == party).ok_or_else(wrong)?;
            party.settings.insert(setting.to_owned(), value.to_owned());
        }
        Ok(())
    }

    /// Reads the plan; with `only`, leaves out the parties that are not named, and the books that need them.
    pub(crate) fn read(path: &Path, only: &[String]) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut plan: Self =
            serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        if !only.is_empty() {
            plan.parties.retain(|party| party.always || only.contains(&party.folder));
        }
        let there: Vec<String> = plan.parties.iter().map(|party| party.folder.clone()).collect();
        let known = |file: &String| file == "journal" || there.contains(file);
        plan.books.retain(|book| there.contains(&book.of) && book.between.keys().all(known));
        Ok(plan)
    }
}
