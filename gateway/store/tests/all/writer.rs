//! The queue before a store: bounds, lanes, ends.

use crate::support::{Folder, asked, open, put};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use store::{
    Change, CrashPoint, Fatal, Lane, Limits, MemoryDisk, MemoryStore, Moment, Reader, Store, Verdict, Write,
    Writer,
};

/// Holds each commit until it is let go, and tells what came.
struct Gate {
    inner: MemoryStore,
    go: Receiver<()>,
    seen: Arc<Mutex<Vec<Vec<Lane>>>>,
}

impl Store for Gate {
    fn commit(&mut self, group: &[Write]) -> Result<Vec<Verdict>, Fatal> {
        self.seen.lock().unwrap().push(group.iter().map(|write| write.lane).collect());
        self.go.recv().map_err(|_| Fatal::Ended)?;
        self.inner.commit(group)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Fatal> {
        self.inner.reader()
    }

    fn epoch(&self) -> u64 {
        self.inner.epoch()
    }
}

type Seen = Arc<Mutex<Vec<Vec<Lane>>>>;

fn gated(limits: Limits) -> (Writer, Sender<()>, Seen, MemoryDisk) {
    let disk = MemoryDisk::new();
    let (go, wait) = channel();
    let seen = Seen::default();
    let gate = Gate { inner: MemoryStore::open(&disk), go: wait, seen: Arc::clone(&seen) };
    (Writer::start(Box::new(gate), limits).unwrap(), go, seen, disk)
}

fn of(writer: &Writer, lane: Lane, flow: u64) -> Write {
    let changes = vec![Change::InsertFlow(asked(flow, &flow.to_string()))];
    Write { lane, epoch: writer.epoch(), at: Moment(0), date: crate::support::DAY, changes }
}

fn until(mut done: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if done() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    panic!("it never came");
}

#[test]
fn outcomes_go_first_and_find_room_when_asks_do_not() {
    let limits = Limits { writes: 8, group: 4, ..Limits::default() };
    let (writer, go, seen, _disk) = gated(limits);
    let (sender, verdicts) = channel();
    let submit = |lane, flow| {
        let sender = sender.clone();
        writer.submit(of(&writer, lane, flow), Box::new(move |verdict| drop(sender.send((flow, verdict)))))
    };
    submit(Lane::Ask, 1).unwrap();
    until(|| seen.lock().unwrap().len() == 1);
    for flow in 2..=7 {
        submit(Lane::Ask, flow).unwrap();
    }
    let busy = submit(Lane::Ask, 8).unwrap_err();
    assert!(!busy.ended && matches!(busy.write.changes[0], Change::InsertFlow(_)));
    submit(Lane::Outcome, 9).unwrap();
    submit(Lane::Outcome, 10).unwrap();
    assert!(submit(Lane::Outcome, 11).is_err(), "the whole queue is bounded too");
    for _ in 0..4 {
        go.send(()).unwrap();
    }
    let answered: Vec<u64> = verdicts
        .iter()
        .take(9)
        .map(|(flow, verdict)| {
            assert!(matches!(verdict, Ok(Verdict::Ok(_))), "{verdict:?}");
            flow
        })
        .collect();
    assert_eq!(answered, [1, 9, 10, 2, 3, 4, 5, 6, 7]);
    assert_eq!(writer.waiting(), 0);
}

#[test]
fn the_bytes_that_wait_are_bounded() {
    let (writer, _go, seen, _disk) = gated(Limits { bytes: 64 << 10, ..Limits::default() });
    let submit = |flow, bytes: usize| {
        let mut write = of(&writer, Lane::Outcome, flow);
        if let Some(Change::InsertFlow(asked)) = write.changes.first_mut() {
            asked.asked = vec![0; bytes];
        }
        writer.submit(write, Box::new(drop))
    };
    submit(1, 10).unwrap();
    until(|| seen.lock().unwrap().len() == 1);
    submit(2, 50 << 10).unwrap();
    assert!(submit(3, 50 << 10).is_err());
    submit(4, 1 << 10).unwrap();
}

#[test]
fn one_write_above_all_bounds_is_taken_where_nothing_waits() {
    let (writer, go, _seen, _disk) = gated(Limits { bytes: 64 << 10, ..Limits::default() });
    let (sender, verdicts) = channel();
    let submit = |flow| {
        let (mut write, sender) = (of(&writer, Lane::Ask, flow), sender.clone());
        if let Some(Change::InsertFlow(asked)) = write.changes.first_mut() {
            asked.asked = vec![0; 1 << 20];
        }
        writer.submit(write, Box::new(move |verdict| drop(sender.send((flow, verdict)))))
    };
    submit(1).unwrap();
    until(|| submit(2).is_ok());
    assert!(submit(3).is_err(), "no second one waits beside it");
    for flow in 1..=2 {
        go.send(()).unwrap();
        let (answered, verdict) = verdicts.recv().unwrap();
        assert!(answered == flow && matches!(verdict, Ok(Verdict::Ok(_))), "{verdict:?}");
    }
}

#[test]
fn a_store_that_fails_answers_everybody_and_takes_nothing_more() {
    let (writer, go, seen, disk) = gated(Limits::default());
    let (sender, verdicts) = channel();
    for flow in 1..=3 {
        let sender = sender.clone();
        writer
            .submit(of(&writer, Lane::Ask, flow), Box::new(move |verdict| drop(sender.send(verdict))))
            .unwrap();
        until(|| !seen.lock().unwrap().is_empty());
    }
    disk.crash_next(CrashPoint::Before);
    go.send(()).unwrap();
    for _ in 0..3 {
        assert_eq!(verdicts.recv().unwrap(), Err(Fatal::Ended));
    }
    assert_eq!(writer.fatal(), Some(Fatal::Ended));
    assert!(writer.submit(of(&writer, Lane::Ask, 4), Box::new(drop)).unwrap_err().ended);
    assert_eq!(writer.submit_and_wait(of(&writer, Lane::Ask, 4)), Err(Fatal::Ended));
}

#[test]
fn what_waits_is_written_before_the_thread_ends() {
    let folder = Folder::new("drain");
    let writer = Writer::start(Box::new(open(&folder.journal())), Limits::default()).unwrap();
    for flow in 1..=500 {
        writer.submit(of(&writer, Lane::Ask, flow), Box::new(drop)).unwrap();
    }
    let mut next = of(&writer, Lane::Outcome, 0);
    next.changes = vec![Change::PutFlow(put(1, "x"))];
    drop(writer.clone());
    drop(writer);
    let mut store = open(&folder.journal());
    assert_eq!(store.reader().unwrap().open_flows(store::FlowId(0), 1_000).unwrap().len(), 500);
    assert!(matches!(store.commit(&[next]).unwrap()[0], Verdict::Fenced { .. }));
}

#[test]
fn without_a_thread_the_verdict_is_there_at_once() {
    let disk = MemoryDisk::new();
    let writer = Writer::inline(Box::new(MemoryStore::open(&disk)));
    let (sender, verdicts) = channel();
    let other = sender.clone();
    writer.submit(of(&writer, Lane::Ask, 1), Box::new(move |verdict| drop(sender.send(verdict)))).unwrap();
    assert!(matches!(verdicts.try_recv(), Ok(Ok(Verdict::Ok(_)))));
    disk.crash_next(CrashPoint::After);
    writer.submit(of(&writer, Lane::Ask, 2), Box::new(move |verdict| drop(other.send(verdict)))).unwrap();
    assert_eq!(verdicts.try_recv(), Ok(Err(Fatal::Ended)));
    assert!(writer.submit(of(&writer, Lane::Ask, 3), Box::new(drop)).unwrap_err().ended);
}
