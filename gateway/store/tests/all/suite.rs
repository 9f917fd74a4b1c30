//! The suite of `Store`: one function, called for each store.

use crate::cluster::Cluster;
use crate::support::{DAY, Folder, asked, hold, key, one, open, operation, proposed, put, taken, write};
use store::{
    AsOf, Change, CrashPoint, Day, Direction, End, Fatal, FileProgress, FlowAsked, FlowId, FlowPut,
    FlowsOfDay, Key, Lane, MemoryDisk, MemoryStore, Moment, Notice, NumberRequest, OperationPut,
    OperationState, Outcome, ParameterDecided, RefusedInput, Session, Store, Verdict,
};

#[test]
fn the_memory_store_passes() {
    every_case(&mut || Box::new(MemoryStore::open(&MemoryDisk::new())));
}

#[test]
fn the_embedded_store_passes() {
    let mut folders = Vec::new();
    every_case(&mut || {
        let folder = Folder::new("suite");
        let store = open(&folder.journal());
        folders.push(folder);
        Box::new(store)
    });
    for folder in &folders {
        let verified = store::verify(&folder.journal()).unwrap();
        assert!(verified.is_whole(), "{:?}", verified.faults);
    }
}

#[test]
fn the_postgres_store_passes() {
    let cluster = Cluster::start();
    let mut cases = 0;
    every_case(&mut || {
        cases += 1;
        Box::new(cluster.open(&format!("case_{cases}")))
    });
    for case in 1..=cases {
        let verified = store::postgres_verify(&cluster.place(&format!("case_{case}"))).unwrap();
        assert!(verified.is_whole(), "{:?}", verified.faults);
    }
}

type Fresh<'a> = &'a mut dyn FnMut() -> Box<dyn Store>;

fn every_case(fresh: Fresh<'_>) {
    let cases: [fn(&mut dyn Store); 18] = [
        a_key_is_taken_once,
        a_key_is_one_on_all_of_its_days,
        a_cancelled_key_stays_cancelled,
        one_bad_write_leaves_the_others,
        a_write_is_taken_whole_or_not,
        an_older_epoch_is_fenced,
        an_end_is_told_once,
        what_ended_done_is_open_while_it_is_taken_back,
        states_go_forward,
        operations_as_of_a_place,
        operations_are_found,
        limits_hold,
        numbers_are_never_reused,
        open_flows_and_children,
        small_rows_come_back,
        notices_that_are_given_up_wait_for_people,
        refusals_are_counted,
        parameters_are_changed_by_two,
    ];
    for case in cases {
        case(fresh().as_mut());
    }
}

fn a_key_is_taken_once(store: &mut dyn Store) {
    taken(store, vec![Change::InsertFlow(asked(1, "a"))]);
    let again = one(store, vec![Change::InsertFlow(asked(2, "a"))]);
    assert_eq!(again, Verdict::KeyTaken { flow: FlowId(1), digest: [7; 32] });
    let epoch = store.epoch();
    let group = [
        write(epoch, vec![Change::InsertFlow(asked(3, "b"))]),
        write(epoch, vec![Change::InsertFlow(asked(4, "b"))]),
    ];
    let verdicts = store.commit(&group).unwrap();
    assert_eq!(verdicts[1], Verdict::KeyTaken { flow: FlowId(3), digest: [7; 32] });
    let mut other_date = asked(5, "a");
    other_date.key.date = Day(20_261_124);
    other_date.same_on = (other_date.key.date, other_date.key.date);
    taken(store, vec![Change::InsertFlow(other_date)]);
    let used = one(store, vec![Change::InsertFlow(asked(1, "z"))]);
    assert!(matches!(used, Verdict::Impossible(_)), "{used:?}");
    let mut reader = store.reader().unwrap();
    let mut on = |once: &str, since: u32, last: u32| {
        reader.flow_by_key(&Key { date: Day(last), ..key(once) }, Day(since)).unwrap()
    };
    assert_eq!(on("a", DAY.0, DAY.0), Some((DAY, Some(FlowId(1)))));
    assert_eq!(on("a", 0, 20_991_231), Some((Day(20_261_124), Some(FlowId(5)))), "the latest of its days");
    assert_eq!(
        (on("a", 20_261_125, 20_991_231), on("a", 0, DAY.0 - 1), on("A", 0, 20_991_231)),
        (None, None, None)
    );
    assert_eq!(reader.flow(FlowId(2)).unwrap(), None);
    assert_eq!(reader.asked(FlowId(1)).unwrap().unwrap().asked, b"the ask");
    let row = reader.flow(FlowId(1)).unwrap().unwrap();
    assert_eq!(
        (row.state.as_slice(), row.wake, row.version),
        (b"asked".as_slice(), Some(Moment(50)), [9; 32])
    );
}

