//! What is made of a file's lines while they go by: counts and sums over rows, digests and lengths over octets.
//!
//! In: each row that was entered, each line's octets. Out: values by the place of their instruction, as the evaluator
//! asks for them ([`dsl::evaluate::Environment::folded`]).

use dsl::evaluate::{self, Value};
use dsl::program::{ExprId, Expressions, FileProgram, FoldForm, OctetFold, OctetPart, OctetWork};
use dsl::value::{Decimal, Type};

use crate::codec::environment::Inside;
use crate::codec::{Wrong, chain};
use crate::seal::{Algorithm, DigestState, HmacState, Position};

const NO_EXPRESSION: ExprId = u32::MAX;

/// All folds of a file.
pub(crate) struct Folds<'p> {
    rows: Vec<(FoldForm, Value<'static>)>,
    octets: Vec<OctetSum<'p>>,
}

impl<'p> Folds<'p> {
    pub(crate) fn new(file: &'p FileProgram, expressions: &Expressions) -> Self {
        Folds {
            rows: file.folds.iter().map(|form| (*form, zero(form, expressions))).collect(),
            octets: file.octet_folds.iter().map(|form| OctetSum { form, sum: None, next: 0 }).collect(),
        }
    }

    /// The value that the instruction at this place asks for, as far as lines have come.
    pub(crate) fn value(
        &self,
        at: u32,
        inside: &Inside<'_>,
    ) -> Result<Option<Value<'static>>, evaluate::Fault> {
        if let Some((_, sum)) = self.rows.iter().find(|(form, _)| form.at == at) {
            return Ok(Some(sum.clone()));
        }
        self.octets.iter().find(|sum| sum.form.at == at).map(|sum| sum.value(inside)).transpose()
    }

    /// Adds the row that is entered.
    pub(super) fn row(&mut self, list: u16, inside: &Inside<'_>) -> Result<(), Wrong> {
        for (form, sum) in self.rows.iter_mut().filter(|(form, _)| form.list == list) {
            let each = inside.seals.at_once(inside.surroundings, || one(form, inside))?;
            *sum = added(sum, &each)?;
        }
        Ok(())
    }

    /// Adds octets of a line of this piece.
    pub(super) fn octets(&mut self, piece: u16, octets: &[u8], inside: &Inside<'_>) -> Result<(), Wrong> {
        self.of(OctetPart::Piece(piece), octets, inside)
    }

    /// Adds octets of the file as they stand on the link.
    pub(super) fn sent(&mut self, octets: &[u8], inside: &Inside<'_>) -> Result<(), Wrong> {
        self.of(OctetPart::Sent, octets, inside)
    }

    fn of(&mut self, part: OctetPart, octets: &[u8], inside: &Inside<'_>) -> Result<(), Wrong> {
        for sum in &mut self.octets {
            sum.add(part, octets, inside)?;
        }
        Ok(())
    }
}

/// What a row adds.
fn one(form: &FoldForm, inside: &Inside<'_>) -> Result<Value<'static>, evaluate::Fault> {
    if form.filter != NO_EXPRESSION && !inside.truth(form.filter)? {
        return Ok(Value::Absent);
    }
    if form.sum && form.each != NO_EXPRESSION {
        inside.optional(form.each).map(Value::into_owned)
    } else {
        Ok(Value::Number(1))
    }
}

fn zero(form: &FoldForm, expressions: &Expressions) -> Value<'static> {
    match expressions.types.get(form.each as usize).filter(|_| form.sum) {
        Some(Type::Money { .. }) => Value::Decimal(Decimal::new(0, 2)),
        Some(Type::Decimal { scale, .. }) => Value::Decimal(Decimal::new(0, (*scale).min(28))),
        _ => Value::Number(0),
    }
}

