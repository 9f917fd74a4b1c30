//! What the lines of one link share: who is up, what waits, and which line an exchange goes to.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, oneshot};

use super::{Hold, LineEvent, LineHandler, Request, TcpClientConfig};
use crate::counts::LinkCounts;
use crate::outcome::{Cause, CauseKind, Exchanged};
use crate::world::{Core, Mark};

/// Who has a job: whoever sets it first, a line that begins to send or the caller that gives up.
#[derive(Clone, Default)]
pub(super) struct Claim(Arc<AtomicBool>);

impl Claim {
    /// True for the first one only.
    pub(super) fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// An exchange on its way to a line.
pub(super) struct Job {
    pub(super) request: Request,
    /// A reply is due; else the verdict is an empty reply once the socket has taken all.
    pub(super) reply: bool,
    pub(super) verdict: oneshot::Sender<Exchanged>,
    pub(super) claim: Claim,
    /// It belongs to the connection that its line has, and is said on no other: a beat, a sign-in.
    pub(super) bound: bool,
}

impl Job {
    pub(super) fn new(
        request: Request,
        (reply, bound): (bool, bool),
        verdict: oneshot::Sender<Exchanged>,
    ) -> (Self, Claim) {
        let claim = Claim::default();
        (Self { request, reply, verdict, claim: claim.clone(), bound }, claim)
    }

    /// Fails a job that no line has begun. A caller that gave up does not listen.
    fn fail(self, cause: Cause) {
        if self.claim.take() {
            self.verdict.send(Exchanged::NotSent(cause)).unwrap_or_default();
        }
    }
}

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No connection; none is tried before the mark.
    Down { until: Mark },
    /// Being connected.
    Connecting,
    /// Connected, for exchanges of its own only.
    SigningIn,
    /// Connected.
    Up,
}

struct Seat {
    phase: Phase,
    /// The number of its connection; 0 while it has none.
    connection: u64,
    /// Jobs given to this line and not yet begun.
    own: VecDeque<Job>,
    /// Exchanges given to this line and not yet ended, begun or not.
    busy: usize,
    close: Option<Cause>,
}

struct Pool {
    queue: VecDeque<Job>,
    seats: Vec<Seat>,
    last: Option<Cause>,
    stopped: bool,
}

/// What the handle and the lines of one link share.
pub(super) struct Shared {
    pub(super) core: Core,
    pub(super) config: TcpClientConfig,
    pub(super) events: LineHandler,
    pub(super) counts: Arc<LinkCounts>,
    /// Bounds connections of one exchange.
    pub(super) singles: Semaphore,
    window: usize,
    eager: AtomicBool,
    bells: Vec<Notify>,
    ended: Notify,
    pool: Mutex<Pool>,
}

impl Shared {
    pub(super) fn new(core: Core, config: TcpClientConfig, events: LineHandler) -> Self {
        let (lines, window, singles) = match &config.hold {
            Hold::None { most } => (0, 0, (*most).max(1)),
            Hold::OneEach { connections } => ((*connections).max(1), 1, 0),
            Hold::ManyEach { connections, most, .. } => ((*connections).max(1), (*most).max(1), 0),
        };
        let phase = Phase::Down { until: Mark(0) };
        let seat = || Seat { phase, connection: 0, own: VecDeque::new(), busy: 0, close: None };
        let seats = std::iter::repeat_with(seat).take(lines).collect();
        let eager = AtomicBool::new(config.eager);
        let pool = Pool { queue: VecDeque::new(), seats, last: None, stopped: false };
        Self {
            core,
            config,
            events,
            counts: Arc::default(),
            singles: Semaphore::new(singles.min(Semaphore::MAX_PERMITS)),
            window,
            eager,
            bells: std::iter::repeat_with(Notify::new).take(lines).collect(),
            ended: Notify::new(),
            pool: Mutex::new(pool),
        }
    }

    pub(super) fn lines(&self) -> usize {
        self.bells.len()
    }

    pub(super) fn window(&self) -> usize {
        self.window
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self, line: usize) {
        if let Some(bell) = self.bells.get(line) {
            bell.notify_one();
        }
    }

    /// Waits until something was given to the line, or asked of it.
    pub(super) async fn rung(&self, line: usize) {
        match self.bells.get(line) {
            Some(bell) => bell.notified().await,
            None => std::future::pending().await,
        }
    }

    pub(super) fn tell(&self, event: LineEvent) {
        (self.events)(event);
    }

    /// Gives a job to a free line, or puts it in the queue, or says why neither can be.
    pub(super) fn place(&self, line: Option<usize>, job: Job) -> Result<(), Cause> {
        let mut pool = self.pool();
        if pool.stopped {
            return Err(Cause::new(CauseKind::Stopped));
        }
        match line {
            Some(line) => self.place_on(&mut pool, line, job),
            None => self.place_anywhere(&mut pool, job),
        }
    }

