//! What an expression of a message looks at: its slots, its regions, and its surroundings.
//!
//! In: the machine's state, by reference. Out: values to the evaluator.

use std::borrow::Cow;

use dsl::evaluate::{self, Environment, Fault, Pair, Value};
use dsl::model::{Function, Load, Space};
use dsl::program::{ExprId, MessageProgram, PairSet, Paired, Program};
use dsl::value::{DateTime, Outcome, Symbol};

use super::file::Folds;
use super::leaf;
use super::seals::Seals;
use super::{FaultKind, Wrong, chain, json};
use crate::charset::Charset;
use crate::value::{Record, RowsEntered, Surroundings, Tag};

/// The programs that a machine runs.
#[derive(Clone, Copy)]
pub(crate) struct Programs<'p> {
    pub(crate) program: &'p Program,
    pub(crate) message: &'p MessageProgram,
}

/// Regions of a message as it is read or written.
pub(crate) trait Regions {
    /// Whether the region was read or written.
    fn is_there(&self, region: u16) -> bool;
    /// Octets of a region.
    fn octets(&self, region: u16) -> Result<Cow<'_, [u8]>, Fault>;
    /// Octets from the start of one up to the start of another.
    fn between(&self, from: u16, to: u16) -> Result<Cow<'_, [u8]>, Fault>;
    /// Octets of one without those of another in it.
    fn without(&self, whole: u16, part: u16) -> Result<Cow<'_, [u8]>, Fault>;
}

/// No regions.
pub(crate) struct NoRegions;

impl Regions for NoRegions {
    fn is_there(&self, _: u16) -> bool {
        false
    }
    fn octets(&self, _: u16) -> Result<Cow<'_, [u8]>, Fault> {
        Err(Fault::NotYet)
    }
    fn between(&self, _: u16, _: u16) -> Result<Cow<'_, [u8]>, Fault> {
        Err(Fault::NotYet)
    }
    fn without(&self, _: u16, _: u16) -> Result<Cow<'_, [u8]>, Fault> {
        Err(Fault::NotYet)
    }
}

/// All that an expression may look at.
pub(crate) struct Inside<'a> {
    pub(crate) programs: Programs<'a>,
    pub(crate) record: &'a Record,
    pub(crate) rows: &'a RowsEntered,
    pub(crate) regions: &'a dyn Regions,
    pub(crate) seals: &'a Seals,
    pub(crate) surroundings: &'a dyn Surroundings,
    /// What the outcome fields said so far, by absolute slot; none while writing.
    pub(crate) seen: Option<&'a [(usize, Outcome)]>,
    /// What was made of a file's lines while they went by.
    pub(crate) folds: Option<&'a Folds<'a>>,
}

impl<'a> Inside<'a> {
    /// Evaluates an expression.
    pub(crate) fn evaluate(&'a self, id: ExprId) -> Result<Value<'a>, Fault> {
        evaluate::evaluate(&self.programs.program.expressions, id, self)
    }

    /// Evaluates what a field holds: a missing operand is a missing value, a secret is its text.
    pub(crate) fn optional(&'a self, id: ExprId) -> Result<Value<'a>, Fault> {
        match self.evaluate(id) {
            Err(Fault::Absent) => Ok(Value::Absent),
            Ok(Value::Key(key)) => {
                let octets = self.surroundings.secret(&key)?.into_owned();
                String::from_utf8(octets).map(Value::text).map_err(|_| Fault::Kind)
            }
            other => other,
        }
    }

    /// The outcome as far as it is read; none while writing.
    fn outcome(&self) -> Option<Outcome> {
        super::outcome::judge(self.programs.message, self.record, self.seen?).0
    }

    /// Evaluates a condition.
    pub(crate) fn truth(&self, id: ExprId) -> Result<bool, Fault> {
        evaluate::truth(&self.programs.program.expressions, id, self)
    }

    /// A value that can be held: a secret key stands for its text.
    pub(crate) fn held<'v>(&self, value: Value<'v>) -> Result<Value<'v>, Fault> {
        let Value::Key(key) = value else { return Ok(value) };
        let octets = self.surroundings.secret(&key)?.into_owned();
        Ok(String::from_utf8(octets).map_or_else(|error| Value::bytes(error.into_bytes()), Value::text))
    }

    /// The words for an outcome; where nobody said any, the label of its code.
    fn outcome_text(&self, said: &Load, of: Load) -> Result<Value<'_>, Fault> {
        match self.surroundings.load(said)? {
            Value::Absent => {}
            Value::Text(text) if text.is_empty() => {}
            text => return Ok(text),
        }
        let Value::Outcome(outcome) = self.surroundings.load(&of)? else { return Ok(Value::Absent) };
        let label = super::outcome::label(self.programs, outcome);
        Ok(Value::Text(Cow::Borrowed(label.unwrap_or_default())))
    }

    /// Evaluates to octets: texts in the message's charset.
    pub(crate) fn octets(&self, id: ExprId) -> Result<Vec<u8>, Fault> {
        match self.evaluate(id)? {
            Value::Bytes(octets) => Ok(octets.into_owned()),
            Value::Absent => Err(Fault::Absent),
            other => {
                let text = other.to_text(self)?;
                super::seals::encode_text(&self.programs.message.charset, &text).map(Cow::into_owned)
            }
        }
    }
}

