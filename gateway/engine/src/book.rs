//! Business records that expressions look at together, and which of their rows are entered.
//!
//! In: records by the space they stand for. Out: values. It must not know messages, flows or where records come from.

use adapters::value::Record;
use dsl::evaluate::{Fault, Value};
use dsl::model::{Load, Space};
use dsl::value::Outcome;
use std::cell::RefCell;

/// The slot that means a row, or a list that was made, as a whole.
const WHOLE: u16 = u16::MAX;

/// Records by space.
#[derive(Clone, Debug, Default)]
pub struct Book {
    records: Vec<Entry>,
    entered: RefCell<Vec<Entered>>,
    outcomes: Vec<(Load, Vec<(Outcome, String)>)>,
}

#[derive(Clone, Debug)]
struct Entry {
    space: Space,
    call: u16,
    record: Record,
    /// It holds one list, in slot 0, that loads name by [`WHOLE`].
    made: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entered {
    list: Load,
    entry: usize,
    row: u32,
    base: usize,
}

/// Facts about a load's place: the record, and the index of the slot.
struct Place {
    entry: usize,
    index: usize,
}

impl Book {
    /// Puts a record for a space; `call` is the step, loop or call where the space has several.
    pub fn put(&mut self, space: Space, call: u16, record: Record) {
        self.put_entry(Entry { space, call, record, made: false });
    }

    /// Puts the rows that a loop made: a record with one list in slot 0.
    pub fn put_made(&mut self, call: u16, record: Record) {
        self.put_entry(Entry { space: Space::Row, call, record, made: true });
    }

    fn put_entry(&mut self, entry: Entry) {
        match self.find(entry.space, entry.call) {
            Some(place) => {
                if let Some(known) = self.records.get_mut(place) {
                    *known = entry;
                }
            }
            None => self.records.push(entry),
        }
    }

    /// Puts the outcomes of a list's rows.
    pub fn put_outcomes(&mut self, list: Load, outcomes: Vec<(Outcome, String)>) {
        self.outcomes.retain(|(known, _)| *known != list);
        self.outcomes.push((list, outcomes));
    }

    /// A record.
    #[must_use]
    pub fn record(&self, space: Space, call: u16) -> Option<&Record> {
        self.find(space, call).and_then(|place| self.records.get(place)).map(|entry| &entry.record)
    }

    /// Takes a record out.
    pub fn take(&mut self, space: Space, call: u16) -> Option<Record> {
        self.entered.borrow_mut().clear();
        self.find(space, call).map(|place| self.records.remove(place).record)
    }

    fn find(&self, space: Space, call: u16) -> Option<usize> {
        self.records.iter().position(|entry| entry.space == space && entry.call == call)
    }

    /// Whether loads of this space are answered here.
    #[must_use]
    pub fn holds(&self, load: &Load) -> bool {
        matches!(load.space, Space::Item | Space::With | Space::RowOutcome | Space::RowOutcomeText)
            || self.find(load.space, load.call).is_some()
    }

    fn place(&self, load: &Load) -> Result<Place, Fault> {
        let entered = self.entered.borrow();
        match load.space {
            Space::Item | Space::With => {
                let mut rows = entered.iter().rev();
                let with = load.space == Space::With && entered.len() > 1;
                let row =
                    if with { rows.next_back() } else { rows.find(|row| row.list.level + 1 == load.level) };
                let row = row.or(entered.last()).ok_or(Fault::NotThere(*load))?;
                Ok(Place { entry: row.entry, index: row.base + usize::from(load.slot) })
            }
            _ => {
                let entry = self.find(load.space, load.call).ok_or(Fault::NotThere(*load))?;
                let base = if load.level == 0 {
                    0
                } else {
                    let row = entered.iter().rev();
                    let row =
                        row.filter(|row| row.entry == entry).find(|row| row.list.level + 1 == load.level);
                    row.ok_or(Fault::Broken)?.base
                };
                let made = self.records.get(entry).is_some_and(|entry| entry.made);
                let slot = if made && load.level == 0 && load.slot == WHOLE { 0 } else { load.slot };
                Ok(Place { entry, index: base + usize::from(slot) })
            }
        }
    }

