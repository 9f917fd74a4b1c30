//! What comes on a numbered line, in order: known copies are dropped, gaps asked for, what is asked for is sent again or
//! filled, replies go to those who wait, all else is served.
//!
//! In: frames as they came. Out: replies, answers on the same line. It must not know when a number is kept.

use super::{Again, Came, Early, Numbered, Told, Where, call_at, code_key, place_of, said_number};
use crate::engine::Engine;
use crate::lines::Sending;
use crate::message::{self, Numbered as Seen};
use crate::packet::Packet;
use crate::version::{CallRef, Version};
use bytes::Bytes;
use dsl::evaluate::Value;
use dsl::model::{CallId, Fact};
use link::{BoxFuture, Cause, CauseKind, Exchanged, Leave};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Places among the frames that wait which those leave free.
const FOR_CONNECTIONS: usize = 16;
/// The limit for an answer to leave.
const ANSWER: Duration = Duration::from_secs(10);

impl Engine {
    /// A frame that came on a line whose messages are numbered; it is given back where they are not.
    pub(crate) async fn numbered_frame(
        self: &Arc<Self>,
        name: &crate::lines::LineName,
        frame: Bytes,
    ) -> Option<Bytes> {
        let version = self.current.load_full();
        let Some(line) = self.numbered(&version, name).await else { return Some(frame) };
        // Places are left for what is told of connections, which is not told again.
        let taken = line.came.capacity() > FOR_CONNECTIONS && line.came.try_send(Told::Frame(frame)).is_ok();
        if !taken {
            tracing::warn!(party = %name.party, link = %name.link, "a message was not taken; it is asked for again");
        }
        None
    }

