//! Business records that expressions look at together, and which of their rows are entered.
//!
//! In: records by the space they stand for, and long lists whose rows stand elsewhere. Out: values. It must not know
//! messages, flows or where records and rows come from.

use adapters::value::Record;
use dsl::evaluate::{Fault, Value};
use dsl::model::{Load, Space};
use dsl::value::Outcome;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::FlowId;

/// The slot that means a row, or a list that was made, as a whole.
const WHOLE: u16 = u16::MAX;

/// Records by space.
#[derive(Debug, Default)]
pub struct Book {
    records: Vec<Entry>,
    long: Vec<(Load, Arc<dyn LongList>)>,
    /// Folds over long lists that were made, by their place in the code.
    folds: BTreeMap<u32, Value<'static>>,
    entered: Mutex<Vec<Entered>>,
    outcomes: Vec<(Load, Vec<(Outcome, String)>)>,
}

/// A list too long for memory (decisions D13).
pub trait LongList: Send + Sync + std::fmt::Debug {
    /// Rows.
    fn count(&self) -> u64;

    /// A row by its number, from 0.
    ///
    /// # Errors
    /// [`Fault::Broken`] where it cannot be had.
    fn row(&self, row: u64) -> Result<LongRow, Fault>;

    /// Whether what it stands on gives that row, be it well formed or not: else it may give it later.
    fn gives(&self, _row: u64) -> bool {
        true
    }
}

/// A row of a long list.
#[derive(Clone, Debug, Default)]
pub struct LongRow {
    /// Its own fields.
    pub record: Record,
    /// How it ended, and the text of it, where it is a row that was worked off.
    pub outcome: Option<(Outcome, String)>,
    /// Where it is an exchange of the journal: its facts, its request, its answer; `record` is what was asked.
    pub exchange: Option<Box<LongExchange>>,
}

/// An exchange of the journal as a row.
#[derive(Clone, Debug)]
pub struct LongExchange {
    /// Facts.
    pub facts: crate::facts::Facts,
    /// Kept fields of the request.
    pub request: Record,
    /// The answer.
    pub answer: Option<Record>,
    /// It was taken back.
    pub reversed: bool,
    /// The flow that it is part of.
    pub flow: FlowId,
    /// The step of that flow whose posting it is; empty for what takes one back, and for what was asked of us.
    pub step: Box<str>,
}

impl LongRow {
    fn load(&self, load: &Load) -> Result<Value<'_>, Fault> {
        let slot = usize::from(load.slot);
        match (load.space, &self.outcome, &self.exchange) {
            (Space::RowOutcome, Some((outcome, _)), _) => Ok(Value::Outcome(*outcome)),
            (Space::RowOutcomeText, Some((_, text)), _) => Ok(Value::Text(text.as_str().into())),
            (Space::JournalRow, _, Some(exchange)) => match load.level {
                0 => Ok(exchange.facts.slot(load.slot)),
                1 => exchange.request.value(slot),
                2 => exchange.answer.as_ref().map_or(Ok(Value::Absent), |answer| answer.value(slot)),
                3 => self.record.value(slot),
                _ => Ok(Value::Flag(exchange.reversed)),
            },
            (Space::RowOutcome | Space::RowOutcomeText | Space::JournalRow, ..) => {
                Err(Fault::NotThere(*load))
            }
            _ => self.record.value(slot),
        }
    }
}

#[derive(Clone, Debug)]
struct Entry {
    space: Space,
    call: u16,
    record: Arc<Record>,
    /// It holds one list, in slot 0, that loads name by [`WHOLE`].
    made: bool,
}

#[derive(Clone, Debug)]
struct Entered {
    list: Load,
    row: u32,
    at: At,
}

/// Where a row that is entered stands.
#[derive(Clone, Debug)]
enum At {
    /// In a record: which, and its first slot.
    Record { entry: usize, base: usize },
    /// It was fetched.
    Long(Arc<LongRow>),
}

/// Facts about a load's place: the record, and the index of the slot.
struct Place {
    entry: usize,
    index: usize,
}

impl Clone for Book {
    /// The same records; no row is entered.
    fn clone(&self) -> Self {
        Self {
            records: self.records.clone(),
            long: self.long.clone(),
            folds: self.folds.clone(),
            entered: Mutex::default(),
            outcomes: self.outcomes.clone(),
        }
    }
}

impl Book {
    fn entered(&self) -> MutexGuard<'_, Vec<Entered>> {
        self.entered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a record for a space; `call` is the step, loop or call where the space has several.
    pub fn put(&mut self, space: Space, call: u16, record: impl Into<Arc<Record>>) {
        self.put_entry(Entry { space, call, record: record.into(), made: false });
    }

