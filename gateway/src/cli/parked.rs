//! `tongshi parked`: what waits for people in a running gateway, the whole story of a flow, and decisions of two persons.
//!
//! In: the API's address, a user's token, what is asked. Out: a table, a story, or JSON. Who may decide what is the gateway's
//! matter: one person's command proposes, another's, with another token, agrees.

mod list;
mod story;

use super::failure::Failure;
use super::operator::{Answer, Operator, Request};
use super::packet::octets;
use super::{Exit, in_runtime, say, warn};
use adapters::seal::{Digest, digest};
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

/// Rows of one request.
const PAGE: usize = 1_000;

/// Arguments of `tongshi parked`.
#[derive(Args)]
#[command(
    after_help = "Decisions: a hold or a place where the flow is parked is decided by go or refuse; an operation whose end nobody knows by\nholds (the party has it), never (it never had it and never will) or taken_back (it had it and took it back), with a proof; one that is held, where the flow names a correcting posting, by correct as well; a notice that was given up\nby again (it is sent again), or by delivered (the party was told otherwise) or dropped (nobody tells it), with a proof.\n\nExamples:\n  TONGSHI_TOKEN=… tongshi parked list\n  tongshi parked show 100417\n  tongshi parked resolve 100417 propose holds --reason \"listed by the party\" --proof-file letter.pdf\n  tongshi parked resolve 100417 agree holds --proof-file letter.pdf      (as another user)\n  tongshi parked resolve 100417 dismiss --reason \"the letter is of another day\""
)]
pub(crate) struct Parked {
    #[command(flatten)]
    operator: Operator,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// All that waits for people, oldest first
    #[command(
        after_help = "Examples:\n  TONGSHI_TOKEN=… tongshi parked list\n  tongshi parked list --admin gateway.bank.example:8090 --trust authority.pem --json"
    )]
    List,
    /// The whole story of a flow: what was asked, states, packets, decisions, what is open
    #[command(after_help = "Example:\n  tongshi parked show 100417")]
    Show {
        /// The flow's number
        flow: u64,
    },
    /// Decides something that waits in a flow
    #[command(
        after_help = "Examples:\n  tongshi parked resolve 100417 propose holds --reason \"listed by the party\" --proof-file letter.pdf\n  tongshi parked resolve 100417 agree holds --proof-file letter.pdf      (as another user)\n  tongshi parked resolve 100417 dismiss --reason \"the letter is of another day\""
    )]
    Resolve(Resolve),
}

#[derive(Args)]
struct Resolve {
    /// The flow's number
    flow: u64,
    #[command(subcommand)]
    step: Step,
}

#[derive(Subcommand)]
enum Step {
    /// Proposes how it ends; another person agrees
    #[command(
        after_help = "Examples:\n  tongshi parked resolve 100417 propose holds --reason \"listed by the party\" --proof-file letter.pdf\n  tongshi parked resolve 100417 propose never --reason \"their letter\" --reference \"letter 2026-117\" --place pay"
    )]
    Propose {
        #[command(flatten)]
        said: Said,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Agrees to what another person proposed
    #[command(
        after_help = "Example:\n  TONGSHI_TOKEN=… tongshi parked resolve 100417 agree holds --proof-file letter.pdf      (as another user than who proposed it)"
    )]
    Agree {
        #[command(flatten)]
        said: Said,
        /// The proposal's number; without it the one that waits now is meant
        #[arg(long)]
        proposal: Option<String>,
        /// Why, where it is not for the proposal's reason
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Takes one's own proposal back, or refuses another person's
    #[command(
        after_help = "Example:\n  tongshi parked resolve 100417 dismiss --reason \"the letter is of another day\""
    )]
    Dismiss {
        /// The place in the flow, where more than one thing waits
        #[arg(long)]
        place: Option<String>,
        /// Why
        #[arg(long)]
        reason: String,
    },
}

#[derive(Args)]
struct Said {
    /// go, refuse, holds, never, taken_back, correct, again, delivered or dropped
    decision: String,
    /// The place in the flow, where more than one thing waits
    #[arg(long)]
    place: Option<String>,
    /// The proof where it is a file: its name and SHA-256 are written down. Who agrees shows the same file
    #[arg(long, conflicts_with = "reference")]
    proof_file: Option<PathBuf>,
    /// The proof where it is no file: a letter's number, a row of a list, an enquiry
    #[arg(long)]
    reference: Option<String>,
}

