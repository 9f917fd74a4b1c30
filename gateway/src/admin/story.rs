//! One flow told from its beginning: what was asked, each operation with its states and packets, its notices, each
//! line of its history.
//!
//! In: a flow of the journal. Out: JSON; private values are masked unless the reader may see them, and of octets only their
//! number and digest is told, whoever reads: documents are given out by [`super::documents`] alone.

use super::packets::{self, Kept};
use super::views;
use dsl::evaluate::coded;
use dsl::value::{ShapeId, Type};
use engine::engine::Engine;
use engine::facts::Body;
use engine::version::Version;
use engine::waiting::LastTry;
use serde_json::{Value as Json, json};
use std::collections::VecDeque;
use std::sync::Arc;
use store::{EventRow, FlowId, Notice, OperationRow, Outcome, StateRow};

/// Lines of history that are told: the last ones.
const EVENTS: usize = 5_000;

/// The story of a flow; none where there is no such flow.
///
/// # Errors
/// When the journal cannot be read.
pub(super) async fn of(
    engine: &Arc<Engine>,
    flow: FlowId,
    whole: bool,
) -> Result<Option<Json>, store::Fatal> {
    let read = engine.journal.read(move |reader| {
        let Some(row) = reader.flow(flow)? else { return Ok(None) };
        let asked = reader.asked(flow)?;
        let states = reader.operation_states(flow)?;
        let notices = reader.notices(flow)?;
        Ok(Some((row, asked, (reader.operations(flow)?, states, notices), history(reader, flow)?)))
    });
    let Some((row, asked, (operations, states, notices), (events, left_out))) = read.await? else {
        return Ok(None);
    };
    let version = engine.versions.get(&row.version).map(|version| Arc::clone(&version));
    let version = version.unwrap_or_else(|| engine.current.load_full());
    let asked = asked.and_then(|asked| Body::decode(&asked.asked)).unwrap_or_default();
    let name = row.name.split('/').next().unwrap_or(&row.name);
    let tables = version.flow_named(name).and_then(|reference| version.flow(reference));
    let shape = tables.and_then(|tables| tables.ask);
    let ask = shape.and_then(|shape| ask(&asked, &version, shape, whole));
    let now = engine.current.load_full();
    let notices: Vec<Json> = notices.iter().map(|row| notice(engine, &now, row, whole)).collect();
    let told = engine.told_of(&row);
    let history: Vec<Json> = events
        .iter()
        .map(|event| json!({ "at_ms": event.at.0, "kind": event.kind, "says": says(&event.kind, &event.body) }))
        .collect();
    Ok(Some(json!({
        "flow": views::flow(&row), "clock": views::clock(engine), "facts": asked.tagged("facts"), "ask": ask,
        "told": told.kind.word(), "reason": told.reason, "text": told.text,
        "operations": operations.iter().map(|row| operation(engine, &version, row, whole)).collect::<Vec<_>>(),
        "notices": notices, "states": states.iter().map(state).collect::<Vec<_>>(), "history": history,
        "history_left_out": left_out,
        "waits": engine.waits_of(&row).await.iter().map(views::waiting).collect::<Vec<_>>(),
    })))
}

/// What is asked, as far as the reader may see it.
fn ask(body: &Body, version: &Arc<Version>, shape: ShapeId, whole: bool) -> Option<Json> {
    let octets = body.get("ask")?;
    let record =
        adapters::value::decode_record(octets, &version.compiled.shapes, shape, version.symbols()).ok()?;
    let mut shown = engine::json::of_record(&record, version, shape);
    if !whole {
        mask(&mut shown, version, shape);
    }
    sum_up(&mut shown, version, shape);
    Some(shown)
}

/// The last lines of a flow's history, and how many before them are left out.
fn history(
    reader: &mut dyn store::Reader,
    flow: FlowId,
) -> Result<(VecDeque<EventRow>, usize), store::Fatal> {
    let (mut lines, mut left_out, mut from) = (VecDeque::new(), 0, 0);
    loop {
        let page = reader.events(flow, from, EVENTS)?;
        let Some(last) = page.last() else { return Ok((lines, left_out)) };
        from = last.place.saturating_add(1);
        lines.extend(page);
        let more = lines.len().saturating_sub(EVENTS);
        lines.drain(..more);
        left_out += more;
    }
}

