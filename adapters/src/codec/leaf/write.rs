//! A slot to octets.
//!
//! In: a slot, a wire form. Out: octets, filled up and checked. What the field cannot hold is a fault.

use std::borrow::Cow;

use dsl::evaluate::{Value, calendar, number};
use dsl::model::Meaning;
use dsl::program::{CodeText, Codes, WireForm};
use dsl::value::{
    Absent, AbsentForm, Charset, Coding, Decimal, Endian, Form, Letters, Outcome, Side, Size, Type, Unit,
};

use super::{characters, fill, sized, uses_letters, usual};
use crate::charset;
use crate::codec::environment::Inside;
use crate::codec::{FaultKind, Wrong, chain, pack};
use crate::value::{Record, Slot, Tag, charset_of};

/// Writes a value without filling; gives its units, none if it is left out.
pub(crate) fn write(
    inside: &Inside<'_>,
    slot: &Slot,
    wire: &WireForm,
    out: &mut Vec<u8>,
) -> Result<Option<usize>, Wrong> {
    write_value(inside, slot, wire, (false, false), &[], out)
}

/// Writes a value as it stands on the wire, through its chain; gives its units, none if it is left out. `padded`: filled up to its
/// width; `bare`: a JSON number, which takes no zeros in front; `around`: codings that the format has for values without
/// a chain of their own.
#[inline]
pub(crate) fn write_value(
    inside: &Inside<'_>,
    slot: &Slot,
    wire: &WireForm,
    (padded, bare): (bool, bool),
    around: &[Coding],
    out: &mut Vec<u8>,
) -> Result<Option<usize>, Wrong> {
    if wire.measures.plain && around.is_empty() {
        if let Some(units) = write_straight(inside.record, slot, wire, (padded, bare), out)? {
            return Ok(Some(units));
        }
        let place = Place { letters: wire.letters, padded, bare };
        return written(inside, slot, wire, place, out);
    }
    let codings = match wire.chain {
        Some(chain) => {
            let chain = inside.programs.program.chains.get(chain as usize).ok_or(FaultKind::Program)?;
            chain::chosen(inside, chain)?
        }
        None => around,
    };
    let letters = chain::charset(codings).map_or(wire.letters, Letters::Set);
    let left_out = || Ok::<_, Wrong>(is_left_out(inside, wire, &inside.record.slot_value(slot)?));
    if codings.is_empty() || !slot.is_present() || left_out()? {
        return written(inside, slot, wire, Place { letters, padded, bare }, out);
    }
    let mut plain = Vec::new();
    let place = Place { letters, padded: false, bare };
    let Some(mut units) = written(inside, slot, wire, place, &mut plain)? else { return Ok(None) };
    if !plain.is_empty() {
        let coded = chain::apply(inside, codings, plain)?;
        if !chain::is_plain(codings) {
            units = coded.len();
        }
        out.extend(coded);
    }
    Ok(Some(units))
}

/// Writes a value that needs nothing but its slot, as most do; none: nothing is written, and [`write_value`] looks at it.
pub(crate) fn write_straight(
    record: &Record,
    slot: &Slot,
    wire: &WireForm,
    (padded, bare): (bool, bool),
    out: &mut Vec<u8>,
) -> Result<Option<usize>, Wrong> {
    if let Some(units) = usual::write(record, slot, wire, wire.measures.usual(padded), bare, out) {
        return Ok(Some(units));
    }
    write_unusual(record, slot, wire, (padded, bare), out)
}

#[inline(never)]
fn write_unusual(
    record: &Record,
    slot: &Slot,
    wire: &WireForm,
    (padded, bare): (bool, bool),
    out: &mut Vec<u8>,
) -> Result<Option<usize>, Wrong> {
    if !wire.measures.plain {
        return Ok(None);
    }
    let (place, start) = (Place { letters: wire.letters, padded, bare }, out.len());
    match slot_form(record, slot, wire, place, out)? {
        Some(written) => finish(wire, place, written, start, out).map(Some),
        None => Ok(None),
    }
}

/// How a value stands where it is written.
#[derive(Clone, Copy)]
struct Place {
    letters: Letters,
    /// It is filled up to its width.
    padded: bool,
    /// It takes no zeros in front.
    bare: bool,
}

