//! Limits and numbers under any order of asks, the three stores compared step by step.

use crate::cluster::Cluster;
use crate::support::{DAY, Folder, asked, hold, open, operation, put, write};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::collections::BTreeSet;
use store::{
    Change, CrashPoint, End, FlowId, FlowPut, MemoryDisk, MemoryStore, NumberRequest, OperationState, Store,
    Verdict,
};

#[derive(Debug, Clone)]
enum Act {
    Ask(u64),
    Cancel(u64),
    Reserve(u64, u64),
    Release(u64),
    Operate(u64, OperationState),
    End(u64, bool),
    Numbers(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let flow = 1..12_u64;
    prop_oneof![
        4 => flow.clone().prop_map(Act::Ask),
        1 => flow.clone().prop_map(Act::Cancel),
        4 => (flow.clone(), 1..60_u64).prop_map(|(flow, amount)| Act::Reserve(flow, amount)),
        2 => flow.clone().prop_map(Act::Release),
        4 => (flow.clone(), prop::sample::select(OperationState::ALL.to_vec()))
            .prop_map(|(flow, state)| Act::Operate(flow, state)),
        1 => (flow, any::<bool>()).prop_map(|(flow, done)| Act::End(flow, done)),
        2 => (0..2_000_u64).prop_map(Act::Numbers),
    ]
}

fn change(act: &Act) -> Change {
    match *act {
        Act::Ask(flow) => Change::InsertFlow(asked(flow, &(flow % 5).to_string())),
        Act::Cancel(flow) => Change::CancelKey(crate::support::key(&(flow % 5).to_string())),
        Act::Reserve(flow, amount) => Change::Reserve { hold: hold(flow), amount, ceiling: 100 },
        Act::Release(flow) => Change::Release(hold(flow)),
        Act::Operate(flow, state) => Change::PutOperation(operation(flow, "paid", state)),
        Act::End(flow, done) => {
            let end = Some(if done { End::Done } else { End::Refused });
            Change::PutFlow(FlowPut { end, ..put(flow, "ended") })
        }
        Act::Numbers(count) => Change::Numbers(NumberRequest { party: "core".into(), date: DAY, count }),
    }
}

fn groups() -> impl Strategy<Value = Vec<Vec<Vec<Act>>>> {
    let writes = prop::collection::vec(prop::collection::vec(act(), 1..4), 1..6);
    prop::collection::vec(writes, 1..12)
}

#[test]
fn the_embedded_store_says_what_the_memory_store_says() {
    let said = TestRunner::new(config()).run(&groups(), |groups| {
        let folder = Folder::new("same");
        say_the_same(&mut open(&folder.journal()), &groups)?;
        is_whole(&store::verify(&folder.journal()).unwrap())
    });
    said.unwrap();
}

#[test]
fn the_postgres_store_says_what_the_memory_store_says() {
    let cluster = Cluster::start();
    let count = Cell::new(0);
    // Each case makes its tables anew, which takes its time.
    let said = TestRunner::new(ProptestConfig { cases: 24, ..config() }).run(&groups(), |groups| {
        count.set(count.get() + 1);
        let schema = format!("same_{}", count.get());
        say_the_same(&mut cluster.open(&schema), &groups)?;
        is_whole(&store::postgres_verify(&cluster.place(&schema)).unwrap())
    });
    said.unwrap();
}

fn is_whole(verified: &store::Verified) -> Result<(), TestCaseError> {
    prop_assert!(verified.is_whole(), "{:?}", verified.faults);
    Ok(())
}

fn say_the_same(store: &mut dyn Store, groups: &[Vec<Vec<Act>>]) -> Result<(), TestCaseError> {
    let mut memory = MemoryStore::open(&MemoryDisk::new());
    for group in groups {
        let group: Vec<_> = group.iter().map(|acts| write(1, acts.iter().map(change).collect())).collect();
        prop_assert_eq!(store.commit(&group).unwrap(), memory.commit(&group).unwrap());
    }
    let (mut a, mut b) = (store.reader().unwrap(), memory.reader().unwrap());
    prop_assert_eq!(a.flows_before(None, None, 99).unwrap(), b.flows_before(None, None, 99).unwrap());
    prop_assert_eq!(a.counts(DAY).unwrap(), b.counts(DAY).unwrap());
    prop_assert_eq!(a.limits(DAY, 9).unwrap(), b.limits(DAY, 9).unwrap());
    prop_assert_eq!(a.stuck(0, 99).unwrap(), b.stuck(0, 99).unwrap());
    prop_assert_eq!(a.sequence().unwrap(), b.sequence().unwrap());
    for flow in 1..12 {
        prop_assert_eq!(a.operations(FlowId(flow)).unwrap(), b.operations(FlowId(flow)).unwrap());
    }
    Ok(())
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_limit_is_never_passed_and_always_given_back(acts in prop::collection::vec((1..20_u64, 1..50_u64, any::<bool>()), 1..80)) {
        let mut store = MemoryStore::open(&MemoryDisk::new());
        let flows = (1..20).map(|flow| Change::InsertFlow(asked(flow, &flow.to_string()))).collect();
        store.commit(&[write(1, flows)]).unwrap();
        let mut held = std::collections::BTreeMap::new();
        for (flow, amount, reserve) in acts {
            let change = if reserve { change(&Act::Reserve(flow, amount)) } else { change(&Act::Release(flow)) };
            let verdict = store.commit(&[write(1, vec![change])]).unwrap().remove(0);
            match (reserve, verdict) {
                (true, Verdict::Ok(_)) => {
                    held.insert(flow, amount);
                }
                (true, Verdict::LimitFull { used, .. }) => prop_assert!(used + amount > 100),
                (true, verdict) => prop_assert!(matches!(verdict, Verdict::Impossible(_)) && held.contains_key(&flow)),
                (false, _) => {
                    held.remove(&flow);
                }
            }
            let sum: u64 = held.values().sum();
            prop_assert!(sum <= 100);
            prop_assert_eq!(store.reader().unwrap().limit_used("daily", DAY).unwrap(), sum);
        }
    }

    #[test]
    fn numbers_are_given_once_over_crashes(asks in prop::collection::vec((1..1_500_u64, 0..8_u8), 1..60)) {
        let disk = MemoryDisk::new();
        let mut store = MemoryStore::open(&disk);
        let mut given = BTreeSet::new();
        for (count, crash) in asks {
            match crash {
                0 => disk.crash_next(CrashPoint::Before),
                1 => disk.crash_next(CrashPoint::After),
                _ => {}
            }
            let ask = write(store.epoch(), vec![change(&Act::Numbers(count))]);
            match store.commit(&[ask]) {
                Ok(verdicts) => {
                    let Verdict::Ok(written) = &verdicts[0] else { panic!("{verdicts:?}") };
                    let block = &written.numbers[0];
                    for number in block.first..block.first + block.count {
                        prop_assert!(given.insert(number), "{} was given twice", number);
                    }
                }
                Err(_) => store = MemoryStore::open(&disk),
            }
        }
    }
}
