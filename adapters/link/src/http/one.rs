//! A connection of version 1.1 on which we ask: one exchange after the other, driven by whoever waits for it.
//!
//! In: a request, what a response may be. Out: the response, or what broke; nothing moves behind the back of a verdict.
//! Contents are told from what follows them as RFC 9112, 6 says. Must not know: pools, limits of time.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWrite;

use super::HttpMessage;
use super::chunks::Chunks;
use super::head::{Framing, ResponseHead};
use crate::outcome::{Cause, CauseKind};
use crate::world::{Mark, Owed, Owing, Stream, Taken};

/// Octets that are read at once.
const CHUNK: usize = 4 * 1024;
/// Octets of a content for which room is made before they have come.
const AHEAD: usize = 64 * 1024;

/// A version 1.1 connection.
pub(super) struct Http1 {
    stream: Stream,
    /// While an exchange is under way. It stands behind the stream: that is reset as it goes.
    pub(super) owing: Option<Owing>,
    /// What has come and was not taken.
    incoming: BytesMut,
    /// It may have another exchange.
    keeps: bool,
    /// The most octets of a head.
    most_head: usize,
    pub(super) taken: Taken,
    pub(super) owed: Owed,
    pub(super) idle_since: Mark,
}

/// The head of a request as octets, with what is asked of its connection.
pub(super) struct Request {
    pub(super) head: Vec<u8>,
    pub(super) content: Bytes,
    /// The response to it has no content, whatever its head says.
    pub(super) head_alone: bool,
    /// It says that the connection ends with it.
    pub(super) closes: bool,
}

impl Http1 {
    pub(super) fn new(stream: Stream, most_head: usize, idle_since: Mark) -> Self {
        let (taken, owed) = (stream.taken(), stream.owed());
        let incoming = BytesMut::new();
        Self { stream, owing: None, incoming, keeps: true, most_head, taken, owed, idle_since }
    }

    /// Whether it may have another exchange, as far as the last one says.
    pub(super) fn keeps(&self) -> bool {
        self.keeps
    }

    /// Whether it can have another exchange: the other side has neither ended it nor said what nobody asked for.
    pub(super) async fn lives(&mut self) -> bool {
        self.keeps && poll_fn(|context| Poll::Ready(self.poll_fill(context, CHUNK).is_pending())).await
    }

    /// Sends a request and hears the response with its content, of at most `most` octets.
    pub(super) async fn talk(&mut self, request: &Request, most: usize) -> Result<HttpMessage, Cause> {
        self.keeps = false;
        let mut sending = Sending { request, written: 0, done: false, broke: None };
        let head = poll_fn(|context| self.poll_head(context, &mut sending)).await?;
        let content = match head.framing {
            Framing::None => Ok(Bytes::new()),
            Framing::Length(length) => {
                let length =
                    usize::try_from(length).ok().filter(|length| *length <= most).ok_or_else(too_long)?;
                poll_fn(|context| self.poll_length(context, &mut sending, length)).await
            }
            Framing::Chunked => {
                let mut chunks = Chunks::new(most);
                poll_fn(|context| self.poll_chunks(context, &mut sending, &mut chunks)).await
            }
            Framing::UntilClose => poll_fn(|context| self.poll_all(context, &mut sending, most)).await,
        }?;
        let whole = sending.done && self.incoming.is_empty();
        self.keeps = whole && head.keeps && !request.closes;
        if whole {
            // While it is idle it holds no room.
            self.incoming = BytesMut::new();
        }
        Ok(HttpMessage { status: head.status, headers: head.headers, content, ..HttpMessage::default() })
    }

    /// Reads what is there; zero: the other side has ended.
    fn poll_fill(&mut self, context: &mut Context<'_>, chunk: usize) -> Poll<io::Result<usize>> {
        self.stream.poll_fill(context, &mut self.incoming, chunk)
    }

    /// Goes on with the request, and reads. A response may come before the whole request was taken: a refusal.
    fn poll_both(
        &mut self,
        context: &mut Context<'_>,
        sending: &mut Sending<'_>,
        chunk: usize,
    ) -> Poll<io::Result<usize>> {
        sending.go_on(&mut self.stream, context);
        self.poll_fill(context, chunk)
    }

