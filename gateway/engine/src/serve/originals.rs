//! Messages that speak of another one: enquiries and reversals of what was asked of us, late results of what we asked.

use super::served_key;
use crate::driver::{Told, ToldKind};
use crate::engine::Engine;
use crate::facts::Facts;
use crate::message;
use crate::packet::Packet;
use crate::scene::{Past, Scene};
use crate::version::{CallRef, Version};
use adapters::codec::ReadOutcome;
use dsl::evaluate::Value;
use dsl::flow::{CancelAnswer, Event, Reply, StepId};
use dsl::model::{CallId, Fact};
use dsl::value::Outcome;
use std::sync::Arc;
use store::{FlowId, Key};

/// Whether a served call speaks of a call of ours: its late result.
pub(super) fn of_ours(version: &Version, call: CallRef) -> bool {
    let Some(program) = version.call(call) else { return false };
    program.call.settles.iter().any(|settled| {
        version.call(CallRef { module: call.module, call: *settled }).is_some_and(|settled| settled.call.ours)
    })
}

/// A served enquiry or reversal: finds its original by the key that the original came under; none if the call speaks of
/// no other.
pub(super) async fn served(engine: &Arc<Engine>, scene: &mut Scene, call: CallRef) -> Option<Told> {
    let program = scene.version.call(call)?;
    if let Some(undone) = program.call.undoes.first().copied() {
        let mut key = original_key(engine, scene, CallRef { module: call.module, call: undone })?;
        for other in program.call.undoes.clone() {
            let known = original_key(engine, scene, CallRef { module: call.module, call: other });
            if let Some(known) = known
                && engine.keyed.contains_key(&known) | engine.flow_of_key(&known).await.is_some()
            {
                key = known;
            }
        }
        match repeats(engine, scene, call, &key).await {
            Repeated::Same => {}
            Repeated::Other => return Some(other_values(scene)),
            Repeated::Untold => return Some(Told::pending(FlowId(0))),
        }
        return Some(match engine.cancel(&key).await {
            CancelAnswer::Cancelled => Told::of(ToldKind::Done, FlowId(0)),
            CancelAnswer::NothingToUndo => {
                Told { reason: "never_seen".into(), ..Told::of(ToldKind::Done, FlowId(0)) }
            }
            CancelAnswer::Refused => Told::refused("too_late", String::new()),
            CancelAnswer::Pending => Told::pending(FlowId(0)),
        });
    }
    let targets = program.call.settles.clone();
    if targets.is_empty() {
        return None;
    }
    let mut other = false;
    for target in targets {
        let reference = CallRef { module: call.module, call: target };
        let Some(key) = original_key(engine, scene, reference) else { continue };
        let Some(told) = engine.find_told(&key).await else { continue };
        if repeats(engine, scene, call, &key).await == Repeated::Other {
            other = true;
            continue;
        }
        let version = Arc::clone(&scene.version);
        let outcome = match told.kind {
            ToldKind::Done => Outcome::Done(None),
            ToldKind::Refused => Outcome::Refused(version.symbols().find(&told.reason)),
            ToldKind::Pending => Outcome::Unknown,
        };
        scene.original = Some(Arc::new(Past {
            call: Some(target),
            facts: scene.original_facts.clone(),
            answer: told.record.as_ref().map(|record| (**record).clone()),
            outcome: Some(outcome),
            text: told.text.clone(),
            ..Past::default()
        }));
        return Some(Told::of(ToldKind::Done, told.flow));
    }
    if other {
        return Some(other_values(scene));
    }
    let never = scene.version.symbols().find("never_seen");
    scene.original = Some(Arc::new(Past { outcome: Some(Outcome::Refused(never)), ..Past::default() }));
    Some(Told::refused("never_seen", String::new()))
}

/// How a message that speaks of another compares with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeated {
    /// All that it repeats stood so in the original, or there is no original, or it repeats nothing.
    Same,
    /// An amount or an account is another: it speaks of another act under the same serial.
    Other,
    /// The original is known and cannot be read now: it is being written, or its body was forgotten.
    Untold,
}

/// The answer to a message of a known serial and other values. Never `never_seen`: whoever hears that may take it that
/// nothing is held.
fn other_values(scene: &mut Scene) -> Told {
    scene.original = Some(Arc::new(Past { outcome: Some(Outcome::Unknown), ..Past::default() }));
    Told::refused("duplicate", "the original had other values".to_owned())
}

