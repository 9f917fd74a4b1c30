//! The parser's input: a place among the tokens, with what is gathered on the way; and the words every rule is made of.

use crate::diagnostics::register::syntax;
use crate::diagnostics::{Code, Diagnostic};
use crate::lex::{Sign, Token, TokenKind};
use crate::source::{FileId, Span};
use crate::tree::{Count, Duration, Name, Number, Path};
use nom::error::{ErrorKind, ParseError};
use nom::multi::separated_list1;
use nom::{IResult, Input, Needed, Parser};
use std::cell::{Cell, RefCell};

/// The result of a rule.
pub(crate) type Res<'s, T> = IResult<In<'s>, T, Fault>;

/// What all rules of one text share.
#[derive(Debug)]
pub(crate) struct State {
    /// What was found wrong.
    pub(crate) problems: RefCell<Vec<Diagnostic>>,
    /// Where columns begin, for the formatter: places among the tokens, rising where no rule was tried twice.
    pub(crate) columns: RefCell<Vec<(usize, Column)>>,
    /// Braces and brackets that are open.
    pub(crate) depth: Cell<u32>,
    /// Statements so far.
    pub(crate) statements: Cell<u32>,
    /// Operators in the statement so far.
    pub(crate) operators: Cell<u32>,
    /// Tokens looked at, for the proof that parsing is linear.
    pub(crate) steps: Cell<u64>,
    /// A block whose closing brace stands in another column than its head.
    pub(crate) suspect: Cell<Option<Span>>,
    /// Whether parsing was given up.
    pub(crate) stopped: Cell<bool>,
    /// Whether a block was found not closed; those around it are then not reported too.
    pub(crate) unclosed: Cell<bool>,
}

/// Columns of a statement that `fmt` puts in line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Column {
    /// Behind the name or the leading word.
    Body,
    /// The first sign.
    Rule,
    /// The label.
    Label,
}

impl State {
    /// A fresh state.
    pub(crate) fn new() -> Self {
        Self {
            problems: RefCell::default(),
            columns: RefCell::default(),
            depth: Cell::new(0),
            statements: Cell::new(0),
            operators: Cell::new(0),
            steps: Cell::new(0),
            suspect: Cell::new(None),
            stopped: Cell::new(false),
            unclosed: Cell::new(false),
        }
    }

    /// Takes a finding.
    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        self.problems.borrow_mut().push(diagnostic);
    }
}

/// A place among the tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct In<'s> {
    tokens: &'s [Token<'s>],
    at: usize,
    /// What is shared.
    pub(crate) state: &'s State,
}

const NOTHING: Token<'static> = Token {
    kind: TokenKind::End,
    text: "",
    span: Span { file: FileId(0), start: 0, end: 0 },
    first_on_line: false,
    indent: 0,
};

impl<'s> In<'s> {
    /// The place in front of the first token.
    pub(crate) fn new(tokens: &'s [Token<'s>], state: &'s State) -> Self {
        Self { tokens, at: 0, state }
    }

    /// How many tokens stand before this place.
    pub(crate) fn at(self) -> usize {
        self.at
    }

    /// The next token; at the end the last.
    pub(crate) fn token(self) -> Token<'s> {
        self.ahead(0)
    }

    /// The token that many behind the next.
    pub(crate) fn ahead(self, by: usize) -> Token<'s> {
        self.state.steps.set(self.state.steps.get() + 1);
        let at = (self.at + by).min(self.tokens.len().saturating_sub(1));
        self.tokens.get(at).copied().unwrap_or(NOTHING)
    }

    /// The place behind the next token.
    pub(crate) fn advance(self) -> Self {
        Self { at: (self.at + 1).min(self.tokens.len()), ..self }
    }

    /// The first token of the line on which the next stands. Only for closing braces: each looks back over one line.
    pub(crate) fn back_to_line(self) -> Self {
        let mut at = self.at.min(self.tokens.len().saturating_sub(1));
        while at > 0 && !self.tokens.get(at).is_some_and(|token| token.first_on_line) {
            self.state.steps.set(self.state.steps.get() + 1);
            at -= 1;
        }
        Self { at, ..self }
    }

    /// Where the next token stands.
    pub(crate) fn span(self) -> Span {
        self.token().span
    }

    /// Where the token before this place stands.
    pub(crate) fn span_before(self) -> Span {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(self.span(), |token| token.span)
    }

    /// From the next token of `start` to the token before this place.
    pub(crate) fn since(self, start: Self) -> Span {
        let first = start.span();
        match self.at.checked_sub(1).and_then(|last| self.tokens.get(last)) {
            Some(last) if self.at > start.at => first.to(last.span),
            _ => Span { end: first.start, ..first },
        }
    }

    /// Whether the next token is this word.
    pub(crate) fn is_word(self, word: &str) -> bool {
        self.ahead_is_word(0, word)
    }

    /// Whether the token that many behind the next is this word.
    pub(crate) fn ahead_is_word(self, by: usize, word: &str) -> bool {
        let token = self.ahead(by);
        token.kind == TokenKind::Word && token.text == word
    }

    /// Whether the next token is this sign.
    pub(crate) fn is_sign(self, sign: Sign) -> bool {
        self.ahead_is_sign(0, sign)
    }

    /// Whether the token that many behind the next is this sign.
    pub(crate) fn ahead_is_sign(self, by: usize, sign: Sign) -> bool {
        self.ahead(by).kind == TokenKind::Sign(sign)
    }

    /// The next token's text, if it is a word.
    pub(crate) fn word(self) -> Option<&'s str> {
        let token = self.token();
        (token.kind == TokenKind::Word).then_some(token.text)
    }

    /// Whether the next token is of this kind.
    pub(crate) fn is(self, kind: TokenKind) -> bool {
        self.token().kind == kind
    }

    /// Notes that a column begins here.
    pub(crate) fn column(self, column: Column) {
        let mut columns = self.state.columns.borrow_mut();
        while columns.last().is_some_and(|(at, _)| *at >= self.at) {
            columns.pop();
        }
        columns.push((self.at, column));
    }

    /// Whether a column begins here.
    pub(crate) fn has_column(self) -> bool {
        self.state.columns.borrow().last().is_some_and(|(at, _)| *at == self.at)
    }

    /// A fault here: something else is expected. A rule above may try another way.
    pub(crate) fn expected<T>(self, what: &'static str) -> Res<'s, T> {
        Err(nom::Err::Error(Fault { at: self.at, kind: FaultKind::Expected(what) }))
    }

    /// A fault with its own diagnostic, which no other way can heal.
    pub(crate) fn fail<T>(self, diagnostic: Diagnostic) -> Res<'s, T> {
        Err(nom::Err::Failure(Fault { at: self.at, kind: FaultKind::Built(Box::new(diagnostic)) }))
    }

    /// The text of a diagnostic about the next token.
    pub(crate) fn error(self, code: Code, title: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, title, self.span(), label)
    }
}

