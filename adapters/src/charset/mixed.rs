//! cp935 and cp1388: EBCDIC of one byte, and runs of two-byte codes between a shift-out and a shift-in.
//!
//! In: bytes or a text. Out: the other, or the offset of the fault. A text has one coding: a run stands only where characters of
//! two bytes do, holds one at least, and two runs never touch; any other shift is a fault. Must not know the other sets.
//! The codes stand in `mixed.txt`; `mixed.py` beside it wrote them and says of what.

use super::Charset;
use std::sync::LazyLock;

/// A run of two-byte codes begins.
const SHIFT_OUT: u8 = 0x0E;
/// It ends.
const SHIFT_IN: u8 = 0x0F;
/// No code, no character: neither set has this one, and it is no character of Unicode.
const NONE: u16 = 0xFFFF;

/// The codes of a set, both ways. All characters lie in the basic plane.
struct Codes {
    /// By code; below 0x100 those of one byte.
    characters: Box<[u16]>,
    /// By character.
    codes: Box<[u16]>,
}

static CP935: LazyLock<Codes> = LazyLock::new(|| Codes::of("cp935"));
static CP1388: LazyLock<Codes> = LazyLock::new(|| Codes::of("cp1388"));

impl Codes {
    fn of(set: &str) -> Self {
        let mut codes = Self { characters: vec![NONE; 0x1_0000].into(), codes: vec![NONE; 0x1_0000].into() };
        for line in include_str!("mixed.txt").lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let held = words.next().is_some_and(|sets| sets == "both" || sets == set);
            let first = words.next().and_then(hex).filter(|_| held);
            let Some(mut code) = first else { continue };
            for word in words {
                let (character, more) = word.split_once('+').unwrap_or((word, "0"));
                let (Some(character), Ok(more)) = (hex(character), more.parse::<u16>()) else { continue };
                for character in character..=character.saturating_add(more) {
                    codes.characters[usize::from(code)] = character;
                    codes.codes[usize::from(character)] = code;
                    code = code.saturating_add(1);
                }
            }
        }
        codes
    }

    fn character(&self, code: u16) -> Option<char> {
        let known = self.characters.get(usize::from(code)).filter(|known| **known != NONE);
        known.and_then(|known| char::from_u32((*known).into()))
    }

    /// The code of a character; one of one byte is below 0x100.
    fn code(&self, character: char) -> Option<u16> {
        let place = usize::try_from(u32::from(character)).ok()?;
        self.codes.get(place).copied().filter(|code| *code != NONE)
    }
}

fn hex(word: &str) -> Option<u16> {
    u16::from_str_radix(word, 16).ok()
}

fn codes(charset: Charset) -> &'static Codes {
    if charset == Charset::Cp935 { &CP935 } else { &CP1388 }
}

/// What stands somewhere in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Character(char),
    /// A shift that belongs there.
    Shift,
}

/// Goes over a text code by code and shift by shift.
struct Walk<'a> {
    codes: &'static Codes,
    bytes: &'a [u8],
    at: usize,
    /// Where the run begins in which it is.
    run: Option<usize>,
}

impl<'a> Walk<'a> {
    fn over(charset: Charset, bytes: &'a [u8]) -> Self {
        Self { codes: codes(charset), bytes, at: 0, run: None }
    }

    /// The next part; `None` at the end. The offset of what belongs to no text of the set: of a run that does not end where it
    /// begins, of one without characters there too.
    fn step(&mut self) -> Result<Option<Part>, usize> {
        let here = |place: usize| self.bytes.get(self.at.saturating_add(place)).copied();
        let Some(first) = here(0) else {
            return self.run.map_or(Ok(None), Err);
        };
        let (part, length) = match (self.run, first) {
            (None, SHIFT_OUT) => {
                let touches = self.at.checked_sub(1).and_then(|before| self.bytes.get(before));
                if here(1) == Some(SHIFT_IN) || touches == Some(&SHIFT_IN) {
                    return Err(self.at);
                }
                self.run = Some(self.at);
                (Part::Shift, 1)
            }
            (Some(_), SHIFT_IN) => {
                self.run = None;
                (Part::Shift, 1)
            }
            (run, _) => {
                let (code, length) = match (run, here(1)) {
                    (None, _) => (u16::from(first), 1),
                    (Some(_), Some(second)) => (u16::from_be_bytes([first, second]), 2),
                    (Some(_), None) => return Err(self.at),
                };
                // A code below 0x100 is one of a single byte.
                let character = self.codes.character(code).filter(|_| (code > 0xFF) == (length == 2));
                (Part::Character(character.ok_or(self.at)?), length)
            }
        };
        self.at += length;
        Ok(Some(part))
    }
}

