//! Messages that speak of another one: enquiries and reversals of what was asked of us, late results of what we asked.

use super::{known_of_call, served_key};
use crate::driver::recover::RowName;
use crate::driver::{Known, Told, ToldKind, path_of, program_of};
use crate::engine::Engine;
use crate::facts::{Facts, Tagged};
use crate::message;
use crate::packet::Packet;
use crate::scene::{Past, Scene};
use crate::sought::{Sought, found_by, kept_under, ruled};
use crate::version::{CallRef, Version};
use adapters::codec::ReadOutcome;
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::flow::{Cancel, CancelAnswer, Event, Reply, StepId};
use dsl::model::{CallId, Fact, Load, Space};
use dsl::program::Read;
use dsl::value::Outcome;
use std::sync::Arc;
use store::{Fatal, FlowId, FlowRow, FoundBy, Key, OperationRow};

/// Whether a served call speaks of a call of ours: its late result.
pub(crate) fn of_ours(version: &Version, call: CallRef) -> bool {
    let Some(program) = version.call(call) else { return false };
    program.call.settles.iter().any(|settled| {
        version.call(CallRef { module: call.module, call: *settled }).is_some_and(|settled| settled.call.ours)
    })
}

/// Whether a call speaks of an exchange that was before it.
pub(crate) fn speaks_of_another(program: &dsl::program::CallProgram) -> bool {
    let call = &program.call;
    !(call.undoes.is_empty() && call.settles.is_empty() && call.about.is_empty())
}

/// A served enquiry or reversal: finds its original by the key that the original came under, or by the fields of its ask
/// that this message repeats; none if the call only speaks of another, or of none.
pub(crate) async fn served(engine: &Arc<Engine>, scene: &mut Scene, call: CallRef) -> Option<Told> {
    let version = Arc::clone(&scene.version);
    let program = version.call(call)?;
    let undoes = !program.call.undoes.is_empty();
    let targets = match undoes {
        true => &program.call.undoes,
        false if program.call.settles.is_empty() => &program.call.about,
        false => &program.call.settles,
    };
    let spoken = CallRef { module: call.module, call: *targets.first()? };
    let found = find(engine, scene, call, targets).await;
    let none = program.original.as_ref().map_or("never_seen", |rule| version.text(rule.refuse));
    let told = match (&found, undoes) {
        (Found::Other, _) => other_values(scene),
        (Found::Untold, true) => Told::unknown(),
        (Found::Known(flow), true) => cancelled(engine.cancel_flow(*flow).await),
        (Found::Unseen(key, known), true) => cancelled(engine.cancel(key, *known).await),
        (Found::Nothing, true) => Told::refused(none, String::new()),
        // Never `never_seen`: it may well be held.
        (Found::Unnamed, _) => {
            scene.original = Some(Arc::new(Past { outcome: Some(Outcome::Unknown), ..Past::default() }));
            Told::refused("bad_message", String::new())
        }
        (Found::Known(flow), false) => {
            let settles = !program.call.settles.is_empty();
            let known = if settles { engine.end_of(*flow).await } else { engine.stored(*flow, None).await };
            let past = engine.past_of_flow(&version, spoken, *flow, &known).await;
            scene.put_original(Arc::new(past));
            Told::of(ToldKind::Done, known.flow)
        }
        (Found::Untold, false) => {
            scene.original = Some(Arc::new(Past { outcome: Some(Outcome::Unknown), ..Past::default() }));
            Told::of(ToldKind::Done, FlowId(0))
        }
        (Found::Unseen(..) | Found::Nothing, false) => {
            let never = version.symbols().find("never_seen");
            scene.original =
                Some(Arc::new(Past { outcome: Some(Outcome::Refused(never)), ..Past::default() }));
            Told::refused(none, String::new())
        }
    };
    // What only speaks of another goes its own way once the other is found.
    let only_speaks = !undoes && program.call.settles.is_empty();
    if only_speaks && told.kind == ToldKind::Done { None } else { Some(told) }
}

