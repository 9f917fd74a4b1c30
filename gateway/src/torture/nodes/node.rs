//! One node: a process on its machine, which stands by, holds the journal, dies, and is begun again.
//!
//! In: what all nodes share. Out: its engine while it is at work. It must not know the other node.

use super::Shared;
use crate::torture::ground::{CRASH, CUT_OFF, KILL, LEASE_LOST, PAUSED, TAKEN_OVER};
use crate::torture::planted::Planted;
use conformance::faults::Machine;
use engine::Deployment;
use engine::engine::Engine;
use engine::gateway::{Gateway, Options, StartError};
use engine::load::Recompile;
use engine::senders::{Process, Seen, Witness};
use engine::version::Version;
use link::world::Clock;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use store::{Fatal, MemoryLine, MemoryStore, Opened, Store};
use tokio::sync::Notify;

/// Between two looks of a node that stands by, as the binary's.
const LOOK: Duration = Duration::from_secs(1);
/// How long a process takes to end that cannot go on.
const ENDING: Duration = Duration::from_millis(20);
/// How long a gateway that was dropped may take until nothing of it runs.
const GONE: Duration = Duration::from_secs(600);

/// One of them.
pub(super) struct Node {
    pub(super) name: &'static str,
    pub(super) machine: Machine,
    pub(super) line: MemoryLine,
    pub(super) folder: PathBuf,
    pub(super) shared: Arc<Shared>,
    pub(super) kill: Notify,
    /// The adapters are to be loaded anew.
    pub(super) reload: Notify,
    pub(super) run: Mutex<Run>,
    /// Processes that it has been.
    pub(super) begun: AtomicU32,
    /// What was done to it for a while, by number: the end of an older one is nothing any more.
    pub(super) pauses: AtomicU64,
    pub(super) cuts: AtomicU64,
}

/// The process of now.
#[derive(Default)]
pub(super) struct Run {
    pub(super) lives: bool,
    pub(super) engine: Option<Weak<Engine>>,
}

/// What a process sees of others: it is told when one has gone, as an operator's fence would tell.
struct Sight {
    shared: Arc<Shared>,
    name: &'static str,
    number: u32,
}

impl Witness for Sight {
    /// Both read one deployment: their names are those of their machines.
    fn own(&self, _: &str) -> Process {
        Process { node: self.name.to_owned(), number: self.number, ..Process::default() }
    }

    fn seen(&self, process: &Process) -> Seen {
        let runs = self.shared.state().run.get(&*process.node) == Some(&process.number);
        if runs { Seen::NotYet } else { Seen::Ended }
    }
}

impl Node {
    fn run_now(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, text: &str) {
        let who = self.shared.lease.map_or("the gateway", |_| self.name);
        self.shared.diary.note(&format!("{who}: {text}"));
    }

    /// Its engine, if its journal has not failed.
    pub(super) fn engine(&self) -> Option<Arc<Engine>> {
        let engine = self.run_now().engine.as_ref()?.upgrade();
        engine.filter(|engine| engine.journal.fatal().is_none())
    }

    /// One process after the other.
    pub(super) async fn live(self: Arc<Self>) {
        while !self.shared.state().over {
            self.run_now().lives = true;
            self.shared.begins(self.name, self.begun.fetch_add(1, Ordering::Relaxed) + 1);
            let ended = tokio::select! {
                biased;
                () = self.kill.notified() => Ok(()),
                ended = self.machine.here(self.run()) => ended,
            };
            self.run_now().lives = false;
            if let Err(why) = match ended {
                Ok(()) => self.gone().await,
                Err(why) => Err(why),
            } {
                return self.shared.fail(why);
            }
            self.shared.has_gone(self.name);
            let down = self.shared.dice.span(Duration::from_millis(100), Duration::from_secs(45));
            self.shared.sleep(down).await;
            // A process that is begun anew does not stand still.
            self.goes_on();
            self.note("starts again");
        }
    }

    /// From the start of a process to an end that it comes to by itself.
    async fn run(&self) -> Result<(), String> {
        let shared = &self.shared;
        let store = self.open().await;
        let (version, deployment) = self.edition()?;
        let world = self.machine.world(Arc::clone(&shared.random));
        let keys = Arc::clone(&shared.ground.keys);
        let planted = shared.planted.and_then(Planted::engine);
        let ground = Arc::clone(&shared.ground);
        let recompile: Recompile = Arc::new(move |source, _| ground.recompiled(source));
        let witness = Arc::new(Sight {
            shared: Arc::clone(shared),
            name: self.name,
            number: self.begun.load(Ordering::Relaxed),
        });
        let options = Options { planted, recompile, witness, ..Options::default() };
        let gateway = match Gateway::start(version, deployment, keys, store, world, options).await {
            Ok(gateway) => gateway,
            // A crash of the disk while it starts is a crash like any other.
            Err(StartError::Journal(why)) => {
                self.note(&format!("dies while it starts: {why}"));
                return Ok(());
            }
            Err(why) => return Err(why.to_string()),
        };
        if let Some((flow, why)) = gateway.lost().first() {
            return Err(format!("flow {flow} cannot go on: {why}"));
        }
        self.run_now().engine = Some(Arc::downgrade(gateway.engine()));
        tokio::select! {
            biased;
            () = gateway.failed() => {}
            () = gateway.watch(), if shared.lease.is_some() => {}
            why = self.reloads(&gateway) => return Err(why),
        }
        let fatal = gateway.engine().journal.fatal();
        self.note(&format!("dies: {}", fatal.as_ref().map_or_else(String::new, ToString::to_string)));
        match fatal {
            Some(Fatal::TakenOver { .. }) => shared.fell(LEASE_LOST),
            Some(Fatal::Disk { .. }) | None => {}
            Some(_) => shared.fell(CRASH),
        }
        if shared.lease.is_some() {
            let clock = self.machine.clock();
            clock.sleep_until(clock.mark().after(shared.own.span(Duration::ZERO, ENDING))).await;
        }
        Ok(())
    }

