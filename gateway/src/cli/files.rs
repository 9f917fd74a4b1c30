//! Adapter files read from a folder.

use dsl::check::{Sources, Text};
use std::io;
use std::path::{Path, PathBuf};

/// All `*.tongshi` files of a folder: of each folder in it, or of the folder alone if the files stand directly there. In
/// the order of their names, so that every run sees the same.
///
/// # Errors
/// When a folder or file cannot be read, with its path.
pub(crate) fn read(folder: &Path) -> io::Result<Sources> {
    let mut texts = Vec::new();
    collect(folder, folder, &mut texts)?;
    texts.sort_by(|one: &Text, other| (&one.folder, &one.path).cmp(&(&other.folder, &other.path)));
    Ok(Sources::parse(texts))
}

fn collect(root: &Path, folder: &Path, texts: &mut Vec<Text>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|error| with_path(folder, &error))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() && folder == root {
            collect(root, &path, texts)?;
        } else if path.extension().is_some_and(|extension| extension == "tongshi") {
            let text = std::fs::read_to_string(&path).map_err(|error| with_path(&path, &error))?;
            let name = folder.file_name().map_or_else(|| "configs".into(), |name| name.to_string_lossy());
            texts.push(Text {
                folder: name.into(),
                path: path.display().to_string().into(),
                text: text.into(),
            });
        }
    }
    Ok(())
}

fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
