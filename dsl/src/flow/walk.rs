//! The walk: every path of a flow against a small model of its parties, so that a flow that can lose money does not
//! compile (`flows.md` 8, 9).
//!
//! In: a [`FlowProgram`]. Out: [`Walked`], or the shortest [`Story`] of what goes wrong. It drives the same
//! interpreter as the engine and must not know values: guards go both ways, amounts are held or not.
//!
//! Bounds: one crash at any effect, one repeat, a reversal and one copy more, one question and one after the quiet
//! time, one cancellation, one write refused for a limit, one request that cannot be made. More retries take the same
//! transitions, so one stands for n. Reductions: effects run before the world moves (a crash may fall between any
//! two); what can no longer matter to a settled operation is dropped; numbers of questions and pauses are renamed.
//! Up to [`FULL`] postings in a row are walked message by message. Beyond, **contracts**: each call alone with all its
//! messages, before a step that may be refused, then the flow with each operation as one of done, refused, parked
//! holding or parked not holding. Of the calls that a step may go to one of each shape is walked. States are told
//! apart by a 64-bit hash.

mod alike;
mod lint;
mod moves;
mod party;
mod story;
mod world;

pub use alike::shape;
pub use story::{Property, Story};

use super::program::{CallId, CallKind, FlowProgram, MappingId, Node, StepDef, StepId, Undo, Way};
use super::rules::Rules;
use foldhash::fast::FixedState;
use moves::{Move, apply, moves};
use std::collections::{HashSet, VecDeque};
use world::{Chooser, World};

/// Postings that are walked message by message.
pub const FULL: usize = 2;
/// States at most; a flow that needs more is walked by contracts, and refused if that is not enough.
pub const MOST_STATES: usize = 200_000;

/// What a walk saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Walked {
    /// States seen, all parts together.
    pub states: usize,
    /// It was walked by contracts.
    pub contracts: bool,
}

/// Walks a flow and the rows of its loops.
///
/// # Errors
/// The shortest story of money that is lost, of a false answer, or of a flow that hangs.
pub fn check(program: &FlowProgram) -> Result<Walked, Box<Story>> {
    check_by(Rules::KEPT, program)
}

pub(crate) fn check_by(rules: Rules, program: &FlowProgram) -> Result<Walked, Box<Story>> {
    lint::lint(program)?;
    let mut walked = Walked::default();
    for of in &program.loops {
        let rows = check_by(rules, &of.body)?;
        walked.states += rows.states;
        walked.contracts |= rows.contracts;
    }
    let clamped = clamp(program);
    let grouped = program.nodes.iter().any(|node| matches!(node, Node::Together(_)));
    if postings(program) <= FULL && !grouped {
        let whole = vec![false; program.steps.len()];
        match explore(rules, &clamped, &whole, None) {
            Ok(states) => return Ok(Walked { states: walked.states + states, ..walked }),
            Err(story) if story.property == Property::TooLarge => {}
            Err(story) => return Err(story),
        }
    }
    walked.contracts = true;
    walked.states += contracts(rules, &clamped)?;
    Ok(walked)
}

fn is_posting(program: &FlowProgram, step: &StepDef) -> bool {
    let posts = |id: &CallId| program.call(*id).is_some_and(|call| call.kind != CallKind::Query);
    !step.best_effort && step.calls.iter().any(posts)
}

fn postings(program: &FlowProgram) -> usize {
    program.steps.iter().filter(|step| is_posting(program, step)).count()
}

/// One retry stands for n, one call for all of its shape.
fn clamp(program: &FlowProgram) -> FlowProgram {
    let mut program = program.clone();
    for call in &mut program.calls {
        for way in &mut call.ways {
            match way {
                Way::Enquire { times, .. } => *times = (*times).min(1),
                Way::Repeat { times, .. } => *times = Some(times.unwrap_or(1).min(1)),
                Way::Reverse | Way::Park | Way::Refuse(_) => {}
            }
        }
        if let Some(back) = &mut call.back {
            back.times = back.times.min(1);
        }
    }
    alike::one_of_each_shape(&mut program);
    program
}

