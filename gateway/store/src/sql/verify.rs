//! The auditor's question: is what stands in the journal what was written? The chain of each date is walked again,
//! and each row that money hangs on is compared with the last digest that the chain holds for it. Writes are counted over all
//! chains, so that one that is cut off the end of a chain is missed there. Of a day that is forgotten
//! only its last hashes are left, and what its chain said of rows that stay, carried on into a chain that stays too; among the
//! writes before its last, others may be missing.

use super::digest::GONE;
use super::forget::heads_digest;
use super::tables::{TABLES, of_kind, unsigned};
use super::{Cell, Database, Fault, day_of, hash_of, values};
use crate::content::{Hash, Kind, link, sayings};
use crate::days::{DayVerified, Progress};
use crate::model::Day;
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
    /// The last hash of each chain, also of those that are forgotten.
    pub heads: Vec<LastHash>,
}

/// How a chain ends: what is noted elsewhere, so that nobody can cut off what the journal ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastHash {
    /// Whose chain.
    pub node: String,
    /// The chain of which date.
    pub date: Day,
    /// The hash of its last write.
    pub hash: [u8; 32],
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

/// What a journal has, by its format.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Has {
    /// Parameters.
    pub(crate) parameters: bool,
    /// Days that are forgotten.
    pub(crate) days: bool,
}

impl Has {
    fn table(self, kind: Kind) -> bool {
        match kind {
            Kind::Proposed | Kind::Decided => self.parameters,
            Kind::Forgotten | Kind::Kept => self.days,
            _ => true,
        }
    }
}

/// Days that are forgotten.
#[derive(Default)]
struct Old {
    /// The oldest day that is kept.
    oldest: i64,
    /// The digests over the last hashes of those whose chains are gone.
    gone: BTreeMap<i64, Hash>,
}

impl Old {
    fn read(database: &dyn Database) -> Result<Self, Fault> {
        let oldest = database.one("SELECT oldest FROM holder WHERE only_one = 1", values![])?;
        let mut old = Self { oldest: oldest.map_or(Ok(0), |mut row| row.int(0))?, gone: BTreeMap::new() };
        for mut row in database.rows("SELECT date, heads FROM forgotten WHERE gone <> 0", values![])? {
            old.gone.insert(row.int(0)?, hash_of(&row.bytes(1)?, "forgotten.heads")?);
        }
        Ok(old)
    }

    /// Its rows and its chain are on their way out.
    fn leaves(&self, date: i64) -> bool {
        date > 0 && date < self.oldest
    }

    /// The last write of a date whose chain is gone or on its way; 0 where none is.
    fn last(&self, database: &dyn Database) -> Result<i64, Fault> {
        let sql = "SELECT coalesce(max(sequence), 0) FROM chain_head WHERE date > 0 AND date < ?1";
        database.one(sql, values![self.oldest])?.map_or(Ok(0), |mut row| row.int(0))
    }
}

/// Verifies the journal of a database inside one read snapshot. What the chains last say of each row is noted in
/// `notes`, an empty database of its own.
pub(crate) fn verify(database: &dyn Database, notes: &dyn Database, has: Has) -> Result<Verified, Fault> {
    notes.run(
        "CREATE TABLE latest (kind INTEGER NOT NULL, first INTEGER NOT NULL, second INTEGER NOT NULL,
           digest BLOB NOT NULL, sequence INTEGER NOT NULL, owner INTEGER NOT NULL, leaves INTEGER NOT NULL,
           leaving INTEGER NOT NULL, seen INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, first, second)) WITHOUT ROWID",
        values![],
    )?;
    notes.run(
        "CREATE TABLE present (number INTEGER PRIMARY KEY, place INTEGER NOT NULL, state INTEGER NOT NULL)",
        values![],
    )?;
    notes.run("BEGIN", values![])?;
    let mut found = Verified::default();
    let old = if has.days { Old::read(database)? } else { Old::default() };
    walk_chains(database, notes, &old, &mut found)?;
    heads_agree(database, &old, &mut found)?;
    compare_rows(database, notes, has, &mut found)?;
    missing_rows(notes, &old, &mut found)?;
    present_states(database, notes, &mut found)?;
    derived_agree(database, &mut found)?;
    Ok(found)
}

/// Verifies one date: its chains, link by link, and every row whose last write is one of theirs. A row that a later day changed is
/// that day's to prove. Memory does not grow with the day.
pub(crate) fn verify_day(
    database: &dyn Database,
    day: Day,
    told: Progress<'_>,
) -> Result<DayVerified, Fault> {
    database.snapshot()?;
    let came = verified_day(database, day, told);
    // Only read: however the transaction ends, nothing hangs on it.
    let ended = database.run("ROLLBACK", values![]);
    let came = came?;
    ended?;
    Ok(came)
}

