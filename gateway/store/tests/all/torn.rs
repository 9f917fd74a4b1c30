//! A log that was torn or garbled by a crash: what is left is a beginning of what was written, each write whole.

use crate::support::{Folder, asked, open, operation, put, taken};
use proptest::prelude::*;
use std::path::Path;
use store::{Change, End, FlowId, FlowPut, OperationState, Store};

const FLOWS: u64 = 40;

/// The file and the log of a store that was still open, as a crash would leave them.
fn left_behind() -> (Vec<u8>, Vec<u8>) {
    let folder = Folder::new("torn");
    let mut store = open(&folder.journal());
    for flow in 1..=FLOWS {
        let end = FlowPut { end: Some(End::Done), ..put(flow, "ended") };
        taken(
            &mut store,
            vec![
                Change::InsertFlow(asked(flow, &flow.to_string())),
                Change::PutOperation(operation(flow, "paid", OperationState::Done)),
                Change::PutFlow(end),
            ],
        );
    }
    let log = folder.journal().with_extension("db-wal");
    (std::fs::read(folder.journal()).unwrap(), std::fs::read(log).unwrap())
}

/// Opens what is left and gives how many writes survived.
fn survived(file: &[u8], log: &[u8]) -> u64 {
    let folder = Folder::new("left");
    std::fs::write(folder.journal(), file).unwrap();
    std::fs::write(Path::new(&folder.journal().with_extension("db-wal")), log).unwrap();
    let mut store = open(&folder.journal());
    let verified = store::verify(&folder.journal()).unwrap();
    assert!(verified.is_whole(), "{:?}", verified.faults);
    let mut reader = store.reader().unwrap();
    let sequence = reader.sequence().unwrap();
    for flow in 1..=FLOWS {
        let row = reader.flow(FlowId(flow)).unwrap();
        assert_eq!(row.is_some(), flow <= sequence, "flow {flow} of {sequence}");
        assert_eq!(reader.operations(FlowId(flow)).unwrap().len(), usize::from(flow <= sequence));
    }
    taken(&mut store, vec![Change::InsertFlow(asked(1_000, "after"))]);
    sequence
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_torn_log_keeps_a_beginning_of_whole_writes(part in 0..1_000_usize, garble in any::<bool>()) {
        let (file, mut log) = left_behind();
        prop_assert_eq!(survived(&file, &log), FLOWS);
        let at = (log.len() - 1) * part / 1_000;
        if garble {
            log[at] ^= 0x40;
        } else {
            log.truncate(at);
        }
        prop_assert!(survived(&file, &log) <= FLOWS);
    }
}
