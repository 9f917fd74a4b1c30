//! Expressions: each part typed, constants folded as far as the message is known.

mod compared;

mod folds;

use super::Resolver;
use super::assemble::Work;
use super::function;
use super::path::{self, Found, Scope};
use crate::model::{Expr, ExprKind};
use crate::source::Span;
use crate::tree::{self, BinaryOperator, UnaryOperator};
use crate::value::{Constant, Type};
use compared::{comparable, fold_in};
pub(crate) use compared::{family, is};
pub(crate) use folds::{fold, inside, is_of_one_row};

/// Types an expression where it stands. `expected` helps where a bare name may be one of a `one_of`.
pub(crate) fn expression(
    resolver: &mut Resolver,
    work: &Work<'_>,
    tree: &tree::Expr,
    scope: &Scope,
    expected: Option<&Type>,
) -> Expr {
    let span = tree.span;
    let constant = |value, ty| Expr::constant(value, ty, span);
    match &tree.kind {
        tree::ExprKind::Text(text) => template(resolver, work, text, scope),
        tree::ExprKind::Raw(text) => constant(Constant::Text(text.text.clone()), text_type(&text.text)),
        tree::ExprKind::Number(number) => {
            if number.value.scale() == 0 {
                let value = i128::try_from(number.value).unwrap_or(i128::MAX);
                constant(Constant::Number(value), Type::Number { min: value, max: value })
            } else {
                constant(Constant::Decimal(number.value), decimal_type(number.value))
            }
        }
        tree::ExprKind::Days(number) => {
            let days = i64::try_from(number.whole().unwrap_or(0)).unwrap_or(0);
            constant(Constant::Duration(days.saturating_mul(86_400_000)), Type::Duration)
        }
        tree::ExprKind::Date(date) => constant(Constant::Date(*date), Type::Date),
        tree::ExprKind::Time(time) => constant(Constant::Time(*time), Type::Time),
        tree::ExprKind::Duration(duration) => constant(
            Constant::Duration(i64::try_from(duration.milliseconds).unwrap_or(i64::MAX)),
            Type::Duration,
        ),
        tree::ExprKind::Path(path) => whole_path(resolver, work, path, scope, expected),
        tree::ExprKind::Call(call) => function::call(resolver, work, call, span, scope, expected),
        tree::ExprKind::Unary { operator, operand } => unary(resolver, work, *operator, operand, span, scope),
        tree::ExprKind::Binary { operator, operator_span, left, right } => {
            binary(resolver, work, (*operator, *operator_span), left, right, span, scope, expected)
        }
        tree::ExprKind::In { value, choices } => {
            let value = expression(resolver, work, value, scope, None);
            let ty = value.ty.clone();
            let choices: Vec<Expr> = choices
                .iter()
                .map(|choice| {
                    let choice = expression(resolver, work, choice, scope, Some(&ty));
                    comparable(resolver, &value, choice, span)
                })
                .collect();
            fold_in(value, choices, span)
        }
        // The parser makes it in `raw(…)` alone, which reads it itself.
        tree::ExprKind::Range { .. } => constant(Constant::Absent, Type::Wrong),
    }
}

fn text_type(text: &str) -> Type {
    Type::Text { chars: u32::try_from(text.chars().count()).unwrap_or(u32::MAX), private: None }
}

fn decimal_type(value: crate::value::Decimal) -> Type {
    let digits = value.mantissa().unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
    if value.scale() == 2 { Type::Money { digits } } else { Type::Decimal { digits, scale: value.scale() } }
}

fn whole_path(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &tree::Path,
    scope: &Scope,
    expected: Option<&Type>,
) -> Expr {
    if let Some(expr) = a_let(resolver, work, path, scope) {
        return expr;
    }
    let Found { lists, expr, .. } = path::find(resolver, work, path, scope, expected);
    if !lists.is_empty() {
        resolver
            .report
            .error("TS0309", path.span, format!("`{}` is in a list: which row?", path.text()))
            .note("outside the list only `count(…)` and `sum(…)` take it")
            .help(format!("write `sum({})`, or move the rule into the list's block", path.text()));
        return Expr { ty: Type::Wrong, ..expr };
    }
    expr
}

