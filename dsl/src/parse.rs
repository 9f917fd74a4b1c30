//! Text to syntax tree, with every error of a file at once.
//!
//! In: the text of one file, or of one expression. Out: the tree of what could be read, and what is wrong. It must not
//! know other files, names or types.
//!
//! Rules are nom parsers over tokens ([`cursor`]). Behind an item's or statement's leading word a rule commits (`cut`);
//! an error ends its statement, and [`block`] goes on with the next one.

mod attribute;
mod block;
mod call;
mod codes;
pub(crate) mod cursor;
mod example;
mod expression;
mod field;
mod flow;
mod forms;
mod item;
mod limits;
mod link;
mod message;
mod session;
mod text;
mod types;

pub use limits::{NESTING_MAX, OPERATORS_MAX, STATEMENTS_MAX};

use crate::diagnostics::register::syntax;
use crate::diagnostics::{Diagnostic, one_a_line};
use crate::lex::{Lexed, Quotes, Sign, TokenKind, lex};
use crate::source::{FileId, SourceFile, Span};
use crate::tree::{Expr, File, Item, Str};
use cursor::{Column, In, State};

/// The longest text, in bytes.
pub const FILE_BYTES_MAX: usize = 1_000_000;

/// Reads a file. The tree holds what could be read; the findings are in their order, at most one a line.
#[must_use]
pub fn parse(file: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    let parsed = parse_counted(file, text);
    (parsed.tree, parsed.problems)
}

/// Reads an expression that stands alone, as suites and decoders hold them.
pub fn parse_expression(file: FileId, text: &str) -> Result<Expr, Vec<Diagnostic>> {
    if let Some(found) = too_large(file, text) {
        return Err(vec![found]);
    }
    let lexed = lex(file, text, 0, Quotes::Double);
    let state = State::new();
    let found = expression::whole(In::new(&lexed.tokens, &state));
    let mut problems = lexed.problems;
    problems.extend(state.problems.into_inner());
    match found {
        Some(expr) if problems.is_empty() => Ok(expr),
        _ => Err(in_order(text, problems)),
    }
}

/// What became of a file, with what the formatter and the proof of linear time need.
pub(crate) struct Parsed {
    /// The tree.
    pub(crate) tree: File,
    /// What is wrong.
    pub(crate) problems: Vec<Diagnostic>,
    /// Where columns of a statement begin: byte offsets, rising.
    pub(crate) columns: Vec<(u32, Column)>,
    /// How often a letter or a token was looked at.
    pub(crate) steps: u64,
}

/// How often a letter or a token is looked at while a text is read: the measure that the work is linear. A clock would
/// lie on a busy machine.
#[must_use]
pub fn steps(text: &str) -> u64 {
    parse_counted(FileId(0), text).steps
}

/// Reads a file and counts the work.
pub(crate) fn parse_counted(file: FileId, text: &str) -> Parsed {
    if let Some(found) = too_large(file, text) {
        let tree = empty(file);
        return Parsed { tree, problems: vec![found], columns: Vec::new(), steps: 1 };
    }
    let lexed = lex(file, text, 0, Quotes::Double);
    let state = State::new();
    let mut tree = empty(file);
    read(&lexed, &state, &mut tree);
    let offset = |at: usize| lexed.tokens.get(at).map_or(u32::MAX, |token| token.span.start);
    let columns = state.columns.into_inner().into_iter().map(|(at, column)| (offset(at), column)).collect();
    let steps = lexed.steps + state.steps.get();
    tree.comments = lexed.comments;
    let mut problems = lexed.problems;
    problems.extend(state.problems.into_inner());
    Parsed { tree, problems: in_order(text, problems), columns, steps }
}

fn empty(file: FileId) -> File {
    File { file, docs: Vec::new(), module: None, only_when: None, items: Vec::new(), comments: Vec::new() }
}

fn too_large(file: FileId, text: &str) -> Option<Diagnostic> {
    if text.len() <= FILE_BYTES_MAX {
        return None;
    }
    let title = format!("the file has {} bytes", text.len());
    let found =
        Diagnostic::error(syntax::LARGE_FILE, title, Span::new(file, 0, 0), "at most 1,000,000 are read");
    Some(found.help("split it: all files of a folder belong together"))
}

