//! The journal for async callers: one queue of writes, a few readers, and numbers from blocks.
//!
//! In: a [`Store`]. Out: verdicts when a write is durable, results of reads, numbers that are never used twice. It must
//! not know what is written.

use crate::Ours;
use link::{Core, Leave, Mark};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Change, Day, Fatal, Lane, Moment, NumberRequest, Reader, Store, Verdict, Write, Writer};
use tokio::sync::oneshot;

/// Readers that may work at once.
const READERS: usize = 4;
/// Readers beside them for what takes long, a whole day or batch: whoever wants one row never waits behind it.
const LONG_READERS: usize = 2;
/// Numbers of one block; of one that was used up within [`QUICK`] of another twice as many, up to so many. The next one is
/// fetched when half of them are left, so that nobody waits for a disk.
const BLOCK: u64 = 1_000;
const BLOCK_MOST: u64 = 32_000;
const QUICK: Duration = Duration::from_secs(1);

/// A handle; cheap to clone.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Writer,
    readers: Readers,
    long_readers: Readers,
    core: Core,
    leave: Leave,
    leased: bool,
    numbers: Mutex<HashMap<String, Numbers, Ours>>,
}

/// Readers that take turns.
struct Readers {
    all: Vec<Arc<Mutex<Box<dyn Reader>>>>,
    next: AtomicUsize,
}

impl Readers {
    fn open(store: &dyn Store, count: usize) -> Result<Self, Fatal> {
        let all =
            (0..count).map(|_| Ok(Arc::new(Mutex::new(store.reader()?)))).collect::<Result<_, Fatal>>()?;
        Ok(Self { all, next: AtomicUsize::new(0) })
    }

    fn turn(&self) -> Option<Arc<Mutex<Box<dyn Reader>>>> {
        let place = self.next.fetch_add(1, Ordering::Relaxed).checked_rem(self.all.len())?;
        self.all.get(place).map(Arc::clone)
    }
}

/// Numbers of one owner.
struct Numbers {
    blocks: Vec<Block>,
    /// Numbers of the block that was fetched last, and when that was.
    size: u64,
    since: Mark,
    /// Who waits for the block of a day that is being fetched, in the order in which they came.
    fetched: Vec<(Day, Vec<Waiting>)>,
}

/// Somebody who waits for a number.
type Waiting = oneshot::Sender<Result<Option<u64>, Fatal>>;

/// What somebody gets who wants a number.
enum Taken {
    Number(u64),
    /// It comes with the block that is being fetched.
    Comes(oneshot::Receiver<Result<Option<u64>, Fatal>>),
}

