//! The store of a simulated day: maps in memory behind the same traits and the same checks as the embedded one.
//! Its "disk" outlives it, and it can be made to crash before, inside or after a commit. One node holds it for ever, or
//! several in turn, under the lease that a database gives ([`crate::lease`]).

mod disk;
mod leased;
mod old;
mod read;

use crate::check::check;
use crate::held::Held;
use crate::lease::{Lease, Opened, Renewed, Taken};
use crate::model::OperationState;
use crate::monotonic::Monotonic;
use crate::read::Reader;
use crate::write::{Fatal, Lane, Store, Verdict, Write};
use disk::Disk;
use leased::Leased;
pub use leased::{CutAt, MemoryLine};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// When a simulated store crashes in its next commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashPoint {
    /// Nothing of the group is durable.
    Before,
    /// Only this many writes of the group are durable, each of them whole.
    Inside(usize),
    /// All of the group is durable, and nobody is told.
    After,
    /// The sync of the group fails, and its store ends: until the disk is opened again nothing of the group is to be seen,
    /// from then on all of it or nothing.
    SyncFails {
        /// It is there when the disk is opened again.
        kept: bool,
    },
}

/// A bug of the simulated disk, planted by a campaign of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskBug {
    /// What was told as durable is not: after a stop the last commit is gone.
    LosesLastCommit,
    /// After a stop numbers begin anew.
    ForgetsNumbers,
    /// A key locks nothing.
    ForgetsKeys,
    /// Of a write in which the crash falls, some changes are durable and some are not.
    TearsWrites,
    /// Whoever held it once may write.
    ForgetsLease,
}

impl DiskBug {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::LosesLastCommit,
        Self::ForgetsNumbers,
        Self::ForgetsKeys,
        Self::TearsWrites,
        Self::ForgetsLease,
    ];

    /// What it is, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::LosesLastCommit => "a commit is told as durable before it is synced",
            Self::ForgetsNumbers => "serials begin anew after a stop",
            Self::ForgetsKeys => "the insert of a key locks nothing",
            Self::TearsWrites => "a write is torn by a crash",
            Self::ForgetsLease => "the lease is not checked on write",
        }
    }
}

/// What survives a crash. Clones are the same disk.
#[derive(Clone, Default)]
pub struct MemoryDisk {
    disk: Arc<Mutex<Disk>>,
    /// By which a lease ends, whoever holds it.
    clock: Monotonic,
}

