//! A socket on which we ask, and what the system may still do with its octets.
//!
//! For: links that send requests. In: the limits of the exchanges under way. Out: a socket whose octets the other side gets by then
//! or never. Left to itself the system goes on with octets that nobody acknowledges for a quarter of an hour, and for minutes
//! behind a close: a debit would be booked when an enquiry has long been told that there is none. Must not know: what is asked.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;

use super::{Core, Mark};

/// What is under way on a connection that we ask on. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Owed(Arc<Mutex<UnderWay>>);

#[derive(Debug, Default)]
struct UnderWay {
    holds: Counted<Duration>,
    limits: Counted<Mark>,
    stood_still: bool,
}

/// How often each value is told, the least first. There are few at once, and their room is kept from one exchange to the next.
#[derive(Debug, Default)]
struct Counted<Value>(Vec<(Value, usize)>);

impl<Value: Ord + Copy> Counted<Value> {
    fn place(&self, value: &Value) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(value))
    }

    fn once_more(&mut self, value: Value) {
        match self.place(&value) {
            Err(place) => self.0.insert(place, (value, 1)),
            Ok(place) => {
                if let Some((_, number)) = self.0.get_mut(place) {
                    *number += 1;
                }
            }
        }
    }

    fn once_less(&mut self, value: &Value) {
        let Ok(place) = self.place(value) else { return };
        match self.0.get_mut(place) {
            Some((_, number)) if *number > 1 => *number -= 1,
            _ => drop(self.0.remove(place)),
        }
    }

    fn least(&self) -> Option<Value> {
        self.0.first().map(|(value, _)| *value)
    }
}

impl Owed {
    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An exchange with this limit begins. It is under way until what this gives is dropped: behind the connection, if it was given
    /// up, so that the connection is reset.
    #[must_use]
    pub fn begin(&self, core: &Core, until: Mark) -> Owing {
        let left = until.since(core.mark());
        let hold = hold(core.world().clock.outside(left));
        let mut under_way = self.under_way();
        under_way.holds.once_more(hold);
        under_way.limits.once_more(until);
        Owing { owed: Some(self.clone()), hold, until }
    }

    /// Whether anything is under way.
    #[must_use]
    pub fn is_owing(&self) -> bool {
        self.least().is_some()
    }

    /// The shortest time that the system may hold octets of what is under way; none: nothing is.
    fn least(&self) -> Option<Duration> {
        self.under_way().holds.least()
    }

    /// Whether the process stood still beyond the limit of an exchange, so that nothing more may leave: what is half sent, or waits
    /// unsent behind that, would come when others have long asked what became of it.
    #[must_use]
    pub fn stood_still(&self, core: &Core) -> bool {
        let mut under_way = self.under_way();
        let first = under_way.limits.least();
        under_way.stood_still |= first.is_some_and(|until| is_overdue(core, until));
        under_way.stood_still
    }
}

/// Limits are found to have passed a tenth of a second late; who finds it so much later stood still.
fn is_overdue(core: &Core, until: Mark) -> bool {
    core.world().clock.outside(core.mark().since(until)) >= Duration::from_secs(1)
}

/// One exchange under way.
#[derive(Debug)]
pub struct Owing {
    /// None: whatever comes, it is owed until the connection is gone.
    owed: Option<Owed>,
    hold: Duration,
    until: Mark,
}

impl Owing {
    /// It was given up, and who closes the connection does it later, in a task of its own: until then it is under way.
    pub fn give_up(mut self) {
        self.owed = None;
    }
}

impl Drop for Owing {
    fn drop(&mut self) {
        let Some(owed) = &self.owed else { return };
        let mut under_way = owed.under_way();
        under_way.holds.once_less(&self.hold);
        under_way.limits.once_less(&self.until);
    }
}

/// How long the system may hold octets of an exchange that has so much time left: three quarters of it, since the system looks at
/// this only when it would send once more. Rounded, so that it is seldom told anew.
fn hold(left: Duration) -> Duration {
    let hold = (left - left / 4).clamp(LEAST, MOST);
    if hold < STEP { hold } else { hold - Duration::from_nanos(nanos_above_step(hold)) }
}

fn nanos_above_step(hold: Duration) -> u64 {
    u64::try_from(hold.as_nanos() % STEP.as_nanos()).unwrap_or(0)
}

/// Nothing at all would mean to the system that it may do as it likes.
const LEAST: Duration = Duration::from_millis(1);

/// About as long as the system would go on by itself.
const MOST: Duration = Duration::from_secs(15 * 60);

/// What is rounded to.
const STEP: Duration = Duration::from_millis(100);

/// A socket on which we ask. It is reset when it goes while anything is owed on it, and when the process is killed; else it is
/// closed as usual.
pub(super) struct Asked {
    socket: TcpStream,
    owed: Owed,
    told: Option<Duration>,
}

impl Asked {
    pub(super) fn new(socket: TcpStream, owed: Owed) -> io::Result<Self> {
        socket.set_zero_linger()?;
        Ok(Self { socket, owed, told: None })
    }

    /// The socket, to read of.
    pub(super) fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// The socket, to write to: the system is told how long it may hold what is written.
    pub(super) fn bound(&mut self) -> io::Result<&mut TcpStream> {
        if let Some(least) = self.owed.least().filter(|least| self.told != Some(*least)) {
            SockRef::from(&self.socket).set_tcp_user_timeout(Some(least))?;
            self.told = Some(least);
        }
        Ok(&mut self.socket)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.owed.is_owing() {
            // Where this fails it is reset, by which nothing is lost that anybody waits for.
            SockRef::from(&self.socket).set_linger(None).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ManualClock, Moment, World};
    use super::*;

    #[tokio::test]
    async fn the_shortest_of_what_is_under_way_holds() {
        let clock = Arc::new(ManualClock::new(Moment(0)));
        let core = Core::start(World::with_clock(clock));
        let until = |seconds| core.mark().after(Duration::from_secs(seconds));
        let owed = Owed::default();
        assert_eq!(owed.least(), None);
        let long = owed.begin(&core, until(40));
        let (short, another) = (owed.begin(&core, until(5)), owed.begin(&core, until(5)));
        assert_eq!(owed.least(), Some(Duration::from_millis(3_700)));
        drop(short);
        assert_eq!(owed.least(), Some(Duration::from_millis(3_700)));
        drop(another);
        assert_eq!(owed.least(), Some(Duration::from_secs(30)));
        drop(long);
        assert_eq!(owed.least(), None);
    }

    #[test]
    fn no_time_left_is_not_for_ever() {
        assert_eq!(hold(Duration::ZERO), LEAST);
        assert_eq!(hold(Duration::MAX), MOST);
    }
}
