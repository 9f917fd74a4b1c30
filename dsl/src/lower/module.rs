//! A whole module: its messages, and what stands around them in the same expressions: links, sessions, calls, flows.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::expression::walk;
use super::layout::expressions;
use super::session::sessions;
use super::{LowerError, Lowering, flow, recogniser};
use crate::model::{
    Call, CallId, Expr, ExprKind, Fact, Link, Load, Message, MessageId, Model, Module, OriginalRule,
    Reconcile, ReconcileBook, ServiceKind, Space,
};
use crate::parallel::side_by_side;
use crate::program::{
    BookProgram, CallProgram, Compiled, ExprId, LinkProgram, ModuleProgram, OriginalProgram, ReconcileProgram,
};
use crate::resolve::keys;
use crate::source::Span;
use crate::value::{Constant, Symbol};

/// What could not be lowered of one module.
#[derive(Clone, PartialEq, Debug)]
pub struct ModuleErrors {
    /// Index of the module.
    pub module: usize,
    /// What is wrong.
    pub errors: Vec<LowerError>,
}

/// Lowers all that a folder of adapters says, its modules side by side. `line_of` gives the line, from 1, in which a span begins.
///
/// # Errors
/// Everything that has no order, all of it, by module.
pub fn compile(model: &Model, line_of: &(dyn Fn(Span) -> u32 + Sync)) -> Result<Compiled, Vec<ModuleErrors>> {
    let mut compiled = Compiled {
        symbols: model.symbols.clone(),
        shapes: Arc::clone(&model.shapes),
        services: Arc::clone(&model.services),
        reasons: Arc::clone(&model.reasons),
        modules: Vec::new(),
    };
    let mut failed = Vec::new();
    let made = side_by_side(&model.modules, |one| module(model, one, line_of));
    for (index, made) in made.into_iter().enumerate() {
        match made {
            Ok(made) => compiled.modules.push(Arc::new(made)),
            Err(errors) => failed.push(ModuleErrors { module: index, errors }),
        }
    }
    if failed.is_empty() { Ok(compiled) } else { Err(failed) }
}

/// Lowers one module.
///
/// # Errors
/// Everything that has no order, all of it.
pub fn module(
    model: &Model,
    module: &Module,
    line_of: &dyn Fn(Span) -> u32,
) -> Result<ModuleProgram, Vec<LowerError>> {
    let mut lowering = Lowering::new(model, module, line_of);
    lowering.messages();
    let serial = module.party.as_ref().and_then(|party| party.serial.as_ref());
    let serial = serial.map(|serial| lowering.expression(serial));
    let links =
        module.links.iter().zip(0_u16..).map(|(one, index)| link(&mut lowering, one, index)).collect();
    let sessions = sessions(&mut lowering);
    let kept = kept(module);
    let known = (kept, listed(module));
    let calls = module.calls.iter().zip(0_u16..);
    let calls = calls.map(|(one, index)| call(&mut lowering, one, CallId(index), &known)).collect();
    let flows = module.flows.iter().map(|one| flow::tables(&mut lowering, one)).collect();
    let reconciles = module.reconciles.iter().map(|one| reconcile(&mut lowering, one)).collect();
    if !lowering.errors.is_empty() {
        return Err(lowering.errors);
    }
    Ok(ModuleProgram {
        name: module.name.clone(),
        label: module.label.clone(),
        folder: module.folder.clone(),
        party: module.party.is_some(),
        cut_over: module.party.as_ref().and_then(|party| party.cut_over),
        serial,
        program: lowering.program,
        settings: module.settings.clone(),
        keys: module.keys.clone(),
        member: module.member.clone(),
        links,
        sessions,
        calls,
        flows,
        reconciles,
    })
}

