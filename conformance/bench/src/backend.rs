//! The other side of the workloads: the platform over HTTP, an echo of frames, and one that says nothing.
//!
//! In: addresses to listen at. Out: answers that are the same in every run, to requests of which every octet of path,
//! signature and content was compared. It does as little as it can, so that it is never what is measured.

use crate::bill::{Act, BILLS, Bill, SIGNATURE_KEY, serial_of};
use crate::seal::{self, Pair};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read as _, Write as _};

/// How contents are signed.
pub enum Signing {
    /// HMAC, in hex.
    Hmac,
    /// RSA, in base64: the client's pair and the platform's. Signatures of all bills are made beforehand.
    Rsa(Box<(Pair, Pair)>),
}

/// What listens.
enum Role {
    Platform(Signed),
    Echo,
    Mute,
}

struct Signed {
    queries: Vec<Expected>,
    /// Postings are signed as they come.
    live: bool,
}

struct Expected {
    asked: Vec<u8>,
    signature: Vec<u8>,
    answer: Vec<u8>,
}

/// Octets read at once.
const CHUNK: usize = 64 * 1024;

/// The backend, listening.
pub struct Listening {
    poll: Poll,
    listeners: Vec<(TcpListener, Role)>,
    /// Ports of this machine: the platform with each way of signing, then the echo, then the one that says nothing.
    pub ports: Vec<u16>,
}

impl Listening {
    /// Listens: the platform with each way of signing, then the echo, then the one that says nothing.
    ///
    /// # Errors
    /// When it cannot listen, or a key signs nothing.
    pub fn start(signings: &[Signing]) -> Result<Self, String> {
        let mut roles = Vec::new();
        for signing in signings {
            roles.push(Role::Platform(Signed::new(signing)?));
        }
        roles.extend([Role::Echo, Role::Mute]);
        let poll = Poll::new().map_err(told)?;
        let (mut listeners, mut ports) = (Vec::new(), Vec::new());
        for (number, role) in roles.into_iter().enumerate() {
            let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
            let mut listener = TcpListener::bind(address).map_err(told)?;
            poll.registry().register(&mut listener, Token(number), Interest::READABLE).map_err(told)?;
            ports.push(listener.local_addr().map_err(told)?.port());
            listeners.push((listener, role));
        }
        Ok(Self { poll, listeners, ports })
    }

    /// Serves until it is ended.
    ///
    /// # Errors
    /// When it cannot wait for connections.
    pub fn serve(mut self) -> Result<(), String> {
        let mut events = Events::with_capacity(256);
        let mut lines: Vec<Option<Line>> = Vec::new();
        let mut buffer = vec![0; CHUNK];
        loop {
            match self.poll.poll(&mut events, None) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(told(error)),
                _ => {}
            }
            for event in &events {
                self.event(event.token().0, &mut lines, &mut buffer);
            }
        }
    }

    fn event(&self, number: usize, lines: &mut Vec<Option<Line>>, buffer: &mut [u8]) {
        let first = self.listeners.len();
        if let Some((listener, _)) = self.listeners.get(number) {
            return accept(listener, number, first, &self.poll, lines);
        }
        let Some(slot) = number.checked_sub(first).and_then(|place| lines.get_mut(place)) else { return };
        let Some(line) = slot else { return };
        let Some((_, role)) = self.listeners.get(line.role) else { return };
        if let Err(why) = line.readable(role, buffer) {
            if !why.is_empty() {
                eprintln!("backend: {why}");
            }
            *slot = None;
        }
    }
}

fn accept(listener: &TcpListener, role: usize, first: usize, poll: &Poll, lines: &mut Vec<Option<Line>>) {
    while let Ok((mut stream, _)) = listener.accept() {
        let place = lines.iter().position(Option::is_none).unwrap_or(lines.len());
        let known = stream.set_nodelay(true).is_ok()
            && poll.registry().register(&mut stream, Token(first + place), Interest::READABLE).is_ok();
        if !known {
            continue;
        }
        if place == lines.len() {
            lines.push(None);
        }
        if let Some(slot) = lines.get_mut(place) {
            *slot = Some(Line { stream, role, incoming: Vec::new() });
        }
    }
}

struct Line {
    stream: TcpStream,
    role: usize,
    incoming: Vec<u8>,
}