impl Environment for Inside<'_> {
    fn load<'e>(&'e self, load: &Load) -> Result<Value<'e>, Fault> {
        match load.space {
            Space::Field => self.record.value(self.rows.index(load.level, load.slot)?),
            Space::Key => Ok(Value::Key(*load)),
            Space::Outcome => match self.outcome() {
                Some(outcome) => Ok(Value::Outcome(outcome)),
                None => self.surroundings.load(load),
            },
            Space::OutcomeText if self.outcome().is_none() => {
                self.outcome_text(load, Load { space: Space::Outcome, ..*load })
            }
            Space::RowOutcomeText => self.outcome_text(load, Load { space: Space::RowOutcome, ..*load }),
            _ => self.surroundings.load(load),
        }
    }

    fn rows(&self, list: &Load) -> Result<u32, Fault> {
        if list.space == Space::Field {
            self.rows.count(self.record, list)
        } else {
            self.surroundings.rows(list)
        }
    }

    fn enter(&self, list: &Load, row: u32) -> Result<(), Fault> {
        if list.space == Space::Field {
            self.rows.enter(self.record, list, row)
        } else {
            self.surroundings.enter(list, row)
        }
    }

    fn leave(&self, list: &Load) {
        if list.space == Space::Field { self.rows.leave(list) } else { self.surroundings.leave(list) }
    }

    fn position(&self, row: &Load) -> Result<u32, Fault> {
        if row.space == Space::Field {
            self.rows.position(row.level)
        } else {
            self.surroundings.position(row)
        }
    }

    fn whole(&self, list: &Load) -> Result<bool, Fault> {
        if list.space != Space::Field {
            return Ok(true);
        }
        let index = self.rows.index(list.level, list.slot)?;
        Ok(self.rows.row_of(index).is_none_or(|row| self.record.is_whole(index, row)))
    }

    fn folded(&self, at: u32) -> Result<Option<Value<'static>>, Fault> {
        self.folds.map_or(Ok(None), |folds| folds.value(at, self))
    }

    fn raw<'e>(&'e self, region: u16) -> Result<Cow<'e, [u8]>, Fault> {
        self.regions.octets(region)
    }

    fn raw_range<'e>(&'e self, from: u16, to: u16) -> Result<Cow<'e, [u8]>, Fault> {
        self.regions.between(from, to)
    }

    fn raw_without<'e>(&'e self, whole: u16, part: u16) -> Result<Cow<'e, [u8]>, Fault> {
        self.regions.without(whole, part)
    }

    fn length(&self, region: u16) -> Result<u64, Fault> {
        self.regions.octets(region).map(|octets| octets.len() as u64)
    }

    fn pairs(&self, set: &PairSet) -> Result<Vec<Pair>, Fault> {
        let mut pairs = Vec::with_capacity(set.fields.len());
        let fault = |wrong: Wrong| match wrong.kind {
            FaultKind::Evaluate(fault) => fault,
            _ => Fault::Kind,
        };
        for (name, paired) in &set.fields {
            let text = match *paired {
                Paired::Region(region) | Paired::FormRegion(region) | Paired::JsonRegion(region)
                    if !self.regions.is_there(region) =>
                {
                    continue;
                }
                Paired::Region(region) => self.raw(region)?.into_owned(),
                Paired::FormRegion(region) => chain::from_percent(&self.raw(region)?, true).map_err(fault)?,
                Paired::JsonRegion(region) => {
                    let octets = self.raw(region)?;
                    let charset = Charset::from_name(&self.programs.message.charset).ok_or(Fault::Broken)?;
                    match octets.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) {
                        Some(text) => json::unescape(text, charset).map_err(fault)?,
                        None => octets.into_owned(),
                    }
                }
                Paired::Slot { slot, wire } => {
                    let slot = self.record.slot(usize::from(slot));
                    if !slot.is_present() {
                        continue;
                    }
                    let code = slot
                        .span()
                        .filter(|span| matches!(slot.tag, Tag::Name | Tag::Outcome) && !span.is_empty());
                    if let Some(span) = code {
                        // A code that was read counts as it stood there: others may mean the same.
                        self.record.octets(span).to_vec()
                    } else {
                        let wire = self.programs.program.wires.get(wire as usize).ok_or(Fault::Broken)?;
                        let mut text = Vec::new();
                        leaf::write(self, &slot, wire, &mut text).map_err(fault)?;
                        text
                    }
                }
            };
            if !(set.without_empty && text.is_empty()) {
                pairs.push((name.as_bytes().to_vec(), text));
            }
        }
        Ok(pairs)
    }

    fn seal(
        &self,
        function: Function,
        algorithm: &str,
        arguments: &[Value<'_>],
    ) -> Result<Value<'static>, Fault> {
        let charset = &self.programs.message.charset;
        self.seals.call(function, algorithm, arguments, charset, self.surroundings)
    }

    fn counter(&self, digits: u32) -> Result<u64, Fault> {
        self.surroundings.counter(digits)
    }

    fn now(&self) -> Result<DateTime, Fault> {
        self.surroundings.now()
    }

    fn name(&self, symbol: Symbol) -> &str {
        self.surroundings.symbols().text(symbol)
    }

    fn secret<'e>(&'e self, key: &Load) -> Result<Cow<'e, [u8]>, Fault> {
        self.surroundings.secret(key)
    }
}
