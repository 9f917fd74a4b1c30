//! How a message is told from others on its link (grammar 7, D9): the instructions up to the field that holds
//! `message.code`, and the slot that holds it then.

use super::Lowering;
use super::message::Builder;
use super::read::Reader;
use crate::model::{Expr, Fact, FieldId, FieldKind, Format, Link, LinkKind, Load, Message, Node, Space};
use crate::program::{MessageProgram, Read, Recogniser};

/// The recogniser of a link, from a message that it carries; `None` where no field holds the code (one message only,
/// or files).
pub fn recogniser(lowering: &mut Lowering<'_>, message: usize, link: &Link) -> Option<Recogniser> {
    let message: &Message = lowering.module.messages.get(message)?;
    if message.file.is_some() {
        return None;
    }
    let field = message.fields.iter().find(|field| field.level == 0 && field.code_around.is_some())?;
    let around = field.code_around.clone()?;
    let slot = field.slot;
    let numbered = is_numbered(lowering, link);
    let matching = link.matches.iter().filter_map(|load| matched(lowering, message, link, load));
    let correlation: Box<[u16]> = matching.collect();
    let mut builder = Builder::new(lowering, message);
    builder.tables();
    let of_copy = |fact: Fact| numbered.then(|| speaking(message, fact)).flatten();
    let (number, again) = (of_copy(Fact::MessageNumber), of_copy(Fact::MessageAgain));
    let wanted: Vec<u16> =
        [Some(slot), number, again].into_iter().flatten().chain(correlation.iter().copied()).collect();
    let is_http = matches!(link.kind, LinkKind::Http | LinkKind::Https);
    let mut reader = Reader::new(&mut builder);
    let aside = Aside { message, wanted: &wanted }.of(&message.nodes, is_http);
    reader.passes_over(aside);
    reader.packet(&message.nodes);
    let mut reads = reader.code;
    let at = reads
        .iter()
        .position(|read| matches!(read, Read::Store { slot: of, level: 0, .. } if *of == slot))?;
    let until = wanted.iter().filter_map(|of| {
        reads.iter().position(|read| matches!(read, Read::Store { slot, level: 0, .. } if slot == of))
    });
    let until = until.fold(at, usize::max);
    reads.truncate(until + 1);
    let reads = plain(&reads);
    let (slots, names) = (builder.out.slots, builder.out.names);
    Some(Recogniser {
        program: MessageProgram { read: reads.into(), slots, names, ..MessageProgram::default() },
        slot,
        around,
        frame: link.frame.clone(),
        correlation,
        number,
        again,
    })
}

fn is_numbered(lowering: &Lowering<'_>, link: &Link) -> bool {
    let place = lowering.module.links.iter().position(|known| known.name == link.name);
    let mut sessions = lowering.module.sessions.iter().filter_map(|session| session.numbering);
    sessions.any(|numbering| Some(usize::from(numbering.link)) == place)
}

/// Fields that stand aside of the way to what is looked for: among fields found by name they need not be read, and the
/// messages of one link need not have the same.
struct Aside<'m> {
    message: &'m Message,
    wanted: &'m [u16],
}

impl Aside<'_> {
    fn of(&self, nodes: &[Node], by_name: bool) -> Vec<FieldId> {
        // Where the way leads on under a condition, that may look at any of its neighbours.
        let plain = nodes.iter().all(|node| matches!(node, Node::Field(_)) || !self.leads(node));
        let mut aside = Vec::new();
        for node in nodes {
            if !self.leads(node) {
                if by_name && plain {
                    fields_of(node, &mut aside);
                }
                continue;
            }
            let Node::Field(id) = node else {
                inner_nodes(node).for_each(|inner| aside.extend(self.of(inner, by_name)));
                continue;
            };
            match self.message.fields.get(usize::from(id.0)).map(|field| &field.kind) {
                Some(FieldKind::Format { format, chain, nodes }) if chain.choice.is_none() => {
                    let by_name = match format {
                        Format::Json { .. } | Format::Xml(_) | Format::Form => true,
                        Format::Segments(form) => form.tagged.is_some() && form.free,
                        _ => false,
                    };
                    // What stands in the order of the text is read in it.
                    let in_order = match format {
                        Format::Segments(form) => {
                            form.after.as_deref().map_or(0, |name| self.up_to(nodes, name))
                        }
                        _ => 0,
                    };
                    aside.extend(self.of(nodes.get(in_order..).unwrap_or_default(), by_name));
                }
                Some(FieldKind::Line { nodes, .. }) => aside.extend(self.of(nodes, true)),
                Some(FieldKind::Group { nodes }) => aside.extend(self.of(nodes, by_name)),
                _ => {}
            }
        }
        aside
    }

    /// How many of the nodes stand up to the field of that name.
    fn up_to(&self, nodes: &[Node], name: &str) -> usize {
        let is = |node: &Node| {
            let Node::Field(id) = node else { return false };
            self.message.fields.get(usize::from(id.0)).is_some_and(|field| *field.name == *name)
        };
        nodes.iter().position(is).map_or(0, |place| place + 1)
    }

    fn leads(&self, node: &Node) -> bool {
        match node {
            Node::Field(id) => {
                let Some(field) = self.message.fields.get(usize::from(id.0)) else { return false };
                match &field.kind {
                    FieldKind::Leaf { .. } => field.level == 0 && self.wanted.contains(&field.slot),
                    FieldKind::Group { nodes }
                    | FieldKind::Line { nodes, .. }
                    | FieldKind::Format { nodes, .. } => nodes.iter().any(|node| self.leads(node)),
                    _ => false,
                }
            }
            _ => inner_nodes(node).flatten().any(|node| self.leads(node)),
        }
    }
}

