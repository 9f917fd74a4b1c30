//! The letters: how wide each is and how it is written on the line, by the standard Chinese font of PDF readers
//! (ISO 32000-1, 9.7.5.2: character collection Adobe-GB1, predefined `CMap` `UniGB-UTF16-H`).
//!
//! In: characters. Out: widths in points, octets of a string. It must not know where on a page anything stands.

/// The font's name, which readers know.
pub(crate) const NAME: &[u8] = b"STSong-Light";
/// How its strings are coded: UTF-16, big end first.
pub(crate) const CODED: &[u8] = b"UniGB-UTF16-H";
/// Width of a Latin letter or figure in thousandths of the size: half of a Chinese character.
pub(crate) const HALF: u16 = 500;
/// Width of any other character.
pub(crate) const WHOLE: u16 = 1_000;
/// The numbers of Latin letters in the collection, all of which have the width [`HALF`].
pub(crate) const LATIN: (u16, u16) = (1, 95);

/// Width of a text in points.
pub(crate) fn width(text: &str, size: f32) -> f32 {
    text.chars().map(|sign| f32::from(width_of(sign)) * size / 1_000.0).sum()
}

fn width_of(sign: char) -> u16 {
    if (' '..='~').contains(&sign) { HALF } else { WHOLE }
}

/// A text as octets of a string.
pub(crate) fn coded(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// A text in lines of at most so many points: broken between Chinese characters, Latin words kept whole where they
/// fit. A control character ends no line and leaves no trace.
pub(crate) fn wrapped(text: &str, size: f32, most: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0.0;
    for word in words(text) {
        let whole = width(&word, size);
        let fits = used + whole <= most;
        let parts: Vec<String> =
            if whole <= most { vec![word] } else { word.chars().map(String::from).collect() };
        let mut first = true;
        for part in parts {
            let wide = width(&part, size);
            if used > 0.0 && (used + wide > most || (first && !fits && whole <= most)) {
                lines.push(String::new());
                used = 0.0;
            }
            first = false;
            if !(used == 0.0 && part == " " && lines.len() > 1) {
                used += wide;
                if let Some(line) = lines.last_mut() {
                    line.push_str(&part);
                }
            }
        }
    }
    lines
}

/// What is not broken: a run of Latin letters and figures, or one character.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut inside = false;
    for sign in text.chars().filter(|sign| !sign.is_control()) {
        let latin = sign.is_ascii_graphic();
        match words.last_mut() {
            Some(word) if latin && inside => word.push(sign),
            _ => words.push(sign.to_string()),
        }
        inside = latin;
    }
    words
}
