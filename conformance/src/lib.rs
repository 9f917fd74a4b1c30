//! The conformance kit: simulated parties, suites, examples, bad input, and what judges them.
//!
//! In: compiled adapters, data files of parties' worlds and suites. Out: parties on real sockets, and reports. It must not
//! know the gateway: what judges shares the codec with what it judges, and nothing else.

pub mod attack;
pub mod examples;
pub mod faults;
pub mod fields;
pub mod framing;
pub mod given;
pub mod inspect;
pub mod interface;
pub mod laws;
mod numbered;
pub mod oracles;
pub mod party;
pub mod report;
pub mod scene;
pub mod suite;
pub mod world;
