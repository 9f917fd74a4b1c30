//! What speaks of an earlier exchange that nobody has at hand: found in the journal by what was asked then.

use crate::parties::Does;
use crate::serving::{asked, send};
use crate::support::Bank;
use serde_json::{Value, json};

async fn give_back(bank: &Bank, payer: &str, original: &str, reference: &str) -> Value {
    let body = json!({ "payer_no": payer, "original_reference": original, "reference": reference });
    bank.ask("bank.give_back", &body).await.1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_is_given_back_by_the_reference_that_it_was_asked_with() {
    let mut bank = Bank::open().await;
    bank.pay("P1", "12.00").await;
    bank.pay("P2", "34.00").await;
    assert_eq!(bank.books().1, 4_600);
    // What is known by the reference alone and by another payer is no match.
    let told = give_back(&bank, "0319000000002", "P1", "B1").await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("never_seen")), "{told}");
    let told = give_back(&bank, "0319000000001", "P3", "B2").await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("never_seen")), "{told}");
    assert_eq!(bank.grid.ledger.lock().unwrap().times("1009"), 0);
    let told = give_back(&bank, "0319000000001", "P1", "B3").await;
    assert_eq!(told["answer"]["receipt_no"], "B0001", "{told}");
    assert_eq!(bank.books().1, 3_400);
    // It is in the journal, not in memory.
    bank.gateway = None;
    bank.start().await;
    let told = give_back(&bank, "0319000000001", "P2", "B4").await;
    assert_eq!(told["answer"]["receipt_no"], "B0001", "{told}");
    assert_eq!(bank.books().1, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_exchanges_with_the_same_values_the_one_that_holds_is_meant() {
    let bank = Bank::open().await;
    bank.pay("P1", "12.00").await;
    bank.grid.ledger.lock().unwrap().plan.push_back(Does::Refuses("1003"));
    // The same reference on another channel's day would do; here another service asks with it.
    let body = json!({
        "biller": "grid", "payer_no": "0319000000001", "account": "6230580000001234567", "amount": "99.00",
        "reference": "P1",
    });
    bank.ask("bank.give", &body).await;
    let told = give_back(&bank, "0319000000001", "P1", "B1").await;
    assert_eq!(told["answer"]["receipt_no"], "B0001", "{told}");
    assert_eq!(bank.books().1, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enquiry_finds_its_original_by_a_field_of_its_request() {
    let bank = Bank::open().await;
    send(&bank, &asked("000000000181", 2_500)).await.expect("an answer");
    let look = |serial: &str, reference: &str| format!("3007{serial}{:12}0000{reference:<20}", "");
    let told = send(&bank, &look("000000000182", "T1")).await.expect("an answer");
    assert_eq!((&told[28..32], &told[32..34]), ("0000", "00"), "{told}");
    assert_eq!(told[34..].trim_end(), "R0001", "{told}");
    let told = send(&bank, &look("000000000183", "T2")).await.expect("an answer");
    assert_eq!(&told[28..32], "2001", "{told}");
}

async fn take_back(bank: &Bank, original: &str, reference: &str) -> Value {
    bank.ask("bank.take_back", &json!({ "original_reference": original, "reference": reference })).await.1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asked_for_a_payment_takes_it_back_by_another_ask() {
    let mut bank = Bank::open().await;
    bank.pay("P1", "12.00").await;
    bank.pay("P2", "34.00").await;
    let told = take_back(&bank, "P1", "V1").await;
    assert_eq!(told["outcome"], "done", "{told}");
    assert_eq!(bank.books(), (3_400, 3_400));
    // Taken back once, however often it is asked for, and over a restart.
    assert_eq!(take_back(&bank, "P1", "V1").await["outcome"], "done");
    assert_eq!(take_back(&bank, "P1", "V2").await["outcome"], "done");
    bank.gateway = None;
    bank.start().await;
    let told = take_back(&bank, "P2", "V3").await;
    assert_eq!(told["outcome"], "done", "{told}");
    assert_eq!(bank.books(), (0, 0));
    assert_eq!(bank.grid.ledger.lock().unwrap().reversed.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_taken_back_before_it_was_asked_for_is_refused_for_ever() {
    let mut bank = Bank::open().await;
    let told = take_back(&bank, "P1", "V1").await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("never_seen")), "{told}");
    bank.gateway = None;
    bank.start().await;
    let (_, told) = bank.pay("P1", "12.00").await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("cancelled")), "{told}");
    assert_eq!(bank.books(), (0, 0));
    assert_eq!(bank.pay("P2", "12.00").await.1["outcome"], "done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_takes_back_what_another_asked_for() {
    let bank = Bank::open().await;
    send(&bank, &asked("000000000184", 2_500)).await.expect("an answer");
    let told = take_back(&bank, "T1", "V1").await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("never_seen")), "{told}");
    assert_eq!(bank.books(), (2_500, 2_500));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_under_way_is_taken_back_when_its_end_is_known() {
    let bank = Bank::open().await;
    bank.grid.ledger.lock().unwrap().plan.push_back(Does::BooksSilently);
    let (paid, taken) = tokio::join!(bank.pay("P1", "12.00"), async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        take_back(&bank, "P1", "V1").await
    });
    assert_eq!(taken["outcome"], "done", "{taken}");
    assert_eq!((&paid.1["outcome"], &paid.1["reason"]), (&json!("refused"), &json!("cancelled")), "{paid:?}");
    assert_eq!(bank.books(), (0, 0));
}
