//! Fields as octets: the mirror of looking.
//!
//! In: a tree of a message's fields by wire names, and a scene. Out: parts, or a file with its name. What the tree names
//! is written as it stands there, also where the writer would compute it; all else is computed.

use super::MessageName;
use crate::fields::{FieldError, Named, at};
use crate::party::form;
use crate::scene::{Parts, Scene, evaluate_here, write};
use adapters::codec::{Doing, FileWriter, describe, fill_in, write_name};
use adapters::value::Record;
use dsl::evaluate::Value as Typed;
use dsl::model::{LinkKind, Meaning, Space};
use dsl::program::{CodeText, Map, MessageProgram, Part, Program, Write};
use dsl::value::{Form, Outcome};
use serde_json::{Map as Tree, Value};
use std::collections::BTreeSet;
use thiserror::Error;

/// A tree that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// A name or value that does not fit.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// It cannot be written, in words.
    #[error("{0}")]
    Write(String),
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Octets by part.
    pub parts: Parts,
    /// The record with what was computed.
    pub record: Record,
    /// The name of a file.
    pub file_name: Option<String>,
    /// Method and path of a web request.
    pub post: Option<(String, String)>,
}

/// Writes a message. `least`: compulsory fields that nobody names get the least value of their type.
///
/// # Errors
/// A name or value that does not fit; what is missing.
pub fn encode(
    scene: &mut Scene,
    name: &MessageName,
    fields: &Tree<String, Value>,
    least: bool,
) -> Result<Encoded, EncodeError> {
    let adapter = scene.adapter.clone();
    let program = &adapter.module.program;
    let form = program.messages.get(usize::from(name.message.0));
    let form = form.ok_or_else(|| EncodeError::Write("there is no such message".to_owned()))?;
    let named = Named { program, message: form, symbols: &adapter.symbols };
    let mut record = Record::new(form.slots);
    named.fill(fields, &mut record)?;
    let mut said = BTreeSet::new();
    for field in form.fields.iter().filter(|field| field.level == 0 && field.wire.is_some()) {
        if at(fields, &field.path).is_some_and(|value| !value.is_null()) {
            said.insert(field.slot);
        }
    }
    if scene.outcome.is_none() {
        scene.outcome = said_outcome(&named, &record, &said);
    }
    let business = [Space::Ask, Space::Answer].iter().any(|space| scene.books.record(*space).is_some());
    let changed = if business {
        apart(form, &said)
    } else {
        let original = match scene.original.request {
            Some(_) => form::Original::Known,
            None => form::Original::Unknown,
        };
        form::as_said(&in_place(form), &program.expressions, &said, original)
    };
    for (space, shape) in [(Space::Ask, form.ask), (Space::Answer, form.answer)] {
        if let Some(shape) = shape.filter(|_| scene.books.record(space).is_none()) {
            scene.begin_business(space, shape);
        }
    }
    let words = |fault, record: &Record| {
        EncodeError::Write(
            describe(&fault, record, form, program, &adapter.symbols, Doing::Writing).to_string(),
        )
    };
    let lines = form.file.as_ref().is_some_and(|file| !file.pieces.is_empty());
    if !lines {
        fill_in(program, &changed, &mut record, scene).map_err(|fault| words(fault, &record))?;
    }
    if least {
        named.fill_least(&mut record, scene.now)?;
    }
    let (parts, record) = if lines {
        let (octets, _) =
            file_of_lines(scene, program, &changed, &record).map_err(|fault| words(fault, &record))?;
        (Parts::content(octets), record)
    } else {
        let written = write(scene, program, &changed, record);
        written.map_err(|report| EncodeError::Write(report.to_string()))?
    };
    let file_name = match form.file {
        Some(_) => write_name(program, form, &record, scene).ok(),
        None => None,
    };
    Ok(Encoded { post: post(scene, name), parts, record, file_name })
}

/// What the codes that the tree names say of the outcome: the first that is not done.
fn said_outcome(named: &Named<'_>, record: &Record, said: &BTreeSet<u16>) -> Option<Outcome> {
    let slots = form::outcome_slots(named.message, &named.program.expressions);
    let of = |slot: u16| match record.value(usize::from(slot)).ok()? {
        Typed::Outcome(outcome) => Some(outcome),
        Typed::Text(text) => {
            let fields = named.message.fields.iter();
            let mut own = fields.filter(|field| field.level == 0 && field.slot == slot);
            let Form::Code(table) = named.wire(own.next()?)?.form else { return None };
            let codes = named.program.codes.get(usize::from(table))?;
            let row = codes.rows.iter().find(|(known, ..)| *known == CodeText::Text((*text).into()))?;
            match row.1 {
                Meaning::Outcome(outcome) => Some(outcome),
                _ => None,
            }
        }
        _ => None,
    };
    let all: Vec<Outcome> = slots.into_iter().filter(|slot| said.contains(slot)).filter_map(of).collect();
    all.iter().find(|outcome| !matches!(outcome, Outcome::Done(_))).or(all.first()).copied()
}

