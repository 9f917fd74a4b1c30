//! Business records as JSON, for channels, and their shapes as JSON Schema, for OpenAPI.
//!
//! In: records and shapes. Out: JSON and back. Amounts are texts with two decimals; a number is taken too, exactly as it
//! stands. It must not know channels or services.

use crate::fill::fit;
use crate::version::Version;
use adapters::value::Record;
use dsl::evaluate::{Value as Field, coded};
use dsl::value::{ShapeId, Type};
use serde_json::{Map, Value, json};

/// What is wrong with a JSON text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: {why}")]
pub struct JsonFault {
    /// Path of the field.
    pub path: String,
    /// What was expected.
    pub why: String,
}

/// Deepest nesting.
const DEEPEST: usize = 16;

/// A record of a shape from a JSON object. Unknown names are faults.
///
/// # Errors
/// The first field that is none of its type.
pub fn to_record(value: &Value, version: &Version, shape: ShapeId) -> Result<Record, JsonFault> {
    let mut record = crate::exchange::empty(version, shape);
    object(value, version, shape, &mut record, 0, "", 0)?;
    Ok(record)
}

fn wrong(path: &str, why: impl Into<String>) -> JsonFault {
    JsonFault { path: path.to_owned(), why: why.into() }
}

fn object(
    value: &Value,
    version: &Version,
    shape: ShapeId,
    record: &mut Record,
    base: usize,
    path: &str,
    depth: usize,
) -> Result<(), JsonFault> {
    let known = version.compiled.shapes.get(shape.0 as usize).filter(|_| depth < DEEPEST);
    let known = known.ok_or_else(|| wrong(path, "no such record"))?;
    let Value::Object(fields) = value else { return Err(wrong(path, "an object")) };
    if let Some(name) = fields.keys().find(|name| !known.fields.iter().any(|field| *field.name == ***name)) {
        return Err(wrong(&join(path, name), "a name that the service knows"));
    }
    for (place, field) in known.fields.iter().enumerate() {
        let path = join(path, &field.name);
        let given = fields.get(&*field.name).filter(|value| !value.is_null());
        let Some(given) = given else {
            if !field.optional && !matches!(field.ty, Type::List { .. }) {
                return Err(wrong(&path, "it is compulsory"));
            }
            continue;
        };
        let broken = |fault| wrong(&path, format!("{fault:?}"));
        match &field.ty {
            Type::List { max, shape } => {
                let Value::Array(rows) = given else { return Err(wrong(&path, "a list")) };
                if rows.len() as u64 > *max {
                    return Err(wrong(&path, format!("at most {max} rows")));
                }
                let width =
                    version.compiled.shapes.get(shape.0 as usize).map_or(0, |shape| shape.fields.len());
                let stride = u16::try_from(width).unwrap_or(u16::MAX);
                record
                    .begin_list(base + place, stride, u32::try_from(rows.len()).unwrap_or(0))
                    .map_err(broken)?;
                for (number, row) in rows.iter().enumerate() {
                    let made = record.append_row(base + place, u32::MAX).map_err(broken)?;
                    object(row, version, *shape, record, made, &format!("{path}[{number}]"), depth + 1)?;
                }
            }
            Type::Group(shape) => {
                let width =
                    version.compiled.shapes.get(shape.0 as usize).map_or(0, |shape| shape.fields.len());
                record
                    .begin_list(base + place, u16::try_from(width).unwrap_or(u16::MAX), 1)
                    .map_err(broken)?;
                let made = record.append_row(base + place, 1).map_err(broken)?;
                object(given, version, *shape, record, made, &path, depth + 1)?;
            }
            ty => {
                let value = leaf(given, ty, version, &path)?;
                record.set(base + place, &value).map_err(broken)?;
            }
        }
    }
    Ok(())
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn leaf(given: &Value, ty: &Type, version: &Version, path: &str) -> Result<Field<'static>, JsonFault> {
    let text = match given {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        _ => return Err(wrong(path, "a value")),
    };
    if let Type::Bytes { .. } = ty {
        let octets =
            coded::from_base64(text.as_bytes(), false).map_err(|_| wrong(path, "octets in base64"))?;
        return fit(Field::bytes(octets), ty, false).map_err(|_| wrong(path, "fewer octets"));
    }
    let text = if matches!(ty, Type::DateTime) { text.replace('T', " ") } else { text };
    let value = crate::deployment::parse_setting(&text, ty, version.symbols());
    let value = value.map_err(|expected| wrong(path, format!("expected {expected}")))?;
    fit(value, ty, false).map_err(|_| wrong(path, "the value does not fit"))
}

