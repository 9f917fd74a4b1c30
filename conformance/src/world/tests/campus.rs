//! The card system: it takes transfers once, and begins loads, enquiries and reversals by itself.

use super::{ask, facts, fields, holds, object, party, word};
use crate::world::Outcome::{Done, Refused, Unknown};
use crate::world::{Facts, World};
use proptest::prelude::*;
use serde_json::{Value, json};

const STUDENT: &str = "20180001234";

fn load(bserial: &str, amount: i64) -> Value {
    json!({"stuno": STUDENT, "cardno": "0000123456", "account": "6230580000001234567", "amount": amount,
        "bserial": bserial, "channel": "03"})
}

fn student(world: &mut World) -> Value {
    let request = json!({"stuno": STUDENT, "cardno": "", "name": "王小明", "idno": ""});
    Value::Object(ask(world, "student", "Q", request).fields)
}

#[test]
fn a_transfer_waits_is_taken_and_comes_once() {
    let mut world = party("campus-card");
    let first = ask(&mut world, "load", "1", load("HX1", 5_000));
    assert_eq!((word(&first), &first.fields["pending"]), ((Done, ""), &json!(5_000)));
    let again = ask(&mut world, "load", "2", load("HX1", 5_000));
    assert_eq!((word(&again), again.repeated, &again.fields), ((Done, ""), true, &first.fields));
    assert_eq!(word(&ask(&mut world, "load", "3", load("HX1", 5_001))), (Refused, "0094"));
    assert_eq!(word(&ask(&mut world, "load", "4", load("HX2", 100_000))), (Refused, "0066"));
    let enquire =
        |bserial: &str| json!({"odate": "2026-11-23", "oserial": "000000000001", "bserial": bserial});
    for (bserial, state) in [("HX1", "done"), ("HX2", "other"), ("HX3", "never_seen")] {
        assert_eq!(ask(&mut world, "enquire_ours", "E", enquire(bserial)).fields["state"], state);
    }
    let mut cancel = enquire("HX1");
    cancel["amount"] = json!(5_000);
    assert_eq!(word(&ask(&mut world, "withdraw", "C", cancel.clone())), (Done, ""));
    assert_eq!(word(&ask(&mut world, "withdraw", "C", cancel.clone())), (Done, ""));
    assert_eq!(student(&mut world)["pending"], 0);
    ask(&mut world, "load", "5", load("HX5", 3_000));
    world.act("take_pending", &facts("")).unwrap();
    assert_eq!(student(&mut world)["balance"], 4_250);
    cancel["bserial"] = json!("HX5");
    cancel["amount"] = json!(3_000);
    assert_eq!(word(&ask(&mut world, "withdraw", "C", cancel)), (Refused, "0062"));
    // The list holds what was taken back too, marked so.
    let totals = |school: &str| json!({"head": {"school": school}, "adate": "2026-11-23", "count": 2, "amount": 8_000, "file": "", "digest": ""});
    assert_eq!(ask(&mut world, "tell_list", "T", totals("SZ000001")).fields["state"], "even");
    assert_eq!(ask(&mut world, "tell_list", "U", totals("SZ000002")).fields["state"], "uneven");
    holds(&world);
}

