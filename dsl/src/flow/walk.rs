//! The walk: every path of a flow against a small model of its parties, so that a flow that can lose money does not
//! compile (`flows.md` 8, 9).
//!
//! In: a [`FlowProgram`]. Out: [`Walked`], or the shortest [`Story`] of what goes wrong. It drives the same
//! interpreter as the engine and must not know values: guards go both ways, amounts are held or not.
//!
//! Bounds: [`CRASHES`] at any effect, one repeat, a reversal and one copy more, one question and one after the quiet
//! time, one cancellation, one write refused for a limit, one request that cannot be made, two corrections of a step. More retries take the same
//! transitions, so one stands for n. Effects run before the world moves; a crash may fall between any two. A node that is paused behind
//! a write and sends or tells later is one that stops behind the send: what it sent is under way until the quiet time is over, and what
//! is written counts as told. No state comes again ([`ends`]), so every path ends; a second ask is put to each ([`second`]).
//!
//! **Contracts**: each call is walked alone with all its messages, beside a step that may be refused at any moment; then
//! the flow with each operation as one of open, done, refused, parked. What else is left out stands at [`Reduced`], and
//! `tests/flows/corpus.rs` compares each with the walk that leaves nothing out. A flow that is not sound is walked once more
//! with as little left out as can be, for a story in which every message stands. States are told apart by a 64-bit
//! hash. What was found sound is remembered by its shape while the process lives.

mod alike;
mod ends;
mod ground;
mod known;
mod lint;
mod moves;
mod party;
mod second;
mod story;
mod tidy;
mod world;

pub use alike::shape;
pub use ground::{CRASHES, How, MOST_STATES, Reduced};
pub use story::{Property, Story};

use super::program::{
    CallContract, CallId, CallKind, FlowProgram, MappingId, Node, StepDef, StepId, Undo, Way,
};
use ends::Onward;
use foldhash::fast::FixedState;
use ground::Ground;
use moves::{Move, apply, moves};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use world::{Chooser, World};

/// Corrections of one step that are walked: the second comes behind a refused one, and so does every further one.
const CORRECTIONS: usize = 2;

/// States that are walked for a better story.
const TOLD_STATES: usize = 30_000;

/// What a walk saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Walked {
    /// States seen, all parts together; those of what was known to be sound too.
    pub states: usize,
}

/// Walks a flow and the rows of its loops.
///
/// # Errors
/// The shortest story of money that is lost, of a false answer, or of a flow that hangs.
pub fn check(program: &FlowProgram) -> Result<Walked, Box<Story>> {
    let shape = shape(program);
    if let Some(walked) = known::flow(&shape) {
        return Ok(walked);
    }
    let walked = check_by(&How::default(), program)?;
    known::keep_flow(shape, walked);
    Ok(walked)
}

/// The same with a rule broken on purpose, or with less left out.
///
/// # Errors
/// As [`check`].
pub fn check_by(how: &How, program: &FlowProgram) -> Result<Walked, Box<Story>> {
    lint::lint(program)?;
    let mut walked = Walked::default();
    for of in &program.loops {
        walked.states += check_by(how, &of.body)?.states;
    }
    let clamped = clamp(program);
    let found = if how.reduced.contracts { contracts(how, &clamped) } else { whole(how, &clamped) };
    match found {
        Ok(states) => Ok(Walked { states: walked.states + states }),
        Err(story) => Err(told_whole(how, &clamped, story)),
    }
}

/// A plainer story, where one is found within the bounds: of every message, without a crash if it needs none, and each step
/// under its own name.
fn told_whole(how: &How, program: &FlowProgram, story: Box<Story>) -> Box<Story> {
    if !how.reduced.contracts || story.property == Property::TooLarge {
        return story;
    }
    let messages = Reduced { contracts: false, order: false, ..Reduced::ALL };
    let names = Reduced { order: false, ..Reduced::ALL };
    let most = how.most.min(TOLD_STATES);
    let ways = [(messages, true), (messages, false), (names, true), (names, false)];
    let found = |(reduced, calm): (Reduced, bool)| {
        let how = How { reduced, most, calm, ..*how };
        let walked = if reduced.contracts { contracts(&how, program) } else { whole(&how, program) };
        walked.err().filter(|found| found.property != Property::TooLarge)
    };
    ways.into_iter().find_map(found).unwrap_or(story)
}

/// With all messages of all calls.
fn whole(how: &How, program: &FlowProgram) -> Result<usize, Box<Story>> {
    explore(&Ground::new(how, program, vec![false; program.steps.len()]))
}

fn is_posting(program: &FlowProgram, step: &StepDef) -> bool {
    let posts = |id: &CallId| program.call(*id).is_some_and(|call| call.kind != CallKind::Query);
    !step.best_effort && step.calls.iter().any(posts)
}

/// One retry stands for n, one call for all of its shape.
fn clamp(program: &FlowProgram) -> FlowProgram {
    let mut program = program.clone();
    for call in &mut program.calls {
        for way in &mut call.ways {
            match way {
                Way::Enquire { times, .. } => *times = (*times).min(1),
                Way::Repeat { times, .. } => *times = times.map(|times| times.min(1)),
                Way::Reverse | Way::Park | Way::Refuse(_) => {}
            }
        }
        if let Some(back) = &mut call.back {
            back.times = back.times.min(1);
        }
    }
    for step in &mut program.steps {
        step.correct.truncate(CORRECTIONS);
    }
    alike::one_of_each_shape(&mut program);
    program
}

