//! Attributes of fields, and chains of codings.

use super::cursor::{In, Res, count, name, one_of, sign, word};
use super::expression::expr;
use super::{text, types};
use crate::diagnostics::register::syntax;
use crate::lex::{Sign, TokenKind};
use crate::tree::{
    AbsentForm, Attribute, AttributeKind, Chain, ChainElement, Coded, FillSide, FillWith, LinePlace, Name,
    Unit,
};
use nom::Parser;
use nom::combinator::{cut, opt, verify};
use nom::multi::{many0, separated_list1};
use nom::sequence::preceded;

/// The words that begin an attribute.
pub(crate) const ATTRIBUTES: &[&str] = &[
    "optional",
    "absent",
    "fill",
    "signed",
    "at",
    "coded",
    "tolerate",
    "trailing",
    "lines",
    "ending",
    "namespace",
    "password",
    "tag",
    "bit",
    "prefix",
    "near",
    "scale",
    "packed",
    "zoned",
    "big_endian",
    "little_endian",
    "unmapped",
    "escape",
    "trimmed",
    "bare",
    "quoted",
    "alone",
];

const ABSENT: &[(&str, u8)] = &[("empty", 0), ("blank", 1), ("zero", 2), ("null", 3)];
const SIDES: &[(&str, FillSide)] = &[("left", FillSide::Left), ("right", FillSide::Right)];
const LINES: &[(&str, LinePlace)] = &[("after", LinePlace::After), ("between", LinePlace::Between)];
const WIDTHS: &[(&str, Unit)] = &[("digits", Unit::Digits), ("bytes", Unit::Bytes)];

/// All attributes that stand here. A word that is none is reported, and passed over.
pub(crate) fn attributes(input: In<'_>) -> Res<'_, Vec<Attribute>> {
    let mut here = input;
    let mut found = Vec::new();
    while let Some(written) = here.word() {
        if !ATTRIBUTES.contains(&written) {
            if !is_strange(written) {
                break;
            }
            here = strange(here, written);
            continue;
        }
        let (rest, one) = attribute(here, written)?;
        found.push(one);
        here = rest;
    }
    Ok((here, found))
}

/// Whether a word in this place can be nothing but a mistaken attribute.
fn is_strange(written: &str) -> bool {
    let side = matches!(written, "request" | "reply" | "assumed" | "table" | "when" | "done" | "of");
    !side && !types::FORMATS.contains(&written)
}

fn strange<'s>(input: In<'s>, written: &str) -> In<'s> {
    let title = format!("`{written}` is no attribute of a field");
    let found = input.error(syntax::UNKNOWN_ATTRIBUTE, title, "not known here");
    let found = match written {
        "required" | "mandatory" => found.help("leave it out: a field is compulsory unless it is `optional`"),
        "default" => found.help("there are no defaults; give the value by `=` or `<-`"),
        "pad" | "padding" => found.help("write `fill left \"0\"`"),
        "encoding" | "charset" => found.help("write `coded gbk`"),
        _ => found.did_you_mean(written, ATTRIBUTES.iter().copied()),
    };
    input.state.report(found);
    let mut here = input.advance();
    while matches!(here.token().kind, TokenKind::Number) {
        here = here.advance();
    }
    here
}

fn attribute<'s>(input: In<'s>, written: &str) -> Res<'s, Attribute> {
    let here = input.advance();
    let (rest, kind) = match written {
        "optional" => (here, AttributeKind::Optional),
        "signed" => (here, AttributeKind::Signed),
        "trailing" => (here, AttributeKind::Trailing),
        "packed" => (here, AttributeKind::Packed),
        "zoned" => (here, AttributeKind::Zoned),
        "big_endian" => (here, AttributeKind::BigEndian),
        "little_endian" => (here, AttributeKind::LittleEndian),
        "trimmed" => (here, AttributeKind::Trimmed),
        "bare" => (here, AttributeKind::Bare),
        "quoted" => (here, AttributeKind::Quoted),
        "alone" => (here, AttributeKind::Alone),
        "absent" => absent(here)?,
        "fill" => fill(here)?,
        "at" => {
            let (here, place) = cut(text::text).parse(here)?;
            let (here, otherwise) = opt(preceded(word("else"), cut(text::text))).parse(here)?;
            (here, AttributeKind::At { place, otherwise })
        }
        "coded" => coded(here).map(|(rest, coded)| (rest, AttributeKind::Coded(coded)))?,
        "tolerate" => cut(name).parse(here).map(|(rest, what)| (rest, AttributeKind::Tolerate(what)))?,
        "lines" => {
            let (here, ending) = cut(name).parse(here)?;
            let (here, place) = opt(one_of(LINES, "a place of line ends")).parse(here)?;
            (here, AttributeKind::Lines { ending, place })
        }
        "ending" => worded(here, AttributeKind::Ending)?,
        "namespace" => worded(here, AttributeKind::Namespace)?,
        "tag" => worded(here, AttributeKind::Tag)?,
        "unmapped" => worded(here, AttributeKind::Unmapped)?,
        "escape" => worded(here, AttributeKind::Escape)?,
        "password" => cut(expr).parse(here).map(|(rest, value)| (rest, AttributeKind::Password(value)))?,
        "near" => cut(expr).parse(here).map(|(rest, value)| (rest, AttributeKind::Near(value)))?,
        "bit" => cut(count).parse(here).map(|(rest, bit)| (rest, AttributeKind::Bit(bit)))?,
        "scale" => cut(count).parse(here).map(|(rest, places)| (rest, AttributeKind::Scale(places)))?,
        _ => {
            let (here, width) = cut(count).parse(here)?;
            let (here, unit) = opt(one_of(WIDTHS, "a unit")).parse(here)?;
            (here, AttributeKind::Prefix { width, unit })
        }
    };
    Ok((rest, Attribute { kind, span: rest.since(input) }))
}

