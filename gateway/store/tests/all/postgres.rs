//! What is PostgreSQL's own: the lease, lost connections and servers, keys that no index takes, what an auditor finds.

use crate::cluster::{Cluster, LEASE, options};
use crate::support::{DAY, asked, hold, key, operation, proposed, put, taken, write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{
    Change, End, Fatal, FlowId, FlowPut, Limits, NumberRequest, Opened, OperationState, ParameterDecided,
    Place, PostgresStore, RefusedInput, Store, Verdict, Write, Writer,
};

fn held(cluster: &Cluster, node: &str) -> Result<PostgresStore, String> {
    match PostgresStore::open(&options(&cluster.place("journal"), node)).unwrap() {
        Opened::Holds(store) => Ok(*store),
        Opened::Waits { node } => Err(node),
    }
}

#[test]
fn one_node_holds_the_journal_and_another_takes_over_after_its_lease() {
    let cluster = Cluster::start();
    let mut first = held(&cluster, "first").unwrap();
    taken(&mut first, vec![Change::InsertFlow(asked(1, "a"))]);
    assert_eq!(held(&cluster, "second").err().as_deref(), Some("first"));
    // As long as it tends to itself it is not taken over.
    for _ in 0..6 {
        std::thread::sleep(LEASE / 3);
        assert!(first.tend().unwrap().unwrap() <= LEASE / 3);
        assert_eq!(held(&cluster, "second").err().as_deref(), Some("first"));
    }
    // Then it stands still.
    std::thread::sleep(LEASE + Duration::from_millis(100));
    let mut second = held(&cluster, "second").unwrap();
    assert_eq!(second.epoch(), first.epoch() + 1);
    taken(&mut second, vec![Change::PutFlow(FlowPut { end: Some(End::Done), ..put(1, "ended") })]);
    // What it does when it comes back: its session was ended, and its epoch is not the holder's.
    let epoch = first.epoch();
    let late = write(epoch, vec![Change::PutFlow(FlowPut { end: Some(End::Refused), ..put(1, "late") })]);
    let taken_over = Fatal::TakenOver { epoch: epoch + 1 };
    assert_eq!(first.commit(std::slice::from_ref(&late)).unwrap(), [Verdict::Fenced { epoch: epoch + 1 }]);
    assert_eq!(first.commit(&[late]), Err(taken_over.clone()));
    assert_eq!(first.tend(), Err(taken_over));
    drop(first);
    let row = second.reader().unwrap().flow(FlowId(1)).unwrap().unwrap();
    assert_eq!((row.end, row.state.as_slice()), (Some(End::Done), b"ended".as_slice()));
    // A holder that ends gives it back at once; the chains of both nodes are whole.
    drop(second);
    let mut third = held(&cluster, "third").unwrap();
    taken(&mut third, vec![Change::InsertFlow(asked(3, "c"))]);
    let verified = store::postgres_verify(&cluster.place("journal")).unwrap();
    assert!(verified.is_whole() && verified.writes == 3, "{verified:?}");
}

#[test]
fn a_holder_knows_by_itself_until_when_it_is_one() {
    let cluster = Cluster::start();
    let mut store = held(&cluster, "first").unwrap();
    let known = store.held().unwrap();
    for _ in 0..4 {
        assert!(known.lasts());
        std::thread::sleep(LEASE / 3);
        store.tend().unwrap();
    }
    // The server is gone, or this process stood still: it ends before another may begin.
    cluster.kill().unwrap();
    std::thread::sleep(LEASE * 5 / 6);
    assert!(!known.lasts());
    cluster.begin().unwrap();
    store.tend().unwrap();
    assert!(known.lasts());
}

#[test]
fn a_holder_that_stands_still_inside_a_transaction_is_taken_over() {
    let cluster = Cluster::start();
    drop(held(&cluster, "first").unwrap());
    // The locks that a stopped writer holds, by a session that is noted as the holder's.
    let stopped = "BEGIN; UPDATE journal.holder SET until = 1, backend = pg_backend_pid(), since =
        (SELECT CAST(extract(epoch FROM backend_start) * 1000 AS bigint) FROM pg_stat_activity
         WHERE pid = pg_backend_pid()); COMMIT;
        BEGIN; SELECT epoch FROM journal.holder FOR SHARE; SELECT pg_sleep(60)";
    std::thread::scope(|scope| {
        scope.spawn(|| cluster.try_say(stopped));
        let began = std::time::Instant::now();
        while cluster.say("SELECT until FROM journal.holder") != "1" {
            assert!(began.elapsed() < Duration::from_secs(10), "the other session does not stand still");
            std::thread::sleep(Duration::from_millis(20));
        }
        let began = std::time::Instant::now();
        let mut second = held(&cluster, "second").unwrap();
        taken(&mut second, vec![Change::InsertFlow(asked(1, "a"))]);
        assert!(began.elapsed() < Duration::from_secs(10));
    });
}

#[test]
fn an_idle_writer_keeps_its_lease_and_ends_when_it_is_lost() {
    let cluster = Cluster::start();
    let writer = Writer::start(Box::new(held(&cluster, "first").unwrap()), Limits::default()).unwrap();
    std::thread::sleep(LEASE * 2);
    assert_eq!(held(&cluster, "second").err().as_deref(), Some("first"));
    assert_eq!(writer.fatal(), None);
    cluster.say("UPDATE journal.holder SET until = 0");
    let second = held(&cluster, "second").unwrap();
    std::thread::sleep(LEASE);
    assert_eq!(writer.fatal(), Some(Fatal::TakenOver { epoch: second.epoch() }));
}

fn pay(epoch: u64, flow: u64) -> Write {
    write(
        epoch,
        vec![
            Change::Numbers(NumberRequest { party: "core".into(), date: DAY, count: 1 }),
            Change::InsertFlow(asked(flow, &flow.to_string())),
            Change::Reserve { hold: hold(flow), amount: 1, ceiling: u64::from(u32::MAX) },
            Change::PutOperation(operation(flow, "paid", OperationState::Intent)),
        ],
    )
}

/// Writes groups one after the other and looks that each was taken once.
pub(crate) fn many(store: &mut PostgresStore, stop: &AtomicBool) -> u64 {
    let mut flow = 0;
    while !stop.load(Ordering::Relaxed) {
        flow = group(store, flow);
    }
    flow
}

/// Writes the group after so many flows; gives how many there are then.
pub(crate) fn group(store: &mut PostgresStore, flow: u64) -> u64 {
    let group: Vec<_> = (1..=8).map(|next| pay(store.epoch(), flow + next)).collect();
    for (verdict, next) in store.commit(&group).unwrap().into_iter().zip(1..) {
        let Verdict::Ok(written) = verdict else { panic!("{verdict:?}") };
        assert_eq!((written.sequence, written.numbers[0].first), (flow + next, flow + next));
    }
    flow + 8
}

pub(crate) fn is_whole(place: &Place, store: &PostgresStore, flows: u64) {
    let mut reader = store.reader().unwrap();
    assert_eq!(reader.sequence().unwrap(), flows);
    assert_eq!(reader.limit_used("daily", DAY).unwrap(), flows);
    assert!((1..=flows).all(|flow| reader.flow(FlowId(flow)).unwrap().is_some()));
    let verified = store::postgres_verify(place).unwrap();
    assert!(verified.is_whole() && verified.writes == flows, "{verified:?}");
}

#[test]
fn a_lost_answer_is_settled() {
    let cluster = Cluster::start();
    let mut store = held(&cluster, "first").unwrap();
    let stop = AtomicBool::new(false);
    let flows = std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..25_u64 {
                // Long enough that a session of a busy machine writes a group now and then.
                std::thread::sleep(Duration::from_millis(100 + round * 7 % 31));
                cluster.say(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tongshi'",
                );
            }
            stop.store(true, Ordering::Relaxed);
        });
        many(&mut store, &stop)
    });
    assert!(flows > 40, "{flows}");
    is_whole(&cluster.place("journal"), &store, flows);
}

