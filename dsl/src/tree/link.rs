//! Links.

use super::{Block, Count, Duration, Expr, Name, Path, Text, Unit};
use crate::source::Span;

/// `link NAME kind ("connect"|"accept") L { clause }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    /// The name.
    pub name: Name,
    /// Over what.
    pub kind: LinkKind,
    /// Who begins.
    pub direction: LinkDirection,
    /// Its clauses.
    pub block: Block<LinkClause>,
}

/// What a link runs over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkKind {
    /// `tcp`.
    Tcp,
    /// `http`.
    Http,
    /// `https`.
    Https,
    /// `sftp`.
    Sftp,
    /// `folder`.
    Folder,
}

/// Who begins a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkDirection {
    /// `connect`: we do, or we put files.
    Connect,
    /// `accept`: they do, or we wait for files.
    Accept,
}

/// A clause of a link.
#[derive(Clone, PartialEq, Debug)]
pub enum LinkClause {
    /// `carries NAME`.
    Carries(Name),
    /// `frame FRAME`.
    Frame(Frame),
    /// `hold none`.
    HoldNone,
    /// `hold NUM connections, one exchange each`.
    Hold {
        /// How many connections.
        connections: Count,
        /// Whether one connection carries several exchanges at a time.
        many: bool,
    },
    /// `match path,*`: the first that is present decides.
    Match(Vec<Path>),
    /// `beat NAME after DUR idle`.
    Beat(Beat),
    /// `answers on NAME`: the other half of a pair of one-way lines.
    AnswersOn(Name),
    /// `timeout (word DUR),*`.
    Timeout(Vec<Timeout>),
    /// `post STRING`.
    Post(Text),
    /// `get STRING`.
    Get(Text),
    /// `browse STRING`: a browser is sent there.
    Browse(Text),
    /// `folder STRING`.
    Folder(Text),
    /// `poll expr`.
    Poll(Expr),
    /// `once (word (NUM days)?),*`.
    Once(Vec<SeenBy>),
    /// `write temporary then rename`.
    WriteTemporary,
    /// `tolerate NAME`.
    Tolerate(Name),
    /// `garbled close`, `garbled skip`.
    Garbled(Garbled),
    /// `unread NAME`: what answers a message that nobody can read.
    Unread(Name),
    /// `leave files`.
    LeaveFiles,
    /// `delete files`.
    DeleteFiles,
    /// `move files to STRING`.
    MoveFiles(Text),
}

/// How a message ends on a stream.
#[derive(Clone, PartialEq, Debug)]
pub enum Frame {
    /// `length NUM digits|bytes ENDIAN? (fill blank)? (counts itself)?`: a length in front.
    Length {
        /// How long the length is.
        width: Count,
        /// In what it is written.
        unit: Unit,
        /// Of a binary length.
        little_endian: bool,
        /// Figures on the left, blanks behind them.
        blanks: bool,
        /// Whether the length counts its own bytes.
        counts_itself: bool,
    },
    /// `length line NAME`: a line of figures in front.
    LengthLine {
        /// `crlf`, `lf`.
        ending: Name,
        /// Whether the length counts its own line.
        counts_itself: bool,
    },
    /// `by path (and path)? (, then path of path)?`: fields of the packet say it.
    By {
        /// The length of what stands behind the head.
        length: Path,
        /// The length of what stands behind that: a signature, which the first does not count.
        beside: Option<Path>,
        /// How many parts stand behind all that, and how long each is, in its own head.
        parts: Option<(Path, Path)>,
    },
    /// `fixed NUM bytes`.
    Fixed(Count),
    /// `line NAME`.
    Line(Name),
    /// `until close`.
    UntilClose,
    /// `between STRING STRING`.
    Between(Text, Text),
}

/// `beat (NAME | empty frame) after DUR (idle|unsent|unheard) (, then close after DUR)?`.
#[derive(Clone, PartialEq, Debug)]
pub struct Beat {
    /// The call; none for `empty frame`.
    pub call: Option<Name>,
    /// After how long.
    pub after: Duration,
    /// Without what.
    pub silence: Silence,
    /// When the connection is given up.
    pub close_after: Option<Duration>,
}

/// What a beat waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Silence {
    /// `idle`: nothing either way.
    Idle,
    /// `unsent`: nothing from us.
    Unsent,
    /// `unheard`: nothing from them.
    Unheard,
}

/// One time limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeout {
    /// Of what.
    pub kind: TimeoutKind,
    /// How long.
    pub limit: Duration,
}

/// What a time limit is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeoutKind {
    /// `connect`.
    Connect,
    /// `answer`.
    Answer,
    /// `serve`.
    Serve,
    /// `idle`.
    Idle,
}

/// `(name | digest | time) (NUM days)?`: by what a file was seen before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenBy {
    /// By what.
    pub kind: SeenKind,
    /// For how many days.
    pub days: Option<Count>,
    /// Where.
    pub span: Span,
}

/// By what a file is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeenKind {
    /// `name`.
    Name,
    /// `digest`.
    Digest,
    /// `time`.
    Time,
}

/// What is done with a frame that cannot be right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Garbled {
    /// `close`.
    Close,
    /// `skip`.
    Skip,
}
