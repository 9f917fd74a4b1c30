//! XML: a scanner over the raw octets to nodes, texts both ways.
//!
//! In: octets of a charset whose `<` `>` `&` quotes and figures are never part of another character (all that are
//! ASCII-compatible). Out: nodes. There are the five entities and numeric references, comments and CDATA sections;
//! document types and processing instructions other than the declaration are refused. There is one root.

use memchr::{memchr, memchr2};

use super::tree::{Builder, Escape, Kind, Tree};
use super::{FaultKind, Wrong};
use crate::charset::{self, Charset};
use crate::value::Span;

/// Scans a document (`whole`), which has one root, or the content of an element; its elements are the tree's root's children.
pub(crate) fn scan(octets: &[u8], base: Span, whole: bool, tree: &mut Tree) -> Result<(), Wrong> {
    let mut builder = Builder::new(tree, base, Kind::Group)?;
    let mut scanner = Scanner { octets, at: 0 };
    scanner.begin()?;
    let mut roots = 0;
    loop {
        scanner.text(&builder)?;
        let rest = scanner.rest();
        match rest {
            [] => break,
            [_, b'/', ..] => scanner.end_tag(&mut builder)?,
            [_, b'!' | b'?', ..] => {
                if rest.starts_with(b"<!--") {
                    scanner.at += 4;
                    scanner.skip_past(b"-->")?;
                } else if rest.starts_with(b"<![CDATA[") && builder.depth() > 0 {
                    scanner.skip_past(b"]]>")?;
                } else {
                    return Err(scanner.wrong(FaultKind::Forbidden));
                }
            }
            _ => {
                if builder.depth() == 0 {
                    roots += 1;
                    if whole && roots > 1 {
                        return Err(scanner.wrong(FaultKind::LeftOver));
                    }
                }
                scanner.start_tag(&mut builder)?;
            }
        }
    }
    if builder.depth() > 0 || (whole && roots == 0) {
        return Err(scanner.wrong(FaultKind::Truncated));
    }
    Ok(())
}

/// Where a document goes on behind what may stand before it; none where that is not as it should be.
pub(crate) fn behind_declaration(octets: &[u8]) -> Option<usize> {
    let mut scanner = Scanner { octets, at: 0 };
    scanner.begin().ok().map(|()| scanner.at)
}

struct Scanner<'o> {
    octets: &'o [u8],
    at: usize,
}

/// What names are made of.
const NAME: [bool; 256] = {
    let mut name = [false; 256];
    let mut octet = 0_usize;
    while octet < 256 {
        let letter = octet as u8;
        name[octet] =
            letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'-' | b'.' | b':') || letter >= 0x80;
        octet += 1;
    }
    name
};

/// Where a name stands, and its local part.
#[derive(Clone, Copy)]
struct Place {
    from: usize,
    local: usize,
    to: usize,
}

