//! What a simulated disk holds, and how a write that may be taken changes it.

use super::leased::HeldBy;
use super::old::OldDays;
use super::{CrashPoint, DiskBug};
use crate::check::{Holder, Look, check, place};
use crate::days::KeepFrom;
use crate::model::{Day, End, FlowId, Key, Moment, OperationState};
use crate::parameter::{ParameterChange, ParameterName};
use crate::read::{EventRow, FileRow, FlowRow, OperationRow, RefusedRow};
use crate::write::{
    Change, FORGOTTEN, FlowAsked, FlowPut, Hold, Lane, Notice, NumberBlock, OperationPut, Outcome, Session,
    Write, Written,
};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

/// One state that an operation was in.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) place: u64,
    pub(super) state: OperationState,
    pub(super) copies: u32,
    pub(super) at: Moment,
    pub(super) reply: Option<Vec<u8>>,
    pub(super) answered: Option<Vec<u8>>,
}

#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) row: OperationRow,
    pub(super) began: u64,
    pub(super) steps: Vec<Step>,
}

impl Operation {
    /// As it stood before a place of the journal.
    pub(super) fn before(&self, bound: u64) -> OperationRow {
        let mut row = self.row.clone();
        for step in self.steps.iter().take_while(|step| step.place < bound) {
            row.state = step.state;
            row.copies = step.copies;
            row.changed = step.at;
            if step.reply.is_some() {
                row.reply.clone_from(&step.reply);
            }
            if step.answered.is_some() {
                row.answered.clone_from(&step.answered);
            }
        }
        row
    }
}

#[derive(Clone, Default)]
pub(super) struct Disk {
    pub(super) bug: Option<DiskBug>,
    /// As it stood before the last commit, where a bug needs it.
    last: Option<Box<Disk>>,
    pub(super) epoch: u64,
    /// Who holds it, where that is under a lease.
    pub(super) holder: Option<HeldBy>,
    pub(super) written_under: Vec<u64>,
    /// Writes that were refused since another holds it.
    pub(super) fenced: u64,
    pub(super) crash: Option<(u64, CrashPoint)>,
    pub(super) crash_in: Option<(OperationState, u64, CrashPoint)>,
    pub(super) full: bool,
    /// How many numbers it gives at most; none then while it is full.
    pub(super) few: Option<u64>,
    pub(super) commits: u64,
    pub(super) syncs_failed: u64,
    /// What a sync that failed has left all the same.
    unsynced: Vec<Write>,
    pub(super) sequence: u64,
    pub(super) keys: BTreeMap<Key, Option<FlowId>>,
    pub(super) flows: BTreeMap<FlowId, FlowRow>,
    pub(super) asked: BTreeMap<FlowId, Vec<u8>>,
    pub(super) children: BTreeSet<(FlowId, u64, FlowId)>,
    pub(super) operations: BTreeMap<u64, Operation>,
    pub(super) names: BTreeMap<(FlowId, String), u64>,
    pub(super) found: BTreeMap<(String, [u8; 32]), BTreeSet<u64>>,
    pub(super) flows_found: BTreeMap<(String, [u8; 32]), BTreeSet<FlowId>>,
    pub(super) events: BTreeMap<(FlowId, u64), EventRow>,
    pub(super) used: BTreeMap<(Day, String), u64>,
    pub(super) held: BTreeMap<Hold, u64>,
    pub(super) notices: BTreeMap<(FlowId, String), Notice>,
    pub(super) counters: BTreeMap<(String, Day), u64>,
    pub(super) refused: BTreeMap<u64, RefusedRow>,
    pub(super) sessions: BTreeMap<(String, String), Session>,
    pub(super) schedules: BTreeMap<(String, String), (Moment, Day)>,
    pub(super) files: BTreeMap<(String, crate::model::Direction, String), FileRow>,
    pub(super) once: BTreeMap<(String, Vec<u8>), Moment>,
    pub(super) parameters: BTreeMap<u64, ParameterChange>,
    pub(super) versions: BTreeMap<[u8; 32], Vec<u8>>,
    /// Operations that ever were: their numbers are not used twice.
    numbered: u64,
    pub(super) old: OldDays,
}

