//! A machine of a simulated day where there are several: a wall clock of its own, addresses of its own, and tasks that can
//! be let stand still all at once.
//!
//! While it stands still, the world's time goes on: limits pass, what others send waits in its connections, connections to it
//! are taken by nobody. Then everything goes on where it stood. A task stands between two of its steps, or where octets of its own
//! were to leave: whatever it had looked at before may be otherwise when they do. In: the network. Out: a [`World`] for whatever
//! runs on it.

use super::{Network, SimulatedClock};
use link::World;
use link::world::{BoxFuture, Listener, Net, Pace, Random, Stream, paced};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The machine; clones are the same one.
#[derive(Clone)]
pub struct Machine {
    network: Network,
    name: Arc<str>,
    clock: SimulatedClock,
    gate: Arc<Gate>,
}

impl Machine {
    /// A machine of this name, its wall clock the given one.
    #[must_use]
    pub fn new(network: &Network, name: &str, clock: SimulatedClock) -> Self {
        Self { network: network.clone(), name: name.into(), clock, gate: Arc::default() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &SimulatedClock {
        &self.clock
    }

    /// The world as it is seen from here.
    #[must_use]
    pub fn world(&self, random: Arc<dyn Random>) -> World {
        World {
            clock: Arc::new(self.clock.clone()),
            net: Arc::new(self.clone()),
            pace: Some(Arc::<Gate>::clone(&self.gate)),
            ..self.network.world(random)
        }
    }

    /// Everything on it stands still from now on.
    pub fn stop(&self) {
        self.gate.state().stands = true;
    }

    /// The next octets that something on it sends over a connection that it made do not leave; `tell` is called then, and may stop it.
    pub fn before_octets(&self, tell: impl FnOnce() + Send + 'static) {
        self.gate.state().before_octets = Some(Box::new(tell));
    }

    /// Everything goes on, and what was to come before octets does not come any more.
    pub fn go_on(&self) {
        let wakers = {
            let mut state = self.gate.state();
            state.stands = false;
            state.before_octets = None;
            std::mem::take(&mut state.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether it stands still.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.gate.state().stands
    }

    /// A future that is of this machine, though no core of it owns it.
    pub async fn here<F: Future>(&self, future: F) -> F::Output {
        paced(Arc::<Gate>::clone(&self.gate), future).await
    }
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Machine").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Net for Machine {
    fn connect<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Stream>> {
        Box::pin(async move {
            let stream = self.network.connect(address).await?;
            let peer = Arc::clone(stream.peer());
            Ok(Stream::made(Box::new(Sends { stream, gate: Arc::clone(&self.gate) }), peer))
        })
    }

    fn listen<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Listener>>> {
        Box::pin(async move { self.network.listen_on(&self.name, address) })
    }
}

#[derive(Default)]
struct Gate {
    state: Mutex<Standing>,
}

#[derive(Default)]
struct Standing {
    stands: bool,
    /// Whoever was to go on meanwhile, in that order.
    wakers: Vec<Waker>,
    /// What is done when octets are to leave.
    before_octets: Option<Box<dyn FnOnce() + Send>>,
}

/// A connection that the machine made.
struct Sends {
    stream: Stream,
    gate: Arc<Gate>,
}

impl AsyncRead for Sends {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Sends {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        let before = self.gate.state().before_octets.take();
        if let Some(tell) = before {
            tell();
            if self.gate.stands(context.waker()) {
                return Poll::Pending;
            }
        }
        Pin::new(&mut self.stream).poll_write(context, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, Standing> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace for Gate {
    fn stands(&self, waker: &Waker) -> bool {
        let mut state = self.state();
        if state.stands && !state.wakers.iter().any(|known| known.will_wake(waker)) {
            state.wakers.push(waker.clone());
        }
        state.stands
    }
}
