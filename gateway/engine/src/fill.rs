//! Mappings of flows: fill a record from what a flow knows (`step … { account <- ask.account }`).
//!
//! In: a [`Filling`], a flow's data, the record to begin with. Out: the record, or what the mapping says where a value
//! cannot be had. It must not know steps, parties or messages.

use crate::book::Book;
use crate::view::Parts;
use adapters::value::{Record, RowsEntered};
use dsl::evaluate::{Fault, Value, order};
use dsl::model::Load;
use dsl::program::{Assignment, Filling, Map, Otherwise, PairedRows, Pairing};
use dsl::value::{Decimal, Symbol, Type};
use std::borrow::Cow;
use std::cmp::Ordering;

/// What becomes of a record that cannot be filled.
#[derive(Clone, Debug, PartialEq)]
pub enum Unfilled {
    /// A value is missing or does not fit.
    Fault(Fault),
    /// The mapping refuses.
    Refuse(Symbol),
    /// The mapping parks, with this text.
    Park(Box<str>),
    /// The mapping says that the outcome is unknown.
    Unknown,
}

impl From<Fault> for Unfilled {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Instructions of one filling at most, so that a broken program ends.
const STEPS: usize = 100_000_000;

/// Most rows that are held at once to be sorted; the compiler refuses lists that are declared longer.
const SORTED_MOST: u32 = 100_000;

/// Fills a record. `seen`: values that are set at its top are seen by later mappings (`answer.x` within an answer), so
/// the book must hold the same record.
///
/// # Errors
/// See [`Unfilled`].
pub fn fill(
    parts: &Parts<'_>,
    book: &mut Book,
    filling: &Filling,
    record: Record,
    seen: bool,
) -> Result<Record, Unfilled> {
    let (rows, cursors) = (RowsEntered::default(), Vec::new());
    let mut run = Run { parts, book, filling, record, seen, top: top(filling), rows, cursors };
    run.all()?;
    Ok(run.record)
}

/// The level of the record that is filled: answers of rows stand one below their list.
fn top(filling: &Filling) -> u8 {
    let assigned = filling.assignments.iter().map(|assignment| assignment.target.level);
    let paired = filling.pairings.iter().map(|pairing| pairing.target.level);
    assigned.chain(paired).min().unwrap_or(0)
}

struct Run<'a, 'p> {
    parts: &'a Parts<'p>,
    book: &'a mut Book,
    filling: &'a Filling,
    record: Record,
    seen: bool,
    top: u8,
    rows: RowsEntered,
    cursors: Vec<Cursor>,
}

/// Rows that are gone through.
struct Cursor {
    /// How many were taken.
    next: u32,
    /// How many there are.
    count: u32,
    /// Of a sorted list: the numbers of the rows that count, in their order.
    order: Option<Vec<u32>>,
}

impl Cursor {
    fn row(&self) -> Option<u32> {
        match &self.order {
            Some(order) => order.get(self.next as usize).copied(),
            None => (self.next < self.count).then_some(self.next),
        }
    }
}

impl Run<'_, '_> {
    fn all(&mut self) -> Result<(), Unfilled> {
        let mut at = 0_u32;
        for _ in 0..STEPS {
            let Some(map) = self.filling.maps.get(at as usize).copied() else { return Ok(()) };
            at = match map {
                Map::Set { assignment } => {
                    self.set(assignment)?;
                    at + 1
                }
                Map::Each { pairing, end } => self.each(pairing, at, end)?,
                Map::Next { pairing, back } => self.next(pairing, at, back)?,
                Map::Unless { condition, to } => {
                    if self.parts.view(self.book).holds(condition)? {
                        at + 1
                    } else {
                        to
                    }
                }
                Map::Jump { to } => to,
                Map::Check { .. } => return Err(Fault::Broken.into()),
            };
        }
        Err(Fault::Broken.into())
    }

    /// A list of the record that is filled.
    fn list(&self, target: &Load) -> Load {
        Load { slot: list_slot(target), level: target.level.saturating_sub(self.top), ..*target }
    }

    fn pairing(&self, pairing: u16) -> Result<&Pairing, Fault> {
        self.filling.pairings.get(usize::from(pairing)).ok_or(Fault::Broken)
    }

