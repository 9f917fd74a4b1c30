//! One business date as a file: its chains write by write, then every row whose last write is one of them, each column as it
//! is at rest. What is sealed stays sealed; nothing is opened.
//!
//! In: a journal, a date, a place. Out: the file, whole and synced or not there at all. What the lines are, and how the file
//! proves itself, is `crate::export`. Memory does not grow with the day: what its chains say is noted on disk. A row that is not what was
//! written, and that no later write may have changed, ends it: a day whose file would not show it stays. The same rows are looked
//! at, and no file is written, where a day is verified.

use super::tables::{TABLES, Table};
use super::{Cell, Database, Fault, Row, Value, values};
use crate::content::{Hash, Kind, sayings};
use crate::days::{Export, Progress};
use crate::export::{Line, Lines};
use crate::model::Day;
use crate::sql::digest::GONE;
use std::path::Path;

/// Rows that are asked for at once.
const BATCH: usize = 200;
/// Between two words about how far it has come, in lines.
const TELL: u64 = 5_000;
/// Of a row that the day's chains speak of: it is not there, it is there as they last say, it is there otherwise.
const MISSING: i64 = 0;
const AS_WRITTEN: i64 = 1;
const OTHERWISE: i64 = 2;

/// Writes a date into a file.
pub(crate) fn export(
    database: &dyn Database,
    day: Day,
    to: &Path,
    told: Progress<'_>,
) -> Result<Export, Fault> {
    database.snapshot()?;
    let came = written(database, day, to, told);
    // Only read: however the transaction ends, nothing hangs on it.
    let ended = database.run("ROLLBACK", values![]);
    let came = came?;
    ended?;
    Ok(came)
}

fn written(database: &dyn Database, day: Day, to: &Path, told: Progress<'_>) -> Result<Export, Fault> {
    if let Some(why) = nothing(database, day)? {
        return Ok(Export::Nothing(why));
    }
    let notes = crate::sqlite::notes()?;
    let mut day = DayFile { database, notes: &notes, day, lines: Lines::begin(to)?, told, altered: None };
    day.write()?;
    day.lines.finish().map(Export::Written)
}

/// Looks at what a file of the day would hold: how many writes and rows, and the first row that is not what was written.
pub(crate) fn look(
    database: &dyn Database,
    day: Day,
    told: Progress<'_>,
) -> Result<(u64, u64, Option<String>), Fault> {
    let notes = crate::sqlite::notes()?;
    let mut day = DayFile { database, notes: &notes, day, lines: Lines::nowhere(), told, altered: None };
    let came = day.write();
    let altered = day.altered.take();
    if altered.is_none() {
        came?;
    }
    Ok((day.lines.writes(), day.lines.rows(), altered))
}

/// Why there is nothing to write, if there is nothing.
fn nothing(database: &dyn Database, day: Day) -> Result<Option<String>, Fault> {
    let date = i64::from(day.0);
    if let Some(mut row) = database.one("SELECT export FROM forgotten WHERE date = ?1", values![date])? {
        let stands = match row.take(0) {
            Cell::Text(file) => format!("it was exported to {file} before"),
            _ => "it was not exported before".to_owned(),
        };
        return Ok(Some(format!("{day} is forgotten; {stands}")));
    }
    let there = database.one("SELECT 1 FROM chain_head WHERE date = ?1 LIMIT 1", values![date])?;
    Ok(there.is_none().then(|| format!("nothing was written for {day}")))
}

struct DayFile<'a> {
    database: &'a dyn Database,
    notes: &'a dyn Database,
    day: Day,
    lines: Lines,
    told: Progress<'a>,
    /// The row by which it ended.
    altered: Option<String>,
}

