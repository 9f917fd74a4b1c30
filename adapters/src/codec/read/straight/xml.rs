//! XML as it stands: elements without attributes, one behind the other, of which each has nothing but a text or elements.
//!
//! In: octets, the names that are expected. Out: where values stand; None for anything else.

use dsl::program::{WireForm, WireName};
use memchr::memchr2;

use super::{GROUPS, Straight, behind, behind_blanks};
use crate::codec::xml;

pub(super) struct Xml<'o, 'p> {
    octets: &'o [u8],
    at: usize,
    /// The element whose start tag is behind us, if it is not open as a group.
    pending: Option<&'p WireName>,
    groups: [Option<&'p WireName>; GROUPS],
    depth: usize,
    /// What the items of the list are called.
    item: Option<&'p WireName>,
    /// There was a root.
    root: bool,
}

impl<'o, 'p> Xml<'o, 'p> {
    pub(super) fn begin(octets: &'o [u8]) -> Option<Self> {
        let at = xml::behind_declaration(octets)?;
        Some(Xml { octets, at, pending: None, groups: [None; GROUPS], depth: 0, item: None, root: false })
    }

    #[inline(always)]
    fn start(&mut self, name: &'p WireName) -> bool {
        let start = behind_blanks(self.octets, self.at);
        let Some(at) = behind(self.octets, start, name.start_tag()) else { return false };
        self.at = at;
        self.pending = Some(name);
        true
    }
}

impl<'o, 'p> Straight<'o, 'p> for Xml<'o, 'p> {
    #[inline(always)]
    fn child(&mut self, name: &'p WireName) -> Option<bool> {
        if self.pending.is_some() || name.attribute || name.is_own_text() {
            return None;
        }
        // There is one root.
        if self.depth == 0 && self.root {
            return None;
        }
        let starts = self.start(name);
        self.root |= starts;
        Some(starts)
    }

    #[inline(always)]
    fn value(&mut self, _: u32, _: &WireForm) -> Option<(usize, &'o [u8])> {
        let (name, from) = (self.pending.take()?, self.at);
        let to = from + memchr2(b'<', b'&', self.octets.get(from..)?)?;
        self.at = behind(self.octets, to, name.end_tag())?;
        Some((from, self.octets.get(from..to)?))
    }

    fn down(&mut self) -> Option<()> {
        *self.groups.get_mut(self.depth)? = Some(self.pending.take()?);
        self.depth += 1;
        Some(())
    }

    fn up(&mut self) -> Option<()> {
        if self.pending.is_some() {
            return None;
        }
        self.depth = self.depth.checked_sub(1)?;
        let name = self.groups.get(self.depth).copied().flatten()?;
        self.at = behind(self.octets, behind_blanks(self.octets, self.at), name.end_tag())?;
        Some(())
    }

    fn first(&mut self) -> Option<bool> {
        // Items are found by their name among their neighbours: a root has none.
        self.item = Some(self.pending.filter(|_| self.depth > 0)?);
        Some(true)
    }

    fn next(&mut self) -> Option<bool> {
        if self.pending.is_some() {
            return None;
        }
        let item = self.item?;
        Some(self.start(item))
    }

    fn end(&mut self) -> Option<()> {
        let whole = self.root && self.depth == 0 && self.pending.is_none();
        (whole && behind_blanks(self.octets, self.at) == self.octets.len()).then_some(())
    }
}
