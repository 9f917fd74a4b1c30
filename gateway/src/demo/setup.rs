//! Everything started: keys drawn, worlds opened, parties listening, the gateway signed in.

use super::plan::{ModulePlan, Plan, config_of};
use super::{Say, Wanted};
use adapters::keys::{KeyFile, KeyText, Protection, import};
use adapters::seal::KeyKind;
use conformance::party::{
    KeyConfig, MemberConfig, Party, PartyConfig, PartySource, PartyTls, load, read_texts,
};
use conformance::world::FaultPlan;
use engine::gateway::{Gateway, Options};
use engine::version::Version;
use engine::{Deployment, load as adapters_of};
use link::world::{Moment, ScaledClock};
use link::{Core, CoreOwner, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::{Clear, SqliteStore};

/// The running demonstration.
pub(crate) struct Scene {
    parties: BTreeMap<String, Party>,
    gateway: Gateway,
    tokens: BTreeMap<String, String>,
    clock: Arc<ScaledClock>,
    folder: PathBuf,
    _core: CoreOwner,
}

/// Both halves of what was drawn for one key.
struct Drawn {
    ours: KeyConfig,
    theirs: KeyConfig,
}

impl Scene {
    /// Starts the parties, then the gateway.
    pub(crate) async fn start(plan: &Plan, wanted: &Wanted, say: Say<'_>) -> Result<Self, String> {
        let folder = wanted.folder.clone();
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let clock = Arc::new(ScaledClock::new(moment(&plan.start)?, plan.clock_scale));
        let owner = Core::start(World::with_clock(Arc::<ScaledClock>::clone(&clock)));
        let mut maker =
            Maker { plan, wanted, core: owner.core(), deployment: json!({}), keys: Vec::new(), say };
        let ports = maker.ports()?;
        let parties = maker.parties(&ports).await?;
        let tokens = maker.channels();
        let gateway = maker.gateway(&clock).await?;
        Ok(Self { parties, gateway, tokens, clock, folder, _core: owner })
    }

    /// The parties by module.
    pub(crate) fn party(&self, module: &str) -> Option<&Party> {
        self.parties.get(module)
    }

    /// Address of the channels' listener.
    pub(crate) fn channels(&self) -> &str {
        self.gateway.channels()
    }

    /// The token of a channel that may ask a service, with the channel's name.
    pub(crate) fn token(&self, channel: &str) -> Option<&str> {
        self.tokens.get(channel).map(String::as_str)
    }

    /// The journal's file.
    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.join("journal.db")
    }

    /// Faults made by all parties.
    pub(crate) fn faults(&self) -> u64 {
        self.parties.values().map(|party| party.counts().faults.load(Ordering::Relaxed)).sum()
    }

    /// What simulated parties could not do, in words.
    pub(crate) fn failures(&self) -> Vec<String> {
        let failures = self.parties.iter().map(|(name, party)| (name, party.last_failure()));
        failures
            .filter(|(_, why)| !why.is_empty())
            .map(|(name, why)| format!("{name}: the simulation: {why}"))
            .collect()
    }

    /// Waits until no flow is under way any more, at most 40 seconds of the world: quiet times of minutes pass faster on
    /// the demonstration's clock.
    pub(crate) async fn settle(&self) {
        for _ in 0..400 {
            if self.gateway.engine().flows.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What to try while it stays.
    pub(crate) fn invitation(&self) -> String {
        let (channel, token) = self.tokens.iter().next().map_or(("", ""), |(name, token)| (name, token));
        format!(
            "\nEverything keeps running; Ctrl-C ends it. As channel {channel}:\n\n  curl -s http://{0}/openapi.json | head -c 400\n  curl -s http://{0}/metrics | head\n  curl -s -H 'Authorization: Bearer {token}' http://{0}/v1/bank.query_bill -d '{{…}}'\n",
            self.channels()
        )
    }

    /// Ends gateway and parties.
    pub(crate) async fn stop(self) {
        self.gateway.stop(Duration::from_secs(5)).await;
        for party in self.parties.into_values() {
            party.stop();
        }
        drop(self.clock);
    }
}

struct Maker<'m> {
    plan: &'m Plan,
    wanted: &'m Wanted,
    core: Core,
    deployment: Value,
    /// Name in the key store, kind, and the gateway's half.
    keys: Vec<(String, KeyKind, KeyConfig)>,
    say: Say<'m>,
}

impl Maker<'_> {
    /// A free port for each link on which the gateway listens, by party and link.
    fn ports(&self) -> Result<BTreeMap<(String, String), String>, String> {
        let mut ports = BTreeMap::new();
        for (name, module, folder) in self.plan.parties() {
            let loaded = self.load(module, folder)?;
            for link in &loaded.bank.module.links {
                if !link.link.connect && !files(&link.link) {
                    let listener =
                        std::net::TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
                    let address = listener.local_addr().map_err(|error| error.to_string())?.to_string();
                    ports.insert((name.to_owned(), link.link.name.to_string()), address);
                }
            }
        }
        Ok(ports)
    }

    fn load(&self, module: &ModulePlan, folder: &str) -> Result<conformance::party::Loaded, String> {
        let texts = read_texts(&self.wanted.configs, &[]).map_err(|error| error.to_string())?;
        load(texts, folder, &module.settings).map_err(|error| error.to_string())
    }

    async fn parties(
        &mut self,
        ports: &BTreeMap<(String, String), String>,
    ) -> Result<BTreeMap<String, Party>, String> {
        let mut started = BTreeMap::new();
        let mut configured = serde_json::Map::new();
        for (name, module) in &self.plan.modules {
            let mut keys = serde_json::Map::new();
            let mut config = config_of(module);
            for (key, form) in &module.keys {
                let stored = format!("{name}.{key}");
                config.keys.insert(key.clone(), self.draw(&stored, form)?);
                keys.insert(key.clone(), json!(stored));
            }
            let mut members = serde_json::Map::new();
            for (member, of_member) in &module.members {
                let mut member_keys = serde_json::Map::new();
                let mut member_config =
                    MemberConfig { settings: of_member.settings.clone(), keys: BTreeMap::new() };
                for (key, form) in &of_member.keys {
                    let stored = format!("{name}.{member}.{key}");
                    member_config.keys.insert(key.clone(), self.draw(&stored, form)?);
                    member_keys.insert(key.clone(), json!(stored));
                }
                config.members.insert(member.clone(), member_config);
                members
                    .insert(member.clone(), json!({ "settings": of_member.settings, "keys": member_keys }));
            }
            let mut links = serde_json::Map::new();
            if let Some(folder) = &module.folder {
                let loaded = self.load(module, folder)?;
                for link in loaded.bank.module.links.iter().filter(|link| !files(&link.link)) {
                    let link_name = link.link.name.to_string();
                    let address = ports.get(&(name.clone(), link_name.clone()));
                    let address = address.cloned().unwrap_or_else(|| "127.0.0.1:0".to_owned());
                    config.links.insert(link_name, address);
                }
                let party = self.party(name, module, folder, loaded.clone(), &config).await?;
                for link in &loaded.bank.module.links {
                    let link_name = &*link.link.name;
                    let entry = if link.link.connect {
                        party.address(link_name).map(|address| json!({ "address": address }))
                    } else {
                        let address = ports.get(&(name.clone(), link_name.to_owned()));
                        address.map(|address| json!({ "listen": address }))
                    };
                    links.extend(entry.map(|entry| (link_name.to_owned(), entry)));
                }
                started.insert(name.clone(), party);
            }
            configured.insert(
                name.clone(),
                json!({ "settings": module.settings, "keys": keys, "members": members, "links": links }),
            );
        }
        self.deployment["parties"] = Value::Object(configured);
        Ok(started)
    }

    async fn party(
        &self,
        name: &str,
        module: &ModulePlan,
        folder: &str,
        loaded: conformance::party::Loaded,
        config: &PartyConfig,
    ) -> Result<Party, String> {
        let source = PartySource {
            loaded,
            world: self.wanted.conformance.join("simulators").join(folder),
            database: self.wanted.folder.join(format!("{folder}.db")),
        };
        let party = Party::start(&self.core, source, config, &PartyTls::default())
            .await
            .map_err(|error| format!("{name}: {error}"))?;
        party.set_faults(FaultPlan::new(7, module.faults.clone()));
        (self.say)(&format!("{folder:18} ready   {}", module.shows));
        Ok(party)
    }

    /// Draws a key; the gateway's half goes to its key store, the party's is given back.
    fn draw(&mut self, stored: &str, form: &str) -> Result<KeyConfig, String> {
        let mut words = form.split_whitespace();
        let kind = words.next().unwrap_or("");
        let kind =
            KeyKind::from_name(kind).ok_or_else(|| format!("{stored}: there is no kind of key `{kind}`"))?;
        let drawn = match kind {
            KeyKind::Rsa => pair(words.next() == Some("ours"))?,
            _ => {
                let bytes: usize = words.next().and_then(|word| word.parse().ok()).unwrap_or(16);
                let mut octets = vec![0_u8; bytes];
                getrandom::fill(&mut octets).map_err(|error| error.to_string())?;
                let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
                let key = if kind == KeyKind::Secret { KeyConfig::Text(hex) } else { KeyConfig::Hex(hex) };
                Drawn { ours: key.clone(), theirs: key }
            }
        };
        self.keys.push((stored.to_owned(), kind, drawn.ours));
        Ok(drawn.theirs)
    }

    /// Draws a token for each channel.
    fn channels(&mut self) -> BTreeMap<String, String> {
        let mut tokens = BTreeMap::new();
        let mut channels = Vec::new();
        for channel in &self.plan.channels {
            let mut octets = [0_u8; 24];
            if getrandom::fill(&mut octets).is_err() {
                continue;
            }
            let token: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
            let digest = adapters::seal::digest(adapters::seal::Digest::Sha256, token.as_bytes());
            let digest: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
            channels.push(json!({
                "name": channel.name, "token_sha256": digest, "services": channel.services,
                "branch": channel.branch, "teller": channel.teller,
            }));
            tokens.insert(channel.name.clone(), token);
        }
        self.deployment["channels"] = Value::Array(channels);
        tokens
    }

    async fn gateway(&mut self, clock: &Arc<ScaledClock>) -> Result<Gateway, String> {
        let folder = &self.wanted.folder;
        let passphrase = format!("demo {:?}", std::time::SystemTime::now());
        let keys = self.key_store(&folder.join("keys.store"), &passphrase)?;
        self.deployment["store"] = json!({ "path": folder.join("journal.db") });
        self.deployment["keys"] = json!({ "path": folder.join("keys.store") });
        self.deployment["spool"] = json!(folder.join("spool"));
        self.deployment["listeners"] = json!({ "channels": "127.0.0.1:0" });
        self.deployment["routes"] = json!(self.plan.routes);
        let text = serde_json::to_string_pretty(&self.deployment).map_err(|error| error.to_string())?;
        std::fs::write(folder.join("gateway.yaml"), &text).map_err(|error| error.to_string())?;
        let deployment = Deployment::parse(&text).map_err(|fault| format!("{fault:?}"))?;
        let texts = adapters_of::texts(&self.wanted.configs).map_err(|error| error.to_string())?;
        let loaded = adapters_of::compile(texts, &deployment).map_err(|error| error.to_string())?;
        let version = Version::link(loaded.compiled, loaded.hash, loaded.source, &deployment)
            .map_err(|error| error.to_string())?;
        let options = store::Options::new("demo", Arc::new(Clear));
        let store =
            SqliteStore::open(&folder.join("journal.db"), &options).map_err(|error| error.to_string())?;
        let world = World::with_clock(Arc::<ScaledClock>::clone(clock));
        Gateway::start(version, deployment, Arc::new(keys), Box::new(store), world, Options::default())
            .await
            .map_err(|error| error.to_string())
    }

    fn key_store(&self, path: &Path, passphrase: &str) -> Result<KeyFile, String> {
        let protection = Protection::Passphrase(passphrase);
        let mut random = |octets: &mut [u8]| {
            let _ = getrandom::fill(octets);
        };
        let mut file = KeyFile::create(path, &protection, &mut random).map_err(|error| error.to_string())?;
        for (name, kind, text) in &self.keys {
            let text = match text {
                KeyConfig::Hex(hex) => KeyText::Hex(hex),
                KeyConfig::Text(text) => KeyText::Text(text),
                KeyConfig::Pem(pem) => KeyText::Pem(pem),
            };
            let key = import(*kind, &text, None).map_err(|error| format!("{name}: {error}"))?;
            file.put(name, key, 0).map_err(|error| error.to_string())?;
        }
        file.save(&protection, &mut random).map_err(|error| error.to_string())?;
        Ok(file)
    }
}

/// Whether a link carries files.
fn files(link: &dsl::model::Link) -> bool {
    matches!(link.kind, dsl::model::LinkKind::Sftp | dsl::model::LinkKind::Folder)
}

/// A pair of RSA: the private half is ours or theirs.
fn pair(ours: bool) -> Result<Drawn, String> {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).map_err(|error| error.to_string())?;
    let private = KeyConfig::Pem(pair.serialize_pem());
    let public = KeyConfig::Pem(pair.public_key_pem());
    Ok(if ours { Drawn { ours: private, theirs: public } } else { Drawn { ours: public, theirs: private } })
}

/// A moment of the bank's zone (China, eight hours east).
fn moment(text: &str) -> Result<Moment, String> {
    let local: jiff::civil::DateTime = text.parse().map_err(|error| format!("start: {error}"))?;
    let since = local.duration_since(jiff::civil::DateTime::constant(1970, 1, 1, 8, 0, 0, 0));
    Ok(Moment(since.as_secs().saturating_mul(1_000_000)))
}
