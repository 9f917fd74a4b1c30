//! The outside of a key file: a readable header, then everything encrypted.
//!
//! In: what protects the file, its plain content. Out: the bytes of the file, and back. AES-256-GCM; the key
//! is derived from a passphrase with Argon2id, or is a 32-byte key that is kept apart from the file. The
//! header is bound to the content, so that no cost can be lowered and no version changed unseen.
//! Must not know what the content is.

use super::file::KeyFileError;
use crate::seal::{
    BlockCipher, Cipher, KeyKind, Mode, Padding, PreparedKey, Random, SealError, decrypt_authenticated,
    encrypt_authenticated,
};
use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

const MAGIC: &[u8; 8] = b"TSKEYS\0\x01";
const SALT: usize = 16;
const NONCE: usize = 12;
/// Magic, kind of protection, memory in KiB, passes, lanes, salt, nonce.
const HEADER: usize = MAGIC.len() + 1 + 4 + 4 + 4 + SALT + NONCE;
/// The most a file may have, in bytes.
pub(super) const LONGEST_FILE: usize = 16 * 1024 * 1024;
const GCM: Cipher = Cipher { block: BlockCipher::Aes, mode: Mode::Gcm, padding: Padding::None };

/// What a key file is protected with.
pub enum Protection<'a> {
    /// A passphrase of at least 12 bytes, through Argon2id.
    Passphrase(&'a str),
    /// A key of 32 bytes from elsewhere: a file on another volume, a secret manager.
    Key(&'a [u8; 32]),
}

/// The cost of a passphrase: 64 MiB, 3 passes, 1 lane.
struct CostOfGuess {
    memory: u32,
    passes: u32,
    lanes: u32,
}

const COST: CostOfGuess = CostOfGuess { memory: 64 * 1024, passes: 3, lanes: 1 };
/// A file that asks for more memory than this (KiB) is refused, since opening it could stop the machine.
const MOST_MEMORY: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 64;

/// The bytes of a file that holds `plain`.
pub(super) fn seal(
    protection: &Protection<'_>,
    plain: &[u8],
    random: Random<'_>,
) -> Result<Vec<u8>, KeyFileError> {
    let mut header = Vec::with_capacity(HEADER + plain.len() + 16);
    header.extend_from_slice(MAGIC);
    header.push(mark(protection));
    for number in [COST.memory, COST.passes, COST.lanes] {
        header.extend_from_slice(&number.to_be_bytes());
    }
    let mut fresh = [0; SALT + NONCE];
    random(&mut fresh);
    header.extend_from_slice(&fresh);
    let (salt, nonce) = fresh.split_at(SALT);
    let key = file_key(protection, &COST, salt)?;
    let sealed = encrypt_authenticated(GCM, &key, nonce, &header, plain)?;
    header.extend_from_slice(&sealed);
    Ok(header)
}

/// The content of a file.
pub(super) fn open(protection: &Protection<'_>, file: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let (header, sealed) = file.split_at_checked(HEADER).ok_or(KeyFileError::NotAKeyFile)?;
    let rest = header.strip_prefix(MAGIC).ok_or(KeyFileError::NotAKeyFile)?;
    let (kind, rest) = rest.split_first().ok_or(KeyFileError::NotAKeyFile)?;
    let (numbers, fresh) = rest.split_at_checked(12).ok_or(KeyFileError::NotAKeyFile)?;
    let (salt, nonce) = fresh.split_at_checked(SALT).ok_or(KeyFileError::NotAKeyFile)?;
    if *kind != mark(protection) {
        return Err(KeyFileError::OtherProtection);
    }
    let mut numbers =
        numbers.chunks_exact(4).filter_map(|number| number.try_into().ok().map(u32::from_be_bytes));
    let (Some(memory), Some(passes), Some(lanes)) = (numbers.next(), numbers.next(), numbers.next()) else {
        return Err(KeyFileError::NotAKeyFile);
    };
    let cost = CostOfGuess { memory, passes, lanes };
    let key = file_key(protection, &cost, salt)?;
    match decrypt_authenticated(GCM, &key, nonce, header, sealed) {
        Ok(plain) => Ok(Zeroizing::new(plain)),
        Err(SealError::Undecipherable) => Err(KeyFileError::WrongProtection),
        Err(other) => Err(other.into()),
    }
}

const fn mark(protection: &Protection<'_>) -> u8 {
    match protection {
        Protection::Passphrase(_) => 1,
        Protection::Key(_) => 2,
    }
}

fn file_key(
    protection: &Protection<'_>,
    cost: &CostOfGuess,
    salt: &[u8],
) -> Result<PreparedKey, KeyFileError> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    match protection {
        Protection::Key(key) => bytes.copy_from_slice(*key),
        Protection::Passphrase(passphrase) => {
            if passphrase.len() < 12 {
                return Err(KeyFileError::ShortPassphrase);
            }
            if cost.memory > MOST_MEMORY || cost.passes > MOST_PASSES || cost.lanes > 16 {
                return Err(KeyFileError::NotAKeyFile);
            }
            let parameters = Params::new(cost.memory, cost.passes, cost.lanes, Some(bytes.len()))
                .map_err(|_| KeyFileError::NotAKeyFile)?;
            Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
                .hash_password_into(passphrase.as_bytes(), salt, bytes.as_mut_slice())
                .map_err(|_| KeyFileError::NotAKeyFile)?;
        }
    }
    Ok(PreparedKey::symmetric(KeyKind::Aes, bytes.as_slice())?)
}
