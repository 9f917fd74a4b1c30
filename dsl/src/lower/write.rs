//! The writing list: the order of the wire, but for what needs octets that come later (D3).
//!
//! A derived field is of one of four classes. *Value*: known before writing, filled in by the mappings. *Seal over
//! values*: computed first of all, since it may take long. *In place*: the octets it needs stand before it: computed
//! when its turn comes. *Hole* or *gap*: it stands before the octets it needs; a place is left, filled when they are
//! whole, and before the format in which it stands is closed.

use std::collections::BTreeSet;

use super::derived::classes;
use super::layout::{Key, Needs, inner};
use super::message::Builder;
use super::read::{Place, format_number, only_format, part_of, place_of, wire_name};
use super::{LowerErrorKind, known, map};
use crate::model::{
    At, Expr, ExprKind, Field, FieldId, FieldKind, Format, Function, LinkKind, ListField, Load, Node, Space,
};
use crate::program::{ExprId, FormatForm, Part, Write};
use crate::value::{Absent, Constant, Size, Type};

/// Makes the list, and the pieces of a file. What has no order is an error where we write the message; else it is
/// left to the mirror, which writes it.
pub(super) fn make(builder: &mut Builder<'_, '_>) {
    let message = builder.message;
    let before = builder.lowering.errors.len();
    let mut writer = Writer::new(builder);
    writer.first(&message.nodes);
    if let Some(file) = &message.file {
        writer.file_name(&file.name_nodes);
        super::file::write(&mut writer, file);
    } else {
        writer.packet(&message.nodes);
    }
    writer.unfilled();
    let Writer { code, cold, holes, .. } = writer;
    let failed = builder.lowering.errors.len() > before;
    if !message.ours {
        builder.lowering.errors.truncate(before);
    }
    if failed {
        return;
    }
    builder.out.holes = holes;
    builder.out.write = code.into();
    builder.out.write_cold = cold.into();
}

/// A place left open.
struct Open {
    id: FieldId,
    hole: u16,
    wire: u32,
    /// Of any length.
    gap: bool,
    needs: Needs,
    guards: Vec<Guard>,
    path: Vec<FieldId>,
    /// The run of octets in which it stands.
    run: u32,
    cold: u32,
}

/// Why an instruction may be passed over.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Guard {
    Holds(ExprId),
    Present(u16, u8),
}

/// Makes writing instructions.
pub(super) struct Writer<'w, 'l, 'm> {
    pub(super) builder: &'w mut Builder<'l, 'm>,
    pub(super) code: Vec<Write>,
    cold: Vec<u32>,
    seals: BTreeSet<FieldId>,
    octets: BTreeSet<FieldId>,
    computed: BTreeSet<Key>,
    ended: BTreeSet<FieldId>,
    begun: BTreeSet<FieldId>,
    guards: Vec<Guard>,
    path: Vec<FieldId>,
    open: Vec<Open>,
    holes: u16,
    run: u32,
    runs: u32,
    at: u32,
}

impl<'w, 'l, 'm> Writer<'w, 'l, 'm> {
    fn new(builder: &'w mut Builder<'l, 'm>) -> Self {
        let (seals, octets) = classes(&builder.layout);
        let at = builder.cold_here("");
        Writer {
            builder,
            code: Vec::new(),
            cold: Vec::new(),
            seals,
            octets,
            computed: BTreeSet::new(),
            ended: BTreeSet::new(),
            begun: BTreeSet::new(),
            guards: Vec::new(),
            path: Vec::new(),
            open: Vec::new(),
            holes: 0,
            run: 0,
            runs: 0,
            at,
        }
    }

    pub(super) fn push(&mut self, write: Write) -> usize {
        self.code.push(write);
        self.cold.push(self.at);
        self.code.len() - 1
    }

    pub(super) fn here(&self) -> u32 {
        u32::try_from(self.code.len()).unwrap_or(u32::MAX)
    }

    fn land(&mut self, at: usize) {
        let end = self.here();
        if let Some(
            Write::Unless { to, .. }
            | Write::Jump { to }
            | Write::UnlessPresent { to, .. }
            | Write::List { end: to, .. },
        ) = self.code.get_mut(at)
        {
            *to = end;
        }
    }