fn worded<'s>(input: In<'s>, kind: fn(crate::tree::Text) -> AttributeKind) -> Res<'s, AttributeKind> {
    cut(text::text).parse(input).map(|(rest, text)| (rest, kind(text)))
}

fn absent(input: In<'_>) -> Res<'_, AttributeKind> {
    let (here, _) = cut(word("as")).parse(input)?;
    let (here, forms) = cut(separated_list1(word("or"), absent_form)).parse(here)?;
    Ok((here, AttributeKind::AbsentAs(forms)))
}

fn absent_form(input: In<'_>) -> Res<'_, AbsentForm> {
    if input.is(TokenKind::Text) {
        return text::text(input).map(|(rest, text)| (rest, AbsentForm::Text(text)));
    }
    let (rest, form) = one_of(ABSENT, "a form of absence").parse(input)?;
    let form = match form {
        0 => AbsentForm::Empty,
        1 => AbsentForm::Blank,
        2 => AbsentForm::Zero,
        _ => AbsentForm::Null,
    };
    Ok((rest, form))
}

fn fill(input: In<'_>) -> Res<'_, AttributeKind> {
    let (here, side) = cut(one_of(SIDES, "a side")).parse(input)?;
    let (here, with) = match here.word() {
        Some("nul") => (here.advance(), FillWith::Nul),
        Some("zero") => (here.advance(), FillWith::Zero),
        _ => cut(text::text).parse(here).map(|(rest, text)| (rest, FillWith::Text(text)))?,
    };
    Ok((here, AttributeKind::Fill { side, with }))
}

fn coded(input: In<'_>) -> Res<'_, Coded> {
    let (here, first) = chain(input)?;
    if !here.is_word("when") {
        return Ok((here, Coded { chain: first, otherwise: None }));
    }
    let (here, condition) = cut(expr).parse(here.advance())?;
    let (here, _) = cut(word("else")).parse(here)?;
    let (here, second) = chain(here)?;
    Ok((here, Coded { chain: first, otherwise: Some((condition, second)) }))
}

/// `gbk, zlib, hex`: names with arguments, with commas between.
pub(crate) fn chain(input: In<'_>) -> Res<'_, Chain> {
    let (mut here, first) = cut(element).parse(input)?;
    let mut elements = vec![first];
    while types::more_names(here) {
        let (rest, next) = cut(element).parse(here.advance())?;
        elements.push(next);
        here = rest;
    }
    Ok((here, Chain { elements, span: here.since(input) }))
}

fn element(input: In<'_>) -> Res<'_, ChainElement> {
    let (mut here, step) = name(input)?;
    let mut arguments = Vec::new();
    if here.is_sign(Sign::BracketOpen) {
        (here, arguments) = super::expression::arguments(here)?;
    }
    // What else is tolerated is the field's.
    let blanks = verify(preceded(word("tolerate"), name), |word: &Name| word.is("blanks"));
    let (here, tolerate) = many0(blanks).parse(here)?;
    Ok((here, ChainElement { name: step, arguments, tolerate, span: here.since(input) }))
}

/// `= chain` of a `coding`.
pub(crate) fn coding(input: In<'_>) -> Res<'_, Chain> {
    let (here, _) = cut(sign(Sign::Equal)).parse(input)?;
    chain(here)
}
