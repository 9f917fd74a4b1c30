//! The file of an exported date: JSON, a line each. First which chains it has and how they end, then each write, then each
//! row whose last write is one of these, then what a later day changed or took out, and at the end counts and the SHA-256 of all
//! before.
//!
//! In: lines to be written, or such a file. Out: the file, or whether it proves itself: each write is linked to the one before
//! it, up to the hashes of the head, and each row has the digest that its last write says. Whoever holds the day's hashes from
//! elsewhere, a note of the day or the journal that goes on, holds the file against them. It needs no database and no key.

mod judge;

pub use judge::{ExportFault, ExportVerified, verify_export};

use crate::days::Exported;
use crate::model::Day;
use crate::sql::digest::heads_of;
use crate::sql::tables::Table;
use crate::sql::{Cell, Fault};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// The form of the file.
const FORM: u64 = 1;
/// Of a head: which form it has.
const FORM_NAME: &str = "tongshi_journal_day";

/// A line.
pub(crate) struct Line {
    json: Json,
    kind: LineKind,
}

/// The last hashes of chains: node, last write, hash.
type Heads = [(String, i64, Vec<u8>)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum LineKind {
    Head,
    Write,
    Row,
    Later,
}

impl Line {
    fn head(day: Day, chains: &Heads) -> Self {
        let chain = |(node, sequence, hash): &(String, i64, Vec<u8>)| json!({"node": node, "sequence": sequence, "hash": hex(hash)});
        let chains: Vec<Json> = chains.iter().map(chain).collect();
        Self { json: json!({FORM_NAME: FORM, "date": day.0, "chains": chains}), kind: LineKind::Head }
    }

    pub(crate) fn write(sequence: i64, node: &str, at: i64, entries: &[u8], hash: &[u8]) -> Self {
        let write =
            json!({"sequence": sequence, "node": node, "at": at, "entries": hex(entries), "hash": hex(hash)});
        Self { json: json!({"write": write}), kind: LineKind::Write }
    }

    pub(crate) fn row(table: &Table, cells: &[Cell]) -> Self {
        let mut columns = Map::new();
        for (name, cell) in table.columns.iter().zip(cells) {
            let value = match cell {
                Cell::Null => Json::Null,
                Cell::Int(number) => json!(number),
                Cell::Text(text) => json!(text),
                Cell::Bytes(bytes) => json!({"hex": hex(bytes)}),
            };
            columns.insert((*name).to_owned(), value);
        }
        Self { json: json!({table.name: columns}), kind: LineKind::Row }
    }

    pub(crate) fn later(table: &Table, first: i64, second: i64) -> Self {
        Self::other("later", table, first, second)
    }

    /// Of a row that is not there any more.
    pub(crate) fn gone(table: &Table, first: i64, second: i64) -> Self {
        Self::other("gone", table, first, second)
    }

    fn other(what: &str, table: &Table, first: i64, second: i64) -> Self {
        Self {
            json: json!({what: {"of": table.name, "first": first, "second": second}}),
            kind: LineKind::Later,
        }
    }
}

/// A file that is being written, under a name of its own until it is whole; or none, where lines are only counted.
pub(crate) struct Lines {
    file: Option<Part>,
    digest: Sha256,
    exported: Exported,
    whole: bool,
}

struct Part {
    to: PathBuf,
    part: PathBuf,
    file: BufWriter<File>,
}

impl Lines {
    pub(crate) fn begin(to: &Path) -> Result<Self, Fault> {
        let name = to.file_name().ok_or_else(|| Fault::failed(format!("{} is no file", to.display())))?;
        let name = name.to_string_lossy().into_owned();
        let part = to.with_file_name(format!("{name}.part"));
        let file = File::create(&part).map_err(|error| failed(&part, &error))?;
        let file = BufWriter::with_capacity(256 << 10, file);
        let mut lines = Self::nowhere();
        lines.file = Some(Part { to: to.to_owned(), part, file });
        lines.exported.name = name;
        Ok(lines)
    }

    /// Into no file.
    pub(crate) fn nowhere() -> Self {
        Self { file: None, digest: Sha256::new(), exported: Exported::default(), whole: false }
    }

    /// The head of the file.
    pub(crate) fn head(&mut self, day: Day, chains: &Heads) -> Result<(), Fault> {
        self.exported.heads = heads_of(chains);
        self.put(&Line::head(day, chains))
    }

    pub(crate) fn writes(&self) -> u64 {
        self.exported.writes
    }

    pub(crate) fn rows(&self) -> u64 {
        self.exported.rows
    }

    pub(crate) fn put(&mut self, line: &Line) -> Result<(), Fault> {
        match line.kind {
            LineKind::Head => {}
            LineKind::Write => self.exported.writes += 1,
            LineKind::Row => self.exported.rows += 1,
            LineKind::Later => self.exported.later += 1,
        }
        self.line(&line.json)
    }

    fn line(&mut self, json: &Json) -> Result<(), Fault> {
        let Some(Part { part, file, .. }) = &mut self.file else { return Ok(()) };
        let mut text = json.to_string();
        text.push('\n');
        self.digest.update(text.as_bytes());
        file.write_all(text.as_bytes()).map_err(|error| failed(part, &error))
    }

    /// Durable under its name, or an error and nothing there.
    pub(crate) fn finish(mut self) -> Result<Exported, Fault> {
        let Exported { writes, rows, later, .. } = self.exported;
        let before: [u8; 32] = self.digest.clone().finalize().into();
        self.line(&json!({"end": {"writes": writes, "rows": rows, "later": later, "sha256": hex(&before)}}))?;
        if let Some(Part { to, part, file }) = &mut self.file {
            let synced = file.flush().and_then(|()| file.get_ref().sync_all());
            synced.map_err(|error| failed(part, &error))?;
            std::fs::rename(&*part, &*to).map_err(|error| failed(to, &error))?;
            self.whole = true;
            let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|error| failed(folder, &error))?;
        }
        self.exported.sha256 = self.digest.clone().finalize().into();
        Ok(self.exported.clone())
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if let Some(Part { part, .. }) = self.file.as_ref().filter(|_| !self.whole) {
            drop(std::fs::remove_file(part));
        }
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Fault {
    Fault::failed(format!("{}: {error}", path.display()))
}

fn hex(bytes: &[u8]) -> String {
    const FIGURES: &[u8; 16] = b"0123456789abcdef";
    let figure = |nibble: u8| FIGURES.get(usize::from(nibble)).map_or('0', |figure| char::from(*figure));
    bytes.iter().flat_map(|octet| [figure(octet >> 4), figure(octet & 15)]).collect()
}
