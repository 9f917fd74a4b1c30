//! The flat program: what runs. Vectors with indices, no names looked up, no trees walked.
//!
//! In: from `lower`, one [`MessageProgram`] for each message. Out: to the codec machine (`adapters::codec`), the
//! engine and the tools. It must not know bytes, sockets or stores.
//!
//! One message has two instruction lists, [`Read`] in wire order and [`Write`] in order of dependence (decisions D2),
//! two mapping lists between the message and the business records, and one cold table for texts of faults.

use crate::model::{Delimited, Frame, Load, Prefix, TextCode, Tlv, XmlForm};
use crate::value::{Absent, Constant, Form, ShapeId, Side, Size, Symbol, Type, Unit};

/// Index of an expression in [`Expressions`].
pub type ExprId = u32;

/// Lowered expressions of one module: postfix code over a stack of values.
#[derive(Clone, Debug, Default)]
pub struct Expressions {
    /// All code, one after the other.
    pub code: Vec<Code>,
    /// Start and end in `code`, and the type, by [`ExprId`].
    pub ranges: Vec<(u32, u32)>,
    /// Types by [`ExprId`].
    pub types: Vec<Type>,
    /// Constants by index.
    pub constants: Vec<Constant>,
    /// References by index.
    pub loads: Vec<Load>,
    /// Texts of algorithm names and formats by index.
    pub texts: Vec<Box<str>>,
    /// Field sets of `pairs`.
    pub pairs: Vec<PairSet>,
}

/// Where the value of a field of `pairs(…)` stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Paired {
    /// In a slot.
    Slot {
        /// The slot, at level 0.
        slot: u16,
        /// Its wire form.
        wire: u32,
    },
    /// In a region, as it stands there: a format or group.
    Region(u16),
    /// In a region of a form, where it is percent-coded: the value is what it stands for.
    FormRegion(u16),
}

/// The fields of a `pairs(…)`.
#[derive(Clone, Debug)]
pub struct PairSet {
    /// Wire names, each with where its value stands. What was not read or written is left out.
    pub fields: Vec<(Box<str>, Paired)>,
    /// Empty values are left out.
    pub without_empty: bool,
}

/// One instruction of an expression. Jumps are absolute places in [`Expressions::code`] and go forward only.
#[derive(Clone, Copy, PartialEq, Debug)]
#[expect(missing_docs, reason = "named as in the model")]
pub enum Code {
    Constant(u32),
    Load(u32),
    /// Takes n values, joins their texts (or bytes).
    Join(u32),
    Add,
    Subtract,
    Multiply,
    Not,
    Is,
    /// Kind 0 done, 1 refused, 2 unknown.
    IsOutcome(u8),
    Less,
    LessOrEqual,
    /// Takes n + 1 values: is the first among the rest?
    In(u32),
    /// If the top is no (or absent): keep it and jump there; else drop it. (`and`)
    JumpIfNot(u32),
    /// If the top is yes: keep it and jump; else drop it. (`or`)
    JumpIf(u32),
    /// Takes the top; jumps there if it is no. (`if`)
    Branch(u32),
    /// Jumps.
    Jump(u32),
    /// If the top is present: jump, keeping it; else drop it. (`either`)
    JumpIfPresent(u32),
    /// Function by number, count of arguments taken.
    Function(crate::model::Function, u8),
    /// Fold over the list of that load: 0 count, 1 sum; the range of the row's code follows: `filter`, `each` as
    /// expression ids (`u32::MAX`: none).
    Fold {
        sum: bool,
        load: u32,
        filter: u32,
        each: u32,
    },
    /// Octets of a region.
    Raw(u16),
    /// Octets from the start of one region to the start of another.
    RawRange(u16, u16),
    /// Octets of the first region without those of the second, which lies in it (`cut_out`).
    RawWithout(u16, u16),
    /// Octets a region has.
    Length(u16),
    /// The pairs of that set.
    Pairs(u32),
    /// The text of a code field as it stands, or will stand, on the wire (a code compared with its text).
    WireText(u32),
    /// The number, from 1, of the row of that load's list that is entered (`position`).
    Position(u32),
    /// Whether the row of that list that is entered was read whole (`whole`).
    Whole(u32),
    /// A digest, HMAC or length over lines of a file, made while they went by (`Environment::folded`, by the place of
    /// this instruction; [`FileProgram::octet_folds`]).
    Streamed,
    Counter(u32),
    Now,
}

