//! Looks through the log (SQLite's WAL) before SQLite does: whether commits that were told would be lost.
//!
//! SQLite takes the log up to the last commit before the first frame that is wrong, and the rest as never written. After a
//! crash that is right: the end of a log is torn. An octet that rots in the middle of it looks the same, and everything
//! behind it is silently gone. What stands behind the first wrong frame tells the two apart.
//!
//! A log is a head of 32 octets and frames, each of a head of 24 and a page (sqlite.org/fileformat2.html, 4.1). The head of a
//! frame names the page, on the last frame of a commit the size of the file in pages (0 on the others), the salts of the log,
//! and a checksum that goes on from that of the frame before. So a frame *follows* the one before it where its checksum goes on from the
//! checksum that is stored there, whether or not that one is right itself. Where a frame that ends a commit follows the one
//! before it, and another frame follows it, the commit had been synced:
//!
//! - Who wrote the frame behind it went on from its checksum, and so had it at the end of a log that was right throughout: it
//!   had written the commit itself, or had found it when it opened the journal.
//! - One that writes goes on when the commit before is synced (`synchronous=FULL`). SQLite fills no sectors up with copies of the
//!   last frame: it is not told that sectors are torn (`psow=0`). One that opens the journal syncs what it found before
//!   anything is written ([`look_through`]), since a process that was killed may have left a commit that had reached the
//!   system and not the disk.
//! - So all before that commit was on the disk. A wrong frame there was not left by a crash.
//!
//! A crash leaves nothing that looks so. Of the one commit that was being written any part may be missing, in any order; its
//! place may hold what was there before: frames of an older log, which have other salts, or of a commit that an earlier
//! crash tore, behind whose last frame nobody ever went on. That a frame that ends a commit must itself follow the one before
//! keeps out a head that was half written over an older one.
//!
//! What this cannot see, and SQLite drops: a wrong frame in the last commit; the last frame of the commit before the last; the
//! log's own head, which a crash may tear while a new log is begun over one whose commits all stand in the file.
//!
//! In: where the journal is. Out: nothing, or where the log is broken. It must not know what stands in a page.

use crate::sql::Fault;
use crate::write::Fatal;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Octets of the head of a log.
const HEAD: u32 = 32;
/// Octets of the head of a frame.
const FRAME_HEAD: u32 = 24;
/// What a log begins with; the last bit says how its checksums read words.
const MAGIC: u32 = 0x377f_0682;
/// Octets of a page: a power of two between these.
const PAGES: RangeInclusive<u32> = 512..=65_536;
/// Octets read at once.
const READ: usize = 256 << 10;

/// Where the log of a journal is.
pub(super) fn place(journal: &Path) -> PathBuf {
    let mut log = journal.to_owned();
    log.as_mut_os_string().push("-wal");
    log
}

/// Looks through the log that was left beside a journal, if there is one, and syncs what was found. Nobody may write meanwhile.
///
/// # Errors
/// [`Fatal::Broken`] where commits that were told stand behind a wrong frame; others where the log cannot be read or synced.
pub(super) fn look_through(journal: &Path) -> Result<(), Fault> {
    // The log stands beside the journal itself, by whatever way one comes to it.
    let log = journal.canonicalize().map(|journal| place(&journal));
    let failed = |error: io::Error| Fault::failed(format!("its log: {error}"));
    let log = log.map_err(failed)?;
    let file = match File::open(&log) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    if let Some(hole) = find(BufReader::with_capacity(READ, &file)).map_err(failed)? {
        let Hole { frame, offset, behind } = hole;
        return Err(Fatal::Broken { log: log.display().to_string(), frame, offset, behind }.into());
    }
    file.sync_all().map_err(failed)
}

/// A wrong frame before commits that had been synced.
#[derive(Debug, PartialEq, Eq)]
struct Hole {
    /// The frame, from 1.
    frame: u64,
    /// Where it begins in the log.
    offset: u64,
    /// The first frame behind it that proves that there were later commits.
    behind: u64,
}

/// How a machine reads a word.
type Word = fn([u8; 4]) -> u32;

/// A checksum, which goes on from frame to frame.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Sum(u32, u32);

impl Sum {
    /// It goes on over octets, in pairs of words.
    fn over(self, octets: &[u8], word: Word) -> Self {
        let (pairs, _) = octets.as_chunks::<8>();
        pairs.iter().fold(self, |Self(first, second), [a, b, c, d, e, f, g, h]| {
            let first = first.wrapping_add(word([*a, *b, *c, *d])).wrapping_add(second);
            Self(first, second.wrapping_add(word([*e, *f, *g, *h])).wrapping_add(first))
        })
    }
}

