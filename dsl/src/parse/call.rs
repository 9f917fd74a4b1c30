//! Calls, both ways.

use super::block::{Headed, block, label, labelled, labelled_block, then, unknown_word};
use super::cursor::{Column, In, Res, comma, count, duration, name, names, one_of, path, paths, word};
use super::expression::expr;
use super::field::{check, otherwise, rules, shape};
use super::{codes, message, text};
use crate::lex::{Sign, TokenKind};
use crate::tree::{
    Assign, CallItem, CallKind, CallPart, Every, EveryLimit, ItemKind, OutcomeRow, OutcomeRows, Promise,
    PromiseKind, Relation, WayStep, WayStepKind,
};
use nom::Parser;
use nom::combinator::cut;
use nom::multi::separated_list1;

const KINDS: &[(&str, CallKind)] = &[("call", CallKind::Call), ("serve", CallKind::Serve)];
const WORDS: &[&str] = &[
    "ask",
    "answer",
    "once",
    "promises",
    "unknown",
    "pending",
    "outcome",
    "pages",
    "due",
    "only when",
    "original",
    "check",
    "request",
    "reply",
    "later",
];

/// `call NAME L relation* { part }`, from its word on.
pub(crate) fn call(input: In<'_>) -> Res<'_, Headed<ItemKind>> {
    let (here, (kind, name)) = (one_of(KINDS, "a call"), cut(name)).parse(input)?;
    let (mut here, label) = label(here)?;
    let mut relations = Vec::new();
    while !here.is_sign(Sign::BraceOpen) && here.word().is_some() {
        let (rest, relation) = relation(here)?;
        relations.push(relation);
        here = rest;
    }
    let (here, block) = cut(|inside| block(inside, part)).parse(here)?;
    Ok((here, (ItemKind::Call(CallItem { kind, name, relations, block }), label)))
}

fn relation(input: In<'_>) -> Res<'_, Relation> {
    let here = input.advance();
    match input.word() {
        Some("over") => cut(name).parse(here).map(|(rest, link)| (rest, Relation::Over(link))),
        Some("provides") => cut(path).parse(here).map(|(rest, path)| (rest, Relation::Provides(path))),
        Some("runs") => cut(path).parse(here).map(|(rest, path)| (rest, Relation::Runs(path))),
        Some("settles") => cut(names).parse(here).map(|(rest, names)| (rest, Relation::Settles(names))),
        Some("undoes") => cut(names).parse(here).map(|(rest, names)| (rest, Relation::Undoes(names))),
        Some("about") => cut(name).parse(here).map(|(rest, name)| (rest, Relation::About(name))),
        _ => unknown_word(
            input,
            "relation of a call",
            &["over", "provides", "runs", "settles", "undoes", "about"],
        ),
    }
}

fn part(input: In<'_>) -> Res<'_, Headed<CallPart>> {
    if input.ahead_is_sign(1, Sign::Point) || input.ahead_is_sign(1, Sign::From) {
        let (here, target) = path(input)?;
        here.column(Column::Body);
        let (here, rules) = rules(here)?;
        return labelled(here, CallPart::Assign(Assign { target, rules }));
    }
    let here = input.advance();
    let (rest, part) = match input.word() {
        Some("ask") => {
            let (here, (label, block)) = labelled_block(here, shape)?;
            return Ok((here, (CallPart::Ask(block), label)));
        }
        Some("answer") => {
            let (here, (label, block)) = labelled_block(here, shape)?;
            return Ok((here, (CallPart::Answer(block), label)));
        }
        Some("request" | "reply" | "later") => {
            let (here, (message, label)) = message::message(input)?;
            return Ok((here, (CallPart::Message(message), label)));
        }
        Some("outcome") => {
            let (here, (rows, label)) = outcome(here)?;
            return Ok((here, (CallPart::Outcome(rows), label)));
        }
        Some(_) => clause(input)?,
        None => return unknown_word(input, "part of a call", WORDS),
    };
    labelled(rest, part)
}

/// A part of a call that is a line.
fn clause(input: In<'_>) -> Res<'_, CallPart> {
    let here = input.advance();
    let known = WORDS.contains(&input.word().unwrap_or(""));
    if known {
        here.column(Column::Body);
    }
    match input.word() {
        Some("once") => {
            let list = separated_list1(comma, expr);
            cut(list).parse(here).map(|(rest, list)| (rest, CallPart::Once(list)))
        }
        Some("promises") => {
            let list = separated_list1(comma, promise);
            cut(list).parse(here).map(|(rest, list)| (rest, CallPart::Promises(list)))
        }
        Some("unknown") => way(here).map(|(rest, steps)| (rest, CallPart::Unknown(steps))),
        Some("pending") if here.is_word("silent") => Ok((here.advance(), CallPart::PendingSilent)),
        Some("pending") => {
            let (here, ()) = then(here, &["as"])?;
            cut(text::text).parse(here).map(|(rest, code)| (rest, CallPart::PendingAs(code)))
        }
        Some("pages") => {
            let (here, (rows, _)) = (cut(count), cut(word("rows"))).parse(here)?;
            let (here, ()) = then(here, &["up", "to"])?;
            let (here, times) = cut(count).parse(here)?;
            let (here, ()) = then(here, &["times", "while"])?;
            let (here, condition) = cut(expr).parse(here)?;
            Ok((here, CallPart::Pages { rows, times, condition }))
        }
        Some("due") => cut(expr).parse(here).map(|(rest, value)| (rest, CallPart::Due(value))),
        Some("only") => {
            let (here, ()) = then(here, &["when"])?;
            cut(expr).parse(here).map(|(rest, value)| (rest, CallPart::OnlyWhen(value)))
        }
        Some("original") => {
            let (here, ()) = then(here, &["where"])?;
            let (here, condition) = cut(expr).parse(here)?;
            let (here, otherwise) = otherwise(here)?;
            Ok((here, CallPart::Original { condition, otherwise }))
        }
        Some("check") => check(here).map(|(rest, check)| (rest, CallPart::Check(check))),
        _ => unknown_word(input, "part of a call", WORDS),
    }
}

const PROMISES: &[&str] = &[
    "same answer",
    "says duplicate",
    "quiet",
    "remembered",
    "repeatable",
    "within business date",
    "assured",
    "proves done only",
    "in order",
    "holds",
    "repeats within",
];

fn promise(input: In<'_>) -> Res<'_, Promise> {
    let here = input.advance();
    let (rest, kind) = match input.word() {
        Some("same") => {
            let (here, ()) = then(here, &["answer"])?;
            if here.is_word("when") {
                (then(here.advance(), &["done"])?.0, PromiseKind::SameAnswerWhenDone)
            } else {
                (here, PromiseKind::SameAnswer)
            }
        }
        Some("says") => (then(here, &["duplicate"])?.0, PromiseKind::SaysDuplicate),
        Some("quiet") => cut(duration).parse(here).map(|(rest, time)| (rest, PromiseKind::Quiet(time)))?,
        Some("remembered") => (here, PromiseKind::Remembered),
        Some("repeatable") => (here, PromiseKind::Repeatable),
        Some("within") => (then(here, &["business", "date"])?.0, PromiseKind::WithinBusinessDate),
        Some("assured") => (here, PromiseKind::Assured),
        Some("proves") => (then(here, &["done", "only"])?.0, PromiseKind::ProvesDoneOnly),
        Some("in") => (then(here, &["order"])?.0, PromiseKind::InOrder),
        Some("holds") => cut(duration).parse(here).map(|(rest, time)| (rest, PromiseKind::Holds(time)))?,
        Some("repeats") => {
            let (here, ()) = then(here, &["within"])?;
            cut(duration).parse(here).map(|(rest, time)| (rest, PromiseKind::RepeatsWithin(time)))?
        }
        _ => return unknown_word(input, "promise", PROMISES),
    };
    Ok((rest, Promise { kind, span: rest.since(input) }))
}

/// `step (, then step)*`.
fn way(input: In<'_>) -> Res<'_, Vec<WayStep>> {
    let (mut here, first) = step(input)?;
    let mut found = vec![first];
    while here.is_sign(Sign::Comma) {
        let (rest, ()) = then(here.advance(), &["then"])?;
        let (rest, next) = step(rest)?;
        found.push(next);
        here = rest;
    }
    Ok((here, found))
}

fn step(input: In<'_>) -> Res<'_, WayStep> {
    let here = input.advance();
    let (rest, kind) = match input.word() {
        Some("enquire") => {
            let (here, ()) = then(here, &["with"])?;
            let (here, (call, every)) = (cut(name), every).parse(here)?;
            (here, WayStepKind::Enquire { call, every })
        }
        Some("repeat") => every(here).map(|(rest, every)| (rest, WayStepKind::Repeat(every)))?,
        Some("undo") => {
            let (here, ()) = then(here, &["with"])?;
            cut(name).parse(here).map(|(rest, call)| (rest, WayStepKind::Undo(call)))?
        }
        Some("park") => (here, WayStepKind::Park),
        Some("refuse") => cut(name).parse(here).map(|(rest, why)| (rest, WayStepKind::Refuse(why)))?,
        _ => {
            return unknown_word(
                input,
                "way out of unknown",
                &["enquire with", "repeat", "undo with", "park", "refuse"],
            );
        }
    };
    Ok((rest, WayStep { kind, span: rest.since(input) }))
}

/// `every DUR (to DUR)? ("up to" NUM times | until cut_over)`, or `after DUR,*`.
pub(super) fn every(input: In<'_>) -> Res<'_, Every> {
    if input.is_word("after") {
        return pauses(input.advance());
    }
    let (here, ()) = then(input, &["every"])?;
    let (here, first) = cut(duration).parse(here)?;
    let (here, longest) = if here.is_word("to") {
        cut(duration).parse(here.advance()).map(|(rest, time)| (rest, Some(time)))?
    } else {
        (here, None)
    };
    if here.is_word("until") {
        let (here, ()) = then(here.advance(), &["cut_over"])?;
        return Ok((here, Every::Doubling { first, longest, limit: EveryLimit::CutOver }));
    }
    let (here, ()) = then(here, &["up", "to"])?;
    let (here, (times, _)) = (cut(count), cut(word("times"))).parse(here)?;
    Ok((here, Every::Doubling { first, longest, limit: EveryLimit::Times(times) }))
}

/// `DUR,*`; a comma before a word is of what is around.
fn pauses(input: In<'_>) -> Res<'_, Every> {
    let (mut here, first) = cut(duration).parse(input)?;
    let mut each = vec![first];
    while here.is_sign(Sign::Comma) && here.advance().word().is_none() {
        let (rest, next) = cut(duration).parse(here.advance())?;
        each.push(next);
        here = rest;
    }
    Ok((here, Every::Given(each)))
}

/// `path,* { rows }?`, behind `outcome`.
pub(crate) fn outcome(input: In<'_>) -> Res<'_, Headed<OutcomeRows>> {
    input.column(Column::Body);
    let (here, paths) = cut(paths).parse(input)?;
    let (here, label) = label(here)?;
    if !here.is_sign(Sign::BraceOpen) {
        return Ok((here, (OutcomeRows { paths, rows: None }, label)));
    }
    let (here, rows) = block(here, outcome_row)?;
    Ok((here, (OutcomeRows { paths, rows: Some(rows) }, label)))
}

fn outcome_row(input: In<'_>) -> Res<'_, Headed<OutcomeRow>> {
    let (mut here, first) = codes::key(input)?;
    let mut keys = vec![first];
    while here.is(TokenKind::Text) || here.is_word("other") || here.is_word("absent") {
        let (rest, next) = codes::key(here)?;
        keys.push(next);
        here = rest;
    }
    here.column(Column::Body);
    let (here, meaning) = cut(codes::meaning).parse(here)?;
    labelled(here, OutcomeRow { keys, meaning })
}
