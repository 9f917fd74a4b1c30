//! A party that does not answer: what is new is turned away at once, what is open is resolved, nobody else notices.

use crate::parties::Does;
use crate::support::Bank;
use engine::lines::LineName;
use serde_json::{Value, json};
use std::time::Duration;

fn grid_line() -> LineName {
    LineName { party: "grid".into(), link: "line".into(), member: None }
}

/// A bank whose power company books the next payment and says nothing, then and when it is asked.
async fn deaf(limits: &str) -> Bank {
    let mut bank = Bank::closed().await;
    limits.clone_into(&mut bank.limits);
    bank.start().await;
    let mut ledger = bank.grid.ledger.lock().unwrap();
    ledger.plan.push_back(Does::BooksSilently);
    ledger.deaf_enquiries = true;
    drop(ledger);
    bank
}

async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn spend(reference: &str) -> Value {
    json!({ "shop": "S001", "account": "6230580000001234567", "amount": "20.00", "reviewed": false, "reference": reference })
}

fn is_busy((status, told): &(u16, Value)) -> bool {
    *status == 503 && told["outcome"] == "refused" && told["reason"] == "busy"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_new_is_turned_away_from_a_line_that_does_not_answer_and_what_is_open_is_resolved() {
    let bank = deaf(", breaker: { exchanges: 2, failed_percent: 50, seconds: 60, pause_seconds: 600 }").await;
    let engine = bank.gateway().engine();
    let beside = async {
        until(|| engine.restraint.is_open(&grid_line())).await;
        let debits = || bank.core.ledger.lock().unwrap().times("1001");
        let before = debits();
        let second = bank.pay("R2", "50.00").await;
        assert!(is_busy(&second), "{second:?}");
        assert_eq!(debits(), before, "nobody is debited for what cannot be paid");
        let query = json!({ "biller": "grid", "payer_no": "0319000000001" });
        assert!(is_busy(&bank.ask("bank.query_bill", &query).await));
        assert_eq!(bank.grid.ledger.lock().unwrap().times("1001"), 0, "the party hears nothing of it");
        let (_, spent) = bank.ask("bank.spend", &spend("S1")).await;
        assert_eq!(spent["outcome"], "done", "{spent}");
        bank.grid.ledger.lock().unwrap().deaf_enquiries = false;
    };
    let ((_, first), ()) = tokio::join!(bank.pay("R1", "60.00"), beside);
    assert_eq!(first["outcome"], "done", "{first}");
    assert!(!engine.restraint.is_open(&grid_line()), "by the answer to its enquiry");
    let (_, third) = bank.pay("R2", "50.00").await;
    assert_eq!(third["outcome"], "done", "what was turned away left no trace: {third}");
    assert_eq!(bank.books(), (2_000 + 6_000 + 5_000, 6_000 + 5_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_party_takes_no_more_than_its_part_of_what_may_be_open() {
    let bank = deaf(", open_of_a_party: 1, breaker: { exchanges: 0 }").await;
    let beside = async {
        until(|| bank.grid.ledger.lock().unwrap().times("1003") == 1).await;
        let second = bank.pay("R2", "50.00").await;
        assert!(is_busy(&second), "{second:?}");
        let (_, again) = bank.ask("bank.spend", &spend("S1")).await;
        assert_eq!(again["outcome"], "done", "{again}");
        bank.grid.ledger.lock().unwrap().deaf_enquiries = false;
    };
    let ((_, first), ()) = tokio::join!(bank.pay("R1", "60.00"), beside);
    assert_eq!(first["outcome"], "done", "{first}");
    let (_, second) = bank.pay("R2", "50.00").await;
    assert_eq!(second["outcome"], "done", "{second}");
    assert_eq!(bank.books(), (2_000 + 6_000 + 5_000, 6_000 + 5_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flow_that_can_do_without_a_party_begins_though_that_does_not_answer() {
    let bank = deaf(", breaker: { exchanges: 2, failed_percent: 50, seconds: 60, pause_seconds: 600 }").await;
    let engine = bank.gateway().engine();
    let order = json!({
        "payer_no": "0319000000001", "account": "6230580000001234567", "amount": "12.00", "reference": "O1",
    });
    let beside = async {
        until(|| engine.restraint.is_open(&grid_line())).await;
        let asked = || bank.grid.ledger.lock().unwrap().times("1001");
        tokio::select! {
            () = until(|| asked() > 0) => {}
            told = bank.ask("bank.order", &order) => panic!("it has not begun: {told:?}"),
        }
        bank.grid.ledger.lock().unwrap().deaf_enquiries = false;
    };
    let ((_, first), ()) = tokio::join!(bank.pay("R1", "60.00"), beside);
    assert_eq!(first["outcome"], "done", "{first}");
}
