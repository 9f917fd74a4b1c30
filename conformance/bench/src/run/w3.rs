//! W3: frames behind four digits of length, passed through between 64 pairs of connections.

use super::systems::{Backend, Gateway, floor_relay, nginx};
use super::{Contestant, Rounds, Wanted, row};
use crate::table::Row;
use crate::talk::Frames;

/// Rows of W3.
pub(super) fn rows(wanted: &Wanted, backend: &Backend) -> Result<Vec<Row>, String> {
    let gateway = Gateway::new(&wanted.folder.join("w3"), &wanted.tongshi, &wanted.sources, backend)?;
    let running = gateway.start("tongshi", backend, false)?;
    let relay = running.relay();
    let floor = floor_relay(&wanted.folder, backend)?;
    let nginx = nginx(wanted, backend)?;
    let mut rows = Vec::new();
    let sizes = [
        (256, "w3_256", "w3_256_nginx", "W3 frames of 256"),
        (4_092, "w3_4096", "w3_4096_nginx", "W3 frames of 4096"),
    ];
    for (octets, id, id_nginx, what) in sizes {
        let mut contestants = vec![
            Contestant::at(&running.system, relay, move || Box::new(Frames::new(octets))),
            Contestant::new(&floor, move || Box::new(Frames::new(octets))),
        ];
        if let Ok(nginx) = &nginx {
            contestants.push(Contestant::new(nginx, move || Box::new(Frames::new(octets))));
        }
        eprintln!("{what}, 64 pairs");
        let rounds = Rounds::take(wanted.rounds(7), wanted.window(64), &mut contestants)?;
        let cpu = |one: &crate::load::Measured| one.cpu_us;
        rows.push(row(id, what, "floor", (1.10, 1.00), rounds.compare((0, 1), cpu, "µs")));
        let beside = nginx.as_ref().map_err(Clone::clone).and_then(|_| rounds.compare((0, 2), cpu, "µs"));
        rows.push(row(id_nginx, what, "nginx stream", (1.10, 1.00), beside));
    }
    Ok(rows)
}
