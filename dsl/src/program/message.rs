//! Messages: programs for both directions, fields by name, and how a message is recognised.

use super::{
    Assignment, CheckForm, Cold, FileProgram, Learned, Map, Pairing, Read, SeveralForm, SignatureForm,
    WireList, WireName, Write,
};
use crate::model::Frame;
use crate::value::ShapeId;

/// Texts for each outcome slot (none: any), what they mean together, and a label.
pub type OutcomeRow = (Vec<Option<Box<str>>>, crate::value::Outcome, Box<str>);

/// A message, lowered.
#[derive(Clone, Debug, Default)]
pub struct MessageProgram {
    /// Reading, in wire order.
    pub read: Box<[Read]>,
    /// Cold entry of each instruction of `read`.
    pub read_cold: Box<[u32]>,
    /// From each instruction of `read` on: values that stand one behind the other; empty where there are none.
    pub read_strides: Box<[Stride]>,
    /// Writing, in order of dependence.
    pub write: Box<[Write]>,
    /// Cold entry of each instruction of `write`.
    pub write_cold: Box<[u32]>,
    /// From each instruction of `write` on, as in `read_strides`.
    pub write_strides: Box<[Stride]>,
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
    /// Wire names.
    pub names: Vec<WireName>,
    /// Lists.
    pub lists: Vec<WireList>,
    /// Places of named groups.
    pub severals: Vec<SeveralForm>,
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
    /// Values the writer draws.
    pub fresh: Vec<crate::model::Fresh>,
    /// Something in it belongs to one copy (`message.moment`, `message.serial`, `message.number`): a repeat is written anew.
    pub of_copy: bool,
    /// A reply for this outcome alone.
    pub when: Option<crate::model::MessageWhen>,
    /// What its coming says, whatever stands in it.
    pub means: Option<crate::value::Outcome>,
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

/// Values that stand one behind the other, of fixed widths or each with its name, and need nothing but their octets; or a whole
/// format with names that holds nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stride {
    /// How many; of a whole format, its instructions behind the `Enter`, the `Leave` with them.
    pub values: u16,
    /// Octets of all; values with names have those that stand there.
    pub octets: u32,
}

impl MessageProgram {
    /// Whether it may say an outcome: what is `when done` says nothing else, what means a refusal says that one.
    #[must_use]
    pub fn may_say(&self, outcome: crate::value::Outcome) -> bool {
        use crate::value::Outcome;
        let meant = match (self.means, outcome) {
            (None, _) | (Some(Outcome::Unknown), Outcome::Unknown) => true,
            (Some(Outcome::Done(means)), Outcome::Done(said))
            | (Some(Outcome::Refused(means)), Outcome::Refused(said)) => means.is_none() || means == said,
            _ => false,
        };
        meant && self.when.is_none_or(|when| when.is(outcome))
    }
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
    /// Slots of the facts by which the link matches: the first that is there decides.
    pub correlation: Box<[u16]>,
    /// Slot of the message's number, where a session numbers what goes over the link.
    pub number: Option<u16>,
    /// Slot of what marks a copy that is sent again.
    pub again: Option<u16>,
}