/// A module's program.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Expressions.
    pub expressions: Expressions,
    /// Messages; the index is [`crate::model::MessageId`].
    pub messages: Vec<MessageProgram>,
    /// Code tables; the index is [`Form::Code`]'s.
    pub codes: Vec<Codes>,
    /// Wire forms.
    pub wires: Vec<WireForm>,
    /// Formats.
    pub formats: Vec<FormatForm>,
    /// Chains of codings.
    pub chains: Vec<ChainForm>,
}

/// A code table, lowered.
#[derive(Clone, Debug)]
pub struct Codes {
    /// Its name.
    pub name: Box<str>,
    /// Means outcomes (else names).
    pub outcomes: bool,
    /// Text (an expression where a setting stands in it), meaning, label.
    pub rows: Vec<(CodeText, crate::model::Meaning, Box<str>)>,
    /// The row for refusals whose reason has no row of its own: `refused other`, else the first that refuses.
    pub refused: Option<usize>,
    /// What any other text means.
    pub other: Option<crate::model::Meaning>,
    /// What a missing one means.
    pub absent: Option<crate::model::Meaning>,
}

/// Text of a code.
#[derive(Clone, PartialEq, Debug)]
pub enum CodeText {
    /// Constant.
    Text(Box<str>),
    /// With settings in it.
    Expression(ExprId),
}

/// A leaf's wire form, lowered ([`crate::model::Wire`] says what each means).
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in the model")]
pub struct WireForm {
    pub ty: Type,
    pub form: Form,
    pub size: Size,
    pub unit: Unit,
    pub charset: Box<str>,
    pub fill: Option<(Side, u8)>,
    pub signed: bool,
    pub absent: Absent,
    /// Index of its chain, if it has one.
    pub chain: Option<u32>,
    pub prefix: Option<Prefix>,
    /// Slot that holds its size.
    pub sized_by: Option<u16>,
    pub ending: Option<Box<str>>,
    pub quoted: bool,
    pub trimmed: bool,
    pub tolerate: Vec<Box<str>>,
    pub unmapped: Option<Box<str>>,
    pub near: Option<ExprId>,
}

/// A format, lowered.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "the line above each says what its numbers are")]
pub enum FormatForm {
    /// Widths in octets; also `binary`.
    Fixed,
    /// Separated.
    Delimited(Delimited),
    /// XML by a form (boxed template) or plain; SOAP version around (0 none, 11, 12).
    Xml { form: Option<Box<XmlForm>>, soap: u8, charset: Box<str> },
    /// JSON.
    Json { charset: Box<str> },
    /// Pairs; `headers` of HTTP; the query.
    Form { charset: Box<str> },
    /// Header lines of HTTP.
    Headers,
    /// The path of HTTP (one text).
    Path,
    /// TLV.
    Tlv(Tlv),
    /// ISO 8583: how prefixes are written, the bitmap, and each bit that may come with the wire form that tells its
    /// length (bit 0 is the MTI; a nested format has a `bytes` form). A wire form's charset `bcd` means two figures an
    /// octet, `ebcdic` EBCDIC; the code says nothing of a field by itself.
    Iso8583 { code: TextCode, bitmap_hex: bool, fields: Vec<(u16, u32)> },
    /// Zip.
    Zip {
        /// What its entries are under.
        password: Option<ExprId>,
        /// Entries that are under no password are read too.
        plain: bool,
    },
}

/// A chain, lowered: where the condition does not hold, `otherwise`. In codings, key and iv are [`ExprId`]s.
#[derive(Clone, PartialEq, Debug)]
pub struct ChainForm {
    /// Condition; none: always `first`.
    pub condition: Option<ExprId>,
    /// Codings in the order of writing.
    pub first: Vec<crate::value::Coding>,
    /// The other chain.
    pub otherwise: Vec<crate::value::Coding>,
}

/// Part of a message on an HTTP link; on other links there is one part, `Content`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[expect(missing_docs, reason = "the words of HTTP")]
pub enum Part {
    Content,
    Path,
    Query,
    Headers,
    Status,
    /// The name of a file.
    Name,
}

