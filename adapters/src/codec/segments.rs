//! Segment texts and tag=value texts: lines, places and their parts by signs, values by tags, signs in values escaped.
//!
//! In: octets and the form of a `delimited` item. Out: nodes named by line, place or tag, and the signs that the text
//! itself shows; and plain octets of values, both ways. Text is walked by characters, so that no octet of a character is
//! taken for a sign.

use dsl::model::{SegmentEscape, Segments, ShownSign};
use dsl::program::SegmentsForm;

use super::delimited;
use super::tree::{Builder, Escape, Kind, Tree};
use super::{FaultKind, Wrong};
use crate::charset::Charset;
use crate::value::Span;

/// The signs that count in one text.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Signs {
    levels: Vec<Vec<u8>>,
    repeat: Option<Vec<u8>>,
    escape: Option<Escapes>,
}

#[derive(Clone, PartialEq, Debug)]
struct Escapes {
    from: Vec<u8>,
    to: Vec<u8>,
    rows: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl Signs {
    /// Those that the adapter says.
    pub(crate) fn of(form: &Segments) -> Self {
        let octets = |text: &str| text.as_bytes().to_vec();
        let row =
            |(code, meaning): &(Box<str>, Option<Box<str>>)| (octets(code), meaning.as_deref().map(octets));
        Signs {
            levels: form.levels.iter().map(|sign| octets(sign)).collect(),
            repeat: form.repeat.as_deref().map(octets),
            escape: form.escape.as_ref().map(|escape| Escapes {
                from: octets(&escape.from),
                to: octets(&escape.to),
                rows: escape.rows.iter().map(row).collect(),
            }),
        }
    }

    /// Whether a value holds what may be an escape.
    pub(crate) fn is_escaped(&self, octets: &[u8]) -> bool {
        self.escape.as_ref().is_some_and(|escape| memchr::memmem::find(octets, &escape.from).is_some())
    }

    fn level(&self, level: usize) -> Option<&[u8]> {
        self.levels.get(level).map(Vec::as_slice)
    }

    /// Those that a text shows in the places of the adapter's; an escape that means a sign means the shown one.
    fn shown(form: &Segments, shown: &[(ShownSign, u8)]) -> Self {
        let mut signs = Signs::of(form);
        for (place, octet) in shown {
            let sign = vec![*octet];
            match place {
                ShownSign::Level(level) => {
                    if let Some(known) = signs.levels.get_mut(usize::from(*level)) {
                        *known = sign;
                    }
                }
                ShownSign::Repeat => signs.repeat = Some(sign),
                ShownSign::Escape => {
                    if let Some(escape) = &mut signs.escape {
                        (escape.from, escape.to) = (sign.clone(), sign);
                    }
                }
            }
        }
        let meanings = signs.escape.iter_mut().flat_map(|escape| &mut escape.rows);
        for meaning in meanings.filter_map(|(_, meaning)| meaning.as_mut()) {
            let of_place = shown.iter().find(|(place, _)| self::shown(form, &[*place]) == *meaning);
            if let Some((_, octet)) = of_place {
                *meaning = vec![*octet];
            }
        }
        signs
    }
}

/// Scans a text.
pub(crate) fn scan(
    octets: &[u8],
    base: Span,
    form: &SegmentsForm,
    charset: Charset,
    tree: &mut Tree,
) -> Result<Signs, Wrong> {
    let signs = Signs::of(&form.form);
    let in_order = form.form.tagged.is_some() || form.form.lines.is_some();
    let kind = if in_order { Kind::List } else { Kind::Group };
    let builder = Builder::new(tree, base, kind)?;
    let mut scanner = Scanner { octets, form, charset, signs, builder };
    if form.form.tagged.is_some() {
        scanner.tags()?;
    } else if form.form.lines.is_some() {
        scanner.lines()?;
    } else if !octets.is_empty() {
        scanner.places(0, octets.len(), 1)?;
    }
    Ok(scanner.signs)
}

struct Scanner<'o> {
    octets: &'o [u8],
    form: &'o SegmentsForm,
    charset: Charset,
    signs: Signs,
    builder: Builder<'o>,
}

