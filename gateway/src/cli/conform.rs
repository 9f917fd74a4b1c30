//! `tongshi conform`: a party's suites, against the party, and against the gateway with all that is around it.

mod kept;
pub(super) mod matrix;

use super::failure::Failure;
use super::party::{Folders, Simulated};
use super::{Exit, say};
use crate::stage::{self, Stage};
use adapters::seal::{Digest, digest};
use clap::Args;
use conformance::examples;
use conformance::laws::specimens;
use conformance::oracles::{self, second, second::Judged, second::Unjudged};
use conformance::party::PartyTls;
use conformance::report::{CaseResult, Report, html, junit};
use conformance::suite::{Plays, Runner, Suite, document_case, example_cases, whole_case};
use dsl::check::{Checked, Sources, check_unwalked};
use dsl::resolve::Choices;
use kept::CameTo;
use link::{Core, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Arguments of `tongshi conform`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi conform power-dongguan                            the simulated party, then our gateway on a stage\n  tongshi conform power-dongguan --against 10.0.0.7:9001 --html report.html\n  tongshi conform campus-card --gateway 10.0.0.8:7001      a gateway that runs; cases that need the stage are skipped\n  tongshi conform --all --json\n  tongshi conform --matrix                                  every system by the seven points of \"works\"\n  tongshi conform power-dongguan --reports said; tongshi conform --matrix --reports said\n                                                            the same table, parties run one by one"
)]
pub(crate) struct Conform {
    /// The party, or several: their folders
    party: Vec<String>,
    /// Every party that has a suite
    #[arg(long)]
    all: bool,
    /// A real counterparty's address, for each of its links: its own suite is run against it
    #[arg(long)]
    against: Option<String>,
    /// The address at which a running gateway listens for the party: the gateway's suite is run against it
    #[arg(long)]
    gateway: Option<String>,
    /// Every party, and at the end the systems of the mission with the seven points of "works"
    #[arg(long, conflicts_with_all = ["party", "against", "gateway", "case"])]
    matrix: bool,
    /// Keeps what each party's suites came to in this folder; with `--matrix`, a party is not run again where no adapter
    /// has changed since
    #[arg(long, conflicts_with_all = ["against", "gateway", "case", "oracles"])]
    reports: Option<PathBuf>,
    /// Runs no suite: who made the octets that each message was held to, as a table in Markdown
    #[arg(long, conflicts_with_all = ["party", "all", "matrix", "against", "gateway"])]
    oracles: bool,
    /// Only cases whose name holds this text
    #[arg(long)]
    case: Option<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Writes the report as a page; with several parties, a folder of pages
    #[arg(long)]
    html: Option<PathBuf>,
    /// Writes the report as JUnit; with several parties, a folder of files
    #[arg(long)]
    junit: Option<PathBuf>,
    /// Where stages are built
    #[arg(long, default_value = "target/conform")]
    folder: PathBuf,
    #[command(flatten)]
    folders: Folders,
}

impl Conform {
    pub(crate) fn run(&self) -> Exit {
        super::in_runtime("conform", async {
            let all = self.oracles || self.matrix;
            let wanted = if all { Vec::new() } else { self.parties()? };
            let adapters = Adapters::read(&self.folders.configs, |folder| {
                all || wanted.iter().any(|one| one == folder)
            })?;
            if self.oracles {
                let systems = adapters.systems(&self.folders.conformance);
                say(oracles::markdown(&systems).trim_end());
                return Ok(Exit::Well);
            }
            let parties = self.parties()?;
            let mut reports = Vec::new();
            let mut came_to = Vec::new();
            for party in &parties {
                if let Some(known) = self.known(party, &adapters)? {
                    came_to.push(known);
                    continue;
                }
                let report = self.one(party, &adapters).await?;
                self.say(&report.closing());
                self.write(&report, parties.len() > 1)?;
                let kept = CameTo::of(&report, &adapters.hash);
                if let Some(folder) = &self.reports {
                    kept.keep(folder)?;
                }
                came_to.push(kept);
                reports.push(report);
            }
            if self.matrix {
                let systems = adapters.systems(&self.folders.conformance);
                let rows = matrix::rows(&self.folders.conformance, &came_to, &systems)?;
                say(&if self.json { matrix::json(&rows).to_string() } else { matrix::table(&rows) });
            } else if self.json {
                say(&object(&reports).to_string());
            }
            let good = came_to.iter().all(CameTo::is_good);
            Ok(if good { Exit::Well } else { Exit::NotSo })
        })
    }

