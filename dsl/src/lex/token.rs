//! Tokens, and the values of those that have one.

use crate::diagnostics::Code;
use crate::source::Span;
use crate::tree::{Date, Decimal, Time};

/// The longest duration: 366 days, in milliseconds.
const DURATION_MILLISECONDS_MAX: u64 = 366 * 24 * 3_600_000;

/// A token of a text.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Token<'a> {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// As it stands; of a sign of another language, what ours is.
    pub(crate) text: &'a str,
    /// Where.
    pub(crate) span: Span,
    /// Whether it begins a line.
    pub(crate) first_on_line: bool,
    /// How many blanks stand before it, if it begins a line.
    pub(crate) indent: u32,
}

/// What a token is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum TokenKind {
    /// `[A-Za-z][A-Za-z0-9_]*`.
    Word,
    /// `"…"`, with the quotes and as written.
    Text,
    /// `` `…` ``, with the quotes.
    Raw,
    /// `10_000`, `0.00`.
    Number,
    /// `2026-11-23`.
    Date,
    /// `08:00`.
    Time,
    /// `60s`.
    Duration,
    /// A sign.
    Sign(Sign),
    /// The end of a statement.
    LineEnd,
    /// Something that was reported already.
    Bad,
    /// The end of the text.
    End,
}

/// The signs, longest first.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Sign {
    /// `<->`.
    Both,
    /// `<-`.
    From,
    /// `->`.
    To,
    /// `<=`.
    LessOrEqual,
    /// `>=`.
    GreaterOrEqual,
    /// `..`.
    Range,
    /// `<`.
    Less,
    /// `>`.
    Greater,
    /// `=`.
    Equal,
    /// `+`.
    Plus,
    /// `-`.
    Minus,
    /// `*`.
    Star,
    /// `,`.
    Comma,
    /// `.`.
    Point,
    /// `{`.
    BraceOpen,
    /// `}`.
    BraceClose,
    /// `(`.
    BracketOpen,
    /// `)`.
    BracketClose,
    /// A sign of another language.
    Wrong(&'static WrongSign),
}

/// A sign that people bring from other languages.
#[derive(PartialEq, Debug)]
pub(crate) struct WrongSign {
    /// As written.
    pub(crate) sign: &'static str,
    /// Its diagnostic.
    pub(crate) code: Code,
    /// What is wrong.
    pub(crate) title: &'static str,
    /// What to write.
    pub(crate) help: &'static str,
    /// What the parser gets instead, so that it can go on; `;` stands for the end of a statement.
    pub(crate) instead: &'static [&'static str],
}

/// The value of a number, if it is one and can be held exactly.
pub(crate) fn number(text: &str) -> Option<Decimal> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let zeros = whole.len() > 1 && whole.starts_with('0');
    let bars = |part: &str| part.ends_with('_') || part.starts_with('_') || part.contains("__");
    if zeros || bars(whole) || bars(fraction) {
        return None;
    }
    Decimal::from_str_exact(&text.replace('_', "")).ok()
}

/// The value of a date, if the calendar has it.
pub(crate) fn date(text: &str) -> Option<Date> {
    let [year, month, day] = parts(text, '-', &[4, 2, 2])?[..] else { return None };
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The value of a time of day, if there is one.
pub(crate) fn time(text: &str) -> Option<Time> {
    let figures = parts(text, ':', &[2, 2]).or_else(|| parts(text, ':', &[2, 2, 2]))?;
    let mut figures = figures.into_iter().map(|figure| i8::try_from(figure).ok());
    let (hour, minute) = (figures.next()??, figures.next()??);
    Time::new(hour, minute, figures.next().unwrap_or(Some(0))?, 0).ok()
}

/// The value of a duration in milliseconds, if it is not too long.
pub(crate) fn duration(text: &str) -> Option<u64> {
    let letters = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (figures, unit) = text.split_at_checked(letters)?;
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    let figures: u64 = figures.replace('_', "").parse().ok()?;
    figures.checked_mul(unit).filter(|length| *length <= DURATION_MILLISECONDS_MAX)
}

fn parts(text: &str, between: char, widths: &[usize]) -> Option<Vec<u32>> {
    let parts: Vec<_> = text.split(between).collect();
    let fits =
        parts.len() == widths.len() && parts.iter().zip(widths).all(|(part, width)| part.len() == *width);
    if !fits {
        return None;
    }
    parts.into_iter().map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_exact_or_none() {
        assert_eq!(number("10_000.50").map(|value| value.to_string()), Some("10000.50".into()));
        assert_eq!(
            [number("0"), number("00"), number("1_"), number("1__0")].map(|one| one.is_some()),
            [true, false, false, false]
        );
        assert!(date("2026-02-29").is_none() && date("2028-02-29").is_some() && date("2026-1-01").is_none());
        assert!(time("24:00").is_none() && time("8:00").is_none() && time("23:59:59").is_some());
        assert_eq!((duration("5m"), duration("500ms"), duration("99999h")), (Some(300_000), Some(500), None));
    }
}
