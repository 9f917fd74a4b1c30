//! The answer to a served message, in the party's own form.

use crate::driver::{AnswerWriter, Given, Told, ToldKind};
use crate::engine::Engine;
use crate::exchange::empty;
use crate::message;
use crate::packet::Packet;
use crate::scene::{Past, Scene, SessionValues};
use crate::version::{CallRef, Member, Version};
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::model::{CallId, Fact, Space};
use dsl::value::{DateTime, Outcome};
use link::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Day;

/// What a reply is written with: plain data, so that it may wait for the end of a flow.
#[derive(Clone)]
pub(crate) struct Replying {
    engine: Arc<Engine>,
    pub(crate) version: Arc<Version>,
    call: CallRef,
    facts: crate::facts::Facts,
    member: Option<Arc<Member>>,
    session: SessionValues,
    read_under: bool,
    told: BTreeMap<u16, Value<'static>>,
    request: Option<Arc<Record>>,
    original: Option<Arc<Past>>,
    original_facts: crate::facts::Facts,
    ask: Option<Arc<Record>>,
}

impl Replying {
    /// Of a message that was read in a scene.
    pub(crate) fn new(
        engine: &Arc<Engine>,
        call: CallRef,
        mut scene: Box<Scene>,
        ask: Option<Record>,
    ) -> Self {
        let ask = ask.or_else(|| scene.book.take(Space::Ask, 0));
        Self {
            engine: Arc::clone(engine),
            version: scene.version,
            call,
            facts: scene.facts,
            member: scene.member,
            session: scene.session,
            read_under: scene.read_under,
            told: scene.told,
            request: scene.request,
            original: scene.original,
            original_facts: scene.original_facts,
            ask: ask.map(Arc::new),
        }
    }

    /// The scene of the reply.
    pub(super) fn scene(&self) -> Box<Scene> {
        let mut scene = self.engine.scene(&self.version, self.call.module);
        scene.facts = self.facts.clone();
        scene.member.clone_from(&self.member);
        scene.session = Arc::clone(&self.session);
        scene.read_under = self.read_under;
        scene.told.clone_from(&self.told);
        scene.request.clone_from(&self.request);
        scene.original_facts = self.original_facts.clone();
        if let Some(ask) = &self.ask {
            scene.book.put(Space::Ask, 0, Arc::clone(ask));
        }
        if let Some(original) = &self.original {
            scene.put_original(Arc::clone(original));
        }
        scene
    }

    /// The same answer as a copy under a number; `first`: when it left first, where it did.
    pub(crate) async fn numbered(&self, told: &Told, number: u64, first: Option<DateTime>) -> Option<Packet> {
        let mut copy = self.clone();
        copy.facts.put(Fact::MessageNumber, &Value::Number(number.into()));
        if let Some(first) = first {
            copy.facts.put(Fact::MessageAgain, &Value::Flag(true));
            copy.facts.put(Fact::MessageFirst, &Value::DateTime(first));
        }
        copy.packet(told).await.map(|(packet, _)| packet)
    }

    /// The call that is answered.
    pub(crate) fn call(&self) -> CallId {
        self.call.call
    }

    /// Whether what is answered is business of the bank's, which its asker waits for; else it is of the line or the session.
    pub(crate) fn is_business(&self) -> bool {
        let Some(call) = self.version.call(self.call).map(|program| &program.call) else { return false };
        call.service.is_some()
            || !call.settles.is_empty()
            || !call.undoes.is_empty()
            || super::flow_of(&self.version, self.call).is_some()
    }

