//! Open flows: postings beside a hundred thousand flows that wait for people.
//!
//! In: the deployment of the yardstick. Out: rows of what a posting costs, how long a start takes, and how much memory an open
//! flow takes. Two gateways of the same kind; the one has a journal in which so many wait.

use super::scale::{held, started};
use super::systems::{Backend, Gateway, Running};
use super::w1p::Serials;
use super::{Contestant, Rounds, Wanted, row};
use crate::bill::Act;
use crate::load::{Window, load};
use crate::table::Row;
use crate::talk::Postings;
use std::time::Duration;

/// Flows that wait.
const OPEN: u64 = 100_000;
/// Clients that have them begun, each told as pending after a second.
const CLIENTS: usize = 2_000;
/// What an open flow may take in memory, in KiB: the unit of its row.
const RESIDENT: f64 = 1.0;

/// Rows of open flows.
pub(super) fn rows(wanted: &Wanted, backend: &Backend) -> Result<Vec<Row>, String> {
    let gateway =
        |name: &str| Gateway::new(&wanted.folder.join(name), &wanted.tongshi, &wanted.sources, backend);
    let (none, many) = (gateway("open-none")?, gateway("open-many")?);
    let beside = none.start("of none", backend, false)?;
    let mut open = many.start("of many", backend, false)?;
    eprintln!("open flows, {OPEN}");
    let resident = fill(&open)?;
    let mut starts = Vec::new();
    for round in 0..3 {
        drop(open);
        open = many.start("of many", backend, false)?;
        eprintln!(
            "  round {round} started in {:.2} s and {:.2} s",
            beside.took.as_secs_f64(),
            open.took.as_secs_f64()
        );
        starts.push((beside.took.as_secs_f64(), open.took.as_secs_f64()));
    }
    let (few, all) = (Serials::default(), Serials::default());
    let mut contestants =
        vec![Contestant::new(&open.system, || all.talk()), Contestant::new(&beside.system, || few.talk())];
    let rounds = Rounds::take(wanted.rounds(9), wanted.window(64), &mut contestants)?;
    let cpu = rounds.compare((0, 1), |one| one.cpu_us, "µs");
    let p50 = rounds.compare((0, 1), |one| one.p50_us, "µs");
    Ok(vec![
        row(
            "open",
            &format!("processor a posting beside {OPEN} open flows"),
            "beside none",
            (1.15, 1.05),
            cpu,
        ),
        row(
            "open_p50",
            &format!("p50 of a posting beside {OPEN} open flows"),
            "beside none",
            (1.15, 1.05),
            p50,
        ),
        row(
            "open_start",
            &format!("start with {OPEN} open flows"),
            "3 s",
            (1.0, 0.5),
            started(&starts, "none"),
        ),
        row(
            "open_resident",
            "resident, an open flow more",
            "1 KiB",
            (1.0, 0.25),
            held(&[resident], RESIDENT),
        ),
    ])
}

/// Has so many begun; gives the KiB that one of them takes.
fn fill(running: &Running) -> Result<f64, String> {
    let process = &running.system.process;
    let window = Window { connections: CLIENTS, warm: Duration::ZERO, measured: Duration::from_secs(5) };
    let mut reviews = Postings::new(Act::Review, 0);
    // What the first of them take is given back with the next.
    load(running.later(), window, &mut reviews, process)?;
    std::thread::sleep(Duration::from_secs(3));
    let (before, first) = (process.resident(), reviews.serial());
    while reviews.serial() < OPEN {
        load(running.later(), window, &mut reviews, process)?;
        eprintln!("  {} wait", reviews.serial());
    }
    std::thread::sleep(Duration::from_secs(3));
    let more = process.resident().saturating_sub(before) as f64;
    Ok(more / 1_024.0 / (reviews.serial() - first) as f64)
}
