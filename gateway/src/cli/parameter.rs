//! `tongshi parameter`: parameters of a running gateway, by the operators' API.
//!
//! In: the API's address, a user's token, what is asked. Out: a table or JSON. Who may do what is the gateway's matter.

use super::{Exit, in_runtime, say, warn};
use bytes::Bytes;
use clap::{Args, Subcommand};
use engine::deployment::secret;
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use link::tls::{TlsClient, TlsClientConfig, TlsVersions};
use link::{Core, World};
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long the gateway may take to answer.
const LIMIT: Duration = Duration::from_secs(30);

/// Arguments of `tongshi parameter`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  TONGSHI_TOKEN=… tongshi parameter list\n  tongshi parameter propose bank meal_day_limit 10000.00 --member DGPARK01 --from 2026-12-01 --reason \"the park's wish\"\n  tongshi parameter agree 7      (as another user)\n  tongshi parameter changes --json"
)]
pub(crate) struct Parameter {
    /// Where operators ask: `listeners.admin` of the deployment
    #[arg(long, global = true, default_value = "127.0.0.1:8090")]
    admin: String,
    /// Where the user's token comes from: `env:NAME` or `file:PATH`
    #[arg(long, global = true, default_value = "env:TONGSHI_TOKEN")]
    token: String,
    /// Who may sign for the gateway's certificate, PEM; without it the line is plain
    #[arg(long, global = true)]
    trust: Option<PathBuf>,
    /// The name in the gateway's certificate, where it is not the address
    #[arg(long, global = true)]
    server_name: Option<String>,
    /// The gateway's answer as it is
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// All parameters: what counts now, what was agreed on for later, what waits
    List,
    /// What was ever proposed and decided, oldest first
    Changes {
        /// Only changes after this number
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
    /// Proposes another value
    Propose(Propose),
    /// Agrees to what another person proposed
    Agree(Decide),
    /// Refuses a change, or takes one's own back
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

    async fn ask(&self) -> Result<Exit, String> {
        let (method, path, query, body) = self.act.request();
        let token = secret(&self.token)?;
        let content = body.map_or_else(String::new, |body| body.to_string()).into();
        let method = method.to_owned();
        let mut message = HttpMessage { method, path, query, content, ..HttpMessage::default() };
        message.headers.push(("authorization".into(), Bytes::from(format!("Bearer {token}"))));
        message.headers.push(("content-type".into(), Bytes::from_static(b"application/json; charset=utf-8")));
        let owner = Core::start(World::real());
        let config = HttpClientConfig { tls: self.tls()?, ..HttpClientConfig::new(&self.admin) };
        let client = HttpClient::new(&owner.core(), config);
        let until = owner.core().mark().after(LIMIT);
        let reply = client.exchange(&message, until).await.reply();
        let reply = reply.ok_or_else(|| format!("{} does not answer", self.admin))?;
        let told: Json = serde_json::from_slice(&reply.content)
            .map_err(|_| format!("{} answers {} without JSON", self.admin, reply.status))?;
        if reply.status != 200 {
            let why = told.get("error").and_then(Json::as_str).unwrap_or("refused");
            warn(&format!("tongshi parameter: {why}"));
            return Ok(Exit::NotSo);
        }
        if self.json {
            say(&told.to_string());
        } else {
            self.act.show(&told);
        }
        Ok(Exit::Well)
    }

    fn tls(&self) -> Result<Option<Arc<TlsClient>>, String> {
        let Some(trust) = &self.trust else { return Ok(None) };
        let roots =
            std::fs::read_to_string(trust).map_err(|error| format!("{}: {error}", trust.display()))?;
        let host = self.admin.rsplit_once(':').map_or(self.admin.as_str(), |(host, _)| host);
        let config = TlsClientConfig {
            roots,
            server_name: self.server_name.clone(),
            identity: None,
            versions: TlsVersions::default(),
            protocols: Vec::new(),
        };
        TlsClient::new(&config, host).map(|client| Some(Arc::new(client))).map_err(|error| error.to_string())
    }
}

impl Act {
    /// Method, path, query and content.
    fn request(&self) -> (&'static str, String, String, Option<Json>) {
        let all = "/admin/v1/parameters".to_owned();
        let decide = |decide: &Decide, word: &str| {
            let path = format!("{all}/{}", decide.change);
            ("POST", path, String::new(), Some(json!({ "decision": word, "reason": decide.reason })))
        };
        match self {
            Self::List => ("GET", all, String::new(), None),
            Self::Changes { after } => {
                ("GET", format!("{all}/changes"), format!("after={after}&most=1000"), None)
            }
            Self::Propose(propose) => {
                let body = json!({
                    "party": propose.of, "member": propose.member, "name": propose.name, "value": propose.value,
                    "from": propose.from, "reason": propose.reason,
                });
                ("POST", all, String::new(), Some(body))
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
