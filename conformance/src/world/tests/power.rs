//! The electricity party: queries, payments by its rules, reversals, totals.

use super::{ask, facts, fields, holds, party, word};
use crate::world::Outcome::{Done, Refused};
use crate::world::{Facts, World};
use proptest::prelude::*;
use serde_json::{Value, json};

const CUSTOMER: &str = "0319000000001";

fn query(world: &mut World, customer: &str) -> (Value, String) {
    let request = json!({"customer": customer, "mode": "1", "month": null, "force": "0"});
    let handled = ask(world, "query_bill", "Q", request);
    assert_eq!(handled.outcome, Done, "{handled:?}");
    (Value::Object(handled.fields), handled.answer_serial.unwrap())
}

fn pay(customer: &str, quote: &str, amount: i64, paid: &Value) -> Value {
    json!({"customer": customer, "kind": "1", "way": "mobile_bank", "settle": "02", "account": "6230580000001234567",
        "amount": amount, "invoice": "0", "query": quote, "paid": paid})
}

fn both() -> Value {
    json!([{"recv": "YS202609000001", "due": 20_300}, {"recv": "YS202610000001", "due": 12_045}])
}

fn reverse(serial: &str, amount: i64) -> Value {
    json!({"customer": CUSTOMER, "odate": "2026-11-23", "oserial": serial, "amount": amount, "reason": "timeout"})
}

#[test]
fn a_bill_is_asked_paid_and_paid_once() {
    let mut world = party("power-dongguan");
    let (bill, quote) = query(&mut world, CUSTOMER);
    assert_eq!(quote, "P20261123000000001");
    assert_eq!(
        (&bill["total"], &bill["power"], &bill["penalty"]),
        (&json!(32_345), &json!(32_045), &json!(300))
    );
    assert_eq!(
        (&bill["name"], &bill["settle"]),
        (&json!("东莞市测试用户有限公司"), &json!("319000000000001"))
    );
    assert_eq!(bill["bills"][0]["month"], "2026-09");
    let paid = ask(&mut world, "pay", "S1", pay(CUSTOMER, &quote, 32_345, &both()));
    assert_eq!((word(&paid), &paid.fields["receipt"]), ((Done, ""), &json!("DG2026112300000001")));
    assert_eq!(paid.fields["time"], "2026-11-23T13:45:01");
    let again = ask(&mut world, "pay", "S1", pay(CUSTOMER, &quote, 32_345, &both()));
    assert_eq!((word(&again), again.repeated, &again.fields), ((Done, "1010"), true, &paid.fields));
    assert_eq!(word(&ask(&mut world, "pay", "S1", pay(CUSTOMER, &quote, 1, &both()))), (Refused, "1011"));
    assert_eq!(
        word(&ask(&mut world, "pay", "S2", pay(CUSTOMER, &quote, 32_345, &both()))),
        (Refused, "1003")
    );
    let nothing = ask(&mut world, "query_bill", "Q", json!({"customer": CUSTOMER, "mode": "1"}));
    assert_eq!(word(&nothing), (Refused, "1002"));
    holds(&world);
}

