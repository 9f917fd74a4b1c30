//! Whether the file of an exported date proves itself, and if not, which line is the first that is wrong.

use super::{FORM, FORM_NAME};
use crate::content::{Hash, link, sayings};
use crate::days::Exported;
use crate::model::Day;
use crate::sql::digest::{GONE, heads_of};
use crate::sql::tables::{TABLES, Table};
use crate::sql::{Cell, Database, Fault, Row, values};
use crate::write::Fatal;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The longest line that is read: a write has at most 4,096 changes, a body is bounded by what a party may send.
const LONGEST: u64 = 256 << 20;
/// Lines between two words about how far it has come.
const TELL: u64 = 5_000;

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportVerified {
    /// Its date.
    pub date: Day,
    /// What it holds, as far as it was read.
    pub exported: Exported,
    /// The last hash of the day's chain of each node: what is held against a note of the day.
    pub chains: Vec<(String, [u8; 32])>,
    /// The first that is wrong, if anything is.
    pub fault: Option<ExportFault>,
}

/// What is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFault {
    /// The line, from 1.
    pub line: u64,
    /// In words.
    pub what: String,
}

impl std::fmt::Display for ExportFault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.what)
    }
}

/// Proves a file, or names the first line that is wrong. It reads the file alone.
///
/// # Errors
/// When the file cannot be read.
pub fn verify_export(path: &Path, told: crate::days::Progress<'_>) -> Result<ExportVerified, Fatal> {
    let shown = path.display().to_string();
    let mut inner = || -> Result<ExportVerified, Fault> {
        let file = File::open(path).map_err(|error| Fault::failed(error.to_string()))?;
        let notes = crate::sqlite::notes()?;
        let mut judge = Judge::new(&notes)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        judge.found.exported.name = name.unwrap_or_default();
        judge.read(BufReader::with_capacity(256 << 10, file), told)?;
        Ok(judge.found)
    };
    inner().map_err(|fault| fault.fatal(&shown))
}

/// Why a line is not taken: it is wrong, or the machine failed.
enum Stop {
    Wrong(String),
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        // What a row or a write cannot be is a matter of the file.
        match fault {
            Fault::Fatal(Fatal::Corrupt { expected, found, at }) => {
                Self::Wrong(format!("{expected} belongs here, {found} is here ({at})"))
            }
            fault => Self::Fault(fault),
        }
    }
}

fn wrong<T>(what: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Wrong(what.into()))
}

/// How far the file has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Head,
    Writes,
    Rows,
    End,
}

struct Judge<'a> {
    notes: &'a dyn Database,
    part: Part,
    line: u64,
    last: i64,
    heads: BTreeMap<String, Hash>,
    digest: Sha256,
    found: ExportVerified,
}

