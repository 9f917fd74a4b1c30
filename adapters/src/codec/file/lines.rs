//! Where the lines of a file end.
//!
//! In: octets in pieces. Out: lines, each with the end it had. A line that is not whole yet waits, bounded.

use dsl::program::{ControlForm, FileProgram};

use crate::codec::FaultKind;

/// Longest line.
const LINE_MAX: usize = 1 << 20;

/// A line as it stands in the plain file.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// Its octets, with its end.
    pub(super) octets: Vec<u8>,
    /// Octets of the end; 0: it has none.
    pub(super) end: usize,
}

impl Line {
    /// Octets before its end.
    pub(super) fn length(&self) -> usize {
        self.octets.len().saturating_sub(self.end)
    }
}

/// What was found in the octets that wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Found {
    /// A line: its length, octets of its end.
    Line(usize, usize),
    /// Nothing so far; all before this place was looked at.
    Nothing(usize),
}

/// Parts lines.
#[derive(Debug)]
pub(super) struct Lines {
    /// The longest first.
    ends: Vec<Box<[u8]>>,
    record: Option<usize>,
    escape: Box<[u8]>,
    waiting: Vec<u8>,
    looked_at: usize,
}

impl Lines {
    pub(super) fn of(file: &FileProgram) -> Self {
        let ends = std::iter::once(&file.line_end).chain(&file.tolerated);
        let mut ends: Vec<Box<[u8]>> = ends.map(|end| end.as_bytes().into()).collect();
        ends.sort_by_key(|end| std::cmp::Reverse(end.len()));
        let escape = file.escape.as_deref().unwrap_or_default().as_bytes().into();
        let record = file.record.map(|record| record as usize);
        Lines { ends, record, escape, waiting: Vec::new(), looked_at: 0 }
    }

    /// Octets that wait.
    pub(super) fn held(&self) -> usize {
        self.waiting.capacity()
    }

    /// Takes more octets and gives each line that is whole by now.
    pub(super) fn push<E: From<FaultKind>>(
        &mut self,
        octets: &[u8],
        give: &mut dyn FnMut(Line) -> Result<(), E>,
    ) -> Result<(), E> {
        self.waiting.extend_from_slice(octets);
        let mut from = 0;
        loop {
            let rest = self.waiting.get(from..).unwrap_or_default();
            match self.find(rest, self.looked_at) {
                Found::Line(length, end) => {
                    let line = Line { octets: rest.get(..length + end).unwrap_or_default().to_vec(), end };
                    (from, self.looked_at) = (from + length + end, 0);
                    give(line)?;
                }
                Found::Nothing(looked_at) => {
                    self.looked_at = looked_at;
                    break;
                }
            }
        }
        self.waiting.drain(..from);
        if self.waiting.len() > LINE_MAX { Err(FaultKind::TooLong.into()) } else { Ok(()) }
    }

    /// What is left when all octets are there: a line without an end.
    pub(super) fn rest(&mut self) -> Option<Line> {
        let octets = std::mem::take(&mut self.waiting);
        (!octets.is_empty()).then_some(Line { octets, end: 0 })
    }

    /// Whether a line that was written would be taken for several.
    pub(super) fn holds_end(&self, line: &[u8]) -> bool {
        match (self.record, self.find(line, 0)) {
            (Some(record), _) => line.len() != record,
            (None, Found::Line(..)) => true,
            (None, Found::Nothing(looked_at)) => looked_at < line.len() && self.escape.is_empty(),
        }
    }

    /// Line ends are signs below any later octet of a character, so that they can be looked for octet by octet.
    fn find(&self, octets: &[u8], from: usize) -> Found {
        if let Some(record) = self.record {
            return if octets.len() < record { Found::Nothing(0) } else { Found::Line(record, 0) };
        }
        let mut at = from;
        while let Some(next) = self.candidate(octets.get(at..).unwrap_or_default()) {
            at += next;
            let rest = octets.get(at..).unwrap_or_default();
            if !self.escape.is_empty() && rest.starts_with(&self.escape) {
                // The sign behind it stands for itself.
                if rest.len() <= self.escape.len() {
                    return Found::Nothing(at);
                }
                at += self.escape.len() + 1;
                continue;
            }
            if self.ends.iter().any(|end| end.len() > rest.len() && end.starts_with(rest)) {
                return Found::Nothing(at);
            }
            match self.ends.iter().find(|end| !end.is_empty() && rest.starts_with(end)) {
                Some(end) => return Found::Line(at, end.len()),
                None => at += 1,
            }
        }
        Found::Nothing(octets.len())
    }

