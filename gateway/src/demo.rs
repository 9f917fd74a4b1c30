//! The demonstration: a gateway, the bank's core and counterparties, all on this machine, doing real business over real
//! sockets with faults made on purpose, and the books compared at the end.
//!
//! In: adapters, the plan of the demonstration (`conformance/demo/demo.yaml`: data alone), a stage. Out: a table that a
//! person understands, or one object for machines; success only if all books agree. It must not know any counterparty by
//! name: which parties there are, what is asked of them and how their books are read stands in the plan.

mod books;
mod fill;
mod invitation;
mod memory;
mod people;
mod plan;
mod progress;
mod table;
mod tally;
mod traffic;

pub(crate) use fill::filled;
pub(crate) use plan::Plan;
pub(crate) use table::{object, show};

use crate::stage::{self, Stage};
use books::Compared;
use link::Core;
use people::People;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tally::Tally;

/// How much of the world's time what was begun may take to end: rounds, and how long each is before people look again.
const ROUNDS: usize = 120;
const ROUND: Duration = Duration::from_secs(60);
/// The same of this machine's time: what is open then is told as left open.
const LONGEST: Duration = Duration::from_secs(75);

/// What is asked of a demonstration.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Folder with the adapters.
    pub(crate) configs: PathBuf,
    /// Folder of the conformance room: plan and worlds.
    pub(crate) conformance: PathBuf,
    /// Where keys, journal and worlds are made; emptied first.
    pub(crate) folder: PathBuf,
    /// Seconds of business; none: as the plan says.
    pub(crate) seconds: Option<u64>,
    /// All parties of the plan, some of which misbehave for a while.
    pub(crate) all: bool,
    /// Only these parties (by folder) beside those that the plan needs; all if empty.
    pub(crate) only: Vec<String>,
    /// Settings of parties, `PARTY.setting=value`, over those of the plan.
    pub(crate) variants: Vec<String>,
    /// Nothing but the end is said.
    pub(crate) quiet: bool,
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
    /// What two persons decided: to go on, and not to.
    pub(crate) people: (u64, u64),
    /// How long the gateway took from the adapters' texts to links that listen.
    pub(crate) cold_start: Duration,
    /// How long until the simulated parties were there too.
    pub(crate) ready: Duration,
    /// Octets that the process took at its peak, simulated parties and all; none where the system does not tell.
    pub(crate) peak_memory: Option<u64>,
}

impl Ended {
    /// All books agree, something was done, nothing failed that ought not to, and where some misbehaved no other noticed.
    pub(crate) fn well(&self) -> bool {
        self.compared.differences.is_empty()
            && self.compared.open == 0
            && self.tallies.iter().any(|tally| tally.done > 0)
            && self.tallies.iter().all(|tally| tally.failures.is_empty())
            && !self.suffered()
    }

    /// While some misbehaved on purpose, work of another failed or was left open.
    pub(crate) fn suffered(&self) -> bool {
        let some = self.tallies.iter().any(|tally| tally.misbehaved.is_some());
        some && (self.compared.suffered > 0 || self.tallies.iter().any(Tally::suffered))
    }
}

/// Says what is going on.
pub(crate) type Say<'s> = &'s (dyn Fn(&str) + Sync);

