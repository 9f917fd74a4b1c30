//! Heads of version 1.1: of requests as octets, of responses from octets (RFC 9112, 3 to 6).
//!
//! In: plain messages; octets as they come. Out: octets; a status, headers, and how the content is told from what follows it.
//! Must not know: connections.

use std::mem::MaybeUninit;

use bytes::{Bytes, BytesMut};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Uri};

use super::HttpMessage;
use super::one::Request;
use crate::outcome::{Cause, CauseKind};

/// The most headers of a response.
pub(super) const HEADERS: usize = 100;

/// How a content is told from what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none.
    None,
    /// It has so many octets.
    Length(u64),
    /// It comes in chunks.
    Chunked,
    /// It ends with the connection.
    UntilClose,
}

/// The head of a response.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ResponseHead {
    pub(super) status: u16,
    /// Names in lower case.
    pub(super) headers: Vec<(String, Bytes)>,
    pub(super) framing: Framing,
    /// The connection may have another exchange.
    pub(super) keeps: bool,
}

/// A request to a host, ready to be sent.
///
/// # Errors
/// [`CauseKind::Request`] for a method, a path or a header that cannot be written.
pub(super) fn request(message: &HttpMessage, host: &str) -> Result<Request, Cause> {
    let names = message.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>();
    let mut head = Vec::with_capacity(message.path.len() + message.query.len() + names + host.len() + 80);
    put_method(&message.method, &mut head)?;
    put_target(message, &mut head)?;
    head.extend_from_slice(b" HTTP/1.1\r\n");
    let (mut has_host, mut closes) = (false, false);
    for (name, value) in &message.headers {
        check(name, value)?;
        // How long the content is nobody knows better than who writes it.
        if is(name, "content-length") || is(name, "transfer-encoding") {
            continue;
        }
        has_host |= is(name, "host");
        closes |= is(name, "connection") && says(value, "close");
        put_header(name, value, &mut head);
    }
    if !has_host {
        check("host", host.as_bytes())?;
        put_header("host", host.as_bytes(), &mut head);
    }
    if !message.content.is_empty() {
        put_header("content-length", message.content.len().to_string().as_bytes(), &mut head);
    }
    head.extend_from_slice(b"\r\n");
    Ok(Request { head, content: message.content.clone(), head_alone: message.method == "HEAD", closes })
}

fn refused(error: impl Into<hyper::http::Error>) -> Cause {
    Cause::told(CauseKind::Request, error.into())
}

fn put_method(method: &str, head: &mut Vec<u8>) -> Result<(), Cause> {
    if method.is_empty() || !method.bytes().all(|octet| octet.is_ascii_uppercase()) {
        Method::from_bytes(method.as_bytes()).map_err(refused)?;
    }
    head.extend_from_slice(method.as_bytes());
    head.push(b' ');
    Ok(())
}

fn put_target(message: &HttpMessage, head: &mut Vec<u8>) -> Result<(), Cause> {
    let HttpMessage { path, query, .. } = message;
    let mark = if query.is_empty() { "" } else { "?" };
    // What is said in these letters is a target as it stands.
    let plain =
        |octet: u8| octet.is_ascii_alphanumeric() | matches!(octet, b'-'..=b'/' | b'_' | b'=' | b'%' | b'&');
    if path.starts_with('/') && all(path.as_bytes(), plain) && all(query.as_bytes(), plain) {
        for part in [path, mark, query] {
            head.extend_from_slice(part.as_bytes());
        }
        return Ok(());
    }
    let target = Uri::try_from(format!("{path}{mark}{query}")).map_err(refused)?;
    head.extend_from_slice(target.to_string().as_bytes());
    Ok(())
}

/// Whether a header may be written.
fn check(name: &str, value: &[u8]) -> Result<(), Cause> {
    let of_name = |octet: u8| octet.is_ascii_alphanumeric() | (octet == b'-') | (octet == b'_');
    if name.is_empty() || !all(name.as_bytes(), of_name) {
        HeaderName::try_from(name).map_err(refused)?;
    }
    if !all(value, |octet| (b' '..0x7F).contains(&octet)) {
        HeaderValue::from_bytes(value).map_err(refused)?;
    }
    Ok(())
}

/// Whether all are: without an end before the end, so that many are looked at at once.
fn all(octets: &[u8], is: impl Fn(u8) -> bool) -> bool {
    octets.iter().fold(true, |all, octet| all & is(*octet))
}

fn put_header(name: &str, value: &[u8], head: &mut Vec<u8>) {
    head.extend(name.bytes().map(|octet| octet.to_ascii_lowercase()));
    head.extend_from_slice(b": ");
    head.extend_from_slice(value);
    head.extend_from_slice(b"\r\n");
}

fn is(name: &str, known: &str) -> bool {
    name.eq_ignore_ascii_case(known)
}

