//! kill -9 of a process that writes: everything it was told is there, everything there is whole.
//!
//! The child is this same test binary, told by its environment to write until it is killed; it prints each verdict
//! after it came, so that what it printed was durable before.

use crate::cluster::{Cluster, open as open_database};
use crate::support::{DAY, Folder, asked, hold, open, operation, put};
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use store::{
    AsOf, Change, End, FlowId, FlowPut, Lane, Limits, Moment, NumberRequest, OperationState, Store,
    TrialServer, Verdict, Write, Writer,
};

const JOURNAL: &str = "STORE_KILL_JOURNAL";
/// The journal is a cluster's, in this folder.
const CLUSTER: &str = "STORE_KILL_CLUSTER";
const FIRST: &str = "STORE_KILL_FIRST";

/// Not a test of its own: the child's work. Without its environment it does nothing.
#[test]
fn child() {
    let Ok(first) = std::env::var(FIRST) else { return };
    let first: u64 = first.parse().unwrap();
    let journal = match (std::env::var(JOURNAL), std::env::var(CLUSTER)) {
        (Ok(path), _) => Journal::File(PathBuf::from(path)),
        (_, Ok(folder)) => Journal::Cluster(PathBuf::from(folder)),
        _ => return,
    };
    let writer = Writer::start(journal.open(), Limits::default()).unwrap();
    std::thread::scope(|scope| {
        for lane in 0..8 {
            let writer = &writer;
            scope.spawn(move || {
                for flow in (first + lane..).step_by(8) {
                    pay(writer, flow);
                }
            });
        }
    });
}

/// Where the child writes.
enum Journal {
    File(PathBuf),
    Cluster(PathBuf),
}

impl Journal {
    fn open(&self) -> Box<dyn Store> {
        match self {
            Self::File(path) => Box::new(open(path)),
            Self::Cluster(folder) => Box::new(open_database(&TrialServer::place_at(folder, "journal"))),
        }
    }

    fn named(&self) -> (&str, &Path) {
        match self {
            Self::File(path) => (JOURNAL, path),
            Self::Cluster(folder) => (CLUSTER, folder),
        }
    }

    fn verify(&self) -> store::Verified {
        match self {
            Self::File(path) => store::verify(path).unwrap(),
            Self::Cluster(folder) => {
                store::postgres_verify(&TrialServer::place_at(folder, "journal")).unwrap()
            }
        }
    }
}

fn pay(writer: &Writer, flow: u64) {
    let done = |changes| {
        let write = Write { lane: Lane::Ask, epoch: writer.epoch(), at: Moment(1), date: DAY, changes };
        match writer.submit_and_wait(write).unwrap() {
            Verdict::Ok(written) => written,
            verdict => panic!("{verdict:?}"),
        }
    };
    let numbers = done(vec![Change::Numbers(NumberRequest { party: "core".into(), date: DAY, count: 10 })]);
    say(&format!("number {}", numbers.numbers[0].first));
    done(vec![
        Change::InsertFlow(asked(flow, &flow.to_string())),
        Change::Reserve { hold: hold(flow), amount: 1, ceiling: u64::from(u32::MAX) },
        Change::PutOperation(operation(flow, "paid", OperationState::Intent)),
    ]);
    say(&format!("intent {flow}"));
    done(vec![
        Change::PutOperation(operation(flow, "paid", OperationState::Done)),
        Change::PutFlow(FlowPut {
            end: Some(End::Done),
            answer: Some(b"done".to_vec()),
            ..put(flow, "ended")
        }),
    ]);
    say(&format!("ended {flow}"));
}

/// One whole line in one write, so that a kill tears none.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

#[derive(Default)]
struct Told {
    numbers: Vec<u64>,
    intents: Vec<u64>,
    ended: Vec<u64>,
}

fn run_and_kill(journal: &Journal, first: u64, after: Duration, told: &mut Told) {
    let (name, value) = journal.named();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(name, value)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let killer = std::thread::spawn(move || {
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    });
    for line in out.split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        let mut words = line.split(' ').rev();
        let (Some(number), Some(kind)) = (words.next().and_then(|word| word.parse().ok()), words.next())
        else {
            continue;
        };
        match kind {
            "number" => told.numbers.push(number),
            "intent" => told.intents.push(number),
            "ended" => told.ended.push(number),
            _ => {}
        }
    }
    killer.join().unwrap();
}

#[test]
fn what_was_told_survives_kill_9() {
    let folder = Folder::new("kill");
    survives(&Journal::File(folder.journal()));
}

#[test]
fn what_was_told_survives_kill_9_of_a_writer_over_postgres() {
    let cluster = Cluster::start();
    survives(&Journal::Cluster(cluster.folder().to_owned()));
}

fn survives(journal: &Journal) {
    drop(journal.open());
    let mut told = Told::default();
    for round in 0..6_u64 {
        let after = Duration::from_millis(150 + round * 67);
        run_and_kill(journal, 1 + round * 1_000_000, after, &mut told);
        check(journal, &told);
    }
    assert!(told.ended.len() > 20, "only {} ended", told.ended.len());
}

fn check(journal: &Journal, told: &Told) {
    let verified = journal.verify();
    assert!(verified.is_whole(), "{:?}", verified.faults);
    let mut store = journal.open();
    let mut reader = store.reader().unwrap();
    let mut numbers = told.numbers.clone();
    numbers.sort_unstable();
    assert!(numbers.windows(2).all(|pair| pair[1] - pair[0] >= 10), "a block was given twice");
    for flow in &told.intents {
        let row = reader.flow(FlowId(*flow)).unwrap();
        assert!(row.is_some(), "flow {flow} was told its intent and is lost");
        assert_eq!(reader.operations(FlowId(*flow)).unwrap().len(), 1);
    }
    for flow in &told.ended {
        let row = reader.flow(FlowId(*flow)).unwrap().unwrap();
        assert_eq!((row.end, row.answer.as_deref()), (Some(End::Done), Some(b"done".as_slice())));
        assert_eq!(reader.operations(FlowId(*flow)).unwrap()[0].state, OperationState::Done);
    }
    let query = AsOf { party: "grid", call: None, date: DAY, sequence: u64::MAX, after: 0, most: 1 };
    // What it was killed before telling may be there.
    let none = reader.operations_of_day(&query).unwrap().rows.is_empty();
    assert!(!none || told.intents.is_empty(), "a date that has operations has none");
    let next = Write {
        lane: Lane::Ask,
        epoch: store.epoch(),
        at: Moment(2),
        date: DAY,
        changes: vec![Change::Numbers(NumberRequest { party: "core".into(), date: DAY, count: 10 })],
    };
    let Verdict::Ok(written) = store.commit(&[next]).unwrap().remove(0) else { panic!("not taken") };
    assert!(numbers.last().is_none_or(|last| *last + 10 <= written.numbers[0].first));
}