fn a_let(resolver: &mut Resolver, work: &Work<'_>, path: &tree::Path, scope: &Scope) -> Option<Expr> {
    let name = path.single()?;
    let draft = work.drafts.get(scope.message?)?;
    let found = draft
        .lets
        .iter()
        .filter(|one| one.name.text == name.text && scope.container.starts_with(&one.scope.container))
        .max_by_key(|one| one.scope.container.len())?;
    if found.busy.replace(true) {
        resolver
            .report
            .error("TS0310", path.span, format!("`{}` is defined by itself", name.text))
            .note("a `let` may use other lets, but no circle of them")
            .help("begin with one that uses fields and facts alone");
        return Some(Expr::constant(Constant::Absent, Type::Wrong, path.span));
    }
    let mut inner = found.scope.clone();
    inner.level = scope.level;
    inner.items.clone_from(&scope.items);
    let expr = expression(resolver, work, found.value, &inner, None);
    found.busy.set(false);
    Some(Expr { span: path.span, ..expr })
}

/// A text with expressions in it.
fn template(resolver: &mut Resolver, work: &Work<'_>, text: &tree::Text, scope: &Scope) -> Expr {
    if let Some(constant) = text.constant() {
        return Expr::constant(Constant::Text(constant.into()), text_type(constant), text.span);
    }
    let mut parts = Vec::new();
    let mut chars = 0_u32;
    for piece in &text.pieces {
        match piece {
            tree::Piece::Characters(run) => {
                chars = chars.saturating_add(u32::try_from(run.text.chars().count()).unwrap_or(u32::MAX));
                parts.push(Expr::constant(Constant::Text(run.text.clone()), text_type(&run.text), run.span));
            }
            tree::Piece::Embedded(embedded) => {
                let expr = expression(resolver, work, embedded, scope, None);
                match text_length(&expr.ty) {
                    Some(length) => chars = chars.saturating_add(length),
                    None => {
                        resolver
                            .report
                            .error(
                                "TS0311",
                                expr.span,
                                format!("{} does not stand in a text as it is", article(&expr.ty)),
                            )
                            .help("say how: `format(x, 'yyyyMMdd')`, `hex(x)`");
                    }
                }
                parts.push(expr);
            }
        }
    }
    join(parts, Type::Text { chars, private: None }, text.span)
}

/// Joined parts; constant neighbours become one.
pub(crate) fn join(parts: Vec<Expr>, ty: Type, span: Span) -> Expr {
    let mut joined: Vec<Expr> = Vec::with_capacity(parts.len());
    for part in parts {
        if let ExprKind::Join(inner) = part.kind {
            joined.extend(inner);
            continue;
        }
        if let (Some(Constant::Text(last)), Some(Constant::Text(next))) =
            (joined.last().and_then(Expr::as_constant).cloned(), part.as_constant())
        {
            let text = format!("{last}{next}");
            let ty = text_type(&text);
            joined.pop();
            joined.push(Expr::constant(Constant::Text(text.into()), ty, span));
            continue;
        }
        joined.push(part);
    }
    if joined.len() == 1
        && let Some(only) = joined.pop()
    {
        return Expr { ty, span, ..only };
    }
    Expr { kind: ExprKind::Join(joined), ty, span }
}

/// Characters a value of this type takes as a text, if it has a text of its own.
pub(crate) fn text_length(ty: &Type) -> Option<u32> {
    Some(match ty {
        Type::Text { chars, .. } => *chars,
        Type::Digits { max, .. } => *max,
        Type::Number { max, .. } => max.checked_ilog10().unwrap_or(0) + 1,
        Type::Names(_) => 32,
        Type::Wrong => 0,
        _ => return None,
    })
}

/// "a date", "an amount": the type in words.
pub(crate) fn article(ty: &Type) -> &'static str {
    match ty {
        Type::Text { .. } => "a text",
        Type::Digits { .. } => "a text of figures",
        Type::Number { .. } => "a number",
        Type::Decimal { .. } => "a decimal",
        Type::Money { .. } => "an amount",
        Type::Date => "a date",
        Type::Time => "a time",
        Type::DateTime => "a moment",
        Type::Month => "a month",
        Type::Duration => "a span of time",
        Type::Flag => "yes or no",
        Type::Names(_) => "one of some names",
        Type::Outcome => "an outcome",
        Type::Bytes { .. } => "bytes",
        Type::List { .. } => "a list",
        Type::Group(_) => "a record",
        Type::Key => "a key",
        Type::Pairs => "pairs of names and values",
        Type::Absent => "`absent`",
        Type::Wrong => "a wrong expression",
    }
}

