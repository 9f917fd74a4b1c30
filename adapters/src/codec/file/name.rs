//! The name of a file, both ways: pieces written one behind the other, and read again.
//!
//! In: a message that is a file, its record, what stands around it. Out: a name; or slots, facts and the member, where a
//! name is of this form. Nothing is tried twice: a value of any length ends where the next text that is known begins, so
//! a value that holds that text itself cannot be written.
//!
//! Where a name carries data (`name fixed { … }`) the message's own lists speak of it: [`read_name`] puts the name without
//! its ending into [`Part::Name`] of the record and reads it; who reads the whole file gives that record to
//! [`super::super::Reader`], which reads and judges the name again before the content. Who writes takes the name from
//! [`write_name`], or [`Part::Name`] of what was written and the ending behind it.

use std::borrow::Cow;

use dsl::evaluate::Fault as Wanting;
use dsl::model::{Load, Space};
use dsl::program::{FileName, FileProgram, MessageProgram, Part, Program, WireForm};
use dsl::value::{Absent, Form, Letters, Size};

use super::{compute, plain};
use crate::charset::{self, Charset};
use crate::codec::environment::{Inside, NoRegions, Programs};
use crate::codec::leaf::{self, Reading};
use crate::codec::seals::Seals;
use crate::codec::{Fault, FaultKind, Reader, Run, Writer, Wrong};
use crate::value::{Record, RowsEntered, Slot, Surroundings};

/// The name under which a message's file is put.
///
/// # Errors
/// A value that is missing, or that could not be told from what stands behind it; a message that is no file.
pub fn write_name(
    program: &Program,
    message: &MessageProgram,
    record: &Record,
    surroundings: &mut dyn Surroundings,
) -> Result<String, Fault> {
    let file = message.file.as_deref().ok_or(plain(FaultKind::Program))?;
    if file.name_write.1 > file.name_write.0 {
        return write_data(program, message, file, record, surroundings);
    }
    let names = Names::new(program, message, record);
    let mut texts = Vec::with_capacity(file.name.len());
    for piece in &file.name {
        texts.push(names.text(piece, surroundings).map_err(|wrong| plain(wrong.kind))?.into_owned());
    }
    let name = texts.concat();
    // What is written must be read as it was meant.
    let mut rest = name.as_str();
    for (place, text) in texts.iter().enumerate() {
        let behind: Vec<Shape<'_>> = file
            .name
            .iter()
            .zip(&texts)
            .skip(place)
            .map(|(piece, text)| names.shape(piece).unwrap_or(Shape::Known(Cow::Borrowed(text))))
            .collect();
        if length(&behind, rest) != Some(text.len()) {
            return Err(plain(FaultKind::CannotFit));
        }
        rest = rest.get(text.len()..).unwrap_or_default();
    }
    Ok(name)
}

/// Whether a name is of a message's form; slots of the record, facts and values of the ask, and the member are filled
/// from it. What is known already must agree. When it is not of this form, record and surroundings may hold what stood
/// before the place where that showed.
///
/// # Errors
/// A value of the right form that cannot be what it should (a member that nobody knows); a message that is no file.
pub fn read_name(
    program: &Program,
    message: &MessageProgram,
    name: &str,
    record: &mut Record,
    surroundings: &mut dyn Surroundings,
) -> Result<bool, Fault> {
    let file = message.file.as_deref().ok_or(plain(FaultKind::Program))?;
    if record.slots.len() < usize::from(message.slots) {
        record.slots.resize(usize::from(message.slots), Slot::default());
    }
    if file.name_read.1 > file.name_read.0 {
        return read_data(program, message, file, name, record, surroundings);
    }
    let mut rest = name;
    for place in 0..file.name.len() {
        let Some(length) = next(program, message, file, place, rest, record, surroundings)? else {
            return Ok(false);
        };
        let Some((text, behind)) = rest.split_at_checked(length) else { return Ok(false) };
        if let Some(piece) = file.name.get(place)
            && !take(program, message, piece, text, record, surroundings)?
        {
            return Ok(false);
        }
        rest = behind;
    }
    Ok(rest.is_empty() || file.name.is_empty())
}

/// How much of a name a piece takes.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Shape<'t> {
    /// This text.
    Known(Cow<'t, str>),
    /// So many characters.
    Exactly(usize),
    /// Up to what follows.
    Any,
}

