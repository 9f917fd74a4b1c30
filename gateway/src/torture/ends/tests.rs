//! Ends and pairs that cannot be are none: by rules, and of the repository's own adapters and flows.

use super::*;
use crate::torture::ground::{Ground, of_repository};

const DONE: &str = "done";
const REFUSED: &str = "refused";
const UNDONE: &str = "undone";

const PLAIN: Known =
    Known { assured: false, repeats: false, only_answered: false, back_at_once: false, taken_back: false };

fn of<'g>(ground: &'g Ground, call: &str) -> &'g Ends {
    ground.ends.iter().find(|known| known.call == call).unwrap()
}

fn has(known: &Ends, end: &str) -> bool {
    known.ends.iter().any(|(name, _)| *name == end)
}

#[test]
fn what_only_its_answer_tells_does_not_end_where_no_answer_comes() {
    let all = Known { only_answered: true, taken_back: true, ..PLAIN };
    for end in [DONE, REFUSED, LATER] {
        assert!(!all.may_meet(end, "lost reply") && !all.may_meet(end, "lost request"), "{end}");
        assert!(!all.may_meet(end, TAKEN_OVER), "{end}");
        assert!(all.may_meet(end, "late reply") && all.may_meet(end, "kill"), "{end}");
    }
    assert!(all.may_meet(UNDONE, TAKEN_OVER));
    let asks = Known { only_answered: false, ..all };
    for end in [DONE, REFUSED, LATER] {
        assert!(asks.may_meet(end, "lost reply") && asks.may_meet(end, TAKEN_OVER), "{end}");
        assert_eq!(asks.may_meet(end, "lost request"), end == REFUSED, "{end}");
    }
    let repeats = Known { repeats: true, ..asks };
    assert!([DONE, REFUSED, LATER, AGAIN].iter().all(|end| repeats.may_meet(end, "lost request")));
}

#[test]
fn what_is_taken_back_at_once_holds_only_where_its_answer_came() {
    let back = Known { back_at_once: true, taken_back: true, ..PLAIN };
    for what in ["lost reply", "late reply", "lost request", TAKEN_OVER] {
        assert!(!back.may_meet(DONE, what), "{what}");
        assert!(back.may_meet(REFUSED, what), "{what}");
        assert_eq!(back.may_meet(UNDONE, what), what == TAKEN_OVER, "{what}");
    }
}

#[test]
fn ends_hang_on_what_is_declared() {
    let plain = PLAIN;
    assert_eq!(plain.ends(), [DONE, REFUSED, LATER]);
    assert_eq!(Known { assured: true, ..plain }.ends(), [DONE, LATER]);
    assert_eq!(Known { back_at_once: true, ..plain }.ends(), [DONE, REFUSED]);
    assert_eq!(
        Known { taken_back: true, repeats: true, ..plain }.ends(),
        [DONE, REFUSED, UNDONE, AGAIN, LATER]
    );
}

#[test]
fn adapters_and_flows_say_which_pairs_there_are() {
    let (ground, _folder) = of_repository("ends");
    // A flow that takes back: the call's own party need not have a reversal for that, and a reversal alone is none.
    for (call, undone) in
        [("core.keep_agreement", true), ("hospital.book", false), ("taciturn.pay_parked", true)]
    {
        assert_eq!(has(of(&ground, call), UNDONE), undone, "{call}");
    }
    // What is taken back before anything is asked is never done later.
    assert!(!has(of(&ground, "taciturn.pay_reversed"), LATER));
    assert!(has(of(&ground, "taciturn.pay_parked"), LATER));
    // Where no flow of the bank says so, nothing is left out: every end of every call may meet a kill of the gateway.
    assert!(ground.ends.iter().all(|known| known.ends.iter().all(|(_, met)| met.contains(&"kill"))));
    for actor in &ground.cast {
        let module = &actor.loaded.bank.module;
        for call in &module.calls {
            let name = format!("{}.{}", actor.module, call.call.name);
            let Some(known) = ground.ends.iter().find(|known| known.call == name) else { continue };
            let http = module
                .links
                .get(usize::from(call.call.link))
                .is_some_and(|link| matches!(link.link.kind, LinkKind::Http | LinkKind::Https));
            assert_eq!(known.may_meet(DONE, "reply twice"), !http, "{name}");
            assert_eq!(known.may_meet("parked", "corrupted octets"), actor.sealed.is_some(), "{name}");
        }
    }
}
