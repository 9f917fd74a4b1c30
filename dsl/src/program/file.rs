//! Files: names, streamed folds, digests over lines.

use super::ExprId;
use crate::model::Load;

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
    /// The file as it stands on the link.
    Sent,
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
    /// It is no line of the file but its control file, the last piece of all.
    pub control: Option<ControlForm>,
}

/// How the one line of a control file ends.
#[derive(Clone, Debug)]
pub struct ControlForm {
    /// Its end; empty: it has none.
    pub end: Box<str>,
    /// The end is written; else none stands behind the line.
    pub ended: bool,
    /// Ends that are read too.
    pub tolerated: Vec<Box<str>>,
}

impl FileProgram {
    /// The pieces that stand in the file itself.
    #[must_use]
    pub fn lines(&self) -> &[FilePiece] {
        match self.pieces.split_last() {
            Some((last, lines)) if last.control.is_some() => lines,
            _ => &self.pieces,
        }
    }

    /// The control file, if it has one.
    #[must_use]
    pub fn control(&self) -> Option<(&FilePiece, &ControlForm)> {
        let last = self.pieces.last()?;
        Some((last, last.control.as_ref()?))
    }
}
