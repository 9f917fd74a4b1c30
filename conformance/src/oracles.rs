//! Who made the octets that each message was held to: the party's own programs, other programs, published packets.
//!
//! In: adapters in all their variants and what came of their examples. Out: for each system its messages, each with the
//! makers of octets that it gave exactly and read back. A message without a maker is held to round trips alone. It must
//! not know suites.

pub mod second;

use crate::examples::Shown;
use dsl::check::Sources;
use dsl::model::MessageSide;
use dsl::resolve::{Choices, resolve, variants};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The messages of one system.
#[derive(Clone, Debug, Serialize)]
pub struct System {
    /// Its folder.
    pub folder: String,
    /// Messages (`CALL.request`, `CALL.reply`) of all variants, each with the makers of octets that it agreed with.
    pub messages: BTreeMap<String, BTreeSet<String>>,
}

impl System {
    /// Notes a maker of octets for messages that it agreed on.
    pub fn agreed<'m>(&mut self, maker: &str, messages: impl Iterator<Item = &'m str>) {
        for message in messages {
            if let Some(by) = self.messages.get_mut(message) {
                by.insert(maker.to_owned());
            }
        }
    }

    /// Makers, each with the messages that agreed with its octets.
    #[must_use]
    pub fn by_maker(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut makers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (message, by) in &self.messages {
            for maker in by {
                makers.entry(maker).or_default().push(message);
            }
        }
        makers
    }

    /// How many messages agreed with somebody's octets.
    #[must_use]
    pub fn verified(&self) -> usize {
        self.messages.values().filter(|by| !by.is_empty()).count()
    }
}

/// All systems, by what came of their examples. An example that does not hold verifies nothing.
#[must_use]
pub fn systems(sources: &Sources, shown: &[Shown]) -> Vec<System> {
    let mut systems = Vec::new();
    for folder in &sources.folders {
        let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut party = None;
        for variant in variants(folder) {
            let choices = Choices::from([(folder.name.clone(), variant)]);
            let (model, _) = resolve(&sources.folders, &choices);
            let Some(module) = model.modules.iter().find(|module| module.folder == folder.name) else {
                continue;
            };
            if module.party.is_none() {
                break;
            }
            party = Some(module.name.clone());
            for message in &module.messages {
                let call = module.calls.get(usize::from(message.call.0));
                let side = match message.side {
                    MessageSide::Request => "request",
                    MessageSide::Reply => "reply",
                    MessageSide::Later => "later",
                };
                messages.entry(format!("{}.{side}", call.map_or("", |call| &call.name))).or_default();
            }
        }
        let Some(party) = party else { continue };
        for one in shown.iter().filter(|one| one.party == party && one.wrong.is_none()) {
            for (side, has) in [("request", one.sides.0), ("reply", one.sides.1)] {
                if let Some(by) = messages.get_mut(&format!("{}.{side}", one.call)).filter(|_| has) {
                    by.insert(one.by.to_string());
                }
            }
        }
        systems.push(System { folder: folder.name.to_string(), messages });
    }
    systems
}

/// As a table in Markdown: system, maker, messages; what no one else made stands as a number.
#[must_use]
pub fn markdown(systems: &[System]) -> String {
    let mut out = String::from("| system | octets made by | messages held to them |\n| --- | --- | --- |\n");
    for system in systems {
        for (maker, messages) in system.by_maker() {
            let messages: Vec<String> = messages.iter().map(|message| format!("`{message}`")).collect();
            let _ = writeln!(out, "| {} | {maker} | {} |", system.folder, messages.join(" "));
        }
        let (all, verified) = (system.messages.len(), system.verified());
        let _ = writeln!(out, "| {} | round trips alone | {} of {all} |", system.folder, all - verified);
    }
    out
}