/// Each call alone, then the flow with outcomes in the place of messages.
fn contracts(rules: Rules, program: &FlowProgram) -> Result<usize, Box<Story>> {
    let mut states = 0;
    let mut seen = Vec::new();
    for step in program.steps.iter().filter(|step| is_posting(program, step)) {
        for id in &step.calls {
            let undo = if step.undo == Undo::Provider { Undo::Provider } else { Undo::Nothing };
            let known = (program.call(*id).map(alike::call_shape), undo.clone());
            if seen.contains(&known) {
                continue;
            }
            seen.push(known);
            let (alone, atomic) = alone(program, *id, step, undo);
            states += explore(rules, &alone, &atomic, None)?;
        }
    }
    let mut outcomes = program.clone();
    for call in &mut outcomes.calls {
        call.ways = vec![Way::Park];
        if let Some(back) = &mut call.back {
            back.times = 0;
        }
    }
    let atomic = vec![true; program.steps.len()];
    Ok(states + explore(rules, &outcomes, &atomic, None)?)
}

/// The call in a flow of its own; behind one that can be undone, a step that may be refused.
fn alone(program: &FlowProgram, call: CallId, step: &StepDef, undo: Undo) -> (FlowProgram, Vec<bool>) {
    let mut flow =
        FlowProgram { name: program.name.clone(), calls: program.calls.clone(), ..FlowProgram::default() };
    let undone = undo == Undo::Provider && program.call(call).is_some_and(|call| call.back.is_some());
    let one = StepDef { calls: vec![call], undo, undo_of: None, at: None, park: None, ..step.clone() };
    flow.steps.push(one);
    flow.push(&step.name, Node::Step(StepId(0)));
    let mut atomic = vec![false];
    if undone {
        let mut other = program.call(call).cloned();
        if let Some(other) = &mut other {
            other.assured = false;
            other.name = "a later step".into();
            other.party = "a later party".into();
            other.ways = vec![Way::Park];
            other.back = None;
        }
        let id = CallId(u16::try_from(flow.calls.len()).unwrap_or(u16::MAX));
        flow.calls.extend(other);
        flow.steps.push(StepDef {
            name: "a later step".into(),
            calls: vec![id],
            at: None,
            mapping: MappingId(0),
            undo: Undo::Nothing,
            best_effort: false,
            park: None,
            goes_on: None,
            undo_of: None,
        });
        flow.push("a later step", Node::Step(StepId(1)));
        atomic.push(true);
    }
    (flow, atomic)
}

/// How a state was reached: from which, by which move, with which choices.
struct Came {
    from: u32,
    by: Move,
    tape: Vec<u8>,
}

/// Breadth first, so that the first story is the shortest. With `edges`, notes which state leads to which.
fn explore(
    rules: Rules,
    program: &FlowProgram,
    atomic: &[bool],
    mut edges: Option<&mut Vec<(u64, u64)>>,
) -> Result<usize, Box<Story>> {
    let mut seen = HashSet::with_hasher(FixedState::default());
    let mut came: Vec<Came> = Vec::new();
    let mut queue = VecDeque::new();
    let first = World::new(program, atomic);
    queue.push_back((first, u32::MAX));
    let mut possible = Vec::new();
    while let Some((world, at)) = queue.pop_front() {
        possible.clear();
        moves(program, &world, &mut possible);
        if possible.iter().all(Move::is_optional)
            && let Some(property) = story::stands_still(program, &world)
        {
            return Err(story::tell(rules, program, atomic, &came, at, property));
        }
        for by in &possible {
            let mut tape = Vec::new();
            loop {
                let mut chooser = Chooser::new(&tape);
                let next = apply(rules, program, &world, by, &mut chooser, None);
                let used = chooser.used;
                let fails = story::fails(program, &next);
                let hash = next.fingerprint();
                if let Some(edges) = &mut edges {
                    edges.push((world.fingerprint(), hash));
                }
                if fails.is_some() || seen.insert(hash) {
                    let id = u32::try_from(came.len()).unwrap_or(u32::MAX);
                    came.push(Came {
                        from: at,
                        by: by.clone(),
                        tape: used.iter().map(|(chosen, _)| *chosen).collect(),
                    });
                    if let Some(property) = fails {
                        return Err(story::tell(rules, program, atomic, &came, id, property));
                    }
                    if came.len() > MOST_STATES {
                        return Err(story::tell(rules, program, atomic, &came, at, Property::TooLarge));
                    }
                    queue.push_back((next, id));
                }
                match following(&used) {
                    Some(further) => tape = further,
                    None => break,
                }
            }
        }
    }
    Ok(came.len())
}

/// The next sequence of choices in order, or `None` behind the last.
fn following(used: &[(u8, u8)]) -> Option<Vec<u8>> {
    let last = used.iter().rposition(|(chosen, of)| chosen + 1 < *of)?;
    let mut tape: Vec<u8> = used.iter().take(last + 1).map(|(chosen, _)| *chosen).collect();
    if let Some(end) = tape.last_mut() {
        *end += 1;
    }
    Some(tape)
}

#[cfg(test)]
mod tests;
