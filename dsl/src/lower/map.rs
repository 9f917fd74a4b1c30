//! The two mapping lists: `take_out` from the message into business records, in the order of the text; `fill_in` from
//! business and facts into the message, in order of dependence (D3: what needs no octets is a value before writing).

use std::collections::BTreeSet;

use super::layout::{Key, Layout, Needs, inner};
use super::message::Builder;
use super::shape::{Shapes, stride};
use super::{LowerErrorKind, derived, known};
use crate::model::{Check, Else, Expr, ExprKind, FieldId, FieldKind, Load, Mapping, Message, Node, Space};
use crate::program::{Assignment, Map, Otherwise, PairedRows, Pairing};
use crate::source::Span;
use crate::value::{Absent, Type};

/// Makes both lists.
pub(super) fn make(builder: &mut Builder<'_, '_>) {
    let message = builder.message;
    let name_nodes: &[Node] = message.file.as_ref().map_or(&[], |file| &file.name_nodes);
    let late = derived::late(&builder.layout);

    let mut units = Vec::new();
    let mut collect =
        Collect { layout: &builder.layout, out: true, late: &late, guards: Vec::new(), path: Vec::new() };
    collect.nodes(name_nodes, &mut units);
    collect.nodes(&message.nodes, &mut units);
    let mut emit = Emit { out: true, code: Vec::new(), shapes: builder.shapes(), path: Vec::new() };
    emit.units(builder, &units);
    builder.out.take_out = emit.code.into();

    let mut units = Vec::new();
    let mut collect =
        Collect { layout: &builder.layout, out: false, late: &late, guards: Vec::new(), path: Vec::new() };
    collect.nodes(name_nodes, &mut units);
    collect.nodes(&message.nodes, &mut units);
    match sort(units) {
        Ok(units) => {
            let mut emit = Emit { out: false, code: Vec::new(), shapes: builder.shapes(), path: Vec::new() };
            emit.units(builder, &units);
            builder.out.fill_in = emit.code.into();
        }
        Err((span, path)) => builder.lowering.error(span, LowerErrorKind::Cycle(path)),
    }
}

/// One thing that a mapping list does.
struct Unit<'m> {
    work: Work<'m>,
    guards: Vec<Expr>,
    provides: BTreeSet<Key>,
    needs: BTreeSet<Key>,
    /// Path and place, for a cycle.
    name: Box<str>,
    span: Span,
}

