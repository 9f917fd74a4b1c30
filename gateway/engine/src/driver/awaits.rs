//! `await`: a flow waits for what a party begins, and finds it in the journal, whether it came before or comes later.
//!
//! In: a flow that has come to an `await`, a flow that has ended done. Out: the ask of the one in the book of the other.
//! What is served is a flow of its own, under a look-up by values of its ask; who waits looks there first and is told
//! of each that ends, so nothing is lost between the two. Which one it went on with stands in the journal: after a stop it
//! is that one, though another of the same values has ended since. It must not know what is told.

use super::cancel::{found_by, values_of};
use super::{Inbox, Running};
use crate::engine::Engine;
use crate::version::{FlowRef, Version, begun_by};
use adapters::value::{Record, decode_record};
use dsl::evaluate::Value;
use dsl::flow::{Event, FlowProgram, Node, NodeId, State, Timer};
use dsl::model::Space;
use dsl::program::{AwaitForm, StepCall};
use dsl::value::Outcome;
use std::sync::Arc;
use std::time::Duration;
use store::{Change as Write, End, FlowId, FoundBy, Moment};

/// The kind of the event that says what came at which place.
const CAME: &str = "came";
/// The word of these look-ups.
const AWAITED: &str = "awaited";
/// Flows with the same values that are looked at: the first that ended done is what came.
const LOOKED_AT: usize = 200;
/// Events of a flow that are looked at for the one that began its wait.
const EVENTS: usize = 10_000;

/// What is waited for, as the journal finds it, and who waits at which place.
pub type Awaited = dashmap::DashMap<(String, [u8; 32]), Vec<(FlowId, NodeId)>>;

/// The look-ups under which flows that wait for it find a flow.
pub(super) fn look_ups(version: &Version, reference: FlowRef, ask: &Record) -> Vec<FoundBy> {
    let Some(tables) = version.flow(reference) else { return Vec::new() };
    let name = &tables.program.name;
    let of_set = |slots: &Vec<u16>| Some(found_by(version, (AWAITED, name), "", &values_of(slots, ask)?));
    version.awaited_by(name).iter().filter_map(of_set).collect()
}

impl Running {
    /// The number under which expressions know what comes at a place, and what is waited for.
    fn await_form(&self, at: NodeId) -> Option<(u16, &AwaitForm)> {
        let Some(Node::Await { guard, .. }) = self.program()?.node(at) else { return None };
        let step = self.tables()?.steps.get(usize::try_from(guard.0).ok()?)?;
        let StepCall::Awaited(form) = &step.target else { return None };
        Some((u16::try_from(guard.0).ok()?, form))
    }

    /// How the journal finds the flow that takes it.
    fn awaited(&self, form: &AwaitForm) -> Option<FoundBy> {
        let flow = begun_by(&self.version.compiled, self.reference.module, &form.of)?;
        let steps = self.steps();
        let parts = self.parts(&steps, self.engine.now());
        let view = parts.view(&self.book);
        let values = form.by.iter().map(|(slot, value)| {
            let value = view.value(*value).ok().filter(Value::is_present)?;
            Some((*slot, value.into_owned()))
        });
        Some(found_by(&self.version, (AWAITED, flow), "", &values.collect::<Option<Vec<_>>>()?))
    }

    /// Waits at a place: for what came already, for what comes, and at most so long since the wait began, if there is a limit.
    pub(super) fn wait_for_served(&mut self, at: NodeId, up_to_ms: Option<u64>) {
        let found = self.await_form(at).and_then(|(_, form)| self.awaited(form));
        let key = found.map(|found| (found.name, found.hash));
        if let Some(key) = &key {
            self.engine.awaited.entry(key.clone()).or_default().push((self.id, at));
            self.awaits.push(key.clone());
        } else {
            tracing::error!(flow = %self.id, "what is waited for has no values to be found by; nothing will come");
        }
        let place = self.program().and_then(|program| program.places.get(usize::from(at.0)));
        let place = place.map_or_else(String::new, ToString::to_string);
        let (engine, post, own) = (Arc::clone(&self.engine), self.post.clone(), self.id);
        self.engine.core.spawn(async move {
            if let Some((name, hash)) = key
                && let Some(served) = engine.served(&name, hash, own).await
            {
                drop(post.send(Inbox::Served(at, served)).await);
                return;
            }
            let Some(up_to_ms) = up_to_ms else { return };
            let passed = engine.waited_ms(own, &place).await;
            let left = Duration::from_millis(up_to_ms.saturating_sub(passed));
            engine.core.deadline(engine.core.mark().after(left)).await;
            drop(post.send(Inbox::Event(Event::Timer(Timer::Await(at)))).await);
        });
    }

    /// What was waited for has come: its ask is the answer of the place.
    pub(super) async fn came(&mut self, at: NodeId, served: FlowId) -> Option<Event> {
        if self.state.durable.at != at {
            return None;
        }
        self.show_served(at, served).await;
        self.came = Some((at, served));
        Some(Event::Arrived(at))
    }