/// Two copies of one ask over midnight: the later day begins while the earlier is on its way, or the other way round; and what
/// was cancelled on a day around.
fn a_key_is_one_on_all_of_its_days(store: &mut dyn Store) {
    let on = |flow: u64, once: &str, day: u32, first: u32, last: u32| {
        let asked = asked(flow, once);
        let key = Key { date: Day(day), ..key(once) };
        Change::InsertFlow(FlowAsked { key, same_on: (Day(first), Day(last)), ..asked })
    };
    let has = |flow| Verdict::KeyTaken { flow: FlowId(flow), digest: [7; 32] };
    let cancelled = |once: &str, day: u32| Change::CancelKey(Key { date: Day(day), ..key(once) });
    taken(store, vec![on(1, "a", 20_261_130, 20_261_123, 20_261_201)]);
    assert_eq!(one(store, vec![on(2, "a", 20_261_201, 20_261_124, 20_261_202)]), has(1));
    assert_eq!(one(store, vec![on(2, "a", 20_261_129, 20_261_122, 20_261_130)]), has(1));
    let epoch = store.epoch();
    let group = [
        write(epoch, vec![on(3, "b", 20_261_201, 20_261_124, 20_261_202)]),
        write(epoch, vec![on(4, "b", 20_261_130, 20_261_123, 20_261_201)]),
    ];
    assert_eq!(store.commit(&group).unwrap()[1], has(3), "in one group");
    // Behind its days it is another ask; what another asks, or we, has another key.
    taken(store, vec![on(5, "a", 20_261_208, 20_261_201, 20_261_209)]);
    let mut ours = asked(6, "a");
    ours.key = Key { date: Day(20_261_201), direction: Direction::Out, ..ours.key };
    ours.same_on = (Day(0), Day(20_991_231));
    taken(store, vec![Change::InsertFlow(ours)]);
    assert_eq!(one(store, vec![on(7, "a", 20_261_220, 0, 20_991_231)]), has(5), "the latest of all days");
    taken(store, vec![cancelled("c", 20_261_201)]);
    assert_eq!(one(store, vec![on(8, "c", 20_261_130, 20_261_123, 20_261_201)]), Verdict::KeyCancelled);
    taken(store, vec![on(8, "c", 20_261_129, 20_261_122, 20_261_130)]);
    assert_eq!(one(store, vec![on(9, "c", 20_261_201, 20_261_122, 20_261_202)]), has(8), "a flow goes first");
    // Also what stands before it in the same write.
    let both = vec![on(9, "d", 20_261_130, 0, 20_261_201), on(10, "d", 20_261_201, 20_261_124, 20_261_202)];
    assert_eq!(one(store, both), has(9));
    let both = vec![cancelled("e", 20_261_201), on(9, "e", 20_261_130, 20_261_123, 20_261_201)];
    assert_eq!(one(store, both), Verdict::KeyCancelled);
}

fn a_cancelled_key_stays_cancelled(store: &mut dyn Store) {
    taken(store, vec![Change::CancelKey(key("a"))]);
    taken(store, vec![Change::CancelKey(key("a"))]);
    assert_eq!(one(store, vec![Change::InsertFlow(asked(1, "a"))]), Verdict::KeyCancelled);
    taken(store, vec![Change::InsertFlow(asked(1, "b"))]);
    let late = one(store, vec![Change::CancelKey(key("b"))]);
    assert_eq!(late, Verdict::KeyTaken { flow: FlowId(1), digest: [7; 32] });
    assert_eq!(
        store.reader().unwrap().flow_by_key(&key("a"), key("a").date).unwrap(),
        Some((key("a").date, None))
    );
}

fn one_bad_write_leaves_the_others(store: &mut dyn Store) {
    taken(store, vec![Change::InsertFlow(asked(1, "a"))]);
    let epoch = store.epoch();
    let once = |flow: u64| if flow == 30 { "a".to_owned() } else { flow.to_string() };
    let group: Vec<_> =
        (2..66).map(|flow| write(epoch, vec![Change::InsertFlow(asked(flow, &once(flow)))])).collect();
    let verdicts = store.commit(&group).unwrap();
    assert_eq!(verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Ok(_))).count(), 63);
    assert!(matches!(verdicts[28], Verdict::KeyTaken { .. }));
    assert_eq!(store.reader().unwrap().sequence().unwrap(), 64);
}

