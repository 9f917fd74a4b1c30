//! Character sets of the wire, both ways and strict.
//!
//! In: bytes as they came and the set the adapter names; or a text to be written. Out: the text or the
//! bytes, or the exact place of what does not belong. Nothing is ever replaced, guessed, or skipped, and
//! `encode(decode(bytes)) == bytes` holds for every input that `decode` accepts.
//! Must not know: fields, formats, padding, or any counterparty.
//!
//! What the sets mean here, where the world disagrees:
//!
//! - **GBK** is ASCII and the two-byte form only. The four-byte form of GB18030, the single byte 80 (the euro
//!   of one vendor) and A2E3 (the euro of GB18030) are errors, and the euro sign cannot be written: the
//!   three readings contradict each other. The user-defined areas map to the private use area.
//! - **GB18030** is the one, two and four-byte form of the 2022 edition. A3A0 is refused in both sets: it is
//!   read as an ideographic space by some and as private use by others. Of the 18 characters that have an old
//!   four-byte and a new two-byte code the new one is taken and the old one refused.
//! - **EBCDIC** is one of the single-byte tables 037, 500, 1047; every byte is a character.
//! - **cp935** and **cp1388** are EBCDIC of one byte (836; not every byte is a character) and runs of two-byte codes, begun by
//!   the shift-out 0E and ended by the shift-in 0F. Their codes are those that ICU's ibm-935_P110-1999 and ibm-1388_P103-2001
//!   have both ways; glibc's converters have the same. The libraries also write U+00B7 and U+2014 in cp935 as the codes of U+30FB
//!   and U+2015, and U+30FB in cp1388 as that of U+00B7 (ICU where fallbacks are asked for): here these cannot be written, since
//!   they would come back as others. glibc writes 73 characters of Latin 1 as 3F: errors here. Both read shifts that change
//!   nothing, runs that touch, and a run without an end: errors here. A later table of ICU (ibm-1388_P100-2024) reads 465C as
//!   U+1E3F and has 262 codes more; here 465C is U+E7C7, for private use. A line feed is 25; 15 is U+0085.

mod ebcdic;
mod mixed;
mod multibyte;

use std::borrow::Cow;

pub use dsl::value::Charset;

/// A byte that is no character of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset} begins no character of {}", charset.name())]
pub struct DecodeError {
    /// The set that was expected.
    pub charset: Charset,
    /// Where the sequence that is no character begins, in bytes from 0.
    pub offset: usize,
}

/// A character that the set lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("character U+{:04X} at index {index} is not in {}", u32::from(*character), charset.name())]
pub struct EncodeError {
    /// The set that was asked for.
    pub charset: Charset,
    /// The character.
    pub character: char,
    /// Its place in the text, in characters from 0.
    pub index: usize,
}

const fn ebcdic_table(charset: Charset) -> Option<&'static ebcdic::Table> {
    match charset {
        Charset::Cp037 => Some(&ebcdic::CP037),
        Charset::Cp500 => Some(&ebcdic::CP500),
        Charset::Cp1047 => Some(&ebcdic::CP1047),
        _ => None,
    }
}

/// The text of these bytes. Borrows where the bytes are already UTF-8.
///
/// # Errors
/// The offset of the first byte that begins no character of the set.
pub fn decode(charset: Charset, bytes: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    let error = |offset| DecodeError { charset, offset };
    if let Some(table) = ebcdic_table(charset) {
        return Ok(Cow::Owned(bytes.iter().map(|byte| table.character(*byte)).collect()));
    }
    match charset {
        Charset::Ascii => {
            if let Some(offset) = bytes.iter().position(|byte| !byte.is_ascii()) {
                return Err(error(offset));
            }
            utf8(bytes).map_err(error)
        }
        Charset::Gbk | Charset::Gb18030 => multibyte::decode(charset, bytes).map_err(error),
        Charset::Cp935 | Charset::Cp1388 => {
            let mut text = String::new();
            mixed::decode(charset, bytes, &mut text).map(|()| Cow::Owned(text)).map_err(error)
        }
        _ => utf8(bytes).map_err(error),
    }
}

