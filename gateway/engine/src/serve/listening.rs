//! The listeners of links on which parties ask us: which a version has, how they begin and end, and how what comes on them is
//! handed on.
//!
//! In: a version with its deployment. Out: listeners; frames and requests as packets. It must not know what a message says.

use super::{Said, Serving, refuse};
use crate::deployment::LinkConfig;
use crate::engine::Engine;
use crate::lines::LineName;
use crate::numbered::is_numbered;
use crate::packet::Packet;
use crate::version::Version;
use bytes::Bytes;
use dsl::model::{Beat, Link, LinkKind};
use dsl::program::LinkProgram;
use link::BoxFuture;
use link::http::{HttpMessage, HttpServer, HttpServerConfig, HttpService, HttpSizes};
use link::tcp::{Answer, FrameService, Peer, Refused, ServerLimits, TcpClient, TcpServer, TcpServerConfig};
use std::sync::Arc;
use std::time::Duration;

/// A link that others connect to.
pub enum Listening {
    /// Frames.
    Tcp(TcpServer),
    /// HTTP.
    Http(HttpServer),
    /// One connection whose messages are numbered: either side begins exchanges on it.
    Line {
        /// Its handle.
        client: TcpClient,
        /// The address that was bound.
        address: String,
    },
}

impl Listening {
    /// The address that it listens at.
    #[must_use]
    pub fn address(&self) -> &str {
        match self {
            Self::Tcp(server) => server.address(),
            Self::Http(server) => server.address(),
            Self::Line { address, .. } => address,
        }
    }
}

/// Serves one link of one party.
struct Edge {
    engine: Arc<Engine>,
    party: Arc<str>,
    link: Arc<str>,
    /// The sign of life that is an empty frame, where there is one.
    beat: Option<Beat>,
}

/// A link of a party that is listened on.
pub struct Listener {
    /// The party.
    pub party: String,
    /// The link.
    pub link: String,
    /// What the deployment says of it; another text is another listener.
    shape: String,
    /// The listener.
    pub listening: Listening,
}

impl Listener {
    /// Party, link and settings: what is equal is kept over a reload.
    #[must_use]
    pub fn kept(&self) -> (String, String, String) {
        (self.party.clone(), self.link.clone(), self.shape.clone())
    }

    /// Where the link's messages are numbered, exchanges go over the connection that is listened for.
    pub(crate) fn put(&self, engine: &Engine) {
        if let Listening::Line { client, .. } = &self.listening {
            engine.lines.put(&self.name(), client);
        }
    }

    fn name(&self) -> LineName {
        LineName { party: self.party.as_str().into(), link: self.link.as_str().into(), member: None }
    }

    /// Takes nothing more, answers what was begun.
    pub async fn drain(self, engine: Arc<Engine>, until: link::Mark) {
        let name = self.name();
        match self.listening {
            Listening::Tcp(server) => server.drain(until).await,
            Listening::Http(server) => server.drain(until).await,
            Listening::Line { client, .. } => {
                client.drain(until).await;
                engine.lines.let_go(&name, &client);
            }
        }
    }
}

impl Engine {
    /// Links on which a version listens: party, link, settings.
    #[must_use]
    pub fn listeners(&self, version: &Version) -> Vec<(String, String, String)> {
        self.wanted(version)
            .map(|(party, link, config)| {
                (party.name.to_string(), link.link.name.to_string(), shape(link, &config))
            })
            .collect()
    }

