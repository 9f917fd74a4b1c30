//! Shares of a core: whoever makes more work than the core gets done does not keep the others waiting.
//!
//! For: tasks that work for somebody, a party above all. In: a task, and for whom it works. Out: the task, polled in turns:
//! in a round of a core, which ends when all else that was ready has been polled, the tasks of one share are polled for a
//! span; what is left waits for the next round, first come first served. Between rounds the sockets are looked at now and
//! then. Who used less has some spans saved. While nobody but one has work there are no turns, nor while nobody takes most
//! of a core.
//! Must not know: parties, links, what a task does.
//!
//! The runtime polls tasks in the order in which they became ready: without turns a thousand tasks of one party stand before
//! the one of another, at each of its steps.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::clock::Clock;
use super::core::TaskAdder;
use super::{BoxFuture, Mark};

/// Nanoseconds for which the tasks of one share are polled in a round.
const SPAN: i64 = 25_000;
/// For so long the sockets are not looked at while somebody waits: with a look a round there were ten to a small message.
/// What a look brings has waited for half of this.
const LOOK: Duration = Duration::from_micros(100);
/// What who used less may have saved.
const SAVED: i64 = 500_000;
/// The most that one overlong poll is held against a share.
const DEBT: i64 = 2_000_000;
/// While nobody waits nothing is counted that is older.
const WINDOW: Duration = Duration::from_millis(1);
/// For so long who had work counts as having some: who comes seldom is waited for, too.
const LATELY: Duration = Duration::from_secs(10);

/// All shares of a core.
pub(super) struct Shares {
    clock: Arc<dyn Clock>,
    /// Threads that poll tasks.
    threads: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    names: HashMap<Arc<str>, usize>,
    all: Vec<Turns>,
    /// Shares of which tasks wait.
    waited: Vec<usize>,
    /// The share that was polled last, and when it was another one.
    last: Option<usize>,
    other: Option<Mark>,
    /// Rounds so far; they are counted while somebody waits.
    round: u64,
    counting: bool,
    tickets: u64,
}

/// Turns of one share.
#[derive(Default)]
struct Turns {
    /// Nanoseconds that it was polled for, less what it may be.
    spent: i64,
    /// The round, or the moment, up to which that is known.
    round: u64,
    since: Mark,
    waiting: VecDeque<(u64, Waker)>,
    /// Whose turn it is: woken, and not polled yet; no more than threads that could poll them.
    called: Vec<u64>,
}

impl Turns {
    /// Gives it what the rounds since have brought, or begins anew where none are counted.
    fn settle(&mut self, (round, counting): (u64, bool), now: Mark) {
        if counting {
            let rounds = i64::try_from(round.saturating_sub(self.round)).unwrap_or(i64::MAX);
            self.spent = self.spent.saturating_sub(rounds.saturating_mul(SPAN)).max(-SAVED);
        } else if now.since(self.since) > WINDOW {
            (self.spent, self.since) = (-SAVED, now);
        }
        self.round = round;
    }

    /// Calls those that wait the longest, if something is left and there are threads for them.
    fn call(&mut self, threads: usize) -> Vec<Waker> {
        let free = if self.spent < 0 { threads.saturating_sub(self.called.len()) } else { 0 };
        let next = self.waiting.drain(..free.min(self.waiting.len()));
        let called = next.map(|(ticket, waker)| {
            self.called.push(ticket);
            waker
        });
        called.collect()
    }

    fn has_waiting(&self) -> bool {
        !self.waiting.is_empty() || !self.called.is_empty()
    }
}

