//! Lists, entries of a container, and the arrows that bind rows to the business.
//!
//! In: a list as written. Out: its draft with the rows that it goes through.

use super::{ArrowDraft, Assembler, Context, DraftField, DraftKind, DraftNode, rule_holds};
use crate::model::{CallId, Load, Space};
use crate::resolve::path::{self, ItemScope, RowNames};
use crate::resolve::wire::{self, Around};
use crate::tree::{self, Rule, TypeKind};
use crate::value::{ShapeId, Type};

impl<'t> Assembler<'_, '_, 't> {
    pub(super) fn list(
        &mut self,
        base: DraftField<'t>,
        field: &'t tree::Field,
        list: &'t tree::ListType,
        context: &Context<'t>,
        mut inner: Context<'t>,
    ) -> usize {
        let max = match &list.size {
            Some(size) => size.max,
            None => {
                self.resolver
                    .report
                    .error(
                        "TS0302",
                        field.type_.span,
                        format!("the list `{}` has no maximum", field.name.text),
                    )
                    .note("a decoder never makes more rows than its bound says")
                    .help("say how many at most: `list ..99`");
                1
            }
        };
        let path = base.path.clone();
        let base_tree = base.tree;
        let slot = self.slot(context, &path);
        let rules = base.rules.unwrap_or(&field.rules);
        let of_line = list.of.as_ref().is_some_and(|of| matches!(of.kind, TypeKind::Line { .. }));
        let plain = list.of.as_ref().filter(|of| !of_line && !matches!(of.kind, TypeKind::Format(_)));
        let arrow = self.arrow(rules, context, plain.is_some());
        let item = list.item.as_ref().map_or_else(|| "item".into(), |name| name.text.clone());
        if let Some(arrow) = &arrow {
            let with = arrow.with.and_then(|load| self.shape_of(load).map(|shape| (shape, 1)));
            inner.scope.items.push(ItemScope { name: item, row: arrow.row, with });
        }
        let place = self.add(DraftField {
            slot,
            ty: Type::List { max, shape: ShapeId(u32::MAX) },
            kind: DraftKind::List { tree: list, nodes: Vec::new(), slots: 0, arrow: None, of_line },
            ..base
        });
        inner.lists.push(place);
        inner.scope.level = inner.scope.level.saturating_add(1);
        inner.frame = path.join(".");
        let format = list.of.as_ref().filter(|_| !of_line).and_then(|of| match &of.kind {
            TypeKind::Format(type_) => Some((type_, of.span)),
            _ => None,
        });
        let nodes = match (format, plain) {
            (Some((type_, span)), _) => self.format_item(base_tree, field, type_, span, inner),
            (None, Some(of)) => self.plain_item(field, of, &inner),
            (None, None) => self.children(field, &inner),
        };
        self.put(place, DraftKind::List { tree: list, nodes, slots: 0, arrow, of_line });
        place
    }

