//! The embedded store: one SQLite file in WAL mode with `synchronous=FULL`, so that each commit is one fsync, and
//! each commit takes a group of writes. What the tables mean stands in `schema.sql`.

mod apply;
mod checkpoint;
mod look;
mod read;
mod verify;

use crate::check::check;
use crate::content::{Hash, link};
use crate::model::Day;
use crate::read::Reader;
use crate::sealer::Sealer;
use crate::write::{Fatal, Lane, Store, Verdict, Write, Written};
use apply::Apply;
use checkpoint::Checkpoints;
use look::Eyes;
pub use read::SqliteReader;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
pub use verify::{Verified, verify};

const SCHEMA: &str = include_str!("schema.sql");
/// What format 2 has beside format 1.
const PARAMETERS: &str = include_str!("parameters.sql");
const FORMAT: i64 = 2;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// The node's name; part of the hash chains.
    pub node: String,
    /// Seals bodies.
    pub sealer: Arc<dyn Sealer>,
    /// The most bytes that the file may grow to; asks are refused at nine tenths of it.
    pub most_bytes: u64,
    /// How often what was committed is moved from the log into the file; `None` leaves it to the writer alone.
    pub checkpoint_every: Option<Duration>,
}

impl Options {
    /// One node, at most 64 GiB, a checkpoint each second.
    #[must_use]
    pub fn new(node: &str, sealer: Arc<dyn Sealer>) -> Self {
        Self {
            node: node.to_owned(),
            sealer,
            most_bytes: 64 << 30,
            checkpoint_every: Some(Duration::from_secs(1)),
        }
    }
}

/// The embedded store.
pub struct SqliteStore {
    connection: Connection,
    path: PathBuf,
    sealer: Arc<dyn Sealer>,
    node: String,
    epoch: u64,
    oldest: Day,
    sequence: u64,
    heads: BTreeMap<Day, Hash>,
    most_pages: i64,
    ended: bool,
    _checkpoints: Option<Checkpoints>,
}

/// What can go wrong inside a commit.
#[derive(Debug)]
pub(crate) enum Fault {
    Full,
    Fatal(Fatal),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Fatal(Fatal::Disk { path: String::new(), why: error.to_string() }),
        }
    }
}

impl From<Fatal> for Fault {
    fn from(fatal: Fatal) -> Self {
        Self::Fatal(fatal)
    }
}

impl Fault {
    fn fatal(self, path: &Path) -> Fatal {
        let path = path.display().to_string();
        match self {
            Self::Full => Fatal::Disk { path, why: "no room on the disk".into() },
            Self::Fatal(Fatal::Disk { why, .. }) => Fatal::Disk { path, why },
            Self::Fatal(fatal) => fatal,
        }
    }
}

/// An integer of a column that is never negative.
pub(crate) fn whole(value: i64, at: &str) -> Result<u64, Fatal> {
    u64::try_from(value).map_err(|_| Fatal::Corrupt {
        expected: "a number from 0 up".into(),
        found: value.to_string(),
        at: at.to_owned(),
    })
}

/// A number for a column; larger ones were refused by the checks, and saturate.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn hash_of(bytes: &[u8], at: &str) -> Result<Hash, Fatal> {
    bytes.try_into().map_err(|_| Fatal::Corrupt {
        expected: "32 bytes".into(),
        found: format!("{} bytes", bytes.len()),
        at: at.to_owned(),
    })
}

pub(crate) fn day_of(value: i64, at: &str) -> Result<Day, Fatal> {
    u32::try_from(value).map(Day).map_err(|_| Fatal::Corrupt {
        expected: "a date as yyyymmdd".into(),
        found: value.to_string(),
        at: at.to_owned(),
    })
}

impl SqliteStore {
    /// Opens a journal, or makes one, and takes it over: the epoch rises, older holders are fenced.
    ///
    /// # Errors
    /// When the file cannot be opened, is not a journal of this format, or the disk fails.
    pub fn open(path: &Path, options: &Options) -> Result<Self, Fatal> {
        Self::open_inner(path, options).map_err(|fault| fault.fatal(path))
    }