fn a_write_is_taken_whole_or_not(store: &mut dyn Store) {
    let reserve = |flow, ceiling| Change::Reserve { hold: hold(flow), amount: 10, ceiling };
    let event = Change::Event { flow: FlowId(1), kind: "asked".into(), body: b"x".to_vec() };
    let full = one(store, vec![Change::InsertFlow(asked(1, "a")), event, reserve(1, 9)]);
    assert_eq!(full, Verdict::LimitFull { limit: "daily".into(), used: 0 });
    let mut reader = store.reader().unwrap();
    assert_eq!(reader.flow(FlowId(1)).unwrap(), None);
    assert_eq!(reader.flow_by_key(&key("a"), key("a").date).unwrap(), None);
    assert!(reader.events(FlowId(1), 0, 10).unwrap().is_empty());
    assert_eq!(reader.sequence().unwrap(), 0);
    taken(store, vec![Change::InsertFlow(asked(1, "a")), reserve(1, 10)]);
    let lost = one(store, vec![Change::PutFlow(put(99, "x"))]);
    assert!(matches!(lost, Verdict::Impossible(_)), "{lost:?}");
}

fn an_older_epoch_is_fenced(store: &mut dyn Store) {
    let epoch = store.epoch();
    let verdicts = store.commit(&[write(epoch - 1, vec![Change::InsertFlow(asked(1, "a"))])]).unwrap();
    assert_eq!(verdicts, [Verdict::Fenced { epoch }]);
}

fn an_end_is_told_once(store: &mut dyn Store) {
    taken(store, vec![Change::InsertFlow(asked(1, "a"))]);
    let end = |end| FlowPut { end: Some(end), answer: Some(b"answer".to_vec()), ..put(1, "ended") };
    taken(store, vec![Change::PutFlow(end(End::Done))]);
    let other = one(store, vec![Change::PutFlow(end(End::Refused))]);
    assert!(matches!(other, Verdict::Impossible(_)), "{other:?}");
    let open = one(store, vec![Change::PutFlow(put(1, "open again"))]);
    assert!(matches!(open, Verdict::Impossible(_)), "{open:?}");
    let row = store.reader().unwrap().flow(FlowId(1)).unwrap().unwrap();
    assert_eq!((row.end, row.answer.as_deref()), (Some(End::Done), Some(b"answer".as_slice())));
}

fn what_ended_done_is_open_while_it_is_taken_back(store: &mut dyn Store) {
    taken(store, vec![Change::InsertFlow(asked(1, "a")), Change::InsertFlow(asked(2, "b"))]);
    let end = |flow, end| FlowPut { end: Some(end), answer: Some(b"answer".to_vec()), ..put(flow, "ended") };
    taken(store, vec![Change::PutFlow(end(1, End::Done)), Change::PutFlow(end(2, End::Refused))]);
    let again = |flow| FlowPut { taken_up: true, ..put(flow, "taken back") };
    let refused = one(store, vec![Change::PutFlow(again(2))]);
    assert!(matches!(refused, Verdict::Impossible(_)), "{refused:?}");
    taken(store, vec![Change::PutFlow(again(1))]);
    let mut reader = store.reader().unwrap();
    let open = reader.open_flows(FlowId(0), 10).unwrap();
    assert_eq!(open.iter().map(|row| row.flow.0).collect::<Vec<_>>(), [1]);
    assert_eq!(open[0].answer.as_deref(), Some(b"answer".as_slice()));
    taken(store, vec![Change::PutFlow(FlowPut { end: Some(End::Done), ..put(1, "through") })]);
    assert_eq!(store.reader().unwrap().open_flows(FlowId(0), 10).unwrap(), []);
}

fn states_go_forward(store: &mut dyn Store) {
    use OperationState::{Done, Held, Intent, Refused, Reversing, Undoing, Undone, Unknown};
    taken(store, vec![Change::InsertFlow(asked(1, "a"))]);
    let put = |name: &str, state| vec![Change::PutOperation(operation(1, name, state))];
    for (name, path) in [
        ("paid", vec![Intent, Unknown, Reversing, Refused]),
        ("debit", vec![Intent, Done, Undoing, Undone]),
        ("put right", vec![Intent, Done, Undoing, Held, Undoing, Undone]),
    ] {
        for state in path {
            taken(store, put(name, state));
        }
    }
    for (name, state) in [("paid", Done), ("paid", Intent), ("debit", Done), ("debit", Held)] {
        let verdict = one(store, put(name, state));
        assert!(matches!(verdict, Verdict::Impossible(_)), "{name} {state:?}: {verdict:?}");
    }
    taken(store, put("late", Done));
    assert!(matches!(one(store, put("late", Refused)), Verdict::Impossible(_)));
}