    fn place_on(&self, pool: &mut Pool, line: usize, job: Job) -> Result<(), Cause> {
        let last = pool.last.clone();
        match pool.seats.get_mut(line) {
            Some(seat) if matches!(seat.phase, Phase::Up | Phase::SigningIn) => {
                if seat.own.len() >= self.config.waiting {
                    return Err(Cause::new(CauseKind::Busy));
                }
                seat.own.push_back(job);
                seat.busy += 1;
                self.ring(line);
                Ok(())
            }
            _ => Err(down(last)),
        }
    }

    fn place_anywhere(&self, pool: &mut Pool, job: Job) -> Result<(), Cause> {
        let free = pool
            .seats
            .iter()
            .enumerate()
            .filter(|(_, seat)| seat.phase == Phase::Up && seat.busy < self.window)
            .min_by_key(|(_, seat)| seat.busy)
            .map(|(line, _)| line);
        if let Some((line, seat)) = free.and_then(|line| Some((line, pool.seats.get_mut(line)?))) {
            seat.own.push_back(job);
            seat.busy += 1;
            self.ring(line);
            return Ok(());
        }
        let woken = self.wake_one(pool);
        if !woken && pool.seats.iter().all(|seat| matches!(seat.phase, Phase::Down { .. })) {
            return Err(down(pool.last.clone()));
        }
        if pool.queue.len() >= self.config.waiting {
            return Err(Cause::new(CauseKind::Busy));
        }
        pool.queue.push_back(job);
        self.counts.waiting.up();
        Ok(())
    }

    /// Asks a line that may be connected to connect.
    fn wake_one(&self, pool: &mut Pool) -> bool {
        let now = self.core.mark();
        let sleeping = |seat: &Seat| matches!(seat.phase, Phase::Down { until } if until <= now);
        let Some(line) = pool.seats.iter().position(sleeping) else { return false };
        if let Some(seat) = pool.seats.get_mut(line) {
            seat.phase = Phase::Connecting;
        }
        self.ring(line);
        true
    }

    /// Whether lines connect by themselves.
    pub(super) fn is_eager(&self) -> bool {
        self.eager.load(Ordering::Acquire)
    }

    /// Lets lines connect by themselves, or only when wanted.
    pub(super) fn keep_up(&self, eager: bool) {
        self.eager.store(eager, Ordering::Release);
        (0..self.lines()).for_each(|line| self.ring(line));
    }

    /// True if the line has been asked to connect.
    pub(super) fn wanted(&self, line: usize) -> bool {
        self.pool().seats.get(line).is_some_and(|seat| seat.phase == Phase::Connecting)
    }

    /// An eager line begins to connect by itself.
    pub(super) fn connecting(&self, line: usize) {
        if let Some(seat) = self.pool().seats.get_mut(line) {
            seat.phase = Phase::Connecting;
        }
    }

    /// The line is connected.
    pub(super) fn up(&self, line: usize) {
        let connection = self.core.connection();
        {
            let mut pool = self.pool();
            if let Some(seat) = pool.seats.get_mut(line) {
                seat.phase = if self.config.sign_in { Phase::SigningIn } else { Phase::Up };
                seat.connection = connection;
                seat.close = None;
            }
            self.refill(&mut pool, line);
        }
        self.counts.connected.up();
        self.counts.open.up();
        self.tell(LineEvent::Up { line, connection });
    }

    /// Whether the line takes any exchange: it is connected, and signed in where that must be.
    pub(super) fn is_open(&self, line: usize) -> bool {
        self.pool().seats.get(line).is_some_and(|seat| seat.phase == Phase::Up)
    }

    /// The number of a line's connection, while it has one.
    pub(super) fn connection(&self, line: usize) -> Option<u64> {
        self.pool().seats.get(line).map(|seat| seat.connection).filter(|connection| *connection > 0)
    }

    /// A line that was signing in on this connection takes any exchange.
    pub(super) fn open(&self, line: usize, connection: u64) {
        let mut pool = self.pool();
        let signs_in = |seat: &&mut Seat| seat.phase == Phase::SigningIn && seat.connection == connection;
        if let Some(seat) = pool.seats.get_mut(line).filter(signs_in) {
            seat.phase = Phase::Up;
            self.refill(&mut pool, line);
            self.ring(line);
        }
    }

    /// Asks a connected line to close; where a connection is named, while it has that one.
    pub(super) fn close(&self, line: usize, connection: Option<u64>, cause: Cause) {
        let mut pool = self.pool();
        let connected = |seat: &&mut Seat| {
            matches!(seat.phase, Phase::Up | Phase::SigningIn)
                && connection.is_none_or(|connection| connection == seat.connection)
        };
        if let Some(seat) = pool.seats.get_mut(line).filter(connected) {
            seat.close = Some(cause);
            self.ring(line);
        }
    }

    pub(super) fn asked_to_close(&self, line: usize) -> Option<Cause> {
        self.pool().seats.get_mut(line)?.close.take()
    }