    /// The next octet with which an end or an escape sign may begin.
    fn candidate(&self, octets: &[u8]) -> Option<usize> {
        let mut first = self
            .ends
            .iter()
            .map(|end| &**end)
            .chain([&*self.escape])
            .filter_map(|sign| sign.first().copied());
        match (first.next(), first.next(), first.next(), first.next()) {
            (None, ..) => None,
            (Some(one), None, ..) => memchr::memchr(one, octets),
            (Some(one), Some(two), None, _) => memchr::memchr2(one, two, octets),
            (Some(one), Some(two), Some(three), None) => memchr::memchr3(one, two, three, octets),
            _ => {
                let starts = |octet: &u8| {
                    self.ends.iter().any(|end| end.first() == Some(octet))
                        || self.escape.first() == Some(octet)
                };
                octets.iter().position(starts)
            }
        }
    }
}

/// Octets of the one line of a control file, before its end.
pub(super) fn without_end(octets: &[u8], form: &ControlForm) -> Result<usize, FaultKind> {
    let ends = || ends_of(form);
    let mut found: Vec<&[u8]> = ends().filter(|end| octets.ends_with(end)).collect();
    found.sort_by_key(|end| std::cmp::Reverse(end.len()));
    let line = match found.first() {
        Some(end) => octets.get(..octets.len() - end.len()).unwrap_or_default(),
        None if form.ended => return Err(FaultKind::Truncated),
        None => octets,
    };
    if holds_one(line, form) { Err(FaultKind::LeftOver) } else { Ok(line.len()) }
}

/// Whether the line of a control file holds what would end it.
pub(super) fn holds_one(line: &[u8], form: &ControlForm) -> bool {
    ends_of(form).any(|end| memchr::memmem::find(line, end).is_some())
}

fn ends_of(form: &ControlForm) -> impl Iterator<Item = &[u8]> {
    let ends = std::iter::once(&form.end).chain(&form.tolerated);
    ends.map(|end| end.as_bytes()).filter(|end| !end.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parted(file: &FileProgram, octets: &[u8], piece: usize) -> Vec<(Vec<u8>, usize)> {
        let mut lines = Lines::of(file);
        let mut found = Vec::new();
        for chunk in octets.chunks(piece) {
            let mut give = |line: Line| {
                found.push((line.octets.clone(), line.end));
                Ok::<_, FaultKind>(())
            };
            lines.push(chunk, &mut give).unwrap();
        }
        found.extend(lines.rest().map(|line| (line.octets, line.end)));
        found
    }

    #[test]
    fn lines_end_where_the_longest_end_stands() {
        let file =
            FileProgram { line_end: "\r\n".into(), tolerated: vec!["\n".into()], ..FileProgram::default() };
        for piece in 1..6 {
            let found = parted(&file, b"a\r\nb\n\r\r\n\nlast\r", piece);
            let expected: [(&[u8], usize); 5] =
                [(b"a\r\n", 2), (b"b\n", 1), (b"\r\r\n", 2), (b"\n", 1), (b"last\r", 0)];
            assert_eq!(found, expected.map(|(octets, end)| (octets.to_vec(), end)), "in pieces of {piece}");
        }
    }

    #[test]
    fn an_escaped_end_is_none() {
        let file = FileProgram { line_end: "\n".into(), escape: Some("\\".into()), ..FileProgram::default() };
        for piece in 1..6 {
            let found = parted(&file, b"a\\\nb\nc\\\\\nd\n", piece);
            let expected: [(&[u8], usize); 3] = [(b"a\\\nb\n", 1), (b"c\\\\\n", 1), (b"d\n", 1)];
            assert_eq!(found, expected.map(|(octets, end)| (octets.to_vec(), end)), "in pieces of {piece}");
        }
    }

    #[test]
    fn records_end_by_their_width() {
        let file = FileProgram { record: Some(3), ..FileProgram::default() };
        for piece in 1..6 {
            let found = parted(&file, b"abcdefgh", piece);
            let expected: [(&[u8], usize); 3] = [(b"abc", 0), (b"def", 0), (b"gh", 0)];
            assert_eq!(found, expected.map(|(octets, end)| (octets.to_vec(), end)), "in pieces of {piece}");
        }
    }
}