fn operations_as_of_a_place(store: &mut dyn Store) {
    for flow in 1..=12 {
        let first = operation(flow, "paid", OperationState::Intent);
        taken(store, vec![Change::InsertFlow(asked(flow, &flow.to_string())), Change::PutOperation(first)]);
    }
    let done = |flow| OperationPut {
        reply: Some(b"reply".to_vec()),
        answered: Some(b"answer".to_vec()),
        request: None,
        ..operation(flow, "paid", OperationState::Done)
    };
    let frozen = taken(store, vec![Change::PutOperation(done(3))]).sequence;
    taken(store, vec![Change::PutOperation(done(4))]);
    let late = operation(13, "paid", OperationState::Intent);
    taken(store, vec![Change::InsertFlow(asked(13, "13")), Change::PutOperation(late)]);
    let mut reader = store.reader().unwrap();
    let mut query = AsOf { party: "grid", call: Some("pay"), date: DAY, sequence: frozen, after: 0, most: 5 };
    let mut rows = Vec::new();
    let mut pages = 0;
    loop {
        let page = reader.operations_of_day(&query).unwrap();
        pages += 1;
        rows.extend(page.rows);
        match page.next {
            Some(next) => query.after = next,
            None => break,
        }
    }
    assert_eq!((rows.len(), pages), (12, 3));
    assert!(rows.windows(2).all(|pair| pair[0].serial < pair[1].serial));
    assert_eq!(rows[2].state, OperationState::Done);
    assert_eq!(
        (rows[2].request.as_deref(), rows[2].answered.as_deref()),
        (Some(&b"request"[..]), Some(&b"answer"[..]))
    );
    assert_eq!((rows[3].state, rows[3].reply.as_deref()), (OperationState::Intent, None));
    // Each state with the write that made it durable, in order.
    let states = reader.operation_states(rows[3].flow).unwrap();
    let told: Vec<_> = states.iter().map(|row| (row.name.as_str(), row.state)).collect();
    assert_eq!(told, [("paid", OperationState::Intent), ("paid", OperationState::Done)]);
    assert_eq!(states[1].sequence, frozen + 1);
    let now = AsOf { sequence: u64::MAX, after: 0, most: 100, ..query };
    let page = reader.operations_of_day(&now).unwrap();
    assert_eq!((page.rows.len(), page.next), (13, None));
    let none = AsOf { call: Some("other"), ..now };
    assert!(reader.operations_of_day(&none).unwrap().rows.is_empty());
}

fn operations_are_found(store: &mut dyn Store) {
    for flow in 1..=3 {
        let first = operation(flow, "paid", OperationState::Intent);
        taken(store, vec![Change::InsertFlow(asked(flow, &flow.to_string())), Change::PutOperation(first)]);
    }
    let parked = OperationPut { copies: 2, ..operation(2, "paid", OperationState::Parked) };
    taken(store, vec![Change::PutOperation(parked)]);
    let mut reader = store.reader().unwrap();
    let found = reader.found_by("by customer", &[3; 32], 2).unwrap();
    assert_eq!(found.iter().map(|row| row.flow.0).collect::<Vec<_>>(), [3, 2]);
    assert!(reader.found_by("by customer", &[4; 32], 2).unwrap().is_empty());
    assert_eq!(reader.by_serial("grid", DAY, "S000002").unwrap().unwrap().copies, 2);
    assert_eq!(reader.by_serial("grid", DAY, "S000009").unwrap(), None);
    let stuck = reader.stuck(0, 10).unwrap();
    assert_eq!(stuck.iter().map(|row| row.flow.0).collect::<Vec<_>>(), [2]);
    let counts = reader.counts(DAY).unwrap();
    let counts: Vec<_> = counts.iter().map(|row| (row.state, row.count, row.amount)).collect();
    assert_eq!(counts, [(OperationState::Intent, 2, 64_690), (OperationState::Parked, 1, 32_345)]);
    assert_eq!(reader.operations(FlowId(2)).unwrap().len(), 1);
}

fn limits_hold(store: &mut dyn Store) {
    taken(store, vec![Change::InsertFlow(asked(1, "a")), Change::InsertFlow(asked(2, "b"))]);
    let reserve = |flow, amount| vec![Change::Reserve { hold: hold(flow), amount, ceiling: 100 }];
    taken(store, reserve(1, 60));
    taken(store, reserve(1, 60));
    assert_eq!(one(store, reserve(2, 41)), Verdict::LimitFull { limit: "daily".into(), used: 60 });
    taken(store, reserve(2, 40));
    assert_eq!(store.reader().unwrap().limit_used("daily", DAY).unwrap(), 100);
    taken(store, vec![Change::Release(hold(1))]);
    taken(store, vec![Change::Release(hold(1))]);
    let mut reader = store.reader().unwrap();
    assert_eq!(reader.limit_used("daily", DAY).unwrap(), 40);
    assert_eq!(reader.limits(DAY, 10).unwrap().len(), 1);
    assert_eq!(reader.limit_used("daily", Day(20_261_124)).unwrap(), 0);
}

