//! The engine: the way of a request through the gateway.
//!
//! In: compiled adapters, a deployment, keys, a store and the world's seams. Out: a running [`Gateway`] that asks and
//! answers parties, drives flows, and keeps the journal before it acts. It must not know SQL, the command line or any
//! counterparty.

pub mod batch;
pub mod book;
pub mod calendar;
pub mod channel;
pub mod counters;
pub mod deployment;
pub mod driver;
pub mod engine;
pub mod exchange;
pub mod facts;
pub mod files;
pub mod fill;
pub mod gateway;
pub mod jobs;
pub mod journal;
pub mod json;
pub mod late;
pub mod lines;
pub mod load;
pub mod message;
pub mod numbered;
pub mod observe;
pub mod packet;
pub mod pages;
pub mod parameters;
pub mod planted;
pub mod restraint;
pub mod retention;
pub mod scene;
pub mod senders;
pub mod serve;
pub mod session;
pub mod sheet;
pub mod sought;
pub mod verifying;
pub mod version;
pub mod view;
pub mod waiting;

pub use deployment::{Deployment, DeploymentFault, validate};
pub use gateway::{Gateway, Options, StartError};
pub use version::Version;

/// How tables are kept whose keys are ours, such as names of parties, links and services: they are looked into several times a
/// message. What others send is the key of none of them.
pub(crate) type Ours = foldhash::fast::RandomState;