impl Line {
    /// Answers what has come; an empty error: the other side has gone.
    fn readable(&mut self, role: &Role, buffer: &mut [u8]) -> Result<(), String> {
        loop {
            let count = match self.stream.read(buffer) {
                Ok(0) => return Err(String::new()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(_) => return Err(String::new()),
            };
            let got = buffer.get(..count).unwrap_or_default();
            match role {
                Role::Echo => self.send(got)?,
                Role::Mute => {}
                Role::Platform(signed) => self.requests(signed, got)?,
            }
            if count < buffer.len() {
                return Ok(());
            }
        }
    }

    fn send(&mut self, octets: &[u8]) -> Result<(), String> {
        match self.stream.write(octets) {
            Ok(count) if count == octets.len() => Ok(()),
            Ok(count) => Err(format!("only {count} of {} octets were taken", octets.len())),
            Err(error) => Err(told(error)),
        }
    }

    fn requests(&mut self, signed: &Signed, got: &[u8]) -> Result<(), String> {
        self.incoming.extend_from_slice(got);
        while let Some(request) = Request::parse(&self.incoming)? {
            let answer = signed.answer(&request)?;
            let end = request.end;
            self.send(&answer)?;
            self.incoming.drain(..end);
        }
        Ok(())
    }
}

struct Request<'a> {
    path: &'a [u8],
    signature: &'a [u8],
    content: &'a [u8],
    end: usize,
}

impl<'a> Request<'a> {
    /// A request, if a whole one is there.
    fn parse(octets: &'a [u8]) -> Result<Option<Self>, String> {
        let Some(head) = memchr::memmem::find(octets, b"\r\n\r\n") else { return Ok(None) };
        let mut lines = octets[..head].split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii);
        let first = lines.next().unwrap_or_default();
        let path = first
            .strip_prefix(b"POST ".as_slice())
            .and_then(|rest| rest.strip_suffix(b" HTTP/1.1".as_slice()))
            .ok_or_else(|| format!("no POST of HTTP/1.1: {}", String::from_utf8_lossy(first)))?;
        let (mut length, mut signature) = (None, &b""[..]);
        for line in lines {
            let Some(colon) = memchr::memchr(b':', line) else { continue };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"content-length") {
                length = serial_of(value);
            } else if name.eq_ignore_ascii_case(b"x-signature") {
                signature = value;
            }
        }
        let length = length.and_then(|length| usize::try_from(length).ok()).ok_or("no length")?;
        let end = head + 4 + length;
        Ok(octets.get(head + 4..end).map(|content| Self { path, signature, content, end }))
    }
}

impl Signed {
    fn new(signing: &Signing) -> Result<Self, String> {
        let queries = (0..BILLS).map(|serial| expected(&Bill::new(Act::Query, serial), signing));
        Ok(Self { queries: queries.collect::<Result<_, _>>()?, live: matches!(signing, Signing::Hmac) })
    }

    fn answer(&self, request: &Request<'_>) -> Result<std::borrow::Cow<'_, [u8]>, String> {
        let at = memchr::memmem::find(request.content, br#""serial":""#).map_or(0, |at| at + 10);
        let serial = request.content.get(at..at + 12).and_then(serial_of);
        let serial =
            serial.ok_or_else(|| format!("no serial in {}", String::from_utf8_lossy(request.content)))?;
        if request.path == Act::Query.path().as_bytes() {
            let index = usize::try_from(serial).ok();
            let expected = index.and_then(|index| self.queries.get(index)).ok_or("an unknown bill")?;
            expected.agrees(request)?;
            return Ok((&expected.answer).into());
        }
        if request.path == Act::Pay.path().as_bytes() && self.live {
            let expected = expected(&Bill::new(Act::Pay, serial), &Signing::Hmac)?;
            expected.agrees(request)?;
            return Ok(expected.answer.into());
        }
        Err(format!("an unknown path: {}", String::from_utf8_lossy(request.path)))
    }
}

impl Expected {
    fn agrees(&self, request: &Request<'_>) -> Result<(), String> {
        let shown = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        if self.asked != request.content {
            return Err(format!(
                "a wrong content\n  expected {}\n  received {}",
                shown(&self.asked),
                shown(request.content)
            ));
        }
        if self.signature != request.signature {
            return Err(format!("a wrong signature: {}", shown(request.signature)));
        }
        Ok(())
    }
}

fn expected(bill: &Bill, signing: &Signing) -> Result<Expected, String> {
    let (asked, answered) = (bill.asked().into_bytes(), bill.answered());
    let (ours, theirs) = match signing {
        Signing::Hmac => {
            let sign = |octets: &[u8]| seal::hex(&seal::hmac(SIGNATURE_KEY, octets));
            (sign(&asked), sign(answered.as_bytes()))
        }
        Signing::Rsa(pairs) => {
            let (client, platform) = &**pairs;
            (seal::base64(&client.sign(&asked)?), seal::base64(&platform.sign(answered.as_bytes())?))
        }
    };
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Signature: {theirs}\r\nContent-Length: {}\r\n\r\n{answered}",
        answered.len()
    );
    Ok(Expected { asked, signature: ours.into_bytes(), answer: answer.into_bytes() })
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn told(error: std::io::Error) -> String {
    error.to_string()
}
