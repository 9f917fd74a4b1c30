//! Files: the name, and the lines as pieces that are streamed. A file without lines is read and written whole.

mod name;

use std::collections::BTreeSet;

use super::expression::walk;
use super::here::over_lines;
use super::layout::{expressions, inner};
use super::message::Builder;
use super::read::{Reader, line_format, place_of};
use super::write::{Writer, line};
use super::{LowerErrorKind, derived, known, tables};
use crate::model::{Expr, ExprKind, Field, FieldId, FieldKind, FileForm, Format, Meaning, Node, Wire};
use crate::program::{ControlForm, FilePiece, FileProgram, Part, Read, Write};
use crate::value::{Constant, Form};

/// Makes the file's own words: name, ends of lines, chain.
pub(super) fn name(builder: &mut Builder<'_, '_>) {
    let Some(file) = &builder.message.file else { return };
    let (line_end, tolerated, between, escape) = match &file.format {
        Format::Delimited(form) => {
            let (end, tolerated) = form.lines.clone().unwrap_or_else(|| ("\n".into(), Vec::new()));
            (end, tolerated, form.between, form.escape.clone())
        }
        _ => ("\n".into(), vec!["\r\n".into()], false, None),
    };
    let pieces = name::pieces(builder, file);
    let lines = !builder.streamed.pieces.is_empty();
    let made = FileProgram {
        line_end,
        tolerated,
        between,
        record: record(builder),
        escape,
        chain: if lines { builder.chain(&file.chain) } else { u32::MAX },
        name: pieces,
        name_ending: file.name_ending.clone(),
        done: file.done.clone(),
        ..FileProgram::default()
    };
    builder.out.file = Some(Box::new(made));
    octets_of_rows(builder);
}

/// Octets of a line that has no end: the same for all lines.
fn record(builder: &mut Builder<'_, '_>) -> Option<u32> {
    let width = |id: &FieldId| match &builder.layout.field(*id)?.kind {
        FieldKind::Line { bytes, .. } => *bytes,
        FieldKind::List(list) => list.line_bytes,
        _ => None,
    };
    let lines = builder.streamed.pieces.iter().filter(|id| control_of(builder, **id).is_none());
    let widths: BTreeSet<Option<u32>> = lines.map(width).collect();
    if widths.len() > 1 {
        builder.lowering.error(builder.message.span, LowerErrorKind::Records);
    }
    widths.first().copied().flatten()
}

/// The form of a control file, where a piece is one.
fn control_of<'m>(builder: &Builder<'_, 'm>, id: FieldId) -> Option<&'m Format> {
    match &builder.layout.field(id)?.kind {
        FieldKind::Line { control, .. } => control.as_ref(),
        _ => None,
    }
}

/// How the line of a control file ends.
fn control_form(format: &Format) -> ControlForm {
    match format {
        Format::Delimited(form) => {
            let (end, tolerated) = form.lines.clone().unwrap_or_default();
            ControlForm { ended: !(end.is_empty() || form.between), end, tolerated }
        }
        _ => ControlForm { end: Box::default(), ended: false, tolerated: Vec::new() },
    }
}

/// Octets of many lines are never held together: they may be digested and counted, nothing else.
fn octets_of_rows(builder: &mut Builder<'_, '_>) {
    let pieces = builder.streamed.pieces.clone();
    if pieces.is_empty() {
        return;
    }
    let lists: Vec<FieldId> =
        pieces.iter().copied().filter(|id| builder.layout.list(*id).is_some()).collect();
    let mut found = Vec::new();
    for expression in expressions(builder.message) {
        let mut streamed = BTreeSet::new();
        walk(expression, &mut Vec::new(), &mut |one, _| {
            let within = streamed.contains(&std::ptr::from_ref(one));
            if within || over_lines(&builder.folded(one), &pieces, &builder.lowering.model.symbols).is_some()
            {
                streamed.extend(
                    super::fold::children(&one.kind).unwrap_or_default().into_iter().map(std::ptr::from_ref),
                );
            } else if let ExprKind::Raw(id) | ExprKind::RawRange(id, _) | ExprKind::Length(id) = &one.kind
                && lists.contains(id)
            {
                found.push((one.span, *id));
            } else if let ExprKind::Sent(lines) = &one.kind {
                found.extend(lines.last().map(|id| (one.span, *id)));
            }
        });
    }
    for (span, id) in found {
        let path = builder.layout.field(id).map(|field| field.path.clone()).unwrap_or_default();
        builder.lowering.error(span, LowerErrorKind::OctetsOfRows(path));
    }
}

