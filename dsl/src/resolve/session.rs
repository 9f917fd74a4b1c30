//! Sessions: what signs in, what is kept from it, when it is renewed.

mod numbered;

use super::Resolver;
use super::assemble::Work;
use super::call::minutes;
use super::expression::{condition, expression};
use super::path::Scope;
use super::shapes;
use crate::model::{CallId, Expr, Hold, Link, LinkKind, Session, SessionValue};
use crate::tree::{self, CloseAt, OpenAt, SessionClause};
use crate::value::Type;

/// Declares the values of all sessions, so that messages may name them.
pub(crate) fn declare(resolver: &mut Resolver, work: &mut Work<'_>) {
    for (_, tree) in &work.index.sessions {
        for clause in &tree.block.statements {
            let (SessionClause::Keep(value) | SessionClause::Make(value)) = &clause.kind else { continue };
            let ty = shapes::plain(resolver, &value.type_);
            if work.session_values.iter().any(|(name, _)| *name == value.name.text) {
                resolver
                    .report
                    .error("TS0622", value.name.span, format!("two sessions keep `{}`", value.name.text))
                    .help("values of all sessions of a party have names of their own");
                continue;
            }
            work.session_values.push((value.name.text.clone(), ty));
        }
    }
}

/// The sessions, with their values typed.
pub(crate) fn sessions(resolver: &mut Resolver, work: &Work<'_>, links: &[Link]) -> Vec<Session> {
    work.index.sessions.iter().map(|(_, tree)| session(resolver, work, links, tree)).collect()
}

/// Whether a session numbers the messages of a link, by what its clauses say.
pub(super) fn is_numbered(work: &Work<'_>, link: &str) -> bool {
    work.index.sessions.iter().any(|(_, tree)| {
        let mut clauses = tree.block.statements.iter().map(|clause| &clause.kind);
        let on_link = |name: &tree::Name| {
            let call = work.call_named(&name.text).and_then(|call| work.calls.get(usize::from(call.0)));
            let link_of = call.and_then(|call| work.index.links.get(usize::from(call.link)));
            link_of.is_some_and(|(_, known)| *known.name.text == *link)
        };
        clauses.clone().any(|clause| matches!(clause, SessionClause::Numbered { .. }))
            && clauses.any(|clause| match clause {
                SessionClause::Open { call, .. } | SessionClause::Serve(call) => on_link(call),
                _ => false,
            })
    })
}

fn find(resolver: &mut Resolver, work: &Work<'_>, name: &tree::Name) -> Option<CallId> {
    let found = work.call_named(&name.text);
    if found.is_none() {
        resolver
            .report
            .error("TS0224", name.span, format!("there is no call `{}`", name.text))
            .suggest(&name.text, work.call_names());
    }
    found
}

fn session(resolver: &mut Resolver, work: &Work<'_>, links: &[Link], tree: &tree::Session) -> Session {
    let mut session = Session {
        name: tree.name.text.clone(),
        per_member: tree.per.is_some(),
        open: None,
        at_start: false,
        at_connect: false,
        at: Vec::new(),
        serve: None,
        renew: Vec::new(),
        new_serial: false,
        values: Vec::new(),
        changes: Vec::new(),
        checks: Vec::new(),
        until: None,
        early_ms: 0,
        overlap_ms: 0,
        numbering: None,
        close: None,
        close_at: None,
        span: tree.name.span,
    };
    if let Some(per) = &tree.per
        && work.member.as_ref().is_none_or(|member| *member.name != *per.text)
    {
        resolver
            .report
            .error("TS0228", per.span, format!("there is no member `{}`", per.text))
            .help("declare it: `member NAME { name … }`");
    }
    let scope = Scope::default();
    for clause in &tree.block.statements {
        match &clause.kind {
            SessionClause::Open { call, at } => {
                session.open = find(resolver, work, call);
                for at in at {
                    match at {
                        OpenAt::Start => session.at_start = true,
                        OpenAt::Connect => session.at_connect = true,
                        OpenAt::Time(time) => session.at.push(minutes(*time)),
                    }
                }
            }
            SessionClause::Serve(call) => session.serve = find(resolver, work, call),
            SessionClause::Renew { reasons, new_serial } => {
                session.new_serial |= *new_serial;
                for reason in reasons {
                    let times = reason.times.map_or(1, |times| u32::try_from(times.value).unwrap_or(1));
                    let symbol = resolver.reason(&reason.reason);
                    session.renew.push((symbol, times));
                }
            }
            SessionClause::Keep(value) => session.values.push(kept(resolver, work, value, false)),
            SessionClause::Make(value) => session.values.push(kept(resolver, work, value, true)),
            SessionClause::Change { name, value } => {
                session.changes.extend(changed(resolver, work, tree, name, value));
            }
            SessionClause::Check(check) => {
                let holds = expression(resolver, work, &check.condition, &scope, Some(&Type::Flag));
                session.checks.push(condition(resolver, holds));
            }
            SessionClause::Until(tree) => {
                let until = expression(resolver, work, tree, &scope, None);
                if !matches!(until.ty, Type::DateTime | Type::Duration | Type::Wrong) {
                    resolver
                        .report
                        .error("TS0623", until.span, "a session ends at a moment, or after a span of time")
                        .help("write `until sign_in.reply.valid`, or `until duration(fetch.reply.expires_in, s)`");
                }
                session.until = Some(until);
            }
            SessionClause::Overlap(duration) => session.overlap_ms = duration.milliseconds,
            SessionClause::Close { call, at } => {
                session.close = find(resolver, work, call);
                session.close_at = match at {
                    CloseAt::CutOver => None,
                    CloseAt::Time(time) => Some(minutes(*time)),
                };
            }
            SessionClause::Early(span) => session.early_ms = span.milliseconds,
            SessionClause::Numbered { .. } | SessionClause::Gap { .. } | SessionClause::Resent { .. } => {}
        }
    }
    session.numbering = numbered::numbering(resolver, work, links, tree, &session);
    judge(resolver, work, links, tree, &session);
    if session.open.is_none() && session.serve.is_none() {
        resolver
            .report
            .error("TS0624", tree.name.span, format!("nothing opens the session `{}`", tree.name.text))
            .help("write `open CALL at start`, or `serve CALL` where they sign in");
    }
    session
}

