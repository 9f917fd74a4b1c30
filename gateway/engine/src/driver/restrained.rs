//! What a flow takes of what parties share: the lines that it cannot do without, what it has open with whom, and when its
//! questions go.
//!
//! In: its program and where it stands. Out: whether it may begin, told to and by [`crate::restraint`]. It must not decide what
//! becomes of a flow that has begun.

use super::Running;
use crate::engine::Engine;
use crate::exchange::Asking;
use crate::lines::LineName;
use crate::restraint::Held;
use crate::view::StepSeen;
use dsl::flow::{CallId, CallKind, FlowProgram, Node, OperationState, StepId};
use dsl::model::ServiceKind;
use std::sync::Arc;

impl Running {
    /// Lines that it cannot do without, as far as that can be told before it begins: those of steps that are surely come to, may
    /// be refused, and end the flow then.
    fn needs(&self) -> Vec<LineName> {
        let Some(program) = self.program() else { return Vec::new() };
        let (seen, mut needed, mut sure_from) = (self.steps(), Vec::new(), 0);
        for (at, node) in program.nodes.iter().enumerate() {
            let steps: Vec<StepId> = match node {
                Node::Branch { otherwise: to, .. } | Node::Passed { otherwise: to, .. } | Node::Jump(to) => {
                    sure_from = sure_from.max(usize::from(to.0));
                    continue;
                }
                _ if at < sure_from => continue,
                Node::Step(step) => vec![*step],
                Node::Together(members) => {
                    members.iter().filter(|(guard, _)| guard.is_none()).map(|(_, step)| *step).collect()
                }
                // Behind these it goes on later, when the line may answer again.
                Node::Until { .. } | Node::Hold { .. } | Node::Park { .. } | Node::Await { .. } => break,
                _ => continue,
            };
            needed.extend(steps.into_iter().filter_map(|step| self.needed(program, step, &seen)));
        }
        needed
    }

    fn needed(&self, program: &FlowProgram, step: StepId, seen: &[StepSeen]) -> Option<LineName> {
        let definition = program.step(step)?;
        let refusable = |call: &CallId| {
            program.call(*call).is_some_and(|call| !call.assured && call.kind != CallKind::Notice)
        };
        // What stops or goes on where this one is refused can do without it.
        let stays = definition.best_effort || definition.goes_on.is_some() || definition.park.is_some();
        if stays || !definition.calls.iter().all(refusable) {
            return None;
        }
        let call = self.route(step, seen)?;
        let link = usize::from(self.version.call(call)?.call.link);
        Some(self.version.line(call.module, link, None).into_owned())
    }

    /// Counts what is open with which party, after anything may have changed that.
    pub(super) fn count_open(&mut self) {
        let open = |step: &StepId| {
            use OperationState::{Intent, Reversing, Undoing, Unknown};
            let operation = self.state.durable.operation(*step);
            operation.is_some_and(|known| matches!(known.state, Intent | Unknown | Reversing | Undoing))
        };
        let Some(program) = self.program() else { return };
        let number = |place| u16::try_from(place).map(StepId).ok();
        let now = || {
            let awaited = |step: &StepId| program.step(*step).is_some_and(|step| !step.best_effort);
            (0..program.steps.len()).filter_map(number).filter(awaited).filter(open)
        };
        if now().eq(self.open.iter().map(|(step, _)| *step)) {
            return;
        }
        let party = |step: StepId| {
            let call = self.state.durable.operation(step).and_then(|operation| operation.call);
            let call = self.call_of(step, call);
            (
                step,
                call.map(|call| Arc::clone(&self.version.line(call.module, 0, None).party))
                    .unwrap_or_default(),
            )
        };
        let now: Vec<_> = now().map(party).collect();
        now.iter().for_each(|(_, party)| self.engine.restraint.begin(party));
        let before = std::mem::replace(&mut self.open, now);
        before.iter().for_each(|(_, party)| self.engine.restraint.end(party));
    }
}

impl Engine {
    /// Whether a new flow may begin.
    ///
    /// # Errors
    /// What it would wait for in vain.
    pub(super) fn held_back(&self, new: &Running) -> Result<(), Held> {
        let limits = &self.deployment.load().limits;
        if self.restraint.holds_any(limits) { self.restraint.admits(&new.needs(), limits) } else { Ok(()) }
    }

    pub(super) fn is_query(&self, asking: &Asking) -> bool {
        asking.version.call(asking.call).is_some_and(|call| call.kind == ServiceKind::Query)
    }

    /// Waits until an enquiry, or a query that is asked again, may go over its line.
    pub(super) async fn paced(&self, asking: &Asking) {
        let name = self.line_name(asking);
        if let Some(turn) = self.restraint.turn(&name, &self.deployment.load().limits) {
            self.core.world().clock.sleep_until(turn).await;
        }
    }
}
