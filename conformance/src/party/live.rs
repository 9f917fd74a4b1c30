//! Lines between the party and the other side, whoever has made them, and what the party begins on them.
//!
//! In: messages to be made and sent, and what comes on the line. Out: answers, handed to who waits for them. One exchange of
//! a link at a time. It must not know what is said.

use super::play::{Play, locked};
use crate::scene::{Parts, recognise};
use dsl::program::CallProgram;
use std::collections::BTreeMap;
use tokio::sync::{mpsc, oneshot};

/// Messages that wait to be made on one line.
const WAITING: usize = 16;

/// Makes a message at the moment at which it is sent, so that numbers leave in their order.
pub(crate) type Make = Box<dyn FnOnce() -> Option<Parts> + Send>;

/// The lines by link.
#[derive(Default)]
pub(crate) struct Live {
    lines: BTreeMap<usize, mpsc::Sender<Make>>,
    waiting: BTreeMap<usize, (Vec<Box<str>>, oneshot::Sender<Parts>)>,
}

impl Play {
    /// Somebody is on the line of a link; what is to be said to them comes here.
    pub(crate) fn on_line(&self, link: usize) -> mpsc::Receiver<Make> {
        let (give, take) = mpsc::channel(WAITING);
        locked(&self.live).lines.insert(link, give);
        take
    }

    /// Whether somebody is on the line of a link.
    pub(crate) fn is_on_line(&self, link: usize) -> bool {
        locked(&self.live).lines.get(&link).is_some_and(|line| !line.is_closed())
    }

    /// Begins an exchange on the line that is open; what answers it comes to who waits.
    pub(crate) fn begin_on_line(
        &self,
        form: &CallProgram,
        waiter: oneshot::Sender<Parts>,
        make: Make,
    ) -> Result<(), String> {
        let link = usize::from(form.call.link);
        let known = self.module().links.get(link).map_or(&[][..], |link| &link.by_code);
        let answers = known.iter().filter(|(.., message)| form.call.replies.contains(message));
        let codes = answers.map(|(code, ..)| code.clone()).collect();
        let mut live = locked(&self.live);
        let line = live.lines.get(&link).ok_or("nobody is on the line")?;
        line.try_send(make).map_err(|_| "nobody is on the line")?;
        live.waiting.insert(link, (codes, waiter));
        Ok(())
    }

    /// Hands an answer to who waits for it; anything else is given back.
    pub(crate) fn awaited(&self, link: usize, parts: Parts) -> Option<Parts> {
        let mut live = locked(&self.live);
        let Some((codes, _)) = live.waiting.get(&link) else { return Some(parts) };
        let recogniser = self.module().links.get(link).and_then(|link| link.recogniser.as_ref());
        let code = recogniser.and_then(|recogniser| recognise(&mut self.scene(), recogniser, &parts));
        if !code.is_some_and(|code| codes.iter().any(|known| **known == *code)) {
            return Some(parts);
        }
        let (_, waiter) = live.waiting.remove(&link)?;
        waiter.send(parts).err()
    }
}
