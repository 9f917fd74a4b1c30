//! The journal under the gateway that is killed: a file, or a database of the campaign's own; on a small disk where there is
//! one.
//!
//! In: which store. Out: what the deployment says of it, and what an auditor asks of it when all is over. It must not know
//! what is written.

use super::disk::SmallDisk;
use crate::torture::StoreKind;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::{Clear, FlowId, Reader, TrialServer, Verified};

/// The journal's file.
const FILE: &str = "journal.db";
/// The schema of the journal's tables.
const SCHEMA: &str = "journal";
/// Open flows read at once.
const PAGE: usize = 1_000;
/// How long the log's emptying may wait for the gateway.
const EMPTIES: Duration = Duration::from_secs(5);

/// A flow that has not ended.
#[derive(Debug)]
pub(super) struct OpenFlow {
    pub(super) name: String,
    /// When it last changed, in milliseconds of the day's clock.
    pub(super) changed: i64,
}

/// Where the journal is.
pub(super) enum Journal {
    /// A file, and the folder in which it is left in the end: a small disk goes.
    File {
        path: PathBuf,
        left_in: PathBuf,
    },
    Database(TrialServer),
}

impl Journal {
    /// Made, or begun, and on the disk if there is one.
    pub(super) fn begin(kind: StoreKind, folder: &Path, disk: Option<&SmallDisk>) -> Result<Self, String> {
        if kind == StoreKind::Sqlite {
            let path = disk.map_or(folder, SmallDisk::folder).join(FILE);
            return Ok(Self::File { path, left_in: folder.to_owned() });
        }
        let begun = || -> std::io::Result<TrialServer> {
            let server = TrialServer::start()?;
            if let Some(disk) = disk {
                // The tables alone: a server whose own log finds no room is a server that stands still.
                let tables = disk.folder().join("tables");
                server.own(&tables)?;
                server.say(&format!("CREATE TABLESPACE small LOCATION '{}'", tables.display()))?;
                server.say("ALTER SYSTEM SET default_tablespace = 'small'")?;
                server.say("SELECT pg_reload_conf()")?;
            }
            Ok(server)
        };
        begun().map(Self::Database).map_err(|error| error.to_string())
    }

    /// What the deployment says of it.
    pub(super) fn deployed(&self) -> Value {
        match self {
            Self::File { path, .. } => json!({ "path": path }),
            Self::Database(server) => {
                let place = server.place(SCHEMA);
                let (database, user, password) = (place.database, place.user, place.password);
                json!({ "postgres": {
                    "address": server.folder(), "database": database, "user": user, "password": password, "schema": SCHEMA,
                } })
            }
        }
    }

    /// Gives back what it holds of the disk beside its tables: a log that was long has room that no disk knows of.
    pub(super) fn tighten(&self) -> Result<(), String> {
        let Self::File { path, .. } = self else { return Ok(()) };
        let emptied = Connection::open(path).and_then(|connection| {
            connection.busy_timeout(EMPTIES)?;
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        });
        emptied.map_err(|error| format!("{}: {error}", path.display()))
    }

    /// The server under it, where there is one.
    pub(super) fn server(&self) -> Option<&TrialServer> {
        match self {
            Self::File { .. } => None,
            Self::Database(server) => Some(server),
        }
    }

    /// Flows that go on, or wait for people.
    pub(super) fn open_flows(&self) -> Result<BTreeMap<String, OpenFlow>, String> {
        let mut reader = self.reader().map_err(|fatal| fatal.to_string())?;
        let (mut after, mut open) = (FlowId(0), BTreeMap::new());
        loop {
            let page = reader.open_flows(after, PAGE).map_err(|fatal| fatal.to_string())?;
            let Some(last) = page.last() else { return Ok(open) };
            after = last.flow;
            open.extend(
                page.into_iter()
                    .map(|row| (row.flow.to_string(), OpenFlow { name: row.name, changed: row.changed.0 })),
            );
        }
    }

    /// Whether what stands there is what was written.
    pub(super) fn verify(&self) -> Result<Verified, String> {
        let verified = match self {
            Self::File { path, .. } => store::verify(path),
            Self::Database(server) => store::postgres_verify(&server.place(SCHEMA)),
        };
        verified.map_err(|fatal| fatal.to_string())
    }

    fn reader(&self) -> Result<Box<dyn Reader>, store::Fatal> {
        match self {
            Self::File { path, .. } => store::reader(path, Arc::new(Clear)),
            Self::Database(server) => store::postgres_reader(&server.place(SCHEMA), Arc::new(Clear)),
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let Self::File { path, left_in } = self else { return };
        if path.parent() == Some(left_in) {
            return;
        }
        // With its log, as a process that was killed may have left it.
        for end in ["", "-wal"] {
            let name = format!("{FILE}{end}");
            let _not_there = std::fs::copy(path.with_file_name(&name), left_in.join(&name));
        }
    }
}
