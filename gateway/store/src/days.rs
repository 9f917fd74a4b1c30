//! How an old day ends: it is exported, keys of its date are refused, its rows and its chain go, its digest stays.
//!
//! In: from which day on the journal is kept. Out: what stands in the way, what is left to do, what must be carried on into
//! a chain that stays. It must not know how long a deployment keeps its journal, nor what the rows mean.

use crate::model::{Day, FlowId, Moment};
use crate::write::{Change, Fatal, Write};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;

/// Keys of dates before a day are refused from now on, and whatever ended before it is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepFrom {
    /// The oldest day that stays.
    pub from: Day,
    /// Who says so; stands in the chain for ever.
    pub by: String,
    /// Where the last of these days was exported to before, if it was.
    pub export: Option<Exported>,
}

/// A business date that was written into a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exported {
    /// The file's name, without its folder.
    pub name: String,
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
    /// Digest over the last hashes of the day's chains, node by node, as they stood then.
    pub heads: [u8; 32],
    /// Writes of the day's chains.
    pub writes: u64,
    /// Rows whose last write is one of these.
    pub rows: u64,
    /// Rows that a later day changed, and whose last state stands in its export, or took out.
    pub later: u64,
}

/// What an export came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Export {
    /// The file stands there, whole.
    Written(Exported),
    /// There is nothing to write: why, in words.
    Nothing(String),
}

impl Export {
    /// What was written, or why nothing was.
    ///
    /// # Errors
    /// Why nothing was.
    pub fn written(self) -> Result<Exported, String> {
        match self {
            Self::Written(exported) => Ok(exported),
            Self::Nothing(why) => Err(why),
        }
    }
}

/// What is left of days that are to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// Nothing.
    Nothing,
    /// Rows: [`crate::Change::ForgetRows`], again until they are gone.
    Rows,
    /// The chain of a day whose rows are gone: what [`Days::carried`] gives is written, then
    /// [`crate::Change::ForgetChain`], again until it is gone.
    Chain(Day),
}

/// What a chain that goes says of rows that stay, to be written into one that stays ([`crate::Change::Carry`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried(pub(crate) Vec<u8>);

/// A row that was noted: its kind and its two numbers.
pub(crate) type NotedRow = (i64, i64, i64);

/// All that a chain that goes says of rows that stay, piece by piece: it was read at once and stands in notes on disk, so that
/// memory holds one piece however much stays.
pub struct Pieces {
    notes: Option<Connection>,
    after: NotedRow,
}

impl Pieces {
    /// Of a journal that keeps no chains.
    pub(crate) fn none() -> Self {
        Self { notes: None, after: (-1, i64::MIN, i64::MIN) }
    }

    pub(crate) fn of(notes: Connection) -> Self {
        Self { notes: Some(notes), ..Self::none() }
    }

    /// The next piece, for one write ([`Change::Carry`]); none behind the last.
    ///
    /// # Errors
    /// When the notes cannot be read.
    pub fn next_piece(&mut self) -> Result<Option<Carried>, Fatal> {
        let Some(notes) = &self.notes else { return Ok(None) };
        let found = crate::sql::leaving::piece(notes, self.after).map_err(|fault| fault.fatal("notes"))?;
        Ok(found.map(|(piece, last)| {
            self.after = last;
            piece
        }))
    }
}

/// A day that was forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgottenDay {
    /// The date.
    pub date: Day,
    /// Since when its keys are refused.
    pub at: Moment,
    /// Who said so.
    pub by: String,
    /// Where it was exported to, if it was: file and its SHA-256.
    pub export: Option<(String, [u8; 32])>,
    /// Its rows and its chain are gone.
    pub gone: bool,
}

/// What the verification of one date found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DayVerified {
    /// Writes in its chains.
    pub writes: u64,
    /// Rows whose last write is one of these, compared.
    pub rows: u64,
    /// What does not agree, in words: the breaks of its chains, at most [`crate::Verified::MOST`]; of rows the first.
    pub faults: Vec<String>,
}

/// Tells how far an export or a verification has come: writes and rows until now.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// What is asked of a journal about its old days.
pub trait Days {
    /// The oldest date whose keys are taken.
    ///
    /// # Errors
    /// When the store cannot be read; likewise below.
    fn kept_from(&mut self) -> Result<Day, Fatal>;

    /// The oldest date that something was written for, of those that are kept.
    fn oldest_day(&mut self) -> Result<Option<Day>, Fatal>;

    /// The next date behind `after` that something was written for, of those that are kept.
    fn next_day(&mut self, after: Day) -> Result<Option<Day>, Fatal>;

    /// Compares what stands of one date with what was written; reads only, in one snapshot.
    fn verify_day(&mut self, day: Day, told: Progress<'_>) -> Result<DayVerified, Fatal>;

    /// A flow that keeps days before `from` from being forgotten: open, parked, or with a notice that is owed, or given up
    /// and not decided about.
    fn held_back(&mut self, from: Day) -> Result<Option<FlowId>, Fatal>;

    /// What is left of days that are to be forgotten.
    fn leaving(&mut self) -> Result<Leaving, Fatal>;

    /// Whether a chain goes as a whole: one that is still there behind [`Change::ForgetChain`] was read by somebody.
    fn chains_go_whole(&self) -> bool;

    /// Whether refused inputs from before a moment are there, or what need not be remembered since then
    /// ([`Change::Forget`]).
    fn has_refused(&mut self, before: Moment) -> Result<bool, Fatal>;

    /// What the chain of a day that goes says of rows that stay, in pieces of one write each.
    fn carried(&mut self, day: Day) -> Result<Pieces, Fatal>;

    /// Days that were forgotten, newest first; at most `most`.
    fn forgotten(&mut self, most: usize) -> Result<Vec<ForgottenDay>, Fatal>;

    /// Writes a date into a file, which stands there whole or not at all.
    fn export(&mut self, day: Day, to: &Path, told: Progress<'_>) -> Result<Export, Fatal>;
}

/// The date in whose chain a write stands: its own, but never one that is forgotten, nor one before a key that it cancels.
pub(crate) fn chain_of(write: &Write, oldest: Day) -> Day {
    if write.date.0 == 0 {
        return write.date;
    }
    let cancelled = write.changes.iter().filter_map(|change| match change {
        Change::CancelKey(key) => Some(key.date),
        _ => None,
    });
    cancelled.fold(write.date.max(oldest), Day::max)
}

/// The flows that a write touches, each with the last day that it must be kept for.
pub(crate) fn touched(write: &Write, chain: Day) -> BTreeMap<FlowId, Day> {
    let mut touched = BTreeMap::new();
    for change in &write.changes {
        let (flow, last) = match change {
            Change::InsertFlow(asked) => (asked.flow, asked.key.date),
            Change::PutFlow(put) => (put.flow, chain),
            Change::PutOperation(put) => (put.flow, chain),
            Change::Event { flow, .. } => (*flow, chain),
            Change::PutNotice(notice) | Change::DecideNotice(notice) => (notice.flow, chain),
            Change::Reserve { hold, .. } | Change::Release(hold) => (hold.flow, hold.day),
            _ => continue,
        };
        let known = touched.entry(flow).or_insert(chain);
        *known = last.max(*known);
    }
    touched
}
