//! `tongshi check`: all diagnostics of a set of adapters.

use super::{Exit, files, say, warn};
use clap::Args;
use dsl::check::{Checked, Sources, check};
use dsl::diagnostics::{Colour, Diagnostic, Severity, render_all};
use dsl::resolve::Choices;
use serde_json::{Value, json};
use std::cell::Cell;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Instant;

/// Arguments of `tongshi check`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi check                    all adapters under configs\n  tongshi check configs --json     one object for machines"
)]
pub(crate) struct Check {
    /// Folder with the adapters
    #[arg(default_value = "configs")]
    folder: PathBuf,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Leave out what is no error
    #[arg(long)]
    quiet: bool,
    #[arg(skip)]
    tried: Cell<Tried>,
}

/// What was run beside the compiler's own rules.
#[derive(Clone, Copy, Default)]
struct Tried {
    examples: usize,
    trips: usize,
}

impl Check {
    pub(crate) fn run(&self) -> Exit {
        let began = Instant::now();
        let sources = match files::read(&self.folder) {
            Ok(sources) => sources,
            Err(error) => {
                warn(&format!("tongshi check: {error}"));
                return Exit::Machine;
            }
        };
        let mut checked = check(&sources, &Choices::new());
        let shown = conformance::examples::run(&sources, &checked, &self.folder, |_| true);
        let laws = conformance::laws::run(&checked);
        checked.problems.extend(shown.iter().filter_map(conformance::examples::Shown::diagnostic));
        checked.problems.extend(laws.broken.iter().map(conformance::laws::Broken::diagnostic));
        self.tried.set(Tried { examples: shown.len(), trips: laws.round_trips });
        if self.json {
            say(&object(&sources, &checked, self.tried.get(), began).to_string());
        } else {
            self.show(&sources, &checked, began);
        }
        if checked.has_errors() { Exit::NotSo } else { Exit::Well }
    }

    fn show(&self, sources: &Sources, checked: &Checked, began: Instant) {
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
        let counts = Counts::of(checked);
        say(&format!(
            "{} adapters, {} messages, {} fields, {} flows, {} examples, {} round trips, {} assumed · {} errors, {} lints · {} ms",
            counts.adapters,
            counts.messages,
            counts.fields,
            counts.flows,
            self.tried.get().examples,
            self.tried.get().trips,
            counts.assumed,
            errors(checked),
            checked.problems.len() - errors(checked),
            began.elapsed().as_millis()
        ));
        say(if checked.has_errors() {
            "The adapters do not compile. `tongshi explain CODE` shows the page of a diagnostic."
        } else {
            "All is well: every name is known, every value fits, every message comes back as it was sent, every flow ends whole on every path."
        });
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
    fn of(checked: &Checked) -> Self {
        let modules = &checked.model.modules;
        let messages = || modules.iter().flat_map(|module| &module.messages);
        Self {
            adapters: modules.iter().filter(|module| module.party.is_some()).count(),
            messages: messages().count(),
            fields: messages().map(|message| message.fields.len()).sum(),
            flows: modules.iter().map(|module| module.flows.len()).sum(),
            assumed: modules.iter().map(|module| module.assumed.len()).sum(),
        }
    }
}

fn object(sources: &Sources, checked: &Checked, tried: Tried, began: Instant) -> Value {
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
    let counts = Counts::of(checked);
    json!({
        "errors": of(true), "warnings": of(false), "adapters": counts.adapters, "messages": counts.messages,
        "fields": counts.fields, "assumed": counts.assumed, "flows": counts.flows, "variants": checked.variants,
        "examples": tried.examples, "round_trips": tried.trips,
        "seconds": began.elapsed().as_secs_f64(),
    })
}
