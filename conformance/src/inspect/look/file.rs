//! A file of a folder or SFTP link as fields: its single lines, and its first rows.
//!
//! In: the file's name and octets. Out: [`Inspected`], like a message of a line; of rows only some are kept.

use super::{Inspected, MessageName, Seen, SeenField, inspect, is_file};
use crate::inspect::{keep_row, keep_singles, names};
use crate::scene::{Adapter, Parts, Scene};
use adapters::codec::{Doing, FileReader, LineEvent, describe, read_name};
use adapters::value::Record;
use dsl::model::{CallId, Space};
use dsl::program::{MessageProgram, Part, Program};

/// Takes a file for the message whose name it has and that it fits. `rows`: so many rows of each list are kept.
///
/// # Errors
/// What `scene` says.
pub fn inspect_file<E>(
    adapter: &Adapter,
    name: &str,
    octets: &[u8],
    rows: u64,
    wanted: &dyn Fn(&MessageName) -> bool,
    scene: &dyn Fn(CallId) -> Result<Scene, E>,
) -> Result<Option<Inspected>, E> {
    let module = &adapter.module;
    let mut best: Option<Inspected> = None;
    for message in names(adapter).into_iter().filter(|name| wanted(name)) {
        let link = module.calls.get(usize::from(message.call.0)).map(|call| usize::from(call.call.link));
        let carried =
            link.and_then(|link| module.links.get(link)).is_some_and(|link| is_file(link.link.kind));
        let Some(form) = module.program.messages.get(usize::from(message.message.0)).filter(|_| carried)
        else {
            continue;
        };
        let mut scene = scene(message.call)?;
        for (space, shape) in [(Space::Ask, form.ask), (Space::Answer, form.answer)] {
            if let Some(shape) = shape.filter(|_| scene.books.record(space).is_none()) {
                scene.begin_business(space, shape);
            }
        }
        let mut record = Record::new(form.slots);
        if read_name(&module.program, form, name, &mut record, &mut scene) != Ok(true) {
            continue;
        }
        let seen = match FileReader::new(&module.program, form) {
            Some(reader) => lines(&mut scene, &message, (&module.program, form), reader, octets, rows),
            None => {
                let mut parts = Parts::content(octets.to_vec());
                parts.set(Part::Name, record.part(Part::Name).clone());
                inspect(&mut scene, &message, &parts)
            }
        };
        if let Some(seen) = seen
            && best.as_ref().is_none_or(|best| super::better(&seen, best))
        {
            best = Some(seen);
        }
    }
    Ok(best)
}

fn lines(
    scene: &mut Scene,
    name: &MessageName,
    (program, form): (&Program, &MessageProgram),
    reader: FileReader<'_>,
    octets: &[u8],
    rows: u64,
) -> Option<Inspected> {
    let adapter = scene.adapter.clone();
    let mut reader = reader.alone().watched();
    let (mut fields, mut more_rows) = (Vec::new(), 0);
    let mut counts = vec![0_u64; form.lists.len()];
    let mut whole = Record::new(form.slots);
    let mut on_line = |record: &Record, event: LineEvent| {
        let Some((list, base)) = event.row else { return Ok(()) };
        let count = counts.get_mut(usize::from(list));
        let number = count.map_or(0, |count| {
            *count += 1;
            *count
        });
        if number > rows {
            more_rows += 1;
            return Ok(());
        }
        fields.extend(row(&adapter, (program, form), record, (list, base, number)));
        let Some(form) = form.lists.get(usize::from(list)) else { return Ok(()) };
        keep_row(record, base, &mut whole, (usize::from(form.slot), form.stride))
    };
    let mut done = reader.push(octets, scene, &mut on_line);
    if done.is_ok() {
        done = reader.finish(scene, &mut on_line);
    }
    let (judged, outcome) = (reader.judged().to_vec(), reader.outcome());
    let record = reader.into_record();
    let fault = done.err().map(|fault| {
        let mut report = describe(&fault.fault, &record, form, program, &adapter.symbols, Doing::Reading);
        report.field = format!("line {} {}", fault.line, report.field).trim().into();
        (fault.fault, report)
    });
    let seen = Seen { adapter: &adapter, program, form, record: &record, paths: Vec::new() }.with_paths();
    let mut all: Vec<SeenField> = Vec::new();
    for field in form.fields.iter().filter(|field| field.level == 0 && field.wire.is_some()) {
        let index = usize::from(field.slot);
        if record.slot(index).tag != adapters::value::Tag::Unread {
            let stored = adapters::codec::Stored { index, span: record.slot(index).span(), op: 0 };
            all.extend(seen.field(&stored).map(|field| SeenField { place: None, ..field }));
        }
    }
    all.extend(fields);
    let judged = judged.iter().map(|judged| seen.judgement(judged)).collect();
    let _ = keep_singles(&record, &mut whole, form.slots);
    Some(Inspected { name: name.clone(), record: whole, fields: all, judged, outcome, fault, more_rows })
}

/// The fields of a row that stands in the record's window.
fn row(
    adapter: &Adapter,
    (program, form): (&Program, &MessageProgram),
    record: &Record,
    (list, base, number): (u16, usize, u64),
) -> Vec<SeenField> {
    let seen = Seen { adapter, program, form, record, paths: Vec::new() }.with_paths();
    let own = form.fields.iter().filter(|field| field.list == Some(list) && field.wire.is_some());
    let shown = own.filter_map(|field| {
        let index = base + usize::from(field.slot);
        let stored = adapters::codec::Stored { index, span: record.slot(index).span(), op: 0 };
        let field = seen.field(&stored)?;
        // The window is the list's one row.
        Some(SeenField { path: field.path.replacen("[1]", &format!("[{number}]"), 1), place: None, ..field })
    });
    shown.collect()
}
