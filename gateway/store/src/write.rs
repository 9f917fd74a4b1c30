//! What is written: a [`Write`] is plain data that a store takes whole or not at all.

use crate::days::{Carried, KeepFrom};
use crate::held::Held;
use crate::model::{Day, Direction, End, FlowId, Key, Moment, OperationState};
use crate::parameter::{ParameterDecided, ParameterProposed};
use crate::read::Reader;
use std::time::Duration;
use thiserror::Error;

/// A store. One caller at a time; [`crate::Writer`] gives it a thread and a queue.
pub trait Store: Send {
    /// Takes each write whose conditions hold, in order, makes all that was taken durable at once, and says for
    /// each what became of it. Nothing of a write that was not taken remains.
    ///
    /// # Errors
    /// When it is not known what is on disk. The process must end and recover; calling again only repeats it.
    fn commit(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fatal>;

    /// A reader of what was committed, independent of this store's writing.
    ///
    /// # Errors
    /// When the store cannot be opened for reading.
    fn reader(&self) -> Result<Box<dyn Reader>, Fatal>;

    /// The epoch that this holder writes under. Opening a store raises it, so that an older holder is fenced.
    fn epoch(&self) -> u64;

    /// Until when it is ours for certain, where another may take it over; `None`: for ever.
    fn held(&self) -> Option<Held> {
        None
    }

    /// Whether what it writes to is reached now: asked by a writer without a thread, which cannot wait inside a commit. A
    /// store that waits by itself is always reached.
    ///
    /// # Errors
    /// As [`Store::commit`].
    fn reach(&mut self) -> Result<bool, Fatal> {
        Ok(true)
    }

    /// What the store wants done for itself while nothing is written, such as the renewal of its lease. After how long
    /// it wants to be asked again; `None`: never.
    ///
    /// # Errors
    /// As [`Store::commit`].
    fn tend(&mut self) -> Result<Option<Duration>, Fatal> {
        Ok(None)
    }
}

/// Which queue a write waits in: outcomes and ways back go first, so that load never starves what is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Outcomes, ways back, ends: of flows that are open.
    Outcome,
    /// New asks with their first intents.
    Ask,
    /// What may wait and nobody waits for: refused inputs, last runs.
    Lazy,
}

/// Changes that hold together, and the epoch they are allowed under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The queue it waits in; also whether it is refused when the store is nearly full (`Ask`, `Lazy`).
    pub lane: Lane,
    /// The epoch of the holder that decided it; another epoch in the store: [`Verdict::Fenced`].
    pub epoch: u64,
    /// When it was decided.
    pub at: Moment,
    /// The business date whose hash chain it becomes part of.
    pub date: Day,
    /// What changes, in order.
    pub changes: Vec<Change>,
}

