//! Business: customers ask through channels, parties begin what is theirs, and each exchange is counted and timed.

use super::books::Compared;
use super::plan::{Ask, Plan, Story};
use super::setup::Scene;
use conformance::party::PartyCounts;
use link::Exchanged;
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use link::{Core, World};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Customers at once for each party.
const CUSTOMERS: usize = 8;

/// What was counted of one system.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// The module.
    pub(crate) name: String,
    /// Exchanges asked for.
    pub(crate) asked: u64,
    /// Told done.
    pub(crate) done: u64,
    /// Told refused.
    pub(crate) refused: u64,
    /// Told pending at first.
    pub(crate) pending: u64,
    /// Refusals by reason.
    pub(crate) reasons: BTreeMap<String, u64>,
    /// Microseconds of each exchange, sorted at the end.
    pub(crate) micros: Vec<u64>,
    /// Operations that were unknown for a while, and how they ended, in words.
    pub(crate) unknown: Vec<(String, u64)>,
    /// Operations that wait for an operator.
    pub(crate) parked: u64,
    /// What did not work at all.
    pub(crate) failures: Vec<String>,
}

impl Tally {
    /// A quantile in microseconds, of hundredths; none where nothing was timed here (a party that others ask).
    pub(crate) fn quantile(&self, hundredths: usize) -> Option<u64> {
        let place = self.micros.len().saturating_sub(1) * hundredths / 100;
        self.micros.get(place).copied()
    }
}

/// Runs the plan's business for a while.
pub(crate) async fn run(plan: &Plan, scene: &Scene, span: Duration) -> Result<Vec<Tally>, String> {
    let owner = Core::start(World::real());
    let core = owner.core();
    let until = Instant::now() + span;
    let references = AtomicU64::new(1);
    let mut running = Vec::new();
    for (name, module, _) in plan.parties() {
        if !module.traffic.is_empty() {
            for customer in 0..CUSTOMERS {
                let client =
                    Arc::new(HttpClient::new(&core, HttpClientConfig::new(scene.channels().to_owned())));
                let seller = Seller {
                    plan,
                    scene,
                    name,
                    stories: &module.traffic,
                    client,
                    core: &core,
                    references: &references,
                };
                running.push(futures(seller.sell(until, customer)));
            }
        }
        for (act, times) in &module.acts {
            running.push(futures(begin(scene, name, act, *times, span)));
        }
    }
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for part in join(running).await {
        let whole = tallies
            .entry(part.name.clone())
            .or_insert_with(|| Tally { name: part.name.clone(), ..Tally::default() });
        whole.asked += part.asked;
        whole.done += part.done;
        whole.refused += part.refused;
        whole.pending += part.pending;
        whole.micros.extend(part.micros);
        whole.failures.extend(part.failures);
        for (reason, count) in part.reasons {
            *whole.reasons.entry(reason).or_default() += count;
        }
    }
    for (name, module, _) in plan.parties().filter(|(_, module, _)| module.traffic.is_empty()) {
        let tally = tallies
            .entry(name.to_owned())
            .or_insert_with(|| Tally { name: name.to_owned(), ..Tally::default() });
        if let Some(party) = scene.party(name) {
            party_own(tally, party.counts(), !module.acts.is_empty());
        }
    }
    let mut tallies: Vec<Tally> = tallies.into_values().collect();
    for tally in &mut tallies {
        tally.micros.sort_unstable();
        tally.failures.truncate(5);
    }
    Ok(tallies)
}

/// What a party that no channel asks of counted itself: what it was asked by the gateway, or what it began.
fn party_own(tally: &mut Tally, counts: &PartyCounts, begins: bool) {
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    if begins {
        let failed = count(&counts.failed);
        tally.asked = count(&counts.begun);
        tally.refused = failed.min(tally.asked);
        tally.done = tally.asked - tally.refused;
    } else {
        tally.asked = count(&counts.judged);
        tally.done = count(&counts.done);
        tally.refused = count(&counts.refused);
    }
}

