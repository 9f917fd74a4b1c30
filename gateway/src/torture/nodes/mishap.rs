//! What befalls nodes where there are two, as the dice say: which of them, at which of its commits, and for how long.

use conformance::faults::Dice;
use std::time::Duration;
use store::CutAt;

/// What befalls nodes where there are two.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Mishap {
    /// One stands still.
    Pause(Chance),
    /// The writer of one does not reach the journal.
    Cut(Chance),
    /// The wall clock of one is set by so many microseconds.
    Drift(Whose, i64),
}

impl Mishap {
    pub(super) fn at_a_commit(self) -> bool {
        matches!(self, Self::Pause(chance) | Self::Cut(chance) if chance.commit.is_some())
    }
}

/// Whom it befalls, and for how long.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Chance {
    pub(super) whose: Whose,
    /// At which commit of it, behind how many others; none: at once.
    pub(super) commit: Option<(CutAt, u64)>,
    pub(super) span: Duration,
}

/// Which node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Whose {
    /// The one at work.
    AtWork,
    /// The other.
    Other,
}

impl Whose {
    pub(super) fn of(dice: &Dice) -> Self {
        if dice.falls(3_000) { Self::Other } else { Self::AtWork }
    }
}

impl Chance {
    pub(super) fn of(dice: &Dice, spans: &[u64]) -> Self {
        let most = pick(dice, spans);
        Self {
            whose: Whose::of(dice),
            commit: match dice.below(4) {
                0 => None,
                1 => Some((CutAt::Commit, dice.below(60))),
                _ => Some((CutAt::Intent, dice.below(20))),
            },
            span: dice.span(Duration::from_secs(most / 4 + 1), Duration::from_secs(most)),
        }
    }
}

pub(super) fn pick(dice: &Dice, of: &[u64]) -> u64 {
    let place = usize::try_from(dice.below(of.len() as u64)).unwrap_or(0);
    of.get(place).copied().unwrap_or(1)
}
