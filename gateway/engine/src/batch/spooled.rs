//! A file in the spool: what is known of it, and the way in and out of it.
//!
//! In: octets of a link, or of a message that is written. Out: the same octets again, as often as wanted, with their count
//! and digest. It must not know what a file holds.

use crate::sheet::{Spool, sync_folder};
use adapters::seal::{Digest, DigestState};
use bytes::Bytes;
use link::Core;
use link::files::{FileError, FileLink, FilePath};
use link::world::Files;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;

/// Octets of one piece.
const PIECE: usize = 64 * 1024;

/// A file in the spool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spooled {
    /// Its name in the spool.
    pub name: String,
    /// Octets.
    pub size: u64,
    /// SHA-256 of them.
    pub digest: [u8; 32],
}

impl Spooled {
    /// As the journal keeps it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let digest: String = self.digest.iter().map(|octet| format!("{octet:02x}")).collect();
        format!("{}\n{}\n{digest}", self.name, self.size).into_bytes()
    }

    /// From octets of the journal; none if they are none.
    #[must_use]
    pub fn decode(octets: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(octets).ok()?.split('\n');
        let (name, size, digest) = (lines.next()?, lines.next()?, lines.next()?);
        let digest = crate::deployment::unhex(digest)?.try_into().ok()?;
        Some(Self { name: name.to_owned(), size: size.parse().ok()?, digest })
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self, spool: &Spool) -> PathBuf {
        spool.place(&self.name)
    }

    /// The octets of its control file.
    ///
    /// # Errors
    /// When the disk does not give it.
    pub fn control(&self, spool: &Spool) -> io::Result<Vec<u8>> {
        std::fs::read(spool.place(&control_name(&self.name)))
    }
}

/// What the control file of a file of the spool is called in the spool.
#[must_use]
pub fn control_name(file: &str) -> String {
    format!("{file}.control")
}

/// Why a file did not get into the spool.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The link.
    #[error(transparent)]
    Link(#[from] FileError),
    /// The spool's disk.
    #[error("the spool: {0}")]
    Disk(#[from] io::Error),
    /// It is larger than any file that is taken.
    #[error("a file of more than {0} octets is not taken")]
    TooLarge(u64),
}

/// Copies a file of a link to the spool, durably.
///
/// # Errors
/// See [`SpoolError`].
pub async fn fetch(
    core: &Core,
    spool: &Spool,
    link: &dyn FileLink,
    path: &FilePath,
    name: &str,
    most: u64,
) -> Result<Spooled, SpoolError> {
    let files = &core.world().files;
    let place = spool.place(name);
    let folder = place.parent().unwrap_or(&place).to_owned();
    files.make_folder(&folder).await?;
    let gone = files.remove(&place).await;
    if let Err(error) = gone
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error.into());
    }
    let mut reader = link.open(path).await?;
    let mut file = files.create(&place).await?;
    let mut digest = DigestState::new(Digest::Sha256);
    let mut size = 0_u64;
    while let Some(piece) = reader.read().await? {
        size = size.saturating_add(piece.len() as u64);
        if size > most {
            return Err(SpoolError::TooLarge(most));
        }
        digest.update(&piece);
        file.write_all(&piece).await?;
    }
    file.sync().await?;
    let synced = core.offload(move || sync_folder(&folder)).await;
    synced.unwrap_or_else(|| Err(io::ErrorKind::Interrupted.into()))?;
    Ok(Spooled { name: name.to_owned(), size, digest: digest_of(digest) })
}

/// What a file of a link holds, without a copy of it.
///
/// # Errors
/// See [`SpoolError`].
pub async fn measured(link: &dyn FileLink, path: &FilePath, most: u64) -> Result<Spooled, SpoolError> {
    let mut reader = link.open(path).await?;
    let (mut digest, mut size) = (DigestState::new(Digest::Sha256), 0_u64);
    while let Some(piece) = reader.read().await? {
        size = size.saturating_add(piece.len() as u64);
        if size > most {
            return Err(SpoolError::TooLarge(most));
        }
        digest.update(&piece);
    }
    Ok(Spooled { name: String::new(), size, digest: digest_of(digest) })
}

/// A file with the control file that completes it: one that comes again with another control file is another file.
#[must_use]
pub fn completed(file: Spooled, control: &Spooled) -> Spooled {
    let mut digest = DigestState::new(Digest::Sha256);
    digest.update(&file.digest);
    digest.update(&control.digest);
    Spooled { digest: digest_of(digest), ..file }
}

fn digest_of(digest: DigestState) -> [u8; 32] {
    digest.finish().try_into().unwrap_or([0; 32])
}

/// A file that is written to the spool.
pub struct SpoolWriter {
    spool: Spool,
    name: String,
    file: io::BufWriter<File>,
    digest: DigestState,
    size: u64,
}

impl SpoolWriter {
    /// Begins a file; what an earlier try left is written over.
    ///
    /// # Errors
    /// When the disk does not let us; likewise below.
    pub fn begin(spool: &Spool, name: &str) -> io::Result<Self> {
        spool.make()?;
        let file = io::BufWriter::new(File::create(spool.place(name))?);
        let digest = DigestState::new(Digest::Sha256);
        Ok(Self { spool: spool.clone(), name: name.to_owned(), file, digest, size: 0 })
    }

    /// Appends octets.
    ///
    /// # Errors
    /// As [`SpoolWriter::begin`].
    pub fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.digest.update(octets);
        self.size += octets.len() as u64;
        self.file.write_all(octets)
    }

    /// Makes it durable.
    ///
    /// # Errors
    /// As [`SpoolWriter::begin`].
    pub fn finish(self) -> io::Result<Spooled> {
        let Self { spool, name, file, digest, size } = self;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        sync_folder(spool.place(&name).parent().unwrap_or(&spool.place("")))?;
        Ok(Spooled { name, size, digest: digest_of(digest) })
    }
}

/// Reads a spooled file piece by piece, on a thread that may block.
///
/// # Errors
/// When the disk does not give it, or what `piece` says.
pub fn each_piece<E: From<io::Error>>(
    spool: &Spool,
    spooled: &Spooled,
    mut piece: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut file = File::open(spooled.place(spool))?;
    let mut octets = vec![0; PIECE];
    loop {
        let count = file.read(&mut octets)?;
        if count == 0 {
            return Ok(());
        }
        piece(octets.get(..count).unwrap_or_default())?;
    }
}

/// All octets of a spooled file, where a message is read whole.
///
/// # Errors
/// When the disk does not give it, or it is larger than a message may be.
pub async fn whole(files: &Arc<dyn Files>, spool: &Spool, spooled: &Spooled, most: u64) -> io::Result<Bytes> {
    if spooled.size > most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "larger than a message may be"));
    }
    let mut file = files.open(&spooled.place(spool)).await?;
    let mut octets = Vec::with_capacity(usize::try_from(spooled.size).unwrap_or(0));
    tokio::io::AsyncReadExt::read_to_end(&mut file, &mut octets).await?;
    Ok(Bytes::from(octets))
}
