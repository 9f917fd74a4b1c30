//! Steps over a link whose messages are numbered: the reply is awaited, gaps are asked for and filled meanwhile.

use super::run::Runner;
use crate::numbered::{Saying, Side, Turn, unused};
use crate::party::{Line, compose_request};
use crate::scene::{Parts, Scene};
use dsl::evaluate::Value as Typed;
use dsl::model::{Fact, Numbering};
use dsl::program::LinkProgram;
use std::io;
use std::sync::Arc;
use std::time::Duration;

impl Runner<'_> {
    /// Sends a message and waits for what is heard in its turn; none where that takes too long.
    pub(super) async fn patiently_numbered(
        &mut self,
        limit: Duration,
        link: &LinkProgram,
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
                    Turn::Hear(parts) => drop(reply.get_or_insert(parts)),
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
        let numbers = self.counted.entry(usize::from(numbering.link)).or_insert_with(unused);
        side.came(numbers, parts)
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
            None => self.counted.entry(usize::from(numbering.link)).or_insert_with(unused).take(),
        };
        scene.put_fact(Fact::MessageNumber, Typed::Number(number.into()));
        scene.put_fact(Fact::MessageMoment, Typed::DateTime(now));
        let inner = self.inner(request.0).to_owned();
        compose_request(&mut scene, request, &inner, &saying.fields, false).map(|(parts, _)| parts)
    }
}
