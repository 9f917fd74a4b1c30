//! Messages that are the same in several variants of an adapter: they are tried once.
//!
//! In: a module of a model, and what stands around its messages. Out: a number for each message, equal where nothing differs
//! that a trip can see: the message with the messages that it answers and speaks of, calls, codes, settings, keys, sessions,
//! business records. It must not know what a trip does.

use crate::scene::Standing;
use dsl::model::{Message, MessageId, Model, Module};
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
    module: &'m Module,
    hash: DefaultHasher,
}

impl<'m> Surrounding<'m> {
    pub(super) fn new(model: &Model, module: &'m Module, standings: &[Arc<Standing>]) -> Self {
        let mut hash = DefaultHasher::new();
        module.folder.hash(&mut hash);
        module.party.hash(&mut hash);
        (&module.settings, &module.keys, &module.member).hash(&mut hash);
        (&module.codes, &module.sessions, &module.calls, &module.xml_forms).hash(&mut hash);
        model.shapes.hash(&mut hash);
        model.symbols.texts().for_each(|text| text.hash(&mut hash));
        for standing in standings {
            // Values have no hash of their own; what is shown of them tells them apart.
            format!("{:?}{:?}", standing.settings, standing.members.keys()).hash(&mut hash);
        }
        Self { module, hash }
    }

    /// The number of a message.
    pub(super) fn of(&self, message: &Message) -> u64 {
        let mut hash = self.hash.clone();
        message.hash(&mut hash);
        let call = self.module.calls.get(usize::from(message.call.0));
        let Some(call) = call else { return hash.finish() };
        let spoken_of = call.settles.iter().chain(&call.undoes).chain(&call.about);
        let calls = spoken_of.filter_map(|call| self.module.calls.get(usize::from(call.0)));
        for MessageId(other) in std::iter::once(call.request).chain(calls.map(|call| call.request)) {
            self.module.messages.get(usize::from(other)).hash(&mut hash);
        }
        hash.finish()
    }
}
