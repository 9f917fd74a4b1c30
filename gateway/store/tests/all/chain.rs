//! The hash chain finds what was altered behind the journal's back; keys forgotten, files filled.

use crate::days::put_on;
use crate::support::{
    DAY, Folder, Xor, asked, clear, key, one, open, operation, options, proposed, put, taken, write,
};
use rusqlite::Connection;
use std::sync::Arc;
use store::{
    Change, Day, End, FlowId, FlowPut, Lane, Moment, OperationPut, OperationState, ParameterDecided,
    SqliteStore, Store, Verdict,
};

fn filled(folder: &Folder) {
    let mut store = open(&folder.journal());
    for flow in 1..=5 {
        taken(
            &mut store,
            vec![
                Change::InsertFlow(asked(flow, &flow.to_string())),
                Change::PutOperation(operation(flow, "paid", OperationState::Intent)),
            ],
        );
        let done =
            OperationPut { reply: Some(b"ok".to_vec()), ..operation(flow, "paid", OperationState::Done) };
        taken(
            &mut store,
            vec![
                Change::PutOperation(done),
                Change::PutFlow(FlowPut {
                    end: Some(End::Done),
                    answer: Some(b"a".to_vec()),
                    ..put(flow, "ended")
                }),
                Change::Event { flow: FlowId(flow), kind: "reply".into(), body: vec![] },
            ],
        );
    }
    taken(&mut store, vec![Change::CancelKey(key("never"))]);
    taken(&mut store, vec![Change::ProposeParameter(proposed(1, "day_limit"))]);
    let agreed = ParameterDecided { number: 1, agreed: true, by: "checker".into(), reason: String::new() };
    taken(&mut store, vec![Change::DecideParameter(agreed)]);
}

#[test]
fn each_alteration_is_found() {
    let alterations = [
        "UPDATE operation SET amount = amount - 1 WHERE number = 3",
        "UPDATE operation SET state = 5 WHERE number = 3",
        "UPDATE operation_change SET state = 5 WHERE number = 3",
        "DELETE FROM operation_change WHERE number = 2",
        "DELETE FROM operation WHERE number = 2",
        "UPDATE flow SET ended = 2 WHERE flow = 4",
        "UPDATE flow SET answer = x'00' WHERE flow = 4",
        "UPDATE flow SET answer = NULL WHERE flow = 4",
        "UPDATE flow SET asked = x'00' WHERE flow = 4",
        "DELETE FROM flow WHERE flow = 4",
        "DELETE FROM flow_key WHERE flow = 4",
        "DELETE FROM flow_key WHERE flow IS NULL",
        "UPDATE event SET kind = 'other' WHERE flow = 1",
        "DELETE FROM event WHERE flow = 5",
        "UPDATE journal SET entries = x'' WHERE sequence = 4",
        "UPDATE journal SET at = at + 1 WHERE sequence = 4",
        "DELETE FROM journal WHERE sequence = 11",
        "DELETE FROM journal WHERE sequence = 5",
        "INSERT INTO event (flow, place, at, kind, body) VALUES (1, 7, 7, 'x', x'')",
        "UPDATE parameter_change SET new = '1.00'",
        "UPDATE parameter_change SET proposed_by = 'checker'",
        "DELETE FROM parameter_change",
        "UPDATE parameter_decision SET decided_by = 'maker'",
        "DELETE FROM parameter_decision",
        "INSERT INTO limit_use (name, day, used) VALUES ('daily', 20261123, 5)",
    ];
    let folder = Folder::new("alter");
    filled(&folder);
    let whole = store::verify(&folder.journal()).unwrap();
    assert!(whole.is_whole(), "{:?}", whole.faults);
    assert_eq!(whole.writes, 13);
    let [head] = whole.heads.as_slice() else { panic!("{:?}", whole.heads) };
    let last = Connection::open(folder.journal()).unwrap().query_row(
        "SELECT hash FROM journal WHERE sequence = 13",
        [],
        |row| row.get::<_, Vec<u8>>(0),
    );
    assert_eq!((head.node.as_str(), head.date, head.hash.to_vec()), ("one", DAY, last.unwrap()));
    for alteration in alterations {
        let folder = Folder::new("alter");
        filled(&folder);
        assert!(
            Connection::open(folder.journal()).unwrap().execute(alteration, []).unwrap() > 0,
            "{alteration}"
        );
        let verified = store::verify(&folder.journal()).unwrap();
        assert!(!verified.is_whole(), "not found: {alteration}");
    }
}

/// What is taken out with all that it said, and with the head that told of it, is missed by its number.
#[test]
fn what_is_cut_off_a_date_with_its_head_is_found() {
    let alterations = [
        (
            "DELETE FROM parameter_decision; DELETE FROM journal WHERE sequence = 13;
             UPDATE chain_head SET sequence = 12, hash = (SELECT hash FROM journal WHERE sequence = 12)
               WHERE date = 20261123",
            "between write 12 and 14 one is missing",
        ),
        (
            "DELETE FROM event WHERE day = 20261124; DELETE FROM journal WHERE date = 20261124;
             DELETE FROM chain_head WHERE date = 20261124",
            "between write 13 and 16 2 are missing",
        ),
        (
            "UPDATE chain_head SET sequence = 17 WHERE date = 20261125",
            "the chain of one, 20261125 does not end with its head",
        ),
    ];
    for (alteration, told) in alterations {
        let folder = Folder::new("alter");
        filled(&folder);
        let mut store = open(&folder.journal());
        for date in [20_261_124, 20_261_124, 20_261_125] {
            let event = Change::Event { flow: FlowId(1), kind: "looked at".into(), body: vec![] };
            put_on(&mut store, Day(date), vec![event]);
        }
        drop(store);
        assert!(store::verify(&folder.journal()).unwrap().is_whole());
        Connection::open(folder.journal()).unwrap().execute_batch(alteration).unwrap();
        assert_eq!(store::verify(&folder.journal()).unwrap().faults, [told]);
    }
}

