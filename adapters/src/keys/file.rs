//! The encrypted key file: names, kinds, versions, dates.
//!
//! In: a path and what protects it; keys to keep. Out: keys by name; a file that is replaced whole or not at
//! all. A key that is rotated stays for checking until a date that the caller gives. Dates come from the
//! caller; this module reads no clock. One process writes; a reader sees the old file or the new one.

use super::sealed::{LONGEST_FILE, open, seal};
use super::{KeyDescription, KeyError, KeyStore, check_name};
use crate::seal::{KeyKind, PreparedKey, Random, SealError};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

pub use super::sealed::Protection;

/// The most keys of a file.
const MOST_KEYS: usize = 10_000;
/// The most versions of a key: the one that holds and those before it.
const MOST_VERSIONS: usize = 8;

/// When a key was put in, in seconds since 1970 UTC, as the caller's clock says.
pub type Created = i64;

/// Why a key file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file system refused.
    #[error("{}: {error}", path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Not a key file of a version known here.
    #[error("this is no key file of a known version")]
    NotAKeyFile,
    /// The file is protected by a passphrase and a key was given, or the other way round.
    #[error("the key file is protected in the other way (passphrase or key)")]
    OtherProtection,
    /// Wrong passphrase or key, or a file that was changed.
    #[error("the passphrase or key is not the right one, or the file was changed")]
    WrongProtection,
    /// A passphrase under 12 bytes.
    #[error("a passphrase has at least 12 bytes")]
    ShortPassphrase,
    /// More keys, versions or bytes than a file may hold.
    #[error("the key file is full: at most {most} {what}")]
    Full {
        /// The bound.
        most: usize,
        /// Of what.
        what: &'static str,
    },
    /// The name is taken; rotating or removing is meant to be said.
    #[error("there is a key named {name} already")]
    Taken {
        /// The name.
        name: String,
    },
    /// Rotating to a key of another kind.
    #[error("key {name} is of kind {expected}, not {found}")]
    OtherKind {
        /// The name.
        name: String,
        /// The kind it has.
        expected: KeyKind,
        /// The kind of the new key.
        found: KeyKind,
    },
    /// A name, or a key under it.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A seal.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// One version of a key.
#[derive(Clone, Debug)]
pub struct Version {
    /// The key.
    pub key: Arc<PreparedKey>,
    /// When it was put in.
    pub created: Created,
    /// Until when what came in may be checked with it; `None` for the one that holds.
    pub not_after: Option<i64>,
}

/// A name with its versions, the one that holds first.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The versions, at least one.
    pub versions: Vec<Version>,
}

/// A key file, opened.
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    entries: BTreeMap<String, Entry>,
}

impl KeyFile {
    /// Makes a new, empty file.
    ///
    /// # Errors
    /// A file that is there already, or that cannot be written.
    pub fn create(
        path: &Path,
        protection: &Protection<'_>,
        random: Random<'_>,
    ) -> Result<Self, KeyFileError> {
        if path.exists() {
            let error = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(KeyFileError::File { path: path.to_owned(), error });
        }
        let file = Self { path: path.to_owned(), entries: BTreeMap::new() };
        file.save(protection, random)?;
        Ok(file)
    }

    /// Opens a file and prepares all its keys.
    ///
    /// # Errors
    /// A file that cannot be read, is none of ours, is protected otherwise, or was changed.
    pub fn open(path: &Path, protection: &Protection<'_>) -> Result<Self, KeyFileError> {
        let failed = |error| KeyFileError::File { path: path.to_owned(), error };
        let mut bytes = Vec::new();
        let limit = u64::try_from(LONGEST_FILE).unwrap_or(u64::MAX);
        File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes)).map_err(failed)?;
        if bytes.len() > LONGEST_FILE {
            return Err(KeyFileError::Full { most: LONGEST_FILE, what: "bytes" });
        }
        let plain = open(protection, &bytes)?;
        let entries = read_entries(&plain)?;
        Ok(Self { path: path.to_owned(), entries })
    }

    /// Writes the file anew: beside it, to the disk, then in its place. A crash leaves the old or the new one.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, protection: &Protection<'_>, random: Random<'_>) -> Result<(), KeyFileError> {
        let plain = written(&self.entries);
        if plain.len() > LONGEST_FILE / 2 {
            return Err(KeyFileError::Full { most: LONGEST_FILE / 2, what: "bytes" });
        }
        let bytes = seal(protection, &plain, random)?;
        replace(&self.path, &bytes).map_err(|error| KeyFileError::File { path: self.path.clone(), error })
    }

    /// Puts a key under a new name. [`save`](Self::save) makes it last.
    ///
    /// # Errors
    /// A name that is taken or that no key can have; a full file.
    pub fn put(&mut self, name: &str, key: PreparedKey, created: Created) -> Result<(), KeyFileError> {
        check_name(name)?;
        if self.entries.contains_key(name) {
            return Err(KeyFileError::Taken { name: name.to_owned() });
        }
        if self.entries.len() >= MOST_KEYS {
            return Err(KeyFileError::Full { most: MOST_KEYS, what: "keys" });
        }
        let version = Version { key: Arc::new(key), created, not_after: None };
        self.entries.insert(name.to_owned(), Entry { versions: vec![version] });
        Ok(())
    }

    /// Lets a new key hold under a name; what held before may still be checked with until `old_until`.
    /// The oldest version goes when there are more than eight.
    ///
    /// # Errors
    /// No such name, or a key of another kind.
    pub fn rotate(
        &mut self,
        name: &str,
        key: PreparedKey,
        created: Created,
        old_until: i64,
    ) -> Result<(), KeyFileError> {
        let entry = self.entries.get_mut(name).ok_or_else(|| KeyError::Unknown { name: name.to_owned() })?;
        if let Some(current) = entry.versions.first_mut() {
            if current.key.kind() != key.kind() {
                let (expected, found) = (current.key.kind(), key.kind());
                return Err(KeyFileError::OtherKind { name: name.to_owned(), expected, found });
            }
            current.not_after = Some(old_until);
        }
        entry.versions.insert(0, Version { key: Arc::new(key), created, not_after: None });
        entry.versions.truncate(MOST_VERSIONS);
        Ok(())
    }

    /// Removes a key with all its versions.
    ///
    /// # Errors
    /// No such name.
    pub fn remove(&mut self, name: &str) -> Result<(), KeyFileError> {
        match self.entries.remove(name) {
            Some(_) => Ok(()),
            None => Err(KeyError::Unknown { name: name.to_owned() }.into()),
        }
    }

    /// Removes the versions whose time has ended; tells how many.
    pub fn forget_ended(&mut self, now: i64) -> usize {
        let mut forgotten = 0;
        for entry in self.entries.values_mut() {
            let before = entry.versions.len();
            entry.versions.retain(|version| version.not_after.is_none_or(|end| now <= end));
            forgotten += before - entry.versions.len();
        }
        forgotten
    }

    /// What may be told of each key that holds, by name.
    pub fn list(&self) -> Vec<KeyDescription> {
        let holding = |(name, entry): (&String, &Entry)| {
            entry.versions.first().map(|version| KeyDescription::of(name, &version.key))
        };
        self.entries.iter().filter_map(holding).collect()
    }

    /// The versions of a key.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// The public half of a pair, as PEM, to be given to the other side.
    ///
    /// # Errors
    /// No such name, or a symmetric key, which has no public half.
    pub fn public_half(&self, name: &str) -> Result<String, KeyFileError> {
        let key = self.key(name)?;
        key.public_half_pem().ok_or_else(|| {
            let error =
                SealError::MalformedKey { kind: key.kind(), reason: "a symmetric key has no public half" };
            KeyError::Unusable { name: name.to_owned(), error }.into()
        })
    }
}

