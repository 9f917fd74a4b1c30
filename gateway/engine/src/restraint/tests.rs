//! Breakers and turns by a clock that is moved by hand.

use super::{Held, Restraint};
use crate::deployment::{BreakerLimits, Limits};
use crate::lines::LineName;
use link::world::{ManualClock, Moment};
use link::{Core, CoreOwner, World};
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn restraint() -> (CoreOwner, ManualClock, Restraint) {
    let clock = ManualClock::new(Moment(0));
    let owner = Core::start(World::with_clock(Arc::new(clock.clone())));
    let restraint = Restraint::new(owner.core());
    (owner, clock, restraint)
}

fn line(party: &str) -> LineName {
    LineName { party: party.into(), link: "line".into(), member: None }
}

fn limits() -> Limits {
    let breaker = BreakerLimits { exchanges: 4, failed_percent: 50, seconds: 10, pause_seconds: 5 };
    Limits { breaker, questions_a_second: 10, open_of_a_party: 2, ..Limits::default() }
}

#[tokio::test]
async fn a_line_is_held_when_half_of_enough_exchanges_have_failed() {
    let (owner, clock, restraint) = restraint();
    let (grid, water, limits) = (line("grid"), line("water"), limits());
    let note = |heard| restraint.note(&grid, owner.mark(), heard, &limits);
    assert!(!note(false) && !note(true) && !note(false), "three are not enough");
    assert_eq!(restraint.admits(std::slice::from_ref(&grid), &limits), Ok(()));
    assert!(!note(true) && note(false), "three of five have failed");
    assert!(restraint.is_open(&grid) && restraint.holds_any(&limits));
    let held = Held::Open { party: "grid".into(), again: 5 * SECOND };
    assert_eq!(restraint.admits(std::slice::from_ref(&grid), &limits), Err(held));
    assert_eq!(
        restraint.admits(std::slice::from_ref(&water), &limits),
        Ok(()),
        "another line is not concerned"
    );
    clock.advance(5 * SECOND);
    let both = [water, grid.clone()];
    assert_eq!(restraint.admits(&both, &limits), Ok(()), "one tries");
    assert!(restraint.admits(&both, &limits).is_err(), "and one alone");
}

#[tokio::test]
async fn an_answer_to_what_was_asked_since_makes_it_well() {
    let (owner, clock, restraint) = restraint();
    let (grid, limits) = (line("grid"), limits());
    let before = owner.mark();
    clock.advance(SECOND);
    for _ in 0..4 {
        restraint.note(&grid, before, false, &limits);
    }
    assert!(
        !restraint.note(&grid, before, true, &limits),
        "what was asked before it was held tells nothing of now"
    );
    assert!(restraint.is_open(&grid));
    clock.advance(SECOND);
    assert!(restraint.note(&grid, owner.mark(), true, &limits));
    assert!(!restraint.is_open(&grid) && !restraint.holds_any(&limits));
    assert!(!restraint.note(&grid, owner.mark(), false, &limits), "it begins to count anew");
}

#[tokio::test]
async fn what_failed_long_ago_counts_no_more() {
    let (owner, clock, restraint) = restraint();
    let (grid, limits) = (line("grid"), limits());
    for _ in 0..20 {
        restraint.note(&grid, owner.mark(), false, &Limits { breaker: off(), ..limits.clone() });
    }
    assert!(!restraint.is_open(&grid), "a breaker of no exchanges never opens");
    clock.advance(10 * SECOND);
    assert!(!restraint.note(&grid, owner.mark(), false, &limits), "one of the last ten seconds");
}

fn off() -> BreakerLimits {
    BreakerLimits { exchanges: 0, ..BreakerLimits::default() }
}

#[tokio::test]
async fn questions_go_one_behind_the_other_and_sooner_where_much_is_answered() {
    let (owner, clock, restraint) = restraint();
    let (grid, limits) = (line("grid"), limits());
    clock.advance(60 * SECOND);
    let turn = || restraint.turn(&grid, &limits).map(|at| at.since(owner.mark()).as_millis());
    let saved = (0..10).filter(|_| turn().is_none()).count();
    assert_eq!(saved, 10, "what a second allows goes at once");
    assert_eq!([turn(), turn()], [Some(100), Some(200)]);
    for _ in 0..10 {
        restraint.note(&grid, owner.mark(), true, &limits);
    }
    assert_eq!(turn(), Some(100), "ten answers allow two more");
    clock.advance(60 * SECOND);
    assert_eq!((0..20).filter(|_| turn().is_none()).count(), 10, "a minute saves no more than a second's");
}

#[tokio::test]
async fn with_one_party_no_more_is_open_than_may_be() {
    let (_owner, _clock, restraint) = restraint();
    let (grid, water, limits) = ([line("grid")], [line("water")], limits());
    let party: Arc<str> = "grid".into();
    restraint.begin(&party);
    assert_eq!(restraint.admits(&grid, &limits), Ok(()));
    restraint.begin(&party);
    assert!(restraint.holds_any(&limits));
    assert_eq!(restraint.admits(&grid, &limits), Err(Held::Full { party: party.clone() }));
    assert_eq!(restraint.admits(&water, &limits), Ok(()));
    restraint.end(&party);
    assert_eq!(restraint.admits(&grid, &limits), Ok(()));
}
