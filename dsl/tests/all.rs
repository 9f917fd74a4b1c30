//! Cases as data: a wrong text and all that is said about it.
//!
//! A case is `cases/TSnnnn/NAME.tongshi`, or a folder `cases/TSnnnn/NAME/` of several such files; beside it stands
//! `NAME.out`, the whole rendered text. `TONGSHI_BLESS=1 cargo test -p dsl --test all` writes the `.out` files anew.
//! The case must give the code of its folder; those in `cases/good` give none, and have no `.out`. A comment line `//^ 3-7` demands that a finding on the line above it is
//! marked from column 3 to column 7: the place where the fault was planted.

#![expect(clippy::unwrap_used, reason = "a case that cannot be read fails its test")]

use dsl::diagnostics::{Colour, Diagnostic, render_all};
use dsl::source::{FileId, Place, SourceMap};
use std::fs;
use std::path::{Path, PathBuf};

/// What is said about a set of files. The one place to change when more than the syntax is checked.
fn check(sources: &SourceMap) -> Vec<Diagnostic> {
    sources.files().flat_map(|(id, file)| dsl::parse::parse(id, file.text()).1).collect()
}

#[test]
fn every_case_says_what_it_should() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for folder in listed(&root()) {
        for case in listed(&folder) {
            if case.is_dir() || case.extension().is_some_and(|ending| ending == "tongshi") {
                count += 1;
                wrong.extend(judge(&folder, &case));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 30, "only {count} cases were found");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// What is wrong with a case.
fn judge(folder: &Path, case: &Path) -> Vec<String> {
    let mut sources = SourceMap::default();
    let files = if case.is_dir() { listed(case) } else { vec![case.to_owned()] };
    for file in &files {
        sources.add(name(file), fs::read_to_string(file).unwrap());
    }
    let found = check(&sources);
    let mut wrong = Vec::new();
    if name(folder) == "good" {
        if !found.is_empty() {
            wrong.push(format!("{}: {}", case.display(), render_all(&sources, &found, Colour::Plain)));
        }
        return wrong;
    }
    if !found.iter().any(|one| one.code.to_string() == name(folder)) {
        wrong.push(format!("{}: no finding has the code of its folder", case.display()));
    }
    wrong.extend(marks(&sources, &found).into_iter().map(|what| format!("{}: {what}", case.display())));
    let text = render_all(&sources, &found, Colour::Plain);
    let expected = case.with_extension("out");
    if std::env::var_os("TONGSHI_BLESS").is_some() {
        fs::write(&expected, &text).unwrap();
    } else if fs::read_to_string(&expected).unwrap_or_default() != text {
        wrong.push(format!("{}: something else is said now:\n{text}", case.display()));
    }
    wrong
}

/// Planted faults that no finding marks.
fn marks(sources: &SourceMap, found: &[Diagnostic]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (id, file) in sources.files() {
        for line in 2..=file.line_count() {
            let Some(mark) = file.line(line).trim().strip_prefix("//^ ") else { continue };
            let (from, to) = mark.split_once('-').unwrap();
            let (from, to): (u32, u32) = (from.parse().unwrap(), to.parse().unwrap());
            let marked = |one: &Diagnostic| covers(sources, id, one, line - 1) == Some((from, to));
            if !found.iter().any(marked) {
                wrong.push(format!("no finding on line {} is marked from {from} to {to}", line - 1));
            }
        }
    }
    wrong
}

/// The columns that a finding marks on a line.
fn covers(sources: &SourceMap, id: FileId, one: &Diagnostic, line: u32) -> Option<(u32, u32)> {
    let span = one.primary.span;
    let file = sources.file(id).filter(|_| span.file == id)?;
    let (start, end) = (file.place(span.start), file.place(span.end));
    let inside = start.line == line && end.line == line;
    inside.then(|| (start.column, Place { column: end.column - 1, ..end }.column.max(start.column)))
}
