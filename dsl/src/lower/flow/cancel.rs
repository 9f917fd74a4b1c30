//! The asker's cancellation: which flows may be taken back, and the step by which another flow does so.

use super::contract::taken_back;
use super::{ContractId, Maker, number};
use crate::flow::{CallContract, CallKind, FlowProgram, Repeats, Way};
use crate::model::{CancelRule, Start};
use crate::program::CancelForm;
use crate::value::{Pauses, Symbol};

/// How often the end of a cancellation is asked for that is still under way.
const AGAIN: Way =
    Way::Repeat { pauses: Pauses::Doubling { every_ms: 1_000, to_ms: 60_000 }, times: Some(120) };

impl Maker<'_, '_, '_> {
    /// The asker may take it back: its protocol has a reversal of what this flow serves, or a flow cancels it.
    pub(super) fn cancellable(&self) -> bool {
        self.reversed_by_asker() || self.cancelled_by_flow()
    }

    fn reversed_by_asker(&self) -> bool {
        let Start::Service(service) = self.flow.start else { return false };
        self.lowering.model.modules.iter().any(|module| taken_back(module).any(|undone| undone == service))
    }

    fn cancelled_by_flow(&self) -> bool {
        let mut steps = self.lowering.module.flows.iter().flat_map(|flow| &flow.steps);
        steps.any(|step| step.cancels.as_ref().is_some_and(|rule| rule.flow == self.flow.name))
    }

    /// The cancellation as a call: what it takes back stays taken back, and asking again gives the same answer.
    pub(super) fn cancelled(&self, program: &mut FlowProgram, rule: &CancelRule) -> Option<ContractId> {
        program.calls.push(CallContract {
            name: format!("flow {}", self.path_of(rule)).into(),
            party: self.lowering.module.name.clone(),
            kind: CallKind::Posting,
            keyed: true,
            limited: true,
            repeats: Repeats::SameAnswer,
            quiet_ms: None,
            assured: false,
            new_serial: false,
            ways: vec![AGAIN, Way::Park],
            back: None,
        });
        u16::try_from(number(program.calls.len() - 1)).ok().map(ContractId)
    }

    pub(super) fn cancel_form(&mut self, rule: &CancelRule) -> CancelForm {
        let flow = self.path_of(rule).into();
        let by = rule.by.iter().map(|(slot, value)| (*slot, self.lowering.expression(value))).collect();
        CancelForm { flow, by, refuse: rule.refuse.unwrap_or(Symbol(u32::MAX)) }
    }

    fn path_of(&self, rule: &CancelRule) -> String {
        format!("{}.{}", self.lowering.module.name, rule.flow)
    }
}
