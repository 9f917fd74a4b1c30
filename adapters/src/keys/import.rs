//! Keys as people deliver them: hex, two hex parts, text, PEM.
//!
//! In: the kind and the text. Out: a prepared key, its check value compared where one came with it. Nothing
//! of the text goes into an error.

use crate::seal::{KeyKind, PreparedKey, SealError, check_value};
use zeroize::Zeroizing;

/// A key as it was delivered.
pub enum KeyText<'a> {
    /// Hex, blanks between digits allowed; for SM2 the bare number or point.
    Hex(&'a str),
    /// Two or more components of equal length in hex, each typed by another person, put together by xor.
    Components(&'a [&'a str]),
    /// PEM or the base64 of a DER: PKCS#8, PKCS#1, SEC1, public key.
    Pem(&'a str),
    /// The key is this text itself.
    Text(&'a str),
}

/// Why a delivered key was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Not hex, or an odd number of digits.
    #[error("the key is not written in whole bytes of hex")]
    NotHex,
    /// Fewer than two components, or components of different lengths.
    #[error("a key in components takes at least two of equal length")]
    Components,
    /// The check value that came with it is another one.
    #[error("the check value does not agree: the key or a component was mistyped")]
    CheckValue,
    /// Not a key of its kind.
    #[error(transparent)]
    Key(#[from] SealError),
}

/// Prepares a delivered key. `check` is its key check value in hex (6 to 16 digits), where one came with it.
///
/// # Errors
/// Text that is no key of the kind, or a check value that does not agree.
pub fn import(kind: KeyKind, text: &KeyText<'_>, check: Option<&str>) -> Result<PreparedKey, ImportError> {
    let key = match text {
        KeyText::Pem(pem) => PreparedKey::from_pem(kind, pem)?,
        KeyText::Text(text) => PreparedKey::symmetric(kind, text.as_bytes())?,
        KeyText::Hex(hex) => from_bytes(kind, &from_hex(hex)?)?,
        KeyText::Components(parts) => from_bytes(kind, &joined(parts)?)?,
    };
    if let Some(check) = check {
        let expected = from_hex(check)?;
        if expected.len() < 3 || check_value(expected.len(), &key)? != *expected {
            return Err(ImportError::CheckValue);
        }
    }
    Ok(key)
}

fn from_bytes(kind: KeyKind, bytes: &[u8]) -> Result<PreparedKey, SealError> {
    match kind {
        KeyKind::Sm2 if bytes.len() <= 65 => PreparedKey::sm2_from_raw(bytes),
        KeyKind::Sm2 | KeyKind::Rsa | KeyKind::Ec | KeyKind::Certificate => {
            PreparedKey::from_der(kind, bytes)
        }
        _ => PreparedKey::symmetric(kind, bytes),
    }
}

fn joined(parts: &[&str]) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let (first, others) =
        parts.split_first().filter(|(_, others)| !others.is_empty()).ok_or(ImportError::Components)?;
    let mut key = from_hex(first)?;
    for other in others {
        let other = from_hex(other)?;
        if other.len() != key.len() {
            return Err(ImportError::Components);
        }
        key.iter_mut().zip(other.iter()).for_each(|(byte, part)| *byte ^= part);
    }
    Ok(key)
}

fn from_hex(text: &str) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let digits: Option<Zeroizing<Vec<u8>>> = text
        .chars()
        .filter(|character| !character.is_ascii_whitespace())
        .map(|character| character.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<Vec<u8>>>()
        .map(Zeroizing::new);
    let digits = digits
        .filter(|digits| !digits.is_empty() && digits.len().is_multiple_of(2))
        .ok_or(ImportError::NotHex)?;
    Ok(Zeroizing::new(
        digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect(),
    ))
}
