//! Carries effects out, in order. A request that cannot be made and a write that is not taken drop the rest, and the old
//! state gets the event (decisions D14).

use super::{Inbox, Running, Told, ToldKind};
use crate::message::Refusal;
use crate::planted::Bug;
use dsl::flow::{
    Answer, CancelAnswer, Change, Effect, Event, MappingId, Node, NotWritten, Parked, SecondAnswer, State,
    Step, StepId, Timer,
};
use dsl::model::Space;
use std::sync::Arc;
use std::time::Duration;

/// The pause before a write is tried again that found no room.
pub(super) const AGAIN: Duration = Duration::from_millis(200);

impl Running {
    /// Carries a step out; gives the event that the old state gets instead, if it could not be.
    pub(super) async fn carry_out(&mut self, step: Step, event: &Event) -> Option<Event> {
        let Step { next, effects } = step;
        let written = effects.iter().filter_map(|effect| match effect {
            Effect::Write(changes) => Some(changes),
            _ => None,
        });
        let new_serial = |change: &&Change| matches!(change, Change::NewSerial(_) | Change::NewSerialBack(_));
        let new_serials: Vec<Change> = written.flatten().filter(new_serial).cloned().collect();
        let mut next = Some(next);
        for effect in effects {
            match effect {
                Effect::Prepare(step) => {
                    // What has just become known of the steps before it counts already, though it is not written yet.
                    let state = next.as_ref().unwrap_or(&self.state);
                    let call = state.durable.operation(step).and_then(|operation| operation.call);
                    let seen = self.steps_in(&state.durable, None);
                    let anew = new_serials.contains(&Change::NewSerial(step));
                    if let Err(refusal) = self.prepare(step, call, &seen, anew).await {
                        if refusal.full && self.waits_for_room() {
                            self.again(event.clone());
                            return None;
                        }
                        return Some(self.cannot_prepare(step, false, refusal, event));
                    }
                }
                Effect::PrepareBack(step) => {
                    let state = next.as_ref().unwrap_or(&self.state);
                    let state = state.durable.operation(step).cloned();
                    let anew = new_serials.contains(&Change::NewSerialBack(step));
                    if let Err(refusal) = self.prepare_back(step, state.as_ref(), anew).await {
                        if refusal.full {
                            self.again(event.clone());
                            return None;
                        }
                        return Some(self.cannot_prepare(step, true, refusal, event));
                    }
                }
                Effect::Write(changes) => {
                    let state = next.as_ref().unwrap_or(&self.state).clone();
                    match self.write(&changes, &state).await {
                        Ok(()) => {}
                        Err(Some(NotWritten::Full)) if !self.state.durable.asked && self.waits_for_room() => {
                            self.again(event.clone());
                            return None;
                        }
                        Err(Some(why)) => {
                            return Some(Event::NotWritten { why, during: Box::new(event.clone()) });
                        }
                        Err(None) => {
                            self.stopped = true;
                            return None;
                        }
                    }
                    if let Some(next) = next.take() {
                        self.state = next;
                    }
                }
                other => {
                    if let Some(next) = next.take() {
                        self.state = next;
                    }
                    self.after(other).await;
                }
            }
        }
        if let Some(next) = next {
            self.state = next;
        }
        self.tell_waiting();
        self.tell_cancelling();
        None
    }

    /// Whether what finds no room in the journal is tried again: what was taken goes on, its rows too. Only a new ask is
    /// told that we are busy.
    fn waits_for_room(&self) -> bool {
        self.state.durable.asked || self.parent.is_some()
    }

    /// Who takes it back hears that it is pending where only people can go on: they may look at it for long.
    fn tell_cancelling(&mut self) {
        let parked = self.program().is_some_and(|program| self.state.durable.parked(program));
        if parked {
            self.tell_cancel(CancelAnswer::Pending);
        }
    }

    fn tell_cancel(&mut self, answer: CancelAnswer) {
        for waiter in self.cancelling.drain(..) {
            let _gone = waiter.send(answer);
        }
    }

    fn cannot_prepare(&mut self, step: StepId, back: bool, refusal: Refusal, event: &Event) -> Event {
        let name = self.program().and_then(|program| program.steps.get(usize::from(step.0)));
        let name = name.map_or("", |step| &*step.name);
        tracing::warn!(flow = %self.id, step = name, reason = %refusal.reason, text = %refusal.text, back, "a request cannot be made");
        if let Some(operation) = self.operations.get_mut(usize::from(step.0)) {
            operation.text.clone_from(&refusal.text);
        }
        let park = refusal.park;
        Event::CannotPrepare {
            step,
            back,
            reason: refusal.reason.into(),
            park,
            during: Box::new(event.clone()),
        }
    }

