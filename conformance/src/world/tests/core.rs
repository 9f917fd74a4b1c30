//! The core's ledger: postings, repeats, reversals, holds, and books that always balance.

use super::{ask, facts, fields, holds, party, word};
use crate::world::Outcome::{Done, Refused, Unknown};
use crate::world::{Handled, World};
use proptest::prelude::*;
use serde_json::{Value, json};

const CUSTOMER: &str = "6230580000001234567";
const SUSPENSE: &str = "9990000000000000001";

fn debit(amount: i64) -> Value {
    json!({"payer": CUSTOMER, "pname": "王小明", "payee": SUSPENSE, "rname": "代收电费待清算款项", "ccy": "CNY",
        "amount": amount, "fee": 0, "feeacct": "", "pwdflag": "0", "pin": "", "memo": "电费", "memocode": "DF01",
        "product": "4002000"})
}

fn with(mut request: Value, field: &str, value: impl Into<Value>) -> Value {
    request[field] = value.into();
    request
}

fn reverse(serial: &str, amount: i64) -> Value {
    json!({"odate": "2026-11-23", "ocserial": serial, "ohserial": "", "amount": amount, "reason": "01"})
}

fn balance(world: &World, account: &str) -> i64 {
    let rows = world.question(&format!("SELECT balance FROM account WHERE acct = '{account}'")).unwrap();
    rows[0]["balance"].as_i64().unwrap()
}

#[test]
fn a_debit_is_booked_once() {
    let mut world = party("core");
    let first = ask(&mut world, "debit", "S1", debit(32_345));
    assert_eq!(word(&first), (Done, ""));
    assert_eq!(
        Value::Object(first.fields.clone()),
        json!({"hdate": "2026-11-23", "voucher": "V0261123000000000001", "avail": 967_655})
    );
    assert_eq!(first.answer_serial.as_deref(), Some("HX20261123000000000001"));
    let again = ask(&mut world, "debit", "S1", debit(32_345));
    assert_eq!((word(&again), again.repeated), ((Done, "E0010"), true));
    assert_eq!((&again.fields, &again.answer_serial), (&first.fields, &first.answer_serial));
    let other = ask(&mut world, "debit", "S1", debit(1));
    assert_eq!(word(&other), (Refused, "E0011"));
    assert_eq!((balance(&world, CUSTOMER), balance(&world, SUSPENSE)), (967_655, 32_345));
    let enquired = ask(&mut world, "enquire", "S9", json!({"odate": "2026-11-23", "ocserial": "S1"}));
    assert_eq!(
        Value::Object(enquired.fields),
        json!({"state": "done", "hserial": "HX20261123000000000001", "hdate": "2026-11-23"})
    );
    holds(&world);
}

#[test]
fn what_the_core_refuses() {
    let mut world = party("core");
    let cases = [
        (with(debit(1), "payer", "6230580000009999999"), "E0001"),
        (with(debit(1), "payee", "1"), "E0001"),
        (debit(1_000_001), "E0002"),
        (with(with(debit(999_999), "fee", 2), "feeacct", "9990000000000000005"), "E0002"),
        (with(with(debit(1), "payer", "6230580000000009992"), "pname", ""), "E0003"),
        (with(with(debit(1), "payer", "6230580000000009994"), "pname", ""), "E0003"),
        (with(debit(1), "pname", "王大明"), "E0004"),
        (with(with(debit(1), "pwdflag", "1"), "pin", "000000"), "E0005"),
    ];
    for (place, (request, code)) in cases.iter().enumerate() {
        let serial = format!("S{place}");
        let refused = ask(&mut world, "debit", &serial, request.clone());
        assert_eq!(word(&refused), (Refused, *code), "{request}");
        let again = ask(&mut world, "debit", &serial, request.clone());
        assert_eq!((word(&again), again.repeated), ((Refused, *code), true));
        let enquired = ask(&mut world, "enquire", "E", json!({"ocserial": serial}));
        assert_eq!(enquired.fields["state"], "other");
    }
    assert_eq!(ask(&mut world, "debit", "Z", debit(0)).outcome, Unknown);
    assert_eq!(word(&ask(&mut world, "enquire", "E", json!({"ocserial": "never"}))), (Refused, "E0020"));
    assert_eq!(word(&ask(&mut world, "account_info", "A", json!({"acct": "1"}))), (Refused, "E0001"));
    assert_eq!(balance(&world, CUSTOMER), 1_000_000);
    holds(&world);
}

