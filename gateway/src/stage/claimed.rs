//! A folder that a run works in: it is emptied, and nobody else's while the run lasts.
//!
//! In: the folder's name. Out: the empty folder, held. Two runs in one folder would take each other's worlds away and call it a
//! finding; a folder that no run has made is somebody's, and is not emptied. It must not know what is made in it.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// By this file a run knows a folder that a run has made. It is locked while one works there.
const MARK: &str = ".tongshi-run";

/// How often, and after what pause, a folder is emptied anew in which the run before was still at work.
const PUTS_AWAY: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// A folder that is this run's until it is dropped, or the process ends.
#[derive(Debug)]
pub(crate) struct Claimed {
    _mark: File,
}

impl Claimed {
    /// Makes the folder, or empties it.
    ///
    /// # Errors
    /// Where another run works in it, where it holds what no run has made, where it cannot be made or emptied.
    pub(crate) fn empty(folder: &Path) -> Result<Self, String> {
        let at = |error: std::io::Error| format!("{}: {error}", folder.display());
        std::fs::create_dir_all(folder).map_err(at)?;
        let mark = folder.join(MARK);
        let inside = std::fs::read_dir(folder).map_err(at)?.collect::<Result<Vec<_>, _>>().map_err(at)?;
        if !inside.is_empty() && !mark.exists() {
            return Err(format!(
                "{} is emptied before a run, and holds what no run has made: name another folder, or empty it yourself",
                folder.display()
            ));
        }
        let file = File::options().create(true).append(true).open(&mark).map_err(at)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(format!(
                    "another run works in {}: wait for its end, or name another folder by `--folder`",
                    folder.display()
                ));
            }
            Err(TryLockError::Error(error)) => return Err(at(error)),
        }
        for entry in inside {
            let path = entry.path();
            if path == mark {
                continue;
            }
            let directory = entry.file_type().map_err(at)?.is_dir();
            remove(&path, directory).map_err(at)?;
        }
        Ok(Self { _mark: file })
    }
}

/// Takes away what a run has left; a link, not what it leads to. The run before may still be putting its things away: a database
/// removes files when it is closed, and a file that was being written gets its name.
fn remove(path: &Path, directory: bool) -> std::io::Result<()> {
    let mut tries = PUTS_AWAY;
    loop {
        match if directory { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) } {
            Err(error) if error.kind() == ErrorKind::NotFound && !path.exists() => return Ok(()),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty)
                    && tries > 0 =>
            {
                tries -= 1;
                std::thread::sleep(PAUSE);
            }
            ended => return ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_at_a_time_works_in_a_folder_and_only_in_one_of_its_own() {
        let folder = std::env::temp_dir().join(format!("tongshi-claimed-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let first = Claimed::empty(&folder).unwrap();
        std::fs::create_dir(folder.join("worlds")).unwrap();
        std::fs::write(folder.join("worlds/journal.db"), "of the first run").unwrap();
        let why = Claimed::empty(&folder).unwrap_err();
        assert!(why.starts_with("another run works in"), "{why}");
        assert!(folder.join("worlds/journal.db").exists(), "the first run keeps what it has");
        drop(first);
        let second = Claimed::empty(&folder).unwrap();
        assert!(!folder.join("worlds").exists(), "the next run finds nothing of it");
        drop(second);
        std::fs::remove_file(folder.join(MARK)).unwrap();
        std::fs::write(folder.join("thesis.txt"), "somebody's").unwrap();
        let why = Claimed::empty(&folder).unwrap_err();
        assert!(why.contains("holds what no run has made"), "{why}");
        assert!(folder.join("thesis.txt").exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
