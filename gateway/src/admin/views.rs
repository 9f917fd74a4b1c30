//! Rows of the journal as operators see them. In: rows. Out: JSON without private values.

use engine::counters::Counter;
use engine::engine::Engine;
use engine::waiting::{Quiet, WaitingFor, Why};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use store::{End, FileProgress, FlowRow, LimitUse, OperationCount, RefusedRow};

/// The gateway's moment and its zone, for whoever shows moments of it.
pub(super) fn clock(engine: &Engine) -> Json {
    json!({ "now_ms": engine.journal.now().0, "zone_minutes": engine.calendar.zone_minutes })
}

/// A flow in a line.
pub(super) fn flow(row: &FlowRow) -> Json {
    json!({
        "flow": row.flow.to_string(), "name": row.name, "party": row.key.party,
        "date": row.key.date.to_string(), "opened_ms": row.opened.0, "changed_ms": row.changed.0,
        "end": row.end.map(end), "batch": row.parent.map(|(flow, _)| flow.to_string()),
        "row": row.parent.map(|(_, row)| row),
    })
}

/// What is used of a limit: whose it is, what it counts, and for whom by a mark.
pub(super) fn limit(row: &LimitUse) -> Json {
    let counter = Counter::of(&row.limit);
    json!({
        "module": counter.map(|counter| counter.module), "flow": counter.and_then(|counter| counter.flow),
        "limit": counter.map_or(&*row.limit, |counter| counter.limit), "mark": counter.map(|counter| counter.short()),
        "date": row.day.to_string(), "used": row.used,
    })
}

/// Octets as everybody sees them who has no role for documents: how many they are, and their digest.
pub(super) fn octets(octets: &[u8]) -> Json {
    let digest = adapters::seal::digest(adapters::seal::Digest::Sha256, octets);
    let digest: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
    json!({ "octets": octets.len(), "sha256": digest })
}

/// How a flow ended.
pub(super) fn end(end: End) -> &'static str {
    match end {
        End::Done => "done",
        End::Refused => "refused",
    }
}

/// Something that waits for people.
pub(super) fn waiting(waiting: &WaitingFor) -> Json {
    let (why, more) = match &waiting.why {
        Why::Hold { role } => ("hold", json!({ "role": role })),
        Why::Park => ("park", json!({})),
        Why::Late => ("late", json!({})),
        Why::Broken => ("broken", json!({})),
        Why::Notice { party, call, tries } => {
            ("notice", json!({ "party": party, "call": call, "tries": tries }))
        }
        Why::Operation { party, call, state, amount, quiet, correct } => {
            let (quiet, correct) = (self::quiet(*quiet), correct.map(self::quiet));
            let detail = json!({
                "party": party, "call": call, "amount_fen": amount, "quiet": quiet, "correct": correct,
            });
            (*state, detail)
        }
    };
    let proposed = waiting.proposed.as_ref().map(|proposed| {
        let said = &proposed.said;
        let file = said.file.as_ref().map(|file| json!({ "name": file.name, "sha256": file.sha256 }));
        json!({
            "number": proposed.number.to_string(), "at_ms": proposed.at.0, "by": proposed.by,
            "decision": said.decision.word(), "reason": said.reason, "proof": said.proof, "file": file,
        })
    });
    let decisions: Vec<&str> = waiting.why.decisions().iter().map(|decision| decision.word()).collect();
    json!({
        "flow": waiting.flow.to_string(), "name": waiting.name, "place": waiting.place, "what": waiting.what,
        "why": why, "detail": more, "since_ms": waiting.since.0,
        "decisions": decisions, "proposed": proposed,
    })
}

/// From when on it may be decided that an operation never came.
fn quiet(quiet: Quiet) -> Json {
    let (word, from) = match quiet {
        Quiet::Unsent => ("unsent", None),
        Quiet::Undeclared => ("undeclared", None),
        Quiet::Until(from) => ("until", Some(from.0)),
        Quiet::MaySend => ("may_send", None),
        Quiet::Unseen => ("unseen", None),
        Quiet::Unread => ("unread", None),
    };
    json!({ "word": word, "from_ms": from })
}

/// An input that was refused; its first octets for auditors alone.
pub(super) fn refused(row: &RefusedRow, whole: bool) -> Json {
    let head: String = row.input.head.iter().map(|octet| format!("{octet:02x}")).collect();
    json!({
        "at_ms": row.at.0, "link": row.input.link, "peer": row.input.peer, "fault": row.input.fault,
        "count": row.input.count, "head_hex": whole.then_some(head),
    })
}

/// A file.
pub(super) fn file(file: &FileProgress) -> Json {
    let digest: String = file.digest.iter().map(|octet| format!("{octet:02x}")).collect();
    json!({
        "party": file.party, "name": file.name, "flow": file.flow.map(|flow| flow.to_string()),
        "phase": file.phase, "sha256": digest,
    })
}

/// Operations counted.
pub(super) fn count(count: &OperationCount) -> Json {
    json!({
        "party": count.party, "call": count.call, "state": count.state.word(), "count": count.count,
        "amount_fen": count.amount,
    })
}

/// Parties with their sessions.
pub(super) fn parties(engine: &Arc<Engine>) -> Json {
    let version = engine.current.load_full();
    let sessions = engine.sessions.list();
    let of = |party: &str| {
        let rows = sessions.iter().filter(|(known, ..)| known == party);
        rows.map(|(_, member, good)| json!({ "member": member, "signed_in": good })).collect::<Vec<_>>()
    };
    let parties = version.compiled.modules.iter().filter(|module| module.party);
    let parties = parties.map(|module| {
        json!({
            "party": module.name, "label": module.label,
            "links": module.links.iter().map(|link| json!({
                "link": link.link.name, "label": link.link.label, "connects": link.link.connect,
            })).collect::<Vec<_>>(),
            "sessions": of(&module.name),
        })
    });
    json!({ "parties": parties.collect::<Vec<_>>() })
}
