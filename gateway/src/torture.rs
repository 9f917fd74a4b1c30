//! The campaign of simulated faults: the real engine and the flows of the repository's adapters between simulated parties,
//! all in one process on one thread, under a network, a disk and a clock that a seed lets go wrong; then two ledgers and the
//! answers that clients got are compared.
//!
//! In: adapters, the plan of the campaign (`conformance/faults/torture.yaml`: data alone), seeds. Out: what was reached and
//! what was lost, doubled or falsely answered; of a seed that fails the shortest story that still does. It must not know
//! any counterparty by name.

mod addresses;
mod aim;
mod audit;
mod client;
mod ends;
mod field;
mod ground;
mod kill;
mod knobs;
mod moments;
mod moods;
mod nodes;
mod parties;
mod people;
mod plan;
mod planted;
mod report;
mod schedule;
mod seed;
mod tally;
mod walls;

pub(crate) use ground::Ground;
pub(crate) use kill::kill;
pub(crate) use planted::{missed, object as planted_object, plant, show as show_planted};
pub(crate) use report::{Campaign, object, show};

use knobs::Knobs;
use seed::SeedEnd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Failing seeds that are told with their stories; behind them the campaign ends.
const TOLD: usize = 3;

/// What keeps the journal of a gateway that is a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum StoreKind {
    /// A file.
    Sqlite,
    /// A server of the campaign's own.
    Postgres,
}

/// What is asked of a campaign.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Folder with the adapters.
    pub(crate) configs: PathBuf,
    /// Folder of the conformance room: plan and worlds.
    pub(crate) conformance: PathBuf,
    /// Where worlds are made; emptied first.
    pub(crate) folder: PathBuf,
    /// The first seed.
    pub(crate) from: u64,
    /// How many.
    pub(crate) seeds: u64,
    /// Postings of each seed; none: the dice say.
    pub(crate) postings: Option<u64>,
    /// On real sockets, for a gateway that is a process of its own.
    pub(crate) real: bool,
    /// Threads, each with a seed at a time.
    pub(crate) threads: usize,
    /// Each seed is run twice, and the two runs must be one.
    pub(crate) twice: bool,
}

/// Runs all seeds. `tell` is called with the number of seeds that are through.
pub(crate) fn run(
    wanted: &Wanted,
    ground: &Arc<Ground>,
    tell: &(dyn Fn(u64) + Sync),
) -> Result<Campaign, String> {
    let began = Instant::now();
    ground.rehearse()?;
    let (next, through, full) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let campaign = Mutex::new(Campaign::default());
    let work = |thread: usize| {
        while !full.load(Ordering::Relaxed) {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= wanted.seeds {
                return;
            }
            let end = one(ground, wanted.from + place, thread, wanted.twice);
            let mut campaign = campaign.lock().unwrap_or_else(PoisonError::into_inner);
            campaign.add(end);
            full.store(campaign.failing.len() >= TOLD, Ordering::Relaxed);
            drop(campaign);
            tell(through.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    std::thread::scope(|scope| {
        let work = &work;
        for thread in 1..wanted.threads.max(1) {
            scope.spawn(move || work(thread));
        }
        work(0);
    });
    let mut campaign = campaign.into_inner().unwrap_or_else(PoisonError::into_inner);
    campaign.took = began.elapsed();
    campaign.complete(ground);
    Ok(campaign)
}

/// One seed; where it fails, with the story of the fewest things that still make it fail.
fn one(ground: &Arc<Ground>, seed: u64, thread: usize, twice: bool) -> SeedEnd {
    let end = seed::run(ground, seed, Knobs::default(), None, thread);
    if !end.failures.is_empty() {
        return shortest(ground, end, thread);
    }
    if twice {
        let again = seed::run(ground, seed, Knobs::default(), None, thread);
        if again.mark != end.mark {
            let mut end = end;
            let first = end.story.iter().zip(&again.story).find(|(one, other)| one != other);
            let words = first.map_or_else(String::new, |(one, other)| format!(": `{one}` and `{other}`"));
            end.failures.push(format!("two runs of the seed are not one{words}"));
            return end;
        }
    }
    end
}

/// Turns one thing after the other off, and leaves it off where the seed still fails.
fn shortest(ground: &Arc<Ground>, first: SeedEnd, thread: usize) -> SeedEnd {
    let (mut kept, mut best) = (Knobs::default(), first);
    for turned in Knobs::fewer() {
        let tried = kept.and(turned);
        let end = seed::run(ground, best.seed, tried, None, thread);
        if !end.failures.is_empty() {
            (kept, best) = (tried, end);
        }
    }
    best.knobs = kept;
    best
}