/// Why a rule does not hold.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// Before which token.
    pub(crate) at: usize,
    /// Why.
    pub(crate) kind: FaultKind,
}

/// Why a rule does not hold.
#[derive(Clone, Debug)]
pub(crate) enum FaultKind {
    /// Something else is expected.
    Expected(&'static str),
    /// One word of the language is expected.
    Word(&'static str),
    /// A diagnostic of its own.
    Built(Box<Diagnostic>),
}

impl<'s> ParseError<In<'s>> for Fault {
    fn from_error_kind(input: In<'s>, _: ErrorKind) -> Self {
        Self { at: input.at, kind: FaultKind::Expected("something else") }
    }

    fn append(_: In<'s>, _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Of two ways the one that came further says more.
    fn or(self, other: Self) -> Self {
        if self.at > other.at { self } else { other }
    }
}

impl<'s> Input for In<'s> {
    type Item = Token<'s>;
    type Iter = std::iter::Copied<std::slice::Iter<'s, Token<'s>>>;
    type IterIndices = std::iter::Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.tokens.len() - self.at.min(self.tokens.len())
    }

    fn take(&self, index: usize) -> Self {
        let end = (self.at + index).min(self.tokens.len());
        Self { tokens: self.tokens.get(..end).unwrap_or(self.tokens), ..*self }
    }

    fn take_from(&self, index: usize) -> Self {
        Self { at: (self.at + index).min(self.tokens.len()), ..*self }
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.take_from(index), self.take(index))
    }

    fn position<P: Fn(Self::Item) -> bool>(&self, predicate: P) -> Option<usize> {
        self.iter_elements().position(predicate)
    }

    fn iter_elements(&self) -> Self::Iter {
        self.tokens.get(self.at..).unwrap_or_default().iter().copied()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, Needed> {
        let length = self.input_len();
        if count <= length { Ok(count) } else { Err(Needed::new(count - length)) }
    }
}

/// One word of the language.
pub(crate) fn word<'s>(expected: &'static str) -> impl Parser<In<'s>, Output = Span, Error = Fault> {
    move |input: In<'s>| {
        if input.is_word(expected) {
            return Ok((input.advance(), input.span()));
        }
        Err(nom::Err::Error(Fault { at: input.at, kind: FaultKind::Word(expected) }))
    }
}

/// Several words in a row.
pub(crate) fn words<'s>(
    expected: &'static [&'static str],
) -> impl Parser<In<'s>, Output = Span, Error = Fault> {
    move |input: In<'s>| {
        let mut here = input;
        for one in expected {
            (here, _) = word(one).parse(here)?;
        }
        Ok((here, here.since(input)))
    }
}

/// One sign.
pub(crate) fn sign<'s>(expected: Sign) -> impl Parser<In<'s>, Output = Span, Error = Fault> {
    move |input: In<'s>| {
        if input.is_sign(expected) {
            Ok((input.advance(), input.span()))
        } else {
            input.expected(spelled(expected))
        }
    }
}

