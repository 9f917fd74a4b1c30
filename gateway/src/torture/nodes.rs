//! The nodes of a seed: one that holds its journal alone, or two that hold it in turn under a lease, as two processes over one
//! database do. Each is started, dies, and is started again by itself, as under a supervisor.
//!
//! Two nodes stand on a machine each (`conformance::faults::Machine`): a pause lets everything on it stand still while the
//! day goes on. It falls between two steps of its tasks, between a commit and its answer, where an intent is durable and
//! nothing has left yet, or between the look at the lease and the octets that leave on it: these leave when it goes on, however
//! long another is at work by then, and only a quiet time from its certain end, or a party's promise, makes that harmless
//! (money-safety.md, rule 6). In: the field's parts, the dice. Out: [`Nodes`], what befell them. It must not know what is asked.

mod mishap;
mod node;

pub(super) use mishap::Mishap;

use super::client::Asker;
use super::field::Diary;
use super::ground::Ground;
use super::knobs::Knobs;
use super::planted::Planted;
use super::seed::Fell;
use super::walls::Walls;
use conformance::faults::{Dice, Machine, Network, SimulatedClock};
use engine::engine::Engine;
use link::Core;
use link::world::{Clock, Mark, Random};
use mishap::{Chance, Whose, pick};
use node::Node;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{CutAt, Held, MemoryDisk, MemoryLine, Monotonic};
use tokio::sync::Notify;

/// Seeds of ten thousand with two nodes.
const TWO: u16 = 3_000;
/// Pauses of ten thousand at an intent that fall where its octets are to leave.
const AT_OCTETS: u16 = 5_000;
/// Seeds of ten thousand whose disk gives few numbers at once, so that none is at hand when it is full.
const FEW: u16 = 3_000;
/// Seeds of ten thousand in which adapters are loaded anew, and how often at most.
const RELOADED: u16 = 3_000;
const RELOADS: u64 = 3;
/// Their names.
const NAMES: [&str; 2] = ["first", "second"];
/// Lengths of a lease, in seconds.
const LEASES: [u64; 4] = [3, 6, 15, 30];
/// How long a node stands still, at most; and how long its writer does not reach the journal. In seconds.
const PAUSES: [u64; 5] = [4, 20, 90, 1_500, 1_500];
const CUTS: [u64; 4] = [2, 15, 60, 150];
/// How long it may take until a node is at work.
const AT_WORK: Duration = Duration::from_secs(1_800);

/// All nodes of a seed.
pub(super) struct Nodes {
    all: Vec<Arc<Node>>,
    shared: Arc<Shared>,
}

struct Shared {
    ground: Arc<Ground>,
    clock: SimulatedClock,
    /// Of the seed, and of what happens to two nodes alone: with one, a seed throws as if there were no others.
    dice: Dice,
    own: Dice,
    /// Of what changes beside misfortune.
    changes: Dice,
    /// Of where a pause falls.
    places: Dice,
    disk: MemoryDisk,
    diary: Diary,
    random: Arc<dyn Random>,
    planted: Option<Planted>,
    wait: u64,
    /// Of the adapters on the disk.
    edition: AtomicUsize,
    outside: Core,
    /// How long the journal is held without a renewal; none: there is one node, which holds it alone.
    lease: Option<Duration>,
    state: Mutex<State>,
    failed: Notify,
}

#[derive(Default)]
struct State {
    fell: Vec<Fell>,
    failure: Option<String>,
    /// The node that held the journal last.
    holder: Option<&'static str>,
    /// The processes that run, by their nodes: each has a number of its own.
    run: BTreeMap<&'static str, u32>,
    /// What the wall clock of the node at work has shown.
    walls: Walls,
    /// What each process knew of its lease.
    leases: Vec<Held>,
    /// Nothing is started any more.
    over: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fell(&self, what: &'static str) {
        self.state().fell.push(Fell { at: self.clock.mark(), on: None, what });
    }

    fn fail(&self, why: String) {
        self.state().failure.get_or_insert(why);
        self.failed.notify_one();
    }

