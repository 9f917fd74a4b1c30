//! `tongshi check`: all diagnostics of a set of adapters, or of one among them.
//!
//! In: a folder. Out: what is wrong, and what was looked at. What the same checker found sound before, of the same texts, is not
//! looked at again (`check/known.rs`). It must not judge anything itself.

mod kept;
mod known;

use super::{Exit, files, say, warn};
use clap::Args;
use conformance::laws::Laws;
use dsl::check::{Checked, Sources, check_after};
use dsl::diagnostics::{Colour, Diagnostic, Severity, render_all};
use known::Known;
use serde_json::{Value, json};
use std::cell::Cell;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Instant;

/// Arguments of `tongshi check`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi check                    all adapters under configs\n  tongshi check configs/power-dongguan\n                                   one of them, with what it needs of the others\n  tongshi check configs --json     one object for machines\n  tongshi check --anew             all of it again\n\nWhat is sound is kept in ~/.cache/tongshi, or where TONGSHI_CACHE says, and looked at again when any text that it hangs on has changed."
)]
pub(crate) struct Check {
    /// Folder with the adapters, or one adapter's folder among others
    #[arg(default_value = "configs")]
    folder: PathBuf,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Leave out what is no error
    #[arg(long)]
    quiet: bool,
    /// Look at everything, also at what an earlier check found sound; keep nothing
    #[arg(long)]
    anew: bool,
    #[arg(skip)]
    tried: Cell<Tried>,
}

/// What was run beside the compiler's own rules.
#[derive(Clone, Copy, Default)]
struct Tried {
    examples: usize,
    trips: usize,
    /// Of these trips, those that were made by an earlier check.
    trips_known: usize,
}

impl Check {
    pub(crate) fn run(&self) -> Exit {
        let began = Instant::now();
        let (root, only) = files::among(&self.folder);
        let wanted = |folder: &str| only.as_deref().is_none_or(|only| only == folder);
        let sources = match files::read(&root) {
            Ok(sources) => sources,
            Err(error) => {
                warn(&format!("tongshi check: {error}"));
                return Exit::Machine;
            }
        };
        if sources.folders.is_empty() {
            let folder = self.folder.display();
            warn(&format!("tongshi check: {folder}: no adapter, neither `*.tongshi` nor folders of them"));
            return Exit::Machine;
        }
        let known = Known::new(self.anew);
        let mut checked = check_after(&sources, &known, only.is_some().then_some(&wanted));
        let of_others = |problem: &Diagnostic| {
            let place = sources.map.place(problem.primary.span);
            problem.severity != Severity::Error && !place.is_some_and(|(path, _)| wanted(files::folder(path)))
        };
        checked.problems.retain(|problem| !of_others(problem));
        let shown = conformance::examples::run(&sources, &checked, &root, wanted);
        let tried = |folder: &str| wanted(folder) && !checked.known.contains(folder);
        let laws = conformance::laws::run(&checked, tried);
        keep(&known, &checked, &laws);
        checked.problems.extend(shown.iter().filter_map(conformance::examples::Shown::diagnostic));
        checked.problems.extend(laws.broken.iter().map(conformance::laws::Broken::diagnostic));
        let parties = checked.known.iter().filter(|folder| wanted(folder));
        let trips_known = parties.map(|folder| known.trips(folder)).sum();
        let trips = laws.round_trips.values().sum::<usize>() + trips_known;
        self.tried.set(Tried { examples: shown.len(), trips, trips_known });
        let counts = Counts::of(&checked, wanted);
        if self.json {
            say(&object(&sources, &checked, &counts, self.tried.get(), began).to_string());
        } else {
            self.show(&sources, &checked, &counts, began);
        }
        if checked.has_errors() { Exit::NotSo } else { Exit::Well }
    }

