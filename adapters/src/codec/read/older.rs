//! Keys as they were: while versions of a key overlap, what came in is checked by the older ones too.
//!
//! In: surroundings, and which version. Out: the same surroundings with that version of each key. Nothing is learned through it.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use dsl::evaluate::{Fault, Value};
use dsl::model::Load;
use dsl::value::{DateTime, Symbols};

use super::Reader;
use crate::codec::{FaultKind, Wrong};
use crate::seal::PreparedKey;
use crate::value::Surroundings;

impl Reader<'_> {
    /// Whether something holds: by the keys that hold now, else by older ones that still check what comes in.
    pub(super) fn by_each_version(
        &self,
        surroundings: &dyn Surroundings,
        holds: impl Fn(&Self, &dyn Surroundings) -> Result<bool, Wrong>,
    ) -> Result<bool, Wrong> {
        // What was made under another version may be nothing at all under this one.
        let other = |held: &Result<bool, Wrong>| {
            matches!(held, Ok(false))
                || matches!(held, Err(wrong) if wrong.kind == FaultKind::Evaluate(Fault::Seal))
        };
        let newest = holds(self, surroundings);
        if !other(&newest) {
            return newest;
        }
        for version in 1.. {
            let older = Older { around: surroundings, version, state: Cell::new(State::Unasked) };
            let held = holds(self, &older);
            match older.state.get() {
                State::None => break,
                State::Unasked if other(&held) => break,
                _ if other(&held) => {}
                _ => return held,
            }
        }
        newest
    }
}

/// What became of the keys that were asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// None was.
    Unasked,
    /// There is one of this version.
    Found,
    /// There is none.
    None,
}

/// Surroundings with a version of each key: 0 is the newest. A key that has no such version stands as it is beside one that has;
/// the first that is asked for says whether there is one.
struct Older<'a> {
    around: &'a dyn Surroundings,
    version: usize,
    state: Cell<State>,
}

impl Surroundings for Older<'_> {
    fn load<'s>(&'s self, load: &Load) -> Result<Value<'s>, Fault> {
        self.around.load(load)
    }

    fn rows(&self, list: &Load) -> Result<u32, Fault> {
        self.around.rows(list)
    }

    fn enter(&self, list: &Load, row: u32) -> Result<(), Fault> {
        self.around.enter(list, row)
    }

    fn leave(&self, list: &Load) {
        self.around.leave(list);
    }

    fn position(&self, row: &Load) -> Result<u32, Fault> {
        self.around.position(row)
    }

    fn learn(&mut self, to: &Load, _: &Value<'_>) -> Result<(), Fault> {
        Err(Fault::NotThere(*to))
    }

    fn set(&mut self, to: &Load, _: &Value<'_>) -> Result<(), Fault> {
        Err(Fault::NotThere(*to))
    }

    fn append(&mut self, list: &Load, _: u16, _: u32) -> Result<(), Fault> {
        Err(Fault::NotThere(*list))
    }

    fn begin_rows(&mut self, list: &Load, _: u16) -> Result<(), Fault> {
        Err(Fault::NotThere(*list))
    }

    fn key(&self, key: &Load) -> Result<Arc<PreparedKey>, Fault> {
        let versions = self.around.keys_for_checking(key)?;
        if let Some(found) = versions.get(self.version) {
            self.state.set(State::Found);
            return Ok(Arc::clone(found));
        }
        if self.state.get() == State::Found {
            return self.around.key(key);
        }
        self.state.set(State::None);
        Err(Fault::NoKey(*key))
    }

    fn secret(&self, key: &Load) -> Result<Cow<'_, [u8]>, Fault> {
        let found = self.key(key)?;
        found.symmetric_bytes().map(|octets| Cow::Owned(octets.to_vec())).ok_or(Fault::NoKey(*key))
    }

    fn setting_text(&self, setting: u16) -> Result<Cow<'_, str>, Fault> {
        self.around.setting_text(setting)
    }

    fn random(&self, octets: &mut [u8]) -> Result<(), Fault> {
        self.around.random(octets)
    }

    fn symbols(&self) -> &Symbols {
        self.around.symbols()
    }

    fn now(&self) -> Result<DateTime, Fault> {
        self.around.now()
    }

    fn counter(&self, digits: u32) -> Result<u64, Fault> {
        self.around.counter(digits)
    }
}
