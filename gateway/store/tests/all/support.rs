//! Writes to begin with, and a folder that goes away.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{
    Change, Clear, Day, Direction, FlowAsked, FlowId, FlowPut, FoundBy, Hold, Key, Lane, Moment,
    OperationPut, OperationState, Options, ParameterName, ParameterProposed, Sealer, SealerFault,
    SqliteStore, Store, Verdict, Write, Written,
};

pub(crate) const DAY: Day = Day(20_261_123);

/// A folder under the system's temporary one, removed when dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("store-{name}-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.0.join("journal.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

/// Not a cipher: shows that what is written is not what was given, and that contexts are kept apart.
pub(crate) struct Xor;

impl Sealer for Xor {
    fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealerFault> {
        let mut sealed = context.to_vec();
        sealed.push(0xFF);
        sealed.extend(plain.iter().map(|byte| byte ^ 0x5A));
        Ok(sealed)
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealerFault> {
        let body = sealed.strip_prefix(context).and_then(|rest| rest.strip_prefix(&[0xFF]));
        let body = body.ok_or_else(|| SealerFault("another row's body".into()))?;
        Ok(body.iter().map(|byte| byte ^ 0x5A).collect())
    }

    fn mark(&self, plain: &[u8]) -> [u8; 32] {
        Clear.mark(plain)
    }
}

pub(crate) fn options() -> Options {
    Options { checkpoint_every: None, ..Options::new("one", Arc::new(Xor)) }
}

pub(crate) fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, &options()).unwrap()
}

pub(crate) fn clear() -> Options {
    Options { checkpoint_every: None, ..Options::new("one", Arc::new(Clear)) }
}

pub(crate) fn key(once: &str) -> Key {
    Key { date: DAY, party: "grid".into(), direction: Direction::In, once: once.as_bytes().to_vec() }
}

pub(crate) fn asked(flow: u64, once: &str) -> FlowAsked {
    FlowAsked {
        flow: FlowId(flow),
        name: "bank.pay_bill".into(),
        parent: None,
        key: key(once),
        digest: [7; 32],
        asked: b"the ask".to_vec(),
        version: [9; 32],
        state: b"asked".to_vec(),
        wake: Some(Moment(50)),
        found_by: vec![FoundBy { name: "by batch".into(), hash: [5; 32] }],
        same_on: (DAY, DAY),
        refused_by: Vec::new(),
    }
}

pub(crate) fn put(flow: u64, state: &str) -> FlowPut {
    let state = state.as_bytes().to_vec();
    FlowPut { flow: FlowId(flow), state, end: None, taken_up: false, wake: None, answer: None }
}

pub(crate) fn operation(flow: u64, name: &str, state: OperationState) -> OperationPut {
    OperationPut {
        flow: FlowId(flow),
        name: name.into(),
        copies: 1,
        party: "grid".into(),
        call: "pay".into(),
        state,
        date: DAY,
        serial: format!("S{flow:06}"),
        amount: Some(32_345),
        request: Some(b"request".to_vec()),
        reply: None,
        asked: Some(b"kept".to_vec()),
        answered: None,
        found_by: vec![FoundBy { name: "by customer".into(), hash: [3; 32] }],
    }
}

pub(crate) fn hold(flow: u64) -> Hold {
    Hold { limit: "daily".into(), day: DAY, flow: FlowId(flow), operation: "paid".into() }
}

pub(crate) fn write(epoch: u64, changes: Vec<Change>) -> Write {
    Write { lane: Lane::Ask, epoch, at: Moment(1_000), date: DAY, changes }
}

/// Commits one write.
pub(crate) fn one(store: &mut dyn Store, changes: Vec<Change>) -> Verdict {
    let epoch = store.epoch();
    store.commit(&[write(epoch, changes)]).unwrap().remove(0)
}

/// Commits one write that must be taken.
pub(crate) fn taken(store: &mut dyn Store, changes: Vec<Change>) -> Written {
    match one(store, changes) {
        Verdict::Ok(written) => written,
        other => panic!("not taken: {other:?}"),
    }
}

pub(crate) fn proposed(number: u64, name: &str) -> ParameterProposed {
    ParameterProposed {
        number,
        parameter: ParameterName { party: "bank".into(), member: "school".into(), name: name.into() },
        old: "500.00".into(),
        new: "10000.00".into(),
        from: DAY,
        by: "maker".into(),
        reason: "the park's wish".into(),
    }
}
