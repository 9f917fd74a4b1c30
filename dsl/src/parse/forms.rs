//! A party's ways to write XML and delimited texts.

use super::attribute::chain;
use super::block::{Headed, entries, labelled, labelled_block, must, then, unknown_word};
use super::cursor::{Column, In, Res, comma, count, name, sign, word};
use super::field::keep;
use super::text;
use crate::lex::{Sign, TokenKind};
use crate::tree::{
    DeclaredSign, DelimitedClause, DelimitedForm, EscapeRow, ItemKind, Str, XmlClause, XmlForm,
};
use nom::Parser;
use nom::combinator::{cut, opt};
use nom::multi::{many1, separated_list1};
use nom::sequence::{preceded, terminated};

const XML: &[&str] =
    &["start", "value", "list", "item", "group", "values in attributes", "text", "bytes", "unknown"];
const DELIMITED: &[&str] =
    &["lines", "levels", "repeat", "fields", "escape", "declared", "order", "trailing", "unknown"];

/// `xml NAME { … }`, behind its word.
pub(crate) fn xml(input: In<'_>) -> Res<'_, Headed<ItemKind>> {
    let (here, name) = cut(name).parse(input)?;
    let (here, (label, block)) = labelled_block(here, xml_clause)?;
    Ok((here, (ItemKind::Xml(XmlForm { name, block }), label)))
}

fn xml_clause(input: In<'_>) -> Res<'_, Headed<XmlClause>> {
    let here = input.advance();
    here.column(Column::Body);
    let raw = |make: fn(Str) -> XmlClause| cut(text::raw).parse(here).map(|(rest, text)| (rest, make(text)));
    let (rest, clause) = match input.word() {
        // A text in quotes where the document begins with more than one line.
        Some("start") if here.token().kind == TokenKind::Text => {
            cut(text::plain).parse(here).map(|(rest, text)| (rest, XmlClause::Start(text)))?
        }
        Some("start") => raw(XmlClause::Start)?,
        Some("value") => raw(XmlClause::Value)?,
        Some("list") => raw(XmlClause::List)?,
        Some("item") => raw(XmlClause::Item)?,
        Some("group") => raw(XmlClause::Group)?,
        Some("values") => (then(here, &["in", "attributes"])?.0, XmlClause::ValuesInAttributes),
        Some("text") => {
            let (here, ()) = then(here, &["coded"])?;
            chain(here).map(|(rest, chain)| (rest, XmlClause::TextCoded(chain)))?
        }
        Some("bytes") => {
            let (here, ()) = then(here, &["coded"])?;
            chain(here).map(|(rest, chain)| (rest, XmlClause::BytesCoded(chain)))?
        }
        Some("unknown") => keep(here).map(|(rest, keep)| (rest, XmlClause::Unknown(keep)))?,
        _ => return unknown_word(input, "clause of an xml form", XML),
    };
    labelled(rest, clause)
}

/// `delimited NAME L { … }`, behind its word.
pub(crate) fn delimited(input: In<'_>) -> Res<'_, Headed<ItemKind>> {
    let (here, name) = cut(name).parse(input)?;
    let (here, (label, block)) = labelled_block(here, delimited_clause)?;
    Ok((here, (ItemKind::Delimited(DelimitedForm { name, block }), label)))
}

fn delimited_clause(input: In<'_>) -> Res<'_, Headed<DelimitedClause>> {
    let here = input.advance();
    here.column(Column::Body);
    let (rest, clause) = match input.word() {
        Some("lines") => lines(here)?,
        Some("levels") => {
            cut(many1(text::text)).parse(here).map(|(rest, list)| (rest, DelimitedClause::Levels(list)))?
        }
        Some("repeat") => {
            cut(text::text).parse(here).map(|(rest, text)| (rest, DelimitedClause::Repeat(text)))?
        }
        Some("fields") => {
            let tagged = terminated(preceded(word("tagged"), cut(text::text)), cut(comma));
            let (here, tagged) = opt(tagged).parse(here)?;
            let (here, ended) = cut(preceded(word("ended"), text::text)).parse(here)?;
            (here, DelimitedClause::Fields { tagged, ended })
        }
        Some("escape") => {
            let (here, (from, _, to)) = (cut(text::text), cut(word("to")), cut(text::text)).parse(here)?;
            let (here, (rows, _)) = cut(|inside| entries(inside, escape_row)).parse(here)?;
            (here, DelimitedClause::Escape { from, to, rows })
        }
        Some("declared") => {
            let (here, name) = cut(name).parse(here)?;
            let (here, (signs, _)) = cut(|inside| entries(inside, declared_sign)).parse(here)?;
            (here, DelimitedClause::Declared { name, signs })
        }
        Some("order") if here.is_word("written") => {
            (here.advance(), DelimitedClause::Order { free: false, after: None, before: None })
        }
        Some("order") => {
            let (here, ()) = then(here, &["free"])?;
            let (here, after) = opt(preceded(word("after"), cut(name))).parse(here)?;
            let (here, before) = opt(preceded(word("before"), cut(name))).parse(here)?;
            (here, DelimitedClause::Order { free: true, after, before })
        }
        Some("trailing") => {
            let kept = here.is_word("kept");
            let (here, _) = cut(word(if kept { "kept" } else { "cut" })).parse(here)?;
            (here, DelimitedClause::Trailing { kept })
        }
        Some("unknown") => keep(here).map(|(rest, keep)| (rest, DelimitedClause::Unknown(keep)))?,
        _ => return unknown_word(input, "clause of a delimited form", DELIMITED),
    };
    labelled(rest, clause)
}

/// `(named | plain), ended STRING (tolerate STRING),*`.
fn lines(input: In<'_>) -> Res<'_, DelimitedClause> {
    let named = input.is_word("named");
    let (here, _) = cut(word(if named { "named" } else { "plain" })).parse(input)?;
    let (here, _) = must(here, Sign::Comma)?;
    let (here, ended) = cut(preceded(word("ended"), text::text)).parse(here)?;
    let comma_or_not = opt(sign(Sign::Comma));
    let tolerated = preceded((comma_or_not, word("tolerate")), cut(separated_list1(comma, text::text)));
    let (here, tolerate) = opt(tolerated).parse(here)?;
    Ok((here, DelimitedClause::Lines { named, ended, tolerate: tolerate.unwrap_or_default() }))
}

fn escape_row(input: In<'_>) -> Res<'_, EscapeRow> {
    let (here, code) = text::text(input)?;
    if here.is_word("hex") {
        return Ok((here.advance(), EscapeRow { code, meaning: None }));
    }
    if !here.is(TokenKind::Text) {
        return here.expected("what the escape means: a text, or `hex`");
    }
    text::text(here).map(|(rest, text)| (rest, EscapeRow { code, meaning: Some(text) }))
}

fn declared_sign(input: In<'_>) -> Res<'_, DeclaredSign> {
    let here = input.advance();
    match input.word() {
        Some("level") => cut(count).parse(here).map(|(rest, level)| (rest, DeclaredSign::Level(level))),
        Some("repeat") => Ok((here, DeclaredSign::Repeat)),
        Some("escape") => Ok((here, DeclaredSign::Escape)),
        _ => unknown_word(input, "sign that a line declares", &["level", "repeat", "escape"]),
    }
}
