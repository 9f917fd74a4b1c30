//! From when on people may believe that a posting which its party has not seen never comes (`flows.md` 2, quiet time), and that no
//! reversal of what is held comes any more, so that it may be put right (`flows.md` 7).
//!
//! In: the contract of a call, the states that the journal knows of its operation, and who may still send. Out: a moment, or
//! why there is none. It must not know who decides.

use super::Opened;
use crate::driver::recover::RowName;
use crate::senders::{Senders, Standing};
use dsl::flow::{Operation, StepDef};
use store::{Moment, OperationState, StateRow};

/// From when on "it was never seen" can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quiet {
    /// No copy of it has left: nothing can come.
    Unsent,
    /// Its call promises no quiet time: the gateway knows no such moment.
    Undeclared,
    /// From this moment on, a quiet time behind the end of who sent the last copy.
    Until(Moment),
    /// A process that held the journal before may still send a copy: it has not been seen to end.
    MaySend,
    /// So it is, and nobody can tell when it ends: people must see to it that it has.
    Unseen,
    /// The journal does not tell it now.
    Unread,
}

impl Opened<'_> {
    /// That of a step. `latest`: where the journal does not tell when the last copy was given up, it was not after that.
    pub(super) fn quiet(
        &self,
        place: &str,
        (states, latest): (&[StateRow], Moment),
        senders: &Senders,
    ) -> Quiet {
        let mut steps = self.program.steps.iter().zip(&self.state.durable.operations);
        let Some((step, operation)) = steps.find(|(step, _)| *step.name == *place) else {
            return Quiet::Unread;
        };
        if operation.copies == 0 {
            return Quiet::Unsent;
        }
        let Some(quiet_ms) = self.quiet_ms(step, operation) else { return Quiet::Undeclared };
        let last = given_up(place, states).unwrap_or(latest);
        behind(last, senders.standing(place, states), quiet_ms)
    }

    /// From when on what is held may be put right; none where its text names nothing for it, where that is under way, and where it
    /// was refused as often as it may be tried.
    pub(super) fn correctable(
        &self,
        place: &str,
        (states, latest): (&[StateRow], Moment),
        senders: &Senders,
    ) -> Option<Quiet> {
        let durable = &self.state.durable;
        let mut steps = self.program.steps.iter().zip(&durable.operations).zip(self.program.step_ids());
        let ((step, operation), id) = steps.find(|((step, _), _)| *step.name == *place)?;
        self.program.correction(durable, id)?;
        if operation.state != dsl::flow::OperationState::Held {
            return None;
        }
        if operation.backs == 0 {
            return Some(Quiet::Unsent);
        }
        let Some(quiet_ms) = self.quiet_ms(step, operation) else { return Some(Quiet::Undeclared) };
        let last = held_since(place, states).unwrap_or(latest);
        Some(behind(last, senders.standing_of_reversals(place, states), quiet_ms))
    }

    /// The longer one of a call and its reversal.
    fn quiet_ms(&self, step: &StepDef, operation: &Operation) -> Option<u64> {
        let call = operation.call.or_else(|| step.calls.first().copied());
        let call = call.and_then(|call| self.program.call(call))?;
        let back = call.back.as_ref().and_then(|back| back.quiet_ms);
        // An order that a party keeps between messages says nothing to who reads a list: it is no time.
        call.quiet_ms.max(back).filter(|ms| *ms > 0)
    }
}

/// A quiet time behind the last copy, and behind the end of who else may send one.
fn behind(last: Moment, standing: Standing, quiet_ms: u64) -> Quiet {
    let ended = match standing {
        Standing::Ended(ended) => ended,
        Standing::MaySend => return Quiet::MaySend,
        Standing::Unseen => return Quiet::Unseen,
    };
    let last = last.max(ended.unwrap_or(Moment(i64::MIN)));
    Quiet::Until(Moment(last.0.saturating_add(i64::try_from(quiet_ms).unwrap_or(i64::MAX))))
}

/// When nobody waited any more for the answer to the last copy of a step: the first state behind the last intent to send one.
fn given_up(step: &str, states: &[StateRow]) -> Option<Moment> {
    let own = |row: &&StateRow| {
        let name = RowName::of(&row.name);
        name.step == step && !name.back
    };
    let states: Vec<&StateRow> = states.iter().filter(own).collect();
    let last = states.iter().rposition(|row| row.state == OperationState::Intent)?;
    states.get(last.saturating_add(1)).map(|row| row.at)
}

/// When a step was first held behind the last copy of its reversal, which was given up before that; corrections that were refused
/// since have sent no reversal.
fn held_since(step: &str, states: &[StateRow]) -> Option<Moment> {
    let reversal = |row: &StateRow| {
        let name = RowName::of(&row.name);
        name.step == step && name.back
    };
    let behind = states.iter().rposition(reversal).map_or(0, |last| last.saturating_add(1));
    let own = |row: &&StateRow| RowName::of(&row.name).step == step && row.state == OperationState::Held;
    states.iter().skip(behind).find(own).map(|row| row.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, state: OperationState, at: i64) -> StateRow {
        StateRow { name: name.to_owned(), state, copies: 1, sequence: 1, at: Moment(at) }
    }

    #[test]
    fn the_last_copy_of_the_posting_itself_counts_and_nothing_that_came_behind_it() {
        use OperationState::{Intent, Parked, Refused, Reversing, Unknown};
        let mut states = vec![
            row("pay", Intent, 1),
            row("other", Unknown, 2),
            row("pay", Refused, 3),
            row("pay/2", Intent, 4),
            row("pay/2", Unknown, 5),
        ];
        assert_eq!(given_up("pay", &states), Some(Moment(5)), "under its second serial");
        states.extend([row("pay/2", Intent, 7), row("pay/2", Unknown, 9), row("pay/2", Reversing, 11)]);
        let back = [row("pay/back", Intent, 11), row("pay/back", Unknown, 12)];
        let behind = [row("pay/2", Parked, 13), row("pay/2", Parked, 20)];
        states.extend(back.into_iter().chain(behind));
        assert_eq!(given_up("pay", &states), Some(Moment(9)), "its second copy");
        assert_eq!(given_up("pay", &states[..1]), None, "it is under way");
    }

    #[test]
    fn a_refused_correction_begins_no_quiet_time_and_another_reversal_does() {
        use OperationState::{Held, Intent, Refused, Undoing, Unknown};
        let mut states = vec![
            row("pay", Undoing, 1),
            row("pay/back", Intent, 1),
            row("pay/back", Refused, 2),
            row("pay", Held, 3),
        ];
        assert_eq!(held_since("pay", &states), Some(Moment(3)));
        let correction =
            [row("pay", Undoing, 5), row("pay/correct", Intent, 5), row("pay/correct", Refused, 6)];
        states.extend(correction.into_iter().chain([row("pay", Held, 7)]));
        assert_eq!(held_since("pay", &states), Some(Moment(3)), "nothing has left that takes it back");
        states.extend([row("pay/back", Intent, 8), row("pay/back", Unknown, 9), row("pay", Held, 10)]);
        assert_eq!(held_since("pay", &states), Some(Moment(10)));
        assert_eq!(held_since("other", &states), None);
    }
}
