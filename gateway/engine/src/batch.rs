//! Batches: files that come, whose rows run through flows, and files that go (decisions D12, D13).
//!
//! A file that comes is copied to the spool, read to its end, and its rows put on a sheet before any of them is worked
//! off. A file that goes is written to the spool, then delivered whole. Rows never stand in memory together. It must not
//! know how a row is booked, nor any counterparty.

mod answer;
mod asking;
mod begun;
pub mod compare;
pub(crate) mod journal;
pub(crate) mod lists;
pub(crate) mod put;
pub(crate) mod reading;
pub mod spooled;
pub(crate) mod take;
mod turned_away;
pub(crate) mod watch;
pub(crate) mod writing;
