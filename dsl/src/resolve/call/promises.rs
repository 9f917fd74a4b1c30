//! What a call promises, and the ways out of an unknown outcome.
//!
//! In: a call as written, with its messages. Out: the call of the model; money without a way out is reported.

use super::original::original;
use super::stories::Told;
use super::tables::meaning;
use super::{docs, narrow};
use crate::model::{
    Call, CallId, Expr, ExprKind, Meaning, MessageId, MessageSide, OutcomeRule, Promises, ServiceKind, Space,
    Way,
};
use crate::resolve::assemble::Work;
use crate::resolve::expression::{condition, expression, moment};
use crate::resolve::path::Scope;
use crate::resolve::{Resolver, shapes};
use crate::source::Span;
use crate::tree::{self, CallPart, PromiseKind, WayStepKind};
use crate::value::{Pauses, Type};

/// Pauses that are given one by one; what goes on for longer has a rule.
const GIVEN_PAUSES_MOST: usize = 50;

pub(super) fn call(resolver: &mut Resolver, work: &Work<'_>, place: usize, messages: Vec<MessageId>) -> Call {
    let head = &work.calls[place];
    let id = CallId(u16::try_from(place).unwrap_or(u16::MAX));
    let tree = head.tree;
    let mut call = Call {
        name: tree.name.text.clone(),
        label: shapes::label(&head.item.label),
        doc: docs(&head.item.docs),
        ours: head.ours,
        link: head.link,
        service: head.service,
        ask: head.ask,
        answer: head.answer,
        settles: head.settles.clone(),
        undoes: head.undoes.clone(),
        about: head.about.clone(),
        once: Vec::new(),
        promises: Promises::default(),
        unknown: Vec::new(),
        pending: None,
        pages: None,
        due: None,
        only_when: None,
        original: None,
        outcome: None,
        request: MessageId(0),
        replies: Vec::new(),
        later: Vec::new(),
        span: tree.name.span,
    };
    for message in messages {
        match work.drafts.get(usize::from(message.0)).map(|draft| draft.side) {
            Some(MessageSide::Request) => call.request = message,
            Some(MessageSide::Reply) => call.replies.push(message),
            Some(MessageSide::Later) => call.later.push(message),
            None => {}
        }
    }
    let request = usize::from(call.request.0);
    let scope = Scope {
        message: Some(request),
        call: Some(id),
        ask: head.ask,
        answer: head.answer,
        ..Scope::default()
    };
    let told = Told { name: &tree.name.text, ours: head.ours, back: !head.undoes.is_empty() };
    for part in &tree.block.statements {
        match &part.kind {
            CallPart::Once(parts) => {
                call.once = parts.iter().map(|part| key_part(resolver, work, part, &scope, told)).collect();
            }
            CallPart::Promises(promises) => {
                promises.iter().for_each(|promise| promise_of(&mut call.promises, promise));
            }
            CallPart::Unknown(steps) => {
                let repeatable = |part: &tree::Node<CallPart>| match &part.kind {
                    CallPart::Promises(all) => all.iter().any(|one| one.kind == PromiseKind::Repeatable),
                    _ => false,
                };
                let repeatable = head.tree.block.statements.iter().any(repeatable);
                call.unknown = ways(resolver, work, steps, (head.service, repeatable), told);
            }
            CallPart::PendingAs(text) => call.pending = text.constant().map(Box::from),
            CallPart::Outcome(rows) => call.outcome = Some(outcome_rule(resolver, rows)),
            CallPart::Pages { rows, times, condition: tree } => {
                let reply = call.replies.first().map_or(request, |reply| usize::from(reply.0));
                let inner = Scope { message: Some(reply), ..scope.clone() };
                let holds = expression(resolver, work, tree, &inner, Some(&Type::Flag));
                let holds = condition(resolver, holds);
                call.pages = Some((narrow(rows.value), narrow(times.value), holds));
            }
            CallPart::Due(tree) => {
                let due = moment(resolver, work, tree, &scope);
                if call.later.is_empty() {
                    resolver
                        .report
                        .error("TS0719", part.span, "an answer that is due needs one that follows it")
                        .note("rows that are open then stand in the answer as not known; a later one says how they ended")
                        .help("add `later …`, or take the line away");
                }
                call.due = Some(due);
            }
            CallPart::OnlyWhen(tree) => {
                let inner = Scope { message: None, ..scope.clone() };
                let holds = expression(resolver, work, tree, &inner, Some(&Type::Flag));
                call.only_when = Some(condition(resolver, holds));
            }
            CallPart::Original { condition, otherwise } => {
                call.original = Some(original(resolver, work, condition, otherwise.as_ref(), &scope));
            }
            CallPart::Ask(_)
            | CallPart::Answer(_)
            | CallPart::PendingSilent
            | CallPart::Message(_)
            // They stand in a message of the call.
            | CallPart::Check(_)
            | CallPart::Assign(_) => {}
        }
    }
    money(resolver, &call, tree);
    call
}