    /// The adapters as they lie on the disk now.
    fn edition(&self) -> Result<(Version, Deployment), String> {
        let edition = self.shared.edition.load(Ordering::Relaxed);
        self.shared.ground.version(edition, &self.folder, self.shared.wait)
    }

    /// Loads the adapters anew whenever it is told to; ends where that cannot be done though the journal can go on.
    async fn reloads(&self, gateway: &Gateway) -> String {
        loop {
            self.reload.notified().await;
            let (version, deployment) = match self.edition() {
                Ok(loaded) => loaded,
                Err(why) => return why,
            };
            match gateway.reload(version, deployment).await {
                Ok(()) => self.note("has loaded the adapters anew"),
                Err(StartError::Journal(why)) => self.note(&format!("cannot load the adapters anew: {why}")),
                Err(why) => return why.to_string(),
            }
        }
    }

    /// Opens the journal; one that the other node holds is waited for.
    async fn open(&self) -> Box<dyn Store> {
        let shared = &self.shared;
        let Some(lease) = shared.lease else { return Box::new(MemoryStore::open(&shared.disk)) };
        let clock = self.machine.clock();
        let monotonic = Shared::monotonic(clock);
        let mut told = false;
        loop {
            if !self.line.is_cut() {
                match MemoryStore::open_leased(&shared.disk, self.name, &self.line, lease, &monotonic) {
                    Opened::Holds(store) => {
                        self.holds(&store);
                        return store;
                    }
                    Opened::Waits { .. } if !told => {
                        self.note("stands by");
                        told = true;
                    }
                    Opened::Waits { .. } => {}
                }
            }
            clock.sleep_until(clock.mark().after(LOOK)).await;
        }
    }

    fn holds(&self, store: &MemoryStore) {
        self.note(&format!("holds the journal, under epoch {}", store.epoch()));
        let before = {
            let mut state = self.shared.state();
            state.leases.extend(store.held());
            state.walls.follow(self.machine.clock());
            state.holder.replace(self.name)
        };
        if before.is_some_and(|before| before != self.name) {
            self.shared.fell(TAKEN_OVER);
        }
    }

    /// Its operator loads the adapters anew, if it is at work.
    pub(super) fn told_to_reload(&self) {
        if self.engine().is_some() {
            self.reload.notify_one();
        }
    }

    pub(super) fn killed(&self) {
        if self.run_now().lives {
            self.shared.fell(KILL);
            self.note("is killed");
            self.kill.notify_one();
        }
    }

    /// Everything on its machine stands still for a while.
    pub(super) fn stand_still(self: &Arc<Self>, span: Duration) {
        self.shared.fell(PAUSED);
        self.note(&format!("stands still for {} s", span.as_secs()));
        self.machine.stop();
        let (node, number) = (Arc::clone(self), self.pauses.fetch_add(1, Ordering::Relaxed) + 1);
        self.shared.outside.spawn(async move {
            node.shared.sleep(span).await;
            // It may have been begun anew meanwhile, or stand still again.
            if node.machine.stands() && node.pauses.load(Ordering::Relaxed) == number {
                node.note("goes on");
                node.goes_on();
            }
        });
    }

    /// Everything on its machine stands still for a while, where the next octets are to leave.
    pub(super) fn stand_before_octets(self: &Arc<Self>, span: Duration) {
        // The commit at which this was planned is answered.
        self.line.mend();
        let node = Arc::clone(self);
        self.machine.before_octets(move || {
            node.note("has octets that leave when it goes on");
            node.stand_still(span);
        });
    }

    /// Its writer does not reach the journal for a while.
    pub(super) fn cut_off(self: &Arc<Self>, span: Duration) {
        self.shared.fell(CUT_OFF);
        self.note(&format!("does not reach the journal for {} s", span.as_secs()));
        self.line.cut();
        let (node, number) = (Arc::clone(self), self.cuts.fetch_add(1, Ordering::Relaxed) + 1);
        self.shared.outside.spawn(async move {
            node.shared.sleep(span).await;
            if node.cuts.load(Ordering::Relaxed) == number {
                node.note("reaches the journal");
                node.line.mend();
            }
        });
    }

    /// It stands still no more. What its writer waited for when it was stopped within a commit has come meanwhile.
    pub(super) fn goes_on(&self) {
        self.line.mend();
        self.machine.go_on();
    }

    /// Waits until nothing of a process that ended runs any more.
    pub(super) async fn gone(&self) -> Result<(), String> {
        let Some(engine) = self.run_now().engine.take() else { return Ok(()) };
        let until = self.shared.clock.mark().after(GONE);
        while engine.strong_count() > 0 {
            if self.shared.clock.mark() > until {
                return Err(format!("{} parts of a gateway that ended still run", engine.strong_count()));
            }
            self.shared.sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}