/// Octets that the first of the shapes takes; none if the name is not of them.
fn length(shapes: &[Shape<'_>], rest: &str) -> Option<usize> {
    let (first, behind) = shapes.split_first()?;
    match first {
        Shape::Known(text) => rest.starts_with(&**text).then_some(text.len()),
        Shape::Exactly(count) => characters(rest, *count),
        Shape::Any => {
            // Behind it come widths that are known, then a text, or the end.
            let mut width = 0;
            for shape in behind {
                match shape {
                    Shape::Exactly(count) => width += count,
                    Shape::Known(text) if text.is_empty() => {}
                    Shape::Known(text) => {
                        let mut found = rest.match_indices(&**text).map(|(at, _)| at);
                        return found.find_map(|at| back(rest.get(..at)?, width));
                    }
                    Shape::Any => return None,
                }
            }
            back(rest, width)
        }
    }
}

/// Octets of so many characters.
fn characters(text: &str, count: usize) -> Option<usize> {
    let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    ends.nth(count)
}

/// Octets before the last so many characters.
fn back(text: &str, count: usize) -> Option<usize> {
    match count.checked_sub(1) {
        None => Some(text.len()),
        Some(count) => text.char_indices().rev().nth(count).map(|(at, _)| at),
    }
}

/// What a name's pieces are written from.
struct Names<'a> {
    programs: Programs<'a>,
    record: &'a Record,
    rows: RowsEntered,
    seals: Seals,
}

impl<'a> Names<'a> {
    fn new(program: &'a Program, message: &'a MessageProgram, record: &'a Record) -> Self {
        Names {
            programs: Programs { program, message },
            record,
            rows: RowsEntered::default(),
            seals: Seals::default(),
        }
    }

    fn inside<'i>(&'i self, record: &'i Record, surroundings: &'i dyn Surroundings) -> Inside<'i> {
        Inside {
            programs: self.programs,
            record,
            rows: &self.rows,
            regions: &NoRegions,
            seals: &self.seals,
            surroundings,
            seen: None,
            folds: None,
        }
    }

    fn text<'t>(&self, piece: &'t FileName, surroundings: &dyn Surroundings) -> Result<Cow<'t, str>, Wrong> {
        match piece {
            FileName::Text(text) => Ok(Cow::Borrowed(text)),
            FileName::Expression(id) => {
                let inside = self.inside(self.record, surroundings);
                let value = self.seals.at_once(surroundings, || inside.evaluate(*id))?;
                Ok(Cow::Owned(value.to_text(&inside)?.into_owned()))
            }
            FileName::Slot { slot, wire } => {
                let form = self.wire(*wire)?;
                self.written(self.record, usize::from(*slot), &form, surroundings)
            }
            FileName::Learned { to, wire } => {
                let value = surroundings.load(to)?.into_owned();
                if !value.is_present() {
                    return Err(FaultKind::Missing.into());
                }
                let mut one = Record::new(1);
                one.set(0, &value)?;
                self.written(&one, 0, &self.wire(*wire)?, surroundings)
            }
        }
    }

    /// A slot as it stands in a name: as on the wire, but in the name's own letters and without filling.
    fn written(
        &self,
        record: &Record,
        slot: usize,
        form: &WireForm,
        surroundings: &dyn Surroundings,
    ) -> Result<Cow<'static, str>, Wrong> {
        let inside = self.inside(record, surroundings);
        let mut octets = Vec::new();
        leaf::write(&inside, &record.slot(slot), form, &mut octets)?;
        let text = charset::decode(charset_of(form), &octets).map_err(|_| FaultKind::Character)?;
        Ok(Cow::Owned(text.into_owned()))
    }

    /// The wire form as it counts in a name.
    fn wire(&self, wire: u32) -> Result<WireForm, Wrong> {
        let form = self.programs.program.wires.get(wire as usize).ok_or(FaultKind::Program)?;
        let mut own = WireForm { chain: None, prefix: None, sized_by: None, ending: None, ..form.clone() };
        own.letters = Letters::Set(form.letters.charset());
        if let (Size::Fixed(max), Form::Text | Form::Ascii | Form::Code(_) | Form::Flag(..)) =
            (own.size, &own.form)
        {
            own.size = Size::Range { min: 0, max };
        }
        if own.absent == Absent::LeftOut {
            own.absent = Absent::As(vec![dsl::value::AbsentForm::Empty]);
        }
        Ok(own.measured(&self.programs.program.codes))
    }

    /// How much a piece takes, where that does not depend on what stands around.
    fn shape(&self, piece: &FileName) -> Option<Shape<'static>> {
        let wire = match piece {
            FileName::Text(_) | FileName::Expression(_) => return None,
            FileName::Slot { wire, .. } | FileName::Learned { wire, .. } => self.wire(*wire).ok()?,
        };
        let width = match &wire.form {
            Form::Code(table) => {
                let codes = self.programs.program.codes.get(usize::from(*table))?;
                let mut lengths = codes.rows.iter().map(|(text, ..)| match text {
                    dsl::program::CodeText::Text(text) => Some(text.chars().count()),
                    dsl::program::CodeText::Expression(_) => None,
                });
                let first = lengths.next().flatten();
                first.filter(|first| lengths.all(|length| length == Some(*first)))
            }
            Form::Flag(yes, no) => (yes.chars().count() == no.chars().count()).then(|| yes.chars().count()),
            Form::Calendar(..) => wire.measures.width,
            _ => match wire.size {
                Size::Fixed(width) => Some(width as usize),
                _ => None,
            },
        };
        Some(width.filter(|_| wire.absent == Absent::Never).map_or(Shape::Any, Shape::Exactly))
    }
}

fn charset_of(form: &WireForm) -> Charset {
    form.letters.charset()
}

