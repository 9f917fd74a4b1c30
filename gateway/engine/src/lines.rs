//! Links on which we begin exchanges, by party: from what the adapter says and the deployment's addresses. We connect, or the
//! other side does and the connection's messages are numbered.
//!
//! In: packets with a time limit. Out: verdicts: a packet, surely not sent, or perhaps sent. Equal settings keep their
//! connections over a reload (decisions D25). It must not know what a packet means.

use crate::Ours;
use crate::deployment::{Clients, LinkConfig, Tls, secret};
use crate::packet::Packet;
use bytes::Bytes;
use dsl::model::{
    Beat as ModelBeat, Frame as ModelFrame, Hold as ModelHold, LineEnd as ModelEnd, Link, LinkKind,
    PrefixKind, Silence, TaggedPlace,
};
use dsl::program::Part;
use link::frame::{
    Counts, Frame, FrameConfig, Garbled, LINE_DIGITS, LengthCode, LengthField, LineEnd, Parts, Sound, Tagged,
    TaggedValue,
};
use link::http::{HttpClient, HttpClientConfig, HttpSizes};
use link::tcp::{Beat, BeatOn, Hold, KeyOf, LineEvent, LineHandler, Request, TcpClient, TcpClientConfig};
use link::tls::{Identity, TlsClient, TlsClientConfig, TlsServer, TlsServerConfig, TlsVersions};
use link::{Cause, CauseKind, Core, Exchanged, Leave, Mark, Sent};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Milliseconds to wait for an answer where the adapter says nothing.
pub const ANSWER_MS: u64 = 30_000;
/// Connections of a link without a bound of its own.
const MOST: u32 = 64;
/// How long a reply that missed its limit is still listened for, where that keeps nothing else waiting.
const LATE: Duration = Duration::from_secs(60);

/// Which link of whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LineName {
    /// The party.
    pub party: Arc<str>,
    /// The link.
    pub link: Arc<str>,
    /// The member, where each has its own address.
    pub member: Option<Arc<str>>,
}

/// What a line tells beside answers.
#[derive(Clone, Debug)]
pub struct Told {
    /// Which link.
    pub name: LineName,
    /// What happened.
    pub event: LineEvent,
}

/// A link cannot be made from the deployment's values.
#[derive(Debug, thiserror::Error)]
#[error("link `{link}` of `{party}`: {why}")]
pub struct LineError {
    /// The party.
    pub party: String,
    /// The link.
    pub link: String,
    /// What is wrong.
    pub why: String,
}

#[derive(Clone)]
enum Line {
    Tcp(TcpClient),
    Http(HttpClient),
    /// A person's browser goes there; this is where the address begins.
    Browsed(String),
}

struct Kept {
    shape: String,
    line: Line,
    /// Its connection is made by itself.
    up: bool,
}

/// A line in whose place another has begun.
pub struct Replaced {
    /// Its name, which the other has now.
    pub name: LineName,
    /// Its connection was made by itself.
    pub up: bool,
}

/// What a line is to be. Nothing of it has begun.
pub struct Planned {
    name: LineName,
    shape: String,
    settings: Settings,
}

enum Settings {
    Tcp(Box<TcpClientConfig>),
    Http(HttpClientConfig),
    Browsed(String),
}

/// What matches answers with asks on a connection that carries many at once.
pub struct Matching {
    /// Finds the key of a message.
    pub key: KeyOf,
    /// What that goes by: a line whose answers are matched by something else is another line.
    pub by: String,
}

/// Hears what lines tell.
pub type Hears = Arc<dyn Fn(Told) + Send + Sync>;

/// All links on which we begin exchanges.
pub struct Lines {
    core: Core,
    hears: Hears,
    most: usize,
    kept: Mutex<HashMap<LineName, Kept, Ours>>,
}