#[test]
fn what_the_grid_refuses() {
    let mut world = party("power-dongguan");
    let (_, quote) = query(&mut world, CUSTOMER);
    let one = json!([{"recv": "YS202609000001", "due": 20_300}]);
    let twice = json!([{"recv": "YS202609000001", "due": 100}, {"recv": "YS202609000001", "due": 200}]);
    let cases = [
        (pay("0319999999999", &quote, 1, &one), "1001"),
        (pay("0319000000997", &quote, 1, &one), "1006"),
        (pay(CUSTOMER, "P1", 32_345, &both()), "1004"),
        (pay(CUSTOMER, &quote, 32_344, &both()), "1004"),
        (pay(CUSTOMER, &quote, 100, &json!([{"recv": "YS202609000001", "due": 100}])), "1004"),
        (pay(CUSTOMER, &quote, 100, &json!([{"recv": "YS202609000002", "due": 100}])), "1004"),
        (pay(CUSTOMER, &quote, 0, &json!([])), "9002"),
        (pay(CUSTOMER, &quote, 300, &twice), "9002"),
        (pay(CUSTOMER, &quote, 300, &json!([])), "1004"),
    ];
    for (request, code) in cases {
        assert_eq!(word(&ask(&mut world, "pay", "S1", request.clone())), (Refused, code), "{request}");
    }
    let late = Facts { now: "2026-11-23T13:56:01".into(), ..facts("S1") };
    let request = fields(pay(CUSTOMER, &quote, 32_345, &both()));
    assert_eq!(word(&world.handle("pay", &request, &late, None).unwrap()), (Refused, "1004"));
    assert_eq!(word(&ask(&mut world, "pay", "S1", pay(CUSTOMER, &quote, 20_300, &one))), (Done, ""));
    for (customer, code) in [("0319000000202", "1005"), ("0319000000003", "1007")] {
        let (bill, quote) = query(&mut world, customer);
        let first = &bill["bills"][0];
        let paid = json!([{"recv": first["recv"], "due": first["due"]}]);
        let request = pay(customer, &quote, first["due"].as_i64().unwrap(), &paid);
        assert_eq!(word(&ask(&mut world, "pay", "S9", request)), (Refused, code), "{customer}");
    }
    world.act("close", &facts("")).unwrap();
    assert_eq!(word(&ask(&mut world, "pay", "S3", pay(CUSTOMER, &quote, 12_045, &one))), (Refused, "9004"));
    holds(&world);
}

#[test]
fn a_reversal_opens_the_bills_again() {
    let mut world = party("power-dongguan");
    assert_eq!(word(&ask(&mut world, "reverse", "R", reverse("S1", 32_345))), (Done, "2001"));
    let (_, quote) = query(&mut world, CUSTOMER);
    assert_eq!(ask(&mut world, "pay", "S1", pay(CUSTOMER, &quote, 32_345, &both())).outcome, Done);
    let enquire = json!({"odate": "2026-11-23", "oserial": "S1", "customer": CUSTOMER, "amount": 32_345});
    assert_eq!(ask(&mut world, "enquire", "E", enquire.clone()).fields["state"], "done");
    assert_eq!(word(&ask(&mut world, "reverse", "R", reverse("S1", 1))), (Refused, "1004"));
    let done = ask(&mut world, "reverse", "R", reverse("S1", 32_345));
    assert_eq!((word(&done), &done.fields["receipt"]), ((Done, ""), &json!("DG2026112300000001")));
    assert_eq!(word(&ask(&mut world, "reverse", "R2", reverse("S1", 32_345))), (Done, "2002"));
    assert_eq!(ask(&mut world, "enquire", "E", enquire).fields["state"], "reversed");
    let (bill, quote) = query(&mut world, CUSTOMER);
    assert_eq!(bill["total"], 32_345);
    let mut invoiced = pay(CUSTOMER, &quote, 32_345, &both());
    invoiced["invoice"] = json!("1");
    assert_eq!(ask(&mut world, "pay", "S2", invoiced).outcome, Done);
    assert_eq!(word(&ask(&mut world, "reverse", "R", reverse("S2", 32_345))), (Refused, "2004"));
    world.act("cut_over", &facts("")).unwrap();
    assert_eq!(word(&ask(&mut world, "reverse", "R", reverse("S2", 32_345))), (Refused, "2003"));
    let totals = json!({"adate": "2026-11-23", "count": 2, "amount": 64_690, "rcount": 1, "ramount": 32_345, "file": "DZ_0402.txt"});
    assert_eq!(ask(&mut world, "tell_totals", "T", totals.clone()).fields["state"], "even");
    let said = world.act("compared", &facts("")).unwrap();
    assert_eq!(said[0].fields["state"], "even");
    world.answered(&said[0], Done, &fields(json!({"ok": "00"})), &facts("")).unwrap();
    assert!(world.act("compared", &facts("")).unwrap().is_empty());
    let history = json!({"customer": CUSTOMER, "from": "2026-11-01", "to": "2026-11-30"});
    assert_eq!(ask(&mut world, "history", "H", history).fields["rows"].as_array().unwrap().len(), 2);
    holds(&world);
}

