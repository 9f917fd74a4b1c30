//! What a flow asks of parties: requests, reversals, questions; and what their verdicts mean as events.

use super::{Inbox, Running, number_of, told};
use crate::exchange::{Asking, Prepared, Verdict};
use crate::facts::Facts;
use crate::fill::Unfilled;
use crate::late::{Copied, Waiting};
use crate::message::Refusal;
use crate::packet::Packet;
use crate::planted::Bug;
use crate::scene::Past;
use crate::version::CallRef;
use crate::view::StepSeen;
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::flow::{BackReply, CallId, CallKind, Event, Fault, OperationState, Reply, Says, StepId, Way};
use dsl::model::{Fact, Space};
use dsl::value::Outcome;
use std::sync::Arc;

/// Names of the reasons that the interpreter's words hang on (`flows.md` 2).
const NEVER_SEEN: &str = "never_seen";
const WAS_REFUSED: &str = "was_refused";
const REVERSED: &str = "reversed";
const DUPLICATE: &str = "duplicate";

impl Running {
    /// The call of an operation in this version.
    pub(super) fn call_of(&self, step: StepId, call: Option<CallId>) -> Option<CallRef> {
        let program = self.program()?;
        let call = call.or_else(|| program.step(step)?.calls.first().copied())?;
        self.version.call_named(&program.call(call)?.name)
    }

    /// The call that a best-effort step goes to; `seen`: what is known of the steps.
    pub(super) fn route(&self, step: StepId, seen: &[StepSeen]) -> Option<CallRef> {
        let program = self.program()?;
        let definition = program.step(step)?;
        match definition.calls.as_slice() {
            [only] => self.call_of(step, Some(*only)),
            _ => {
                let tables = self.tables()?;
                let number = tables.steps.iter().position(|known| known.name == definition.name)?;
                let dsl::program::StepCall::Service(service) = &tables.steps.get(number)?.target else {
                    return None;
                };
                let parts = self.parts(seen, self.engine.now());
                let at = definition.at.map(|at| parts.view(&self.book).text(at.0));
                self.provider(step, service, at.as_deref(), seen)
            }
        }
    }

    /// The call that a step's ask goes to: of several that the party has for the service, by what is asked.
    pub(super) fn provider(
        &self,
        step: StepId,
        service: &str,
        at: Option<&str>,
        steps: &[StepSeen],
    ) -> Option<CallRef> {
        match self.version.providers(service, at).as_slice() {
            [] => None,
            [only] => Some(*only),
            several => {
                let ask = self.fill_ask(step, steps).ok().flatten();
                self.engine.chosen(&self.version, several, &self.asker_facts(), ask.as_ref())
            }
        }
    }

    /// Facts that go on from the asker to parties: who asks, by which channel, under which serial of the flow.
    pub(super) fn asker_facts(&self) -> Facts {
        let mut facts = Facts::default();
        for fact in [Fact::Branch, Fact::Teller, Fact::Channel, Fact::FlowSerial] {
            facts.put(fact, &self.facts.get(fact));
        }
        facts
    }

    /// The record that a step asks with, by what is known of the steps.
    pub(super) fn fill_ask(&self, step: StepId, steps: &[StepSeen]) -> Result<Option<Record>, Unfilled> {
        let broken = Unfilled::Fault(dsl::evaluate::Fault::Broken);
        let (Some(tables), Some(program)) = (self.tables(), self.program()) else { return Err(broken) };
        let definition = program.step(step).ok_or(broken.clone())?;
        let filling = tables.fillings.get(definition.mapping.0 as usize).ok_or(broken)?;
        let Some(shape) = self.ask_shape(step) else { return Ok(None) };
        let mut book = self.book.clone();
        let parts = self.parts(steps, self.engine.now());
        let record = crate::exchange::empty(&self.version, shape);
        let mut record = crate::fill::fill(&parts, &mut book, filling, record, false)?;
        if self.engine.planted == Some(Bug::FirstLegRounded)
            && self.operations.iter().all(|operation| operation.prepared.is_none())
            && let Some(shape) = self.version.compiled.shapes.get(shape.0 as usize)
        {
            crate::planted::round(&mut record, shape);
        }
        Ok(Some(record))
    }