impl KeyStore for KeyFile {
    fn key(&self, name: &str) -> Result<Arc<PreparedKey>, KeyError> {
        self.entries
            .get(name)
            .and_then(|entry| entry.versions.first())
            .map(|version| Arc::clone(&version.key))
            .ok_or_else(|| KeyError::Unknown { name: name.to_owned() })
    }

    fn keys_for_checking(&self, name: &str, now: i64) -> Result<Vec<Arc<PreparedKey>>, KeyError> {
        let entry = self.entries.get(name).ok_or_else(|| KeyError::Unknown { name: name.to_owned() })?;
        let holds = |version: &&Version| version.not_after.is_none_or(|end| now <= end);
        Ok(entry.versions.iter().filter(holds).map(|version| Arc::clone(&version.key)).collect())
    }
}

/// Content: for each key its name, kind and versions; every text and number with a fixed or written length.
fn written(entries: &BTreeMap<String, Entry>) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::new());
    for (name, entry) in entries {
        for version in &entry.versions {
            put_bytes(&mut out, name.as_bytes());
            put_bytes(&mut out, version.key.kind().name().as_bytes());
            put_bytes(&mut out, version.key.stored_bytes());
            out.extend_from_slice(&version.created.to_be_bytes());
            out.extend_from_slice(&version.not_after.unwrap_or(i64::MAX).to_be_bytes());
        }
    }
    out
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    // A key or name is far below 4 GiB: keys are bounded when they are prepared.
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn read_entries(plain: &[u8]) -> Result<BTreeMap<String, Entry>, KeyFileError> {
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    let mut rest = plain;
    while !rest.is_empty() {
        let (name, version) = take_version(&mut rest).ok_or(KeyFileError::NotAKeyFile)??;
        let entry = entries.entry(name).or_insert_with(|| Entry { versions: Vec::new() });
        entry.versions.push(version);
        if entry.versions.len() > MOST_VERSIONS || entries.len() > MOST_KEYS {
            return Err(KeyFileError::NotAKeyFile);
        }
    }
    Ok(entries)
}

/// The next version; `None` where the content does not have its shape.
fn take_version(rest: &mut &[u8]) -> Option<Result<(String, Version), KeyFileError>> {
    let name = String::from_utf8(take_bytes(rest)?.to_vec()).ok()?;
    let kind = KeyKind::from_name(std::str::from_utf8(take_bytes(rest)?).ok()?)?;
    let bytes = take_bytes(rest)?;
    let created = take_number(rest)?;
    let not_after = take_number(rest).map(|end| (end != i64::MAX).then_some(end))?;
    let key =
        if kind.is_pair() { PreparedKey::from_der(kind, bytes) } else { PreparedKey::symmetric(kind, bytes) };
    Some(match key {
        Ok(key) => Ok((name, Version { key: Arc::new(key), created, not_after })),
        Err(error) => Err(KeyError::Unusable { name, error }.into()),
    })
}

fn take_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (bytes, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}

fn take_number(rest: &mut &[u8]) -> Option<i64> {
    let (number, after) = rest.split_first_chunk::<8>()?;
    *rest = after;
    Some(i64::from_be_bytes(*number))
}

/// Writes beside the file, to the disk, and puts it in its place; then the directory goes to the disk too.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)?.sync_all()
}
