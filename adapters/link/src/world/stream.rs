//! A connection's bytes, whatever carries them, and the count of those the socket has taken.
//!
//! For: all that speaks over a connection. In: a socket, a made stream, or TLS over either. Out: tokio's
//! read and write traits and a [`Taken`] count, by which it is decided whether a request may have left.
//! Must not know: frames, HTTP.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{BufMut, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;

use super::asked::{Asked, Owed};

/// What a made stream must be able to do.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Io for T {}

/// How many bytes the socket of a stream has taken so far; under TLS those of the cipher text.
#[derive(Clone, Debug, Default)]
pub struct Taken(Arc<AtomicU64>);

impl Taken {
    /// Bytes taken since the connection began.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::AcqRel);
    }
}

/// A connection: a TCP socket, a stream made by a simulation, or TLS over one of them.
pub struct Stream {
    inner: Inner,
    taken: Taken,
    /// Where we ask on it.
    owed: Option<Owed>,
    peer: Arc<str>,
}

enum Inner {
    Tcp(TcpStream),
    Asked(Asked),
    Made(Box<dyn Io>),
    Tls(Box<TlsStream<Stream>>),
}

impl Stream {
    /// A stream over a socket; `peer` is the other side's address.
    #[must_use]
    pub fn tcp(socket: TcpStream, peer: impl Into<Arc<str>>) -> Self {
        Self { inner: Inner::Tcp(socket), taken: Taken::default(), owed: None, peer: peer.into() }
    }

    /// A stream over anything that reads and writes.
    #[must_use]
    pub fn made(io: Box<dyn Io>, peer: impl Into<Arc<str>>) -> Self {
        Self { inner: Inner::Made(io), taken: Taken::default(), owed: None, peer: peer.into() }
    }

    /// A stream over an established TLS session; it goes on counting at the socket below.
    pub(crate) fn tls(session: TlsStream<Stream>) -> Self {
        let below = session.get_ref().0;
        let (taken, owed, peer) = (below.taken.clone(), below.owed.clone(), Arc::clone(&below.peer));
        Self { inner: Inner::Tls(Box::new(session)), taken, owed, peer }
    }

    /// The same as a connection that we ask on: no octet of a request arrives when it has long been given up.
    ///
    /// # Errors
    /// The socket does not take what it is told.
    pub fn asked(self) -> io::Result<Self> {
        let Self { inner, taken, peer, .. } = self;
        let owed = Owed::default();
        let inner = match inner {
            Inner::Tcp(socket) => Inner::Asked(Asked::new(socket, owed.clone())?),
            other => other,
        };
        Ok(Self { inner, taken, owed: Some(owed), peer })
    }

    /// What is under way on it.
    #[must_use]
    pub fn owed(&self) -> Owed {
        self.owed.clone().unwrap_or_default()
    }

    /// The count of bytes that the socket has taken.
    #[must_use]
    pub fn taken(&self) -> Taken {
        self.taken.clone()
    }

    /// The other side's address, as `host:port` where there is one.
    #[must_use]
    pub fn peer(&self) -> &Arc<str> {
        &self.peer
    }

    /// The session's facts, if this is TLS.
    pub(crate) fn session(&self) -> Option<&rustls::CommonState> {
        match &self.inner {
            Inner::Tls(session) => Some(session.get_ref().1),
            Inner::Tcp(_) | Inner::Asked(_) | Inner::Made(_) => None,
        }
    }

    /// Moves a socket to the runtime that this is called on; other streams stay as they are.
    ///
    /// # Errors
    /// The runtime's reactor did not take the socket.
    pub fn rehome(self) -> io::Result<Self> {
        let Self { inner, taken, owed, peer } = self;
        let inner = match inner {
            Inner::Tcp(socket) => Inner::Tcp(TcpStream::from_std(socket.into_std()?)?),
            other => other,
        };
        Ok(Self { inner, taken, owed, peer })
    }

    /// Reads what is there into `buffer`, at most `chunk` bytes; zero means the other side has ended.
    ///
    /// An idle socket holds no buffer: room is made only when there is something to read.
    pub fn poll_fill(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut BytesMut,
        chunk: usize,
    ) -> Poll<io::Result<usize>> {
        if buffer.capacity() == buffer.len() {
            match &mut self.inner {
                Inner::Tcp(socket) => ready!(socket.poll_read_ready(context))?,
                Inner::Asked(asked) => ready!(asked.socket().poll_read_ready(context))?,
                Inner::Made(_) | Inner::Tls(_) => {}
            }
            buffer.reserve(chunk);
        }
        let mut window = (&mut *buffer).limit(chunk);
        // The read keeps no state of its own, so a new one at each poll loses nothing.
        let polled = pin!(self.read_buf(&mut window)).poll(context);
        if polled.is_pending() && buffer.is_empty() {
            *buffer = BytesMut::new();
        }
        polled
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.inner {
            Inner::Tcp(_) | Inner::Asked(_) => "tcp",
            Inner::Made(_) => "made",
            Inner::Tls(_) => "tls",
        };
        f.debug_struct("Stream").field("kind", &kind).field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Tcp(socket) => Pin::new(socket).poll_read(context, into),
            Inner::Asked(asked) => Pin::new(asked.socket()).poll_read(context, into),
            Inner::Made(io) => Pin::new(io).poll_read(context, into),
            Inner::Tls(session) => Pin::new(session).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = match &mut self.inner {
            Inner::Tcp(socket) => Pin::new(socket).poll_write(context, from),
            Inner::Asked(asked) => Pin::new(asked.bound()?).poll_write(context, from),
            Inner::Made(io) => Pin::new(io).poll_write(context, from),
            Inner::Tls(session) => return Pin::new(session).poll_write(context, from),
        };
        self.count(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = match &mut self.inner {
            Inner::Tcp(socket) => Pin::new(socket).poll_write_vectored(context, from),
            Inner::Asked(asked) => Pin::new(asked.bound()?).poll_write_vectored(context, from),
            Inner::Made(io) => Pin::new(io).poll_write_vectored(context, from),
            Inner::Tls(session) => return Pin::new(session).poll_write_vectored(context, from),
        };
        self.count(polled)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.inner {
            Inner::Tcp(socket) => socket.is_write_vectored(),
            Inner::Asked(_) => true,
            Inner::Made(io) => io.is_write_vectored(),
            Inner::Tls(session) => session.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Tcp(socket) => Pin::new(socket).poll_flush(context),
            Inner::Asked(asked) => Pin::new(asked.socket()).poll_flush(context),
            Inner::Made(io) => Pin::new(io).poll_flush(context),
            Inner::Tls(session) => Pin::new(session).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Tcp(socket) => Pin::new(socket).poll_shutdown(context),
            Inner::Asked(asked) => Pin::new(asked.socket()).poll_shutdown(context),
            Inner::Made(io) => Pin::new(io).poll_shutdown(context),
            Inner::Tls(session) => Pin::new(session).poll_shutdown(context),
        }
    }
}

impl Stream {
    fn count(&self, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &polled {
            self.taken.add(*bytes);
        }
        polled
    }
}
