//! Sessions, flows and comparisons of books.

use super::{CallId, Check, Else, Expr, Load, Mapping, Way};
use crate::source::Span;
use crate::value::{ShapeId, Symbol, Type};

/// A session.
#[derive(Clone, Hash, Debug)]
pub struct Session {
    /// Its name.
    pub name: Box<str>,
    /// One for each member.
    pub per_member: bool,
    /// Our sign-in call.
    pub open: Option<CallId>,
    /// Sign in at start.
    pub at_start: bool,
    /// And on each connection that is made.
    pub at_connect: bool,
    /// And at these minutes after midnight.
    pub at: Vec<u16>,
    /// Their sign-in.
    pub serve: Option<CallId>,
    /// Reasons that renew it; times in a row.
    pub renew: Vec<(Symbol, u32)>,
    /// The repeat that follows has a serial of its own: these reasons mean that nothing was done.
    pub new_serial: bool,
    /// Values kept from the sign-in's reply (`keep`) or drawn by us (`make`).
    pub values: Vec<SessionValue>,
    /// Values of other sessions that this one changes, by slot, once its message has been answered.
    pub changes: Vec<(u16, Expr)>,
    /// Must hold, else there is no session.
    pub checks: Vec<Expr>,
    /// Until when it is good (a moment).
    pub until: Option<Expr>,
    /// Milliseconds before that end at which it is good no more.
    pub early_ms: u64,
    /// Milliseconds for which the old values stay good.
    pub overlap_ms: u64,
    /// How its messages are numbered, where they are.
    pub numbering: Option<Numbering>,
    /// Our sign-off call.
    pub close: Option<CallId>,
    /// When it is sent, in minutes after midnight; at the cut-over where nothing is said.
    pub close_at: Option<u16>,
    /// Where.
    pub span: Span,
}

/// Messages of a session bear numbers: those of either side one after another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Numbering {
    /// The link that they go over.
    pub link: u16,
    /// They begin anew with the first session of a business date; else they go on for ever.
    pub daily: bool,
    /// Ours that asks for what is missing, and theirs.
    pub gap: (CallId, CallId),
    /// Ours that stands for what is not sent again, and theirs.
    pub fill: (CallId, CallId),
    /// Theirs that ends the session, of the code of ours that does.
    pub ends: Option<CallId>,
    /// What is still open is sent again; else all is filled.
    pub resends: bool,
}

/// A value of a session; its index is the slot of [`Space::Session`].
#[derive(Clone, Hash, Debug)]
pub struct SessionValue {
    /// Its name.
    pub name: Box<str>,
    /// Its type.
    pub ty: Type,
    /// How it comes about.
    pub value: Expr,
    /// We draw it (`make`), else it is kept from the sign-in (`keep`).
    pub make: bool,
    /// Where.
    pub span: Span,
}

/// What starts a flow.
#[derive(Clone, Debug)]
pub enum Start {
    /// A service asked for (index into [`Model::services`]).
    Service(u16),
    /// A call served.
    Served(CallId),
    /// Books compared (index into [`super::Module::reconciles`]).
    Compared(u16),
    /// A file of one of these calls that is not taken.
    Refused(Vec<CallId>),
    /// Each day at this minute.
    Daily(u16),
    /// Every so often (milliseconds).
    Every(Expr),
}

/// A flow.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Its name.
    pub name: Box<str>,
    /// Label for people.
    pub label: Box<str>,
    /// What starts it.
    pub start: Start,
    /// By the clock, once for each member of the party.
    pub per_member: bool,
    /// The name of the member that is asked about.
    pub of_member: Option<Expr>,
    /// Record asked, if any.
    pub ask: Option<ShapeId>,
    /// Record answered, if any.
    pub answer: Option<ShapeId>,
    /// Its statements.
    pub body: Vec<FlowNode>,
    /// Steps in textual order; a step's index is `call` of [`Space::StepAnswer`] and its like.
    pub steps: Vec<FlowStep>,
    /// Loops in textual order: the shape of the row that each makes.
    pub loops: Vec<FlowLoop>,
    /// Where.
    pub span: Span,
}

