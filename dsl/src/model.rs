//! The checked model: what one set of adapters says, with every name found and every type known.
//!
//! In: trees, by `resolve`. Out: to `mirror` (the same party seen from its own side), `lower` (the flat program),
//! `document` and the checks. Messages stand here one by one, specialised: packet, layouts and fields of the call are
//! already put together, `message.code` and `message.side` are folded. It must not know bytes, clocks or sockets.

use crate::source::Span;
use crate::value::{
    Absent, Coding, Constant, Form, Private, ShapeId, Side, Size, Symbol, Symbols, Type, Unit,
};

/// All that one folder of adapters says, in one variant.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Names of `one_of`s, codes, reasons.
    pub symbols: Symbols,
    /// Reasons a service may refuse with, and the gateway's own, with labels.
    pub reasons: Vec<(Symbol, Box<str>)>,
    /// Business records: asks, answers and the rows of their lists.
    pub shapes: Vec<Shape>,
    /// The canonical services.
    pub services: Vec<Service>,
    /// Counterparties and modules of flows (`bank`), in the order of their folders' names.
    pub modules: Vec<Module>,
}

/// A business record without a wire form.
#[derive(Clone, Debug)]
pub struct Shape {
    /// `bank.pay_bill.ask`, `bank.pay_bill.ask.items`.
    pub name: Box<str>,
    /// Fields in order; the index is the slot.
    pub fields: Vec<ShapeField>,
}

/// One field of a [`Shape`].
#[derive(Clone, Debug)]
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
    /// Flows.
    pub flows: Vec<Flow>,
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
#[derive(Clone, Debug)]
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

/// A `setting`.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its name.
    pub name: Box<str>,
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
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
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

/// What carries bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkKind {
    /// Frames over TCP.
    Tcp,
    /// HTTP without TLS.
    Http,
    /// HTTP with TLS.
    Https,
    /// Files by SFTP.
    Sftp,
    /// Files in a folder.
    Folder,
}

/// A link.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its name.
    pub name: Box<str>,
    /// Kind.
    pub kind: LinkKind,
    /// We connect; else we accept.
    pub connect: bool,
    /// Label for people.
    pub label: Box<str>,
    /// Packet that it carries, by name; files name their form themselves.
    pub carries: Option<Box<str>>,
    /// Framing of a TCP link.
    pub frame: Frame,
    /// Connections.
    pub hold: Hold,
    /// A fact in the packet that matches answers with asks.
    pub matches: Option<Load>,
    /// Call sent on an idle line, and the idle time in milliseconds.
    pub beat: Option<(CallId, u64)>,
    /// The other half of a pair of one-way lines.
    pub answers_on: Option<Box<str>>,
    /// Milliseconds to connect, if said.
    pub connect_ms: Option<u64>,
    /// Milliseconds to wait for an answer (or to give one), if said.
    pub answer_ms: Option<u64>,
    /// HTTP method and path template.
    pub post: Option<(Box<str>, Expr)>,
    /// Folder template of a file link.
    pub folder: Option<Expr>,
    /// Milliseconds between two looks: a duration or a setting.
    pub poll: Option<Expr>,
    /// What makes a file the same file: `name`, `digest`, `time`; days remembered.
    pub once: Vec<(Box<str>, u32)>,
    /// `temporary then rename`.
    pub temporary: bool,
    /// What becomes of a file that was taken.
    pub after: AfterFile,
    /// `tolerate` words.
    pub tolerate: Vec<Box<str>>,
    /// Where.
    pub span: Span,
}

/// The method of a link on which nothing is sent: a person's browser goes to the address that a request makes.
pub const BROWSE: &str = "BROWSE";

impl Link {
    /// Whether a person's browser goes there, and we send nothing.
    #[must_use]
    pub fn is_browsed(&self) -> bool {
        self.post.as_ref().is_some_and(|(method, _)| **method == *BROWSE)
    }
}

/// What becomes of a file that was taken from a link.
#[derive(Clone, Debug)]
pub enum AfterFile {
    /// It stays where it is.
    Leave,
    /// It goes.
    Delete,
    /// It goes to this folder.
    Move(Expr),
}

