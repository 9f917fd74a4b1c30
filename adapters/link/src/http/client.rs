//! The handle of an HTTP link on which we send requests.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use hyper::client::conn::TrySendError;
use hyper::http::response;
use hyper::{Request, Response, body::Incoming};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::convert::{self, Content, Unread, collect};
use super::head;
use super::one::Http1;
use super::pool::{Http2, Made, Maker, Pool};
use super::{HttpClientConfig, HttpMessage, HttpVersion};
use crate::counts::LinkCounts;
use crate::leave::Leave;
use crate::outcome::{Cause, CauseKind, Exchanged};
use crate::world::{Core, Mark, TaskGroup};

/// An HTTP link on which we send requests, with connections of its own. Cheap to clone; one a core is fastest.
#[derive(Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    group: TaskGroup,
    bound: Semaphore,
    sweeping: Arc<AtomicBool>,
}

struct Shared {
    core: Core,
    config: HttpClientConfig,
    counts: Arc<LinkCounts>,
    pool: Pool,
}

/// A verdict, or the request back untouched because a kept connection had gone stale.
enum Tried {
    Verdict(Exchanged<HttpMessage>),
    Stale,
}

impl HttpClient {
    /// Prepares the link; connections are made when they are needed.
    #[must_use]
    pub fn new(core: &Core, config: HttpClientConfig) -> Self {
        let bound = Semaphore::new(config.most.clamp(1, Semaphore::MAX_PERMITS));
        let shared = Shared { core: core.clone(), config, counts: Arc::default(), pool: Pool::new() };
        let inner = Inner { shared: Arc::new(shared), group: core.group(), bound, sweeping: Arc::default() };
        Self { inner: Arc::new(inner) }
    }

    /// The link's counters.
    #[must_use]
    pub fn counts(&self) -> &Arc<LinkCounts> {
        &self.inner.shared.counts
    }

    /// Sends a request and waits until `until` for its whole response.
    pub async fn exchange(&self, message: &HttpMessage, until: Mark) -> Exchanged<HttpMessage> {
        self.exchange_with(message, until, &Leave::default()).await
    }

    /// The same, where leave is asked for right before anything is sent.
    pub async fn exchange_with(
        &self,
        message: &HttpMessage,
        until: Mark,
        leave: &Leave,
    ) -> Exchanged<HttpMessage> {
        let verdict = match self.permit(until).await {
            Ok(_permit) => self.try_twice(message, until, leave).await,
            Err(cause) => Exchanged::NotSent(cause),
        };
        self.inner.shared.counts.exchanged(&verdict);
        verdict
    }

