//! Connections of a client: made, kept, tried.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use hyper::client::conn::http2;
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use tokio::sync::Mutex as AsyncMutex;

use super::convert::{self, Content};
use super::one::Http1;
use super::{HttpClientConfig, HttpVersion};
use crate::counts::LinkCounts;
use crate::dial::dial;
use crate::outcome::Cause;
use crate::world::{Core, Mark, Owed, Stream, TaskAdder};

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

/// Connections that nobody uses. Each exchange takes one out and puts it back, and it stays where it is.
type Idle = Vec<Box<Http1>>;

pub(super) struct Pool {
    idle: Mutex<Idle>,
    shared: AsyncMutex<Option<Http2>>,
}

impl Pool {
    pub(super) fn new() -> Self {
        Self { idle: Mutex::new(Vec::new()), shared: AsyncMutex::new(None) }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A kept connection that still lives, the last used first.
    pub(super) async fn kept(&self, core: &Core, config: &HttpClientConfig) -> Option<Box<Http1>> {
        loop {
            let mut connection = self.idle().pop()?;
            let fresh = core.mark().since(connection.idle_since) < config.keep;
            if fresh && connection.lives().await {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for the next exchange if it can have one.
    pub(super) fn keep(&self, core: &Core, config: &HttpClientConfig, mut connection: Box<Http1>) {
        if config.keep.is_zero() || !connection.keeps() {
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
        if !two {
            let most_head = self.config.sizes.head.max(8 * 1024);
            return Ok(Made::Http1(Box::new(Http1::new(stream, most_head, self.core.mark()))));
        }
        match self.core.within(limit, self.two(stream)).await {
            Ok(made) => made,
            Err(_) => Err(Cause::new(crate::CauseKind::ConnectTimedOut)),
        }
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