/// How frames stand on a TCP line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frame {
    /// None said (HTTP, files).
    None,
    /// A length prefix.
    Prefix {
        /// Octets or figures of the prefix.
        size: u32,
        /// How it is written.
        kind: PrefixKind,
        /// Whether it counts itself.
        counts_itself: bool,
    },
    /// A length in figures on a line of its own.
    PrefixLine {
        /// What ends the line.
        end: LineEnd,
        /// Whether it counts the figures and the line's end too.
        counts_itself: bool,
    },
    /// A length field inside a head: offset and size of it, octets of the head, and how it is written.
    /// The frame is head + that many octets.
    InHead {
        /// Octets before the field.
        offset: u32,
        /// Octets of the field.
        size: u32,
        /// How it is written.
        kind: PrefixKind,
        /// Octets of the head.
        head: u32,
    },
    /// Always so many octets.
    Fixed(u32),
    /// Ended by these octets.
    Ended(Box<[u8]>),
    /// Between two marks.
    Between(Box<[u8]>, Box<[u8]>),
    /// The connection's end.
    UntilClose,
}

/// What ends a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineEnd {
    /// Line feed.
    Lf,
    /// Carriage return, line feed.
    CrLf,
    /// Carriage return.
    Cr,
}

/// How a length is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PrefixKind {
    /// ASCII figures.
    Ascii,
    /// ASCII figures on the left, blanks behind them.
    Blanks,
    /// Packed figures.
    Bcd,
    /// Binary, most significant first.
    Big,
    /// Binary, least significant first.
    Little,
}

/// Connections of a link that connects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hold {
    /// A connection for each exchange.
    None,
    /// So many, one exchange at a time each.
    Single(u32),
    /// So many, many exchanges at a time each.
    Many(u32),
}

/// A code table.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
#[derive(Clone, Debug)]
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
    /// Counts only then.
    pub only_when: Option<Expr>,
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

/// What a party promises of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
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
}

/// One step of a way out of unknown. Times are milliseconds.
#[derive(Clone, Debug)]
pub enum Way {
    /// Ask with an enquiry.
    Enquire {
        /// The enquiry.
        with: CallId,
        /// First pause.
        every_ms: u64,
        /// Longest pause.
        to_ms: u64,
        /// How often.
        times: u32,
    },
    /// Send the same again; `times` is `None` until the cut-over.
    Repeat {
        /// First pause.
        every_ms: u64,
        /// Longest pause.
        to_ms: u64,
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
    /// Queries alone: refused with this reason.
    Refuse(Symbol),
}

/// Codes in the order of the fields (`None`: any), what they mean together, and the label.
pub type OutcomeRow = (Vec<Option<Box<str>>>, crate::value::Outcome, Box<str>);

/// `outcome a, b { rows }`.
#[derive(Clone, Debug)]
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

/// Which message of an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageSide {
    /// Who begins.
    Request,
    /// Who answers.
    Reply,
    /// What follows later.
    Later,
}

/// One message, whole: the packet with the fields of its call.
#[derive(Clone, Debug)]
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
    /// `fresh NAME bytes N`: slots that the writer draws.
    pub fresh: Vec<(u16, u32)>,
    /// A reply for this outcome alone.
    pub when: Option<MessageWhen>,
    /// Where the `request`/`reply` stands.
    pub span: Span,
}

/// For which outcome a reply is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
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

/// What happens when a mapping cannot be done.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Where to.
    pub target: Load,
    /// From what.
    pub source: Expr,
    /// Lists whose rows are gone through on the way to the list that is read (`rows.items`), from outside in.
    pub through: Vec<Load>,
    /// `where`: which rows of a list.
    pub filter: Option<Expr>,
    /// `cut`: a longer text is cut at the border of a character.
    pub cut: bool,
    /// What if it cannot be done.
    pub otherwise: Else,
    /// Where.
    pub span: Span,
}

/// A field of a message.
#[derive(Clone, Debug)]
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
}

/// What the reader does with a field that is `=` an expression.
#[derive(Clone, PartialEq, Debug)]
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
#[derive(Clone, Debug)]
pub enum At {
    /// Always this.
    Text(Box<str>),
    /// A template; when it is not found, this other name.
    Template(Expr, Option<Box<str>>),
}

