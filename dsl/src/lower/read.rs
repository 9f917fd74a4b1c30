//! The reading list, in wire order. What is judged stands as soon behind its field as all that it needs is there.

mod judge;

mod groups;

use std::collections::BTreeSet;

use super::layout::{Key, Needs, name_of};
use super::message::Builder;
use super::{LowerErrorKind, known, map};
use crate::model::{At, Check, Expr, Field, FieldId, FieldKind, Format, LinkKind, Load, Node, Space};
use crate::program::{FormatForm, Part, Read};

/// How what is looked at stands around a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// One octet behind the other.
    Run,
    /// Parted by separators.
    Delimited,
    /// By name.
    Named,
    /// The parts of an HTTP message.
    Parts,
}

/// The place within a format.
pub(super) fn place_of(format: &Format) -> Place {
    match format {
        Format::Fixed | Format::Binary => Place::Run,
        Format::Delimited(delimited) if delimited.separator.is_empty() => Place::Run,
        Format::Delimited(_) => Place::Delimited,
        _ => Place::Named,
    }
}

/// The part of an HTTP message that a top-level field is.
pub(super) fn part_of(field: &Field) -> Part {
    match &*field.name {
        "path" => Part::Path,
        "query" => Part::Query,
        "headers" => Part::Headers,
        "status" => Part::Status,
        _ => Part::Content,
    }
}

/// Makes the list, and the pieces of a file.
pub(super) fn make(builder: &mut Builder<'_, '_>) {
    let message = builder.message;
    let mut reader = Reader::new(builder);
    if let Some(file) = &message.file {
        reader.file_name(&file.name_nodes);
        super::file::read(&mut reader, file);
    } else {
        reader.packet(&message.nodes);
        reader.end();
        reader.hold_octets();
    }
    let Reader { code, cold, .. } = reader;
    builder.out.read = code.into();
    builder.out.read_cold = cold.into();
}

struct Pending {
    needs: Needs,
    branch: Vec<u32>,
    /// What held where the field stands.
    guards: Vec<Expr>,
    path: Vec<FieldId>,
    read: Read,
    cold: u32,
}

/// Makes reading instructions.
pub(super) struct Reader<'r, 'l, 'm> {
    pub(super) builder: &'r mut Builder<'l, 'm>,
    pub(super) code: Vec<Read>,
    pub(super) cold: Vec<u32>,
    stored: BTreeSet<Key>,
    ended: BTreeSet<FieldId>,
    begun: BTreeSet<FieldId>,
    /// Fields that were read before their turn, since a condition looks at them.
    early: BTreeSet<FieldId>,
    branch: Vec<u32>,
    branches: u32,
    path: Vec<FieldId>,
    pendings: Vec<Pending>,
    checks: Vec<(Vec<Expr>, &'m Check)>,
    guards: Vec<Expr>,
    /// The field whose instructions are made.
    at: u32,
}

impl<'r, 'l, 'm> Reader<'r, 'l, 'm> {
    pub(super) fn new(builder: &'r mut Builder<'l, 'm>) -> Self {
        let at = builder.cold_here("");
        Reader {
            builder,
            code: Vec::new(),
            cold: Vec::new(),
            stored: BTreeSet::new(),
            ended: BTreeSet::new(),
            begun: BTreeSet::new(),
            early: BTreeSet::new(),
            branch: Vec::new(),
            branches: 0,
            path: Vec::new(),
            pendings: Vec::new(),
            checks: Vec::new(),
            guards: Vec::new(),
            at,
        }
    }

    pub(super) fn push(&mut self, read: Read) -> usize {
        self.code.push(read);
        self.cold.push(self.at);
        self.code.len() - 1
    }

    pub(super) fn here(&self) -> u32 {
        u32::try_from(self.code.len()).unwrap_or(u32::MAX)
    }

    fn land(&mut self, at: usize) {
        let end = self.here();
        if let Some(
            Read::JumpIfMissing { to }
            | Read::Unless { to, .. }
            | Read::Jump { to }
            | Read::List { end: to, .. },
        ) = self.code.get_mut(at)
        {
            *to = end;
        }
    }

