//! A network in memory. Whoever connects and whoever listens hold two ends of a cable; what goes through it takes its time,
//! and by the weather vanishes, is cut, comes late or is not what was sent.
//!
//! In: addresses as texts, the dice and the weather of a seed. Out: streams for `link::world::Net`, and how often which
//! fault was made. What one end has written and the other has not read when a side dies still arrives, as with sockets.

use super::{Dice, Sealed, SimulatedClock, Weather};
use link::World;
use link::world::{BoxFuture, Clock, Listener, Mark, Net, Sleep, Stream};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;

/// Connections that wait to be accepted.
const WAITING: usize = 256;
/// How long a piece is on its way when nothing is wrong.
const USUAL: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(8));

/// What was done to a connection or to a piece of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NetworkFault {
    /// A connection refused.
    Refuse,
    /// A connection that is never answered.
    Deaf,
    /// A piece vanished, with all behind it.
    Vanish,
    /// Cut within a piece.
    Cut,
    /// One side ended.
    HalfClose,
    /// Held back.
    Delay,
    /// Another octet.
    Corrupt,
}

impl NetworkFault {
    /// Every one.
    pub const ALL: [Self; 7] =
        [Self::Refuse, Self::Deaf, Self::Vanish, Self::Cut, Self::HalfClose, Self::Delay, Self::Corrupt];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            NetworkFault::Refuse => "refused connection",
            NetworkFault::Deaf => "connection not answered",
            NetworkFault::Vanish => "vanished octets",
            NetworkFault::Cut => "cut connection",
            NetworkFault::HalfClose => "half-closed connection",
            NetworkFault::Delay => "late octets",
            NetworkFault::Corrupt => "corrupted octets",
        }
    }
}

/// When, counted from its sending, something happens at who sent a message and has heard nothing: a time limit, a repeat, a question, a
/// reversal. What arrives right behind such a moment crosses it.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    /// The moments.
    pub at: Vec<Duration>,
    /// The longest that a request is under way: in any weather it arrives before its party's quiet time is over.
    pub longest: Duration,
}

/// How much behind such a moment, at most.
const BEHIND: Duration = Duration::from_secs(3);

/// How often each fault was made.
pub type Counted = BTreeMap<NetworkFault, u64>;

/// The most faults that are kept with their time and place; further ones are only counted.
const KEPT: usize = 200_000;

/// A fault that was made.
#[derive(Clone, Debug)]
pub struct Fell {
    /// When.
    pub at: Mark,
    /// The address that was connected to.
    pub address: Arc<str>,
    /// Which.
    pub fault: NetworkFault,
}

/// The network; clones are the same one.
#[derive(Clone)]
pub struct Network {
    shared: Arc<Shared>,
}

struct Shared {
    clock: SimulatedClock,
    dice: Dice,
    state: Mutex<State>,
}

/// Who takes connections at an address.
struct Listens {
    machine: Arc<str>,
    give: mpsc::Sender<Stream>,
}

#[derive(Default)]
struct State {
    /// By address, who listens there, the newest last.
    listening: BTreeMap<String, Vec<Listens>>,
    /// Addresses whose messages are sealed, so that a wrong octet is seen.
    sealed: BTreeMap<String, Sealed>,
    weather: Weather,
    /// Of addresses where they are known.
    moments: BTreeMap<String, Moments>,
    /// Addresses on whose lines pieces are held back so often, of ten thousand, whatever the weather.
    slow: BTreeMap<String, u16>,
    /// Weather of addresses of their own, beside that of all: the worse of the two counts.
    local: BTreeMap<String, Weather>,
    counted: Counted,
    fell: Vec<Fell>,
    next: u16,
}

impl Network {
    /// A network with fair weather.
    #[must_use]
    pub fn new(clock: SimulatedClock, dice: Dice) -> Self {
        let state = State { next: 20_000, ..State::default() };
        Self { shared: Arc::new(Shared { clock, dice, state: Mutex::new(state) }) }
    }

    /// A world of this network and its clock: work that takes long is done in place.
    #[must_use]
    pub fn world(&self, random: Arc<dyn link::world::Random>) -> World {
        World {
            clock: Arc::new(self.shared.clock.clone()),
            net: Arc::new(self.clone()),
            random,
            files: Arc::new(link::world::RealFiles),
            offload: Arc::new(link::world::Inline),
            pace: None,
        }
    }

