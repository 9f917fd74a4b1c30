//! A message on an HTTP link, by parts.

use crate::scene::Parts;
use bytes::Bytes;
use dsl::program::Part;
use link::http::HttpMessage;

/// What came on an HTTP link.
pub(crate) fn of_http(message: HttpMessage) -> Parts {
    let mut parts = Parts::content(message.content);
    parts.set(Part::Path, message.path);
    parts.set(Part::Query, message.query);
    let mut lines = Vec::new();
    for (name, value) in &message.headers {
        lines.extend_from_slice(name.as_bytes());
        lines.extend_from_slice(b": ");
        lines.extend_from_slice(value);
        lines.extend_from_slice(b"\r\n");
    }
    parts.set(Part::Headers, lines);
    if message.status != 0 {
        parts.set(Part::Status, format!("{:03}", message.status));
    }
    parts
}

/// A request, or a response, on an HTTP link.
pub(crate) fn to_http(parts: &Parts, method: &str, path: &str) -> HttpMessage {
    let text = |part| String::from_utf8_lossy(parts.get(part)).into_owned();
    let own_path = text(Part::Path);
    HttpMessage {
        status: text(Part::Status).trim().parse().unwrap_or(0),
        method: method.to_owned(),
        path: if own_path.is_empty() { path.to_owned() } else { own_path },
        query: text(Part::Query),
        headers: headers(parts.get(Part::Headers)),
        content: parts.get(Part::Content).clone(),
    }
}

fn headers(lines: &[u8]) -> Vec<(String, Bytes)> {
    let lines = lines.split(|octet| *octet == b'\n');
    let pair = |line: &[u8]| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let colon = line.iter().position(|octet| *octet == b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        let value = value.get(1..)?.trim_ascii();
        Some((String::from_utf8_lossy(name).trim().to_owned(), Bytes::copy_from_slice(value)))
    };
    lines.filter_map(pair).collect()
}