    pub(super) fn open_branch(&mut self) {
        self.branches += 1;
        self.branch.push(self.branches);
    }

    /// Fields that are not read at all.
    pub(super) fn passes_over(&mut self, fields: Vec<FieldId>) {
        self.early.extend(fields);
    }

    /// A whole packet.
    pub(super) fn packet(&mut self, nodes: &'m [Node]) {
        let http = matches!(self.builder.link_kind(), Some(LinkKind::Http | LinkKind::Https));
        if http {
            return self.nodes(nodes, Place::Parts, Some(0));
        }
        self.push(Read::Part(Part::Content));
        self.content(nodes);
    }

    /// The one format that a packet is, or a `fixed` of several.
    pub(super) fn content(&mut self, nodes: &'m [Node]) {
        if let Some(id) = only_format(self.builder, nodes) {
            return self.format_of(id, Place::Parts, Some(0));
        }
        let format = self.builder.lowering.shared_format(FormatForm::Fixed);
        self.push(Read::Enter { format, chain: u32::MAX });
        self.nodes(nodes, Place::Run, Some(0));
        self.push(Read::Leave { kept: self.builder.message.unknown_kept });
    }

    /// The fields of a file's name.
    fn file_name(&mut self, nodes: &'m [Node]) {
        if nodes.is_empty() {
            return;
        }
        let begin = self.here();
        self.push(Read::Part(Part::Name));
        let format = self.builder.lowering.shared_format(FormatForm::Fixed);
        self.push(Read::Enter { format, chain: u32::MAX });
        self.nodes(nodes, Place::Run, Some(0));
        self.push(Read::Leave { kept: false });
        // A name that its own checks refuse is none of this form.
        for (guards, check) in std::mem::take(&mut self.checks) {
            self.check(&guards, check);
        }
        let end = self.here();
        if let Some(file) = &mut self.builder.out.file {
            file.name_read = (begin, end);
        }
    }

    /// What waits, whether or not all is there; then the checks.
    pub(super) fn end(&mut self) {
        self.flush(true);
        for (guards, check) in std::mem::take(&mut self.checks) {
            self.check(&guards, check);
        }
    }

    /// The octets that an answer may give back are there once all is read and judged.
    fn hold_octets(&mut self) {
        let message = self.builder.message;
        let held = message.held.and_then(|id| message.fields.get(usize::from(id.0)));
        if let Some((field, octets)) = held.and_then(|field| Some((field, field.fact.as_ref()?))) {
            let own = Load { space: Space::Field, level: 0, slot: field.slot, call: 0 };
            self.learn(field.slot, 0, own, Some(octets));
        }
    }

    /// Nodes one after the other; `behind`: octets of what follows them in the run, if known.
    pub(super) fn nodes(&mut self, nodes: &'m [Node], place: Place, behind: Option<u32>) {
        for (at, node) in nodes.iter().enumerate() {
            let rest = nodes.get(at + 1..).unwrap_or_default();
            let after = behind.and_then(|behind| self.builder.width(rest)?.checked_add(behind));
            match node {
                Node::Field(id) => {
                    if !self.early.contains(id) {
                        self.field(*id, place, after);
                    }
                }
                Node::When { condition, then, .. } => {
                    self.look_ahead(condition, rest, place);
                    let condition = self.builder.folded(condition);
                    match known(&condition) {
                        Some(true) => self.nodes(then, place, after),
                        Some(false) => {}
                        None => {
                            self.case(&condition, then, place, after);
                        }
                    }
                }
                Node::Choose { cases, other, .. } => {
                    for (condition, _) in cases {
                        self.look_ahead(condition, rest, place);
                    }
                    self.choose(cases, other, place, after);
                }
                Node::Check(check) => {
                    let guards = self.guards.clone();
                    self.checks.push((guards, check));
                }
                Node::Map(_) => {}
            }
            self.flush(false);
        }
    }

