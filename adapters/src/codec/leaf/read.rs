//! Octets to a slot.
//!
//! In: octets without the format's own escapes, a wire form. Out: a slot; what is not of the form is a fault.

use dsl::evaluate::{Value, calendar, number};
use dsl::model::Meaning;
use dsl::program::{CodeText, WireForm};
use dsl::value::{Endian, Form, Outcome, Side, Size, Symbols, Type, Unit};

use super::{
    Letters, Parsed, Reading, fill, is_absent, most, number_like, sized, sized_most, trim_right, uses_letters,
};
use crate::charset;
use crate::charset::Charset;
use crate::codec::{FaultKind, Wrong, pack};
use crate::value::{Record, Slot, Span, Tag, charset_number, name_slot, outcome_slot};

/// The slot of a value's octets. Octets that a chain or an escape made stand in scratch already.
pub(crate) fn parse(
    record: &mut Record,
    reading: &Reading<'_>,
    wire: &WireForm,
    span: Span,
) -> Result<Parsed, Wrong> {
    let at = span.start as usize;
    let wrong = |kind| Wrong::new(kind, at);
    let raw = record.octets(span);
    if is_absent(wire, raw) {
        return Ok((Slot::ABSENT, None));
    }
    let letters = Letters::of(&wire.charset);
    let (span, charset) = match (letters, reading.charset) {
        (_, Some(charset)) if !matches!(wire.form, Form::Bytes) => (span, charset),
        (Letters::Packed, _) if uses_letters(&wire.form) => {
            let mut figures = pack::unpack(raw);
            let told = figures.len().saturating_sub(usize::from(reading.odd));
            let keep = if let Size::Fixed(units) = wire.size { units as usize } else { told };
            pack::drop_fill(&mut figures, keep, wire.fill).ok_or_else(|| wrong(FaultKind::NotOfForm))?;
            (record.keep(&figures)?, Charset::Ascii)
        }
        (Letters::Set(charset), _) if !charset.is_ascii_compatible() && uses_letters(&wire.form) => {
            let text = charset::decode(charset, raw).map_err(|_| wrong(FaultKind::Character))?.into_owned();
            (record.keep(text.as_bytes())?, Charset::Utf8)
        }
        _ => (span, letters.charset()),
    };
    if letters != Letters::Set(charset) && is_absent(wire, record.octets(span)) {
        return Ok((Slot::ABSENT, None));
    }
    let span = trimmed(record, wire, reading.padded, letters, span);
    form(record, reading, wire, span, charset)
        .map_err(|found: Wrong| if found.at == u32::MAX { wrong(found.kind) } else { found })
}

fn trimmed(record: &Record, wire: &WireForm, padded: bool, letters: Letters, span: Span) -> Span {
    let octets = record.octets(span);
    let (mut from, mut to) = (0, octets.len());
    if letters != Letters::Packed
        && let Some((side, with)) = fill(wire, padded)
        && (with != b'0' || !number_like(&wire.form))
    {
        match side {
            Side::Right => to = trim_right(octets, with).len(),
            Side::Left => from = octets.iter().position(|octet| *octet != with).unwrap_or(octets.len()),
        }
    }
    if wire.tolerate.iter().any(|word| &**word == "blanks") {
        let inner = octets.get(from..to).unwrap_or_default();
        let kept = inner.trim_ascii();
        from += inner.len() - inner.trim_ascii_start().len();
        to = from + kept.len();
    }
    span.within(from, to)
}