    fn each(&mut self, number: u16, at: u32, end: u32) -> Result<u32, Unfilled> {
        let pairing = self.pairing(number)?;
        let count = self.parts.view(self.book).list_rows(&pairing.source)?;
        let target =
            self.rows.index(pairing.target.level.saturating_sub(self.top), list_slot(&pairing.target))?;
        let room = if pairing.rows == PairedRows::Make { count.min(pairing.max) } else { 0 };
        if pairing.rows != PairedRows::Join {
            let stride = pairing.stride;
            self.record.begin_list(target, stride, room)?;
        }
        let sorted = !self.pairing(number)?.sorted.is_empty();
        let order = if sorted { Some(self.order(number, count)?) } else { None };
        self.cursors.push(Cursor { next: 0, count, order });
        self.row(number, at, end)
    }

    fn next(&mut self, number: u16, at: u32, back: u32) -> Result<u32, Unfilled> {
        if let Some(cursor) = self.cursors.last_mut() {
            cursor.next += 1;
        }
        self.row(number, back.wrapping_sub(1), at + 1)
    }

    /// Enters a row, and the row of the same number beside it. A row that has none beside it is a fault: half of what it
    /// says would be missing.
    fn enter(&mut self, pairing: &Pairing, row: u32) -> Result<(), Fault> {
        // The list beside it lies below its rows, so that `item` is always the innermost row.
        if let Some(with) = &pairing.with {
            self.book.leave(&pairing.source);
            if row >= self.parts.view(self.book).list_rows(with)? {
                return Err(Fault::Absent);
            }
            self.book.enter(with, row)?;
        }
        self.book.enter(&pairing.source, row)
    }

    fn leave(&mut self, pairing: &Pairing) {
        self.book.leave(&pairing.source);
        if let Some(with) = &pairing.with {
            self.book.leave(with);
        }
    }

    /// Whether the row that is entered goes over.
    fn counts(&self, pairing: &Pairing) -> Result<bool, Fault> {
        pairing.filter.map_or(Ok(true), |filter| self.parts.view(self.book).holds(filter))
    }

