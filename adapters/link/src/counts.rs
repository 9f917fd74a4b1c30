//! What a link counts of itself.
//!
//! For: metrics and tests. In: events of connections and exchanges. Out: numbers, read at any time.
//! Must not know: how they are shown.

use std::sync::atomic::{AtomicU64, Ordering};

/// One number that only grows, or a gauge that goes both ways.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// The number now.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn up(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn down(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The counters of one link.
#[derive(Debug, Default)]
pub struct LinkCounts {
    /// Connections open now.
    pub open: Count,
    /// Exchanges that wait for a connection now.
    pub waiting: Count,
    /// Connections made or accepted.
    pub connected: Count,
    /// Connections that could not be made, TLS included.
    pub connect_failed: Count,
    /// Connections refused because the most allowed were open.
    pub turned_away: Count,
    /// Connections that ended without having sent a byte.
    pub silent: Count,
    /// Frames or messages received whole.
    pub received: Count,
    /// Frames or messages given to the socket whole.
    pub sent: Count,
    /// Exchanges whose reply came in time.
    pub replied: Count,
    /// Exchanges that surely did not leave.
    pub not_sent: Count,
    /// Exchanges that perhaps left and have no reply.
    pub maybe_sent: Count,
    /// Time limits that passed, of exchanges and of connections.
    pub timed_out: Count,
    /// Received bytes that were no frame, or broke a limit.
    pub garbled: Count,
    /// Frames that answer nothing that still waits.
    pub unsolicited: Count,
    /// Exchanges refused because the queue was full.
    pub busy: Count,
}

impl LinkCounts {
    pub(crate) fn exchanged<Reply>(&self, verdict: &crate::Exchanged<Reply>) {
        use crate::{CauseKind, Exchanged};
        match verdict {
            Exchanged::Reply(_) => self.replied.up(),
            Exchanged::NotSent(_) => self.not_sent.up(),
            Exchanged::MaybeSent(_) => self.maybe_sent.up(),
        }
        match verdict.cause().map(|cause| &cause.kind) {
            Some(CauseKind::AnswerTimedOut | CauseKind::WaitTimedOut) => self.timed_out.up(),
            Some(CauseKind::Frame(_) | CauseKind::Http) => self.garbled.up(),
            Some(CauseKind::Busy) => self.busy.up(),
            _ => {}
        }
    }
}
