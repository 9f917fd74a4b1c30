//! Moving what was committed from the log into the file: by a thread of its own, which never makes the writer wait,
//! and by the writer itself when the log has grown past its bound.

use super::log;
use crate::sql::Fault;
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Past this size of the log the writer moves it itself, between two commits. So much of its file stays when it was
/// moved, to be written over: a sync that makes the file longer takes nearly twice as long.
pub(super) const LOG_BYTES: u64 = 32 << 20;

/// The thread; it ends with this value.
pub(super) struct Checkpoints {
    stop: Option<Sender<()>>,
    handle: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub(super) fn start(path: &Path, every: Duration) -> Result<Self, Fault> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_millis(100))?;
        let (stop, stopped) = channel::<()>();
        let spawned = std::thread::Builder::new().name("checkpoint".into()).spawn(move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                passive(&connection);
            }
        });
        match spawned {
            Ok(handle) => Ok(Self { stop: Some(stop), handle: Some(handle) }),
            Err(error) => {
                let path = path.display().to_string();
                Err(crate::write::Fatal::Disk { path, why: error.to_string() }.into())
            }
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(handle) = self.handle.take() {
            let _ended = handle.join();
        }
    }
}

/// A checkpoint that could not be made is made later: the log holds everything.
fn passive(connection: &Connection) {
    let done = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = done {
        tracing::warn!(%error, "checkpoint of the journal put off");
    }
}

/// Between two commits nobody else writes, so a passive checkpoint empties the log unless a reader lingers.
pub(super) fn bound_log(connection: &Connection, path: &Path) {
    let large = std::fs::metadata(log::place(path)).is_ok_and(|about| about.len() > LOG_BYTES);
    if large {
        passive(connection);
    }
}
