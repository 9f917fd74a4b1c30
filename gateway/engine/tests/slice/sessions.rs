//! Sessions: made again when a party comes back, once for all who wait.

use crate::support::Bank;
use engine::exchange::Asking;
use engine::facts::Facts;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A call of the power company's that needs its session.
fn query(bank: &Bank) -> Asking {
    let version = bank.gateway().engine().current.load_full();
    let call = version.call_named("grid.query_bill").unwrap();
    Asking::new(&version, call, Facts::default(), None)
}

fn sign_ins(bank: &Bank) -> usize {
    bank.grid.ledger.lock().unwrap().times("0001")
}

/// Calls come all the time, each with the limit of its link; a sign-in takes a third of that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_that_was_silent_has_a_session_soon_after_its_return_and_few_sign_ins() {
    let mut bank = Bank::closed().await;
    {
        let mut ledger = bank.grid.ledger.lock().unwrap();
        ledger.silent = true;
        ledger.late_sign_in = Duration::from_millis(300);
    }
    bank.start().await;
    let engine = Arc::clone(bank.gateway().engine());
    let (asking, began) = (query(&bank), Instant::now());
    let calls = tokio::spawn(async move {
        loop {
            let (engine, asking) = (Arc::clone(&engine), asking.clone());
            tokio::spawn(async move { drop(engine.session_for(&asking).await) });
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    bank.grid.ledger.lock().unwrap().silent = false;
    let back = Instant::now();
    let cell = bank.gateway().engine().sessions.cell("grid", None);
    while cell.values().is_none() {
        assert!(back.elapsed() < Duration::from_secs(5), "no session after {:?}", back.elapsed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    calls.abort();
    let most = usize::try_from(began.elapsed().as_secs()).unwrap() + 1;
    assert!(sign_ins(&bank) <= most, "{} sign-ins in {:?}", sign_ins(&bank), began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_wait_for_a_sign_in_hear_of_its_one_failure() {
    let mut bank = Bank::closed().await;
    bank.grid.ledger.lock().unwrap().silent = true;
    bank.start().await;
    let engine = Arc::clone(bank.gateway().engine());
    let asking = query(&bank);
    // The sign-in of the start is under way for a second.
    while sign_ins(&bank) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    let waits = (0..20).map(|_| {
        let (engine, asking) = (Arc::clone(&engine), asking.clone());
        tokio::spawn(async move { engine.session_for(&asking).await })
    });
    for waits in waits.collect::<Vec<_>>() {
        let refusal = waits.await.unwrap().unwrap_err();
        assert_eq!((&*refusal.reason, &*refusal.text), ("no_session", "the sign-in was not answered"));
    }
    assert_eq!(sign_ins(&bank), 1);
}
