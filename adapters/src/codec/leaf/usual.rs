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

/// The slot of a value's octets, which stand in a span. None: it is none of the usual ones, or a text that has to be decoded.
#[inline(always)]
pub(crate) fn read(usual: &Usual, octets: &[u8], span: Span) -> Option<Slot> {
    Some(match *usual {
        Usual::None => return None,
        Usual::Figures { least, most } => {
            let within = octets.len() >= least as usize && octets.len() <= most as usize;
            if !within || !number::are_figures(octets) {
                return None;
            }
            Slot { tag: Tag::Text, buffer: span.buffer, scale: UTF8, at: span.start, n: octets.len() as u64 }
        }
        Usual::Text { printable, lax, filled, least, most, .. } => {
            let inner = if filled { trim_right(octets, b' ') } else { octets };
            let within = inner.len() <= most as usize && (lax || inner.len() >= least as usize);
            if !within || !inner.is_ascii() || (printable && !are_printable(inner)) {
                return None;
            }
            Slot { tag: Tag::Text, buffer: span.buffer, scale: UTF8, at: span.start, n: inner.len() as u64 }
        }
        Usual::Whole { fen, most, max, .. } => {
            if octets.is_empty() || octets.len() > usize::from(most) {
                return None;
            }
            let n = number::word(octets).filter(|n| *n <= max)?;
            let (tag, scale) = if fen { (Tag::Decimal, 2) } else { (Tag::Number, 0) };
            Slot { tag, scale, n, ..Slot::ABSENT }
        }
        Usual::Point { scale, most, .. } => {
            let n = number::few_units(octets, scale.into()).filter(|_| octets.len() <= most as usize)?;
            Slot { tag: Tag::Decimal, scale: scale.into(), n, ..Slot::ABSENT }
        }
        Usual::Day => Slot { tag: Tag::Date, n: calendar::packed_day(octets)?, ..Slot::ABSENT },
        Usual::Month => Slot { tag: Tag::Date, n: calendar::packed_month(octets)?, ..Slot::ABSENT },
        Usual::Clock => Slot { tag: Tag::Time, n: calendar::seconds(octets)? * SECOND, ..Slot::ABSENT },
        Usual::Flag { yes, no } => match octets {
            [octet] if *octet == yes => Slot { tag: Tag::Flag, n: 1, ..Slot::ABSENT },
            [octet] if *octet == no => Slot { tag: Tag::Flag, n: 0, ..Slot::ABSENT },
            _ => return None,
        },
    })
}

/// The number of the charset that texts of slots are in here: ASCII is UTF-8 too.
const UTF8: u16 = Charset::Utf8.number() as u16;

#[inline(always)]
fn are_printable(octets: &[u8]) -> bool {
    octets.iter().fold(true, |all, octet| all & (0x20..0x7F).contains(octet))
}

/// Decodes a text that is not ASCII, and puts its slot at its place. False: it is none of the usual ones.
pub(crate) fn decode(record: &mut Record, wire: &WireForm, usual: &Usual, span: Span, index: usize) -> bool {
    let Usual::Text { charset, printable, lax, filled, least, most } = *usual else { return false };
    // A text that is kept is decoded already, and is of another charset no more.
    if printable || (span.buffer == TEXTS && charset != Charset::Utf8) {
        return false;
    }
    let octets = record.octets(span);
    let inner = if filled { span.within(0, trim_right(octets, b' ').len()) } else { span };
    let taken = record.taken();
    if let Ok(Ok(decoded)) = record.keep_decoded(charset, inner) {
        let units = match wire.unit {
            Unit::Chars => characters(wire, record.kept_text(decoded)),
            _ => inner.len(),
        };
        let within = units <= most as usize && (lax || units >= least as usize);
        if within && record.put(index, Slot::range(Tag::Text, decoded, UTF8)).is_ok() {
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
    usual: &Usual,
    bare: bool,
    out: &mut Vec<u8>,
) -> Option<usize> {
    match *usual {
        Usual::Figures { least, most } if slot.tag == Tag::Text && slot.scale == UTF8 => {
            let octets = record.octets(slot.text_span());
            let within = octets.len() >= least as usize && octets.len() <= most as usize;
            if !within || !number::are_figures(octets) {
                return None;
            }
            out.extend_from_slice(octets);
            Some(octets.len())
        }
        Usual::Text { .. } if slot.tag == Tag::Text && slot.scale == UTF8 => {
            write_text(record, slot, wire, usual, out)
        }
        Usual::Whole { zeros, fen, most, max } => {
            let (tag, scale) = if fen { (Tag::Decimal, 2) } else { (Tag::Number, 0) };
            if slot.tag != tag || slot.scale != scale || slot.n > max {
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
        Usual::Point { scale, zeros, written, .. }
            if slot.tag == Tag::Decimal && slot.scale == u16::from(scale) =>
        {
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
        Usual::Day if slot.tag == Tag::Date => put_figures::<8>(slot.n, out),
        Usual::Month if slot.tag == Tag::Date => put_figures::<6>(slot.n / 100, out),
        Usual::Clock if slot.tag == Tag::Time => {
            let seconds = slot.n / SECOND;
            put_figures::<6>(seconds / 3_600 * 10_000 + seconds / 60 % 60 * 100 + seconds % 60, out)
        }
        Usual::Flag { yes, no } if slot.tag == Tag::Flag => {
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
fn put_figures<const WIDTH: usize>(value: u64, out: &mut Vec<u8>) -> Option<usize> {
    let figures = number::sixteen(value)?;
    let (zeros, octets) = figures.split_last_chunk::<WIDTH>()?;
    if zeros.iter().any(|zero| *zero != b'0') {
        return None;
    }
    out.extend_from_slice(octets);
    Some(WIDTH)
}

#[inline]
fn write_text(
    record: &Record,
    slot: &Slot,
    wire: &WireForm,
    usual: &Usual,
    out: &mut Vec<u8>,
) -> Option<usize> {
    let Usual::Text { charset, printable, filled, least, most, .. } = *usual else { return None };
    let (span, start) = (slot.text_span(), out.len());
    let octets = record.octets(span);
    let mut units = octets.len();
    if octets.is_ascii() {
        if printable && !are_printable(octets) {
            return None;
        }
        if units > most as usize || (!filled && units < least as usize) {
            return None;
        }
        out.extend_from_slice(octets);
    } else {
        let text = record.known_text(span).filter(|_| !printable)?;
        match charset {
            Charset::Gbk => charset::encode_onto(charset, text, out).ok()?,
            Charset::Utf8 => out.extend_from_slice(octets),
            _ => return None,
        }
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