/// One change of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new flow with its key. Not taken if the key is older than what is kept, or is there or cancelled on one of its days.
    InsertFlow(FlowAsked),
    /// The state of a flow, which must exist.
    PutFlow(FlowPut),
    /// An operation of a flow: the first put inserts it, later ones append what changed.
    PutOperation(OperationPut),
    /// A line of the flow's history, for `trace`.
    Event {
        /// The flow it belongs to.
        flow: FlowId,
        /// What kind of line: `reply`, `enquiry`, `operator`…
        kind: String,
        /// Its content; sealed.
        body: Vec<u8>,
    },
    /// Takes from a limit. Not taken if the sum would pass the ceiling.
    Reserve {
        /// What it counts against, and for whom.
        hold: Hold,
        /// Fen, or a count where the limit counts.
        amount: u64,
        /// The largest sum of amounts that may be reserved.
        ceiling: u64,
    },
    /// Gives back what this holder reserved; nothing if it holds nothing.
    Release(Hold),
    /// A row of the outbox, inserted or changed.
    PutNotice(Notice),
    /// What people have decided about a row of the outbox that was given up: how it stands then. Not taken where it does not wait
    /// for them.
    DecideNotice(Notice),
    /// Asks for a block of numbers; the verdict carries it.
    Numbers(NumberRequest),
    /// An input that was refused before it became a flow.
    RefusedInput(RefusedInput),
    /// A session's values, or `None` to forget it.
    PutSession {
        /// The party.
        party: String,
        /// The session's name in the adapter.
        name: String,
        /// Its values; sealed.
        session: Option<Session>,
    },
    /// The last run of a job by the clock.
    PutSchedule {
        /// The party or service that the job belongs to.
        party: String,
        /// The job.
        job: String,
        /// When it last began.
        last_run: Moment,
        /// The business date it last ran for.
        day: Day,
    },
    /// How far a file has come, inserted or changed.
    PutFile(FileProgress),
    /// The key is cancelled: an ask with it is refused for ever. Not taken if a flow has the key.
    CancelKey(Key),
    /// Something that must be seen once only until a moment (a file's name, a nonce). Not taken if still there.
    Once {
        /// Whose memory: party and link.
        scope: String,
        /// What was seen.
        name: Vec<u8>,
        /// When it may be forgotten.
        until: Moment,
    },
    /// Housekeeping: refused inputs from before a moment, and what need not be remembered any more (`Once`), go; at
    /// most [`FORGOTTEN`] rows of each, so that no write is long. Again until nothing is left.
    Forget {
        /// The moment.
        before: Moment,
    },
    /// Days before one are to be forgotten. Not taken while a flow of theirs is open or parked.
    KeepFrom(KeepFrom),
    /// Takes out at most [`FORGOTTEN_FLOWS`] flows whose last day is to be forgotten, with all that is theirs.
    ForgetRows,
    /// What a chain that goes says of rows that stay.
    Carry(Carried),
    /// Takes out the chain of a day that is to be forgotten, or a part of it; its digest stays.
    ForgetChain(Day),
    /// A person proposes another value of a parameter. Not taken while another change of it waits.
    ProposeParameter(ParameterProposed),
    /// Another person decides it. Not taken where it does not wait, or where the same person agrees.
    DecideParameter(ParameterDecided),
    /// The source text of an adapter version, kept while flows pin it; inserted once.
    PutVersion {
        /// Its content hash.
        hash: [u8; 32],
        /// The text, compressed or not: opaque here.
        source: Vec<u8>,
    },
}

/// The most rows of each kind that one [`Change::Forget`] takes out.
pub const FORGOTTEN: usize = 2_000;

/// The most flows that one [`Change::ForgetRows`] takes out, so that no posting waits long behind it.
pub const FORGOTTEN_FLOWS: usize = 100;

/// A new flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowAsked {
    /// Its number.
    pub flow: FlowId,
    /// The flow's or served message's name.
    pub name: String,
    /// The batch it is a row of, and which row.
    pub parent: Option<(FlowId, u64)>,
    /// Its key.
    pub key: Key,
    /// Digest over what was asked, without what may differ in a repeat.
    pub digest: [u8; 32],
    /// The asked message; sealed.
    pub asked: Vec<u8>,
    /// Content hash of the adapter version it stays on.
    pub version: [u8; 32],
    /// The first durable state, as the interpreter encodes it.
    pub state: Vec<u8>,
    /// When it wants to be woken if nothing happens before.
    pub wake: Option<Moment>,
    /// Look-ups that find it.
    pub found_by: Vec<FoundBy>,
    /// The first and the last day, the key's own among them, on which the rest of its key is the same ask: what stands under
    /// one of them has the key.
    pub same_on: (Day, Day),
    /// Other keys by which it may have been cancelled before it was asked.
    pub refused_by: Vec<Key>,
}

/// The state of a flow after an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowPut {
    /// The flow.
    pub flow: FlowId,
    /// Its durable state, as the interpreter encodes it.
    pub state: Vec<u8>,
    /// How it ended, if it has.
    pub end: Option<End>,
    /// It had ended done, and whoever asked takes it back: it is open again until that is through.
    pub taken_up: bool,
    /// When it wants to be woken if nothing happens before.
    pub wake: Option<Moment>,
    /// The answer's bytes; sealed. `None` leaves what is there.
    pub answer: Option<Vec<u8>>,
}

/// A field by which one operation is found (`await … where`): its name and the hash of its value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FoundBy {
    /// The name of the compiled look-up.
    pub name: String,
    /// Hash of the values compared, all of the conjunction together.
    pub hash: [u8; 32],
}