/// Appends the text of these bytes; nothing where they are none.
///
/// # Errors
/// As [`decode`].
pub fn decode_onto(charset: Charset, bytes: &[u8], text: &mut String) -> Result<(), DecodeError> {
    let start = text.len();
    let decoded = match charset {
        Charset::Gbk => multibyte::decode_gbk(bytes, text),
        Charset::Cp935 | Charset::Cp1388 => mixed::decode(charset, bytes, text),
        _ => {
            text.push_str(&decode(charset, bytes)?);
            return Ok(());
        }
    };
    decoded.map_err(|offset| {
        text.truncate(start);
        DecodeError { charset, offset }
    })
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| error.valid_up_to())
}

/// The bytes of this text. Borrows where they are the UTF-8 bytes themselves.
///
/// # Errors
/// The first character that the set lacks, with its index.
pub fn encode(charset: Charset, text: &str) -> Result<Cow<'_, [u8]>, EncodeError> {
    if charset == Charset::Utf8 || (charset.is_ascii_compatible() && text.is_ascii()) {
        return Ok(Cow::Borrowed(text.as_bytes()));
    }
    if charset.hides_ascii() {
        return multibyte::encode(charset, text)
            .map(Cow::Owned)
            .map_err(|offset| lacking(charset, text, offset));
    }
    let mut bytes = Vec::with_capacity(text.len());
    if charset.has_shifts() {
        mixed::encode(charset, text, &mut bytes).map_err(|offset| lacking(charset, text, offset))?;
        return Ok(Cow::Owned(bytes));
    }
    for (index, character) in text.chars().enumerate() {
        bytes.push(single_byte(charset, character).ok_or(EncodeError { charset, character, index })?);
    }
    Ok(Cow::Owned(bytes))
}

/// Appends the bytes of this text; nothing where it cannot be written.
///
/// # Errors
/// As [`encode`].
pub fn encode_onto(charset: Charset, text: &str, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    let encoded = match charset {
        Charset::Gbk => multibyte::encode_gbk(text, out),
        Charset::Cp935 | Charset::Cp1388 => mixed::encode(charset, text, out),
        _ => {
            out.extend_from_slice(&encode(charset, text)?);
            return Ok(());
        }
    };
    encoded.map_err(|offset| {
        out.truncate(start);
        lacking(charset, text, offset)
    })
}

/// The error for the character at this byte of the text.
fn lacking(charset: Charset, text: &str, offset: usize) -> EncodeError {
    let (before, after) = text.split_at_checked(offset).unwrap_or((text, ""));
    let character = after.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
    EncodeError { charset, character, index: before.chars().count() }
}

/// The byte of a character in a set of single bytes.
fn single_byte(charset: Charset, character: char) -> Option<u8> {
    match ebcdic_table(charset) {
        Some(table) => table.byte(character),
        None => u8::try_from(character).ok().filter(u8::is_ascii),
    }
}

/// The bytes that one character adds to a text, `None` if the set lacks it. `in_run`: in a set with shifts, whether the text
/// ends in a run; it is changed.
fn width(charset: Charset, in_run: &mut bool, character: char) -> Option<usize> {
    match charset {
        Charset::Cp935 | Charset::Cp1388 => {
            let (width, ends_in_run) = mixed::width(charset, *in_run, character)?;
            *in_run = ends_in_run;
            Some(width)
        }
        Charset::Utf8 => Some(character.len_utf8()),
        Charset::Gbk | Charset::Gb18030 if character.is_ascii() => Some(1),
        Charset::Gbk | Charset::Gb18030 => {
            multibyte::encode(charset, character.encode_utf8(&mut [0; 4])).ok().map(|bytes| bytes.len())
        }
        _ => single_byte(charset, character).map(|_| 1),
    }
}

/// How many characters these bytes are; what is no character of the set counts by its bytes.
#[must_use]
pub fn characters(charset: Charset, bytes: &[u8]) -> usize {
    if charset.is_ascii_compatible() && bytes.is_ascii() {
        return bytes.len();
    }
    if charset.has_shifts() {
        return mixed::characters(charset, bytes);
    }
    let (mut rest, mut count) = (bytes, 0);
    while !rest.is_empty() {
        let length = character_length(charset, rest).unwrap_or(1);
        rest = rest.get(length..).unwrap_or_default();
        count += 1;
    }
    count
}

