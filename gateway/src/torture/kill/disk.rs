//! A small disk of the campaign's own, which can be full.
//!
//! In: nothing but the right to mount. Out: a folder, filled to the last octet and given room again. It must not know what
//! stands on it.

use std::fs::File;
use std::io::{ErrorKind, Result, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// How large it is: more than a journal of five hundred kills, and little for a machine's memory.
const MEGABYTES: usize = 256;
/// What it is filled with, in pieces.
const PIECES: [usize; 3] = [1 << 20, 4 << 10, 1];

/// The disk; gone when it is dropped.
pub(super) struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// Mounts it; where that is not allowed, says so.
    pub(super) fn mount() -> std::result::Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("tongshi-disk-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let size = format!("size={MEGABYTES}m,mode=755");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tongshi"]).arg(&folder).output();
        let why = match mounted {
            Ok(said) if said.status.success() => return Ok(Self { folder }),
            Ok(said) => String::from_utf8_lossy(&said.stderr).trim().to_owned(),
            Err(error) => format!("mount: {error}"),
        };
        let _left = std::fs::remove_dir(&folder);
        Err(why)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// There is no room from now on.
    pub(super) fn fill(&self) -> Result<()> {
        let mut ballast = File::create(self.ballast())?;
        for length in PIECES {
            let piece = vec![0; length];
            loop {
                match ballast.write_all(&piece) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// There is room again.
    pub(super) fn free(&self) -> Result<()> {
        std::fs::remove_file(self.ballast())
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What still looks at it may; nobody finds it any more.
        let _left = Command::new("umount").arg("--lazy").arg(&self.folder).status();
        let _left = std::fs::remove_dir(&self.folder);
    }
}
