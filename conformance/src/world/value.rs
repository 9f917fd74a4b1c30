//! Values between messages (JSON trees by wire name) and SQL: parameters bound by name, rows read as objects.

use super::{WorldError, statement};
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, Statement};
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;

/// The most rows that one list of a reply, or one act, may have.
pub(super) const ROWS: usize = 100_000;

/// Named values that a statement may use: `head.serial` as `:head_serial`.
#[derive(Debug, Clone, Default)]
pub(super) struct Values(BTreeMap<String, Sql>);

impl Values {
    pub(super) fn put(&mut self, name: &str, value: Sql) {
        self.0.insert(name.replace('.', "_"), value);
    }

    pub(super) fn put_text(&mut self, name: &str, text: &str) {
        self.put(name, Sql::Text(text.to_owned()));
    }

    /// The fields of an object; an inner object by its path as well, a list as JSON text.
    pub(super) fn put_fields(&mut self, fields: &Map<String, Value>) {
        self.put_inner("", fields);
    }

    fn put_inner(&mut self, prefix: &str, fields: &Map<String, Value>) {
        for (name, value) in fields {
            let path = format!("{prefix}{name}");
            if let Value::Object(inner) = value {
                self.put_inner(&format!("{path}."), inner);
            }
            self.put(&path, to_sql(value));
        }
    }
}

fn to_sql(value: &Value) -> Sql {
    match value {
        Value::Null => Sql::Null,
        Value::Bool(truth) => Sql::Integer(i64::from(*truth)),
        Value::Number(number) => number.as_i64().map_or_else(|| Sql::Text(number.to_string()), Sql::Integer),
        Value::String(text) => Sql::Text(text.clone()),
        Value::Array(_) | Value::Object(_) => Sql::Text(value.to_string()),
    }
}

fn from_sql(value: ValueRef<'_>, column: &str, at: &str) -> Result<Value, WorldError> {
    let wrong = |what: &str| WorldError::Statement {
        at: at.to_owned(),
        why: format!("column `{column}` is {what}; expected text, an integer or null"),
    };
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Number(Number::from(number))),
        ValueRef::Text(text) => std::str::from_utf8(text)
            .map(|text| Value::String(text.to_owned()))
            .map_err(|_| wrong("not UTF-8")),
        ValueRef::Real(_) => Err(wrong("a floating number")),
        ValueRef::Blob(_) => Err(wrong("a blob")),
    }
}

fn bind(statement: &mut Statement<'_>, values: &Values) -> rusqlite::Result<()> {
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).unwrap_or_default().trim_start_matches(':').to_owned();
        statement.raw_bind_parameter(index, values.0.get(&name).unwrap_or(&Sql::Null))?;
    }
    Ok(())
}

/// The rows of a statement as objects. A column `a.b` is field `b` of the object `a`; a column `a:json` holds JSON
/// text, which becomes the field `a` (lists within lists).
pub(super) fn rows(
    connection: &Connection,
    sql: &str,
    values: &Values,
    at: &str,
) -> Result<Vec<Map<String, Value>>, WorldError> {
    let failed = statement(at);
    let mut prepared = connection.prepare_cached(sql).map_err(&failed)?;
    bind(&mut prepared, values).map_err(&failed)?;
    let names: Vec<String> = prepared.column_names().map(str::to_owned).collect();
    let mut list = Vec::new();
    let mut found = prepared.raw_query();
    while let Some(row) = found.next().map_err(&failed)? {
        if list.len() == ROWS {
            let why = format!("more than {ROWS} rows");
            return Err(WorldError::Statement { at: at.to_owned(), why });
        }
        let mut object = Map::new();
        for (index, name) in names.iter().enumerate() {
            let value = from_sql(row.get_ref(index).map_err(&failed)?, name, at)?;
            match name.strip_suffix(":json") {
                None => place(&mut object, name, value),
                Some(name) => place(&mut object, name, parsed(&value, name, at)?),
            }
        }
        list.push(object);
    }
    Ok(list)
}

fn parsed(value: &Value, column: &str, at: &str) -> Result<Value, WorldError> {
    serde_json::from_str(value.as_str().unwrap_or("null")).map_err(|error| WorldError::Statement {
        at: at.to_owned(),
        why: format!("column `{column}` is not JSON: {error}"),
    })
}

fn place(object: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            object.insert(name.to_owned(), value);
        }
        Some((outer, rest)) => {
            let inner = object.entry(outer.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                place(inner, rest, value);
            }
        }
    }
}

/// The first column of the first row; `None` if there is no row or it is null.
pub(super) fn first(
    connection: &Connection,
    sql: &str,
    values: &Values,
    at: &str,
) -> Result<Option<Sql>, WorldError> {
    let failed = statement(at);
    let mut prepared = connection.prepare_cached(sql).map_err(&failed)?;
    bind(&mut prepared, values).map_err(&failed)?;
    let mut found = prepared.raw_query();
    let mut first = None;
    while let Some(row) = found.next().map_err(&failed)? {
        if first.is_none() {
            first = Some(row.get::<_, Sql>(0).map_err(&failed)?);
        }
    }
    Ok(first.filter(|value| *value != Sql::Null))
}

/// A condition's truth: not null, not zero, not empty.
pub(super) fn truth(
    connection: &Connection,
    sql: &str,
    values: &Values,
    at: &str,
) -> Result<bool, WorldError> {
    Ok(match first(connection, &format!("SELECT ({sql})"), values, at)? {
        None | Some(Sql::Null | Sql::Integer(0)) => false,
        Some(Sql::Text(text)) => !text.is_empty(),
        Some(_) => true,
    })
}

/// Runs a statement for what it changes.
pub(super) fn run(connection: &Connection, sql: &str, values: &Values, at: &str) -> Result<(), WorldError> {
    first(connection, sql, values, at).map(drop)
}

/// The same text for the same fields whatever their order: the content that a repeat is compared by.
pub(super) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            let inner: Vec<String> = sorted
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::String(name.clone()), canonical(value)))
                .collect();
            format!("{{{}}}", inner.join(","))
        }
        Value::Array(items) => {
            let inner: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", inner.join(","))
        }
        other => other.to_string(),
    }
}