/// One instruction of reading. The machine has a *current value* (a range of octets, or nothing), a stack of formats
/// that are open, and a stack of lists.
///
/// - A link that is not HTTP has a packet of one part: `Part(Content)`, then `Enter` of what the packet is: of its one
///   format, or of a `fixed` that holds several one after the other.
/// - `Part`, `Take`, `Rest`, `Child`, `List` (in a named format) set the current value; `Store`, `Enter`, `Down` use it.
/// - `Enter` of `fixed` inside `fixed` without a current value and without a chain goes on at the same place, and its
///   `Leave` demands nothing. Any other format without a current value takes all that is left around it; where
///   something stands behind it, `Rest` (or `Take` of a `bytes` form that is `sized_by`) says what is its own.
/// - Named formats are `xml json form headers tlv iso8583 zip`. Names: of `tlv` the tag in upper hex, of `iso8583` the
///   bit in figures (`0` the MTI), of `zip` a pattern of the entry's name with `*`.
/// - A list in a named format stands behind its `Child`; each item is then the current value: `Down` … `Up` around
///   the fields of a row, `Store` alone where the row is one plain value. In `fixed` and `delimited` rows follow each
///   other at once.
/// - In `delimited` or `fixed` with lines, `Down` … `Up` is one line; a list of lines has them in each row.
/// - A piece of a file begins with `Enter` of its format (the current value is the line) and ends with its `Leave`.
/// - `Mark` stands behind `Child` or before `Take`/`Enter`, `EndMark` behind what ends it. A region of JSON is the
///   value with its quotes; of XML a group with its tags, a leaf or format without.
/// - What is found twice, and what is left over, is a fault at `Leave` (`kept`: what is left over is not).
/// - `delimited` in `fixed` without a `Rest` before it goes on at the same place too: its values end at its separators.
/// - In a format that has lines, `Down` … `Up` encloses one line.
/// - `Agree`, `Verify`, `Learn` and `Outcome` of a slot that was not read (its branch was not taken) do nothing: what
///   is compulsory has failed at its `Store`. They may stand long after it, when what they need is there.
#[derive(Clone, Copy, PartialEq, Debug)]
#[expect(missing_docs, reason = "the line above each says what its numbers are")]
pub enum Read {
    /// The current value is this part of the message.
    Part(Part),
    /// Take the current value apart by a format, through a chain (`u32::MAX`: none).
    Enter { format: u32, chain: u32 },
    /// The format ends: nothing may be left but what is tolerated; `kept`: unknown names are kept.
    Leave { kept: bool },
    /// In `fixed`, `binary`, `delimited`: the current value is the next one of this wire form.
    Take { wire: u32 },
    /// In `fixed`: the current value is all that is left around, except the last octets (of what follows it).
    Rest { keep: u32 },
    /// In a named format: the current value is the child of this name (text index in [`MessageProgram::names`]).
    Child { name: u16 },
    /// The name is computed; if none is there, the other name (`u16::MAX`: none).
    ChildBy { name: ExprId, other: u16 },
    /// The current value is a group: its children are looked at.
    Down,
    /// Back to the group's parent.
    Up,
    /// The current value, by its wire form, into a slot of the current row.
    Store { slot: u16, wire: u32, level: u8 },
    /// If there is no current value: jump (an optional group, list or format).
    JumpIfMissing { to: u32 },
    /// A region begins: the next octet in `fixed`, the current value in named formats.
    Mark { region: u16 },
    /// A region ends.
    EndMark { region: u16 },
    /// A list begins: index in [`MessageProgram::lists`]. Jumps to `end` when there are no rows.
    List { list: u16, end: u32 },
    /// A row ended: next one back at `back`, or on.
    Next { list: u16, back: u32 },
    /// Jump if the condition does not hold.
    Unless { condition: ExprId, to: u32 },
    /// Jump.
    Jump { to: u32 },
    /// The slot must equal the expression; `seal`: in constant time, as a bad seal.
    Agree { slot: u16, level: u8, seal: bool, expression: ExprId },
    /// The slot's text is a signature over the expression's covered bytes: index in [`MessageProgram::signatures`].
    Verify { slot: u16, signature: u16 },
    /// The slot's value becomes a fact, an original's fact, the member (index in [`MessageProgram::learned`]).
    Learn { slot: u16, level: u8, learned: u16 },
    /// The slot takes part in the outcome; `original`: in the original's.
    Outcome { slot: u16, level: u8, original: bool },
    /// Must hold: index in [`MessageProgram::checks`].
    Check { check: u16 },
}

