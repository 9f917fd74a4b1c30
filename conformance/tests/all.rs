//! Simulated parties over real sockets.

#[path = "all/help.rs"]
mod help;
#[path = "all/power.rs"]
mod power;
#[path = "all/suites.rs"]
mod suites;
