//! Where one seed is played: the simulated world, the parties in it, and the gateway, on one node or two.
//!
//! In: the ground and a seed's dice. Out: [`Field`]. What it writes down of the run is the seed's story.

use super::ground::Ground;
use super::knobs::Knobs;
use super::moments::moments;
use super::nodes::{Nodes, Place};
use super::parties::Parties;
use super::planted::Planted;
use super::seed::Fell;
use conformance::faults::{Dice, Network, SimulatedClock};
use engine::waiting::{WaitingFor, Why};
use link::world::{Clock, Mark, Random, SeededRandom};
use link::{Core, CoreOwner};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{FlowId, OperationRow};
use tokio::sync::Notify;

/// Seconds that a gateway makes those wait who ask: some of them shorter than parties may take for an answer.
const WAITS: [u64; 3] = [5, 20, 60];
/// Flows that wait for people, at most.
const WAITING: usize = 10_000;

/// What happened, with its time.
#[derive(Clone)]
pub(super) struct Diary {
    clock: Arc<dyn Clock>,
    zero: Mark,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Diary {
    /// An empty one that begins now.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { zero: clock.mark(), clock, lines: Arc::default() }
    }

    /// Writes a line down.
    pub(super) fn note(&self, text: &str) {
        let ran = self.clock.mark().since(self.zero);
        let line = format!("{:>10.3} s  {text}", ran.as_secs_f64());
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// All lines so far.
    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The field.
pub(super) struct Field<'g> {
    pub(super) ground: &'g Ground,
    pub(super) clock: SimulatedClock,
    pub(super) network: Network,
    pub(super) dice: Dice,
    pub(super) diary: Diary,
    pub(super) nodes: Nodes,
    pub(super) outside: CoreOwner,
    pub(super) parties: Parties<'g>,
    /// A client was told that an end is not known yet.
    pub(super) pending: Arc<Notify>,
    /// A party heard what the seed aims at.
    pub(super) heard: Arc<Notify>,
    /// Flows of which people have decided something: where they come to says nothing of the gateway's own ways.
    pub(super) decided: BTreeSet<FlowId>,
}

impl<'g> Field<'g> {
    /// The parties at work; no gateway yet. `two`: whether there are two nodes, where the dice are not to say.
    pub(super) async fn open(
        ground: &'g Arc<Ground>,
        (seed, knobs): (u64, Knobs),
        clock: SimulatedClock,
        folder: PathBuf,
        (planted, two): (Option<Planted>, Option<bool>),
    ) -> Result<Self, String> {
        let dice = Dice::new(seed);
        let wait = usize::try_from(dice.below(WAITS.len() as u64)).ok();
        let wait = wait.and_then(|wait| WAITS.get(wait)).copied().unwrap_or(60);
        let network = Network::new(clock.clone(), Dice::new(!seed));
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(seed.rotate_left(32)));
        let outside = Core::start(network.world(Arc::clone(&random)));
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let parties = Parties::open(ground, &outside, &folder).await?;
        for actor in &ground.cast {
            let Some(sealed) = &actor.sealed else { continue };
            actor.addresses().for_each(|address| network.is_sealed(address, sealed.clone()));
        }
        for (address, known) in ground.cast.iter().flat_map(moments) {
            network.knows(&address, known);
        }
        let diary = Diary::new(Arc::new(clock.clone()));
        let place = Place {
            ground,
            seed,
            knobs,
            network: &network,
            clock: &clock,
            dice: &dice,
            diary: &diary,
            random: &random,
            outside: &outside,
            folder: &folder,
            planted,
            wait,
            two,
        };
        let nodes = Nodes::of(&place)?;
        Ok(Self {
            ground,
            clock,
            network,
            dice,
            diary,
            nodes,
            outside,
            parties,
            pending: Arc::default(),
            heard: Arc::default(),
            decided: BTreeSet::new(),
        })
    }

    /// Waits in simulated time.
    pub(super) async fn sleep(&self, span: Duration) {
        self.clock.sleep_until(self.clock.mark().after(span)).await;
    }

    /// What went wrong on the lines and in the parties.
    pub(super) fn fell(&self) -> Vec<Fell> {
        let mut all = self.parties.fell();
        for fell in self.network.fell() {
            let whose = self.ground.cast.iter().find(|actor| actor.has(&fell.address));
            let on = whose.map(|actor| (actor.module.clone(), None));
            all.extend(on.map(|on| Fell { at: fell.at, on: Some(on), what: fell.fault.name() }));
        }
        all
    }

    /// What waits for people.
    pub(super) async fn waits(&self) -> Vec<WaitingFor> {
        match self.nodes.at_work() {
            Some(engine) => engine.waiting(FlowId(0), WAITING).await,
            None => Vec::new(),
        }
    }

    /// Flows that have not ended, without those that put files, for which there is no room here. None: nobody is at work.
    pub(super) async fn not_ended(&self) -> Option<Vec<(FlowId, String)>> {
        let engine = self.nodes.at_work()?;
        let read = engine.journal.read(|reader| {
            let (mut after, mut all) = (FlowId(0), Vec::new());
            loop {
                let page = reader.open_flows(after, WAITING)?;
                let Some(last) = page.last() else { return Ok(all) };
                after = last.flow;
                all.extend(page.into_iter().map(|row| (row.flow, row.name)));
            }
        });
        let all = read.await.unwrap_or_default();
        Some(all.into_iter().filter(|(_, name)| !self.ground.puts_files(name)).collect())
    }

    /// What the journal holds of a flow that went wrong goes into the story: how its operations came to be what they are.
    pub(super) async fn tell_of(&self, flow: Option<FlowId>) {
        let (Some(engine), Some(flow)) = (self.nodes.at_work(), flow) else { return };
        let states = engine.journal.read(move |reader| reader.operation_states(flow)).await;
        let operations = engine.journal.read(move |reader| reader.operations(flow)).await;
        for row in states.unwrap_or_default() {
            let at = row.at.0.saturating_sub(self.ground.start.0) / 1_000;
            let (name, state) = (&row.name, row.state);
            self.diary.note(&format!("flow {flow}: {name} {state:?}, copies {}, at {at} ms", row.copies));
        }
        for row in operations.unwrap_or_default() {
            let text = |octets: &Option<Vec<u8>>| {
                String::from_utf8_lossy(octets.as_deref().unwrap_or_default()).into_owned()
            };
            let OperationRow { name, call, serial, .. } = &row;
            let (asked, heard) = (text(&row.request), text(&row.reply));
            self.diary.note(&format!("flow {flow}: {name} by {call} under {serial}: {asked} ⇒ {heard}"));
        }
    }

    /// Waits until every flow has ended but those that wait for people; false where one does not.
    pub(super) async fn settle(&self, limit: Duration) -> bool {
        let until = self.clock.mark().after(limit);
        loop {
            let waits = self.waits().await;
            // What of it goes on by itself is no reason that a flow has not ended.
            let parked = waits.iter().filter(|waits| !matches!(waits.why, Why::Notice { .. }));
            let parked: BTreeSet<_> = parked.map(|waits| waits.flow).collect();
            let open = self.not_ended().await;
            if open.is_some_and(|open| open.iter().all(|(flow, _)| parked.contains(flow))) {
                return true;
            }
            if self.clock.mark() > until {
                return false;
            }
            self.sleep(Duration::from_secs(20)).await;
        }
    }
}
