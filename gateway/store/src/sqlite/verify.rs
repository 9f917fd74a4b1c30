//! The auditor's question: is what stands in the journal what was written? The chain of each date is walked again,
//! and each row that money hangs on is compared with the last digest that the chain holds for it.

use super::apply::{GONE, change_digest, decided_digest, named, proposed_digest};
use super::{Fault, hash_of, open_for_reading};
use crate::content::{Columns, Entries, Hash, Kind, link};
use crate::model::{Day, Moment};
use crate::parameter::{ParameterDecided, ParameterName, ParameterProposed};
use crate::write::Fatal;
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;
use std::path::Path;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Writes in the chains.
    pub writes: u64,
    /// Rows compared.
    pub rows: u64,
    /// What does not agree, in words; at most [`Verified::MOST`], then it stops.
    pub faults: Vec<String>,
}

impl Verified {
    /// Faults after which looking further says nothing new.
    pub const MOST: usize = 100;

    /// True if nothing was found.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty()
    }

    fn fault(&mut self, text: String) {
        if self.faults.len() < Self::MOST {
            self.faults.push(text);
        }
    }
}

/// Verifies a journal file; reads only, needs no key, and may run beside a gateway at work (one read snapshot).
///
/// # Errors
/// When the file cannot be read.
pub fn verify(path: &Path) -> Result<Verified, Fatal> {
    let inner = || -> Result<Verified, Fault> {
        let connection = open_for_reading(path)?;
        connection.execute_batch(
            "CREATE TEMP TABLE latest (kind INTEGER NOT NULL, first INTEGER NOT NULL, second INTEGER NOT NULL,
               digest BLOB NOT NULL, seen INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, first, second)) WITHOUT ROWID;
             BEGIN",
        )?;
        let mut found = Verified::default();
        walk_chains(&connection, &mut found)?;
        compare_rows(&connection, &mut found)?;
        missing_rows(&connection, &mut found)?;
        limits_agree(&connection, &mut found)?;
        Ok(found)
    };
    inner().map_err(|fault| fault.fatal(path))
}

fn walk_chains(connection: &Connection, found: &mut Verified) -> Result<(), Fault> {
    let mut heads: BTreeMap<(String, i64), (i64, Hash)> = BTreeMap::new();
    let mut statement = connection
        .prepare("SELECT sequence, node, date, at, entries, hash FROM journal ORDER BY sequence")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (sequence, node, date): (i64, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let entries: Vec<u8> = row.get(4)?;
        let stored = hash_of(&row.get::<_, Vec<u8>>(5)?, "journal.hash")?;
        let head = heads.entry((node.clone(), date)).or_insert((0, [0; 32]));
        let hash = link(&head.1, sequence, date, row.get(3)?, &node, &entries);
        if hash != stored {
            found.fault(format!("write {sequence} of {node}, {date}: the chain breaks here"));
        }
        *head = (sequence, stored);
        note_entries(connection, found, sequence, &entries)?;
        found.writes += 1;
    }
    let mut statement = connection.prepare("SELECT node, date, sequence, hash FROM chain_head")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (node, date): (String, i64) = (row.get(0)?, row.get(1)?);
        let hash = hash_of(&row.get::<_, Vec<u8>>(3)?, "chain_head.hash")?;
        if heads.remove(&(node.clone(), date)).is_none_or(|(_, head)| head != hash) {
            found.fault(format!("the chain of {node}, {date} does not end with its head"));
        }
    }
    for (node, date) in heads.into_keys() {
        found.fault(format!("the chain of {node}, {date} has no head"));
    }
    Ok(())
}

fn note_entries(
    connection: &Connection,
    found: &mut Verified,
    sequence: i64,
    entries: &[u8],
) -> Result<(), Fault> {
    let Some(entries) = Entries::read(entries) else {
        found.fault(format!("write {sequence}: its entries are not whole"));
        return Ok(());
    };
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO temp.latest (kind, first, second, digest) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for entry in entries.iter().filter(|entry| entry.kind != Kind::Passing as u8) {
        let (first, second) = (entry.first.cast_signed(), entry.second.cast_signed());
        statement.execute(params![entry.kind, first, second, entry.digest])?;
    }
    Ok(())
}

struct Compared {
    first: u64,
    second: u64,
    digest: Hash,
}

type Read = fn(&Row<'_>) -> rusqlite::Result<Compared>;

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

fn bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<u8>> {
    row.get(column)
}

fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    row.get(column)
}

/// Each compared table: its kind, how its rows are read, how they are named in a fault.
const TABLES: [(Kind, &str, &str, Read); 13] = [
    (Kind::Asked, "flow", ASKED, asked),
    (Kind::State, "state of flow", "SELECT flow, state, ended, wake FROM flow", state),
    (Kind::Answer, "answer of flow", "SELECT flow, answer FROM flow WHERE answer IS NOT NULL", answer),
    (Kind::Operation, "operation", OPERATION, operation),
    (Kind::Change, "change of operation", CHANGE, change),
    (Kind::Event, "event of flow", "SELECT flow, place, at, kind, body FROM event", event),
    (Kind::Cancelled, "cancelled key", CANCELLED, cancelled),
    (Kind::Notice, "notice of flow", NOTICE, notice),
    (Kind::Hold, "limit hold of flow", "SELECT flow, operation, name, day, amount FROM limit_hold", hold),
    (Kind::Counter, "counter", "SELECT party, date, next FROM counter", counter),
    (Kind::Refused, "refused input", REFUSED, refused),
    (Kind::Proposed, "change of a parameter", PROPOSED, proposed),
    (Kind::Decided, "decision about a parameter", DECIDED, decided),
];

