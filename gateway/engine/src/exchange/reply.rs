//! What a reply says: read with what its request was written with, and remembered where other messages speak of it.
//!
//! In: a prepared request, the octets of a reply. Out: what was heard, or why it cannot be believed. It must not know how they came.

use super::{Asking, Heard, Prepared, Verdict, empty, original_calls};
use crate::engine::Engine;
use crate::message;
use crate::packet::Packet;
use crate::scene::{Past, Scene, SessionValues};
use crate::version::CallRef;
use dsl::model::Space;
use dsl::value::Outcome;
use std::sync::Arc;

/// Why a reply could not be read.
struct UnreadReply {
    reason: String,
    why: String,
    /// It has the form of a reply, under a seal that does not hold.
    sealed: bool,
}
impl Engine {
    /// Reads a reply with what its request was written with. One whose seal does not hold there is read once more with the values
    /// of the session that hold now, where they are others: the party may have turned to those while it worked.
    pub async fn read_reply(self: &Arc<Self>, prepared: &Prepared, packet: Packet) -> Verdict {
        let asking = &prepared.asking;
        let unread = match self.read_under(prepared, &packet, &prepared.session).await {
            Ok(heard) => return with_octets(heard, packet),
            Err(unread) => unread,
        };
        if unread.sealed
            && let Some(now) = self.turned_to(asking, &prepared.session)
            && let Ok(heard) = self.read_under(prepared, &packet, &now).await
        {
            return with_octets(heard, packet);
        }
        let (reason, mut why) = (unread.reason, unread.why);
        if Box::pin(self.says_unread(asking, &packet)).await {
            "they could not read it".clone_into(&mut why);
        }
        Verdict::Unreadable { reason, why, packet }
    }

    /// Reads a reply with these values of the session. Its octets are not put beside what they say yet.
    async fn read_under(
        &self,
        prepared: &Prepared,
        packet: &Packet,
        session: &SessionValues,
    ) -> Result<Box<Heard>, UnreadReply> {
        let asking = &prepared.asking;
        let replies = asking.version.call(asking.call).map_or(&[][..], |call| &call.call.replies);
        let (mut first, mut sealed) = (None, false);
        for &reply in replies {
            let scene = self.reply_scene(prepared, session);
            match message::read(self, scene, reply, packet).await {
                Ok(read) => {
                    let outcome = read.outcome.outcome.unwrap_or(Outcome::Done(None));
                    if message::may_say(&asking.version, asking.call, reply, outcome) {
                        return Ok(self.heard(prepared, read));
                    }
                    first.get_or_insert((String::new(), format!("this answer does not say {outcome}")));
                }
                Err(fault) => {
                    sealed |= fault.nearness == message::Nearness::Sealed;
                    first.get_or_insert((fault.reason, fault.text));
                }
            }
        }
        let (reason, why) = first.unwrap_or_else(|| (String::new(), "no reply is declared".to_owned()));
        Err(UnreadReply { reason, why, sealed })
    }

    /// The values of the session that hold now, where they are others than these. What a sign-in is answered with is under none.
    fn turned_to(&self, asking: &Asking, session: &SessionValues) -> Option<SessionValues> {
        if asking.signing.is_some() {
            return None;
        }
        let cell = self.session_cell(&asking.version, asking.call.module, asking.member.as_deref());
        cell.values().filter(|now| !Arc::ptr_eq(now, session))
    }

    /// Whether the party says that it could not read what it was asked. That proves nothing: no seal is on it, and it names
    /// nothing that was asked.
    async fn says_unread(&self, asking: &Asking, packet: &Packet) -> bool {
        let unread = asking.version.link_of(asking.call).and_then(|link| link.link.unread);
        let Some(call) = unread.map(|call| CallRef { call, ..asking.call }) else { return false };
        let Some(program) = asking.version.call(call) else { return false };
        let scene = self.scene(&asking.version, call.module);
        message::read(self, scene, program.call.request, packet).await.is_ok()
    }

    fn reply_scene(&self, prepared: &Prepared, session: &SessionValues) -> Box<Scene> {
        let asking = &prepared.asking;
        let mut scene = self.asking_scene(asking, session);
        scene.request = Some(Arc::clone(&prepared.request));
        scene.page = asking.page;
        let version = &asking.version;
        let call = version.call(asking.call);
        if let Some(shape) = call.and_then(|call| call.call.answer) {
            scene.book.put(Space::Answer, 0, empty(version, shape));
        }
        if let Some(target) = call.and_then(|call| original_calls(call).first().copied()) {
            let shape = version
                .call(CallRef { module: asking.call.module, call: target })
                .and_then(|call| call.call.answer);
            if let Some(shape) = shape {
                scene.book.put(Space::OriginalAnswer, target.0, empty(version, shape));
            }
        }
        scene
    }

    fn heard(&self, prepared: &Prepared, read: message::ReadMessage) -> Box<Heard> {
        let asking = &prepared.asking;
        let mut scene = read.scene;
        self.heard_under(&scene);
        let outcome = read.outcome.outcome.unwrap_or(Outcome::Done(None));
        let original =
            asking.version.call(asking.call).and_then(|call| original_calls(call).first().copied());
        let text = message::outcome_text(&scene, &read.outcome, outcome);
        let heard = Box::new(Heard {
            outcome,
            text,
            answer: scene.book.take(Space::Answer, 0),
            original: read.outcome.original,
            original_answer: original.and_then(|call| scene.book.take(Space::OriginalAnswer, call.0)),
            more: scene.page.more,
            no_session: None,
            facts: scene.facts,
            reply: Arc::new(read.record),
            packet: Packet::default(),
        });
        self.remember(prepared, &heard);
        heard
    }

    pub(super) fn remember(&self, prepared: &Prepared, heard: &Heard) {
        let asking = &prepared.asking;
        let Some(module) = asking.version.module(asking.call.module) else { return };
        if !asking.version.remembers(asking.call) {
            return;
        }
        let past = Past {
            call: Some(asking.call.call),
            facts: heard.facts.clone(),
            request: Some((*prepared.request).clone()),
            reply: Some((*heard.reply).clone()),
            ask: asking.ask.as_deref().cloned(),
            answer: heard.answer.clone(),
            outcome: Some(heard.outcome),
            text: heard.text.clone(),
            raw: prepared.raw(&self.spool),
            long: Vec::new(),
            ends: Vec::new(),
        };
        let member = asking.member.as_ref().map(|member| member.name.to_string());
        self.past.insert((module.name.to_string(), member, asking.call.call), Arc::new(past));
    }
}

/// What a reply says, beside its octets.
fn with_octets(mut heard: Box<Heard>, packet: Packet) -> Verdict {
    heard.packet = packet;
    Verdict::Heard(heard)
}
