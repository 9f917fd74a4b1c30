//! The yardstick: the workloads of the gateway, a hand-written floor beside it, ratios between them.
//!
//! For: people who make the gateway faster, and CI that holds it. In: the binary `tongshi` as a bank runs it, and what
//! peers the machine has. Out: a table, a page with plots, ratios as JSON. Start reading at [`run`]. Nothing of the
//! product depends on it, and times never decide a test: what the ordinary test run holds is that the adapters under
//! `configs` answer every octet right.
#![allow(clippy::float_arithmetic, reason = "ratios and microseconds are floats; no money is counted here")]
#![allow(clippy::indexing_slicing, reason = "the floor is written for speed, its ranges are constants")]

pub mod backend;
pub mod bill;
pub mod flood;
pub mod floor;
pub mod load;
pub mod paced;
pub mod page;
pub mod process;
pub mod ratio;
pub mod run;
pub mod seal;
pub mod table;
pub mod talk;
pub mod wire;
