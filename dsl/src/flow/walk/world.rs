//! The world of a walk: the parties' ledgers, what is under way, the journal, and how often misfortune may still
//! strike.

use super::super::event::{Says, Timer};
use super::super::program::{CallId, FlowProgram, GuardId, Judge, ListId, StepId};
use super::super::state::{Durable, End, OperationState, State};
use super::ground::Ground;
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
    /// Another flow that moves money has begun, while this one was not being taken back.
    pub(super) started: bool,
    pub(super) guards: Vec<(GuardId, bool)>,
    pub(super) rows: Vec<(u16, u64)>,
    pub(super) asked: bool,
    pub(super) crashes: u8,
    pub(super) cancels: u8,
    pub(super) full: u8,
    pub(super) unprepared: u8,
    /// Second asks that may still come.
    pub(super) seconds: u8,
    /// The key was cancelled before it was asked.
    pub(super) closed: bool,
    /// No run has the flow any more, and none will: another flow has its key, or nothing of it was written. Who asks again asks anew.
    pub(super) stopped: bool,
    /// Another flow has the key, and this one would go on all the same.
    pub(super) acts_again: bool,
}

impl World {
    pub(super) fn new(ground: &Ground<'_>) -> Self {
        let (program, calm) = (ground.program, ground.calm);
        Self {
            state: State::new(program),
            journal: Durable::new(program),
            legs: vec![Leg::default(); program.steps.len()],
            timers: Vec::new(),
            told: 0,
            started: false,
            guards: Vec::new(),
            rows: Vec::new(),
            asked: false,
            crashes: if calm { 0 } else { ground.crashes },
            cancels: u8::from(program.cancellable),
            full: 1,
            unprepared: u8::from(!calm),
            seconds: u8::from(!ground.reduced.second),
            closed: false,
            stopped: false,
            acts_again: false,
        }
    }

    /// What the journal has as told. It counts as told: a second ask gets it at any moment, the outbox tells it, and a node that was
    /// paused behind the write tells it late.
    pub(super) fn recorded(&self) -> u8 {
        let done = self.journal.answered || self.journal.end == Some(End::Done);
        let refused = self.journal.end == Some(End::Refused);
        if done { TOLD_DONE } else { TOLD_REFUSED * u8::from(refused) }
    }

    pub(super) fn leg(&mut self, step: StepId) -> Option<&mut Leg> {
        self.legs.get_mut(usize::from(step.0))
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

/// A judge that tries both; a guard once asked keeps its answer, but for one that looks at the clock.
pub(super) struct Both<'a> {
    pub(super) program: &'a FlowProgram,
    pub(super) state: &'a State,
    pub(super) guards: &'a mut Vec<(GuardId, bool)>,
    pub(super) chooser: &'a mut Chooser,
}

impl Judge for Both<'_> {
    fn holds(&mut self, guard: GuardId, _durable: &Durable) -> bool {
        if let Some((_, known)) = self.guards.iter().find(|(known, _)| *known == guard) {
            return *known;
        }
        let holds = self.chooser.choose(2) == 0;
        if self.program.clocked.contains(&guard) {
            return holds;
        }
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

    /// At any moment; behind one repeat of what is not known it is, since one stands for n.
    fn day_over(&mut self, step: StepId) -> bool {
        let attempt = self.state.memory.operations.get(usize::from(step.0));
        let known =
            self.state.durable.operation(step).is_some_and(|known| known.state == OperationState::Done);
        let repeated = !known && attempt.is_none_or(|attempt| attempt.tried > 0);
        repeated || self.chooser.choose(2) == 1
    }
}
