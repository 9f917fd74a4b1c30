//! Judging one request: repeats first, then the rules in order, then the reply, all in one transaction.

use super::behaviour::{Behaviour, Call, Keeps, Once, Rule};
use super::value::{self, Values, canonical};
use super::{Facts, Handled, Outcome, Unwilling, WorldError, statement};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde_json::{Map, Value};

pub(super) fn handle(
    connection: &mut Connection,
    behaviour: &Behaviour,
    (name, call): (&str, &Call),
    request: &Map<String, Value>,
    facts: &Facts,
    unwilling: Option<&Unwilling>,
) -> Result<Handled, WorldError> {
    let failed = statement(name);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
    let mut values = values(name, facts);
    values.put_fields(request);
    let content = canonical(&Value::Object(compared(call, request)));
    let key = key(&transaction, name, call, &values)?;
    if let (Some(key), Some(once)) = (&key, &call.once)
        && let Some(mut again) = remembered(&transaction, name, once, key, &content)?
    {
        // A refusal of other content is an answer of its own, with a serial of its own.
        if !again.repeated {
            again.answer_serial = answer_serial(&transaction, behaviour, &values)?;
            transaction.commit().map_err(failed)?;
        }
        return Ok(again);
    }
    let answer_serial = answer_serial(&transaction, behaviour, &values)?;
    values.put("answer_serial", answer_serial.clone().map_or(Sql::Null, Sql::Text));
    transaction.execute_batch("SAVEPOINT judged").map_err(&failed)?;
    let act = key.as_deref().unwrap_or(&content);
    let refused = unwilling.and_then(|unwilling| unwilling.says(name, act));
    let (outcome, word) = match refused {
        Some(word) => (Outcome::Refused, Some(word.to_owned())),
        None => judge(&transaction, name, call, &mut values)?,
    };
    let unwilling = refused.is_some();
    let fields = if outcome == Outcome::Done {
        reply(&transaction, name, call, &values)?
    } else {
        transaction.execute_batch("ROLLBACK TO judged").map_err(&failed)?;
        Map::new()
    };
    transaction.execute_batch("RELEASE judged").map_err(&failed)?;
    let handled = Handled { outcome, word, fields, answer_serial, repeated: false, unwilling };
    if let (Some(key), Some(once)) = (&key, &call.once)
        && keeps(once, outcome)
    {
        remember(&transaction, name, key, &content, &handled)?;
    }
    transaction.commit().map_err(failed)?;
    Ok(handled)
}

/// What a repeat must share with what came first: all but what is new in each copy.
fn compared(call: &Call, request: &Map<String, Value>) -> Map<String, Value> {
    let new = call.once.iter().flat_map(|once| &once.new);
    let mut compared = request.clone();
    new.for_each(|name| drop(compared.remove(name)));
    compared
}

/// The facts of an exchange, by name.
pub(super) fn values(call: &str, facts: &Facts) -> Values {
    let mut values = Values::default();
    values.put_fields(&facts.more);
    values.put_text("call", call);
    values.put_text("now", &facts.now);
    values.put_text("today", facts.now.get(..10).unwrap_or_default());
    values.put_text("business_date", &facts.business_date);
    values.put_text("serial", &facts.serial);
    values
}

fn text(value: Sql) -> Option<String> {
    match value {
        Sql::Text(text) => Some(text),
        Sql::Integer(number) => Some(number.to_string()),
        Sql::Null | Sql::Real(_) | Sql::Blob(_) => None,
    }
}

fn key(
    connection: &Connection,
    name: &str,
    call: &Call,
    values: &Values,
) -> Result<Option<String>, WorldError> {
    let Some(once) = &call.once else { return Ok(None) };
    let sql = format!("SELECT ({})", once.key.value);
    Ok(value::first(connection, &sql, values, name)?.and_then(text))
}

pub(super) fn serial_alone(
    connection: &mut Connection,
    behaviour: &Behaviour,
    name: &str,
    facts: &Facts,
) -> Result<Option<String>, WorldError> {
    let failed = statement(name);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
    let serial = answer_serial(&transaction, behaviour, &values(name, facts))?;
    transaction.commit().map_err(failed)?;
    Ok(serial)
}

fn answer_serial(
    connection: &Connection,
    behaviour: &Behaviour,
    values: &Values,
) -> Result<Option<String>, WorldError> {
    let Some(sql) = &behaviour.answer_serial else { return Ok(None) };
    Ok(value::first(connection, &sql.value, values, "answer_serial")?.and_then(text))
}

