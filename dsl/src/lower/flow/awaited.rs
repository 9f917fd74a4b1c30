//! What a flow waits for: the table by which it is found, and which flows are waited for.

use super::Maker;
use crate::model::{Awaited, Expr, FlowStep, Start, StepTarget};
use crate::program::{AwaitForm, FlowStart, StepCall, StepTables};

impl Maker<'_, '_, '_> {
    /// Its place among the steps: the number under which expressions know what came.
    pub(super) fn awaited(&mut self, index: u16) -> Option<u16> {
        let step: &FlowStep = self.flow.steps.get(usize::from(index))?;
        let StepTarget::Awaited(what) = step.target else { return None };
        let target = StepCall::Awaited(self.await_form(what, &step.awaits));
        self.out.steps.push(StepTables {
            name: format!("{}{}", self.prefix, step.name).into(),
            target,
            at: None,
            filling: u32::MAX,
            ask_shape: None,
            answer_shape: step.answer,
            undo: None,
            correct: None,
        });
        u16::try_from(self.out.steps.len() - 1).ok()
    }

    pub(super) fn await_form(&mut self, what: Awaited, by: &[(u16, Expr)]) -> AwaitForm {
        let of = match what {
            Awaited::Service(service) => FlowStart::Service(super::service_path(self.lowering, service)),
            Awaited::Call(call) => FlowStart::Served(call),
        };
        AwaitForm {
            of,
            by: by.iter().map(|(slot, value)| (*slot, self.lowering.expression(value))).collect(),
        }
    }

    /// Whether some flow waits for what begins this one: then it is kept, so that it can be found.
    pub(super) fn awaited_by_another(&self) -> bool {
        let targets = |step: &FlowStep| step.target;
        match self.flow.start {
            Start::Service(service) => {
                let modules = self.lowering.model.modules.iter();
                let mut steps = modules.flat_map(|module| &module.flows).flat_map(|flow| &flow.steps);
                steps.any(|step| targets(step) == StepTarget::Awaited(Awaited::Service(service)))
            }
            Start::Served(call) => {
                let mut steps = self.lowering.module.flows.iter().flat_map(|flow| &flow.steps);
                steps.any(|step| targets(step) == StepTarget::Awaited(Awaited::Call(call)))
            }
            Start::Compared(_) | Start::Refused(_) | Start::Daily(_) | Start::Every(_) => false,
        }
    }
}
