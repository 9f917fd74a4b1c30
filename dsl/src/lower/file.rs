//! Files: the name, and the lines as pieces that are streamed. A file without lines is read and written whole.

use super::layout::inner;
use super::message::Builder;
use super::read::{Reader, line_format, place_of};
use super::write::{Writer, line};
use super::{known, tables};
use crate::model::{FieldId, FieldKind, FileForm, Format, NamePiece, Node};
use crate::program::{FileName, FilePiece, FileProgram, Part, Read, Write};
use crate::value::{Constant, Size, Type};

/// Makes the file's own words: name, ends of lines, chain.
pub(super) fn name(builder: &mut Builder<'_, '_>) {
    let Some(file) = &builder.message.file else { return };
    let (line_end, tolerated) = match &file.format {
        Format::Delimited(delimited) => delimited.lines.clone().unwrap_or_else(|| ("\n".into(), Vec::new())),
        _ => ("\n".into(), vec!["\r\n".into()]),
    };
    let mut pieces = Vec::new();
    for piece in &file.name {
        pieces.push(match piece {
            NamePiece::Text(text) => FileName::Text(text.clone()),
            NamePiece::Field(id) => FileName::Slot {
                slot: builder.layout.field(*id).map_or(u16::MAX, |field| field.slot),
                wire: builder.wire_of(*id),
            },
            NamePiece::Known(expression) => FileName::Expression(builder.compile(expression, &[])),
            NamePiece::Learned(to, form) => {
                let wire = name_wire(builder, form);
                FileName::Learned { to: *to, wire }
            }
        });
    }
    let lines = lines(builder, &builder.message.nodes, &file.format).is_some();
    let made = FileProgram {
        pieces: Vec::new(),
        line_end,
        tolerated,
        chain: if lines { builder.chain(&file.chain) } else { u32::MAX },
        name: pieces,
        name_ending: file.name_ending.clone(),
        read_end: (0, 0),
        write_begin: (0, 0),
        folds: Vec::new(),
        done: file.done.clone(),
    };
    builder.out.file = Some(Box::new(made));
}

/// The wire form of a value in a file's name: as long as its form says.
fn name_wire(builder: &mut Builder<'_, '_>, form: &crate::value::Form) -> u32 {
    let wire = crate::model::Wire {
        form: form.clone(),
        size: Size::ByForm,
        unit: crate::value::Unit::Chars,
        fill: None,
        signed: false,
        absent: crate::value::Absent::Never,
        chain: crate::model::Chain::default(),
        prefix: None,
        sized_by: None,
        ending: None,
        quoted: false,
        trimmed: false,
        tolerate: Vec::new(),
        unmapped: None,
        near: None,
    };
    let ty = match form {
        crate::value::Form::Calendar(kind, _) => match kind {
            crate::value::Calendar::Date => Type::Date,
            crate::value::Calendar::Time => Type::Time,
            crate::value::Calendar::DateTime => Type::DateTime,
            crate::value::Calendar::Month => Type::Month,
        },
        _ => Type::Text { chars: 255, private: None },
    };
    let charset = builder.message.charset.clone();
    builder.lowering.wire(&ty, &wire, &charset, None, &mut super::expression::NoOctets)
}