    fn wanted<'v>(
        &self,
        version: &'v Version,
    ) -> impl Iterator<Item = (&'v dsl::program::ModuleProgram, &'v LinkProgram, LinkConfig)> {
        version.compiled.modules.iter().enumerate().flat_map(move |(number, module)| {
            module.links.iter().enumerate().filter_map(move |(place, link)| {
                let config = version.parties.get(number)?.links.get(place).cloned().flatten()?;
                (!link.link.connect && config.listen.is_some()).then_some((&**module, link, config))
            })
        })
    }

    /// Listens on every link that parties connect to, but for those that are known already.
    ///
    /// # Errors
    /// Which link cannot be listened on; nothing that was begun here is left then.
    pub async fn listen(
        self: &Arc<Self>,
        version: &Arc<Version>,
        known: &[(String, String, String)],
    ) -> Result<Vec<Listener>, String> {
        let mut all = Vec::new();
        let name =
            |party: &str, link: &str| LineName { party: party.into(), link: link.into(), member: None };
        // What is numbered comes last: from then on the other side's connection is that of another listener.
        let mut wanted: Vec<_> = self.wanted(version).collect();
        wanted.sort_by_key(|(module, link, _)| is_numbered(version, &name(&module.name, &link.link.name)));
        for (module, link, config) in wanted {
            let (party, name) = (module.name.to_string(), link.link.name.to_string());
            let shape = shape(link, &config);
            if known.contains(&(party.clone(), name.clone(), shape.clone())) {
                continue;
            }
            let told = |why: String| format!("link `{name}` of `{party}`: {why}");
            let edge = Arc::new(Edge {
                engine: Arc::clone(self),
                party: party.as_str().into(),
                link: name.as_str().into(),
                beat: link.link.empty_beat(),
            });
            let own = LineName { party: party.as_str().into(), link: name.as_str().into(), member: None };
            let listening = if is_numbered(version, &own) {
                self.listen_numbered(&own, &link.link, &config).await
            } else {
                self.listen_one(link, &config, edge).await
            };
            let listening = listening.map_err(told)?;
            all.push(Listener { party, link: name, shape, listening });
        }
        Ok(all)
    }

    async fn listen_numbered(
        &self,
        name: &LineName,
        link: &Link,
        config: &LinkConfig,
    ) -> Result<Listening, String> {
        let (client, address) = self.lines.accept(name, link, config, ServerLimits::default().idle).await?;
        Ok(Listening::Line { client, address })
    }

    async fn listen_one(
        self: &Arc<Self>,
        link: &LinkProgram,
        config: &LinkConfig,
        edge: Arc<Edge>,
    ) -> Result<Listening, String> {
        let cores = vec![self.core.clone()];
        let address = config.listen.clone().unwrap_or_default();
        let tls = crate::lines::listening_tls(link.link.kind, config.tls.as_ref(), &address)?;
        let connections = config.connections.and_then(|most| usize::try_from(most).ok());
        let most = self.deployment.load().limits.message;
        // A party that makes much work does not keep the others waiting.
        let whose = Some(Arc::clone(&edge.party));
        match link.link.kind {
            LinkKind::Tcp => {
                let own = TcpServerConfig::new(address, crate::lines::frame_config(&link.link, most));
                let connections = connections.unwrap_or(own.connections);
                let limits = ServerLimits { idle: idle(&link.link, own.limits.idle), ..own.limits };
                let settings = TcpServerConfig { tls, connections, limits, whose, ..own };
                let server = TcpServer::start(cores, settings, edge).await;
                server.map(Listening::Tcp).map_err(|error| error.to_string())
            }
            LinkKind::Http | LinkKind::Https => {
                let own = HttpServerConfig::new(address);
                let connections = connections.unwrap_or(own.connections);
                let sizes = HttpSizes { content: most, ..own.sizes };
                let head_limit = idle(&link.link, own.head_limit);
                let settings = HttpServerConfig { tls, connections, sizes, head_limit, whose, ..own };
                let server = HttpServer::start(cores, settings, edge).await;
                server.map(Listening::Http).map_err(|error| error.to_string())
            }
            LinkKind::Sftp | LinkKind::Folder => Err("files are not listened for".to_owned()),
        }
    }
}

/// How long a connection may be idle that others made: as the link says, or until their signs of life are missed.
fn idle(link: &Link, usual: Duration) -> Duration {
    let beats = link.beats.iter();
    let beats = beats.filter_map(|beat| Some(beat.after_ms.saturating_add(beat.close_after_ms?)));
    let said = link.idle_ms.into_iter().chain(beats).min();
    said.map_or(usual, Duration::from_millis)
}

/// What makes a listener another one.
fn shape(link: &LinkProgram, config: &LinkConfig) -> String {
    let Link { kind, frame, beats, garbled_skip, idle_ms, .. } = &link.link;
    format!("{kind:?} {frame:?} {beats:?} {garbled_skip} {idle_ms:?} {config:?}")
}

impl FrameService for Edge {
    fn handle(&self, peer: &Arc<Peer>, frame: Bytes) -> BoxFuture<'static, Answer> {
        // An empty frame says that the other side is there. Where it may not be missed for long, it hears the same of us.
        if let Some(beat) = self.beat.filter(|_| frame.is_empty()) {
            let answer = if beat.close_after_ms.is_some() { Answer::Frame(frame) } else { Answer::Silence };
            return Box::pin(std::future::ready(answer));
        }
        let serving = self.serving(peer);
        Box::pin(async move {
            match serving.packet(Packet::of_content(frame)).await {
                Said::Packet(packet) => Answer::Frame(packet.content().clone()),
                Said::Nothing => Answer::Silence,
                Said::Unanswerable => Answer::Close,
            }
        })
    }

    fn refused(&self, peer: &Peer, refused: &Refused) {
        let link = format!("{}.{}", self.party, self.link);
        refuse(&self.engine, &link, &peer.address, &refused.cause.to_string(), &refused.head);
    }
}

impl HttpService for Edge {
    fn handle(&self, peer: &Arc<Peer>, request: HttpMessage) -> BoxFuture<'static, HttpMessage> {
        let serving = self.serving(peer);
        Box::pin(async move {
            match serving.packet(Packet::of_http(request)).await {
                Said::Packet(packet) => {
                    HttpMessage { path: String::new(), query: String::new(), ..packet.to_http("") }
                }
                Said::Nothing => HttpMessage::response(204, Bytes::new()),
                Said::Unanswerable => HttpMessage::response(400, Bytes::new()),
            }
        })
    }
}

impl Edge {
    fn serving(&self, peer: &Arc<Peer>) -> Serving {
        Serving::of(&self.engine, Arc::clone(&self.party), Arc::clone(&self.link), Arc::clone(&peer.address))
    }
}
