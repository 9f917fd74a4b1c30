//! A whole bank day on one machine: the core host and counterparties simulated, keys drawn, certificates made, a
//! deployment written, and the real gateway between them over real sockets, in one process, on a clock that can run
//! faster and be moved on.
//!
//! In: which parties, which settings, a folder. Out: a running [`Stage`], on which the demonstration does business and the
//! suites look at everything. It must not know any counterparty by name: what each needs stands in
//! `conformance/simulators/PARTY/party.yaml`, what all have in `conformance/stage.yaml`.

mod certificates;
mod claimed;
mod compiled;
mod history;
mod keys;
mod plan;
mod players;
mod records;
mod running;

pub(crate) use certificates::Authority;
pub(crate) use claimed::Claimed;
pub(crate) use history::{History, How};
pub(crate) use keys::{Drawn, complete as complete_keys};
pub(crate) use plan::{Plan, fit, party_config, read};
pub(crate) use players::{cast, certificates, prepare};

use crate::builtin::Builtin;
use adapters::keys::KeyFile;
use conformance::party::Party;
use conformance::suite::settled;
use conformance::world::{FaultPlan, FaultRule};
use dsl::check::Text;
use engine::gateway::Gateway;
use link::world::{Moment, RealRandom, ScaledClock};
use link::{Core, CoreOwner, World};
use players::Player;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// What is asked of a stage.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Folder of the adapters.
    pub(crate) configs: PathBuf,
    /// Folder of the conformance room.
    pub(crate) conformance: PathBuf,
    /// Where keys, journal and worlds are made; emptied first, and nobody else's.
    pub(crate) folder: PathBuf,
    /// Folders of the parties, the core host among them.
    pub(crate) parties: Vec<String>,
    /// Settings by module, over those of the parties' own files.
    pub(crate) settings: BTreeMap<String, BTreeMap<String, String>>,
    /// When its day begins, if not as every stage's.
    pub(crate) start: Option<String>,
    /// How many times faster than the world its clock runs.
    pub(crate) speed: u32,
    /// Whether links of files over SSH have a server each; else both sides see one folder.
    pub(crate) sftp: bool,
}

/// A running stage. Dropped, everything on it ends at once.
pub(crate) struct Stage {
    folder: PathBuf,
    configs: PathBuf,
    plan: Plan,
    texts: Vec<Text>,
    players: BTreeMap<String, Player>,
    /// Tokens of channels by name.
    tokens: BTreeMap<String, String>,
    settings: BTreeMap<String, BTreeMap<String, String>>,
    keys: Arc<KeyFile>,
    gateway: Option<Gateway>,
    builtin: Builtin,
    clock: ScaledClock,
    owner: CoreOwner,
    /// From the adapters' texts to links that listen.
    cold_start: Duration,
    /// Behind all that stands in the folder.
    _claimed: Claimed,
}

impl Stage {
    /// Starts the parties, then the gateway between them.
    pub(crate) async fn start(wanted: &Wanted) -> Result<Self, String> {
        let folder = &wanted.folder;
        let claimed = Claimed::empty(folder)?;
        let plan = Plan::read(&wanted.conformance)?;
        let texts = engine::load::texts(&wanted.configs).map_err(|error| error.to_string())?;
        let begins = wanted.start.as_deref().unwrap_or(&plan.start);
        let clock = ScaledClock::new(moment(begins)?, wanted.speed);
        let owner = Core::start(World::with_clock(Arc::new(clock.clone())));
        let authority = Authority::make(&folder.join("certificates"))?;
        let mut drawn = Drawn::from(Box::new(RealRandom));
        let mut players = BTreeMap::new();
        let maker = players::Maker { wanted, authority: &authority, core: &owner };
        for (party, loaded) in cast(&wanted.conformance, &wanted.parties, &wanted.settings, &texts)? {
            let player = maker.player(&party, loaded, &mut drawn).await?;
            players.insert(party, player);
        }
        for (module, names) in &plan.secrets {
            for name in names {
                drawn.secret(&format!("{module}.{name}"))?;
            }
        }
        let keys = Arc::new(drawn.store(&folder.join("keys.store"))?);
        let tokens = plan.channels.iter().map(|channel| Ok((channel.name.clone(), drawn.token()?)));
        let tokens = tokens.collect::<Result<_, String>>()?;
        let mut settings = plan.modules.clone();
        for (module, more) in &wanted.settings {
            settings.entry(module.clone()).or_default().extend(more.clone());
        }
        let folder = folder.clone();
        let builtin = Builtin::start(World::real()).await?;
        let mut stage = Stage {
            folder,
            configs: wanted.configs.clone(),
            plan,
            texts,
            players,
            tokens,
            settings,
            keys,
            gateway: None,
            builtin,
            clock,
            owner,
            cold_start: Duration::ZERO,
            _claimed: claimed,
        };
        let began = Instant::now();
        stage.open().await?;
        stage.cold_start = began.elapsed();
        Ok(stage)
    }

    /// A party by its folder or module.
    pub(crate) fn player(&self, name: &str) -> Option<&Player> {
        self.players.get(name).or_else(|| self.players.values().find(|player| player.module == name))
    }

    /// How long the gateway took from the adapters' texts to links that listen.
    pub(crate) fn cold_start(&self) -> Duration {
        self.cold_start
    }

