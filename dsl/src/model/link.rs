//! Links of a party: what carries octets, how frames stand on a line, what becomes of files.

use super::{CallId, Expr, Load};
use crate::source::Span;

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
    /// Facts in the packet that match answers with asks: in each message the first that is there.
    pub matches: Vec<Load>,
    /// Signs of life on a held line.
    pub beats: Vec<Beat>,
    /// What is no frame is stepped over; else the connection is closed.
    pub garbled_skip: bool,
    /// The call whose message answers what nobody can read: ours where they ask us, theirs where we ask them.
    pub unread: Option<CallId>,
    /// The other half of a pair of one-way lines.
    pub answers_on: Option<Box<str>>,
    /// Milliseconds to connect, if said.
    pub connect_ms: Option<u64>,
    /// Milliseconds to wait for an answer (or to give one), if said.
    pub answer_ms: Option<u64>,
    /// Milliseconds after which a connection is closed on which nothing goes either way, if said.
    pub idle_ms: Option<u64>,
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

/// Signs of life on a held line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Beat {
    /// The call that is sent; none: an empty frame.
    pub call: Option<CallId>,
    /// After so many milliseconds.
    pub after_ms: u64,
    /// Without what.
    pub without: Silence,
    /// The connection is closed when nothing is heard for so many milliseconds after a beat.
    pub close_after_ms: Option<u64>,
}

/// What a beat waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Silence {
    /// Nothing either way.
    Idle,
    /// Nothing from us.
    Unsent,
    /// Nothing from them.
    Unheard,
}

/// The method of a link on which nothing is sent: a person's browser goes to the address that a request makes.
pub const BROWSE: &str = "BROWSE";

impl Link {
    /// The sign of life that is an empty frame, if the link has one.
    #[must_use]
    pub fn empty_beat(&self) -> Option<Beat> {
        self.beats.iter().find(|beat| beat.call.is_none()).copied()
    }

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
    /// The frame is head + that many octets, what a second length counts behind them, and the parts behind all that.
    InHead {
        /// Octets before the field.
        offset: u32,
        /// Octets of the field.
        size: u32,
        /// How it is written.
        kind: PrefixKind,
        /// Octets of the head.
        head: u32,
        /// A second length in the same head, of what the first does not count.
        beside: Option<SecondLength>,
        /// Parts behind the body, where there may be some.
        parts: Option<Parts>,
    },
    /// A tag=value text, in which a value says how long what stands behind it is.
    ByTag(Box<TaggedFrame>),
    /// Always so many octets.
    Fixed(u32),
    /// Ended by these octets.
    Ended(Box<[u8]>),
    /// Between two marks.
    Between(Box<[u8]>, Box<[u8]>),
    /// The connection's end.
    UntilClose,
}

/// A second length in the head of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SecondLength {
    /// Octets before the field.
    pub offset: u32,
    /// Octets of the field.
    pub size: u32,
    /// How it is written.
    pub kind: PrefixKind,
}

/// Parts behind a body, each with a head of its own: how many stands in the message's head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parts {
    /// Where in the message's head their number begins.
    pub offset: u32,
    /// Figures of their number.
    pub size: u32,
    /// Octets of the head of a part.
    pub head: u32,
    /// Where in that head the length of what follows it begins.
    pub length_offset: u32,
    /// Octets of that length.
    pub length_size: u32,
    /// How it is written.
    pub kind: PrefixKind,
}

/// Where the length stands in a tag=value text. The message is the whole text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaggedFrame {
    /// The values in front of the length, in order.
    pub before: Vec<TaggedPlace>,
    /// The length, in figures: of all behind it, but for the values that close the text.
    pub length: TaggedPlace,
    /// The values that close the text, each as wide as it may be.
    pub behind: Vec<TaggedPlace>,
    /// What ends each value.
    pub end: Box<[u8]>,
    /// The algorithm of the checksum that the last value is, over all in front of it, where it is one.
    pub sum: Option<Box<str>>,
}

/// A value of a tag=value text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaggedPlace {
    /// What begins it: its tag, and the sign between the two.
    pub mark: Box<[u8]>,
    /// The most octets of the value itself.
    pub most: u32,
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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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
