//! Finding complete files in a folder, and what becomes of them after.
//!
//! For: file messages that others put. In: a link and the rules of its folder. Out: each complete file once.
//! Remembers only while it lives: what must survive a restart (`once name 7 days`) is the journal's.
//! Must not know: what the files hold.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::files::{EndMark, FileEntry, FileError, FileFault, FileLink, FilePath};
use crate::world::Mark;

/// How many files of one name are kept side by side.
const NAMES: u32 = 1_000;

/// When a file is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complete {
    /// When its mark is there.
    Marked(EndMark),
    /// When size and time of change have stood still for so long.
    Still(Duration),
}

/// What becomes of a file that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// It stays; the same name with the same size and time of change is not found again.
    Leave,
    /// It and its mark are removed.
    Delete,
    /// It goes to this folder; its mark is removed.
    Move(FilePath),
}

/// The rules of a folder.
#[derive(Clone, Debug)]
pub struct WatchConfig {
    /// Which folder.
    pub folder: FilePath,
    /// When a file is complete.
    pub complete: Complete,
    /// What becomes of it after.
    pub after: After,
}

/// Which names are looked at.
pub type NameFilter = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// A complete file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: FilePath,
    /// Its name, size and time of change.
    pub entry: FileEntry,
}

/// Looks at a folder again and again.
pub struct Watch {
    link: Arc<dyn FileLink>,
    config: WatchConfig,
    filter: NameFilter,
    seen: BTreeMap<String, Seen>,
    /// Files that were taken, whose mark is gone and which could not be taken away yet.
    owed: BTreeMap<String, Found>,
}

struct Seen {
    entry: FileEntry,
    since: Mark,
    given: bool,
}

impl Watch {
    /// Begins to watch.
    #[must_use]
    pub fn new(link: Arc<dyn FileLink>, config: WatchConfig, filter: NameFilter) -> Self {
        Self { link, config, filter, seen: BTreeMap::new(), owed: BTreeMap::new() }
    }

    /// Looks once. Gives files that are complete and were not given before, by name.
    ///
    /// # Errors
    /// The folder could not be listed.
    pub async fn look(&mut self, now: Mark) -> Result<Vec<Found>, FileError> {
        let entries = self.link.list(&self.config.folder).await?;
        for (name, found) in std::mem::take(&mut self.owed) {
            if entries.contains(&found.entry) && self.away(&found).await.is_err() {
                self.owed.insert(name, found);
            }
        }
        let mut before = std::mem::take(&mut self.seen);
        let mut found = Vec::new();
        for entry in &entries {
            if !self.is_ours(entry) {
                continue;
            }
            let old = before.remove(&entry.name).filter(|old| old.entry == *entry);
            let mut seen = old.unwrap_or_else(|| Seen { entry: entry.clone(), since: now, given: false });
            if !seen.given && self.is_complete(&seen, &entries, now) {
                seen.given = true;
                found.push(Found { path: self.config.folder.join(&entry.name)?, entry: entry.clone() });
            }
            self.seen.insert(entry.name.clone(), seen);
        }
        Ok(found)
    }

    /// Files in the making and marks are not files of ours.
    fn is_ours(&self, entry: &FileEntry) -> bool {
        let marks = match &self.config.complete {
            Complete::Marked(mark) => mark.is(&entry.name),
            Complete::Still(_) => false,
        };
        !marks && (self.filter)(&entry.name)
    }

    fn is_complete(&self, seen: &Seen, entries: &[FileEntry], now: Mark) -> bool {
        match &self.config.complete {
            Complete::Marked(mark) => {
                let mark = mark.name(&seen.entry.name);
                entries.binary_search_by(|entry| entry.name.cmp(&mark)).is_ok()
            }
            Complete::Still(span) => now.since(seen.since) >= *span,
        }
    }

    /// Does with a file what is to be done after it was taken. Its mark goes first: one that outlived its file would say of the
    /// next of that name that it is whole. May be asked again after a failure; where the mark is gone, each look tries again.
    ///
    /// # Errors
    /// The file could not be moved or removed.
    pub async fn taken(&mut self, found: &Found) -> Result<(), FileError> {
        if self.config.after == After::Leave {
            return Ok(());
        }
        // A mark that stands for all files is its maker's.
        let own = match &self.config.complete {
            Complete::Marked(mark @ EndMark::Behind(_)) => Some(mark.place(&found.path)?),
            Complete::Marked(EndMark::Named(_)) | Complete::Still(_) => None,
        };
        if let Some(mark) = &own {
            gone(self.link.remove(mark).await)?;
        }
        let away = self.away(found).await;
        if away.is_err() && own.is_some() {
            self.owed.insert(found.entry.name.clone(), found.clone());
        }
        away
    }

    /// Removes or moves a file.
    async fn away(&self, found: &Found) -> Result<(), FileError> {
        match &self.config.after {
            After::Leave => Ok(()),
            After::Delete => gone(self.link.remove(&found.path).await),
            After::Move(folder) => {
                drop(self.link.make_folder(folder).await);
                self.moved(found, folder).await
            }
        }
    }

    /// Moves a file; where another of its name lies, under the first name that is free: `NAME.2`, `NAME.3`, …
    async fn moved(&self, found: &Found, folder: &FilePath) -> Result<(), FileError> {
        let target = folder.join(&found.entry.name)?;
        let mut done = self.link.rename(&found.path, &target).await;
        for number in 2..=NAMES {
            if !matches!(&done, Err(error) if error.fault == FileFault::Exists) {
                break;
            }
            done = self.link.rename(&found.path, &target.with_end(&format!(".{number}"))?).await;
        }
        gone(done)
    }

    /// Gives a file again at the next look, e.g. because it could not be read.
    pub fn again(&mut self, found: &Found) {
        if let Some(seen) = self.seen.get_mut(&found.entry.name) {
            seen.given = false;
        }
    }
}

/// What an earlier try has already done is no failure.
fn gone(done: Result<(), FileError>) -> Result<(), FileError> {
    match done {
        Err(error) if error.fault == FileFault::NotFound => Ok(()),
        other => other,
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("config", &self.config).finish_non_exhaustive()
    }
}
