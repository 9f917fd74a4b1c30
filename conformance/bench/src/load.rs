//! The load generator: connections in a closed loop, every octet of every reply compared.
//!
//! In: an address, how many connections, what is said. Out: correct replies, latencies, and the processor time that the
//! system under load took meanwhile. One wrong octet ends the run. It must not know what it loads.

use crate::process::Process;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What the connections say.
pub trait Conversation {
    /// Puts the next request into `request` and the reply that must come into `reply`.
    fn next(&mut self, request: &mut Vec<u8>, reply: &mut Vec<u8>);
}

/// How long and how wide.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Connections.
    pub connections: usize,
    /// Loaded, and not counted.
    pub warm: Duration,
    /// Counted.
    pub measured: Duration,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Correct replies in the window.
    pub replies: u64,
    /// Seconds of the window.
    pub seconds: f64,
    /// Processor time of the system a reply, in microseconds.
    pub cpu_us: f64,
    /// Median latency, in microseconds.
    pub p50_us: f64,
    /// 99th percentile of the latency, in microseconds.
    pub p99_us: f64,
}

impl Measured {
    /// Of latencies in nanoseconds, the window, and the processor time of the system in it.
    ///
    /// # Errors
    /// When there was no reply.
    pub fn of(mut latencies: Vec<u64>, window: Duration, used: Duration) -> Result<Self, String> {
        latencies.sort_unstable();
        let replies = latencies.len() as u64;
        if replies == 0 {
            return Err("no reply in the window".to_owned());
        }
        let share = |percent: usize| {
            latencies.get(latencies.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0)
        };
        Ok(Self {
            replies,
            seconds: window.as_secs_f64(),
            cpu_us: used.as_secs_f64() * 1e6 / replies as f64,
            p50_us: share(50) as f64 / 1e3,
            p99_us: share(99) as f64 / 1e3,
        })
    }
}

/// No reply for so long is a wrong reply.
const PATIENCE: Duration = Duration::from_secs(20);
/// Octets read at once.
const CHUNK: usize = 16 * 1024;

struct Line {
    stream: TcpStream,
    request: Vec<u8>,
    reply: Vec<u8>,
    received: usize,
    sent_at: Instant,
    busy: bool,
}

/// Loads a system.
///
/// # Errors
/// A wrong reply, or none.
pub fn load(
    address: SocketAddr,
    window: Window,
    conversation: &mut dyn Conversation,
    system: &Process,
) -> Result<Measured, String> {
    let mut poll = Poll::new().map_err(told)?;
    let mut lines = Vec::with_capacity(window.connections);
    for number in 0..window.connections {
        let stream = std::net::TcpStream::connect(address).map_err(|error| format!("{address}: {error}"))?;
        stream.set_nodelay(true).map_err(told)?;
        stream.set_nonblocking(true).map_err(told)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(number), Interest::READABLE).map_err(told)?;
        let (request, reply) = (Vec::new(), Vec::new());
        lines.push(Line { stream, request, reply, received: 0, sent_at: Instant::now(), busy: false });
    }
    for line in &mut lines {
        line.say(conversation, Instant::now())?;
    }
    let mut run = Run {
        lines,
        latencies: Vec::with_capacity(1 << 18),
        counting: false,
        more: true,
        buffer: vec![0; CHUNK],
    };
    run.until(&mut poll, Instant::now() + window.warm, conversation)?;
    run.counting = true;
    let (began, used) = (Instant::now(), system.cpu()?);
    run.until(&mut poll, began + window.measured, conversation)?;
    let (took, used) = (began.elapsed(), system.cpu()?.saturating_sub(used));
    run.counting = false;
    run.more = false;
    let latencies = std::mem::take(&mut run.latencies);
    run.drain(&mut poll, conversation)?;
    Measured::of(latencies, took, used).map_err(|why| format!("{address}: {why}"))
}

struct Run {
    lines: Vec<Line>,
    latencies: Vec<u64>,
    counting: bool,
    /// A reply is followed by the next request.
    more: bool,
    buffer: Vec<u8>,
}

impl Run {
    fn until(
        &mut self,
        poll: &mut Poll,
        end: Instant,
        conversation: &mut dyn Conversation,
    ) -> Result<(), String> {
        let mut events = Events::with_capacity(128);
        let mut heard = Instant::now();
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(());
            }
            poll.poll(&mut events, Some(end - now)).or_else(interrupted)?;
            for event in &events {
                heard = Instant::now();
                self.readable(event.token().0, conversation)?;
            }
            if heard.elapsed() > PATIENCE {
                return Err("no reply came in 20 s".to_owned());
            }
        }
    }

    /// Lets what is under way end.
    fn drain(&mut self, poll: &mut Poll, conversation: &mut dyn Conversation) -> Result<(), String> {
        let mut events = Events::with_capacity(128);
        let began = Instant::now();
        while self.lines.iter().any(|line| line.busy) {
            if began.elapsed() > PATIENCE {
                return Err("the last replies did not come in 20 s".to_owned());
            }
            poll.poll(&mut events, Some(Duration::from_millis(200))).or_else(interrupted)?;
            for event in &events {
                self.readable(event.token().0, conversation)?;
            }
        }
        Ok(())
    }

    fn readable(&mut self, number: usize, conversation: &mut dyn Conversation) -> Result<(), String> {
        let Some(line) = self.lines.get_mut(number) else { return Ok(()) };
        loop {
            let count = match line.stream.read(&mut self.buffer) {
                Ok(0) => return Err(format!("connection {number} was closed by the system under load")),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(told(error)),
            };
            let got = self.buffer.get(..count).unwrap_or_default();
            let wanted = line.reply.get(line.received..line.received + count).unwrap_or_default();
            if got != wanted {
                return Err(line.wrong(got));
            }
            line.received += count;
            if line.received == line.reply.len() {
                let now = Instant::now();
                if self.counting {
                    let took = now.duration_since(line.sent_at).as_nanos();
                    self.latencies.push(u64::try_from(took).unwrap_or(u64::MAX));
                }
                line.busy = false;
                if self.more {
                    line.say(conversation, now)?;
                }
            }
            // A short read has emptied the socket: no read that must end in "would block".
            if count < self.buffer.len() {
                return Ok(());
            }
        }
    }
}

impl Line {
    fn say(&mut self, conversation: &mut dyn Conversation, now: Instant) -> Result<(), String> {
        conversation.next(&mut self.request, &mut self.reply);
        (self.received, self.sent_at, self.busy) = (0, now, true);
        match self.stream.write(&self.request) {
            Ok(count) if count == self.request.len() => Ok(()),
            Ok(count) => Err(format!("only {count} of {} octets were taken", self.request.len())),
            Err(error) => Err(told(error)),
        }
    }

    fn wrong(&self, got: &[u8]) -> String {
        let shown = |octets: &[u8]| encoding_rs::GBK.decode(octets).0.into_owned();
        format!(
            "a wrong reply to `{}`\n  expected `{}`\n  received `{}` from octet {}",
            shown(&self.request),
            shown(&self.reply),
            shown(got),
            self.received
        )
    }
}

fn interrupted(error: std::io::Error) -> Result<(), String> {
    if error.kind() == ErrorKind::Interrupted { Ok(()) } else { Err(told(error)) }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn told(error: std::io::Error) -> String {
    error.to_string()
}
