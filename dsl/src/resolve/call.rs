//! A module: its head, settings, links, code tables, calls and messages.

mod tables;

mod party;

mod heads;

mod ordered;
mod original;

pub(crate) mod beside;

mod promises;

mod stories;

mod frames;

mod held;

mod compare;
mod whole;

use super::assemble::{self, Recipe, Work};
use super::bind;
use super::expression::expression;
use super::index::Index;
use super::path::Scope;
use super::wire::{self};
use super::{Resolver, session, shapes, unfilled};
use crate::model::{
    CallId, ExprKind, Frame, Hold, Link, LinkKind, Load, Meaning, MessageId, MessageSide, Module,
};
use crate::source::Span;
use crate::tree::{self, CallPart, LinkClause, PartyClause};
use crate::value::{Charset, Outcome, Type};
use compare::reconciles;
use frames::frame_of;
use heads::heads;
use party::{declarations, party_head};
use promises::call;
use tables::{tables, xml_forms};
use whole::{assumed, decided_by_nothing, duplicates};

/// The module of a folder, without its flows.
pub(crate) fn module(resolver: &mut Resolver, index: &Index<'_>) -> Module {
    let mut work = Work {
        index,
        folder: index.folder,
        choice: &index.choice,
        settings: Vec::new(),
        keys: Vec::new(),
        member: None,
        codes: Vec::new(),
        xml_forms: Vec::new(),
        segments: Vec::new(),
        session_values: Vec::new(),
        calls: Vec::new(),
        drafts: Vec::new(),
    };
    declarations(resolver, &mut work);
    work.xml_forms = xml_forms(resolver, &work);
    work.segments = index.delimited.iter().map(|(_, form)| wire::segments(resolver, form)).collect();
    tables(resolver, &mut work);
    session::declare(resolver, &mut work);
    heads(resolver, &mut work);
    let messages_of = drafts(resolver, &mut work);
    let charset = charset(resolver, index);
    let messages = (0..work.drafts.len())
        .filter_map(|place| bind::bind(resolver, &work, place, &charset))
        .collect::<Vec<_>>();
    let calls = (0..work.calls.len())
        .map(|place| call(resolver, &work, place, messages_of.get(place).cloned().unwrap_or_default()))
        .collect::<Vec<_>>();
    let links = links(resolver, &work);
    let sessions = session::sessions(resolver, &work, &links);
    ordered::judge(resolver, &work, &calls, &sessions);
    let party = index.party.map(|(_, party)| party_head(resolver, &work, party, &charset));
    let reconciles = reconciles(resolver, &work, &messages);
    let module = Module {
        name: index.name.clone(),
        folder: index.folder.into(),
        label: index.party.map_or_else(Box::default, |(item, _)| shapes::label(&item.label)),
        doc: index.party.map_or_else(Box::default, |(item, _)| docs(&item.docs)),
        party,
        settings: work.settings.clone(),
        keys: work.keys.clone(),
        member: work.member.clone(),
        links,
        codes: work.codes.clone(),
        sessions,
        calls,
        messages,
        xml_forms: work.xml_forms.clone(),
        flows: Vec::new(),
        reconciles,
        examples: index.examples.iter().map(|example| (*example).clone()).collect(),
        assumed: assumed(index),
    };
    duplicates(resolver, &module);
    decided_by_nothing(resolver, &module);
    unfilled::unfilled(resolver, &module);
    module
}

pub(crate) fn docs(lines: &[tree::Str]) -> Box<str> {
    lines.iter().map(|line| &*line.text).collect::<Vec<_>>().join("\n").into()
}

fn charset(resolver: &mut Resolver, index: &Index<'_>) -> Box<str> {
    let Some((_, party)) = index.party else { return "utf8".into() };
    for clause in &party.block.statements {
        if let PartyClause::Charset(name) = &clause.kind {
            if !Charset::NAMES.contains(&&*name.text) {
                resolver
                    .report
                    .error("TS0427", name.span, format!("there is no charset `{}`", name.text))
                    .suggest(&name.text, Charset::NAMES);
            }
            return name.text.clone();
        }
    }
    resolver
        .report
        .error("TS0428", party.name.span, "the party names no charset")
        .help("add `charset gbk` (or utf8, gb18030, ascii) to it");
    "utf8".into()
}

pub(crate) fn minutes(time: tree::Time) -> u16 {
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0)
}

