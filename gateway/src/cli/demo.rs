//! `tongshi demo`: the gateway with a simulated core and counterparties, nothing to set up.

use super::{Exit, say};
use crate::demo::{self, Wanted};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `tongshi demo`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tongshi demo                 some business, faults among it, then the books\n  tongshi demo --stay          keeps running, and says what to try\n  tongshi demo --all           every party in one gateway; three misbehave for a while, the others must not notice\n  tongshi demo --json          ends with one object for machines\n  tongshi demo --variant court-control.mode=web_service"
)]
pub(crate) struct Demo {
    /// Seconds of business [default: 8, with --all as the plan says]
    #[arg(long)]
    seconds: Option<u64>,
    /// Every party of the plan in one gateway; three of them misbehave for a while
    #[arg(long)]
    all: bool,
    /// Keep everything running after the comparison, until Ctrl-C
    #[arg(long)]
    stay: bool,
    /// One JSON object at the end instead of the table
    #[arg(long)]
    json: bool,
    /// Only this party (may be given more than once)
    #[arg(long)]
    only: Vec<String>,
    /// A variant of a party: `PARTY.setting=name` (may be given more than once)
    #[arg(long)]
    variant: Vec<String>,
    /// Folder with the adapters
    #[arg(long, default_value = "configs")]
    configs: PathBuf,
    /// Folder with the plan and the worlds of the simulators
    #[arg(long, default_value = "conformance")]
    conformance: PathBuf,
    /// Where keys, journal and worlds are made; emptied first, and held while the run lasts
    #[arg(long, default_value = "target/demo")]
    folder: PathBuf,
}

impl Demo {
    pub(crate) fn run(&self) -> Exit {
        let wanted = Wanted {
            configs: self.configs.clone(),
            conformance: self.conformance.clone(),
            folder: self.folder.clone(),
            seconds: self.seconds,
            all: self.all,
            only: self.only.clone(),
            variants: self.variant.clone(),
            quiet: self.json,
        };
        let json = self.json;
        let speak = move |text: &str| {
            if !json {
                say(text);
            }
        };
        speak(&format!(
            "Tongshi demo · keys and certificates made · the clock runs faster here · everything on this machine, under {}\n",
            self.folder.display()
        ));
        super::in_runtime("demo", async {
            let ended = demo::run(&wanted, self.stay, &speak).await?;
            if json {
                say(&demo::object(&ended).to_string());
            } else if !self.stay {
                demo::show(&ended);
            }
            Ok(if ended.well() { Exit::Well } else { Exit::NotSo })
        })
    }
}