fn verified_day(database: &dyn Database, day: Day, told: Progress<'_>) -> Result<DayVerified, Fault> {
    let mut found = Verified::default();
    walk_day(database, i64::from(day.0), &mut found)?;
    let (writes, rows, altered) = match found.is_whole() {
        true => super::export::look(database, day, told)?,
        false => (found.writes, 0, None),
    };
    found.faults.extend(altered);
    Ok(DayVerified { writes, rows, faults: found.faults })
}

/// The chains of a date, each from its first write to its head.
fn walk_day(database: &dyn Database, date: i64, found: &mut Verified) -> Result<(), Fault> {
    let mut heads: BTreeMap<String, (i64, Hash)> = BTreeMap::new();
    let writes = format!(
        "SELECT sequence, node, at, entries, hash FROM journal WHERE date = {date} ORDER BY sequence"
    );
    database.walk(&writes, &mut |mut row| {
        let (sequence, node, at) = (row.int(0)?, row.text(1)?, row.int(2)?);
        let (entries, stored) = (row.bytes(3)?, hash_of(&row.bytes(4)?, "journal.hash")?);
        let before = heads.get(&node).map_or([0; 32], |(_, hash)| *hash);
        if link(&before, sequence, date, at, &node, &entries) != stored {
            found.fault(format!("write {sequence} of {node}: the chain breaks here"));
        }
        if sayings(&entries, sequence.cast_unsigned()).is_none() {
            found.fault(format!("write {sequence} of {node}: its entries are not whole"));
        }
        heads.insert(node, (sequence, stored));
        found.writes += 1;
        Ok(())
    })?;
    let ends = "SELECT node, sequence, hash FROM chain_head WHERE date = ?1";
    for mut row in database.rows(ends, values![date])? {
        let (node, sequence) = (row.text(0)?, row.int(1)?);
        let hash = hash_of(&row.bytes(2)?, "chain_head.hash")?;
        if heads.remove(&node) != Some((sequence, hash)) {
            found.fault(format!("the chain of {node} does not end with its head, write {sequence}"));
        }
    }
    for (node, (sequence, _)) in heads {
        found.fault(format!("the chain of {node} has no head behind write {sequence}"));
    }
    Ok(())
}

fn walk_chains(
    database: &dyn Database,
    notes: &dyn Database,
    old: &Old,
    found: &mut Verified,
) -> Result<(), Fault> {
    let mut heads: BTreeMap<(String, i64), (i64, Hash)> = BTreeMap::new();
    let mut before = old.last(database)?;
    let writes = "SELECT sequence, node, date, at, entries, hash FROM journal ORDER BY sequence";
    database.walk(writes, &mut |mut row| {
        let (sequence, node, date) = (row.int(0)?, row.text(1)?, row.int(2)?);
        let (at, entries) = (row.int(3)?, row.bytes(4)?);
        let stored = hash_of(&row.bytes(5)?, "journal.hash")?;
        // A chain that is on its way out goes from the front; what is left of it must still hang together.
        let first = if old.leaves(date) { None } else { Some([0; 32]) };
        let head = heads.get(&(node.clone(), date)).map(|(_, hash)| *hash).or(first);
        if head.is_some_and(|head| link(&head, sequence, date, at, &node, &entries) != stored) {
            found.fault(format!("write {sequence} of {node}, {date}: the chain breaks here"));
        }
        if sequence > before {
            missing_writes(before, sequence, found);
            before = sequence;
        }
        heads.insert((node, date), (sequence, stored));
        note_entries(notes, found, (sequence, old.leaves(date)), &entries)?;
        found.writes += 1;
        Ok(())
    })?;
    database.walk("SELECT node, date, sequence, hash FROM chain_head", &mut |mut row| {
        let (node, date, sequence) = (row.text(0)?, row.int(1)?, row.int(2)?);
        let hash = hash_of(&row.bytes(3)?, "chain_head.hash")?;
        let end = heads.remove(&(node.clone(), date));
        if end != Some((sequence, hash)) && !(end.is_none() && old.gone.contains_key(&date)) {
            found.fault(format!("the chain of {node}, {date} does not end with its head"));
        }
        if let Ok(date) = day_of(date, "chain_head.date") {
            found.heads.push(LastHash { node, date, hash });
        }
        Ok(())
    })?;
    for (node, date) in heads.into_keys() {
        found.fault(format!("the chain of {node}, {date} has no head"));
    }
    Ok(())
}

/// Each write is numbered by the one before it in the whole journal, whatever dates they are of.
fn missing_writes(before: i64, sequence: i64, found: &mut Verified) {
    match sequence.saturating_sub(before).saturating_sub(1) {
        0 => {}
        1 => found.fault(format!("between write {before} and {sequence} one is missing")),
        missing => found.fault(format!("between write {before} and {sequence} {missing} are missing")),
    }
}

