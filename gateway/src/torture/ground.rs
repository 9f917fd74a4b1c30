//! What all seeds of a campaign stand on, made once: compiled adapters, keys, worlds as templates, the deployment.
//!
//! In: folders and the plan. Out: [`Ground`], shared by threads.

use super::Wanted;
use super::addresses::{Addresses, Ways, is_file, ways};
use super::aim::Course;
use super::ends::{Ends, ends};
use super::plan::Plan;
use crate::stage::{self, Claimed};
use adapters::keys::KeyFile;
use conformance::faults::Sealed;
use conformance::party::{Loaded, PartyConfig, PartySource, made_up};
use conformance::world::{Fault, World};
use dsl::flow::FlowProgram;
use dsl::program::{CallProgram, Compiled};
use engine::driver::ask_digest;
use engine::lines::ANSWER_MS;
use engine::version::Version;
use engine::{Deployment, load};
use link::world::{Moment, Random, RealRandom, SeededRandom};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// What goes wrong with the gateway, by the words of reports.
pub(super) const GATEWAY: [&str; 9] =
    [KILL, CRASH, FULL_DISK, CLOCK_STEP, CUT_OVER, PAUSED, CUT_OFF, TAKEN_OVER, LEASE_LOST];
pub(super) const KILL: &str = "kill";
pub(super) const CRASH: &str = "crash at a commit";
pub(super) const FULL_DISK: &str = "full disk";
pub(super) const CLOCK_STEP: &str = "clock step";
pub(super) const CUT_OVER: &str = "cut-over";
pub(super) const PAUSED: &str = "node paused";
pub(super) const CUT_OFF: &str = "journal out of reach";
pub(super) const TAKEN_OVER: &str = "taken over";
pub(super) const LEASE_LOST: &str = "lease lost";

/// The seed that keys of a simulated campaign are drawn by.
const KEYS: u64 = 0x6b65_7973;

/// By how much a late reply misses the longest limit of its party's links, in milliseconds.
const LATE_MS: u64 = 2_000;

/// A party of the campaign.
pub(super) struct Actor {
    pub(super) folder: String,
    pub(super) module: String,
    pub(super) loaded: Loaded,
    pub(super) config: PartyConfig,
    /// Links on which it calls us, and whom it calls there.
    pub(super) calls: Vec<(String, String)>,
    /// Where a proxy stands between it and us: its address, and whom it leads to.
    pub(super) proxied: Vec<(String, String)>,
    /// Its messages bear seals.
    pub(super) sealed: Option<Sealed>,
    /// No bank has it.
    pub(super) made_up: bool,
    source: PartySource,
}

impl Actor {
    /// Whether this is the address of one of its links.
    pub(super) fn has(&self, address: &str) -> bool {
        self.addresses().any(|known| known == address)
    }

    /// Addresses of its links.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &String> {
        self.config.links.values().chain(self.calls.iter().map(|(_, called)| called))
    }

    /// What it does wrong by itself: where its messages bear seals, also what only a seal tells.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let (late, twice) = (self.late(), Fault::DuplicateReply);
        let mut all = vec![Fault::DropRequest, Fault::DropReply, Fault::Close, late, twice];
        if self.sealed.is_some() {
            all.extend([Fault::WrongSeal, Fault::Garble, Fault::Truncate]);
        }
        all
    }

    /// A reply that comes when nobody waits for it any more, on whichever link.
    pub(super) fn late(&self) -> Fault {
        let links = self.loaded.bank.module.links.iter().filter(|link| !is_file(link.link.kind));
        let longest = links.map(|link| link.link.answer_ms.unwrap_or(ANSWER_MS)).max();
        Fault::Delay(longest.unwrap_or(ANSWER_MS).saturating_add(LATE_MS))
    }

    /// Where it comes from, its world a copy of the template.
    pub(super) fn source(&self, folder: &Path) -> Result<PartySource, String> {
        let database = folder.join(format!("{}.db", self.folder));
        std::fs::copy(&self.source.database, &database)
            .map_err(|error| format!("{}: {error}", database.display()))?;
        Ok(PartySource { database, ..self.source.clone() })
    }
}

