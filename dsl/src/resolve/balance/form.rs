//! Amounts as sums: what they are made of, whatever order it is written in.
//!
//! In: an expression of a flow. Out: its parts with how often each counts; two amounts are the same if their sums are. A
//! part is a value, or a calculation that is looked at as a whole.

use crate::model::{Expr, ExprKind, Function};
use crate::resolve::learn::any_part;
use crate::source::Span;
use crate::value::{Constant, Decimal, Type};
use std::collections::BTreeMap;

/// The parts that the amounts of a flow are made of.
#[derive(Default)]
pub(super) struct Parts {
    known: Vec<Expr>,
}

/// A sum: parts by their numbers with how often each counts, and a constant.
#[derive(Clone, PartialEq, Default)]
pub(super) struct Form {
    parts: BTreeMap<usize, i64>,
    constant: Decimal,
}

impl Parts {
    pub(super) fn get(&self, part: usize) -> Option<&Expr> {
        self.known.get(part)
    }

    /// An amount as a sum.
    pub(super) fn form(&mut self, expr: &Expr) -> Form {
        match &expr.kind {
            ExprKind::Constant(Constant::Decimal(value)) => Form { constant: *value, ..Form::default() },
            ExprKind::Add(left, right) => self.form(left).with(&self.form(right), 1),
            ExprKind::Subtract(left, right) => self.form(left).with(&self.form(right), -1),
            // Nothing moved, and no amount: the books are the same.
            ExprKind::Function(Function::Either, choices) => match choices.as_slice() {
                [value, Expr { kind: ExprKind::Constant(Constant::Decimal(zero)), .. }] if zero.is_zero() => {
                    self.form(value)
                }
                _ => self.whole(expr),
            },
            _ => self.whole(expr),
        }
    }

    fn whole(&mut self, expr: &Expr) -> Form {
        let bare = bare(expr);
        // What is worked out from the clock is another amount each time.
        let known = || self.known.iter().position(|known| *known == bare);
        let place = if looks_at_clock(expr) { None } else { known() };
        let place = place.unwrap_or_else(|| {
            self.known.push(bare);
            self.known.len() - 1
        });
        Form { parts: BTreeMap::from([(place, 1)]), constant: Decimal::ZERO }
    }
}

impl Form {
    /// This and the other so many times.
    pub(super) fn with(mut self, other: &Self, times: i64) -> Self {
        for (part, count) in &other.parts {
            let sum = self.parts.entry(*part).or_default();
            *sum += count * times;
        }
        self.parts.retain(|_, count| *count != 0);
        self.constant += other.constant * Decimal::from(times);
        self
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.parts.is_empty() && self.constant.is_zero()
    }

    /// Whether it is one amount for ever.
    pub(super) fn is_constant(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether more of it is taken away than added, as far as can be seen.
    pub(super) fn is_less(&self) -> bool {
        let (more, less): (Vec<i64>, Vec<i64>) = self.parts.values().partition(|count| **count > 0);
        less.len() > more.len() || (self.parts.is_empty() && self.constant.is_sign_negative())
    }

    pub(super) fn constant(&self) -> Decimal {
        self.constant
    }

    /// Its parts, and how often each counts.
    pub(super) fn parts(&self) -> impl Iterator<Item = (usize, i64)> {
        self.parts.iter().map(|(part, count)| (*part, *count))
    }

    /// Whether both have a part that counts the same way in them, and whether one that counts the other way.
    pub(super) fn shares(&self, other: &Self) -> (bool, bool) {
        let common = self.parts.iter().filter_map(|(part, count)| Some((count, other.parts.get(part)?)));
        common.fold((false, false), |(same, against), (one, two)| {
            let alike = (*one > 0) == (*two > 0);
            (same || alike, against || !alike)
        })
    }
}

/// Whether an expression looks at the clock: worked out twice it may have two values.
pub(super) fn looks_at_clock(expr: &Expr) -> bool {
    any_part(expr, &mut |part| matches!(part, ExprKind::Now))
}

/// An expression without where it stands, and conditions in one of the ways in which they can be written.
pub(super) fn bare(expr: &Expr) -> Expr {
    let one = |inner: &Expr| Box::new(bare(inner));
    let all = |inner: &[Expr]| inner.iter().map(bare).collect::<Vec<_>>();
    let kind = match &expr.kind {
        ExprKind::Is(left, right) => match right.as_constant() {
            Some(Constant::Flag(true)) => return bare(left),
            Some(Constant::Flag(false)) => ExprKind::Not(one(left)),
            _ => ExprKind::Is(one(left), one(right)),
        },
        ExprKind::Not(inner) => match &inner.kind {
            ExprKind::Not(inner) => return bare(inner),
            _ => ExprKind::Not(one(inner)),
        },
        ExprKind::Join(parts) => ExprKind::Join(all(parts)),
        ExprKind::Function(function, parts) => ExprKind::Function(*function, all(parts)),
        ExprKind::Add(left, right) => ExprKind::Add(one(left), one(right)),
        ExprKind::Subtract(left, right) => ExprKind::Subtract(one(left), one(right)),
        ExprKind::Multiply(left, right) => ExprKind::Multiply(one(left), one(right)),
        ExprKind::And(left, right) => ExprKind::And(one(left), one(right)),
        ExprKind::Or(left, right) => ExprKind::Or(one(left), one(right)),
        ExprKind::Less(left, right) => ExprKind::Less(one(left), one(right)),
        ExprKind::LessOrEqual(left, right) => {
            let less = ExprKind::Less(one(right), one(left));
            ExprKind::Not(Box::new(Expr { kind: less, ty: Type::Wrong, span: Span::default() }))
        }
        ExprKind::IsOutcome(inner, outcome) => ExprKind::IsOutcome(one(inner), *outcome),
        ExprKind::In(value, choices) => ExprKind::In(one(value), all(choices)),
        ExprKind::Fold { fold, list, each, filter } => ExprKind::Fold {
            fold: *fold,
            list: *list,
            each: each.as_deref().map(one),
            filter: filter.as_deref().map(one),
        },
        other => other.clone(),
    };
    Expr { kind, ty: Type::Wrong, span: Span::default() }
}
