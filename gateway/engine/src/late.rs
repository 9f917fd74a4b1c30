//! Replies that come after their time: an exchange that was given up is remembered a while, so that its reply, when it
//! comes after all, reaches the step that asked (`flows.md` 1: a late reply of the posting itself is used).
//!
//! In: exchanges that got no reply; frames of lines. Out: the step's verdict. Bounded; what is forgotten is found by
//! enquiry all the same. It must not know what follows from a verdict.

use crate::driver::Inbox;
use crate::engine::Engine;
use crate::exchange::Prepared;
use crate::packet::Packet;
use crate::planted::Bug;
use dsl::flow::StepId;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::FlowId;

/// Exchanges remembered at most.
const MOST: usize = 4_096;

/// Which step of which flow waits for a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The flow.
    pub flow: FlowId,
    /// The step.
    pub step: StepId,
    /// To what of the step.
    pub to: Copied,
}

/// What was sent for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    /// The posting, by the number of its copy.
    Posting(u8),
    /// Its reversal.
    Reversal,
    /// A question about it, by its number. It is asked anew where it is given up; only a campaign's bug has its late answer heard.
    Question(u32),
}

struct GivenUp {
    tag: u64,
    waiting: Waiting,
    prepared: Arc<Prepared>,
}

/// Exchanges that were given up.
#[derive(Default)]
pub struct Late {
    next: AtomicU64,
    given_up: Mutex<VecDeque<GivenUp>>,
}

impl Late {
    /// A mark that no other exchange of this run bears.
    pub fn tag(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn given_up(&self) -> MutexGuard<'_, VecDeque<GivenUp>> {
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers an exchange that got no reply in its time.
    pub fn remember(&self, tag: u64, waiting: Waiting, prepared: &Arc<Prepared>) {
        let mut given_up = self.given_up();
        if given_up.len() >= MOST {
            given_up.pop_front();
        }
        given_up.push_back(GivenUp { tag, waiting, prepared: Arc::clone(prepared) });
    }

    fn take(&self, tag: u64) -> Option<GivenUp> {
        let mut given_up = self.given_up();
        let place = given_up.iter().position(|known| known.tag == tag)?;
        given_up.remove(place)
    }
}

impl Engine {
    /// A reply that came too late for its exchange: read as it would have been, and handed to the step; false where
    /// nothing is known of the exchange any more.
    pub async fn late_reply(self: &Arc<Self>, tag: u64, packet: Packet) -> bool {
        let Some(GivenUp { waiting, prepared, .. }) = self.late.take(tag) else { return false };
        if self.planted == Some(Bug::LateReplyForgotten) {
            return true;
        }
        let verdict = self.read_reply(&prepared, packet).await;
        crate::observe::late(&self.line_name(&prepared.asking));
        let heard = match waiting.to {
            Copied::Posting(copy) => Inbox::Sent(waiting.step, copy, verdict),
            Copied::Reversal => Inbox::SentBack(waiting.step, verdict),
            Copied::Question(number) => Inbox::Enquired(waiting.step, number, verdict),
        };
        self.tell(waiting.flow, heard).await
    }
}

impl std::fmt::Debug for Late {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Late").field("given_up", &self.given_up().len()).finish_non_exhaustive()
    }
}