fn numbers_are_never_reused(store: &mut dyn Store) {
    let ask = |party: &str, count| Change::Numbers(NumberRequest { party: party.into(), date: DAY, count });
    let written = taken(store, vec![ask("core", 1_000), ask("grid", 10), ask("core", 5)]);
    let firsts: Vec<_> = written.numbers.iter().map(|block| (block.first, block.count)).collect();
    assert_eq!(firsts, [(1, 1_000), (1, 10), (1_001, 5)]);
    assert_eq!(taken(store, vec![ask("core", 1)]).numbers[0].first, 1_006);
    assert!(matches!(one(store, vec![ask("core", u64::MAX)]), Verdict::Impossible(_)));
    assert!(matches!(one(store, vec![ask("core", 0)]), Verdict::Impossible(_)));
}

fn open_flows_and_children(store: &mut dyn Store) {
    taken(store, vec![Change::InsertFlow(asked(1, "batch"))]);
    for row in 0..10 {
        let mut child = asked(10 + row, &format!("row {row}"));
        child.parent = Some((FlowId(1), row));
        taken(store, vec![Change::InsertFlow(child)]);
    }
    // Another loop of the same batch has rows of the same numbers.
    for row in 0..10 {
        let mut child = asked(30 + row, &format!("other row {row}"));
        child.name.push_str("/other");
        child.parent = Some((FlowId(1), row));
        taken(store, vec![Change::InsertFlow(child)]);
        taken(store, vec![Change::PutFlow(FlowPut { end: Some(End::Done), ..put(30 + row, "x") })]);
    }
    taken(store, vec![Change::PutFlow(FlowPut { end: Some(End::Refused), ..put(12, "x") })]);
    let mut reader = store.reader().unwrap();
    let open: Vec<_> = reader.open_flows(FlowId(1), 3).unwrap().iter().map(|row| row.flow.0).collect();
    assert_eq!(open, [10, 11, 13]);
    let name = asked(1, "batch").name;
    let mut rows = |name: &str, from, most| -> Vec<u64> {
        let rows = reader.children(FlowId(1), name, from, most).unwrap();
        rows.iter().map(|row| row.flow.0).collect()
    };
    assert_eq!(rows(&name, 8, 5), [18, 19]);
    assert_eq!(rows(&format!("{name}/other"), 3, 2), [33, 34]);
    assert!(reader.has_open_children(FlowId(1)).unwrap());
    assert!(!reader.has_open_children(FlowId(30)).unwrap());
    let before: Vec<_> =
        reader.flows_before(Some(FlowId(12)), Some(DAY), 9).unwrap().iter().map(|row| row.flow.0).collect();
    assert_eq!(before, [11, 10, 1]);
    assert_eq!(reader.flows_before(None, None, 2).unwrap().len(), 2);
    let found: Vec<_> =
        reader.flows_found_by("by batch", &[5; 32], 2).unwrap().iter().map(|row| row.flow.0).collect();
    assert_eq!(found.len(), 2);
    assert!(found[0] > found[1]);
    assert!(reader.flows_found_by("by batch", &[6; 32], 2).unwrap().is_empty());
    let of_day = FlowsOfDay {
        party: "grid",
        direction: Direction::In,
        date: DAY,
        prefix: b"",
        after: FlowId(10),
        most: 2,
    };
    let page: Vec<_> = reader.flows_of_day(&of_day).unwrap().iter().map(|row| row.flow.0).collect();
    assert_eq!(page, [11, 12]);
    let none = FlowsOfDay { prefix: b"no such call", ..of_day };
    assert!(reader.flows_of_day(&none).unwrap().is_empty());
    let other = FlowsOfDay { direction: Direction::Out, ..of_day };
    assert!(reader.flows_of_day(&other).unwrap().is_empty());
    assert_eq!(reader.pinned_versions().unwrap(), [[9; 32]]);
}

