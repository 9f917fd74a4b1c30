//! Groups, formats, lists and lines.
//!
//! In: a field that holds others. Out: the instructions around those of its fields, and where its octets end.

use super::{Place, Reader, format_number, place_of};

use crate::lower::message::Builder;
use crate::model::{Chain, Expr, Field, FieldId, FieldKind, Format, LinkKind, ListField, Node};
use crate::program::Read;

impl<'r, 'l, 'm> Reader<'r, 'l, 'm> {
    pub(super) fn group(
        &mut self,
        id: FieldId,
        field: &'m Field,
        nodes: &'m [Node],
        place: Place,
        enclosed: bool,
        behind: Option<u32>,
    ) {
        self.child(id, field, place);
        let jump = self.optional(field, place);
        self.mark(id);
        if enclosed {
            self.push(Read::Down);
        }
        self.nodes(nodes, place, behind);
        if enclosed {
            self.push(Read::Up);
        }
        self.end_mark(id);
        if let Some(jump) = jump {
            self.end_group(jump, nodes);
        }
    }

    /// Named groups in one repeated place, each found among the items by its constants.
    pub(super) fn several(&mut self, id: FieldId, field: &'m Field, nodes: &'m [Node], place: Place) {
        self.child(id, field, place);
        let jump = self.optional(field, place);
        self.mark(id);
        let several = self.builder.several(id, nodes);
        self.push(Read::Several { several });
        for (node, group) in nodes.iter().zip(0..) {
            let Node::Field(id) = node else { continue };
            let Some(field) = self.builder.layout.field(*id) else { continue };
            self.push(Read::Pick { group });
            let jump = self.optional(field, place);
            self.mark(*id);
            self.push(Read::Down);
            self.nodes(crate::lower::layout::inner(&field.kind), place, None);
            self.push(Read::Up);
            self.end_mark(*id);
            self.end_optional(jump);
        }
        let format = self.builder.layout.format_around(id);
        let kept = format.is_some_and(|format| kept(self.builder, format));
        self.push(Read::EndSeveral { kept });
        self.end_mark(id);
        self.end_optional(jump);
    }

