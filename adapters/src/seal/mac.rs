//! Message authentication codes of bank specifications.
//!
//! In: a key, bytes. Out: the code at its full length; callers cut it. Verification is in constant time.
//! Must not know which bytes of a message are covered or how the code is written on the wire.

use super::block::{BlockKey, WIDEST_BLOCK};
use super::key::Material;
use super::{Algorithm, BlockCipher, KeyKind, Mac, PreparedKey, SealError};

type Block = [u8; WIDEST_BLOCK];

/// The code of `data`, with an initial value of zeros.
///
/// # Errors
/// A key of another kind or length than the algorithm takes.
pub fn mac(algorithm: Mac, key: &PreparedKey, data: &[u8]) -> Result<Vec<u8>, SealError> {
    mac_with_iv(algorithm, key, None, data)
}

/// The code of `data`, chained from `iv` (one block) where the algorithm chains.
///
/// # Errors
/// As [`mac`], and an initial value that is not one block or is given to an algorithm that takes none.
pub fn mac_with_iv(
    algorithm: Mac,
    key: &PreparedKey,
    iv: Option<&[u8]>,
    data: &[u8],
) -> Result<Vec<u8>, SealError> {
    let keys = keys(algorithm, key)?;
    let start = start(algorithm, keys.first.block_length(), iv)?;
    let mut code = match algorithm {
        Mac::X9_9 | Mac::TdesCbc | Mac::Sm4Cbc => cbc(keys.first, start, data, Fill::Zeros).to_vec(),
        Mac::Sm4CbcMarked => cbc(keys.first, start, data, Fill::Marked).to_vec(),
        Mac::X9_19 => finished(&keys, cbc(keys.first, start, data, Fill::Zeros)).to_vec(),
        Mac::Pboc => finished(&keys, cbc(keys.first, start, data, Fill::Marked)).to_vec(),
        Mac::CupsEcb | Mac::CupsEcbDouble | Mac::CupsEcbSm4 => folded(keys.first, data),
        Mac::AesCmac | Mac::Sm4Cmac | Mac::TdesCmac => cmac(keys.first, data).to_vec(),
    };
    code.truncate(algorithm.length());
    Ok(code)
}

/// Believes a code only if it is the beginning of the right one, of at least 4 bytes.
///
/// # Errors
/// [`SealError::SealBroken`], or as [`mac`].
pub fn verify_mac(algorithm: Mac, key: &PreparedKey, data: &[u8], code: &[u8]) -> Result<(), SealError> {
    let right = mac(algorithm, key, data)?;
    match right.get(..code.len()) {
        Some(beginning) if code.len() >= 4 && constant_time_equal(beginning, code) => Ok(()),
        _ => Err(SealError::SealBroken),
    }
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
pub fn constant_time_equal(left: &[u8], right: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left, right).is_ok()
}

/// The key that chains, and the two that end an X9.19.
struct Keys<'a> {
    first: &'a BlockKey,
    end: Option<&'a (BlockKey, BlockKey)>,
}

fn keys(algorithm: Mac, key: &PreparedKey) -> Result<Keys<'_>, SealError> {
    let Material::Block { whole, halves } = &key.material else {
        return Err(wrong_key(algorithm, key));
    };
    let halves = halves.as_deref();
    let double = halves.filter(|_| key.bits() == 128);
    match (algorithm, key.kind()) {
        (Mac::X9_9, KeyKind::Des)
        | (Mac::TdesCbc | Mac::CupsEcb, KeyKind::Des)
        | (Mac::Pboc, KeyKind::Des)
        | (Mac::TdesCbc | Mac::TdesCmac, KeyKind::Tdes)
        | (Mac::AesCmac, KeyKind::Aes)
        | (Mac::Sm4Cbc | Mac::Sm4CbcMarked | Mac::CupsEcbSm4 | Mac::Sm4Cmac, KeyKind::Sm4) => {
            Ok(Keys { first: whole, end: None })
        }
        (Mac::CupsEcb | Mac::CupsEcbDouble, KeyKind::Tdes) if double.is_some() => {
            Ok(Keys { first: whole, end: None })
        }
        (Mac::X9_19 | Mac::Pboc, KeyKind::Tdes) => match double {
            Some(halves) => Ok(Keys { first: &halves.0, end: Some(halves) }),
            None => Err(wrong_key(algorithm, key)),
        },
        (Mac::X9_9, KeyKind::Tdes) if is_single_as_double(key) => match double {
            Some(halves) => Ok(Keys { first: &halves.0, end: None }),
            None => Err(wrong_key(algorithm, key)),
        },
        _ => Err(wrong_key(algorithm, key)),
    }
}

/// Work keys of single length are delivered in 16 bytes by some: followed by zeros, or twice. Both can only
/// mean the left half; any other 16 bytes are a double-length key and no key of X9.9.
fn is_single_as_double(key: &PreparedKey) -> bool {
    let Some((left, right)) = key.symmetric_bytes().and_then(|bytes| bytes.split_at_checked(8)) else {
        return false;
    };
    constant_time_equal(right, &[0; 8]) || constant_time_equal(left, right)
}