    async fn show_served(&mut self, at: NodeId, served: FlowId) {
        let Some((number, form)) = self.await_form(at) else { return };
        let ask = begun_by(&self.version.compiled, self.reference.module, &form.of)
            .and_then(|flow| self.version.flow_named(flow))
            .and_then(|flow| self.version.flow(flow)?.ask);
        let body = match self.engine.asked(served).await {
            Ok(body) => body,
            Err(why) => return tracing::error!(flow = %self.id, %served, %why, "what came cannot be read"),
        };
        let record = ask.zip(body.get("ask")).map(|(shape, octets)| {
            decode_record(octets, &self.version.compiled.shapes, shape, self.version.symbols())
        });
        match record {
            Some(Ok(record)) => self.book.put(Space::StepAnswer, number, record),
            _ => tracing::error!(flow = %self.id, %served, "what came has no ask that can be read"),
        }
    }

    /// That it came, for the write by which the flow goes on.
    pub(super) fn came_event(&self, next: &State) -> Option<Write> {
        let (at, served) = self.came?;
        // By its name: another version has other nodes in their places.
        let place = self.program().and_then(|program| program.places.get(usize::from(at.0)));
        let body = format!("{} {}", place.map_or("", |place| place), served.0).into_bytes();
        let passed = next.durable.at != at;
        passed.then(|| Write::Event { flow: self.id, kind: CAME.to_owned(), body })
    }

    /// After a stop: what had come at the places that the flow has passed.
    pub(super) async fn gather_served(&mut self) {
        let waits =
            |program: &FlowProgram| program.nodes.iter().any(|node| matches!(node, Node::Await { .. }));
        if !self.program().is_some_and(waits) {
            return;
        }
        let flow = self.id;
        let events = self.engine.journal.read(move |reader| reader.events(flow, 0, EVENTS)).await;
        let events = match events {
            Ok(events) => events,
            Err(fatal) => return self.engine.fail(&fatal),
        };
        for event in events.iter().filter(|event| event.kind == CAME) {
            let text = std::str::from_utf8(&event.body).unwrap_or_default();
            let Some((place, served)) = text.rsplit_once(' ') else { continue };
            if let (Some(at), Ok(served)) = (self.place_named(place), served.parse()) {
                self.show_served(at, FlowId(served)).await;
            }
        }
    }

    /// The node of a place by its name; a journal from before has its number.
    fn place_named(&self, place: &str) -> Option<NodeId> {
        let places = &self.program()?.places;
        let named = places.iter().position(|known| **known == *place).and_then(|at| u16::try_from(at).ok());
        named.or_else(|| place.parse().ok()).map(NodeId)
    }

    /// Outcomes of what is waited for, by number of the step: done where it has come.
    pub(super) fn came_outcomes(&self) -> Vec<(usize, Outcome)> {
        let (Some(tables), Some(program)) = (self.tables(), self.program()) else { return Vec::new() };
        let number = |node: &Node| match node {
            Node::Await { guard, .. } => usize::try_from(guard.0).ok(),
            _ => None,
        };
        let here = |number: &usize| {
            let place = u16::try_from(*number).unwrap_or(u16::MAX);
            tables.steps.get(*number).is_some() && self.book.record(Space::StepAnswer, place).is_some()
        };
        program
            .nodes
            .iter()
            .filter_map(number)
            .filter(here)
            .map(|number| (number, Outcome::Done(None)))
            .collect()
    }

    /// A flow has ended done: those that wait for it hear of it.
    pub(super) fn tell_awaiting(&self) {
        if !self.path.is_empty() {
            return;
        }
        let Some(ask) = self.book.record(Space::Ask, 0) else { return };
        for found in look_ups(&self.version, self.reference, ask) {
            let waiting = self.engine.awaited.get(&(found.name, found.hash));
            for (flow, at) in waiting.map_or_else(Vec::new, |waiting| waiting.clone()) {
                let (engine, served) = (Arc::clone(&self.engine), self.id);
                self.engine.core.spawn(async move {
                    engine.tell(flow, Inbox::Served(at, served)).await;
                });
            }
        }
    }

    /// The flow waits for nothing any more.
    pub(super) fn forget_awaited(&mut self) {
        for key in self.awaits.drain(..) {
            if let Some(mut waiting) = self.engine.awaited.get_mut(&key) {
                waiting.retain(|(flow, _)| *flow != self.id);
            }
            self.engine.awaited.remove_if(&key, |_, waiting| waiting.is_empty());
        }
    }
}

impl Engine {
    /// The first flow that a look-up finds and that ended done.
    async fn served(&self, name: &str, hash: [u8; 32], own: FlowId) -> Option<FlowId> {
        let name = name.to_owned();
        let rows = self.journal.read(move |reader| reader.flows_found_by(&name, &hash, LOOKED_AT)).await;
        let rows = rows.map_err(|fatal| self.fail(&fatal)).ok()?;
        let done = rows.iter().filter(|row| row.flow != own && row.end == Some(End::Done));
        done.map(|row| row.flow).min_by_key(|flow| flow.0)
    }

    /// Milliseconds since a flow began to wait at a place.
    async fn waited_ms(&self, flow: FlowId, place: &str) -> u64 {
        let events = self.journal.read(move |reader| reader.events(flow, 0, EVENTS)).await;
        let events = match events {
            Ok(events) => events,
            Err(fatal) => {
                self.fail(&fatal);
                return 0;
            }
        };
        let began = events.iter().find(|event| event.kind == "waits" && event.body == place.as_bytes());
        let Moment(now) = self.journal.now();
        began.map_or(0, |event| u64::try_from(now - event.at.0).unwrap_or(0))
    }
}
