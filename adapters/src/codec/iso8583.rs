//! ISO 8583: message type, bitmaps, and the values whose bits are set.
//!
//! In: octets and the table of bits with their wire forms. Out: nodes named by the bit's figures; and while writing,
//! bits set in bitmaps that grow as the highest bit demands (64, 128, 192).

use dsl::model::TextCode;
use dsl::program::Program;
use dsl::value::Size;

use super::leaf::{self, Letters};
use super::tree::{Builder, Escape, Kind, Tree};
use super::{FaultKind, Wrong, pack, tlv};
use crate::charset::Charset;
use crate::value::Span;

/// Octets of one bitmap of 64 bits.
pub(crate) fn bitmap_octets(hex: bool) -> usize {
    if hex { 16 } else { 8 }
}

/// Scans a message: the node of the message type is named `0`.
pub(crate) fn scan(
    octets: &[u8],
    base: Span,
    program: &Program,
    code: TextCode,
    hex: bool,
    fields: &[(u16, u32)],
    tree: &mut Tree,
) -> Result<(), Wrong> {
    let mut builder = Builder::new(tree, base, Kind::Group)?;
    let mut scanner = Scanner { octets, at: 0, program, code };
    if let Some((_, wire)) = fields.iter().find(|(bit, _)| *bit == 0) {
        scanner.field(0, *wire, &mut builder)?;
    }
    let mut bits = Vec::new();
    for map in 0..3_u16 {
        let start = scanner.at;
        let raw = scanner.take(bitmap_octets(hex))?;
        let map_octets = if hex {
            let ascii: Vec<u8> = if code == TextCode::Ebcdic { ebcdic_figures(raw) } else { raw.to_vec() };
            dsl::evaluate::coded::from_hex(&ascii).map_err(|_| Wrong::new(FaultKind::NotOfForm, start))?
        } else {
            raw.to_vec()
        };
        for bit in 0..64_u16 {
            let octet = map_octets.get(usize::from(bit / 8)).copied().unwrap_or(0);
            if octet >> (7 - bit % 8) & 1 == 1 {
                bits.push(map * 64 + bit + 1);
            }
        }
        // The first bit of each bitmap says that another one follows.
        let more = map * 64 + 1;
        if map == 2 || !bits.contains(&more) {
            break;
        }
        bits.retain(|bit| *bit != more);
    }
    for bit in bits {
        let (_, wire) = fields
            .iter()
            .find(|(known, _)| *known == bit)
            .ok_or_else(|| scanner.wrong(FaultKind::UnknownName))?;
        scanner.field(bit, *wire, &mut builder)?;
    }
    if scanner.at < octets.len() {
        return Err(scanner.wrong(FaultKind::LeftOver));
    }
    Ok(())
}

struct Scanner<'o> {
    octets: &'o [u8],
    at: usize,
    program: &'o Program,
    code: TextCode,
}

impl<'o> Scanner<'o> {
    fn wrong(&self, kind: FaultKind) -> Wrong {
        Wrong::new(kind, self.at)
    }

    fn take(&mut self, length: usize) -> Result<&'o [u8], Wrong> {
        let end = self.at.checked_add(length).ok_or_else(|| self.wrong(FaultKind::Truncated))?;
        let taken = self.octets.get(self.at..end).ok_or_else(|| self.wrong(FaultKind::Truncated))?;
        self.at = end;
        Ok(taken)
    }

    fn field(&mut self, bit: u16, wire: u32, builder: &mut Builder<'_>) -> Result<(), Wrong> {
        let wire = self.program.wires.get(wire as usize).ok_or(FaultKind::Program)?;
        let start = self.at;
        let mut odd = false;
        let length = match wire.prefix {
            Some(prefix) => {
                let at = self.at;
                let raw = self.take(prefix.size as usize)?;
                let figures = if self.code == TextCode::Ebcdic { ebcdic_figures(raw) } else { raw.to_vec() };
                let units = tlv::read_length(&figures, prefix.kind);
                let units = units.ok_or(Wrong::new(FaultKind::NotOfForm, at))?;
                if let Size::Fixed(most) | Size::Range { max: most, .. } = wire.size
                    && units > most as usize
                {
                    return Err(Wrong::new(FaultKind::TooLong, at));
                }
                if Letters::of(&wire.charset) == Letters::Packed {
                    odd = units % 2 == 1;
                    units.div_ceil(2)
                } else {
                    units
                }
            }
            None => leaf::width(self.program, wire).ok_or(FaultKind::Program)?,
        };
        let from = self.at;
        self.take(length)?;
        let (value, outer) = (builder.span(from, self.at), builder.span(start, self.at));
        // An odd number of figures is told by the kind.
        let kind = if odd { Kind::Bare } else { Kind::Text };
        let node = builder.add(value, value, outer, kind, Escape::None)?;
        if let Some(node) = builder.node(node) {
            node.named = Some(bit.to_string().into_bytes().into_boxed_slice());
        }
        Ok(())
    }
}

fn ebcdic_figures(octets: &[u8]) -> Vec<u8> {
    crate::charset::decode(Charset::Cp037, octets)
        .map_or_else(|_| octets.to_vec(), |text| text.into_owned().into_bytes())
}

/// Figures of a prefix or hex bitmap as the message's code writes them.
pub(crate) fn letters(code: TextCode, ascii: &[u8]) -> Vec<u8> {
    if code != TextCode::Ebcdic {
        return ascii.to_vec();
    }
    let text = String::from_utf8_lossy(ascii);
    crate::charset::encode(Charset::Cp037, &text)
        .map_or_else(|_| ascii.to_vec(), std::borrow::Cow::into_owned)
}

/// An empty bitmap of 64 bits.
pub(crate) fn empty_map(code: TextCode, hex: bool) -> Vec<u8> {
    if hex { letters(code, &[b'0'; 16]) } else { vec![0; 8] }
}

/// Sets a bit (from 1) in bitmaps that begin at `start`.
pub(crate) fn put_bit(out: &mut [u8], start: usize, bit: u16, code: TextCode, hex: bool) -> Option<()> {
    let index = usize::from(bit - 1);
    if !hex {
        *out.get_mut(start + index / 8)? |= 0x80 >> (index % 8);
        return Some(());
    }
    let place = out.get_mut(start + index / 4)?;
    let figure = ebcdic_or_same(code, *place)?;
    let value = (figure as char).to_digit(16)? as u8 | 8 >> (index % 4);
    let letter = pack::unpack(&[value]).get(1).copied()?;
    *place = letters(code, &[letter]).first().copied()?;
    Some(())
}

fn ebcdic_or_same(code: TextCode, octet: u8) -> Option<u8> {
    if code == TextCode::Ebcdic { ebcdic_figures(&[octet]).first().copied() } else { Some(octet) }
}
