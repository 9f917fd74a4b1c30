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

/// Drops the tables of a date. Rows of flows that stay go to their last day before, or where they have none to the chain of no
/// date. False: somebody reads one of them.
pub(super) fn end(wire: &Wire, day: Day) -> Result<bool, Fault> {
    let date = i64::from(day.0);
    let targets = "SELECT DISTINCT last_day FROM flow WHERE first_day <= ?1 AND last_day > ?1";
    let mut stays = vec![Day(0)];
    for mut row in wire.rows(targets, values![date])? {
        stays.push(day_of(row.int(0)?, "flow.last_day")?);
    }
    make(wire, stays)?;
    wire.run(
        "UPDATE event SET day = f.stays FROM
           (SELECT flow, CASE WHEN last_day > ?1 THEN last_day ELSE 0 END AS stays FROM flow WHERE first_day <= ?1) f
         WHERE event.day = ?1 AND event.flow = f.flow",
        values![date],
    )?;
    wire.run(
        "UPDATE operation_change SET day = f.stays FROM
           (SELECT o.number, CASE WHEN w.last_day > ?1 THEN w.last_day ELSE 0 END AS stays
            FROM operation o JOIN flow w ON w.flow = o.flow WHERE w.first_day <= ?1) f
         WHERE operation_change.day = ?1 AND operation_change.number = f.number",
        values![date],
    )?;
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