    /// The value of a reference.
    ///
    /// # Errors
    /// [`Fault::NotThere`] where there is no such record, [`Fault::Broken`] where no row around it is entered.
    pub fn load<'b>(&'b self, load: &Load) -> Result<Value<'b>, Fault> {
        if matches!(load.space, Space::RowOutcome | Space::RowOutcomeText) {
            return self.row_outcome(load);
        }
        let place = self.place(load)?;
        let entry = self.records.get(place.entry).ok_or(Fault::Broken)?;
        if load.slot == WHOLE && !entry.made {
            return Ok(Value::Rows(1));
        }
        entry.record.value(place.index)
    }

    fn row_outcome<'b>(&'b self, load: &Load) -> Result<Value<'b>, Fault> {
        let entered = self.entered.borrow();
        let row = entered.iter().rev().find(|row| row.list.level + 1 == load.level);
        let row = *row.or(entered.last()).ok_or(Fault::NotThere(*load))?;
        let known = self.outcomes.iter().find(|(list, _)| *list == row.list);
        let outcome = known.and_then(|(_, outcomes)| outcomes.get(row.row as usize));
        let (outcome, text) = outcome.ok_or(Fault::NotThere(*load))?;
        Ok(if load.space == Space::RowOutcome {
            Value::Outcome(*outcome)
        } else {
            Value::Text(text.as_str().into())
        })
    }

    /// How many rows a list has.
    ///
    /// # Errors
    /// As [`Book::load`].
    pub fn rows(&self, list: &Load) -> Result<u32, Fault> {
        let place = self.place(list)?;
        let entry = self.records.get(place.entry).ok_or(Fault::Broken)?;
        Ok(entry.record.rows(place.index).map_or(0, |rows| rows.count))
    }

    /// Enters a row, or moves on in the same list.
    ///
    /// # Errors
    /// [`Fault::Broken`] where there is no such row.
    pub fn enter(&self, list: &Load, row: u32) -> Result<(), Fault> {
        if self.entered.borrow().last().is_some_and(|last| last.list == *list) {
            self.entered.borrow_mut().pop();
        }
        let place = self.place(list)?;
        let entry = self.records.get(place.entry).ok_or(Fault::Broken)?;
        let base = entry.record.rows(place.index).and_then(|rows| rows.base(row)).ok_or(Fault::Broken)?;
        self.entered.borrow_mut().push(Entered { list: *list, entry: place.entry, row, base });
        Ok(())
    }

    /// Leaves a list.
    pub fn leave(&self, list: &Load) {
        let mut entered = self.entered.borrow_mut();
        if let Some(place) = entered.iter().rposition(|row| row.list == *list) {
            entered.truncate(place);
        }
    }

    /// Number of the row that is entered, from 1.
    ///
    /// # Errors
    /// [`Fault::Broken`] where none is.
    pub fn position(&self, row: &Load) -> Result<u32, Fault> {
        let entered = self.entered.borrow();
        let found = entered.iter().rev().find(|entered| entered.list.level + 1 == row.level);
        found.or(entered.last()).map(|row| row.row + 1).ok_or(Fault::Broken)
    }

    /// Stores a value.
    ///
    /// # Errors
    /// As [`Book::load`]; [`Fault::TooLong`] beyond what a record may hold.
    pub fn set(&mut self, to: &Load, value: &Value<'_>) -> Result<(), Fault> {
        let place = self.place(to)?;
        let entry = self.records.get_mut(place.entry).ok_or(Fault::Broken)?;
        entry.record.set(place.index, value)
    }

    /// Puts a row behind a list's others, making the list if it is absent, and enters it.
    ///
    /// # Errors
    /// [`Fault::TooLong`] beyond `max` rows.
    pub fn append(&mut self, list: &Load, stride: u16, max: u32) -> Result<(), Fault> {
        if self.entered.borrow().last().is_some_and(|last| last.list == *list) {
            self.entered.borrow_mut().pop();
        }
        let place = self.place(list)?;
        let entry = self.records.get_mut(place.entry).ok_or(Fault::Broken)?;
        if entry.record.rows(place.index).is_none() {
            entry.record.begin_list(place.index, stride, 0)?;
        }
        let base = entry.record.append_row(place.index, max)?;
        let row = entry.record.rows(place.index).map_or(0, |rows| rows.count.saturating_sub(1));
        self.entered.borrow_mut().push(Entered { list: *list, entry: place.entry, row, base });
        Ok(())
    }

    /// Makes an empty list.
    ///
    /// # Errors
    /// As [`Book::set`].
    pub fn begin_rows(&mut self, list: &Load, stride: u16) -> Result<(), Fault> {
        let place = self.place(list)?;
        let entry = self.records.get_mut(place.entry).ok_or(Fault::Broken)?;
        entry.record.begin_list(place.index, stride, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(space: Space, level: u8, slot: u16) -> Load {
        Load { space, level, slot, call: 0 }
    }

    #[test]
    fn rows_are_made_entered_and_read() {
        let mut book = Book::default();
        book.put(Space::Ask, 0, Record::new(2));
        let list = load(Space::Ask, 0, 1);
        for number in 0..3 {
            book.append(&list, 1, 5).unwrap();
            book.set(&load(Space::Ask, 1, 0), &Value::Number(number)).unwrap();
        }
        book.leave(&list);
        assert_eq!(book.rows(&list), Ok(3));
        book.enter(&list, 2).unwrap();
        assert_eq!(book.load(&load(Space::Ask, 1, 0)), Ok(Value::Number(2)));
        assert_eq!(book.load(&load(Space::Item, 1, 0)), Ok(Value::Number(2)));
        assert_eq!(book.position(&list), Ok(3));
        book.leave(&list);
        assert!(book.load(&load(Space::Ask, 1, 0)).is_err());
    }
}