/// The adapters' texts as the journal keeps them.
struct Edition {
    hash: [u8; 32],
    source: Vec<u8>,
}

/// What all seeds stand on.
pub(crate) struct Ground {
    pub(super) plan: Plan,
    pub(super) cast: Vec<Actor>,
    pub(super) keys: Arc<KeyFile>,
    pub(super) token: String,
    /// Where channels ask.
    pub(super) channels: String,
    /// Where operators ask a gateway that is a process of its own, under the channels' token.
    pub(super) operators: String,
    /// Of the key store.
    pub(super) passphrase: String,
    pub(super) start: Moment,
    /// The same as the plan says it.
    pub(super) begins: String,
    pub(super) folder: PathBuf,
    /// Flows with a step that puts a file.
    with_files: BTreeSet<String>,
    /// Postings of a seed, where the dice are not to say.
    pub(super) postings: Option<u64>,
    pub(super) deployment: String,
    /// Ends that postings have, with what they may meet on their way.
    pub(super) ends: Vec<Ends>,
    course: OnceLock<Course>,
    compiled: Arc<Compiled>,
    /// The same adapters under two hashes, for what is loaded anew under load: they differ in a remark.
    editions: [Edition; 2],
    _claimed: Claimed,
}

impl Ground {
    /// Compiles, draws keys and makes the worlds.
    pub(crate) fn make(wanted: &Wanted) -> Result<Self, String> {
        let folder = &wanted.folder;
        let at = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
        let claimed = Claimed::empty(folder)?;
        let templates = folder.join("templates");
        std::fs::create_dir_all(&templates).map_err(|error| at(&templates, error))?;
        let plan: Plan = stage::read(&wanted.conformance.join("faults/torture.yaml"))?;
        let plan = if wanted.real { plan.without_made_up() } else { plan };
        let mut staged = stage::Plan::read(&wanted.conformance)?;
        for (module, members) in &plan.members {
            let of = staged.members.entry(module.clone()).or_default();
            for (member, more) in members {
                of.entry(member.clone()).or_default().extend(more.clone());
            }
        }
        let mut texts = load::texts(&wanted.configs).map_err(|error| error.to_string())?;
        if !wanted.real {
            texts.extend(load::texts(&made_up(&wanted.conformance)).map_err(|error| error.to_string())?);
        }
        let parties: Vec<String> = plan.parties.iter().map(|party| party.folder.clone()).collect();
        let of = plan.parties.iter().filter(|party| !party.settings.is_empty());
        let mut settings: BTreeMap<_, _> =
            of.map(|party| (party.folder.replace('-', "_"), party.settings.clone())).collect();
        // A seed is told again by another process too: its keys are the same, and nothing but a seed hangs on them.
        let random: Box<dyn Random> =
            if wanted.real { Box::new(RealRandom) } else { Box::new(SeededRandom::new(KEYS)) };
        let mut drawn = stage::Drawn::from(random);
        let (mut cast, mut said) = (Vec::new(), BTreeMap::new());
        let mut addresses = Addresses::of(wanted)?;
        let (channels, operators) = (addresses.channels()?, addresses.operators()?);
        for (name, (mut config, loaded)) in stage::cast(&wanted.conformance, &parties, &settings, &texts)? {
            let prepared = stage::prepare(&name, &mut config, &loaded, &mut drawn)?;
            let Ways { links, calls, proxied } = ways(&loaded, &mut config, &mut addresses)?;
            let deployed = json!({
                "settings": config.settings, "keys": prepared.keys, "members": prepared.members, "links": links,
                "services": config.services,
            });
            said.insert(prepared.module.clone(), deployed);
            let database = templates.join(format!("{name}.db"));
            let source =
                PartySource::of(loaded.clone(), &wanted.configs, &wanted.conformance, &name, database);
            let world = World::open(&source.world, &source.tables, &source.database);
            let manners = Some(world.map_err(|why| why.to_string())?.manners());
            let source = PartySource { manners, ..source };
            let planned = plan.parties.iter().find(|party| party.folder == name);
            let sealed = planned.filter(|party| party.sealed);
            let sealed = sealed.map(|party| Sealed::but(&party.unsealed));
            let made_up = planned.is_some_and(|party| party.made_up);
            let (folder, module) = (name, prepared.module);
            cast.push(Actor { folder, module, loaded, config, calls, proxied, sealed, made_up, source });
        }
        for (module, names) in &staged.secrets {
            for name in names {
                drawn.secret(&format!("{module}.{name}"))?;
            }
        }
        let passphrase = drawn.token()?;
        let keys = Arc::new(drawn.store_under(&folder.join("keys.store"), &passphrase)?);
        // One channel asks for all stories: no two may show the same token, so that the gateway stands with none beside it.
        staged.channels.truncate(1);
        let token = drawn.token()?;
        let tokens = staged.channels.iter().map(|channel| (channel.name.clone(), token.clone())).collect();
        let mut all = staged.modules.clone();
        for (module, more) in std::mem::take(&mut settings).into_iter().chain(plan.modules.clone()) {
            all.entry(module).or_default().extend(more);
        }
        let said = said.iter().map(|(module, said)| (module.as_str(), said));
        let mut deployment = stage::deployment(&staged, &all, &tokens, said, folder);
        deployment["listeners"]["channels"] = json!(channels);
        nobody_built_in(&mut deployment);
        let parsed = Deployment::parse(&deployment.to_string()).map_err(|fault| fault.to_string())?;
        let loaded = load::compile_for_stage(texts, &parsed).map_err(|error| error.to_string())?;
        if wanted.real {
            for_a_process(&mut deployment, &plan, &loaded.compiled, &operators);
        }
        let remarked = remarked(&loaded.source).ok_or("the adapters are no texts")?;
        let with_files = with_files(&loaded.compiled);
        let ends = ends(&cast, &loaded.compiled);
        Ok(Self {
            with_files,
            ends,
            course: OnceLock::new(),
            plan,
            cast,
            keys,
            token,
            channels,
            operators,
            passphrase,
            start: stage::moment(&staged.start)?,
            begins: staged.start,
            folder: folder.clone(),
            postings: wanted.postings,
            deployment: deployment.to_string(),
            editions: [
                Edition { hash: loaded.hash, source: loaded.source },
                Edition { hash: ask_digest(&[&remarked]), source: remarked },
            ],
            compiled: loaded.compiled,
            _claimed: claimed,
        })
    }

