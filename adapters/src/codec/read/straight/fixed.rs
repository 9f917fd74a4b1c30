//! Values of widths as they stand, one behind the other up to the end.
//!
//! In: octets, the wire forms that are expected. Out: where values stand; None for anything else.

use dsl::program::WireForm;

use super::Straight;

pub(super) struct Fixed<'o> {
    octets: &'o [u8],
    at: usize,
}

impl<'o> Fixed<'o> {
    pub(super) fn begin(octets: &'o [u8]) -> Self {
        Fixed { octets, at: 0 }
    }
}

impl<'o, 'p> Straight<'o, 'p> for Fixed<'o> {
    #[inline(always)]
    fn value(&mut self, _: u32, form: &WireForm) -> Option<(usize, &'o [u8])> {
        let from = self.at;
        self.at = from.checked_add(form.measures.taken? as usize)?;
        Some((from, self.octets.get(from..self.at)?))
    }

    fn end(&mut self) -> Option<()> {
        (self.at == self.octets.len()).then_some(())
    }
}
