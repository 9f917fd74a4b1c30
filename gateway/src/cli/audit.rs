//! `tongshi audit`: the auditor's questions about a journal, and its business dates as files.
//!
//! In: a deployment, or the file of an exported date. Out: whether it is what was written, in words or JSON. It reads alone,
//! needs no key, and opens nothing that is sealed.

use super::{Exit, say, warn};
use crate::journal;
use clap::{Args, Subcommand};
use dsl::evaluate::coded;
use dsl::value::Date;
use engine::Deployment;
use engine::calendar;
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde_json::json;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Clear, ExportVerified, Reader};

/// Days of one list: eleven years.
const DAYS: usize = 4_000;

/// Arguments of `tongshi audit`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi audit verify gateway.yaml\n  tongshi audit export gateway.yaml --date 2026-11-23 --to 2026-11-23.jsonl\n  tongshi audit verify --export 2026-11-23.jsonl\n  tongshi audit forgotten gateway.yaml"
)]
pub(crate) struct Audit {
    #[command(subcommand)]
    question: Question,
}

#[derive(Subcommand)]
enum Question {
    /// Walks the hash chain of each business date again and compares every row that money hangs on with it
    #[command(
        after_help = "Examples:\n  tongshi audit verify gateway.yaml\n  tongshi audit verify gateway.yaml --date 2026-11-23      with the last hashes of that date, to be noted\n  tongshi audit verify --export 2026-11-23.jsonl      the file alone, without journal and key\n\nIt reads only, needs no key, and may run beside the gateway. It exits with 1 and names what was\nchanged, added or taken out, of a file the first line that is wrong, if anything was. Of a file it shows\nthe last hashes of the day's chains: hold them against a note of the day, or the journal that goes on.\nWhat was cut off the end of a whole journal is missed by such a note alone."
    )]
    Verify {
        /// The deployment whose journal it is
        #[arg(required_unless_present = "export")]
        deployment: Option<PathBuf>,
        /// The file of an exported business date, instead of a journal
        #[arg(long, conflicts_with = "deployment")]
        export: Option<PathBuf>,
        /// Shows the last hashes of this business date too
        #[arg(long, conflicts_with = "export")]
        date: Option<Date>,
        /// The result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Writes one business date into a file that proves itself: its chains, and every row whose last write is of that date
    #[command(
        after_help = "Examples:\n  tongshi audit export gateway.yaml --date 2026-11-23 --to 2026-11-23.jsonl\n  tongshi audit verify --export 2026-11-23.jsonl\n\nJSON, a line each: writes, then rows as they are at rest; what is sealed stays sealed. It needs no key and may run\nbeside the gateway. The file stands there whole or not at all. It exits with 1 if nothing was written for that date,\nor it is forgotten."
    )]
    Export {
        /// The deployment whose journal it is
        deployment: PathBuf,
        /// The business date
        #[arg(long)]
        date: Date,
        /// The file; none may stand there yet
        #[arg(long)]
        to: PathBuf,
        /// The result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Lists the business dates that were forgotten: when, by whom, and where they were exported to
    #[command(after_help = "Example:\n  tongshi audit forgotten gateway.yaml")]
    Forgotten {
        /// The deployment whose journal it is
        deployment: PathBuf,
        /// The list as JSON
        #[arg(long)]
        json: bool,
    },
}

impl Audit {
    pub(crate) fn run(&self) -> Exit {
        let answered = match &self.question {
            Question::Verify { export: Some(file), json, .. } => verify_file(file, *json),
            Question::Verify { deployment: Some(deployment), date, json, .. } => {
                verify(deployment, *date, *json)
            }
            Question::Verify { .. } => Ok(Exit::WrongUse),
            Question::Export { deployment, date, to, json } => export(deployment, *date, to, *json),
            Question::Forgotten { deployment, json } => forgotten(deployment, *json),
        };
        answered.unwrap_or_else(|why| {
            warn(&format!("tongshi audit: {why}"));
            Exit::Machine
        })
    }
}

fn deployment(path: &Path) -> Result<Deployment, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    Deployment::parse(&text).map_err(|fault| format!("{shown}: {fault}"))
}

/// A reader that opens nothing: it has no key.
fn reader(path: &Path) -> Result<Box<dyn Reader>, String> {
    let sealer: Arc<dyn store::Sealer> = Arc::new(Clear);
    journal::reader(&deployment(path)?, &sealer)
}

fn verify(path: &Path, date: Option<Date>, json: bool) -> Result<Exit, String> {
    let verified = journal::verify(&deployment(path)?)?;
    let whole = verified.is_whole();
    let heads =
        verified.heads.iter().filter(|head| date.is_some_and(|date| head.date == calendar::day(date)));
    if json {
        let mut told = json!({ "whole": whole, "writes": verified.writes, "rows": verified.rows, "faults": verified.faults });
        if date.is_some() {
            let chains = heads.map(|head| json!({ "node": head.node, "hash": to_hex(&head.hash) }));
            told["chains"] = chains.collect();
        }
        say(&told.to_string());
    } else {
        verified.faults.iter().for_each(|fault| warn(fault));
        if whole {
            let (writes, rows) = (verified.writes, verified.rows);
            say(&format!("The journal is whole: {writes} writes, {rows} rows compared."));
        }
        for head in heads {
            say(&format!("last hash of {}   {}", head.node, to_hex(&head.hash)));
        }
    }
    Ok(if whole { Exit::Well } else { Exit::NotSo })
}