    fn ask_shape(&self, step: StepId) -> Option<dsl::value::ShapeId> {
        let (tables, program) = (self.tables()?, self.program()?);
        let definition = program.step(step)?;
        if let Some(original) = definition.undo_of {
            let name = &program.step(original)?.name;
            let known = tables.steps.iter().find(|known| known.name == *name)?;
            let corrects = program.step(original)?.correct.contains(&step);
            let (service, _) = if corrects { known.correct.as_ref()? } else { known.undo.as_ref()? };
            return self.version.service(service).map(|service| service.ask);
        }
        tables.steps.iter().find(|known| known.name == definition.name)?.ask_shape
    }

    /// Makes a step's request by what is known of the steps in the state that it is begun in.
    pub(super) async fn prepare(
        &mut self,
        step: StepId,
        call: Option<CallId>,
        seen: &[StepSeen],
        anew: bool,
    ) -> Result<(), Refusal> {
        if self.cancels(step).is_some() {
            return Ok(());
        }
        if anew {
            let known = self.operations.get(usize::from(step.0)).and_then(|known| known.prepared.as_ref());
            let asking =
                known.map(|known| known.asking.clone().anew()).ok_or_else(|| Refusal::of("no_route"))?;
            let prepared = self.engine.prepare(asking).await?;
            if let Some(operation) = self.operations.get_mut(usize::from(step.0)) {
                operation.prepared = Some(Arc::new(prepared));
            }
            return Ok(());
        }
        let query = |call: CallId| self.program()?.call(call).map(|call| call.kind == CallKind::Query);
        let written = call.and_then(query) == Some(false);
        let call = self.call_of(step, call).ok_or_else(|| Refusal::of("no_route"))?;
        let ask = self.fill_ask(step, seen).map_err(|why| self.unfilled(&why))?;
        let mut asking = Asking::new(&self.version, call, self.asker_facts(), ask);
        asking.facts.put(Fact::Attempt, &Value::Number(1));
        asking.waiting = Some(Waiting { flow: self.id, step, to: Copied::Posting(1) });
        asking.written = written;
        let prepared = self.engine.prepare(asking.for_member()).await?;
        if let Some(operation) = self.operations.get_mut(usize::from(step.0)) {
            operation.prepared = Some(Arc::new(prepared));
        }
        Ok(())
    }

    fn unfilled(&self, why: &Unfilled) -> Refusal {
        match why {
            Unfilled::Refuse(reason) => Refusal::of(self.version.text(*reason)),
            Unfilled::Park(text) => Refusal { park: true, ..Refusal::told("other", text.to_string()) },
            Unfilled::Unknown => Refusal::of("other"),
            Unfilled::Fault(fault) => Refusal::told("bad_message", format!("{fault:?}")),
        }
    }

    /// Makes the request that reverses a step; `durable`: the operation in the state that it is reversed in.
    pub(super) async fn prepare_back(
        &mut self,
        step: StepId,
        durable: Option<&dsl::flow::Operation>,
        anew: bool,
    ) -> Result<(), Refusal> {
        let no_route = || Refusal::of("no_route");
        let known = self.operations.get(usize::from(step.0)).cloned().ok_or_else(no_route)?;
        if known.back.is_some() && !anew {
            return Ok(());
        }
        let program = self.program().ok_or_else(no_route)?;
        let call = durable.and_then(|operation| operation.call);
        let call = call.or_else(|| program.step(step)?.calls.first().copied());
        let back = call
            .and_then(|call| program.call(call))
            .and_then(|call| call.back.as_ref())
            .ok_or_else(no_route)?;
        let call = self.version.call_named(&back.name).ok_or_else(no_route)?;
        let undoing = durable.is_some_and(|operation| operation.state == OperationState::Undoing);
        let cause = if undoing { "flow_failed" } else { "timeout" };
        let mut asking = self.about(call, &known, durable).ok_or_else(no_route)?;
        asking.facts.put(Fact::Cause, &self.named(cause));
        asking.waiting = Some(Waiting { flow: self.id, step, to: Copied::Reversal });
        asking.written = true;
        let prepared = self.engine.prepare(asking).await?;
        if let Some(operation) = self.operations.get_mut(usize::from(step.0)) {
            operation.back = Some(Arc::new(prepared));
        }
        Ok(())
    }

