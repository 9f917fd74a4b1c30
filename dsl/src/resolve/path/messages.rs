//! Paths into messages: this one, the request, the original, other calls, the journal.
//!
//! In: a path behind its root. Out: what it refers to, with its type.

use super::{Found, RowNames, Scope, exchange, record};
use crate::model::{CallId, Expr, ExprKind, Fact, FieldId, Load, MessageSide, Space};
use crate::resolve::Resolver;
use crate::resolve::assemble::{Draft, Work};
use crate::source::Span;
use crate::tree::{Name, Path};
use crate::value::{Constant, ShapeId, Type};

pub(super) fn message(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &Path,
    rest: &[Name],
    scope: &Scope,
) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    let draft = scope.message.and_then(|place| work.drafts.get(place));
    let text = |text: &str| {
        Found::value(
            ExprKind::Constant(Constant::Text(text.into())),
            Type::Text { chars: u32::try_from(text.len()).unwrap_or(u32::MAX), private: None },
            path.span,
        )
    };
    match (&*name.text, draft) {
        ("code", Some(draft)) => text(&draft.code),
        ("side", Some(draft)) => text(match draft.side {
            MessageSide::Request => "request",
            MessageSide::Reply | MessageSide::Later => "reply",
        }),
        ("ours", Some(draft)) => {
            Found::value(ExprKind::Constant(Constant::Flag(draft.ours)), Type::Flag, path.span)
        }
        ("code", None) => Found::load(
            Space::Exchange,
            Fact::MessageCode as u16,
            0,
            Type::Text { chars: 0, private: None },
            path.span,
        ),
        ("side" | "ours", None) => Found::load(
            Space::Exchange,
            Fact::MessageSerial as u16,
            0,
            Type::Text { chars: 0, private: None },
            path.span,
        ),
        ("moment", _) => {
            Found::load(Space::Exchange, Fact::MessageMoment as u16, 0, Type::DateTime, path.span)
        }
        ("serial", _) => Found::load(
            Space::Exchange,
            Fact::MessageSerial as u16,
            0,
            Type::Text { chars: 0, private: None },
            path.span,
        ),
        ("number", _) => Found::load(
            Space::Exchange,
            Fact::MessageNumber as u16,
            0,
            Type::Number { min: 0, max: 999_999_999 },
            path.span,
        ),
        ("again", _) => {
            Found::load(Space::Exchange, Fact::MessageAgain as u16, 0, Type::Flag, path.span).maybe()
        }
        ("first_moment", _) => {
            Found::load(Space::Exchange, Fact::MessageFirst as u16, 0, Type::DateTime, path.span).maybe()
        }
        _ => {
            resolver.report.error("TS0212", name.span, format!("a message has no `{}`", name.text)).suggest(
                &name.text,
                ["code", "side", "ours", "moment", "serial", "number", "again", "first_moment"],
            );
            Found::wrong(path.span)
        }
    }
}

/// A field of a draft, seen from a level of lists.
pub(super) fn field(
    draft: &Draft<'_>,
    place: usize,
    from_level: u8,
    space: Space,
    call: u16,
    span: Span,
) -> Found {
    let Some(field) = draft.fields.get(place) else { return Found::wrong(span) };
    let load = Load { space, level: field.level, slot: field.slot, call };
    let lists = field
        .lists
        .iter()
        .skip(usize::from(from_level))
        .filter_map(|list| draft.fields.get(*list))
        .map(|list| (Load { space, level: list.level, slot: list.slot, call }, RowNames::Message))
        .collect();
    let optional = match &field.wire {
        Some(wire) => wire.absent != crate::value::Absent::Never,
        None => false,
    };
    Found {
        lists,
        expr: Expr { kind: ExprKind::Load(load), ty: field.ty.clone(), span },
        optional,
        field: (space == Space::Field).then(|| FieldId(u16::try_from(place).unwrap_or(u16::MAX))),
    }
}

/// `errorMsg.text`, `state.text`: the text of a code; nothing else hangs under a leaf.
pub(super) fn field_of_parent(draft: &Draft<'_>, path: &Path, scope: &Scope) -> Option<Found> {
    let (last, before) = path.parts.split_last()?;
    if !last.is("text") || before.is_empty() {
        return None;
    }
    let place = draft.find(&scope.container, before)?;
    let mut found = field(draft, place, scope.level, Space::Field, 0, path.span);
    if !matches!(found.expr.ty, Type::Names(_) | Type::Outcome) {
        return None;
    }
    found.expr = Expr {
        kind: ExprKind::Function(crate::model::Function::Text, vec![found.expr.clone()]),
        ty: Type::Text { chars: 200, private: None },
        span: path.span,
    };
    Some(found)
}

