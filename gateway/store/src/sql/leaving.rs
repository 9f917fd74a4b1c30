//! What is left of old days, read beside the writer: which day is the oldest, what keeps it, what its chain says of rows that
//! stay.
//!
//! In: the journal. Out: answers of [`Days`]. It must not change anything.

use super::read::SqlReader;
use super::{Database, Fault, day_of, forget, int, values, whole};
use crate::content::{Entries, Hash, Kind, sayings};
use crate::days::{Carried, Days, Export, ForgottenDay, Leaving, Progress};
use crate::model::{Day, FlowId, Moment};
use crate::write::Fatal;
use std::collections::BTreeMap;
use std::path::Path;

/// Writes of a chain that are read at once.
const WRITES: i64 = 1_000;
/// Entries of one piece.
const PIECE: usize = 2_000;

impl<D: Database + Send> Days for SqlReader<D> {
    fn kept_from(&mut self) -> Result<Day, Fatal> {
        oldest(self.database()).map_err(|fault| self.fatal(fault))
    }

    fn oldest_day(&mut self) -> Result<Option<Day>, Fatal> {
        let inner = |database: &D| {
            let sql = "SELECT min(date) FROM chain_head WHERE date > 0 AND date >= ?1";
            let row = database.one(sql, values![i64::from(oldest(database)?.0)])?;
            let date = row.map(|mut row| row.int_or(0)).transpose()?.flatten();
            Ok(date.map(|date| day_of(date, "chain_head.date")).transpose()?)
        };
        inner(self.database()).map_err(|fault| self.fatal(fault))
    }

    fn held_back(&mut self, from: Day) -> Result<Option<FlowId>, Fatal> {
        forget::held_back(self.database(), from).map_err(|fault| self.fatal(fault))
    }

    fn leaving(&mut self) -> Result<Leaving, Fatal> {
        let inner = |database: &D| {
            if forget::has_old_rows(database, oldest(database)?)? {
                return Ok(Leaving::Rows);
            }
            let sql = "SELECT date FROM forgotten WHERE gone = 0 ORDER BY date LIMIT 1";
            Ok(match database.one(sql, values![])? {
                Some(mut row) => Leaving::Chain(day_of(row.int(0)?, "forgotten.date")?),
                None => Leaving::Nothing,
            })
        };
        inner(self.database()).map_err(|fault| self.fatal(fault))
    }

    fn chains_go_whole(&self) -> bool {
        self.database().has_partitions()
    }

    fn has_refused(&mut self, before: Moment) -> Result<bool, Fatal> {
        let old =
            "SELECT 1 FROM refused_input WHERE at < ?1 UNION ALL SELECT 1 FROM once WHERE until < ?1 LIMIT 1";
        let found = self.database().one(old, values![before.0]);
        found.map(|found| found.is_some()).map_err(|fault| self.fatal(fault))
    }

    fn carried(&mut self, day: Day) -> Result<Vec<Carried>, Fatal> {
        carried(self.database(), day).map_err(|fault| self.fatal(fault))
    }

    fn forgotten(&mut self, most: usize) -> Result<Vec<ForgottenDay>, Fatal> {
        let sql = "SELECT date, at, by_whom, export, sha256, gone FROM forgotten ORDER BY date DESC LIMIT ?1";
        let rows = self.database().rows(sql, values![int(most as u64)]);
        let read = |mut rows: Vec<super::Row>| rows.iter_mut().map(forget::forgotten_day).collect();
        rows.and_then(read).map_err(|fault| self.fatal(fault))
    }

    fn export(&mut self, day: Day, to: &Path, told: Progress<'_>) -> Result<Export, Fatal> {
        super::export::export(self.database(), day, to, told).map_err(|fault| self.fatal(fault))
    }
}

fn oldest(database: &dyn Database) -> Result<Day, Fault> {
    let row = database.one("SELECT oldest FROM holder WHERE only_one = 1", values![])?;
    let oldest = row.map_or(Ok(0), |mut row| row.int(0))?;
    Ok(day_of(oldest, "holder.oldest")?)
}

/// What is last said of a row: by which write, for which flow, which goes with which day.
#[derive(Clone, Copy)]
struct Last {
    sequence: u64,
    owner: u64,
    leaves: u32,
    digest: Hash,
}

