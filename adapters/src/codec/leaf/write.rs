//! A slot to octets.
//!
//! In: a slot, a wire form. Out: octets, filled up and checked. What the field cannot hold is a fault.

use std::borrow::Cow;

use dsl::evaluate::{Value, calendar, number};
use dsl::model::Meaning;
use dsl::program::{CodeText, Codes, WireForm};
use dsl::value::{Absent, AbsentForm, Coding, Decimal, Endian, Form, Outcome, Side, Size, Type, Unit};

use super::{Letters, fill, most, number_like, sized, uses_letters, width};
use crate::charset;
use crate::charset::Charset;
use crate::codec::environment::Inside;
use crate::codec::{FaultKind, Wrong, chain, pack};
use crate::value::Slot;

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
pub(crate) fn write_value(
    inside: &Inside<'_>,
    slot: &Slot,
    wire: &WireForm,
    (padded, bare): (bool, bool),
    around: &[Coding],
    out: &mut Vec<u8>,
) -> Result<Option<usize>, Wrong> {
    let codings = match wire.chain {
        Some(chain) => {
            let chain = inside.programs.program.chains.get(chain as usize).ok_or(FaultKind::Program)?;
            chain::chosen(inside, chain)?
        }
        None => around,
    };
    let value = inside.record.slot_value(slot)?;
    if !value.is_present() || is_left_out(inside, wire, &value) {
        let start = out.len();
        return Ok(absent(inside, wire, padded, out)?.then(|| out.len() - start));
    }
    let letters = match chain::charset(codings) {
        Some(charset) => Letters::Set(charset),
        None => Letters::of(&wire.charset),
    };
    let mut plain = Vec::with_capacity(expected(wire));
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
        if out.is_empty() {
            *out = octets;
        } else {
            out.extend_from_slice(&octets);
        }
    } else {
        let coded = chain::apply(inside, codings, octets)?;
        if !chain::is_plain(codings) {
            units = coded.len();
        }
        out.extend(coded);
    }
    Ok(Some(units))
}

/// Octets that a value will take, about: room that is taken once.
fn expected(wire: &WireForm) -> usize {
    match wire.size {
        Size::Fixed(units) => (units as usize).min(256),
        Size::Range { .. } | Size::ByForm => 32,
    }
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
            let allowed = |octet: u8| match wire.form {
                Form::Digits => octet.is_ascii_digit(),
                _ => (0x20..0x7F).contains(&octet),
            };
            let written = out.as_slice();
            let fits = match wire.form {
                Form::Text => true,
                _ if charset.is_ascii_compatible() => written.iter().all(|octet| allowed(*octet)),
                _ => charset::decode(charset, written).is_ok_and(|text| text.bytes().all(allowed)),
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
        Form::Integer { endian, implied } => {
            let octets = most(wire);
            let value = scaled(value, wire, *implied)?;
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
        // `4..8 digits`: figures of a number are four at least.
        (Size::Range { min, .. }, Form::Number | Form::Fen | Form::Li) if wire.unit == Unit::Digits => {
            Some(min as usize)
        }
        _ => None,
    };
    let with = fill(wire, padded);
    if let (Some(room), Some((side, with))) = (room, with)
        && !(bare && with == b'0')
        && letters != Letters::Packed
    {
        let units = units_of(wire, &octets, letters);
        let missing = room.saturating_sub(units);
        // Figures are of ASCII still.
        let with = match written {
            Written::Figures => with,
            _ => charset::encode(letters.charset(), (with as char).encode_utf8(&mut [0; 4]))
                .map_or(with, |octets| octets.first().copied().unwrap_or(with)),
        };
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
    if number_like(&wire.form) {
        // A zero-filled one is as wide as said; others may be shorter, never longer.
        let room =
            if wire.unit == Unit::Digits && octets.iter().any(|octet| b"-.".contains(octet)) { 2 } else { 0 };
        let over = if padded { 0 } else { room };
        if octets.len() > most(wire).saturating_add(over) {
            return Err(FaultKind::TooLong.into());
        }
    } else if padded || !matches!(wire.form, Form::Flag(..)) {
        // Of a flag's two texts each is as wide as it is.
        check_size(wire, &octets, letters)?;
    }
    if written == Written::Figures && !letters.charset().is_ascii_compatible() {
        let text = String::from_utf8_lossy(&octets).into_owned();
        octets = charset::encode(letters.charset(), &text).map_err(|_| FaultKind::Character)?.into_owned();
    }
    Ok(octets)
}

fn units_of(wire: &WireForm, octets: &[u8], letters: Letters) -> usize {
    match (wire.unit, letters) {
        (Unit::Chars, Letters::Set(charset)) if !(charset.is_ascii_compatible() && octets.is_ascii()) => {
            charset::decode(charset, octets).map_or(octets.len(), |text| text.chars().count())
        }
        _ => octets.len(),
    }
}

fn check_size(wire: &WireForm, octets: &[u8], letters: Letters) -> Result<(), Wrong> {
    sized(wire, units_of(wire, octets, letters))
}
