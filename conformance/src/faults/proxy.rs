//! Proxies that spoil real connections: between whoever connects and whoever listens, on sockets of this machine, by the same
//! weather as the network in memory.
//!
//! In: pairs of addresses, the dice, the weather. Out: connections that are refused, left unanswered, cut, closed on one side,
//! held back or garbled, and how often which. It must not know what the octets mean. Sockets are the machine's own and not the
//! world's: to cut a connection is something that only a socket can.

use super::{Counted, Dice, NetworkFault, Sealed, Weather};
use link::Core;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// The most octets that are carried at once.
const PIECE: usize = 16 << 10;

/// All proxies of a campaign; they end with the core that they run on. Clones are the same ones.
#[derive(Clone)]
pub struct Proxies {
    shared: Arc<Shared>,
}

struct Shared {
    core: Core,
    dice: Dice,
    state: Mutex<(Weather, Counted)>,
}

impl Proxies {
    /// None yet, in fair weather.
    #[must_use]
    pub fn new(core: &Core, dice: Dice) -> Self {
        Self { shared: Arc::new(Shared { core: core.clone(), dice, state: Mutex::default() }) }
    }

    /// Whoever connects to `from` reaches `to`. `sealed`: a wrong octet is found out there, so there may be one.
    ///
    /// # Errors
    /// When nobody may listen at `from`.
    pub async fn open(&self, from: &str, to: &str, sealed: Option<Sealed>) -> io::Result<()> {
        let listener = TcpListener::bind(from).await?;
        let (shared, to) = (Arc::clone(&self.shared), Arc::<str>::from(to));
        self.shared.core.spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((near, _)) => {
                        let line = Line { shared: Arc::clone(&shared), sealed: sealed.clone() };
                        let to = Arc::clone(&to);
                        shared.core.spawn(async move { line.carry(near, &to).await });
                    }
                    // The system has no room for one more connection: it may have soon.
                    Err(_) => shared.sleep(Duration::from_millis(100)).await,
                }
            }
        });
        Ok(())
    }

    /// The weather from now on.
    pub fn set_weather(&self, weather: Weather) {
        self.shared.state().0 = weather;
    }

    /// The faults made so far.
    #[must_use]
    pub fn counted(&self) -> Counted {
        self.shared.state().1.clone()
    }
}

impl std::fmt::Debug for Proxies {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Proxies").field("counted", &self.counted()).finish_non_exhaustive()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, (Weather, Counted)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Throws for a fault and counts it.
    fn falls(&self, fault: NetworkFault, of: impl Fn(&Weather) -> u16) -> bool {
        let mut state = self.state();
        let rate = of(&state.0);
        let falls = rate > 0 && self.dice.falls(rate);
        if falls {
            *state.1.entry(fault).or_default() += 1;
        }
        falls
    }

    async fn sleep(&self, span: Duration) {
        self.core.world().clock.sleep_until(self.core.mark().after(span)).await;
    }
}

/// Both sides are told that the connection is no more.
struct Cut;

impl From<io::Error> for Cut {
    fn from(_: io::Error) -> Self {
        Cut
    }
}

/// One connection.
struct Line {
    shared: Arc<Shared>,
    sealed: Option<Sealed>,
}

impl Line {
    async fn carry(&self, mut near: TcpStream, to: &str) {
        let shared = &self.shared;
        if shared.falls(NetworkFault::Deaf, |weather| weather.deaf) {
            let _ended = swallow(&mut near.split().0).await;
            return;
        }
        let refused = shared.falls(NetworkFault::Refuse, |weather| weather.refuse);
        let far = if refused { None } else { TcpStream::connect(to).await.ok() };
        let Some(mut far) = far else {
            let _reset = near.set_zero_linger();
            return;
        };
        let carried = {
            let ((near_in, near_out), (far_in, far_out)) = (near.split(), far.split());
            tokio::try_join!(self.way(near_in, far_out), self.way(far_in, near_out))
        };
        if carried.is_err() {
            let _reset = (near.set_zero_linger(), far.set_zero_linger());
        }
    }

