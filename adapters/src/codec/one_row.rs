//! A business row that stands by itself: what is said of the list that it belongs to is kept here, one row at a time.
//!
//! In: mappings, as for a whole message. Out: the row as a record. All else is asked of what stands around.

use std::borrow::Cow;
use std::sync::Arc;

use dsl::evaluate::{Fault, Value};
use dsl::model::{Load, Space};
use dsl::value::{DateTime, Symbols};

use crate::seal::PreparedKey;
use crate::value::{Record, RowsEntered, Surroundings};

/// One row of a business list, and the surroundings without that list.
pub(super) struct OneRow<'s> {
    around: &'s mut dyn Surroundings,
    pub(super) row: Record,
    entered: RowsEntered,
}

impl<'s> OneRow<'s> {
    pub(super) fn new(around: &'s mut dyn Surroundings, stride: u16) -> Self {
        OneRow { around, row: Record::new(stride), entered: RowsEntered::default() }
    }

    /// The reference as one of the row, if it is: `item.x`, or what stands in a list of it.
    fn own(load: &Load) -> Option<Load> {
        let level = load.level.checked_sub(1)?;
        (load.space == Space::Item).then_some(Load { level, ..*load })
    }
}

impl Surroundings for OneRow<'_> {
    fn load<'v>(&'v self, load: &Load) -> Result<Value<'v>, Fault> {
        match Self::own(load) {
            Some(own) => self.row.value(self.entered.index(own.level, own.slot)?),
            None => self.around.load(load),
        }
    }

    fn rows(&self, list: &Load) -> Result<u32, Fault> {
        match Self::own(list) {
            Some(own) => self.entered.count(&self.row, &own),
            None => self.around.rows(list),
        }
    }

    fn enter(&self, list: &Load, row: u32) -> Result<(), Fault> {
        match Self::own(list) {
            Some(own) => self.entered.enter(&self.row, &own, row),
            None => self.around.enter(list, row),
        }
    }

    fn leave(&self, list: &Load) {
        match Self::own(list) {
            Some(own) => self.entered.leave(&own),
            None => self.around.leave(list),
        }
    }

    fn position(&self, row: &Load) -> Result<u32, Fault> {
        match Self::own(row) {
            Some(own) if own.level > 0 => self.entered.position(own.level),
            _ => self.around.position(row),
        }
    }

    fn learn(&mut self, to: &Load, value: &Value<'_>) -> Result<(), Fault> {
        self.around.learn(to, value)
    }

    fn set(&mut self, to: &Load, value: &Value<'_>) -> Result<(), Fault> {
        match Self::own(to) {
            Some(own) => self.row.set(self.entered.index(own.level, own.slot)?, value),
            None => self.around.set(to, value),
        }
    }

    fn append(&mut self, list: &Load, stride: u16, max: u32) -> Result<(), Fault> {
        let Some(own) = Self::own(list) else { return self.around.append(list, stride, max) };
        let index = self.entered.index(own.level, own.slot)?;
        if self.row.rows(index).is_none() {
            self.row.begin_list(index, stride, 0)?;
        }
        self.row.append_row(index, max)?;
        let last = self.row.rows(index).map_or(0, |rows| rows.count.saturating_sub(1));
        self.entered.enter(&self.row, &own, last)
    }

    fn begin_rows(&mut self, list: &Load, stride: u16) -> Result<(), Fault> {
        match Self::own(list) {
            Some(own) => self.row.begin_list(self.entered.index(own.level, own.slot)?, stride, 0),
            None => self.around.begin_rows(list, stride),
        }
    }

    fn key(&self, key: &Load) -> Result<Arc<PreparedKey>, Fault> {
        self.around.key(key)
    }

    fn keys_for_checking(&self, key: &Load) -> Result<Vec<Arc<PreparedKey>>, Fault> {
        self.around.keys_for_checking(key)
    }

    fn secret(&self, key: &Load) -> Result<Cow<'_, [u8]>, Fault> {
        self.around.secret(key)
    }

    fn setting_text(&self, setting: u16) -> Result<Cow<'_, str>, Fault> {
        self.around.setting_text(setting)
    }

    fn random(&self, octets: &mut [u8]) -> Result<(), Fault> {
        self.around.random(octets)
    }

    fn symbols(&self) -> &Symbols {
        self.around.symbols()
    }

    fn now(&self) -> Result<DateTime, Fault> {
        self.around.now()
    }

    fn counter(&self, digits: u32) -> Result<u64, Fault> {
        self.around.counter(digits)
    }
}
