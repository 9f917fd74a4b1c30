//! Zip packets: entries by patterns of their names.
//!
//! In: octets of a zip and, where there is one, its password. Out: entries' names and contents, bounded; and a zip of
//! entries that are written. Directories in it, two entries of one name, and octets behind its end are refused.

mod sealed;

use std::io::{Cursor, Read, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{FaultKind, Wrong};

/// Most entries of one packet.
const ENTRIES_MAX: usize = 1_000;
/// Most octets that one packet unpacks to.
const UNPACKED_MAX: u64 = 128 << 20;

/// Begins the record that ends a zip, and its octets without the comment.
const END_MARK: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;

/// The part of an entry that is what its file is called.
pub(crate) const NAME: &str = "name";
/// The part of an entry that is what its file holds.
pub(crate) const CONTENT: &str = "content";

/// The entries of a zip, in their order. Where there is a password, every entry has to be under it; `plain`: or under none.
/// An empty password is none.
pub(crate) fn unpack(
    octets: &[u8],
    password: Option<&[u8]>,
    plain: bool,
) -> Result<Vec<(String, Vec<u8>)>, Wrong> {
    let password = password.filter(|password| !password.is_empty());
    let broken = |_| Wrong::from(FaultKind::Container);
    let mut archive = ZipArchive::new(Cursor::new(octets)).map_err(broken)?;
    if archive.len() > ENTRIES_MAX || !ends_well(octets, archive.comment().len()) {
        return Err(FaultKind::Container.into());
    }
    let mut entries: Vec<(String, Vec<u8>)> = Vec::with_capacity(archive.len());
    let mut left = UNPACKED_MAX;
    for index in 0..archive.len() {
        let entry = match password {
            Some(password) => archive.by_index_decrypt(index, password),
            None => archive.by_index(index),
        };
        let entry = entry.map_err(broken)?;
        if entry.is_dir() || (password.is_some() && !plain && !entry.encrypted()) {
            return Err(FaultKind::Container.into());
        }
        let name = entry.name().map_err(broken)?.into_owned();
        if entries.iter().any(|(known, _)| *known == name) {
            return Err(FaultKind::Duplicate.into());
        }
        let mut content = Vec::new();
        entry.take(left + 1).read_to_end(&mut content).map_err(|_| FaultKind::Container)?;
        left = left.checked_sub(content.len() as u64).ok_or(FaultKind::Container)?;
        entries.push((name, content));
    }
    Ok(entries)
}

/// Whether the record that ends a zip, with a comment of this length, ends its octets too: readers look for it from behind,
/// and take whatever follows it in good faith.
fn ends_well(octets: &[u8], comment: usize) -> bool {
    let at = octets.len().checked_sub(END_BYTES + comment);
    at.and_then(|at| octets.get(at..)).is_some_and(|end| end.starts_with(END_MARK))
}

/// A zip of these entries, without times so that equal entries give equal octets; under a password that is not empty.
pub(crate) fn pack(entries: &[(String, Vec<u8>)], password: Option<&[u8]>) -> Result<Vec<u8>, Wrong> {
    for (place, (name, _)) in entries.iter().enumerate() {
        if entries.iter().take(place).any(|(earlier, _)| earlier == name) {
            return Err(FaultKind::Duplicate.into());
        }
    }
    if let Some(password) = password.filter(|password| !password.is_empty()) {
        return sealed::pack(entries, password);
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    for (name, content) in entries {
        writer.start_file(name.as_str(), options).map_err(|_| FaultKind::Container)?;
        writer.write_all(content).map_err(|_| FaultKind::Container)?;
    }
    writer.finish().map(Cursor::into_inner).map_err(|_| FaultKind::Container.into())
}

/// Whether a name is of one of the patterns between `|`, in which each `*` stands for any letters.
pub(crate) fn matches(patterns: &str, name: &str) -> bool {
    patterns.split('|').any(|pattern| is_of(pattern, name))
}

fn is_of(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut last = None;
    for piece in pieces {
        if let Some(before) = last.replace(piece) {
            match rest.split_once(before) {
                Some((_, behind)) => rest = behind,
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}
