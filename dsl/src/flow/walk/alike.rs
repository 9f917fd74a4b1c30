//! What a walk can tell apart. Two flows of one shape have the same paths, so one of them stands for both; two calls
//! of one shape that a step may go to are one call.
//!
//! In: flows and calls as they were compiled. Out: the same without names, times and numbers that no path depends on.

use super::super::program::{
    CallContract, ExprId, FlowProgram, GuardId, HoldId, LimitId, ListId, MappingId, Node, Otherwise, StartId,
    Way,
};
use crate::value::Pauses;
use std::collections::HashMap;

/// A time that stands for every time: the walk knows whether there is a limit, not how long it is.
const SOME_MS: u64 = 1_000;

/// Pauses that stand for all pauses.
const SOME_PAUSES: Pauses = Pauses::Doubling { every_ms: SOME_MS, to_ms: SOME_MS };

/// A flow by its shape: names are empty, times are one time, numbers are in the order in which they come.
#[must_use]
pub fn shape(program: &FlowProgram) -> FlowProgram {
    let mut shape = program.clone();
    Numbers::default().flow(&mut shape);
    shape
}

/// A call by its shape: without names, with one time for all.
pub(super) fn call_shape(call: &CallContract) -> CallContract {
    let mut shape = call.clone();
    (shape.name, shape.party) = Default::default();
    shape.quiet_ms = shape.quiet_ms.map(|_| SOME_MS);
    for way in &mut shape.ways {
        match way {
            Way::Enquire { with, pauses, .. } => {
                *with = Box::default();
                *pauses = SOME_PAUSES;
            }
            Way::Repeat { pauses, .. } => *pauses = SOME_PAUSES,
            Way::Reverse | Way::Park | Way::Refuse(_) => {}
        }
    }
    if let Some(back) = &mut shape.back {
        back.name = Box::default();
        back.quiet_ms = back.quiet_ms.map(|_| SOME_MS);
        back.pauses = SOME_PAUSES;
    }
    shape
}

/// Each step goes to one call of each shape.
pub(super) fn one_of_each_shape(program: &mut FlowProgram) {
    let shapes: Vec<CallContract> = program.calls.iter().map(call_shape).collect();
    for step in &mut program.steps {
        let mut seen = Vec::new();
        step.calls.retain(|id| {
            let shape = shapes.get(usize::from(id.0));
            let new = !seen.contains(&shape);
            seen.push(shape);
            new
        });
    }
}

/// New numbers for old ones, in the order in which they come.
#[derive(Default)]
struct Numbers {
    guards: HashMap<u32, u32>,
    limits: HashMap<u32, u32>,
    holds: HashMap<u32, u32>,
}

fn renamed(known: &mut HashMap<u32, u32>, number: &mut u32) {
    let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
    *number = *known.entry(*number).or_insert(next);
}

impl Numbers {
    fn flow(&mut self, program: &mut FlowProgram) {
        program.name = Box::default();
        program.places.fill(Box::default());
        program.nodes.iter_mut().for_each(|node| self.node(node));
        program.clocked.iter_mut().for_each(|GuardId(number)| renamed(&mut self.guards, number));
        program.clocked.sort_unstable();
        program.clocked.dedup();
        for step in &mut program.steps {
            step.name = Box::default();
            step.at = step.at.map(|_| ExprId(0));
            step.mapping = MappingId(0);
            step.park = step.park.map(|_| ExprId(0));
        }
        for call in &mut program.calls {
            *call = call_shape(call);
        }
        for of in &mut program.loops {
            of.name = Box::default();
            of.list = ListId(0);
            of.key.fill(ExprId(0));
            self.flow(&mut of.body);
        }
    }

    fn node(&mut self, node: &mut Node) {
        match node {
            Node::Limit { limit: LimitId(number), .. } => renamed(&mut self.limits, number),
            Node::Check { guard: GuardId(number), otherwise } => {
                renamed(&mut self.guards, number);
                forget(otherwise);
            }
            Node::Deadline { at, warn, otherwise } => {
                *at = ExprId(0);
                *warn = warn.map(|_| ExprId(0));
                forget(otherwise);
            }
            Node::Hold { hold: HoldId(number), .. } => renamed(&mut self.holds, number),
            Node::Park { why } => *why = ExprId(0),
            Node::Together(members) => {
                for GuardId(number) in members.iter_mut().filter_map(|(guard, _)| guard.as_mut()) {
                    renamed(&mut self.guards, number);
                }
            }
            Node::Until { until } => *until = ExprId(0),
            Node::Branch { guard: GuardId(number), .. } => renamed(&mut self.guards, number),
            Node::Start { start, .. } => *start = StartId(0),
            Node::Await { guard: GuardId(number), up_to_ms, otherwise } => {
                renamed(&mut self.guards, number);
                *up_to_ms = SOME_MS;
                forget(otherwise);
            }
            Node::Answer(mapping) => *mapping = MappingId(0),
            Node::Refuse(_) | Node::Step(_) | Node::Each(_) | Node::Rows(_) => {}
            Node::Passed { .. } | Node::Jump(_) => {}
        }
    }
}

fn forget(otherwise: &mut Otherwise) {
    if let Otherwise::Park(why) = otherwise {
        *why = ExprId(0);
    }
}
