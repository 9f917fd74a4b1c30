//! A connection for reading that is made again when it was lost; the read is repeated.

use super::wire::Wire;
use super::{PATIENCE, PAUSE, Place};
use crate::sql::{Database, Fault, Row, Value};
use std::cell::RefCell;
use std::time::Instant;

pub(super) struct Lasting {
    place: Place,
    wire: RefCell<Wire>,
}

impl Lasting {
    pub(super) fn connect(place: Place) -> Result<Self, Fault> {
        let wire = RefCell::new(reading(&place, 0)?);
        Ok(Self { place, wire })
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
        let first = self.wire.borrow().rows(sql, values);
        let Err(Fault::Lost(mut why)) = first else { return first };
        let (began, least) = (Instant::now(), self.wire.borrow().timeline());
        loop {
            tracing::warn!(why, place = %self.place, "a connection for reading was lost; reaching the database again");
            let again = reading(&self.place, least).and_then(|again| {
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
