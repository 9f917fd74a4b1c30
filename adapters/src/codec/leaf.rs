//! One value on the wire: its octets to a slot, a slot to its octets.
//!
//! In: a wire form, octets without the format's own escapes. Out: slots, octets. What stands around a value (quotes,
//! separators, names) is the formats' business.

mod read;
mod usual;
mod write;

pub(crate) use read::{meaning_slot, parse, parse_into, parse_unusual};
pub(crate) use usual::{read as usual_slot, write as write_usual};
pub(crate) use write::{outcome_row, write, write_straight, write_value};

use std::cell::Cell;

use dsl::program::{Program, WireForm};
use dsl::value::{Absent, AbsentForm, DateTime, Form, Side, Size, Symbols, Unit};

use super::{FaultKind, Wrong};
use crate::charset::Charset;
use crate::value::Slot;

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
    /// How long to wait, if a code said that the answer is an interim one.
    pub(crate) wait: Cell<Option<u64>>,
}

impl<'a> Reading<'a> {
    /// Of a value that needs nothing but its octets.
    #[inline]
    pub(crate) fn plain(program: &'a Program, symbols: &'a Symbols, padded: bool) -> Self {
        Reading {
            program,
            symbols,
            charset: None,
            padded,
            odd: false,
            near: None,
            texts: None,
            wait: Cell::new(None),
        }
    }
}

/// A slot, and how long to wait if the code says that the answer is an interim one.
pub(crate) type Parsed = (Slot, Option<u64>);

/// Whether the octets are one of the forms that mean a missing value.
#[inline]
pub(crate) fn is_absent(wire: &WireForm, octets: &[u8]) -> bool {
    let Absent::As(forms) = &wire.absent else { return false };
    forms.iter().any(|form| match form {
        AbsentForm::Empty => octets.is_empty(),
        AbsentForm::Blank => !octets.is_empty() && octets.iter().all(|octet| *octet == b' '),
        AbsentForm::Zero => !octets.is_empty() && octets.iter().all(|octet| matches!(octet, b'0' | 0 | b'.')),
        AbsentForm::Text(text) => trim_right(octets, b' ') == text.as_bytes(),
    })
}

#[inline]
fn trim_right(octets: &[u8], fill: u8) -> &[u8] {
    let mut octets = octets;
    // What fills up is long, or nothing.
    while let Some((rest, last)) = octets.split_last_chunk::<8>()
        && *last == [fill; 8]
    {
        octets = rest;
    }
    let end = octets.iter().rposition(|octet| *octet != fill).map_or(0, |last| last + 1);
    octets.get(..end).unwrap_or_default()
}

/// What a value is filled up with: `padded` where values have widths.
#[inline]
fn fill(wire: &WireForm, padded: bool) -> Option<(Side, u8)> {
    if padded { wire.measures.padded } else { wire.measures.unpadded }
}

#[inline]
fn uses_letters(form: &Form) -> bool {
    !matches!(form, Form::Bytes | Form::Integer { .. } | Form::Packed { .. } | Form::Zoned { .. })
}

/// The characters of a text, as far as its bounds ask for them: where its octets are within them, so are its characters.
#[inline]
fn characters(wire: &WireForm, text: &str) -> usize {
    let within = text.len() <= wire.measures.most && wire.measures.least <= 1;
    // What is filled up, or has its length before it, is counted.
    if within && wire.prefix.is_none() && matches!(wire.size, Size::Range { .. }) {
        text.len()
    } else {
        text.chars().count()
    }
}

#[inline]
fn sized_most(wire: &WireForm, units: usize) -> Result<(), Wrong> {
    // A decimal's size counts figures: its point and sign come on top.
    let room = if wire.unit == Unit::Digits { 2 } else { 0 };
    if units > wire.measures.most.saturating_add(room) { Err(FaultKind::TooLong.into()) } else { Ok(()) }
}

#[inline]
fn sized(wire: &WireForm, units: usize) -> Result<(), Wrong> {
    if units > wire.measures.most {
        return Err(FaultKind::TooLong.into());
    }
    if units < wire.measures.least { Err(FaultKind::TooShort.into()) } else { Ok(()) }
}
