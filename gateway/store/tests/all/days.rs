//! How old days end, for each store: what is refused by its date, what holds a day back, what stays with a flow that a later
//! day touched, and that the chain proves at each step what is left.

use crate::cluster::Cluster;
use crate::support::{Folder, asked, hold, key, open, operation, proposed, put};
use store::{
    Change, CrashPoint, Day, End, FlowAsked, FlowId, FlowPut, KeepFrom, Key, Lane, Leaving, MemoryDisk,
    MemoryStore, Moment, Notice, NumberRequest, OperationPut, OperationState, Outcome, Store, Verdict,
    Verified, Write,
};

pub(crate) const FIRST: Day = Day(20_261_130);
pub(crate) const SECOND: Day = Day(20_261_201);
pub(crate) const THIRD: Day = Day(20_261_202);
const FOURTH: Day = Day(20_261_203);

type Verify<'a> = &'a dyn Fn() -> Option<Verified>;
type Case = fn(&mut dyn Store, Verify<'_>);

const CASES: [Case; 8] = [
    keys_of_a_forgotten_date_are_refused_not_new,
    a_day_goes_with_all_that_is_its_own,
    an_open_flow_holds_its_day_back,
    a_notice_that_has_not_ended_holds_its_day_back,
    a_flow_stays_whole_until_its_last_day_goes,
    what_is_written_for_a_forgotten_date_stands_in_a_kept_one,
    a_date_is_kept_from_only_by_itself_and_never_back,
    what_counts_for_ever_counts_on_when_its_flow_is_forgotten,
];

#[test]
fn the_memory_store_forgets() {
    for case in CASES {
        case(&mut MemoryStore::open(&MemoryDisk::new()), &|| None);
    }
}

#[test]
fn the_embedded_store_forgets() {
    for case in CASES {
        let folder = Folder::new("days");
        let journal = folder.journal();
        case(&mut open(&journal), &|| Some(store::verify(&journal).unwrap()));
    }
}

#[test]
fn the_postgres_store_forgets() {
    let cluster = Cluster::start();
    for (number, case) in CASES.into_iter().enumerate() {
        let schema = format!("days_{number}");
        let place = cluster.place(&schema);
        case(&mut cluster.open(&schema), &|| Some(store::postgres_verify(&place).unwrap()));
        let left = format!(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = '{schema}' AND c.relname = 'journal_{}'",
            FIRST.0
        );
        let kept = [2, 6].contains(&number);
        assert_eq!(cluster.say(&left), if kept { "1" } else { "0" }, "case {number}");
    }
}

fn is_whole(verify: Verify<'_>) {
    if let Some(verified) = verify() {
        assert!(verified.is_whole(), "{:?}", verified.faults);
    }
}

/// Commits one write for a date.
pub(crate) fn on(store: &mut dyn Store, date: Day, changes: Vec<Change>) -> Verdict {
    let write = Write { lane: Lane::Outcome, epoch: store.epoch(), at: Moment(1_000), date, changes };
    store.commit(&[write]).unwrap().remove(0)
}

pub(crate) fn put_on(store: &mut dyn Store, date: Day, changes: Vec<Change>) {
    let verdict = on(store, date, changes);
    assert!(matches!(verdict, Verdict::Ok(_)), "{verdict:?}");
}

pub(crate) fn keep_from(from: Day) -> Change {
    Change::KeepFrom(KeepFrom { from, by: "the clock of one".into(), export: None })
}

/// Takes out what is left of days that are forgotten, and looks at each step whether the chain proves it.
pub(crate) fn forget(store: &mut dyn Store, today: Day, verify: Verify<'_>) {
    let mut told = None;
    for _ in 0..1_000 {
        is_whole(verify);
        match store.reader().unwrap().leaving().unwrap() {
            Leaving::Nothing => return,
            Leaving::Rows => put_on(store, today, vec![Change::ForgetRows]),
            Leaving::Chain(day) => {
                if told != Some(day) {
                    let mut pieces = store.reader().unwrap().carried(day).unwrap();
                    while let Some(carried) = pieces.next_piece().unwrap() {
                        put_on(store, today, vec![Change::Carry(carried)]);
                    }
                    told = Some(day);
                }
                put_on(store, today, vec![Change::ForgetChain(day)]);
            }
        }
    }
    panic!("it never ends");
}

fn asked_on(date: Day, flow: u64) -> FlowAsked {
    FlowAsked { key: key_of(date, &flow.to_string()), ..asked(flow, "") }
}

fn key_of(date: Day, once: &str) -> Key {
    Key { date, ..key(once) }
}

fn ended(flow: u64) -> Change {
    Change::PutFlow(FlowPut { end: Some(End::Done), answer: Some(b"a".to_vec()), ..put(flow, "ended") })
}

fn event(flow: u64, kind: &str) -> Change {
    Change::Event { flow: FlowId(flow), kind: kind.into(), body: b"body".to_vec() }
}

/// A flow with one operation, asked and ended on a date.
pub(crate) fn business(store: &mut dyn Store, date: Day, flow: u64) {
    let paid = OperationPut { date, ..operation(flow, "paid", OperationState::Intent) };
    put_on(store, date, vec![Change::InsertFlow(asked_on(date, flow)), Change::PutOperation(paid.clone())]);
    let mut held = hold(flow);
    held.day = date;
    put_on(store, date, vec![Change::Reserve { hold: held, amount: 5, ceiling: 1_000_000 }]);
    let done = OperationPut { state: OperationState::Done, reply: Some(b"ok".to_vec()), ..paid };
    put_on(store, date, vec![Change::PutOperation(done), event(flow, "reply"), ended(flow)]);
}

fn keys_of_a_forgotten_date_are_refused_not_new(store: &mut dyn Store, verify: Verify<'_>) {
    business(store, FIRST, 1);
    put_on(store, SECOND, vec![keep_from(SECOND)]);
    let too_old = Verdict::TooOld { oldest: SECOND };
    for _ in 0..2 {
        // Before its rows are gone and after: the same key, and one that was never there.
        for flow in [1, 7] {
            let again = FlowAsked { flow: FlowId(70 + flow), ..asked_on(FIRST, flow) };
            assert_eq!(on(store, SECOND, vec![Change::InsertFlow(again)]), too_old);
        }
        assert_eq!(on(store, SECOND, vec![Change::CancelKey(key_of(FIRST, "never"))]), too_old);
        let numbers = NumberRequest { party: "grid".into(), date: FIRST, count: 1 };
        assert_eq!(on(store, SECOND, vec![Change::Numbers(numbers)]), too_old);
        forget(store, SECOND, verify);
    }
    assert_eq!(store.reader().unwrap().kept_from().unwrap(), SECOND);
    business(store, SECOND, 2);
    is_whole(verify);
}

fn a_day_goes_with_all_that_is_its_own(store: &mut dyn Store, verify: Verify<'_>) {
    for flow in 1..=250 {
        business(store, FIRST, flow);
    }
    for date in [FIRST, SECOND] {
        put_on(store, date, vec![Change::CancelKey(key_of(date, "never"))]);
        let numbers = NumberRequest { party: "grid".into(), date, count: 10 };
        put_on(store, date, vec![Change::Numbers(numbers)]);
    }
    put_on(store, FIRST, vec![Change::ProposeParameter(proposed(1, "day_limit"))]);
    business(store, SECOND, 900);
    put_on(store, THIRD, vec![keep_from(SECOND)]);
    forget(store, THIRD, verify);
    let mut reader = store.reader().unwrap();
    assert_eq!(reader.flow(FlowId(1)).unwrap(), None);
    assert!(reader.operations(FlowId(250)).unwrap().is_empty());
    assert!(reader.events(FlowId(250), 0, 10).unwrap().is_empty());
    assert_eq!(reader.flow_by_key(&key_of(FIRST, "1"), FIRST).unwrap(), None);
    assert_eq!(reader.flow_by_key(&key_of(FIRST, "never"), FIRST).unwrap(), None);
    assert_eq!(reader.flow_by_key(&key_of(SECOND, "never"), FIRST).unwrap(), Some((SECOND, None)));
    assert_eq!(reader.by_serial("grid", FIRST, "S000007").unwrap(), None);
    assert_eq!(reader.limit_used("daily", FIRST).unwrap(), 0);
    assert_eq!(reader.limit_used("daily", SECOND).unwrap(), 5);
    assert_eq!(reader.found_by("by customer", &[3; 32], 10).unwrap().len(), 1);
    assert_eq!(reader.parameter_changes(0, 10).unwrap().len(), 1, "what two persons decide stays");
    let states = reader.operation_states(FlowId(900)).unwrap();
    assert_eq!(states.len(), 2);
    let days = reader.forgotten(10).unwrap();
    assert!(days.len() == 1 && days[0].gone, "{days:?}");
    assert_eq!((days[0].date, days[0].by.as_str()), (FIRST, "the clock of one"));
    // Operations never get a number again.
    business(store, THIRD, 901);
    let mut reader = store.reader().unwrap();
    assert_eq!(reader.operations(FlowId(901)).unwrap()[0].number, 252);
    is_whole(verify);
}

fn an_open_flow_holds_its_day_back(store: &mut dyn Store, verify: Verify<'_>) {
    business(store, FIRST, 1);
    put_on(store, FIRST, vec![Change::InsertFlow(asked_on(FIRST, 2))]);
    put_on(
        store,
        FIRST,
        vec![Change::PutOperation(operation(2, "paid", OperationState::Parked)), event(2, "parked")],
    );
    assert_eq!(store.reader().unwrap().held_back(SECOND).unwrap(), Some(FlowId(2)));
    let verdict = on(store, SECOND, vec![keep_from(SECOND)]);
    assert!(matches!(&verdict, Verdict::Impossible(why) if why.contains("flow 2")), "{verdict:?}");
    assert_eq!(store.reader().unwrap().leaving().unwrap(), Leaving::Nothing);
    // An older day than the flow's goes all the same.
    assert_eq!(store.reader().unwrap().held_back(FIRST).unwrap(), None);
    put_on(store, SECOND, vec![keep_from(FIRST)]);
    forget(store, SECOND, verify);
    assert!(store.reader().unwrap().flow(FlowId(1)).unwrap().is_some());
}

fn a_notice_that_has_not_ended_holds_its_day_back(store: &mut dyn Store, verify: Verify<'_>) {
    business(store, FIRST, 1);
    let notice = |outcome| Notice {
        flow: FlowId(1),
        name: "told".into(),
        party: "grid".into(),
        call: "tell".into(),
        body: b"x".to_vec(),
        tries: 1,
        outcome,
        due: Moment(5),
    };
    let given_up = Change::PutNotice(notice(Outcome::Parked));
    let ended = Change::DecideNotice(notice(Outcome::Ended));
    put_on(store, FIRST, vec![Change::PutNotice(notice(Outcome::Due))]);
    assert!(matches!(on(store, THIRD, vec![keep_from(SECOND)]), Verdict::Impossible(_)));
    assert_eq!(store.reader().unwrap().held_back(SECOND).unwrap(), Some(FlowId(1)));
    // What its party will not take is tried no more, and waits for people.
    put_on(store, FIRST, vec![given_up]);
    assert!(matches!(on(store, THIRD, vec![keep_from(SECOND)]), Verdict::Impossible(_)));
    assert_eq!(store.reader().unwrap().held_back(SECOND).unwrap(), Some(FlowId(1)));
    put_on(store, SECOND, vec![ended]);
    assert_eq!(store.reader().unwrap().held_back(SECOND).unwrap(), None);
    // It was ended a day later: the flow goes with that day.
    put_on(store, THIRD, vec![keep_from(SECOND)]);
    forget(store, THIRD, verify);
    assert!(store.reader().unwrap().flow(FlowId(1)).unwrap().is_some());
}

fn a_flow_stays_whole_until_its_last_day_goes(store: &mut dyn Store, verify: Verify<'_>) {
    business(store, FIRST, 1);
    business(store, FIRST, 2);
    put_on(store, SECOND, vec![event(2, "document read")]);
    // Of a month's limit: its hold is of the last day of the month.
    put_on(store, FIRST, vec![Change::InsertFlow(asked_on(FIRST, 3)), ended(3)]);
    put_on(store, FIRST, vec![Change::Reserve { hold: month(3), amount: 7, ceiling: 100 }]);
    put_on(store, THIRD, vec![keep_from(SECOND)]);
    forget(store, THIRD, verify);
    let mut reader = store.reader().unwrap();
    assert_eq!(reader.flow(FlowId(1)).unwrap(), None);
    let kept = reader.operations(FlowId(2)).unwrap().remove(0);
    assert_eq!((kept.state, kept.copies, kept.reply.as_deref()), (OperationState::Done, 1, Some(&b"ok"[..])));
    assert_eq!(reader.events(FlowId(2), 0, 10).unwrap().len(), 2);
    assert_eq!(reader.limit_used("monthly", month(3).day).unwrap(), 7);
    drop(reader);
    put_on(store, THIRD, vec![keep_from(THIRD)]);
    forget(store, THIRD, verify);
    let mut reader = store.reader().unwrap();
    assert_eq!(reader.flow(FlowId(2)).unwrap(), None);
    assert!(reader.flow(FlowId(3)).unwrap().is_some());
    drop(reader);
    let after = Day(month(3).day.0 + 1);
    put_on(store, after, vec![keep_from(after)]);
    forget(store, after, verify);
    assert_eq!(store.reader().unwrap().flow(FlowId(3)).unwrap(), None);
    assert_eq!(store.reader().unwrap().limit_used("monthly", month(3).day).unwrap(), 0);
}

fn month(flow: u64) -> store::Hold {
    store::Hold { limit: "monthly".into(), day: Day(20_261_230), ..hold(flow) }
}

pub(crate) fn for_ever(flow: u64) -> store::Hold {
    store::Hold { limit: "once".into(), day: Day(0), ..hold(flow) }
}

fn what_counts_for_ever_counts_on_when_its_flow_is_forgotten(store: &mut dyn Store, verify: Verify<'_>) {
    for (date, flow) in [(FIRST, 1), (FIRST, 2), (SECOND, 3), (THIRD, 4)] {
        let changes = vec![Change::InsertFlow(asked_on(date, flow)), ended(flow)];
        put_on(store, date, changes);
        put_on(store, date, vec![Change::Reserve { hold: for_ever(flow), amount: 2, ceiling: 9 }]);
    }
    // What was given back before stays given back.
    put_on(store, FIRST, vec![Change::InsertFlow(asked_on(FIRST, 5)), ended(5)]);
    put_on(store, FIRST, vec![Change::Reserve { hold: for_ever(5), amount: 1, ceiling: 9 }]);
    put_on(store, FIRST, vec![Change::Release(for_ever(5))]);
    for (today, from) in [(THIRD, SECOND), (THIRD, THIRD), (FOURTH, FOURTH)] {
        put_on(store, today, vec![keep_from(from)]);
        forget(store, today, verify);
        is_whole(verify);
        assert_eq!(store.reader().unwrap().limit_used("once", Day(0)).unwrap(), 8);
    }
    assert_eq!(store.reader().unwrap().flow(FlowId(4)).unwrap(), None);
    let more = |flow, amount| vec![Change::Reserve { hold: for_ever(flow), amount, ceiling: 9 }];
    put_on(store, FOURTH, vec![Change::InsertFlow(asked_on(FOURTH, 6))]);
    let full = Verdict::LimitFull { limit: "once".into(), used: 8 };
    assert_eq!(on(store, FOURTH, more(6, 2)), full);
    put_on(store, FOURTH, more(6, 1));
    // The chain of the day on which they were forgotten goes too: what it said of them is carried on.
    put_on(store, FOURTH, vec![ended(6)]);
    let after = Day(FOURTH.0 + 1);
    put_on(store, after, vec![keep_from(after)]);
    forget(store, after, verify);
    assert_eq!(store.reader().unwrap().limit_used("once", Day(0)).unwrap(), 9);
    is_whole(verify);
}

fn what_is_written_for_a_forgotten_date_stands_in_a_kept_one(store: &mut dyn Store, verify: Verify<'_>) {
    business(store, FIRST, 1);
    put_on(store, SECOND, vec![event(1, "document read")]);
    put_on(store, THIRD, vec![keep_from(SECOND)]);
    forget(store, THIRD, verify);
    // Whoever asked takes it back, under the date on which it was asked.
    put_on(store, FIRST, vec![Change::PutFlow(FlowPut { taken_up: true, ..put(1, "taken back") })]);
    is_whole(verify);
    assert!(matches!(on(store, THIRD, vec![keep_from(THIRD)]), Verdict::Impossible(_)));
    put_on(store, FIRST, vec![ended(1), event(1, "told")]);
    put_on(store, THIRD, vec![keep_from(THIRD)]);
    forget(store, THIRD, verify);
    assert_eq!(store.reader().unwrap().flow(FlowId(1)).unwrap(), None);
}

fn a_date_is_kept_from_only_by_itself_and_never_back(store: &mut dyn Store, verify: Verify<'_>) {
    business(store, FIRST, 1);
    assert_eq!(store.reader().unwrap().oldest_day().unwrap(), Some(FIRST));
    put_on(store, SECOND, vec![keep_from(FIRST)]);
    for (date, changes) in [
        (SECOND, vec![keep_from(Day(20_261_129))]),
        (SECOND, vec![keep_from(FIRST)]),
        (FIRST, vec![keep_from(SECOND)]),
        (SECOND, vec![keep_from(SECOND), event(1, "x")]),
        (SECOND, vec![Change::ForgetChain(FIRST)]),
        (SECOND, vec![Change::ForgetChain(Day(0))]),
    ] {
        let verdict = on(store, date, changes.clone());
        assert!(matches!(verdict, Verdict::Impossible(_)), "{changes:?}: {verdict:?}");
    }
    is_whole(verify);
}

#[test]
fn what_is_altered_behind_a_forgotten_day_is_found() {
    let alterations = [
        "UPDATE forgotten SET by_whom = 'nobody'",
        "UPDATE forgotten SET heads = zeroblob(32)",
        "DELETE FROM forgotten",
        "UPDATE chain_head SET hash = zeroblob(32) WHERE date = 20261130",
        "DELETE FROM chain_head WHERE date = 20261130",
        "UPDATE holder SET oldest = 20261130",
        // Of a flow that stays, by what was carried on from the chain that went.
        "UPDATE operation SET amount = 1 WHERE flow = 2",
        "DELETE FROM operation WHERE flow = 2",
        "DELETE FROM operation_change WHERE number = 2",
        "DELETE FROM flow WHERE flow = 2",
        "DELETE FROM flow_key WHERE flow = 2",
        "UPDATE flow SET state = x'00' WHERE flow = 2",
        "DELETE FROM event WHERE flow = 2 AND day = 20261130",
        "DELETE FROM event WHERE flow = 2 AND day = 20261201",
        "DELETE FROM flow WHERE flow = 3; DELETE FROM flow_key WHERE flow = 3;
         DELETE FROM limit_hold WHERE flow = 3; DELETE FROM limit_use WHERE name = 'monthly'",
        // What a forgotten flow holds for ever.
        "UPDATE limit_hold SET amount = 1 WHERE flow = 0; UPDATE limit_use SET used = 1 WHERE day = 0",
        "DELETE FROM limit_hold WHERE flow = 0; DELETE FROM limit_use WHERE day = 0",
        "DELETE FROM parameter_change",
        // Written into a day that went.
        "INSERT INTO journal SELECT sequence + 500, node, 20261130, at, entries, hash FROM journal LIMIT 1",
    ];
    let folder = Folder::new("days");
    {
        let mut store = open(&folder.journal());
        business(&mut store, FIRST, 1);
        put_on(&mut store, FIRST, vec![Change::Reserve { hold: for_ever(1), amount: 2, ceiling: 9 }]);
        business(&mut store, FIRST, 2);
        put_on(&mut store, SECOND, vec![event(2, "document read")]);
        put_on(&mut store, FIRST, vec![Change::InsertFlow(asked_on(FIRST, 3)), ended(3)]);
        put_on(&mut store, FIRST, vec![Change::Reserve { hold: month(3), amount: 7, ceiling: 100 }]);
        put_on(&mut store, FIRST, vec![Change::ProposeParameter(proposed(1, "day_limit"))]);
        put_on(&mut store, THIRD, vec![keep_from(SECOND)]);
        forget(&mut store, THIRD, &|| Some(store::verify(&folder.journal()).unwrap()));
    }
    let copy = folder.path().join("copy.db");
    for alteration in alterations {
        drop(std::fs::remove_file(&copy));
        store::backup(&folder.journal(), &copy).unwrap();
        assert!(store::verify(&copy).unwrap().is_whole());
        rusqlite::Connection::open(&copy).unwrap().execute_batch(alteration).unwrap();
        assert!(!store::verify(&copy).unwrap().is_whole(), "not found: {alteration}");
    }
}

#[test]
fn what_stays_of_a_day_is_carried_on_in_pieces_and_once() {
    let folder = Folder::new("days");
    let mut store = open(&folder.journal());
    put_on(&mut store, FIRST, vec![Change::InsertFlow(asked_on(FIRST, 1))]);
    put_on(&mut store, FIRST, (0..2_500).map(|_| event(1, "packet")).collect());
    put_on(&mut store, SECOND, vec![ended(1)]);
    put_on(&mut store, THIRD, vec![keep_from(SECOND)]);
    let mut pieces = store.reader().unwrap().carried(FIRST).unwrap();
    let mut carried = Vec::new();
    while let Some(piece) = pieces.next_piece().unwrap() {
        carried.push(piece);
    }
    // What was asked, how the flow stood, and the events: a thousand rows each.
    assert_eq!(carried.len(), 3);
    assert!(carried.windows(2).all(|two| two[0] != two[1]));
    forget(&mut store, THIRD, &|| Some(store::verify(&folder.journal()).unwrap()));
    assert_eq!(store.reader().unwrap().events(FlowId(1), 0, 5_000).unwrap().len(), 2_500);
}

#[test]
fn room_comes_back_to_the_disk() {
    let folder = Folder::new("days");
    let mut store = open(&folder.journal());
    for flow in 1..=400 {
        let body = vec![7; 4_000];
        let large = Change::Event { flow: FlowId(flow), kind: "packet".into(), body };
        put_on(&mut store, FIRST, vec![Change::InsertFlow(asked_on(FIRST, flow)), large, ended(flow)]);
    }
    let pages = || -> i64 {
        let connection = rusqlite::Connection::open(folder.journal()).unwrap();
        connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap()
    };
    let before = pages();
    put_on(&mut store, THIRD, vec![keep_from(SECOND)]);
    forget(&mut store, THIRD, &|| None);
    assert!(pages() < before / 3, "{} of {before} pages are left", pages());
}

#[test]
fn a_reader_does_not_hold_postings_up_while_a_day_goes() {
    let cluster = Cluster::start();
    let mut store = cluster.open("journal");
    business(&mut store, FIRST, 1);
    put_on(&mut store, THIRD, vec![keep_from(SECOND)]);
    let read = "BEGIN; SELECT count(*) FROM journal.journal; SELECT pg_sleep(3)";
    std::thread::scope(|scope| {
        scope.spawn(|| cluster.try_say(read));
        while cluster
            .say("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3)' AND state = 'active'")
            == "0"
        {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        put_on(&mut store, THIRD, vec![Change::ForgetRows]);
        let began = std::time::Instant::now();
        put_on(&mut store, THIRD, vec![Change::ForgetChain(FIRST)]);
        // A new day's tables are made beside the reader, too.
        business(&mut store, Day(20_270_301), 2);
        assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
        assert_eq!(store.reader().unwrap().leaving().unwrap(), Leaving::Chain(FIRST));
    });
    forget(&mut store, THIRD, &|| Some(store::postgres_verify(&cluster.place("journal")).unwrap()));
    let ahead = "SELECT to_regclass('journal.event_20270303') IS NOT NULL";
    assert_eq!(cluster.say(ahead), "t", "the tables of the next days are made ahead");
}

#[test]
fn forgetting_goes_on_after_a_crash_at_any_commit() {
    for point in [CrashPoint::Before, CrashPoint::After] {
        for crash in 0..6 {
            let disk = MemoryDisk::new();
            let mut store = MemoryStore::open(&disk);
            for flow in 1..=250 {
                business(&mut store, FIRST, flow);
            }
            business(&mut store, SECOND, 900);
            disk.crash_after(crash, point);
            let step = |store: &mut MemoryStore| -> Option<bool> {
                let change = match store.reader().unwrap().leaving().unwrap() {
                    Leaving::Rows => Change::ForgetRows,
                    Leaving::Chain(day) => Change::ForgetChain(day),
                    Leaving::Nothing if store.reader().unwrap().kept_from().unwrap() < SECOND => {
                        keep_from(SECOND)
                    }
                    Leaving::Nothing => return None,
                };
                let (lane, epoch, changes) = (Lane::Outcome, store.epoch(), vec![change]);
                let write = Write { lane, epoch, at: Moment(1), date: THIRD, changes };
                Some(store.commit(&[write]).is_ok())
            };
            while let Some(alive) = step(&mut store) {
                if !alive {
                    store = MemoryStore::open(&disk);
                }
            }
            let mut reader = store.reader().unwrap();
            assert!((1..=250).all(|flow| reader.flow(FlowId(flow)).unwrap().is_none()));
            assert!(reader.flow(FlowId(900)).unwrap().is_some());
            assert!(reader.forgotten(10).unwrap()[0].gone);
        }
    }
}

#[test]
fn each_chain_of_a_group_ends_with_a_write_of_its_own() {
    let folder = Folder::new("days");
    let mut store = open(&folder.journal());
    let of =
        |date, changes| Write { lane: Lane::Outcome, epoch: store.epoch(), at: Moment(1_000), date, changes };
    let of_first = of(FIRST, vec![Change::CancelKey(key_of(FIRST, "never"))]);
    let of_second = |once| of(SECOND, vec![Change::CancelKey(key_of(SECOND, once))]);
    // The day is forgotten by the last hashes that it has then, whatever stands behind it in the group.
    let group = [of_first, of_second("never"), of(THIRD, vec![keep_from(SECOND)]), of_second("neither")];
    let verdicts = store.commit(&group).unwrap();
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Ok(_))), "{verdicts:?}");
    let others = "SELECT count(*) FROM chain_head h WHERE sequence <>
                  (SELECT max(sequence) FROM journal j WHERE j.node = h.node AND j.date = h.date)";
    let connection = rusqlite::Connection::open(folder.journal()).unwrap();
    let others: i64 = connection.query_row(others, [], |row| row.get(0)).unwrap();
    assert_eq!(others, 0);
    drop(connection);
    forget(&mut store, THIRD, &|| Some(store::verify(&folder.journal()).unwrap()));
}

