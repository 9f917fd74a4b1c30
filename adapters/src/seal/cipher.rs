//! Symmetric encryption, whole and piece by piece.
//!
//! In: a key, an initial value where the mode takes one, bytes. Out: bytes. A wrong padding and a wrong tag
//! are the same error. Must not know codings, fields or files.

use std::ops::Deref;

use super::block::{BlockKey, WIDEST_BLOCK};
use super::key::Material;
use super::{Algorithm, BlockCipher, Cipher, KeyKind, Mode, Padding, PreparedKey, SealError};
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aws_lc_rs::aead;

const TAG: usize = 16;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Plain to cipher.
    Encrypt,
    /// Cipher to plain.
    Decrypt,
}

fn block_key(cipher: Cipher, key: &PreparedKey) -> Result<&BlockKey, SealError> {
    match &key.material {
        Material::Block { whole, .. } if key.kind() == cipher.block.key().0 => Ok(whole),
        _ => Err(key.wrong_kind(Algorithm::Cipher(cipher), expected_key(cipher.block))),
    }
}

const fn expected_key(block: BlockCipher) -> &'static str {
    match block {
        BlockCipher::Des => "a DES key of 8 bytes",
        BlockCipher::Tdes => "a triple DES key of 16 or 24 bytes",
        BlockCipher::Aes => "an AES key",
        BlockCipher::Sm4 => "an SM4 key",
    }
}

fn checked_iv(cipher: Cipher, iv: Option<&[u8]>) -> Result<[u8; WIDEST_BLOCK], SealError> {
    let expected = cipher.iv_length();
    let given = iv.unwrap_or_default();
    let mut block = [0; WIDEST_BLOCK];
    match block.get_mut(..expected) {
        Some(place) if place.len() == given.len() => place.copy_from_slice(given),
        _ => return Err(SealError::IvLength { expected, found: given.len() }),
    }
    Ok(block)
}

/// Encrypts with a symmetric cipher. GCM gives the cipher text and then the tag.
///
/// # Errors
/// A key of another kind, an initial value of another length, data that do not fill whole blocks where
/// nothing pads them.
pub fn encrypt_symmetric(
    cipher: Cipher,
    key: &PreparedKey,
    iv: Option<&[u8]>,
    data: &[u8],
) -> Result<Vec<u8>, SealError> {
    if cipher.mode == Mode::Gcm {
        return encrypt_authenticated(cipher, key, iv.unwrap_or_default(), &[], data);
    }
    let mut state = CipherState::new(cipher, key, Direction::Encrypt, iv)?;
    let mut out = Vec::with_capacity(data.len() + WIDEST_BLOCK);
    state.update(data, &mut out)?;
    state.finish(&mut out)?;
    Ok(out)
}

/// Decrypts with a symmetric cipher.
///
/// # Errors
/// As [`encrypt_symmetric`], and [`SealError::Undecipherable`].
pub fn decrypt_symmetric(
    cipher: Cipher,
    key: &PreparedKey,
    iv: Option<&[u8]>,
    data: &[u8],
) -> Result<Vec<u8>, SealError> {
    if cipher.mode == Mode::Gcm {
        return decrypt_authenticated(cipher, key, iv.unwrap_or_default(), &[], data);
    }
    let mut state = CipherState::new(cipher, key, Direction::Decrypt, iv)?;
    let mut out = Vec::with_capacity(data.len());
    state.update(data, &mut out)?;
    state.finish(&mut out)?;
    Ok(out)
}

/// Encrypts with GCM, binding `associated` data that are not encrypted.
///
/// # Errors
/// A cipher that is not GCM, a key of another kind, an initial value that is not 12 bytes.
pub fn encrypt_authenticated(
    cipher: Cipher,
    key: &PreparedKey,
    iv: &[u8],
    associated: &[u8],
    data: &[u8],
) -> Result<Vec<u8>, SealError> {
    let (nonce, bytes) = authenticated(cipher, key, iv)?;
    let library = SealError::Library { algorithm: Algorithm::Cipher(cipher) };
    let mut out = Vec::with_capacity(data.len() + TAG);
    out.extend_from_slice(data);
    if key.kind() == KeyKind::Sm4 {
        let tag = sm4_gcm(bytes)
            .ok_or(library)?
            .encrypt_inout_detached(&nonce.into(), associated, out.as_mut_slice().into())
            .map_err(|_| library)?;
        out.extend_from_slice(&tag);
    } else {
        aes_gcm_key(bytes)
            .ok_or(library)?
            .seal_in_place_append_tag(
                aead::Nonce::assume_unique_for_key(nonce),
                aead::Aad::from(associated),
                &mut out,
            )
            .map_err(|_| library)?;
    }
    Ok(out)
}

