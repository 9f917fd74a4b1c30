//! `cancel FLOW where …`: the asker takes back what another flow does for it (`flows.md` 4).
//!
//! In: the statement. Out: a step without a way back of its own. The journal finds a flow by equal values of its ask, so
//! nothing else is taken.

use super::super::expression::{condition, expression};
use super::super::learn::any;
use super::super::path::{RowNames, Scope};
use super::Maker;
use crate::model::{CancelRule, Expr, ExprKind, FlowNode, FlowStep, Load, Space, StepTarget, Undo};
use crate::source::Span;
use crate::tree::{self, Trigger};
use crate::value::{ShapeId, Type};

/// Bare names of the condition: fields of the other flow's ask, a row that no loop goes over.
const ASKED: Load = Load { space: Space::Row, level: 0, slot: 0, call: u16::MAX };

impl Maker<'_, '_, '_> {
    pub(super) fn cancel(
        &mut self,
        flow: &tree::Name,
        tree: &tree::Expr,
        otherwise: Option<&tree::Otherwise>,
        scope: &mut Scope,
        span: Span,
    ) -> Option<FlowNode> {
        let shape = self.asked_of(flow)?;
        let by = self.found_by(tree, shape, scope);
        let refuse = self.refusal(otherwise, span);
        let place = u16::try_from(self.steps.len()).unwrap_or(u16::MAX);
        let step = FlowStep {
            name: format!("cancel {}", flow.text).into(),
            target: StepTarget::Flow,
            at: None,
            mappings: Vec::new(),
            undo: Undo::None,
            correct: None,
            best_effort: false,
            park: None,
            again: None,
            goes_on: None,
            cancels: Some(CancelRule { flow: flow.text.clone(), by, refuse }),
            awaits: Vec::new(),
            ask: None,
            answer: None,
            span,
        };
        self.push(step, scope);
        Some(FlowNode::Step(place))
    }

    /// The values of an ask by which the journal finds it.
    pub(super) fn found_by(&mut self, tree: &tree::Expr, shape: ShapeId, scope: &Scope) -> Vec<(u16, Expr)> {
        let row = RowNames::Shape { shape, space: ASKED.space, level: ASKED.level, call: ASKED.call };
        let inner = Scope { row: Some(row), ..scope.clone() };
        let holds = expression(self.resolver, self.work, tree, &inner, Some(&Type::Flag));
        let holds = condition(self.resolver, holds);
        let mut by = Vec::new();
        self.asked_values(&holds, &mut by);
        by
    }

    /// What a flow of this module is asked.
    fn asked_of(&mut self, name: &tree::Name) -> Option<ShapeId> {
        let flows = &self.work.index.flows;
        let Some((_, tree)) = flows.iter().find(|(_, tree)| tree.name.text == name.text) else {
            self.resolver
                .report
                .error("TS0238", name.span, format!("there is no flow `{}` here", name.text))
                .suggest(&name.text, flows.iter().map(|(_, tree)| &*tree.name.text));
            return None;
        };
        let asked = match &tree.trigger {
            Trigger::On(path) => self.asked_by(&path.text()),
            Trigger::Refused(_) | Trigger::Daily(_) | Trigger::Every(_) => None,
        };
        if asked.is_none() {
            self.resolver
                .report
                .error("TS0632", name.span, format!("nobody asks for the flow `{}`", name.text))
                .note("only whoever asked for a flow takes it back")
                .help("name a flow `on` a service, or on a call that is served");
        }
        asked
    }

    fn asked_by(&self, wanted: &str) -> Option<ShapeId> {
        if let Some(place) = self.resolver.service_index.get(wanted) {
            return self.resolver.services.get(usize::from(*place)).map(|service| service.ask);
        }
        self.module.calls.iter().find(|call| *call.name == *wanted && !call.ours)?.ask
    }

    fn asked_values(&mut self, holds: &Expr, by: &mut Vec<(u16, Expr)>) {
        match &holds.kind {
            ExprKind::And(left, right) => {
                self.asked_values(left, by);
                self.asked_values(right, by);
            }
            ExprKind::Is(left, right) => match (asked_slot(left), asked_slot(right)) {
                (Some(slot), None) if !speaks_of_asked(right) => by.push((slot, (**right).clone())),
                (None, Some(slot)) if !speaks_of_asked(left) => by.push((slot, (**left).clone())),
                _ => self.not_found_so(holds.span),
            },
            _ if holds.ty == Type::Wrong => {}
            _ => self.not_found_so(holds.span),
        }
    }

    fn not_found_so(&mut self, span: Span) {
        self.resolver
            .report
            .error("TS0632", span, "a flow is found by what it was asked")
            .note("the journal finds by equal values of its ask")
            .help("write `FIELD is VALUE`, several joined by `and`; FIELD is one of the other flow's ask");
    }
}

fn asked_slot(value: &Expr) -> Option<u16> {
    let is_asked =
        |load: &Load| (load.space, load.call, load.level) == (ASKED.space, ASKED.call, ASKED.level);
    match &value.kind {
        ExprKind::Load(load) if is_asked(load) && !matches!(value.ty, Type::List { .. }) => Some(load.slot),
        _ => None,
    }
}

fn speaks_of_asked(value: &Expr) -> bool {
    any(value, &mut |load| load.space == ASKED.space && load.call == ASKED.call)
}
