//! The flow's own nodes, in order, and what happens to a flow as a whole.

use super::{
    Answer, Cancel, CancelAnswer, Change, Effect, End, Event, Fault, NodeId, OperationState, Otherwise,
    Parked, Reason, Run, SecondAnswer, State, StepId, Timer, UNWRITTEN_ROWS, WAITING_ROWS,
};
use crate::flow::program::{CallKind, HoldId, LoopId, Node, Undo};
use crate::flow::state::Rows;

impl Run<'_> {
    /// Goes as far as it can without a further event.
    pub(super) fn go_on(&mut self) {
        loop {
            let durable = &self.next.durable;
            if durable.end.is_some() && durable.cancel != Cancel::Wished {
                return;
            }
            if durable.unwinding() {
                return self.unwind();
            }
            let at = durable.at;
            let Some(node) = self.program.node(at) else {
                // What is counted behind the last step is counted with the end.
                if !self.next.durable.answered && !self.reserve() {
                    continue;
                }
                return self.end_done();
            };
            if !self.node(at, node) {
                return;
            }
        }
    }

    /// Works on a node; true if the loop has to look again.
    fn node(&mut self, at: NodeId, node: &Node) -> bool {
        match node {
            Node::Limit { limit, .. } => {
                if !self.next.durable.limits.iter().any(|(known, _)| known == limit) {
                    self.next.durable.limits.push((*limit, false));
                }
                self.advance()
            }
            Node::Check { guard, otherwise } => {
                if self.next.durable.stopped == Some(at) {
                    return self.announce(at, Some(Parked::Place(at)));
                }
                if self.judge.holds(*guard, &self.next.durable) {
                    self.advance()
                } else {
                    self.otherwise(at, otherwise)
                }
            }
            Node::Deadline { warn, .. } => {
                self.next.durable.deadlines.push(at);
                self.changes.push(Change::Progress);
                self.after.push(Effect::Timer(Timer::Deadline(at), 0));
                if warn.is_some() {
                    self.after.push(Effect::Timer(Timer::Warn(at), 0));
                }
                self.advance()
            }
            Node::Hold { hold, .. } => self.announce(at, Some(Parked::Hold(*hold))),
            Node::Park { .. } => self.announce(at, Some(Parked::Place(at))),
            Node::Until { .. } => {
                if self.next.memory.announced != Some(at) {
                    self.after.push(Effect::Timer(Timer::Until(at), 0));
                    if self.next.memory.asker {
                        self.answer_pending();
                    }
                }
                self.announce(at, None)
            }
            Node::Rows(of) => {
                let open = |rows: &Rows| rows.of == *of && !rows.open.is_empty();
                if self.next.durable.loops.iter().any(open) {
                    if self.next.memory.announced != Some(at) {
                        self.ask_rows(*of);
                    }
                    return self.announce(at, None);
                }
                // What stands behind it sees the answer, so that is written first.
                if self.changes.iter().any(|change| matches!(change, Change::Answer(_))) {
                    self.after.push(Effect::Timer(Timer::Until(at), 0));
                    return self.announce(at, None);
                }
                self.advance()
            }
            Node::Refuse(reason) => self.refuse(reason),
            Node::Step(step) => self.step_node(*step),
            Node::Together(members) => self.together(members),
            Node::Each(of) => self.each(*of),
            Node::Branch { guard, otherwise } => {
                if self.judge.holds(*guard, &self.next.durable) {
                    self.advance()
                } else {
                    self.jump(*otherwise)
                }
            }
            Node::Passed { step, otherwise } => {
                if self.operation(*step).passed {
                    self.advance()
                } else {
                    self.jump(*otherwise)
                }
            }
            Node::Jump(to) => self.jump(*to),
            Node::Start { start, .. } => {
                // What cannot be asked is for an operator: nobody else would ever look.
                if self.next.memory.cannot_start == Some(*start) || self.next.durable.stopped == Some(at) {
                    self.next.durable.stopped = Some(at);
                    return self.announce(at, Some(Parked::Place(at)));
                }
                self.changes.push(Change::Start(*start));
                self.advance()
            }
            Node::Await { up_to_ms, .. } => {
                if self.next.durable.stopped == Some(at) {
                    if self.next.memory.announced != Some(at) {
                        self.after.push(Effect::Listen(at));
                    }
                    return self.announce(at, Some(Parked::Place(at)));
                }
                if self.next.memory.announced != Some(at) {
                    self.after.push(Effect::Timer(Timer::Await(at), *up_to_ms));
                }
                self.announce(at, None)
            }
            // What is counted behind the last step is counted before it is answered.
            Node::Answer(mapping) => {
                if !self.reserve() {
                    return true;
                }
                self.changes.push(Change::Answer(*mapping));
                self.next.durable.answered = true;
                self.tell(Answer::Done(Some(*mapping)));
                self.advance()
            }
        }
    }

    pub(super) fn advance(&mut self) -> bool {
        self.jump(NodeId(self.next.durable.at.0.saturating_add(1)))
    }

    fn jump(&mut self, to: NodeId) -> bool {
        self.next.durable.at = to;
        self.next.durable.stopped = None;
        self.next.memory.announced = None;
        true
    }

    pub(super) fn announce(&mut self, at: NodeId, place: Option<Parked>) -> bool {
        if self.next.memory.announced != Some(at) {
            self.next.memory.announced = Some(at);
            self.changes.push(Change::Waits(at));
            self.after.extend(place.map(Effect::Park));
        }
        false
    }

    fn refuse(&mut self, reason: &Reason) -> bool {
        self.next.durable.refused = Some(reason.clone());
        self.changes.push(Change::Progress);
        true
    }

    fn otherwise(&mut self, at: NodeId, otherwise: &Otherwise) -> bool {
        match otherwise {
            Otherwise::Refuse(reason) => self.refuse(reason),
            Otherwise::Park(_) => {
                self.next.durable.stopped = Some(at);
                self.announce(at, Some(Parked::Place(at)))
            }
        }
    }

    fn end_done(&mut self) {
        self.next.durable.end = Some(End::Done);
        self.changes.push(Change::End(End::Done));
        if !self.next.durable.answered {
            self.tell(Answer::Done(None));
        }
    }

    pub(super) fn timer(&mut self, timer: Timer) {
        match timer {
            Timer::Pause { step, number } => self.pause_over(step, number),
            Timer::Quiet { step, copy } => self.quiet_over(step, copy),
            Timer::Warn(at) if self.next.durable.end.is_none() => {
                self.after.push(Effect::Park(Parked::Late(at)));
            }
            Timer::Warn(_) => {}
            Timer::Deadline(at) => self.deadline(at),
            Timer::Until(at) => {
                let durable = &self.next.durable;
                if durable.at != at || durable.end.is_some() || durable.unwinding() {
                    return;
                }
                if matches!(self.program.node(at), Some(Node::Until { .. })) {
                    self.changes.push(Change::Progress);
                    self.advance();
                }
                self.go_on();
            }
            Timer::Await(at) => {
                if self.next.durable.at == at
                    && !self.next.durable.unwinding()
                    && let Some(Node::Await { otherwise, .. }) = self.program.node(at)
                {
                    self.next.memory.announced = None;
                    self.otherwise(at, otherwise);
                    self.go_on();
                }
            }
        }
    }

    /// A deadline is an event, never an outcome: what is open goes on being resolved. Where it refuses, it refuses what
    /// has not begun, or what can be taken back whole.
    fn deadline(&mut self, at: NodeId) {
        let durable = &mut self.next.durable;
        if durable.end.is_some() || !durable.deadlines.contains(&at) {
            return;
        }
        durable.deadlines.retain(|known| *known != at);
        durable.overdue = true;
        self.changes.push(Change::Progress);
        self.after.push(Effect::Park(Parked::Late(at)));
        let node = self.program.node(at);
        if let Some(Node::Deadline { otherwise: Otherwise::Refuse(reason), .. }) = node
            && !self.must_go_on()
        {
            self.next.durable.refused.get_or_insert_with(|| reason.clone());
        } else if self.next.memory.asker {
            self.answer_pending();
        }
        self.go_on();
    }

    /// Whether something has left that has no way back, or may have: it decides how the flow ends.
    fn must_go_on(&self) -> bool {
        use OperationState::{New, Refused, Undone};
        let acts = |step| matches!(self.kind(step), CallKind::Posting | CallKind::Notice);
        let left = self.program.step_ids().any(|step| {
            let definition = self.definition(step);
            let stays = definition
                .is_some_and(|found| !found.best_effort && matches!(found.undo, Undo::Keep | Undo::Nothing));
            stays && acts(step) && !matches!(self.operation(step).state, New | Refused | Undone)
        });
        left || self.program.rows_hold(&self.next.durable)
    }

    pub(super) fn second_ask(&mut self, same: bool) {
        if self.rules.broken(Fault::SecondAskActs) {
            self.next = State::new(self.program);
            return self.event(&Event::Asked);
        }
        let ended = self.next.durable.end.is_some() || self.next.durable.answered;
        let told = match (same || self.rules.broken(Fault::OtherContentJoins), ended) {
            (false, _) => SecondAnswer::Duplicate,
            (true, true) => SecondAnswer::Stored,
            (true, false) => {
                self.next.memory.asker = true;
                SecondAnswer::Joins
            }
        };
        self.after.push(Effect::AnswerSecond(told));
    }

    pub(super) fn asker_limit(&mut self) {
        if self.next.memory.asker {
            self.answer_pending();
        }
    }

    /// The asker's cancellation of this flow (`flows.md` 4).
    pub(super) fn cancel_asked(&mut self) {
        let durable = &self.next.durable;
        let told = match (durable.cancel, durable.end) {
            (Cancel::Through, _) => Some(CancelAnswer::Cancelled),
            (Cancel::Wished, _) => None,
            (Cancel::No, Some(End::Refused)) => Some(CancelAnswer::NothingToUndo),
            (Cancel::No, _) if !self.may_cancel() || self.is_closed() => Some(CancelAnswer::Refused),
            (Cancel::No, _) => {
                self.next.durable.cancel = Cancel::Wished;
                self.changes.push(Change::Progress);
                return self.go_on();
            }
        };
        self.after.extend(told.map(Effect::AnswerCancel));
    }

    fn may_cancel(&self) -> bool {
        let durable = &self.next.durable;
        let untouched =
            |state| matches!(state, OperationState::New | OperationState::Refused | OperationState::Undone);
        let closed = self
            .program
            .cancel_refused_after
            .and_then(|step| durable.operation(step))
            .is_some_and(|operation| !untouched(operation.state));
        let told_early = durable.answered && durable.end.is_none();
        let rows = durable.loops.iter().any(|rows| rows.next > 0);
        let all_may = self.program.step_ids().all(|step| {
            untouched(self.operation(step).state)
                || self.kind(step) != CallKind::Posting
                || self.definition(step).is_some_and(|found| found.undo_of.is_some())
                || self.has_undo(step)
        });
        all_may && !closed && !told_early && !rows
    }

    /// Whether it has ended done, and a leg of it can be taken back on its business date alone, which is over: nothing leaves then, since
    /// it would be taken back in part. What people may have put right has another way.
    fn is_closed(&mut self) -> bool {
        if self.next.durable.end != Some(End::Done) {
            return false;
        }
        let of_day = |step: &StepId| {
            let found = self.definition(*step).filter(|found| found.undo_of.is_none());
            let by_day = found.is_some_and(|found| found.undo == Undo::Provider && found.correct.is_empty());
            let posted =
                self.operation(*step).state == OperationState::Done && self.kind(*step) == CallKind::Posting;
            by_day && posted && self.back_contract(*step).is_some_and(|back| back.within_business_date)
        };
        let of_day: Vec<StepId> = self.program.step_ids().filter(of_day).collect();
        of_day.into_iter().any(|step| self.judge.day_over(step))
    }

    pub(super) fn has_undo(&self, step: StepId) -> bool {
        match self.definition(step).map(|found| &found.undo) {
            Some(Undo::Provider) => self.contract(step).is_some_and(|call| call.back.is_some()),
            Some(Undo::By(_)) => true,
            Some(Undo::Keep | Undo::Nothing) | None => false,
        }
    }

    pub(super) fn decision(&mut self, hold: HoldId, accepted: &Result<(), Reason>) {
        let told = match self.program.node(self.next.durable.at) {
            Some(Node::Hold { hold: here, told }) if *here == hold => *told,
            _ => return,
        };
        if !told {
            return self.decide(accepted);
        }
        if !self.next.durable.unwinding() && self.next.durable.end.is_none() {
            self.next.durable.decisions.push((hold, accepted.clone().err()));
            self.decide(&Ok(()));
        }
    }

    pub(super) fn released(&mut self, at: NodeId, accepted: &Result<(), Reason>) {
        let durable = &self.next.durable;
        let park = matches!(self.program.node(at), Some(Node::Park { .. }));
        // What was told done stays, and so do rows that hold: what stops behind them can only go on.
        let may = accepted.is_ok() || self.program.may_be_refused(durable);
        if durable.at != at || !(park || durable.stopped == Some(at)) || !may {
            return;
        }
        // What could not be begun is begun, not passed over.
        let begins = matches!(self.program.node(at), Some(Node::Start { .. }));
        if begins && accepted.is_ok() && !durable.unwinding() && durable.end.is_none() {
            self.next.durable.stopped = None;
            self.next.memory.announced = None;
            self.changes.push(Change::Progress);
            return self.go_on();
        }
        self.decide(accepted);
    }

    fn decide(&mut self, accepted: &Result<(), Reason>) {
        if self.next.durable.unwinding() || self.next.durable.end.is_some() {
            return;
        }
        match accepted {
            Ok(()) => {
                self.changes.push(Change::Progress);
                self.advance();
            }
            Err(reason) => {
                self.refuse(reason);
            }
        }
        self.go_on();
    }

    pub(super) fn arrived(&mut self, at: NodeId) {
        if self.next.durable.at == at && matches!(self.program.node(at), Some(Node::Await { .. })) {
            self.decide(&Ok(()));
        }
    }

    fn rows(&mut self, of: LoopId) -> Option<&mut Rows> {
        self.next.durable.loops.iter_mut().find(|rows| rows.of == of)
    }

    fn each(&mut self, of: LoopId) -> bool {
        let Some(of_program) = self.program.loops.get(usize::from(of.0)) else { return self.advance() };
        let at_once = of_program.at_once.max(1) as usize;
        if self.rows(of).is_none() {
            // Rows move money: what is counted before them is counted before the first begins.
            if !self.reserve() {
                return true;
            }
            let total = self.judge.rows(of_program.list);
            self.changes.push(Change::Progress);
            self.next.durable.loops.push(Rows { of, total, next: 0, open: Vec::new(), done: 0, refused: 0 });
        }
        let late = self.next.durable.late;
        let waiting = self.next.memory.waiting_rows.iter().filter(|(known, _)| *known == of).count();
        let at_once = at_once.saturating_add(waiting.min(WAITING_ROWS));
        let mut started = Vec::new();
        let Some(rows) = self.rows(of) else { return false };
        while rows.open.len() < at_once && rows.next < rows.total {
            rows.open.push(rows.next);
            started.push(rows.next);
            rows.next += 1;
        }
        let through = rows.next == rows.total && (rows.open.is_empty() || late);
        self.after.extend(started.into_iter().map(|row| Effect::StartRow(of, row)));
        if through {
            self.changes.push(Change::Progress);
            return self.advance();
        }
        false
    }

    /// A batch whose rows have all begun answers now; each that is open is a flow of its own and goes on.
    pub(super) fn cut_off(&mut self) {
        let durable = &self.next.durable;
        let Some(Node::Each(of)) = self.program.node(durable.at) else { return };
        let begun = durable.loops.iter().any(|rows| rows.of == *of && rows.next == rows.total);
        if !begun || durable.late || durable.end.is_some() || durable.unwinding() {
            return;
        }
        self.next.durable.late = true;
        self.changes.push(Change::Progress);
        self.go_on();
    }

    /// Gives the place of a row that may be long in coming to another.
    pub(super) fn row_waits(&mut self, of: LoopId, row: u64) {
        let open = self.rows(of).is_some_and(|rows| rows.open.contains(&row));
        if open && !self.next.memory.waiting_rows.contains(&(of, row)) {
            self.next.memory.waiting_rows.push((of, row));
            self.next.memory.waiting_rows.sort_unstable();
            self.go_on();
        }
    }

    /// Has the rows of a loop that are open tell their ends again, those too that were not taken while the flow was late. A
    /// restart has asked for them before.
    pub(super) fn ask_rows(&mut self, of: LoopId) {
        let asked = |effect: &Effect| matches!(effect, Effect::StartRow(known, _) if *known == of);
        if self.after.iter().any(asked) {
            return;
        }
        let rows = self.next.durable.loops.iter().filter(|rows| rows.of == of);
        self.after.extend(rows.flat_map(|rows| &rows.open).map(|row| Effect::StartRow(of, *row)));
    }

    /// Counts a row once, however often its end is told; what a late flow says of its rows stays as it is.
    pub(super) fn row_ended(&mut self, of: LoopId, row: u64, end: End) {
        if self.program.rows_stay(&self.next.durable, of) {
            return;
        }
        let Some(rows) = self.rows(of) else { return };
        let Some(place) = rows.open.iter().position(|open| *open == row) else { return };
        rows.open.swap_remove(place);
        rows.open.sort_unstable();
        match end {
            End::Done => rows.done += 1,
            End::Refused => rows.refused += 1,
        }
        self.next.memory.waiting_rows.retain(|known| *known != (of, row));
        self.next.memory.unwritten_rows += 1;
        if self.next.memory.unwritten_rows >= UNWRITTEN_ROWS {
            self.changes.push(Change::Progress);
        }
        self.go_on();
    }
}
