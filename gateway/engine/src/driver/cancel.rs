//! `cancel FLOW where …`: a flow takes back another that the same asker asked for (`flows.md` 4).
//!
//! In: values of the other flow's ask. Out: how its cancellation ended, as a reply to the step. What nobody asked for is
//! refused for ever after: its look-up is a key that is cancelled, and an ask that it finds is refused with it.

use super::ask::day_before;
use super::{Inbox, Running, ask_digest};
use crate::engine::Engine;
use crate::facts::Facts;
use crate::version::{FlowRef, Version};
use crate::view::push_part;
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::flow::{CancelAnswer, Event, Reply, StepId};
use dsl::model::Fact;
use dsl::program::{CancelForm, StepCall};
use std::sync::Arc;
use store::{Change, Day, Direction, End, FlowId, FoundBy, Key, Lane, Verdict};

/// Flows with the same values that are looked at: the newest that was not refused counts.
const LOOKED_AT: usize = 20;

/// The look-ups under which a flow is found by flows that take it back.
pub(super) fn look_ups(version: &Version, reference: FlowRef, key: &Key, ask: &Record) -> Vec<FoundBy> {
    let Some(tables) = version.flow(reference) else { return Vec::new() };
    let name = &tables.program.name;
    let of_set = |slots: &Vec<u16>| Some(look_up(version, name, &key.party, &values_of(slots, ask)?));
    version.cancelled_by(name).iter().filter_map(of_set).collect()
}

/// The values of an ask in some slots; none where one is missing.
pub(super) fn values_of(slots: &[u16], ask: &Record) -> Option<Vec<(u16, Value<'static>)>> {
    let value = |slot: &u16| {
        Some((*slot, ask.value(usize::from(*slot)).ok().filter(Value::is_present)?.into_owned()))
    };
    slots.iter().map(value).collect()
}