/// All drafts of all calls. Which messages each call has, by index.
fn drafts<'t>(resolver: &mut Resolver, work: &mut Work<'t>) -> Vec<Vec<MessageId>> {
    let mut of_calls = Vec::new();
    for place in 0..work.calls.len() {
        let head = &work.calls[place];
        let (tree, ours, link) = (head.tree, head.ours, head.link);
        let id = CallId(u16::try_from(place).unwrap_or(u16::MAX));
        let packet = packet(resolver, work, link, tree);
        let beside = beside::all(tree);
        let returned = assemble::returned_by(packet, tree);
        beside::unanswered(resolver, tree, &beside);
        if ours && packet.is_none() && puts_files(work, link) {
            beside::unheard(resolver, tree, &beside);
        }
        let mut ids = Vec::new();
        let mut request_code: Box<str> = Box::default();
        let mut has_request = false;
        let own = tree.block.statements.iter().filter_map(|part| match &part.kind {
            CallPart::Message(message) => Some((message, tree.name.span, &*beside)),
            _ => None,
        });
        let common = of_packet(packet, tree).map(|(message, span)| (message, span, &[][..]));
        for (message, span, beside) in own.chain(common) {
            let side = bind::side_of(message.kind);
            let code: Box<str> = match &message.code {
                Some(tree::MessageCode::Text(text)) => text.constant().unwrap_or("").into(),
                _ if side == MessageSide::Request => Box::default(),
                // What comes under any code is written under that of the request.
                _ => request_code.clone(),
            };
            if side == MessageSide::Request {
                request_code.clone_from(&code);
                has_request = true;
            }
            let means = means(resolver, message);
            let recipe = Recipe {
                call: id,
                side,
                code,
                ours: (side == MessageSide::Request) == ours,
                packet,
                message,
                means,
                returned,
                beside: beside::of_message(beside, message, side, means),
                span,
            };
            ids.push(MessageId(u16::try_from(work.drafts.len()).unwrap_or(u16::MAX)));
            let draft = assemble::assemble(resolver, work, recipe);
            work.drafts.push(draft);
        }
        if !has_request {
            resolver
                .report
                .error("TS0616", tree.name.span, format!("`{}` has no request", tree.name.text))
                .help("add `request \"CODE\" { … }`, or `request` alone if it has no fields");
        }
        of_calls.push(ids);
    }
    of_calls
}

/// The answers that any call over a packet may get, for a call that is answered at all.
fn of_packet<'t>(
    packet: Option<&'t tree::Packet>,
    call: &tree::CallItem,
) -> impl Iterator<Item = (&'t tree::Message, Span)> {
    let answered = call.block.statements.iter().any(
        |part| matches!(&part.kind, CallPart::Message(message) if message.kind == tree::MessageKind::Reply),
    );
    let statements = packet.filter(|_| answered).map_or(&[][..], |packet| &packet.block.statements);
    statements.iter().filter_map(|node| match &node.kind {
        tree::FieldStatement::Reply(message) => Some((message, node.span)),
        _ => None,
    })
}

/// What the coming of a reply says.
fn means(resolver: &mut Resolver, message: &tree::Message) -> Option<Outcome> {
    let means = message.means.as_ref()?;
    if let Meaning::Outcome(outcome) = tables::meaning(resolver, &means.meaning) {
        return Some(outcome);
    }
    resolver
        .report
        .error("TS0509", means.span, "a reply means an outcome")
        .help("write done, refused REASON or unknown");
    None
}

fn packet<'t>(
    resolver: &mut Resolver,
    work: &Work<'t>,
    link: u16,
    call: &tree::CallItem,
) -> Option<&'t tree::Packet> {
    let (_, link) = work.index.links.get(usize::from(link))?;
    let carries = link.block.statements.iter().find_map(|clause| match &clause.kind {
        LinkClause::Carries(name) => Some(name),
        _ => None,
    });
    let files = matches!(link.kind, tree::LinkKind::Sftp | tree::LinkKind::Folder);
    let Some(name) = carries else {
        if !files {
            resolver
                .report
                .error("TS0617", link.name.span, format!("the link `{}` carries nothing", link.name.text))
                .at(call.name.span, "this call goes over it")
                .help("add `carries PACKET`");
        }
        return None;
    };
    match work.index.packets.get(&*name.text) {
        Some((_, packet)) => Some(packet),
        None => {
            resolver
                .report
                .error("TS0227", name.span, format!("there is no packet `{}`", name.text))
                .suggest(&name.text, work.index.packets.keys().copied());
            None
        }
    }
}

