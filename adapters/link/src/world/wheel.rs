//! Time limits by the slot: coarse, cheap, and without a tick.
//!
//! For: the limits of thousands of exchanges and connections. In: marks. Out: [`Deadline`] futures that are
//! ready at the end of the 100 ms slot in which their mark lies, never before the mark. The driver sleeps until
//! the next occupied slot, so an idle day costs nothing. Must not know: what is limited.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;

use super::{Clock, Mark};

/// Nanoseconds of one slot.
const SLOT: u64 = 100_000_000;

#[derive(Clone)]
pub(crate) struct Wheel {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    slots: Mutex<BTreeMap<u64, Arc<Slot>>>,
    earlier: Notify,
}

#[derive(Default)]
struct Slot {
    fired: AtomicBool,
    waiters: Mutex<Waiters>,
}

#[derive(Default)]
struct Waiters {
    wakers: Vec<Option<Waker>>,
    free: Vec<usize>,
}

impl Slot {
    fn waiters(&self) -> MutexGuard<'_, Waiters> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fire(&self) {
        let wakers = {
            let mut waiters = self.waiters();
            self.fired.store(true, Ordering::Release);
            std::mem::take(&mut waiters.wakers)
        };
        wakers.into_iter().flatten().for_each(Waker::wake);
    }
}

impl Wheel {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { inner: Arc::new(Inner { clock, slots: Mutex::new(BTreeMap::new()), earlier: Notify::new() }) }
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Slot>>> {
        self.inner.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A limit at this mark.
    pub(crate) fn at(&self, mark: Mark) -> Deadline {
        if mark == Mark::NEVER {
            return Deadline { slot: None, place: None };
        }
        let number = mark.0.div_ceil(SLOT);
        let mut slots = self.slots();
        let first = slots.first_key_value().map(|(first, _)| *first);
        let slot = Arc::clone(slots.entry(number).or_default());
        drop(slots);
        if first.is_none_or(|first| number < first) {
            self.inner.earlier.notify_one();
        }
        Deadline { slot: Some(slot), place: None }
    }

    /// Fires slots as their time comes; runs as one task of the core.
    pub(crate) async fn drive(self) {
        loop {
            let next = self.slots().first_key_value().map(|(number, _)| *number);
            let earlier = self.inner.earlier.notified();
            match next {
                None => earlier.await,
                Some(number) => {
                    let due = Mark(number.saturating_mul(SLOT));
                    tokio::select! {
                        biased;
                        () = self.inner.clock.sleep_until(due) => self.fire_due(),
                        () = earlier => {}
                    }
                }
            }
        }
    }

    fn fire_due(&self) {
        let now = self.inner.clock.mark().0 / SLOT;
        let due = {
            let mut slots = self.slots();
            let later = slots.split_off(&now.saturating_add(1));
            std::mem::replace(&mut *slots, later)
        };
        for slot in due.into_values() {
            slot.fire();
        }
    }
}

/// A future that is ready when its mark has passed, at most a tenth of a second late.
pub struct Deadline {
    slot: Option<Arc<Slot>>,
    place: Option<usize>,
}

impl std::fmt::Debug for Deadline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deadline").finish_non_exhaustive()
    }
}

impl Future for Deadline {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(slot) = self.slot.clone() else { return Poll::Pending };
        if slot.fired.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        let mut waiters = slot.waiters();
        if slot.fired.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        let place = self.place.or_else(|| waiters.free.pop()).unwrap_or(waiters.wakers.len());
        match waiters.wakers.get_mut(place) {
            Some(Some(waker)) => waker.clone_from(context.waker()),
            Some(empty) => *empty = Some(context.waker().clone()),
            None => waiters.wakers.push(Some(context.waker().clone())),
        }
        self.place = Some(place);
        Poll::Pending
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        let (Some(slot), Some(place)) = (&self.slot, self.place) else { return };
        let mut waiters = slot.waiters();
        if let Some(waker) = waiters.wakers.get_mut(place) {
            *waker = None;
            waiters.free.push(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Core, ManualClock, Moment, World};
    use super::*;

    #[tokio::test]
    async fn limits_fire_in_order_and_never_early() {
        let clock = ManualClock::new(Moment(0));
        let core = Core::start(World::with_clock(Arc::new(clock.clone())));
        let late = tokio::spawn(core.deadline(clock.mark().after(Duration::from_millis(950))));
        assert_eq!(clock.next_sleeper().await, Mark(1_000_000_000));
        let soon = tokio::spawn(core.deadline(clock.mark().after(Duration::from_millis(250))));
        while clock.next_sleeper().await != Mark(300_000_000) {
            tokio::task::yield_now().await;
        }
        clock.advance(Duration::from_millis(300));
        soon.await.unwrap();
        assert!(!late.is_finished());
        clock.advance(Duration::from_millis(700));
        late.await.unwrap();
    }

    #[tokio::test]
    async fn places_of_dropped_limits_are_used_again() {
        let clock = ManualClock::new(Moment(0));
        let wheel = Wheel::new(Arc::new(clock));
        for _ in 0..1_000 {
            let mut limit = Box::pin(wheel.at(Mark(50)));
            assert!(futures_poll(limit.as_mut()).is_pending());
        }
        let slot = Arc::clone(wheel.slots().first_key_value().unwrap().1);
        assert_eq!(slot.waiters().wakers.len(), 1);
    }

    fn futures_poll(future: Pin<&mut Deadline>) -> Poll<()> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }
}