/// Whether a value is a list that has this word.
fn says(value: &[u8], word: &str) -> bool {
    value.split(|octet| *octet == b',').any(|one| one.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}

impl ResponseHead {
    /// Takes the head of a response, passing over those that only announce it; none: it is not whole yet. `head_alone`: the
    /// request was one of those whose responses have no content.
    ///
    /// # Errors
    /// [`CauseKind::Http`] for what is no head.
    pub(super) fn take(incoming: &mut BytesMut, head_alone: bool) -> Result<Option<Self>, Cause> {
        while !incoming.is_empty() {
            let Some((length, parsed)) = parse(incoming)? else { return Ok(None) };
            let octets = incoming.split_to(length).freeze();
            if !matches!(parsed.status, 100 | 102..=199) {
                return parsed.head(&octets, head_alone).map(Some);
            }
        }
        Ok(None)
    }
}

/// A head as it stands in what came.
struct Parsed {
    status: u16,
    /// Of version 1.1, not 1.0.
    is_newer: bool,
    /// Names, and where their values stand.
    headers: Vec<(String, (usize, usize))>,
}

fn broken(words: &str) -> Cause {
    Cause::told(CauseKind::Http, words)
}

fn parse(incoming: &[u8]) -> Result<Option<(usize, Parsed)>, Cause> {
    let mut room = [const { MaybeUninit::uninit() }; HEADERS];
    let mut response = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    let length = match config.parse_response_with_uninit_headers(&mut response, incoming, &mut room) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::Status) => return Err(broken("invalid HTTP status-code parsed")),
        Err(httparse::Error::Version) => return Err(broken("invalid HTTP version parsed")),
        Err(httparse::Error::TooManyHeaders) => return Err(broken("message head is too large")),
        Err(_) => return Err(broken("invalid HTTP header parsed")),
    };
    let status = response.code.filter(|code| (100..1_000).contains(code));
    let status = status.ok_or_else(|| broken("invalid HTTP status-code parsed"))?;
    let begin = incoming.as_ptr().addr();
    let headers = response.headers.iter().map(|header| {
        let from = header.value.as_ptr().addr().saturating_sub(begin);
        (header.name.to_ascii_lowercase(), (from, from + header.value.len()))
    });
    let parsed = Parsed { status, is_newer: response.version == Some(1), headers: headers.collect() };
    Ok(Some((length, parsed)))
}

impl Parsed {
    fn head(self, octets: &Bytes, head_alone: bool) -> Result<ResponseHead, Cause> {
        let value = |(from, to): (usize, usize)| {
            // A value that is empty may stand anywhere.
            if from < to && to <= octets.len() { octets.slice(from..to) } else { Bytes::new() }
        };
        let headers: Vec<(String, Bytes)> =
            self.headers.into_iter().map(|(name, place)| (name, value(place))).collect();
        let all = |name: &'static str| headers.iter().filter(move |(known, _)| known == name);
        let connection = |word| all("connection").any(|(_, value)| says(value, word));
        let keeps = !connection("close") && (self.is_newer || connection("keep-alive"));
        let framing = match self.status {
            101 | 204 | 304 => Framing::None,
            _ if head_alone => Framing::None,
            _ => framing(self.is_newer, &headers)?,
        };
        let keeps = keeps && self.status != 101 && framing != Framing::UntilClose;
        Ok(ResponseHead { status: self.status, headers, framing, keeps })
    }
}

