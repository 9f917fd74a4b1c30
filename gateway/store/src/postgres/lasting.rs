//! A connection for reading that is made again when it was lost; the read is repeated.

use super::wire::Wire;
use super::{PATIENCE, PAUSE, Place};
use crate::sql::{Database, Fault, Row, Value};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

pub(super) struct Lasting {
    place: Place,
    wire: RefCell<Wire>,
    /// The timeline that the writer is on, where there is one: what an older server still says is of the past.
    least: Arc<AtomicI64>,
}

impl Lasting {
    pub(super) fn connect(place: Place, least: Arc<AtomicI64>) -> Result<Self, Fault> {
        let wire = RefCell::new(reading(&place, least.load(Ordering::Acquire))?);
        Ok(Self { place, wire, least })
    }

    fn least(&self) -> i64 {
        self.least.load(Ordering::Acquire).max(self.wire.borrow().timeline())
    }

    fn read(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        let wire = self.wire.borrow();
        if wire.timeline() < self.least() {
            return Err(Fault::Lost(format!("{} was replaced", wire.server())));
        }
        wire.rows(sql, values)
    }
}

fn reading(place: &Place, least: i64) -> Result<Wire, Fault> {
    let wire = Wire::connect(place, least)?;
    wire.batch("SET default_transaction_read_only = on")?;
    Ok(wire)
}

impl Database for Lasting {
    fn run(&self, sql: &str, values: &[Value<'_>]) -> Result<(), Fault> {
        self.rows(sql, values).map(drop)
    }

    fn rows(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        let first = self.read(sql, values);
        let Err(Fault::Lost(mut why)) = first else { return first };
        let began = Instant::now();
        loop {
            tracing::warn!(why, place = %self.place, "a connection for reading was lost; reaching the database again");
            let again = reading(&self.place, self.least()).and_then(|again| {
                let rows = again.rows(sql, values)?;
                self.wire.replace(again);
                Ok(rows)
            });
            match again {
                Err(Fault::Lost(again)) if began.elapsed() < PATIENCE => why = again,
                again => return again,
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn walk(&self, sql: &str, each: &mut dyn FnMut(Row) -> Result<(), Fault>) -> Result<(), Fault> {
        self.wire.borrow().walk(sql, each)
    }
}
