//! Compulsory fields of a service that no message hands on: of its answer where we ask, of its ask where they do.
//!
//! In: a module whose messages are bound. Out: problems. It must not know the wire.

use super::Resolver;
use crate::model::{Call, FieldKind, Load, Mapping, Message, Module, NamePiece, Node, Space};

/// Reports each call of a service of which some message leaves compulsory fields out.
pub(crate) fn unfilled(resolver: &mut Resolver, module: &Module) {
    for call in module.calls.iter().filter(|call| call.service.is_some()) {
        let (space, shape) = if call.ours { (Space::Answer, call.answer) } else { (Space::Ask, call.ask) };
        let filled = handed_on(module, call, space);
        let Some(shape) = shape.and_then(|shape| resolver.shapes.get(shape.0 as usize)) else { continue };
        let missing: Vec<String> = shape
            .fields
            .iter()
            .enumerate()
            .filter(|(slot, field)| {
                !field.optional && !filled.iter().any(|known| usize::from(*known) == *slot)
            })
            .map(|(_, field)| field.name.to_string())
            .collect();
        let Some(first) = missing.first() else { continue };
        let what = if call.ours { "answer" } else { "ask" };
        let help = if call.ours {
            format!("hand it on in the reply: `-> answer.{first}`, or write `answer.{first} <- …` there")
        } else {
            format!("hand it on in the request: `-> ask.{first}`, or write `ask.{first} <- …` there")
        };
        resolver
            .report
            .error("TS0625", call.span, format!("nobody fills {} of the {what}", missing.join(", ")))
            .note("who asks for the service gets each field that is not `optional`")
            .help(help);
    }
}

/// Slots of a record that the messages of a call fill.
fn handed_on(module: &Module, call: &Call, space: Space) -> Vec<u16> {
    let read: Vec<_> =
        if call.ours { call.replies.iter().chain(&call.later).collect() } else { vec![&call.request] };
    let mut slots = Vec::new();
    for message in read.into_iter().filter_map(|id| module.messages.get(usize::from(id.0))) {
        fields(message, space, &mut slots);
        nodes(&message.nodes, space, &mut slots);
        if let Some(file) = &message.file {
            nodes(&file.name_nodes, space, &mut slots);
            for piece in &file.name {
                if let NamePiece::Learned(load, ..) = piece {
                    keep(*load, space, &mut slots);
                }
            }
        }
        for field in &message.fields {
            match &field.kind {
                FieldKind::List(list) => nodes(&list.nodes, space, &mut slots),
                kind => nodes(inner(kind), space, &mut slots),
            }
        }
    }
    slots
}

fn fields(message: &Message, space: Space, slots: &mut Vec<u16>) {
    for field in &message.fields {
        if let Some(Mapping { target, .. }) = &field.to {
            keep(*target, space, slots);
        }
        if let FieldKind::List(list) = &field.kind
            && let Some(arrow) = &list.business
        {
            keep(arrow.list, space, slots);
        }
    }
}

fn inner(kind: &FieldKind) -> &[Node] {
    match kind {
        FieldKind::Group { nodes }
        | FieldKind::Format { nodes, .. }
        | FieldKind::Line { nodes, .. }
        | FieldKind::Several { nodes } => nodes,
        FieldKind::Entry { content, .. } => inner(content),
        FieldKind::List(list) => &list.nodes,
        FieldKind::Leaf { .. } => &[],
    }
}

fn nodes(all: &[Node], space: Space, slots: &mut Vec<u16>) {
    for node in all {
        match node {
            Node::Map(mapping) => keep(mapping.target, space, slots),
            Node::When { then, .. } => nodes(then, space, slots),
            Node::Choose { cases, other, .. } => {
                cases.iter().for_each(|(_, inner)| nodes(inner, space, slots));
                nodes(other, space, slots);
            }
            Node::Field(_) | Node::Check(_) => {}
        }
    }
}

fn keep(load: Load, space: Space, slots: &mut Vec<u16>) {
    if load.space == space {
        slots.push(load.slot);
    }
}
