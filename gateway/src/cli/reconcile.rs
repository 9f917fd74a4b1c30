//! `tongshi reconcile`: the journal of a deployment, a party's file and the core's list, compared three ways.
//!
//! In: a deployment and the files. Out: a table of the classes with what is to be done, the differences as CSV and as a page,
//! JSON. It reads only, and may run beside the gateway.

mod page;

use super::text::{coloured, padded, shown};
use super::{Exit, say, warn};
use crate::journal;
use crate::reconcile::{Difference, Found, Given, Stopped, compare};
use crate::start;
use adapters::keys::{KeyFile, KeyStore, Protection};
use clap::Args;
use dsl::value::Date;
use engine::batch::compare::{Alone, ComparedFile};
use engine::calendar::Calendar;
use engine::sheet::Spool;
use engine::version::Version;
use engine::{Deployment, load};
use link::World;
use page::Pages;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Differences that a terminal is shown.
const SHOWN: usize = 20;
/// Differences that stand in the JSON; all of them stand in the CSV.
const TOLD: usize = 1_000;

/// Arguments of `tongshi reconcile`.
#[derive(Args)]
#[command(
    after_help = "The party's adapter says by `reconcile` which of our calls its file lists, and what a line is found by; so does the\ncore's. The business date is the one in the files. It exits with 1 if anything differs.\nBodies of the journal are opened with the deployment's key store and passphrase.\n\nExamples:\n  tongshi reconcile gateway.yaml hanyin-topup=FILE --core PARTY=LIST --out var/books\n  tongshi reconcile gateway.yaml coupon=FILE --json      (two ways: no core's list)"
)]
pub(crate) struct Reconcile {
    /// The deployment whose journal it is
    deployment: PathBuf,
    /// The party and its file: `hanyin-topup=FILE`, under the name that the party gave it
    theirs: String,
    /// The party that keeps the bank's own books, and its list: `PARTY=FILE`; without it two books are compared
    #[arg(long)]
    core: Option<String>,
    /// The business date, where the files must be of this one
    #[arg(long)]
    date: Option<Date>,
    /// Folder to which all differences go: `PARTY-DATE.csv` and `PARTY-DATE.html`
    #[arg(long)]
    out: Option<PathBuf>,
    /// Folder with the adapters
    #[arg(long, default_value = "configs")]
    configs: PathBuf,
    /// The result as JSON
    #[arg(long)]
    json: bool,
}

impl Reconcile {
    pub(crate) fn run(&self) -> Exit {
        let pair = |text: &str| {
            let (party, file) = text.split_once('=')?;
            Some((party.replace('-', "_"), PathBuf::from(file)))
        };
        let (Some(theirs), Some(core)) =
            (pair(&self.theirs), self.core.as_deref().map(pair).map_or(Some(None), |core| core.map(Some)))
        else {
            warn("tongshi reconcile: a party and its file are written PARTY=FILE");
            return Exit::WrongUse;
        };
        match self.compare(&theirs, core.as_ref()) {
            Ok(exit) => exit,
            Err(why) => {
                warn(&format!("tongshi reconcile: {why}"));
                Exit::Machine
            }
        }
    }

    fn compare(&self, theirs: &(String, PathBuf), core: Option<&(String, PathBuf)>) -> Result<Exit, Stopped> {
        let (deployment, version) = self.read()?;
        let reference = deployment.keys.passphrase.as_deref().unwrap_or("env:TONGSHI_PASSPHRASE");
        let passphrase = engine::deployment::secret(reference)?;
        let keys = KeyFile::open(&deployment.keys.path, &Protection::Passphrase(&passphrase));
        let keys: Arc<dyn KeyStore> = Arc::new(keys.map_err(|error| error.to_string())?);
        let sealer = start::sealer(&deployment, keys.as_ref())?;
        let mut reader = journal::reader(&deployment, &sealer)?;
        let world = World::real();
        let calendar = Calendar { zone_minutes: deployment.zone_minutes(), cut_over: 0 };
        let desk = Desk::open(&deployment)?;
        let alone = Alone {
            version: Arc::new(version),
            keys,
            random: Arc::clone(&world.random),
            spool: Spool::new(&desk.0, sealer),
            now: calendar.local(world.clock.now()),
        };
        let given =
            |(party, file): &(String, PathBuf)| -> (String, PathBuf) { (party.clone(), file.clone()) };
        let (theirs, core) = (given(theirs), core.map(given));
        let mut pages = self.out.as_deref().map(|folder| Pages::begin(folder, &theirs.0)).transpose()?;
        let mut first = Vec::new();
        let mut tell = |difference: &Difference| {
            if first.len() < TOLD {
                first.push(difference.clone());
            }
            pages.as_mut().map_or(Ok(()), |pages| pages.append(difference))
        };
        let one = Given { party: &theirs.0, file: &theirs.1 };
        let other = core.as_ref().map(|(party, file)| Given { party, file });
        let (day, found) = compare(&alone, reader.as_mut(), one, other, &mut tell)?;
        if let Some(wanted) = self.date.filter(|wanted| *wanted != day) {
            return Err(Stopped(format!("the files are of {day}, not of {wanted}")));
        }
        let written = pages.map(|pages| pages.finish(day, &found)).transpose()?;
        let result = Told { party: &theirs.0, day, found: &found, first: &first, written: &written };
        if self.json {
            say(&result.object().to_string());
        } else {
            result.show();
        }
        Ok(if found.differ() == 0 { Exit::Well } else { Exit::NotSo })
    }

