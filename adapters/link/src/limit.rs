//! A limit that moves: armed again only when it must fire earlier, or has fired too early.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::world::{Core, Deadline, Mark};

pub(crate) struct Limit {
    core: Core,
    armed: Option<(Mark, Deadline)>,
}

impl Limit {
    pub(crate) fn new(core: &Core) -> Self {
        Self { core: core.clone(), armed: None }
    }

    /// Ready when `wanted` has passed. A later `wanted` costs nothing until the earlier one fires.
    pub(crate) fn poll_at(&mut self, context: &mut Context<'_>, wanted: Mark) -> Poll<()> {
        if wanted == Mark::NEVER {
            return Poll::Pending;
        }
        loop {
            let (mark, deadline) = match &mut self.armed {
                Some((mark, deadline)) if *mark <= wanted => (mark, deadline),
                armed => {
                    let (mark, deadline) = armed.insert((wanted, self.core.deadline(wanted)));
                    (mark, deadline)
                }
            };
            if Pin::new(deadline).poll(context).is_pending() {
                return Poll::Pending;
            }
            let reached = *mark >= wanted;
            self.armed = None;
            if reached || self.core.mark() >= wanted {
                return Poll::Ready(());
            }
        }
    }
}
