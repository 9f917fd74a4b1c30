//! HTTP links, versions 1.1 and 2, over connections that are ours to count.
//!
//! For: the engine and the simulators. In: plain messages with whole contents, and limits. Out: plain messages,
//! and of each exchange whether its request may have left. Must not know: what a message means, forms, JSON.

mod chunks;
mod client;
mod convert;
mod head;
mod one;
mod pool;
mod server;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::tcp::Peer;
use crate::tls::{TlsClient, TlsServer};
use crate::world::BoxFuture;

pub use client::HttpClient;
pub use server::HttpServer;

/// A request or a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpMessage {
    /// The status of a response; 0 in a request, 200 is written for 0 in a response.
    pub status: u16,
    /// The method of a request; empty in a response.
    pub method: String,
    /// The path of a request, percent-coded as on the wire.
    pub path: String,
    /// What follows `?`, percent-coded as on the wire; empty if there is none.
    pub query: String,
    /// Names and values in order. Names are in lower case when received.
    pub headers: Vec<(String, Bytes)>,
    /// The whole content.
    pub content: Bytes,
}

impl HttpMessage {
    /// A POST of a content.
    #[must_use]
    pub fn post(path: impl Into<String>, content: impl Into<Bytes>) -> Self {
        Self { method: "POST".into(), path: path.into(), content: content.into(), ..Self::default() }
    }

    /// A response with a content.
    #[must_use]
    pub fn response(status: u16, content: impl Into<Bytes>) -> Self {
        Self { status, content: content.into(), ..Self::default() }
    }

    /// The first value of a header, whatever the case of its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&Bytes> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Which version a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum HttpVersion {
    /// 1.1.
    #[default]
    Http1,
    /// 2, also without TLS.
    Http2,
    /// What TLS agrees on (`protocols` of the TLS settings); 1.1 if nothing.
    Negotiated,
}

/// The most bytes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpSizes {
    /// Of the first line and the headers, at least 8 KiB.
    pub head: usize,
    /// Of the content.
    pub content: usize,
}

impl Default for HttpSizes {
    fn default() -> Self {
        Self { head: 64 * 1024, content: 4 * 1024 * 1024 }
    }
}

/// A link on which we send requests.
#[derive(Clone, Debug)]
pub struct HttpClientConfig {
    /// `host:port`.
    pub address: String,
    /// TLS, if the link has it.
    pub tls: Option<Arc<TlsClient>>,
    /// The version.
    pub version: HttpVersion,
    /// The most connections at once (version 1.1), or exchanges at once (version 2).
    pub most: usize,
    /// The most exchanges that wait for a connection; one more is [`crate::CauseKind::Busy`].
    pub waiting: usize,
    /// The limit of making a connection, TLS included.
    pub connect_limit: Duration,
    /// How long an unused connection is kept; zero: each exchange has its own.
    pub keep: Duration,
    /// The most bytes of a response.
    pub sizes: HttpSizes,
}

impl HttpClientConfig {
    /// Up to 64 connections kept for 30 s, 10 s to connect; change what differs.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            tls: None,
            version: HttpVersion::Http1,
            most: 64,
            waiting: 1_024,
            connect_limit: Duration::from_secs(10),
            keep: Duration::from_secs(30),
            sizes: HttpSizes::default(),
        }
    }
}

/// A link on which others send requests.
#[derive(Clone, Debug)]
pub struct HttpServerConfig {
    /// `host:port` to listen at; port 0 lets the system choose.
    pub address: String,
    /// TLS, if the link has it.
    pub tls: Option<Arc<TlsServer>>,
    /// The most connections at once; more are closed as they come.
    pub connections: usize,
    /// For TLS, and for each head, counted from when the connection is free for it: so also the idle limit.
    pub head_limit: Duration,
    /// For each content to arrive.
    pub content_limit: Duration,
    /// The most bytes of a request.
    pub sizes: HttpSizes,
    /// For whom its connections work: whose share of the core they are polled in. None: in none.
    pub whose: Option<Arc<str>>,
}

impl HttpServerConfig {
    /// Up to 1,024 connections, 30 s for a head, 30 s for a content; change what differs.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            tls: None,
            connections: 1_024,
            head_limit: Duration::from_secs(30),
            content_limit: Duration::from_secs(30),
            sizes: HttpSizes::default(),
            whose: None,
        }
    }
}

/// Serves requests.
pub trait HttpService: Send + Sync + 'static {
    /// Answers one request.
    fn handle(&self, peer: &Arc<Peer>, request: HttpMessage) -> BoxFuture<'static, HttpMessage>;
}

/// A service made of one closure.
pub struct HttpServiceFn<F>(pub F);

impl<F, Fut> HttpService for HttpServiceFn<F>
where
    F: Fn(Arc<Peer>, HttpMessage) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = HttpMessage> + Send + 'static,
{
    fn handle(&self, peer: &Arc<Peer>, request: HttpMessage) -> BoxFuture<'static, HttpMessage> {
        Box::pin((self.0)(Arc::clone(peer), request))
    }
}

impl<F> fmt::Debug for HttpServiceFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpServiceFn(..)")
    }
}
