//! `tongshi audit` beside a journal in a file: a date is exported, proves itself, and does not when a line of it is changed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use store::{
    Change, Clear, Day, KeepFrom, Lane, Moment, NumberRequest, Options, SqliteStore, Store, Verdict, Write,
};

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

fn audit(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongshi"));
    let Output { status, stdout, stderr } =
        command.current_dir(folder).arg("audit").args(arguments).output().unwrap();
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn put(store: &mut SqliteStore, date: Day, change: Change) {
    let write =
        Write { lane: Lane::Outcome, epoch: store.epoch(), at: Moment(1_000), date, changes: vec![change] };
    assert!(matches!(store.commit(&[write]).unwrap()[0], Verdict::Ok(_)));
}

#[test]
fn a_date_is_exported_proved_and_listed_once_it_is_forgotten() {
    let folder = Folder(std::env::temp_dir().join(format!("audit-{}", std::process::id())));
    let at = folder.0.as_path();
    std::fs::create_dir_all(at).unwrap();
    let deployment = "store: { path: journal.db, key: journal }\nkeys: { path: none }\n\
                      listeners: { channels: '127.0.0.1:0' }\nparties: {}\n";
    std::fs::write(at.join("gateway.yaml"), deployment).unwrap();
    let options = Options::new("one", Arc::new(Clear));
    let mut store = SqliteStore::open(&at.join("journal.db"), &options).unwrap();
    let (day, next) = (Day(20_261_123), Day(20_261_124));
    for date in [day, next] {
        let numbers = NumberRequest { party: "grid".into(), date, count: 10 };
        put(&mut store, date, Change::Numbers(numbers));
    }
    let export = ["export", "gateway.yaml", "--date", "2026-11-23", "--to", "day.jsonl"];
    let (code, said, _) = audit(at, &export);
    assert_eq!(code, Some(0));
    assert!(said.contains("2026-11-23 is in day.jsonl: 1 writes, 1 rows."), "{said}");
    assert_eq!(audit(at, &export).0, Some(2), "a file is never written over");
    let (code, _, why) = audit(at, &["export", "gateway.yaml", "--date", "2026-11-22", "--to", "none.jsonl"]);
    assert!(code == Some(1) && why.contains("nothing was written for 2026-11-22"), "{why}");
    assert_eq!(audit(at, &["export", "gateway.yaml", "--date", "yesterday", "--to", "x"]).0, Some(2));
    let (code, said, _) = audit(at, &["verify", "--export", "day.jsonl", "--json"]);
    let told: Value = serde_json::from_str(&said).unwrap();
    assert!(code == Some(0) && told["whole"] == true && told["date"] == "2026-11-23", "{told}");
    // The last hash of the day is the one that the journal keeps.
    assert_eq!(told["chains"][0]["node"], "one");
    let (code, said, _) = audit(at, &["verify", "gateway.yaml", "--date", "2026-11-23", "--json"]);
    let kept: Value = serde_json::from_str(&said).unwrap();
    assert!(code == Some(0) && kept["chains"] == told["chains"], "{kept}");
    let (code, said, _) = audit(at, &["verify", "gateway.yaml", "--date", "2026-11-23"]);
    let hash = told["chains"][0]["hash"].as_str().unwrap();
    assert!(code == Some(0) && said.contains(&format!("last hash of one   {hash}")), "{said}");
    let whole = std::fs::read_to_string(at.join("day.jsonl")).unwrap();
    std::fs::write(at.join("day.jsonl"), whole.replace("\"next\":11", "\"next\":12")).unwrap();
    let (code, _, why) = audit(at, &["verify", "--export", "day.jsonl"]);
    assert!(code == Some(1) && why.contains("day.jsonl: line 3: counter"), "{why}");
    assert_eq!(audit(at, &["verify", "gateway.yaml"]).0, Some(0));
    assert_eq!(audit(at, &["verify"]).0, Some(2));
    let keep = KeepFrom { from: next, by: "the clock of one".into(), export: None };
    put(&mut store, next, Change::KeepFrom(keep));
    let (code, said, _) = audit(at, &["forgotten", "gateway.yaml"]);
    assert!(code == Some(0) && said.contains("2026-11-23") && said.contains("the clock of one"), "{said}");
    assert!(said.contains("on its way") && said.contains("kept from 2026-11-24"), "{said}");
    let (code, _, why) =
        audit(at, &["export", "gateway.yaml", "--date", "2026-11-23", "--to", "again.jsonl"]);
    assert!(code == Some(1) && why.contains("2026-11-23 is forgotten"), "{why}");
}