/// Appends a value without codings.
fn written(
    inside: &Inside<'_>,
    slot: &Slot,
    wire: &WireForm,
    place: Place,
    out: &mut Vec<u8>,
) -> Result<Option<usize>, Wrong> {
    let start = out.len();
    if !slot.is_present() {
        return Ok(absent(wire, place.padded, out)?.then(|| out.len() - start));
    }
    let written = match slot_form(inside.record, slot, wire, place, out)? {
        Some(written) => written,
        None => {
            let value = inside.record.slot_value(slot)?;
            if is_left_out(inside, wire, &value) {
                return Ok(absent(wire, place.padded, out)?.then(|| out.len() - start));
            }
            write_form(inside, &value, wire, place, out)?
        }
    };
    finish(wire, place, written, start, out).map(Some)
}

/// Appends what stands in a slot in a form that the wire takes; else nothing, and its value has to be looked at.
#[inline(always)]
fn slot_form(
    record: &Record,
    slot: &Slot,
    wire: &WireForm,
    place: Place,
    out: &mut Vec<u8>,
) -> Result<Option<Written>, Wrong> {
    let figures = i128::from(slot.n.cast_signed());
    match (&wire.form, slot.tag) {
        (Form::Text | Form::Ascii | Form::Digits, Tag::Text) => {
            let (has, charset) = (charset_of(slot.scale), place.letters.charset());
            let span = slot.span().unwrap_or_default();
            let (octets, text) = (record.octets(span), record.known_text(span));
            if let (Form::Text, Charset::Gbk, Some(text)) = (&wire.form, charset, text)
                && !text.is_ascii()
            {
                // Where a character is not in it the wire form may know another one.
                let encoded = charset::encode_onto(charset, text, out);
                let written = || match wire.unit {
                    Unit::Chars => Written::Characters(characters(wire, text)),
                    _ => Written::Text,
                };
                return Ok(encoded.ok().map(|()| written()));
            }
            let same = has == charset
                || (has.is_ascii_compatible() && charset.is_ascii_compatible() && octets.is_ascii());
            if !same || !(charset.is_ascii_compatible() || wire.form == Form::Text) {
                return Ok(None);
            }
            let fits = match wire.form {
                Form::Digits => number::are_figures(octets),
                Form::Ascii => octets.iter().fold(true, |all, octet| all & is_printable(octet)),
                _ => true,
            };
            if !fits {
                return Err(FaultKind::NotOfForm.into());
            }
            out.extend_from_slice(octets);
            // Octets are counted where its units are asked for.
            let counted = text.filter(|_| wire.unit == Unit::Chars);
            Ok(Some(counted.map_or(Written::Text, |text| Written::Characters(characters(wire, text)))))
        }
        // Most dates, times and flags.
        (Form::Calendar(..), Tag::Date) => {
            let pattern = wire.measures.calendar.as_ref();
            Ok(pattern.filter(|pattern| pattern.write_day(slot.n, out)).map(|_| Written::Figures))
        }
        (Form::Calendar(..), Tag::Time) => {
            let (pattern, seconds) = (wire.measures.calendar.as_ref(), slot.n / 1_000_000_000);
            Ok(pattern.filter(|pattern| pattern.write_clock(seconds, out)).map(|_| Written::Figures))
        }
        (Form::Flag(yes, no), Tag::Flag) => {
            let text = if slot.n == 0 { no } else { yes };
            let stands = text.is_ascii() && place.letters.charset().is_ascii_compatible();
            Ok(stands.then(|| {
                out.extend_from_slice(text.as_bytes());
                Written::Characters(text.len())
            }))
        }
        (Form::Number, Tag::Number) => {
            bounded(figures, wire)?;
            number::write_units(figures, 0, false, zeros(wire, place), out);
            unsigned(figures, wire).map(Some)
        }
        (Form::Fen, Tag::Decimal) if slot.scale == 2 => {
            number::write_units(figures, 0, false, zeros(wire, place), out);
            unsigned(figures, wire).map(Some)
        }
        (Form::Yuan, Tag::Decimal) if slot.scale == 2 => {
            number::write_units(figures, 2, wire.trimmed, zeros(wire, place), out);
            unsigned(figures, wire).map(Some)
        }
        _ => Ok(None),
    }
}

