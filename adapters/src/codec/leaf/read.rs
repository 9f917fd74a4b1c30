//! Octets to a slot.
//!
//! In: octets without the format's own escapes, a wire form. Out: a slot; what is not of the form is a fault.

use dsl::evaluate::{Value, number};
use dsl::model::Meaning;
use dsl::program::{CodeText, WireForm};
use dsl::value::{Charset, Endian, Form, Letters, Outcome, Side, Size, Symbols, Type, Unit};

use super::{
    Parsed, Reading, characters, fill, is_absent, sized, sized_most, trim_right, uses_letters, usual,
};
use crate::charset;
use crate::codec::{FaultKind, Wrong, pack};
use crate::value::{
    Record, Slot, Span, Tag, charset_number, date_slot, datetime_slot, flag_slot, name_slot, outcome_slot,
    time_slot,
};

/// Puts the slot of a value's octets at its place.
#[inline]
pub(crate) fn parse_into(
    record: &mut Record,
    reading: &Reading<'_>,
    wire: &WireForm,
    span: Span,
    index: usize,
) -> Result<(), Wrong> {
    match usual::read(wire.measures.usual(reading.padded), record.octets(span), span) {
        Some(slot) => Ok(record.put(index, slot)?),
        None => parse_unusual(record, reading, wire, span, index),
    }
}

/// The same of a value that is known to be none of the usual ones, or a text that is not ASCII.
#[inline(never)]
pub(crate) fn parse_unusual(
    record: &mut Record,
    reading: &Reading<'_>,
    wire: &WireForm,
    span: Span,
    index: usize,
) -> Result<(), Wrong> {
    if usual::decode(record, wire, wire.measures.usual(reading.padded), span, index) {
        return Ok(());
    }
    let mut slot = Slot::ABSENT;
    parse_to(record, reading, wire, span, &mut slot)?;
    Ok(record.put(index, slot)?)
}

/// The slot of a value's octets. Octets that a chain or an escape made stand in scratch already.
pub(crate) fn parse(
    record: &mut Record,
    reading: &Reading<'_>,
    wire: &WireForm,
    span: Span,
) -> Result<Slot, Wrong> {
    let mut slot = Slot::ABSENT;
    parse_to(record, reading, wire, span, &mut slot)?;
    Ok(slot)
}

/// Here and below `to` is made where it stands, and is no result: what is written in parts and then carried on as a whole has to
/// be waited for, at each value. It is absent before.
#[inline(always)]
fn parse_to(
    record: &mut Record,
    reading: &Reading<'_>,
    wire: &WireForm,
    span: Span,
    to: &mut Slot,
) -> Result<(), Wrong> {
    match (wire.measures.plain, wire.letters, reading.charset) {
        // Most values need nothing but their octets.
        (true, Letters::Set(charset), None) => {
            if is_absent(wire, record.octets(span)) {
                return Ok(());
            }
            let inner = trimmed(record, wire, reading.padded, span);
            form(record, reading, wire, inner, charset, to).map_err(|found| at_value(found, span))
        }
        _ => {
            *to = parse_coded(record, reading, wire, span)?;
            Ok(())
        }
    }
}

/// What is wrong with a value is wrong where it begins, if it does not say where.
fn at_value(found: Wrong, value: Span) -> Wrong {
    if found.at == u32::MAX { Wrong::new(found.kind, value.start as usize) } else { found }
}

