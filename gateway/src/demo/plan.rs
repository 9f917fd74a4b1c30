//! The plan of the demonstration, as data.

use conformance::world::FaultRule;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// Seconds of business of a demonstration.
const SECONDS: u64 = 8;

/// `demo.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// How many times faster than the world the clock runs.
    pub(crate) clock_scale: u32,
    /// What is otherwise where all parties are asked for.
    pub(crate) with_all: WithAll,
    /// The parties, in the order of the table.
    pub(crate) parties: Vec<PartyPlan>,
    /// What must agree at the end.
    pub(crate) books: Vec<BookPlan>,
    /// Of the decisions of people every so many is a refusal; 0: none.
    #[serde(default)]
    pub(crate) people_refuse_every: u64,
}

/// What is otherwise in a demonstration of all parties.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithAll {
    /// How many times faster than the world the clock runs.
    clock_scale: u32,
    /// Seconds of business.
    seconds: u64,
    /// Milliseconds between two stories of a customer, where the party says nothing of its own.
    pause: u64,
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
    /// It is there only where all parties are asked for, or it by its name.
    pub(crate) only_with_all: bool,
    /// Settings of the adapter, over its `party.yaml`.
    pub(crate) settings: BTreeMap<String, String>,
    /// Faults that it makes.
    pub(crate) faults: Vec<FaultRule>,
    /// Customers at once.
    pub(crate) customers: usize,
    /// Milliseconds between two stories of a customer.
    pub(crate) pause: Option<u64>,
    /// What channels ask of it.
    pub(crate) traffic: Vec<Story>,
    /// What it begins itself: acts of its world, and how many times each in the demonstration.
    pub(crate) acts: BTreeMap<String, u32>,
    /// The same for acts that take values.
    pub(crate) acts_with: BTreeMap<String, Begun>,
    /// What it does wrong on purpose for a while where all parties are asked for: the others are not to notice.
    pub(crate) misbehaves: Option<Misbehaviour>,
    /// A packet of it is kept for people to decode (what goes to it is not ciphered).
    pub(crate) packets: bool,
    /// A question to its own file for what it still waits for: one number, 0 at the end.
    pub(crate) open: Option<String>,
}

/// An act that takes values.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Begun {
    /// How many times.
    pub(crate) times: u32,
    /// Values drawn from the worlds, as in a story; where a question gives no row, nothing is begun that time.
    #[serde(default)]
    pub(crate) draw: BTreeMap<String, String>,
    /// What the act is given; `{name}` is a drawn value, `{reference}` one that nobody had.
    #[serde(default)]
    pub(crate) with: Map<String, Value>,
}

/// What a party does wrong on purpose, in the middle third of the business.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Misbehaviour {
    /// In a word or two, for the table: `stalled`.
    pub(crate) how: String,
    /// Faults in place of its usual ones.
    #[serde(default)]
    pub(crate) faults: Vec<FaultRule>,
    /// An act that it does without a pause.
    pub(crate) flood: Option<Flood>,
}

/// An act done as fast as it can be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flood {
    /// The act.
    pub(crate) act: String,
    /// How many at once.
    pub(crate) at_once: usize,
    /// What it is given.
    #[serde(default)]
    pub(crate) with: Map<String, Value>,
}

/// What a customer does, from the first question to the last.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Story {
    /// How often, beside the others.
    pub(crate) weight: u32,
    /// Values drawn from the worlds, by folder: the columns of one row of a question; where it gives none, the story is not told.
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
    /// Seconds of business where nothing else is said.
    pub(crate) fn seconds(&self, all: bool) -> u64 {
        if all { self.with_all.seconds } else { SECONDS }
    }

    /// The modules of those that misbehave.
    pub(crate) fn misbehaving(&self) -> Vec<String> {
        let those = self.parties.iter().filter(|party| party.misbehaves.is_some());
        those.map(|party| party.folder.replace('-', "_")).collect()
    }

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

    /// Reads the plan; with `only`, leaves out the parties that are not named, and the books that need them; without `all`,
    /// those that are there only then, and all misbehaviour.
    pub(crate) fn read(path: &Path, only: &[String], all: bool) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut plan: Self =
            serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        plan.parties.retain(|party| match only {
            [] => all || !party.only_with_all,
            only => party.always || only.contains(&party.folder),
        });
        for party in &mut plan.parties {
            if all {
                party.pause = party.pause.or(Some(plan.with_all.pause));
            } else {
                party.misbehaves = None;
            }
        }
        if all {
            plan.clock_scale = plan.with_all.clock_scale;
        }
        let there: Vec<String> = plan.parties.iter().map(|party| party.folder.clone()).collect();
        let known = |file: &String| file == "journal" || there.contains(file);
        plan.books.retain(|book| there.contains(&book.of) && book.between.keys().all(known));
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn plan(only: &[&str], all: bool) -> Plan {
        let conformance = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance"));
        let only: Vec<String> = only.iter().map(|folder| (*folder).to_owned()).collect();
        let plan = Plan::read(&conformance.join("demo/demo.yaml"), &only, all).expect("the plan");
        for party in &plan.parties {
            assert!(conformance.join("simulators").join(&party.folder).is_dir(), "{}", party.folder);
        }
        plan
    }

    #[test]
    fn most_parties_are_there_only_with_all() {
        let (some, all) = (plan(&[], false), plan(&[], true));
        assert!(some.parties.iter().all(|party| !party.only_with_all && party.misbehaves.is_none()));
        assert!(all.parties.len() > some.parties.len() && all.books.len() > some.books.len());
        assert_eq!(all.misbehaving().len(), 3);
        assert!(all.clock_scale < some.clock_scale && all.seconds(true) > some.seconds(false));
        let without = all.parties.iter().filter(|party| all.books.iter().all(|book| book.of != party.folder));
        assert_eq!(without.map(|party| &*party.folder).collect::<Vec<_>>(), Vec::<&str>::new());
    }

    #[test]
    fn one_party_alone_is_asked_for_by_its_name() {
        let all = plan(&[], true);
        let of = |party: &&PartyPlan| party.only_with_all && !party.always;
        let wanted = all.parties.iter().find(of).map(|party| party.folder.clone()).expect("a party");
        let alone = plan(&[&wanted], false);
        let there = |folder: &str| {
            folder == wanted || all.parties.iter().any(|party| party.always && party.folder == folder)
        };
        assert!(alone.parties.iter().any(|party| party.folder == wanted));
        assert!(alone.parties.iter().all(|party| there(&party.folder)));
        assert!(alone.books.iter().all(|book| there(&book.of)));
    }
}