/// An operation as it stands after this write. `None` leaves what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationPut {
    /// The flow.
    pub flow: FlowId,
    /// The operation's path of names in the flow: `each row/booked`.
    pub name: String,
    /// Copies that may have left, 1 at the first intent.
    pub copies: u32,
    /// The party asked.
    pub party: String,
    /// The call of the party's adapter.
    pub call: String,
    /// Its state.
    pub state: OperationState,
    /// Business date of the intent; kept through repeats and reversals.
    pub date: Day,
    /// The serial that it went under.
    pub serial: String,
    /// Amount in fen, where it has one.
    pub amount: Option<i64>,
    /// Bytes as sent; sealed; kept from the first put that has them.
    pub request: Option<Vec<u8>>,
    /// Bytes of the reply that decided it; sealed.
    pub reply: Option<Vec<u8>>,
    /// Kept fields of the request, tagged by name and type; sealed; kept from the first put that has them.
    pub asked: Option<Vec<u8>>,
    /// Kept fields of the answer; sealed.
    pub answered: Option<Vec<u8>>,
    /// Look-ups that find it, added to those it has.
    pub found_by: Vec<FoundBy>,
}

/// Who holds a part of which limit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hold {
    /// The limit with a mark of what it is counted by.
    pub limit: String,
    /// The last day that it counts for; 0: it counts for ever.
    pub day: Day,
    /// The flow that reserved.
    pub flow: FlowId,
    /// Which of its operations.
    pub operation: String,
}

impl Hold {
    /// What flows that are forgotten hold of a limit for ever, all together.
    pub(crate) fn of_forgotten(limit: String) -> Self {
        Self { limit, day: Day(0), flow: FlowId(0), operation: String::new() }
    }
}

/// A message that is owed to a party, best effort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The flow that owes it.
    pub flow: FlowId,
    /// Its name in the flow.
    pub name: String,
    /// Whom it is for.
    pub party: String,
    /// The call that carries it.
    pub call: String,
    /// What it says; sealed.
    pub body: Vec<u8>,
    /// Times tried.
    pub tries: u32,
    /// Where it stands.
    pub outcome: Outcome,
    /// When it is due next; of one that is given up, since when it is.
    pub due: Moment,
}

/// Where a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// To be sent.
    Due,
    /// Taken by the party.
    Sent,
    /// Given up, for an operator.
    Parked,
    /// People have said that nothing more is to be sent.
    Ended,
}

impl Outcome {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Due => 0,
            Self::Sent => 1,
            Self::Parked => 2,
            Self::Ended => 3,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::Due, Self::Sent, Self::Parked, Self::Ended].into_iter().find(|outcome| outcome.code() == code)
    }
}

/// Asks for `count` numbers of a party's counter on a date. Gaps are allowed, reuse never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberRequest {
    /// The party, or another owner of a counter.
    pub party: String,
    /// The date it counts within; `Day(0)` for a counter that never starts again.
    pub date: Day,
    /// How many; 1,000 is usual.
    pub count: u64,
}

/// Numbers that are the asker's alone: `first .. first + count`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberBlock {
    /// The counter's owner.
    pub party: String,
    /// The counter's date.
    pub date: Day,
    /// The first number; a counter begins at 1.
    pub first: u64,
    /// How many.
    pub count: u64,
}

/// An input that was refused before it became a flow. Kept in at most [`RefusedInput::MOST`] bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedInput {
    /// The link that it came by.
    pub link: String,
    /// The peer's address.
    pub peer: String,
    /// What was wrong.
    pub fault: String,
    /// The first bytes of it; sealed.
    pub head: Vec<u8>,
    /// How many inputs this entry stands for.
    pub count: u64,
}

impl RefusedInput {
    /// The most bytes of link, peer, fault and head together that are kept.
    pub const MOST: usize = 512;

    /// Cuts each part to its share, never inside a character.
    #[must_use]
    pub fn new(link: &str, peer: &str, fault: &str, head: &[u8], count: u64) -> Self {
        let link = cut(link, 64);
        let peer = cut(peer, 64);
        let fault = cut(fault, 160);
        let rest = Self::MOST - 64 - 64 - 160;
        let head = head.get(..rest).unwrap_or(head).to_vec();
        Self { link, peer, fault, head, count }
    }
}

fn cut(text: &str, most: usize) -> String {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

/// A session's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The values, as the engine encodes them; sealed.
    pub values: Vec<u8>,
    /// Until when they are good.
    pub until: Option<Moment>,
}