#[test]
fn a_read_waits_for_a_server_that_comes_back() {
    let cluster = Cluster::start();
    let mut store = held(&cluster, "first").unwrap();
    taken(&mut store, vec![Change::InsertFlow(asked(1, "a"))]);
    let mut reader = store.reader().unwrap();
    cluster.kill().unwrap();
    let read = std::thread::scope(|scope| {
        let read = scope.spawn(move || reader.flow(FlowId(1)));
        std::thread::sleep(Duration::from_millis(500));
        cluster.begin().unwrap();
        read.join().unwrap()
    });
    assert!(read.unwrap().is_some());
}

#[test]
fn a_server_that_dies_and_comes_back_lost_nothing_that_was_told() {
    let cluster = Cluster::start();
    let mut store = held(&cluster, "first").unwrap();
    let stop = AtomicBool::new(false);
    let flows = std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..3 {
                std::thread::sleep(Duration::from_millis(500));
                cluster.kill().unwrap();
                std::thread::sleep(Duration::from_millis(300));
                cluster.begin().unwrap();
            }
            std::thread::sleep(Duration::from_millis(300));
            stop.store(true, Ordering::Relaxed);
        });
        many(&mut store, &stop)
    });
    assert!(flows > 40, "{flows}");
    is_whole(&cluster.place("journal"), &store, flows);
}