    fn say(&self, text: &str) {
        if !self.json {
            say(text);
        }
    }

    fn parties(&self) -> Result<Vec<String>, Failure> {
        match (self.party.is_empty(), self.all || self.matrix) {
            (false, _) => Ok(self.party.clone()),
            (true, true) => Ok(names(&self.folders.conformance.join("suites"))?),
            (true, false) => Err(Failure::wrong_use("which party? name its folder, or `--all`")),
        }
    }

    /// What the party's suites came to before, where that still counts.
    fn known(&self, party: &str, adapters: &Adapters) -> Result<Option<CameTo>, String> {
        match &self.reports {
            Some(folder) if self.matrix => CameTo::kept(folder, party, &adapters.hash),
            _ => Ok(None),
        }
    }

    /// All suites of a party, and what its adapter brings along, as one report.
    async fn one(&self, party: &str, adapters: &Adapters) -> Result<Report, String> {
        self.say(party);
        let folder = self.folders.conformance.join("suites").join(party);
        let mut whole = Report {
            party: party.to_owned(),
            title: "conformance".to_owned(),
            adapter_hash: String::new(),
            cases: Vec::new(),
        };
        let files = names(&folder).map_err(|error| format!("{error}: {party} has no suite"))?;
        for file in files.iter().filter(|file| file.ends_with(".yaml")) {
            let suite = Suite::read(&folder.join(file)).map_err(|error| error.to_string())?;
            for (variant, mut suite) in suite.by_variant() {
                if !self
                    .folders
                    .choice()
                    .iter()
                    .all(|(name, value)| variant.get(name).is_none_or(|known| known == value))
                {
                    continue;
                }
                if let Some(text) = &self.case {
                    suite.cases.retain(|case| case.name.contains(text));
                }
                let wanted = match suite.plays {
                    Plays::Bank => self.gateway.is_none(),
                    Plays::Party => self.against.is_none(),
                };
                if !wanted || suite.cases.is_empty() {
                    continue;
                }
                self.say(&format!(" {}", suite.title));
                let report = match (suite.plays, &self.gateway) {
                    (Plays::Bank, _) => self.against_party(&suite, &variant).await?,
                    (Plays::Party, None) => self.against_stage(&suite, &variant).await?,
                    (Plays::Party, Some(address)) => self.against_gateway(&suite, &variant, address).await?,
                };
                whole.adapter_hash.clone_from(&report.adapter_hash);
                whole.cases.extend(report.cases);
            }
        }
        if self.case.is_none() && self.against.is_none() && self.gateway.is_none() {
            let own = adapters.own_cases(&self.folders.conformance, party);
            own.iter().for_each(|case| self.tell(case));
            whole.cases.extend(own);
        }
        Ok(whole)
    }

    fn tell(&self, case: &CaseResult) {
        self.say(case.console().trim_end());
    }

    async fn against_party(
        &self,
        suite: &Suite,
        variant: &BTreeMap<String, String>,
    ) -> Result<Report, String> {
        let owner = Core::start(World::real());
        let (core, name) = (owner.core(), &suite.party);
        let told = |case: &CaseResult| self.tell(case);
        let words = |error: conformance::party::PartyError| error.to_string();
        if let Some(address) = &self.against {
            let (loaded, mut config) = self.folders.config(name, variant)?;
            for link in loaded.bank.module.links.iter().filter(|link| link.link.connect) {
                config.links.insert(link.link.name.to_string(), address.clone());
            }
            let tls = PartyTls::default();
            let mut runner = Runner::new(&core, &loaded, suite.plays, &config, &tls, None).map_err(words)?;
            return Ok(runner.run(suite, &told).await);
        }
        let simulated = self.simulated(&core, name, variant).await?;
        let party = &simulated.party;
        let (config, tls) = (&simulated.config, &simulated.tls);
        let runner = Runner::new(&core, party.loaded(), suite.plays, config, tls, Some(party));
        let mut report = runner.map_err(words)?.run(suite, &told).await;
        self.whole(&mut report, party);
        simulated.party.stop();
        Ok(report)
    }

