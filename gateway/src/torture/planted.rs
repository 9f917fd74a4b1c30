//! Bugs planted on purpose, one after the other: the auditor is real where it finds each of them.
//!
//! In: the ground, seeds. Out: for each bug the first seed that found it, and what was seen; of one by which nobody loses anything
//! and something that is usual never happens any more, what that is.

use super::Wanted;
use super::ground::Ground;
use super::knobs::Knobs;
use super::seed;
use comfy_table::Table;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use engine::planted::Bug;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
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

/// A bug, and what showed it.
pub(crate) struct Found {
    words: &'static str,
    by: Option<Shown>,
}

/// What shows a bug.
enum Shown {
    /// A seed that fails, and why.
    Seed(u64, String),
    /// No seed fails, and an end that many of them reach is reached by none any more.
    Never(String),
}

/// An end that so many seeds reach without a bug is missed where none reaches it with one.
const USUAL: u64 = 10;

/// How many seeds reach which end of which call.
type Reached = BTreeMap<(String, &'static str), u64>;

/// Bugs whose words hold one of the texts, which stand behind each other with commas between; without a text all.
///
/// # Errors
/// In words: a text that stands in none.
fn chosen(texts: &str) -> Result<Vec<Planted>, String> {
    let all: Vec<_> = Bug::all().map(Planted::Engine).chain(DiskBug::ALL.map(Planted::Disk)).collect();
    let holds = |planted: &Planted, text: &str| planted.words().contains(text);
    if let Some(text) = texts.split(',').find(|text| !all.iter().any(|planted| holds(planted, text))) {
        return Err(format!("no bug has `{text}` in its words"));
    }
    Ok(all.into_iter().filter(|planted| texts.split(',').any(|text| holds(planted, text))).collect())
}

/// Plants each bug whose words hold one of the texts and runs seeds until one finds it.
pub(crate) fn plant(
    wanted: &Wanted,
    ground: &Arc<Ground>,
    texts: &str,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<Vec<Found>, String> {
    let all = chosen(texts)?;
    ground.rehearse()?;
    let (next, found, usual) = (AtomicUsize::new(0), Mutex::new(Vec::new()), OnceLock::new());
    let work = |thread: usize| {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(planted) = all.get(place) else { return };
            let began = Instant::now();
            let by = match seeds(wanted, ground, Some(*planted), thread) {
                Ok(reached) => {
                    let usual = usual.get_or_init(|| seeds(wanted, ground, None, thread).unwrap_or_default());
                    missed_end(usual, &reached)
                }
                Err(shown) => Some(shown),
            };
            let words = by.as_ref().map_or_else(|| "not found".to_owned(), Shown::by);
            tell(&format!("{}: {words}, {} s", planted.words(), began.elapsed().as_secs()));
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
    Ok(found.into_iter().map(|(_, found)| found).collect())
}

/// Runs the seeds until one fails; if none does, what they reached.
fn seeds(
    wanted: &Wanted,
    ground: &Arc<Ground>,
    planted: Option<Planted>,
    thread: usize,
) -> Result<Reached, Shown> {
    let mut reached = Reached::new();
    for number in wanted.from..wanted.from + wanted.seeds {
        let end = seed::run(ground, number, Knobs::default(), planted, thread);
        if let Some(why) = end.failures.into_iter().next() {
            return Err(Shown::Seed(number, why));
        }
        for end in end.reached {
            *reached.entry(end).or_default() += 1;
        }
    }
    Ok(reached)
}

/// Of the ends that are usual and were not reached the most usual.
fn missed_end(usual: &Reached, reached: &Reached) -> Option<Shown> {
    let missed = usual.iter().filter(|(end, seeds)| **seeds >= USUAL && !reached.contains_key(*end));
    let ((call, end), seeds) = missed.max_by_key(|(_, seeds)| **seeds)?;
    Some(Shown::Never(format!("{call} is never {end}, which it is in {seeds} seeds without the bug")))
}

impl Shown {
    fn by(&self) -> String {
        match self {
            Self::Seed(seed, _) => format!("seed {seed}"),
            Self::Never(_) => "all seeds".to_owned(),
        }
    }

    fn why(&self) -> &str {
        match self {
            Self::Seed(_, why) | Self::Never(why) => why,
        }
    }
}

/// Bugs that no seed found.
pub(crate) fn missed(found: &[Found]) -> usize {
    found.iter().filter(|found| found.by.is_none()).count()
}

/// As a table for people.
pub(crate) fn show(found: &[Found]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header(["planted bug", "found by", "seen"]);
    for found in found {
        match &found.by {
            Some(shown) => table.add_row([found.words, &shown.by(), shown.why()]),
            None => table.add_row([found.words, "", "not found"]),
        };
    }
    let missed = missed(found);
    format!("{table}\n\n{} bugs planted, {} found, {missed} not", found.len(), found.len() - missed)
}

/// One object for machines.
pub(crate) fn object(found: &[Found]) -> Value {
    let row = |found: &Found| {
        let seed = match found.by {
            Some(Shown::Seed(seed, _)) => Some(seed),
            Some(Shown::Never(_)) | None => None,
        };
        json!({ "bug": found.words, "seed": seed, "seen": found.by.as_ref().map(Shown::why) })
    };
    json!({ "planted": found.iter().map(row).collect::<Vec<_>>(), "missed": missed(found) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bugs_are_chosen_by_their_words() {
        let words =
            |texts: &str| -> Vec<&str> { chosen(texts).unwrap().iter().map(|one| one.words()).collect() };
        let all = Bug::all().count() + DiskBug::ALL.len();
        assert_eq!(words("").len(), all);
        assert_eq!(words("sent again"), ["an intent found at a restart is sent again"]);
        let some = words("sent again,undone");
        assert!(
            some.len() > 1 && some.len() < all && some.iter().any(|one| one.contains("undone")),
            "{some:?}"
        );
        // One that nobody finds by its words any more would pass a campaign unseen.
        assert_eq!(chosen("undone,nothing such").unwrap_err(), "no bug has `nothing such` in its words");
    }
}
