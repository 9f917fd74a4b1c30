//! Texts: escapes and the expressions inside them.

use super::cursor::{In, Res, State};
use super::expression;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::register::syntax;
use crate::lex::{Quotes, TokenKind, lex};
use crate::source::Span;
use crate::tree::{Expr, Piece, Str, Text};

/// `"text"` with its embedded expressions.
pub(crate) fn text(input: In<'_>) -> Res<'_, Text> {
    let token = input.token();
    if token.kind != TokenKind::Text {
        return input.expected("a text in quotes");
    }
    let template = token.text.starts_with('"');
    let pieces = Reader { state: input.state, token: token.text, span: token.span, template }.pieces();
    Ok((input.advance(), Text { pieces, span: token.span }))
}

/// `"text"` that holds no expression.
pub(crate) fn plain(input: In<'_>) -> Res<'_, Str> {
    let (rest, found) = text(input)?;
    match found.constant() {
        Some(constant) => Ok((rest, Str { text: constant.into(), span: found.span })),
        None => {
            let help = "a brace in a text is written \\u{7B}";
            let title = "this text is fixed, it cannot hold an expression";
            input.state.report(input.error(syntax::FIXED_TEXT, title, "{ } has no meaning here").help(help));
            Ok((rest, Str { text: "".into(), span: found.span }))
        }
    }
}

/// `` `raw` ``.
pub(crate) fn raw(input: In<'_>) -> Res<'_, Str> {
    let token = input.token();
    if token.kind != TokenKind::Raw {
        return input.expected("a raw text in back quotes");
    }
    let inner = token.text.strip_prefix('`').unwrap_or("");
    let inner = inner.strip_suffix('`').unwrap_or(inner);
    Ok((input.advance(), Str { text: inner.into(), span: token.span }))
}

struct Reader<'s> {
    state: &'s State,
    token: &'s str,
    span: Span,
    template: bool,
}

impl Reader<'_> {
    fn at(&self, from: usize, to: usize) -> Span {
        let start = self.span.start as usize;
        Span::new(self.span.file, start + from, start + to)
    }

    fn pieces(&self) -> Vec<Piece> {
        let quote = self.token.chars().next().unwrap_or('"');
        let closed = self.token.len() > 1 && self.token.ends_with(quote);
        let end = if closed { self.token.len() - 1 } else { self.token.len() };
        let mut pieces = Vec::new();
        let mut characters = String::new();
        let mut begun = 1;
        let mut at = 1;
        while at < end {
            let rest = self.token.get(at..end).unwrap_or("");
            let Some(letter) = rest.chars().next() else { break };
            match letter {
                '\\' => at += self.escape(rest, at, &mut characters),
                '{' if self.template => {
                    self.flush(&mut pieces, &mut characters, begun, at);
                    at += self.embedded(rest, at, &mut pieces);
                    begun = at;
                }
                '}' if self.template => {
                    let title = "a closing brace without its opening one";
                    let help = "a brace in a text is written \\u{7D}";
                    self.state.report(
                        Diagnostic::error(syntax::BAD_EMBEDDED, title, self.at(at, at + 1), "").help(help),
                    );
                    at += 1;
                }
                _ => {
                    characters.push(letter);
                    at += letter.len_utf8();
                }
            }
        }
        self.flush(&mut pieces, &mut characters, begun, end);
        pieces
    }

    fn flush(&self, pieces: &mut Vec<Piece>, characters: &mut String, from: usize, to: usize) {
        if !characters.is_empty() {
            let text = std::mem::take(characters).into_boxed_str();
            pieces.push(Piece::Characters(Str { text, span: self.at(from, to) }));
        }
    }

    /// One escape; gives its length.
    fn escape(&self, rest: &str, at: usize, into: &mut String) -> usize {
        let letter = rest.chars().nth(1);
        let simple = match letter {
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('"' | '\\' | '\'') => letter,
            _ => None,
        };
        if let Some(simple) = simple {
            into.push(simple);
            return 2;
        }
        if letter == Some('u') {
            let inner = rest.get(2..).and_then(|text| text.strip_prefix('{'));
            if let Some((figures, _)) = inner.and_then(|text| text.split_once('}'))
                && figures.len() <= 6
                && let Some(one) = u32::from_str_radix(figures, 16).ok().and_then(char::from_u32)
            {
                into.push(one);
                return figures.len() + 4;
            }
        }
        let length = 1 + letter.map_or(0, char::len_utf8);
        let help =
            "the escapes are \\\" \\\\ \\n \\r \\t \\u{4E2D}; a text without escapes stands in back quotes";
        let span = self.at(at, at + length);
        self.state.report(Diagnostic::error(syntax::BAD_ESCAPE, "no such escape", span, "").help(help));
        length
    }

    /// One `{expression}`; gives its length.
    fn embedded(&self, rest: &str, at: usize, pieces: &mut Vec<Piece>) -> usize {
        let Some(length) = closing(rest) else {
            let title = "the expression in this text is not closed";
            let help = "close it with `}`; a brace in a text is written \\u{7B}";
            self.state
                .report(Diagnostic::error(syntax::BAD_EMBEDDED, title, self.at(at, at + 1), "").help(help));
            return rest.len();
        };
        let inner = rest.get(1..length - 1).unwrap_or("");
        if let Some(expr) = self.inner(inner, at + 1) {
            pieces.push(Piece::Embedded(expr));
        }
        length
    }

    fn inner(&self, inner: &str, at: usize) -> Option<Expr> {
        if inner.trim().is_empty() {
            let title = "an empty expression in a text";
            let span = self.at(at - 1, at + inner.len() + 1);
            self.state.report(Diagnostic::error(syntax::BAD_EMBEDDED, title, span, "nothing stands in it"));
            return None;
        }
        let base = self.span.start as usize + at;
        let lexed = lex(self.span.file, inner, base, Quotes::Single);
        let state = State::new();
        state.depth.set(self.state.depth.get());
        let found = expression::whole(In::new(&lexed.tokens, &state));
        self.state.steps.set(self.state.steps.get() + state.steps.get() + lexed.steps);
        let mut problems = self.state.problems.borrow_mut();
        problems.extend(lexed.problems);
        problems.extend(state.problems.into_inner());
        found
    }
}

/// The length of `{…}` at the start; braces in `'…'` do not count.
fn closing(rest: &str) -> Option<usize> {
    let mut quoted = false;
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if quoted => {
                letters.next();
            }
            '\'' => quoted = !quoted,
            '}' if !quoted => return Some(at + 1),
            _ => {}
        }
    }
    None
}
