//! How long the token is that a text begins with: one nom rule for each kind of token.

use super::token::{Sign, WrongSign};
use crate::diagnostics::register::syntax;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n, take_while1};
use nom::character::complete::{char, satisfy};
use nom::combinator::{not, opt, peek, recognize, value};
use nom::{IResult, Parser};

/// What stands between tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Blank {
    /// Blanks.
    Spaces,
    /// One tab.
    Tab,
    /// One carriage return.
    Return,
    /// One line end.
    LineEnd,
}

/// What begins with a figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Figures {
    /// `10_000`, `0.00`.
    Number,
    /// `2026-11-23`.
    Date,
    /// `08:00`.
    Time,
    /// `60s`.
    Duration,
    /// Figures with letters behind that are no unit.
    Wrong,
}

type Rule<'a, T> = IResult<&'a str, T>;

fn length<'a, T>(text: &'a str, result: Rule<'a, T>) -> Option<(T, usize)> {
    result.ok().map(|(rest, found)| (found, text.len() - rest.len()))
}

/// Blanks, a tab, or a line end at the start.
pub(super) fn blank(text: &str) -> Option<(Blank, usize)> {
    let rule = alt((
        value(Blank::Spaces, take_while1(|letter| letter == ' ')),
        value(Blank::LineEnd, char::<&str, nom::error::Error<&str>>('\n')),
        value(Blank::Tab, char('\t')),
        value(Blank::Return, char('\r')),
    ))
    .parse(text);
    length(text, rule)
}

fn name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// `[A-Za-z][A-Za-z0-9_]*`.
pub(super) fn word(text: &str) -> Option<usize> {
    let rule: Rule<'_, &str> =
        recognize((satisfy(|letter| letter.is_ascii_alphabetic()), take_while(name_letter))).parse(text);
    length(text, rule).map(|(_, length)| length)
}

fn figure(letter: char) -> bool {
    letter.is_ascii_digit()
}

fn date(text: &str) -> Rule<'_, &str> {
    let part = || take_while_m_n(1, 2, figure);
    let ends = peek(not(satisfy(name_letter)));
    recognize((take_while_m_n(4, 4, figure), char('-'), part(), char('-'), part(), ends)).parse(text)
}

fn time(text: &str) -> Rule<'_, &str> {
    let part = || take_while_m_n(1, 2, figure);
    let ends = peek(not(satisfy(name_letter)));
    recognize((part(), char(':'), part(), opt((char(':'), part())), ends)).parse(text)
}

fn number(text: &str) -> Rule<'_, &str> {
    let many = || take_while1(|letter| figure(letter) || letter == '_');
    recognize((many(), opt((char('.'), peek(satisfy(figure)), many())))).parse(text)
}

fn duration(text: &str) -> Rule<'_, &str> {
    let whole = take_while1(|letter| figure(letter) || letter == '_');
    let unit = alt((tag("ms"), tag("s"), tag("m"), tag("h")));
    recognize((whole, unit, peek(not(satisfy(name_letter))))).parse(text)
}

fn mixed(text: &str) -> Rule<'_, &str> {
    recognize((number, satisfy(name_letter), take_while(name_letter))).parse(text)
}

/// What begins with a figure; the text does.
pub(super) fn figures(text: &str) -> (Figures, usize) {
    let rule = alt((
        value(Figures::Date, date),
        value(Figures::Time, time),
        value(Figures::Duration, duration),
        value(Figures::Wrong, mixed),
        value(Figures::Number, number),
    ))
    .parse(text);
    length(text, rule).unwrap_or((Figures::Wrong, 1))
}

/// A text in quotes up to its closing quote, or to the end of the line; whether it is closed.
pub(super) fn quoted(text: &str, quote: char) -> (usize, bool) {
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if letter == quote {
            return (at + quote.len_utf8(), true);
        }
        if letter == '\n' {
            return (at, false);
        }
        // The escaped letter cannot close the text; a line end always does, so that an error stays on its line.
        if letter == '\\' && quote != '`' && !text[at + 1..].starts_with('\n') {
            letters.next();
        }
    }
    (text.len(), false)
}

const SIGNS: [(&str, Sign); 18] = [
    ("<->", Sign::Both),
    ("<-", Sign::From),
    ("->", Sign::To),
    ("<=", Sign::LessOrEqual),
    (">=", Sign::GreaterOrEqual),
    ("..", Sign::Range),
    ("<", Sign::Less),
    (">", Sign::Greater),
    ("=", Sign::Equal),
    ("+", Sign::Plus),
    ("-", Sign::Minus),
    ("*", Sign::Star),
    (",", Sign::Comma),
    (".", Sign::Point),
    ("{", Sign::BraceOpen),
    ("}", Sign::BraceClose),
    ("(", Sign::BracketOpen),
    (")", Sign::BracketClose),
];

const OTHER: &str = "a sign of another language";

