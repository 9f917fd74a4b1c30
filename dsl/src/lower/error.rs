//! What cannot be lowered, with the places that say why. The checks turn these into diagnostics.

use crate::source::Span;

/// Something that has no program.
#[derive(Clone, PartialEq, Debug)]
pub struct LowerError {
    /// The field or expression.
    pub span: Span,
    /// What is wrong with it.
    pub kind: LowerErrorKind,
}

/// Why something has no program.
#[derive(Clone, PartialEq, Debug)]
pub enum LowerErrorKind {
    /// Derived fields that need each other: their paths, the first again at the end.
    Cycle(Vec<Box<str>>),
    /// The seal lies in the octets that it covers: the path of what it covers.
    SealCoversItself(Box<str>),
    /// A field in front of the octets that it needs, in a format that is closed before they come: the path of the
    /// field that it needs.
    NeedsLater(Box<str>),
    /// A signature that is read must stand alone, in hex or in base64.
    SignatureInside,
    /// An algorithm must be a name or a setting.
    Algorithm,
    /// A condition looks at a value that is read in its turn, behind it: the path of that value.
    LooksAhead(Box<str>),
    /// Octets of a list of lines, which are never held together: the path of the list.
    OctetsOfRows(Box<str>),
    /// Lines of a file that have no end, of several widths.
    Records,
    /// The call that opens a session reads a value of a session that is opened after it: the call, the value, its session.
    SessionBehind(Box<str>, Box<str>, Box<str>),
    /// More of something than a program may number.
    TooMany(&'static str),
}