fn key_part(
    resolver: &mut Resolver,
    work: &Work<'_>,
    part: &tree::Expr,
    scope: &Scope,
    told: Told<'_>,
) -> Expr {
    if let tree::ExprKind::Path(path) = &part.kind
        && path.root().is_some_and(|root| root.is("ask"))
        && path.parts.len() > 2
    {
        let found = crate::resolve::path::find(resolver, work, path, scope, None);
        if let Some((list, names)) = found.lists.first() {
            // A key over a list's values: the first row's value and the number of rows say which act it is.
            let count = Expr {
                kind: ExprKind::Fold {
                    fold: crate::model::Fold::Count,
                    list: *list,
                    each: None,
                    filter: None,
                },
                ty: Type::Number { min: 0, max: 99_999_999 },
                span: path.span,
            };
            let _ = names;
            return count;
        }
    }
    let expr = expression(resolver, work, part, scope, None);
    if crate::resolve::learn::any(&expr, &mut |load| {
        load.space == Space::Exchange
            && matches!(
                crate::model::Fact::WORDS.get(usize::from(load.slot)),
                Some((
                    crate::model::Fact::Moment
                        | crate::model::Fact::Time
                        | crate::model::Fact::MessageMoment
                        | crate::model::Fact::MessageSerial
                        | crate::model::Fact::MessageNumber
                        | crate::model::Fact::MessageAgain
                        | crate::model::Fact::MessageFirst,
                    _
                ))
            )
    }) {
        resolver
            .report
            .error("TS0701", expr.span, "the key changes in a repeat")
            .note(told.new_key())
            .help("take what stays the same: `exchange.serial`, the business date, the customer");
    }
    expr
}

pub(super) fn promise_of(promises: &mut Promises, promise: &tree::Promise) {
    match promise.kind {
        PromiseKind::SameAnswer => promises.same_answer = true,
        PromiseKind::SameAnswerWhenDone => promises.same_answer_when_done = true,
        PromiseKind::SaysDuplicate => promises.says_duplicate = true,
        PromiseKind::Quiet(duration) => promises.quiet_ms = Some(duration.milliseconds),
        PromiseKind::Remembered => promises.remembered = true,
        PromiseKind::Repeatable => promises.repeatable = true,
        PromiseKind::WithinBusinessDate => promises.within_business_date = true,
        PromiseKind::Assured => promises.assured = true,
        PromiseKind::ProvesDoneOnly => promises.proves_done_only = true,
        PromiseKind::InOrder => promises.in_order = true,
        PromiseKind::Holds(duration) => promises.holds_ms = Some(duration.milliseconds),
        PromiseKind::RepeatsWithin(duration) => promises.repeats_within_ms = Some(duration.milliseconds),
    }
}

fn ways(
    resolver: &mut Resolver,
    work: &Work<'_>,
    steps: &[tree::WayStep],
    (service, repeatable): (Option<u16>, bool),
    told: Told<'_>,
) -> Vec<Way> {
    let mut ways = Vec::new();
    let find = |resolver: &mut Resolver, name: &tree::Name| match work.call_named(&name.text) {
        Some(call) => call,
        None => {
            resolver
                .report
                .error("TS0224", name.span, format!("there is no call `{}`", name.text))
                .suggest(&name.text, work.call_names());
            CallId(u16::MAX)
        }
    };
    for step in steps {
        ways.push(match &step.kind {
            WayStepKind::Enquire { call, every } => {
                let (pauses, times) = resolver.pauses(every);
                Way::Enquire { with: find(resolver, call), pauses, times: times.unwrap_or(1_000) }
            }
            WayStepKind::Repeat(every) => {
                let (pauses, times) = resolver.pauses(every);
                Way::Repeat { pauses, times }
            }
            WayStepKind::Undo(call) => Way::Undo { with: find(resolver, call) },
            WayStepKind::Park => Way::Park,
            WayStepKind::Refuse(name) => {
                let service = service.and_then(|service| resolver.services.get(usize::from(service)));
                let may = service.is_none_or(|service| match service.kind {
                    ServiceKind::Query => true,
                    // Told once more it does no harm, and no money stands behind it.
                    ServiceKind::Notice => repeatable,
                    ServiceKind::Posting | ServiceKind::Batch => false,
                });
                if !may {
                    resolver
                        .report
                        .error("TS0702", step.span, "what may hold is never refused out of `unknown`")
                        .note(told.refused())
                        .help("end the way with `park`; only a query may end in `refuse`, and a notice that `promises repeatable`");
                }
                Way::Refuse(resolver.reason(name))
            }
        });
    }
    let ends = matches!(ways.last(), Some(Way::Park | Way::Refuse(_)));
    if let (false, Some(last)) = (ends, steps.last()) {
        resolver
            .report
            .error("TS0703", last.span, "the way out of `unknown` has no end")
            .note(told.endless(last))
            .help("add `, then park`");
    }
    ways
}

