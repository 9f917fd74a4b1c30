//! What keeps a party that does not answer from what all share, and us from pressing it: breakers, paced questions, a bound of
//! what is open with one party.
//!
//! In: how exchanges ended on a line, what is opened and ended with a party. Out: whether something new may be begun, and when a
//! question goes. It must not know flows. What resolves an unknown is never turned away: by its answer a line is found well again.

use crate::Ours;
use crate::deployment::{BreakerLimits, Limits};
use crate::lines::LineName;
use dashmap::DashMap;
use link::{Core, Mark};
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What of its questions a line may save up, in seconds of them.
const SAVED: Duration = Duration::from_secs(1);
/// So many answers allow one question more.
const ANSWERS_A_QUESTION: u32 = 5;

/// Why nothing new is begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// The line's breaker is open; something new is tried again after so long.
    Open {
        /// Whose line.
        party: Arc<str>,
        /// Until then.
        again: Duration,
    },
    /// So much is open with the party as may be.
    Full {
        /// With whom.
        party: Arc<str>,
    },
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { party, again } => {
                let seconds = again.as_millis().div_ceil(1_000);
                write!(f, "{party} does not answer; it is tried again in {seconds} s")
            }
            Self::Full { party } => write!(f, "too much is open with {party}"),
        }
    }
}

/// Lines and parties, as they have answered of late.
pub struct Restraint {
    core: Core,
    begun: Mark,
    lines: DashMap<LineName, Arc<Mutex<State>>, Ours>,
    /// Breakers that are open: where none is, nothing has to be looked at.
    broken: AtomicUsize,
    /// Operations that are open, by party and of all.
    open: DashMap<Arc<str>, usize>,
    all: AtomicUsize,
}

/// One line. Spans count from the beginning of the restraint.
#[derive(Default)]
struct State {
    /// What its exchanges came to, second by second.
    seconds: VecDeque<Second>,
    broken: Option<Broken>,
    /// Until when its questions have their turns.
    booked: Duration,
}

#[derive(Clone, Copy, Default)]
struct Second {
    at: u64,
    heard: u32,
    failed: u32,
}

#[derive(Clone, Copy)]
struct Broken {
    since: Duration,
    /// When something new is tried.
    next: Duration,
}

impl Restraint {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(core: Core) -> Self {
        let (begun, all) = (core.mark(), AtomicUsize::new(0));
        Self {
            core,
            begun,
            lines: DashMap::default(),
            broken: AtomicUsize::new(0),
            open: DashMap::new(),
            all,
        }
    }

    fn line(&self, name: &LineName) -> Arc<Mutex<State>> {
        if let Some(known) = self.lines.get(name) {
            return Arc::clone(&known);
        }
        Arc::clone(self.lines.entry(name.clone()).or_default().value())
    }

    fn now(&self) -> Duration {
        self.core.mark().since(self.begun)
    }

    /// An exchange that began at `started` has ended: the party has answered, whatever that was, or it has not. True where that
    /// opens the breaker or closes it.
    pub fn note(&self, name: &LineName, started: Mark, heard: bool, limits: &Limits) -> bool {
        let (now, started) = (self.now(), started.since(self.begun));
        let line = self.line(name);
        let mut state = locked(&line);
        state.count(now, heard, limits.breaker.seconds);
        if heard {
            let spared = turn(limits.questions_a_second) / ANSWERS_A_QUESTION;
            state.booked = state.booked.saturating_sub(spared);
        }
        match state.broken {
            Some(broken) if heard && started >= broken.since => {
                (state.broken, state.seconds) = (None, VecDeque::new());
                self.broken.fetch_sub(1, Ordering::AcqRel);
                true
            }
            None if !heard && state.fails(&limits.breaker) => {
                state.broken = Some(Broken { since: now, next: now + limits.breaker.pause() });
                self.broken.fetch_add(1, Ordering::AcqRel);
                true
            }
            _ => false,
        }
    }

