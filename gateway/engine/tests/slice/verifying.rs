//! The journal verified by the clock: closed days that agree, and one that somebody changed beside the journal.

use crate::keeping::asked;
use crate::support::{Bank, journal_of};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Change, Clear, Day, FlowAsked, Lane, Moment, Options, Store, Verdict, Write};

const FIRST: Day = Day(20_200_203);
const SECOND: Day = Day(20_200_204);

/// A bank over a journal with two days of long ago; `changed`: somebody has changed what was asked on the first.
async fn bank_of_two_days(changed: bool) -> Bank {
    let mut bank = Bank::closed().await;
    let place = bank.folder.0.join("journal.db");
    let options = Options::new("node-1", Arc::new(Clear));
    let mut store = journal_of(&place, &options).await;
    for (day, number, name) in
        [(FIRST, 900_000_001, "bank.pay_first"), (SECOND, 900_000_002, "bank.pay_later")]
    {
        let mut flow = FlowAsked { name: name.into(), same_on: (day, day), ..asked(number) };
        flow.key.date = day;
        let (lane, epoch, changes) =
            (Lane::Outcome, store.epoch(), vec![Change::InsertFlow(flow), crate::keeping::ended(number)]);
        let write = Write { lane, epoch, at: Moment(1), date: day, changes };
        assert!(matches!(store.commit(&[write]).unwrap().remove(0), Verdict::Ok(_)));
    }
    drop(store);
    if changed {
        drop(journal_of(&place, &options).await);
        let mut octets = std::fs::read(&place).unwrap();
        let at =
            octets.windows(14).position(|name| name == b"bank.pay_first").expect("its log is in the file");
        octets[at] = b'B';
        std::fs::write(&place, octets).unwrap();
    }
    let store = journal_of(&place, &options).await;
    bank.start_over("", Box::new(store)).await;
    bank
}

async fn ready(bank: &Bank) -> Value {
    bank.http("GET", "/ready", &json!(null), "secret").await.1
}

#[tokio::test]
async fn each_closed_day_is_verified_once() {
    let bank = bank_of_two_days(false).await;
    let journal = &bank.gateway().engine().journal;
    let began = Instant::now();
    loop {
        let last = journal.read(|reader| reader.last_run("", "verify")).await.unwrap();
        if last.is_some_and(|(_, day)| day == SECOND) {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{last:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(ready(&bank).await["journal_days_broken"], json!([]));
}

#[tokio::test]
async fn a_day_that_was_changed_is_an_alarm_and_stops_no_business() {
    let bank = bank_of_two_days(true).await;
    let began = Instant::now();
    while ready(&bank).await["journal_days_broken"] == json!([]) {
        assert!(began.elapsed() < Duration::from_secs(30), "nobody found it");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(bank.pay("V1", "1.00").await.1["outcome"], "done");
    let told = ready(&bank).await;
    assert_eq!(
        (&told["journal_days_broken"], &told["status"]),
        (&json!(["2020-02-03"]), &json!("up")),
        "{told}"
    );
}
