//! What is left of old days, read beside the writer: which day is the oldest, what keeps it, what its chain says of rows that
//! stay.
//!
//! In: the journal. Out: answers of [`Days`]. It must not change anything.

use super::read::SqlReader;
use super::{Database, Fault, day_of, forget, hash_of, int, small, values};
use crate::content::{Entries, Kind, Saying, sayings};
use crate::days::{Carried, DayVerified, Days, Export, ForgottenDay, Leaving, NotedRow, Pieces, Progress};
use crate::model::{Day, FlowId, Moment};
use crate::write::Fatal;
use std::path::Path;

/// Writes of a chain that are read at once.
const WRITES: i64 = 1_000;
/// Rows of one piece, which has two entries for each.
const ROWS: i64 = 1_000;

impl<D: Database + Send> Days for SqlReader<D> {
    fn kept_from(&mut self) -> Result<Day, Fatal> {
        oldest(self.database()).map_err(|fault| self.fatal(fault))
    }

    fn oldest_day(&mut self) -> Result<Option<Day>, Fatal> {
        self.next_day(Day(0))
    }

    fn next_day(&mut self, after: Day) -> Result<Option<Day>, Fatal> {
        let inner = |database: &D| {
            let sql = "SELECT min(date) FROM chain_head WHERE date > ?1 AND date >= ?2";
            let row = database.one(sql, values![i64::from(after.0), i64::from(oldest(database)?.0)])?;
            let date = row.map(|mut row| row.int_or(0)).transpose()?.flatten();
            Ok(date.map(|date| day_of(date, "chain_head.date")).transpose()?)
        };
        inner(self.database()).map_err(|fault| self.fatal(fault))
    }

    fn verify_day(&mut self, day: Day, told: Progress<'_>) -> Result<DayVerified, Fatal> {
        super::verify::verify_day(self.database(), day, told).map_err(|fault| self.fatal(fault))
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

    fn carried(&mut self, day: Day) -> Result<Pieces, Fatal> {
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

/// What is noted on disk while a chain is read, so that memory does not grow with what stays of its day: flows that stand in it
/// or an earlier one, with the day that they go with; the flows of their operations; what is last said of each row that
/// stays, by which write, for which flow.
const NOTES: [&str; 3] = [
    "CREATE TABLE staying (flow INTEGER PRIMARY KEY, leaves INTEGER NOT NULL)",
    "CREATE TABLE operation (number INTEGER PRIMARY KEY, flow INTEGER NOT NULL)",
    "CREATE TABLE latest (kind INTEGER NOT NULL, first INTEGER NOT NULL, second INTEGER NOT NULL, sequence INTEGER NOT NULL,
       owner INTEGER NOT NULL, leaves INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (kind, first, second)) WITHOUT ROWID",
];

/// Whom the rows that stay belong to.
struct Staying<'a> {
    database: &'a dyn Database,
    notes: &'a dyn Database,
    oldest: u64,
}

impl<'a> Staying<'a> {
    fn read(database: &'a dyn Database, notes: &'a dyn Database, day: Day) -> Result<Self, Fault> {
        let day = day.0;
        let flows = format!("SELECT flow, last_day FROM flow WHERE first_day <= {day}");
        database.walk(&flows, &mut |mut row| {
            let leaves = day_of(row.int(1)?, "flow.last_day")?.0;
            let sql = "INSERT INTO staying (flow, leaves) VALUES (?1, ?2)";
            notes.run(sql, values![row.int(0)?, leaves])
        })?;
        let operations = format!(
            "SELECT o.number, o.flow FROM operation o JOIN flow f ON f.flow = o.flow WHERE f.first_day <= {day}"
        );
        database.walk(&operations, &mut |mut row| {
            let sql = "INSERT INTO operation (number, flow) VALUES (?1, ?2)";
            notes.run(sql, values![row.int(0)?, row.int(1)?])
        })?;
        Ok(Self { database, notes, oldest: u64::from(oldest(database)?.0) })
    }