    /// Behind an optional group: where it is not there, its codes whose absence says an outcome say it.
    fn end_group(&mut self, jump: usize, nodes: &'m [Node]) {
        let speaks = |id: &FieldId| {
            let says =
                self.builder.code_table(*id).is_some_and(|table| table.outcomes && table.absent.is_some());
            self.builder.layout.field(*id).filter(|_| says)
        };
        let fields = nodes.iter().filter_map(|node| match node {
            Node::Field(id) => speaks(id).map(|field| (*id, field)),
            _ => None,
        });
        let fields: Vec<(FieldId, &'m Field)> = fields.collect();
        if fields.is_empty() {
            return self.end_optional(Some(jump));
        }
        let over = self.push(Read::Jump { to: 0 });
        self.end_optional(Some(jump));
        self.open_branch();
        for (id, field) in fields {
            let wire = self.builder.wire_of(id);
            self.push(Read::Store { slot: field.slot, wire, level: field.level });
            self.judge(field);
        }
        self.end_optional(Some(over));
    }

    pub(super) fn format_of(&mut self, id: FieldId, place: Place, behind: Option<u32>) {
        let http = matches!(self.builder.link_kind(), Some(LinkKind::Http | LinkKind::Https));
        let looked_up = place == Place::Named || (place == Place::Parts && http);
        self.format_here(id, place, behind, looked_up);
    }

    /// The format that a row of a list is.
    fn format_at(&mut self, id: FieldId, place: Place, behind: Option<u32>) {
        self.format_here(id, place, behind, false);
    }

    fn format_here(&mut self, id: FieldId, place: Place, behind: Option<u32>, looked_up: bool) {
        let Some(field) = self.builder.layout.field(id) else { return };
        let kind = match &field.kind {
            FieldKind::Entry { content, .. } => content,
            kind => kind,
        };
        let FieldKind::Format { format, chain, nodes } = kind else { return };
        let outer = std::mem::replace(&mut self.at, self.builder.cold_of(id));
        if looked_up {
            self.child(id, field, place);
        }
        let jump = self.optional(field, place);
        self.mark(id);
        let taken = match (&field.ending, place) {
            (Some(ending), Place::Run) => {
                let wire = self.builder.lowering.octets_wire(None, None, Some(ending.clone()));
                self.push(Read::Take { wire });
                true
            }
            (None, Place::Run) => self.bounded(id, format, chain, (nodes, behind)),
            _ => false,
        };
        let chain_number = self.builder.chain(chain);
        let number = format_number(self.builder, id, field, format, nodes, place);
        self.push(Read::Enter { format: number, chain: chain_number });
        let own = if place == Place::Run && !taken && matches!(format, Format::Fixed | Format::Binary) {
            behind
        } else {
            Some(0)
        };
        self.nodes(nodes, place_of(format), if chain.first.is_empty() { own } else { Some(0) });
        self.push(Read::Leave { kept: kept(self.builder, format) });
        self.end_mark(id);
        self.end_optional(jump);
        self.at = outer;
        self.stored.extend(self.builder.layout.key(id));
        self.flush(false);
    }

    /// In a run: which octets are a format's own, where it does not end by itself. Whether they were taken.
    pub(super) fn bounded(
        &mut self,
        id: FieldId,
        format: &Format,
        chain: &Chain,
        (nodes, behind): (&'m [Node], Option<u32>),
    ) -> bool {
        // Widths, or a separator behind each value, show where these end; among widths what stands last may have none.
        let plain = chain.first.is_empty() && chain.choice.is_none();
        let widths = matches!(format, Format::Fixed | Format::Binary);
        if plain && matches!(format, Format::Delimited(form) if form.trailing) {
            return false;
        }
        match behind {
            Some(_) if plain && widths && !self.goes_on(nodes) => false,
            Some(0) => false,
            Some(keep) => {
                self.push(Read::Rest { keep });
                true
            }
            None => {
                let length = |field: &&Field| matches!(&field.fact, Some(Expr { kind: crate::model::ExprKind::Length(of), .. }) if *of == id);
                let sized_by = self.builder.message.fields.iter().find(length).map(|field| field.slot);
                if let Some(slot) = sized_by {
                    let wire = self.builder.lowering.octets_wire(Some(slot), None, None);
                    self.push(Read::Take { wire });
                }
                sized_by.is_some()
            }
        }
    }

    /// Whether a list stands among these that goes on to the end of what is around it.
    fn goes_on(&self, nodes: &'m [Node]) -> bool {
        nodes.iter().any(|node| match node {
            Node::Field(id) => self.builder.layout.field(*id).is_some_and(|field| match &field.kind {
                FieldKind::List(list) => list.until_end,
                _ => false,
            }),
            Node::When { then, .. } => self.goes_on(then),
            Node::Choose { cases, other, .. } => {
                self.goes_on(other) || cases.iter().any(|(_, nodes)| self.goes_on(nodes))
            }
            Node::Check(_) | Node::Map(_) => false,
        })
    }

    pub(super) fn list(
        &mut self,
        id: FieldId,
        field: &'m Field,
        list: &'m ListField,
        place: Place,
        behind: Option<u32>,
    ) {
        self.child(id, field, place);
        let jump = self.optional(field, place);
        self.mark(id);
        let number = self.builder.layout.list_index(id);
        let begin = self.push(Read::List { list: number, end: 0 });
        self.open_branch();
        let back = self.here();
        self.rows(id, list, place, behind, true);
        self.push(Read::Next { list: number, back });
        self.branch.pop();
        self.land(begin);
        self.end_mark(id);
        self.end_optional(jump);
    }

    /// One line of a file: the fields of a line, or of a row that is one.
    pub(in crate::lower) fn line(&mut self, id: FieldId, format: &Format) {
        let Some(field) = self.builder.layout.field(id) else { return };
        self.at = self.builder.cold_of(id);
        self.begun.insert(id);
        match &field.kind {
            FieldKind::List(list) => self.rows(id, list, place_of(format), Some(0), false),
            kind => self.nodes(crate::lower::layout::inner(kind), place_of(format), Some(0)),
        }
    }

    /// Behind the line's `Leave`.
    pub(in crate::lower) fn close_line(&mut self, id: FieldId, field: &Field) {
        self.ended.insert(id);
        self.branch.pop();
        self.stored.extend(self.builder.layout.key(id));
        if !field.optional {
            self.at = self.builder.cold_of(id);
        }
    }

    /// What waits for the whole file, and its checks.
    pub(in crate::lower) fn end_of_file(&mut self, nodes: &'m [Node]) {
        for node in nodes {
            if let Node::Check(check) = node {
                self.checks.push((Vec::new(), check));
            }
        }
        self.end();
    }

    /// The instructions of one row; `enclosed`: where rows may have signs around them, they have.
    pub(super) fn rows(
        &mut self,
        id: FieldId,
        list: &'m ListField,
        place: Place,
        behind: Option<u32>,
        enclosed: bool,
    ) {
        let checks = std::mem::take(&mut self.checks);
        let guards = std::mem::take(&mut self.guards);
        self.path.push(id);
        let one_value = list.plain || list.of_format;
        let enclosed = enclosed && !one_value && (place == Place::Named || list.of_line);
        if enclosed {
            self.push(Read::Down);
        }
        if list.plain && place == Place::Named {
            self.plain(&list.nodes);
        } else if let (true, [Node::Field(id)]) = (list.of_format, list.nodes.as_slice()) {
            self.format_at(*id, place, behind);
        } else {
            self.nodes(&list.nodes, place, behind.filter(|_| list.of_line));
        }
        if enclosed {
            self.push(Read::Up);
        }
        self.end();
        self.path.pop();
        self.guards = guards;
        self.checks = checks;
    }

    /// The one value that a row is.
    pub(super) fn plain(&mut self, nodes: &'m [Node]) {
        for node in nodes {
            let Node::Field(id) = node else { continue };
            let Some(field) = self.builder.layout.field(*id) else { continue };
            let wire = self.builder.wire_of(*id);
            self.push(Read::Store { slot: field.slot, wire, level: field.level });
            self.stored.extend(self.builder.layout.key(*id));
            self.judge(field);
        }
    }
}

pub(super) fn kept(builder: &Builder<'_, '_>, format: &Format) -> bool {
    let of_form = match format {
        Format::Xml(crate::model::XmlUse::Form(index)) => {
            builder.lowering.module.xml_forms.get(usize::from(*index)).is_some_and(|form| form.unknown_kept)
        }
        Format::Segments(form) => form.unknown_kept,
        _ => false,
    };
    builder.message.unknown_kept || of_form
}
