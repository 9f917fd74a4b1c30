//! Encryption to a public key, and recovery of blocks that were made with a private one.
//!
//! In: a key pair or public half, bytes. Out: bytes. Must not know envelopes: they are written in an adapter.
//!
//! `rsa_pkcs1` decryption rejects implicitly: a block that is not right gives bytes that mean nothing, so
//! that nobody can learn from errors; what was decrypted must be checked by what it protects.

use super::key::Material;
use super::random::Source;
use super::sign::RsaKey;
use super::{Algorithm, Asymmetric, KeyKind, PreparedKey, Random, SealError};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, Oaep, Pkcs1v15Encrypt, Pkcs1v15Sign};

/// Bytes of a PKCS#1 v1.5 block that are not data.
const PKCS1_OVERHEAD: usize = 11;
/// The longest data in several RSA blocks, in bytes.
const LONGEST: usize = 64 * 1024;

/// Encrypts to the public half; `rsa_public_pkcs1` instead makes a block with the private half.
///
/// # Errors
/// A key of another kind, a missing half, data that are too long; no data at all for SM2.
pub fn encrypt_asymmetric(
    algorithm: Asymmetric,
    key: &PreparedKey,
    data: &[u8],
    random: Random<'_>,
) -> Result<Vec<u8>, SealError> {
    match &key.material {
        Material::Rsa(key) if is_rsa(algorithm) => encrypt_rsa(algorithm, key, data, random),
        Material::Sm2(key) if !is_rsa(algorithm) => {
            if data.is_empty() {
                return Err(SealError::NotWholeBlocks { block: 1, found: 0 });
            }
            if data.len() > LONGEST {
                return Err(SealError::TooLong { most: LONGEST, found: data.len() });
            }
            key.encrypt(algorithm, data, random)
        }
        _ => Err(wrong_key(algorithm, key)),
    }
}

/// Decrypts with the private half; `rsa_public_pkcs1` instead recovers a block with the public half.
///
/// # Errors
/// A key of another kind, a missing half, [`SealError::Undecipherable`].
pub fn decrypt_asymmetric(
    algorithm: Asymmetric,
    key: &PreparedKey,
    data: &[u8],
    random: Random<'_>,
) -> Result<Vec<u8>, SealError> {
    match &key.material {
        Material::Rsa(key) if is_rsa(algorithm) => decrypt_rsa(algorithm, key, data, random),
        Material::Sm2(key) if !is_rsa(algorithm) => key.decrypt(algorithm, data),
        _ => Err(wrong_key(algorithm, key)),
    }
}

fn is_rsa(algorithm: Asymmetric) -> bool {
    Algorithm::Asymmetric(algorithm).key_kind() == Some(KeyKind::Rsa)
}

fn wrong_key(algorithm: Asymmetric, key: &PreparedKey) -> SealError {
    let expected = if is_rsa(algorithm) { "an RSA key" } else { "an SM2 key" };
    key.wrong_kind(Algorithm::Asymmetric(algorithm), expected)
}

fn encrypt_rsa(
    algorithm: Asymmetric,
    key: &RsaKey,
    data: &[u8],
    random: Random<'_>,
) -> Result<Vec<u8>, SealError> {
    let name = Algorithm::Asymmetric(algorithm);
    let room = key.modulus_length().saturating_sub(overhead(algorithm)).max(1);
    let most = if in_blocks(algorithm) { LONGEST } else { room };
    if data.len() > most {
        return Err(SealError::TooLong { most, found: data.len() });
    }
    let random = &mut Source(random);
    let mut one = |block: &[u8]| match algorithm {
        Asymmetric::RsaOaepSha1 => key.public.encrypt(random, Oaep::<sha1::Sha1>::new(), block),
        Asymmetric::RsaOaepSha256 => key.public.encrypt(random, Oaep::<sha2::Sha256>::new(), block),
        Asymmetric::RsaPublicPkcs1 => match &key.private {
            Some(private) => private.sign_with_rng(random, Pkcs1v15Sign::new_unprefixed(), block),
            None => Err(rsa::Error::InvalidArguments),
        },
        _ => key.public.encrypt(random, Pkcs1v15Encrypt, block),
    };
    if algorithm == Asymmetric::RsaPublicPkcs1 && !key.is_private() {
        return Err(SealError::NoPrivateHalf { algorithm: name });
    }
    let failed = SealError::Library { algorithm: name };
    if data.is_empty() {
        return one(data).map_err(|_| failed);
    }
    let mut out = Vec::with_capacity(key.modulus_length() * data.len().div_ceil(room));
    for block in data.chunks(room) {
        out.extend_from_slice(&one(block).map_err(|_| failed)?);
    }
    Ok(out)
}

