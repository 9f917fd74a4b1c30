//! Rows in the order of their keys, more of them than memory holds: sorted on disk by SQLite's own merge sort.
//!
//! In: rows as they come, each with a key and a rank among those of the same key. Out: the same in order, one at a time.
//! It stands in a file of its own that is gone when it is dropped. It must not know what a row means.

use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};

/// Memory that the sort may take, in KiB; what is more goes to temporary files.
const MEMORY: i64 = 16_384;
/// Rows of one transaction.
const BATCH: u64 = 100_000;

/// The disk does not take or give the rows.
#[derive(Debug, thiserror::Error)]
#[error("rows are not sorted: {0}")]
pub struct SortFault(#[from] rusqlite::Error);

/// Rows that are being put, to be had in order.
pub struct Sorting {
    connection: Option<Connection>,
    place: PathBuf,
    count: u64,
}

impl Sorting {
    /// Begins with no rows, in a file at this place; what stood there goes.
    ///
    /// # Errors
    /// See [`SortFault`].
    pub fn begin(place: &Path) -> Result<Self, SortFault> {
        drop(std::fs::remove_file(place));
        let connection = Connection::open(place)?;
        // Rows that a crash takes are put again from where they came.
        connection.execute_batch(&format!(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
             PRAGMA temp_store = FILE; PRAGMA cache_size = -{MEMORY};
             CREATE TABLE row (key BLOB NOT NULL, rank INTEGER NOT NULL, body BLOB NOT NULL) STRICT; BEGIN"
        ))?;
        Ok(Self { connection: Some(connection), place: place.to_owned(), count: 0 })
    }

    fn connection(&self) -> Result<&Connection, SortFault> {
        self.connection.as_ref().ok_or(SortFault(rusqlite::Error::InvalidQuery))
    }

    /// Puts a row.
    ///
    /// # Errors
    /// See [`SortFault`].
    pub fn put(&mut self, key: &[u8], rank: u8, body: &[u8]) -> Result<(), SortFault> {
        let connection = self.connection()?;
        connection
            .prepare_cached("INSERT INTO row (key, rank, body) VALUES (?1, ?2, ?3)")?
            .execute(params![key, rank, body])?;
        self.count += 1;
        if self.count.is_multiple_of(BATCH) {
            self.connection()?.execute_batch("COMMIT; BEGIN")?;
        }
        Ok(())
    }

    /// Gives every row, by key, then by rank, then in the order in which they were put.
    ///
    /// # Errors
    /// See [`SortFault`], or what `take` says.
    pub fn each<E: From<SortFault>>(
        self,
        mut take: impl FnMut(&[u8], u8, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let connection = self.connection()?;
        connection.execute_batch("COMMIT").map_err(SortFault)?;
        let sql = "SELECT key, rank, body FROM row ORDER BY key, rank, rowid";
        let mut statement = connection.prepare(sql).map_err(SortFault)?;
        let mut rows = statement.query([]).map_err(SortFault)?;
        while let Some(row) = rows.next().map_err(SortFault)? {
            let bytes = |at: usize| row.get_ref(at).and_then(|value| Ok(value.as_blob()?)).map_err(SortFault);
            let rank = row.get(1).map_err(SortFault)?;
            take(bytes(0)?, rank, bytes(2)?)?;
        }
        Ok(())
    }
}

impl Drop for Sorting {
    fn drop(&mut self) {
        drop(self.connection.take());
        drop(std::fs::remove_file(&self.place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_by_key_then_rank_then_as_they_were_put() {
        let place = std::env::temp_dir().join(format!("sorting-{}", std::process::id()));
        let mut sorting = Sorting::begin(&place).unwrap();
        for (key, rank, body) in [("b", 1, "3"), ("a", 4, "2"), ("b", 0, "1"), ("a", 4, "0"), ("", 9, "x")] {
            sorting.put(key.as_bytes(), rank, body.as_bytes()).unwrap();
        }
        assert!(place.exists());
        let mut told = String::new();
        let each = sorting.each(|key, rank, body| {
            let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
            told += &format!("{}{rank}{} ", text(key), text(body));
            Ok::<(), SortFault>(())
        });
        each.unwrap();
        assert_eq!(told, "9x a42 a40 b01 b13 ");
        assert!(!place.exists(), "nothing is left on the disk");
    }
}
