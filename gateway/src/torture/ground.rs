//! What all seeds of a campaign stand on, made once: compiled adapters, keys, worlds as templates, the deployment.
//!
//! In: folders and the plan. Out: [`Ground`], shared by threads.

use super::Wanted;
use super::plan::Plan;
use crate::stage;
use adapters::keys::KeyFile;
use conformance::party::{Loaded, PartyConfig, PartySource};
use conformance::world::World;
use dsl::model::{CallId, LinkKind, Way};
use dsl::program::Compiled;
use engine::version::Version;
use engine::{Deployment, load};
use link::world::Moment;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::OperationState;

/// Where the channels' listener stands.
pub(super) const CHANNELS: &str = "127.0.0.1:7000";
/// What is said of a posting of which more than one copy left.
pub(super) const AGAIN: &str = "sent again";
/// The first port of the parties' links.
const FIRST_PORT: u16 = 7_100;

/// A party of the campaign.
pub(super) struct Actor {
    pub(super) folder: String,
    pub(super) module: String,
    pub(super) loaded: Loaded,
    pub(super) config: PartyConfig,
    /// Links on which it calls us, and where we listen.
    pub(super) calls: Vec<(String, String)>,
    /// Its messages bear seals.
    pub(super) sealed: bool,
    source: PartySource,
}

impl Actor {
    /// Where it comes from, its world a copy of the template.
    pub(super) fn source(&self, folder: &Path) -> Result<PartySource, String> {
        let database = folder.join(format!("{}.db", self.folder));
        std::fs::copy(&self.source.database, &database)
            .map_err(|error| format!("{}: {error}", database.display()))?;
        Ok(PartySource { database, ..self.source.clone() })
    }
}

/// What all seeds stand on.
pub(crate) struct Ground {
    pub(super) plan: Plan,
    pub(super) cast: Vec<Actor>,
    pub(super) keys: Arc<KeyFile>,
    pub(super) token: String,
    pub(super) start: Moment,
    pub(super) folder: PathBuf,
    deployment: String,
    compiled: Arc<Compiled>,
    hash: [u8; 32],
    source: Vec<u8>,
}

