//! What a message lies in: every space but its own fields.
//!
//! The codec asks it for facts, settings, business values and keys, and hands it what it learns. The engine, the
//! tools, the simulators and the tests implement it.

use std::borrow::Cow;
use std::sync::Arc;

use dsl::evaluate::{Fault, Value};
use dsl::model::Load;
use dsl::value::{DateTime, Symbols};

use crate::seal::PreparedKey;

/// All spaces other than the message's own fields ([`dsl::model::Space::Field`] is never asked here).
pub trait Surroundings {
    /// The value of a reference; [`Value::Rows`] for a list that is there.
    ///
    /// # Errors
    /// [`Fault::NotThere`] for a space that this exchange does not have.
    fn load<'s>(&'s self, load: &Load) -> Result<Value<'s>, Fault>;

    /// How many rows a business list has; 0 when it is absent.
    ///
    /// # Errors
    /// As [`Surroundings::load`].
    fn rows(&self, list: &Load) -> Result<u32, Fault>;

    /// Enters a row (from 0) of a business list; entering again moves on.
    ///
    /// # Errors
    /// [`Fault::Broken`] where there is no such row.
    fn enter(&self, list: &Load, row: u32) -> Result<(), Fault>;

    /// Back to what was entered before.
    fn leave(&self, list: &Load);

    /// Number of the row that is entered, from 1.
    ///
    /// # Errors
    /// [`Fault::Broken`] where none is.
    fn position(&self, row: &Load) -> Result<u32, Fault>;

    /// A fact that the message told.
    ///
    /// # Errors
    /// Any fault if the value cannot be that fact (an unknown member).
    fn learn(&mut self, to: &Load, value: &Value<'_>) -> Result<(), Fault>;

    /// A value of a business record, from a mapping.
    ///
    /// # Errors
    /// [`Fault::NotThere`] for a space that cannot be filled here.
    fn set(&mut self, to: &Load, value: &Value<'_>) -> Result<(), Fault>;

    /// Puts a row behind the others of a business list, so many slots wide, and enters it. The first call for a list
    /// that is absent makes it; `begin_rows` makes an empty one.
    ///
    /// # Errors
    /// [`Fault::TooLong`] beyond `max` rows.
    fn append(&mut self, list: &Load, stride: u16, max: u32) -> Result<(), Fault>;

    /// Makes an empty list.
    ///
    /// # Errors
    /// As [`Surroundings::set`].
    fn begin_rows(&mut self, list: &Load, stride: u16) -> Result<(), Fault>;

    /// A prepared key.
    ///
    /// # Errors
    /// [`Fault::NoKey`] where the deployment has none.
    fn key(&self, key: &Load) -> Result<Arc<PreparedKey>, Fault>;

    /// The versions of a key that what came in may be checked with, newest first: while they overlap more than the one that
    /// holds.
    ///
    /// # Errors
    /// As [`Surroundings::key`].
    fn keys_for_checking(&self, key: &Load) -> Result<Vec<Arc<PreparedKey>>, Fault> {
        self.key(key).map(|key| vec![key])
    }

    /// The octets of a `secret` key, where it is used as text.
    ///
    /// # Errors
    /// [`Fault::NoKey`] where the deployment has none, or the key never leaves its place.
    fn secret(&self, key: &Load) -> Result<Cow<'_, [u8]>, Fault>;

    /// The text of a setting that names an algorithm.
    ///
    /// # Errors
    /// [`Fault::NotThere`] where the deployment does not set it.
    fn setting_text(&self, setting: u16) -> Result<Cow<'_, str>, Fault>;

    /// Octets that nobody can guess.
    ///
    /// # Errors
    /// [`Fault::Seal`] where the source of them failed: nothing secret may be drawn then.
    fn random(&self, octets: &mut [u8]) -> Result<(), Fault>;

    /// The table of names.
    fn symbols(&self) -> &Symbols;

    /// The moment, in the bank's zone.
    ///
    /// # Errors
    /// [`Fault::Broken`] where no clock may be looked at.
    fn now(&self) -> Result<DateTime, Fault> {
        Err(Fault::Broken)
    }

    /// The next number of the party's counter.
    ///
    /// # Errors
    /// [`Fault::Broken`] where none may be taken.
    fn counter(&self, _digits: u32) -> Result<u64, Fault> {
        Err(Fault::Broken)
    }
}