impl Scanner<'_> {
    fn wrong(&self, kind: FaultKind) -> Wrong {
        Wrong::new(kind, self.at)
    }

    fn rest(&self) -> &[u8] {
        self.octets.get(self.at..).unwrap_or_default()
    }

    /// Behind a byte order mark, blanks and a declaration.
    fn begin(&mut self) -> Result<(), Wrong> {
        if self.octets.starts_with(&[0xEF, 0xBB, 0xBF]) {
            self.at = 3;
        }
        self.blanks();
        if self.rest().starts_with(b"<?xml") { self.declaration() } else { Ok(()) }
    }

    fn blanks(&mut self) {
        while matches!(self.octets.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn skip_past(&mut self, end: &[u8]) -> Result<(), Wrong> {
        let place = memchr::memmem::find(self.rest(), end).ok_or_else(|| self.wrong(FaultKind::Truncated))?;
        self.at += place + end.len();
        Ok(())
    }

    /// `<?xml version="…" encoding="…" standalone="…"?>`, of which each may be missing, in this order.
    fn declaration(&mut self) -> Result<(), Wrong> {
        self.at += b"<?xml".len();
        for word in [&b"version"[..], b"encoding", b"standalone"] {
            let before = self.at;
            self.blanks();
            if before == self.at || !self.rest().starts_with(word) {
                continue;
            }
            self.at += word.len();
            self.blanks();
            self.expect(b'=')?;
            self.blanks();
            let quote = if self.rest().starts_with(b"'") { b'\'' } else { b'"' };
            self.expect(quote)?;
            while self
                .octets
                .get(self.at)
                .is_some_and(|octet| octet.is_ascii_alphanumeric() || b"._-".contains(octet))
            {
                self.at += 1;
            }
            self.expect(quote)?;
        }
        self.blanks();
        if !self.rest().starts_with(b"?>") {
            return Err(self.wrong(FaultKind::Syntax));
        }
        self.at += 2;
        Ok(())
    }

    /// Goes to the next tag; outside of all elements only blanks may stand.
    fn text(&mut self, builder: &Builder<'_>) -> Result<(), Wrong> {
        let start = self.at;
        if self.octets.get(start) == Some(&b'<') {
            return Ok(());
        }
        self.at = memchr(b'<', self.rest()).map_or(self.octets.len(), |place| start + place);
        let text = self.octets.get(start..self.at).unwrap_or_default();
        if builder.depth() == 0 && !text.trim_ascii().is_empty() {
            return Err(Wrong::new(FaultKind::LeftOver, start));
        }
        Ok(())
    }

    fn name(&mut self) -> Result<Place, Wrong> {
        let mut place = Place { from: self.at, local: self.at, to: self.at };
        for octet in self.rest() {
            if !NAME[usize::from(*octet)] {
                break;
            }
            place.to += 1;
            if *octet == b':' {
                place.local = place.to;
            }
        }
        self.at = place.to;
        if place.from == place.to { Err(self.wrong(FaultKind::Syntax)) } else { Ok(place) }
    }

    /// Whether the octets at a place are the end tag of that name; gives where it ends.
    fn ends_at(&self, at: usize, name: &[u8]) -> Option<usize> {
        let behind = self.octets.get(at..)?.strip_prefix(b"</")?.strip_prefix(name)?;
        (behind.first() == Some(&b'>')).then(|| at + 2 + name.len() + 1)
    }

    /// An element without attributes, references and elements in it, whose start tag ends here: most are. Gives whether it is one.
    fn leaf(&mut self, start: usize, name: Place, builder: &mut Builder<'_>) -> Result<bool, Wrong> {
        let inner = name.to + 1;
        let rest = self.octets.get(inner..).unwrap_or_default();
        let Some(end) = memchr2(b'<', b'&', rest).map(|place| inner + place) else { return Ok(false) };
        let called = self.octets.get(name.from..name.to).unwrap_or_default();
        let Some(behind) = self.ends_at(end, called) else { return Ok(false) };
        let (inner, outer) = (builder.span(inner, end), builder.span(start, behind));
        let node = builder.add(builder.span(name.from, name.to), inner, outer, Kind::Group, Escape::None)?;
        Self::note_local(builder, node, name);
        self.at = behind;
        Ok(true)
    }

    fn note_local(builder: &mut Builder<'_>, node: u32, name: Place) {
        if name.local > name.from {
            let local = builder.span(name.local, name.to).start;
            if let Some(node) = builder.node(node) {
                node.local = local;
            }
        }
    }

    fn expect(&mut self, octet: u8) -> Result<(), Wrong> {
        match self.octets.get(self.at) {
            Some(found) if *found == octet => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.wrong(FaultKind::Syntax)),
            None => Err(self.wrong(FaultKind::Truncated)),
        }
    }

    fn start_tag(&mut self, builder: &mut Builder<'_>) -> Result<(), Wrong> {
        let start = self.at;
        self.expect(b'<')?;
        let name = self.name()?;
        if self.octets.get(name.to) == Some(&b'>') && builder.may_open() && self.leaf(start, name, builder)? {
            return Ok(());
        }
        let (called, nothing) = (builder.span(name.from, name.to), builder.span(start, start));
        let node = builder.add(called, nothing, nothing, Kind::Group, Escape::None)?;
        Self::note_local(builder, node, name);
        builder.open(node)?;
        let mut names: Vec<(usize, usize)> = Vec::new();
        loop {
            let before = self.at;
            self.blanks();
            match self.octets.get(self.at) {
                Some(b'>') => {
                    self.at += 1;
                    let inner = builder.span(self.at, self.at);
                    if let Some(node) = builder.node(node) {
                        node.value = inner;
                    }
                    return Ok(());
                }
                Some(b'/') => {
                    let end = self.at;
                    self.at += 1;
                    self.expect(b'>')?;
                    let (inner, outer) = (builder.span(end, end), builder.span(start, self.at));
                    if let Some(node) = builder.close() {
                        (node.value, node.outer) = (inner, outer);
                    }
                    return Ok(());
                }
                Some(_) if before < self.at => self.attribute(builder, &mut names)?,
                Some(_) => return Err(self.wrong(FaultKind::Syntax)),
                None => return Err(self.wrong(FaultKind::Truncated)),
            }
        }
    }

    fn attribute(&mut self, builder: &mut Builder<'_>, names: &mut Vec<(usize, usize)>) -> Result<(), Wrong> {
        let name = self.name()?;
        let (from, to) = (name.from, name.to);
        let text = |(from, to): (usize, usize)| self.octets.get(from..to).unwrap_or_default();
        if names.len() > 256 {
            return Err(self.wrong(FaultKind::Forbidden));
        }
        if names.iter().any(|known| text(*known) == text((from, to))) {
            return Err(Wrong::new(FaultKind::Duplicate, from));
        }
        names.push((from, to));
        self.blanks();
        self.expect(b'=')?;
        self.blanks();
        let quote = *self.octets.get(self.at).ok_or_else(|| self.wrong(FaultKind::Truncated))?;
        if !matches!(quote, b'"' | b'\'') {
            return Err(self.wrong(FaultKind::Syntax));
        }
        let outer = self.at;
        self.at += 1;
        let start = self.at;
        let length = memchr(quote, self.rest()).ok_or_else(|| self.wrong(FaultKind::Truncated))?;
        self.at += length + 1;
        let value = self.octets.get(start..start + length).unwrap_or_default();
        if memchr(b'<', value).is_some() {
            return Err(Wrong::new(FaultKind::Syntax, start));
        }
        let escape = if memchr(b'&', value).is_some() { Escape::Xml } else { Escape::None };
        let (called, inner) = (builder.span(from, to), builder.span(start, start + length));
        let outer = builder.span(outer, self.at);
        let node = builder.add(called, inner, outer, Kind::Attribute, escape)?;
        Self::note_local(builder, node, name);
        Ok(())
    }

    fn end_tag(&mut self, builder: &mut Builder<'_>) -> Result<(), Wrong> {
        let start = self.at;
        let region = builder.span(0, 0).start;
        let offset = |at: u32| at.saturating_sub(region) as usize;
        let node = builder.current().ok_or_else(|| Wrong::new(FaultKind::Syntax, start))?;
        let opened = self.octets.get(offset(node.name.start)..offset(node.name.end)).unwrap_or_default();
        match self.ends_at(start, opened).filter(|_| builder.depth() > 0) {
            Some(behind) => self.at = behind,
            None => {
                self.at += 2;
                let name = self.name()?;
                self.blanks();
                self.expect(b'>')?;
                if builder.depth() == 0 || self.octets.get(name.from..name.to) != Some(opened) {
                    return Err(Wrong::new(FaultKind::Syntax, start));
                }
            }
        }
        let (inner_from, outer_from) = (offset(node.value.start), offset(node.outer.start));
        let (inner, outer) = (builder.span(inner_from, start), builder.span(outer_from, self.at));
        let content = self.octets.get(inner_from..start).unwrap_or_default();
        let plain = memchr2(b'&', b'<', content).is_none();
        if let Some(node) = builder.close() {
            (node.value, node.outer) = (inner, outer);
            node.escape = if plain { Escape::None } else { Escape::Xml };
        }
        Ok(())
    }
}

