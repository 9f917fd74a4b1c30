//! Old days of a simulated disk: which are kept, which are on their way, and the taking out of their rows.
//!
//! In: what is written. Out: the disk without what is forgotten. A simulated disk keeps no chains, so that nothing is proved
//! or exported here; what may be forgotten, and what is refused then, is the same as elsewhere.

use super::disk::Disk;
use super::read::MemoryReader;
use crate::days::{
    DayVerified, Days, Export, ForgottenDay, KeepFrom, Leaving, Pieces, Progress, chain_of, touched,
};
use crate::model::{Day, FlowId, Moment};
use crate::write::{FORGOTTEN, FORGOTTEN_FLOWS, Fatal, Hold, Outcome, Write};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What is known of days beside their rows.
#[derive(Clone, Default)]
pub(super) struct OldDays {
    pub(super) oldest: Day,
    /// Dates that something was written for.
    dates: BTreeSet<Day>,
    /// The first and the last day of each flow.
    spans: BTreeMap<FlowId, (Day, Day)>,
    forgotten: BTreeMap<Day, ForgottenDay>,
}

impl OldDays {
    pub(super) fn note(&mut self, write: &Write) {
        let chain = chain_of(write, self.oldest);
        self.dates.insert(chain);
        for (flow, until) in touched(write, chain) {
            let (first, last) = self.spans.entry(flow).or_insert((chain, until));
            *first = chain.min(*first);
            *last = until.max(*last);
        }
    }

    pub(super) fn keep_from(&mut self, keep: &KeepFrom, at: Moment) {
        let gone: Vec<Day> =
            self.dates.range(Day(1)..keep.from).filter(|date| **date >= self.oldest).copied().collect();
        for date in gone {
            let export = keep.export.as_ref().map(|export| (export.name.clone(), export.sha256));
            let day = ForgottenDay { date, at, by: keep.by.clone(), export, gone: false };
            self.forgotten.insert(date, day);
            self.dates.remove(&date);
        }
        self.oldest = keep.from;
    }

    pub(super) fn chain_goes(&mut self, day: Day) {
        if let Some(day) = self.forgotten.get_mut(&day) {
            day.gone = true;
        }
    }
}

impl Disk {
    pub(super) fn not_through(&self, from: Day) -> Option<FlowId> {
        let touches = |flow: &FlowId| {
            self.old.spans.get(flow).is_some_and(|(first, _)| *first < from)
                || self.flows.get(flow).is_some_and(|row| row.key.date < from)
        };
        let open = self.flows.values().filter(|row| row.end.is_none()).map(|row| row.flow);
        let owed =
            self.notices.values().filter(|notice| matches!(notice.outcome, Outcome::Due | Outcome::Parked));
        open.chain(owed.map(|notice| notice.flow)).find(touches)
    }

    fn ended_before(&self, oldest: Day) -> impl Iterator<Item = FlowId> {
        let spans = self.old.spans.iter().filter(move |(_, (first, last))| first.0 > 0 && *last < oldest);
        spans.map(|(flow, _)| *flow).filter(|flow| self.flows.get(flow).is_some_and(|row| row.end.is_some()))
    }

    fn has_old_rows(&self) -> bool {
        let oldest = self.old.oldest;
        let old = |date: Day| date.0 > 0 && date < oldest;
        self.ended_before(oldest).next().is_some()
            || self.counters.keys().any(|(_, date)| old(*date))
            || self.keys.iter().any(|(key, flow)| flow.is_none() && old(key.date))
    }

    pub(super) fn forget_rows(&mut self) {
        let oldest = self.old.oldest;
        let flows: Vec<FlowId> = self.ended_before(oldest).take(FORGOTTEN_FLOWS).collect();
        for flow in flows {
            self.forget_flow(flow);
        }
        let old = |date: Day| date.0 > 0 && date < oldest;
        let cancelled = self.keys.iter().filter(|(key, flow)| flow.is_none() && old(key.date));
        for key in cancelled.take(FORGOTTEN).map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            self.keys.remove(&key);
        }
        self.counters.retain(|(_, date), _| !old(*date));
        self.used.retain(|(day, _), used| *used > 0 || !old(*day));
    }

    fn forget_flow(&mut self, flow: FlowId) {
        if let Some(row) = self.flows.remove(&flow) {
            self.keys.remove(&row.key);
        }
        self.asked.remove(&flow);
        self.children.retain(|(_, _, child)| *child != flow);
        self.events.retain(|(of, _), _| *of != flow);
        self.notices.retain(|(of, _), _| *of != flow);
        self.names.retain(|(of, _), _| *of != flow);
        self.operations.retain(|_, operation| operation.row.flow != flow);
        let operations = &self.operations;
        self.found.values_mut().for_each(|numbers| numbers.retain(|number| operations.contains_key(number)));
        self.flows_found.values_mut().for_each(|flows| flows.retain(|known| *known != flow));
        let holds = self.held.iter().filter(|(hold, _)| hold.flow == flow);
        for (hold, amount) in holds.map(|(hold, amount)| (hold.clone(), *amount)).collect::<Vec<_>>() {
            self.held.remove(&hold);
            // What counts for ever counts on.
            if hold.day == Day(0) {
                *self.held.entry(Hold::of_forgotten(hold.limit)).or_default() += amount;
            } else if let Some(used) = self.used.get_mut(&(hold.day, hold.limit)) {
                *used -= amount;
            }
        }
        self.old.spans.remove(&flow);
    }
}

impl Days for MemoryReader {
    fn kept_from(&mut self) -> Result<Day, Fatal> {
        Ok(self.disk().old.oldest)
    }

    fn oldest_day(&mut self) -> Result<Option<Day>, Fatal> {
        Ok(self.disk().old.dates.range(Day(1)..).next().copied())
    }

    /// A simulated disk keeps no chains.
    fn next_day(&mut self, _after: Day) -> Result<Option<Day>, Fatal> {
        Ok(None)
    }

    fn verify_day(&mut self, _day: Day, _told: Progress<'_>) -> Result<DayVerified, Fatal> {
        Ok(DayVerified::default())
    }

    fn held_back(&mut self, from: Day) -> Result<Option<FlowId>, Fatal> {
        Ok(self.disk().not_through(from))
    }

    fn leaving(&mut self) -> Result<Leaving, Fatal> {
        let disk = self.disk();
        if disk.has_old_rows() {
            return Ok(Leaving::Rows);
        }
        let chain = disk.old.forgotten.values().find(|day| !day.gone);
        Ok(chain.map_or(Leaving::Nothing, |day| Leaving::Chain(day.date)))
    }

    fn chains_go_whole(&self) -> bool {
        true
    }

    fn has_refused(&mut self, before: Moment) -> Result<bool, Fatal> {
        let disk = self.disk();
        let refused = disk.refused.values().any(|row| row.at < before);
        Ok(refused || disk.once.values().any(|until| *until < before))
    }

    fn carried(&mut self, _day: Day) -> Result<Pieces, Fatal> {
        Ok(Pieces::none())
    }

    fn forgotten(&mut self, most: usize) -> Result<Vec<ForgottenDay>, Fatal> {
        Ok(self.disk().old.forgotten.values().rev().take(most).cloned().collect())
    }

    fn export(&mut self, _day: Day, _to: &Path, _told: Progress<'_>) -> Result<Export, Fatal> {
        Ok(Export::Nothing("a simulated disk keeps no chain that would prove it".to_owned()))
    }
}
