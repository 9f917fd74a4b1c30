//! What is done in order: reading, writing, mapping.

use super::ExprId;
use crate::model::Load;
use crate::value::{Symbol, Type};

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
/// - Named formats are `xml json form headers tlv iso8583 zip segments`. Names: of `tlv` the tag in upper hex, of
///   `iso8583` the bit in figures (`0` the MTI), of `zip` a pattern of the entry's name with `*`, of `segments` the
///   line's name, the place in figures, the tag.
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
    /// In a tag=value text: a region begins with the tag of the current value.
    Begin { region: u16 },
    /// A region ends.
    EndMark { region: u16 },
    /// A list begins: index in [`MessageProgram::lists`]. Jumps to `end` when there are no rows.
    List { list: u16, end: u32 },
    /// A row ended: next one back at `back`, or on.
    Next { list: u16, back: u32 },
    /// The current value's items are groups to be told apart: index in [`MessageProgram::severals`].
    Several { several: u16 },
    /// The current value is the item that is this group of the innermost `Several`.
    Pick { group: u16 },
    /// No item of the innermost `Several` may be left (`kept`: it may).
    EndSeveral { kept: bool },
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
    /// Items that are named groups begin.
    Several,
    /// The next of them begins: a `Down` follows.
    Item,
    /// It ends.
    EndItem,
    /// They end.
    EndSeveral,
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
    /// What the rows are sorted by, first by the first.
    pub sorted: Box<[ExprId]>,
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

/// What is learned from a slot.
#[derive(Clone, Debug)]
pub struct Learned {
    /// Where it goes ([`crate::model::Space::Exchange`], `Original`, `Member`…).
    pub to: Load,
    /// What is stored; none: the slot's value itself.
    pub by: Option<ExprId>,
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
