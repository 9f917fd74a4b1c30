//! Old days: what a gateway whose journal is kept for forty days does with those before, and what it says of their keys.

use crate::support::Bank;
use engine::calendar::{Calendar, stamp};
use serde_json::json;
use std::sync::Arc;
use store::{
    Change, Clear, Day, Direction, End, FlowAsked, FlowId, FlowPut, Key, Lane, MemoryStore, Moment,
    RefusedInput, SqliteStore, Store, Verdict, Write,
};

/// Some day long before whatever the clock shows.
const LONG_AGO: Day = Day(20_200_203);

pub(crate) fn asked(flow: u64) -> FlowAsked {
    FlowAsked {
        flow: FlowId(flow),
        name: "bank.pay_bill".into(),
        parent: None,
        key: Key { date: LONG_AGO, party: "mobile".into(), direction: Direction::In, once: vec![7] },
        digest: [0; 32],
        asked: Vec::new(),
        version: [0; 32],
        state: Vec::new(),
        wake: None,
        found_by: Vec::new(),
        same_on: (LONG_AGO, LONG_AGO),
        refused_by: Vec::new(),
    }
}

pub(crate) fn ended(flow: u64) -> Change {
    Change::PutFlow(FlowPut {
        flow: FlowId(flow),
        state: Vec::new(),
        end: Some(End::Done),
        taken_up: false,
        wake: None,
        answer: None,
    })
}

fn put(store: &mut MemoryStore, changes: Vec<Change>) -> Verdict {
    let (lane, epoch) = (Lane::Outcome, store.epoch());
    store.commit(&[Write { lane, epoch, at: Moment(1), date: LONG_AGO, changes }]).unwrap().remove(0)
}