#[test]
fn a_reversal_takes_back_once_and_is_remembered() {
    let mut world = party("core");
    ask(&mut world, "debit", "S1", with(with(debit(500), "fee", 7), "feeacct", "9990000000000000005"));
    assert_eq!(word(&ask(&mut world, "reverse", "R0", reverse("S1", 499))), (Refused, "E0011"));
    assert_eq!(word(&ask(&mut world, "reverse", "R1", reverse("S1", 500))), (Done, ""));
    assert_eq!(word(&ask(&mut world, "reverse", "R2", reverse("S1", 500))), (Done, "E0021"));
    assert_eq!((balance(&world, CUSTOMER), balance(&world, SUSPENSE)), (1_000_000, 0));
    assert_eq!(ask(&mut world, "enquire", "E", json!({"ocserial": "S1"})).fields["state"], "reversed");
    assert_eq!(word(&ask(&mut world, "reverse", "R3", reverse("S2", 500))), (Done, "E0020"));
    assert_eq!(ask(&mut world, "debit", "S2", debit(500)).outcome, Refused);
    assert_eq!(balance(&world, CUSTOMER), 1_000_000);
    ask(&mut world, "debit", "S3", debit(500));
    world.act("cut_over", &facts("")).unwrap();
    assert_eq!(word(&ask(&mut world, "reverse", "R4", reverse("S3", 500))), (Refused, "E0090"));
    assert_eq!(ask(&mut world, "debit", "S4", debit(500)).fields["hdate"], "2026-11-24");
    world.act("close", &facts("")).unwrap();
    assert_eq!(word(&ask(&mut world, "debit", "S5", debit(500))), (Refused, "E0090"));
    holds(&world);
}

fn hold(amount: i64, authority: &str) -> Value {
    json!({"acct": CUSTOMER, "ccy": "CNY", "kind": "2", "amount": amount, "from": "2026-11-23", "to": "2027-11-22",
        "authority": authority, "document": "粤01执1号", "reason": ""})
}

#[test]
fn holds_stand_in_rank() {
    let mut world = party("core");
    let first = ask(&mut world, "hold", "H1", hold(600_000, ""));
    assert_eq!((first.fields["held"].as_i64(), first.fields["front"].as_i64()), (Some(600_000), Some(0)));
    assert_eq!(word(&ask(&mut world, "hold", "H2", hold(500_000, ""))), (Refused, "E0002"));
    let second = ask(&mut world, "hold", "H3", hold(500_000, "某法院"));
    assert_eq!((second.fields["held"].as_i64(), second.fields["front"].as_i64()), (Some(400_000), Some(1)));
    assert_eq!(word(&ask(&mut world, "debit", "S1", debit(1))), (Refused, "E0002"));
    let number = first.fields["number"].clone();
    let deduct = json!({"acct": CUSTOMER, "number": number, "payee": SUSPENSE, "amount": 600_000});
    assert_eq!(word(&ask(&mut world, "deduct_hold", "D1", deduct)), (Done, ""));
    let release = json!({"acct": CUSTOMER, "number": second.fields["number"], "amount": 0});
    assert_eq!(word(&ask(&mut world, "release_hold", "L1", release.clone())), (Done, ""));
    assert_eq!(word(&ask(&mut world, "release_hold", "L2", release)), (Done, "E0021"));
    assert_eq!(word(&ask(&mut world, "debit", "S2", debit(400_000))), (Done, ""));
    let whole = with(hold(0, "某法院"), "kind", "1");
    assert_eq!(ask(&mut world, "hold", "H4", whole).outcome, Done);
    assert_eq!(word(&ask(&mut world, "debit", "S3", debit(1))), (Refused, "E0003"));
    let info = ask(&mut world, "account_info", "A", json!({"acct": CUSTOMER}));
    assert_eq!((info.fields["avail"].as_i64(), info.fields["ledger"].as_i64()), (Some(0), Some(0)));
    assert_eq!((&info.fields["name"], &info.fields["state"]), (&json!("王小明"), &json!("normal")));
    holds(&world);
}

#[test]
fn details_come_in_pages() {
    let mut world = party("core");
    for number in 0..120 {
        ask(&mut world, "debit", &format!("S{number}"), debit(1 + number));
    }
    let mut amounts = Vec::new();
    for start in [1, 51, 101] {
        let page = json!({"acct": CUSTOMER, "from": "2026-11-23", "to": "2026-11-23", "min": 0, "dc": "", "start": start, "size": 50});
        let handled = ask(&mut world, "day_details", "Q", page);
        assert_eq!(handled.fields["head"]["more"], i64::from(start < 101));
        let rows = handled.fields["rows"].as_array().unwrap().clone();
        assert!(rows.iter().all(|row| row["side"] == "debit" && row["oacct"] == SUSPENSE));
        amounts.extend(rows.iter().map(|row| row["amount"].as_i64().unwrap()));
    }
    assert_eq!(amounts, (1..=120).collect::<Vec<_>>());
}

