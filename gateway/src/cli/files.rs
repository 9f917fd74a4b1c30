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

/// The folder of adapters that a folder means, and which of them alone, if it is one of several: what an adapter speaks of
/// stands beside it.
pub(crate) fn among(folder: &Path) -> (PathBuf, Option<String>) {
    let whole = (folder.to_owned(), None);
    let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let (Some(name), Some(above)) = (absolute.file_name(), absolute.parent()) else { return whole };
    let beside = std::fs::read_dir(above).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut others = beside.filter(|path| *path != absolute && path.is_dir());
    if !holds_texts(folder) || !others.any(|path| holds_texts(&path)) {
        return whole;
    }
    // As it was written, so that paths in what is said are those that were typed.
    let typed = folder.parent().filter(|typed| typed.canonicalize().is_ok_and(|typed| typed == *above));
    let root = match typed {
        Some(typed) if typed.as_os_str().is_empty() => PathBuf::from("."),
        Some(typed) => typed.to_owned(),
        None => above.to_owned(),
    };
    (root, Some(name.to_string_lossy().into_owned()))
}

/// The name of the folder that a file stands in.
pub(crate) fn folder(path: &str) -> &str {
    Path::new(path).parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or("")
}

/// A path from the folder that the file stands in: `PARTY/FILE`.
pub(crate) fn within(path: &str) -> PathBuf {
    let path = Path::new(path);
    Path::new(folder(&path.to_string_lossy())).join(path.file_name().unwrap_or_default())
}

fn holds_texts(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| is_text(&path))
}

fn is_text(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tongshi")
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
        } else if is_text(&path) {
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
