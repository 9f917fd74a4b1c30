//! One value on the wire: its octets to a slot, a slot to its octets.
//!
//! In: a wire form, octets without the format's own escapes. Out: slots, octets. What stands around a value (quotes,
//! separators, names) is the formats' business.

mod read;
mod write;

pub(crate) use read::{meaning_slot, parse};
pub(crate) use write::{outcome_row, write, write_value};

use dsl::evaluate::calendar;
use dsl::program::{CodeText, Codes, Program, WireForm};
use dsl::value::{Absent, AbsentForm, DateTime, Form, Side, Size, Symbols, Unit, fill_of_form};

use super::{FaultKind, Wrong};
use crate::charset;
use crate::charset::Charset;
use crate::value::Slot;

/// How the figures and letters of a value are coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Letters {
    /// A charset.
    Set(Charset),
    /// Two figures an octet.
    Packed,
}

impl Letters {
    /// By the name in a wire form.
    pub(crate) fn of(name: &str) -> Letters {
        match name {
            "bcd" => Letters::Packed,
            "" => Letters::Set(Charset::Utf8),
            other => Letters::Set(Charset::from_name(other).unwrap_or(Charset::Utf8)),
        }
    }

    /// The charset in which the texts stand once they are unpacked.
    pub(crate) fn charset(self) -> Charset {
        match self {
            Letters::Set(charset) => charset,
            Letters::Packed => Charset::Ascii,
        }
    }
}

/// What reading a value needs beside its octets.
pub(crate) struct Reading<'a> {
    pub(crate) program: &'a Program,
    pub(crate) symbols: &'a Symbols,
    /// Charset that a chain says; else the wire form's.
    pub(crate) charset: Option<Charset>,
    /// Values are filled up to their width (`fixed`).
    pub(crate) padded: bool,
    /// A length told that the figures are odd in number: one half octet is filling.
    pub(crate) odd: bool,
    /// What a date's form leaves out is nearest to this.
    pub(crate) near: Option<DateTime>,
    /// Texts of the code table's rows where some are expressions.
    pub(crate) texts: Option<Vec<String>>,
}

/// A slot, and how long to wait if the code says that the answer is an interim one.
pub(crate) type Parsed = (Slot, Option<u64>);

/// Octets that a value of a form takes, where that is known before it is seen.
pub(crate) fn width(program: &Program, wire: &WireForm) -> Option<usize> {
    let letters = Letters::of(&wire.charset);
    let units = match wire.size {
        Size::Fixed(units) => units as usize,
        Size::Range { .. } => return None,
        Size::ByForm => match &wire.form {
            Form::Calendar(_, form) => calendar::width(form)?,
            Form::Flag(yes, no) => yes.len().max(no.len()),
            Form::Code(table) => code_width(program.codes.get(usize::from(*table))?)?,
            _ => return None,
        },
    };
    match (wire.unit, &wire.form, letters) {
        (Unit::Digits, Form::Packed { .. }, _) => Some(units / 2 + 1),
        (Unit::Digits, _, Letters::Packed) => Some(units.div_ceil(2)),
        (_, Form::Calendar(..), Letters::Packed) => Some(units.div_ceil(2)),
        (Unit::Bits, ..) => Some(units.div_ceil(8)),
        (Unit::Chars, Form::Text, Letters::Set(charset)) if charset::widest_character(charset) > 1 => None,
        _ => Some(units),
    }
}

fn code_width(codes: &Codes) -> Option<usize> {
    let length = |text: &CodeText| match text {
        CodeText::Text(text) => Some(text.len()),
        CodeText::Expression(_) => None,
    };
    codes.rows.iter().filter_map(|(text, ..)| length(text)).max()
}

/// Whether the octets are one of the forms that mean a missing value.
pub(crate) fn is_absent(wire: &WireForm, octets: &[u8]) -> bool {
    let Absent::As(forms) = &wire.absent else { return false };
    forms.iter().any(|form| match form {
        AbsentForm::Empty => octets.is_empty(),
        AbsentForm::Blank => !octets.is_empty() && octets.iter().all(|octet| *octet == b' '),
        AbsentForm::Zero => !octets.is_empty() && octets.iter().all(|octet| matches!(octet, b'0' | 0 | b'.')),
        AbsentForm::Text(text) => trim_right(octets, b' ') == text.as_bytes(),
    })
}

fn trim_right(octets: &[u8], fill: u8) -> &[u8] {
    let end = octets.iter().rposition(|octet| *octet != fill).map_or(0, |last| last + 1);
    octets.get(..end).unwrap_or_default()
}

/// What a value is filled up with: as said, else as its form demands where values have a width.
pub(crate) fn fill(wire: &WireForm, padded: bool) -> Option<(Side, u8)> {
    wire.fill.or_else(|| fill_of_form(&wire.form, wire.size, padded))
}

fn uses_letters(form: &Form) -> bool {
    !matches!(form, Form::Bytes | Form::Integer { .. } | Form::Packed { .. } | Form::Zoned { .. })
}

fn number_like(form: &Form) -> bool {
    matches!(form, Form::Number | Form::Decimal { .. } | Form::Fen | Form::Yuan | Form::Li)
}

fn most(wire: &WireForm) -> usize {
    match wire.size {
        Size::Fixed(units) | Size::Range { max: units, .. } => units as usize,
        Size::ByForm => usize::MAX,
    }
}

fn sized_most(wire: &WireForm, units: usize) -> Result<(), Wrong> {
    // A decimal's size counts figures: its point and sign come on top.
    let room = if wire.unit == Unit::Digits { 2 } else { 0 };
    if units > most(wire).saturating_add(room) { Err(FaultKind::TooLong.into()) } else { Ok(()) }
}

fn sized(wire: &WireForm, units: usize) -> Result<(), Wrong> {
    let least = match wire.size {
        Size::Fixed(units) | Size::Range { min: units, .. } => units as usize,
        Size::ByForm => 0,
    };
    if units > most(wire) {
        return Err(FaultKind::TooLong.into());
    }
    if units < least { Err(FaultKind::TooShort.into()) } else { Ok(()) }
}
