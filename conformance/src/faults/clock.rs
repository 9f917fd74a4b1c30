//! Time of a simulated day: it stands while anybody works, and jumps to the next moment that somebody waits for.
//!
//! In: whoever sleeps; the moments at which the wall clock is set. Out: moments and marks. Marks never step back; the wall
//! clock may, as one that an operator or a time server sets.

use link::world::{Clock, ManualClock, Mark, Moment, Sleep};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The clock; clones are the same one.
#[derive(Clone, Debug)]
pub struct SimulatedClock {
    runs: ManualClock,
    /// Microseconds by which the wall clock was set.
    set: Arc<AtomicI64>,
}

impl SimulatedClock {
    /// A clock that shows `start` and stands.
    #[must_use]
    pub fn new(start: Moment) -> Self {
        Self { runs: ManualClock::new(start), set: Arc::default() }
    }

    /// Jumps to the earliest moment that somebody waits for. False if nobody waits.
    pub fn jump(&self) -> bool {
        let Some(next) = self.runs.earliest() else { return false };
        self.runs.advance(next.since(self.runs.mark()));
        true
    }

    /// Sets the wall clock by so many microseconds, forward or back.
    pub fn set_by(&self, micros: i64) {
        self.set.fetch_add(micros, Ordering::SeqCst);
    }

    /// The clock of another machine: it runs with this one, and its wall clock is set by itself.
    #[must_use]
    pub fn another(&self) -> Self {
        let set = AtomicI64::new(self.set.load(Ordering::SeqCst));
        Self { runs: self.runs.clone(), set: Arc::new(set) }
    }

    /// Time since the day began.
    #[must_use]
    pub fn ran(&self) -> Duration {
        self.runs.mark().since(Mark(0))
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Moment {
        Moment(self.runs.now().0.saturating_add(self.set.load(Ordering::SeqCst)))
    }

    fn mark(&self) -> Mark {
        self.runs.mark()
    }

    fn sleep_until(&self, at: Mark) -> Sleep {
        self.runs.sleep_until(at)
    }
}
