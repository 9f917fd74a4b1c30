//! Keys by name: where the seals get them from.
//!
//! In: a name. Out: the prepared key that holds now, and while keys overlap also the ones before it. Two
//! sources: [`MemoryKeys`] for tests and simulations, [`KeyFile`] for keys encrypted on disk. A hardware
//! module is a third implementation of [`KeyStore`]. Must not know parties, sessions or messages.

mod file;
mod import;
mod sealed;

use crate::seal::{CheckValue, KeyKind, PreparedKey, SealError};
use std::collections::BTreeMap;
use std::sync::Arc;

pub use file::{Created, Entry, KeyFile, KeyFileError, Protection, Version};
pub use import::{ImportError, KeyText, import};

/// The longest name of a key, in bytes.
pub const LONGEST_NAME: usize = 64;

/// Why a key could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No key has this name.
    #[error("there is no key named {name}")]
    Unknown {
        /// The name.
        name: String,
    },
    /// A name that no key can have.
    #[error("a key's name has 1 to 64 letters, digits, dots, dashes or underscores")]
    Name,
    /// What is kept under the name is no key.
    #[error("key {name}: {error}")]
    Unusable {
        /// The name.
        name: String,
        /// What is wrong with it.
        error: SealError,
    },
}

/// A source of keys.
pub trait KeyStore: Send + Sync {
    /// The key of this name that holds now.
    ///
    /// # Errors
    /// No such key.
    fn key(&self, name: &str) -> Result<Arc<PreparedKey>, KeyError>;

    /// The keys that what came in may still be checked with, newest first: the one that holds, then the one
    /// before it while `now` (seconds since 1970 UTC) is within its time.
    ///
    /// # Errors
    /// No such key.
    fn keys_for_checking(&self, name: &str, now: i64) -> Result<Vec<Arc<PreparedKey>>, KeyError>;
}

/// What may be told of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDescription {
    /// The name.
    pub name: String,
    /// The kind.
    pub kind: KeyKind,
    /// The length in bits.
    pub bits: usize,
    /// Whether the private half is here; true for symmetric keys.
    pub private: bool,
    /// The check value.
    pub check: CheckValue,
}

impl KeyDescription {
    fn of(name: &str, key: &PreparedKey) -> Self {
        Self {
            name: name.to_owned(),
            kind: key.kind(),
            bits: key.bits(),
            private: key.has_private_half(),
            check: key.check(),
        }
    }
}

/// Keys held in memory only.
#[derive(Debug, Default)]
pub struct MemoryKeys {
    keys: BTreeMap<String, Arc<PreparedKey>>,
}

impl MemoryKeys {
    /// No keys yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a key under a name, in place of what was there.
    ///
    /// # Errors
    /// A name that no key can have.
    pub fn put(&mut self, name: &str, key: impl Into<Arc<PreparedKey>>) -> Result<(), KeyError> {
        check_name(name)?;
        self.keys.insert(name.to_owned(), key.into());
        Ok(())
    }

    /// All keys by name.
    pub fn list(&self) -> Vec<KeyDescription> {
        self.keys.iter().map(|(name, key)| KeyDescription::of(name, key)).collect()
    }
}

impl KeyStore for MemoryKeys {
    fn key(&self, name: &str) -> Result<Arc<PreparedKey>, KeyError> {
        self.keys.get(name).cloned().ok_or_else(|| KeyError::Unknown { name: name.to_owned() })
    }

    fn keys_for_checking(&self, name: &str, _now: i64) -> Result<Vec<Arc<PreparedKey>>, KeyError> {
        self.key(name).map(|key| vec![key])
    }
}

/// Names go into file names, logs and the adapter language, so that they are kept plain.
fn check_name(name: &str) -> Result<(), KeyError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(plain) {
        Ok(())
    } else {
        Err(KeyError::Name)
    }
}
