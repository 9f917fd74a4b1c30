//! The writer thread: a bounded queue before a store, with lanes. It drains what waits without lingering, gives
//! the store at most 256 writes at a time, and hands each its verdict. What arrives during one sync goes with the
//! next.
//!
//! It knows no runtime: a reply is a boxed closure, which an async caller fills with the sending half of a channel.

use crate::write::{Change, Fatal, Lane, Store, Verdict, Write};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// What is called with a write's verdict, on the writer's thread: it must be short and must not block.
pub type Reply = Box<dyn FnOnce(Result<Verdict, Fatal>) + Send>;

/// Bounds of the queue.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most writes that wait.
    pub writes: usize,
    /// The most bytes that wait, counted by what the writes carry.
    pub bytes: usize,
    /// The most writes of one commit.
    pub group: usize,
    /// Of 100 parts of the queue, how many asks may fill; the rest is for outcomes.
    pub ask_share: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { writes: 4_096, bytes: 16 << 20, group: 256, ask_share: 75 }
    }
}

/// A write that found no room in the queue, or no writer; it is handed back with its reply, which was not called.
pub struct Busy {
    /// The write.
    pub write: Write,
    /// Its reply.
    pub reply: Reply,
    /// True if the writer has ended for good, so that waiting is in vain.
    pub ended: bool,
}

impl std::fmt::Debug for Busy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Busy").field("lane", &self.write.lane).field("ended", &self.ended).finish()
    }
}

struct Waiting {
    write: Write,
    reply: Reply,
    bytes: usize,
}

#[derive(Default)]
struct Queue {
    outcomes: VecDeque<Waiting>,
    asks: VecDeque<Waiting>,
    lazy: VecDeque<Waiting>,
    bytes: usize,
    closing: bool,
    fatal: Option<Fatal>,
}

impl Queue {
    fn len(&self) -> usize {
        self.outcomes.len() + self.asks.len() + self.lazy.len()
    }

    /// Outcomes first; a quarter of each group is kept for asks, so that neither lane can starve the other.
    fn drain(&mut self, most: usize, out: &mut Vec<Waiting>) {
        let asks = self.asks.len().min(most / 4);
        let outcomes = self.outcomes.len().min(most - asks);
        out.extend(self.outcomes.drain(..outcomes));
        let room = most - out.len();
        out.extend(self.asks.drain(..self.asks.len().min(room)));
        let room = most - out.len();
        out.extend(self.lazy.drain(..self.lazy.len().min(room)));
        let taken: usize = out.iter().map(|waiting| waiting.bytes).sum();
        self.bytes = self.bytes.saturating_sub(taken);
    }
}

struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
    limits: Limits,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handle of a writer thread; cheap to clone. The thread ends when the last handle is dropped, after what waits
/// is written.
#[derive(Clone)]
pub struct Writer {
    shared: Arc<Shared>,
    /// Ends the thread with the last handle.
    _thread: Option<Arc<Thread>>,
    /// Without a thread: the store that each caller commits to.
    here: Option<Arc<Mutex<Here>>>,
    epoch: u64,
}

/// The store of a writer without a thread.
struct Here {
    store: Box<dyn Store>,
    /// What was committed while its answer could not come.
    answered: Vec<(Reply, Verdict)>,
}

