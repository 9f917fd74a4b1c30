//! Business records and the rows of their lists that are entered.
//!
//! A row that is entered stands for its own space one level deeper, and for `item`; the row entered before it, where
//! two lists go side by side, for `with`.

use adapters::value::Record;
use dsl::evaluate::{Fault, Value};
use dsl::model::{Load, Space};
use std::cell::RefCell;

/// Business records by space, with their cursors.
#[derive(Clone, Debug, Default)]
pub struct Books {
    records: Vec<(Space, Record)>,
    cursors: RefCell<Vec<Cursor>>,
}

/// A row that is entered.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    list: Load,
    record: usize,
    row: u32,
    /// Index of the row's first slot.
    base: usize,
}

impl Books {
    /// Puts a record in place of what the space had.
    pub fn put(&mut self, space: Space, record: Record) {
        match self.records.iter_mut().find(|(known, _)| *known == space) {
            Some((_, place)) => *place = record,
            None => self.records.push((space, record)),
        }
    }

    /// The record of a space.
    #[must_use]
    pub fn record(&self, space: Space) -> Option<&Record> {
        self.records.iter().find(|(known, _)| *known == space).map(|(_, record)| record)
    }

    fn locate(&self, load: &Load) -> Result<(usize, usize), Fault> {
        let slot = usize::from(load.slot);
        let cursors = self.cursors.borrow();
        let at_level = |cursor: &&Cursor| cursor.list.level + 1 == load.level;
        let cursor = match load.space {
            Space::Item => cursors.iter().rev().find(at_level).or(cursors.last()),
            // It lies below the rows that it is beside.
            Space::With => cursors.iter().find(at_level),
            space => {
                let record = self.records.iter().position(|(known, _)| *known == space);
                let record = record.ok_or(Fault::NotThere(*load))?;
                if load.level == 0 {
                    return Ok((record, slot));
                }
                cursors.iter().rev().filter(|cursor| cursor.record == record).find(at_level)
            }
        };
        cursor.map(|cursor| (cursor.record, cursor.base + slot)).ok_or(Fault::NotThere(*load))
    }

    fn at(&self, load: &Load) -> Result<(&Record, usize), Fault> {
        let (record, index) = self.locate(load)?;
        self.records.get(record).map(|(_, record)| (record, index)).ok_or(Fault::Broken)
    }

    pub(super) fn load<'b>(&'b self, load: &Load) -> Result<Value<'b>, Fault> {
        let (record, index) = self.at(load)?;
        record.value(index)
    }

    pub(super) fn rows(&self, list: &Load) -> Result<u32, Fault> {
        match self.at(list) {
            Ok((record, index)) => Ok(record.rows(index).map_or(0, |rows| rows.count)),
            Err(Fault::NotThere(_)) => Ok(0),
            Err(fault) => Err(fault),
        }
    }

    /// Leaves the row of this list that was entered last, if it is the innermost.
    fn step_off(&self, list: &Load) {
        let mut cursors = self.cursors.borrow_mut();
        if cursors.last().is_some_and(|cursor| cursor.list == *list) {
            cursors.pop();
        }
    }

    pub(super) fn enter(&self, list: &Load, row: u32) -> Result<(), Fault> {
        self.step_off(list);
        let (record, index) = self.locate(list)?;
        let rows = self.records.get(record).and_then(|(_, record)| record.rows(index));
        let base = rows.and_then(|rows| rows.base(row)).ok_or(Fault::Broken)?;
        self.cursors.borrow_mut().push(Cursor { list: *list, record, row, base });
        Ok(())
    }

    pub(super) fn leave(&self, list: &Load) {
        let mut cursors = self.cursors.borrow_mut();
        if let Some(place) = cursors.iter().rposition(|cursor| cursor.list == *list) {
            cursors.truncate(place);
        }
    }

    pub(super) fn position(&self, row: &Load) -> Result<u32, Fault> {
        let cursors = self.cursors.borrow();
        let cursor =
            cursors.iter().rev().find(|cursor| cursor.list.level + 1 == row.level).or(cursors.last());
        cursor.map(|cursor| cursor.row + 1).ok_or(Fault::Broken)
    }

    pub(super) fn set(&mut self, to: &Load, value: &Value<'_>) -> Result<(), Fault> {
        let (record, index) = self.locate(to)?;
        let (_, record) = self.records.get_mut(record).ok_or(Fault::Broken)?;
        record.set(index, value)
    }

    pub(super) fn begin(&mut self, list: &Load, stride: u16) -> Result<(), Fault> {
        let (record, index) = self.locate(list)?;
        let (_, record) = self.records.get_mut(record).ok_or(Fault::Broken)?;
        record.begin_list(index, stride, 0)
    }

    pub(super) fn append(&mut self, list: &Load, stride: u16, most: u32) -> Result<(), Fault> {
        self.step_off(list);
        let (at, index) = self.locate(list)?;
        let (_, record) = self.records.get_mut(at).ok_or(Fault::Broken)?;
        if record.rows(index).is_none() {
            record.begin_list(index, stride, 0)?;
        }
        let base = record.append_row(index, most)?;
        let row = record.rows(index).map_or(0, |rows| rows.count.saturating_sub(1));
        self.cursors.borrow_mut().push(Cursor { list: *list, record: at, row, base });
        Ok(())
    }
}