/// The lines and lists of lines of a file; `None` if it has another form.
pub(super) fn lines(builder: &Builder<'_, '_>, nodes: &[Node], format: &Format) -> Option<Vec<FieldId>> {
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
    let pieces = reader.builder.streamed.pieces.clone();
    if pieces.is_empty() {
        reader.push(Read::Part(Part::Content));
        let number = reader.builder.format(&file.format, charset, &message.nodes);
        let chain = reader.builder.chain(&file.chain);
        reader.push(Read::Enter { format: number, chain });
        reader.nodes(&message.nodes, place_of(&file.format), Some(0));
        reader.push(Read::Leave { kept: message.unknown_kept });
        reader.end();
        return;
    }
    let of_lines = line_format(&file.format);
    let mut made = Vec::new();
    // The control file is read before the file: what it says of the lines waits until they are there.
    let (controls, lines): (Vec<_>, Vec<_>) =
        pieces.into_iter().enumerate().partition(|(_, id)| control_of(reader.builder, *id).is_some());
    for (place, id) in controls.into_iter().chain(lines) {
        let Some(field) = reader.builder.layout.field(id) else { continue };
        let control = control_of(reader.builder, id);
        let format = control.map_or_else(|| of_lines.clone(), line_format);
        let begin = reader.here();
        let nodes = inner(&field.kind);
        let number = reader.builder.format(&format, charset, nodes);
        reader.open_branch();
        reader.push(Read::Enter { format: number, chain: u32::MAX });
        reader.line(id, &format);
        reader.push(Read::Leave { kept: false });
        reader.close_line(id, field);
        let list = reader.builder.layout.list(id).map(|_| reader.builder.layout.list_index(id));
        let mark = match control {
            Some(_) => None,
            None => mark(reader.builder, nodes, &format),
        };
        let piece = FilePiece {
            list,
            optional: field.optional,
            read: (begin, reader.here()),
            write: (0, 0),
            region: reader.builder.layout.region(id),
            mark,
            control: control.map(control_form),
        };
        made.push((place, piece));
    }
    made.sort_by_key(|(place, _)| *place);
    let begin = reader.here();
    reader.end_of_file(&message.nodes);
    let end = reader.here();
    if let Some(file) = &mut reader.builder.out.file {
        file.pieces = made.into_iter().map(|(_, piece)| piece).collect();
        file.read_end = (begin, end);
    }
}

/// The first constant of a line that tells it from others.
fn mark(builder: &Builder<'_, '_>, nodes: &[Node], format: &Format) -> Option<(u32, Box<str>)> {
    let (mut at, delimited) = (0_u32, matches!(format, Format::Delimited(_)));
    for node in nodes {
        let Node::Field(id) = node else { return None };
        let field = builder.layout.field(*id)?;
        if let Some(text) = field.fact.as_ref().and_then(|fact| constant_text(builder, field, fact)) {
            return Some((at, text));
        }
        let width = if delimited { 1 } else { builder.width(std::slice::from_ref(node))? };
        at = at.checked_add(width)?;
    }
    None
}

