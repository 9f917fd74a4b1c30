//! The operators' API over HTTP and JSON: what runs, what waits for people, what was refused; decisions of two persons.
//!
//! In: requests with a user's bearer token. Out: JSON, as far as the user's roles allow; who is refused is written down.
//! Private values are masked for everybody but those who may see them. It must not know any counterparty, nor how a
//! decision is carried out.

mod decisions;
mod documents;
mod packets;
mod parameters;
mod story;
mod views;

use bytes::Bytes;
use engine::engine::Engine;
use engine::waiting::Person;
use link::BoxFuture;
use link::http::{HttpMessage, HttpServer, HttpServerConfig, HttpService};
use link::tcp::Peer;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use store::{Day, FlowId, LimitUse};

/// Lines of a list that one answer holds at most.
const MOST: usize = 1_000;

/// Takes new adapters and a new deployment; the text says what is wrong.
pub(crate) type Reload = Arc<dyn Fn() -> BoxFuture<'static, Result<String, String>> + Send + Sync>;

/// Listens for operators, where the deployment names an address.
///
/// # Errors
/// Why the address or the certificate does not work.
pub(crate) async fn listen(engine: &Arc<Engine>, reload: Reload) -> Result<Option<HttpServer>, String> {
    let deployment = engine.deployment.load_full();
    let Some(address) = &deployment.listeners.admin else { return Ok(None) };
    let tls = engine::lines::server_tls(deployment.listeners.admin_tls.as_ref())?;
    let config = HttpServerConfig { tls, ..HttpServerConfig::new(address.value.clone()) };
    let admin = Arc::new(Admin { engine: Arc::clone(engine), reload });
    let server = HttpServer::start(vec![engine.core.clone()], config, admin).await;
    server.map(Some).map_err(|error| error.to_string())
}

struct Admin {
    engine: Arc<Engine>,
    reload: Reload,
}

impl HttpService for Admin {
    fn handle(&self, peer: &Arc<Peer>, request: HttpMessage) -> BoxFuture<'static, HttpMessage> {
        let asked = Asked {
            engine: Arc::clone(&self.engine),
            reload: Arc::clone(&self.reload),
            peer: Arc::clone(peer),
            request,
            user: None,
        };
        Box::pin(asked.answer())
    }
}

/// One request.
pub(crate) struct Asked {
    engine: Arc<Engine>,
    reload: Reload,
    peer: Arc<Peer>,
    request: HttpMessage,
    /// The name of who asks, once it is known.
    user: Option<String>,
}

