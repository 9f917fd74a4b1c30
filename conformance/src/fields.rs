//! Messages and business records as trees of names: what people, suites and simulators read and write.
//!
//! In: a record with its program (or shape), or a JSON tree. Out: the other of the two. Names are those of the wire,
//! nested as in the adapter; lists are arrays. Amounts are whole fen, other decimals text, days ISO texts, codes the
//! names that they mean (of a table of outcomes `done`, `unknown` or the reason), octets upper hex; what is absent is
//! left out. A code may stand by its own text too, one that its table does not have behind `text:` (`text:99`).
//! It must not know sockets, keys or what a party does.

mod business;
mod value;

pub use business::{business_record, business_tree};
pub use value::{from_json, to_json};
pub(crate) use value::{octets, outcome};

use adapters::value::Record;
use dsl::evaluate::Value as Typed;
use dsl::model::Meaning;
use dsl::program::{CodeText, FieldForm, MessageProgram, Program, WireForm};
use dsl::value::{Absent, DateTime, Form, Symbols};
use serde_json::{Map, Value};
use thiserror::Error;

/// A tree that does not fit its message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FieldError {
    /// The message has no field of this name.
    #[error("there is no field {path}{}", hint(.path, .known))]
    Unknown {
        /// What was named.
        path: String,
        /// Names that there are beside it.
        known: String,
    },
    /// A value of another kind.
    #[error("{path}: expected {expected}, found {found}")]
    Value {
        /// The field.
        path: String,
        /// What it can hold.
        expected: String,
        /// What was there.
        found: String,
    },
    /// More rows or octets than a record can hold.
    #[error("{path}: more than a message can hold")]
    TooMuch {
        /// The field.
        path: String,
    },
}

/// The nearest of the known names to the last part of a path, or all of them.
pub(crate) fn hint(path: &str, known: &str) -> String {
    let name = path.rsplit('.').next().unwrap_or(path);
    match dsl::diagnostics::nearest(name, known.split(", ")) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => format!("; there are {known}"),
    }
}

/// How codes are shown.
#[derive(Clone, Copy)]
enum Codes {
    /// By what they mean to us.
    ByMeaning,
    /// As they stand on the wire.
    ByText,
}

/// A message's fields by name, for reading and writing trees.
#[derive(Clone, Copy, Debug)]
pub struct Named<'p> {
    /// The program that the message belongs to.
    pub program: &'p Program,
    /// The message.
    pub message: &'p MessageProgram,
    /// The table of names.
    pub symbols: &'p Symbols,
}

impl<'p> Named<'p> {
    /// The tree of a record's values; what is absent is left out.
    #[must_use]
    pub fn tree(&self, record: &Record) -> Map<String, Value> {
        let mut tree = Map::new();
        self.rows_into(record, (None, 0), "", Codes::ByMeaning, &mut tree);
        tree
    }

    /// The same, with codes and flags as the texts that stand on the wire: for who does not know our names.
    #[must_use]
    pub fn wire_tree(&self, record: &Record) -> Map<String, Value> {
        let mut tree = Map::new();
        self.rows_into(record, (None, 0), "", Codes::ByText, &mut tree);
        tree
    }

    /// The tree of one row of a list; `base` is the index of its first slot.
    #[must_use]
    pub fn row_tree(&self, record: &Record, list: u16, base: usize) -> Map<String, Value> {
        let mut row = Map::new();
        self.rows_into(record, (Some(list), base), self.path_of(list), Codes::ByMeaning, &mut row);
        row
    }