const ASKED: &str = "SELECT flow, name, parent, row, date, party, direction, once, digest, asked, version, opened \
                     FROM flow";
const OPERATION: &str = "SELECT number, flow, name, party, call, date, serial, amount, request, asked, opened, \
                         began FROM operation";
const CHANGE: &str = "SELECT number, place, state, copies, at, reply, answered FROM operation_change";
const CANCELLED: &str = "SELECT date, party, direction, once FROM flow_key WHERE flow IS NULL";
const NOTICE: &str = "SELECT flow, name, party, call, body, tries, outcome, due FROM notice";
const REFUSED: &str = "SELECT place, at, link, peer, fault, head, count FROM refused_input";

const PROPOSED: &str = "SELECT number, party, member, name, old, new, from_day, proposed_by, reason, at \
                        FROM parameter_change";
const DECIDED: &str = "SELECT number, agreed, decided_by, reason, at FROM parameter_decision";

fn proposed(row: &Row<'_>) -> rusqlite::Result<Compared> {
    let number = unsigned(row, 0)?;
    let proposed = ParameterProposed {
        number,
        parameter: ParameterName { party: text(row, 1)?, member: text(row, 2)?, name: text(row, 3)? },
        old: text(row, 4)?,
        new: text(row, 5)?,
        from: Day(row.get(6)?),
        by: text(row, 7)?,
        reason: text(row, 8)?,
    };
    Ok(Compared { first: number, second: 0, digest: proposed_digest(&proposed, Moment(row.get(9)?)) })
}

fn decided(row: &Row<'_>) -> rusqlite::Result<Compared> {
    let number = unsigned(row, 0)?;
    let decided = ParameterDecided { number, agreed: row.get(1)?, by: text(row, 2)?, reason: text(row, 3)? };
    Ok(Compared { first: number, second: 0, digest: decided_digest(&decided, Moment(row.get(4)?)) })
}

fn asked(row: &Row<'_>) -> rusqlite::Result<Compared> {
    let digest = Columns::new()
        .text(&text(row, 1)?)
        .int_or(row.get(2)?)
        .int_or(row.get(3)?)
        .int(row.get(4)?)
        .text(&text(row, 5)?)
        .int(row.get(6)?)
        .bytes(&bytes(row, 7)?)
        .bytes(&bytes(row, 8)?)
        .bytes(&bytes(row, 9)?)
        .bytes(&bytes(row, 10)?)
        .int(row.get(11)?)
        .finish();
    Ok(Compared { first: unsigned(row, 0)?, second: 0, digest })
}

fn state(row: &Row<'_>) -> rusqlite::Result<Compared> {
    let digest = Columns::new().bytes(&bytes(row, 1)?).int(row.get(2)?).int_or(row.get(3)?).finish();
    Ok(Compared { first: unsigned(row, 0)?, second: 0, digest })
}

fn answer(row: &Row<'_>) -> rusqlite::Result<Compared> {
    let digest = Columns::new().bytes(&bytes(row, 1)?).finish();
    Ok(Compared { first: unsigned(row, 0)?, second: 0, digest })
}

fn operation(row: &Row<'_>) -> rusqlite::Result<Compared> {
    let digest = Columns::new()
        .int(row.get(1)?)
        .text(&text(row, 2)?)
        .text(&text(row, 3)?)
        .text(&text(row, 4)?)
        .int(row.get(5)?)
        .text(&text(row, 6)?)
        .int_or(row.get(7)?)
        .bytes_or(row.get::<_, Option<Vec<u8>>>(8)?.as_deref())
        .bytes_or(row.get::<_, Option<Vec<u8>>>(9)?.as_deref())
        .int(row.get(10)?)
        .int(row.get(11)?)
        .finish();
    Ok(Compared { first: unsigned(row, 0)?, second: 0, digest })
}

fn change(row: &Row<'_>) -> rusqlite::Result<Compared> {
    let (reply, answered): (Option<Vec<u8>>, Option<Vec<u8>>) = (row.get(5)?, row.get(6)?);
    let digest = change_digest(row.get(2)?, row.get(3)?, row.get(4)?, reply.as_deref(), answered.as_deref());
    Ok(Compared { first: unsigned(row, 0)?, second: unsigned(row, 1)?, digest })
}

fn event(row: &Row<'_>) -> rusqlite::Result<Compared> {
    let digest = Columns::new().int(row.get(2)?).text(&text(row, 3)?).bytes(&bytes(row, 4)?).finish();
    Ok(Compared { first: unsigned(row, 0)?, second: unsigned(row, 1)?, digest })
}