/// Each call alone, then the flow with outcomes in the place of messages.
fn contracts(how: &How, program: &FlowProgram) -> Result<usize, Box<Story>> {
    let mut states = 0;
    let mut seen = Vec::new();
    for step in program.steps.iter().filter(|step| is_posting(program, step)) {
        for id in &step.calls {
            let Some(call) = program.call(*id) else { continue };
            let undone = step.undo == Undo::Provider && call.back.is_some();
            let corrected = undone && !step.correct.is_empty();
            let shape = (alike::call_shape(call), undone, corrected);
            if seen.contains(&shape) {
                continue;
            }
            states += match known::call(how, &shape) {
                Some(walked) => walked,
                None => {
                    let alone = alone(program, *id, step, (undone, corrected));
                    let atomic = (0..alone.steps.len()).map(|place| place > 0).collect();
                    let walked = explore(&Ground::new(how, &alone, atomic))?;
                    known::keep_call(how, shape.clone(), walked);
                    walked
                }
            };
            seen.push(shape);
        }
    }
    let mut outcomes = program.clone();
    for call in outcomes.calls.iter_mut().filter(|call| call.kind != CallKind::Query) {
        call.ways = vec![Way::Park];
        if let Some(back) = &mut call.back {
            back.times = 0;
        }
    }
    let atomic = vec![true; program.steps.len()];
    Ok(states + explore(&Ground::new(how, &outcomes, atomic))?)
}

/// The call in a flow of its own. Where it can be undone, a step stands beside it that may be refused at any moment: before
/// it has ended, or long after; where people may have it put right, those postings too, which hold or are refused.
fn alone(
    program: &FlowProgram,
    call: CallId,
    step: &StepDef,
    (undone, corrected): (bool, bool),
) -> FlowProgram {
    let mut flow = FlowProgram { name: program.name.clone(), ..FlowProgram::default() };
    let Some(call) = program.call(call).cloned() else { return flow };
    let undo = if undone { Undo::Provider } else { Undo::Nothing };
    let only = |name: Box<str>, undo: Undo, call: u16| StepDef {
        name,
        calls: vec![CallId(call)],
        at: None,
        mapping: MappingId(0),
        undo,
        best_effort: false,
        park: None,
        goes_on: None,
        correct: Vec::new(),
        undo_of: None,
    };
    let mut other = call.clone();
    flow.calls.push(call);
    flow.steps.push(only(step.name.clone(), undo, 0));
    if !undone {
        flow.push(&step.name, Node::Step(StepId(0)));
        return flow;
    }
    // What can be refused and is never taken back.
    other.kind = CallKind::Notice;
    other.assured = false;
    other.name = "another step".into();
    other.party = "another party".into();
    other.ways = vec![Way::Park];
    other.back = None;
    flow.calls.push(other.clone());
    flow.steps.push(only("another step".into(), Undo::Nothing, 1));
    if corrected {
        let back = CallContract { kind: CallKind::Posting, name: "what puts it right".into(), ..other };
        flow.calls.push(back);
        for (by, number) in (2..).map(StepId).zip(1..=CORRECTIONS) {
            let name = format!("{}/correct {number}", step.name);
            flow.steps.push(StepDef { undo_of: Some(StepId(0)), ..only(name.into(), Undo::Nothing, 2) });
            if let Some(first) = flow.steps.first_mut() {
                first.correct.push(by);
            }
        }
    }
    flow.push("together", Node::Together(vec![(None, StepId(0)), (None, StepId(1))]));
    flow
}

/// How a state was reached: from which, by which move, with which choices.
struct Came {
    from: u32,
    by: Move,
    tape: Vec<u8>,
}

/// Breadth first, so that the first story is the shortest. A state's number is one more than the place of how it was reached; that of
/// the first is 0.
fn explore(ground: &Ground<'_>) -> Result<usize, Box<Story>> {
    let program = ground.program;
    let mut came: Vec<Came> = Vec::new();
    let mut onward = Onward::default();
    let mut queue = VecDeque::new();
    let first = World::new(ground);
    let mut seen = HashMap::with_hasher(FixedState::default());
    seen.insert(first.fingerprint(), 0_u32);
    queue.push_back((first, u32::MAX));
    let mut possible = Vec::new();
    while let Some((world, at)) = queue.pop_front() {
        onward.from();
        possible.clear();
        moves(ground, &world, &mut possible);
        if possible.iter().all(Move::is_optional)
            && let Some(property) = story::stands_still(program, &world)
        {
            return Err(story::tell(ground, &came, at, property));
        }
        for by in &possible {
            let mut tape = Vec::new();
            loop {
                let mut chooser = Chooser::new(&tape);
                let next = apply(ground, &world, by, &mut chooser, None);
                let used = chooser.used;
                let id = u32::try_from(came.len()).unwrap_or(u32::MAX);
                let number = match seen.entry(next.fingerprint()) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(unknown) => {
                        let number = *unknown.insert(id.wrapping_add(1));
                        let tape = used.iter().map(|(chosen, _)| *chosen).collect();
                        came.push(Came { from: at, by: by.clone(), tape });
                        if let Some(property) = story::fails(ground, &next) {
                            return Err(story::tell(ground, &came, id, property));
                        }
                        if came.len() > ground.most {
                            return Err(story::tell(ground, &came, at, Property::TooLarge));
                        }
                        queue.push_back((next, id));
                        number
                    }
                };
                // What people or askers do in vain is no path.
                if number != at.wrapping_add(1) || !by.is_optional() {
                    onward.leads(number);
                }
                match following(&used) {
                    Some(further) => tape = further,
                    None => break,
                }
            }
        }
    }
    match onward.circle() {
        Some(circle) => Err(story::tell_circle(ground, &came, &circle)),
        None => Ok(came.len()),
    }
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
