//! Sessions.

use super::block::{Headed, labelled, labelled_block, must, then, unknown_word};
use super::cursor::{Column, In, Res, comma, count, duration, name, path, sign, time, word};
use super::expression::expr;
use super::field::{check, session_value};
use crate::lex::{Sign, TokenKind};
use crate::tree::{CloseAt, ItemKind, OpenAt, Path, RenewReason, Session, SessionClause};
use nom::Parser;
use nom::combinator::{cut, opt};
use nom::multi::separated_list1;
use nom::sequence::preceded;

const WORDS: &[&str] = &[
    "open", "serve", "renew", "keep", "make", "change", "check", "until", "early", "overlap", "close",
    "numbered", "gap", "resent",
];

/// `session NAME L (per NAME)? { … }`, behind its word.
pub(crate) fn session(input: In<'_>) -> Res<'_, Headed<ItemKind>> {
    let (here, name_) = cut(name).parse(input)?;
    let (here, head) = super::block::label(here)?;
    let (here, per) = opt(preceded(word("per"), cut(name))).parse(here)?;
    let (here, (tail, block)) = labelled_block(here, clause)?;
    let label = if head.text.is_some() || head.assumed.is_some() { head } else { tail };
    Ok((here, (ItemKind::Session(Session { name: name_, per, block }), label)))
}

fn clause(input: In<'_>) -> Res<'_, Headed<SessionClause>> {
    let here = input.advance();
    here.column(Column::Body);
    let (rest, clause) = match input.word() {
        Some("open") => {
            let (here, call) = cut(name).parse(here)?;
            let (here, ()) = then(here, &["at"])?;
            let (here, at) = cut(separated_list1(comma, open_at)).parse(here)?;
            (here, SessionClause::Open { call, at })
        }
        Some("serve") => cut(name).parse(here).map(|(rest, call)| (rest, SessionClause::Serve(call)))?,
        Some("renew") => {
            let (here, ()) = then(here, &["on"])?;
            let (here, reasons) = cut(separated_list1(comma, renew_reason)).parse(here)?;
            let new_serial = here.is_word("with");
            let here = if new_serial { then(here.advance(), &["a", "new", "serial"])?.0 } else { here };
            (here, SessionClause::Renew { reasons, new_serial })
        }
        Some("keep") => session_value(here).map(|(rest, value)| (rest, SessionClause::Keep(value)))?,
        Some("make") => session_value(here).map(|(rest, value)| (rest, SessionClause::Make(value)))?,
        Some("change") => {
            let (here, name) = cut(name).parse(here)?;
            here.column(Column::Rule);
            let (here, value) = cut(preceded(sign(Sign::Equal), cut(expr))).parse(here)?;
            (here, SessionClause::Change { name, value })
        }
        Some("check") => check(here).map(|(rest, check)| (rest, SessionClause::Check(check)))?,
        Some("until") => cut(expr).parse(here).map(|(rest, value)| (rest, SessionClause::Until(value)))?,
        Some("early") => {
            cut(duration).parse(here).map(|(rest, value)| (rest, SessionClause::Early(value)))?
        }
        Some("overlap") => {
            cut(duration).parse(here).map(|(rest, value)| (rest, SessionClause::Overlap(value)))?
        }
        Some("close") => {
            let (here, (call, _, at)) = (cut(name), cut(word("at")), cut(close_at)).parse(here)?;
            (here, SessionClause::Close { call, at })
        }
        Some("numbered" | "gap" | "resent") => numbered(input)?,
        _ => return unknown_word(input, "clause of a session", WORDS),
    };
    labelled(rest, clause)
}

fn open_at(input: In<'_>) -> Res<'_, OpenAt> {
    match input.word() {
        Some("start") => Ok((input.advance(), OpenAt::Start)),
        Some("connect") => Ok((input.advance(), OpenAt::Connect)),
        _ if input.is(TokenKind::Time) => time(input).map(|(rest, time)| (rest, OpenAt::Time(time))),
        _ => input.expected("`start`, `connect` or a time such as 08:00"),
    }
}

fn close_at(input: In<'_>) -> Res<'_, CloseAt> {
    match input.word() {
        Some("cut_over") => Ok((input.advance(), CloseAt::CutOver)),
        _ if input.is(TokenKind::Time) => time(input).map(|(rest, time)| (rest, CloseAt::Time(time))),
        _ => input.expected("`cut_over` or a time such as 18:00"),
    }
}

fn renew_reason(input: In<'_>) -> Res<'_, RenewReason> {
    let (here, reason) = name(input)?;
    if !here.is(TokenKind::Number) {
        return Ok((here, RenewReason { reason, times: None }));
    }
    let (here, (times, _)) = (count, cut(word("times"))).parse(here)?;
    Ok((here, RenewReason { reason, times: Some(times) }))
}

/// The clauses of a session whose messages are numbered.
fn numbered(input: In<'_>) -> Res<'_, SessionClause> {
    let here = input.advance();
    match input.word() {
        Some("numbered") => {
            let (here, path) = cut(path).parse(here)?;
            let (here, _) = must(here, Sign::Comma)?;
            let daily = here.is_word("daily");
            let (here, _) = cut(word(if daily { "daily" } else { "kept" })).parse(here)?;
            Ok((here, SessionClause::Numbered { path, daily }))
        }
        Some("gap") => {
            let (here, (call, _)) = (cut(name), cut(comma)).parse(here)?;
            let (here, ()) = then(here, &["filled", "by"])?;
            let (here, filled_by) = cut(name).parse(here)?;
            Ok((here, SessionClause::Gap { call, filled_by }))
        }
        _ => {
            let (here, ()) = then(here, &["open"])?;
            let (here, marked) = opt(preceded((comma, word("marked")), cut(path))).parse(here)?;
            let (here, dated): (_, Option<Path>) =
                opt(preceded((comma, word("dated")), cut(path))).parse(here)?;
            Ok((here, SessionClause::Resent { marked, dated }))
        }
    }
}