fn reconcile(lowering: &mut Lowering<'_>, reconcile: &Reconcile) -> ReconcileProgram {
    let mut book = |book: &ReconcileBook| BookProgram {
        call: book.call,
        list: book.list,
        key: lowering.expression(&book.key),
        amount: book.amount.as_ref().map(|amount| lowering.expression(amount)),
        filter: book.filter.as_ref().map(|filter| lowering.expression(filter)),
    };
    let ours = reconcile.ours.iter().map(&mut book).collect();
    let theirs = book(&reconcile.theirs);
    ReconcileProgram {
        name: reconcile.name.clone(),
        ask: reconcile.ask,
        day: lowering.expression(&reconcile.day),
        month: reconcile.month,
        ours,
        theirs,
        proves: reconcile.proves.clone(),
    }
}

fn link(lowering: &mut Lowering<'_>, link: &Link, index: u16) -> LinkProgram {
    let module = lowering.module;
    let carried = module.messages.iter().enumerate().filter(|(_, message)| {
        module.calls.get(usize::from(message.call.0)).is_some_and(|call| call.link == index)
    });
    let carried: Vec<usize> = carried.map(|(index, _)| index).collect();
    // What comes in looks as what comes in: a message that we read tells where the code stands.
    let read = |index: &&usize| module.messages.get(**index).is_some_and(|message| !message.ours);
    let candidates: Vec<usize> = carried.iter().filter(read).chain(&carried).copied().collect();
    // Where the link matches by fields, the message that has most of them tells where they stand.
    let (mut recogniser, mut matched) = (None, 0);
    for message in candidates {
        let found = self::recogniser(lowering, message, link);
        let has = found.as_ref().map_or(0, |found| found.correlation.len());
        if recogniser.is_none() || has > matched {
            (recogniser, matched) = (found, has);
        }
        if recogniser.is_some() && matched == link.matches.len() {
            break;
        }
    }
    let mut by_code = Vec::new();
    for (call, id) in module.calls.iter().zip(0_u16..).filter(|(call, _)| call.link == index) {
        let request = [call.request];
        let coming: Vec<MessageId> = if call.ours {
            call.replies.iter().chain(&call.later).copied().collect()
        } else {
            request.to_vec()
        };
        for message in coming {
            let code = module.messages.get(usize::from(message.0)).map(|message| message.code.clone());
            by_code.extend(code.map(|code| (code, CallId(id), message)));
        }
    }
    LinkProgram {
        link: link.clone(),
        recogniser,
        post: link
            .post
            .as_ref()
            .map(|(method, path)| (method.to_uppercase().into(), lowering.expression(path))),
        folder: link.folder.as_ref().map(|folder| lowering.expression(folder)),
        move_to: match &link.after {
            crate::model::AfterFile::Move(folder) => Some(lowering.expression(folder)),
            _ => None,
        },
        poll: link.poll.as_ref().map(|poll| lowering.expression(poll)),
        by_code,
    }
}

fn call(
    lowering: &mut Lowering<'_>,
    call: &Call,
    id: CallId,
    (kept, listed): &(BTreeSet<Kept>, BTreeSet<u16>),
) -> CallProgram {
    let service = call.service.and_then(|index| lowering.model.services.get(usize::from(index)));
    let kind = kind_of(lowering.model, call);
    let of_call = |message: MessageId| {
        lowering.module.messages.get(usize::from(message.0)).is_some_and(|message| message.call == id)
    };
    let request = lowering.module.messages.get(usize::from(call.request.0));
    let mut fields = Vec::new();
    for &(message, level, slot) in kept.iter().filter(|(message, ..)| of_call(MessageId(*message))) {
        let path = lowering.module.messages.get(usize::from(message)).and_then(|message| {
            message.fields.iter().find(|field| field.level == level && field.slot == slot)
        });
        fields.extend(path.map(|field| (MessageId(message), slot, level, field.path.clone())));
    }
    CallProgram {
        call: call.clone(),
        service: service.map(|service| service.path.clone()),
        kind,
        once: call.once.iter().map(|part| lowering.expression(part)).collect(),
        once_anew: keys::begins_anew(lowering.module, call),
        names_day: request.is_some_and(keys::names_day),
        unseen: request.filter(|_| !call.ours).map_or_else(Vec::new, |request| unseen(lowering, request)),
        pages: call.pages.as_ref().map(|(rows, times, more)| (*rows, *times, lowering.expression(more))),
        due: call.due.as_ref().map(|due| lowering.expression(due)),
        only_when: call.only_when.as_ref().map(|only| lowering.expression(only)),
        original: call.original.as_ref().and_then(|rule| original(lowering, rule)),
        path: path(lowering, call),
        kept: fields,
        listed: listed.contains(&id.0),
    }
}