struct Thread {
    shared: Arc<Shared>,
    handle: Option<JoinHandle<()>>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.filled.notify_all();
        if let Some(handle) = self.handle.take()
            && handle.thread().id() != std::thread::current().id()
        {
            let _ended = handle.join();
        }
    }
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(store: Box<dyn Store>, limits: Limits) -> std::io::Result<Self> {
        let epoch = store.epoch();
        let shared = Arc::new(Shared { queue: Mutex::new(Queue::default()), filled: Condvar::new(), limits });
        let inner = Arc::clone(&shared);
        let handle = std::thread::Builder::new().name("journal".into()).spawn(move || run(&inner, store))?;
        let thread = Arc::new(Thread { shared: Arc::clone(&shared), handle: Some(handle) });
        Ok(Self { shared, _thread: Some(thread), here: None, epoch })
    }

    /// A writer without a thread: each write is committed by who submits it, before `submit` comes back. For
    /// simulated days, where threads would make two runs of one seed differ. While the store is not reached writes and
    /// answers wait, until [`Writer::tend`] finds it again.
    #[must_use]
    pub fn inline(store: Box<dyn Store>) -> Self {
        let epoch = store.epoch();
        let limits = Limits::default();
        let shared = Arc::new(Shared { queue: Mutex::new(Queue::default()), filled: Condvar::new(), limits });
        let here = Here { store, answered: Vec::new() };
        Self { shared, _thread: None, here: Some(Arc::new(Mutex::new(here))), epoch }
    }

    /// The epoch to put into writes.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Queues a write. The reply is called once, on the writer's thread.
    ///
    /// # Errors
    /// Hands both back when there is no room (an ask is then refused `busy`; anything later is tried again) or the
    /// writer has ended.
    pub fn submit(&self, write: Write, reply: Reply) -> Result<(), Box<Busy>> {
        let bytes = weight(&write);
        let mut queue = self.shared.lock();
        let ended = queue.fatal.is_some() || queue.closing;
        if ended || !has_room(&queue, &self.shared.limits, write.lane, bytes) {
            drop(queue);
            return Err(Box::new(Busy { write, reply, ended }));
        }
        queue.bytes += bytes;
        let lane = match write.lane {
            Lane::Outcome => &mut queue.outcomes,
            Lane::Ask => &mut queue.asks,
            Lane::Lazy => &mut queue.lazy,
        };
        lane.push_back(Waiting { write, reply, bytes });
        drop(queue);
        match &self.here {
            Some(here) => here_and_now(&self.shared, here),
            None => self.shared.filled.notify_one(),
        }
        Ok(())
    }

    /// Queues a write and waits for its verdict: for start-up, commands and tests, never on a reactor's thread.
    ///
    /// # Errors
    /// When the queue is full or the writer has ended ([`Fatal::Ended`]), or the store failed.
    pub fn submit_and_wait(&self, write: Write) -> Result<Verdict, Fatal> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let reply: Reply = Box::new(move |verdict| {
            let _gone = sender.send(verdict);
        });
        match self.submit(write, reply) {
            Ok(()) => receiver.recv().unwrap_or(Err(Fatal::Ended)),
            Err(busy) if busy.ended => Err(Fatal::Ended),
            Err(_) => Ok(Verdict::Full),
        }
    }

    /// Writes that wait, for the metrics.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.lock().len()
    }

    /// Why the writer ended, if it has: the process must end too.
    #[must_use]
    pub fn fatal(&self) -> Option<Fatal> {
        self.shared.lock().fatal.clone()
    }

    /// Of a writer without a thread: writes what waits if the store is reached again, and lets the store tend to itself.
    /// After how long it is to be called again; `None`: never.
    pub fn tend(&self) -> Option<Duration> {
        let here = self.here.as_ref()?;
        here_and_now(&self.shared, here);
        let tended = locked(here).store.tend();
        tended.unwrap_or_else(|fatal| {
            end(&self.shared, &fatal, Vec::new());
            None
        })
    }
}

fn locked(here: &Mutex<Here>) -> MutexGuard<'_, Here> {
    here.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Commits what waits, one write after the other, while the store is reached. Whoever is answered may submit again, so
/// nothing is locked then.
fn here_and_now(shared: &Shared, here: &Mutex<Here>) {
    loop {
        let (mut answers, mut next) = (Vec::new(), Vec::new());
        let mut inner = locked(here);
        let reached = inner.store.reach();
        if reached == Ok(true) {
            answers.append(&mut inner.answered);
            shared.lock().drain(1, &mut next);
        }
        let committed = next.pop().map(|waiting| (inner.store.commit(&[waiting.write]), waiting.reply));
        let mut failed = reached.err().map(|fatal| {
            let unanswered = std::mem::take(&mut inner.answered);
            (fatal, unanswered.into_iter().map(|(reply, _)| reply).collect())
        });
        let idle = committed.is_none();
        match committed {
            Some((Ok(verdicts), reply)) => {
                inner.answered.extend(verdicts.into_iter().next().map(|verdict| (reply, verdict)));
            }
            Some((Err(fatal), reply)) => failed = Some((fatal, vec![reply])),
            None => {}
        }
        drop(inner);
        for (reply, verdict) in answers {
            reply(Ok(verdict));
        }
        if let Some((fatal, replies)) = failed {
            return end(shared, &fatal, replies);
        }
        if idle {
            return;
        }
    }
}

