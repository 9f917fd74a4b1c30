//! Messages that are made up, for another implementation to judge.
//!
//! In: adapters, checked. Out: octets with every value in them, codes as they stand on the wire, and what was
//! known: settings, test keys, session values. Who wrote a second implementation from the party's specification reads the
//! octets by it and compares. It must not know what judges.

use super::around::standings;
use super::values::Values;
use super::{Ended, travellers};
use crate::examples::{adapter, adapter_of};
use crate::inspect::names;
use crate::scene::Adapter;
use dsl::check::{Checked, Sources};
use dsl::document::{Sample, SealStep};
use dsl::model::Model;
use dsl::program::Compiled;
use dsl::resolve::{Choice, variants};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A message that was made up.
#[derive(Clone, Debug, Serialize)]
pub struct Specimen {
    /// The adapter's variant: settings by name.
    pub variant: BTreeMap<String, String>,
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
    /// Seals and ciphers in the order in which they were made.
    #[serde(skip)]
    pub seals: Vec<SealStep>,
}

/// All cases of all messages of a party in each of its variants, as far as they can be made up.
#[must_use]
pub fn specimens(sources: &Sources, checked: &Checked, folder: &str) -> Vec<Specimen> {
    let Some(compiled) = &checked.compiled else { return Vec::new() };
    let mut made = specimens_of(&checked.model, compiled, folder, &first_variant(sources, folder));
    for other in checked.others.iter().filter(|other| *other.folder == *folder) {
        if other.model.modules.get(other.place).is_some_and(|module| module.party.is_some()) {
            made.extend(of_variant(&adapter_of(other), &other.choice));
        }
    }
    made
}

/// The variant of a party where nothing is chosen.
#[must_use]
pub fn first_variant(sources: &Sources, folder: &str) -> Choice {
    let known = sources.folders.iter().find(|known| *known.name == *folder).map(variants);
    known.and_then(|all| all.into_iter().next()).unwrap_or_default()
}

/// All cases of all messages of a party in the one variant that was compiled.
#[must_use]
pub fn specimens_of(model: &Model, compiled: &Compiled, folder: &str, choice: &Choice) -> Vec<Specimen> {
    let mut modules = model.modules.iter();
    let place = modules.position(|module| *module.folder == *folder && module.party.is_some());
    place
        .and_then(|place| adapter(compiled, place))
        .map_or_else(Vec::new, |adapter| of_variant(&adapter, choice))
}

fn of_variant(adapter: &Adapter, choice: &Choice) -> Vec<Specimen> {
    let values = Values::new(adapter);
    let standings = standings(adapter, &values);
    let mut made = Vec::new();
    for name in names(adapter) {
        for traveller in travellers(adapter, &standings, &values, &name) {
            for case in 0..traveller.cases() {
                match traveller.specimen(case) {
                    Ok(mut specimen) => {
                        specimen.choose(choice);
                        made.push(specimen);
                    }
                    Err(Ended::NotGenerated(_) | Ended::Broken(..)) => {}
                }
            }
        }
    }
    made
}

impl Specimen {
    /// Says its variant, in its settings too: what a variant is compiled for is none of the settings that it reads.
    fn choose(&mut self, choice: &Choice) {
        for (setting, name) in choice {
            self.variant.insert(setting.to_string(), name.to_string());
            let known = self.given.get_mut("setting").and_then(|all| all.get_mut(&**setting));
            if let Some(known) = known {
                *known = if known.is_boolean() { (&**name == "yes").into() } else { (&**name).into() };
            }
        }
    }

    /// As a worked sample for the interface document.
    #[must_use]
    pub fn sample(&self) -> Sample {
        let octets = |hex: &String| crate::fields::octets(hex).unwrap_or_default();
        let (mut values, mut given) = (Vec::new(), Vec::new());
        flat("", &Value::Object(self.fields.clone()), &mut values);
        flat("", &Value::Object(self.given.clone()), &mut given);
        Sample {
            message: self.message.clone(),
            parts: self.parts.iter().map(|(part, hex)| (part.clone(), octets(hex))).collect(),
            values,
            given,
            seals: self.seals.clone(),
        }
    }
}

/// Values by path, in order.
fn flat(path: &str, value: &Value, into: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flat(&path, inner, into);
            }
        }
        Value::Array(rows) => {
            for (row, inner) in rows.iter().enumerate() {
                flat(&format!("{path}[{row}]"), inner, into);
            }
        }
        Value::String(text) => into.push((path.to_owned(), text.clone())),
        other => into.push((path.to_owned(), other.to_string())),
    }
}
