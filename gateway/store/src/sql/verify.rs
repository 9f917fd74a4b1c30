//! The auditor's question: is what stands in the journal what was written? The chain of each date is walked again,
//! and each row that money hangs on is compared with the last digest that the chain holds for it.

use super::apply::{GONE, change_digest, decided_digest, named, proposed_digest};
use super::{Cell, Database, Fault, Row, day_of, hash_of, values};
use crate::content::{Columns, Entries, Hash, Kind, link};
use crate::model::Moment;
use crate::parameter::{ParameterDecided, ParameterName, ParameterProposed};
use std::collections::BTreeMap;

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

/// Verifies the journal of a database inside one read snapshot. What the chains last say of each row is noted in
/// `notes`, an empty database of its own; `parameters`: whether the journal has those tables yet.
pub(crate) fn verify(
    database: &dyn Database,
    notes: &dyn Database,
    parameters: bool,
) -> Result<Verified, Fault> {
    notes.run(
        "CREATE TABLE latest (kind INTEGER NOT NULL, first INTEGER NOT NULL, second INTEGER NOT NULL,
           digest BLOB NOT NULL, seen INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, first, second)) WITHOUT ROWID",
        values![],
    )?;
    notes.run("BEGIN", values![])?;
    let mut found = Verified::default();
    walk_chains(database, notes, &mut found)?;
    compare_rows(database, notes, parameters, &mut found)?;
    missing_rows(notes, &mut found)?;
    limits_agree(database, &mut found)?;
    Ok(found)
}

fn walk_chains(database: &dyn Database, notes: &dyn Database, found: &mut Verified) -> Result<(), Fault> {
    let mut heads: BTreeMap<(String, i64), Hash> = BTreeMap::new();
    let writes = "SELECT sequence, node, date, at, entries, hash FROM journal ORDER BY sequence";
    database.walk(writes, &mut |mut row| {
        let (sequence, node, date) = (row.int(0)?, row.text(1)?, row.int(2)?);
        let (at, entries) = (row.int(3)?, row.bytes(4)?);
        let stored = hash_of(&row.bytes(5)?, "journal.hash")?;
        let head = heads.entry((node.clone(), date)).or_insert([0; 32]);
        if link(head, sequence, date, at, &node, &entries) != stored {
            found.fault(format!("write {sequence} of {node}, {date}: the chain breaks here"));
        }
        *head = stored;
        note_entries(notes, found, sequence, &entries)?;
        found.writes += 1;
        Ok(())
    })?;
    database.walk("SELECT node, date, hash FROM chain_head", &mut |mut row| {
        let (node, date) = (row.text(0)?, row.int(1)?);
        let hash = hash_of(&row.bytes(2)?, "chain_head.hash")?;
        if heads.remove(&(node.clone(), date)) != Some(hash) {
            found.fault(format!("the chain of {node}, {date} does not end with its head"));
        }
        Ok(())
    })?;
    for (node, date) in heads.into_keys() {
        found.fault(format!("the chain of {node}, {date} has no head"));
    }
    Ok(())
}

fn note_entries(
    notes: &dyn Database,
    found: &mut Verified,
    sequence: i64,
    entries: &[u8],
) -> Result<(), Fault> {
    let Some(entries) = Entries::read(entries) else {
        found.fault(format!("write {sequence}: its entries are not whole"));
        return Ok(());
    };
    for entry in entries.iter().filter(|entry| entry.kind != Kind::Passing as u8) {
        let (first, second) = (entry.first.cast_signed(), entry.second.cast_signed());
        notes.run(
            "INSERT INTO latest (kind, first, second, digest) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (kind, first, second) DO UPDATE SET digest = excluded.digest",
            values![entry.kind, first, second, &entry.digest],
        )?;
    }
    Ok(())
}

struct Compared {
    first: u64,
    second: u64,
    digest: Hash,
}

type Read = fn(&mut Row) -> Result<Compared, Fault>;

fn unsigned(row: &mut Row, column: usize) -> Result<u64, Fault> {
    Ok(row.int(column)?.cast_unsigned())
}

fn bytes(row: &mut Row, column: usize) -> Result<Vec<u8>, Fault> {
    row.bytes(column)
}

fn text(row: &mut Row, column: usize) -> Result<String, Fault> {
    row.text(column)
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

fn compare_rows(
    database: &dyn Database,
    notes: &dyn Database,
    parameters: bool,
    found: &mut Verified,
) -> Result<(), Fault> {
    let later = |kind: Kind| matches!(kind, Kind::Proposed | Kind::Decided);
    for (kind, name, sql, read) in TABLES.into_iter().filter(|(kind, ..)| parameters || !later(*kind)) {
        database.walk(sql, &mut |mut row| {
            let row = read(&mut row)?;
            let (first, second) = (row.first.cast_signed(), row.second.cast_signed());
            let marked = notes.one(
                "UPDATE latest SET seen = 1 WHERE kind = ?1 AND first = ?2 AND second = ?3 RETURNING digest = ?4",
                values![kind as u8, first, second, &row.digest],
            )?;
            match marked.map(|mut same| same.flag(0)).transpose()? {
                Some(true) => {}
                Some(false) => found.fault(format!("{name} {}: changed outside the journal", row.first)),
                None => found.fault(format!("{name} {}: never written by the journal", row.first)),
            }
            found.rows += 1;
            Ok(())
        })?;
    }
    Ok(())
}

fn missing_rows(notes: &dyn Database, found: &mut Verified) -> Result<(), Fault> {
    let missing = "SELECT kind, first FROM latest WHERE seen = 0 AND digest <> ?1 LIMIT 100";
    for mut row in notes.rows(missing, values![&GONE])? {
        let kind = row.int(0)?;
        let name = TABLES.iter().find(|table| table.0 as i64 == kind).map_or("row", |table| table.1);
        found.fault(format!("{name} {}: taken out of the journal", unsigned(&mut row, 1)?));
    }
    Ok(())
}

/// What is derived is compared with what it is derived from: limits used, the present states, the keys of flows.
fn limits_agree(database: &dyn Database, found: &mut Verified) -> Result<(), Fault> {
    const DERIVED: [(&str, &str); 4] = [
        (
            "limit",
            "SELECT u.name FROM limit_use u LEFT JOIN
               (SELECT name, day, sum(amount) AS held FROM limit_hold GROUP BY name, day) h
               ON h.name = u.name AND h.day = u.day WHERE u.used <> coalesce(h.held, 0) LIMIT 100",
        ),
        (
            "present state of operation",
            "SELECT o.number FROM operation o WHERE o.state IS DISTINCT FROM
               (SELECT c.state FROM operation_change c WHERE c.number = o.number ORDER BY c.place DESC LIMIT 1)
             LIMIT 100",
        ),
        (
            "key of flow",
            "SELECT f.flow FROM flow f LEFT JOIN flow_key k ON k.date = f.date AND k.party = f.party
               AND k.direction = f.direction AND k.once = f.once WHERE k.flow IS DISTINCT FROM f.flow LIMIT 100",
        ),
        (
            "key without flow",
            "SELECT k.flow FROM flow_key k WHERE k.flow IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM flow f WHERE f.flow = k.flow) LIMIT 100",
        ),
    ];
    for (name, sql) in DERIVED {
        for mut row in database.rows(sql, values![])? {
            let which = match row.take(0) {
                Cell::Text(text) => text,
                Cell::Int(number) => number.to_string(),
                Cell::Null | Cell::Bytes(_) => "?".to_owned(),
            };
            found.fault(format!("{name} {which}: does not agree with its rows"));
        }
    }
    Ok(())
}
