//! Out of `unknown`: enquire, repeat, reverse, park (`flows.md` 2).

use super::{
    Attempt, CallKind, Change, Effect, Fault, MOST_COPIES, OperationState, Run, StepId, Timer, Wait,
};
use crate::flow::event::{BackReply, Says};
use crate::flow::program::{Back, Repeats, Way};
use crate::flow::state::Reason;
use crate::value::Pauses;

impl Run<'_> {
    /// The next try of the way that is being gone, or of the one behind it.
    pub(super) fn next_try(&mut self, step: StepId) {
        let attempt = self.attempt(step);
        let Some(call) = self.contract(step) else { return self.park(step) };
        let Some(way) = call.ways.get(usize::from(attempt.way)).cloned() else {
            return self.last_word(step);
        };
        match way {
            Way::Enquire { pauses, times, .. } => {
                if attempt.tried < times {
                    return self.pause(step, &pauses);
                }
                if call.quiet_ms.is_none() || attempt.last_asked || attempt.never_quiet {
                    return self.next_way(step);
                }
                if !attempt.quiet {
                    return self.remember(step, |attempt| attempt.wait = Wait::Quiet);
                }
                self.remember(step, |attempt| attempt.last_asked = true);
                self.enquire(step);
            }
            Way::Repeat { pauses, times } => {
                let again = match times {
                    Some(times) => attempt.tried < times,
                    None => !self.judge.day_over(step),
                };
                if again {
                    self.pause(step, &pauses);
                } else {
                    self.next_way(step);
                }
            }
            Way::Reverse => self.reverse(step),
            Way::Park if self.refunds(step) => self.reverse(step),
            Way::Park => self.park_and_go_on(step),
            Way::Refuse(reason) if self.kind(step) == CallKind::Query => {
                let goes_on = self.definition(step).is_some_and(|found| found.names(&reason));
                self.query_refused(step, &reason, goes_on);
            }
            // It is given up: who reads of it may have it told once more.
            Way::Refuse(reason) if self.kind(step) == CallKind::Notice => {
                self.settle_refused(step, &reason);
                self.after_outcome(step);
            }
            Way::Refuse(_) => self.park_and_go_on(step),
        }
    }

    /// Broken on purpose: a refund for what is unknown.
    fn refunds(&self, step: StepId) -> bool {
        let refund = self.back_contract(step).is_some_and(|back| !back.names_original);
        refund && self.operation(step).backs == 0 && self.rules.broken(Fault::RefundForUnknown)
    }

    /// A list that does not say `park` does not compile; what runs nevertheless is never dropped.
    fn last_word(&mut self, step: StepId) {
        if self.kind(step) == CallKind::Query {
            self.query_refused(step, &"no_answer".into(), false);
        } else {
            self.park_and_go_on(step);
        }
    }

    pub(super) fn park_and_go_on(&mut self, step: StepId) {
        self.park(step);
        self.after_outcome(step);
    }

    pub(super) fn next_way(&mut self, step: StepId) {
        self.remember(step, |attempt| {
            attempt.way = attempt.way.saturating_add(1);
            attempt.tried = 0;
            attempt.wait = Wait::Nothing;
        });
        self.next_try(step);
    }

    fn pause(&mut self, step: StepId, pauses: &Pauses) {
        let ms = pauses.before(self.attempt(step).tried);
        self.remember(step, |attempt| {
            attempt.wait = Wait::Pause;
            attempt.number = attempt.number.wrapping_add(1);
        });
        let number = self.attempt(step).number;
        self.after.push(Effect::Timer(Timer::Pause { step, number }, ms));
    }

    pub(super) fn pause_over(&mut self, step: StepId, number: u32) {
        let attempt = self.attempt(step);
        if attempt.wait != Wait::Pause || attempt.number != number {
            return;
        }
        match self.operation(step).state {
            OperationState::Reversing | OperationState::Undoing => self.send_back(step),
            OperationState::Unknown if self.until_cut_over(step) && self.judge.day_over(step) => {
                self.next_way(step);
            }
            OperationState::Unknown | OperationState::New => {
                let way = self.contract(step).and_then(|call| call.ways.get(usize::from(attempt.way)));
                match way {
                    Some(Way::Enquire { .. }) => self.enquire(step),
                    Some(Way::Repeat { .. }) => self.send_again(step),
                    _ => self.next_try(step),
                }
            }
            _ => {}
        }
    }

    pub(super) fn quiet_over(&mut self, step: StepId, copy: u8) {
        let operation = self.operation(step);
        if operation.copies != copy && !self.rules.broken(Fault::QuietOfFirstCopy) {
            return;
        }
        self.remember(step, |attempt| attempt.quiet = true);
        if self.attempt(step).wait == Wait::Quiet {
            self.remember(step, |attempt| attempt.wait = Wait::Nothing);
            match operation.state {
                OperationState::Reversing => self.send_back(step),
                OperationState::Unknown => self.next_try(step),
                _ => {}
            }
        }
    }

    /// "Not found" and "nothing to reverse" will prove nothing of this copy. It goes on as if the question behind the quiet time had
    /// had no answer, and the reversal a refusal: both are walked, so this leads to no state that the walk has not seen.
    pub(super) fn never_quiet(&mut self, step: StepId, copy: u8) {
        let operation = self.operation(step);
        if operation.copies != copy {
            return;
        }
        self.remember(step, |attempt| attempt.never_quiet = true);
        if self.attempt(step).wait == Wait::Quiet {
            match operation.state {
                OperationState::Reversing => self.park_and_go_on(step),
                OperationState::Unknown => self.next_try(step),
                _ => {}
            }
        }
    }

    /// Whether it is repeated until its business date is over.
    pub(super) fn until_cut_over(&self, step: StepId) -> bool {
        let way = usize::from(self.attempt(step).way);
        let way = self.contract(step).and_then(|call| call.ways.get(way));
        matches!(way, Some(Way::Repeat { times: None, .. }))
    }

    fn enquire(&mut self, step: StepId) {
        let counted = u32::from(!self.rules.broken(Fault::EnquiryUncounted));
        self.remember(step, |attempt| {
            attempt.wait = Wait::Enquiry;
            attempt.number = attempt.number.wrapping_add(1);
            attempt.tried += counted;
            attempt.after_quiet = attempt.quiet;
        });
        let Attempt { way, number, .. } = self.attempt(step);
        self.after.push(Effect::Enquire { step, way, number });
    }

    pub(super) fn enquired(&mut self, step: StepId, number: u32, says: &Says) {
        let attempt = self.attempt(step);
        let current = attempt.wait == Wait::Enquiry && attempt.number == number;
        let old = self.rules.broken(Fault::OldEnquiryUsed);
        if self.operation(step).state != OperationState::Unknown || !(current || old) {
            return;
        }
        let Some(call) = self.contract(step) else { return };
        let silent = matches!(
            call.ways.get(usize::from(attempt.way)),
            Some(Way::Enquire { proves_done_only: true, .. })
        );
        let early = self.rules.broken(Fault::NotFoundEarly);
        let after_quiet = (attempt.after_quiet && call.quiet_ms.is_some()) || early;
        let one = self.operation(step).copies == 1 || call.repeats == Repeats::SameAnswer;
        let assured = call.assured;
        let refused: Option<Reason> = match says {
            Says::Done => {
                self.settle(step, OperationState::Done);
                return self.after_outcome(step);
            }
            Says::Nothing => None,
            Says::Reversed => Some("reversed".into()),
            Says::Refused(reason) => {
                let told = || reason.clone().unwrap_or_else(|| "other".into());
                (!silent && (one || after_quiet)).then(told)
            }
            Says::NotFound => (!silent && after_quiet).then(|| "never_seen".into()),
        };
        match refused {
            Some(_) if assured => self.next_way(step),
            Some(reason) => {
                self.settle_refused(step, &reason);
                self.after_outcome(step);
            }
            None => self.next_try(step),
        }
    }

    pub(super) fn back_contract(&self, step: StepId) -> Option<Back> {
        self.contract(step)?.back.clone()
    }

    /// The way out of unknown by a reversal.
    fn reverse(&mut self, step: StepId) {
        let blocked = self.next.memory.blocked_backs.contains(&step);
        if blocked || self.back_contract(step).is_none() {
            return self.next_way(step);
        }
        self.prepare.push(Effect::PrepareBack(step));
        self.change(step, |operation| operation.state = OperationState::Reversing);
        self.remember(step, |attempt| {
            attempt.tried = 0;
            attempt.anew = false;
        });
        self.send_back(step);
    }

    /// One more copy of the reversal; counted before it leaves.
    pub(super) fn send_back(&mut self, step: StepId) {
        let copy = self.operation(step).backs.saturating_add(1);
        if copy > MOST_COPIES {
            return self.park_and_go_on(step);
        }
        self.change(step, |operation| operation.backs = copy);
        self.remember(step, |attempt| {
            attempt.wait = Wait::Back;
            attempt.tried += 1;
            attempt.early_backs += u8::from(!attempt.quiet);
        });
        if !self.rules.broken(Fault::BackUnwritten) {
            self.changes.push(Change::IntentBack(step, copy));
        }
        self.after.push(Effect::SendBack(step, copy));
    }

    pub(super) fn back_reply(&mut self, step: StepId, reply: BackReply) {
        let operation = self.operation(step);
        let by_other = operation.state == OperationState::Undoing && self.taken_back_by(step).is_some();
        let may_end = operation.backs > 0
            && !by_other
            && matches!(
                operation.state,
                OperationState::Reversing | OperationState::Undoing | OperationState::Parked
            );
        match reply {
            _ if !may_end => {
                if operation.backs > 0 {
                    self.changes.push(Change::Record(step));
                }
                // People have proved that it holds, or have it put right, and its party says that it took it back.
                let corrected = self.definition(step).and_then(|found| found.correct.first().copied());
                let corrected = corrected.is_some_and(|by| self.operation(by).state != OperationState::New);
                if reply == BackReply::Reversed && (corrected || operation.state == OperationState::Done) {
                    self.after.push(Effect::Alarm(step));
                }
            }
            BackReply::NoSession if self.may_reverse_anew(step) => {
                self.prepare.push(Effect::PrepareBack(step));
                self.changes.push(Change::NewSerialBack(step));
                // It is not known which copy it answers: one that left too early may still be answered.
                self.remember(step, |attempt| attempt.anew = true);
                self.send_back(step);
            }
            BackReply::Unknown | BackReply::NoSession => self.no_back_reply(step),
            BackReply::Reversed if operation.made => {
                self.settle(step, OperationState::Undone);
                self.after_outcome(step);
            }
            BackReply::Reversed => {
                self.settle_refused(step, &"reversed".into());
                self.after_outcome(step);
            }
            BackReply::Nothing if operation.made => {
                self.after.push(Effect::Alarm(step));
                self.hold(step);
                self.after_outcome(step);
            }
            BackReply::Nothing => self.nothing_to_reverse(step),
            BackReply::Refused if operation.made => {
                self.hold(step);
                self.after_outcome(step);
            }
            BackReply::Refused if self.rules.broken(Fault::BackRefusedIsDone) => {
                self.settle(step, OperationState::Done);
                self.after_outcome(step);
            }
            BackReply::Refused if operation.state == OperationState::Reversing => self.park_and_go_on(step),
            BackReply::Refused => self.changes.push(Change::Record(step)),
        }
    }

    /// Whether this run waits for the answer to a reversal, and the party wants another serial.
    fn may_reverse_anew(&self, step: StepId) -> bool {
        let attempt = self.attempt(step);
        let blocked = self.next.memory.blocked_backs.contains(&step);
        let wanted = self.contract(step).is_some_and(|call| call.new_serial);
        attempt.wait == Wait::Back && !attempt.anew && !blocked && wanted
    }

    /// Proof only if the party remembers, or if no reversal that left too early can have given this reply.
    fn nothing_to_reverse(&mut self, step: StepId) {
        let Some(back) = self.back_contract(step) else { return };
        let attempt = self.attempt(step);
        let after_quiet = attempt.early_backs == 0 && attempt.quiet && back.quiet_ms.is_some();
        if back.remembered || after_quiet || self.rules.broken(Fault::NothingEarly) {
            self.settle_refused(step, &"never_seen".into());
            return self.after_outcome(step);
        }
        self.remember(step, |attempt| attempt.early_backs = attempt.early_backs.saturating_sub(1));
        if self.operation(step).state != OperationState::Reversing {
            return self.changes.push(Change::Record(step));
        }
        if back.quiet_ms.is_none() || attempt.never_quiet || attempt.tried > back.times {
            return self.park_and_go_on(step);
        }
        if attempt.quiet {
            self.pause(step, &back.pauses);
        } else {
            self.remember(step, |attempt| attempt.wait = Wait::Quiet);
        }
    }

    pub(super) fn no_back_reply(&mut self, step: StepId) {
        if self.attempt(step).wait != Wait::Back {
            return;
        }
        let Some(back) = self.back_contract(step) else { return self.park_and_go_on(step) };
        let again = back.repeatable || self.rules.broken(Fault::BackRepeatedAlways);
        if again && self.attempt(step).tried <= back.times {
            self.pause(step, &back.pauses);
        } else {
            self.park_and_go_on(step);
        }
    }
}
