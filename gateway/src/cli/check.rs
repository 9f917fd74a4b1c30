//! `tongshi check`: all diagnostics of a set of adapters.

use super::files;
use clap::Args;
use dsl::check::check;
use dsl::diagnostics::{Colour, Severity, render_all};
use dsl::resolve::Choices;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Arguments of `tongshi check`.
#[derive(Args)]
pub(crate) struct Check {
    /// Folder with the adapters
    #[arg(default_value = "configs")]
    folder: PathBuf,
}

impl Check {
    pub(crate) fn run(&self) -> ExitCode {
        let began = Instant::now();
        let sources = match files::read(&self.folder) {
            Ok(sources) => sources,
            Err(error) => {
                let _ = writeln!(std::io::stderr(), "tongshi check: {error}");
                return ExitCode::from(3);
            }
        };
        let checked = check(&sources, &Choices::new());
        let colour = if std::io::stdout().is_terminal() { Colour::Coloured } else { Colour::Plain };
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{}", render_all(&sources.map, &checked.problems, colour));
        let errors = checked.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        let _ = writeln!(
            out,
            "{errors} errors, {} others, {} variants, {} ms",
            checked.problems.len() - errors,
            checked.variants,
            began.elapsed().as_millis()
        );
        if errors > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS }
    }
}