impl<'o> Scanner<'o> {
    fn part(&self, from: usize, to: usize) -> &'o [u8] {
        self.octets.get(from..to).unwrap_or_default()
    }

    /// Where the next of the signs stands before `to`, and how long it is (0: none).
    fn find(&self, from: usize, to: usize, signs: &[&[u8]]) -> Result<(usize, usize), Wrong> {
        let found = delimited::find(self.part(from, to), signs, None, self.charset);
        let found = found.map_err(|wrong| Wrong { at: wrong.at.saturating_add(at(from)), ..wrong })?;
        Ok((from + found.length, found.sign))
    }

    /// Values by tags.
    fn tags(&mut self) -> Result<(), Wrong> {
        let form = &self.form.form;
        let Some((between, ended)) = &form.tagged else { return Err(FaultKind::Program.into()) };
        let (between, ended) = (between.as_bytes(), ended.as_bytes());
        let mut sizes: Vec<(&[u8], usize)> = Vec::new();
        let mut here = 0;
        let mut last = (0, 0);
        while here < self.octets.len() {
            let start = here;
            let (end, sign) = self.find(here, self.octets.len(), &[between, ended])?;
            if sign == 0 || end == start || !self.part(end, end + sign).starts_with(between) {
                return Err(Wrong::new(FaultKind::Syntax, start));
            }
            let tag = self.part(start, end);
            let value = end + sign;
            let size = sizes.iter().rposition(|(of, _)| *of == tag).map(|place| sizes.swap_remove(place).1);
            let is_sized = self.form.sized.iter().any(|(_, of)| of.as_bytes() == tag);
            let end = match size {
                Some(size) => value.checked_add(size).filter(|end| *end <= self.octets.len()),
                None if is_sized => return Err(Wrong::new(FaultKind::Missing, start)),
                None => Some(self.find(value, self.octets.len(), &[ended])?.0),
            };
            let end = end.ok_or(Wrong::new(FaultKind::Truncated, value))?;
            let behind = self.octets.get(end..).unwrap_or_default();
            if !behind.starts_with(ended) {
                let kind = if behind.is_empty() { FaultKind::Truncated } else { FaultKind::Syntax };
                return Err(Wrong::new(kind, end));
            }
            if end == value {
                return Err(Wrong::new(FaultKind::TooShort, value));
            }
            if let Some((_, of)) = self.form.sized.iter().find(|(by, _)| by.as_bytes() == tag) {
                let size = dsl::evaluate::number::figures(self.part(value, end)).ok();
                let size = size.and_then(|size| usize::try_from(size).ok());
                sizes.push((of.as_bytes(), size.ok_or(Wrong::new(FaultKind::NotOfForm, value))?));
            }
            here = end + ended.len();
            last = (start, value - between.len());
            let escape =
                if form.escape.is_some() && size.is_none() { Escape::Segments } else { Escape::None };
            let (name, outer) = (self.builder.span(start, last.1), self.builder.span(start, here));
            let span = self.builder.span(value, end);
            self.builder.add(name, span, outer, Kind::Text, escape)?;
        }
        match &form.before {
            Some(tag) if self.part(last.0, last.1) != tag.as_bytes() => {
                Err(Wrong::new(FaultKind::Syntax, last.0))
            }
            _ => Ok(()),
        }
    }

    fn lines(&mut self) -> Result<(), Wrong> {
        let Some(lines) = &self.form.form.lines else { return Err(FaultKind::Program.into()) };
        let mut ends: Vec<&[u8]> =
            std::iter::once(&lines.ended).chain(&lines.tolerated).map(|end| end.as_bytes()).collect();
        ends.sort_by_key(|end| std::cmp::Reverse(end.len()));
        let mut here = 0;
        while here < self.octets.len() {
            let (end, sign) = self.find(here, self.octets.len(), &ends)?;
            if sign == 0 {
                return Err(Wrong::new(FaultKind::Truncated, end));
            }
            self.line(here, end, end + sign, lines.named)?;
            here = end + sign;
        }
        Ok(())
    }

    fn line(&mut self, from: usize, to: usize, behind: usize, named: bool) -> Result<(), Wrong> {
        let broken = Wrong::new(FaultKind::Syntax, from);
        let (mut name, mut first, mut values) = ((from, from), 1, from);
        if named {
            let shown = self.form.form.declared.as_ref().filter(|_| from == 0);
            values = match shown {
                Some((called, shown)) => {
                    name.1 = from + called.len();
                    if self.part(from, name.1) != called.as_bytes() {
                        return Err(broken);
                    }
                    first = 3;
                    self.shown(name.1, to, shown)?
                }
                None => {
                    let level = self.signs.level(0).ok_or(FaultKind::Program)?;
                    name.1 = self.find(from, to, &[level])?.0;
                    name.1
                }
            };
            if name.1 == from {
                return Err(broken);
            }
        } else if from == to {
            return Err(broken);
        }
        let (called, outer) = (self.builder.span(name.0, name.1), self.builder.span(from, behind));
        let value = self.builder.span(from, to);
        let node = self.builder.add(called, value, outer, Kind::Group, Escape::None)?;
        self.builder.open(node)?;
        if !named {
            self.places(from, to, 1)?;
        } else if values < to {
            let sign = self.signs.level(0).map_or(0, <[u8]>::len);
            self.places(values + sign, to, first)?;
        }
        self.builder.close();
        Ok(())
    }

    /// The signs that a line shows behind its name; gives where its places begin.
    fn shown(&mut self, from: usize, to: usize, shown: &[ShownSign]) -> Result<usize, Wrong> {
        let mut met: Vec<(ShownSign, u8)> = Vec::new();
        for (sign, at) in shown.iter().zip(from..to) {
            let octet = self.octets.get(at).copied().unwrap_or_default();
            if !octet.is_ascii_punctuation() || met.iter().any(|(_, known)| *known == octet) {
                return Err(Wrong::new(FaultKind::Syntax, at));
            }
            met.push((*sign, octet));
        }
        let values = from + met.len();
        let next = self.part(values, to);
        if met.len() < shown.len()
            || !(next.is_empty() || next.first() == met.first().map(|(_, octet)| octet))
        {
            return Err(Wrong::new(FaultKind::Syntax, values));
        }
        self.signs = Signs::shown(&self.form.form, &met);
        Ok(values)
    }

    /// Places up to `to`, the first of that number.
    fn places(&mut self, from: usize, to: usize, first: u32) -> Result<(), Wrong> {
        let sign = self.signs.level(0).ok_or(FaultKind::Program)?.to_vec();
        let mut to = to;
        if self.form.form.ended && from < to {
            if !self.part(from, to).ends_with(&sign) {
                return Err(Wrong::new(FaultKind::Truncated, to));
            }
            to -= sign.len();
        }
        let mut here = from;
        for place in first.. {
            let (end, length) = self.find(here, to, &[&sign])?;
            self.place(here, end, place)?;
            if length == 0 {
                break;
            }
            here = end + length;
        }
        Ok(())
    }

    /// One place: nothing where it is empty, else a node for each repetition.
    fn place(&mut self, from: usize, to: usize, place: u32) -> Result<(), Wrong> {
        if from == to {
            return Ok(());
        }
        let Some(repeat) = self.signs.repeat.clone() else { return self.value(from, to, place, 1) };
        let mut here = from;
        loop {
            let (end, length) = self.find(here, to, &[&repeat])?;
            self.value(here, end, place, 1)?;
            if length == 0 {
                return Ok(());
            }
            here = end + length;
        }
    }

    /// A value, or the parts of one that `level` parts.
    fn value(&mut self, from: usize, to: usize, place: u32, level: usize) -> Result<(), Wrong> {
        let sign = self.signs.level(level).unwrap_or_default().to_vec();
        let mut found = if sign.is_empty() { (to, 0) } else { self.find(from, to, &[&sign])? };
        let escape = if self.signs.escape.is_some() { Escape::Segments } else { Escape::None };
        // One part that has parts itself is a group of one.
        let deeper: Vec<&[u8]> = self.signs.levels.iter().skip(level + 1).map(Vec::as_slice).collect();
        let parted = found.1 > 0 || (!deeper.is_empty() && self.find(from, to, &deeper)?.1 > 0);
        let kind = if parted { Kind::Group } else { Kind::Text };
        let span = self.builder.span(from, to);
        let node = self.builder.add(span, span, span, kind, escape)?;
        self.builder.number(node, place);
        if kind == Kind::Text {
            return Ok(());
        }
        self.builder.open(node)?;
        let mut here = from;
        for part in 1.. {
            if found.0 > here {
                self.value(here, found.0, part, level + 1)?;
            }
            if found.1 == 0 {
                break;
            }
            here = found.0 + found.1;
            found = self.find(here, to, &[&sign])?;
        }
        self.builder.close();
        Ok(())
    }
}

