//! A connection for reading that is made again when it was lost; the read is repeated.

use super::wire::Wire;
use super::{PATIENCE, PAUSE, Place, UNSETTLED};
use crate::sql::{Database, Fault, Row, Value};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

pub(super) struct Lasting {
    place: Place,
    wire: RefCell<Wire>,
    /// The timeline that the writer is on, where there is one: what an older server still says is of the past.
    least: Arc<AtomicI64>,
    /// Inside a snapshot, which another connection would not see: what is lost then is lost.
    bound: Cell<bool>,
}

impl Lasting {
    pub(super) fn connect(place: Place, least: Arc<AtomicI64>) -> Result<Self, Fault> {
        let wire = RefCell::new(reading(&place, least.load(Ordering::Acquire))?);
        Ok(Self { place, wire, least, bound: Cell::new(false) })
    }

    fn least(&self) -> i64 {
        self.least.load(Ordering::Acquire).max(self.wire.borrow().timeline())
    }

    fn read(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        self.settled()?;
        let wire = self.wire.borrow();
        if wire.timeline() < self.least() {
            return Err(Fault::Lost(format!("{} was replaced", wire.server())));
        }
        wire.rows(sql, values)
    }

    /// Lost for now where the writer does not know what became of its last commit.
    fn settled(&self) -> Result<(), Fault> {
        if self.least.load(Ordering::Acquire) == UNSETTLED {
            return Err(Fault::Lost("what became of the last commit is not known yet".to_owned()));
        }
        Ok(())
    }
}

fn reading(place: &Place, least: i64) -> Result<Wire, Fault> {
    let wire = Wire::connect(place, least)?;
    wire.batch("SET default_transaction_read_only = on")?;
    Ok(wire)
}

impl Database for Lasting {
    /// On a connection of its own: an older one may be gone, which is told only when it is asked.
    fn snapshot(&self) -> Result<(), Fault> {
        self.wire.replace(reading(&self.place, self.least())?);
        self.wire.borrow().snapshot()?;
        self.bound.set(true);
        Ok(())
    }

    fn has_partitions(&self) -> bool {
        true
    }

    fn run(&self, sql: &str, values: &[Value<'_>]) -> Result<(), Fault> {
        // Whatever a snapshot is ended by: the next read is one of its own.
        if self.bound.replace(false) {
            return self.wire.borrow().rows(sql, values).map(drop);
        }
        self.rows(sql, values).map(drop)
    }

    fn rows(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        let first = self.read(sql, values);
        if self.bound.get() {
            return first;
        }
        let Err(Fault::Lost(mut why)) = first else { return first };
        let began = Instant::now();
        loop {
            tracing::warn!(why, place = %self.place, "a connection for reading was lost; reaching the database again");
            let again = self.settled().and_then(|()| reading(&self.place, self.least())).and_then(|again| {
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
