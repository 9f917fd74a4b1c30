//! The one evaluator of lowered expressions (decisions D8): folding, guards, mappings and derived fields all run here.
//!
//! In: [`Expressions`], an [`ExprId`] and an [`Environment`]. Out: a [`Value`] or a [`Fault`]. It is total: no panic,
//! checked arithmetic only, and no text is ever cut inside a character. Whatever knows octets, charsets, keys, clocks
//! or rows is asked of the environment; this module must not know any of them.
//!
//! A value that is missing ([`Value::Absent`]) is taken by `either`, `present`, `is`, `and`, `or`, `if` alone (where
//! a truth is asked it counts as no); anything else answers [`Fault::Absent`], by which an optional target stays
//! absent and a compulsory one fails.

pub mod calendar;
pub mod coded;
mod flat;
mod fold;
mod function;
mod machine;
pub mod number;
pub mod private;
mod value;
mod words;

pub use machine::{evaluate, folded_at, order, truth};
pub use value::{Pair, Value};

use std::borrow::Cow;

use crate::model::{Function, Load};
use crate::program::PairSet;
use crate::value::{Constant, DateTime, Symbol};

/// Why an expression has no value. Small, without text: words are made at the rim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// A value that is needed is missing.
    Absent,
    /// A result beyond what can be held exactly (28 figures, the calendar's end).
    Overflow,
    /// A text that is no number.
    NotNumber,
    /// A text that is no day, time or moment by its form.
    NotCalendar,
    /// A text that is not of its coding (hex, base64).
    NotCoded,
    /// Values of kinds that do not go together; the checks exclude it.
    Kind,
    /// Code, constant or row that does not exist; the lowering excludes it.
    Broken,
    /// A text or list longer than any bound allows.
    TooLong,
    /// A load that this environment does not hold (no original, no session, no member).
    NotThere(Load),
    /// Octets that are not known yet (a region still open): the writing order excludes it.
    NotYet,
    /// The seal takes long: it must be computed elsewhere; the whole expression is then evaluated again, and the
    /// environment answers from what it has learned.
    NeedsSeal,
    /// The seal function refused: a bad cipher text, an unknown algorithm, a key that does not fit.
    Seal,
    /// The key is not in the store.
    NoKey(Load),
    /// A character that the charset does not have.
    Character,
}

/// What an expression looks at. All methods take `&self`, so that loaded values can be borrowed while others are
/// computed: row cursors and memories of seals are kept in cells.
pub trait Environment {
    /// The value of a reference; a list or group that is there is [`Value::Rows`]. For keys [`Value::Key`].
    fn load<'e>(&'e self, load: &Load) -> Result<Value<'e>, Fault>;

    /// How many rows the list has (0 when it is absent). Asked within the rows around it.
    fn rows(&self, list: &Load) -> Result<u32, Fault>;

    /// Enters a row (from 0): loads one level below the list's now mean this row, until [`Self::leave`].
    fn enter(&self, list: &Load, row: u32) -> Result<(), Fault>;

    /// Back to what was entered before.
    fn leave(&self, list: &Load);

    /// Number of the row of this reference's list that is entered, from 1.
    fn position(&self, _row: &Load) -> Result<u32, Fault> {
        Err(Fault::Broken)
    }

    /// Whether the row of this list that is entered was read whole (a list may tolerate items that cannot be read).
    fn whole(&self, _list: &Load) -> Result<bool, Fault> {
        Ok(true)
    }

    /// The result of a fold over rows or octets that was made while the lines of a file went by; `at` is the place of its
    /// instruction in [`crate::program::Expressions::code`]. `None`: it is computed here.
    fn folded(&self, _at: u32) -> Result<Option<Value<'static>>, Fault> {
        Ok(None)
    }

    /// Octets of a region.
    fn raw<'e>(&'e self, _region: u16) -> Result<Cow<'e, [u8]>, Fault> {
        Err(Fault::NotYet)
    }

    /// Octets from the start of one region up to the start of another.
    fn raw_range<'e>(&'e self, _from: u16, _to: u16) -> Result<Cow<'e, [u8]>, Fault> {
        Err(Fault::NotYet)
    }

    /// Octets of a region without those of another that lies in it (`cut_out`).
    fn raw_without<'e>(&'e self, _whole: u16, _part: u16) -> Result<Cow<'e, [u8]>, Fault> {
        Err(Fault::NotYet)
    }

    /// The text of a code field of a message as it stands on the wire, or as it will be written; absent if the field is.
    fn wire_text<'e>(&'e self, _field: &Load) -> Result<Value<'e>, Fault> {
        Err(Fault::NotYet)
    }

    /// How many octets a region has.
    fn length(&self, _region: u16) -> Result<u64, Fault> {
        Err(Fault::NotYet)
    }

    /// Wire names and wire texts of the fields of a set that are there, in their order.
    fn pairs(&self, _set: &PairSet) -> Result<Vec<Pair>, Fault> {
        Err(Fault::NotYet)
    }

    /// Functions over bytes, charsets and keys: `digest hmac mac signature encrypt decrypt kcv random_key checksum
    /// encoded`. The algorithm (charset for `encoded`, empty: the party's own) is the first argument of the language
    /// and is not among `arguments`. Texts among them are taken in the party's charset.
    fn seal(
        &self,
        function: Function,
        algorithm: &str,
        arguments: &[Value<'_>],
    ) -> Result<Value<'static>, Fault>;

    /// The next number of the party's counter, so many figures.
    fn counter(&self, _digits: u32) -> Result<u64, Fault> {
        Err(Fault::Broken)
    }

    /// The moment.
    fn now(&self) -> Result<DateTime, Fault> {
        Err(Fault::Broken)
    }

    /// The text of a name.
    fn name(&self, symbol: Symbol) -> &str;

    /// The octets of a `secret` key where it is used as text (`"TC3" + key.secret`).
    fn secret<'e>(&'e self, key: &Load) -> Result<Cow<'e, [u8]>, Fault> {
        Err(Fault::NoKey(*key))
    }
}

/// The value of a constant.
#[must_use]
pub fn of_constant(constant: &Constant) -> Value<'_> {
    match constant {
        Constant::Absent => Value::Absent,
        Constant::Flag(yes) => Value::Flag(*yes),
        Constant::Number(number) => Value::Number(*number),
        Constant::Decimal(decimal) => Value::Decimal(*decimal),
        Constant::Text(text) => Value::Text(Cow::Borrowed(text)),
        Constant::Bytes(bytes) => Value::Bytes(Cow::Borrowed(bytes)),
        Constant::Name(symbol) => Value::Name(*symbol),
        Constant::Outcome(outcome) => Value::Outcome(*outcome),
        Constant::Date(date) => Value::Date(*date),
        Constant::Time(time) => Value::Time(*time),
        Constant::DateTime(moment) => Value::DateTime(*moment),
        Constant::Duration(span) => Value::Duration(*span),
    }
}

#[cfg(test)]
mod tests;