    /// The answer as it is written now; none where the party has no such answer.
    pub(super) async fn packet(&self, told: &Told) -> Option<(Packet, Given)> {
        let program = self.version.call(self.call)?;
        let outcome = self.outcome(told)?;
        let given = self.given(told).await;
        for reply in message::saying(&self.version, self.call, outcome) {
            // Words that the party's field cannot hold are left out: then the code speaks with its own label.
            let texts = [told.text.as_str(), ""];
            let texts = if told.text.is_empty() { &texts[1..] } else { &texts[..] };
            for text in texts {
                let mut scene = self.answering(told, outcome, &given);
                (*text).clone_into(&mut scene.outcome_text);
                match message::write(&self.engine, scene, reply, None).await {
                    Ok(written) => return Some((written.packet, given)),
                    Err(refusal) => {
                        tracing::warn!(call = %program.call.name, reason = %refusal.reason, text = %refusal.text, "a reply cannot be written");
                    }
                }
            }
        }
        None
    }

    /// What is to be said; none where the party has no such answer.
    pub(crate) fn outcome(&self, told: &Told) -> Option<Outcome> {
        Some(match told.kind {
            ToldKind::Done => Outcome::Done(self.version.symbols().find(&told.reason)),
            ToldKind::Refused => Outcome::Refused(self.reason(&told.reason)),
            ToldKind::Pending => {
                self.version.call(self.call)?.call.pending.as_ref()?;
                Outcome::Unknown
            }
        })
    }

    /// Empty where the journal has no room for one.
    async fn answer_serial(&self) -> String {
        let party = self.version.module(self.call.module).map_or("", |module| &module.name);
        let number = self.engine.journal.number(party, Day(0)).await;
        number.ok().flatten().map_or_else(String::new, crate::calendar::serial)
    }

    /// The scene of an answer, with a serial of its own.
    pub(crate) async fn answer_scene(&self, told: &Told, outcome: Outcome) -> Box<Scene> {
        let given = self.given(told).await;
        self.answering(told, outcome, &given)
    }

    /// What the answer is written with: what it was written with before, else a serial and a moment of its own.
    async fn given(&self, told: &Told) -> Given {
        match &told.given {
            Some(given) if !given.serial.is_empty() => given.clone(),
            before => {
                let moment = before.as_ref().map_or_else(|| self.engine.now(), |given| given.moment);
                Given { serial: self.answer_serial().await, moment }
            }
        }
    }

    fn answering(&self, told: &Told, outcome: Outcome, given: &Given) -> Box<Scene> {
        let mut scene = self.scene();
        scene.facts.put_all(&[
            (Fact::AnswerDate, Value::Date(given.moment.date())),
            (Fact::AnswerTime, Value::Time(given.moment.time())),
            (Fact::AnswerMoment, Value::DateTime(given.moment)),
            (Fact::MessageMoment, Value::DateTime(scene.now)),
        ]);
        // A reply that names a serial cannot be written without one: its asker hears nothing, and asks again.
        if !given.serial.is_empty() {
            scene.facts.put(Fact::AnswerSerial, &Value::Text(given.serial.as_str().into()));
        }
        scene.outcome = Some(outcome);
        scene.outcome_text.clone_from(&told.text);
        if let Some(shape) = self.version.call(self.call).and_then(|call| call.call.answer) {
            let record = told.record.clone().unwrap_or_else(|| Arc::new(empty(&self.version, shape)));
            scene.book.put(Space::Answer, 0, record);
        }
        scene
    }

    /// The party that is answered.
    pub(crate) fn party(&self) -> String {
        self.version.module(self.call.module).map_or_else(String::new, |module| module.name.to_string())
    }

    /// The member that is answered.
    pub(crate) fn member_name(&self) -> Option<Arc<str>> {
        self.member.as_ref().map(|member| Arc::clone(&member.name))
    }

    /// Reasons that the party has no code for fall back to those that every table has.
    fn reason(&self, reason: &str) -> Option<dsl::value::Symbol> {
        let symbols = self.version.symbols();
        let fallback = match reason {
            "unknown_message" | "missing_field" | "unreadable_field" => "bad_message",
            other => other,
        };
        symbols.find(fallback).or_else(|| symbols.find("other"))
    }
}

impl AnswerWriter for Replying {
    fn write(self: Arc<Self>, told: Told) -> BoxFuture<'static, Option<(Packet, Given)>> {
        Box::pin(async move { self.packet(&told).await })
    }
}