/// What a field is.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
pub struct ListArrow {
    /// The business list.
    pub list: Load,
    /// `with`: a second list, row by row beside it.
    pub with: Option<Load>,
    /// `where`.
    pub filter: Option<Expr>,
    /// Of a list of the journal: the business date that `where` asks for.
    pub day: Option<Expr>,
    /// We fill the wire from it.
    pub writes: bool,
    /// Where.
    pub span: Span,
}

/// How a value or a format becomes bytes, in the order of writing, by a condition.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// The chain where nothing is said otherwise or the condition holds.
    pub first: Vec<Coding>,
    /// `when c … else chain`.
    pub choice: Option<(Box<Expr>, Vec<Coding>)>,
    /// Expressions that the codings refer to (`key`, `iv`), by index.
    pub expressions: Vec<Expr>,
}

/// How a leaf stands on the wire.
#[derive(Clone, Debug)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prefix {
    /// Figures or octets.
    pub size: u32,
    /// How it is written.
    pub kind: PrefixKind,
}

/// A type that has fields.
#[derive(Clone, PartialEq, Debug)]
pub enum Format {
    /// Widths in octets.
    Fixed,
    /// Values parted by a separator.
    Delimited(Delimited),
    /// Octets and integers.
    Binary,
    /// XML, by the standard form or an `xml` item (index into [`Module::xml_forms`]).
    Xml(XmlUse),
    /// JSON.
    Json,
    /// `name=value` pairs; in `headers` of HTTP they are the header lines.
    Form,
    /// Tag, length, value.
    Tlv(Tlv),
    /// ISO 8583.
    Iso8583 {
        /// How figures are written.
        code: TextCode,
        /// Whether bitmaps are written in hex.
        bitmap_hex: bool,
    },
    /// A zip of entries; the password is an expression.
    Zip {
        /// The password.
        password: Option<Box<Expr>>,
        /// Entries that are under no password are read too.
        plain: bool,
    },
}

/// Which XML.
#[derive(Clone, PartialEq, Debug)]
pub enum XmlUse {
    /// Elements by name.
    Plain,
    /// A SOAP 1.1 envelope around.
    Soap11,
    /// A SOAP 1.2 envelope around.
    Soap12,
    /// A party's form.
    Form(u16),
}

/// How figures and letters of ISO 8583 are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextCode {
    /// ASCII.
    Ascii,
    /// Packed figures.
    Bcd,
    /// EBCDIC.
    Ebcdic,
}

/// Values parted by a separator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delimited {
    /// Between two values; empty: their widths say where they end (`fixed lines …`).
    pub separator: Box<str>,
    /// One stands after the last value too.
    pub trailing: bool,
    /// Ends of lines written, where there are lines; and what else is read as one.
    pub lines: Option<(Box<str>, Vec<Box<str>>)>,
    /// No line end after the last.
    pub between: bool,
    /// Escape sign.
    pub escape: Option<Box<str>>,
}

/// Tag, length, value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tlv {
    /// BER.
    Ber,
    /// Plain: octets of the tag, octets of the length and how it is written.
    Plain {
        /// Octets of the tag.
        tag: u32,
        /// Octets of the length.
        length: u32,
        /// How the length is written.
        kind: PrefixKind,
    },
}

/// A party's form of XML.
#[derive(Clone, PartialEq, Debug)]
pub struct XmlForm {
    /// Its name.
    pub name: Box<str>,
    /// What stands first, as it stands.
    pub start: Option<Box<str>>,
    /// Template of a value, `{name}` and `{value}`.
    pub value: Option<Box<str>>,
    /// Template of a list, `{name}` and `{items}`.
    pub list: Option<Box<str>>,
    /// Template of an item, `{index}` and `{fields}`.
    pub item: Option<Box<str>>,
    /// Template of a group, `{name}` and `{fields}`.
    pub group: Option<Box<str>>,
    /// Values stand in attributes.
    pub attributes: bool,
    /// Coding of every text.
    pub text: Vec<Coding>,
    /// Coding of every `bytes`.
    pub bytes: Vec<Coding>,
    /// Unknown elements are kept (else refused).
    pub unknown_kept: bool,
}