/// What a field that is always the same holds: a text, or the text of a code.
fn constant_text(builder: &Builder<'_, '_>, field: &Field, fact: &Expr) -> Option<Box<str>> {
    let text = match builder.folded(fact).as_constant()? {
        Constant::Text(text) => text.clone(),
        Constant::Name(name) => {
            let FieldKind::Leaf { wire: Wire { form: Form::Code(table), .. }, .. } = &field.kind else {
                return None;
            };
            let table = builder.lowering.module.codes.get(usize::from(*table))?;
            let row = table.rows.iter().find(|row| row.meaning == Meaning::Name(*name))?;
            match row.text.as_constant()? {
                Constant::Text(text) => text.clone(),
                _ => return None,
            }
        }
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// Makes the writing of a file.
pub(super) fn write<'m>(writer: &mut Writer<'_, '_, 'm>, file: &'m FileForm) {
    let message = writer.builder.message;
    let charset = tables::charset_of(&file.chain).unwrap_or(&message.charset);
    let pieces = writer.builder.streamed.pieces.clone();
    if pieces.is_empty() {
        writer.push(Write::Part(Part::Content));
        let number = writer.builder.format(&file.format, charset, &message.nodes);
        writer.push(Write::Enter { format: number });
        let outer = writer.new_run();
        writer.nodes(&message.nodes, place_of(&file.format));
        writer.close_run(outer);
        let chain = writer.builder.chain(&file.chain);
        writer.push(Write::Leave { chain });
        return;
    }
    let of_lines = line_format(&file.format);
    let begin = (0, writer.here());
    let order = order(writer.builder, &pieces);
    let mut made = Vec::new();
    for place in &order {
        let Some(id) = pieces.get(*place).copied() else { continue };
        let Some(field) = writer.builder.layout.field(id) else { continue };
        let from = writer.here();
        let control = control_of(writer.builder, id);
        let format = control.map_or_else(|| of_lines.clone(), line_format);
        let nodes = inner(&field.kind);
        line(writer, &format, charset, nodes, |writer, place| writer.line_body(id, place));
        writer.close_line(id);
        made.push((*place, (from, writer.here())));
    }
    let streamed = std::mem::take(&mut writer.builder.streamed);
    if let Some(file) = &mut writer.builder.out.file {
        for (place, write) in made {
            if let Some(piece) = file.pieces.get_mut(place) {
                piece.write = write;
            }
        }
        file.write_begin = begin;
        let lines = file.lines().len();
        file.write_order = order
            .into_iter()
            .filter(|place| *place < lines)
            .filter_map(|place| u16::try_from(place).ok())
            .collect();
        file.folds = streamed.folds;
        file.octet_folds = streamed.octets;
    }
}

/// The order in which the lines can be written: those first whose octets others hold a digest of.
fn order(builder: &mut Builder<'_, '_>, pieces: &[FieldId]) -> Vec<usize> {
    let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); pieces.len()];
    // A control file speaks of the file, and is written when that is whole.
    for (place, id) in pieces.iter().enumerate() {
        if control_of(builder, *id).is_some()
            && let Some(before) = before.get_mut(place)
        {
            before.extend((0..pieces.len()).filter(|other| *other != place));
        }
    }
    let piece_of = |id: FieldId| pieces.iter().position(|piece| builder.layout.lies_in(id, *piece));
    let late = derived::late(&builder.layout);
    for id in &late {
        let (Some(place), Some(field)) = (piece_of(*id), builder.layout.field(*id)) else { continue };
        let Some(fact) = &field.fact else { continue };
        let needs = builder.layout.needs(fact, &builder.layout.lists_around(*id));
        let octets = needs.octets.iter().chain(&needs.lengths).copied();
        let values = late
            .iter()
            .copied()
            .filter(|other| builder.layout.key(*other).is_some_and(|key| needs.slots.contains(&key)));
        let needed: Vec<usize> = octets.chain(values).filter_map(piece_of).collect();
        before
            .get_mut(place)
            .into_iter()
            .for_each(|before| before.extend(needed.iter().filter(|one| **one != place)));
        for parts in lines_in(builder, fact) {
            for pair in parts.windows(2) {
                if let [first, second] = pair
                    && first != second
                    && let Some(before) = before.get_mut(*second)
                {
                    before.insert(*first);
                }
            }
            if let Some(before) = before.get_mut(place) {
                before.extend(parts.iter().filter(|part| **part != place));
            }
        }
    }
    let mut order: Vec<usize> = Vec::with_capacity(pieces.len());
    while order.len() < pieces.len() {
        let free = (0..pieces.len()).find(|place| {
            !order.contains(place)
                && before.get(*place).is_some_and(|before| before.iter().all(|one| order.contains(one)))
        });
        // What waits for itself is told by the writer, or here where the order of a digest is to blame.
        let next = free.or_else(|| (0..pieces.len()).find(|place| !order.contains(place)));
        let Some(next) = next else { break };
        if free.is_none()
            && let Some(field) = pieces.get(next).and_then(|id| builder.layout.field(*id))
        {
            let (span, path) = (field.span, field.path.clone());
            builder.lowering.error(span, LowerErrorKind::NeedsLater(path));
        }
        order.push(next);
    }
    order
}

/// The pieces of each digest or length over lines in an expression.
fn lines_in(builder: &Builder<'_, '_>, fact: &Expr) -> Vec<Vec<usize>> {
    let folded = builder.folded(fact);
    let mut found = Vec::new();
    walk(&folded, &mut Vec::new(), &mut |one, _| {
        let over = over_lines(one, &builder.streamed.pieces, &builder.lowering.model.symbols);
        found.extend(over.map(|over| {
            let pieces = over.parts.iter().filter_map(|part| match part {
                super::expression::LinePart::Piece(piece) => Some(usize::from(*piece)),
                super::expression::LinePart::Sent | super::expression::LinePart::Value(_) => None,
            });
            pieces.collect()
        }));
    });
    found
}
