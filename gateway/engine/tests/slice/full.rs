//! A journal that has no room for new asks: postings are refused, queries go on, and no number is given twice.

use crate::keeping::asked;
use crate::serving::{about, send};
use crate::support::{Bank, journal_of};
use crate::taking_back::Full;
use engine::journal::Journal;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{Change, Clear, Day, Lane, MemoryStore, Verdict};

/// More numbers than are ever at hand without another block.
const MORE: usize = 40_000;

fn query() -> Value {
    json!({ "biller": "grid", "payer_no": "0319000000001" })
}

/// Draws numbers: none is missing, and none comes twice.
async fn draw(journal: &Journal, owner: &str) {
    let mut seen = BTreeSet::new();
    for place in 0..MORE {
        let number = journal.number(owner, Day(0)).await.unwrap();
        let number = number.unwrap_or_else(|| panic!("{owner} has no number behind {place}"));
        assert!(seen.insert(number), "{owner} gives {number} twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_go_on_however_long_no_new_ask_is_taken() {
    let bank = Bank::open().await;
    bank.disk.fill(true);
    for owner in ["flow", "grid"] {
        draw(&bank.gateway().engine().journal, owner).await;
    }
    let (status, told) = bank.ask("bank.query_bill", &query()).await;
    assert_eq!((status, &told["answer"]["due"]), (200, &json!("123.45")), "{told}");
    let (status, told) = bank.pay("F1", "1.00").await;
    assert_eq!((status, &told["reason"]), (503, &json!("busy")), "{told}");
    assert_eq!(bank.books(), (0, 0));
}

/// The same over a file: of its last tenth queries' numbers take little.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_takes_no_new_ask_gives_numbers() {
    let bank = Bank::closed().await;
    let path = bank.folder.0.join("journal.db");
    let options = store::Options { most_bytes: 600 << 10, ..store::Options::new("node", Arc::new(Clear)) };
    let journal = Journal::start(bank.owner.core(), Box::new(journal_of(&path, &options).await)).unwrap();
    for flow in 1.. {
        assert!(flow < 1_000, "it is never full");
        let mut asked = asked(flow);
        asked.key.once = flow.to_be_bytes().to_vec();
        asked.asked = vec![1; 8 << 10];
        let change = Change::InsertFlow(asked);
        if journal.write(Lane::Ask, Day(0), vec![change]).await == Ok(Verdict::Full) {
            break;
        }
    }
    draw(&journal, "grid").await;
    // Nor does the next holder give one of them.
    let most = journal.number("grid", Day(0)).await.unwrap().unwrap();
    drop(journal);
    let journal = Journal::start(bank.owner.core(), Box::new(journal_of(&path, &options).await)).unwrap();
    assert!(journal.number("grid", Day(0)).await.unwrap().is_some_and(|number| number > most));
}

/// An empty serial is none: who asks hears nothing, and is answered when there is a serial again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_names_a_serial_is_not_given_without_one() {
    let mut bank = Bank::closed().await;
    let full = Arc::new(AtomicBool::new(true));
    let of_host = |change: &Change| matches!(change, Change::Numbers(numbers) if numbers.party == "host");
    let store = Full(MemoryStore::open(&bank.disk), Arc::clone(&full), of_host);
    bank.start_over("", Box::new(store)).await;
    let never = about("3005", "000000000161", "000000000099");
    assert_eq!(send(&bank, &never).await, None);
    full.store(false, Ordering::SeqCst);
    let told = send(&bank, &never).await.expect("an answer");
    assert_eq!(&told[28..32], "2001", "{told}");
    assert!(told[16..28].bytes().all(|figure| figure.is_ascii_digit()), "{told}");
}

/// Serials that are alike would be worse than none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_can_have_no_number_is_refused_and_never_sent() {
    let mut bank = Bank::closed().await;
    let full = Arc::new(AtomicBool::new(true));
    let of_flows = |change: &Change| matches!(change, Change::Numbers(numbers) if numbers.party == "flow");
    let store = Full(MemoryStore::open(&bank.disk), Arc::clone(&full), of_flows);
    bank.start_over("", Box::new(store)).await;
    let (status, told) = bank.ask("bank.query_bill", &query()).await;
    assert_eq!(
        (status, &told["outcome"], &told["reason"]),
        (503, &json!("refused"), &json!("busy")),
        "{told}"
    );
    assert_eq!(bank.grid.ledger.lock().unwrap().times("1001"), 0, "it was sent");
    full.store(false, Ordering::SeqCst);
    assert_eq!(bank.ask("bank.query_bill", &query()).await.1["outcome"], "done");
}
