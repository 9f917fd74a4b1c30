//! `tongshi flow`: flows with what was explored of each.

use super::{Exit, files, say, warn};
use clap::Args;
use dsl::check::compile_chosen;
use dsl::flow::{StepId, Undo, walk};
use dsl::resolve::Choices;
use std::path::PathBuf;

/// Arguments of `tongshi flow`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi flow                every flow with what was explored\n  tongshi flow pay_bill       one of them"
)]
pub(crate) struct Flow {
    /// The flow
    name: Option<String>,
    /// Folder with the adapters
    #[arg(long, default_value = "configs")]
    configs: PathBuf,
}

impl Flow {
    pub(crate) fn run(&self) -> Exit {
        let sources = match files::read(&self.configs) {
            Ok(sources) => sources,
            Err(error) => {
                warn(&format!("tongshi flow: {error}"));
                return Exit::Machine;
            }
        };
        let checked = compile_chosen(&sources, &Choices::new());
        if checked.has_errors() {
            warn("tongshi flow: the adapters do not compile; see `tongshi check`");
            return Exit::NotSo;
        }
        let Some(compiled) = &checked.compiled else { return Exit::NotSo };
        let mut shown = 0;
        for (module, tables) in
            compiled.modules.iter().flat_map(|module| module.flows.iter().map(move |flow| (module, flow)))
        {
            if self.name.as_deref().is_some_and(|name| name != &*tables.name) {
                continue;
            }
            shown += 1;
            say(&format!("{}.{} {}", module.name, tables.name, tables.label));
            // A further correction is the same posting once more.
            let again: Vec<StepId> =
                tables.program.steps.iter().flat_map(|step| step.correct.iter().skip(1).copied()).collect();
            for step in tables.program.step_ids().filter(|step| !again.contains(step)) {
                if let Some(step) = tables.program.step(step) {
                    let undo = match step.undo {
                        Undo::Provider => "undone by its provider's reversal",
                        Undo::By(_) => "undone by another posting",
                        Undo::Keep => "kept, as the flow says",
                        Undo::Nothing => "never undone",
                    };
                    let effort = if step.best_effort { ", best effort" } else { "" };
                    let right = if !step.correct.is_empty() { ", put right where it is held" } else { "" };
                    say(&format!("  step {:16} {undo}{right}{effort}", step.name));
                }
            }
            match walk::check(&tables.program) {
                Ok(walked) => {
                    say(&format!("  {} states explored: every path ends whole\n", walked.states));
                }
                Err(story) => say(&format!("  {story}\n")),
            }
        }
        if shown == 0 {
            warn("tongshi flow: there is no such flow");
            return Exit::WrongUse;
        }
        Exit::Well
    }
}
