//! A business record as octets for the journal, by names, so that versions meet by name (decisions D16, D17).
//!
//! In: a [`Record`] and its shape. Out: octets, and back. A field that the other version does not have is passed over;
//! one that it has and the octets lack is unread. Layout: a version octet, then for each present field: length of the
//! name (1), name, tag (1), length (4, big-endian), value. A list's value is its count (4) and for each row length (4)
//! and fields. Names are written as their texts.

use dsl::evaluate::Value;
use dsl::model::Shape;
use dsl::value::{Date, DateTime, Decimal, Outcome, ShapeId, Symbols, Time, Type};

use std::sync::Arc;

use super::record::{pack_date, pack_time};
use super::{Record, Slot, Tag};

/// The version octet.
const VERSION: u8 = 1;
/// Depth of lists in lists.
const DEPTH_MAX: u8 = 16;

/// Why octets are no record.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecordError {
    /// Another version of the layout, or no record at all.
    #[error("expected record layout {VERSION}, found {0:?}")]
    Version(Option<u8>),
    /// They end in the middle of something.
    #[error("the record ends within field {0:?}")]
    Truncated(Box<str>),
    /// A value that its tag does not allow.
    #[error("field {0:?} holds no value of its kind")]
    Value(Box<str>),
    /// A name that no adapter of this version knows.
    #[error("field {field:?} holds the name {name:?}, which this version does not know")]
    Name {
        /// The field.
        field: Box<str>,
        /// The name.
        name: Box<str>,
    },
    /// The shape does not exist, or lists lie too deep.
    #[error("the record's shape does not exist")]
    Shape,
}

/// The octets of a record of a shape.
///
/// # Errors
/// [`RecordError::Shape`] and [`RecordError::Value`] for a record that is not of this shape.
pub fn encode_record(
    record: &Record,
    shapes: &[Arc<Shape>],
    shape: ShapeId,
    symbols: &Symbols,
) -> Result<Vec<u8>, RecordError> {
    let mut out = vec![VERSION];
    Encoder { record, shapes, symbols }.fields(shape, 0, 0, &mut out)?;
    Ok(out)
}

struct Encoder<'a> {
    record: &'a Record,
    shapes: &'a [Arc<Shape>],
    symbols: &'a Symbols,
}

impl Encoder<'_> {
    fn fields(&self, shape: ShapeId, base: usize, depth: u8, out: &mut Vec<u8>) -> Result<(), RecordError> {
        let shape =
            self.shapes.get(shape.0 as usize).filter(|_| depth < DEPTH_MAX).ok_or(RecordError::Shape)?;
        for (place, field) in shape.fields.iter().enumerate() {
            let slot = self.record.slot(base + place);
            if slot.tag == Tag::Unread {
                continue;
            }
            let name = field.name.as_bytes();
            out.push(u8::try_from(name.len()).map_err(|_| RecordError::Shape)?);
            out.extend_from_slice(name);
            out.push(slot.tag as u8);
            let start = out.len();
            out.extend_from_slice(&[0; 4]);
            match (&field.ty, slot.tag) {
                (Type::List { shape, .. } | Type::Group(shape), Tag::List) => {
                    self.rows(*shape, base + place, depth, out)?;
                }
                (_, Tag::List) => return Err(RecordError::Value(field.name.clone())),
                _ => self.value(&slot, out).ok_or_else(|| RecordError::Value(field.name.clone()))?,
            }
            patch_length(out, start).ok_or(RecordError::Shape)?;
        }
        Ok(())
    }

    fn rows(&self, shape: ShapeId, index: usize, depth: u8, out: &mut Vec<u8>) -> Result<(), RecordError> {
        let rows = self.record.rows(index).ok_or(RecordError::Shape)?;
        out.extend_from_slice(&rows.count.to_be_bytes());
        for row in 0..rows.count {
            let start = out.len();
            out.extend_from_slice(&[0; 4]);
            self.fields(shape, rows.base(row).ok_or(RecordError::Shape)?, depth + 1, out)?;
            patch_length(out, start).ok_or(RecordError::Shape)?;
        }
        Ok(())
    }

    fn value(&self, slot: &Slot, out: &mut Vec<u8>) -> Option<()> {
        match self.record.slot_value(slot).ok()? {
            Value::Absent => {}
            Value::Flag(yes) => out.push(u8::from(yes)),
            Value::Number(number) => out.extend_from_slice(&number.to_be_bytes()),
            Value::Decimal(decimal) => {
                out.push(u8::try_from(decimal.scale()).ok()?);
                out.extend_from_slice(&decimal.mantissa().to_be_bytes());
            }
            Value::Text(text) => out.extend_from_slice(text.as_bytes()),
            Value::Bytes(octets) => out.extend_from_slice(&octets),
            Value::Name(symbol) => out.extend_from_slice(self.symbols.text(symbol).as_bytes()),
            Value::Outcome(outcome) => {
                let (kind, symbol) = match outcome {
                    Outcome::Done(symbol) => (0, symbol),
                    Outcome::Refused(symbol) => (1, symbol),
                    Outcome::Unknown => (2, None),
                };
                out.push(kind);
                out.extend_from_slice(symbol.map_or("", |symbol| self.symbols.text(symbol)).as_bytes());
            }
            Value::Date(date) => out.extend_from_slice(&pack_date(date).to_be_bytes()),
            Value::Time(time) => out.extend_from_slice(&pack_time(time).to_be_bytes()),
            Value::DateTime(moment) => {
                out.extend_from_slice(&pack_date(moment.date()).to_be_bytes());
                out.extend_from_slice(&pack_time(moment.time()).to_be_bytes());
            }
            Value::Duration(span) => out.extend_from_slice(&span.to_be_bytes()),
            Value::Key(_) | Value::Pairs(_) | Value::Rows(_) => return None,
        }
        Some(())
    }
}