#[test]
fn a_flow_that_stays_leaves_a_day_in_pieces() {
    const EVENTS: u64 = 6_000;
    let cluster = Cluster::start();
    let place = cluster.place("journal");
    let mut store = cluster.open("journal");
    put_on(&mut store, FIRST, vec![Change::InsertFlow(asked_on(FIRST, 1))]);
    for _ in 0..2 {
        put_on(&mut store, FIRST, (0..EVENTS / 2).map(|_| event(1, "packet")).collect());
    }
    put_on(&mut store, SECOND, vec![ended(1)]);
    put_on(&mut store, THIRD, vec![keep_from(SECOND)]);
    let verify = || Some(store::postgres_verify(&place).unwrap());
    let mut pieces = store.reader().unwrap().carried(FIRST).unwrap();
    while let Some(carried) = pieces.next_piece().unwrap() {
        put_on(&mut store, THIRD, vec![Change::Carry(carried)]);
    }
    put_on(&mut store, THIRD, vec![Change::ForgetChain(FIRST)]);
    assert_eq!(store.reader().unwrap().leaving().unwrap(), Leaving::Chain(FIRST));
    let left = "SELECT count(*) FROM journal.event WHERE day = 20261130";
    assert_eq!(cluster.say(left), "1000");
    is_whole(&verify);
    forget(&mut store, THIRD, &verify);
    assert_eq!(store.reader().unwrap().leaving().unwrap(), Leaving::Nothing);
    let there = "SELECT count(*) FROM journal.event WHERE flow = 1";
    assert_eq!(cluster.say(there), EVENTS.to_string());
}