    /// `list ..9 of xml …`: each row is one value that is a format. What the list's attributes say of codings is the item's.
    fn format_item(
        &mut self,
        tree: Option<(&'t tree::Node<tree::FieldStatement>, &'t tree::Field)>,
        field: &'t tree::Field,
        type_: &'t tree::FormatType,
        span: crate::source::Span,
        mut inner: Context<'t>,
    ) -> Vec<DraftNode<'t>> {
        let work = self.work;
        let (format, around) = wire::format(self.resolver, &work.tables(), type_, &field.attributes, span);
        inner.around = around;
        inner.table = type_.of.as_ref().and_then(|name| self.table(name));
        let mut path = inner.scope.container.clone();
        path.push("value".into());
        let place = self.add(DraftField {
            name: "value".into(),
            path,
            level: inner.scope.level,
            slot: u16::MAX,
            ty: Type::Bytes { max: u64::MAX },
            wire: None,
            kind: DraftKind::Format { format: format.clone(), nodes: Vec::new() },
            lists: inner.lists.clone(),
            tree,
            rules: None,
            scope: inner.scope.clone(),
            own: inner.own,
        });
        let nodes = self.children(field, &inner);
        self.put(place, DraftKind::Format { format, nodes });
        vec![DraftNode::Field(place)]
    }

    /// `list ..9 of text ..20 chars`: each row is one value.
    pub(super) fn plain_item(
        &mut self,
        field: &'t tree::Field,
        of: &'t tree::TypeExpr,
        context: &Context<'t>,
    ) -> Vec<DraftNode<'t>> {
        let work = self.work;
        let (ty, wire) =
            wire::leaf(self.resolver, &work.tables(), context.around, &field.name, of, &field.attributes);
        let mut path = context.scope.container.clone();
        path.push("value".into());
        let slot = self.slot(context, &path);
        let place = self.add(DraftField {
            name: "value".into(),
            path,
            level: context.scope.level,
            slot,
            ty,
            wire: Some(wire),
            kind: DraftKind::Leaf,
            lists: context.lists.clone(),
            tree: None,
            rules: None,
            scope: context.scope.clone(),
            own: context.own,
        });
        vec![DraftNode::Field(place)]
    }

    pub(super) fn entry(
        &mut self,
        base: DraftField<'t>,
        field: &'t tree::Field,
        pattern: &'t tree::Text,
        content: &'t tree::TypeExpr,
        mut inner: Context<'t>,
    ) -> usize {
        if let TypeKind::Format(type_) = &content.kind {
            let work = self.work;
            let (format, around) =
                wire::format(self.resolver, &work.tables(), type_, &field.attributes, content.span);
            inner.around = around;
            let place = self.add(DraftField {
                kind: DraftKind::Entry { pattern, format: Some(format.clone()), nodes: Vec::new() },
                ty: Type::Bytes { max: u64::MAX },
                ..base
            });
            let nodes = self.children(field, &inner);
            self.put(place, DraftKind::Entry { pattern, format: Some(format), nodes });
            return place;
        }
        let work = self.work;
        let (ty, wire) =
            wire::leaf(self.resolver, &work.tables(), Around::Named, &field.name, content, &field.attributes);
        let slot = self.slot(&inner, &base.path);
        self.add(DraftField {
            slot,
            ty,
            wire: Some(wire),
            kind: DraftKind::Entry { pattern, format: None, nodes: Vec::new() },
            ..base
        })
    }

    /// The business list that goes with a list, by the rule that holds for this side and direction; with `plain` rows the
    /// rule may name a field of the list's rows.
    pub(super) fn arrow(
        &mut self,
        rules: &'t [Rule],
        context: &Context<'t>,
        plain: bool,
    ) -> Option<ArrowDraft<'t>> {
        let side = self.draft.side;
        let ours = self.draft.ours;
        for rule in rules.iter().filter(|rule| rule_holds(rule, side)) {
            let (path, with, filter, by, writes): (_, _, _, &'t [tree::Path], _) = match &rule.kind {
                tree::RuleKind::From(list) if ours => {
                    let tree::ExprKind::Path(path) = &list.value.kind else {
                        self.resolver
                            .report
                            .error("TS0420", list.value.span, "a list is filled from a list")
                            .help("write the list's path: `<- ask.items`");
                        return None;
                    };
                    (path, list.with.as_ref(), list.condition.as_ref(), &list.sorted_by, true)
                }
                tree::RuleKind::To(path) if !ours => (path, None, None, &[], false),
                tree::RuleKind::Both(path) => (path, None, None, &[], ours),
                _ => continue,
            };
            let (found, column) = self.list_or_column(path, context, plain);
            let (crate::model::ExprKind::Load(load), Type::List { shape, max }) =
                (&found.expr.kind, &found.expr.ty)
            else {
                if !matches!(found.expr.ty, Type::Wrong) {
                    self.resolver
                        .report
                        .error("TS0421", path.span, format!("`{}` is no list", path.text()))
                        .help("a list goes with a list of the business record");
                }
                return None;
            };
            let row = if load.space == Space::Journal {
                RowNames::Journal(CallId(load.call))
            } else {
                let level = if load.space == Space::Item { load.level + 1 } else { 1 };
                RowNames::Shape { shape: *shape, space: Space::Item, level, call: 0 }
            };
            let with = with.and_then(|with| {
                let found = path::find(self.resolver, self.work, with, &context.scope, None);
                match (&found.expr.kind, &found.expr.ty) {
                    (crate::model::ExprKind::Load(load), Type::List { .. }) => Some(*load),
                    _ => None,
                }
            });
            let column = column.map(|name| (name, rule));
            return Some(ArrowDraft {
                list: *load,
                with,
                row,
                column,
                filter,
                sorted: (by, *max),
                writes,
                span: rule.span,
            });
        }
        None
    }

    /// What a path finds: a list, or, where rows are one value, a list with the name of a field of its rows behind it.
    fn list_or_column(
        &mut self,
        path: &tree::Path,
        context: &Context<'t>,
        plain: bool,
    ) -> (path::Found, Option<Box<str>>) {
        let found = path::find(self.resolver, self.work, path, &context.scope, None);
        let (Some((column, before)), true) = (path.parts.split_last(), plain) else { return (found, None) };
        if matches!(found.expr.ty, Type::List { .. } | Type::Wrong) {
            return (found, None);
        }
        let list = tree::Path { parts: before.to_vec(), span: path.span };
        let list = path::find(self.resolver, self.work, &list, &context.scope, None);
        if matches!(list.expr.ty, Type::List { .. }) {
            (list, Some(column.text.clone()))
        } else {
            (found, None)
        }
    }

    pub(super) fn shape_of(&self, load: Load) -> Option<ShapeId> {
        let record = match load.space {
            Space::Ask => self.work.records(self.draft.call).0,
            Space::Answer => self.work.records(self.draft.call).1,
            _ => None,
        }?;
        match self.resolver.shapes.get(record.0 as usize)?.fields.get(usize::from(load.slot))?.ty {
            Type::List { shape, .. } => Some(shape),
            _ => None,
        }
    }
}
