//! How old days end in a database: keys of their dates are refused, rows go in pieces, what a chain that goes says of rows
//! that stay is written into one that stays, and then the chain goes too; its last hashes stay in `chain_head`.
//!
//! In: the changes by which that is done. Out: fewer rows, and in the chain of today that it was done. Each change is a piece
//! that a posting may wait behind. It must not know who decides how long a day is kept.

use super::apply::Apply;
use super::digest::{GONE, forgotten_digest, heads_of, hold_name, key_digest, named};
use super::{Database, Fault, Row, day_of, int, values, whole};
use crate::content::{Columns, Hash, Kind};
use crate::days::KeepFrom;
use crate::model::{Day, Direction, FlowId, Key, Moment};
use crate::write::{FORGOTTEN, FORGOTTEN_FLOWS, Fatal, Hold};

/// Flows that are forgotten, the oldest first; `?1` is the oldest day that stays.
const OLD_FLOWS: &str = "FROM flow WHERE last_day < ?1 AND first_day > 0 AND ended <> 0";
/// Keys that were cancelled for a date that is forgotten.
const OLD_CANCELLED: &str = "FROM flow_key WHERE flow IS NULL AND date > 0 AND date < ?1";
/// Counters of a date that is forgotten.
const OLD_COUNTERS: &str = "FROM counter WHERE date > 0 AND date < ?1";

/// Dates that go where the journal is kept from `?1` on.
const OLD_DATES: &str = "SELECT DISTINCT date FROM chain_head WHERE date > 0 AND date < ?1
                         AND date >= (SELECT oldest FROM holder WHERE only_one = 1) ORDER BY date";

/// A flow that keeps days before this one from being forgotten.
pub(super) fn held_back(database: &dyn Database, from: Day) -> Result<Option<FlowId>, Fault> {
    const OPEN: &str = "SELECT flow FROM flow INDEXED BY flow_open
                        WHERE ended = 0 AND (first_day < ?1 OR date < ?1) ORDER BY flow LIMIT 1";
    const OWING: &str = "SELECT n.flow FROM notice n JOIN flow f ON f.flow = n.flow
                         WHERE n.outcome = 0 AND f.first_day < ?1 ORDER BY n.flow LIMIT 1";
    const GIVEN_UP: &str =
        "SELECT n.flow FROM notice n INDEXED BY notice_given_up JOIN flow f ON f.flow = n.flow
                            WHERE n.outcome = 2 AND f.first_day < ?1 ORDER BY n.flow LIMIT 1";
    for sql in [OPEN, OWING, GIVEN_UP] {
        if let Some(mut row) = database.one(sql, values![i64::from(from.0)])? {
            return Ok(Some(FlowId(whole(row.int(0)?, "flow.flow")?)));
        }
    }
    Ok(None)
}

