//! conformance

pub mod world;
