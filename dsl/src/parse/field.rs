//! Fields and the statements that stand among them.

use super::attribute::attributes;
use super::block::{Headed, block, label, labelled, labelled_block, left_over, must, unknown_word};
use super::cursor::{Column, In, Res, comma, count, duration, name, number, one_of, path, sign, word};
use super::expression::{expr, list_expr};
use super::types::{self, Place, type_expr};
use super::{message, text};
use crate::diagnostics::register::syntax;
use crate::lex::{Sign, TokenKind};
use crate::tree::{
    Assign, Attribute, Case, CaseKey, Check, Field, FieldStatement, Fresh, FreshKind, Keep, Label, Otherwise,
    OtherwiseKind, Rule, RuleKind, Side, TypeExpr, TypeKind, Unseen,
};
use nom::Parser;
use nom::combinator::{cut, opt};
use nom::multi::separated_list1;
use nom::sequence::preceded;

const KEEPS: &[(&str, Keep)] = &[("kept", Keep::Kept), ("refused", Keep::Refused)];
const FRESH: &[(&str, FreshKind)] =
    &[("bytes", FreshKind::Bytes), ("digits", FreshKind::Digits), ("ascii", FreshKind::Ascii)];
const WORDS: &[&str] = &[
    "fresh",
    "use",
    "let",
    "check",
    "when",
    "choose",
    "message fields",
    "request fields",
    "unknown",
    "reply",
    "outcome",
    "done",
];