/// The message with its lists' rows gone through where they stand: no business list fills them.
pub(crate) fn in_place(message: &MessageProgram) -> MessageProgram {
    let mut changed = message.clone();
    for pairing in changed.pairings.iter_mut().filter(|pairing| pairing.target.space == Space::Field) {
        (pairing.source, pairing.with, pairing.filter) = (pairing.target, None, None);
    }
    changed
}

/// The message with nothing computed or mapped into these slots.
fn apart(message: &MessageProgram, said: &BTreeSet<u16>) -> MessageProgram {
    let mut changed = message.clone();
    let after = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
    for (at, write) in changed.write.iter_mut().enumerate() {
        if let Write::Compute { slot, level: 0, .. } | Write::Sign { slot, .. } = write
            && said.contains(slot)
        {
            *write = Write::Jump { to: after(at) };
        }
    }
    for (at, map) in changed.fill_in.iter_mut().enumerate() {
        let Map::Set { assignment } = map else { continue };
        let target = message.assignments.get(usize::from(*assignment)).map(|one| one.target);
        let own =
            target.is_some_and(|to| to.space == Space::Field && to.level == 0 && said.contains(&to.slot));
        if own {
            *map = Map::Jump { to: after(at) };
        }
    }
    changed
}

/// Writes the lines of a file whose rows stand in the record, and its control file if it has one.
pub(crate) fn file_of_lines(
    scene: &mut Scene,
    program: &Program,
    form: &MessageProgram,
    record: &Record,
) -> Result<(Vec<u8>, Option<Vec<u8>>), adapters::codec::Fault> {
    let wrong = adapters::codec::Fault { op: 0, at: 0, kind: adapters::codec::FaultKind::Program };
    let file = form.file.as_deref().ok_or(wrong)?;
    let mut singles = Record::new(form.slots);
    keep_singles(record, &mut singles, form.slots)?;
    let mut writer = FileWriter::new(program, form, singles).ok_or(wrong)?;
    for list in file.pieces.iter().filter_map(|piece| piece.list) {
        for base in bases(form, record, list) {
            put_row(&mut writer, form, record, (list, base), scene)?;
            writer.fold(list, scene)?;
        }
    }
    writer.begin(scene)?;
    let mut made = vec![Vec::new(); file.pieces.len()];
    for place in writer.order() {
        let (Some(piece), Some(out)) =
            (file.pieces.get(usize::from(*place)), made.get_mut(usize::from(*place)))
        else {
            continue;
        };
        match piece.list {
            Some(list) => {
                for base in bases(form, record, list) {
                    put_row(&mut writer, form, record, (list, base), scene)?;
                    out.extend(writer.line(usize::from(*place), scene)?);
                }
            }
            None if piece.optional && !any(form, record, usize::from(*place)) => {}
            None => out.extend(writer.line(usize::from(*place), scene)?),
        }
    }
    let mut octets = Vec::new();
    let mut coder = writer.coder(scene)?;
    for lines in made {
        coder.update(&lines, &mut octets)?;
    }
    coder.finish(scene, &mut octets)?;
    writer.sent(&octets, scene)?;
    let control = writer.control(scene)?;
    Ok((octets, control))
}

/// Whether the tree said anything of an optional line.
fn any(form: &MessageProgram, record: &Record, piece: usize) -> bool {
    let range =
        form.file.as_ref().and_then(|file| file.pieces.get(piece)).map_or((0, 0), |piece| piece.write);
    let writes = form.write.get(range.0 as usize..range.1 as usize).unwrap_or_default();
    writes.iter().any(|write| match write {
        Write::Put { slot, level: 0, .. } => record.slot(usize::from(*slot)).is_present(),
        _ => false,
    })
}

fn bases(form: &MessageProgram, record: &Record, list: u16) -> Vec<usize> {
    let slot = form.lists.get(usize::from(list)).map_or(usize::MAX, |list| usize::from(list.slot));
    let rows = record.rows(slot);
    rows.map(|rows| (0..rows.count).filter_map(|row| rows.base(row)).collect()).unwrap_or_default()
}