fn judge(
    connection: &Connection,
    name: &str,
    call: &Call,
    values: &mut Values,
) -> Result<(Outcome, Option<String>), WorldError> {
    for (position, rule) in call.rules.iter().enumerate() {
        let at = format!("{name}, rule {}", position + 1);
        if let Some(end) = step(connection, &at, &rule.value, values)? {
            return Ok(end);
        }
    }
    Ok((Outcome::Done, None))
}

/// One rule; `Some` if it ends the judging.
fn step(
    connection: &Connection,
    at: &str,
    rule: &Rule,
    values: &mut Values,
) -> Result<Option<(Outcome, Option<String>)>, WorldError> {
    for (name, sql) in rule.bind.iter().flatten() {
        let bound = value::first(connection, &sql.value, values, at)?.unwrap_or(Sql::Null);
        values.put(name, bound);
    }
    if let Some(when) = &rule.when
        && !value::truth(connection, &when.value, values, at)?
    {
        return Ok(None);
    }
    if let Some(sql) = &rule.run {
        value::run(connection, &sql.value, values, at)?;
    }
    let ends =
        [(Outcome::Refused, &rule.refuse), (Outcome::Unknown, &rule.unknown), (Outcome::Done, &rule.done)];
    Ok(ends.into_iter().find(|(_, word)| word.is_some()).map(|(outcome, word)| (outcome, word.clone())))
}

fn reply(
    connection: &Connection,
    name: &str,
    call: &Call,
    values: &Values,
) -> Result<Map<String, Value>, WorldError> {
    let mut fields = match &call.reply {
        Some(sql) => {
            let rows = value::rows(connection, &sql.value, values, &format!("{name}, reply"))?;
            rows.into_iter().next().ok_or_else(|| WorldError::Statement {
                at: format!("{name}, reply"),
                why: "no row; a reply is one row".to_owned(),
            })?
        }
        None => Map::new(),
    };
    for (list, sql) in &call.lists {
        let rows = value::rows(connection, &sql.value, values, &format!("{name}, list {list}"))?;
        fields.insert(list.clone(), Value::Array(rows.into_iter().map(Value::Object).collect()));
    }
    Ok(fields)
}

fn keeps(once: &Once, outcome: Outcome) -> bool {
    match once.keeps {
        Keeps::All => outcome != Outcome::Unknown,
        Keeps::Done => outcome == Outcome::Done,
    }
}

fn remember(
    connection: &Connection,
    name: &str,
    key: &str,
    content: &str,
    handled: &Handled,
) -> Result<(), WorldError> {
    let fields = Value::Object(handled.fields.clone()).to_string();
    let done = handled.outcome == Outcome::Done;
    connection
        .prepare_cached("INSERT INTO world_answer VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        .and_then(|mut statement| {
            statement.execute(params![name, key, content, done, handled.word, fields, handled.answer_serial])
        })
        .map(drop)
        .map_err(statement(name))
}

type Row = (String, bool, Option<String>, String, Option<String>);

/// What a repeat gets: the first answer, or a refusal if its content is another.
fn remembered(
    connection: &Connection,
    name: &str,
    once: &Once,
    key: &str,
    content: &str,
) -> Result<Option<Handled>, WorldError> {
    let found: Option<Row> = connection
        .prepare_cached(
            "SELECT request, outcome, word, fields, answer_serial FROM world_answer WHERE call = ?1 AND key = ?2",
        )
        .and_then(|mut statement| {
            let read = |row: &rusqlite::Row<'_>| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            };
            statement.query_row(params![name, key], read).optional()
        })
        .map_err(statement(name))?;
    let Some((request, done, word, fields, answer_serial)) = found else { return Ok(None) };
    if request != content {
        let word = Some(once.other.clone());
        let (outcome, fields) = (Outcome::Refused, Map::new());
        return Ok(Some(Handled {
            outcome,
            word,
            fields,
            answer_serial: None,
            repeated: false,
            unwilling: false,
        }));
    }
    let fields = serde_json::from_str(&fields)
        .map_err(|error| WorldError::Statement { at: name.to_owned(), why: error.to_string() })?;
    let outcome = if done { Outcome::Done } else { Outcome::Refused };
    let word = once.same.clone().filter(|_| done).or(word);
    Ok(Some(Handled { outcome, word, fields, answer_serial, repeated: true, unwilling: false }))
}