#[test]
fn who_may_pays_in_advance_and_in_parts() {
    let mut world = party("power-dongguan");
    let customer = "0319000000005";
    let (bill, quote) = query(&mut world, customer);
    assert_eq!((&bill["partial"], &bill["prepaid"]), (&json!("2"), &json!(35)));
    let first = &bill["bills"][0];
    let part = json!([{"recv": first["recv"], "due": 10}]);
    assert_eq!(word(&ask(&mut world, "pay", "S1", pay(customer, &quote, 15, &part))), (Done, ""));
    let (after, quote) = query(&mut world, customer);
    assert_eq!(after["total"].as_i64().unwrap(), bill["total"].as_i64().unwrap() - 10);
    assert_eq!(after["prepaid"], 40);
    let mut advance = pay(customer, &quote, 1_000, &json!([]));
    advance["kind"] = json!("2");
    let paid = ask(&mut world, "pay", "S2", advance);
    assert_eq!((&paid.fields["before"], &paid.fields["after"]), (&json!(40), &json!(1_040)));
    let mut back = reverse("S1", 15);
    back["customer"] = json!(customer);
    assert_eq!(word(&ask(&mut world, "reverse", "R", back)), (Done, ""));
    holds(&world);
}

#[test]
fn an_agreement_is_signed_changed_and_ended() {
    let mut world = party("power-dongguan");
    let request = |act: &str| {
        json!({"customer": CUSTOMER, "account": "6230580000001234567", "name": "王小明",
        "idtype": "01", "idno": "441900199001011234", "phone": "13800001234", "act": act})
    };
    assert_eq!(word(&ask(&mut world, "sign_withholding", "A0", request("2"))), (Refused, "2001"));
    let signed = ask(&mut world, "sign_withholding", "A1", request("1"));
    assert_eq!((word(&signed), &signed.fields["eff"]), ((Done, ""), &json!("2026-11-23")));
    assert_eq!(word(&ask(&mut world, "sign_withholding", "A1", request("1"))), (Done, "1010"));
    assert_eq!(word(&ask(&mut world, "sign_withholding", "A2", request("1"))), (Refused, "1005"));
    let by_account = json!({"customer": "6230580000001234567", "mode": "3"});
    assert_eq!(ask(&mut world, "query_bill", "Q", by_account.clone()).fields["customer"], CUSTOMER);
    assert_eq!(word(&ask(&mut world, "sign_withholding", "A3", request("2"))), (Done, ""));
    assert_eq!(word(&ask(&mut world, "query_bill", "Q", by_account)), (Refused, "1001"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_owed_is_kept_whatever_is_asked(
        acts in prop::collection::vec((0..6_u32, 2..14_u32, 0..3_i64, 0..10_u32), 1..40)) {
        let mut world = party("power-dongguan");
        let mut told: Vec<(String, String, i64)> = Vec::new();
        for (turn, (act, number, change, which)) in acts.into_iter().enumerate() {
            let customer = format!("0319{number:09}");
            let serial = format!("S{turn}");
            if act < 4 {
                let asked = ask(&mut world, "query_bill", "Q", json!({"customer": customer, "mode": "1"}));
                let quote = asked.answer_serial.clone().unwrap_or_default();
                let bills = asked.fields.get("bills").and_then(|bills| bills.as_array().cloned()).unwrap_or_default();
                let take = if act == 0 { 1 } else { bills.len() };
                let paid: Vec<Value> = bills.iter().take(take)
                    .map(|bill| json!({"recv": bill["recv"], "due": bill["due"].as_i64().unwrap() - change})).collect();
                let amount = paid.iter().map(|bill| bill["due"].as_i64().unwrap()).sum::<i64>() + i64::from(act == 3);
                let handled = ask(&mut world, "pay", &serial, pay(&customer, &quote, amount, &json!(paid)));
                if handled.outcome == Done {
                    told.push((serial, customer, amount));
                }
            } else if let Some((serial, customer, amount)) = told.get(which as usize).cloned() {
                let request = json!({"customer": customer, "odate": "2026-11-23", "oserial": serial, "amount": amount});
                let handled = ask(&mut world, "reverse", "R", request);
                prop_assert_eq!(handled.outcome, Done);
            }
        }
        let broken = world.broken_rules().unwrap();
        prop_assert!(broken.is_empty(), "{:?}", broken);
    }
}
