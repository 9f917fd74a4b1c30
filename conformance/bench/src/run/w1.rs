//! W1: a bill query over TCP that becomes a signed query over HTTP and back; with HMAC, with RSA, beside Node.

use super::systems::{Backend, Gateway, floor, node};
use super::{Contestant, Rounds, Wanted, row};
use crate::load::Measured;
use crate::table::Row;
use crate::talk::Queries;

fn cpu(one: &Measured) -> f64 {
    one.cpu_us
}

/// Rows of W1.
pub(super) fn rows(wanted: &Wanted, backend: &Backend) -> Result<Vec<Row>, String> {
    let gateway = Gateway::new(&wanted.folder.join("w1"), &wanted.tongshi, &wanted.sources, backend)?;
    let running = gateway.start("tongshi", backend, false)?;
    let floor = floor(&wanted.folder, backend, false)?;
    let node = if wanted.quick { Err("not in a quick run".to_owned()) } else { node(wanted, backend)? };
    let mut contestants = vec![Contestant::new(&running.system, || Box::new(Queries::new()))];
    contestants.push(Contestant::new(&floor, || Box::new(Queries::new())));
    if let Ok(node) = &node {
        contestants.push(Contestant::new(node, || Box::new(Queries::new())));
    }
    eprintln!("W1, 64 connections");
    let rounds = Rounds::take(wanted.rounds(15), wanted.window(64), &mut contestants)?;
    let beside_node = node.as_ref().map_err(Clone::clone).and_then(|_| rounds.compare((0, 2), cpu, "µs"));
    let why_not_lua = "nginx's Lua module of Debian serves HTTP alone: frames over TCP need a Lua module for its stream, which Debian has not";
    let why_not_red = "Node-RED comes from npm with 300 packages and is not installed by this script";
    Ok(vec![
        row("w1", "W1 processor a request", "floor", (1.25, 1.10), rounds.compare((0, 1), cpu, "µs")),
        row("w1_node", "W1 processor a request", "Node by hand", (1.0 / 5.0, 1.0 / 7.0), beside_node),
        row(
            "w1_node_red",
            "W1 processor a request",
            "Node-RED 5",
            (1.0 / 12.0, 1.0 / 18.0),
            Err(why_not_red.to_owned()),
        ),
        row(
            "w1_nginx_lua",
            "W1 processor a request",
            "nginx + Lua",
            (0.50, 0.40),
            Err(why_not_lua.to_owned()),
        ),
        row("w1_p99", "W1 p99", "floor", (1.5, 1.2), rounds.compare((0, 1), |one| one.p99_us, "µs")),
    ])
}

/// The row of W1 with RSA.
pub(super) fn rsa(wanted: &Wanted, backend: &Backend) -> Result<Row, String> {
    let gateway = Gateway::new(&wanted.folder.join("w1-rsa"), &wanted.tongshi, &wanted.sources, backend)?;
    let running = gateway.start("tongshi", backend, true)?;
    let floor = floor(&wanted.folder, backend, true)?;
    let mut contestants = vec![
        Contestant::new(&running.system, || Box::new(Queries::new())),
        Contestant::new(&floor, || Box::new(Queries::new())),
    ];
    eprintln!("W1 with RSA, 64 connections");
    let rounds = Rounds::take(wanted.rounds(15), wanted.window(64), &mut contestants)?;
    Ok(row("w1_rsa", "W1 with RSA", "floor", (1.05, 1.02), rounds.compare((0, 1), cpu, "µs")))
}
