//! A batch whose answer is due while rows are open, and a flow that was brought back: neither goes on before the lists that its
//! loops made stand in its book. What has no list has no rows to sums and counts, and those would be told and paid by.
//!
//! In: the event that the answer is due, the first event of a flow. Out: the same event, when it can be worked on. It must not
//! decide what is told: that is `dsl::flow`.

use super::rows::GATHERED_AGAIN;
use super::{Inbox, Running};
use dsl::flow::Event;
use std::time::Duration;

impl Running {
    /// The answer is due: it is made once it can be, and until then the flow hears of it again and again.
    pub(super) async fn answer_due(&mut self) {
        self.due = false;
        if !self.gather_so_far().await {
            tracing::error!(flow = %self.id, "an answer is due, and what its rows answered cannot be gathered; it waits");
            return self.due_again(GATHERED_AGAIN);
        }
        self.handle(Event::CutOff).await;
    }

    fn due_again(&mut self, pause: Duration) {
        self.due = true;
        let (core, post) = (self.engine.core.clone(), self.post.clone());
        self.engine.core.spawn(async move {
            let over = core.within(core.mark().after(pause), post.closed()).await.is_err();
            if over {
                drop(post.send(Inbox::Due).await);
            }
        });
    }

    /// Waits until the lists stand there that a flow which was brought back goes on from. Nothing is heard meanwhile: whatever
    /// it was, it would be worked on as if there were no rows.
    pub(super) async fn wait_for_lists(&mut self) {
        let late = self.state.durable.late && self.state.durable.end.is_none();
        while match (late, self.unmade) {
            (true, _) => !self.gather_so_far().await,
            (false, true) => !self.gather_ended().await,
            (false, false) => false,
        } {
            tracing::error!(flow = %self.id, "what rows answered cannot be gathered; their flow goes on later");
            let core = &self.engine.core;
            core.deadline(core.mark().after(GATHERED_AGAIN)).await;
        }
        self.unmade = false;
    }
}
