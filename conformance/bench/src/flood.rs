//! The party that floods: frames as fast as its connections take them, whether or not they are answered.
//!
//! In: an address that echoes frames. Out: how many came back, told ten times a second; every octet compared. It must not
//! know what it floods.

use crate::load::Conversation as _;
use crate::talk::Frames;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Connections of the party.
const CONNECTIONS: usize = 64;
/// Octets of a frame's content.
const OCTETS: usize = 256;
/// Octets read or written at once, in frames.
const FRAMES: usize = 32;
/// How often it is told how many came back.
const TOLD: Duration = Duration::from_millis(100);

struct Line {
    stream: TcpStream,
    /// Octets of the frame at hand that were taken, and that came back.
    taken: usize,
    back: usize,
}

/// Floods until it is ended.
///
/// # Errors
/// A wrong reply, or a connection that the other side closes.
pub fn flood(address: SocketAddr, mut tell: impl FnMut(u64)) -> Result<(), String> {
    let mut poll = Poll::new().map_err(told)?;
    let (mut frame, mut reply) = (Vec::new(), Vec::new());
    Frames::new(OCTETS).next(&mut frame, &mut reply);
    let (frames, replies) = (frame.repeat(FRAMES + 1), reply.repeat(FRAMES + 1));
    let mut lines = Vec::with_capacity(CONNECTIONS);
    for number in 0..CONNECTIONS {
        let stream = std::net::TcpStream::connect(address).map_err(|error| format!("{address}: {error}"))?;
        stream.set_nonblocking(true).map_err(told)?;
        let mut stream = TcpStream::from_std(stream);
        let both = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(number), both).map_err(told)?;
        lines.push(Line { stream, taken: 0, back: 0 });
    }
    let mut events = Events::with_capacity(2 * CONNECTIONS);
    let mut buffer = vec![0; FRAMES * frame.len()];
    let (mut count, mut last) = (0, Instant::now());
    loop {
        match poll.poll(&mut events, Some(TOLD)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(told(error)),
            _ => {}
        }
        for event in &events {
            let Some(line) = lines.get_mut(event.token().0) else { continue };
            if event.is_writable() {
                line.write(&frames, frame.len())?;
            }
            if event.is_readable() {
                count += line.read(&replies, reply.len(), &mut buffer)?;
            }
        }
        if last.elapsed() >= TOLD {
            last = Instant::now();
            tell(count);
        }
    }
}

impl Line {
    /// Writes frames until no more are taken.
    fn write(&mut self, frames: &[u8], frame: usize) -> Result<(), String> {
        loop {
            let octets = frames.get(self.taken..frames.len() - frame + self.taken).unwrap_or_default();
            match self.stream.write(octets) {
                Ok(count) => self.taken = (self.taken + count) % frame,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(told(error)),
            }
        }
    }

    /// Reads what came back; gives how many frames that ends.
    fn read(&mut self, replies: &[u8], reply: usize, buffer: &mut [u8]) -> Result<u64, String> {
        let mut ended = 0;
        loop {
            let count = match self.stream.read(buffer) {
                Ok(0) => return Err("a connection was closed".to_owned()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(ended),
                Err(error) => return Err(told(error)),
            };
            if buffer.get(..count) != replies.get(self.back..self.back + count) {
                return Err("a wrong frame came back".to_owned());
            }
            let back = self.back + count;
            ended += (back / reply) as u64;
            self.back = back % reply;
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn told(error: std::io::Error) -> String {
    error.to_string()
}
