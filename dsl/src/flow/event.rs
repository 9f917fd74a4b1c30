//! What happens to a flow, and what it wants done. Plain data: it may cross threads and stand in a trace.

use super::program::{HoldId, LimitId, LoopId, MappingId, NodeId, StartId, StepId};
use super::state::{End, Reason, State};

/// What the interpreter answers to an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The state after it, once the effects are through.
    pub next: State,
    /// What is to be done, in order.
    pub effects: Vec<Effect>,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// Somebody asks.
    Asked,
    /// A request could not be made (a value does not fit, no session, no route) while `during` was worked on.
    CannotPrepare {
        /// The step.
        step: StepId,
        /// Its reversal, not itself.
        back: bool,
        /// Told if it becomes a refusal.
        reason: Reason,
        /// The text says that people look at it (`else park` of a value): no refusal comes of it.
        park: bool,
        /// What the old state got.
        during: Box<Event>,
    },
    /// The write was not taken while `during` was worked on.
    NotWritten {
        /// Why.
        why: NotWritten,
        /// What the old state got.
        during: Box<Event>,
    },
    /// The party's reply to a posting, a query or a notice, at whatever time.
    Reply(StepId, Reply),
    /// The party's reply to a copy before the last, or to nobody knows which: an outcome counts, anything else says nothing of the
    /// copy that is under way.
    EarlierReply(StepId, Reply),
    /// No reply in time, or the link was lost after the first byte.
    NoReply(StepId),
    /// Not a byte of this copy left.
    NotSent(StepId),
    /// An enquiry was answered.
    Enquired {
        /// The step it asks about.
        step: StepId,
        /// The enquiry's number.
        number: u32,
        /// What it says.
        says: Says,
    },
    /// The reversal was answered, at whatever time.
    BackReply(StepId, BackReply),
    /// The reversal was not answered in time, or could not be sent.
    NoBackReply(StepId),
    /// The quiet time of this copy will never be known to be over: nobody can tell when the node that may still send it ends.
    NeverQuiet {
        /// The operation.
        step: StepId,
        /// The last copy.
        copy: u8,
    },
    /// A timer is over.
    Timer(Timer),
    /// Found in the journal by a new run. `crashed` is false where the flow was only put out of memory.
    Restart {
        /// Counts against the eight.
        crashed: bool,
    },
    /// The party's business date changed.
    CutOver,
    /// The file of a batch is due: rows that are still open are told as in process, and follow in a later file.
    CutOff,
    /// The same key once more.
    SecondAsk {
        /// With the same content.
        same: bool,
    },
    /// The asker can wait no longer.
    AskerLimit,
    /// The asker cancels.
    CancelAsked,
    /// An operator decided a hold.
    Decision {
        /// Which.
        hold: HoldId,
        /// For it, or why not.
        accepted: Result<(), Reason>,
    },
    /// What was waited for has come.
    Arrived(NodeId),
    /// An operator lets a flow that stands at a `park` go on, or ends it.
    Released {
        /// The place.
        at: NodeId,
        /// On, or why not.
        accepted: Result<(), Reason>,
    },
    /// A proof about an operation that cannot end by itself: by an operator, or from the books.
    Proof(StepId, Proof),
    /// People want what is held put right by the posting that its text names for it.
    Correct(StepId),
    /// The end of a row may be long in coming (it is not known, or people have to look): another may begin beside it.
    RowWaits {
        /// The loop.
        of: LoopId,
        /// Which row, from 0.
        row: u64,
    },
    /// A row's flow has ended.
    RowEnded {
        /// The loop.
        of: LoopId,
        /// The row, from 0.
        row: u64,
        /// How.
        end: End,
    },
}

/// Why a write was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NotWritten {
    /// Another flow has the key. `same`: with the same content.
    KeyTaken {
        /// Same content.
        same: bool,
    },
    /// The key was cancelled before it was asked.
    KeyCancelled,
    /// The key is older than what is kept.
    TooOld,
    /// A limit has no room: which one, where that is known.
    LimitFull(Option<LimitId>),
    /// The flow that is to be begun there with it cannot be asked.
    CannotStart(StartId),
    /// This run is not the holder any more.
    Fenced,
    /// No room.
    Full,
}

/// A party's reply.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Reply {
    /// Done.
    Done,
    /// An authentic refusal.
    Refused(Reason),
    /// An authentic refusal since the session does not hold: nothing was looked at, and nothing of it is remembered.
    NoSession {
        /// Why.
        reason: Reason,
        /// There is another session since.
        renewed: bool,
    },
    /// Not to be understood, a bad seal, "in process", "duplicate": as good as none.
    Unknown,
}

/// What an enquiry says of its original.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Says {
    /// It holds.
    Done,
    /// It was taken back.
    Reversed,
    /// It was refused, and why, where the party tells it.
    Refused(Option<Reason>),
    /// It is not known there.
    NotFound,
    /// No answer, "in process", or the enquiry itself was refused.
    Nothing,
}

/// What a reversal's reply says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BackReply {
    /// Taken back.
    Reversed,
    /// There is nothing to take back.
    Nothing,
    /// Not taken back.
    Refused,
    /// Nothing of it was looked at, since the session did not hold; there is another since, and the party wants another
    /// serial.
    NoSession,
    /// Not to be understood: as good as no reply.
    Unknown,
}

