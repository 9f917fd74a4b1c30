//! A fault in words, for people: made at the rim only.
//!
//! In: a [`Fault`], the record as far as it was read, the message's cold table. Out: which field, what was expected,
//! the octets there, and what had been read before. Private values are masked, octets that are no plain letters are
//! shown as `\x..`.

use std::fmt;

use dsl::evaluate::{self, Value};
use dsl::program::{Cold, Map, MessageProgram, Program};
use dsl::value::Symbols;

use super::{Fault, FaultKind};
use crate::value::{Record, Tag, buffer_of};

/// Octets that are shown of a place.
const SHOWN: usize = 24;

/// A field that was read before the fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportedField {
    /// Its path.
    pub path: Box<str>,
    /// Its label.
    pub label: Box<str>,
    /// Its value, masked if private.
    pub value: String,
}

/// A fault in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Path of the field, or the text of the check.
    pub field: Box<str>,
    /// Its label.
    pub label: Box<str>,
    /// Line in the adapter, 1-based; 0: none.
    pub line: u32,
    /// What was wrong.
    pub wrong: &'static str,
    /// What was expected.
    pub expected: Box<str>,
    /// Offset in the octets.
    pub offset: u32,
    /// The octets there.
    pub found: String,
    /// A field read before that looks wrong, though it could be read.
    pub suspicious: Option<Box<str>>,
    /// What was read before.
    pub read: Vec<ReportedField>,
}

/// Which way a message went when a fault came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doing {
    /// Octets were read, or what was read was handed on to the business.
    Reading,
    /// Octets were written, or the values for them were found.
    Writing,
}

/// Words for a fault: its instruction is one of the lists of that way, of the mappings if it came in one.
#[must_use]
pub fn describe(
    fault: &Fault,
    record: &Record,
    message: &MessageProgram,
    program: &Program,
    symbols: &Symbols,
    doing: Doing,
) -> Report {
    let mapping = fault.at == Fault::IN_MAPPING;
    let cold = match (mapping, doing) {
        (false, Doing::Reading) => message.read_cold.get(fault.op as usize).copied(),
        (false, Doing::Writing) => message.write_cold.get(fault.op as usize).copied(),
        (true, Doing::Reading) => cold_of(fault, &message.take_out, message),
        (true, Doing::Writing) => cold_of(fault, &message.fill_in, message),
    };
    let cold = cold.and_then(|cold| message.cold.get(cold as usize));
    let private = cold.is_some_and(|cold| cold.private);
    let text = |of: fn(&Cold) -> &Box<str>| cold.map_or_else(|| "".into(), |cold| of(cold).clone());
    let read = fields(record, message, symbols);
    Report {
        field: text(|cold| &cold.name),
        label: text(|cold| &cold.label),
        line: cold.map_or(0, |cold| cold.line),
        wrong: words(fault.kind),
        expected: text(|cold| &cold.expected),
        offset: if mapping { 0 } else { fault.at },
        found: match (mapping, private) {
            (true, _) => String::new(),
            (false, true) => "***".to_owned(),
            (false, false) => octets_at(record, fault.at),
        },
        suspicious: suspicious(record, message, program),
        read,
    }
}

/// The texts of a mapping.
fn cold_of(fault: &Fault, maps: &[Map], message: &MessageProgram) -> Option<u32> {
    match maps.get(fault.op as usize)? {
        Map::Set { assignment } => message.assignments.get(usize::from(*assignment)).map(|form| form.cold),
        Map::Check { check } => message.checks.get(usize::from(*check)).map(|form| form.cold),
        Map::Each { .. } | Map::Next { .. } | Map::Unless { .. } | Map::Jump { .. } => None,
    }
}

fn octets_at(record: &Record, at: u32) -> String {
    let octets = record.buffer(buffer_of(dsl::program::Part::Content));
    let from = (at as usize).min(octets.len());
    let to = from.saturating_add(SHOWN).min(octets.len());
    shown(octets.get(from..to).unwrap_or_default())
}

/// Octets with everything but plain letters and figures as `\x..`.
fn shown(octets: &[u8]) -> String {
    octets
        .iter()
        .map(|octet| match octet {
            b'\\' => "\\\\".to_owned(),
            0x20..0x7F => char::from(*octet).to_string(),
            other => format!("\\x{other:02x}"),
        })
        .collect()
}

fn fields(record: &Record, message: &MessageProgram, symbols: &Symbols) -> Vec<ReportedField> {
    let known = message.fields.iter().filter(|field| field.level == 0 && field.wire.is_some());
    known
        .filter(|field| record.slot(usize::from(field.slot)).tag != Tag::Unread)
        .map(|field| {
            let value = record.value(usize::from(field.slot));
            let value = if field.private { "***".to_owned() } else { value_text(value.ok(), symbols) };
            ReportedField { path: field.path.clone(), label: field.label.clone(), value }
        })
        .collect()
}

