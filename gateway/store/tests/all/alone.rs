//! One process at a time writes the embedded journal: a second one is turned away, nothing is in the way of the next, and
//! whoever finds another epoch than its own has ended.

use crate::support::{Folder, asked, open, options, put, taken, write};
use rusqlite::Connection;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use store::{Change, Fatal, FlowId, Limits, SqliteStore, Store, Verdict, Writer};

const JOURNAL: &str = "STORE_ALONE_JOURNAL";

/// Which process is said to hold a journal; it must be held.
fn held_by(path: &Path) -> u32 {
    match SqliteStore::open(path, &options()) {
        Err(Fatal::InUse { path: told, process }) => {
            assert!(told.ends_with("journal.db"), "{told}");
            process.unwrap()
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("opened twice"),
    }
}

#[test]
fn a_second_writer_is_turned_away_and_readers_are_not() {
    let folder = Folder::new("alone");
    let mut store = open(&folder.journal());
    let epoch = store.epoch();
    taken(&mut store, vec![Change::InsertFlow(asked(1, "a"))]);
    // By whatever name.
    let link = folder.path().join("other.db");
    std::os::unix::fs::symlink(folder.journal(), &link).unwrap();
    let inside = folder.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    for name in [folder.journal(), link, inside.join("../journal.db")] {
        assert_eq!(held_by(&name), std::process::id(), "{}", name.display());
    }
    let told = SqliteStore::open(&folder.journal(), &options()).err().unwrap().to_string();
    assert!(
        told.contains(&folder.journal().display().to_string()) && told.contains("Stop that one first"),
        "{told}"
    );
    // It has changed nothing, and the first goes on.
    taken(&mut store, vec![Change::InsertFlow(asked(2, "b"))]);
    assert!(store::verify(&folder.journal()).unwrap().is_whole());
    store::backup(&folder.journal(), &folder.path().join("copy.db")).unwrap();
    let mut reader = store.reader().unwrap();
    assert!(reader.flow(FlowId(2)).unwrap().is_some());
    drop(store);
    // A reader that is left holds nobody up.
    assert_eq!(open(&folder.journal()).epoch(), epoch + 1);
    assert!(reader.flow(FlowId(1)).unwrap().is_some());
}

/// Not a test of its own: the child that holds a journal until it is killed, or nobody wants it any more.
#[test]
fn child() {
    let Some(path) = std::env::var_os(JOURNAL) else { return };
    let _store = open(Path::new(&path));
    println!("holds it");
    let _ended = std::io::stdin().read(&mut [0]);
}

/// A process that has opened the journal.
fn holding(path: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["alone::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(JOURNAL, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    assert!(said.lines().any(|line| line.unwrap().ends_with("holds it")), "the child did not open it");
    child
}

#[test]
fn a_process_that_is_killed_holds_nothing() {
    let folder = Folder::new("alone");
    for round in 1..=3 {
        let mut child = holding(&folder.journal());
        assert_eq!(held_by(&folder.journal()), child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(open(&folder.journal()).epoch(), round * 2);
    }
}

#[test]
fn who_finds_another_epoch_has_ended() {
    let folder = Folder::new("epoch");
    let mut store = open(&folder.journal());
    let epoch = store.epoch();
    taken(&mut store, vec![Change::InsertFlow(asked(1, "a"))]);
    assert_eq!(store.tend(), Ok(None));
    // One that knows of no lock.
    let other = Connection::open(folder.journal()).unwrap();
    other.execute_batch("UPDATE holder SET epoch = epoch + 1").unwrap();
    let late = write(epoch, vec![Change::PutFlow(put(1, "late"))]);
    assert_eq!(store.commit(std::slice::from_ref(&late)).unwrap(), [Verdict::Fenced { epoch: epoch + 1 }]);
    let taken_over = Fatal::TakenOver { epoch: epoch + 1 };
    assert_eq!(store.tend(), Err(taken_over.clone()));
    assert_eq!(store.commit(&[late]), Err(taken_over));
    assert_eq!(store.reader().unwrap().flow(FlowId(1)).unwrap().unwrap().state, b"asked");
}

#[test]
fn a_writer_over_a_journal_that_was_taken_over_says_so() {
    let folder = Folder::new("epoch");
    let writer = Writer::start(Box::new(open(&folder.journal())), Limits::default()).unwrap();
    let epoch = writer.epoch();
    let other = Connection::open(folder.journal()).unwrap();
    other.execute_batch("UPDATE holder SET epoch = epoch + 1").unwrap();
    let ask = |flow: u64| write(epoch, vec![Change::InsertFlow(asked(flow, &flow.to_string()))]);
    let told = writer.submit_and_wait(ask(1));
    let taken_over = Fatal::TakenOver { epoch: epoch + 1 };
    assert_eq!(told, Ok(Verdict::Fenced { epoch: epoch + 1 }));
    // The next one comes before or behind the end of the thread.
    let told = writer.submit_and_wait(ask(2));
    assert!(told == Err(taken_over.clone()) || told == Err(Fatal::Ended), "{told:?}");
    assert_eq!(writer.fatal(), Some(taken_over));
}
