//! What a message lies in, by names: settings, keys, members, facts, session, business records. For tools, examples
//! and simulated parties.
//!
//! In: a compiled module, then values set by name (texts and JSON). Out: [`Surroundings`] for the codec, what a message
//! told, and [`read`]/[`write`], which drive the codec to its end. It must not know sockets, nor anything of how the
//! gateway keeps its own books: what judges and what is judged share the codec alone.

mod books;
mod file;
mod look;
mod run;

pub use books::Books;
pub(crate) use file::call_it;
pub use file::{is_named, read_file};
pub use run::{Parts, ReadMessage, evaluate_here, read, read_unjudged, recognise, seen, write};

use crate::fields::{FieldError, business_record, business_tree, from_json, to_json};
use adapters::keys::{KeyStore, MemoryKeys};
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::model::{CallId, Fact, Setting, Shape, Space};
use dsl::program::ModuleProgram;
use dsl::value::{DateTime, Outcome, ShapeId, Symbols, Type};
use link::world::Random;
use serde_json::{Map, Value as Json};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use thiserror::Error;

/// Everything compiled that a scene looks at; shared by all scenes of a module.
#[derive(Clone, Debug)]
pub struct Adapter {
    /// The table of names.
    pub symbols: Arc<Symbols>,
    /// Business records.
    pub shapes: Arc<Vec<Arc<Shape>>>,
    /// The module.
    pub module: Arc<ModuleProgram>,
}

/// A name or value that the adapter does not have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SceneError {
    /// No such name.
    #[error("there is no {kind} {name}{}", crate::fields::hint(.name, .known))]
    Unknown {
        /// `setting`, `fact`, `session value`, `member`.
        kind: &'static str,
        /// What was named.
        name: String,
        /// What there is.
        known: String,
    },
    /// A value of another kind.
    #[error("{name}: expected {expected}")]
    Value {
        /// Its name.
        name: String,
        /// What it can hold.
        expected: String,
    },
    /// A business record that does not fit its shape.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// A member's own settings and the names of its keys.
#[derive(Clone, Debug, Default)]
pub struct Member {
    /// Its name on the wire.
    pub name: String,
    /// Settings by slot; absent where the setting is the party's.
    pub settings: Vec<Value<'static>>,
    /// Key names in the store by the adapter's names.
    pub keys: BTreeMap<String, String>,
}

/// What is the same in every exchange with a party.
#[derive(Clone)]
pub struct Standing {
    /// Settings by slot.
    pub settings: Vec<Value<'static>>,
    /// Members by name.
    pub members: BTreeMap<String, Arc<Member>>,
    /// Keys; those of the party by the adapter's name, those of a member by [`Member::keys`].
    pub keys: Arc<dyn KeyStore>,
    /// Where random octets come from.
    pub random: Arc<dyn Random>,
}

impl Standing {
    /// No settings, members or keys; this source of random octets.
    #[must_use]
    pub fn new(adapter: &Adapter, random: Arc<dyn Random>) -> Self {
        Standing {
            settings: vec![Value::Absent; adapter.module.settings.len()],
            members: BTreeMap::new(),
            keys: Arc::new(MemoryKeys::new()),
            random,
        }
    }

    /// Sets a setting from its text, typed as the adapter says.
    ///
    /// # Errors
    /// No such setting, or a text that is none of its type.
    pub fn set(&mut self, adapter: &Adapter, name: &str, text: &str) -> Result<(), SceneError> {
        let (slot, value) = setting(adapter, name, text)?;
        if let Some(place) = self.settings.get_mut(slot) {
            *place = value;
        }
        Ok(())
    }

    /// Adds a member with its settings and the names of its keys in the store.
    ///
    /// # Errors
    /// As [`Standing::set`].
    pub fn add_member(
        &mut self,
        adapter: &Adapter,
        name: &str,
        settings: &BTreeMap<String, String>,
        keys: BTreeMap<String, String>,
    ) -> Result<(), SceneError> {
        let mut values = vec![Value::Absent; adapter.module.settings.len()];
        for (setting_name, text) in settings {
            let (slot, value) = setting(adapter, setting_name, text)?;
            if let Some(place) = values.get_mut(slot) {
                *place = value;
            }
        }
        let member = Member { name: name.to_owned(), settings: values, keys };
        self.members.insert(name.to_owned(), Arc::new(member));
        Ok(())
    }
}

fn setting(adapter: &Adapter, name: &str, text: &str) -> Result<(usize, Value<'static>), SceneError> {
    let settings: &[Setting] = &adapter.module.settings;
    let slot = settings.iter().position(|setting| *setting.name == *name);
    let known = || -> Vec<String> { settings.iter().map(|setting| setting.name.to_string()).collect() };
    let slot = slot.ok_or_else(|| unknown("setting", name, &known()))?;
    let ty = settings.get(slot).map_or(&Type::Absent, |setting| &setting.ty);
    let json = match ty {
        // A number stands in a text here; a duration as 500ms, 60s, 5m, 24h.
        Type::Duration => duration(text).map_or_else(|| Json::String(text.to_owned()), Json::from),
        _ => Json::String(text.to_owned()),
    };
    let value = from_json(&json, ty, &adapter.symbols)
        .map_err(|expected| SceneError::Value { name: name.to_owned(), expected })?;
    Ok((slot, value))
}

