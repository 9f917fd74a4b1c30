//! `tongshi simulate`: a counterparty played; and what a simulated party is made from, for `conform` too.

use super::{Exit, say};
use crate::stage::{Authority, certificates, complete_keys, fit, party_config, read};
use clap::Args;
use conformance::party::{KeyConfig, Loaded, Party, PartyConfig, PartySource, PartyTls, load, read_texts};
use dsl::model::LinkKind;
use link::{Core, World};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where adapters and the data of simulators stand.
#[derive(Args)]
pub(crate) struct Folders {
    /// Folder with the adapters
    #[arg(long, default_value = "configs")]
    pub(crate) configs: PathBuf,
    /// Folder with simulators and suites
    #[arg(long, default_value = "conformance")]
    pub(crate) conformance: PathBuf,
    /// Settings, keys, addresses of the party; else its `party.yaml` beside its world
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    /// A variant of the adapter: `setting=name` (may be given more than once)
    #[arg(long)]
    pub(crate) variant: Vec<String>,
}

/// A simulated party that runs, with what is needed to play the other side.
pub(crate) struct Simulated {
    /// Itself.
    pub(crate) party: Party,
    /// Its configuration, with the addresses at which it listens.
    pub(crate) config: PartyConfig,
    /// Certificates of both sides.
    pub(crate) tls: PartyTls,
}

impl Folders {
    /// The variant that was asked for on the command line.
    pub(crate) fn choice(&self) -> BTreeMap<String, String> {
        let pairs = self.variant.iter().filter_map(|pair| pair.split_once('='));
        pairs.map(|(setting, name)| (setting.to_owned(), name.to_owned())).collect()
    }

    /// Both sides of a party, under its settings.
    pub(crate) fn load(&self, party: &str, settings: &BTreeMap<String, String>) -> Result<Loaded, String> {
        let texts =
            read_texts(&self.configs, &[]).map_err(|error| format!("{}: {error}", self.configs.display()))?;
        load(texts, party, settings).map_err(|error| error.to_string())
    }

    /// A party's configuration, with these settings over its own; keys that it does not give are drawn.
    pub(crate) fn config(
        &self,
        party: &str,
        settings: &BTreeMap<String, String>,
    ) -> Result<(Loaded, PartyConfig), String> {
        let mut config: PartyConfig = match &self.config {
            Some(path) => read(path)?,
            None => party_config(&self.conformance, party)?,
        };
        config.settings.extend(settings.clone());
        let loaded = self.load(party, &config.settings)?;
        fit(&mut config, &loaded);
        complete_keys(&mut config, &loaded.bank.module.keys)?;
        Ok((loaded, config))
    }

    /// Starts a party; certificates go into a folder. `files`: where folders of its file links stand that are no whole
    /// paths, else where the program was started.
    pub(crate) async fn simulated(
        &self,
        core: &Core,
        name: &str,
        settings: &BTreeMap<String, String>,
        database: &Path,
        folder: &Path,
        files: Option<&Path>,
    ) -> Result<Simulated, String> {
        let (loaded, mut config) = self.config(name, settings)?;
        for link in loaded
            .bank
            .module
            .links
            .iter()
            .filter(|link| matches!(link.link.kind, LinkKind::Sftp | LinkKind::Folder))
        {
            if let (Some(root), Some(path)) = (files, config.links.get_mut(&*link.link.name)) {
                *path = root.join(&path).display().to_string();
            }
        }
        let authority = Authority::make(&folder.join("certificates"))?;
        let (tls, _) = certificates(name, &loaded, &config, &authority)?;
        for link in loaded.bank.module.links.iter().filter(|link| link.link.connect) {
            config.links.entry(link.link.name.to_string()).or_insert_with(|| "127.0.0.1:0".to_owned());
        }
        let source = PartySource::of(loaded, &self.configs, &self.conformance, name, database.to_owned());
        let party = Party::start(core, source, &config, &tls).await.map_err(|error| error.to_string())?;
        for (link, address) in &mut config.links {
            if let Some(bound) = party.address(link) {
                bound.clone_into(address);
            }
        }
        Ok(Simulated { party, config, tls })
    }
}

/// Arguments of `tongshi simulate`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi simulate power-dongguan\n  tongshi simulate core --variant form=json --database /tmp/core.db\n  tongshi simulate zhima-credit --folder /tmp/zhima    its certificates and keys are there"
)]
pub(crate) struct Simulate {
    /// The party: its folder
    party: String,
    /// File that keeps its accounts, bills and serials; made if it is not there
    #[arg(long)]
    database: Option<PathBuf>,
    /// Where the authority of its certificates and the keys that were drawn are written
    #[arg(long, default_value = "target/simulate")]
    folder: PathBuf,
    #[command(flatten)]
    folders: Folders,
}

impl Simulate {
    pub(crate) fn run(&self) -> Exit {
        super::in_runtime("simulate", async {
            let owner = Core::start(World::real());
            let database = self.database.clone().unwrap_or_else(|| PathBuf::from(":memory:"));
            let folder = self.folder.join(&self.party);
            let choice = self.folders.choice();
            let simulated =
                self.folders.simulated(&owner.core(), &self.party, &choice, &database, &folder, None).await?;
            let hash: String = simulated.party.loaded().hash.chars().take(12).collect();
            say(&format!("{} is played; adapter {hash}", self.party));
            for (link, address) in &simulated.config.links {
                say(&format!("  {link:12} {address}"));
            }
            for path in written(&simulated.config, &folder)? {
                say(&format!("  {}", path.display()));
            }
            say("Ctrl-C ends it.");
            let _ = tokio::signal::ctrl_c().await;
            simulated.party.stop();
            Ok(Exit::Well)
        })
    }
}

/// Pairs whose halves the other side needs, written as PEM files.
fn written(config: &PartyConfig, folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut paths = Vec::new();
    for (name, key) in &config.keys {
        let KeyConfig::Pem(pem) = key else { continue };
        let path = folder.join(format!("{name}.pem"));
        std::fs::write(&path, pem).map_err(|error| format!("{}: {error}", path.display()))?;
        paths.push(path);
    }
    Ok(paths)
}