/// How wide the figures of a number are at least, with point and sign.
#[inline]
fn zeros(wire: &WireForm, place: Place) -> usize {
    match fill(wire, place.padded) {
        Some((Side::Left, b'0')) if !place.bare && place.letters != Letters::Packed && !wire.trimmed => {
            room(wire).unwrap_or(0)
        }
        _ => 0,
    }
}

#[inline]
fn is_printable(octet: &u8) -> bool {
    (0x20..0x7F).contains(octet)
}

#[inline]
fn unsigned(figures: i128, wire: &WireForm) -> Result<Written, Wrong> {
    if figures < 0 && !wire.signed { Err(FaultKind::OutOfBounds.into()) } else { Ok(Written::Figures) }
}

fn absent(wire: &WireForm, padded: bool, out: &mut Vec<u8>) -> Result<bool, Wrong> {
    // What has no width in octets has one in characters.
    let width = match (wire.size, wire.unit) {
        (Size::Fixed(units), Unit::Chars) => Some(units as usize),
        _ => wire.measures.width,
    };
    let room = if padded { width.unwrap_or(0) } else { 0 };
    match &wire.absent {
        Absent::Never => Err(FaultKind::Missing.into()),
        Absent::LeftOut => Ok(false),
        Absent::As(forms) => {
            let zeros;
            let (text, with) = match forms.first() {
                None | Some(AbsentForm::Empty | AbsentForm::Blank) => ("", b' '),
                Some(AbsentForm::Zero) => {
                    zeros = "0".repeat(room.max(1));
                    (zeros.as_str(), b'0')
                }
                Some(AbsentForm::Text(text)) => (&**text, b' '),
            };
            match wire.letters {
                Letters::Packed => out.extend(vec![0; room]),
                Letters::Set(charset) => {
                    let start = out.len();
                    charset::encode_onto(charset, text, out).map_err(|_| FaultKind::Character)?;
                    let units = units_of(wire, out.get(start..).unwrap_or_default(), wire.letters);
                    out.resize(out.len() + room.saturating_sub(units), filling(charset, with));
                }
            }
            Ok(true)
        }
    }
}

/// The octet of a sign of ASCII that fills values up.
fn filling(charset: Charset, with: u8) -> u8 {
    if charset.is_ascii_compatible() {
        return with;
    }
    charset::encode(charset, char::from(with).encode_utf8(&mut [0; 4]))
        .map_or(with, |octets| octets.first().copied().unwrap_or(with))
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    /// Figures of ASCII.
    Figures,
    /// Text in its charset.
    Text,
    /// Text of so many characters in its charset.
    Characters(usize),
    /// Octets.
    Octets,
}

