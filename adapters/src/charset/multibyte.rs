//! GBK and GB18030: the shape of a character is judged here, its code comes from `encoding_rs`.
//!
//! In: bytes or one character. Out: text, bytes, or the offset of the fault. Must not know the other sets.

use super::Charset;
use encoding_rs::{DecoderResult, EncoderResult, Encoding, GB18030};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The characters of GBK's two-byte codes, both ways: a look each, where the library has to search. Made once, of what the
/// library says of each code.
struct Gbk {
    /// By lead and trail byte, three bytes of UTF-8 each; with zeros behind it one that has fewer, zeros alone: none.
    texts: Box<str>,
    /// By character; 0: none.
    codes: Box<[u16]>,
}

/// Bytes of a text that is none.
const WIDE: usize = 3;

static GBK: LazyLock<Gbk> = LazyLock::new(|| {
    let mut gbk = Gbk { texts: "".into(), codes: vec![0; 0x1_0000].into() };
    let mut characters = vec![0_u16; 0x8000];
    for code in 0x8140..=0xFEFE_u16 {
        let octets = code.to_be_bytes();
        if shape(Charset::Gbk, &octets) != Some(2) {
            continue;
        }
        let character = one_character(&octets).and_then(|found| u16::try_from(u32::from(found)).ok());
        if let Some(character) = character {
            characters[usize::from(code & 0x7FFF)] = character;
            gbk.codes[usize::from(character)] = code;
        }
    }
    let mut texts = String::with_capacity(WIDE * characters.len());
    for (place, character) in characters.iter().enumerate() {
        texts.extend(char::from_u32((*character).into()).filter(|known| *known != '\0'));
        texts.extend(std::iter::repeat_n('\0', WIDE * (place + 1) - texts.len()));
    }
    gbk.texts = texts.into();
    // Characters for private use that the newer edition reads as others are written under their old codes still.
    let mut octets = Vec::with_capacity(4);
    for character in 0xE000..=0xF8FF_u16 {
        let Some(private) =
            char::from_u32(character.into()).filter(|_| gbk.codes[usize::from(character)] == 0)
        else {
            continue;
        };
        octets.clear();
        let mut encoder = encoding_rs::GBK.new_encoder();
        let text = private.encode_utf8(&mut [0; 4]).to_owned();
        let (result, _) = encoder.encode_from_utf8_to_vec_without_replacement(&text, &mut octets, true);
        if let (EncoderResult::InputEmpty, [lead, trail]) = (result, octets.as_slice()) {
            gbk.codes[usize::from(character)] = u16::from_be_bytes([*lead, *trail]);
        }
    }
    gbk
});

impl Gbk {
    /// The text of the character that begins here and is none of ASCII.
    #[inline(always)]
    fn text(&self, [lead, trail]: [u8; 2]) -> Option<&str> {
        let from = WIDE * usize::from(u16::from_be_bytes([lead, trail])).checked_sub(0x8000)?;
        let text = self.texts.get(from..from + WIDE)?;
        match text.as_bytes().first()? {
            // Most have three bytes.
            0xE0.. => Some(text),
            0 => None,
            _ => Some(text.trim_end_matches('\0')),
        }
    }
}

/// Whether bytes are GBK, or the offset of the first that begins no character.
pub(super) fn validate(bytes: &[u8]) -> Result<(), usize> {
    let mut at = Encoding::ascii_valid_up_to(bytes);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        rest.first_chunk().and_then(|two| GBK.text(*two)).ok_or(at)?;
        at += 2;
        at += ascii_before(bytes.get(at..).unwrap_or_default());
    }
    Ok(())
}

/// The length of the ASCII in front; most often none stands between two characters.
fn ascii_before(bytes: &[u8]) -> usize {
    if bytes.first().is_some_and(u8::is_ascii) { Encoding::ascii_valid_up_to(bytes) } else { 0 }
}

/// Appends a text, or the offset of the first byte that begins no character; what stands before it is appended then.
pub(super) fn decode_gbk(bytes: &[u8], text: &mut String) -> Result<(), usize> {
    // A character of two bytes has at most three in UTF-8.
    text.reserve(bytes.len() + bytes.len() / 2);
    let gbk = &*GBK;
    let mut rest = bytes;
    loop {
        if rest.first().is_some_and(u8::is_ascii) {
            let (ascii, behind) = rest.split_at(Encoding::ascii_valid_up_to(rest));
            text.push_str(std::str::from_utf8(ascii).map_err(|_| bytes.len() - rest.len())?);
            rest = behind;
        }
        let Some((two, behind)) = rest.split_first_chunk::<2>() else {
            return if rest.is_empty() { Ok(()) } else { Err(bytes.len() - rest.len()) };
        };
        text.push_str(gbk.text(*two).ok_or(bytes.len() - rest.len())?);
        rest = behind;
    }
}

/// Appends a text, or the byte offset of the first character that has no code; some of what stands before it may be appended then.
pub(super) fn encode_gbk(text: &str, bytes: &mut Vec<u8>) -> Result<(), usize> {
    let gbk = &*GBK;
    // Bytes are put to the others some at a time.
    let (mut some, mut count) = ([0_u8; 64], 0);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if count + 2 > some.len() {
            bytes.extend_from_slice(some.get(..count).unwrap_or_default());
            count = 0;
        }
        let code = match gbk.codes.get(character as usize) {
            _ if character.is_ascii() => {
                if let (Some(place), Ok(byte)) = (some.get_mut(count), u8::try_from(character)) {
                    *place = byte;
                }
                count += 1;
                continue;
            }
            Some(code) if *code != 0 => *code,
            _ => return Err(text.len() - characters.as_str().len() - character.len_utf8()),
        };
        if let Some(place) = some.get_mut(count..).and_then(<[u8]>::first_chunk_mut) {
            *place = code.to_be_bytes();
        }
        count += 2;
    }
    bytes.extend_from_slice(some.get(..count).unwrap_or_default());
    Ok(())
}

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
    if charset == Charset::Gbk {
        let mut text = String::new();
        return decode_gbk(bytes, &mut text).map(|()| Cow::Owned(text));
    }
    let well_shaped = well_shaped_prefix(charset, bytes);
    if well_shaped == bytes.len()
        && let Some(text) = GB18030.decode_without_bom_handling_and_without_replacement(bytes)
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
    if charset == Charset::Gbk {
        let mut bytes = Vec::new();
        return encode_gbk(text, &mut bytes).map(|()| bytes);
    }
    let mut encoder = GB18030.new_encoder();
    let room = encoder.max_buffer_length_from_utf8_without_replacement(text.len()).unwrap_or(text.len());
    let mut bytes = Vec::with_capacity(room);
    let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(text, &mut bytes, true);
    let lacking = match result {
        EncoderResult::InputEmpty => None,
        EncoderResult::Unmappable(character) => Some(read.saturating_sub(character.len_utf8())),
        EncoderResult::OutputFull => Some(read),
    };
    match lacking {
        Some(offset) => Err(offset),
        None => Ok(bytes),
    }
}
