//! Sessions whose messages are numbered: where the number stands, who asks for what is missing, and who fills it.
//!
//! In: the clauses of a session, and the messages of its link. Out: a [`Numbering`]. It must not know how numbers are kept.

use super::{Resolver, find};
use crate::model::{
    CallId, ExprKind, Fact, Hold, Link, LinkKind, Load, MessageSide, Numbering, Session, Space,
};
use crate::resolve::assemble::Work;
use crate::resolve::expression::expression;
use crate::resolve::learn::any;
use crate::resolve::path::Scope;
use crate::tree::{self, CallPart, MessageKind, RuleKind, SessionClause};
use crate::value::Type;

/// How the messages of a session are numbered, if they are.
pub(super) fn numbering(
    resolver: &mut Resolver,
    work: &Work<'_>,
    links: &[Link],
    tree: &tree::Session,
    session: &Session,
) -> Option<Numbering> {
    let clauses = &tree.block.statements;
    let (path, daily, span) = clauses.iter().find_map(|clause| match &clause.kind {
        SessionClause::Numbered { path, daily } => Some((path, *daily, clause.span)),
        _ => None,
    })?;
    let place = work.calls.get(usize::from(session.open.or(session.serve)?.0))?.link;
    let link = links.get(usize::from(place))?;
    let carried = link.kind == LinkKind::Tcp && link.hold == Hold::Many(1);
    let opened = if link.connect { session.at_connect } else { session.serve.is_some() };
    if !carried || !opened {
        resolver
            .report
            .error("TS0639", span, "numbers need one connection on which the session is opened")
            .note("they say in which order messages stand on it, also those that nobody asked for")
            .help("write `hold 1 connections, many exchanges each` on the `tcp` link, and `open CALL at connect`, or `serve CALL` where they connect");
        return None;
    }
    is_fact(resolver, work, (place, path), Fact::MessageNumber, "message.number");
    let gap = clauses.iter().find_map(|clause| match &clause.kind {
        SessionClause::Gap { call, filled_by } => Some((call, filled_by)),
        _ => None,
    });
    let Some((gap, fill)) = gap else {
        resolver
            .report
            .error("TS0653", span, "nothing says how missing numbers are asked for")
            .help("add `gap CALL, filled by CALL`");
        return None;
    };
    let mut resends = false;
    for clause in clauses {
        let SessionClause::Resent { marked, dated } = &clause.kind else { continue };
        resends = true;
        for (path, fact, word) in [
            (marked, Fact::MessageAgain, "message.again"),
            (dated, Fact::MessageFirst, "message.first_moment"),
        ] {
            if let Some(path) = path {
                is_fact(resolver, work, (place, path), fact, word);
            }
        }
    }
    let gap = both_ways(resolver, work, place, gap, &["first", "last"]);
    let fill = both_ways(resolver, work, place, fill, &["next"]);
    let code = |call: CallId| work.draft_of(call, MessageSide::Request).map(|draft| draft.code.clone());
    let ends = session.close.and_then(|close| {
        let all = (0..work.calls.len()).filter_map(|place| u16::try_from(place).ok().map(CallId));
        let theirs = |call: &CallId| {
            let head = work.calls.get(usize::from(call.0));
            head.is_some_and(|head| !head.ours && head.link == place)
        };
        all.filter(theirs).find(|call| code(*call) == code(close))
    });
    Some(Numbering { link: place, daily, gap: gap?, fill: fill?, ends, resends })
}

/// A field of the packet must be `=` a fact of the message's copy.
fn is_fact(
    resolver: &mut Resolver,
    work: &Work<'_>,
    (link, path): (u16, &tree::Path),
    fact: Fact,
    word: &str,
) {
    let over = |call: CallId| work.calls.get(usize::from(call.0)).is_some_and(|call| call.link == link);
    let draft = work.drafts.iter().position(|draft| over(draft.call));
    let wanted = ExprKind::Load(Load { space: Space::Exchange, level: 0, slot: fact as u16, call: 0 });
    let rule = draft.and_then(|place| {
        let draft = work.drafts.get(place)?;
        let (_, tree) = draft.fields.get(draft.find(&[], &path.parts)?)?.tree?;
        let rule = tree.rules.iter().find_map(|rule| match &rule.kind {
            RuleKind::Equal(value) => Some(value),
            _ => None,
        })?;
        Some((Scope { message: Some(place), ..Scope::default() }, rule))
    });
    let holds = rule.is_some_and(|(scope, rule)| {
        let rule = expression(resolver, work, rule, &scope, None);
        // A mark of one width stands for no too: `either(message.again, no)`.
        match fact {
            Fact::MessageNumber => rule.kind == wanted,
            _ => any(&rule, &mut |load| ExprKind::Load(*load) == wanted),
        }
    });
    if !holds {
        resolver
            .report
            .error("TS0652", path.span, format!("`{}` is no field that is `= {word}`", path.text()))
            .note("the number, the mark and the first moment belong to one copy of a message, whatever is in it")
            .help(format!("name a field of the packet: `… = {word}`"));
    }
}

/// What each side says of missing numbers: our call, and the serve of the same code that hears theirs.
fn both_ways(
    resolver: &mut Resolver,
    work: &Work<'_>,
    link: u16,
    name: &tree::Name,
    needs: &[&str],
) -> Option<(CallId, CallId)> {
    let ours = find(resolver, work, name)?;
    let code = |call: CallId| work.draft_of(call, MessageSide::Request).map(|draft| draft.code.clone());
    let fits = |resolver: &Resolver, call: CallId, ours: bool| {
        let Some(head) = work.calls.get(usize::from(call.0)) else { return false };
        let shape = head.ask.and_then(|ask| resolver.shapes.get(ask.0 as usize));
        let has = |need: &&str| {
            let numbers = |ty: &Type| matches!(ty, Type::Number { .. });
            shape.is_some_and(|shape| {
                shape.fields.iter().any(|field| *field.name == **need && numbers(&field.ty))
            })
        };
        let draft = work.draft_of(call, MessageSide::Request);
        let on_wire =
            |need: &&str| draft.is_some_and(|draft| draft.fields.iter().any(|field| *field.name == **need));
        let said = needs.iter().all(has) && needs.iter().all(on_wire);
        head.ours == ours && head.link == link && said && !is_answered(head.tree)
    };
    let all = (0..work.calls.len()).filter_map(|place| u16::try_from(place).ok().map(CallId));
    let theirs: Vec<CallId> = all.filter(|call| *call != ours && code(*call) == code(ours)).collect();
    let theirs = theirs.into_iter().find(|call| fits(resolver, *call, false));
    if fits(resolver, ours, true)
        && let Some(theirs) = theirs
    {
        return Some((ours, theirs));
    }
    let needs = needs.join("` and `");
    resolver
        .report
        .error("TS0653", name.span, format!("`{}` does not say which numbers, both ways", name.text))
        .note("either side may miss messages, so what one says the other hears: a `call` and a `serve` of one code, without a reply")
        .help(format!("give both over this link an `ask` with the number `{needs}`, and a field of that name that is filled from it or read into it"));
    None
}

fn is_answered(tree: &tree::CallItem) -> bool {
    let mut parts = tree.block.statements.iter();
    parts.any(|part| matches!(&part.kind, CallPart::Message(message) if message.kind != MessageKind::Request))
}
