//! The world of a walk: the parties' ledgers, what is under way, the journal, and how often misfortune may still
//! strike.

use super::super::event::{Says, Timer};
use super::super::program::{CallId, FlowProgram, GuardId, Judge, ListId, StepId};
use super::super::state::{Durable, OperationState, State, Wait};
use foldhash::quality::FixedState;
use std::hash::{BuildHasher, Hash};

/// Reply bits under way.
pub(super) const DONE: u8 = 1;
pub(super) const REFUSED: u8 = 2;
pub(super) const NOTHING: u8 = 4;
pub(super) const NO_SESSION: u8 = 8;

/// Told bits.
pub(super) const TOLD_DONE: u8 = 1;
pub(super) const TOLD_REFUSED: u8 = 2;
pub(super) const TOLD_PENDING: u8 = 4;
pub(super) const TOLD_CANCELLED: u8 = 8;

/// One operation at its party.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Leg {
    /// Copies under way.
    pub(super) flight: u8,
    /// Times made.
    pub(super) made: u8,
    /// Times taken back.
    pub(super) taken: u8,
    /// Refused once.
    pub(super) refused: bool,
    /// A reversal came first and is remembered.
    pub(super) remembered: bool,
    /// Replies under way: `DONE`, `REFUSED`, `NOTHING` ("duplicate"), `NO_SESSION`.
    pub(super) replies: u8,
    /// Questions under way: number, and what was seen once it has looked.
    pub(super) asks: Vec<(u32, Option<Says>)>,
    /// Reversals under way.
    pub(super) backs: u8,
    /// Replies to reversals under way: `DONE` reversed, `REFUSED`, `NOTHING`, `NO_SESSION`.
    pub(super) back_replies: u8,
}

impl Leg {
    pub(super) fn holds(&self) -> bool {
        self.made > self.taken
    }
}

/// Everything.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct World {
    pub(super) state: State,
    pub(super) journal: Durable,
    pub(super) legs: Vec<Leg>,
    pub(super) timers: Vec<Timer>,
    pub(super) told: u8,
    pub(super) guards: Vec<(GuardId, bool)>,
    pub(super) rows: Vec<(u16, u64)>,
    pub(super) asked: bool,
    pub(super) crashes: u8,
    pub(super) cancels: u8,
    pub(super) full: u8,
    pub(super) unprepared: u8,
    pub(super) atomic: Vec<bool>,
}

impl World {
    pub(super) fn new(program: &FlowProgram, atomic: &[bool]) -> Self {
        Self {
            state: State::new(program),
            journal: Durable::new(program),
            legs: vec![Leg::default(); program.steps.len()],
            timers: Vec::new(),
            told: 0,
            guards: Vec::new(),
            rows: Vec::new(),
            asked: false,
            crashes: 1,
            cancels: u8::from(program.cancellable),
            full: 1,
            unprepared: 1,
            atomic: atomic.to_vec(),
        }
    }

    pub(super) fn leg(&mut self, step: StepId) -> Option<&mut Leg> {
        self.legs.get_mut(usize::from(step.0))
    }

    pub(super) fn is_atomic(&self, step: StepId) -> bool {
        self.atomic.get(usize::from(step.0)).copied().unwrap_or_default()
    }

    pub(super) fn fingerprint(&self) -> u64 {
        FixedState::default().hash_one(self)
    }

    /// Everything that lives in the node's memory is gone.
    pub(super) fn crash(&mut self, program: &FlowProgram) {
        self.crashes -= 1;
        self.state = State::resumed(program, self.journal.clone());
        self.timers.clear();
        for leg in &mut self.legs {
            leg.asks.clear();
        }
    }

    /// Drops what can no longer matter and renames numbers, so that like states are the same.
    pub(super) fn tidy(&mut self, keep_old_asks: bool) {
        let memory = &mut self.state.memory;
        for (place, attempt) in memory.operations.iter_mut().enumerate() {
            let step = StepId(u16::try_from(place).unwrap_or(u16::MAX));
            let Some(leg) = self.legs.get_mut(place) else { continue };
            let operation = self.state.durable.operations.get(place);
            let state = operation.map(|operation| operation.state).unwrap_or_default();
            use OperationState::{Done, Held, Refused, Undone};
            if matches!(state, Done | Refused | Undone | Held) {
                leg.replies = 0;
                leg.asks.clear();
                leg.back_replies = 0;
                *attempt = super::super::state::Attempt { quiet: attempt.quiet, ..Default::default() };
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
            self.timers.retain_mut(|timer| match timer {
                Timer::Pause { step: of, number } if *of == step => {
                    let live = attempt.wait == Wait::Pause && *number == current;
                    *number = 1;
                    live
                }
                Timer::Quiet { step: of, copy } if *of == step => {
                    *copy == copies && !attempt.quiet && !matches!(state, Done | Refused | Undone | Held)
                }
                _ => true,
            });
            attempt.number = 1;
        }
        if self.journal.asked {
            self.told &= !TOLD_PENDING;
        }
        if self.journal.limits.iter().all(|(_, taken)| *taken) && self.journal.asked {
            self.full = 0;
        }
        let ended = self.state.durable.end.is_some();
        self.timers.retain(|timer| !ended || matches!(timer, Timer::Pause { .. } | Timer::Quiet { .. }));
        self.timers.sort_unstable_by_key(order);
        self.timers.dedup();
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

/// Choices of one move, from a tape; beyond its end the first, and how many there would have been.
pub(super) struct Chooser {
    tape: Vec<u8>,
    pub(super) used: Vec<(u8, u8)>,
}

impl Chooser {
    pub(super) fn new(tape: &[u8]) -> Self {
        Self { tape: tape.to_vec(), used: Vec::new() }
    }

    /// One of so many.
    pub(super) fn choose(&mut self, of: u8) -> u8 {
        if of < 2 {
            return 0;
        }
        let chosen = self.tape.get(self.used.len()).copied().unwrap_or(0);
        self.used.push((chosen, of));
        chosen
    }
}

/// A judge that tries both; a guard once asked keeps its answer.
pub(super) struct Both<'a> {
    pub(super) guards: &'a mut Vec<(GuardId, bool)>,
    pub(super) chooser: &'a mut Chooser,
}

impl Judge for Both<'_> {
    fn holds(&mut self, guard: GuardId, _durable: &Durable) -> bool {
        if let Some((_, known)) = self.guards.iter().find(|(known, _)| *known == guard) {
            return *known;
        }
        let holds = self.chooser.choose(2) == 0;
        self.guards.push((guard, holds));
        self.guards.sort_unstable();
        holds
    }

    fn call(&mut self, _step: StepId, calls: &[CallId]) -> Option<CallId> {
        let of = u8::try_from(calls.len()).unwrap_or(u8::MAX);
        calls.get(usize::from(self.chooser.choose(of))).copied()
    }

    fn rows(&mut self, _list: ListId) -> u64 {
        1
    }
}