#[test]
fn loads_begin_at_machines_and_are_followed_up() {
    let mut world = party("campus-card");
    for _ in 0..3 {
        world.act("want_load", &facts("")).unwrap();
    }
    let said = world.act("terminal_load", &facts("")).unwrap();
    assert_eq!(said.len(), 3);
    assert_eq!((said[0].serial.as_deref(), &said[0].fields["amount"]), (Some("000000000001"), &json!(5_000)));
    assert_eq!(said[0].fields["head"]["school"], "SZ000001");
    assert!(world.act("terminal_load", &facts("")).unwrap().is_empty());
    let reply = fields(json!({"bserial": "HX9"}));
    world.answered(&said[0], Done, &reply, &facts("")).unwrap();
    world.answered(&said[1], Refused, &fields(object()), &facts("")).unwrap();
    world.answered(&said[2], Unknown, &fields(object()), &facts("")).unwrap();
    for _ in 0..3 {
        let asked = world.act("enquire_load", &facts("")).unwrap();
        assert_eq!((asked.len(), &asked[0].fields["oserial"]), (1, &json!("000000000003")));
        world.answered(&asked[0], Unknown, &fields(object()), &facts("")).unwrap();
    }
    assert!(world.act("enquire_load", &facts("")).unwrap().is_empty());
    let back = world.act("reverse_load", &facts("")).unwrap();
    world.answered(&back[0], Unknown, &fields(object()), &facts("")).unwrap();
    assert_eq!(world.act("reverse_load", &facts("")).unwrap(), back);
    world.answered(&back[0], Done, &fields(json!({"state": "00"})), &facts("")).unwrap();
    assert!(world.act("reverse_load", &facts("")).unwrap().is_empty());
    let states = world.question("SELECT state FROM load ORDER BY serial").unwrap();
    assert_eq!(json!(states), json!([{"state": "done"}, {"state": "refused"}, {"state": "reversed"}]));
    holds(&world);
}

#[test]
fn a_late_answer_of_a_load_puts_it_on_the_card_once() {
    let mut world = party("campus-card");
    world.act("want_load", &facts("")).unwrap();
    let said = world.act("terminal_load", &facts("")).unwrap();
    let later = Facts { now: "2026-11-23T13:47:01".into(), ..facts("") };
    let asked = world.act("enquire_load", &later).unwrap();
    let reply = fields(json!({"state": "done", "bserial": "HX9"}));
    world.answered(&asked[0], Done, &reply, &later).unwrap();
    world.answered(&said[0], Done, &reply, &later).unwrap();
    holds(&world);
}

#[test]
fn binding_goes_by_name_and_state() {
    let mut world = party("campus-card");
    let bind = |account: &str, name: &str, act: &str| json!({"stuno": STUDENT, "account": account, "name": name, "idtype": "01", "act": act, "auto": "0"});
    let cases = [
        (bind("6230580000000000009", "王大明", "bind"), "0064"),
        (bind("6230580000000000009", "王小明", "bind"), "0065"),
        (bind("6230580000000000009", "王小明", "9"), "00A1"),
    ];
    for (number, (request, code)) in cases.into_iter().enumerate() {
        assert_eq!(word(&ask(&mut world, "bind", &format!("B{number}"), request)), (Refused, code));
    }
    assert_eq!(
        word(&ask(&mut world, "bind", "C", bind("6230580000000000009", "王小明", "change"))),
        (Done, "")
    );
    assert_eq!(student(&mut world)["bound"], "6230580000000000009");
    assert_eq!(
        word(&ask(&mut world, "bind", "D", bind("6230580000000000009", "王小明", "unbind"))),
        (Done, "")
    );
    assert_eq!(
        word(&ask(&mut world, "bind", "E", bind("6230580000000000009", "王小明", "unbind"))),
        (Refused, "0063")
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cards_hold_what_was_put_on_them(acts in prop::collection::vec((0..8_u32, 0..4_u32, 1..30_000_i64), 1..50)) {
        let mut world = party("campus-card");
        for (act, key, amount) in acts {
            let bserial = format!("HX{key}");
            match act {
                0 | 1 => drop(ask(&mut world, "load", "1", load(&bserial, amount))),
                2 => {
                    let request = json!({"bserial": bserial, "amount": amount});
                    drop(ask(&mut world, "withdraw", "2", request));
                }
                3 => drop(world.act("take_pending", &facts("")).unwrap()),
                4 => drop(world.act("want_load", &facts("")).unwrap()),
                _ => {
                    let name = ["terminal_load", "enquire_load", "reverse_load"][act as usize - 5];
                    for said in world.act(name, &facts("")).unwrap() {
                        let outcome = [Done, Refused, Unknown, Unknown][key as usize];
                        let state = ["done", "other", "reversed", "unknown"][key as usize];
                        let reply = fields(json!({"bserial": "HX", "state": state}));
                        world.answered(&said, outcome, &reply, &facts("")).unwrap();
                    }
                }
            }
        }
        let broken = world.broken_rules().unwrap();
        prop_assert!(broken.is_empty(), "{:?}", broken);
    }
}