    /// Looks at the frames of a line, one after another, for ever.
    pub(super) fn hearing(
        self: Arc<Self>,
        line: Arc<Numbered>,
        mut came: mpsc::Receiver<Told>,
    ) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            loop {
                // In an order, so that a simulated day is the same each time; each room is told of once.
                tokio::select! {
                    biased;
                    () = line.room.notified() => self.go_on(&line).await,
                    told = came.recv() => match told {
                        Some(Told::Frame(frame)) => self.came_numbered(&line, frame).await,
                        Some(Told::Up) => self.connected_to(&line).await,
                        Some(Told::Down) => self.line_cell(&line).clear(),
                        None => return,
                    },
                }
            }
        })
    }

    async fn came_numbered(self: &Arc<Self>, line: &Arc<Numbered>, frame: Bytes) {
        let version = self.current.load_full();
        let Some(place) = place_of(&version, &line.name) else { return };
        let seen = message::numbered(&version, place.module, place.link, &frame);
        let signs_in = seen.as_ref().is_some_and(|seen| signs_in(&version, &place, &seen.code));
        if !self.may_come(line, &place, signs_in) {
            let link = format!("{}.{}", line.name.party, line.name.link);
            let head = frame.get(..64).unwrap_or(&frame);
            crate::serve::refuse(self, &link, "line 0", "a message came before the sign-in", head);
            return self.hang_up(&line.name, "a message came before the sign-in");
        }
        let Some(seen) = seen else {
            // Nobody can tell its number: it is refused, and asked for again once a later one shows the gap.
            return self.unasked(&line.name, 0, frame, None).await;
        };
        let (era, came) = {
            let mut numbers = line.numbers();
            (numbers.era(), numbers.came(seen.number))
        };
        match came {
            Came::Known if seen.again => return,
            Came::Known => {
                let told = "a number came again that is not marked as sent again";
                tracing::error!(party = %line.name.party, number = seen.number, told);
                return self.lines.close(&line.name, 0, Cause::told(CauseKind::Closed, told));
            }
            Came::Next => {
                if !self.in_turn(&version, line, &place, (era, &seen), frame.clone()).await {
                    return line.put_back(era, seen.number, Early { frame, seen: false });
                }
            }
            Came::Early(missing) => {
                // Who asks for what it missed, and a session that is just opened, cannot wait for what is missing here.
                let at_once = self.cannot_wait(&version, &place, &seen.code);
                if at_once {
                    self.in_turn(&version, line, &place, (era, &seen), frame.clone()).await;
                }
                {
                    let mut numbers = line.numbers();
                    if numbers.era() != era {
                        return;
                    }
                    numbers.keep_early(seen.number, Early { frame, seen: at_once });
                }
                if let Some((first, last)) = missing {
                    tracing::warn!(party = %line.name.party, first, last, "messages are missing; they are asked for");
                    self.ask_for(&version, line, &place, first, last).await;
                }
            }
        }
        self.go_on(line).await;
        self.keep_numbers(line).await;
    }

    /// Looks at what came early, as far as its turn has come and there is room for it.
    async fn go_on(self: &Arc<Self>, line: &Arc<Numbered>) {
        let version = self.current.load_full();
        let Some(place) = place_of(&version, &line.name) else { return };
        loop {
            let (era, next) = {
                let mut numbers = line.numbers();
                (numbers.era(), numbers.in_turn())
            };
            let Some(early) = next else { return };
            if early.seen {
                continue;
            }
            let Some(seen) = message::numbered(&version, place.module, place.link, &early.frame) else {
                continue;
            };
            if !self.in_turn(&version, line, &place, (era, &seen), early.frame.clone()).await {
                return line.put_back(era, seen.number, early);
            }
        }
    }

    fn cannot_wait(&self, version: &Version, place: &Where<'_>, code: &str) -> bool {
        let asks = code_of(version, call_at(place, place.numbering.gap.1));
        let module = version.module(place.module);
        let mut opens =
            module.into_iter().flat_map(|module| &module.sessions).filter_map(|one| one.session.open);
        asks.is_some_and(|asks| *asks == *code)
            || signs_in(version, place, code)
            || opens.any(|open| reply_codes(version, call_at(place, open)).any(|reply| *reply == *code))
    }

    /// A message whose turn it is; false where there is no room for it yet.
    async fn in_turn(
        self: &Arc<Self>,
        version: &Arc<Version>,
        line: &Arc<Numbered>,
        place: &Where<'_>,
        (era, seen): (u64, &Seen),
        frame: Bytes,
    ) -> bool {
        let is =
            |call: CallId| code_of(version, call_at(place, call)).is_some_and(|code| *code == *seen.code);
        if is(place.numbering.fill.1) {
            let said =
                self.say_numbers(version, call_at(place, place.numbering.fill.1), frame, ["next", "next"]);
            if let Some((next, _)) = said.await {
                let mut numbers = line.numbers();
                if numbers.era() == era {
                    numbers.filled(next);
                }
            }
        } else if is(place.numbering.gap.1) {
            let said =
                self.say_numbers(version, call_at(place, place.numbering.gap.1), frame, ["first", "last"]);
            if let Some((first, last)) = said.await {
                self.send_again(version, line, place, first, last).await;
            }
        } else {
            let key = message::correlation(version, place.module, place.link, &frame);
            let key = key.unwrap_or_else(|| code_key(&seen.code));
            let Err(frame) = line.pending.resolve(&key, frame) else { return true };
            let late = {
                let mut late = line.late();
                let place = late.iter().position(|(known, _)| *known == key);
                place.and_then(|place| late.remove(place))
            };
            if let Some((_, tag)) = late
                && self.late_reply(tag, Packet::of_content(frame.clone())).await
            {
                return true;
            }
            if signs_in(version, place, &seen.code) {
                // Before its answer nothing leaves, and nothing else is looked at.
                return self.serve_at_once(line, seen.number, frame).await;
            }
            let ends = place.numbering.ends.is_some_and(is);
            return self.serve_numbered(line, seen.number, frame, ends);
        }
        true
    }

    /// The two numbers that a message of theirs says.
    async fn say_numbers(
        self: &Arc<Self>,
        version: &Arc<Version>,
        call: CallRef,
        frame: Bytes,
        names: [&str; 2],
    ) -> Option<(u64, u64)> {
        let request = version.call(call)?.call.request;
        let scene = self.reading_scene(version, call);
        match message::read(self, scene, request, &Packet::of_content(frame)).await {
            Ok(read) => {
                let [first, last] = names.map(|name| said_number(&read.scene, version, call, name));
                Some((first?, last?))
            }
            Err(unread) => {
                tracing::warn!(why = %unread.text, "what the other side says of numbers cannot be read");
                None
            }
        }
    }

    /// Asks the other side for numbers that are missing.
    async fn ask_for(
        self: &Arc<Self>,
        version: &Arc<Version>,
        line: &Arc<Numbered>,
        place: &Where<'_>,
        first: u64,
        last: u64,
    ) {
        let call = call_at(place, place.numbering.gap.0);
        let mut asking = self.about_numbers(version, call, &[("first", first), ("last", last)]);
        asking.member = self.member_on(version, &line.name);
        let Ok(prepared) = Box::pin(self.prepare(asking)).await else { return };
        Box::pin(self.exchange_once(&prepared)).await;
    }

    /// Answers who asks for numbers: what is open is sent again under its own number, all else is filled.
    async fn send_again(
        self: &Arc<Self>,
        version: &Arc<Version>,
        line: &Arc<Numbered>,
        place: &Where<'_>,
        first: u64,
        last: u64,
    ) {
        let _leaving = line.leaving.lock().await;
        self.forget_answers(line);
        let again = line.numbers().again(first, last);
        for one in again {
            let mut sending = self.leaving();
            let packet = match one {
                Again::Fill(number, next) => {
                    let call = call_at(place, place.numbering.fill.0);
                    let mut asking = self.about_numbers(version, call, &[("next", next)]);
                    asking.member = self.member_on(version, &line.name);
                    let now = Some(self.now());
                    match Box::pin(self.prepare(asking)).await {
                        Ok(prepared) => self.write_numbered(&prepared, number, now).await,
                        Err(refusal) => Err(refusal),
                    }
                }
                Again::Send(number, open) => {
                    sending.leave = self.leave_again(&open);
                    self.open_again(&open, number).await
                }
            };
            match packet {
                Ok(packet) => {
                    if !matches!(self.put_on_line(line, &packet, &sending).await, Exchanged::Reply(_)) {
                        return;
                    }
                }
                Err(refusal) => {
                    tracing::error!(party = %line.name.party, text = %refusal.text, "what was asked for cannot be written");
                    return;
                }
            }
        }
    }

    pub(super) fn leaving(&self) -> Sending<'static> {
        Sending {
            until: self.core.mark().after(ANSWER),
            tag: 0,
            answered: false,
            method: "",
            key: None,
            line: Some(0),
            leave: Leave::default(),
        }
    }

    fn reading_scene(self: &Arc<Self>, version: &Arc<Version>, call: CallRef) -> Box<crate::scene::Scene> {
        let mut scene = self.scene(version, call.module);
        scene.facts.put(Fact::AnswerMoment, &Value::DateTime(scene.now));
        scene.facts.put(Fact::BusinessDate, &Value::Date(self.business_date(version, call.module)));
        if let Some(shape) = version.call(call).and_then(|call| call.call.ask) {
            scene.book.put(dsl::model::Space::Ask, 0, crate::exchange::empty(version, shape));
        }
        scene
    }

    fn member_on(
        &self,
        version: &Version,
        name: &crate::lines::LineName,
    ) -> Option<Arc<crate::version::Member>> {
        let party = version.parties.get(version.module_named(&name.party)?)?;
        party.members.get(name.member.as_deref()?).cloned()
    }
}

/// Whether the other side signs in with a message of this code.
fn signs_in(version: &Version, place: &Where<'_>, code: &str) -> bool {
    let asks = place.sign_in.and_then(|sign_in| code_of(version, call_at(place, sign_in)));
    asks.is_some_and(|asks| *asks == *code)
}

/// The code of what a call asks with.
fn code_of(version: &Version, call: CallRef) -> Option<&str> {
    let request = version.call(call)?.call.request;
    let link = version.link_of(call)?;
    link.by_code.iter().find(|(.., message)| *message == request).map(|(code, ..)| &**code)
}

/// The codes under which a call is answered.
pub(super) fn reply_codes(version: &Version, call: CallRef) -> impl Iterator<Item = &str> {
    let replies = version.call(call).map_or(&[][..], |call| &call.call.replies);
    let link = version.link_of(call);
    let known = link.map_or(&[][..], |link| &link.by_code);
    known.iter().filter(|(.., message)| replies.contains(message)).map(|(code, ..)| &**code)
}
