//! Folds over lists: `count`, `sum`, and the scope of a row.
//!
//! In: a list with its filter. Out: one expression.

use super::compared::family;
use super::{article, condition, expression};
use crate::model::{Expr, ExprKind, Fold, Load};
use crate::resolve::Resolver;
use crate::resolve::assemble::Work;
use crate::resolve::path::{self, Found, RowNames, Scope};
use crate::source::Span;
use crate::tree::{self};
use crate::value::{Constant, Type};

/// A fold over what a path crosses: `count(list where c)`, `sum(list.field where c)`.
pub(crate) fn fold(
    resolver: &mut Resolver,
    work: &Work<'_>,
    which: Fold,
    only: bool,
    argument: &tree::Argument,
    span: Span,
    scope: &Scope,
) -> Expr {
    let tree::ExprKind::Path(list) = &argument.value.kind else {
        resolver
            .report
            .error("TS0316", argument.span, "this takes a list, or a value in a list")
            .help("write the list's path: `count(bills)`, `sum(bills.amount)`");
        return Expr::constant(Constant::Number(0), Type::Wrong, span);
    };
    let Found { mut lists, expr, .. } = path::find(resolver, work, list, scope, None);
    if matches!(expr.ty, Type::Wrong) {
        return expr;
    }
    let mut value = expr;
    if which == Fold::Count {
        let (ExprKind::Load(load), Type::List { shape, .. }) = (&value.kind, &value.ty) else {
            resolver
                .report
                .error("TS0317", list.span, format!("`count` takes a list, this is {}", article(&value.ty)))
                .help("write the list's path; how long a text is, is `length(x)`");
            return Expr { ty: Type::Wrong, ..value };
        };
        let names = row_names(*load, *shape);
        lists.push((*load, names));
    } else if lists.is_empty() {
        resolver
            .report
            .error("TS0318", list.span, "`sum` takes a value in a list")
            .help("write the list and the value: `sum(bills.amount)`");
        return Expr { ty: Type::Wrong, ..value };
    } else if !(matches!(family(&value.ty), 2 | 3)
        || only && matches!(value.ty, Type::Text { private: None, .. }))
    {
        resolver
            .report
            .error(
                "TS0319",
                list.span,
                format!("only numbers and amounts are summed, this is {}", article(&value.ty)),
            )
            .help(
                "name the amount in the row: `sum(bills.amount)`; how many rows there are is `count(bills)`",
            );
        return Expr { ty: Type::Wrong, ..value };
    }
    let innermost = lists.last().copied();
    let filter = argument.condition.as_ref().and_then(|filter| {
        let (load, names) = innermost?;
        let inner = inside(work, scope, load, names);
        let filter = expression(resolver, work, filter, &inner, Some(&Type::Flag));
        Some(condition(resolver, filter))
    });
    let ty = match (&which, &value.ty) {
        (Fold::Count, Type::List { max, .. }) => Type::Number { min: 0, max: i128::from(*max) },
        (_, other) => other.clone(),
    };
    let mut each = (which == Fold::Sum).then(|| Box::new(value.clone()));
    let mut filter = filter.map(Box::new);
    for (depth, (list, _)) in lists.iter().rev().enumerate() {
        let fold = if depth == 0 { which } else { Fold::Sum };
        value = Expr {
            kind: ExprKind::Fold { fold, list: *list, each: each.take(), filter: filter.take() },
            ty: ty.clone(),
            span,
        };
        each = Some(Box::new(value.clone()));
    }
    value
}

/// Whether an argument of `only` is a value in a list of one row at most; what is wrong is reported.
pub(crate) fn is_of_one_row(
    resolver: &mut Resolver,
    work: &Work<'_>,
    argument: &tree::Argument,
    scope: &Scope,
) -> bool {
    let around = match &argument.value.kind {
        tree::ExprKind::Path(path) => path.parts.split_last().filter(|(_, around)| !around.is_empty()),
        _ => None,
    };
    let of_one = around.is_some_and(|(_, around)| {
        let path = tree::Path { parts: around.to_vec(), span: argument.span };
        let list = path::find(resolver, work, &path, scope, None);
        list.lists.is_empty() && matches!(list.expr.ty, Type::List { max: 1, .. })
    });
    if !of_one {
        resolver
            .report
            .error("TS0329", argument.span, "`only` takes a value in a list of one row at most")
            .help("say how many rows there are: `list 1` or `list ..1`; of more rows ask for their `sum`, or go through them with `each`");
    }
    of_one
}

pub(super) fn row_names(load: Load, shape: crate::value::ShapeId) -> RowNames {
    match load.space {
        crate::model::Space::Journal => RowNames::Journal(crate::model::CallId(load.call)),
        crate::model::Space::Field | crate::model::Space::Request => RowNames::Message,
        space => RowNames::Shape { shape, space, level: load.level + 1, call: load.call },
    }
}

/// The scope inside a row of a list.
pub(crate) fn inside(work: &Work<'_>, scope: &Scope, list: Load, names: RowNames) -> Scope {
    let mut inner = scope.clone();
    match names {
        RowNames::Message => {
            inner.level = list.level + 1;
            if let Some(draft) = scope.message.and_then(|place| work.drafts.get(place))
                && let Some(field) = draft.list_of(list)
            {
                inner.container = field.path.clone();
            }
        }
        names => inner.row = Some(names),
    }
    inner
}