fn cancelled(answer: CancelAnswer) -> Told {
    match answer {
        CancelAnswer::Cancelled => Told::of(ToldKind::Done, FlowId(0)),
        CancelAnswer::NothingToUndo => {
            Told { reason: "never_seen".into(), ..Told::of(ToldKind::Done, FlowId(0)) }
        }
        CancelAnswer::Refused => Told::refused("too_late", String::new()),
        CancelAnswer::Pending => Told::unknown(),
    }
}

/// What is known of an original.
enum Found {
    /// It is this flow.
    Known(FlowId),
    /// It would have this key, looked for there; nobody asked.
    Unseen(Key, Known),
    /// Nobody asked with the fields that this message repeats.
    Nothing,
    /// This message repeats nothing that finds one.
    Unnamed,
    /// It is known, and has other values than this message repeats.
    Other,
    /// It is known, and cannot be compared now.
    Untold,
}

async fn find(engine: &Arc<Engine>, scene: &Scene, call: CallRef, targets: &[CallId]) -> Found {
    let ruled = scene.version.call(call).is_some_and(|program| program.original.is_some());
    let by_ask = ruled || scene.original_told.iter().any(|(load, _)| load.space == Space::OriginalAsk);
    let mut found = if by_ask { Found::Nothing } else { Found::Unnamed };
    for target in targets {
        let original = CallRef { module: call.module, call: *target };
        let by_key = original_key(engine, scene, call, original);
        let days = known_of_call(&scene.version, original);
        let under_key = match &by_key {
            Some(key) => match engine.flow_now(key, days).await {
                Ok(flow) => flow,
                Err(_) => return Found::Untold,
            },
            None => None,
        };
        let flow = match under_key {
            Some(known) => Some(known),
            None => match by_fields(engine, scene, call, original).await {
                Ok(known) => known,
                Err(_) => return Found::Untold,
            },
        };
        match (flow, by_key) {
            (Some(flow), _) => match repeats(engine, scene, call, flow).await {
                Repeated::Same => return Found::Known(flow),
                Repeated::Other => found = Found::Other,
                Repeated::Untold => return Found::Untold,
            },
            (None, Some(key)) if matches!(found, Found::Nothing | Found::Unnamed) => {
                found = Found::Unseen(key, days);
            }
            _ => {}
        }
    }
    found
}

/// The newest ask of a call with the values that this message repeats of it.
async fn by_fields(
    engine: &Arc<Engine>,
    scene: &Scene,
    call: CallRef,
    original: CallRef,
) -> Result<Option<FlowId>, Fatal> {
    let Some(found) = values_told(scene, call, original) else { return Ok(None) };
    let rows = engine.journal.read(move |reader| reader.flows_found_by(&found.name, &found.hash, 1)).await;
    let rows = rows.inspect_err(|fatal| engine.fail(fatal))?;
    Ok(rows.into_iter().next().map(|row| row.flow))
}

