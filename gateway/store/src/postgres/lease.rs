//! Who writes the journal, and until when: the row `holder`.
//!
//! A lease is renewed at a third of its length, by the writer itself, so that a process that stands still renews nothing.
//! Take-over ends the session of the holder before, raises the epoch, and so fences whatever that one sends late.

use super::wire::Wire;
use crate::held::Held;
use crate::model::Day;
use crate::sql::{Database, Fault, day_of, int, values, whole};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// The server's clock, in milliseconds since 1970 UTC.
const NOW: &str = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)";
/// When this session began, likewise.
const SINCE: &str = "(SELECT CAST(extract(epoch FROM backend_start) * 1000 AS bigint) FROM pg_stat_activity
                      WHERE pid = pg_backend_pid())";

/// The lease of one holder, as it knows it.
pub(super) struct Lease {
    length: Duration,
    /// A moment before the last renewal was asked for.
    renewed: Cell<Instant>,
    held: Held,
}

/// What a take-over came to.
pub(super) enum Taken {
    Ours(Holding),
    Others(String),
}

/// The journal is ours.
pub(super) struct Holding {
    pub(super) epoch: u64,
    pub(super) oldest: Day,
}

impl Lease {
    pub(super) fn new(length: Duration) -> Self {
        Self { length, renewed: Cell::new(Instant::now()), held: Held::new() }
    }

    /// Until when it is held, for whoever must know without asking the server.
    pub(super) fn held(&self) -> Held {
        self.held.clone()
    }

    /// Held since a moment before it was asked for. What is begun in the last sixth of it could end after it.
    fn is_held(&self, before: Instant) {
        self.renewed.set(before);
        self.held.until(before + self.length - self.length / 6);
    }

    fn milliseconds(&self) -> i64 {
        int(u64::try_from(self.length.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn is_due(&self) -> bool {
        self.renewed.get().elapsed() >= self.length / 3
    }

    /// Until it is due.
    pub(super) fn next(&self) -> Duration {
        (self.length / 3).saturating_sub(self.renewed.get().elapsed())
    }

    pub(super) fn take_over(&self, wire: &Wire, node: &str) -> Result<Taken, Fault> {
        let before = Instant::now();
        let first = format!(
            "INSERT INTO holder (only_one, node, epoch, oldest, until, backend, since)
             VALUES (1, ?1, 1, 0, {NOW} + ?2, pg_backend_pid(), {SINCE})
             ON CONFLICT (only_one) DO NOTHING RETURNING epoch, oldest"
        );
        let mut row = wire.one(&first, values![node, self.milliseconds()])?;
        if row.is_none() {
            let seen = format!("SELECT node, epoch, until <= {NOW} FROM holder WHERE only_one = 1");
            let held = wire.one(&seen, values![])?;
            let mut held = held.ok_or_else(|| Fault::failed("the row of the holder is not there"))?;
            let (holder, epoch, over) = (held.text(0)?, held.int(1)?, held.flag(2)?);
            if holder != node && !over {
                return Ok(Taken::Others(holder));
            }
            end_session(wire)?;
            let next = format!(
                "UPDATE holder SET node = ?1, epoch = epoch + 1, until = {NOW} + ?2, backend = pg_backend_pid(),
                 since = {SINCE} WHERE only_one = 1 AND epoch = ?3 AND (node = ?1 OR until <= {NOW})
                 RETURNING epoch, oldest"
            );
            row = wire.one(&next, values![node, self.milliseconds(), epoch])?;
            if row.is_none() {
                return Ok(Taken::Others(holder));
            }
        }
        self.is_held(before);
        let mut row = row.ok_or_else(|| Fault::failed("a take-over gave no row"))?;
        let (epoch, oldest) = (whole(row.int(0)?, "holder.epoch")?, day_of(row.int(1)?, "holder.oldest")?);
        Ok(Taken::Ours(Holding { epoch, oldest }))
    }

    /// Renews it if it is still ours; the epoch that stands there.
    pub(super) fn renew(&self, wire: &Wire, epoch: u64) -> Result<u64, Fault> {
        let before = Instant::now();
        let sql =
            format!("UPDATE holder SET until = {NOW} + ?1 WHERE only_one = 1 AND epoch = ?2 RETURNING epoch");
        match wire.one(&sql, values![self.milliseconds(), int(epoch)])? {
            Some(mut row) => {
                self.is_held(before);
                Ok(whole(row.int(0)?, "holder.epoch")?)
            }
            None => {
                let held = wire.number("SELECT epoch FROM holder WHERE only_one = 1", values![])?;
                Ok(whole(held, "holder.epoch")?)
            }
        }
    }

    /// On a new connection of the same holder: ends the session before, waits until its transaction is over, and notes
    /// the new one. Nothing is changed where another holds the journal by now; the next write finds that out.
    pub(super) fn hold_again(&self, wire: &Wire, epoch: u64) -> Result<(), Fault> {
        let before = Instant::now();
        let held = wire.number("SELECT epoch FROM holder WHERE only_one = 1", values![])?;
        if held != int(epoch) {
            return Ok(());
        }
        end_session(wire)?;
        let sql = format!(
            "UPDATE holder SET until = {NOW} + ?1, backend = pg_backend_pid(), since = {SINCE}
             WHERE only_one = 1 AND epoch = ?2 RETURNING epoch"
        );
        if wire.one(&sql, values![self.milliseconds(), int(epoch)])?.is_some() {
            self.is_held(before);
        }
        Ok(())
    }

    /// Lets another take over at once.
    pub(super) fn give_back(&self, wire: &Wire, epoch: u64) -> Result<(), Fault> {
        let sql = "UPDATE holder SET until = 0 WHERE only_one = 1 AND epoch = ?1 RETURNING epoch";
        wire.rows(sql, values![int(epoch)]).map(drop)
    }
}

/// Ends the session that the holder of now writes by, if it is not this one: one that stands still with a transaction open
/// would keep the row locked.
fn end_session(wire: &Wire) -> Result<(), Fault> {
    let sql = "SELECT pg_terminate_backend(a.pid) FROM holder h JOIN pg_stat_activity a ON a.pid = h.backend
               AND CAST(extract(epoch FROM a.backend_start) * 1000 AS bigint) = h.since
               WHERE a.pid <> pg_backend_pid()";
    wire.rows(sql, values![]).map(drop)
}
