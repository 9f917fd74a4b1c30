//! Groups, formats, lists and lines.
//!
//! In: a field that holds others. Out: the instructions around those of its fields.

use super::{Guard, Writer};

use crate::lower::layout::inner;
use crate::lower::read::{Place, format_number, place_of};
use crate::model::{
    Expr, ExprKind, Field, FieldId, FieldKind, Format, Function, LinkKind, ListField, Load, Meaning, Node,
    Space,
};
use crate::program::Write;
use crate::value::{Constant, Outcome, Size, Type};

impl<'w, 'l, 'm> Writer<'w, 'l, 'm> {
    /// An optional group is written if a value stands in it that is not derived; one with a code whose absence says an
    /// outcome, if the outcome is another (an error that is there only when there is one); one of other derived values
    /// alone always, one of nothing never.
    pub(super) fn if_any(&mut self, field: &Field, nodes: &'m [Node]) -> Option<(usize, Guard)> {
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
        let silent = self.silent_codes(nodes).into_iter().next();
        let any = if let Some((code, outcome)) = silent {
            let silent = flag(ExprKind::IsOutcome(Box::new(code), outcome));
            flag(ExprKind::Not(Box::new(silent)))
        } else if empty(nodes) {
            flag(ExprKind::Constant(Constant::Flag(false)))
        } else {
            found.into_iter().map(present).reduce(|a, b| flag(ExprKind::Or(Box::new(a), Box::new(b))))?
        };
        let guard = Guard::Holds(self.builder.compile(&any, &self.path));
        let jump = self.guard(guard);
        self.guards.push(guard);
        Some((jump, guard))
    }

    pub(super) fn end_if(&mut self, jump: Option<(usize, Guard)>) {
        if let Some((jump, _)) = jump {
            self.guards.pop();
            self.land(jump);
        }
    }

    pub(super) fn values_in(&self, nodes: &'m [Node], found: &mut Vec<(Load, Type)>) {
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

    /// Codes of tables that say what a missing one means: where a code has nothing to say, there is none to write. Gives
    /// what each is written from, and the outcome that its absence says.
    fn silent_codes(&self, nodes: &'m [Node]) -> Vec<(Expr, Outcome)> {
        let mut found = Vec::new();
        for node in nodes {
            let Node::Field(id) = node else { continue };
            let (Some(field), Some(table)) = (self.builder.layout.field(*id), self.builder.code_table(*id))
            else {
                continue;
            };
            let said = |outcome: Outcome| {
                let same = |of: Outcome| std::mem::discriminant(&of) == std::mem::discriminant(&outcome);
                table.rows.iter().any(|row| matches!(row.meaning, Meaning::Outcome(of) if same(of)))
            };
            if let Some(Meaning::Outcome(outcome)) = table.absent
                && matches!(outcome, Outcome::Done(None) | Outcome::Refused(None) | Outcome::Unknown)
                && !said(outcome)
            {
                found.extend(field.fact.clone().map(|fact| (fact, outcome)));
            }
        }
        found
    }

    pub(super) fn group(
        &mut self,
        id: FieldId,
        field: &'m Field,
        nodes: &'m [Node],
        place: Place,
        enclosed: bool,
    ) {
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

    /// Named groups in one repeated place, in the order of the text.
    pub(super) fn several(&mut self, id: FieldId, field: &'m Field, nodes: &'m [Node], place: Place) {
        let jump = self.if_any(field, nodes);
        self.child(id, field, place);
        self.mark(id);
        self.push(Write::Several);
        for node in nodes {
            let Node::Field(id) = node else { continue };
            let Some(group) = self.builder.layout.field(*id) else { continue };
            let within = inner(&group.kind);
            let jump = self.if_any(group, within);
            self.mark(*id);
            self.push(Write::Item);
            self.push(Write::Down);
            self.nodes(within, place);
            self.push(Write::Up);
            self.push(Write::EndItem);
            self.end_mark(*id);
            self.end_if(jump);
        }
        self.push(Write::EndSeveral);
        self.end_mark(id);
        self.end_if(jump);
    }

    pub(super) fn format_of(&mut self, id: FieldId, place: Place) {
        let http = matches!(self.builder.link_kind(), Some(LinkKind::Http | LinkKind::Https));
        self.format_here(id, place, place == Place::Named || (place == Place::Parts && http));
    }

    /// A format whose name is put before it, or that a row of a list is.
    fn format_here(&mut self, id: FieldId, place: Place, named: bool) {
        let Some(field) = self.builder.layout.field(id) else { return };
        let kind = match &field.kind {
            FieldKind::Entry { content, .. } => content,
            kind => kind,
        };
        let FieldKind::Format { format, chain, nodes } = kind else { return };
        let outer = std::mem::replace(&mut self.at, self.builder.cold_of(id));
        let jump = self.if_any(field, nodes);
        if named {
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
        match format {
            Format::Iso8583 { .. } => self.by_bit(nodes, place_of(format)),
            _ => self.nodes(nodes, place_of(format)),
        }
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

    pub(super) fn list(&mut self, id: FieldId, field: &'m Field, list: &'m ListField, place: Place) {
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
    pub(in crate::lower) fn line_body(&mut self, id: FieldId, place: Place) {
        let Some(field) = self.builder.layout.field(id) else { return };
        self.at = self.builder.cold_of(id);
        self.begun.insert(id);
        match &field.kind {
            FieldKind::List(list) => self.rows(id, list, place, false),
            kind => self.nodes(inner(kind), place),
        }
    }

    /// Behind the line's `Leave`.
    pub(in crate::lower) fn close_line(&mut self, id: FieldId) {
        self.ended.insert(id);
    }

    /// The instructions of one row; `enclosed`: where rows may have signs around them, they have.
    pub(super) fn rows(&mut self, id: FieldId, list: &'m ListField, place: Place, enclosed: bool) {
        self.path.push(id);
        let guards = std::mem::take(&mut self.guards);
        self.first(&list.nodes);
        let one_value = list.plain || list.of_format;
        let enclosed = enclosed && !one_value && (place == Place::Named || list.of_line);
        if enclosed {
            self.push(Write::Down);
        }
        if let (true, [Node::Field(id)]) = (list.of_format, list.nodes.as_slice()) {
            self.format_here(*id, place, false);
        } else if list.plain && place == Place::Named {
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

pub(super) fn fixed_size(field: &Field) -> bool {
    match &field.kind {
        FieldKind::Leaf { wire, .. } => !matches!(wire.size, Size::Range { .. }),
        _ => false,
    }
}

/// Whether nothing stands there, in any case.
pub(super) fn empty(nodes: &[Node]) -> bool {
    nodes.iter().all(|node| match node {
        Node::Field(_) => false,
        Node::When { then, .. } => empty(then),
        Node::Choose { cases, other, .. } => cases.iter().all(|(_, nodes)| empty(nodes)) && empty(other),
        Node::Check(_) | Node::Map(_) => true,
    })
}
