//! An operator of the gateway that is killed: who looks at what waits for people.
//!
//! In: where operators ask. Out: the flows that no waiting ends. It must not decide anything.

use crate::torture::ground::Ground;
use bytes::Bytes;
use link::Core;
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The operator.
pub(super) struct Operator {
    client: HttpClient,
    core: Core,
    token: String,
}

impl Operator {
    pub(super) fn new(core: &Core, ground: &Ground) -> Self {
        let client = HttpClient::new(core, HttpClientConfig::new(ground.operators.clone()));
        Self { client, core: core.clone(), token: ground.token.clone() }
    }

    /// Flows that wait for a decision.
    pub(super) async fn waits(&self) -> BTreeSet<String> {
        let (mut all, mut after) = (BTreeSet::new(), "0".to_owned());
        loop {
            let page = self.page(&after).await;
            let Some(last) = page.last().and_then(|line| text(line, "flow")) else { return all };
            if last == after {
                return all;
            }
            after = last.to_owned();
            // What is late is worked on all the same, and a flow ends without its notices.
            let waiting = page.iter().filter(|line| !matches!(text(line, "why"), Some("late" | "notice")));
            all.extend(waiting.filter_map(|line| text(line, "flow")).map(str::to_owned));
        }
    }

    async fn page(&self, after: &str) -> Vec<Value> {
        let message = HttpMessage::post("/admin/v1/waiting", Bytes::new());
        let mut message =
            HttpMessage { method: "GET".to_owned(), query: format!("after={after}"), ..message };
        message.headers.push(("authorization".into(), Bytes::from(format!("Bearer {}", self.token))));
        let until = self.core.mark().after(PATIENCE);
        let reply = self.client.exchange(&message, until).await.reply();
        let said: Option<Value> = reply.and_then(|reply| serde_json::from_slice(&reply.content).ok());
        said.and_then(|said| said.get("waiting")?.as_array().cloned()).unwrap_or_default()
    }
}

fn text<'v>(line: &'v Value, name: &str) -> Option<&'v str> {
    line.get(name).and_then(Value::as_str)
}
