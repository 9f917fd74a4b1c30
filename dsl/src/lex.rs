//! Text to tokens: words, texts, numbers, signs and the ends of statements.
//!
//! In: the text of a file, or of an expression inside a text. Out: [`Lexed`]: tokens, comments, and what is wrong with
//! single tokens. It must not know which word means what. A statement ends where its line ends, unless inside `( )` or
//! after a comma: the lexer decides that, so that the parser sees a [`TokenKind::LineEnd`] only where one counts.

mod rules;
mod token;

use crate::diagnostics::register::syntax;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Span};
use crate::tree::{Comment, Str};

pub(crate) use token::{Sign, Token, TokenKind, date, duration, number, time};

/// The longest line, in characters.
pub(crate) const LINE_COLUMNS_MAX: usize = 400;

/// How texts are quoted: in a file, and in an expression inside a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Quotes {
    /// `"…"`.
    Double,
    /// `'…'`.
    Single,
}

/// What became of a text.
#[derive(Debug, Default)]
pub(crate) struct Lexed<'a> {
    /// The tokens; the last is [`TokenKind::End`].
    pub(crate) tokens: Vec<Token<'a>>,
    /// The `//` comments.
    pub(crate) comments: Vec<Comment>,
    /// The `///` lines.
    pub(crate) docs: Vec<Str>,
    /// What is wrong with single tokens and lines.
    pub(crate) problems: Vec<Diagnostic>,
    /// How many times the lexer looked at something, for the proof that it is linear.
    pub(crate) steps: u64,
}

/// Cuts a text that begins at byte `base` of a file into tokens.
pub(crate) fn lex(file: FileId, text: &str, base: usize, quotes: Quotes) -> Lexed<'_> {
    let mut lexer = Lexer {
        file,
        text,
        base,
        quotes,
        at: 0,
        line_start: 0,
        brackets: 0,
        fresh_line: true,
        out: Lexed::default(),
    };
    if quotes == Quotes::Double {
        lexer.judge_lines();
    }
    while lexer.at < text.len() {
        lexer.step();
    }
    lexer.line_end(text.len());
    lexer.push(TokenKind::End, "", text.len(), text.len());
    lexer.out
}

struct Lexer<'a> {
    file: FileId,
    text: &'a str,
    base: usize,
    quotes: Quotes,
    at: usize,
    /// Where this line begins.
    line_start: usize,
    /// Open round brackets.
    brackets: u32,
    /// Whether no token stands on this line yet.
    fresh_line: bool,
    out: Lexed<'a>,
}