fn cancelled(row: &Row<'_>) -> rusqlite::Result<Compared> {
    let key = Columns::new().int(row.get(0)?).text(&text(row, 1)?).int(row.get(2)?).bytes(&bytes(row, 3)?);
    Ok(Compared { first: key.clone().number(), second: 0, digest: key.finish() })
}

fn notice(row: &Row<'_>) -> rusqlite::Result<Compared> {
    let digest = Columns::new()
        .text(&text(row, 2)?)
        .text(&text(row, 3)?)
        .bytes(&bytes(row, 4)?)
        .int(row.get(5)?)
        .int(row.get(6)?)
        .int(row.get(7)?)
        .finish();
    Ok(Compared { first: unsigned(row, 0)?, second: named(&[&text(row, 1)?]), digest })
}

fn hold(row: &Row<'_>) -> rusqlite::Result<Compared> {
    let day: i64 = row.get(3)?;
    let second = named(&[&text(row, 1)?, &text(row, 2)?, &day.to_string()]);
    Ok(Compared { first: unsigned(row, 0)?, second, digest: Columns::new().int(row.get(4)?).finish() })
}

fn counter(row: &Row<'_>) -> rusqlite::Result<Compared> {
    let digest = Columns::new().int(row.get(2)?).finish();
    Ok(Compared { first: named(&[&text(row, 0)?]), second: unsigned(row, 1)?, digest })
}

fn refused(row: &Row<'_>) -> rusqlite::Result<Compared> {
    let digest = Columns::new()
        .int(row.get(1)?)
        .text(&text(row, 2)?)
        .text(&text(row, 3)?)
        .text(&text(row, 4)?)
        .bytes(&bytes(row, 5)?)
        .int(row.get(6)?)
        .finish();
    Ok(Compared { first: unsigned(row, 0)?, second: 0, digest })
}

fn compare_rows(connection: &Connection, found: &mut Verified) -> Result<(), Fault> {
    let mut mark = connection.prepare(
        "UPDATE temp.latest SET seen = 1 WHERE kind = ?1 AND first = ?2 AND second = ?3 RETURNING digest = ?4",
    )?;
    // A journal that no newer gateway has opened yet has no parameters.
    let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let first = |kind: Kind| format < 2 && matches!(kind, Kind::Proposed | Kind::Decided);
    for (kind, name, sql, read) in TABLES.into_iter().filter(|(kind, ..)| !first(*kind)) {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let row = read(row)?;
            let (first, second) = (row.first.cast_signed(), row.second.cast_signed());
            let mut marked = mark.query(params![kind as u8, first, second, row.digest])?;
            match marked.next()?.map(|same| same.get::<_, bool>(0)).transpose()? {
                Some(true) => {}
                Some(false) => found.fault(format!("{name} {}: changed outside the journal", row.first)),
                None => found.fault(format!("{name} {}: never written by the journal", row.first)),
            }
            while marked.next()?.is_some() {}
            found.rows += 1;
        }
    }
    Ok(())
}

fn missing_rows(connection: &Connection, found: &mut Verified) -> Result<(), Fault> {
    let mut statement = connection
        .prepare("SELECT kind, first FROM temp.latest WHERE seen = 0 AND digest <> ?1 LIMIT 100")?;
    let mut rows = statement.query([GONE])?;
    while let Some(row) = rows.next()? {
        let kind: u8 = row.get(0)?;
        let name = TABLES.iter().find(|table| table.0 as u8 == kind).map_or("row", |table| table.1);
        found.fault(format!("{name} {}: taken out of the journal", unsigned(row, 1)?));
    }
    Ok(())
}

/// What is derived is compared with what it is derived from: limits used, the present states, the keys of flows.
fn limits_agree(connection: &Connection, found: &mut Verified) -> Result<(), Fault> {
    const DERIVED: [(&str, &str); 4] = [
        (
            "limit",
            "SELECT u.name FROM limit_use u LEFT JOIN
               (SELECT name, day, sum(amount) AS held FROM limit_hold GROUP BY name, day) h
               ON h.name = u.name AND h.day = u.day WHERE u.used <> coalesce(h.held, 0) LIMIT 100",
        ),
        (
            "present state of operation",
            "SELECT o.number FROM operation o WHERE o.state IS NOT
               (SELECT c.state FROM operation_change c WHERE c.number = o.number ORDER BY c.place DESC LIMIT 1)
             LIMIT 100",
        ),
        (
            "key of flow",
            "SELECT f.flow FROM flow f LEFT JOIN flow_key k ON k.date = f.date AND k.party = f.party
               AND k.direction = f.direction AND k.once = f.once WHERE k.flow IS NOT f.flow LIMIT 100",
        ),
        (
            "key without flow",
            "SELECT k.flow FROM flow_key k WHERE k.flow IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM flow f WHERE f.flow = k.flow) LIMIT 100",
        ),
    ];
    for (name, sql) in DERIVED {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let which = row.get_ref(0)?;
            let which =
                which.as_str().map_or_else(|_| which.as_i64().unwrap_or(0).to_string(), str::to_owned);
            found.fault(format!("{name} {which}: does not agree with its rows"));
        }
    }
    Ok(())
}
