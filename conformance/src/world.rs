//! A counterparty's own world: what it knows (accounts, bills, agreements) and how it answers, so that a mirrored
//! adapter has something true to say.
//!
//! A folder of data is the whole of a party: its tables (see [`Tables`]) and
//! `behaviour.yaml` (for each call, the rules that judge it and the SQL that answers it). In come the fields of a
//! request by their wire names with the facts of the exchange; out come an outcome and the fields of the reply. Each
//! request is one transaction: what is refused leaves no trace but, where the party remembers repeats, its answer.
//!
//! It knows no party, no wire bytes, no sockets and no clock: codes and names are text of the data.

mod act;
mod behaviour;
mod fault;
mod function;
mod handle;
mod tables;
mod value;

pub use act::Said;
pub use fault::{Fault, FaultPlan, FaultRule, Unwilling};
pub use tables::Tables;

use behaviour::Behaviour;
use rusqlite::Connection;
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// What went wrong with a world. None of these is an answer of the party.
#[derive(Debug, Error)]
pub enum WorldError {
    /// A file of the folder cannot be read.
    #[error("cannot read {path}: {why}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        why: String,
    },
    /// A file of the folder says something that cannot be meant.
    #[error("{file}:{line}:{column}: {why}")]
    Text {
        /// The file.
        file: String,
        /// Line, from 1; 0 if not known.
        line: u64,
        /// Column, from 1; 0 if not known.
        column: u64,
        /// What is wrong, and what was expected.
        why: String,
    },
    /// A statement failed while a request was judged.
    #[error("{at}: {why}")]
    Statement {
        /// Call and statement.
        at: String,
        /// What SQLite said.
        why: String,
    },
    /// The database was made from other files than those of the folder.
    #[error("{path} was made from another schema or seed; remove it to begin anew")]
    Stale {
        /// The database.
        path: String,
    },
    /// Books that are kept do not go with the numbered files of their folder.
    #[error("{path}: {step} {why}")]
    Grown {
        /// The database.
        path: String,
        /// The file.
        step: String,
        /// What is wrong with it, and what to do.
        why: &'static str,
    },
    /// The party does not know the call or the act.
    #[error("the world has no {kind} `{name}`; it has {known}")]
    Unknown {
        /// `call` or `act`.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
}

/// What is known of an exchange beside the fields of its message. Texts are ISO: `2026-11-23`, `2026-11-23T13:45:01`.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The party's own clock: bound as `:now`, its date as `:today`.
    pub now: String,
    /// The business date of the exchange: `:business_date`.
    pub business_date: String,
    /// The asker's serial: `:serial`.
    pub serial: String,
    /// Anything else by name, such as the fields of a head: `:name`.
    pub more: Map<String, Value>,
}

/// How the party judged a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It holds, or the question is answered.
    Done,
    /// It does not hold.
    Refused,
    /// The party does not say.
    Unknown,
}

/// The party's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Handled {
    /// How it was judged.
    pub outcome: Outcome,
    /// The code, or the meaning of one, that the behaviour names; `None` for the plain code of `done`.
    pub word: Option<String>,
    /// The reply's fields by wire name; nested objects and lists as in the message. Empty if refused.
    pub fields: Map<String, Value>,
    /// The party's own serial of this exchange, where it gives one.
    pub answer_serial: Option<String>,
    /// True when this is the remembered answer to a repeat.
    pub repeated: bool,
    /// True when the party refused it at will.
    pub unwilling: bool,
}

/// A party's world, open and ready to be asked.
pub struct World {
    connection: Connection,
    behaviour: Arc<Behaviour>,
}

/// How a party judges and answers, read and checked against its tables: for worlds of which many copies are opened.
#[derive(Clone)]
pub struct Manners(Arc<Behaviour>);

impl std::fmt::Debug for Manners {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Manners of {}", self.0.party)
    }
}

impl World {
    /// Opens the world that a folder describes over a database file (`:memory:` for none), and fills the database if
    /// it is new. Every statement is prepared, so that mistakes show here.
    ///
    /// # Errors
    /// When a file cannot be read or says something wrong (with line and column), or the database is another's.
    pub fn open(folder: &Path, tables: &Tables, database: &Path) -> Result<Self, WorldError> {
        let behaviour = Behaviour::read(&folder.join("behaviour.yaml"))?;
        let connection = tables::open(folder, tables, database)?;
        behaviour.prepare(&connection)?;
        Ok(Self { connection, behaviour: Arc::new(behaviour) })
    }

    /// Opens a copy of a world's database, with what another world of the folder has read and checked.
    ///
    /// # Errors
    /// When a file cannot be read, or the database is another's.
    pub fn copy(
        manners: &Manners,
        folder: &Path,
        tables: &Tables,
        database: &Path,
    ) -> Result<Self, WorldError> {
        let connection = tables::open(folder, tables, database)?;
        Ok(Self { connection, behaviour: Arc::clone(&manners.0) })
    }

    /// How the party judges and answers.
    #[must_use]
    pub fn manners(&self) -> Manners {
        Manners(Arc::clone(&self.behaviour))
    }