/// One instruction of writing. Values stand in slots before it begins. Formats, names, groups and lists stand in the
/// order of the wire as in reading; `fixed` in `fixed` is one run of octets, `Hole` and `Gap` are places in it that
/// `Fill` gives later (after the `Leave` of what they depend on, before the `Leave` of the format they stand in).
/// `UnlessPresent` stands before `Child`. `Compute` and `Sign` whose octets are there stand before the `Put` of their
/// slot (of what needs no octets at all: before the first `Part`, or first in a row); only what stands before the
/// octets that it needs has a hole or gap. A `Compute` may depend on slots that `Compute` gave before.
#[derive(Clone, Copy, PartialEq, Debug)]
#[expect(missing_docs, reason = "the line above each says what its numbers are")]
pub enum Write {
    /// What follows goes to this part.
    Part(Part),
    /// A format begins. Its octets are gathered until `Leave`.
    Enter { format: u32 },
    /// It ends: through the chain (`u32::MAX`: none) into what is around.
    Leave { chain: u32 },
    /// The text that ends a format that was left, by a wire form that has it.
    Ending { wire: u32 },
    /// The name of the next value.
    Child { name: u16 },
    /// A computed name of the next value.
    ChildBy { name: ExprId },
    /// The next value is a group.
    Down,
    /// It ends.
    Up,
    /// A slot's value by its wire form.
    Put { slot: u16, wire: u32, level: u8 },
    /// Room of a fixed number of octets, filled by `Fill`.
    Hole { hole: u16, wire: u32 },
    /// A place whose octets come later, of any length.
    Gap { hole: u16 },
    /// The slot's value, by its wire form, goes into the hole or gap.
    Fill { hole: u16, slot: u16, wire: u32 },
    /// A value computed now that the octets it needs are there.
    Compute { slot: u16, level: u8, expression: ExprId },
    /// A signature computed now: index in [`MessageProgram::signatures`].
    Sign { slot: u16, signature: u16 },
    /// A region begins.
    Mark { region: u16 },
    /// It ends.
    EndMark { region: u16 },
    /// A list begins (rows stand in slots).
    List { list: u16, end: u32 },
    /// Next row, or on.
    Next { list: u16, back: u32 },
    /// Jump if the condition does not hold.
    Unless { condition: ExprId, to: u32 },
    /// Jump.
    Jump { to: u32 },
    /// Jump if the slot (or list) is absent and left out.
    UnlessPresent { slot: u16, level: u8, to: u32 },
}

/// One instruction of a mapping between message and business.
#[derive(Clone, Copy, PartialEq, Debug)]
#[expect(missing_docs, reason = "the line above each says what its numbers are")]
pub enum Map {
    /// Evaluate and store: index in [`MessageProgram::assignments`].
    Set { assignment: u16 },
    /// For each row of a list: index in [`MessageProgram::pairings`]; jumps to `end` when none are left.
    Each { pairing: u16, end: u32 },
    /// Next row.
    Next { pairing: u16, back: u32 },
    /// Jump if the condition does not hold.
    Unless { condition: ExprId, to: u32 },
    /// Jump.
    Jump { to: u32 },
    /// Must hold before the message is written: index in [`MessageProgram::checks`].
    Check { check: u16 },
}

/// A value of a mapping. A text that goes into the place of a code is written as it stands.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// Where to.
    pub target: Load,
    /// From what.
    pub source: ExprId,
    /// Longer texts are cut to this many units (see `wire` of the target field).
    pub cut: bool,
    /// What the target can hold.
    pub ty: Type,
    /// The target may stay absent: a missing value then is no failure.
    pub optional: bool,
    /// Wire form of a target that is a message field (bounds are checked by it).
    pub wire: Option<u32>,
    /// What if it cannot be done.
    pub otherwise: Otherwise,
    /// Cold entry.
    pub cold: u32,
}

/// What if an assignment cannot be done.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "as in the model")]
pub enum Otherwise {
    Fault,
    Refuse(Symbol),
    Park(Box<str>),
    Unknown,
    Absent,
    Value(ExprId),
}

