//! What tools keep of a message beside its values: where each stood, and how each judgement ended.
//!
//! In: instructions as the reader runs them. Out: [`Stored`] and [`Judged`] in the order of reading. A reader that is
//! watched goes on where something does not agree, so that a wrong message is shown as far as it has its form.

use dsl::evaluate::{self, Value, coded};
use dsl::program::Read;

use super::Reader;
use crate::codec::parse::Current;
use crate::codec::{FaultKind, Wrong};
use crate::value::{Span, Surroundings};

/// Judgements over rows of a file that are kept.
const JUDGED_MAX: usize = 64;

/// Where a value stood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stored {
    /// Its slot, as an absolute index.
    pub index: usize,
    /// Its octets as received; none: it is missing.
    pub span: Option<Span>,
    /// The instruction.
    pub op: u32,
}

/// What was judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// A value against a fact.
    Fact,
    /// A seal.
    Seal,
    /// A check.
    Check,
}

/// How a judgement ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// What was judged.
    pub what: Judgement,
    /// The slot of the value; none: a check.
    pub index: Option<usize>,
    /// The instruction.
    pub op: u32,
    /// Right, or why not: [`FaultKind::Evaluate`] says that it could not be judged (no key, no such fact).
    pub wrong: Option<FaultKind>,
    /// What the value should be, as text, where it is another one.
    pub expected: Option<Box<str>>,
}

/// What a watched reader keeps.
#[derive(Debug, Default)]
pub(super) struct Watch {
    pub(super) stored: Vec<Stored>,
    pub(super) judged: Vec<Judged>,
}

impl Watch {
    /// Of rows that went by only what was wrong is kept, and of that only some.
    pub(super) fn forget_row(&mut self) {
        self.stored.clear();
        self.judged.retain(|judged| judged.wrong.is_some());
        self.judged.truncate(JUDGED_MAX);
    }
}

impl Reader<'_> {
    /// Makes the reader keep where values stood and how judgements ended, and go on where one is wrong.
    #[must_use]
    pub fn watched(mut self) -> Self {
        self.watch = Some(Box::default());
        self
    }

    /// Where each value stood, in the order of reading; nothing unless it was watched.
    #[must_use]
    pub fn stored(&self) -> &[Stored] {
        self.watch.as_ref().map_or(&[], |watch| &watch.stored)
    }

    /// How each judgement ended; nothing unless it was watched.
    #[must_use]
    pub fn judged(&self) -> &[Judged] {
        self.watch.as_ref().map_or(&[], |watch| &watch.judged)
    }

    pub(super) fn note_stored(&mut self, index: usize) {
        let op = u32::try_from(self.at).unwrap_or(u32::MAX);
        let span = match self.current {
            Current::Octets(span) => Some(span),
            Current::Node(node) => self.tree.node(node).map(|node| node.value),
            Current::Missing | Current::Nothing => None,
        };
        if let Some(watch) = &mut self.watch {
            watch.stored.push(Stored { index, span, op });
        }
    }

    /// Runs a judgement; watched, it is noted and never ends the reading.
    pub(super) fn judge(&mut self, read: Read, surroundings: &dyn Surroundings) -> Result<(), Wrong> {
        let (what, place) = match read {
            Read::Agree { slot, level, seal, .. } => {
                (if seal { Judgement::Seal } else { Judgement::Fact }, Some((level, slot)))
            }
            Read::Verify { slot, .. } => (Judgement::Seal, Some((0, slot))),
            _ => (Judgement::Check, None),
        };
        let done = match read {
            Read::Agree { slot, level, seal, expression } => {
                self.agree(slot, level, seal, expression, surroundings)
            }
            Read::Verify { slot, signature } => self.verify(slot, signature, surroundings),
            Read::Check { check } => self.check(check, surroundings),
            _ => Err(FaultKind::Program.into()),
        };
        let waits = matches!(done, Err(Wrong { kind: FaultKind::Evaluate(evaluate::Fault::NeedsSeal), .. }));
        if self.watch.is_none() || waits {
            return done;
        }
        let index = match place {
            Some((level, slot)) => Some(self.rows.index(level, slot)?),
            None => None,
        };
        let mut wrong = done.err().map(|wrong| wrong.kind);
        let mut expected = None;
        if let (Read::Agree { expression, .. }, Some(_)) = (read, wrong) {
            match self.expected(expression, surroundings) {
                Ok(text) => expected = Some(text),
                // Nobody gave what it should be equal to.
                Err(fault) => wrong = Some(FaultKind::Evaluate(fault)),
            }
        }
        let op = u32::try_from(self.at).unwrap_or(u32::MAX);
        if let Some(watch) = &mut self.watch {
            watch.judged.push(Judged { what, index, op, wrong, expected });
        }
        Ok(())
    }

    fn expected(
        &self,
        expression: u32,
        surroundings: &dyn Surroundings,
    ) -> Result<Box<str>, evaluate::Fault> {
        let inside = self.inside(surroundings);
        self.seals.begin();
        let value = inside.evaluate(expression)?;
        let text = match &value {
            Value::Absent => return Err(evaluate::Fault::Absent),
            Value::Bytes(octets) => String::from_utf8_lossy(&coded::to_hex(octets, true)).into_owned(),
            value => value.to_text(&inside)?.into_owned(),
        };
        Ok(text.into_boxed_str())
    }
}
