//! The tables of a world: a database made from a folder's files, and for books that are kept for years, grown by them.
//!
//! In: a folder with SQL, a database file. Out: an open connection whose tables are those of the folder. It must not know what
//! they mean.
//!
//! A simulated party has `schema.sql` and `seed.sql`, and its database is thrown away when they change. Books that are kept
//! have numbered files (`001-merchants.sql`, `002-refunds.sql` …) instead: each is run once, in its order and whole, and what
//! was run must stand unchanged from then on.

use super::{WorldError, function, read, statement};
use rusqlite::{Connection, Transaction};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the tables of a world come from.
#[derive(Clone, Debug)]
pub enum Tables {
    /// Made from the folder's `schema.sql` and `seed.sql`.
    Made,
    /// Kept, and grown by the folder's numbered files; `first` fills books that are new.
    Kept {
        /// A file of SQL that is run once, behind the numbered files that there are when the books are made.
        first: Option<PathBuf>,
    },
}

/// The tables of the world itself, beside those of the party.
const OWN: &str = "
  CREATE TABLE world_made (name TEXT NOT NULL PRIMARY KEY, files TEXT NOT NULL);
  CREATE TABLE world_answer (
    call TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, outcome INTEGER NOT NULL,
    word TEXT, fields TEXT NOT NULL, answer_serial TEXT, PRIMARY KEY (call, key)) WITHOUT ROWID;";

/// What a made world's files are remembered under.
const WHOLE: &str = "whole";

pub(super) fn open(folder: &Path, tables: &Tables, database: &Path) -> Result<Connection, WorldError> {
    let at = database.display().to_string();
    let mut connection = connect(tables, database)?;
    let transaction = connection.transaction().map_err(statement(&at))?;
    match tables {
        Tables::Made => make(&transaction, folder, database)?,
        Tables::Kept { first } => grow(&transaction, folder, first.as_deref(), database)?,
    }
    transaction.commit().map_err(statement(&at))?;
    Ok(connection)
}

fn connect(tables: &Tables, database: &Path) -> Result<Connection, WorldError> {
    let at = database.display().to_string();
    // What is kept for years was on the disk before anybody is told that it holds.
    let synchronous = match tables {
        Tables::Made => "NORMAL",
        Tables::Kept { .. } => "FULL",
    };
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open(database)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.set_prepared_statement_cache_capacity(256);
        connection.execute_batch(&format!(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
        ))?;
        function::register(&connection)?;
        Ok(connection)
    };
    open().map_err(statement(&at))
}

/// Whether there are tables already; makes the world's own if not.
fn begun(transaction: &Transaction<'_>, at: &str) -> Result<bool, WorldError> {
    let begun: bool = transaction
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'world_made'", [], |row| row.get(0))
        .map_err(statement(at))?;
    if !begun {
        transaction.execute_batch(OWN).map_err(statement(at))?;
    }
    Ok(begun)
}

fn make(transaction: &Transaction<'_>, folder: &Path, database: &Path) -> Result<(), WorldError> {
    let (schema_path, seed_path) = (folder.join("schema.sql"), folder.join("seed.sql"));
    let (schema, seed) = (read(&schema_path)?, read(&seed_path)?);
    let at = database.display().to_string();
    let files = format!("{schema}\n--\n{seed}");
    if begun(transaction, &at)? {
        let stored = made_of(transaction, WHOLE, &at)?;
        return if stored.as_ref() == Some(&files) { Ok(()) } else { Err(WorldError::Stale { path: at }) };
    }
    run_file(transaction, &schema_path, &schema)?;
    run_file(transaction, &seed_path, &seed)?;
    remember(transaction, WHOLE, &files, &at)
}

fn grow(
    transaction: &Transaction<'_>,
    folder: &Path,
    first: Option<&Path>,
    database: &Path,
) -> Result<(), WorldError> {
    let at = database.display().to_string();
    let begun = begun(transaction, &at)?;
    let steps = steps(folder)?;
    let known = known(transaction, &at)?;
    if let Some(lost) = known.iter().find(|name| !steps.iter().any(|(step, _)| step == *name)) {
        return Err(WorldError::Grown {
            path: at,
            step: lost.clone(),
            why: "stands in the folder no longer",
        });
    }
    for (at_step, (name, path)) in steps.iter().enumerate() {
        let text = read(path)?;
        match made_of(transaction, name, &at)? {
            Some(stored) if stored == text => {}
            Some(_) => {
                let why = "was changed after it had been run; put what is new into a file of the next number";
                return Err(WorldError::Grown { path: at, step: name.clone(), why });
            }
            None if at_step < known.len() => {
                let why = "stands before files that have been run; give it a number behind them";
                return Err(WorldError::Grown { path: at, step: name.clone(), why });
            }
            None => {
                run_file(transaction, path, &text)?;
                remember(transaction, name, &text, &at)?;
            }
        }
    }
    match first {
        Some(path) if !begun => run_file(transaction, path, &read(path)?),
        _ => Ok(()),
    }
}

/// The numbered files of a folder, in their order.
fn steps(folder: &Path) -> Result<Vec<(String, PathBuf)>, WorldError> {
    let failed = |error: std::io::Error| WorldError::File {
        path: folder.display().to_string(),
        why: error.to_string(),
    };
    let mut steps = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let numbered = name.as_bytes().iter().take(3).filter(|octet| octet.is_ascii_digit()).count() == 3;
        if numbered && name.ends_with(".sql") {
            steps.push((name, path));
        }
    }
    steps.sort();
    Ok(steps)
}

fn known(transaction: &Transaction<'_>, at: &str) -> Result<Vec<String>, WorldError> {
    let names = || -> rusqlite::Result<Vec<String>> {
        let mut asked = transaction.prepare("SELECT name FROM world_made ORDER BY name")?;
        asked.query_map([], |row| row.get(0))?.collect()
    };
    names().map_err(statement(at))
}

fn made_of(transaction: &Transaction<'_>, name: &str, at: &str) -> Result<Option<String>, WorldError> {
    let found =
        transaction.query_row("SELECT files FROM world_made WHERE name = ?1", [name], |row| row.get(0));
    match found {
        Ok(files) => Ok(Some(files)),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        Err(error) => Err(statement(at)(error)),
    }
}

fn remember(transaction: &Transaction<'_>, name: &str, files: &str, at: &str) -> Result<(), WorldError> {
    let done = transaction.execute("INSERT INTO world_made (name, files) VALUES (?1, ?2)", [name, files]);
    done.map(|_| ()).map_err(statement(at))
}

/// Runs the statements of a file. A statement that cannot be read is told with its line and column.
fn run_file(connection: &Connection, path: &Path, text: &str) -> Result<(), WorldError> {
    connection.execute_batch(text).map_err(|error| {
        let at = match &error {
            rusqlite::Error::SqlInputError { sql, offset, .. } => {
                let offset = usize::try_from(*offset).unwrap_or(0);
                text.len().checked_sub(sql.len()).map(|start| start + offset)
            }
            _ => None,
        };
        let before = at.and_then(|at| text.get(..at));
        let line = before.map_or(0, |before| before.matches('\n').count() as u64 + 1);
        let column =
            before.map_or(0, |before| before.chars().rev().take_while(|c| *c != '\n').count() as u64 + 1);
        WorldError::Text { file: path.display().to_string(), line, column, why: error.to_string() }
    })
}
