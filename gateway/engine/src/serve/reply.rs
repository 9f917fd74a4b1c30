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
pub(super) struct Replying {
    engine: Arc<Engine>,
    version: Arc<Version>,
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
    pub(super) fn new(engine: &Arc<Engine>, call: CallRef, mut scene: Scene, ask: Option<Record>) -> Self {
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
        scene.original.clone_from(&self.original);
        scene.original_facts = self.original_facts.clone();
        if let Some(ask) = &self.ask {
            scene.book.put(Space::Ask, 0, ask.clone());
        }
        if let Some(original) = &self.original
            && let (Some(answer), Some(call)) = (&original.answer, original.call)
        {
            scene.book.put(Space::OriginalAnswer, call.0, answer.clone());
        }
        scene
    }

    async fn packet(self, told: Told) -> Option<Packet> {
        let program = self.version.call(self.call)?;
        let outcome = match told.kind {
            ToldKind::Done => Outcome::Done(self.version.symbols().find(&told.reason)),
            ToldKind::Refused => Outcome::Refused(self.reason(&told.reason)),
            ToldKind::Pending => {
                program.call.pending.as_ref()?;
                Outcome::Unknown
            }
        };
        let number = self.engine.journal.number(&self.version.module(self.call.module)?.name, Day(0)).await;
        let serial = number.ok().flatten().map_or_else(String::new, |number| format!("{number:012}"));
        for reply in program.call.replies.clone() {
            if !message::may_say(&self.version, self.call, reply, outcome) {
                continue;
            }
            let mut scene = self.scene();
            let now = scene.now;
            scene.facts.put(Fact::AnswerSerial, Value::text(serial.clone()));
            scene.facts.put(Fact::AnswerDate, Value::Date(now.date()));
            scene.facts.put(Fact::AnswerTime, Value::Time(now.time()));
            scene.facts.put(Fact::AnswerMoment, Value::DateTime(now));
            scene.outcome = Some(outcome);
            scene.outcome_text.clone_from(&told.text);
            if let Some(shape) = program.call.answer {
                let record = told.record.as_ref().map(|record| (**record).clone());
                scene.book.put(Space::Answer, 0, record.unwrap_or_else(|| empty(&self.version, shape)));
            }
            match message::write(&self.engine, scene, reply, None).await {
                Ok(written) => return Some(written.packet),
                Err(refusal) => {
                    tracing::warn!(call = %program.call.name, reason = %refusal.reason, text = %refusal.text, "a reply cannot be written");
                }
            }
        }
        None
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
