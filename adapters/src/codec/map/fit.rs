//! Whether a target can hold a value, and the value as it holds it.
//!
//! In: a value, an assignment. Out: the value, cut or converted as the assignment says, or that it does not fit.

use dsl::evaluate;
use dsl::evaluate::Value;
use dsl::program::{Assignment, Otherwise, WireForm};
use dsl::value::{Decimal, Letters, Size, Type, Unit};

use super::Mapper;
use crate::charset;
use crate::codec::environment::Inside;
use crate::codec::{FaultKind, Wrong, leaf};
use crate::value::Record;

impl Mapper<'_> {
    /// The value as the target holds it.
    pub(super) fn fit<'v>(
        &self,
        assignment: &Assignment,
        value: Value<'v>,
        inside: &Inside<'_>,
    ) -> Result<Value<'v>, Wrong> {
        let wire = assignment.wire.and_then(|wire| self.programs.program.wires.get(wire as usize));
        let value = match (value, &assignment.ty) {
            (Value::Text(text), _) if assignment.cut => Value::text(cut(&text, wire, &assignment.ty)?),
            (Value::Number(number), Type::Money { .. } | Type::Decimal { .. }) => {
                Value::Decimal(evaluate::number::scaled(number, 0)?)
            }
            (value @ (Value::Name(_) | Value::Flag(_)), Type::Text { .. } | Type::Digits { .. }) => {
                Value::text(name_text(&value, inside))
            }
            // A table of yes and no goes into a flag (the check of the mapping has seen to it).
            (Value::Name(name), Type::Flag) => Value::Flag(inside.surroundings.symbols().text(name) == "yes"),
            (value, _) => value,
        };
        fits(&value, &assignment.ty)?;
        // Only a mapping that says what then has to know before the message is written whether its wire form holds the
        // value; elsewhere writing itself finds out.
        let asks = !matches!(assignment.otherwise, Otherwise::Fault);
        if let Some(wire) = wire
            && asks
            && value.is_present()
            && wire.chain.is_none()
        {
            let mut probe = Record::new(1);
            probe.set(0, &value)?;
            let inside = Inside { record: &probe, ..with_same(inside) };
            leaf::write_value(&inside, &probe.slot(0), wire, (true, false), &[], &mut Vec::new()).map_err(
                |wrong| match wrong.kind {
                    FaultKind::Evaluate(evaluate::Fault::NeedsSeal) => wrong,
                    _ => FaultKind::CannotFit.into(),
                },
            )?;
        }
        Ok(value)
    }
}

fn with_same<'i>(inside: &Inside<'i>) -> Inside<'i> {
    Inside { ..*inside }
}

fn name_text(value: &Value<'_>, inside: &Inside<'_>) -> String {
    match value {
        Value::Name(symbol) => inside.surroundings.symbols().text(*symbol).to_owned(),
        Value::Flag(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        _ => String::new(),
    }
}

/// A text cut to what its field holds, at the border of a character.
fn cut(text: &str, wire: Option<&WireForm>, ty: &Type) -> Result<String, Wrong> {
    let (most, unit, letters) = match wire {
        Some(wire) => match wire.size {
            Size::Fixed(most) | Size::Range { max: most, .. } => (most as usize, wire.unit, wire.letters),
            Size::ByForm => return Ok(text.to_owned()),
        },
        None => match ty {
            Type::Text { chars, .. } => (*chars as usize, Unit::Chars, Letters::default()),
            _ => return Ok(text.to_owned()),
        },
    };
    if unit == Unit::Chars {
        return Ok(text.chars().take(most).collect());
    }
    charset::cut(letters.charset(), most, text).map(str::to_owned).map_err(|_| FaultKind::Character.into())
}

/// Whether a value becomes another one in a target of a type.
#[inline]
pub(super) fn is_converted(value: &Value<'_>, ty: &Type) -> bool {
    matches!(
        (value, ty),
        (Value::Number(_), Type::Money { .. } | Type::Decimal { .. })
            | (Value::Name(_) | Value::Flag(_), Type::Text { .. } | Type::Digits { .. })
            | (Value::Name(_), Type::Flag)
    )
}

/// Whether a type's bounds hold a value.
pub(super) fn fits(value: &Value<'_>, ty: &Type) -> Result<(), Wrong> {
    let figures = |decimal: &Decimal, scale: u32, digits: u32| {
        let units = evaluate::number::units(*decimal, scale).map_err(|_| FaultKind::CannotFit)?;
        let fits = 10_i128.checked_pow(digits).is_none_or(|limit| units.abs() < limit);
        if fits { Ok(()) } else { Err(Wrong::from(FaultKind::CannotFit)) }
    };
    let fits = match (ty, value) {
        (_, Value::Absent) => true,
        (Type::Text { chars, .. }, Value::Text(text)) => {
            // No text has more characters than octets.
            text.len() <= *chars as usize || text.chars().count() <= *chars as usize
        }
        (Type::Digits { min, max }, Value::Text(text)) => {
            text.bytes().all(|octet| octet.is_ascii_digit())
                && (*min as usize..=*max as usize).contains(&text.len())
        }
        (Type::Number { min, max }, Value::Number(number)) => number >= min && number <= max,
        (Type::Money { digits }, Value::Decimal(decimal)) => return figures(decimal, 2, *digits),
        (Type::Decimal { digits, scale }, Value::Decimal(decimal)) => {
            return figures(decimal, *scale, *digits);
        }
        (Type::Bytes { max }, Value::Bytes(octets)) => octets.len() as u64 <= *max,
        (Type::Names(names), Value::Name(name)) => names.contains(name),
        _ => true,
    };
    if fits { Ok(()) } else { Err(FaultKind::CannotFit.into()) }
}
