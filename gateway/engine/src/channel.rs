//! The bank's channels over HTTP and JSON: ask a service, enquire by reference, cancel.
//!
//! In: requests of channels that show who they are. Out: done, refused or pending, with reason and label. A
//! posting names its act by the channel's `reference`: the same reference is the same act. It must not know parties.

mod caller;
mod openapi;
mod reference;

use crate::driver::{Known, NewFlow, Told, ToldKind, ask_digest};
use crate::engine::Engine;
use crate::facts::Facts;
use crate::json;
use crate::version::{Service, Version};
use crate::view::push_part;
use adapters::value::{Record, encode_record};
use bytes::Bytes;
use caller::Caller;
use dsl::evaluate::Value;
use dsl::flow::CancelAnswer;
use dsl::model::{Fact, ServiceKind};
use link::BoxFuture;
use link::http::{HttpMessage, HttpServer, HttpServerConfig, HttpService};
use link::tcp::Peer;
use serde_json::{Value as Json, json as object};
use std::sync::Arc;
use store::{Direction, Key};

/// Makes the text of `/metrics`.
pub type MetricsText = Arc<dyn Fn() -> String + Send + Sync>;

/// In whose share of the core the channels' connections are polled: all channels are one bank. Also under which name their
/// refused requests are written down.
const CHANNELS: &str = "channels";

struct Channels {
    engine: Arc<Engine>,
    metrics: MetricsText,
}

impl Engine {
    /// Listens for channels.
    ///
    /// # Errors
    /// Why the address or the certificate does not work.
    pub async fn listen_for_channels(self: &Arc<Self>, metrics: MetricsText) -> Result<HttpServer, String> {
        let deployment = self.deployment.load_full();
        let tls = crate::lines::server_tls(deployment.listeners.channels_tls.as_ref())?;
        let config = HttpServerConfig {
            tls,
            whose: Some(CHANNELS.into()),
            ..HttpServerConfig::new(deployment.listeners.channels.value.clone())
        };
        let channels = Arc::new(Channels { engine: Arc::clone(self), metrics });
        HttpServer::start(vec![self.core.clone()], config, channels).await.map_err(|error| error.to_string())
    }
}

impl HttpService for Channels {
    fn handle(&self, peer: &Arc<Peer>, request: HttpMessage) -> BoxFuture<'static, HttpMessage> {
        let asked = Asked {
            engine: Arc::clone(&self.engine),
            version: self.engine.current.load_full(),
            metrics: Arc::clone(&self.metrics),
            peer: Arc::clone(peer),
            request,
        };
        Box::pin(asked.answer())
    }
}

struct Asked {
    engine: Arc<Engine>,
    version: Arc<Version>,
    metrics: MetricsText,
    peer: Arc<Peer>,
    request: HttpMessage,
}

fn answer(status: u16, body: &Json) -> HttpMessage {
    let mut message = HttpMessage::response(status, Bytes::from(body.to_string()));
    message.headers.push(("content-type".into(), Bytes::from_static(b"application/json; charset=utf-8")));
    message
}

fn problem(status: u16, reason: &str, text: &str) -> HttpMessage {
    answer(status, &object!({ "outcome": "refused", "reason": reason, "label": text }))
}

impl Asked {
    async fn answer(self) -> HttpMessage {
        let path = self.request.path.trim_end_matches('/').to_owned();
        let method = self.request.method.clone();
        match (method.as_str(), path.as_str()) {
            ("GET", "/health") => self.health(false),
            ("GET", "/ready") => self.health(true),
            ("GET", "/metrics") => {
                crate::observe::gauges(self.engine.flows.len(), self.engine.journal.waiting());
                let mut message = HttpMessage::response(200, Bytes::from((self.metrics)()));
                message
                    .headers
                    .push(("content-type".into(), Bytes::from_static(b"text/plain; version=0.0.4")));
                message
            }
            ("GET", "/openapi.json") => answer(200, &openapi::document(&self.version)),
            (method, path) => match path.strip_prefix("/v1/") {
                Some(rest) => self.service(method, rest).await,
                None => problem(404, "unknown_message", "there is nothing at this path"),
            },
        }
    }