/// The last hashes of a day that is gone are those that were written down when it went.
fn heads_agree(database: &dyn Database, old: &Old, found: &mut Verified) -> Result<(), Fault> {
    for (date, digest) in &old.gone {
        if heads_digest(database, *date)? != *digest {
            found.fault(format!("the last hashes of {date}, which is forgotten, are not those that it had"));
        }
    }
    Ok(())
}

fn note_entries(
    notes: &dyn Database,
    found: &mut Verified,
    (sequence, leaving): (i64, bool),
    entries: &[u8],
) -> Result<(), Fault> {
    let Some(said) = sayings(entries, sequence.cast_unsigned()) else {
        found.fault(format!("write {sequence}: its entries are not whole"));
        return Ok(());
    };
    for saying in said {
        let entry = saying.entry;
        notes.run(
            "INSERT INTO latest (kind, first, second, digest, sequence, owner, leaves, leaving)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (kind, first, second) DO UPDATE SET digest = excluded.digest, sequence = excluded.sequence,
               owner = excluded.owner, leaves = excluded.leaves, leaving = excluded.leaving
             WHERE excluded.sequence >= latest.sequence",
            values![
                entry.kind,
                entry.first.cast_signed(),
                entry.second.cast_signed(),
                &entry.digest,
                saying.sequence.cast_signed(),
                saying.owner.cast_signed(),
                saying.leaves,
                leaving
            ],
        )?;
    }
    Ok(())
}

fn compare_rows(
    database: &dyn Database,
    notes: &dyn Database,
    has: Has,
    found: &mut Verified,
) -> Result<(), Fault> {
    for table in TABLES.iter().filter(|table| has.table(table.kind)) {
        let name = table.name;
        database.walk(&table.select(), &mut |mut row| {
            let row = (table.read)(&mut row)?;
            let (first, second) = (row.first.cast_signed(), row.second.cast_signed());
            let marked = notes.one(
                "UPDATE latest SET seen = 1 WHERE kind = ?1 AND first = ?2 AND second = ?3 RETURNING digest = ?4",
                values![table.kind as u8, first, second, &row.digest],
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

/// Rows whose chain is on its way out may be gone already. What was carried on from a chain that went may be gone where its
/// flow is, since the day with which it was to go.
fn missing_rows(notes: &dyn Database, old: &Old, found: &mut Verified) -> Result<(), Fault> {
    let missing = "SELECT kind, first FROM latest l WHERE seen = 0 AND digest <> ?1 AND leaving = 0
                   AND (owner = 0 OR leaves >= ?2 OR EXISTS
                     (SELECT 1 FROM latest f WHERE f.kind = ?3 AND f.first = l.owner AND f.second = 0 AND f.seen = 1))
                   LIMIT 100";
    for mut row in notes.rows(missing, values![&GONE, old.oldest, Kind::State as u8])? {
        let kind = u8::try_from(row.int(0)?).unwrap_or(0);
        let name = of_kind(kind).map_or("row", |table| table.name);
        found.fault(format!("{name} {}: taken out of the journal", unsigned(&mut row, 1)?));
    }
    Ok(())
}

/// The present state of an operation is the last that it was in.
fn present_states(database: &dyn Database, notes: &dyn Database, found: &mut Verified) -> Result<(), Fault> {
    database.walk("SELECT number, place, state FROM operation_change", &mut |mut row| {
        notes.run(
            "INSERT INTO present (number, place, state) VALUES (?1, ?2, ?3)
             ON CONFLICT (number) DO UPDATE SET place = excluded.place, state = excluded.state
             WHERE excluded.place > present.place",
            values![row.int(0)?, row.int(1)?, row.int(2)?],
        )
    })?;
    database.walk("SELECT number, state FROM operation", &mut |mut row| {
        let (number, state) = (row.int(0)?, row.int(1)?);
        let same = "SELECT state = ?2 FROM present WHERE number = ?1";
        let same = notes.one(same, values![number, state])?;
        if !same.map(|mut same| same.flag(0)).transpose()?.unwrap_or(false) {
            found.fault(format!("present state of operation {number}: does not agree with its rows"));
        }
        Ok(())
    })
}

/// What is derived is compared with what it is derived from: limits used, the keys of flows.
fn derived_agree(database: &dyn Database, found: &mut Verified) -> Result<(), Fault> {
    const DERIVED: [(&str, &str); 3] = [
        (
            "limit",
            "SELECT u.name FROM limit_use u LEFT JOIN
               (SELECT name, day, sum(amount) AS held FROM limit_hold GROUP BY name, day) h
               ON h.name = u.name AND h.day = u.day WHERE u.used <> coalesce(h.held, 0) LIMIT 100",
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
