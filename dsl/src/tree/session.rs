//! Sessions.

use super::{Block, Check, Count, Duration, Expr, Name, Path, Time, TypeExpr};

/// `session NAME L (per NAME)? { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Session {
    /// The name.
    pub name: Name,
    /// `per NAME`: one for each member.
    pub per: Option<Name>,
    /// Its clauses.
    pub block: Block<SessionClause>,
}

/// A clause of a session.
#[derive(Clone, PartialEq, Debug)]
pub enum SessionClause {
    /// `open NAME at (start|connect|TIME),*`.
    Open {
        /// The call that signs in.
        call: Name,
        /// When.
        at: Vec<OpenAt>,
    },
    /// `serve NAME`: they sign in.
    Serve(Name),
    /// `renew on (NAME (NUM times)?),* (with a new serial)?`.
    Renew {
        /// For these reasons.
        reasons: Vec<RenewReason>,
        /// Whether the repeat has a new serial.
        new_serial: bool,
    },
    /// `keep NAME type = expr`.
    Keep(SessionValue),
    /// `make NAME type = expr`.
    Make(SessionValue),
    /// `change NAME = expr`: a value of another session, by what they say.
    Change {
        /// The value.
        name: Name,
        /// What it becomes.
        value: Expr,
    },
    /// `check expr`.
    Check(Check),
    /// `until expr`: a moment, or a `duration(n, unit)` from the sending of the request.
    Until(Expr),
    /// `early DUR`.
    Early(Duration),
    /// `overlap DUR`.
    Overlap(Duration),
    /// `close NAME at (cut_over|TIME)`.
    Close {
        /// The call that signs out.
        call: Name,
        /// When.
        at: CloseAt,
    },
    /// `numbered path, (kept|daily)`.
    Numbered {
        /// The field with the number.
        path: Path,
        /// Whether numbers begin anew each day.
        daily: bool,
    },
    /// `gap NAME, filled by NAME`.
    Gap {
        /// The call that asks for what is missing.
        call: Name,
        /// The message that fills.
        filled_by: Name,
    },
    /// `resent open (, marked path)? (, dated path)?`.
    Resent {
        /// The field that marks a resent message.
        marked: Option<Path>,
        /// The field with its first date.
        dated: Option<Path>,
    },
}

/// When a session is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenAt {
    /// `start`.
    Start,
    /// `connect`: on each connection.
    Connect,
    /// A time of day.
    Time(Time),
}

/// When a session is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CloseAt {
    /// `cut_over`.
    CutOver,
    /// A time of day.
    Time(Time),
}

/// A reason to renew, and how often.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RenewReason {
    /// The reason.
    pub reason: Name,
    /// `NUM times`.
    pub times: Option<Count>,
}

/// `NAME type = expr` of a session.
#[derive(Clone, PartialEq, Debug)]
pub struct SessionValue {
    /// The name: `session.NAME`.
    pub name: Name,
    /// The type.
    pub type_: TypeExpr,
    /// Where it comes from.
    pub value: Expr,
}