/// Decrypts what [`encrypt_authenticated`] made, with the same associated data.
///
/// # Errors
/// As there, and [`SealError::Undecipherable`].
pub fn decrypt_authenticated(
    cipher: Cipher,
    key: &PreparedKey,
    iv: &[u8],
    associated: &[u8],
    data: &[u8],
) -> Result<Vec<u8>, SealError> {
    let (nonce, bytes) = authenticated(cipher, key, iv)?;
    let length = data.len().checked_sub(TAG).ok_or(SealError::Undecipherable)?;
    let library = SealError::Library { algorithm: Algorithm::Cipher(cipher) };
    let mut out = data.to_vec();
    if key.kind() == KeyKind::Sm4 {
        let tag: [u8; TAG] =
            data.get(length..).and_then(|tag| tag.try_into().ok()).ok_or(SealError::Undecipherable)?;
        out.truncate(length);
        sm4_gcm(bytes)
            .ok_or(library)?
            .decrypt_inout_detached(&nonce.into(), associated, out.as_mut_slice().into(), &tag.into())
            .map_err(|_| SealError::Undecipherable)?;
    } else {
        aes_gcm_key(bytes)
            .ok_or(library)?
            .open_in_place(aead::Nonce::assume_unique_for_key(nonce), aead::Aad::from(associated), &mut out)
            .map_err(|_| SealError::Undecipherable)?;
        out.truncate(length);
    }
    Ok(out)
}

fn authenticated<'a>(
    cipher: Cipher,
    key: &'a PreparedKey,
    iv: &[u8],
) -> Result<([u8; 12], &'a [u8]), SealError> {
    if cipher.mode != Mode::Gcm {
        return Err(SealError::NotACipher { algorithm: Algorithm::Cipher(cipher) });
    }
    block_key(cipher, key)?;
    let nonce = iv.try_into().map_err(|_| SealError::IvLength { expected: 12, found: iv.len() })?;
    let bytes =
        key.symmetric_bytes().ok_or_else(|| key.wrong_kind(Algorithm::Cipher(cipher), "a symmetric key"))?;
    Ok((nonce, bytes))
}

fn sm4_gcm(key: &[u8]) -> Option<aes_gcm::AesGcm<sm4::Sm4, U12>> {
    aes_gcm::AesGcm::new_from_slice(key).ok()
}

fn aes_gcm_key(key: &[u8]) -> Option<aead::LessSafeKey> {
    let algorithm = match key.len() {
        16 => &aead::AES_128_GCM,
        24 => &aead::AES_192_GCM,
        _ => &aead::AES_256_GCM,
    };
    aead::UnboundKey::new(algorithm, key).ok().map(aead::LessSafeKey::new)
}

/// An ECB or CBC operation under way, for data that should not be held whole. The key is borrowed or shared.
pub struct CipherState<K> {
    cipher: Cipher,
    key: K,
    direction: Direction,
    chain: [u8; WIDEST_BLOCK],
    /// What has come in and not gone out: less than a block, or the last block when padding must be removed.
    held: Vec<u8>,
}

impl<K: Deref<Target = PreparedKey>> CipherState<K> {
    /// Begins. GCM cannot be done piece by piece: nothing of it may be used before the tag is checked.
    ///
    /// # Errors
    /// A key of another kind, an initial value of another length, GCM.
    pub fn new(cipher: Cipher, key: K, direction: Direction, iv: Option<&[u8]>) -> Result<Self, SealError> {
        if cipher.mode == Mode::Gcm {
            return Err(SealError::NotStreamable { algorithm: Algorithm::Cipher(cipher) });
        }
        block_key(cipher, &key)?;
        let chain = checked_iv(cipher, iv)?;
        Ok(Self { cipher, key, direction, chain, held: Vec::with_capacity(WIDEST_BLOCK) })
    }

