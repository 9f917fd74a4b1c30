//! What a command asks of a running gateway by the operators' API, as the user of a token.
//!
//! In: the API's address, the token, a request. Out: the gateway's answer, JSON, or why it refuses. Who may do what is the
//! gateway's matter.

use super::failure::{Failure, secret};
use bytes::Bytes;
use clap::Args;
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use link::tls::{TlsClient, TlsClientConfig, TlsVersions};
use link::{Core, World};
use serde_json::Value as Json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long the gateway may take to answer.
const LIMIT: Duration = Duration::from_secs(30);

/// Where the gateway is, and who asks.
#[derive(Args)]
pub(super) struct Operator {
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
    pub(super) json: bool,
}

/// A request.
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) body: Option<Json>,
}

impl Request {
    pub(super) fn get(path: impl Into<String>, query: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), query: query.into(), body: None }
    }

    pub(super) fn post(path: impl Into<String>, body: Json) -> Self {
        Self { method: "POST", path: path.into(), query: String::new(), body: Some(body) }
    }
}

/// What the gateway said.
pub(super) enum Answer {
    Told(Json),
    Refused(String),
}

impl Operator {
    /// Asks once.
    ///
    /// # Errors
    /// Where there is no token, or no answer can be had.
    pub(super) async fn ask(&self, request: Request) -> Result<Answer, Failure> {
        let token = secret(&self.token)?;
        let Request { method, path, query, body } = request;
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
        if reply.status == 200 {
            return Ok(Answer::Told(told));
        }
        Ok(Answer::Refused(told.get("error").and_then(Json::as_str).unwrap_or("refused").to_owned()))
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
