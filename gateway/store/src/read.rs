//! What is read: each look-up is short, bounded, and sees only what was committed.

use crate::days::Days;
use crate::model::{Day, Direction, End, FlowId, Key, Moment, OperationState};
use crate::parameter::ParameterChange;
use crate::write::{Fatal, FileProgress, Notice, Session};

/// Reads of one store. Lists come in pages of at most 5,000 rows.
pub trait Reader: Days + Send {
    /// The place of the last write in the journal, 0 if there is none.
    ///
    /// # Errors
    /// When the store cannot be read; likewise below.
    fn sequence(&mut self) -> Result<u64, Fatal>;

    /// Open flows in order of their numbers, after `after`; at most `most`.
    fn open_flows(&mut self, after: FlowId, most: usize) -> Result<Vec<FlowRow>, Fatal>;

    /// Flows in order of their numbers before `before` (newest first), filtered; at most `most`. For the console.
    fn flows_before(
        &mut self,
        before: Option<FlowId>,
        date: Option<Day>,
        most: usize,
    ) -> Result<Vec<FlowRow>, Fatal>;

    /// Flows that a party asked for, or that we began for it, on a date, in order of their numbers.
    fn flows_of_day(&mut self, query: &FlowsOfDay<'_>) -> Result<Vec<FlowRow>, Fatal>;

    /// Flows that a look-up finds, newest first; at most `most`.
    fn flows_found_by(&mut self, name: &str, hash: &[u8; 32], most: usize) -> Result<Vec<FlowRow>, Fatal>;

    /// A flow.
    fn flow(&mut self, flow: FlowId) -> Result<Option<FlowRow>, Fatal>;

    /// The asked message of a flow.
    fn asked(&mut self, flow: FlowId) -> Result<Option<AskedRow>, Fatal>;

    /// The flow of a key on the latest day from `since` to the key's own, and that day; no flow if the key was cancelled there.
    fn flow_by_key(&mut self, key: &Key, since: Day) -> Result<Option<(Day, Option<FlowId>)>, Fatal>;

    /// Rows of one loop of a batch, those of the flows of this name, by their row numbers, from `from` on; at most `most`.
    fn children(&mut self, parent: FlowId, name: &str, from: u64, most: usize)
    -> Result<Vec<FlowRow>, Fatal>;

    /// Whether a row of any loop of a batch has not ended.
    fn has_open_children(&mut self, parent: FlowId) -> Result<bool, Fatal>;

    /// Operations of a flow in the order of their first intents.
    fn operations(&mut self, flow: FlowId) -> Result<Vec<OperationRow>, Fatal>;

    /// Every state that the operations of a flow were in, in the order in which they became durable.
    fn operation_states(&mut self, flow: FlowId) -> Result<Vec<StateRow>, Fatal>;

    /// Operations of one call, party and date in a fixed order, as they stood at a place of the journal.
    fn operations_of_day(&mut self, query: &AsOf<'_>) -> Result<Page, Fatal>;

    /// Operations that a look-up finds, newest first; at most `most`.
    fn found_by(&mut self, name: &str, hash: &[u8; 32], most: usize) -> Result<Vec<OperationRow>, Fatal>;

    /// The operation of a party that went under a serial on a date.
    fn by_serial(&mut self, party: &str, date: Day, serial: &str) -> Result<Option<OperationRow>, Fatal>;

    /// Operations that an operator must look at (parked, held), oldest first, after the given number.
    fn stuck(&mut self, after: u64, most: usize) -> Result<Vec<OperationRow>, Fatal>;

    /// Operations counted by party, call and state, and their amounts in fen, of one date.
    fn counts(&mut self, date: Day) -> Result<Vec<OperationCount>, Fatal>;

    /// A flow's history in order, from `from` (a line's place) on; at most `most`.
    fn events(&mut self, flow: FlowId, from: u64, most: usize) -> Result<Vec<EventRow>, Fatal>;

    /// Flows with a notice that was given up and waits for people, in order of their numbers, after `after`; at most `most`.
    fn flows_with_notices_given_up(&mut self, after: FlowId, most: usize) -> Result<Vec<FlowRow>, Fatal>;

    /// Notices of a flow, by their names.
    fn notices(&mut self, flow: FlowId) -> Result<Vec<NoticeRow>, Fatal>;

    /// Notices due at or before `now`, oldest first; at most `most`.
    fn notices_due(&mut self, now: Moment, most: usize) -> Result<Vec<NoticeRow>, Fatal> {
        self.notices_due_beside(now, &[], most)
    }

    /// The same without those of some parties.
    fn notices_due_beside(
        &mut self,
        now: Moment,
        parties: &[String],
        most: usize,
    ) -> Result<Vec<NoticeRow>, Fatal>;

    /// What is used of a limit on a day.
    fn limit_used(&mut self, limit: &str, day: Day) -> Result<u64, Fatal>;

    /// All limits of a day that something was reserved from, in order of their names; at most `most`.
    fn limits(&mut self, day: Day, most: usize) -> Result<Vec<LimitUse>, Fatal>;

    /// A session's values.
    fn session(&mut self, party: &str, name: &str) -> Result<Option<Session>, Fatal>;

    /// A job's last run.
    fn last_run(&mut self, party: &str, job: &str) -> Result<Option<(Moment, Day)>, Fatal>;

    /// A file.
    fn file(&mut self, party: &str, direction: Direction, name: &str) -> Result<Option<FileRow>, Fatal>;

    /// Files of a flow, by direction and name.
    fn files_of(&mut self, flow: FlowId) -> Result<Vec<FileRow>, Fatal>;

    /// Files with which something is left to do, for recovery; at most `most`.
    fn open_files(&mut self, most: usize) -> Result<Vec<FileRow>, Fatal>;

    /// Inputs refused since a moment, counted by link and fault.
    fn refused_counts(&mut self, since: Moment) -> Result<Vec<RefusedCount>, Fatal>;

    /// Inputs refused, newest first; at most `most`.
    fn refused(&mut self, most: usize) -> Result<Vec<RefusedRow>, Fatal>;

    /// Changes of parameters in order of their numbers, after `after`; at most `most`.
    fn parameter_changes(&mut self, after: u64, most: usize) -> Result<Vec<ParameterChange>, Fatal>;

    /// The source of an adapter version.
    fn version(&mut self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, Fatal>;

    /// Versions that open flows pin.
    fn pinned_versions(&mut self) -> Result<Vec<[u8; 32]>, Fatal>;
}

/// The most rows that one read of a list gives.
pub(crate) const PAGE: usize = 5_000;

/// Which operations of a day, and as of when.
#[derive(Debug, Clone, Copy)]
pub struct AsOf<'a> {
    /// The party asked.
    pub party: &'a str,
    /// The call; `None` for all calls of the party.
    pub call: Option<&'a str>,
    /// Business date of the intents.
    pub date: Day,
    /// The place in the journal whose truth is wanted: later changes are not seen.
    pub sequence: u64,
    /// The number of the last row had, 0 at first.
    pub after: u64,
    /// At most this many rows, and never more than 5,000.
    pub most: usize,
}

/// Which flows of a day.
#[derive(Debug, Clone, Copy)]
pub struct FlowsOfDay<'a> {
    /// The party of their keys.
    pub party: &'a str,
    /// Who began.
    pub direction: Direction,
    /// The date of their keys.
    pub date: Day,
    /// What their keys begin with.
    pub prefix: &'a [u8],
    /// The number of the last flow had, 0 at first.
    pub after: FlowId,
    /// At most this many, and never more than 5,000.
    pub most: usize,
}

/// A page of operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The rows.
    pub rows: Vec<OperationRow>,
    /// The `after` of the next page; `None` when this was the last.
    pub next: Option<u64>,
}