impl Parked {
    pub(crate) fn run(&self) -> Exit {
        in_runtime("parked", self.ask())
    }

    async fn ask(&self) -> Result<Exit, Failure> {
        match &self.act {
            Act::List => self.list().await,
            Act::Show { flow } => {
                let told = match self.operator.ask(story_of(*flow)).await? {
                    Answer::Told(told) => told,
                    Answer::Refused(why) => return Ok(refused(&why)),
                };
                if self.operator.json {
                    say(&told.to_string());
                } else {
                    story::show(&told);
                }
                Ok(Exit::Well)
            }
            Act::Resolve(resolve) => self.resolve(resolve).await,
        }
    }

    async fn list(&self) -> Result<Exit, Failure> {
        let (mut rows, mut after) = (Vec::new(), "0".to_owned());
        let clock = loop {
            let request = Request::get("/admin/v1/waiting", format!("after={after}&most={PAGE}"));
            let told = match self.operator.ask(request).await? {
                Answer::Told(told) => told,
                Answer::Refused(why) => return Ok(refused(&why)),
            };
            let page = told.get("waiting").and_then(Json::as_array).cloned().unwrap_or_default();
            let last = page.last().map(|row| text(row, "/flow").to_owned());
            let full = page.len() >= PAGE;
            rows.extend(page);
            match last {
                Some(last) if full => after = last,
                _ => break told.get("clock").cloned().unwrap_or_default(),
            }
        };
        if self.operator.json {
            say(&json!({ "waiting": rows, "clock": clock }).to_string());
        } else {
            list::show(&rows, &clock);
        }
        Ok(Exit::Well)
    }

    async fn resolve(&self, resolve: &Resolve) -> Result<Exit, Failure> {
        let (place, body) = match resolve.step.body() {
            Ok(body) => body,
            Err(why) => {
                warn(&format!("tongshi parked: {why}"));
                return Ok(Exit::WrongUse);
            }
        };
        let mut body = body;
        let agrees = matches!(resolve.step, Step::Agree { proposal: None, .. });
        let told = if place.is_none() || agrees {
            match self.operator.ask(story_of(resolve.flow)).await? {
                Answer::Refused(why) => return Ok(refused(&why)),
                Answer::Told(told) => told,
            }
        } else {
            Json::Null
        };
        let place = match place.map_or_else(|| only_place(&told, resolve.flow), |place| Ok(place.to_owned()))
        {
            Ok(place) => place,
            Err((exit, why)) => {
                warn(&format!("tongshi parked: {why}"));
                return Ok(exit);
            }
        };
        if agrees {
            body["proposal"] = proposal_at(&told, &place);
        }
        body["place"] = json!(place);
        let request = Request::post(format!("/admin/v1/waiting/{}", resolve.flow), body.clone());
        match self.operator.ask(request).await? {
            Answer::Refused(why) => return Ok(refused(&why)),
            Answer::Told(told) if self.operator.json => say(&told.to_string()),
            Answer::Told(_) => say(&resolve.done(&place, &body)),
        }
        Ok(Exit::Well)
    }
}

impl Step {
    /// The place, if it is named, and what the gateway is asked.
    fn body(&self) -> Result<(Option<&str>, Json), String> {
        let (word, said, reason, proposal) = match self {
            Self::Propose { said, reason } => ("propose", said, reason, None),
            Self::Agree { said, reason, proposal } => ("agree", said, reason, proposal.as_deref()),
            Self::Dismiss { place, reason } => {
                return Ok((place.as_deref(), json!({ "step": "dismiss", "reason": reason })));
            }
        };
        let file = said.proof_file.as_deref().map(proof).transpose()?;
        let body = json!({
            "step": word, "decision": said.decision, "reason": reason,
            "proof": said.reference.as_deref().unwrap_or_default(), "file": file, "proposal": proposal,
        });
        Ok((said.place.as_deref(), body))
    }
}

