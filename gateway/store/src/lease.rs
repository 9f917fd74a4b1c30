//! Who writes a journal, and until when, where several nodes may: the lease, whatever keeps the row of its holder.
//!
//! A lease is renewed at a third of its length, by the writer itself, so that a process that stands still renews nothing.
//! Take-over ends the session of the holder before, raises the epoch, and so fences whatever that one sends late. Moments
//! in the row are of the store's clock; what the holder knows of its own lease goes by the node's. In: a [`HolderRow`],
//! whose changes are each made as one. Out: [`Holding`], and until when it is so. It must not know what is written.

use crate::held::Held;
use crate::model::Day;
use crate::monotonic::Monotonic;
use std::cell::Cell;
use std::time::Duration;

/// How long a store that is not reached is tried to be reached before its holder ends: long enough for another to be put in
/// its place.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// What opening came to, where several nodes may hold a journal.
pub enum Opened<Holder> {
    /// We hold it.
    Holds(Box<Holder>),
    /// Another node does; to be tried again.
    Waits {
        /// Which node.
        node: String,
    },
}

/// The journal is ours.
pub(crate) struct Holding {
    pub(crate) epoch: u64,
    pub(crate) oldest: Day,
}

/// The row of the holder, as one sees it who does not hold the journal.
pub(crate) struct Seen {
    pub(crate) node: String,
    pub(crate) epoch: u64,
    /// By the store's clock the lease has ended.
    pub(crate) over: bool,
}

/// The row that says who holds the journal. Each change of it holds wholly or not at all, whoever else changes it.
pub(crate) trait HolderRow {
    type Fault;
    /// Makes the row with the first epoch, if there is none yet.
    fn make(&self, node: &str, length: Duration) -> Result<Option<Holding>, Self::Fault>;
    fn seen(&self) -> Result<Seen, Self::Fault>;
    /// Ends the session that the holder of now writes by, if it is not this one.
    fn end_session(&self) -> Result<(), Self::Fault>;
    /// Raises the epoch after this one, if it still is the holder's and the holder is this node or its lease over.
    fn succeed(&self, node: &str, epoch: u64, length: Duration) -> Result<Option<Holding>, Self::Fault>;
    /// Moves the end of the lease on, if the epoch is the holder's.
    fn renew(&self, epoch: u64, length: Duration) -> Result<bool, Self::Fault>;
    /// The same over a new session, which is noted.
    fn renew_here(&self, epoch: u64, length: Duration) -> Result<bool, Self::Fault>;
    fn epoch(&self) -> Result<u64, Self::Fault>;
}

/// The lease of one holder, as it knows it.
pub(crate) struct Lease {
    length: Duration,
    clock: Monotonic,
    /// A moment before the last renewal was asked for.
    renewed: Cell<Duration>,
    held: Held,
}

/// What a renewal came to, which is believed only where what it was asked for in is durable.
#[must_use]
pub(crate) struct Renewed {
    /// The epoch that stands there.
    pub(crate) epoch: u64,
    /// A moment before it was asked for; none: another holds the journal.
    since: Option<Duration>,
}

/// What a take-over came to.
pub(crate) enum Taken {
    Ours(Holding),
    Others(String),
}

impl Lease {
    pub(crate) fn new(length: Duration, clock: Monotonic) -> Self {
        Self { length, renewed: Cell::new(clock.now()), held: Held::new(clock.clone()), clock }
    }

    /// Until when it is held, for whoever must know without asking the store.
    pub(crate) fn held(&self) -> Held {
        self.held.clone()
    }

    /// Held since a moment before it was asked for. What is begun in the last sixth of it could end after it.
    fn is_held(&self, before: Duration) {
        self.renewed.set(before);
        self.held.until(before + self.length - self.length / 6);
    }

    fn since_renewed(&self) -> Duration {
        self.clock.now().saturating_sub(self.renewed.get())
    }

    pub(crate) fn is_due(&self) -> bool {
        self.since_renewed() >= self.length / 3
    }

    /// Until it is due.
    pub(crate) fn next(&self) -> Duration {
        (self.length / 3).saturating_sub(self.since_renewed())
    }

    /// Takes the journal over if nobody holds it, its holder's lease is over, or its holder is this same node, which was
    /// started again.
    pub(crate) fn take_over<R: HolderRow>(&self, row: &R, node: &str) -> Result<Taken, R::Fault> {
        let before = self.clock.now();
        let holding = match row.make(node, self.length)? {
            Some(holding) => holding,
            None => {
                let Seen { node: holder, epoch, over } = row.seen()?;
                if holder != node && !over {
                    return Ok(Taken::Others(holder));
                }
                row.end_session()?;
                match row.succeed(node, epoch, self.length)? {
                    Some(holding) => holding,
                    None => return Ok(Taken::Others(holder)),
                }
            }
        };
        self.is_held(before);
        Ok(Taken::Ours(holding))
    }

    /// Renews it if it is still ours. It may be asked for inside a transaction that never commits: nothing is held by it
    /// until [`Lease::is_renewed`] says so.
    pub(crate) fn renew<R: HolderRow>(&self, row: &R, epoch: u64) -> Result<Renewed, R::Fault> {
        let before = self.clock.now();
        if row.renew(epoch, self.length)? {
            return Ok(Renewed { epoch, since: Some(before) });
        }
        Ok(Renewed { epoch: row.epoch()?, since: None })
    }

    /// What a renewal was asked for in is durable.
    pub(crate) fn is_renewed(&self, renewed: &Renewed) {
        if let Some(before) = renewed.since {
            self.is_held(before);
        }
    }

    /// On a new connection of the same holder: ends the session before, waits until its transaction is over, and notes
    /// the new one. Nothing is changed where another holds the journal by now; the next write finds that out. Each change
    /// must be a transaction of its own.
    pub(crate) fn hold_again<R: HolderRow>(&self, row: &R, epoch: u64) -> Result<(), R::Fault> {
        let before = self.clock.now();
        if row.epoch()? != epoch {
            return Ok(());
        }
        row.end_session()?;
        if row.renew_here(epoch, self.length)? {
            self.is_held(before);
        }
        Ok(())
    }
}