fn patch_length(out: &mut [u8], start: usize) -> Option<()> {
    let length = u32::try_from(out.len().checked_sub(start + 4)?).ok()?;
    out.get_mut(start..start + 4)?.copy_from_slice(&length.to_be_bytes());
    Some(())
}

/// The record of these octets, by the shape of this version.
///
/// # Errors
/// See [`RecordError`].
pub fn decode_record(
    octets: &[u8],
    shapes: &[Arc<Shape>],
    shape: ShapeId,
    symbols: &Symbols,
) -> Result<Record, RecordError> {
    let (first, rest) = octets.split_first().ok_or(RecordError::Version(None))?;
    if *first != VERSION {
        return Err(RecordError::Version(Some(*first)));
    }
    let width = shapes.get(shape.0 as usize).ok_or(RecordError::Shape)?.fields.len();
    let mut record = Record::new(u16::try_from(width).map_err(|_| RecordError::Shape)?);
    Decoder { shapes, symbols }.fields(rest, shape, 0, 0, &mut record)?;
    Ok(record)
}

struct Decoder<'a> {
    shapes: &'a [Arc<Shape>],
    symbols: &'a Symbols,
}

impl Decoder<'_> {
    fn fields(
        &self,
        mut octets: &[u8],
        shape: ShapeId,
        base: usize,
        depth: u8,
        record: &mut Record,
    ) -> Result<(), RecordError> {
        let shape =
            self.shapes.get(shape.0 as usize).filter(|_| depth < DEPTH_MAX).ok_or(RecordError::Shape)?;
        while !octets.is_empty() {
            let truncated = |name: &[u8]| RecordError::Truncated(String::from_utf8_lossy(name).into());
            let length = usize::from(take(&mut octets, 1).and_then(|one| one.first()).copied().unwrap_or(0));
            let name = take(&mut octets, length).ok_or_else(|| truncated(b""))?;
            let tag = take(&mut octets, 1).and_then(|one| one.first()).ok_or_else(|| truncated(name))?;
            let value = take_counted(&mut octets).ok_or_else(|| truncated(name))?;
            let Some(place) = shape.fields.iter().position(|field| field.name.as_bytes() == name) else {
                continue;
            };
            let field = shape.fields.get(place).ok_or(RecordError::Shape)?;
            match (&field.ty, *tag == Tag::List as u8) {
                (Type::List { shape, .. } | Type::Group(shape), true) => {
                    self.rows(value, *shape, base + place, depth, record)?;
                }
                (_, true) => return Err(RecordError::Value(field.name.clone())),
                _ => {
                    let value = self.value(*tag, value, &field.name)?;
                    record.set(base + place, &value).map_err(|_| RecordError::Value(field.name.clone()))?;
                }
            }
        }
        Ok(())
    }

    fn rows(
        &self,
        mut octets: &[u8],
        shape: ShapeId,
        index: usize,
        depth: u8,
        record: &mut Record,
    ) -> Result<(), RecordError> {
        let truncated = || RecordError::Truncated("rows".into());
        let width = self.shapes.get(shape.0 as usize).ok_or(RecordError::Shape)?.fields.len();
        let stride = u16::try_from(width).map_err(|_| RecordError::Shape)?;
        let count = take(&mut octets, 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes);
        record.begin_list(index, stride, 0).map_err(|_| RecordError::Shape)?;
        for _ in 0..count.ok_or_else(truncated)? {
            let row = take_counted(&mut octets).ok_or_else(truncated)?;
            let base = record.append_row(index, u32::MAX).map_err(|_| RecordError::Shape)?;
            self.fields(row, shape, base, depth + 1, record)?;
        }
        Ok(())
    }

    fn value<'o>(&self, tag: u8, octets: &'o [u8], field: &str) -> Result<Value<'o>, RecordError> {
        let symbol = |name: &str| {
            let unknown = || RecordError::Name { field: field.into(), name: name.into() };
            self.symbols.find(name).ok_or_else(unknown)
        };
        let text = |octets: &'o [u8]| std::str::from_utf8(octets).ok();
        let value = match tag {
            tag if tag == Tag::Name as u8 => text(octets).map(symbol).transpose()?.map(Value::Name),
            tag if tag == Tag::Outcome as u8 => match octets.split_first() {
                Some((kind, name)) => {
                    let name = text(name).filter(|name| !name.is_empty()).map(symbol).transpose()?;
                    match kind {
                        0 => Some(Value::Outcome(Outcome::Done(name))),
                        1 => Some(Value::Outcome(Outcome::Refused(name))),
                        _ => Some(Value::Outcome(Outcome::Unknown)),
                    }
                }
                None => None,
            },
            _ => plain_value(tag, octets),
        };
        value.ok_or_else(|| RecordError::Value(field.into()))
    }
}

