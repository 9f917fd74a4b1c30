//! The seams to the outside world: time, network, randomness, files, threads.
//!
//! For: everything that waits, connects or draws numbers. In: nothing but the operating system, or a simulated
//! replacement. Out: handles in a [`World`], carried by a [`Core`] that gives birth to all tasks.
//! Must not know: links, frames, parties.

mod asked;
mod clock;
mod core;
mod disk;
mod net;
mod offload;
mod pace;
mod random;
mod share;
mod stream;
mod told;
mod wheel;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

pub use self::asked::{Owed, Owing};
pub use self::clock::{Clock, ManualClock, Mark, Moment, RealClock, ScaledClock, Sleep};
pub(crate) use self::core::TaskAdder;
pub use self::core::{Core, CoreOwner, Elapsed, TaskGroup, Within};
pub use self::disk::{DiskEntry, DiskFile, Files, RealFiles};
pub use self::net::{Listener, Net, RealNet};
pub use self::offload::{Inline, Job, Offload, Threads};
pub use self::pace::{Pace, paced};
pub use self::random::{Random, RealRandom, SeededRandom};
pub use self::share::{Share, Shared};
pub use self::stream::{Io, Stream, Taken};
pub use self::told::{Teller, Told, told};
pub use self::wheel::Deadline;

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The outside world as handles; cloned freely, replaced whole by a simulation.
#[derive(Clone)]
pub struct World {
    /// Wall time, monotonic time and sleeping.
    pub clock: Arc<dyn Clock>,
    /// Connecting and listening.
    pub net: Arc<dyn Net>,
    /// Random bytes.
    pub random: Arc<dyn Random>,
    /// Files of folder links and spools.
    pub files: Arc<dyn Files>,
    /// Where work that blocks or takes long is done.
    pub offload: Arc<dyn Offload>,
    /// Who may let its tasks stand still; none: nobody.
    pub pace: Option<Arc<dyn Pace>>,
}

impl World {
    /// The real world: system clock, sockets, kernel randomness, disk, blocking threads of the runtime.
    #[must_use]
    pub fn real() -> Self {
        Self::with_clock(Arc::new(RealClock::new()))
    }

    /// The real world under another clock, e.g. a scaled one for a demonstration.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            net: Arc::new(RealNet),
            random: Arc::new(RealRandom),
            files: Arc::new(RealFiles),
            offload: Arc::new(Threads),
            pace: None,
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}
