//! The embedded store: one SQLite file in WAL mode with `synchronous=FULL`, so that each commit is one fsync, and
//! each commit takes a group of writes. What the tables mean stands in `schema.sql`, `parameters.sql` and `days.sql`, one for
//! each format. Old days go by rows that are deleted, and the room that they leave goes back to the disk.
//!
//! One process at a time writes a file (`lock`): a second one is turned away before it has changed anything. The epoch fences
//! whoever writes all the same, and ends it. A log of which the disk lost a part is told of before SQLite drops the rest (`log`).

mod checkpoint;
mod database;
mod format;
mod lock;
mod log;

use crate::model::Day;
use crate::read::Reader;
use crate::sealer::Sealer;
use crate::sql::group::{Journaled, Staged};
use crate::sql::read::SqlReader;
use crate::sql::verify::{Has, Verified};
use crate::sql::{Fault, day_of, int, whole};
use crate::write::{Change, Fatal, Store, Verdict, Write};
use checkpoint::Checkpoints;
use lock::Lock;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Pages that go back to the disk behind one piece of what is forgotten.
const PAGES_BACK: u32 = 2_000;

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
    epoch: u64,
    journaled: Journaled,
    most_pages: i64,
    /// Why it takes nothing more.
    ended: Option<Fatal>,
    _checkpoints: Option<Checkpoints>,
    /// The last to go: a connection that closes still writes.
    _lock: Lock,
}

impl SqliteStore {
    /// Opens a journal, or makes one, and takes it over: the epoch rises, older holders are fenced.
    ///
    /// # Errors
    /// [`Fatal::InUse`] while another process, or another store of this one, has it open; [`Fatal::Broken`] where commits would be
    /// lost that were told. Others when the file cannot be opened, is not a journal of this format, or the disk fails.
    pub fn open(path: &Path, options: &Options) -> Result<Self, Fatal> {
        // The file is made where there is none; nothing is read or written in it yet.
        let opened = Connection::open(path).map_err(Fault::from);
        let locked = opened.and_then(|connection| Ok((Lock::take(path)?, connection)));
        let store = locked.and_then(|(lock, connection)| Self::open_locked(lock, connection, path, options));
        store.map_err(|fault| fault.fatal(&shown(path)))
    }

    fn open_locked(
        lock: Lock,
        mut connection: Connection,
        path: &Path,
        options: &Options,
    ) -> Result<Self, Fault> {
        log::look_through(path)?;
        plan_once(&connection)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.set_prepared_statement_cache_capacity(128);
        format::prepare(&mut connection, path)?;
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
            epoch,
            journaled: Journaled::new(
                &options.node,
                &options.sealer,
                oldest,
                whole(sequence, "journal.sequence")?,
            ),
            most_pages,
            ended: None,
            _checkpoints: checkpoints,
            _lock: lock,
        })
    }

    fn commit_inner(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fault> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut staged = self.journaled.stage();
        let result = self.take_group(group, &mut staged);
        match result {
            Ok(verdicts) if staged.sequence == self.journaled.sequence => {
                self.connection.execute_batch("ROLLBACK")?;
                Ok(verdicts)
            }
            Ok(verdicts) => match self.connection.execute_batch("COMMIT").map_err(Fault::from) {
                Ok(()) => {
                    self.journaled.keep(staged);
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
        if epoch != self.epoch {
            self.ended = Some(Fatal::TakenOver { epoch });
        }
        let nearly_full = self.nearly_full()?;
        self.journaled.take_group(&self.connection, group, epoch, nearly_full, staged)
    }

    /// A part of the pages that nothing stands in goes back to the disk; what does not go now goes later.
    fn give_room_back(&self) {
        let given = self.connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES_BACK})"));
        let given = given.and_then(|mut statement| {
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            Ok(())
        });
        if let Err(error) = given {
            tracing::warn!(%error, "room of the journal is given back later");
        }
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
}

impl Store for SqliteStore {
    fn commit(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fatal> {
        if let Some(fatal) = &self.ended {
            return Err(fatal.clone());
        }
        let result = self.commit_inner(group).map_err(|fault| fault.fatal(&shown(&self.path)));
        match result {
            Ok(verdicts) => {
                if group.iter().flat_map(|write| &write.changes).any(takes_out) {
                    self.give_room_back();
                }
                checkpoint::bound_log(&self.connection, &self.path);
                Ok(verdicts)
            }
            Err(fatal) => {
                self.ended = Some(fatal.clone());
                Err(fatal)
            }
        }
    }

    fn tend(&mut self) -> Result<Option<Duration>, Fatal> {
        self.ended.clone().map_or(Ok(None), Err)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Fatal> {
        reader(&self.path, Arc::clone(&self.journaled.sealer))
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }
}

/// Whether rows go by a change.
fn takes_out(change: &Change) -> bool {
    matches!(change, Change::ForgetRows | Change::ForgetChain(_) | Change::Forget { .. })
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

/// Opens a journal file for reading alone, beside a gateway at work or after it.
///
/// # Errors
/// When the file cannot be opened.
pub fn reader(path: &Path, sealer: Arc<dyn Sealer>) -> Result<Box<dyn Reader>, Fatal> {
    let connection = open_for_reading(path).map_err(|fault| fault.fatal(&shown(path)))?;
    Ok(Box::new(SqlReader::new(connection, shown(path), sealer)))
}

/// Verifies a journal file; reads only, needs no key, and may run beside a gateway at work (one read snapshot).
///
/// # Errors
/// When the file cannot be read.
pub fn verify(path: &Path) -> Result<Verified, Fatal> {
    let inner = || -> Result<Verified, Fault> {
        let connection = open_for_reading(path)?;
        connection.execute_batch("BEGIN")?;
        // A journal that no newer gateway has opened yet has no parameters, or no days that are forgotten.
        let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        crate::sql::verify::verify(&connection, &notes()?, Has { parameters: format >= 2, days: format >= 3 })
    };
    inner().map_err(|fault| fault.fatal(&shown(path)))
}

/// An empty database of this process, gone when it is dropped: what a verification notes.
pub(crate) fn notes() -> Result<Connection, Fault> {
    let connection = Connection::open("")?;
    connection.set_prepared_statement_cache_capacity(16);
    Ok(connection)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Copies a journal as it stands at one moment into a new file, beside a gateway at work.
///
/// # Errors
/// When the journal cannot be read, the new file exists or cannot be written.
pub fn backup(path: &Path, copy: &Path) -> Result<(), Fatal> {
    let inner = || -> Result<(), Fault> {
        let target =
            copy.to_str().ok_or_else(|| Fault::failed(format!("{} is not UTF-8", copy.display())))?;
        open_for_reading(path)?.execute("VACUUM INTO ?1", [target])?;
        let synced = std::fs::File::open(copy).and_then(|file| file.sync_all());
        synced.map_err(|error| Fault::failed(format!("{target}: {error}")))
    };
    inner().map_err(|fault| fault.fatal(&shown(path)))
}

/// Plans a statement once, not anew for each value: an index over some rows alone makes it wonder whether the value is of these.
fn plan_once(connection: &Connection) -> Result<(), Fault> {
    Ok(connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())?)
}

pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    plan_once(&connection)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch("PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;")?;
    Ok(connection)
}