    /// Puts the rows that a loop made: a record with one list in slot 0.
    pub fn put_made(&mut self, call: u16, record: Record) {
        self.put_entry(Entry { space: Space::Row, call, record: Arc::new(record), made: true });
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

    /// Puts a long list in the place of a list of a record; folds over it are forgotten.
    pub fn put_long(&mut self, list: Load, rows: Arc<dyn LongList>) {
        self.long.retain(|(known, _)| *known != list);
        self.folds.clear();
        self.long.push((list, rows));
    }

    /// The long lists.
    #[must_use]
    pub fn long_lists(&self) -> &[(Load, Arc<dyn LongList>)] {
        &self.long
    }

    /// The long list in the place of this one, if there is one.
    #[must_use]
    pub fn long(&self, list: &Load) -> Option<&Arc<dyn LongList>> {
        self.long.iter().find(|(known, _)| known == list).map(|(_, rows)| rows)
    }

    /// Keeps a fold over a long list, by its place in the code.
    pub fn put_fold(&mut self, at: u32, value: Value<'static>) {
        self.folds.insert(at, value);
    }

    /// A fold that was kept.
    #[must_use]
    pub fn fold(&self, at: u32) -> Option<&Value<'static>> {
        self.folds.get(&at)
    }

    /// Puts the outcomes of a list's rows.
    pub fn put_outcomes(&mut self, list: Load, outcomes: Vec<(Outcome, String)>) {
        self.outcomes.retain(|(known, _)| *known != list);
        self.outcomes.push((list, outcomes));
    }

    /// A record.
    #[must_use]
    pub fn record(&self, space: Space, call: u16) -> Option<&Arc<Record>> {
        self.find(space, call).and_then(|place| self.records.get(place)).map(|entry| &entry.record)
    }

    /// Puts a record of this book, or the rows that a loop made, into another.
    pub fn pass_on(&self, space: Space, call: u16, to: &mut Book) {
        if let Some(entry) = self.find(space, call).and_then(|place| self.records.get(place)) {
            let (record, made) = (Arc::clone(&entry.record), entry.made);
            to.put_entry(Entry { space, call, record, made });
        }
    }

    /// Takes a record out.
    pub fn take(&mut self, space: Space, call: u16) -> Option<Record> {
        self.entered.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
        self.find(space, call).map(|place| Arc::unwrap_or_clone(self.records.remove(place).record))
    }

    fn find(&self, space: Space, call: u16) -> Option<usize> {
        self.records.iter().position(|entry| entry.space == space && entry.call == call)
    }

    /// Whether loads of this space are answered here.
    #[must_use]
    pub fn holds(&self, load: &Load) -> bool {
        matches!(
            load.space,
            Space::Item | Space::With | Space::RowOutcome | Space::RowOutcomeText | Space::JournalRow
        ) || self.find(load.space, load.call).is_some()
            || self.long(load).is_some()
    }

    /// The row that a reference means, where it is one of a long list.
    fn long_row(&self, load: &Load) -> Option<Arc<LongRow>> {
        let entered = self.entered();
        let long = |row: &Entered| match &row.at {
            At::Long(row) => Some(Arc::clone(row)),
            At::Record { .. } => None,
        };
        let mut rows = entered.iter().rev();
        let row = match load.space {
            Space::JournalRow => {
                rows.find(|row| row.list.space == Space::Journal && row.list.call == load.call)
            }
            Space::RowOutcome | Space::RowOutcomeText => {
                rows.find(|row| row.list.level + 1 == load.level || row.list.space == Space::Journal)
            }
            Space::With => entered.iter().find(|row| row.list.level + 1 == load.level),
            Space::Item => rows.find(|row| row.list.level + 1 == load.level).or(entered.last()),
            space if load.level > 0 => rows.find(|row| {
                row.list.space == space && row.list.call == load.call && row.list.level + 1 == load.level
            }),
            _ => None,
        };
        row.and_then(long)
    }