    async fn sleep(&self, span: Duration) {
        self.clock.sleep_until(self.clock.mark().after(span)).await;
    }

    fn begins(&self, name: &'static str, number: u32) {
        self.state().run.insert(name, number);
    }

    fn has_gone(&self, name: &'static str) {
        self.state().run.remove(name);
    }

    fn monotonic(clock: &SimulatedClock) -> Monotonic {
        let clock = clock.clone();
        Monotonic::of(move || clock.mark().since(Mark(0)))
    }
}

/// What nodes stand on.
pub(super) struct Place<'a> {
    pub(super) ground: &'a Arc<Ground>,
    pub(super) seed: u64,
    pub(super) knobs: Knobs,
    pub(super) network: &'a Network,
    pub(super) clock: &'a SimulatedClock,
    pub(super) dice: &'a Dice,
    pub(super) diary: &'a Diary,
    pub(super) random: &'a Arc<dyn Random>,
    pub(super) outside: &'a Core,
    pub(super) folder: &'a Path,
    pub(super) planted: Option<Planted>,
    /// Seconds that whoever asks is made to wait at most.
    pub(super) wait: u64,
    /// Whether there are two, where the dice are not to say.
    pub(super) two: Option<bool>,
}

impl Nodes {
    /// As many as the dice say; none runs yet.
    pub(super) fn of(place: &Place<'_>) -> Result<Self, String> {
        let own = Dice::new(place.seed.rotate_left(23) ^ 0x7061_7573_6573);
        let two = own.falls(TWO);
        let two = place.two.unwrap_or(two) && !place.knobs.no_second_node;
        let lease = two.then(|| Duration::from_secs(pick(&own, &LEASES)));
        let disk = MemoryDisk::by(Shared::monotonic(place.clock));
        if let Some(Planted::Disk(bug)) = place.planted {
            disk.plant(bug);
        }
        let changes = Dice::new(place.seed.rotate_left(31) ^ 0x6368_616e_6765_7321);
        if changes.falls(FEW) {
            disk.give_few(1 + changes.below(40));
        }
        let shared = Arc::new(Shared {
            ground: Arc::clone(place.ground),
            clock: place.clock.clone(),
            dice: place.dice.clone(),
            own,
            changes,
            places: Dice::new(place.seed.rotate_left(41) ^ 0x6f63_7465_7473_2121),
            disk,
            diary: place.diary.clone(),
            random: Arc::clone(place.random),
            planted: place.planted,
            wait: place.wait,
            edition: AtomicUsize::new(0),
            outside: place.outside.clone(),
            lease,
            state: Mutex::default(),
            failed: Notify::new(),
        });
        shared.state().walls.follow(place.clock);
        let mut all = Vec::new();
        for name in NAMES.into_iter().take(if two { 2 } else { 1 }) {
            let folder = if two { place.folder.join(name) } else { place.folder.to_owned() };
            std::fs::create_dir_all(folder.join("spool"))
                .map_err(|error| format!("{}: {error}", folder.display()))?;
            let clock = if two { place.clock.another() } else { place.clock.clone() };
            all.push(Arc::new(Node {
                name,
                machine: Machine::new(place.network, name, clock),
                line: MemoryLine::default(),
                folder,
                shared: Arc::clone(&shared),
                kill: Notify::new(),
                reload: Notify::new(),
                run: Mutex::default(),
                begun: AtomicU32::new(0),
                pauses: AtomicU64::new(0),
                cuts: AtomicU64::new(0),
            }));
        }
        Ok(Self { all, shared })
    }

    /// The disk that all stand on.
    pub(super) fn disk(&self) -> &MemoryDisk {
        &self.shared.disk
    }

    /// Begins them all, and waits until one is at work.
    pub(super) async fn start(&self) -> Result<(), String> {
        for node in &self.all {
            self.shared.outside.spawn(Arc::clone(node).live());
        }
        self.ready().await
    }