/// A session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its name.
    pub name: Box<str>,
    /// One for each member.
    pub per_member: bool,
    /// Our sign-in call.
    pub open: Option<CallId>,
    /// Sign in at start.
    pub at_start: bool,
    /// And at these minutes after midnight.
    pub at: Vec<u16>,
    /// Their sign-in.
    pub serve: Option<CallId>,
    /// Reasons that renew it; times in a row.
    pub renew: Vec<(Symbol, u32)>,
    /// Values kept from the sign-in's reply (`keep`) or drawn by us (`make`).
    pub values: Vec<SessionValue>,
    /// Must hold, else there is no session.
    pub checks: Vec<Expr>,
    /// Until when it is good (a moment).
    pub until: Option<Expr>,
    /// Milliseconds for which the old values stay good.
    pub overlap_ms: u64,
    /// Our sign-off call, sent at the cut-over.
    pub close: Option<CallId>,
    /// Where.
    pub span: Span,
}

/// A value of a session; its index is the slot of [`Space::Session`].
#[derive(Clone, Debug)]
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
    /// `limit VALUE at most CEILING`; per key and day where it is a sum or a count.
    Limit {
        /// What is limited; none: a count.
        value: Option<Expr>,
        /// For each of these.
        by: Vec<Expr>,
        /// Each business date.
        each_day: bool,
        /// The most.
        ceiling: Expr,
        /// The reason of the refusal.
        refuse: Option<Symbol>,
        /// Where it stands.
        span: Span,
    },
    /// `check`.
    Check(Check),
    /// `deadline DUR after X, warn DUR else park`.
    Deadline {
        /// Milliseconds.
        after_ms: u64,
        /// From this moment.
        from: Expr,
        /// Warning, in milliseconds.
        warn_ms: Option<u64>,
        /// What then.
        otherwise: Else,
        /// Where it stands.
        span: Span,
    },
    /// Waits for an operator's decision.
    Hold {
        /// The step that stands for the decision, where the flow goes on whichever it is.
        told: Option<u16>,
        /// What is decided.
        what: Box<str>,
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
    /// At least once, never changes the end.
    pub best_effort: bool,
    /// `else park "why"` on an ordinary refusal.
    pub park: Option<Expr>,
    /// A query: how often it is asked until it is answered.
    pub again: Option<Way>,
    /// A query: a refusal does not end the flow.
    pub goes_on: bool,
    /// Shape of its ask.
    pub ask: Option<ShapeId>,
    /// Shape of its answer.
    pub answer: Option<ShapeId>,
    /// Where.
    pub span: Span,
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
}

/// Their call, and the paths of key, amount and class in it.
pub type TheirBook = (CallId, Box<str>, Box<str>, Option<Box<str>>);

/// A comparison of books.
#[derive(Clone, Debug)]
pub struct Reconcile {
    /// Its name.
    pub name: Box<str>,
    /// Label for people.
    pub label: Box<str>,
    /// Our call, and the field paths of its key and amount.
    pub ours: (CallId, Box<str>, Box<str>),
    /// Their file: call, paths of key, amount and class.
    pub theirs: Option<TheirBook>,
    /// The core's service and key path.
    pub core: Option<(u16, Box<str>)>,
    /// Where.
    pub span: Span,
}

