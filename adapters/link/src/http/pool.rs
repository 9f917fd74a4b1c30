//! Connections of a client: made, kept, tried.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use hyper::client::conn::{http1, http2};
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use tokio::sync::Mutex as AsyncMutex;

use super::convert::{self, Content};
use super::{HttpClientConfig, HttpVersion};
use crate::counts::LinkCounts;
use crate::dial::dial;
use crate::outcome::Cause;
use crate::world::{Core, Mark, Owed, Owing, Stream, Taken, TaskAdder};

/// What moves a version 1.1 connection on.
pub(super) type Driver = Pin<Box<http1::Connection<TokioIo<Stream>, Content>>>;

/// A version 1.1 connection. Whoever uses it drives it: nothing moves behind the back of a verdict.
pub(super) struct Http1 {
    pub(super) sender: http1::SendRequest<Content>,
    pub(super) driver: Driver,
    pub(super) taken: Taken,
    pub(super) owed: Owed,
    /// While an exchange is under way. It stands behind the driver, which has the stream: that is reset as it goes.
    pub(super) owing: Option<Owing>,
    idle_since: Mark,
}

/// A shared version 2 connection.
#[derive(Clone)]
pub(super) struct Http2 {
    pub(super) sender: http2::SendRequest<Content>,
    pub(super) owed: Owed,
}

pub(super) enum Made {
    Http1(Box<Http1>),
    Http2(Http2),
}

pub(super) struct Pool {
    idle: Mutex<Vec<Http1>>,
    shared: AsyncMutex<Option<Http2>>,
}

impl Pool {
    pub(super) fn new() -> Self {
        Self { idle: Mutex::new(Vec::new()), shared: AsyncMutex::new(None) }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Http1>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A kept connection that still lives, the last used first.
    pub(super) async fn kept(&self, core: &Core, config: &HttpClientConfig) -> Option<Http1> {
        loop {
            let mut connection = self.idle().pop()?;
            let fresh = core.mark().since(connection.idle_since) < config.keep;
            if fresh && connection.lives().await {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for the next exchange if it can have one.
    pub(super) async fn keep(&self, core: &Core, config: &HttpClientConfig, mut connection: Http1) {
        if config.keep.is_zero() || !connection.lives().await {
            return;
        }
        connection.idle_since = core.mark();
        self.idle().push(connection);
    }

    /// Drops connections that nobody used for so long.
    pub(super) fn sweep(&self, core: &Core, config: &HttpClientConfig) {
        let now = core.mark();
        self.idle().retain(|connection| now.since(connection.idle_since) < config.keep);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.idle().is_empty()
    }

    /// The shared version 2 connection, made if there is none.
    pub(super) async fn shared(&self, maker: &Maker<'_>, until: Mark) -> Result<Made, Cause> {
        let mut shared = self.shared.lock().await;
        if let Some(connection) = shared.as_ref().filter(|connection| !connection.sender.is_closed()) {
            return Ok(Made::Http2(connection.clone()));
        }
        let made = maker.make(until).await?;
        if let Made::Http2(connection) = &made {
            *shared = Some(connection.clone());
        }
        Ok(made)
    }
}

impl Http1 {
    /// Drives the connection as far as it goes without waiting; false if it has ended.
    async fn lives(&mut self) -> bool {
        let ended = poll_fn(|context| Poll::Ready(self.driver.as_mut().poll(context).is_ready()));
        !ended.await && self.sender.is_ready()
    }
}

/// Makes connections.
pub(super) struct Maker<'a> {
    pub(super) core: &'a Core,
    pub(super) config: &'a HttpClientConfig,
    pub(super) counts: &'a LinkCounts,
    pub(super) tasks: TaskAdder,
}

impl Maker<'_> {
    pub(super) async fn make(&self, until: Mark) -> Result<Made, Cause> {
        let limit = self.core.mark().after(self.config.connect_limit).min(until);
        let dialled = dial(self.core, &self.config.address, self.config.tls.as_deref(), limit).await;
        let stream = dialled.inspect_err(|_| self.counts.connect_failed.up())?;
        self.counts.connected.up();
        let two = match self.config.version {
            HttpVersion::Http1 => false,
            HttpVersion::Http2 => true,
            HttpVersion::Negotiated => stream.protocol() == Some(b"h2".as_slice()),
        };
        let handshake = async { if two { self.two(stream).await } else { self.one(stream).await } };
        match self.core.within(limit, handshake).await {
            Ok(made) => made,
            Err(_) => Err(Cause::new(crate::CauseKind::ConnectTimedOut)),
        }
    }

    async fn one(&self, stream: Stream) -> Result<Made, Cause> {
        let (taken, owed) = (stream.taken(), stream.owed());
        let mut builder = http1::Builder::new();
        builder.max_buf_size(self.config.sizes.head.max(8 * 1024));
        let made = builder.handshake(TokioIo::new(stream)).await;
        let (sender, driver) = made.map_err(|error| convert::cause(&error))?;
        let idle_since = self.core.mark();
        let driver = Box::pin(driver);
        Ok(Made::Http1(Box::new(Http1 { sender, driver, taken, owed, owing: None, idle_since })))
    }

    async fn two(&self, stream: Stream) -> Result<Made, Cause> {
        let owed = stream.owed();
        let strict = Strict { core: self.core.clone(), tasks: self.tasks.clone(), owed: owed.clone() };
        let mut builder = http2::Builder::new(strict.clone());
        builder.max_header_list_size(u32::try_from(self.config.sizes.head).unwrap_or(u32::MAX));
        let made = builder.handshake(TokioIo::new(stream)).await;
        let (sender, driver) = made.map_err(|error| convert::cause(&error))?;
        strict.execute(async move {
            if let Err(error) = driver.await {
                tracing::debug!(%error, "a shared connection ended");
            }
        });
        Ok(Made::Http2(Http2 { sender, owed }))
    }
}

/// Gives hyper's tasks of a shared connection to a group. Where the process stood still beyond the limit of an exchange under way
/// they go on no more, and the connection with them.
#[derive(Clone)]
struct Strict {
    core: Core,
    tasks: TaskAdder,
    owed: Owed,
}

impl<F> Executor<F> for Strict
where
    F: Future + Send + 'static,
{
    fn execute(&self, future: F) {
        let (core, owed) = (self.core.clone(), self.owed.clone());
        self.tasks.spawn(async move {
            let mut future = pin!(future);
            poll_fn(|context| {
                if owed.stood_still(&core) {
                    Poll::Ready(())
                } else {
                    future.as_mut().poll(context).map(drop)
                }
            })
            .await;
        });
    }
}

/// Gives hyper's tasks to a group.
#[derive(Clone)]
pub(super) struct Tasks(pub(super) TaskAdder);

impl<F> Executor<F> for Tasks
where
    F: Future + Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn(async move {
            future.await;
        });
    }
}
