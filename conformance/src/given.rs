//! What is given to a message by hand: settings, keys, the member, facts, session values, the request that it answers.
//!
//! In: a tree by the words of the language (`setting`, `key`, the member's name, `exchange`, `session`, `original`,
//! `request`, `ask`, `answer`, `outcome`), as an example or a YAML file says it. Out: a [`Scene`]. Key texts: hex, or for
//! a `secret` its text; `text:`, `hex:` and `file:` say otherwise.

use crate::fields::{Named, outcome};
use crate::scene::{Adapter, Scene, SceneError, Standing};
use adapters::keys::{KeyText, MemoryKeys, import};
use adapters::seal::KeyKind;
use adapters::value::Record;
use dsl::model::{Call, CallId, Key, MessageId, Space};
use dsl::value::DateTime;
use link::world::SeededRandom;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use thiserror::Error;

/// Something given that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GivenError {
    /// A name or value that the adapter does not have.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// A root that nothing can be given by.
    #[error("nothing is given by `{root}`{}", crate::fields::hint(.root, .known))]
    Root {
        /// What was named.
        root: String,
        /// What there is.
        known: String,
    },
    /// A key that cannot be used.
    #[error("the key `{name}`: {why}")]
    Key {
        /// Its name.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// A value that must be a group of names.
    #[error("`{0}` is a group of names and values")]
    Group(String),
    /// The call speaks of no original, or has no record of that kind.
    #[error("the call has no `{0}`")]
    Nothing(String),
}

/// What is given, for the messages of one call.
pub struct Given<'a> {
    /// The adapter.
    pub adapter: &'a Adapter,
    /// The call.
    pub call: CallId,
    /// Where files of keys stand.
    pub folder: &'a Path,
}

