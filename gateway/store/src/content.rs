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
    Forgotten = 14,
    Kept = 15,
    /// Rows that may be changed or forgotten: in the chain, not compared with what stands now.
    Passing = 20,
    /// Not a row: of which write and which flow the carried entries behind it are.
    Origin = 21,
}

/// Added to the kind of an entry that was carried on from a chain that went.
pub(crate) const CARRIED: u8 = 0x80;

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

    /// An entry of an earlier write, behind its [`Entries::origin`].
    pub(crate) fn carry(&mut self, kind: u8, first: u64, second: u64, digest: &Hash) {
        self.0.push(kind | CARRIED);
        self.0.extend_from_slice(&first.to_be_bytes());
        self.0.extend_from_slice(&second.to_be_bytes());
        self.0.extend_from_slice(digest);
    }

    /// Of which write the carried entries behind it are, of which flow (0: of none), and with which day that flow goes.
    pub(crate) fn origin(&mut self, sequence: u64, owner: u64, leaves: u32) {
        let mut digest = [0; 32];
        for (to, from) in digest.iter_mut().zip(leaves.to_be_bytes()) {
            *to = from;
        }
        self.push(Kind::Origin, sequence, owner, &digest);
    }

    /// Entries as another made them.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
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

/// What a write says of a row, and since when that is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Saying {
    pub(crate) entry: Entry,
    /// The write that said it first.
    pub(crate) sequence: u64,
    /// Of what was carried: the flow that it belongs to, 0 for none, and the day with which that goes.
    pub(crate) owner: u64,
    pub(crate) leaves: u32,
    pub(crate) carried: bool,
}

/// What a write says of rows that are compared; `None` if its entries are not whole.
pub(crate) fn sayings(bytes: &[u8], sequence: u64) -> Option<Vec<Saying>> {
    let mut origin = None;
    let mut sayings = Vec::new();
    for mut entry in Entries::read(bytes)? {
        if entry.kind == Kind::Origin as u8 {
            let [a, b, c, d, ..] = entry.digest;
            origin = Some((entry.first, entry.second, u32::from_be_bytes([a, b, c, d])));
        } else if entry.kind & CARRIED != 0 {
            let (sequence, owner, leaves) = origin?;
            entry.kind &= !CARRIED;
            sayings.push(Saying { entry, sequence, owner, leaves, carried: true });
        } else if entry.kind != Kind::Passing as u8 {
            sayings.push(Saying { entry, sequence, owner: 0, leaves: 0, carried: false });
        }
    }
    Some(sayings)
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
