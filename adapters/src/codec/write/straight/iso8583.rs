//! ISO 8583: lengths before values, and the bitmaps, which are put when all bits are known.

use dsl::model::{PrefixKind, TextCode};
use dsl::program::{WireForm, WireName};

use super::Around;
use crate::codec::iso8583;

pub(super) struct Iso8583 {
    hex: bool,
    /// How many bitmaps there is to be room for, and where they begin.
    maps: usize,
    start: Option<usize>,
    /// What is set; there are three bitmaps at most.
    bits: [u64; 4],
    /// The bit of the value that is next.
    bit: u16,
    /// Where the value that is written began, with its length.
    from: usize,
}

impl Iso8583 {
    /// `highest`: the highest bit whose value is there.
    pub(super) fn begin(code: TextCode, hex: bool, highest: u16) -> Option<Self> {
        let maps = usize::from(highest.checked_sub(1)? / 64) + 1;
        let iso = Iso8583 { hex, maps, start: None, bits: [0; 4], bit: 0, from: 0 };
        (code != TextCode::Ebcdic && maps <= 3).then_some(iso)
    }

    /// Room for the length of a value. What ends otherwise is not written so.
    fn prefix(form: &WireForm, out: &mut Vec<u8>) -> Option<()> {
        let prefix = form.prefix.filter(|prefix| prefix.kind == PrefixKind::Ascii)?;
        out.resize(out.len() + prefix.size as usize, b'0');
        form.ending.is_none().then_some(())
    }

    /// The length of a value, before which there is room for it.
    fn tell(form: &WireForm, from: usize, units: usize, out: &mut [u8]) -> Option<()> {
        let size = form.prefix?.size as usize;
        let mut rest = units;
        for figure in out.get_mut(from.checked_sub(size)?..from)?.iter_mut().rev() {
            *figure = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        (rest == 0).then_some(())
    }
}

impl<'p> Around<'p> for Iso8583 {
    #[inline(always)]
    fn child(&mut self, name: &'p WireName) -> Option<()> {
        self.bit = name.number.filter(|bit| *bit <= 192)?;
        Some(())
    }

    #[inline(always)]
    fn before(&mut self, form: &WireForm, out: &mut Vec<u8>) -> Option<()> {
        if self.start.is_none() && self.bit > 0 {
            self.start = Some(out.len());
            out.resize(out.len() + self.maps * iso8583::bitmap_octets(self.hex), 0);
        }
        self.from = out.len();
        if form.measures.told { Self::prefix(form, out) } else { Some(()) }
    }

    #[inline(always)]
    fn behind(&mut self, form: &WireForm, from: usize, units: usize, out: &mut Vec<u8>) -> Option<()> {
        if form.measures.told {
            Self::tell(form, from, units, out)?;
        }
        if self.bit > 0 {
            let index = self.bit - 1;
            self.bits[usize::from((index / 64) & 3)] |= 1 << (63 - index % 64);
        }
        Some(())
    }

    fn left_out(&mut self, out: &mut Vec<u8>) -> Option<()> {
        out.truncate(self.from);
        Some(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Option<()> {
        // As many bitmaps as the highest bit needs; the first bit of each says that another one follows.
        let (maps, above) = self.bits.split_at_checked(self.maps)?;
        let last = maps.len().checked_sub(1).filter(|last| maps.get(*last).is_some_and(|map| *map != 0))?;
        let mut at = self.start.filter(|_| above.iter().all(|map| *map == 0))?;
        for (place, bits) in maps.iter().enumerate() {
            let bits = if place < last { bits | 1 << 63 } else { *bits };
            at += iso8583::put_bitmap(out.get_mut(at..)?, bits, self.hex)?;
        }
        Some(())
    }
}