fn wrong_key(algorithm: Mac, key: &PreparedKey) -> SealError {
    let expected = match algorithm {
        Mac::X9_9 => "a DES key of 8 bytes (or one written as 16: with zeros behind, or twice)",
        Mac::X9_19 | Mac::CupsEcbDouble => "a triple DES key of 16 bytes",
        Mac::TdesCmac => "a triple DES key",
        Mac::TdesCbc => "a DES or triple DES key",
        Mac::CupsEcb | Mac::Pboc => "a DES key of 8 or a triple DES key of 16 bytes",
        Mac::CupsEcbSm4 | Mac::Sm4Cbc | Mac::Sm4CbcMarked | Mac::Sm4Cmac => "an SM4 key",
        Mac::AesCmac => "an AES key",
    };
    key.wrong_kind(Algorithm::Mac(algorithm), expected)
}

fn start(algorithm: Mac, block: usize, iv: Option<&[u8]>) -> Result<Block, SealError> {
    let mut start = [0; WIDEST_BLOCK];
    let Some(iv) = iv else { return Ok(start) };
    let chains = matches!(
        algorithm,
        Mac::X9_9 | Mac::X9_19 | Mac::TdesCbc | Mac::Pboc | Mac::Sm4Cbc | Mac::Sm4CbcMarked
    );
    let expected = if chains { block } else { 0 };
    match start.get_mut(..expected) {
        Some(place) if place.len() == iv.len() => place.copy_from_slice(iv),
        _ => return Err(SealError::IvLength { expected, found: iv.len() }),
    }
    Ok(start)
}

/// How the last block is filled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fill {
    /// Zeros up to a whole block; nothing if it is whole; no data are one block of zeros.
    Zeros,
    /// 80 and zeros, always.
    Marked,
}

fn xor_into(into: &mut Block, data: &[u8]) {
    for (to, from) in into.iter_mut().zip(data) {
        *to ^= *from;
    }
}

fn encrypt_block(key: &BlockKey, block: &mut Block) {
    if let Some(block) = block.get_mut(..key.block_length()) {
        key.ecb_encrypt(block);
    }
}

fn decrypt_block(key: &BlockKey, block: &mut Block) {
    if let Some(block) = block.get_mut(..key.block_length()) {
        key.ecb_decrypt(block);
    }
}

/// The last block of a CBC chain. Bytes beyond the cipher's block stay zero.
fn cbc(key: &BlockKey, start: Block, data: &[u8], fill: Fill) -> Block {
    let mut chain = start;
    let blocks = data.chunks_exact(key.block_length());
    let rest = blocks.remainder();
    for block in blocks {
        xor_into(&mut chain, block);
        encrypt_block(key, &mut chain);
    }
    if fill == Fill::Marked || !rest.is_empty() || data.is_empty() {
        xor_into(&mut chain, rest);
        if let (Fill::Marked, Some(mark)) = (fill, chain.get_mut(rest.len())) {
            *mark ^= 0x80;
        }
        encrypt_block(key, &mut chain);
    }
    chain
}

/// The end of X9.19: decrypted with the second half, encrypted with the first.
fn finished(keys: &Keys<'_>, mut chain: Block) -> Block {
    if let Some((first, second)) = keys.end {
        decrypt_block(second, &mut chain);
        encrypt_block(first, &mut chain);
    }
    chain
}

/// The bank-card ECB MAC: its code is text.
fn folded(key: &BlockKey, data: &[u8]) -> Vec<u8> {
    let length = key.block_length();
    let mut fold = [0; WIDEST_BLOCK];
    for block in data.chunks(length) {
        xor_into(&mut fold, block);
    }
    let digits = upper_hex(fold.get(..length).unwrap_or(&fold));
    let (first, second) = digits.split_at_checked(length).unwrap_or((&digits, &[]));
    let mut work = [0; WIDEST_BLOCK];
    xor_into(&mut work, first);
    encrypt_block(key, &mut work);
    xor_into(&mut work, second);
    encrypt_block(key, &mut work);
    upper_hex(work.get(..4).unwrap_or(&work))
}

fn upper_hex(bytes: &[u8]) -> Vec<u8> {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'A' + value - 10 };
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]).collect()
}

/// CMAC of SP 800-38B over a cipher with blocks of 8 or 16 bytes.
pub(super) fn cmac(key: &BlockKey, data: &[u8]) -> Block {
    let length = key.block_length();
    let mut first = [0; WIDEST_BLOCK];
    encrypt_block(key, &mut first);
    double(&mut first, length);
    let whole = !data.is_empty() && data.len().is_multiple_of(length);
    let tail_length = if whole { length } else { data.len() % length };
    let (body, tail) = data.split_at_checked(data.len() - tail_length).unwrap_or((data, &[]));
    let mut last = first;
    if !whole {
        double(&mut last, length);
        if let Some(mark) = last.get_mut(tail.len()) {
            *mark ^= 0x80;
        }
    }
    xor_into(&mut last, tail);
    if !body.is_empty() {
        let chain = cbc(key, [0; WIDEST_BLOCK], body, Fill::Zeros);
        xor_into(&mut last, &chain);
    }
    encrypt_block(key, &mut last);
    last
}

/// Doubles a subkey in the field of its block size.
fn double(block: &mut Block, length: usize) {
    let reduction = if length == BlockCipher::Des.block_length() { 0x1B } else { 0x87 };
    let Some(block) = block.get_mut(..length) else { return };
    let mut carry = 0;
    for byte in block.iter_mut().rev() {
        let next = *byte >> 7;
        *byte = (*byte << 1) | carry;
        carry = next;
    }
    if let Some(last) = block.last_mut() {
        // Without a branch: the subkey is secret.
        *last ^= reduction & 0_u8.wrapping_sub(carry);
    }
}
