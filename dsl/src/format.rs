//! The canonical form of a file: indents, blanks and columns. What stands on which line is the writer's.
//!
//! In: the text of a file that parses. Out: the same tokens and comments, set out in one way. It must not change a
//! token, so that the formatted text means what the text meant.

mod columns;
mod spacing;

use crate::diagnostics::register::syntax;
use crate::diagnostics::{Diagnostic, Severity};
use crate::lex::{LINE_COLUMNS_MAX, Quotes, Sign, Token, TokenKind, lex};
use crate::parse::cursor::Column;
use crate::parse::parse_counted;
use crate::source::{FileId, Span};
use columns::Row;

/// Blanks for each brace that is open.
const INDENT: usize = 2;
/// Blanks more in front of a line that goes on with a statement.
const CONTINUED: usize = 4;

/// The text in canonical form, with a line end at its end; or what keeps it from being read.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let file = FileId::default();
    let parsed = parse_counted(file, text);
    if parsed.problems.iter().any(|one| one.severity == Severity::Error) {
        return Err(parsed.problems);
    }
    let lexed = lex(file, text, 0, Quotes::Double);
    let mut lines = Vec::new();
    let mut tokens = lexed.tokens.as_slice();
    let notes = lexed.comments.iter().map(|one| one.span).chain(lexed.docs.iter().map(|one| one.span));
    let mut notes: Vec<_> = notes.collect();
    notes.sort();
    let mut notes = notes.as_slice();
    let mut start = 0_usize;
    for source in text.split_inclusive('\n') {
        let end = start + source.len();
        let inside =
            tokens.partition_point(|token| (token.span.start as usize) < end && token.kind != TokenKind::End);
        let (here, rest) = tokens.split_at(inside);
        tokens = rest;
        let noted = notes.partition_point(|note| (note.start as usize) < end);
        let (note, rest) = notes.split_at(noted);
        notes = rest;
        let note = note.first().and_then(|span| text.get(span.range())).map(str::trim_end);
        lines.push(Line { tokens: here, note });
        start = end;
    }
    let set_out = set_out(&lines, &parsed.columns);
    if set_out.lines().any(|line| line.chars().count() > LINE_COLUMNS_MAX) {
        return Err(vec![too_long(text, file)]);
    }
    Ok(set_out)
}

/// Columns put in line may make a long line too long to be read again.
fn too_long(text: &str, file: FileId) -> Diagnostic {
    let mut start = 0;
    let mut longest = 0..0;
    for line in text.split_inclusive('\n') {
        if line.trim_end().len() > longest.len() {
            longest = start..start + line.trim_end().len();
        }
        start += line.len();
    }
    let span = Span::new(file, longest.start, longest.end);
    Diagnostic::error(syntax::LONG_LINE, "a line is too long when it is set out", span, "about 400 columns")
        .help("go on in the next line, inside round brackets or behind a comma")
}

/// A line of the source: its tokens, and the comment behind them.
struct Line<'a> {
    tokens: &'a [Token<'a>],
    note: Option<&'a str>,
}

/// Builds rows and lets columns be put in line, block by block.
fn set_out(lines: &[Line<'_>], columns: &[(u32, Column)]) -> String {
    let mut rows: Vec<Row> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut groups = 0;
    let mut top = 0;
    let mut continued = false;
    let mut blank = false;
    for line in lines {
        let plain: Vec<_> =
            line.tokens.iter().filter(|token| token.kind != TokenKind::LineEnd).copied().collect();
        if plain.is_empty() && line.note.is_none() {
            blank = !rows.is_empty();
            continue;
        }
        let closes = plain.iter().take_while(|token| token.kind == TokenKind::Sign(Sign::BraceClose)).count();
        for _ in 0..closes {
            open.pop();
        }
        if blank && closes == 0 && !rows.last().is_some_and(|row| row.opens) {
            rows.push(Row::default());
            groups += 1;
            // A blank line begins new columns in the block that it stands in.
            if let Some(group) = open.last_mut() {
                *group = groups;
            } else {
                top = groups;
            }
        }
        blank = false;
        let group = open.last().copied().unwrap_or(top);
        let extra = if continued && closes == 0 { CONTINUED } else { 0 };
        let mut row = Row {
            indent: INDENT * open.len() + extra,
            group: (!continued).then_some(group),
            ..Row::default()
        };
        row.cells = cells(&plain, columns, continued);
        row.note = line.note.map(str::to_owned);
        for token in plain.iter().skip(closes) {
            match token.kind {
                TokenKind::Sign(Sign::BraceOpen) => {
                    groups += 1;
                    open.push(groups);
                }
                TokenKind::Sign(Sign::BraceClose) => {
                    open.pop();
                }
                _ => {}
            }
        }
        row.opens = plain.last().is_some_and(|token| token.kind == TokenKind::Sign(Sign::BraceOpen));
        if !plain.is_empty() {
            continued = line.tokens.last().is_some_and(|token| token.kind != TokenKind::LineEnd)
                && !row.opens
                && !closed(&plain);
        }
        rows.push(row);
    }
    columns::print(&rows)
}

/// Whether a line ends with a closing brace, behind which a statement's end may stand in the next line's tokens.
fn closed(plain: &[Token<'_>]) -> bool {
    plain.last().is_some_and(|token| token.kind == TokenKind::Sign(Sign::BraceClose))
}

/// The cells of a line: from column to column, up to its first brace.
fn cells(plain: &[Token<'_>], columns: &[(u32, Column)], continued: bool) -> Vec<(Option<Column>, String)> {
    let mut cells: Vec<(Option<Column>, String)> = vec![(None, String::new())];
    let mut braces = 0;
    let mut before: Option<&Token<'_>> = None;
    for (at, token) in plain.iter().enumerate() {
        let column = columns.binary_search_by_key(&token.span.start, |(start, _)| *start).ok();
        let column = column.and_then(|found| columns.get(found)).map(|(_, column)| *column);
        let begins = column.filter(|_| at > 0 && braces == 0 && !continued);
        if begins.is_some() {
            cells.push((begins, String::new()));
        } else if let Some(before) = before
            && spacing::blank_between(before, token, plain.get(at.wrapping_sub(2)))
            && let Some((_, text)) = cells.last_mut()
        {
            text.push(' ');
        }
        if let Some((_, text)) = cells.last_mut() {
            text.push_str(token.text);
        }
        if token.kind == TokenKind::Sign(Sign::BraceOpen) {
            braces += 1;
        }
        before = Some(token);
    }
    cells
}
