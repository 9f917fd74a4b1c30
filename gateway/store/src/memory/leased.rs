//! A simulated disk that several nodes may hold, one at a time: the row of its holder, and the connection by which a node's
//! writer reaches it, which a campaign cuts.
//!
//! What is cut is the writer's connection: readers have others. A commit that falls into the cut is durable, and its answer
//! comes when the connection is there again.

use super::MemoryDisk;
use crate::lease::{HolderRow, Holding, Lease, PATIENCE, Seen};
use crate::model::{Day, OperationState};
use crate::monotonic::Monotonic;
use crate::write::{Change, Fatal, Write};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Between two tries of reaching the disk.
pub(super) const PAUSE: Duration = Duration::from_millis(200);

/// What is done when a connection is cut at a commit.
type Tell = Box<dyn FnOnce() + Send>;

/// At which commits a connection may be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutAt {
    /// At any.
    Commit,
    /// Where an intent became durable, so that its octets are the next to leave.
    Intent,
}

/// The connection of a node's writer; clones are the same one.
#[derive(Clone, Default)]
pub struct MemoryLine {
    state: Arc<Mutex<Line>>,
}

#[derive(Default)]
struct Line {
    is_cut: bool,
    /// At which commits it is to be cut, how many of them come before, and who is told then.
    planned: Vec<(CutAt, u64, Tell)>,
}

impl MemoryLine {
    /// From now on nothing is reached.
    pub fn cut(&self) {
        self.lock().is_cut = true;
    }

    /// The same between a commit of a kind, the one behind so many others, and its answer. `tell` is called then.
    pub fn cut_after(&self, at: CutAt, before: u64, tell: impl FnOnce() + Send + 'static) {
        self.lock().planned.push((at, before, Box::new(tell)));
    }

    /// It is there again.
    pub fn mend(&self) {
        self.lock().is_cut = false;
    }

    /// Cuts that were planned and have not come do not come any more.
    pub fn no_cut(&self) {
        self.lock().planned.clear();
    }

    /// A commit is durable.
    pub(super) fn committed(&self, group: &[Write]) {
        let intent = group.iter().any(holds_intent);
        let mut line = self.lock();
        let mut due = None;
        for (place, (at, before, _)) in line.planned.iter_mut().enumerate() {
            if *at == CutAt::Commit || intent {
                match before.checked_sub(1) {
                    Some(fewer) => *before = fewer,
                    None => due = due.or(Some(place)),
                }
            }
        }
        let Some((.., tell)) = due.map(|place| line.planned.remove(place)) else { return };
        line.is_cut = true;
        drop(line);
        tell();
    }

    /// Whether nothing is reached.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.lock().is_cut
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn holds_intent(write: &Write) -> bool {
    let intent =
        |change: &Change| matches!(change, Change::PutOperation(put) if put.state == OperationState::Intent);
    write.changes.iter().any(intent)
}

/// What a holder under a lease has beside the disk.
pub(super) struct Leased {
    pub(super) lease: Lease,
    pub(super) line: MemoryLine,
    pub(super) clock: Monotonic,
    /// Since when the disk was not reached.
    pub(super) away: Option<Duration>,
}

impl Leased {
    /// Whether the disk is reached; when it is again, the lease is held again where it is still ours.
    pub(super) fn reach(&mut self, disk: &MemoryDisk, epoch: u64) -> Result<bool, Fatal> {
        if self.line.is_cut() {
            let now = self.clock.now();
            let since = *self.away.get_or_insert(now);
            if now.saturating_sub(since) >= PATIENCE {
                let why = "it is not reached any more".to_owned();
                return Err(Fatal::Disk { path: "memory".to_owned(), why });
            }
            return Ok(false);
        }
        if self.away.take().is_some() {
            let Ok(()) = self.lease.hold_again(disk, epoch);
        }
        Ok(true)
    }
}

/// Who holds a disk under a lease.
#[derive(Clone)]
pub(super) struct HeldBy {
    node: String,
    /// By the disk's clock.
    until: Duration,
}

impl HolderRow for MemoryDisk {
    type Fault = Infallible;

    fn make(&self, node: &str, length: Duration) -> Result<Option<Holding>, Infallible> {
        let mut disk = self.lock();
        if disk.holder.is_some() {
            return Ok(None);
        }
        disk.holder = Some(HeldBy { node: node.to_owned(), until: self.clock.now() + length });
        disk.epoch += 1;
        Ok(Some(Holding { epoch: disk.epoch, oldest: Day(0) }))
    }

    fn seen(&self) -> Result<Seen, Infallible> {
        let disk = self.lock();
        let now = self.clock.now();
        let (node, over) =
            disk.holder.as_ref().map_or((String::new(), true), |held| (held.node.clone(), held.until <= now));
        Ok(Seen { node, epoch: disk.epoch, over })
    }

    /// A commit holds nothing while it waits for its answer: there is nothing to end.
    fn end_session(&self) -> Result<(), Infallible> {
        Ok(())
    }

    fn succeed(&self, node: &str, epoch: u64, length: Duration) -> Result<Option<Holding>, Infallible> {
        let mut disk = self.lock();
        let now = self.clock.now();
        let free = disk.holder.as_ref().is_none_or(|held| held.node == node || held.until <= now);
        if disk.epoch != epoch || !free {
            return Ok(None);
        }
        disk.comes_up();
        disk.holder = Some(HeldBy { node: node.to_owned(), until: now + length });
        disk.epoch += 1;
        Ok(Some(Holding { epoch: disk.epoch, oldest: Day(0) }))
    }

    fn renew(&self, epoch: u64, length: Duration) -> Result<bool, Infallible> {
        let mut disk = self.lock();
        let now = self.clock.now();
        let ours = disk.epoch == epoch;
        if let Some(held) = disk.holder.as_mut().filter(|_| ours) {
            held.until = now + length;
        }
        Ok(ours)
    }

    fn renew_here(&self, epoch: u64, length: Duration) -> Result<bool, Infallible> {
        self.renew(epoch, length)
    }

    fn epoch(&self) -> Result<u64, Infallible> {
        Ok(self.lock().epoch)
    }
}
