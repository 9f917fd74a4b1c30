//! Who writes a journal's file: one process at a time. A lock of the operating system says so. It is gone with the process that
//! took it, however that one ended, and so is never in the way of the next.
//!
//! It is on a file of its own beside the journal, which stays: a file that was taken away and made anew could be locked twice. Nor
//! is it on the journal itself: where one closes a file, all locks go that SQLite has on it. Readers ask for none.
//!
//! In: where the journal is. Out: a lock, or who has it. It must not know what is written.

use crate::sql::Fault;
use crate::write::Fatal;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

/// What the name of the file has behind the journal's.
const BESIDE: &str = "-lock";
/// The most octets that are read of who has it.
const SAID: u64 = 20;

/// The lock; held until it is dropped.
pub(super) struct Lock(File);

impl Lock {
    /// Takes it, without waiting.
    ///
    /// # Errors
    /// [`Fatal::InUse`] where it is taken; others where the file cannot be made, or the file system has no locks.
    pub(super) fn take(journal: &Path) -> Result<Self, Fault> {
        let failed = |error: std::io::Error| Fault::failed(format!("it cannot be locked: {error}"));
        // One journal has one lock, by whatever way one comes to it; SQLite goes by the same name.
        let journal = journal.canonicalize().map_err(failed)?;
        let mut beside = journal.clone().into_os_string();
        beside.push(BESIDE);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(beside);
        let mut file = file.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                says_who(&file);
                Ok(Self(file))
            }
            Err(TryLockError::WouldBlock) => {
                let path = journal.display().to_string();
                Err(Fatal::InUse { path, process: who(&mut file) }.into())
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

impl Drop for Lock {
    /// Said, not left to the file's end: a child of this process that was just begun may still have the file for a moment.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the journal's lock goes with its file");
        }
    }
}

/// Writes down which process has it. On a full disk nothing is said: the lock holds by itself.
fn says_who(mut file: &File) {
    let said = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
    if let Err(error) = said {
        tracing::warn!(%error, "who holds the journal is not written beside it");
    }
}

fn who(file: &mut File) -> Option<u32> {
    let mut said = String::new();
    file.take(SAID).read_to_string(&mut said).ok()?;
    said.parse().ok()
}