#[test]
fn bodies_are_not_in_the_file() {
    let folder = Folder::new("sealed");
    {
        let mut store = open(&folder.journal());
        let mut secret = asked(1, "a");
        secret.asked = b"6230580000001234567".to_vec();
        taken(&mut store, vec![Change::InsertFlow(secret)]);
    }
    let bytes = std::fs::read(folder.journal()).unwrap();
    assert!(!bytes.windows(10).any(|window| window == b"6230580000"));
    let mut store = SqliteStore::open(&folder.journal(), &clear()).unwrap();
    taken(&mut store, vec![Change::InsertFlow(asked(2, "b"))]);
    let opened = store::reader(&folder.journal(), Arc::new(Xor)).unwrap().asked(FlowId(2));
    assert!(opened.is_err(), "a body that was not sealed for this row must not open");
}

#[test]
fn a_full_file_refuses_asks_then_all_and_goes_on() {
    let folder = Folder::new("full");
    let options = store::Options { most_bytes: 600 << 10, ..options() };
    let mut store = SqliteStore::open(&folder.journal(), &options).unwrap();
    let mut flow = 0;
    loop {
        flow += 1;
        let mut big = asked(flow, &flow.to_string());
        big.asked = vec![1; 8 << 10];
        match one(&mut store, vec![Change::InsertFlow(big)]) {
            Verdict::Ok(_) => {}
            verdict => {
                assert_eq!(verdict, Verdict::Full);
                break;
            }
        }
    }
    assert!(flow > 10, "{flow}");
    let outcome = |bytes: usize| {
        let mut write = write(
            store.epoch(),
            vec![Change::PutFlow(FlowPut { answer: Some(vec![1; bytes]), ..put(1, "on") })],
        );
        write.lane = Lane::Outcome;
        write
    };
    let (small, large) = (outcome(100), outcome(1 << 20));
    assert!(matches!(store.commit(std::slice::from_ref(&small)).unwrap()[0], Verdict::Ok(_)));
    assert_eq!(store.commit(&[large]).unwrap(), [Verdict::Full]);
    assert!(matches!(store.commit(&[small]).unwrap()[0], Verdict::Ok(_)));
    assert!(store::verify(&folder.journal()).unwrap().is_whole());
    let row = store.reader().unwrap().flow(FlowId(1)).unwrap().unwrap();
    assert_eq!((row.answer.map(|answer| answer.len()), row.changed), (Some(100), Moment(1_000)));
}

#[test]
fn a_stranger_s_file_is_refused() {
    let folder = Folder::new("format");
    Connection::open(folder.journal()).unwrap().execute_batch("PRAGMA user_version=99").unwrap();
    let Err(fatal) = SqliteStore::open(&folder.journal(), &options()) else { panic!("opened") };
    assert!(fatal.to_string().contains("format 99"), "{fatal}");
}

#[test]
fn a_copy_is_whole_and_opens() {
    let folder = Folder::new("copy");
    filled(&folder);
    let copy = folder.journal().with_extension("copy");
    let _open = open(&folder.journal());
    store::backup(&folder.journal(), &copy).unwrap();
    assert!(store::backup(&folder.journal(), &copy).is_err(), "a copy is never written over");
    let verified = store::verify(&copy).unwrap();
    assert!(verified.is_whole() && verified.writes == 13, "{verified:?}");
    let mut store = open(&copy);
    assert_eq!(store.reader().unwrap().asked(FlowId(3)).unwrap().unwrap().asked, b"the ask");
    taken(&mut store, vec![Change::InsertFlow(asked(77, "after"))]);
}

#[test]
fn what_a_day_says_is_verified_without_the_others() {
    for (alteration, fault) in [
        ("UPDATE journal SET entries = x'' WHERE sequence = 4", "write 4 of one: the chain breaks here"),
        ("DELETE FROM journal WHERE sequence = 5", "write 6 of one: the chain breaks here"),
        ("DELETE FROM journal WHERE sequence = 13", "the chain of one does not end with its head, write 13"),
        ("UPDATE operation SET amount = amount - 1 WHERE number = 3", "operation 3 is not what was written"),
        ("DELETE FROM event WHERE flow = 5", "event of flow 5 was written and is not there"),
        ("UPDATE flow SET asked = x'00' WHERE flow = 4", "flow 4 is not what was written"),
    ] {
        let folder = Folder::new("day");
        filled(&folder);
        let looked = Change::Event { flow: FlowId(1), kind: "looked at".into(), body: vec![] };
        put_on(&mut open(&folder.journal()), Day(DAY.0 + 1), vec![looked]);
        Connection::open(folder.journal()).unwrap().execute(alteration, []).unwrap();
        let mut reader = store::reader(&folder.journal(), Arc::new(store::Clear)).unwrap();
        let day = reader.verify_day(DAY, &mut |_, _| ()).unwrap();
        assert_eq!(day.faults.first().map(String::as_str), Some(fault), "{alteration}: {day:?}");
        let next = reader.verify_day(Day(DAY.0 + 1), &mut |_, _| ()).unwrap();
        assert_eq!((next.writes, next.faults), (1, Vec::new()), "{alteration}");
    }
}
