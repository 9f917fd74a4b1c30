//! How bodies are sealed before they are written. The cipher is the caller's; the store only says what belongs
//! to what, so that a sealed body cannot be moved from one row to another.

use sha2::{Digest, Sha256};
use thiserror::Error;

/// Why a body could not be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct SealerFault(pub String);

/// Seals and opens bodies. `context` names the row and goes into the seal as associated data.
pub trait Sealer: Send + Sync {
    /// The sealed form of `plain`.
    ///
    /// # Errors
    /// When the key is not at hand.
    fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealerFault>;

    /// The plain form of `sealed`.
    ///
    /// # Errors
    /// When the key is not at hand, or the bytes or their context are not what was sealed.
    fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealerFault>;

    /// A digest of what stands in the name of a row that is looked for: equal values have equal marks, and without the key
    /// nobody finds a value by trying.
    fn mark(&self, plain: &[u8]) -> [u8; 32];
}

/// Seals nothing: for simulated days and for a deployment that encrypts its disk instead.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clear;

impl Sealer for Clear {
    fn seal(&self, _context: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealerFault> {
        Ok(plain.to_vec())
    }

    fn open(&self, _context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealerFault> {
        Ok(sealed.to_vec())
    }

    fn mark(&self, plain: &[u8]) -> [u8; 32] {
        Sha256::digest(plain).into()
    }
}