/// A flow as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRow {
    /// Its number.
    pub flow: FlowId,
    /// Its name.
    pub name: String,
    /// The batch it is a row of, and which row.
    pub parent: Option<(FlowId, u64)>,
    /// Its key.
    pub key: Key,
    /// Digest it was asked with.
    pub digest: [u8; 32],
    /// The adapter version it stays on.
    pub version: [u8; 32],
    /// Its durable state.
    pub state: Vec<u8>,
    /// How it ended.
    pub end: Option<End>,
    /// When it wants to be woken.
    pub wake: Option<Moment>,
    /// The answer's bytes, opened.
    pub answer: Option<Vec<u8>>,
    /// When it was asked.
    pub opened: Moment,
    /// When it last changed.
    pub changed: Moment,
}

/// What was asked of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedRow {
    /// The flow.
    pub flow: FlowId,
    /// The asked message, opened.
    pub asked: Vec<u8>,
}

/// An operation as it stands, or stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRow {
    /// Its number in this store, rising with first intents; for paging.
    pub number: u64,
    /// The flow.
    pub flow: FlowId,
    /// Its path of names in the flow.
    pub name: String,
    /// Copies that may have left.
    pub copies: u32,
    /// The party asked.
    pub party: String,
    /// The call.
    pub call: String,
    /// Its state.
    pub state: OperationState,
    /// Business date of the intent.
    pub date: Day,
    /// The serial it went under.
    pub serial: String,
    /// Amount in fen.
    pub amount: Option<i64>,
    /// Bytes as sent, opened.
    pub request: Option<Vec<u8>>,
    /// Bytes of the last reply recorded, opened.
    pub reply: Option<Vec<u8>>,
    /// Kept fields of the request, opened.
    pub asked: Option<Vec<u8>>,
    /// Kept fields of the answer, opened.
    pub answered: Option<Vec<u8>>,
    /// When its first intent was written.
    pub opened: Moment,
    /// When it last changed, as far as this read looks.
    pub changed: Moment,
}

/// A state that an operation was in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateRow {
    /// The operation's path of names in its flow.
    pub name: String,
    /// The state.
    pub state: OperationState,
    /// Copies that may have left until then.
    pub copies: u32,
    /// The write that made it durable.
    pub sequence: u64,
    /// When.
    pub at: Moment,
}

/// Operations of a date by party, call and state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationCount {
    /// The party.
    pub party: String,
    /// The call.
    pub call: String,
    /// The state.
    pub state: OperationState,
    /// How many.
    pub count: u64,
    /// Sum of their amounts in fen.
    pub amount: i64,
}

/// A line of a flow's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Its place in the history, rising.
    pub place: u64,
    /// The write it was part of.
    pub sequence: u64,
    /// When.
    pub at: Moment,
    /// What kind.
    pub kind: String,
    /// Its content, opened.
    pub body: Vec<u8>,
}

/// A row of the outbox; its body is opened.
pub type NoticeRow = Notice;

/// A file; as it was put.
pub type FileRow = FileProgress;

/// What is used of a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitUse {
    /// The limit.
    pub limit: String,
    /// The day.
    pub day: Day,
    /// Sum of what is reserved.
    pub used: u64,
}

/// Refused inputs, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedCount {
    /// The link.
    pub link: String,
    /// What was wrong.
    pub fault: String,
    /// How many inputs.
    pub count: u64,
}

/// A refused input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// When.
    pub at: Moment,
    /// What was kept of it, opened.
    pub input: crate::write::RefusedInput,
}
