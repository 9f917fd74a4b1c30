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
/// How long a file without its mark has stood still when it may be one that was left: whoever makes it goes on sooner.
const LEFT: Duration = Duration::from_secs(10);

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
    /// Files that stand still without their mark, found at the last look.
    left: Vec<Found>,
}

struct Seen {
    entry: FileEntry,
    since: Mark,
    given: bool,
    left: bool,
}

impl Watch {
    /// Begins to watch.
    #[must_use]
    pub fn new(link: Arc<dyn FileLink>, config: WatchConfig, filter: NameFilter) -> Self {
        Self { link, config, filter, seen: BTreeMap::new(), owed: BTreeMap::new(), left: Vec::new() }
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
        self.left.clear();
        for entry in &entries {
            if !self.is_ours(entry) {
                continue;
            }
            let old = before.remove(&entry.name).filter(|old| old.entry == *entry);
            let new = || Seen { entry: entry.clone(), since: now, given: false, left: false };
            let mut seen = old.unwrap_or_else(new);
            let here = || Ok(Found { path: self.config.folder.join(&entry.name)?, entry: entry.clone() });
            let complete = self.is_complete(&seen, &entries, now);
            if !seen.given && complete {
                seen.given = true;
                found.push(here()?);
            }
            if !seen.left && !complete && self.may_be_left(&seen, now) {
                seen.left = true;
                self.left.push(here()?);
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

    /// Whether a file without its mark may be one that was taken: a stop, or another folder, came between the mark and the file.
    fn may_be_left(&self, seen: &Seen, now: Mark) -> bool {
        let own = matches!(&self.config.complete, Complete::Marked(EndMark::Behind(_)));
        let goes = own && self.config.after != After::Leave;
        goes && now.since(seen.since) >= LEFT && !self.owed.contains_key(&seen.entry.name)
    }

    /// Files of the last look that stand still without their mark, each told once: where one was taken before, what is to be done
    /// after is done with it too ([`Watch::taken`]).
    pub fn left(&mut self) -> Vec<Found> {
        std::mem::take(&mut self.left)
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
            (seen.given, seen.left) = (false, false);
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
