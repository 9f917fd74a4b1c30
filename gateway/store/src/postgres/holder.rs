//! The row `holder` of a database, by which the lease of the journal is kept. Its moments are of the server's clock.

use super::wire::Wire;
use crate::lease::{HolderRow, Holding, Seen};
use crate::sql::{Database, Fault, Row, day_of, int, values, whole};
use std::time::Duration;

/// The server's clock, in milliseconds since 1970 UTC.
const NOW: &str = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)";
/// When this session began, likewise.
const SINCE: &str = "(SELECT CAST(extract(epoch FROM backend_start) * 1000 AS bigint) FROM pg_stat_activity
                      WHERE pid = pg_backend_pid())";

fn milliseconds(length: Duration) -> i64 {
    int(u64::try_from(length.as_millis()).unwrap_or(u64::MAX))
}

fn holding(row: Option<Row>) -> Result<Option<Holding>, Fault> {
    let Some(mut row) = row else { return Ok(None) };
    let (epoch, oldest) = (whole(row.int(0)?, "holder.epoch")?, day_of(row.int(1)?, "holder.oldest")?);
    Ok(Some(Holding { epoch, oldest }))
}

impl HolderRow for Wire {
    type Fault = Fault;

    fn make(&self, node: &str, length: Duration) -> Result<Option<Holding>, Fault> {
        let sql = format!(
            "INSERT INTO holder (only_one, node, epoch, oldest, until, backend, since)
             VALUES (1, ?1, 1, 0, {NOW} + ?2, pg_backend_pid(), {SINCE})
             ON CONFLICT (only_one) DO NOTHING RETURNING epoch, oldest"
        );
        holding(self.one(&sql, values![node, milliseconds(length)])?)
    }

    fn seen(&self) -> Result<Seen, Fault> {
        let sql = format!("SELECT node, epoch, until <= {NOW} FROM holder WHERE only_one = 1");
        let row = self.one(&sql, values![])?;
        let mut row = row.ok_or_else(|| Fault::failed("the row of the holder is not there"))?;
        Ok(Seen { node: row.text(0)?, epoch: whole(row.int(1)?, "holder.epoch")?, over: row.flag(2)? })
    }

    /// One that stands still with a transaction open would keep the row locked.
    fn end_session(&self) -> Result<(), Fault> {
        let sql =
            "SELECT pg_terminate_backend(a.pid) FROM holder h JOIN pg_stat_activity a ON a.pid = h.backend
             AND CAST(extract(epoch FROM a.backend_start) * 1000 AS bigint) = h.since
             WHERE a.pid <> pg_backend_pid()";
        self.rows(sql, values![]).map(drop)
    }

    fn succeed(&self, node: &str, epoch: u64, length: Duration) -> Result<Option<Holding>, Fault> {
        let sql = format!(
            "UPDATE holder SET node = ?1, epoch = epoch + 1, until = {NOW} + ?2, backend = pg_backend_pid(),
             since = {SINCE} WHERE only_one = 1 AND epoch = ?3 AND (node = ?1 OR until <= {NOW})
             RETURNING epoch, oldest"
        );
        holding(self.one(&sql, values![node, milliseconds(length), int(epoch)])?)
    }

    fn renew(&self, epoch: u64, length: Duration) -> Result<bool, Fault> {
        let sql =
            format!("UPDATE holder SET until = {NOW} + ?1 WHERE only_one = 1 AND epoch = ?2 RETURNING epoch");
        Ok(self.one(&sql, values![milliseconds(length), int(epoch)])?.is_some())
    }

    fn renew_here(&self, epoch: u64, length: Duration) -> Result<bool, Fault> {
        let sql = format!(
            "UPDATE holder SET until = {NOW} + ?1, backend = pg_backend_pid(), since = {SINCE}
             WHERE only_one = 1 AND epoch = ?2 RETURNING epoch"
        );
        Ok(self.one(&sql, values![milliseconds(length), int(epoch)])?.is_some())
    }

    fn epoch(&self) -> Result<u64, Fault> {
        let held = self.number("SELECT epoch FROM holder WHERE only_one = 1", values![])?;
        Ok(whole(held, "holder.epoch")?)
    }
}

/// Lets another take over at once.
pub(super) fn give_back(wire: &Wire, epoch: u64) -> Result<(), Fault> {
    let sql = "UPDATE holder SET until = 0 WHERE only_one = 1 AND epoch = ?1 RETURNING epoch";
    wire.rows(sql, values![int(epoch)]).map(drop)
}