/// Whether what goes over a link are files.
fn puts_files(work: &Work<'_>, link: u16) -> bool {
    let link = work.index.links.get(usize::from(link));
    link.is_some_and(|(_, link)| matches!(link.kind, tree::LinkKind::Sftp | tree::LinkKind::Folder))
}

/// The call that a link names.
fn call_of(resolver: &mut Resolver, work: &Work<'_>, name: &tree::Name) -> Option<CallId> {
    let found = work.call_named(&name.text);
    if found.is_none() {
        resolver
            .report
            .error("TS0224", name.span, format!("there is no call `{}`", name.text))
            .suggest(&name.text, work.call_names());
    }
    found
}

/// What answers a message that nobody can read: a message that the side which is asked begins, and that is not answered.
fn unread(
    resolver: &mut Resolver,
    work: &Work<'_>,
    place: usize,
    connect: bool,
    name: &tree::Name,
) -> Option<CallId> {
    let found = call_of(resolver, work, name)?;
    let call = work.calls.get(usize::from(found.0))?;
    let mut parts = call.tree.block.statements.iter();
    let answered = parts.any(
        |part| matches!(&part.kind, CallPart::Message(message) if message.kind != tree::MessageKind::Request),
    );
    let fits = call.ours != connect && usize::from(call.link) == place && !answered;
    if !fits {
        let word = if connect { "serve" } else { "call" };
        resolver
            .report
            .error("TS0627", name.span, format!("`{}` cannot answer what nobody reads", name.text))
            .note("the answer is a message of whoever is asked, on the same link, and has no answer itself")
            .help(format!("write `{word} {}` over this link, with a request alone", name.text));
    }
    fits.then_some(found)
}

/// A fact by which an answer finds its exchange: it stands once in a message.
fn matched(resolver: &mut Resolver, work: &Work<'_>, path: &tree::Path, scope: &Scope) -> Option<Load> {
    let found = super::path::find(resolver, work, path, scope, None);
    match found.expr.kind {
        ExprKind::Load(load) if found.lists.is_empty() => Some(load),
        _ => {
            if !matches!(found.expr.ty, Type::Wrong) {
                resolver
                    .report
                    .error("TS0643", path.span, format!("`{}` does not tell one exchange from another", path.text()))
                    .note("an answer is matched by a value that stands once in it, and that its request had too")
                    .help("name a field of the head that the other side gives back: `match head.serial`");
            }
            None
        }
    }
}

fn links(resolver: &mut Resolver, work: &Work<'_>) -> Vec<Link> {
    work.index
        .links
        .iter()
        .enumerate()
        .map(|(place, (item, tree))| link(resolver, work, place, item, tree))
        .collect()
}