/// A wire list and a business list, row by row.
#[derive(Clone, Debug)]
pub struct Pairing {
    /// The list that is read; the same as `target`: the rows that stand there already are gone through in place.
    pub source: Load,
    /// The list beside it.
    pub with: Option<Load>,
    /// Rows that count.
    pub filter: Option<ExprId>,
    /// Of a list of the journal: the business date whose exchanges are looked at.
    pub day: Option<ExprId>,
    /// The list that is filled: each row is put behind those it has (a list within rows of another may be filled from
    /// each of them).
    pub target: Load,
    /// Slots of a target row.
    pub stride: u16,
    /// Most rows.
    pub max: u32,
    /// What its rows do to the target.
    pub rows: PairedRows,
}

/// What the rows of a list do to the list that is filled from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PairedRows {
    /// Each makes a row.
    Make,
    /// They are entered alone: a list in them makes the rows.
    Enter,
    /// Each makes a row, behind those that are there.
    Join,
}

/// Rows of a list on the wire.
#[derive(Clone, Debug)]
pub struct WireList {
    /// Slot of the list, in the message or in the row around it.
    pub slot: u16,
    /// Level of that slot.
    pub level: u8,
    /// Slots of a row.
    pub stride: u16,
    /// Fewest rows.
    pub min: u32,
    /// Most rows.
    pub max: u32,
    /// Slot that holds the number of rows, read before (same level as `slot`).
    pub counted_by: Option<u16>,
    /// Until the end of what is around.
    pub until_end: bool,
    /// JSON: one item stands as itself.
    pub alone: bool,
    /// An item that cannot be read keeps what was read of it.
    pub tolerant: bool,
    /// Each row is a line.
    pub of_line: bool,
    /// Single lines that follow the rows: they are none of them.
    pub lines_behind: u16,
    /// In a zip: the pattern of its entries' names.
    pub pattern: Option<Box<str>>,
    /// Cold entry.
    pub cold: u32,
}

/// What is learned from a slot.
#[derive(Clone, Debug)]
pub struct Learned {
    /// Where it goes ([`crate::model::Space::Exchange`], `Original`, `Member`…).
    pub to: Load,
    /// What is stored; none: the slot's value itself.
    pub by: Option<ExprId>,
}

/// A signature field.
#[derive(Clone, Debug)]
pub struct SignatureForm {
    /// Algorithm name, or the setting that names it.
    pub algorithm: crate::value::CipherName,
    /// Key.
    pub key: Load,
    /// What is covered.
    pub covered: ExprId,
    /// How the signature's octets become text: `hex`, `hex_upper`, `base64`, `base64url`, `raw`.
    pub text: Box<str>,
    /// SM2's user.
    pub user: Option<ExprId>,
}

/// A check.
#[derive(Clone, Debug)]
pub struct CheckForm {
    /// Must hold.
    pub holds: ExprId,
    /// Reason of the refusal; none: bad message.
    pub refuse: Option<Symbol>,
    /// Cold entry.
    pub cold: u32,
}

/// For the texts of faults, decode and documents: never looked at on the way of a request.
#[derive(Clone, Debug)]
pub struct Cold {
    /// Path of the field, or the text of the check.
    pub name: Box<str>,
    /// Label.
    pub label: Box<str>,
    /// Line in the adapter, 1-based; the file is the module's.
    pub line: u32,
    /// What was expected, in words.
    pub expected: Box<str>,
    /// Its value is masked when shown.
    pub private: bool,
}

/// Texts for each outcome slot (none: any), what they mean together, and a label.
pub type OutcomeRow = (Vec<Option<Box<str>>>, crate::value::Outcome, Box<str>);

