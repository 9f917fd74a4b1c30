//! A message of HTTP/1 as it stands in a file or a capture, by parts.
//!
//! In: octets from the first line to the end of the content. Out: parts. Bounded by the octets themselves.

use crate::scene::Parts;
use dsl::program::Part;

/// The parts of a message of HTTP/1, and how many octets it takes; none if the octets begin otherwise or are not whole.
#[must_use]
pub fn web_parts(octets: &[u8]) -> Option<(Parts, usize)> {
    let head_end = octets.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = octets.get(..head_end - 2)?;
    let line_end = head.windows(2).position(|two| two == b"\r\n")?;
    let (line, headers) = (std::str::from_utf8(head.get(..line_end)?).ok()?, head.get(line_end + 2..)?);
    let mut parts = Parts::default();
    let mut words = line.split(' ');
    let (first, second, third) = (words.next()?, words.next()?, words.next().unwrap_or_default());
    if first.starts_with("HTTP/1.") {
        parts.set(Part::Status, second.to_owned());
    } else if third.starts_with("HTTP/1.") {
        let (path, query) = second.split_once('?').unwrap_or((second, ""));
        parts.set(Part::Path, path.to_owned());
        parts.set(Part::Query, query.to_owned());
    } else {
        return None;
    }
    parts.set(Part::Headers, headers.to_vec());
    let rest = octets.get(head_end..)?;
    let (content, taken) = match (header(headers, "transfer-encoding"), header(headers, "content-length")) {
        (Some(coding), _) if coding.eq_ignore_ascii_case("chunked") => unchunked(rest)?,
        (_, Some(length)) => {
            let length: usize = length.parse().ok()?;
            (rest.get(..length)?.to_vec(), length)
        }
        (_, None) if first.starts_with("HTTP/1.") => (rest.to_vec(), rest.len()),
        (_, None) => (Vec::new(), 0),
    };
    parts.set(Part::Content, content);
    Some((parts, head_end + taken))
}

fn header<'h>(headers: &'h [u8], wanted: &str) -> Option<&'h str> {
    let text = std::str::from_utf8(headers).ok()?;
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    let mut found = pairs.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
    found.next().map(|(_, value)| value.trim())
}

/// The content of chunks, and how many octets they take.
fn unchunked(octets: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut content = Vec::new();
    let mut at = 0;
    loop {
        let rest = octets.get(at..)?;
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(rest.get(..end)?).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        at = at.checked_add(end + 2)?;
        if size == 0 {
            return Some((content, at.checked_add(2).filter(|end| *end <= octets.len())?));
        }
        content.extend_from_slice(octets.get(at..at.checked_add(size)?)?);
        at = at.checked_add(size)?.checked_add(2)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_parted() {
        let octets = b"POST /gate/way?a=1&b=%20 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloNEXT";
        let (parts, taken) = web_parts(octets).unwrap();
        assert_eq!(taken, octets.len() - 4);
        assert_eq!(&parts.get(Part::Path)[..], b"/gate/way");
        assert_eq!(&parts.get(Part::Query)[..], b"a=1&b=%20");
        assert_eq!(&parts.get(Part::Headers)[..], b"Host: x\r\nContent-Length: 5\r\n");
        assert_eq!(&parts.get(Part::Content)[..], b"hello");
    }

    #[test]
    fn a_reply_in_chunks_is_parted() {
        let octets =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\nmore";
        let (parts, taken) = web_parts(octets).unwrap();
        assert_eq!(&parts.get(Part::Content)[..], b"abcde");
        assert_eq!(&parts.get(Part::Status)[..], b"200");
        assert_eq!(&octets[taken..], b"more");
        assert!(web_parts(&octets[..octets.len() - 8]).is_none(), "what is not whole is none");
        assert!(web_parts(b"0086 2001").is_none());
        let endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n";
        assert!(web_parts(endless).is_none());
    }
}
