//! `tongshi doc`: the interface of a party, as a page for its engineers or as JSON for their programs.

use super::{Exit, files, say, warn};
use clap::Args;
use conformance::interface::interface;
use conformance::laws::{Specimen, specimens_of};
use dsl::check::{Checked, Sources, compile_chosen};
use dsl::document::{Listed, Sample, document, index};
use dsl::model::Module;
use dsl::resolve::{Choice, Choices, variants};
use std::path::{Path, PathBuf};

/// Arguments of `tongshi doc`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi doc power-dongguan > power.html\n  tongshi doc power-dongguan --json > power.json    for programs: every field, rule and code, and whole messages\n  tongshi doc court-control --variant mode=web_service > court.html\n  tongshi doc --all --out target/doc-parties"
)]
pub(crate) struct Doc {
    /// The party: its folder
    party: Option<String>,
    /// Every party, a page each, and in the folder of the pages an index of them
    #[arg(long)]
    all: bool,
    /// As one JSON object, for programs
    #[arg(long)]
    json: bool,
    /// A variant of the adapter: `setting=name` (may be given more than once)
    #[arg(long, conflicts_with = "all")]
    variant: Vec<String>,
    /// Folder for the pages; else the page goes to standard output
    #[arg(long)]
    out: Option<PathBuf>,
    /// Folder with the adapters
    #[arg(long, default_value = "configs")]
    configs: PathBuf,
    /// Folder with the list of systems, by which the index is ordered
    #[arg(long, default_value = "conformance")]
    conformance: PathBuf,
}

impl Doc {
    pub(crate) fn run(&self) -> Exit {
        let sources = match files::read(&self.configs) {
            Ok(sources) => sources,
            Err(error) => {
                warn(&format!("tongshi doc: {error}"));
                return Exit::Machine;
            }
        };
        let choices = match self.choices(&sources) {
            Ok(choices) => choices,
            Err(wrong) => {
                warn(&format!("tongshi doc: {wrong}"));
                return Exit::WrongUse;
            }
        };
        let checked = compile_chosen(&sources, &choices);
        if checked.has_errors() {
            warn("tongshi doc: the adapters do not compile; see `tongshi check`");
            return Exit::NotSo;
        }
        let parties = checked.model.modules.iter().filter(|module| module.party.is_some());
        let mut shown = 0;
        for module in parties.filter(|module| self.all || self.party.as_deref() == Some(&*module.folder)) {
            shown += 1;
            let text = self.shown(&sources, &checked, module, &choices);
            let Some(out) = &self.out else {
                say(&text);
                continue;
            };
            let ending = if self.json { "json" } else { "html" };
            let path = out.join(format!("{}.{ending}", module.folder));
            if let Err(error) = std::fs::create_dir_all(out).and_then(|()| std::fs::write(&path, text)) {
                warn(&format!("tongshi doc: {}: {error}", path.display()));
                return Exit::Machine;
            }
            say(&path.display().to_string());
        }
        if let (true, false, Some(out)) = (self.all, self.json, &self.out)
            && let Err(error) = self.index(&checked, out)
        {
            warn(&format!("tongshi doc: {error}"));
            return Exit::Machine;
        }
        if shown == 0 {
            warn("tongshi doc: which party? name its folder, or `--all --out FOLDER`");
            return Exit::WrongUse;
        }
        Exit::Well
    }

    /// The page beside the others that leads to them.
    fn index(&self, checked: &Checked, out: &Path) -> Result<(), String> {
        let listed = super::conform::matrix::listed(&self.conformance)?;
        let listed: Vec<Listed> = listed
            .into_iter()
            .map(|one| Listed { folder: one.folder, name: one.name, family: one.family })
            .collect();
        let path = out.join("index.html");
        let text = index(&checked.model, &listed, &|folder| format!("{folder}.html"));
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        say(&path.display().to_string());
        Ok(())
    }

    /// The variant of the party that was asked for: the first that agrees with all that is given.
    fn choices(&self, sources: &Sources) -> Result<Choices, String> {
        let Some(party) = self.party.as_deref().filter(|_| !self.variant.is_empty()) else {
            return Ok(Choices::new());
        };
        let wanted: Option<Vec<(&str, &str)>> =
            self.variant.iter().map(|pair| pair.split_once('=')).collect();
        let wanted = wanted.ok_or("a variant is given as `setting=name`")?;
        let all = all_variants(sources, party);
        let fits = |choice: &&Choice| {
            wanted.iter().all(|(setting, name)| choice.get(*setting).is_some_and(|one| **one == **name))
        };
        let found = all.iter().find(fits).cloned().ok_or_else(|| {
            let known: Vec<String> = all.iter().map(in_words).filter(|words| !words.is_empty()).collect();
            match known.is_empty() {
                true => format!("{party} has no variants"),
                false => format!("{party} has no such variant; it has: {}", known.join("; ")),
            }
        })?;
        Ok(Choices::from([(party.into(), found)]))
    }

    fn shown(&self, sources: &Sources, checked: &Checked, module: &Module, choices: &Choices) -> String {
        let mut all = all_variants(sources, &module.folder);
        if let Some(chosen) = choices.get(&module.folder) {
            // This page's first.
            all.sort_by_key(|choice| choice != chosen);
        }
        let choice = all.first().cloned().unwrap_or_default();
        let made = checked.compiled.as_ref().map_or_else(Vec::new, |compiled| {
            specimens_of(&checked.model, compiled, &module.folder, &choice)
        });
        let usual: Vec<Specimen> = made.into_iter().filter(|specimen| specimen.case == 0).collect();
        if self.json {
            return interface(&checked.model, module, &sources.map, &choice, &usual).to_string();
        }
        let samples: Vec<Sample> = usual.iter().map(Specimen::sample).collect();
        document(&checked.model, module, &sources.map, &all, &samples)
    }
}

/// Every variant of a folder.
fn all_variants(sources: &Sources, folder: &str) -> Vec<Choice> {
    sources.folders.iter().find(|known| *known.name == *folder).map(variants).unwrap_or_default()
}

/// As on the command line.
fn in_words(choice: &Choice) -> String {
    choice.iter().map(|(setting, name)| format!("{setting}={name}")).collect::<Vec<_>>().join(" ")
}
