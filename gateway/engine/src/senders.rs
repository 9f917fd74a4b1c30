//! Who may still send what the journal says was sent: each process that held it under a lease, and when that ended for certain
//! (`flows.md` 6). A process that was paused and lost its lease writes nothing more, but a copy that it was about to send may leave
//! whenever it goes on. So a quiet time counts from its certain end, not from the end of its lease.
//!
//! In: a [`Witness`], which knows processes and can say that one has ended. Out: of a copy, by the write that its intent stands in,
//! whether its sender has ended and when. A journal that one machine's file lock guards has no such senders: its lock is had only
//! when the process before is gone. It must not know how an end is seen, nor what a copy is of.

mod roll;

pub use roll::{Process, Standing};

use crate::engine::Engine;
use roll::Roll;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Change, Fatal, Lane, OperationState, Session, StateRow, Verdict};
use tokio::sync::Notify;

/// Where the roll stands in the journal: beside the sessions of parties, none of which is named so.
const PARTY: &str = "";
const NAME: &str = "senders";
/// Between two looks whether a process has ended; each time twice as long, up to so long.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// What is seen of a process that held the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It has ended for certain: nothing leaves it any more.
    Ended,
    /// Not yet, or it cannot be told now: to be asked again.
    NotYet,
    /// Nobody here will ever be able to tell.
    Never,
}

/// Knows processes. What it is asked may take a while, within a bound of its own.
pub trait Witness: Send + Sync {
    /// This process, under the node's name.
    fn own(&self, node: &str) -> Process;
    /// What is seen of another.
    fn seen(&self, process: &Process) -> Seen;
}

/// A witness who knows nobody: of what another process sent, no end is ever seen.
pub(crate) struct NoWitness;

impl Witness for NoWitness {
    fn own(&self, node: &str) -> Process {
        Process { node: node.to_owned(), ..Process::default() }
    }

    fn seen(&self, _: &Process) -> Seen {
        Seen::Never
    }
}

/// What this process knows of all that may still send.
pub struct Senders {
    witness: Arc<dyn Witness>,
    roll: Mutex<Roll>,
    changed: Notify,
}

impl Senders {
    /// Knows of nobody yet.
    pub(crate) fn new(witness: Arc<dyn Witness>) -> Self {
        Self { witness, roll: Mutex::default(), changed: Notify::new() }
    }

    fn roll(&self) -> MutexGuard<'_, Roll> {
        self.roll.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of who sent the copies of a step, by the states that its flow was in.
    #[must_use]
    pub fn standing(&self, step: &str, states: &[StateRow]) -> Standing {
        self.roll().standing(&copies(step, states))
    }

    /// The same of the copies of its reversal. None of them is taken for given up by who sent it: when that was is not written down.
    #[must_use]
    pub fn standing_of_reversals(&self, step: &str, states: &[StateRow]) -> Standing {
        let own = |row: &&StateRow| {
            let name = crate::driver::recover::RowName::of(&row.name);
            name.step == step && name.back
        };
        let copies: Vec<_> = states.iter().filter(own).map(|row| (row.sequence, None)).collect();
        self.roll().standing(&copies)
    }

    /// Whether every process before this one has ended.
    #[must_use]
    pub fn all_ended(&self) -> bool {
        self.roll().open().next().is_none()
    }

    /// Processes before this one whose end nobody has seen, in words.
    #[must_use]
    pub fn open(&self) -> Vec<String> {
        self.roll().open().map(ToString::to_string).collect()
    }

    /// The nodes that these are of.
    #[must_use]
    pub fn nodes(&self) -> Vec<String> {
        let roll = self.roll();
        let node = |holder: &roll::Holder| holder.node().to_owned();
        roll.open().map(node).collect()
    }

    /// Waits until whoever sent the copies of a step has ended; false where nobody can ever tell.
    pub(crate) async fn ended(&self, step: &str, states: &[StateRow]) -> bool {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.standing(step, states) {
                Standing::Ended(_) => return true,
                Standing::Unseen => return false,
                Standing::MaySend => changed.await,
            }
        }
    }
}

/// The copies of a step: the write of each intent, and that of the state behind it.
fn copies(step: &str, states: &[StateRow]) -> Vec<(u64, Option<u64>)> {
    let own = |row: &&StateRow| {
        let name = crate::driver::recover::RowName::of(&row.name);
        name.step == step && !name.back
    };
    let own: Vec<&StateRow> = states.iter().filter(own).collect();
    let copy = |(place, row): (usize, &&StateRow)| {
        let behind = own.get(place.saturating_add(1)).map(|row| row.sequence);
        (row.state == OperationState::Intent).then_some((row.sequence, behind))
    };
    own.iter().enumerate().filter_map(copy).collect()
}

impl Engine {
    /// Writes down that this process may send from now on, before it sends anything, and looks who else may.
    ///
    /// # Errors
    /// When the journal cannot be read or takes nothing.
    pub(crate) async fn begin_to_send(self: &Arc<Self>) -> Result<(), Fatal> {
        if !self.journal.is_leased() {
            return Ok(());
        }
        let node = self.deployment.load().node.clone();
        let read = self.journal.read(|reader| Ok((reader.sequence()?, reader.session(PARTY, NAME)?)));
        let (sequence, stored) = read.await?;
        let mut roll = Roll::read(stored.map(|stored| stored.values).as_deref(), sequence)?;
        roll.begin(sequence.saturating_add(1), self.senders.witness.own(&node));
        *self.senders.roll() = roll;
        self.look_at_senders().await;
        self.keep_roll().await?;
        for left in self.senders.open() {
            tracing::warn!(
                left,
                "it held the journal before, and its end is not known: nothing counts as never seen that it sent"
            );
        }
        if !self.senders.all_ended() {
            self.core.spawn(Arc::clone(self).watch_senders());
        }
        Ok(())
    }

    /// Asks of every process that may still send, until each has ended or nobody can tell.
    async fn watch_senders(self: Arc<Self>) {
        let mut pause = FIRST;
        while self.senders.roll().waits() && self.goes_on() {
            self.core.deadline(self.core.mark().after(pause)).await;
            pause = (pause * 2).min(LONGEST);
            if self.look_at_senders().await
                && let Err(fatal) = self.keep_roll().await
            {
                return self.fail(&fatal);
            }
        }
    }

    /// Whether anything is known that was not.
    async fn look_at_senders(&self) -> bool {
        let asked: Vec<Process> = self.senders.roll().waiting().cloned().collect();
        let mut news = false;
        for process in asked {
            let (witness, of) = (Arc::clone(&self.senders.witness), process.clone());
            let seen = self.core.offload(move || witness.seen(&of)).await.unwrap_or(Seen::NotYet);
            if seen == Seen::NotYet {
                continue;
            }
            if seen == Seen::Ended {
                tracing::info!(%process, "it has ended for certain");
            }
            news = true;
            self.senders.roll().saw(&process, seen, self.journal.now());
            self.senders.changed.notify_waiters();
        }
        news
    }

    async fn keep_roll(&self) -> Result<(), Fatal> {
        let values = self.senders.roll().encode();
        let session = Some(Session { values, until: None });
        let change = Change::PutSession { party: PARTY.to_owned(), name: NAME.to_owned(), session };
        match self.journal.write(Lane::Outcome, self.today(), vec![change]).await? {
            Verdict::Ok(_) => Ok(()),
            // Who is not written down must not send: who comes after would believe that nobody did.
            verdict => Err(Fatal::Disk {
                path: "journal".to_owned(),
                why: format!("that this process may send cannot be written: {verdict:?}"),
            }),
        }
    }
}