    fn read(&self) -> Result<(Deployment, Version), String> {
        let path = self.deployment.display();
        let text = std::fs::read_to_string(&self.deployment).map_err(|error| format!("{path}: {error}"))?;
        let deployment = Deployment::parse(&text).map_err(|fault| format!("{path}: {fault}"))?;
        let texts = load::texts(&self.configs).map_err(|error| error.to_string())?;
        let loaded = load::compile_for_stage(texts, &deployment).map_err(|error| error.to_string())?;
        let version = Version::link(loaded.compiled, loaded.hash, loaded.source, &deployment);
        version.map(|version| (deployment, version)).map_err(|error| error.to_string())
    }
}

/// A folder for what is read and sorted, gone when it is dropped.
struct Desk(PathBuf);

impl Desk {
    fn open(deployment: &Deployment) -> Result<Self, String> {
        let folder = deployment.spool.join(format!("reconcile-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// What came out.
struct Told<'a> {
    party: &'a str,
    day: Date,
    found: &'a Found,
    /// The first differences.
    first: &'a [Difference],
    /// Where all of them stand.
    written: &'a Option<[PathBuf; 2]>,
}

impl Told<'_> {
    fn show(&self) {
        let Found { party, core, agreed, differences, elsewhere } = self.found;
        say(&format!("{} on {}", self.party, self.day));
        for (whose, compared) in
            party.iter().map(|one| ("party", one)).chain(core.iter().map(|one| ("core", one)))
        {
            let ComparedFile { name, counts, .. } = compared;
            say(&format!(
                "  journal and {whose} ({name}): {} of ours, {} of theirs, {} agree",
                counts.ours, counts.theirs, counts.agreed
            ));
            if counts.other_day > 0 {
                let lines = counts.other_day;
                say(&format!(
                    "    {lines} of theirs are of a business date beside: each counts twice if that day's file has it too"
                ));
            }
        }
        if elsewhere.0 > 0 {
            let (lines, differ) = elsewhere;
            say(&format!(
                "  of the core's lines {lines} are of other parties' flows, {differ} of them differ there"
            ));
        }
        for (kind, count) in differences {
            let (between, word) = (padded(kind.between(), 17), padded(kind.word(), 14));
            say(&format!(
                "  {}",
                coloured(&format!("{count:>9}  {between}  {word}  {}", kind.next_step()), "31")
            ));
        }
        for difference in self.first.iter().take(SHOWN) {
            let Difference { kind, flow, key, ours, theirs } = difference;
            let flow = flow.map_or_else(|| "no flow".to_owned(), |flow| format!("flow {flow}"));
            let amount = |amount: &Option<dsl::value::Decimal>| {
                amount.map_or_else(|| "–".to_owned(), |amount| format!("{amount} yuan"))
            };
            say(&format!(
                "  {} · {}: {flow}, {}; journal {}, there {}",
                kind.between(),
                kind.word(),
                shown(key),
                amount(ours),
                amount(theirs)
            ));
        }
        let differ = self.found.differ();
        if differ > SHOWN as u64 {
            say(&format!("  … {} more", differ - SHOWN as u64));
        }
        if let Some([table, page]) = self.written {
            say(&format!("all of them: {}, {}", table.display(), page.display()));
        }
        let ways = if core.is_empty() { "two ways (no core's list)" } else { "three ways" };
        say(&if differ == 0 {
            format!("The books agree, {ways}: {agreed} flows.")
        } else {
            format!("The books differ, {ways}: {differ} differences, {agreed} flows agree.")
        });
    }

    fn object(&self) -> Json {
        let Found { party, core, agreed, differences, elsewhere } = self.found;
        let compared = |all: &[ComparedFile]| -> Json {
            let one = |one: &ComparedFile| json!({ "name": one.name, "ours": one.counts.ours, "theirs": one.counts.theirs, "agreed": one.counts.agreed, "of_other_day": one.counts.other_day });
            all.iter().map(one).collect()
        };
        let classes = differences.iter().map(|(kind, count)| {
            json!({ "between": kind.between(), "class": kind.word(), "count": count, "next_step": kind.next_step() })
        });
        let first = self.first.iter().map(|difference| {
            let amount = |amount: Option<dsl::value::Decimal>| amount.map(|amount| amount.to_string());
            json!({
                "between": difference.kind.between(), "class": difference.kind.word(),
                "flow": difference.flow.map(|flow| flow.to_string()), "key": difference.key,
                "journal": amount(difference.ours), "there": amount(difference.theirs),
            })
        });
        let path = |path: &Path| path.display().to_string();
        json!({
            "party": self.party, "date": self.day.to_string(), "agree": self.found.differ() == 0,
            "with_party": compared(party), "with_core": compared(core), "flows_agreed": agreed,
            "differ": self.found.differ(), "classes": classes.collect::<Vec<_>>(), "differences": first.collect::<Vec<_>>(),
            "elsewhere": { "lines": elsewhere.0, "differ": elsewhere.1 },
            "written": self.written.as_ref().map(|all| all.iter().map(|one| path(one)).collect::<Vec<_>>()),
        })
    }
}
