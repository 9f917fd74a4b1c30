//! One value on the wire: its octets to a slot, a slot to its octets.
//!
//! In: a wire form, octets without the format's own escapes. Out: slots, octets. What stands around a value (quotes,
//! separators, names) is the formats' business.

use std::borrow::Cow;

use dsl::evaluate::{Value, calendar, number};
use dsl::model::Meaning;
use dsl::program::{CodeText, Codes, Program, WireForm};
use dsl::value::{
    Absent, AbsentForm, DateTime, Decimal, Endian, Form, Outcome, Side, Size, Symbols, Type, Unit,
};

use super::environment::Inside;
use super::pack;
use super::{FaultKind, Wrong, chain};
use crate::charset::{self, Charset};
use crate::value::{Record, Slot, Span, Tag, charset_number, name_slot, outcome_slot};

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
        (_, Form::Calendar(..), Letters::Packed) if wire.size == Size::ByForm => Some(units.div_ceil(2)),
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
    if wire.fill.is_some() {
        return wire.fill;
    }
    match wire.form {
        Form::Text | Form::Ascii | Form::Code(_) | Form::Flag(..)
            if padded && !matches!(wire.size, Size::Range { .. }) =>
        {
            Some((Side::Right, b' '))
        }
        Form::Number | Form::Decimal { .. } | Form::Fen | Form::Yuan | Form::Li => Some((Side::Left, b'0')),
        _ => None,
    }
}

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