/// A text's octets without references, sections and comments, in the same charset.
pub(crate) fn unescape(octets: &[u8], charset: Charset) -> Result<Vec<u8>, Wrong> {
    let mut out = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some(place) = rest.iter().position(|octet| matches!(octet, b'&' | b'<')) {
        let (text, special) = rest.split_at_checked(place).unwrap_or((rest, &[]));
        out.extend_from_slice(text);
        if let Some(section) = special.strip_prefix(b"<![CDATA[") {
            let end = memchr::memmem::find(section, b"]]>").ok_or(FaultKind::Syntax)?;
            out.extend_from_slice(section.get(..end).unwrap_or_default());
            rest = section.get(end + 3..).unwrap_or_default();
        } else if let Some(comment) = special.strip_prefix(b"<!--") {
            let end = memchr::memmem::find(comment, b"-->").ok_or(FaultKind::Syntax)?;
            rest = comment.get(end + 3..).unwrap_or_default();
        } else if let Some(reference) = special.strip_prefix(b"&") {
            let end = memchr(b';', reference).filter(|end| *end <= 10).ok_or(FaultKind::Forbidden)?;
            let character = reference_of(reference.get(..end).unwrap_or_default())?;
            let mut room = [0; 4];
            let coded = charset::encode(charset, character.encode_utf8(&mut room));
            out.extend_from_slice(&coded.map_err(|_| FaultKind::Character)?);
            rest = reference.get(end + 1..).unwrap_or_default();
        } else {
            return Err(FaultKind::NotOfForm.into());
        }
    }
    out.extend_from_slice(rest);
    Ok(out)
}

