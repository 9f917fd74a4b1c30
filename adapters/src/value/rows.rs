//! Lists of a record: rows of slots, and which row is entered.
//!
//! In: a list's slot, loads of the evaluator. Out: rows, indices of slots. Rows of one list stand together; a list
//! that grows beside others moves behind them with twice the room, so that its rows stay together.

use std::cell::RefCell;

use dsl::evaluate::Fault;
use dsl::model::Load;

use super::record::low;
use super::{Record, Slot, Tag};

/// Where the rows of a list stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rows {
    /// Index of the first row's first slot.
    pub first: u32,
    /// How many rows there are.
    pub count: u32,
    /// Rows there is room for.
    pub room: u32,
    /// Slots of one row.
    pub stride: u16,
}

impl Rows {
    #[inline]
    fn of(slot: &Slot) -> Option<Rows> {
        let room = u32::try_from(slot.n >> 32).ok()?;
        (slot.tag == Tag::List).then(|| Rows { first: slot.at, count: low(slot.n), room, stride: slot.scale })
    }

    #[inline]
    fn slot(self) -> Slot {
        let n = u64::from(self.room) << 32 | u64::from(self.count);
        Slot { tag: Tag::List, scale: self.stride, at: self.first, n, ..Slot::default() }
    }

    /// Index of the first slot of a row.
    #[must_use]
    #[inline]
    pub fn base(self, row: u32) -> Option<usize> {
        (row < self.count).then(|| self.first as usize + row as usize * usize::from(self.stride))
    }
}

impl Record {
    /// The rows of the list in a slot, if one is there.
    #[must_use]
    #[inline]
    pub fn rows(&self, index: usize) -> Option<Rows> {
        Rows::of(&self.slot(index))
    }

    /// Begins a list without rows, with room for some.
    ///
    /// # Errors
    /// [`Fault::TooLong`] beyond what a record may hold, [`Fault::Broken`] where there is no such slot.
    pub fn begin_list(&mut self, index: usize, stride: u16, room: u32) -> Result<(), Fault> {
        let first = self.grow(room as usize * usize::from(stride))?;
        self.put(index, Rows { first, count: 0, room, stride }.slot())
    }

    /// Puts an unread row behind the others and gives the index of its first slot.
    ///
    /// # Errors
    /// [`Fault::TooLong`] when `max` rows are there, [`Fault::Broken`] where no list has begun.
    pub fn append_row(&mut self, index: usize, max: u32) -> Result<usize, Fault> {
        let mut rows = self.rows(index).ok_or(Fault::Broken)?;
        if rows.count >= max {
            return Err(Fault::TooLong);
        }
        let stride = usize::from(rows.stride);
        if rows.count == rows.room {
            let end = rows.first as usize + rows.room as usize * stride;
            if end == self.slots.len() {
                self.grow(stride)?;
                rows.room += 1;
            } else {
                let room = rows.room.saturating_mul(2).clamp(4, max.max(1));
                let from = rows.first as usize;
                rows.first = self.grow(room as usize * stride)?;
                self.slots.copy_within(from..from + rows.count as usize * stride, rows.first as usize);
                rows.room = room;
            }
        }
        rows.count += 1;
        self.put(index, rows.slot())?;
        rows.base(rows.count - 1).ok_or(Fault::Broken)
    }

    /// Gives up the rest of the last row: what is unread in it is absent, and the row is not whole.
    pub(crate) fn give_up_row(&mut self, index: usize) {
        let Some(rows) = self.rows(index) else { return };
        let Some(row) = rows.count.checked_sub(1) else { return };
        let Some(base) = rows.base(row) else { return };
        let end = (base + usize::from(rows.stride)).min(self.slots.len());
        for slot in self.slots.get_mut(base..end).unwrap_or_default() {
            if slot.tag == Tag::Unread {
                *slot = Slot::ABSENT;
            }
        }
        self.damaged.get_or_insert_default().rows.push((index, row));
    }

    /// Whether a row was read whole.
    #[must_use]
    pub fn is_whole(&self, index: usize, row: u32) -> bool {
        !self.damaged.as_ref().is_some_and(|damaged| damaged.rows.contains(&(index, row)))
    }

