//! Seals: digests, MACs, signatures and ciphers over bytes, with the keys they take.
//!
//! In: the name of an algorithm in the adapter language, a prepared key, bytes. Out: bytes, or a verdict.
//! The functions are pure; what needs randomness takes it from the caller as a closure, so that a seeded run
//! can be repeated (ECDSA signing is the exception: its library draws its own nonce).
//! Must not know: fields, messages, sessions, where keys are kept, or any counterparty.
//!
//! - [`Algorithm`] is the table of names: what each is, costs, takes and gives.
//! - [`PreparedKey`] is a key parsed and expanded once; it prints only its kind and check value and is wiped
//!   when dropped.
//! - Verification is done by [`verify`] and [`verify_mac`], never by comparing with `==`.
//! - No error and no `Debug` text holds key bytes or data bytes.

mod algorithm;
mod asymmetric;
mod block;
mod checksum;
mod cipher;
mod cms;
mod digest;
mod error;
mod key;
mod mac;
mod pem;
mod pin;
mod random;
mod sign;
mod sm2_keys;

pub use algorithm::{
    Algorithm, Asymmetric, BlockCipher, Cipher, Cost, Digest, LONG_DATA, Mac, Mode, OutputLength, Padding,
    Position, Signature,
};
pub use asymmetric::{decrypt_asymmetric, encrypt_asymmetric};
pub use checksum::{Checksum, checksum};
pub use cipher::{
    CipherState, Direction, decrypt_authenticated, decrypt_symmetric, encrypt_authenticated,
    encrypt_symmetric,
};
pub use digest::{DigestState, HmacState, digest, hmac};
pub use error::SealError;
pub use key::{CheckValue, KeyKind, PreparedKey, check_value, check_value_cmac};
pub use mac::{constant_time_equal, mac, mac_with_iv, verify_mac};
pub use pin::{PinBlockError, PinFormat, clear_pin_block, pin_from_block};
pub use sign::{DEFAULT_SM2_USER, cost_of_verifying, sign, verify, verify_at};

/// Where random bytes come from: fills the whole slice. In production the operating system, in a simulation
/// a seeded generator.
pub type Random<'a> = &'a mut dyn FnMut(&mut [u8]);

/// Encrypts with whatever `algorithm` is: a block cipher (which takes an IV unless it is ECB) or a public key.
///
/// # Errors
/// A key of the wrong kind, an IV of the wrong length, data that does not fill blocks where nothing pads it.
pub fn encrypt(
    algorithm: Algorithm,
    key: &PreparedKey,
    iv: Option<&[u8]>,
    data: &[u8],
    random: Random<'_>,
) -> Result<Vec<u8>, SealError> {
    match algorithm {
        Algorithm::Cipher(cipher) => encrypt_symmetric(cipher, key, iv, data),
        Algorithm::Asymmetric(asymmetric) => {
            no_iv(iv)?;
            encrypt_asymmetric(asymmetric, key, data, random)
        }
        other => Err(SealError::NotACipher { algorithm: other }),
    }
}

/// As [`encrypt`]; `associated` data, where there are any, are bound to what is encrypted, and not encrypted themselves.
///
/// # Errors
/// As [`encrypt`], and associated data with a cipher that binds none: only GCM does.
pub fn encrypt_bound(
    algorithm: Algorithm,
    key: &PreparedKey,
    iv: Option<&[u8]>,
    associated: Option<&[u8]>,
    data: &[u8],
    random: Random<'_>,
) -> Result<Vec<u8>, SealError> {
    match (algorithm, associated) {
        (_, None) => encrypt(algorithm, key, iv, data, random),
        (Algorithm::Cipher(cipher), Some(associated)) => {
            encrypt_authenticated(cipher, key, iv.unwrap_or_default(), associated, data)
        }
        (other, Some(_)) => Err(SealError::NotACipher { algorithm: other }),
    }
}

/// Decrypts what [`encrypt_bound`] made, with the same associated data.
///
/// # Errors
/// As [`decrypt`], and associated data with a cipher that binds none.
pub fn decrypt_bound(
    algorithm: Algorithm,
    key: &PreparedKey,
    iv: Option<&[u8]>,
    associated: Option<&[u8]>,
    data: &[u8],
    random: Random<'_>,
) -> Result<Vec<u8>, SealError> {
    match (algorithm, associated) {
        (_, None) => decrypt(algorithm, key, iv, data, random),
        (Algorithm::Cipher(cipher), Some(associated)) => {
            decrypt_authenticated(cipher, key, iv.unwrap_or_default(), associated, data)
        }
        (other, Some(_)) => Err(SealError::NotACipher { algorithm: other }),
    }
}

/// Decrypts what [`encrypt`] made. `random` blinds operations with an RSA private key.
///
/// # Errors
/// As [`encrypt`], and [`SealError::Undecipherable`] for padding, tag or block that is not right, without
/// saying which.
pub fn decrypt(
    algorithm: Algorithm,
    key: &PreparedKey,
    iv: Option<&[u8]>,
    data: &[u8],
    random: Random<'_>,
) -> Result<Vec<u8>, SealError> {
    match algorithm {
        Algorithm::Cipher(cipher) => decrypt_symmetric(cipher, key, iv, data),
        Algorithm::Asymmetric(asymmetric) => {
            no_iv(iv)?;
            decrypt_asymmetric(asymmetric, key, data, random)
        }
        other => Err(SealError::NotACipher { algorithm: other }),
    }
}

fn no_iv(iv: Option<&[u8]>) -> Result<(), SealError> {
    match iv {
        Some(iv) => Err(SealError::IvLength { expected: 0, found: iv.len() }),
        None => Ok(()),
    }
}
