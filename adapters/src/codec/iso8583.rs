//! ISO 8583: message type, bitmaps, and the values whose bits are set.
//!
//! In: octets and the table of bits with their wire forms. Out: nodes named by the bit's figures; and while writing,
//! bits set in bitmaps that grow as the highest bit demands (64, 128, 192).

use dsl::model::TextCode;
use dsl::program::Program;
use dsl::value::{Letters, Size};

use super::tree::{Builder, Escape, Kind, Tree};
use super::{FaultKind, Wrong, tlv};
use crate::charset::Charset;
use crate::value::Span;

/// Octets of one bitmap of 64 bits.
#[inline]
pub(crate) fn bitmap_octets(hex: bool) -> usize {
    if hex { 16 } else { 8 }
}

/// The bits of one bitmap: eight octets, or their sixteen figures.
#[inline]
pub(crate) fn bitmap(octets: &[u8], hex: bool) -> Option<u64> {
    if !hex {
        return octets.first_chunk().map(|map| u64::from_be_bytes(*map));
    }
    let value = |map: u64, figure: &u8| match figure {
        b'0'..=b'9' => Some(map << 4 | u64::from(*figure - b'0')),
        b'A'..=b'F' => Some(map << 4 | u64::from(*figure - b'A' + 10)),
        b'a'..=b'f' => Some(map << 4 | u64::from(*figure - b'a' + 10)),
        _ => None,
    };
    octets.iter().try_fold(0, value)
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
    let mut maps = [0_u64; 3];
    for map in &mut maps {
        *map = scanner.bitmap(hex)?;
        // The first bit of each bitmap says that another one follows.
        if *map >> 63 == 0 {
            break;
        }
    }
    // Bits rise, and most often so do they in the table.
    let mut known = fields;
    for (map, first) in maps.iter_mut().zip([1_u16, 65, 129]) {
        if first < 129 {
            *map &= u64::MAX >> 1;
        }
        while *map != 0 {
            let place = map.leading_zeros();
            *map &= !(1 << (63 - place));
            let bit = first + u16::try_from(place).unwrap_or(0);
            let of = |fields: &[(u16, u32)]| fields.iter().position(|(known, _)| *known == bit);
            let wire = match of(known) {
                Some(at) => {
                    let (_, wire) = known.get(at).copied().ok_or(FaultKind::Program)?;
                    known = known.get(at + 1..).unwrap_or_default();
                    wire
                }
                None => {
                    let at = of(fields).ok_or_else(|| scanner.wrong(FaultKind::UnknownName))?;
                    fields.get(at).ok_or(FaultKind::Program)?.1
                }
            };
            scanner.field(bit, wire, &mut builder)?;
        }
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

    fn bitmap(&mut self, hex: bool) -> Result<u64, Wrong> {
        let start = self.at;
        let raw = self.take(bitmap_octets(hex))?;
        let plain = if hex && self.code == TextCode::Ebcdic { ebcdic_figures(raw) } else { Vec::new() };
        let map = bitmap(if plain.is_empty() { raw } else { &plain }, hex);
        map.ok_or(Wrong::new(FaultKind::NotOfForm, start))
    }

    fn field(&mut self, bit: u16, wire: u32, builder: &mut Builder<'_>) -> Result<(), Wrong> {
        let wire = self.program.wires.get(wire as usize).ok_or(FaultKind::Program)?;
        let start = self.at;
        let mut odd = false;
        let length = match wire.prefix {
            Some(prefix) => {
                let at = self.at;
                let raw = self.take(prefix.size as usize)?;
                let plain = if self.code == TextCode::Ebcdic { ebcdic_figures(raw) } else { Vec::new() };
                let units = tlv::read_length(if plain.is_empty() { raw } else { &plain }, prefix.kind);
                let units = units.ok_or(Wrong::new(FaultKind::NotOfForm, at))?;
                if let Size::Fixed(most) | Size::Range { max: most, .. } = wire.size
                    && units > most as usize
                {
                    return Err(Wrong::new(FaultKind::TooLong, at));
                }
                if wire.letters == Letters::Packed {
                    odd = units % 2 == 1;
                    units.div_ceil(2)
                } else {
                    units
                }
            }
            None => wire.measures.width.ok_or(FaultKind::Program)?,
        };
        let from = self.at;
        self.take(length)?;
        let (value, outer) = (builder.span(from, self.at), builder.span(start, self.at));
        // An odd number of figures is told by the kind.
        let kind = if odd { Kind::Bare } else { Kind::Text };
        let node = builder.add(value, value, outer, kind, Escape::None)?;
        builder.number(node, bit.into());
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

/// Puts a bitmap in front of what stands there; gives its length.
#[inline]
pub(crate) fn put_bitmap(to: &mut [u8], bits: u64, hex: bool) -> Option<usize> {
    if !hex {
        *to.first_chunk_mut()? = bits.to_be_bytes();
        return Some(8);
    }
    for (place, octet) in to.first_chunk_mut::<16>()?.iter_mut().enumerate() {
        let figure = bits >> (60 - 4 * place) & 0xF;
        *octet = *b"0123456789ABCDEF".get(figure as usize)?;
    }
    Some(16)
}

/// Sets a bit (from 1) in bitmaps that begin at `start`.
#[inline]
pub(crate) fn put_bit(out: &mut [u8], start: usize, bit: u16, code: TextCode, hex: bool) -> Option<()> {
    let index = usize::from(bit - 1);
    if !hex {
        *out.get_mut(start + index / 8)? |= 0x80 >> (index % 8);
        return Some(());
    }
    let place = out.get_mut(start + index / 4)?;
    let figure = if code == TextCode::Ebcdic { ebcdic_figures(&[*place]).first().copied()? } else { *place };
    let value = (figure as char).to_digit(16)? | 8 >> (index % 4);
    let letter = *b"0123456789ABCDEF".get(value as usize)?;
    *place = if code == TextCode::Ebcdic { letters(code, &[letter]).first().copied()? } else { letter };
    Some(())
}