impl Given<'_> {
    /// The scene of a tree.
    ///
    /// # Errors
    /// A name or value that does not fit.
    pub fn scene(&self, tree: &Map<String, Value>) -> Result<Scene, GivenError> {
        let mut standing = Standing::new(self.adapter, Arc::new(SeededRandom::new(1)));
        let mut keys = MemoryKeys::new();
        let mut member = None;
        for (root, value) in tree {
            match root.as_str() {
                "setting" => {
                    for (name, value) in group(root, value)? {
                        standing.set(self.adapter, name, &plain(value))?;
                    }
                }
                "key" => {
                    for (name, value) in group(root, value)? {
                        self.key(&mut keys, name, value)?;
                    }
                }
                root if self.is_member(root) => {
                    member = Some(self.member(&mut standing, &mut keys, group(root, value)?)?);
                }
                _ => {}
            }
        }
        standing.keys = Arc::new(keys);
        let mut scene = Scene::new(self.adapter.clone(), Arc::new(standing), DateTime::default());
        if let Some(member) = member.filter(|member| !member.is_empty()) {
            scene.set_member(&member)?;
        }
        for (root, value) in tree {
            self.facts(&mut scene, root, value)?;
        }
        Ok(scene)
    }

    fn facts(&self, scene: &mut Scene, root: &str, value: &Value) -> Result<(), GivenError> {
        match root {
            "setting" | "key" => {}
            root if self.is_member(root) => {}
            "exchange" | "message" => {
                for (name, value) in group(root, value)? {
                    scene.set_fact(name, value)?;
                    if name == "moment" {
                        scene.now = value.as_str().and_then(|text| text.parse().ok()).unwrap_or_default();
                    }
                }
            }
            "original" => {
                for (name, value) in group(root, value)? {
                    if name == "request" {
                        scene.original.request = Some(self.original(group(name, value)?)?);
                    } else {
                        scene.set_original(name, value)?;
                    }
                }
            }
            "session" => {
                for (name, value) in group(root, value)? {
                    scene.set_session(name, value)?;
                }
            }
            "request" => {
                let call = self.call().ok_or_else(|| GivenError::Nothing(root.to_owned()))?;
                scene.request = Some(Arc::new(self.message(call.request, group(root, value)?)?));
            }
            "ask" | "answer" => {
                let (space, shape) = match (root, self.call()) {
                    ("ask", Some(call)) => (Space::Ask, call.ask),
                    (_, Some(call)) => (Space::Answer, call.answer),
                    (_, None) => (Space::Ask, None),
                };
                let shape = shape.ok_or_else(|| GivenError::Nothing(root.to_owned()))?;
                scene.put_business(space, shape, group(root, value)?)?;
            }
            "outcome" => {
                let known = outcome(&plain(value), &self.adapter.symbols);
                let expected = "done, refused, unknown or a reason".to_owned();
                scene.outcome = Some(known.ok_or(SceneError::Value { name: root.to_owned(), expected })?);
            }
            other => return Err(GivenError::Root { root: other.to_owned(), known: self.roots() }),
        }
        Ok(())
    }

    fn roots(&self) -> String {
        let member = self.adapter.module.member.as_ref().map(|member| &*member.name);
        let words =
            ["setting", "key", "exchange", "session", "original", "request", "ask", "answer", "outcome"];
        words.into_iter().chain(member).collect::<Vec<_>>().join(", ")
    }

    fn call(&self) -> Option<&Call> {
        self.adapter.module.calls.get(usize::from(self.call.0)).map(|call| &call.call)
    }

    fn is_member(&self, root: &str) -> bool {
        self.adapter.module.member.as_ref().is_some_and(|member| *member.name == *root)
    }

    /// A message of the adapter by wire names.
    fn message(&self, message: MessageId, tree: &Map<String, Value>) -> Result<Record, GivenError> {
        let program = &self.adapter.module.program;
        let form = program.messages.get(usize::from(message.0));
        let form = form.ok_or_else(|| GivenError::Nothing("request".to_owned()))?;
        let named = Named { program, message: form, symbols: &self.adapter.symbols };
        let mut record = Record::new(form.slots);
        named.fill(tree, &mut record).map_err(SceneError::from)?;
        Ok(record)
    }

    /// The request of the exchange that the call speaks of.
    fn original(&self, tree: &Map<String, Value>) -> Result<Record, GivenError> {
        let spoken_of =
            |call: &Call| call.settles.iter().chain(&call.undoes).chain(&call.about).next().copied();
        let id = self.call().and_then(spoken_of);
        let call = id.and_then(|id| self.adapter.module.calls.get(usize::from(id.0)));
        let call = call.ok_or_else(|| GivenError::Nothing("original".to_owned()))?;
        self.message(call.call.request, tree)
    }

    fn member(
        &self,
        standing: &mut Standing,
        keys: &mut MemoryKeys,
        tree: &Map<String, Value>,
    ) -> Result<String, GivenError> {
        let naming = self.adapter.module.member.as_ref().map_or("", |member| &*member.naming);
        let mut name = String::new();
        let mut settings = BTreeMap::new();
        let mut named = BTreeMap::new();
        for (own, value) in tree {
            if own == naming {
                name = plain(value);
            } else if self.adapter.module.keys.iter().any(|key| key.of_member && *key.name == **own) {
                self.key(keys, own, value)?;
                named.insert(own.clone(), own.clone());
            } else {
                settings.insert(own.clone(), plain(value));
            }
        }
        standing.add_member(self.adapter, &name, &settings, named)?;
        Ok(name)
    }

    fn key(&self, keys: &mut MemoryKeys, name: &str, value: &Value) -> Result<(), GivenError> {
        let wrong = |why: String| GivenError::Key { name: name.to_owned(), why };
        let declared = &self.adapter.module.keys;
        let known: &Key = declared.iter().find(|key| *key.name == *name).ok_or_else(|| {
            let names: Vec<&str> = declared.iter().map(|key| &*key.name).collect();
            wrong(format!("there is none of that name; there are {}", names.join(", ")))
        })?;
        let kind = KeyKind::ALL.iter().copied().find(|kind| kind.name() == &*known.kind);
        let kind = kind.ok_or_else(|| wrong(format!("there is no kind `{}`", known.kind)))?;
        let text = value.as_str().ok_or_else(|| wrong("it is given as a text".to_owned()))?;
        let key = if let Some(path) = text.strip_prefix("file:") {
            let path = self.folder.join(path);
            let pem = std::fs::read_to_string(&path);
            let pem = pem.map_err(|error| wrong(format!("{}: {error}", path.display())))?;
            import(kind, &KeyText::Pem(&pem), None)
        } else if text.starts_with("-----BEGIN") {
            import(kind, &KeyText::Pem(text), None)
        } else if let Some(hex) = text.strip_prefix("hex:") {
            import(kind, &KeyText::Hex(hex), None)
        } else if let Some(text) = text.strip_prefix("text:") {
            import(kind, &KeyText::Text(text), None)
        } else if kind == KeyKind::Secret {
            import(kind, &KeyText::Text(text), None)
        } else {
            import(kind, &KeyText::Hex(text), None)
        };
        let key = key.map_err(|error| wrong(error.to_string()))?;
        keys.put(name, key).map_err(|error| wrong(error.to_string()))
    }
}

fn group<'v>(root: &str, value: &'v Value) -> Result<&'v Map<String, Value>, GivenError> {
    value.as_object().ok_or_else(|| GivenError::Group(root.to_owned()))
}

/// A value as text, as a deployment would give it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        other => other.to_string(),
    }
}