/// Whom the rows that stay belong to.
struct Staying {
    /// Flows that stand in this chain or an earlier one, with the day that they go with.
    flows: BTreeMap<u64, u32>,
    /// The flows of their operations.
    operations: BTreeMap<u64, u64>,
    oldest: u64,
}

impl Staying {
    fn read(database: &dyn Database, day: Day) -> Result<Self, Fault> {
        let day = i64::from(day.0);
        let mut flows = BTreeMap::new();
        for mut row in database.rows("SELECT flow, last_day FROM flow WHERE first_day <= ?1", values![day])? {
            let flow = whole(row.int(0)?, "flow.flow")?;
            flows.insert(flow, day_of(row.int(1)?, "flow.last_day")?.0);
        }
        let mut operations = BTreeMap::new();
        let sql =
            "SELECT o.number, o.flow FROM operation o JOIN flow f ON f.flow = o.flow WHERE f.first_day <= ?1";
        for mut row in database.rows(sql, values![day])? {
            operations.insert(whole(row.int(0)?, "operation.number")?, whole(row.int(1)?, "operation.flow")?);
        }
        Ok(Self { flows, operations, oldest: u64::from(oldest(database)?.0) })
    }

    /// The flow that a row belongs to, 0 for none; nothing where the row goes too.
    fn owner(
        &self,
        database: &dyn Database,
        kind: u8,
        first: u64,
        second: u64,
    ) -> Result<Option<u64>, Fault> {
        let is = |known: Kind| known as u8 == kind;
        if is(Kind::Operation) || is(Kind::Change) {
            return Ok(self.operations.get(&first).copied());
        }
        if [Kind::Proposed, Kind::Decided, Kind::Forgotten, Kind::Kept].into_iter().any(is) {
            return Ok(Some(0));
        }
        if is(Kind::Counter) {
            return Ok((second == 0 || second >= self.oldest).then_some(0));
        }
        if is(Kind::Refused) {
            let sql = "SELECT 1 FROM refused_input WHERE place = ?1";
            return Ok(database.one(sql, values![int(first)])?.map(|_| 0));
        }
        if is(Kind::Cancelled) {
            return Ok(None);
        }
        // Of no flow: what forgotten ones hold for ever.
        if is(Kind::Hold) && first == 0 {
            return Ok(Some(0));
        }
        Ok(self.flows.contains_key(&first).then_some(first))
    }
}

fn carried(database: &dyn Database, day: Day) -> Result<Vec<Carried>, Fault> {
    let staying = Staying::read(database, day)?;
    let mut rows: BTreeMap<(u8, u64, u64), Last> = BTreeMap::new();
    let mut after = 0;
    loop {
        let sql = "SELECT sequence, entries FROM journal WHERE date = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3";
        let writes = database.rows(sql, values![i64::from(day.0), after, WRITES])?;
        if writes.is_empty() {
            break;
        }
        for mut write in writes {
            after = write.int(0)?;
            let said = sayings(&write.bytes(1)?, after.cast_unsigned());
            let said =
                said.ok_or_else(|| Fault::failed(format!("write {after}: its entries are not whole")))?;
            for saying in said {
                let entry = saying.entry;
                let owner = staying.owner(database, entry.kind, entry.first, entry.second)?;
                let Some(owner) = owner else { continue };
                let leaves = staying.flows.get(&owner).copied().unwrap_or(0);
                let last = Last { sequence: saying.sequence, owner, leaves, digest: entry.digest };
                let known = rows.entry((entry.kind, entry.first, entry.second));
                let known = known.or_insert(Last { sequence: 0, ..last });
                if known.sequence <= last.sequence {
                    *known = last;
                }
            }
        }
    }
    Ok(pieces(&rows))
}

fn pieces(rows: &BTreeMap<(u8, u64, u64), Last>) -> Vec<Carried> {
    let mut pieces = Vec::new();
    let mut piece = Entries::default();
    for ((kind, first, second), last) in rows {
        piece.origin(last.sequence, last.owner, last.leaves);
        piece.carry(*kind, *first, *second, &last.digest);
        if piece.len() >= PIECE {
            pieces.push(Carried(std::mem::take(&mut piece).bytes().to_vec()));
        }
    }
    if piece.len() > 0 {
        pieces.push(Carried(piece.bytes().to_vec()));
    }
    pieces
}
