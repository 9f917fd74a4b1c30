//! Bugs planted on purpose, one after the other: the auditor is real where it finds each of them.
//!
//! In: the ground, seeds. Out: for each bug the first seed that found it, and what was seen.

use super::Wanted;
use super::ground::Ground;
use super::knobs::Knobs;
use super::seed;
use comfy_table::Table;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use engine::planted::Bug;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use store::DiskBug;

/// A planted bug.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Planted {
    /// In the engine.
    Engine(Bug),
    /// In the journal's disk.
    Disk(DiskBug),
}

impl Planted {
    pub(super) fn engine(self) -> Option<Bug> {
        match self {
            Planted::Engine(bug) => Some(bug),
            Planted::Disk(_) => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Planted::Engine(bug) => bug.words(),
            Planted::Disk(bug) => bug.words(),
        }
    }
}

/// A bug, and by which seed it was found, with what was seen.
pub(crate) struct Found {
    words: &'static str,
    by: Option<(u64, String)>,
}

/// Plants each bug and runs seeds until one finds it.
pub(crate) fn plant(wanted: &Wanted, ground: &Arc<Ground>, tell: &(dyn Fn(&str) + Sync)) -> Vec<Found> {
    let all: Vec<Planted> = Bug::all().map(Planted::Engine).chain(DiskBug::ALL.map(Planted::Disk)).collect();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = |thread: usize| {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(planted) = all.get(place) else { return };
            let began = Instant::now();
            let by = (wanted.from..wanted.from + wanted.seeds).find_map(|number| {
                let end = seed::run(ground, number, Knobs::default(), Some(*planted), thread);
                end.failures.into_iter().next().map(|why| (number, why))
            });
            let seed = by.as_ref().map_or_else(|| "not found".to_owned(), |(seed, _)| format!("seed {seed}"));
            tell(&format!("{}: {seed}, {} s", planted.words(), began.elapsed().as_secs()));
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.push((place, Found { words: planted.words(), by }));
        }
    };
    std::thread::scope(|scope| {
        let work = &work;
        for thread in 1..wanted.threads.max(1) {
            scope.spawn(move || work(thread));
        }
        work(0);
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, found)| found).collect()
}

/// Bugs that no seed found.
pub(crate) fn missed(found: &[Found]) -> usize {
    found.iter().filter(|found| found.by.is_none()).count()
}

/// As a table for people.
pub(crate) fn show(found: &[Found]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header(["planted bug", "seed", "seen"]);
    for found in found {
        match &found.by {
            Some((seed, why)) => table.add_row([found.words, &seed.to_string(), why]),
            None => table.add_row([found.words, "", "not found"]),
        };
    }
    let missed = missed(found);
    format!("{table}\n\n{} bugs planted, {} found, {missed} not", found.len(), found.len() - missed)
}

/// One object for machines.
pub(crate) fn object(found: &[Found]) -> Value {
    let row = |found: &Found| {
        let (seed, why) = found.by.as_ref().map_or((None, None), |(seed, why)| (Some(seed), Some(why)));
        json!({ "bug": found.words, "seed": seed, "seen": why })
    };
    json!({ "planted": found.iter().map(row).collect::<Vec<_>>(), "missed": missed(found) })
}
