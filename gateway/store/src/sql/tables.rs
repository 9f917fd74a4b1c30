//! The tables whose rows the chains speak of: how a row is read, and what digest its columns have.
//!
//! In: a row, from a database or from the file of an exported day. Out: what the chain must say of it ([`Compared`]). It must
//! not know where the row came from.

use super::digest::{change_digest, decided_digest, forgotten_digest, named, proposed_digest};
use super::{Cell, Fault, Row, day_of};
use crate::content::{Columns, Hash, Kind};
use crate::model::Moment;
use crate::parameter::{ParameterDecided, ParameterName, ParameterProposed};

/// What a row is to the chain.
pub(crate) struct Compared {
    pub(crate) first: u64,
    pub(crate) second: u64,
    pub(crate) digest: Hash,
}

type Read = fn(&mut Row) -> Result<Compared, Fault>;

/// A table, or those columns of it that the chain speaks of together.
pub(crate) struct Table {
    pub(crate) kind: Kind,
    /// How its rows are named, to people and in the file of a day.
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [&'static str],
    pub(crate) from: &'static str,
    pub(crate) read: Read,
}

impl Table {
    /// The statement that gives its rows; `?` where there is more to ask.
    pub(crate) fn select(&self) -> String {
        format!("SELECT {} FROM {}", self.columns.join(", "), self.from)
    }

    /// Whether a later write may say something else of the same row. What people and parties said, and what was asked of
    /// them, is written once.
    pub(crate) fn changes(&self) -> bool {
        matches!(
            self.kind,
            Kind::State | Kind::Answer | Kind::Notice | Kind::Hold | Kind::Counter | Kind::Kept
        )
    }

    /// Whether a later write may take the row out while the date that it was written on is kept.
    pub(crate) fn goes(&self) -> bool {
        matches!(self.kind, Kind::Cancelled | Kind::Hold | Kind::Counter | Kind::Refused)
    }
}

/// The table of a kind of entry.
pub(crate) fn of_kind(kind: u8) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.kind as u8 == kind)
}

/// Each compared table.
pub(crate) const TABLES: [Table; 15] = [
    Table {
        kind: Kind::Asked,
        name: "flow",
        columns: &[
            "flow",
            "name",
            "parent",
            "row",
            "date",
            "party",
            "direction",
            "once",
            "digest",
            "asked",
            "version",
            "opened",
        ],
        from: "flow",
        read: asked,
    },
    Table {
        kind: Kind::State,
        name: "state of flow",
        columns: &["flow", "state", "ended", "wake"],
        from: "flow",
        read: state,
    },
    Table {
        kind: Kind::Answer,
        name: "answer of flow",
        columns: &["flow", "answer"],
        from: "flow WHERE answer IS NOT NULL",
        read: answer,
    },
    Table {
        kind: Kind::Operation,
        name: "operation",
        columns: &[
            "number", "flow", "name", "party", "call", "date", "serial", "amount", "request", "asked",
            "opened", "began",
        ],
        from: "operation",
        read: operation,
    },
    Table {
        kind: Kind::Change,
        name: "change of operation",
        columns: &["number", "place", "state", "copies", "at", "reply", "answered"],
        from: "operation_change",
        read: change,
    },
    Table {
        kind: Kind::Event,
        name: "event of flow",
        columns: &["flow", "place", "at", "kind", "body"],
        from: "event",
        read: event,
    },
    Table {
        kind: Kind::Cancelled,
        name: "cancelled key",
        columns: &["date", "party", "direction", "once"],
        from: "flow_key WHERE flow IS NULL",
        read: cancelled,
    },
    Table {
        kind: Kind::Notice,
        name: "notice of flow",
        columns: &["flow", "name", "party", "call", "body", "tries", "outcome", "due"],
        from: "notice",
        read: notice,
    },
    Table {
        kind: Kind::Hold,
        name: "limit hold of flow",
        columns: &["flow", "operation", "name", "day", "amount"],
        from: "limit_hold",
        read: hold,
    },
    Table {
        kind: Kind::Counter,
        name: "counter",
        columns: &["party", "date", "next"],
        from: "counter",
        read: counter,
    },
    Table {
        kind: Kind::Refused,
        name: "refused input",
        columns: &["place", "at", "link", "peer", "fault", "head", "count"],
        from: "refused_input",
        read: refused,
    },
    Table {
        kind: Kind::Proposed,
        name: "change of a parameter",
        columns: &[
            "number",
            "party",
            "member",
            "name",
            "old",
            "new",
            "from_day",
            "proposed_by",
            "reason",
            "at",
        ],
        from: "parameter_change",
        read: proposed,
    },
    Table {
        kind: Kind::Decided,
        name: "decision about a parameter",
        columns: &["number", "agreed", "decided_by", "reason", "at"],
        from: "parameter_decision",
        read: decided,
    },
    Table {
        kind: Kind::Forgotten,
        name: "forgotten day",
        columns: &["date", "at", "by_whom", "heads", "export", "sha256"],
        from: "forgotten",
        read: forgotten,
    },
    Table {
        kind: Kind::Kept,
        name: "oldest day",
        columns: &["only_one", "oldest"],
        from: "holder WHERE oldest > 0",
        read: kept,
    },
];