    /// One direction, until it ends.
    async fn way(&self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> Result<(), Cut> {
        let shared = &self.shared;
        let (mut piece, mut held) = (vec![0; PIECE], false);
        loop {
            let length = from.read(&mut piece).await?;
            let octets = piece.get_mut(..length).unwrap_or_default();
            if octets.is_empty() {
                to.shutdown().await?;
                return Ok(());
            }
            if shared.falls(NetworkFault::Vanish, |weather| weather.vanish) {
                return Ok(swallow(&mut from).await?);
            }
            // Once for a connection: what is late in many pieces would come later than the weather allows.
            if !held && shared.falls(NetworkFault::Delay, |weather| weather.delay) {
                held = true;
                let late = Duration::from_secs(u64::from(shared.state().0.late));
                shared.sleep(shared.dice.span(Duration::ZERO, late)).await;
            }
            let covered = self.sealed.as_ref().is_some_and(|sealed| sealed.covers(octets));
            if covered && shared.falls(NetworkFault::Corrupt, |weather| weather.corrupt) {
                let place = usize::try_from(shared.dice.below(length as u64)).unwrap_or(0);
                if let Some(octet) = octets.get_mut(place) {
                    *octet ^= 1 << shared.dice.below(7);
                }
            }
            if shared.falls(NetworkFault::Cut, |weather| weather.cut) {
                let kept = usize::try_from(shared.dice.below(length as u64)).unwrap_or(0);
                to.write_all(octets.get(..kept).unwrap_or_default()).await?;
                return Err(Cut);
            }
            to.write_all(octets).await?;
            if shared.falls(NetworkFault::HalfClose, |weather| weather.half_close) {
                to.shutdown().await?;
                return Ok(swallow(&mut from).await?);
            }
        }
    }
}

/// Takes what comes and lets nobody have it, until nothing more comes.
async fn swallow(from: &mut ReadHalf<'_>) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    while from.read(&mut piece).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use link::World;

    /// A listener that answers with what it gets, a proxy before it, and a connection through both.
    async fn through(weather: Weather, sealed: bool) -> (Proxies, TcpStream, link::CoreOwner) {
        let owner = Core::start(World::real());
        let there = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = there.local_addr().unwrap().to_string();
        owner.core().spawn(async move {
            while let Ok((mut stream, _)) = there.accept().await {
                let (mut read, mut write) = stream.split();
                let _ended = tokio::io::copy(&mut read, &mut write).await;
            }
        });
        let proxies = Proxies::new(&owner.core(), Dice::new(7));
        let from = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
        proxies.open(&from, &to, sealed.then(Sealed::default)).await.unwrap();
        proxies.set_weather(weather);
        (proxies, TcpStream::connect(&from).await.unwrap(), owner)
    }

    async fn answer(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
        stream.write_all(b"0123456789").await?;
        stream.shutdown().await?;
        let mut back = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(1), stream.read_to_end(&mut back)).await;
        read.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?.map(|_| back)
    }

    async fn of(weather: Weather, fault: NetworkFault) -> Result<Vec<u8>, io::ErrorKind> {
        let (proxies, mut stream, _owner) = through(weather, true).await;
        let answer = answer(&mut stream).await.map_err(|error| error.kind());
        assert!(proxies.counted().get(&fault).is_some_and(|times| *times > 0), "{fault:?}");
        answer
    }

    #[tokio::test]
    async fn in_fair_weather_everything_comes_through() {
        let (proxies, mut stream, _owner) = through(Weather::default(), true).await;
        assert_eq!(answer(&mut stream).await.unwrap(), b"0123456789");
        assert!(proxies.counted().is_empty());
    }

    #[tokio::test]
    async fn each_fault_does_what_it_is_called() {
        let (always, fair) = (10_000, Weather::default());
        let silence = io::ErrorKind::TimedOut;
        // Where the word of it is met, in writing or in reading, is the system's to say.
        let cut = |answer: Result<Vec<u8>, io::ErrorKind>| answer.is_err_and(|kind| kind != silence);
        assert!(cut(of(Weather { refuse: always, ..fair }, NetworkFault::Refuse).await));
        assert!(cut(of(Weather { cut: always, ..fair }, NetworkFault::Cut).await));
        assert_eq!(of(Weather { vanish: always, ..fair }, NetworkFault::Vanish).await, Err(silence));
        let whole = b"0123456789".to_vec();
        assert_eq!(
            of(Weather { half_close: always, ..fair }, NetworkFault::HalfClose).await,
            Ok(whole.clone())
        );
        assert_eq!(
            of(Weather { delay: always, late: 0, ..fair }, NetworkFault::Delay).await,
            Ok(whole.clone())
        );
        let garbled = of(Weather { corrupt: always, ..fair }, NetworkFault::Corrupt).await;
        assert!(garbled.as_ref().is_ok_and(|octets| octets.len() == whole.len()), "{garbled:?}");
    }

    #[tokio::test]
    async fn who_is_not_answered_hears_nothing() {
        let weather = Weather { deaf: 10_000, ..Weather::default() };
        let (proxies, mut stream, _owner) = through(weather, false).await;
        stream.write_all(b"0").await.unwrap();
        let read = tokio::time::timeout(Duration::from_millis(200), stream.read(&mut [0])).await;
        assert!(read.is_err());
        assert_eq!(proxies.counted().get(&NetworkFault::Deaf), Some(&1));
    }
}