#[test]
fn a_key_that_no_index_takes_is_refused_alone() {
    let cluster = Cluster::start();
    let mut store = held(&cluster, "first").unwrap();
    let epoch = store.epoch();
    let group = [
        write(epoch, vec![Change::InsertFlow(asked(1, "a"))]),
        write(epoch, vec![Change::InsertFlow(asked(2, &"x".repeat(9_000)))]),
        write(epoch, vec![Change::InsertFlow(asked(3, "a"))]),
        write(epoch, vec![Change::RefusedInput(RefusedInput::new("l", "p", "of \0 and \u{E000}", b"\0", 1))]),
    ];
    let verdicts = store.commit(&group).unwrap();
    assert!(matches!(verdicts[0], Verdict::Ok(_)));
    assert!(matches!(&verdicts[1], Verdict::Impossible(why) if why.contains("9004 octets")), "{verdicts:?}");
    assert_eq!(verdicts[2], Verdict::KeyTaken { flow: FlowId(1), digest: [7; 32] });
    assert!(matches!(verdicts[3], Verdict::Ok(_)));
    assert_eq!(store.reader().unwrap().refused(1).unwrap()[0].input.fault, "of \0 and \u{E000}");
    assert!(store::postgres_verify(&cluster.place("journal")).unwrap().is_whole());
}

