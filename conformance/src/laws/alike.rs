//! Messages that are the same in several variants of an adapter: they are tried once.
//!
//! In: a module of a model, and what stands around its messages. Out: a number for each message, equal where nothing differs
//! that a trip can see: the message, its call and those that the call speaks of, with their requests and business records;
//! codes, settings, keys, sessions. It must not know what a trip does.

use crate::scene::Standing;
use dsl::model::{Call, Message, Model, Module};
use dsl::value::{ShapeId, Type};
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// The messages that were tried, by all threads.
#[derive(Default)]
pub(super) struct Tried(Mutex<HashSet<u64>>);

impl Tried {
    /// Whether nobody else tries or has tried such a message.
    pub(super) fn first(&self, of: u64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(of)
    }
}

/// What stands around all messages of a module.
pub(super) struct Surrounding<'m> {
    model: &'m Model,
    module: &'m Module,
    hash: DefaultHasher,
}

impl<'m> Surrounding<'m> {
    pub(super) fn new(model: &'m Model, module: &'m Module, standings: &[Arc<Standing>]) -> Self {
        let mut hash = DefaultHasher::new();
        module.folder.hash(&mut hash);
        module.party.hash(&mut hash);
        (&module.settings, &module.keys, &module.member).hash(&mut hash);
        (&module.codes, &module.sessions, &module.xml_forms).hash(&mut hash);
        // Others are spoken of by their place.
        module.calls.iter().for_each(|call| call.name.hash(&mut hash));
        model.symbols.texts().for_each(|text| text.hash(&mut hash));
        for standing in standings {
            // Values have no hash of their own; what is shown of them tells them apart.
            format!("{:?}{:?}", standing.settings, standing.members.keys()).hash(&mut hash);
        }
        Self { model, module, hash }
    }

    /// The number of a message.
    pub(super) fn of(&self, message: &Message) -> u64 {
        let mut hash = self.hash.clone();
        message.hash(&mut hash);
        let Some(call) = self.module.calls.get(usize::from(message.call.0)) else { return hash.finish() };
        let spoken_of = call.settles.iter().chain(&call.undoes).chain(&call.about);
        let spoken_of = spoken_of.filter_map(|call| self.module.calls.get(usize::from(call.0)));
        for call in std::iter::once(call).chain(spoken_of) {
            self.call(call, &mut hash);
        }
        hash.finish()
    }

    fn call(&self, call: &Call, hash: &mut DefaultHasher) {
        call.hash(hash);
        self.module.messages.get(usize::from(call.request.0)).hash(hash);
        for shape in call.ask.iter().chain(&call.answer) {
            self.shape(*shape, hash);
        }
    }

    /// A record with those of its lists and groups: no record holds itself, so that this ends.
    fn shape(&self, ShapeId(id): ShapeId, hash: &mut DefaultHasher) {
        let Some(shape) = self.model.shapes.get(id as usize) else { return };
        shape.hash(hash);
        for field in &shape.fields {
            match &field.ty {
                Type::List { shape, .. } | Type::Group(shape) if shape.0 != id => self.shape(*shape, hash),
                _ => {}
            }
        }
    }
}
