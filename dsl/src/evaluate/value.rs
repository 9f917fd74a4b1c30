//! A value on the evaluator's stack, and how values show as text.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{Environment, Fault};
use crate::model::Load;
use crate::value::{Constant, Date, DateTime, Decimal, Outcome, Symbol, Time};

/// A wire name and the octets beside it.
pub type Pair = (Vec<u8>, Vec<u8>);

/// A value while an expression runs. Texts and bytes are borrowed where they stand.
#[derive(Clone, PartialEq, Debug)]
pub enum Value<'a> {
    /// Missing.
    Absent,
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(i128),
    /// An exact decimal, or an amount in yuan.
    Decimal(Decimal),
    /// Characters.
    Text(Cow<'a, str>),
    /// Octets.
    Bytes(Cow<'a, [u8]>),
    /// A name of a `one_of`.
    Name(Symbol),
    /// An outcome.
    Outcome(Outcome),
    /// A day; a month is its first day.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A day and a time of day, in the bank's zone.
    DateTime(DateTime),
    /// A span of time in milliseconds.
    Duration(i64),
    /// A key, by reference: its octets never come here.
    Key(Load),
    /// Names and values for a signature.
    Pairs(Vec<Pair>),
    /// A list that is there, with so many rows; a group has one.
    Rows(u32),
}

impl<'a> Value<'a> {
    /// A text of its own.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Value<'static> {
        Value::Text(Cow::Owned(text.into()))
    }

    /// Octets of its own.
    #[must_use]
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Value<'static> {
        Value::Bytes(Cow::Owned(bytes.into()))
    }

    /// The same value without borrows.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.into_owned())),
            Value::Absent => Value::Absent,
            Value::Flag(yes) => Value::Flag(yes),
            Value::Number(number) => Value::Number(number),
            Value::Decimal(decimal) => Value::Decimal(decimal),
            Value::Name(symbol) => Value::Name(symbol),
            Value::Outcome(outcome) => Value::Outcome(outcome),
            Value::Date(date) => Value::Date(date),
            Value::Time(time) => Value::Time(time),
            Value::DateTime(moment) => Value::DateTime(moment),
            Value::Duration(span) => Value::Duration(span),
            Value::Key(key) => Value::Key(key),
            Value::Pairs(pairs) => Value::Pairs(pairs),
            Value::Rows(rows) => Value::Rows(rows),
        }
    }

    /// Whether it is there.
    #[must_use]
    pub fn is_present(&self) -> bool {
        !matches!(self, Value::Absent)
    }

    /// As a constant of the language, if constants of this kind exist.
    #[must_use]
    pub fn to_constant(&self) -> Option<Constant> {
        Some(match self {
            Value::Absent => Constant::Absent,
            Value::Flag(yes) => Constant::Flag(*yes),
            Value::Number(number) => Constant::Number(*number),
            Value::Decimal(decimal) => Constant::Decimal(*decimal),
            Value::Text(text) => Constant::Text(text.as_ref().into()),
            Value::Bytes(bytes) => Constant::Bytes(bytes.as_ref().into()),
            Value::Name(symbol) => Constant::Name(*symbol),
            Value::Outcome(outcome) => Constant::Outcome(*outcome),
            Value::Date(date) => Constant::Date(*date),
            Value::Time(time) => Constant::Time(*time),
            Value::DateTime(moment) => Constant::DateTime(*moment),
            Value::Duration(span) => Constant::Duration(*span),
            Value::Key(_) | Value::Pairs(_) | Value::Rows(_) => return None,
        })
    }

    /// As text: texts as they are, names by their text, numbers by their figures (an amount keeps its decimals),
    /// days and times as `2026-11-23` and `13:45:01`, flags as `yes` and `no`, spans in milliseconds.
    ///
    /// # Errors
    /// [`Fault::Absent`] for what is missing, [`Fault::Kind`] for bytes, keys, pairs and rows.
    pub fn to_text(&self, environment: &'a dyn Environment) -> Result<Cow<'_, str>, Fault> {
        let mut text = String::new();
        // Writing into a `String` cannot fail.
        let _ = match self {
            Value::Text(known) => return Ok(Cow::Borrowed(known)),
            Value::Name(symbol) => return Ok(Cow::Borrowed(environment.name(*symbol))),
            Value::Flag(yes) => return Ok(Cow::Borrowed(if *yes { "yes" } else { "no" })),
            Value::Outcome(outcome) => write!(text, "{outcome}"),
            Value::Number(number) => write!(text, "{number}"),
            Value::Decimal(decimal) => write!(text, "{decimal}"),
            Value::Date(date) => write!(text, "{date}"),
            Value::Time(time) => write!(text, "{time}"),
            Value::DateTime(moment) => write!(text, "{} {}", moment.date(), moment.time()),
            Value::Duration(span) => write!(text, "{span}"),
            Value::Absent => return Err(Fault::Absent),
            Value::Bytes(_) | Value::Key(_) | Value::Pairs(_) | Value::Rows(_) => return Err(Fault::Kind),
        };
        Ok(Cow::Owned(text))
    }
}
