//! What was counted of one system.

use super::books::Compared;
use super::plan::Plan;
use crate::stage::{How, Stage};
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What was counted of one system.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Its folder.
    pub(crate) name: String,
    /// Transactions: what channels asked of it, what it began itself; of a party that only answers, what it was asked.
    pub(crate) asked: u64,
    /// Told done.
    pub(crate) done: u64,
    /// Told refused.
    pub(crate) refused: u64,
    /// Told pending at first.
    pub(crate) pending: u64,
    /// Refusals by reason.
    pub(crate) reasons: BTreeMap<String, u64>,
    /// Microseconds of each, sorted at the end.
    pub(crate) micros: Vec<u64>,
    /// Of them, those whose middle fell into the while in which parties misbehaved.
    pub(crate) meanwhile: Vec<u64>,
    /// Of them, the others, where there was such a while.
    pub(crate) quiet: Vec<u64>,
    /// Messages of its flood.
    pub(crate) flood: u64,
    /// How it misbehaved on purpose.
    pub(crate) misbehaved: Option<String>,
    /// What it still waits for at the end, by its own file.
    pub(crate) waits: i64,
    /// Operations at it that were unknown for a while, and how they ended.
    pub(crate) unknown: BTreeMap<How, u64>,
    /// What did not work at all.
    pub(crate) failures: Vec<String>,
}

impl Tally {
    /// Nothing counted yet.
    pub(crate) fn of(name: &str) -> Self {
        Tally { name: name.to_owned(), ..Tally::default() }
    }

    /// A quantile in microseconds, of hundredths; none where nothing was timed.
    pub(crate) fn quantile(&self, hundredths: usize) -> Option<u64> {
        quantile(&self.micros, hundredths)
    }

    /// Its work failed, or was left open, and it did not misbehave itself.
    pub(crate) fn suffered(&self) -> bool {
        self.misbehaved.is_none() && (!self.failures.is_empty() || self.waits > 0)
    }

    /// Adds what another has counted of the same system.
    pub(crate) fn add(&mut self, part: Tally) {
        self.asked += part.asked;
        self.done += part.done;
        self.refused += part.refused;
        self.pending += part.pending;
        self.flood += part.flood;
        self.micros.extend(part.micros);
        self.meanwhile.extend(part.meanwhile);
        self.quiet.extend(part.quiet);
        self.failures.extend(part.failures);
        for (reason, count) in part.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
    }

    /// How many wait for an operator.
    pub(crate) fn parked(&self) -> u64 {
        self.unknown.get(&How::Parked).copied().unwrap_or(0)
    }
}

/// A quantile of sorted numbers, of hundredths.
pub(crate) fn quantile(sorted: &[u64], hundredths: usize) -> Option<u64> {
    sorted.get(sorted.len().saturating_sub(1) * hundredths / 100).copied()
}

/// A span in whole microseconds.
pub(crate) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// Adds what the parties and the journal know: messages that parties began, and how what was unknown ended.
pub(crate) fn complete(tallies: &mut Vec<Tally>, plan: &Plan, stage: &Stage, compared: &Compared) {
    for party in &plan.parties {
        let place = tallies.iter().position(|tally| tally.name == party.folder);
        let mut tally = place.map_or_else(|| Tally::of(&party.folder), |place| tallies.swap_remove(place));
        if let Some(player) = stage.player(&party.folder) {
            let counts = player.party.counts();
            let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
            tally.asked += count(&counts.begun);
            tally.done += count(&counts.begun_done);
            tally.refused += count(&counts.begun_refused);
            let took = counts.took.lock().unwrap_or_else(PoisonError::into_inner);
            // The party's clock runs faster than this machine's.
            tally.micros.extend(took.iter().map(|took| micros(*took / plan.clock_scale.max(1))));
            if party.traffic.is_empty() && count(&counts.begun) == 0 {
                tally.asked += count(&counts.judged);
                tally.done += count(&counts.done);
                tally.refused += count(&counts.refused);
            }
        }
        tally.micros.sort_unstable();
        tally.misbehaved = party.misbehaves.as_ref().map(|misbehaves| misbehaves.how.clone());
        tally.waits = super::traffic::waits(stage, &party.folder, party.open.as_deref());
        tally.failures.truncate(5);
        tally.unknown = compared.unknown.get(&party.folder.replace('-', "_")).cloned().unwrap_or_default();
        tallies.push(tally);
    }
    let order = |tally: &Tally| plan.parties.iter().position(|party| party.folder == tally.name);
    tallies.sort_by_key(order);
}