    fn health(&self, ready: bool) -> HttpMessage {
        use std::sync::atomic::Ordering;
        let broken = self.engine.broken.load(Ordering::Acquire);
        let stopping = self.engine.stopping.load(Ordering::Acquire);
        let well = !(broken || ready && stopping);
        let body = object!({
            "status": if well { "up" } else { "down" },
            "node": self.engine.deployment.load().node,
            "flows": self.engine.flows.len(),
            "journal_waiting": self.engine.journal.waiting(),
            "journal_days_broken": self.engine.broken_days.shown(),
            "may_still_send": self.engine.senders.nodes(),
        });
        answer(if well { 200 } else { 503 }, &body)
    }

    async fn service(self, method: &str, rest: &str) -> HttpMessage {
        let caller = match caller::caller(&self.engine, &self.peer, &self.request) {
            Ok(caller) => caller,
            Err(why) => {
                self.audit(CHANNELS, why);
                return problem(401, "no_session", why);
            }
        };
        let mut parts = rest.splitn(3, '/');
        let (path, segment, verb) = (parts.next().unwrap_or(""), parts.next(), parts.next());
        if !caller.services.iter().any(|granted| granted == path || granted == "*") {
            // By itself, so that no flood of strangers hides it.
            let link = format!("{CHANNELS} {}", caller.name);
            self.audit(&link, &format!("channel {} may not ask {path}", caller.name));
            return problem(403, "no_agreement", "this service is not granted to the channel");
        }
        let version = Arc::clone(&self.version);
        let Some(service) = version.service(path) else {
            return problem(404, "unknown_message", "there is no such service");
        };
        let reference = match segment.map(reference::of_path).transpose() {
            Ok(reference) => reference,
            Err(fault) => return problem(400, "bad_message", &fault.to_string()),
        };
        match (method, reference, verb) {
            ("POST", None, None) => self.ask(&caller, path, service).await,
            ("GET", Some(reference), None) => self.enquire(&caller, path, service, &reference).await,
            ("POST", Some(reference), Some("cancel")) => self.cancel(&caller, path, &reference).await,
            _ => {
                problem(405, "bad_message", "POST asks, GET with a reference enquires, POST …/cancel cancels")
            }
        }
    }

    /// Who was refused is written down, or counted in a flood.
    fn audit(&self, link: &str, fault: &str) {
        let head = format!("{} {}", self.request.method, self.request.path);
        crate::serve::refuse(&self.engine, link, &self.peer.address, fault, head.as_bytes());
    }

    fn facts(&self, caller: &Caller) -> Facts {
        let mut facts = Facts::default();
        let name = self.version.symbols().find(&caller.name);
        facts.put(Fact::Channel, &name.map_or_else(|| Value::text(caller.name.clone()), Value::Name));
        facts.put(Fact::Branch, &Value::Text(caller.branch.as_str().into()));
        facts.put(Fact::Teller, &Value::Text(caller.teller.as_str().into()));
        facts
    }

    async fn ask(self, caller: &Caller, path: &str, service: &Service) -> HttpMessage {
        let body: Json = match serde_json::from_slice(&self.request.content) {
            Ok(body) => body,
            Err(error) => return problem(400, "bad_message", &format!("the content is no JSON: {error}")),
        };
        let ask = match json::to_record(&body, &self.version, service.ask) {
            Ok(ask) => ask,
            Err(fault) => return problem(400, "bad_message", &fault.to_string()),
        };
        let started = self.engine.core.mark();
        let told = match service.flow {
            None if service.kind == ServiceKind::Query => {
                self.engine.ask_provider(&self.version, path, &self.facts(caller), Some(ask)).await
            }
            None => return problem(501, "no_route", "no flow runs this service"),
            Some(_) => match self.new_flow(caller, path, service, &body, ask) {
                Ok(new) => self.engine.ask(new, caller.wait).await,
                Err(message) => return *message,
            },
        };
        crate::observe::asked(path, told.kind.word(), self.engine.core.mark().since(started));
        // A query is asked anew, by whatever reference.
        if told.is_unknown() && service.kind == ServiceKind::Query {
            return pending(None);
        }
        self.told(&told)
    }

