//! What keys cover (`flows.md` 5): the payer, the merchant, the row, the date; else two acts meet under one key, or one act comes
//! back under a new one.
//!
//! In: modules with their calls and flows. Out: problems. A part of a key tells acts apart if it is a text, figures or
//! octets that whoever asks gives; dates, amounts, names of a `one_of`, settings and facts of our own are the same for many.

use super::Resolver;
use super::learn::any;
use super::resolution::New;
use crate::model::{
    Call, Expr, Fact, Field, FieldKind, Flow, FlowLoop, Learn, LinkKind, Load, Message, Module, Node,
    ServiceKind, Space,
};
use crate::source::Span;
use crate::value::{Private, ShapeId, Type};

/// For so long every key is known, also one that may come again later.
const WEEK_MS: u64 = 7 * 86_400_000;

/// Reports keys under which two acts meet, and those under which one comes back as new.
pub(super) fn keys(resolver: &mut Resolver, of: &[New<'_>]) {
    for New { module, calls, flows } in of {
        for call in calls.iter().filter(|call| !call.once.is_empty()) {
            if !moves_money(resolver, call) {
                continue;
            }
            payer(resolver, module, call);
            merchant(resolver, module, call);
            date(resolver, module, call);
        }
        for flow in flows {
            for place in 0..flow.loops.len() {
                row(resolver, flow, place);
            }
        }
    }
}

fn moves_money(resolver: &Resolver, call: &Call) -> bool {
    let service = call.service.and_then(|service| resolver.services.get(usize::from(service)));
    service.is_some_and(|service| matches!(service.kind, ServiceKind::Posting | ServiceKind::Batch))
}

fn request<'m>(module: &'m Module, call: &Call) -> Option<&'m Message> {
    module.messages.get(usize::from(call.request.0))
}

fn fact(load: Load) -> Option<Fact> {
    let of_exchange = load.space == Space::Exchange;
    of_exchange.then(|| Fact::WORDS.get(usize::from(load.slot)).map(|(fact, _)| *fact)).flatten()
}

/// Whether a value can be another one for each act.
fn tells_apart(part: &Expr) -> bool {
    let kind = matches!(
        part.ty,
        Type::Text { .. } | Type::Digits { .. } | Type::Number { .. } | Type::Bytes { .. } | Type::Wrong
    );
    let of_whom = |load: &Load| match load.space {
        Space::Setting | Space::Member | Space::Key | Space::Session => false,
        _ => !matches!(
            fact(*load),
            Some(Fact::Branch | Fact::Teller | Fact::Channel | Fact::Cause | Fact::Attempt | Fact::Member)
        ),
    };
    kind && any(part, &mut |load| of_whom(load))
}

/// Two payers' asks meet where nothing in the key is theirs.
fn payer(resolver: &mut Resolver, module: &Module, call: &Call) {
    if call.once.iter().any(tells_apart) {
        return;
    }
    let Some(payer) = payer_of(resolver, module, call) else { return };
    let Some(span) = call.once.iter().map(|part| part.span).reduce(Span::to) else { return };
    resolver
        .report
        .error("TS0746", span, format!("two asks meet under the key of `{}`", call.name))
        .label("the same for every payer")
        .note(format!(
            "1. `{payer}` of one payer is asked for under this key\n2. `{payer}` of another one is asked for: the key is the same\n3. the second is told what the first was told, or DUPLICATE; nothing is moved for it"
        ))
        .help("name what tells one ask from another: `once exchange.serial`, or the number of the order or the bill");
}

/// A field of the ask that says whose money it is, and that the message fills or is filled from.
fn payer_of(resolver: &Resolver, module: &Module, call: &Call) -> Option<String> {
    let shape = resolver.shapes.get(call.ask?.0 as usize)?;
    let message = request(module, call)?;
    let slot = |load: Load| (load.space == Space::Ask && load.level == 0).then_some(usize::from(load.slot));
    let of_ask = |field: &Field| {
        let (mut found, from) = (Vec::new(), field.from.as_ref());
        if let Some(mapping) = from.filter(|_| call.ours) {
            any(&mapping.source, &mut |load| {
                found.extend(slot(*load));
                false
            });
        }
        found.extend(field.to.as_ref().filter(|_| !call.ours).and_then(|mapping| slot(mapping.target)));
        found
    };
    let mut slots = message.fields.iter().flat_map(of_ask);
    slots.find_map(|slot| {
        let field = shape.fields.get(slot)?;
        let Type::Text { private: Some(private), .. } = &field.ty else { return None };
        let whose = matches!(
            private,
            Private::AccountNo | Private::CardNo | Private::IdentityNo | Private::Phone | Private::PersonName
        );
        whose.then(|| format!("ask.{}", field.name))
    })
}

