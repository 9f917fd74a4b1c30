//! A journal that is held under a lease: what another node may have taken over by now moves no money.

use crate::support::Bank;
use std::time::Duration;
use store::{Fatal, Held, MemoryStore, Monotonic, Reader, Store, Verdict, Write};

/// A store whose lease the test renews.
pub(crate) struct Leased(pub(crate) MemoryStore, pub(crate) Held);

impl Store for Leased {
    fn commit(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fatal> {
        self.0.commit(group)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Fatal> {
        self.0.reader()
    }

    fn epoch(&self) -> u64 {
        self.0.epoch()
    }

    fn held(&self) -> Option<Held> {
        Some(self.1.clone())
    }
}

#[tokio::test]
async fn nothing_that_moves_money_is_sent_while_the_lease_may_be_over() {
    let mut bank = Bank::closed().await;
    let clock = Monotonic::of_machine();
    let held = Held::new(clock.clone());
    held.until(clock.now() + Duration::from_secs(600));
    let store = Leased(MemoryStore::open(&bank.disk), held.clone());
    bank.start_over("", Box::new(store)).await;
    assert_eq!(bank.pay("L1", "1.00").await.1["outcome"], "done");
    assert_eq!(bank.books(), (100, 100));
    // As after a pause: what the journal let go may be another's to settle.
    held.until(clock.now());
    let told = bank.pay("L2", "2.00").await.1;
    assert_eq!(told["outcome"], "refused", "{told}");
    assert_eq!(bank.books(), (100, 100));
    let asked = serde_json::json!({ "biller": "grid", "payer_no": "0319000000001" });
    assert_eq!(bank.ask("bank.query_bill", &asked).await.1["outcome"], "done");
    held.until(clock.now() + Duration::from_secs(600));
    assert_eq!(bank.pay("L3", "3.00").await.1["outcome"], "done");
    assert_eq!(bank.books(), (400, 400));
}