pub(super) fn request(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &Path,
    rest: &[Name],
    scope: &Scope,
) -> Found {
    if scope.beside
        && let Some(found) = own_field(work, path, rest, scope, MessageSide::Request)
    {
        return found;
    }
    let found = scope
        .call
        .and_then(|call| work.draft_of(call, MessageSide::Request))
        .and_then(|draft| Some((draft, draft.find(&[], rest)?)));
    match found {
        Some((draft, place)) => field(draft, place, scope.level, Space::Request, 0, path.span),
        None => missing_in(resolver, work, path, rest, scope.call, MessageSide::Request),
    }
}

/// A field of the message at hand, named with that message.
fn own_field(work: &Work<'_>, path: &Path, rest: &[Name], scope: &Scope, side: MessageSide) -> Option<Found> {
    let draft = scope.message.and_then(|place| work.drafts.get(place)).filter(|draft| draft.side == side)?;
    Some(field(draft, draft.find(&[], rest)?, scope.level, Space::Field, 0, path.span))
}

/// `reply.x` beside the messages of a call.
pub(super) fn own_reply(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &Path,
    rest: &[Name],
    scope: &Scope,
) -> Found {
    own_field(work, path, rest, scope, MessageSide::Reply)
        .unwrap_or_else(|| missing_in(resolver, work, path, rest, scope.call, MessageSide::Reply))
}

pub(super) fn missing_in(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &Path,
    rest: &[Name],
    call: Option<CallId>,
    side: MessageSide,
) -> Found {
    let names: Vec<String> = call
        .and_then(|call| work.draft_of(call, side))
        .map_or_else(Vec::new, |draft| draft.fields.iter().map(|field| field.name.to_string()).collect());
    let wanted = rest.iter().map(|name| &*name.text).collect::<Vec<_>>().join(".");
    let span = rest.first().map_or(path.span, |name| name.span);
    let word = if side == MessageSide::Request { "request" } else { "reply" };
    resolver
        .report
        .error("TS0213", span, format!("the {word} has no field `{wanted}`"))
        .suggest(&wanted, names.iter().map(String::as_str));
    Found::wrong(path.span)
}

pub(super) fn original(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &Path,
    rest: &[Name],
    scope: &Scope,
) -> Found {
    let targets = scope.call.map_or_else(Vec::new, |call| work.spoken_of(call));
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    if targets.is_empty() {
        resolver
            .report
            .error("TS0216", path.span, "there is no original here")
            .note("`original` is the exchange that a call `settles`, `undoes` or speaks `about`")
            .help("write the word and that call behind the name of this one: `undoes CALL`");
        return Found::wrong(path.span);
    }
    let more = rest.get(1..).unwrap_or(&[]);
    match &*name.text {
        "request" | "reply" => {
            let (side, space) = if name.is("request") {
                (MessageSide::Request, Space::OriginalRequest)
            } else {
                (MessageSide::Reply, Space::OriginalReply)
            };
            for target in &targets {
                if let Some(draft) = work.draft_of(*target, side)
                    && let Some(place) = draft.find(&[], more)
                {
                    return field(draft, place, 0, space, target.0, path.span);
                }
            }
            missing_in(resolver, work, path, more, targets.first().copied(), side)
        }
        "ask" => {
            let shape = targets.iter().find_map(|target| work.records(*target).0);
            record(resolver, path, more, shape, Space::OriginalAsk, targets[0].0, "original.ask")
        }
        "answer" => {
            let wanted = more.first().map(|name| name.text.clone()).unwrap_or_default();
            let shapes: Vec<(CallId, ShapeId)> =
                targets.iter().filter_map(|target| Some((*target, work.records(*target).1?))).collect();
            let shape = shapes
                .iter()
                .find(|(_, shape)| {
                    resolver
                        .shapes
                        .get(shape.0 as usize)
                        .is_some_and(|shape| shape.fields.iter().any(|field| *field.name == *wanted))
                })
                .or(shapes.first());
            let (target, shape) = shape.map_or((targets[0], None), |(target, shape)| (*target, Some(*shape)));
            record(resolver, path, more, shape, Space::OriginalAnswer, target.0, "original.answer").maybe()
        }
        "outcome" => outcome(path, more, Space::OriginalOutcome, Space::OutcomeText, targets[0].0),
        _ => exchange(resolver, path, rest, Space::Original, targets[0].0),
    }
}

