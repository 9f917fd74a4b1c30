//! Like worlds are made the same: what can no longer matter is dropped, numbers are renamed, equal members sorted.
//!
//! In: a world as a move left it. Out: the one that stands for all that are like it.

use super::super::event::Timer;
use super::super::program::StepId;
use super::super::rules::Fault;
use super::super::state::{Attempt, Durable, Operation, OperationState, Reason, Wait};
use super::ground::{Alike, Ground};
use super::world::{Leg, TOLD_PENDING, World};
use foldhash::quality::FixedState;
use std::hash::BuildHasher;

use OperationState::{Done, Held, Refused, Undoing, Undone};

pub(super) fn tidy(ground: &Ground<'_>, world: &mut World) {
    if !ground.reduced.forgotten {
        return;
    }
    operations(ground, world);
    if world.journal.asked {
        world.told &= !TOLD_PENDING;
    }
    let ended = world.state.durable.end.is_some();
    let unwinding = world.state.durable.unwinding() && world.journal.unwinding();
    let only_operations = ended || unwinding;
    world
        .timers
        .retain(|timer| !only_operations || matches!(timer, Timer::Pause { .. } | Timer::Quiet { .. }));
    world.timers.sort_unstable_by_key(order);
    world.timers.dedup();
    let from = world.state.durable.at.min(world.journal.at).0;
    world.guards.retain(|(guard, _)| !unwinding && ground.is_asked(*guard, from));
    one_reason(&mut world.state.durable);
    one_reason(&mut world.journal);
    let taken = world.journal.limits.iter().all(|(_, taken)| *taken);
    if taken && (only_operations || !ground.is_limited(from)) {
        world.full = 0;
    }
    for run in &ground.equal {
        let places = |wanted: &dyn Fn(&Alike) -> bool| -> Vec<usize> {
            run.iter().filter(|one| wanted(one)).map(|one| one.place).collect()
        };
        if only_operations {
            sort_equal(ground, world, &places(&|_| true));
        } else {
            sort_equal(ground, world, &places(&|one| one.node < from));
            sort_equal(ground, world, &places(&|one| one.node == from && one.always));
        }
    }
}

/// One refusal stands for all: what depends on its words is decided when it comes.
fn one_reason(durable: &mut Durable) {
    let plain = |reason: &mut Option<Reason>| {
        if reason.as_ref().is_some_and(|reason| **reason != *"refused") {
            *reason = Some("refused".into());
        }
    };
    plain(&mut durable.refused);
    durable.operations.iter_mut().for_each(|operation| plain(&mut operation.reason));
}

fn operations(ground: &Ground<'_>, world: &mut World) {
    // With these rules broken, what is old is still used.
    let keep_old_asks = ground.rules.broken(Fault::OldEnquiryUsed);
    let keep_old_quiet = ground.rules.broken(Fault::QuietOfFirstCopy);
    for (place, attempt) in world.state.memory.operations.iter_mut().enumerate() {
        let step = StepId(u16::try_from(place).unwrap_or(u16::MAX));
        let Some(leg) = world.legs.get_mut(place) else { continue };
        let operation = world.state.durable.operations.get(place);
        let state = operation.map(|operation| operation.state).unwrap_or_default();
        let settled = matches!(state, Done | Refused | Undone | Held);
        if settled {
            leg.replies = 0;
            leg.asks.clear();
            leg.back_replies = 0;
            *attempt = Attempt { quiet: attempt.quiet, ..Attempt::default() };
        }
        let current = attempt.number;
        let waits_enquiry = attempt.wait == Wait::Enquiry;
        leg.asks.retain_mut(|ask| {
            let is_current = waits_enquiry && ask.0 == current;
            ask.0 = u32::from(is_current);
            is_current || (keep_old_asks && ask.1.is_some())
        });
        leg.asks.dedup();
        let copies = operation.map_or(0, |operation| operation.copies);
        world.timers.retain_mut(|timer| match timer {
            Timer::Pause { step: of, number } if *of == step => {
                let live = attempt.wait == Wait::Pause && *number == current;
                *number = 1;
                live
            }
            Timer::Quiet { step: of, copy } if *of == step => {
                (*copy == copies || keep_old_quiet) && !attempt.quiet && !settled
            }
            _ => true,
        });
        attempt.number = 1;
    }
}

/// All that a world knows of one operation.
type Whole = (Option<Operation>, Option<Operation>, Option<Attempt>, Option<Leg>);

fn sort_equal(ground: &Ground<'_>, world: &mut World, places: &[usize]) {
    if places.len() < 2 {
        return;
    }
    let mut all: Vec<Whole> = places
        .iter()
        .map(|place| {
            let nameless = |operation: &Operation| Operation { call: None, ..operation.clone() };
            (
                world.journal.operations.get(*place).map(nameless),
                world.state.durable.operations.get(*place).map(nameless),
                world.state.memory.operations.get(*place).cloned(),
                world.legs.get(*place).cloned(),
            )
        })
        .collect();
    // What goes back stands last, as the newest does.
    let back = |whole: &Whole| match whole.0.as_ref().map(|one| one.state) {
        Some(Undone) => 2,
        Some(Undoing) => 1,
        _ => 0,
    };
    all.sort_by_cached_key(|whole| (back(whole), FixedState::default().hash_one(whole)));
    for (place, (journal, state, attempt, leg)) in places.iter().zip(all) {
        // A member goes to one call, so that the first of its step is the one.
        let only = ground.program.steps.get(*place).and_then(|step| step.calls.first().copied());
        let called = |operation: Option<Operation>| {
            operation.map(|operation| {
                let begun = operation.state != OperationState::New;
                Operation { call: only.filter(|_| begun), ..operation }
            })
        };
        put(&mut world.journal.operations, *place, called(journal));
        put(&mut world.state.durable.operations, *place, called(state));
        put(&mut world.state.memory.operations, *place, attempt);
        put(&mut world.legs, *place, leg);
    }
}

fn put<T>(all: &mut [T], place: usize, one: Option<T>) {
    if let (Some(to), Some(one)) = (all.get_mut(place), one) {
        *to = one;
    }
}

fn order(timer: &Timer) -> (u8, u16, u32) {
    match timer {
        Timer::Pause { step, number } => (0, step.0, *number),
        Timer::Quiet { step, copy } => (1, step.0, u32::from(*copy)),
        Timer::Deadline(at) => (2, at.0, 0),
        Timer::Warn(at) => (3, at.0, 0),
        Timer::Await(at) => (4, at.0, 0),
        Timer::Until(at) => (5, at.0, 0),
    }
}
