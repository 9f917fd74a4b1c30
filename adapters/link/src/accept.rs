//! Accepting connections and dealing them to cores; shared by TCP and HTTP listeners.
//!
//! For: servers. In: an address and the cores. Out: each connection, on the least loaded core, within the
//! most allowed. Must not know: what is spoken on it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::counts::LinkCounts;
use crate::tls::TlsServer;
use crate::world::{BoxFuture, Core, Listener, Mark, Stream, TaskGroup, Teller, Told, told};

/// How long accepting rests after an error, e.g. when no descriptor is left.
pub(crate) const REST: Duration = Duration::from_millis(100);

/// A connection on the core that serves it.
pub(crate) struct Accepted {
    pub(crate) stream: Stream,
    pub(crate) core: Core,
    pub(crate) core_number: usize,
    pub(crate) number: u64,
    pub(crate) draining: Told<()>,
}

/// What a listener is told.
pub(crate) struct Listen<'a> {
    pub(crate) address: &'a str,
    /// The most connections at once.
    pub(crate) most: usize,
    /// For whom its connections work.
    pub(crate) whose: Option<Arc<str>>,
}

pub(crate) type Serve = Arc<dyn Fn(Accepted) -> BoxFuture<'static, ()> + Send + Sync>;

pub(crate) struct Acceptor {
    address: String,
    cores: Vec<Core>,
    draining: Teller<()>,
    gone: mpsc::Receiver<()>,
    /// Dropped with the server, they end its connections.
    groups: Arc<Vec<TaskGroup>>,
}

impl Acceptor {
    /// Listens; the acceptor lives on the first core.
    pub(crate) async fn start(
        cores: Vec<Core>,
        listen: Listen<'_>,
        counts: Arc<LinkCounts>,
        serve: Serve,
    ) -> io::Result<Self> {
        let Some(home) = cores.first() else { return Err(io::Error::other("a listener needs a core")) };
        let Listen { address, most, whose } = listen;
        let listener = home.world().net.listen(address).await?;
        let address = listener.address();
        let (draining, drained) = told();
        let (alive, gone) = mpsc::channel(1);
        let groups: Arc<Vec<TaskGroup>> = Arc::new(cores.iter().map(Core::group).collect());
        let accepting = Accepting {
            cores: cores.clone(),
            adders: groups.iter().map(TaskGroup::adder).collect(),
            most,
            whose,
            counts,
            serve,
            draining: drained,
            alive,
        };
        if let Some(group) = groups.first() {
            group.spawn(accepting.run(listener));
        }
        Ok(Self { address, cores, draining, gone, groups })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Listens no more and waits until the connections have ended, but not longer than `until`.
    pub(crate) async fn drain(mut self, until: Mark) {
        self.draining.tell(());
        if let Some(core) = self.cores.first() {
            // At the limit what is left is cut by dropping the groups.
            let _ = core.within(until, self.gone.recv()).await;
        }
        drop(self.groups);
    }
}

struct Accepting {
    cores: Vec<Core>,
    adders: Vec<crate::world::TaskAdder>,
    most: usize,
    whose: Option<Arc<str>>,
    counts: Arc<LinkCounts>,
    serve: Serve,
    draining: Told<()>,
    alive: mpsc::Sender<()>,
}

impl Accepting {
    async fn run(self, mut listener: Box<dyn Listener>) {
        let mut number = 0;
        loop {
            let accepted = tokio::select! {
                biased;
                _ = self.draining.heard() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok(stream) => {
                    number += 1;
                    self.deal(stream, number);
                }
                Err(error) => {
                    tracing::warn!(%error, address = listener.address(), "cannot accept");
                    self.rest().await;
                }
            }
        }
    }

    async fn rest(&self) {
        if let Some(core) = self.cores.first() {
            core.world().clock.sleep_until(core.mark().after(REST)).await;
        }
    }

    fn deal(&self, stream: Stream, number: u64) {
        if self.counts.open.get() >= self.most as u64 {
            self.counts.turned_away.up();
            tracing::debug!(peer = %stream.peer(), "turned away: too many connections");
            return;
        }
        let least = self.cores.iter().enumerate().min_by_key(|(_, core)| core.load());
        let Some((core_number, core)) = least else { return };
        let Some(adder) = self.adders.get(core_number) else { return };
        let (core, serve, alive) = (core.clone(), Arc::clone(&self.serve), self.alive.clone());
        let (draining, loaded) = (self.draining.clone(), core.loaded());
        let open = Open::new(&self.counts);
        let share = self.whose.as_deref().map(|whose| core.share(whose));
        let task = async move {
            let _kept = (alive, loaded, open);
            match stream.rehome() {
                Ok(stream) => serve(Accepted { stream, core, core_number, number, draining }).await,
                Err(error) => tracing::warn!(%error, "cannot move a connection to its core"),
            }
        };
        match share {
            Some(share) => adder.spawn(share.task(Box::pin(task))),
            None => adder.spawn(task),
        }
    }
}

/// Agrees on TLS if the listener has it.
pub(crate) async fn secure(stream: Stream, tls: Option<&TlsServer>) -> io::Result<Stream> {
    match tls {
        // A handshake is short and a connection long, whose task would else keep the room of both.
        Some(tls) => Box::pin(tls.accept(stream)).await,
        None => Ok(stream),
    }
}

struct Open(Arc<LinkCounts>);

impl Open {
    fn new(counts: &Arc<LinkCounts>) -> Self {
        counts.connected.up();
        counts.open.up();
        Self(Arc::clone(counts))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.down();
    }
}
