//! What is done with values that were read: they agree, are verified as seals, learned, and taken as outcomes.
//!
//! In: a slot, an expression, what stands around. Out: facts to the surroundings, or a fault at the value.

use std::borrow::Cow;

use dsl::evaluate::{Value, coded};
use dsl::model::Space;
use dsl::value::Outcome;

use super::Reader;
use crate::codec::environment::Inside;
use crate::codec::seals::same_octets;
use crate::codec::{FaultKind, Wrong, chain, outcome};
use crate::value::{Surroundings, Tag};

impl Reader<'_> {
    pub(super) fn agree(
        &mut self,
        slot: u16,
        level: u8,
        seal: bool,
        expression: u32,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let index = self.rows.index(level, slot)?;
        if self.record.slot(index).tag == Tag::Unread && !seal {
            // Its branch was not taken.
            return Ok(());
        }
        if self.by_each_version(surroundings, |reader, surroundings| {
            reader.agrees(index, seal, expression, surroundings)
        })? {
            return Ok(());
        }
        let at = self.record.slot(index).span().map_or(u32::MAX, |span| span.start);
        Err(Wrong { kind: if seal { FaultKind::BadSeal } else { FaultKind::Disagrees }, at })
    }

    /// Whether a value is what an expression gives.
    fn agrees(
        &self,
        index: usize,
        seal: bool,
        expression: u32,
        surroundings: &dyn Surroundings,
    ) -> Result<bool, Wrong> {
        let inside = self.inside(surroundings);
        let expected = inside.held(inside.optional(expression)?)?;
        let found = self.record.value(index)?;
        Ok(match (&found, &expected) {
            (Value::Absent, Value::Absent) => !seal,
            // A blank text says nothing, as a fact that nobody told.
            (Value::Absent, Value::Text(text)) | (Value::Text(text), Value::Absent) => {
                text.is_empty() && !seal
            }
            (Value::Absent, _) | (_, Value::Absent) => false,
            _ if seal => {
                let (found, expected) = (plain_octets(&found, &inside)?, plain_octets(&expected, &inside)?);
                same_octets(&found, &expected)
            }
            (Value::Number(_) | Value::Decimal(_), _) => same_number(&found, &expected),
            (Value::Outcome(_) | Value::Name(_) | Value::Flag(_), Value::Text(text)) => {
                outcome::code_text(&self.record, index).is_some_and(|code| code == **text)
                    || found.to_text(&inside)? == **text
            }
            (Value::Text(left), Value::Text(right)) => left == right,
            (Value::Bytes(left), Value::Bytes(right)) => left == right,
            (Value::Text(_) | Value::Bytes(_), _) => {
                plain_octets(&found, &inside)? == plain_octets(&expected, &inside)?
            }
            (Value::Time(left), Value::Time(right)) => same_time(*left, *right),
            (Value::DateTime(left), Value::DateTime(right)) => {
                left.date() == right.date() && same_time(left.time(), right.time())
            }
            // Tables of other codes say the same outcome with other reasons.
            (Value::Outcome(found), Value::Outcome(expected)) => same_outcome(*found, *expected),
            _ => found == expected,
        })
    }

    pub(super) fn check(&self, check: u16, surroundings: &dyn Surroundings) -> Result<(), Wrong> {
        let check = self.programs.message.checks.get(usize::from(check)).ok_or(FaultKind::Program)?;
        if self.inside(surroundings).truth(check.holds)? {
            return Ok(());
        }
        Err(check.refuse.map_or(FaultKind::Check, FaultKind::Refuse).into())
    }

    pub(super) fn verify(
        &mut self,
        slot: u16,
        signature: u16,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let holds =
            |reader: &Self, surroundings: &dyn Surroundings| reader.holds(slot, signature, surroundings);
        if self.by_each_version(surroundings, holds)? { Ok(()) } else { Err(FaultKind::BadSeal.into()) }
    }

    /// Whether a signature holds.
    fn holds(&self, slot: u16, signature: u16, surroundings: &dyn Surroundings) -> Result<bool, Wrong> {
        let signature =
            self.programs.message.signatures.get(usize::from(signature)).ok_or(FaultKind::Program)?;
        let inside = self.inside(surroundings);
        let value = self.record.value(self.rows.index(0, slot)?)?;
        if !value.is_present() {
            return Ok(false);
        }
        let text = plain_octets(&value, &inside)?;
        let made = match &*signature.text {
            "hex" | "hex_upper" => coded::from_hex(&text),
            "base64" => coded::from_base64(&text, false),
            "base64url" => coded::from_base64(&text, true),
            _ => Ok(text.into_owned()),
        };
        let made = made.map_err(|_| FaultKind::BadSeal)?;
        let name = chain::cipher_name(&inside, &signature.algorithm)?.into_owned();
        let covered = inside.octets(signature.covered)?;
        let user = match signature.user {
            Some(user) => Some(inside.evaluate(user)?.to_text(&inside)?.into_owned()),
            None => None,
        };
        let key = surroundings.key(&signature.key)?;
        Ok(self.seals.verify(&name, key, covered, made, user, surroundings)?)
    }

    pub(super) fn learn(
        &mut self,
        slot: u16,
        level: u8,
        learned: u16,
        surroundings: &mut dyn Surroundings,
    ) -> Result<(), Wrong> {
        let learned = self.programs.message.learned.get(usize::from(learned)).ok_or(FaultKind::Program)?;
        let index = self.rows.index(level, slot)?;
        let value = match learned.by {
            Some(by) => self.inside(surroundings).optional(by)?.into_owned(),
            None => self.record.value(index)?.into_owned(),
        };
        if !value.is_present() {
            return Ok(());
        }
        if learned.to.space == Space::Field {
            let place = self.rows.index(learned.to.level, learned.to.slot)?;
            return Ok(self.record.set(place, &value)?);
        }
        Ok(surroundings.learn(&learned.to, &value)?)
    }

    pub(super) fn note_outcome(&mut self, slot: u16, level: u8, original: bool) -> Result<(), Wrong> {
        let index = self.rows.index(level, slot)?;
        if let Value::Outcome(outcome) = self.record.value(index)? {
            if original {
                self.originals.push(outcome);
            } else {
                self.seen.push((index, outcome));
            }
        }
        Ok(())
    }
}