/// Appends a text, or the offset of the first thing that is none; what stands before it is appended then.
pub(super) fn decode(charset: Charset, bytes: &[u8], text: &mut String) -> Result<(), usize> {
    text.reserve(bytes.len() + bytes.len() / 2);
    let mut walk = Walk::over(charset, bytes);
    while let Some(part) = walk.step()? {
        if let Part::Character(character) = part {
            text.push(character);
        }
    }
    Ok(())
}

/// Whether bytes are a text, or the offset of the first thing that is none.
pub(super) fn validate(charset: Charset, bytes: &[u8]) -> Result<(), usize> {
    let mut walk = Walk::over(charset, bytes);
    while walk.step()?.is_some() {}
    Ok(())
}

/// Appends the bytes of a text, or the byte offset of the first character that has no code; then some are appended.
pub(super) fn encode(charset: Charset, text: &str, bytes: &mut Vec<u8>) -> Result<(), usize> {
    bytes.reserve(text.len() + 2);
    let codes = codes(charset);
    let mut in_run = false;
    for (at, character) in text.char_indices() {
        let octets = codes.code(character).ok_or(at)?.to_be_bytes();
        let wide = octets[0] != 0;
        if wide != in_run {
            bytes.push(if wide { SHIFT_OUT } else { SHIFT_IN });
            in_run = wide;
        }
        bytes.extend_from_slice(if wide { &octets } else { &octets[1..] });
    }
    if in_run {
        bytes.push(SHIFT_IN);
    }
    Ok(())
}

/// How many bytes a character adds to a text, by whether that ends in a run, with both shifts of a run that it begins; and
/// whether the text ends in one then.
pub(super) fn width(charset: Charset, in_run: bool, character: char) -> Option<(usize, bool)> {
    let wide = codes(charset).code(character)? > 0xFF;
    Some(match (wide, in_run) {
        (false, _) => (1, false),
        (true, true) => (2, true),
        (true, false) => (4, true),
    })
}

/// The bytes that so many characters in front take, with the shift behind the last of them; `None` where there are fewer, a
/// fault stands before, or the run goes on behind them.
pub(super) fn length_of(charset: Charset, bytes: &[u8], count: usize) -> Option<usize> {
    let mut walk = Walk::over(charset, bytes);
    let mut left = count;
    while left > 0 {
        if let Part::Character(_) = walk.step().ok()?? {
            left -= 1;
        }
    }
    if walk.run.is_some() && walk.step().ok()?? != Part::Shift {
        return None;
    }
    Some(walk.at)
}

/// How many characters these bytes are; what is none counts by its bytes.
pub(super) fn characters(charset: Charset, bytes: &[u8]) -> usize {
    let mut walk = Walk::over(charset, bytes);
    let mut count = 0;
    loop {
        match walk.step() {
            Ok(None) => return count,
            Ok(Some(Part::Character(_))) => count += 1,
            Ok(Some(Part::Shift)) => {}
            // Nobody knows in which state the rest is.
            Err(_) => return count + bytes.len().saturating_sub(walk.at),
        }
    }
}

/// Whether this place lies between two parts; a shift is one of its own.
pub(super) fn is_border(charset: Charset, bytes: &[u8], index: usize) -> bool {
    let mut walk = Walk::over(charset, bytes);
    while walk.at < index {
        if !matches!(walk.step(), Ok(Some(_))) {
            return false;
        }
    }
    walk.at == index
}