    /// The rows that count, sorted: a missing value stands first, and rows that are alike stay as they stand.
    fn order(&mut self, number: u16, count: u32) -> Result<Vec<u32>, Fault> {
        if count > SORTED_MOST {
            return Err(Fault::TooLong);
        }
        let pairing = self.pairing(number)?.clone();
        let mut rows: Vec<(Vec<Value<'static>>, u32)> = Vec::new();
        for row in 0..count {
            self.enter(&pairing, row)?;
            if self.counts(&pairing)? {
                let view = self.parts.view(self.book);
                let keys = pairing.sorted.iter().map(|by| match view.value(*by) {
                    Err(Fault::Absent) => Ok(Value::Absent),
                    other => other,
                });
                rows.push((keys.collect::<Result<_, _>>()?, row));
            }
        }
        self.leave(&pairing);
        let view = self.parts.view(self.book);
        let mut fault = None;
        rows.sort_by(|(left, _), (right, _)| {
            let mut pairs = left.iter().zip(right).map(|(left, right)| match (left, right) {
                (Value::Absent, Value::Absent) => Ordering::Equal,
                (Value::Absent, _) => Ordering::Less,
                (_, Value::Absent) => Ordering::Greater,
                _ => order(left, right, &view).unwrap_or_else(|found| {
                    fault = Some(found);
                    Ordering::Equal
                }),
            });
            pairs.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
        fault.map_or_else(|| Ok(rows.into_iter().map(|(_, row)| row).collect()), Err)
    }

    /// Enters the next row that counts, or leaves the list. `at` is before the first instruction of a row.
    fn row(&mut self, number: u16, at: u32, end: u32) -> Result<u32, Unfilled> {
        let pairing = self.pairing(number)?.clone();
        while let Some(row) = self.cursors.last().and_then(Cursor::row) {
            self.enter(&pairing, row)?;
            let sorted = self.cursors.last().is_some_and(|cursor| cursor.order.is_some());
            let counts = sorted || self.counts(&pairing)?;
            if counts && pairing.rows == PairedRows::Enter {
                return Ok(at + 1);
            }
            if counts {
                let target = self
                    .rows
                    .index(pairing.target.level.saturating_sub(self.top), list_slot(&pairing.target))?;
                self.record.append_row(target, pairing.max)?;
                let made = self.record.rows(target).map_or(0, |rows| rows.count.saturating_sub(1));
                let list = self.list(&pairing.target);
                self.rows.enter(&self.record, &list, made)?;
                return Ok(at + 1);
            }
            if let Some(cursor) = self.cursors.last_mut() {
                cursor.next += 1;
            }
        }
        self.cursors.pop();
        self.leave(&pairing);
        self.rows.leave(&self.list(&pairing.target));
        Ok(end)
    }

    fn set(&mut self, number: u16) -> Result<(), Unfilled> {
        let assignment = self.filling.assignments.get(usize::from(number)).ok_or(Fault::Broken)?;
        let index = self
            .rows
            .index(assignment.target.level.saturating_sub(self.top), list_slot(&assignment.target))?;
        match self.value(assignment, assignment.source) {
            Ok(value) => {
                self.record.set(index, &value)?;
                if self.seen && assignment.target.level == 0 && self.book.holds(&assignment.target) {
                    self.book.set(&assignment.target, &value)?;
                }
                Ok(())
            }
            Err(fault) => self.otherwise(assignment, index, fault),
        }
    }

    fn value(&self, assignment: &Assignment, source: u32) -> Result<Value<'static>, Fault> {
        let value = match self.parts.view(self.book).value(source) {
            Err(Fault::Absent) if assignment.optional => Value::Absent,
            other => other?,
        };
        if !value.is_present() && !assignment.optional {
            return Err(Fault::Absent);
        }
        fit(value, &assignment.ty, assignment.cut)
    }

    fn otherwise(&mut self, assignment: &Assignment, index: usize, fault: Fault) -> Result<(), Unfilled> {
        match &assignment.otherwise {
            Otherwise::Fault => Err(fault.into()),
            Otherwise::Refuse(reason) => Err(Unfilled::Refuse(*reason)),
            Otherwise::Park(text) => Err(Unfilled::Park(text.clone())),
            Otherwise::Unknown => Err(Unfilled::Unknown),
            Otherwise::Absent => Ok(self.record.set(index, &Value::Absent)?),
            Otherwise::Value(source) => {
                let value = self.value(assignment, *source)?;
                Ok(self.record.set(index, &value)?)
            }
        }
    }
}

/// A list that was made is meant as a whole: it is the record's first slot.
fn list_slot(load: &Load) -> u16 {
    if load.slot == u16::MAX { 0 } else { load.slot }
}

/// A value that its type can hold, or the fault. Texts are cut where the mapping says so.
///
/// # Errors
/// [`Fault::TooLong`], [`Fault::Overflow`] or [`Fault::Kind`].
pub fn fit(value: Value<'_>, ty: &Type, cut: bool) -> Result<Value<'static>, Fault> {
    let value = value.into_owned();
    match (&value, ty) {
        (Value::Text(text), Type::Text { chars, .. }) => {
            let most = *chars as usize;
            // Records that loops make have texts without a bound of their own: 0.
            if most > 0 && text.chars().count() > most {
                if !cut {
                    return Err(Fault::TooLong);
                }
                return Ok(Value::Text(Cow::Owned(text.chars().take(most).collect())));
            }
        }
        (Value::Text(text), Type::Digits { min, max }) => {
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            if !text.bytes().all(|octet| octet.is_ascii_digit()) || length < *min || length > *max {
                return Err(Fault::TooLong);
            }
        }
        (Value::Number(number), Type::Number { min, max }) if number < min || number > max => {
            return Err(Fault::Overflow);
        }
        (Value::Decimal(decimal), Type::Money { digits }) => return money(*decimal, 2, *digits),
        (Value::Decimal(decimal), Type::Decimal { digits, scale }) => {
            return money(*decimal, *scale, *digits);
        }
        (Value::Number(number), Type::Money { digits }) => {
            return money(
                Decimal::try_from_i128_with_scale(*number, 0).map_err(|_| Fault::Overflow)?,
                2,
                *digits,
            );
        }
        (Value::Bytes(octets), Type::Bytes { max }) if octets.len() as u64 > *max => {
            return Err(Fault::TooLong);
        }
        (Value::Name(name), Type::Names(names)) if !names.contains(name) => return Err(Fault::Kind),
        _ => {}
    }
    Ok(value)
}

fn money(mut amount: Decimal, scale: u32, digits: u32) -> Result<Value<'static>, Fault> {
    amount = amount.normalize();
    if amount.scale() > scale {
        return Err(Fault::Overflow);
    }
    amount.rescale(scale);
    let most = 10_i128.checked_pow(digits).unwrap_or(i128::MAX);
    if amount.mantissa().abs() >= most {
        return Err(Fault::Overflow);
    }
    Ok(Value::Decimal(amount))
}