/// A value's octets: texts in UTF-8, seals being figures and letters.
fn plain_octets<'v>(value: &'v Value<'v>, inside: &'v Inside<'_>) -> Result<Cow<'v, [u8]>, Wrong> {
    Ok(match value {
        Value::Bytes(octets) => Cow::Borrowed(octets),
        other => match other.to_text(inside)? {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        },
    })
}

/// Outcomes of one kind, of which one may have no reason.
fn same_outcome(found: Outcome, expected: Outcome) -> bool {
    let reason =
        |found: Option<_>, expected: Option<_>| found.is_none() || expected.is_none() || found == expected;
    match (found, expected) {
        (Outcome::Done(found), Outcome::Done(expected))
        | (Outcome::Refused(found), Outcome::Refused(expected)) => reason(found, expected),
        (Outcome::Unknown, Outcome::Unknown) => true,
        _ => false,
    }
}

/// A time read is as fine as its form; what the form leaves out of a second is not compared.
fn same_time(found: dsl::value::Time, expected: dsl::value::Time) -> bool {
    let (fine, whole) = (found.subsec_nanosecond(), expected.subsec_nanosecond());
    let step = match fine {
        0 => 1_000_000_000,
        fine if fine % 1_000_000 == 0 => 1_000_000,
        _ => 1,
    };
    (found.hour(), found.minute(), found.second()) == (expected.hour(), expected.minute(), expected.second())
        && (step == 1_000_000_000 || fine / step == whole / step)
}

fn same_number(left: &Value<'_>, right: &Value<'_>) -> bool {
    let decimal = |value: &Value<'_>| match value {
        Value::Decimal(decimal) => Some(*decimal),
        Value::Number(number) => dsl::evaluate::number::scaled(*number, 0).ok(),
        Value::Text(text) => match dsl::evaluate::number::whole(text.as_bytes(), true) {
            Ok(number) => dsl::evaluate::number::scaled(number, 0).ok(),
            Err(_) => text.parse().ok(),
        },
        _ => None,
    };
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right,
        _ => decimal(left).is_some_and(|left| decimal(right) == Some(left)),
    }
}
