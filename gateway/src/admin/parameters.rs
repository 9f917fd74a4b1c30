//! Parameters over the operators' API: as they stand, what was ever changed of them, one person's proposal, another's decision.
//!
//! In: a user's request. Out: JSON. What may be changed, and by whom, is the engine's matter; who is refused is written down.

use super::{Asked, answer, day, problem, text_of};
use engine::parameters::{NotChanged, ParameterSeen};
use engine::waiting::{Decision, Person};
use link::http::HttpMessage;
use serde_json::{Value as Json, json};
use store::{ParameterChange, ParameterName, ParameterProposed};

impl Asked {
    pub(super) fn parameters(&self) -> HttpMessage {
        let rows: Vec<Json> = self.engine.parameters().iter().map(seen).collect();
        answer(200, &json!({ "parameters": rows }))
    }

    pub(super) async fn parameter_changes(&self) -> HttpMessage {
        let after = self.query("after").and_then(|after| after.parse().ok()).unwrap_or(0);
        let most = self.most();
        match self.read(move |reader| reader.parameter_changes(after, most)).await {
            Ok(rows) => answer(200, &json!({ "changes": rows.iter().map(change).collect::<Vec<_>>() })),
            Err(message) => message,
        }
    }

    pub(super) async fn propose(&self, user: &Person) -> HttpMessage {
        let body = match self.body() {
            Ok(body) => body,
            Err(message) => return *message,
        };
        let text = |name: &str| text_of(&body, name);
        let Some(from) = day(&text("from")) else {
            return problem(400, "`from` is the first business date on which it counts, 2026-11-23");
        };
        let parameter = ParameterName { party: text("party"), member: text("member"), name: text("name") };
        let (value, reason) = (text("value"), text("reason"));
        match self.engine.propose_parameter(parameter, &value, from, &reason, user).await {
            Ok(number) => answer(200, &json!({ "change": number, "decision": "proposed" })),
            Err(why) => self.not_changed(&why, user),
        }
    }

    pub(super) async fn decide_change(&self, number: &str, user: &Person) -> HttpMessage {
        let Ok(number) = number.parse() else { return problem(400, "a change is a number") };
        let body = match self.body() {
            Ok(body) => body,
            Err(message) => return *message,
        };
        let agreed = match Decision::of(&text_of(&body, "decision")) {
            Some(Decision::Go) => true,
            Some(Decision::Refuse) => false,
            _ => return problem(400, "`decision` is one of go, refuse"),
        };
        match self.engine.decide_parameter(number, agreed, &text_of(&body, "reason"), user).await {
            Ok(()) => answer(200, &json!({ "change": number, "decision": "done" })),
            Err(why) => self.not_changed(&why, user),
        }
    }

    fn not_changed(&self, why: &NotChanged, user: &Person) -> HttpMessage {
        self.audit(&format!("user {}: {why}", user.name));
        problem(409, &why.to_string())
    }
}

fn named(parameter: &ParameterName) -> Json {
    let member = (!parameter.member.is_empty()).then_some(&parameter.member);
    json!({ "party": parameter.party, "member": member, "name": parameter.name })
}

fn proposal(proposed: &ParameterProposed) -> Json {
    json!({
        "change": proposed.number,
        "old": proposed.old,
        "new": proposed.new,
        "from": proposed.from.to_string(),
        "by": proposed.by,
        "reason": proposed.reason,
    })
}

fn seen(seen: &ParameterSeen) -> Json {
    let later = seen.later.iter().map(|(from, value)| json!({ "from": from.to_string(), "value": value }));
    json!({
        "parameter": named(&seen.parameter),
        "label": seen.label,
        "value": seen.value,
        "first": seen.first,
        "later": later.collect::<Vec<_>>(),
        "waiting": seen.waiting.as_ref().map(proposal),
    })
}

fn change(change: &ParameterChange) -> Json {
    let decided = change.decided.as_ref().map(|(decided, at)| {
        let decision = if decided.agreed { Decision::Go } else { Decision::Refuse };
        json!({
            "decision": decision.word(),
            "by": decided.by,
            "reason": decided.reason,
            "at_ms": at.0,
        })
    });
    json!({
        "parameter": named(&change.proposed.parameter),
        "proposed": proposal(&change.proposed),
        "at_ms": change.at.0,
        "decided": decided,
    })
}
