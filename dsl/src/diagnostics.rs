//! Diagnostics: what is wrong where, why, and what to write instead.
//!
//! In: findings of the lexer, the parser and all checks behind them. Out: [`Diagnostic`]s as plain data, and their text
//! ([`render`]) for people. It must not know what is checked. The pages behind the codes stand in [`register`].

mod nearest;
pub mod register;
mod render;

use crate::source::{SourceMap, Span};
use std::collections::HashSet;
use std::fmt;

pub use nearest::nearest;
pub use register::{Page, page, pages};
pub use render::{Colour, render, render_all};

/// The stable number of a diagnostic: `TS0231`. Never reused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub u16);

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TS{:04}", self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::str::FromStr for Code {
    type Err = UnknownCode;

    /// Reads `TS0231`, also in lower case.
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let figures = text.strip_prefix("TS").or_else(|| text.strip_prefix("ts")).unwrap_or("");
        let plain = figures.len() == 4 && figures.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| figures.parse().ok().map(Code)).flatten().ok_or_else(|| UnknownCode(text.into()))
    }
}

/// A text that is no code of a diagnostic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownCode(pub Box<str>);

impl fmt::Display for UnknownCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "expected a code such as TS0101, found {:?}", self.0)
    }
}

impl std::error::Error for UnknownCode {}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// The adapter does not compile.
    Error,
    /// It compiles; somebody should look.
    Warning,
    /// A matter of care that an adapter may acknowledge.
    Lint,
}

impl Severity {
    /// The word in front of the code.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Lint => "lint",
        }
    }
}

/// A place and what is to be said about it; the label may be empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Where.
    pub span: Span,
    /// What stands behind the carets.
    pub label: String,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Its number in the register.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in a few words.
    pub title: String,
    /// Where.
    pub primary: Mark,
    /// Other places that belong to it.
    pub secondary: Vec<Mark>,
    /// Why: whole sentences.
    pub notes: Vec<String>,
    /// What to write instead.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a place; `label` stands behind the carets.
    #[must_use]
    pub fn error(code: Code, title: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            title: title.into(),
            primary: Mark { span, label: label.into() },
            secondary: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// A warning at a place.
    #[must_use]
    pub fn warning(code: Code, title: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, title, span, label) }
    }

    /// A lint at a place.
    #[must_use]
    pub fn lint(code: Code, title: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self { severity: Severity::Lint, ..Self::error(code, title, span, label) }
    }

    /// Adds another place.
    #[must_use]
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.secondary.push(Mark { span, label: label.into() });
        self
    }

    /// Adds a sentence that says why.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds "did you mean" if a word of the list is near enough to what was written.
    #[must_use]
    pub fn did_you_mean<'a>(self, written: &str, words: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(written, words) {
            Some(word) => self.help(format!("did you mean `{word}`?")),
            None => self,
        }
    }
}

/// Takes findings in and lets through at most one a line, the worst and then the first, since the others mostly follow
/// from it.
#[derive(Clone, Debug, Default)]
pub struct Sink {
    found: Vec<Diagnostic>,
}

impl Sink {
    /// Takes one finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Takes many.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.found.extend(diagnostics);
    }

    /// Whether an error was taken.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|one| one.severity == Severity::Error)
    }

    /// The findings by file and place, at most one a line.
    #[must_use]
    pub fn finish(self, sources: &SourceMap) -> Vec<Diagnostic> {
        one_a_line(self.found, |span| sources.file(span.file).map_or(0, |file| file.line_of(span.start)))
    }
}

/// The findings by file and place, at most one a line: the worst, and of these the one that came first.
pub fn one_a_line(mut found: Vec<Diagnostic>, line_of: impl Fn(Span) -> u32) -> Vec<Diagnostic> {
    found.sort_by_key(|one| one.severity);
    let mut seen = HashSet::new();
    found.retain(|one| seen.insert((one.primary.span.file, line_of(one.primary.span))));
    found.sort_by_key(|one| (one.primary.span.file, one.primary.span.start));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_one_finding_and_the_worst_wins() {
        let mut sources = SourceMap::default();
        let file = sources.add("a", "one two\nthree");
        let mut sink = Sink::default();
        sink.push(Diagnostic::lint(Code(901), "a", Span::new(file, 0, 3), ""));
        sink.push(Diagnostic::error(Code(101), "b", Span::new(file, 4, 7), ""));
        sink.push(Diagnostic::error(Code(102), "c", Span::new(file, 0, 3), ""));
        sink.push(Diagnostic::error(Code(103), "d", Span::new(file, 8, 9), ""));
        assert!(sink.has_errors());
        let codes: Vec<_> = sink.finish(&sources).iter().map(|one| one.code.0).collect();
        assert_eq!(codes, [101, 103]);
    }

    #[test]
    fn codes_are_read_and_written() {
        assert_eq!("TS0231".parse::<Code>().map(|code| code.to_string()), Ok("TS0231".to_owned()));
        assert!("TS231".parse::<Code>().is_err());
    }
}
