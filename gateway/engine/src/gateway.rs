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
use crate::late::Late;
use crate::lines::{LineError, LineName, Lines, Matching, Replaced, Told};
use crate::load::Recompile;
use crate::numbered::{NumberedLines, is_numbered};
use crate::parameters::Parameters;
use crate::senders::{NoWitness, Senders, Witness};
use crate::serve::Listener;
use crate::session::Sessions;
use crate::session::members::{Holder, holders};
use crate::sheet::Spool;
use crate::verifying::Broken;
use crate::version::Version;
use crate::view::Sealing;
use adapters::keys::KeyStore;
use arc_swap::ArcSwap;
use bytes::Bytes;
use dashmap::DashMap;
use dsl::model::LinkKind;
use link::http::HttpServer;
use link::tcp::LineEvent;
use link::{Core, CoreOwner, World};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Change, Day, FlowId, Lane, Sealer, Store};
use tokio::sync::{Notify, mpsc};

/// How long a listener that a reload has taken away may take to answer what was begun.
const GONE: Duration = Duration::from_secs(60);
/// Between two looks whether the journal is still ours.
const WATCH: Duration = Duration::from_millis(500);
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
    Line(#[from] LineError),
    /// A listener.
    #[error("{0}")]
    Listen(String),
    /// The folder of sheets and files.
    #[error("the spool: {0}")]
    Spool(#[source] std::io::Error),
}

/// What a gateway is started with beside its parts.
#[derive(Clone)]
pub struct Options {
    /// Makes the text of `/metrics`.
    pub metrics: MetricsText,
    /// Reaches servers of files.
    pub reach: Reach,
    /// Seals what stands in the spool, as the journal's bodies are sealed, and marks what limits count by.
    pub sealer: Arc<dyn Sealer>,
    /// Makes programs again of what open flows began in.
    pub recompile: Recompile,
    /// Sees processes end that held the journal before.
    pub witness: Arc<dyn Witness>,
    /// A bug that a campaign of faults plants.
    pub planted: Option<crate::planted::Bug>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            metrics: Arc::new(String::new),
            reach: crate::files::reach_none(),
            sealer: Arc::new(store::Clear),
            recompile: Arc::new(crate::load::recompile),
            witness: Arc::new(NoWitness),
            planted: None,
        }
    }
}

/// A running gateway. Dropped, it stops at once, as in a crash; [`Gateway::stop`] lets everything end.
pub struct Gateway {
    engine: Arc<Engine>,
    listening: Mutex<Vec<Listener>>,
    channels: Mutex<Option<HttpServer>>,
    channels_at: String,
    /// Open flows that this version cannot go on with.
    lost: Vec<(FlowId, String)>,
    _core: CoreOwner,
}

