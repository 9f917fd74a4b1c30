//! The served folder: SFTP's requests on files below one root.

use std::collections::BTreeMap;
use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};

use link::files::FilePath;
use russh_sftp::protocol::{Attrs, Data, File, FileAttributes, Handle, Name, OpenFlags, Status, StatusCode};
use tokio::fs;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

/// The most handles of one session.
const HANDLES_MOST: usize = 64;

/// The most bytes of one read.
const READ_MOST: u32 = 256 * 1024;

/// Names in one answer to a listing.
const NAMES_AT_ONCE: usize = 100;

pub(crate) struct Tree {
    root: PathBuf,
    next: u64,
    open: BTreeMap<String, Opened>,
}

enum Opened {
    File(fs::File),
    Folder(fs::ReadDir),
}

fn refused(error: &io::Error) -> StatusCode {
    match error.kind() {
        io::ErrorKind::NotFound => StatusCode::NoSuchFile,
        io::ErrorKind::PermissionDenied => StatusCode::PermissionDenied,
        _ => StatusCode::Failure,
    }
}

fn done(id: u32) -> Status {
    Status {
        id,
        status_code: StatusCode::Ok,
        error_message: "Ok".to_owned(),
        language_tag: "en-US".to_owned(),
    }
}

impl Tree {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), next: 0, open: BTreeMap::new() }
    }

    /// A path as the guest says it, below the root whatever it says.
    fn safe(path: &str) -> Result<FilePath, StatusCode> {
        let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
        parts.into_iter().try_fold(FilePath::root(), |at, part| match part {
            ".." => Ok(at.folder()),
            part => at.join(part).map_err(|_| StatusCode::PermissionDenied),
        })
    }

    fn place(&self, path: &str) -> Result<PathBuf, StatusCode> {
        let safe = Self::safe(path)?;
        Ok(safe.parts().fold(self.root.clone(), |place, part| place.join(part)))
    }

    fn keep(&mut self, id: u32, opened: Opened) -> Result<Handle, StatusCode> {
        if self.open.len() >= HANDLES_MOST {
            return Err(StatusCode::Failure);
        }
        self.next += 1;
        let handle = self.next.to_string();
        self.open.insert(handle.clone(), opened);
        Ok(Handle { id, handle })
    }

    fn file(&mut self, handle: &str) -> Result<&mut fs::File, StatusCode> {
        match self.open.get_mut(handle) {
            Some(Opened::File(file)) => Ok(file),
            _ => Err(StatusCode::Failure),
        }
    }

    async fn facts(&self, id: u32, path: &str) -> Result<Attrs, StatusCode> {
        let facts = fs::symlink_metadata(self.place(path)?).await.map_err(|error| refused(&error))?;
        Ok(Attrs { id, attrs: FileAttributes::from(&facts) })
    }
}

async fn read_at(file: &mut fs::File, offset: u64, length: u32) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset)).await?;
    let mut data = Vec::new();
    file.take(u64::from(length.min(READ_MOST))).read_to_end(&mut data).await?;
    Ok(data)
}

async fn write_at(file: &mut fs::File, offset: u64, data: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset)).await?;
    file.write_all(data).await?;
    file.flush().await
}

impl russh_sftp::server::Handler for Tree {
    type Error = StatusCode;

    fn unimplemented(&self) -> Self::Error {
        StatusCode::OpUnsupported
    }

    async fn open(
        &mut self,
        id: u32,
        filename: String,
        flags: OpenFlags,
        _attrs: FileAttributes,
    ) -> Result<Handle, StatusCode> {
        let place = self.place(&filename)?;
        let mut options = fs::OpenOptions::new();
        options.read(flags.contains(OpenFlags::READ)).write(flags.contains(OpenFlags::WRITE));
        if flags.contains(OpenFlags::CREATE | OpenFlags::EXCLUDE) {
            options.create_new(true);
        } else {
            options.create(flags.contains(OpenFlags::CREATE)).truncate(flags.contains(OpenFlags::TRUNCATE));
        }
        let file = options.open(place).await.map_err(|error| refused(&error))?;
        self.keep(id, Opened::File(file))
    }

