//! Business: customers ask through channels, parties begin what is theirs, and each exchange is counted and timed.

use super::fill::filled;
use super::people::People;
use super::plan::{Ask, Begun, Misbehaviour, PartyPlan, Plan, Story};
use super::progress::Progress;
use super::tally::{Tally, micros};
use crate::stage::Stage;
use bytes::Bytes;
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use link::{Core, Exchanged};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often people look at what waits for them.
const LOOK: Duration = Duration::from_millis(200);

/// Runs the plan's business for a while.
pub(crate) async fn run(
    plan: &Plan,
    stage: &Stage,
    people: &People,
    span: Duration,
    quiet: bool,
) -> Result<Vec<Tally>, String> {
    let owner = super::measuring();
    let core = owner.core();
    let until = Instant::now() + span;
    let references = AtomicU64::new(1);
    let progress = Progress::begin(span, quiet);
    let window = Window::of(plan, span);
    let mut running: Vec<Running<'_>> = Vec::new();
    for party in &plan.parties {
        for customer in 0..party.customers {
            let client = Arc::new(HttpClient::new(&core, HttpClientConfig::new(stage.channels().to_owned())));
            let (name, stories, core) = (&party.folder, &party.traffic, &core);
            let (references, progress) = (&references, &progress);
            let pause = Duration::from_millis(party.pause.unwrap_or(0));
            let seller = Seller { stage, name, stories, client, core, references, progress, window, pause };
            running.push(Box::pin(seller.sell(until, customer)));
        }
        let plain = party.acts.iter().map(|(act, times)| (act, Begun { times: *times, ..Begun::default() }));
        let given = party.acts_with.iter().map(|(act, begun)| (act, begun.clone()));
        for (act, begun) in plain.chain(given) {
            running.push(Box::pin(begin(stage, &party.folder, act, begun, span, &references)));
        }
        if let (Some(misbehaviour), Some(window)) = (&party.misbehaves, window) {
            running.push(Box::pin(misbehave(stage, party, misbehaviour, window)));
        }
    }
    let showing = progress.show(stage, until);
    running.push(Box::pin(decide(stage, people, until)));
    let ((), parts) = both(showing, join(running)).await;
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for part in parts.into_iter().filter(|part| !part.name.is_empty()) {
        tallies.entry(part.name.clone()).or_insert_with(|| Tally::of(&part.name)).add(part);
    }
    Ok(tallies.into_values().collect())
}

/// The while in which some misbehave.
#[derive(Clone, Copy, Debug)]
struct Window {
    from: Instant,
    until: Instant,
}

impl Window {
    /// The middle third of the business, where a party of the plan misbehaves.
    fn of(plan: &Plan, span: Duration) -> Option<Self> {
        let from = Instant::now() + span / 3;
        let some = plan.parties.iter().any(|party| party.misbehaves.is_some());
        some.then(|| Window { from, until: from + span / 3 })
    }
}

/// A party makes other faults than usual for a while, or does an act without a pause.
async fn misbehave(stage: &Stage, party: &PartyPlan, how: &Misbehaviour, window: Window) -> Tally {
    tokio::time::sleep_until(window.from.into()).await;
    if !how.faults.is_empty() {
        stage.set_faults(&party.folder, &how.faults);
    }
    let flood = how.flood.iter().flat_map(|flood| std::iter::repeat_n(flood, flood.at_once));
    let floods = flood.map(|flood| -> Running<'_> {
        Box::pin(async move {
            let mut tally = Tally::of(&party.folder);
            let Some(player) = stage.player(&party.folder) else { return tally };
            while Instant::now() < window.until && tally.failures.is_empty() {
                match player.party.act_with(&flood.act, &flood.with).await {
                    Ok((sent, _)) => tally.flood += sent as u64,
                    Err(error) => tally.failures.push(format!("{}: {error}", flood.act)),
                }
            }
            tally
        })
    });
    let mut tally = Tally::of(&party.folder);
    for part in join(floods.collect()).await {
        tally.add(part);
    }
    tokio::time::sleep_until(window.until.into()).await;
    stage.set_faults(&party.folder, &party.faults);
    tally
}

/// Whether something that was begun has not ended: a flow of the gateway, beside those that are parked, or what a party
/// waits for.
pub(crate) fn open(plan: &Plan, stage: &Stage, parked: usize) -> bool {
    let flows = stage.gateway().is_some_and(|gateway| gateway.engine().flows.len() > parked);
    flows || plan.parties.iter().any(|party| waits(stage, &party.folder, party.open.as_deref()) > 0)
}

/// How much a party still waits for, by its own file.
pub(super) fn waits(stage: &Stage, folder: &str, question: Option<&str>) -> i64 {
    let Some((player, question)) = stage.player(folder).zip(question) else { return 0 };
    let rows = player.party.question(question).unwrap_or_default();
    rows.first().and_then(|row| row.values().next()?.as_i64()).unwrap_or(0)
}

type Running<'r> = std::pin::Pin<Box<dyn Future<Output = Tally> + Send + 'r>>;

/// Polls both to their end, side by side on this task.
async fn both<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (std::pin::pin!(one), std::pin::pin!(other));
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(|context| {
        if first.is_none()
            && let std::task::Poll::Ready(value) = one.as_mut().poll(context)
        {
            first = Some(value);
        }
        if second.is_none()
            && let std::task::Poll::Ready(value) = other.as_mut().poll(context)
        {
            second = Some(value);
        }
        match (first.take(), second.take()) {
            (Some(a), Some(b)) => std::task::Poll::Ready((a, b)),
            (a, b) => {
                (first, second) = (a, b);
                std::task::Poll::Pending
            }
        }
    })
    .await
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

