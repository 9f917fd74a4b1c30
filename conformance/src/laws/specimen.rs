//! Messages that are made up, for another implementation to judge.
//!
//! In: an adapter in one variant. Out: octets with every value in them, codes as they stand on the wire, and what was
//! known: settings, test keys, session values. Who wrote a second implementation from the party's specification reads the
//! octets by it and compares. It must not know what judges.

use super::around::standings;
use super::values::Values;
use super::{Ended, traveller};
use crate::inspect::names;
use crate::scene::Adapter;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A message that was made up.
#[derive(Clone, Debug, Serialize)]
pub struct Specimen {
    /// `CALL.request`, `CALL.reply`.
    pub message: String,
    /// Which of its cases: the usual one first, then the borders of types.
    pub case: usize,
    /// Octets in hex, by part: `content`, and of HTTP `path`, `query`, `headers`, `status`.
    pub parts: BTreeMap<String, String>,
    /// The name of the file.
    pub file: Option<String>,
    /// Every value by the field's name; amounts in fen, days and times in ISO form, codes as their text on the wire.
    pub fields: Map<String, Value>,
    /// What was known: `setting`, `key` (test keys), `session`, `member`.
    pub given: Map<String, Value>,
}

/// All cases of all messages of an adapter, as far as they can be made up.
#[must_use]
pub fn specimens(adapter: &Adapter) -> Vec<Specimen> {
    let values = Values::new(adapter);
    let standings = standings(adapter, &values);
    let mut made = Vec::new();
    for name in names(adapter) {
        let Some(traveller) = traveller(adapter, &standings, &values, &name) else { continue };
        for case in 0..traveller.cases() {
            match traveller.specimen(case) {
                Ok(specimen) => made.push(specimen),
                Err(Ended::NotGenerated(_) | Ended::Broken(..)) => {}
            }
        }
    }
    made
}
