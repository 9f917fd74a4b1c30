//! One connection on which requests are sent and answers awaited: for suites, and for bad input.

use super::http::{of_http, to_http};
use super::serve::frame;
use super::{PartyConfig, PartyTls};
use crate::scene::{Parts, Scene, evaluate_here};
use bytes::BytesMut;
use dsl::evaluate::Value;
use dsl::model::LinkKind;
use dsl::program::{CallProgram, LinkProgram, Part};
use link::Core;
use link::frame::Framer;
use link::http::{HttpClient, HttpClientConfig};
use link::world::Stream;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Gives a request the path of its call, where it says none itself.
pub fn on_own_path(call: &CallProgram, scene: &Scene, parts: &mut Parts) {
    if let Some(Ok(Value::Text(path))) = call.path.map(|path| evaluate_here(scene, path))
        && parts.get(Part::Path).is_empty()
    {
        parts.set(Part::Path, path.into_owned());
    }
}

/// Method and path of an HTTP link's requests that say none themselves.
#[derive(Clone, Debug)]
pub struct Way {
    method: String,
    path: String,
}

impl Way {
    /// As the link says, from what the scene knows.
    #[must_use]
    pub fn of(link: &LinkProgram, scene: &Scene) -> Self {
        let (method, path) = match &link.post {
            // Where a browser goes, it asks for the page.
            Some((_, path)) if link.link.is_browsed() => ("GET".to_owned(), evaluate_here(scene, *path).ok()),
            Some((method, path)) => (method.to_uppercase(), evaluate_here(scene, *path).ok()),
            None => ("POST".to_owned(), None),
        };
        let path = match path {
            Some(Value::Text(path)) => path.into_owned(),
            _ => "/".to_owned(),
        };
        Way { method, path }
    }

    /// Of a response: neither.
    #[must_use]
    pub fn answer() -> Self {
        Way { method: String::new(), path: String::new() }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// A connection of a link.
pub struct Line {
    core: Core,
    kind: Kind,
}

enum Kind {
    Tcp { stream: Stream, framer: Box<Framer>, incoming: BytesMut, empty_beats: bool },
    Http { client: HttpClient, method: String, path: String },
}

impl Line {
    /// Connects to the link's address.
    ///
    /// # Errors
    /// No address, or nobody there, in words.
    pub async fn open(
        core: &Core,
        link: &LinkProgram,
        config: &PartyConfig,
        tls: &PartyTls,
        way: Way,
    ) -> Result<Self, String> {
        let name = &*link.link.name;
        let address = config.links.get(name).ok_or_else(|| format!("link {name} has no address"))?.clone();
        let client_tls = tls.clients.get(name).cloned();
        let kind = match link.link.kind {
            LinkKind::Http | LinkKind::Https => {
                let Way { method, path } = way;
                let config = HttpClientConfig {
                    tls: client_tls,
                    sizes: super::SIZES,
                    ..HttpClientConfig::new(address)
                };
                Kind::Http { client: HttpClient::new(core, config), method, path }
            }
            LinkKind::Tcp => {
                let connected = core.world().net.connect(&address).await;
                let mut stream = connected.map_err(|error| format!("{address}: {error}"))?;
                if let Some(tls) = client_tls {
                    stream = tls.connect(stream).await.map_err(|error| format!("{address}: {error}"))?;
                }
                let empty_beats = link.link.beats.iter().any(|beat| beat.call.is_none());
                let framer = Box::new(Framer::new(frame(&link.link)));
                Kind::Tcp { stream, framer, incoming: BytesMut::new(), empty_beats }
            }
            LinkKind::Sftp | LinkKind::Folder => return Err(format!("link {name} carries files")),
        };
        Ok(Line { core: core.clone(), kind })
    }

    /// Sends a message and waits for its answer.
    ///
    /// # Errors
    /// The connection ended, or what came is no frame.
    pub async fn exchange(&mut self, parts: &Parts) -> io::Result<Parts> {
        match &mut self.kind {
            Kind::Http { client, method, path } => {
                let until = self.core.mark().after(Duration::from_secs(600));
                let answer = client.exchange(&to_http(parts, method, path), until).await;
                answer.reply().map(of_http).ok_or_else(|| io::ErrorKind::ConnectionAborted.into())
            }
            Kind::Tcp { stream, framer, .. } => {
                let mut out = BytesMut::new();
                framer.encode(parts.get(Part::Content), &mut out).map_err(io::Error::other)?;
                stream.write_all(&out).await?;
                stream.flush().await?;
                if framer.ends_by_close() {
                    stream.shutdown().await?;
                }
                self.hear().await
            }
        }
    }

    /// Sends octets as they are, without a frame; on an HTTP link as the content of a request.
    ///
    /// # Errors
    /// The connection ended.
    pub async fn send_raw(&mut self, octets: &[u8]) -> io::Result<()> {
        match &mut self.kind {
            Kind::Http { .. } => Err(io::Error::other("an HTTP link takes whole requests")),
            Kind::Tcp { stream, .. } => {
                stream.write_all(octets).await?;
                stream.flush().await
            }
        }
    }

    /// Sends no more; what comes can still be heard.
    ///
    /// # Errors
    /// The connection ended.
    pub async fn end(&mut self) -> io::Result<()> {
        match &mut self.kind {
            Kind::Http { .. } => Ok(()),
            Kind::Tcp { stream, .. } => stream.shutdown().await,
        }
    }

    /// The octets of a message with its frame; on an HTTP link its content.
    ///
    /// # Errors
    /// A message that does not fit the frame.
    pub fn framed(&self, parts: &Parts) -> io::Result<Vec<u8>> {
        match &self.kind {
            Kind::Http { .. } => Ok(parts.get(Part::Content).to_vec()),
            Kind::Tcp { framer, .. } => {
                let mut out = BytesMut::new();
                framer.encode(parts.get(Part::Content), &mut out).map_err(io::Error::other)?;
                Ok(out.to_vec())
            }
        }
    }

    /// Whether it carries frames (else HTTP).
    #[must_use]
    pub fn is_framed(&self) -> bool {
        matches!(self.kind, Kind::Tcp { .. })
    }

    /// The next frame that comes.
    ///
    /// # Errors
    /// The connection ended, or what came is no frame.
    pub async fn hear(&mut self) -> io::Result<Parts> {
        let Kind::Tcp { stream, framer, incoming, empty_beats } = &mut self.kind else {
            return Err(io::Error::other("an HTTP link answers requests"));
        };
        loop {
            match framer.decode(incoming).map_err(io::Error::other)? {
                // A sign of life answers nothing.
                Some(frame) if *empty_beats && frame.is_empty() => continue,
                Some(frame) => return Ok(Parts::content(frame)),
                None => {}
            }
            if stream.read_buf(incoming).await? == 0 {
                let last = framer.finish(incoming).map_err(io::Error::other)?;
                return last.map(Parts::content).ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