pub(super) fn unsigned(row: &mut Row, column: usize) -> Result<u64, Fault> {
    Ok(row.int(column)?.cast_unsigned())
}

fn bytes(row: &mut Row, column: usize) -> Result<Vec<u8>, Fault> {
    row.bytes(column)
}

fn text(row: &mut Row, column: usize) -> Result<String, Fault> {
    row.text(column)
}

fn kept(row: &mut Row) -> Result<Compared, Fault> {
    Ok(Compared { first: unsigned(row, 0)?, second: 0, digest: Columns::new().int(row.int(1)?).finish() })
}

fn forgotten(row: &mut Row) -> Result<Compared, Fault> {
    let (date, at, by, heads) = (unsigned(row, 0)?, row.int(1)?, text(row, 2)?, bytes(row, 3)?);
    let export = match row.take(4) {
        Cell::Text(name) => Some(name),
        _ => None,
    };
    let sha256 = row.bytes_or(5)?;
    let digest = forgotten_digest(at, &by, &heads, export.as_deref(), sha256.as_deref());
    Ok(Compared { first: date, second: 0, digest })
}

fn proposed(row: &mut Row) -> Result<Compared, Fault> {
    let number = unsigned(row, 0)?;
    let proposed = ParameterProposed {
        number,
        parameter: ParameterName { party: text(row, 1)?, member: text(row, 2)?, name: text(row, 3)? },
        old: text(row, 4)?,
        new: text(row, 5)?,
        from: day_of(row.int(6)?, "parameter_change.from_day")?,
        by: text(row, 7)?,
        reason: text(row, 8)?,
    };
    Ok(Compared { first: number, second: 0, digest: proposed_digest(&proposed, Moment(row.int(9)?)) })
}

fn decided(row: &mut Row) -> Result<Compared, Fault> {
    let number = unsigned(row, 0)?;
    let decided = ParameterDecided { number, agreed: row.flag(1)?, by: text(row, 2)?, reason: text(row, 3)? };
    Ok(Compared { first: number, second: 0, digest: decided_digest(&decided, Moment(row.int(4)?)) })
}

fn asked(row: &mut Row) -> Result<Compared, Fault> {
    let digest = Columns::new()
        .text(&text(row, 1)?)
        .int_or(row.int_or(2)?)
        .int_or(row.int_or(3)?)
        .int(row.int(4)?)
        .text(&text(row, 5)?)
        .int(row.int(6)?)
        .bytes(&bytes(row, 7)?)
        .bytes(&bytes(row, 8)?)
        .bytes(&bytes(row, 9)?)
        .bytes(&bytes(row, 10)?)
        .int(row.int(11)?)
        .finish();
    Ok(Compared { first: unsigned(row, 0)?, second: 0, digest })
}