    async fn close(&mut self, id: u32, handle: String) -> Result<Status, StatusCode> {
        self.open.remove(&handle).map(|_| done(id)).ok_or(StatusCode::Failure)
    }

    async fn read(&mut self, id: u32, handle: String, offset: u64, length: u32) -> Result<Data, StatusCode> {
        let data = read_at(self.file(&handle)?, offset, length).await.map_err(|error| refused(&error))?;
        if data.is_empty() { Err(StatusCode::Eof) } else { Ok(Data { id, data }) }
    }

    async fn write(
        &mut self,
        id: u32,
        handle: String,
        offset: u64,
        data: Vec<u8>,
    ) -> Result<Status, StatusCode> {
        write_at(self.file(&handle)?, offset, &data).await.map_err(|error| refused(&error))?;
        Ok(done(id))
    }

    async fn lstat(&mut self, id: u32, path: String) -> Result<Attrs, StatusCode> {
        self.facts(id, &path).await
    }

    async fn stat(&mut self, id: u32, path: String) -> Result<Attrs, StatusCode> {
        self.facts(id, &path).await
    }

    async fn fstat(&mut self, id: u32, handle: String) -> Result<Attrs, StatusCode> {
        let facts = self.file(&handle)?.metadata().await.map_err(|error| refused(&error))?;
        Ok(Attrs { id, attrs: FileAttributes::from(&facts) })
    }

    async fn setstat(&mut self, id: u32, path: String, _attrs: FileAttributes) -> Result<Status, StatusCode> {
        self.facts(id, &path).await.map(|_| done(id))
    }

    async fn fsetstat(
        &mut self,
        id: u32,
        handle: String,
        _attrs: FileAttributes,
    ) -> Result<Status, StatusCode> {
        self.file(&handle).map(|_| done(id))
    }

    async fn opendir(&mut self, id: u32, path: String) -> Result<Handle, StatusCode> {
        let reader = fs::read_dir(self.place(&path)?).await.map_err(|error| refused(&error))?;
        self.keep(id, Opened::Folder(reader))
    }

    async fn readdir(&mut self, id: u32, handle: String) -> Result<Name, StatusCode> {
        let Some(Opened::Folder(reader)) = self.open.get_mut(&handle) else {
            return Err(StatusCode::Failure);
        };
        let mut files = Vec::new();
        while files.len() < NAMES_AT_ONCE {
            let Some(entry) = reader.next_entry().await.map_err(|error| refused(&error))? else { break };
            let (Ok(name), Ok(facts)) = (entry.file_name().into_string(), entry.metadata().await) else {
                continue;
            };
            files.push(File::new(name, FileAttributes::from(&facts)));
        }
        if files.is_empty() { Err(StatusCode::Eof) } else { Ok(Name { id, files }) }
    }

    async fn remove(&mut self, id: u32, filename: String) -> Result<Status, StatusCode> {
        fs::remove_file(self.place(&filename)?).await.map_err(|error| refused(&error))?;
        Ok(done(id))
    }

    async fn mkdir(&mut self, id: u32, path: String, _attrs: FileAttributes) -> Result<Status, StatusCode> {
        fs::create_dir(self.place(&path)?).await.map_err(|error| refused(&error))?;
        Ok(done(id))
    }

    async fn rmdir(&mut self, id: u32, path: String) -> Result<Status, StatusCode> {
        fs::remove_dir(self.place(&path)?).await.map_err(|error| refused(&error))?;
        Ok(done(id))
    }

    async fn realpath(&mut self, id: u32, path: String) -> Result<Name, StatusCode> {
        let real = format!("/{}", Self::safe(&path)?);
        Ok(Name { id, files: vec![File::dummy(real)] })
    }

    /// As OpenSSH does it: the new name must be free.
    async fn rename(&mut self, id: u32, old: String, new: String) -> Result<Status, StatusCode> {
        let (old, new) = (self.place(&old)?, self.place(&new)?);
        fs::hard_link(&old, &new).await.map_err(|error| refused(&error))?;
        fs::remove_file(old).await.map_err(|error| refused(&error))?;
        Ok(done(id))
    }
}
