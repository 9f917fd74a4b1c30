//! A client of the bank's channels that asks as applications do: it draws what it asks for, asks again under the same
//! reference where no answer came, and writes down every answer that it got.

use super::field::Diary;
use super::ground::Ground;
use super::plan::{Ask, Story};
use crate::demo::filled;
use bytes::Bytes;
use conformance::faults::Dice;
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use link::{Core, Exchanged};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, mpsc};

/// How often a client asks at most, and how long it waits for each answer.
const TIMES: usize = 12;
/// Postings of ten thousand that are taken back, where nothing else is said.
pub(super) const CANCELS: u16 = 1_200;
/// Of ten thousand asks behind a first that was told as pending, so many are questions what became of it.
const ENQUIRES: u16 = 5_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// A posting that a client asked for, and what it was told.
#[derive(Clone, Debug)]
pub(super) struct Posting {
    /// The story's place in the plan.
    pub(super) story: usize,
    /// What was drawn.
    pub(super) known: Map<String, Value>,
    /// What the ledgers held before anything was asked, in the plan's order, in fen.
    pub(super) before: Vec<i64>,
    /// The service.
    pub(super) service: String,
    /// The body, the same in every copy.
    pub(super) body: Value,
    /// Outcomes told, in order.
    pub(super) told: Vec<Said>,
    /// It was asked to be taken back: what was told of that, once anything was.
    pub(super) cancelled: Option<Option<Cancelled>>,
}

/// What came of a story.
#[derive(Clone, Debug)]
pub(super) enum StoryEnd {
    /// Its posting was asked for.
    Asked(Box<Posting>),
    /// An ask before it was not done, so that nothing was posted: the story's place in the plan.
    Stopped(usize),
}

/// What a client was told of its wish to take a posting back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cancelled {
    /// Nothing holds, and nothing will.
    Through,
    /// It cannot be taken back any more.
    TooLate,
}

/// What a client was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Said {
    /// It holds.
    Done,
    /// It holds nowhere.
    Refused,
    /// Its end is not known yet.
    Pending,
    /// Nobody asked for it.
    Unheard,
}

/// Asks over HTTP.
#[derive(Clone)]
pub(super) struct Asker {
    /// Whom it asks, one after the other where no answer comes.
    clients: Arc<[HttpClient]>,
    turn: Arc<AtomicUsize>,
    core: Core,
    token: String,
    channels: Vec<String>,
    diary: Diary,
    /// Nothing goes wrong any more: what is told as busy then is the end that was written.
    fair: bool,
    /// Asks that were refused as busy; one count for all that were made of one.
    busy: Arc<AtomicU64>,
    /// Rung whenever an end is told as not known yet.
    pending: Arc<Notify>,
}

/// An answer: what was said, and the answer's fields if it was done, the flow's number if it is pending or was refused. None: it was not taken, or nothing was heard.
pub(super) type Heard = Option<(Said, Value)>;

impl Asker {
    pub(super) fn new(core: &Core, ground: &Ground, diary: &Diary) -> Self {
        let (token, channels) = (ground.token.clone(), vec![ground.channels.clone()]);
        Self {
            clients: clients(core, &channels),
            turn: Arc::default(),
            core: core.clone(),
            token,
            channels,
            diary: diary.clone(),
            fair: false,
            busy: Arc::default(),
            pending: Arc::default(),
        }
    }

    /// The same, which rings whenever an end is told as not known yet.
    pub(super) fn telling(self, pending: &Arc<Notify>) -> Self {
        Self { pending: Arc::clone(pending), ..self }
    }

    /// The same, asking at these addresses.
    pub(super) fn at(self, channels: Vec<String>) -> Self {
        Self { clients: clients(&self.core, &channels), channels, ..self }
    }

    /// The same over a connection of its own; where there are several to ask, it begins with the next.
    pub(super) fn another(&self) -> Self {
        let turn = Arc::new(AtomicUsize::new(self.turn.load(Ordering::Relaxed) + 1));
        Self { clients: clients(&self.core, &self.channels), turn, ..self.clone() }
    }

    /// Whom it asks now.
    fn client(&self) -> Option<&HttpClient> {
        self.clients.get(self.turn.load(Ordering::Relaxed) % self.clients.len().max(1))
    }

    /// How many asks were refused as busy, nothing of them being begun.
    pub(super) fn refused_busy(&self) -> u64 {
        self.busy.load(Ordering::Relaxed)
    }

    /// Whether the gateway takes asks.
    pub(super) async fn is_ready(&self) -> bool {
        let ready = HttpMessage { method: "GET".to_owned(), ..HttpMessage::post("/ready", Bytes::new()) };
        let until = self.core.mark().after(Duration::from_secs(5));
        let Some(client) = self.client() else { return false };
        matches!(client.exchange(&ready, until).await, Exchanged::Reply(reply) if reply.status == 200)
    }

