//! The parties of a walk: what a copy, a question or a reversal does where it arrives, as its contract says.

use super::super::event::{BackReply, Event, Reply, Says};
use super::super::program::{CallContract, CallKind, Repeats, StepId, Way};
use super::super::state::Reason;
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
        if self.world.is_atomic(step) {
            return self.at_once(step);
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

    /// A posting as one of its outcomes.
    fn at_once(&mut self, step: StepId) {
        let assured = self.call_of(step).is_some_and(|call| call.assured);
        let chosen = self.chooser.choose(if assured { 3 } else { 4 });
        let holds = chosen == 0 || chosen == 2;
        if let Some(leg) = self.world.leg(step) {
            leg.made += u8::from(holds);
        }
        let (what, event) = match chosen {
            0 => ("holds", Event::Reply(step, Reply::Done)),
            1 | 2 => (
                if holds { "holds, but nobody knows" } else { "never comes, and nobody knows" },
                Event::NoReply(step),
            ),
            _ => ("is refused", Event::Reply(step, Reply::Refused(self.why(step)))),
        };
        self.tell(|program, _| Some(format!("{} {what}", say::step(program, step))));
        self.events.push(event);
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
        if self.world.is_atomic(step) {
            let chosen = self.chooser.choose(4);
            let taken = chosen == 0 || chosen == 2;
            if let Some(leg) = self.world.leg(step) {
                leg.taken += u8::from(taken && leg.holds());
            }
            let event = match chosen {
                0 => Event::BackReply(step, BackReply::Reversed),
                1 => Event::BackReply(step, BackReply::Refused),
                _ => Event::NoBackReply(step),
            };
            let what = [
                "is taken back",
                "is not taken back",
                "is taken back, but nobody knows",
                "stays, and nobody knows",
            ];
            let what = what.get(usize::from(chosen)).copied().unwrap_or_default();
            self.tell(|program, _| Some(format!("{} {what}", say::step(program, step))));
            return self.events.push(event);
        }
        if let Some(leg) = self.world.leg(step) {
            leg.backs = leg.backs.saturating_add(1);
        }
        self.tell(|program, _| Some(format!("the reversal of {} leaves", say::step(program, step))));
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
