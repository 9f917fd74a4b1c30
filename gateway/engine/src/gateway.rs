//! A running gateway: everything started in order, stopped in order.
//!
//! In: a version, a deployment, keys, a store, a world. Out: [`Gateway`], used by the binary, the demonstration and the
//! tests alike.

use crate::calendar::Calendar;
use crate::channel::MetricsText;
use crate::deployment::Deployment;
use crate::engine::Engine;
use crate::files::{FileLinks, Reach};
use crate::journal::Journal;
use crate::lines::{LineName, Lines, Told};
use crate::serve::Listening;
use crate::session::Sessions;
use crate::sheet::Spool;
use crate::version::Version;
use adapters::keys::KeyStore;
use arc_swap::ArcSwap;
use dashmap::DashMap;
use dsl::model::LinkKind;
use link::http::HttpServer;
use link::{Core, CoreOwner, World};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use store::{Change, Day, FlowId, Lane, Sealer, Store};
use tokio::sync::{Notify, mpsc};

/// Events of lines that wait to be worked on.
const EVENTS: usize = 4_096;

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal.
    #[error("the journal: {0}")]
    Journal(#[from] store::Fatal),
    /// A link on which we connect.
    #[error(transparent)]
    Line(#[from] crate::lines::LineError),
    /// A listener.
    #[error("{0}")]
    Listen(String),
}

/// What a gateway is started with beside its parts.
#[derive(Clone)]
pub struct Options {
    /// Makes the text of `/metrics`.
    pub metrics: MetricsText,
    /// Reaches servers of files.
    pub reach: Reach,
    /// Seals what stands in the spool, as the journal's bodies are sealed.
    pub sealer: Arc<dyn Sealer>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            metrics: Arc::new(String::new),
            reach: crate::files::reach_none(),
            sealer: Arc::new(store::Clear),
        }
    }
}

/// A running gateway. Dropped, it stops at once, as in a crash; [`Gateway::stop`] lets everything end.
pub struct Gateway {
    engine: Arc<Engine>,
    listening: Vec<(String, String, Listening)>,
    channels: Option<HttpServer>,
    /// Open flows that this version cannot go on with.
    lost: Vec<(FlowId, String)>,
    _core: CoreOwner,
}

impl Gateway {
    /// Starts: journal, lines, sessions, open flows, listeners, clock.
    ///
    /// # Errors
    /// What keeps it from starting; nothing is left running then.
    pub async fn start(
        version: Version,
        deployment: Deployment,
        keys: Arc<dyn KeyStore>,
        store: Box<dyn Store>,
        world: World,
        options: Options,
    ) -> Result<Self, StartError> {
        crate::observe::describe();
        let owner = Core::start(world);
        let core = owner.core();
        let journal = Journal::start(core.clone(), store)?;
        let calendar =
            Calendar { zone_minutes: deployment.zone_minutes(), cut_over: deployment.cut_over_minute() };
        let (tell, told) = mpsc::channel::<Told>(EVENTS);
        let hears = Arc::new(move |event| drop(tell.try_send(event)));
        let version = Arc::new(version);
        let versions = DashMap::new();
        versions.insert(version.hash, Arc::clone(&version));
        let engine = Arc::new(Engine {
            calendar,
            journal,
            keys,
            lines: Lines::new(core.clone(), hears, deployment.limits.message),
            files: FileLinks::new(core.clone(), options.reach),
            spool: Spool::new(deployment.spool.clone(), options.sealer),
            deployment: ArcSwap::from_pointee(deployment),
            current: ArcSwap::new(Arc::clone(&version)),
            versions,
            sessions: Sessions::default(),
            flows: DashMap::new(),
            keyed: DashMap::new(),
            past: DashMap::new(),
            permits: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            changed: Notify::new(),
            core,
        });
        engine.keep_version(&version).await?;
        engine.open_lines(&version)?;
        engine.begin_sessions(&version).await;
        engine.hear_lines(told);
        engine.restore_versions().await?;
        let (count, lost) = engine.recover().await?;
        tracing::info!(count, lost = lost.len(), "open flows brought back");
        let listening = engine.listen().await.map_err(StartError::Listen)?;
        let channels = engine.listen_for_channels(options.metrics).await.map_err(StartError::Listen)?;
        engine.core.spawn(Arc::clone(&engine).clock());
        engine.core.spawn(Arc::clone(&engine).owe());
        Ok(Self { engine, listening, channels: Some(channels), lost, _core: owner })
    }

    /// The engine, for operators' rooms.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The address of the channels' listener.
    #[must_use]
    pub fn channels(&self) -> &str {
        self.channels.as_ref().map_or("", HttpServer::address)
    }

    /// The address that a party's link listens at.
    #[must_use]
    pub fn address(&self, party: &str, link: &str) -> Option<&str> {
        let found = self.listening.iter().find(|(known, name, _)| known == party && name == link);
        found.map(|(.., listening)| listening.address())
    }

    /// Open flows that this version cannot go on with, and why.
    #[must_use]
    pub fn lost(&self) -> &[(FlowId, String)] {
        &self.lost
    }

