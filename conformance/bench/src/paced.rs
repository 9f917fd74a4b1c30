//! The paced load: requests leave at moments that stand before the first of them does, every octet of every reply compared.
//!
//! In: an address, a rate, exchanges that go round. Out: latencies from the moment at which a request was to leave, so that
//! a system that is slow does not choose how often it is asked (no coordinated omission). It must not know what it loads.

use crate::load::Measured;
use crate::process::Process;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How wide, how fast, how long.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Connections; requests go round them.
    pub connections: usize,
    /// Requests a second.
    pub rate: f64,
    /// Asked, and not counted.
    pub warm: Duration,
    /// Counted.
    pub measured: Duration,
}

/// A request and the reply that must come.
pub type Exchange = (Vec<u8>, Vec<u8>);

/// No reply for so long is a wrong reply.
const PATIENCE: Duration = Duration::from_secs(20);
/// Octets read at once.
const CHUNK: usize = 16 * 1024;

impl Pace {
    /// Requests of all.
    fn count(self) -> usize {
        ((self.warm + self.measured).as_secs_f64() * self.rate) as usize
    }

    /// When a request is to leave, from the beginning.
    fn leaves(self, number: usize) -> Duration {
        Duration::from_secs_f64(number as f64 / self.rate)
    }
}

/// Loads a system.
///
/// # Errors
/// A wrong reply, or none.
pub fn paced(
    address: SocketAddr,
    pace: Pace,
    exchanges: &[Exchange],
    system: &Process,
) -> Result<Measured, String> {
    let mut poll = Poll::new().map_err(told)?;
    let (mut asking, mut lines) = (Vec::new(), Vec::new());
    for number in 0..pace.connections {
        let stream = std::net::TcpStream::connect(address).map_err(|error| format!("{address}: {error}"))?;
        stream.set_nodelay(true).map_err(told)?;
        stream.set_nonblocking(true).map_err(told)?;
        asking.push(stream.try_clone().map_err(told)?);
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(number), Interest::READABLE).map_err(told)?;
        lines.push(Line { stream, next: number, received: 0 });
    }
    // A moment ahead, so that the first requests are not late already.
    let began = Instant::now() + Duration::from_millis(5);
    std::thread::scope(|threads| {
        let asked = threads.spawn(|| ask(&mut asking, pace, exchanges, began));
        let hearing = Hearing { lines, pace, exchanges, began, latencies: Vec::new(), heard: 0 };
        let heard = hearing.all(&mut poll, system);
        asked.join().map_err(|_| "the asking thread ended".to_owned())??;
        heard
    })
}

/// Sends each request when it is to leave.
fn ask(
    lines: &mut [std::net::TcpStream],
    pace: Pace,
    exchanges: &[Exchange],
    began: Instant,
) -> Result<(), String> {
    for number in 0..pace.count() {
        std::thread::sleep((began + pace.leaves(number)).saturating_duration_since(Instant::now()));
        let place = number % lines.len();
        let (Some(line), Some((request, _))) =
            (lines.get_mut(place), exchanges.get(number % exchanges.len().max(1)))
        else {
            return Err("nothing is to be asked".to_owned());
        };
        match line.write(request) {
            Ok(count) if count == request.len() => {}
            Ok(count) => return Err(format!("only {count} of {} octets were taken", request.len())),
            Err(error) => return Err(told(error)),
        }
    }
    Ok(())
}

struct Line {
    stream: TcpStream,
    /// The number of the request whose reply comes next.
    next: usize,
    received: usize,
}

struct Hearing<'a> {
    lines: Vec<Line>,
    pace: Pace,
    exchanges: &'a [Exchange],
    began: Instant,
    latencies: Vec<u64>,
    heard: usize,
}

impl Hearing<'_> {
    fn all(mut self, poll: &mut Poll, system: &Process) -> Result<Measured, String> {
        self.until(poll, Some(self.began + self.pace.warm))?;
        let used = system.cpu()?;
        self.until(poll, Some(self.began + self.pace.warm + self.pace.measured))?;
        let used = system.cpu()?.saturating_sub(used);
        self.until(poll, None)?;
        Measured::of(self.latencies, self.pace.measured, used)
    }

    /// Hears replies until a moment, or until all have come.
    fn until(&mut self, poll: &mut Poll, end: Option<Instant>) -> Result<(), String> {
        let (mut events, mut buffer) = (Events::with_capacity(128), vec![0; CHUNK]);
        let mut last = Instant::now();
        while self.heard < self.pace.count() {
            let now = Instant::now();
            if end.is_some_and(|end| now >= end) {
                return Ok(());
            }
            if now.duration_since(last) > PATIENCE {
                return Err("no reply came in 20 s".to_owned());
            }
            let wait = end.map_or(PATIENCE, |end| end - now);
            match poll.poll(&mut events, Some(wait)) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(told(error)),
                _ => {}
            }
            for event in &events {
                last = Instant::now();
                self.readable(event.token().0, &mut buffer)?;
            }
        }
        Ok(())
    }

    fn readable(&mut self, number: usize, buffer: &mut [u8]) -> Result<(), String> {
        let Some(line) = self.lines.get_mut(number) else { return Ok(()) };
        loop {
            let count = match line.stream.read(buffer) {
                Ok(0) => return Err(format!("connection {number} was closed by the system under load")),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(told(error)),
            };
            let now = Instant::now();
            let mut got = buffer.get(..count).unwrap_or_default();
            while !got.is_empty() {
                let Some((request, reply)) = self.exchanges.get(line.next % self.exchanges.len().max(1))
                else {
                    return Err("nothing was asked".to_owned());
                };
                let wanted = reply.get(line.received..).unwrap_or_default();
                let (here, rest) = got.split_at(wanted.len().min(got.len()));
                if here != wanted.get(..here.len()).unwrap_or_default() {
                    return Err(wrong(request, reply, here));
                }
                (got, line.received) = (rest, line.received + here.len());
                if line.received == reply.len() {
                    let leaves = self.pace.leaves(line.next);
                    if leaves >= self.pace.warm {
                        let took = now.saturating_duration_since(self.began + leaves).as_nanos();
                        self.latencies.push(u64::try_from(took).unwrap_or(u64::MAX));
                    }
                    (line.next, line.received) = (line.next + self.pace.connections, 0);
                    self.heard += 1;
                }
            }
            if count < buffer.len() {
                return Ok(());
            }
        }
    }
}

fn wrong(request: &[u8], reply: &[u8], got: &[u8]) -> String {
    let shown = |octets: &[u8]| encoding_rs::GBK.decode(octets).0.into_owned();
    format!(
        "a wrong reply to `{}`\n  expected `{}`\n  received `{}`",
        shown(request),
        shown(reply),
        shown(got)
    )
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn told(error: std::io::Error) -> String {
    error.to_string()
}