    /// Place is no order in named formats: fields that a condition looks at are read first.
    fn look_ahead(&mut self, condition: &Expr, rest: &'m [Node], place: Place) {
        if place != Place::Named {
            return;
        }
        let needs = self.builder.layout.needs(condition, &self.path);
        for node in rest {
            let Node::Field(id) = node else { continue };
            let leaf =
                self.builder.layout.field(*id).is_some_and(|f| matches!(f.kind, FieldKind::Leaf { .. }));
            let wanted = self.builder.layout.key(*id).is_some_and(|key| needs.slots.contains(&key));
            if leaf && wanted && self.early.insert(*id) {
                if self.builder.layout.has_order(*id) {
                    let path = self.builder.layout.field(*id).map(|field| field.path.clone());
                    let kind = LowerErrorKind::LooksAhead(path.unwrap_or_default());
                    self.builder.lowering.error(condition.span, kind);
                }
                self.field(*id, place, None);
            }
        }
    }

    fn case(&mut self, condition: &Expr, nodes: &'m [Node], place: Place, behind: Option<u32>) -> usize {
        let compiled = self.builder.compile(condition, &self.path);
        let jump = self.push(Read::Unless { condition: compiled, to: 0 });
        self.guards.push(condition.clone());
        self.open_branch();
        self.nodes(nodes, place, behind);
        self.guards.pop();
        self.branch.pop();
        self.land(jump);
        jump
    }

    fn choose(
        &mut self,
        cases: &'m [(Expr, Vec<Node>)],
        other: &'m [Node],
        place: Place,
        behind: Option<u32>,
    ) {
        let before = self.guards.len();
        let mut ends = Vec::new();
        let mut decided = false;
        for (condition, nodes) in cases {
            let condition = self.builder.folded(condition);
            match known(&condition) {
                Some(false) => continue,
                Some(true) => {
                    self.nodes(nodes, place, behind);
                    decided = true;
                    break;
                }
                None => {
                    let jump = self.case(&condition, nodes, place, behind);
                    ends.push(self.push(Read::Jump { to: 0 }));
                    self.land(jump);
                    self.guards.push(map::not(&condition));
                }
            }
        }
        if !decided {
            let branch = !ends.is_empty();
            if branch {
                self.open_branch();
            }
            self.nodes(other, place, behind);
            if branch {
                self.branch.pop();
            }
        }
        for end in ends {
            self.land(end);
        }
        self.guards.truncate(before);
    }

    /// In a named place: the field's name is looked up.
    fn child(&mut self, id: FieldId, field: &'m Field, place: Place) {
        match place {
            Place::Named => {}
            Place::Parts => {
                self.push(Read::Part(part_of(field)));
                return;
            }
            Place::Run | Place::Delimited => return,
        }
        if let FieldKind::Entry { pattern, .. } = &field.kind {
            let pattern = pattern.clone();
            return self.child_by(&pattern, None);
        }
        if let Some(At::Template(template, other)) = &field.at {
            return self.child_by(template, other.as_deref());
        }
        if self.builder.layout.run(id).is_some() {
            return;
        }
        let name = wire_name(self.builder, id, field);
        let name = self.builder.name(&name);
        self.push(Read::Child { name });
        if let Some(region) = self.builder.layout.begin(id) {
            self.push(Read::Begin { region });
        }
    }

    fn child_by(&mut self, template: &Expr, other: Option<&str>) {
        let folded = self.builder.folded(template);
        if let (Some(crate::value::Constant::Text(text)), None) = (folded.as_constant(), other) {
            let name = self.builder.name(text);
            self.push(Read::Child { name });
            return;
        }
        let name = self.builder.compile(template, &self.path);
        let other = other.map_or(u16::MAX, |other| self.builder.name(other));
        self.push(Read::ChildBy { name, other });
    }

    fn mark(&mut self, id: FieldId) {
        self.begun.insert(id);
        if let Some(region) = self.builder.layout.region(id) {
            self.push(Read::Mark { region });
        }
    }

    fn end_mark(&mut self, id: FieldId) {
        self.ended.insert(id);
        if let Some(region) = self.builder.layout.region(id) {
            self.push(Read::EndMark { region });
        }
    }