/// A message, lowered.
#[derive(Clone, Debug, Default)]
pub struct MessageProgram {
    /// Reading, in wire order.
    pub read: Box<[Read]>,
    /// Cold entry of each instruction of `read`.
    pub read_cold: Box<[u32]>,
    /// Writing, in order of dependence.
    pub write: Box<[Write]>,
    /// Cold entry of each instruction of `write`.
    pub write_cold: Box<[u32]>,
    /// Message to business (after reading).
    pub take_out: Box<[Map]>,
    /// Business and facts to message (before writing).
    pub fill_in: Box<[Map]>,
    /// Slots of the message itself.
    pub slots: u16,
    /// Charset in which seals take texts, by its registered name; empty: UTF-8.
    pub charset: Box<str>,
    /// Regions that are marked.
    pub regions: u16,
    /// Holes and gaps.
    pub holes: u16,
    /// Wire names; one in a namespace stands as `{namespace}name`.
    pub names: Vec<Box<str>>,
    /// Lists.
    pub lists: Vec<WireList>,
    /// Assignments.
    pub assignments: Vec<Assignment>,
    /// Pairings.
    pub pairings: Vec<Pairing>,
    /// What is learned.
    pub learned: Vec<Learned>,
    /// Signatures.
    pub signatures: Vec<SignatureForm>,
    /// Checks.
    pub checks: Vec<CheckForm>,
    /// Values the writer draws: slot and octets.
    pub fresh: Vec<(u16, u32)>,
    /// A reply for this outcome alone.
    pub when: Option<crate::model::MessageWhen>,
    /// Order of outcome slots if the call says so, and its rows: texts for each slot, outcome, label.
    pub outcome_order: Vec<u16>,
    /// Rows for pairs of codes.
    pub outcome_rows: Vec<OutcomeRow>,
    /// Instructions that find `message.code` (see `recognise`); empty where nothing tells.
    pub cold: Vec<Cold>,
    /// A file: streamed in pieces.
    pub file: Option<Box<FileProgram>>,
    /// The fields for people and tools: path, slot, level, list index around it, wire form.
    pub fields: Vec<FieldForm>,
    /// Shapes of ask and answer.
    pub ask: Option<ShapeId>,
    /// Shape of the answer.
    pub answer: Option<ShapeId>,
}

/// A field, for tools (`decode`, `encode`, suites): by name.
#[derive(Clone, Debug)]
pub struct FieldForm {
    /// `head.serial`.
    pub path: Box<str>,
    /// Label.
    pub label: Box<str>,
    /// Slot.
    pub slot: u16,
    /// Nesting.
    pub level: u8,
    /// List around it (index in [`MessageProgram::lists`]), at level > 0.
    pub list: Option<u16>,
    /// Its wire form; none: a list or group.
    pub wire: Option<u32>,
    /// It is this list.
    pub is_list: Option<u16>,
    /// The writer computes it (`=`).
    pub derived: bool,
    /// Private.
    pub private: bool,
}

/// A file, in pieces that are streamed: each line is a message of its own over the same slots.
#[derive(Clone, Debug, Default)]
pub struct FileProgram {
    /// Pieces in order; each is `Enter` … `Leave` of the file's format over one line. None: the file is read and written
    /// whole, as other messages.
    pub pieces: Vec<FilePiece>,
    /// End of a written line.
    pub line_end: Box<str>,
    /// Ends that are read too.
    pub tolerated: Vec<Box<str>>,
    /// The last line has no end.
    pub between: bool,
    /// Octets of every line, where lines have no end.
    pub record: Option<u32>,
    /// Sign before a line end that is none.
    pub escape: Option<Box<str>>,
    /// Chain of the whole file (`u32::MAX`: none).
    pub chain: u32,
    /// Name: pieces; empty where the name carries data: then `read` and `write` have a `Part(Name)`.
    pub name: Vec<FileName>,
    /// What stands behind the data in such a name.
    pub name_ending: Box<str>,
    /// Instructions of `read` over such a name.
    pub name_read: (u32, u32),
    /// Instructions of `write` that make it.
    pub name_write: (u32, u32),
    /// Instructions of `read` behind the last piece: what could be judged only when all lines were seen.
    pub read_end: (u32, u32),
    /// Instructions of `write` before the first piece.
    pub write_begin: (u32, u32),
    /// Folds over lists of lines, to be made while the lines go by (`Environment::folded`).
    pub folds: Vec<FoldForm>,
    /// Folds over the octets of lines, made likewise.
    pub octet_folds: Vec<OctetFold>,
    /// Pieces in the order in which they can be written: a line that holds a digest of lines behind it comes after them.
    pub write_order: Vec<u16>,
    /// End mark.
    pub done: Option<Box<str>>,
}

