//! What the wall clock of the node at work has shown, so that what the journal dates by it can be laid beside what fell: a wall
//! clock is set, and another node with a clock of its own comes to work.
//!
//! In: the clock, whenever it was set or another's counts from now on. Out: when it showed a moment, by the time that never steps.

use conformance::faults::SimulatedClock;
use link::world::{Clock, Mark, Moment};
use std::ops::Range;
use std::time::Duration;
use store::OperationRow;

/// Spans in which it ran evenly: since when, and what it showed then.
#[derive(Clone, Debug, Default)]
pub(super) struct Walls(Vec<(Mark, Moment)>);

/// The journal counts milliseconds: what it dates may lie so much before.
const DATED: i64 = 1_000;

impl Walls {
    /// From now on this clock counts, as it is set now.
    pub(super) fn follow(&mut self, clock: &SimulatedClock) {
        self.0.push((clock.mark(), clock.now()));
    }

    /// When it showed a moment: each time that it ran over it, or jumped.
    pub(super) fn showed(&self, at: Moment) -> impl Iterator<Item = Mark> {
        let next = self.0.iter().skip(1).map(Some).chain([None]);
        self.0.iter().zip(next).filter_map(move |((since, from), next)| {
            let behind = at.0.checked_sub(from.0).filter(|micros| *micros > -DATED)?;
            let micros = u64::try_from(behind.max(0)).ok()?;
            let mark = since.after(Duration::from_micros(micros));
            match next {
                Some((until, then)) if mark >= *until => (then.0 >= at.0).then_some(*until),
                _ => Some(mark),
            }
        })
    }

    /// While an operation was open. The journal counts milliseconds: what happens in that of its end is met too.
    pub(super) fn open(&self, operation: &OperationRow) -> Option<Range<Mark>> {
        let showed = |at: store::Moment| self.showed(Moment(at.0.saturating_mul(1_000)));
        let from = showed(operation.opened).min()?;
        let to = showed(operation.changed).max()?;
        Some(from..to.max(from).after(Duration::from_millis(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn seconds(walls: &Walls, at: i64) -> Vec<u64> {
        walls.showed(Moment(at * SECOND)).map(|mark| mark.0 / 1_000_000_000).collect()
    }

    #[test]
    fn a_moment_is_found_on_a_clock_that_is_set_forward_and_back() {
        let at = |mark: u64, shows: i64| (Mark(mark * 1_000_000_000), Moment(shows * SECOND));
        // It runs to 110 s, is set to 170, runs to 180, is set to 120.
        let walls = Walls(vec![at(0, 100), at(10, 170), at(20, 120)]);
        assert_eq!(seconds(&walls, 99), [] as [u64; 0]);
        let just_before: Vec<Mark> = walls.showed(Moment(100 * SECOND - 999)).collect();
        assert_eq!(just_before, [Mark(0)], "dated by the millisecond in which it began");
        assert_eq!(seconds(&walls, 105), [5]);
        assert_eq!(seconds(&walls, 150), [10, 50], "it jumped over it, and came to it later");
        assert_eq!(seconds(&walls, 175), [15, 75]);
        assert_eq!(seconds(&walls, 125), [10, 25]);
    }
}
