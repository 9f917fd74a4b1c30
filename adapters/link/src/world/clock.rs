//! Time: a wall moment, a monotonic mark, and sleeping until a mark.
//!
//! For: every wait and every time stamp. In: the system clock, or a pace or hand that replaces it.
//! Out: [`Moment`] (what a calendar is asked about) and [`Mark`] (what limits are counted in).
//! Must not know: calendars, business dates.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::BoxFuture;

/// A moment of wall time: microseconds since 1970-01-01T00:00:00Z. May step back when a clock is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// Microseconds since the epoch.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0
    }
}

/// A mark of monotonic time: nanoseconds since the clock began. Only marks of one clock may be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mark(pub u64);

impl Mark {
    /// A mark that is never reached.
    pub const NEVER: Mark = Mark(u64::MAX);

    /// The mark that lies `span` later; [`Mark::NEVER`] if there is none.
    #[must_use]
    pub fn after(self, span: Duration) -> Mark {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Mark(self.0.saturating_add(nanos))
    }

    /// The span from `earlier` to this mark; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Mark) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// A wait that a clock gave out.
pub type Sleep = BoxFuture<'static, ()>;

/// A source of time.
pub trait Clock: Send + Sync + 'static {
    /// The wall moment now.
    fn now(&self) -> Moment;
    /// The monotonic mark now.
    fn mark(&self) -> Mark;
    /// A future that is ready when `at` has come, never before.
    fn sleep_until(&self, at: Mark) -> Sleep;
    /// How long a span of this clock is outside: for what the system itself waits for.
    fn outside(&self, span: Duration) -> Duration {
        span
    }
}

/// The system's clock. Its marks follow tokio's time, so a paused runtime pauses them too.
#[derive(Debug)]
pub struct RealClock {
    zero: Instant,
}

impl RealClock {
    /// A clock whose marks begin now.
    #[must_use]
    pub fn new() -> Self {
        Self { zero: Instant::now() }
    }
}

impl Default for RealClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for RealClock {
    fn now(&self) -> Moment {
        let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |m| -m),
        };
        Moment(micros)
    }

    fn mark(&self) -> Mark {
        Mark(nanos(self.zero.elapsed()))
    }

    fn sleep_until(&self, at: Mark) -> Sleep {
        sleep_from(self.zero, at.0)
    }
}

/// A clock that starts at a chosen moment, runs `speed` times as fast as tokio's time, and can be moved on by hand.
///
/// With speed 1 under a paused runtime it is the clock of a simulated day: moments and marks move together.
#[derive(Clone, Debug)]
pub struct ScaledClock {
    shared: Arc<Scaled>,
}

#[derive(Debug)]
struct Scaled {
    zero: Instant,
    start: Moment,
    speed: u32,
    /// Nanoseconds by which the clock was moved on.
    ahead: AtomicU64,
    moved: Notify,
}

impl Scaled {
    fn mark(&self) -> Mark {
        let run = nanos(self.zero.elapsed()).saturating_mul(u64::from(self.speed));
        Mark(run.saturating_add(self.ahead.load(Ordering::SeqCst)))
    }

    /// Sleeps until the mark; a move wakes it to look again.
    async fn sleep(self: Arc<Self>, at: Mark) {
        loop {
            let moved = self.moved.notified();
            let left = at.0.saturating_sub(self.ahead.load(Ordering::SeqCst));
            if self.mark() >= at {
                return;
            }
            tokio::select! {
                biased;
                () = moved => {}
                () = sleep_from(self.zero, left.div_ceil(u64::from(self.speed))) => {}
            }
        }
    }
}

impl ScaledClock {
    /// A clock that shows `start` now and runs `speed` times faster (at least once).
    #[must_use]
    pub fn new(start: Moment, speed: u32) -> Self {
        let (ahead, moved) = (AtomicU64::new(0), Notify::new());
        Self { shared: Arc::new(Scaled { zero: Instant::now(), start, speed: speed.max(1), ahead, moved }) }
    }

    /// Moves the clock on by `span` and wakes all whose mark has come.
    pub fn advance(&self, span: Duration) {
        self.shared.ahead.fetch_add(nanos(span), Ordering::SeqCst);
        self.shared.moved.notify_waiters();
    }
}

impl Clock for ScaledClock {
    fn now(&self) -> Moment {
        let micros = i64::try_from(self.mark().0 / 1_000).unwrap_or(i64::MAX);
        Moment(self.shared.start.0.saturating_add(micros))
    }

    fn mark(&self) -> Mark {
        self.shared.mark()
    }

    fn sleep_until(&self, at: Mark) -> Sleep {
        Box::pin(Arc::clone(&self.shared).sleep(at))
    }