/// A record as a JSON object; what is absent is left out.
#[must_use]
pub fn of_record(record: &Record, version: &Version, shape: ShapeId) -> Value {
    fields(record, version, shape, 0, 0)
}

fn fields(record: &Record, version: &Version, shape: ShapeId, base: usize, depth: usize) -> Value {
    let mut object = Map::new();
    let Some(shape) = version.compiled.shapes.get(shape.0 as usize).filter(|_| depth < DEEPEST) else {
        return Value::Object(object);
    };
    for (place, field) in shape.fields.iter().enumerate() {
        let value = match &field.ty {
            Type::List { shape, .. } => record.rows(base + place).map(|rows| {
                let bases = (0..rows.count).filter_map(|row| rows.base(row));
                Value::Array(bases.map(|base| fields(record, version, *shape, base, depth + 1)).collect())
            }),
            Type::Group(shape) => record
                .rows(base + place)
                .and_then(|rows| rows.base(0))
                .map(|base| fields(record, version, *shape, base, depth + 1)),
            ty => record.value(base + place).ok().and_then(|value| shown(&value, ty, version)),
        };
        if let Some(value) = value {
            object.insert(field.name.to_string(), value);
        }
    }
    Value::Object(object)
}

fn shown(value: &Field<'_>, ty: &Type, version: &Version) -> Option<Value> {
    Some(match value {
        Field::Absent => return None,
        Field::Flag(yes) => Value::Bool(*yes),
        Field::Number(number) => match i64::try_from(*number) {
            Ok(number) => json!(number),
            Err(_) => Value::String(number.to_string()),
        },
        Field::Bytes(octets) => {
            Value::String(String::from_utf8(coded::to_base64(octets, false)).unwrap_or_default())
        }
        Field::Date(date) if matches!(ty, Type::Month) => {
            Value::String(format!("{:04}-{:02}", date.year(), date.month()))
        }
        Field::DateTime(moment) => Value::String(format!("{}T{}", moment.date(), moment.time())),
        other => Value::String(crate::facts::plain(other, version.symbols())),
    })
}

/// JSON Schema of a shape.
#[must_use]
pub fn schema(version: &Version, shape: ShapeId) -> Value {
    schema_at(version, shape, 0)
}

fn schema_at(version: &Version, shape: ShapeId, depth: usize) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    if let Some(shape) = version.compiled.shapes.get(shape.0 as usize).filter(|_| depth < DEEPEST) {
        for field in &shape.fields {
            let mut made = of_type(version, &field.ty, depth);
            if let (Value::Object(made), false) = (&mut made, field.label.is_empty()) {
                made.insert("description".into(), Value::String(field.label.to_string()));
            }
            properties.insert(field.name.to_string(), made);
            if !field.optional && !matches!(field.ty, Type::List { .. }) {
                required.push(Value::String(field.name.to_string()));
            }
        }
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

fn of_type(version: &Version, ty: &Type, depth: usize) -> Value {
    match ty {
        Type::Text { chars, .. } => json!({ "type": "string", "maxLength": chars }),
        Type::Digits { min, max } => {
            json!({ "type": "string", "pattern": format!("^[0-9]{{{min},{max}}}$") })
        }
        Type::Number { .. } => json!({ "type": "integer" }),
        Type::Decimal { scale, .. } => {
            json!({ "type": "string", "pattern": format!("^-?[0-9]+(\\.[0-9]{{1,{scale}}})?$") })
        }
        Type::Money { .. } => {
            json!({ "type": "string", "pattern": "^-?[0-9]+\\.[0-9]{2}$", "example": "123.45" })
        }
        Type::Date => json!({ "type": "string", "format": "date" }),
        Type::Month => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$" }),
        Type::Time => json!({ "type": "string", "format": "time" }),
        Type::DateTime => json!({ "type": "string", "format": "date-time" }),
        Type::Flag => json!({ "type": "boolean" }),
        Type::Names(names) => {
            let names: Vec<&str> = names.iter().map(|name| version.text(*name)).collect();
            json!({ "type": "string", "enum": names })
        }
        Type::Bytes { .. } => json!({ "type": "string", "contentEncoding": "base64" }),
        Type::List { max, shape } => {
            json!({ "type": "array", "maxItems": max, "items": schema_at(version, *shape, depth + 1) })
        }
        Type::Group(shape) => schema_at(version, *shape, depth + 1),
        _ => json!({ "type": "string" }),
    }
}