/// Whether rows of dates before this one are left that are to be forgotten.
pub(super) fn has_old_rows(database: &dyn Database, oldest: Day) -> Result<bool, Fault> {
    for old in [OLD_FLOWS, OLD_CANCELLED, OLD_COUNTERS] {
        if database.one(&format!("SELECT 1 {old} LIMIT 1"), values![i64::from(oldest.0)])?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Digest over the last hashes of a date's chains, node by node.
pub(super) fn heads_digest(database: &dyn Database, date: i64) -> Result<Hash, Fault> {
    let sql = "SELECT node, sequence, hash FROM chain_head WHERE date = ?1 ORDER BY node";
    let mut heads = Vec::new();
    for mut row in database.rows(sql, values![date])? {
        heads.push((row.text(0)?, row.int(1)?, row.bytes(2)?));
    }
    Ok(heads_of(&heads))
}

/// Whether what was exported is the one day that would go, with all that was written for it until now.
pub(super) fn is_exported(database: &dyn Database, keep: &KeepFrom) -> Result<bool, Fault> {
    let Some(export) = &keep.export else { return Ok(true) };
    let dates = database.rows(&format!("{OLD_DATES} LIMIT 2"), values![i64::from(keep.from.0)])?;
    let [mut row] = <[Row; 1]>::try_from(dates).unwrap_or_else(|_| [Row::new(Vec::new())]);
    match row.int_or(0)? {
        Some(date) => Ok(heads_digest(database, date)? == export.heads),
        None => Ok(false),
    }
}

impl Apply<'_> {
    pub(super) fn keep_from(&mut self, keep: &KeepFrom) -> Result<(), Fault> {
        let from = i64::from(keep.from.0);
        for mut row in self.database.rows(OLD_DATES, values![from])? {
            let date = row.int(0)?;
            let heads = heads_digest(self.database, date)?;
            let export = keep.export.as_ref();
            let (name, sha256) =
                (export.map(|export| export.name.as_str()), export.map(|export| &export.sha256[..]));
            let digest = forgotten_digest(self.at.0, &keep.by, &heads, name, sha256);
            self.entries.push(Kind::Forgotten, date.cast_unsigned(), 0, &digest);
            let sha256 = sha256.map(<[u8]>::to_vec);
            self.database.run(
                "INSERT INTO forgotten (date, at, by_whom, heads, export, sha256, gone)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)",
                values![date, self.at.0, &keep.by, &heads, name, &sha256],
            )?;
        }
        self.entries.push(Kind::Kept, 1, 0, &Columns::new().int(from).finish());
        self.database.run("UPDATE holder SET oldest = ?1 WHERE only_one = 1", values![from])
    }

    /// A piece of the rows that go. That they went stands in the chain by the day that was said to be forgotten; a cancelled
    /// key and a counter, which may stand in the chain of another day, are told as gone.
    pub(super) fn forget_rows(&mut self, oldest: Day, place: u64) -> Result<(), Fault> {
        self.entries.push(Kind::Passing, place, 0, &Columns::new().int(i64::from(oldest.0)).finish());
        self.forget_flows(oldest)?;
        let most = int(FORGOTTEN as u64);
        let sql = format!("SELECT date, party, direction, once {OLD_CANCELLED} LIMIT ?2");
        for mut row in self.database.rows(&sql, values![i64::from(oldest.0), most])? {
            let key = cancelled_key([row.int(0)?, row.int(2)?], row.text(1)?, row.bytes(3)?)?;
            self.entries.push(Kind::Cancelled, key_digest(&key).number(), 0, &GONE);
            self.database.run(
                "DELETE FROM flow_key WHERE date = ?1 AND party = ?2 AND direction = ?3 AND once = ?4",
                values![i64::from(key.date.0), &key.party, key.direction.code(), &key.once],
            )?;
        }
        let sql = format!("SELECT party, date {OLD_COUNTERS} LIMIT ?2");
        for mut row in self.database.rows(&sql, values![i64::from(oldest.0), most])? {
            let (party, date) = (row.text(0)?, row.int(1)?);
            self.entries.push(Kind::Counter, named(&[&party]), date.cast_unsigned(), &GONE);
            let sql = "DELETE FROM counter WHERE party = ?1 AND date = ?2";
            self.database.run(sql, values![&party, date])?;
        }
        let unused = "DELETE FROM limit_use WHERE used = 0 AND day > 0 AND day < ?1";
        self.database.run(unused, values![i64::from(oldest.0)])
    }

    fn forget_flows(&mut self, oldest: Day) -> Result<(), Fault> {
        let piece = format!("SELECT flow {OLD_FLOWS} ORDER BY last_day, flow LIMIT {FORGOTTEN_FLOWS}");
        self.keep_for_ever(oldest, &piece)?;
        let operations = format!("SELECT number FROM operation WHERE flow IN ({piece})");
        let held = format!(
            "SELECT CAST(coalesce(sum(h.amount), 0) AS bigint) FROM limit_hold h
             WHERE h.name = limit_use.name AND h.day = limit_use.day AND h.flow IN ({piece})"
        );
        let mut statements = vec![
            format!(
                "UPDATE limit_use SET used = used - ({held}) WHERE day > 0 AND (day, name) IN
                   (SELECT h.day, h.name FROM limit_hold h WHERE h.flow IN ({piece}))"
            ),
            format!("DELETE FROM limit_hold WHERE flow IN ({piece})"),
            format!("DELETE FROM found_by WHERE number IN ({operations})"),
        ];
        if !self.database.has_partitions() {
            statements.push(format!("DELETE FROM operation_change WHERE number IN ({operations})"));
            statements.push(format!("DELETE FROM event WHERE flow IN ({piece})"));
        }
        statements.push(format!("DELETE FROM operation WHERE flow IN ({piece})"));
        statements.push(format!("DELETE FROM notice WHERE flow IN ({piece})"));
        statements.push(format!("DELETE FROM flow_found_by WHERE flow IN ({piece})"));
        statements.push(format!(
            "DELETE FROM flow_key WHERE (date, party, direction, once) IN
               (SELECT date, party, direction, once FROM flow WHERE flow IN ({piece}))"
        ));
        statements.push(format!("DELETE FROM flow WHERE flow IN ({piece})"));
        for sql in &statements {
            self.database.run(sql, values![i64::from(oldest.0)])?;
        }
        Ok(())
    }

    /// What counts for ever counts on when its flow is forgotten: it becomes part of one hold of its limit that is no flow's.
    fn keep_for_ever(&mut self, oldest: Day, piece: &str) -> Result<(), Fault> {
        let sql = format!(
            "SELECT name, CAST(sum(amount) AS bigint) FROM limit_hold
             WHERE day = 0 AND flow IN ({piece}) GROUP BY name ORDER BY name"
        );
        for mut row in self.database.rows(&sql, values![i64::from(oldest.0)])? {
            let (hold, amount) = (Hold::of_forgotten(row.text(0)?), row.int(1)?);
            let kept = self.database.one(
                "INSERT INTO limit_hold (flow, operation, name, day, amount) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (flow, operation, name, day) DO UPDATE SET amount = limit_hold.amount + excluded.amount
                 RETURNING amount",
                values![int(hold.flow.0), &hold.operation, &hold.limit, i64::from(hold.day.0), amount],
            )?;
            let kept = kept.map_or(Ok(amount), |mut kept| kept.int(0))?;
            self.entries.push(Kind::Hold, hold.flow.0, hold_name(&hold), &Columns::new().int(kept).finish());
        }
        Ok(())
    }

    /// From the front, so that what is left still ends with the day's last hash.
    pub(super) fn forget_chain(&mut self, day: Day, place: u64) -> Result<(), Fault> {
        let date = i64::from(day.0);
        self.entries.push(Kind::Passing, place, 0, &Columns::new().int(date).finish());
        let gone = if self.database.has_partitions() {
            self.database.drop_day(day)?
        } else {
            self.database.run(
                "DELETE FROM journal WHERE sequence IN
                   (SELECT sequence FROM journal WHERE date = ?1 ORDER BY sequence LIMIT ?2)",
                values![date, int(FORGOTTEN as u64)],
            )?;
            self.database.one("SELECT 1 FROM journal WHERE date = ?1 LIMIT 1", values![date])?.is_none()
        };
        if gone {
            self.database.run("UPDATE forgotten SET gone = 1 WHERE date = ?1", values![date])?;
        }
        Ok(())
    }
}

fn cancelled_key([date, direction]: [i64; 2], party: String, once: Vec<u8>) -> Result<Key, Fatal> {
    let of = u8::try_from(direction).ok().and_then(Direction::from_code);
    let direction = of.ok_or_else(|| Fatal::Corrupt {
        expected: "0 or 1".into(),
        found: direction.to_string(),
        at: "flow_key.direction".into(),
    })?;
    Ok(Key { date: day_of(date, "flow_key.date")?, party, direction, once })
}

/// A day that was forgotten, from its row.
pub(super) fn forgotten_day(row: &mut Row) -> Result<crate::days::ForgottenDay, Fault> {
    let export = match (row.take(3), row.bytes_or(4)?) {
        (super::Cell::Text(name), Some(sha256)) => Some((name, super::hash_of(&sha256, "forgotten.sha256")?)),
        _ => None,
    };
    Ok(crate::days::ForgottenDay {
        date: day_of(row.int(0)?, "forgotten.date")?,
        at: Moment(row.int(1)?),
        by: row.text(2)?,
        export,
        gone: row.flag(5)?,
    })
}
