//! Reads of a simulated disk.

use super::MemoryDisk;
use super::disk::Disk;
use crate::check::place;
use crate::model::{Day, Direction, FlowId, Key, Moment};
use crate::parameter::ParameterChange;
use crate::read::{
    AsOf, AskedRow, EventRow, FileRow, FlowRow, FlowsOfDay, LimitUse, NoticeRow, OperationCount,
    OperationRow, PAGE, Page, Reader, RefusedCount, RefusedRow, StateRow,
};
use crate::write::{Fatal, Outcome, Session};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::MutexGuard;

pub(super) struct MemoryReader {
    disk: MemoryDisk,
}

impl MemoryReader {
    pub(super) fn new(disk: MemoryDisk) -> Self {
        Self { disk }
    }

    pub(super) fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock()
    }
}

const ALL: u64 = u64::MAX;

impl Reader for MemoryReader {
    fn sequence(&mut self) -> Result<u64, Fatal> {
        Ok(self.disk.lock().sequence)
    }

    fn open_flows(&mut self, after: FlowId, most: usize) -> Result<Vec<FlowRow>, Fatal> {
        let disk = self.disk.lock();
        let rows = disk.flows.range((Excluded(after), Unbounded)).map(|(_, row)| row);
        Ok(rows.filter(|row| row.end.is_none()).take(most.min(PAGE)).cloned().collect())
    }

    fn flows_before(
        &mut self,
        before: Option<FlowId>,
        date: Option<Day>,
        most: usize,
    ) -> Result<Vec<FlowRow>, Fatal> {
        let disk = self.disk.lock();
        let rows = disk.flows.range(..before.unwrap_or(FlowId(ALL))).rev().map(|(_, row)| row);
        Ok(rows
            .filter(|row| date.is_none_or(|day| row.key.date == day))
            .take(most.min(PAGE))
            .cloned()
            .collect())
    }

    fn flows_of_day(&mut self, query: &FlowsOfDay<'_>) -> Result<Vec<FlowRow>, Fatal> {
        let disk = self.disk.lock();
        let rows = disk.flows.range((Excluded(query.after), Unbounded)).map(|(_, row)| row).filter(|row| {
            let key = &row.key;
            key.date == query.date
                && key.party == query.party
                && key.direction == query.direction
                && key.once.starts_with(query.prefix)
        });
        Ok(rows.take(query.most.min(PAGE)).cloned().collect())
    }

    fn flows_found_by(&mut self, name: &str, hash: &[u8; 32], most: usize) -> Result<Vec<FlowRow>, Fatal> {
        let disk = self.disk.lock();
        let flows = disk.flows_found.get(&(name.to_owned(), *hash)).into_iter().flatten().rev();
        Ok(flows.filter_map(|flow| disk.flows.get(flow)).take(most.min(PAGE)).cloned().collect())
    }

    fn flow(&mut self, flow: FlowId) -> Result<Option<FlowRow>, Fatal> {
        Ok(self.disk.lock().flows.get(&flow).cloned())
    }

    fn asked(&mut self, flow: FlowId) -> Result<Option<AskedRow>, Fatal> {
        Ok(self.disk.lock().asked.get(&flow).map(|asked| AskedRow { flow, asked: asked.clone() }))
    }

    fn flow_by_key(&mut self, key: &Key, since: Day) -> Result<Option<(Day, Option<FlowId>)>, Fatal> {
        let disk = self.disk.lock();
        let days = Key { date: since.min(key.date), ..key.clone() }..=key.clone();
        Ok(disk.keys.range(days).next_back().map(|(key, flow)| (key.date, *flow)))
    }

    fn children(
        &mut self,
        parent: FlowId,
        name: &str,
        from: u64,
        most: usize,
    ) -> Result<Vec<FlowRow>, Fatal> {
        let disk = self.disk.lock();
        let rows = disk.children.range((parent, from, FlowId(0))..=(parent, ALL, FlowId(ALL)));
        let rows = rows.filter_map(|(_, _, flow)| disk.flows.get(flow)).filter(|row| row.name == name);
        Ok(rows.take(most.min(PAGE)).cloned().collect())
    }

    fn has_open_children(&mut self, parent: FlowId) -> Result<bool, Fatal> {
        let disk = self.disk.lock();
        let mut rows = disk.children.range((parent, 0, FlowId(0))..=(parent, ALL, FlowId(ALL)));
        Ok(rows.any(|(_, _, flow)| disk.flows.get(flow).is_some_and(|row| row.end.is_none())))
    }