type Running<'r> = std::pin::Pin<Box<dyn Future<Output = Tally> + Send + 'r>>;

fn futures<'r>(future: impl Future<Output = Tally> + Send + 'r) -> Running<'r> {
    Box::pin(future)
}

/// Polls all to their end, side by side on this task.
async fn join(mut running: Vec<Running<'_>>) -> Vec<Tally> {
    let mut ended = Vec::new();
    std::future::poll_fn(|context| {
        running.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(tally) => {
                ended.push(tally);
                false
            }
            std::task::Poll::Pending => true,
        });
        if running.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    ended
}

/// A party does an act of its own some times, spread over the span.
async fn begin(scene: &Scene, name: &str, act: &str, times: u32, span: Duration) -> Tally {
    let mut tally = Tally { name: name.to_owned(), ..Tally::default() };
    let Some(party) = scene.party(name) else { return tally };
    for _ in 0..times {
        let began = Instant::now();
        match party.act(act).await {
            Ok((sent, done)) => {
                tally.asked += sent as u64;
                tally.done += done as u64;
                tally.refused += sent.saturating_sub(done) as u64;
                if sent > 0 {
                    tally.micros.push(micros(began.elapsed()));
                }
            }
            Err(error) => tally.failures.push(format!("{act}: {error}")),
        }
        tokio::time::sleep(span / times.max(1) / 2).await;
    }
    tally
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

struct Seller<'s> {
    plan: &'s Plan,
    scene: &'s Scene,
    name: &'s str,
    stories: &'s [Story],
    client: Arc<HttpClient>,
    core: &'s Core,
    references: &'s AtomicU64,
}

impl Seller<'_> {
    async fn sell(self, until: Instant, customer: usize) -> Tally {
        let mut tally = Tally { name: self.name.to_owned(), ..Tally::default() };
        let weights: u32 = self.stories.iter().map(|story| story.weight).sum();
        let mut round = customer as u32 * 7;
        while Instant::now() < until && tally.failures.len() < 5 {
            round = round.wrapping_add(11);
            let mut place = round % weights.max(1);
            let story = self.stories.iter().find(|story| {
                let here = place < story.weight;
                place = place.saturating_sub(story.weight);
                here
            });
            if let Some(story) = story {
                self.tell(story, &mut tally).await;
            }
        }
        tally
    }

    async fn tell(&self, story: &Story, tally: &mut Tally) {
        let mut known = Map::new();
        for (module, question) in &story.draw {
            let rows = self.scene.party(module).map(|party| party.question(question));
            match rows {
                Some(Ok(rows)) => known.extend(rows.into_iter().next().unwrap_or_default()),
                Some(Err(error)) => return tally.failures.push(format!("{module}: {error}")),
                None => return tally.failures.push(format!("there is no party {module}")),
            }
        }
        let mut answers: Vec<Value> = Vec::new();
        for ask in &story.asks {
            let number = self.references.fetch_add(1, Ordering::Relaxed);
            known.insert("reference".into(), json!(format!("R{number:012}")));
            let body = filled(&ask.with, &known, &answers);
            match self.ask(ask, &body, tally).await {
                Some(answer) => answers.push(answer),
                None => return,
            }
            if ask.twice {
                self.again(ask, &body, answers.last(), tally).await;
            }
        }
    }

    /// Asks once; the answer if it was done.
    async fn ask(&self, ask: &Ask, body: &Value, tally: &mut Tally) -> Option<Value> {
        let began = Instant::now();
        tally.asked += 1;
        let said = match self.post(&ask.service, body).await {
            Ok(said) => said,
            Err(why) => {
                tally.failures.push(format!("{}: {why}", ask.service));
                return None;
            }
        };
        tally.micros.push(micros(began.elapsed()));
        match said.get("outcome").and_then(Value::as_str) {
            Some("done") => {
                tally.done += 1;
                Some(said.get("answer").cloned().unwrap_or(Value::Null))
            }
            Some("pending") => {
                tally.pending += 1;
                None
            }
            _ => {
                tally.refused += 1;
                let reason = said.get("reason").and_then(Value::as_str).unwrap_or("?");
                let label = said.get("label").and_then(Value::as_str).unwrap_or("");
                *tally.reasons.entry(reason.to_owned()).or_default() += 1;
                if matches!(reason, "bad_message" | "no_route" | "unknown_message") {
                    tally.failures.push(format!("{}: {reason}: {label}", ask.service));
                }
                None
            }
        }
    }

    /// The same ask again must get the same answer and have no second effect.
    async fn again(&self, ask: &Ask, body: &Value, first: Option<&Value>, tally: &mut Tally) {
        match self.post(&ask.service, body).await {
            Ok(said) if said.get("answer") == first => {}
            Ok(said) => {
                tally.failures.push(format!("{}: a repeat was answered otherwise: {said}", ask.service));
            }
            Err(why) => tally.failures.push(format!("{}: {why}", ask.service)),
        }
    }

    async fn post(&self, service: &str, body: &Value) -> Result<Value, String> {
        let channel = self
            .plan
            .channels
            .iter()
            .find(|channel| channel.services.iter().any(|granted| granted == service || granted == "*"));
        let token = channel.and_then(|channel| self.scene.token(&channel.name)).unwrap_or("");
        let mut message = HttpMessage::post(format!("/v1/{service}"), bytes::Bytes::from(body.to_string()));
        message.headers.push(("authorization".into(), bytes::Bytes::from(format!("Bearer {token}"))));
        let until = self.core.mark().after(Duration::from_secs(60));
        match self.client.exchange(&message, until).await {
            Exchanged::Reply(reply) => {
                serde_json::from_slice(&reply.content).map_err(|error| error.to_string())
            }
            Exchanged::NotSent(cause) | Exchanged::MaybeSent(cause) => Err(cause.to_string()),
        }
    }
}