fn form(
    record: &mut Record,
    reading: &Reading<'_>,
    wire: &WireForm,
    span: Span,
    charset: Charset,
) -> Result<Parsed, Wrong> {
    let octets = record.octets(span);
    let short = wire.trimmed || tolerates(wire, "short");
    let slot = match &wire.form {
        Form::Text => return text(record, wire, span, charset).map(|slot| (slot, None)),
        Form::Ascii => {
            if !octets.iter().all(|octet| (0x20..0x7F).contains(octet)) {
                return Err(FaultKind::NotOfForm.into());
            }
            // What is filled up has its width; without its filling it may be shorter.
            if fill(wire, reading.padded).is_none() {
                sized(wire, octets.len())?;
            }
            Slot::range(Tag::Text, span, charset_number(charset))
        }
        Form::Digits => {
            if !octets.iter().all(u8::is_ascii_digit) {
                return Err(FaultKind::NotOfForm.into());
            }
            if wire.fill.is_none() {
                sized(wire, octets.len())?;
            }
            Slot::range(Tag::Text, span, charset_number(charset))
        }
        Form::Number => {
            sized_most(wire, octets.len())?;
            let value = number::whole(octets, wire.signed)?;
            bounded(record, wire, value, 0)?
        }
        Form::Decimal { scale } => {
            sized_most(wire, octets.len())?;
            let value = number::decimal(octets, *scale, wire.signed, short)?;
            record.decimal_slot(number::units(value, *scale)?, *scale)?
        }
        Form::Fen => {
            sized_most(wire, octets.len())?;
            let value = number::whole(octets, wire.signed)?;
            record.decimal_slot(value, 2)?
        }
        Form::Yuan => {
            sized_most(wire, octets.len())?;
            let value = number::decimal(octets, 2, wire.signed, short)?;
            record.decimal_slot(number::units(value, 2)?, 2)?
        }
        Form::Li => {
            sized_most(wire, octets.len())?;
            let value = number::yuan_of_li(number::whole(octets, wire.signed)?)?;
            record.decimal_slot(value.mantissa(), 2)?
        }
        Form::Calendar(kind, form) => {
            let value = calendar::read(*kind, form, octets, reading.near)?;
            record_value(record, &value)?
        }
        Form::Code(table) => return code(record, reading, wire, *table, span, charset),
        Form::Flag(yes, no) => {
            let flag = if octets == yes.as_bytes() {
                true
            } else if octets == no.as_bytes() {
                false
            } else {
                return Err(FaultKind::NotOfForm.into());
            };
            record_value(record, &Value::Flag(flag))?
        }
        Form::Bytes => {
            sized(wire, octets.len())?;
            Slot::range(Tag::Bytes, span, 0)
        }
        Form::Integer { endian, implied } => {
            let value =
                pack::integer(octets, *endian == Endian::Big, wire.signed).ok_or(FaultKind::OutOfBounds)?;
            bounded(record, wire, value, *implied)?
        }
        Form::Packed { implied } => {
            let value = pack::packed(octets, wire.signed).ok_or(FaultKind::NotOfForm)?;
            bounded(record, wire, value, *implied)?
        }
        Form::Zoned { implied } => {
            let value = pack::zoned(octets, wire.signed).ok_or(FaultKind::NotOfForm)?;
            bounded(record, wire, value, *implied)?
        }
    };
    Ok((slot, None))
}

fn tolerates(wire: &WireForm, word: &str) -> bool {
    wire.tolerate.iter().any(|known| &**known == word)
}

/// A number's slot by its type: whole, or with decimals behind an implied point.
fn bounded(record: &mut Record, wire: &WireForm, value: i128, implied: u32) -> Result<Slot, Wrong> {
    Ok(match &wire.ty {
        // A binary or packed number is bounded by its width.
        Type::Number { min, max } if implied == 0 && wire.form == Form::Number => {
            if value < *min || value > *max {
                return Err(FaultKind::OutOfBounds.into());
            }
            record.number_slot(value)?
        }
        Type::Money { .. } => record.decimal_slot(value, if implied == 0 { 2 } else { implied })?,
        Type::Decimal { scale, .. } => {
            record.decimal_slot(value, if implied == 0 { *scale } else { implied })?
        }
        _ if implied == 0 => record.number_slot(value)?,
        _ => record.decimal_slot(value, implied)?,
    })
}

fn record_value(record: &mut Record, value: &Value<'_>) -> Result<Slot, Wrong> {
    let place = record.grow(1)? as usize;
    record.set(place, value)?;
    let slot = record.slot(place);
    record.slots.truncate(place);
    Ok(slot)
}

fn text(record: &mut Record, wire: &WireForm, span: Span, charset: Charset) -> Result<Slot, Wrong> {
    let octets = record.octets(span);
    let mut span = span;
    if let Err(error) = charset::validate(charset, octets) {
        // The other side may have cut a character in two at the end of a field; ours never does.
        let cut = tolerates(wire, "half_character") && error.offset + 1 == octets.len();
        if !cut {
            return Err(Wrong::new(FaultKind::Character, span.start as usize + error.offset));
        }
        span = span.within(0, error.offset);
    }
    let octets = record.octets(span);
    let units = match wire.unit {
        Unit::Chars => charset::decode(charset, octets).map_err(|_| FaultKind::Character)?.chars().count(),
        _ => octets.len(),
    };
    if fill(wire, true).is_some() && matches!(wire.size, Size::Fixed(_)) && units <= most(wire) {
        // A text of fixed width may be shorter than it: the rest was filling.
    } else {
        sized(wire, units)?;
    }
    Ok(Slot::range(Tag::Text, span, charset_number(charset)))
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
            (Slot { tag: Tag::Flag, n: u64::from(yes), ..Slot::default() }, None)
        }
        Meaning::Name(name) => (name_slot(name, text, charset), None),
        Meaning::Refuse(reason) => return Err(FaultKind::Refuse(reason).into()),
        Meaning::Wait(milliseconds) => (outcome_slot(Outcome::Unknown, text, charset), Some(milliseconds)),
    })
}