impl Shares {
    pub(super) fn new(clock: Arc<dyn Clock>, threads: usize) -> Self {
        Self { clock, threads, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The share of a name; `adder` adds the task that counts rounds.
    pub(super) fn of(self: &Arc<Self>, name: &str, adder: TaskAdder) -> Share {
        let mut state = self.state();
        let State { names, all, .. } = &mut *state;
        let number = match names.get(name) {
            Some(number) => *number,
            None => {
                all.push(Turns::default());
                names.insert(name.into(), all.len() - 1);
                all.len() - 1
            }
        };
        drop(state);
        Share { shares: Arc::clone(self), number, adder }
    }

    /// Counts rounds until nobody waits.
    async fn rounds(self: Arc<Self>) {
        let (mut looked, mut called) = (Mark::default(), 0);
        loop {
            let now = self.clock.mark();
            // Beside other threads, who may hold all turns, nobody goes round and round.
            if now.since(looked) < LOOK && (called > 0 || self.threads == 1) {
                behind().await;
            } else {
                // Ready again once all that is ready now has been polled, and the sockets have been looked at.
                tokio::task::yield_now().await;
                looked = now;
            }
            let Some(next) = self.begin_round() else { return };
            called = next.len();
            next.into_iter().for_each(Waker::wake);
        }
    }

    /// Gives each share its span, and whom it calls by it; none if nobody waits.
    fn begin_round(&self) -> Option<Vec<Waker>> {
        let now = self.clock.mark();
        let mut called = Vec::new();
        let mut state = self.state();
        let State { all, waited, round, counting, .. } = &mut *state;
        *round += 1;
        waited.retain(|number| {
            let Some(turns) = all.get_mut(*number).filter(|turns| turns.has_waiting()) else { return false };
            turns.settle((*round, true), now);
            called.extend(turns.call(self.threads));
            true
        });
        *counting = !waited.is_empty();
        counting.then_some(called)
    }
}

/// Ready again once all that is ready now has been polled.
async fn behind() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        // Who wakes itself while it is polled stands behind all that is ready.
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// For whom tasks work. Cheap to clone.
#[derive(Clone)]
pub struct Share {
    shares: Arc<Shares>,
    number: usize,
    adder: TaskAdder,
}

impl Share {
    /// A task that is polled in the turns of this share.
    #[must_use]
    pub fn task(&self, task: BoxFuture<'static, ()>) -> Shared {
        Shared { share: self.clone(), task, ticket: None }
    }

    /// Whether a task may be polled now; else it is woken when it is its turn.
    fn may(&self, ticket: &mut Option<u64>, waker: &Waker, now: Mark) -> bool {
        let mut state = self.shares.state();
        let State { all, waited, last, other, round, counting, tickets, .. } = &mut *state;
        if last.replace(self.number).is_some_and(|last| last != self.number) {
            *other = Some(now);
        }
        let alone = other.is_none_or(|other| now.since(other) > LATELY);
        let Some(turns) = all.get_mut(self.number) else { return true };
        turns.settle((*round, *counting), now);
        let called = ticket.and_then(|ticket| turns.called.iter().position(|known| *known == ticket));
        if called.is_some() || alone || turns.spent < 0 && !turns.has_waiting() {
            if let Some(place) = called {
                turns.called.swap_remove(place);
            } else if let Some(ticket) = *ticket {
                turns.waiting.retain(|(known, _)| *known != ticket);
            }
            *ticket = None;
            return true;
        }
        let known = ticket.and_then(|ticket| turns.waiting.iter_mut().find(|(known, _)| *known == ticket));
        if let Some((_, known)) = known {
            known.clone_from(waker);
            return false;
        }
        *tickets += 1;
        *ticket = Some(*tickets);
        turns.waiting.push_back((*tickets, waker.clone()));
        if !waited.contains(&self.number) {
            waited.push(self.number);
        }
        let begins = !std::mem::replace(counting, true);
        drop(state);
        if begins {
            self.adder.spawn(Arc::clone(&self.shares).rounds());
        }
        false
    }

    /// A task was polled for so long, or is no more: the next may come.
    fn polled(&self, took: Duration, gone: Option<u64>) {
        let mut state = self.shares.state();
        let Some(turns) = state.all.get_mut(self.number) else { return };
        let took = i64::try_from(took.as_nanos()).unwrap_or(i64::MAX);
        turns.spent = turns.spent.saturating_add(took).min(DEBT);
        if let Some(gone) = gone {
            turns.waiting.retain(|(known, _)| *known != gone);
            turns.called.retain(|called| *called != gone);
        }
        let called = turns.call(self.shares.threads);
        drop(state);
        called.into_iter().for_each(Waker::wake);
    }
}

/// A task in the turns of a share.
pub struct Shared {
    share: Share,
    task: BoxFuture<'static, ()>,
    /// Its place among those that wait for their turn.
    ticket: Option<u64>,
}

impl Future for Shared {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Self { share, task, ticket } = &mut *self;
        let from = share.shares.clock.mark();
        if !share.may(ticket, context.waker(), from) {
            return Poll::Pending;
        }
        let polled = task.as_mut().poll(context);
        share.polled(share.shares.clock.mark().since(from), None);
        polled
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.share.polled(Duration::ZERO, Some(ticket));
        }
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Share").field("number", &self.number).finish_non_exhaustive()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("share", &self.share).finish_non_exhaustive()
    }
}