/// What an expression may look at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Space {
    /// A field of this message: level and slot.
    Field,
    /// A field of the request, in its reply.
    Request,
    /// What the business asks: level and slot of the shape (rows by level, as entered).
    Ask,
    /// What the business is answered.
    Answer,
    /// The row of the business list that goes with the innermost wire list.
    Item,
    /// The row of the list beside it (`with`).
    With,
    /// A fact of the exchange ([`Fact`] as slot).
    Exchange,
    /// A setting.
    Setting,
    /// A member's value: slot 0 is its name, then its settings in order of [`Module::settings`] index.
    Member,
    /// A key (for functions that take one; a `secret` also as bytes).
    Key,
    /// A value of the session: slot over all sessions' values in order.
    Session,
    /// Facts of the original: [`Fact`] as slot.
    Original,
    /// A field of the original's request (slot of its message; `call` says which call).
    OriginalRequest,
    /// A field of the original's reply.
    OriginalReply,
    /// The original's ask.
    OriginalAsk,
    /// The original's answer.
    OriginalAnswer,
    /// The original's outcome.
    OriginalOutcome,
    /// A field of the last request of another call.
    CallRequest,
    /// A field of the last reply of another call.
    CallReply,
    /// A fact of the last exchange of another call.
    CallExchange,
    /// The bytes of the last request of another call.
    CallRaw,
    /// The outcome as far as it is read, or to be written.
    Outcome,
    /// The outcome's text.
    OutcomeText,
    /// The page asked for: 0 first, 1 rows, 2 number, 3 more.
    Page,
    /// A step's answer: `call` is the step.
    StepAnswer,
    /// A step's outcome.
    StepOutcome,
    /// A step's outcome text.
    StepOutcomeText,
    /// The row of a flow's loop: `call` is the loop, level the depth under it.
    Row,
    /// The exchanges of a call in the journal, as a list; rows are [`Space::JournalRow`].
    Journal,
    /// A fact, request field or answer of a row of the journal: level 0 fact, 1 request, 2 answer, 3 ask.
    JournalRow,
    /// The outcome of a business row (`item.outcome`).
    RowOutcome,
    /// The text of it.
    RowOutcomeText,
    /// The fault: slot 0 line, 1 field, 2 offset.
    FaultPlace,
}

/// A reference, resolved.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Load {
    /// Where it stands.
    pub space: Space,
    /// Depth in lists.
    pub level: u8,
    /// Slot there.
    pub slot: u16,
    /// Call, step or loop, where the space needs one. For a list of this message in a fold: [`FieldId`] of the list
    /// plus 1, since slots in rows of different lists are the same numbers (0: found by level and slot).
    pub call: u16,
}

/// Facts of an exchange, in the order of their slots.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u16)]
#[expect(missing_docs, reason = "the words of grammar.md 4")]
pub enum Fact {
    Serial,
    Date,
    Time,
    Moment,
    BusinessDate,
    Branch,
    Teller,
    Channel,
    Cause,
    Attempt,
    FlowSerial,
    File,
    FileStem,
    AnswerSerial,
    AnswerDate,
    AnswerTime,
    AnswerMoment,
    AnswerFile,
    /// `message.moment`, new in each copy.
    MessageMoment,
    /// `message.serial`
    MessageSerial,
    /// `message.number`
    MessageNumber,
    /// `message.code` where no message is around: in the path of a link, put together for each call.
    MessageCode,
    /// The member of the party that a message came from, or that a flow runs for.
    Member,
}

impl Fact {
    /// All facts with their words after `exchange.` (or `message.`), in slot order.
    pub const WORDS: [(Fact, &'static str); 23] = [
        (Fact::Serial, "serial"),
        (Fact::Date, "date"),
        (Fact::Time, "time"),
        (Fact::Moment, "moment"),
        (Fact::BusinessDate, "business_date"),
        (Fact::Branch, "branch"),
        (Fact::Teller, "teller"),
        (Fact::Channel, "channel"),
        (Fact::Cause, "cause"),
        (Fact::Attempt, "attempt"),
        (Fact::FlowSerial, "flow_serial"),
        (Fact::File, "file"),
        (Fact::FileStem, "file_stem"),
        (Fact::AnswerSerial, "answer_serial"),
        (Fact::AnswerDate, "answer_date"),
        (Fact::AnswerTime, "answer_time"),
        (Fact::AnswerMoment, "answer_moment"),
        (Fact::AnswerFile, "answer_file"),
        (Fact::MessageMoment, "message_moment"),
        (Fact::MessageSerial, "message_serial"),
        (Fact::MessageNumber, "message_number"),
        (Fact::MessageCode, "message_code"),
        (Fact::Member, "member"),
    ];

    /// Facts of who answers (learned from a reply); the others are of who asks.
    #[must_use]
    pub fn of_answer(self) -> bool {
        matches!(
            self,
            Fact::AnswerSerial | Fact::AnswerDate | Fact::AnswerTime | Fact::AnswerMoment | Fact::AnswerFile
        )
    }
}

/// A typed expression.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    /// What it does.
    pub kind: ExprKind,
    /// What it gives.
    pub ty: Type,
    /// Where it stands.
    pub span: Span,
}