    fn operations(&mut self, flow: FlowId) -> Result<Vec<OperationRow>, Fatal> {
        let disk = self.disk.lock();
        let named = disk.names.range((flow, String::new())..).take_while(|((of, _), _)| *of == flow);
        let numbers: BTreeSet<u64> = named.map(|(_, number)| *number).collect();
        let rows = numbers.iter().filter_map(|number| disk.operations.get(number));
        Ok(rows.take(PAGE).map(|operation| operation.before(ALL)).collect())
    }

    fn operation_states(&mut self, flow: FlowId) -> Result<Vec<StateRow>, Fatal> {
        let disk = self.disk.lock();
        let named = disk.names.range((flow, String::new())..).take_while(|((of, _), _)| *of == flow);
        let operations = named.filter_map(|(_, number)| disk.operations.get(number));
        let mut rows: Vec<(u64, StateRow)> = operations
            .flat_map(|operation| {
                operation.steps.iter().map(|step| {
                    let (sequence, name) = (step.place / place(1, 0), operation.row.name.clone());
                    let row =
                        StateRow { name, state: step.state, copies: step.copies, sequence, at: step.at };
                    (step.place, row)
                })
            })
            .collect();
        rows.sort_by_key(|(place, _)| *place);
        Ok(rows.into_iter().take(PAGE).map(|(_, row)| row).collect())
    }

    fn operations_of_day(&mut self, query: &AsOf<'_>) -> Result<Page, Fatal> {
        let disk = self.disk.lock();
        let after = disk.operations.get(&query.after).map_or("", |operation| operation.row.serial.as_str());
        let mut found: BTreeMap<(&str, u64), OperationRow> = BTreeMap::new();
        let bound = place(query.sequence.min(ALL >> 14) + 1, 0);
        for (number, operation) in &disk.operations {
            let row = &operation.row;
            let wanted = row.date == query.date
                && row.party == query.party
                && query.call.is_none_or(|call| row.call == call)
                && operation.began <= query.sequence
                && (row.serial.as_str(), *number) > (after, query.after);
            if wanted {
                found.insert((&row.serial, *number), operation.before(bound));
            }
        }
        let most = query.most.min(PAGE);
        let rows: Vec<OperationRow> = found.into_values().take(most).collect();
        let next = rows.last().map(|row| row.number).filter(|_| rows.len() == most);
        Ok(Page { rows, next })
    }

    fn found_by(&mut self, name: &str, hash: &[u8; 32], most: usize) -> Result<Vec<OperationRow>, Fatal> {
        let disk = self.disk.lock();
        let numbers = disk.found.get(&(name.to_owned(), *hash)).into_iter().flatten().rev();
        let rows = numbers.filter_map(|number| disk.operations.get(number));
        Ok(rows.take(most.min(PAGE)).map(|operation| operation.before(ALL)).collect())
    }

    fn by_serial(&mut self, party: &str, date: Day, serial: &str) -> Result<Option<OperationRow>, Fatal> {
        let disk = self.disk.lock();
        let mut all = disk.operations.values();
        let found = all.find(|operation| {
            let row = &operation.row;
            row.date == date && row.party == party && row.serial == serial
        });
        Ok(found.map(|operation| operation.before(ALL)))
    }

    fn stuck(&mut self, after: u64, most: usize) -> Result<Vec<OperationRow>, Fatal> {
        let disk = self.disk.lock();
        let rows =
            disk.operations.range((Excluded(after), Unbounded)).map(|(_, operation)| operation.before(ALL));
        Ok(rows.filter(|row| row.state.is_stuck()).take(most.min(PAGE)).collect())
    }

    fn counts(&mut self, date: Day) -> Result<Vec<OperationCount>, Fatal> {
        let disk = self.disk.lock();
        let mut counts = BTreeMap::new();
        for operation in disk.operations.values().filter(|operation| operation.row.date == date) {
            let row = operation.before(ALL);
            let sum = counts.entry((row.party, row.call, row.state)).or_insert((0_u64, 0_i64));
            sum.0 += 1;
            sum.1 += row.amount.unwrap_or(0);
        }
        let row =
            |((party, call, state), (count, amount))| OperationCount { party, call, state, count, amount };
        Ok(counts.into_iter().map(row).collect())
    }

    fn events(&mut self, flow: FlowId, from: u64, most: usize) -> Result<Vec<EventRow>, Fatal> {
        let disk = self.disk.lock();
        let rows = disk.events.range((flow, from)..=(flow, ALL)).map(|(_, row)| row.clone());
        Ok(rows.take(most.min(PAGE)).collect())
    }

    fn flows_with_notices_given_up(&mut self, after: FlowId, most: usize) -> Result<Vec<FlowRow>, Fatal> {
        let disk = self.disk.lock();
        let given_up = disk.notices.values().filter(|notice| notice.outcome == Outcome::Parked);
        let flows: BTreeSet<FlowId> =
            given_up.map(|notice| notice.flow).filter(|flow| *flow > after).collect();
        let rows = flows.iter().filter_map(|flow| disk.flows.get(flow));
        Ok(rows.take(most.min(PAGE)).cloned().collect())
    }

