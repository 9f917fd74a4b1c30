//! Memory: at rest, and of connections that say nothing.

use super::systems::{Backend, Gateway, System, floor};
use super::{Wanted, row};
use crate::load::{Window, load};
use crate::ratio::Spread;
use crate::table::{Measured, Row};
use crate::talk::Queries;
use std::net::TcpStream;
use std::time::Duration;

/// Silent connections.
const SILENT: usize = 10_000;

/// Rows of memory.
pub(super) fn rows(wanted: &Wanted, backend: &Backend) -> Result<Vec<Row>, String> {
    eprintln!("idle, {SILENT} connections");
    let (mut connection, mut rest) = (Vec::new(), Vec::new());
    for round in 0..3 {
        let gateway = Gateway::new(&wanted.folder.join("idle"), &wanted.tongshi, &wanted.sources, backend)?;
        let running = gateway.start("tongshi", backend, false)?;
        let floor = floor(&wanted.folder, backend, false)?;
        for system in [&running.system, &floor] {
            // What starting took is given back with the first work.
            let window = Window { measured: Duration::from_millis(500), ..wanted.window(8) };
            load(system.address, window, &mut Queries::new(), &system.process)?;
        }
        std::thread::sleep(Duration::from_millis(500));
        rest.push((running.system.process.resident() as f64, floor.process.resident() as f64));
        let (ours, theirs) = (silent(&running.system), silent(&floor));
        eprintln!("  round {round} {ours:?} and {theirs:?} octets a connection");
        connection.push(ours.and_then(|ours| Ok((ours, theirs?))));
    }
    let connection = connection.into_iter().collect::<Result<Vec<_>, String>>();
    let why = "the gateway has no relay: each frame is a query of its own, and no pair of connections belongs together";
    Ok(vec![
        row(
            "idle",
            "idle connection, resident",
            "floor",
            (1.5, 1.0),
            connection.and_then(|pairs| measured(&pairs, "B")),
        ),
        row(
            "idle_pair",
            "idle relayed pair, resident",
            "haproxy",
            (1.5, 1.0),
            Err(format!("not built: {why}")),
        ),
        row("rest", "resident at rest", "floor", (4.0, 2.5), measured(&rest, "B")),
    ])
}

fn measured(pairs: &[(f64, f64)], unit: &str) -> Result<Measured, String> {
    let middle = |of: fn(&(f64, f64)) -> f64| {
        Spread::of(&pairs.iter().map(of).collect::<Vec<_>>()).map_or(0.0, |spread| spread.median)
    };
    let figures = format!("{:.0} {unit} against {:.0} {unit}", middle(|pair| pair.0), middle(|pair| pair.1));
    Ok(Measured { ratio: Spread::of_ratios(pairs).ok_or("no round")?, rounds: pairs.len(), figures })
}

/// Resident octets of one silent connection.
fn silent(system: &System) -> Result<f64, String> {
    let before = system.process.resident();
    let mut lines = Vec::with_capacity(SILENT);
    for number in 0..SILENT {
        let line = TcpStream::connect(system.address);
        lines.push(line.map_err(|error| format!("connection {number}: {error} (ulimit -n?)"))?);
    }
    std::thread::sleep(Duration::from_millis(700));
    let after = system.process.resident();
    for (number, line) in lines.iter().enumerate() {
        line.set_nonblocking(true).map_err(|error| error.to_string())?;
        if line.peek(&mut [0]).is_ok() {
            return Err(format!("connection {number} was closed by {}", system.name));
        }
    }
    Ok(after.saturating_sub(before) as f64 / SILENT as f64)
}
