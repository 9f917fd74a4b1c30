//! TCP links: framed messages over connections that we make, or that others make to us.
//!
//! For: the engine and the simulators. In: plain configuration, payloads, callbacks for what comes unasked.
//! Out: verdicts of exchanges, requests of peers. Must not know: what a payload means; keys for matching come
//! from a callback.

mod client;
mod line;
mod pair;
mod peer;
mod pool;
mod server;
mod single;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::frame::FrameConfig;
use crate::leave::Leave;
use crate::outcome::Cause;
use crate::tls::{PeerCertificate, TlsClient, TlsServer};
use crate::world::{BoxFuture, Mark};

pub use client::TcpClient;
pub use pair::{Pair, Pending, Waiter};
pub use server::TcpServer;

/// Takes the correlation key out of a payload that came in; `None` if it has none.
pub type KeyOf = Arc<dyn Fn(&Bytes) -> Option<Bytes> + Send + Sync>;

/// Hears of a line's events. Called in the line's task: it must not block.
pub type LineHandler = Arc<dyn Fn(LineEvent) + Send + Sync>;

/// How connections are held.
#[derive(Clone)]
pub enum Hold {
    /// A connection for each exchange, at most so many at once.
    None {
        /// The most connections at once.
        most: usize,
    },
    /// Connections that live on, each with one exchange at a time.
    OneEach {
        /// How many connections.
        connections: usize,
    },
    /// Connections that live on, each with many exchanges at once, told apart by a key.
    ManyEach {
        /// How many connections.
        connections: usize,
        /// The most exchanges at once on one connection.
        most: usize,
        /// The key in a reply.
        key: KeyOf,
    },
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None { most } => write!(f, "None({most})"),
            Self::OneEach { connections } => write!(f, "OneEach({connections})"),
            Self::ManyEach { connections, most, .. } => write!(f, "ManyEach({connections}, {most})"),
        }
    }
}

/// What a beat waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeatOn {
    /// Nothing was sent or heard.
    Idle,
    /// Nothing was sent.
    Unsent,
    /// Nothing was heard.
    Unheard,
}

/// Signs of life on a held connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// How long before a beat is due.
    pub after: Duration,
    /// Since what.
    pub on: BeatOn,
    /// The line itself sends an empty frame; else [`LineEvent::BeatDue`] asks for an exchange.
    pub empty_frame: bool,
    /// The connection is closed if nothing is heard for so long after a beat was due.
    pub close_after: Option<Duration>,
}

/// Pauses between tries to connect: doubled each time, with up to half of it as chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackOff {
    /// The first pause.
    pub first: Duration,
    /// The longest pause.
    pub most: Duration,
}

impl Default for BackOff {
    fn default() -> Self {
        Self { first: Duration::from_millis(200), most: Duration::from_secs(30) }
    }
}

/// A link on which we connect.
#[derive(Clone, Debug)]
pub struct TcpClientConfig {
    /// `host:port`.
    pub address: String,
    /// TLS, if the link has it.
    pub tls: Option<Arc<TlsClient>>,
    /// How messages are told apart.
    pub frame: FrameConfig,
    /// How connections are held.
    pub hold: Hold,
    /// The most exchanges that wait for a connection; one more is [`crate::CauseKind::Busy`].
    pub waiting: usize,
    /// The limit of making a connection, TLS included.
    pub connect_limit: Duration,
    /// Pauses between tries.
    pub back_off: BackOff,
    /// Signs of life on held connections.
    pub beats: Vec<Beat>,
    /// A held connection is closed on which nothing goes either way for so long, and nothing is under way.
    pub idle: Option<Duration>,
    /// Held connections are made at the start and again after a loss, not only when an exchange needs them; changed by
    /// [`TcpClient::keep_up`].
    pub eager: bool,
    /// A new connection takes exchanges of [`TcpClient::exchange_on`] alone until [`TcpClient::open`]: for
    /// sessions that sign in on every connection.
    pub sign_in: bool,
    /// How long a reply that missed its limit is still listened for; it comes as [`LineEvent::Frame`]. A
    /// connection with one exchange each is occupied meanwhile, and closed after it.
    pub late: Duration,
    /// For whom its connections work: whose share of the core they are polled in. None: in none.
    pub whose: Option<Arc<str>>,
}

