//! What a walk stands on: the flow, the rules in force, what is left out since it can make no difference.
//!
//! In: a program and a [`How`]. Out: what every move asks again and again, worked out once. It must not know worlds.

use super::super::program::{
    CallContract, CallId, CallKind, FlowProgram, GuardId, Node, StepDef, StepId, Undo,
};
use super::super::rules::Rules;
use super::alike::call_shape;
use std::collections::HashMap;

/// States at most; a flow that needs more is refused.
pub const MOST_STATES: usize = 200_000;

/// Crashes on one path; a second one shows nothing more over the whole corpus, and has five times as many states.
pub const CRASHES: u8 = 1;

/// How a flow is walked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct How {
    /// The rules in force.
    pub rules: Rules,
    /// What is left out.
    pub reduced: Reduced,
    /// States at most.
    pub most: usize,
    /// Crashes at most on one path.
    pub crashes: u8,
    /// Nothing crashes, and every request can be made: for a plain story, where there is one.
    pub calm: bool,
}

impl Default for How {
    fn default() -> Self {
        Self { rules: Rules::KEPT, reduced: Reduced::ALL, most: MOST_STATES, crashes: CRASHES, calm: false }
    }
}

/// What a walk leaves out. Each is compared with the walk that leaves nothing out, over the whole corpus of flows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reduced {
    /// Each call alone with its messages, then the flow with outcomes in the place of messages.
    pub contracts: bool,
    /// What can no longer matter is forgotten: of an operation that is settled, of a flow that takes back, of conditions
    /// that nothing asks any more; numbers of questions and pauses, and the words of a refusal, are the same ones.
    pub forgotten: bool,
    /// What runs side by side ends in the order of the text, and of equal steps one behind the other it does not matter
    /// which is which, once the flow is past them.
    pub order: bool,
    /// That the asker waits no longer, once the ask is written: less is told then.
    pub asker: bool,
    /// Second asks as moves: each world is looked at for what one would do there, and is the same after it.
    pub second: bool,
}

impl Reduced {
    /// Everything that can be.
    pub const ALL: Self = Self { contracts: true, forgotten: true, order: true, asker: true, second: true };
    /// Nothing is left out.
    pub const NOTHING: Self =
        Self { contracts: false, forgotten: false, order: false, asker: false, second: false };
}

pub(super) struct Ground<'a> {
    pub(super) rules: Rules,
    pub(super) reduced: Reduced,
    pub(super) most: usize,
    pub(super) crashes: u8,
    pub(super) calm: bool,
    pub(super) program: &'a FlowProgram,
    /// Steps of which outcomes are walked, not messages.
    atomic: Vec<bool>,
    queries: Vec<bool>,
    /// The last node that asks a guard.
    asked_last: HashMap<GuardId, u16>,
    /// The last node that counts against a limit.
    limited_last: Option<u16>,
    /// Steps that nothing tells apart once they are begun, or passed.
    pub(super) equal: Vec<Vec<Alike>>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(how: &How, program: &'a FlowProgram, atomic: Vec<bool>) -> Self {
        let equal = if how.reduced.order { equal_runs(program, &atomic) } else { Vec::new() };
        Self {
            rules: how.rules,
            reduced: how.reduced,
            most: how.most,
            crashes: how.crashes,
            calm: how.calm,
            program,
            atomic,
            queries: program.steps.iter().map(|step| is_query(program, step)).collect(),
            asked_last: asked_last(program),
            limited_last: program
                .nodes
                .iter()
                .rposition(|node| matches!(node, Node::Limit { .. }))
                .and_then(|at| u16::try_from(at).ok()),
            equal,
        }
    }

    pub(super) fn is_atomic(&self, step: StepId) -> bool {
        self.atomic.get(usize::from(step.0)).copied().unwrap_or_default()
    }

    /// Whether nothing but queries may be asked by it.
    pub(super) fn is_query(&self, step: StepId) -> bool {
        self.queries.get(usize::from(step.0)).copied().unwrap_or_default()
    }

    /// Whether a node from this one on counts against a limit.
    pub(super) fn is_limited(&self, from: u16) -> bool {
        self.limited_last.is_some_and(|last| last >= from)
    }

    /// Whether a node from this one on asks the guard.
    pub(super) fn is_asked(&self, guard: GuardId, from: u16) -> bool {
        self.asked_last.get(&guard).is_some_and(|last| *last >= from)
    }
}

fn is_query(program: &FlowProgram, step: &StepDef) -> bool {
    let query = |id: &CallId| program.call(*id).is_some_and(|call| call.kind == CallKind::Query);
    step.calls.iter().all(query)
}

fn asked_last(program: &FlowProgram) -> HashMap<GuardId, u16> {
    let mut last = HashMap::new();
    for (node, at) in program.nodes.iter().zip(0_u16..) {
        match node {
            Node::Check { guard, .. } | Node::Branch { guard, .. } | Node::Await { guard, .. } => {
                last.insert(*guard, at);
            }
            Node::Together(members) => {
                last.extend(members.iter().filter_map(|(guard, _)| Some(((*guard)?, at))));
            }
            _ => {}
        }
    }
    last
}

/// A step that stands beside others like it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Alike {
    /// Its place among the steps.
    pub(super) place: usize,
    /// The node that begins it.
    pub(super) node: u16,
    /// It begins with its node, whatever holds.
    pub(super) always: bool,
}

/// Which node begins each step.
fn begun(program: &FlowProgram) -> HashMap<StepId, (u16, bool)> {
    let mut begun = HashMap::new();
    for (node, at) in program.nodes.iter().zip(0_u16..) {
        match node {
            Node::Step(step) => {
                begun.insert(*step, (at, true));
            }
            Node::Together(members) => {
                begun.extend(members.iter().map(|(guard, step)| (*step, (at, guard.is_none()))));
            }
            _ => {}
        }
    }
    begun
}

/// Steps one behind the other that are alike in all that a path depends on, and that nothing names. With another step
/// between them it would make a difference which is which: what holds is taken back newest first.
fn equal_runs(program: &FlowProgram, atomic: &[bool]) -> Vec<Vec<Alike>> {
    let named = |step: StepId| {
        let passed =
            program.nodes.iter().any(|node| matches!(node, Node::Passed { step: of, .. } if *of == step));
        passed || program.cancel_refused_after == Some(step)
    };
    let shape = |step: StepId| {
        let found = program.step(step)?;
        let calls: Vec<CallContract> =
            found.calls.iter().filter_map(|id| program.call(*id)).map(call_shape).collect();
        let plain = found.calls.len() == 1
            && !is_query(program, found)
            && !found.best_effort
            && found.undo_of.is_none()
            && !matches!(found.undo, Undo::By(_))
            && found.correct.is_empty();
        let here = atomic.get(usize::from(step.0)).copied().unwrap_or_default();
        (plain && here && !named(step))
            .then(|| (calls, found.undo.clone(), found.park.is_some(), found.goes_on.clone()))
    };
    let begun = begun(program);
    let mut runs: Vec<Vec<Alike>> = Vec::new();
    let mut last = None;
    for step in program.step_ids() {
        let here = shape(step).zip(begun.get(&step).copied());
        let Some((shape, (node, always))) = here else {
            last = None;
            continue;
        };
        if last.as_ref() != Some(&shape) {
            runs.push(Vec::new());
        }
        if let Some(run) = runs.last_mut() {
            run.push(Alike { place: usize::from(step.0), node, always });
        }
        last = Some(shape);
    }
    runs.retain(|run| run.len() > 1);
    runs
}