/// The lines and lists of lines of a file; `None` if it has another form.
fn lines(builder: &Builder<'_, '_>, nodes: &[Node], format: &Format) -> Option<Vec<FieldId>> {
    if !matches!(format, Format::Fixed | Format::Delimited(_)) {
        return None;
    }
    let mut found = Vec::new();
    for node in nodes {
        match node {
            Node::Field(id) => match builder.layout.field(*id).map(|field| &field.kind) {
                Some(FieldKind::Line { .. }) => found.push(*id),
                Some(FieldKind::List(list)) if list.of_line => found.push(*id),
                _ => return None,
            },
            Node::When { condition, then, .. } => match known(&builder.folded(condition)) {
                Some(true) => found.extend(lines(builder, then, format)?),
                Some(false) => {}
                None => return None,
            },
            Node::Choose { .. } => return None,
            Node::Check(_) | Node::Map(_) => {}
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Makes the reading of a file.
pub(super) fn read<'m>(reader: &mut Reader<'_, '_, 'm>, file: &'m FileForm) {
    let message = reader.builder.message;
    let charset = tables::charset_of(&file.chain).unwrap_or(&message.charset);
    let Some(pieces) = lines(reader.builder, &message.nodes, &file.format) else {
        reader.push(Read::Part(Part::Content));
        let number = reader.builder.format(&file.format, charset, &message.nodes);
        let chain = reader.builder.chain(&file.chain);
        reader.push(Read::Enter { format: number, chain });
        reader.nodes(&message.nodes, place_of(&file.format), Some(0));
        reader.push(Read::Leave { kept: message.unknown_kept });
        reader.end();
        return;
    };
    let format = line_format(&file.format);
    let mut made = Vec::new();
    for id in pieces {
        let Some(field) = reader.builder.layout.field(id) else { continue };
        let begin = reader.here();
        let nodes = inner(&field.kind);
        let number = reader.builder.format(&format, charset, nodes);
        reader.open_branch();
        reader.push(Read::Enter { format: number, chain: u32::MAX });
        reader.line(id, &format);
        reader.push(Read::Leave { kept: false });
        reader.close_line(id, field);
        let list = reader.builder.layout.list(id).map(|_| reader.builder.layout.list_index(id));
        let mark = mark(reader.builder, nodes, &format);
        made.push(FilePiece {
            list,
            optional: field.optional,
            read: (begin, reader.here()),
            write: (0, 0),
            mark,
        });
    }
    let begin = reader.here();
    reader.end_of_file(&message.nodes);
    let end = reader.here();
    let folds = reader.builder.folds.clone();
    if let Some(file) = &mut reader.builder.out.file {
        file.pieces = made;
        file.read_end = (begin, end);
        file.folds = folds;
    }
}

/// The first constant of a line that tells it from others.
fn mark(builder: &Builder<'_, '_>, nodes: &[Node], format: &Format) -> Option<(u32, Box<str>)> {
    let (mut at, delimited) = (0_u32, matches!(format, Format::Delimited(_)));
    for node in nodes {
        let Node::Field(id) = node else { return None };
        let field = builder.layout.field(*id)?;
        if let Some(fact) = &field.fact
            && let Some(Constant::Text(text)) = builder.folded(fact).as_constant()
            && !text.is_empty()
        {
            return Some((at, text.clone()));
        }
        let width = if delimited { 1 } else { builder.width(std::slice::from_ref(node))? };
        at = at.checked_add(width)?;
    }
    None
}

/// Makes the writing of a file.
pub(super) fn write<'m>(writer: &mut Writer<'_, '_, 'm>, file: &'m FileForm) {
    let message = writer.builder.message;
    let charset = tables::charset_of(&file.chain).unwrap_or(&message.charset);
    let Some(pieces) = lines(writer.builder, &message.nodes, &file.format) else {
        writer.push(Write::Part(Part::Content));
        let number = writer.builder.format(&file.format, charset, &message.nodes);
        writer.push(Write::Enter { format: number });
        let outer = writer.new_run();
        writer.nodes(&message.nodes, place_of(&file.format));
        writer.close_run(outer);
        let chain = writer.builder.chain(&file.chain);
        writer.push(Write::Leave { chain });
        return;
    };
    let format = line_format(&file.format);
    let begin = (0, writer.here());
    let mut made = Vec::new();
    for id in pieces {
        let Some(field) = writer.builder.layout.field(id) else { continue };
        let from = writer.here();
        let nodes = inner(&field.kind);
        line(writer, &format, charset, nodes, |writer, place| writer.line_body(id, place));
        writer.close_line(id);
        made.push((from, writer.here()));
    }
    let folds = writer.builder.folds.clone();
    if let Some(file) = &mut writer.builder.out.file {
        for (piece, write) in file.pieces.iter_mut().zip(made) {
            piece.write = write;
        }
        file.write_begin = begin;
        file.folds = folds;
    }
}