    /// Takes the last row away again.
    pub fn drop_row(&mut self, index: usize) {
        if let Some(mut rows) = self.rows(index) {
            rows.count = rows.count.saturating_sub(1);
            if let Some(base) = rows
                .base(rows.count)
                .or(Some(rows.first as usize + rows.count as usize * usize::from(rows.stride)))
            {
                let end = (base + usize::from(rows.stride)).min(self.slots.len());
                if let Some(slots) = self.slots.get_mut(base..end) {
                    slots.fill(Slot::default());
                }
            }
            let _ = self.put(index, rows.slot());
        }
    }
}

/// Which rows of a record are entered. Loads of level n mean the innermost row entered of a list of level n - 1.
#[derive(Clone, Debug, Default)]
pub struct RowsEntered {
    stack: RefCell<Vec<Entered>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Entered {
    level: u8,
    list: usize,
    row: u32,
    base: usize,
}

impl RowsEntered {
    /// Absolute index of the slot that a load of this record means now.
    ///
    /// # Errors
    /// [`Fault::Broken`] where no row of its list is entered.
    #[inline]
    pub fn index(&self, level: u8, slot: u16) -> Result<usize, Fault> {
        let base = if level == 0 {
            Some(0)
        } else {
            self.stack.borrow().iter().rev().find(|row| row.level + 1 == level).map(|row| row.base)
        };
        base.map(|base| base + usize::from(slot)).ok_or(Fault::Broken)
    }

    /// Enters a row; entering the same list again moves on.
    ///
    /// # Errors
    /// [`Fault::Broken`] where there is no such row.
    pub fn enter(&self, record: &Record, list: &Load, row: u32) -> Result<(), Fault> {
        let index = self.index(list.level, list.slot)?;
        let base = record.rows(index).and_then(|rows| rows.base(row)).ok_or(Fault::Broken)?;
        let entered = Entered { level: list.level, list: index, row, base };
        let mut stack = self.stack.borrow_mut();
        match stack.last_mut() {
            Some(last) if last.level == list.level && last.list == index => *last = entered,
            _ => stack.push(entered),
        }
        Ok(())
    }

    /// Pushes a row without looking at what is entered: for who goes through rows from outside.
    #[inline]
    pub(crate) fn push(&self, level: u8, list: usize, row: u32, base: usize) {
        self.stack.borrow_mut().push(Entered { level, list, row, base });
    }

    /// Takes back the last row pushed or entered.
    #[inline]
    pub(crate) fn pop(&self) {
        self.stack.borrow_mut().pop();
    }

    /// Leaves the innermost row of this list.
    pub fn leave(&self, list: &Load) {
        let mut stack = self.stack.borrow_mut();
        if let Some(place) = stack.iter().rposition(|row| row.level == list.level) {
            stack.truncate(place);
        }
    }

    /// How many rows a list has now; 0 when it is absent.
    ///
    /// # Errors
    /// [`Fault::Broken`] where no row around it is entered.
    pub fn count(&self, record: &Record, list: &Load) -> Result<u32, Fault> {
        Ok(record.rows(self.index(list.level, list.slot)?).map_or(0, |rows| rows.count))
    }

    /// The row of this list that is entered, from 0.
    pub(crate) fn row_of(&self, list: usize) -> Option<u32> {
        self.stack.borrow().iter().rev().find(|row| row.list == list).map(|row| row.row)
    }

    /// How many rows are entered.
    pub(crate) fn depth(&self) -> usize {
        self.stack.borrow().len()
    }

    /// Takes back all but so many.
    pub(crate) fn truncate(&self, depth: usize) {
        self.stack.borrow_mut().truncate(depth);
    }

    /// Number of the row that a load of this level means, from 1.
    ///
    /// # Errors
    /// [`Fault::Broken`] where none is entered.
    pub fn position(&self, level: u8) -> Result<u32, Fault> {
        let stack = self.stack.borrow();
        let row = stack.iter().rev().find(|row| row.level + 1 == level).or(stack.last());
        row.map(|row| row.row + 1).ok_or(Fault::Broken)
    }
}
