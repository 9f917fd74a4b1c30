//! Types.

use super::attribute::ATTRIBUTES;
use super::block::label;
use super::cursor::{In, Res, count, name, one_of, path, sign, word, words};
use super::text;
use crate::diagnostics::register::syntax;
use crate::lex::{Sign, TokenKind};
use crate::tree::{
    BitmapForm, CalendarKind, CharacterKind, Choice, FigureCode, Format, FormatType, Label, Like, ListType,
    MoneyUnit, Name, NumberKind, Separator, Size, TlvForm, TypeExpr, TypeKind, Unit,
};
use nom::Parser;
use nom::combinator::{cut, opt};
use nom::sequence::preceded;

/// Where a type stands: decides what a text behind a calendar word is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// In a packet, where a date has its form.
    Wire,
    /// In a service, a setting, a session: nothing is written there, a text is the label.
    Shape,
}

/// The words that begin a type.
pub(crate) const WORDS: &[&str] = &[
    "text",
    "ascii",
    "digits",
    "bytes",
    "number",
    "decimal",
    "money",
    "date",
    "time",
    "datetime",
    "month",
    "code",
    "flag",
    "one_of",
    "account_no",
    "card_no",
    "identity_no",
    "phone",
    "person_name",
    "home_address",
    "email",
    "duration",
    "outcome",
    "like",
    "group",
    "line",
    "list",
    "several",
    "fixed",
    "delimited",
    "xml",
    "json",
    "form",
    "binary",
    "iso8583",
    "tlv",
    "zip",
    "entry",
];

/// The words of formats.
pub(crate) const FORMATS: &[&str] =
    &["fixed", "delimited", "xml", "json", "form", "binary", "iso8583", "tlv", "zip"];

const UNITS: &[(&str, Unit)] = &[
    ("bytes", Unit::Bytes),
    ("chars", Unit::Chars),
    ("digits", Unit::Digits),
    ("bits", Unit::Bits),
    ("KB", Unit::Kilobytes),
    ("MB", Unit::Megabytes),
];

const CODES: &[(&str, FigureCode)] = &[
    ("ascii", FigureCode::Ascii),
    ("bcd", FigureCode::Bcd),
    ("ebcdic", FigureCode::Ebcdic),
    ("big_endian", FigureCode::BigEndian),
    ("little_endian", FigureCode::LittleEndian),
];

const MONEY: &[(&str, MoneyUnit)] =
    &[("fen", MoneyUnit::Fen), ("yuan", MoneyUnit::Yuan), ("li", MoneyUnit::Li)];

/// Whether the token that many ahead begins a type.
pub(crate) fn begins(input: In<'_>, ahead: usize) -> bool {
    let token = input.ahead(ahead);
    token.kind == TokenKind::Word && WORDS.contains(&token.text)
}

