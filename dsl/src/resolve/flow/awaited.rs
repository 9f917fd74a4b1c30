//! `await NAME WHAT where … up to DUR else …`: the flow waits for what a party begins.
//!
//! In: the statement. Out: a step that asks nobody; its answer is what was asked of us. The journal finds it by equal
//! values of that ask, so nothing else is taken, and one that came before the flow waits is found as well.

use super::super::path::Scope;
use super::Maker;
use crate::model::{Awaited, FlowStep, StepTarget, Undo};
use crate::source::Span;
use crate::tree;
use crate::value::ShapeId;

impl Maker<'_, '_, '_> {
    /// The step that stands for what comes.
    pub(super) fn awaited(
        &mut self,
        (name, what): (&tree::Name, &tree::Path),
        condition: &tree::Expr,
        scope: &mut Scope,
        span: Span,
    ) -> Option<u16> {
        let (target, shape) = self.served(what)?;
        let awaits = self.found_by(condition, shape, scope);
        let place = u16::try_from(self.steps.len()).unwrap_or(u16::MAX);
        let step = FlowStep {
            name: name.text.clone(),
            target: StepTarget::Awaited(target),
            at: None,
            mappings: Vec::new(),
            undo: Undo::None,
            correct: None,
            best_effort: false,
            park: None,
            again: None,
            goes_on: None,
            cancels: None,
            awaits,
            ask: None,
            answer: Some(shape),
            span,
        };
        self.push(step, scope);
        Some(place)
    }

    /// What is served under a name: a service, or a message of this party with an ask of its own.
    fn served(&mut self, what: &tree::Path) -> Option<(Awaited, ShapeId)> {
        let wanted = what.text();
        if let Some(place) = self.resolver.service_index.get(&*wanted).copied() {
            let service = self.resolver.services.get(usize::from(place))?;
            return Some((Awaited::Service(place), service.ask));
        }
        let serves = || self.module.calls.iter().filter(|call| !call.ours);
        let place = self.module.calls.iter().position(|call| !call.ours && *call.name == *wanted);
        if let Some((place, call)) = place.and_then(|place| Some((place, self.module.calls.get(place)?)))
            && let Some(shape) = call.ask
        {
            let id = crate::model::CallId(u16::try_from(place).unwrap_or(u16::MAX));
            return Some((call.service.map_or(Awaited::Call(id), Awaited::Service), shape));
        }
        let known: Vec<String> = serves()
            .filter(|call| call.ask.is_some())
            .map(|call| call.name.to_string())
            .chain(self.resolver.services.iter().map(|service| service.path.to_string()))
            .collect();
        self.resolver
            .report
            .error("TS0741", what.span, format!("nobody asks us for `{wanted}`"))
            .note("what is awaited is begun by somebody else: a service that is asked for, or a `serve` with an `ask` by which it is found")
            .suggest(&wanted, known.iter().map(String::as_str));
        None
    }
}