fn small_rows_come_back(store: &mut dyn Store) {
    let file = FileProgress {
        party: "grid".into(),
        direction: Direction::In,
        name: "DZ.txt".into(),
        flow: Some(FlowId(1)),
        digest: [1; 32],
        phase: "rows".into(),
        next_row: 17,
        rows: 100,
        state: vec![1, 2],
    };
    let notice = |due, outcome| Notice {
        flow: FlowId(1),
        name: "told".into(),
        party: "channel".into(),
        call: "result".into(),
        body: b"hello".to_vec(),
        tries: 1,
        outcome,
        due: Moment(due),
    };
    let session = Session { values: b"mak".to_vec(), until: Some(Moment(9)) };
    let put_session = |session| Change::PutSession { party: "grid".into(), name: "day".into(), session };
    let once = |until| Change::Once { scope: "grid/pick".into(), name: b"f".to_vec(), until: Moment(until) };
    taken(
        store,
        vec![
            Change::InsertFlow(asked(1, "a")),
            Change::PutFile(file.clone()),
            Change::PutNotice(notice(5, Outcome::Due)),
            put_session(Some(session.clone())),
            Change::PutSchedule { party: "grid".into(), job: "list".into(), last_run: Moment(3), day: DAY },
            Change::PutVersion { hash: [9; 32], source: b"party".to_vec() },
            Change::Event { flow: FlowId(1), kind: "reply".into(), body: b"bytes".to_vec() },
            Change::Event { flow: FlowId(1), kind: "operator".into(), body: b"proof".to_vec() },
            once(2_000),
        ],
    );
    assert_eq!(one(store, vec![once(9_000)]), Verdict::Seen);
    let mut reader = store.reader().unwrap();
    assert_eq!(reader.file("grid", Direction::In, "DZ.txt").unwrap(), Some(file.clone()));
    assert_eq!(reader.file("grid", Direction::Out, "DZ.txt").unwrap(), None);
    assert_eq!(reader.open_files(10).unwrap(), std::slice::from_ref(&file));
    assert_eq!(reader.files_of(FlowId(1)).unwrap(), std::slice::from_ref(&file));
    assert_eq!(reader.files_of(FlowId(2)).unwrap(), []);
    let ended = FileProgress { phase: FileProgress::ENDED.into(), ..file };
    taken(store, vec![Change::PutFile(ended.clone())]);
    assert_eq!(reader.open_files(10).unwrap(), []);
    assert_eq!(reader.file("grid", Direction::In, "DZ.txt").unwrap(), Some(ended));
    assert_eq!(reader.notices_due(Moment(4), 10).unwrap(), []);
    assert_eq!(reader.notices_due(Moment(5), 10).unwrap(), [notice(5, Outcome::Due)]);
    let mut beside = |parties: &[&str]| {
        let parties: Vec<String> = parties.iter().map(|party| (*party).to_owned()).collect();
        reader.notices_due_beside(Moment(5), &parties, 10).unwrap().len()
    };
    assert_eq!([beside(&["host"]), beside(&["host", "channel"])], [1, 0]);
    assert_eq!(reader.session("grid", "day").unwrap(), Some(session));
    assert_eq!(reader.last_run("grid", "list").unwrap(), Some((Moment(3), DAY)));
    assert_eq!(reader.version(&[9; 32]).unwrap().as_deref(), Some(b"party".as_slice()));
    let events = reader.events(FlowId(1), 0, 10).unwrap();
    assert_eq!(events.iter().map(|row| row.kind.as_str()).collect::<Vec<_>>(), ["reply", "operator"]);
    assert_eq!((events[1].body.as_slice(), events[1].sequence), (b"proof".as_slice(), 1));
    assert_eq!(reader.events(FlowId(1), events[1].place, 10).unwrap().len(), 1);
    taken(store, vec![put_session(None), Change::PutNotice(notice(6, Outcome::Sent))]);
    let mut reader = store.reader().unwrap();
    assert_eq!(reader.session("grid", "day").unwrap(), None);
    assert_eq!(reader.notices_due(Moment(100), 10).unwrap(), []);
}