    /// The weather from now on.
    pub fn set_weather(&self, weather: Weather) {
        self.shared.state().weather = weather;
    }

    /// What comes late to or from this address may come right behind these.
    pub fn knows(&self, address: &str, moments: Moments) {
        self.shared.state().moments.insert(address.to_owned(), moments);
    }

    /// On the lines of these addresses, and of no other, pieces are held back so often of ten thousand from now on.
    pub fn slow(&self, lines: BTreeMap<String, u16>) {
        self.shared.state().slow = lines;
    }

    /// On the lines of these addresses, and of no other, there is this weather too from now on.
    pub fn set_local(&self, local: BTreeMap<String, Weather>) {
        self.shared.state().local = local;
    }

    /// Listens on a machine. The same address may be listened at on another, not twice on one.
    pub(super) fn listen_on(&self, machine: &str, address: &str) -> io::Result<Box<dyn Listener>> {
        let (give, take) = mpsc::channel(WAITING);
        let mut state = self.shared.state();
        let address = match address.strip_suffix(":0") {
            Some(host) => {
                state.next = state.next.checked_add(1).unwrap_or(20_000);
                format!("{host}:{}", state.next)
            }
            None => address.to_owned(),
        };
        let all = state.listening.entry(address.clone()).or_default();
        all.retain(|known| !known.give.is_closed());
        if all.iter().any(|known| machine == &*known.machine) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        all.push(Listens { machine: machine.into(), give });
        Ok(Box::new(Listening { take, address }))
    }

    /// Messages to and from this address are sealed: what is corrupted is found out.
    pub fn is_sealed(&self, address: &str, sealed: Sealed) {
        self.shared.state().sealed.insert(address.to_owned(), sealed);
    }

    /// Faults with their time and place, in order.
    #[must_use]
    pub fn fell(&self) -> Vec<Fell> {
        self.shared.state().fell.clone()
    }

    /// The faults made so far.
    #[must_use]
    pub fn counted(&self) -> Counted {
        self.shared.state().counted.clone()
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Network").field("counted", &self.counted()).finish_non_exhaustive()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Throws for a fault and counts it.
    fn falls(&self, fault: NetworkFault, address: &Arc<str>, of: impl Fn(&Weather) -> u16) -> bool {
        let mut state = self.state();
        let rate = of(&state.weather).max(state.local.get(&**address).map_or(0, of));
        let falls = rate > 0 && self.dice.falls(rate);
        if falls {
            *state.counted.entry(fault).or_default() += 1;
            if state.fell.len() < KEPT {
                state.fell.push(Fell { at: self.clock.mark(), address: Arc::clone(address), fault });
            }
        }
        falls
    }

    /// How long a connection takes, or a piece of one (`piece`: whether it is of a request).
    fn on_its_way(&self, address: &Arc<str>, piece: Option<bool>) -> Duration {
        let slow = self.state().slow.get(&**address).copied().filter(|_| piece.is_some()).unwrap_or(0);
        if !self.falls(NetworkFault::Delay, address, |weather| weather.delay.max(slow)) {
            return self.dice.span(USUAL.0, USUAL.1);
        }
        let (late, crossing, moments) = {
            let state = self.state();
            let late = Duration::from_secs(u64::from(state.weather.late));
            let local = state.local.get(&**address).is_some_and(|local| local.delay > 0);
            (late, state.weather.crossing || slow > 0 || local, state.moments.get(&**address).cloned())
        };
        match (piece, moments) {
            (Some(asks), Some(moments)) if crossing => self.crossing(&moments, asks),
            // What a party promises of its quiet time holds in any weather.
            (Some(true), Some(moments)) => self.dice.span(USUAL.1, late.min(moments.longest).max(USUAL.1)),
            _ => self.dice.span(USUAL.1, late.max(USUAL.1)),
        }
    }

    /// Right behind a moment; a request no later than it may come.
    fn crossing(&self, moments: &Moments, asks: bool) -> Duration {
        let within = moments.at.iter().filter(|at| !asks || **at < moments.longest);
        let count = within.clone().count() as u64;
        let chosen = usize::try_from(self.dice.below(count.max(1))).unwrap_or(0);
        let chosen = within.clone().nth(chosen).copied().unwrap_or(USUAL.1);
        let delay = chosen + self.dice.span(USUAL.0, BEHIND);
        if asks { delay.min(moments.longest) } else { delay }
    }
}

impl Net for Network {
    fn connect<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Stream>> {
        Box::pin(async move {
            let shared = &self.shared;
            let whom: Arc<str> = address.into();
            shared.clock.sleep_until(shared.clock.mark().after(shared.on_its_way(&whom, None))).await;
            if shared.falls(NetworkFault::Deaf, &whom, |weather| weather.deaf) {
                std::future::pending::<()>().await;
            }
            let refused = shared.falls(NetworkFault::Refuse, &whom, |weather| weather.refuse);
            let (there, sealed, number) = {
                let mut state = shared.state();
                state.next = state.next.checked_add(2).unwrap_or(20_000);
                let there = state.listener(address);
                (there, state.sealed.get(address).cloned(), state.next)
            };
            let Some(there) = there.filter(|_| !refused) else {
                return Err(io::ErrorKind::ConnectionRefused.into());
            };
            let way = |asks, number| Way::new(shared, &whom, (sealed.clone(), asks), number);
            let (out, back) = (way(true, number), way(false, number.wrapping_add(1)));
            let ours = End { reads: Arc::clone(&back), writes: Arc::clone(&out), sleep: None, closed: false };
            let theirs = End { reads: out, writes: back, sleep: None, closed: false };
            let accepted = Stream::made(Box::new(theirs), format!("10.0.0.1:{number}"));
            there.try_send(accepted).map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
            Ok(Stream::made(Box::new(ours), address.to_owned()))
        })
    }

