//! HTTP messages as they stand in a sample: the first line, headers, an empty line, the content.
//!
//! In: octets of a sample, and a message that was written. Out: the sample's parts; the first difference in words. What
//! the first line and the headers of a sample leave out is not compared.

use super::differs;
use bytes::Bytes;
use link::http::HttpMessage;

const METHODS: [&str; 3] = ["POST", "GET", "PUT"];

/// A sample's message; none if it does not begin as one.
pub(super) fn parse(octets: &[u8]) -> Option<HttpMessage> {
    let (head, content) = split(octets);
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let mut message = HttpMessage { content: Bytes::copy_from_slice(content), ..HttpMessage::default() };
    match first.next()? {
        method if METHODS.contains(&method) => {
            let target = first.next()?;
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            (message.method, message.path, message.query) = (method.into(), path.into(), query.into());
        }
        version if version.starts_with("HTTP/") => message.status = first.next()?.parse().ok()?,
        _ => return None,
    }
    for line in lines {
        let (name, value) = line.split_once(':')?;
        message.headers.push((name.trim().to_owned(), Bytes::from(value.trim().to_owned())));
    }
    Some(message)
}

/// The head up to the first empty line, and what stands behind that.
fn split(octets: &[u8]) -> (&[u8], &[u8]) {
    for end in [&b"\r\n\r\n"[..], b"\n\n"] {
        if let Some(at) = octets.windows(end.len()).position(|window| window == end) {
            let (head, rest) = octets.split_at(at);
            return (head, rest.get(end.len()..).unwrap_or_default());
        }
    }
    (octets, b"")
}

/// What a message that came out has otherwise than the sample.
pub(super) fn compare(what: &str, sample: &HttpMessage, got: &HttpMessage) -> Result<(), String> {
    // A response that says no status is sent with 200.
    let status = if sample.status != 0 && got.status == 0 { 200 } else { got.status };
    if sample.method != got.method || sample.status != status {
        let said = |method: &str, status: u16| format!("{method} {status}").trim().to_owned();
        let (came, expected) = (said(&got.method, status), said(&sample.method, sample.status));
        return Err(format!("the {what} is {came}, expected {expected}"));
    }
    differs(&format!("{what}'s path"), sample.path.as_bytes(), got.path.as_bytes())?;
    differs(&format!("{what}'s query"), sample.query.as_bytes(), got.query.as_bytes())?;
    for (name, value) in &sample.headers {
        let found = got.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let found = found.map_or(&b""[..], |(_, value)| value);
        differs(&format!("{what}'s header {name}"), value, found)?;
    }
    differs(&format!("{what}'s content"), &sample.content, &got.content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_compared_by_its_parts() {
        let sample = parse(b"POST /gateway.do?a=1&b=2 HTTP/1.1\nContent-Type: text/plain\n\nx=1\n").unwrap();
        assert_eq!((&*sample.method, &*sample.path, &*sample.query), ("POST", "/gateway.do", "a=1&b=2"));
        assert_eq!(&sample.content[..], b"x=1\n");
        let mut got = sample.clone();
        got.headers.push(("host".into(), Bytes::from_static(b"openapi")));
        assert!(compare("request", &sample, &got).is_ok(), "what the sample leaves out may be there");
        got.query = "a=1&b=3".into();
        assert!(compare("request", &sample, &got).unwrap_err().contains("query differs at offset 6"));
        assert!(parse(b"<xml/>").is_none());
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\n\r\nok").unwrap().status, 200);
    }
}