    /// What stands behind the write.
    async fn after(&mut self, effect: Effect) {
        match effect {
            Effect::Prepare(_) | Effect::PrepareBack(_) | Effect::Write(_) => {}
            Effect::Send(step, copy) => self.send(step, copy),
            Effect::Enquire { step, way, number } => self.enquire(step, way, number),
            Effect::SendBack(step, copy) => self.send_back(step, copy),
            Effect::Answer(answer) => {
                let told = self.answer_told(&answer).await;
                self.tell(&told);
            }
            Effect::AnswerCancel(answer) => self.tell_cancel(answer),
            Effect::AnswerSecond(answer) => self.answer_second(answer),
            Effect::Timer(Timer::Await(at), up_to_ms) => self.wait_for_served(at, Some(up_to_ms)),
            Effect::Listen(at) => self.wait_for_served(at, None),
            Effect::Timer(Timer::Quiet { step, copy }, ms) => self.quiet(step, copy, ms),
            Effect::Timer(timer, ms) => self.timer(timer, ms),
            Effect::StartRow(of, row) => Box::pin(self.start_row(of, row)).await,
            Effect::Park(parked) => self.parked(parked),
            Effect::Alarm(step) => {
                let name =
                    self.program().and_then(|program| program.step(step)).map_or("", |step| &step.name);
                tracing::error!(flow = %self.id, step = name, "what is proved or heard contradicts what is written");
            }
            Effect::Again(event) => self.again(*event),
            Effect::Stop => self.stop(),
        }
    }

    /// Another flow has the key, or this run is not the holder: nothing more is done here.
    fn stop(&mut self) {
        self.stopped = true;
        let Some(taken) = self.taken else { return };
        let (engine, digest) = (self.engine.clone(), self.digest);
        let waiters: Vec<_> = self.waiters.drain(..).collect();
        self.engine.keyed.remove_if(&self.key, |_, flow| *flow == self.id);
        self.engine.core.spawn(async move {
            for waiter in waiters {
                engine.join(taken, digest, waiter).await;
            }
        });
    }

    fn answer_second(&mut self, answer: SecondAnswer) {
        let Some(waiter) = self.second.take() else {
            if answer == SecondAnswer::Duplicate {
                let told = Told::refused("duplicate", String::new());
                self.waiters.drain(..).for_each(|waiter| drop(waiter.send(told.clone())));
            }
            return;
        };
        match answer {
            SecondAnswer::Stored => {
                let told = self.told.clone().unwrap_or_else(|| Told::pending(self.id));
                drop(waiter.send(told));
            }
            SecondAnswer::Joins => self.waiters.push(waiter),
            SecondAnswer::Duplicate => drop(waiter.send(Told::refused("duplicate", String::new()))),
        }
    }

    fn tell(&mut self, told: &Told) {
        if told.kind != ToldKind::Pending {
            self.told = Some(told.clone());
        }
        for waiter in self.waiters.drain(..) {
            drop(waiter.send(told.clone()));
        }
    }

    /// What an answer says. A flow that is not journaled makes its record here.
    async fn answer_told(&mut self, answer: &Answer) -> Told {
        let kind = match answer {
            Answer::Pending => return Told::pending(self.id),
            Answer::Done(_) => ToldKind::Done,
            Answer::Refused(_) => ToldKind::Refused,
        };
        if let Some(told) = self.told.as_ref().filter(|told| told.kind == kind) {
            return told.clone();
        }
        if let Answer::Done(Some(mapping)) = answer
            && self.answer.is_none()
            && let Err(why) = self.make_answer(*mapping, &self.state.clone())
        {
            tracing::error!(flow = %self.id, ?why, "the answer cannot be filled");
        }
        // A row answers however it ends.
        if kind == ToldKind::Refused && !self.path.is_empty() {
            let state = self.state.clone();
            self.row_answer(&state);
        }
        let reason = if let Answer::Refused(reason) = answer { Some(&**reason) } else { None };
        self.make_told(kind, reason).await
    }

