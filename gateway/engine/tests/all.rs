//! The engine against parties that are played by hand, byte for byte, over real sockets.

#[path = "slice/parties.rs"]
mod parties;
#[path = "slice/paying.rs"]
mod paying;
#[path = "slice/serving.rs"]
mod serving;
#[path = "slice/support.rs"]
mod support;
