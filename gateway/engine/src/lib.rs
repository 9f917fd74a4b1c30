//! The engine: the way of a request through the gateway.
//!
//! In: compiled adapters, a deployment, keys, a store and the world's seams. Out: a running gateway that asks and
//! answers parties, drives flows, and keeps the journal before it acts. It must not know SQL, the command line or any
//! counterparty.

pub mod book;
pub mod calendar;
pub mod deployment;
pub mod driver;
pub mod durable;
pub mod engine;
pub mod exchange;
pub mod facts;
pub mod fill;
pub mod journal;
pub mod lines;
pub mod message;
pub mod observe;
pub mod packet;
pub mod scene;
pub mod serve;
pub mod session;
pub mod version;
pub mod view;

pub use deployment::{Deployment, DeploymentFault, validate};
