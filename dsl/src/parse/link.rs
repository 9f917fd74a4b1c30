//! Links.

use super::block::{Headed, labelled, labelled_block, must, then, unknown_word};
use super::cursor::{Column, In, Res, comma, count, duration, name, one_of, path, paths, word};
use super::expression::expr;
use super::text;
use crate::lex::{Sign, TokenKind};
use crate::tree::{
    Beat, Frame, Garbled, ItemKind, Link, LinkClause, LinkDirection, LinkKind, SeenBy, SeenKind, Silence,
    Timeout, TimeoutKind, Unit,
};
use nom::Parser;
use nom::combinator::cut;
use nom::multi::separated_list1;

const KINDS: &[(&str, LinkKind)] = &[
    ("tcp", LinkKind::Tcp),
    ("http", LinkKind::Http),
    ("https", LinkKind::Https),
    ("sftp", LinkKind::Sftp),
    ("folder", LinkKind::Folder),
];
const DIRECTIONS: &[(&str, LinkDirection)] =
    &[("connect", LinkDirection::Connect), ("accept", LinkDirection::Accept)];
const WORDS: &[&str] = &[
    "carries", "frame", "hold", "match", "beat", "answers", "timeout", "post", "get", "browse", "folder",
    "poll", "once", "write", "tolerate", "garbled", "unread", "leave", "delete", "move",
];