    /// Whether the breaker of a line is open.
    #[must_use]
    pub fn is_open(&self, name: &LineName) -> bool {
        self.broken.load(Ordering::Acquire) > 0
            && self.lines.get(name).is_some_and(|line| locked(&line).broken.is_some())
    }

    /// Whether there is anything to look at before something new is begun: mostly there is not.
    #[must_use]
    pub fn holds_any(&self, limits: &Limits) -> bool {
        self.broken.load(Ordering::Acquire) > 0 || self.all.load(Ordering::Acquire) >= most_open(limits)
    }

    /// Whether something new may be begun that needs these lines. Where a breaker is open, one may after each pause: it tries.
    ///
    /// # Errors
    /// What it has to wait for.
    pub fn admits(&self, lines: &[LineName], limits: &Limits) -> Result<(), Held> {
        for name in lines {
            let open = self.open.get(&name.party).map_or(0, |open| *open);
            if open >= most_open(limits) {
                return Err(Held::Full { party: Arc::clone(&name.party) });
            }
        }
        if self.broken.load(Ordering::Acquire) == 0 || limits.breaker.exchanges == 0 {
            return Ok(());
        }
        let now = self.now();
        let mut trying = Vec::new();
        for name in lines {
            let Some(line) = self.lines.get(name).map(|line| Arc::clone(&line)) else { continue };
            let Some(broken) = locked(&line).broken else { continue };
            if now < broken.next {
                return Err(Held::Open { party: Arc::clone(&name.party), again: broken.next - now });
            }
            trying.push(line);
        }
        for line in trying {
            if let Some(broken) = &mut locked(&line).broken {
                broken.next = now + limits.breaker.pause();
            }
        }
        Ok(())
    }

    /// When a question that resolves something, or is put again, goes over a line; none: at once.
    #[must_use]
    pub fn turn(&self, name: &LineName, limits: &Limits) -> Option<Mark> {
        let now = self.now();
        let line = self.line(name);
        let mut state = locked(&line);
        state.booked = state.booked.max(now.saturating_sub(SAVED)) + turn(limits.questions_a_second);
        (state.booked > now).then(|| self.begun.after(state.booked))
    }

    /// An operation with a party is open.
    pub fn begin(&self, party: &Arc<str>) {
        *self.open.entry(Arc::clone(party)).or_default() += 1;
        self.all.fetch_add(1, Ordering::AcqRel);
    }

    /// It has ended, or left the memory.
    pub fn end(&self, party: &str) {
        if let Some(mut open) = self.open.get_mut(party) {
            *open = open.saturating_sub(1);
            self.all.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl State {
    fn count(&mut self, now: Duration, heard: bool, seconds: u32) {
        let at = now.as_secs();
        while self.seconds.front().is_some_and(|first| first.at + u64::from(seconds) <= at) {
            self.seconds.pop_front();
        }
        if self.seconds.back().is_none_or(|last| last.at < at) {
            self.seconds.push_back(Second { at, ..Second::default() });
        }
        if let Some(last) = self.seconds.back_mut() {
            let counted = if heard { &mut last.heard } else { &mut last.failed };
            *counted = counted.saturating_add(1);
        }
    }

    fn fails(&self, limits: &BreakerLimits) -> bool {
        let sum =
            |of: fn(&Second) -> u32| self.seconds.iter().map(|second| u64::from(of(second))).sum::<u64>();
        let (heard, failed) = (sum(|second| second.heard), sum(|second| second.failed));
        let (least, share) = (u64::from(limits.exchanges), u64::from(limits.failed_percent));
        least > 0 && heard + failed >= least && failed * 100 >= share * (heard + failed)
    }
}

fn most_open(limits: &Limits) -> usize {
    usize::try_from(limits.open_of_a_party).unwrap_or(usize::MAX)
}

/// How long one question keeps its turn.
fn turn(a_second: u32) -> Duration {
    Duration::from_secs(1) / a_second.max(1)
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Restraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restraint")
            .field("broken", &self.broken)
            .field("open", &self.all)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