impl Lines {
    /// None yet; `most` octets of a message.
    #[must_use]
    pub fn new(core: Core, hears: Hears, most: usize) -> Self {
        Self { core, hears, most, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<LineName, Kept, Ours>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a line is to be; none where the one that is there has the same settings. `signs_in`: a session is opened on each
    /// connection before anything else goes over it.
    ///
    /// # Errors
    /// Addresses, frames or certificates that cannot work.
    pub fn plan(
        &self,
        name: &LineName,
        link: &Link,
        config: &LinkConfig,
        matching: Option<Matching>,
        signs_in: bool,
    ) -> Result<Option<Planned>, LineError> {
        let (key, by) = matching.map(|matching| (matching.key, matching.by)).unzip();
        let shape = format!(
            "{:?} {:?} {:?} {config:?} {:?} {:?} {:?} {} {signs_in} {by:?}",
            link.kind, link.frame, link.hold, link.beats, link.connect_ms, link.idle_ms, link.garbled_skip
        );
        if self.kept().get(name).is_some_and(|kept| kept.shape == shape) {
            return Ok(None);
        }
        let error =
            |why: String| LineError { party: name.party.to_string(), link: name.link.to_string(), why };
        let address = config.address.clone().ok_or_else(|| error("it has no address".into()))?;
        if link.is_browsed() {
            let scheme = if link.kind == LinkKind::Https { "https" } else { "http" };
            let settings = Settings::Browsed(format!("{scheme}://{address}"));
            return Ok(Some(Planned { name: name.clone(), shape, settings }));
        }
        let tls = client_tls(link.kind, config.tls.as_ref(), &address).map_err(error)?;
        let connect = Duration::from_millis(link.connect_ms.unwrap_or(10_000));
        let most = config.connections.unwrap_or(MOST);
        let settings = match link.kind {
            LinkKind::Tcp => {
                let frame = frame_config(link, self.most);
                frame.check().map_err(|fault| error(fault.to_string()))?;
                let hold = hold(link.hold, most, key).map_err(error)?;
                Settings::Tcp(Box::new(TcpClientConfig {
                    tls,
                    hold,
                    late: late(link.hold),
                    connect_limit: connect,
                    beats: link.beats.iter().copied().map(beat).collect(),
                    idle: link.idle_ms.map(Duration::from_millis),
                    sign_in: signs_in,
                    whose: Some(Arc::clone(&name.party)),
                    ..TcpClientConfig::new(address, frame)
                }))
            }
            LinkKind::Http | LinkKind::Https => {
                let usual = HttpClientConfig::new(address);
                Settings::Http(HttpClientConfig {
                    tls,
                    most: usize::try_from(most).unwrap_or(64),
                    connect_limit: connect,
                    keep: link.idle_ms.map_or(usual.keep, Duration::from_millis),
                    sizes: HttpSizes { content: self.most, ..HttpSizes::default() },
                    ..usual
                })
            }
            LinkKind::Sftp | LinkKind::Folder => return Err(error("it carries files".into())),
        };
        Ok(Some(Planned { name: name.clone(), shape, settings }))
    }

    /// Begins what was planned, in the place of what has the same names: all of it or nothing. Nobody exchanges anything while
    /// only some have begun. Gives what was replaced: its connections end, and nothing tells of that.
    ///
    /// # Errors
    /// Frames that cannot work.
    pub fn begin(&self, planned: Vec<Planned>) -> Result<Vec<Replaced>, LineError> {
        let mut kept = self.kept();
        let mut begun = Vec::with_capacity(planned.len());
        for Planned { name, shape, settings } in planned {
            let line = match settings {
                Settings::Tcp(settings) => {
                    let client = TcpClient::start(&self.core, *settings, self.handler(&name));
                    Line::Tcp(client.map_err(|fault| LineError {
                        party: name.party.to_string(),
                        link: name.link.to_string(),
                        why: fault.to_string(),
                    })?)
                }
                Settings::Http(settings) => Line::Http(HttpClient::new(&self.core, settings)),
                Settings::Browsed(from) => Line::Browsed(from),
            };
            begun.push((name, Kept { shape, line, up: false }));
        }
        let replaced = begun.into_iter().filter_map(|(name, line)| {
            let old = kept.insert(name.clone(), line)?;
            Some(Replaced { name, up: old.up })
        });
        Ok(replaced.collect())
    }

    fn handler(&self, name: &LineName) -> LineHandler {
        let (hears, whose) = (Arc::clone(&self.hears), name.clone());
        Arc::new(move |event| hears(Told { name: whose.clone(), event }))
    }

    /// Listens for the one connection of a link whose messages are numbered; gives its handle and the address that was bound.
    /// Exchanges go over it when it is put there ([`Lines::put`]). `idle`: how long nothing may go either way where the link says nothing.
    ///
    /// # Errors
    /// Addresses, frames or certificates that cannot work.
    pub async fn accept(
        &self,
        name: &LineName,
        link: &Link,
        config: &LinkConfig,
        idle: Duration,
    ) -> Result<(TcpClient, String), String> {
        let unmatched: KeyOf = Arc::new(|_| None);
        // Where signs of life are missed in time, silence needs no other limit.
        let (said, watched) = (
            link.idle_ms.map(Duration::from_millis),
            link.beats.iter().any(|beat| beat.close_after_ms.is_some()),
        );
        let settings = TcpClientConfig {
            hold: hold(ModelHold::Many(1), 1, Some(unmatched))?,
            connect_limit: Duration::from_millis(link.connect_ms.unwrap_or(10_000)),
            beats: link.beats.iter().copied().map(beat).collect(),
            idle: said.or((!watched).then_some(idle)),
            whose: Some(Arc::clone(&name.party)),
            ..TcpClientConfig::new(config.listen.clone().unwrap_or_default(), frame_config(link, self.most))
        };
        let tls = server_tls(config.tls.as_ref())?;
        let accepted = TcpClient::accept(&self.core, settings, tls, self.handler(name)).await;
        accepted.map_err(|error| error.to_string())
    }

    /// Exchanges of a link go over the connection that is listened for.
    pub fn put(&self, name: &LineName, client: &TcpClient) {
        let kept = Kept { shape: String::new(), line: Line::Tcp(client.clone()), up: false };
        self.kept().insert(name.clone(), kept);
    }

    /// Forgets a link that is listened for no more, unless another has its name by now.
    pub fn let_go(&self, name: &LineName, client: &TcpClient) {
        let mut kept = self.kept();
        if let Some(Kept { line: Line::Tcp(known), .. }) = kept.get(name)
            && known.is(client)
        {
            kept.remove(name);
        }
    }

    /// Sends a request and waits until `until` for its answer. `method` is HTTP's, `tag` comes back with a late reply,
    /// `key` matches the answer where a line carries many.
    pub async fn exchange(&self, name: &LineName, packet: &Packet, call: &Sending<'_>) -> Exchanged<Packet> {
        let line = self.kept().get(name).map(|kept| kept.line.clone());
        match line {
            None => Exchanged::NotSent(Cause::told(CauseKind::Stopped, "the link is not there")),
            Some(Line::Tcp(client)) => {
                let request = Request {
                    bytes: packet.content().clone(),
                    until: call.until,
                    key: call.key.clone(),
                    tag: call.tag,
                    leave: call.leave.clone(),
                };
                match (call.answered, call.line) {
                    (true, None) => received(client.exchange(request).await, Packet::of_content),
                    (true, Some(line)) => {
                        received(client.exchange_on(line, request).await, Packet::of_content)
                    }
                    (false, None) => sent(client.send(request).await),
                    (false, Some(line)) => sent(client.send_on(line, request).await),
                }
            }
            Some(Line::Browsed(from)) => {
                let text = |part| String::from_utf8_lossy(packet.part(part)).into_owned();
                let query = text(Part::Query);
                let mark = if query.is_empty() { "" } else { "?" };
                let address = format!("{from}{}{mark}{query}", text(Part::Path));
                Exchanged::Reply(Packet::of_content(Bytes::from(address)))
            }
            Some(Line::Http(client)) => {
                let message = packet.to_http(call.method);
                received(client.exchange_with(&message, call.until, &call.leave).await, Packet::of_http)
            }
        }
    }

    /// Closes one connection, after a beat without answer.
    pub fn close(&self, name: &LineName, line: usize, cause: Cause) {
        self.on_tcp(name, |client| client.close(line, cause));
    }

    /// Closes this connection of a line, unless it has another by now.
    pub fn close_connection(&self, name: &LineName, (line, connection): (usize, u64), cause: Cause) {
        self.on_tcp(name, |client| client.close_connection(line, connection, cause));
    }

    /// The number of the connection that a line has, while it has one.
    #[must_use]
    pub fn connection(&self, name: &LineName, line: usize) -> Option<u64> {
        let mut connection = None;
        self.on_tcp(name, |client| connection = client.connection(line));
        connection
    }

    /// A connection on which the session was opened takes any exchange, unless the line has another by now.
    pub fn signed(&self, name: &LineName, (line, connection): (usize, u64)) {
        self.on_tcp(name, |client| client.open(line, connection));
    }

    /// Whether the link's connection is made by itself, at once and after a loss.
    pub fn keep_up(&self, name: &LineName, up: bool) {
        if let Some(kept) = self.kept().get_mut(name)
            && let Line::Tcp(client) = &kept.line
        {
            client.keep_up(up);
            kept.up = up;
        }
    }

    fn on_tcp(&self, name: &LineName, then: impl FnOnce(&TcpClient)) {
        if let Some(Kept { line: Line::Tcp(client), .. }) = self.kept().get(name) {
            then(client);
        }
    }

    /// Lets all exchanges end, until a mark.
    pub async fn drain(&self, until: Mark) {
        let lines: Vec<Line> = self.kept().values().map(|kept| kept.line.clone()).collect();
        for line in lines {
            if let Line::Tcp(client) = line {
                client.drain(until).await;
            }
        }
    }
}

/// How a packet is sent.
#[derive(Clone, Debug)]
pub struct Sending<'a> {
    /// The limit for all of it.
    pub until: Mark,
    /// Comes back with a late reply.
    pub tag: u64,
    /// An answer is due.
    pub answered: bool,
    /// HTTP's method.
    pub method: &'a str,
    /// What matches the answer.
    pub key: Option<Bytes>,
    /// On this connection of the line.
    pub line: Option<usize>,
    /// Asked right before its first octet goes.
    pub leave: Leave,
}

fn received<T>(verdict: Exchanged<T>, packet: impl Fn(T) -> Packet) -> Exchanged<Packet> {
    match verdict {
        Exchanged::Reply(reply) => Exchanged::Reply(packet(reply)),
        Exchanged::NotSent(cause) => Exchanged::NotSent(cause),
        Exchanged::MaybeSent(cause) => Exchanged::MaybeSent(cause),
    }
}

fn sent(verdict: Sent) -> Exchanged<Packet> {
    match verdict {
        Sent::Whole => Exchanged::Reply(Packet::default()),
        Sent::Not(cause) => Exchanged::NotSent(cause),
        Sent::Maybe(cause) => Exchanged::MaybeSent(cause),
    }
}

fn hold(hold: ModelHold, most: u32, key: Option<KeyOf>) -> Result<Hold, String> {
    let count = |number: u32| usize::try_from(number).unwrap_or(1).max(1);
    Ok(match hold {
        ModelHold::None => Hold::None { most: count(most) },
        ModelHold::Single(connections) => Hold::OneEach { connections: count(connections) },
        ModelHold::Many(connections) => Hold::ManyEach {
            connections: count(connections),
            most: 256,
            key: key
                .ok_or_else(|| "many exchanges on one connection need a fact that matches them".to_owned())?,
        },
    })
}

/// How long a late reply is listened for: of connections that are held for one exchange at a time there are few, and none is kept
/// from the next exchange.
fn late(hold: ModelHold) -> Duration {
    match hold {
        ModelHold::None | ModelHold::Many(_) => LATE,
        ModelHold::Single(_) => Duration::ZERO,
    }
}

fn beat(beat: ModelBeat) -> Beat {
    Beat {
        after: Duration::from_millis(beat.after_ms),
        on: match beat.without {
            Silence::Idle => BeatOn::Idle,
            Silence::Unsent => BeatOn::Unsent,
            Silence::Unheard => BeatOn::Unheard,
        },
        empty_frame: beat.call.is_none(),
        close_after: beat.close_after_ms.map(Duration::from_millis),
    }
}

/// A link's frame with its bound, and what becomes of octets that are none.
#[must_use]
pub fn frame_config(link: &Link, most: usize) -> FrameConfig {
    let sound = match &link.frame {
        ModelFrame::ByTag(form) => {
            let form = form.clone();
            Some(Sound::new(move |text| adapters::codec::sound(&form, text)))
        }
        _ => None,
    };
    let garbled = if link.garbled_skip { Garbled::Skip } else { Garbled::Close };
    FrameConfig { garbled, sound, ..FrameConfig::new(frame(&link.frame), most) }
}

/// The link's frame from the adapter's.
fn frame(frame: &ModelFrame) -> Frame {
    let field = |size: u32, kind: PrefixKind| LengthField {
        code: match kind {
            PrefixKind::Ascii => LengthCode::Digits,
            PrefixKind::Blanks => LengthCode::Blanks,
            PrefixKind::Bcd => LengthCode::Bcd,
            PrefixKind::Big => LengthCode::BigEndian,
            PrefixKind::Little => LengthCode::LittleEndian,
        },
        size: size as usize,
    };
    match frame {
        ModelFrame::None | ModelFrame::UntilClose => Frame::UntilClose,
        ModelFrame::Prefix { size, kind, counts_itself } => {
            Frame::Prefix { field: field(*size, *kind), counts_itself: *counts_itself }
        }
        ModelFrame::PrefixLine { end, counts_itself } => Frame::PrefixLine {
            end: match end {
                ModelEnd::Lf => LineEnd::Lf,
                ModelEnd::CrLf => LineEnd::CrLf,
                ModelEnd::Cr => LineEnd::Cr,
            },
            digits: LINE_DIGITS,
            counts_itself: *counts_itself,
        },
        ModelFrame::InHead { offset, size, kind, head, beside, parts } => Frame::ByHead {
            head: *head as usize,
            offset: *offset as usize,
            field: field(*size, *kind),
            counts: Counts::AfterHead,
            beside: beside.map(|beside| (beside.offset as usize, field(beside.size, beside.kind))),
            parts: parts.map(|parts| Parts {
                offset: parts.offset as usize,
                count: parts.size as usize,
                head: parts.head as usize,
                length_offset: parts.length_offset as usize,
                length: field(parts.length_size, parts.kind),
            }),
        },
        ModelFrame::ByTag(form) => Frame::ByTag(Arc::new(Tagged {
            before: form.before.iter().map(tagged_value).collect(),
            length: tagged_value(&form.length),
            behind: form.behind.iter().map(tagged_value).collect(),
            end: Bytes::copy_from_slice(&form.end),
        })),
        ModelFrame::Fixed(bytes) => Frame::Fixed { bytes: *bytes as usize },
        ModelFrame::Ended(end) => Frame::Ended { end: Bytes::copy_from_slice(end) },
        ModelFrame::Between(start, end) => {
            Frame::Between { start: Bytes::copy_from_slice(start), end: Bytes::copy_from_slice(end) }
        }
    }
}

fn tagged_value(place: &TaggedPlace) -> TaggedValue {
    TaggedValue { mark: Bytes::copy_from_slice(&place.mark), most: place.most as usize }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn identity(tls: &Tls) -> Result<Option<Identity>, String> {
    match (&tls.certificate, &tls.key) {
        (Some(chain), Some(key)) => Ok(Some(Identity { chain: read(chain)?, key: read(key)? })),
        (None, None) => Ok(None),
        _ => Err("a certificate and its key go together".to_owned()),
    }
}

fn client_tls(kind: LinkKind, tls: Option<&Tls>, address: &str) -> Result<Option<Arc<TlsClient>>, String> {
    let Some(tls) = tls else {
        return if kind == LinkKind::Https {
            Err("https needs `tls` with `trust`".to_owned())
        } else {
            Ok(None)
        };
    };
    if tls.proxied {
        return proxied(address).map(|()| None);
    }
    connecting_tls(tls, address).map(Some)
}

/// TLS to a server at this address.
///
/// # Errors
/// Which file, certificate or name does not work.
pub fn connecting_tls(tls: &Tls, address: &str) -> Result<Arc<TlsClient>, String> {
    let config = TlsClientConfig {
        roots: tls.trust.as_deref().map(read).transpose()?.unwrap_or_default(),
        server_name: tls.name.clone(),
        identity: identity(tls)?,
        versions: TlsVersions::default(),
        protocols: Vec::new(),
    };
    TlsClient::new(&config, address).map(Arc::new).map_err(|error| error.to_string())
}

/// Nothing leaves this machine in clear.
fn proxied(address: &str) -> Result<(), String> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|host| host.is_loopback());
    if here {
        Ok(())
    } else {
        Err(format!("`proxied` wants a proxy of this machine, and {address} is another"))
    }
}