impl MemoryDisk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty disk of a simulated day.
    #[must_use]
    pub fn by(clock: Monotonic) -> Self {
        Self { clock, ..Self::default() }
    }

    /// Makes the next commit crash there. The store that was writing can do nothing more; open the disk again.
    pub fn crash_next(&self, point: CrashPoint) {
        self.crash_after(0, point);
    }

    /// Makes a commit crash there: the one behind so many others.
    pub fn crash_after(&self, commits: u64, point: CrashPoint) {
        self.lock().crash = Some((commits, point));
    }

    /// Makes a commit crash there in which an operation comes into this state: the one behind so many others.
    pub fn crash_in(&self, state: OperationState, commits: u64, point: CrashPoint) {
        self.lock().crash_in = Some((state, commits, point));
    }

    /// A crash that was planned and has not come does not come any more.
    pub fn no_crash(&self) {
        let mut disk = self.lock();
        (disk.crash, disk.crash_in) = (None, None);
    }

    /// Plants a bug.
    pub fn plant(&self, bug: DiskBug) {
        self.lock().bug = Some(bug);
    }

    /// From now on there is no room for asks (`true`), or there is again.
    pub fn fill(&self, full: bool) {
        self.lock().full = full;
    }

    /// From now on who wants numbers is given so many at most, and none while it is full, as on a disk that has no reserve: what is
    /// at hand is soon used up.
    pub fn give_few(&self, most: u64) {
        self.lock().few = Some(most);
    }

    /// Commits made, for crash plans.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.lock().commits
    }

    /// Under which epochs what stands there was written, in order; the same twice only where another wrote in between.
    #[must_use]
    pub fn written_under(&self) -> Vec<u64> {
        self.lock().written_under.clone()
    }

    /// Commits whose sync failed.
    #[must_use]
    pub fn syncs_failed(&self) -> u64 {
        self.lock().syncs_failed
    }

    /// Writes that were refused since another holds it.
    #[must_use]
    pub fn fenced(&self) -> u64 {
        self.lock().fenced
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store over a [`MemoryDisk`].
pub struct MemoryStore {
    disk: MemoryDisk,
    epoch: u64,
    leased: Option<Leased>,
    /// Why it takes nothing more.
    ended: Option<Fatal>,
}

impl MemoryStore {
    /// Takes a disk over: the epoch rises, older holders are fenced.
    #[must_use]
    pub fn open(disk: &MemoryDisk) -> Self {
        let mut inner = disk.lock();
        inner.comes_up();
        inner.epoch += 1;
        let epoch = inner.epoch;
        drop(inner);
        Self { disk: disk.clone(), epoch, leased: None, ended: None }
    }

    /// Takes a disk over under a lease, if nobody holds it, its holder's lease is over, or its holder is this same node.
    /// The clock is the node's own.
    #[must_use]
    pub fn open_leased(
        disk: &MemoryDisk,
        node: &str,
        line: &MemoryLine,
        length: Duration,
        clock: &Monotonic,
    ) -> Opened<Self> {
        let lease = Lease::new(length, clock.clone());
        let Ok(taken) = lease.take_over(disk, node);
        match taken {
            Taken::Others(node) => Opened::Waits { node },
            Taken::Ours(holding) => {
                let leased = Leased { lease, line: line.clone(), clock: clock.clone(), away: None };
                let (disk, epoch) = (disk.clone(), holding.epoch);
                Opened::Holds(Box::new(Self { disk, epoch, leased: Some(leased), ended: None }))
            }
        }
    }

    fn end<T>(&mut self, fatal: Fatal) -> Result<T, Fatal> {
        self.ended = Some(fatal.clone());
        Err(fatal)
    }

    /// The epoch that stands there, and what the lease's renewal came to where it was due.
    fn epoch_there(&self) -> (u64, Option<Renewed>) {
        let Some(Leased { lease, .. }) = self.leased.as_ref().filter(|leased| leased.lease.is_due()) else {
            return (self.disk.lock().epoch, None);
        };
        let Ok(renewed) = lease.renew(&self.disk, self.epoch);
        (renewed.epoch, Some(renewed))
    }
}

impl Store for MemoryStore {
    fn commit(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fatal> {
        if let Some(fatal) = &self.ended {
            return Err(fatal.clone());
        }
        let (epoch, renewed) = self.epoch_there();
        let mut disk = self.disk.lock();
        disk.commits += 1;
        disk.before_commit();
        let crash = disk.crashes().or(disk.crashes_in(group));
        let durable = match crash {
            None | Some(CrashPoint::After) => group.len(),
            Some(CrashPoint::Before | CrashPoint::SyncFails { .. }) => 0,
            Some(CrashPoint::Inside(writes)) => writes.min(group.len()),
        };
        let forgets = disk.bug == Some(DiskBug::ForgetsLease);
        let mut verdicts = Vec::with_capacity(group.len());
        for write in group.iter().take(durable) {
            if disk.full && (write.lane != Lane::Outcome || disk.gives_none(write)) {
                verdicts.push(Verdict::Full);
                continue;
            }
            let Ok(against) = if forgets {
                check(&mut *disk, &Write { epoch, ..write.clone() })
            } else {
                check(&mut *disk, write)
            };
            disk.fenced += u64::from(matches!(against, Some(Verdict::Fenced { .. })));
            verdicts.push(match against {
                Some(verdict) => verdict,
                None => Verdict::Ok(disk.apply(write)),
            });
        }
        if let Some(CrashPoint::SyncFails { kept }) = crash {
            disk.sync_fails(if kept { group } else { &[] });
            drop(disk);
            let why = "a sync failed".to_owned();
            return self.end(Fatal::Disk { path: "memory".to_owned(), why });
        }
        if crash.is_some() {
            if let Some(torn) = group.get(durable) {
                disk.tear(torn);
            }
            drop(disk);
            return self.end(Fatal::Ended);
        }
        drop(disk);
        if let Some(leased) = &self.leased {
            if epoch != self.epoch && !forgets {
                self.ended = Some(Fatal::TakenOver { epoch });
            }
            leased.line.committed(group);
            // Where the connection was cut at it, its answer is not there yet.
            if let Some(renewed) = renewed.filter(|_| !leased.line.is_cut()) {
                leased.lease.is_renewed(&renewed);
            }
        }
        Ok(verdicts)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Fatal> {
        Ok(Box::new(read::MemoryReader::new(self.disk.clone())))
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }

    fn held(&self) -> Option<Held> {
        self.leased.as_ref().map(|leased| leased.lease.held())
    }

    fn reach(&mut self) -> Result<bool, Fatal> {
        // One that has ended says so when it is written to.
        let Some(leased) = self.leased.as_mut().filter(|_| self.ended.is_none()) else { return Ok(true) };
        leased.reach(&self.disk, self.epoch).or_else(|fatal| self.end(fatal))
    }

    fn tend(&mut self) -> Result<Option<Duration>, Fatal> {
        if let Some(fatal) = &self.ended {
            return Err(fatal.clone());
        }
        if !self.reach()? {
            return Ok(Some(leased::PAUSE));
        }
        let Some(Leased { lease, .. }) = &self.leased else { return Ok(None) };
        if lease.is_due() {
            let Ok(renewed) = lease.renew(&self.disk, self.epoch);
            if renewed.epoch != self.epoch {
                return self.end(Fatal::TakenOver { epoch: renewed.epoch });
            }
            lease.is_renewed(&renewed);
        }
        Ok(Some(lease.next()))
    }
}