    fn notices(&mut self, flow: FlowId) -> Result<Vec<NoticeRow>, Fatal> {
        let disk = self.disk.lock();
        let rows = disk.notices.range((flow, String::new())..).map(|(_, notice)| notice);
        Ok(rows.take_while(|notice| notice.flow == flow).take(PAGE).cloned().collect())
    }

    fn notices_due_beside(
        &mut self,
        now: Moment,
        parties: &[String],
        most: usize,
    ) -> Result<Vec<NoticeRow>, Fatal> {
        let disk = self.disk.lock();
        let due = disk.notices.values().filter(|notice| notice.outcome == Outcome::Due && notice.due <= now);
        let mut rows: Vec<NoticeRow> =
            due.filter(|notice| !parties.contains(&notice.party)).cloned().collect();
        rows.sort_by(|a, b| (a.due, a.flow, &a.name).cmp(&(b.due, b.flow, &b.name)));
        rows.truncate(most.min(PAGE));
        Ok(rows)
    }

    fn limit_used(&mut self, limit: &str, day: Day) -> Result<u64, Fatal> {
        Ok(self.disk.lock().used.get(&(day, limit.to_owned())).copied().unwrap_or(0))
    }

    fn limits(&mut self, day: Day, most: usize) -> Result<Vec<LimitUse>, Fatal> {
        let disk = self.disk.lock();
        let rows = disk.used.iter().filter(|((of, _), _)| *of == day);
        let row =
            |((_, limit), used): (&(Day, String), &u64)| LimitUse { limit: limit.clone(), day, used: *used };
        Ok(rows.take(most.min(PAGE)).map(row).collect())
    }

    fn session(&mut self, party: &str, name: &str) -> Result<Option<Session>, Fatal> {
        Ok(self.disk.lock().sessions.get(&(party.to_owned(), name.to_owned())).cloned())
    }

    fn last_run(&mut self, party: &str, job: &str) -> Result<Option<(Moment, Day)>, Fatal> {
        Ok(self.disk.lock().schedules.get(&(party.to_owned(), job.to_owned())).copied())
    }

    fn file(&mut self, party: &str, direction: Direction, name: &str) -> Result<Option<FileRow>, Fatal> {
        Ok(self.disk.lock().files.get(&(party.to_owned(), direction, name.to_owned())).cloned())
    }

    fn files_of(&mut self, flow: FlowId) -> Result<Vec<FileRow>, Fatal> {
        let disk = self.disk.lock();
        let mut rows: Vec<FileRow> =
            disk.files.values().filter(|file| file.flow == Some(flow)).cloned().collect();
        rows.sort_by(|a, b| (a.direction, &a.name).cmp(&(b.direction, &b.name)));
        Ok(rows)
    }

    fn open_files(&mut self, most: usize) -> Result<Vec<FileRow>, Fatal> {
        let disk = self.disk.lock();
        let open = |file: &&FileRow| file.phase != FileRow::ENDED;
        Ok(disk.files.values().filter(open).take(most.min(PAGE)).cloned().collect())
    }

    fn refused_counts(&mut self, since: Moment) -> Result<Vec<RefusedCount>, Fatal> {
        let disk = self.disk.lock();
        let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for row in disk.refused.values().filter(|row| row.at >= since) {
            *counts.entry((&row.input.link, &row.input.fault)).or_default() += row.input.count;
        }
        let row = |((link, fault), count): ((&str, &str), u64)| RefusedCount {
            link: link.to_owned(),
            fault: fault.to_owned(),
            count,
        };
        Ok(counts.into_iter().map(row).collect())
    }

    fn refused(&mut self, most: usize) -> Result<Vec<RefusedRow>, Fatal> {
        Ok(self.disk.lock().refused.values().rev().take(most.min(PAGE)).cloned().collect())
    }

    fn parameter_changes(&mut self, after: u64, most: usize) -> Result<Vec<ParameterChange>, Fatal> {
        let disk = self.disk.lock();
        let later = disk.parameters.range((Excluded(after), Unbounded));
        Ok(later.take(most.min(PAGE)).map(|(_, change)| change.clone()).collect())
    }

    fn version(&mut self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, Fatal> {
        Ok(self.disk.lock().versions.get(hash).cloned())
    }

    fn pinned_versions(&mut self) -> Result<Vec<[u8; 32]>, Fatal> {
        let disk = self.disk.lock();
        let open = disk.flows.values().filter(|row| row.end.is_none());
        let versions: BTreeSet<[u8; 32]> = open.map(|row| row.version).collect();
        Ok(versions.into_iter().collect())
    }
}
