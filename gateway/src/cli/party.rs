//! `tongshi simulate` and `tongshi conform`: a counterparty played, and a counterparty tested.

use super::{Exit, say};
use clap::Args;
use conformance::party::{Loaded, Party, PartyConfig, PartySource, PartyTls, load, read_texts};
use conformance::report::{Report, html, junit};
use conformance::suite::{Runner, Suite};
use link::{Core, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where adapters and the data of simulators stand.
#[derive(Args)]
pub(crate) struct Folders {
    /// Folder with the adapters
    #[arg(long, default_value = "configs")]
    configs: PathBuf,
    /// Folder with simulators and suites
    #[arg(long, default_value = "conformance")]
    conformance: PathBuf,
    /// Settings, keys, addresses of the party; else its `party.yaml` beside its world
    #[arg(long)]
    config: Option<PathBuf>,
    /// A variant of the adapter: `setting=name` (may be given more than once)
    #[arg(long)]
    variant: Vec<String>,
}

impl Folders {
    fn choice(&self) -> BTreeMap<String, String> {
        let pairs = self.variant.iter().filter_map(|pair| pair.split_once('='));
        pairs.map(|(setting, name)| (setting.to_owned(), name.to_owned())).collect()
    }

    fn load(&self, party: &str) -> Result<Loaded, String> {
        let texts =
            read_texts(&self.configs, &[]).map_err(|error| format!("{}: {error}", self.configs.display()))?;
        load(texts, party, &self.choice()).map_err(|error| error.to_string())
    }

    fn config(&self, party: &str) -> Result<PartyConfig, String> {
        let own = self.conformance.join("simulators").join(party).join("party.yaml");
        let path = self.config.as_ref().unwrap_or(&own);
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    async fn party(
        &self,
        core: &Core,
        name: &str,
        database: &Path,
    ) -> Result<(Loaded, PartyConfig, Party), String> {
        let (loaded, mut config) = (self.load(name)?, self.config(name)?);
        let source = PartySource {
            loaded: loaded.clone(),
            world: self.conformance.join("simulators").join(name),
            database: database.to_owned(),
        };
        let party = Party::start(core, source, &config, &PartyTls::default())
            .await
            .map_err(|error| error.to_string())?;
        for (link, address) in &mut config.links {
            if let Some(bound) = party.address(link) {
                bound.clone_into(address);
            }
        }
        Ok((loaded, config, party))
    }
}

/// Arguments of `tongshi simulate`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi simulate power-dongguan\n  tongshi simulate core --variant form=json --database /tmp/core.db"
)]
pub(crate) struct Simulate {
    /// The party: its folder
    party: String,
    /// File that keeps its accounts, bills and serials; made if it is not there
    #[arg(long)]
    database: Option<PathBuf>,
    #[command(flatten)]
    folders: Folders,
}

impl Simulate {
    pub(crate) fn run(&self) -> Exit {
        super::in_runtime("simulate", async {
            let owner = Core::start(World::real());
            let database = self.database.clone().unwrap_or_else(|| PathBuf::from(":memory:"));
            let (loaded, config, party) = self.folders.party(&owner.core(), &self.party, &database).await?;
            say(&format!(
                "{} is played; adapter {}",
                self.party,
                loaded.hash.chars().take(12).collect::<String>()
            ));
            for (link, address) in &config.links {
                say(&format!("  {link:12} {address}"));
            }
            say("Ctrl-C ends it.");
            let _ = tokio::signal::ctrl_c().await;
            party.stop();
            Ok(Exit::Well)
        })
    }
}

/// Arguments of `tongshi conform`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi conform power-dongguan                            against our own simulator\n  tongshi conform power-dongguan --against 10.0.0.7:9001 --html report.html\n  tongshi conform --all --json"
)]
pub(crate) struct Conform {
    /// The party: its folder
    party: Option<String>,
    /// Every party that has a suite
    #[arg(long)]
    all: bool,
    /// A real counterparty's address, for each of its links; else the party is simulated
    #[arg(long)]
    against: Option<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Writes the report as a page
    #[arg(long)]
    html: Option<PathBuf>,
    /// Writes the report as JUnit
    #[arg(long)]
    junit: Option<PathBuf>,
    #[command(flatten)]
    folders: Folders,
}

impl Conform {
    pub(crate) fn run(&self) -> Exit {
        super::in_runtime("conform", async {
            let owner = Core::start(World::real());
            let mut reports = Vec::new();
            for (party, suite) in self.suites()? {
                let report = self.one(&owner.core(), &party, &suite).await?;
                if !self.json {
                    say(&report.console());
                }
                reports.push((party, report));
            }
            if reports.is_empty() {
                return Err("there is no suite; name a party, or `--all`".to_owned());
            }
            if self.json {
                say(&object(&reports).to_string());
            }
            let good = reports.iter().all(|(_, report)| report.is_good());
            Ok(if good { Exit::Well } else { Exit::NotSo })
        })
    }

    /// Parties with the suites that are asked for.
    fn suites(&self) -> Result<Vec<(String, PathBuf)>, String> {
        let root = self.folders.conformance.join("suites");
        let parties: Vec<String> = match (&self.party, self.all) {
            (Some(party), _) => vec![party.clone()],
            (None, true) => names(&root)?,
            (None, false) => Vec::new(),
        };
        let mut suites = Vec::new();
        for party in parties {
            let suite = root.join(&party).join("counterparty.yaml");
            if !suite.exists() {
                return Err(format!("{}: {party} has no suite", suite.display()));
            }
            suites.push((party, suite));
        }
        Ok(suites)
    }

    async fn one(&self, core: &Core, name: &str, path: &Path) -> Result<Report, String> {
        let suite = Suite::read(path).map_err(|error| error.to_string())?;
        let (loaded, config, party) = match &self.against {
            Some(address) => {
                let mut config = self.folders.config(name)?;
                for known in config.links.values_mut() {
                    known.clone_from(address);
                }
                (self.folders.load(name)?, config, None)
            }
            None => {
                let (loaded, config, party) = self.folders.party(core, name, Path::new(":memory:")).await?;
                (loaded, config, Some(party))
            }
        };
        let tls = PartyTls::default();
        let mut runner = Runner::new(core, &loaded, suite.plays, &config, &tls, party.as_ref())
            .map_err(|error| error.to_string())?;
        let report = runner.run(&suite).await;
        for (path, text) in [(&self.html, html(&report)), (&self.junit, junit(&report))] {
            if let Some(path) = path {
                std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
            }
        }
        Ok(report)
    }
}

fn names(folder: &Path) -> Result<Vec<String>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
    names.sort();
    Ok(names)
}

/// Per system: cases, passed, failed, and the points of "works" with their numbers of cases.
fn object(reports: &[(String, Report)]) -> Value {
    let system = |(party, report): &(String, Report)| {
        let points: BTreeMap<String, Value> = report
            .by_point()
            .into_iter()
            .map(|(point, (passed, all))| (point.to_string(), json!({ "cases": all, "passed": passed })))
            .collect();
        json!({
            "system": party, "cases": report.cases.len(), "passed": report.passed(),
            "failed": report.cases.len() - report.passed(), "points": points,
        })
    };
    json!({ "systems": reports.iter().map(system).collect::<Vec<_>>() })
}