    fn guard(&mut self, guard: Guard) -> usize {
        match guard {
            Guard::Holds(condition) => self.push(Write::Unless { condition, to: 0 }),
            Guard::Present(slot, level) => self.push(Write::UnlessPresent { slot, level, to: 0 }),
        }
    }

    fn packet(&mut self, nodes: &'m [Node]) {
        let http = matches!(self.builder.link_kind(), Some(LinkKind::Http | LinkKind::Https));
        if http {
            return self.parts(nodes);
        }
        self.push(Write::Part(Part::Content));
        self.content(nodes);
    }

    /// The one format that a packet is, or a `fixed` of several.
    pub(super) fn content(&mut self, nodes: &'m [Node]) {
        if let Some(id) = only_format(self.builder, nodes) {
            return self.format_of(id, Place::Parts);
        }
        let format = self.builder.lowering.shared_format(FormatForm::Fixed);
        self.push(Write::Enter { format });
        let outer = self.new_run();
        self.nodes(nodes, Place::Run);
        self.close_run(outer);
        self.push(Write::Leave { chain: u32::MAX });
    }

    fn file_name(&mut self, nodes: &'m [Node]) {
        if nodes.is_empty() {
            return;
        }
        self.push(Write::Part(Part::Name));
        let format = self.builder.lowering.shared_format(FormatForm::Fixed);
        self.push(Write::Enter { format });
        let outer = self.new_run();
        self.nodes(nodes, Place::Run);
        self.close_run(outer);
        self.push(Write::Leave { chain: u32::MAX });
        let end = self.here();
        if let Some(file) = &mut self.builder.out.file {
            file.name_write = (0, end);
        }
    }

    pub(super) fn new_run(&mut self) -> u32 {
        self.runs += 1;
        std::mem::replace(&mut self.run, self.runs)
    }

    /// Fills what can be filled; what stays open in this run has no way.
    pub(super) fn close_run(&mut self, outer: u32) {
        self.flush();
        let run = self.run;
        let (stuck, open) =
            std::mem::take(&mut self.open).into_iter().partition(|open: &Open| open.run == run);
        self.open = open;
        self.report(&stuck);
        self.run = outer;
    }

    fn unfilled(&mut self) {
        self.flush();
        let stuck = std::mem::take(&mut self.open);
        self.report(&stuck);
    }

    /// Fields that wait for each other are a cycle; others stand before what comes too late.
    fn report(&mut self, stuck: &[Open]) {
        let layout = &self.builder.layout;
        let mut errors = Vec::new();
        for open in stuck {
            let Some(field) = layout.field(open.id) else { continue };
            let waits_for = |other: &&Open| {
                let key = layout.key(other.id);
                key.is_some_and(|key| open.needs.slots.contains(&key))
                    || (other.gap
                        && open.needs.lengths.iter().any(|region| layout.lies_in(other.id, *region)))
                    || open.needs.octets.iter().any(|region| layout.lies_in(other.id, *region))
            };
            let missing = open.needs.octets.iter().chain(&open.needs.lengths).chain(&open.needs.begun);
            let missing = missing.copied().find(|id| !self.ended.contains(id));
            let kind = match (missing.and_then(|id| layout.field(id)), stuck.iter().find(waits_for)) {
                (_, Some(other)) => {
                    let path = layout.field(other.id).map(|field| field.path.clone()).unwrap_or_default();
                    LowerErrorKind::Cycle(vec![field.path.clone(), path, field.path.clone()])
                }
                (Some(missing), None) => LowerErrorKind::NeedsLater(missing.path.clone()),
                (None, None) => LowerErrorKind::NeedsLater(field.path.clone()),
            };
            errors.push((field.span, kind));
        }
        for (span, kind) in errors {
            self.builder.lowering.error(span, kind);
        }
    }

