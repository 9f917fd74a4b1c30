//! `tongshi doc` and `tongshi flow`: what adapters say, for people.

use super::{Exit, files, say, warn};
use clap::Args;
use dsl::check::{Checked, Sources, check};
use dsl::document::document;
use dsl::flow::{Undo, walk};
use dsl::resolve::Choices;
use std::path::{Path, PathBuf};

fn checked(command: &str, configs: &Path) -> Result<(Sources, Checked), Exit> {
    let sources = files::read(configs).map_err(|error| {
        warn(&format!("tongshi {command}: {error}"));
        Exit::Machine
    })?;
    let checked = check(&sources, &Choices::new());
    if checked.has_errors() {
        warn(&format!("tongshi {command}: the adapters do not compile; see `tongshi check`"));
        return Err(Exit::NotSo);
    }
    Ok((sources, checked))
}

/// Arguments of `tongshi doc`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi doc power-dongguan > power.html\n  tongshi doc --all --out target/doc-parties"
)]
pub(crate) struct Doc {
    /// The party: its folder
    party: Option<String>,
    /// Every party, a page each
    #[arg(long)]
    all: bool,
    /// Folder for the pages; else the page goes to standard output
    #[arg(long)]
    out: Option<PathBuf>,
    /// Folder with the adapters
    #[arg(long, default_value = "configs")]
    configs: PathBuf,
}

impl Doc {
    pub(crate) fn run(&self) -> Exit {
        let (sources, checked) = match checked("doc", &self.configs) {
            Ok(both) => both,
            Err(exit) => return exit,
        };
        let mut shown = 0;
        for module in checked.model.modules.iter().filter(|module| module.party.is_some()) {
            if !self.all && self.party.as_deref() != Some(&*module.folder) {
                continue;
            }
            shown += 1;
            let samples = conformance::suite::worked(&sources, &checked, &module.folder);
            let page = document(&checked.model, module, &sources.map, &samples);
            let Some(out) = &self.out else {
                say(&page);
                continue;
            };
            let path = out.join(format!("{}.html", module.folder));
            if let Err(error) = std::fs::create_dir_all(out).and_then(|()| std::fs::write(&path, page)) {
                warn(&format!("tongshi doc: {}: {error}", path.display()));
                return Exit::Machine;
            }
            say(&path.display().to_string());
        }
        if shown == 0 {
            warn("tongshi doc: which party? name its folder, or `--all --out FOLDER`");
            return Exit::WrongUse;
        }
        Exit::Well
    }
}

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
        let (_, checked) = match checked("flow", &self.configs) {
            Ok(both) => both,
            Err(exit) => return exit,
        };
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
            for step in tables.program.step_ids() {
                if let Some(step) = tables.program.step(step) {
                    let undo = match step.undo {
                        Undo::Provider => "undone by its provider's reversal",
                        Undo::By(_) => "undone by another posting",
                        Undo::Keep => "kept, as the flow says",
                        Undo::Nothing => "never undone",
                    };
                    let effort = if step.best_effort { ", best effort" } else { "" };
                    say(&format!("  step {:16} {undo}{effort}", step.name));
                }
            }
            match walk::check(&tables.program) {
                Ok(walked) => {
                    let how = if walked.contracts { " by contracts" } else { "" };
                    say(&format!("  {} states explored{how}: every path ends whole\n", walked.states));
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
