//! One accepted connection: frames in, answers out in the same order, within limits.

use std::collections::VecDeque;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::AsyncWrite;

use super::{Answer, FrameService, Peer, Refused, TcpServerConfig};
use crate::accept::{Accepted, secure};
use crate::counts::LinkCounts;
use crate::frame::Framer;
use crate::limit::Limit;
use crate::outcome::{Cause, CauseKind};
use crate::world::{BoxFuture, Core, Mark, Stream};

/// The most and the fewest octets that are read at once: twice as many as came last. Most frames are small, and room for large
/// ones costs more than they.
const CHUNK: usize = 4 * 1024;
const LEAST: usize = 512;

/// Answers not yet taken past which no more is read, or the largest frame if that is more: who sends and does not read
/// is not let fill the memory.
const UNTAKEN: usize = 64 * 1024;

/// Serves a connection until it ends.
pub(super) async fn serve(
    config: Arc<TcpServerConfig>,
    service: Arc<dyn FrameService>,
    counts: Arc<LinkCounts>,
    accepted: Accepted,
) {
    let Accepted { stream, core, core_number, number, draining } = accepted;
    let (address, began) = (Arc::clone(stream.peer()), core.mark());
    let mut peer = Peer { address, connection: number, core: core_number, certificate: None };
    let until = began.after(config.limits.first);
    let stream = match core.within(until, secure(stream, config.tls.as_deref())).await {
        Ok(Ok(stream)) => stream,
        failed => {
            let cause = match failed {
                Ok(Err(error)) => Cause::told(CauseKind::Tls, error),
                _ => Cause::new(CauseKind::ConnectTimedOut),
            };
            counts.connect_failed.up();
            return service.refused(&peer, &Refused { cause, head: Bytes::new() });
        }
    };
    peer.certificate = stream.certificate();
    let mut connection = Connection {
        framer: Framer::new(config.frame.clone()),
        peer: Arc::new(peer),
        limit: Limit::new(&core),
        phase: Phase::Untouched,
        since: began,
        write_since: began,
        incoming: BytesMut::new(),
        chunk: CHUNK,
        outgoing: BytesMut::new(),
        flushing: false,
        answers: VecDeque::new(),
        no_more: false,
        config,
        service,
        counts,
        core,
        stream,
    };
    let mut drained = pin!(async move { draining.heard().await.is_some() });
    let mut told = false;
    loop {
        let step = std::future::poll_fn(|context| {
            if !told && drained.as_mut().poll(context).is_ready() {
                told = true;
                return Poll::Ready(Step::Drain);
            }
            connection.poll_step(context)
        });
        match step.await {
            Step::Drain => connection.no_more = true,
            Step::Moved => {}
            Step::End(cause) => return connection.end(&cause),
        }
        if connection.over() {
            return connection.end(&Cause::new(CauseKind::Closed));
        }
    }
}

/// What the other side is expected to do next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Its first byte.
    Untouched,
    /// The next frame's first byte.
    Idle,
    /// The rest of a frame.
    InFrame,
}

enum Running {
    Handling(BoxFuture<'static, Answer>),
    Done(Answer),
}

enum Step {
    Moved,
    Drain,
    End(Cause),
}

struct Connection {
    stream: Stream,
    framer: Framer,
    peer: Arc<Peer>,
    limit: Limit,
    phase: Phase,
    /// When the phase began.
    since: Mark,
    /// When the socket last took anything, or could begin to.
    write_since: Mark,
    incoming: BytesMut,
    /// Octets that are read at once.
    chunk: usize,
    outgoing: BytesMut,
    /// Something was written and is not yet flushed: under TLS the session may still hold it.
    flushing: bool,
    /// Oldest first.
    answers: VecDeque<Running>,
    /// No more frames are taken: the other side has ended, or we drain or close.
    no_more: bool,
    config: Arc<TcpServerConfig>,
    service: Arc<dyn FrameService>,
    counts: Arc<LinkCounts>,
    core: Core,
}

impl Connection {
    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<Step> {
        self.poll_answers(context);
        if self.sending() {
            match self.poll_write(context) {
                Poll::Ready(Ok(())) => return Poll::Ready(Step::Moved),
                Poll::Ready(Err(error)) => return Poll::Ready(Step::End(Cause::broken(&error))),
                Poll::Pending => {}
            }
        }
        if self.over() {
            return Poll::Ready(Step::Moved);
        }
        if !self.no_more
            && self.has_room()
            && let Poll::Ready(step) = self.poll_read(context)
        {
            return Poll::Ready(step);
        }
        let limit = self.limit_at();
        ready!(self.limit.poll_at(context, limit));
        self.counts.timed_out.up();
        Poll::Ready(Step::End(Cause::new(CauseKind::AnswerTimedOut)))
    }

    /// True when nothing is left to do.
    fn over(&self) -> bool {
        self.no_more && self.answers.is_empty() && !self.sending()
    }

    /// True while the socket has not taken all that is for the other side.
    fn sending(&self) -> bool {
        self.flushing || !self.outgoing.is_empty()
    }

    /// True if the other side takes its answers too slowly for more to be asked.
    fn is_full(&self) -> bool {
        self.outgoing.len() > self.config.frame.most.max(UNTAKEN)
    }

    /// True if another frame may begin.
    fn has_room(&self) -> bool {
        self.answers.len() < self.config.pipeline.max(1) && !self.is_full()
    }

