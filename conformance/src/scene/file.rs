//! A file as a message: its name and octets read whole, with its rows as trees.
//!
//! Simulated parties and suites look at files of some thousand rows; what must hold for any length is the gateway's.

use super::{Parts, ReadMessage, Scene, read};
use crate::fields::Named;
use adapters::codec::{Doing, FileReader, LineEvent, describe, read_name};
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::model::{Fact, MessageId};
use dsl::program::Part;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Whether a name is of a message's form. What it tells goes into the scene, and into the record that is given back.
#[must_use]
pub fn is_named(scene: &mut Scene, message: MessageId, name: &str) -> Option<Record> {
    let module = scene.adapter.module.clone();
    let form = module.program.messages.get(usize::from(message.0))?;
    form.file.as_deref()?;
    let mut record = Record::new(form.slots);
    matches!(read_name(&module.program, form, name, &mut record, scene), Ok(true)).then_some(record)
}

/// What a file is called is known of it: its control file may say it.
pub(crate) fn call_it(scene: &mut Scene, name: &str) {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    scene.put_fact(Fact::File, Value::text(name.to_owned()));
    scene.put_fact(Fact::FileStem, Value::text(stem.to_owned()));
}

/// Reads a file by its message, with its control file where it has one, and verifies it. Gives the message, and its fields with the rows as a tree; none if the
/// name is of another form.
#[must_use]
pub fn read_file(
    scene: &mut Scene,
    message: MessageId,
    name: &str,
    (octets, control): (&[u8], Option<&[u8]>),
) -> Option<(ReadMessage, Map<String, Json>)> {
    let by_name = is_named(scene, message, name)?;
    call_it(scene, name);
    let adapter = scene.adapter.clone();
    let program = &adapter.module.program;
    let form = program.messages.get(usize::from(message.0))?;
    let named = Named { program, message: form, symbols: &adapter.symbols };
    // Only what the message says is wanted, not what a business would make of its rows.
    let mut said = form.clone();
    said.take_out = Box::default();
    said.pairings = Vec::new();
    let Some(reader) = FileReader::new(program, &said) else {
        let mut parts = Parts::content(octets.to_vec());
        parts.set(Part::Name, by_name.part(Part::Name).clone());
        let read = read(scene, message, &parts)?;
        let tree = named.tree(&read.record);
        return Some((read, tree));
    };
    let mut reader = reader.named(name);
    let mut rows: BTreeMap<u16, Vec<Json>> = BTreeMap::new();
    let mut on_line = |record: &Record, event: LineEvent| {
        if let Some((list, base)) = event.row {
            rows.entry(list).or_default().push(Json::Object(named.row_tree(record, list, base)));
        }
        Ok(())
    };
    let mut read = control.map_or(Ok(()), |control| reader.control(control, scene));
    if read.is_ok() {
        read = reader.push(octets, scene, &mut on_line);
    }
    if read.is_ok() {
        read = reader.finish(scene, &mut on_line);
    }
    let outcome = reader.outcome();
    let record = reader.into_record();
    let fault = read.err().map(|fault| {
        let report = describe(&fault.fault, &record, form, program, &adapter.symbols, Doing::Reading);
        (fault.fault, report)
    });
    let mut tree = named.tree(&record);
    for (list, rows) in rows {
        put(&mut tree, named.path_of(list), Json::Array(rows));
    }
    Some((ReadMessage { record, outcome, fault }, tree))
}

/// Puts a value at a dotted path, in the place of what stands there.
fn put(tree: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => drop(tree.insert(path.to_owned(), value)),
        Some((outer, rest)) => {
            let inner = tree.entry(outer).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}
