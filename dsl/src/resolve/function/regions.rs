//! Functions over octets as they stand on the wire: `raw`, `length`, `pairs`.
//!
//! In: paths of fields. Out: expressions over regions.

use super::{BYTES, arity, wrong};
use crate::model::{Expr, ExprKind, FieldId, Function};
use crate::resolve::Resolver;
use crate::resolve::assemble::{CONTROL, Draft, DraftKind, DraftNode, Work};
use crate::resolve::expression::expression;
use crate::resolve::path::{self, Scope};
use crate::source::Span;
use crate::tree;
use crate::value::Type;

/// The field that an argument names.
pub(super) fn field_of(
    resolver: &mut Resolver,
    work: &Work<'_>,
    tree: &tree::Path,
    scope: &Scope,
) -> Option<(FieldId, Type)> {
    let found = path::find(resolver, work, tree, scope, None);
    if let Some(field) = found.field {
        return Some((field, found.expr.ty));
    }
    if !matches!(found.expr.ty, Type::Wrong) {
        resolver
            .report
            .error("TS0326", tree.span, format!("`{}` is no field of this message", tree.text()))
            .note("`raw`, `length` and `pairs` take fields, groups and formats of the message in which they stand")
            .help("bind the value to a field, and name that field");
    }
    None
}

/// A file that a control file completes, by its lines.
enum Completed {
    /// As they stand in the plain file (`message`).
    Plain(Vec<FieldId>),
    /// As the file stands on the link, packed and sealed (`file`).
    AsSent(Vec<FieldId>),
}

/// In a control file, what `message` and `file` are: the lines of the file that it completes.
fn completed(work: &Work<'_>, path: &tree::Path, scope: &Scope) -> Option<Completed> {
    let name = path.single().filter(|name| name.is("message") || name.is("file"))?;
    scope.container.first().filter(|name| &***name == CONTROL)?;
    let draft = work.drafts.get(scope.message?)?;
    let mut lines = Vec::new();
    lines_of(draft, &draft.nodes, &mut lines);
    let made = if name.is("file") { Completed::AsSent } else { Completed::Plain };
    (draft.file.is_some() && !lines.is_empty()).then(|| made(lines))
}

fn lines_of(draft: &Draft<'_>, nodes: &[DraftNode<'_>], lines: &mut Vec<FieldId>) {
    for node in nodes {
        match node {
            DraftNode::Field(place) => {
                let kind = draft.fields.get(*place).map(|field| &field.kind);
                if !matches!(kind, Some(DraftKind::Line { control: Some(_), .. })) {
                    lines.extend(u16::try_from(*place).ok().map(FieldId));
                }
            }
            DraftNode::When(_, _, inner, _) => lines_of(draft, inner, lines),
            _ => {}
        }
    }
}

/// All of them, one behind the other.
fn added(all: impl Iterator<Item = Expr>, span: Span) -> Expr {
    let both = |left: Expr, right: Expr| {
        let ty = left.ty.clone();
        Expr { kind: ExprKind::Add(Box::new(left), Box::new(right)), ty, span }
    };
    all.reduce(both).unwrap_or_else(|| wrong(span))
}

pub(super) fn raw(
    resolver: &mut Resolver,
    work: &Work<'_>,
    call: &tree::Call,
    span: Span,
    scope: &Scope,
) -> Expr {
    if !arity(resolver, call, span, 1, 1) {
        return wrong(span);
    }
    match &call.arguments[0].value.kind {
        tree::ExprKind::Range { from, to } => {
            let (Some((from, _)), Some((to, _))) =
                (field_of(resolver, work, from, scope), field_of(resolver, work, to, scope))
            else {
                return wrong(span);
            };
            Expr { kind: ExprKind::RawRange(from, to), ty: BYTES, span }
        }
        tree::ExprKind::Path(path) => {
            match completed(work, path, scope) {
                Some(Completed::Plain(lines)) => {
                    let raw = |line| Expr { kind: ExprKind::Raw(line), ty: BYTES, span };
                    return added(lines.into_iter().map(raw), span);
                }
                Some(Completed::AsSent(lines)) => {
                    return Expr { kind: ExprKind::Sent(lines), ty: BYTES, span };
                }
                None => {}
            }
            let found = path::find(resolver, work, path, scope, None);
            if let Some(field) = found.field {
                return Expr { kind: ExprKind::Raw(field), ty: BYTES, span };
            }
            if let ExprKind::Load(load) = &found.expr.kind
                && load.space == crate::model::Space::CallRaw
            {
                return Expr { span, ..found.expr };
            }
            if !matches!(found.expr.ty, Type::Wrong) {
                resolver
                    .report
                    .error("TS0326", path.span, format!("`{}` is no field of this message", path.text()))
                    .note("`raw`, `length` and `pairs` take fields, groups and formats of the message in which they stand")
            .help("bind the value to a field, and name that field");
            }
            wrong(span)
        }
        _ => {
            resolver
                .report
                .error("TS0327", span, "`raw` takes a field, or `a .. b`")
                .help("write `raw(head) + raw(body)` for both");
            wrong(span)
        }
    }
}