/// A statement of a flow.
#[derive(Clone, Debug)]
pub enum FlowNode {
    /// `limit VALUE at most CEILING`; per key and span where it is a sum or a count.
    Limit {
        /// What is limited; none: a count.
        value: Option<Expr>,
        /// For each of these.
        by: Vec<Expr>,
        /// Over what span.
        over: crate::tree::LimitSpan,
        /// What it counts, in the words of the text; with the name of the counter where other flows of the module count on it too.
        counts: Box<str>,
        /// Other flows of the module count on it too.
        shared: bool,
        /// The most.
        ceiling: Expr,
        /// The reason of the refusal.
        refuse: Option<Symbol>,
        /// Where it stands.
        span: Span,
    },
    /// `check`.
    Check(Check),
    /// `deadline LIMIT after X, warn LIMIT else park`.
    Deadline {
        /// How long.
        limit: Expr,
        /// From this moment.
        from: Expr,
        /// When people are warned, from the same moment.
        warn: Option<Expr>,
        /// What then.
        otherwise: Box<Else>,
        /// Where it stands.
        span: Span,
    },
    /// Waits for an operator's decision.
    Hold {
        /// The step that stands for the decision, where the flow goes on whichever it is.
        told: Option<u16>,
        /// What is decided, as people read it.
        what: Expr,
        /// Who decides.
        role: Expr,
        /// Where it stands.
        span: Span,
    },
    /// Parks.
    Park {
        /// The reason, as people read it.
        why: Expr,
        /// Where it stands.
        span: Span,
    },
    /// Refuses.
    Refuse {
        /// The reason.
        reason: Symbol,
        /// Where it stands.
        span: Span,
    },
    /// `wait until`.
    WaitUntil {
        /// The moment.
        until: Expr,
        /// Where it stands.
        span: Span,
    },
    /// `wait for` the rows of a loop (index into [`Flow::loops`]) that were told as open.
    WaitFor(u16),
    /// `await`: goes on when that has been served, or was before.
    Await {
        /// The step that stands for what comes.
        step: u16,
        /// The longest wait, in milliseconds.
        up_to_ms: u64,
        /// What then.
        otherwise: Box<Else>,
    },
    /// `cancel refused after STEP`.
    CancelRefusedAfter {
        /// Index into [`Flow::steps`].
        step: u16,
        /// Where it stands.
        span: Span,
    },
    /// A step (index into [`Flow::steps`]).
    Step(u16),
    /// Side by side.
    Together(Vec<FlowNode>, Span),
    /// A row each (index into [`Flow::loops`]).
    Each(u16),
    /// The first case that holds.
    Choose {
        /// Conditions, and what stands or happens where one holds.
        cases: Vec<(Expr, Vec<FlowNode>)>,
        /// Where none does.
        other: Vec<FlowNode>,
        /// Where it stands.
        span: Span,
    },
    /// Begins another flow durably, without waiting: the service asked and how its ask is filled.
    StartFlow {
        /// Index of the service.
        service: u16,
        /// What fills its ask.
        mappings: Vec<Mapping>,
        /// Where it stands.
        span: Span,
    },
    /// The answer.
    Answer {
        /// What fills it.
        mappings: Vec<Mapping>,
        /// Where it stands.
        span: Span,
    },
}

/// A loop of a flow.
#[derive(Clone, Debug)]
pub struct FlowLoop {
    /// `row`.
    pub name: Box<str>,
    /// The list.
    pub list: Load,
    /// The list that takes the rows' answers, and the shape of one.
    pub into: Option<(Load, ShapeId)>,
    /// How many at once.
    pub at_once: u32,
    /// Parts of a row's key.
    pub once: Vec<Expr>,
    /// Its statements.
    pub body: Vec<FlowNode>,
    /// Where.
    pub span: Span,
}

