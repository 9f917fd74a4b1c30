//! `tongshi fmt`: the canonical form of adapter files.

use super::{Exit, say, warn};
use clap::Args;
use dsl::diagnostics::{Colour, render_all};
use dsl::source::SourceMap;
use std::io;
use std::path::{Path, PathBuf};

/// Arguments of `tongshi fmt`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi fmt                      all files under configs\n  tongshi fmt --check configs/bank  exit 1 if a file is not in canonical form"
)]
pub(crate) struct Fmt {
    /// Files or folders
    #[arg(default_value = "configs")]
    paths: Vec<PathBuf>,
    /// Change nothing; exit 1 and name the files that would change
    #[arg(long)]
    check: bool,
}

impl Fmt {
    pub(crate) fn run(&self) -> Exit {
        let mut files = Vec::new();
        for path in &self.paths {
            if let Err(error) = collect(path, &mut files) {
                warn(&format!("tongshi fmt: {}: {error}", path.display()));
                return Exit::Machine;
            }
        }
        let mut exit = Exit::Well;
        let mut changed = 0;
        for path in &files {
            match self.one(path) {
                Ok(true) => changed += 1,
                Ok(false) => {}
                Err(Failure::Syntax(text)) => {
                    say(&text);
                    exit = Exit::NotSo;
                }
                Err(Failure::Machine(error)) => {
                    warn(&format!("tongshi fmt: {}: {error}", path.display()));
                    return Exit::Machine;
                }
            }
        }
        if self.check && changed > 0 {
            exit = Exit::NotSo;
        }
        let what = if self.check { "not in canonical form" } else { "changed" };
        say(&format!("{} files, {changed} {what}", files.len()));
        exit
    }

    fn one(&self, path: &Path) -> Result<bool, Failure> {
        let text = std::fs::read_to_string(path).map_err(Failure::Machine)?;
        let formatted = dsl::format::format(&text).map_err(|problems| {
            let mut sources = SourceMap::default();
            sources.add(path.display().to_string(), text.as_str());
            Failure::Syntax(render_all(&sources, &problems, Colour::Plain))
        })?;
        if formatted == text {
            return Ok(false);
        }
        if self.check {
            say(&path.display().to_string());
        } else {
            std::fs::write(path, formatted).map_err(Failure::Machine)?;
        }
        Ok(true)
    }
}

enum Failure {
    Syntax(String),
    Machine(io::Error),
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "tongshi") {
            collect(&entry, files)?;
        }
    }
    Ok(())
}