    /// Fills the record of an `answer` node.
    pub(super) fn make_answer(
        &mut self,
        mapping: MappingId,
        state: &State,
    ) -> Result<(), crate::fill::Unfilled> {
        let steps = self.steps_in(&state.durable, None);
        let version = Arc::clone(&self.version);
        let Some(tables) = version.flow(self.reference) else { return Ok(()) };
        let Some(filling) = tables.fillings.get(mapping.0 as usize) else { return Ok(()) };
        let now = self.engine.now();
        let shape = self.answer_shape();
        let slots = shape
            .and_then(|shape| version.compiled.shapes.get(shape.0 as usize))
            .map_or(0, |shape| shape.fields.len());
        let mut book = std::mem::take(&mut self.book);
        let begun =
            book.record(Space::Answer, 0).filter(|_| self.path.is_empty()).map(|record| (**record).clone());
        let record =
            begun.unwrap_or_else(|| adapters::value::Record::new(u16::try_from(slots).unwrap_or(u16::MAX)));
        let own = self.own_end(state);
        let filled = {
            let parts = crate::view::Parts { own: Some(&own), ..self.parts(&steps, now) };
            crate::fill::fill(&parts, &mut book, filling, record, self.path.is_empty())
        };
        self.book = book;
        self.answer = Some(filled?);
        Ok(())
    }

    /// How a flow or row whose answer is made ends in a state.
    fn own_end(&self, state: &State) -> crate::view::StepSeen {
        if state.durable.end != Some(dsl::flow::End::Refused) {
            let outcome = Some(dsl::value::Outcome::Done(None));
            return crate::view::StepSeen { outcome, text: String::new() };
        }
        let reason = self.end_reason(state);
        let outcome = Some(dsl::value::Outcome::Refused(self.version.symbols().find(&reason)));
        crate::view::StepSeen { outcome, text: self.refusal_text(state, &reason) }
    }

    /// Shape of the answer: of the flow, or of the row that its loop makes.
    pub(super) fn answer_shape(&self) -> Option<dsl::value::ShapeId> {
        let tables = self.tables()?;
        match self.path.last() {
            None => tables.answer,
            Some(_) => self.loop_form().and_then(|form| form.into_shape),
        }
    }

    /// An end with its content, in the asker's own form too.
    pub(super) async fn make_told(&mut self, kind: ToldKind, reason: Option<&str>) -> Told {
        let reason = match kind {
            ToldKind::Refused => self.told_reason(reason.unwrap_or("other")),
            _ => String::new(),
        };
        let mut told = Told {
            kind,
            flow: self.id,
            text: if kind == ToldKind::Refused {
                self.refusal_text(&self.state, &reason)
            } else {
                String::new()
            },
            reason,
            record: if kind == ToldKind::Done || !self.path.is_empty() {
                self.answer.clone().map(Arc::new)
            } else {
                None
            },
            shape: self.answer_shape(),
            packet: None,
            given: None,
        };
        if let Some(writer) = self.writer.clone()
            && let Some((packet, given)) = writer.write(told.clone()).await
        {
            (told.packet, told.given) = (Some(packet), Some(given));
        }
        told
    }

    /// A reason that the service does not declare reaches the asker as `other`.
    fn told_reason(&self, reason: &str) -> String {
        const OWN: [&str; 16] = [
            "bad_seal",
            "bad_message",
            "no_session",
            "session_expired",
            "closed_hours",
            "duplicate",
            "never_seen",
            "reversed",
            "too_late",
            "was_refused",
            "cancelled",
            "other",
            "busy",
            "over_limit",
            "no_route",
            "not_sent",
        ];
        let Some(tables) = self.tables() else { return reason.to_owned() };
        // A row's is judged by its batch, in whose words it is told.
        let dsl::program::FlowStart::Service(path) = &tables.start else { return reason.to_owned() };
        if !self.path.is_empty() {
            return reason.to_owned();
        }
        let service =
            self.version.service(path).and_then(|service| self.version.compiled.services.get(service.index));
        let declared = service
            .is_some_and(|service| service.refuse.iter().any(|symbol| self.version.text(*symbol) == reason));
        if declared || OWN.contains(&reason) { reason.to_owned() } else { "other".to_owned() }
    }

    fn refusal_text(&self, state: &State, reason: &str) -> String {
        // Neither known nor new (money-safety 3): whoever asks so late must hear why.
        if let Some(oldest) = self.too_old {
            return format!("the business date is over and gone: dates from {oldest} on are kept");
        }
        let refused = state.durable.operations.iter().zip(&self.operations).find(|(operation, known)| {
            operation.reason.is_some() && !operation.declined() && !known.text.is_empty()
        });
        refused.map_or_else(|| self.version.label(reason), |(_, known)| known.text.clone())
    }