/// How far a file has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProgress {
    /// The party.
    pub party: String,
    /// Comes in or goes out.
    pub direction: Direction,
    /// The file's name.
    pub name: String,
    /// The flow that owns it; none: it was not asked yet, or asks nothing.
    pub flow: Option<FlowId>,
    /// Digest of the whole file, all zero until known.
    pub digest: [u8; 32],
    /// Where it stands, in the engine's words; [`FileProgress::ENDED`]: nothing is left to do.
    pub phase: String,
    /// The next row to work off, from 0.
    pub next_row: u64,
    /// Rows it has, 0 until known.
    pub rows: u64,
    /// What the engine needs beside that.
    pub state: Vec<u8>,
}

impl FileProgress {
    /// The phase of a file with which nothing is left to do.
    pub const ENDED: &str = "ended";
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Taken, durable.
    Ok(Written),
    /// Another flow has the key; compare the digests.
    KeyTaken {
        /// The flow that has it.
        flow: FlowId,
        /// The digest it was asked with.
        digest: [u8; 32],
    },
    /// The key was cancelled before.
    KeyCancelled,
    /// The key's date is older than what is kept.
    TooOld {
        /// The oldest date that is kept.
        oldest: Day,
    },
    /// A limit has no room.
    LimitFull {
        /// The limit.
        limit: String,
        /// What is used of it without this write.
        used: u64,
    },
    /// Seen before (`Once`).
    Seen,
    /// The epoch is not the holder's.
    Fenced {
        /// The holder's epoch.
        epoch: u64,
    },
    /// No room: in the file's bound, or on the disk. Nothing was written.
    Full,
    /// A write that no caller may ask for, such as an end after another end: a fault of the caller, which parks
    /// its flow. Says what is wrong.
    Impossible(String),
}

/// What a write that was taken got.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Its place in the journal.
    pub sequence: u64,
    /// The blocks it asked for, in order.
    pub numbers: Vec<NumberBlock>,
}

/// The store cannot go on: what is on disk is not known, or not what was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fatal {
    /// The disk or the file failed.
    #[error("the journal {path} failed: {why}")]
    Disk {
        /// The file.
        path: String,
        /// What the store said.
        why: String,
    },
    /// A database was not reached when the journal was to be opened, or gave up what it was asked: it may be tried again.
    #[error("the journal {path} is not reached: {why}")]
    Away {
        /// Where it is.
        path: String,
        /// What stands in the way.
        why: String,
    },
    /// Another process writes this journal's file. Nothing was touched.
    #[error(
        "the journal {path} is in use by {}: one gateway at a time writes it. Stop that one first, or give this deployment a journal of its own",
        in_words(*process)
    )]
    InUse {
        /// The file.
        path: String,
        /// Which process, if it says so.
        process: Option<u32>,
    },
    /// The disk lost a part of what was durable: to go on would be to lose what was told. Nothing was touched.
    #[error(
        "the journal's log {log} is broken at frame {frame}, octet {offset}, and later commits stand behind it, at frame {behind} for one: what was told as durable would be lost. Nothing was touched: keep the journal and its log as they are, put back whole copies of both, and have the disk looked at"
    )]
    Broken {
        /// The log.
        log: String,
        /// The first frame that is wrong, from 1.
        frame: u64,
        /// Where it begins.
        offset: u64,
        /// A frame behind it that was written when what stands before it was durable.
        behind: u64,
    },
    /// The file holds something that was never written so.
    #[error("the journal holds {found} where {expected} was expected, at {at}")]
    Corrupt {
        /// What should stand there.
        expected: String,
        /// What stands there.
        found: String,
        /// Table and key.
        at: String,
    },
    /// A body could not be sealed or opened.
    #[error("a body of the journal cannot be sealed or opened: {0}")]
    Seal(#[from] crate::sealer::SealerFault),
    /// Another holds the journal: this process must end, and may wait to hold it again.
    #[error("the journal was taken over by another holder, under epoch {epoch}")]
    TakenOver {
        /// The epoch of the other.
        epoch: u64,
    },
    /// The simulated store crashed, or the writer has ended.
    #[error("the store has ended")]
    Ended,
}

fn in_words(process: Option<u32>) -> String {
    process.map_or_else(|| "another process".to_owned(), |process| format!("process {process}"))
}