    fn named(&self, name: &str) -> Value<'static> {
        self.version.symbols().find(name).map_or_else(|| Value::text(name), Value::Name)
    }

    /// An ask that speaks of a step's exchange.
    fn about(
        &self,
        call: CallRef,
        known: &super::Operation,
        durable: Option<&dsl::flow::Operation>,
    ) -> Option<Asking> {
        let prepared = known.prepared.as_ref()?;
        let mut facts = known.facts.clone().unwrap_or_else(|| prepared.asking.facts.clone());
        facts.put(Fact::MessageMoment, &Value::Absent);
        if self.engine.planted == Some(Bug::OriginalOfToday) {
            facts.put(Fact::Date, &Value::Date(self.engine.now().date()));
            let today = self.engine.business_date(&self.version, call.module);
            facts.put(Fact::BusinessDate, &Value::Date(today));
        }
        let program = self.version.call(call)?;
        let spoken = crate::exchange::original_calls(program).first().copied()?;
        let original = Past {
            call: Some(spoken),
            facts,
            request: crate::exchange::as_call(&self.version, prepared, spoken),
            reply: known.reply_record.as_ref().map(|reply| (**reply).clone()),
            ask: prepared.asking.ask.as_deref().cloned(),
            answer: known.answer.clone(),
            outcome: durable.and_then(|durable| told::outcome_of(&self.version, durable)),
            text: known.text.clone(),
            raw: prepared.raw(&self.engine.spool),
            long: Vec::new(),
            ends: Vec::new(),
        };
        let mut asking = Asking::new(&self.version, call, self.asker_facts(), None);
        asking.member.clone_from(&prepared.asking.member);
        asking.original = Some(Arc::new(original));
        Some(asking)
    }

    /// A reversal that was brought back speaks of its original again, as the one that was made: another copy is sealed by it
    /// and for its member, and the reply is held to both.
    pub(super) fn recall_original(&mut self, step: StepId) {
        let place = usize::from(step.0);
        let Some(known) = self.operations.get(place).cloned() else { return };
        let Some(back) = &known.back else { return };
        let durable = self.state.durable.operation(step);
        let Some(about) = self.about(back.asking.call, &known, durable) else { return };
        let asking = Asking { member: about.member, original: about.original, ..back.asking.clone() };
        let back = Prepared { asking, ..back.as_ref().clone() };
        if let Some(operation) = self.operations.get_mut(place) {
            operation.back = Some(Arc::new(back));
        }
    }

    /// Sends a copy: the stored octets, unless the session that sealed them has ended.
    pub(super) fn send(&self, step: StepId, copy: u8) {
        if let Some(form) = self.cancels(step) {
            return self.send_cancel(step, form);
        }
        let prepared =
            self.operations.get(usize::from(step.0)).and_then(|operation| operation.prepared.clone());
        let Some(prepared) = prepared else {
            tracing::error!(flow = %self.id, copy, "a copy has no octets");
            return self.tell_self(Inbox::Event(Event::NoReply(step)));
        };
        // A question is not counted in copies: it writes nothing.
        let attempt = self.state.memory.operations.get(usize::from(step.0));
        let again = copy > 1 || attempt.is_some_and(|attempt| attempt.tried > 0);
        let prepared = if copy > 1 { of_copy_number(&prepared, copy) } else { prepared };
        self.spawn_exchange(prepared, again, move |verdict| Inbox::Sent(step, copy, verdict));
    }

    /// Sends a copy of the reversal.
    pub(super) fn send_back(&self, step: StepId, copy: u8) {
        let back = self.operations.get(usize::from(step.0)).and_then(|operation| operation.back.clone());
        let Some(back) = back else {
            tracing::error!(flow = %self.id, copy, "a reversal has no octets");
            return self.tell_self(Inbox::Event(Event::NoBackReply(step)));
        };
        self.spawn_exchange(back, copy > 1, move |verdict| Inbox::SentBack(step, verdict));
    }

    fn tell_self(&self, heard: Inbox) {
        let post = self.post.clone();
        self.engine.core.spawn(async move { drop(post.send(heard).await) });
    }

    fn spawn_exchange(
        &self,
        prepared: Arc<Prepared>,
        again: bool,
        heard: impl FnOnce(Verdict) -> Inbox + Send + 'static,
    ) {
        let (engine, post) = (self.engine.clone(), self.post.clone());
        self.engine.core.spawn(async move {
            // A copy of a posting leaves when it is written that it leaves: its quiet time counts on that.
            if again && engine.is_query(&prepared.asking) {
                engine.paced(&prepared.asking).await;
            }
            let fresh = if again { engine.sealed_anew(&prepared).await } else { None };
            let mut verdict = engine.exchange(fresh.as_ref().unwrap_or(&prepared)).await;
            if engine.planted == Some(Bug::SentWithoutPromise)
                && matches!(verdict, Verdict::NoReply(_))
                && crate::planted::promises_nothing(&prepared.asking)
            {
                verdict = engine.exchange(&prepared).await;
            }
            drop(post.send(heard(verdict)).await);
        });
    }

    /// Asks what became of a step.
    pub(super) fn enquire(&self, step: StepId, way: u8, number: u32) {
        let nothing = Inbox::Event(Event::Enquired { step, number, says: Says::Nothing });
        let Some(mut asking) = self.enquiry(step, way) else { return self.tell_self(nothing) };
        if self.engine.planted == Some(Bug::Rule(Fault::OldEnquiryUsed)) {
            asking.waiting = Some(Waiting { flow: self.id, step, to: Copied::Question(number) });
        }
        let (engine, post) = (self.engine.clone(), self.post.clone());
        self.engine.core.spawn(async move {
            engine.paced(&asking).await;
            let heard = match engine.prepare(asking).await {
                Ok(prepared) => Inbox::Enquired(step, number, engine.exchange(&prepared).await),
                Err(refusal) => {
                    tracing::warn!(reason = %refusal.reason, text = %refusal.text, "an enquiry cannot be made");
                    nothing
                }
            };
            drop(post.send(heard).await);
        });
    }

    fn enquiry(&self, step: StepId, way: u8) -> Option<Asking> {
        let program = self.program()?;
        let durable = self.state.durable.operation(step)?;
        let call = durable.call?;
        let Way::Enquire { with, .. } = program.call(call)?.ways.get(usize::from(way))? else { return None };
        let call = self.version.call_named(with)?;
        self.about(call, self.operations.get(usize::from(step.0))?, Some(durable))
    }

    /// Whether something is asked of a party again and again until its day ends. The end of another's day is nothing to that.
    pub(super) fn asks_until_cut_over(&self, party: &str) -> bool {
        let Some(program) = self.program() else { return false };
        let until = |way: &Way| matches!(way, Way::Repeat { times: None, .. });
        program.step_ids().any(|step| {
            let call = self.state.durable.operation(step).filter(|one| one.state == OperationState::Unknown);
            let call = call
                .and_then(|operation| operation.call.or_else(|| program.step(step)?.calls.first().copied()));
            let call = call.and_then(|call| program.call(call));
            call.is_some_and(|call| *call.party == *party && call.ways.iter().any(until))
        })
    }

    /// Whether a reply may still decide a step (`flows.md` 1). Where it may not, what decided it stays: reversals and questions
    /// speak of that, and the journal keeps it.
    fn may_decide(&self, step: StepId) -> bool {
        self.state.durable.operation(step).is_none_or(|operation| match operation.state {
            OperationState::New | OperationState::Intent | OperationState::Unknown => true,
            OperationState::Parked => operation.backs == 0 && !operation.made && operation.copies > 0,
            OperationState::Reversing => self.engine.planted == Some(Bug::Rule(Fault::DoneWhileReversing)),
            OperationState::Done
            | OperationState::Refused
            | OperationState::Undoing
            | OperationState::Undone
            | OperationState::Held => false,
        })
    }

    /// What a verdict on a copy means for its step. While another is under way, nothing but an outcome does.
    pub(super) fn sent(&mut self, step: StepId, copy: u8, verdict: Verdict) -> Event {
        let copies = self.state.durable.operation(step).map_or(0, |operation| operation.copies);
        let earlier = copy < copies;
        let outcome = matches!(&verdict, Verdict::Heard(heard) if heard.outcome != Outcome::Unknown);
        let decides = self.may_decide(step) && (!earlier || outcome);
        match verdict {
            Verdict::NotSent(_) | Verdict::NoReply(_) if earlier => Event::EarlierReply(step, Reply::Unknown),
            Verdict::NotSent(cause) => {
                if decides {
                    self.note(step, cause.to_string());
                }
                Event::NotSent(step)
            }
            Verdict::NoReply(_) => Event::NoReply(step),
            Verdict::Unreadable { packet, .. } => {
                if let Some(operation) = self.operations.get_mut(usize::from(step.0)) {
                    operation.heard(packet, decides);
                }
                if earlier {
                    Event::EarlierReply(step, Reply::Unknown)
                } else {
                    Event::Reply(step, Reply::Unknown)
                }
            }
            Verdict::Heard(heard) => {
                let reason = heard.reason(&self.version).to_owned();
                let reply = match heard.outcome {
                    Outcome::Done(_) => Reply::Done,
                    Outcome::Refused(_) if reason == DUPLICATE => Reply::Unknown,
                    Outcome::Refused(_) => match heard.no_session {
                        Some(renewed) => Reply::NoSession { reason: reason.into(), renewed },
                        None => Reply::Refused(reason.into()),
                    },
                    Outcome::Unknown => Reply::Unknown,
                };
                let done = decides && reply == Reply::Done;
                if let Some(operation) = self.operations.get_mut(usize::from(step.0)) {
                    operation.heard(heard.packet, decides);
                    if decides {
                        operation.refusal = matches!(heard.outcome, Outcome::Refused(_));
                        operation.facts = Some(heard.facts);
                        operation.text = heard.text;
                        operation.reply_record = Some(heard.reply);
                    }
                    if done {
                        operation.answer = heard.answer;
                    }
                }
                if done {
                    self.show_answer(step);
                }
                if earlier { Event::EarlierReply(step, reply) } else { Event::Reply(step, reply) }
            }
        }
    }

    /// Expressions see the answer of a step that is done.
    pub(super) fn show_answer(&mut self, step: StepId) {
        let number = match (self.tables(), self.program().and_then(|program| program.step(step))) {
            (Some(tables), Some(definition)) => number_of(tables, &definition.name),
            _ => None,
        };
        let number = number.and_then(|number| u16::try_from(number).ok());
        let answer = self.operations.get(usize::from(step.0)).and_then(|operation| operation.answer.clone());
        if let (Some(number), Some(answer)) = (number, answer) {
            self.book.put(Space::StepAnswer, number, answer);
        }
    }

    fn note(&mut self, step: StepId, text: String) {
        if let Some(operation) = self.operations.get_mut(usize::from(step.0)) {
            operation.text = text;
        }
    }

    /// What a verdict means for the reversal of its step.
    pub(super) fn sent_back(&mut self, step: StepId, verdict: &Verdict) -> Event {
        let Verdict::Heard(heard) = verdict else {
            return match verdict {
                Verdict::Unreadable { .. } => Event::BackReply(step, BackReply::Unknown),
                _ => Event::NoBackReply(step),
            };
        };
        let named =
            |symbol: Option<dsl::value::Symbol>| symbol.map_or("", |symbol| self.version.text(symbol));
        let reply = match heard.outcome {
            Outcome::Done(symbol) if matches!(named(symbol), NEVER_SEEN | WAS_REFUSED) => BackReply::Nothing,
            Outcome::Done(_) => BackReply::Reversed,
            Outcome::Refused(symbol) if named(symbol) == NEVER_SEEN => BackReply::Nothing,
            Outcome::Refused(_) if heard.no_session == Some(true) => BackReply::NoSession,
            Outcome::Refused(_) => BackReply::Refused,
            Outcome::Unknown => BackReply::Unknown,
        };
        Event::BackReply(step, reply)
    }

    /// What the answer to a question says of its original (`flows.md` 2).
    pub(super) fn enquired(&mut self, step: StepId, verdict: Verdict) -> Says {
        let Verdict::Heard(heard) = verdict else { return Says::Nothing };
        let named =
            |symbol: Option<dsl::value::Symbol>| symbol.map_or("", |symbol| self.version.text(symbol));
        let says = match (heard.outcome, heard.original) {
            (Outcome::Done(_), Some(Outcome::Done(_))) => Says::Done,
            (Outcome::Done(_), Some(Outcome::Refused(reason))) => match named(reason) {
                REVERSED => Says::Reversed,
                NEVER_SEEN => Says::NotFound,
                why => Says::Refused((!why.is_empty()).then(|| why.into())),
            },
            (Outcome::Refused(reason), _) if named(reason) == NEVER_SEEN => Says::NotFound,
            _ => Says::Nothing,
        };
        // What was asked before the step was decided tells nothing any more.
        if !self.may_decide(step) {
            return says;
        }
        if let Some(operation) = self.operations.get_mut(usize::from(step.0)) {
            match says {
                Says::Done => {
                    operation.answer = heard.original_answer;
                    operation.heard(heard.packet, true);
                    // A refusal that decided nothing, as of a copy, spoke of itself: its serial is not that of what holds.
                    if std::mem::take(&mut operation.refusal) {
                        (operation.facts, operation.reply_record) = (None, None);
                    }
                    operation.told_anew();
                }
                Says::Refused(_) => operation.told_anew(),
                Says::Reversed | Says::NotFound | Says::Nothing => {}
            }
        }
        if says == Says::Done {
            self.show_answer(step);
        }
        says
    }
}

