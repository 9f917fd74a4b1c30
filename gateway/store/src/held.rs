//! Until when a journal is held for certain: said by the store that holds it under a lease, asked before something is done that
//! another holder must know of.
//!
//! It goes by this machine's monotonic clock, from before the lease was asked for, so that it ends before the lease does. It
//! must not know who else there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// A moment that is moved on while the lease is renewed; cheap to clone.
#[derive(Clone, Debug)]
pub struct Held {
    began: Instant,
    /// Milliseconds after `began`.
    until: Arc<AtomicU64>,
}

impl Default for Held {
    fn default() -> Self {
        Self::new()
    }
}

impl Held {
    /// Held by nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self { began: Instant::now(), until: Arc::new(AtomicU64::new(0)) }
    }

    /// It is held until then.
    pub fn until(&self, moment: Instant) {
        let after = moment.saturating_duration_since(self.began).as_millis();
        self.until.store(u64::try_from(after).unwrap_or(u64::MAX), Ordering::Release);
    }

    /// Whether it is held now.
    #[must_use]
    pub fn lasts(&self) -> bool {
        self.began.elapsed().as_millis() < u128::from(self.until.load(Ordering::Acquire))
    }
}
