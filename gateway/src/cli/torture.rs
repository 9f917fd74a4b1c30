//! `tongshi torture`: the engine and the repository's flows under simulated faults, judged by ledgers and answers.

use super::{Exit, say, warn};
use crate::torture::{self, Ground, StoreKind, Wanted};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::sync::Arc;

/// Postings of a seed that is to find a planted bug: many meet more than few, and a seed costs hardly more.
const MANY: u64 = 60;

/// Arguments of `tongshi torture`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi torture                        200 seeds\n  tongshi torture --seeds 2000 --json     ends with one object for machines\n  tongshi torture --from 4711 --seeds 1   one seed again\n  tongshi torture --planted=reversal     bugs of that kind, planted one after the other\n  tongshi torture --kill 20              the real binary, killed under load\n  tongshi torture --kill 20 --store postgres   the same over a server of PostgreSQL"
)]
pub(crate) struct Torture {
    /// How many seeds
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Postings of each seed [default: some, as the seed's dice say; 60 where bugs are planted]
    #[arg(long)]
    postings: Option<u64>,
    /// Seeds at once, each on a thread of its own [default: one for each processor]
    #[arg(long)]
    threads: Option<usize>,
    /// Run every seed twice: the two runs must be one
    #[arg(long)]
    twice: bool,
    /// Plant one bug after the other into engine and disk, and run seeds until one finds it; with a text those alone whose words
    /// hold it, or one of several with commas between
    #[arg(long, value_name = "TEXT", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    planted: Option<String>,
    /// Kill the gateway so often: a process of its own under load, with its store on the disk and real sockets
    #[arg(long, conflicts_with_all = ["planted", "twice"])]
    kill: Option<u64>,
    /// What keeps the journal of the gateway that is killed: a file, or a server of PostgreSQL, begun for it
    #[arg(long, value_enum, default_value_t = StoreKind::Sqlite, requires = "kill")]
    store: StoreKind,
    /// One JSON object at the end instead of tables
    #[arg(long)]
    json: bool,
    /// Folder with the adapters
    #[arg(long, default_value = "configs")]
    configs: PathBuf,
    /// Folder with the plan and the worlds of the simulators
    #[arg(long, default_value = "conformance")]
    conformance: PathBuf,
    /// Where worlds are made; emptied first
    #[arg(long, default_value = "target/torture")]
    folder: PathBuf,
}

impl Torture {
    pub(crate) fn run(&self) -> Exit {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let wanted = Wanted {
            configs: self.configs.clone(),
            conformance: self.conformance.clone(),
            folder: self.folder.clone(),
            from: self.from,
            seeds: self.seeds,
            postings: self.postings.or_else(|| self.planted.as_ref().map(|_| MANY)),
            real: self.kill.is_some(),
            threads: self.threads.unwrap_or(processors),
            twice: self.twice,
        };
        let ground = match Ground::make(&wanted) {
            Ok(ground) => Arc::new(ground),
            Err(why) => return stopped(&why),
        };
        if let Some(times) = self.kill {
            return self.kills(&wanted, &ground, times);
        }
        if let Some(text) = &self.planted {
            let found = match torture::plant(&wanted, &ground, text, &|found| warn(found)) {
                Ok(found) => found,
                Err(why) => return stopped(&why),
            };
            let text = if self.json {
                torture::planted_object(&found).to_string()
            } else {
                torture::show_planted(&found)
            };
            say(&text);
            return if torture::missed(&found) == 0 { Exit::Well } else { Exit::NotSo };
        }
        let bar = if self.json { ProgressBar::hidden() } else { ProgressBar::new(self.seeds) };
        if let Ok(style) = ProgressStyle::with_template("{pos} of {len} seeds {wide_bar} {eta} left") {
            bar.set_style(style);
        }
        let campaign = torture::run(&wanted, &ground, &|through| bar.set_position(through));
        bar.finish_and_clear();
        let campaign = match campaign {
            Ok(campaign) => campaign,
            Err(why) => return stopped(&why),
        };
        if self.json {
            say(&torture::object(&campaign).to_string());
        } else {
            say(&torture::show(&campaign));
        }
        if campaign.well() { Exit::Well } else { Exit::NotSo }
    }

    fn kills(&self, wanted: &Wanted, ground: &Ground, times: u64) -> Exit {
        let bar = if self.json { ProgressBar::hidden() } else { ProgressBar::new(times) };
        if let Ok(style) = ProgressStyle::with_template("{pos} of {len} kills {wide_bar} {eta} left") {
            bar.set_style(style);
        }
        let killed = torture::kill(wanted, ground, (times, self.store), &|so_far| bar.set_position(so_far));
        bar.finish_and_clear();
        match killed {
            Ok(killed) => {
                say(&if self.json { killed.object().to_string() } else { killed.show() });
                if killed.well() { Exit::Well } else { Exit::NotSo }
            }
            Err(why) => stopped(&why),
        }
    }
}

fn stopped(why: &str) -> Exit {
    warn(&format!("tongshi torture: {why}"));
    Exit::Machine
}
