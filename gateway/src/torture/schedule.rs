//! What goes wrong at a time: what the dice set for a seed's day, and what follows from what happens in it.
//!
//! In: the dice. Out: [`Schedule`], in the order of time. It must not know what any of it would show.

use super::knobs::Knobs;
use super::nodes::Mishap;
use conformance::faults::Dice;
use std::collections::BTreeMap;
use std::time::Duration;
use store::{CrashPoint, OperationState};

/// How long misfortune lasts.
pub(super) const TROUBLE: Duration = Duration::from_secs(240);

/// What goes wrong at a time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening {
    Kill,
    CrashAtCommit(u64, CrashPoint),
    CrashInState(OperationState, u64, CrashPoint),
    DiskFull(bool),
    /// A wall clock is set by so many microseconds.
    ClockStep(i64),
    /// Adapters are loaded anew.
    Reload,
    /// The wall clock is set to the moment at which the business date changes, if that is still to come.
    CutOver,
    Weather,
    /// To one of two nodes.
    Node(Mishap),
    /// The node at work stands still for so long, or does not reach its journal.
    Pause(Duration),
    CutOff(Duration),
    /// A node that stands still goes on while the other works; where none does, the one at work stands still.
    PauseOrGoOn(Duration),
}

impl Happening {
    /// A wall clock that is set by up to two minutes.
    pub(super) fn step(dice: &Dice) -> Self {
        Self::ClockStep(i64::try_from(dice.below(240_000_000)).unwrap_or(0) - 120_000_000)
    }

    fn is_left(self, knobs: Knobs) -> bool {
        match self {
            Self::Kill => !knobs.no_kills,
            Self::CrashAtCommit(..) | Self::CrashInState(..) => !knobs.no_crashes,
            Self::DiskFull(_) => !knobs.no_full_disk,
            Self::ClockStep(_) | Self::CutOver => !knobs.no_clock_steps,
            Self::Pause(_) | Self::PauseOrGoOn(_) => !knobs.no_pauses,
            Self::CutOff(_) => !knobs.no_cut_offs,
            Self::Reload => !knobs.no_reloads,
            Self::Weather | Self::Node(_) => true,
        }
    }
}

/// What is still to happen.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// By its time and, where that is one, by the order in which it was set.
    all: BTreeMap<(Duration, u64), Happening>,
    set: u64,
}

impl Schedule {
    /// What happens when, by the dice.
    pub(super) fn of(dice: &Dice, knobs: Knobs) -> Self {
        let mut schedule = Self::default();
        let mut at = |what: Happening| {
            let at = dice.span(Duration::ZERO, TROUBLE);
            if what.is_left(knobs) {
                schedule.set(at, what);
            }
        };
        for _ in 0..dice.below(3) {
            at(Happening::Kill);
        }
        for _ in 0..dice.below(4) {
            let point = match dice.below(3) {
                0 => CrashPoint::Before,
                // Each commit is one write here: there is no place inside it.
                1 => CrashPoint::SyncFails { kept: dice.below(3) > 0 },
                _ => CrashPoint::After,
            };
            at(Happening::CrashAtCommit(dice.below(12), point));
        }
        if dice.falls(4_000) {
            let place = usize::try_from(dice.below(OperationState::ALL.len() as u64)).unwrap_or(0);
            let state = OperationState::ALL.get(place).copied().unwrap_or(OperationState::Intent);
            let point = if dice.falls(5_000) { CrashPoint::Before } else { CrashPoint::After };
            at(Happening::CrashInState(state, dice.below(2), point));
        }
        for _ in 0..dice.below(2) {
            at(Happening::step(dice));
        }
        for _ in 0..dice.below(4) {
            at(Happening::Weather);
        }
        if dice.falls(3_000) {
            let from = dice.span(Duration::ZERO, TROUBLE);
            let until = from + Self::full(dice);
            if Happening::DiskFull(true).is_left(knobs) {
                schedule.set(from, Happening::DiskFull(true));
                schedule.set(until, Happening::DiskFull(false));
            }
        }
        schedule
    }

    /// How long a disk stays full.
    pub(super) fn full(dice: &Dice) -> Duration {
        dice.span(Duration::from_secs(1), Duration::from_secs(60))
    }

    /// One thing more.
    pub(super) fn set(&mut self, at: Duration, what: Happening) {
        self.set += 1;
        self.all.insert((at, self.set), what);
    }

    /// When the next is to happen.
    pub(super) fn next(&self) -> Option<Duration> {
        self.all.first_key_value().map(|((at, _), _)| *at)
    }

    /// The next, and when.
    pub(super) fn take(&mut self) -> Option<(Duration, Happening)> {
        self.all.pop_first().map(|((at, _), what)| (at, what))
    }
}
