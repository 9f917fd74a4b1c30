//! Messages: the order of the wire, names of files, checks and mappings.

use super::{CallId, Chain, Expr, Field, FieldId, Format, Load};
use crate::source::Span;
use crate::value::{Form, ShapeId, Symbol, Type};

/// Which message of an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MessageSide {
    /// Who begins.
    Request,
    /// Who answers.
    Reply,
    /// What follows later.
    Later,
}

/// One message, whole: the packet with the fields of its call.
#[derive(Clone, Hash, Debug)]
pub struct Message {
    /// Its call.
    pub call: CallId,
    /// Which of its messages.
    pub side: MessageSide,
    /// `message.code`; empty where there is none.
    pub code: Box<str>,
    /// We write it (else we read it).
    pub ours: bool,
    /// Charset of texts where nothing else is said.
    pub charset: Box<str>,
    /// All fields, in textual order.
    pub fields: Vec<Field>,
    /// The wire order. HTTP: nodes are the parts. Files: the lines and lists of lines.
    pub nodes: Vec<Node>,
    /// Slots of the message itself; rows of lists have their own ([`ListField::slots`]).
    pub slots: u16,
    /// A file: name template, form and end mark.
    pub file: Option<FileForm>,
    /// `unknown kept` for the whole packet.
    pub unknown_kept: bool,
    /// `fresh NAME bytes N`: what the writer draws.
    pub fresh: Vec<Fresh>,
    /// A reply for this outcome alone.
    pub when: Option<MessageWhen>,
    /// What its coming says, whatever stands in it.
    pub means: Option<crate::value::Outcome>,
    /// The field that holds the octets of its own fields, for an answer to give back.
    pub held: Option<FieldId>,
    /// Believed without a seal, and why.
    pub unsealed: Option<Box<str>>,
    /// What no other message that is asked of us may have had for a while.
    pub unseen: Vec<Unseen>,
    /// Where the `request`/`reply` stands.
    pub span: Span,
}

/// For which outcome a reply is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MessageWhen {
    /// `when done`.
    Done,
    /// `when refused`.
    Refused,
    /// `when unknown`.
    Unknown,
}

impl MessageWhen {
    /// Whether a message for this outcome may say that one.
    #[must_use]
    pub fn is(self, outcome: crate::value::Outcome) -> bool {
        use crate::value::Outcome;
        matches!(
            (self, outcome),
            (Self::Done, Outcome::Done(_))
                | (Self::Refused, Outcome::Refused(_))
                | (Self::Unknown, Outcome::Unknown)
        )
    }
}

/// How a file is named and marked.
#[derive(Clone, Hash, Debug)]
pub struct FileForm {
    /// Pieces of the name: written from these, read into them. A piece that is no constant has a form of its own.
    pub name: Vec<NamePiece>,
    /// `.ok` (suffix) or a whole other name.
    pub done: Option<Box<str>>,
    /// The form of the whole file: [`Message::nodes`] are its lines, lists of lines, or entries.
    pub format: Format,
    /// Coding of the whole file.
    pub chain: Chain,
    /// Fields of a name that carries data (`name fixed { … }`), in order; else the name is [`FileForm::name`].
    pub name_nodes: Vec<Node>,
    /// What stands behind those fields in the name (`.zip`).
    pub name_ending: Box<str>,
}

/// A piece of a file's name.
#[derive(Clone, Hash, Debug)]
pub enum NamePiece {
    /// As it stands.
    Text(Box<str>),
    /// The wire text of this field of the message.
    Field(FieldId),
    /// A value known before the file is read (a setting, a fact of who asked), as text.
    Known(Expr),
    /// A field of the request, by its own wire form.
    Request(Load),
    /// A value of the ask, a fact or the member's name, by a form: learned from the name where it is not known.
    Learned(Load, Form, Type),
}

/// A place in the wire order.
#[derive(Clone, Hash, Debug)]
pub enum Node {
    /// A field.
    Field(FieldId),
    /// What stands only then.
    When {
        /// What must hold.
        condition: Expr,
        /// What stands then.
        then: Vec<Node>,
        /// Where it stands.
        span: Span,
    },
    /// The first case that holds; else `other`.
    Choose {
        /// Conditions, and what stands or happens where one holds.
        cases: Vec<(Expr, Vec<Node>)>,
        /// Where none does.
        other: Vec<Node>,
        /// Where it stands.
        span: Span,
    },
    /// `check expr else …`.
    Check(Check),
    /// A mapping without a field.
    Map(Box<Mapping>),
}

/// `check expr else …`.
#[derive(Clone, Hash, Debug)]
pub struct Check {
    /// Must hold.
    pub holds: Expr,
    /// What if not: refuse with a reason; `None`: the message is bad.
    pub refuse: Option<Symbol>,
    /// As written, for the fault's text.
    pub text: Box<str>,
    /// Where.
    pub span: Span,
}

/// `check VALUE unseen within TIME else refuse REASON`.
#[derive(Clone, Hash, Debug)]
pub struct Unseen {
    /// What each message has anew.
    pub value: Expr,
    /// For how long it is remembered, in milliseconds.
    pub within_ms: u64,
    /// What a message is refused with that has what another had.
    pub refuse: Symbol,
}

/// What happens when a mapping cannot be done.
#[derive(Clone, Hash, Debug)]
pub enum Else {
    /// Nothing said: it cannot fail, or the message is bad.
    Fault,
    /// Refuse with this reason.
    Refuse(Symbol),
    /// Park with this text.
    Park(Box<str>),
    /// The outcome is unknown.
    Unknown,
    /// The target stays absent.
    Absent,
    /// This value instead.
    Value(Expr),
}

/// `TARGET <- SOURCE`.
#[derive(Clone, Hash, Debug)]
pub struct Mapping {
    /// Where to.
    pub target: Load,
    /// From what.
    pub source: Expr,
    /// Lists whose rows are gone through on the way to the list that is read (`rows.items`), from outside in.
    pub through: Vec<Load>,
    /// Of a list: which rows go over, with what beside them, in which order.
    pub rows: MappedRows,
    /// `cut`: a longer text is cut at the border of a character.
    pub cut: bool,
    /// What if it cannot be done.
    pub otherwise: Else,
    /// Where.
    pub span: Span,
}

/// What a flow's mapping says of the rows of a list.
#[derive(Clone, PartialEq, Hash, Debug, Default)]
pub struct MappedRows {
    /// `where`: which of them.
    pub filter: Option<Expr>,
    /// `with`: a list beside it; the row of the same number has what is missing in the row.
    pub with: Option<(Load, ShapeId)>,
    /// `sorted by`: first by the first of these.
    pub sorted: Vec<Expr>,
}

/// A value that the writer draws for each message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Fresh {
    /// Its slot, outside of lists.
    pub slot: u16,
    /// Of what.
    pub of: FreshOf,
    /// How many.
    pub count: u32,
}

/// Of what a value is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FreshOf {
    /// Octets.
    Bytes,
    /// Figures, the first of which is not 0: a number keeps its figures.
    Digits,
    /// Letters and figures.
    Ascii,
}
