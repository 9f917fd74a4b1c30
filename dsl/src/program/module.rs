//! A party as the engine runs it: links, sessions, calls.

use super::{ExprId, FlowTables, Program, Recogniser};

/// A whole module, lowered: what the engine, the tools and the simulators run.
#[derive(Clone, Debug)]
pub struct ModuleProgram {
    /// `power_dongguan`, `bank`.
    pub name: Box<str>,
    /// Label for people.
    pub label: Box<str>,
    /// Folder under `configs/`.
    pub folder: Box<str>,
    /// It is a party (else it holds flows only).
    pub party: bool,
    /// Cut-over of the business date, minutes after midnight.
    pub cut_over: Option<u16>,
    /// How a serial is made.
    pub serial: Option<ExprId>,
    /// Messages, expressions, tables.
    pub program: Program,
    /// Settings in slot order ([`crate::model::Space::Setting`]; those of a member also by it).
    pub settings: Vec<crate::model::Setting>,
    /// Keys in slot order.
    pub keys: Vec<crate::model::Key>,
    /// Member, if it has some.
    pub member: Option<crate::model::Member>,
    /// Links.
    pub links: Vec<LinkProgram>,
    /// Sessions; values have slots over all sessions in order.
    pub sessions: Vec<SessionProgram>,
    /// Calls and serves; the index is [`crate::model::CallId`].
    pub calls: Vec<CallProgram>,
    /// Flows.
    pub flows: Vec<FlowTables>,
    /// Comparisons of books.
    pub reconciles: Vec<ReconcileProgram>,
}

/// A comparison of books, lowered.
#[derive(Clone, Debug)]
pub struct ReconcileProgram {
    /// Its name.
    pub name: Box<str>,
    /// What a flow that starts on it is asked: `day ours theirs agreed differences`.
    pub ask: crate::value::ShapeId,
    /// The business date that is compared.
    pub day: ExprId,
    /// Its whole month.
    pub month: bool,
    /// Our calls.
    pub ours: Vec<BookProgram>,
    /// Their file.
    pub theirs: BookProgram,
    /// What it proves of operations whose end is not known.
    pub proves: Vec<crate::model::ReconcileProof>,
}

/// One side of a comparison, lowered.
#[derive(Clone, Debug)]
pub struct BookProgram {
    /// The call.
    pub call: crate::model::CallId,
    /// The list whose rows are compared.
    pub list: crate::model::Load,
    /// What a row is found by, in a row.
    pub key: ExprId,
    /// Its amount, in a row.
    pub amount: Option<ExprId>,
    /// Which rows count, in a row.
    pub filter: Option<ExprId>,
}

/// A link, lowered.
#[derive(Clone, Debug)]
pub struct LinkProgram {
    /// What the adapter says: kind, frame, hold, times.
    pub link: crate::model::Link,
    /// How a message that comes unasked (or all, where one line carries many) is told.
    pub recogniser: Option<Recogniser>,
    /// HTTP path.
    pub post: Option<(Box<str>, ExprId)>,
    /// Folder of files.
    pub folder: Option<ExprId>,
    /// Folder to which files go that were taken.
    pub move_to: Option<ExprId>,
    /// Time between two looks (a duration).
    pub poll: Option<ExprId>,
    /// By `message.code`: the requests that may come here (serves) and the calls whose late replies may.
    pub by_code: Vec<(Box<str>, crate::model::CallId, crate::model::MessageId)>,
}

/// A session, lowered.
#[derive(Clone, Debug)]
pub struct SessionProgram {
    /// What the adapter says: calls, times, reasons.
    pub session: crate::model::Session,
    /// First slot of its values in [`crate::model::Space::Session`].
    pub first_slot: u16,
    /// Values in order.
    pub values: Vec<ExprId>,
    /// What values of other sessions become, by slot.
    pub changes: Vec<(u16, ExprId)>,
    /// What must hold.
    pub checks: Vec<ExprId>,
    /// Until when.
    pub until: Option<ExprId>,
}

/// How an earlier exchange is found, lowered.
#[derive(Clone, Debug)]
pub struct OriginalProgram {
    /// What stood in it, and what that must be.
    pub by: Vec<(crate::model::Load, ExprId)>,
    /// The reason where there is none.
    pub refuse: crate::value::Symbol,
}

/// A call or serve, lowered.
#[derive(Clone, Debug)]
pub struct CallProgram {
    /// What the adapter says: name, service, ways, promises, relations, messages.
    pub call: crate::model::Call,
    /// Path of the service it provides or runs.
    pub service: Option<Box<str>>,
    /// Kind of that service; a call of its own is a query unless it has a way out of unknown.
    pub kind: crate::model::ServiceKind,
    /// Parts of its key.
    pub once: Vec<ExprId>,
    /// Whether that key may come again for another act after a week; else it is given once for ever.
    pub once_anew: bool,
    /// Whether its message says of which day it is; what does not is known again as long as the journal is kept, not longer.
    pub names_day: bool,
    /// What no other message of its party may have had for a while: the value, for how long (ms), the reason.
    pub unseen: Vec<(ExprId, u64, crate::value::Symbol)>,
    /// Rows a page, pages at most, whether there is more.
    pub pages: Option<(u32, u32, ExprId)>,
    /// When its answer is due though something of it is still open; else at the cut-over.
    pub due: Option<ExprId>,
    /// Counts only then.
    pub only_when: Option<ExprId>,
    /// How the exchange that it speaks of is found where none is at hand.
    pub original: Option<OriginalProgram>,
    /// HTTP path of its request, as the link says it, with `message.code` put in.
    pub path: Option<ExprId>,
    /// Which of its fields other messages, flows and comparisons refer to (D17): message, slot, level, path.
    pub kept: Vec<(crate::model::MessageId, u16, u8, Box<str>)>,
    /// Whether a comparison or the list of a day reads its exchanges: then a question of it is kept with what was asked.
    pub listed: bool,
}