    fn field(&mut self, id: FieldId, place: Place, behind: Option<u32>) {
        let Some(field) = self.builder.layout.field(id) else { return };
        let outer = std::mem::replace(&mut self.at, self.builder.cold_of(id));
        match &field.kind {
            FieldKind::Leaf { .. } => self.leaf(id, field, place, behind),
            FieldKind::Format { .. } | FieldKind::Entry { .. } => self.format_of(id, place, behind),
            FieldKind::List(list) => self.list(id, field, list, place, behind),
            FieldKind::Group { nodes } => self.group(id, field, nodes, place, place == Place::Named, behind),
            FieldKind::Line { nodes, .. } => self.group(id, field, nodes, place, true, behind),
            FieldKind::Several { nodes } => self.several(id, field, nodes, place),
        }
        self.at = outer;
        self.stored.extend(self.builder.layout.key(id));
        self.flush(false);
    }

    fn leaf(&mut self, id: FieldId, field: &'m Field, place: Place, behind: Option<u32>) {
        let wire = self.builder.wire_of(id);
        if place == Place::Named {
            self.child(id, field, place);
            self.mark(id);
        } else {
            self.mark(id);
            match place {
                Place::Parts => self.child(id, field, place),
                // Octets that are given back end where what is behind them begins.
                _ if field.returned => {
                    self.push(Read::Rest { keep: behind.unwrap_or(0) });
                }
                _ => {
                    self.push(Read::Take { wire });
                }
            }
        }
        self.push(Read::Store { slot: field.slot, wire, level: field.level });
        self.end_mark(id);
        self.judge(field);
    }

    fn optional(&mut self, field: &Field, place: Place) -> Option<usize> {
        let may = field.optional && matches!(place, Place::Named | Place::Parts);
        may.then(|| {
            let jump = self.push(Read::JumpIfMissing { to: 0 });
            self.open_branch();
            jump
        })
    }

    fn end_optional(&mut self, jump: Option<usize>) {
        if let Some(jump) = jump {
            self.branch.pop();
            self.land(jump);
        }
    }
}

/// The one format that a packet is, if it is one.
pub(super) fn only_format(builder: &Builder<'_, '_>, nodes: &[Node]) -> Option<FieldId> {
    let mut fields = nodes.iter().filter(|node| !matches!(node, Node::Check(_) | Node::Map(_)));
    let (Some(Node::Field(id)), None) = (fields.next(), fields.next()) else { return None };
    matches!(builder.layout.field(*id)?.kind, FieldKind::Format { .. }).then_some(*id)
}

/// The name of a field in a named format.
pub(super) fn wire_name(builder: &Builder<'_, '_>, id: FieldId, field: &Field) -> Box<str> {
    let around = builder.layout.around(id).iter().rev().find_map(|outer| {
        match builder.layout.field(*outer).map(|field| &field.kind) {
            Some(FieldKind::Format { format, .. }) => Some(format),
            _ => None,
        }
    });
    match (around, &field.tag, field.bit) {
        (Some(Format::Tlv(crate::model::Tlv::Ber)), tag, _) => {
            tag.as_deref().unwrap_or(&field.name).to_ascii_uppercase().into()
        }
        (Some(Format::Tlv(_)), Some(tag), _) => tag.clone(),
        (Some(Format::Iso8583 { .. }), _, bit) => bit.unwrap_or(0).to_string().into(),
        (_, Some(tag), _) => tag.clone(),
        _ => name_of(field),
    }
}

/// The number of a field's format; in HTTP the headers are a format of their own.
pub(super) fn format_number(
    builder: &mut Builder<'_, '_>,
    id: FieldId,
    field: &Field,
    format: &Format,
    nodes: &[Node],
    place: Place,
) -> u32 {
    let http = matches!(builder.link_kind(), Some(LinkKind::Http | LinkKind::Https));
    if place == Place::Parts && http && part_of(field) == Part::Headers {
        return builder.lowering.shared_format(FormatForm::Headers);
    }
    let charset = builder.charset(id);
    builder.format(format, &charset, nodes)
}

/// The format of a file's lines.
pub(super) fn line_format(format: &Format) -> Format {
    match format {
        Format::Delimited(delimited) if delimited.separator.is_empty() => Format::Fixed,
        other => other.clone(),
    }
}