    /// Waits until one is at work.
    pub(super) async fn ready(&self) -> Result<(), String> {
        let until = self.shared.clock.mark().after(AT_WORK);
        while self.at_work().is_none() {
            if let Some(why) = self.shared.state().failure.clone() {
                return Err(why);
            }
            if self.shared.clock.mark() > until {
                return Err("no node is at work".to_owned());
            }
            self.shared.sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// The engine at work: of the node that holds the journal.
    pub(super) fn at_work(&self) -> Option<Arc<Engine>> {
        self.working().and_then(|node| node.engine())
    }

    fn working(&self) -> Option<&Arc<Node>> {
        let epoch = |node: &&Arc<Node>| node.engine().map(|engine| engine.journal.epoch());
        self.all.iter().filter(|node| node.engine().is_some()).max_by_key(epoch)
    }

    fn whose(&self, whose: Whose) -> Option<&Arc<Node>> {
        let working = self.working();
        match whose {
            Whose::AtWork => working,
            Whose::Other => self.all.iter().find(|node| working.is_none_or(|known| known.name != node.name)),
        }
    }

    /// Waits until something happens to a node that must not.
    pub(super) async fn failed(&self) -> String {
        loop {
            if let Some(why) = self.shared.state().failure.clone() {
                return why;
            }
            self.shared.failed.notified().await;
        }
    }

    /// Kills a node.
    pub(super) fn kill(&self) {
        let whose = if self.all.len() > 1 { Whose::of(&self.shared.own) } else { Whose::AtWork };
        if let Some(node) = self.whose(whose) {
            node.killed();
        }
    }

    /// When adapters are loaded anew within a span, by the dice.
    pub(super) fn reloads(&self, within: Duration, knobs: Knobs) -> Vec<Duration> {
        let dice = &self.shared.changes;
        let times = if dice.falls(RELOADED) { 1 + dice.below(RELOADS) } else { 0 };
        let all = (0..times).map(|_| dice.span(Duration::ZERO, within)).collect();
        if knobs.no_reloads { Vec::new() } else { all }
    }

    /// The adapters change on the disk, and the node at work loads them anew.
    pub(super) fn reload(&self) {
        self.shared.edition.fetch_add(1, Ordering::Relaxed);
        if let Some(node) = self.working() {
            node.told_to_reload();
        }
    }

    /// Sets a wall clock: of one node of two, or of the whole day.
    pub(super) fn set_clock(&self, micros: i64) {
        if self.all.len() > 1 {
            self.drift(Whose::of(&self.shared.own), micros);
        } else {
            self.shared.clock.set_by(micros);
            self.shared.state().walls.follow(&self.shared.clock);
        }
    }

    fn drift(&self, whose: Whose, micros: i64) {
        if let Some(node) = self.whose(whose) {
            node.note(&format!("its wall clock is set by {} ms", micros / 1_000));
            node.machine.clock().set_by(micros);
            let mut state = self.shared.state();
            if state.holder == Some(node.name) {
                state.walls.follow(node.machine.clock());
            }
        }
    }

    /// What befalls two nodes within a span, by the dice.
    pub(super) fn schedule(&self, within: Duration, knobs: Knobs) -> Vec<(Duration, Mishap)> {
        let (dice, mut all) = (&self.shared.own, Vec::new());
        if self.all.len() < 2 {
            return all;
        }
        // Commits are counted from the beginning, where the most is under way.
        let mut at = |what: Mishap| {
            let most = if what.at_a_commit() { within / 16 } else { within };
            all.push((dice.span(Duration::ZERO, most), what));
        };
        for _ in 0..1 + dice.below(3) {
            at(Mishap::Pause(Chance::of(dice, &PAUSES)));
        }
        for _ in 0..dice.below(3) {
            at(Mishap::Cut(Chance::of(dice, &CUTS)));
        }
        for _ in 0..dice.below(3) {
            let micros = i64::try_from(dice.below(60_000_000)).unwrap_or(0) - 30_000_000;
            at(Mishap::Drift(Whose::of(dice), micros));
        }
        all.retain(|(_, what)| match what {
            Mishap::Pause(_) => !knobs.no_pauses,
            Mishap::Cut(_) => !knobs.no_cut_offs,
            Mishap::Drift(..) => !knobs.no_clock_steps,
        });
        all
    }

    /// Lets something befall a node.
    pub(super) fn befall(&self, what: Mishap) {
        let (chance, pauses) = match what {
            Mishap::Pause(chance) => (chance, true),
            Mishap::Cut(chance) => (chance, false),
            Mishap::Drift(whose, micros) => return self.drift(whose, micros),
        };
        let Some(node) = self.whose(chance.whose).map(Arc::clone) else { return };
        let begin = move |node: &Arc<Node>| {
            if pauses { node.stand_still(chance.span) } else { node.cut_off(chance.span) }
        };
        match chance.commit {
            None => begin(&node),
            Some((at, before)) => {
                let line = node.line.clone();
                let octets = pauses && at == CutAt::Intent && self.shared.places.falls(AT_OCTETS);
                line.cut_after(at, before, move || {
                    if octets { node.stand_before_octets(chance.span) } else { begin(&node) }
                });
            }
        }
    }

    /// The node at work stands still, where another can take over.
    pub(super) fn pause(&self, span: Duration) {
        if let Some(node) = self.working().filter(|_| self.all.len() > 1) {
            node.stand_still(span);
        }
    }

    /// The writer of the node at work does not reach the journal, where another can take over.
    pub(super) fn cut_off(&self, span: Duration) {
        if let Some(node) = self.working().filter(|_| self.all.len() > 1) {
            node.cut_off(span);
        }
    }

    /// A node that stands still goes on while the other is at work; where none stands still, the one at work does.
    pub(super) fn pause_or_go_on(&self, span: Duration) {
        let working = self.working().map(|node| node.name);
        match self.all.iter().find(|node| node.machine.stands()) {
            Some(node) if working.is_some_and(|working| working != node.name) => {
                node.note("goes on while the other is at work");
                node.goes_on();
            }
            Some(_) => {}
            None => self.pause(span),
        }
    }

    /// Waits until no node stands still any more, then lets nothing befall them further.
    pub(super) async fn heal(&self) -> Result<(), String> {
        while self.all.iter().any(|node| node.machine.stands()) {
            self.shared.sleep(Duration::from_secs(1)).await;
        }
        for node in &self.all {
            node.line.no_cut();
            node.goes_on();
        }
        self.ready().await
    }

    /// Whom a client asks: the address that moves with the node at work, or each by its own.
    pub(super) fn asked_by(&self, asker: Asker) -> Asker {
        if self.all.len() < 2 || self.shared.own.falls(5_000) {
            return asker;
        }
        let own = self.all.iter().map(|node| format!("{}/{}", node.name, self.shared.ground.channels));
        asker.at(own.collect())
    }

    /// What befell them.
    pub(super) fn fell(&self) -> Vec<Fell> {
        self.shared.state().fell.clone()
    }

    /// What the wall clock of the node at work has shown.
    pub(super) fn walls(&self) -> Walls {
        self.shared.state().walls.clone()
    }

    /// What was refused to a node behind the end of its lease: writes, and leave to send.
    pub(super) fn refused_late(&self) -> [(&'static str, u64); 2] {
        let sends = self.shared.state().leases.iter().map(Held::missed).sum();
        [("late write refused", self.shared.disk.fenced()), ("late send held back", sends)]
    }

    /// Commits whose sync failed, of which nobody was told.
    pub(super) fn syncs_failed(&self) -> (&'static str, u64) {
        ("failed sync", self.shared.disk.syncs_failed())
    }

    /// Two that wrote at a time: what an older holder wrote stands behind what a newer one did.
    pub(super) fn split(&self) -> Option<String> {
        let under = self.shared.disk.written_under();
        let late = under.windows(2).find(|pair| matches!(pair, [before, next] if next <= before))?;
        Some(format!("two nodes wrote at a time: {late:?} are the epochs of writes in their order"))
    }

    /// Ends them all, as in a crash.
    pub(super) async fn end(&self) -> Result<(), String> {
        self.shared.state().over = true;
        for node in &self.all {
            node.machine.go_on();
            node.kill.notify_one();
            node.gone().await?;
        }
        Ok(())
    }
}
