//! Simulated parties over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

#[path = "all/campus.rs"]
mod campus;
#[path = "all/heads.rs"]
mod heads;
#[path = "all/help.rs"]
mod help;
#[path = "all/inspect.rs"]
mod inspect;
#[path = "all/kept.rs"]
mod kept;
#[path = "all/laws.rs"]
mod laws;
#[path = "all/pages.rs"]
mod pages;
#[path = "all/power.rs"]
mod power;
#[path = "all/suites.rs"]
mod suites;
#[path = "all/turned.rs"]
mod turned;
