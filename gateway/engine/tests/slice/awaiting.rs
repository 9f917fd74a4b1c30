//! Flows that wait for what others begin, and lists in the order of what they hold.

use crate::parties::Does;
use crate::support::Bank;
use serde_json::{Value, json};
use std::time::Duration;

async fn notice(bank: &Bank, reference: &str, of: &str, words: &str) -> Value {
    bank.ask("bank.arrived", &json!({ "reference": reference, "of": of, "words": words })).await.1
}

async fn expect(bank: &Bank, reference: &str) -> Value {
    bank.ask("bank.expect", &json!({ "reference": reference })).await.1
}

/// What a channel is told in the end.
async fn end(bank: &Bank, reference: &str) -> Value {
    let mut told = Value::Null;
    for _ in 0..400 {
        told = bank.http("GET", &format!("/v1/bank.expect/{reference}"), &Value::Null, "secret").await.1;
        if told["outcome"] != "pending" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    told
}

/// A notice that was refused is none; of two the first is what came.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_before_is_found_and_what_comes_later_is_heard() {
    let bank = Bank::open().await;
    assert_eq!(notice(&bank, "N0", "E1", "").await["outcome"], "refused");
    assert_eq!(notice(&bank, "N1", "E1", "first").await["outcome"], "done");
    assert_eq!(notice(&bank, "N2", "E1", "second").await["outcome"], "done");
    assert_eq!(expect(&bank, "E1").await["answer"]["words"], "first");
    let (told, _) = tokio::join!(expect(&bank, "E2"), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        notice(&bank, "N3", "E3", "of another").await;
        notice(&bank, "N4", "E2", "later").await;
    });
    assert_eq!(told["answer"]["words"], "later", "{told}");
}

/// The span counts from when the flow first waited, also over a stop; what comes then is kept, and changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_too_late_is_refused_for_ever() {
    let bank = Bank::open().await;
    let told = expect(&bank, "E4").await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("too_late")), "{told}");
    assert_eq!(notice(&bank, "N5", "E4", "late").await["outcome"], "done");
    assert_eq!(end(&bank, "E4").await["reason"], "too_late");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flow_waits_on_over_a_stop() {
    let mut bank = Bank::open().await;
    tokio::select! {
        told = expect(&bank, "E5") => panic!("answered though nothing came: {told}"),
        () = tokio::time::sleep(Duration::from_millis(500)) => {}
    }
    bank.gateway = None;
    bank.start().await;
    notice(&bank, "N6", "E5", "behind the stop").await;
    assert_eq!(end(&bank, "E5").await["answer"]["words"], "behind the stop");
}

/// What a flow went on with stays what it went on with: an older one of the same values that ends meanwhile does not take
/// its place after a stop.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_stays_what_came_over_a_stop() {
    let mut bank = Bank::open().await;
    let account = "6230580000001234567";
    bank.core.ledger.lock().unwrap().plan.extend([Does::BooksSilently, Does::BooksSilently]);
    let slow = json!({ "reference": "N8", "of": "E6", "words": "slow", "account": account });
    let paid = json!({ "reference": "E6", "account": account });
    let short = Duration::from_millis(400);
    let asked = tokio::time::timeout(short, bank.ask("bank.arrived", &slow)).await;
    assert!(asked.is_err(), "the slow one has to be under way");
    assert_eq!(notice(&bank, "N9", "E6", "quick").await["outcome"], "done");
    let asked = tokio::time::timeout(short, bank.ask("bank.expect_paid", &paid)).await;
    assert!(asked.is_err(), "the debit has to be under way");
    for _ in 0..400 {
        if bank.ask("bank.arrived", &slow).await.1["outcome"] == "done" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    bank.gateway = None;
    bank.start().await;
    let mut told = Value::Null;
    for _ in 0..400 {
        told = bank.ask("bank.expect_paid", &paid).await.1;
        if told["outcome"] != "pending" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(told["answer"]["words"], "quick", "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_come_sorted_each_with_the_row_beside_it() {
    let bank = Bank::open().await;
    let bill =
        |payer: &str, amount: &str, due: Value| json!({ "payer": payer, "amount": amount, "due": due });
    let note = |note: &str, late: bool| json!({ "note": note, "late": late });
    let bills = [
        bill("a", "9.00", json!("2026-11-02")),
        bill("b", "1.00", json!("2026-11-01")),
        bill("c", "5.00", json!("2026-11-02")),
        bill("d", "0.00", json!("2026-11-01")),
        bill("e", "3.00", Value::Null),
        bill("f", "2.00", json!("2026-11-01")),
    ];
    let notes = [
        note("A", true),
        note("B", true),
        note("C", true),
        note("D", true),
        note("E", true),
        note("F", false),
    ];
    let told = bank.ask("bank.rank", &json!({ "reference": "S1", "bills": bills, "notes": notes })).await.1;
    let expected = json!([
        { "payer": "e", "note": "E" }, { "payer": "b", "note": "B" }, { "payer": "c", "note": "C" }, { "payer": "a", "note": "A" },
    ]);
    assert_eq!(told["answer"]["bills"], expected, "{told}");
}
