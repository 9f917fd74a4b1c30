//! One field in its place: written, left open until what it needs is there, or left out.
//!
//! In: a field. Out: its instructions, with marks of regions around it.

use super::{Guard, Open, Writer, fixed_size};

use crate::lower::LowerErrorKind;
use crate::lower::layout::{Key, Needs};
use crate::lower::read::{Place, part_of, wire_name};
use crate::model::{At, Field, FieldId, FieldKind, Node};
use crate::program::Write;
use crate::value::{Absent, Constant};

impl<'w, 'l, 'm> Writer<'w, 'l, 'm> {
    pub(super) fn child(&mut self, id: FieldId, field: &'m Field, place: Place) {
        match place {
            Place::Named => {}
            Place::Parts => {
                self.push(Write::Part(part_of(field)));
                return;
            }
            Place::Run | Place::Delimited => return,
        }
        if self.builder.layout.run(id).is_some() {
            return;
        }
        if let Some(region) = self.builder.layout.begin(id) {
            self.push(Write::Mark { region });
            self.push(Write::EndMark { region });
        }
        let template = match (&field.kind, &field.at) {
            (FieldKind::Entry { pattern, .. }, _) => pattern,
            (_, Some(At::Template(template, _))) => template,
            _ => {
                let name = wire_name(self.builder, id, field);
                let name = self.builder.name(&name);
                self.push(Write::Child { name });
                return;
            }
        };
        let folded = self.builder.folded(template);
        if let Some(Constant::Text(text)) = folded.as_constant() {
            let name = self.builder.name(text);
            self.push(Write::Child { name });
        } else {
            let name = self.builder.compile(&folded, &self.path);
            self.push(Write::ChildBy { name });
        }
    }

    pub(super) fn mark(&mut self, id: FieldId) {
        self.begun.insert(id);
        if let Some(region) = self.builder.layout.region(id) {
            self.push(Write::Mark { region });
        }
    }

    pub(super) fn end_mark(&mut self, id: FieldId) {
        if self.ended.insert(id)
            && let Some(region) = self.builder.layout.region(id)
        {
            self.push(Write::EndMark { region });
        }
    }

    pub(super) fn field(&mut self, id: FieldId, place: Place) {
        let Some(field) = self.builder.layout.field(id) else { return };
        let outer = std::mem::replace(&mut self.at, self.builder.cold_of(id));
        match &field.kind {
            FieldKind::Leaf { wire, .. } => {
                let left_out = field.optional || wire.absent == Absent::LeftOut;
                self.leaf(id, field, place, left_out);
            }
            FieldKind::Format { .. } | FieldKind::Entry { .. } => self.format_of(id, place),
            FieldKind::List(list) => self.list(id, field, list, place),
            FieldKind::Group { nodes } => self.group(id, field, nodes, place, place == Place::Named),
            FieldKind::Line { nodes, .. } => self.group(id, field, nodes, place, true),
            FieldKind::Several { nodes } => self.several(id, field, nodes, place),
        }
        self.at = outer;
        self.flush();
    }

    pub(super) fn leaf(&mut self, id: FieldId, field: &'m Field, place: Place, left_out: bool) {
        let wire = self.builder.wire_of(id);
        if self.octets.contains(&id) {
            let needs = self.needs_of(id);
            if let Some(covered) =
                needs.octets.iter().find(|region| self.builder.layout.lies_in(id, **region))
            {
                let path =
                    self.builder.layout.field(*covered).map(|field| field.path.clone()).unwrap_or_default();
                self.builder.lowering.error(field.span, LowerErrorKind::SealCoversItself(path));
                return;
            }
            if !self.ready(id, &needs) {
                return self.leave_open(id, field, place, needs);
            }
            self.compute(id);
        }
        let jump = left_out.then(|| self.guard(Guard::Present(field.slot, field.level)));
        self.before_value(id, field, place);
        self.push(Write::Put { slot: field.slot, wire, level: field.level });
        self.end_mark(id);
        if let Some(jump) = jump {
            self.land(jump);
        }
    }

    pub(super) fn before_value(&mut self, id: FieldId, field: &'m Field, place: Place) {
        self.child(id, field, place);
        self.mark(id);
    }

    pub(super) fn leave_open(&mut self, id: FieldId, field: &'m Field, place: Place, needs: Needs) {
        let wire = self.builder.wire_of(id);
        let hole = self.holes;
        self.holes = self.holes.saturating_add(1);
        let one = [Node::Field(id)];
        let gap = !(place == Place::Run && self.builder.width(&one).is_some() && fixed_size(field));
        self.before_value(id, field, place);
        self.push(if gap { Write::Gap { hole } } else { Write::Hole { hole, wire } });
        self.end_mark(id);
        self.open.push(Open {
            id,
            hole,
            wire,
            gap,
            needs,
            guards: self.guards.clone(),
            path: self.path.clone(),
            run: self.run,
            cold: self.at,
        });
    }

    /// Whether all that a field needs is there.
    pub(super) fn ready(&self, id: FieldId, needs: &Needs) -> bool {
        let layout = &self.builder.layout;
        let late = |key: &Key| {
            let is = |id: &FieldId| layout.key(*id) == Some(*key);
            self.octets.iter().any(is) || self.seals.iter().any(is)
        };
        let open_in = |region: FieldId, gaps_alone: bool| {
            let others = self.open.iter().filter(|open| open.id != id);
            others.filter(|open| open.gap || !gaps_alone).any(|open| layout.lies_in(open.id, region))
        };
        needs.slots.iter().filter(|key| late(key)).all(|key| self.computed.contains(key))
            && needs.octets.iter().all(|region| self.ended.contains(region) && !open_in(*region, false))
            && needs.lengths.iter().all(|region| self.ended.contains(region) && !open_in(*region, true))
            && needs.begun.iter().all(|region| self.begun.contains(region))
    }

    /// Fills every hole whose octets are there, and that was made where we are or around.
    pub(super) fn flush(&mut self) {
        loop {
            let next = self.open.iter().position(|open| {
                open.path == self.path
                    && open.guards.starts_with(&self.guards)
                    && self.ready(open.id, &open.needs)
            });
            let Some(next) = next else { return };
            let open = self.open.remove(next);
            let outer = std::mem::replace(&mut self.at, open.cold);
            let inner = open.guards.get(self.guards.len()..).unwrap_or_default();
            let jumps: Vec<usize> = inner.iter().map(|guard| self.guard(*guard)).collect();
            self.compute(open.id);
            let slot = self.builder.layout.field(open.id).map_or(u16::MAX, |field| field.slot);
            self.push(Write::Fill { hole: open.hole, slot, wire: open.wire });
            for jump in jumps {
                self.land(jump);
            }
            self.at = outer;
        }
    }
}