/// The look-up by the values of an ask that this message repeats.
fn values_told(scene: &Scene, call: CallRef, original: CallRef) -> Option<FoundBy> {
    let of_ask = |(load, value): &(Load, Value<'static>)| {
        (load.space == Space::OriginalAsk).then(|| (Sought::Ask(load.slot), value.clone()))
    };
    let mut told: Vec<(Sought, Value<'static>)> = scene.original_told.iter().filter_map(of_ask).collect();
    if scene.version.call(call)?.original.is_some() {
        told.extend(ruled(scene, call)?);
    }
    let member = scene.member.as_ref().map(|member| &*member.name);
    found_by(&scene.version, original, member, &told)
}

/// The look-ups under which an ask of a call can be found later.
pub(crate) fn look_ups(scene: &Scene, call: CallRef, ask: Option<&Record>, kept: &Tagged) -> Vec<FoundBy> {
    let member = scene.member.as_ref().map(|member| &*member.name);
    kept_under(&scene.version, call, member, (ask, kept, &scene.facts))
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
async fn repeats(engine: &Arc<Engine>, scene: &Scene, call: CallRef, flow: FlowId) -> Repeated {
    let of_request = |told: &&(Load, Value<'static>)| told.0.space == Space::OriginalRequest;
    if !scene.original_told.iter().any(|told| of_request(&told)) {
        return Repeated::Same;
    }
    let packet = match engine.asked(flow).await {
        Ok(body) => body.get("packet").and_then(Packet::decode),
        Err(_) => None,
    };
    let Some(packet) = packet else { return Repeated::Untold };
    for (told, value) in scene.original_told.iter().filter(of_request) {
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

/// The key under which an original came, from what this message tells of it.
fn original_key(engine: &Engine, scene: &Scene, call: CallRef, original: CallRef) -> Option<Key> {
    let mut about = engine.scene(&scene.version, scene.module);
    about.member.clone_from(&scene.member);
    about.facts = known_of(scene);
    about.request = told_request(scene, &about.facts, call, original).map(Arc::new);
    served_key(engine, &about, original)
}

/// The original's request as far as this message tells it: a field that learns a fact of the exchange holds the
/// original's fact; any other (who sends, for whom) stands here under the same name.
fn told_request(scene: &Scene, facts: &Facts, call: CallRef, original: CallRef) -> Option<Record> {
    let messages = &scene.version.module(call.module)?.program.messages;
    let form = messages.get(usize::from(scene.version.call(original)?.call.request.0))?;
    let here = messages.get(usize::from(scene.version.call(call)?.call.request.0))?;
    let request = scene.request.as_ref()?;
    let mut record = Record::new(form.slots);
    let fact_of = |slot: u16| {
        form.read.iter().find_map(|read| match read {
            Read::Learn { slot: learns, level: 0, learned } if *learns == slot => {
                let to = form.learned.get(usize::from(*learned))?.to;
                (to.space == Space::Exchange).then_some(to.slot)
            }
            _ => None,
        })
    };
    let fields = || form.fields.iter().filter(|field| field.level == 0 && field.wire.is_some());
    for field in fields() {
        let value = match fact_of(field.slot) {
            Some(fact) => facts.slot(fact),
            None => {
                let same = here.fields.iter().find(|known| known.level == 0 && known.path == field.path);
                let Some(same) = same else { continue };
                request.value(usize::from(same.slot)).unwrap_or(Value::Absent)
            }
        };
        if value.is_present() {
            record.set(usize::from(field.slot), &value).ok()?;
        }
    }
    Some(record)
}

/// Facts of the original: what was learned; this message's date where it tells none, look-ups go back from there; and who
/// sends this message, where it does not say that another sent the original.
fn known_of(scene: &Scene) -> Facts {
    let mut facts = scene.original_facts.clone();
    if !facts.knows(Fact::Date) {
        // As the key of the original was made: under the date that it named, else under ours.
        let known = |facts: &Facts, fact| facts.knows(fact).then(|| facts.get(fact).into_owned());
        let date = known(&facts, Fact::BusinessDate).or_else(|| known(&scene.facts, Fact::Date));
        if let Some(date) = date.or_else(|| known(&scene.facts, Fact::BusinessDate)) {
            facts.put(Fact::Date, &date);
        }
    }
    for fact in [Fact::Branch, Fact::Teller, Fact::Channel] {
        if !facts.knows(fact) && scene.facts.knows(fact) {
            facts.put(fact, &scene.facts.get(fact));
        }
    }
    facts
}

/// A late result of a call of ours: the flow that waits for it gets it as a reply.
pub(crate) async fn late_result(engine: &Arc<Engine>, scene: &Scene, call: CallRef, outcome: &ReadOutcome) {
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
            Ok(Some(row)) => return tell(engine, scene, &row, said).await,
            Ok(None) => {}
            Err(fatal) => return engine.fail(&fatal),
        }
        let Ok(before) = day.yesterday() else { break };
        day = before;
    }
    tracing::warn!(party = %module.name, serial, "a late result of nothing that is known");
}

async fn tell(engine: &Arc<Engine>, scene: &Scene, operation: &OperationRow, said: Outcome) {
    let flow = operation.flow;
    let row = engine.journal.read(move |reader| Ok((reader.flow(flow)?, reader.operations(flow)?))).await;
    let (row, operations) = match row {
        Ok((Some(row), operations)) => (row, operations),
        Ok((None, _)) => return,
        Err(fatal) => return engine.fail(&fatal),
    };
    // The flow goes on as the version has it that it began with: another may have other steps in its places.
    let version = match engine.version_of(row.version).await {
        Ok(Some(version)) => version,
        Ok(None) => return,
        Err(fatal) => return engine.fail(&fatal),
    };
    let Some((reference, path)) = path_of(&version, &row.name) else { return };
    let program = version.flow(reference).and_then(|tables| program_of(tables, &path));
    let RowName { step, back: false, serials } = RowName::of(&operation.name) else { return };
    let later = |other: &RowName<'_>| other.step == step && !other.back && other.serials > serials;
    if operations.iter().map(|other| RowName::of(&other.name)).any(|other| later(&other)) {
        tracing::warn!(%flow, step, serial = operation.serial, "a late result of what was refused for its session");
        return;
    }
    let place = program.and_then(|program| program.steps.iter().position(|known| *known.name == *step));
    let Some(place) = place.and_then(|place| u16::try_from(place).ok()) else { return };
    let reply = match said {
        Outcome::Done(_) => Reply::Done,
        Outcome::Refused(reason) => match reason.map_or("other", |reason| scene.version.text(reason)) {
            // As of a reply: that it came twice says nothing of how the first copy ended.
            "duplicate" => return,
            reason => Reply::Refused(reason.into()),
        },
        Outcome::Unknown => return,
    };
    // It does not say which copy it speaks of.
    engine.tell_flow(flow, Event::EarlierReply(StepId(place), reply)).await;
}

impl Engine {
    /// What an enquiry about the ask of a key hears; none if nobody asked.
    pub async fn find_end(&self, key: &Key, known: Known) -> Option<Told> {
        match self.flow_now(key, known).await {
            Ok(flow) => Some(self.end_of(flow?).await),
            Err(_) => Some(Told::unknown()),
        }
    }

    /// What an enquiry about a flow hears: its end, `reversed` where its asker took it back since, pending while it runs
    /// or is being taken back; unknown where the journal does not have it.
    async fn end_of(&self, flow: FlowId) -> Told {
        let row = match self.journal.read(move |reader| reader.flow(flow)).await {
            Ok(Some(row)) => row,
            Ok(None) => return Told::unknown(),
            Err(fatal) => {
                self.fail(&fatal);
                return Told::unknown();
            }
        };
        let told = self.told_of(&row);
        let own_refusal = told.kind == ToldKind::Refused && told.reason != "cancelled";
        match self.cancel_of(&row) {
            Cancel::Through if !own_refusal => Told { flow, ..Told::refused("reversed", String::new()) },
            Cancel::Wished if told.kind == ToldKind::Done => Told::pending(flow),
            _ => told,
        }
    }

    /// How far the asker's wish to take a flow back has come.
    fn cancel_of(&self, row: &FlowRow) -> Cancel {
        let version = self.versions.get(&row.version).map(|version| Arc::clone(&version));
        let version = version.unwrap_or_else(|| self.current.load_full());
        let tables = version.flow_named(&row.name).and_then(|flow| version.flow(flow));
        let durable = tables.and_then(|tables| dsl::flow::decode(&tables.program, &row.state).ok());
        durable.map_or(Cancel::No, |durable| durable.cancel)
    }

    /// The flow of a key: in memory, or in the journal.
    ///
    /// # Errors
    /// As [`Engine::flow_of_key`].
    pub async fn flow_now(&self, key: &Key, known: Known) -> Result<Option<FlowId>, Fatal> {
        match self.begun_before(key) {
            Some(flow) => Ok(Some(flow)),
            None => self.flow_of_key(key, known).await,
        }
    }
}
