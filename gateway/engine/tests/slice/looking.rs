//! Flows of the clock that look whether there is something to do.

use crate::support::{Bank, deployment};
use engine::Deployment;
use std::sync::Arc;
use std::time::Duration;
use store::{Change, Day, Lane};

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

/// Debits once a day.
const NIGHTLY: &str = r#"
flow nightly "夜扣" on daily 00:00 {
  step taken bank.debit {
    account  <- "6230580000001234567"
    amount   <- 1.00
  }
}
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_of_the_day_that_finds_no_room_begins_when_there_is_some() {
    let mut bank = Bank::open().await;
    let journal = &bank.gateway().engine().journal;
    let today = bank.gateway().engine().today();
    let before = Change::PutSchedule {
        party: "bank".into(),
        job: "bank.nightly".into(),
        last_run: journal.now(),
        day: Day(today.0 - 1),
    };
    journal.write(Lane::Outcome, today, vec![before]).await.unwrap();
    bank.gateway = None;
    bank.limits = ", flows: 0".into();
    bank.start_with(NIGHTLY).await;
    let engine = bank.gateway().engine();
    let mut noted = Day(0);
    for _ in 0..100 {
        let last = engine.journal.read(|reader| reader.last_run("bank", "bank.nightly")).await.unwrap();
        noted = last.map_or(Day(0), |(_, day)| day);
        if noted == today {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(noted, today);
    assert_eq!(bank.books(), (0, 0));
    let text = deployment(&bank.core.address, &bank.grid.address, &bank.folder.0);
    engine.deployment.store(Arc::new(Deployment::parse(&text).unwrap()));
    for _ in 0..100 {
        if bank.books() == (100, 0) {
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!(bank.core.ledger.lock().unwrap().times("1001"), 1);
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the job of the day never began");
}