    /// The parties with their folders.
    pub(crate) fn parties(&self) -> impl Iterator<Item = (&str, &Party)> {
        self.players.iter().map(|(folder, player)| (folder.as_str(), &player.party))
    }

    /// The address of the channels' listener.
    pub(crate) fn channels(&self) -> &str {
        self.gateway.as_ref().map_or("", Gateway::channels)
    }

    /// The name and token of a channel of this name, or of the first that may ask a service.
    pub(crate) fn token(&self, name: Option<&str>, service: &str) -> Option<(&str, &str)> {
        let may = |granted: &String| service.is_empty() || granted == service || granted == "*";
        let fits = |channel: &&plan::Channel| match name {
            Some(name) => channel.name == name,
            None => channel.services.iter().any(may),
        };
        let channel = self.plan.channels.iter().find(fits)?;
        self.tokens.get(&channel.name).map(|token| (channel.name.as_str(), token.as_str()))
    }

    /// The journal's file.
    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.join("journal.db")
    }

    /// The folder in which all of it stands.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The core on which its parties run.
    pub(crate) fn core(&self) -> Core {
        self.owner.core()
    }

    /// The gateway.
    pub(crate) fn gateway(&self) -> Option<&Gateway> {
        self.gateway.as_ref()
    }

    /// Faults that a party makes from now on.
    pub(crate) fn set_faults(&self, folder: &str, rules: &[FaultRule]) {
        if let Some(player) = self.player(folder) {
            player.party.set_faults(FaultPlan::new(7, rules.to_vec()));
        }
    }

    /// Faults made by all parties.
    pub(crate) fn faults(&self) -> u64 {
        self.parties().map(|(_, party)| party.counts().faults.load(Ordering::Relaxed)).sum()
    }

    /// What simulated parties could not do, in words.
    pub(crate) fn failures(&self) -> Vec<String> {
        let failures = self.parties().map(|(folder, party)| (folder, party.last_failure()));
        let failed = failures.filter(|(_, why)| !why.is_empty());
        failed.map(|(folder, why)| format!("{folder}: the simulation: {why}")).collect()
    }

    /// Waits, for at most so much of the world's time, until something holds; the clock is moved on while nobody works.
    pub(crate) async fn settle(&self, limit: Duration, holds: impl Fn() -> bool + Send) {
        settled(self, &self.core(), limit, holds).await;
    }

    /// Moves the clock on.
    pub(crate) fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Ends gateway and parties.
    pub(crate) async fn stop(mut self) {
        if let Some(gateway) = self.gateway.take() {
            gateway.stop(Duration::from_secs(5)).await;
        }
        for player in std::mem::take(&mut self.players).into_values() {
            player.party.stop();
        }
    }

    /// What the deployment says of each module: settings, names of keys, addresses, certificates.
    fn deployment(&self) -> Value {
        let said = self.players.values().map(|player| (player.module.as_str(), &player.deployed));
        deployment(&self.plan, &self.settings, &self.tokens, said, &self.folder)
    }
}

/// The text of a stage's deployment: what the plan says of modules and channels, what is said of each party (by module).
pub(crate) fn deployment<'p>(
    plan: &Plan,
    settings: &BTreeMap<String, BTreeMap<String, String>>,
    tokens: &BTreeMap<String, String>,
    players: impl Iterator<Item = (&'p str, &'p Value)>,
    folder: &Path,
) -> Value {
    let mut parties = serde_json::Map::new();
    for (module, settings) in settings {
        let secrets = plan.secrets.get(module).into_iter().flatten();
        let keys: BTreeMap<_, _> = secrets.map(|name| (name, format!("{module}.{name}"))).collect();
        let members = plan.members.get(module).into_iter().flatten();
        let members: BTreeMap<_, _> =
            members.map(|(name, settings)| (name, json!({ "settings": settings }))).collect();
        let said = json!({ "settings": settings, "keys": keys, "members": members });
        parties.insert(module.clone(), said);
    }
    parties.extend(plan.parties.clone());
    for (module, deployed) in players {
        let mut said = deployed.clone();
        if let (Some(own), Some(known)) = (settings.get(module), said.get_mut("settings")) {
            for (name, value) in own {
                known[name] = json!(value);
            }
        }
        parties.insert(module.to_owned(), said);
    }
    let channels: Vec<Value> = plan
        .channels
        .iter()
        .map(|channel| {
            let token = tokens.get(&channel.name).map_or("", String::as_str);
            json!({
                "name": channel.name, "token_sha256": keys::sha256(token), "services": channel.services,
                "branch": channel.branch, "teller": channel.teller,
            })
        })
        .collect();
    let path = |name: &str| json!(folder.join(name));
    json!({
        "node": "stage", "store": { "path": path("journal.db") }, "keys": { "path": path("keys.store") },
        "spool": path("spool"), "listeners": { "channels": "127.0.0.1:0" }, "parties": parties,
        "routes": plan.routes, "channels": channels,
    })
}

/// A moment of the bank's zone (China, eight hours east).
pub(crate) fn moment(text: &str) -> Result<Moment, String> {
    let local: jiff::civil::DateTime = text.parse().map_err(|error| format!("start: {error}"))?;
    let since = local.duration_since(jiff::civil::DateTime::constant(1970, 1, 1, 8, 0, 0, 0));
    Ok(Moment(since.as_secs().saturating_mul(1_000_000)))
}