    fn poll_head(
        &mut self,
        context: &mut Context<'_>,
        sending: &mut Sending<'_>,
    ) -> Poll<Result<ResponseHead, Cause>> {
        loop {
            let polled = self.poll_both(context, sending, CHUNK);
            match (polled, sending.broke.take()) {
                (Poll::Ready(Ok(read)), broke) if read > 0 => {
                    sending.broke = broke;
                    let head_alone = sending.request.head_alone;
                    if let Some(head) = ResponseHead::take(&mut self.incoming, head_alone)? {
                        return Poll::Ready(Ok(head));
                    }
                    if self.incoming.len() >= self.most_head {
                        return Poll::Ready(Err(Cause::told(CauseKind::Http, "message head is too large")));
                    }
                }
                (_, Some(error)) => {
                    let words = format!("error writing a body to connection: {error}");
                    return Poll::Ready(Err(Cause::told(CauseKind::Broken, words)));
                }
                (Poll::Ready(Ok(_)), None) => {
                    let words = "connection closed before message completed";
                    return Poll::Ready(Err(Cause::told(CauseKind::Closed, words)));
                }
                (Poll::Ready(Err(error)), None) => {
                    let words = format!("connection error: {error}");
                    return Poll::Ready(Err(Cause::told(CauseKind::Broken, words)));
                }
                (Poll::Pending, None) => return Poll::Pending,
            }
        }
    }

    /// More of a content; false: the other side has ended.
    fn poll_more(
        &mut self,
        context: &mut Context<'_>,
        sending: &mut Sending<'_>,
        chunk: usize,
    ) -> Poll<Result<bool, Cause>> {
        match ready!(self.poll_both(context, sending, chunk)) {
            Ok(read) => Poll::Ready(Ok(read > 0)),
            Err(_) => Poll::Ready(Err(unread())),
        }
    }

    fn poll_length(
        &mut self,
        context: &mut Context<'_>,
        sending: &mut Sending<'_>,
        length: usize,
    ) -> Poll<Result<Bytes, Cause>> {
        while self.incoming.len() < length {
            let missing = (length - self.incoming.len()).min(AHEAD);
            if !ready!(self.poll_more(context, sending, missing))? {
                return Poll::Ready(Err(unread()));
            }
        }
        Poll::Ready(Ok(self.incoming.split_to(length).freeze()))
    }

    fn poll_chunks(
        &mut self,
        context: &mut Context<'_>,
        sending: &mut Sending<'_>,
        chunks: &mut Chunks,
    ) -> Poll<Result<Bytes, Cause>> {
        loop {
            if chunks.take(&mut self.incoming)? {
                return Poll::Ready(Ok(chunks.content()));
            }
            if !ready!(self.poll_more(context, sending, CHUNK))? {
                return Poll::Ready(Err(unread()));
            }
        }
    }

    fn poll_all(
        &mut self,
        context: &mut Context<'_>,
        sending: &mut Sending<'_>,
        most: usize,
    ) -> Poll<Result<Bytes, Cause>> {
        while self.incoming.len() <= most {
            if !ready!(self.poll_more(context, sending, CHUNK))? {
                return Poll::Ready(Ok(self.incoming.split().freeze()));
            }
        }
        Poll::Ready(Err(too_long()))
    }
}

/// A request that is on its way.
struct Sending<'r> {
    request: &'r Request,
    written: usize,
    done: bool,
    /// Why it does not go on.
    broke: Option<io::Error>,
}

impl Sending<'_> {
    /// Writes as much as the stream takes now.
    fn go_on(&mut self, stream: &mut Stream, context: &mut Context<'_>) {
        if self.done || self.broke.is_some() {
            return;
        }
        match self.poll(stream, context) {
            Poll::Ready(Ok(())) => self.done = true,
            Poll::Ready(Err(error)) => self.broke = Some(error),
            Poll::Pending => {}
        }
    }

    fn poll(&mut self, stream: &mut Stream, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Request { head, content, .. } = self.request;
        loop {
            let rest = head.get(self.written..).unwrap_or_default();
            let of_content = content.get(self.written.saturating_sub(head.len())..).unwrap_or_default();
            if rest.is_empty() && of_content.is_empty() {
                return Pin::new(stream).poll_flush(context);
            }
            let both = [IoSlice::new(rest), IoSlice::new(of_content)];
            let stream = Pin::new(&mut *stream);
            let taken = match (rest.is_empty(), of_content.is_empty()) {
                (false, false) if stream.is_write_vectored() => stream.poll_write_vectored(context, &both),
                (false, _) => stream.poll_write(context, rest),
                (true, _) => stream.poll_write(context, of_content),
            };
            match ready!(taken)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                taken => self.written += taken,
            }
        }
    }
}

/// A content is longer than it may be.
pub(super) fn too_long() -> Cause {
    Cause::told(CauseKind::Http, "the content is longer than allowed")
}

/// A content ends before its end, or is not written as it says.
pub(super) fn unread() -> Cause {
    Cause::told(CauseKind::Closed, "error reading a body from connection")
}
