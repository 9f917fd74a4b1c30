//! Putting a file whole: temporary name, rename, end mark last.
//!
//! For: file messages that we send. In: a link, a place, pieces. Out: a whole file, or a failure that says
//! whether the other side may have seen it. Must not know: what the file holds.

use std::fmt;

use crate::files::{EndMark, FileError, FileFault, FileLink, FilePath, FileWriter};

/// What the name of an unfinished file ends with.
const PART: &str = ".part";

/// How a file comes into being.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DeliverConfig {
    /// Write under another name, then rename.
    pub temporary: bool,
    /// An empty file that is made last.
    pub done: Option<EndMark>,
}

/// A file that was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// The other side may have seen the file.
    pub maybe_sent: bool,
    /// Why.
    pub error: FileError,
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = if self.maybe_sent { "perhaps delivered" } else { "not delivered" };
        write!(f, "{sent}: {}", self.error)
    }
}

impl std::error::Error for Undelivered {}

/// A file under way.
pub struct Delivery<'a> {
    link: &'a dyn FileLink,
    writer: Box<dyn FileWriter>,
    target: FilePath,
    written_as: FilePath,
    mark: Option<FilePath>,
}

impl<'a> Delivery<'a> {
    /// Begins a file at `target`. What an earlier try left under the temporary name is removed.
    ///
    /// # Errors
    /// [`Undelivered`]; perhaps sent only if there is no temporary name.
    pub async fn begin(
        link: &'a dyn FileLink,
        target: &FilePath,
        config: &DeliverConfig,
    ) -> Result<Self, Undelivered> {
        let not_sent = |error| Undelivered { maybe_sent: false, error };
        let mark = config.done.as_ref().map(|mark| mark.place(target)).transpose().map_err(not_sent)?;
        let written_as = if config.temporary { target.with_end(PART) } else { Ok(target.clone()) };
        let written_as = written_as.map_err(not_sent)?;
        if config.temporary {
            match link.remove(&written_as).await {
                Err(error) if error.fault != FileFault::NotFound => return Err(not_sent(error)),
                _ => {}
            }
        }
        let writer = link.create(&written_as).await.map_err(|error| {
            let surely_not = config.temporary || error.fault == FileFault::Exists;
            Undelivered { maybe_sent: !surely_not, error }
        })?;
        Ok(Self { link, writer, target: target.clone(), written_as, mark })
    }

    /// Appends a piece.
    ///
    /// # Errors
    /// [`Undelivered`]; the file is given up.
    pub async fn write(&mut self, piece: &[u8]) -> Result<(), Undelivered> {
        let maybe_sent = self.written_as == self.target;
        self.writer.write(piece).await.map_err(|error| Undelivered { maybe_sent, error })
    }

    /// Ends the file, gives it its name, makes the end mark.
    ///
    /// # Errors
    /// [`Undelivered`]; perhaps sent as soon as the name was tried.
    pub async fn finish(self) -> Result<(), Undelivered> {
        let direct = self.written_as == self.target;
        self.writer.finish().await.map_err(|error| Undelivered { maybe_sent: direct, error })?;
        let maybe = |error| Undelivered { maybe_sent: true, error };
        if !direct {
            self.link.rename(&self.written_as, &self.target).await.map_err(|error| {
                let surely_not = error.fault == FileFault::Exists;
                Undelivered { maybe_sent: !surely_not, error }
            })?;
        }
        if let Some(mark) = &self.mark {
            match self.link.create(mark).await {
                Ok(writer) => writer.finish().await.map_err(maybe)?,
                // One mark stands for all files of a folder.
                Err(error) if error.fault == FileFault::Exists => {}
                Err(error) => return Err(maybe(error)),
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Delivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("target", &self.target).finish_non_exhaustive()
    }
}