    /// The path of a list.
    #[must_use]
    pub fn path_of(&self, list: u16) -> &'p str {
        self.message.fields.iter().find(|field| field.is_list == Some(list)).map_or("", |field| &field.path)
    }

    /// Puts a tree's values into one row of a list; `base` is the index of its first slot. What is compulsory and not
    /// given gets the least value.
    ///
    /// # Errors
    /// As [`Named::fill`] and [`Named::fill_least`].
    pub fn fill_row(
        &self,
        tree: &Map<String, Value>,
        list: u16,
        base: usize,
        record: &mut Record,
        now: DateTime,
    ) -> Result<(), FieldError> {
        self.fill_rows(tree, Some(list), base, self.path_of(list), "", record)?;
        self.least(record, Some(list), base, now)
    }

    /// As [`Named::fill_least`], for what stands outside of lists alone.
    ///
    /// # Errors
    /// As [`Named::fill_least`].
    pub fn fill_least_singles(&self, record: &mut Record, now: DateTime) -> Result<(), FieldError> {
        let singles =
            self.message.fields.iter().filter(|field| field.list.is_none() && field.is_list.is_none());
        singles
            .into_iter()
            .try_for_each(|field| self.least_field(record, field, usize::from(field.slot), now))
    }

    fn rows_into(
        &self,
        record: &Record,
        (list, base): (Option<u16>, usize),
        under: &str,
        codes: Codes,
        into: &mut Map<String, Value>,
    ) {
        for field in self.message.fields.iter().filter(|field| field.list == list) {
            let index = base + usize::from(field.slot);
            let name = relative(&field.path, under);
            if let Some(inner) = field.is_list {
                if let Some(rows) = self.list(record, (inner, index), &field.path, codes) {
                    insert(into, name, rows);
                }
                continue;
            }
            let Some(wire) = self.wire(field) else { continue };
            let shown = record.value(index).ok().and_then(|value| self.shown(&value, wire, codes));
            if let Some(shown) = shown {
                insert(into, name, shown);
            }
        }
    }

    fn shown(&self, value: &Typed<'_>, wire: &WireForm, codes: Codes) -> Option<Value> {
        match (&wire.form, value, codes) {
            (Form::Flag(yes, no), Typed::Flag(is), Codes::ByText) => {
                Some(Value::String(if *is { yes } else { no }.to_string()))
            }
            (Form::Code(table), value, Codes::ByText) => {
                let table = self.program.codes.get(*table as usize)?;
                let means = |meaning: &Meaning| match (meaning, value) {
                    (Meaning::Name(name), Typed::Name(is)) => name == is,
                    (Meaning::Outcome(outcome), Typed::Outcome(is)) => outcome == is,
                    _ => false,
                };
                match table.rows.iter().find(|(_, meaning, _)| means(meaning)) {
                    Some((CodeText::Text(text), ..)) => Some(Value::String(text.to_string())),
                    _ => to_json(value, &wire.ty, self.symbols),
                }
            }
            _ => to_json(value, &wire.ty, self.symbols),
        }
    }

    fn list(&self, record: &Record, (list, index): (u16, usize), path: &str, codes: Codes) -> Option<Value> {
        let rows = record.rows(index)?;
        let mut shown = Vec::new();
        for base in (0..rows.count).filter_map(|row| rows.base(row)) {
            let mut row = Map::new();
            self.rows_into(record, (Some(list), base), path, codes, &mut row);
            shown.push(Value::Object(row));
        }
        Some(Value::Array(shown))
    }

    /// Puts a tree's values into a record. Nulls and what the tree does not name stay as they are.
    ///
    /// # Errors
    /// A name that the message does not have, or a value that its field cannot hold.
    pub fn fill(&self, tree: &Map<String, Value>, record: &mut Record) -> Result<(), FieldError> {
        if record.slots.len() < usize::from(self.message.slots) {
            record.slots.resize(usize::from(self.message.slots), adapters::value::Slot::default());
        }
        self.fill_rows(tree, None, 0, "", "", record)
    }

    fn fill_rows(
        &self,
        tree: &Map<String, Value>,
        list: Option<u16>,
        base: usize,
        under: &str,
        group: &str,
        record: &mut Record,
    ) -> Result<(), FieldError> {
        for (name, value) in tree {
            let path = join(&join(under, group), name);
            let found: Vec<&FieldForm> = self
                .message
                .fields
                .iter()
                .filter(|field| field.list == list && *field.path == *path)
                .collect();
            let inner = format!("{path}.");
            let is_group =
                self.message.fields.iter().any(|field| field.list == list && field.path.starts_with(&inner));
            match value {
                Value::Null if is_group || !found.is_empty() => {}
                Value::Object(fields) if is_group => {
                    self.fill_rows(fields, list, base, under, &join(group, name), record)?;
                }
                value if found.iter().any(|field| field.is_list.is_some() || field.wire.is_some()) => {
                    for field in found {
                        self.fill_one(field, value, base + usize::from(field.slot), record)?;
                    }
                }
                _ => return Err(self.unknown(path, list, &join(under, group))),
            }
        }
        Ok(())
    }

    fn fill_one(
        &self,
        field: &FieldForm,
        value: &Value,
        index: usize,
        record: &mut Record,
    ) -> Result<(), FieldError> {
        let too_much = || FieldError::TooMuch { path: field.path.to_string() };
        if let Some(list) = field.is_list {
            let Value::Array(rows) = value else {
                return Err(wrong(&field.path, "a list", value));
            };
            let form = self.message.lists.get(usize::from(list)).ok_or_else(too_much)?;
            record.begin_list(index, form.stride, 0).map_err(|_| too_much())?;
            for row in rows {
                let Value::Object(row) = row else { return Err(wrong(&field.path, "rows of fields", row)) };
                // A suite may want more rows than the message allows, to see them refused.
                let base = record.append_row(index, u32::MAX).map_err(|_| too_much())?;
                self.fill_rows(row, Some(list), base, &field.path, "", record)?;
            }
            return Ok(());
        }
        let Some(wire) = self.wire(field) else { return Ok(()) };
        let typed = self.typed(wire, value).map_err(|expected| wrong(&field.path, &expected, value))?;
        record.set(index, &typed).map_err(|_| too_much())
    }

    fn typed(&self, wire: &WireForm, value: &Value) -> Result<Typed<'static>, String> {
        if let (Form::Code(table), Value::String(text)) = (&wire.form, value) {
            let codes = self.program.codes.get(*table as usize).ok_or("a code of a table that is there")?;
            return code(codes, text, self.symbols);
        }
        if let (Form::Flag(yes, no), Value::String(text)) = (&wire.form, value)
            && [yes, no].contains(&&Box::from(text.as_str()))
        {
            return Ok(Typed::Flag(**yes == **text));
        }
        from_json(value, &wire.ty, self.symbols)
    }

    /// The wire form of a field, if it is a leaf.
    #[must_use]
    pub fn wire(&self, field: &FieldForm) -> Option<&'p WireForm> {
        self.program.wires.get(field.wire? as usize)
    }

    /// The least value of a field; none for lists and groups.
    #[must_use]
    pub fn least_of(&self, field: &FieldForm, now: DateTime) -> Option<Typed<'static>> {
        value::least(self.wire(field)?, self.program, now)
    }

    fn unknown(&self, path: String, list: Option<u16>, under: &str) -> FieldError {
        let start = if under.is_empty() { String::new() } else { format!("{under}.") };
        let beside = self.message.fields.iter().filter(|field| field.list == list);
        let known: Vec<&str> = beside.filter_map(|field| field.path.strip_prefix(start.as_str())).collect();
        FieldError::Unknown { path, known: known.join(", ") }
    }

    /// Gives every compulsory field that nobody has set the least value of its type (days and times: this moment), so
    /// that the message can be written; what the writer computes is left to it.
    ///
    /// # Errors
    /// [`FieldError::TooMuch`] for a message that no record can hold.
    pub fn fill_least(&self, record: &mut Record, now: DateTime) -> Result<(), FieldError> {
        self.least(record, None, 0, now)
    }

    fn least(
        &self,
        record: &mut Record,
        list: Option<u16>,
        base: usize,
        now: DateTime,
    ) -> Result<(), FieldError> {
        let too_much = |field: &FieldForm| FieldError::TooMuch { path: field.path.to_string() };
        for field in self.message.fields.iter().filter(|field| field.list == list) {
            let index = base + usize::from(field.slot);
            if let Some(inner) = field.is_list {
                let Some(form) = self.message.lists.get(usize::from(inner)) else { continue };
                if record.rows(index).is_none() {
                    record.begin_list(index, form.stride, 0).map_err(|_| too_much(field))?;
                    for _ in 0..form.min {
                        record.append_row(index, form.max).map_err(|_| too_much(field))?;
                    }
                }
                let bases: Vec<usize> = record
                    .rows(index)
                    .map(|rows| (0..rows.count).filter_map(|row| rows.base(row)).collect())
                    .unwrap_or_default();
                for base in bases {
                    self.least(record, Some(inner), base, now)?;
                }
                continue;
            }
            self.least_field(record, field, index, now)?;
        }
        Ok(())
    }

    fn least_field(
        &self,
        record: &mut Record,
        field: &FieldForm,
        index: usize,
        now: DateTime,
    ) -> Result<(), FieldError> {
        let Some(wire) = self.wire(field).filter(|_| !field.derived) else { return Ok(()) };
        if record.slot(index).is_present() || wire.absent != Absent::Never {
            return Ok(());
        }
        let Some(least) = value::least(wire, self.program, now) else { return Ok(()) };
        record.set(index, &least).map_err(|_| FieldError::TooMuch { path: field.path.to_string() })
    }
}

