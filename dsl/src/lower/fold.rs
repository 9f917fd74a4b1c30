//! Constant folding: what is known from the text alone is computed once, by the evaluator that runs it later (D8).

use super::expression;
use crate::evaluate::{Environment, Fault, Value, evaluate};
use crate::model::{Expr, ExprKind, Function, Load};
use crate::program::Expressions;
use crate::value::{Constant, Symbol, Symbols, Type};

/// Knows names alone.
struct Nothing<'s>(&'s Symbols);

impl Environment for Nothing<'_> {
    fn load<'e>(&'e self, load: &Load) -> Result<Value<'e>, Fault> {
        Err(Fault::NotThere(*load))
    }
    fn rows(&self, list: &Load) -> Result<u32, Fault> {
        Err(Fault::NotThere(*list))
    }
    fn enter(&self, list: &Load, _row: u32) -> Result<(), Fault> {
        Err(Fault::NotThere(*list))
    }
    fn leave(&self, _list: &Load) {}
    fn seal(&self, _: Function, _: &str, _: &[Value<'_>]) -> Result<Value<'static>, Fault> {
        Err(Fault::NeedsSeal)
    }
    fn name(&self, symbol: Symbol) -> &str {
        self.0.text(symbol)
    }
}

/// The expression with all that is constant computed. What would fail stays as it is: it fails when it runs.
#[must_use]
pub fn fold(expression: &Expr, symbols: &Symbols) -> Expr {
    let kind = match &expression.kind {
        ExprKind::Constant(_)
        | ExprKind::Load(_)
        | ExprKind::Raw(_)
        | ExprKind::RawRange(..)
        | ExprKind::Pairs { .. }
        | ExprKind::Length(_)
        | ExprKind::Sent(_)
        | ExprKind::Counter(_)
        | ExprKind::Now => return expression.clone(),
        kind => inner(kind, symbols),
    };
    let folded = Expr { kind, ty: expression.ty.clone(), span: expression.span };
    if let Some(short) = shorten(&folded) {
        return short;
    }
    if !children(&folded.kind).is_some_and(|all| all.iter().all(|child| child.as_constant().is_some())) {
        return folded;
    }
    let mut expressions = Expressions::default();
    let id = expression::compile_plain(&folded, &mut expressions);
    match evaluate(&expressions, id, &Nothing(symbols)).ok().and_then(|value| value.to_constant()) {
        Some(constant) => Expr { kind: ExprKind::Constant(constant), ..folded },
        None => folded,
    }
}

/// The truth of a folded condition, if the text alone decides it.
#[must_use]
pub fn known(condition: &Expr) -> Option<bool> {
    match condition.as_constant()? {
        Constant::Flag(yes) => Some(*yes),
        Constant::Absent => Some(false),
        _ => None,
    }
}

/// Whether an expression has a truth that is never absent: `and` and `or` give the last side that was asked as it is.
fn is_flag(expression: &Expr) -> bool {
    matches!(
        expression.kind,
        ExprKind::Not(_)
            | ExprKind::Is(..)
            | ExprKind::IsOutcome(..)
            | ExprKind::Less(..)
            | ExprKind::LessOrEqual(..)
            | ExprKind::In(..)
            | ExprKind::Function(Function::Present, _)
            | ExprKind::Constant(Constant::Flag(_))
    )
}

/// `and`, `or`, `if` of which one side is known.
fn shorten(expression: &Expr) -> Option<Expr> {
    let no = || Expr::constant(Constant::Flag(false), Type::Flag, expression.span);
    let yes = || Expr::constant(Constant::Flag(true), Type::Flag, expression.span);
    match &expression.kind {
        ExprKind::And(left, right) => match (known(left), known(right)) {
            (Some(false), _) => Some(no()),
            (Some(true), _) => Some((**right).clone()),
            (_, Some(false)) if is_flag(right) => Some(no()),
            (_, Some(true)) if is_flag(left) => Some((**left).clone()),
            _ => None,
        },
        ExprKind::Or(left, right) => match (known(left), known(right)) {
            (Some(true), _) | (_, Some(true)) => Some(yes()),
            (Some(false), _) => Some((**right).clone()),
            (_, Some(false)) if is_flag(left) && is_flag(right) => Some((**left).clone()),
            _ => None,
        },
        ExprKind::Function(Function::If, arguments) => match arguments.as_slice() {
            [condition, then, otherwise] => {
                known(condition).map(|yes| if yes { then.clone() } else { otherwise.clone() })
            }
            _ => None,
        },
        _ => None,
    }
}

fn inner(kind: &ExprKind, symbols: &Symbols) -> ExprKind {
    let one = |child: &Expr| Box::new(fold(child, symbols));
    let all = |children: &[Expr]| children.iter().map(|child| fold(child, symbols)).collect();
    match kind {
        ExprKind::Join(parts) => ExprKind::Join(all(parts)),
        ExprKind::Add(a, b) => ExprKind::Add(one(a), one(b)),
        ExprKind::Subtract(a, b) => ExprKind::Subtract(one(a), one(b)),
        ExprKind::Multiply(a, b) => ExprKind::Multiply(one(a), one(b)),
        ExprKind::And(a, b) => ExprKind::And(one(a), one(b)),
        ExprKind::Or(a, b) => ExprKind::Or(one(a), one(b)),
        ExprKind::Not(a) => ExprKind::Not(one(a)),
        ExprKind::Is(a, b) => ExprKind::Is(one(a), one(b)),
        ExprKind::IsOutcome(a, outcome) => ExprKind::IsOutcome(one(a), *outcome),
        ExprKind::Less(a, b) => ExprKind::Less(one(a), one(b)),
        ExprKind::LessOrEqual(a, b) => ExprKind::LessOrEqual(one(a), one(b)),
        ExprKind::In(a, rest) => ExprKind::In(one(a), all(rest)),
        ExprKind::Function(function, arguments) => ExprKind::Function(*function, all(arguments)),
        ExprKind::Fold { fold, list, each, filter } => ExprKind::Fold {
            fold: *fold,
            list: *list,
            each: each.as_deref().map(one),
            filter: filter.as_deref().map(one),
        },
        other => other.clone(),
    }
}

/// What an expression is computed from at once; `None` for what no constant can make constant.
pub(super) fn children(kind: &ExprKind) -> Option<Vec<&Expr>> {
    Some(match kind {
        ExprKind::Constant(_) => Vec::new(),
        ExprKind::Join(all) | ExprKind::Function(_, all) => all.iter().collect(),
        ExprKind::Add(a, b)
        | ExprKind::Subtract(a, b)
        | ExprKind::Multiply(a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Is(a, b)
        | ExprKind::Less(a, b)
        | ExprKind::LessOrEqual(a, b) => vec![a, b],
        ExprKind::Not(a) | ExprKind::IsOutcome(a, _) => vec![a],
        ExprKind::In(a, rest) => std::iter::once(&**a).chain(rest).collect(),
        ExprKind::Load(_)
        | ExprKind::Fold { .. }
        | ExprKind::Raw(_)
        | ExprKind::RawRange(..)
        | ExprKind::Pairs { .. }
        | ExprKind::Length(_)
        | ExprKind::Sent(_)
        | ExprKind::Counter(_)
        | ExprKind::Now => return None,
    })
}