impl<'a> Judge<'a> {
    fn new(notes: &'a dyn Database) -> Result<Self, Fault> {
        notes.run(
            "CREATE TABLE latest (kind INTEGER NOT NULL, first INTEGER NOT NULL, second INTEGER NOT NULL,
               digest BLOB NOT NULL, line INTEGER NOT NULL, seen INTEGER NOT NULL DEFAULT 0,
               PRIMARY KEY (kind, first, second)) WITHOUT ROWID",
            values![],
        )?;
        notes.run("BEGIN", values![])?;
        let found =
            ExportVerified { date: Day(0), exported: Exported::default(), chains: Vec::new(), fault: None };
        Ok(Self {
            notes,
            part: Part::Head,
            line: 0,
            last: 0,
            heads: BTreeMap::new(),
            digest: Sha256::new(),
            found,
        })
    }

    fn read(&mut self, mut file: impl BufRead, told: crate::days::Progress<'_>) -> Result<(), Fault> {
        let mut text = Vec::new();
        loop {
            text.clear();
            let read = file.by_ref().take(LONGEST).read_until(b'\n', &mut text);
            read.map_err(|error| Fault::failed(error.to_string()))?;
            if text.is_empty() {
                break;
            }
            self.line += 1;
            match self.judge(&text) {
                Ok(()) => {}
                Err(Stop::Wrong(what)) => return self.stop(self.line, what),
                Err(Stop::Fault(fault)) => return Err(fault),
            }
            self.digest.update(&text);
            if self.line.is_multiple_of(TELL) {
                told(self.found.exported.writes, self.found.exported.rows);
            }
        }
        self.found.exported.sha256 = self.digest.clone().finalize().into();
        if self.part != Part::End {
            return self.stop(self.line + 1, "the file ends before its end".to_owned());
        }
        // A row that its write speaks of must be there; the line that is wrong is then the write's.
        let left_out =
            "SELECT kind, first, line FROM latest WHERE seen = 0 AND digest <> ?1 ORDER BY line LIMIT 1";
        if let Some(mut row) = self.notes.one(left_out, values![&GONE])? {
            let kind = u8::try_from(row.int(0)?).unwrap_or(0);
            let name = crate::sql::tables::of_kind(kind).map_or("row", |table| table.name);
            let what = format!("it speaks of {name} {}, which is left out", row.int(1)?.cast_unsigned());
            let line = row.int(2)?.cast_unsigned();
            return self.stop(line, what);
        }
        Ok(())
    }

    fn stop(&mut self, line: u64, what: String) -> Result<(), Fault> {
        self.found.fault = Some(ExportFault { line, what });
        Ok(())
    }

    fn judge(&mut self, text: &[u8]) -> Result<(), Stop> {
        if text.last() != Some(&b'\n') {
            return wrong("the line is cut off");
        }
        let json: Json =
            serde_json::from_slice(text).map_err(|error| Stop::Wrong(format!("no JSON: {error}")))?;
        let Some(object) = json.as_object() else { return wrong("no object") };
        if self.part == Part::End {
            return wrong("behind the end");
        }
        if self.part == Part::Head {
            return self.head(&json);
        }
        let Some((name, body)) = object.iter().next().filter(|_| object.len() == 1) else {
            return wrong("one name is expected, with what it is");
        };
        match name.as_str() {
            "write" if self.part == Part::Writes => self.write(body),
            "end" => {
                self.chains_end()?;
                self.end(body)
            }
            "later" => {
                self.chains_end()?;
                self.other(body, Table::changes, "is written once, and is told as changed later")
            }
            "gone" => {
                self.chains_end()?;
                self.other(body, Table::goes, "goes with its day alone, and is told as gone")
            }
            name => {
                self.chains_end()?;
                match TABLES.iter().find(|table| table.name == name) {
                    Some(table) => self.row(table, body),
                    None => wrong(format!("`{name}` is nothing that stands here")),
                }
            }
        }
    }

    fn head(&mut self, json: &Json) -> Result<(), Stop> {
        if json.get(FORM_NAME).and_then(Json::as_u64) != Some(FORM) {
            return wrong(format!("no head of an exported day of form {FORM}"));
        }
        let date = json.get("date").and_then(Json::as_u64).and_then(|date| u32::try_from(date).ok());
        let Some(date) = date else { return wrong("the head has no date") };
        self.found.date = Day(date);
        let Some(chains) = json.get("chains").and_then(Json::as_array) else {
            return wrong("the head names no chains");
        };
        let mut heads = Vec::new();
        for chain in chains {
            let (Some(node), Some(hash)) = (text_of(chain, "node"), hash_of(chain, "hash")) else {
                return wrong("a chain of the head has no node or no hash");
            };
            let Some(sequence) = number_of(chain, "sequence") else {
                return wrong("a chain of the head has no last write");
            };
            self.found.chains.push((node.to_owned(), hash));
            heads.push((node.to_owned(), sequence, hash.to_vec()));
        }
        self.found.exported.heads = heads_of(&heads);
        self.part = Part::Writes;
        Ok(())
    }

    fn write(&mut self, body: &Json) -> Result<(), Stop> {
        let (Some(sequence), Some(at)) = (number_of(body, "sequence"), number_of(body, "at")) else {
            return wrong("a write without place or moment");
        };
        let (Some(node), Some(entries), Some(hash)) =
            (text_of(body, "node"), bytes_of(body, "entries"), hash_of(body, "hash"))
        else {
            return wrong("a write without node, entries or hash");
        };
        if sequence <= self.last {
            return wrong(format!("write {sequence} comes behind write {}", self.last));
        }
        self.last = sequence;
        let date = i64::from(self.found.date.0);
        let head = self.heads.entry(node.to_owned()).or_insert([0; 32]);
        if link(head, sequence, date, at, node, &entries) != hash {
            return wrong(format!("write {sequence} of {node}: the chain breaks here"));
        }
        *head = hash;
        let Some(said) = sayings(&entries, sequence.cast_unsigned()) else {
            return wrong(format!("write {sequence}: its entries are not whole"));
        };
        for saying in said.into_iter().filter(|saying| !saying.carried) {
            let entry = saying.entry;
            self.notes.run(
                "INSERT INTO latest (kind, first, second, digest, line) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (kind, first, second) DO UPDATE SET digest = excluded.digest, line = excluded.line",
                values![
                    entry.kind,
                    entry.first.cast_signed(),
                    entry.second.cast_signed(),
                    &entry.digest,
                    self.line.cast_signed()
                ],
            )?;
        }
        self.found.exported.writes += 1;
        Ok(())
    }

    /// Behind the last write each chain must have come to where the head says that it ends.
    fn chains_end(&mut self) -> Result<(), Stop> {
        if self.part != Part::Writes {
            return Ok(());
        }
        for (node, hash) in &self.found.chains {
            if self.heads.remove(node) != Some(*hash) {
                return wrong(format!("the chain of {node} does not end before this line as the head says"));
            }
        }
        if let Some(node) = self.heads.keys().next() {
            return wrong(format!("the head names no chain of {node}"));
        }
        self.part = Part::Rows;
        Ok(())
    }

    fn row(&mut self, table: &Table, body: &Json) -> Result<(), Stop> {
        let Some(columns) = body.as_object().filter(|columns| columns.len() == table.columns.len()) else {
            return wrong(format!("a {} has the columns {}", table.name, table.columns.join(", ")));
        };
        let mut cells = Vec::with_capacity(table.columns.len());
        for name in table.columns {
            let Some(cell) = columns.get(*name).and_then(cell) else {
                return wrong(format!("a {} without a value of `{name}`", table.name));
            };
            cells.push(cell);
        }
        let compared = (table.read)(&mut Row::new(cells))?;
        let (first, second) = (compared.first.cast_signed(), compared.second.cast_signed());
        self.seen(table, first, second, Some(&compared.digest))?;
        self.found.exported.rows += 1;
        Ok(())
    }

    /// A row that is not as the day left it: only of a kind with which that may be (`may`).
    fn other(&mut self, body: &Json, may: fn(&Table) -> bool, but: &str) -> Result<(), Stop> {
        let of = text_of(body, "of").and_then(|name| TABLES.iter().find(|table| table.name == name));
        let (Some(table), Some(first), Some(second)) =
            (of, number_of(body, "first"), number_of(body, "second"))
        else {
            return wrong("what a later day changed or took out is not named");
        };
        if !may(table) {
            return wrong(format!("{} {}: it {but}", table.name, first.cast_unsigned()));
        }
        self.seen(table, first, second, None)?;
        self.found.exported.later += 1;
        Ok(())
    }

    fn seen(&self, table: &Table, first: i64, second: i64, digest: Option<&Hash>) -> Result<(), Stop> {
        let (kind, name, number) = (table.kind as u8, table.name, first.cast_unsigned());
        let sql = "SELECT digest, seen FROM latest WHERE kind = ?1 AND first = ?2 AND second = ?3";
        let Some(mut row) = self.notes.one(sql, values![kind, first, second])? else {
            return wrong(format!("{name} {number}: no write of the day speaks of it"));
        };
        if row.flag(1)? {
            return wrong(format!("{name} {number}: it stands here twice"));
        }
        if digest.is_some_and(|digest| row.bytes(0).is_ok_and(|said| said != *digest)) {
            return wrong(format!("{name} {number}: it is not what was written"));
        }
        let sql = "UPDATE latest SET seen = 1 WHERE kind = ?1 AND first = ?2 AND second = ?3";
        Ok(self.notes.run(sql, values![kind, first, second])?)
    }

    fn end(&mut self, body: &Json) -> Result<(), Stop> {
        let Exported { writes, rows, later, .. } = self.found.exported;
        for (name, counted) in [("writes", writes), ("rows", rows), ("later", later)] {
            if body.get(name).and_then(Json::as_u64) != Some(counted) {
                return wrong(format!("{counted} {name} stand before the end, which counts others"));
            }
        }
        let before: Hash = self.digest.clone().finalize().into();
        if hash_of(body, "sha256") != Some(before) {
            return wrong("the SHA-256 of the lines before is another");
        }
        self.part = Part::End;
        Ok(())
    }
}

fn text_of<'j>(body: &'j Json, name: &str) -> Option<&'j str> {
    body.get(name)?.as_str()
}

fn number_of(body: &Json, name: &str) -> Option<i64> {
    body.get(name)?.as_i64()
}

fn bytes_of(body: &Json, name: &str) -> Option<Vec<u8>> {
    unhex(text_of(body, name)?)
}

fn hash_of(body: &Json, name: &str) -> Option<Hash> {
    bytes_of(body, name)?.try_into().ok()
}

fn cell(json: &Json) -> Option<Cell> {
    match json {
        Json::Null => Some(Cell::Null),
        Json::Number(number) => number.as_i64().map(Cell::Int),
        Json::String(text) => Some(Cell::Text(text.clone())),
        Json::Object(_) => bytes_of(json, "hex").map(Cell::Bytes),
        Json::Bool(_) | Json::Array(_) => None,
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let figure = |octet: &u8| char::from(*octet).to_digit(16).and_then(|figure| u8::try_from(figure).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(figure(high)? << 4 | figure(low)?),
            _ => None,
        })
        .collect()
}