    fn show(&self, sources: &Sources, checked: &Checked, counts: &Counts, began: Instant) {
        let colour = if std::io::stdout().is_terminal() { Colour::Coloured } else { Colour::Plain };
        let shown: Vec<Diagnostic> = checked
            .problems
            .iter()
            .filter(|problem| !self.quiet || problem.severity == Severity::Error)
            .cloned()
            .collect();
        if !shown.is_empty() {
            say(&render_all(&sources.map, &shown, colour));
        }
        say(&format!(
            "{} adapters, {} messages, {} fields, {} flows{}, {} examples, {} round trips{}, {} assumed · {} errors, {} lints · {} ms",
            counts.adapters,
            counts.messages,
            counts.fields,
            counts.flows,
            of_before(checked.flows_known),
            self.tried.get().examples,
            self.tried.get().trips,
            of_before(self.tried.get().trips_known),
            counts.assumed,
            errors(checked),
            checked.problems.len() - errors(checked),
            began.elapsed().as_millis()
        ));
        say(if checked.has_errors() {
            "The adapters do not compile. `tongshi explain CODE` shows the page of a diagnostic."
        } else if counts.messages == 0 && counts.flows == 0 {
            "Nothing was found to check: no call of a party and no flow stands there. What a party is asked goes into its folder as `call`, what it asks as `serve`; \
             a family is checked with the adapters that `use` it."
        } else {
            "All is well: every name is known, every value fits, every message comes back as it was sent, every flow ends whole on every path."
        });
    }
}

/// How many of those that were counted an earlier check had looked at.
fn of_before(known: usize) -> String {
    if known == 0 { String::new() } else { format!(" ({known} known)") }
}

/// Keeps what was tried and is sound: parties of which every message has its program in every variant, and came back.
fn keep(known: &Known, checked: &Checked, laws: &Laws) {
    for (folder, trips) in laws.round_trips.iter().filter(|_| checked.lowered) {
        if !laws.broken.iter().any(|broken| broken.party == *folder) {
            known.keep_party(folder, *trips);
        }
    }
}

fn errors(checked: &Checked) -> usize {
    checked.problems.iter().filter(|problem| problem.severity == Severity::Error).count()
}

struct Counts {
    adapters: usize,
    messages: usize,
    fields: usize,
    flows: usize,
    assumed: usize,
}

impl Counts {
    fn of(checked: &Checked, wanted: impl Fn(&str) -> bool) -> Self {
        let modules = || checked.model.modules.iter().filter(|module| wanted(&module.folder));
        let messages = || modules().flat_map(|module| &module.messages);
        Self {
            adapters: modules().filter(|module| module.party.is_some()).count(),
            messages: messages().count(),
            fields: messages().map(|message| message.fields.len()).sum(),
            flows: modules().map(|module| module.flows.len()).sum(),
            assumed: modules().map(|module| module.assumed.len()).sum(),
        }
    }
}

fn object(sources: &Sources, checked: &Checked, counts: &Counts, tried: Tried, began: Instant) -> Value {
    let problem = |problem: &Diagnostic| {
        let (path, line, column) = sources
            .map
            .place(problem.primary.span)
            .map_or(("", 0, 0), |(path, place)| (path, place.line, place.column));
        json!({
            "code": problem.code.to_string(), "severity": problem.severity.word(), "title": problem.title,
            "file": path, "line": line, "column": column, "notes": problem.notes, "help": problem.help,
        })
    };
    let of = |error: bool| {
        checked
            .problems
            .iter()
            .filter(|problem| (problem.severity == Severity::Error) == error)
            .map(problem)
            .collect::<Vec<_>>()
    };
    json!({
        "errors": of(true), "warnings": of(false), "adapters": counts.adapters, "messages": counts.messages,
        "fields": counts.fields, "assumed": counts.assumed, "flows": counts.flows, "variants": checked.variants,
        "examples": tried.examples, "round_trips": tried.trips,
        "known": { "flows": checked.flows_known, "round_trips": tried.trips_known },
        "seconds": began.elapsed().as_secs_f64(),
    })
}
