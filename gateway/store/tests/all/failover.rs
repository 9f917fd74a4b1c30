//! Two servers, one of which stands by for the other: what was told stands on both, and the store follows whichever takes
//! writes.

use crate::cluster::{Cluster, open};
use crate::postgres::{group, is_whole, many};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{Place, Store, TrialServer};

const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tongshi'";
const CANCEL: &str = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'tongshi'";

fn both(one: &TrialServer, other: &TrialServer) -> Place {
    let mut place = one.place("journal");
    place.servers.extend(other.place("journal").servers);
    place
}

#[test]
fn a_server_that_takes_over_has_whatever_was_told() {
    let first = Cluster::start();
    let second = first.standby().unwrap();
    let place = both(&first, &second);
    let mut store = open(&place);
    let stop = AtomicBool::new(false);
    let flows = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(700));
            first.kill().unwrap();
            std::thread::sleep(Duration::from_millis(300));
            second.promote().unwrap();
            std::thread::sleep(Duration::from_millis(700));
            // The one that was replaced comes back and takes writes, as after a mistake of its operators.
            first.begin().unwrap();
            for _ in 0..5 {
                second.say(END).unwrap();
                std::thread::sleep(Duration::from_millis(150));
            }
            stop.store(true, Ordering::Relaxed);
        });
        many(&mut store, &stop)
    });
    assert!(flows > 40, "{flows}");
    is_whole(&second.place("journal"), &store, flows);
    let there: u64 = first.say("SELECT count(*) FROM journal.journal").parse().unwrap();
    assert!(there < flows, "the server that was replaced was written to");
    // Whoever begins now goes to the one that took over, too.
    drop(store);
    let store = open(&place);
    is_whole(&place, &store, flows);
}

#[test]
fn a_reader_leaves_the_server_that_was_replaced_when_the_writer_does() {
    let first = Cluster::start();
    let second = first.standby().unwrap();
    let mut store = open(&both(&first, &second));
    group(&mut store, 0);
    let mut reader = store.reader().unwrap();
    assert_eq!(reader.sequence().unwrap(), 8);
    // Both take writes now, and the reader's connection to the older one is as good as before.
    second.promote().unwrap();
    first.say("SELECT pg_terminate_backend(CAST(backend AS int)) FROM journal.holder");
    group(&mut store, 8);
    assert_eq!(reader.sequence().unwrap(), 16);
}

#[test]
fn a_commit_that_only_one_server_has_is_not_told() {
    let first = Cluster::start();
    let second = first.standby().unwrap();
    let mut store = open(&both(&first, &second));
    second.kill().unwrap();
    let told = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Each ends the server's waiting, which then commits on its own and warns.
            for _ in 0..12 {
                std::thread::sleep(Duration::from_millis(120));
                first.say(CANCEL);
            }
            assert!(!told.load(Ordering::Relaxed), "told while one server alone had it");
            second.begin().unwrap();
        });
        let flow = group(&mut store, 0);
        told.store(true, Ordering::Relaxed);
        assert_eq!(flow, 8);
    });
    is_whole(&first.place("journal"), &store, 8);
    assert_eq!(second.say("SELECT count(*) FROM journal.journal").unwrap(), "8");
}

/// A commit is seen on the server that took it before another has it, and may be lost with that server: no reader tells of it.
#[test]
fn nobody_reads_what_is_not_settled() {
    let first = Cluster::start();
    let second = first.standby().unwrap();
    let mut store = open(&both(&first, &second));
    group(&mut store, 0);
    let mut reader = store.reader().unwrap();
    second.kill().unwrap();
    let read = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| group(&mut store, 8));
        // The server's waiting for the other is ended, and it commits on its own.
        let alone = format!("{CANCEL} AND wait_event = 'SyncRep'");
        while first.say("SELECT count(*) FROM journal.journal") != "16" {
            first.say(&alone);
        }
        std::thread::sleep(Duration::from_millis(200));
        let reading = scope.spawn(|| {
            let sequence = reader.sequence();
            read.store(true, Ordering::Relaxed);
            sequence
        });
        std::thread::sleep(Duration::from_millis(800));
        let told = read.load(Ordering::Relaxed);
        second.begin().unwrap();
        assert!(!told, "read while one server alone had it");
        assert_eq!(reading.join().unwrap(), Ok(16));
    });
    is_whole(&first.place("journal"), &store, 16);
}