/// TLS of a link that listens at this address: https is never spoken in clear, but for a proxy of this machine.
///
/// # Errors
/// Which file or certificate does not work, or that none is named.
pub(crate) fn listening_tls(
    kind: LinkKind,
    tls: Option<&Tls>,
    address: &str,
) -> Result<Option<Arc<TlsServer>>, String> {
    match tls {
        None if kind == LinkKind::Https => {
            Err("https needs `tls` with a certificate and its key, or `tls: { proxied: true }`".to_owned())
        }
        Some(tls) if tls.proxied => proxied(address).map(|()| None),
        tls => server_tls(tls),
    }
}

/// TLS of a listener.
///
/// # Errors
/// Which file or certificate does not work.
pub fn server_tls(tls: Option<&Tls>) -> Result<Option<Arc<TlsServer>>, String> {
    let Some(tls) = tls else { return Ok(None) };
    let identity =
        identity(tls)?.ok_or_else(|| "a listener with TLS needs a certificate and its key".to_owned())?;
    let config = TlsServerConfig {
        identity,
        client_roots: tls.trust.as_deref().map(read).transpose()?,
        anonymous: tls.clients == Clients::Optional,
        versions: TlsVersions::default(),
        protocols: Vec::new(),
    };
    TlsServer::new(&config).map(|server| Some(Arc::new(server))).map_err(|error| error.to_string())
}