fn added(sum: &Value<'static>, each: &Value<'static>) -> Result<Value<'static>, evaluate::Fault> {
    let overflow = evaluate::Fault::Overflow;
    Ok(match (sum, each) {
        (_, Value::Absent) => sum.clone(),
        (Value::Number(sum), Value::Number(each)) => Value::Number(sum.checked_add(*each).ok_or(overflow)?),
        (Value::Number(0), Value::Decimal(each)) => Value::Decimal(*each),
        (Value::Decimal(sum), Value::Decimal(each)) => {
            Value::Decimal(sum.checked_add(*each).ok_or(overflow)?)
        }
        (Value::Decimal(sum), Value::Number(each)) => {
            let each = evaluate::number::scaled(*each, 0)?;
            Value::Decimal(sum.checked_add(each).ok_or(overflow)?)
        }
        (Value::Number(0), Value::Duration(each)) => Value::Duration(*each),
        (Value::Duration(sum), Value::Duration(each)) => {
            Value::Duration(sum.checked_add(*each).ok_or(overflow)?)
        }
        _ => return Err(evaluate::Fault::Kind),
    })
}

/// A digest, HMAC or length under way.
struct OctetSum<'p> {
    form: &'p OctetFold,
    /// None: nothing came yet.
    sum: Option<Sum>,
    /// Parts before this one are in it.
    next: usize,
}

#[derive(Clone)]
enum Sum {
    Digest(DigestState),
    Hmac(HmacState),
    Length(u64),
}

impl OctetSum<'_> {
    fn add(&mut self, of: OctetPart, octets: &[u8], inside: &Inside<'_>) -> Result<(), Wrong> {
        let Some(place) = self.form.parts.iter().position(|part| *part == of) else {
            return Ok(());
        };
        let parts = self.form.parts.get(self.next..place).unwrap_or_default();
        let before = inside.seals.at_once(inside.surroundings, || values(parts, inside))?;
        if self.sum.is_none() {
            self.sum = Some(inside.seals.at_once(inside.surroundings, || begun(&self.form.work, inside))?);
        }
        if let Some(sum) = &mut self.sum {
            sum.take(&before);
            sum.take(octets);
        }
        self.next = place;
        Ok(())
    }

    fn value(&self, inside: &Inside<'_>) -> Result<Value<'static>, evaluate::Fault> {
        let behind = values(self.form.parts.get(self.next..).unwrap_or_default(), inside)?;
        let mut sum = match &self.sum {
            Some(sum) => sum.clone(),
            None => begun(&self.form.work, inside)?,
        };
        sum.take(&behind);
        Ok(match sum {
            Sum::Digest(state) => Value::bytes(state.finish()),
            Sum::Hmac(state) => Value::bytes(state.finish()),
            Sum::Length(length) => Value::Number(i128::from(length)),
        })
    }
}

/// The octets of those parts that are no lines.
fn values(parts: &[OctetPart], inside: &Inside<'_>) -> Result<Vec<u8>, evaluate::Fault> {
    let mut octets = Vec::new();
    for part in parts {
        if let OctetPart::Value(value) = part {
            match inside.evaluate(*value)? {
                Value::Key(key) => octets.extend_from_slice(&inside.surroundings.secret(&key)?),
                _ => octets.extend(inside.octets(*value)?),
            }
        }
    }
    Ok(octets)
}

fn begun(work: &OctetWork, inside: &Inside<'_>) -> Result<Sum, evaluate::Fault> {
    let digest = |name| {
        let name = chain::cipher_name(inside, name)?;
        match Algorithm::from_name(Position::Digest, &name) {
            Some(Algorithm::Digest(digest)) => Ok(digest),
            _ => Err(evaluate::Fault::Seal),
        }
    };
    Ok(match work {
        OctetWork::Digest(name) => Sum::Digest(DigestState::new(digest(name)?)),
        OctetWork::Hmac(name, key) => {
            let charset = &inside.programs.message.charset;
            let key = inside.seals.secret(&inside.evaluate(*key)?, charset, inside.surroundings)?;
            let octets = key.symmetric_bytes().ok_or(evaluate::Fault::Seal)?;
            Sum::Hmac(HmacState::new(digest(name)?, octets))
        }
        OctetWork::Length => Sum::Length(0),
    })
}

impl Sum {
    fn take(&mut self, octets: &[u8]) {
        match self {
            Sum::Digest(state) => state.update(octets),
            Sum::Hmac(state) => state.update(octets),
            Sum::Length(length) => *length += octets.len() as u64,
        }
    }
}
