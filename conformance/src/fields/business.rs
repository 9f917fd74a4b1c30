//! Business records (asks, answers and the rows of their lists) as trees, by their shapes.

use super::{FieldError, from_json, join, to_json, wrong};
use adapters::value::Record;
use dsl::model::{Shape, ShapeField};
use dsl::value::{ShapeId, Symbols, Type};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A business record from a tree.
///
/// # Errors
/// A name that the shape does not have, or a value that its field cannot hold.
pub fn business_record(
    tree: &Map<String, Value>,
    shape: ShapeId,
    shapes: &[Arc<Shape>],
    symbols: &Symbols,
) -> Result<Record, FieldError> {
    let form = find(shape, shapes)?;
    let mut record = Record::new(slots(form));
    Filler { shapes, symbols }.fill(tree, form, 0, "", &mut record)?;
    Ok(record)
}

/// The tree of a business record; what is absent is left out.
#[must_use]
pub fn business_tree(
    record: &Record,
    shape: ShapeId,
    shapes: &[Arc<Shape>],
    symbols: &Symbols,
) -> Map<String, Value> {
    find(shape, shapes).map(|form| tree(record, form, 0, shapes, symbols)).unwrap_or_default()
}

fn find(shape: ShapeId, shapes: &[Arc<Shape>]) -> Result<&Shape, FieldError> {
    shapes.get(shape.0 as usize).map(Arc::as_ref).ok_or_else(|| FieldError::TooMuch { path: String::new() })
}

fn slots(shape: &Shape) -> u16 {
    u16::try_from(shape.fields.len()).unwrap_or(u16::MAX)
}

struct Filler<'a> {
    shapes: &'a [Arc<Shape>],
    symbols: &'a Symbols,
}

impl Filler<'_> {
    fn fill(
        &self,
        tree: &Map<String, Value>,
        shape: &Shape,
        base: usize,
        under: &str,
        record: &mut Record,
    ) -> Result<(), FieldError> {
        for (name, value) in tree {
            let path = join(under, name);
            let Some(slot) = shape.fields.iter().position(|field| *field.name == **name) else {
                let known: Vec<&str> = shape.fields.iter().map(|field| &*field.name).collect();
                return Err(FieldError::Unknown { path, known: known.join(", ") });
            };
            let Some(field) = shape.fields.get(slot) else { continue };
            self.fill_one(field, value, base + slot, &path, record)?;
        }
        Ok(())
    }

    fn fill_one(
        &self,
        field: &ShapeField,
        value: &Value,
        index: usize,
        path: &str,
        record: &mut Record,
    ) -> Result<(), FieldError> {
        let too_much = || FieldError::TooMuch { path: path.to_owned() };
        match (&field.ty, value) {
            (_, Value::Null) => Ok(()),
            (Type::List { shape, .. }, Value::Array(rows)) => {
                let form = find(*shape, self.shapes)?;
                record.begin_list(index, slots(form), 0).map_err(|_| too_much())?;
                for row in rows {
                    let Value::Object(row) = row else { return Err(wrong(path, "rows of fields", row)) };
                    let base = record.append_row(index, u32::MAX).map_err(|_| too_much())?;
                    self.fill(row, form, base, path, record)?;
                }
                Ok(())
            }
            (Type::Group(_), Value::Object(_)) => Err(wrong(path, "plain values and lists", value)),
            (ty, value) => {
                let typed =
                    from_json(value, ty, self.symbols).map_err(|expected| wrong(path, &expected, value))?;
                record.set(index, &typed).map_err(|_| too_much())
            }
        }
    }
}

fn tree(
    record: &Record,
    shape: &Shape,
    base: usize,
    shapes: &[Arc<Shape>],
    symbols: &Symbols,
) -> Map<String, Value> {
    let mut shown = Map::new();
    for (slot, field) in shape.fields.iter().enumerate() {
        let index = base + slot;
        if let Type::List { shape, .. } = &field.ty {
            let (Some(rows), Ok(form)) = (record.rows(index), find(*shape, shapes)) else { continue };
            let bases = (0..rows.count).filter_map(|row| rows.base(row));
            let rows = bases.map(|base| Value::Object(tree(record, form, base, shapes, symbols))).collect();
            shown.insert(field.name.to_string(), Value::Array(rows));
            continue;
        }
        let value = record.value(index).ok().and_then(|value| to_json(&value, &field.ty, symbols));
        shown.extend(value.map(|value| (field.name.to_string(), value)));
    }
    shown
}
