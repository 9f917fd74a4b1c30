//! `behaviour.yaml`: how a party judges and answers, read, checked and prepared.
//!
//! ```yaml
//! party: some_party
//! answer_serial: UPDATE … RETURNING …        # one value: the party's serial of each answer
//! always:                                    # what must always be true: each gives no row
//!   debits equal credits: SELECT …
//! calls:
//!   pay:
//!     takes: [customer, amount, items]       # the fields it uses; :customer, :items (JSON text)
//!     once: { key: :serial, same: "1010", other: "1011", keeps: all }
//!     rules:                                 # in order; the first that refuses, ends
//!       - let: { owed: SELECT … }            # then :owed
//!       - refuse: "1004"
//!         when: :amount <> :owed             # an expression
//!       - do: UPDATE …
//!       - done: "2002"                       # ends the rules, not refused
//!         when: …
//!     reply: SELECT … AS receipt, … AS "head.ret"
//!     lists: { items: SELECT … }
//! acts:
//!   tell: { message: compared, every: 60, pick: SELECT …, lists: {…}, do: [UPDATE …], answered: [UPDATE …] }
//!   want: { with: [account], pick: SELECT :account …, do: [INSERT …] }    # on command, with values
//! ```

use super::{WorldError, read};
use rusqlite::Connection;
use serde::Deserialize;
use serde_yaml::Spanned;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// SQL with the place where it stands.
pub(super) type Text = Spanned<String>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Behaviour {
    pub(super) party: String,
    pub(super) answer_serial: Option<Text>,
    #[serde(default)]
    pub(super) always: BTreeMap<String, Text>,
    pub(super) calls: BTreeMap<String, Call>,
    #[serde(default)]
    pub(super) acts: BTreeMap<String, Act>,
    #[serde(skip)]
    file: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    #[serde(default)]
    pub(super) takes: Vec<String>,
    pub(super) once: Option<Once>,
    #[serde(default)]
    pub(super) rules: Vec<Spanned<Rule>>,
    pub(super) reply: Option<Text>,
    #[serde(default)]
    pub(super) lists: BTreeMap<String, Text>,
}

/// How repeats are known, and what they get.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Once {
    /// An expression: the same value is the same request.
    pub(super) key: Text,
    /// The word beside the first answer; the first answer's own if not said.
    pub(super) same: Option<String>,
    /// The word that a repeat with other content is refused with.
    pub(super) other: String,
    #[serde(default)]
    pub(super) keeps: Keeps,
    /// Fields that are new in each copy, such as what a sign-in gave: no repeat is compared by them.
    #[serde(default)]
    pub(super) new: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Keeps {
    /// Every first answer is remembered.
    #[default]
    All,
    /// Only `done` is; what was refused is judged anew.
    Done,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) when: Option<Text>,
    pub(super) refuse: Option<String>,
    pub(super) unknown: Option<String>,
    pub(super) done: Option<String>,
    #[serde(rename = "do")]
    pub(super) run: Option<Text>,
    #[serde(rename = "let")]
    pub(super) bind: Option<BTreeMap<String, Text>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Act {
    /// The adapter's message that each row is said by; none: the party only does something.
    pub(super) message: Option<String>,
    pub(super) every: Option<u64>,
    /// Values that whoever commands the act may give; what is not given is null.
    #[serde(default)]
    pub(super) with: Vec<String>,
    pub(super) pick: Text,
    #[serde(default)]
    pub(super) lists: BTreeMap<String, Text>,
    #[serde(default, rename = "do")]
    pub(super) run: Vec<Text>,
    #[serde(default)]
    pub(super) takes: Vec<String>,
    #[serde(default)]
    pub(super) answered: Vec<Text>,
}

/// Facts that every statement may use.
const FACTS: [&str; 7] = ["now", "today", "business_date", "serial", "answer_serial", "call", "file"];

impl Behaviour {
    pub(super) fn read(path: &Path) -> Result<Self, WorldError> {
        let text = read(path)?;
        let file = path.display().to_string();
        let mut behaviour: Self = serde_yaml::from_str(&text).map_err(|error| {
            let at = error.location();
            WorldError::Text {
                file: file.clone(),
                line: at.map_or(0, |at| at.line()),
                column: at.map_or(0, |at| at.column()),
                why: error.without_snippet().to_string(),
            }
        })?;
        behaviour.file = file;
        Ok(behaviour)
    }

