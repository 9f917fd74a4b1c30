//! The codec: a machine that runs a message's flat program over octets, both ways (decisions D1 to D7).
//!
//! In: a [`dsl::program::Program`], octets or filled slots, and [`crate::value::Surroundings`]. Out: a
//! [`crate::value::Record`] whose slots were read and verified, or the octets of a message. It does no input or output:
//! where a seal takes long, it stops and says what is to be computed ([`SealJob`]). It must not know links, flows,
//! stores, or any counterparty.
//!
//! - [`Reader`] reads and verifies, [`Writer`] writes, [`take_out`] and [`fill_in`] carry values between a message and
//!   the business records, [`FileReader`] and [`FileWriter`] stream files row by row, [`read_name`] and [`write_name`]
//!   carry what a file's name says.
//! - A [`Fault`] is small and without text; [`describe`] makes words of it at the rim.

mod alone;
mod chain;
mod delimited;
mod environment;
mod file;
mod form;
mod iso8583;
mod json;
mod leaf;
mod map;
mod one_row;
mod outcome;
mod pack;
mod parse;
mod place;
mod read;
mod report;
mod seals;
mod segments;
mod sheet;
mod sound;
mod template;
mod tlv;
mod tree;
mod write;
mod xml;
mod zip;

pub use alone::{evaluate_alone, seal_alone};
pub use file::{FileCoder, FileFault, FileReader, FileWriter, LineEvent, OnLine, read_name, write_name};
pub use map::{TakenRow, fill_in, take_out};
pub use outcome::ReadOutcome;
pub use read::{Judged, Judgement, Reader, Room, Stored};
pub use report::{Doing, Report, ReportedField, describe};
pub use seals::{Draws, SealJob, SealResult};
pub use sound::sound;
pub use write::{Writer, Written};

use dsl::evaluate;
use dsl::value::Symbol;

/// Deepest nesting of formats, groups and lists.
pub(crate) const DEPTH_MAX: usize = 16;

/// Where a run of the machine stands.
#[derive(Debug)]
pub enum Run {
    /// All is read and verified, or written.
    Done,
    /// It goes on when this has been computed and handed to `resume`.
    Need(Box<SealJob>),
    /// It cannot go on.
    Fault(Fault),
}

/// Why and where the machine cannot go on; words are made by [`describe`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fault {
    /// Index of the instruction.
    pub op: u32,
    /// Offset of the octets in question, in the part or in what was decoded from it; [`Fault::IN_MAPPING`]: it is a
    /// mapping's, of `fill_in` or `take_out`.
    pub at: u32,
    /// What is wrong.
    pub kind: FaultKind,
}

impl Fault {
    /// Stands for the place of a fault that is a mapping's: no octets are to blame.
    pub const IN_MAPPING: u32 = u32::MAX;
}

/// What is wrong with a message, or with a value that should be written.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum FaultKind {
    /// The octets end before the value does.
    Truncated,
    /// Something is left where all should have been read.
    LeftOver,
    /// A compulsory value is missing.
    Missing,
    /// The value is not of its form (a letter among figures, a day that does not exist).
    NotOfForm,
    /// More units than the field may have.
    TooLong,
    /// Fewer units than the field must have.
    TooShort,
    /// A number beyond its bounds.
    OutOfBounds,
    /// Octets that are no characters of the charset, or a character that it lacks.
    Character,
    /// A name that the adapter does not have.
    UnknownName,
    /// A name that came before.
    Duplicate,
    /// The format itself is broken (a tag that is not closed, a quote that is missing).
    Syntax,
    /// What a format may hold and this gateway refuses: document types, entities, deep nesting.
    Forbidden,
    /// A code without meaning.
    UnknownCode,
    /// A meaning that no row of the table writes.
    NoCode,
    /// The code's meaning is to refuse the message.
    Refuse(Symbol),
    /// It does not agree with what it must be equal to.
    Disagrees,
    /// A seal that does not hold.
    BadSeal,
    /// A check that does not hold.
    Check,
    /// Fewer rows than there must be.
    TooFewRows,
    /// More rows than there may be.
    TooManyRows,
    /// A container that cannot be unpacked, or unpacks to more than is allowed.
    Container,
    /// A value that is not of its coding (hex, base64, compression, cipher).
    Coding,
    /// A value that its target cannot hold.
    CannotFit,
    /// The mapping says to park (its assignment).
    Park(u16),
    /// The mapping says that the outcome is unknown.
    Unknown,
    /// An expression has no value.
    Evaluate(evaluate::Fault),
    /// The program and the machine disagree: a defect of the compiler.
    Program,
}

impl FaultKind {
    /// The reason for an asker, by its name: `bad_seal` for seals, else `bad_message` (a [`FaultKind::Refuse`] has its own).
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            FaultKind::BadSeal => "bad_seal",
            _ => "bad_message",
        }
    }
}

impl From<evaluate::Fault> for FaultKind {
    fn from(fault: evaluate::Fault) -> Self {
        match fault {
            evaluate::Fault::Character => FaultKind::Character,
            evaluate::Fault::NotCalendar | evaluate::Fault::NotNumber => FaultKind::NotOfForm,
            evaluate::Fault::Overflow => FaultKind::OutOfBounds,
            other => FaultKind::Evaluate(other),
        }
    }
}

/// A kind of fault with the place of the octets, before the instruction is known.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Wrong {
    pub(crate) kind: FaultKind,
    pub(crate) at: u32,
}

impl Wrong {
    pub(crate) fn new(kind: FaultKind, at: usize) -> Self {
        Wrong { kind, at: u32::try_from(at).unwrap_or(u32::MAX) }
    }
}

impl From<FaultKind> for Wrong {
    fn from(kind: FaultKind) -> Self {
        Wrong { kind, at: u32::MAX }
    }
}

impl From<evaluate::Fault> for Wrong {
    fn from(fault: evaluate::Fault) -> Self {
        FaultKind::from(fault).into()
    }
}