/// What a user asks for, and which of the roles it takes.
enum Route<'r> {
    /// Who am I.
    Me,
    /// Parties with their links and sessions.
    Parties,
    /// Flows, newest first.
    Flows,
    /// One flow, told from its beginning.
    Flow(&'r str),
    /// Documents of a flow.
    Documents(&'r str),
    /// One of them: the flow, and its number in the list.
    Document(&'r str, &'r str),
    /// What waits for people.
    Waiting,
    /// A person's decision.
    Decide(&'r str),
    /// Inputs that were refused.
    Refused,
    /// Files with which something is left to do.
    Files,
    /// Operations of a date by party, call and state.
    Counts(&'r str),
    /// What is used of limits on a date.
    Limits(&'r str),
    /// Parameters as they stand.
    Parameters,
    /// What was ever proposed and decided of them.
    ParameterChanges,
    /// A person proposes another value.
    Propose,
    /// Another person agrees to a change, or somebody refuses it.
    DecideChange(&'r str),
    /// New adapters and deployment.
    Reload,
}

impl Route<'_> {
    /// Any of these roles will do.
    fn roles(&self) -> &'static [&'static str] {
        const SEE: &[&str] = &["viewer", "operator", "checker", "auditor", "deployer"];
        match self {
            Self::Me => &["viewer", "operator", "checker", "deployer", "auditor", "documents"],
            Self::Documents(_) | Self::Document(..) => &["documents"],
            Self::Parties | Self::Flows | Self::Flow(_) | Self::Waiting | Self::Files => SEE,
            Self::Counts(_) | Self::Limits(_) | Self::Parameters | Self::ParameterChanges => SEE,
            Self::Refused => &["operator", "checker", "auditor"],
            Self::Decide(_) | Self::Propose | Self::DecideChange(_) => &["operator", "checker"],
            Self::Reload => &["deployer"],
        }
    }
}

fn route<'r>(method: &str, path: &'r str) -> Option<Route<'r>> {
    let rest = path.strip_prefix("/admin/v1/")?;
    let (head, tail) = rest.split_once('/').map_or((rest, None), |(head, tail)| (head, Some(tail)));
    Some(match (method, head, tail) {
        ("GET", "me", None) => Route::Me,
        ("GET", "parties", None) => Route::Parties,
        ("GET", "flows", None) => Route::Flows,
        ("GET", "flows", Some(flow)) => match flow.split_once('/') {
            None => Route::Flow(flow),
            Some((flow, "documents")) => Route::Documents(flow),
            Some((flow, rest)) => Route::Document(flow, rest.strip_prefix("documents/")?),
        },
        ("GET", "waiting", None) => Route::Waiting,
        ("POST", "waiting", Some(flow)) => Route::Decide(flow),
        ("GET", "refused", None) => Route::Refused,
        ("GET", "files", None) => Route::Files,
        ("GET", "counts", Some(date)) => Route::Counts(date),
        ("GET", "limits", Some(date)) => Route::Limits(date),
        ("GET", "parameters", None) => Route::Parameters,
        ("GET", "parameters", Some("changes")) => Route::ParameterChanges,
        ("POST", "parameters", None) => Route::Propose,
        ("POST", "parameters", Some(number)) => Route::DecideChange(number),
        ("POST", "reload", None) => Route::Reload,
        _ => return None,
    })
}

fn answer(status: u16, body: &Json) -> HttpMessage {
    let mut message = HttpMessage::response(status, Bytes::from(body.to_string()));
    message.headers.push(("content-type".into(), Bytes::from_static(b"application/json; charset=utf-8")));
    message
}

fn problem(status: u16, why: &str) -> HttpMessage {
    answer(status, &json!({ "error": why }))
}

impl Asked {
    async fn answer(mut self) -> HttpMessage {
        let path = self.request.path.trim_end_matches('/').to_owned();
        let Some(user) = self.user() else {
            self.audit("no user has this token");
            return problem(401, "no user has this token");
        };
        self.user = Some(user.name.clone());
        let Some(route) = route(&self.request.method, &path) else {
            return problem(404, "there is nothing at this path");
        };
        if !route.roles().iter().any(|role| user.has(role)) {
            self.audit(&format!("user {} has none of the roles {}", user.name, route.roles().join(", ")));
            return problem(403, &format!("it takes one of the roles {}", route.roles().join(", ")));
        }
        match route {
            Route::Me => answer(200, &json!({ "user": user.name, "roles": user.roles })),
            Route::Parties => answer(200, &views::parties(&self.engine)),
            Route::Flows => self.flows().await,
            Route::Flow(flow) => self.flow(flow, &user).await,
            Route::Documents(flow) => self.documents(flow).await,
            Route::Document(flow, number) => self.document(flow, number, &user).await,
            Route::Waiting => self.waiting().await,
            Route::Decide(flow) => self.decide(flow, &user).await,
            Route::Refused => self.refused(&user).await,
            Route::Files => self.files().await,
            Route::Counts(date) => self.counts(date).await,
            Route::Limits(date) => self.limits(date, &user).await,
            Route::Parameters => self.parameters(),
            Route::ParameterChanges => self.parameter_changes().await,
            Route::Propose => self.propose(&user).await,
            Route::DecideChange(number) => self.decide_change(number, &user).await,
            Route::Reload => self.reload(&user).await,
        }
    }

    /// The user of the token.
    fn user(&self) -> Option<Person> {
        let token = self.request.header("authorization")?.strip_prefix(b"Bearer ")?;
        let digest = adapters::seal::digest(adapters::seal::Digest::Sha256, token);
        let digest: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
        let deployment = self.engine.deployment.load();
        let mut users = deployment.users.iter().map(|user| &user.value);
        let found = users.find(|user| {
            let known = user.token_sha256.to_lowercase();
            adapters::seal::constant_time_equal(known.as_bytes(), digest.as_bytes())
        })?;
        Some(Person { name: found.name.clone(), roles: found.roles.clone() })
    }

    /// Who was refused, and what they wanted; of a flood, how often. Each user by themselves, so that no flood of
    /// strangers hides what one of them tried.
    fn audit(&self, fault: &str) {
        let link = self.user.as_ref().map_or_else(|| "admin".to_owned(), |user| format!("admin {user}"));
        let head = format!("{} {}", self.request.method, self.request.path);
        engine::serve::refuse(&self.engine, &link, &self.peer.address, fault, head.as_bytes());
    }

    /// A field of the query.
    fn query(&self, name: &str) -> Option<&str> {
        let pairs = self.request.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn most(&self) -> usize {
        self.query("most").and_then(|most| most.parse().ok()).unwrap_or(100).min(MOST)
    }

    /// Reads the journal; what cannot be read is said so.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut dyn store::Reader) -> Result<T, store::Fatal> + Send + 'static,
    ) -> Result<T, HttpMessage> {
        self.engine.journal.read(read).await.map_err(|fatal| {
            self.engine.fail(&fatal);
            problem(503, "the journal cannot be read")
        })
    }

    async fn flows(&self) -> HttpMessage {
        let before = self.query("before").and_then(|before| before.parse().ok()).map(FlowId);
        let date = self.query("date").and_then(day);
        let most = self.most();
        match self.read(move |reader| reader.flows_before(before, date, most)).await {
            Ok(rows) => answer(200, &json!({ "flows": rows.iter().map(views::flow).collect::<Vec<_>>() })),
            Err(message) => message,
        }
    }

    async fn flow(&self, flow: &str, user: &Person) -> HttpMessage {
        let Some(flow) = flow.parse().ok().map(FlowId) else { return problem(400, "a flow is a number") };
        match story::of(&self.engine, flow, user.has("auditor")).await {
            Ok(Some(story)) => answer(200, &story),
            Ok(None) => problem(404, "there is no such flow"),
            Err(fatal) => {
                self.engine.fail(&fatal);
                problem(503, "the journal cannot be read")
            }
        }
    }

    async fn documents_of(&self, flow: &str) -> Result<(FlowId, Vec<documents::Document>), HttpMessage> {
        let flow = flow.parse().ok().map(FlowId).ok_or_else(|| problem(400, "a flow is a number"))?;
        match documents::of(&self.engine, flow).await {
            Ok(Some(documents)) => Ok((flow, documents)),
            Ok(None) => Err(problem(404, "there is no such flow")),
            Err(fatal) => {
                self.engine.fail(&fatal);
                Err(problem(503, "the journal cannot be read"))
            }
        }
    }

    async fn documents(&self, flow: &str) -> HttpMessage {
        match self.documents_of(flow).await {
            Ok((_, documents)) => {
                let rows = documents.iter().zip(1..).map(|(document, number)| document.told(number));
                answer(200, &json!({ "documents": rows.collect::<Vec<_>>() }))
            }
            Err(message) => message,
        }
    }

    async fn document(&self, flow: &str, number: &str, user: &Person) -> HttpMessage {
        let (flow, documents) = match self.documents_of(flow).await {
            Ok(found) => found,
            Err(message) => return message,
        };
        let place = number.parse().ok().and_then(|number: usize| number.checked_sub(1));
        let Some(document) = place.and_then(|place| documents.get(place)) else {
            return problem(404, "the flow has no such document");
        };
        match documents::noted(&self.engine, flow, &user.name, document).await {
            Ok(true) => {}
            Ok(false) => return problem(503, "the reading cannot be written down now: ask again"),
            Err(fatal) => {
                self.engine.fail(&fatal);
                return problem(503, "the reading cannot be written down");
            }
        }
        let (media, end) = document.kind();
        let mut message = HttpMessage::response(200, Bytes::from(document.octets.clone()));
        let name = format!("attachment; filename=\"flow-{flow}-document-{number}.{end}\"");
        for (header, value) in [
            ("content-type", media.to_owned()),
            ("content-disposition", name),
            // What a browser is given it shall save, not run.
            ("x-content-type-options", "nosniff".to_owned()),
            ("cache-control", "no-store".to_owned()),
        ] {
            message.headers.push((header.into(), Bytes::from(value)));
        }
        message
    }

    /// The content, JSON.
    fn body(&self) -> Result<Json, Box<HttpMessage>> {
        serde_json::from_slice(&self.request.content)
            .map_err(|error| Box::new(problem(400, &format!("the content is no JSON: {error}"))))
    }

    async fn refused(&self, user: &Person) -> HttpMessage {
        let (most, whole) = (self.most(), user.has("auditor"));
        match self.read(move |reader| reader.refused(most)).await {
            Ok(rows) => {
                let rows: Vec<Json> = rows.iter().map(|row| views::refused(row, whole)).collect();
                answer(200, &json!({ "refused": rows }))
            }
            Err(message) => message,
        }
    }

    async fn files(&self) -> HttpMessage {
        let most = self.most();
        match self.read(move |reader| reader.open_files(most)).await {
            Ok(rows) => answer(200, &json!({ "files": rows.iter().map(views::file).collect::<Vec<_>>() })),
            Err(message) => message,
        }
    }

    async fn counts(&self, date: &str) -> HttpMessage {
        let Some(date) = day(date) else { return problem(400, "a date is written 2026-11-23") };
        match self.read(move |reader| reader.counts(date)).await {
            Ok(rows) => answer(200, &json!({ "counts": rows.iter().map(views::count).collect::<Vec<_>>() })),
            Err(message) => message,
        }
    }

    /// What is used of limits on a date, of a month on its last one, or for `ever`. With `by=VALUE,…`, what a limit counts by in its
    /// order, that of the counters for these values alone; that takes an auditor: trying values tells whose counter is whose.
    async fn limits(&self, date: &str, user: &Person) -> HttpMessage {
        let Some(date) = (if date == "ever" { Some(Day(0)) } else { day(date) }) else {
            return problem(400, "a date is written 2026-11-23, or `ever`");
        };
        let most = self.most();
        let read = match self.query("by") {
            Some(_) if !user.has("auditor") => {
                self.audit(&format!("user {}: whose limits are used is an auditor's question", user.name));
                return problem(403, "`by` takes the role auditor");
            }
            Some(by) => {
                let names = self.engine.counters_of(&by.split(',').collect::<Vec<_>>());
                self.read(move |reader| used_of(reader, date, names)).await
            }
            None => self.read(move |reader| reader.limits(date, most)).await,
        };
        match read {
            Ok(rows) => {
                let rows: Vec<Json> = rows.iter().map(views::limit).collect();
                answer(200, &json!({ "limits": rows }))
            }
            Err(message) => message,
        }
    }

    async fn reload(&self, user: &Person) -> HttpMessage {
        match (self.reload)().await {
            Ok(told) => {
                tracing::info!(user = %user.name, told, "adapters and deployment were taken anew");
                answer(200, &json!({ "reloaded": told }))
            }
            Err(why) => {
                self.audit(&format!("user {}: a reload was refused", user.name));
                problem(409, &why)
            }
        }
    }
}

/// What is used of counters by their names.
fn used_of(
    reader: &mut dyn store::Reader,
    day: Day,
    names: Vec<String>,
) -> Result<Vec<LimitUse>, store::Fatal> {
    let mut found = Vec::new();
    for limit in names {
        let used = reader.limit_used(&limit, day)?;
        if used > 0 {
            found.push(LimitUse { limit, day, used });
        }
    }
    Ok(found)
}

/// A text of a JSON object, empty where it has none.
fn text_of(body: &Json, name: &str) -> String {
    body.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}

/// A date as the journal counts it.
fn day(text: &str) -> Option<Day> {
    text.parse().ok().map(engine::calendar::day)
}
