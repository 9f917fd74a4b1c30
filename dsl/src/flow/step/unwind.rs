//! Taking back what holds, newest first, and coming up again after a stop.

use super::{
    Answer, Cancel, CancelAnswer, Change, Effect, End, Fault, MOST_RESTARTS, OperationState, Run, StepId,
    Timer,
};
use crate::flow::program::{CallKind, Node, Undo};

impl Run<'_> {
    /// No new step begins: what is open is resolved first, then what holds is undone, one at a time.
    pub(super) fn unwind(&mut self) {
        use OperationState::{Done, Held, Intent, New, Parked, Refused, Reversing, Undoing, Undone, Unknown};
        if self.next.durable.broken() {
            return;
        }
        // Ends of rows that a late flow did not take count from here on.
        if self.next.durable.late && !self.was_unwinding {
            for of in self.next.durable.loops.iter().map(|rows| rows.of).collect::<Vec<_>>() {
                self.ask_rows(of);
            }
        }
        if self.rules.broken(Fault::RefusedTooEarly) && self.next.memory.asker {
            self.tell(Answer::Refused(self.why()));
        }
        let beside = self.rules.broken(Fault::OlderBesideParked);
        let open = |state| match state {
            Parked | Held => !beside,
            Intent | Unknown | Reversing | Undoing => true,
            New | Done | Refused | Undone => false,
        };
        if self.next.durable.operations.iter().any(|operation| open(operation.state)) {
            return;
        }
        if self.next.durable.loops.iter().any(|rows| !rows.open.is_empty()) {
            return;
        }
        let mut newest_first: Vec<StepId> = self.program.step_ids().rev().collect();
        if self.rules.broken(Fault::OldestFirst) {
            newest_first.reverse();
        }
        for step in newest_first {
            let its_own = self.definition(step).is_some_and(|found| found.undo_of.is_none());
            let counts = its_own && self.kind(step) == CallKind::Posting;
            match self.operation(step).state {
                Done if counts => return self.undo(step),
                _ => {}
            }
        }
        if !self.next.durable.operations.iter().any(|operation| matches!(operation.state, Parked | Held)) {
            self.end_refused();
        }
    }

    /// Begins the way back of a step that is done.
    fn undo(&mut self, step: StepId) {
        match self.definition(step).map(|found| found.undo.clone()) {
            Some(Undo::Provider) if self.back_contract(step).is_some() => {
                // One that has left for it when it was unknown, and may not be repeated, is not sent again.
                let left = self.operation(step).backs > 0
                    && self.back_contract(step).is_some_and(|back| !back.repeatable)
                    && !self.rules.broken(Fault::BackRepeatedAlways);
                if left || self.next.memory.blocked_backs.contains(&step) {
                    return self.hold(step);
                }
                self.prepare.push(Effect::PrepareBack(step));
                self.change(step, |operation| operation.state = OperationState::Undoing);
                self.remember(step, |attempt| {
                    attempt.tried = 0;
                    attempt.anew = false;
                });
                self.send_back(step);
            }
            Some(Undo::By(other)) => {
                self.settle(step, OperationState::Undoing);
                if self.begin_undo(other) {
                    self.after_outcome(other);
                }
            }
            _ => self.hold(step),
        }
    }

    /// People want a posting of its own to put right what is held, and what stands behind it is at an end (`flows.md` 7): where it
    /// cannot be begun, or the last there may be was refused, everything stays as it is.
    pub(super) fn correct(&mut self, step: StepId) {
        use OperationState::{Done, Held, New, Refused, Undone};
        let Some(by) = self.next_correction(step) else { return };
        let newer_ended = |newer: StepId| match self.operation(newer).state {
            New | Refused | Undone => true,
            Done => self.kind(newer) != CallKind::Posting,
            _ => false,
        };
        let own = |newer: &StepId| self.definition(*newer).is_some_and(|found| found.undo_of.is_none());
        let waits = self.operation(step).state == Held;
        let rows_open = self.next.durable.loops.iter().any(|rows| !rows.open.is_empty());
        let turn = self.program.step_ids().filter(|newer| *newer > step).filter(own).all(newer_ended);
        if !waits || rows_open || !turn || self.next.durable.broken() || self.choose(by).is_err() {
            return;
        }
        self.settle(step, OperationState::Undoing);
        self.begin_undo(by);
    }

    /// The posting that may put a step right now: a new one once those before it were refused, or taken back by people.
    fn next_correction(&self, step: StepId) -> Option<StepId> {
        self.program.correction(&self.next.durable, step)
    }

    /// The posting that takes a step back in the place of its provider: people's newest correction once one has begun, or the undo by another.
    pub(super) fn taken_back_by(&self, step: StepId) -> Option<StepId> {
        let found = self.definition(step)?;
        let begun = |by: &StepId| self.operation(*by).state != OperationState::New;
        let correction = found.correct.iter().copied().rfind(begun);
        match found.undo {
            Undo::By(other) => correction.or(Some(other)),
            Undo::Provider | Undo::Keep | Undo::Nothing => correction,
        }
    }

    /// Whether that posting has begun, and was not refused.
    pub(super) fn is_offset(&self, step: StepId) -> bool {
        use OperationState::{New, Refused, Undone};
        let by = self.taken_back_by(step).map(|by| self.operation(by).state);
        by.is_some_and(|state| !matches!(state, New | Refused | Undone))
    }

    fn why(&self) -> super::Reason {
        let durable = &self.next.durable;
        let of_step = || {
            let mut counts = durable.operations.iter().filter(|operation| !operation.declined());
            counts.find_map(|operation| operation.reason.clone())
        };
        let cancelled = || if durable.cancel == Cancel::No { "other" } else { "cancelled" };
        durable.refused.clone().or_else(of_step).unwrap_or_else(|| cancelled().into())
    }

    fn end_refused(&mut self) {
        let released = self.next.durable.limits.iter().filter(|(_, taken)| *taken);
        self.changes.extend(released.map(|(limit, _)| Change::Release(*limit)));
        self.next.durable.limits.clear();
        if self.next.durable.end.is_none() {
            self.next.durable.end = Some(End::Refused);
            self.changes.push(Change::End(End::Refused));
            self.tell(Answer::Refused(self.why()));
        } else {
            self.changes.push(Change::Progress);
        }
        if self.next.durable.cancel == Cancel::Wished {
            self.next.durable.cancel = Cancel::Through;
            self.after.push(Effect::AnswerCancel(CancelAnswer::Cancelled));
        }
    }

    /// A new run has found the flow in the journal. What may have left is never sent again unasked.
    pub(super) fn restart(&mut self, crashed: bool) {
        let durable = &mut self.next.durable;
        if durable.end.is_some() && durable.cancel != Cancel::Wished {
            return;
        }
        if crashed {
            durable.restarts = durable.restarts.saturating_add(1);
            self.changes.push(Change::Progress);
        }
        for at in durable.deadlines.clone() {
            self.after.push(Effect::Timer(Timer::Deadline(at), 0));
            if matches!(self.program.node(at), Some(Node::Deadline { warn: Some(_), .. })) {
                self.after.push(Effect::Timer(Timer::Warn(at), 0));
            }
        }
        for rows in &self.next.durable.loops {
            self.after.extend(rows.open.iter().map(|row| Effect::StartRow(rows.of, *row)));
        }
        let gives_up = self.next.durable.restarts > MOST_RESTARTS;
        for step in self.program.step_ids() {
            self.resume(step, gives_up);
        }
        self.go_on();
    }

    fn resume(&mut self, step: StepId, gives_up: bool) {
        let operation = self.operation(step);
        match operation.state {
            OperationState::Undoing if let Some(by) = self.taken_back_by(step) => self.resume_undo(by),
            OperationState::Intent
            | OperationState::Unknown
            | OperationState::Reversing
            | OperationState::Undoing
                if gives_up =>
            {
                self.park_and_go_on(step);
            }
            OperationState::Intent if self.rules.broken(Fault::RestartSendsAgain) => {
                self.after.push(Effect::Send(step, operation.copies));
                self.remember(step, |attempt| attempt.wait = super::Wait::Reply);
            }
            OperationState::Intent => self.no_reply(step),
            OperationState::Unknown => {
                self.start_quiet(step);
                self.next_try(step);
            }
            OperationState::Reversing | OperationState::Undoing => {
                self.start_quiet(step);
                self.remember(step, |attempt| attempt.early_backs = operation.backs);
                let again = self.back_contract(step).is_some_and(|back| back.repeatable)
                    || self.rules.broken(Fault::BackRepeatedAlways);
                if again { self.send_back(step) } else { self.park_and_go_on(step) }
            }
            _ => {}
        }
    }

    /// The undo by another posting was decided, but not begun with the same write.
    fn resume_undo(&mut self, by: StepId) {
        if self.operation(by).state == OperationState::New && self.begin_undo(by) {
            self.after_outcome(by);
        }
    }
}
