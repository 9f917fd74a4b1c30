//! Putting a file whole: temporary name, rename, end mark or control file last.
//!
//! For: file messages that we send. In: a link, a place, pieces. Out: a whole file, or a failure that says
//! whether the other side may have seen it. Must not know: what the file holds.

use std::fmt;

use crate::files::{EndMark, FileError, FileFault, FileLink, FilePath, FileWriter};
use crate::leave::Leave;
use crate::outcome::{Cause, CauseKind};

/// What the name of an unfinished file ends with.
const PART: &str = ".part";

/// How a file comes into being.
#[derive(Clone, Debug, Default)]
pub struct DeliverConfig {
    /// Write under another name, then rename.
    pub temporary: bool,
    /// A file that is made last.
    pub done: Option<EndMark>,
    /// What stands in it: it is a control file. It comes into being as the file does, whole. None: it is empty.
    pub control: Option<Vec<u8>>,
    /// Asked before each step by which the other side sees something: a large file is long under way.
    pub leave: Leave,
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
    temporary: bool,
    control: Option<Vec<u8>>,
    leave: Leave,
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
        if !config.temporary {
            given(&config.leave).map_err(not_sent)?;
        }
        let writer = link.create(&written_as).await.map_err(|error| {
            let surely_not = config.temporary || error.fault == FileFault::Exists;
            Undelivered { maybe_sent: !surely_not, error }
        })?;
        let (temporary, control) = (config.temporary, config.control.clone());
        let leave = config.leave.clone();
        Ok(Self { link, writer, target: target.clone(), written_as, mark, temporary, control, leave })
    }

    /// What is known of a file that is given up, as where what is to be written cannot be read.
    #[must_use]
    pub fn given_up(&self, error: FileError) -> Undelivered {
        Undelivered { maybe_sent: self.written_as == self.target, error }
    }

    /// Appends a piece.
    ///
    /// # Errors
    /// [`Undelivered`]; the file is given up.
    pub async fn write(&mut self, piece: &[u8]) -> Result<(), Undelivered> {
        let written = self.writer.write(piece).await;
        written.map_err(|error| self.given_up(error))
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
            given(&self.leave).map_err(|error| Undelivered { maybe_sent: false, error })?;
            self.link.rename(&self.written_as, &self.target).await.map_err(|error| {
                let surely_not = error.fault == FileFault::Exists;
                Undelivered { maybe_sent: !surely_not, error }
            })?;
        }
        match &self.mark {
            Some(mark) => {
                given(&self.leave).map_err(maybe)?;
                make_mark(self.link, mark, self.control.as_deref(), self.temporary).await.map_err(maybe)
            }
            None => Ok(()),
        }
    }
}

/// Leave to go on with a file.
///
/// # Errors
/// A fault of ours where it is not given.
pub fn given(leave: &Leave) -> Result<(), FileError> {
    if leave.is_given() {
        return Ok(());
    }
    let cause = Cause::new(CauseKind::NoLeave);
    let words = cause.to_string();
    Err(FileError::new(FileFault::Link(cause), words))
}

/// Makes the end mark of a file that is there: empty, or a control file with this content. A mark that is there stays: one
/// stands for all files of a folder. A control file that is there must be the same; one that a broken try left in part,
/// where files are not renamed, is made anew.
///
/// # Errors
/// What the link says; [`FileFault::Exists`] where a control file of this name says something else.
pub async fn make_mark(
    link: &dyn FileLink,
    mark: &FilePath,
    control: Option<&[u8]>,
    temporary: bool,
) -> Result<(), FileError> {
    let Some(content) = control else {
        return match link.create(mark).await {
            Ok(writer) => writer.finish().await,
            Err(error) if error.fault == FileFault::Exists => Ok(()),
            Err(error) => Err(error),
        };
    };
    match put_control(link, mark, content, temporary).await {
        Err(error) if error.fault == FileFault::Exists => {}
        done => return done,
    }
    let mut there = Vec::new();
    let mut reader = link.open(mark).await?;
    while let Some(piece) = reader.read().await? {
        there.extend_from_slice(&piece);
        if there.len() > content.len() {
            break;
        }
    }
    if there == content {
        return Ok(());
    }
    if temporary || !content.starts_with(&there) {
        return Err(FileError::new(FileFault::Exists, format_args!("{mark} says something else")));
    }
    link.remove(mark).await?;
    put_control(link, mark, content, temporary).await
}

async fn put_control(
    link: &dyn FileLink,
    mark: &FilePath,
    content: &[u8],
    temporary: bool,
) -> Result<(), FileError> {
    let written_as = if temporary { mark.with_end(PART)? } else { mark.clone() };
    if temporary {
        match link.remove(&written_as).await {
            Err(error) if error.fault != FileFault::NotFound => return Err(error),
            _ => {}
        }
    }
    let mut writer = link.create(&written_as).await?;
    writer.write(content).await?;
    writer.finish().await?;
    if temporary { link.rename(&written_as, mark).await } else { Ok(()) }
}

impl fmt::Debug for Delivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("target", &self.target).finish_non_exhaustive()
    }
}
