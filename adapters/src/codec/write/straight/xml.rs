//! XML: tags around values and groups, references in values that need them.

use dsl::program::{WireForm, WireName};

use super::{Around, GROUPS};
use crate::codec::xml;

#[derive(Default)]
pub(super) struct Xml<'p> {
    /// The name of what is next.
    name: Option<&'p WireName>,
    /// Where the value that is written began, with its tag.
    start: usize,
    groups: [Option<&'p WireName>; GROUPS],
    depth: usize,
    /// The name of the items of the list that is open.
    items: Option<&'p WireName>,
}

impl<'p> Around<'p> for Xml<'p> {
    #[inline(always)]
    fn child(&mut self, name: &'p WireName) -> Option<()> {
        if name.attribute || name.is_own_text() {
            return None;
        }
        self.name = Some(name);
        Some(())
    }

    #[inline(always)]
    fn before(&mut self, _: &WireForm, out: &mut Vec<u8>) -> Option<()> {
        self.start = out.len();
        out.extend_from_slice(self.name?.start_tag());
        Some(())
    }

    #[inline(always)]
    fn behind(&mut self, form: &WireForm, from: usize, _: usize, out: &mut Vec<u8>) -> Option<()> {
        if !form.measures.figures && xml::needs_escape(out.get(from..)?, false) {
            let plain = out.split_off(from);
            xml::escape(&plain, false, out);
        }
        out.extend_from_slice(self.name.take()?.end_tag());
        Some(())
    }

    fn left_out(&mut self, out: &mut Vec<u8>) -> Option<()> {
        out.truncate(self.start);
        self.name = None;
        Some(())
    }

    fn down(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let name = self.name.take()?;
        *self.groups.get_mut(self.depth)? = Some(name);
        self.depth += 1;
        out.extend_from_slice(name.start_tag());
        Some(())
    }

    fn up(&mut self, out: &mut Vec<u8>) -> Option<()> {
        self.depth = self.depth.checked_sub(1)?;
        out.extend_from_slice(self.groups.get(self.depth).copied().flatten()?.end_tag());
        Some(())
    }

    fn list(&mut self, _: &mut Vec<u8>) -> Option<()> {
        self.items = Some(self.name?);
        Some(())
    }

    fn item(&mut self) -> Option<()> {
        self.name = self.items;
        Some(())
    }

    fn end_list(&mut self, _: &mut Vec<u8>) -> Option<()> {
        (self.name, self.items) = (None, None);
        Some(())
    }

    fn end(&mut self, _: &mut Vec<u8>) -> Option<()> {
        (self.depth == 0).then_some(())
    }
}
