//! `original where …`: which earlier exchange a call speaks of, where nobody has it at hand.
//!
//! In: the condition as written. Out: what stood in the original, each with the value that it must have; the journal finds
//! by equal values alone, so nothing else is taken.

use crate::model::{CallId, Expr, ExprKind, OriginalRule, Space};
use crate::resolve::Resolver;
use crate::resolve::assemble::Work;
use crate::resolve::expression::{condition, expression};
use crate::resolve::learn::any;
use crate::resolve::path::Scope;
use crate::source::Span;
use crate::tree::{self, OtherwiseKind};
use crate::value::{Symbol, Type};

/// The rule as it is written in a call.
pub(super) fn original(
    resolver: &mut Resolver,
    work: &Work<'_>,
    tree: &tree::Expr,
    otherwise: Option<&tree::Otherwise>,
    scope: &Scope,
) -> OriginalRule {
    let ours =
        scope.call.and_then(|CallId(call)| work.calls.get(usize::from(call))).is_some_and(|call| call.ours);
    // Of what we ask nothing is written yet when the original is looked for.
    let scope = Scope { message: scope.message.filter(|_| !ours), ..scope.clone() };
    let holds = expression(resolver, work, tree, &scope, Some(&Type::Flag));
    let holds = condition(resolver, holds);
    let mut by = Vec::new();
    pairs(resolver, &holds, &mut by);
    OriginalRule { by, refuse: refusal(resolver, otherwise, tree.span) }
}

fn pairs(resolver: &mut Resolver, holds: &Expr, by: &mut Vec<(Expr, Expr)>) {
    match &holds.kind {
        ExprKind::And(left, right) => {
            pairs(resolver, left, by);
            pairs(resolver, right, by);
        }
        ExprKind::Is(left, right) if finds(left) && !speaks_of_original(right) => {
            by.push(((**left).clone(), (**right).clone()));
        }
        ExprKind::Is(left, right) if finds(right) && !speaks_of_original(left) => {
            by.push(((**right).clone(), (**left).clone()));
        }
        _ if holds.ty == Type::Wrong => {}
        _ => {
            resolver
                .report
                .error("TS0631", holds.span, "an original is found by what stood in it when it was asked")
                .note("the journal finds by equal values: of its `ask`, of its request, or its serial and dates")
                .help("write `original.request.FIELD is VALUE`, several joined by `and`");
        }
    }
}

/// Whether it is a plain value that is known when the original is asked.
fn finds(stood: &Expr) -> bool {
    matches!(&stood.kind, ExprKind::Load(load) if load.level == 0
        && matches!(load.space, Space::Original | Space::OriginalRequest | Space::OriginalAsk))
        && !matches!(stood.ty, Type::List { .. })
}

fn speaks_of_original(value: &Expr) -> bool {
    any(value, &mut |load| {
        matches!(
            load.space,
            Space::Original
                | Space::OriginalRequest
                | Space::OriginalReply
                | Space::OriginalAsk
                | Space::OriginalAnswer
                | Space::OriginalOutcome
        )
    })
}

fn refusal(resolver: &mut Resolver, otherwise: Option<&tree::Otherwise>, span: Span) -> Option<Symbol> {
    if let Some(OtherwiseKind::Refuse(name)) = otherwise.map(|otherwise| &otherwise.kind) {
        return Some(resolver.reason(name));
    }
    resolver
        .report
        .error("TS0710", span, "the line does not say what else")
        .help("end it with `else refuse never_seen`");
    None
}
