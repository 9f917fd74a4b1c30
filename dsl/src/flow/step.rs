//! The interpreter: one event, one step (`flows.md` 1).
//!
//! In: program, state, event, and a [`Judge`] for values. Out: the next state and the effects in order: what must be
//! prepared, one write, and what may follow only once that is taken. It must not know time, bytes or stores.

mod flow;
mod operation;
mod resolve;
mod unwind;

use super::event::{
    Answer, CancelAnswer, Change, Effect, Event, NotWritten, Parked, SecondAnswer, Step, Timer,
};
use super::program::{CallContract, CallKind, FlowProgram, Judge, Node, NodeId, Otherwise, StepDef, StepId};
use super::rules::{Fault, Rules};
use super::state::{Attempt, Cancel, End, Operation, OperationState, Reason, State, Wait};

/// Restarts that a flow survives before everything open in it is parked.
const MOST_RESTARTS: u8 = 8;
/// Copies of one request or reversal at most.
const MOST_COPIES: u8 = 250;
/// Rows of a loop that may end between two writes of the parent.
const UNWRITTEN_ROWS: u16 = 256;
/// Rows of a loop at most that wait for their end beside those that run: when so many are not known, something is down, and
/// a batch had better stand still.
const WAITING_ROWS: usize = 1_000;

/// What happens to a flow at an event. Pure: the same in the engine, in a simulated day and in the walk.
pub fn step(program: &FlowProgram, state: &State, event: &Event, judge: &mut dyn Judge) -> Step {
    step_by(Rules::KEPT, program, state, event, judge)
}

/// A cancellation of something that was never asked: the key is refused for ever, then the answer.
#[must_use]
pub fn cancel_unseen(rules: Rules) -> Vec<Effect> {
    let written = (!rules.broken(Fault::CancelUnwritten)).then(|| Effect::Write(vec![Change::CancelKey]));
    written.into_iter().chain([Effect::AnswerCancel(CancelAnswer::NothingToUndo)]).collect()
}

/// The same with one rule broken on purpose, or none.
pub fn step_by(
    rules: Rules,
    program: &FlowProgram,
    state: &State,
    event: &Event,
    judge: &mut dyn Judge,
) -> Step {
    let mut run = Run {
        rules,
        program,
        judge,
        was_unwinding: state.durable.unwinding(),
        next: state.clone(),
        prepare: Vec::new(),
        changes: Vec::new(),
        after: Vec::new(),
        stopped: false,
    };
    run.event(event);
    if run.stopped {
        return Step { next: state.clone(), effects: run.after };
    }
    run.finish()
}

/// One step being made.
struct Run<'a> {
    rules: Rules,
    program: &'a FlowProgram,
    judge: &'a mut dyn Judge,
    next: State,
    /// The flow was being taken back before this step.
    was_unwinding: bool,
    /// Before the write.
    prepare: Vec<Effect>,
    /// The write.
    changes: Vec<Change>,
    /// Behind the write.
    after: Vec<Effect>,
    /// Nothing changes; only `after` is carried out.
    stopped: bool,
}

