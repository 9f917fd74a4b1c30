//! The days of flows that a journal of an older format holds: its chains are read once, and each flow notes the first and the
//! last of them that it stands in.
//!
//! In: a journal whose flows have no days yet, inside the transaction that brings it to the newer format. Out: the days. It
//! must not change anything that the chains speak of.

use super::{Database, Fault, values, whole};
use crate::content::{Entries, Kind};
use std::collections::BTreeSet;

/// Before anything is known of a flow: later than any date.
const UNKNOWN: i64 = 99_999_999;

/// Reckons the days of every flow.
pub(crate) fn reckon(database: &dyn Database) -> Result<(), Fault> {
    database.run("UPDATE flow SET first_day = ?1, last_day = date", values![UNKNOWN])?;
    database.walk("SELECT sequence, date, entries FROM journal ORDER BY sequence", &mut |mut row| {
        let (sequence, date, entries) = (whole(row.int(0)?, "journal.sequence")?, row.int(1)?, row.bytes(2)?);
        let entries = Entries::read(&entries)
            .ok_or_else(|| Fault::failed(format!("write {sequence}: its entries are not whole")))?;
        let (mut flows, mut operations) = (BTreeSet::new(), BTreeSet::new());
        for entry in entries {
            if OF_FLOWS.iter().any(|kind| *kind as u8 == entry.kind) {
                flows.insert(entry.first.cast_signed());
            } else if entry.kind == Kind::Operation as u8 || entry.kind == Kind::Change as u8 {
                operations.insert(entry.first.cast_signed());
            }
        }
        for flow in flows {
            database.run(&format!("{TOUCH} WHERE flow = ?1 AND {OUTSIDE}"), values![flow, date])?;
        }
        for operation in operations {
            let of = "(SELECT o.flow FROM operation o WHERE o.number = ?1)";
            database.run(&format!("{TOUCH} WHERE flow = {of} AND {OUTSIDE}"), values![operation, date])?;
        }
        Ok(())
    })?;
    database.run(
        "UPDATE flow SET last_day = (SELECT max(h.day) FROM limit_hold h WHERE h.flow = flow.flow)
         WHERE flow IN (SELECT h.flow FROM limit_hold h) AND
           last_day < (SELECT max(h.day) FROM limit_hold h WHERE h.flow = flow.flow)",
        values![],
    )?;
    // What no chain speaks of is not forgotten either: an auditor shall find it.
    database.run("UPDATE flow SET first_day = 0 WHERE first_day = ?1", values![UNKNOWN])
}

const OF_FLOWS: [Kind; 6] = [Kind::Asked, Kind::State, Kind::Answer, Kind::Event, Kind::Notice, Kind::Hold];

const TOUCH: &str = "UPDATE flow SET first_day = CASE WHEN first_day > ?2 THEN ?2 ELSE first_day END,
                     last_day = CASE WHEN last_day < ?2 THEN ?2 ELSE last_day END";
const OUTSIDE: &str = "(first_day > ?2 OR last_day < ?2)";