/// A fold over a list of lines.
#[derive(Clone, Copy, Debug)]
pub struct FoldForm {
    /// Index in [`MessageProgram::lists`].
    pub list: u16,
    /// Place of its instruction in [`Expressions::code`].
    pub at: u32,
    /// Adds up `each`; else counts.
    pub sum: bool,
    /// Rows that count (`u32::MAX`: all).
    pub filter: ExprId,
    /// What is added (`u32::MAX`: 1).
    pub each: ExprId,
}

/// A digest, HMAC or length over lines, with their ends as they stand in the plain file.
#[derive(Clone, Debug)]
pub struct OctetFold {
    /// Place of its instruction in [`Expressions::code`].
    pub at: u32,
    /// What is made.
    pub work: OctetWork,
    /// What it is made of, in this order.
    pub parts: Vec<OctetPart>,
}

/// What is made of the octets of lines.
#[derive(Clone, PartialEq, Debug)]
pub enum OctetWork {
    /// A digest by this algorithm.
    Digest(crate::value::CipherName),
    /// An HMAC with this key.
    Hmac(crate::value::CipherName, ExprId),
    /// How many they are.
    Length,
}

/// What an [`OctetFold`] is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OctetPart {
    /// The lines of this piece.
    Piece(u16),
    /// Octets that are no line's.
    Value(ExprId),
}

/// A piece of a file's name.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the line above each says what its numbers are")]
pub enum FileName {
    /// As it stands.
    Text(Box<str>),
    /// A slot's wire text.
    Slot { slot: u16, wire: u32 },
    /// A value that is known before the name is read.
    Expression(ExprId),
    /// A fact by a form: what is known already must agree, else it is learned.
    Learned { to: Load, wire: u32 },
}

/// A line, or the lines of a list.
#[derive(Clone, Debug)]
pub struct FilePiece {
    /// The list of which each line is a row; none: one line.
    pub list: Option<u16>,
    /// May be missing.
    pub optional: bool,
    /// Instructions that read one line (jumps are within).
    pub read: (u32, u32),
    /// Instructions that write one line.
    pub write: (u32, u32),
    /// Region of the line's octets, with its end, if they are spoken of.
    pub region: Option<u16>,
    /// A constant that tells this line from others: offset (`fixed`) or number of the field from 0 (`delimited`), and
    /// text.
    pub mark: Option<(u32, Box<str>)>,
}

/// Framing for the link, with what the engine needs to recognise a message.
#[derive(Clone, Debug)]
pub struct Recogniser {
    /// Instructions that read up to the code, with the slots and names that they need; nothing to read: one message only.
    pub program: MessageProgram,
    /// Slot with the code.
    pub slot: u16,
    /// Text before and behind the code in the slot.
    pub around: (Box<str>, Box<str>),
    /// Framing.
    pub frame: Frame,
    /// Slot and level of the correlation fact, if the link matches by one.
    pub correlation: Option<u16>,
}

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
    pub reconciles: Vec<crate::model::Reconcile>,
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
    /// What must hold.
    pub checks: Vec<ExprId>,
    /// Until when.
    pub until: Option<ExprId>,
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
    /// Rows a page, pages at most, whether there is more.
    pub pages: Option<(u32, u32, ExprId)>,
    /// Counts only then.
    pub only_when: Option<ExprId>,
    /// HTTP path of its request, as the link says it, with `message.code` put in.
    pub path: Option<ExprId>,
    /// Which of its fields other messages, flows and comparisons refer to (D17): message, slot, level, path.
    pub kept: Vec<(crate::model::MessageId, u16, u8, Box<str>)>,
}

/// Mappings that fill one record, in order. A list that takes another whole is gone through row by row: the row that is
/// read is [`crate::model::Space::Item`], the row that is made is the target's space one level deeper.
#[derive(Clone, Debug, Default)]
pub struct Filling {
    /// The mappings: as in messages, over the flow's expressions.
    pub maps: Vec<Map>,
    /// Their assignments.
    pub assignments: Vec<Assignment>,
    /// Their pairings.
    pub pairings: Vec<Pairing>,
}

