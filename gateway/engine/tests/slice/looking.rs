//! Flows of the clock that look whether there is something to do.

use crate::support::Bank;
use std::time::Duration;

/// Looks each second and finds nothing to do.
const LOOK: &str = r#"
flow look "巡查" on every 1s {
  when business_date < 2000-01-01 {
    step taken bank.debit {
      account  <- "6230580000001234567"
      amount   <- 1.00
    }
  }
}
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_finds_nothing_leaves_no_flow_behind() {
    let mut bank = Bank::closed().await;
    bank.start_with(LOOK).await;
    let journal = &bank.gateway().engine().journal;
    let mut looked = None;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        looked = journal.read(|reader| reader.last_run("bank", "bank.look")).await.unwrap();
        if looked.is_some() {
            break;
        }
    }
    assert!(looked.is_some(), "it never looked");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let flows = journal.read(|reader| reader.flows_before(None, None, 100)).await.unwrap();
    assert_eq!(flows, []);
}
