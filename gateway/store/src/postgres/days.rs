//! Partitions by business date: chains, events and changes of operations of one date stand in tables of their own, so that a
//! day that is forgotten goes by three tables that are dropped.
//!
//! In: a date that is about to be written for, or one that goes. Out: its tables, or their absence. Tables are made before
//! they are put into their place, and dropped only where nobody reads them just then: neither waits for a reader. It must not
//! know why a day goes.

use super::wire::Wire;
use crate::model::Day;
use crate::sql::{Database, Fault, day_of, values};
use std::collections::BTreeSet;

/// What is partitioned, and by which column.
const TABLES: [&str; 3] = ["journal", "operation_change", "event"];
/// Only one at a time makes tables.
const LOCK: i64 = 6_073_471_650;
/// Days that are made beside the one that is written for, so that midnight finds its tables.
const AHEAD: usize = 2;
/// Rows of each table that are moved in one transaction, far within the server's limit of time for a statement.
const MOVED: u32 = 5_000;

/// Makes the tables of the dates that writes are for and of the days behind them, where they are not there yet: before the
/// writes' own transaction, so that they stand whatever becomes of that one.
pub(super) fn begin(wire: &Wire, dates: &BTreeSet<Day>) -> Result<(), Fault> {
    let unknown: Vec<Day> = dates.difference(&wire.dates.borrow()).copied().collect();
    for day in unknown {
        let ahead = if day.0 == 0 { 0 } else { AHEAD };
        // One after the other: a connection that is lost in between does not begin anew.
        for date in std::iter::successors(Some(day), |day| Some(day.next())).take(1 + ahead) {
            if !wire.dates.borrow().contains(&date) {
                make(wire, [date])?;
            }
        }
        wire.dates.borrow_mut().insert(day);
    }
    Ok(())
}

/// Makes the tables of dates that are not there. A node that was taken over may try the same at the same time.
pub(super) fn make(wire: &Wire, days: impl IntoIterator<Item = Day>) -> Result<(), Fault> {
    let mut statements = String::new();
    for Day(date) in days {
        for table in TABLES {
            // Put into its place a table shares its lock with whoever reads or writes; made in its place it would not.
            statements += &format!(
                "IF to_regclass('{table}_{date}') IS NULL THEN
                   CREATE TABLE {table}_{date} (LIKE {table} INCLUDING ALL);
                   ALTER TABLE {table} ATTACH PARTITION {table}_{date} FOR VALUES IN ({date});
                 END IF;\n"
            );
        }
    }
    wire.batch(&format!("DO $make$ BEGIN PERFORM pg_advisory_xact_lock({LOCK}); {statements} END $make$"))
}

/// Drops the tables of a date. Rows of flows that stay go before, in pieces, to their last day, or where they have none to the
/// chain of no date. False: there may be more of them, or somebody reads one of the tables.
pub(super) fn end(wire: &Wire, day: Day) -> Result<bool, Fault> {
    let date = i64::from(day.0);
    let targets = "SELECT DISTINCT last_day FROM flow WHERE first_day <= ?1 AND last_day > ?1";
    let mut stays = vec![Day(0)];
    for mut row in wire.rows(targets, values![date])? {
        stays.push(day_of(row.int(0)?, "flow.last_day")?);
    }
    make(wire, stays)?;
    let events = wire.number(
        "WITH piece AS
           (SELECT e.flow, e.place, CASE WHEN w.last_day > ?1 THEN w.last_day ELSE 0 END AS stays
            FROM flow w JOIN event e ON e.flow = w.flow WHERE w.first_day <= ?1 AND e.day = ?1 LIMIT ?2),
         moved AS
           (UPDATE event SET day = p.stays FROM piece p
            WHERE event.day = ?1 AND event.flow = p.flow AND event.place = p.place RETURNING 1)
         SELECT count(*) FROM moved",
        values![date, MOVED],
    )?;
    let changes = wire.number(
        "WITH piece AS
           (SELECT c.number, c.place, CASE WHEN w.last_day > ?1 THEN w.last_day ELSE 0 END AS stays
            FROM flow w JOIN operation o ON o.flow = w.flow JOIN operation_change c ON c.number = o.number
            WHERE w.first_day <= ?1 AND c.day = ?1 LIMIT ?2),
         moved AS
           (UPDATE operation_change SET day = p.stays FROM piece p
            WHERE operation_change.day = ?1 AND operation_change.number = p.number
              AND operation_change.place = p.place RETURNING 1)
         SELECT count(*) FROM moved",
        values![date, MOVED],
    )?;
    if events.max(changes) >= i64::from(MOVED) {
        return Ok(false);
    }
    let tables = TABLES.map(|table| format!("{table}_{date}")).join(", ");
    // A lock that is waited for holds up all who come behind: it is waited for shortly, and asked for again another time.
    wire.batch(&format!(
        "DO $drop$ BEGIN
           PERFORM set_config('lock_timeout', '200ms', true);
           DROP TABLE IF EXISTS {tables};
           PERFORM set_config('lock_timeout', '0', true);
         EXCEPTION WHEN lock_not_available THEN NULL;
         END $drop$"
    ))?;
    wire.dates.borrow_mut().remove(&day);
    let there = "SELECT CASE WHEN to_regclass(?1) IS NULL THEN 0 ELSE 1 END";
    Ok(wire.number(there, values![&format!("journal_{date}")])? == 0)
}