/// What is proved of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Proof {
    /// The party has it.
    Holds,
    /// The party never had it and never will.
    Never,
    /// The party had it and took it back.
    TakenBack,
}

impl Proof {
    /// The reason of what was never there.
    pub(super) const NEVER: &'static str = "never_seen";

    /// Why the operation does not hold, where that is proved; no flow goes on for what was taken back.
    #[must_use]
    pub fn against(self) -> Option<&'static str> {
        match self {
            Self::Holds => None,
            Self::Never => Some(Self::NEVER),
            Self::TakenBack => Some(""),
        }
    }
}

/// A timer that runs out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Timer {
    /// The pause before the next try.
    Pause {
        /// The operation.
        step: StepId,
        /// A pause with an older number is given up.
        number: u32,
    },
    /// The quiet time, counted from the end of the last sender of this copy (its send, its link's close, or the
    /// certain end of the node that sent it, whichever is latest).
    Quiet {
        /// The operation.
        step: StepId,
        /// The last copy.
        copy: u8,
    },
    /// A deadline; the moment is the node's `at`.
    Deadline(NodeId),
    /// A deadline's warning.
    Warn(NodeId),
    /// The longest wait of an `await`.
    Await(NodeId),
    /// The moment of a `wait until`.
    Until(NodeId),
}

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// Map, number and encode a request; where one was refused for its session, the same ask under another serial. If that fails, [`Event::CannotPrepare`].
    Prepare(StepId),
    /// The same for its reversal.
    PrepareBack(StepId),
    /// One write of the journal, with the flow's next state.
    Write(Vec<Change>),
    /// Send this copy: the stored bytes if it is not the first. For a query: prepare and send.
    Send(StepId, u8),
    /// Ask what became of it, by the enquiry of this way.
    Enquire {
        /// The step.
        step: StepId,
        /// Index of the way in the call's contract.
        way: u8,
        /// Comes back with the answer.
        number: u32,
    },
    /// Send this copy of the reversal.
    SendBack(StepId, u8),
    /// Tell all who wait.
    Answer(Answer),
    /// Tell who cancelled.
    AnswerCancel(CancelAnswer),
    /// Tell who asked a second time.
    AnswerSecond(SecondAnswer),
    /// Come back after so many milliseconds; 0 for those whose moment the engine computes (deadlines).
    Timer(Timer, u64),
    /// Hear what comes at an `await` that stopped for people, however long that is.
    Listen(NodeId),
    /// Begin the row's flow if it has not begun, and say when it has ended; also if it has ended before.
    StartRow(LoopId, u64),
    /// Put it on the operators' list.
    Park(Parked),
    /// Something contradicts something: for the operators at once.
    Alarm(StepId),
    /// Give this event again when the store has room.
    Again(Box<Event>),
    /// This run is not the holder: drop the flow from memory, do nothing more.
    Stop,
}

/// What stands on the operators' list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Parked {
    /// An operation that is parked or held.
    Step(StepId),
    /// A `park`, a check's `else park` or an await's.
    Place(NodeId),
    /// A deadline that has passed.
    Late(NodeId),
    /// A decision.
    Hold(HoldId),
}

/// A change of a write.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Change {
    /// The ask: key, digest, what was asked.
    Ask,
    /// An intent to send this copy; the first with the prepared bytes.
    Intent(StepId, u8),
    /// An intent to send this copy of the reversal; the first with the prepared bytes.
    IntentBack(StepId, u8),
    /// What was asked under the serial before is refused and over; the intent behind this has a serial of its own.
    NewSerial(StepId),
    /// The same of its reversal.
    NewSerialBack(StepId),
    /// The operation's state has changed; with the reply that did it, if one did.
    Operation(StepId),
    /// A reply that changed nothing, for the record.
    Record(StepId),
    /// Counts against a limit.
    Reserve(LimitId),
    /// Gives it back.
    Release(LimitId),
    /// A row of the outbox: this best-effort step.
    Notice(StepId),
    /// A row of the outbox: the end, for an asker that waits no longer.
    TellEnd,
    /// Another flow begins.
    Start(StartId),
    /// The flow waits here: for a decision, or for something served.
    Waits(NodeId),
    /// The flow's state alone (rows, cancellation, restarts).
    Progress,
    /// The key is cancelled: an ask with it is refused for ever.
    CancelKey,
    /// The answer's bytes, by this mapping.
    Answer(MappingId),
    /// The end.
    End(End),
}

/// What the asker is told.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Answer {
    /// Done; the record written before (`None`: no `answer` node, all defaults).
    Done(Option<MappingId>),
    /// Refused: nothing holds, nothing will.
    Refused(Reason),
    /// Not yet known, but known of.
    Pending,
}

/// What who cancels is told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CancelAnswer {
    /// Nothing holds any more.
    Cancelled,
    /// It never came, and will be refused if it does.
    NothingToUndo,
    /// It cannot be cancelled any more.
    Refused,
    /// Not yet known.
    Pending,
}

/// What a second ask is told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SecondAnswer {
    /// The stored answer.
    Stored,
    /// It waits with the first.
    Joins,
    /// The same key with other content.
    Duplicate,
}
