//! Fields of messages, and how each stands on the wire.

use super::{Expr, FieldId, Format, Load, Mapping, Node, PrefixKind};
use crate::source::Span;
use crate::value::{Absent, Coding, Form, Side, Size, Type, Unit};

/// A field of a message.
#[derive(Clone, Hash, Debug)]
pub struct Field {
    /// Its name.
    pub name: Box<str>,
    /// `head.serial`, `body.bills.month`.
    pub path: Box<str>,
    /// Label for people.
    pub label: Box<str>,
    /// Nesting in lists: 0 in the message itself.
    pub level: u8,
    /// Its slot in the message (level 0) or in the row.
    pub slot: u16,
    /// What it is.
    pub kind: FieldKind,
    /// Name on the wire where it is not [`Field::name`].
    pub at: Option<At>,
    /// `=`: computed by the writer; by the reader learned or compared.
    pub fact: Option<Expr>,
    /// Where the reader puts what `=` lets it learn.
    pub learn: Learn,
    /// The fact holds `message.code`: the text before and behind it, by which a message is recognised.
    pub code_around: Option<(Box<str>, Box<str>)>,
    /// A format: the text behind it that ends it ([`Wire::ending`] is a value's).
    pub ending: Option<Box<str>>,
    /// `<-` when we write.
    pub from: Option<Mapping>,
    /// `->` when we read; (for a list: [`ListField::business`]).
    pub to: Option<Mapping>,
    /// Position and name of its declaration.
    pub span: Span,
    /// The type's span, for diagnostics.
    pub type_span: Span,
    /// Bit of an ISO 8583 field, if said.
    pub bit: Option<u16>,
    /// Tag of a TLV field, if said.
    pub tag: Option<Box<str>>,
    /// XML namespace, if said.
    pub namespace: Option<Box<str>>,
    /// May be missing as a whole (groups, lists, lines, entries).
    pub optional: bool,
    /// It is referred to by `raw(…)`: the reader keeps its range, the writer marks it.
    pub marked: bool,
    /// Octets of the request's own fields: held in the request, all that is left in its answer.
    pub returned: bool,
}

/// What the reader does with a field that is `=` an expression.
#[derive(Clone, PartialEq, Hash, Debug)]
pub enum Learn {
    /// It must agree (or there is no `=`).
    Agree,
    /// A fact that is not known yet: put there.
    Place(Load),
    /// It takes part in the outcome.
    Outcome,
    /// The outcome of the original (`= original.outcome`).
    OriginalOutcome,
    /// It names the member.
    Member,
    /// A value the writer drew (`fresh`), got back by inverting the expression: the expression of the inverse over
    /// this field.
    Fresh(Load, Box<Expr>),
    /// A seal: verified on the received bytes, in constant time; `signature` with the public half.
    Seal,
    /// Not judged (the fact is ours alone and the other side's value says nothing).
    Ignore,
}

/// Name on the wire.
#[derive(Clone, Hash, Debug)]
pub enum At {
    /// Always this.
    Text(Box<str>),
    /// A template; when it is not found, this other name.
    Template(Expr, Option<Box<str>>),
}

/// What a field is.
#[derive(Clone, Hash, Debug)]
pub enum FieldKind {
    /// A value.
    Leaf {
        /// Its type.
        ty: Type,
        /// Its form on the wire.
        wire: Wire,
    },
    /// Fields together: a JSON object, an XML element, nothing in `fixed`.
    Group {
        /// What stands in it.
        nodes: Vec<Node>,
    },
    /// Fields in a format.
    Format {
        /// The format.
        format: Format,
        /// How it is coded.
        chain: Chain,
        /// What stands in it.
        nodes: Vec<Node>,
    },
    /// Rows.
    List(ListField),
    /// One record of a file.
    Line {
        /// What stands in it.
        nodes: Vec<Node>,
        /// Octets, where it has no line end.
        bytes: Option<u32>,
        /// It is no record of the file but what stands in its control file, in this form of its own.
        control: Option<Format>,
    },
    /// One file of a zip: pattern of its name and the form in it (a [`FieldKind::Format`] field).
    Entry {
        /// Pattern of the name.
        pattern: Expr,
        /// The form in it.
        content: Box<FieldKind>,
    },
    /// Groups told apart by their constants, in one repeated place.
    Several {
        /// The groups.
        nodes: Vec<Node>,
    },
}