/// A flow: the pure program that the interpreter steps, and what its opaque ids mean. [`crate::flow::GuardId`] and
/// [`crate::flow::ExprId`] are [`ExprId`]s of the module's expressions. All ids are of the whole flow: the bodies of
/// loops share these tables.
#[derive(Clone, Debug)]
pub struct FlowTables {
    /// Its name.
    pub name: Box<str>,
    /// Label for people.
    pub label: Box<str>,
    /// What starts it.
    pub start: FlowStart,
    /// By the clock, once for each member of the party.
    pub per_member: bool,
    /// Record asked.
    pub ask: Option<ShapeId>,
    /// Record answered.
    pub answer: Option<ShapeId>,
    /// What the interpreter steps.
    pub program: crate::flow::FlowProgram,
    /// Steps in the order of the text, also those in loops; a [`crate::flow::StepDef`] is found by its name path.
    pub steps: Vec<StepTables>,
    /// By [`crate::flow::MappingId`]: asks of steps and of their undo, answers, asks of started flows.
    pub fillings: Vec<Filling>,
    /// By [`crate::flow::LimitId`].
    pub limits: Vec<LimitForm>,
    /// By [`crate::flow::ListId`]; also the `call` of [`crate::model::Space::Row`].
    pub loops: Vec<LoopForm>,
    /// By [`crate::flow::HoldId`].
    pub holds: Vec<HoldForm>,
    /// By [`crate::flow::StartId`].
    pub starts: Vec<StartForm>,
}

/// A decision of an operator.
#[derive(Clone, Debug)]
pub struct HoldForm {
    /// What is to be looked at.
    pub what: Box<str>,
    /// Who decides: the role's name.
    pub role: ExprId,
    /// Its place in [`FlowTables::steps`], where expressions know the decision by a name.
    pub told: Option<u16>,
}

/// Another flow that is begun.
#[derive(Clone, Debug)]
pub struct StartForm {
    /// Path of the service asked.
    pub service: Box<str>,
    /// Index in [`FlowTables::fillings`].
    pub filling: u32,
}

/// What starts a flow.
#[derive(Clone, Debug)]
pub enum FlowStart {
    /// A service, by path.
    Service(Box<str>),
    /// A call served by this module.
    Served(crate::model::CallId),
    /// Each day at this minute.
    Daily(u16),
    /// Every so often.
    Every(ExprId),
}

/// What a step needs beside the interpreter's program.
#[derive(Clone, Debug)]
pub struct StepTables {
    /// Name path of its [`crate::flow::StepDef`]: `debit`, `collect/booked`.
    pub name: Box<str>,
    /// Path of the service asked for, or the call of this module.
    pub target: StepCall,
    /// Which party, where several provide it.
    pub at: Option<ExprId>,
    /// How its ask is filled: index in [`FlowTables::fillings`].
    pub filling: u32,
    /// Shape of its ask.
    pub ask_shape: Option<ShapeId>,
    /// Shape of its answer.
    pub answer_shape: Option<ShapeId>,
    /// A service with mappings of its own that undoes it: path, index in [`FlowTables::fillings`].
    pub undo: Option<(Box<str>, u32)>,
}

/// What a step calls.
#[derive(Clone, Debug)]
pub enum StepCall {
    /// A service by path.
    Service(Box<str>),
    /// A call of this module.
    Call(crate::model::CallId),
    /// People: a decision.
    People,
}

/// A limit.
#[derive(Clone, Debug)]
pub struct LimitForm {
    /// Amount (or count 1, if none).
    pub value: Option<ExprId>,
    /// Per key.
    pub by: Vec<ExprId>,
    /// Sums up over the business day; else only this value is judged.
    pub each_day: bool,
    /// At most.
    pub ceiling: ExprId,
    /// Reason of the refusal.
    pub refuse: Symbol,
}

/// A loop.
#[derive(Clone, Debug)]
pub struct LoopForm {
    /// `row`.
    pub name: Box<str>,
    /// The list.
    pub list: Load,
    /// The list that takes the rows' answers.
    pub into: Option<Load>,
    /// Shape of a row of that list.
    pub into_shape: Option<ShapeId>,
    /// How many at once.
    pub at_once: u32,
    /// Parts of a row's key.
    pub once: Vec<ExprId>,
}

/// Everything compiled: shared words and the modules.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// Names of all modules.
    pub symbols: crate::value::Symbols,
    /// Business records.
    pub shapes: Vec<crate::model::Shape>,
    /// Services.
    pub services: Vec<crate::model::Service>,
    /// Reasons with labels.
    pub reasons: Vec<(Symbol, Box<str>)>,
    /// Modules.
    pub modules: Vec<ModuleProgram>,
}
