//! Formats of the journal's file: a new file gets the newest, an older one is brought to it inside one transaction, so that
//! a crash leaves it as it was.
//!
//! In: an open file. Out: a journal of the newest format, or why it is none. It must not know who holds it.

use crate::sql::{Fault, spans};
use crate::write::Fatal;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

const SCHEMA: &str = include_str!("../schema.sql");
/// What format 2 has beside format 1.
const PARAMETERS: &str = include_str!("../parameters.sql");
/// What format 3 has beside format 2.
const DAYS: &str = include_str!("../days.sql");
/// What format 4 has otherwise than format 3.
const KEYS: &str = include_str!("../keys.sql");
/// What format 5 has beside format 4.
const OWED: &str = include_str!("../owed.sql");
/// What format 6 has beside format 5.
const GIVEN_UP: &str = include_str!("../given_up.sql");
const FORMAT: i64 = 6;

/// The chain that events and changes of operations were written in.
const CHAINS: &str = "
UPDATE event SET day = coalesce((SELECT date FROM journal WHERE sequence = place / 4096), 0);
UPDATE operation_change SET day = coalesce((SELECT date FROM journal WHERE sequence = place / 4096), 0);";

pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), Fault> {
    // Of a new file: room that rows leave goes back to the disk piece by piece. It cannot be said later.
    connection.execute_batch("PRAGMA auto_vacuum=INCREMENTAL")?;
    let mode: String = connection.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        let path = path.display().to_string();
        return Err(Fatal::Disk { path, why: format!("journal mode is {mode}, wal is needed") }.into());
    }
    connection.execute_batch(&format!(
        "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY;
         PRAGMA cache_size=-65536; PRAGMA foreign_keys=OFF; PRAGMA trusted_schema=OFF;
         PRAGMA journal_size_limit={};",
        super::checkpoint::LOG_BYTES
    ))?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let format: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if !(0..=FORMAT).contains(&format) {
        return Err(Fatal::Corrupt {
            expected: format!("a journal of format {FORMAT}"),
            found: format!("format {format}"),
            at: path.display().to_string(),
        }
        .into());
    }
    if format == FORMAT {
        return Ok(transaction.rollback()?);
    }
    let formats = [SCHEMA, PARAMETERS, DAYS, KEYS, OWED, GIVEN_UP];
    for (number, sql) in (1..).zip(formats).filter(|(number, _)| *number > format) {
        transaction.execute_batch(sql)?;
        if number == 3 && format > 0 {
            transaction.execute_batch(CHAINS)?;
            spans::reckon(&*transaction)?;
        }
    }
    transaction.execute_batch(&format!("PRAGMA user_version={FORMAT}"))?;
    Ok(transaction.commit()?)
}
