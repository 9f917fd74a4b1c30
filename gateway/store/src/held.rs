//! Until when a journal is held for certain: said by the store that holds it under a lease, asked before something is done that
//! another holder must know of.
//!
//! It goes by the holder's own monotonic clock, from before the lease was asked for, so that it ends before the lease does. It
//! must not know who else there is.

use crate::monotonic::Monotonic;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A moment that is moved on while the lease is renewed; cheap to clone.
#[derive(Clone, Debug)]
pub struct Held {
    clock: Monotonic,
    /// Milliseconds of the clock.
    until: Arc<AtomicU64>,
    /// How often it was asked for after that.
    missed: Arc<AtomicU64>,
}

impl Held {
    /// Held by nobody yet.
    #[must_use]
    pub fn new(clock: Monotonic) -> Self {
        Self { clock, until: Arc::default(), missed: Arc::default() }
    }

    /// It is held until then.
    pub fn until(&self, moment: Duration) {
        self.until.store(u64::try_from(moment.as_millis()).unwrap_or(u64::MAX), Ordering::Release);
    }

    /// Whether it is held now.
    #[must_use]
    pub fn lasts(&self) -> bool {
        let lasts = self.clock.now().as_millis() < u128::from(self.until.load(Ordering::Acquire));
        if !lasts {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
        lasts
    }

    /// How often it was asked whether it is held, and was not.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }
}
