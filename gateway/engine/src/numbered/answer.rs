//! What the other side asks on a numbered line: served beside what else comes, answered under the number that is next when
//! the answer leaves.
//!
//! In: messages whose turn it is. Out: answers on the same line; those of business are kept while their askers may wait, so
//! that they can be sent again. It must not know what is asked.

use super::{Message, Numbered, Open, place_of};
use crate::engine::Engine;
use crate::message::Refusal;
use crate::packet::Packet;
use crate::serve::{Answered, Came, Serving, Source};
use bytes::Bytes;
use dsl::value::DateTime;
use link::{BoxFuture, Exchanged, Leave, Mark};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Messages of one line that are served at once; one more waits its turn.
const SERVED_MOST: usize = 256;
/// Answers of one line that can be sent again; for an older one its number is filled.
const OPEN_MOST: usize = 1_024;
/// Milliseconds that an asker waits where the link says nothing.
const WAITS_MS: u64 = 30_000;

impl Engine {
    /// Begins to serve a message that nobody waits for; false where there is no room. `ends`: it is the end of the session.
    pub(super) fn serve_numbered(
        self: &Arc<Self>,
        line: &Arc<Numbered>,
        number: u64,
        frame: Bytes,
        ends: bool,
    ) -> bool {
        let Some(serving) = self.served_by(line, number, frame) else { return false };
        let (engine, line) = (Arc::clone(self), Arc::clone(line));
        let connection = line.connections.load(Ordering::Acquire);
        self.core.spawn(async move {
            serving.await;
            if ends && line.connections.load(Ordering::Acquire) == connection {
                engine.line_cell(&line).clear();
                engine.awaits_sign_in(&line);
            }
        });
        true
    }

    /// Serves a message to the end before anything else is looked at; false where there is no room.
    pub(super) async fn serve_at_once(
        self: &Arc<Self>,
        line: &Arc<Numbered>,
        number: u64,
        frame: Bytes,
    ) -> bool {
        let Some(serving) = self.served_by(line, number, frame) else { return false };
        serving.await;
        true
    }

    fn served_by(
        self: &Arc<Self>,
        line: &Arc<Numbered>,
        number: u64,
        frame: Bytes,
    ) -> Option<BoxFuture<'static, ()>> {
        let era = line.numbers().era();
        {
            let mut served = line.served();
            if served.len() >= SERVED_MOST {
                return None;
            }
            served.insert((era, number));
        }
        let (engine, line) = (Arc::clone(self), Arc::clone(line));
        let peer = format!("line 0 of {}", line.name.link);
        let mut serving = Serving::of(self, Arc::clone(&line.name.party), Arc::clone(&line.name.link), peer);
        // As it leaves it gets the number that is next then.
        serving.number = Some(line.numbers().next().0);
        Some(Box::pin(async move {
            let until = engine.core.mark().after(Duration::from_millis(engine.asker_waits(&line)));
            let packet = Packet::of_content(frame);
            let came = Box::pin(serving.answer_to(&packet)).await;
            // What was asked is in the journal by now: who stops here finds it there.
            line.served().remove(&(era, number));
            line.room.notify_one();
            match came {
                Came::Answer(answered) => engine.answer_numbered(&line, *answered, until).await,
                Came::Nothing | Came::Unanswerable => drop(engine.keep_numbers(&line).await),
            }
        }))
    }

    /// Milliseconds for which whoever asks on the line waits for an answer.
    fn asker_waits(&self, line: &Numbered) -> u64 {
        let version = self.current.load_full();
        place_of(&version, &line.name).and_then(|place| place.link.link.answer_ms).unwrap_or(WAITS_MS)
    }

    /// Sends an answer under the next number. One that cannot leave, or not now, keeps its number while its asker may wait:
    /// the gap that it leaves shows the other side what to ask for.
    async fn answer_numbered(self: &Arc<Self>, line: &Arc<Numbered>, answered: Answered, until: Mark) {
        let version = self.current.load_full();
        let place = place_of(&version, &line.name);
        let resends = place.as_ref().is_some_and(|place| place.numbering.resends);
        // A sign-in that is refused is answered, too.
        let signs_in = match (&answered.source, place.and_then(|place| place.sign_in)) {
            (Source::Reply(replying, _), Some(sign_in)) => replying.call() == sign_in,
            _ => false,
        };
        let _leaving = line.leaving.lock().await;
        let number = line.numbers().take();
        let packet = match self.source_numbered(&answered.source, number, None).await {
            Ok(packet) => packet,
            Err(refusal) => {
                tracing::error!(party = %line.name.party, text = %refusal.text, "an answer cannot be written");
                return line.numbers().give_back(number);
            }
        };
        let kept =
            resends && matches!(&answered.source, Source::Reply(replying, _) if replying.is_business());
        if kept {
            self.forget_answers(line);
            let message = Message::Answer { source: answered.source, until };
            line.numbers().keep_open(number, Arc::new(Open { message, first: self.now() }));
        }
        if !self.keep_numbers(line).await {
            return line.numbers().give_back(number);
        }
        let open = signs_in || self.line_cell(line).values().is_some();
        let left =
            open && !matches!(self.put_on_line(line, &packet, &self.leaving()).await, Exchanged::NotSent(_));
        if !left && !kept {
            line.numbers().give_back(number);
        }
    }

    async fn source_numbered(
        self: &Arc<Self>,
        source: &Source,
        number: u64,
        first: Option<DateTime>,
    ) -> Result<Packet, Refusal> {
        match source {
            Source::Reply(replying, told) => {
                let packet = replying.numbered(told, number, first).await;
                packet.ok_or_else(|| Refusal::told("bad_message", "the party has no such answer".into()))
            }
            Source::Own(prepared) => self.write_numbered(prepared, number, first).await,
        }
    }

    /// Leave for a copy of a message that is still open: as its first had it. What is told of an outcome needs none.
    pub(super) fn leave_again(&self, open: &Open) -> Leave {
        let asking = match &open.message {
            Message::Request(prepared) => &prepared.asking,
            Message::Answer { source: Source::Own(prepared), .. } => &prepared.asking,
            Message::Answer { source: Source::Reply(..), .. } => return Leave::default(),
        };
        asking.version.call(asking.call).map_or_else(|| self.journal.leave(), |call| self.leave(call.kind))
    }

    /// A message that is still open, as a copy under its own number.
    pub(super) async fn open_again(self: &Arc<Self>, open: &Open, number: u64) -> Result<Packet, Refusal> {
        match &open.message {
            Message::Request(prepared) => self.write_numbered(prepared, number, Some(open.first)).await,
            Message::Answer { source, .. } => self.source_numbered(source, number, Some(open.first)).await,
        }
    }

    /// Forgets answers whose askers wait no more, and the oldest where there are too many.
    pub(super) fn forget_answers(&self, line: &Numbered) {
        let now = self.core.mark();
        let waits = |open: &Arc<Open>| match &open.message {
            Message::Request(_) => None,
            Message::Answer { until, .. } => Some(*until > now),
        };
        let mut numbers = line.numbers();
        let mut answers = 0_usize;
        numbers.retain_open(|open| {
            let kept = waits(open);
            answers += usize::from(kept == Some(true));
            kept != Some(false)
        });
        let mut over = answers.saturating_sub(OPEN_MOST - 1);
        numbers.retain_open(|open| {
            let goes = over > 0 && waits(open).is_some();
            over -= usize::from(goes);
            !goes
        });
    }
}
