//! Flows of a model alone, without the messages around them, that are not the same in another model.
//!
//! In: a model, and one beside it that shares modules and flows with it. Out: the interpreter's programs. What a program says
//! hangs on the flow, on the contracts of the calls that it may ask, and on what other flows await or cancel; where a flow is
//! shared its contracts are the same (`resolve::Resolution`), so that the last is looked at here.

use super::super::Lowering;
use super::tables;
use crate::flow::FlowProgram;
use crate::model::{Awaited, Flow, Model, Module, Start, StepTarget};
use crate::source::Span;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// A flow of a model, by itself.
#[derive(Clone, Debug)]
pub struct Alone<'m> {
    /// Its module.
    pub module: &'m Module,
    /// The flow.
    pub flow: &'m Flow,
    /// What the interpreter runs.
    pub program: FlowProgram,
}

/// The flows of a model that are not those of the one `beside` it.
#[must_use]
pub fn flows<'m>(model: &'m Model, beside: &Beside<'_>, line_of: &dyn Fn(Span) -> u32) -> Vec<Alone<'m>> {
    let here = Relied::of(model);
    let mut made = Vec::new();
    for (place, module) in model.modules.iter().enumerate() {
        let known = beside.flows.get(place);
        let same = |flow: &Arc<Flow>| {
            known.is_some_and(|known| known.contains(&address(flow)))
                && beside.relied.on(place, flow) == here.on(place, flow)
        };
        let mut lowering = None;
        for flow in module.flows.iter().filter(|flow| !same(flow)) {
            let lowering = lowering.get_or_insert_with(|| Lowering::new(model, module, line_of));
            made.push(Alone { module, flow, program: tables(lowering, flow).program });
        }
    }
    made
}

/// A model whose flows are known.
pub struct Beside<'m> {
    /// By module: the addresses, each of one flow as long as the model lives; compared, never followed.
    flows: Vec<HashSet<usize>>,
    relied: Relied<'m>,
}

impl<'m> Beside<'m> {
    /// All flows of this model.
    #[must_use]
    pub fn of(model: &'m Model) -> Self {
        let of = |module: &Arc<Module>| module.flows.iter().map(address).collect();
        Self { flows: model.modules.iter().map(of).collect(), relied: Relied::of(model) }
    }
}

fn address(flow: &Arc<Flow>) -> usize {
    Arc::as_ptr(flow).addr()
}

/// What flows await and cancel.
struct Relied<'m> {
    services: BTreeSet<u16>,
    /// By module: calls that are awaited, and flows that are cancelled.
    own: Vec<(BTreeSet<u16>, BTreeSet<&'m str>)>,
}

impl<'m> Relied<'m> {
    fn of(model: &'m Model) -> Self {
        let mut services = BTreeSet::new();
        let mut own = Vec::with_capacity(model.modules.len());
        for module in &model.modules {
            let (mut calls, mut cancelled) = (BTreeSet::new(), BTreeSet::new());
            for step in module.flows.iter().flat_map(|flow| &flow.steps) {
                match step.target {
                    StepTarget::Awaited(Awaited::Service(service)) => drop(services.insert(service)),
                    StepTarget::Awaited(Awaited::Call(call)) => drop(calls.insert(call.0)),
                    _ => {}
                }
                cancelled.extend(step.cancels.iter().map(|rule| &*rule.flow));
            }
            own.push((calls, cancelled));
        }
        Self { services, own }
    }

    /// Whether a flow of a module is awaited, and whether it is cancelled.
    fn on(&self, module: usize, flow: &Flow) -> (bool, bool) {
        let Some((calls, cancelled)) = self.own.get(module) else { return (false, false) };
        let awaited = match &flow.start {
            Start::Service(service) => self.services.contains(service),
            Start::Served(call) => calls.contains(&call.0),
            Start::Compared(_) | Start::Refused(_) | Start::Daily(_) | Start::Every(_) => false,
        };
        (awaited, cancelled.contains(&*flow.name))
    }
}
