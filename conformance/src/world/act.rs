//! What a party says of its own accord: each row that an act picks is a message for the other side, or only something that
//! the party does. Whoever commands an act may give it values.

use super::behaviour::Act;
use super::value::{self, Values};
use super::{Facts, Outcome, WorldError, handle, statement};
use rusqlite::{Connection, TransactionBehavior};
use serde_json::{Map, Value};

/// A message that the party says.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The act that it comes from.
    pub act: String,
    /// The adapter's message.
    pub message: String,
    /// The serial that it goes under, where the act picks one (column `exchange_serial`).
    pub serial: Option<String>,
    /// Its fields by wire name; a column `head.x` is field `x` of the object `head`.
    pub fields: Map<String, Value>,
}

/// The column that is not a field but the serial of the message.
const SERIAL: &str = "exchange_serial";

pub(super) fn say(
    connection: &mut Connection,
    name: &str,
    act: &Act,
    facts: &Facts,
) -> Result<Vec<Said>, WorldError> {
    if let Some(other) = facts.more.keys().find(|given| !act.with.contains(given)) {
        let why = format!("it takes no `{other}`; it takes {}", act.with.join(", "));
        return Err(WorldError::Statement { at: name.to_owned(), why });
    }
    let failed = statement(name);
    // Most often there is nothing to say: whoever only looks takes no lock to write.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred).map_err(&failed)?;
    let picked = value::rows(&transaction, &act.pick.value, &handle::values(name, facts), name)?;
    let mut said = Vec::with_capacity(picked.len());
    for mut fields in picked {
        let values = of_row(name, facts, &fields);
        for (list, sql) in &act.lists {
            let rows = value::rows(&transaction, &sql.value, &values, &format!("{name}, list {list}"))?;
            fields.insert(list.clone(), Value::Array(rows.into_iter().map(Value::Object).collect()));
        }
        for sql in &act.run {
            value::run(&transaction, &sql.value, &values, &format!("{name}, do"))?;
        }
        if let Some(message) = &act.message {
            let serial = fields.shift_remove(SERIAL).and_then(|serial| serial.as_str().map(str::to_owned));
            said.push(Said { act: name.to_owned(), message: message.clone(), serial, fields });
        }
    }
    transaction.commit().map_err(failed)?;
    Ok(said)
}

pub(super) fn answered(
    connection: &mut Connection,
    act: &Act,
    said: &Said,
    outcome: Outcome,
    reply: &Map<String, Value>,
    facts: &Facts,
) -> Result<(), WorldError> {
    let at = format!("{}, answered", said.act);
    let failed = statement(&at);
    let mut values = of_row(&said.act, facts, &said.fields);
    if let Some(serial) = &said.serial {
        values.put_text(SERIAL, serial);
    }
    let mut named = Map::new();
    named.insert("reply".to_owned(), Value::Object(reply.clone()));
    values.put_fields(&named);
    let word = match outcome {
        Outcome::Done => "done",
        Outcome::Refused => "refused",
        Outcome::Unknown => "unknown",
    };
    values.put_text("outcome", word);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
    for sql in &act.answered {
        value::run(&transaction, &sql.value, &values, &at)?;
    }
    transaction.commit().map_err(failed)
}

fn of_row(name: &str, facts: &Facts, row: &Map<String, Value>) -> Values {
    let mut values = handle::values(name, facts);
    values.put_fields(row);
    values
}