/// Numbers of one owner and day that are not given yet: the next one, and the one behind the last.
#[derive(Clone)]
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
        let readers = Readers::open(store.as_ref(), READERS)?;
        let long_readers = Readers::open(store.as_ref(), LONG_READERS)?;
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
        let inner = Inner { writer, readers, long_readers, core, leave, leased, numbers: Mutex::default() };
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

    /// Whether others may hold it after us, or held it before: it is held under a lease.
    #[must_use]
    pub fn is_leased(&self) -> bool {
        self.inner.leased
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

    /// Queues changes that nobody waits for. False where there is no room: they are dropped then.
    pub fn write_lazily(&self, date: Day, changes: Vec<Change>) -> bool {
        let write = Write { lane: Lane::Lazy, epoch: self.epoch(), at: self.now(), date, changes };
        self.inner.writer.submit(write, Box::new(drop)).is_ok()
    }

    /// Reads, elsewhere than on the thread that serves connections.
    ///
    /// # Errors
    /// What the store says.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut dyn Reader) -> Result<T, Fatal> + Send + 'static,
    ) -> Result<T, Fatal> {
        self.read_by(&self.inner.readers, read).await
    }

    /// The same for what may take long, a whole day or batch.
    ///
    /// # Errors
    /// What the store says.
    pub async fn read_long<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut dyn Reader) -> Result<T, Fatal> + Send + 'static,
    ) -> Result<T, Fatal> {
        self.read_by(&self.inner.long_readers, read).await
    }

    async fn read_by<T: Send + 'static>(
        &self,
        readers: &Readers,
        read: impl FnOnce(&mut dyn Reader) -> Result<T, Fatal> + Send + 'static,
    ) -> Result<T, Fatal> {
        let Some(reader) = readers.turn() else { return Err(Fatal::Ended) };
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
        let (taken, begins) = {
            let mut numbers = self.numbers();
            match numbers.get_mut(owner) {
                Some(known) => known.take(day),
                None => numbers.entry(owner.to_owned()).or_insert_with(Numbers::new).take(day),
            }
        };
        if begins {
            // Whoever asked first and gives up meanwhile takes nothing from those that wait with it.
            let (journal, owner) = (self.clone(), owner.to_owned());
            self.inner.core.spawn(async move { journal.fetch(owner, day).await });
        }
        match taken {
            Taken::Number(number) => Ok(Some(number)),
            Taken::Comes(number) => number.await.unwrap_or(Err(Fatal::Ended)),
        }
    }

    /// Fetches blocks until nobody waits for a number of that owner and day. Who waits is given one: if each had to take his
    /// before the next may, those who are slow to would keep all behind them waiting.
    async fn fetch(self, owner: String, day: Day) {
        loop {
            let now = self.inner.core.mark();
            let count = self.numbers().get_mut(&owner).map_or(BLOCK, |known| known.next_size(now));
            let request = NumberRequest { party: owner.clone(), date: day, count };
            // Questions, ways back and queries bear numbers too: a store that takes no new asks must not silence them.
            let written = self.write(Lane::Outcome, day, vec![Change::Numbers(request)]).await;
            let block = written.map(|verdict| match verdict {
                Verdict::Ok(written) => written.numbers.first().map(|block| Block {
                    day,
                    next: block.first,
                    end: block.first + block.count,
                }),
                _ => None,
            });
            if !self.numbers().get_mut(&owner).is_some_and(|known| known.give(day, &block)) {
                return;
            }
        }
    }

    fn numbers(&self) -> MutexGuard<'_, HashMap<String, Numbers, Ours>> {
        self.inner.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Numbers {
    fn new() -> Self {
        Self { blocks: Vec::new(), size: BLOCK, since: Mark::default(), fetched: Vec::new() }
    }

    /// How many numbers are fetched now.
    fn next_size(&mut self, now: Mark) -> u64 {
        let quick = self.since != Mark::default() && now.since(self.since) < QUICK;
        self.size = if quick { (self.size * 2).min(BLOCK_MOST) } else { (self.size / 2).max(BLOCK) };
        self.since = now;
        self.size
    }

    /// A number at hand, or a place among those that wait for one; and whether a block is to be fetched that nobody fetches.
    fn take(&mut self, day: Day) -> (Taken, bool) {
        let number = self.at_hand(day);
        let of_day = self.blocks.iter().filter(|block| block.day == day);
        let left: u64 = of_day.map(|block| block.end - block.next).sum();
        let place = self.fetched.iter().position(|(known, _)| *known == day);
        let begins = place.is_none() && left < self.size / 2;
        let place = place.unwrap_or(self.fetched.len());
        if begins {
            self.fetched.push((day, Vec::new()));
        }
        let taken = number.map_or_else(
            || {
                let (give, take) = oneshot::channel();
                if let Some((_, waiting)) = self.fetched.get_mut(place) {
                    waiting.push(give);
                }
                Taken::Comes(take)
            },
            Taken::Number,
        );
        (taken, begins)
    }

    fn at_hand(&mut self, day: Day) -> Option<u64> {
        let block = self.blocks.iter_mut().find(|block| block.day == day && block.next < block.end)?;
        block.next += 1;
        Some(block.next - 1)
    }

    /// Takes a block that was fetched, or hears why none was, and tells those that wait; whether some wait still.
    fn give(&mut self, day: Day, block: &Result<Option<Block>, Fatal>) -> bool {
        if let Ok(Some(block)) = block {
            // Days that are over give no more numbers.
            self.blocks.retain(|known| known.next < known.end && known.day.0 + 1 >= day.0);
            self.blocks.push(block.clone());
        }
        let Some(place) = self.fetched.iter().position(|(known, _)| *known == day) else { return false };
        let (_, waiting) = self.fetched.swap_remove(place);
        let mut still = Vec::new();
        for one in waiting.into_iter().filter(|one| !one.is_closed()) {
            match (block, self.at_hand(day)) {
                (Ok(Some(_)), None) => still.push(one),
                (Ok(_), number) => drop(one.send(Ok(number))),
                (Err(fatal), _) => drop(one.send(Err(fatal.clone()))),
            }
        }
        let wait = !still.is_empty();
        if wait {
            self.fetched.push((day, still));
        }
        wait
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

#[cfg(test)]
mod tests {
    use super::*;

    fn block(next: u64, end: u64) -> Result<Option<Block>, Fatal> {
        Ok(Some(Block { day: Day(7), next, end }))
    }

    fn comes(numbers: &mut Numbers, begins: bool) -> oneshot::Receiver<Result<Option<u64>, Fatal>> {
        match numbers.take(Day(7)) {
            (Taken::Comes(number), known) if known == begins => number,
            _ => panic!("a number was at hand, or the wrong one fetches"),
        }
    }

    #[test]
    fn whoever_waits_is_given_a_number_and_those_that_gave_up_take_none() {
        let mut numbers = Numbers::new();
        let mut first = comes(&mut numbers, true);
        let second = comes(&mut numbers, false);
        let (mut third, mut fourth) = (comes(&mut numbers, false), comes(&mut numbers, false));
        drop(second);
        assert!(numbers.give(Day(7), &block(10, 12)), "the fourth waits still");
        assert_eq!((first.try_recv().unwrap(), third.try_recv().unwrap()), (Ok(Some(10)), Ok(Some(11))));
        assert!(fourth.try_recv().is_err());
        assert!(!numbers.give(Day(7), &block(12, 1_012)));
        assert_eq!(fourth.try_recv().unwrap(), Ok(Some(12)));
        assert!(matches!(numbers.take(Day(7)), (Taken::Number(13), false)));
    }

    #[tokio::test]
    async fn whoever_wants_one_row_waits_for_nobody_who_reads_a_whole_day() {
        let owner = Core::start(link::World::real());
        let core = owner.core();
        let store = Box::new(store::MemoryStore::open(&store::MemoryDisk::new()));
        let journal = Journal::start(core.clone(), store).unwrap();
        let (begins, begun) = std::sync::mpsc::channel();
        let mut held = Vec::new();
        let mut long = || {
            let (go, wait) = std::sync::mpsc::channel::<()>();
            held.push(go);
            let begins = begins.clone();
            journal.read_long(move |reader| {
                let _gone = begins.send(());
                let _let_go = wait.recv();
                reader.sequence()
            })
        };
        let (first, second, third) = (long(), long(), long());
        let short = async {
            let until = core.mark().after(Duration::from_secs(20));
            let mut seen = 0;
            while seen < LONG_READERS {
                assert!(core.mark() < until, "{seen} have begun");
                core.deadline(core.mark().after(Duration::from_millis(5))).await;
                seen += begun.try_iter().count();
            }
            for _ in 0..READERS * 2 {
                let read = core.within(until, journal.read(|reader| reader.sequence())).await;
                assert!(matches!(read, Ok(Ok(0))), "it waits behind what takes long");
            }
            assert_eq!(begun.try_iter().count(), 0, "the third waits behind one of the two");
            held.clear();
        };
        let (first, second, third, ()) = tokio::join!(first, second, third, short);
        assert_eq!([first, second, third], [Ok(0), Ok(0), Ok(0)]);
    }

    #[test]
    fn the_next_block_is_fetched_before_one_is_used_up_and_is_larger_where_they_go_quickly() {
        let mut numbers = Numbers::new();
        drop(comes(&mut numbers, true));
        let second = 1_000_000_000;
        let sizes = [1, 2, 3, 4].map(|moment| numbers.next_size(Mark(moment * second / 2)));
        assert_eq!(sizes, [1_000, 2_000, 4_000, 8_000]);
        assert_eq!(numbers.next_size(Mark(100 * second)), 4_000);
        numbers.give(Day(7), &block(0, 4_000));
        let fetches = (0..2_500).position(|_| numbers.take(Day(7)).1);
        assert_eq!(fetches, Some(2_000));
    }
}
