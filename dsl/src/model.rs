//! The checked model: what one set of adapters says, with every name found and every type known.
//!
//! In: trees, by `resolve`. Out: to `mirror` (the same party seen from its own side), `lower` (the flat program),
//! `document` and the checks. Messages stand here one by one, specialised: packet, layouts and fields of the call are
//! already put together, `message.code` and `message.side` are folded. It must not know bytes, clocks or sockets.

mod call;
mod expression;
mod field;
mod flow;
mod format;
mod link;
mod message;
mod segments;

pub use call::{
    Call, CallId, CodeRow, CodeTable, FieldId, FieldPath, Meaning, MessageId, OriginalRule, OutcomeRow,
    OutcomeRule, Promises, Way,
};
pub use expression::{Expr, ExprKind, Fact, Fold, Function, Load, Space};
pub use field::{At, Chain, Field, FieldKind, Learn, ListArrow, ListField, Prefix, Wire};
pub use flow::{
    Awaited, CancelRule, Flow, FlowLoop, FlowNode, FlowStep, Numbering, Proven, Reconcile, ReconcileBook,
    ReconcileProof, Session, SessionValue, Start, StepTarget, Undo,
};
pub use format::{Delimited, Format, TextCode, Tlv, XmlForm, XmlUse};
pub use link::{
    AfterFile, BROWSE, Beat, Frame, Hold, LineEnd, Link, LinkKind, Parts, PrefixKind, SecondLength, Silence,
    TaggedFrame, TaggedPlace,
};
pub use message::{
    Check, Else, FileForm, Fresh, FreshOf, MappedRows, Mapping, Message, MessageSide, MessageWhen, NamePiece,
    Node, Unseen,
};
pub use segments::{RowRun, SegmentEscape, SegmentLines, Segments, ShownSign};

use crate::source::Span;
use crate::value::{Private, ShapeId, Symbol, Symbols, Type};
use std::sync::Arc;

/// All that one folder of adapters says, in one variant.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Names of `one_of`s, codes, reasons.
    pub symbols: Symbols,
    /// Reasons a service may refuse with, and the gateway's own, with labels.
    pub reasons: Arc<Vec<(Symbol, Box<str>)>>,
    /// Business records: asks, answers and the rows of their lists.
    pub shapes: Arc<Vec<Arc<Shape>>>,
    /// The canonical services.
    pub services: Arc<Vec<Service>>,
    /// Counterparties and modules of flows (`bank`), in the order of their folders' names; models of several variants share
    /// those that are the same in them.
    pub modules: Vec<Arc<Module>>,
}

/// A business record without a wire form.
#[derive(Clone, Hash, Debug)]
pub struct Shape {
    /// `bank.pay_bill.ask`, `bank.pay_bill.ask.items`.
    pub name: Box<str>,
    /// Fields in order; the index is the slot.
    pub fields: Vec<ShapeField>,
}

/// One field of a [`Shape`].
#[derive(Clone, Hash, Debug)]
pub struct ShapeField {
    /// Its name.
    pub name: Box<str>,
    /// What it holds.
    pub ty: Type,
    /// May be missing.
    pub optional: bool,
    /// Label for people.
    pub label: Box<str>,
    /// Where it is declared.
    pub span: Span,
}

/// Whether a service moves money.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServiceKind {
    /// No effect; may be repeated.
    Query,
    /// Moves, freezes, releases or promises money.
    Posting,
    /// Told, at least once.
    Notice,
    /// A file of postings.
    Batch,
}

/// A canonical service.
#[derive(Clone, Debug)]
pub struct Service {
    /// `bank.pay_bill`.
    pub path: Box<str>,
    /// Kind.
    pub kind: ServiceKind,
    /// Label for people.
    pub label: Box<str>,
    /// What is asked.
    pub ask: ShapeId,
    /// What is answered.
    pub answer: ShapeId,
    /// Reasons it may be refused with.
    pub refuse: Vec<Symbol>,
    /// Where it is declared.
    pub span: Span,
}

/// A counterparty, or a module that holds flows only.
#[derive(Clone, Debug)]
pub struct Module {
    /// `power_dongguan`, `bank`.
    pub name: Box<str>,
    /// Folder under `configs/`.
    pub folder: Box<str>,
    /// Label for people.
    pub label: Box<str>,
    /// Documentation text.
    pub doc: Box<str>,
    /// What only a party has.
    pub party: Option<Party>,
    /// Settings, those of a member after the module's own.
    pub settings: Vec<Setting>,
    /// Keys, those of a member after the module's own.
    pub keys: Vec<Key>,
    /// `member unit { … }`.
    pub member: Option<Member>,
    /// Links.
    pub links: Vec<Link>,
    /// Code tables.
    pub codes: Vec<CodeTable>,
    /// Sessions.
    pub sessions: Vec<Session>,
    /// Calls and serves.
    pub calls: Vec<Call>,
    /// Messages of the calls.
    pub messages: Vec<Message>,
    /// `xml` items.
    pub xml_forms: Vec<XmlForm>,
    /// Flows; models of several variants share those that are the same in them.
    pub flows: Vec<Arc<Flow>>,
    /// Comparisons of books.
    pub reconciles: Vec<Reconcile>,
    /// Examples, as they stand in the tree (checked when run).
    pub examples: Vec<crate::tree::Example>,
    /// What is assumed, with why.
    pub assumed: Vec<Assumed>,
}

/// An `assumed` in the text.
#[derive(Clone, Debug)]
pub struct Assumed {
    /// What is assumed: the path of the item or field.
    pub what: Box<str>,
    /// Why; empty where nothing is said.
    pub why: Box<str>,
    /// Where.
    pub span: Span,
}

/// The head of a party.
#[derive(Clone, Hash, Debug)]
pub struct Party {
    /// Charset by its registered name.
    pub charset: Box<str>,
    /// Cut-over of the business date, minutes after midnight; `None` if the date comes from elsewhere.
    pub cut_over: Option<u16>,
    /// How a serial is made.
    pub serial: Option<Expr>,
    /// Private kinds that may leave to it.
    pub discloses: Vec<Private>,
}

/// A `setting`, or a `parameter`.
#[derive(Clone, Hash, Debug)]
pub struct Setting {
    /// Its name.
    pub name: Box<str>,
    /// A parameter: two persons change it while the gateway runs; flows alone read it.
    pub changes: bool,
    /// Its type.
    pub ty: Type,
    /// Label for people.
    pub label: Box<str>,
    /// Each member has its own.
    pub of_member: bool,
    /// Where.
    pub span: Span,
}

/// A `key`.
#[derive(Clone, Hash, Debug)]
pub struct Key {
    /// Its name.
    pub name: Box<str>,
    /// `secret des tdes aes sm4 rsa ec sm2`.
    pub kind: Box<str>,
    /// Octets (bits for `rsa`), if said.
    pub size: Option<u32>,
    /// `ours` (private half here), `theirs` (public half here); `None` for shared keys.
    pub ours: Option<bool>,
    /// Each member has its own.
    pub of_member: bool,
    /// Label for people.
    pub label: Box<str>,
    /// Where.
    pub span: Span,
}

/// Schools, units, merchants: many small counterparties of one form.
#[derive(Clone, Hash, Debug)]
pub struct Member {
    /// `unit`.
    pub name: Box<str>,
    /// Its naming field.
    pub naming: Box<str>,
    /// Type of the naming field.
    pub ty: Type,
    /// Where.
    pub span: Span,
}