/// A type.
pub(crate) fn type_expr(input: In<'_>, place: Place) -> Res<'_, TypeExpr> {
    let Some(written) = input.word() else { return input.expected("a type") };
    let here = input.advance();
    let (rest, kind) = match written {
        "number" => numbers(here, NumberKind::Number, written)?,
        "decimal" => numbers(here, NumberKind::Decimal, written)?,
        "money" => numbers(here, NumberKind::Money(None), written)?,
        "date" => calendar(here, CalendarKind::Date, place)?,
        "time" => calendar(here, CalendarKind::Time, place)?,
        "datetime" => calendar(here, CalendarKind::DateTime, place)?,
        "month" => calendar(here, CalendarKind::Month, place)?,
        "code" => {
            let (here, table) = cut(path).parse(here)?;
            let (here, size) = opt(size).parse(here)?;
            (here, TypeKind::Code { table, size })
        }
        "flag" => flag(here)?,
        "one_of" => choices(here)?,
        "duration" => (here, TypeKind::Duration),
        "outcome" => (here, TypeKind::Outcome),
        "like" => like(here).map(|(rest, like)| (rest, TypeKind::Like(like)))?,
        "group" => (here, TypeKind::Group),
        "several" => (here, TypeKind::Several),
        "line" => opt(size).parse(here).map(|(rest, size)| (rest, TypeKind::Line { size }))?,
        "list" => list(here)?,
        "entry" => {
            let (here, pattern) = cut(text::text).parse(here)?;
            let (here, content) = cut(|inside| type_expr(inside, place)).parse(here)?;
            (here, TypeKind::Entry { pattern, content: Box::new(content) })
        }
        _ => match character_kind(written) {
            Some(kind) => characters(here, kind, written)?,
            None if FORMATS.contains(&written) => format(here, written)?,
            None => return unknown(input, written),
        },
    };
    Ok((rest, TypeExpr { kind, span: rest.since(input) }))
}

fn unknown<'s>(input: In<'s>, written: &str) -> Res<'s, TypeExpr> {
    let title = format!("`{written}` is no type");
    let found = input.error(syntax::UNKNOWN_TYPE, title, "expected a type");
    let found = match written {
        "string" | "char" | "varchar" | "str" => found.help("write `text 20 bytes`"),
        "int" | "integer" | "long" => found.help("write `number 8 digits`"),
        "float" | "double" => {
            found.help("write `decimal 8 digits` or `money 12 digits fen`; numbers are exact")
        }
        "bool" | "boolean" => found.help("write `flag \"1\" \"0\"`"),
        "enum" => found.help("write `one_of a, b`, or `code TABLE` with a `codes` item"),
        _ => found.did_you_mean(written, WORDS.iter().copied()),
    };
    input.fail(found)
}

fn character_kind(word: &str) -> Option<CharacterKind> {
    Some(match word {
        "text" => CharacterKind::Text,
        "ascii" => CharacterKind::Ascii,
        "digits" => CharacterKind::Digits,
        "bytes" => CharacterKind::Bytes,
        "account_no" => CharacterKind::AccountNo,
        "card_no" => CharacterKind::CardNo,
        "identity_no" => CharacterKind::IdentityNo,
        "phone" => CharacterKind::Phone,
        "person_name" => CharacterKind::PersonName,
        "home_address" => CharacterKind::HomeAddress,
        "email" => CharacterKind::Email,
        _ => return None,
    })
}

fn characters<'s>(input: In<'s>, kind: CharacterKind, word: &str) -> Res<'s, TypeKind> {
    let (rest, size) = opt(size).parse(input)?;
    let unitless = matches!(kind, CharacterKind::Ascii | CharacterKind::Digits | CharacterKind::Bytes);
    if let Some(found) = size
        && found.unit.is_none()
        && !unitless
    {
        let title = "the size has no unit";
        let found =
            crate::diagnostics::Diagnostic::error(syntax::MISSING_UNIT, title, found.span, "bytes or chars?");
        let note = "30 characters may take 60 bytes in GBK, so the unit is always written";
        rest.state.report(found.note(note).help(format!("write `{word} … bytes` or `{word} … chars`")));
    }
    Ok((rest, TypeKind::Characters { kind, size }))
}

fn numbers<'s>(input: In<'s>, kind: NumberKind, word: &str) -> Res<'s, TypeKind> {
    let (rest, size) = opt(size).parse(input)?;
    if let Some(found) = size
        && found.unit.is_none()
        && (kind == NumberKind::Money(None) || !found.range)
    {
        let title = "the size has no unit";
        let found = crate::diagnostics::Diagnostic::error(
            syntax::MISSING_UNIT,
            title,
            found.span,
            "digits or bytes?",
        );
        rest.state.report(found.help(format!("write `{word} … digits`; `number 1..99` bounds the value")));
    }
    let (rest, kind) = match kind {
        NumberKind::Money(_) => {
            let (rest, unit) = opt(one_of(MONEY, "a unit of money")).parse(rest)?;
            (rest, NumberKind::Money(unit))
        }
        other => (rest, other),
    };
    Ok((rest, TypeKind::Number { kind, size }))
}

