//! The demonstration: a gateway, the bank's core and counterparties, all on this machine, doing real business over real
//! sockets with faults made on purpose, and the books compared at the end.
//!
//! In: adapters, the plan of the demonstration (`conformance/demo/demo.yaml`: data alone), the simulators' worlds. Out: a
//! table that a person understands, or one object for machines; success only if all books agree. It must not know any
//! counterparty by name: which parties there are, what is asked of them and how their books are read stands in the plan.

mod books;
mod plan;
mod setup;
mod table;
mod traffic;

pub(crate) use plan::Plan;

use books::Compared;
use setup::Scene;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use traffic::Tally;

/// What is asked of a demonstration.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Folder with the adapters.
    pub(crate) configs: PathBuf,
    /// Folder of the conformance room: plan and worlds.
    pub(crate) conformance: PathBuf,
    /// Where keys, journal and worlds are made; emptied first.
    pub(crate) folder: PathBuf,
    /// Seconds of business.
    pub(crate) seconds: u64,
    /// Only these parties (by module); all if empty.
    pub(crate) only: Vec<String>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Seconds it took, all in all.
    pub(crate) seconds: f64,
    /// By system.
    pub(crate) tallies: Vec<Tally>,
    /// The books.
    pub(crate) compared: Compared,
    /// Faults that were made.
    pub(crate) faults: u64,
}

impl Ended {
    /// All books agree and something was done.
    pub(crate) fn well(&self) -> bool {
        self.compared.differences.is_empty()
            && self.tallies.iter().any(|tally| tally.done > 0)
            && self.tallies.iter().all(|tally| tally.failures.is_empty())
    }
}

/// Says what is going on.
pub(crate) type Say<'s> = &'s (dyn Fn(&str) + Sync);

/// Runs a demonstration to its end. With `stay`, everything keeps running after the comparison until interrupted.
pub(crate) async fn run(wanted: &Wanted, stay: bool, say: Say<'_>) -> Result<Ended, String> {
    let began = Instant::now();
    let plan = Plan::read(&wanted.conformance.join("demo/demo.yaml"), &wanted.only)?;
    let scene = Scene::start(&plan, wanted, say).await?;
    let tallies = traffic::run(&plan, &scene, Duration::from_secs(wanted.seconds)).await?;
    scene.settle().await;
    let mut compared = books::compare(&plan, &scene, wanted)?;
    compared.differences.extend(scene.failures());
    let ended = Ended {
        seconds: began.elapsed().as_secs_f64(),
        tallies: traffic::with_outcomes(tallies, &compared),
        compared,
        faults: scene.faults(),
    };
    if stay {
        show(&ended);
        say(&scene.invitation());
        let _ = tokio::signal::ctrl_c().await;
    }
    scene.stop().await;
    Ok(ended)
}

pub(crate) use table::{object, show};