/// An expression that must give a moment.
pub(crate) fn moment(resolver: &mut Resolver, work: &Work<'_>, tree: &tree::Expr, scope: &Scope) -> Expr {
    let found = expression(resolver, work, tree, scope, Some(&Type::DateTime));
    if !matches!(found.ty, Type::DateTime | Type::Wrong) {
        resolver
            .report
            .error("TS0719", found.span, format!("this is a moment, not {}", article(&found.ty)))
            .help("a day and a time make one: `parse_date(format(ask.day, \"yyyyMMdd\") + \"200000\", \"yyyyMMddHHmmss\")`");
    }
    found
}

fn unary(
    resolver: &mut Resolver,
    work: &Work<'_>,
    operator: UnaryOperator,
    operand: &tree::Expr,
    span: Span,
    scope: &Scope,
) -> Expr {
    let operand = expression(resolver, work, operand, scope, None);
    match operator {
        UnaryOperator::Not => {
            let operand = condition(resolver, operand);
            match operand.as_constant() {
                Some(Constant::Flag(value)) => Expr::constant(Constant::Flag(!value), Type::Flag, span),
                _ => Expr { kind: ExprKind::Not(Box::new(operand)), ty: Type::Flag, span },
            }
        }
        UnaryOperator::Negative => {
            let value = match operand.as_constant() {
                Some(Constant::Number(number)) => Constant::Number(-number),
                Some(Constant::Decimal(decimal)) => Constant::Decimal(-*decimal),
                _ => {
                    resolver
                        .report
                        .error("TS0312", span, "a `-` in front stands only before a written number")
                        .help("write `0 - x`, or `0.00 - x`");
                    return Expr { ty: Type::Wrong, ..operand };
                }
            };
            let ty = match &value {
                Constant::Number(number) => Type::Number { min: *number, max: *number },
                _ => operand.ty,
            };
            Expr::constant(value, ty, span)
        }
    }
}

/// Reports what is no yes or no.
pub(crate) fn condition(resolver: &mut Resolver, expr: Expr) -> Expr {
    if !matches!(expr.ty, Type::Flag | Type::Wrong) {
        resolver
            .report
            .error("TS0313", expr.span, format!("a condition is yes or no, this is {}", article(&expr.ty)))
            .help("compare it: `x is …`, `present(x)`");
        return Expr { ty: Type::Wrong, ..expr };
    }
    expr
}

#[expect(clippy::too_many_arguments, reason = "an operator, its operands and where they stand")]
fn binary(
    resolver: &mut Resolver,
    work: &Work<'_>,
    (operator, sign): (BinaryOperator, Span),
    left: &tree::Expr,
    right: &tree::Expr,
    span: Span,
    scope: &Scope,
    expected: Option<&Type>,
) -> Expr {
    match operator {
        BinaryOperator::And | BinaryOperator::Or => {
            let left = expression(resolver, work, left, scope, Some(&Type::Flag));
            let left = condition(resolver, left);
            let right = expression(resolver, work, right, scope, Some(&Type::Flag));
            let right = condition(resolver, right);
            logic(operator == BinaryOperator::And, left, right, span)
        }
        BinaryOperator::Is | BinaryOperator::IsNot => {
            let left = expression(resolver, work, left, scope, None);
            let ty = left.ty.clone();
            let right = expression(resolver, work, right, scope, Some(&ty));
            let same = is(resolver, left, right, span);
            if operator == BinaryOperator::Is { same } else { negated(same, span) }
        }
        BinaryOperator::Less
        | BinaryOperator::LessOrEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterOrEqual => {
            let left = expression(resolver, work, left, scope, None);
            let right = expression(resolver, work, right, scope, None);
            let right = comparable(resolver, &left, right, sign);
            let (left, right) = (Box::new(left), Box::new(right));
            let kind = match operator {
                BinaryOperator::Less => ExprKind::Less(left, right),
                BinaryOperator::LessOrEqual => ExprKind::LessOrEqual(left, right),
                BinaryOperator::Greater => ExprKind::Less(right, left),
                _ => ExprKind::LessOrEqual(right, left),
            };
            Expr { kind, ty: Type::Flag, span }
        }
        BinaryOperator::Add | BinaryOperator::Subtract | BinaryOperator::Multiply => {
            let left = expression(resolver, work, left, scope, expected);
            let right = expression(resolver, work, right, scope, expected);
            arithmetic(resolver, (operator, sign), left, right, span)
        }
    }
}

