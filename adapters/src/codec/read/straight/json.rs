//! JSON as it stands: objects whose members come in the order of the program, strings without escapes.
//!
//! In: octets, the names that are expected. Out: where values stand; None for anything else.

use dsl::program::{WireForm, WireName};

use super::{GROUPS, Straight, behind, behind_blanks};
use crate::charset::Charset;
use crate::codec::json;

pub(super) struct Json<'o> {
    octets: &'o [u8],
    at: usize,
    charset: Charset,
    /// The name of the value that is next is behind us.
    pending: bool,
    /// Nothing stands before the next member or item of what is open.
    first: bool,
    depth: usize,
}

impl<'o> Json<'o> {
    pub(super) fn begin(octets: &'o [u8], charset: Charset) -> Option<Self> {
        let at = behind(octets, behind_blanks(octets, 0), b"{")?;
        let json = Json { octets, at, charset, pending: false, first: true, depth: 0 };
        charset.is_ascii_compatible().then_some(json)
    }

    /// Behind the blanks, and behind the comma where one has to stand; none where none does.
    #[inline(always)]
    fn behind_comma(&self) -> Option<usize> {
        let at = behind_blanks(self.octets, self.at);
        if self.first {
            return Some(at);
        }
        behind(self.octets, at, b",").map(|at| behind_blanks(self.octets, at))
    }

    #[inline(always)]
    fn close(&mut self, sign: &[u8]) -> Option<()> {
        if self.pending {
            return None;
        }
        self.at = behind(self.octets, behind_blanks(self.octets, self.at), sign)?;
        self.first = false;
        Some(())
    }
}

impl<'o, 'p> Straight<'o, 'p> for Json<'o> {
    #[inline(always)]
    fn child(&mut self, name: &'p WireName) -> Option<bool> {
        if self.pending {
            return None;
        }
        let key = name.key()?;
        let Some(at) = self.behind_comma().and_then(|at| behind(self.octets, at, key)) else {
            return Some(false);
        };
        (self.at, self.pending) = (behind_blanks(self.octets, at), true);
        Some(true)
    }

    #[inline(always)]
    fn value(&mut self, _: u32, form: &WireForm) -> Option<(usize, &'o [u8])> {
        if !std::mem::replace(&mut self.pending, false) {
            return None;
        }
        self.first = false;
        if form.quoted {
            let (from, to) = json::plain_string(self.octets, self.at, self.charset)?;
            self.at = to + 1;
            return Some((from, self.octets.get(from..to)?));
        }
        let (from, to) = (self.at, json::plain_bare(self.octets, self.at)?);
        self.at = to;
        Some((from, self.octets.get(from..to)?))
    }

    fn down(&mut self) -> Option<()> {
        if !std::mem::replace(&mut self.pending, false) || self.depth >= GROUPS {
            return None;
        }
        self.at = behind(self.octets, self.at, b"{")?;
        self.depth += 1;
        self.first = true;
        Some(())
    }

    fn up(&mut self) -> Option<()> {
        self.close(b"}")?;
        self.depth = self.depth.checked_sub(1)?;
        Some(())
    }

    fn first(&mut self) -> Option<bool> {
        if !std::mem::replace(&mut self.pending, false) {
            return None;
        }
        self.at = behind_blanks(self.octets, behind(self.octets, self.at, b"[")?);
        if self.octets.get(self.at) == Some(&b']') {
            self.close(b"]")?;
            return Some(false);
        }
        self.pending = true;
        Some(true)
    }

    fn next(&mut self) -> Option<bool> {
        if let Some(at) = self.behind_comma().filter(|_| !self.pending && !self.first) {
            (self.at, self.pending) = (at, true);
            return Some(true);
        }
        self.close(b"]").map(|()| false)
    }

    fn end(&mut self) -> Option<()> {
        self.close(b"}")?;
        (self.depth == 0 && behind_blanks(self.octets, self.at) == self.octets.len()).then_some(())
    }
}