impl Ground {
    /// Compiles, draws keys and makes the worlds.
    pub(crate) fn make(wanted: &Wanted) -> Result<Self, String> {
        let folder = &wanted.folder;
        let at = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(|error| at(folder, error))?;
        }
        let templates = folder.join("templates");
        std::fs::create_dir_all(&templates).map_err(|error| at(&templates, error))?;
        let plan: Plan = stage::read(&wanted.conformance.join("faults/torture.yaml"))?;
        let staged = stage::Plan::read(&wanted.conformance)?;
        let texts = load::texts(&wanted.configs).map_err(|error| error.to_string())?;
        let parties: Vec<String> = plan.parties.iter().map(|party| party.folder.clone()).collect();
        let of = plan.parties.iter().filter(|party| !party.settings.is_empty());
        let mut settings: BTreeMap<_, _> =
            of.map(|party| (party.folder.replace('-', "_"), party.settings.clone())).collect();
        let mut drawn = stage::Drawn::default();
        let (mut cast, mut said) = (Vec::new(), BTreeMap::new());
        let mut port = FIRST_PORT;
        for (name, (mut config, loaded)) in stage::cast(&wanted.conformance, &parties, &settings, &texts)? {
            let prepared = stage::prepare(&name, &mut config, &loaded, &mut drawn)?;
            let (links, calls) = links(&loaded, &mut config, &mut port);
            let deployed = json!({
                "settings": config.settings, "keys": prepared.keys, "members": prepared.members, "links": links,
                "services": config.services,
            });
            said.insert(prepared.module.clone(), deployed);
            let database = templates.join(format!("{name}.db"));
            let source =
                PartySource::of(loaded.clone(), &wanted.configs, &wanted.conformance, &name, database);
            drop(
                World::open(&source.world, &source.tables, &source.database)
                    .map_err(|why| why.to_string())?,
            );
            let sealed = plan.parties.iter().any(|party| party.folder == name && party.sealed);
            cast.push(Actor { folder: name, module: prepared.module, loaded, config, calls, sealed, source });
        }
        for (module, names) in &staged.secrets {
            for name in names {
                drawn.secret(&format!("{module}.{name}"))?;
            }
        }
        let keys = Arc::new(drawn.store(&folder.join("keys.store"))?);
        let token = stage::token()?;
        let tokens = staged.channels.iter().map(|channel| (channel.name.clone(), token.clone())).collect();
        let mut all = staged.modules.clone();
        for (module, more) in std::mem::take(&mut settings) {
            all.entry(module).or_default().extend(more);
        }
        let said = said.iter().map(|(module, said)| (module.as_str(), said));
        let mut deployment = stage::deployment(&staged, &all, &tokens, said, folder);
        deployment["listeners"]["channels"] = json!(CHANNELS);
        nobody_built_in(&mut deployment);
        let deployment = deployment.to_string();
        let parsed = Deployment::parse(&deployment).map_err(|fault| fault.to_string())?;
        let loaded = load::compile_for_stage(texts, &parsed).map_err(|error| error.to_string())?;
        Ok(Self {
            plan,
            cast,
            keys,
            token,
            start: stage::moment(&staged.start)?,
            folder: folder.clone(),
            deployment,
            compiled: loaded.compiled,
            hash: loaded.hash,
            source: loaded.source,
        })
    }

    /// What a gateway is started with; its spool stands in the folder.
    pub(super) fn version(&self, folder: &Path) -> Result<(Version, Deployment), String> {
        let mut deployment = Deployment::parse(&self.deployment).map_err(|fault| fault.to_string())?;
        deployment.spool = folder.join("spool");
        let version = Version::link(Arc::clone(&self.compiled), self.hash, self.source.clone(), &deployment);
        Ok((version.map_err(|error| error.to_string())?, deployment))
    }

    /// Calls that postings of the parties go through, and the ends of them that a campaign ought to reach: what can be
    /// taken back is to be taken back at least once, what may be repeated is to be repeated.
    pub(super) fn ends(&self) -> Vec<(String, Vec<&'static str>)> {
        let mut all = Vec::new();
        for actor in &self.cast {
            let calls = &actor.loaded.bank.module.calls;
            for (call, id) in calls.iter().zip(0_u16..) {
                let undoes = !call.call.undoes.is_empty();
                if !call.call.ours || call.call.unknown.is_empty() || undoes {
                    continue;
                }
                let mut ends = vec![OperationState::Done.word(), OperationState::Refused.word()];
                if calls.iter().any(|other| other.call.ours && other.call.undoes.contains(&CallId(id))) {
                    ends.push(OperationState::Undone.word());
                }
                if call.call.unknown.iter().any(|way| matches!(way, Way::Repeat { .. })) {
                    ends.push(AGAIN);
                }
                all.push((format!("{}.{}", actor.module, call.call.name), ends));
            }
        }
        all
    }
}

/// Addresses of a party's links: where it listens, or where it calls us. Files are no part of a campaign, nor is TLS, whose
/// randomness is not a seed's.
fn links(
    loaded: &Loaded,
    config: &mut PartyConfig,
    port: &mut u16,
) -> (Map<String, Value>, Vec<(String, String)>) {
    let (mut links, mut calls) = (Map::new(), Vec::new());
    config.links.clear();
    config.tls.clear();
    for link in &loaded.bank.module.links {
        if matches!(link.link.kind, LinkKind::Sftp | LinkKind::Folder | LinkKind::Https) {
            continue;
        }
        let (name, address) = (link.link.name.to_string(), format!("127.0.0.1:{port}"));
        *port += 1;
        if link.link.connect {
            config.links.insert(name.clone(), address.clone());
            links.insert(name, json!({ "address": address }));
        } else {
            calls.push((name.clone(), address.clone()));
            links.insert(name, json!({ "listen": address }));
        }
    }
    (links, calls)
}

/// Built-in parties have no place in a simulated network: their addresses lead nowhere.
fn nobody_built_in(deployment: &mut Value) {
    let parties = deployment["parties"].as_object_mut().into_iter().flat_map(|parties| parties.values_mut());
    let links = parties.filter_map(|party| party.get_mut("links")?.as_object_mut()).flat_map(Map::values_mut);
    for address in links.filter_map(|link| link.get_mut("address")) {
        if address.as_str().is_some_and(|address| address.starts_with("builtin:")) {
            *address = json!("127.0.0.1:9");
        }
    }
}

impl std::fmt::Debug for Ground {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ground").field("parties", &self.cast.len()).finish_non_exhaustive()
    }
}
