//! The simulated store under a lease: what PostgreSQL's does, on a clock and a connection that a test moves.

use crate::support::{asked, put, taken, write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{
    Change, CrashPoint, CutAt, End, Fatal, FlowId, FlowPut, MemoryDisk, MemoryLine, MemoryStore, Monotonic,
    Opened, Store, Verdict, Writer,
};

const LEASE: Duration = Duration::from_secs(9);

/// A day with a journal that two nodes may hold.
struct Day {
    seconds: Arc<AtomicU64>,
    clock: Monotonic,
    disk: MemoryDisk,
}

impl Day {
    fn new() -> Self {
        let seconds = Arc::new(AtomicU64::new(0));
        let read = Arc::clone(&seconds);
        let clock = Monotonic::of(move || Duration::from_secs(read.load(Ordering::Relaxed)));
        Self { seconds, disk: MemoryDisk::by(clock.clone()), clock }
    }

    fn on(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    fn open(&self, node: &str, line: &MemoryLine) -> Result<MemoryStore, String> {
        match MemoryStore::open_leased(&self.disk, node, line, LEASE, &self.clock) {
            Opened::Holds(store) => Ok(*store),
            Opened::Waits { node } => Err(node),
        }
    }
}

#[test]
fn a_lease_is_renewed_taken_over_and_fences_what_comes_late() {
    let (day, line) = (Day::new(), MemoryLine::default());
    let mut first = day.open("first", &line).unwrap();
    taken(&mut first, vec![Change::InsertFlow(asked(1, "a"))]);
    for _ in 0..6 {
        day.on(3);
        assert_eq!(first.tend(), Ok(Some(LEASE / 3)));
        assert_eq!(day.open("second", &line).err().as_deref(), Some("first"));
    }
    // It knows the end of it before another may begin.
    let held = first.held().unwrap();
    assert!(held.lasts());
    day.on(8);
    assert!(!held.lasts() && held.missed() == 1);
    assert!(day.open("second", &line).is_err());
    day.on(1);
    let mut second = day.open("second", &line).unwrap();
    assert_eq!(second.epoch(), first.epoch() + 1);
    taken(&mut second, vec![Change::PutFlow(FlowPut { end: Some(End::Done), ..put(1, "ended") })]);
    let epoch = second.epoch();
    let late = write(first.epoch(), vec![Change::PutFlow(put(1, "late"))]);
    assert_eq!(first.commit(std::slice::from_ref(&late)).unwrap(), [Verdict::Fenced { epoch }]);
    assert_eq!(first.commit(&[late]), Err(Fatal::TakenOver { epoch }));
    assert_eq!(first.tend(), Err(Fatal::TakenOver { epoch }));
    assert_eq!((day.disk.written_under(), day.disk.fenced()), (vec![epoch - 1, epoch], 1));
    // The same node that was started again waits for nobody.
    assert_eq!(day.open("second", &line).unwrap().epoch(), epoch + 1);
}

#[test]
fn what_is_committed_when_the_connection_is_cut_is_answered_when_it_is_there_again() {
    let (day, line) = (Day::new(), MemoryLine::default());
    let writer = Writer::inline(Box::new(day.open("first", &line).unwrap()));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let submit = |flow: u64| {
        let heard = Arc::clone(&heard);
        let of_flow = write(writer.epoch(), vec![Change::InsertFlow(asked(flow, &format!("k{flow}")))]);
        let reply = move |verdict| heard.lock().unwrap().push((flow, verdict));
        writer.submit(of_flow, Box::new(reply)).unwrap();
    };
    let told = Arc::new(AtomicU64::new(0));
    let tell = Arc::clone(&told);
    line.cut_after(CutAt::Commit, 1, move || tell.store(1, Ordering::Relaxed));
    submit(1);
    assert_eq!((heard.lock().unwrap().len(), told.load(Ordering::Relaxed)), (1, 0));
    submit(2);
    submit(3);
    assert_eq!((heard.lock().unwrap().len(), told.load(Ordering::Relaxed)), (1, 1));
    let mut reader = day.open("first", &MemoryLine::default()).unwrap().reader().unwrap();
    let open = |reader: &mut Box<dyn store::Reader>| reader.open_flows(FlowId(0), 9).unwrap().len();
    assert_eq!(open(&mut reader), 2);
    assert_eq!(writer.tend(), Some(Duration::from_millis(200)));
    line.mend();
    // The epoch is another's by now: what was durable is told, what waited is refused.
    assert_eq!(writer.tend(), None);
    let heard: Vec<_> =
        heard.lock().unwrap().drain(..).map(|(flow, verdict)| (flow, verdict.unwrap())).collect();
    assert!(matches!(
        heard.as_slice(),
        [(1, Verdict::Ok(_)), (2, Verdict::Ok(_)), (3, Verdict::Fenced { .. })]
    ));
    assert!(matches!(writer.fatal(), Some(Fatal::TakenOver { .. })));
    assert_eq!(open(&mut reader), 2);
}

#[test]
fn who_does_not_reach_the_journal_ends_in_the_end() {
    let (day, line) = (Day::new(), MemoryLine::default());
    let writer = Writer::inline(Box::new(day.open("first", &line).unwrap()));
    line.cut();
    assert!(writer.tend().is_some());
    day.on(119);
    assert!(writer.tend().is_some());
    day.on(1);
    assert_eq!(writer.tend(), None);
    assert!(matches!(writer.fatal(), Some(Fatal::Disk { .. })));
}

#[test]
fn a_renewal_is_believed_when_the_commit_that_it_stands_in_is_answered() {
    let (day, line) = (Day::new(), MemoryLine::default());
    let mut first = day.open("first", &line).unwrap();
    let held = first.held().unwrap();
    day.on(3);
    line.cut_after(CutAt::Commit, 0, || ());
    taken(&mut first, vec![Change::InsertFlow(asked(1, "a"))]);
    day.on(5);
    assert!(!held.lasts(), "held by a commit that was not answered");
    line.mend();
    assert!(first.tend().unwrap().is_some() && held.lasts());
    day.on(3);
    day.disk.crash_next(CrashPoint::Before);
    let late = write(first.epoch(), vec![Change::InsertFlow(asked(2, "b"))]);
    assert!(first.commit(&[late]).is_err());
    day.on(5);
    assert!(!held.lasts(), "held by a commit that failed");
}
