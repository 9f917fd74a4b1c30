//! Whether a blank stands between two tokens of a line.

use crate::lex::{Sign, Token, TokenKind};

/// Whether a blank stands between them; `earlier` is the token before both.
pub(super) fn blank_between(before: &Token<'_>, after: &Token<'_>, earlier: Option<&Token<'_>>) -> bool {
    use TokenKind::Sign as S;
    match (before.kind, after.kind) {
        (S(Sign::BracketOpen | Sign::Point), _) => false,
        (_, S(Sign::Comma | Sign::BracketClose | Sign::Point)) => false,
        // Brackets right behind a name are a call; `in (…)` is none.
        (TokenKind::Word, S(Sign::BracketOpen)) => before.text == "in" || before.span.end < after.span.start,
        (TokenKind::Number, S(Sign::Range)) | (S(Sign::Range), TokenKind::Number) => false,
        (S(Sign::Minus), _) => !is_sign_of_number(earlier),
        _ => true,
    }
}

/// Whether a minus behind this token belongs to the value behind it.
fn is_sign_of_number(earlier: Option<&Token<'_>>) -> bool {
    earlier.is_none_or(|token| match token.kind {
        TokenKind::Sign(Sign::BracketClose) => false,
        TokenKind::Sign(_) => true,
        TokenKind::Word => matches!(token.text, "is" | "not" | "and" | "or" | "else" | "where" | "most"),
        _ => false,
    })
}
