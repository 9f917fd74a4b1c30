//! Files on disk: what folder links and spools need of a file system.
//!
//! For: the folder link. In: paths that the caller has made safe. Out: open files and entries.
//! Must not know: names' rules, end marks, parties.

use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use tokio::fs;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{BoxFuture, Moment};

/// An open file. Writes are durable only after [`DiskFile::sync`].
pub trait DiskFile: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// Makes all that was written durable.
    fn sync(&mut self) -> BoxFuture<'_, io::Result<()>>;
}

/// What a folder says of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskEntry {
    /// The name without its folder; names that are not UTF-8 are left out of listings.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Last change.
    pub modified: Moment,
    /// A plain file; links and folders are not.
    pub is_file: bool,
}

/// A file system.
pub trait Files: Send + Sync + 'static {
    /// Opens for reading.
    fn open<'a>(&'a self, path: &'a Path) -> BoxFuture<'a, io::Result<Box<dyn DiskFile>>>;
    /// Makes a new file for writing; fails if the name exists.
    fn create<'a>(&'a self, path: &'a Path) -> BoxFuture<'a, io::Result<Box<dyn DiskFile>>>;
    /// Gives a file another name in the same file system, durably. Fails if the new name exists.
    fn rename<'a>(&'a self, from: &'a Path, to: &'a Path) -> BoxFuture<'a, io::Result<()>>;
    /// Removes a file, durably.
    fn remove<'a>(&'a self, path: &'a Path) -> BoxFuture<'a, io::Result<()>>;
    /// Lists a folder, sorted by name; [`io::ErrorKind::QuotaExceeded`] if it holds more than `most` entries.
    fn list<'a>(&'a self, folder: &'a Path, most: usize) -> BoxFuture<'a, io::Result<Vec<DiskEntry>>>;
    /// Makes a folder and those above it.
    fn make_folder<'a>(&'a self, folder: &'a Path) -> BoxFuture<'a, io::Result<()>>;
}

/// The machine's own file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFiles;

impl DiskFile for fs::File {
    fn sync(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            tokio::io::AsyncWriteExt::flush(self).await?;
            self.sync_all().await
        })
    }
}

impl Files for RealFiles {
    fn open<'a>(&'a self, path: &'a Path) -> BoxFuture<'a, io::Result<Box<dyn DiskFile>>> {
        Box::pin(async move {
            if fs::symlink_metadata(path).await?.is_symlink() {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "a symbolic link"));
            }
            let file = fs::File::open(path).await?;
            if !file.metadata().await?.is_file() {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file"));
            }
            Ok(Box::new(file) as Box<dyn DiskFile>)
        })
    }

    fn create<'a>(&'a self, path: &'a Path) -> BoxFuture<'a, io::Result<Box<dyn DiskFile>>> {
        Box::pin(async move {
            let file = fs::OpenOptions::new().write(true).create_new(true).open(path).await?;
            Ok(Box::new(file) as Box<dyn DiskFile>)
        })
    }

    fn rename<'a>(&'a self, from: &'a Path, to: &'a Path) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            // A hard link refuses to replace, where rename would do so silently; not every file system has them.
            match fs::hard_link(from, to).await {
                Ok(()) => fs::remove_file(from).await?,
                Err(error) if has_no_links(&error) => {
                    if fs::try_exists(to).await? {
                        return Err(io::ErrorKind::AlreadyExists.into());
                    }
                    fs::rename(from, to).await?;
                }
                Err(error) => return Err(error),
            }
            sync_folder(to).await
        })
    }

    fn remove<'a>(&'a self, path: &'a Path) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            fs::remove_file(path).await?;
            sync_folder(path).await
        })
    }

    fn list<'a>(&'a self, folder: &'a Path, most: usize) -> BoxFuture<'a, io::Result<Vec<DiskEntry>>> {
        Box::pin(async move {
            let mut entries = Vec::new();
            let mut reader = fs::read_dir(folder).await?;
            while let Some(entry) = reader.next_entry().await? {
                let Ok(name) = entry.file_name().into_string() else { continue };
                if entries.len() >= most {
                    return Err(io::ErrorKind::QuotaExceeded.into());
                }
                // Somebody else may take a file away between the listing and this question.
                let Ok(facts) = fs::symlink_metadata(entry.path()).await else { continue };
                let modified = facts.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
                let micros = modified.and_then(|span| i64::try_from(span.as_micros()).ok()).unwrap_or(0);
                let is_file = facts.file_type().is_file();
                entries.push(DiskEntry { name, size: facts.len(), modified: Moment(micros), is_file });
            }
            entries.sort_by(|left, right| left.name.cmp(&right.name));
            Ok(entries)
        })
    }

    fn make_folder<'a>(&'a self, folder: &'a Path) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(fs::create_dir_all(folder))
    }
}

fn has_no_links(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied)
}

/// A name is durable only once its folder is.
async fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    fs::File::open(folder).await?.sync_all().await
}
