//! Expressions, by the levels of the grammar.

use super::cursor::{
    Fault, FaultKind, In, Res, comma, date, duration, name, number, path, paths, sign, time, word,
};
use super::limits;
use super::text;
use crate::diagnostics::register::syntax;
use crate::lex::{Sign, TokenKind};
use crate::tree::{Argument, BinaryOperator, Call, Expr, ExprKind, ListExpr, Name, UnaryOperator};
use nom::Parser;
use nom::combinator::{cut, opt};
use nom::multi::separated_list1;
use nom::sequence::preceded;

/// A text that is one expression and nothing else; problems go to the state.
pub(crate) fn whole(input: In<'_>) -> Option<Expr> {
    match expr(input) {
        Ok((rest, found)) => {
            let rest = if rest.is(TokenKind::LineEnd) { rest.advance() } else { rest };
            if !rest.is(TokenKind::End) {
                super::block::left_over(rest);
            }
            Some(found)
        }
        Err(fault) => {
            super::block::report(input, fault);
            None
        }
    }
}

/// An expression.
pub(crate) fn expr(input: In<'_>) -> Res<'_, Expr> {
    chain(input, conjunction, |here| match here.word() {
        Some("or") => Some((BinaryOperator::Or, 1)),
        _ => None,
    })
}

fn conjunction(input: In<'_>) -> Res<'_, Expr> {
    chain(input, negation, |here| match here.word() {
        Some("and") => Some((BinaryOperator::And, 1)),
        _ => None,
    })
}

/// `a OP b OP c`, leaning to the left.
fn chain<'s>(
    input: In<'s>,
    operand: fn(In<'s>) -> Res<'s, Expr>,
    operator: fn(In<'s>) -> Option<(BinaryOperator, usize)>,
) -> Res<'s, Expr> {
    let (mut here, mut left) = operand(input)?;
    while let Some((found, length)) = operator(here) {
        limits::operator(here)?;
        let before = here;
        for _ in 0..length {
            here = here.advance();
        }
        let operator_span = here.since(before);
        let (next, right) = cut(operand).parse(here)?;
        here = next;
        left = binary(found, operator_span, left, right);
    }
    Ok((here, left))
}

fn binary(operator: BinaryOperator, operator_span: crate::source::Span, left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    let kind = ExprKind::Binary { operator, operator_span, left: Box::new(left), right: Box::new(right) };
    Expr { kind, span }
}

fn negation(input: In<'_>) -> Res<'_, Expr> {
    let mut here = input;
    let mut nots = Vec::new();
    while here.is_word("not") {
        limits::operator(here)?;
        nots.push(here.span());
        here = here.advance();
    }
    let (rest, mut found) = comparison(here)?;
    for span in nots.into_iter().rev() {
        let span = span.to(found.span);
        found =
            Expr { kind: ExprKind::Unary { operator: UnaryOperator::Not, operand: Box::new(found) }, span };
    }
    Ok((rest, found))
}

fn comparing(here: In<'_>) -> Option<(BinaryOperator, usize)> {
    match here.token().kind {
        TokenKind::Sign(Sign::Less) => Some((BinaryOperator::Less, 1)),
        TokenKind::Sign(Sign::LessOrEqual) => Some((BinaryOperator::LessOrEqual, 1)),
        TokenKind::Sign(Sign::Greater) => Some((BinaryOperator::Greater, 1)),
        TokenKind::Sign(Sign::GreaterOrEqual) => Some((BinaryOperator::GreaterOrEqual, 1)),
        TokenKind::Word if here.is_word("is") && here.ahead_is_word(1, "not") => {
            Some((BinaryOperator::IsNot, 2))
        }
        TokenKind::Word if here.is_word("is") => Some((BinaryOperator::Is, 1)),
        _ => None,
    }
}

fn comparison(input: In<'_>) -> Res<'_, Expr> {
    let (mut here, mut left) = sum(input)?;
    if here.is_word("in") && here.ahead_is_sign(1, Sign::BracketOpen) {
        let open = here.advance();
        let (rest, choices) = brackets(open, |inside| separated_list1(comma, expr).parse(inside))?;
        left = Expr { kind: ExprKind::In { value: Box::new(left), choices }, span: rest.since(input) };
        here = rest;
    } else if let Some((operator, length)) = comparing(here) {
        limits::operator(here)?;
        let before = here;
        for _ in 0..length {
            here = here.advance();
        }
        let operator_span = here.since(before);
        let (next, right) = cut(sum).parse(here)?;
        here = next;
        left = binary(operator, operator_span, left, right);
    }
    // `a < b < c` means nothing; said here, since "left over" would not say why.
    if comparing(here).is_some() {
        let help = "compare twice: a < b and b < c";
        return here
            .fail(here.error(syntax::CHAINED, "comparisons cannot be chained", "a second one").help(help));
    }
    Ok((here, left))
}

fn sum(input: In<'_>) -> Res<'_, Expr> {
    chain(input, product, |here| match here.token().kind {
        TokenKind::Sign(Sign::Plus) => Some((BinaryOperator::Add, 1)),
        TokenKind::Sign(Sign::Minus) => Some((BinaryOperator::Subtract, 1)),
        _ => None,
    })
}

fn product(input: In<'_>) -> Res<'_, Expr> {
    chain(input, primary, |here| match here.token().kind {
        TokenKind::Sign(Sign::Star) => Some((BinaryOperator::Multiply, 1)),
        _ => None,
    })
}

fn primary(input: In<'_>) -> Res<'_, Expr> {
    let (rest, kind) = match input.token().kind {
        TokenKind::Text => text::text(input).map(|(rest, text)| (rest, ExprKind::Text(text)))?,
        TokenKind::Raw => text::raw(input).map(|(rest, text)| (rest, ExprKind::Raw(text)))?,
        TokenKind::Date => date(input).map(|(rest, date)| (rest, ExprKind::Date(date)))?,
        TokenKind::Time => time(input).map(|(rest, time)| (rest, ExprKind::Time(time)))?,
        TokenKind::Duration => duration(input).map(|(rest, length)| (rest, ExprKind::Duration(length)))?,
        TokenKind::Number => {
            let (rest, number) = number(input)?;
            let days = rest.is_word("day");
            let rest = if days { rest.advance() } else { rest };
            (rest, if days { ExprKind::Days(number) } else { ExprKind::Number(number) })
        }
        TokenKind::Sign(Sign::Minus) => {
            limits::operator(input)?;
            let (rest, operand) = cut(primary).parse(input.advance())?;
            (rest, ExprKind::Unary { operator: UnaryOperator::Negative, operand: Box::new(operand) })
        }
        TokenKind::Sign(Sign::BracketOpen) => return brackets(input, expr),
        TokenKind::Word if input.ahead_is_sign(1, Sign::BracketOpen) => return call(input),
        TokenKind::Word => path(input).map(|(rest, path)| (rest, ExprKind::Path(path)))?,
        _ => return input.expected("a value"),
    };
    Ok((rest, Expr { kind, span: rest.since(input) }))
}

/// `( inside )`, one level deeper.
fn brackets<'s, T>(open: In<'s>, inside: impl Fn(In<'s>) -> Res<'s, T>) -> Res<'s, T> {
    limits::deeper(open)?;
    let found = cut(inside).parse(open.advance());
    limits::higher(open);
    let (rest, value) = found.map_err(|fault| unclosed(open, fault))?;
    if rest.is_sign(Sign::BracketClose) {
        return Ok((rest.advance(), value));
    }
    let fault = Fault { at: rest.at(), kind: FaultKind::Expected("`,` or `)`") };
    Err(unclosed(open, nom::Err::Failure(fault)))
}

/// If the brackets run into the end of their statement, the fault is the missing bracket.
fn unclosed(open: In<'_>, fault: nom::Err<Fault>) -> nom::Err<Fault> {
    let (nom::Err::Error(inner) | nom::Err::Failure(inner)) = &fault else { return fault };
    if matches!(inner.kind, FaultKind::Built(_)) {
        return fault;
    }
    let away = inner.at.saturating_sub(open.at());
    let token = open.ahead(away);
    // Two words at the start of a line are the next statement, swallowed by the open bracket.
    let before = open.ahead(away.saturating_sub(1));
    let statement = before.first_on_line && [before.kind, token.kind] == [TokenKind::Word; 2];
    let ends = statement
        || matches!(token.kind, TokenKind::LineEnd | TokenKind::End)
        || matches!(token.kind, TokenKind::Sign(Sign::BraceOpen | Sign::BraceClose))
        || token.first_on_line;
    if !ends {
        return fault;
    }
    let found = open.error(
        syntax::UNCLOSED_BRACKET,
        "this bracket is not closed",
        "no `)` up to the end of the statement",
    );
    nom::Err::Failure(Fault {
        at: inner.at,
        kind: FaultKind::Built(Box::new(found.help("close it with `)`"))),
    })
}

fn call(input: In<'_>) -> Res<'_, Expr> {
    let (open, function) = name(input)?;
    if function.is("raw")
        && let Some(range) = range(open)
    {
        let (rest, argument) = range?;
        let span = rest.since(input);
        return Ok((
            rest,
            Expr { kind: ExprKind::Call(Call { name: function, arguments: vec![argument] }), span },
        ));
    }
    let (rest, arguments) = brackets(open, |inside| {
        if inside.is_sign(Sign::BracketClose) {
            return Ok((inside, Vec::new()));
        }
        separated_list1(comma, argument).parse(inside)
    })?;
    let span = rest.since(input);
    Ok((rest, Expr { kind: ExprKind::Call(Call { name: function, arguments }), span }))
}

/// `(a .. b)`, if this is one.
fn range(open: In<'_>) -> Option<Res<'_, Argument>> {
    let inside = open.advance();
    let (points, from) = path(inside).ok()?;
    if !points.is_sign(Sign::Range) {
        return None;
    }
    let rule = (cut(path), cut(sign(Sign::BracketClose))).parse(points.advance());
    Some(rule.map(|(rest, (to, _))| {
        let span = from.span.to(to.span);
        let value = Expr { kind: ExprKind::Range { from, to }, span };
        (rest, Argument { value, condition: None, except: Vec::new(), without: Vec::new(), span })
    }))
}

fn argument(input: In<'_>) -> Res<'_, Argument> {
    let (here, value) = expr(input)?;
    let (here, condition) = opt(preceded(word("where"), cut(expr))).parse(here)?;
    let (here, except) = opt(preceded(word("except"), cut(excepted))).parse(here)?;
    let (here, without) = opt(preceded(word("without"), cut(excepted))).parse(here)?;
    let span = here.since(input);
    let (except, without) = (except.unwrap_or_default(), without.unwrap_or_default());
    Ok((here, Argument { value, condition, except, without, span }))
}

/// Names up to the closing bracket.
fn excepted(input: In<'_>) -> Res<'_, Vec<Name>> {
    separated_list1(comma, name).parse(input)
}

/// What may stand behind `<-`.
pub(crate) fn list_expr(input: In<'_>) -> Res<'_, ListExpr> {
    let (here, value) = expr(input)?;
    let (here, with) = opt(preceded(word("with"), cut(path))).parse(here)?;
    let (here, condition) = opt(preceded(word("where"), cut(expr))).parse(here)?;
    let sorted = preceded((word("sorted"), cut(word("by"))), cut(paths));
    let (here, sorted_by) = opt(sorted).parse(here)?;
    let span = here.since(input);
    Ok((here, ListExpr { value, with, condition, sorted_by: sorted_by.unwrap_or_default(), span }))
}

/// `(a, b)`: plain expressions, as the steps of a chain take them.
pub(crate) fn arguments(open: In<'_>) -> Res<'_, Vec<Expr>> {
    brackets(open, |inside| {
        if inside.is_sign(Sign::BracketClose) {
            return Ok((inside, Vec::new()));
        }
        separated_list1(comma, expr).parse(inside)
    })
}
