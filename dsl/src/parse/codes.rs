//! Tables of codes, and what a code means.

use super::block::{Headed, block, label, labelled};
use super::cursor::{Column, In, Res, duration, name};
use super::field::typed;
use super::text;
use super::types::Place;
use crate::diagnostics::register::syntax;
use crate::lex::{Sign, TokenKind};
use crate::tree::{CodeKey, CodeRow, Codes, ItemKind, Meaning, MeaningKind, Name};
use nom::Parser;
use nom::combinator::cut;

/// `codes NAME type L { rows }`, behind its word.
pub(crate) fn codes(input: In<'_>) -> Res<'_, Headed<ItemKind>> {
    let (here, name) = cut(name).parse(input)?;
    let (here, (type_, attributes)) = typed(here, Place::Shape)?;
    let (here, label) = label(here)?;
    let (here, rows) = cut(|inside| block(inside, row)).parse(here)?;
    Ok((here, (ItemKind::Codes(Codes { name, type_, attributes, rows }), label)))
}

fn row(input: In<'_>) -> Res<'_, Headed<CodeRow>> {
    let (here, key) = key(input)?;
    here.column(Column::Body);
    let (here, meaning) = cut(meaning).parse(here)?;
    labelled(here, CodeRow { key, meaning })
}

/// A code: a text, `other` or `absent`.
pub(crate) fn key(input: In<'_>) -> Res<'_, CodeKey> {
    match input.token().kind {
        TokenKind::Text => text::text(input).map(|(rest, text)| (rest, CodeKey::Text(text))),
        TokenKind::Word if input.is_word("other") => Ok((input.advance(), CodeKey::Other(input.span()))),
        TokenKind::Word if input.is_word("absent") => Ok((input.advance(), CodeKey::Absent(input.span()))),
        TokenKind::Number | TokenKind::Bad | TokenKind::Word => {
            let written = input.token().text;
            let found =
                input.error(syntax::CODE_WITHOUT_QUOTES, "a code is a text", "expected a text in quotes");
            input.fail(found.help(format!("write \"{written}\"; `other` takes all that is not named")))
        }
        _ => input.expected("a code: a text, `other` or `absent`"),
    }
}

/// What a code means.
pub(crate) fn meaning(input: In<'_>) -> Res<'_, Meaning> {
    let Some(word) = input.word() else {
        return input.expected("a meaning: done, refused, unknown or a name");
    };
    let here = input.advance();
    let (rest, kind) = match word {
        "done" => reason(here).map(|(rest, why)| (rest, MeaningKind::Done(why)))?,
        "refused" => reason(here).map(|(rest, why)| (rest, MeaningKind::Refused(why)))?,
        "unknown" => reason(here).map(|(rest, why)| (rest, MeaningKind::Unknown(why)))?,
        "refuse" => cut(name).parse(here).map(|(rest, why)| (rest, MeaningKind::Refuse(why)))?,
        "wait" if here.is(TokenKind::Duration) => {
            duration(here).map(|(rest, length)| (rest, MeaningKind::Wait(length)))?
        }
        _ => name(input).map(|(rest, name)| (rest, MeaningKind::Name(name)))?,
    };
    Ok((rest, Meaning { kind, span: rest.since(input) }))
}

fn reason(input: In<'_>) -> Res<'_, Option<Name>> {
    let named =
        input.word().is_some_and(|word| !matches!(word, "assumed" | "unsealed" | "file" | "means" | "when"));
    if !named || input.is_sign(Sign::BraceOpen) {
        return Ok((input, None));
    }
    name(input).map(|(rest, name)| (rest, Some(name)))
}