    /// Whether a flow, or a row of one, puts files.
    pub(super) fn puts_files(&self, name: &str) -> bool {
        self.with_files.contains(name.split('/').next().unwrap_or(name))
    }

    /// The program of a flow, or of a row in one, by the name that the journal has for it.
    pub(super) fn program(&self, name: &str) -> Option<&FlowProgram> {
        fn of<'p>(program: &'p FlowProgram, name: &str) -> Option<&'p FlowProgram> {
            if *program.name == *name {
                return Some(program);
            }
            program.loops.iter().find_map(|rows| of(&rows.body, name))
        }
        let flows = self.compiled.modules.iter().flat_map(|module| &module.flows);
        flows.map(|tables| &tables.program).find_map(|program| of(program, name))
    }

    /// What a gateway is started with, or loads anew, in this edition: its spool stands in the folder, and who asks is made to
    /// wait so many seconds at most.
    pub(super) fn version(
        &self,
        edition: usize,
        folder: &Path,
        wait: u64,
    ) -> Result<(Version, Deployment), String> {
        let mut deployment = Deployment::parse(&self.deployment).map_err(|fault| fault.to_string())?;
        deployment.spool = folder.join("spool");
        deployment.limits.asker_seconds = wait;
        let Edition { hash, source } = &self.editions[edition % self.editions.len()];
        let version = Version::link(Arc::clone(&self.compiled), *hash, source.clone(), &deployment);
        Ok((version.map_err(|error| error.to_string())?, deployment))
    }

    /// What a kept source compiles to: all editions are the same programs, which no seed is to wait for.
    pub(super) fn recompiled(&self, source: &[u8]) -> Option<load::Loaded> {
        let Edition { hash, source } = self.editions.iter().find(|edition| edition.source == source)?;
        Some(load::Loaded { compiled: Arc::clone(&self.compiled), hash: *hash, source: source.clone() })
    }

    /// What each seed aims at, once the stories were rehearsed.
    pub(super) fn course(&self) -> Option<&Course> {
        self.course.get()
    }

    /// Tells every story once in fair weather, so that it is known which postings it goes through, and sets the course.
    pub(super) fn rehearse(self: &Arc<Self>) -> Result<(), String> {
        if self.course.get().is_none() {
            let course = Course::rehearsed(self)?;
            self.course.get_or_init(|| course);
        }
        Ok(())
    }
}

