//! GBK and GB18030: the shape of a character is judged here, its code comes from `encoding_rs`.
//!
//! In: bytes or one character. Out: text, bytes, or the offset of the fault. Must not know the other sets.

use super::Charset;
use encoding_rs::{DecoderResult, EncoderResult, Encoding, GB18030, GBK};
use std::borrow::Cow;

/// Two-byte codes that different readers take for different characters.
fn is_disputed(charset: Charset, lead: u8, trail: u8) -> bool {
    (lead, trail) == (0xA3, 0xA0) || (charset == Charset::Gbk && (lead, trail) == (0xA2, 0xE3))
}

/// The four-byte codes of the 18 characters to which the 2022 edition gave two-byte codes as well.
fn is_superseded(code: [u8; 4]) -> bool {
    let code = u32::from_be_bytes(code);
    // The last byte runs from 30 to 39 only, so that each range goes over one border of the byte before it.
    (0x8235_9037..=0x8235_9134).contains(&code) || (0x8431_8236..=0x8431_8335).contains(&code)
}

/// The length of the character that begins `bytes`, by shape only.
pub(super) fn shape(charset: Charset, bytes: &[u8]) -> Option<usize> {
    match (*bytes.first()?, bytes.get(1), bytes.get(2), bytes.get(3)) {
        (0x00..=0x7F, ..) => Some(1),
        (lead @ 0x81..=0xFE, Some(trail @ (0x40..=0x7E | 0x80..=0xFE)), ..) => {
            (!is_disputed(charset, lead, *trail)).then_some(2)
        }
        (a @ 0x81..=0xFE, Some(b @ 0x30..=0x39), Some(c @ 0x81..=0xFE), Some(d @ 0x30..=0x39)) => {
            (charset == Charset::Gb18030 && !is_superseded([a, *b, *c, *d])).then_some(4)
        }
        _ => None,
    }
}

/// The text, or the offset of the first sequence that is no character.
pub(super) fn decode(charset: Charset, bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
    if bytes.is_ascii() {
        return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| error.valid_up_to());
    }
    let well_shaped = well_shaped_prefix(charset, bytes);
    if well_shaped == bytes.len()
        && let Some(text) = encoding(charset).decode_without_bom_handling_and_without_replacement(bytes)
    {
        return Ok(text);
    }
    Err(first_fault(charset, bytes.get(..well_shaped).unwrap_or(bytes)))
}

/// The length of the beginning in which every character has a shape of the set.
fn well_shaped_prefix(charset: Charset, bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..)
        && let Some(length) = shape(charset, rest)
    {
        at += if length == 1 { Encoding::ascii_valid_up_to(rest) } else { length };
    }
    at
}

/// The offset of the first well-shaped character without a code; the end if there is none.
fn first_fault(charset: Charset, bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..)
        && let Some(length) = shape(charset, rest)
    {
        if rest.get(..length).and_then(one_character).is_none() {
            return at;
        }
        at += length;
    }
    at
}

/// The character of one whole code.
fn one_character(code: &[u8]) -> Option<char> {
    let mut text = [0_u8; 8];
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let (result, _, written) = decoder.decode_to_utf8_without_replacement(code, &mut text, true);
    if result != DecoderResult::InputEmpty {
        return None;
    }
    std::str::from_utf8(text.get(..written)?).ok()?.chars().next()
}

/// The bytes of a text, or what it lacks: the byte offset of the first character that has no code.
pub(super) fn encode(charset: Charset, text: &str) -> Result<Vec<u8>, usize> {
    // The library writes the euro sign in GBK as the single byte 80, which this set does not have.
    let euro = if charset == Charset::Gbk { text.find('€') } else { None };
    let mut encoder = encoding(charset).new_encoder();
    let room = encoder.max_buffer_length_from_utf8_without_replacement(text.len()).unwrap_or(text.len());
    let mut bytes = Vec::with_capacity(room);
    let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(text, &mut bytes, true);
    let lacking = match result {
        EncoderResult::InputEmpty => None,
        EncoderResult::Unmappable(character) => Some(read.saturating_sub(character.len_utf8())),
        EncoderResult::OutputFull => Some(read),
    };
    match lacking.into_iter().chain(euro).min() {
        Some(offset) => Err(offset),
        None => Ok(bytes),
    }
}

fn encoding(charset: Charset) -> &'static Encoding {
    if charset == Charset::Gbk { GBK } else { GB18030 }
}
