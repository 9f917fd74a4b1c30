//! The tests of the stores: one suite for each store, limits and numbers by property, the queue, the chain, kill -9,
//! two writers of one file, a disk that fails.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "all/alone.rs"]
mod alone;
#[path = "all/chain.rs"]
mod chain;
#[path = "all/cluster.rs"]
mod cluster;
#[path = "all/days.rs"]
mod days;
#[path = "all/export.rs"]
mod export;
#[path = "all/failover.rs"]
mod failover;
#[path = "all/kill.rs"]
mod kill;
#[path = "all/leased.rs"]
mod leased;
#[path = "all/log.rs"]
mod log;
#[path = "all/older.rs"]
mod older;
#[path = "all/postgres.rs"]
mod postgres;
#[path = "all/properties.rs"]
mod properties;
#[path = "all/suite.rs"]
mod suite;
#[path = "all/support.rs"]
mod support;
#[path = "all/sync.rs"]
mod sync;
#[path = "all/torn.rs"]
mod torn;
#[path = "all/writer.rs"]
mod writer;
