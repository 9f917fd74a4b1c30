//! JSON: names, commas and brackets around values and groups, quotes and escapes of strings.

use dsl::program::{WireForm, WireName};
use dsl::value::Absent;

use super::{Around, GROUPS};
use crate::charset::Charset;
use crate::codec::json;

pub(super) struct Json<'p> {
    charset: Charset,
    /// The name of what is next, with its quotes and colon; items have none.
    key: Option<&'p [u8]>,
    /// Where the value that is written began, with its name.
    start: usize,
    /// Nothing stands before the next value in what is open.
    first: bool,
    /// What it was when the value that is written began.
    was_first: bool,
    /// The brace of the whole is written.
    begun: bool,
    depth: usize,
}

impl<'p> Json<'p> {
    pub(super) fn begin(charset: Charset) -> Option<Self> {
        let json =
            Json { charset, key: None, start: 0, first: true, was_first: true, begun: false, depth: 0 };
        charset.is_ascii_compatible().then_some(json)
    }

    /// The comma and name of what is next.
    #[inline(always)]
    fn begin_value(&mut self, out: &mut Vec<u8>) -> Option<()> {
        if !self.begun {
            // The whole is a group: what stands in it has a name.
            self.key?;
            self.begun = true;
            out.push(b'{');
        }
        if !self.first {
            out.push(b',');
        }
        if let Some(key) = self.key.take() {
            out.extend_from_slice(key);
        }
        Some(())
    }
}

impl<'p> Around<'p> for Json<'p> {
    const BARE: bool = true;

    #[inline(always)]
    fn child(&mut self, name: &'p WireName) -> Option<()> {
        self.key = Some(name.key()?);
        Some(())
    }

    #[inline(always)]
    fn before(&mut self, form: &WireForm, out: &mut Vec<u8>) -> Option<()> {
        let begun = self.begun;
        self.begin_value(out)?;
        self.start = if begun { out.len() } else { usize::MAX };
        (self.was_first, self.first) = (self.first, false);
        if form.quoted {
            out.push(b'"');
        }
        Some(())
    }

    #[inline(always)]
    fn behind(&mut self, form: &WireForm, from: usize, _: usize, out: &mut Vec<u8>) -> Option<()> {
        if !form.quoted {
            return Some(());
        }
        let written = out.get(from..)?;
        if form.absent != Absent::Never && written == b"null" {
            return None;
        }
        if !form.measures.figures && json::needs_escape(written, self.charset) {
            let plain = out.split_off(from);
            json::escape(&plain, self.charset, out);
        }
        out.push(b'"');
        Some(())
    }

    fn left_out(&mut self, out: &mut Vec<u8>) -> Option<()> {
        out.truncate(self.start);
        self.first = self.was_first;
        Some(())
    }

    fn down(&mut self, out: &mut Vec<u8>) -> Option<()> {
        self.begin_value(out)?;
        self.depth += 1;
        self.first = true;
        out.push(b'{');
        (self.depth <= GROUPS).then_some(())
    }

    fn up(&mut self, out: &mut Vec<u8>) -> Option<()> {
        self.depth = self.depth.checked_sub(1)?;
        self.first = false;
        out.push(b'}');
        Some(())
    }

    fn list(&mut self, out: &mut Vec<u8>) -> Option<()> {
        self.key?;
        self.begin_value(out)?;
        self.first = true;
        out.push(b'[');
        Some(())
    }

    fn item(&mut self) -> Option<()> {
        Some(())
    }

    fn end_list(&mut self, out: &mut Vec<u8>) -> Option<()> {
        self.first = false;
        out.push(b']');
        Some(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Option<()> {
        if !self.begun {
            out.push(b'{');
        }
        out.push(b'}');
        (self.depth == 0).then_some(())
    }
}
