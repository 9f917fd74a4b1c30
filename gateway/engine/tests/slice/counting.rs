//! What a limit lets through where many ask at once and the gateway stops among them: as much as it says, and not a fen more.
//!
//! In: a bank over a real file. Out: answers, the parties' books and what the journal counts. Who asks goes on asking until each
//! has an end, whenever the stop falls.

use crate::support::{Bank, journal_of};
use bytes::Bytes;
use link::Core;
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::Clear;
use tokio::task::JoinSet;

/// Who asks at once, each for so much; the deployment lets 1000.00 through on a day.
const ASKS: usize = 64;
const EACH: &str = "30.00";
/// In fen: all that is let through.
const MOST: i64 = 99_000;

async fn start(bank: &mut Bank) {
    let options = store::Options::new("node-1", Arc::new(Clear));
    let store = journal_of(&bank.folder.0.join("journal.db"), &options).await;
    bank.start_over("", Box::new(store)).await;
}

/// Pays once; none where the connection ends without an answer.
async fn pay(core: Core, channels: String, reference: String) -> Option<Value> {
    let body = json!({
        "biller": "grid", "payer_no": "0319000000001", "account": "6230580000001234567",
        "amount": EACH, "reference": reference,
    });
    let mut message = HttpMessage::post("/v1/bank.pay_bill", Bytes::from(body.to_string()));
    message.headers.push(("authorization".into(), Bytes::from("Bearer secret")));
    let client = HttpClient::new(&core, HttpClientConfig::new(&channels));
    let until = core.mark().after(Duration::from_secs(60));
    let reply = client.exchange(&message, until).await.reply()?;
    serde_json::from_slice(&reply.content).ok()
}

/// Asks until it has ended.
async fn ended(core: Core, channels: String, reference: String) -> Value {
    let mut told = Value::Null;
    for _ in 0..200 {
        told = pay(core.clone(), channels.clone(), reference.clone()).await.unwrap_or_default();
        let refused = told["outcome"] == "refused" && told["reason"] != "busy";
        if told["outcome"] == "done" || refused {
            return told;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{reference} has no end: {told}")
}

fn who(bank: &Bank) -> (Core, String) {
    (bank.owner.core(), bank.gateway().channels().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_lets_through_what_it_says_of_many_who_ask_at_once_over_a_stop() {
    let mut bank = Bank::closed().await;
    start(&mut bank).await;
    bank.core.ledger.lock().unwrap().late = Duration::from_millis(20);
    let (core, channels) = who(&bank);
    let mut asks = JoinSet::new();
    for number in 0..ASKS {
        asks.spawn(pay(core.clone(), channels.clone(), format!("L{number}")));
    }
    while bank.core.ledger.lock().unwrap().booked.len() < 10 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    bank.gateway = None;
    asks.shutdown().await;
    start(&mut bank).await;

    let (core, channels) = who(&bank);
    let mut asks = JoinSet::new();
    for number in 0..ASKS {
        asks.spawn(ended(core.clone(), channels.clone(), format!("L{number}")));
    }
    let mut done = 0;
    while let Some(told) = asks.join_next().await {
        done += i64::from(told.unwrap()["outcome"] == "done");
    }
    // What was given back since its end was not known and nothing had come of it, others have.
    for number in 0.. {
        assert!(number < ASKS, "the limit is never used up");
        let told = ended(core.clone(), channels.clone(), format!("M{number}")).await;
        if told["reason"] == "over_limit" {
            break;
        }
        done += i64::from(told["outcome"] == "done");
    }
    assert_eq!(done * 3_000, MOST);
    assert_eq!(bank.books(), (MOST, MOST));
    let engine = bank.gateway().engine();
    let today = engine.today();
    let limits = engine.journal.read(move |reader| reader.limits(today, 100)).await.unwrap();
    let used: Vec<u64> = limits.iter().map(|limit| limit.used).filter(|used| *used > 0).collect();
    assert_eq!(used, [u64::try_from(MOST).unwrap()], "{limits:?}");
}