/// The secret of a link, if it has one.
///
/// # Errors
/// Which variable or file is missing.
pub fn link_secret(config: &LinkConfig) -> Result<Option<String>, String> {
    config.secret.as_deref().map(secret).transpose()
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Lines").field("lines", &self.kept().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link_of_many() -> Link {
        Link {
            name: "line".into(),
            kind: LinkKind::Tcp,
            connect: true,
            label: "".into(),
            carries: None,
            frame: ModelFrame::Fixed(8),
            hold: ModelHold::Many(1),
            matches: Vec::new(),
            beats: Vec::new(),
            garbled_skip: false,
            unread: None,
            answers_on: None,
            connect_ms: None,
            answer_ms: None,
            idle_ms: None,
            post: None,
            folder: None,
            poll: None,
            once: Vec::new(),
            temporary: false,
            after: dsl::model::AfterFile::Leave,
            tolerate: Vec::new(),
            span: dsl::source::Span::default(),
        }
    }

    #[tokio::test]
    async fn a_line_whose_answers_are_matched_by_something_else_is_another() {
        let owner = Core::start(link::World::real());
        let lines = Lines::new(owner.core(), Arc::new(|_| {}), 100);
        let (name, link) = (LineName::default(), link_of_many());
        let config = LinkConfig { address: Some("127.0.0.1:1".into()), ..LinkConfig::default() };
        let open = |by: &str| {
            let matching = Matching { key: Arc::new(|_| None), by: by.into() };
            let planned = lines.plan(&name, &link, &config, Some(matching), false).unwrap();
            assert!(lines.begin(planned.into_iter().collect()).is_ok());
            match lines.kept().get(&name).map(|kept| kept.line.clone()) {
                Some(Line::Tcp(client)) => Some(client),
                _ => None,
            }
        };
        let same = |one: &Option<TcpClient>, other: &Option<TcpClient>| match (one, other) {
            (Some(one), Some(other)) => one.is(other),
            _ => false,
        };
        let first = open("the serial at octet 4");
        let again = open("the serial at octet 4");
        let moved = open("the serial at octet 8");
        assert!(same(&first, &again));
        assert!(moved.is_some() && !same(&first, &moved));
    }

    #[test]
    fn a_proxy_that_speaks_tls_for_us_is_of_this_machine() {
        let tls = Tls {
            certificate: None,
            key: None,
            trust: None,
            clients: Clients::default(),
            name: None,
            proxied: true,
        };
        let of = |address: &str| client_tls(LinkKind::Https, Some(&tls), address).map(|tls| tls.is_none());
        assert_eq!(of("127.0.0.1:7443"), Ok(true));
        assert_eq!(of("[::1]:7443"), Ok(true));
        assert_eq!(of("localhost:7443"), Ok(true));
        assert!(of("192.0.2.7:443").is_err());
        assert!(of("localhost.example:443").is_err());
        assert!(client_tls(LinkKind::Https, None, "127.0.0.1:7443").is_err());
    }
}
