//! Blocks of statements, their labels, and how the parser goes on behind an error.

use super::cursor::{Column, Fault, FaultKind, In, Res, sign, word};
use super::{limits, text};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::register::syntax;
use crate::lex::{Sign, TokenKind};
use crate::source::Span;
use crate::tree::{Assumed, Block, Label, Node};
use nom::Parser;
use nom::combinator::cut;

/// A statement without its line end: what it says and its label.
pub(crate) type Headed<T> = (T, Label);

/// `STRING? ("assumed" STRING?)?`.
pub(crate) fn label(input: In<'_>) -> Res<'_, Label> {
    let mut found = Label::default();
    let mut here = input;
    if here.is(TokenKind::Text) {
        here.column(Column::Label);
        let (rest, words) = text::plain(here)?;
        found.text = Some(words);
        here = rest;
    }
    if here.is_word("assumed") {
        here.column(Column::Label);
        let start = here;
        here = here.advance();
        let mut why = None;
        if here.is(TokenKind::Text) {
            let (rest, words) = text::plain(here)?;
            why = Some(words);
            here = rest;
        }
        found.assumed = Some(Assumed { why, span: here.since(start) });
    }
    Ok((here, found))
}

/// Ends a statement that has no block with its label.
pub(crate) fn labelled<T>(input: In<'_>, kind: T) -> Res<'_, Headed<T>> {
    let (rest, label) = label(input)?;
    Ok((rest, (kind, label)))
}

/// `{ statement* }`, one a line; in a block on one line commas may stand between.
pub(crate) fn block<'s, T>(input: In<'s>, statement: fn(In<'s>) -> Res<'s, Headed<T>>) -> Res<'s, Block<T>> {
    let (start, _) = open(input)?;
    let mut here = start;
    let mut statements = Vec::new();
    let end = loop {
        here = skip_line_ends(here);
        if let Some(end) = ending(input, here) {
            break end;
        }
        let (rest, found) = one(here, statement);
        statements.extend(found);
        here = rest;
    };
    limits::higher(input);
    Ok((end, Block { statements, span: end.since(input) }))
}

/// `{`, one level deeper.
pub(crate) fn open(input: In<'_>) -> Res<'_, ()> {
    if !input.is_sign(Sign::BraceOpen) {
        if input.is(TokenKind::LineEnd) && input.advance().is_sign(Sign::BraceOpen) {
            let found = input.advance().error(syntax::MISSING_BLOCK, "the brace stands on the next line", "");
            return input.fail(found.help("write `{` at the end of the line before"));
        }
        if ends(input) {
            let span = input.span_before();
            let found = Diagnostic::error(
                syntax::MISSING_BLOCK,
                "a block is missing",
                span,
                "expected `{` behind this",
            );
            return input.fail(found);
        }
        return input.expected("`{`");
    }
    limits::deeper(input)?;
    Ok((input.advance(), ()))
}

fn ends(input: In<'_>) -> bool {
    matches!(input.token().kind, TokenKind::LineEnd | TokenKind::End | TokenKind::Sign(Sign::BraceClose))
}

/// The place behind a block that ends here: at its brace, or where it is plain that its brace was forgotten.
pub(crate) fn ending<'s>(open: In<'s>, here: In<'s>) -> Option<In<'s>> {
    if here.is_sign(Sign::BraceClose) {
        return Some(close(open, here));
    }
    let lost = here.is(TokenKind::End) || begins_item(here) || here.state.stopped.get();
    lost.then(|| missing_close(open, here))
}

fn close<'s>(open: In<'s>, here: In<'s>) -> In<'s> {
    let token = here.token();
    if token.first_on_line && here.state.suspect.get().is_none() && token.indent != line_indent(open) {
        here.state.suspect.set(Some(open.span()));
    }
    here.advance()
}

/// The indent of the line on which a token stands.
fn line_indent(input: In<'_>) -> u32 {
    input.back_to_line().token().indent
}

/// Reports the block that was not closed: the one whose braces stand in different columns, else this one.
fn missing_close<'s>(open: In<'s>, here: In<'s>) -> In<'s> {
    let span = here.state.suspect.take().unwrap_or_else(|| open.span());
    if !here.state.stopped.get() && !here.state.unclosed.get() {
        let title = "this block is not closed";
        let found = Diagnostic::error(syntax::UNCLOSED_BLOCK, title, span, "its `}` is missing");
        here.state.report(found.help("close it with `}` on a line of its own, below the block"));
        here.state.unclosed.set(true);
    }
    here
}

/// Whether an item begins here: in column 1, where blocks have none.
fn begins_item(here: In<'_>) -> bool {
    let token = here.token();
    let item = here.word().is_some_and(|word| super::item::WORDS.contains(&word));
    token.first_on_line && token.indent == 0 && item
}

pub(crate) fn skip_line_ends(mut here: In<'_>) -> In<'_> {
    while here.is(TokenKind::LineEnd) {
        here = here.advance();
    }
    here
}

/// One statement with its end; on an error none, and the place behind it.
fn one<'s, T>(start: In<'s>, statement: fn(In<'s>) -> Res<'s, Headed<T>>) -> (In<'s>, Option<Node<T>>) {
    if !count(start) {
        return (start, None);
    }
    match statement(start) {
        Ok((rest, (kind, label))) => {
            let node = Node { kind, label, span: rest.since(start) };
            (end_of_statement(start, rest), Some(node))
        }
        Err(fault) => {
            let at = report(start, fault);
            (recover(start, at), None)
        }
    }
}

/// Counts a statement; whether it may still be read.
pub(crate) fn count(start: In<'_>) -> bool {
    let statements = start.state.statements.get() + 1;
    start.state.statements.set(statements);
    start.state.operators.set(0);
    if statements > limits::STATEMENTS_MAX {
        if !start.state.stopped.replace(true) {
            let title = "too many statements";
            let found = start.error(syntax::TOO_MANY, title, "the 20,001st of this file");
            start.state.report(found.help("split the party, or share fields by `use`"));
        }
        return false;
    }
    true
}

/// A statement ends with its line, at the closing brace, or at a comma on the same line.
fn end_of_statement<'s>(start: In<'s>, rest: In<'s>) -> In<'s> {
    match rest.token().kind {
        TokenKind::LineEnd => rest.advance(),
        TokenKind::Sign(Sign::BraceClose) | TokenKind::End => rest,
        TokenKind::Sign(Sign::Comma) if !rest.advance().token().first_on_line => rest.advance(),
        TokenKind::Sign(Sign::Comma) => {
            let found = rest.error(
                syntax::LATE_COMMA,
                "a comma at the end of a statement",
                "a comma goes on to the next line",
            );
            rest.state.report(found.help("leave it out: a statement ends with its line"));
            rest.advance()
        }
        // Begun by a closing block: the next statement may stand on the same line only by mistake.
        _ => {
            left_over(rest);
            recover(start, rest)
        }
    }
}

/// Reports what stands behind a complete statement.
pub(crate) fn left_over(rest: In<'_>) {
    let token = rest.token();
    if token.kind == TokenKind::Bad {
        return;
    }
    let label = format!("{} does not belong to the statement any more", shown(rest));
    let mut found = rest.error(syntax::LEFT_OVER, "the statement is complete before this", label);
    if token.kind == TokenKind::Text {
        found = found.help("a label is the last on its line; two texts need a `+` between them");
    }
    rest.state.report(found);
}

/// Reports a fault; gives the place where it is.
pub(crate) fn report<'s>(start: In<'s>, fault: nom::Err<Fault>) -> In<'s> {
    let (nom::Err::Error(fault) | nom::Err::Failure(fault)) = fault else { return start };
    let mut here = start;
    while here.at() < fault.at {
        here = here.advance();
    }
    let found = match fault.kind {
        FaultKind::Built(found) => *found,
        // What the lexer could not read was reported by it.
        FaultKind::Expected(_) | FaultKind::Word(_) if here.is(TokenKind::Bad) => return here,
        FaultKind::Word(word) => {
            let label = format!("expected `{word}`, found {}", shown(here));
            let found = here.error(syntax::EXPECTED, "another word is expected here", label);
            found.did_you_mean(here.word().unwrap_or(""), [word])
        }
        FaultKind::Expected(what) => {
            let label = format!("expected {what}, found {}", shown(here));
            here.error(syntax::EXPECTED, "something else is expected here", label)
        }
    };
    here.state.report(found);
    here
}

/// What stands here, in words.
pub(crate) fn shown(here: In<'_>) -> String {
    let token = here.token();
    match token.kind {
        TokenKind::LineEnd => "the end of the line".to_owned(),
        TokenKind::End => "the end of the file".to_owned(),
        TokenKind::Text | TokenKind::Raw => "a text".to_owned(),
        _ => format!("`{}`", token.text.chars().take(40).collect::<String>()),
    }
}

/// The place behind a statement that could not be read: behind its line end, or before the brace that closes what is
/// around it. Blocks that the statement opens are passed over whole.
pub(crate) fn recover<'s>(start: In<'s>, fault: In<'s>) -> In<'s> {
    let mut depth = 0_u32;
    let mut here = start;
    while here.at() < fault.at() {
        match here.token().kind {
            TokenKind::Sign(Sign::BraceOpen) => depth += 1,
            TokenKind::Sign(Sign::BraceClose) => depth = depth.saturating_sub(1),
            _ => {}
        }
        here = here.advance();
    }
    loop {
        match here.token().kind {
            TokenKind::End => return here,
            TokenKind::Sign(Sign::BraceClose) if depth == 0 && here.at() > start.at() => return here,
            TokenKind::LineEnd if depth == 0 => return here.advance(),
            TokenKind::Word if here.at() > start.at() && begins_item(here) => return here,
            // A bracket that is not closed hides line ends; a new line in a block is a new statement then.
            TokenKind::Word if depth == 0 && here.at() > fault.at() && here.token().first_on_line => {
                return here;
            }
            TokenKind::Sign(Sign::BraceOpen) => depth += 1,
            TokenKind::Sign(Sign::BraceClose) => depth = depth.saturating_sub(1),
            _ => {}
        }
        here = here.advance();
    }
}

/// `L { statement* }`.
pub(crate) fn labelled_block<'s, T>(
    input: In<'s>,
    statement: fn(In<'s>) -> Res<'s, Headed<T>>,
) -> Res<'s, (Label, Block<T>)> {
    let (here, label) = label(input)?;
    let (here, block) = cut(|inside| block(inside, statement)).parse(here)?;
    Ok((here, (label, block)))
}