/// A statement of a packet, a layout or a message.
pub(crate) fn wire(input: In<'_>) -> Res<'_, Headed<FieldStatement>> {
    statement(input, Place::Wire)
}

/// A statement of the shape of a service, or of a call's own `ask` and `answer`.
pub(crate) fn shape(input: In<'_>) -> Res<'_, Headed<FieldStatement>> {
    statement(input, Place::Shape)
}

fn statement(input: In<'_>, place: Place) -> Res<'_, Headed<FieldStatement>> {
    let Some(leading) = input.word() else {
        return input.expected("a field or a statement");
    };
    if input.ahead_is_sign(1, Sign::Point) || rule_begins(input.advance()) {
        return assign(input);
    }
    if is_field(input) {
        return field_statement(input, place);
    }
    let here = input.advance();
    match leading {
        "fresh" => fresh(here),
        "use" => {
            let (here, used) = used(here)?;
            labelled(here, FieldStatement::Use(used))
        }
        "let" => {
            let (here, name) = cut(name).parse(here)?;
            let (here, _) = must(here, Sign::Equal)?;
            let (here, value) = cut(expr).parse(here)?;
            labelled(here, FieldStatement::Let { name, value })
        }
        "check" => {
            here.column(Column::Body);
            let (here, condition) = cut(expr).parse(here)?;
            if here.is_word("unseen") {
                let (here, _) = cut(word("within")).parse(here.advance())?;
                let (here, within) = cut(duration).parse(here)?;
                let (here, otherwise) = otherwise(here)?;
                return labelled(
                    here,
                    FieldStatement::Unseen(Unseen { value: condition, within, otherwise }),
                );
            }
            let (here, otherwise) = otherwise(here)?;
            labelled(here, FieldStatement::Check(Check { condition, otherwise }))
        }
        "when" => {
            let (here, condition) = cut(expr).parse(here)?;
            let (here, (label, block)) = labelled_block(here, inner(place))?;
            Ok((here, (FieldStatement::When { condition, block }, label)))
        }
        "choose" => {
            let (here, subject) = cut(expr).parse(here)?;
            let (here, (cases, label)) = cases(here, inner(place))?;
            Ok((here, (FieldStatement::Choose { subject, cases }, label)))
        }
        "message" if here.is_word("fields") => labelled(here.advance(), FieldStatement::MessageFields),
        "request" if here.is_word("fields") => labelled(here.advance(), FieldStatement::RequestFields),
        "unknown" => {
            let (here, keep) = keep(here)?;
            labelled(here, FieldStatement::Unknown(keep))
        }
        "reply" => {
            let (here, (message, label)) = message::message(input)?;
            Ok((here, (FieldStatement::Reply(message), label)))
        }
        "outcome" => {
            let (here, (rows, label)) = super::call::outcome(here)?;
            Ok((here, (FieldStatement::Outcome(rows), label)))
        }
        "done" if here.is(TokenKind::Text) => control(here),
        _ if here.word().is_some() => strange_type(input, place),
        _ => unknown_word(input, "statement among fields", WORDS),
    }
}

fn inner(place: Place) -> for<'s> fn(In<'s>) -> Res<'s, Headed<FieldStatement>> {
    match place {
        Place::Wire => wire,
        Place::Shape => shape,
    }
}

/// `NAME word …` where the word is no type: says so, and still reads the rest of the field.
fn strange_type(input: In<'_>, place: Place) -> Res<'_, Headed<FieldStatement>> {
    match type_expr(input.advance(), place) {
        Ok(_) => input.expected("a field or a statement"),
        Err(fault) => Err(fault),
    }
}

/// `NAME type`: whether the statement is a field. A leading word of the language before an expression that begins with a
/// type's word (`when flag is …`) is none.
fn is_field(input: In<'_>) -> bool {
    if !types::begins(input, 1) {
        return false;
    }
    let leading = input.word().unwrap_or("");
    let third = input.ahead(2);
    match leading {
        "let" => !input.ahead_is_sign(2, Sign::Equal),
        "fresh" => !FRESH.iter().any(|(word, _)| third.kind == TokenKind::Word && *word == third.text),
        "use" => !matches!(
            third.kind,
            TokenKind::LineEnd
                | TokenKind::End
                | TokenKind::Sign(Sign::Comma | Sign::BraceClose | Sign::Point)
        ),
        "check" | "when" | "choose" | "outcome" => match third.kind {
            TokenKind::Word => !matches!(third.text, "is" | "in" | "and" | "or" | "else"),
            TokenKind::Sign(sign) => {
                matches!(sign, Sign::Range | Sign::Equal | Sign::From | Sign::To | Sign::Both)
            }
            _ => true,
        },
        _ => true,
    }
}

fn assign(input: In<'_>) -> Res<'_, Headed<FieldStatement>> {
    let (here, target) = path(input)?;
    here.column(Column::Body);
    let (here, rules) = rules(here)?;
    if rules.is_empty() {
        return here.expected("`<-`");
    }
    labelled(here, FieldStatement::Assign(Assign { target, rules }))
}

fn used(input: In<'_>) -> Res<'_, Vec<crate::tree::Path>> {
    let (mut here, first) = cut(path).parse(input)?;
    let mut found = vec![first];
    while types::more_names(here) {
        let (rest, next) = cut(path).parse(here.advance())?;
        found.push(next);
        here = rest;
    }
    Ok((here, found))
}

fn fresh(input: In<'_>) -> Res<'_, Headed<FieldStatement>> {
    let (here, (name, kind, count)) =
        (cut(name), cut(one_of(FRESH, "what is drawn")), cut(count)).parse(input)?;
    labelled(here, FieldStatement::Fresh(Fresh { name, kind, count }))
}

fn control(input: In<'_>) -> Res<'_, Headed<FieldStatement>> {
    let (here, name) = cut(text::text).parse(input)?;
    let (here, format) = cut(|inside| type_expr(inside, Place::Wire)).parse(here)?;
    let (here, attributes) = attributes(here)?;
    let (here, (label, block)) = labelled_block(here, wire)?;
    Ok((here, (FieldStatement::Done { name, format, attributes, block }, label)))
}

/// `kept` or `refused`.
pub(crate) fn keep(input: In<'_>) -> Res<'_, Keep> {
    cut(one_of(KEEPS, "what happens to unknown fields")).parse(input)
}

/// `expr ELSE`.
pub(crate) fn check(input: In<'_>) -> Res<'_, Check> {
    let (here, condition) = cut(expr).parse(input)?;
    let (here, otherwise) = otherwise(here)?;
    Ok((here, Check { condition, otherwise }))
}

/// `{ (keys block)* }` of a `choose`.
pub(crate) fn cases<'s, T>(
    input: In<'s>,
    inside: fn(In<'s>) -> Res<'s, Headed<T>>,
) -> Res<'s, (Vec<Case<T>>, Label)> {
    let (here, head) = label(input)?;
    let (start, ()) = super::block::open(here)?;
    let mut place = start;
    let mut found = Vec::new();
    loop {
        place = super::block::skip_line_ends(place);
        if let Some(end) = super::block::ending(here, place) {
            super::limits::higher(here);
            return Ok((end, (found, head)));
        }
        match case(place, inside) {
            Ok((rest, one)) => {
                found.push(one);
                place = if rest.is(TokenKind::LineEnd)
                    || rest.is_sign(Sign::BraceClose)
                    || rest.is(TokenKind::End)
                {
                    rest
                } else {
                    left_over(rest);
                    super::block::recover(place, rest)
                };
            }
            Err(fault) => {
                let at = super::block::report(place, fault);
                place = super::block::recover(place, at);
            }
        }
    }
}

fn case<'s, T>(input: In<'s>, inside: fn(In<'s>) -> Res<'s, Headed<T>>) -> Res<'s, Case<T>> {
    let (here, keys) = separated_list1(comma, case_key).parse(input)?;
    let (here, (label, block)) = labelled_block(here, inside)?;
    Ok((here, Case { keys, block, label, span: here.since(input) }))
}

fn case_key(input: In<'_>) -> Res<'_, CaseKey> {
    match input.token().kind {
        TokenKind::Text => text::text(input).map(|(rest, text)| (rest, CaseKey::Text(text))),
        TokenKind::Number => number(input).map(|(rest, number)| (rest, CaseKey::Number(number))),
        TokenKind::Word if input.is_word("other") => Ok((input.advance(), CaseKey::Other(input.span()))),
        TokenKind::Word => name(input).map(|(rest, name)| (rest, CaseKey::Name(name))),
        _ => input.expected("a case: a text, a name, a number or `other`"),
    }
}

fn field_statement(input: In<'_>, place: Place) -> Res<'_, Headed<FieldStatement>> {
    let (rest, (field, label)) = field(input, place)?;
    Ok((rest, (FieldStatement::Field(field), label)))
}

/// `name type attr* rule* L block?`.
pub(crate) fn field(input: In<'_>, place: Place) -> Res<'_, Headed<Field>> {
    let (here, name) = name(input)?;
    here.column(Column::Body);
    let (here, (type_, attributes)) = typed(here, place)?;
    let (here, rules) = rules(here)?;
    let (here, label) = label(here)?;
    let (here, block) = if here.is_sign(Sign::BraceOpen) {
        let (rest, found) = block(here, inner(place))?;
        (rest, Some(found))
    } else {
        (here, None)
    };
    Ok((here, (Field { name, type_, attributes, rules, block }, label)))
}

/// `type attr*`; a list's items may have their format behind the attributes.
pub(crate) fn typed(input: In<'_>, place: Place) -> Res<'_, (TypeExpr, Vec<Attribute>)> {
    if input.is_word("entry") {
        return entry(input, place);
    }
    let (here, mut type_) = cut(|inside| type_expr(inside, place)).parse(input)?;
    let (here, mut found) = attributes(here)?;
    let format = here.word().is_some_and(|word| types::FORMATS.contains(&word));
    if let TypeKind::List(list) = &mut type_.kind
        && format
        && list.of.is_none()
    {
        let (rest, of) = type_expr(here, place)?;
        let (rest, more) = attributes(rest)?;
        list.of = Some(Box::new(of));
        found.extend(more);
        return Ok((rest, (type_, found)));
    }
    Ok((here, (type_, found)))
}

/// `entry PATTERN attr* T attr*`: what is said of the entry stands before its content.
fn entry(input: In<'_>, place: Place) -> Res<'_, (TypeExpr, Vec<Attribute>)> {
    let (here, pattern) = cut(text::text).parse(input.advance())?;
    let (here, mut found) = attributes(here)?;
    let (here, content) = cut(|inside| type_expr(inside, place)).parse(here)?;
    let span = here.since(input);
    let (here, more) = attributes(here)?;
    found.extend(more);
    Ok((here, (TypeExpr { kind: TypeKind::Entry { pattern, content: Box::new(content) }, span }, found)))
}

/// Whether a sign of a rule stands here.
fn rule_begins(input: In<'_>) -> bool {
    let rule = |ahead| {
        matches!(input.ahead(ahead).kind, TokenKind::Sign(Sign::Equal | Sign::From | Sign::To | Sign::Both))
    };
    rule(0) || ((input.is_word("request") || input.is_word("reply")) && rule(1))
}

/// All rules that stand here.
pub(crate) fn rules(input: In<'_>) -> Res<'_, Vec<Rule>> {
    let mut here = input;
    let mut found = Vec::new();
    while rule_begins(here) {
        // A mapping has its only column there already.
        here.column(if found.is_empty() && here.has_column() { Column::Body } else { Column::Rule });
        let (rest, one) = rule(here)?;
        found.push(one);
        here = rest;
    }
    Ok((here, found))
}

fn rule(input: In<'_>) -> Res<'_, Rule> {
    let (here, side) = match input.word() {
        Some("request") => (input.advance(), Some(Side::Request)),
        Some(_) => (input.advance(), Some(Side::Reply)),
        None => (input, None),
    };
    let token = here.token();
    let value = here.advance();
    let (rest, kind) = match token.kind {
        TokenKind::Sign(Sign::Equal) => {
            cut(expr).parse(value).map(|(rest, expr)| (rest, RuleKind::Equal(expr)))?
        }
        TokenKind::Sign(Sign::From) => {
            cut(list_expr).parse(value).map(|(rest, list)| (rest, RuleKind::From(list)))?
        }
        TokenKind::Sign(Sign::To) => cut(path).parse(value).map(|(rest, path)| (rest, RuleKind::To(path)))?,
        _ => cut(path).parse(value).map(|(rest, path)| (rest, RuleKind::Both(path)))?,
    };
    let (rest, cut_word) = opt(word("cut")).parse(rest)?;
    let (rest, otherwise) = otherwise(rest)?;
    let span = rest.since(input);
    Ok((rest, Rule { side, kind, sign_span: token.span, cut: cut_word.is_some(), otherwise, span }))
}

/// `ELSE?`.
pub(crate) fn otherwise(input: In<'_>) -> Res<'_, Option<Otherwise>> {
    if !input.is_word("else") {
        return Ok((input, None));
    }
    let here = input.advance();
    let alone =
        |here: In<'_>| !here.ahead_is_sign(1, Sign::Point) && !here.ahead_is_sign(1, Sign::BracketOpen);
    let (rest, kind) = match here.word() {
        Some("refuse") => {
            cut(name).parse(here.advance()).map(|(rest, why)| (rest, OtherwiseKind::Refuse(why)))?
        }
        Some("park") => {
            cut(text::text).parse(here.advance()).map(|(rest, why)| (rest, OtherwiseKind::Park(why)))?
        }
        Some("unknown") if alone(here) => (here.advance(), OtherwiseKind::Unknown),
        Some("absent") if alone(here) => (here.advance(), OtherwiseKind::Absent),
        _ => cut(expr).parse(here).map(|(rest, value)| (rest, OtherwiseKind::Value(value)))?,
    };
    Ok((rest, Some(Otherwise { kind, span: rest.since(input) })))
}

/// `NAME type attr* = expr`: a value of a session.
pub(crate) fn session_value(input: In<'_>) -> Res<'_, crate::tree::SessionValue> {
    input.column(Column::Body);
    let (here, name) = cut(name).parse(input)?;
    let (here, type_) = cut(|inside| type_expr(inside, Place::Shape)).parse(here)?;
    here.column(Column::Rule);
    let (here, value) = cut(preceded(sign(Sign::Equal), cut(expr))).parse(here)?;
    Ok((here, crate::tree::SessionValue { name, type_, value }))
}

/// `else refuse NAME`, which some statements demand.
pub(crate) fn must_else<'s>(input: In<'s>, statement: &'static str) -> Res<'s, Option<Otherwise>> {
    if !input.is_word("else") {
        let title = format!("`{statement}` does not say what else");
        let found = input.error(syntax::MISSING_ELSE, title, "expected `else`");
        return input.fail(found.help("add `else refuse REASON` or `else park \"why\"`"));
    }
    otherwise(input)
}
