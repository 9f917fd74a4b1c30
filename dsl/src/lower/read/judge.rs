//! What is judged: facts, seals, checks, what is learned, each as soon as all that it needs was read.
//!
//! In: fields and checks. Out: the instructions behind those that they wait for.

use super::{Pending, Reader};

use crate::lower::LowerErrorKind;
use crate::model::{Check, Expr, Field, Learn, Load, Space};
use crate::program::{Learned, Read};

impl<'r, 'l, 'm> Reader<'r, 'l, 'm> {
    pub(super) fn check(&mut self, guards: &[Expr], check: &Check) {
        let mut jumps = Vec::new();
        for guard in guards {
            let condition = self.builder.compile(guard, &self.path);
            jumps.push(self.push(Read::Unless { condition, to: 0 }));
        }
        let number = self.builder.check(check, &self.path);
        let cold = self.builder.out.checks.get(usize::from(number)).map_or(self.at, |check| check.cold);
        self.code.push(Read::Check { check: number });
        self.cold.push(cold);
        for jump in jumps {
            self.land(jump);
        }
    }

    /// What is done with a value that was read.
    pub(in crate::lower) fn judge(&mut self, field: &'m Field) {
        let (slot, level) = (field.slot, field.level);
        match &field.learn {
            Learn::Outcome => {
                self.push(Read::Outcome { slot, level, original: false });
            }
            Learn::OriginalOutcome => {
                self.push(Read::Outcome { slot, level, original: true });
            }
            Learn::Place(to) => self.learn(slot, level, *to, None),
            Learn::Member => {
                self.learn(slot, level, Load { space: Space::Member, level: 0, slot: 0, call: 0 }, None);
            }
            Learn::Fresh(to, by) => self.learn(slot, level, *to, Some(by)),
            Learn::Agree => self.agree(field, false),
            Learn::Seal => self.agree(field, true),
            Learn::Ignore => {}
        }
    }

    pub(super) fn learn(&mut self, slot: u16, level: u8, to: Load, by: Option<&Expr>) {
        let by = by.map(|by| self.builder.compile(by, &self.path));
        let message = self.builder.message;
        let learned =
            self.builder.lowering.small(self.builder.out.learned.len(), "facts of a message", message);
        self.builder.out.learned.push(Learned { to, by });
        self.push(Read::Learn { slot, level, learned });
    }

    pub(super) fn agree(&mut self, field: &'m Field, seal: bool) {
        let Some(fact) = &field.fact else { return };
        let (slot, level) = (field.slot, field.level);
        let needs = self.builder.layout.needs(fact, &self.path);
        let signature = if seal { self.builder.signature(fact, &self.path) } else { None };
        let read = match signature {
            Some(signature) => Read::Verify { slot, signature },
            None if seal && has_signature(fact) => {
                self.builder.lowering.error(field.span, LowerErrorKind::SignatureInside);
                return;
            }
            None => Read::Agree { slot, level, seal, expression: self.builder.compile(fact, &self.path) },
        };
        let pending = Pending {
            needs,
            branch: self.branch.clone(),
            guards: self.guards.clone(),
            path: self.path.clone(),
            read,
            cold: self.at,
        };
        self.pendings.push(pending);
    }

    /// Puts what waits and has all it needs, or all that waits in these rows.
    pub(super) fn flush(&mut self, all: bool) {
        let mut waiting = Vec::new();
        for pending in std::mem::take(&mut self.pendings) {
            let needs = &pending.needs;
            let there = needs.slots.is_subset(&self.stored)
                && needs.octets.is_subset(&self.ended)
                && needs.lengths.is_subset(&self.ended)
                && needs.begun.is_subset(&self.begun);
            // Where this place is reached only with the field's own, or always.
            let reached = pending.path == self.path && pending.branch.starts_with(&self.branch);
            if reached && (there || all) {
                // Behind its branch it is judged only if that was gone through.
                let left =
                    if pending.branch.len() > self.branch.len() { self.guards.len() } else { usize::MAX };
                let mut jumps = Vec::new();
                for guard in pending.guards.iter().skip(left) {
                    let condition = self.builder.compile(guard, &self.path);
                    jumps.push(self.push(Read::Unless { condition, to: 0 }));
                }
                self.code.push(pending.read);
                self.cold.push(pending.cold);
                jumps.into_iter().for_each(|jump| self.land(jump));
            } else {
                waiting.push(pending);
            }
        }
        self.pendings = waiting;
    }
}

pub(super) fn has_signature(fact: &Expr) -> bool {
    let mut found = false;
    crate::lower::expression::walk(fact, &mut Vec::new(), &mut |one, _| {
        found |= matches!(&one.kind, crate::model::ExprKind::Function(crate::model::Function::Signature, _));
    });
    found
}