/// How much of the rest of a name a piece takes.
fn next(
    program: &Program,
    message: &MessageProgram,
    file: &FileProgram,
    place: usize,
    rest: &str,
    record: &Record,
    surroundings: &dyn Surroundings,
) -> Result<Option<usize>, Fault> {
    let names = Names::new(program, message, record);
    let mut shapes = Vec::new();
    for (offset, piece) in file.name.iter().skip(place).enumerate() {
        let shape =
            match names.shape(piece) {
                Some(shape) => shape,
                None => match names.text(piece, surroundings) {
                    Ok(text) => Shape::Known(text),
                    // What depends on a value that is read before it is not known yet.
                    Err(Wrong {
                        kind: FaultKind::Evaluate(Wanting::Absent | Wanting::NotThere(_)), ..
                    }) if offset > 0 => Shape::Any,
                    Err(wrong) => return Err(plain(wrong.kind)),
                },
            };
        let last = offset > 0
            && !matches!(&shape, Shape::Known(text) if text.is_empty())
            && !matches!(shape, Shape::Exactly(_));
        shapes.push(shape);
        if last {
            break;
        }
    }
    Ok(length(&shapes, rest))
}

/// Takes a piece's text; false: it is none of this form, or not what is known.
fn take(
    program: &Program,
    message: &MessageProgram,
    piece: &FileName,
    text: &str,
    record: &mut Record,
    surroundings: &mut dyn Surroundings,
) -> Result<bool, Fault> {
    let (to, slot, wire) = match piece {
        FileName::Text(_) | FileName::Expression(_) => return Ok(true),
        FileName::Slot { slot, wire } => (None, usize::from(*slot), *wire),
        FileName::Learned { to, wire } => (Some(*to), 0, *wire),
    };
    let names = Names::new(program, message, record);
    if let Some(to) = &to
        && is_known(to, surroundings)
    {
        let known = names.text(piece, surroundings).map_err(|wrong| plain(wrong.kind))?;
        return Ok(known == text);
    }
    let form = names.wire(wire).map_err(|wrong| plain(wrong.kind))?;
    let Ok(octets) = charset::encode(charset_of(&form), text) else { return Ok(false) };
    let reading = Reading::plain(program, surroundings.symbols(), true);
    let mut one = Record::new(1);
    let parsed =
        one.keep(&octets).map_err(Wrong::from).and_then(|span| leaf::parse(&mut one, &reading, &form, span));
    let Ok(parsed) = parsed else { return Ok(false) };
    one.put(0, parsed).map_err(|fault| plain(fault.into()))?;
    let value = one.value(0).map_err(|fault| plain(fault.into()))?;
    let told = match to {
        None => record.set(slot, &value),
        Some(to) if to.space == Space::Ask => surroundings.set(&to, &value),
        Some(to) => surroundings.learn(&to, &value),
    };
    told.map_err(|fault| plain(fault.into()))?;
    Ok(true)
}

fn is_known(to: &Load, surroundings: &dyn Surroundings) -> bool {
    matches!(surroundings.load(to), Ok(value) if value.is_present())
}

fn read_data(
    program: &Program,
    message: &MessageProgram,
    file: &FileProgram,
    name: &str,
    record: &mut Record,
    surroundings: &mut dyn Surroundings,
) -> Result<bool, Fault> {
    let Some(data) = name.strip_suffix(&*file.name_ending) else { return Ok(false) };
    let charset = crate::codec::parse::charset_named(&message.charset);
    let Ok(octets) = charset::encode(charset, data) else { return Ok(false) };
    record.set_part(Part::Name, bytes::Bytes::from(octets.into_owned()));
    let mut reader = Reader::new(program, message, std::mem::take(record));
    let span = reader.record().part_span(Part::Name);
    reader.begin_piece(file.name_read, span, None);
    loop {
        match reader.run(surroundings) {
            Run::Done => break,
            Run::Need(job) => reader.resume(compute(&job, surroundings)),
            Run::Fault(fault) => {
                *record = reader.into_record();
                return match fault.kind {
                    FaultKind::Evaluate(_) | FaultKind::Program => Err(fault),
                    _ => Ok(false),
                };
            }
        }
    }
    *record = reader.into_record();
    Ok(true)
}

fn write_data(
    program: &Program,
    message: &MessageProgram,
    file: &FileProgram,
    record: &Record,
    surroundings: &mut dyn Surroundings,
) -> Result<String, Fault> {
    let mut writer = Writer::new(program, message, record.clone());
    writer.begin_piece(file.name_write, None);
    loop {
        match writer.run(surroundings) {
            Run::Done => break,
            Run::Need(job) => writer.resume(compute(&job, surroundings)),
            Run::Fault(fault) => return Err(fault),
        }
    }
    let (mut written, _) = writer.finish();
    let charset = crate::codec::parse::charset_named(&message.charset);
    let octets = written.take(Part::Name);
    let data = charset::decode(charset, &octets).map_err(|_| plain(FaultKind::Character))?;
    Ok(format!("{data}{}", file.name_ending))
}