/// Whether the session's words agree with each other, and with the link that it opens on.
fn judge(resolver: &mut Resolver, work: &Work<'_>, links: &[Link], tree: &tree::Session, session: &Session) {
    for clause in &tree.block.statements {
        match &clause.kind {
            SessionClause::Open { .. } if session.at_connect => {
                let call = session.open.and_then(|open| work.calls.get(usize::from(open.0)));
                let link = call.and_then(|call| links.get(usize::from(call.link)));
                let one = |link: &Link| {
                    link.kind == LinkKind::Tcp
                        && link.connect
                        && matches!(link.hold, Hold::Single(1) | Hold::Many(1))
                };
                if link.is_some_and(|link| !one(link)) {
                    resolver
                        .report
                        .error("TS0637", clause.span, "a session at each connection needs the one connection of its link")
                        .note("its values are those of that connection; of several it could not be said whose hold")
                        .help("write `hold 1 connections, …` on the `tcp` link on which we connect; or open it `at start`");
                }
            }
            SessionClause::Early(_) if session.until.is_none() => {
                resolver
                    .report
                    .error("TS0638", clause.span, "`early` speaks of an end that the session does not have")
                    .help("say until when it is good: `until sign_in.reply.valid`, `until duration(n, s)`");
            }
            _ => {}
        }
    }
}

fn kept(resolver: &mut Resolver, work: &Work<'_>, tree: &tree::SessionValue, make: bool) -> SessionValue {
    let ty = shapes::plain(resolver, &tree.type_);
    let value = expression(resolver, work, &tree.value, &Scope::default(), Some(&ty));
    SessionValue { name: tree.name.text.clone(), ty, value, make, span: tree.name.span }
}

/// A value of another session, and what it becomes.
fn changed(
    resolver: &mut Resolver,
    work: &Work<'_>,
    session: &tree::Session,
    name: &tree::Name,
    value: &tree::Expr,
) -> Option<(u16, Expr)> {
    let clauses = session.block.statements.iter().map(|statement| &statement.kind);
    let own = clauses.clone().any(|clause| {
        matches!(clause, SessionClause::Keep(own) | SessionClause::Make(own) if own.name.text == name.text)
    });
    let told = clauses.clone().any(|clause| matches!(clause, SessionClause::Serve(_)));
    if own || !told {
        resolver
            .report
            .error("TS0626", name.span, format!("nothing that they say changes `{}` here", name.text))
            .note("a value of another session changes once a message of theirs has been answered")
            .help("give the change a session of its own: `serve CALL`, `keep NEW …`, `change OLD = session.NEW`");
        return None;
    }
    let Some(slot) = work.session_values.iter().position(|(known, _)| **known == *name.text) else {
        resolver
            .report
            .error("TS0217", name.span, format!("no session keeps or makes `{}`", name.text))
            .suggest(&name.text, work.session_values.iter().map(|(known, _)| &**known));
        return None;
    };
    let ty = work.session_values[slot].1.clone();
    let value = expression(resolver, work, value, &Scope::default(), Some(&ty));
    Some((u16::try_from(slot).unwrap_or(u16::MAX), value))
}
