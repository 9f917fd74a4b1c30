//! One held connection: it connects when wanted or is connected to, sends what it is given, and hands out what it hears.
//!
//! Requests are written one after another, so that the socket's count of taken bytes tells of each whether any
//! byte of it has left.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::AsyncWrite;
use tokio::sync::oneshot;

use super::pool::{Job, Shared};
use super::{Beat, BeatOn, Hold, LineEvent};
use crate::accept::{REST, secure};
use crate::dial::dial;
use crate::frame::Framer;
use crate::limit::Limit;
use crate::outcome::{Cause, CauseKind, Exchanged};
use crate::tls::TlsServer;
use crate::world::{Listener, Mark, Owed, Owing, Stream};

/// The most bytes asked of the socket at once.
const CHUNK: usize = 8 * 1024;

/// Runs line number `number` of a link for ever.
pub(super) async fn run(shared: Arc<Shared>, number: usize) {
    let mut failures = 0;
    let mut pause = Duration::ZERO;
    loop {
        wait_until_wanted(&shared, number, pause).await;
        let until = shared.core.mark().after(shared.config.connect_limit);
        match dial(&shared.core, &shared.config.address, shared.config.tls.as_deref(), until).await {
            Ok(stream) => {
                tracing::debug!(address = %shared.config.address, line = number, "connected");
                shared.up(number);
                let mut line = Line::new(&shared, number, stream);
                let cause = line.live().await;
                let heard = line.heard_any;
                line.end(&cause);
                tracing::debug!(address = %shared.config.address, line = number, %cause, "connection ended");
                // A side that accepts and says nothing is as good as down: it does not reset the pause.
                failures = if heard { 0 } else { failures + 1 };
                pause = pause_after(&shared, failures);
                shared.down(number, true, pause, &cause);
            }
            Err(cause) => {
                failures += 1;
                pause = pause_after(&shared, failures);
                tracing::warn!(address = %shared.config.address, line = number, %cause, "cannot connect");
                shared.down(number, false, pause, &cause);
            }
        }
    }
}

/// Runs the one line of a link that the other side connects, for ever. While one connection holds, another is turned away.
pub(super) async fn run_accepted(
    shared: Arc<Shared>,
    mut listener: Box<dyn Listener>,
    tls: Option<Arc<TlsServer>>,
) {
    loop {
        let stream = next_stream(&shared, &mut *listener).await;
        let until = shared.core.mark().after(shared.config.connect_limit);
        let secured = async { secure(stream.asked()?, tls.as_deref()).await };
        let stream = match shared.core.within(until, secured).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(_)) | Err(_) => {
                shared.counts.connect_failed.up();
                continue;
            }
        };
        tracing::debug!(address = %shared.config.address, peer = %stream.peer(), "connected to");
        shared.up(0);
        let mut line = Line::new(&shared, 0, stream);
        let cause = tokio::select! {
            biased;
            cause = line.live() => cause,
            never = turn_away(&shared, &mut *listener) => match never {},
        };
        line.end(&cause);
        tracing::debug!(address = %shared.config.address, %cause, "connection ended");
        shared.down(0, true, Duration::ZERO, &cause);
    }
}

/// The next connection; after an error, e.g. when no descriptor is left, accepting rests.
async fn next_stream(shared: &Shared, listener: &mut dyn Listener) -> Stream {
    loop {
        match listener.accept().await {
            Ok(stream) => return stream,
            Err(error) => {
                tracing::warn!(%error, address = listener.address(), "cannot accept");
                shared.core.world().clock.sleep_until(shared.core.mark().after(REST)).await;
            }
        }
    }
}

async fn turn_away(shared: &Shared, listener: &mut dyn Listener) -> Infallible {
    loop {
        let stream = next_stream(shared, listener).await;
        shared.counts.turned_away.up();
        tracing::warn!(peer = %stream.peer(), "turned away: the link has its one connection");
    }
}

async fn wait_until_wanted(shared: &Shared, number: usize, pause: Duration) {
    if shared.is_eager() && pause > Duration::ZERO {
        let until = shared.core.mark().after(pause);
        shared.core.world().clock.sleep_until(until).await;
    }
    while !shared.wanted(number) {
        if shared.is_eager() {
            return shared.connecting(number);
        }
        shared.rung(number).await;
    }
}

/// Doubled with each failure up to the most, then up to half of it more by chance.
fn pause_after(shared: &Shared, failures: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
    let back_off = shared.config.back_off;
    let pause = back_off.first.saturating_mul(2_u32.saturating_pow(doublings)).min(back_off.most);
    let half = u64::try_from(pause.as_micros() / 2).unwrap_or(u64::MAX);
    pause.saturating_add(Duration::from_micros(shared.core.world().random.below(half)))
}