    /// Takes new adapters and a new deployment for new requests; flows under way keep theirs.
    ///
    /// # Errors
    /// A link that cannot be made, or the journal; the old version stays then.
    pub async fn reload(&self, version: Version, deployment: Deployment) -> Result<(), StartError> {
        let version = Arc::new(version);
        self.engine.keep_version(&version).await?;
        self.engine.deployment.store(Arc::new(deployment));
        self.engine.open_lines(&version)?;
        self.engine.versions.insert(version.hash, Arc::clone(&version));
        self.engine.current.store(Arc::clone(&version));
        self.engine.begin_sessions(&version).await;
        Ok(())
    }

    /// Takes no more asks, lets what was begun end until `limit`, then stops. Open flows go on after the next start.
    pub async fn stop(mut self, limit: Duration) {
        self.engine.stopping.store(true, Ordering::Release);
        let until = self.engine.core.mark().after(limit);
        if let Some(channels) = self.channels.take() {
            channels.drain(until).await;
        }
        for (_, _, listening) in self.listening.drain(..) {
            listening.drain(until).await;
        }
        self.engine.lines.drain(until).await;
    }

    /// Waits until the journal fails, if it ever does.
    pub async fn failed(&self) {
        while !self.engine.broken.load(Ordering::Acquire) {
            self.engine.changed.notified().await;
        }
    }
}

impl Engine {
    async fn keep_version(&self, version: &Version) -> Result<(), store::Fatal> {
        let put = Change::PutVersion { hash: version.hash, source: version.source.to_vec() };
        self.journal.write(Lane::Outcome, Day(0), vec![put]).await.map(drop)
    }

    /// Compiles the versions again that open flows pin, from the sources that the journal keeps (decisions D16). One that
    /// does not compile any more leaves its flows to be named in [`Gateway::lost`].
    async fn restore_versions(self: &Arc<Self>) -> Result<(), store::Fatal> {
        for hash in self.journal.read(|reader| reader.pinned_versions()).await? {
            if self.versions.contains_key(&hash) {
                continue;
            }
            let source = self.journal.read(move |reader| reader.version(&hash)).await?;
            let deployment = self.deployment.load_full();
            let made = self.core.offload(move || {
                let texts = crate::load::texts_of(&source?)?;
                let loaded = crate::load::compile(texts, &deployment).ok()?;
                Version::link(loaded.compiled, loaded.hash, loaded.source, &deployment).ok()
            });
            match made.await.flatten().filter(|version| version.hash == hash) {
                Some(version) => drop(self.versions.insert(hash, Arc::new(version))),
                None => tracing::error!("a version that open flows pin cannot be compiled any more"),
            }
        }
        Ok(())
    }

    /// Opens every link on which we connect and that the deployment gives an address.
    fn open_lines(&self, version: &Arc<Version>) -> Result<(), crate::lines::LineError> {
        for (number, module) in version.compiled.modules.iter().enumerate() {
            let Some(party) = version.parties.get(number) else { continue };
            for (place, link) in module.links.iter().enumerate() {
                if !link.link.connect || matches!(link.link.kind, LinkKind::Sftp | LinkKind::Folder) {
                    continue;
                }
                let own = party.links.get(place).cloned().flatten().map(|config| (None, config));
                let of_members = party.members.values().filter_map(|member| {
                    Some((Some(member.name.clone()), member.links.get(place).cloned().flatten()?))
                });
                for (member, config) in own.into_iter().chain(of_members) {
                    let name =
                        LineName { party: module.name.to_string(), link: link.link.name.to_string(), member };
                    let key = link.link.matches.map(|_| self.key_of_reply(version, number, place));
                    self.lines.open(&name, &link.link, &config, key)?;
                }
            }
        }
        Ok(())
    }

    fn key_of_reply(&self, version: &Arc<Version>, module: usize, link: usize) -> link::tcp::KeyOf {
        let version = Arc::clone(version);
        Arc::new(move |content| {
            let link = version.module(module)?.links.get(link)?;
            crate::message::correlation(&version, module, link, content)
        })
    }

    /// Signs in where a session opens at the start; takes the others from the journal.
    async fn begin_sessions(self: &Arc<Self>, version: &Arc<Version>) {
        for (number, module) in version.compiled.modules.iter().enumerate() {
            if module.sessions.is_empty() {
                continue;
            }
            let members: Vec<String> = version
                .parties
                .get(number)
                .map(|party| party.members.keys().cloned().collect())
                .unwrap_or_default();
            self.resume_session(version, number, None).await;
            for member in members {
                self.resume_session(version, number, Some(&member)).await;
            }
            let opens = module.sessions.iter().any(|session| {
                session.session.open.is_some() && session.session.at_start && !session.session.per_member
            });
            if opens {
                self.sign_in_later(version, number, true);
            }
        }
    }

    fn hear_lines(self: &Arc<Self>, mut told: mpsc::Receiver<Told>) {
        let engine = Arc::clone(self);
        self.core.spawn(async move {
            while let Some(event) = told.recv().await {
                engine.core.spawn(Arc::clone(&engine).line_told(event));
            }
        });
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Gateway").field("channels", &self.channels()).finish_non_exhaustive()
    }
}
