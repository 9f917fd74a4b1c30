//! The journal for async callers: one queue of writes, a few readers, and numbers from blocks.
//!
//! In: a [`Store`]. Out: verdicts when a write is durable, results of reads, numbers that are never used twice. It must
//! not know what is written.

use link::{Core, Leave};
use std::collections::HashMap;
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use store::{Change, Day, Fatal, Lane, Moment, NumberRequest, Reader, Store, Verdict, Write, Writer};
use tokio::sync::{Mutex, oneshot};

/// Readers that may work at once.
const READERS: usize = 4;
/// Numbers of one block.
const BLOCK: u64 = 1_000;

/// A handle; cheap to clone.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Writer,
    readers: Vec<Arc<StdMutex<Box<dyn Reader>>>>,
    next: AtomicUsize,
    core: Core,
    leave: Leave,
    numbers: StdMutex<HashMap<String, Vec<Block>>>,
    /// Held while a block is fetched: who finds none waits for the one that comes.
    fetching: Mutex<()>,
}

/// Numbers of one owner and day that are not given yet: the next one, and the one behind the last.
struct Block {
    day: Day,
    next: u64,
    end: u64,
}

impl Journal {
    /// Opens readers and starts the writer.
    ///
    /// # Errors
    /// When the store cannot be read, or the system gives no thread.
    pub fn start(core: Core, store: Box<dyn Store>) -> Result<Self, Fatal> {
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            readers.push(Arc::new(StdMutex::new(store.reader()?)));
        }
        let leave = store.held().map_or_else(Leave::default, |held| Leave::asked(move || held.lasts()));
        let leased = store.held().is_some();
        let writer = if core.world().offload.in_place() {
            let writer = Writer::inline(store);
            if leased {
                core.spawn(tend(core.clone(), writer.clone()));
            }
            writer
        } else {
            Writer::start(store, store::Limits::default())
                .map_err(|error| Fatal::Disk { path: "journal".into(), why: error.to_string() })?
        };
        let inner = Inner {
            writer,
            readers,
            next: AtomicUsize::new(0),
            core,
            leave,
            numbers: StdMutex::default(),
            fetching: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The epoch of this holder.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.inner.writer.epoch()
    }

    /// Leave to send, as long as the journal is ours for certain.
    #[must_use]
    pub fn leave(&self) -> Leave {
        self.inner.leave.clone()
    }

    /// Why it cannot go on, if it cannot: the process must end.
    #[must_use]
    pub fn fatal(&self) -> Option<Fatal> {
        self.inner.writer.fatal()
    }

    /// Writes that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.inner.writer.waiting()
    }

    /// The moment as the journal counts it.
    #[must_use]
    pub fn now(&self) -> Moment {
        crate::calendar::stamp(self.inner.core.world().clock.now())
    }

    /// Writes changes and waits until they are durable, or refused.
    ///
    /// # Errors
    /// [`Fatal`] when nothing is known any more; the process must end then.
    pub async fn write(&self, lane: Lane, date: Day, changes: Vec<Change>) -> Result<Verdict, Fatal> {
        let write = Write { lane, epoch: self.epoch(), at: self.now(), date, changes };
        let (give, take) = oneshot::channel();
        let reply: store::Reply = Box::new(move |verdict| drop(give.send(verdict)));
        match self.inner.writer.submit(write, reply) {
            Ok(()) => take.await.unwrap_or(Err(Fatal::Ended)),
            Err(busy) if busy.ended => Err(Fatal::Ended),
            Err(_) => Ok(Verdict::Full),
        }
    }

    /// Queues changes that nobody waits for; dropped when there is no room.
    pub fn write_lazily(&self, date: Day, changes: Vec<Change>) {
        let write = Write { lane: Lane::Lazy, epoch: self.epoch(), at: self.now(), date, changes };
        drop(self.inner.writer.submit(write, Box::new(drop)));
    }

    /// Reads, elsewhere than on the thread that serves connections.
    ///
    /// # Errors
    /// What the store says.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut dyn Reader) -> Result<T, Fatal> + Send + 'static,
    ) -> Result<T, Fatal> {
        let place = self.inner.next.fetch_add(1, Ordering::Relaxed) % READERS;
        let Some(reader) = self.inner.readers.get(place).map(Arc::clone) else { return Err(Fatal::Ended) };
        let work = move || {
            let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
            read(reader.as_mut())
        };
        self.inner.core.offload(work).await.unwrap_or(Err(Fatal::Ended))
    }

    /// A number of a counter that nobody has had or will have. `Ok(None)`: the journal has no room now.
    ///
    /// # Errors
    /// As [`Journal::write`].
    pub async fn number(&self, owner: &str, day: Day) -> Result<Option<u64>, Fatal> {
        if let Some(number) = self.number_at_hand(owner, day) {
            return Ok(Some(number));
        }
        let _fetching = self.inner.fetching.lock().await;
        if let Some(number) = self.number_at_hand(owner, day) {
            return Ok(Some(number));
        }
        let request = NumberRequest { party: owner.to_owned(), date: day, count: BLOCK };
        let verdict = self.write(Lane::Ask, day, vec![Change::Numbers(request)]).await?;
        let Verdict::Ok(written) = verdict else { return Ok(None) };
        let Some(block) = written.numbers.first() else { return Ok(None) };
        let mut numbers = self.inner.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let blocks = numbers.entry(owner.to_owned()).or_default();
        blocks.retain(|known| known.day != day && known.day.0 + 1 >= day.0);
        blocks.push(Block { day, next: block.first + 1, end: block.first + block.count });
        Ok(Some(block.first))
    }

    fn number_at_hand(&self, owner: &str, day: Day) -> Option<u64> {
        let mut numbers = self.inner.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let blocks = numbers.get_mut(owner)?;
        let block = blocks.iter_mut().find(|block| block.day == day && block.next < block.end)?;
        block.next += 1;
        Some(block.next - 1)
    }
}

/// What a writer's own thread does between two writes, for one that has none: its lease is renewed only as long as its tasks go
/// on.
async fn tend(core: Core, writer: Writer) {
    while let Some(next) = writer.tend() {
        core.world().clock.sleep_until(core.mark().after(next)).await;
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Journal").field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}