    /// The simulated party with a world and folders of its own, in which nothing stands from another run.
    async fn simulated(
        &self,
        core: &Core,
        party: &str,
        variant: &BTreeMap<String, String>,
    ) -> Result<Simulated, String> {
        let folder = self.folder.join(party).join("party");
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(format!("{}: {error}", folder.display()));
            }
            _ => {}
        }
        self.folders.simulated(core, party, variant, Path::new(":memory:"), &folder, Some(&folder)).await
    }

    async fn against_stage(
        &self,
        suite: &Suite,
        variant: &BTreeMap<String, String>,
    ) -> Result<Report, String> {
        let mut parties = suite.stage.with.clone().unwrap_or_else(|| vec!["core".to_owned()]);
        parties.push(suite.party.clone());
        let mut settings = suite.stage.settings.clone();
        settings.entry(suite.party.replace('-', "_")).or_default().extend(variant.clone());
        let wanted = stage::Wanted {
            configs: self.folders.configs.clone(),
            conformance: self.folders.conformance.clone(),
            folder: self.folder.join(&suite.party).join("stage"),
            parties,
            settings,
            start: suite.stage.start.clone(),
            speed: 1,
            sftp: false,
        };
        let mut stage = Stage::start(&wanted).await?;
        let core = stage.core();
        let mut runner = Runner::on_stage(&core, &mut stage, &suite.party)?;
        let mut report = runner.run(suite, &|case: &CaseResult| self.tell(case)).await;
        drop(runner);
        if let Some(player) = stage.player(&suite.party) {
            self.whole(&mut report, &player.party);
        }
        stage.stop().await;
        Ok(report)
    }

    async fn against_gateway(
        &self,
        suite: &Suite,
        variant: &BTreeMap<String, String>,
        address: &str,
    ) -> Result<Report, String> {
        let owner = Core::start(World::real());
        let core = owner.core();
        let mut simulated = self.simulated(&core, &suite.party, variant).await?;
        let links = &simulated.party.loaded().bank.module.links;
        for link in links.iter().filter(|link| !link.link.connect) {
            simulated.party.calls_at(&link.link.name, address);
            simulated.config.links.insert(link.link.name.to_string(), address.to_owned());
        }
        let (party, config) = (&simulated.party, &simulated.config);
        let runner = Runner::new(&core, party.loaded(), suite.plays, config, &simulated.tls, Some(party));
        let mut runner = runner.map_err(|error| error.to_string())?;
        let report = runner.run(suite, &|case: &CaseResult| self.tell(case)).await;
        simulated.party.stop();
        Ok(report)
    }

    /// The simulated party's own books, after a suite.
    fn whole(&self, report: &mut Report, party: &conformance::party::Party) {
        let mut case = whole_case(&report.title, party);
        report.title.clone_into(&mut case.suite);
        self.tell(&case);
        report.cases.push(case);
    }

    fn write(&self, report: &Report, several: bool) -> Result<(), String> {
        for (path, end, text) in [(&self.html, "html", html(report)), (&self.junit, "xml", junit(report))] {
            let Some(path) = path else { continue };
            let words = |error: std::io::Error| format!("{}: {error}", path.display());
            if several {
                std::fs::create_dir_all(path).map_err(words)?;
                std::fs::write(path.join(format!("{}.{end}", report.party)), text).map_err(words)?;
            } else {
                std::fs::write(path, text).map_err(words)?;
            }
        }
        Ok(())
    }
}

