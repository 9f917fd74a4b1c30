//! Steps over a link whose messages are numbered: the reply is awaited, gaps are asked for and filled meanwhile.

use super::Plays;
use super::run::Runner;
use crate::numbered::{Counted, Saying, Side, Turn, unused};
use crate::party::{Line, Party, compose_request};
use crate::scene::{Parts, Scene, recognise};
use dsl::evaluate::Value as Typed;
use dsl::model::{Fact, MessageId, Numbering};
use dsl::program::LinkProgram;
use std::io;
use std::sync::Arc;
use std::time::Duration;

impl Runner<'_> {
    /// Sends a message and waits for what answers it, in its turn; none where that takes too long. Whatever else the other side
    /// says meanwhile is heard, and left without an answer.
    pub(super) async fn patiently_numbered(
        &mut self,
        limit: Duration,
        (link, replies): (&LinkProgram, &[MessageId]),
        numbering: Numbering,
        line: &mut Line,
        parts: &Parts,
    ) -> Option<io::Result<Parts>> {
        let mut say = vec![parts.clone()];
        loop {
            for parts in say.drain(..) {
                let sent = match line.framed(&parts) {
                    Ok(framed) => line.send_raw(&framed).await,
                    Err(error) => Err(error),
                };
                if let Err(error) = sent {
                    return Some(Err(error));
                }
            }
            let frame = match self.patiently(limit, line.hear()).await? {
                Ok(frame) => frame,
                Err(error) => return Some(Err(error)),
            };
            let mut reply = None;
            for turn in self.turns(link, numbering, frame) {
                match turn {
                    Turn::Hear(parts) if reply.is_none() && self.is_answer(link, replies, &parts) => {
                        reply = Some(parts);
                    }
                    Turn::Hear(_) => {}
                    Turn::Say(saying) => match self.said(numbering, &saying) {
                        Ok(parts) => say.push(parts),
                        Err(why) => return Some(Err(io::Error::other(why))),
                    },
                    Turn::Close => return Some(Err(io::ErrorKind::ConnectionAborted.into())),
                }
            }
            if let Some(reply) = reply {
                return Some(Ok(reply));
            }
        }
    }

    /// The simulated party whose side is played on a stage: its numbers go on.
    fn played(&self) -> Option<&Party> {
        (self.plays == Plays::Party).then(|| self.party(None).ok()).flatten()
    }

    /// Does something with the numbers of a link.
    pub(super) fn counting<T>(&mut self, link: usize, with: impl FnOnce(&mut Counted) -> T) -> T {
        if let Some(party) = self.played() {
            return party.counting(link, with);
        }
        with(self.counted.entry(link).or_insert_with(unused))
    }

    /// A new connection of a link.
    pub(super) fn counts_anew(&mut self, link: usize) {
        if let Some(party) = self.played() {
            return party.counts_anew(link);
        }
        if let Some(numbers) = self.counted.get_mut(&link) {
            numbers.connected();
        }
    }

    /// Whether a message has the code of one of these, or none that is known.
    fn is_answer(&self, link: &LinkProgram, replies: &[MessageId], parts: &Parts) -> bool {
        let scene = || Scene::new(self.adapter.clone(), Arc::clone(&self.standing), self.now());
        let code = link.recogniser.as_ref().and_then(|known| recognise(&mut scene(), known, parts));
        code.is_none_or(|code| {
            let mut known = link.by_code.iter().filter(|(known, ..)| **known == *code).peekable();
            known.peek().is_none() || known.any(|(.., message)| replies.contains(message))
        })
    }

    fn turns(&mut self, link: &LinkProgram, numbering: Numbering, parts: Parts) -> Vec<Turn> {
        let (adapter, standing, now) = (self.adapter.clone(), Arc::clone(&self.standing), self.now());
        let side = Side {
            adapter: &self.adapter,
            link,
            numbering,
            inner: &|message| {
                self.loaded.inner.get(usize::from(message)).map_or_else(String::new, ToString::to_string)
            },
            scene: &|| Scene::new(adapter.clone(), Arc::clone(&standing), now),
        };
        match self.played() {
            Some(party) => party.counting(usize::from(numbering.link), |numbers| side.came(numbers, parts)),
            None => {
                let numbers = self.counted.entry(usize::from(numbering.link)).or_insert_with(unused);
                side.came(numbers, parts)
            }
        }
    }

    fn said(&mut self, numbering: Numbering, saying: &Saying) -> Result<Parts, String> {
        let call =
            self.adapter.module.calls.get(usize::from(saying.call.0)).ok_or("a call that is not there")?;
        let request = call.call.request;
        let mut scene = self.scene();
        let now = scene.now;
        let number = match saying.again {
            Some(number) => {
                scene.put_fact(Fact::MessageAgain, Typed::Flag(true));
                scene.put_fact(Fact::MessageFirst, Typed::DateTime(now));
                number
            }
            None => self.counting(usize::from(numbering.link), Counted::take),
        };
        scene.put_fact(Fact::MessageNumber, Typed::Number(number.into()));
        scene.put_fact(Fact::MessageMoment, Typed::DateTime(now));
        let inner = self.inner(request.0).to_owned();
        compose_request(&mut scene, request, &inner, &saying.fields, false).map(|(parts, _)| parts)
    }
}
