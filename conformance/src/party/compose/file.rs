//! Writing a file of the party: its lines one by one, then its name.
//!
//! In: a tree of fields in which rows stand as lists. Out: name and octets, as they are put.

use super::{Adapter, Composed, Scene, begun, compose, form, named_in, place};
use crate::fields::Named;
use adapters::codec::{Doing, FileWriter, describe, take_out, write_name};
use adapters::value::Record;
use dsl::model::{MessageId, Space};
use dsl::program::Part;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A file as a party puts it.
#[derive(Clone)]
pub(crate) struct ComposedFile {
    /// Its name.
    pub(crate) name: String,
    /// Its octets.
    pub(crate) octets: Vec<u8>,
    /// What stands in it outside of rows.
    pub(crate) record: Record,
    /// Its end mark.
    pub(crate) done: Option<Box<str>>,
    /// What stands in its control file, where the end mark is one.
    pub(crate) control: Option<Vec<u8>>,
}

/// In a tree of fields: the name of the file, where it says what stands nowhere in it.
const FILE_NAME: &str = "file_name";

/// Writes a file; `bank` is the same adapter as the bank has it. Rows stand in the tree as lists at the paths of the message's lists;
/// `file_name` names the file.
///
/// # Errors
/// What cannot be written, in words.
pub(crate) fn compose_file(
    bank: &Adapter,
    scene: &mut Scene,
    message: MessageId,
    inner: &str,
    fields: &Map<String, Json>,
) -> Result<ComposedFile, String> {
    let adapter = scene.adapter.clone();
    let named = named_in(&adapter, message).ok_or("a message that is not there")?;
    let file = named.message.file.as_deref().ok_or("a message that is no file")?;
    let mut fields = fields.clone();
    let given = match fields.get(FILE_NAME) {
        Some(Json::String(name)) if named.message.fields.iter().all(|field| &*field.path != FILE_NAME) => {
            Some(name.clone())
        }
        _ => None,
    };
    if given.is_some() {
        fields.remove(FILE_NAME);
    }
    let mut said = Composed { fields: place(&named, inner, &fields), outcome: None, wrong_seal: false };
    if file.pieces.is_empty() {
        let (parts, record) = compose(scene, message, &said, None)?;
        as_the_bank_reads(bank, scene, message, &record);
        let name = if file.name.is_empty() {
            String::from_utf8_lossy(parts.get(Part::Name)).into_owned() + &file.name_ending
        } else {
            given.map_or_else(|| named_file(&named, scene, &record), Ok)?
        };
        let octets = parts.get(Part::Content).to_vec();
        return Ok(ComposedFile { name, octets, record, done: file.done.clone(), control: None });
    }
    let mut rows = BTreeMap::new();
    for list in file.pieces.iter().filter_map(|piece| piece.list) {
        rows.insert(list, taken(&mut said.fields, named.path_of(list)));
    }
    let (mut record, apart) = begun(&named, scene, &said, None)?;
    let form = form::as_said(named.message, &named.program.expressions, &apart, form::Original::Unknown);
    named.fill_least_singles(&mut record, scene.now).map_err(|error| error.to_string())?;
    let words = |fault| {
        let record = Record::new(form.slots);
        describe(&fault, &record, &form, named.program, named.symbols, Doing::Writing).to_string()
    };
    let mut writer = FileWriter::new(named.program, &form, record).ok_or("a file without lines")?;
    if let Some(name) = &given {
        writer = writer.named(name);
    }
    let fill = |writer: &mut FileWriter<'_>, list: u16, row: &Json, scene: &mut Scene| {
        let row = row.as_object().ok_or("a row is fields by name")?;
        let (record, base) = writer.row(list).ok_or("more rows than a file may have")?;
        named.fill_row(row, list, base, record, scene.now).map_err(|error| error.to_string())?;
        writer.map_row(list, scene).map_err(words)?;
        // What the world says stands over what the adapter would say.
        let (record, base) = writer.row_here(list).ok_or("more rows than a file may have")?;
        named.fill_row(row, list, base, record, scene.now).map_err(|error| error.to_string())
    };
    for (list, rows) in &rows {
        for row in rows {
            fill(&mut writer, *list, row, scene)?;
            writer.fold(*list, scene).map_err(words)?;
        }
    }
    writer.begin(scene).map_err(words)?;
    let mut made: Vec<Vec<u8>> = vec![Vec::new(); file.pieces.len()];
    for place in writer.order().to_vec() {
        let place = usize::from(place);
        let Some(piece) = file.pieces.get(place) else { continue };
        let Some(lines) = made.get_mut(place) else { continue };
        match piece.list {
            None => lines.extend(writer.line(place, scene).map_err(words)?),
            Some(list) => {
                for row in rows.get(&list).into_iter().flatten() {
                    fill(&mut writer, list, row, scene)?;
                    lines.extend(writer.line(place, scene).map_err(words)?);
                }
            }
        }
    }
    let (mut coder, mut octets) = (writer.coder(scene).map_err(words)?, Vec::new());
    for lines in &made {
        coder.update(lines, &mut octets).map_err(words)?;
    }
    coder.finish(scene, &mut octets).map_err(words)?;
    writer.sent(&octets, scene).map_err(words)?;
    let control = writer.control(scene).map_err(words)?;
    let record = writer.into_record();
    as_the_bank_reads(bank, scene, message, &record);
    let name = given.map_or_else(|| named_file(&named, scene, &record), Ok)?;
    Ok(ComposedFile { name, octets, record, done: file.done.clone(), control })
}

fn named_file(named: &Named<'_>, scene: &mut Scene, record: &Record) -> Result<String, String> {
    write_name(named.program, named.message, record, scene).map_err(|fault| {
        describe(&fault, record, named.message, named.program, named.symbols, Doing::Writing).to_string()
    })
}

/// A name may say what the bank makes of the message (`{ask.day}`): that is known once it is read as the bank reads it.
fn as_the_bank_reads(bank: &Adapter, scene: &mut Scene, message: MessageId, record: &Record) {
    let Some(form) = bank.module.program.messages.get(usize::from(message.0)) else { return };
    let asked = bank.module.calls.iter().find(|call| call.call.request == message);
    let Some(shape) = asked.and_then(|call| call.call.ask) else { return };
    let mut theirs = Scene::new(bank.clone(), Arc::clone(&scene.standing), scene.now);
    theirs.member.clone_from(&scene.member);
    theirs.facts.clone_from(&scene.facts);
    theirs.begin_business(Space::Ask, shape);
    // What cannot be taken out stays unknown: the name says so if it needs it.
    let mut record = record.clone();
    let _ = take_out(&bank.module.program, form, &mut record, &mut theirs);
    scene.books = theirs.books;
}

/// Takes a list out of a tree.
fn taken(tree: &mut Map<String, Json>, path: &str) -> Vec<Json> {
    match path.split_once('.') {
        Some((outer, rest)) => match tree.get_mut(outer) {
            Some(Json::Object(inner)) => taken(inner, rest),
            _ => Vec::new(),
        },
        None => match tree.remove(path) {
            Some(Json::Array(rows)) => rows,
            _ => Vec::new(),
        },
    }
}
