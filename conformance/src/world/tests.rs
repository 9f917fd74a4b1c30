//! Tests of worlds: the machinery on a small world of its own, then each party's data.

use super::*;
use serde_json::json;

mod campus;
mod core;
mod housing;
mod machinery;
mod parties;
mod power;

pub(super) fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("not an object: {other}"),
    }
}

pub(super) fn facts(serial: &str) -> Facts {
    Facts {
        now: "2026-11-23T13:45:01".into(),
        business_date: "2026-11-23".into(),
        serial: serial.into(),
        more: Map::new(),
    }
}

/// A party of the repository over a database in memory.
pub(super) fn party(name: &str) -> World {
    let room = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (simulated, books) =
        (room.join("simulators").join(name), room.join("../configs").join(name).join("books"));
    if books.is_dir() {
        let kept = Tables::Kept { first: Some(simulated.join("seed.sql")) };
        return World::open(&books, &kept, Path::new(":memory:")).unwrap();
    }
    World::open(&simulated, &Tables::Made, Path::new(":memory:")).unwrap()
}

/// Asks, with a serial.
pub(super) fn ask(world: &mut World, call: &str, serial: &str, request: Value) -> Handled {
    world.handle(call, &fields(request), &facts(serial), None).unwrap()
}

/// The outcome and the word, shortly.
pub(super) fn word(handled: &Handled) -> (Outcome, &str) {
    (handled.outcome, handled.word.as_deref().unwrap_or(""))
}

#[track_caller]
pub(super) fn holds(world: &World) {
    let broken = world.broken_rules().unwrap();
    assert!(broken.is_empty(), "{broken:#?}");
}

pub(super) fn object() -> Value {
    json!({})
}