/// The word at a place of a head; heads are long enough.
fn word_at(head: &[u8], at: usize) -> u32 {
    let word = head.get(at..).and_then(|rest| rest.first_chunk::<4>());
    word.copied().map_or(0, u32::from_be_bytes)
}

fn find(mut log: impl Read) -> io::Result<Option<Hole>> {
    let mut head = vec![0; octets(HEAD)];
    if !filled(&mut log, &mut head)? {
        return Ok(None);
    }
    let (magic, page) = (word_at(&head, 0), word_at(&head, 8));
    let word = if magic & 1 == 0 { u32::from_le_bytes } else { u32::from_be_bytes };
    let (covered, said) = head.split_at(24);
    let mut before = Sum(word_at(said, 0), word_at(said, 4));
    let known = magic & !1 == MAGIC && PAGES.contains(&page) && page.is_power_of_two();
    if !known || Sum(0, 0).over(covered, word) != before {
        return Ok(None);
    }
    let salts = head.get(16..24);
    let mut frame = vec![0; octets(FRAME_HEAD + page)];
    let (mut number, mut offset) = (0, u64::from(HEAD));
    let mut wrong: Option<(u64, u64)> = None;
    // Whether the frame before ends a commit and follows the one before it.
    let mut commit = false;
    while filled(&mut log, &mut frame)? {
        number += 1;
        let (head, content) = frame.split_at(octets(FRAME_HEAD));
        let sum = before.over(head.get(..8).unwrap_or_default(), word).over(content, word);
        before = Sum(word_at(head, 16), word_at(head, 20));
        let follows = sum == before && head.get(8..16) == salts && word_at(head, 0) != 0;
        if let Some((frame, offset)) = wrong {
            if follows && commit {
                return Ok(Some(Hole { frame, offset, behind: number }));
            }
            commit = follows && word_at(head, 4) != 0;
        } else if !follows {
            wrong = Some((number, offset));
        }
        offset += u64::from(FRAME_HEAD + page);
    }
    Ok(None)
}

/// So many octets of memory.
fn octets(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Fills a buffer; false where the log ends before.
fn filled(log: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match log.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: u32 = 512;

    /// A log of frames that each end a commit, by a machine that reads words so.
    fn log(magic: u32, word: Word, frames: u32) -> Vec<u8> {
        let say = |sum: Sum| [sum.0.to_be_bytes(), sum.1.to_be_bytes()].concat();
        let mut log: Vec<u8> =
            [magic, 3_007_000, PAGE, 0, 17, 19].iter().flat_map(|word| word.to_be_bytes()).collect();
        let mut sum = Sum(0, 0).over(&log, word);
        log.extend(say(sum));
        for number in 1..=frames {
            let head = [number.to_be_bytes(), number.to_be_bytes()].concat();
            let page = vec![u8::try_from(number).unwrap(); octets(PAGE)];
            sum = sum.over(&head, word).over(&page, word);
            log.extend(
                [head, [17_u32.to_be_bytes(), 19_u32.to_be_bytes()].concat(), say(sum), page].concat(),
            );
        }
        log
    }

    #[test]
    fn a_hole_is_found_whatever_machine_wrote_the_log() {
        let machines: [(u32, Word); 2] = [(MAGIC, u32::from_le_bytes), (MAGIC | 1, u32::from_be_bytes)];
        for (magic, word) in machines {
            let whole = log(magic, word, 4);
            assert_eq!(find(whole.as_slice()).unwrap(), None);
            let mut rotten = whole.clone();
            rotten[100] ^= 1;
            assert_eq!(find(rotten.as_slice()).unwrap(), Some(Hole { frame: 1, offset: 32, behind: 3 }));
            // Nothing was written behind the second commit: nobody can know that it had been synced.
            let two = octets(HEAD + 2 * (FRAME_HEAD + PAGE));
            assert_eq!(find(&rotten[..two]).unwrap(), None);
            // By the other reading of words it is no log.
            rotten[3] ^= 1;
            assert_eq!(find(rotten.as_slice()).unwrap(), None);
        }
        assert_eq!(find([0; 10].as_slice()).unwrap(), None);
        assert_eq!(find([0; 1_000].as_slice()).unwrap(), None);
    }
}