    /// The flow that a row belongs to, 0 for none; nothing where the row goes too.
    fn owner(&self, kind: u8, first: u64, second: u64) -> Result<Option<u64>, Fault> {
        let is = |known: Kind| known as u8 == kind;
        if is(Kind::Operation) || is(Kind::Change) {
            let sql = "SELECT flow FROM operation WHERE number = ?1";
            let flow = self.notes.one(sql, values![first.cast_signed()])?;
            return flow.map(|mut flow| Ok(flow.int(0)?.cast_unsigned())).transpose();
        }
        if [Kind::Proposed, Kind::Decided, Kind::Forgotten, Kind::Kept].into_iter().any(is) {
            return Ok(Some(0));
        }
        if is(Kind::Counter) {
            return Ok((second == 0 || second >= self.oldest).then_some(0));
        }
        if is(Kind::Refused) {
            let sql = "SELECT 1 FROM refused_input WHERE place = ?1";
            return Ok(self.database.one(sql, values![int(first)])?.map(|_| 0));
        }
        if is(Kind::Cancelled) {
            return Ok(None);
        }
        // Of no flow: what forgotten ones hold for ever.
        if is(Kind::Hold) && first == 0 {
            return Ok(Some(0));
        }
        Ok(self.leaves(first)?.map(|_| first))
    }

    /// The day that a flow goes with, if it stays until then.
    fn leaves(&self, flow: u64) -> Result<Option<i64>, Fault> {
        let sql = "SELECT leaves FROM staying WHERE flow = ?1";
        let leaves = self.notes.one(sql, values![flow.cast_signed()])?;
        leaves.map(|mut leaves| leaves.int(0)).transpose()
    }

    fn note(&self, saying: &Saying) -> Result<(), Fault> {
        let entry = saying.entry;
        let Some(owner) = self.owner(entry.kind, entry.first, entry.second)? else { return Ok(()) };
        let leaves = self.leaves(owner)?.unwrap_or(0);
        self.notes.run(
            "INSERT INTO latest (kind, first, second, sequence, owner, leaves, digest)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (kind, first, second) DO UPDATE SET sequence = excluded.sequence, owner = excluded.owner,
               leaves = excluded.leaves, digest = excluded.digest
             WHERE excluded.sequence >= latest.sequence",
            values![
                entry.kind,
                entry.first.cast_signed(),
                entry.second.cast_signed(),
                saying.sequence.cast_signed(),
                owner.cast_signed(),
                leaves,
                &entry.digest
            ],
        )
    }
}

/// What a chain says of rows that stay, noted in an empty database, which gives it piece by piece.
fn carried(database: &dyn Database, day: Day) -> Result<Pieces, Fault> {
    let notes = crate::sqlite::notes()?;
    for table in NOTES {
        notes.run(table, values![])?;
    }
    notes.run("BEGIN", values![])?;
    database.snapshot()?;
    let noted = note_chain(database, &notes, day);
    // Only read: however the transaction ends, nothing hangs on it.
    let ended = database.run("ROLLBACK", values![]);
    noted?;
    ended?;
    Ok(Pieces::of(notes))
}

fn note_chain(database: &dyn Database, notes: &dyn Database, day: Day) -> Result<(), Fault> {
    let staying = Staying::read(database, notes, day)?;
    let mut after = 0;
    loop {
        let sql = "SELECT sequence, entries FROM journal WHERE date = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3";
        let writes = database.rows(sql, values![i64::from(day.0), after, WRITES])?;
        if writes.is_empty() {
            return Ok(());
        }
        for mut write in writes {
            after = write.int(0)?;
            let said = sayings(&write.bytes(1)?, after.cast_unsigned());
            let said =
                said.ok_or_else(|| Fault::failed(format!("write {after}: its entries are not whole")))?;
            for saying in said {
                staying.note(&saying)?;
            }
        }
    }
}

/// The piece behind a row: what is carried of as many rows as one write takes, and the last of these; none behind the last.
pub(crate) fn piece(notes: &dyn Database, after: NotedRow) -> Result<Option<(Carried, NotedRow)>, Fault> {
    let sql = "SELECT kind, first, second, sequence, owner, leaves, digest FROM latest
               WHERE (kind, first, second) > (?1, ?2, ?3) ORDER BY kind, first, second LIMIT ?4";
    let (kind, first, second) = after;
    let mut piece = Entries::default();
    let mut last = None;
    for mut row in notes.rows(sql, values![kind, first, second, ROWS])? {
        let (kind, first, second) = (row.int(0)?, row.int(1)?, row.int(2)?);
        let (sequence, owner) = (row.int(3)?.cast_unsigned(), row.int(4)?.cast_unsigned());
        piece.origin(sequence, owner, small(row.int(5)?, "latest.leaves")?);
        let digest = hash_of(&row.bytes(6)?, "latest.digest")?;
        piece.carry(small(kind, "latest.kind")?, first.cast_unsigned(), second.cast_unsigned(), &digest);
        last = Some((kind, first, second));
    }
    Ok(last.map(|last| (Carried(piece.bytes().to_vec()), last)))
}
