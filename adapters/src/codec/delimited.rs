//! Values parted by signs: walked by characters, so that no octet of a character is taken for a sign.
//!
//! In: octets of a line or of a whole, the signs. Out: where a value ends.

use dsl::program::FormatForm;

use super::{FaultKind, Wrong};
use crate::charset::{self, Charset};

/// Where a value ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ending {
    /// Its length in octets.
    pub(crate) length: usize,
    /// Octets of the sign behind it; 0 at the end.
    pub(crate) sign: usize,
    /// It holds escape signs.
    pub(crate) escaped: bool,
}

/// Finds the next of the signs (or the end).
pub(crate) fn find(
    octets: &[u8],
    signs: &[&[u8]],
    escape: Option<&[u8]>,
    charset: Charset,
) -> Result<Ending, Wrong> {
    let mut at = 0;
    let mut escaped = false;
    while at < octets.len() {
        let rest = octets.get(at..).unwrap_or_default();
        if let Some(escape) = escape.filter(|escape| rest.starts_with(escape)) {
            escaped = true;
            at += escape.len();
            let next = octets.get(at..).unwrap_or_default();
            if next.is_empty() {
                return Err(Wrong::new(FaultKind::Syntax, at));
            }
            at += step(next, charset, at)?;
            continue;
        }
        if let Some(sign) = signs.iter().find(|sign| !sign.is_empty() && rest.starts_with(sign)) {
            return Ok(Ending { length: at, sign: sign.len(), escaped });
        }
        at += step(rest, charset, at)?;
    }
    Ok(Ending { length: at, sign: 0, escaped })
}

fn step(rest: &[u8], charset: Charset, at: usize) -> Result<usize, Wrong> {
    if charset.hides_ascii() && rest.first().is_some_and(|octet| *octet >= 0x80) {
        // A character cut in two at a sign is the value's fault, told when it is read.
        return charset::character_length(charset, rest).ok_or(Wrong::new(FaultKind::Character, at));
    }
    Ok(1)
}

/// A value without its escape signs.
pub(crate) fn unescape(octets: &[u8], escape: &[u8], charset: Charset) -> Result<Vec<u8>, Wrong> {
    let mut out = Vec::with_capacity(octets.len());
    let mut at = 0;
    while at < octets.len() {
        let rest = octets.get(at..).unwrap_or_default();
        if rest.starts_with(escape) {
            at += escape.len();
        }
        let rest = octets.get(at..).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
        let length = step(rest, charset, at)?;
        out.extend_from_slice(rest.get(..length).unwrap_or_default());
        at += length;
    }
    Ok(out)
}

/// Appends a value, with escape signs before what would end it. Without an escape sign such a value cannot be written.
pub(crate) fn write(
    octets: &[u8],
    signs: &[&[u8]],
    escape: Option<&[u8]>,
    charset: Charset,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    let mut at = 0;
    while at < octets.len() {
        let rest = octets.get(at..).unwrap_or_default();
        let special = signs.iter().any(|sign| !sign.is_empty() && rest.starts_with(sign))
            || escape.is_some_and(|escape| rest.starts_with(escape));
        if special {
            out.extend_from_slice(escape.ok_or(FaultKind::CannotFit)?);
        }
        let length = step(rest, charset, at)?;
        out.extend_from_slice(rest.get(..length).unwrap_or_default());
        at += length;
    }
    Ok(())
}

/// The signs of a delimited format: separator, then the line ends.
pub(crate) fn signs(format: &FormatForm) -> Vec<&[u8]> {
    let FormatForm::Delimited(form) = format else { return Vec::new() };
    let mut signs = vec![form.separator.as_bytes()];
    signs.extend(line_ends(format));
    signs
}

/// What ends a line, the written one first.
pub(crate) fn line_ends(format: &FormatForm) -> Vec<&[u8]> {
    match format {
        FormatForm::Delimited(form) => form.lines.as_ref().map_or_else(Vec::new, |(written, read)| {
            std::iter::once(written).chain(read).map(|end| end.as_bytes()).collect()
        }),
        _ => Vec::new(),
    }
}