impl Resolver {
    /// Between how many tries is waited how long; without end until the cut-over.
    pub(crate) fn pauses(&mut self, every: &tree::Every) -> (Pauses, Option<u32>) {
        match every {
            tree::Every::Doubling { first, longest, limit } => {
                let to_ms = longest.unwrap_or(*first).milliseconds;
                let times = match limit {
                    tree::EveryLimit::Times(count) => Some(narrow(count.value)),
                    tree::EveryLimit::CutOver => None,
                };
                (Pauses::Doubling { every_ms: first.milliseconds, to_ms }, times)
            }
            tree::Every::Given(each) => {
                if let Some(none) = each.iter().find(|pause| pause.milliseconds == 0) {
                    self.report
                        .error("TS0681", none.span, "a pause that is none")
                        .note("what was not answered is tried again at once, and the one that is asked has no time to recover")
                        .help("give each pause a length: `after 1m, 5m, 30m`");
                }
                if let Some(beyond) = each.get(GIVEN_PAUSES_MOST) {
                    self.report
                        .error(
                            "TS0682",
                            beyond.span,
                            format!("more than {GIVEN_PAUSES_MOST} pauses one by one"),
                        )
                        .help("a long row of pauses has a rule: `every 1m to 12h up to 60 times`");
                }
                let times = u32::try_from(each.len()).unwrap_or(u32::MAX);
                (Pauses::Given(each.iter().map(|pause| pause.milliseconds).collect()), Some(times))
            }
        }
    }
}

/// A posting or notice without key or way out of unknown does not compile.
pub(super) fn money(resolver: &mut Resolver, call: &Call, tree: &tree::CallItem) {
    let kind = call
        .service
        .and_then(|service| resolver.services.get(usize::from(service)))
        .map(|service| service.kind);
    let posting = matches!(kind, Some(ServiceKind::Posting | ServiceKind::Batch));
    let notice = matches!(kind, Some(ServiceKind::Notice));
    let told = Told { name: &tree.name.text, ours: call.ours, back: !call.undoes.is_empty() };
    if call.ours && (posting || notice) && call.unknown.is_empty() {
        resolver
            .report
            .error("TS0704", tree.name.span, format!("`{}` has no way out of `unknown`", tree.name.text))
            .note(told.lost())
            .help("add `unknown  enquire with … every 10s up to 6 times, then park`, or `unknown park`");
    }
    if (posting || (call.ours && (notice || !call.undoes.is_empty()))) && call.once.is_empty() {
        resolver
            .report
            .error("TS0705", tree.name.span, format!("`{}` has no key", tree.name.text))
            .note(told.keyless())
            .help("add `once exchange.serial`, or the fields by which a repeat is known");
    }
    for way in &call.unknown {
        if let Way::Repeat { .. } = way {
            let promises = call.promises;
            let safe = promises.same_answer
                || promises.same_answer_when_done
                || promises.says_duplicate
                || promises.repeatable;
            if !safe && (posting || !call.undoes.is_empty()) {
                resolver
                    .report
                    .error(
                        "TS0706",
                        tree.name.span,
                        format!("`{}` is repeated, and nothing says that this is safe", tree.name.text),
                    )
                    .note(told.repeated())
                    .help("if the party promises it, write `promises same answer`; else enquire, or park");
            }
        }
    }
    if !call.undoes.is_empty()
        && call.promises.within_business_date
        && !matches!(call.unknown.last(), Some(Way::Park))
    {
        resolver
            .report
            .error("TS0707", tree.name.span, "a reversal within the business date may come too late")
            .note(told.too_late())
            .help("end its way with `park`");
    }
    let undo = call.unknown.iter().any(|way| matches!(way, Way::Undo { .. }));
    if undo && !call.undoes.is_empty() {
        resolver
            .report
            .error("TS0708", tree.name.span, "a reversal is not reversed")
            .note(told.back_and_forth())
            .help("repeat it if the party allows that, then park");
    }
}

pub(super) fn outcome_rule(resolver: &mut Resolver, rows: &tree::OutcomeRows) -> OutcomeRule {
    let mut bound = Vec::new();
    for row in rows.rows.iter().flat_map(|block| &block.statements) {
        let keys: Vec<Option<Box<str>>> = row
            .kind
            .keys
            .iter()
            .map(|key| match key {
                tree::CodeKey::Text(text) => text.constant().map(Box::from),
                tree::CodeKey::Other(_) | tree::CodeKey::Absent(_) => None,
            })
            .collect();
        if keys.len() != rows.paths.len() {
            resolver
                .report
                .error(
                    "TS0508",
                    row.span,
                    format!("the row has {} codes for {} fields", keys.len(), rows.paths.len()),
                )
                .help("write one code for each field in front of the meaning; `other` for any");
            continue;
        }
        if let Meaning::Outcome(outcome) = meaning(resolver, &row.kind.meaning) {
            bound.push((keys, outcome, shapes::label(&row.label)));
        } else {
            resolver
                .report
                .error("TS0509", row.kind.meaning.span, "here a code means an outcome")
                .help("write done, refused REASON or unknown");
        }
    }
    OutcomeRule {
        fields: rows.paths.iter().map(|path| path.text().into()).collect(),
        rows: bound,
        span: rows.paths.first().map_or_else(Span::default, |path| path.span),
    }
}
