//! The octets to and from a server: over a unix socket, TCP, or TLS over TCP. Each read and write has a limit of time,
//! so that a server that went away in silence is noticed.

use super::Server;
use crate::sql::Fault;
use postgres_protocol::message::frontend;
use rustls::{ClientConnection, StreamOwned};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

/// The most that connecting may take, and one read or write after that.
const CONNECT: Duration = Duration::from_secs(5);
pub(super) const WAIT: Duration = Duration::from_secs(30);

pub(super) enum Socket {
    Unix(UnixStream),
    Tcp(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Socket {
    pub(super) fn open(server: &Server) -> std::result::Result<Self, Fault> {
        if server.host.starts_with('/') {
            let socket = UnixStream::connect(format!("{}/.s.PGSQL.{}", server.host, server.port))?;
            socket.set_read_timeout(Some(WAIT))?;
            socket.set_write_timeout(Some(WAIT))?;
            return Ok(Self::Unix(socket));
        }
        let mut socket = connected(server)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(WAIT))?;
        socket.set_write_timeout(Some(WAIT))?;
        let Some(tls) = &server.tls else { return Ok(Self::Tcp(socket)) };
        let mut asked = bytes::BytesMut::new();
        frontend::ssl_request(&mut asked);
        socket.write_all(&asked)?;
        let mut answer = [0_u8];
        socket.read_exact(&mut answer)?;
        if answer != *b"S" {
            return Err(Fault::failed("the server speaks no TLS"));
        }
        let mut session = ClientConnection::new(Arc::clone(&tls.config), tls.name.clone())
            .map_err(|error| Fault::failed(format!("TLS: {error}")))?;
        session.complete_io(&mut socket).map_err(|error| match error.kind() {
            ErrorKind::InvalidData => Fault::failed(format!("TLS: {error}")),
            _ => Fault::from(error),
        })?;
        Ok(Self::Tls(Box::new(StreamOwned::new(session, socket))))
    }

    /// The most that a read may take from now on; none: as long as it takes.
    pub(super) fn wait_for_answers(&self, most: Option<Duration>) -> Result<()> {
        match self {
            Self::Unix(socket) => socket.set_read_timeout(most),
            Self::Tcp(socket) => socket.set_read_timeout(most),
            Self::Tls(socket) => socket.sock.set_read_timeout(most),
        }
    }

    /// Whether nobody on the way can read what is sent.
    pub(super) fn is_private(&self) -> bool {
        !matches!(self, Self::Tcp(_))
    }
}

fn connected(server: &Server) -> Result<TcpStream> {
    let mut last = Error::new(ErrorKind::NotFound, format!("{} has no address", server.host));
    for address in (server.host.as_str(), server.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Read for Socket {
    fn read(&mut self, octets: &mut [u8]) -> Result<usize> {
        match self {
            Self::Unix(socket) => socket.read(octets),
            Self::Tcp(socket) => socket.read(octets),
            Self::Tls(socket) => socket.read(octets),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, octets: &[u8]) -> Result<usize> {
        match self {
            Self::Unix(socket) => socket.write(octets),
            Self::Tcp(socket) => socket.write(octets),
            Self::Tls(socket) => socket.write(octets),
        }
    }

    fn flush(&mut self) -> Result<()> {
        match self {
            Self::Unix(socket) => socket.flush(),
            Self::Tcp(socket) => socket.flush(),
            Self::Tls(socket) => socket.flush(),
        }
    }
}
