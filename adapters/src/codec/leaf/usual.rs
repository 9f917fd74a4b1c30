//! Usual values of usual wire forms, by their octets alone: the short way of reading and writing.
//!
//! In: what the compiler noted of a wire form ([`Usual`]), octets or a slot. Out: a slot or octets, or the answer that this is none
//! of the usual ones; then nothing has happened, and what it is, also what is wrong with it, says the way that all values can go.

use dsl::evaluate::{calendar, number};
use dsl::program::{Usual, WireForm};
use dsl::value::{Charset, Unit};

use super::{characters, trim_right};
use crate::charset;
use crate::value::{Record, Slot, Span, TEXTS, Tag};

/// Nanoseconds of a second, as slots count the time of day.
const SECOND: u64 = 1_000_000_000;

/// Puts the slot of a value's octets at its place. False: it is none of the usual ones.
#[inline(always)]
pub(crate) fn read(record: &mut Record, wire: &WireForm, usual: Usual, span: Span, index: usize) -> bool {
    let octets = record.octets(span);
    let slot = match usual {
        Usual::None => return false,
        Usual::Figures { least, most } => {
            let length = span.end.wrapping_sub(span.start);
            if length < least || length > most || !number::are_figures(octets) {
                return false;
            }
            Slot::range(Tag::Text, span, UTF8)
        }
        Usual::Text { .. } => return read_text(record, wire, usual, span, index),
        Usual::Whole { fen, most, max, .. } => {
            if octets.is_empty() || octets.len() > usize::from(most) {
                return false;
            }
            match number::word(octets) {
                Some(n) if n <= max && fen => decimal(n, 2),
                Some(n) if n <= max => Slot { tag: Tag::Number, n, ..Slot::ABSENT },
                _ => return false,
            }
        }
        Usual::Point { scale, most, .. } => {
            if octets.len() > most as usize {
                return false;
            }
            match number::few_units(octets, scale.into()) {
                Some(n) => decimal(n, scale.into()),
                None => return false,
            }
        }
        Usual::Day => match calendar::packed_day(octets) {
            Some(n) => Slot { tag: Tag::Date, n, ..Slot::ABSENT },
            None => return false,
        },
        Usual::Month => match calendar::packed_month(octets) {
            Some(n) => Slot { tag: Tag::Date, n, ..Slot::ABSENT },
            None => return false,
        },
        Usual::Clock => match calendar::seconds(octets) {
            Some(seconds) => Slot { tag: Tag::Time, n: seconds * SECOND, ..Slot::ABSENT },
            None => return false,
        },
        Usual::Flag { yes, no } => match octets {
            [octet] if *octet == yes => Slot { tag: Tag::Flag, n: 1, ..Slot::ABSENT },
            [octet] if *octet == no => Slot { tag: Tag::Flag, n: 0, ..Slot::ABSENT },
            _ => return false,
        },
    };
    record.put(index, slot).is_ok()
}

/// The number of the charset that texts of slots are in here: ASCII is UTF-8 too.
const UTF8: u16 = Charset::Utf8.number() as u16;

#[inline(always)]
fn decimal(n: u64, scale: u16) -> Slot {
    Slot { tag: Tag::Decimal, scale, n, ..Slot::ABSENT }
}

/// A text: what is ASCII stands as it is, anything else is decoded once.
#[inline]
fn read_text(record: &mut Record, wire: &WireForm, usual: Usual, span: Span, index: usize) -> bool {
    let Usual::Text { charset, printable, lax, filled, least, most } = usual else { return false };
    let octets = record.octets(span);
    let inner = if filled { trim_right(octets, b' ') } else { octets };
    let within = |units: usize| units <= most as usize && (lax || units >= least as usize);
    let inner_span = span.within(0, inner.len());
    if inner.is_ascii() {
        let fits = !printable || inner.iter().fold(true, |all, octet| all & (0x20..0x7F).contains(octet));
        return fits
            && within(inner.len())
            && record.put(index, Slot::range(Tag::Text, inner_span, UTF8)).is_ok();
    }
    // A text that is kept is decoded already, and is of another charset no more.
    if printable || (span.buffer == TEXTS && charset != Charset::Utf8) {
        return false;
    }
    let taken = record.taken();
    if let Ok(Ok(decoded)) = record.keep_decoded(charset, inner_span) {
        let units = match wire.unit {
            Unit::Chars => characters(wire, record.kept_text(decoded)),
            _ => inner_span.len(),
        };
        if within(units) && record.put(index, Slot::range(Tag::Text, decoded, UTF8)).is_ok() {
            return true;
        }
        record.give_back(taken);
    }
    false
}

