//! Flows.

use super::block::{Headed, block, label, labelled, labelled_block, then, unknown_word};
use super::cursor::{Column, In, Res, comma, count, duration, name, names, path, paths, time, word};
use super::expression::{expr, list_expr};
use super::field::{cases, check, must_else, otherwise};
use super::text;
use crate::lex::{Sign, TokenKind};
use crate::tree::{
    Block, Each, Flow, FlowMember, FlowStatement, ItemKind, Limit, LimitKind, LimitOver, LimitSpan, Mapping,
    Step, Trigger,
};
use nom::Parser;
use nom::combinator::{cut, opt};
use nom::sequence::preceded;

const WORDS: &[&str] = &[
    "limit", "check", "deadline", "hold", "park", "refuse", "cancel", "step", "start", "await", "each",
    "together", "choose", "when", "answer", "wait",
];
const MAPPINGS: &[&str] = &[
    "NAME <- value",
    "pass",
    "again every",
    "again after",
    "else go on",
    "else park",
    "undo",
    "correct",
    "keep",
    "best effort",
];

/// `for NAME expr ELSE`.
fn of_member(input: In<'_>) -> Res<'_, FlowMember> {
    let (here, _) = word("for").parse(input)?;
    let (here, (member, named)) = (cut(name), cut(expr)).parse(here)?;
    let (here, otherwise) = must_else(here, "for")?;
    Ok((here, FlowMember { member, named, otherwise }))
}

/// `flow NAME L on … (per NAME)? (for NAME expr ELSE)? { … }`, behind its word.
pub(crate) fn flow(input: In<'_>) -> Res<'_, Headed<ItemKind>> {
    let (here, name) = cut(name).parse(input)?;
    let (here, label) = label(here)?;
    let (here, _) = cut(word("on")).parse(here)?;
    let (here, trigger) = match here.word() {
        Some("daily") if here.ahead(1).kind == TokenKind::Time => {
            time(here.advance()).map(|(rest, time)| (rest, Trigger::Daily(time)))?
        }
        Some("every") if !here.ahead_is_sign(1, Sign::BraceOpen) && !here.ahead_is_sign(1, Sign::Point) => {
            cut(expr).parse(here.advance()).map(|(rest, value)| (rest, Trigger::Every(value)))?
        }
        Some("refused") if here.advance().word().is_some_and(|next| !matches!(next, "per" | "for")) => {
            cut(names).parse(here.advance()).map(|(rest, calls)| (rest, Trigger::Refused(calls)))?
        }
        _ => cut(path).parse(here).map(|(rest, path)| (rest, Trigger::On(path)))?,
    };
    let (here, per) = opt(preceded(word("per"), cut(self::name))).parse(here)?;
    let (here, of) = opt(of_member).parse(here)?;
    let (here, block) = cut(|inside| block(inside, statement)).parse(here)?;
    Ok((here, (ItemKind::Flow(Flow { name, trigger, per, of, block }), label)))
}

fn statement(input: In<'_>) -> Res<'_, Headed<FlowStatement>> {
    let here = input.advance();
    match input.word() {
        Some("step") => step(here),
        Some("start") => {
            let (here, service) = cut(path).parse(here)?;
            let (here, label) = label(here)?;
            let (here, mappings) = mappings(here)?;
            Ok((here, (FlowStatement::Start { service, mappings }, label)))
        }
        Some("each") => each(here),
        Some("together") => {
            let (here, (label, block)) = labelled_block(here, statement)?;
            Ok((here, (FlowStatement::Together(block), label)))
        }
        Some("choose") => {
            let (here, subject) = cut(expr).parse(here)?;
            let (here, (cases, label)) = cases(here, statement)?;
            Ok((here, (FlowStatement::Choose { subject, cases }, label)))
        }
        Some("when") => {
            let (here, condition) = cut(expr).parse(here)?;
            let (here, (label, block)) = labelled_block(here, statement)?;
            Ok((here, (FlowStatement::When { condition, block }, label)))
        }
        Some("answer") => {
            let (here, (label, block)) = labelled_block(here, mapping)?;
            Ok((here, (FlowStatement::Answer(block), label)))
        }
        Some(_) => {
            let (here, found) = line(input)?;
            labelled(here, found)
        }
        None => unknown_word(input, "statement of a flow", WORDS),
    }
}

/// A statement of a flow that is a line.
fn line(input: In<'_>) -> Res<'_, FlowStatement> {
    let here = input.advance();
    if WORDS.contains(&input.word().unwrap_or("")) && !input.is_word("wait") {
        here.column(Column::Body);
    }
    match input.word() {
        Some("limit") => limit(here),
        Some("check") => {
            let (rest, found) = check(here)?;
            if found.otherwise.is_none() {
                must_else(rest, "check")?;
            }
            Ok((rest, FlowStatement::Check(found)))
        }
        Some("deadline") => {
            let (here, (limit, _, after)) = (cut(expr), cut(word("after")), cut(path)).parse(here)?;
            let (here, warn) = opt(preceded((comma, word("warn")), cut(expr))).parse(here)?;
            let (here, otherwise) = must_else(here, "deadline")?;
            Ok((here, FlowStatement::Deadline { limit, after, warn, otherwise }))
        }
        Some("hold") => {
            let (here, name) = if here.word().is_some() {
                cut(name).parse(here).map(|(rest, name)| (rest, Some(name)))?
            } else {
                (here, None)
            };
            let (here, (what, _, who)) = (cut(text::text), cut(word("for")), cut(expr)).parse(here)?;
            Ok((here, FlowStatement::Hold { name, what, who }))
        }
        Some("park") => cut(text::text).parse(here).map(|(rest, why)| (rest, FlowStatement::Park(why))),
        Some("refuse") => cut(name).parse(here).map(|(rest, why)| (rest, FlowStatement::Refuse(why))),
        Some("cancel") => cancel(here),
        Some("wait") if here.is_word("until") => {
            cut(expr).parse(here.advance()).map(|(rest, value)| (rest, FlowStatement::WaitUntil(value)))
        }
        Some("wait") if here.is_word("for") => {
            cut(path).parse(here.advance()).map(|(rest, list)| (rest, FlowStatement::WaitFor(list)))
        }
        Some("wait") => unknown_word(here, "wait of a flow", &["until", "for"]),
        Some("await") => {
            let (here, (name, call, _)) = (cut(name), cut(path), cut(word("where"))).parse(here)?;
            let (here, condition) = cut(expr).parse(here)?;
            let (here, ()) = then(here, &["up", "to"])?;
            let (here, limit) = cut(duration).parse(here)?;
            let (here, otherwise) = must_else(here, "await")?;
            Ok((here, FlowStatement::Await { name, call, condition, limit, otherwise }))
        }
        _ => unknown_word(input, "statement of a flow", WORDS),
    }
}

fn cancel(input: In<'_>) -> Res<'_, FlowStatement> {
    if input.is_word("refused") && input.ahead_is_word(1, "after") {
        let (here, step) = cut(name).parse(input.advance().advance())?;
        return Ok((here, FlowStatement::CancelRefusedAfter(step)));
    }
    let (here, (flow, _)) = (cut(name), cut(word("where"))).parse(input)?;
    let (here, condition) = cut(expr).parse(here)?;
    let (here, otherwise) = otherwise(here)?;
    Ok((here, FlowStatement::Cancel { flow, condition, otherwise }))
}

fn limit(input: In<'_>) -> Res<'_, FlowStatement> {
    let (here, kind) = match input.word() {
        Some("sum") if !input.ahead_is_sign(1, Sign::Point) => {
            let (here, (of, _, by)) = (cut(path), cut(word("by")), cut(paths)).parse(input.advance())?;
            let (here, over) = limit_over(here)?;
            (here, LimitKind::Sum { of, by, over })
        }
        Some("count") if input.ahead_is_word(1, "by") => {
            let (here, by) = cut(paths).parse(input.advance().advance())?;
            let (here, over) = limit_over(here)?;
            (here, LimitKind::Count { by, over })
        }
        _ => cut(path).parse(input).map(|(rest, path)| (rest, LimitKind::Value(path)))?,
    };
    let (here, ()) = then(here, &["at", "most"])?;
    let (here, at_most) = cut(expr).parse(here)?;
    let (here, otherwise) = must_else(here, "limit")?;
    Ok((here, FlowStatement::Limit(Limit { kind, at_most, otherwise })))
}

fn limit_over(input: In<'_>) -> Res<'_, LimitOver> {
    let (here, span) = if input.is_word("each") {
        let here = input.advance();
        match here.word() {
            Some("day") => (here.advance(), LimitSpan::Day),
            Some("month") => (here.advance(), LimitSpan::Month),
            _ => return here.expected("`day` or `month`"),
        }
    } else {
        (input, LimitSpan::Ever)
    };
    let (here, counter) = opt(preceded(word("as"), cut(name))).parse(here)?;
    Ok((here, LimitOver { span, counter }))
}

fn step(input: In<'_>) -> Res<'_, Headed<FlowStatement>> {
    let (here, (name, service)) = (cut(name), cut(path)).parse(input)?;
    let (here, at) = opt(preceded(word("at"), cut(expr))).parse(here)?;
    let (here, label) = label(here)?;
    let (here, mappings) = mappings(here)?;
    Ok((here, (FlowStatement::Step(Step { name, service, at, mappings }), label)))
}

fn mappings(input: In<'_>) -> Res<'_, Option<Block<Mapping>>> {
    if !input.is_sign(Sign::BraceOpen) {
        return Ok((input, None));
    }
    block(input, mapping).map(|(rest, block)| (rest, Some(block)))
}

fn each(input: In<'_>) -> Res<'_, Headed<FlowStatement>> {
    let (here, (item, _, list)) = (cut(name), cut(word("in")), cut(path)).parse(input)?;
    let (here, results) = opt(preceded(super::cursor::sign(Sign::To), cut(path))).parse(here)?;
    let mut found = (None, Vec::new());
    let mut here = here;
    while here.is_sign(Sign::Comma) {
        let value = here.advance();
        if value.is_word("once") {
            let (rest, _) = cut(word("by")).parse(value.advance())?;
            let (rest, by) = cut(paths).parse(rest)?;
            found.1 = by;
            here = rest;
        } else {
            let (rest, width) = cut(count).parse(value)?;
            let (rest, ()) = then(rest, &["at", "once"])?;
            found.0 = Some(width);
            here = rest;
        }
    }
    let (here, (label, block)) = labelled_block(here, statement)?;
    let each = Each { item, list, results, at_once: found.0, once: found.1, block };
    Ok((here, (FlowStatement::Each(each), label)))
}

fn mapping(input: In<'_>) -> Res<'_, Headed<Mapping>> {
    if input.word().is_some() && (input.ahead_is_sign(1, Sign::From) || input.ahead_is_sign(1, Sign::Point)) {
        let (here, target) = path(input)?;
        here.column(Column::Body);
        let (here, value) = cut(preceded(super::cursor::sign(Sign::From), cut(list_expr))).parse(here)?;
        let (here, otherwise) = otherwise(here)?;
        return labelled(here, Mapping::Assign { target, value, otherwise });
    }
    let here = input.advance();
    match input.word() {
        Some("pass") => {
            let (here, path) = cut(path).parse(here)?;
            labelled(here, Mapping::Pass(path))
        }
        Some("again") => {
            let (here, every) = super::call::every(here)?;
            labelled(here, Mapping::Again(every))
        }
        Some("else") if here.is_word("go") => {
            let (here, ()) = then(here, &["go", "on"])?;
            let (here, reasons) = opt(preceded(word("for"), cut(names))).parse(here)?;
            labelled(here, Mapping::ElseGoOn(reasons.unwrap_or_default()))
        }
        Some("else") => {
            let (here, ()) = then(here, &["park"])?;
            let (here, why) = cut(text::text).parse(here)?;
            labelled(here, Mapping::ElsePark(why))
        }
        Some("undo") => {
            let (here, service) = opt(path).parse(here)?;
            let (here, label) = label(here)?;
            let (here, mappings) = mappings(here)?;
            Ok((here, (Mapping::Undo { service, mappings }, label)))
        }
        Some("correct") => {
            let (here, service) = cut(path).parse(here)?;
            let (here, label) = label(here)?;
            let (here, mappings) = mappings(here)?;
            Ok((here, (Mapping::Correct { service, mappings }, label)))
        }
        Some("keep") => {
            here.column(Column::Body);
            let (here, why) = cut(text::text).parse(here)?;
            labelled(here, Mapping::Keep(why))
        }
        Some("best") => {
            let (here, ()) = then(here, &["effort"])?;
            labelled(here, Mapping::BestEffort)
        }
        _ => unknown_word(input, "mapping", MAPPINGS),
    }
}