impl super::Operation {
    /// Keeps the octets of a reply: as what decides, or only to be recorded.
    fn heard(&mut self, packet: Packet, decides: bool) {
        if decides {
            (self.reply, self.late) = (Some(packet), None);
        } else {
            self.late = Some(packet);
        }
    }

    /// A question has found what became of it: words that came with an earlier answer are not those of its end, neither here nor
    /// in the journal.
    fn told_anew(&mut self) {
        self.text.clear();
        self.enquired = true;
    }
}

impl crate::engine::Engine {
    /// The same request written anew: where another session than the one that holds now sealed it, or where something in it
    /// belongs to one copy alone; else none.
    async fn sealed_anew(self: &Arc<Self>, prepared: &Prepared) -> Option<Prepared> {
        let session = self.session_for(&prepared.asking).await.ok()?;
        let same = Arc::ptr_eq(&session, &prepared.session) || *session == *prepared.session;
        if same && !of_copy(&prepared.asking) {
            return None;
        }
        self.prepare(prepared.asking.clone()).await.ok()
    }
}

/// The request as the copy of that number: a late reply is told as one to it.
fn of_copy_number(prepared: &Arc<Prepared>, copy: u8) -> Arc<Prepared> {
    let mut prepared = Prepared::clone(prepared);
    if let Some(waiting) = &mut prepared.asking.waiting {
        waiting.to = Copied::Posting(copy);
    }
    Arc::new(prepared)
}

/// Whether something in the request belongs to one copy of it (`message.moment`).
fn of_copy(asking: &Asking) -> bool {
    let (version, call) = (&asking.version, asking.call);
    let request = version.call(call).map(|program| program.call.request);
    let messages = version.module(call.module).map(|module| &module.program.messages);
    let program = request.and_then(|request| messages?.get(usize::from(request.0)));
    program.is_some_and(|program| program.of_copy)
}
