//! `tongshi parameter`: parameters of a running gateway, by the operators' API.
//!
//! In: the API's address, a user's token, what is asked. Out: a table or JSON. Who may do what is the gateway's matter.

use super::failure::Failure;
use super::operator::{Answer, Operator, Request};
use super::{Exit, in_runtime, say, warn};
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

/// Arguments of `tongshi parameter`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  TONGSHI_TOKEN=… tongshi parameter list\n  tongshi parameter propose bank day_limit 10000.00 --member DGPARK01 --from 2026-12-01 --reason \"the park's wish\"\n  tongshi parameter agree 7      (as another user)\n  tongshi parameter changes --json"
)]
pub(crate) struct Parameter {
    #[command(flatten)]
    operator: Operator,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// All parameters: what counts now, what was agreed on for later, what waits
    #[command(
        after_help = "Examples:\n  TONGSHI_TOKEN=… tongshi parameter list\n  tongshi parameter list --admin gateway.bank.example:8090 --trust authority.pem --json"
    )]
    List,
    /// What was ever proposed and decided, oldest first
    #[command(
        after_help = "Examples:\n  tongshi parameter changes\n  tongshi parameter changes --after 100 --json"
    )]
    Changes {
        /// Only changes after this number
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
    /// Proposes another value
    #[command(
        after_help = "Example:\n  tongshi parameter propose bank day_limit 10000.00 --member DGPARK01 --from 2026-12-01 --reason \"the park's wish\""
    )]
    Propose(Propose),
    /// Agrees to what another person proposed
    #[command(
        after_help = "Example:\n  TONGSHI_TOKEN=… tongshi parameter agree 7      (as another user than who proposed it)"
    )]
    Agree(Decide),
    /// Refuses a change, or takes one's own back
    #[command(after_help = "Example:\n  tongshi parameter refuse 7 --reason \"not before the new year\"")]
    Refuse(Decide),
}

#[derive(Args)]
struct Propose {
    /// The module or party: `bank`
    of: String,
    /// The parameter's name
    name: String,
    /// The value
    value: String,
    /// The member, where it is a member's
    #[arg(long, default_value = "")]
    member: String,
    /// The first business date on which it counts: `2026-12-01`
    #[arg(long)]
    from: String,
    /// Why
    #[arg(long, default_value = "")]
    reason: String,
}

#[derive(Args)]
struct Decide {
    /// The number of the change
    change: u64,
    /// Why
    #[arg(long, default_value = "")]
    reason: String,
}

impl Parameter {
    pub(crate) fn run(&self) -> Exit {
        in_runtime("parameter", self.ask())
    }

    async fn ask(&self) -> Result<Exit, Failure> {
        match self.operator.ask(self.act.request()).await? {
            Answer::Refused(why) => {
                warn(&format!("tongshi parameter: {why}"));
                return Ok(Exit::NotSo);
            }
            Answer::Told(told) if self.operator.json => say(&told.to_string()),
            Answer::Told(told) => self.act.show(&told),
        }
        Ok(Exit::Well)
    }
}

impl Act {
    fn request(&self) -> Request {
        let all = "/admin/v1/parameters".to_owned();
        let decide = |decide: &Decide, word: &str| {
            let path = format!("{all}/{}", decide.change);
            Request::post(path, json!({ "decision": word, "reason": decide.reason }))
        };
        match self {
            Self::List => Request::get(all, ""),
            Self::Changes { after } => {
                Request::get(format!("{all}/changes"), format!("after={after}&most=1000"))
            }
            Self::Propose(propose) => {
                let body = json!({
                    "party": propose.of, "member": propose.member, "name": propose.name, "value": propose.value,
                    "from": propose.from, "reason": propose.reason,
                });
                Request::post(all, body)
            }
            Self::Agree(change) => decide(change, "go"),
            Self::Refuse(change) => decide(change, "refuse"),
        }
    }

    fn show(&self, told: &Json) {
        let rows = |name: &str| told.get(name).and_then(Json::as_array).cloned().unwrap_or_default();
        match self {
            Self::List => rows("parameters").iter().for_each(|row| say(&listed(row))),
            Self::Changes { .. } => rows("changes").iter().for_each(|row| say(&changed(row))),
            Self::Propose(_) => {
                say(&format!(
                    "change {} is proposed; another person agrees: tongshi parameter agree {0}",
                    told["change"]
                ));
            }
            Self::Agree(change) => say(&format!("change {} counts from its date on", change.change)),
            Self::Refuse(change) => say(&format!("change {} is refused", change.change)),
        }
    }
}

fn text<'j>(row: &'j Json, path: &str) -> &'j str {
    row.pointer(path).and_then(Json::as_str).unwrap_or_default()
}

fn name(row: &Json) -> String {
    let parts = ["/parameter/party", "/parameter/member", "/parameter/name"].map(|part| text(row, part));
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn listed(row: &Json) -> String {
    let mut line = format!("{:<40} {:>16}  {}", name(row), text(row, "/value"), text(row, "/label"));
    for later in row.get("later").and_then(Json::as_array).into_iter().flatten() {
        line += &format!("; {} from {}", text(later, "/value"), text(later, "/from"));
    }
    if let Some(waiting) = row.get("waiting").filter(|waiting| waiting.is_object()) {
        line += &format!(
            "; change {} to {} from {} waits, proposed by {}",
            waiting["change"],
            text(waiting, "/new"),
            text(waiting, "/from"),
            text(waiting, "/by")
        );
    }
    line
}

fn changed(row: &Json) -> String {
    let decided = match text(row, "/decided/decision") {
        "" => "waits".to_owned(),
        "go" => format!("agreed by {}", text(row, "/decided/by")),
        _ => format!("refused by {}", text(row, "/decided/by")),
    };
    format!(
        "{:>6}  {:<40} {} -> {} from {}, proposed by {}, {decided}",
        row["proposed"]["change"],
        name(row),
        text(row, "/proposed/old"),
        text(row, "/proposed/new"),
        text(row, "/proposed/from"),
        text(row, "/proposed/by"),
    )
}