impl Disk {
    /// Whether it gives no numbers, which are asked for there.
    pub(super) fn gives_none(&self, write: &Write) -> bool {
        self.few.is_some() && write.changes.iter().any(|change| matches!(change, Change::Numbers(_)))
    }

    /// Whether the commit that begins now crashes, and where; one that is planned for later comes nearer.
    pub(super) fn crashes(&mut self) -> Option<CrashPoint> {
        let (before, point) = self.crash?;
        self.crash = before.checked_sub(1).map(|before| (before, point));
        (before == 0).then_some(point)
    }

    /// The same of a crash that is planned for a state.
    pub(super) fn crashes_in(&mut self, group: &[Write]) -> Option<CrashPoint> {
        let (state, before, point) = self.crash_in?;
        let puts = |change: &Change| matches!(change, Change::PutOperation(put) if put.state == state);
        if !group.iter().flat_map(|write| &write.changes).any(puts) {
            return None;
        }
        self.crash_in = before.checked_sub(1).map(|before| (state, before, point));
        (before == 0).then_some(point)
    }

    /// A commit begins.
    pub(super) fn before_commit(&mut self) {
        if self.bug == Some(DiskBug::LosesLastCommit) {
            self.last = None;
            self.last = Some(Box::new(self.clone()));
        }
    }

    /// The sync of a commit fails; this is left of it.
    pub(super) fn sync_fails(&mut self, left: &[Write]) {
        self.syncs_failed += 1;
        let full = self.full;
        self.unsynced = left.iter().filter(|write| !full || write.lane == Lane::Outcome).cloned().collect();
    }

    /// Another holder opens the disk after a stop.
    pub(super) fn comes_up(&mut self) {
        for write in std::mem::take(&mut self.unsynced) {
            let Ok(against) = check(self, &write);
            if against.is_none() {
                self.apply(&write);
            }
        }
        if let Some(last) = self.last.take() {
            let (epoch, holder) = (self.epoch, self.holder.take());
            let (commits, syncs_failed, full) = (self.commits, self.syncs_failed, self.full);
            *self = Self { epoch, holder, commits, syncs_failed, full, ..*last };
        }
        if self.bug == Some(DiskBug::ForgetsNumbers) {
            self.counters.clear();
        }
    }

    /// The first of a write in which a crash falls.
    pub(super) fn tear(&mut self, write: &Write) {
        if self.bug == Some(DiskBug::TearsWrites) && write.changes.len() > 1 {
            let half = write.changes.iter().take(write.changes.len() / 2).cloned().collect();
            self.apply(&Write { changes: half, ..write.clone() });
        }
    }

    pub(super) fn apply(&mut self, write: &Write) -> Written {
        self.sequence += 1;
        if self.written_under.last() != Some(&write.epoch) {
            self.written_under.push(write.epoch);
        }
        let mut numbers = Vec::new();
        self.old.note(write);
        for (position, change) in write.changes.iter().enumerate() {
            self.change(place(self.sequence, position), write.at, change, &mut numbers);
        }
        Written { sequence: self.sequence, numbers }
    }