/// The adapters, checked, for what they bring along.
struct Adapters {
    sources: Sources,
    checked: Checked,
    shown: Vec<examples::Shown>,
    /// A digest of all their texts: on a stage stand more than the party.
    hash: String,
}

impl Adapters {
    /// Those of the folders wanted in each variant.
    fn read(configs: &Path, wanted: impl Fn(&str) -> bool) -> Result<Self, String> {
        let sources = super::files::read(configs).map_err(|error| error.to_string())?;
        let checked = check_unwalked(&sources, &Choices::new(), &wanted);
        if checked.has_errors() {
            return Err("the adapters do not compile; `tongshi check` shows what is wrong".to_owned());
        }
        let shown = examples::run(&sources, &checked, configs, &wanted);
        let texts: Vec<&str> = sources.map.files().map(|(_, file)| file.text()).collect();
        let hash = digest(Digest::Sha256, texts.concat().as_bytes());
        let hash = hash.iter().map(|octet| format!("{octet:02x}")).collect();
        Ok(Self { sources, checked, shown, hash })
    }

    /// What each message's octets were held to.
    fn systems(&self, conformance: &Path) -> Vec<oracles::System> {
        let mut systems = oracles::systems(&self.sources, &self.shown);
        for system in &mut systems {
            let Some(Ok(judged)) = self.second(conformance, &system.folder) else { continue };
            let agreed: Vec<_> = judged.iter().filter(|(_, judged)| judged.wrong.is_none()).collect();
            let names = agreed.iter().map(|(message, _)| message.as_str());
            system.agreed("a second implementation in Python", names);
            let held = agreed.iter().filter(|(_, judged)| judged.by_schema > 0);
            let names = held.map(|(message, _)| message.as_str());
            system.agreed("an XML schema, written from the specification", names);
        }
        systems
    }

    /// What the party's second implementation says of messages that are made up.
    fn second(&self, conformance: &Path, party: &str) -> Option<Result<BTreeMap<String, Judged>, Unjudged>> {
        let oracles = conformance.join("oracles");
        let implementation = second::implementation(&oracles, party)?;
        let own = Path::new("target/oracles/bin/python3");
        let python = if own.exists() { own } else { Path::new("python3") };
        let made = specimens(&self.sources, &self.checked, party);
        Some(second::judge(python, &implementation, &made))
    }

    fn own_cases(&self, conformance: &Path, party: &str) -> Vec<CaseResult> {
        let mut cases = example_cases(&self.shown, &party.replace('-', "_"));
        cases.extend(self.second(conformance, party).iter().flat_map(second::cases));
        cases.extend(document_case(&self.sources, &self.checked, party));
        cases
    }
}

fn names(folder: &Path) -> Result<Vec<String>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
    names.sort();
    Ok(names)
}

/// Per system: cases, passed, failed, each of the seven points of "works" with its number of cases, and of every case that failed
/// the first difference.
fn object(reports: &[Report]) -> Value {
    let system = |report: &Report| {
        let points: BTreeMap<String, Value> = report
            .by_point()
            .into_iter()
            .map(|(point, (passed, all))| {
                let said = json!({ "name": point.words(), "cases": all, "passed": passed });
                (point.number().to_string(), said)
            })
            .collect();
        let failures: Vec<Value> = report.cases.iter().filter(|case| !case.passed).map(failure).collect();
        json!({
            "system": report.party, "cases": report.cases.len() - report.skipped(), "passed": report.passed(),
            "failed": report.failed(), "skipped": report.skipped(), "points": points,
            "failures": failures, "adapter": report.adapter_hash,
        })
    };
    json!({
        "good": reports.iter().all(Report::is_good),
        "systems": reports.iter().map(system).collect::<Vec<_>>(),
    })
}

/// What a case that failed was about, and where it went another way than expected.
fn failure(case: &CaseResult) -> Value {
    let step = case.steps.iter().find(|step| step.difference.is_some());
    json!({
        "suite": case.suite, "case": case.name, "step": step.map(|step| &step.what),
        "outcome": step.map(|step| &step.outcome), "difference": step.and_then(|step| step.difference.as_ref()),
    })
}