/// Whoever looks for them finds them page by page, of flows that have ended too; they are decided about once.
fn notices_that_are_given_up_wait_for_people(store: &mut dyn Store) {
    let notice = |flow, name: &str, outcome| Notice {
        flow: FlowId(flow),
        name: name.into(),
        party: "grid".into(),
        call: "grid.tell".into(),
        body: b"hello".to_vec(),
        tries: 24,
        outcome,
        due: Moment(5),
    };
    let given_up = |flow, name| Change::PutNotice(notice(flow, name, Outcome::Parked));
    for flow in 1..=4 {
        taken(store, vec![Change::InsertFlow(asked(flow, &format!("told {flow}")))]);
        taken(store, vec![Change::PutFlow(FlowPut { end: Some(End::Done), ..put(flow, "x") })]);
    }
    taken(store, vec![given_up(1, "b"), given_up(1, "a"), given_up(3, "a"), given_up(4, "a")]);
    taken(store, vec![Change::PutNotice(notice(2, "a", Outcome::Due))]);
    let mut reader = store.reader().unwrap();
    let mut flows = |after, most| -> Vec<u64> {
        let rows = reader.flows_with_notices_given_up(FlowId(after), most).unwrap();
        rows.iter().map(|row| row.flow.0).collect()
    };
    assert_eq!([flows(0, 2), flows(3, 2)], [vec![1, 3], vec![4]]);
    let both = ["a", "b"].map(|name| notice(1, name, Outcome::Parked));
    assert_eq!(store.reader().unwrap().notices(FlowId(1)).unwrap(), both);
    let again = Notice { tries: 0, ..notice(1, "a", Outcome::Due) };
    taken(store, vec![Change::DecideNotice(again.clone())]);
    let ended = notice(1, "b", Outcome::Ended);
    taken(store, vec![Change::DecideNotice(ended.clone())]);
    // What does not wait for them any more, or never did, people decide nothing about.
    for change in
        [ended.clone(), again.clone(), notice(2, "a", Outcome::Ended), notice(9, "a", Outcome::Ended)]
    {
        let verdict = one(store, vec![Change::DecideNotice(change)]);
        assert!(matches!(&verdict, Verdict::Impossible(why) if why.contains("does not wait")), "{verdict:?}");
    }
    let twice = vec![3, 3].into_iter().map(|flow| Change::DecideNotice(notice(flow, "a", Outcome::Ended)));
    assert!(matches!(one(store, twice.collect()), Verdict::Impossible(_)));
    let mut reader = store.reader().unwrap();
    assert_eq!(reader.notices(FlowId(1)).unwrap(), [again.clone(), ended]);
    assert_eq!(reader.notices_due(Moment(5), 10).unwrap(), [again, notice(2, "a", Outcome::Due)]);
    let rows = reader.flows_with_notices_given_up(FlowId(0), 10).unwrap();
    assert_eq!(rows.iter().map(|row| row.flow.0).collect::<Vec<_>>(), [3, 4]);
}

fn refusals_are_counted(store: &mut dyn Store) {
    let long = "坏".repeat(400);
    let input = |fault: &str, count| RefusedInput::new("line", "10.0.0.9:4000", fault, &[0x30; 4_000], count);
    taken(store, vec![Change::RefusedInput(input("too short", 1))]);
    taken(store, vec![Change::RefusedInput(input("too short", 41)), Change::RefusedInput(input(&long, 1))]);
    let mut raw = input("x", 1);
    raw.head = vec![0; 600];
    assert!(matches!(one(store, vec![Change::RefusedInput(raw)]), Verdict::Impossible(_)));
    let mut reader = store.reader().unwrap();
    let counts = reader.refused_counts(Moment(0)).unwrap();
    assert_eq!((counts.len(), counts[0].count), (2, 42));
    assert_eq!(reader.refused_counts(Moment(2_000)).unwrap(), []);
    let newest = reader.refused(1).unwrap();
    assert!(newest[0].input.fault.starts_with('坏') && newest[0].input.fault.len() <= 160);
    let once = |until| Change::Once { scope: "s".into(), name: b"n".to_vec(), until: Moment(until) };
    taken(store, vec![once(1_500)]);
    taken(store, vec![Change::Forget { before: Moment(1_000) }]);
    assert_eq!(
        (store.reader().unwrap().refused(9).unwrap().len(), one(store, vec![once(1)])),
        (3, Verdict::Seen)
    );
    taken(store, vec![Change::Forget { before: Moment(1_501) }]);
    assert_eq!(store.reader().unwrap().refused(9).unwrap(), []);
    taken(store, vec![once(1_500)]);
}

fn parameters_are_changed_by_two(store: &mut dyn Store) {
    let decided =
        |number, by: &str, agreed| ParameterDecided { number, agreed, by: by.into(), reason: String::new() };
    taken(store, vec![Change::ProposeParameter(proposed(1, "day_limit"))]);
    let impossible = |verdict: Verdict| assert!(matches!(verdict, Verdict::Impossible(_)), "{verdict:?}");
    impossible(one(store, vec![Change::ProposeParameter(proposed(2, "day_limit"))]));
    impossible(one(store, vec![Change::ProposeParameter(proposed(1, "once_limit"))]));
    impossible(one(store, vec![Change::DecideParameter(decided(1, "maker", true))]));
    impossible(one(store, vec![Change::DecideParameter(decided(9, "checker", true))]));
    taken(store, vec![Change::ProposeParameter(proposed(2, "once_limit"))]);
    taken(store, vec![Change::DecideParameter(decided(1, "checker", true))]);
    impossible(one(store, vec![Change::DecideParameter(decided(1, "checker", false))]));
    // Who proposed it may take it back.
    taken(store, vec![Change::DecideParameter(decided(2, "maker", false))]);
    taken(store, vec![Change::ProposeParameter(proposed(3, "day_limit"))]);
    let mut reader = store.reader().unwrap();
    let changes = reader.parameter_changes(0, 10).unwrap();
    let seen: Vec<_> = changes
        .iter()
        .map(|change| {
            (
                change.proposed.number,
                change.decided.as_ref().map(|(decided, _)| (&*decided.by, decided.agreed)),
            )
        })
        .collect();
    assert_eq!(seen, [(1, Some(("checker", true))), (2, Some(("maker", false))), (3, None)]);
    assert_eq!(changes[0].proposed, proposed(1, "day_limit"));
    assert_eq!(reader.parameter_changes(2, 10).unwrap().len(), 1);
    assert_eq!(reader.parameter_changes(0, 1).unwrap().len(), 1);
}