    fn open_inner(path: &Path, options: &Options) -> Result<Self, Fault> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.set_prepared_statement_cache_capacity(128);
        prepare(&mut connection, path)?;
        let page: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        let most_pages = int(options.most_bytes) / page.max(1);
        connection.query_row(&format!("PRAGMA max_page_count={most_pages}"), [], |_| Ok(()))?;
        let (epoch, oldest) = take_over(&mut connection, &options.node)?;
        let sequence: i64 =
            connection.query_row("SELECT coalesce(max(sequence), 0) FROM journal", [], |row| row.get(0))?;
        let checkpoints = match options.checkpoint_every {
            Some(every) => Some(Checkpoints::start(path, every)?),
            None => None,
        };
        Ok(Self {
            connection,
            path: path.to_owned(),
            sealer: Arc::clone(&options.sealer),
            node: options.node.clone(),
            epoch,
            oldest,
            sequence: whole(sequence, "journal.sequence")?,
            heads: BTreeMap::new(),
            most_pages,
            ended: false,
            _checkpoints: checkpoints,
        })
    }

    /// Keys older than `oldest` are refused from now on; it never goes back.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn forget_before(&mut self, oldest: Day) -> Result<(), Fatal> {
        self.connection
            .execute(
                "UPDATE holder SET oldest = max(oldest, ?1) WHERE epoch = ?2",
                params![i64::from(oldest.0), int(self.epoch)],
            )
            .map_err(|error| Fault::from(error).fatal(&self.path))?;
        self.oldest = self.oldest.max(oldest);
        Ok(())
    }

    fn commit_inner(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fault> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut staged = Staged { sequence: self.sequence, heads: BTreeMap::new() };
        let result = self.take_group(group, &mut staged);
        match result {
            Ok(verdicts) if staged.sequence == self.sequence => {
                self.connection.execute_batch("ROLLBACK")?;
                Ok(verdicts)
            }
            Ok(verdicts) => match self.connection.execute_batch("COMMIT").map_err(Fault::from) {
                Ok(()) => {
                    self.sequence = staged.sequence;
                    self.heads.extend(staged.heads);
                    self.forget_heads();
                    Ok(verdicts)
                }
                Err(fault) => self.give_up(fault, group.len()),
            },
            Err(fault) => self.give_up(fault, group.len()),
        }
    }

    /// A full disk leaves everything as it was; anything else leaves it unknown.
    fn give_up(&mut self, fault: Fault, writes: usize) -> Result<Vec<Verdict>, Fault> {
        let Fault::Full = fault else { return Err(fault) };
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        Ok(vec![Verdict::Full; writes])
    }

    fn take_group(&mut self, group: &[Write], staged: &mut Staged) -> Result<Vec<Verdict>, Fault> {
        let epoch: i64 = self
            .connection
            .prepare_cached("SELECT epoch FROM holder WHERE only_one = 1")?
            .query_row([], |row| row.get(0))?;
        let epoch = whole(epoch, "holder.epoch")?;
        let nearly_full = self.nearly_full()?;
        let mut verdicts = Vec::with_capacity(group.len());
        for write in group {
            if nearly_full && write.lane != Lane::Outcome {
                verdicts.push(Verdict::Full);
                continue;
            }
            let mut eyes = Eyes { connection: &self.connection, epoch, oldest: self.oldest };
            let verdict = match check(&mut eyes, write)? {
                Some(verdict) => verdict,
                None => Verdict::Ok(self.take(write, staged)?),
            };
            verdicts.push(verdict);
        }
        self.put_heads(staged)?;
        Ok(verdicts)
    }

    fn nearly_full(&self) -> Result<bool, Fault> {
        let pragma = |name: &str| -> Result<i64, Fault> {
            Ok(self.connection.prepare_cached(&format!("PRAGMA {name}"))?.query_row([], |row| row.get(0))?)
        };
        let used = pragma("page_count")?;
        if used < self.most_pages - self.most_pages / 10 {
            return Ok(false);
        }
        Ok(used - pragma("freelist_count")? >= self.most_pages - self.most_pages / 10)
    }

    fn take(&self, write: &Write, staged: &mut Staged) -> Result<Written, Fault> {
        let sequence = staged.sequence + 1;
        let mut apply = Apply::new(&self.connection, self.sealer.as_ref(), sequence, write.at);
        for (position, change) in write.changes.iter().enumerate() {
            apply.change(position, change)?;
        }
        let (entries, numbers) = apply.finish();
        let (date, at) = (i64::from(write.date.0), write.at.0);
        let before = self.head(write.date, staged)?;
        let hash = link(&before, int(sequence), date, at, &self.node, entries.bytes());
        self.connection
            .prepare_cached(
                "INSERT INTO journal (sequence, node, date, at, entries, hash) VALUES (?1,?2,?3,?4,?5,?6)",
            )?
            .execute(params![int(sequence), self.node, date, at, entries.bytes(), hash])?;
        staged.heads.insert(write.date, hash);
        staged.sequence = sequence;
        Ok(Written { sequence, numbers })
    }

    fn head(&self, date: Day, staged: &Staged) -> Result<Hash, Fault> {
        if let Some(hash) = staged.heads.get(&date).or_else(|| self.heads.get(&date)) {
            return Ok(*hash);
        }
        let stored: Option<Vec<u8>> = self
            .connection
            .prepare_cached("SELECT hash FROM chain_head WHERE node = ?1 AND date = ?2")?
            .query_row(params![self.node, i64::from(date.0)], |row| row.get(0))
            .optional()?;
        match stored {
            Some(bytes) => Ok(hash_of(&bytes, "chain_head.hash")?),
            None => Ok([0; 32]),
        }
    }

    fn put_heads(&self, staged: &Staged) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO chain_head (node, date, sequence, hash) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash",
        )?;
        for (date, hash) in &staged.heads {
            statement.execute(params![self.node, i64::from(date.0), int(staged.sequence), hash])?;
        }
        Ok(())
    }

    /// Only the last dates are kept at hand; others are read again.
    fn forget_heads(&mut self) {
        while self.heads.len() > 16 {
            self.heads.pop_first();
        }
    }
}