    fn listen<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Listener>>> {
        Box::pin(async move { self.listen_on("", address) })
    }
}

impl State {
    /// Who is connected to: at an address of all machines the one that listened last, as an address that moves with
    /// whoever is at work; behind a machine's name and a slash that machine.
    fn listener(&self, address: &str) -> Option<mpsc::Sender<Stream>> {
        let (machine, address) =
            address.split_once('/').map_or((None, address), |(machine, own)| (Some(machine), own));
        let mut all = self.listening.get(address)?.iter().rev();
        let here = |known: &&Listens| {
            !known.give.is_closed() && machine.is_none_or(|machine| machine == &*known.machine)
        };
        all.find(here).map(|known| known.give.clone())
    }
}

struct Listening {
    take: mpsc::Receiver<Stream>,
    address: String,
}

impl Listener for Listening {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(async move {
            match self.take.recv().await {
                Some(stream) => Ok(stream),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            }
        })
    }

    fn address(&self) -> String {
        self.address.clone()
    }
}

/// How a way ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ends {
    /// Nothing more comes.
    Quietly,
    /// The connection was reset.
    Reset,
}

/// One direction of a cable.
struct Way {
    shared: Arc<Shared>,
    address: Arc<str>,
    sealed: Option<Sealed>,
    /// It leads from whoever connected.
    asks: bool,
    /// How long the word of an end is on its way. By the connection's number and no throw: in which order a process that
    /// dies lets go of its connections is nobody's to say.
    word: Duration,
    pieces: Mutex<Pieces>,
}

#[derive(Default)]
struct Pieces {
    /// What is on its way, and when each arrives.
    coming: VecDeque<(Mark, Vec<u8>)>,
    /// What has arrived and is not read yet.
    here: VecDeque<u8>,
    /// When and how it ends.
    ends: Option<(Mark, Ends)>,
    /// All that is written from now on vanishes.
    vanishes: bool,
    /// When the last piece arrives: nothing overtakes another.
    last: Mark,
    reader: Option<Waker>,
}

impl Way {
    fn new(
        shared: &Arc<Shared>,
        address: &Arc<str>,
        (sealed, asks): (Option<Sealed>, bool),
        number: u16,
    ) -> Arc<Self> {
        let word = USUAL.0 + Duration::from_micros(u64::from(number) * 13 % 7_000);
        Arc::new(Self {
            shared: Arc::clone(shared),
            address: Arc::clone(address),
            sealed,
            asks,
            word,
            pieces: Mutex::default(),
        })
    }

    fn pieces(&self) -> MutexGuard<'_, Pieces> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the way behind what is on it; what ended before stays so.
    fn end(&self, how: Ends) {
        let mut pieces = self.pieces();
        let at = pieces.last.max(self.shared.clock.mark().after(self.word));
        if pieces.ends.is_none() && !pieces.vanishes {
            pieces.ends = Some((at, how));
        }
        wake(&mut pieces);
    }
}

fn wake(pieces: &mut Pieces) {
    if let Some(reader) = pieces.reader.take() {
        reader.wake();
    }
}

