//! Whatever write of the journal a stop falls before or behind, what was asked ends as without it: once, whole, the same
//! in the answer and in the parties' books.
//!
//! In: a bank whose store ends at a commit of a number. Out: answers and books after another start. The clock is real, so
//! several banks run side by side.

use crate::parties::Does;
use crate::support::Bank;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{Change, CrashPoint, Fatal, MemoryStore, Reader, Store, Verdict, Write};
use tokio::task::JoinSet;

/// Banks side by side.
const AT_ONCE: usize = 6;

/// What is asked, and how its answer and the books agree.
#[derive(Clone)]
struct Story {
    service: &'static str,
    body: Value,
    /// So many first debits at the core are booked, and nothing is heard of them.
    silent: usize,
    /// So many first payments find that their session does not hold.
    sessionless: usize,
    /// What holds at core and power company by the answer, in fen.
    books: fn(&Value) -> (i64, i64),
}

/// One run; gives whether later crashes are to be tried: it did not end by itself, or too early.
async fn run(story: Story, commits: u64, point: CrashPoint) -> bool {
    let mut bank = Bank::open().await;
    bank.core.ledger.lock().unwrap().plan.extend((0..story.silent).map(|_| Does::BooksSilently));
    bank.grid.ledger.lock().unwrap().plan.extend((0..story.sessionless).map(|_| Does::Refuses("9003")));
    bank.disk.crash_after(commits, point);
    let (mut told, mut crashed) = (Value::Null, false);
    for _ in 0..150 {
        let again = tokio::select! {
            (_, answer) = bank.ask(story.service, &story.body) => {
                told = answer;
                false
            }
            () = bank.gateway().failed() => true,
        };
        if again {
            crashed = true;
            bank.gateway = None;
            bank.start().await;
            assert_eq!(bank.gateway().lost(), &[], "crash {point:?} at commit {commits}");
            continue;
        }
        if told["outcome"] != "pending" && told["outcome"] != "unknown" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let place = format!("crash {point:?} at commit {commits}: {told}");
    // A machine that is busy may not reach a party in time; then nothing holds.
    let agrees = if told["outcome"] == "refused" { (0, 0) } else { (story.books)(&told["answer"]) };
    assert_ne!(told["outcome"], "pending", "{place}");
    assert_eq!(bank.books(), agrees, "{place}");
    crashed || told["outcome"] == "refused"
}

/// Runs a story with a crash at each commit before its end, before and behind it.
async fn everywhere(story: Story) {
    let (mut running, mut next, mut reached) = (JoinSet::new(), 0, true);
    while reached || !running.is_empty() {
        while reached && running.len() < AT_ONCE {
            let point = if next % 2 == 0 { CrashPoint::Before } else { CrashPoint::After };
            running.spawn(run(story.clone(), next / 2, point));
            next += 1;
        }
        if let Some(crashed) = running.join_next().await {
            reached &= crashed.unwrap();
        }
    }
    assert!(next > 10, "only {next} crashes");
}

/// An amount of an answer, in fen.
fn fen(amount: &Value) -> i64 {
    amount.as_str().unwrap().replace('.', "").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_and_what_is_made_of_them_agree_with_the_books_wherever_the_gateway_stops() {
    let row = |seq| json!({ "seq": seq, "account": "6230580000001234567", "amount": "10.00" });
    everywhere(Story {
        service: "bank.sweep",
        body: json!({ "batch_no": "C1", "reference": "C1", "rows": [row(1), row(2)] }),
        silent: 0,
        sessionless: 0,
        // The first rows, those behind them, and the sum of the first.
        books: |answer| {
            let rows = answer["rows"].as_array().unwrap();
            let second: i64 = rows.iter().map(|row| fen(&row["booked"])).sum();
            let whole = fen(&answer["whole"]);
            let first = fen(&answer["swept"]);
            assert!(whole == first || whole == 0, "{answer}");
            (first + second + whole, 0)
        },
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_stands_once_at_both_wherever_the_gateway_stops() {
    everywhere(Story {
        service: "bank.pay_bill",
        body: json!({
            "biller": "grid", "payer_no": "0319000000001", "account": "6230580000001234567",
            "amount": "300.00", "reference": "C2",
        }),
        silent: 1,
        sessionless: 0,
        books: |_| (30_000, 30_000),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_asked_anew_under_another_serial_stands_once_wherever_the_gateway_stops() {
    everywhere(Story {
        service: "bank.pay_bill",
        body: json!({
            "biller": "grid", "payer_no": "0319000000001", "account": "6230580000001234567",
            "amount": "300.00", "reference": "C3",
        }),
        silent: 0,
        sessionless: 1,
        books: |_| (30_000, 30_000),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_told_as_pending_is_known_after_a_stop() {
    let body = json!({
        "biller": "grid", "payer_no": "0319000000001", "account": "6230580000001234567",
        "amount": "300.00", "reference": "C3",
    });
    let mut untold = 0;
    for commits in 0..4 {
        let mut bank = Bank::open().await;
        bank.disk.crash_after(commits, CrashPoint::Before);
        let (status, told) = bank.ask("bank.pay_bill", &body).await;
        bank.gateway = None;
        bank.start().await;
        let (_, known) = bank.http("GET", "/v1/bank.pay_bill/C3", &Value::Null, "secret").await;
        match told["outcome"].as_str() {
            Some("pending") => assert_ne!(known["reason"], "never_seen", "commit {commits}"),
            Some("unknown") => {
                untold += 1;
                assert_eq!(status, 504);
            }
            _ => {}
        }
    }
    assert!(untold > 0, "the journal never failed before the ask was in it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_in_good_order_refuses_no_row_that_has_not_begun() {
    const ROWS: usize = 60;
    let mut bank = Bank::open().await;
    bank.core.ledger.lock().unwrap().late = Duration::from_millis(20);
    let rows: Vec<Value> = (0..ROWS)
        .map(|seq| json!({ "seq": seq, "account": "6230580000001234567", "amount": "10.00" }))
        .collect();
    let body = json!({ "batch_no": "C9", "reference": "C9", "rows": rows });
    let stopped = async {
        while bank.books().0 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bank.gateway().stop(Duration::from_millis(1)).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    tokio::join!(stopped, bank.heard("POST", "/v1/bank.sweep", &body, "secret"));
    bank.gateway = None;
    bank.start().await;
    let told = loop {
        let (_, told) = bank.ask("bank.sweep", &body).await;
        if told["outcome"] == "done" {
            break told;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    // What was about to leave is found not to have come; nothing else is refused.
    let swept = fen(&told["answer"]["swept"]);
    assert!(swept >= 1_000 * (i64::try_from(ROWS).unwrap() - 20), "{told}");
}

/// A store whose commits, behind so many since it was told to count them, wait until it is told to end, and then are not durable.
struct Stuck {
    store: MemoryStore,
    counts: Arc<AtomicBool>,
    stands: Arc<AtomicBool>,
    ends: Arc<AtomicBool>,
    commits: usize,
    /// Commits that count: what is written by the clock, say, comes in no certain order with others.
    of: fn(&Change) -> bool,
}

impl Store for Stuck {
    fn commit(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fatal> {
        let counted = group.iter().flat_map(|write| &write.changes).any(self.of);
        let before = !counted || !self.counts.load(Ordering::Acquire);
        if before || self.commits > 0 {
            self.commits -= usize::from(!before);
            return self.store.commit(group);
        }
        self.stands.store(true, Ordering::Release);
        while !self.ends.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(Fatal::Ended)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Fatal> {
        self.store.reader()
    }

    fn epoch(&self) -> u64 {
        self.store.epoch()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_was_not_written_is_told_to_nobody() {
    // Refused for its amount: the end comes with one of the first writes.
    let body = json!({
        "biller": "grid", "payer_no": "0319000000001", "account": "6230580000001234567",
        "amount": "500.01", "reference": "C5",
    });
    let mut stuck = 0;
    let of_flows: fn(&Change) -> bool = |change| matches!(change, Change::InsertFlow(_) | Change::PutFlow(_));
    let all: fn(&Change) -> bool = |_| true;
    for (of, commits) in [(of_flows, 0), (of_flows, 1), (all, 0), (all, 1), (all, 2), (all, 3)] {
        let mut bank = Bank::closed().await;
        let [counts, stands, ends] = [(); 3].map(|()| Arc::new(AtomicBool::new(false)));
        let store = MemoryStore::open(&bank.disk);
        let (counted, stood, ended) = (Arc::clone(&counts), Arc::clone(&stands), Arc::clone(&ends));
        let store = Stuck { store, counts: counted, stands: stood, ends: ended, commits, of };
        bank.start_over("", Box::new(store)).await;
        counts.store(true, Ordering::Release);
        let later = |millis| tokio::time::sleep(Duration::from_millis(millis));
        // Behind so many commits the flow has ended, and nothing is stuck.
        let over = AtomicBool::new(false);
        let stuck_now = async || {
            for _ in 0..3_000 {
                if stands.load(Ordering::Acquire) || over.load(Ordering::Acquire) {
                    return;
                }
                later(10).await;
            }
        };
        let (first, second, enquired, ()) = tokio::join!(
            async {
                let told = bank.ask("bank.pay_bill", &body).await;
                over.store(true, Ordering::Release);
                told
            },
            async {
                stuck_now().await;
                bank.ask("bank.pay_bill", &body).await
            },
            async {
                stuck_now().await;
                bank.http("GET", "/v1/bank.pay_bill/C5", &Value::Null, "secret").await
            },
            async {
                stuck_now().await;
                later(1_000).await;
                ends.store(true, Ordering::Release);
            },
        );
        bank.gateway = None;
        let mut reader = MemoryStore::open(&bank.disk).reader().expect("a reader");
        let written = reader.flows_before(None, None, 10).expect("rows").iter().any(|row| row.end.is_some());
        for (status, told) in [first, second, enquired] {
            // That nobody has asked yet, or that nothing was begun, is no end.
            let ended = told["outcome"] == "refused" && ![404, 503].contains(&status);
            assert!(written || !ended, "commit {commits}: {told}");
            stuck += usize::from(told["outcome"] == "unknown");
        }
    }
    assert!(stuck > 0, "no write was ever stuck while somebody asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hangs_up_while_the_journal_stands_still_keeps_no_place() {
    let mut bank = Bank::closed().await;
    let [counts, stands, ends] = [(); 3].map(|()| Arc::new(AtomicBool::new(false)));
    let store = MemoryStore::open(&bank.disk);
    let (counted, stood, ended) = (Arc::clone(&counts), Arc::clone(&stands), Arc::clone(&ends));
    let store = Stuck { store, counts: counted, stands: stood, ends: ended, commits: 0, of: |_| true };
    bank.start_over("", Box::new(store)).await;
    counts.store(true, Ordering::Release);
    let taken = || bank.gateway().engine().permits.taken();
    let until = async |count: usize| {
        for _ in 0..3_000 {
            // The place is taken before anything is written.
            if taken() == count && stands.load(Ordering::Acquire) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // The journal's thread would else be waited for.
        ends.store(true, Ordering::Release);
        panic!("{} places are taken, and not {count}", taken());
    };
    tokio::select! {
        told = bank.pay("C6", "1.00") => panic!("{told:?}"),
        () = until(1) => {}
    }
    until(0).await;
    ends.store(true, Ordering::Release);
}
