//! The handle of a TCP link on which we connect, or on whose one connection, made by the other side, we say what we like.

use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::pool::{Job, Shared};
use super::{Hold, LineHandler, Request, TcpClientConfig, line, single};
use crate::counts::LinkCounts;
use crate::frame::FrameError;
use crate::outcome::{Cause, CauseKind, Exchanged, Sent};
use crate::tls::TlsServer;
use crate::world::{Core, Mark, TaskGroup};

/// A TCP link with connections on which we begin exchanges. Cheap to clone; may be used from any core. The last clone closes it.
#[derive(Clone)]
pub struct TcpClient {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    /// Dropped with the last handle, it ends the lines.
    group: TaskGroup,
}

impl TcpClient {
    /// Starts the link; its lines live on `core`.
    ///
    /// # Errors
    /// The frame's description cannot work.
    pub fn start(core: &Core, config: TcpClientConfig, events: LineHandler) -> Result<Self, FrameError> {
        config.frame.check()?;
        let shared = Arc::new(Shared::new(core.clone(), config, events));
        let group = core.group();
        for line in 0..shared.lines() {
            let task = line::run(Arc::clone(&shared), line);
            match &shared.config.whose {
                Some(whose) => group.spawn(core.share(whose).task(Box::pin(task))),
                None => group.spawn(task),
            }
        }
        Ok(Self { inner: Arc::new(Inner { shared, group }) })
    }

    /// Listens at the address of `config`: the link's one line is the connection that the other side makes, one at a time.
    /// Gives the address that was bound, too.
    ///
    /// # Errors
    /// The address cannot be listened at, or the frame's description cannot work.
    pub async fn accept(
        core: &Core,
        config: TcpClientConfig,
        tls: Option<Arc<TlsServer>>,
        events: LineHandler,
    ) -> io::Result<(Self, String)> {
        config.frame.check().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let listener = core.world().net.listen(&config.address).await?;
        let address = listener.address();
        let shared = Arc::new(Shared::new(core.clone(), config, events));
        let group = core.group();
        let task = line::run_accepted(Arc::clone(&shared), listener, tls);
        match &shared.config.whose {
            Some(whose) => group.spawn(core.share(whose).task(Box::pin(task))),
            None => group.spawn(task),
        }
        Ok((Self { inner: Arc::new(Inner { shared, group }) }, address))
    }

    /// Whether both are handles of one link.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// The link's counters.
    #[must_use]
    pub fn counts(&self) -> &Arc<LinkCounts> {
        &self.inner.shared.counts
    }

    /// Sends a request and waits for its reply, on whichever connection is free.
    pub async fn exchange(&self, request: Request) -> Exchanged {
        self.place(None, request, true).await
    }

    /// Sends a message that has no answer.
    pub async fn send(&self, request: Request) -> Sent {
        sent(self.place(None, request, false).await)
    }

    /// An exchange on the connection that one line has, before all others that wait: beats and signing in. Not sent where that ends
    /// first.
    pub async fn exchange_on(&self, line: usize, request: Request) -> Exchanged {
        self.place(Some(line), request, true).await
    }

    /// Sends a message without answer on the connection that one line has, before all others that wait.
    pub async fn send_on(&self, line: usize, request: Request) -> Sent {
        sent(self.place(Some(line), request, false).await)
    }

    /// Opens a line that waits for signing in on this connection: from now on it takes any exchange. Where it has another by now,
    /// nothing happens.
    pub fn open(&self, line: usize, connection: u64) {
        self.inner.shared.open(line, connection);
    }

    /// The number of the connection that a line has, while it has one.
    #[must_use]
    pub fn connection(&self, line: usize) -> Option<u64> {
        self.inner.shared.connection(line)
    }

    /// Whether connections are made by themselves, at once and after a loss, or only when an exchange needs them.
    pub fn keep_up(&self, eager: bool) {
        self.inner.shared.keep_up(eager);
    }

    /// Closes a line's connection, e.g. after a beat without answer. What is under way on it fails.
    pub fn close(&self, line: usize, cause: Cause) {
        self.inner.shared.close(line, None, cause);
    }

    /// The same for this connection of the line alone.
    pub fn close_connection(&self, line: usize, connection: u64, cause: Cause) {
        self.inner.shared.close(line, Some(connection), cause);
    }

    /// Takes no more exchanges and waits until all have ended, but not longer than `until`.
    pub async fn drain(&self, until: Mark) {
        let shared = &self.inner.shared;
        shared.stop();
        // Whether all ended or the limit came first, there is nothing more to wait for.
        let _ = shared.core.within(until, shared.at_rest()).await;
    }

    async fn place(&self, line: Option<usize>, request: Request, reply: bool) -> Exchanged {
        let shared = &self.inner.shared;
        let verdict = match &shared.config.hold {
            Hold::None { .. } => single::exchange(shared, &self.inner.group, request, reply).await,
            Hold::ManyEach { .. } if reply && request.key.is_none() => {
                Exchanged::NotSent(Cause::told(CauseKind::Request, "the exchange has no key"))
            }
            Hold::OneEach { .. } | Hold::ManyEach { .. } => wait(shared, line, request, reply).await,
        };
        shared.counts.exchanged(&verdict);
        verdict
    }
}

/// Puts a job before the lines and waits for its verdict.
async fn wait(shared: &Arc<Shared>, line: Option<usize>, request: Request, reply: bool) -> Exchanged {
    let until = request.until;
    let (give, take) = oneshot::channel();
    let (job, claim) = Job::new(request, (reply, line.is_some()), give);
    if let Err(cause) = shared.place(line, job) {
        return Exchanged::NotSent(cause);
    }
    let waiting = shared.waiting(claim);
    let mut take = std::pin::pin!(take);
    let given = tokio::select! {
        biased;
        given = &mut take => given,
        () = shared.core.deadline(until) => {
            if waiting.give_up() {
                return Exchanged::NotSent(Cause::new(CauseKind::WaitTimedOut));
            }
            // A line has it and keeps the same limit: its verdict is about to come.
            take.await
        }
    };
    // Only a link that was dropped whole gives no verdict; a claimed job may have left.
    given.unwrap_or_else(|_| Exchanged::failed(!waiting.give_up(), Cause::new(CauseKind::Stopped)))
}

fn sent(verdict: Exchanged<Bytes>) -> Sent {
    match verdict {
        Exchanged::Reply(_) => Sent::Whole,
        Exchanged::NotSent(cause) => Sent::Not(cause),
        Exchanged::MaybeSent(cause) => Sent::Maybe(cause),
    }
}

impl fmt::Debug for TcpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpClient")
            .field("address", &self.inner.shared.config.address)
            .finish_non_exhaustive()
    }
}