/// An exchange that was sent whole and waits for its reply.
struct InFlight {
    /// `None` once its limit has passed: the reply would be late.
    verdict: Option<oneshot::Sender<Exchanged>>,
    until: Mark,
    tag: u64,
    _owing: Option<Owing>,
}

/// The request being written.
struct Writing {
    job: Option<Job>,
    /// What the socket had taken before it.
    before: u64,
    /// The socket did not take all of it at once.
    waits: bool,
    owing: Option<Owing>,
}

struct Line<'a> {
    shared: &'a Arc<Shared>,
    number: usize,
    /// It stands before what is under way: where there is any, it is reset as it goes.
    stream: Stream,
    owed: Owed,
    framer: Framer,
    incoming: BytesMut,
    outgoing: BytesMut,
    writing: Option<Writing>,
    in_flight: BTreeMap<Bytes, InFlight>,
    /// No earlier than the earliest limit of what is under way.
    earliest: Mark,
    sent_at: Mark,
    heard_at: Mark,
    /// What was given of each beat since anything was heard.
    given: Vec<Option<Given>>,
    heard_any: bool,
}

/// A beat that was given, and nothing was heard since.
#[derive(Clone, Copy)]
struct Given {
    first: Mark,
    last: Mark,
}

enum Moved {
    Read(usize),
    Wrote,
    Rung,
    Limit,
    Beat,
}

impl<'a> Line<'a> {
    fn new(shared: &'a Arc<Shared>, number: usize, stream: Stream) -> Self {
        let now = shared.core.mark();
        Self {
            shared,
            number,
            owed: stream.owed(),
            stream,
            framer: Framer::new(shared.config.frame.clone()),
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            writing: None,
            in_flight: BTreeMap::new(),
            earliest: Mark::NEVER,
            sent_at: now,
            heard_at: now,
            given: vec![None; shared.config.beats.len()],
            heard_any: false,
        }
    }

    /// Works until the connection cannot go on; says why.
    async fn live(&mut self) -> Cause {
        let shared = self.shared;
        let mut limit = Limit::new(&shared.core);
        let mut beat = Limit::new(&shared.core);
        loop {
            self.begin_next();
            let (limit_at, beat_at) = (self.earliest, self.beat_at());
            let moved = {
                let mut rung = std::pin::pin!(shared.rung(self.number));
                std::future::poll_fn(|context| {
                    if let Poll::Ready(moved) = self.poll_stream(context) {
                        return Poll::Ready(moved);
                    }
                    if rung.as_mut().poll(context).is_ready() {
                        return Poll::Ready(Ok(Moved::Rung));
                    }
                    if limit.poll_at(context, limit_at).is_ready() {
                        return Poll::Ready(Ok(Moved::Limit));
                    }
                    beat.poll_at(context, beat_at).map(|()| Ok(Moved::Beat))
                })
                .await
            };
            let end = match moved {
                Ok(Moved::Read(0)) => Some(self.other_side_ended()),
                Ok(Moved::Read(_)) => self.hear().err(),
                Ok(Moved::Wrote) => {
                    self.written();
                    None
                }
                Ok(Moved::Rung) => shared.asked_to_close(self.number),
                Ok(Moved::Limit) => self.expire(),
                Ok(Moved::Beat) => self.beat_due(),
                Err(error) => Some(self.broke(&error).await),
            };
            if let Some(cause) = end {
                return cause;
            }
        }
    }

