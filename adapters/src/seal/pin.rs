//! PIN blocks in the clear, as ISO 9564-1 and bank-card specifications lay them out.
//!
//! In: PIN and card number as digits. Out: the 8 bytes to be encrypted, and back. Only a software key store
//! used for tests and simulators handles a PIN in the clear; in production the block is made in hardware.

use super::Random;
use zeroize::Zeroizing;

/// The layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PinFormat {
    /// ISO format 0 (ANSI X9.8), bound to the card number.
    Iso0,
    /// ISO format 3: as format 0 with a random fill.
    Iso3,
    /// Length as two digits, PIN, F: bound to nothing.
    WithoutNumber,
}

/// Why there is no PIN block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinBlockError {
    /// A PIN has 4 to 12 digits.
    #[error("a PIN has 4 to 12 digits")]
    Pin,
    /// A card number has 13 to 19 digits.
    #[error("a card number has 13 to 19 digits")]
    Number,
    /// The block is not one of this format for this card number.
    #[error("this is no PIN block of this format")]
    Block,
}

/// The clear block of a PIN; `number` is not looked at where the format is bound to none.
///
/// # Errors
/// A PIN or a card number of another shape.
pub fn clear_pin_block(
    format: PinFormat,
    pin: &str,
    number: &str,
    random: Random<'_>,
) -> Result<Zeroizing<[u8; 8]>, PinBlockError> {
    if !(4..=12).contains(&pin.len()) || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PinBlockError::Pin);
    }
    let mut nibbles = Zeroizing::new([0xF_u8; 16]);
    if format == PinFormat::Iso3 {
        random(nibbles.as_mut_slice());
        nibbles.iter_mut().for_each(|nibble| *nibble = 10 + *nibble % 6);
    }
    let head = head(format, pin.len());
    let digits = pin.bytes().map(|byte| byte - b'0');
    for (nibble, value) in nibbles.iter_mut().zip(head.into_iter().chain(digits)) {
        *nibble = value;
    }
    let mut block = Zeroizing::new([0_u8; 8]);
    for (byte, pair) in block.iter_mut().zip(nibbles.chunks_exact(2)) {
        *byte = pair.iter().fold(0, |byte, nibble| byte << 4 | nibble);
    }
    if format != PinFormat::WithoutNumber {
        bind(&mut block, number)?;
    }
    Ok(block)
}

/// The PIN of a clear block.
///
/// # Errors
/// A block that is none of this format for this card number.
pub fn pin_from_block(
    format: PinFormat,
    block: &[u8; 8],
    number: &str,
) -> Result<Zeroizing<String>, PinBlockError> {
    let mut block = Zeroizing::new(*block);
    if format != PinFormat::WithoutNumber {
        bind(&mut block, number)?;
    }
    let nibbles: Zeroizing<Vec<u8>> =
        Zeroizing::new(block.iter().flat_map(|byte| [byte >> 4, byte & 0xF]).collect());
    let (found, rest) = nibbles.split_at_checked(2).ok_or(PinBlockError::Block)?;
    let length = (4..=12).find(|length| found == head(format, *length)).ok_or(PinBlockError::Block)?;
    let (digits, fill) = rest.split_at_checked(length).ok_or(PinBlockError::Block)?;
    let lowest_fill = if format == PinFormat::Iso3 { 10 } else { 15 };
    if digits.iter().any(|digit| *digit > 9) || fill.iter().any(|nibble| *nibble < lowest_fill) {
        return Err(PinBlockError::Block);
    }
    Ok(Zeroizing::new(digits.iter().map(|digit| char::from(b'0' + digit)).collect()))
}

/// The first two nibbles: format and length, or the length as two decimal digits where no number is bound.
fn head(format: PinFormat, length: usize) -> [u8; 2] {
    let length = u8::try_from(length).unwrap_or_default();
    match format {
        PinFormat::Iso0 => [0, length],
        PinFormat::Iso3 => [3, length],
        PinFormat::WithoutNumber => [length / 10, length % 10],
    }
}

/// Mixes in the last 12 digits of the card number before its check digit.
fn bind(block: &mut [u8; 8], number: &str) -> Result<(), PinBlockError> {
    let digits = number.as_bytes();
    if !(13..=19).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return Err(PinBlockError::Number);
    }
    let end = digits.len() - 1;
    let used = digits.get(end - 12..end).ok_or(PinBlockError::Number)?;
    for (byte, pair) in block.iter_mut().skip(2).zip(used.chunks_exact(2)) {
        *byte ^= pair.iter().fold(0, |byte, digit| byte << 4 | (digit - b'0'));
    }
    Ok(())
}
