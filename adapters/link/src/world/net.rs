//! The network: connecting to an address and listening at one.
//!
//! For: TCP and HTTP links, SFTP. In: addresses as `host:port`. Out: [`Stream`]s.
//! Must not know: TLS settings, frames.

use std::io;

use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};

use super::{BoxFuture, Stream};

/// Connecting and listening.
pub trait Net: Send + Sync + 'static {
    /// Connects to `address` (`host:port`). No time limit of its own.
    fn connect<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Stream>>;
    /// Listens at `address`; port 0 lets the system choose.
    fn listen<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Listener>>>;
}

/// A listening address.
pub trait Listener: Send + 'static {
    /// The next connection.
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Stream>>;
    /// The address others connect to, as `host:port`.
    fn address(&self) -> String;
}

/// The operating system's sockets, without Nagle's delay.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealNet;

impl Net for RealNet {
    fn connect<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Stream>> {
        Box::pin(async move {
            let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
            for candidate in lookup_host(address).await? {
                match TcpStream::connect(candidate).await {
                    Ok(socket) => {
                        socket.set_nodelay(true)?;
                        return Ok(Stream::tcp(socket, candidate.to_string()));
                    }
                    Err(error) => last = error,
                }
            }
            Err(last)
        })
    }

    fn listen<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Listener>>> {
        Box::pin(async move {
            let socket = bind(address).await?;
            let address = socket.local_addr()?.to_string();
            Ok(Box::new(RealListener { socket, address }) as Box<dyn Listener>)
        })
    }
}

/// Connections that may wait to be accepted; the system's own bound holds as well. The library's 128 overflow when a
/// city's terminals come back at once, and each that overflows waits a second for its next try.
const WAITING: u32 = 4_096;

async fn bind(address: &str) -> io::Result<TcpListener> {
    let mut last = None;
    for address in lookup_host(address).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(WAITING)) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no address to listen at")))
}

struct RealListener {
    socket: TcpListener,
    address: String,
}

impl Listener for RealListener {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(async move {
            let (socket, peer) = self.socket.accept().await?;
            socket.set_nodelay(true)?;
            Ok(Stream::tcp(socket, peer.to_string()))
        })
    }

    fn address(&self) -> String {
        self.address.clone()
    }
}