/// Compares what this message repeats of its original's request with the original as it came.
async fn repeats(engine: &Arc<Engine>, scene: &Scene, call: CallRef, key: &Key) -> Repeated {
    if scene.original_told.is_empty() {
        return Repeated::Same;
    }
    let running = engine.keyed.get(key).map(|flow| *flow);
    let flow = match running {
        Some(flow) => Some(flow),
        None => engine.flow_of_key(key).await,
    };
    let Some(flow) = flow else { return Repeated::Same };
    let packet = match engine.asked(flow).await {
        Ok(body) => body.get("packet").and_then(Packet::decode),
        Err(_) => None,
    };
    let Some(packet) = packet else { return Repeated::Untold };
    for (told, value) in &scene.original_told {
        let original = CallRef { module: call.module, call: CallId(told.call) };
        let Some(request) = scene.version.call(original).map(|program| program.call.request) else {
            return Repeated::Untold;
        };
        let mut about = engine.scene(&scene.version, scene.module);
        about.member.clone_from(&scene.member);
        about.session = Arc::clone(&scene.session);
        let Some(record) = message::reread(&mut about, request, &packet) else { return Repeated::Untold };
        if !record.value(usize::from(told.slot)).is_ok_and(|known| known == *value) {
            return Repeated::Other;
        }
    }
    Repeated::Same
}

/// The key under which an original came, from the facts that this message tells of it.
fn original_key(engine: &Engine, scene: &Scene, original: CallRef) -> Option<Key> {
    let mut about = engine.scene(&scene.version, scene.module);
    about.member.clone_from(&scene.member);
    about.facts = known_of(scene);
    served_key(engine, &about, original)
}

/// Facts of the original: what was learned, and this message's date where it tells none; look-ups go back from there.
fn known_of(scene: &Scene) -> Facts {
    let mut facts = scene.original_facts.clone();
    if !facts.knows(Fact::Date) {
        let told = facts.knows(Fact::BusinessDate);
        let date = if told { facts.get(Fact::BusinessDate) } else { scene.facts.get(Fact::Date) };
        let date = date.into_owned();
        facts.put(Fact::Date, date);
    }
    facts
}

/// A late result of a call of ours: the flow that waits for it gets it as a reply.
pub(super) async fn late_result(engine: &Arc<Engine>, scene: &Scene, call: CallRef, outcome: &ReadOutcome) {
    let Some(module) = scene.version.module(call.module) else { return };
    let own = scene.version.call(call).is_some_and(|call| call.call.ours);
    let facts = if own { &scene.facts } else { &scene.original_facts };
    let serial = crate::facts::plain(&facts.get(Fact::Serial), scene.version.symbols());
    let said = if own { outcome.outcome } else { outcome.original.or(outcome.outcome) };
    let (Some(said), false) = (said, serial.is_empty()) else { return };
    let mut day = match (facts.get(Fact::BusinessDate), facts.get(Fact::Date)) {
        (Value::Date(date), _) | (_, Value::Date(date)) => date,
        _ => scene.now.date(),
    };
    // An operation after the cut-over bears the next business date.
    day = day.tomorrow().unwrap_or(day);
    for _ in 0..9 {
        let (party, at, wanted) = (module.name.to_string(), crate::calendar::day(day), serial.clone());
        let found = engine.journal.read(move |reader| reader.by_serial(&party, at, &wanted)).await;
        match found {
            Ok(Some(row)) => return tell(engine, scene, row.flow, &row.name, said).await,
            Ok(None) => {}
            Err(fatal) => return engine.fail(&fatal),
        }
        let Ok(before) = day.yesterday() else { break };
        day = before;
    }
    tracing::warn!(party = %module.name, serial, "a late result of nothing that is known");
}

async fn tell(engine: &Arc<Engine>, scene: &Scene, flow: FlowId, step: &str, said: Outcome) {
    let row = engine.journal.read(move |reader| reader.flow(flow)).await;
    let Ok(Some(row)) = row else { return };
    let name = row.name.split('/').next().unwrap_or(&row.name);
    let tables = scene.version.flow_named(name).and_then(|flow| scene.version.flow(flow));
    let Some(tables) = tables else { return };
    let program = if row.parent.is_some() {
        tables.program.loops.first().map(|one| &one.body)
    } else {
        Some(&tables.program)
    };
    let place = program.and_then(|program| program.steps.iter().position(|known| *known.name == *step));
    let Some(place) = place.and_then(|place| u16::try_from(place).ok()) else { return };
    let reply = match said {
        Outcome::Done(_) => Reply::Done,
        Outcome::Refused(reason) => {
            Reply::Refused(reason.map_or("other", |reason| scene.version.text(reason)).into())
        }
        Outcome::Unknown => return,
    };
    engine.tell_flow(flow, Event::Reply(StepId(place), reply)).await;
}

impl Engine {
    /// What was told to the ask of a key; pending while it runs; none if nobody asked.
    pub async fn find_told(&self, key: &Key) -> Option<Told> {
        if let Some(flow) = self.keyed.get(key).map(|flow| *flow) {
            return Some(self.stored(flow, None).await);
        }
        let flow = self.flow_of_key(key).await?;
        Some(self.stored(flow, None).await)
    }
}
