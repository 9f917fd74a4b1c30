//! The simulated world of a fault campaign: a clock that jumps to what is waited for, a network in memory that loses, holds
//! back and cuts, and the weather that a seed makes of it; and proxies that make the same weather on real sockets.
//!
//! In: a seed. Out: the seams of `link::world` for everything that runs in one process on one thread: two runs of a seed
//! are the same run. It must not know the gateway, nor what the octets mean.

mod clock;
mod machine;
mod net;
mod proxy;
mod sealed;
mod weather;

pub use clock::SimulatedClock;
pub use machine::Machine;
pub use net::{Counted, Fell, Moments, Network, NetworkFault};
pub use proxy::Proxies;
pub use sealed::Sealed;
pub use weather::{Dice, Weather};
