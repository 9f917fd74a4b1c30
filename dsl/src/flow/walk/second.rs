//! A second ask with the key of the first (`flows.md` 5): at any moment it does nothing, and is told what is written.
//!
//! In: a world. Out: what a second ask does there that it must not. It is put to every world instead of being a move, since the world
//! is the same after it but for who waits; the walk that leaves nothing out makes the move as well.

use super::super::event::{Answer, Effect, Event, NotWritten, SecondAnswer};
use super::super::step::step_by;
use super::ground::Ground;
use super::world::{Both, Chooser, World};

/// What a second ask does wrong in a world.
pub(super) fn wrong(ground: &Ground<'_>, world: &World) -> Option<&'static str> {
    if !world.asked || world.stopped {
        return None;
    }
    same(ground, world).or_else(|| other(ground, world))
}

fn same(ground: &Ground<'_>, world: &World) -> Option<&'static str> {
    let step = told(ground, world, &Event::SecondAsk { same: true });
    let Some(told) = step else { return Some("something is done because of it") };
    // What no journal keeps is told as the run that answered it knows it; so is a row that is refused and leaves no trace.
    let kept = ground.program.journaled() && (world.journal.asked || !ground.program.untold);
    let written = world.recorded() != 0 || !kept;
    match told {
        SecondAnswer::Stored if !written => Some("it is told an end, and none is written"),
        SecondAnswer::Joins if world.recorded() != 0 => Some("it waits for an end that is written already"),
        SecondAnswer::Duplicate => Some("it is refused, and the first may hold"),
        SecondAnswer::Stored | SecondAnswer::Joins => None,
    }
}

fn other(ground: &Ground<'_>, world: &World) -> Option<&'static str> {
    match told(ground, world, &Event::SecondAsk { same: false }) {
        Some(SecondAnswer::Duplicate) => None,
        Some(_) => Some("what has other content gets the answer of the first"),
        None => Some("something is done because of it"),
    }
}

/// What is told, where nothing else happens.
fn told(ground: &Ground<'_>, world: &World, event: &Event) -> Option<SecondAnswer> {
    let step = step_of(ground, world, event);
    let told = match step.effects[..] {
        [Effect::AnswerSecond(told)] => told,
        // It waits with the first for what people decide.
        [Effect::AnswerSecond(told @ SecondAnswer::Joins), Effect::Answer(Answer::Pending)] => told,
        _ => return None,
    };
    (step.next.durable == world.state.durable).then_some(told)
}

/// Whether a flow goes on whose first write is not taken, since another one has its key.
pub(super) fn ignores_the_key(ground: &Ground<'_>, world: &World, event: &Event) -> bool {
    [true, false].into_iter().any(|same| {
        let why = NotWritten::KeyTaken { same };
        let step = step_of(ground, world, &Event::NotWritten { why, during: Box::new(event.clone()) });
        let expected = if same { SecondAnswer::Joins } else { SecondAnswer::Duplicate };
        step.effects != [Effect::AnswerSecond(expected), Effect::Stop] || step.next != world.state
    })
}

fn step_of(ground: &Ground<'_>, world: &World, event: &Event) -> super::super::event::Step {
    let mut guards = world.guards.clone();
    let mut chooser = Chooser::new(&[]);
    let (program, state) = (ground.program, &world.state);
    let mut judge = Both { program, state, guards: &mut guards, chooser: &mut chooser };
    step_by(ground.rules, program, state, event, &mut judge)
}