/// Runs a demonstration to its end. With `stay`, everything keeps running after the comparison until interrupted.
pub(crate) async fn run(wanted: &Wanted, stay: bool, say: Say<'_>) -> Result<Ended, String> {
    let began = Instant::now();
    let mut plan = Plan::read(&wanted.conformance.join("demo/demo.yaml"), &wanted.only, wanted.all)?;
    plan.choose(&wanted.variants)?;
    let stage = open(&plan, wanted).await?;
    let ready = began.elapsed();
    let width = plan.parties.iter().map(|party| party.folder.len()).max().unwrap_or_default();
    for party in &plan.parties {
        say(&format!("  {:width$}  ready   {}", party.folder, party.shows));
        stage.set_faults(&party.folder, &party.faults);
    }
    say("");
    let people = People::new(plan.people_refuse_every);
    let span = Duration::from_secs(wanted.seconds.unwrap_or_else(|| plan.seconds(wanted.all)));
    let mut tallies = traffic::run(&plan, &stage, &people, span, wanted.quiet).await?;
    let late = Instant::now() + LONGEST;
    for _ in 0..ROUNDS {
        let decided = people.decide(&stage).await?;
        let parked = People::parked(&stage).await?;
        stage.settle(ROUND, || !traffic::open(&plan, &stage, parked)).await;
        let ended = decided == 0 && !people.awaited(&stage).await? && !traffic::open(&plan, &stage, parked);
        if ended || Instant::now() > late {
            break;
        }
    }
    let mut compared = books::compare(&plan, &stage)?;
    compared.differences.extend(stage.failures());
    tally::complete(&mut tallies, &plan, &stage, &compared);
    let (seconds, faults) = (began.elapsed().as_secs_f64(), stage.faults());
    let people = (people.went.load(Ordering::Relaxed), people.refused.load(Ordering::Relaxed));
    let (cold_start, peak_memory) = (stage.cold_start(), memory::peak());
    let ended = Ended { seconds, tallies, compared, faults, people, cold_start, ready, peak_memory };
    if stay {
        show(&ended);
        say(&invitation::text(&plan, &stage, wanted)?);
        let _ = tokio::signal::ctrl_c().await;
    }
    stage.stop().await;
    Ok(ended)
}

async fn open(plan: &Plan, wanted: &Wanted) -> Result<Stage, String> {
    let settings = plan.parties.iter().filter(|party| !party.settings.is_empty());
    let wanted = stage::Wanted {
        configs: wanted.configs.clone(),
        conformance: wanted.conformance.clone(),
        folder: wanted.folder.clone(),
        parties: plan.parties.iter().map(|party| party.folder.clone()).collect(),
        settings: settings.map(|party| (party.folder.replace('-', "_"), party.settings.clone())).collect(),
        start: None,
        speed: plan.clock_scale,
        sftp: true,
    };
    Stage::start(&wanted).await
}

/// A core whose time is this machine's, for those who measure.
fn measuring() -> link::CoreOwner {
    Core::start(link::World::real())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(tallies: Vec<Tally>) -> Ended {
        Ended {
            seconds: 1.0,
            tallies,
            compared: Compared::default(),
            faults: 0,
            people: (0, 0),
            cold_start: Duration::ZERO,
            ready: Duration::ZERO,
            peak_memory: None,
        }
    }

    fn done(name: &str) -> Tally {
        Tally { done: 1, ..Tally::of(name) }
    }

    fn stalled() -> Tally {
        Tally { misbehaved: Some("stalled".to_owned()), waits: 1, ..done("one") }
    }

    #[test]
    fn who_misbehaves_may_wait_and_no_other() {
        assert!(ended(vec![stalled(), done("other")]).well());
        let waits = Tally { waits: 1, ..done("other") };
        let left = ended(vec![stalled(), waits.clone()]);
        assert!(!left.well());
        assert_eq!(table::suffering(&left), ["other still waits for 1"]);
        // Where nobody misbehaves, what is left open is seen in the flows alone.
        assert!(ended(vec![waits]).well());
        let failed = Tally { failures: vec!["bank.pay_bill: closed".to_owned()], ..done("other") };
        let failed = ended(vec![stalled(), failed]);
        assert!(!failed.well());
        assert_eq!(table::suffering(&failed), ["other: bank.pay_bill: closed"]);
    }

    #[test]
    fn a_flow_of_others_that_is_left_is_told() {
        let mut ended = ended(vec![stalled(), done("other")]);
        ended.compared.suffered = 1;
        assert!(!ended.well());
    }
}
