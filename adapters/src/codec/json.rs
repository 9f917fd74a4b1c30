//! JSON: a scanner to nodes, strings both ways. Numbers stay figures; names that come twice are refused.
//!
//! In: octets of a charset. Out: nodes. Texts in GBK and GB18030 are walked by characters, as their second octets can
//! be a backslash or bracket.

use std::collections::HashSet;

use super::tree::{Builder, Escape, Kind, TREE_DEPTH_MAX, Tree};
use super::{FaultKind, Wrong};
use crate::charset::{self, Charset};
use crate::value::Span;

/// From so many names on, doubles are looked for in a set.
const FEW_NAMES: usize = 24;

/// The names of a group that came before.
#[derive(Default)]
struct Names {
    count: usize,
    /// A bit for what each looks like: a name whose bit is not there is a new one.
    marks: u64,
    /// All of them, where they are many.
    many: HashSet<Vec<u8>>,
}

impl Names {
    fn mark(name: &[u8]) -> u64 {
        let octet = |at: usize| name.get(at).copied().map_or(0, usize::from);
        let (last, middle) = (name.len().saturating_sub(1), name.len() / 2);
        1 << ((name.len() + octet(0) * 3 + octet(middle) * 5 + octet(last) * 7) % 64)
    }
}

/// What does not simply stand in a string: its end, escapes, controls.
const STOPS: [bool; 256] = {
    let mut stops = [false; 256];
    let mut octet = 0_usize;
    while octet < 256 {
        stops[octet] = octet < 0x20 || octet == 0x22 || octet == 0x5C;
        octet += 1;
    }
    stops
};

/// Scans one JSON value; its node is the root's only child.
pub(crate) fn scan(
    octets: &[u8],
    base: Span,
    charset: Charset,
    lenient: bool,
    tree: &mut Tree,
) -> Result<(), Wrong> {
    let mut builder = Builder::new(tree, base, Kind::List)?;
    let mut scanner = Scanner { octets, at: 0, charset, lenient };
    scanner.blanks();
    scanner.value(&mut builder, Span::default(), 0)?;
    scanner.blanks();
    if scanner.at < octets.len() {
        return Err(scanner.wrong(FaultKind::LeftOver));
    }
    Ok(())
}

/// Where the inside of a string without escapes that begins at a place stands, from and to its quote.
#[inline]
pub(crate) fn plain_string(octets: &[u8], at: usize, charset: Charset) -> Option<(usize, usize)> {
    let (from, to, escaped) = Scanner { octets, at, charset, lenient: false }.string().ok()?;
    (!escaped).then_some((from, to))
}

/// Where a number, `true` or `false` that begins at a place ends.
#[inline]
pub(crate) fn plain_bare(octets: &[u8], at: usize) -> Option<usize> {
    let mut scanner = Scanner { octets, at, charset: Charset::Utf8, lenient: false };
    (scanner.bare().ok()? == Kind::Bare).then_some(scanner.at)
}

struct Scanner<'o> {
    octets: &'o [u8],
    at: usize,
    charset: Charset,
    /// Names may stand without quotes.
    lenient: bool,
}

