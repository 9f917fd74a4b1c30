//! The store of a simulated day: maps in memory behind the same traits and the same checks as the embedded one.
//! Its "disk" outlives it, and it can be made to crash before, inside or after a commit.

mod disk;
mod old;
mod read;

use crate::check::check;
use crate::read::Reader;
use crate::write::{Fatal, Lane, Store, Verdict, Write};
use disk::Disk;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// When a simulated store crashes in its next commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashPoint {
    /// Nothing of the group is durable.
    Before,
    /// Only this many writes of the group are durable, each of them whole.
    Inside(usize),
    /// All of the group is durable, and nobody is told.
    After,
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
}

impl DiskBug {
    /// Every one.
    pub const ALL: [Self; 4] =
        [Self::LosesLastCommit, Self::ForgetsNumbers, Self::ForgetsKeys, Self::TearsWrites];

    /// What it is, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::LosesLastCommit => "a commit is told as durable before it is synced",
            Self::ForgetsNumbers => "serials begin anew after a stop",
            Self::ForgetsKeys => "the insert of a key locks nothing",
            Self::TearsWrites => "a write is torn by a crash",
        }
    }
}

/// What survives a crash. Clones are the same disk.
#[derive(Clone, Default)]
pub struct MemoryDisk {
    disk: Arc<Mutex<Disk>>,
}

impl MemoryDisk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the next commit crash there. The store that was writing can do nothing more; open the disk again.
    pub fn crash_next(&self, point: CrashPoint) {
        self.crash_after(0, point);
    }

    /// Makes a commit crash there: the one behind so many others.
    pub fn crash_after(&self, commits: u64, point: CrashPoint) {
        self.lock().crash = Some((commits, point));
    }

    /// A crash that was planned and has not come does not come any more.
    pub fn no_crash(&self) {
        self.lock().crash = None;
    }

    /// Plants a bug.
    pub fn plant(&self, bug: DiskBug) {
        self.lock().bug = Some(bug);
    }

    /// From now on there is no room for asks (`true`), or there is again.
    pub fn fill(&self, full: bool) {
        self.lock().full = full;
    }

    /// Commits made, for crash plans.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.lock().commits
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store over a [`MemoryDisk`].
pub struct MemoryStore {
    disk: MemoryDisk,
    epoch: u64,
    ended: bool,
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
        Self { disk: disk.clone(), epoch, ended: false }
    }
}

impl Store for MemoryStore {
    fn commit(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fatal> {
        if self.ended {
            return Err(Fatal::Ended);
        }
        let mut disk = self.disk.lock();
        disk.commits += 1;
        disk.before_commit();
        let crash = disk.crashes();
        let durable = match crash {
            None | Some(CrashPoint::After) => group.len(),
            Some(CrashPoint::Before) => 0,
            Some(CrashPoint::Inside(writes)) => writes.min(group.len()),
        };
        let mut verdicts = Vec::with_capacity(group.len());
        for write in group.iter().take(durable) {
            if disk.full && write.lane != Lane::Outcome {
                verdicts.push(Verdict::Full);
                continue;
            }
            let Ok(against) = check(&mut *disk, write);
            verdicts.push(match against {
                Some(verdict) => verdict,
                None => Verdict::Ok(disk.apply(write)),
            });
        }
        if crash.is_some() {
            if let Some(torn) = group.get(durable) {
                disk.tear(torn);
            }
            self.ended = true;
            return Err(Fatal::Ended);
        }
        Ok(verdicts)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Fatal> {
        Ok(Box::new(read::MemoryReader::new(self.disk.clone())))
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }
}
