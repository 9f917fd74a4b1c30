//! The ways through a flow: which steps are gone through together, and what is known there of its values.
//!
//! In: a flow. Out: its routes, those of rows on their own. What a `check` demands holds behind it, what a `when` asks
//! holds in it; a route on which something would both hold and not is none.

use super::form::{bare, looks_at_clock};
use crate::model::{Expr, ExprKind, Flow, FlowNode, Space};
use crate::value::{Constant, Outcome, Type};

/// So many routes are kept apart; where there are more, what tells alike ones apart is forgotten.
const MOST: usize = 2_000;
/// So many over different steps are followed: twelve steps, each gone through or not.
pub(super) const WAYS: usize = 4_096;

/// A way through a flow or a row.
#[derive(Clone, Default)]
pub(super) struct Route {
    /// Its steps, in order.
    pub(super) steps: Vec<u16>,
    /// Amounts that are equal.
    pub(super) ties: Vec<(Expr, Expr)>,
    facts: Vec<(Expr, bool)>,
    /// Of two conditions one holds, or one does not: which of them, what comes may say.
    open: Vec<(Expr, bool)>,
}

/// All routes through a flow and its rows that end with something done; none where there are too many. `counts`: which steps are
/// kept.
pub(super) fn routes(flow: &Flow, counts: &dyn Fn(u16) -> bool) -> Option<Vec<Route>> {
    let mut finder = Finder { flow, counts, found: Vec::new(), too_many: false };
    let whole = finder.block(&flow.body, vec![Route::default()]);
    finder.found.extend(whole);
    (!finder.too_many).then_some(finder.found)
}

struct Finder<'f> {
    flow: &'f Flow,
    counts: &'f dyn Fn(u16) -> bool,
    found: Vec<Route>,
    too_many: bool,
}

impl Finder<'_> {
    fn block(&mut self, nodes: &[FlowNode], mut open: Vec<Route>) -> Vec<Route> {
        for (place, node) in nodes.iter().enumerate() {
            // What waits for people at the end of its block they end; where something stands behind it they let it go on.
            if matches!(node, FlowNode::Park { .. }) && place + 1 == nodes.len() {
                return Vec::new();
            }
            open = self.node(node, open);
            if open.len() > MOST {
                open = merged(open);
                self.too_many |= open.len() > WAYS;
                open.truncate(WAYS);
            }
        }
        open
    }

    fn node(&mut self, node: &FlowNode, mut open: Vec<Route>) -> Vec<Route> {
        match node {
            FlowNode::Check(check) => {
                open.retain(|route| route.knows(&check.holds) != Some(false));
                open.iter_mut().for_each(|route| route.learn(&check.holds, true));
            }
            FlowNode::Step(step) if (self.counts)(*step) => {
                open.iter_mut().for_each(|route| route.steps.push(*step));
            }
            // What is refused is undone whole.
            FlowNode::Refuse { .. } => open.clear(),
            FlowNode::Together(inner, _) => return self.block(inner, open),
            FlowNode::Choose { cases, other, .. }
                if cases.iter().any(|(_, inner)| self.matters(inner)) || self.matters(other) =>
            {
                return self.choose(cases, other, open);
            }
            FlowNode::Each(of) => {
                let flow = self.flow;
                if let Some(each) = flow.loops.get(usize::from(*of)) {
                    let mut begun = open.clone();
                    begun.iter_mut().for_each(|route| route.steps.clear());
                    let rows = self.block(&each.body, begun);
                    self.found.extend(rows);
                }
            }
            _ => {}
        }
        open
    }

    fn choose(
        &mut self,
        cases: &[(Expr, Vec<FlowNode>)],
        other: &[FlowNode],
        mut open: Vec<Route>,
    ) -> Vec<Route> {
        let mut through = Vec::new();
        for (holds, inner) in cases {
            let (mut taken, mut passed) = (Vec::new(), Vec::new());
            for route in open {
                let known = route.knows(holds);
                if known != Some(false) {
                    let mut route = route.clone();
                    route.learn(holds, true);
                    taken.push(route);
                }
                if known != Some(true) {
                    let mut route = route;
                    route.learn(holds, false);
                    passed.push(route);
                }
            }
            through.extend(self.block(inner, taken));
            open = passed;
        }
        through.extend(self.block(other, open));
        through
    }

    /// Whether a branch makes a difference to what is moved.
    fn matters(&self, nodes: &[FlowNode]) -> bool {
        nodes.iter().any(|node| match node {
            FlowNode::Step(step) => (self.counts)(*step),
            FlowNode::Check(_) | FlowNode::Refuse { .. } | FlowNode::Park { .. } | FlowNode::Each(_) => true,
            FlowNode::Together(inner, _) => self.matters(inner),
            FlowNode::Choose { cases, other, .. } => {
                self.matters(other) || cases.iter().any(|(_, inner)| self.matters(inner))
            }
            _ => false,
        })
    }
}

