//! The parties of a campaign at work: their worlds, the faults that they make by themselves, questions to their ledgers.
//!
//! In: the ground, the core that they run on. Out: [`Parties`]. It must not know whether world and gateway are simulated.

use super::ground::{Actor, Ground};
use super::moods::Moods;
use super::seed::Fell;
use conformance::faults::Dice;
use conformance::party::{Dated, Party, PartyTls};
use conformance::world::{Fault, FaultPlan, FaultRule};
use link::Core;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::Notify;

/// Who rings a bell when a request of which of its calls has come.
#[derive(Clone)]
pub(super) struct Listens<'a> {
    pub(super) folder: &'a str,
    pub(super) calls: BTreeSet<String>,
    pub(super) bell: Arc<Notify>,
}

/// All of them.
pub(super) struct Parties<'g> {
    ground: &'g Ground,
    known: BTreeMap<String, Party>,
}

impl<'g> Parties<'g> {
    /// All at work, their worlds copies of the templates.
    pub(super) async fn open(ground: &'g Ground, core: &Core, folder: &Path) -> Result<Self, String> {
        let mut known = BTreeMap::new();
        for actor in &ground.cast {
            known.insert(actor.folder.clone(), Self::party(actor, core, folder).await?);
        }
        Ok(Self { ground, known })
    }

    async fn party(actor: &Actor, core: &Core, folder: &Path) -> Result<Party, String> {
        let source = actor.source(folder)?;
        let party = Party::start(core, source, &actor.config, &PartyTls::default()).await;
        let party = party.map_err(|error| format!("{}: {error}", actor.folder))?;
        for (link, address) in &actor.calls {
            party.calls_at(link, address);
        }
        Ok(party)
    }

    /// Faults that parties make by themselves from now on, first of all those of their moods; `listens`: who tells what it hears.
    pub(super) fn make_faults(&self, dice: &Dice, on: bool, mut moods: Moods, listens: Option<&Listens<'_>>) {
        for (actor, place) in self.ground.cast.iter().zip(1_u64..) {
            let Some(party) = self.known.get(&actor.folder) else { continue };
            let mut rules = Vec::new();
            if on {
                rules.extend(moods.faults.remove(&actor.folder).unwrap_or_default());
                rules.extend(actor.faults().into_iter().map(|fault| rule(dice, fault)));
            }
            let plan = FaultPlan::new(dice.below(u64::MAX) ^ place, rules);
            let here = listens.filter(|listens| listens.folder == actor.folder);
            party.set_faults(match here.cloned() {
                Some(Listens { calls, bell, .. }) => plan.ringing(calls, Arc::new(move || bell.notify_one())),
                None => plan,
            });
        }
    }

    /// Faults that parties made.
    pub(super) fn faults_made(&self) -> u64 {
        self.known.values().map(|party| party.counts().faults.load(Ordering::Relaxed)).sum()
    }

    /// The same with their time, call and name.
    pub(super) fn fell(&self) -> Vec<Fell> {
        let mut all = Vec::new();
        for actor in &self.ground.cast {
            let fell = self.known.get(&actor.folder).map(Party::fell).unwrap_or_default();
            let on = |call| Some((actor.module.clone(), Some(call)));
            all.extend(fell.into_iter().map(|(at, call, what)| Fell { at, on: on(call), what }));
        }
        all
    }

    /// What the messages that a party took said of days.
    pub(super) fn dated(&self, folder: &str) -> Vec<Dated> {
        self.known.get(folder).map(Party::dated).unwrap_or_default()
    }

    /// What parties could not do that they ought to, and rules of their worlds that are broken.
    pub(super) fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for (folder, party) in &self.known {
            let failure = party.last_failure();
            if !failure.is_empty() {
                broken.push(format!("{folder}: the simulation: {failure}"));
            }
            let rules = party.broken_rules().unwrap_or_else(|error| vec![error.to_string()]);
            broken.extend(rules.into_iter().map(|rule| format!("{folder}: its own books: {rule}")));
        }
        broken
    }

    /// The first row of a question to a party's world.
    pub(super) fn question(
        &self,
        folder: &str,
        sql: &str,
        known: &Map<String, Value>,
    ) -> Result<Option<Map<String, Value>>, String> {
        let party = self.known.get(folder).ok_or_else(|| format!("there is no party {folder}"))?;
        let rows = party.question_with(sql, known).map_err(|error| format!("{folder}: {error}"))?;
        Ok(rows.into_iter().next())
    }
}

fn rule(dice: &Dice, fault: Fault) -> FaultRule {
    let rates = [0, 0, 30, 100, 400];
    let place = usize::try_from(dice.below(rates.len() as u64)).unwrap_or(0);
    let of_10000 = rates.get(place).copied().unwrap_or(0);
    FaultRule { call: None, holding: None, fault, of_10000, at: Vec::new() }
}
