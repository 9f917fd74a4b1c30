//! A folder of small files, each with one fact under a key: what was found sound stays known to the next check.
//!
//! In: keys that cover all that a fact hangs on, and a number. Out: the number, for the same key. A file that is torn, foreign or
//! spoiled is no fact: each carries a checksum over its key and its number. Files are written under another name and then renamed,
//! so that checks at the same time do no harm to one another. Whatever fails here only costs time. It must not know what a
//! fact means.

use adapters::seal::{Digest, digest};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::SystemTime;

/// Files kept at most: those of a thousand adapters. The oldest leave, a quarter at a time.
const FILES_MAX: usize = 20_000;
/// A file is this long at most; a longer one is none of ours.
const OCTETS_MAX: u64 = 200;
/// What others may not do with the folder, or they could tell us anything.
const OTHERS_WRITE: u32 = 0o022;

/// A digest over all that a fact hangs on.
pub(super) type Key = [u8; 32];

/// The folder, if there is one that can be believed.
pub(super) struct Kept {
    folder: PathBuf,
    written: AtomicUsize,
}

impl Kept {
    /// Opens the folder, and makes it where there is none. None, where it cannot be had or others may write there.
    pub(super) fn open(folder: PathBuf) -> Option<Self> {
        if let Err(error) = fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder) {
            tracing::debug!(%error, folder = %folder.display(), "nothing is kept");
            return None;
        }
        let of = fs::metadata(&folder).ok()?;
        let ours = fs::metadata("/proc/self").map_or(of.uid(), |own| own.uid());
        if of.mode() & OTHERS_WRITE != 0 || of.uid() != ours {
            tracing::warn!(folder = %folder.display(), "others may write there: nothing that is kept there is believed");
            return None;
        }
        Some(Self { folder, written: AtomicUsize::new(0) })
    }

    /// The number that is kept under a key.
    pub(super) fn number(&self, key: &Key) -> Option<u64> {
        let file = File::open(self.path(key)).ok()?;
        let mut text = String::new();
        file.take(OCTETS_MAX).read_to_string(&mut text).ok()?;
        let (number, _) = text.split_once(' ')?;
        let number = number.parse().ok()?;
        (text == line(key, number)).then_some(number)
    }

    /// Keeps a number under a key.
    pub(super) fn keep(&self, key: &Key, number: u64) {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let own = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = self.path(key);
        let aside = path.with_extension(format!("{}-{own}", std::process::id()));
        let written = File::create_new(&aside)
            .and_then(|mut file| file.write_all(line(key, number).as_bytes()))
            .and_then(|()| fs::rename(&aside, &path));
        match written {
            Ok(()) => drop(self.written.fetch_add(1, Ordering::Relaxed)),
            Err(error) => {
                tracing::debug!(%error, path = %aside.display(), "this is not kept");
                let _ = fs::remove_file(&aside);
            }
        }
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.folder.join(hex(key))
    }

    /// Takes the oldest away where there are too many.
    fn tidy(&self, most: usize) -> io::Result<()> {
        let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let written = entry.metadata().and_then(|of| of.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
            if is_ours(&entry.path()) {
                files.push((written, entry.path()));
            }
        }
        if files.len() > most {
            files.sort();
            let leave = files.len() - most * 3 / 4;
            // Another check may have taken it away.
            files.iter().take(leave).for_each(|(_, path)| drop(fs::remove_file(path)));
        }
        Ok(())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.written.load(Ordering::Relaxed) > 0
            && let Err(error) = self.tidy(FILES_MAX)
        {
            tracing::debug!(%error, "the folder of what is kept is not tidied");
        }
    }
}

/// Whether a file has a name that is given here.
fn is_ours(path: &Path) -> bool {
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    name.len() == 64 && name.bytes().all(|octet| octet.is_ascii_hexdigit())
}

fn line(key: &Key, number: u64) -> String {
    let sum = digest(Digest::Sha256, &[key.as_slice(), &number.to_be_bytes()].concat());
    format!("{number} {}\n", hex(&sum))
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("tongshi-kept-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        folder
    }

    #[test]
    fn a_spoiled_torn_or_foreign_file_is_not_believed() {
        let kept = Kept::open(scratch("spoiled")).unwrap();
        let (one, other) = ([1; 32], [2; 32]);
        kept.keep(&one, 7);
        assert_eq!((kept.number(&one), kept.number(&other)), (Some(7), None));
        let whole = fs::read(kept.path(&one)).unwrap();
        // Another key's fact under this name.
        fs::write(kept.path(&other), &whole).unwrap();
        assert_eq!(kept.number(&other), None);
        for place in 0..whole.len() {
            let mut spoiled = whole.clone();
            spoiled[place] ^= 1;
            fs::write(kept.path(&one), &spoiled).unwrap();
            assert_eq!(kept.number(&one), None, "octet {place}");
            fs::write(kept.path(&one), &whole[..place]).unwrap();
            assert_eq!(kept.number(&one), None, "cut at {place}");
        }
        fs::write(kept.path(&one), [whole.as_slice(), b" "].concat()).unwrap();
        assert_eq!(kept.number(&one), None);
        fs::remove_dir_all(&kept.folder).unwrap();
    }

    #[test]
    fn the_oldest_leave_where_there_are_too_many() {
        let kept = Kept::open(scratch("many")).unwrap();
        fs::write(kept.folder.join("README"), "not ours").unwrap();
        for one in 0..8_u8 {
            kept.keep(&[one; 32], u64::from(one));
            let file = File::open(kept.path(&[one; 32])).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(one)))
                .unwrap();
        }
        kept.tidy(8).unwrap();
        assert_eq!((0..8_u8).filter(|one| kept.number(&[*one; 32]).is_some()).count(), 8);
        kept.keep(&[8; 32], 8);
        kept.tidy(8).unwrap();
        let left: Vec<u8> = (0..9).filter(|one| kept.number(&[*one; 32]).is_some()).collect();
        assert_eq!(left, [3, 4, 5, 6, 7, 8]);
        assert!(kept.folder.join("README").exists());
        fs::remove_dir_all(&kept.folder).unwrap();
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_not_believed() {
        use std::os::unix::fs::PermissionsExt;
        let folder = scratch("others");
        drop(Kept::open(folder.clone()).unwrap());
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Kept::open(folder.clone()).is_none());
        fs::remove_dir_all(&folder).unwrap();
    }
}
