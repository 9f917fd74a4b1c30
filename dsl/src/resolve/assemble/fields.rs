//! One field: its name, its place, its slot, and the fields within it.
//!
//! In: a field as written, or a row of a table that a message names. Out: its draft.

use super::{Assembler, Context, DraftField, DraftKind, DraftNode};
use crate::model::Wire;
use crate::resolve::path::{self};
use crate::resolve::wire::{self};
use crate::tree::{self, FieldStatement, Name, Node, Rule, TypeKind};
use crate::value::{Form, Size, Type, Unit};

impl<'t> Assembler<'_, '_, 't> {
    pub(super) fn slot(&mut self, context: &Context<'t>, path: &[Box<str>]) -> u16 {
        let frame = self.draft.frames.entry(context.frame.clone()).or_default();
        let next = frame.next;
        let slot = *frame.by_path.entry(path.join(".")).or_insert(next);
        if slot == next {
            frame.next = next.saturating_add(1);
        }
        slot
    }

    pub(super) fn add(&mut self, field: DraftField<'t>) -> usize {
        let place = self.draft.fields.len();
        self.draft.by_path.entry(field.path.join(".")).or_insert(place);
        self.draft.fields.push(field);
        place
    }

    pub(super) fn field(
        &mut self,
        node: &'t Node<FieldStatement>,
        field: &'t tree::Field,
        rules: Option<&'t [Rule]>,
        context: &Context<'t>,
        out: &mut Vec<DraftNode<'t>>,
    ) {
        let mut path = context.scope.container.clone();
        path.push(field.name.text.clone());
        if path::ROOTS.contains(&&*field.name.text) {
            self.resolver
                .report
                .error(
                    "TS0223",
                    field.name.span,
                    format!("`{}` is a root, and never a field", field.name.text),
                )
                .note(format!("the roots are {}", path::ROOTS.join(", ")))
                .help(format!("give it another name: `{}_ … at \"{}\"`", field.name.text, field.name.text));
        }
        let base = DraftField {
            name: field.name.text.clone(),
            path: path.clone(),
            level: context.scope.level,
            slot: u16::MAX,
            ty: Type::Wrong,
            wire: None,
            kind: DraftKind::Leaf,
            lists: context.lists.clone(),
            tree: Some((node, field)),
            rules,
            scope: context.scope.clone(),
            own: context.own,
        };
        let mut inner = context.clone();
        inner.depth += 1;
        inner.scope.container = path.clone();
        let place = match &field.type_.kind {
            TypeKind::Group => {
                let place = self.add(DraftField {
                    kind: DraftKind::Group(Vec::new()),
                    ty: Type::Bytes { max: u64::MAX },
                    ..base
                });
                let nodes = self.children(field, &inner);
                self.put(place, DraftKind::Group(nodes));
                place
            }
            TypeKind::Format(type_) => {
                let work = self.work;
                let (format, around) =
                    wire::format(self.resolver, &work.tables(), type_, &field.attributes, field.type_.span);
                inner.around = around;
                inner.table = type_.of.as_ref().and_then(|name| self.table(name));
                let place = self.add(DraftField {
                    kind: DraftKind::Format { format: format.clone(), nodes: Vec::new() },
                    ty: Type::Bytes { max: u64::MAX },
                    ..base
                });
                let nodes = self.children(field, &inner);
                self.put(place, DraftKind::Format { format, nodes });
                place
            }
            TypeKind::Line { size } => {
                let place = self.add(DraftField {
                    kind: DraftKind::Line { nodes: Vec::new(), bytes: None, control: None },
                    ty: Type::Bytes { max: u64::MAX },
                    ..base
                });
                let nodes = self.children(field, &inner);
                let bytes = size.as_ref().map(|size| u32::try_from(size.max).unwrap_or(u32::MAX));
                self.put(place, DraftKind::Line { nodes, bytes, control: None });
                place
            }
            TypeKind::List(list) => self.list(base, field, list, context, inner),
            TypeKind::Entry { pattern, content } => self.entry(base, field, pattern, content, inner),
            TypeKind::Several => {
                let place = self.add(DraftField {
                    kind: DraftKind::Several(Vec::new()),
                    ty: Type::Bytes { max: u64::MAX },
                    ..base
                });
                let nodes = self.children(field, &inner);
                self.put(place, DraftKind::Several(nodes));
                place
            }
            _ => {
                let work = self.work;
                let (ty, wire) = wire::leaf(
                    self.resolver,
                    &work.tables(),
                    context.around,
                    &field.name,
                    &field.type_,
                    &field.attributes,
                );
                let slot = self.slot(context, &path);
                self.add(DraftField { slot, ty, wire: Some(wire), ..base })
            }
        };
        out.push(DraftNode::Field(place));
    }

    pub(super) fn table(&mut self, name: &'t Name) -> Option<&'t tree::Layout> {
        let found = self.work.index.layouts.get(&*name.text).map(|(_, layout)| *layout);
        if found.is_none() {
            let names: Vec<&str> = self.work.index.layouts.keys().copied().collect();
            self.resolver
                .report
                .error("TS0222", name.span, format!("there is no layout `{}`", name.text))
                .suggest(&name.text, names);
        }
        found
    }

    pub(super) fn put(&mut self, place: usize, kind: DraftKind<'t>) {
        if let Some(field) = self.draft.fields.get_mut(place) {
            field.kind = kind;
        }
    }

    pub(super) fn children(&mut self, field: &'t tree::Field, context: &Context<'t>) -> Vec<DraftNode<'t>> {
        let mut nodes = Vec::new();
        match &field.block {
            Some(block) => self.block(&block.statements, context, &mut nodes),
            None => {
                self.resolver
                    .report
                    .error("TS0419", field.type_.span, format!("`{}` has no fields", field.name.text))
                    .help("write them in a block: `{ … }`");
            }
        }
        nodes
    }
}

pub(super) fn table_field<'t>(
    table: &'t tree::Layout,
    name: &Name,
) -> Option<(&'t Node<FieldStatement>, &'t tree::Field)> {
    table.block.statements.iter().find_map(|node| match &node.kind {
        FieldStatement::Field(field) if *field.name.text == *name.text => Some((node, field)),
        _ => None,
    })
}

/// A wire form for a value that has none of its own.
pub(crate) fn raw_wire(bytes: u32) -> Wire {
    wire::simple(Form::Bytes, Size::Fixed(bytes), Unit::Bytes)
}

/// The same for one that the writer draws (`fresh`).
pub(crate) fn fresh_wire(ty: &Type) -> Wire {
    match ty {
        Type::Digits { max, .. } => wire::simple(Form::Digits, Size::Fixed(*max), Unit::Bytes),
        Type::Text { chars, .. } => wire::simple(Form::Ascii, Size::Fixed(*chars), Unit::Bytes),
        Type::Bytes { max } => raw_wire(u32::try_from(*max).unwrap_or(u32::MAX)),
        _ => raw_wire(0),
    }
}