#[derive(Debug, Clone)]
enum Act {
    Debit(usize, usize, i64),
    Credit(usize, usize, i64),
    Reverse(usize, usize, i64),
    Hold(usize, i64, bool),
    Release(usize),
    Deduct(usize, i64),
}

fn act() -> impl Strategy<Value = Act> {
    let (who, serial) = (0..4_usize, 0..12_usize);
    prop_oneof![
        4 => (who.clone(), serial.clone(), 0..900_000_i64).prop_map(|(w, s, a)| Act::Debit(w, s, a)),
        2 => (who.clone(), serial.clone(), 0..900_000_i64).prop_map(|(w, s, a)| Act::Credit(w, s, a)),
        4 => (serial.clone(), 0..3_usize, 0..900_000_i64).prop_map(|(s, n, a)| Act::Reverse(s, n, a)),
        2 => (who, 0..900_000_i64, any::<bool>()).prop_map(|(w, a, c)| Act::Hold(w, a, c)),
        1 => serial.clone().prop_map(Act::Release),
        1 => (serial, 0..900_000_i64).prop_map(|(s, a)| Act::Deduct(s, a)),
    ]
}

fn account(who: usize) -> String {
    format!("6230580000{:09}", who + 1)
}

fn run(
    world: &mut World,
    turn: usize,
    act: &Act,
    amounts: &mut [i64; 24],
    numbers: &mut Vec<(String, Value)>,
) -> Handled {
    let serial = format!("T{turn}");
    let posting = |payer: &str, payee: &str, amount: i64| json!({"payer": payer, "payee": payee, "amount": amount, "fee": 0});
    match *act {
        Act::Debit(who, key, amount) => {
            amounts[key] = amount;
            ask(world, "debit", &format!("D{key}"), posting(&account(who), SUSPENSE, amount))
        }
        Act::Credit(who, key, amount) => {
            amounts[12 + key] = amount;
            ask(world, "credit", &format!("C{key}"), posting(SUSPENSE, &account(who), amount))
        }
        Act::Reverse(key, of, amount) => {
            let (original, amount) = match of {
                0 => (format!("D{key}"), amounts[key]),
                1 => (format!("C{key}"), amounts[12 + key]),
                _ => (format!("D{key}"), amount),
            };
            ask(world, "reverse", &serial, reverse(&original, amount))
        }
        Act::Hold(who, amount, court) => {
            let authority = if court { "某法院" } else { "" };
            let request = with(hold(amount, authority), "acct", account(who));
            let handled = ask(world, "hold", &serial, request);
            if let Some(number) = handled.fields.get("number") {
                numbers.push((account(who), number.clone()));
            }
            handled
        }
        Act::Release(which) => {
            let (acct, number) = numbers.get(which).cloned().unwrap_or_default();
            ask(world, "release_hold", &serial, json!({"acct": acct, "number": number}))
        }
        Act::Deduct(which, amount) => {
            let (acct, number) = numbers.get(which).cloned().unwrap_or_default();
            let request = json!({"acct": acct, "number": number, "payee": SUSPENSE, "amount": amount});
            ask(world, "deduct_hold", &serial, request)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_books_balance_whatever_is_asked(acts in prop::collection::vec(act(), 1..60)) {
        let mut world = party("core");
        let mut amounts = [0; 24];
        let mut numbers = Vec::new();
        for (turn, act) in acts.iter().enumerate() {
            let before = world.question("SELECT sum(balance) AS s, count(*) AS n FROM account").unwrap();
            let handled = run(&mut world, turn, act, &mut amounts, &mut numbers);
            let after = world.question("SELECT sum(balance) AS s, count(*) AS n FROM account").unwrap();
            prop_assert_eq!(before, after);
            prop_assert!(handled.outcome == Done || handled.fields.is_empty());
        }
        let broken = world.broken_rules().unwrap();
        prop_assert!(broken.is_empty(), "{:?}", broken);
    }
}

#[test]
fn a_transaction_that_fails_leaves_nothing() {
    let mut world = party("core");
    let wrong = fields(json!({"payer": CUSTOMER, "payee": SUSPENSE, "amount": i64::MAX, "fee": 1}));
    assert!(world.handle("no_such_call", &wrong, &facts("S"), None).is_err());
    let handled = world.handle("debit", &wrong, &facts("S"), None);
    assert!(handled.is_err() || handled.unwrap().outcome != Done);
    holds(&world);
}
