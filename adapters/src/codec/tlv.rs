//! Tag, length, value: BER and plain.
//!
//! In: octets. Out: nodes whose names are the tags' octets; and heads of values that are written.

use dsl::model::{PrefixKind, Tlv};
use dsl::value::{Charset, Letters};

use super::tree::{Builder, Escape, Kind, Tree};
use super::{FaultKind, Wrong, pack};
use crate::charset;
use crate::value::Span;

/// Scans values one after the other; constructed ones of BER have children.
pub(crate) fn scan(octets: &[u8], base: Span, tlv: &Tlv, tree: &mut Tree) -> Result<(), Wrong> {
    let mut builder = Builder::new(tree, base, Kind::Group)?;
    match tlv {
        Tlv::Ber => ber(octets, 0, octets.len(), &mut builder),
        Tlv::Plain { tag, length, kind } => {
            plain(octets, *tag as usize, *length as usize, *kind, &mut builder)
        }
    }
}

fn ber(octets: &[u8], from: usize, to: usize, builder: &mut Builder<'_>) -> Result<(), Wrong> {
    let mut at = from;
    let octet =
        |at: usize| octets.get(at).copied().filter(|_| at < to).ok_or(Wrong::new(FaultKind::Truncated, at));
    while at < to {
        let start = at;
        let first = octet(at)?;
        at += 1;
        if first & 0x1F == 0x1F {
            while octet(at)? & 0x80 != 0 {
                at += 1;
                if at - start > 3 {
                    return Err(Wrong::new(FaultKind::Forbidden, start));
                }
            }
            at += 1;
        }
        let tag = (start, at);
        let mut length = usize::from(octet(at)?);
        at += 1;
        if length & 0x80 != 0 {
            let octets = length & 0x7F;
            if octets == 0 || octets > 3 {
                return Err(Wrong::new(FaultKind::Forbidden, at));
            }
            length = 0;
            for _ in 0..octets {
                length = length << 8 | usize::from(octet(at)?);
                at += 1;
            }
        }
        let end =
            at.checked_add(length).filter(|end| *end <= to).ok_or(Wrong::new(FaultKind::Truncated, at))?;
        let (name, value) = (builder.span(tag.0, tag.1), builder.span(at, end));
        let outer = builder.span(start, end);
        let kind = if first & 0x20 != 0 { Kind::Group } else { Kind::Text };
        let node = builder.add(name, value, outer, kind, Escape::None)?;
        if kind == Kind::Group {
            builder.open(node)?;
            ber(octets, at, end, builder)?;
            builder.close();
        }
        at = end;
    }
    Ok(())
}

fn plain(
    octets: &[u8],
    tag: usize,
    size: usize,
    kind: PrefixKind,
    builder: &mut Builder<'_>,
) -> Result<(), Wrong> {
    let mut at = 0;
    while at < octets.len() {
        let start = at;
        let head = octets.get(at + tag..at + tag + size).ok_or(Wrong::new(FaultKind::Truncated, at))?;
        let length = read_length(head, kind).ok_or(Wrong::new(FaultKind::NotOfForm, at + tag))?;
        at += tag + size;
        let end = at.checked_add(length).filter(|end| *end <= octets.len());
        let end = end.ok_or(Wrong::new(FaultKind::Truncated, at))?;
        let (name, value) = (builder.span(start, start + tag), builder.span(at, end));
        let outer = builder.span(start, end);
        builder.add(name, value, outer, Kind::Text, Escape::None)?;
        at = end;
    }
    Ok(())
}

/// A length as it stands.
pub(crate) fn read_length(octets: &[u8], kind: PrefixKind) -> Option<usize> {
    let number = match kind {
        PrefixKind::Ascii => dsl::evaluate::number::figures(octets).ok()?,
        PrefixKind::Blanks => dsl::evaluate::number::figures(octets.trim_ascii_end()).ok()?,
        PrefixKind::Bcd => dsl::evaluate::number::figures(&pack::unpack(octets)).ok()?,
        PrefixKind::Big | PrefixKind::Little => pack::integer(octets, kind == PrefixKind::Big, false)?,
    };
    usize::try_from(number).ok()
}

/// A length before a value: figures stand in the charset of the value.
pub(crate) fn read_length_in(letters: Letters, octets: &[u8], kind: PrefixKind) -> Option<usize> {
    match figures_of(letters, kind) {
        Some(charset) => read_length(charset::decode(charset, octets).ok()?.as_bytes(), kind),
        None => read_length(octets, kind),
    }
}

/// Writes a length before a value.
pub(crate) fn write_length_in(
    letters: Letters,
    length: usize,
    size: usize,
    kind: PrefixKind,
    out: &mut Vec<u8>,
) -> Option<()> {
    let start = out.len();
    write_length(length, size, kind, out)?;
    if let Some(charset) = figures_of(letters, kind) {
        let text = String::from_utf8(out.split_off(start)).ok()?;
        charset::encode_onto(charset, &text, out).ok()?;
    }
    Some(())
}

/// The charset of a length's figures, where it is not one of ASCII.
fn figures_of(letters: Letters, kind: PrefixKind) -> Option<Charset> {
    match letters {
        Letters::Set(charset) if matches!(kind, PrefixKind::Ascii | PrefixKind::Blanks) => {
            Some(charset).filter(|charset| !charset.is_ascii_compatible())
        }
        _ => None,
    }
}

/// Writes a length in so many octets.
pub(crate) fn write_length(length: usize, size: usize, kind: PrefixKind, out: &mut Vec<u8>) -> Option<()> {
    let number = i128::try_from(length).ok()?;
    match kind {
        PrefixKind::Ascii | PrefixKind::Bcd => {
            let places = if kind == PrefixKind::Bcd { size * 2 } else { size };
            let start = out.len();
            dsl::evaluate::number::write_figures(number.unsigned_abs(), places, out);
            if out.len() - start != places {
                return None;
            }
            if kind == PrefixKind::Bcd {
                let figures = pack::pack(out.get(start..)?, None)?;
                out.truncate(start);
                out.extend_from_slice(&figures);
            }
            Some(())
        }
        PrefixKind::Blanks => {
            let text = number.to_string();
            let blanks = size.checked_sub(text.len())?;
            out.extend_from_slice(text.as_bytes());
            out.extend(std::iter::repeat_n(b' ', blanks));
            Some(())
        }
        PrefixKind::Big | PrefixKind::Little => {
            pack::write_integer(number, size, kind == PrefixKind::Big, false, out)
        }
    }
}

/// The octets of a tag by its name: hex, or for plain tags of that length the text itself.
pub(crate) fn tag_octets(tlv: &Tlv, name: &str) -> Option<Vec<u8>> {
    match tlv {
        Tlv::Plain { tag, .. } if name.len() == *tag as usize => Some(name.as_bytes().to_vec()),
        _ => dsl::evaluate::coded::from_hex(name.as_bytes()).ok(),
    }
}

/// Writes the length of a BER value.
pub(crate) fn write_ber_length(length: usize, out: &mut Vec<u8>) -> Option<()> {
    if length < 0x80 {
        out.push(u8::try_from(length).ok()?);
        return Some(());
    }
    let octets = if length < 0x100 {
        1
    } else if length < 0x1_0000 {
        2
    } else {
        3
    };
    out.push(0x80 | octets);
    pack::write_integer(i128::try_from(length).ok()?, usize::from(octets), true, false, out)
}