/// A comma.
pub(crate) fn comma(input: In<'_>) -> Res<'_, Span> {
    sign(Sign::Comma).parse(input)
}

fn spelled(sign: Sign) -> &'static str {
    match sign {
        Sign::Both => "`<->`",
        Sign::From => "`<-`",
        Sign::To => "`->`",
        Sign::LessOrEqual => "`<=`",
        Sign::GreaterOrEqual => "`>=`",
        Sign::Range => "`..`",
        Sign::Less => "`<`",
        Sign::Greater => "`>`",
        Sign::Equal => "`=`",
        Sign::Plus => "`+`",
        Sign::Minus => "`-`",
        Sign::Star => "`*`",
        Sign::Comma => "`,`",
        Sign::Point => "`.`",
        Sign::BraceOpen => "`{`",
        Sign::BraceClose => "`}`",
        Sign::BracketOpen => "`(`",
        Sign::BracketClose => "`)`",
        Sign::Wrong(wrong) => wrong.sign,
    }
}

/// One of some words, as the value that it stands for.
pub(crate) fn one_of<'s, T: Copy>(
    words: &'static [(&'static str, T)],
    what: &'static str,
) -> impl Parser<In<'s>, Output = T, Error = Fault> {
    move |input: In<'s>| match input.word() {
        Some(word) => match words.iter().find(|(known, _)| *known == word) {
            Some((_, value)) => Ok((input.advance(), *value)),
            None => {
                let list: Vec<_> = words.iter().map(|(known, _)| format!("`{known}`")).collect();
                let found = input
                    .error(syntax::EXPECTED, "this word does not fit here", format!("expected {what}"))
                    .note(format!("{what} is one of {}", list.join(", ")))
                    .did_you_mean(word, words.iter().map(|(known, _)| *known));
                Err(nom::Err::Error(Fault { at: input.at, kind: FaultKind::Built(Box::new(found)) }))
            }
        },
        None => input.expected(what),
    }
}

/// A name.
pub(crate) fn name(input: In<'_>) -> Res<'_, Name> {
    match input.word() {
        Some(text) => Ok((input.advance(), Name { text: text.into(), span: input.span() })),
        None => input.expected("a name"),
    }
}

/// `a, b, c`.
pub(crate) fn names(input: In<'_>) -> Res<'_, Vec<Name>> {
    separated_list1(comma, name).parse(input)
}

/// `a.b.c`.
pub(crate) fn path(input: In<'_>) -> Res<'_, Path> {
    let (mut here, first) = name(input)?;
    let mut parts = vec![first];
    while here.is_sign(Sign::Point) {
        let (next, part) = nom::combinator::cut(name).parse(here.advance())?;
        parts.push(part);
        here = next;
    }
    let span = here.since(input);
    Ok((here, Path { parts, span }))
}

/// `a.b, c.d`.
pub(crate) fn paths(input: In<'_>) -> Res<'_, Vec<Path>> {
    separated_list1(comma, path).parse(input)
}

/// A number.
pub(crate) fn number(input: In<'_>) -> Res<'_, Number> {
    let token = input.token();
    if token.kind != TokenKind::Number {
        return input.expected("a number");
    }
    // What cannot be held was reported by the lexer; the zero only stands in for it.
    let value = crate::lex::number(token.text).unwrap_or_default();
    Ok((input.advance(), Number { text: token.text.into(), value, span: token.span }))
}

/// A whole number.
pub(crate) fn count(input: In<'_>) -> Res<'_, Count> {
    let (rest, found) = number(input)?;
    match found.whole() {
        Some(value) => Ok((rest, Count { value, span: found.span })),
        None => input.fail(input.error(
            syntax::BAD_NUMBER,
            "a whole number is expected here",
            "not whole, or too large",
        )),
    }
}

/// A duration.
pub(crate) fn duration(input: In<'_>) -> Res<'_, Duration> {
    let token = input.token();
    match token.kind {
        TokenKind::Duration => {
            let milliseconds = crate::lex::duration(token.text).unwrap_or_default();
            Ok((input.advance(), Duration { milliseconds, span: token.span }))
        }
        TokenKind::Number => {
            let help = format!("write a unit: {0}s, {0}m, {0}h or {0}ms", token.text);
            input.fail(input.error(syntax::BAD_UNIT, "a duration without a unit", "of what?").help(help))
        }
        _ => input.expected("a duration such as 60s"),
    }
}

/// A time of day.
pub(crate) fn time(input: In<'_>) -> Res<'_, crate::tree::Time> {
    let token = input.token();
    if token.kind != TokenKind::Time {
        return input.expected("a time such as 08:00");
    }
    Ok((input.advance(), crate::lex::time(token.text).unwrap_or_default()))
}

/// A date.
pub(crate) fn date(input: In<'_>) -> Res<'_, crate::tree::Date> {
    let token = input.token();
    if token.kind != TokenKind::Date {
        return input.expected("a date such as 2026-11-23");
    }
    Ok((input.advance(), crate::lex::date(token.text).unwrap_or(crate::tree::Date::ZERO)))
}
