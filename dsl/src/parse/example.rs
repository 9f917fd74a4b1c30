//! Examples.

use super::block::{Headed, entries, labelled, labelled_block, unknown_word};
use super::cursor::{Column, In, Res, count, date, name, number, time, word};
use super::text;
use crate::lex::{Sign, TokenKind};
use crate::tree::{Entry, Example, ExamplePart, ItemKind, Record, Value, ValueKind, Wire, WirePiece};
use nom::Parser;
use nom::combinator::cut;

const WORDS: &[&str] = &["given", "ask", "request", "reply", "done", "refused", "unknown"];

/// `example STRING of NAME by STRING { … }`, behind its word.
pub(crate) fn example(input: In<'_>) -> Res<'_, Headed<ItemKind>> {
    let (here, (title, _, of)) = (cut(text::plain), cut(word("of")), cut(name)).parse(input)?;
    let (here, (_, by)) = (cut(word("by")), cut(text::plain)).parse(here)?;
    let (here, (label, block)) = labelled_block(here, part)?;
    Ok((here, (ItemKind::Example(Example { title, of, by, block }), label)))
}

fn part(input: In<'_>) -> Res<'_, Headed<ExamplePart>> {
    let here = input.advance();
    let (rest, part) = match input.word() {
        Some("given") => record(here).map(|(rest, record)| (rest, ExamplePart::Given(record)))?,
        Some("ask") => record(here).map(|(rest, record)| (rest, ExamplePart::Ask(record)))?,
        Some("done") => record(here).map(|(rest, record)| (rest, ExamplePart::Done(record)))?,
        Some("request") => wire(here).map(|(rest, wire)| (rest, ExamplePart::Request(wire)))?,
        Some("reply") => wire(here).map(|(rest, wire)| (rest, ExamplePart::Reply(wire)))?,
        Some("refused") => cut(name).parse(here).map(|(rest, why)| (rest, ExamplePart::Refused(why)))?,
        Some("unknown") => (here, ExamplePart::Unknown),
        _ => return unknown_word(input, "part of an example", WORDS),
    };
    labelled(rest, part)
}

fn record(input: In<'_>) -> Res<'_, Record> {
    let (rest, (entries, span)) = cut(|inside| entries(inside, entry)).parse(input)?;
    Ok((rest, Record { entries, span }))
}

fn entry(input: In<'_>) -> Res<'_, Entry> {
    let (here, name) = name(input)?;
    here.column(Column::Body);
    let (here, value) = value(here)?;
    Ok((here, Entry { name, value }))
}

fn value(input: In<'_>) -> Res<'_, Value> {
    let here = input.advance();
    let (rest, kind) = match input.token().kind {
        TokenKind::Text => text::plain(input).map(|(rest, text)| (rest, ValueKind::Text(text)))?,
        TokenKind::Number => number(input).map(|(rest, number)| (rest, ValueKind::Number(number, false)))?,
        TokenKind::Sign(Sign::Minus) => {
            cut(number).parse(here).map(|(rest, number)| (rest, ValueKind::Number(number, true)))?
        }
        TokenKind::Date if here.is(TokenKind::Time) => {
            let (rest, (date, time)) = (date, time).parse(input)?;
            (rest, ValueKind::DateTime(date, time))
        }
        TokenKind::Date => date(input).map(|(rest, date)| (rest, ValueKind::Date(date)))?,
        TokenKind::Time => time(input).map(|(rest, time)| (rest, ValueKind::Time(time)))?,
        TokenKind::Word if input.is_word("hex") && here.is(TokenKind::Text) => {
            text::plain(here).map(|(rest, text)| (rest, ValueKind::Hex(text)))?
        }
        TokenKind::Word if input.is_word("file") && here.is(TokenKind::Text) => {
            text::plain(here).map(|(rest, text)| (rest, ValueKind::File(text)))?
        }
        TokenKind::Word => name(input).map(|(rest, name)| (rest, ValueKind::Name(name)))?,
        TokenKind::Sign(Sign::BraceOpen) => {
            record(input).map(|(rest, record)| (rest, ValueKind::Record(record)))?
        }
        _ => return input.expected("a value: a text, a number, a date, a name or { }"),
    };
    Ok((rest, Value { kind, span: rest.since(input) }))
}

fn wire(input: In<'_>) -> Res<'_, Wire> {
    if input.is_word("file") {
        return cut(text::plain).parse(input.advance()).map(|(rest, path)| (rest, Wire::File(path)));
    }
    let (rest, (pieces, span)) = cut(|inside| entries(inside, piece)).parse(input)?;
    Ok((rest, Wire::Pieces { pieces, span }))
}

fn piece(input: In<'_>) -> Res<'_, WirePiece> {
    let here = input.advance();
    match input.word() {
        Some("spaces") => cut(count).parse(here).map(|(rest, many)| (rest, WirePiece::Spaces(many))),
        Some("zeros") => cut(count).parse(here).map(|(rest, many)| (rest, WirePiece::Zeros(many))),
        Some("nul") => cut(count).parse(here).map(|(rest, many)| (rest, WirePiece::Nul(many))),
        Some("hex") => cut(text::plain).parse(here).map(|(rest, text)| (rest, WirePiece::Hex(text))),
        _ if input.is(TokenKind::Text) => {
            text::plain(input).map(|(rest, text)| (rest, WirePiece::Text(text)))
        }
        _ => input.expected("a piece of bytes: a text, `spaces 6`, `zeros 4`, `nul 2` or `hex \"…\"`"),
    }
}