fn unseen(lowering: &mut Lowering<'_>, request: &Message) -> Vec<(ExprId, u64, Symbol)> {
    let unseen = request.unseen.iter();
    unseen.map(|unseen| (lowering.expression(&unseen.value), unseen.within_ms, unseen.refuse)).collect()
}

fn original(lowering: &mut Lowering<'_>, rule: &OriginalRule) -> Option<OriginalProgram> {
    let by = rule.by.iter().filter_map(|(stood, value)| match stood.kind {
        ExprKind::Load(load) => Some((load, lowering.expression(value))),
        _ => None,
    });
    Some(OriginalProgram { by: by.collect(), refuse: rule.refuse? })
}

/// The path of a call's request: that of its link, where `message.code` is this message's own.
fn path(lowering: &mut Lowering<'_>, call: &Call) -> Option<ExprId> {
    let module = lowering.module;
    let (_, path) = module.links.get(usize::from(call.link))?.post.as_ref()?;
    let code = module.messages.get(usize::from(call.request.0)).map_or("", |message| &message.code);
    Some(lowering.expression(&with_code(path, code)))
}

fn with_code(expression: &Expr, code: &str) -> Expr {
    let all = |parts: &[Expr]| parts.iter().map(|part| with_code(part, code)).collect();
    let kind = match &expression.kind {
        ExprKind::Load(load) if load.space == Space::Exchange && load.slot == Fact::MessageCode as u16 => {
            ExprKind::Constant(Constant::Text(code.into()))
        }
        ExprKind::Join(parts) => ExprKind::Join(all(parts)),
        ExprKind::Function(function, arguments) => ExprKind::Function(*function, all(arguments)),
        other => other.clone(),
    };
    Expr { kind, ..expression.clone() }
}

/// The kind of a call: its service's, or a query unless it has a way out of unknown.
pub(super) fn kind_of(model: &Model, call: &Call) -> ServiceKind {
    let service = call.service.and_then(|index| model.services.get(usize::from(index)));
    match service {
        Some(service) => service.kind,
        None if call.unknown.is_empty() => ServiceKind::Query,
        None => ServiceKind::Notice,
    }
}

/// Message, level, slot.
type Kept = (u16, u8, u16);

/// Fields that other messages, sessions, flows and comparisons speak of (D17).
fn kept(module: &Module) -> BTreeSet<Kept> {
    let mut found = BTreeSet::new();
    let messages = module.messages.iter().flat_map(|message| {
        expressions(message).into_iter().map(move |expression| (Some(message.call), expression))
    });
    let sessions = module.sessions.iter().flat_map(|session| {
        let values = session.values.iter().map(|value| &value.value);
        let changes = session.changes.iter().map(|(_, value)| value);
        let all = values.chain(changes).chain(&session.checks).chain(&session.until);
        all.map(|expression| (None, expression))
    });
    let calls = module.calls.iter().zip(0_u16..).flat_map(|(call, id)| {
        let sought = call.original.iter().flat_map(|rule| &rule.by);
        let sought = sought.flat_map(|(stood, value)| [stood, value]);
        call.once.iter().chain(sought).map(move |expression| (Some(CallId(id)), expression))
    });
    for (call, expression) in messages.chain(sessions).chain(calls) {
        mention(module, call, expression, &mut found);
    }
    for flow in &module.flows {
        flow::expressions(flow, &mut |expression| mention(module, None, expression, &mut found));
    }
    for reconcile in &module.reconciles {
        for book in &reconcile.ours {
            let expressions = [Some(&book.key), book.amount.as_ref(), book.filter.as_ref()];
            expressions.into_iter().flatten().for_each(|one| mention(module, None, one, &mut found));
        }
    }
    found
}