/// Signs of other languages, the longest first.
static WRONG: [WrongSign; 13] = [
    WrongSign {
        sign: "==",
        code: syntax::DOUBLE_EQUAL,
        title: "`==` compares nothing here",
        help: "write `is`",
        instead: &["is"],
    },
    WrongSign {
        sign: ":=",
        code: syntax::COLON_EQUAL,
        title: "`:=` gives no value here",
        help: "write `=` for a fact, `<-` for a value of the business",
        instead: &["="],
    },
    WrongSign {
        sign: "=>",
        code: syntax::WRONG_SIGN,
        title: OTHER,
        help: "write `->` to hand a value on",
        instead: &["->"],
    },
    WrongSign {
        sign: "!=",
        code: syntax::WRONG_SIGN,
        title: OTHER,
        help: "write `is not`",
        instead: &["is", "not"],
    },
    WrongSign { sign: "&&", code: syntax::WRONG_SIGN, title: OTHER, help: "write `and`", instead: &["and"] },
    WrongSign { sign: "||", code: syntax::WRONG_SIGN, title: OTHER, help: "write `or`", instead: &["or"] },
    WrongSign {
        sign: ";",
        code: syntax::SEMICOLON,
        title: "a semicolon",
        help: "a statement ends where its line ends",
        instead: &[";"],
    },
    WrongSign { sign: "!", code: syntax::WRONG_SIGN, title: OTHER, help: "write `not`", instead: &["not"] },
    WrongSign {
        sign: ":",
        code: syntax::WRONG_SIGN,
        title: OTHER,
        help: "nothing stands between a name and its type but blanks",
        instead: &[],
    },
    WrongSign {
        sign: "[",
        code: syntax::WRONG_SIGN,
        title: OTHER,
        help: "write `list ..99` for a list, `first(n, x)` for a part",
        instead: &[],
    },
    WrongSign {
        sign: "]",
        code: syntax::WRONG_SIGN,
        title: OTHER,
        help: "write `list ..99` for a list, `first(n, x)` for a part",
        instead: &[],
    },
    WrongSign {
        sign: "/",
        code: syntax::WRONG_SIGN,
        title: OTHER,
        help: "nothing is divided; a comment begins with `//`",
        instead: &[],
    },
    WrongSign {
        sign: "#",
        code: syntax::WRONG_SIGN,
        title: OTHER,
        help: "a comment begins with `//`",
        instead: &[],
    },
];

/// The sign at the start and its length; signs of other languages too.
pub(super) fn sign(text: &str) -> Option<(Sign, usize)> {
    let wrong = WRONG.iter().find(|wrong| text.starts_with(wrong.sign));
    if let Some(wrong) = wrong {
        return Some((Sign::Wrong(wrong), wrong.sign.len()));
    }
    SIGNS.iter().find(|(written, _)| text.starts_with(written)).map(|(written, sign)| (*sign, written.len()))
}

/// The run of letters at the start that belong to no token; at least one.
pub(super) fn strange(text: &str) -> usize {
    let first = text.chars().next().map_or(text.len(), char::len_utf8);
    let run = text.find(|letter: char| letter.is_ascii() || half_width_letter(letter).is_some());
    run.unwrap_or(text.len()).max(first)
}

/// The half-width form of one full-width sign.
pub(super) fn half_width(text: &str) -> Option<&'static str> {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => half_width_letter(letter),
        _ => None,
    }
}

fn half_width_letter(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{FF08}' => "(",
        '\u{FF09}' => ")",
        '\u{FF0C}' | '\u{3001}' => ",",
        '\u{3002}' | '\u{FF0E}' => ".",
        '\u{FF1D}' => "=",
        '\u{FF5B}' => "{",
        '\u{FF5D}' => "}",
        '\u{201C}' | '\u{201D}' | '\u{FF02}' => "\"",
        '\u{2018}' | '\u{2019}' => "'",
        '\u{3000}' | '\u{A0}' => " ",
        '\u{2192}' => "->",
        '\u{2190}' => "<-",
        '\u{2026}' => "..",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_sign_wins() {
        assert_eq!(sign("<->x"), Some((Sign::Both, 3)));
        assert_eq!(sign("<-1"), Some((Sign::From, 2)));
        assert_eq!(sign("..9"), Some((Sign::Range, 2)));
        assert_eq!(sign("= "), Some((Sign::Equal, 1)));
    }

    #[test]
    fn figures_are_told_apart() {
        assert_eq!(figures("350..950"), (Figures::Number, 3));
        assert_eq!(figures("2026-11-23,"), (Figures::Date, 10));
        assert_eq!(figures("08:00\n"), (Figures::Time, 5));
        assert_eq!(figures("500ms"), (Figures::Duration, 5));
        assert_eq!(figures("60sec"), (Figures::Wrong, 5));
        assert_eq!(figures("0.00 "), (Figures::Number, 4));
    }

    #[test]
    fn a_text_ends_at_its_line() {
        assert_eq!(quoted("\"a\\\"b\" c", '"'), (6, true));
        assert_eq!(quoted("\"ab\nc\"", '"'), (3, false));
        assert_eq!(quoted("\"ab\\\nc\"", '"'), (4, false));
    }
}