impl TcpClientConfig {
    /// A connection for each exchange, at most 64 at once, 10 s to connect; change what differs.
    #[must_use]
    pub fn new(address: impl Into<String>, frame: FrameConfig) -> Self {
        Self {
            address: address.into(),
            tls: None,
            frame,
            hold: Hold::None { most: 64 },
            waiting: 1_024,
            connect_limit: Duration::from_secs(10),
            back_off: BackOff::default(),
            beats: Vec::new(),
            idle: None,
            eager: false,
            sign_in: false,
            late: Duration::ZERO,
            whose: None,
        }
    }
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// The payload.
    pub bytes: Bytes,
    /// The limit for all of it: waiting, connecting, sending, the reply.
    pub until: Mark,
    /// The key of its reply; needed with [`Hold::ManyEach`] and on pairs, ignored elsewhere.
    pub key: Option<Bytes>,
    /// The caller's own mark of the exchange, told with a late reply.
    pub tag: u64,
    /// Asked right before its first octet goes; not given, nothing is sent.
    pub leave: Leave,
}

/// What happens on a line apart from the replies to exchanges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineEvent {
    /// A connection was made.
    Up {
        /// Which line, from 0.
        line: usize,
        /// Which of its connections: no other of the core's has this number.
        connection: u64,
    },
    /// A connection ended, or could not be made.
    Down {
        /// Which line.
        line: usize,
        /// Which of its connections; 0 where none was made.
        connection: u64,
        /// Why.
        cause: Cause,
    },
    /// A beat is due: do an exchange with [`TcpClient::exchange_on`].
    BeatDue {
        /// Which line.
        line: usize,
        /// Which of the beats, from 0.
        beat: usize,
    },
    /// A frame that answers no exchange that still waits.
    Frame {
        /// Which line; 0 for connections of one exchange.
        line: usize,
        /// The payload.
        frame: Bytes,
        /// The tag of the exchange that it is too late for, where that is known.
        late: Option<u64>,
    },
}

/// Limits of connections that others make to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// From the connection (TLS included) to the first byte.
    pub first: Duration,
    /// From an answer, or the last frame, to the next frame's first byte.
    pub idle: Duration,
    /// From a frame's first byte to its last.
    pub frame: Duration,
    /// For the other side to take more of its answers.
    pub write: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(10),
            idle: Duration::from_secs(300),
            frame: Duration::from_secs(10),
            write: Duration::from_secs(10),
        }
    }
}

/// A link on which others connect.
#[derive(Clone, Debug)]
pub struct TcpServerConfig {
    /// `host:port` to listen at; port 0 lets the system choose.
    pub address: String,
    /// TLS, if the link has it.
    pub tls: Option<Arc<TlsServer>>,
    /// How messages are told apart.
    pub frame: FrameConfig,
    /// The most connections at once; more are closed as they come.
    pub connections: usize,
    /// The most frames of one connection that are handled at once; no more are read meanwhile.
    pub pipeline: usize,
    /// Limits of a connection.
    pub limits: ServerLimits,
    /// For whom its connections work: whose share of the core they are polled in. None: in none.
    pub whose: Option<Arc<str>>,
}

impl TcpServerConfig {
    /// Up to 1,024 connections, 16 frames of one at once; change what differs.
    #[must_use]
    pub fn new(address: impl Into<String>, frame: FrameConfig) -> Self {
        Self {
            address: address.into(),
            tls: None,
            frame,
            connections: 1_024,
            pipeline: 16,
            limits: ServerLimits::default(),
            whose: None,
        }
    }
}

/// Who is at the other end of an accepted connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address, `host:port`.
    pub address: Arc<str>,
    /// The connection's number since the listener began, from 1.
    pub connection: u64,
    /// Which of the listener's cores serves it, from 0.
    pub core: usize,
    /// The client certificate that it has shown.
    pub certificate: Option<PeerCertificate>,
}

/// What a frame is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This payload.
    Frame(Bytes),
    /// Nothing.
    Silence,
    /// This payload, then the connection is closed.
    FrameAndClose(Bytes),
    /// The connection is closed after the answers before.
    Close,
}

/// Input that was refused before it was a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub cause: Cause,
    /// The first bytes of what stood in the buffer, at most 64.
    pub head: Bytes,
}

/// Serves the frames of accepted connections.
pub trait FrameService: Send + Sync + 'static {
    /// Handles one frame. Frames of one connection may run at once; their answers leave in order.
    fn handle(&self, peer: &Arc<Peer>, frame: Bytes) -> BoxFuture<'static, Answer>;

    /// Hears of refused input; the connection is closed after it.
    fn refused(&self, peer: &Peer, refused: &Refused) {
        tracing::debug!(peer = %peer.address, cause = %refused.cause, "input refused");
    }
}

/// A service made of one closure.
pub struct ServiceFn<F>(pub F);

impl<F, Fut> FrameService for ServiceFn<F>
where
    F: Fn(Arc<Peer>, Bytes) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    fn handle(&self, peer: &Arc<Peer>, frame: Bytes) -> BoxFuture<'static, Answer> {
        Box::pin((self.0)(Arc::clone(peer), frame))
    }
}

impl<F> fmt::Debug for ServiceFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceFn(..)")
    }
}
