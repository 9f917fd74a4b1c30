//! What a call hands on of the amounts that it is asked for: a flow in which all amounts agree pays another one if the call does
//! not send what the flow asked, or asks for what was not sent.
//!
//! In: a call with its request. Out: amounts of the request that have something in them that nobody asked for and that the
//! request does not tell as an amount of its own.

use super::form::{Form, Parts};
use super::reaches;
use crate::model::{Call, Expr, ExprKind, Field, FieldKind, Message, Node, Space};
use crate::source::Span;
use crate::value::Type;

/// Amounts of the request that are not what was asked; of a serve, amounts asked that are not what stands in the request.
pub(super) fn changed(call: &Call, message: &Message) -> Vec<Span> {
    let mut parts = Parts::default();
    let mut amounts: Vec<(Form, Span)> = Vec::new();
    if call.ours {
        let money = |field: &&Field| matches!(&field.kind, FieldKind::Leaf { ty: Type::Money { .. }, .. });
        for field in message.fields.iter().filter(money) {
            let written = field.from.as_ref().map(|mapping| &mapping.source).or(field.fact.as_ref());
            amounts.extend(written.map(|source| (parts.form(source), source.span)));
        }
    } else {
        let mut asked = Vec::new();
        mapped(&message.nodes, &mut asked);
        message.fields.iter().for_each(|field| mapped(nodes_in(field), &mut asked));
        amounts.extend(asked.into_iter().map(|source| (parts.form(source), source.span)));
    }
    let whole = |part: usize| {
        matches!(
            parts.get(part).map(|part| &part.kind),
            Some(ExprKind::Load(load)) if match load.space {
                Space::Ask | Space::Item => call.ours,
                Space::Field => !call.ours,
                _ => false,
            }
        )
    };
    let changed = |form: &Form| {
        let (asked, more): (Vec<_>, Vec<_>) = form.parts().partition(|(part, _)| whole(*part));
        !asked.is_empty() && (!more.is_empty() || !form.constant().is_zero())
    };
    let mut found = Vec::new();
    for (place, (form, span)) in amounts.iter().enumerate() {
        let others: Vec<&Form> =
            amounts.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, (other, _))| other).collect();
        if changed(form) && !reaches(form, &others, &[], super::TOGETHER, false) {
            found.push(*span);
        }
    }
    found
}

/// Amounts of the ask that a serve works out.
fn mapped<'m>(nodes: &'m [Node], found: &mut Vec<&'m Expr>) {
    for node in nodes {
        match node {
            Node::Map(mapping) if mapping.target.space == Space::Ask => {
                if matches!(mapping.source.ty, Type::Money { .. } | Type::Decimal { .. }) {
                    found.push(&mapping.source);
                }
            }
            Node::When { then, .. } => mapped(then, found),
            Node::Choose { cases, other, .. } => {
                cases.iter().for_each(|(_, inner)| mapped(inner, found));
                mapped(other, found);
            }
            Node::Field(_) | Node::Map(_) | Node::Check(_) => {}
        }
    }
}

fn nodes_in(field: &Field) -> &[Node] {
    match &field.kind {
        FieldKind::Group { nodes } | FieldKind::Format { nodes, .. } => nodes,
        _ => &[],
    }
}