    /// Takes in the next piece and puts what can be given behind `out`.
    ///
    /// # Errors
    /// Only a fault inside the library.
    pub fn update(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        let block = self.cipher.block.block_length();
        let total = self.held.len() + data.len();
        let keeps_one = self.direction == Direction::Decrypt && self.cipher.padding != Padding::None;
        let mut give = total - total % block;
        if keeps_one && give == total {
            give = give.saturating_sub(block);
        }
        if give < block {
            self.held.extend_from_slice(data);
            return Ok(());
        }
        let (now, later) = data.split_at_checked(give - self.held.len()).unwrap_or((data, &[]));
        let start = out.len();
        out.append(&mut self.held);
        out.extend_from_slice(now);
        self.held.extend_from_slice(later);
        self.run(out, start)
    }

    /// Ends: pads, or checks and removes the padding.
    ///
    /// # Errors
    /// Data that did not fill whole blocks where nothing pads; [`SealError::Undecipherable`] for a padding
    /// that is not right.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), SealError> {
        let block = self.cipher.block.block_length();
        let held = std::mem::take(&mut self.held);
        match (self.cipher.padding, self.direction) {
            (Padding::None, _) if held.is_empty() => Ok(()),
            (Padding::None, _) => Err(SealError::NotWholeBlocks { block, found: held.len() }),
            (Padding::Pkcs7 | Padding::Trimmed, Direction::Encrypt) => {
                let start = out.len();
                let fill = block - held.len();
                out.extend_from_slice(&held);
                out.extend(std::iter::repeat_n(u8::try_from(fill).unwrap_or_default(), fill));
                self.run(out, start)
            }
            (Padding::Pkcs7 | Padding::Trimmed, Direction::Decrypt) if held.len() != block => {
                Err(SealError::Undecipherable)
            }
            (Padding::Trimmed, Direction::Decrypt) => {
                let start = out.len();
                out.extend_from_slice(&held);
                self.run(out, start)?;
                let last = out.get(start..).unwrap_or_default();
                let kept = last.iter().rposition(|octet| *octet >= b' ').map_or(0, |place| place + 1);
                out.truncate(start + kept);
                Ok(())
            }
            (Padding::Pkcs7, Direction::Decrypt) => {
                let start = out.len();
                out.extend_from_slice(&held);
                self.run(out, start)?;
                let kept = unpadded(out.get(start..).unwrap_or_default(), block);
                out.truncate(start + kept.unwrap_or_default());
                kept.map(|_| ()).ok_or(SealError::Undecipherable)
            }
        }
    }

    fn run(&mut self, out: &mut [u8], start: usize) -> Result<(), SealError> {
        let data = out.get_mut(start..).unwrap_or_default();
        let chain = self.chain.get_mut(..self.cipher.block.block_length()).unwrap_or_default();
        let key = block_key(self.cipher, &self.key)?;
        let done = match (self.cipher.mode, self.direction) {
            (Mode::Ecb, Direction::Encrypt) => {
                key.ecb_encrypt(data);
                true
            }
            (Mode::Ecb, Direction::Decrypt) => {
                key.ecb_decrypt(data);
                true
            }
            (Mode::Cbc, Direction::Encrypt) => key.cbc_encrypt(chain, data),
            (Mode::Cbc, Direction::Decrypt) => key.cbc_decrypt(chain, data),
            (Mode::Gcm, _) => false,
        };
        if done { Ok(()) } else { Err(SealError::Library { algorithm: Algorithm::Cipher(self.cipher) }) }
    }
}

/// The bytes of the last block that are data, looked at without stopping early.
fn unpadded(last: &[u8], block: usize) -> Option<usize> {
    let fill = usize::from(*last.last()?);
    let in_range = (1..=block).contains(&fill);
    let wrong = last.iter().rev().enumerate().fold(0_u8, |wrong, (place, byte)| {
        let counts = u8::from(place < fill);
        wrong | (counts * (*byte ^ u8::try_from(fill).unwrap_or_default()))
    });
    (in_range && wrong == 0).then(|| block - fill)
}