/// The lists of nodes that stand under a condition.
fn inner_nodes(node: &Node) -> impl Iterator<Item = &Vec<Node>> {
    let (cases, last): (&[(Expr, Vec<Node>)], _) = match node {
        Node::When { then, .. } => (&[], Some(then)),
        Node::Choose { cases, other, .. } => (cases, Some(other)),
        Node::Field(_) | Node::Check(_) | Node::Map(_) => (&[], None),
    };
    cases.iter().map(|(_, nodes)| nodes).chain(last)
}

/// The fields of a node, under whatever condition.
fn fields_of(node: &Node, fields: &mut Vec<FieldId>) {
    match node {
        Node::Field(id) => fields.push(*id),
        _ => inner_nodes(node).flatten().for_each(|node| fields_of(node, fields)),
    }
}

/// Looking only: nothing is judged, learned or marked. Jumps would go beyond what is kept, so reading ends there.
fn plain(reads: &[Read]) -> Vec<Read> {
    // Instructions that judge go; jumps are moved over the gaps.
    let keeps = |read: &Read| {
        !matches!(
            read,
            Read::Agree { .. }
                | Read::Verify { .. }
                | Read::Learn { .. }
                | Read::Outcome { .. }
                | Read::Check { .. }
                | Read::Mark { .. }
                | Read::Begin { .. }
                | Read::EndMark { .. }
        )
    };
    let mut places = Vec::with_capacity(reads.len() + 1);
    let mut next = 0_u32;
    for read in reads {
        places.push(next);
        next += u32::from(keeps(read));
    }
    let end = next;
    let moved = |to: u32| places.get(to as usize).copied().unwrap_or(end);
    let mut kept = Vec::new();
    for read in reads.iter().filter(|read| keeps(read)) {
        kept.push(match *read {
            Read::JumpIfMissing { to } => Read::JumpIfMissing { to: moved(to) },
            Read::Unless { condition, to } => Read::Unless { condition, to: moved(to) },
            Read::Jump { to } => Read::Jump { to: moved(to) },
            Read::List { list, end } => Read::List { list, end: moved(end) },
            Read::Next { list, back } => Read::Next { list, back: moved(back) },
            other => other,
        });
    }
    kept
}

/// The slot of the field by which a link matches. Where it is a field by itself, its name was looked up in the first message
/// of the link, and means the field of that name in this one.
fn matched(lowering: &Lowering<'_>, message: &Message, link: &Link, load: &Load) -> Option<u16> {
    if load.space != Space::Field {
        return correlation(message, load);
    }
    let module = lowering.module;
    let over = |call: crate::model::CallId| {
        let link_of = module.calls.get(usize::from(call.0)).map(|call| usize::from(call.link));
        link_of.and_then(|place| module.links.get(place)).is_some_and(|known| known.name == link.name)
    };
    let first = module.messages.iter().find(|known| over(known.call))?;
    let named = first.fields.iter().find(|field| field.level == 0 && field.slot == load.slot)?;
    let same = message.fields.iter().find(|field| field.level == 0 && field.path == named.path)?;
    Some(same.slot)
}

/// The slot of the first field that speaks of a fact: it may be put in other words where it is absent.
fn speaking(message: &Message, fact: Fact) -> Option<u16> {
    let wanted = Load { space: Space::Exchange, level: 0, slot: fact as u16, call: 0 };
    let speaks = |expression: &Expr| {
        let mut found = false;
        super::each_load(expression, &mut |load| found |= *load == wanted);
        found
    };
    let field =
        message.fields.iter().find(|field| field.level == 0 && field.fact.as_ref().is_some_and(speaks))?;
    Some(field.slot)
}

/// The slot of the field that is a fact.
fn correlation(message: &Message, load: &Load) -> Option<u16> {
    message.fields.iter().find_map(|field| {
        let fact = field.fact.as_ref()?;
        let is = matches!(&fact.kind, crate::model::ExprKind::Load(of) if of == load);
        (field.level == 0 && is).then_some(field.slot)
    })
}
