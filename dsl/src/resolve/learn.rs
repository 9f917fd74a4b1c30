//! What a reader does with a field that is `=` a fact: learn it, compare it, judge it as a seal.

use super::inverse::inverse;
use crate::model::{Expr, ExprKind, Fact, Fresh, Function, Learn, Load, MessageSide, Space};
use crate::value::{Constant, Outcome, Type};

/// The rule for reading a field that is `=` this expression, in a message of this side. Facts of who asks are learned
/// from a request and must agree in its reply; facts of who answers are learned from the reply. Settings, keys and
/// constants must agree (`grammar.md` 4); so must what a `file` is called, which is known before anything of it is read.
#[must_use]
pub fn learn_rule(expr: &Expr, side: MessageSide, file: bool) -> Learn {
    if is_seal(expr) {
        return Learn::Seal;
    }
    match &expr.kind {
        ExprKind::Load(load) if file && is_name(*load) => Learn::Agree,
        ExprKind::Load(load) => of_load(*load, side),
        ExprKind::Constant(Constant::Outcome(Outcome::Unknown)) => Learn::Ignore,
        _ if only_known(expr, side) => Learn::Agree,
        _ => Learn::Ignore,
    }
}

/// The rule for a field, at `own`, that is `=` an expression over a value that the writer draws (`fresh`): the value is
/// got back by the inverse, on both sides, since who wrote a message may read it too. None: no such value is in it.
#[must_use]
pub fn learn_fresh(fact: &Expr, own: Load, fresh: &[Fresh]) -> Option<Learn> {
    let is_fresh = |load: &Load| {
        load.space == Space::Field && load.level == 0 && fresh.iter().any(|one| one.slot == load.slot)
    };
    let mut drawn = None;
    any(fact, &mut |load| {
        drawn = is_fresh(load).then_some(*load);
        drawn.is_some()
    });
    let load = drawn?;
    let ty = Type::Text { chars: 4_000, private: None };
    let field = Expr { kind: ExprKind::Load(own), ty, span: fact.span };
    let back = inverse(fact, &is_fresh, &field);
    Some(back.map_or(Learn::Ignore, |expression| Learn::Fresh(load, Box::new(expression))))
}

/// Whether this is what a file is called.
fn is_name(load: Load) -> bool {
    load.space == Space::Exchange
        && matches!(Fact::WORDS.get(usize::from(load.slot)), Some((Fact::File | Fact::FileStem, _)))
}

fn of_load(load: Load, side: MessageSide) -> Learn {
    let request = side == MessageSide::Request;
    match load.space {
        Space::Outcome => Learn::Outcome,
        Space::OriginalOutcome => Learn::OriginalOutcome,
        Space::OutcomeText => Learn::Place(load),
        Space::Exchange => match Fact::WORDS.get(usize::from(load.slot)) {
            Some((fact, _)) if fact.of_copy() => Learn::Ignore,
            Some((fact, _)) if fact.of_answer() || request => Learn::Place(load),
            _ => Learn::Agree,
        },
        Space::Member if load.slot == 0 && request => Learn::Member,
        Space::Original
        | Space::OriginalRequest
        | Space::OriginalReply
        | Space::OriginalAsk
        | Space::OriginalAnswer
            if request =>
        {
            Learn::Place(load)
        }
        Space::Page if request || load.slot == 3 => Learn::Place(load),
        _ => Learn::Agree,
    }
}

/// Whether an expression makes a MAC, a signature, or a digest over a key.
#[must_use]
pub(crate) fn is_seal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Function(Function::Mac | Function::Hmac | Function::Signature, _) => true,
        ExprKind::Function(Function::Digest, arguments) => {
            arguments.iter().any(speaks_of_key) || arguments.iter().any(is_seal)
        }
        ExprKind::Function(_, arguments) => arguments.iter().any(is_seal),
        ExprKind::Join(parts) => parts.iter().any(is_seal),
        _ => false,
    }
}

fn speaks_of_key(expr: &Expr) -> bool {
    any(expr, &mut |load| matches!(load.space, Space::Key | Space::Session))
}

/// Whether all that an expression looks at is known to the reader before it reads this field.
fn only_known(expr: &Expr, side: MessageSide) -> bool {
    !any(expr, &mut |load| match load.space {
        Space::Exchange => Fact::WORDS.get(usize::from(load.slot)).is_some_and(|(fact, _)| {
            fact.of_copy() || (fact.of_answer() && side != MessageSide::Request && *fact != Fact::AnswerFile)
        }),
        _ => false,
    })
}

/// Whether some reference of an expression is such.
pub(crate) fn any(expr: &Expr, holds: &mut dyn FnMut(&Load) -> bool) -> bool {
    any_part(expr, &mut |part| match part {
        ExprKind::Load(load) | ExprKind::Fold { list: load, .. } => holds(load),
        _ => false,
    })
}

/// Whether an expression, or some part of it, is such.
pub(crate) fn any_part(expr: &Expr, holds: &mut dyn FnMut(&ExprKind) -> bool) -> bool {
    if holds(&expr.kind) {
        return true;
    }
    match &expr.kind {
        ExprKind::Join(parts) | ExprKind::Function(_, parts) => {
            parts.iter().any(|part| any_part(part, holds))
        }
        ExprKind::Add(left, right)
        | ExprKind::Subtract(left, right)
        | ExprKind::Multiply(left, right)
        | ExprKind::And(left, right)
        | ExprKind::Or(left, right)
        | ExprKind::Is(left, right)
        | ExprKind::Less(left, right)
        | ExprKind::LessOrEqual(left, right) => any_part(left, holds) || any_part(right, holds),
        ExprKind::Not(inner) | ExprKind::IsOutcome(inner, _) => any_part(inner, holds),
        ExprKind::In(value, choices) => {
            any_part(value, holds) || choices.iter().any(|choice| any_part(choice, holds))
        }
        ExprKind::Fold { each, filter, .. } => {
            each.as_ref().is_some_and(|each| any_part(each, holds))
                || filter.as_ref().is_some_and(|filter| any_part(filter, holds))
        }
        ExprKind::Load(_)
        | ExprKind::Constant(_)
        | ExprKind::Raw(_)
        | ExprKind::RawRange(..)
        | ExprKind::Pairs { .. }
        | ExprKind::Length(_)
        | ExprKind::Sent(_)
        | ExprKind::Counter(_)
        | ExprKind::Now => false,
    }
}