    fn new_flow(
        &self,
        caller: &Caller,
        path: &str,
        service: &Service,
        body: &Json,
        ask: Record,
    ) -> Result<NewFlow, Box<HttpMessage>> {
        let other = || Box::new(problem(501, "no_route", "no flow runs this service"));
        let flow = service.flow.ok_or_else(other)?;
        let journaled = self.version.flow(flow).is_some_and(|tables| tables.program.journaled());
        let bad = |text: &str| Box::new(problem(400, "bad_message", text));
        let named = reference::of_ask(&self.request, body).map_err(|fault| bad(&fault.to_string()))?;
        let reference = match named {
            Some(reference) => reference,
            None if !journaled => format!("query {}", self.engine.core.world().random.below(u64::MAX)),
            None => {
                return Err(bad(
                    "a posting needs `reference`, or the header Idempotency-Key: 1 to 64 characters",
                ));
            }
        };
        let octets = encode_record(&ask, &self.version.compiled.shapes, service.ask, self.version.symbols());
        let octets = octets.map_err(|error| bad(&error.to_string()))?;
        Ok(NewFlow {
            version: Arc::clone(&self.version),
            reference: flow,
            facts: self.facts(caller),
            key: self.key(caller, path, &reference),
            known: Known::Ever,
            waited_for: true,
            digest: ask_digest(&[&octets]),
            ask: Some(ask),
            packet: None,
            sheets: crate::facts::Tagged::new(),
            found_by: Vec::new(),
            kept: crate::facts::Tagged::new(),
            writer: None,
        })
    }

    fn key(&self, caller: &Caller, path: &str, reference: &str) -> Key {
        let module =
            self.version.service(path).and_then(|service| service.flow).map_or(0, |flow| flow.module);
        let date = crate::calendar::day(self.engine.business_date(&self.version, module));
        let mut once = Vec::new();
        push_part(&mut once, path.as_bytes());
        push_part(&mut once, reference.as_bytes());
        Key { date, party: format!("channel {}", caller.name), direction: Direction::In, once }
    }

    async fn enquire(self, caller: &Caller, path: &str, service: &Service, reference: &str) -> HttpMessage {
        if service.flow.is_none() {
            return problem(404, "never_seen", "a query leaves nothing to enquire about");
        }
        match self.engine.find_end(&self.key(caller, path, reference), Known::Ever).await {
            Some(told) => self.told(&told),
            None => problem(404, "never_seen", "nobody asked under this reference"),
        }
    }

    async fn cancel(self, caller: &Caller, path: &str, reference: &str) -> HttpMessage {
        let key = self.key(caller, path, reference);
        let key = match self.engine.flow_of_key(&key, Known::Ever).await {
            Ok(Some(flow)) => self.engine.key_of(flow).await.unwrap_or(key),
            Ok(None) => key,
            Err(_) => return unknown(),
        };
        match self.engine.cancel(&key, Known::Ever).await {
            CancelAnswer::Cancelled => answer(200, &object!({ "outcome": "done", "cancelled": true })),
            CancelAnswer::NothingToUndo => {
                answer(200, &object!({ "outcome": "done", "cancelled": true, "reason": "never_seen" }))
            }
            CancelAnswer::Refused => problem(200, "too_late", "it cannot be cancelled any more"),
            CancelAnswer::Pending => answer(202, &object!({ "outcome": "pending" })),
        }
    }

    fn told(&self, told: &Told) -> HttpMessage {
        let flow = (told.flow.0 != 0).then(|| told.flow.to_string());
        match told.kind {
            ToldKind::Done => {
                let record = match (&told.record, told.shape) {
                    (Some(record), Some(shape)) => json::of_record(record, &self.version, shape),
                    _ => object!({}),
                };
                answer(200, &object!({ "outcome": "done", "flow": flow, "answer": record }))
            }
            ToldKind::Refused => {
                let status = match told.reason.as_str() {
                    "busy" => 503,
                    "duplicate" => 409,
                    _ => 200,
                };
                let label =
                    if told.text.is_empty() { self.version.label(&told.reason) } else { told.text.clone() };
                answer(
                    status,
                    &object!({ "outcome": "refused", "flow": flow, "reason": told.reason, "label": label }),
                )
            }
            ToldKind::Pending if told.is_unknown() => unknown(),
            ToldKind::Pending => pending(flow.as_deref()),
        }
    }
}

/// Its end is not known yet.
fn pending(flow: Option<&str>) -> HttpMessage {
    answer(202, &object!({ "outcome": "pending", "flow": flow }))
}

/// It is not known whether it was taken.
fn unknown() -> HttpMessage {
    answer(504, &object!({ "outcome": "unknown", "label": "ask again under the same reference" }))
}

fn hash(octets: &[u8]) -> String {
    let digest = adapters::seal::digest(adapters::seal::Digest::Sha256, octets);
    digest.iter().map(|octet| format!("{octet:02x}")).collect()
}