    /// Moves jobs from the queue to a line that has room.
    fn refill(&self, pool: &mut Pool, line: usize) {
        let Some(seat) = pool.seats.get_mut(line).filter(|seat| seat.phase == Phase::Up) else { return };
        while seat.busy < self.window {
            let Some(job) = pool.queue.pop_front() else { break };
            self.counts.waiting.down();
            seat.own.push_back(job);
            seat.busy += 1;
        }
    }

    /// The next job of a line, claimed: from now on the line owes its verdict.
    pub(super) fn next(&self, line: usize) -> Option<Job> {
        let mut pool = self.pool();
        loop {
            let seat = pool.seats.get_mut(line)?;
            let job = seat.own.pop_front()?;
            if job.claim.take() {
                return Some(job);
            }
            seat.busy = seat.busy.saturating_sub(1);
            self.refill(&mut pool, line);
        }
    }

    /// An exchange of the line has ended. Rings it if another came to it.
    pub(super) fn ended(&self, line: usize) {
        let mut pool = self.pool();
        if let Some(seat) = pool.seats.get_mut(line) {
            seat.busy = seat.busy.saturating_sub(1);
        }
        self.refill(&mut pool, line);
        if pool.seats.get(line).is_some_and(|seat| !seat.own.is_empty()) {
            self.ring(line);
        }
        if pool.stopped {
            self.ended.notify_waiters();
        }
    }

    /// The line has no connection and rests for `pause`. What it had not begun goes back to the queue, save what belonged to this
    /// connection; if no line is left that could take it, all that waits fails.
    pub(super) fn down(&self, line: usize, was_up: bool, pause: Duration, cause: &Cause) {
        let mut failed = VecDeque::new();
        let mut connection = 0;
        {
            let mut pool = self.pool();
            pool.last = Some(cause.clone());
            let until = self.core.mark().after(pause);
            if let Some(seat) = pool.seats.get_mut(line) {
                seat.phase = Phase::Down { until };
                connection = std::mem::take(&mut seat.connection);
                seat.busy = 0;
                seat.close = None;
                let own = std::mem::take(&mut seat.own);
                let mut back: VecDeque<Job>;
                (failed, back) = own.into_iter().partition(|job| job.bound);
                back.iter().for_each(|_| self.counts.waiting.up());
                back.append(&mut pool.queue);
                pool.queue = back;
            }
            self.find_taker(&mut pool, &mut failed);
            if pool.stopped {
                self.ended.notify_waiters();
            }
        }
        failed.into_iter().for_each(|job| job.fail(cause.clone()));
        if was_up {
            self.counts.open.down();
        } else {
            self.counts.connect_failed.up();
        }
        self.tell(LineEvent::Down { line, connection, cause: cause.clone() });
    }

    fn find_taker(&self, pool: &mut Pool, failed: &mut VecDeque<Job>) {
        for line in 0..pool.seats.len() {
            self.refill(pool, line);
            self.ring(line);
        }
        let nobody = pool.seats.iter().all(|seat| matches!(seat.phase, Phase::Down { .. }));
        if !pool.queue.is_empty() && nobody && !self.wake_one(pool) {
            pool.queue.iter().for_each(|_| self.counts.waiting.down());
            failed.append(&mut pool.queue);
        }
    }

    /// Takes no more exchanges.
    pub(super) fn stop(&self) {
        self.pool().stopped = true;
        self.singles.close();
    }

    /// Waits until nothing waits and nothing is under way.
    pub(super) async fn at_rest(&self) {
        loop {
            let ended = self.ended.notified();
            let mut ended = std::pin::pin!(ended);
            ended.as_mut().enable();
            let busy = {
                let pool = self.pool();
                !pool.queue.is_empty() || pool.seats.iter().any(|seat| seat.busy > 0)
            };
            if !busy {
                return;
            }
            ended.await;
        }
    }

    pub(super) fn waiting(self: &Arc<Self>, claim: Claim) -> Waiting {
        Waiting { shared: Arc::clone(self), claim }
    }
}

fn down(last: Option<Cause>) -> Cause {
    last.map_or_else(|| Cause::new(CauseKind::Down), |last| Cause::told(CauseKind::Down, last))
}

/// A caller that waits. When it goes, its job is taken out of the queue if no line has begun it.
pub(super) struct Waiting {
    shared: Arc<Shared>,
    claim: Claim,
}

impl Waiting {
    /// True if no line has begun the job: then none will.
    pub(super) fn give_up(&self) -> bool {
        let first = self.claim.take();
        if first {
            let mut pool = self.shared.pool();
            let before = pool.queue.len();
            pool.queue.retain(|job| !Arc::ptr_eq(&job.claim.0, &self.claim.0));
            if pool.queue.len() < before {
                self.shared.counts.waiting.down();
            }
            if pool.stopped {
                self.shared.ended.notify_waiters();
            }
        }
        first
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.give_up();
    }
}