fn uses_letters(form: &Form) -> bool {
    !matches!(form, Form::Bytes | Form::Integer(_) | Form::Packed { .. } | Form::Zoned { .. })
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

fn number_like(form: &Form) -> bool {
    matches!(form, Form::Number | Form::Decimal { .. } | Form::Fen | Form::Yuan | Form::Li)
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
            sized(wire, octets.len())?;
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
        Form::Integer(endian) => {
            let value =
                pack::integer(octets, *endian == Endian::Big, wire.signed).ok_or(FaultKind::OutOfBounds)?;
            bounded(record, wire, value, 0)?
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

/// Writes a value without filling; gives its units, none if it is left out.
pub(crate) fn write(
    inside: &Inside<'_>,
    slot: &Slot,
    wire: &WireForm,
    out: &mut Vec<u8>,
) -> Result<Option<usize>, Wrong> {
    write_value(inside, slot, wire, false, false, out)
}

/// Writes a value as it stands on the wire, through its chain; gives its units, none if it is left out. `padded`: filled up to its
/// width; `bare`: a JSON number, which takes no zeros in front.
pub(crate) fn write_value(
    inside: &Inside<'_>,
    slot: &Slot,
    wire: &WireForm,
    padded: bool,
    bare: bool,
    out: &mut Vec<u8>,
) -> Result<Option<usize>, Wrong> {
    let codings = match wire.chain {
        Some(chain) => {
            let chain = inside.programs.program.chains.get(chain as usize).ok_or(FaultKind::Program)?;
            chain::chosen(inside, chain)?
        }
        None => &[],
    };
    let value = inside.record.slot_value(slot)?;
    if !value.is_present() {
        let start = out.len();
        return Ok(absent(inside, wire, padded, out)?.then(|| out.len() - start));
    }
    let letters = match chain::charset(codings) {
        Some(charset) => Letters::Set(charset),
        None => Letters::of(&wire.charset),
    };
    let mut plain = Vec::new();
    let figures = write_form(inside, &value, wire, letters.charset(), &mut plain)?;
    let figures_written = plain.len();
    let octets = finish(wire, letters, padded && codings.is_empty(), bare, figures, plain)?;
    let mut units = match letters {
        Letters::Packed => {
            figures_written.max(if let Size::Fixed(units) = wire.size { units as usize } else { 0 })
        }
        Letters::Set(_) => units_of(wire, &octets, letters),
    };
    if codings.is_empty() || octets.is_empty() {
        out.extend_from_slice(&octets);
    } else {
        let coded = chain::apply(inside, codings, octets)?;
        if !chain::is_plain(codings) {
            units = coded.len();
        }
        out.extend(coded);
    }
    Ok(Some(units))
}

fn absent(inside: &Inside<'_>, wire: &WireForm, padded: bool, out: &mut Vec<u8>) -> Result<bool, Wrong> {
    let room = if padded { width(inside.programs.program, wire).unwrap_or(0) } else { 0 };
    match &wire.absent {
        Absent::Never => Err(FaultKind::Missing.into()),
        Absent::LeftOut => Ok(false),
        Absent::As(forms) => {
            let octets = match forms.first() {
                None | Some(AbsentForm::Empty) if !padded => Vec::new(),
                None | Some(AbsentForm::Empty | AbsentForm::Blank) => vec![b' '; room],
                Some(AbsentForm::Zero) => vec![b'0'; room.max(1)],
                Some(AbsentForm::Text(text)) => {
                    let mut octets = text.as_bytes().to_vec();
                    octets.resize(octets.len().max(room), b' ');
                    octets
                }
            };
            match Letters::of(&wire.charset) {
                Letters::Packed => out.extend(vec![0; room]),
                Letters::Set(charset) => {
                    let text = String::from_utf8_lossy(&octets);
                    out.extend_from_slice(
                        &charset::encode(charset, &text).map_err(|_| FaultKind::Character)?,
                    );
                }
            }
            Ok(true)
        }
    }
}

/// Whether what was written is figures of ASCII (else text in its charset, or octets).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Figures,
    Text,
    Octets,
}

fn write_form(
    inside: &Inside<'_>,
    value: &Value<'_>,
    wire: &WireForm,
    charset: Charset,
    out: &mut Vec<u8>,
) -> Result<Written, Wrong> {
    match &wire.form {
        Form::Text | Form::Ascii | Form::Digits => {
            match value {
                Value::Bytes(octets) => out.extend_from_slice(octets),
                _ => encode(&value.to_text(inside)?, wire, charset, out)?,
            }
            let written = out.as_slice();
            let fits = match wire.form {
                Form::Digits => written.iter().all(u8::is_ascii_digit),
                Form::Ascii => charset::decode(charset, written)
                    .is_ok_and(|text| text.bytes().all(|octet| (0x20..0x7F).contains(&octet))),
                _ => true,
            };
            return if fits { Ok(Written::Text) } else { Err(FaultKind::NotOfForm.into()) };
        }
        Form::Number => number::write_whole(whole(value, wire)?, out),
        Form::Decimal { scale } => number::write_decimal(decimal(value)?, *scale, wire.trimmed, out)?,
        Form::Fen => number::write_whole(number::fen(decimal(value)?)?, out),
        Form::Yuan => number::write_decimal(decimal(value)?, 2, wire.trimmed, out)?,
        Form::Li => number::write_whole(number::li(decimal(value)?)?, out),
        Form::Calendar(_, form) => {
            let moment = calendar::moment(value).ok_or(FaultKind::Program)?;
            let start = out.len();
            calendar::write(form, moment, out)?;
            if charset != Charset::Utf8 && !out.get(start..).unwrap_or_default().is_ascii() {
                let text = String::from_utf8_lossy(out.get(start..).unwrap_or_default()).into_owned();
                out.truncate(start);
                encode(&text, wire, charset, out)?;
                return Ok(Written::Text);
            }
        }
        Form::Code(table) => {
            let text = code_text(inside, *table, value)?;
            encode(&text, wire, charset, out)?;
            return Ok(Written::Text);
        }
        Form::Flag(yes, no) => {
            let Value::Flag(flag) = value else { return Err(FaultKind::Program.into()) };
            encode(if *flag { yes } else { no }, wire, charset, out)?;
            return Ok(Written::Text);
        }
        Form::Bytes => {
            match value {
                Value::Bytes(octets) => out.extend_from_slice(octets),
                other => encode(&other.to_text(inside)?, wire, charset, out)?,
            }
            return Ok(Written::Octets);
        }
        Form::Integer(endian) => {
            let octets = most(wire);
            let value = scaled(value, wire, 0)?;
            pack::write_integer(value, octets, *endian == Endian::Big, wire.signed, out)
                .ok_or(FaultKind::CannotFit)?;
            return Ok(Written::Octets);
        }
        Form::Packed { implied } => {
            let octets = width(inside.programs.program, wire).ok_or(FaultKind::Program)?;
            pack::write_packed(scaled(value, wire, *implied)?, octets, wire.signed, out)
                .ok_or(FaultKind::CannotFit)?;
            return Ok(Written::Octets);
        }
        Form::Zoned { implied } => {
            let ebcdic = !charset.is_ascii_compatible();
            pack::write_zoned(scaled(value, wire, *implied)?, most(wire), wire.signed, ebcdic, out)
                .ok_or(FaultKind::CannotFit)?;
            return Ok(Written::Octets);
        }
    }
    if !wire.signed && out.first() == Some(&b'-') {
        return Err(FaultKind::OutOfBounds.into());
    }
    Ok(Written::Figures)
}

fn encode(text: &str, wire: &WireForm, charset: Charset, out: &mut Vec<u8>) -> Result<(), Wrong> {
    if let Ok(octets) = charset::encode(charset, text) {
        out.extend_from_slice(&octets);
        return Ok(());
    }
    let instead = wire.unmapped.as_deref().ok_or(FaultKind::Character)?;
    let mut letter = [0; 4];
    for character in text.chars() {
        let one = character.encode_utf8(&mut letter);
        let octets = charset::encode(charset, one).or_else(|_| charset::encode(charset, instead));
        out.extend_from_slice(&octets.map_err(|_| FaultKind::Character)?);
    }
    Ok(())
}

fn whole(value: &Value<'_>, wire: &WireForm) -> Result<i128, Wrong> {
    let number = match value {
        Value::Number(number) => *number,
        Value::Decimal(decimal) => number::units(*decimal, 0)?,
        Value::Text(text) => number::whole(text.as_bytes(), wire.signed)?,
        _ => return Err(FaultKind::Program.into()),
    };
    match wire.ty {
        Type::Number { min, max } if wire.form == Form::Number && (number < min || number > max) => {
            Err(FaultKind::OutOfBounds.into())
        }
        _ => Ok(number),
    }
}

fn decimal(value: &Value<'_>) -> Result<Decimal, Wrong> {
    match value {
        Value::Decimal(decimal) => Ok(*decimal),
        Value::Number(number) => Ok(number::scaled(*number, 0)?),
        _ => Err(FaultKind::Program.into()),
    }
}

/// The figures of a number with an implied point.
fn scaled(value: &Value<'_>, wire: &WireForm, implied: u32) -> Result<i128, Wrong> {
    let scale = match wire.ty {
        Type::Money { .. } if implied == 0 => 2,
        Type::Decimal { scale, .. } if implied == 0 => scale,
        _ => implied,
    };
    if scale == 0 { whole(value, wire) } else { Ok(number::units(decimal(value)?, scale)?) }
}

/// The text that a table writes for a meaning.
pub(crate) fn code_text<'a>(
    inside: &'a Inside<'_>,
    table: u16,
    value: &'a Value<'_>,
) -> Result<Cow<'a, str>, Wrong> {
    let codes = inside.programs.program.codes.get(usize::from(table)).ok_or(FaultKind::Program)?;
    let row = match value {
        Value::Text(text) => return Ok(Cow::Borrowed(text)),
        Value::Outcome(outcome) => outcome_row(codes, *outcome),
        Value::Name(name) => position(codes, |meaning| meaning == Meaning::Name(*name)),
        Value::Flag(flag) => {
            let word = if *flag { "yes" } else { "no" };
            let symbols = inside.surroundings.symbols();
            position(codes, |meaning| matches!(meaning, Meaning::Name(name) if symbols.text(name) == word))
        }
        _ => return Err(FaultKind::Program.into()),
    };
    match row.and_then(|row| codes.rows.get(row)).ok_or(FaultKind::NoCode)? {
        (CodeText::Text(text), ..) => Ok(Cow::Borrowed(text)),
        (CodeText::Expression(id), ..) => match inside.evaluate(*id)? {
            Value::Text(text) => Ok(Cow::Owned(text.into_owned())),
            other => Ok(Cow::Owned(other.to_text(inside)?.into_owned())),
        },
    }
}