/// Rows in a message.
#[derive(Clone, Hash, Debug)]
pub struct ListField {
    /// Fewest rows.
    pub min: u32,
    /// Most rows.
    pub max: u32,
    /// They go on until the end of what is around them.
    pub until_end: bool,
    /// Each row is a line of the file.
    pub of_line: bool,
    /// Octets of such a line, where it has no end.
    pub line_bytes: Option<u32>,
    /// One item stands as the item itself (JSON).
    pub alone: bool,
    /// Nodes of one row. Fields in it have `level` one higher.
    pub nodes: Vec<Node>,
    /// Slots of one row.
    pub slots: u16,
    /// The list in the business record: rows are filled from it (we write) or into it (we read).
    pub business: Option<ListArrow>,
    /// Field that holds the number of rows (`= count(list)`), if it stands before.
    pub counted_by: Option<FieldId>,
    /// A value list has exactly one leaf, without a name on the wire (`["a", "b"]`).
    pub plain: bool,
    /// The items are formats, each one value of the list: the one node is that format.
    pub of_format: bool,
    /// `tolerate unreadable`: an item that cannot be read keeps what was read of it, and the others are read.
    pub tolerant: bool,
}

/// How a wire list and a business list go together.
#[derive(Clone, Hash, Debug)]
pub struct ListArrow {
    /// The business list.
    pub list: Load,
    /// `with`: a second list, row by row beside it.
    pub with: Option<Load>,
    /// `where`.
    pub filter: Option<Expr>,
    /// `sorted by`: first by the first of these.
    pub sorted: Vec<Expr>,
    /// Of a list of the journal: the business date that `where` asks for.
    pub day: Option<Expr>,
    /// We fill the wire from it.
    pub writes: bool,
    /// Where.
    pub span: Span,
}

/// How a value or a format becomes bytes, in the order of writing, by a condition.
#[derive(Clone, Hash, Debug, Default)]
pub struct Chain {
    /// The chain where nothing is said otherwise or the condition holds.
    pub first: Vec<Coding>,
    /// `when c … else chain`.
    pub choice: Option<(Box<Expr>, Vec<Coding>)>,
    /// Expressions that the codings refer to (`key`, `iv`), by index.
    pub expressions: Vec<Expr>,
}

/// How a leaf stands on the wire.
#[derive(Clone, Hash, Debug)]
pub struct Wire {
    /// How the value is written.
    pub form: Form,
    /// How much room it takes.
    pub size: Size,
    /// What the size counts.
    pub unit: Unit,
    /// Fill up to a fixed width: side and octet.
    pub fill: Option<(Side, u8)>,
    /// A sign may stand in front.
    pub signed: bool,
    /// When the value is missing.
    pub absent: Absent,
    /// `coded …`.
    pub chain: Chain,
    /// Length prefix of its own (`prefix 2`).
    pub prefix: Option<Prefix>,
    /// Size is another field's `= length(x)`.
    pub sized_by: Option<FieldId>,
    /// `ending "…"`.
    pub ending: Option<Box<str>>,
    /// JSON: written in quotes.
    pub quoted: bool,
    /// No trailing zeros.
    pub trimmed: bool,
    /// `tolerate` words.
    pub tolerate: Vec<Box<str>>,
    /// Written for a character that the charset lacks.
    pub unmapped: Option<Box<str>>,
    /// What a date's form leaves out is chosen nearest to this.
    pub near: Option<Box<Expr>>,
}

/// A length in front of one value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Prefix {
    /// Figures or octets.
    pub size: u32,
    /// How it is written.
    pub kind: PrefixKind,
}