/// Routes over the same steps as one, of which only that is known which is known of each.
fn merged(routes: Vec<Route>) -> Vec<Route> {
    let mut kept: Vec<Route> = Vec::new();
    for route in routes {
        match kept.iter_mut().find(|known| known.steps == route.steps) {
            Some(known) => {
                known.facts.retain(|fact| route.facts.contains(fact));
                known.ties.retain(|tie| route.ties.contains(tie));
                known.open.retain(|one| route.open.contains(one));
            }
            None => kept.push(route),
        }
    }
    kept
}

impl Route {
    /// A condition that holds here, or does not, and what follows from it.
    fn learn(&mut self, expr: &Expr, holds: bool) {
        self.take(expr, holds);
        let mut before = usize::MAX;
        while before != self.open.len() {
            before = self.open.len();
            for (either, holds) in std::mem::take(&mut self.open) {
                self.take(&either, holds);
            }
        }
    }

    fn take(&mut self, expr: &Expr, holds: bool) {
        match (&expr.kind, holds) {
            (ExprKind::Not(inner), _) => self.take(inner, !holds),
            (ExprKind::And(left, right), true) | (ExprKind::Or(left, right), false) => {
                self.take(left, holds);
                self.take(right, holds);
            }
            (ExprKind::And(left, right), false) | (ExprKind::Or(left, right), true) => {
                match (self.knows(left), self.knows(right)) {
                    (Some(known), _) if known != holds => self.take(right, holds),
                    (_, Some(known)) if known != holds => self.take(left, holds),
                    (None, None) => self.open.push((expr.clone(), holds)),
                    _ => {}
                }
            }
            // What the clock says here it may not say further down.
            _ if looks_at_clock(expr) => {}
            _ => {
                if let (ExprKind::Is(left, right), true) = (&expr.kind, holds)
                    && matches!(left.ty, Type::Money { .. } | Type::Decimal { .. })
                {
                    self.ties.push((Expr::clone(left), Expr::clone(right)));
                }
                let fact = match bare(expr) {
                    Expr { kind: ExprKind::Not(inner), .. } => (*inner, !holds),
                    plain => (plain, holds),
                };
                // An amount that is not above 0.00 is nothing.
                if let (ExprKind::Less(zero, amount), false) = (&fact.0.kind, fact.1)
                    && matches!(zero.as_constant(), Some(Constant::Decimal(zero)) if zero.is_zero())
                {
                    self.ties.push((Expr::clone(amount), Expr::clone(zero)));
                }
                if !self.facts.contains(&fact) {
                    self.facts.push(fact);
                }
            }
        }
    }

    /// Whether a condition holds here; nothing where that is open.
    fn knows(&self, expr: &Expr) -> Option<bool> {
        match &expr.kind {
            ExprKind::Constant(Constant::Flag(holds)) => Some(*holds),
            ExprKind::Not(inner) => self.knows(inner).map(|holds| !holds),
            ExprKind::And(left, right) => match (self.knows(left), self.knows(right)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            ExprKind::Or(left, right) => match (self.knows(left), self.knows(right)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            _ => match bare(expr) {
                Expr { kind: ExprKind::Not(inner), .. } => self.fact(&inner).map(|holds| !holds),
                plain => self.fact(&plain),
            },
        }
    }

    fn fact(&self, plain: &Expr) -> Option<bool> {
        if let Some((_, holds)) = self.facts.iter().find(|(fact, _)| fact == plain) {
            return Some(*holds);
        }
        // What is this is nothing else.
        let another =
            self.facts.iter().filter(|(_, holds)| *holds).any(|(fact, _)| match (&fact.kind, &plain.kind) {
                (ExprKind::Is(one, known), ExprKind::Is(two, asked)) => {
                    one == two
                        && known != asked
                        && known.as_constant().is_some()
                        && asked.as_constant().is_some()
                }
                (ExprKind::IsOutcome(one, known), ExprKind::IsOutcome(two, asked)) => {
                    one == two && known != asked
                }
                _ => false,
            });
        another.then_some(false)
    }

    /// Whether a step was refused on this route: nothing of it holds.
    pub(super) fn refused(&self, step: u16) -> bool {
        self.facts.iter().any(|(fact, holds)| {
            let ExprKind::IsOutcome(of, outcome) = &fact.kind else { return false };
            let ExprKind::Load(load) = &of.kind else { return false };
            load.space == Space::StepOutcome
                && load.call == step
                && match outcome {
                    Outcome::Refused(_) => *holds,
                    Outcome::Done(_) => !*holds,
                    Outcome::Unknown => false,
                }
        })
    }
}