fn value_text(value: Option<Value<'_>>, symbols: &Symbols) -> String {
    match value {
        None => "?".to_owned(),
        Some(Value::Absent) => "-".to_owned(),
        Some(Value::Text(text)) => text.chars().map(|one| if one.is_control() { '.' } else { one }).collect(),
        Some(Value::Bytes(octets)) => shown(octets.get(..SHOWN.min(octets.len())).unwrap_or_default()),
        Some(Value::Name(name)) => symbols.text(name).to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Decimal(decimal)) => decimal.to_string(),
        Some(Value::Flag(yes)) => if yes { "yes" } else { "no" }.to_owned(),
        Some(Value::Outcome(outcome)) => outcome.to_string(),
        Some(Value::Date(date)) => date.to_string(),
        Some(Value::Time(time)) => time.to_string(),
        Some(Value::DateTime(moment)) => moment.to_string(),
        Some(Value::Duration(span)) => format!("{span} ms"),
        Some(Value::Rows(rows)) => format!("{rows} rows"),
        Some(Value::Key(_) | Value::Pairs(_)) => "?".to_owned(),
    }
}

/// A text of fixed width that holds a control sign or begins with a blank: the fields slipped before it.
fn suspicious(record: &Record, message: &MessageProgram, program: &Program) -> Option<Box<str>> {
    let texts = message.fields.iter().filter(|field| field.level == 0);
    let slipped = |field: &&dsl::program::FieldForm| {
        let slot = record.slot(usize::from(field.slot));
        let fixed = field.wire.and_then(|wire| program.wires.get(wire as usize));
        let Some(span) = slot.span().filter(|_| slot.tag == Tag::Text && fixed.is_some()) else {
            return false;
        };
        let octets = record.octets(span);
        octets.first() == Some(&b' ') || octets.iter().any(|octet| *octet < 0x20)
    };
    texts.into_iter().find(slipped).map(|field| field.path.clone())
}

fn words(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Truncated => "the octets end before the value does",
        FaultKind::LeftOver => "octets are left over",
        FaultKind::Missing => "the value is missing",
        FaultKind::NotOfForm => "the value is not of its form",
        FaultKind::TooLong => "the value is too long",
        FaultKind::TooShort => "the value is too short",
        FaultKind::OutOfBounds => "the number is out of bounds",
        FaultKind::Character => "octets are no character of the charset",
        FaultKind::UnknownName => "the name is unknown",
        FaultKind::Duplicate => "the name comes twice",
        FaultKind::Syntax => "the format is broken",
        FaultKind::Forbidden => "the format holds what is refused",
        FaultKind::UnknownCode => "the code has no meaning",
        FaultKind::NoCode => "no code has this meaning",
        FaultKind::Refuse(_) => "refused",
        FaultKind::Disagrees => "the value does not agree",
        FaultKind::BadSeal => "the seal does not hold",
        FaultKind::Check => "the check does not hold",
        FaultKind::TooFewRows => "too few rows",
        FaultKind::TooManyRows => "too many rows",
        FaultKind::Container => "the container cannot be unpacked",
        FaultKind::Coding => "the value is not of its coding",
        FaultKind::CannotFit => "the value does not fit",
        FaultKind::Park(_) => "to be parked",
        FaultKind::Unknown => "the outcome is unknown",
        FaultKind::Evaluate(fault) => evaluated(fault),
        FaultKind::Program => "the program is broken",
    }
}

fn evaluated(fault: evaluate::Fault) -> &'static str {
    match fault {
        evaluate::Fault::Absent => "a value that it is computed from is missing",
        evaluate::Fault::NotThere(_) => "what it is computed from is not given",
        evaluate::Fault::NoKey(_) => "the key is not there",
        evaluate::Fault::Seal => "the key or the algorithm does not fit",
        evaluate::Fault::NeedsSeal => "a seal is computed where none can be waited for",
        _ => "an expression has no value",
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.field)?;
        if !self.label.is_empty() {
            write!(out, " ({})", self.label)?;
        }
        write!(out, " at {}: {}", self.offset, self.wrong)?;
        if !self.expected.is_empty() {
            write!(out, ", expected {}", self.expected)?;
        }
        if !self.found.is_empty() {
            write!(out, ", found \"{}\"", self.found)?;
        }
        if let Some(field) = &self.suspicious {
            write!(out, "; {field} looks wrong")?;
        }
        Ok(())
    }
}
