//! A log that was torn or garbled: after a crash what is left is a beginning of what was written, each write whole; where the
//! disk lost something out of the middle, the journal is not opened.

use crate::support::{Folder, asked, open, operation, options, put, taken};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use store::{Change, End, Fatal, FlowId, FlowPut, OperationState, SqliteStore, Store};

const FLOWS: u64 = 40;
/// Octets of the log's head, of a frame's head and of a frame.
const HEAD: usize = 32;
const FRAME_HEAD: usize = 24;
const FRAME: usize = FRAME_HEAD + 4_096;
/// What a disk writes whole.
const SECTOR: usize = 512;

fn log_of(folder: &Folder) -> PathBuf {
    folder.journal().with_extension("db-wal")
}

/// The file and the log of a store that was still open, as a crash would leave them, and how long the log was behind each flow.
fn left_behind() -> (Vec<u8>, Vec<u8>, Vec<usize>) {
    let folder = Folder::new("torn");
    let mut store = open(&folder.journal());
    let mut ends = Vec::new();
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
        ends.push(usize::try_from(std::fs::metadata(log_of(&folder)).unwrap().len()).unwrap());
    }
    (std::fs::read(folder.journal()).unwrap(), std::fs::read(log_of(&folder)).unwrap(), ends)
}

fn lay(folder: &Folder, file: &[u8], log: &[u8]) {
    std::fs::write(folder.journal(), file).unwrap();
    std::fs::write(Path::new(&log_of(folder)), log).unwrap();
}

/// Opens what is left and gives how many writes survived.
fn survived(file: &[u8], log: &[u8]) -> Result<u64, Fatal> {
    let folder = Folder::new("left");
    lay(&folder, file, log);
    let mut store = match SqliteStore::open(&folder.journal(), &options()) {
        Ok(store) => store,
        Err(fatal) => {
            assert_eq!(std::fs::read(folder.journal()).unwrap(), file, "the file was touched");
            assert_eq!(std::fs::read(log_of(&folder)).unwrap(), log, "the log was touched");
            return Err(fatal);
        }
    };
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
    Ok(sequence)
}

/// Whether it can be known that commits were lost: behind the frame that is wrong another ends a commit, and one more follows.
fn is_known(frame: usize, within: usize, ends: &BTreeSet<usize>, frames: usize) -> bool {
    // The next frame goes on from the checksum of this one.
    let from = if (16..FRAME_HEAD).contains(&within) { frame + 2 } else { frame + 1 };
    (from..frames - 1).any(|frame| ends.contains(&(HEAD + (frame + 1) * FRAME)))
}

#[test]
fn a_log_that_lost_an_octet_is_refused_where_more_was_committed_behind_it() {
    let (file, log, ends) = left_behind();
    assert_eq!(survived(&file, &log), Ok(FLOWS));
    let frames = (log.len() - HEAD) / FRAME;
    let of_flow = |flow: usize| (ends[flow - 1] - HEAD) / FRAME..(ends[flow] - HEAD) / FRAME;
    let flows = ends.len();
    let looked_at = [0, 1, frames / 2].into_iter().chain(of_flow(5)).chain(of_flow(flows - 3).start..frames);
    let set: BTreeSet<usize> = ends.iter().copied().collect();
    let (mut refused, mut lost) = (0, 0);
    for frame in looked_at {
        // The page's number, the size behind a commit, a salt, the checksum, the page.
        for within in [2, 6, 9, 17, 1_000] {
            let mut log = log.clone();
            let offset = HEAD + frame * FRAME;
            log[offset + within] ^= 0x40;
            let told = survived(&file, &log);
            if is_known(frame, within, &set, frames) {
                let Err(Fatal::Broken { log, frame: at, offset: from, .. }) = &told else {
                    panic!("octet {within} of frame {frame} of {frames}: {told:?}")
                };
                assert_eq!((*at, *from), (frame as u64 + 1, offset as u64));
                let told = told.as_ref().unwrap_err().to_string();
                assert!(log.ends_with("journal.db-wal") && told.contains(log.as_str()), "{told}");
                refused += 1;
            } else {
                let told = told.unwrap();
                let wanted = if frame < of_flow(flows - 1).start { FLOWS - 2 } else { FLOWS - 1 };
                assert_eq!(told, wanted, "octet {within} of frame {frame} of {frames}");
                lost += 1;
            }
        }
    }
    assert!(refused > 50 && lost > 10, "{refused} refused, {lost} lost");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_torn_log_keeps_a_beginning_of_whole_writes(part in 0..1_000_usize) {
        let (file, mut log, ends) = left_behind();
        log.truncate((log.len() - 1) * part / 1_000);
        let whole = ends.iter().filter(|end| **end <= log.len()).count() as u64;
        prop_assert_eq!(survived(&file, &log), Ok(whole));
    }

    /// Power is lost again and again while a commit is written, or while a journal is opened: of each sector that was not
    /// synced there is what was there before, or what was to be there. That is no cause to refuse the journal, and all that
    /// was told is there.
    #[test]
    fn what_power_cuts_leave_is_opened(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let (mut file, mut log, mut told, mut flow) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for round in 0..6 {
            let folder = Folder::new("cut");
            if round > 0 {
                lay(&folder, &file, &log);
            }
            let mut store = SqliteStore::open(&folder.journal(), &options()).unwrap();
            let opened = std::fs::read(log_of(&folder)).unwrap();
            let mut reader = store.reader().unwrap();
            for flow in &told {
                prop_assert!(reader.flow(FlowId(*flow)).unwrap().is_some(), "{flow} of {told:?} is lost");
            }
            if round > 0 && dice.below(3) == 0 {
                log = dice.cut(&log, &opened);
                continue;
            }
            let mut pay = |dice: &mut Dice| {
                flow += 1;
                let mut asked = asked(flow, &flow.to_string());
                asked.asked = vec![7; dice.below(60_000)];
                taken(&mut store, vec![Change::InsertFlow(asked)]);
                flow
            };
            for _ in 0..dice.below(3) {
                told.push(pay(&mut dice));
            }
            let before = std::fs::read(log_of(&folder)).unwrap();
            pay(&mut dice);
            log = dice.cut(&before, &std::fs::read(log_of(&folder)).unwrap());
            file = std::fs::read(folder.journal()).unwrap();
        }
    }
}

/// Numbers of a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    /// What is left of a log that was being changed.
    fn cut(&mut self, before: &[u8], after: &[u8]) -> Vec<u8> {
        let least = before.len().min(after.len());
        let length =
            if self.below(2) == 0 { after.len() } else { least + self.below(after.len() - least + 1) };
        let mut left = before.to_vec();
        left.resize(length, 0);
        // Few sectors are lost, or many.
        let one_in = [2, 10, 100][self.below(3)];
        for (left, after) in left.chunks_mut(SECTOR).zip(after.chunks(SECTOR)) {
            if self.below(one_in) > 0 {
                let written = left.len().min(after.len());
                left[..written].copy_from_slice(&after[..written]);
            }
        }
        left
    }
}