    fn poll_stream(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Moved>> {
        if let Some(writing) = &self.writing {
            // A process that was stopped in the middle of a request does not send the rest of it when others have long asked
            // what became of it.
            if writing.waits && writing.until() <= self.shared.core.mark() {
                return Poll::Ready(Ok(Moved::Limit));
            }
            match self.poll_outgoing(context) {
                Poll::Ready(written) => return Poll::Ready(written.map(|()| Moved::Wrote)),
                Poll::Pending => self.writing.iter_mut().for_each(|writing| writing.waits = true),
            }
        }
        let read = ready!(self.stream.poll_fill(context, &mut self.incoming, CHUNK));
        Poll::Ready(read.map(Moved::Read))
    }

    fn poll_outgoing(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let taken = ready!(Pin::new(&mut self.stream).poll_write(context, &self.outgoing))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.advance(taken);
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Begins to write the next request, if none is being written and there is room for its reply.
    fn begin_next(&mut self) {
        while self.writing.is_none() && self.in_flight.len() < self.shared.window() {
            let Some(job) = self.shared.next(self.number) else { return };
            if !job.request.leave.is_given() {
                self.settle(job, Exchanged::NotSent(Cause::new(CauseKind::NoLeave)));
            } else if job.reply && self.awaits(&self.key(&job)) {
                self.settle(job, Exchanged::NotSent(Cause::new(CauseKind::SameKey)));
            } else if let Err(error) = self.framer.encode(&job.request.bytes, &mut self.outgoing) {
                self.settle(job, Exchanged::NotSent(Cause::told(CauseKind::Request, error)));
            } else {
                self.earliest = self.earliest.min(job.request.until);
                let owing = Some(self.owed.begin(&self.shared.core, job.request.until));
                let before = self.stream.taken().bytes();
                self.writing = Some(Writing { job: Some(job), before, waits: false, owing });
            }
        }
    }

    fn settle(&self, job: Job, verdict: Exchanged) {
        job.verdict.send(verdict).unwrap_or_default();
        self.shared.ended(self.number);
    }

    /// Replies on a line of one exchange need no key.
    fn key(&self, job: &Job) -> Bytes {
        match self.shared.config.hold {
            Hold::ManyEach { .. } => job.request.key.clone().unwrap_or_default(),
            Hold::OneEach { .. } | Hold::None { .. } => Bytes::new(),
        }
    }

    fn key_of(&self, frame: &Bytes) -> Option<Bytes> {
        match &self.shared.config.hold {
            Hold::ManyEach { key, .. } => key(frame),
            Hold::OneEach { .. } | Hold::None { .. } => Some(Bytes::new()),
        }
    }

    /// The socket has taken the whole request.
    fn written(&mut self) {
        self.sent_at = self.shared.core.mark();
        self.shared.counts.sent.up();
        let Some(Writing { job: Some(job), owing, .. }) = self.writing.take() else { return };
        if !job.reply {
            return self.settle(job, Exchanged::Reply(Bytes::new()));
        }
        let key = self.key(&job);
        let (until, tag) = (job.request.until, job.request.tag);
        let entry = InFlight { verdict: Some(job.verdict), until, tag, _owing: owing };
        let given_up = self.in_flight.insert(key, entry);
        if given_up.is_some() {
            self.shared.ended(self.number);
        }
    }

    /// Whether an exchange waits for the reply of this key. One that was given up stands in nobody's way: what comes for it after
    /// all answers the copy that is sent now.
    fn awaits(&self, key: &Bytes) -> bool {
        self.in_flight.get(key).is_some_and(|entry| entry.verdict.is_some())
    }

    fn hear(&mut self) -> Result<(), Cause> {
        while let Some(frame) = self.framer.decode(&mut self.incoming)? {
            self.deliver(frame);
        }
        Ok(())
    }

    fn deliver(&mut self, frame: Bytes) {
        self.heard_at = self.shared.core.mark();
        self.heard_any = true;
        self.given.fill(None);
        self.shared.counts.received.up();
        if frame.is_empty() && self.shared.config.beats.iter().any(|beat| beat.empty_frame) {
            return;
        }
        let entry = self.key_of(&frame).and_then(|key| self.in_flight.remove(&key));
        let line = self.number;
        let Some(entry) = entry else {
            self.shared.counts.unsolicited.up();
            return self.shared.tell(LineEvent::Frame { line, frame, late: None });
        };
        let unheard = match entry.verdict {
            Some(verdict) => verdict.send(Exchanged::Reply(frame)).err().and_then(Exchanged::reply),
            None => Some(frame),
        };
        if let Some(frame) = unheard {
            self.shared.counts.unsolicited.up();
            self.shared.tell(LineEvent::Frame { line, frame, late: Some(entry.tag) });
        }
        self.shared.ended(line);
    }

    fn other_side_ended(&mut self) -> Cause {
        match self.framer.finish(&mut self.incoming) {
            Ok(Some(frame)) => {
                self.deliver(frame);
                Cause::new(CauseKind::Closed)
            }
            Ok(None) => Cause::new(CauseKind::Closed),
            Err(error) => error.into(),
        }
    }

    /// After a failed write, replies that have already arrived are still heard.
    async fn broke(&mut self, error: &io::Error) -> Cause {
        let cause = Cause::broken(error);
        let at_once = self.shared.core.mark();
        loop {
            let filled = std::future::poll_fn(|context| {
                match self.stream.poll_fill(context, &mut self.incoming, CHUNK) {
                    Poll::Pending => Poll::Ready(Ok(0)),
                    ready => ready,
                }
            });
            match filled.await {
                Ok(read)
                    if read > 0
                        && self.hear().is_ok()
                        && self.shared.core.mark().since(at_once) < LAST_WORDS => {}
                _ => return cause,
            }
        }
    }

    /// Limits have passed. Says why the connection must end, if it must.
    fn expire(&mut self) -> Option<Cause> {
        let now = self.shared.core.mark();
        if self.writing.as_ref().is_some_and(|writing| writing.until() <= now) {
            return Some(Cause::new(CauseKind::AnswerTimedOut));
        }
        let late = self.shared.config.late;
        let due: Vec<Bytes> = self
            .in_flight
            .iter()
            .filter(|(_, entry)| entry.until <= now)
            .map(|(key, _)| key.clone())
            .collect();
        for key in due {
            let Some(entry) = self.in_flight.get_mut(&key) else { continue };
            if let Some(verdict) = entry.verdict.take() {
                let cause = Cause::new(CauseKind::AnswerTimedOut);
                verdict.send(Exchanged::MaybeSent(cause)).unwrap_or_default();
                entry.until = now.after(late);
                if late > Duration::ZERO {
                    continue;
                }
            }
            // What comes next on a line of one exchange could be taken for the next reply.
            if !matches!(self.shared.config.hold, Hold::ManyEach { .. }) {
                return Some(Cause::new(CauseKind::AnswerTimedOut));
            }
            self.in_flight.remove(&key);
            self.shared.ended(self.number);
        }
        let writing = self.writing.as_ref().map_or(Mark::NEVER, Writing::until);
        self.earliest = self.in_flight.values().map(|entry| entry.until).fold(writing, Mark::min);
        None
    }

    fn beat_at(&self) -> Mark {
        let beats = self.shared.config.beats.iter().zip(&self.given);
        let next = beats.map(|(beat, given)| self.next_of(*beat, *given).min(closes(*beat, *given)));
        next.fold(self.idle_at(), Mark::min)
    }

    fn next_of(&self, beat: Beat, given: Option<Given>) -> Mark {
        let last = given.map_or(Mark(0), |given| given.last);
        self.beat_since(beat).max(last).after(beat.after)
    }

    /// When the connection has been idle for as long as it may be; what is under way does not make it so.
    fn idle_at(&self) -> Mark {
        match self.shared.config.idle {
            Some(idle) if self.writing.is_none() && self.in_flight.is_empty() => {
                self.sent_at.max(self.heard_at).after(idle)
            }
            _ => Mark::NEVER,
        }
    }

    fn beat_since(&self, beat: Beat) -> Mark {
        match beat.on {
            BeatOn::Idle => self.sent_at.max(self.heard_at),
            BeatOn::Unsent => self.sent_at,
            BeatOn::Unheard => self.heard_at,
        }
    }

    fn beat_due(&mut self) -> Option<Cause> {
        let now = self.shared.core.mark();
        if self.idle_at() <= now {
            return Some(Cause::told(CauseKind::Closed, "nothing went either way"));
        }
        for (number, beat) in self.shared.config.beats.iter().enumerate() {
            let given = self.given.get(number).copied().flatten();
            if closes(*beat, given) <= now {
                return Some(Cause::told(CauseKind::AnswerTimedOut, "no sign of life"));
            }
            if self.next_of(*beat, given) > now {
                continue;
            }
            if let Some(place) = self.given.get_mut(number) {
                *place = Some(Given { first: given.map_or(now, |given| given.first), last: now });
            }
            if !beat.empty_frame {
                // Before the sign-in nothing else may be said; it has a limit of its own.
                if !self.shared.is_open(self.number) {
                    continue;
                }
                self.shared.tell(LineEvent::BeatDue { line: self.number, beat: number });
            } else if self.writing.is_none() && self.framer.encode(&[], &mut self.outgoing).is_ok() {
                let before = self.stream.taken().bytes();
                self.writing = Some(Writing { job: None, before, waits: false, owing: None });
            }
        }
        None
    }

    /// Gives everything under way its verdict. The stream goes first: what it still holds never leaves.
    fn end(self, cause: &Cause) {
        let taken = self.stream.taken();
        drop(self.stream);
        if let Some(Writing { job: Some(job), before, .. }) = self.writing {
            let left = taken.bytes() != before;
            job.verdict.send(Exchanged::failed(left, cause.clone())).unwrap_or_default();
        }
        for entry in self.in_flight.into_values() {
            if let Some(verdict) = entry.verdict {
                verdict.send(Exchanged::MaybeSent(cause.clone())).unwrap_or_default();
            }
        }
    }
}

/// When a beat that nothing was heard after closes the connection.
fn closes(beat: Beat, given: Option<Given>) -> Mark {
    match (given, beat.close_after) {
        (Some(given), Some(after)) => given.first.after(after),
        _ => Mark::NEVER,
    }
}

/// How long bytes that have already arrived are read after a failed write.
const LAST_WORDS: Duration = Duration::from_secs(1);

impl Writing {
    fn until(&self) -> Mark {
        self.job.as_ref().map_or(Mark::NEVER, |job| job.request.until)
    }
}