impl Resolve {
    fn done(&self, place: &str, body: &Json) -> String {
        let (flow, decision) = (self.flow, text(body, "/decision"));
        match &self.step {
            Step::Propose { .. } => {
                let file = body["file"]["name"].as_str();
                let shows = file.map(|name| format!(" --proof-file {name}")).unwrap_or_default();
                format!(
                    "{decision} is proposed for {place} of flow {flow}; another person agrees: tongshi parked resolve {flow} agree {decision} --place {place}{shows}"
                )
            }
            Step::Agree { .. } => {
                let then = match decision {
                    "delivered" | "dropped" => "It is not sent any more.",
                    _ => "It goes on by itself.",
                };
                format!("{place} of flow {flow}: {decision}, as two persons say. {then}")
            }
            Step::Dismiss { .. } => format!("The proposal for {place} of flow {flow} is dismissed."),
        }
    }
}

fn story_of(flow: u64) -> Request {
    Request::get(format!("/admin/v1/flows/{flow}"), "")
}

fn refused(why: &str) -> Exit {
    warn(&format!("tongshi parked: {why}"));
    Exit::NotSo
}

/// The one place that waits in a flow and can be decided.
fn only_place(told: &Json, flow: u64) -> Result<String, (Exit, String)> {
    let waits = told.get("waits").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let decided = |wait: &&Json| wait["decisions"].as_array().is_some_and(|all| !all.is_empty());
    let places: Vec<&str> = waits.iter().filter(decided).map(|wait| text(wait, "/place")).collect();
    match places.as_slice() {
        [place] => Ok((*place).to_owned()),
        [] => Err((Exit::NotSo, format!("nothing of flow {flow} waits for people"))),
        several => {
            let words =
                format!("several things wait in flow {flow}: name one with --place, {}", several.join(", "));
            Err((Exit::WrongUse, words))
        }
    }
}

/// The number of the proposal that waits at a place.
fn proposal_at(told: &Json, place: &str) -> Json {
    let waits = told.get("waits").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut proposed =
        waits.iter().filter(|wait| text(wait, "/place") == place).map(|wait| &wait["proposed"]["number"]);
    proposed.find(|number| number.is_string()).cloned().unwrap_or_default()
}

/// A file that proves something: its name and digest. It stays where it is.
fn proof(path: &Path) -> Result<Json, String> {
    let octets = octets(path)?;
    let sha256: String = digest(Digest::Sha256, &octets).iter().map(|octet| format!("{octet:02x}")).collect();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(json!({ "name": name, "sha256": sha256 }))
}

fn text<'j>(row: &'j Json, path: &str) -> &'j str {
    row.pointer(path).and_then(Json::as_str).unwrap_or_default()
}

/// An amount in fen as yuan.
fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// What is to be done about something that waits, as commands of this program where it is one.
fn next_step(wait: &Json) -> String {
    let (flow, place) = (text(wait, "/flow"), text(wait, "/place"));
    if let Some(decision) = wait.pointer("/proposed/decision").and_then(Json::as_str) {
        let by = text(wait, "/proposed/by");
        return format!("{by} proposed {decision}: another person agrees, or dismisses it");
    }
    match text(wait, "/why") {
        "hold" => format!("go or refuse, by two persons, one with the role {}", text(wait, "/detail/role")),
        "parked" => {
            format!("ask {}; then holds, never or taken_back with a proof", text(wait, "/detail/party"))
        }
        "held" if wait.pointer("/detail/correct").is_some_and(|correct| !correct.is_null()) => format!(
            "correct with a proof that {} holds it: another posting puts it right; or have it taken back, then taken_back",
            text(wait, "/detail/party")
        ),
        "held" => format!(
            "have {} take it back, or put it right by hand; then taken_back with a proof",
            text(wait, "/detail/party")
        ),
        "notice" => {
            format!("ask {}; then again, or delivered or dropped with a proof", text(wait, "/detail/party"))
        }
        "broken" => "nobody decides it: it was told done, and is put right by hand".to_owned(),
        "late" => "nobody decides it: it goes on being worked on".to_owned(),
        _ => format!("tongshi parked show {flow}; then go or refuse for {place}"),
    }
}