fn write_form(
    inside: &Inside<'_>,
    value: &Value<'_>,
    wire: &WireForm,
    place: Place,
    out: &mut Vec<u8>,
) -> Result<Written, Wrong> {
    let charset = place.letters.charset();
    let start = out.len();
    let (figures, scale) = match &wire.form {
        Form::Text | Form::Ascii | Form::Digits => {
            match value {
                Value::Bytes(octets) => out.extend_from_slice(octets),
                _ => encode(&value.to_text(inside)?, wire, charset, out)?,
            }
            let allowed = |octet: u8| match wire.form {
                Form::Digits => octet.is_ascii_digit(),
                _ => is_printable(&octet),
            };
            let written = out.get(start..).unwrap_or_default();
            let fits = match wire.form {
                Form::Text => true,
                _ if charset.is_ascii_compatible() => written.iter().all(|octet| allowed(*octet)),
                _ => charset::decode(charset, written).is_ok_and(|text| text.bytes().all(allowed)),
            };
            return if fits { Ok(Written::Text) } else { Err(FaultKind::NotOfForm.into()) };
        }
        Form::Number => (whole(value, wire)?, 0),
        Form::Decimal { scale } => (number::units(decimal(value)?, *scale)?, *scale),
        Form::Fen => (number::fen(decimal(value)?)?, 0),
        Form::Yuan => (number::units(decimal(value)?, 2)?, 2),
        Form::Li => (number::li(decimal(value)?)?, 0),
        Form::Calendar(..) => {
            let moment = calendar::moment(value).ok_or(FaultKind::Program)?;
            let pattern = wire.measures.calendar.as_ref().ok_or(FaultKind::Program)?;
            pattern.write(moment, out)?;
            if charset != Charset::Utf8 && !out.get(start..).unwrap_or_default().is_ascii() {
                let text = String::from_utf8_lossy(out.get(start..).unwrap_or_default()).into_owned();
                out.truncate(start);
                encode(&text, wire, charset, out)?;
                return Ok(Written::Text);
            }
            return Ok(Written::Figures);
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
        Form::Integer { endian, implied } => {
            let value = scaled(value, wire, *implied)?;
            pack::write_integer(value, wire.measures.most, *endian == Endian::Big, wire.signed, out)
                .ok_or(FaultKind::CannotFit)?;
            return Ok(Written::Octets);
        }
        Form::Packed { implied } => {
            let octets = wire.measures.width.ok_or(FaultKind::Program)?;
            pack::write_packed(scaled(value, wire, *implied)?, octets, wire.signed, out)
                .ok_or(FaultKind::CannotFit)?;
            return Ok(Written::Octets);
        }
        Form::Zoned { implied } => {
            let ebcdic = !charset.is_ascii_compatible();
            let value = scaled(value, wire, *implied)?;
            pack::write_zoned(value, wire.measures.most, wire.signed, ebcdic, out)
                .ok_or(FaultKind::CannotFit)?;
            return Ok(Written::Octets);
        }
    };
    number::write_units(figures, scale, wire.trimmed, zeros(wire, place), out);
    unsigned(figures, wire)
}

fn encode(text: &str, wire: &WireForm, charset: Charset, out: &mut Vec<u8>) -> Result<(), Wrong> {
    if charset::encode_onto(charset, text, out).is_ok() {
        return Ok(());
    }
    let instead = wire.unmapped.as_deref().ok_or(FaultKind::Character)?;
    // A text at a time, not a character: some charsets say between them how the next ones are coded.
    let mut letter = [0; 4];
    let mut known = String::with_capacity(text.len());
    for character in text.chars() {
        let one = character.encode_utf8(&mut letter);
        known.push_str(if charset::encode(charset, one).is_ok() { one } else { instead });
    }
    charset::encode_onto(charset, &known, out).map_err(|_| FaultKind::Character.into())
}

fn whole(value: &Value<'_>, wire: &WireForm) -> Result<i128, Wrong> {
    let number = match value {
        Value::Number(number) => *number,
        Value::Decimal(decimal) => number::units(*decimal, 0)?,
        Value::Text(text) => number::whole(text.as_bytes(), wire.signed)?,
        _ => return Err(FaultKind::Program.into()),
    };
    bounded(number, wire)?;
    Ok(number)
}

#[inline]
fn bounded(number: i128, wire: &WireForm) -> Result<(), Wrong> {
    match wire.ty {
        Type::Number { min, max } if wire.form == Form::Number && (number < min || number > max) => {
            Err(FaultKind::OutOfBounds.into())
        }
        _ => Ok(()),
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

/// Whether a missing code says this outcome: the table has no code for just this one and a missing code means it, or it has
/// none for any of its kind.
fn is_left_out(inside: &Inside<'_>, wire: &WireForm, value: &Value<'_>) -> bool {
    let (Form::Code(table), Value::Outcome(outcome)) = (&wire.form, value) else { return false };
    let Some(codes) = inside.programs.program.codes.get(usize::from(*table)) else { return false };
    let meaning = Meaning::Outcome(*outcome);
    match codes.absent {
        Some(absent) if absent == meaning => position(codes, |row| row == meaning).is_none(),
        Some(Meaning::Outcome(absent)) => {
            same_kind(*outcome, absent) && outcome_row(codes, *outcome).is_none()
        }
        _ => false,
    }
}

fn same_kind(one: Outcome, other: Outcome) -> bool {
    matches!(
        (one, other),
        (Outcome::Done(_), Outcome::Done(_))
            | (Outcome::Refused(_), Outcome::Refused(_))
            | (Outcome::Unknown, Outcome::Unknown)
    )
}

/// The first row with this outcome and reason, else the one for refusals that have none, else the first with this outcome.
pub(crate) fn outcome_row(codes: &Codes, outcome: Outcome) -> Option<usize> {
    let own = position(codes, |meaning| meaning == Meaning::Outcome(outcome));
    own.or_else(|| match outcome {
        Outcome::Refused(_) => codes.refused,
        Outcome::Done(_) => position(codes, |meaning| matches!(meaning, Meaning::Outcome(Outcome::Done(_)))),
        Outcome::Unknown => None,
    })
}

/// Units that a value is filled up to.
#[inline]
fn room(wire: &WireForm) -> Option<usize> {
    match (wire.size, &wire.form) {
        (Size::Fixed(units), _) => Some(units as usize),
        (Size::ByForm, Form::Flag(..)) => wire.measures.width,
        // `4..8 digits`: figures of a number are four at least.
        (Size::Range { min, .. }, Form::Number | Form::Fen | Form::Li) if wire.unit == Unit::Digits => {
            Some(min as usize)
        }
        _ => None,
    }
}

/// Fills up what stands behind `start`, checks its size, packs it; gives its units.
#[inline]
fn finish(
    wire: &WireForm,
    place: Place,
    written: Written,
    start: usize,
    out: &mut Vec<u8>,
) -> Result<usize, Wrong> {
    let Place { letters, padded, bare } = place;
    let tail = |out: &Vec<u8>| out.get(start..).map_or(0, |octets| units_of(wire, octets, letters));
    if written == Written::Octets {
        let units = tail(out);
        if uses_letters(&wire.form) || wire.form == Form::Bytes {
            sized(wire, units)?;
        }
        return Ok(units);
    }
    if letters == Letters::Packed {
        return packed(wire, start, out);
    }
    let mut units = match written {
        Written::Characters(count) if wire.unit == Unit::Chars => count,
        _ => tail(out),
    };
    if let (Some(room), Some((side, with))) = (room(wire), fill(wire, padded))
        && room > units
        && !(bare && with == b'0')
    {
        let missing = room - units;
        // Figures are of ASCII still.
        let with = if written == Written::Figures { with } else { filling(letters.charset(), with) };
        match side {
            Side::Right => out.resize(out.len() + missing, with),
            Side::Left => {
                let sign = start + usize::from(with == b'0' && out.get(start) == Some(&b'-'));
                out.splice(sign..sign, std::iter::repeat_n(with, missing));
            }
        }
        units = room;
    }
    if wire.measures.number {
        // A zero-filled one is as wide as said; others may be shorter, never longer.
        let octets = out.get(start..).unwrap_or_default();
        let over = match wire.unit {
            Unit::Digits if !padded && octets.iter().any(|octet| b"-.".contains(octet)) => 2,
            _ => 0,
        };
        if octets.len() > wire.measures.most.saturating_add(over) {
            return Err(FaultKind::TooLong.into());
        }
    } else if padded || !matches!(wire.form, Form::Flag(..)) {
        // Of a flag's two texts each is as wide as it is.
        sized(wire, units)?;
    }
    if written == Written::Figures && !letters.charset().is_ascii_compatible() {
        let text = String::from_utf8_lossy(out.get(start..).unwrap_or_default()).into_owned();
        out.truncate(start);
        charset::encode_onto(letters.charset(), &text, out).map_err(|_| FaultKind::Character)?;
        units = tail(out);
    }
    Ok(units)
}

/// Packs figures two in an octet; gives how many figures they stand for.
fn packed(wire: &WireForm, start: usize, out: &mut Vec<u8>) -> Result<usize, Wrong> {
    let mut octets = out.split_off(start);
    let figures = octets.len();
    if wire.measures.number
        && let Some(room) = room(wire)
    {
        let missing = room.saturating_sub(octets.len());
        octets.splice(0..0, std::iter::repeat_n(b'0', missing));
    }
    sized(wire, octets.len())?;
    out.extend(pack::pack(&octets, wire.fill).ok_or(FaultKind::NotOfForm)?);
    Ok(figures.max(if let Size::Fixed(units) = wire.size { units as usize } else { 0 }))
}

#[inline]
fn units_of(wire: &WireForm, octets: &[u8], letters: Letters) -> usize {
    match (wire.unit, letters) {
        (Unit::Chars, Letters::Set(charset)) => charset::characters(charset, octets),
        _ => octets.len(),
    }
}
