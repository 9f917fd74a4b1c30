//! A node that lost its lease may still send what it had written: until it is seen to end, "not found" is no proof.
//!
//! Goal: the same take-over, the old process seen to live, then to end; and one whose end nobody can tell. Method: a journal under a
//! lease, whose holder goes while the core has not answered its debit; a witness who says what the test says.

use crate::deciding::waits;
use crate::parties::Does;
use crate::support::Bank;
use engine::senders::{Process, Seen, Witness};
use engine::waiting::{Quiet, Why};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use store::{MemoryLine, MemoryStore, Monotonic, Opened};

/// How the core is asked for what it did not answer, in its adapter and here.
const WAYS: &str = "enquire with enquire every 1s up to 2 times, then undo with reverse, then park";
const NO_REVERSAL: &str = "enquire with enquire every 1s up to 2 times, then park";

struct Sight {
    seen: Mutex<Seen>,
    begun: AtomicU32,
}

impl Witness for Sight {
    fn own(&self, node: &str) -> Process {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        Process { node: node.to_owned(), number, ..Process::default() }
    }

    fn seen(&self, _: &Process) -> Seen {
        *self.seen.lock().unwrap()
    }
}

async fn start_leased(bank: &mut Bank) {
    let (line, clock) = (MemoryLine::default(), Monotonic::of_machine());
    let opened = MemoryStore::open_leased(&bank.disk, "node-1", &line, Duration::from_secs(600), &clock);
    let Opened::Holds(store) = opened else { panic!("it is this node's own") };
    bank.start_over("", store).await;
}

/// A bank whose node was taken over between the debit's intent and its answer; who took over sees this of it.
async fn taken_over(seen: Seen) -> (Bank, Arc<Sight>) {
    let sight = Arc::new(Sight { seen: Mutex::new(seen), begun: AtomicU32::new(1) });
    let mut bank = Bank::closed().await;
    bank.changed = Some((WAYS, NO_REVERSAL));
    bank.witness = Some(Arc::<Sight>::clone(&sight));
    start_leased(&mut bank).await;
    bank.core.ledger.lock().unwrap().plan.push_back(Does::Drops);
    tokio::select! {
        _ = bank.pay("F1", "12.00") => panic!("nobody answers"),
        () = heard(&bank, "1001", 1) => {}
    }
    bank.gateway = None;
    start_leased(&mut bank).await;
    (bank, sight)
}

async fn heard(bank: &Bank, code: &str, times: usize) {
    let began = Instant::now();
    while bank.core.ledger.lock().unwrap().times(code) < times {
        assert!(began.elapsed() < Duration::from_secs(30), "{code} does not come");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn told(bank: &Bank) -> Value {
    bank.http("GET", "/v1/bank.pay_bill/F1", &json!(null), "secret").await.1
}

async fn ready(bank: &Bank) -> Value {
    bank.http("GET", "/ready", &json!(null), "secret").await.1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_found_is_believed_a_quiet_time_behind_the_end_of_the_node_that_sent() {
    let (bank, sight) = taken_over(Seen::NotYet).await;
    heard(&bank, "1005", 2).await;
    // The quiet time of two seconds counts for nothing while the old node lives.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(told(&bank).await["outcome"], "pending");
    assert_eq!(ready(&bank).await["may_still_send"], json!(["node-1"]));
    *sight.seen.lock().unwrap() = Seen::Ended;
    let began = Instant::now();
    while told(&bank).await["outcome"] == "pending" {
        assert!(began.elapsed() < Duration::from_secs(60), "it does not end");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let told = told(&bank).await;
    assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("never_seen")), "{told}");
    assert_eq!((bank.books(), &ready(&bank).await["may_still_send"]), ((0, 0), &json!([])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_can_tell_its_end_what_it_may_send_waits_for_people() {
    let (mut bank, _) = taken_over(Seen::Never).await;
    let waiting = waits(&bank, 1).await.remove(0);
    let Why::Operation { quiet, state: "parked", .. } = waiting.why else { panic!("{waiting:?}") };
    assert_eq!((quiet, bank.books()), (Quiet::Unseen, (0, 0)));
    assert_eq!(told(&bank).await["outcome"], "pending");
    // What this node asks itself is none of the other's, nor after a stop of its own that is seen.
    assert_eq!(bank.pay("F2", "3.00").await.1["outcome"], "done");
    bank.gateway = None;
    bank.witness = Some(Arc::new(Sight { seen: Mutex::new(Seen::Ended), begun: AtomicU32::new(9) }));
    start_leased(&mut bank).await;
    let waiting = waits(&bank, 1).await.remove(0);
    assert!(matches!(waiting.why, Why::Operation { quiet: Quiet::Until(_), .. }), "{waiting:?}");
}