    /// The same when nothing goes wrong any more.
    pub(super) fn in_fair_weather(self) -> Self {
        Self { fair: true, ..self }
    }

    /// Asks once.
    pub(super) async fn ask(&self, service: &str, body: &Value) -> Heard {
        let said = self.send("POST", &format!("/v1/{service}"), body).await?;
        self.heard(service, body, &said, "")
    }

    /// Asks how a posting ended; of one that was taken back before it was asked for nothing is known, and nothing comes of it.
    pub(super) async fn enquire(&self, service: &str, body: &Value) -> Heard {
        let (said, more) = self.hear_of(service, body).await?;
        Some((if said == Said::Unheard { Said::Refused } else { said }, more))
    }

    /// Asks how a posting ended that was told as pending.
    async fn hear_of(&self, service: &str, body: &Value) -> Heard {
        let said = self.send("GET", &format!("/v1/{service}/{}", reference(body)), &Value::Null).await?;
        let heard = self.heard(service, body, &said, " enquired");
        let text = |name: &str| said.get(name).and_then(Value::as_str);
        // A refusal of a flow bears its number.
        if text("reason") == Some("never_seen") && text("flow").is_none() {
            return Some((Said::Unheard, Value::Null));
        }
        heard
    }

    /// Asks for a posting to be taken back.
    async fn cancel(&self, service: &str, body: &Value) -> Option<Cancelled> {
        let path = format!("/v1/{service}/{}/cancel", reference(body));
        let said = self.send("POST", &path, &Value::Null).await?;
        let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or("");
        self.diary.note(&format!(
            "client: {service} {} cancel: told {} {}",
            reference(body),
            text("outcome"),
            text("reason")
        ));
        match (text("outcome"), text("reason")) {
            ("done", _) => Some(Cancelled::Through),
            (_, "too_late") => Some(Cancelled::TooLate),
            _ => None,
        }
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Option<Value> {
        let message = HttpMessage::post(path, Bytes::from(body.to_string()));
        let mut message = HttpMessage { method: method.to_owned(), ..message };
        message.headers.push(("authorization".into(), Bytes::from(format!("Bearer {}", self.token))));
        let until = self.core.mark().after(PATIENCE);
        match self.client()?.exchange(&message, until).await {
            Exchanged::Reply(reply) => Some(serde_json::from_slice(&reply.content).unwrap_or(Value::Null)),
            Exchanged::NotSent(cause) | Exchanged::MaybeSent(cause) => {
                self.diary.note(&format!("client: {method} {path} {}: no answer ({cause})", reference(body)));
                self.turn.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }

    fn heard(&self, service: &str, body: &Value, said: &Value, how: &str) -> Heard {
        let reference = reference(body);
        let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let (outcome, reason) = (text("outcome"), text("reason"));
        let flow = said
            .get("flow")
            .and_then(Value::as_str)
            .map(|flow| format!(" of flow {flow}"))
            .unwrap_or_default();
        self.diary.note(&format!(
            "client: {service} {reference}{how}: told {outcome} {reason}{flow} {}",
            text("label")
        ));
        if reason == "busy" {
            self.busy.fetch_add(1, Ordering::Relaxed);
        }
        match outcome.as_str() {
            "done" => Some((Said::Done, said.get("answer").cloned().unwrap_or(Value::Null))),
            "pending" => {
                self.pending.notify_one();
                Some((Said::Pending, said.get("flow").cloned().unwrap_or(Value::Null)))
            }
            // It may not have been taken: then nothing of it is written, and the same reference is asked with again.
            "refused" if !self.fair && matches!(reason.as_str(), "busy" | "stopping") => None,
            "refused" => Some((Said::Refused, said.get("flow").cloned().unwrap_or(Value::Null))),
            _ => None,
        }
    }
}

fn clients(core: &Core, channels: &[String]) -> Arc<[HttpClient]> {
    channels.iter().map(|address| HttpClient::new(core, HttpClientConfig::new(address.clone()))).collect()
}

fn reference(body: &Value) -> &str {
    body.get("reference").and_then(Value::as_str).unwrap_or("")
}

/// A story with what it is told of.
pub(super) struct Drawn {
    /// Its place in the plan.
    pub(super) place: usize,
    /// Itself.
    pub(super) story: Story,
    /// What was drawn.
    pub(super) known: Map<String, Value>,
    /// What the ledgers hold before.
    pub(super) before: Vec<i64>,
}

/// A client with its dice; whatever two clients do at once, each throws for itself.
pub(super) struct Client {
    pub(super) asker: Asker,
    pub(super) dice: Dice,
    pub(super) copies: bool,
    /// Postings of ten thousand that it takes back.
    pub(super) cancels: u16,
    /// By how much its pauses are shorter.
    pub(super) haste: u32,
    /// Turns to tell a story, where they are given out; closed, no further one is told.
    pub(super) turns: Option<Arc<Semaphore>>,
    pub(super) tell: mpsc::Sender<StoryEnd>,
}

impl Client {
    /// Tells one story after the other, with pauses.
    pub(super) async fn run(self, stories: Vec<Drawn>) {
        for drawn in stories {
            if let Some(turns) = &self.turns {
                match turns.acquire().await {
                    Ok(turn) => turn.forget(),
                    Err(_) => return,
                }
            }
            self.pause(Duration::ZERO, Duration::from_secs(15)).await;
            self.tell(drawn).await;
        }
    }

    async fn pause(&self, least: Duration, most: Duration) {
        let core = &self.asker.core;
        let span = self.dice.span(least, most) / self.haste.max(1);
        core.world().clock.sleep_until(core.mark().after(span)).await;
    }

    async fn tell(&self, Drawn { place, story, known, before: held }: Drawn) {
        let mut answers: Vec<Value> = Vec::new();
        let Some((posting, before)) = story.asks.split_last() else { return };
        for ask in before {
            let body = filled(&ask.with, &known, &answers);
            match self.persist(ask, &body).await.last() {
                Some((Said::Done, answer)) => answers.push(answer.clone()),
                _ => return self.ends(StoryEnd::Stopped(place)).await,
            }
        }
        let body = filled(&posting.with, &known, &answers);
        let cancels = self.dice.falls(self.cancels).then(|| self.cancel(posting, &body));
        let told = self.persist(posting, &body).await.into_iter().map(|(said, _)| said).collect();
        let cancelled = match cancels {
            Some(mut told) => Some(told.recv().await.flatten()),
            None => None,
        };
        let service = posting.service.clone();
        let posting = Posting { story: place, known, before: held, service, body, told, cancelled };
        self.ends(StoryEnd::Asked(Box::new(posting))).await;
    }

    async fn ends(&self, end: StoryEnd) {
        if self.tell.send(end).await.is_err() {
            self.asker.diary.note("client: nobody hears what it was told");
        }
    }

    /// Asks until an end is told, or its patience is over; now and then with two copies at once. Told that the end is not known
    /// yet, it asks the same again, or what has become of it.
    async fn persist(&self, ask: &Ask, body: &Value) -> Vec<(Said, Value)> {
        let mut told: Vec<(Said, Value)> = Vec::new();
        let ended =
            |told: &[(Said, Value)]| told.iter().any(|(said, _)| matches!(said, Said::Done | Said::Refused));
        for _ in 0..TIMES {
            if told.iter().any(|(said, _)| *said == Said::Pending) && self.dice.falls(ENQUIRES) {
                told.extend(self.asker.hear_of(&ask.service, body).await);
                if ended(&told) {
                    break;
                }
                self.pause(Duration::from_millis(200), Duration::from_secs(40)).await;
                continue;
            }
            let second = (self.copies && self.dice.falls(1_500)).then(|| self.second(ask, body));
            told.extend(self.asker.ask(&ask.service, body).await);
            if let Some(mut second) = second {
                told.extend(second.recv().await);
            }
            if ended(&told) {
                break;
            }
            self.pause(Duration::from_millis(200), Duration::from_secs(40)).await;
        }
        told
    }

    /// Takes a posting back, some time after it was asked for: while it is under way, or when it has ended.
    fn cancel(&self, ask: &Ask, body: &Value) -> mpsc::Receiver<Option<Cancelled>> {
        let (give, take) = mpsc::channel(1);
        let (asker, dice) = (self.asker.clone(), Dice::new(self.dice.below(u64::MAX)));
        let most = Duration::from_secs(20) / self.haste.max(1);
        let (service, body) = (ask.service.clone(), body.clone());
        self.asker.core.spawn(async move {
            let (core, mut told) = (asker.core.clone(), None);
            for _ in 0..TIMES {
                let pause = dice.span(Duration::ZERO, most);
                core.world().clock.sleep_until(core.mark().after(pause)).await;
                told = asker.cancel(&service, &body).await;
                if told.is_some() {
                    break;
                }
            }
            let _heard = give.send(told).await;
        });
        take
    }

    /// A second copy of an ask, over a connection of its own.
    fn second(&self, ask: &Ask, body: &Value) -> mpsc::Receiver<(Said, Value)> {
        let (give, take) = mpsc::channel(1);
        let asker = self.asker.another();
        let (service, body) = (ask.service.clone(), body.clone());
        self.asker.core.spawn(async move {
            if let Some(heard) = asker.ask(&service, &body).await {
                drop(give.send(heard).await);
            }
        });
        take
    }
}

/// What is known when a story begins.
pub(super) fn known(reference: &str, throw: u64, story: u64, turn: u64) -> Map<String, Value> {
    let mut known = Map::new();
    known.insert("reference".to_owned(), json!(reference));
    known.insert("throw".to_owned(), json!(throw % 1_000_000));
    known.insert("story".to_owned(), json!(story));
    known.insert("turn".to_owned(), json!(turn));
    known
}
