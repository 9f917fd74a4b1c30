//! Rows that go over: whole, in a flow, field by field by equal names; and in what order.
//!
//! In: the shapes of both rows, or what rows are sorted by. Out: what of a row would stay empty or not fit, told at the
//! mapping; what has an order. It must not know conditions or how rows are gone through.

use super::Resolver;
use super::assemble::Work;
use super::expression::{article, expression, family};
use super::path::Scope;
use crate::model::Expr;
use crate::source::Span;
use crate::tree;
use crate::value::{ShapeId, Type};

/// Most problems that one mapping is told of.
const TOLD: usize = 4;

/// Which rows they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// All of a list that is declared.
    All,
    /// Those that a condition chooses: how many nobody knows before.
    Chosen,
    /// Those that a loop makes, which fills what it names.
    Made,
}

/// Reports rows that do not go over whole. What the rows lack, those of a list beside them have.
pub(crate) fn fit(
    resolver: &mut Resolver,
    (from, beside): (&Type, Option<ShapeId>),
    to: &Type,
    which: Rows,
    span: Span,
) {
    let mut found = Vec::new();
    lists(resolver, (from, beside), to, which, "", &mut found);
    let Some(first) = found.first().cloned() else { return };
    let mut report = resolver.report.error("TS0235", span, format!("the rows do not go over whole: {first}"));
    for other in found.iter().skip(1).take(TOLD - 1) {
        report = report.note(other.clone());
    }
    report.help(
        "rows go over field by field, by equal names: make them in an `each … -> LIST` where a field is another, or declare both alike",
    );
}

fn lists(
    resolver: &Resolver,
    (from, beside): (&Type, Option<ShapeId>),
    to: &Type,
    which: Rows,
    path: &str,
    found: &mut Vec<String>,
) {
    let (Type::List { max, shape: from }, Type::List { max: most, shape: to }) = (from, to) else { return };
    if max > most && (which == Rows::All || !path.is_empty() && which == Rows::Chosen) {
        let name = if path.is_empty() { "the list" } else { path };
        found.push(format!("{name} may have {max} rows, and holds {most}"));
    }
    rows(resolver, (*from, beside), *to, which, path, found);
}

fn rows(
    resolver: &Resolver,
    (from, beside): (ShapeId, Option<ShapeId>),
    to: ShapeId,
    which: Rows,
    path: &str,
    found: &mut Vec<String>,
) {
    let shape = |id: ShapeId| resolver.shapes.get(id.0 as usize);
    let (Some(from), Some(to)) = (shape(from), shape(to)) else { return };
    let beside = beside.and_then(shape).map_or(&[][..], |shape| &shape.fields);
    for wanted in &to.fields {
        let name = if path.is_empty() { wanted.name.to_string() } else { format!("{path}.{}", wanted.name) };
        let Some(given) = from.fields.iter().chain(beside).find(|given| given.name == wanted.name) else {
            // A list that nobody fills has no rows.
            if !wanted.optional && !matches!(wanted.ty, Type::List { .. }) {
                found.push(format!("nobody fills `{name}`"));
            }
            continue;
        };
        if given.optional && !wanted.optional && which != Rows::Made {
            found.push(format!("`{name}` may be missing"));
        }
        match (&given.ty, &wanted.ty) {
            (Type::List { .. }, Type::List { .. }) => {
                lists(resolver, (&given.ty, None), &wanted.ty, which, &name, found);
            }
            (one, other) => found.extend(value(one, other).map(|problem| format!("`{name}` {problem}"))),
        }
    }
}

/// What keeps a value out of a field.
fn value(from: &Type, to: &Type) -> Option<String> {
    let larger = |has: u64, holds: u64, unit: &str| {
        (has > holds).then(|| format!("may have {has} {unit}, and holds {holds}"))
    };
    match (from, to) {
        (Type::Wrong | Type::Absent, _) | (_, Type::Wrong) => None,
        (Type::Text { chars, .. } | Type::Digits { max: chars, .. }, Type::Text { chars: most, .. })
        | (Type::Digits { max: chars, .. }, Type::Digits { max: most, .. }) => {
            larger(u64::from(*chars), u64::from(*most), "characters")
        }
        (Type::Text { .. }, Type::Digits { .. }) => Some("is a text, and holds figures alone".to_owned()),
        (Type::Money { digits }, Type::Money { digits: most }) => {
            larger(u64::from(*digits), u64::from(*most), "figures")
        }
        (Type::Bytes { max }, Type::Bytes { max: most }) => larger(*max, *most, "bytes"),
        (Type::Number { max, .. }, Type::Number { max: most, .. }) => {
            (max > most).then(|| format!("may be {max}, and holds {most}"))
        }
        (Type::Names(names), Type::Names(known)) => names
            .iter()
            .any(|name| !known.contains(name))
            .then(|| "may have a name that it does not know".to_owned()),
        (one, other) => (family(one) != family(other))
            .then(|| format!("is {}, and holds {}", article(one), article(other))),
    }
}

/// The most rows that are held at once to be sorted.
const SORTED_MOST: u64 = 100_000;

/// What rows are sorted by: values of a row that have an order. `one_list`: they are no rows of rows.
pub(crate) fn sorted_by(
    resolver: &mut Resolver,
    work: &Work<'_>,
    by: &[tree::Path],
    (max, one_list): (u64, bool),
    scope: &Scope,
) -> Vec<Expr> {
    let Some(first) = by.first() else { return Vec::new() };
    if max > SORTED_MOST || !one_list {
        let mut said = resolver.report.error("TS0742", first.span, "these rows cannot be sorted here");
        said = if one_list {
            said.note(format!("the list may have {max} rows; at most {SORTED_MOST} are held and sorted"))
        } else {
            said.note("rows of rows come one list behind the other, and each would be sorted alone")
        };
        said.help("declare a lower bound, or sort where the rows are made");
        return Vec::new();
    }
    let mut sorted = Vec::new();
    for path in by {
        let tree = tree::Expr { kind: tree::ExprKind::Path(path.clone()), span: path.span };
        let value = expression(resolver, work, &tree, scope, None);
        match value.ty {
            Type::Flag | Type::Outcome | Type::Bytes { .. } | Type::List { .. } | Type::Group(_) => {
                resolver
                    .report
                    .error("TS0742", path.span, format!("`{}` has no order", path.text()))
                    .help("sort by a text, a number, an amount, a date or a time of the row");
            }
            _ => sorted.push(value),
        }
    }
    sorted
}