impl DayFile<'_> {
    fn write(&mut self) -> Result<(), Fault> {
        self.notes.run(
            "CREATE TABLE latest (kind INTEGER NOT NULL, first INTEGER NOT NULL, second INTEGER NOT NULL,
               digest BLOB NOT NULL, seen INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, first, second)) WITHOUT ROWID",
            values![],
        )?;
        self.notes.run("BEGIN", values![])?;
        self.chains()?;
        for table in &TABLES {
            match table.kind {
                Kind::Cancelled | Kind::Counter => self.scan(table, "")?,
                Kind::Hold => {
                    self.look_up(table)?;
                    // Of no flow, and more than are looked up at once.
                    self.scan(table, " WHERE flow = 0")?;
                }
                _ => self.look_up(table)?,
            }
        }
        self.others()?;
        (self.told)(self.lines.writes(), self.lines.rows());
        Ok(())
    }

    fn chains(&mut self) -> Result<(), Fault> {
        let date = i64::from(self.day.0);
        let sql = "SELECT node, sequence, hash FROM chain_head WHERE date = ?1 ORDER BY node";
        let mut chains = Vec::new();
        for mut row in self.database.rows(sql, values![date])? {
            chains.push((row.text(0)?, row.int(1)?, row.bytes(2)?));
        }
        self.lines.head(self.day, &chains)?;
        let sql = format!(
            "SELECT sequence, node, at, entries, hash FROM journal WHERE date = {date} ORDER BY sequence"
        );
        let database = self.database;
        database.walk(&sql, &mut |mut row| {
            let (sequence, node, at) = (row.int(0)?, row.text(1)?, row.int(2)?);
            let (entries, hash) = (row.bytes(3)?, row.bytes(4)?);
            self.note(sequence, &entries)?;
            self.put(&Line::write(sequence, &node, at, &entries, &hash))
        })
    }

    fn put(&mut self, line: &Line) -> Result<(), Fault> {
        self.lines.put(line)?;
        let (writes, rows) = (self.lines.writes(), self.lines.rows());
        if (writes + rows).is_multiple_of(TELL) {
            (self.told)(writes, rows);
        }
        Ok(())
    }

    fn note(&self, sequence: i64, entries: &[u8]) -> Result<(), Fault> {
        let said = sayings(entries, sequence.cast_unsigned())
            .ok_or_else(|| Fault::failed(format!("write {sequence}: its entries are not whole")))?;
        for saying in said.into_iter().filter(|saying| !saying.carried) {
            let entry = saying.entry;
            self.notes.run(
                "INSERT INTO latest (kind, first, second, digest) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (kind, first, second) DO UPDATE SET digest = excluded.digest",
                values![entry.kind, entry.first.cast_signed(), entry.second.cast_signed(), &entry.digest],
            )?;
        }
        Ok(())
    }

    /// Rows by their numbers, as many at once as a statement takes.
    fn look_up(&mut self, table: &Table) -> Result<(), Fault> {
        let number = table.columns.first().copied().unwrap_or_default();
        let places: Vec<String> = (1..=BATCH).map(|place| format!("?{place}")).collect();
        let joined = if table.from.contains(" WHERE ") { "AND" } else { "WHERE" };
        // What stands in partitions stands in this day's.
        let partition = match table.kind {
            Kind::Change | Kind::Event => format!("day = {} AND ", self.day.0),
            _ => String::new(),
        };
        let sql = format!("{} {joined} {partition}{number} IN ({})", table.select(), places.join(", "));
        // Flows and operations are counted from 1.
        let mut after = if table.kind == Kind::Hold { 0 } else { i64::MIN };
        loop {
            let next = "SELECT DISTINCT first FROM latest WHERE kind = ?1 AND first > ?2 AND digest <> ?3
                        ORDER BY first LIMIT ?4";
            let most = i64::try_from(BATCH).unwrap_or(i64::MAX);
            let found = self.notes.rows(next, values![table.kind as u8, after, &GONE, most])?;
            let mut numbers =
                found.into_iter().map(|mut row| row.int(0)).collect::<Result<Vec<i64>, Fault>>()?;
            let Some(last) = numbers.last().copied() else { return Ok(()) };
            after = last;
            // One statement serves all: what is too short is filled up.
            numbers.resize(BATCH, last);
            let values: Vec<Value<'_>> = numbers.into_iter().map(Value::from).collect();
            for row in self.database.rows(&sql, &values)? {
                self.row(table, row)?;
            }
        }
    }

    /// Rows that are found by no number: those of the table that may be meant.
    fn scan(&mut self, table: &Table, which: &str) -> Result<(), Fault> {
        let kind = table.kind as u8;
        if self.notes.one("SELECT 1 FROM latest WHERE kind = ?1 LIMIT 1", values![kind])?.is_none() {
            return Ok(());
        }
        let database = self.database;
        database.walk(&format!("{}{which}", table.select()), &mut |row| self.row(table, row))
    }

    fn row(&mut self, table: &Table, mut row: Row) -> Result<(), Fault> {
        let line = Line::row(table, row.cells());
        let compared = (table.read)(&mut row)?;
        let sql = "UPDATE latest SET seen = CASE WHEN digest = ?4 THEN ?5 ELSE ?6 END
                   WHERE kind = ?1 AND first = ?2 AND second = ?3 RETURNING seen";
        let (first, second) = (compared.first.cast_signed(), compared.second.cast_signed());
        let digest: &Hash = &compared.digest;
        let values = values![table.kind as u8, first, second, digest, AS_WRITTEN, OTHERWISE];
        match self.notes.one(sql, values)?.map(|mut seen| seen.int(0)).transpose()? {
            Some(AS_WRITTEN) => self.put(&line),
            Some(_) if !table.changes() => Err(self.altered(table, first, "is not what was written")),
            _ => Ok(()),
        }
    }

    /// Rows that are not there as the day's chains last say: a later write changed them or took them out, or else something
    /// is wrong.
    fn others(&mut self) -> Result<(), Fault> {
        let mut others = Vec::new();
        let (mut kind, mut first, mut second) = (-1, i64::MIN, i64::MIN);
        loop {
            let sql = "SELECT kind, first, second, seen FROM latest WHERE seen <> ?5 AND digest <> ?1
                       AND (kind, first, second) > (?2, ?3, ?4) ORDER BY kind, first, second LIMIT 1000";
            for mut row in self.notes.rows(sql, values![&GONE, kind, first, second, AS_WRITTEN])? {
                (kind, first, second) = (row.int(0)?, row.int(1)?, row.int(2)?);
                others.push((kind, first, second, row.int(3)?));
            }
            if others.is_empty() {
                return Ok(());
            }
            for (kind, first, second, seen) in others.drain(..) {
                let table = u8::try_from(kind).ok().and_then(super::tables::of_kind);
                let table = table.ok_or_else(|| Fault::failed(format!("a row of kind {kind}")))?;
                let line = match seen {
                    MISSING if table.goes() => Line::gone(table, first, second),
                    MISSING => return Err(self.altered(table, first, "was written and is not there")),
                    _ => Line::later(table, first, second),
                };
                self.put(&line)?;
            }
        }
    }

    fn altered(&mut self, table: &Table, first: i64, how: &str) -> Fault {
        let text = format!("{} {} {how}", table.name, first.cast_unsigned());
        let fault = Fault::failed(format!("{text}; `tongshi audit verify` says more"));
        self.altered = Some(text);
        fault
    }
}
