//! What is written before other things that stand in front of it: values, and seals over values.
//!
//! In: the nodes of a message. Out: instructions in the order of dependence.

use super::{Guard, Writer};
use std::collections::BTreeSet;

use crate::lower::layout::{Key, Needs, inner};
use crate::lower::{LowerErrorKind, known, map};
use crate::model::{Expr, FieldId, FieldKind, Node};
use crate::program::Write;

impl<'w, 'l, 'm> Writer<'w, 'l, 'm> {
    /// Seals over values that are not in rows within this place, in order of dependence.
    pub(in crate::lower) fn first(&mut self, nodes: &'m [Node]) {
        let mut found = Vec::new();
        self.seals_in(nodes, &mut Vec::new(), &mut found);
        while !found.is_empty() {
            let waiting: BTreeSet<Key> =
                found.iter().filter_map(|(id, _)| self.builder.layout.key(*id)).collect();
            let free = found.iter().position(|(id, _)| {
                let needs = self.needs_of(*id);
                needs.slots.intersection(&waiting).next().is_none()
            });
            let Some(free) = free else {
                let names = found.iter().filter_map(|(id, _)| self.builder.layout.field(*id));
                let names: Vec<Box<str>> = names.map(|field| field.path.clone()).collect();
                let span =
                    found.first().and_then(|(id, _)| self.builder.layout.field(*id)).map(|field| field.span);
                self.builder.lowering.error(span.unwrap_or_default(), LowerErrorKind::Cycle(names));
                return;
            };
            let (id, guards) = found.remove(free);
            let mut jumps = Vec::new();
            for guard in guards {
                let condition = self.builder.compile(&guard, &self.path);
                jumps.push(self.guard(Guard::Holds(condition)));
            }
            self.compute(id);
            for jump in jumps {
                self.land(jump);
            }
        }
    }

    pub(super) fn seals_in(
        &self,
        nodes: &'m [Node],
        guards: &mut Vec<Expr>,
        found: &mut Vec<(FieldId, Vec<Expr>)>,
    ) {
        for node in nodes {
            match node {
                Node::Field(id) => {
                    if self.seals.contains(id) {
                        found.push((*id, guards.clone()));
                    }
                    match self.builder.layout.field(*id).map(|field| &field.kind) {
                        Some(FieldKind::List(_)) | None => {}
                        Some(kind) => self.seals_in(inner(kind), guards, found),
                    }
                }
                Node::When { condition, then, .. } => {
                    let condition = self.builder.folded(condition);
                    match known(&condition) {
                        Some(false) => {}
                        Some(true) => self.seals_in(then, guards, found),
                        None => {
                            guards.push(condition);
                            self.seals_in(then, guards, found);
                            guards.pop();
                        }
                    }
                }
                Node::Choose { cases, other, .. } => {
                    let before = guards.len();
                    let mut decided = false;
                    for (condition, nodes) in cases {
                        let condition = self.builder.folded(condition);
                        match known(&condition) {
                            Some(false) => {}
                            Some(true) => {
                                self.seals_in(nodes, guards, found);
                                decided = true;
                                break;
                            }
                            None => {
                                guards.push(condition.clone());
                                self.seals_in(nodes, guards, found);
                                guards.pop();
                                guards.push(map::not(&condition));
                            }
                        }
                    }
                    if !decided {
                        self.seals_in(other, guards, found);
                    }
                    guards.truncate(before);
                }
                Node::Check(_) | Node::Map(_) => {}
            }
        }
    }

    pub(super) fn needs_of(&self, id: FieldId) -> Needs {
        let layout = &self.builder.layout;
        let fact = layout.field(id).and_then(|field| field.fact.as_ref());
        fact.map_or_else(Needs::default, |fact| layout.needs(fact, &layout.lists_around(id)))
    }

    /// Computes a field's value into its slot.
    pub(super) fn compute(&mut self, id: FieldId) {
        let Some(field) = self.builder.layout.field(id) else { return };
        let Some(fact) = &field.fact else { return };
        let outer = std::mem::replace(&mut self.at, self.builder.cold_of(id));
        let folded = self.builder.folded(fact);
        match self.builder.signature(&folded, &self.path) {
            Some(signature) => self.push(Write::Sign { slot: field.slot, signature }),
            None => {
                let expression = self.builder.compile(fact, &self.path);
                self.push(Write::Compute { slot: field.slot, level: field.level, expression })
            }
        };
        self.computed.extend(self.builder.layout.key(id));
        self.at = outer;
    }

    /// The octets that an answer may give back are there once all is written.
    pub(super) fn hold_octets(&mut self) {
        if let Some(id) = self.builder.message.held {
            self.compute(id);
        }
    }
}