/// The slot of octets that are coded, packed, or in letters that are not those of ASCII.
fn parse_coded(
    record: &mut Record,
    reading: &Reading<'_>,
    wire: &WireForm,
    span: Span,
) -> Result<Slot, Wrong> {
    let mut slot = Slot::ABSENT;
    let (value, raw) = (span, record.octets(span));
    let letters = wire.letters;
    let foreign = foreign(reading, wire);
    // What means a missing value is said in ASCII.
    if foreign.is_none() && is_absent(wire, raw) {
        return Ok(slot);
    }
    let (span, charset) = match (foreign, letters, reading.charset) {
        (Some(charset), ..) => {
            let decoded = record.keep_decoded(charset, span)?;
            (decoded.map_err(|_| at_value(FaultKind::Character.into(), value))?, Charset::Utf8)
        }
        (None, _, Some(charset)) if !matches!(wire.form, Form::Bytes) => (span, charset),
        (None, Letters::Packed, _) if uses_letters(&wire.form) => {
            let mut figures = pack::unpack(raw);
            let told = figures.len().saturating_sub(usize::from(reading.odd));
            let keep = if let Size::Fixed(units) = wire.size { units as usize } else { told };
            let dropped = pack::drop_fill(&mut figures, keep, wire.fill);
            dropped.ok_or_else(|| at_value(FaultKind::NotOfForm.into(), value))?;
            (record.keep(&figures)?, Charset::Ascii)
        }
        _ => (span, letters.charset()),
    };
    if (foreign.is_some() || letters != Letters::Set(charset)) && is_absent(wire, record.octets(span)) {
        return Ok(slot);
    }
    let span = trimmed(record, wire, reading.padded, span);
    form(record, reading, wire, span, charset, &mut slot).map_err(|found| at_value(found, value))?;
    Ok(slot)
}

/// The charset of a value whose letters are not those of ASCII: it is decoded before anything is looked at.
fn foreign(reading: &Reading<'_>, wire: &WireForm) -> Option<Charset> {
    let charset = match (reading.charset, wire.letters) {
        (Some(charset), _) | (None, Letters::Set(charset)) => charset,
        (None, Letters::Packed) => return None,
    };
    (!wire.measures.plain && !charset.is_ascii_compatible() && uses_letters(&wire.form)).then_some(charset)
}

#[inline(always)]
fn trimmed(record: &Record, wire: &WireForm, padded: bool, span: Span) -> Span {
    let off = if padded { wire.measures.off_padded } else { wire.measures.off_unpadded };
    if off.is_none() && !wire.measures.blanks {
        return span;
    }
    let octets = record.octets(span);
    let (mut from, mut to) = (0, octets.len());
    if let Some((side, with)) = off {
        match side {
            Side::Right => to = trim_right(octets, with).len(),
            Side::Left => from = octets.iter().position(|octet| *octet != with).unwrap_or(octets.len()),
        }
    }
    if wire.measures.blanks {
        let inner = octets.get(from..to).unwrap_or_default();
        let kept = inner.trim_ascii();
        from += inner.len() - inner.trim_ascii_start().len();
        to = from + kept.len();
    }
    span.within(from, to)
}

