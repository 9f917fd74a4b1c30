//! A disk that does not keep what it was given: nobody is told of a commit whose sync failed, nothing is written behind it, and
//! what is found there the next time is whole, with that commit or without it.
//!
//! The child is this same test binary over a C library whose syncs fail (`sync.c`, made by the compiler that SQLite is made by).

use crate::support::{Folder, asked, open, options, taken, write};
use std::path::{Path, PathBuf};
use std::process::Command;
use store::{Change, Fatal, FlowId, SqliteStore, Store, Verdict};

const JOURNAL: &str = "STORE_SYNC_JOURNAL";
/// While this file is there every sync fails.
const FAILING: &str = "STORE_SYNC_FAILING";

/// The library of a disk that fails.
fn failing(folder: &Folder) -> PathBuf {
    let library = folder.path().join("sync.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/sync.c");
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status();
    assert!(made.unwrap().success(), "cc");
    library
}

/// Not a test of its own: the child's work. Without its environment it does nothing.
#[test]
fn child() {
    let (Some(journal), Some(failing)) = (std::env::var_os(JOURNAL), std::env::var_os(FAILING)) else {
        return;
    };
    let mut store = match SqliteStore::open(Path::new(&journal), &options()) {
        Ok(store) => store,
        Err(fatal) => {
            println!("not opened: {fatal}");
            std::process::exit(7);
        }
    };
    let epoch = store.epoch();
    let mut pay =
        |flow: u64| store.commit(&[write(epoch, vec![Change::InsertFlow(asked(flow, &flow.to_string()))])]);
    assert!(matches!(pay(1).unwrap()[0], Verdict::Ok(_)));
    std::fs::write(&failing, "").unwrap();
    let Err(fatal @ Fatal::Disk { .. }) = pay(2) else { panic!("told") };
    std::fs::remove_file(&failing).unwrap();
    // The disk does as if nothing had been.
    assert_eq!(pay(3), Err(fatal));
    println!("has ended");
    // As one that is killed: nothing is put in order.
    std::process::exit(7);
}

/// What the child says.
fn child_over(folder: &Folder) -> String {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["sync::child", "--exact", "--nocapture", "--test-threads=1"])
        .env("LD_PRELOAD", failing(folder))
        .env(JOURNAL, folder.journal())
        .env(FAILING, folder.path().join("failing"))
        .output()
        .unwrap();
    let said = [child.stdout, child.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(child.status.code(), Some(7), "{said}");
    said
}

#[test]
fn a_commit_whose_sync_failed_is_told_to_nobody() {
    let folder = Folder::new("sync");
    assert!(child_over(&folder).contains("has ended"));
    let verified = store::verify(&folder.journal()).unwrap();
    assert!(verified.is_whole(), "{:?}", verified.faults);
    let mut store = open(&folder.journal());
    let mut reader = store.reader().unwrap();
    assert!(reader.flow(FlowId(1)).unwrap().is_some(), "what was told is lost");
    assert!(reader.flow(FlowId(3)).unwrap().is_none(), "written behind a commit of which nothing is known");
    taken(&mut store, vec![Change::InsertFlow(asked(4, "4"))]);
}

/// What is found in the log may not have reached the disk yet. Before it is, nothing is written behind it.
#[test]
fn a_journal_whose_log_cannot_be_synced_is_not_opened() {
    let folder = Folder::new("sync");
    child_over(&folder);
    let log = folder.journal().with_extension("db-wal");
    let left = std::fs::read(&log).unwrap();
    assert!(!left.is_empty());
    std::fs::write(folder.path().join("failing"), "").unwrap();
    let said = child_over(&folder);
    assert!(said.contains("not opened: the journal") && said.contains("its log: "), "{said}");
    assert_eq!(std::fs::read(&log).unwrap(), left, "the log was written to");
    std::fs::remove_file(folder.path().join("failing")).unwrap();
    assert!(open(&folder.journal()).reader().unwrap().flow(FlowId(1)).unwrap().is_some());
}
