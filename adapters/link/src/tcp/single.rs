//! A connection for one exchange.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::SemaphorePermit;

use super::pool::Shared;
use super::{LineEvent, Request};
use crate::dial::dial;
use crate::frame::Framer;
use crate::outcome::{Cause, CauseKind, Exchanged};
use crate::world::{Owing, Stream, TaskGroup};

const CHUNK: usize = 8 * 1024;

/// Connects, sends, hears the reply, closes.
pub(super) async fn exchange(
    shared: &Arc<Shared>,
    group: &TaskGroup,
    request: Request,
    reply: bool,
) -> Exchanged {
    let framer = Framer::new(shared.config.frame.clone());
    let mut wire = BytesMut::new();
    if let Err(error) = framer.encode(&request.bytes, &mut wire) {
        return Exchanged::NotSent(Cause::told(CauseKind::Request, error));
    }
    let (_permit, stream) = match connect(shared, &request).await {
        Ok(connected) => connected,
        Err(cause) => return Exchanged::NotSent(cause),
    };
    if !request.leave.is_given() {
        return Exchanged::NotSent(Cause::new(CauseKind::NoLeave));
    }
    let _open = Open::new(shared);
    let owing = Some(stream.owed().begin(&shared.core, request.until));
    let mut single = Single { shared, stream, framer, incoming: BytesMut::new(), owing };
    let before = single.stream.taken().bytes();
    let done = shared.core.within_strictly(request.until, single.talk(&wire, reply)).await;
    let left = single.stream.taken().bytes() != before;
    match done {
        Ok(Ok(reply)) => {
            single.owing = None;
            single.close().await;
            Exchanged::Reply(reply)
        }
        Ok(Err(cause)) => Exchanged::failed(left, cause),
        Err(_) => {
            if left && reply {
                listen_late(shared, group, single, request.tag);
            }
            Exchanged::failed(left, Cause::new(CauseKind::AnswerTimedOut))
        }
    }
}

async fn connect<'a>(shared: &'a Shared, request: &Request) -> Result<(SemaphorePermit<'a>, Stream), Cause> {
    let permit = match shared.singles.try_acquire() {
        Ok(permit) => permit,
        Err(_) => wait_for_permit(shared, request).await?,
    };
    let until = shared.core.mark().after(shared.config.connect_limit).min(request.until);
    // Who has a connection is not to be as large as who makes one.
    let dialled = dial(&shared.core, &shared.config.address, shared.config.tls.as_deref(), until);
    let dialled = Box::pin(dialled).await;
    let stream = dialled.inspect_err(|_| shared.counts.connect_failed.up())?;
    Ok((permit, stream))
}

async fn wait_for_permit<'a>(shared: &'a Shared, request: &Request) -> Result<SemaphorePermit<'a>, Cause> {
    let _queued = Queued::new(shared)?;
    match shared.core.within(request.until, shared.singles.acquire()).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_)) => Err(Cause::new(CauseKind::Stopped)),
        Err(_) => Err(Cause::new(CauseKind::WaitTimedOut)),
    }
}

/// Goes on listening for a reply that missed its limit.
fn listen_late(shared: &Arc<Shared>, group: &TaskGroup, single: Single<'_>, tag: u64) {
    if shared.config.late.is_zero() {
        return;
    }
    let until = shared.core.mark().after(shared.config.late);
    let (shared, Single { stream, framer, incoming, owing, .. }) = (Arc::clone(shared), single);
    group.spawn(async move {
        let mut single = Single { shared: &shared, stream, framer, incoming, owing };
        if let Ok(Ok(frame)) = shared.core.within(until, single.hear()).await {
            single.owing = None;
            shared.counts.unsolicited.up();
            shared.tell(LineEvent::Frame { line: 0, frame, late: Some(tag) });
        }
    });
}

struct Single<'a> {
    shared: &'a Shared,
    stream: Stream,
    framer: Framer,
    incoming: BytesMut,
    /// Until the exchange has ended. It stands behind the stream: where it has not, that is reset as it goes.
    owing: Option<Owing>,
}

impl Single<'_> {
    async fn talk(&mut self, wire: &[u8], reply: bool) -> Result<Bytes, Cause> {
        let written = async {
            self.stream.write_all(wire).await?;
            self.stream.flush().await?;
            if self.framer.ends_by_close() { self.stream.shutdown().await } else { Ok(()) }
        };
        let written = written.await;
        match written {
            Ok(()) => {
                self.shared.counts.sent.up();
                if reply { self.hear().await } else { Ok(Bytes::new()) }
            }
            // A refusal may have come before the whole request was taken.
            Err(error) => Err(Cause::broken(&error)),
        }
    }

    async fn hear(&mut self) -> Result<Bytes, Cause> {
        loop {
            let filled =
                std::future::poll_fn(|context| self.stream.poll_fill(context, &mut self.incoming, CHUNK))
                    .await;
            let frame = match filled.map_err(|error| Cause::broken(&error))? {
                0 => self
                    .framer
                    .finish(&mut self.incoming)?
                    .ok_or_else(|| Cause::new(CauseKind::Closed))
                    .map(Some),
                _ => self.framer.decode(&mut self.incoming).map_err(Cause::from),
            };
            if let Some(frame) = frame? {
                self.shared.counts.received.up();
                return Ok(frame);
            }
        }
    }

    /// Says goodbye without waiting for more than the socket takes at once.
    async fn close(&mut self) {
        std::future::poll_fn(|context| {
            // Pending or failed, the connection is dropped next.
            let _ = Pin::new(&mut self.stream).poll_shutdown(context);
            Poll::Ready(())
        })
        .await;
    }
}

/// Counts an open connection until it is dropped.
struct Open<'a>(&'a Shared);

impl<'a> Open<'a> {
    fn new(shared: &'a Shared) -> Self {
        shared.counts.connected.up();
        shared.counts.open.up();
        Self(shared)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.counts.open.down();
    }
}

/// A place among those that wait.
struct Queued<'a>(&'a Shared);

impl<'a> Queued<'a> {
    fn new(shared: &'a Shared) -> Result<Self, Cause> {
        shared.counts.waiting.up();
        let queued = Self(shared);
        if shared.counts.waiting.get() > shared.config.waiting as u64 {
            return Err(Cause::new(CauseKind::Busy));
        }
        Ok(queued)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.counts.waiting.down();
    }
}
