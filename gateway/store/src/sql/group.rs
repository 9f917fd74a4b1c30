//! Taking a group of writes inside a transaction: each is judged, carried out and linked into the chain of its date.
//!
//! In: the group, and the epoch that stands in the store. Out: verdicts, and what the store holds once the transaction
//! is durable ([`Staged`]); until then nothing here is believed.

use super::apply::Apply;
use super::look::Eyes;
use super::{Database, Fault, hash_of, int, values};
use crate::check::check;
use crate::content::{Hash, link};
use crate::days::{chain_of, touched};
use crate::model::Day;
use crate::sealer::Sealer;
use crate::write::{Change, Lane, Verdict, Write, Written};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Dates whose last hashes are kept at hand; others are read again.
const HEADS: usize = 16;

/// The end of the journal as its one writer knows it.
pub(crate) struct Journaled {
    pub(crate) node: String,
    pub(crate) sealer: Arc<dyn Sealer>,
    pub(crate) oldest: Day,
    pub(crate) sequence: u64,
    pub(crate) heads: BTreeMap<Day, Hash>,
}

/// What a transaction adds, not durable yet.
pub(crate) struct Staged {
    pub(crate) sequence: u64,
    pub(crate) oldest: Day,
    pub(crate) heads: BTreeMap<Day, Head>,
}

/// The last write of a date's chain.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    pub(crate) sequence: u64,
    pub(crate) hash: Hash,
}

impl Journaled {
    pub(crate) fn new(node: &str, sealer: &Arc<dyn Sealer>, oldest: Day, sequence: u64) -> Self {
        let (node, sealer) = (node.to_owned(), Arc::clone(sealer));
        Self { node, sealer, oldest, sequence, heads: BTreeMap::new() }
    }

    /// Nothing added yet.
    pub(crate) fn stage(&self) -> Staged {
        Staged { sequence: self.sequence, oldest: self.oldest, heads: BTreeMap::new() }
    }

    /// What was staged is durable.
    pub(crate) fn keep(&mut self, staged: Staged) {
        self.sequence = staged.sequence;
        self.oldest = staged.oldest;
        self.heads.extend(staged.heads.into_iter().map(|(date, head)| (date, head.hash)));
        while self.heads.len() > HEADS {
            self.heads.pop_first();
        }
    }

    /// Takes those writes of a group that may be taken. `epoch` is the store's, read in the same transaction.
    pub(crate) fn take_group(
        &self,
        database: &dyn Database,
        group: &[Write],
        epoch: u64,
        nearly_full: bool,
        staged: &mut Staged,
    ) -> Result<Vec<Verdict>, Fault> {
        let mut verdicts = Vec::with_capacity(group.len());
        for write in group {
            if nearly_full && write.lane != Lane::Outcome {
                verdicts.push(Verdict::Full);
                continue;
            }
            // What is judged and said of a day that ends is judged by its last hashes.
            if let [Change::KeepFrom(_)] = write.changes.as_slice() {
                self.put_heads(database, staged)?;
            }
            let mut eyes = Eyes { database, epoch, oldest: staged.oldest };
            let verdict = match check(&mut eyes, write)? {
                Some(verdict) => verdict,
                None => Verdict::Ok(self.take(database, write, staged)?),
            };
            verdicts.push(verdict);
        }
        self.put_heads(database, staged)?;
        Ok(verdicts)
    }

    fn take(&self, database: &dyn Database, write: &Write, staged: &mut Staged) -> Result<Written, Fault> {
        let sequence = staged.sequence + 1;
        let chain = chain_of(write, staged.oldest);
        if let [Change::KeepFrom(keep)] = write.changes.as_slice() {
            staged.oldest = keep.from;
        }
        let about = (sequence, write.at);
        let mut apply = Apply::new(database, self.sealer.as_ref(), about, (chain, staged.oldest));
        for (position, change) in write.changes.iter().enumerate() {
            apply.change(position, change)?;
        }
        let (entries, numbers) = apply.finish();
        touch(database, write, chain)?;
        let (date, at) = (i64::from(chain.0), write.at.0);
        let before = self.head(database, chain, staged)?;
        let hash = link(&before, int(sequence), date, at, &self.node, entries.bytes());
        database.run(
            "INSERT INTO journal (sequence, node, date, at, entries, hash) VALUES (?1,?2,?3,?4,?5,?6)",
            values![int(sequence), &self.node, date, at, entries.bytes(), &hash],
        )?;
        staged.heads.insert(chain, Head { sequence, hash });
        staged.sequence = sequence;
        Ok(Written { sequence, numbers })
    }

    fn head(&self, database: &dyn Database, date: Day, staged: &Staged) -> Result<Hash, Fault> {
        let staged = staged.heads.get(&date).map(|head| &head.hash);
        if let Some(hash) = staged.or_else(|| self.heads.get(&date)) {
            return Ok(*hash);
        }
        let stored = database.one(
            "SELECT hash FROM chain_head WHERE node = ?1 AND date = ?2",
            values![&self.node, i64::from(date.0)],
        )?;
        match stored {
            Some(mut row) => Ok(hash_of(&row.bytes(0)?, "chain_head.hash")?),
            None => Ok([0; 32]),
        }
    }

    fn put_heads(&self, database: &dyn Database, staged: &Staged) -> Result<(), Fault> {
        for (date, head) in &staged.heads {
            database.run(
                "INSERT INTO chain_head (node, date, sequence, hash) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (node, date) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash",
                values![&self.node, i64::from(date.0), int(head.sequence), &head.hash],
            )?;
        }
        Ok(())
    }
}

/// A flow goes with the last day that something of it stands in; what a flow was inserted with is known already.
fn touch(database: &dyn Database, write: &Write, chain: Day) -> Result<(), Fault> {
    for (flow, last) in touched(write, chain) {
        let inserted = write.changes.iter().any(|change| {
            matches!(change, Change::InsertFlow(asked) if asked.flow == flow && asked.key.date.max(chain) == last)
        });
        if !inserted {
            database.run(
                "UPDATE flow SET first_day = CASE WHEN first_day > ?2 THEN ?2 ELSE first_day END,
                   last_day = CASE WHEN last_day < ?3 THEN ?3 ELSE last_day END
                 WHERE flow = ?1 AND (first_day > ?2 OR last_day < ?3)",
                values![int(flow.0), i64::from(chain.0), i64::from(last.0)],
            )?;
        }
    }
    Ok(())
}