/// Checks that the bytes are text of this set.
///
/// # Errors
/// The offset of the first byte that begins no character of the set.
pub fn validate(charset: Charset, bytes: &[u8]) -> Result<(), DecodeError> {
    match charset {
        Charset::Gbk => multibyte::validate(bytes).map_err(|offset| DecodeError { charset, offset }),
        Charset::Cp935 | Charset::Cp1388 => {
            mixed::validate(charset, bytes).map_err(|offset| DecodeError { charset, offset })
        }
        _ => decode(charset, bytes).map(|_| ()),
    }
}

/// The number of bytes that the text takes in this set.
///
/// # Errors
/// The first character that the set lacks, with its index.
pub fn encoded_length(charset: Charset, text: &str) -> Result<usize, EncodeError> {
    encode(charset, text).map(|bytes| bytes.len())
}

/// The longest beginning of `text` that takes at most `bytes_max` bytes in this set; whole characters only.
/// In a set with shifts it has room for them.
///
/// # Errors
/// The first character within that beginning that the set lacks.
pub fn cut(charset: Charset, bytes_max: usize, text: &str) -> Result<&str, EncodeError> {
    let (mut used, mut in_run) = (0_usize, false);
    for (index, (at, character)) in text.char_indices().enumerate() {
        let width =
            width(charset, &mut in_run, character).ok_or(EncodeError { charset, character, index })?;
        used = used.saturating_add(width);
        if used > bytes_max {
            return Ok(text.get(..at).unwrap_or(text));
        }
    }
    Ok(text)
}

/// The bytes of the character that begins `bytes`: its length by the shape of its first bytes, or `None`
/// for no bytes, a shape the set does not have, or a character that is cut off. In a set with shifts it is that of a character
/// of one byte: whether others stand somewhere is said by what stands before them ([`length_of`]).
pub fn character_length(charset: Charset, bytes: &[u8]) -> Option<usize> {
    let first = *bytes.first()?;
    match charset {
        Charset::Ascii => first.is_ascii().then_some(1),
        Charset::Cp037 | Charset::Cp500 | Charset::Cp1047 => Some(1),
        Charset::Cp935 | Charset::Cp1388 => mixed::length_of(charset, &[first], 1),
        Charset::Gbk | Charset::Gb18030 => multibyte::shape(charset, bytes),
        Charset::Utf8 => {
            let length = match first {
                0x00..=0x7F => 1,
                0xC2..=0xDF => 2,
                0xE0..=0xEF => 3,
                0xF0..=0xF4 => 4,
                _ => return None,
            };
            std::str::from_utf8(bytes.get(..length)?).ok().map(|_| length)
        }
    }
}

/// The bytes that so many characters at the beginning of a text take, with the shift behind them where there is one; `None`
/// where there are fewer, or what stands there is none. In a set with shifts a run goes no further than they do.
pub fn length_of(charset: Charset, bytes: &[u8], count: usize) -> Option<usize> {
    if charset.has_shifts() {
        return mixed::length_of(charset, bytes, count);
    }
    let mut at = 0_usize;
    for _ in 0..count {
        at += character_length(charset, bytes.get(at..)?)?;
    }
    Some(at)
}

/// True if `index` (in bytes) lies between two characters, at the beginning, or at the end. False beyond
/// the end and after a byte that is no character. A shift counts as a character here.
pub fn is_character_border(charset: Charset, bytes: &[u8], index: usize) -> bool {
    if charset.widest_character() == 1 {
        return index <= bytes.len();
    }
    if charset.has_shifts() {
        return mixed::is_border(charset, bytes, index);
    }
    let mut at = 0_usize;
    while at < index {
        match bytes.get(at..).and_then(|rest| character_length(charset, rest)) {
            Some(length) => at += length,
            None => return false,
        }
    }
    at == index
}

#[cfg(test)]
mod tests;