fn in_order(text: &str, problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if problems.is_empty() {
        return problems;
    }
    let lines = SourceFile::new("", text);
    one_a_line(problems, |span| lines.line_of(span.start))
}

/// `("module" name)? ("only when" expr)? item*`.
fn read(lexed: &Lexed<'_>, state: &State, tree: &mut File) {
    let mut docs = Docs { lines: &lexed.docs, next: 0 };
    let mut here = head(In::new(&lexed.tokens, state), &mut docs, tree);
    loop {
        here = block::skip_line_ends(here);
        state.unclosed.set(false);
        state.suspect.set(None);
        state.depth.set(0);
        if here.is(TokenKind::End) || !block::count(here) {
            break;
        }
        if here.is_sign(Sign::BraceClose) {
            let found = here.error(syntax::STRAY_BRACE, "this brace closes nothing", "no block is open here");
            state.report(found.help("remove it, or look for a `{` that is missing above"));
            here = here.advance();
            continue;
        }
        let start = here;
        let above = docs.before(start.span().start);
        match item::item(start) {
            Ok((rest, (kind, label))) => {
                tree.items.push(Item { kind, label, docs: above, span: rest.since(start) });
                here = finish(start, rest);
            }
            Err(fault) => {
                let at = block::report(start, fault);
                here = recover(start, at);
            }
        }
        docs.pass(here.span().start);
    }
}

/// An item ends with its line, or where its block was not closed.
fn finish<'s>(start: In<'s>, rest: In<'s>) -> In<'s> {
    if rest.is(TokenKind::LineEnd) || rest.is(TokenKind::End) || rest.token().first_on_line {
        return rest;
    }
    block::left_over(rest);
    recover(start, rest)
}

/// Behind an item that could not be read: behind its block and all that does not begin in column 1, since a brace may
/// be hidden in what could not be read.
fn recover<'s>(start: In<'s>, fault: In<'s>) -> In<'s> {
    let mut here = block::recover(start, fault);
    if here.at() == start.at() {
        here = here.advance();
    }
    let begins =
        |here: In<'_>| here.word().is_some() && here.token().first_on_line && here.token().indent == 0;
    while !here.is(TokenKind::End) && !begins(here) {
        here = here.advance();
    }
    here
}

fn head<'s>(input: In<'s>, docs: &mut Docs<'_>, tree: &mut File) -> In<'s> {
    let mut here = block::skip_line_ends(input);
    if here.is_word("module") {
        tree.docs = docs.before(here.span().start);
        match cursor::name(here.advance()) {
            Ok((rest, name)) => {
                tree.module = Some(name);
                here = end_of_head(here, rest);
            }
            Err(fault) => {
                let at = block::report(here, fault);
                here = recover(here, at);
            }
        }
    }
    here = block::skip_line_ends(here);
    if here.is_word("only") && here.ahead_is_word(1, "when") {
        tree.docs.extend(docs.before(here.span().start));
        match expression::expr(here.advance().advance()) {
            Ok((rest, condition)) => {
                tree.only_when = Some(condition);
                here = end_of_head(here, rest);
            }
            Err(fault) => {
                let at = block::report(here, fault);
                here = recover(here, at);
            }
        }
    }
    here
}

fn end_of_head<'s>(start: In<'s>, rest: In<'s>) -> In<'s> {
    if rest.is(TokenKind::LineEnd) || rest.is(TokenKind::End) {
        return rest;
    }
    block::left_over(rest);
    recover(start, rest)
}

/// The `///` lines, handed to the item that follows them.
struct Docs<'a> {
    lines: &'a [Str],
    next: usize,
}

impl Docs<'_> {
    /// Those up to a place that nobody took yet.
    fn before(&mut self, at: u32) -> Vec<Str> {
        let from = self.next;
        self.pass(at);
        self.lines.get(from..self.next).unwrap_or_default().to_vec()
    }

    /// Passes over those in front of a place: they stood inside a block, or were taken.
    fn pass(&mut self, at: u32) {
        while self.lines.get(self.next).is_some_and(|line| line.span.start < at && line.span.end <= at) {
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests;