#[test]
fn each_alteration_is_found() {
    let alterations = [
        ("operation", "UPDATE operation SET amount = amount - 1 WHERE number = 3"),
        ("operation_change", "UPDATE operation_change SET state = 5 WHERE number = 3"),
        ("operation", "DELETE FROM operation WHERE number = 2"),
        ("flow", "UPDATE flow SET ended = 2 WHERE flow = 4"),
        ("flow_key", "DELETE FROM flow_key WHERE flow = 4"),
        ("flow_key", "DELETE FROM flow_key WHERE flow IS NULL"),
        ("event", "UPDATE event SET kind = 'other' WHERE flow = 1"),
        ("journal", "UPDATE journal SET at = at + 1 WHERE sequence = 4"),
        ("journal", "DELETE FROM journal WHERE sequence = 9"),
        ("journal", "DELETE FROM journal WHERE sequence = 5"),
        ("parameter_change", "UPDATE parameter_change SET proposed_by = 'checker'"),
        ("parameter_decision", "DELETE FROM parameter_decision"),
        ("limit_use", "INSERT INTO limit_use (name, day, used) VALUES ('daily', 20261123, 5)"),
    ];
    let cluster = Cluster::start();
    let mut store = held(&cluster, "first").unwrap();
    for flow in 1..=6 {
        let event = Change::Event { flow: FlowId(flow), kind: "reply".into(), body: vec![] };
        let paid = Change::PutOperation(operation(flow, "paid", OperationState::Done));
        taken(&mut store, vec![Change::InsertFlow(asked(flow, &flow.to_string())), paid, event]);
    }
    taken(&mut store, vec![Change::CancelKey(key("never"))]);
    taken(&mut store, vec![Change::ProposeParameter(proposed(1, "day_limit"))]);
    let agreed = ParameterDecided { number: 1, agreed: true, by: "checker".into(), reason: String::new() };
    taken(&mut store, vec![Change::DecideParameter(agreed)]);
    let place = cluster.place("journal");
    assert_eq!(store::postgres_verify(&place).unwrap().writes, 9);
    cluster.say("CREATE SCHEMA kept");
    for (table, alteration) in alterations {
        // Whole tables are put back after each.
        cluster.say(&format!("CREATE TABLE kept.{table} AS TABLE journal.{table}"));
        cluster.say(&format!("SET search_path = journal; {alteration}"));
        assert!(!store::postgres_verify(&place).unwrap().is_whole(), "not found: {alteration}");
        cluster.say(&format!(
            "DELETE FROM journal.{table}; INSERT INTO journal.{table} OVERRIDING SYSTEM VALUE TABLE kept.{table};
             DROP TABLE kept.{table}"
        ));
        assert!(store::postgres_verify(&place).unwrap().is_whole(), "{alteration}");
    }
}

#[test]
fn what_the_server_does_not_promise_and_strangers_are_refused() {
    let cluster = Cluster::start();
    let refused = |store: Result<Opened<PostgresStore>, Fatal>| store.err().unwrap().to_string();
    let place = cluster.place("journal");
    let wrong = Place { password: Some("guessed".into()), ..place.clone() };
    let opened = PostgresStore::open(&options(&wrong, "one"));
    assert!(!matches!(opened, Err(Fatal::Away { .. })));
    let said = refused(opened);
    assert!(said.contains("password authentication failed") && !said.contains("guessed"), "{said}");
    let said = refused(PostgresStore::open(&options(&Place { password: None, ..place.clone() }, "one")));
    assert!(said.contains("none is given"), "{said}");
    drop(held(&cluster, "one").unwrap());
    cluster.say("UPDATE journal.format SET number = 99");
    let said = refused(PostgresStore::open(&options(&place, "one")));
    assert!(said.contains("format 99"), "{said}");
    cluster.say("ALTER SYSTEM SET full_page_writes = off");
    cluster.say("SELECT pg_reload_conf()");
    std::thread::sleep(Duration::from_millis(300));
    let said = refused(PostgresStore::open(&options(&place, "one")));
    assert!(said.contains("full_page_writes is off"), "{said}");
}

#[test]
fn a_lease_is_not_held_by_a_commit_that_fails() {
    let cluster = Cluster::start();
    let mut store = held(&cluster, "one").unwrap();
    group(&mut store, 0);
    // It fails when the transaction ends, behind the renewal that stands in it.
    cluster.say(
        "CREATE FUNCTION journal.fails() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
         CREATE CONSTRAINT TRIGGER fails AFTER UPDATE ON journal.holder DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION journal.fails()",
    );
    let lease = store.held().unwrap();
    std::thread::sleep(LEASE / 2);
    let late = write(store.epoch(), vec![Change::InsertFlow(asked(90, "late"))]);
    assert!(store.commit(&[late]).is_err());
    std::thread::sleep(LEASE / 2);
    assert!(!lease.lasts());
}

#[test]
fn a_server_that_is_not_reached_is_told_apart_from_one_that_refuses() {
    let cluster = Cluster::start();
    drop(held(&cluster, "one").unwrap());
    cluster.kill().unwrap();
    let opened = PostgresStore::open(&options(&cluster.place("journal"), "one"));
    assert!(matches!(opened, Err(Fatal::Away { .. })));
    cluster.begin().unwrap();
    assert!(held(&cluster, "one").is_ok());
}
