//! Text on a terminal: columns, colours, and what came from outside without signs that a terminal obeys.

use std::io::IsTerminal;
use unicode_width::UnicodeWidthStr;

/// In a colour (the digits of its code), on a terminal alone.
pub(super) fn coloured(text: &str, colour: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\u{1B}[{colour}m{text}\u{1B}[0m") } else { text.to_owned() }
}

/// A text filled up to so many columns; a Chinese character takes two.
pub(super) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

/// What came from outside, without signs that a terminal obeys.
pub(super) fn shown(text: &str) -> String {
    let harmless = |letter: char| {
        !letter.is_control()
            && !('\u{202A}'..='\u{202E}').contains(&letter)
            && !('\u{2066}'..='\u{2069}').contains(&letter)
    };
    text.chars()
        .map(|letter| if harmless(letter) { letter.to_string() } else { letter.escape_unicode().to_string() })
        .collect()
}