    /// The calls that the world answers.
    pub fn calls(&self) -> impl Iterator<Item = &str> {
        self.behaviour.calls.keys().map(String::as_str)
    }

    /// Whether a repeat of a call gets the answer that the first had.
    #[must_use]
    pub fn remembers(&self, call: &str) -> bool {
        self.behaviour.calls.get(call).is_some_and(|call| call.once.is_some())
    }

    /// The party that the folder is for.
    #[must_use]
    pub fn party(&self) -> &str {
        &self.behaviour.party
    }

    /// Judges a request and answers it; `unwilling`: some acts of the call are refused whatever they say.
    ///
    /// # Errors
    /// When the call is not known or a statement fails; the world is then as it was before.
    pub fn handle(
        &mut self,
        call: &str,
        request: &Map<String, Value>,
        facts: &Facts,
        unwilling: Option<&Unwilling>,
    ) -> Result<Handled, WorldError> {
        let Some(rules) = self.behaviour.calls.get(call) else {
            return Err(unknown("call", call, self.behaviour.calls.keys()));
        };
        handle::handle(&mut self.connection, &self.behaviour, (call, rules), request, facts, unwilling)
    }

    /// The words that rules of a call refuse with.
    pub(crate) fn refusals(&self, call: &str) -> Vec<String> {
        let rules = self.behaviour.calls.get(call).map(|call| call.rules.as_slice()).unwrap_or_default();
        rules.iter().filter_map(|rule| rule.value.refuse.clone()).collect()
    }

    /// The serial of an answer to what the world never heard of: a message that was refused before.
    ///
    /// # Errors
    /// When the statement fails; the world is then as it was before.
    pub fn answer_serial(&mut self, call: &str, facts: &Facts) -> Result<Option<String>, WorldError> {
        handle::serial_alone(&mut self.connection, &self.behaviour, call, facts)
    }

    /// What the party says of its own accord now, by the act's name: a message of ours to be told each.
    ///
    /// # Errors
    /// When the act is not known or a statement fails.
    pub fn act(&mut self, name: &str, facts: &Facts) -> Result<Vec<Said>, WorldError> {
        let Some(act) = self.behaviour.acts.get(name) else {
            return Err(unknown("act", name, self.behaviour.acts.keys()));
        };
        act::say(&mut self.connection, name, act, facts)
    }

    /// Tells the party how what it said was answered.
    ///
    /// # Errors
    /// When the act is not known or a statement fails.
    pub fn answered(
        &mut self,
        said: &Said,
        outcome: Outcome,
        reply: &Map<String, Value>,
        facts: &Facts,
    ) -> Result<(), WorldError> {
        let Some(act) = self.behaviour.acts.get(&said.act) else {
            return Err(unknown("act", &said.act, self.behaviour.acts.keys()));
        };
        act::answered(&mut self.connection, act, said, outcome, reply, facts)
    }

    /// The acts that the party begins by itself, and how often; `None`: only on command.
    pub fn acts(&self) -> impl Iterator<Item = (&str, Option<Duration>)> {
        self.behaviour.acts.iter().map(|(name, act)| (name.as_str(), act.every.map(Duration::from_secs)))
    }

    /// The adapter's message that an act says; none where the party only does something.
    #[must_use]
    pub fn message_of(&self, act: &str) -> Option<&str> {
        self.behaviour.acts.get(act)?.message.as_deref()
    }

    /// What must always be true of this world and is not: each broken rule with the rows that break it.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn broken_rules(&self) -> Result<Vec<String>, WorldError> {
        let mut broken = Vec::new();
        for (name, sql) in &self.behaviour.always {
            for row in value::rows(&self.connection, &sql.value, &value::Values::default(), name)? {
                broken.push(format!("{name}: {}", Value::Object(row)));
            }
        }
        Ok(broken)
    }

    /// The rows of any question to the world's tables: for auditors and tests.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn question(&self, sql: &str) -> Result<Vec<Map<String, Value>>, WorldError> {
        self.question_with(sql, &Map::new())
    }

    /// The same with values by name (`:name` in the statement).
    ///
    /// # Errors
    /// When the statement fails.
    pub fn question_with(
        &self,
        sql: &str,
        values: &Map<String, Value>,
    ) -> Result<Vec<Map<String, Value>>, WorldError> {
        let mut named = value::Values::default();
        named.put_fields(values);
        value::rows(&self.connection, sql, &named, "question")
    }
}

fn unknown<'a>(kind: &'static str, name: &str, known: impl Iterator<Item = &'a String>) -> WorldError {
    let known: Vec<&str> = known.map(String::as_str).collect();
    WorldError::Unknown { kind, name: name.to_owned(), known: known.join(", ") }
}

fn statement(at: &str) -> impl Fn(rusqlite::Error) -> WorldError + '_ {
    move |error| WorldError::Statement { at: at.to_owned(), why: error.to_string() }
}

fn read(path: &Path) -> Result<String, WorldError> {
    std::fs::read_to_string(path)
        .map_err(|error| WorldError::File { path: path.display().to_string(), why: error.to_string() })
}

#[cfg(test)]
mod tests;
