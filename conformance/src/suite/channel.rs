//! Steps of a channel of the bank: it asks a service over HTTP, enquires what became of it, cancels it.

use super::run::{Other, Runner};
use super::wire::contains;
use super::{Channel, Step};
use crate::fields::at;
use crate::report::{Difference, Packet, StepResult};
use bytes::Bytes;
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use link::{Core, Exchanged};
use serde_json::{Map, Value};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a channel waits for its answer, in the world's time; the gateway says `pending` before.
const WAIT: Duration = Duration::from_secs(3_600);

/// What a channel heard.
pub(super) struct Heard {
    /// The content of the response; none: the connection ended.
    said: Option<Value>,
    /// What was asked.
    asked: Map<String, Value>,
    /// In words.
    what: String,
}

/// What is asked, and of whom.
struct Question {
    channel: Channel,
    message: HttpMessage,
    asked: Map<String, Value>,
    what: String,
}

impl Runner<'_> {
    pub(super) async fn channel_step(&mut self, step: &Step) -> Result<StepResult, String> {
        let heard = match &step.heard {
            Some(name) => {
                let later = self.later.remove(name).ok_or_else(|| format!("nothing was begun as {name}"))?;
                self.patiently(WAIT, later).await.and_then(Result::ok).ok_or("nothing was heard")?
            }
            None => {
                let question = self.question(step)?;
                if let Some(name) = &step.later {
                    let what = format!("{}, heard later as {name}", question.what);
                    let (tell, told) = oneshot::channel();
                    let core = self.core.clone();
                    self.core.spawn(async move { drop(tell.send(question.ask(&core).await)) });
                    self.later.insert(name.clone(), told);
                    return Ok(StepResult { what, ..StepResult::default() });
                }
                let core = self.core.clone();
                self.patiently(WAIT, question.ask(&core)).await.ok_or("no answer within an hour")?
            }
        };
        Ok(self.told(step, heard))
    }

    fn question(&self, step: &Step) -> Result<Question, String> {
        let Other::Stage(stage) = &self.other else { return Err("no gateway is at hand".to_owned()) };
        let named = step.channel.as_deref();
        let reference = match &step.reference {
            Some(reference) => self.known(reference)?.as_str().map(str::to_owned),
            None => None,
        };
        let reference = || reference.clone().ok_or("which `reference`?");
        let asked = self.all_known(&step.fields)?;
        let (service, method, path, what) = match (&step.ask, &step.enquire, &step.cancel) {
            (Some(service), ..) => {
                (service, "POST", format!("/v1/{service}"), format!("a channel asks {service}"))
            }
            (_, Some(service), _) => {
                let path = format!("/v1/{service}/{}", reference()?);
                (service, "GET", path, format!("a channel enquires {service} {}", reference()?))
            }
            (.., Some(service)) => {
                let path = format!("/v1/{service}/{}/cancel", reference()?);
                (service, "POST", path, format!("a channel cancels {service} {}", reference()?))
            }
            (None, None, None) => return Err("a step of a channel asks, enquires or cancels".to_owned()),
        };
        let channel = stage.channel(named, service)?;
        let content =
            if step.ask.is_some() { Value::Object(asked.clone()).to_string() } else { String::new() };
        let mut message = HttpMessage::post(path, Bytes::from(content));
        method.clone_into(&mut message.method);
        let bearer = Bytes::from(format!("Bearer {}", channel.token));
        message.headers.push(("authorization".to_owned(), bearer));
        Ok(Question { channel, message, asked, what })
    }

    /// Compares what a channel heard with what was expected.
    fn told(&mut self, step: &Step, heard: Heard) -> StepResult {
        let mut result = StepResult {
            what: heard.what,
            sent: Some(Packet::of_fields(heard.asked)),
            ..StepResult::default()
        };
        let expect = step.expect.clone().unwrap_or_default();
        let wanted = expect.outcome.clone().unwrap_or_else(|| "done".to_owned());
        let Some(Value::Object(said)) = heard.said else {
            result.outcome("no answer", &wanted);
            return result;
        };
        let word = said.get("outcome").and_then(Value::as_str).unwrap_or("?");
        let reason = said.get("reason").and_then(Value::as_str);
        let outcome = match (word, reason) {
            ("refused", Some(reason)) => format!("refused {reason}"),
            (word, _) => word.to_owned(),
        };
        result.got = Some(Packet::of_fields(said.clone()));
        result.outcome(&outcome, &wanted);
        let empty = Map::new();
        let answer = said.get("answer").and_then(Value::as_object).unwrap_or(&empty);
        for (name, wanted) in &expect.fields {
            if result.difference.is_some() {
                break;
            }
            let found = at(answer, name).or_else(|| at(&said, name)).unwrap_or(&Value::Null);
            result.difference = match self.known(wanted) {
                Ok(wanted) if contains(found, &wanted) => None,
                Ok(wanted) => Some(Difference::of(name, &wanted.to_string(), &found.to_string())),
                Err(why) => Some(Difference::of(name, "", &why)),
            };
        }
        for (name, path) in &expect.keep {
            if let Some(found) = at(&said, path) {
                self.kept.insert(name.clone(), found.clone());
            }
        }
        result
    }

    /// The metrics as an operator's collector reads them: by name with labels.
    pub(super) async fn read_metrics(&self) -> Result<std::collections::BTreeMap<String, u64>, String> {
        let Other::Stage(stage) = &self.other else { return Ok(std::collections::BTreeMap::new()) };
        let channel = stage.channel(None, "")?;
        let message = HttpMessage { method: "GET".to_owned(), ..HttpMessage::post("/metrics", Bytes::new()) };
        let question = Question { channel, message, asked: Map::new(), what: String::new() };
        let text = question.text(&self.core).await.ok_or("the gateway gave no metrics")?;
        Ok(text.lines().filter(|line| !line.starts_with('#')).filter_map(metric).collect())
    }
}

/// A line of the metrics, if what it counts is whole things.
fn metric(line: &str) -> Option<(String, u64)> {
    let (name, value) = line.rsplit_once(' ')?;
    Some((name.to_owned(), value.parse().ok()?))
}

impl Question {
    async fn ask(self, core: &Core) -> Heard {
        let said = self.text(core).await;
        let said = said.and_then(|text| serde_json::from_str(&text).ok());
        Heard { said, asked: self.asked, what: self.what }
    }

    async fn text(&self, core: &Core) -> Option<String> {
        let client = HttpClient::new(core, HttpClientConfig::new(self.channel.address.clone()));
        match client.exchange(&self.message, core.mark().after(WAIT)).await {
            Exchanged::Reply(reply) => Some(String::from_utf8_lossy(&reply.content).into_owned()),
            Exchanged::NotSent(_) | Exchanged::MaybeSent(_) => None,
        }
    }
}
