//! Examples.

use super::{Block, Count, Date, Name, Number, Str, Time};
use crate::source::Span;

/// `example STRING of NAME by STRING { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Example {
    /// What it shows.
    pub title: Str,
    /// The call.
    pub of: Name,
    /// Who made its octets.
    pub by: Str,
    /// Its parts.
    pub block: Block<ExamplePart>,
}

/// A part of an example.
#[derive(Clone, PartialEq, Debug)]
pub enum ExamplePart {
    /// `given REC`: facts by their root.
    Given(Record),
    /// `ask REC`.
    Ask(Record),
    /// `request WIRE`.
    Request(Wire),
    /// `reply WIRE`.
    Reply(Wire),
    /// `done REC`.
    Done(Record),
    /// `refused NAME`.
    Refused(Name),
    /// `unknown`.
    Unknown,
}

/// `{ (name VALUE)* }`; a name that stands twice is a list.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// The entries in their order.
    pub entries: Vec<Entry>,
    /// From `{` to `}`.
    pub span: Span,
}

/// `name VALUE`.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// The name.
    pub name: Name,
    /// Its value.
    pub value: Value,
}

/// A value of an example.
#[derive(Clone, PartialEq, Debug)]
pub struct Value {
    /// What.
    pub kind: ValueKind,
    /// Where.
    pub span: Span,
}

/// What a value of an example may be.
#[derive(Clone, PartialEq, Debug)]
pub enum ValueKind {
    /// `"text"`.
    Text(Str),
    /// A number; the flag says that a `-` stands before it.
    Number(Number, bool),
    /// `2026-11-23`.
    Date(Date),
    /// `13:45:01`.
    Time(Time),
    /// `2026-11-23 13:45:01`.
    DateTime(Date, Time),
    /// A name: `yes`, one of a `one_of`.
    Name(Name),
    /// `hex "0123"`.
    Hex(Str),
    /// `file "path"`.
    File(Str),
    /// `{ … }`.
    Record(Record),
}

/// Bytes of an example.
#[derive(Clone, PartialEq, Debug)]
pub enum Wire {
    /// `{ pieces }`.
    Pieces {
        /// In their order.
        pieces: Vec<WirePiece>,
        /// From `{` to `}`.
        span: Span,
    },
    /// `file "path"`.
    File(Str),
}

/// A piece of the bytes of an example.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WirePiece {
    /// Characters, in the party's charset.
    Text(Str),
    /// `spaces NUM`.
    Spaces(Count),
    /// `zeros NUM`.
    Zeros(Count),
    /// `nul NUM`.
    Nul(Count),
    /// `hex "…"`.
    Hex(Str),
}