/// Two merchants' asks meet where the message does not say which of them asks.
fn merchant(resolver: &mut Resolver, module: &Module, call: &Call) {
    let (Some(member), Some(message)) = (&module.member, request(module, call)) else { return };
    let named = message.fields.iter().any(|field| field.learn == Learn::Member)
        || call.once.iter().any(|part| {
            // A setting says whose the link is, where each of them has a link of its own; under a choice its value stands here.
            let fixed = !any(part, &mut |_| true);
            fixed || any(part, &mut |load| matches!(load.space, Space::Member | Space::Setting) || fact(*load) == Some(Fact::Member))
        })
        // A file's name says it.
        || message.file.is_some();
    if call.ours || named {
        return;
    }
    let name = &member.name;
    let Some(span) = call.once.first().map(|part| part.span) else { return };
    resolver
        .report
        .error("TS0746", span, format!("two asks meet under the key of `{}`", call.name))
        .label(format!("counted by each {name} for itself"))
        .note(format!(
            "1. one {name} asks under its serial 1\n2. another {name} asks under its own serial 1: nothing in the message says which {name} it is\n3. the second is told what the first was told, or DUPLICATE; nothing is moved for it"
        ))
        .help(format!("say in the message who asks: `{name} text 20 bytes = {name}.{}`", member.naming));
}

/// What the asker counts begins anew; where nothing says the day, its repeat after long is new.
fn date(resolver: &mut Resolver, module: &Module, call: &Call) {
    let Some(message) = request(module, call).filter(|message| message.file.is_none() && !call.ours) else {
        return;
    };
    let files = |link: &crate::model::Link| matches!(link.kind, LinkKind::Sftp | LinkKind::Folder);
    if module.links.get(usize::from(call.link)).is_some_and(files) {
        return;
    }
    // What says when it was sent, and is refused when that is too long ago, is not done late either.
    if names_day(message) || (learns(message, &[Fact::Moment]) && judges_moment(message)) {
        return;
    }
    if call.promises.repeats_within_ms.is_some() {
        return;
    }
    let Some(part) = call.once.iter().find(|part| counted(message, part)) else { return };
    let story = "1. it is asked, and done\n2. the asker heard no answer and repeats when the journal has forgotten the day, under the same key\n3. nothing in the message says of which day it is: it is taken for an ask of today, and done again";
    resolver
        .report
        .error("TS0748", part.span, format!("a late repeat of `{}` is a new act", call.name))
        .label("says nothing of the day")
        .note(story)
        .help("let the message name its day: `date date \"yyyyMMdd\" = exchange.date`; if it has none, say how long they repeat: `promises repeats within 24h`");
}

fn learns(message: &Message, wanted: &[Fact]) -> bool {
    message.fields.iter().any(|field| match &field.learn {
        Learn::Place(load) => fact(*load).is_some_and(|fact| wanted.contains(&fact)),
        _ => false,
    })
}

/// Whether a message says of which day it is.
pub(crate) fn names_day(message: &Message) -> bool {
    learns(message, &[Fact::Date, Fact::BusinessDate])
}

/// Whether a part of a key is the asker's running serial.
fn counted(message: &Message, part: &Expr) -> bool {
    any(part, &mut |load| {
        let field = |field: &Field| field.level == load.level && field.slot == load.slot;
        let learned = match load.space {
            Space::Field => message.fields.iter().find(|one| field(one)).map(|field| &field.learn),
            _ => None,
        };
        let serial = |load: Load| matches!(fact(load), Some(Fact::Serial));
        serial(*load) || matches!(learned, Some(Learn::Place(load)) if serial(*load))
    })
}