pub(super) fn length(
    resolver: &mut Resolver,
    work: &Work<'_>,
    call: &tree::Call,
    span: Span,
    scope: &Scope,
) -> Expr {
    if !arity(resolver, call, span, 1, 1) {
        return wrong(span);
    }
    let number = Type::Number { min: 0, max: 99_999_999 };
    if let tree::ExprKind::Path(path) = &call.arguments[0].value.kind {
        match completed(work, path, scope) {
            Some(Completed::Plain(lines)) => {
                let one = |line| Expr { kind: ExprKind::Length(line), ty: number.clone(), span };
                return added(lines.into_iter().map(one), span);
            }
            Some(Completed::AsSent(lines)) => {
                let sent = Expr { kind: ExprKind::Sent(lines), ty: BYTES, span };
                return Expr { kind: ExprKind::Function(Function::LengthOf, vec![sent]), ty: number, span };
            }
            None => {}
        }
        let found = path::find(resolver, work, path, scope, None);
        if let Some(field) = found.field {
            return Expr { kind: ExprKind::Length(field), ty: number, span };
        }
        if matches!(found.expr.ty, Type::Wrong) {
            return wrong(span);
        }
        return Expr { kind: ExprKind::Function(Function::LengthOf, vec![found.expr]), ty: number, span };
    }
    let value = expression(resolver, work, &call.arguments[0].value, scope, None);
    Expr { kind: ExprKind::Function(Function::LengthOf, vec![value]), ty: number, span }
}

/// `pairs(part, … except name,*, empty)`.
pub(super) fn pairs(
    resolver: &mut Resolver,
    work: &Work<'_>,
    call: &tree::Call,
    span: Span,
    scope: &Scope,
) -> Expr {
    let mut parts = Vec::new();
    let mut except = Vec::new();
    let mut without_empty = false;
    let draft = scope.message.and_then(|place| work.drafts.get(place));
    for argument in &call.arguments {
        if let tree::ExprKind::Path(path) = &argument.value.kind {
            if path.single().is_some_and(|name| name.is("empty")) {
                without_empty = true;
                continue;
            }
            if let Some((field, _)) = field_of(resolver, work, path, scope) {
                leaves(draft, field, &mut parts);
            }
        }
        for name in &argument.except {
            if name.is("empty") {
                without_empty = true;
                continue;
            }
            match draft.and_then(|draft| draft.fields.iter().position(|field| *field.name == *name.text)) {
                Some(place) => except.push(FieldId(u16::try_from(place).unwrap_or(u16::MAX))),
                None => {
                    resolver
                        .report
                        .error("TS0328", name.span, format!("there is no field `{}` to leave out", name.text))
                        .suggest(
                            &name.text,
                            draft.map_or_else(Vec::new, |draft| {
                                draft.fields.iter().map(|field| &*field.name).collect::<Vec<_>>()
                            }),
                        );
                }
            }
        }
        without_empty |= argument.without.iter().any(|name| name.is("empty"));
    }
    if parts.is_empty() && !call.arguments.is_empty() {
        return wrong(span);
    }
    Expr { kind: ExprKind::Pairs { parts, except, without_empty }, ty: Type::Pairs, span }
}

/// The fields that stand directly in a part (or the field itself).
pub(super) fn leaves(draft: Option<&Draft<'_>>, field: FieldId, parts: &mut Vec<FieldId>) {
    let Some(draft) = draft else { return };
    let Some(whole) = draft.fields.get(usize::from(field.0)) else { return };
    if matches!(whole.kind, DraftKind::Leaf) {
        parts.push(field);
        return;
    }
    for (place, inner) in draft.fields.iter().enumerate() {
        if inner.path.len() == whole.path.len() + 1 && inner.path.starts_with(&whole.path) {
            parts.push(FieldId(u16::try_from(place).unwrap_or(u16::MAX)));
        }
    }
}