fn plain_value(tag: u8, octets: &[u8]) -> Option<Value<'_>> {
    let number = |octets: &[u8]| octets.try_into().ok().map(i128::from_be_bytes);
    let short = |octets: &[u8]| octets.try_into().ok().map(u64::from_be_bytes);
    const TEXT: u8 = Tag::Text as u8;
    const BYTES: u8 = Tag::Bytes as u8;
    const ABSENT: u8 = Tag::Absent as u8;
    const FLAG: u8 = Tag::Flag as u8;
    const NUMBER: u8 = Tag::Number as u8;
    const WIDE: u8 = Tag::WideNumber as u8;
    const DECIMAL: u8 = Tag::Decimal as u8;
    const WIDE_DECIMAL: u8 = Tag::WideDecimal as u8;
    const DATE: u8 = Tag::Date as u8;
    const TIME: u8 = Tag::Time as u8;
    const DATETIME: u8 = Tag::DateTime as u8;
    const DURATION: u8 = Tag::Duration as u8;
    Some(match tag {
        ABSENT => Value::Absent,
        TEXT => Value::Text(std::str::from_utf8(octets).ok()?.into()),
        BYTES => Value::Bytes(octets.into()),
        FLAG => Value::Flag(*octets.first()? != 0),
        NUMBER | WIDE => Value::Number(number(octets)?),
        DECIMAL | WIDE_DECIMAL => {
            let (scale, figures) = octets.split_first()?;
            Value::Decimal(Decimal::try_from_i128_with_scale(number(figures)?, u32::from(*scale)).ok()?)
        }
        DATE => Value::Date(date(short(octets)?)?),
        TIME => Value::Time(time(short(octets)?)?),
        DATETIME => {
            let (day, moment) = octets.split_at_checked(8)?;
            Value::DateTime(DateTime::from_parts(date(short(day)?)?, time(short(moment)?)?))
        }
        DURATION => Value::Duration(short(octets)?.cast_signed()),
        _ => return None,
    })
}

fn date(packed: u64) -> Option<Date> {
    super::record::unpack_date(packed).ok()
}

fn time(packed: u64) -> Option<Time> {
    super::record::unpack_time(packed).ok()
}

fn take<'o>(octets: &mut &'o [u8], length: usize) -> Option<&'o [u8]> {
    let (taken, rest) = octets.split_at_checked(length)?;
    *octets = rest;
    Some(taken)
}

fn take_counted<'o>(octets: &mut &'o [u8]) -> Option<&'o [u8]> {
    let length = u32::from_be_bytes(take(octets, 4)?.try_into().ok()?);
    take(octets, length as usize)
}