/// `{ a, b }` or line by line: entries that are no statements.
pub(crate) fn entries<'s, T>(input: In<'s>, entry: fn(In<'s>) -> Res<'s, T>) -> Res<'s, (Vec<T>, Span)> {
    let (mut here, ()) = open(input)?;
    let mut found = Vec::new();
    loop {
        while here.is(TokenKind::LineEnd) || here.is_sign(Sign::Comma) {
            here = here.advance();
        }
        if let Some(end) = ending(input, here) {
            here = end;
            break;
        }
        match entry(here) {
            Ok((rest, one)) => {
                found.push(one);
                here = rest;
            }
            Err(fault) => {
                let at = report(here, fault);
                here = recover(here, at);
            }
        }
    }
    limits::higher(input);
    Ok((here, (found, here.since(input))))
}

/// An error about a word that begins no statement of a block.
pub(crate) fn unknown_word<'s, T>(
    input: In<'s>,
    what: &'static str,
    known: &'static [&'static str],
) -> Res<'s, T> {
    let Some(written) = input.word() else { return input.expected(what) };
    let title = format!("`{written}` begins no {what}");
    let found = input.error(syntax::UNKNOWN_WORD, title, "not a word of this block");
    let list = format!("here may stand: {}", known.join(", "));
    input.fail(found.note(list).did_you_mean(written, known.iter().copied()))
}

/// A word behind the leading one, without meaning of its own: `the words in a row`.
pub(crate) fn then<'s>(input: In<'s>, words: &'static [&'static str]) -> Res<'s, ()> {
    let mut here = input;
    for one in words {
        (here, _) = cut(word(one)).parse(here)?;
    }
    Ok((here, ()))
}

/// One sign that has to stand here.
pub(crate) fn must(input: In<'_>, expected: Sign) -> Res<'_, Span> {
    cut(sign(expected)).parse(input)
}