#[tokio::test]
async fn a_day_that_is_older_than_the_journal_is_kept_goes_by_the_clock() {
    let mut bank = Bank::closed().await;
    let mut store = MemoryStore::open(&bank.disk);
    let ask = |flow| vec![Change::InsertFlow(asked(flow)), ended(flow)];
    assert!(matches!(put(&mut store, ask(900_000_001)), Verdict::Ok(_)));
    bank.keep = "keep: 40d, ".to_owned();
    bank.start_over("", Box::new(store)).await;
    let journal = bank.gateway().engine().journal.clone();
    let today = bank.gateway().engine().today();
    let gone = async || {
        for _ in 0..200 {
            let kept = journal.read(|reader| reader.kept_from()).await.unwrap();
            let left = journal.read(|reader| reader.flow(FlowId(900_000_001))).await.unwrap();
            // Behind it six dates on which nothing was written are too old as well.
            if kept == Day(LONG_AGO.0 + 7) && left.is_none() {
                return kept;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the day is still there");
    };
    let kept = gone().await;
    let verdict =
        journal.write(Lane::Ask, today, vec![Change::InsertFlow(asked(900_000_002))]).await.unwrap();
    assert_eq!(verdict, Verdict::TooOld { oldest: kept });
    let days = journal.read(|reader| reader.forgotten(10)).await.unwrap();
    assert!(days[0].date == LONG_AGO && days[0].gone && days[0].by == "the clock of node-1", "{days:?}");
    // Business of today goes on.
    assert_eq!(bank.pay("K1", "1.00").await.1["outcome"], "done");
    assert_eq!(json!(bank.books()), json!([100, 100]));
}

/// What is refused stands under the day of the calendar: a cut-over before or behind midnight lets none go that is in no file.
#[tokio::test]
async fn what_was_refused_beside_the_cut_over_is_exported_with_its_date() {
    for cut_over in ["22:00", "02:00"] {
        refused_beside(cut_over).await;
    }
}

async fn refused_beside(cut_over: &str) {
    let mut bank = Bank::closed().await;
    let options = store::Options::new("node-1", Arc::new(Clear));
    let mut store = SqliteStore::open(&bank.folder.0.join("journal.db"), &options).unwrap();
    let calendar = Calendar { zone_minutes: 480, cut_over: 0 };
    let refused = || Change::RefusedInput(RefusedInput::new("line", "peer", "fault", b"head", 1));
    let next = Day(LONG_AGO.0 + 1);
    for (at, date, changes) in [
        ("2020-02-03T12:00:00", LONG_AGO, vec![Change::InsertFlow(asked(900_000_001)), ended(900_000_001)]),
        ("2020-02-03T23:30:00", LONG_AGO, vec![refused()]),
        ("2020-02-04T00:30:00", next, vec![refused()]),
    ] {
        let at = stamp(calendar.moment(at.parse().unwrap()));
        let write = Write { lane: Lane::Outcome, epoch: store.epoch(), at, date, changes };
        assert!(matches!(store.commit(&[write]).unwrap().remove(0), Verdict::Ok(_)));
    }
    let days = bank.folder.0.join("days");
    bank.keep = format!("keep: 40d, export: '{}', ", days.display());
    bank.more = format!("cut_over: '{cut_over}'\n");
    bank.start_over("", Box::new(store)).await;
    let journal = bank.gateway().engine().journal.clone();
    for tries in 0.. {
        let kept = journal.read(|reader| reader.kept_from()).await.unwrap();
        let left = journal.read(|reader| reader.refused(10)).await.unwrap();
        if kept > next && left.is_empty() {
            break;
        }
        assert!(tries < 400, "the days are still there");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    for day in [LONG_AGO, next] {
        let file = days.join(format!("{day}.jsonl"));
        let text = std::fs::read_to_string(&file).unwrap();
        let rows = text.lines().filter(|line| line.starts_with("{\"refused input\":")).count();
        assert_eq!(rows, 1, "{text}");
        assert_eq!(store::verify_export(&file, &mut |_, _| ()).unwrap().fault, None);
    }
}

/// A reference names no day: who gives it again after years is told that it is known, and nothing moves.
#[tokio::test]
async fn a_reference_is_known_on_every_day_that_the_journal_keeps() {
    let mut bank = Bank::closed().await;
    let mut store = MemoryStore::open(&bank.disk);
    let mut once = Vec::new();
    for part in ["bank.pay_bill", "K1"] {
        once.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
        once.extend(part.as_bytes());
    }
    let mut first = asked(900_000_001);
    first.key = Key { party: "channel mobile".into(), once, ..first.key };
    assert!(matches!(put(&mut store, vec![Change::InsertFlow(first), ended(900_000_001)]), Verdict::Ok(_)));
    bank.start_over("", Box::new(store)).await;
    let told = bank.pay("K1", "1.00").await;
    assert_eq!(told.1["reason"], "duplicate", "{told:?}");
    assert_eq!(json!(bank.books()), json!([0, 0]));
    assert_eq!(bank.pay("K2", "1.00").await.1["outcome"], "done");
    assert_eq!(json!(bank.books()), json!([100, 100]));
}

/// What a clock that is set years ahead would do: all dates are old at once.
#[tokio::test]
async fn no_more_than_a_week_of_dates_goes_at_once() {
    let mut bank = Bank::closed().await;
    let mut store = MemoryStore::open(&bank.disk);
    let dates: Vec<Day> = (0..9).map(|more| Day(LONG_AGO.0 + more)).collect();
    for (date, flow) in dates.iter().zip(900_000_001..) {
        let mut first = asked(flow);
        first.key = Key { date: *date, ..first.key };
        first.same_on = (*date, *date);
        let write = |changes| Write {
            lane: Lane::Outcome,
            epoch: store.epoch(),
            at: Moment(1),
            date: *date,
            changes,
        };
        let write = write(vec![Change::InsertFlow(first), ended(flow)]);
        assert!(matches!(store.commit(&[write]).unwrap().remove(0), Verdict::Ok(_)));
    }
    bank.keep = "keep: 40d, ".to_owned();
    bank.start_over("", Box::new(store)).await;
    let journal = bank.gateway().engine().journal.clone();
    for _ in 0..200 {
        if journal.read(|reader| reader.kept_from()).await.unwrap() >= dates[7] {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // Time for more, if more went.
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    assert_eq!(journal.read(|reader| reader.kept_from()).await.unwrap(), dates[7]);
    assert!(journal.read(|reader| reader.flow(FlowId(900_000_007))).await.unwrap().is_none());
    assert!(journal.read(|reader| reader.flow(FlowId(900_000_008))).await.unwrap().is_some());
}

#[tokio::test]
async fn a_day_that_cannot_be_exported_or_is_not_through_stays() {
    for export in [true, false] {
        let mut bank = Bank::closed().await;
        let mut store = MemoryStore::open(&bank.disk);
        put(&mut store, vec![Change::InsertFlow(asked(900_000_001))]);
        if export {
            // A simulated disk keeps no chains: nothing can be exported from it.
            put(&mut store, vec![ended(900_000_001)]);
            bank.keep = format!("keep: 40d, export: '{}/days', ", bank.folder.0.display());
        } else {
            bank.keep = "keep: 40d, ".to_owned();
        }
        bank.start_over("", Box::new(store)).await;
        let journal = bank.gateway().engine().journal.clone();
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        assert_eq!(journal.read(|reader| reader.kept_from()).await.unwrap(), Day(0));
        assert!(journal.read(|reader| reader.flow(FlowId(900_000_001))).await.unwrap().is_some());
    }
}