/// Links that a version has otherwise than they are; nobody uses them yet.
#[derive(Default)]
struct PlannedLines {
    lines: Vec<crate::lines::Planned>,
    files: Vec<crate::files::Made>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
            sealing: Sealing { keys: Arc::clone(&keys), random: Arc::clone(&core.world().random) },
            keys,
            lines: Lines::new(core.clone(), hears, deployment.limits.message),
            numbered: NumberedLines::default(),
            late: Late::default(),
            files: FileLinks::new(core.clone(), options.reach),
            spool: Spool::new(deployment.spool.clone(), Arc::clone(&options.sealer)),
            sealer: options.sealer,
            deployment: ArcSwap::from_pointee(deployment),
            current: ArcSwap::new(Arc::clone(&version)),
            versions,
            parameters: Parameters::default(),
            sessions: Sessions::default(),
            rooms: crate::message::Rooms::default(),
            flows: DashMap::new(),
            keyed: DashMap::new(),
            awaited: crate::driver::Awaited::new(),
            past: DashMap::new(),
            restraint: crate::restraint::Restraint::new(core.clone()),
            gates: DashMap::new(),
            permits: crate::engine::Permits::default(),
            recompile: options.recompile,
            senders: Senders::new(options.witness),
            planted: options.planted,
            stopping: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            broken_days: Broken::default(),
            changed: Notify::new(),
            core,
        });
        engine.spool.sweep().map_err(StartError::Spool)?;
        engine.begin_to_send().await?;
        engine.keep_version(&version).await?;
        engine.open_lines(engine.plan_lines(&version)?)?;
        engine.begin_sessions(&version, None).await;
        engine.hear_lines(told);
        engine.read_parameters().await?;
        engine.restore_versions().await?;
        let (count, lost) = engine.recover().await?;
        tracing::info!(count, lost = lost.len(), "open flows brought back");
        let listening = engine.listen(&version, &[]).await.map_err(StartError::Listen)?;
        listening.iter().for_each(|listener| listener.put(&engine));
        let channels = engine.listen_for_channels(options.metrics).await.map_err(StartError::Listen)?;
        engine.core.spawn(Arc::clone(&engine).clock());
        engine.core.spawn(Arc::clone(&engine).owe());
        engine.core.spawn(Arc::clone(&engine).forget_old_days());
        engine.core.spawn(Arc::clone(&engine).verify_days());
        engine.resume_files().await?;
        engine.core.spawn(Arc::clone(&engine).watch_folders());
        Ok(Self {
            engine,
            listening: Mutex::new(listening),
            channels_at: channels.address().to_owned(),
            channels: Mutex::new(Some(channels)),
            lost,
            _core: owner,
        })
    }

    /// The engine, for operators' rooms.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The address of the channels' listener.
    #[must_use]
    pub fn channels(&self) -> &str {
        &self.channels_at
    }

    /// The address that a party's link listens at.
    #[must_use]
    pub fn address(&self, party: &str, link: &str) -> Option<String> {
        let listening = locked(&self.listening);
        let found = listening.iter().find(|listener| listener.party == party && listener.link == link);
        found.map(|listener| listener.listening.address().to_owned())
    }

    /// Open flows that this version cannot go on with, and why.
    #[must_use]
    pub fn lost(&self) -> &[(FlowId, String)] {
        &self.lost
    }

    /// Takes new adapters and a new deployment for new requests; flows under way keep theirs. Listeners whose settings are
    /// the same go on; those that are gone answer what was begun.
    ///
    /// # Errors
    /// A link that cannot be made, a place that cannot be listened at, or the journal; the old version stays then.
    pub async fn reload(&self, version: Version, deployment: Deployment) -> Result<(), StartError> {
        let (engine, version) = (&self.engine, Arc::new(version));
        engine.keep_version(&version).await?;
        // What can fail goes first and leaves nothing behind; behind the lines nothing fails any more.
        let planned = engine.plan_lines(&version)?;
        let known: Vec<(String, String, String)> =
            locked(&self.listening).iter().map(Listener::kept).collect();
        let begun = engine.listen(&version, &known).await.map_err(StartError::Listen)?;
        let replaced = engine.open_lines(planned)?;
        begun.iter().for_each(|listener| listener.put(engine));
        engine.deployment.store(Arc::new(deployment));
        engine.versions.insert(version.hash, Arc::clone(&version));
        let old = engine.current.swap(Arc::clone(&version));
        replaced.iter().for_each(|line| engine.line_replaced(line));
        let gone: Vec<Listener> = {
            let wanted = engine.listeners(&version);
            let mut listening = locked(&self.listening);
            let (kept, gone) = std::mem::take(&mut *listening)
                .into_iter()
                .partition(|listener| wanted.contains(&listener.kept()));
            *listening = kept;
            listening.extend(begun);
            gone
        };
        let until = engine.core.mark().after(GONE);
        for listener in gone {
            engine.core.spawn(listener.drain(Arc::clone(engine), until));
        }
        engine.begin_sessions(&version, Some(&old)).await;
        Ok(())
    }

    /// Takes no more asks, lets what was begun end until `limit`. Open flows go on after the next start.
    pub async fn stop(&self, limit: Duration) {
        self.engine.stopping.store(true, Ordering::Release);
        let until = self.engine.core.mark().after(limit);
        let channels = locked(&self.channels).take();
        if let Some(channels) = channels {
            channels.drain(until).await;
        }
        let listening = std::mem::take(&mut *locked(&self.listening));
        for listener in listening {
            listener.drain(Arc::clone(&self.engine), until).await;
        }
        self.engine.lines.drain(until).await;
        crate::serve::refuse_counted(&self.engine, true);
    }

    /// Whether the journal has failed: the process must end.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.engine.broken.load(Ordering::Acquire)
    }

    /// Waits until the journal fails, if it ever does.
    pub async fn failed(&self) {
        while !self.engine.broken.load(Ordering::Acquire) {
            self.engine.changed.notified().await;
        }
    }

    /// Looks after the journal while nothing is written, which can be lost too when its lease becomes another's. It never
    /// ends; [`Gateway::failed`] does.
    pub async fn watch(&self) {
        loop {
            if let Some(fatal) = self.engine.journal.fatal() {
                self.engine.fail(&fatal);
            }
            let core = &self.engine.core;
            core.world().clock.sleep_until(core.mark().after(WATCH)).await;
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
            self.version_of(hash).await?;
        }
        Ok(())
    }

    /// The version of this hash: the one in memory, else compiled again; none where that cannot be done any more.
    pub(crate) async fn version_of(
        self: &Arc<Self>,
        hash: [u8; 32],
    ) -> Result<Option<Arc<Version>>, store::Fatal> {
        if let Some(version) = self.versions.get(&hash) {
            return Ok(Some(Arc::clone(&version)));
        }
        let source = self.journal.read(move |reader| reader.version(&hash)).await?;
        let (deployment, recompile) = (self.deployment.load_full(), Arc::clone(&self.recompile));
        let made = self.core.offload(move || {
            let loaded = recompile(&source?, &deployment)?;
            Version::link(loaded.compiled, loaded.hash, loaded.source, &deployment).ok()
        });
        let made = made.await.flatten().filter(|version| version.hash == hash).map(Arc::new);
        match &made {
            Some(version) => drop(self.versions.insert(hash, Arc::clone(version))),
            None => tracing::error!("a version that a flow began in cannot be compiled any more"),
        }
        Ok(made)
    }

    /// What is to be of every link on which we connect and that the deployment gives an address.
    fn plan_lines(&self, version: &Arc<Version>) -> Result<PlannedLines, LineError> {
        let mut planned = PlannedLines::default();
        for (number, module) in version.compiled.modules.iter().enumerate() {
            let Some(party) = version.parties.get(number) else { continue };
            for (place, link) in module.links.iter().enumerate() {
                let files = matches!(link.link.kind, LinkKind::Sftp | LinkKind::Folder);
                if !link.link.connect && !files {
                    continue;
                }
                let own = party.links.get(place).cloned().flatten().map(|config| (None, config));
                let of_members = party.members.values().filter_map(|member| {
                    Some((Some(member.name.clone()), member.links.get(place).cloned().flatten()?))
                });
                for (member, config) in own.into_iter().chain(of_members) {
                    let name = LineName { member, ..version.line(number, place, None).into_owned() };
                    if files {
                        planned.files.extend(self.files.make(&name, &link.link, &config)?);
                        continue;
                    }
                    let matched = !link.link.matches.is_empty();
                    let matching = matched.then(|| self.matching(version, number, place));
                    // What is numbered is looked at in its order before anybody gets it.
                    let unmatched = || Matching { key: Arc::new(|_| None), by: String::new() };
                    let matching = if is_numbered(version, &name) { Some(unmatched()) } else { matching };
                    let signs_in = crate::session::connection::at_connect(module) == Some(place);
                    let line = self.lines.plan(&name, &link.link, &config, matching, signs_in)?;
                    planned.lines.extend(line);
                }
            }
        }
        Ok(planned)
    }

    /// Opens what was planned: all of it or nothing. Gives the lines that were replaced.
    fn open_lines(&self, planned: PlannedLines) -> Result<Vec<Replaced>, LineError> {
        let replaced = self.lines.begin(planned.lines)?;
        self.files.put(planned.files);
        Ok(replaced)
    }

    /// How the answers of a link are matched in this version. Asks are matched by the version that is current when they leave, so
    /// both must read the same.
    fn matching(&self, version: &Arc<Version>, module: usize, link: usize) -> Matching {
        let by = version.module(module).and_then(|module| {
            let (program, link) = (&module.program, module.links.get(link)?);
            let read =
                (&program.expressions, &program.codes, &program.wires, &program.formats, &program.chains);
            let by = format!("{:?} {:?} {read:?}", link.link.matches, link.recogniser);
            Some(format!("{:?}", crate::driver::ask_digest(&[by.as_bytes()])))
        });
        let version = Arc::clone(version);
        let key = Arc::new(move |content: &Bytes| {
            let link = version.module(module)?.links.get(link)?;
            crate::message::correlation(&version, module, link, content)
        });
        Matching { key, by: by.unwrap_or_default() }
    }

    /// Signs in where a session opens at the start; takes the others from the journal. `old`: the version before, at a reload: who had
    /// a session there goes on with what holds, which may be newer than the journal.
    async fn begin_sessions(self: &Arc<Self>, version: &Arc<Version>, old: Option<&Arc<Version>>) {
        for (number, module) in version.compiled.modules.iter().enumerate() {
            if module.sessions.is_empty() {
                continue;
            }
            let was = old.and_then(|old| Some((&**old, old.module_named(&module.name)?)));
            let had = was.map(|(old, was)| holders(old, was, |_| true)).unwrap_or_default();
            // What held for a connection held for that one alone.
            let mut sessions = module.sessions.iter().map(|session| &session.session);
            let kept = !sessions.any(|session| session.at_connect || session.numbering.is_some());
            for holder in holders(version, number, |_| true) {
                let name = holder.as_ref().map(|member| &*member.name);
                let same = |known: &Holder| known.as_ref().map(|member| &*member.name) == name;
                match was.filter(|_| had.iter().any(same)) {
                    Some(was) => self.carry_session(was, (version, number), name).await,
                    None if kept => self.resume_session(version, number, name).await,
                    None => {}
                }
            }
            self.sign_in_later(version, number, |session| session.at_start);
        }
    }

    fn hear_lines(self: &Arc<Self>, mut told: mpsc::Receiver<Told>) {
        let engine = Arc::clone(self);
        self.core.spawn(async move {
            while let Some(mut event) = told.recv().await {
                // What a numbered line tells keeps its order.
                if let LineEvent::Up { .. } | LineEvent::Down { .. } = &event.event {
                    engine
                        .numbered_connection(&event.name, matches!(event.event, LineEvent::Up { .. }))
                        .await;
                }
                if let LineEvent::Frame { frame, .. } = &mut event.event {
                    match engine.numbered_frame(&event.name, std::mem::take(frame)).await {
                        Some(other) => *frame = other,
                        None => continue,
                    }
                }
                engine.core.spawn(Arc::clone(&engine).line_told(event));
            }
        });
    }
}

impl Drop for Gateway {
    /// Answers that may be sent again hold the engine that holds them.
    fn drop(&mut self) {
        self.engine.numbered.forget();
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Gateway").field("channels", &self.channels()).finish_non_exhaustive()
    }
}
