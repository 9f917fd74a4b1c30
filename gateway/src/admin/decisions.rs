//! What waits for people over the operators' API: the list, one person's proposal with its proof, another's agreement, or neither.
//!
//! In: a user's request. Out: JSON. Who may decide what is the engine's matter; who is refused is written down.

use super::{Asked, answer, problem, text_of, views};
use engine::waiting::{Decision, NotDecided, Person, ProofFile, Said};
use link::http::HttpMessage;
use serde_json::{Value as Json, json};
use store::FlowId;

/// Characters of a SHA-256 in hex.
const DIGEST: usize = 64;

impl Asked {
    pub(super) async fn waiting(&self) -> HttpMessage {
        let after = self.query("after").and_then(|after| after.parse().ok()).unwrap_or(0);
        let waiting = self.engine.waiting(FlowId(after), self.most()).await;
        let rows: Vec<Json> = waiting.iter().map(views::waiting).collect();
        answer(200, &json!({ "waiting": rows, "clock": views::clock(&self.engine) }))
    }

    /// One step of a decision: `propose`, `agree` to the proposal of a number, or `dismiss`.
    pub(super) async fn decide(&self, flow: &str, user: &Person) -> HttpMessage {
        let Some(flow) = flow.parse().ok().map(FlowId) else { return problem(400, "a flow is a number") };
        let body = match self.body() {
            Ok(body) => body,
            Err(message) => return *message,
        };
        let (place, reason) = (text_of(&body, "place"), text_of(&body, "reason"));
        let step = text_of(&body, "step");
        if step == "dismiss" {
            let dismissed = self.engine.dismiss(flow, &place, &reason, user).await;
            return self.stepped(dismissed, "dismissed", user);
        }
        let said = match said(&body, reason) {
            Ok(said) => said,
            Err(why) => return problem(400, &why),
        };
        match step.as_str() {
            "propose" if said.reason.trim().is_empty() => problem(400, "a proposal needs a `reason`"),
            "propose" => {
                let proposed = self.engine.propose(flow, &place, &said, user).await;
                self.stepped(proposed, "proposed", user)
            }
            "agree" => {
                let proposal = text_of(&body, "proposal").parse().ok();
                let agreed = self.engine.agree(flow, &place, &said, proposal, user).await;
                self.stepped(agreed, "done", user)
            }
            _ => problem(400, "`step` is one of propose, agree, dismiss"),
        }
    }

    fn stepped(&self, step: Result<(), NotDecided>, word: &str, user: &Person) -> HttpMessage {
        match step {
            Ok(()) => answer(200, &json!({ "decision": word })),
            Err(why @ NotDecided::TooLong(..)) => problem(400, &why.to_string()),
            Err(why) => {
                self.audit(&format!("user {}: {why}", user.name));
                problem(409, &why.to_string())
            }
        }
    }
}

/// A decision with what it stands on.
fn said(body: &Json, reason: String) -> Result<Said, String> {
    let decision = Decision::of(&text_of(body, "decision")).ok_or_else(|| {
        let words: Vec<&str> = Decision::WORDS.iter().map(|(_, word)| *word).collect();
        format!("`decision` is one of {}", words.join(", "))
    })?;
    let file = match body.get("file") {
        None | Some(Json::Null) => None,
        Some(file) => {
            let (name, sha256) = (text_of(file, "name"), text_of(file, "sha256").to_lowercase());
            let hex = sha256.len() == DIGEST && sha256.bytes().all(|octet| octet.is_ascii_hexdigit());
            if name.is_empty() || !hex {
                return Err("`file` has a `name` and a `sha256`, 64 hex digits".to_owned());
            }
            Some(ProofFile { name, sha256 })
        }
    };
    Ok(Said { decision, reason, proof: text_of(body, "proof"), file })
}