/// A template with its values.
fn filled(template: &Value, known: &Map<String, Value>, answers: &[Value]) -> Value {
    match template {
        Value::String(text) => {
            if let Some(path) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
                return looked_up(path, known, answers);
            }
            let mut out = text.clone();
            while let (Some(start), Some(end)) = (out.find('{'), out.find('}')) {
                let value = looked_up(out.get(start + 1..end).unwrap_or(""), known, answers);
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                out.replace_range(start..=end, &value);
            }
            Value::String(out)
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| filled(item, known, answers)).collect()),
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(name, value)| (name.clone(), filled(value, known, answers))).collect(),
        ),
        other => other.clone(),
    }
}

fn looked_up(path: &str, known: &Map<String, Value>, answers: &[Value]) -> Value {
    let (path, picked) = path.split_once('|').map_or((path, None), |(path, picked)| (path, Some(picked)));
    let mut parts = path.split('.');
    let first = parts.next().unwrap_or("");
    let mut value = match first.parse::<usize>() {
        Ok(number) => answers.get(number).cloned().unwrap_or(Value::Null),
        Err(_) => known.get(first).cloned().unwrap_or(Value::Null),
    };
    for part in parts {
        value = value.get(part).cloned().unwrap_or(Value::Null);
    }
    match (picked, value) {
        (Some(picked), Value::Array(rows)) => {
            let pick = |row: &Value| {
                picked
                    .split(',')
                    .map(|name| (name.to_owned(), row.get(name).cloned().unwrap_or(Value::Null)))
                    .collect()
            };
            Value::Array(rows.iter().map(|row| Value::Object(pick(row))).collect())
        }
        (_, value) => value,
    }
}

/// The tallies with what the journal knows of unknowns.
pub(crate) fn with_outcomes(mut tallies: Vec<Tally>, compared: &Compared) -> Vec<Tally> {
    for tally in &mut tallies {
        if let Some(known) = compared.unknown.get(&tally.name) {
            tally.unknown = known.iter().map(|(how, count)| (how.clone(), *count)).collect();
        }
        tally.parked = compared.parked.get(&tally.name).copied().unwrap_or(0);
    }
    tallies
}