    /// Seals over values that are not in rows within this place, in order of dependence.
    pub(super) fn first(&mut self, nodes: &'m [Node]) {
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

    fn seals_in(&self, nodes: &'m [Node], guards: &mut Vec<Expr>, found: &mut Vec<(FieldId, Vec<Expr>)>) {
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

    fn needs_of(&self, id: FieldId) -> Needs {
        let layout = &self.builder.layout;
        let fact = layout.field(id).and_then(|field| field.fact.as_ref());
        fact.map_or_else(Needs::default, |fact| layout.needs(fact, &layout.lists_around(id)))
    }

    /// Computes a field's value into its slot.
    fn compute(&mut self, id: FieldId) {
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

    /// The parts of an HTTP message: those first whose octets others need.
    fn parts(&mut self, nodes: &'m [Node]) {
        let mut left: Vec<&'m Node> = nodes.iter().collect();
        while !left.is_empty() {
            let free = (0..left.len()).find(|&at| {
                let Some(node) = left.get(at) else { return false };
                let needs = self.octets_of(node);
                left.iter()
                    .enumerate()
                    .all(|(other, node)| other == at || !needs.iter().any(|region| self.holds(node, *region)))
            });
            let node = left.remove(free.unwrap_or(0));
            self.nodes(std::slice::from_ref(node), Place::Parts);
        }
    }

    /// The fields whose octets the fields within need.
    fn octets_of(&self, node: &Node) -> BTreeSet<FieldId> {
        let within = self.octets.iter().filter(|id| self.holds(node, **id));
        let mut found = BTreeSet::new();
        for id in within {
            let needs = self.needs_of(*id);
            found.extend(needs.octets.iter().chain(&needs.lengths).chain(&needs.begun));
        }
        found
    }

    fn holds(&self, node: &Node, id: FieldId) -> bool {
        let any = |nodes: &[Node]| nodes.iter().any(|node| self.holds(node, id));
        match node {
            Node::Field(outer) => self.builder.layout.lies_in(id, *outer),
            Node::When { then, .. } => any(then),
            Node::Choose { cases, other, .. } => cases.iter().any(|(_, nodes)| any(nodes)) || any(other),
            Node::Check(_) | Node::Map(_) => false,
        }
    }

    pub(super) fn nodes(&mut self, nodes: &'m [Node], place: Place) {
        for node in nodes {
            match node {
                Node::Field(id) => self.field(*id, place),
                Node::When { condition, then, .. } => {
                    let condition = self.builder.folded(condition);
                    match known(&condition) {
                        Some(true) => self.nodes(then, place),
                        Some(false) => {}
                        None => {
                            let jump = self.case(&condition, then, place);
                            self.land(jump);
                        }
                    }
                }
                Node::Choose { cases, other, .. } => self.choose(cases, other, place),
                Node::Check(_) | Node::Map(_) => {}
            }
            self.flush();
        }
    }

    fn case(&mut self, condition: &Expr, nodes: &'m [Node], place: Place) -> usize {
        let condition = self.builder.compile(condition, &self.path);
        let jump = self.guard(Guard::Holds(condition));
        self.guards.push(Guard::Holds(condition));
        self.nodes(nodes, place);
        self.guards.pop();
        jump
    }

    fn choose(&mut self, cases: &'m [(Expr, Vec<Node>)], other: &'m [Node], place: Place) {
        let mut ends = Vec::new();
        let before = self.guards.len();
        let mut decided = false;
        for (condition, nodes) in cases {
            let condition = self.builder.folded(condition);
            match known(&condition) {
                Some(false) => {}
                Some(true) => {
                    self.nodes(nodes, place);
                    decided = true;
                    break;
                }
                None => {
                    let jump = self.case(&condition, nodes, place);
                    ends.push(self.push(Write::Jump { to: 0 }));
                    self.land(jump);
                    let otherwise = self.builder.compile(&map::not(&condition), &self.path);
                    self.guards.push(Guard::Holds(otherwise));
                }
            }
        }
        if !decided {
            self.nodes(other, place);
        }
        for end in ends {
            self.land(end);
        }
        self.guards.truncate(before);
    }

    fn child(&mut self, id: FieldId, field: &'m Field, place: Place) {
        match place {
            Place::Named => {}
            Place::Parts => {
                self.push(Write::Part(part_of(field)));
                return;
            }
            Place::Run | Place::Delimited => return,
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

    fn mark(&mut self, id: FieldId) {
        self.begun.insert(id);
        if let Some(region) = self.builder.layout.region(id) {
            self.push(Write::Mark { region });
        }
    }

    fn end_mark(&mut self, id: FieldId) {
        if self.ended.insert(id)
            && let Some(region) = self.builder.layout.region(id)
        {
            self.push(Write::EndMark { region });
        }
    }

    fn field(&mut self, id: FieldId, place: Place) {
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
            FieldKind::Several { .. } => self.builder.lowering.error(field.span, LowerErrorKind::Several),
        }
        self.at = outer;
        self.flush();
    }

    fn leaf(&mut self, id: FieldId, field: &'m Field, place: Place, left_out: bool) {
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

    fn before_value(&mut self, id: FieldId, field: &'m Field, place: Place) {
        self.child(id, field, place);
        self.mark(id);
    }

    fn leave_open(&mut self, id: FieldId, field: &'m Field, place: Place, needs: Needs) {
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
    fn ready(&self, id: FieldId, needs: &Needs) -> bool {
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
    fn flush(&mut self) {
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

    /// An optional group is written if a value stands in it that is not derived; one of derived values alone always, one
    /// of nothing never.
    fn if_any(&mut self, field: &Field, nodes: &'m [Node]) -> Option<(usize, Guard)> {
        if !field.optional {
            return None;
        }
        let mut found = Vec::new();
        self.values_in(nodes, &mut found);
        let flag = |kind: ExprKind| Expr { kind, ty: Type::Flag, span: field.span };
        let present = |(load, ty): (Load, Type)| {
            let load = Expr { kind: ExprKind::Load(load), ty, span: field.span };
            flag(ExprKind::Function(Function::Present, vec![load]))
        };
        let any = if empty(nodes) {
            flag(ExprKind::Constant(Constant::Flag(false)))
        } else {
            found.into_iter().map(present).reduce(|a, b| flag(ExprKind::Or(Box::new(a), Box::new(b))))?
        };
        let guard = Guard::Holds(self.builder.compile(&any, &self.path));
        let jump = self.guard(guard);
        self.guards.push(guard);
        Some((jump, guard))
    }

    fn end_if(&mut self, jump: Option<(usize, Guard)>) {
        if let Some((jump, _)) = jump {
            self.guards.pop();
            self.land(jump);
        }
    }

    fn values_in(&self, nodes: &'m [Node], found: &mut Vec<(Load, Type)>) {
        for node in nodes {
            match node {
                Node::Field(id) => {
                    let Some(field) = self.builder.layout.field(*id) else { continue };
                    let load = Load { space: Space::Field, level: field.level, slot: field.slot, call: 0 };
                    match &field.kind {
                        FieldKind::Leaf { ty, .. } if field.fact.is_none() => found.push((load, ty.clone())),
                        FieldKind::Leaf { .. } => {}
                        FieldKind::List(_) => found.push((load, Type::Wrong)),
                        kind => self.values_in(inner(kind), found),
                    }
                }
                Node::When { then, .. } => self.values_in(then, found),
                Node::Choose { cases, other, .. } => {
                    for (_, nodes) in cases {
                        self.values_in(nodes, found);
                    }
                    self.values_in(other, found);
                }
                Node::Check(_) | Node::Map(_) => {}
            }
        }
    }

    fn group(&mut self, id: FieldId, field: &'m Field, nodes: &'m [Node], place: Place, enclosed: bool) {
        let jump = self.if_any(field, nodes);
        self.child(id, field, place);
        self.mark(id);
        if enclosed {
            self.push(Write::Down);
        }
        self.nodes(nodes, place);
        if enclosed {
            self.push(Write::Up);
        }
        self.end_mark(id);
        self.end_if(jump);
    }

    fn format_of(&mut self, id: FieldId, place: Place) {
        let Some(field) = self.builder.layout.field(id) else { return };
        let kind = match &field.kind {
            FieldKind::Entry { content, .. } => content,
            kind => kind,
        };
        let FieldKind::Format { format, chain, nodes } = kind else { return };
        let outer = std::mem::replace(&mut self.at, self.builder.cold_of(id));
        let jump = self.if_any(field, nodes);
        let http = matches!(self.builder.link_kind(), Some(LinkKind::Http | LinkKind::Https));
        if place == Place::Named || (place == Place::Parts && http) {
            self.child(id, field, place);
        }
        self.mark(id);
        let number = format_number(self.builder, id, field, format, nodes, place);
        self.push(Write::Enter { format: number });
        let chain = self.builder.chain(chain);
        // Octets in octets are one run: what is open in the inner may be filled from the outer.
        let plain = place_of(format) == Place::Run && chain == u32::MAX;
        let same = plain && place == Place::Run && field.ending.is_none();
        let outer_run = if same { self.run } else { self.new_run() };
        self.nodes(nodes, place_of(format));
        if plain {
            self.end_mark(id);
        }
        if same {
            self.flush();
        } else {
            self.close_run(outer_run);
        }
        self.push(Write::Leave { chain });
        self.end_mark(id);
        if let (Some(ending), Place::Run) = (&field.ending, place) {
            let wire = self.builder.lowering.octets_wire(None, None, Some(ending.clone()));
            self.push(Write::Ending { wire });
        }
        self.end_if(jump);
        self.at = outer;
        self.flush();
    }

    fn list(&mut self, id: FieldId, field: &'m Field, list: &'m ListField, place: Place) {
        let jump = field.optional.then(|| {
            let guard = Guard::Present(field.slot, field.level);
            self.guards.push(guard);
            self.guard(guard)
        });
        self.child(id, field, place);
        self.mark(id);
        let number = self.builder.layout.list_index(id);
        let begin = self.push(Write::List { list: number, end: 0 });
        let back = self.here();
        self.rows(id, list, place, true);
        self.push(Write::Next { list: number, back });
        self.land(begin);
        self.end_mark(id);
        if let Some(jump) = jump {
            self.guards.pop();
            self.land(jump);
        }
    }

    /// The fields of a line of a file, or of a row that is one.
    pub(super) fn line_body(&mut self, id: FieldId, place: Place) {
        let Some(field) = self.builder.layout.field(id) else { return };
        self.at = self.builder.cold_of(id);
        self.begun.insert(id);
        match &field.kind {
            FieldKind::List(list) => self.rows(id, list, place, false),
            kind => self.nodes(inner(kind), place),
        }
    }

    /// Behind the line's `Leave`.
    pub(super) fn close_line(&mut self, id: FieldId) {
        self.ended.insert(id);
    }

    /// The instructions of one row; `enclosed`: where rows may have signs around them, they have.
    fn rows(&mut self, id: FieldId, list: &'m ListField, place: Place, enclosed: bool) {
        self.path.push(id);
        let guards = std::mem::take(&mut self.guards);
        self.first(&list.nodes);
        let enclosed = enclosed && !list.plain && (place == Place::Named || list.of_line);
        if enclosed {
            self.push(Write::Down);
        }
        if list.plain && place == Place::Named {
            for node in &list.nodes {
                let Node::Field(id) = node else { continue };
                let Some(field) = self.builder.layout.field(*id) else { continue };
                let wire = self.builder.wire_of(*id);
                self.push(Write::Put { slot: field.slot, wire, level: field.level });
            }
        } else {
            self.nodes(&list.nodes, place);
        }
        self.flush();
        if enclosed {
            self.push(Write::Up);
        }
        self.guards = guards;
        self.path.pop();
    }
}

fn fixed_size(field: &Field) -> bool {
    match &field.kind {
        FieldKind::Leaf { wire, .. } => !matches!(wire.size, Size::Range { .. }),
        _ => false,
    }
}
/// The instructions of one line of a file, in the file's format.
pub(super) fn line<'m>(
    writer: &mut Writer<'_, '_, 'm>,
    format: &Format,
    charset: &str,
    nodes: &'m [Node],
    body: impl FnOnce(&mut Writer<'_, '_, 'm>, Place),
) {
    let number = writer.builder.format(format, charset, nodes);
    writer.push(Write::Enter { format: number });
    let outer = writer.new_run();
    body(writer, place_of(format));
    writer.close_run(outer);
    writer.push(Write::Leave { chain: u32::MAX });
}

/// Whether nothing stands there, in any case.
fn empty(nodes: &[Node]) -> bool {
    nodes.iter().all(|node| match node {
        Node::Field(_) => false,
        Node::When { then, .. } => empty(then),
        Node::Choose { cases, other, .. } => cases.iter().all(|(_, nodes)| empty(nodes)) && empty(other),
        Node::Check(_) | Node::Map(_) => true,
    })
}
