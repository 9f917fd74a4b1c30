//! Lists that go over whole, in a flow: each row field by field, by equal names.
//!
//! In: the shapes of both rows. Out: what of a row would stay empty or not fit, told at the mapping. It must not know
//! conditions or how rows are gone through.

use super::Resolver;
use super::expression::{article, family};
use crate::source::Span;
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