fn duration(text: &str) -> Option<i64> {
    let split = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (figures, unit) = text.split_at_checked(split)?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    figures.parse::<i64>().ok()?.checked_mul(factor)
}

fn unknown(kind: &'static str, name: &str, known: &[String]) -> SceneError {
    SceneError::Unknown { kind, name: name.to_owned(), known: known.join(", ") }
}

/// How many facts there are.
const FACTS: usize = Fact::WORDS.len();

/// Facts of an exchange by slot.
pub type Facts = [Value<'static>; FACTS];

/// No facts.
#[must_use]
pub fn no_facts() -> Facts {
    std::array::from_fn(|_| Value::Absent)
}

/// An exchange that another message speaks of, or looks back at.
#[derive(Clone, Debug)]
pub struct Past {
    /// Its facts.
    pub facts: Facts,
    /// Its request.
    pub request: Option<Record>,
    /// Its reply.
    pub reply: Option<Record>,
    /// Octets of its request.
    pub raw: Vec<u8>,
    /// What is known of it.
    pub outcome: Option<Outcome>,
}

impl Default for Past {
    fn default() -> Self {
        Past { facts: no_facts(), request: None, reply: None, raw: Vec::new(), outcome: None }
    }
}

/// Everything around one message.
pub struct Scene {
    /// The adapter.
    pub adapter: Adapter,
    /// Settings, members, keys.
    pub standing: Arc<Standing>,
    /// The member, known or learned.
    pub member: Option<Arc<Member>>,
    /// Facts of the exchange, known or learned, by slot.
    pub facts: Facts,
    /// Facts of the original.
    pub original_facts: Facts,
    /// Values of the sessions by slot.
    pub session: Vec<Value<'static>>,
    /// Business records.
    pub books: Books,
    /// The request that a reply answers.
    pub request: Option<Arc<Record>>,
    /// The exchange spoken of.
    pub original: Past,
    /// The last exchanges of other calls.
    pub calls: HashMap<CallId, Past>,
    /// The outcome that is written, or that a reply told.
    pub outcome: Option<Outcome>,
    /// Its text; none: the label of the code.
    pub outcome_text: Option<String>,
    /// The page: first row, rows, number, whether there is more.
    pub page: (u32, u32, u32, bool),
    /// Where a refused message is at fault: line, field, offset.
    pub fault: [String; 3],
    /// The moment in the bank's zone.
    pub now: DateTime,
    /// The next number of the counter.
    pub counter: Cell<u64>,
    rows: look::Rows,
}

impl Scene {
    /// A scene in which only the moment is known.
    #[must_use]
    pub fn new(adapter: Adapter, standing: Arc<Standing>, now: DateTime) -> Self {
        let slots = adapter.module.sessions.iter().map(|session| session.values.len()).sum();
        Scene {
            adapter,
            standing,
            member: None,
            facts: no_facts(),
            original_facts: no_facts(),
            session: vec![Value::Absent; slots],
            books: Books::default(),
            request: None,
            original: Past::default(),
            calls: HashMap::new(),
            outcome: None,
            outcome_text: None,
            page: (0, 0, 0, false),
            fault: Default::default(),
            now,
            counter: Cell::new(1),
            rows: look::Rows::default(),
        }
    }

    /// Puts a fact.
    pub fn put_fact(&mut self, fact: Fact, value: Value<'static>) {
        if let Some(place) = self.facts.get_mut(fact as usize) {
            *place = value;
        }
    }

    /// A fact; absent if it is not known.
    #[must_use]
    pub fn fact(&self, fact: Fact) -> &Value<'static> {
        self.facts.get(fact as usize).unwrap_or(&Value::Absent)
    }

    /// A fact as plain text; empty if it is not known.
    #[must_use]
    pub fn fact_text(&self, fact: Fact) -> String {
        match to_json(self.fact(fact), &Type::Absent, &self.adapter.symbols) {
            Some(Json::String(text)) => text,
            Some(other) => other.to_string(),
            None => String::new(),
        }
    }

    /// Sets a fact of the exchange by its word (`serial`, `business_date`) from JSON.
    ///
    /// # Errors
    /// No such fact, or a value that it cannot hold.
    pub fn set_fact(&mut self, word: &str, value: &Json) -> Result<(), SceneError> {
        let (fact, value) = self.typed_fact(word, value)?;
        self.put_fact(fact, value);
        Ok(())
    }

    /// Sets a fact of the original by its word.
    ///
    /// # Errors
    /// As [`Scene::set_fact`].
    pub fn set_original(&mut self, word: &str, value: &Json) -> Result<(), SceneError> {
        let (fact, value) = self.typed_fact(word, value)?;
        if let Some(place) = self.original_facts.get_mut(fact as usize) {
            *place = value;
        }
        Ok(())
    }

    fn typed_fact(&self, word: &str, value: &Json) -> Result<(Fact, Value<'static>), SceneError> {
        let found = Fact::WORDS.iter().find(|(_, known)| *known == word);
        let known = || -> Vec<String> { Fact::WORDS.iter().map(|(_, known)| (*known).to_owned()).collect() };
        let (fact, _) = found.ok_or_else(|| unknown("fact", word, &known()))?;
        let expected =
            |expected: &str| SceneError::Value { name: word.to_owned(), expected: expected.to_owned() };
        let typed = match fact {
            Fact::Date | Fact::BusinessDate | Fact::AnswerDate => {
                from_json(value, &Type::Date, &self.adapter.symbols)
            }
            Fact::Time | Fact::AnswerTime => from_json(value, &Type::Time, &self.adapter.symbols),
            Fact::MessageAgain => value.as_bool().map(Value::Flag).ok_or_else(|| "yes or no".to_owned()),
            Fact::Moment | Fact::AnswerMoment | Fact::MessageMoment | Fact::MessageFirst => {
                from_json(value, &Type::DateTime, &self.adapter.symbols)
            }
            Fact::Channel | Fact::Cause => {
                let symbol = value.as_str().and_then(|text| self.adapter.symbols.find(text));
                symbol.map(Value::Name).ok_or_else(|| "a name of the adapters".to_owned())
            }
            Fact::Attempt | Fact::MessageNumber => {
                value.as_i64().map(|number| Value::Number(number.into())).ok_or_else(|| "a number".to_owned())
            }
            _ => from_json(value, &Type::Text { chars: u32::MAX, private: None }, &self.adapter.symbols),
        };
        Ok((*fact, typed.map_err(|words| expected(&words))?))
    }

    /// Sets a value of a session by its name; octets in hex.
    ///
    /// # Errors
    /// No such value, or one that it cannot hold.
    pub fn set_session(&mut self, name: &str, value: &Json) -> Result<(), SceneError> {
        let values = || {
            let sessions = self.adapter.module.sessions.iter();
            sessions.flat_map(|session| (usize::from(session.first_slot)..).zip(&session.session.values))
        };
        let found = values().find(|(_, one)| *one.name == *name);
        let known = || -> Vec<String> { values().map(|(_, one)| one.name.to_string()).collect() };
        let (slot, one) = found.ok_or_else(|| unknown("session value", name, &known()))?;
        let typed = from_json(value, &one.ty, &self.adapter.symbols)
            .map_err(|expected| SceneError::Value { name: name.to_owned(), expected })?;
        if let Some(place) = self.session.get_mut(slot) {
            *place = typed;
        }
        Ok(())
    }

    /// Chooses the member.
    ///
    /// # Errors
    /// No member of this name.
    pub fn set_member(&mut self, name: &str) -> Result<(), SceneError> {
        let known = || -> Vec<String> { self.standing.members.keys().cloned().collect() };
        let found = self.standing.members.get(name).cloned();
        self.member = Some(found.ok_or_else(|| unknown("member", name, &known()))?);
        Ok(())
    }

    /// The member that a message is of where the party has no other.
    pub fn set_only_member(&mut self) {
        if let (Some((_, only)), 1) = (self.standing.members.first_key_value(), self.standing.members.len()) {
            self.member.get_or_insert_with(|| Arc::clone(only));
        }
    }

    /// Puts a business record ([`Space::Ask`], [`Space::Answer`] and those of the original) from a tree.
    ///
    /// # Errors
    /// A tree that does not fit the shape.
    pub fn put_business(
        &mut self,
        space: Space,
        shape: ShapeId,
        tree: &Map<String, Json>,
    ) -> Result<(), SceneError> {
        let record = business_record(tree, shape, &self.adapter.shapes, &self.adapter.symbols)?;
        self.books.put(space, record);
        Ok(())
    }

    /// An empty business record, to be filled by a message.
    pub fn begin_business(&mut self, space: Space, shape: ShapeId) {
        let fields = self.adapter.shapes.get(shape.0 as usize).map_or(0, |shape| shape.fields.len());
        self.books.put(space, Record::new(u16::try_from(fields).unwrap_or(u16::MAX)));
    }

    /// A business record as a tree; none if there is none.
    #[must_use]
    pub fn business(&self, space: Space, shape: ShapeId) -> Option<Map<String, Json>> {
        let record = self.books.record(space)?;
        Some(business_tree(record, shape, &self.adapter.shapes, &self.adapter.symbols))
    }
}