impl Scanner<'_> {
    fn wrong(&self, kind: FaultKind) -> Wrong {
        Wrong::new(kind, self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.octets.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, octet: u8) -> Result<(), Wrong> {
        match self.peek() {
            Some(found) if found == octet => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.wrong(FaultKind::Syntax)),
            None => Err(self.wrong(FaultKind::Truncated)),
        }
    }

    fn value(&mut self, builder: &mut Builder<'_>, name: Span, depth: usize) -> Result<u32, Wrong> {
        if depth > TREE_DEPTH_MAX {
            return Err(self.wrong(FaultKind::Forbidden));
        }
        let start = self.at;
        match self.peek() {
            None => Err(self.wrong(FaultKind::Truncated)),
            Some(b'{') => self.group(builder, name, depth),
            Some(b'[') => self.list(builder, name, depth),
            Some(b'"') => {
                let (from, to, escaped) = self.string()?;
                let escape = if escaped { Escape::Json } else { Escape::None };
                let (inner, outer) = (builder.span(from, to), builder.span(start, self.at));
                builder.add(name, inner, outer, Kind::Text, escape)
            }
            Some(_) => {
                let kind = self.bare()?;
                let span = builder.span(start, self.at);
                builder.add(name, span, span, kind, Escape::None)
            }
        }
    }

    fn bare(&mut self) -> Result<Kind, Wrong> {
        let rest = self.octets.get(self.at..).unwrap_or_default();
        for (word, kind) in [("true", Kind::Bare), ("false", Kind::Bare), ("null", Kind::Null)] {
            if rest.starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(kind);
            }
        }
        let start = self.at;
        let figures = |scanner: &mut Self| {
            let from = scanner.at;
            while scanner.peek().is_some_and(|octet| octet.is_ascii_digit()) {
                scanner.at += 1;
            }
            scanner.at - from
        };
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading = self.peek();
        let whole = figures(self);
        if whole == 0 || (whole > 1 && leading == Some(b'0')) {
            self.at = start;
            return Err(self.wrong(FaultKind::Syntax));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if figures(self) == 0 {
                return Err(self.wrong(FaultKind::Syntax));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if figures(self) == 0 {
                return Err(self.wrong(FaultKind::Syntax));
            }
        }
        Ok(Kind::Bare)
    }

    /// A string's inside, and whether it has escapes.
    fn string(&mut self) -> Result<(usize, usize, bool), Wrong> {
        self.expect(b'"')?;
        let from = self.at;
        let mut escaped = false;
        let hides = self.charset.hides_ascii();
        let stops = |octet: &u8| STOPS[usize::from(*octet)] || (hides && !octet.is_ascii());
        loop {
            let rest = self.octets.get(self.at..).unwrap_or_default();
            self.at += rest.iter().position(stops).unwrap_or(rest.len());
            match self.peek() {
                None => return Err(self.wrong(FaultKind::Truncated)),
                Some(b'"') => {
                    let to = self.at;
                    self.at += 1;
                    return Ok((from, to, escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(0..=0x1F) => return Err(self.wrong(FaultKind::Syntax)),
                Some(0x80..) if hides => {
                    let rest = self.octets.get(self.at..).unwrap_or_default();
                    let length = charset::character_length(self.charset, rest);
                    self.at += length.ok_or_else(|| self.wrong(FaultKind::Character))?;
                }
                Some(_) => self.at += 1,
            }
        }
    }

    /// A name: a string, or what stands before the colon where quotes may be missing.
    fn name(&mut self) -> Result<(usize, usize, bool), Wrong> {
        if !self.lenient || self.peek() == Some(b'"') {
            return self.string();
        }
        let from = self.at;
        loop {
            match self.peek() {
                Some(b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9') => self.at += 1,
                Some(0x80..) => {
                    let rest = self.octets.get(self.at..).unwrap_or_default();
                    let length = charset::character_length(self.charset, rest);
                    self.at += length.ok_or_else(|| self.wrong(FaultKind::Character))?;
                }
                _ if self.at > from => return Ok((from, self.at, false)),
                Some(_) => return Err(self.wrong(FaultKind::Syntax)),
                None => return Err(self.wrong(FaultKind::Truncated)),
            }
        }
    }

    fn group(&mut self, builder: &mut Builder<'_>, name: Span, depth: usize) -> Result<u32, Wrong> {
        let start = self.at;
        self.expect(b'{')?;
        let whole = builder.span(start, start);
        let node = builder.add(name, whole, whole, Kind::Group, Escape::None)?;
        builder.open(node)?;
        let mut before = Names::default();
        self.blanks();
        if self.peek() != Some(b'}') {
            loop {
                self.blanks();
                let at = self.at;
                let (from, to, escaped) = self.name()?;
                let text = self.octets.get(from..to).unwrap_or_default();
                let named =
                    if escaped { Some(unescape(text, self.charset)?.into_boxed_slice()) } else { None };
                self.unique(&mut before, named.as_deref().unwrap_or(text), at, builder)?;
                self.blanks();
                self.expect(b':')?;
                self.blanks();
                let span = builder.span(from, to);
                let child = self.value(builder, span, depth + 1)?;
                if let Some(named) = named {
                    builder.call(child, named);
                }
                self.blanks();
                if self.peek() != Some(b',') {
                    break;
                }
                self.at += 1;
            }
        }
        self.expect(b'}')?;
        self.end(builder, start);
        Ok(node)
    }

    /// Refuses a name that came before in the group that is open.
    fn unique(&self, before: &mut Names, name: &[u8], at: usize, builder: &Builder<'_>) -> Result<(), Wrong> {
        let mark = Names::mark(name);
        before.count += 1;
        let double = if before.count <= FEW_NAMES {
            before.marks & mark != 0 && builder.has_child(self.octets, name)
        } else {
            if before.many.is_empty() {
                before.many.extend(builder.child_names(self.octets).map(<[u8]>::to_vec));
            }
            !before.many.insert(name.to_vec())
        };
        before.marks |= mark;
        if double { Err(Wrong::new(FaultKind::Duplicate, at)) } else { Ok(()) }
    }

    fn list(&mut self, builder: &mut Builder<'_>, name: Span, depth: usize) -> Result<u32, Wrong> {
        let start = self.at;
        self.expect(b'[')?;
        let whole = builder.span(start, start);
        let node = builder.add(name, whole, whole, Kind::List, Escape::None)?;
        builder.open(node)?;
        self.blanks();
        if self.peek() != Some(b']') {
            loop {
                self.blanks();
                self.value(builder, Span::default(), depth + 1)?;
                self.blanks();
                if self.peek() != Some(b',') {
                    break;
                }
                self.at += 1;
            }
        }
        self.expect(b']')?;
        self.end(builder, start);
        Ok(node)
    }

    fn end(&self, builder: &mut Builder<'_>, start: usize) {
        let whole = builder.span(start, self.at);
        if let Some(node) = builder.close() {
            (node.value, node.outer) = (whole, whole);
        }
    }
}

/// A string's octets without escapes, in the same charset.
pub(crate) fn unescape(octets: &[u8], charset: Charset) -> Result<Vec<u8>, Wrong> {
    let mut out = Vec::with_capacity(octets.len());
    let mut at = 0;
    while let Some(octet) = octets.get(at) {
        if *octet != b'\\' {
            let rest = octets.get(at..).unwrap_or_default();
            let length = if *octet < 0x80 || !charset.hides_ascii() {
                1
            } else {
                charset::character_length(charset, rest).ok_or(FaultKind::Character)?
            };
            out.extend_from_slice(rest.get(..length).unwrap_or_default());
            at += length;
            continue;
        }
        let letter = octets.get(at + 1).ok_or(FaultKind::Syntax)?;
        at += 2;
        match letter {
            b'"' | b'\\' | b'/' => out.push(*letter),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => {
                let unit = four(octets, at)?;
                at += 4;
                let character = if (0xD800..0xDC00).contains(&unit) {
                    if octets.get(at..at + 2) != Some(b"\\u") {
                        return Err(FaultKind::Character.into());
                    }
                    let low = four(octets, at + 2)?;
                    at += 6;
                    if !(0xDC00..0xE000).contains(&low) {
                        return Err(FaultKind::Character.into());
                    }
                    char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
                } else {
                    char::from_u32(unit)
                };
                let mut room = [0; 4];
                let text = character.ok_or(FaultKind::Character)?.encode_utf8(&mut room);
                let coded = charset::encode(charset, text).map_err(|_| FaultKind::Character)?;
                out.extend_from_slice(&coded);
            }
            _ => return Err(FaultKind::Syntax.into()),
        }
    }
    Ok(out)
}

fn four(octets: &[u8], at: usize) -> Result<u32, Wrong> {
    let figures = octets.get(at..at + 4).and_then(|four| std::str::from_utf8(four).ok());
    let figures = figures.filter(|four| four.bytes().all(|figure| figure.is_ascii_hexdigit()));
    figures.and_then(|four| u32::from_str_radix(four, 16).ok()).ok_or_else(|| FaultKind::Syntax.into())
}

/// Appends octets with the escapes that a string needs, without quotes.
pub(crate) fn escape(octets: &[u8], charset: Charset, out: &mut Vec<u8>) {
    let mut rest = octets;
    loop {
        let (plain, special) = rest.split_at(plain_length(rest, charset));
        out.extend_from_slice(plain);
        let Some((octet, behind)) = special.split_first() else { return };
        match octet {
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            8 => out.extend(b"\\b"),
            12 => out.extend(b"\\f"),
            0..=0x1F => out.extend(format!("\\u{octet:04x}").into_bytes()),
            sign => out.extend([b'\\', *sign]),
        }
        rest = behind;
    }
}

/// Whether a string needs escapes.
#[inline]
pub(crate) fn needs_escape(octets: &[u8], charset: Charset) -> bool {
    plain_length(octets, charset) < octets.len()
}

/// Octets in front that need no escape.
#[inline]
fn plain_length(octets: &[u8], charset: Charset) -> usize {
    let needs = |octet: u8| STOPS[usize::from(octet)];
    // Most texts need none at all.
    if !charset.hides_ascii() || octets.is_ascii() {
        let any = octets.iter().fold(false, |any, octet| any | needs(*octet));
        return if any { octets.iter().position(|octet| needs(*octet)) } else { None }
            .unwrap_or(octets.len());
    }
    let mut at = 0;
    while let Some(octet) = octets.get(at).filter(|octet| !needs(**octet)) {
        let rest = octets.get(at..).unwrap_or_default();
        at += if octet.is_ascii() { 1 } else { charset::character_length(charset, rest).unwrap_or(1) };
    }
    at.min(octets.len())
}
