//! The answer to a served message, in the party's own form.

use crate::driver::{AnswerWriter, Told, ToldKind};
use crate::engine::Engine;
use crate::exchange::empty;
use crate::message;
use crate::packet::Packet;
use crate::scene::{Past, Scene, SessionValues};
use crate::version::{CallRef, Member, Version};
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::model::{Fact, Space};
use dsl::value::Outcome;
use link::BoxFuture;
use std::collections::HashMap;
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
    told: HashMap<u16, Value<'static>>,
    request: Option<Arc<Record>>,
    original: Option<Arc<Past>>,
    original_facts: crate::facts::Facts,
    ask: Option<Record>,
}

impl Replying {
    /// Of a message that was read in a scene.
    pub(crate) fn new(engine: &Arc<Engine>, call: CallRef, mut scene: Scene, ask: Option<Record>) -> Self {
        let ask = ask.or_else(|| scene.book.take(Space::Ask, 0));
        Self {
            engine: Arc::clone(engine),
            version: scene.version,
            call,
            facts: scene.facts,
            member: scene.member,
            session: scene.session,
            told: scene.told,
            request: scene.request,
            original: scene.original,
            original_facts: scene.original_facts,
            ask,
        }
    }

    /// The scene of the reply.
    pub(super) fn scene(&self) -> Scene {
        let mut scene = self.engine.scene(&self.version, self.call.module);
        scene.facts = self.facts.clone();
        scene.member.clone_from(&self.member);
        scene.session = Arc::clone(&self.session);
        scene.told.clone_from(&self.told);
        scene.request.clone_from(&self.request);
        scene.original_facts = self.original_facts.clone();
        if let Some(ask) = &self.ask {
            scene.book.put(Space::Ask, 0, ask.clone());
        }
        if let Some(original) = &self.original {
            scene.put_original(Arc::clone(original));
        }
        scene
    }

    async fn packet(self, told: Told) -> Option<Packet> {
        let program = self.version.call(self.call)?;
        let outcome = self.outcome(&told)?;
        let serial = self.answer_serial().await;
        for reply in message::saying(&self.version, self.call, outcome) {
            // Words that the party's field cannot hold are left out: then the code speaks with its own label.
            let texts = [told.text.as_str(), ""];
            let texts = if told.text.is_empty() { &texts[1..] } else { &texts[..] };
            for text in texts {
                let mut scene = self.answering(&told, outcome, &serial);
                (*text).clone_into(&mut scene.outcome_text);
                match message::write(&self.engine, scene, reply, None).await {
                    Ok(written) => return Some(written.packet),
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

    async fn answer_serial(&self) -> String {
        let party = self.party();
        let number = self.engine.journal.number(&party, Day(0)).await;
        number.ok().flatten().map_or_else(String::new, |number| format!("{number:012}"))
    }

    /// The scene of an answer, with a serial of its own.
    pub(crate) async fn answer_scene(&self, told: &Told, outcome: Outcome) -> Scene {
        self.answering(told, outcome, &self.answer_serial().await)
    }

    fn answering(&self, told: &Told, outcome: Outcome, serial: &str) -> Scene {
        let mut scene = self.scene();
        let now = scene.now;
        scene.facts.put(Fact::AnswerSerial, Value::text(serial.to_owned()));
        scene.facts.put(Fact::AnswerDate, Value::Date(now.date()));
        scene.facts.put(Fact::AnswerTime, Value::Time(now.time()));
        for fact in [Fact::AnswerMoment, Fact::MessageMoment] {
            scene.facts.put(fact, Value::DateTime(now));
        }
        scene.outcome = Some(outcome);
        scene.outcome_text.clone_from(&told.text);
        if let Some(shape) = self.version.call(self.call).and_then(|call| call.call.answer) {
            let record = told.record.as_ref().map(|record| (**record).clone());
            scene.book.put(Space::Answer, 0, record.unwrap_or_else(|| empty(&self.version, shape)));
        }
        scene
    }

    /// The party that is answered.
    pub(crate) fn party(&self) -> String {
        self.version.module(self.call.module).map_or_else(String::new, |module| module.name.to_string())
    }

    /// The member that is answered.
    pub(crate) fn member_name(&self) -> Option<String> {
        self.member.as_ref().map(|member| member.name.clone())
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
    fn write(&self, told: Told) -> BoxFuture<'static, Option<Packet>> {
        Box::pin(self.clone().packet(told))
    }
}