    /// Prepares every statement against the party's tables and checks the names that it uses.
    pub(super) fn prepare(&self, connection: &Connection) -> Result<(), WorldError> {
        let facts: BTreeSet<String> = FACTS.into_iter().map(str::to_owned).collect();
        let check = Check { file: &self.file, connection };
        if let Some(sql) = &self.answer_serial {
            check.sql(sql, &facts)?;
        }
        for sql in self.always.values() {
            check.sql(sql, &BTreeSet::new())?;
        }
        for call in self.calls.values() {
            check.call(call, &facts)?;
        }
        for act in self.acts.values() {
            check.act(act, &facts)?;
        }
        Ok(())
    }
}

struct Check<'a> {
    file: &'a str,
    connection: &'a Connection,
}

impl Check<'_> {
    fn fault<T>(&self, at: &Spanned<T>, why: String) -> WorldError {
        let (line, column) = (at.referenced.line(), at.referenced.column());
        WorldError::Text { file: self.file.to_owned(), line, column, why }
    }

    /// Prepares a statement; its parameters must be known names. Gives the names of its columns.
    fn sql(&self, sql: &Text, names: &BTreeSet<String>) -> Result<Vec<String>, WorldError> {
        self.prepared(sql, &sql.value, names)
    }

    fn expression(&self, sql: &Text, names: &BTreeSet<String>) -> Result<(), WorldError> {
        self.prepared(sql, &format!("SELECT ({})", sql.value), names).map(drop)
    }

    fn prepared(&self, at: &Text, sql: &str, names: &BTreeSet<String>) -> Result<Vec<String>, WorldError> {
        let prepared = self.connection.prepare(sql).map_err(|error| self.fault(at, error.to_string()))?;
        for index in 1..=prepared.parameter_count() {
            let name = prepared.parameter_name(index).unwrap_or_default();
            if !name.strip_prefix(':').is_some_and(|name| names.contains(name)) {
                let known: Vec<&str> = names.iter().map(String::as_str).collect();
                let why = format!("`{name}` is not known here; known are {}", known.join(", "));
                return Err(self.fault(at, why));
            }
        }
        Ok(prepared.column_names().map(str::to_owned).collect())
    }

    fn call(&self, call: &Call, facts: &BTreeSet<String>) -> Result<(), WorldError> {
        let mut names = facts.clone();
        names.extend(call.takes.iter().map(|name| name.replace('.', "_")));
        if let Some(once) = &call.once {
            self.expression(&once.key, &names)?;
        }
        for rule in &call.rules {
            self.rule(rule, &mut names)?;
        }
        if let Some(reply) = &call.reply {
            self.sql(reply, &names)?;
        }
        for list in call.lists.values() {
            self.sql(list, &names)?;
        }
        Ok(())
    }

    fn rule(&self, rule: &Spanned<Rule>, names: &mut BTreeSet<String>) -> Result<(), WorldError> {
        let inner = &rule.value;
        let ends = [&inner.refuse, &inner.unknown, &inner.done].into_iter().flatten().count();
        let acts = usize::from(inner.run.is_some()) + usize::from(inner.bind.is_some());
        if ends + acts != 1 {
            let why = "a rule has one of `refuse`, `unknown`, `done`, `do`, `let`".to_owned();
            return Err(self.fault(rule, why));
        }
        if inner.bind.is_some() && inner.when.is_some() {
            return Err(self.fault(rule, "`let` takes no `when`: write it into the statement".to_owned()));
        }
        if let Some(when) = &inner.when {
            self.expression(when, names)?;
        }
        if let Some(run) = &inner.run {
            self.sql(run, names)?;
        }
        for (name, sql) in inner.bind.iter().flatten() {
            self.sql(sql, names)?;
            names.insert(name.clone());
        }
        Ok(())
    }

    fn act(&self, act: &Act, facts: &BTreeSet<String>) -> Result<(), WorldError> {
        let mut names = facts.clone();
        names.extend(act.with.iter().cloned());
        let columns = self.sql(&act.pick, &names)?;
        names.extend(columns.iter().map(|name| name.trim_end_matches(":json").replace('.', "_")));
        for sql in act.lists.values().chain(&act.run) {
            self.sql(sql, &names)?;
        }
        names.insert("outcome".to_owned());
        names.extend(act.takes.iter().map(|name| format!("reply_{}", name.replace('.', "_"))));
        for sql in &act.answered {
            self.sql(sql, &names)?;
        }
        Ok(())
    }
}