/// `link NAME kind direction L { clause }`, behind its word.
pub(crate) fn link(input: In<'_>) -> Res<'_, Headed<ItemKind>> {
    let kind = cut(one_of(KINDS, "a kind of link"));
    let direction = cut(one_of(DIRECTIONS, "who begins"));
    let (here, (name, kind, direction)) = (cut(name), kind, direction).parse(input)?;
    let (here, (label, block)) = labelled_block(here, clause)?;
    Ok((here, (ItemKind::Link(Link { name, kind, direction, block }), label)))
}

fn clause(input: In<'_>) -> Res<'_, Headed<LinkClause>> {
    let here = input.advance();
    here.column(Column::Body);
    let (rest, clause) = match input.word() {
        Some("carries") => cut(name).parse(here).map(|(rest, name)| (rest, LinkClause::Carries(name)))?,
        Some("frame") => frame(here).map(|(rest, frame)| (rest, LinkClause::Frame(frame)))?,
        Some("hold") => hold(here)?,
        Some("match") => cut(paths).parse(here).map(|(rest, paths)| (rest, LinkClause::Match(paths)))?,
        Some("beat") => beat(here)?,
        Some("answers") => {
            let (here, _) = then(here, &["on"])?;
            cut(name).parse(here).map(|(rest, name)| (rest, LinkClause::AnswersOn(name)))?
        }
        Some("timeout") => {
            let list = separated_list1(comma, timeout);
            cut(list).parse(here).map(|(rest, list)| (rest, LinkClause::Timeout(list)))?
        }
        Some("post") => cut(text::text).parse(here).map(|(rest, text)| (rest, LinkClause::Post(text)))?,
        Some("get") => cut(text::text).parse(here).map(|(rest, text)| (rest, LinkClause::Get(text)))?,
        Some("browse") => cut(text::text).parse(here).map(|(rest, text)| (rest, LinkClause::Browse(text)))?,
        Some("folder") => cut(text::text).parse(here).map(|(rest, text)| (rest, LinkClause::Folder(text)))?,
        Some("poll") => cut(expr).parse(here).map(|(rest, value)| (rest, LinkClause::Poll(value)))?,
        Some("once") => {
            let list = separated_list1(comma, seen_by);
            cut(list).parse(here).map(|(rest, list)| (rest, LinkClause::Once(list)))?
        }
        Some("write") => (then(here, &["temporary", "then", "rename"])?.0, LinkClause::WriteTemporary),
        Some("tolerate") => cut(name).parse(here).map(|(rest, name)| (rest, LinkClause::Tolerate(name)))?,
        Some("garbled") => {
            let (rest, what) = cut(one_of(GARBLED, "what happens to a garbled frame")).parse(here)?;
            (rest, LinkClause::Garbled(what))
        }
        Some("unread") => cut(name).parse(here).map(|(rest, name)| (rest, LinkClause::Unread(name)))?,
        Some("leave") => (then(here, &["files"])?.0, LinkClause::LeaveFiles),
        Some("delete") => (then(here, &["files"])?.0, LinkClause::DeleteFiles),
        Some("move") => {
            let (here, _) = then(here, &["files", "to"])?;
            cut(text::text).parse(here).map(|(rest, text)| (rest, LinkClause::MoveFiles(text)))?
        }
        _ => return unknown_word(input, "clause of a link", WORDS),
    };
    labelled(rest, clause)
}

const GARBLED: &[(&str, Garbled)] = &[("close", Garbled::Close), ("skip", Garbled::Skip)];
const WIDTHS: &[(&str, Unit)] = &[("digits", Unit::Digits), ("bytes", Unit::Bytes)];
const FRAMES: &[&str] = &["length", "by", "fixed", "line", "until", "between"];

fn frame(input: In<'_>) -> Res<'_, Frame> {
    let here = input.advance();
    match input.word() {
        Some("length") if here.is_word("line") => {
            let (here, ending) = cut(name).parse(here.advance())?;
            let (here, counts_itself) = itself(here)?;
            Ok((here, Frame::LengthLine { ending, counts_itself }))
        }
        Some("length") => {
            let (here, (width, unit)) = (cut(count), cut(one_of(WIDTHS, "a unit"))).parse(here)?;
            let little_endian = here.is_word("little_endian");
            let here = if little_endian || here.is_word("big_endian") { here.advance() } else { here };
            let blanks = unit == Unit::Digits && here.is_word("fill");
            let (here, ()) = if blanks { then(here.advance(), &["blank"])? } else { (here, ()) };
            let (here, counts_itself) = itself(here)?;
            Ok((here, Frame::Length { width, unit, little_endian, blanks, counts_itself }))
        }
        Some("by") => {
            let (here, length) = cut(path).parse(here)?;
            let (here, beside) = if here.is_word("and") {
                cut(path).parse(here.advance()).map(|(rest, path)| (rest, Some(path)))?
            } else {
                (here, None)
            };
            if !here.is_sign(Sign::Comma) {
                return Ok((here, Frame::By { length, beside, parts: None }));
            }
            let (here, ()) = then(here.advance(), &["then"])?;
            let (here, (count, _, each)) = (cut(path), cut(word("of")), cut(path)).parse(here)?;
            Ok((here, Frame::By { length, beside, parts: Some((count, each)) }))
        }
        Some("fixed") => {
            let (here, (width, _)) = (cut(count), cut(word("bytes"))).parse(here)?;
            Ok((here, Frame::Fixed(width)))
        }
        Some("line") => cut(name).parse(here).map(|(rest, ending)| (rest, Frame::Line(ending))),
        Some("until") => then(here, &["close"]).map(|(rest, ())| (rest, Frame::UntilClose)),
        Some("between") => {
            let (here, (from, to)) = (cut(text::text), cut(text::text)).parse(here)?;
            Ok((here, Frame::Between(from, to)))
        }
        _ => unknown_word(input, "frame", FRAMES),
    }
}

fn itself(input: In<'_>) -> Res<'_, bool> {
    if !input.is_word("counts") {
        return Ok((input, false));
    }
    then(input.advance(), &["itself"]).map(|(rest, ())| (rest, true))
}

fn hold(input: In<'_>) -> Res<'_, LinkClause> {
    if input.is_word("none") {
        return Ok((input.advance(), LinkClause::HoldNone));
    }
    let (here, connections) = cut(count).parse(input)?;
    let (here, _) = cut(word("connections")).parse(here)?;
    let (here, _) = must(here, Sign::Comma)?;
    let (many, words): (bool, &'static [&'static str]) = match here.word() {
        Some("many") => (true, &["many", "exchanges", "each"]),
        _ => (false, &["one", "exchange", "each"]),
    };
    let (here, ()) = then(here, words)?;
    Ok((here, LinkClause::Hold { connections, many }))
}

const SILENCES: &[(&str, Silence)] =
    &[("idle", Silence::Idle), ("unsent", Silence::Unsent), ("unheard", Silence::Unheard)];

fn beat(input: In<'_>) -> Res<'_, LinkClause> {
    let (here, call) = if input.is_word("empty") && input.ahead_is_word(1, "frame") {
        (input.advance().advance(), None)
    } else {
        cut(name).parse(input).map(|(rest, name)| (rest, Some(name)))?
    };
    let (here, _) = cut(word("after")).parse(here)?;
    let (here, (after, silence)) = (cut(duration), cut(one_of(SILENCES, "a kind of silence"))).parse(here)?;
    let (here, close_after) = if here.is_sign(Sign::Comma) {
        let (rest, ()) = then(here.advance(), &["then", "close", "after"])?;
        cut(duration).parse(rest).map(|(rest, limit)| (rest, Some(limit)))?
    } else {
        (here, None)
    };
    Ok((here, LinkClause::Beat(Beat { call, after, silence, close_after })))
}

const TIMEOUTS: &[(&str, TimeoutKind)] = &[
    ("connect", TimeoutKind::Connect),
    ("answer", TimeoutKind::Answer),
    ("serve", TimeoutKind::Serve),
    ("idle", TimeoutKind::Idle),
];

fn timeout(input: In<'_>) -> Res<'_, Timeout> {
    let (rest, (kind, limit)) = (one_of(TIMEOUTS, "a time limit"), cut(duration)).parse(input)?;
    Ok((rest, Timeout { kind, limit }))
}

const SEEN: &[(&str, SeenKind)] =
    &[("name", SeenKind::Name), ("digest", SeenKind::Digest), ("time", SeenKind::Time)];

fn seen_by(input: In<'_>) -> Res<'_, SeenBy> {
    let (here, kind) = one_of(SEEN, "by what a file is known").parse(input)?;
    let (here, days) = if here.is(TokenKind::Number) {
        let (rest, (days, _)) = (count, cut(word("days"))).parse(here)?;
        (rest, Some(days))
    } else {
        (here, None)
    };
    Ok((here, SeenBy { kind, days, span: here.since(input) }))
}