struct Staged {
    sequence: u64,
    heads: BTreeMap<Day, Hash>,
}

impl Store for SqliteStore {
    fn commit(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fatal> {
        if self.ended {
            return Err(Fatal::Ended);
        }
        let result = self.commit_inner(group).map_err(|fault| fault.fatal(&self.path));
        match result {
            Ok(verdicts) => {
                checkpoint::bound_log(&self.connection, &self.path);
                Ok(verdicts)
            }
            Err(fatal) => {
                self.ended = true;
                Err(fatal)
            }
        }
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Fatal> {
        Ok(Box::new(SqliteReader::open(&self.path, Arc::clone(&self.sealer))?))
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }
}

fn prepare(connection: &mut Connection, path: &Path) -> Result<(), Fault> {
    let mode: String = connection.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        let path = path.display().to_string();
        return Err(Fatal::Disk { path, why: format!("journal mode is {mode}, wal is needed") }.into());
    }
    connection.execute_batch(
        "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY;
         PRAGMA cache_size=-65536; PRAGMA foreign_keys=OFF; PRAGMA trusted_schema=OFF;",
    )?;
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let format: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match format {
        0 | 1 => {
            if format == 0 {
                transaction.execute_batch(SCHEMA)?;
            }
            transaction.execute_batch(PARAMETERS)?;
            transaction.execute_batch(&format!("PRAGMA user_version={FORMAT}"))?;
            transaction.commit()?;
        }
        FORMAT => transaction.rollback()?,
        other => {
            return Err(Fatal::Corrupt {
                expected: format!("a journal of format {FORMAT}"),
                found: format!("format {other}"),
                at: path.display().to_string(),
            }
            .into());
        }
    }
    Ok(())
}

fn take_over(connection: &mut Connection, node: &str) -> Result<(u64, Day), Fault> {
    let (epoch, oldest): (i64, i64) = connection.query_row(
        "INSERT INTO holder (only_one, node, epoch, oldest) VALUES (1, ?1, 1, 0)
         ON CONFLICT DO UPDATE SET node = excluded.node, epoch = epoch + 1 RETURNING epoch, oldest",
        [node],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok((whole(epoch, "holder.epoch")?, day_of(oldest, "holder.oldest")?))
}

/// Copies a journal as it stands at one moment into a new file, beside a gateway at work.
///
/// # Errors
/// When the journal cannot be read, the new file exists or cannot be written.
pub fn backup(path: &Path, copy: &Path) -> Result<(), Fatal> {
    let failed = |why: String| Fault::Fatal(Fatal::Disk { path: String::new(), why });
    let inner = || -> Result<(), Fault> {
        let target = copy.to_str().ok_or_else(|| failed(format!("{} is not UTF-8", copy.display())))?;
        open_for_reading(path)?.execute("VACUUM INTO ?1", [target])?;
        let synced = std::fs::File::open(copy).and_then(|file| file.sync_all());
        synced.map_err(|error| failed(format!("{target}: {error}")))
    };
    inner().map_err(|fault| fault.fatal(path))
}

pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch("PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;")?;
    Ok(connection)
}