fn position(codes: &Codes, is: impl Fn(Meaning) -> bool) -> Option<usize> {
    codes.rows.iter().position(|(_, meaning, _)| is(*meaning))
}

/// The first row with this outcome and reason, else with this outcome.
pub(crate) fn outcome_row(codes: &Codes, outcome: Outcome) -> Option<usize> {
    let same_kind = |other: Outcome| {
        matches!(
            (outcome, other),
            (Outcome::Done(_), Outcome::Done(_))
                | (Outcome::Refused(_), Outcome::Refused(_))
                | (Outcome::Unknown, Outcome::Unknown)
        )
    };
    position(codes, |meaning| meaning == Meaning::Outcome(outcome))
        .or_else(|| position(codes, |meaning| matches!(meaning, Meaning::Outcome(other) if same_kind(other))))
}

/// Fills up, checks the size, packs.
fn finish(
    wire: &WireForm,
    letters: Letters,
    padded: bool,
    bare: bool,
    written: Written,
    mut octets: Vec<u8>,
) -> Result<Vec<u8>, Wrong> {
    if written == Written::Octets {
        if uses_letters(&wire.form) || wire.form == Form::Bytes {
            check_size(wire, &octets, letters)?;
        }
        return Ok(octets);
    }
    let room = match (wire.size, &wire.form) {
        (Size::Fixed(units), _) => Some(units as usize),
        (Size::ByForm, Form::Code(_) | Form::Flag(..)) => None,
        _ => None,
    };
    let with = fill(wire, padded);
    if let (Some(room), Some((side, with))) = (room, with)
        && !(bare && with == b'0')
        && letters != Letters::Packed
    {
        let units = units_of(wire, &octets, letters);
        let missing = room.saturating_sub(units);
        let with = charset::encode(letters.charset(), (with as char).encode_utf8(&mut [0; 4]))
            .map_or(with, |octets| octets.first().copied().unwrap_or(with));
        match side {
            Side::Right => octets.extend(std::iter::repeat_n(with, missing)),
            Side::Left => {
                let sign = usize::from(with == b'0' && octets.first() == Some(&b'-'));
                octets.splice(sign..sign, std::iter::repeat_n(with, missing));
            }
        }
    }
    if letters == Letters::Packed {
        if number_like(&wire.form)
            && let Some(room) = room
        {
            let missing = room.saturating_sub(octets.len());
            octets.splice(0..0, std::iter::repeat_n(b'0', missing));
        }
        check_size(wire, &octets, letters)?;
        return pack::pack(&octets, wire.fill).ok_or_else(|| FaultKind::NotOfForm.into());
    }
    if written == Written::Figures && !letters.charset().is_ascii_compatible() {
        let text = String::from_utf8_lossy(&octets).into_owned();
        octets = charset::encode(letters.charset(), &text).map_err(|_| FaultKind::Character)?.into_owned();
    }
    if number_like(&wire.form) {
        // A zero-filled one is as wide as said; others may be shorter, never longer.
        let room =
            if wire.unit == Unit::Digits && octets.iter().any(|octet| b"-.".contains(octet)) { 2 } else { 0 };
        let over = if padded { 0 } else { room };
        if octets.len() > most(wire).saturating_add(over) {
            return Err(FaultKind::TooLong.into());
        }
    } else {
        check_size(wire, &octets, letters)?;
    }
    Ok(octets)
}

fn units_of(wire: &WireForm, octets: &[u8], letters: Letters) -> usize {
    match (wire.unit, letters) {
        (Unit::Chars, Letters::Set(charset)) => {
            charset::decode(charset, octets).map_or(octets.len(), |text| text.chars().count())
        }
        _ => octets.len(),
    }
}

fn check_size(wire: &WireForm, octets: &[u8], letters: Letters) -> Result<(), Wrong> {
    sized(wire, units_of(wire, octets, letters))
}