fn has_room(queue: &Queue, limits: &Limits, lane: Lane, bytes: usize) -> bool {
    let share = match lane {
        Lane::Outcome => 100,
        Lane::Ask | Lane::Lazy => limits.ask_share.min(100),
    };
    // Where nothing waits one write of any size finds room: the store takes it as it is, and nobody would ever make more.
    let fits = queue.bytes == 0 || queue.bytes + bytes <= limits.bytes * share / 100;
    queue.len() < limits.writes * share / 100 && fits
}

fn run(shared: &Shared, mut store: Box<dyn Store>) {
    let mut group = Vec::with_capacity(shared.limits.group);
    loop {
        {
            let mut queue = shared.lock();
            if queue.len() == 0 && queue.closing {
                return;
            }
            if queue.len() == 0 {
                drop(queue);
                // Between two groups a busy store tends to itself.
                match store.tend() {
                    Ok(next) => wait(shared, next),
                    Err(fatal) => return end(shared, &fatal, Vec::new()),
                }
                continue;
            }
            queue.drain(shared.limits.group, &mut group);
        }
        let (writes, replies): (Vec<Write>, Vec<Reply>) =
            group.drain(..).map(|waiting| (waiting.write, waiting.reply)).unzip();
        match store.commit(&writes) {
            Ok(verdicts) => {
                for (reply, verdict) in replies.into_iter().zip(verdicts) {
                    reply(Ok(verdict));
                }
            }
            Err(fatal) => return end(shared, &fatal, replies),
        }
    }
}

/// Waits for a write, the end, or the time after which the store wants to be tended.
fn wait(shared: &Shared, most: Option<Duration>) {
    let queue = shared.lock();
    let idle = |queue: &mut Queue| queue.len() == 0 && !queue.closing;
    match most {
        Some(most) => drop(shared.filled.wait_timeout_while(queue, most, idle)),
        None => drop(shared.filled.wait_while(queue, idle)),
    }
}

/// Nothing that waits can be decided any more: everybody is told, and nobody may queue again.
fn end(shared: &Shared, fatal: &Fatal, replies: Vec<Reply>) {
    tracing::error!(%fatal, "the journal cannot go on");
    let rest = {
        let mut queue = shared.lock();
        queue.fatal = Some(fatal.clone());
        let mut rest = Vec::new();
        let all = queue.len();
        queue.drain(all.max(4).saturating_mul(2), &mut rest);
        rest
    };
    for reply in replies.into_iter().chain(rest.into_iter().map(|waiting| waiting.reply)) {
        reply(Err(fatal.clone()));
    }
}

/// What a write carries, in bytes, near enough for a bound.
fn weight(write: &Write) -> usize {
    64 + write.changes.iter().map(|change| 128 + body(change)).sum::<usize>()
}

fn body(change: &Change) -> usize {
    let some = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    match change {
        Change::InsertFlow(flow) => {
            flow.asked.len() + flow.state.len() + flow.key.once.len() + flow.found_by.len() * 64
        }
        Change::PutFlow(flow) => flow.state.len() + some(&flow.answer),
        Change::PutOperation(put) => {
            some(&put.request)
                + some(&put.reply)
                + some(&put.asked)
                + some(&put.answered)
                + put.found_by.len() * 64
        }
        Change::Event { body, .. } => body.len(),
        Change::PutNotice(notice) | Change::DecideNotice(notice) => notice.body.len(),
        Change::PutSession { session, .. } => session.as_ref().map_or(0, |session| session.values.len()),
        Change::PutFile(file) => file.state.len(),
        Change::PutVersion { source, .. } => source.len(),
        Change::RefusedInput(_) => 512,
        Change::ProposeParameter(proposed) => {
            proposed.old.len() + proposed.new.len() + proposed.reason.len() + proposed.by.len()
        }
        Change::DecideParameter(decided) => decided.reason.len() + decided.by.len(),
        Change::CancelKey(key) => key.once.len(),
        Change::Once { name, .. } => name.len(),
        Change::Reserve { .. }
        | Change::Release(_)
        | Change::Numbers(_)
        | Change::PutSchedule { .. }
        | Change::KeepFrom(_)
        | Change::ForgetRows
        | Change::ForgetChain(_)
        | Change::Forget { .. } => 0,
        Change::Carry(carried) => carried.0.len(),
    }
}
