//! Links: how bytes reach a counterparty and come back.
//!
//! For: the engine and the simulators. In: plain configuration values and bytes. Out: bytes, and for every
//! exchange a verdict that says whether the request may have left ([`Exchanged`]).
//! Must not know: the language, messages and their fields, flows, stores, or what any byte means.

mod accept;
pub mod counts;
pub mod deliver;
mod dial;
pub mod files;
pub mod folder;
pub mod frame;
pub mod http;
pub mod leave;
mod limit;
pub mod numbered;
pub mod outcome;
pub mod tcp;
pub mod tls;
pub mod watch;
pub mod world;

pub use counts::LinkCounts;
pub use leave::Leave;
pub use outcome::{Cause, CauseKind, Exchanged, Sent, Whose};
pub use world::{BoxFuture, Core, CoreOwner, Mark, Moment, World};