    fn change(&mut self, place: u64, at: Moment, change: &Change, numbers: &mut Vec<NumberBlock>) {
        match change {
            Change::InsertFlow(asked) => self.insert_flow(asked, at),
            Change::PutFlow(put) => self.put_flow(put, at),
            Change::PutOperation(put) => self.put_operation(put, place, at),
            Change::Event { flow, kind, body } => {
                let row =
                    EventRow { place, sequence: self.sequence, at, kind: kind.clone(), body: body.clone() };
                self.events.insert((*flow, place), row);
            }
            Change::Reserve { hold, amount, .. } => {
                if self.held.insert(hold.clone(), *amount).is_none() {
                    *self.used.entry((hold.day, hold.limit.clone())).or_default() += amount;
                }
            }
            Change::Release(hold) => {
                if let Some(amount) = self.held.remove(hold)
                    && let Some(used) = self.used.get_mut(&(hold.day, hold.limit.clone()))
                {
                    *used -= amount;
                }
            }
            Change::PutNotice(notice) | Change::DecideNotice(notice) => {
                self.notices.insert((notice.flow, notice.name.clone()), notice.clone());
            }
            Change::Numbers(request) => {
                let next = self.counters.entry((request.party.clone(), request.date)).or_insert(1);
                let (party, first) = (request.party.clone(), *next);
                let count = self.few.map_or(request.count, |most| request.count.min(most));
                *next += count;
                numbers.push(NumberBlock { party, date: request.date, first, count });
            }
            Change::RefusedInput(input) => {
                self.refused.insert(place, RefusedRow { at, input: input.clone() });
            }
            Change::PutSession { party, name, session } => {
                let key = (party.clone(), name.clone());
                match session {
                    Some(session) => self.sessions.insert(key, session.clone()),
                    None => self.sessions.remove(&key),
                };
            }
            Change::PutSchedule { party, job, last_run, day } => {
                self.schedules.insert((party.clone(), job.clone()), (*last_run, *day));
            }
            Change::PutFile(file) => {
                self.files.insert((file.party.clone(), file.direction, file.name.clone()), file.clone());
            }
            Change::CancelKey(key) => {
                self.keys.entry(key.clone()).or_insert(None);
            }
            Change::Once { scope, name, until } => {
                self.once.insert((scope.clone(), name.clone()), *until);
            }
            Change::Forget { before } => self.forget(*before),
            Change::KeepFrom(keep) => self.old.keep_from(keep, at),
            Change::ForgetRows => self.forget_rows(),
            Change::ForgetChain(day) => self.old.chain_goes(*day),
            // A simulated disk keeps no chains.
            Change::Carry(_) => {}
            Change::ProposeParameter(proposed) => {
                let change = ParameterChange { proposed: proposed.clone(), at, decided: None };
                self.parameters.insert(proposed.number, change);
            }
            Change::DecideParameter(decided) => {
                if let Some(change) = self.parameters.get_mut(&decided.number) {
                    change.decided = Some((decided.clone(), at));
                }
            }
            Change::PutVersion { hash, source } => {
                self.versions.entry(*hash).or_insert_with(|| source.clone());
            }
        }
    }

    fn forget(&mut self, before: Moment) {
        let old = self.refused.iter().filter(|(_, row)| row.at < before).map(|(place, _)| *place);
        for place in old.take(FORGOTTEN).collect::<Vec<_>>() {
            self.refused.remove(&place);
        }
        let over = self.once.iter().filter(|(_, until)| **until < before).map(|(name, _)| name.clone());
        for name in over.take(FORGOTTEN).collect::<Vec<_>>() {
            self.once.remove(&name);
        }
    }

    fn insert_flow(&mut self, asked: &FlowAsked, at: Moment) {
        self.keys.insert(asked.key.clone(), Some(asked.flow));
        self.asked.insert(asked.flow, asked.asked.clone());
        if let Some((parent, row)) = asked.parent {
            self.children.insert((parent, row, asked.flow));
        }
        let row = FlowRow {
            flow: asked.flow,
            name: asked.name.clone(),
            parent: asked.parent,
            key: asked.key.clone(),
            digest: asked.digest,
            version: asked.version,
            state: asked.state.clone(),
            end: None,
            wake: asked.wake,
            answer: None,
            opened: at,
            changed: at,
        };
        self.flows.insert(asked.flow, row);
        for found in &asked.found_by {
            self.flows_found.entry((found.name.clone(), found.hash)).or_default().insert(asked.flow);
        }
    }

    fn put_flow(&mut self, put: &FlowPut, at: Moment) {
        if let Some(row) = self.flows.get_mut(&put.flow) {
            row.state.clone_from(&put.state);
            row.end = put.end;
            row.wake = put.wake;
            row.changed = at;
            if put.answer.is_some() {
                row.answer.clone_from(&put.answer);
            }
        }
    }

