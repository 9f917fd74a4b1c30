//! "It was never seen": people may say so of a posting once none of its copies can come any more, and not before.

use crate::deciding::{both, person, said, waits};
use crate::parties::Does;
use crate::sessions::Shifted;
use crate::support::Bank;
use engine::facts::Body;
use engine::waiting::{Decision, NotDecided, Quiet, Said, WaitingFor, Why};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::{Change, Lane, Verdict};

/// How the core is asked for what it did not answer: here by people alone.
const WAYS: &str = "  promises same answer, quiet 2s
  unknown  enquire with enquire every 1s up to 2 times, then undo with reverse, then park";
const IN_TEN_MINUTES: &str = "  promises same answer, quiet 10m
  unknown  park";
const AT_NO_TIME: &str = "  promises same answer
  unknown  park";

/// A bank whose core has not answered a debit; who asked has gone.
async fn parked(bank: &mut Bank, ways: &'static str) -> WaitingFor {
    bank.changed = Some((WAYS, ways));
    bank.start().await;
    bank.core.ledger.lock().unwrap().plan.push_back(Does::Drops);
    tokio::select! {
        found = waits(bank, 1) => found.into_iter().next().unwrap(),
        (_, told) = bank.pay("N1", "12.00") => {
            assert_eq!(told["outcome"], "pending", "{told}");
            waits(bank, 1).await.remove(0)
        }
    }
}

fn quiet(waits: &WaitingFor) -> Quiet {
    let Why::Operation { quiet, state: "parked", .. } = waits.why else { panic!("{waits:?}") };
    quiet
}

fn proved(decision: Decision) -> Said {
    Said { proof: "their list".to_owned(), ..said(decision, "not listed") }
}

async fn end(bank: &Bank) -> Value {
    for _ in 0..400 {
        let (_, told) = bank.http("GET", "/v1/bank.pay_bill/N1", &json!(null), "secret").await;
        if told["outcome"] != "pending" {
            return told;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it did not end")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_is_decided_no_sooner_than_the_quiet_time_of_the_last_copy_is_over() {
    let mut bank = Bank::closed().await;
    let clock = Arc::new(Shifted::new());
    bank.clock = Some(Arc::<Shifted>::clone(&clock));
    let found = parked(&mut bank, IN_TEN_MINUTES).await;
    let Quiet::Until(from) = quiet(&found) else { panic!("{found:?}") };
    assert_eq!(from.0 - found.since.0, 600_000, "counted from when the last copy was given up");

    let (maker, checker) = (person("maker", &["operator"]), person("checker", &["checker"]));
    let (flow, place, never) = (found.flow, found.place.as_str(), proved(Decision::Never));
    let early = NotDecided::Early("never", bank.gateway().engine().calendar.from_second(from));
    let engine = bank.gateway().engine();
    assert_eq!(engine.propose(flow, place, &never, &maker).await, Err(early.clone()));
    assert!(early.to_string().contains("cannot be decided before 2"), "{early}");
    // Nor where it was proposed by a gateway that did not know better.
    let mut line = Body::default();
    for (name, text) in [
        ("place", place),
        ("decision", "never"),
        ("reason", "not listed"),
        ("proof", "their list"),
        ("by", "maker"),
        ("about", &found.about),
    ] {
        line.put(name, text.as_bytes().to_vec());
    }
    let change = Change::Event { flow, kind: "proposed".to_owned(), body: line.encode() };
    let written = engine.journal.write(Lane::Outcome, store::Day(20_261_123), vec![change]).await;
    assert!(matches!(written, Ok(Verdict::Ok(_))), "{written:?}");

    // A stop does not begin it anew.
    bank.gateway = None;
    bank.start().await;
    let found = waits(&bank, 1).await.remove(0);
    assert_eq!(quiet(&found), Quiet::Until(from));
    let number = found.proposed.as_ref().map(|proposed| proposed.number);
    assert!(number.is_some(), "{found:?}");
    let engine = bank.gateway().engine();
    assert_eq!(engine.agree(flow, place, &never, number, &checker).await, Err(early));
    assert_eq!((end_now(&bank).await, bank.books()), (json!("pending"), (0, 0)));

    clock.forward(600);
    assert_eq!(engine.agree(flow, place, &never, number, &checker).await, Ok(()));
    let told = end(&bank).await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("never_seen")), "{told}");
    assert_eq!(bank.books(), (0, 0));
}

async fn end_now(bank: &Bank) -> Value {
    bank.http("GET", "/v1/bank.pay_bill/N1", &json!(null), "secret").await.1["outcome"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_it_holds_is_decided_at_any_time() {
    let mut bank = Bank::closed().await;
    let found = parked(&mut bank, IN_TEN_MINUTES).await;
    both(&bank, &found, &proved(Decision::Holds)).await;
    assert_eq!(end(&bank).await["outcome"], "done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_quiet_time_is_promised_people_decide_and_are_told_so() {
    let mut bank = Bank::closed().await;
    let found = parked(&mut bank, AT_NO_TIME).await;
    assert_eq!(quiet(&found), Quiet::Undeclared);
    both(&bank, &found, &proved(Decision::Never)).await;
    assert_eq!(end(&bank).await["reason"], "never_seen");
}
