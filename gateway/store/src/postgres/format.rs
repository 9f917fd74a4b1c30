//! Formats of the journal's tables: a new schema gets the newest, an older one is brought to it inside one transaction by the
//! node that may take the journal over, so that a crash leaves it as it was and no other node is at work on it.
//!
//! In: a connection, and the lease by which the journal is held. Out: tables of the newest format, or the node that holds an
//! older one. It must not know what is done with them.

use super::wire::Wire;
use crate::lease::{Lease, Taken};
use crate::model::Day;
use crate::sql::{Database, Fault, day_of, int, spans, values};
use crate::write::Fatal;

/// The formats in order of their numbers, from 1: each takes a journal from the one before to its own.
const FORMATS: [&str; 5] = [
    include_str!("schema.sql"),
    include_str!("days.sql"),
    include_str!("keys.sql"),
    include_str!("owed.sql"),
    include_str!("given_up.sql"),
];
/// Only one node at a time makes or changes tables.
const LOCK: i64 = 6_073_471_649;
/// What went into partitions in format 2: rows stand in the partition of the chain that they were written in.
const MOVED: &str = "
INSERT INTO journal SELECT sequence, node, date, at, entries, hash FROM journal_before;
INSERT INTO operation_change SELECT c.number, c.place, c.state, c.copies, c.at, c.reply, c.answered, coalesce(j.date, 0)
  FROM operation_change_before c LEFT JOIN journal_before j ON j.sequence = c.place / 4096;
INSERT INTO event SELECT e.flow, e.place, e.at, e.kind, e.body, coalesce(j.date, 0)
  FROM event_before e LEFT JOIN journal_before j ON j.sequence = e.place / 4096;
DROP TABLE journal_before, operation_change_before, event_before";

/// The format of the tables, 0 where there are none.
pub(super) fn number(wire: &Wire) -> Result<i64, Fault> {
    wire.number("SELECT coalesce(max(number), 0) FROM format", values![])
}

/// Makes the tables, or brings them to the newest format. The node that keeps this one from it, if one does.
pub(super) fn prepare(
    wire: &Wire,
    schema: &str,
    (lease, node): (&Lease, &str),
) -> Result<Option<String>, Fault> {
    wire.batch("BEGIN")?;
    let free = "SELECT CASE WHEN pg_try_advisory_xact_lock(?1) THEN 1 ELSE 0 END";
    if wire.number(free, values![LOCK])? == 0 {
        wire.batch("ROLLBACK")?;
        return Ok(Some("that makes the journal's tables".to_owned()));
    }
    let there = "SELECT count(*) FROM pg_namespace WHERE nspname = ?1";
    if wire.number(there, values![schema])? == 0 {
        wire.batch(&format!("CREATE SCHEMA \"{schema}\""))?;
    }
    wire.batch("CREATE TABLE IF NOT EXISTS format (number BIGINT NOT NULL)")?;
    let (format, newest) = (number(wire)?, int(FORMATS.len() as u64));
    if !(0..=newest).contains(&format) {
        return Err(Fault::Fatal(Fatal::Corrupt {
            expected: format!("a journal of format {newest}"),
            found: format!("format {format}"),
            at: format!("schema {schema}"),
        }));
    }
    if format < newest {
        if format > 0
            && let Taken::Others(node) = lease.take_over(wire, node)?
        {
            wire.batch("ROLLBACK")?;
            return Ok(Some(node));
        }
        wire.unhurried(|| bring(wire, format))?;
    }
    wire.rows("COMMIT", values![])?;
    Ok(None)
}

/// However long it takes: the holder's row is locked meanwhile, and nobody else writes.
fn bring(wire: &Wire, format: i64) -> Result<(), Fault> {
    wire.batch("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")?;
    if format > 0 {
        tracing::warn!("the journal is brought to a newer format; with many days that takes a while");
    }
    for (number, sql) in (1..).zip(FORMATS).filter(|(number, _)| *number > format) {
        wire.batch(sql)?;
        if number == 2 {
            into_partitions(wire)?;
        }
        wire.run("INSERT INTO format (number) VALUES (?1)", values![number])?;
    }
    Ok(())
}

fn into_partitions(wire: &Wire) -> Result<(), Fault> {
    let mut dates = vec![Day(0)];
    for mut row in wire.rows("SELECT DISTINCT date FROM journal_before ORDER BY date", values![])? {
        dates.push(day_of(row.int(0)?, "journal.date")?);
    }
    super::days::make(wire, dates)?;
    wire.batch(MOVED)?;
    spans::reckon(wire)
}
