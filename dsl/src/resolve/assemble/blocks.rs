//! The statements of a block, one after the other: fields, layouts that are used, choices, values made fresh.
//!
//! In: a block of the tree. Out: draft nodes.

use super::{
    Assembler, Context, DraftField, DraftKind, DraftNode, Folded, LetDraft, NESTING_MAX, table_field,
};
use crate::model::{Fresh, FreshOf};
use crate::resolve::call::beside::Beside;
use crate::resolve::path::Scope;
use crate::tree::{self, FieldStatement, Node};
use crate::value::Type;
use std::cell::Cell;

impl<'t> Assembler<'_, '_, 't> {
    pub(super) fn block(
        &mut self,
        statements: &'t [Node<FieldStatement>],
        context: &Context<'t>,
        out: &mut Vec<DraftNode<'t>>,
    ) {
        if context.depth > NESTING_MAX {
            if let Some(first) = statements.first() {
                self.resolver
                    .report
                    .error("TS0418", first.span, "layouts are nested too deep")
                    .note("at most 16 blocks stand in each other; does a layout `use` itself?")
                    .help("take the `use` out of the circle, or put some blocks beside each other");
            }
            return;
        }
        for node in statements {
            self.statement(node, context, out);
        }
    }

    pub(super) fn statement(
        &mut self,
        node: &'t Node<FieldStatement>,
        context: &Context<'t>,
        out: &mut Vec<DraftNode<'t>>,
    ) {
        let deeper = || Context { depth: context.depth + 1, ..context.clone() };
        match &node.kind {
            FieldStatement::Field(field) => self.field(node, field, None, context, out),
            FieldStatement::Fresh(fresh) => self.fresh(fresh, context),
            FieldStatement::Use(paths) => {
                for path in paths {
                    self.use_layout(path, &deeper(), out);
                }
            }
            FieldStatement::Let { name, value } => self.draft.lets.push(LetDraft {
                name,
                value,
                scope: context.scope.clone(),
                busy: Cell::new(false),
            }),
            FieldStatement::Check(check) => {
                out.push(DraftNode::Check(check, context.scope.clone(), node.span));
            }
            FieldStatement::Unseen(unseen) => {
                out.push(DraftNode::Unseen(unseen, context.scope.clone(), node.span));
            }
            FieldStatement::Assign(assign) => self.assign(node, assign, context, out),
            FieldStatement::When { condition, block } => match self.fold(condition) {
                Some(Folded::Flag(true)) => self.block(&block.statements, &deeper(), out),
                Some(Folded::Flag(false)) => {}
                _ => {
                    let mut inner = Vec::new();
                    self.block(&block.statements, &deeper(), &mut inner);
                    out.push(DraftNode::When(condition, context.scope.clone(), inner, node.span));
                }
            },
            FieldStatement::Choose { subject, cases } => self.choose(node, subject, cases, &deeper(), out),
            FieldStatement::MessageFields => {
                self.own_used = true;
                if let Some(own) = self.own {
                    let mut inner = deeper();
                    inner.own = true;
                    self.block(&own.statements, &inner, out);
                }
                self.beside(context, out);
                self.hold_octets(context);
            }
            FieldStatement::Unknown(keep) => self.draft.unknown_kept = *keep == tree::Keep::Kept,
            FieldStatement::Outcome(rows) => self.draft.outcome = Some(rows),
            // What any call may get is a message of each call.
            FieldStatement::Reply(_) if context.depth == 0 && !context.own => {}
            FieldStatement::Reply(_) => {
                self.resolver
                    .report
                    .error("TS0440", node.span, "an answer that any call may get stands in the packet itself")
                    .help("write `reply \"CODE\" { … }` at the top of the packet, beside its head and body");
            }
            FieldStatement::RequestFields => self.request_fields(node.span, context, out),
            FieldStatement::Done { .. } => {
                self.resolver
                    .report
                    .error("TS0661", node.span, "a control file stands beside the lines of its file")
                    .help("write `done \".chk\" … { … }` in the block of a message that is a file, behind its lines");
            }
        }
    }