fn logic(and: bool, left: Expr, right: Expr, span: Span) -> Expr {
    for (this, other) in [(&left, &right), (&right, &left)] {
        if let Some(Constant::Flag(value)) = this.as_constant() {
            return if *value == and {
                other.clone()
            } else {
                Expr::constant(Constant::Flag(!and), Type::Flag, span)
            };
        }
    }
    let (left, right) = (Box::new(left), Box::new(right));
    let kind = if and { ExprKind::And(left, right) } else { ExprKind::Or(left, right) };
    Expr { kind, ty: Type::Flag, span }
}

fn negated(expr: Expr, span: Span) -> Expr {
    match expr.as_constant() {
        Some(Constant::Flag(value)) => Expr::constant(Constant::Flag(!value), Type::Flag, span),
        _ => Expr { kind: ExprKind::Not(Box::new(expr)), ty: Type::Flag, span },
    }
}

fn arithmetic(
    resolver: &mut Resolver,
    (operator, sign): (BinaryOperator, Span),
    left: Expr,
    right: Expr,
    span: Span,
) -> Expr {
    let add = operator == BinaryOperator::Add;
    let wrong = matches!(left.ty, Type::Wrong) || matches!(right.ty, Type::Wrong);
    let ty = match (operator, &left.ty, &right.ty) {
        _ if wrong => Type::Wrong,
        (BinaryOperator::Add, one, other) if family(one) == 1 && family(other) == 1 => {
            let chars = text_length(one).unwrap_or(0).saturating_add(text_length(other).unwrap_or(0));
            return join(vec![left, right], Type::Text { chars, private: None }, span);
        }
        (BinaryOperator::Add, one, other) if octets(one) && octets(other) => {
            return Expr {
                ty: Type::Bytes { max: u64::MAX },
                ..join(vec![left, right], Type::Bytes { max: u64::MAX }, span)
            };
        }
        (
            BinaryOperator::Add | BinaryOperator::Subtract,
            Type::Number { min, max },
            Type::Number { min: low, max: high },
        ) => {
            if add {
                Type::Number { min: min.saturating_add(*low), max: max.saturating_add(*high) }
            } else {
                Type::Number { min: min.saturating_sub(*high), max: max.saturating_sub(*low) }
            }
        }
        (BinaryOperator::Add | BinaryOperator::Subtract, one, other)
            if family(one) == 3 && family(other) == 3 =>
        {
            sum_type(one, other)
        }
        (BinaryOperator::Add | BinaryOperator::Subtract, Type::Date, Type::Duration) => Type::Date,
        (BinaryOperator::Add | BinaryOperator::Subtract, Type::DateTime, Type::Duration) => Type::DateTime,
        (BinaryOperator::Add | BinaryOperator::Subtract, Type::Duration, Type::Duration) => Type::Duration,
        (BinaryOperator::Multiply, Type::Number { .. }, Type::Number { .. }) => {
            Type::Number { min: i128::MIN, max: i128::MAX }
        }
        (BinaryOperator::Multiply, one, other)
            if matches!((family(one), family(other)), (3, 2 | 3) | (2, 3)) =>
        {
            Type::Decimal { digits: 28, scale: 6 }
        }
        (_, one, other) => {
            resolver
                .report
                .error(
                    "TS0315",
                    sign,
                    format!("`{}` does not take {} and {}", operator_word(operator), article(one), article(other)),
                )
                .help("`+` joins texts or bytes, adds numbers, amounts, or days to a date; nothing is converted by itself");
            Type::Wrong
        }
    };
    let (left, right) = (Box::new(left), Box::new(right));
    let kind = match operator {
        BinaryOperator::Add => ExprKind::Add(left, right),
        BinaryOperator::Subtract => ExprKind::Subtract(left, right),
        _ => ExprKind::Multiply(left, right),
    };
    Expr { kind, ty, span }
}

fn operator_word(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        _ => "*",
    }
}

/// Text and secrets join with bytes.
fn octets(ty: &Type) -> bool {
    matches!(ty, Type::Bytes { .. } | Type::Key | Type::Text { .. } | Type::Digits { .. })
}

fn sum_type(one: &Type, other: &Type) -> Type {
    match (one, other) {
        (Type::Money { digits }, Type::Money { digits: more }) => {
            Type::Money { digits: (*digits).max(*more) }
        }
        _ => Type::Decimal { digits: 28, scale: 6 },
    }
}