    fn parked(&self, parked: Parked) {
        let program = self.program();
        let place = match parked {
            Parked::Step(step) => {
                program.and_then(|program| program.step(step)).map(|step| step.name.to_string())
            }
            Parked::Place(node) | Parked::Late(node) => {
                program.and_then(|program| program.places.get(usize::from(node.0))).map(ToString::to_string)
            }
            Parked::Hold(hold) => program.and_then(|program| {
                let held = |node: &Node| matches!(node, Node::Hold { hold: known, .. } if *known == hold);
                let node = program.nodes.iter().position(held)?;
                program.places.get(node).map(ToString::to_string)
            }),
        };
        crate::observe::parked(&self.name(), &place.unwrap_or_default());
    }

    /// The same event in a while, when there may be room.
    fn again(&mut self, event: Event) {
        if !self.put_off_decision() {
            self.later(AGAIN, event);
        }
    }

    /// A quiet time counts from the end of whoever sent a copy (`flows.md` 2): of this process that is when it gave the copy up, which
    /// is now; a process before it may send for as long as it lives.
    fn quiet(&self, step: StepId, copy: u8, ms: u64) {
        let planted = self.engine.planted == Some(Bug::QuietFromLease);
        if self.engine.senders.all_ended() || planted {
            return self.later(Duration::from_millis(ms), Event::Timer(Timer::Quiet { step, copy }));
        }
        let Some(name) =
            self.program().and_then(|program| program.step(step)).map(|step| step.name.to_string())
        else {
            return;
        };
        let (engine, flow, post) = (Arc::clone(&self.engine), self.id, self.post.clone());
        self.engine.core.spawn(async move {
            let states = match engine.journal.read(move |reader| reader.operation_states(flow)).await {
                Ok(states) => states,
                Err(fatal) => return engine.fail(&fatal),
            };
            let heard = async {
                if !engine.senders.ended(&name, &states).await {
                    return Event::NeverQuiet { step, copy };
                }
                engine.core.deadline(engine.core.mark().after(Duration::from_millis(ms))).await;
                Event::Timer(Timer::Quiet { step, copy })
            };
            // A flow that has ended hears nothing any more: nobody waits on for it.
            let event = tokio::select! {
                biased;
                () = post.closed() => return,
                event = heard => event,
            };
            drop(post.send(Inbox::Event(event)).await);
        });
    }

    fn later(&self, pause: Duration, event: Event) {
        let (core, post) = (self.engine.core.clone(), self.post.clone());
        self.engine.core.spawn(async move {
            // A flow that has ended hears nothing any more: nobody sleeps on for it.
            let over = core.within(core.mark().after(pause), post.closed()).await.is_err();
            if over {
                drop(post.send(Inbox::Event(event)).await);
            }
        });
    }

    fn timer(&self, timer: Timer, ms: u64) {
        let ms = match timer {
            Timer::Deadline(at) | Timer::Warn(at) | Timer::Until(at) => {
                self.moment_ms(at, matches!(timer, Timer::Warn(_)))
            }
            _ => ms,
        };
        self.later(Duration::from_millis(ms), Event::Timer(timer));
    }

    /// How long it is to the moment of a deadline, of its warning, or of a wait.
    fn moment_ms(&self, at: dsl::flow::NodeId, warn: bool) -> u64 {
        let expression = match self.program().and_then(|program| program.node(at)) {
            Some(Node::Deadline { at: end, warn: warned, .. }) if warn => warned.unwrap_or(*end),
            Some(Node::Deadline { at, .. } | Node::Until { until: at }) => *at,
            _ => return 0,
        };
        let steps = self.steps();
        let now = self.engine.now();
        match self.parts(&steps, now).view(&self.book).value(expression.0) {
            Ok(dsl::evaluate::Value::DateTime(moment)) => self.engine.calendar.until(now, moment),
            other => {
                tracing::error!(flow = %self.id, ?other, "a deadline or a wait has no moment; it is over now");
                0
            }
        }
    }
}

/// Why a write was not taken, as the interpreter knows it; none for what no caller may ask for.
pub(super) fn not_written(verdict: &store::Verdict, digest: &[u8; 32]) -> Option<NotWritten> {
    Some(match verdict {
        store::Verdict::KeyTaken { digest: known, .. } => NotWritten::KeyTaken { same: known == digest },
        store::Verdict::KeyCancelled => NotWritten::KeyCancelled,
        store::Verdict::TooOld { .. } => NotWritten::TooOld,
        store::Verdict::LimitFull { .. } => NotWritten::LimitFull(None),
        store::Verdict::Fenced { .. } => NotWritten::Fenced,
        store::Verdict::Full => NotWritten::Full,
        store::Verdict::Ok(_) | store::Verdict::Seen | store::Verdict::Impossible(_) => return None,
    })
}