fn framing(is_newer: bool, headers: &[(String, Bytes)]) -> Result<Framing, Cause> {
    let all = |name: &'static str| headers.iter().filter(move |(known, _)| known == name);
    if let Some((_, last)) = all("transfer-encoding").last() {
        if !is_newer {
            return Err(broken("unexpected transfer-encoding parsed"));
        }
        let last = last.rsplit(|octet| *octet == b',').next().unwrap_or_default();
        let chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
        return Ok(if chunked { Framing::Chunked } else { Framing::UntilClose });
    }
    let mut length = None;
    for (_, value) in all("content-length") {
        for one in value.split(|octet| *octet == b',') {
            let one = one.trim_ascii();
            let figures = !one.is_empty() && one.iter().all(u8::is_ascii_digit);
            let number = std::str::from_utf8(one).ok().filter(|_| figures).and_then(|one| one.parse().ok());
            let number = number.ok_or_else(|| broken("invalid content-length parsed"))?;
            if length.replace(number).is_some_and(|known: u64| known != number) {
                return Err(broken("invalid content-length parsed"));
            }
        }
    }
    Ok(length.map_or(Framing::UntilClose, Framing::Length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<Option<ResponseHead>, Cause> {
        ResponseHead::take(&mut BytesMut::from(text), false)
    }

    fn framed(headers: &str) -> Result<(Framing, bool), Cause> {
        head(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n")).map(|head| {
            let head = head.unwrap();
            (head.framing, head.keeps)
        })
    }

    #[test]
    fn a_content_is_told_from_what_follows_it() {
        assert_eq!(framed("Content-Length: 5\r\n"), Ok((Framing::Length(5), true)));
        assert_eq!(framed("content-length: 5, 5\r\ncontent-length: 5\r\n"), Ok((Framing::Length(5), true)));
        let chunked =
            "transfer-encoding: gzip\r\ncontent-length: 5\r\nTransfer-Encoding: deflate, Chunked\r\n";
        assert_eq!(framed(chunked), Ok((Framing::Chunked, true)));
        assert_eq!(framed("transfer-encoding: chunked, gzip\r\n"), Ok((Framing::UntilClose, false)));
        assert_eq!(framed(""), Ok((Framing::UntilClose, false)));
        assert_eq!(framed("connection: te, Close\r\ncontent-length: 0\r\n"), Ok((Framing::Length(0), false)));
        for wrong in ["5\r\ncontent-length: 6", "+5", "5 5", "", "99999999999999999999"] {
            assert!(framed(&format!("content-length: {wrong}\r\n")).is_err(), "{wrong}");
        }
        let older = |headers: &str| head(&format!("HTTP/1.0 200 OK\r\n{headers}content-length: 1\r\n\r\n"));
        let keeps = |headers: &str| older(headers).map(|head| head.unwrap().keeps);
        assert_eq!((keeps(""), keeps("connection: keep-alive\r\n")), (Ok(false), Ok(true)));
        assert!(older("transfer-encoding: chunked\r\n").is_err());
        let of = |status: u16, head_alone| {
            let text = format!("HTTP/1.1 {status} X\r\ncontent-length: 5\r\n\r\n");
            ResponseHead::take(&mut BytesMut::from(&*text), head_alone).unwrap().unwrap().framing
        };
        assert_eq!([of(204, false), of(304, false), of(200, true)], [Framing::None; 3]);
        assert_eq!(of(206, false), Framing::Length(5));
    }

    #[test]
    fn what_only_announces_a_response_is_passed_over() {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\nX-Y:  a b \r\nempty:\r\ncontent-length: 0\r\n\r\nrest";
        let mut incoming = BytesMut::from(text);
        let head = ResponseHead::take(&mut incoming, false).unwrap().unwrap();
        let named = |(name, value): &(String, Bytes)| format!("{name}={}", String::from_utf8_lossy(value));
        let headers: Vec<String> = head.headers.iter().map(named).collect();
        assert_eq!(headers, ["x-y=a b", "empty=", "content-length=0"]);
        assert_eq!((head.status, &incoming[..]), (200, &b"rest"[..]));
        for cut in 0..text.len() - "rest".len() {
            assert_eq!(
                ResponseHead::take(&mut BytesMut::from(&text[..cut]), false),
                Ok(None),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for wrong in
            ["SSH-2.0-x\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n"]
        {
            assert_eq!(head(wrong).map_err(|cause| cause.kind), Err(CauseKind::Http), "{wrong}");
        }
        for wrong in ["a b: c\r\n", "a\x01: c\r\n", "a: c\x01\r\n", " a: c\r\n", "a: b\r\n c\r\n"] {
            assert!(framed(wrong).is_err(), "{wrong:?}");
        }
        let many = "a: b\r\n".repeat(HEADERS);
        assert!(framed(&many).is_ok());
        assert!(framed(&format!("{many}a: b\r\n")).is_err());
    }

    fn written(message: &HttpMessage) -> Result<String, CauseKind> {
        let request = request(message, "there:80").map_err(|cause| cause.kind)?;
        Ok(String::from_utf8(request.head).unwrap())
    }

    #[test]
    fn a_request_says_its_host_and_how_long_it_is() {
        let headers = vec![
            ("X-Name".into(), Bytes::from("客户".as_bytes())),
            ("Content-Length".into(), Bytes::from_static(b"17")),
        ];
        let mut message = HttpMessage { headers, query: "a=%E4".into(), ..HttpMessage::post("/b/c", "four") };
        let expected =
            "POST /b/c?a=%E4 HTTP/1.1\r\nx-name: 客户\r\nhost: there:80\r\ncontent-length: 4\r\n\r\n";
        assert_eq!(written(&message).as_deref(), Ok(expected));
        message = HttpMessage { method: "GET".into(), path: "/a\"b|c#d".into(), ..HttpMessage::default() };
        message.headers.push(("Host".into(), Bytes::from_static(b"here")));
        assert_eq!(written(&message).as_deref(), Ok("GET /a\"b|c HTTP/1.1\r\nhost: here\r\n\r\n"));
    }

    #[test]
    fn what_cannot_be_written_is_told() {
        let of = |method: &str, path: &str, (name, value): (&str, &'static str)| {
            let headers = vec![(name.to_owned(), Bytes::from_static(value.as_bytes()))];
            written(&HttpMessage { method: method.into(), headers, ..HttpMessage::post(path, "") })
        };
        assert!(of("M-SEARCH", "/", ("a", "b\tc")).is_ok());
        for (method, path, header) in [
            ("", "/", ("a", "b")),
            ("GE T", "/", ("a", "b")),
            ("GET", "", ("a", "b")),
            ("GET", "/ HTTP/1.1\r\nx: y", ("a", "b")),
            ("GET", "/客户", ("bad name", "b")),
            ("GET", "/", ("", "b")),
            ("GET", "/", ("a", "b\r\nc: d")),
        ] {
            assert_eq!(of(method, path, header), Err(CauseKind::Request), "{method} {path} {header:?}");
        }
    }
}