/// Calls whose exchanges of a day are read: by comparisons, and by files that are written from the journal.
fn listed(module: &Module) -> BTreeSet<u16> {
    let ours = module.reconciles.iter().flat_map(|reconcile| &reconcile.ours);
    let mut found: BTreeSet<u16> = ours.map(|book| book.call.0).collect();
    for expression in module.messages.iter().flat_map(expressions) {
        walk(expression, &mut Vec::new(), &mut |one, _| match &one.kind {
            ExprKind::Load(load) if load.space == Space::JournalRow => drop(found.insert(load.call)),
            _ => {}
        });
    }
    found
}

fn by_path(module: &Module, call: CallId, paths: &[&str], found: &mut BTreeSet<Kept>) {
    let Some(call) = module.calls.get(usize::from(call.0)) else { return };
    for path in paths {
        let (messages, rest) = match path.split_once('.') {
            Some(("request", rest)) => (vec![call.request], rest),
            Some(("reply", rest)) => (call.replies.clone(), rest),
            _ => continue,
        };
        for id in messages {
            let message = module.messages.get(usize::from(id.0));
            let field = message.and_then(|message| message.fields.iter().find(|field| *field.path == *rest));
            found.extend(field.map(|field| (id.0, field.level, field.slot)));
        }
    }
}

fn mention(module: &Module, call: Option<CallId>, expression: &Expr, found: &mut BTreeSet<Kept>) {
    walk(expression, &mut Vec::new(), &mut |one, _| {
        let ExprKind::Load(load) = &one.kind else { return };
        for id in spoken_of(module, call, load) {
            let level = if load.space == Space::JournalRow { 0 } else { load.level };
            found.insert((id.0, level, load.slot));
            if let (Space::OriginalRequest | Space::OriginalReply, Some(call)) = (load.space, call) {
                same_elsewhere(module, call, id, (level, load.slot), found);
            }
        }
    });
}

/// Who speaks of several calls knows a field by its path: the others keep theirs too.
fn same_elsewhere(
    module: &Module,
    call: CallId,
    message: MessageId,
    (level, slot): (u8, u16),
    found: &mut BTreeSet<Kept>,
) {
    let field = module
        .messages
        .get(usize::from(message.0))
        .and_then(|message| message.fields.iter().find(|field| field.level == level && field.slot == slot));
    let (Some(field), Some(call)) = (field, module.calls.get(usize::from(call.0))) else { return };
    let path = format!("request.{}", field.path);
    let answered = format!("reply.{}", field.path);
    for other in call.settles.iter().chain(&call.undoes).chain(&call.about) {
        by_path(module, *other, &[&path, &answered], found);
    }
}

/// The messages of whose fields a reference speaks.
fn spoken_of(module: &Module, call: Option<CallId>, load: &Load) -> Vec<MessageId> {
    let request = |id: u16| module.calls.get(usize::from(id)).map(|call| call.request).into_iter().collect();
    let replies =
        |id: u16| module.calls.get(usize::from(id)).map_or_else(Vec::new, |call| call.replies.clone());
    match load.space {
        Space::Request => call.map_or_else(Vec::new, |call| request(call.0)),
        Space::OriginalRequest | Space::CallRequest => request(load.call),
        Space::JournalRow if load.level == 1 => request(load.call),
        Space::OriginalReply | Space::CallReply => replies(load.call),
        _ => Vec::new(),
    }
}
