//! One operation from `new` to its first outcome: begun, answered, not answered, not sent.

use super::{CallKind, Change, Effect, Fault, MOST_COPIES, OperationState, Run, StepId, Timer, Wait};
use crate::flow::event::{Parked, Proof, Reply};
use crate::flow::program::{CallId, GuardId, Node, Repeats};
use crate::flow::state::{Attempt, Reason};

impl Run<'_> {
    pub(super) fn step_node(&mut self, step: StepId) -> bool {
        if self.definition(step).is_some_and(|found| found.best_effort) {
            self.changes.push(Change::Notice(step));
            return self.advance();
        }
        let at = self.next.durable.at;
        match self.operation(step).state {
            OperationState::Done if self.next.durable.stopped == Some(at) => {
                self.announce(at, Some(Parked::Place(at)))
            }
            OperationState::Done => self.advance(),
            OperationState::Refused if self.operation(step).passed => self.advance(),
            OperationState::New => self.begin(&[step]),
            _ => false,
        }
    }

    pub(super) fn together(&mut self, members: &[(Option<GuardId>, StepId)]) -> bool {
        let new = |run: &Self, step| run.operation(step).state == OperationState::New;
        // One that could not be begun has left nothing: the others are begun beside it all the same.
        let left = |run: &Self, step| run.kind(step) != CallKind::Query && run.operation(step).copies > 0;
        let begun = members.iter().any(|(_, step)| left(self, *step));
        let mut first = Vec::new();
        let mut ended = true;
        for (guard, step) in members {
            if !new(self, *step) {
                let operation = self.operation(*step);
                ended &= operation.state == OperationState::Done || operation.passed;
                continue;
            }
            let out = begun && self.kind(*step) != CallKind::Query;
            if out || guard.is_some_and(|guard| !self.judge.holds(guard, &self.next.durable)) {
                continue;
            }
            ended = false;
            first.push(*step);
        }
        if ended { self.advance() } else { self.begin(&first) }
    }

    /// Begins operations side by side, all intents in one write. True if one could not be begun and was settled.
    fn begin(&mut self, steps: &[StepId]) -> bool {
        let mut chosen = Vec::new();
        for step in steps {
            if self.attempt(*step).wait != Wait::Nothing {
                continue;
            }
            match self.choose(*step) {
                Ok(call) => chosen.push((*step, call)),
                Err((reason, park)) => {
                    self.cannot_begin(*step, &reason, park);
                    return true;
                }
            }
        }
        // What a flow that only asks counts, it counts before the question leaves; what takes back counts nothing.
        let posts = chosen.iter().any(|(step, _)| self.kind(*step) != CallKind::Query);
        let counts = (posts || self.program.asks_only()) && !self.next.durable.unwinding();
        if counts && !self.reserve() {
            return true;
        }
        for (step, call) in chosen {
            self.change(step, |operation| operation.call = Some(call));
            self.prepare.push(Effect::Prepare(step));
            self.remember(step, |attempt| {
                *attempt = Attempt { wait: Wait::Reply, sent_here: true, tried: 0, ..Attempt::default() };
            });
            if self.kind(step) != CallKind::Query {
                self.change(step, |operation| {
                    operation.state = OperationState::Intent;
                    operation.copies = 1;
                });
                self.changes.push(Change::Intent(step, 1));
            }
            self.after.push(Effect::Send(step, 1));
        }
        false
    }

    /// Begins the posting that undoes another; true if it could not be begun and was settled.
    pub(super) fn begin_undo(&mut self, step: StepId) -> bool {
        self.begin(&[step])
    }

    /// The call that a step goes to, or why it cannot be begun and whether people look at it.
    pub(super) fn choose(&mut self, step: StepId) -> Result<CallId, (Reason, bool)> {
        let mut blocked = self.next.memory.blocked.iter();
        if let Some((_, reason, park)) = blocked.find(|(blocked, ..)| *blocked == step) {
            return Err((reason.clone(), *park));
        }
        let program = self.program;
        let calls = program.step(step).map(|found| found.calls.as_slice()).unwrap_or_default();
        match calls {
            [only] => Ok(*only),
            _ => self.judge.call(step, calls).ok_or_else(|| ("no_route".into(), false)),
        }
    }

    /// Nothing was written, nothing was sent: a refusal; a matter for an operator of an assured step, and where its text says so.
    fn cannot_begin(&mut self, step: StepId, reason: &Reason, park: bool) {
        if self.kind(step) == CallKind::Query {
            let goes_on = self.definition(step).is_some_and(|found| found.goes_on(reason));
            return self.settle_query(step, reason, goes_on, park);
        }
        let assured = self.contract(step).is_some_and(|call| call.assured);
        if assured || park { self.park(step) } else { self.settle_refused(step, reason) }
    }

    /// Takes the limits met so far, with this write; false if there is no room and the flow is refused.
    pub(super) fn reserve(&mut self) -> bool {
        let open: Vec<_> =
            self.next.durable.limits.iter().filter(|(_, taken)| !taken).map(|(limit, _)| *limit).collect();
        if let Some(full) = self.next.memory.limit_full.filter(|_| !open.is_empty()) {
            let told = self.program.nodes.iter().find_map(|node| match node {
                Node::Limit { limit, reason }
                    if open.contains(limit) && full.is_none_or(|full| full == *limit) =>
                {
                    Some(reason.clone())
                }
                _ => None,
            });
            self.next.durable.refused = Some(told.unwrap_or_else(|| "over_limit".into()));
            // What it would have begun with what is counted it does not begin.
            self.changes.retain(|change| !matches!(change, Change::Start(_)));
            self.changes.push(Change::Progress);
            return false;
        }
        for (_, taken) in &mut self.next.durable.limits {
            *taken = true;
        }
        self.changes.extend(open.into_iter().map(Change::Reserve));
        true
    }

    /// `last`: it is to the last copy. What is no outcome says nothing of another: its sender has not ended, so that no quiet time
    /// begins.
    pub(super) fn reply(&mut self, step: StepId, reply: &Reply, last: bool) {
        if self.kind(step) == CallKind::Query {
            return self.query_reply(step, reply);
        }
        let operation = self.operation(step);
        let may_end = match operation.state {
            OperationState::Intent | OperationState::Unknown => true,
            OperationState::Parked => operation.backs == 0 && !operation.made && operation.copies > 0,
            OperationState::Reversing => self.rules.broken(Fault::DoneWhileReversing),
            _ => false,
        };
        if !may_end {
            if operation.copies > 0 {
                self.changes.push(Change::Record(step));
            }
            return;
        }
        match reply {
            Reply::Done => self.settle(step, OperationState::Done),
            Reply::Refused(_) if self.is_assured(step) => {
                if operation.state == OperationState::Parked {
                    return;
                }
                self.park(step);
            }
            Reply::Refused(reason) if self.refusal_is_final(step) => self.settle_refused(step, reason),
            Reply::NoSession { renewed: true, .. } if last && self.may_ask_anew(step) => {
                return self.ask_anew(step);
            }
            // A party repeats its answers, not what it says of a session: a copy before this one may still be taken.
            Reply::NoSession { reason, .. } if !self.is_assured(step) && self.never_taken(step) => {
                self.settle_refused(step, reason);
            }
            Reply::Unknown if self.rules.broken(Fault::UnknownIsRefused) => {
                self.settle_refused(step, &"unknown".into());
            }
            Reply::Refused(_) | Reply::NoSession { .. } | Reply::Unknown if last => {
                return self.no_reply(step);
            }
            Reply::Refused(_) | Reply::NoSession { .. } | Reply::Unknown => {
                return self.changes.push(Change::Record(step));
            }
        }
        self.after_outcome(step);
    }

    /// Whether a copy that was not looked at is the only one.
    fn never_taken(&self, step: StepId) -> bool {
        self.operation(step).copies == 1 || self.rules.broken(Fault::RefusalAfterRepeatFinal)
    }

    fn is_assured(&self, step: StepId) -> bool {
        self.contract(step).is_some_and(|call| call.assured)
    }

    /// Whether this run waits for the answer to the only copy that has left, and its party wants another serial.
    fn may_ask_anew(&self, step: StepId) -> bool {
        let (operation, attempt) = (self.operation(step), self.attempt(step));
        let blocked = self.next.memory.blocked.iter().any(|(blocked, ..)| *blocked == step);
        let only = operation.state == OperationState::Intent && operation.copies == 1;
        let here = attempt.wait == Wait::Reply && attempt.sent_here && !attempt.anew;
        !blocked && only && here && self.contract(step).is_some_and(|call| call.new_serial)
    }

    /// Asks the same under another serial, which is written before it leaves as the first was.
    fn ask_anew(&mut self, step: StepId) {
        self.prepare.push(Effect::Prepare(step));
        self.remember(step, |attempt| attempt.anew = true);
        self.changes.extend([Change::NewSerial(step), Change::Intent(step, 1)]);
        self.after.push(Effect::Send(step, 1));
    }

    /// A refusal of the only copy, or by a party that repeats its refusals.
    pub(super) fn refusal_is_final(&self, step: StepId) -> bool {
        self.rules.broken(Fault::RefusalAfterRepeatFinal)
            || self.operation(step).copies == 1
            || self.contract(step).is_some_and(|call| call.repeats == Repeats::SameAnswer)
    }

    /// What depends on an outcome: the original of an undo, then the flow.
    pub(super) fn after_outcome(&mut self, step: StepId) {
        if let Some(original) = self.definition(step).and_then(|found| found.undo_of) {
            match self.operation(step).state {
                OperationState::Done => self.settle(original, OperationState::Undone),
                // It was never there, or people prove that it was taken back: the original holds.
                OperationState::Refused | OperationState::Undone => self.hold(original),
                _ => {}
            }
        }
        self.go_on();
    }

    pub(super) fn hold(&mut self, step: StepId) {
        self.settle(step, OperationState::Held);
        self.after.push(Effect::Park(Parked::Step(step)));
    }

    fn query_reply(&mut self, step: StepId, reply: &Reply) {
        if self.operation(step).state != OperationState::New {
            return;
        }
        match reply {
            Reply::Unknown => return self.no_reply(step),
            Reply::Done => self.change(step, |operation| {
                operation.state = OperationState::Done;
                operation.made = true;
            }),
            Reply::Refused(reason) | Reply::NoSession { reason, .. } => {
                let goes_on = self.definition(step).is_some_and(|found| found.goes_on(reason));
                return self.query_refused(step, reason, goes_on);
            }
        }
        self.remember(step, |attempt| attempt.wait = Wait::Nothing);
        self.next.memory.queries.push(step);
        self.go_on();
    }

    pub(super) fn query_refused(&mut self, step: StepId, reason: &Reason, goes_on: bool) {
        self.settle_query(step, reason, goes_on, false);
        self.go_on();
    }

    /// A query that was refused, or never answered: the flow goes on (a refusal may be an answer, silence is none), stops for an
    /// operator, or is refused.
    fn settle_query(&mut self, step: StepId, reason: &Reason, goes_on: bool, park: bool) {
        let at = self.next.durable.at;
        let here = matches!(self.program.node(at), Some(Node::Step(here)) if *here == step);
        // What stands in no journal nobody could decide.
        let parks = self.program.journaled()
            && (park || self.definition(step).is_some_and(|found| found.park.is_some()));
        let stops = !goes_on && here && parks;
        self.change(step, |operation| {
            operation.state = if goes_on || stops { OperationState::Done } else { OperationState::Refused };
            operation.reason = Some(reason.clone());
        });
        self.remember(step, |attempt| {
            attempt.wait = Wait::Nothing;
            attempt.number = attempt.number.wrapping_add(1);
        });
        self.next.memory.queries.push(step);
        if stops {
            self.next.durable.stopped = Some(at);
        }
    }

    pub(super) fn no_reply(&mut self, step: StepId) {
        let attempt = self.attempt(step);
        match self.operation(step).state {
            OperationState::New if attempt.wait == Wait::Reply => self.next_try(step),
            OperationState::Intent => {
                self.change(step, |operation| operation.state = OperationState::Unknown);
                self.changes.push(Change::Operation(step));
                self.start_quiet(step);
                self.next_try(step);
            }
            _ => {}
        }
    }

    pub(super) fn not_sent(&mut self, step: StepId) {
        let operation = self.operation(step);
        let assured = self.contract(step).is_some_and(|call| call.assured);
        let assured = assured && !self.rules.broken(Fault::NotSentOfAssured);
        let only = operation.copies == 1 && self.attempt(step).sent_here && !assured;
        let refused = only || self.rules.broken(Fault::NotSentIsRefused);
        if operation.state == OperationState::Intent && refused && self.kind(step) != CallKind::Query {
            self.settle_refused(step, &"not_sent".into());
            self.after_outcome(step);
        } else {
            self.no_reply(step);
        }
    }

    pub(super) fn start_quiet(&mut self, step: StepId) {
        let old_quiet = self.rules.broken(Fault::QuietOfFirstCopy);
        self.remember(step, |attempt| {
            attempt.quiet &= old_quiet;
            attempt.never_quiet = false;
        });
        let Some(call) = self.contract(step) else { return };
        let longest = call.quiet_ms.max(call.back.as_ref().and_then(|back| back.quiet_ms));
        let copy = self.operation(step).copies;
        self.after.extend(longest.map(|ms| Effect::Timer(Timer::Quiet { step, copy }, ms)));
    }

    /// One more copy: same key, same bytes, same date; counted before it leaves.
    pub(super) fn send_again(&mut self, step: StepId) {
        if self.kind(step) == CallKind::Query {
            self.remember(step, |attempt| {
                attempt.wait = Wait::Reply;
                attempt.tried += 1;
            });
            return self.after.push(Effect::Send(step, 1));
        }
        let copy = self.operation(step).copies.saturating_add(1);
        if copy > MOST_COPIES {
            return self.next_way(step);
        }
        let counted = !self.rules.broken(Fault::RepeatUncounted);
        let old_quiet = self.rules.broken(Fault::QuietOfFirstCopy);
        self.change(step, |operation| {
            operation.copies = if counted { copy } else { operation.copies };
            operation.state = OperationState::Intent;
        });
        self.remember(step, |attempt| {
            attempt.wait = Wait::Reply;
            attempt.tried += 1;
            attempt.quiet &= old_quiet;
            attempt.last_asked = false;
        });
        if counted {
            self.changes.push(Change::Intent(step, copy));
        }
        self.after.push(Effect::Send(step, copy));
    }

    /// A proof by an operator or from the books; it never changes what has ended.
    pub(super) fn proof(&mut self, step: StepId, proof: Proof) {
        use OperationState::{Done, Held, Intent, Parked, Refused, Reversing, Undoing, Undone, Unknown};
        let operation = self.operation(step);
        // It is made to hold: nothing else can be true of what is assured, or stands behind an answer or behind rows that hold.
        if self.program.stays_parked(&self.next.durable, step, proof) {
            return;
        }
        let agrees = match (operation.state, proof) {
            (Done, Proof::Holds) | (Refused, Proof::Never) | (Undone, Proof::TakenBack) => true,
            (OperationState::New | Done | Refused | Undone, _) => false,
            (Undoing | Held, Proof::Never) => false,
            // Another posting takes it back at this moment, so that its own still stands there: taken back as well would be once too often.
            (Undoing | Held, proof) if self.is_offset(step) => proof == Proof::Holds,
            // It is known to have been done: nothing proves that it never was.
            (_, Proof::Never) if operation.made => false,
            (Undoing | Held, Proof::Holds) => {
                if operation.state == Undoing {
                    self.hold(step);
                }
                true
            }
            (Parked, Proof::Holds) if operation.made => {
                self.hold(step);
                true
            }
            (Intent | Unknown | Reversing | Parked, Proof::Holds) => {
                let stays = operation.backs > 0 && self.next.durable.unwinding();
                self.settle(step, Done);
                if stays {
                    self.hold(step);
                }
                true
            }
            (Intent | Unknown | Reversing | Parked, Proof::Never) => {
                self.settle_refused(step, &Proof::NEVER.into());
                true
            }
            (_, Proof::TakenBack) => {
                self.settle(step, Undone);
                true
            }
        };
        if agrees {
            self.after_outcome(step);
        } else {
            self.after.push(Effect::Alarm(step));
        }
    }

    /// Some party's business date has changed: what is repeated until the cut-over of its own goes on, if that was it. What is
    /// under way meanwhile looks at the date when it is to be repeated.
    pub(super) fn cut_over(&mut self) {
        for step in self.program.step_ids() {
            let pauses = self.attempt(step).wait == Wait::Pause
                && self.operation(step).state == OperationState::Unknown
                && self.until_cut_over(step);
            if pauses && self.judge.day_over(step) {
                self.next_way(step);
            }
        }
    }
}
