//! The embedded journal's log: it is moved into the file when it has grown past its bound, and not at every commit from then on.

use crate::support::{Folder, asked, open, taken};
use store::Change;

#[test]
fn a_log_that_was_past_its_bound_is_within_it_again() {
    const BOUND: u64 = 32 << 20;
    let folder = Folder::new("log");
    let mut store = open(&folder.journal());
    let log = || std::fs::metadata(folder.journal().with_extension("db-wal")).unwrap().len();
    let mut most = 0;
    for flow in 1..=80 {
        let mut large = asked(flow, &flow.to_string());
        large.asked = vec![7; 1 << 20];
        taken(&mut store, vec![Change::InsertFlow(large)]);
        most = most.max(log());
    }
    assert!(most > BOUND && log() <= BOUND, "at most {most} octets, {} now", log());
    assert!(store::verify(&folder.journal()).unwrap().is_whole());
}