pub(super) fn outcome(path: &Path, rest: &[Name], whole: Space, text: Space, call: u16) -> Found {
    match rest {
        [] => Found::load(whole, 0, call, Type::Outcome, path.span),
        [name] if name.is("line") || name.is("field") || name.is("offset") => Found::load(
            Space::FaultPlace,
            match &*name.text {
                "line" => 0,
                "field" => 1,
                _ => 2,
            },
            call,
            Type::Text { chars: 200, private: None },
            path.span,
        ),
        _ => Found::load(text, 0, call, Type::Text { chars: 0, private: None }, path.span),
    }
}

/// `sign_in.reply.mak`, `put_day_list.exchange.file`: the last exchange of another call.
pub(super) fn other_call(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &Path,
    rest: &[Name],
    call: CallId,
) -> Option<Found> {
    let name = rest.first()?;
    let more = rest.get(1..).unwrap_or(&[]);
    let (side, space) = match &*name.text {
        "request" => (MessageSide::Request, Space::CallRequest),
        "reply" => (MessageSide::Reply, Space::CallReply),
        "exchange" => return Some(exchange(resolver, path, more, Space::CallExchange, call.0)),
        _ => return None,
    };
    if more.is_empty() {
        return Some(Found::load(Space::CallRaw, 0, call.0, Type::Bytes { max: u64::MAX }, path.span));
    }
    let draft = work.draft_of(call, side);
    match draft.and_then(|draft| Some((draft, draft.find(&[], more)?))) {
        Some((draft, place)) => Some(field(draft, place, 0, space, call.0, path.span)),
        None => Some(missing_in(resolver, work, path, more, Some(call), side)),
    }
}

pub(super) fn journal(resolver: &mut Resolver, work: &Work<'_>, path: &Path, rest: &[Name]) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    match work.call_named(&name.text) {
        Some(call) => Found::value(
            ExprKind::Load(Load { space: Space::Journal, level: 0, slot: 0, call: call.0 }),
            Type::List { max: 10_000_000, shape: ShapeId(u32::MAX) },
            path.span,
        ),
        None => {
            resolver
                .report
                .error(
                    "TS0221",
                    name.span,
                    format!("there is no call `{}` in the journal of this party", name.text),
                )
                .suggest(&name.text, work.call_names());
            Found::wrong(path.span)
        }
    }
}

pub(super) fn journal_row(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &Path,
    rest: &[Name],
    call: CallId,
) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    let more = rest.get(1..).unwrap_or(&[]);
    let moved = |mut found: Found, level: u8| {
        if let ExprKind::Load(load) = &mut found.expr.kind {
            load.space = Space::JournalRow;
            load.level = level;
            load.call = call.0;
        }
        found
    };
    match &*name.text {
        "request" => match work
            .draft_of(call, MessageSide::Request)
            .and_then(|draft| Some((draft, draft.find(&[], more)?)))
        {
            Some((draft, place)) => moved(field(draft, place, 0, Space::Field, 0, path.span), 1),
            None => missing_in(resolver, work, path, more, Some(call), MessageSide::Request),
        },
        "answer" => {
            let shape = work.records(call).1;
            moved(record(resolver, path, more, shape, Space::Answer, call.0, "answer").maybe(), 2)
        }
        "ask" => {
            let shape = work.records(call).0;
            moved(record(resolver, path, more, shape, Space::Ask, call.0, "ask"), 3)
        }
        "exchange" => moved(exchange(resolver, path, more, Space::Exchange, call.0), 0),
        "outcome" => outcome(path, more, Space::RowOutcome, Space::RowOutcomeText, call.0),
        "reversed" => Found::value(
            ExprKind::Load(Load { space: Space::JournalRow, level: 4, slot: 0, call: call.0 }),
            Type::Flag,
            path.span,
        ),
        _ => moved(exchange(resolver, path, rest, Space::Exchange, call.0), 0),
    }
}