fn state(row: &mut Row) -> Result<Compared, Fault> {
    let digest = Columns::new().bytes(&bytes(row, 1)?).int(row.int(2)?).int_or(row.int_or(3)?).finish();
    Ok(Compared { first: unsigned(row, 0)?, second: 0, digest })
}

fn answer(row: &mut Row) -> Result<Compared, Fault> {
    let digest = Columns::new().bytes(&bytes(row, 1)?).finish();
    Ok(Compared { first: unsigned(row, 0)?, second: 0, digest })
}

fn operation(row: &mut Row) -> Result<Compared, Fault> {
    let digest = Columns::new()
        .int(row.int(1)?)
        .text(&text(row, 2)?)
        .text(&text(row, 3)?)
        .text(&text(row, 4)?)
        .int(row.int(5)?)
        .text(&text(row, 6)?)
        .int_or(row.int_or(7)?)
        .bytes_or(row.bytes_or(8)?.as_deref())
        .bytes_or(row.bytes_or(9)?.as_deref())
        .int(row.int(10)?)
        .int(row.int(11)?)
        .finish();
    Ok(Compared { first: unsigned(row, 0)?, second: 0, digest })
}

fn change(row: &mut Row) -> Result<Compared, Fault> {
    let (reply, answered) = (row.bytes_or(5)?, row.bytes_or(6)?);
    let digest = change_digest(row.int(2)?, row.int(3)?, row.int(4)?, reply.as_deref(), answered.as_deref());
    Ok(Compared { first: unsigned(row, 0)?, second: unsigned(row, 1)?, digest })
}

fn event(row: &mut Row) -> Result<Compared, Fault> {
    let digest = Columns::new().int(row.int(2)?).text(&text(row, 3)?).bytes(&bytes(row, 4)?).finish();
    Ok(Compared { first: unsigned(row, 0)?, second: unsigned(row, 1)?, digest })
}

fn cancelled(row: &mut Row) -> Result<Compared, Fault> {
    let key = Columns::new().int(row.int(0)?).text(&text(row, 1)?).int(row.int(2)?).bytes(&bytes(row, 3)?);
    Ok(Compared { first: key.clone().number(), second: 0, digest: key.finish() })
}

fn notice(row: &mut Row) -> Result<Compared, Fault> {
    let digest = Columns::new()
        .text(&text(row, 2)?)
        .text(&text(row, 3)?)
        .bytes(&bytes(row, 4)?)
        .int(row.int(5)?)
        .int(row.int(6)?)
        .int(row.int(7)?)
        .finish();
    Ok(Compared { first: unsigned(row, 0)?, second: named(&[&text(row, 1)?]), digest })
}

fn hold(row: &mut Row) -> Result<Compared, Fault> {
    let day = row.int(3)?;
    let second = named(&[&text(row, 1)?, &text(row, 2)?, &day.to_string()]);
    Ok(Compared { first: unsigned(row, 0)?, second, digest: Columns::new().int(row.int(4)?).finish() })
}

fn counter(row: &mut Row) -> Result<Compared, Fault> {
    let digest = Columns::new().int(row.int(2)?).finish();
    Ok(Compared { first: named(&[&text(row, 0)?]), second: unsigned(row, 1)?, digest })
}

fn refused(row: &mut Row) -> Result<Compared, Fault> {
    let digest = Columns::new()
        .int(row.int(1)?)
        .text(&text(row, 2)?)
        .text(&text(row, 3)?)
        .text(&text(row, 4)?)
        .bytes(&bytes(row, 5)?)
        .int(row.int(6)?)
        .finish();
    Ok(Compared { first: unsigned(row, 0)?, second: 0, digest })
}
