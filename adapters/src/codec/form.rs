//! Forms (`name=value&…`), header lines of HTTP: scanners to nodes.
//!
//! In: octets. Out: nodes in the order as written; names and values are decoded when asked for.

use memchr::memchr;

use super::tree::{Builder, Escape, Kind, Tree};
use super::{FaultKind, Wrong, chain};
use crate::value::Span;

/// Scans pairs parted by `&`.
pub(crate) fn scan(octets: &[u8], base: Span, tree: &mut Tree) -> Result<(), Wrong> {
    let mut builder = Builder::new(tree, base, Kind::Group)?;
    let mut at = 0;
    while at < octets.len() {
        let rest = octets.get(at..).unwrap_or_default();
        let length = memchr(b'&', rest).unwrap_or(rest.len());
        let pair = rest.get(..length).unwrap_or_default();
        let sign = memchr(b'=', pair).ok_or(Wrong::new(FaultKind::Syntax, at))?;
        let escaped = |part: &[u8]| part.iter().any(|octet| matches!(octet, b'%' | b'+'));
        let value = builder.span(at + sign + 1, at + length);
        let raw = pair.get(sign + 1..).unwrap_or_default();
        let escape = if escaped(raw) { Escape::Form } else { Escape::None };
        let name = pair.get(..sign).unwrap_or_default();
        let place = builder.span(at, at + sign);
        let node = builder.add(place, value, value, Kind::Text, escape)?;
        if escaped(name) {
            let named = chain::from_percent(name, true)?;
            builder.call(node, named.into_boxed_slice());
        }
        at += length + 1;
    }
    Ok(())
}

/// Scans header lines (`Name: value`).
pub(crate) fn scan_headers(octets: &[u8], base: Span, tree: &mut Tree) -> Result<(), Wrong> {
    let mut builder = Builder::new(tree, base, Kind::Group)?;
    let mut at = 0;
    while at < octets.len() {
        let rest = octets.get(at..).unwrap_or_default();
        let length = memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..length).unwrap_or_default().trim_ascii_end();
        if !line.is_empty() {
            let sign = memchr(b':', line).ok_or(Wrong::new(FaultKind::Syntax, at))?;
            let value = line.get(sign + 1..).unwrap_or_default();
            let start = at + sign + 1 + (value.len() - value.trim_ascii_start().len());
            let span = builder.span(start, at + line.len());
            let name = builder.span(at, at + sign);
            builder.add(name, span, span, Kind::Text, Escape::None)?;
        }
        at += length + 1;
    }
    Ok(())
}
