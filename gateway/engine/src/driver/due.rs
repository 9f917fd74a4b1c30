//! A batch whose answer is due while rows are open, and a flow that was brought back: neither goes on before the lists that its
//! loops made stand in its book. What has no list has no rows to sums and counts, and those would be told and paid by. Nor is
//! an answer made while an open row is known to this flow alone: nobody would begin the row when the flow has ended.
//!
//! In: the event that the answer is due, the first event of a flow. Out: the same event, when it can be worked on; whether rows
//! are still to come. It must not decide what is told: that is `dsl::flow`.

use super::rows::{GATHERED_AGAIN, NotNow};
use super::{Inbox, Running, path_of, program_of};
use crate::engine::Engine;
use dsl::flow::{Event, LoopId, Node};
use std::sync::Arc;
use std::time::Duration;
use store::{FlowId, Key};

/// Between two looks whether every open row has a flow.
const BEGUN_AGAIN: Duration = Duration::from_secs(1);

impl Running {
    /// The answer is due: it is made once it can be, and until then the flow hears of it again and again.
    pub(super) async fn answer_due(&mut self) {
        self.due = false;
        // Said before, it changes nothing: what its rows answered is not gathered for it again.
        if self.state.durable.late || self.state.durable.end.is_some() {
            return;
        }
        if !self.rows_go_on().await {
            tracing::warn!(flow = %self.id, "an answer is due, and rows are open that have no flow yet; it waits");
            return self.due_again(BEGUN_AGAIN);
        }
        if !Box::pin(self.gather_so_far()).await {
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

    /// Whether each open row of the loop at hand goes on without this flow: the journal has a flow of it, or one that has its
    /// key, which comes back by itself after a stop. Those do not count that wait for another row where this flow waits for its
    /// rows behind the answer: it begins them itself then, and the other may wait for people for weeks.
    async fn rows_go_on(&self) -> bool {
        let Some(program) = self.program() else { return true };
        let Some(Node::Each(of)) = program.node(self.state.durable.at) else { return true };
        let Some(rows) = self.state.durable.loops.iter().find(|rows| rows.of == *of) else { return true };
        let Some(one) = program.loops.get(usize::from(of.0)).filter(|one| one.body.journaled()) else {
            return true;
        };
        let waits_for_rows = program.nodes.iter().any(|node| matches!(node, Node::Rows(for_) if for_ == of));
        let Ok(without) = self.engine.flowless(self.id, &one.body.name, rows.open.clone()).await else {
            return false;
        };
        for row in without {
            if waits_for_rows && self.order.waits(*of, row) {
                continue;
            }
            if !matches!(self.joined(*of, row).await, Ok(Some(_))) {
                return false;
            }
        }
        true
    }

    /// The flow of the journal that has the key of a row, whatever batch it is of.
    async fn joined(&self, of: LoopId, row: u64) -> Result<Option<FlowId>, NotNow> {
        let (running, _) = self.row_flow(of, row).map_err(|_| NotNow)?;
        let (since, last) = running.same_on;
        let key = Key { date: last, ..running.key };
        let known = self.engine.journal.read(move |reader| reader.flow_by_key(&key, since)).await;
        let known = known.map_err(|fatal| {
            self.engine.fail(&fatal);
            NotNow
        })?;
        Ok(known.and_then(|(_, flow)| flow))
    }

    /// Waits until the lists stand there that a flow which was brought back goes on from. Nothing is heard meanwhile: whatever
    /// it was, it would be worked on as if there were no rows.
    pub(super) async fn wait_for_lists(&mut self) {
        let late = self.state.durable.late && self.state.durable.end.is_none();
        while match (late, self.unmade) {
            (true, _) => !Box::pin(self.gather_so_far()).await,
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

impl Engine {
    /// Rows of a batch's loop, of these, of which the journal has no flow.
    async fn flowless(&self, batch: FlowId, name: &str, mut rows: Vec<u64>) -> Result<Vec<u64>, NotNow> {
        if rows.is_empty() {
            return Ok(rows);
        }
        let name = name.to_owned();
        let found = self.journal.read_long(move |reader| {
            let mut without = Vec::new();
            for row in rows.drain(..) {
                let next = reader.children(batch, &name, row, 1)?;
                if next.first().and_then(|child| child.parent).is_none_or(|(_, number)| number != row) {
                    without.push(row);
                }
            }
            Ok(without)
        });
        found.await.map_err(|fatal| {
            self.fail(&fatal);
            NotNow
        })
    }

    /// Whether a row is open in a flow's own state that has no flow of this batch, and nothing says how it ended: it is yet to
    /// begin, or waits for the flow that has its key.
    pub(crate) async fn has_rows_to_come(self: &Arc<Self>, flow: FlowId) -> bool {
        // What cannot be read now may be open.
        self.rows_to_come(flow).await.unwrap_or(true)
    }

    async fn rows_to_come(self: &Arc<Self>, flow: FlowId) -> Result<bool, NotNow> {
        let row = self.journal.read(move |reader| reader.flow(flow)).await;
        let row = row.map_err(|fatal| {
            self.fail(&fatal);
            NotNow
        })?;
        let Some(row) = row else { return Ok(false) };
        let version = self.version_of(row.version).await.ok().flatten().ok_or(NotNow)?;
        let (reference, path) = path_of(&version, &row.name).ok_or(NotNow)?;
        let program = version.flow(reference).and_then(|tables| program_of(tables, &path)).ok_or(NotNow)?;
        let durable = dsl::flow::decode(program, &row.state).map_err(|_| NotNow)?;
        let mut without = Vec::new();
        for rows in &durable.loops {
            let one = program.loops.get(usize::from(rows.of.0)).filter(|one| one.body.journaled());
            let Some(one) = one else { continue };
            let open = self.flowless(flow, &one.body.name, rows.open.clone()).await?;
            without.extend(open.into_iter().map(|row| (rows.of, row)));
        }
        if without.is_empty() {
            return Ok(false);
        }
        let ended = row.end.is_some();
        let batch = Box::pin(self.load(row)).await.map_err(|_| NotNow)?;
        for (of, row) in without {
            match batch.joined(of, row).await? {
                Some(other) if self.stored(other, None).await.kind == super::ToldKind::Pending => {
                    return Ok(true);
                }
                // Of a batch that has ended nobody begins rows any more.
                None if !ended => return Ok(true),
                _ => {}
            }
        }
        Ok(false)
    }
}
