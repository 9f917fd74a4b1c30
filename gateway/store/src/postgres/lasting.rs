//! A connection for reading that is made again when it was lost, for as long as the writer tries to: a read is repeated.

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
        let wire = RefCell::new(reading(&place)?);
        Ok(Self { place, wire })
    }
}

fn reading(place: &Place) -> Result<Wire, Fault> {
    let wire = Wire::connect(place)?;
    wire.batch("SET default_transaction_read_only = on")?;
    Ok(wire)
}

impl Database for Lasting {
    fn run(&self, sql: &str, values: &[Value<'_>]) -> Result<(), Fault> {
        self.rows(sql, values).map(drop)
    }

    fn rows(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        let (mut read, began) = (self.wire.borrow().rows(sql, values), Instant::now());
        loop {
            let Err(Fault::Lost(why)) = read else { return read };
            if began.elapsed() > PATIENCE {
                return Err(Fault::Lost(why));
            }
            tracing::warn!(why, place = %self.place, "a connection for reading was lost; reaching the database again");
            std::thread::sleep(PAUSE);
            read = reading(&self.place).and_then(|again| {
                let rows = again.rows(sql, values);
                self.wire.replace(again);
                rows
            });
        }
    }

    fn walk(&self, sql: &str, each: &mut dyn FnMut(Row) -> Result<(), Fault>) -> Result<(), Fault> {
        self.wire.borrow().walk(sql, each)
    }
}