fn verify_file(file: &Path, json: bool) -> Result<Exit, String> {
    let shows = Shows::begin("proved");
    let verified = store::verify_export(file, &mut |writes, rows| shows.told(writes, rows));
    shows.end();
    let verified = verified.map_err(|error| error.to_string())?;
    let ExportVerified { date, exported, chains, fault } = &verified;
    if json {
        let chains: Vec<_> =
            chains.iter().map(|(node, hash)| json!({ "node": node, "hash": to_hex(hash) })).collect();
        let fault = fault.as_ref().map(|fault| json!({ "line": fault.line, "what": fault.what }));
        say(&json!({
            "whole": fault.is_none(), "date": date.to_string(), "writes": exported.writes, "rows": exported.rows,
            "later": exported.later, "sha256": to_hex(&exported.sha256), "chains": chains, "fault": fault,
        })
        .to_string());
    } else if let Some(fault) = fault {
        warn(&format!("{}: {fault}", file.display()));
    } else {
        say(&format!("{date}: the file proves itself: {} writes, {} rows.", exported.writes, exported.rows));
        if exported.later > 0 {
            say(&format!(
                "{} rows were changed on a later date, and their last state is in its file, or were taken out there.",
                exported.later
            ));
        }
        say(&format!("SHA-256 of the file   {}", to_hex(&exported.sha256)));
        for (node, hash) in chains {
            say(&format!("last hash of {node}   {}", to_hex(hash)));
        }
    }
    Ok(if fault.is_none() { Exit::Well } else { Exit::NotSo })
}

fn export(path: &Path, date: Date, to: &Path, json: bool) -> Result<Exit, String> {
    if to.exists() {
        warn(&format!("tongshi audit: {} stands there already; name another file", to.display()));
        return Ok(Exit::WrongUse);
    }
    let mut reader = reader(path)?;
    let shows = Shows::begin("written");
    let written = reader.export(calendar::day(date), to, &mut |writes, rows| shows.told(writes, rows));
    shows.end();
    let exported = match written.map_err(|error| error.to_string())?.written() {
        Ok(exported) => exported,
        Err(why) => {
            warn(&format!("tongshi audit: {why}"));
            return Ok(Exit::NotSo);
        }
    };
    if json {
        say(&json!({
            "date": date.to_string(), "file": to.display().to_string(), "writes": exported.writes,
            "rows": exported.rows, "later": exported.later, "sha256": to_hex(&exported.sha256),
        })
        .to_string());
    } else {
        let (writes, rows) = (exported.writes, exported.rows);
        say(&format!("{date} is in {}: {writes} writes, {rows} rows.", to.display()));
        say(&format!("SHA-256 of the file   {}", to_hex(&exported.sha256)));
        say(&format!("It proves itself by   tongshi audit verify --export {}", to.display()));
    }
    Ok(Exit::Well)
}

fn forgotten(path: &Path, json: bool) -> Result<Exit, String> {
    let deployment = deployment(path)?;
    let zone = calendar::Calendar {
        zone_minutes: deployment.zone_minutes(),
        cut_over: deployment.cut_over_minute(),
    };
    let mut reader = reader(path)?;
    let kept = reader.kept_from().map_err(|error| error.to_string())?;
    let days = reader.forgotten(DAYS).map_err(|error| error.to_string())?;
    let at = |moment: store::Moment| zone.local(link::Moment(moment.0.saturating_mul(1_000))).to_string();
    if json {
        let days: Vec<_> = days
            .iter()
            .map(|day| {
                let export = day.export.as_ref().map(|(file, sha256)| json!({ "file": file, "sha256": to_hex(sha256) }));
                json!({ "date": day.date.to_string(), "at": at(day.at), "by": day.by, "gone": day.gone, "export": export })
            })
            .collect();
        say(&json!({ "kept_from": calendar::date(kept).map(|date| date.to_string()), "forgotten": days })
            .to_string());
        return Ok(Exit::Well);
    }
    for day in &days {
        let export = match &day.export {
            Some((file, sha256)) => format!("{file}  {}", to_hex(sha256)),
            None => "not exported".to_owned(),
        };
        let gone = if day.gone { "" } else { "  (on its way)" };
        say(&format!("{}  {}  {}  {export}{gone}", day.date, at(day.at), day.by));
    }
    say(&match calendar::date(kept) {
        Some(kept) => format!("The journal is kept from {kept} on."),
        None => "Nothing was forgotten.".to_owned(),
    });
    Ok(Exit::Well)
}

fn to_hex(octets: &[u8]) -> String {
    String::from_utf8_lossy(&coded::to_hex(octets, false)).into_owned()
}

/// How far it has come, on a terminal.
struct Shows(ProgressBar, &'static str);

impl Shows {
    fn begin(what: &'static str) -> Self {
        let hidden = !std::io::stderr().is_terminal();
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        Self(ProgressBar::with_draw_target(None, target), what)
    }

    fn told(&self, writes: u64, rows: u64) {
        self.0.set_message(format!("{writes} writes, {rows} rows {}", self.1));
        self.0.tick();
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}