/// Whoever asked is part of the look-up: nobody takes back what another asked for.
fn look_up(version: &Version, flow: &str, asker: &str, values: &[(u16, Value<'static>)]) -> FoundBy {
    found_by(version, ("flow", flow), asker, values)
}

/// How the journal finds a flow by values of its ask. `way`: what seeks it so, and nothing else finds it by that.
pub(super) fn found_by(
    version: &Version,
    (way, flow): (&str, &str),
    asker: &str,
    values: &[(u16, Value<'static>)],
) -> FoundBy {
    let mut values: Vec<&(u16, Value<'static>)> = values.iter().collect();
    values.sort_by_key(|(slot, _)| *slot);
    values.dedup_by_key(|(slot, _)| *slot);
    let fields = version.flow_named(flow).and_then(|flow| version.flow(flow)?.ask);
    let fields = fields.and_then(|shape| version.compiled.shapes.get(shape.0 as usize));
    let mut name = format!("{way} {flow}:");
    let mut octets = Vec::new();
    push_part(&mut octets, asker.as_bytes());
    for (slot, value) in values {
        let field = fields.and_then(|shape| shape.fields.get(usize::from(*slot)));
        name.push(' ');
        name.push_str(field.map_or("", |field| &field.name));
        push_part(&mut octets, crate::facts::plain(value, version.symbols()).trim_end().as_bytes());
    }
    FoundBy { name, hash: ask_digest(&[&octets]) }
}

/// The keys by which an ask of a day may have been cancelled before it came: on that day, or on one beside it.
pub(super) fn keys(found: &FoundBy, asked: &Key, day: Day) -> [Key; 3] {
    [day, day_before(day), day.next()].map(|day| key(found, &asked.party, day))
}

fn key(found: &FoundBy, asker: &str, date: Day) -> Key {
    let mut once = b"cancelled:".to_vec();
    push_part(&mut once, found.name.as_bytes());
    push_part(&mut once, &found.hash);
    Key { date, party: asker.to_owned(), direction: Direction::In, once }
}

/// The business date of a flow's facts.
pub(super) fn day(facts: &Facts) -> Day {
    match facts.get(Fact::BusinessDate) {
        Value::Date(date) => crate::calendar::day(date),
        _ => Day(0),
    }
}

impl Running {
    /// What a step takes back, where it takes back a flow.
    pub(super) fn cancels(&self, step: StepId) -> Option<&CancelForm> {
        let name = &self.program()?.step(step)?.name;
        let tables = self.tables()?;
        match &tables.steps.iter().find(|known| known.name == *name)?.target {
            StepCall::Flow(form) => Some(form),
            _ => None,
        }
    }

    /// Takes the flow back and tells the step how that ended.
    pub(super) fn send_cancel(&self, step: StepId, form: &CancelForm) {
        let steps = self.steps();
        let parts = self.parts(&steps, self.engine.now());
        let view = parts.view(&self.book);
        let values = form.by.iter().map(|(slot, value)| {
            let value = view.value(*value).ok().filter(Value::is_present)?;
            Some((*slot, value.into_owned()))
        });
        let found = values
            .collect::<Option<Vec<_>>>()
            .map(|values| look_up(&self.version, &form.flow, &self.key.party, &values));
        let (engine, post, own, asker, day) =
            (Arc::clone(&self.engine), self.post.clone(), self.id, self.key.party.clone(), day(&self.facts));
        let never = self.version.text(form.refuse).to_owned();
        self.engine.core.spawn(async move {
            let answer = match &found {
                Some(found) => engine.cancel_found(found, &asker, day, own).await,
                None => None,
            };
            let event = match answer {
                Some(CancelAnswer::Cancelled | CancelAnswer::NothingToUndo) => {
                    Event::Reply(step, Reply::Done)
                }
                Some(CancelAnswer::Refused) => Event::Reply(step, Reply::Refused("too_late".into())),
                Some(CancelAnswer::Pending) => Event::NoReply(step),
                None => Event::Reply(step, Reply::Refused(never.into())),
            };
            drop(post.send(Inbox::Event(event)).await);
        });
    }
}

impl Engine {
    /// Cancels the flow that a look-up finds; none where there is none, and then there never will be.
    async fn cancel_found(
        self: &Arc<Self>,
        found: &FoundBy,
        asker: &str,
        day: Day,
        own: FlowId,
    ) -> Option<CancelAnswer> {
        match self.found_flow(found, own).await {
            Err(()) => return Some(CancelAnswer::Pending),
            Ok(Some(flow)) => return Some(self.cancel_flow(flow).await),
            Ok(None) => {}
        }
        let cancelled = vec![Change::CancelKey(key(found, asker, day))];
        match self.journal.write(Lane::Outcome, day, cancelled).await {
            Ok(Verdict::Ok(_) | Verdict::KeyCancelled) => {}
            Ok(_) => return Some(CancelAnswer::Pending),
            Err(fatal) => {
                self.fail(&fatal);
                return Some(CancelAnswer::Pending);
            }
        }
        // An ask that was written before that key is found now; one after it is refused.
        match self.found_flow(found, own).await {
            Err(()) => Some(CancelAnswer::Pending),
            Ok(Some(flow)) => Some(self.cancel_flow(flow).await),
            Ok(None) => None,
        }
    }

    /// The newest flow that a look-up finds; one that was refused only where there is no other.
    async fn found_flow(&self, found: &FoundBy, own: FlowId) -> Result<Option<FlowId>, ()> {
        let (name, hash) = (found.name.clone(), found.hash);
        let rows = self.journal.read(move |reader| reader.flows_found_by(&name, &hash, LOOKED_AT)).await;
        let rows = rows.map_err(|fatal| self.fail(&fatal))?;
        let others = || rows.iter().filter(|row| row.flow != own);
        let held = others().find(|row| row.end != Some(End::Refused));
        Ok(held.or_else(|| others().next()).map(|row| row.flow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancellation_is_found_under_the_days_of_the_calendar_around() {
        let found = FoundBy { name: "flow bank.pay: reference".to_owned(), hash: [7; 32] };
        let asked =
            Key { date: Day(0), party: "channel mobile".to_owned(), direction: Direction::In, once: vec![1] };
        let days = |day| keys(&found, &asked, Day(day)).map(|key| key.date.0);
        assert_eq!(days(20_261_201), [20_261_201, 20_261_130, 20_261_202]);
        assert_eq!(days(20_270_101), [20_270_101, 20_261_231, 20_270_102]);
        assert_eq!(days(20_240_229), [20_240_229, 20_240_228, 20_240_301]);
        assert_eq!(days(0)[0], 0);
    }
}
