//! Fairness: bills of one party beside a party that floods and one that never answers.
//!
//! In: the deployment of the yardstick. Out: rows of what a bill takes beside the two over what it takes alone. Two gateways
//! of the same kind, asked for bills at the same pace, a quarter of what their connections reach; the one is flooded with
//! frames for another backend meanwhile, and asked what its third party never answers.

use super::systems::{Backend, Gateway, Running};
use super::{Rounds, Wanted, row};
use crate::load::{Conversation as _, Measured, load};
use crate::paced::{Exchange, Pace, paced};
use crate::process::Process;
use crate::table::{Row, short};
use crate::talk::{Frames, Queries, queries};
use std::collections::VecDeque;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Connections that ask for bills.
const CONNECTIONS: usize = 64;
/// The pace over what a closed loop reaches.
const SHARE: f64 = 0.25;
/// Asks a second of the party that never answers, each on a connection of its own, and how many of these stay.
const UNANSWERED: u32 = 200;
const KEPT: usize = 900;

/// Rows of fairness.
pub(super) fn rows(wanted: &Wanted, backend: &Backend) -> Result<Vec<Row>, String> {
    let other = Backend::start_behind(&wanted.folder)?;
    let gateway = |name: &str| {
        let gateway = Gateway::new(&wanted.folder.join(name), &wanted.tongshi, &wanted.sources, backend)?;
        gateway.echoing(other.echo).start("alone", backend, false)
    };
    let (alone, beside) = (gateway("fair-alone")?, gateway("fair-beside")?);
    let window = wanted.window(CONNECTIONS);
    let most = load(alone.system.address, window, &mut Queries::new(), &alone.system.process)?;
    let rate = SHARE * most.replies as f64 / most.seconds;
    let pace = Pace { connections: CONNECTIONS, rate, warm: window.warm, measured: window.measured };
    eprintln!("fairness, {rate:.0} bills a second beside a flood and a silent party");
    let exchanges = queries();
    let (mut all, mut floods) = (Vec::new(), Vec::new());
    for round in 0..wanted.rounds(9) {
        let (mut with, mut without) = (None, None);
        for turn in 0..2 {
            if (round + turn) % 2 == 0 {
                without = Some(one(&alone, pace, &exchanges)?);
            } else {
                let (measured, flooded) = pressed(&beside, wanted, pace, &exchanges)?;
                with = Some(measured);
                floods.push(flooded);
            }
        }
        let (Some(with), Some(without)) = (with, without) else { continue };
        eprintln!(
            "  round {round} p50 {:>6.0} and {:>6.0} µs  p99 {:>6.0} and {:>6.0} µs  beside {:>6.0} frames/s",
            with.p50_us,
            without.p50_us,
            with.p99_us,
            without.p99_us,
            floods.last().copied().unwrap_or(0.0)
        );
        all.push(vec![with, without]);
    }
    let rounds = Rounds { all };
    let flooded = crate::ratio::Spread::of(&floods).map_or(0.0, |spread| spread.median);
    let words = |measured: crate::table::Measured| crate::table::Measured {
        figures: format!("{}, {rate:.0}/s beside {} frames/s", measured.figures, short(flooded)),
        ..measured
    };
    let against = "the same alone";
    let of = |what: &str| format!("{what} of a bill beside a flood and a silent party");
    let (p99, p50) =
        (rounds.compare((0, 1), |one| one.p99_us, "µs"), rounds.compare((0, 1), |one| one.p50_us, "µs"));
    Ok(vec![
        row("fair", &of("p99"), against, (1.5, 1.2), p99.map(words)),
        row("fair_p50", &of("p50"), against, (1.5, 1.2), p50.map(words)),
    ])
}

fn one(running: &Running, pace: Pace, exchanges: &[Exchange]) -> Result<Measured, String> {
    paced(running.system.address, pace, exchanges, &running.system.process)
}

/// Bills beside the two; gives what was measured, and how many frames a second the flood had answered.
fn pressed(
    running: &Running,
    wanted: &Wanted,
    pace: Pace,
    exchanges: &[Exchange],
) -> Result<(Measured, f64), String> {
    let mut flood = flood(running.relay(), wanted)?;
    let came = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&came);
    flood.tells("replies ", move |count| {
        counted.store(count.parse().unwrap_or(0), Ordering::Relaxed);
    })?;
    let over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let asks = threads.spawn(|| ask_in_vain(running.mute(), &over));
        let (began, before) = (Instant::now(), came.load(Ordering::Relaxed));
        let measured = one(running, pace, exchanges);
        let flooded = (came.load(Ordering::Relaxed) - before) as f64 / began.elapsed().as_secs_f64();
        drop(flood);
        over.store(true, Ordering::Relaxed);
        asks.join().map_err(|_| "the asking thread ended".to_owned())??;
        let measured = measured?;
        if flooded < 1.0 {
            return Err("the flood was not answered at all".to_owned());
        }
        quiet(running);
        Ok((measured, flooded))
    })
}

fn flood(address: SocketAddr, wanted: &Wanted) -> Result<Process, String> {
    let mut command = super::systems::ourselves_behind()?;
    command.arg("flood").arg(address.to_string());
    Process::start("flood", command, &wanted.folder.join("flood.log"))
}

/// Asks what is never answered, until it is over.
fn ask_in_vain(address: SocketAddr, over: &AtomicBool) -> Result<(), String> {
    let (mut frame, mut reply) = (Vec::new(), Vec::new());
    Frames::new(64).next(&mut frame, &mut reply);
    let mut lines = VecDeque::new();
    while !over.load(Ordering::Relaxed) {
        let mut line = TcpStream::connect(address).map_err(|error| format!("{address}: {error}"))?;
        line.write_all(&frame).map_err(|error| error.to_string())?;
        lines.push_back(line);
        if lines.len() > KEPT {
            lines.pop_front();
        }
        std::thread::sleep(Duration::from_secs(1) / UNANSWERED);
    }
    Ok(())
}

/// Waits until a gateway has done what the flood left it, but not for ever.
fn quiet(running: &Running) {
    const LOOK: Duration = Duration::from_millis(100);
    let used = || running.system.process.cpu().unwrap_or_default();
    for _ in 0..100 {
        let before = used();
        std::thread::sleep(LOOK);
        if used().saturating_sub(before) < LOOK / 20 {
            return;
        }
    }
}