    async fn permit(&self, until: Mark) -> Result<SemaphorePermit<'_>, Cause> {
        let (bound, shared) = (&self.inner.bound, &self.inner.shared);
        if let Ok(permit) = bound.try_acquire() {
            return Ok(permit);
        }
        let _queued = Queued::new(shared)?;
        match shared.core.within(until, bound.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(Cause::new(CauseKind::Stopped)),
            Err(_) => Err(Cause::new(CauseKind::WaitTimedOut)),
        }
    }

    /// A kept connection may have gone stale unseen: while no byte has left, the next one is tried.
    async fn try_twice(&self, message: &HttpMessage, until: Mark, leave: &Leave) -> Exchanged<HttpMessage> {
        let shared = &self.inner.shared;
        while let Some(connection) = shared.pool.kept(&shared.core, &shared.config).await {
            if !leave.is_given() {
                return Exchanged::NotSent(Cause::new(CauseKind::NoLeave));
            }
            match self.on_one(connection, message, until, true).await {
                Tried::Verdict(verdict) => return verdict,
                Tried::Stale => {}
            }
        }
        let maker = Maker {
            core: &shared.core,
            config: &shared.config,
            counts: &shared.counts,
            tasks: self.inner.group.adder(),
        };
        for stale_allowed in [true, false] {
            let one = shared.config.version == HttpVersion::Http1;
            // What is rare stands apart, or every exchange would be as large as it.
            let made = if one {
                Box::pin(maker.make(until)).await
            } else {
                Box::pin(self.shared_or_new(&maker, until)).await
            };
            if !leave.is_given() {
                return Exchanged::NotSent(Cause::new(CauseKind::NoLeave));
            }
            let tried = match made {
                Ok(Made::Http1(connection)) => self.on_one(connection, message, until, false).await,
                Ok(Made::Http2(shared)) => Box::pin(self.on_two(shared, message, until, stale_allowed)).await,
                Err(cause) => return Exchanged::NotSent(cause),
            };
            if let Tried::Verdict(verdict) = tried {
                return verdict;
            }
        }
        Exchanged::NotSent(Cause::new(CauseKind::Closed))
    }

    /// Where version 2 may be spoken, one connection is made at a time, until it is known that it is not.
    async fn shared_or_new(&self, maker: &Maker<'_>, until: Mark) -> Result<Made, Cause> {
        let shared = &self.inner.shared;
        let made = shared.core.within(until, shared.pool.shared(maker, until)).await;
        made.unwrap_or_else(|_| Err(Cause::new(CauseKind::WaitTimedOut)))
    }

    async fn on_one(
        &self,
        mut connection: Box<Http1>,
        message: &HttpMessage,
        until: Mark,
        kept: bool,
    ) -> Tried {
        let shared = &self.inner.shared;
        let taken = connection.taken.clone();
        let before = taken.bytes();
        let request = match head::request(message, &shared.config.address) {
            Ok(request) => request,
            Err(cause) => return Tried::Verdict(Exchanged::NotSent(cause)),
        };
        connection.owing = Some(connection.owed.begin(&shared.core, until));
        let talk = connection.talk(&request, shared.config.sizes.content);
        let cause = match shared.core.within_strictly(until, talk).await {
            Ok(Ok(response)) => {
                shared.counts.sent.up();
                shared.counts.received.up();
                connection.owing = None;
                shared.pool.keep(&shared.core, &shared.config, connection);
                self.sweep_later();
                return Tried::Verdict(Exchanged::Reply(response));
            }
            Ok(Err(cause)) => cause,
            Err(_) => Cause::new(CauseKind::AnswerTimedOut),
        };
        // The connection goes before the count is read: what it still holds never leaves.
        drop(connection);
        let left = taken.bytes() != before;
        if kept && !left && cause.kind != CauseKind::AnswerTimedOut {
            return Tried::Stale;
        }
        Tried::Verdict(Exchanged::failed(left, cause))
    }

    async fn on_two(
        &self,
        connection: Http2,
        message: &HttpMessage,
        until: Mark,
        stale_allowed: bool,
    ) -> Tried {
        let shared = &self.inner.shared;
        let scheme = if shared.config.tls.is_some() { "https" } else { "http" };
        let request = match convert::to_request(message, &shared.config.address, scheme) {
            Ok(request) => request,
            Err(cause) => return Tried::Verdict(Exchanged::NotSent(cause)),
        };
        let Http2 { mut sender, owed } = connection;
        let _owing = owed.begin(&shared.core, until);
        let answered = shared.core.within(until, async {
            let response = sender.try_send_request(request).await.map_err(Failed::Send)?;
            whole(response, shared.config.sizes.content).await.map_err(Failed::Content)
        });
        let verdict = match answered.await {
            Ok(Ok((head, content))) => {
                shared.counts.sent.up();
                shared.counts.received.up();
                Exchanged::Reply(convert::from_response(&head, content))
            }
            Ok(Err(Failed::Send(mut error))) => {
                let untouched = error.take_message().is_some();
                if untouched && stale_allowed {
                    return Tried::Stale;
                }
                let not_looked_at = convert::refused_stream(error.error());
                Exchanged::failed(!untouched && !not_looked_at, convert::cause(error.error()))
            }
            Ok(Err(Failed::Content(cause))) => Exchanged::MaybeSent(cause),
            Err(_) => {
                // Asked while this exchange is still under way, or its connection would not know.
                let _known_from_now_on = owed.stood_still(&shared.core);
                Exchanged::MaybeSent(Cause::new(CauseKind::AnswerTimedOut))
            }
        };
        Tried::Verdict(verdict)
    }

    /// Lets unused connections go after their time; sleeps only while there are any.
    fn sweep_later(&self) {
        if self.inner.sweeping.swap(true, Ordering::AcqRel) {
            return;
        }
        let (shared, sweeping) = (Arc::clone(&self.inner.shared), Arc::clone(&self.inner.sweeping));
        self.inner.group.spawn(async move {
            while !shared.pool.is_idle() {
                shared.core.deadline(shared.core.mark().after(shared.config.keep)).await;
                shared.pool.sweep(&shared.core, &shared.config);
            }
            sweeping.store(false, Ordering::Release);
        });
    }
}

enum Failed {
    Send(TrySendError<Request<Content>>),
    Content(Cause),
}

async fn whole(response: Response<Incoming>, most: usize) -> Result<(response::Parts, Bytes), Cause> {
    let (head, body) = response.into_parts();
    match collect(body, most).await {
        Ok(content) => Ok((head, content)),
        Err(Unread::TooLong) => Err(Cause::told(CauseKind::Http, "the content is longer than allowed")),
        Err(Unread::Failed(error)) => Err(Cause::told(CauseKind::Closed, error)),
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

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("address", &self.inner.shared.config.address)
            .finish_non_exhaustive()
    }
}