enum Work<'m> {
    /// A mapping as it is written.
    Mapping(&'m Mapping, Option<FieldId>),
    /// A derived field.
    Fact(FieldId, &'m Expr),
    /// Rows.
    List(FieldId, Vec<Unit<'m>>),
    /// Must hold before writing.
    Check(&'m Check),
}

struct Collect<'c, 'm> {
    layout: &'c Layout<'m>,
    /// For `take_out`, else for `fill_in`.
    out: bool,
    late: &'c BTreeSet<FieldId>,
    guards: Vec<Expr>,
    path: Vec<FieldId>,
}

impl<'m> Collect<'_, 'm> {
    fn nodes(&mut self, nodes: &'m [Node], units: &mut Vec<Unit<'m>>) {
        for node in nodes {
            match node {
                Node::Field(id) => self.field(*id, units),
                Node::When { condition, then, .. } => {
                    self.guards.push(condition.clone());
                    self.nodes(then, units);
                    self.guards.pop();
                }
                Node::Choose { cases, other, .. } => {
                    let before = self.guards.len();
                    for (condition, nodes) in cases {
                        self.guards.push(condition.clone());
                        self.nodes(nodes, units);
                        self.guards.pop();
                        self.guards.push(not(condition));
                    }
                    self.nodes(other, units);
                    self.guards.truncate(before);
                }
                Node::Check(check) if !self.out && self.ours() => {
                    let needs = self.needs(&check.holds);
                    // What looks at octets is judged by who reads.
                    if !needs.any_octets() && !self.any_late(&needs) {
                        units.push(self.unit(Work::Check(check), &check.text, check.span, needs, None));
                    }
                }
                Node::Check(_) => {}
                Node::Map(mapping) => {
                    let to_field = mapping.target.space == Space::Field;
                    if self.out != (self.ours() || to_field) {
                        let needs = self.needs(&mapping.source);
                        let key = to_field.then(|| self.layout.key_of(&mapping.target, &self.path));
                        units.push(self.unit(Work::Mapping(mapping, None), "", mapping.span, needs, key));
                    }
                }
            }
        }
    }

    fn ours(&self) -> bool {
        self.layout.message.ours
    }

    fn field(&mut self, id: FieldId, units: &mut Vec<Unit<'m>>) {
        let Some(field) = self.layout.field(id) else { return };
        let key = self.layout.key(id);
        if self.out {
            if let Some(to) = &field.to {
                let needs = self.needs(&to.source);
                units.push(self.unit(Work::Mapping(to, Some(id)), &field.path, to.span, needs, None));
            }
        } else if let Some(from) = &field.from {
            let needs = self.needs(&from.source);
            units.push(self.unit(Work::Mapping(from, Some(id)), &field.path, from.span, needs, key));
        } else if let Some(fact) = field.fact.as_ref().filter(|_| !self.late.contains(&id)) {
            let needs = self.needs(fact);
            units.push(self.unit(Work::Fact(id, fact), &field.path, field.span, needs, key));
        }
        match &field.kind {
            FieldKind::List(list) => self.list(id, list, units),
            kind => self.nodes(inner(kind), units),
        }
    }

    fn list(&mut self, id: FieldId, list: &'m crate::model::ListField, units: &mut Vec<Unit<'m>>) {
        let arrow = list.business.as_ref();
        if self.out && arrow.is_some_and(|arrow| arrow.writes) {
            return;
        }
        let guards = std::mem::take(&mut self.guards);
        self.path.push(id);
        let mut rows = Vec::new();
        self.nodes(&list.nodes, &mut rows);
        let filter = arrow.and_then(|arrow| arrow.filter.as_ref()).map(|filter| self.needs(filter));
        self.path.pop();
        self.guards = guards;
        let filled = arrow.is_some_and(|arrow| arrow.writes);
        // Rows without an arrow of their own are gone through in place, for what stands in them.
        if rows.is_empty() && arrow.is_none() {
            return;
        }
        let Some(field) = self.layout.field(id) else { return };
        let inside = |key: &Key| key.0.is_some_and(|list| self.layout.lies_in(list, id));
        let mut needs = filter.unwrap_or_default();
        needs.slots.extend(rows.iter().flat_map(|row| row.needs.iter().copied()));
        needs.slots.retain(|key| !inside(key));
        let provides: BTreeSet<Key> = rows.iter().flat_map(|row| row.provides.iter().copied()).collect();
        let key = self.layout.key(id).filter(|_| filled);
        let mut unit = self.unit(Work::List(id, rows), &field.path, field.span, needs, key);
        unit.provides.extend(provides);
        units.push(unit);
    }

    fn needs(&self, expression: &Expr) -> Needs {
        self.layout.needs(expression, &self.path)
    }

    fn any_late(&self, needs: &Needs) -> bool {
        self.late.iter().any(|id| self.layout.key(*id).is_some_and(|key| needs.slots.contains(&key)))
    }

    fn unit(&self, work: Work<'m>, name: &str, span: Span, needs: Needs, key: Option<Key>) -> Unit<'m> {
        let mut slots = needs.slots;
        for guard in &self.guards {
            slots.extend(self.layout.needs(guard, &self.path).slots);
        }
        let guards = self.guards.clone();
        Unit { work, guards, provides: key.into_iter().collect(), needs: slots, name: name.into(), span }
    }
}

/// `not c`.
pub(super) fn not(condition: &Expr) -> Expr {
    let kind = ExprKind::Not(Box::new(condition.clone()));
    Expr { kind, ty: Type::Flag, span: condition.span }
}

type Cycle = (Span, Vec<Box<str>>);

/// In order of dependence; among what is free, in the order of the text. Rows are sorted within.
fn sort(units: Vec<Unit<'_>>) -> Result<Vec<Unit<'_>>, Cycle> {
    let mut left = units;
    let mut done = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free = (0..left.len()).find(|&at| {
            let needs = left.get(at).map(|unit| &unit.needs);
            needs.is_some_and(|needs| !needed_of(&left, at, needs).any(|_| true))
        });
        let Some(free) = free else { return Err(cycle(&left)) };
        let mut unit = left.remove(free);
        if let Work::List(id, rows) = unit.work {
            unit.work = Work::List(id, sort(rows)?);
        }
        done.push(unit);
    }
    Ok(done)
}

/// The units that give what one needs; a list that gives its own needs (rows that look at rows) is not meant.
fn needed_of<'u>(
    units: &'u [Unit<'_>],
    at: usize,
    needs: &'u BTreeSet<Key>,
) -> impl Iterator<Item = usize> + 'u {
    units.iter().enumerate().filter_map(move |(other, unit)| {
        let own_list = other == at && matches!(unit.work, Work::List(..));
        (!own_list && unit.provides.intersection(needs).next().is_some()).then_some(other)
    })
}