/// What undoes a step.
#[derive(Clone, Debug)]
pub enum Undo {
    /// The provider's call that `undoes` it.
    Provider,
    /// A service with mappings of its own.
    Service(u16, Vec<Mapping>),
    /// Never, and why.
    Keep(Box<str>),
    /// Nothing said.
    None,
}

/// A step of a flow.
#[derive(Clone, Debug)]
pub struct FlowStep {
    /// `debit`.
    pub name: Box<str>,
    /// What it asks for.
    pub target: StepTarget,
    /// Which party, where several provide the service.
    pub at: Option<Expr>,
    /// How its ask is filled.
    pub mappings: Vec<Mapping>,
    /// What undoes it.
    pub undo: Undo,
    /// What puts it right where that leaves it held: a service with mappings of its own.
    pub correct: Option<(u16, Vec<Mapping>)>,
    /// At least once, never changes the end.
    pub best_effort: bool,
    /// `else park "why"` on an ordinary refusal.
    pub park: Option<Expr>,
    /// A query: how often it is asked until it is answered.
    pub again: Option<Way>,
    /// A refusal does not end the flow: for these reasons, of a query for any if none is named.
    pub goes_on: Option<Vec<Symbol>>,
    /// `cancel FLOW where …`: which flow it takes back.
    pub cancels: Option<CancelRule>,
    /// `await`: slots of the ask that is awaited, and what each must be.
    pub awaits: Vec<(u16, Expr)>,
    /// Shape of its ask.
    pub ask: Option<ShapeId>,
    /// Shape of its answer.
    pub answer: Option<ShapeId>,
    /// Where.
    pub span: Span,
}

/// Which flow of the same asker a step takes back.
#[derive(Clone, Debug)]
pub struct CancelRule {
    /// The flow's name in this module.
    pub flow: Box<str>,
    /// Slots of its ask, and what each must be.
    pub by: Vec<(u16, Expr)>,
    /// The reason where there is none.
    pub refuse: Option<Symbol>,
}

/// What a step asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepTarget {
    /// A service.
    Service(u16),
    /// A call of this module.
    Call(CallId),
    /// People: the decision of a `hold`.
    People,
    /// Another flow of this module, which is taken back.
    Flow,
    /// Nothing: it waits until this has been served.
    Awaited(Awaited),
}

/// A comparison of books: what a file of theirs lists of a day against what the journal has of our calls.
#[derive(Clone, Debug)]
pub struct Reconcile {
    /// Its name; a flow starts on it.
    pub name: Box<str>,
    /// Label for people.
    pub label: Box<str>,
    /// What a flow that starts on it is asked: `day ours theirs agreed differences`.
    pub ask: ShapeId,
    /// The business date that is compared.
    pub day: Expr,
    /// Its whole month.
    pub month: bool,
    /// Our calls. Rows are those of the journal.
    pub ours: Vec<ReconcileBook>,
    /// Their file. Rows are those of the list of its ask.
    pub theirs: ReconcileBook,
    /// What it proves of operations whose end is not known.
    pub proves: Vec<ReconcileProof>,
    /// Where.
    pub span: Span,
}

/// What a list of theirs proves of an operation whose end is not known (`flows.md` 7), while two persons have said so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReconcileProof {
    /// What.
    pub proven: Proven,
    /// The parameter of the party that says whether it counts.
    pub parameter: Box<str>,
}

/// What is proven.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proven {
    /// They list it with our amount: they hold it.
    Holds,
    /// They do not list it: they never had it, and never will.
    Never,
}

/// One side of a comparison.
#[derive(Clone, Debug)]
pub struct ReconcileBook {
    /// The call.
    pub call: CallId,
    /// The list whose rows are compared.
    pub list: Load,
    /// What a row is found by, in a row.
    pub key: Expr,
    /// Its amount, in a row.
    pub amount: Option<Expr>,
    /// Which rows count, in a row.
    pub filter: Option<Expr>,
}

/// What a flow awaits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Awaited {
    /// A service that somebody asks for.
    Service(u16),
    /// A message of this module's party, which runs no service.
    Call(CallId),
}
