//! What of a row goes into the hash chain: a digest over its columns, the same when it is written and when it is
//! read again, and the list of such digests of one write.

use sha2::{Digest, Sha256};

/// A SHA-256.
pub(crate) type Hash = [u8; 32];

/// What kind of row an entry stands for. The numbers stand in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Asked = 1,
    State = 2,
    Answer = 3,
    Operation = 4,
    Change = 5,
    Event = 6,
    Cancelled = 7,
    Notice = 8,
    Hold = 9,
    Counter = 10,
    Refused = 11,
    Proposed = 12,
    Decided = 13,
    /// Rows that may be changed or forgotten: in the chain, not compared with what stands now.
    Passing = 20,
}

/// Digest over columns, each with its type and length so that none runs into the next.
#[derive(Clone)]
pub(crate) struct Columns(Sha256);

impl Columns {
    pub(crate) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(crate) fn int(mut self, value: i64) -> Self {
        self.0.update([1]);
        self.0.update(value.to_be_bytes());
        self
    }

    pub(crate) fn int_or(self, value: Option<i64>) -> Self {
        match value {
            Some(value) => self.int(value),
            None => self.null(),
        }
    }

    pub(crate) fn bytes(mut self, value: &[u8]) -> Self {
        self.0.update([2]);
        self.0.update((value.len() as u64).to_be_bytes());
        self.0.update(value);
        self
    }

    pub(crate) fn bytes_or(self, value: Option<&[u8]>) -> Self {
        match value {
            Some(value) => self.bytes(value),
            None => self.null(),
        }
    }

    pub(crate) fn text(self, value: &str) -> Self {
        self.bytes(value.as_bytes())
    }

    fn null(mut self) -> Self {
        self.0.update([0]);
        self
    }

    pub(crate) fn finish(self) -> Hash {
        self.0.finalize().into()
    }

    /// The first bytes of the digest as a number: where a row's key is text.
    pub(crate) fn number(self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.finish();
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// One row that a write touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: u8,
    pub(crate) first: u64,
    pub(crate) second: u64,
    /// All zero: the row is gone.
    pub(crate) digest: Hash,
}

/// The entries of one write, as they stand in the journal.
#[derive(Default)]
pub(crate) struct Entries(Vec<u8>);

impl Entries {
    const SIZE: usize = 1 + 8 + 8 + 32;

    pub(crate) fn push(&mut self, kind: Kind, first: u64, second: u64, digest: &Hash) {
        self.0.push(kind as u8);
        self.0.extend_from_slice(&first.to_be_bytes());
        self.0.extend_from_slice(&second.to_be_bytes());
        self.0.extend_from_slice(digest);
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The entries of stored bytes; `None` if they are not whole.
    pub(crate) fn read(bytes: &[u8]) -> Option<Vec<Entry>> {
        let chunks = bytes.chunks_exact(Self::SIZE);
        if !chunks.remainder().is_empty() {
            return None;
        }
        chunks.map(entry).collect()
    }
}

fn entry(chunk: &[u8]) -> Option<Entry> {
    let (kind, rest) = chunk.split_first()?;
    let (first, rest) = rest.split_first_chunk::<8>()?;
    let (second, rest) = rest.split_first_chunk::<8>()?;
    Some(Entry {
        kind: *kind,
        first: u64::from_be_bytes(*first),
        second: u64::from_be_bytes(*second),
        digest: rest.try_into().ok()?,
    })
}

/// The next hash of a chain.
pub(crate) fn link(before: &Hash, sequence: i64, date: i64, at: i64, node: &str, entries: &[u8]) -> Hash {
    Columns::new().bytes(before).int(sequence).int(date).int(at).text(node).bytes(entries).finish()
}