    fn put_operation(&mut self, put: &OperationPut, place: u64, at: Moment) {
        let next = self.numbered + 1;
        let number = *self.names.entry((put.flow, put.name.clone())).or_insert(next);
        self.numbered = self.numbered.max(number);
        let began = self.sequence;
        let operation = self.operations.entry(number).or_insert_with(|| Operation {
            row: first(put, number, at),
            began,
            steps: Vec::new(),
        });
        operation.steps.push(Step {
            place,
            state: put.state,
            copies: put.copies,
            at,
            reply: put.reply.clone(),
            answered: put.answered.clone(),
        });
        for found in &put.found_by {
            self.found.entry((found.name.clone(), found.hash)).or_default().insert(number);
        }
    }
}

fn first(put: &OperationPut, number: u64, at: Moment) -> OperationRow {
    OperationRow {
        number,
        flow: put.flow,
        name: put.name.clone(),
        copies: 0,
        party: put.party.clone(),
        call: put.call.clone(),
        state: OperationState::Intent,
        date: put.date,
        serial: put.serial.clone(),
        amount: put.amount,
        request: put.request.clone(),
        reply: None,
        asked: put.asked.clone(),
        answered: None,
        opened: at,
        changed: at,
    }
}

impl Look for Disk {
    type Fault = Infallible;

    fn epoch(&self) -> u64 {
        self.epoch
    }

    fn oldest(&self) -> Day {
        self.old.oldest
    }

    fn held_back(&mut self, from: Day) -> Result<Option<FlowId>, Infallible> {
        Ok(self.not_through(from))
    }

    fn key(&mut self, key: &Key, (first, last): (Day, Day)) -> Result<Option<Holder>, Infallible> {
        if self.bug == Some(DiskBug::ForgetsKeys) || first > last {
            return Ok(None);
        }
        let days = Key { date: first, ..key.clone() }..=Key { date: last, ..key.clone() };
        let mut cancelled = None;
        for flow in self.keys.range(days).rev().map(|(_, flow)| flow) {
            match flow.and_then(|flow| self.flows.get(&flow)) {
                Some(row) => return Ok(Some(Holder::Flow(row.flow, row.digest))),
                None => cancelled = Some(Holder::Cancelled),
            }
        }
        Ok(cancelled)
    }

    fn flow_end(&mut self, flow: FlowId) -> Result<Option<Option<End>>, Infallible> {
        Ok(self.flows.get(&flow).map(|row| row.end))
    }

    fn operation(&mut self, flow: FlowId, name: &str) -> Result<Option<OperationState>, Infallible> {
        let number = self.names.get(&(flow, name.to_owned()));
        let operation = number.and_then(|number| self.operations.get(number));
        Ok(operation.and_then(|operation| operation.steps.last()).map(|step| step.state))
    }

    fn limit_used(&mut self, limit: &str, day: Day) -> Result<u64, Infallible> {
        Ok(self.used.get(&(day, limit.to_owned())).copied().unwrap_or(0))
    }

    fn held(&mut self, hold: &Hold) -> Result<Option<u64>, Infallible> {
        Ok(self.held.get(hold).copied())
    }

    fn once_until(&mut self, scope: &str, name: &[u8]) -> Result<Option<Moment>, Infallible> {
        Ok(self.once.get(&(scope.to_owned(), name.to_vec())).copied())
    }

    fn next_number(&mut self, party: &str, date: Day) -> Result<u64, Infallible> {
        Ok(self.counters.get(&(party.to_owned(), date)).copied().unwrap_or(1))
    }

    /// A simulated disk exports nothing.
    fn is_exported(&mut self, keep: &KeepFrom) -> Result<bool, Infallible> {
        Ok(keep.export.is_none())
    }

    fn notice(&mut self, flow: FlowId, name: &str) -> Result<Option<Outcome>, Infallible> {
        Ok(self.notices.get(&(flow, name.to_owned())).map(|notice| notice.outcome))
    }

    fn proposed(&mut self, number: u64) -> Result<Option<(String, bool)>, Infallible> {
        let change = self.parameters.get(&number);
        Ok(change.map(|change| (change.proposed.by.clone(), change.decided.is_none())))
    }

    fn waits(&mut self, parameter: &ParameterName) -> Result<Option<u64>, Infallible> {
        let mut open = self.parameters.values().filter(|change| change.decided.is_none());
        let found = open.find(|change| change.proposed.parameter == *parameter);
        Ok(found.map(|change| change.proposed.number))
    }
}
