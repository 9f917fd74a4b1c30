//! `tongshi specimens`: messages that are made up, for another implementation to judge.

use super::{Exit, say, warn};
use clap::Args;
use conformance::laws::specimens;
use conformance::party::{load, read_texts};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Arguments of `tongshi specimens`.
#[derive(Args)]
#[command(
    after_help = "One JSON object a line: `message`, `case`, `parts` (hex), `file`, `fields` (amounts in fen, days and times in ISO form,\ncodes as their text on the wire) and `given` (settings, test keys, session values). The same each time.\n\nExamples:\n  tongshi specimens power-dongguan > power.jsonl\n  tongshi specimens core --variant form=json"
)]
pub(crate) struct Specimens {
    /// The party: its folder
    party: String,
    /// A variant of the adapter: `setting=name` (may be given more than once)
    #[arg(long)]
    variant: Vec<String>,
    /// Folder with the adapters
    #[arg(long, default_value = "configs")]
    configs: PathBuf,
}

impl Specimens {
    pub(crate) fn run(&self) -> Exit {
        let read =
            read_texts(&self.configs, &[]).map_err(|error| format!("{}: {error}", self.configs.display()));
        let pairs = self.variant.iter().filter_map(|pair| pair.split_once('='));
        let choice: BTreeMap<String, String> =
            pairs.map(|(setting, name)| (setting.to_owned(), name.to_owned())).collect();
        let loaded =
            read.and_then(|texts| load(texts, &self.party, &choice).map_err(|error| error.to_string()));
        match loaded {
            Ok(loaded) => {
                for specimen in specimens(&loaded.bank) {
                    say(&serde_json::to_string(&specimen).unwrap_or_default());
                }
                Exit::Well
            }
            Err(error) => {
                warn(&format!("tongshi specimens: {error}"));
                Exit::WrongUse
            }
        }
    }
}
