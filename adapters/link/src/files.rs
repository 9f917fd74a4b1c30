//! What every link of files can do: folder and SFTP alike.
//!
//! For: the engine's file messages, the watch. In: safe names, bytes in pieces. Out: bytes in pieces, listings.
//! A file is never whole in memory. Must not know: records, digests, what a name means.

use std::fmt;

use bytes::Bytes;

use crate::outcome::Cause;
use crate::world::{BoxFuture, Moment};

/// The most bytes of one name.
const NAME_MOST: usize = 255;

/// The most parts of a path.
const PARTS_MOST: usize = 16;

/// A file's place below the link's root: parts that cannot lead out of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FilePath {
    parts: Vec<String>,
}

impl FilePath {
    /// The link's root.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Reads `a/b/c`; slashes before and after do not count.
    ///
    /// # Errors
    /// [`FileFault::BadName`] if a part is empty, `.` or `..`, too long, or holds a separator or control.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let trimmed = text.trim_matches('/');
        if trimmed.is_empty() {
            return Ok(Self::root());
        }
        trimmed.split('/').try_fold(Self::root(), |path, part| path.join(part))
    }

    /// The place of a name in this folder.
    ///
    /// # Errors
    /// [`FileFault::BadName`] as for [`FilePath::parse`]; a slash in the name is one too.
    pub fn join(&self, name: &str) -> Result<Self, FileError> {
        let bad = name.is_empty()
            || name.len() > NAME_MOST
            || matches!(name, "." | "..")
            || name.chars().any(|sign| matches!(sign, '/' | '\\') || sign.is_control());
        if bad || self.parts.len() >= PARTS_MOST {
            return Err(FileError::new(FileFault::BadName, name.escape_debug()));
        }
        let mut parts = self.parts.clone();
        parts.push(name.to_owned());
        Ok(Self { parts })
    }

    /// The same place with `end` added to the name.
    ///
    /// # Errors
    /// [`FileFault::BadName`] if there is no name, or the longer one is bad.
    pub fn with_end(&self, end: &str) -> Result<Self, FileError> {
        match self.name() {
            Some(name) => self.folder().join(&format!("{name}{end}")),
            None => Err(FileError::new(FileFault::BadName, "the root has no name")),
        }
    }

    /// The last part.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.parts.last().map(String::as_str)
    }

    /// All but the last part.
    #[must_use]
    pub fn folder(&self) -> Self {
        let mut parts = self.parts.clone();
        parts.pop();
        Self { parts }
    }

    /// The parts in order.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(String::as_str)
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts.join("/"))
    }
}

/// What went wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFault {
    /// The name cannot be used.
    BadName,
    /// There is no such file or folder.
    NotFound,
    /// The name is taken.
    Exists,
    /// The other side or the system does not allow it.
    Denied,
    /// The connection could not be made, or broke.
    Link(Cause),
    /// A folder holds more entries than are read.
    TooMany,
    /// Anything else that the system says.
    Failed,
}

/// A fault with the file or the words that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// What went wrong.
    pub fault: FileFault,
    /// The file, or the system's words.
    pub detail: String,
}

impl FileError {
    /// A fault with words.
    pub fn new(fault: FileFault, detail: impl fmt::Display) -> Self {
        Self { fault, detail: detail.to_string() }
    }

    /// What the system said of a file.
    #[must_use]
    pub fn of(path: &FilePath, error: &std::io::Error) -> Self {
        let fault = match error.kind() {
            std::io::ErrorKind::NotFound => FileFault::NotFound,
            std::io::ErrorKind::AlreadyExists => FileFault::Exists,
            std::io::ErrorKind::PermissionDenied => FileFault::Denied,
            _ => FileFault::Failed,
        };
        Self::new(fault, format_args!("{path}: {error}"))
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match &self.fault {
            FileFault::BadName => "the name cannot be used",
            FileFault::NotFound => "no such file",
            FileFault::Exists => "the name is taken",
            FileFault::Denied => "not allowed",
            FileFault::Link(cause) => return write!(f, "{cause} ({})", self.detail),
            FileFault::TooMany => "the folder holds too many entries",
            FileFault::Failed => "the file could not be used",
        };
        write!(f, "{words}: {}", self.detail)
    }
}

impl std::error::Error for FileError {}

/// What says that a file is whole: another file, mostly empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndMark {
    /// Of the file's name with this behind it: `.ok`.
    Behind(String),
    /// Of this name in the file's folder: it stands for all files there.
    Named(String),
}

impl EndMark {
    /// As an adapter writes it: what begins with a point stands behind the file's name, anything else is a name.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if text.starts_with('.') { Self::Behind(text.to_owned()) } else { Self::Named(text.to_owned()) }
    }

    /// Where the mark of a file is.
    ///
    /// # Errors
    /// [`FileFault::BadName`] if it cannot be a name.
    pub fn place(&self, file: &FilePath) -> Result<FilePath, FileError> {
        match self {
            Self::Behind(end) => file.with_end(end),
            Self::Named(name) => file.folder().join(name),
        }
    }

    /// Whether a name is that of a mark.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        match self {
            Self::Behind(end) => name.ends_with(end.as_str()),
            Self::Named(mark) => name == mark,
        }
    }

    /// The name of the mark of a file of this name.
    #[must_use]
    pub fn name(&self, file: &str) -> String {
        match self {
            Self::Behind(end) => format!("{file}{end}"),
            Self::Named(mark) => mark.clone(),
        }
    }
}

/// What a listing says of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// The name in its folder.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Last change; of a remote file to the second, by the other side's clock.
    pub modified: Moment,
}

/// A file being written.
pub trait FileWriter: Send {
    /// Appends a piece.
    fn write<'a>(&'a mut self, piece: &'a [u8]) -> BoxFuture<'a, Result<(), FileError>>;
    /// Ends the file: durable on a local disk, closed without error on the other side.
    fn finish(self: Box<Self>) -> BoxFuture<'static, Result<(), FileError>>;
}

/// A file being read.
pub trait FileReader: Send {
    /// The next piece, never empty; `None` at the end.
    fn read(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, FileError>>;
}

/// The most entries of one folder that a listing gives.
pub const ENTRIES_MOST: usize = 100_000;

/// A place with files.
pub trait FileLink: Send + Sync + 'static {
    /// Makes a new file. Fails with [`FileFault::Exists`] if the name is taken.
    fn create<'a>(&'a self, path: &'a FilePath) -> BoxFuture<'a, Result<Box<dyn FileWriter>, FileError>>;
    /// Opens a file.
    fn open<'a>(&'a self, path: &'a FilePath) -> BoxFuture<'a, Result<Box<dyn FileReader>, FileError>>;
    /// The plain files of a folder, sorted by name; names that are not safe are left out.
    fn list<'a>(&'a self, folder: &'a FilePath) -> BoxFuture<'a, Result<Vec<FileEntry>, FileError>>;
    /// Gives a file another name. Fails if the new one is taken, as far as the other side can tell.
    fn rename<'a>(&'a self, from: &'a FilePath, to: &'a FilePath) -> BoxFuture<'a, Result<(), FileError>>;
    /// Removes a file.
    fn remove<'a>(&'a self, path: &'a FilePath) -> BoxFuture<'a, Result<(), FileError>>;
    /// Makes a folder and those above it; it may be there.
    fn make_folder<'a>(&'a self, folder: &'a FilePath) -> BoxFuture<'a, Result<(), FileError>>;
}