/// The same texts with a remark more, as the journal keeps them.
fn remarked(source: &[u8]) -> Option<Vec<u8>> {
    let mut texts = load::texts_of(source)?;
    let first = texts.first_mut()?;
    first.text = format!("{}// Loaded anew.\n", first.text).into();
    Some(load::source_of(&texts))
}

/// Names of flows that ask calls over links of files.
fn with_files(compiled: &Compiled) -> BTreeSet<String> {
    let calls = compiled.modules.iter().flat_map(|module| {
        let of_files = |call: &&CallProgram| {
            let link = module.links.get(usize::from(call.call.link));
            link.is_some_and(|link| is_file(link.link.kind))
        };
        module.calls.iter().filter(of_files).map(|call| format!("{}.{}", module.name, call.call.name))
    });
    let calls: BTreeSet<String> = calls.collect();
    let flows = compiled.modules.iter().flat_map(|module| &module.flows).map(|tables| &tables.program);
    let asks = |flow: &&FlowProgram| flow.calls.iter().any(|call| calls.contains(&*call.name));
    flows.filter(asks).map(|flow| flow.name.to_string()).collect()
}

/// A process of its own is held to its deployment: parties that take no part are named, and so are the services. Nobody is in
/// it who could look at what waits for people, so it has an operator.
fn for_a_process(deployment: &mut Value, plan: &Plan, compiled: &Compiled, operators: &str) {
    let token = deployment["channels"][0]["token_sha256"].clone();
    deployment["users"] = json!([{ "name": "campaign", "token_sha256": token, "roles": ["viewer"] }]);
    deployment["listeners"]["admin"] = json!(operators);
    let known = deployment["parties"].as_object().cloned().unwrap_or_default();
    let parties = compiled.modules.iter().filter(|module| module.party).map(|module| &*module.name);
    let without: Vec<&str> = parties.filter(|party| !known.contains_key(*party)).collect();
    deployment["without"] = json!(without);
    let services: BTreeSet<&str> =
        plan.stories.iter().flat_map(|story| &story.asks).map(|ask| ask.service.as_str()).collect();
    let channels = deployment["channels"].as_array_mut().into_iter().flatten();
    channels.for_each(|channel| channel["services"] = json!(services));
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

/// What seeds of tests stand on, as long as the folder is held.
#[cfg(test)]
pub(super) fn of_repository(test: &str) -> (Ground, Folder) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::temp_dir().join(format!("tongshi-{test}-{}", std::process::id()));
    let wanted = Wanted {
        configs: root.join("configs"),
        conformance: root.join("conformance"),
        folder: folder.clone(),
        from: 1,
        seeds: 0,
        postings: None,
        real: false,
        threads: 1,
        twice: false,
    };
    (Ground::make(&wanted).unwrap(), Folder(folder))
}

/// A folder that is gone with it.
#[cfg(test)]
pub(super) struct Folder(PathBuf);

#[cfg(test)]
impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