fn at(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// A value without its escapes. The table is closed: what it does not have is a fault.
pub(crate) fn unescape(octets: &[u8], signs: &Signs, charset: Charset) -> Result<Vec<u8>, Wrong> {
    let Some(escape) = &signs.escape else { return Ok(octets.to_vec()) };
    let mut out = Vec::with_capacity(octets.len());
    let mut rest = octets;
    loop {
        let found = delimited::find(rest, &[&escape.from], None, charset)?;
        let (plain, behind) = rest.split_at_checked(found.length).ok_or(FaultKind::Syntax)?;
        out.extend_from_slice(plain);
        if found.sign == 0 {
            return Ok(out);
        }
        let behind = behind.get(found.sign..).unwrap_or_default();
        let end = memchr::memmem::find(behind, &escape.to).ok_or(FaultKind::Syntax)?;
        let (code, behind) = behind.split_at_checked(end).ok_or(FaultKind::Syntax)?;
        out.extend_from_slice(&meant(escape, code)?);
        rest = behind.get(escape.to.len()..).unwrap_or_default();
    }
}

fn meant(escape: &Escapes, code: &[u8]) -> Result<Vec<u8>, Wrong> {
    if let Some((_, Some(meaning))) =
        escape.rows.iter().find(|(known, meaning)| known == code && meaning.is_some())
    {
        return Ok(meaning.clone());
    }
    let hex = escape.rows.iter().find_map(|(known, meaning)| {
        let figures = code.strip_prefix(known.as_slice()).filter(|_| meaning.is_none())?;
        (!figures.is_empty()).then(|| dsl::evaluate::coded::from_hex(figures).ok()).flatten()
    });
    hex.ok_or_else(|| FaultKind::Syntax.into())
}

/// Appends a value with its signs escaped. One that no escape stands for cannot be written.
pub(crate) fn write(
    octets: &[u8],
    form: &Segments,
    charset: Charset,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    let signs = special(form);
    let signs: Vec<&[u8]> = signs.iter().map(|sign| sign.as_bytes()).collect();
    let mut rest = octets;
    loop {
        let found = delimited::find(rest, &signs, None, charset)?;
        let (plain, behind) = rest.split_at_checked(found.length).ok_or(FaultKind::Program)?;
        out.extend_from_slice(plain);
        if found.sign == 0 {
            return Ok(());
        }
        let (sign, behind) = behind.split_at_checked(found.sign).ok_or(FaultKind::Program)?;
        escaped(form.escape.as_ref().ok_or(FaultKind::CannotFit)?, sign, out)?;
        rest = behind;
    }
}

/// What cannot stand in a value as it is.
fn special(form: &Segments) -> Vec<&str> {
    let mut signs: Vec<&str> = form.levels.iter().map(|sign| &**sign).collect();
    signs.extend(form.repeat.as_deref());
    signs.extend(form.tagged.as_ref().map(|(_, ended)| &**ended));
    signs.extend(form.escape.as_ref().map(|escape| &*escape.from));
    if let Some(lines) = &form.lines {
        signs.push(&lines.ended);
        signs.extend(lines.tolerated.iter().map(|end| &**end));
    }
    signs
}

fn escaped(escape: &SegmentEscape, sign: &[u8], out: &mut Vec<u8>) -> Result<(), Wrong> {
    let by_code = escape
        .rows
        .iter()
        .find(|(_, meaning)| meaning.as_deref().is_some_and(|meaning| meaning.as_bytes() == sign));
    let by_hex = || escape.rows.iter().find(|(_, meaning)| meaning.is_none());
    let (code, meaning) = by_code.or_else(by_hex).ok_or(FaultKind::CannotFit)?;
    out.extend_from_slice(escape.from.as_bytes());
    out.extend_from_slice(code.as_bytes());
    if meaning.is_none() {
        out.extend(dsl::evaluate::coded::to_hex(sign, true));
    }
    out.extend_from_slice(escape.to.as_bytes());
    Ok(())
}

/// The signs that a line shows, in its order.
pub(crate) fn shown(form: &Segments, shown: &[ShownSign]) -> Vec<u8> {
    let sign = |one: &ShownSign| match one {
        ShownSign::Level(level) => form.levels.get(usize::from(*level)).map(|sign| &**sign),
        ShownSign::Repeat => form.repeat.as_deref(),
        ShownSign::Escape => form.escape.as_ref().map(|escape| &*escape.from),
    };
    shown.iter().filter_map(sign).flat_map(str::bytes).collect()
}
