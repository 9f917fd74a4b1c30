//! The writing list: the order of the wire, but for what needs octets that come later (D3).
//!
//! A derived field is of one of four classes. *Value*: known before writing, filled in by the mappings. *Seal over
//! values*: computed first of all, since it may take long. *In place*: the octets it needs stand before it: computed
//! when its turn comes. *Hole* or *gap*: it stands before the octets it needs; a place is left, filled when they are
//! whole, and before the format in which it stands is closed.

mod order;

mod fields;

mod groups;

use std::collections::BTreeSet;

use super::derived::classes;
use super::layout::{Key, Needs};
use super::message::Builder;
use super::read::{Place, only_format, place_of};
use super::{LowerErrorKind, known, map};
use crate::model::{Expr, FieldId, Format, LinkKind, Node};
use crate::program::{ExprId, FormatForm, Part, Write};
use groups::fixed_size;

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
    writer.hold_octets();
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
    /// Of a format whose fields go out by their bits: the one at hand.
    only: Option<u16>,
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
            only: None,
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
            if self.only.is_some_and(|bit| !self.bits(node).contains(&bit)) {
                continue;
            }
            match node {
                Node::Field(id) => {
                    let only = self.only.take();
                    self.field(*id, place);
                    self.only = only;
                }
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

    /// The fields of ISO 8583 go out in the order of their bits, wherever they stand in the text.
    pub(super) fn by_bit(&mut self, nodes: &'m [Node], place: Place) {
        let bits: Vec<u16> = nodes.iter().flat_map(|node| self.bits(node)).collect();
        if bits.is_sorted() {
            return self.nodes(nodes, place);
        }
        let ordered: BTreeSet<u16> = bits.into_iter().collect();
        let outer = self.only;
        for bit in ordered {
            self.only = Some(bit);
            self.nodes(nodes, place);
        }
        self.only = outer;
    }

    /// Bits of the fields of a node; the one without a bit is the message type, which is first.
    fn bits(&self, node: &Node) -> Vec<u16> {
        let all = |nodes: &[Node]| -> Vec<u16> { nodes.iter().flat_map(|node| self.bits(node)).collect() };
        match node {
            Node::Field(id) => vec![self.builder.layout.field(*id).and_then(|field| field.bit).unwrap_or(0)],
            Node::When { then, .. } => all(then),
            Node::Choose { cases, other, .. } => {
                cases.iter().flat_map(|(_, nodes)| all(nodes)).chain(all(other)).collect()
            }
            Node::Check(_) | Node::Map(_) => Vec::new(),
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
