//! Code tables and calls: who begins, what the party promises, the way out of unknown.

use super::{Expr, Wire};
use crate::source::Span;
use crate::value::{Pauses, ShapeId, Symbol};

/// A code table.
#[derive(Clone, Hash, Debug)]
pub struct CodeTable {
    /// Its name.
    pub name: Box<str>,
    /// Label for people.
    pub label: Box<str>,
    /// Wire form of the code's text.
    pub wire: Wire,
    /// Means outcomes (else names).
    pub outcomes: bool,
    /// Rows in order; the first with a meaning is the one written.
    pub rows: Vec<CodeRow>,
    /// What any other text means, if said.
    pub other: Option<Meaning>,
    /// What a missing one means, if said.
    pub absent: Option<Meaning>,
    /// Where.
    pub span: Span,
}

/// A row of a code table.
#[derive(Clone, Hash, Debug)]
pub struct CodeRow {
    /// The text, constant but for settings.
    pub text: Expr,
    /// What it means.
    pub meaning: Meaning,
    /// Label for people, also `outcome.text` when written.
    pub label: Box<str>,
    /// Where.
    pub span: Span,
}

/// What a code says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Meaning {
    /// An outcome.
    Outcome(crate::value::Outcome),
    /// A name.
    Name(Symbol),
    /// The message is refused with this reason.
    Refuse(Symbol),
    /// An interim answer: wait so many milliseconds for the real one.
    Wait(u64),
}

/// Index into [`Module::calls`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct CallId(pub u16);

/// Index into [`Module::messages`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct MessageId(pub u16);

/// Index into [`Message::fields`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct FieldId(pub u16);

/// A `call` (we begin) or a `serve` (they begin).
#[derive(Clone, Hash, Debug)]
pub struct Call {
    /// Its name.
    pub name: Box<str>,
    /// Label for people.
    pub label: Box<str>,
    /// Documentation text.
    pub doc: Box<str>,
    /// We begin.
    pub ours: bool,
    /// Index of its link.
    pub link: u16,
    /// Index of the service it provides (ours) or runs (theirs).
    pub service: Option<u16>,
    /// What is asked: the service's or its own.
    pub ask: Option<ShapeId>,
    /// What is answered.
    pub answer: Option<ShapeId>,
    /// Calls that it enquires about.
    pub settles: Vec<CallId>,
    /// Calls of which it reverses one.
    pub undoes: Vec<CallId>,
    /// Calls that it speaks of without settling.
    pub about: Vec<CallId>,
    /// Parts of its key (money-safety rule 3).
    pub once: Vec<Expr>,
    /// What the party promises.
    pub promises: Promises,
    /// The way out of unknown, in order.
    pub unknown: Vec<Way>,
    /// What an asker without a third answer gets: `None` is silence, else the code's text.
    pub pending: Option<Box<str>>,
    /// Rows a page, pages at most, and whether there is more.
    pub pages: Option<(u32, u32, Expr)>,
    /// When its answer is due though something of it is still open (a moment); else at the cut-over.
    pub due: Option<Expr>,
    /// Counts only then.
    pub only_when: Option<Expr>,
    /// How the exchange that it speaks of is found where none is at hand.
    pub original: Option<OriginalRule>,
    /// Other order of outcome fields, and rows of texts with a meaning in this call: field paths and rows.
    pub outcome: Option<OutcomeRule>,
    /// The request.
    pub request: MessageId,
    /// Its possible answers; empty: none is due.
    pub replies: Vec<MessageId>,
    /// Answers that follow later (`later`).
    pub later: Vec<MessageId>,
    /// Where.
    pub span: Span,
}

/// `original where … else refuse REASON`.
#[derive(Clone, Hash, Debug)]
pub struct OriginalRule {
    /// What stood in the original (a plain reference), and what it must be.
    pub by: Vec<(Expr, Expr)>,
    /// The reason where there is none.
    pub refuse: Option<Symbol>,
}

/// What a party promises of a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Promises {
    /// A repeat gets the first answer.
    pub same_answer: bool,
    /// A repeat gets the first answer if that was done.
    pub same_answer_when_done: bool,
    /// A repeat is refused as a duplicate.
    pub says_duplicate: bool,
    /// Milliseconds after which no copy can arrive any more.
    pub quiet_ms: Option<u64>,
    /// A reversal that came first refuses the original later.
    pub remembered: bool,
    /// May be sent again.
    pub repeatable: bool,
    /// Only on the business date of the original.
    pub within_business_date: bool,
    /// Cannot be refused.
    pub assured: bool,
    /// An enquiry that proves `done` only.
    pub proves_done_only: bool,
    /// Messages are taken by their numbers: what bears a higher one is judged behind the last copy.
    pub in_order: bool,
    /// Milliseconds after which it lets go by itself of what it holds.
    pub holds_ms: Option<u64>,
    /// Of what is served: milliseconds within which the asker repeats.
    pub repeats_within_ms: Option<u64>,
}

impl Promises {
    /// Milliseconds behind the end of the last copy from which on a question or a reversal is judged behind that copy. Where
    /// numbers keep the order, that is at once.
    #[must_use]
    pub fn settled_ms(&self) -> Option<u64> {
        if self.in_order { Some(0) } else { self.quiet_ms }
    }
}

/// One step of a way out of unknown. Times are milliseconds.
#[derive(Clone, Hash, Debug)]
pub enum Way {
    /// Ask with an enquiry.
    Enquire {
        /// The enquiry.
        with: CallId,
        /// Between the tries.
        pauses: Pauses,
        /// How often.
        times: u32,
    },
    /// Send the same again; `times` is `None` until the cut-over.
    Repeat {
        /// Between the tries.
        pauses: Pauses,
        /// How often.
        times: Option<u32>,
    },
    /// Reverse it.
    Undo {
        /// The reversal.
        with: CallId,
    },
    /// An operator's.
    Park,
    /// Of queries, and of notices of which one more copy does no harm: refused with this reason.
    Refuse(Symbol),
}

/// Codes in the order of the fields (`None`: any), what they mean together, and the label.
pub type OutcomeRow = (Vec<Option<Box<str>>>, crate::value::Outcome, Box<str>);

/// `outcome a, b { rows }`.
#[derive(Clone, Hash, Debug)]
pub struct OutcomeRule {
    /// The fields in the order in which they decide.
    pub fields: Vec<FieldPath>,
    /// Rows: a text for each field (`None`: any), and the meaning.
    pub rows: Vec<OutcomeRow>,
    /// Where.
    pub span: Span,
}

/// A field's path as written, found again in each message of the call.
pub type FieldPath = Box<str>;