#[inline(always)]
fn form(
    record: &mut Record,
    reading: &Reading<'_>,
    wire: &WireForm,
    span: Span,
    charset: Charset,
    to: &mut Slot,
) -> Result<(), Wrong> {
    let octets = record.octets(span);
    let short = wire.measures.short;
    match &wire.form {
        Form::Text => return text(record, wire, span, charset, foreign(reading, wire), to),
        Form::Ascii => {
            if !all(octets, |octet| (0x20..0x7F).contains(&octet)) {
                return Err(FaultKind::NotOfForm.into());
            }
            // What is filled up has its width; without its filling it may be shorter.
            if fill(wire, reading.padded).is_none() {
                sized(wire, octets.len())?;
            }
            *to = Slot::range(Tag::Text, span, charset_number(Charset::Utf8));
        }
        Form::Digits => {
            if !number::are_figures(octets) {
                return Err(FaultKind::NotOfForm.into());
            }
            if wire.fill.is_none() {
                sized(wire, octets.len())?;
            }
            *to = Slot::range(Tag::Text, span, charset_number(Charset::Utf8));
        }
        Form::Number => {
            sized_most(wire, octets.len())?;
            let value = number::whole(octets, wire.signed)?;
            bounded(record, wire, value, 0, to)?;
        }
        Form::Decimal { scale } => {
            sized_most(wire, octets.len())?;
            let units = number::fixed_point(octets, *scale, wire.signed, short)?;
            record.decimal_into(units, *scale, to)?;
        }
        Form::Fen => {
            sized_most(wire, octets.len())?;
            let value = number::whole(octets, wire.signed)?;
            record.decimal_into(value, 2, to)?;
        }
        Form::Yuan => {
            sized_most(wire, octets.len())?;
            let units = number::fixed_point(octets, 2, wire.signed, short)?;
            record.decimal_into(units, 2, to)?;
        }
        Form::Li => {
            sized_most(wire, octets.len())?;
            let value = number::yuan_of_li(number::whole(octets, wire.signed)?)?;
            record.decimal_into(value.mantissa(), 2, to)?;
        }
        Form::Calendar(kind, _) => {
            let pattern = wire.measures.calendar.as_ref().ok_or(FaultKind::Program)?;
            match pattern.read(*kind, octets, reading.near)? {
                Value::Date(date) => *to = date_slot(date),
                Value::Time(time) => *to = time_slot(time),
                Value::DateTime(moment) => *to = datetime_slot(moment),
                _ => return Err(FaultKind::Program.into()),
            }
        }
        Form::Code(table) => {
            let (slot, wait) = code(record, reading, wire, *table, span, charset)?;
            reading.wait.set(wait.or(reading.wait.get()));
            *to = slot;
        }
        Form::Flag(yes, no) => {
            let flag = if stands(yes, octets, charset) {
                true
            } else if stands(no, octets, charset) {
                false
            } else {
                return Err(FaultKind::NotOfForm.into());
            };
            *to = flag_slot(flag);
        }
        Form::Bytes => {
            sized(wire, octets.len())?;
            *to = Slot::range(Tag::Bytes, span, 0);
        }
        Form::Integer { endian, implied } => {
            let value =
                pack::integer(octets, *endian == Endian::Big, wire.signed).ok_or(FaultKind::OutOfBounds)?;
            bounded(record, wire, value, *implied, to)?;
        }
        Form::Packed { implied } => {
            let value = pack::packed(octets, wire.signed).ok_or(FaultKind::NotOfForm)?;
            bounded(record, wire, value, *implied, to)?;
        }
        Form::Zoned { implied } => {
            let value = pack::zoned(octets, wire.signed).ok_or(FaultKind::NotOfForm)?;
            bounded(record, wire, value, *implied, to)?;
        }
    }
    Ok(())
}

/// Whether octets of a charset are that text.
#[inline]
fn stands(text: &str, octets: &[u8], charset: Charset) -> bool {
    if text.is_ascii() || charset == Charset::Utf8 {
        octets == text.as_bytes()
    } else {
        charset::decode(charset, octets).is_ok_and(|decoded| decoded == text)
    }
}

/// Whether all are: without an end before the end, so that many are looked at at once.
#[inline]
fn all(octets: &[u8], is: impl Fn(u8) -> bool) -> bool {
    octets.iter().fold(true, |all, octet| all & is(*octet))
}

/// A number's slot by its type: whole, or with decimals behind an implied point.
#[inline(always)]
fn bounded(
    record: &mut Record,
    wire: &WireForm,
    value: i128,
    implied: u32,
    to: &mut Slot,
) -> Result<(), Wrong> {
    match &wire.ty {
        // A binary or packed number is bounded by its width.
        Type::Number { min, max } if implied == 0 && wire.form == Form::Number => {
            if value < *min || value > *max {
                return Err(FaultKind::OutOfBounds.into());
            }
            record.number_into(value, to)?;
        }
        Type::Money { .. } => record.decimal_into(value, if implied == 0 { 2 } else { implied }, to)?,
        Type::Decimal { scale, .. } => {
            record.decimal_into(value, if implied == 0 { *scale } else { implied }, to)?;
        }
        _ if implied == 0 => record.number_into(value, to)?,
        _ => record.decimal_into(value, implied, to)?,
    }
    Ok(())
}

