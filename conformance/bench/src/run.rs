//! A run: systems started together, loaded in turn, compared within rounds.
//!
//! In: what is wanted. Out: the rows of the table. Each workload is a module; the systems stand in [`systems`].

mod batch;
mod fair;
mod idle;
mod open;
mod scale;
pub mod systems;
mod w1;
mod w1p;
mod w2;
mod w3;

use crate::load::{Conversation, Measured, Window, load};
use crate::process::Process;
use crate::ratio::Spread;
use crate::table::{Better, Row};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use systems::{Backend, System};

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Short rounds of W2, and of W1 and W3 against the floor.
    pub quick: bool,
    /// Workloads by name; empty: all.
    pub only: Vec<String>,
    /// The binary `tongshi`.
    pub tongshi: PathBuf,
    /// This folder's `configs` and `gateway.yaml`.
    pub sources: PathBuf,
    /// Where keys, journals and logs of this run stand.
    pub folder: PathBuf,
    /// Rounds; none: as the method says.
    pub rounds: Option<usize>,
}

impl Wanted {
    fn takes(&self, workload: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == workload)
    }

    fn rounds(&self, full: usize) -> usize {
        self.rounds.unwrap_or(if self.quick { 5 } else { full })
    }

    fn window(&self, connections: usize) -> Window {
        let (warm, measured) = if self.quick { (200, 600) } else { (500, 2_000) };
        let (warm, measured) = (Duration::from_millis(warm), Duration::from_millis(measured));
        Window { connections, warm, measured }
    }
}

/// Measures all that is wanted.
///
/// # Errors
/// A wrong reply of any system, or one that does not start.
pub fn run(wanted: &Wanted) -> Result<Vec<Row>, String> {
    std::fs::create_dir_all(&wanted.folder)
        .map_err(|error| format!("{}: {error}", wanted.folder.display()))?;
    let mut rows = Vec::new();
    if wanted.takes("w2") || wanted.only.iter().any(|wanted| wanted.starts_with("w2")) {
        rows.extend(w2::rows(wanted)?);
    }
    if !["w1", "w3", "rsa", "w1p", "idle", "scale", "open", "fair", "batch"]
        .iter()
        .any(|workload| wanted.takes(workload))
    {
        return Ok(rows);
    }
    let backend = Backend::start(&wanted.folder, !wanted.quick && wanted.takes("rsa"))?;
    if wanted.takes("w1") {
        rows.extend(w1::rows(wanted, &backend)?);
    }
    if wanted.takes("w3") {
        rows.extend(w3::rows(wanted, &backend)?);
    }
    if !wanted.quick {
        if wanted.takes("rsa") {
            rows.push(w1::rsa(wanted, &backend)?);
        }
        if wanted.takes("w1p") {
            rows.extend(w1p::rows(wanted, &backend)?);
        }
        if wanted.takes("idle") {
            rows.extend(idle::rows(wanted, &backend)?);
        }
        if wanted.takes("scale") {
            rows.extend(scale::rows(wanted, &backend)?);
        }
        if wanted.takes("open") {
            rows.extend(open::rows(wanted, &backend)?);
        }
        if wanted.takes("fair") {
            rows.extend(fair::rows(wanted, &backend)?);
        }
        if wanted.takes("batch") {
            rows.extend(batch::rows(wanted, &backend)?);
        }
    }
    Ok(rows)
}

/// A system with what is said to it.
pub struct Contestant<'s> {
    name: &'static str,
    process: &'s Process,
    address: SocketAddr,
    talk: Box<dyn FnMut() -> Box<dyn Conversation> + 's>,
}

impl<'s> Contestant<'s> {
    /// A system at its own address.
    pub fn new(system: &'s System, talk: impl FnMut() -> Box<dyn Conversation> + 's) -> Self {
        Self::at(system, system.address, talk)
    }

    /// A system at another address of it.
    pub fn at(
        system: &'s System,
        address: SocketAddr,
        talk: impl FnMut() -> Box<dyn Conversation> + 's,
    ) -> Self {
        Self { name: system.name, process: &system.process, address, talk: Box::new(talk) }
    }
}

/// Rounds of one comparison: for each round, what was measured of each contestant.
pub struct Rounds {
    all: Vec<Vec<Measured>>,
}

impl Rounds {
    /// Loads the contestants in turn, the order rotated each round.
    ///
    /// # Errors
    /// A wrong reply.
    pub fn take(rounds: usize, window: Window, contestants: &mut [Contestant<'_>]) -> Result<Self, String> {
        let mut all = Vec::with_capacity(rounds);
        let count = contestants.len();
        for round in 0..rounds {
            let mut measured: Vec<Option<Measured>> = vec![None; count];
            for turn in 0..count {
                let place = (round + turn) % count;
                let Some(one) = contestants.get_mut(place) else { continue };
                let mut conversation = (one.talk)();
                let taken = load(one.address, window, conversation.as_mut(), one.process);
                let taken = taken.map_err(|why| format!("{}: {why}", one.name))?;
                eprintln!(
                    "  round {round} {:<8} {:>8.0}/s  {:>7.2} µs of processor  p50 {:>6.0} µs  p99 {:>6.0} µs",
                    one.name,
                    taken.replies as f64 / taken.seconds,
                    taken.cpu_us,
                    taken.p50_us,
                    taken.p99_us
                );
                if let Some(slot) = measured.get_mut(place) {
                    *slot = Some(taken);
                }
            }
            all.push(measured.into_iter().flatten().collect());
        }
        Ok(Self { all })
    }

    /// Rounds that were taken one by one, as one comparison.
    #[must_use]
    pub fn joined(parts: Vec<Self>) -> Self {
        Self { all: parts.into_iter().flat_map(|part| part.all).collect() }
    }

    /// A figure of one contestant in each round.
    fn figures(&self, place: usize, figure: impl Fn(&Measured) -> f64) -> Vec<f64> {
        self.all.iter().filter_map(|round| round.get(place).map(&figure)).collect()
    }

    /// A figure of two systems in each round.
    fn pairs(&self, ours: usize, theirs: usize, figure: impl Fn(&Measured) -> f64) -> Vec<(f64, f64)> {
        let pair = |round: &Vec<Measured>| Some((figure(round.get(ours)?), figure(round.get(theirs)?)));
        self.all.iter().filter_map(pair).collect()
    }

    /// A row of the table from two systems' figure.
    pub fn compare(
        &self,
        (ours, theirs): (usize, usize),
        figure: impl Fn(&Measured) -> f64,
        unit: &str,
    ) -> Result<crate::table::Measured, String> {
        let pairs = self.pairs(ours, theirs, figure);
        let ratio = Spread::of_ratios(&pairs).ok_or("no round was whole")?;
        let middle = |of: fn(&(f64, f64)) -> f64| {
            Spread::of(&pairs.iter().map(of).collect::<Vec<_>>()).map_or(0.0, |s| s.median)
        };
        let (left, right) =
            (crate::table::short(middle(|pair| pair.0)), crate::table::short(middle(|pair| pair.1)));
        Ok(crate::table::Measured {
            ratio,
            rounds: pairs.len(),
            figures: format!("{left} {unit} against {right} {unit}"),
        })
    }
}

fn row(
    id: &'static str,
    what: &str,
    against: &str,
    (gate, goal): (f64, f64),
    measured: Result<crate::table::Measured, String>,
) -> Row {
    Row { id, what: what.to_owned(), against: against.to_owned(), gate, goal, better: Better::Low, measured }
}
