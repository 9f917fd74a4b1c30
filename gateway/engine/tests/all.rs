//! The engine against parties that are played by hand, byte for byte, over real sockets.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says so")]

#[path = "slice/awaiting.rs"]
mod awaiting;
#[path = "slice/batches.rs"]
mod batches;
#[path = "slice/by_the_clock.rs"]
mod by_the_clock;
#[path = "slice/changing.rs"]
mod changing;
#[path = "slice/counting.rs"]
mod counting;
#[path = "slice/crashing.rs"]
mod crashing;
#[path = "slice/deciding.rs"]
mod deciding;
#[path = "slice/deploying.rs"]
mod deploying;
#[path = "slice/fenced.rs"]
mod fenced;
#[path = "slice/files.rs"]
mod files;
#[path = "slice/full.rs"]
mod full;
#[path = "slice/keeping.rs"]
mod keeping;
#[path = "slice/leased.rs"]
mod leased;
#[path = "slice/looking.rs"]
mod looking;
#[path = "slice/numbered.rs"]
mod numbered;
#[path = "slice/parties.rs"]
mod parties;
#[path = "slice/paying.rs"]
mod paying;
#[path = "slice/quiet.rs"]
mod quiet;
#[path = "slice/restraining.rs"]
mod restraining;
#[path = "slice/serving.rs"]
mod serving;
#[path = "slice/sessions.rs"]
mod sessions;
#[path = "slice/speaking.rs"]
mod speaking;
#[path = "slice/support.rs"]
mod support;
#[path = "slice/taking_back.rs"]
mod taking_back;
#[path = "slice/verifying.rs"]
mod verifying;