/// `foreign`: the charset of the wire, where it is decoded already.
#[inline(always)]
fn text(
    record: &mut Record,
    wire: &WireForm,
    span: Span,
    charset: Charset,
    foreign: Option<Charset>,
    to: &mut Slot,
) -> Result<(), Wrong> {
    // What is ASCII stands as it is; anything else is decoded once, for whoever will ask for it.
    let (span, units) = if let Some(foreign) = foreign {
        let text = record.kept_text(span);
        let units = match wire.unit {
            Unit::Chars => text.chars().count(),
            _ => charset::encoded_length(foreign, text).map_err(|_| FaultKind::Character)?,
        };
        (span, units)
    } else if charset.is_ascii_compatible() && record.octets(span).is_ascii() {
        (span, span.len())
    } else {
        let mut octets = span;
        let decoded = match record.keep_decoded(charset, span)? {
            Ok(decoded) => decoded,
            Err(offset) => {
                octets = whole_characters(wire, span, offset)?;
                record.keep_decoded(charset, octets)?.map_err(|_| FaultKind::Character)?
            }
        };
        let text = record.kept_text(decoded);
        let units = match wire.unit {
            Unit::Chars => characters(wire, text),
            // It was decoded before its filling was taken away.
            _ if octets == decoded => {
                charset::encoded_length(wire.letters.charset(), text).map_err(|_| FaultKind::Character)?
            }
            _ => octets.len(),
        };
        (decoded, units)
    };
    if fill(wire, true).is_some() && matches!(wire.size, Size::Fixed(_)) && units <= wire.measures.most {
        // A text of fixed width may be shorter than it: the rest was filling.
    } else {
        sized(wire, units)?;
    }
    *to = Slot::range(Tag::Text, span, charset_number(Charset::Utf8));
    Ok(())
}

/// The octets before those that are no character. The other side may have cut one in two at the end of a field; ours never
/// does.
fn whole_characters(wire: &WireForm, span: Span, offset: usize) -> Result<Span, Wrong> {
    if wire.measures.half_character && offset + 1 == span.len() {
        Ok(span.within(0, offset))
    } else {
        Err(Wrong::new(FaultKind::Character, span.start as usize + offset))
    }
}

fn code(
    record: &Record,
    reading: &Reading<'_>,
    wire: &WireForm,
    table: u16,
    span: Span,
    charset: Charset,
) -> Result<Parsed, Wrong> {
    let codes = reading.program.codes.get(usize::from(table)).ok_or(FaultKind::Program)?;
    let text = charset::decode(charset, record.octets(span)).map_err(|_| FaultKind::Character)?;
    let row = codes.rows.iter().enumerate().find(|(place, (known, ..))| match (known, &reading.texts) {
        (CodeText::Text(known), None) => **known == *text,
        (_, Some(texts)) => texts.get(*place).is_some_and(|known| *known == *text),
        (CodeText::Expression(_), None) => false,
    });
    let meaning = row.map(|(_, (_, meaning, _))| *meaning).or(codes.other).ok_or(FaultKind::UnknownCode)?;
    meaning_slot(reading.symbols, wire, meaning, Some(span), charset_number(charset))
}

/// The slot of a code's meaning.
pub(crate) fn meaning_slot(
    symbols: &Symbols,
    wire: &WireForm,
    meaning: Meaning,
    text: Option<Span>,
    charset: u16,
) -> Result<Parsed, Wrong> {
    Ok(match meaning {
        Meaning::Outcome(outcome) => (outcome_slot(outcome, text, charset), None),
        Meaning::Name(name) if wire.ty == Type::Flag => {
            let yes = symbols.text(name) == "yes";
            (flag_slot(yes), None)
        }
        Meaning::Name(name) => (name_slot(name, text, charset), None),
        Meaning::Refuse(reason) => return Err(FaultKind::Refuse(reason).into()),
        Meaning::Wait(milliseconds) => (outcome_slot(Outcome::Unknown, text, charset), Some(milliseconds)),
    })
}