fn reference_of(name: &[u8]) -> Result<char, Wrong> {
    let number = |figures: &[u8], radix| {
        let text =
            std::str::from_utf8(figures).ok().filter(|text| text.bytes().all(|one| one.is_ascii_hexdigit()));
        text.and_then(|text| u32::from_str_radix(text, radix).ok()).and_then(char::from_u32)
    };
    match name {
        b"lt" => Ok('<'),
        b"gt" => Ok('>'),
        b"amp" => Ok('&'),
        b"quot" => Ok('"'),
        b"apos" => Ok('\''),
        [b'#', b'x', figures @ ..] => number(figures, 16).ok_or_else(|| FaultKind::Forbidden.into()),
        [b'#', figures @ ..] => number(figures, 10).ok_or_else(|| FaultKind::Forbidden.into()),
        _ => Err(FaultKind::Forbidden.into()),
    }
}

/// Whether a text needs references; `quoted`: in an attribute.
#[inline]
pub(crate) fn needs_escape(octets: &[u8], quoted: bool) -> bool {
    let needs = |octet: u8| {
        matches!(octet, b'&' | b'<' | b'>' | b'\r') || (quoted && matches!(octet, b'"' | b'\n' | b'\t'))
    };
    octets.iter().fold(false, |any, octet| any | needs(*octet))
}

/// Appends a text's octets with the references that it needs; `quoted`: in an attribute.
pub(crate) fn escape(octets: &[u8], quoted: bool, out: &mut Vec<u8>) {
    // Most texts need none at all.
    if !needs_escape(octets, quoted) {
        out.extend_from_slice(octets);
        return;
    }
    for octet in octets {
        match octet {
            b'&' => out.extend(b"&amp;"),
            b'<' => out.extend(b"&lt;"),
            b'>' => out.extend(b"&gt;"),
            b'"' if quoted => out.extend(b"&quot;"),
            b'\n' if quoted => out.extend(b"&#10;"),
            b'\t' if quoted => out.extend(b"&#9;"),
            b'\r' => out.extend(b"&#13;"),
            other => out.push(*other),
        }
    }
}

/// The local part of a name: what is behind a prefix, or behind a namespace in braces.
pub(crate) fn local(name: &[u8]) -> &[u8] {
    let behind = |sign| name.iter().rposition(|octet| *octet == sign).map(|place| place + 1);
    let from = if name.first() == Some(&b'{') { behind(b'}') } else { behind(b':') };
    name.get(from.unwrap_or(0)..).unwrap_or(name)
}
