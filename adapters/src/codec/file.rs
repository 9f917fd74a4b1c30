//! Files: their names, and their lines one by one (decisions D12).
//!
//! In: octets in pieces of any size, or rows one by one. Out: each line's slots and the business row that its mappings
//! make, or lines of octets. One line is in memory at a time: folds over rows, and digests and lengths over octets, are
//! made while the lines go by; chains of codings work piece by piece.
//!
//! - [`FileReader`] is fed a file twice by who wants no row before the whole is judged: the first time to check it, the
//!   second time to take its rows.
//! - [`FileWriter`] is fed the rows twice: first for the folds, then for the lines. [`FileWriter::order`] says which lines
//!   are made first; where that is not the order of the file, they go to a place of their own and are joined. The joined
//!   octets go through [`FileWriter::coder`].
//! - [`write_name`] and [`read_name`] carry the name both ways.

mod folds;
mod lines;
mod name;
mod reader;
mod writer;

pub(super) use folds::Folds;
pub use name::{read_name, write_name};
pub use reader::{FileReader, LineEvent, OnLine};
pub use writer::{FileCoder, FileWriter};

use super::seals::{SealJob, SealResult};
use super::{Fault, FaultKind};
use crate::value::{Record, Slot, Surroundings};

/// A fault in a file, with the line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FileFault {
    /// Number of the line, from 1; 0: the file as a whole, or its name.
    pub line: u64,
    /// What is wrong in it.
    pub fault: Fault,
}

/// A fault that no instruction is to blame for.
fn plain(kind: FaultKind) -> Fault {
    Fault { op: u32::MAX, at: 0, kind }
}

fn compute(job: &SealJob, surroundings: &dyn Surroundings) -> SealResult {
    job.run(&mut |octets| surroundings.random(octets))
}

/// The one row of a list's window, empty: first slot of it.
fn window(record: &mut Record, index: usize, stride: u16) -> Option<usize> {
    if record.rows(index).is_none() {
        record.begin_list(index, stride, 1).ok()?;
        return record.append_row(index, 1).ok();
    }
    let base = record.rows(index)?.base(0)?;
    record.slots.get_mut(base..base + usize::from(stride))?.fill(Slot::default());
    Some(base)
}
