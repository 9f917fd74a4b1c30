//! The binary `tongshi`.
fn main() {}