fn cycle(units: &[Unit<'_>]) -> Cycle {
    let mut way: Vec<usize> = vec![0];
    while let Some(unit) = way.last().and_then(|&at| units.get(at)) {
        let at = way.last().copied().unwrap_or(0);
        let Some(next) = needed_of(units, at, &unit.needs).next() else { break };
        if let Some(from) = way.iter().position(|&one| one == next) {
            let ring = way.get(from..).unwrap_or_default();
            let mut names: Vec<Box<str>> =
                ring.iter().filter_map(|&at| units.get(at)).map(|unit| unit.name.clone()).collect();
            names.extend(names.first().cloned());
            return (units.get(next).map_or(unit.span, |unit| unit.span), names);
        }
        way.push(next);
    }
    let unit = units.first();
    (
        unit.map_or_else(Span::default, |unit| unit.span),
        unit.map(|unit| unit.name.clone()).into_iter().collect(),
    )
}

struct Emit {
    /// For `take_out`, else for `fill_in`.
    out: bool,
    code: Vec<Map>,
    shapes: Shapes,
    path: Vec<FieldId>,
}

impl Emit {
    fn here(&self) -> u32 {
        u32::try_from(self.code.len()).unwrap_or(u32::MAX)
    }

    fn units(&mut self, builder: &mut Builder<'_, '_>, units: &[Unit<'_>]) {
        // Neighbours under the same conditions share their jumps.
        let mut rest = units;
        while let Some(first) = rest.first() {
            let same = rest.iter().take_while(|unit| unit.guards == first.guards).count();
            let (group, others) = rest.split_at(same);
            rest = others;
            let guards: Vec<Expr> = first.guards.iter().map(|guard| builder.folded(guard)).collect();
            if guards.iter().any(|guard| known(guard) == Some(false)) {
                continue;
            }
            let mut jumps = Vec::new();
            for guard in guards.iter().filter(|guard| known(guard).is_none()) {
                let condition = builder.compile(guard, &self.path);
                jumps.push((self.code.len(), condition));
                self.code.push(Map::Unless { condition, to: 0 });
            }
            for unit in group {
                self.unit(builder, unit);
            }
            let to = self.here();
            for (at, condition) in jumps {
                if let Some(place) = self.code.get_mut(at) {
                    *place = Map::Unless { condition, to };
                }
            }
        }
    }

    fn unit(&mut self, builder: &mut Builder<'_, '_>, unit: &Unit<'_>) {
        match &unit.work {
            Work::Mapping(mapping, field) => {
                let made = self.assignment(builder, mapping, *field);
                self.set(builder, made);
            }
            Work::Fact(id, fact) => {
                let made = self.fact(builder, *id, fact);
                self.set(builder, made);
            }
            Work::Check(check) => {
                let check = builder.check(check, &self.path);
                self.code.push(Map::Check { check });
            }
            Work::List(id, rows) => self.list(builder, *id, rows),
        }
    }

    fn set(&mut self, builder: &mut Builder<'_, '_>, made: Assignment) {
        let message = builder.message;
        let assignment =
            builder.lowering.small(builder.out.assignments.len(), "assignments of a message", message);
        builder.out.assignments.push(made);
        self.code.push(Map::Set { assignment });
    }

    fn fact(&self, builder: &mut Builder<'_, '_>, id: FieldId, fact: &Expr) -> Assignment {
        let field = builder.layout.field(id);
        let (level, slot) = field.map_or((0, 0), |field| (field.level, field.slot));
        let (ty, optional, wire) = self.of_field(builder, id);
        Assignment {
            target: Load { space: Space::Field, level, slot, call: 0 },
            source: builder.compile(fact, &self.path),
            cut: false,
            ty,
            optional,
            wire,
            otherwise: Otherwise::Fault,
            cold: builder.cold_of(id),
        }
    }

    /// What a field of the message can hold.
    fn of_field(&self, builder: &Builder<'_, '_>, id: FieldId) -> (Type, bool, Option<u32>) {
        match builder.layout.field(id).map(|field| (&field.kind, field.optional)) {
            Some((FieldKind::Leaf { ty, wire }, optional)) => {
                (ty.clone(), optional || wire.absent != Absent::Never, Some(builder.wire_of(id)))
            }
            _ => (Type::Wrong, true, None),
        }
    }

    fn assignment(
        &self,
        builder: &mut Builder<'_, '_>,
        mapping: &Mapping,
        field: Option<FieldId>,
    ) -> Assignment {
        let (ty, optional, wire) = if mapping.target.space == Space::Field {
            match field.or_else(|| field_of(builder.message, &builder.layout, &mapping.target, &self.path)) {
                Some(id) => self.of_field(builder, id),
                None => (mapping.source.ty.clone(), true, None),
            }
        } else {
            match self.shapes.field(builder.lowering.model, &mapping.target) {
                Some(field) => (field.ty.clone(), field.optional, None),
                None => (mapping.source.ty.clone(), true, None),
            }
        };
        let cold = match field {
            Some(id) => builder.cold_of(id),
            None => {
                let line = builder.lowering.line(mapping.span);
                let cold = crate::program::Cold { line, ..empty_cold() };
                builder.push_cold(cold)
            }
        };
        Assignment {
            target: mapping.target,
            source: builder.compile(&mapping.source, &self.path),
            cut: mapping.cut,
            ty,
            // An enquiry that finds nothing has nothing to tell of the original's answer.
            optional: optional || mapping.target.space == Space::OriginalAnswer,
            wire,
            otherwise: match &mapping.otherwise {
                Else::Fault => Otherwise::Fault,
                Else::Refuse(reason) => Otherwise::Refuse(*reason),
                Else::Park(why) => Otherwise::Park(why.clone()),
                Else::Unknown => Otherwise::Unknown,
                Else::Absent => Otherwise::Absent,
                Else::Value(other) => Otherwise::Value(builder.compile(other, &self.path)),
            },
            cold,
        }
    }

    fn list(&mut self, builder: &mut Builder<'_, '_>, id: FieldId, rows: &[Unit<'_>]) {
        let (Some(field), Some(list)) = (builder.layout.field(id), builder.layout.list(id)) else { return };
        let own = Load { space: Space::Field, level: field.level, slot: field.slot, call: id.0 + 1 };
        let arrow = list.business.as_ref();
        let shape = arrow.and_then(|arrow| self.shapes.list(builder.lowering.model, &arrow.list));
        self.path.push(id);
        let filter =
            arrow.and_then(|arrow| arrow.filter.as_ref()).map(|filter| builder.compile(filter, &self.path));
        let by = arrow.map_or(&[][..], |arrow| &arrow.sorted);
        let sorted = by.iter().map(|by| builder.compile(by, &self.path)).collect();
        let day = arrow.and_then(|arrow| arrow.day.as_ref()).map(|day| builder.compile(day, &self.path));
        let wire_side = (list.slots, list.max);
        let (source, target, (stride, max)) = match arrow {
            None => (own, own, wire_side),
            // Rows that are only read are filled, by who turns the message round, where they stand.
            Some(arrow) if !arrow.writes && !self.out => (own, own, wire_side),
            Some(arrow) if arrow.writes => (arrow.list, own, wire_side),
            Some(arrow) => {
                let (stride, max) = shape
                    .map_or(wire_side, |(shape, max)| (stride(builder.lowering.model, shape), least(max)));
                (own, arrow.list, (stride, max))
            }
        };
        let with = arrow.and_then(|arrow| arrow.with);
        let message = builder.message;
        let pairing = builder.lowering.small(builder.out.pairings.len(), "lists of a message", message);
        builder.out.pairings.push(Pairing {
            source,
            with,
            filter,
            sorted,
            day,
            target,
            stride,
            max,
            rows: PairedRows::Make,
        });
        let begin = self.code.len();
        self.code.push(Map::Each { pairing, end: 0 });
        let entered = shape.map(|(shape, _)| self.shapes.rows.push(shape)).is_some();
        self.units(builder, rows);
        if entered {
            self.shapes.rows.pop();
        }
        let back = u32::try_from(begin + 1).unwrap_or(u32::MAX);
        self.code.push(Map::Next { pairing, back });
        let end = self.here();
        if let Some(place) = self.code.get_mut(begin) {
            *place = Map::Each { pairing, end };
        }
        self.path.pop();
    }
}

fn least(max: u64) -> u32 {
    u32::try_from(max).unwrap_or(u32::MAX)
}

fn empty_cold() -> crate::program::Cold {
    crate::program::Cold { name: "".into(), label: "".into(), line: 0, expected: "".into(), private: false }
}

/// The field that a reference means, under these lists.
fn field_of(message: &Message, layout: &Layout<'_>, load: &Load, path: &[FieldId]) -> Option<FieldId> {
    let key = layout.key_of(load, path);
    (0..message.fields.len())
        .filter_map(|index| u16::try_from(index).ok().map(FieldId))
        .find(|id| layout.key(*id) == Some(key))
}