/// `NUM | NUM? ".." NUM`, with a unit.
pub(crate) fn size(input: In<'_>) -> Res<'_, Size> {
    let open = input.is_sign(Sign::Range);
    let (here, first) =
        if open { (input, None) } else { count(input).map(|(rest, one)| (rest, Some(one)))? };
    let (here, last) = opt(preceded(sign(Sign::Range), cut(count))).parse(here)?;
    let (here, unit) = opt(one_of(UNITS, "a unit")).parse(here)?;
    let span = here.since(input);
    let max = last.or(first).map_or(0, |one| one.value);
    let min = match (first, last) {
        (Some(one), _) => one.value,
        (None, _) => 0,
    };
    if min > max {
        let title = "the least is more than the most";
        let found = input.error(syntax::SIZE_ORDER, title, format!("{min} is more than {max}"));
        return input.fail(found.help(format!("write {max}..{min}")));
    }
    Ok((here, Size { min, max, range: last.is_some(), unit, span }))
}

fn calendar(input: In<'_>, kind: CalendarKind, place: Place) -> Res<'_, TypeKind> {
    let two = input.is(TokenKind::Text) && input.ahead(1).kind == TokenKind::Text;
    let has_form = input.is(TokenKind::Text) && (place == Place::Wire || two);
    let (rest, form) = if has_form { opt(text::plain).parse(input)? } else { (input, None) };
    Ok((rest, TypeKind::Calendar { kind, form }))
}

fn flag(input: In<'_>) -> Res<'_, TypeKind> {
    let two = input.is(TokenKind::Text) && input.ahead(1).kind == TokenKind::Text;
    let (rest, texts) = if two {
        let (rest, yes) = text::text(input)?;
        let (rest, no) = text::text(rest)?;
        (rest, Some((yes, no)))
    } else {
        (input, None)
    };
    Ok((rest, TypeKind::Flag { texts }))
}

/// Whether another name of a list follows the comma here, as against the next field of a one-line block.
pub(crate) fn more_names(input: In<'_>) -> bool {
    input.is_sign(Sign::Comma) && input.ahead(1).kind == TokenKind::Word && !begins(input, 2)
}

/// Names with commas where a comma may also part fields.
pub(crate) fn field_names(input: In<'_>) -> Res<'_, Vec<Name>> {
    let (mut here, first) = cut(name).parse(input)?;
    let mut found = vec![first];
    while more_names(here) {
        let (rest, next) = name(here.advance())?;
        found.push(next);
        here = rest;
    }
    Ok((here, found))
}

/// `one_of a "text", b "text"`: labels of the names stand before the commas. The text behind the last name is the
/// statement's, unless names before it have labels too.
fn choices(input: In<'_>) -> Res<'_, TypeKind> {
    let (mut here, first) = cut(name).parse(input)?;
    let mut found = vec![Choice { name: first, label: Label::default() }];
    loop {
        let labelled = here.is(TokenKind::Text) && here.ahead_is_sign(1, Sign::Comma) && !begins(here, 3);
        let earlier = found.iter().any(|choice| choice.label.text.is_some());
        if labelled || (earlier && here.is(TokenKind::Text)) {
            let (rest, words) = text::plain(here)?;
            if let Some(last) = found.last_mut() {
                last.label.text = Some(words);
            }
            here = rest;
        }
        if !more_names(here) {
            break;
        }
        let (rest, next) = name(here.advance())?;
        found.push(Choice { name: next, label: Label::default() });
        here = rest;
    }
    Ok((here, TypeKind::OneOf(found)))
}

fn like(input: In<'_>) -> Res<'_, Like> {
    let (here, path) = cut(path).parse(input)?;
    let (here, except) = opt(preceded(word("except"), field_names)).parse(here)?;
    Ok((here, Like { path, except: except.unwrap_or_default() }))
}

fn list(input: In<'_>) -> Res<'_, TypeKind> {
    let (mut here, size) = opt(size).parse(input)?;
    let mut found = ListType { size, until_end: false, of: None, item: None, like: None };
    loop {
        here = match here.word() {
            Some("until") => {
                found.until_end = true;
                cut(words(&["until", "end"])).parse(here)?.0
            }
            Some("of") => {
                let (rest, of) = cut(|inside| type_expr(inside, Place::Wire)).parse(here.advance())?;
                found.of = Some(Box::new(of));
                rest
            }
            Some("as") => {
                let (rest, item) = cut(name).parse(here.advance())?;
                found.item = Some(item);
                rest
            }
            Some("like") => {
                let (rest, shape) = like(here.advance())?;
                found.like = Some(shape);
                rest
            }
            _ => return Ok((here, TypeKind::List(found))),
        };
    }
}

/// A format with its own words; its word is read.
fn format<'s>(input: In<'s>, word_: &str) -> Res<'s, TypeKind> {
    let (here, kind) = match word_ {
        "fixed" => (input, Format::Fixed),
        "binary" => (input, Format::Binary),
        "json" => match input.word() {
            Some("lenient") => (input.advance(), Format::Json { lenient: true }),
            _ => (input, Format::Json { lenient: false }),
        },
        "form" => (input, Format::Form),
        "zip" => (input, Format::Zip),
        "delimited" => {
            let (here, separator) = separator(input)?;
            (here, Format::Delimited(separator))
        }
        "xml" => {
            let named = input.word().is_some_and(|next| !ATTRIBUTES.contains(&next) && !plain_word(next));
            let (here, form) = if named { opt(name).parse(input)? } else { (input, None) };
            (here, Format::Xml(form))
        }
        "tlv" => tlv(input)?,
        _ => iso8583(input)?,
    };
    let (here, of) = opt(preceded(word("of"), cut(name))).parse(here)?;
    Ok((here, TypeKind::Format(FormatType { kind, of })))
}

/// Words that may stand behind a format and are no names of forms.
fn plain_word(next: &str) -> bool {
    matches!(next, "request" | "reply" | "assumed" | "of" | "as" | "table")
}

fn separator(input: In<'_>) -> Res<'_, Separator> {
    if input.is(TokenKind::Text) {
        return text::text(input).map(|(rest, text)| (rest, Separator::Text(text)));
    }
    if input.word().is_some_and(|next| !ATTRIBUTES.contains(&next)) {
        return name(input).map(|(rest, item)| (rest, Separator::Item(item)));
    }
    input.expected("the separator, such as \"|\", or the name of a `delimited` item")
}

fn tlv(input: In<'_>) -> Res<'_, Format> {
    if input.is_word("ber") {
        return Ok((input.advance(), Format::Tlv(Some(TlvForm::Ber))));
    }
    if !input.is_word("tag") || input.ahead(1).kind != TokenKind::Number {
        return Ok((input, Format::Tlv(None)));
    }
    let unit = || one_of(UNITS, "a unit");
    let head = (cut(count), cut(unit()), cut(sign(Sign::Comma)), cut(word("length")));
    let (here, (tag, tag_unit, _, _)) = { head }.parse(input.advance())?;
    let (here, (length, length_unit)) = (cut(count), cut(unit())).parse(here)?;
    let (here, code) = opt(one_of(CODES, "a way to write figures")).parse(here)?;
    Ok((here, Format::Tlv(Some(TlvForm::Plain { tag, tag_unit, length, length_unit, code }))))
}

const BITMAPS: &[(&str, BitmapForm)] = &[("binary", BitmapForm::Binary), ("hex", BitmapForm::Hex)];

fn iso8583(input: In<'_>) -> Res<'_, Format> {
    let (here, code) = opt(one_of(CODES, "a way to write figures")).parse(input)?;
    let comma = here.is_sign(Sign::Comma) && here.ahead_is_word(1, "bitmap");
    let here = if comma { here.advance() } else { here };
    let (here, bitmap) =
        opt(preceded(word("bitmap"), cut(one_of(BITMAPS, "a form of the bitmap")))).parse(here)?;
    Ok((here, Format::Iso8583 { code, bitmap }))
}

/// A labelled name: a row of `reasons`.
pub(crate) fn labelled_name(input: In<'_>) -> Res<'_, (Name, Label)> {
    let (here, found) = name(input)?;
    here.column(super::cursor::Column::Label);
    let (here, label) = label(here)?;
    Ok((here, (found, label)))
}