fn put_row(
    writer: &mut FileWriter<'_>,
    form: &MessageProgram,
    from: &Record,
    (list, base): (u16, usize),
    scene: &mut Scene,
) -> Result<(), adapters::codec::Fault> {
    let wrong = adapters::codec::Fault { op: 0, at: 0, kind: adapters::codec::FaultKind::Program };
    writer.fill_row(list, scene)?;
    let (to, place) = writer.window(list).ok_or(wrong)?;
    let stride = form.lists.get(usize::from(list)).map_or(0, |list| list.stride);
    for slot in 0..usize::from(stride) {
        if from.slot(base + slot).is_present() {
            copy(from, base + slot, to, place + slot)?;
        }
    }
    Ok(())
}

/// All that stands in no list, from one record into another.
pub(crate) fn keep_singles(from: &Record, to: &mut Record, slots: u16) -> Result<(), adapters::codec::Fault> {
    for slot in (0..usize::from(slots)).filter(|slot| from.rows(*slot).is_none()) {
        copy(from, slot, to, slot)?;
    }
    Ok(())
}

/// Puts a row that stands in a window behind the others of a whole record.
pub(crate) fn keep_row(
    from: &Record,
    base: usize,
    to: &mut Record,
    (slot, stride): (usize, u16),
) -> Result<(), adapters::codec::Fault> {
    let words = |fault: dsl::evaluate::Fault| adapters::codec::Fault { op: 0, at: 0, kind: fault.into() };
    if to.rows(slot).is_none() {
        to.begin_list(slot, stride, 0).map_err(words)?;
    }
    let place = to.append_row(slot, u32::MAX).map_err(words)?;
    for offset in 0..usize::from(stride) {
        copy(from, base + offset, to, place + offset)?;
    }
    Ok(())
}

/// A value, or the rows of a list, from one record into another.
fn copy(from: &Record, source: usize, to: &mut Record, target: usize) -> Result<(), adapters::codec::Fault> {
    let words = |fault: dsl::evaluate::Fault| adapters::codec::Fault { op: 0, at: 0, kind: fault.into() };
    let Some(rows) = from.rows(source) else {
        let value: Typed<'_> = from.value(source).map_err(words)?;
        return if value.is_present() { to.set(target, &value).map_err(words) } else { Ok(()) };
    };
    to.begin_list(target, rows.stride, 0).map_err(words)?;
    for base in (0..rows.count).filter_map(|row| rows.base(row)) {
        let place = to.append_row(target, u32::MAX).map_err(words)?;
        for slot in 0..usize::from(rows.stride) {
            copy(from, base + slot, to, place + slot)?;
        }
    }
    Ok(())
}

/// Method and path of a request on a web link.
fn post(scene: &Scene, name: &MessageName) -> Option<(String, String)> {
    let module = &scene.adapter.module;
    let call = module.calls.get(usize::from(name.call.0))?;
    let link = module.links.get(usize::from(call.call.link))?;
    if !matches!(link.link.kind, LinkKind::Http | LinkKind::Https) || call.call.request != name.message {
        return None;
    }
    let (method, path) = link.post.as_ref()?;
    match evaluate_here(scene, *path) {
        Ok(Typed::Text(path)) => Some((method.to_string(), path.into_owned())),
        _ => Some((method.to_string(), "/".to_owned())),
    }
}

impl Encoded {
    /// The message as it stands on a link of HTTP/1.
    #[must_use]
    pub fn web(&self) -> Vec<u8> {
        let text = |part| String::from_utf8_lossy(self.parts.get(part)).into_owned();
        let content = self.parts.get(Part::Content);
        let mut out = match &self.post {
            Some((method, path)) => {
                let own = text(Part::Path);
                let path = if own.is_empty() { path.clone() } else { own };
                let query = text(Part::Query);
                let query = if query.is_empty() { query } else { format!("?{query}") };
                format!("{method} {path}{query} HTTP/1.1\r\n")
            }
            None => {
                let status = text(Part::Status);
                format!("HTTP/1.1 {} \r\n", if status.is_empty() { "200".to_owned() } else { status })
            }
        }
        .into_bytes();
        out.extend_from_slice(self.parts.get(Part::Headers));
        out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", content.len()).as_bytes());
        out.extend_from_slice(content);
        out
    }
}