    fn limit_at(&self) -> Mark {
        let limits = self.config.limits;
        let write = if self.sending() { self.write_since.after(limits.write) } else { Mark::NEVER };
        let read = match self.phase {
            Phase::InFrame if self.has_room() => self.since.after(limits.frame),
            Phase::Untouched => self.since.after(limits.first),
            Phase::Idle if self.answers.is_empty() && !self.sending() => self.since.after(limits.idle),
            Phase::Idle | Phase::InFrame => Mark::NEVER,
        };
        write.min(read)
    }

    /// Drives all handlers, and appends the answers that are next in order.
    fn poll_answers(&mut self, context: &mut Context<'_>) {
        for running in &mut self.answers {
            if let Running::Handling(handler) = running
                && let Poll::Ready(answer) = handler.as_mut().poll(context)
            {
                *running = Running::Done(answer);
            }
        }
        while let Some(Running::Done(_)) = self.answers.front() {
            let Some(Running::Done(answer)) = self.answers.pop_front() else { return };
            self.since = self.core.mark();
            self.give(answer);
        }
        // New room may let frames that have already arrived begin.
        if !self.no_more && !self.incoming.is_empty() {
            self.take_frames();
            self.poll_new(context);
        }
    }

    /// Handlers that were begun just now have not been polled yet.
    fn poll_new(&mut self, context: &mut Context<'_>) {
        if self.answers.iter().any(|running| matches!(running, Running::Handling(_))) {
            context.waker().wake_by_ref();
        }
    }

    fn give(&mut self, answer: Answer) {
        let (payload, close) = match answer {
            Answer::Frame(payload) => (Some(payload), false),
            Answer::FrameAndClose(payload) => (Some(payload), true),
            Answer::Silence => (None, false),
            Answer::Close => (None, true),
        };
        if let Some(payload) = payload {
            if !self.sending() {
                self.write_since = self.since;
            }
            match self.framer.encode(&payload, &mut self.outgoing) {
                Ok(()) => self.counts.sent.up(),
                Err(error) => {
                    tracing::error!(peer = %self.peer.address, %error, "an answer fits no frame");
                    self.close();
                }
            }
        }
        if close {
            self.close();
        }
    }

    /// Later frames are not answered any more.
    fn close(&mut self) {
        self.no_more = true;
        self.answers.clear();
        self.incoming.clear();
    }

    /// Its limit begins anew whenever the socket below takes anything.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let before = self.stream.taken().bytes();
        let polled = self.poll_send(context);
        if self.stream.taken().bytes() != before {
            self.write_since = self.core.mark();
        }
        polled
    }

    /// Ready when all is sent, and also as soon as there is room again for frames that have already arrived.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let was_full = self.is_full();
            let taken = ready!(Pin::new(&mut self.stream).poll_write(context, &self.outgoing))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.flushing = true;
            self.outgoing.advance(taken);
            if was_full && !self.is_full() {
                self.since = self.core.mark();
                return Poll::Ready(Ok(()));
            }
        }
        self.outgoing = BytesMut::new();
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        if self.framer.ends_by_close() && self.no_more && self.answers.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        }
        self.flushing = false;
        self.since = self.core.mark();
        Poll::Ready(Ok(()))
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Step> {
        match ready!(self.stream.poll_fill(context, &mut self.incoming, self.chunk)) {
            Ok(0) => Poll::Ready(self.other_side_ended()),
            Ok(read) => {
                self.chunk = if read < self.chunk { (2 * read).clamp(LEAST, CHUNK) } else { CHUNK };
                if self.phase == Phase::Untouched {
                    self.phase = Phase::Idle;
                }
                self.take_frames();
                Poll::Ready(Step::Moved)
            }
            Err(error) => {
                self.note_silent();
                Poll::Ready(Step::End(Cause::broken(&error)))
            }
        }
    }

    fn note_silent(&self) {
        if self.phase == Phase::Untouched {
            self.counts.silent.up();
        }
    }

    /// Begins the frames that are there, as far as there is room.
    fn take_frames(&mut self) {
        while self.has_room() && !self.no_more {
            match self.framer.decode(&mut self.incoming) {
                Ok(Some(frame)) => {
                    self.begin(frame);
                    self.phase = Phase::Idle;
                }
                Ok(None) => break,
                Err(error) => {
                    self.refuse(error.into());
                    self.no_more = true;
                    self.incoming.clear();
                    break;
                }
            }
        }
        if self.incoming.is_empty() {
            self.incoming = BytesMut::new();
        } else if self.phase != Phase::InFrame {
            self.phase = Phase::InFrame;
            self.since = self.core.mark();
        }
    }

    fn begin(&mut self, frame: Bytes) {
        self.counts.received.up();
        self.since = self.core.mark();
        self.answers.push_back(Running::Handling(self.service.handle(&self.peer, frame)));
    }

    fn refuse(&self, cause: Cause) {
        self.counts.garbled.up();
        let shown = self.incoming.get(..self.incoming.len().min(64)).unwrap_or_default();
        self.service.refused(&self.peer, &Refused { cause, head: Bytes::copy_from_slice(shown) });
    }

    /// The other side sends no more; what it has asked is still answered.
    fn other_side_ended(&mut self) -> Step {
        self.note_silent();
        self.no_more = true;
        match self.framer.finish(&mut self.incoming) {
            Ok(Some(frame)) if self.phase != Phase::Untouched => self.begin(frame),
            Ok(_) => {}
            Err(error) => self.refuse(error.into()),
        }
        Step::Moved
    }

    fn end(self, cause: &Cause) {
        if self.phase == Phase::InFrame && cause.kind == CauseKind::AnswerTimedOut {
            self.refuse(cause.clone());
        }
        tracing::trace!(peer = %self.peer.address, %cause, "connection ended");
    }
}
