//! The parties of a walk: what a copy, a question or a reversal does where it arrives, as its contract says.

use super::super::event::{BackReply, Event, Reply, Says};
use super::super::program::{CallContract, CallKind, Repeats, StepId, Way};
use super::super::state::{OperationState, Reason};
use super::moves::{Act, contract};
use super::story::say;
use super::world::{DONE, NO_SESSION, NOTHING, REFUSED};

impl Act<'_> {
    fn is_query(&self, step: StepId) -> bool {
        contract(self.program, &self.world, step).is_some_and(|call| call.kind == CallKind::Query)
    }

    pub(super) fn send(&mut self, step: StepId, copy: u8) {
        if self.is_query(step) {
            return;
        }
        if self.ground.is_atomic(step) {
            if let Some(leg) = self.world.leg(step) {
                leg.flight = 1;
            }
            return;
        }
        if self.chooser.choose(2) == 1 {
            self.tell(|program, _| Some(format!("not a byte of {} leaves", say::copy(program, step, copy))));
            return self.events.push(Event::NotSent(step));
        }
        if let Some(leg) = self.world.leg(step) {
            leg.flight = leg.flight.saturating_add(1);
        }
        self.tell(|program, _| Some(format!("{} leaves", say::copy(program, step, copy))));
    }

    /// A posting as one of its outcomes. That it never came and nobody knows is left out: it is parked as well, and less holds.
    pub(super) fn settle(&mut self, step: StepId) {
        let assured = self.call_of(step).is_some_and(|call| call.assured);
        let chosen = self.chooser.choose(if assured { 2 } else { 3 });
        if let Some(leg) = self.world.leg(step) {
            leg.flight = 0;
            leg.made += u8::from(chosen < 2);
            leg.refused |= chosen == 2;
        }
        let (what, event) = match chosen {
            0 => ("holds", Event::Reply(step, Reply::Done)),
            1 => ("holds, but nobody knows", Event::NoReply(step)),
            _ => ("is refused", Event::Reply(step, Reply::Refused(self.why(step)))),
        };
        self.tell(|program, _| Some(format!("{} {what}", say::step(program, step))));
        self.events.push(event);
    }

    /// A run that found the flow in the journal asks what became of what had ended: that is told as a late reply.
    pub(super) fn replies_come_again(&mut self) {
        for step in self.program.step_ids().filter(|step| self.ground.is_atomic(*step)) {
            let open = self.world.journal.operation(step).is_some_and(|operation| {
                operation.state == OperationState::Intent || operation.state == OperationState::Unknown
            });
            let Some(leg) = self.world.leg(step).filter(|leg| open && leg.flight == 0) else { continue };
            leg.replies = match () {
                () if leg.made > 0 => DONE,
                () if leg.refused => REFUSED,
                () => {
                    leg.flight = 1;
                    0
                }
            };
        }
    }

    /// The quiet time of this copy is over: where it is the last, nothing is under way any more.
    pub(super) fn nothing_under_way(&mut self, step: StepId, copy: u8) {
        let copies = self.world.state.durable.operation(step).map_or(0, |operation| operation.copies);
        if let Some(leg) = self.world.leg(step).filter(|_| copy >= copies) {
            leg.flight = 0;
        }
    }

    /// A reason of its refusal: any, or one for which the flow goes on.
    pub(super) fn why(&mut self, step: StepId) -> Reason {
        let named = self.program.step(step).and_then(|found| found.goes_on.as_ref()?.first().cloned());
        match named {
            Some(reason) if self.chooser.choose(2) == 1 => reason,
            _ => "refused".into(),
        }
    }

    pub(super) fn send_back(&mut self, step: StepId) {
        if self.ground.is_atomic(step) {
            if let Some(leg) = self.world.leg(step) {
                leg.backs = 1;
            }
            return;
        }
        if let Some(leg) = self.world.leg(step) {
            leg.backs = leg.backs.saturating_add(1);
        }
        self.tell(|program, _| Some(format!("the reversal of {} leaves", say::step(program, step))));
    }

    /// A reversal as one of its outcomes. That it was taken back and nobody knows is left out: less holds then.
    pub(super) fn settle_back(&mut self, step: StepId) {
        let Some(leg) = self.world.leg(step) else { return };
        leg.backs = 0;
        let again = leg.taken > 0;
        let chosen = self.chooser.choose(if again { 2 } else { 3 });
        if let Some(leg) = self.world.leg(step) {
            leg.taken += u8::from(chosen == 0 && leg.holds());
        }
        let (what, event) = match chosen {
            0 => ("is taken back", Event::BackReply(step, BackReply::Reversed)),
            1 => ("stays, and nobody knows", Event::NoBackReply(step)),
            _ => ("is not taken back", Event::BackReply(step, BackReply::Refused)),
        };
        let what = if again && chosen == 1 { "was taken back, and nobody knows" } else { what };
        self.tell(|program, _| Some(format!("{} {what}", say::step(program, step))));
        self.events.push(event);
    }

    fn call_of(&self, step: StepId) -> Option<CallContract> {
        let chosen = self.world.journal.operation(step).and_then(|operation| operation.call);
        let first = self.program.step(step)?.calls.first().copied();
        self.program.call(chosen.or(first)?).cloned()
    }

    /// The party judges a copy.
    pub(super) fn arrive(&mut self, step: StepId) {
        let Some(call) = self.call_of(step) else { return };
        let Some(leg) = self.world.leg(step) else { return };
        leg.flight -= 1;
        if call.new_serial && self.chooser.choose(2) == 1 {
            if let Some(leg) = self.world.leg(step) {
                leg.replies |= NO_SESSION;
            }
            return self.tell(|program, _| Some(say::no_session(program, step)));
        }
        let Some(leg) = self.world.leg(step) else { return };
        let known = match call.repeats {
            Repeats::SameAnswer if leg.made > 0 => Some(DONE),
            Repeats::SameAnswer if leg.refused => Some(REFUSED),
            Repeats::SameAnswerWhenDone if leg.made > 0 => Some(DONE),
            Repeats::SaysDuplicate if leg.made > 0 => Some(NOTHING),
            _ if leg.remembered => Some(REFUSED),
            _ => None,
        };
        let holds = known.is_none() && (call.assured || self.chooser.choose(2) == 0);
        let Some(leg) = self.world.leg(step) else { return };
        let reply = known.unwrap_or(if holds { DONE } else { REFUSED });
        leg.made = leg.made.saturating_add(u8::from(holds));
        leg.refused |= reply == REFUSED;
        leg.replies |= reply;
        self.tell(|program, _| {
            let party = say::party(program, step);
            let name = say::step(program, step);
            Some(match (holds, reply) {
                (true, _) => format!("{party} HOLDS {name}"),
                (_, DONE) => format!("{party} repeats its answer to {name}"),
                (_, NOTHING) => format!("{party} says that {name} is a duplicate"),
                _ => format!("{party} refuses {name}"),
            })
        });
    }

    pub(super) fn look(&mut self, step: StepId, place: usize) {
        let lags = self.call_of(step).is_some_and(|call| {
            call.ways.iter().any(|way| matches!(way, Way::Enquire { proves_done_only: true, .. }))
        });
        let behind = lags && self.chooser.choose(2) == 1;
        let Some(leg) = self.world.leg(step) else { return };
        let says = match () {
            () if behind => Says::NotFound,
            () if leg.holds() => Says::Done,
            () if leg.taken > 0 => Says::Reversed,
            () if leg.refused => Says::Refused(None),
            () => Says::NotFound,
        };
        if let Some(ask) = leg.asks.get_mut(place) {
            ask.1 = Some(says.clone());
        }
        self.tell(|program, _| {
            Some(format!(
                "{} looks for {}: {}",
                say::party(program, step),
                say::step(program, step),
                say::says(&says)
            ))
        });
    }

    pub(super) fn arrive_back(&mut self, step: StepId) {
        let Some(call) = self.call_of(step) else { return };
        let Some(back) = call.back else { return };
        if call.new_serial && self.chooser.choose(2) == 1 {
            if let Some(leg) = self.world.leg(step) {
                leg.backs -= 1;
                leg.back_replies |= NO_SESSION;
            }
            return self.tell(|program, _| Some(say::no_session(program, step)));
        }
        let may_refuse = self.chooser.choose(2) == 1;
        let Some(leg) = self.world.leg(step) else { return };
        leg.backs -= 1;
        let takes = leg.holds() || !back.names_original || (leg.taken > 0 && !back.repeatable);
        let reply = match () {
            () if may_refuse && leg.taken == 0 => REFUSED,
            () if takes => {
                leg.taken = leg.taken.saturating_add(1);
                DONE
            }
            () if leg.taken > 0 => DONE,
            () => {
                leg.remembered |= back.remembered;
                NOTHING
            }
        };
        leg.back_replies |= reply;
        self.tell(|program, _| {
            let party = say::party(program, step);
            let name = say::step(program, step);
            Some(match reply {
                DONE if takes => format!("{party} takes {name} back"),
                DONE => format!("{party} says again that {name} is taken back"),
                REFUSED => format!("{party} refuses to take {name} back"),
                _ => format!("{party} has no {name} to take back"),
            })
        });
    }
}