/// Whether a key of theirs may come again for another act after a week: it belongs to the day that the message names, or is in
/// a file, which is named by its day; or it is a running serial that is not repeated for longer.
pub(crate) fn begins_anew(module: &Module, call: &Call) -> bool {
    let Some(message) = request(module, call) else { return false };
    let serial = || call.once.iter().any(|part| counted(message, part));
    let long = call.promises.repeats_within_ms.is_some_and(|within| within > WEEK_MS);
    names_day(message) || message.file.is_some() || (serial() && !long)
}

/// Whether a key has a running serial in it, so that the same asked anew is another act.
pub(crate) fn is_counted(module: &Module, call: &Call) -> bool {
    request(module, call).is_some_and(|message| call.once.iter().any(|part| counted(message, part)))
}

/// Whether a message is held to the moment that it names.
fn judges_moment(message: &Message) -> bool {
    let moment = |load: &Load| {
        let field = |field: &&Field| field.level == load.level && field.slot == load.slot;
        let learned = (load.space == Space::Field).then(|| message.fields.iter().find(field)).flatten();
        let learned = match learned.map(|field| &field.learn) {
            Some(Learn::Place(place)) => *place,
            _ => *load,
        };
        fact(learned) == Some(Fact::Moment)
    };
    judges(&message.nodes, &moment) || message.fields.iter().any(|field| judges(nodes_in(field), &moment))
}

fn judges(nodes: &[Node], of: &dyn Fn(&Load) -> bool) -> bool {
    nodes.iter().any(|node| match node {
        Node::Check(check) => any(&check.holds, &mut |load| of(load)),
        Node::When { then, .. } => judges(then, of),
        Node::Choose { cases, other, .. } => {
            judges(other, of) || cases.iter().any(|(_, inner)| judges(inner, of))
        }
        Node::Field(_) | Node::Map(_) => false,
    })
}

fn nodes_in(field: &Field) -> &[Node] {
    match &field.kind {
        FieldKind::Group { nodes } | FieldKind::Format { nodes, .. } => nodes,
        _ => &[],
    }
}

/// Rows meet where nothing in their key is theirs.
fn row(resolver: &mut Resolver, flow: &Flow, place: usize) {
    let Some(each) = flow.loops.get(place).filter(|each| !each.once.is_empty()) else { return };
    let own =
        |part: &Expr| any(part, &mut |load| load.space == Space::Row && usize::from(load.call) == place);
    let theirs = each.once.iter().filter(|part| own(part));
    let weak = |part: &Expr| {
        matches!(part.ty, Type::Money { .. } | Type::Decimal { .. } | Type::Names(_) | Type::Flag)
    };
    if theirs.clone().any(|part| !weak(part)) || most(resolver, flow, each).is_none_or(|most| most <= 1) {
        return;
    }
    let Some(span) = each.once.iter().map(|part| part.span).reduce(Span::to) else { return };
    let (label, alike) = match theirs.clone().next() {
        None => ("the same for all rows", "row 2 has the same key"),
        Some(_) => ("the same for many rows", "row 2 is of another payer, and has the same key"),
    };
    resolver
        .report
        .error("TS0747", span, "rows meet under one key")
        .label(label)
        .note(format!(
            "1. row 1 is begun under this key\n2. {alike}\n3. row 2 is taken for a repeat of row 1, or refused as DUPLICATE; nothing is moved for it"
        ))
        .help(format!("add what tells the rows apart: its number, `{}.seq`, or that of the order or the bill", each.name));
}

/// How many rows the list has at most; none where that is not known.
fn most(resolver: &Resolver, flow: &Flow, each: &FlowLoop) -> Option<u64> {
    let list = each.list;
    let shape: Option<ShapeId> = match list.space {
        Space::Ask if list.level == 0 => flow.ask,
        Space::StepAnswer if list.level == 0 => flow.steps.get(usize::from(list.call))?.answer,
        _ => return Some(u64::MAX),
    };
    match &resolver.shapes.get(shape?.0 as usize)?.fields.get(usize::from(list.slot))?.ty {
        Type::List { max, .. } => Some(*max),
        _ => None,
    }
}