    fn place(&self, load: &Load) -> Result<Place, Fault> {
        match load.space {
            Space::Item | Space::With => {
                let entered = self.entered();
                let at_level = |row: &&Entered| row.list.level + 1 == load.level;
                // The list beside it lies below its rows.
                let row = match load.space {
                    Space::With => entered.iter().find(at_level),
                    _ => entered.iter().rev().find(at_level).or(entered.last()),
                };
                let row = row.ok_or(Fault::NotThere(*load))?;
                let At::Record { entry, base } = row.at else { return Err(Fault::Broken) };
                Ok(Place { entry, index: base + usize::from(load.slot) })
            }
            _ => {
                let entry = self.find(load.space, load.call).ok_or(Fault::NotThere(*load))?;
                let base = if load.level == 0 {
                    0
                } else {
                    let entered = self.entered();
                    let bases = entered.iter().rev().filter(|row| row.list.level + 1 == load.level);
                    let mut bases = bases.filter_map(|row| match row.at {
                        At::Record { entry: of, base } if of == entry => Some(base),
                        _ => None,
                    });
                    bases.next().ok_or(Fault::Broken)?
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
        if !self.long.is_empty() {
            if let Some(row) = self.long_row(load) {
                return row.load(load).map(Value::into_owned);
            }
            if let Some(rows) = self.long(load) {
                return Ok(Value::Rows(short(rows.count())));
            }
        }
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
        let entered = self.entered();
        let row = entered.iter().rev().find(|row| row.list.level + 1 == load.level);
        let row = row.or(entered.last()).ok_or(Fault::NotThere(*load))?;
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
        if let Some(rows) = self.long(list) {
            return Ok(short(rows.count()));
        }
        let place = match self.place(list) {
            Err(Fault::NotThere(_)) => return Ok(0),
            place => place?,
        };
        let entry = self.records.get(place.entry).ok_or(Fault::Broken)?;
        Ok(entry.record.rows(place.index).map_or(0, |rows| rows.count))
    }

    /// Enters a row, or moves on in the same list.
    ///
    /// # Errors
    /// [`Fault::Broken`] where there is no such row.
    pub fn enter(&self, list: &Load, row: u32) -> Result<(), Fault> {
        if self.entered().last().is_some_and(|last| last.list == *list) {
            self.entered().pop();
        }
        if let Some(rows) = self.long(list) {
            let fetched = Arc::new(rows.row(u64::from(row))?);
            self.entered().push(Entered { list: *list, row, at: At::Long(fetched) });
            return Ok(());
        }
        let place = self.place(list)?;
        let entry = self.records.get(place.entry).ok_or(Fault::Broken)?;
        let base = entry.record.rows(place.index).and_then(|rows| rows.base(row)).ok_or(Fault::Broken)?;
        self.entered().push(Entered { list: *list, row, at: At::Record { entry: place.entry, base } });
        Ok(())
    }

    /// The flow of the exchange whose row was entered last; none where it is no exchange.
    pub(crate) fn entered_flow(&self) -> Option<FlowId> {
        match &self.entered().last()?.at {
            At::Long(row) => row.exchange.as_ref().map(|exchange| exchange.flow),
            At::Record { .. } => None,
        }
    }

    /// The step whose posting the row is that was entered last; empty where it is none.
    pub(crate) fn entered_step(&self) -> Box<str> {
        match self.entered().last().map(|row| &row.at) {
            Some(At::Long(row)) => row.exchange.as_ref().map(|exchange| exchange.step.clone()),
            _ => None,
        }
        .unwrap_or_default()
    }

    /// Leaves a list.
    pub fn leave(&self, list: &Load) {
        let mut entered = self.entered();
        if let Some(place) = entered.iter().rposition(|row| row.list == *list) {
            entered.truncate(place);
        }
    }

    /// Number of the row that is entered, from 1.
    ///
    /// # Errors
    /// [`Fault::Broken`] where none is.
    pub fn position(&self, row: &Load) -> Result<u32, Fault> {
        let entered = self.entered();
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
        Arc::make_mut(&mut entry.record).set(place.index, value)
    }

    /// Puts a row behind a list's others, making the list if it is absent, and enters it.
    ///
    /// # Errors
    /// [`Fault::TooLong`] beyond `max` rows.
    pub fn append(&mut self, list: &Load, stride: u16, max: u32) -> Result<(), Fault> {
        if self.entered().last().is_some_and(|last| last.list == *list) {
            self.entered().pop();
        }
        let place = self.place(list)?;
        let entry = self.records.get_mut(place.entry).ok_or(Fault::Broken)?;
        let record = Arc::make_mut(&mut entry.record);
        if record.rows(place.index).is_none() {
            record.begin_list(place.index, stride, 0)?;
        }
        let base = record.append_row(place.index, max)?;
        let row = record.rows(place.index).map_or(0, |rows| rows.count.saturating_sub(1));
        self.entered().push(Entered { list: *list, row, at: At::Record { entry: place.entry, base } });
        Ok(())
    }

    /// Makes an empty list.
    ///
    /// # Errors
    /// As [`Book::set`].
    pub fn begin_rows(&mut self, list: &Load, stride: u16) -> Result<(), Fault> {
        let place = self.place(list)?;
        let entry = self.records.get_mut(place.entry).ok_or(Fault::Broken)?;
        Arc::make_mut(&mut entry.record).begin_list(place.index, stride, 0)
    }

    /// A row of a list as a record of its own.
    ///
    /// # Errors
    /// [`Fault::Broken`] where there is no such row.
    pub fn row(&self, list: &Load, row: u32) -> Result<Record, Fault> {
        if let Some(rows) = self.long(list) {
            return rows.row(u64::from(row)).map(|row| row.record);
        }
        let place = self.place(list)?;
        let from = &self.records.get(place.entry).ok_or(Fault::Broken)?.record;
        let rows = from.rows(place.index).ok_or(Fault::Broken)?;
        let base = rows.base(row).ok_or(Fault::Broken)?;
        let mut record = Record::new(rows.stride);
        copy(from, base, &mut record, 0, rows.stride, 0)?;
        Ok(record)
    }

    /// Puts a record of its own into a new row of a list.
    ///
    /// # Errors
    /// As [`Book::append`].
    pub fn append_record(&mut self, list: &Load, from: &Record, stride: u16) -> Result<(), Fault> {
        self.append(list, stride, u32::MAX)?;
        let base = match self.entered().last().map(|row| row.at.clone()) {
            Some(At::Record { base, .. }) => base,
            _ => return Err(Fault::Broken),
        };
        let place = self.place(list);
        self.leave(list);
        let entry = self.records.get_mut(place?.entry).ok_or(Fault::Broken)?;
        copy(from, 0, Arc::make_mut(&mut entry.record), base, stride, 0)
    }
}

/// The number of rows as expressions count them.
fn short(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Copies slots with all that they hold.
fn copy(
    from: &Record,
    base: usize,
    to: &mut Record,
    to_base: usize,
    count: u16,
    depth: u8,
) -> Result<(), Fault> {
    if depth > 16 {
        return Err(Fault::Broken);
    }
    for slot in 0..usize::from(count) {
        let Some(rows) = from.rows(base + slot) else {
            let known = from.slot(base + slot);
            if known.tag != adapters::value::Tag::Unread {
                to.set(to_base + slot, &from.slot_value(&known)?)?;
            }
            continue;
        };
        to.begin_list(to_base + slot, rows.stride, 0)?;
        for row in 0..rows.count {
            let inner = rows.base(row).ok_or(Fault::Broken)?;
            let made = to.append_row(to_base + slot, u32::MAX)?;
            copy(from, inner, to, made, rows.stride, depth + 1)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(space: Space, level: u8, slot: u16) -> Load {
        Load { space, level, slot, call: 0 }
    }

    /// Rows `from..`, each its number.
    #[derive(Debug)]
    struct Numbers(i128, u64);

    impl LongList for Numbers {
        fn count(&self) -> u64 {
            self.1
        }

        fn row(&self, row: u64) -> Result<LongRow, Fault> {
            let mut record = Record::new(1);
            record.set(0, &Value::Number(self.0 + i128::from(row)))?;
            let outcome = Some((Outcome::Done(None), format!("row {row}")));
            Ok(LongRow { record, outcome, exchange: None })
        }
    }

    #[test]
    fn a_long_list_stands_beside_another_and_knows_its_outcomes() {
        let mut book = Book::default();
        book.put(Space::Ask, 0, Record::new(1));
        book.put(Space::Answer, 0, Record::new(1));
        let (asked, answered) = (load(Space::Ask, 0, 0), load(Space::Answer, 0, 0));
        book.put_long(asked, Arc::new(Numbers(100, 2_000_000_000)));
        book.put_long(answered, Arc::new(Numbers(0, 2_000_000_000)));
        for row in [0, 7, 1_999_999_999] {
            book.leave(&answered);
            book.enter(&asked, row).unwrap();
            book.enter(&answered, row).unwrap();
            let number = i128::from(row);
            assert_eq!(book.load(&load(Space::Item, 1, 0)), Ok(Value::Number(number)));
            assert_eq!(book.load(&load(Space::With, 1, 0)), Ok(Value::Number(number + 100)));
            assert_eq!(book.load(&load(Space::RowOutcome, 1, 0)), Ok(Value::Outcome(Outcome::Done(None))));
            assert_eq!(book.position(&answered), Ok(row + 1));
        }
        book.leave(&answered);
        book.leave(&asked);
        assert_eq!(book.load(&asked), Ok(Value::Rows(2_000_000_000)));
        assert!(book.load(&load(Space::Item, 1, 0)).is_err());
    }

    #[test]
    fn rows_are_made_entered_and_read() {
        let mut book = Book::default();
        book.put(Space::Ask, 0, Record::new(2));
        // What was never answered has no rows.
        assert_eq!(book.rows(&load(Space::OriginalAnswer, 0, 1)), Ok(0));
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