    /// What stands beside the messages of the call: behind the own fields of this one.
    pub(super) fn beside(&mut self, context: &Context<'t>, out: &mut Vec<DraftNode<'t>>) {
        let scope = || Scope { beside: true, ..context.scope.clone() };
        out.extend(self.beside.iter().map(|one| match *one {
            Beside::Check(check, span) => DraftNode::Check(check, scope(), span),
            Beside::Assign(assign, span) => DraftNode::Assign(assign, scope(), span),
        }));
    }

    pub(super) fn fresh(&mut self, fresh: &'t tree::Fresh, context: &Context<'t>) {
        let count = u32::try_from(fresh.count.value).unwrap_or(u32::MAX);
        let mut path = context.scope.container.clone();
        path.push(fresh.name.text.clone());
        let slot = self.slot(context, &path);
        let of = match fresh.kind {
            tree::FreshKind::Bytes => FreshOf::Bytes,
            tree::FreshKind::Digits => FreshOf::Digits,
            tree::FreshKind::Ascii => FreshOf::Ascii,
        };
        self.draft.fresh.push(Fresh { slot, of, count });
        let field = DraftField {
            name: fresh.name.text.clone(),
            level: context.scope.level,
            slot,
            ty: match of {
                FreshOf::Bytes => Type::Bytes { max: u64::from(count) },
                FreshOf::Digits => Type::Digits { min: count, max: count },
                FreshOf::Ascii => Type::Text { chars: count, private: None },
            },
            wire: None,
            kind: DraftKind::Fresh,
            lists: context.lists.clone(),
            tree: None,
            rules: None,
            scope: context.scope.clone(),
            own: false,
            path,
        };
        self.add(field);
    }

    pub(super) fn use_layout(
        &mut self,
        path: &'t tree::Path,
        context: &Context<'t>,
        out: &mut Vec<DraftNode<'t>>,
    ) {
        if let (Some(table), Some(name)) = (context.table, path.single())
            && let Some((node, field)) = table_field(table, name)
        {
            self.field(node, field, None, context, out);
            return;
        }
        let wanted = path.text();
        let Some((_, layout)) = self.work.index.layouts.get(wanted.as_str()) else {
            let names: Vec<&str> = self.work.index.layouts.keys().copied().collect();
            self.resolver
                .report
                .error("TS0222", path.span, format!("there is no layout `{wanted}`"))
                .suggest(&wanted, names);
            return;
        };
        self.resolver.used.insert((self.work.folder.into(), format!("layout.{wanted}").into()));
        let mut inner = context.clone();
        inner.own = false;
        self.block(&layout.block.statements, &inner, out);
    }

    pub(super) fn assign(
        &mut self,
        node: &'t Node<FieldStatement>,
        assign: &'t tree::Assign,
        context: &Context<'t>,
        out: &mut Vec<DraftNode<'t>>,
    ) {
        if let (Some(table), Some(name)) = (context.table, assign.target.single())
            && let Some((field_node, field)) = table_field(table, name)
        {
            self.field(field_node, field, Some(&assign.rules), context, out);
            return;
        }
        out.push(DraftNode::Assign(assign, context.scope.clone(), node.span));
    }

    pub(super) fn choose(
        &mut self,
        node: &'t Node<FieldStatement>,
        subject: &'t tree::Expr,
        cases: &'t [tree::Case<FieldStatement>],
        context: &Context<'t>,
        out: &mut Vec<DraftNode<'t>>,
    ) {
        if let Some(Folded::Text(text)) = self.fold(subject) {
            let holds = |case: &&tree::Case<FieldStatement>| {
                case.keys.iter().any(|key| match key {
                    tree::CaseKey::Text(key) => key.constant() == Some(&text),
                    tree::CaseKey::Name(name) => *name.text == *text,
                    tree::CaseKey::Other(_) => true,
                    tree::CaseKey::Number(_) => false,
                })
            };
            if let Some(case) = cases.iter().find(holds) {
                self.block(&case.block.statements, context, out);
            }
            return;
        }
        let mut inner = Vec::new();
        for case in cases {
            let mut nodes = Vec::new();
            self.block(&case.block.statements, context, &mut nodes);
            inner.push((case.keys.as_slice(), nodes));
        }
        out.push(DraftNode::Choose(subject, context.scope.clone(), inner, node.span));
    }
}
