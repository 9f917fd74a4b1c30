//! A machine of a simulated day where there are several: a wall clock of its own, addresses of its own, and tasks that can
//! be let stand still all at once.
//!
//! While it stands still, the world's time goes on: limits pass, what others send waits in its connections, connections to it
//! are taken by nobody. Then everything goes on where it stood. A task stands between two of its steps, or where octets of its own
//! were to leave: the system has taken these, and they leave when it goes on, before anything else of the machine happens, whatever
//! their sender had looked at being otherwise by then. In: the network. Out: a [`World`] for whatever runs on it.

use super::{Network, SimulatedClock};
use link::World;
use link::world::{BoxFuture, Listener, Net, Pace, Random, Stream, paced};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
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

    /// When something on it sends octets over a connection that it made the next time, `tell` is called, and may stop it. If it does,
    /// they leave as soon as it goes on, unless their sender was killed.
    pub fn before_octets(&self, tell: impl FnOnce() + Send + 'static) {
        self.gate.state().before_octets = Some(Box::new(tell));
    }

    /// Everything goes on, and what was to come before octets does not come any more.
    pub fn go_on(&self) {
        let (wakers, leaves) = {
            let mut state = self.gate.state();
            state.stands = false;
            state.before_octets = None;
            (std::mem::take(&mut state.wakers), std::mem::take(&mut state.leaves))
        };
        for line in leaves.iter().filter_map(Weak::upgrade) {
            line.lock().unwrap_or_else(PoisonError::into_inner).leave();
        }
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
            let line = Arc::new(Mutex::new(Line { stream, held: Vec::new() }));
            Ok(Stream::made(Box::new(Sends { line, gate: Arc::clone(&self.gate) }), peer))
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
    /// Connections that octets leave on as soon as it goes on.
    leaves: Vec<Weak<Mutex<Line>>>,
}

/// A connection that the machine made.
struct Sends {
    line: Arc<Mutex<Line>>,
    gate: Arc<Gate>,
}

struct Line {
    stream: Stream,
    /// Octets that the system has taken and that have not left: the machine stands still.
    held: Vec<u8>,
}

impl Line {
    /// Lets go of what it holds. That nobody takes it is seen by its sender at the next octets, as in a real system.
    fn leave(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        let held = std::mem::take(&mut self.held);
        let _taken = Pin::new(&mut self.stream).poll_write(&mut context, &held);
    }
}

impl Sends {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncRead for Sends {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line().stream).poll_read(context, into)
    }
}

impl AsyncWrite for Sends {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        let before = self.gate.state().before_octets.take();
        if let Some(tell) = before {
            tell();
        }
        let mut line = self.line();
        let mut gate = self.gate.state();
        if gate.stands {
            // What runs now is the step that was under way when it was stopped.
            if line.held.is_empty() {
                gate.leaves.push(Arc::downgrade(&self.line));
            }
            line.held.extend_from_slice(from);
            return Poll::Ready(Ok(from.len()));
        }
        drop(gate);
        Pin::new(&mut line.stream).poll_write(context, from)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line().stream).poll_shutdown(context)
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