fn decrypt_rsa(
    algorithm: Asymmetric,
    key: &RsaKey,
    data: &[u8],
    random: Random<'_>,
) -> Result<Vec<u8>, SealError> {
    let name = Algorithm::Asymmetric(algorithm);
    let block = key.modulus_length().max(1);
    if data.len() > LONGEST * 2 {
        return Err(SealError::TooLong { most: LONGEST * 2, found: data.len() });
    }
    let whole = !data.is_empty() && data.len().is_multiple_of(block);
    if !whole || (!in_blocks(algorithm) && data.len() != block) {
        return Err(SealError::NotWholeBlocks { block, found: data.len() });
    }
    let mut out = Vec::with_capacity(data.len());
    if algorithm == Asymmetric::RsaPublicPkcs1 {
        for sealed in data.chunks(block) {
            out.extend_from_slice(&recovered(&key.public, sealed).ok_or(SealError::Undecipherable)?);
        }
        return Ok(out);
    }
    let private = key.private.as_ref().ok_or(SealError::NoPrivateHalf { algorithm: name })?;
    let random = &mut Source(random);
    for sealed in data.chunks(block) {
        let plain = match algorithm {
            Asymmetric::RsaOaepSha1 => private.decrypt_blinded(random, Oaep::<sha1::Sha1>::new(), sealed),
            Asymmetric::RsaOaepSha256 => private.decrypt_blinded(random, Oaep::<sha2::Sha256>::new(), sealed),
            _ => private.decrypt_blinded(random, Pkcs1v15Encrypt, sealed),
        };
        out.extend_from_slice(&plain.map_err(|_| SealError::Undecipherable)?);
    }
    Ok(out)
}

/// Several blocks one after the other are in use with PKCS#1 v1.5 only.
fn in_blocks(algorithm: Asymmetric) -> bool {
    matches!(algorithm, Asymmetric::RsaPkcs1 | Asymmetric::RsaPublicPkcs1)
}

fn overhead(algorithm: Asymmetric) -> usize {
    match algorithm {
        Asymmetric::RsaOaepSha1 => 2 * 20 + 2,
        Asymmetric::RsaOaepSha256 => 2 * 32 + 2,
        _ => PKCS1_OVERHEAD,
    }
}

/// The data of a block `00 01 FF… 00 data` raised with the public exponent.
fn recovered(key: &rsa::PublicKey, sealed: &[u8]) -> Option<Vec<u8>> {
    let number = BoxedUint::from_be_slice(sealed, key.n_bits_precision()).ok()?;
    if number >= **key.n() {
        return None;
    }
    let raised = rsa::hazmat::rsa_encrypt(key, &number).ok()?.to_be_bytes();
    let block = raised.get(raised.len().checked_sub(sealed.len())?..)?;
    let rest = block.strip_prefix(&[0, 1])?;
    let fill = rest.iter().position(|byte| *byte != 0xFF)?;
    if fill < 8 {
        return None;
    }
    rest.get(fill..)?.strip_prefix(&[0]).map(<[u8]>::to_vec)
}
