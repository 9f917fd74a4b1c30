//! The auditor, told made-up answers and shown made-up ledgers.

use super::Wrong::{Doubled, FalseAnswer, Hangs, Lost, OneSided};
use super::*;
use Said::{Done, Pending, Refused, Unheard};

const AMOUNT: i64 = 1_200;
/// No wish, one of which nothing was heard, and two of which something was.
const NONE: Option<Option<Cancelled>> = None;
const UNHEARD: Option<Option<Cancelled>> = Some(None);
const THROUGH: Option<Option<Cancelled>> = Some(Some(Cancelled::Through));
const TOO_LATE: Option<Option<Cancelled>> = Some(Some(Cancelled::TooLate));

/// Which kinds of wrong are found; the ledgers are the core's and a party's.
fn found(
    said: &[Said],
    cancelled: Option<Option<Cancelled>>,
    last: Said,
    (core, party): (i64, i64),
    parked: bool,
) -> Vec<Wrong> {
    let told = Told { said, cancelled };
    wrongs(&told, Some(last), &seen("core", core, party), parked)
        .into_iter()
        .map(|(wrong, _)| wrong)
        .collect()
}

fn seen(payer: &'static str, core: i64, party: i64) -> Seen<'static> {
    Seen { payer, amount: AMOUNT, held: vec![("core", core), ("party", party)] }
}

const BOTH: (i64, i64) = (AMOUNT, AMOUNT);
const NEITHER: (i64, i64) = (0, 0);

#[test]
fn what_is_told_as_it_is_is_sound() {
    for cancelled in [NONE, TOO_LATE, UNHEARD] {
        assert_eq!(found(&[Done], cancelled, Done, BOTH, false), []);
        assert_eq!(found(&[Pending, Done], cancelled, Done, BOTH, false), []);
        assert_eq!(found(&[], cancelled, Done, BOTH, false), []);
    }
    for cancelled in [NONE, TOO_LATE, UNHEARD, THROUGH] {
        assert_eq!(found(&[Refused], cancelled, Refused, NEITHER, false), []);
        assert_eq!(found(&[Pending], cancelled, Refused, NEITHER, false), []);
    }
    // What was done is taken back; of whether it is, nothing may have been heard.
    for cancelled in [UNHEARD, THROUGH] {
        assert_eq!(found(&[Done], cancelled, Refused, NEITHER, false), []);
        assert_eq!(found(&[Done, Refused], cancelled, Refused, NEITHER, false), []);
    }
    // People are asked: the payer is debited, the party may have it or not.
    for held in [BOTH, (AMOUNT, 0), NEITHER] {
        assert_eq!(found(&[Pending], NONE, Pending, held, true), []);
    }
    assert_eq!(found(&[Done], UNHEARD, Pending, (AMOUNT, 0), true), []);
}

#[test]
fn what_was_told_refused_is_never_told_done() {
    for cancelled in [NONE, TOO_LATE, UNHEARD, THROUGH] {
        let wrong = found(&[Refused], cancelled, Done, BOTH, false);
        assert!(wrong.contains(&FalseAnswer), "{cancelled:?}: {wrong:?}");
        let wrong = found(&[Refused], cancelled, Done, NEITHER, false);
        assert!(wrong.contains(&FalseAnswer) && wrong.contains(&Lost), "{cancelled:?}: {wrong:?}");
    }
}

#[test]
fn what_was_told_done_is_refused_since_by_a_wish_that_went_through_alone() {
    for cancelled in [NONE, TOO_LATE] {
        assert_eq!(found(&[Done], cancelled, Refused, NEITHER, false), [FalseAnswer, Lost]);
    }
    assert_eq!(found(&[Done], THROUGH, Done, BOTH, false), [FalseAnswer, FalseAnswer]);
    assert_eq!(found(&[Done], THROUGH, Refused, BOTH, false), [FalseAnswer, FalseAnswer]);
}

#[test]
fn what_does_not_hold_is_lost() {
    assert_eq!(found(&[Done], NONE, Done, NEITHER, false), [Lost]);
    assert_eq!(found(&[Done], NONE, Done, (AMOUNT, 0), false), [Lost, OneSided]);
    // Told by a node that nobody can ask any more.
    assert_eq!(found(&[Done], NONE, Pending, (AMOUNT, 0), true), [Lost]);
    assert_eq!(found(&[Pending], UNHEARD, Done, NEITHER, false), [Lost]);
}

#[test]
fn what_holds_is_not_refused() {
    for cancelled in [NONE, TOO_LATE, UNHEARD] {
        assert_eq!(found(&[Refused], cancelled, Refused, BOTH, false), [FalseAnswer]);
        assert_eq!(found(&[Refused], cancelled, Pending, (AMOUNT, 0), true), [FalseAnswer]);
    }
    assert_eq!(found(&[], NONE, Refused, (-AMOUNT, -AMOUNT), false), [FalseAnswer], "given back twice");
}

#[test]
fn what_holds_twice_is_doubled() {
    assert_eq!(found(&[Done], NONE, Done, (2 * AMOUNT, 2 * AMOUNT), false), [Doubled]);
    assert_eq!(found(&[Done], NONE, Done, (AMOUNT, 2 * AMOUNT), false), [Doubled, OneSided]);
}

#[test]
fn sides_agree_in_the_end_and_the_payer_is_debited_last() {
    assert_eq!(found(&[], UNHEARD, Refused, (AMOUNT, 0), false), [FalseAnswer, OneSided]);
    assert_eq!(found(&[Pending], NONE, Pending, (0, AMOUNT), true), [OneSided]);
    // What is collected from a customer of the party stands there first, and is given to ours behind it.
    let told = Told { said: &[Pending], cancelled: NONE };
    assert_eq!(wrongs(&told, Some(Pending), &seen("party", 0, AMOUNT), true), []);
    assert_eq!(wrongs(&told, Some(Pending), &seen("party", AMOUNT, 0), true).len(), 1);
}

#[test]
fn what_has_no_end_hangs_unless_people_are_asked() {
    for last in [Pending, Unheard] {
        assert_eq!(found(&[Pending], NONE, last, BOTH, false), [Hangs]);
        assert_eq!(found(&[Pending], NONE, last, BOTH, true), []);
    }
    let told = Told { said: &[], cancelled: NONE };
    assert_eq!(wrongs(&told, None, &seen("core", 0, 0), false).len(), 1, "nothing was heard at all");
    assert_eq!(found(&[Pending, Unheard], NONE, Done, BOTH, false), [FalseAnswer]);
}

#[test]
fn a_refusal_is_looked_at_whoever_wished_to_take_it_back() {
    for cancelled in [NONE, TOO_LATE, UNHEARD, THROUGH] {
        assert!(Told { said: &[Pending, Refused], cancelled }.nothing_holds());
        let told = Told { said: &[Done], cancelled };
        assert_eq!(told.nothing_holds(), cancelled == THROUGH);
    }
    assert!(!Told { said: &[Pending], cancelled: UNHEARD }.nothing_holds());
}