/// People look at what waits, now and then; what they cannot decide is seen at the end.
async fn decide(stage: &Stage, people: &People, until: Instant) -> Tally {
    while Instant::now() < until {
        if let Err(why) = people.decide(stage).await {
            tracing::debug!(why, "not decided yet");
        }
        tokio::time::sleep(LOOK).await;
    }
    Tally::default()
}

/// A party does an act of its own some times, spread over the span.
async fn begin(
    stage: &Stage,
    name: &str,
    act: &str,
    begun: Begun,
    span: Duration,
    references: &AtomicU64,
) -> Tally {
    let mut tally = Tally::of(name);
    let Some(player) = stage.player(name) else { return tally };
    for _ in 0..begun.times {
        let done = match drawn(stage, &begun.draw) {
            Err(why) => Err(why),
            // Nothing is ready for it yet.
            Ok(None) => Ok((0, 0)),
            Ok(Some(mut known)) => {
                known.insert("reference".into(), reference(references));
                let values = begun.with.iter();
                let with = values.map(|(name, value)| (name.clone(), filled(value, &known, &[]))).collect();
                player.party.act_with(act, &with).await.map_err(|error| error.to_string())
            }
        };
        if let Err(why) = done {
            tally.failures.push(format!("{act}: {why}"));
        }
        tokio::time::sleep(span / begun.times.max(1)).await;
    }
    tally
}

/// A reference that nobody had.
fn reference(references: &AtomicU64) -> Value {
    json!(format!("R{:012}", references.fetch_add(1, Ordering::Relaxed)))
}

/// Values drawn from worlds: the columns of the first row of each question; none where a question gives no row.
fn drawn(stage: &Stage, questions: &BTreeMap<String, String>) -> Result<Option<Map<String, Value>>, String> {
    let mut known = Map::new();
    for (name, question) in questions {
        let player = stage.player(name).ok_or_else(|| format!("there is no party {name}"))?;
        let rows = player.party.question(question).map_err(|error| format!("{name}: {error}"))?;
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        known.extend(row);
    }
    Ok(Some(known))
}

/// What is asked, with the reference that a header says where the service has no field for it.
struct Asked {
    body: Value,
    key: Option<String>,
}

impl Asked {
    fn of(body: Value, known: &Map<String, Value>) -> Self {
        let key = known.get("reference").and_then(Value::as_str).map(str::to_owned);
        let key = key.filter(|_| body.get("reference").is_none());
        Self { body, key }
    }
}

struct Seller<'s> {
    stage: &'s Stage,
    name: &'s str,
    stories: &'s [Story],
    client: Arc<HttpClient>,
    core: &'s Core,
    references: &'s AtomicU64,
    progress: &'s Progress,
    window: Option<Window>,
    pause: Duration,
}

impl Seller<'_> {
    async fn sell(self, until: Instant, customer: usize) -> Tally {
        let mut tally = Tally::of(self.name);
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
            if !self.pause.is_zero() {
                tokio::time::sleep(self.pause).await;
            }
        }
        tally
    }

    async fn tell(&self, story: &Story, tally: &mut Tally) {
        let mut known = match drawn(self.stage, &story.draw) {
            Ok(Some(known)) => known,
            Ok(None) => return tokio::time::sleep(LOOK).await,
            Err(why) => return tally.failures.push(why),
        };
        let mut answers: Vec<Value> = Vec::new();
        for ask in &story.asks {
            known.insert("reference".into(), reference(self.references));
            let asked = Asked::of(filled(&ask.with, &known, &answers), &known);
            match self.ask(ask, &asked, tally).await {
                Some(answer) => answers.push(answer),
                None => return,
            }
            if ask.twice {
                self.again(ask, &asked, answers.last(), tally).await;
            }
        }
    }

    /// Asks once; the answer if it was done.
    async fn ask(&self, ask: &Ask, asked: &Asked, tally: &mut Tally) -> Option<Value> {
        let began = Instant::now();
        tally.asked += 1;
        let said = match self.post(&ask.service, asked).await {
            Ok(said) => said,
            Err(why) => {
                tally.failures.push(format!("{}: {why}", ask.service));
                return None;
            }
        };
        let took = micros(began.elapsed());
        tally.micros.push(took);
        if let Some(window) = self.window {
            // By its middle: by its ends, what takes long by nature would be under way in that while more often.
            let middle = began + began.elapsed() / 2;
            let meanwhile = (window.from..window.until).contains(&middle);
            if meanwhile { tally.meanwhile.push(took) } else { tally.quiet.push(took) }
        }
        self.progress.one();
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
    async fn again(&self, ask: &Ask, asked: &Asked, first: Option<&Value>, tally: &mut Tally) {
        match self.post(&ask.service, asked).await {
            Ok(said) if said.get("answer") == first => {}
            Ok(said) => {
                tally.failures.push(format!("{}: a repeat was answered otherwise: {said}", ask.service));
            }
            Err(why) => tally.failures.push(format!("{}: {why}", ask.service)),
        }
    }

    async fn post(&self, service: &str, asked: &Asked) -> Result<Value, String> {
        let token = self.stage.token(None, service).map_or("", |(_, token)| token);
        let mut message = HttpMessage::post(format!("/v1/{service}"), Bytes::from(asked.body.to_string()));
        message.headers.push(("authorization".into(), Bytes::from(format!("Bearer {token}"))));
        if let Some(key) = &asked.key {
            message.headers.push(("idempotency-key".into(), Bytes::from(key.clone())));
        }
        let until = self.core.mark().after(Duration::from_secs(60));
        match self.client.exchange(&message, until).await {
            Exchanged::Reply(reply) => {
                serde_json::from_slice(&reply.content).map_err(|error| error.to_string())
            }
            Exchanged::NotSent(cause) | Exchanged::MaybeSent(cause) => Err(cause.to_string()),
        }
    }
}
