//! conformance

pub mod fields;
pub mod scene;
pub mod world;
