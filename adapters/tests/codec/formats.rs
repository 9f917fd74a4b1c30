//! Small adapters, each of one format, with octets that are kept for them: `corpus/FORMAT/adapter.tongshi`, a whole
//! message in `whole.bin`, and other files of octets that once were of interest.

use std::fs;
use std::path::{Path, PathBuf};

use adapters::seal::KeyKind;
use dsl::program::Compiled;

use crate::world::{World, compile};

/// A format.
pub(crate) struct Format {
    pub(crate) name: String,
    pub(crate) compiled: Compiled,
    /// A message that is read and written again.
    pub(crate) whole: Vec<u8>,
    /// All octets that are kept, by the names of their files.
    pub(crate) kept: Vec<(String, Vec<u8>)>,
    /// An item that cannot be read has no values: it is passed over, and cannot be written again.
    pub(crate) tolerates_unreadable: bool,
}

/// What an adapter of one packet leaves out.
pub(crate) fn party(body: &str) -> String {
    let keys = "party party \"P\" {\n  charset gbk\n  day cut_over 23:30\n  serial counter(12)\n  discloses account_no, \
                person_name\n}\nkey mak tdes 16 bytes \"k\"\n";
    let line = "link line tcp connect \"l\" {\n  carries main\n  frame length 4 digits\n  hold none\n  timeout connect 3s, \
                answer 10s\n}\n";
    let keys = if body.starts_with("party ") { "" } else { keys };
    let line = if body.contains("packet main") { line } else { "" };
    format!("{keys}{body}{line}")
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// All formats by their names.
pub(crate) fn formats() -> Vec<Format> {
    let mut all: Vec<Format> = listed(&folder()).iter().map(|folder| format_of(folder)).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// One of them.
pub(crate) fn format(name: &str) -> Format {
    format_of(&folder().join(name))
}

fn format_of(folder: &Path) -> Format {
    let text = fs::read_to_string(folder.join("adapter.tongshi")).unwrap();
    let files = listed(folder).into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "bin"));
    let kept =
        files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap()));
    Format {
        name: folder.file_name().unwrap().to_string_lossy().into_owned(),
        compiled: compile(&party(&text)),
        whole: fs::read(folder.join("whole.bin")).unwrap(),
        kept: kept.collect(),
        tolerates_unreadable: text.contains("tolerate unreadable"),
    }
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// A world with the key that some of them need.
pub(crate) fn world(compiled: &Compiled) -> World {
    let mut world = World::new(compiled);
    world.keys.push((KeyKind::Tdes, (1..=16).collect()));
    world
}