/// A state that an operation was in.
fn state(row: &StateRow) -> Json {
    json!({
        "step": row.name, "state": row.state.word(), "copies": row.copies, "write": row.sequence, "at_ms": row.at.0,
    })
}

fn operation(engine: &Arc<Engine>, version: &Arc<Version>, row: &OperationRow, whole: bool) -> Json {
    let answered = row.answered.as_deref().and_then(Body::decode).unwrap_or_default();
    let text = answered.get("text").map(|text| String::from_utf8_lossy(text).into_owned());
    json!({
        "step": row.name, "party": row.party, "call": row.call, "state": row.state.word(),
        "copies": row.copies, "serial": row.serial, "date": row.date.to_string(), "amount_fen": row.amount,
        "text": text, "opened_ms": row.opened.0, "changed_ms": row.changed.0,
        "packets": packets::of(engine, version, Kept::of_operation(row), whole),
    })
}

/// What is owed, by the version of now: notices are sent by it.
fn notice(engine: &Arc<Engine>, version: &Arc<Version>, row: &Notice, whole: bool) -> Json {
    let body = Body::decode(&row.body).unwrap_or_default();
    let shape = version.call_named(&row.call).and_then(|call| version.call(call)?.call.ask);
    let last = LastTry::of(&body);
    let packets = last.as_ref().map(|last| {
        let (asked, request, reply) = (last.asked.as_deref(), last.request.as_deref(), last.reply.as_deref());
        packets::of(engine, version, Kept { call: &row.call, asked, request, reply }, whole)
    });
    let state = match row.outcome {
        Outcome::Due => "due",
        Outcome::Sent => "sent",
        Outcome::Parked => "given_up",
        Outcome::Ended => "ended",
    };
    json!({
        "notice": row.name, "party": row.party, "call": row.call, "state": state, "tries": row.tries,
        "due_ms": row.due.0, "ask": shape.and_then(|shape| ask(&body, version, shape, whole)),
        "reason": last.as_ref().map(|last| &*last.reason), "text": last.as_ref().map(|last| &*last.text),
        "packets": packets,
    })
}

/// A line of the history in words: sections of a body, or the plain text that it is.
fn says(kind: &str, body: &[u8]) -> Json {
    if kind == "reply" {
        return json!({ "octets": body.len() });
    }
    let Some(sections) = Body::decode(body) else {
        return Json::String(String::from_utf8_lossy(body).into_owned());
    };
    let mut object = serde_json::Map::new();
    for name in ["place", "decision", "reason", "proof", "by", "proposed_by", "document", "file", "sha256"] {
        if let Some(text) = sections.get(name) {
            object.insert(name.to_owned(), Json::String(String::from_utf8_lossy(text).into_owned()));
        }
    }
    Json::Object(object)
}

/// Masks private values of a record, also in its rows.
pub(super) fn mask(shown: &mut Json, version: &Version, shape: ShapeId) {
    each_value(shown, version, shape, &|ty, value| {
        if let (Type::Text { private: Some(private), .. }, Json::String(text)) = (ty, value) {
            *text = dsl::evaluate::private::masked(Some(*private), text);
        }
    });
}

/// Puts their number and digest in the place of octets, also in rows.
fn sum_up(shown: &mut Json, version: &Version, shape: ShapeId) {
    each_value(shown, version, shape, &|ty, value| {
        if let (Type::Bytes { .. }, Json::String(signs)) = (ty, &*value) {
            *value = views::octets(&coded::from_base64(signs.as_bytes(), false).unwrap_or_default());
        }
    });
}

fn each_value(shown: &mut Json, version: &Version, shape: ShapeId, change: &dyn Fn(&Type, &mut Json)) {
    let Some(known) = version.compiled.shapes.get(shape.0 as usize) else { return };
    let Json::Object(fields) = shown else { return };
    for field in &known.fields {
        let Some(value) = fields.get_mut(&*field.name) else { continue };
        match (&field.ty, value) {
            (Type::List { shape, .. }, Json::Array(rows)) => {
                rows.iter_mut().for_each(|row| each_value(row, version, *shape, change));
            }
            (Type::Group(shape), inner) => each_value(inner, version, *shape, change),
            (ty, value) => change(ty, value),
        }
    }
}
