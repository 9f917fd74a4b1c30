//! Rows of a batch: each is a flow of its own, made once, whatever became of the others.

use crate::deciding::{both, said, waits};
use crate::parties::Does;
use crate::support::Bank;
use engine::waiting::{Decision, NotDecided, Person, Said, Why};
use serde_json::{Value, json};
use std::time::Duration;

fn batch(number: &str, rows: u32) -> Value {
    let row = |seq| json!({ "seq": seq, "account": "6230580000001234567", "amount": "10.00" });
    let rows: Vec<Value> = (1..=rows).map(row).collect();
    json!({ "batch_no": number, "reference": number, "count": rows.len(), "rows": rows })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_booked_and_counted() {
    let bank = Bank::open().await;
    bank.core.ledger.lock().unwrap().plan.push_back(Does::Refuses("1001"));
    let (status, told) = bank.ask("bank.collect", &batch("B1", 7)).await;
    assert_eq!((status, &told["outcome"]), (200, &json!("done")), "{told}");
    let answer = &told["answer"];
    assert_eq!((&answer["done_count"], &answer["done_amount"]), (&json!(6), &json!("60.00")), "{answer}");
    assert_eq!(answer["rows"].as_array().map(Vec::len), Some(7));
    let refused: Vec<_> =
        answer["rows"].as_array().unwrap().iter().filter(|row| row["booked"] == "0.00").collect();
    assert_eq!(refused.len(), 1, "{answer}");
    assert_eq!(bank.books().0, 6_000);
    assert_eq!(bank.ask("bank.collect", &batch("B1", 7)).await.1, told);
    assert_eq!(bank.books().0, 6_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_goes_on_after_a_crash_and_books_no_row_twice() {
    let mut bank = Bank::open().await;
    bank.core.ledger.lock().unwrap().plan.extend([Does::BooksSilently; 2]);
    let body = batch("B2", 5);
    let asked = bank.ask("bank.collect", &body);
    let crashed = tokio::time::timeout(Duration::from_millis(1_500), asked).await;
    assert!(crashed.is_err(), "{crashed:?}");
    bank.gateway = None;
    bank.start().await;
    for _ in 0..150 {
        let (_, told) = bank.http("GET", "/v1/bank.collect/B2", &json!(null), "secret").await;
        if told["outcome"] != "pending" {
            assert_eq!(told["outcome"], "done", "{told}");
            assert_eq!(told["answer"]["done_amount"], "50.00", "{told}");
            assert_eq!(bank.books().0, 5_000);
            assert_eq!(bank.core.ledger.lock().unwrap().booked.len(), 5);
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("the batch did not end");
}

/// A row of the same content as another is a repeat of it, and not a second that was paid.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_comes_twice_is_booked_once_and_counted_once() {
    let bank = Bank::open().await;
    let mut body = batch("B9", 3);
    body["rows"][2] = body["rows"][1].clone();
    let (status, told) = bank.ask("bank.collect", &body).await;
    assert_eq!((status, &told["outcome"]), (200, &json!("done")), "{told}");
    assert_eq!(told["answer"]["done_amount"], "20.00", "{told}");
    assert_eq!(told["answer"]["rows"].as_array().map(Vec::len), Some(3), "{told}");
    assert_eq!(bank.books().0, 2_000);
}

/// What was taken is not refused for want of room: only who asks anew is told that we are busy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_wait_while_the_disk_is_full() {
    let bank = Bank::open().await;
    bank.core.ledger.lock().unwrap().late = Duration::from_millis(100);
    let fills = async {
        for pause in [130, 90, 210] {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            bank.disk.fill(true);
            tokio::time::sleep(Duration::from_millis(400)).await;
            bank.disk.fill(false);
        }
    };
    let body = batch("B7", 12);
    let ((_, told), ()) = tokio::join!(bank.ask("bank.collect", &body), fills);
    assert_eq!(told["outcome"], "done", "{told}");
    assert_eq!(told["answer"]["done_amount"], "120.00", "{told}");
    assert_eq!(bank.books().0, 12_000);
}

/// However long rows wait for room: each tries again by itself, and not twice for each time that it has tried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_cannot_begin_try_again_one_by_one() {
    let mut bank = Bank::closed().await;
    bank.disk.give_few(8);
    bank.start().await;
    let number = |told: &Value| told["flow"].as_str().and_then(|flow| flow.parse::<u64>().ok());
    let (_, told) = bank.ask("bank.collect", &batch("B20", 1)).await;
    let first = number(&told).unwrap_or_else(|| panic!("{told}"));
    bank.core.ledger.lock().unwrap().late = Duration::from_millis(20);
    let fills = async {
        tokio::time::sleep(Duration::from_millis(130)).await;
        bank.disk.fill(true);
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        bank.disk.fill(false);
    };
    let body = batch("B21", 100);
    let ((_, told), ()) = tokio::join!(bank.ask("bank.collect", &body), fills);
    assert_eq!(told["answer"]["done_amount"], "1000.00", "{told}");
    let (_, told) = bank.ask("bank.collect", &batch("B22", 1)).await;
    // One a row, one a batch, and some that nobody took.
    assert!(number(&told).unwrap() - first < 150, "{first} {told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_what_rows_made_go_on_after_a_crash_and_their_sum_is_known_behind_them() {
    let mut bank = Bank::open().await;
    let mut body = batch("B3", 3);
    body.as_object_mut().unwrap().remove("count");
    bank.core.ledger.lock().unwrap().late = Duration::from_millis(150);
    let booked = |bank: &Bank| bank.core.ledger.lock().unwrap().booked.len();
    let until = async |bank: &Bank, count: usize| {
        while booked(bank) < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let crash = async {
        // The first rows are booked and one of those behind them; of the next one the gateway hears nothing.
        until(&bank, 4).await;
        bank.core.ledger.lock().unwrap().plan.push_back(Does::BooksSilently);
        until(&bank, 5).await;
    };
    tokio::select! {
        told = bank.ask("bank.sweep", &body) => panic!("it ended before: {told:?}"),
        () = crash => {}
    }
    bank.gateway = None;
    bank.core.ledger.lock().unwrap().late = Duration::ZERO;
    bank.start().await;
    assert_eq!(bank.gateway().lost(), &[]);
    for _ in 0..150 {
        let (_, told) = bank.http("GET", "/v1/bank.sweep/B3", &json!(null), "secret").await;
        if told["outcome"] != "pending" {
            assert_eq!(told["outcome"], "done", "{told}");
            assert_eq!(told["answer"]["swept"], "30.00", "{told}");
            assert_eq!(told["answer"]["rows"].as_array().map(Vec::len), Some(3), "{told}");
            assert_eq!(booked(&bank), 7);
            assert_eq!(bank.books().0, 9_000);
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("the batch did not end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_behind_rows_that_hold_is_made_to_hold_by_people() {
    let bank = Bank::open().await;
    let mut body = batch("B8", 2);
    body.as_object_mut().unwrap().remove("count");
    bank.core.ledger.lock().unwrap().late = Duration::from_millis(150);
    let refused = async {
        // All rows are booked; what stands behind them is refused.
        while bank.core.ledger.lock().unwrap().booked.len() < 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bank.core.ledger.lock().unwrap().plan.push_back(Does::Refuses("1001"));
        waits(&bank, 1).await
    };
    let ((_, told), found) = tokio::join!(bank.ask("bank.sweep", &body), refused);
    assert_eq!(told["outcome"], "pending", "{told}");
    let found = found.first().unwrap();
    assert!(matches!(found.why, Why::Operation { .. }), "{found:?}");
    let proved = |decision| Said { proof: "对账单".to_owned(), ..said(decision, "") };
    let maker = Person { name: "maker".to_owned(), roles: vec!["operator".to_owned()] };
    let no = proved(Decision::TakenBack);
    let decided = bank.gateway().engine().decide(found.flow, &found.place, &no, &maker).await;
    assert_eq!(decided, Err(NotDecided::Stays("taken_back")));
    let told = async || bank.http("GET", "/v1/bank.sweep/B8", &json!(null), "secret").await.1;
    assert_eq!(told().await["outcome"], "pending", "its rows hold, so that it is not refused");
    both(&bank, found, &proved(Decision::Holds)).await;
    for _ in 0..150 {
        let told = told().await;
        if told["outcome"] != "pending" {
            assert_eq!(told["outcome"], "done", "{told}");
            assert_eq!(told["answer"]["whole"], "20.00", "{told}");
            assert_eq!(bank.books().0, 4_000, "people have made it hold where it was not booked");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the batch did not end");
}