impl<'a> Lexer<'a> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.base + start, self.base + end)
    }

    fn problem(&mut self, code: Code, title: &str, start: usize, end: usize, label: &str) -> &mut Diagnostic {
        let found = Diagnostic::error(code, title, self.span(start, end), label);
        self.out.problems.push(found);
        let last = self.out.problems.len() - 1;
        &mut self.out.problems[last]
    }

    fn push(&mut self, kind: TokenKind, text: &'a str, start: usize, end: usize) {
        let span = self.span(start, end);
        let first_on_line = self.fresh_line && kind != TokenKind::LineEnd;
        if first_on_line {
            self.fresh_line = false;
        }
        let indent = u32::try_from(start - self.line_start).unwrap_or(u32::MAX);
        self.out.tokens.push(Token { kind, text, span, first_on_line, indent });
    }

    /// Ends a statement, if one is there to end.
    fn line_end(&mut self, at: usize) {
        let last = self.out.tokens.last().map(|token| token.kind);
        if !matches!(last, None | Some(TokenKind::LineEnd | TokenKind::Sign(Sign::Comma)))
            && self.brackets == 0
        {
            self.push(TokenKind::LineEnd, "", at, at);
        }
    }

    fn step(&mut self) {
        self.out.steps += 1;
        let start = self.at;
        let rest = &self.text[start..];
        if let Some((kind, length)) = rules::blank(rest) {
            self.at += length;
            self.blank(kind, start);
        } else if rest.starts_with("//") {
            self.comment(rest);
        } else if let Some(length) = rules::word(rest) {
            self.take(TokenKind::Word, length);
        } else if rest.starts_with(|letter: char| letter.is_ascii_digit()) {
            self.figures(rest);
        } else if rest.starts_with(['"', '\'', '`']) {
            self.quoted(rest);
        } else {
            self.sign(rest);
        }
    }

    fn take(&mut self, kind: TokenKind, length: usize) {
        let start = self.at;
        self.at += length;
        self.push(kind, &self.text[start..self.at], start, self.at);
    }

    fn blank(&mut self, kind: rules::Blank, start: usize) {
        match kind {
            rules::Blank::Spaces => {}
            rules::Blank::Tab => {
                self.problem(syntax::TAB, "a tab", start, self.at, "tabs have no fixed width").help =
                    Some("write blanks; `tongshi fmt` puts columns in line".into());
            }
            rules::Blank::Return => {
                self.problem(syntax::RETURN, "a carriage return", start, self.at, "").help =
                    Some("save the file with LF line ends".into());
            }
            rules::Blank::LineEnd => {
                self.line_end(start);
                self.fresh_line = true;
                self.line_start = self.at;
            }
        }
    }

    fn comment(&mut self, rest: &str) {
        let start = self.at;
        let length = rest.find('\n').unwrap_or(rest.len());
        self.at += length;
        let line = rest[..length].trim_end_matches('\r');
        let span = self.span(start, start + line.len());
        if line.starts_with("///") && !line.starts_with("////") {
            self.out.docs.push(Str { text: line[3..].trim().into(), span });
        } else {
            let text = line.trim_start_matches('/').trim().into();
            self.out.comments.push(Comment { text, span, own_line: self.fresh_line });
        }
    }

    fn figures(&mut self, rest: &'a str) {
        let start = self.at;
        let (kind, length) = rules::figures(rest);
        let token = match kind {
            rules::Figures::Number => TokenKind::Number,
            rules::Figures::Date => TokenKind::Date,
            rules::Figures::Time => TokenKind::Time,
            rules::Figures::Duration => TokenKind::Duration,
            rules::Figures::Wrong => TokenKind::Bad,
        };
        self.take(token, length);
        let text = &rest[..length];
        match kind {
            rules::Figures::Date if date(text).is_none() => {
                self.problem(
                    syntax::BAD_DATE,
                    "no such date",
                    start,
                    self.at,
                    "a date is written 2026-11-23",
                );
            }
            rules::Figures::Time if time(text).is_none() => {
                self.problem(
                    syntax::BAD_TIME,
                    "no such time",
                    start,
                    self.at,
                    "a time is written 08:00 or 13:45:01",
                );
            }
            rules::Figures::Number if number(text).is_none() => self.bad_number(text, start),
            rules::Figures::Duration if duration(text).is_none() => {
                self.problem(
                    syntax::BAD_NUMBER,
                    "this duration is too long",
                    start,
                    self.at,
                    "at most 366 days",
                );
            }
            rules::Figures::Wrong => {
                self.problem(
                    syntax::BAD_UNIT,
                    "figures and letters in one",
                    start,
                    self.at,
                    "neither number nor duration",
                )
                .help = Some("durations are written 500ms, 60s, 5m, 24h; codes are texts: \"00A1\"".into());
            }
            _ => {}
        }
    }

    fn bad_number(&mut self, text: &str, start: usize) {
        let zeros = text.len() > 1 && text.starts_with('0') && !text.starts_with("0.");
        let label =
            if zeros { "a number has no zeros in front" } else { "not a number that can be held exactly" };
        let help = if zeros {
            format!("a code is a text: \"{text}\"")
        } else {
            "at most 28 figures; `_` only between figures: 10_000".to_owned()
        };
        self.problem(syntax::BAD_NUMBER, "this number cannot be read", start, self.at, label).help =
            Some(help);
    }

    fn quoted(&mut self, rest: &'a str) {
        let start = self.at;
        let quote = rest.chars().next().unwrap_or('"');
        let (length, closed) = rules::quoted(rest, quote);
        let kind = if quote == '`' { TokenKind::Raw } else { TokenKind::Text };
        self.take(kind, length);
        if !closed {
            let (code, title) = match quote {
                '`' => (syntax::UNCLOSED_RAW, "this raw text is not closed"),
                _ => (syntax::UNCLOSED_TEXT, "this text is not closed"),
            };
            let label = format!("no {quote} up to the end of the line");
            self.problem(code, title, start, self.at, &label).help = Some(format!("close it with {quote}"));
        } else if quote == '\'' && self.quotes == Quotes::Double {
            self.problem(syntax::WRONG_QUOTES, "a text in single quotes", start, self.at, "").help =
                Some("write \"…\"; '…' stands only in the { } of a text".into());
        }
    }

    fn sign(&mut self, rest: &'a str) {
        let start = self.at;
        let Some((sign, length)) = rules::sign(rest) else {
            return self.unknown_letter(rest);
        };
        match sign {
            Sign::BracketOpen => self.brackets += 1,
            Sign::BracketClose => self.brackets = self.brackets.saturating_sub(1),
            // A brace never stands inside round brackets: what is open here was forgotten, and must not swallow lines.
            Sign::BraceOpen | Sign::BraceClose => self.brackets = 0,
            _ => {}
        }
        if let Sign::Wrong(wrong) = sign {
            self.at += length;
            let help = wrong.help.to_owned();
            self.problem(wrong.code, wrong.title, start, start + length, "").help = Some(help);
            for word in wrong.instead {
                let kind = rules::sign(word).map_or(TokenKind::Word, |(sign, _)| TokenKind::Sign(sign));
                let kind = if *word == ";" { TokenKind::LineEnd } else { kind };
                self.push(kind, word, start, start + length);
            }
            if wrong.instead.is_empty() {
                self.push(TokenKind::Bad, &rest[..length], start, self.at);
            }
        } else {
            self.take(TokenKind::Sign(sign), length);
        }
    }

    fn unknown_letter(&mut self, rest: &'a str) {
        let start = self.at;
        let length = rules::strange(rest);
        self.take(TokenKind::Bad, length);
        let text = &rest[..length];
        let label = "letters outside of texts are those of ASCII";
        let found =
            self.problem(syntax::STRANGE_LETTER, "no sign of the language", start, start + length, label);
        found.help = Some(match rules::half_width(text) {
            Some(half) => format!("write the half-width `{half}`"),
            None => format!("a text stands in quotes: \"{}\"", text.escape_debug()),
        });
    }

    /// Lines that are too long, each once, marked where they go on too far.
    fn judge_lines(&mut self) {
        let mut start = 0;
        for line in self.text.split('\n') {
            if line.len() > LINE_COLUMNS_MAX
                && let Some((from, _)) = line.char_indices().nth(LINE_COLUMNS_MAX)
            {
                let title = "this line is too long";
                let end = start + line.len();
                self.problem(syntax::LONG_LINE, title, start + from, end, "beyond column 400").help =
                    Some("break it inside ( ) or after a comma, or name a part with `let`".into());
            }
            start += line.len() + 1;
        }
    }
}