    fn outside(&self, span: Duration) -> Duration {
        span / self.shared.speed
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

fn sleep_from(zero: Instant, nanos: u64) -> Sleep {
    match zero.checked_add(Duration::from_nanos(nanos)) {
        Some(at) => Box::pin(tokio::time::sleep_until(at)),
        None => Box::pin(std::future::pending()),
    }
}

/// A clock that stands until it is moved by hand; for tests that must decide when a limit passes.
#[derive(Clone, Debug)]
pub struct ManualClock {
    shared: Arc<Manual>,
}

#[derive(Debug)]
struct Manual {
    start: Moment,
    now: AtomicU64,
    next: AtomicU64,
    sleepers: Mutex<BTreeMap<(u64, u64), Waker>>,
    slept: Notify,
}

impl Manual {
    fn sleepers(&self) -> MutexGuard<'_, BTreeMap<(u64, u64), Waker>> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ManualClock {
    /// A clock that shows `start` and stands.
    #[must_use]
    pub fn new(start: Moment) -> Self {
        Self {
            shared: Arc::new(Manual {
                start,
                now: AtomicU64::new(0),
                next: AtomicU64::new(0),
                sleepers: Mutex::new(BTreeMap::new()),
                slept: Notify::new(),
            }),
        }
    }

    /// Moves the clock on by `span` and wakes all whose mark has come.
    pub fn advance(&self, span: Duration) {
        let now = self.shared.now.fetch_add(nanos(span), Ordering::SeqCst).saturating_add(nanos(span));
        let mut sleepers = self.shared.sleepers();
        let later = sleepers.split_off(&(now.saturating_add(1), 0));
        let due = std::mem::replace(&mut *sleepers, later);
        drop(sleepers);
        due.into_values().for_each(Waker::wake);
    }

    /// The earliest mark that somebody sleeps for.
    #[must_use]
    pub fn earliest(&self) -> Option<Mark> {
        self.shared.sleepers().first_key_value().map(|((at, _), _)| Mark(*at))
    }

    /// Waits until somebody sleeps for a mark; gives the earliest one.
    pub async fn next_sleeper(&self) -> Mark {
        loop {
            let slept = self.shared.slept.notified();
            if let Some(((at, _), _)) = self.shared.sleepers().first_key_value() {
                return Mark(*at);
            }
            slept.await;
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        let micros = i64::try_from(self.mark().0 / 1_000).unwrap_or(i64::MAX);
        Moment(self.shared.start.0.saturating_add(micros))
    }

    fn mark(&self) -> Mark {
        Mark(self.shared.now.load(Ordering::SeqCst))
    }

    fn sleep_until(&self, at: Mark) -> Sleep {
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed);
        Box::pin(ManualSleep { shared: Arc::clone(&self.shared), key: (at.0, id) })
    }
}

struct ManualSleep {
    shared: Arc<Manual>,
    key: (u64, u64),
}

impl Future for ManualSleep {
    type Output = ();

    fn poll(self: std::pin::Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut sleepers = self.shared.sleepers();
        if self.shared.now.load(Ordering::SeqCst) >= self.key.0 {
            return Poll::Ready(());
        }
        sleepers.insert(self.key, context.waker().clone());
        drop(sleepers);
        self.shared.slept.notify_waiters();
        Poll::Pending
    }
}

impl Drop for ManualSleep {
    fn drop(&mut self) {
        self.shared.sleepers().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_sleep_ends_when_its_mark_has_come() {
        let clock = ManualClock::new(Moment(5));
        let sleeper = tokio::spawn(clock.sleep_until(clock.mark().after(Duration::from_secs(3))));
        assert_eq!(clock.next_sleeper().await, Mark(3_000_000_000));
        clock.advance(Duration::from_secs(2));
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1));
        sleeper.await.unwrap();
        assert_eq!(clock.now(), Moment(3_000_005));
    }

    #[tokio::test]
    async fn a_scaled_clock_sleeps_a_fraction() {
        let clock = ScaledClock::new(Moment(0), 100_000);
        let began = Instant::now();
        clock.sleep_until(clock.mark().after(Duration::from_secs(600))).await;
        assert!(began.elapsed() < Duration::from_secs(5));
        assert!(clock.now() >= Moment(600_000_000));
        assert_eq!(clock.outside(Duration::from_secs(600)), Duration::from_millis(6));
    }

    #[tokio::test]
    async fn a_scaled_clock_is_moved_on_by_hand() {
        let clock = ScaledClock::new(Moment(0), 1);
        let hour = clock.mark().after(Duration::from_secs(3_600));
        let sleeper = tokio::spawn(clock.sleep_until(hour));
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(1_800));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1_800));
        sleeper.await.unwrap();
        assert!(clock.now() >= Moment(3_600_000_000));
    }
}