#[test]
fn a_simulated_store_crashes_where_it_is_told() {
    for (point, kept) in [(CrashPoint::Before, 0), (CrashPoint::Inside(1), 1), (CrashPoint::After, 2)] {
        let disk = MemoryDisk::new();
        let mut store = MemoryStore::open(&disk);
        disk.crash_next(point);
        let group = [
            write(store.epoch(), vec![Change::InsertFlow(asked(1, "a"))]),
            write(store.epoch(), vec![Change::InsertFlow(asked(2, "b"))]),
        ];
        assert_eq!(store.commit(&group), Err(Fatal::Ended));
        assert_eq!(store.commit(&group), Err(Fatal::Ended));
        let mut store = MemoryStore::open(&disk);
        assert_eq!(store.reader().unwrap().open_flows(FlowId(0), 10).unwrap().len(), kept, "{point:?}");
        assert!(matches!(store.commit(&group).unwrap()[0], Verdict::Fenced { .. }));
    }
}

#[test]
fn a_simulated_store_crashes_where_an_operation_comes_into_a_state() {
    let disk = MemoryDisk::new();
    let mut store = MemoryStore::open(&disk);
    disk.crash_in(OperationState::Done, 1, CrashPoint::After);
    let asked_ = write(store.epoch(), vec![Change::InsertFlow(asked(1, "a"))]);
    assert!(store.commit(&[asked_]).is_ok());
    let mut put = |name: &str, state| {
        let put = write(store.epoch(), vec![Change::PutOperation(operation(1, name, state))]);
        store.commit(&[put]).is_ok()
    };
    let states =
        [("one", OperationState::Done), ("two", OperationState::Intent), ("two", OperationState::Done)];
    assert_eq!(states.map(|(name, state)| put(name, state)), [true, true, false]);
    assert_eq!(MemoryStore::open(&disk).reader().unwrap().operations(FlowId(1)).unwrap().len(), 2);
}

/// What became of the commit is seen when the disk is opened again, and not before: by a process that goes on nothing may hang on it.
#[test]
fn a_simulated_store_whose_sync_failed_ends_and_has_the_commit_or_not() {
    for kept in [true, false] {
        let disk = MemoryDisk::new();
        let mut store = MemoryStore::open(&disk);
        taken(&mut store, vec![Change::InsertFlow(asked(1, "a"))]);
        disk.crash_next(CrashPoint::SyncFails { kept });
        let late = [write(store.epoch(), vec![Change::InsertFlow(asked(2, "b"))])];
        let Err(fatal @ Fatal::Disk { .. }) = store.commit(&late) else { panic!("told") };
        assert_eq!(store.commit(&late), Err(fatal));
        let there = |store: &MemoryStore| store.reader().unwrap().flow(FlowId(2)).unwrap().is_some();
        assert!(!there(&store));
        let mut store = MemoryStore::open(&disk);
        assert_eq!((there(&store), disk.syncs_failed()), (kept, 1));
        taken(&mut store, vec![Change::InsertFlow(asked(3, "c"))]);
        assert_eq!(there(&MemoryStore::open(&disk)), kept, "it stays as it was found");
    }
}

#[test]
fn a_full_simulated_store_takes_outcomes_only() {
    let disk = MemoryDisk::new();
    let mut store = MemoryStore::open(&disk);
    taken(&mut store, vec![Change::InsertFlow(asked(1, "a"))]);
    disk.fill(true);
    assert_eq!(one(&mut store, vec![Change::InsertFlow(asked(2, "b"))]), Verdict::Full);
    let mut outcome = write(store.epoch(), vec![Change::PutFlow(put(1, "on"))]);
    outcome.lane = Lane::Outcome;
    assert!(matches!(store.commit(&[outcome]).unwrap()[0], Verdict::Ok(_)));
}
