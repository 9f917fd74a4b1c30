//! The digests that the chain holds of rows, where a row is both written and read again, and what names a row in them.
//!
//! In: columns. Out: what stands in the entries of a write. Nothing here may ever give another digest for the same columns:
//! journals of years ago are proved by it.

use crate::content::{Columns, Hash};
use crate::model::{Key, Moment};
use crate::parameter::{ParameterDecided, ParameterProposed};
use crate::write::{FlowAsked, Hold};

/// What a sealed body belongs to: the column and the numbers of its row.
pub(super) fn context(column: &str, first: u64, second: u64) -> Vec<u8> {
    let mut bytes = column.as_bytes().to_vec();
    bytes.extend_from_slice(&first.to_be_bytes());
    bytes.extend_from_slice(&second.to_be_bytes());
    bytes
}

/// A number for a name, where a row's key is text.
pub(super) fn named(parts: &[&str]) -> u64 {
    parts.iter().fold(Columns::new(), |columns, part| columns.text(part)).number()
}

/// The digest of a row that is not there any more.
pub(crate) const GONE: Hash = [0; 32];

pub(super) fn hold_name(hold: &Hold) -> u64 {
    named(&[&hold.operation, &hold.limit, &hold.day.0.to_string()])
}

pub(super) fn asked_digest(
    asked: &FlowAsked,
    parent: Option<i64>,
    row: Option<i64>,
    sealed: &[u8],
    at: i64,
) -> Hash {
    Columns::new()
        .text(&asked.name)
        .int_or(parent)
        .int_or(row)
        .int(i64::from(asked.key.date.0))
        .text(&asked.key.party)
        .int(i64::from(asked.key.direction.code()))
        .bytes(&asked.key.once)
        .bytes(&asked.digest)
        .bytes(sealed)
        .bytes(&asked.version)
        .int(at)
        .finish()
}

pub(super) fn change_digest(
    state: i64,
    copies: i64,
    at: i64,
    reply: Option<&[u8]>,
    answered: Option<&[u8]>,
) -> Hash {
    Columns::new().int(state).int(copies).int(at).bytes_or(reply).bytes_or(answered).finish()
}

pub(super) fn proposed_digest(proposed: &ParameterProposed, at: Moment) -> Hash {
    Columns::new()
        .text(&proposed.parameter.party)
        .text(&proposed.parameter.member)
        .text(&proposed.parameter.name)
        .text(&proposed.old)
        .text(&proposed.new)
        .int(i64::from(proposed.from.0))
        .text(&proposed.by)
        .text(&proposed.reason)
        .int(at.0)
        .finish()
}

pub(super) fn decided_digest(decided: &ParameterDecided, at: Moment) -> Hash {
    Columns::new().int(i64::from(decided.agreed)).text(&decided.by).text(&decided.reason).int(at.0).finish()
}

pub(super) fn key_digest(key: &Key) -> Columns {
    Columns::new()
        .int(i64::from(key.date.0))
        .text(&key.party)
        .int(i64::from(key.direction.code()))
        .bytes(&key.once)
}

/// What the chain of the day on which it was said says of a day that is forgotten.
pub(super) fn forgotten_digest(
    at: i64,
    by: &str,
    heads: &[u8],
    export: Option<&str>,
    sha256: Option<&[u8]>,
) -> Hash {
    let export = export.map(str::as_bytes);
    Columns::new().int(at).text(by).bytes(heads).bytes_or(export).bytes_or(sha256).finish()
}

/// Over the last hashes of a date's chains: node, last write, hash, in the order of the nodes.
pub(crate) fn heads_of(heads: &[(String, i64, Vec<u8>)]) -> Hash {
    let columns = heads.iter().fold(Columns::new(), |columns, (node, sequence, hash)| {
        columns.text(node).int(*sequence).bytes(hash)
    });
    columns.finish()
}
