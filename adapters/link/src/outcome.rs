//! What became of an exchange: a reply, surely not sent, or perhaps sent; and why.
//!
//! For: the engine, which makes `refused` or `unknown` of it. In: facts of the connection, above all how many
//! bytes its socket took. Out: [`Exchanged`], [`Sent`], [`Cause`]. Must not know: postings, flows.

use std::fmt;
use std::io;

use bytes::Bytes;

use crate::frame::FrameError;

/// What became of a request that is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchanged<Reply = Bytes> {
    /// The whole reply.
    Reply(Reply),
    /// No byte of the request was taken by a socket.
    NotSent(Cause),
    /// At least one byte was taken, or it cannot be shown that none was.
    MaybeSent(Cause),
}

impl<Reply> Exchanged<Reply> {
    /// A failure, classed by whether a byte may have left.
    pub(crate) fn failed(left: bool, cause: Cause) -> Self {
        if left { Self::MaybeSent(cause) } else { Self::NotSent(cause) }
    }

    /// The reply, if one came.
    pub fn reply(self) -> Option<Reply> {
        match self {
            Self::Reply(reply) => Some(reply),
            Self::NotSent(_) | Self::MaybeSent(_) => None,
        }
    }

    /// The cause, if no reply came.
    #[must_use]
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Reply(_) => None,
            Self::NotSent(cause) | Self::MaybeSent(cause) => Some(cause),
        }
    }

    /// True if it is shown that no byte left.
    #[must_use]
    pub fn not_sent(&self) -> bool {
        matches!(self, Self::NotSent(_))
    }
}

/// What became of a message that has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The socket took the whole message.
    Whole,
    /// No byte of it was taken.
    Not(Cause),
    /// Some bytes were taken, or it cannot be shown that none was.
    Maybe(Cause),
}

/// At whose door a failure lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    /// The gateway or its deployment: configuration, limits, shutting down.
    Ours,
    /// The counterparty: it refused, broke its protocol, or was silent.
    Theirs,
    /// The way between.
    Network,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CauseKind {
    /// The address has no host or cannot be read.
    Unresolved,
    /// The other side refused the connection.
    ConnectRefused,
    /// The connection could not be made otherwise.
    ConnectFailed,
    /// The connection was not made in time.
    ConnectTimedOut,
    /// TLS was not agreed on.
    Tls,
    /// No connection, and the pause before the next try has not ended.
    Down,
    /// The queue of waiting exchanges is full.
    Busy,
    /// The time limit passed while the request waited for a connection.
    WaitTimedOut,
    /// The time limit passed before the reply was there.
    AnswerTimedOut,
    /// The other side ended the connection.
    Closed,
    /// The connection broke.
    Broken,
    /// What came is no frame.
    Frame(FrameError),
    /// The request cannot be written as a frame or as HTTP.
    Request,
    /// What came is no HTTP, or breaks a limit.
    Http,
    /// Two exchanges wait for the same correlation key.
    SameKey,
    /// The link was closed by us.
    Stopped,
    /// Leave to send was given no more when its turn came.
    NoLeave,
    /// The folder, or the server of files, did not take or give the file.
    File,
}

/// Why an exchange failed: a kind, and a text without payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What went wrong.
    pub kind: CauseKind,
    /// The system's or library's own words, empty if there are none.
    pub detail: String,
}

impl Cause {
    /// A cause without further words.
    #[must_use]
    pub fn new(kind: CauseKind) -> Self {
        Self { kind, detail: String::new() }
    }

    /// A cause with words.
    pub fn told(kind: CauseKind, detail: impl fmt::Display) -> Self {
        Self { kind, detail: detail.to_string() }
    }

    /// Why a connection could not be made.
    #[must_use]
    pub fn connect(error: &io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::ConnectionRefused => CauseKind::ConnectRefused,
            io::ErrorKind::NotFound | io::ErrorKind::InvalidInput => CauseKind::Unresolved,
            io::ErrorKind::TimedOut => CauseKind::ConnectTimedOut,
            _ => CauseKind::ConnectFailed,
        };
        Self::told(kind, error)
    }

    /// Why an open connection ended.
    #[must_use]
    pub fn broken(error: &io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::UnexpectedEof => CauseKind::Closed,
            io::ErrorKind::InvalidData => CauseKind::Tls,
            _ => CauseKind::Broken,
        };
        Self::told(kind, error)
    }

    /// At whose door it lies, as far as this side can tell.
    #[must_use]
    pub fn whose(&self) -> Whose {
        match self.kind {
            CauseKind::Unresolved
            | CauseKind::Busy
            | CauseKind::WaitTimedOut
            | CauseKind::Request
            | CauseKind::SameKey
            | CauseKind::Stopped
            | CauseKind::NoLeave => Whose::Ours,
            CauseKind::ConnectRefused
            | CauseKind::Tls
            | CauseKind::AnswerTimedOut
            | CauseKind::Closed
            | CauseKind::Frame(_)
            | CauseKind::File
            | CauseKind::Http => Whose::Theirs,
            CauseKind::ConnectFailed | CauseKind::ConnectTimedOut | CauseKind::Down | CauseKind::Broken => {
                Whose::Network
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match &self.kind {
            CauseKind::Unresolved => "the address cannot be resolved",
            CauseKind::ConnectRefused => "the other side refused the connection",
            CauseKind::ConnectFailed => "the connection could not be made",
            CauseKind::ConnectTimedOut => "the connection was not made in time",
            CauseKind::Tls => "TLS failed",
            CauseKind::Down => "the line is down",
            CauseKind::Busy => "too many exchanges wait for the line",
            CauseKind::WaitTimedOut => "no connection became free in time",
            CauseKind::AnswerTimedOut => "no whole answer came in time",
            CauseKind::Closed => "the other side ended the connection",
            CauseKind::Broken => "the connection broke",
            CauseKind::Frame(error) => return write!(f, "{error}"),
            CauseKind::Request => "the request cannot be sent in this form",
            CauseKind::Http => "the other side broke HTTP or a limit",
            CauseKind::SameKey => "another exchange waits for the same key",
            CauseKind::Stopped => "the link was closed",
            CauseKind::NoLeave => "it may be for somebody else to send by now",
            CauseKind::File => "the file was not taken",
        };
        f.write_str(words)?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

impl std::error::Error for Cause {}

impl From<FrameError> for Cause {
    fn from(error: FrameError) -> Self {
        Self::new(CauseKind::Frame(error))
    }
}
