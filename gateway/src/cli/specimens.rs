//! `tongshi specimens`: messages that are made up, for another implementation to judge.

use super::{Exit, say, warn};
use clap::Args;
use conformance::laws::specimens;
use dsl::check::check_unwalked;
use dsl::resolve::Choices;
use std::path::PathBuf;

/// Arguments of `tongshi specimens`.
#[derive(Args)]
#[command(
    after_help = "One JSON object a line: `variant`, `message`, `case`, `parts` (hex), `file`, `fields` (amounts in fen, days and times in\nISO form, codes as their text on the wire) and `given` (settings, test keys, session values). The same each time.\n\nExamples:\n  tongshi specimens power-dongguan > power.jsonl\n  tongshi specimens power-dongguan | python3 conformance/oracles/judge.py power_dongguan"
)]
pub(crate) struct Specimens {
    /// The party: its folder
    party: String,
    /// Folder with the adapters
    #[arg(long, default_value = "configs")]
    configs: PathBuf,
}

impl Specimens {
    pub(crate) fn run(&self) -> Exit {
        let sources = match super::files::read(&self.configs) {
            Ok(sources) => sources,
            Err(error) => {
                warn(&format!("tongshi specimens: {error}"));
                return Exit::Machine;
            }
        };
        let checked = check_unwalked(&sources, &Choices::new(), |folder| folder == self.party);
        let made = specimens(&sources, &checked, &self.party);
        for specimen in &made {
            say(&serde_json::to_string(specimen).unwrap_or_default());
        }
        if made.is_empty() {
            warn(&format!("tongshi specimens: {}: no such party, or the adapters have errors", self.party));
            return Exit::NotSo;
        }
        Exit::Well
    }
}
