//! The bank's own books: what no counterparty keeps (merchants, bills, orders) stands in a file of the gateway, and the SQL beside
//! an adapter (`configs/PARTY/books`) says what each of its calls does with them. The adapter turned round answers in this process, as a
//! counterparty would: neither flows nor the engine can tell.
//!
//! In: a party of the deployment with `books`, the adapters. Out: the address at which its books answer. It must not know
//! what they hold.

use super::Adapters;
use conformance::party::{MemberConfig, Party, PartyConfig, PartySource, PartyTls, books_of, load};
use conformance::world::Tables;
use dsl::model::LinkKind;
use engine::deployment::PartyConfig as Deployed;
use link::Core;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The books of a process.
#[derive(Default)]
pub(super) struct Books {
    open: Mutex<BTreeMap<String, Open>>,
}

/// Books that answer.
struct Open {
    /// All that they were opened from.
    from: String,
    addresses: BTreeMap<String, String>,
    /// Behind those that answered before the deployment was taken anew: what was begun with them ends there.
    parties: Vec<Party>,
}

/// How many of a party's books answer beside each other: those in force and those before them.
const BESIDE: usize = 2;

impl Books {
    /// Opens a party's books, unless they are open and nothing has changed. Gives the address of each of its links.
    ///
    /// # Errors
    /// In words: a party that keeps no books, a file of SQL that is wrong, a store that cannot be opened.
    pub(super) async fn open(
        &self,
        core: &Core,
        name: &str,
        deployed: &Deployed,
        from: Adapters<'_>,
    ) -> Result<BTreeMap<String, String>, String> {
        let books = deployed.books.as_ref().ok_or("`builtin:books` needs `books: { store: FILE }`")?;
        if !deployed.keys.is_empty() {
            return Err("books stand in the gateway's own process and have no keys".to_owned());
        }
        let folder =
            from.texts.iter().map(|text| &*text.folder).find(|folder| folder.replace('-', "_") == name);
        let folder = folder.ok_or("no folder of adapters bears this name")?;
        let world = books_of(from.configs, folder);
        let config = config(deployed);
        let loaded =
            load(from.texts.to_vec(), folder, &config.settings).map_err(|error| error.to_string())?;
        if let Some(link) = loaded.bank.module.links.iter().find(|link| link.link.kind != LinkKind::Http) {
            return Err(format!("link {}: books are asked over http", link.link.name));
        }
        let first = books.value.first.clone();
        let identity = format!("{} {books:?} {config:?} {}", loaded.hash, texts_of(&world)?);
        if let Some(open) = self.held().get(name).filter(|open| open.from == identity) {
            return Ok(open.addresses.clone());
        }
        let database = if from.trial { PathBuf::from(":memory:") } else { books.value.store.clone() };
        if let Some(parent) = database.parent().filter(|_| !from.trial) {
            std::fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
        }
        let source = PartySource { loaded, world, tables: Tables::Kept { first }, database, manners: None };
        let party = Party::start(core, source, &config, &PartyTls::default()).await;
        let party = party.map_err(|error| error.to_string())?;
        let addresses = addresses(&party);
        if from.trial {
            return Ok(addresses);
        }
        let mut held = self.held();
        let mut parties = held.remove(name).map_or_else(Vec::new, |open| open.parties);
        parties.push(party);
        parties.drain(..parties.len().saturating_sub(BESIDE));
        held.insert(name.to_owned(), Open { from: identity, addresses: addresses.clone(), parties });
        Ok(addresses)
    }

    fn held(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All files beside each other, so that a change of one is seen.
fn texts_of(folder: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    let read = |path: &PathBuf| std::fs::read_to_string(path).map_err(failed);
    paths.iter().map(read).collect()
}

fn config(deployed: &Deployed) -> PartyConfig {
    let texts = |settings: &BTreeMap<String, serde_yaml::Spanned<String>>| {
        settings.iter().map(|(name, value)| (name.clone(), value.value.clone())).collect()
    };
    let member = |(name, member): (&String, &serde_yaml::Spanned<engine::deployment::MemberConfig>)| {
        (name.clone(), MemberConfig { settings: texts(&member.value.settings), keys: BTreeMap::new() })
    };
    PartyConfig {
        settings: texts(&deployed.settings),
        members: deployed.members.iter().map(member).collect(),
        links: deployed.links.keys().map(|link| (link.clone(), "127.0.0.1:0".to_owned())).collect(),
        ..PartyConfig::default()
    }
}

fn addresses(party: &Party) -> BTreeMap<String, String> {
    let links = &party.loaded().party.module.links;
    let found = links.iter().filter_map(|link| {
        let address = party.address(&link.link.name)?;
        Some((link.link.name.to_string(), address.to_owned()))
    });
    found.collect()
}