/// Appends what stands in a slot; gives its units. None: it is none of the usual ones. `bare`: it takes no zeros in front.
#[inline(always)]
pub(crate) fn write(
    record: &Record,
    slot: &Slot,
    wire: &WireForm,
    usual: Usual,
    bare: bool,
    out: &mut Vec<u8>,
) -> Option<usize> {
    match (usual, slot.tag) {
        (Usual::Figures { least, most }, Tag::Text) if slot.scale == UTF8 => {
            let octets = record.octets(slot.span()?);
            let within = octets.len() >= least as usize && octets.len() <= most as usize;
            if !within || !number::are_figures(octets) {
                return None;
            }
            out.extend_from_slice(octets);
            Some(octets.len())
        }
        (Usual::Text { .. }, Tag::Text) if slot.scale == UTF8 => write_text(record, slot, wire, usual, out),
        (Usual::Whole { zeros, fen, most, max }, Tag::Number | Tag::Decimal) => {
            let scale = if fen { 2 } else { 0 };
            if fen != (slot.tag == Tag::Decimal) || slot.scale != scale || slot.n > max {
                return None;
            }
            let figures = number::sixteen(slot.n)?;
            let octets = at_least(&figures, if bare { 1 } else { zeros.max(1) });
            if octets.len() > usize::from(most) {
                return None;
            }
            out.extend_from_slice(octets);
            Some(octets.len())
        }
        (Usual::Point { scale, zeros, written, .. }, Tag::Decimal) if slot.scale == u16::from(scale) => {
            let figures = number::sixteen(slot.n)?;
            let zeros = if bare { 0 } else { zeros.saturating_sub(1) };
            let octets = at_least(&figures, zeros.max(scale + 1));
            let (whole, part) = octets.split_at_checked(octets.len().checked_sub(scale.into())?)?;
            if octets.len() + 1 > written as usize {
                return None;
            }
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(part);
            Some(octets.len() + 1)
        }
        (Usual::Day, Tag::Date) => put_figures(slot.n, 8, out),
        (Usual::Month, Tag::Date) => put_figures(slot.n / 100, 6, out),
        (Usual::Clock, Tag::Time) => {
            let seconds = slot.n / SECOND;
            put_figures(seconds / 3_600 * 10_000 + seconds / 60 % 60 * 100 + seconds % 60, 6, out)
        }
        (Usual::Flag { yes, no }, Tag::Flag) => {
            out.push(if slot.n == 0 { no } else { yes });
            Some(1)
        }
        _ => None,
    }
}

/// The figures behind zeros in front, and so many at least.
#[inline(always)]
fn at_least(figures: &[u8; 16], least: u8) -> &[u8] {
    let zeros = (u128::from_be_bytes(*figures) ^ u128::from_be_bytes([b'0'; 16])).leading_zeros() / 8;
    figures.get((zeros as usize).min(16_usize.saturating_sub(least.into()))..).unwrap_or_default()
}

/// Appends just so many figures.
#[inline(always)]
fn put_figures(value: u64, width: usize, out: &mut Vec<u8>) -> Option<usize> {
    let figures = number::sixteen(value)?;
    let (zeros, octets) = figures.split_at_checked(16_usize.checked_sub(width)?)?;
    if zeros.iter().any(|zero| *zero != b'0') {
        return None;
    }
    out.extend_from_slice(octets);
    Some(width)
}

#[inline]
fn write_text(record: &Record, slot: &Slot, wire: &WireForm, usual: Usual, out: &mut Vec<u8>) -> Option<usize> {
    let Usual::Text { charset, printable, filled, least, most, .. } = usual else { return None };
    let (span, start) = (slot.span()?, out.len());
    let octets = record.octets(span);
    let mut units = octets.len();
    if octets.is_ascii() {
        if printable && !octets.iter().fold(true, |all, octet| all & (0x20..0x7F).contains(octet)) {
            return None;
        }
        if units > most as usize || (!filled && units < least as usize) {
            return None;
        }
        out.extend_from_slice(octets);
    } else {
        let text = record.known_text(span).filter(|_| charset == Charset::Gbk && !printable)?;
        charset::encode_onto(charset, text, out).ok()?;
        units = match wire.unit {
            Unit::Chars => characters(wire, text),
            _ => out.len() - start,
        };
        if units > most as usize || (!filled && units < least as usize) {
            out.truncate(start);
            return None;
        }
    }
    if filled && units < most as usize {
        out.resize(out.len() + (most as usize - units), b' ');
        units = most as usize;
    }
    Some(units)
}
