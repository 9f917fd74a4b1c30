//! Comparisons: `is`, `in`, and what may be compared with what.
//!
//! In: two resolved sides. Out: one condition, codes compared by their wire text.

use super::article;
use crate::model::{Expr, ExprKind};
use crate::resolve::Resolver;
use crate::source::Span;
use crate::value::{Constant, Outcome, Type};

/// `left is right`.
pub(crate) fn is(resolver: &mut Resolver, left: Expr, right: Expr, span: Span) -> Expr {
    if let (Type::Outcome, Some(Constant::Outcome(outcome))) = (&left.ty, right.as_constant())
        && matches!(outcome, Outcome::Done(None) | Outcome::Refused(None) | Outcome::Unknown)
    {
        let kind = ExprKind::IsOutcome(Box::new(left), *outcome);
        return Expr { kind, ty: Type::Flag, span };
    }
    let (left, right) = coded_text(left, right);
    let right = comparable(resolver, &left, right, span);
    match (left.as_constant(), right.as_constant()) {
        (Some(one), Some(other)) => {
            Expr::constant(Constant::Flag(same(resolver, one, other)), Type::Flag, span)
        }
        _ => Expr { kind: ExprKind::Is(Box::new(left), Box::new(right)), ty: Type::Flag, span },
    }
}

/// A name beside its text (`message.side is request`): constants of different forms compared as texts.
pub(super) fn same(resolver: &Resolver, one: &Constant, other: &Constant) -> bool {
    match (one, other) {
        (Constant::Name(symbol), Constant::Text(text)) | (Constant::Text(text), Constant::Name(symbol)) => {
            resolver.symbols.text(*symbol) == &**text
        }
        _ => one == other,
    }
}

/// A `code` field beside a text is compared by its text.
pub(super) fn coded_text(left: Expr, right: Expr) -> (Expr, Expr) {
    let is_text = |expr: &Expr| matches!(expr.as_constant(), Some(Constant::Text(_)));
    if matches!(left.ty, Type::Names(_) | Type::Outcome)
        && matches!(left.kind, ExprKind::Load(_))
        && is_text(&right)
    {
        let span = left.span;
        let text = Expr {
            kind: ExprKind::Function(crate::model::Function::Text, vec![left]),
            ty: Type::Text { chars: 200, private: None },
            span,
        };
        return (text, right);
    }
    (left, right)
}

/// Kinds that may be compared with each other; 0 for what is wrong already.
pub(crate) fn family(ty: &Type) -> u8 {
    match ty {
        Type::Text { .. } | Type::Digits { .. } => 1,
        Type::Number { .. } => 2,
        Type::Decimal { .. } | Type::Money { .. } => 3,
        Type::Date => 4,
        Type::Time => 5,
        Type::DateTime => 6,
        Type::Month => 7,
        Type::Duration => 8,
        Type::Flag => 9,
        Type::Names(_) => 10,
        Type::Outcome => 11,
        Type::Bytes { .. } => 12,
        Type::List { .. } => 13,
        Type::Group(_) => 14,
        Type::Key => 15,
        Type::Pairs => 16,
        Type::Absent | Type::Wrong => 0,
    }
}

/// Reports two sides that cannot be compared.
pub(super) fn comparable(resolver: &mut Resolver, left: &Expr, right: Expr, span: Span) -> Expr {
    let (one, other) = (family(&left.ty), family(&right.ty));
    if one != 0 && other != 0 && one != other {
        resolver
            .report
            .error(
                "TS0314",
                span,
                format!("{} and {} are never equal or ordered", article(&left.ty), article(&right.ty)),
            )
            .help("nothing is converted by itself: use `number(t)`, `parse_date(t, F)`, `format(x, F)`");
        return Expr { ty: Type::Wrong, ..right };
    }
    right
}

pub(super) fn fold_in(value: Expr, choices: Vec<Expr>, span: Span) -> Expr {
    if let Some(constant) = value.as_constant()
        && choices.iter().all(|choice| choice.as_constant().is_some())
    {
        let holds = choices.iter().any(|choice| choice.as_constant() == Some(constant));
        return Expr::constant(Constant::Flag(holds), Type::Flag, span);
    }
    Expr { kind: ExprKind::In(Box::new(value), choices), ty: Type::Flag, span }
}
