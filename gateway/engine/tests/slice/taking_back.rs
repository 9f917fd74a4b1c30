//! Reversals that come before their originals: on which days they are remembered, and what is told where they are not.

use crate::serving::{asked, send, undone};
use crate::support::Bank;
use dsl::flow::CancelAnswer;
use engine::driver::Known;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{
    Change, Day, Direction, Fatal, FlowId, Held, Key, Lane, MemoryStore, Reader, Store, Verdict, Write,
};

/// The key of what the host asks under a serial, on a day of the bank so many days from now.
fn key(bank: &Bank, serial: &str, days: i64) -> Key {
    let today = bank.gateway().engine().now().date();
    let date = today.checked_add(jiff::Span::new().days(days)).unwrap();
    let mut once = b"asked:".to_vec();
    once.extend(u32::try_from(serial.len()).unwrap().to_be_bytes());
    once.extend(serial.as_bytes());
    Key { date: engine::calendar::day(date), party: "host".to_owned(), direction: Direction::In, once }
}

/// A serial begins anew after a week: what was taken back until then is no new act, whichever day either of them names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_taken_back_under_a_day_around_is_refused() {
    let bank = Bank::open().await;
    let engine = bank.gateway().engine();
    for (serial, days, refused) in [
        ("000000000101", 0, true),
        ("000000000102", -1, true),
        ("000000000103", -7, true),
        ("000000000104", 1, true),
        ("000000000105", -8, false),
        ("000000000106", 2, false),
    ] {
        let key = key(&bank, serial, days);
        let cancelled = engine.cancel(&key, Known::Days).await;
        assert_eq!(cancelled, CancelAnswer::NothingToUndo, "{serial}");
        let told = send(&bank, &asked(serial, 100)).await.expect("an answer");
        assert_eq!(&told[28..32] != "0000", refused, "{serial}: {told}");
    }
    assert_eq!(bank.books(), (200, 200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_that_names_a_day_around_takes_back_what_holds() {
    let bank = Bank::open().await;
    let engine = bank.gateway().engine();
    for (serial, days) in [("000000000111", -1), ("000000000112", 1), ("000000000113", 7)] {
        send(&bank, &asked(serial, 100)).await.expect("an answer");
        let back = engine.cancel(&key(&bank, serial, days), Known::Days).await;
        assert_eq!(back, CancelAnswer::Cancelled, "{serial}");
    }
    assert_eq!(bank.books(), (0, 0));
}

/// Neither may begin beside the other, in whatever order they come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_began_just_now_is_known_under_the_days_around() {
    let bank = Bank::open().await;
    let engine = bank.gateway().engine();
    let begun = FlowId(900_000_001);
    engine.keyed.insert(key(&bank, "000000000121", 0), begun);
    for (days, known) in [(-2, None), (-1, Some(begun)), (0, Some(begun)), (7, Some(begun)), (8, None)] {
        let found = engine.flow_now(&key(&bank, "000000000121", days), Known::Days).await.unwrap();
        assert_eq!(found, known, "{days}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_is_remembered_where_there_is_no_room_for_new_asks() {
    let bank = Bank::open().await;
    bank.disk.fill(true);
    let told = send(&bank, &undone("000000000131", "000000000132", 100)).await.expect("an answer");
    assert_eq!(&told[28..32], "0000", "{told}");
    bank.disk.fill(false);
    let told = send(&bank, &asked("000000000132", 100)).await.expect("an answer");
    assert_ne!(&told[28..32], "0000", "{told}");
    assert_eq!(bank.books(), (0, 0));
}

/// A store that has no room for some changes while it is told so.
pub(crate) struct Full(pub(crate) MemoryStore, pub(crate) Arc<AtomicBool>, pub(crate) fn(&Change) -> bool);

impl Store for Full {
    fn commit(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fatal> {
        let full = self.1.load(Ordering::SeqCst);
        let refused = |write: &Write| write.changes.iter().any(self.2);
        let mut verdicts = Vec::new();
        for write in group {
            match full && refused(write) {
                true => verdicts.push(Verdict::Full),
                false => verdicts.extend(self.0.commit(std::slice::from_ref(write))?),
            }
        }
        Ok(verdicts)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Fatal> {
        self.0.reader()
    }

    fn epoch(&self) -> u64 {
        self.0.epoch()
    }

    fn held(&self) -> Option<Held> {
        self.0.held()
    }
}

/// Not `too_late`: whoever hears that takes it that something stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_that_cannot_be_remembered_is_open_and_one_of_a_day_that_is_gone_is_refused() {
    let mut bank = Bank::closed().await;
    let full = Arc::new(AtomicBool::new(true));
    let cancels = |change: &Change| matches!(change, Change::CancelKey(_));
    let store = Full(MemoryStore::open(&bank.disk), Arc::clone(&full), cancels);
    bank.start_over("", Box::new(store)).await;
    let engine = bank.gateway().engine();
    let back = undone("000000000141", "000000000142", 100);
    assert_eq!(engine.cancel(&key(&bank, "000000000142", 0), Known::Days).await, CancelAnswer::Pending);
    assert_eq!(send(&bank, &back).await, None);
    full.store(false, Ordering::SeqCst);
    assert_eq!(&send(&bank, &back).await.expect("an answer")[28..32], "0000");
    let keep = store::KeepFrom { from: engine.today(), by: "a test".to_owned(), export: None };
    let kept = engine.journal.write(Lane::Outcome, Day(0), vec![Change::KeepFrom(keep)]).await.unwrap();
    assert!(matches!(kept, Verdict::Ok(_)), "{kept:?}");
    let gone = key(&bank, "000000000143", -1);
    assert_eq!(engine.cancel(&gone, Known::Days).await, CancelAnswer::Refused);
}