/// What an expression does.
#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    /// A constant.
    Constant(Constant),
    /// A reference.
    Load(Load),
    /// Texts (or bytes) joined: templates and `+`.
    Join(Vec<Expr>),
    /// Addition or subtraction of numbers and amounts; days added to a date.
    Add(Box<Expr>, Box<Expr>),
    /// Subtraction.
    Subtract(Box<Expr>, Box<Expr>),
    /// Multiplication.
    Multiply(Box<Expr>, Box<Expr>),
    /// Both.
    And(Box<Expr>, Box<Expr>),
    /// Either or both.
    Or(Box<Expr>, Box<Expr>),
    /// Not.
    Not(Box<Expr>),
    /// Equality.
    Is(Box<Expr>, Box<Expr>),
    /// `outcome is done`, `is refused`, `is unknown` (kind alone; the reason is not compared).
    IsOutcome(Box<Expr>, crate::value::Outcome),
    /// Less.
    Less(Box<Expr>, Box<Expr>),
    /// Less or equal.
    LessOrEqual(Box<Expr>, Box<Expr>),
    /// One of.
    In(Box<Expr>, Vec<Expr>),
    /// A function of the vocabulary (`grammar.md` 5), by its name, with plain arguments.
    Function(Function, Vec<Expr>),
    /// `count(list where c)`, `sum(list.field where c)`.
    Fold {
        /// Count or sum.
        fold: Fold,
        /// Of this list.
        list: Load,
        /// The value in a row.
        each: Option<Box<Expr>>,
        /// Which rows.
        filter: Option<Box<Expr>>,
    },
    /// Octets of a field as received or as written.
    Raw(FieldId),
    /// Octets from the first of one field up to the first of another.
    RawRange(FieldId, FieldId),
    /// The text of a field as it stands on the wire (`pairs`), with its wire name.
    Pairs {
        /// Fields and parts.
        parts: Vec<FieldId>,
        /// Fields left out.
        except: Vec<FieldId>,
        /// Whether empty values are left out.
        without_empty: bool,
    },
    /// Length of a field's octets (`length(body)`), for fields of formats and texts.
    Length(FieldId),
    /// `counter(n)`: figures of the serial.
    Counter(u32),
    /// The moment (flows).
    Now,
}

/// What a fold gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fold {
    /// How many rows.
    Count,
    /// The sum of a value.
    Sum,
}

macro_rules! functions {
    ($($name:ident $word:literal),* $(,)?) => {
        /// The functions of the language; an algorithm is their first argument, a constant name or a setting.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[expect(missing_docs, reason = "the words of grammar.md 5")]
        pub enum Function { $($name),* }
        impl Function {
            /// All functions with their words.
            pub const WORDS: &'static [(Function, &'static str)] = &[$((Function::$name, $word)),*];
        }
    };
}
functions! {
    If "if", Either "either", Present "present", Mask "mask", Position "position", Whole "whole", LengthOf "length_of",
    First "first", Last "last", Replace "replace", Upper "upper", Lower "lower", Trim "trim", Pad "pad",
    JoinWith "join", Sorted "sorted", Flat "flat", Values "values", JoinPairs "join_pairs", Lines "lines", Format "format", Utc "utc",
    Epoch "epoch", ParseDate "parse_date", Number "number", Days "days", EndOfDay "end_of_day", Fen "fen",
    Round "round", Hex "hex", HexUpper "hex_upper", Base64 "base64", FromHex "from_hex", FromBase64 "from_base64",
    Nul "nul", Encoded "encoded", CutOut "cut_out", Digest "digest", Hmac "hmac", Mac "mac", Signature "signature",
    Encrypt "encrypt", Decrypt "decrypt", Kcv "kcv", RandomKey "random_key", Checksum "checksum", Duration "duration",
    Text "text",
}

impl Expr {
    /// A constant expression.
    #[must_use]
    pub fn constant(value: Constant, ty: Type, span: Span) -> Self {
        Expr { kind: ExprKind::Constant(value), ty, span }
    }

    /// The constant, if it is one.
    #[must_use]
    pub fn as_constant(&self) -> Option<&Constant> {
        if let ExprKind::Constant(value) = &self.kind { Some(value) } else { None }
    }
}