/// A code by what it means, or by its own text behind `text:`.
fn code(codes: &dsl::program::Codes, text: &str, symbols: &Symbols) -> Result<Typed<'static>, String> {
    if let Some(own) = text.strip_prefix("text:") {
        return Ok(Typed::text(own));
    }
    let own = |(known, ..): &(CodeText, _, _)| matches!(known, CodeText::Text(known) if **known == *text);
    value::meaning(codes, text, symbols)
        .or_else(|| codes.rows.iter().any(own).then(|| Typed::text(text)))
        .ok_or_else(|| format!("a meaning or text of the codes {}", codes.name))
}

fn wrong(path: &str, expected: &str, found: &Value) -> FieldError {
    FieldError::Value { path: path.to_owned(), expected: expected.to_owned(), found: found.to_string() }
}

/// A path without the list's path around it.
fn relative<'n>(path: &'n str, under: &str) -> &'n str {
    if under.is_empty() {
        return path;
    }
    path.strip_prefix(under).and_then(|rest| rest.strip_prefix('.')).unwrap_or(path)
}

fn join(outer: &str, inner: &str) -> String {
    match (outer.is_empty(), inner.is_empty()) {
        (true, _) => inner.to_owned(),
        (_, true) => outer.to_owned(),
        _ => format!("{outer}.{inner}"),
    }
}

/// Puts a value at a dotted path; what stands there already stays.
fn insert(tree: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            tree.entry(path).or_insert(value);
        }
        Some((group, rest)) => {
            let inner = tree.entry(group).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// The value at a dotted path of a tree.
#[must_use]
pub fn at<'t>(tree: &'t Map<String, Value>, path: &str) -> Option<&'t Value> {
    let mut parts = path.split('.');
    let first = tree.get(parts.next()?)?;
    // Rows of a list are counted from 1.
    parts.try_fold(first, |found, part| match found {
        Value::Object(fields) => fields.get(part),
        Value::Array(rows) => rows.get(part.parse::<usize>().ok()?.checked_sub(1)?),
        _ => None,
    })
}