impl Run<'_> {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Asked => {
                self.next.memory.asker = true;
                self.go_on();
            }
            Event::CannotPrepare { step, back, reason, park, during } => {
                if *back {
                    self.next.memory.blocked_backs.push(*step);
                } else {
                    self.next.memory.blocked.push((*step, reason.clone(), *park));
                }
                self.event(during);
            }
            Event::NotWritten { why, during } => self.not_written(*why, during),
            Event::Reply(step, reply) => self.reply(*step, reply, true),
            Event::EarlierReply(step, reply) => self.reply(*step, reply, false),
            Event::NoReply(step) => self.no_reply(*step),
            Event::NotSent(step) => self.not_sent(*step),
            Event::Enquired { step, number, says } => self.enquired(*step, *number, says),
            Event::BackReply(step, reply) => self.back_reply(*step, *reply),
            Event::NoBackReply(step) => self.no_back_reply(*step),
            Event::NeverQuiet { step, copy } => self.never_quiet(*step, *copy),
            Event::Timer(timer) => self.timer(*timer),
            Event::Restart { crashed } => self.restart(*crashed),
            Event::CutOver => self.cut_over(),
            Event::CutOff => self.cut_off(),
            Event::SecondAsk { same } => self.second_ask(*same),
            Event::AskerLimit => self.asker_limit(),
            Event::CancelAsked => self.cancel_asked(),
            Event::Decision { hold, accepted } => self.decision(*hold, accepted),
            Event::Arrived(at) => self.arrived(*at),
            Event::Released { at, accepted } => self.released(*at, accepted),
            Event::Proof(step, proof) => self.proof(*step, *proof),
            Event::Correct(step) => self.correct(*step),
            Event::RowWaits { of, row } => self.row_waits(*of, *row),
            Event::RowEnded { of, row, end } => self.row_ended(*of, *row, *end),
        }
    }

    fn not_written(&mut self, why: NotWritten, during: &Event) {
        let told = match why {
            NotWritten::LimitFull(which) => {
                self.next.memory.limit_full = Some(which);
                return self.event(during);
            }
            NotWritten::CannotStart(start) => {
                self.next.memory.cannot_start = Some(start);
                return self.event(during);
            }
            NotWritten::Full if self.next.durable.asked => {
                self.stopped = true;
                return self.after.push(Effect::Again(Box::new(during.clone())));
            }
            NotWritten::KeyTaken { .. } if self.rules.broken(Fault::SecondAskActs) => {
                return self.event(during);
            }
            NotWritten::Fenced => None,
            NotWritten::Full => Some(Effect::Answer(Answer::Refused("busy".into()))),
            NotWritten::KeyTaken { same: true } => Some(Effect::AnswerSecond(SecondAnswer::Joins)),
            NotWritten::KeyTaken { same: false } => Some(Effect::AnswerSecond(SecondAnswer::Duplicate)),
            NotWritten::KeyCancelled => Some(Effect::Answer(Answer::Refused("cancelled".into()))),
            NotWritten::TooOld => Some(Effect::Answer(Answer::Refused("too_late".into()))),
        };
        self.stopped = true;
        self.after.extend(told);
        self.after.push(Effect::Stop);
    }

    /// Puts the parts of the step in their order, and the ask before everything else that is written.
    fn finish(mut self) -> Step {
        let memory = &mut self.next.memory;
        memory.blocked.clear();
        memory.blocked_backs.clear();
        memory.limit_full = None;
        memory.cannot_start = None;
        if self.program.untold && !self.next.durable.asked && self.next.durable.end == Some(End::Refused) {
            self.changes.clear();
        }
        if self.next.durable.parked(self.program) && self.next.memory.asker {
            self.answer_pending();
        }
        let mut effects = std::mem::take(&mut self.prepare);
        if self.rules.broken(Fault::SendFirst) || self.rules.broken(Fault::AnswerFirst) {
            let sends = self.rules.broken(Fault::SendFirst);
            let early = |effect: &Effect| match effect {
                Effect::Send(..) => sends,
                Effect::Answer(_) => !sends,
                _ => false,
            };
            effects.extend(self.after.extract_if(.., |effect| early(effect)));
        }
        if !self.changes.is_empty() && self.program.journaled() {
            let mut changes = Vec::new();
            if !self.next.durable.asked {
                self.next.durable.asked = true;
                changes.push(Change::Ask);
            }
            changes.extend(self.next.memory.queries.drain(..).map(Change::Operation));
            changes.append(&mut self.changes);
            self.next.memory.unwritten_rows = 0;
            effects.push(Effect::Write(changes));
        }
        effects.append(&mut self.after);
        Step { next: self.next, effects }
    }

    fn operation(&self, step: StepId) -> Operation {
        self.next.durable.operation(step).cloned().unwrap_or_default()
    }

    fn change(&mut self, step: StepId, with: impl FnOnce(&mut Operation)) {
        if let Some(operation) = self.next.durable.operations.get_mut(usize::from(step.0)) {
            with(operation);
        }
    }

    fn attempt(&self, step: StepId) -> Attempt {
        self.next.memory.operations.get(usize::from(step.0)).cloned().unwrap_or_default()
    }

    fn remember(&mut self, step: StepId, with: impl FnOnce(&mut Attempt)) {
        if let Some(attempt) = self.next.memory.operations.get_mut(usize::from(step.0)) {
            with(attempt);
        }
    }

    fn definition(&self, step: StepId) -> Option<&'_ StepDef> {
        self.program.step(step)
    }

    fn contract(&self, step: StepId) -> Option<&'_ CallContract> {
        let call = self.operation(step).call.or_else(|| self.definition(step)?.calls.first().copied())?;
        self.program.call(call)
    }

    fn kind(&self, step: StepId) -> CallKind {
        self.contract(step).map_or(CallKind::Posting, |call| call.kind)
    }

    /// The operation is in a new state, and nothing of it is being waited for any more.
    fn settle(&mut self, step: StepId, state: OperationState) {
        self.change(step, |operation| {
            operation.state = state;
            operation.made |= state == OperationState::Done;
        });
        self.remember(step, |attempt| {
            attempt.wait = Wait::Nothing;
            attempt.number = attempt.number.wrapping_add(1);
        });
        self.changes.push(Change::Operation(step));
    }

    fn settle_refused(&mut self, step: StepId, reason: &Reason) {
        self.change(step, |operation| operation.reason = Some(reason.clone()));
        let at = self.next.durable.at;
        let told = self.kind(step) == CallKind::Notice && !self.next.durable.unwinding();
        let parks = self.definition(step).is_some_and(|found| found.park.is_some());
        // Nothing is taken back for what nobody would hear: an operator sees to it that it is told.
        if told && parks && matches!(self.program.node(at), Some(Node::Step(here)) if *here == step) {
            self.next.durable.stopped = Some(at);
            self.settle(step, OperationState::Done);
            return self.change(step, |operation| operation.made = false);
        }
        // Behind the answer, and behind rows that hold, nothing can be taken back: an operator makes it hold.
        let parked_is_refused = self.rules.broken(Fault::ParkIsRefused);
        if self.program.must_hold(&self.next.durable, step, reason) && !parked_is_refused {
            return self.park(step);
        }
        let passed = self.definition(step).is_some_and(|found| found.goes_on(reason));
        self.settle(step, OperationState::Refused);
        self.change(step, |operation| operation.passed = passed);
    }

    fn park(&mut self, step: StepId) {
        if self.rules.broken(Fault::ParkIsRefused) {
            return self.settle_refused(step, &"parked".into());
        }
        self.settle(step, OperationState::Parked);
        self.after.push(Effect::Park(Parked::Step(step)));
    }

    fn answer_pending(&mut self) {
        self.next.memory.asker = false;
        if !self.next.durable.asked && !self.rules.broken(Fault::PendingUnwritten) {
            self.changes.push(Change::Progress);
        }
        self.after.push(Effect::Answer(Answer::Pending));
    }

    /// Tells who waits, or puts it in the outbox.
    fn tell(&mut self, answer: Answer) {
        if std::mem::take(&mut self.next.memory.asker) {
            self.after.push(Effect::Answer(answer));
        } else {
            self.changes.push(Change::TellEnd);
        }
    }
}