fn link(
    resolver: &mut Resolver,
    work: &Work<'_>,
    place: usize,
    item: &tree::Item,
    tree: &tree::Link,
) -> Link {
    let mut link = Link {
        name: tree.name.text.clone(),
        kind: match tree.kind {
            tree::LinkKind::Tcp => LinkKind::Tcp,
            tree::LinkKind::Http => LinkKind::Http,
            tree::LinkKind::Https => LinkKind::Https,
            tree::LinkKind::Sftp => LinkKind::Sftp,
            tree::LinkKind::Folder => LinkKind::Folder,
        },
        connect: tree.direction == tree::LinkDirection::Connect,
        label: shapes::label(&item.label),
        carries: None,
        frame: Frame::None,
        hold: Hold::None,
        matches: Vec::new(),
        beats: Vec::new(),
        garbled_skip: false,
        unread: None,
        answers_on: None,
        connect_ms: None,
        answer_ms: None,
        idle_ms: None,
        post: None,
        folder: None,
        poll: None,
        once: Vec::new(),
        temporary: false,
        after: crate::model::AfterFile::Leave,
        tolerate: Vec::new(),
        span: tree.name.span,
    };
    let draft = work.drafts.iter().position(|draft| {
        work.calls.get(usize::from(draft.call.0)).is_some_and(|call| usize::from(call.link) == place)
    });
    let scope = Scope { message: draft, ..Scope::default() };
    for clause in &tree.block.statements {
        match &clause.kind {
            LinkClause::Carries(name) => link.carries = Some(name.text.clone()),
            LinkClause::Frame(frame) => link.frame = frame_of(resolver, work, draft, frame),
            LinkClause::HoldNone => link.hold = Hold::None,
            LinkClause::Hold { connections, many: false } => {
                link.hold = Hold::Single(narrow(connections.value));
            }
            LinkClause::Hold { connections, many: true } => {
                link.hold = Hold::Many(narrow(connections.value));
                let matched = |other: &tree::Node<LinkClause>| matches!(other.kind, LinkClause::Match(_));
                if link.connect && !tree.block.statements.iter().any(matched) {
                    resolver
                        .report
                        .error("TS0642", clause.span, "nothing says which answer belongs to which exchange")
                        .note("answers of many exchanges come over one connection in any order")
                        .help("add `match head.serial`: a field that the other side gives back");
                }
            }
            LinkClause::Match(paths) => {
                link.matches =
                    paths.iter().filter_map(|path| matched(resolver, work, path, &scope)).collect();
            }
            LinkClause::Beat(beat) => {
                let call = beat.call.as_ref().map(|name| call_of(resolver, work, name));
                if call != Some(None) {
                    link.beats.push(held::beat(beat, call.flatten()));
                }
            }
            LinkClause::Unread(name) => link.unread = unread(resolver, work, place, link.connect, name),
            LinkClause::AnswersOn(name) => link.answers_on = Some(name.text.clone()),
            LinkClause::Timeout(limits) => {
                for limit in limits {
                    match limit.kind {
                        tree::TimeoutKind::Connect => link.connect_ms = Some(limit.limit.milliseconds),
                        tree::TimeoutKind::Answer | tree::TimeoutKind::Serve => {
                            link.answer_ms = Some(limit.limit.milliseconds);
                        }
                        tree::TimeoutKind::Idle => link.idle_ms = Some(limit.limit.milliseconds),
                    }
                }
            }
            LinkClause::Post(text) | LinkClause::Get(text) | LinkClause::Browse(text) => {
                let method = match clause.kind {
                    LinkClause::Post(_) => "POST",
                    LinkClause::Browse(_) => crate::model::BROWSE,
                    _ => "GET",
                };
                let tree = tree::Expr { kind: tree::ExprKind::Text(text.clone()), span: text.span };
                let path = expression(resolver, work, &tree, &Scope::default(), None);
                link.post = Some((method.into(), path));
            }
            LinkClause::Folder(text) => {
                let tree = tree::Expr { kind: tree::ExprKind::Text(text.clone()), span: text.span };
                link.folder = Some(expression(resolver, work, &tree, &Scope::default(), None));
            }
            LinkClause::Poll(tree) => {
                link.poll = Some(expression(resolver, work, tree, &Scope::default(), Some(&Type::Duration)));
            }
            LinkClause::Once(seen) => {
                for seen in seen {
                    let kind = match seen.kind {
                        tree::SeenKind::Name => "name",
                        tree::SeenKind::Digest => "digest",
                        tree::SeenKind::Time => "time",
                    };
                    link.once.push((kind.into(), seen.days.map_or(0, |days| narrow(days.value))));
                }
            }
            LinkClause::WriteTemporary => link.temporary = true,
            LinkClause::Tolerate(name) => link.tolerate.push(name.text.clone()),
            LinkClause::Garbled(what) => link.garbled_skip = *what == tree::Garbled::Skip,
            LinkClause::DeleteFiles => link.after = crate::model::AfterFile::Delete,
            LinkClause::MoveFiles(text) => {
                let tree = tree::Expr { kind: tree::ExprKind::Text(text.clone()), span: text.span };
                let folder = expression(resolver, work, &tree, &Scope::default(), None);
                link.after = crate::model::AfterFile::Move(folder);
            }
            LinkClause::LeaveFiles => {}
        }
    }
    held::judge(resolver, work, tree, &link);
    let framed = tree.block.statements.iter().any(|clause| matches!(clause.kind, LinkClause::Frame(_)));
    if link.kind == LinkKind::Tcp && !framed {
        resolver
            .report
            .error("TS0618", tree.name.span, format!("the link `{}` says nothing of frames", link.name))
            .note("on a stream the receiver must know where a message ends")
            .help("add `frame length 4 digits`, or what the specification says");
    }
    if link.connect
        && link.kind != LinkKind::Folder
        && link.answer_ms.is_none()
        && link.kind != LinkKind::Sftp
        && !link.is_browsed()
    {
        resolver
            .report
            .error("TS0619", tree.name.span, format!("the link `{}` has no time limit", link.name))
            .help("add `timeout connect 3s, answer 10s`");
    }
    link
}

fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
