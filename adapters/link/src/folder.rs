//! A folder of this machine as a link of files.
//!
//! For: parties that meet us in a shared folder, and tests. In: a root. Out: [`FileLink`].
//! Must not know: what the files hold.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::files::{
    ENTRIES_MOST, FileEntry, FileError, FileFault, FileLink, FilePath, FileReader, FileWriter,
};
use crate::world::{BoxFuture, DiskFile, Files};

/// Bytes of one piece read.
const PIECE: usize = 64 * 1024;

/// A folder and all below it.
#[derive(Clone)]
pub struct Folder {
    files: Arc<dyn Files>,
    root: PathBuf,
}

impl Folder {
    /// The folder at `root`.
    #[must_use]
    pub fn new(files: Arc<dyn Files>, root: impl Into<PathBuf>) -> Self {
        Self { files, root: root.into() }
    }

    fn place(&self, path: &FilePath) -> PathBuf {
        path.parts().fold(self.root.clone(), |place, part| place.join(part))
    }
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folder").field("root", &self.root).finish_non_exhaustive()
    }
}

impl FileLink for Folder {
    fn create<'a>(&'a self, path: &'a FilePath) -> BoxFuture<'a, Result<Box<dyn FileWriter>, FileError>> {
        Box::pin(async move {
            let file = self.files.create(&self.place(path)).await;
            let file = file.map_err(|error| FileError::of(path, &error))?;
            Ok(Box::new(Writer { file, path: path.clone() }) as Box<dyn FileWriter>)
        })
    }

    fn open<'a>(&'a self, path: &'a FilePath) -> BoxFuture<'a, Result<Box<dyn FileReader>, FileError>> {
        Box::pin(async move {
            let file = self.files.open(&self.place(path)).await;
            let file = file.map_err(|error| FileError::of(path, &error))?;
            Ok(Box::new(Reader { file, path: path.clone() }) as Box<dyn FileReader>)
        })
    }

    fn list<'a>(&'a self, folder: &'a FilePath) -> BoxFuture<'a, Result<Vec<FileEntry>, FileError>> {
        Box::pin(async move {
            let entries = self.files.list(&self.place(folder), ENTRIES_MOST).await;
            let entries = entries.map_err(|error| match error.kind() {
                std::io::ErrorKind::QuotaExceeded => FileError::new(FileFault::TooMany, folder),
                _ => FileError::of(folder, &error),
            })?;
            let safe = entries.into_iter().filter(|entry| entry.is_file && folder.join(&entry.name).is_ok());
            Ok(safe
                .map(|entry| FileEntry { name: entry.name, size: entry.size, modified: entry.modified })
                .collect())
        })
    }

    fn rename<'a>(&'a self, from: &'a FilePath, to: &'a FilePath) -> BoxFuture<'a, Result<(), FileError>> {
        Box::pin(async move {
            let renamed = self.files.rename(&self.place(from), &self.place(to)).await;
            renamed.map_err(|error| FileError::of(to, &error))
        })
    }

    fn remove<'a>(&'a self, path: &'a FilePath) -> BoxFuture<'a, Result<(), FileError>> {
        Box::pin(async move {
            let removed = self.files.remove(&self.place(path)).await;
            removed.map_err(|error| FileError::of(path, &error))
        })
    }

    fn make_folder<'a>(&'a self, folder: &'a FilePath) -> BoxFuture<'a, Result<(), FileError>> {
        Box::pin(async move {
            let made = self.files.make_folder(&self.place(folder)).await;
            made.map_err(|error| FileError::of(folder, &error))
        })
    }
}

struct Writer {
    file: Box<dyn DiskFile>,
    path: FilePath,
}

impl FileWriter for Writer {
    fn write<'a>(&'a mut self, piece: &'a [u8]) -> BoxFuture<'a, Result<(), FileError>> {
        Box::pin(async move {
            self.file.write_all(piece).await.map_err(|error| FileError::of(&self.path, &error))
        })
    }

    fn finish(mut self: Box<Self>) -> BoxFuture<'static, Result<(), FileError>> {
        Box::pin(async move { self.file.sync().await.map_err(|error| FileError::of(&self.path, &error)) })
    }
}

struct Reader {
    file: Box<dyn DiskFile>,
    path: FilePath,
}

impl FileReader for Reader {
    fn read(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, FileError>> {
        Box::pin(async move {
            let mut piece = BytesMut::with_capacity(PIECE);
            let read = self.file.read_buf(&mut piece).await;
            let read = read.map_err(|error| FileError::of(&self.path, &error))?;
            Ok((read > 0).then(|| piece.freeze()))
        })
    }
}
