//! ISO 8583 as it stands: values come by their bits, and the program asks for all that are set.
//!
//! In: octets, the table of bits, the bits that are expected. Out: where values stand; None for anything else.

use dsl::model::TextCode;
use dsl::program::{WireForm, WireName};
use dsl::value::Size;

use super::Straight;
use crate::codec::{iso8583, tlv};

pub(super) struct Iso8583<'o, 'p> {
    octets: &'o [u8],
    at: usize,
    hex: bool,
    /// The bits and wire forms that may still come.
    fields: &'p [(u16, u32)],
    /// Bits that are set and whose values were not asked for; none: the bitmaps stand next.
    maps: Option<[u64; 3]>,
    /// The wire form that tells the length of the value that is next; `u32::MAX`: there is none.
    told: u32,
}

impl<'o, 'p> Iso8583<'o, 'p> {
    pub(super) fn begin(
        octets: &'o [u8],
        (code, hex): (TextCode, bool),
        fields: &'p [(u16, u32)],
    ) -> Option<Self> {
        let iso = Iso8583 { octets, at: 0, hex, fields, maps: None, told: u32::MAX };
        (code != TextCode::Ebcdic).then_some(iso)
    }

    /// The bitmaps, without the bits that say that another one follows.
    fn bitmaps(&mut self) -> Option<[u64; 3]> {
        let mut maps = [0; 3];
        for (place, map) in maps.iter_mut().enumerate() {
            let end = self.at + iso8583::bitmap_octets(self.hex);
            *map = iso8583::bitmap(self.octets.get(self.at..end)?, self.hex)?;
            self.at = end;
            if *map >> 63 == 0 {
                break;
            }
            if place < 2 {
                *map &= u64::MAX >> 1;
            }
        }
        Some(maps)
    }
}

impl Iso8583<'_, '_> {
    /// The length that stands before a value. What ends otherwise is not read so.
    fn prefix(&mut self, form: &WireForm) -> Option<usize> {
        let prefix = form.prefix?;
        let end = self.at + prefix.size as usize;
        let units = tlv::read_length(self.octets.get(self.at..end)?, prefix.kind)?;
        if let Size::Fixed(most) | Size::Range { max: most, .. } = form.size
            && units > most as usize
        {
            return None;
        }
        self.at = end;
        Some(units)
    }
}

impl<'o, 'p> Straight<'o, 'p> for Iso8583<'o, 'p> {
    #[inline(always)]
    fn child(&mut self, name: &'p WireName) -> Option<bool> {
        let bit = name.number.filter(|_| self.told == u32::MAX)?;
        // Values rise by their bits, and so do those that are asked for, and the table.
        let place = match self.fields.first()? {
            (known, _) if *known == bit => 0,
            _ => self.fields.iter().position(|(known, _)| *known == bit)?,
        };
        let (_, wire) = *self.fields.get(place)?;
        if bit == 0 {
            (self.told, self.fields) = (wire, self.fields.get(1..)?);
            return (self.at == 0 && place == 0).then_some(true);
        }
        let maps = match &mut self.maps {
            Some(maps) => maps,
            None => {
                // A message type stands before them.
                if self.fields.iter().any(|(known, _)| *known == 0) {
                    return None;
                }
                let maps = self.bitmaps()?;
                self.maps.insert(maps)
            }
        };
        let index = usize::from((bit - 1) / 64);
        let mask = 1_u64 << (63 - (bit - 1) % 64);
        let before = maps.get(..index)?.iter().any(|map| *map != 0);
        let map = maps.get_mut(index)?;
        if *map & mask == 0 {
            return Some(false);
        }
        *map &= !mask;
        if before || *map > mask {
            return None;
        }
        self.fields = self.fields.get(place + 1..)?;
        self.told = wire;
        Some(true)
    }

    #[inline(always)]
    fn value(&mut self, wire: u32, form: &WireForm) -> Option<(usize, &'o [u8])> {
        if std::mem::replace(&mut self.told, u32::MAX) != wire {
            return None;
        }
        let length = if form.measures.told { self.prefix(form)? } else { form.measures.taken? as usize };
        let from = self.at;
        self.at = from.checked_add(length)?;
        Some((from, self.octets.get(from..self.at)?))
    }

    fn end(&mut self) -> Option<()> {
        let read = self.maps.is_some_and(|maps| maps == [0; 3]) && self.told == u32::MAX;
        (read && self.at == self.octets.len()).then_some(())
    }
}
