//! `tongshi audit`: the auditor's questions about a journal.

use super::{Exit, say, warn};
use crate::journal;
use clap::{Args, Subcommand};
use engine::Deployment;
use std::path::PathBuf;

/// Arguments of `tongshi audit`.
#[derive(Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    question: Question,
}

#[derive(Subcommand)]
enum Question {
    /// Walks the hash chain of each business date again and compares every row that money hangs on with it
    #[command(
        after_help = "Example:\n  tongshi audit verify gateway.yaml\n\nIt reads only, needs no key, and may run beside the gateway. It exits with 1 and names what was\nchanged, added or taken out, if anything was."
    )]
    Verify {
        /// The deployment whose journal it is
        deployment: PathBuf,
    },
}

impl Audit {
    pub(crate) fn run(&self) -> Exit {
        let Question::Verify { deployment } = &self.question;
        match verify(deployment) {
            Ok(exit) => exit,
            Err(why) => {
                warn(&format!("tongshi audit: {why}"));
                Exit::Machine
            }
        }
    }
}

fn verify(path: &PathBuf) -> Result<Exit, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let deployment = Deployment::parse(&text).map_err(|fault| format!("{shown}: {fault}"))?;
    let verified = journal::verify(&deployment)?;
    for fault in &verified.faults {
        warn(fault);
    }
    if !verified.is_whole() {
        return Ok(Exit::NotSo);
    }
    say(&format!("The journal is whole: {} writes, {} rows compared.", verified.writes, verified.rows));
    Ok(Exit::Well)
}