/// One end of a cable. Dropped, it closes both ways, as a process that dies.
struct End {
    reads: Arc<Way>,
    writes: Arc<Way>,
    sleep: Option<(Mark, Sleep)>,
    /// This end writes no more.
    closed: bool,
}

impl End {
    /// Puts a piece on its way; gives the fault that cuts the cable, if one does.
    fn send(&self, octets: &[u8]) -> Option<NetworkFault> {
        let (way, shared) = (&self.writes, &self.writes.shared);
        let falls = |fault, of: fn(&Weather) -> u16| shared.falls(fault, &way.address, of);
        let vanishes = falls(NetworkFault::Vanish, |weather| weather.vanish);
        let cut = falls(NetworkFault::Cut, |weather| weather.cut);
        let mut octets = octets.to_vec();
        let covered = way.sealed.as_ref().is_some_and(|sealed| sealed.covers(&octets));
        if covered && falls(NetworkFault::Corrupt, |weather| weather.corrupt) {
            let place = usize::try_from(shared.dice.below(octets.len() as u64)).unwrap_or(0);
            if let Some(octet) = octets.get_mut(place) {
                *octet ^= 1 << shared.dice.below(7);
            }
        }
        if cut {
            let kept = usize::try_from(shared.dice.below(octets.len() as u64 + 1)).unwrap_or(0);
            octets.truncate(kept);
        }
        let at = shared.clock.mark().after(shared.on_its_way(&way.address, Some(way.asks)));
        let mut pieces = way.pieces();
        if vanishes || pieces.vanishes {
            pieces.vanishes = true;
            return None;
        }
        pieces.last = pieces.last.max(at);
        let at = pieces.last;
        if pieces.ends.is_none() {
            pieces.coming.push_back((at, octets));
        }
        wake(&mut pieces);
        drop(pieces);
        if cut {
            return Some(NetworkFault::Cut);
        }
        falls(NetworkFault::HalfClose, |weather| weather.half_close).then_some(NetworkFault::HalfClose)
    }
}

impl AsyncRead for End {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let reads = Arc::clone(&self.reads);
        loop {
            let now = reads.shared.clock.mark();
            let next = {
                let mut pieces = reads.pieces();
                while pieces.coming.front().is_some_and(|(at, _)| *at <= now) {
                    if let Some((_, octets)) = pieces.coming.pop_front() {
                        pieces.here.extend(octets);
                    }
                }
                if !pieces.here.is_empty() {
                    let most = into.remaining().min(pieces.here.len());
                    let octets: Vec<u8> = pieces.here.drain(..most).collect();
                    into.put_slice(&octets);
                    return Poll::Ready(Ok(()));
                }
                match (pieces.coming.front().map(|(at, _)| *at), pieces.ends) {
                    (None, Some((at, Ends::Quietly))) if at <= now => return Poll::Ready(Ok(())),
                    (None, Some((at, Ends::Reset))) if at <= now => {
                        return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
                    }
                    (Some(at), _) | (None, Some((at, _))) => {
                        pieces.reader = Some(context.waker().clone());
                        at
                    }
                    (None, None) => {
                        pieces.reader = Some(context.waker().clone());
                        return Poll::Pending;
                    }
                }
            };
            if self.sleep.as_ref().is_none_or(|(at, _)| *at != next) {
                self.sleep = Some((next, reads.shared.clock.sleep_until(next)));
            }
            let Some((_, sleep)) = &mut self.sleep else { return Poll::Pending };
            match sleep.as_mut().poll(context) {
                Poll::Ready(()) => self.sleep = None,
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl AsyncWrite for End {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        // That the other side is gone is known here only when the word of it has come.
        let now = self.writes.shared.clock.mark();
        if self.closed || self.writes.pieces().ends.is_some_and(|(at, _)| at <= now) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if from.is_empty() {
            return Poll::Ready(Ok(0));
        }
        match self.send(from) {
            Some(NetworkFault::Cut) => {
                self.writes.end(Ends::Reset);
                self.reads.end(Ends::Reset);
            }
            Some(_) => {
                self.closed = true;
                self.writes.end(Ends::Quietly);
            }
            None => {}
        }
        Poll::Ready(Ok(from.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.closed = true;
        self.writes.end(Ends::Quietly);
        Poll::Ready(Ok(()))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.writes.end(Ends::Quietly);
        // Who writes to a side that is gone is told so.
        self.reads.end(Ends::Reset);
    }
}
