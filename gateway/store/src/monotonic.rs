//! Time that never steps back, counted from a beginning of its own: this machine's, or a simulated day's.
//!
//! Out: spans since that beginning; only those of one clock may be compared. It must not know what is counted by it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A monotonic clock; cheap to clone.
#[derive(Clone)]
pub struct Monotonic(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Monotonic {
    /// This machine's, which begins now.
    #[must_use]
    pub fn of_machine() -> Self {
        let began = Instant::now();
        Self::of(move || began.elapsed())
    }

    /// One that is read so.
    pub fn of(read: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// Time since its beginning.
    #[must_use]
    pub fn now(&self) -> Duration {
        (self.0)()
    }
}

impl Default for Monotonic {
    fn default() -> Self {
        Self::of_machine()
    }
}

impl fmt::Debug for Monotonic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Monotonic({:?})", self.now())
    }
}
