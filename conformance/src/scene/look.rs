//! The scene as the codec asks it.

use super::{Past, Scene};
use adapters::seal::PreparedKey;
use adapters::value::{Record, RowsEntered, Surroundings};
use dsl::evaluate::{Fault, Value};
use dsl::model::{CallId, Load, Space};
use dsl::value::{DateTime, Symbols};
use std::borrow::Cow;
use std::sync::Arc;

/// Rows entered of records that are messages.
pub(super) type Rows = RowsEntered;

impl Scene {
    fn past(&self, call: u16) -> Option<&Past> {
        self.calls.get(&CallId(call))
    }

    /// The name that a key has in the store.
    fn stored(&self, key: &Load) -> Result<&str, Fault> {
        let missing = Fault::NoKey(*key);
        let named = self.adapter.module.keys.get(usize::from(key.slot)).ok_or(missing)?;
        let of_member = self.member.as_ref().and_then(|member| member.keys.get(&*named.name));
        if named.of_member { of_member.map(String::as_str).ok_or(missing) } else { Ok(&named.name) }
    }

    fn message_of(&self, load: &Load) -> Option<&Record> {
        match load.space {
            Space::Request => self.request.as_deref(),
            Space::OriginalRequest => self.original.request.as_ref(),
            Space::OriginalReply => self.original.reply.as_ref(),
            Space::CallRequest => self.past(load.call).and_then(|past| past.request.as_ref()),
            Space::CallReply => self.past(load.call).and_then(|past| past.reply.as_ref()),
            _ => None,
        }
    }

    fn member_value(&self, slot: u16) -> Value<'_> {
        let Some(member) = &self.member else { return Value::Absent };
        match usize::from(slot).checked_sub(1) {
            None => Value::Text(Cow::Borrowed(&member.name)),
            Some(setting) => member.settings.get(setting).cloned().unwrap_or(Value::Absent),
        }
    }

    fn original_fact(&self, slot: u16) -> Value<'_> {
        let of = |facts: &super::Facts| facts.get(usize::from(slot)).cloned().unwrap_or(Value::Absent);
        match of(&self.original_facts) {
            Value::Absent => of(&self.original.facts),
            known => known,
        }
    }

    fn page_value(&self, slot: u16) -> Value<'static> {
        match slot {
            0 => Value::Number(self.page.0.into()),
            1 => Value::Number(self.page.1.into()),
            2 => Value::Number(self.page.2.into()),
            _ => Value::Flag(self.page.3),
        }
    }

    fn learn_page(&mut self, slot: u16, value: &Value<'_>) -> Result<(), Fault> {
        match (slot, value) {
            (3, Value::Flag(more)) => self.page.3 = *more,
            (0..=2, Value::Number(number)) => {
                let number = u32::try_from(*number).map_err(|_| Fault::Overflow)?;
                match slot {
                    0 => self.page.0 = number,
                    1 => self.page.1 = number,
                    _ => self.page.2 = number,
                }
            }
            _ => return Err(Fault::Kind),
        }
        Ok(())
    }

    fn learn_member(&mut self, to: &Load, value: &Value<'_>) -> Result<(), Fault> {
        let Value::Text(name) = value else { return Err(Fault::Kind) };
        let found = self.standing.members.get(name.trim_end()).cloned();
        self.member = Some(found.ok_or(Fault::NotThere(*to))?);
        Ok(())
    }
}

fn put(places: &mut [Value<'static>], slot: u16, value: &Value<'_>) -> Result<(), Fault> {
    *places.get_mut(usize::from(slot)).ok_or(Fault::Broken)? = value.clone().into_owned();
    Ok(())
}

impl Surroundings for Scene {
    fn load<'s>(&'s self, load: &Load) -> Result<Value<'s>, Fault> {
        let slot = usize::from(load.slot);
        let of = |values: &'s [Value<'static>]| values.get(slot).cloned().ok_or(Fault::Broken);
        match load.space {
            Space::Exchange => of(&self.facts),
            Space::Setting => of(&self.standing.settings),
            Space::Member => Ok(self.member_value(load.slot)),
            Space::Key => Ok(Value::Key(*load)),
            Space::Session => of(&self.session),
            Space::Original => Ok(self.original_fact(load.slot)),
            Space::OriginalOutcome => Ok(self.original.outcome.map_or(Value::Absent, Value::Outcome)),
            Space::Request
            | Space::OriginalRequest
            | Space::OriginalReply
            | Space::CallRequest
            | Space::CallReply => {
                let record = self.message_of(load).ok_or(Fault::NotThere(*load))?;
                record.value(self.rows.index(load.level, load.slot)?)
            }
            Space::CallExchange => {
                let fact = self.past(load.call).and_then(|past| past.facts.get(slot));
                Ok(fact.cloned().unwrap_or(Value::Absent))
            }
            Space::CallRaw => {
                let raw = self.past(load.call).map(|past| Value::Bytes(Cow::Borrowed(past.raw.as_slice())));
                Ok(raw.unwrap_or(Value::Absent))
            }
            Space::Outcome => Ok(self.outcome.map_or(Value::Absent, Value::Outcome)),
            Space::OutcomeText => {
                let text = self.outcome_text.as_deref();
                Ok(text.map_or(Value::Absent, |text| Value::Text(Cow::Borrowed(text))))
            }
            Space::Page => Ok(self.page_value(load.slot)),
            Space::FaultPlace => {
                let text = self.fault.get(slot).map_or("", String::as_str);
                Ok(if text.is_empty() { Value::Absent } else { Value::Text(Cow::Borrowed(text)) })
            }
            _ => self.books.load(load),
        }
    }

    fn rows(&self, list: &Load) -> Result<u32, Fault> {
        match self.message_of(list) {
            Some(record) => self.rows.count(record, list),
            None => self.books.rows(list),
        }
    }

    fn enter(&self, list: &Load, row: u32) -> Result<(), Fault> {
        match self.message_of(list) {
            Some(record) => self.rows.enter(record, list, row),
            None => self.books.enter(list, row),
        }
    }

    fn leave(&self, list: &Load) {
        if self.message_of(list).is_some() { self.rows.leave(list) } else { self.books.leave(list) }
    }

    fn position(&self, row: &Load) -> Result<u32, Fault> {
        self.books.position(row)
    }

    fn learn(&mut self, to: &Load, value: &Value<'_>) -> Result<(), Fault> {
        match to.space {
            Space::Exchange => put(&mut self.facts, to.slot, value),
            Space::Original => put(&mut self.original_facts, to.slot, value),
            Space::Session => put(&mut self.session, to.slot, value),
            Space::Member => self.learn_member(to, value),
            Space::Page => self.learn_page(to.slot, value),
            Space::OutcomeText => {
                self.outcome_text = match value {
                    Value::Text(text) => Some(text.to_string()),
                    _ => None,
                };
                Ok(())
            }
            // A party looks its original up by facts; other things said of it stand in the message itself.
            Space::OriginalRequest | Space::OriginalReply | Space::OriginalOutcome => Ok(()),
            Space::OriginalAsk | Space::OriginalAnswer if self.books.record(to.space).is_none() => Ok(()),
            _ => self.books.set(to, value),
        }
    }

    fn set(&mut self, to: &Load, value: &Value<'_>) -> Result<(), Fault> {
        match to.space {
            Space::Exchange | Space::Original | Space::Session | Space::Page => self.learn(to, value),
            _ => self.books.set(to, value),
        }
    }

    fn append(&mut self, list: &Load, stride: u16, max: u32) -> Result<(), Fault> {
        self.books.append(list, stride, max)
    }

    fn begin_rows(&mut self, list: &Load, stride: u16) -> Result<(), Fault> {
        self.books.begin(list, stride)
    }

    fn key(&self, key: &Load) -> Result<Arc<PreparedKey>, Fault> {
        self.standing.keys.key(self.stored(key)?).map_err(|_| Fault::NoKey(*key))
    }

    fn keys_for_checking(&self, key: &Load) -> Result<Vec<Arc<PreparedKey>>, Fault> {
        let now = dsl::evaluate::calendar::epoch(self.now);
        self.standing.keys.keys_for_checking(self.stored(key)?, now).map_err(|_| Fault::NoKey(*key))
    }

    fn secret(&self, key: &Load) -> Result<Cow<'_, [u8]>, Fault> {
        let found = self.key(key)?;
        found.symmetric_bytes().map(|octets| Cow::Owned(octets.to_vec())).ok_or(Fault::NoKey(*key))
    }

    fn setting_text(&self, setting: u16) -> Result<Cow<'_, str>, Fault> {
        match self.standing.settings.get(usize::from(setting)) {
            Some(Value::Text(text)) => Ok(Cow::Borrowed(text)),
            Some(Value::Name(symbol)) => Ok(Cow::Borrowed(self.adapter.symbols.text(*symbol))),
            _ => Err(Fault::NotThere(Load { space: Space::Setting, level: 0, slot: setting, call: 0 })),
        }
    }

    fn random(&self, octets: &mut [u8]) -> Result<(), Fault> {
        self.standing.random.fill(octets).map_err(|error| {
            tracing::error!(%error, "the random source failed");
            Fault::Seal
        })
    }

    fn symbols(&self) -> &Symbols {
        &self.adapter.symbols
    }

    fn now(&self) -> Result<DateTime, Fault> {
        Ok(self.now)
    }

    fn counter(&self, digits: u32) -> Result<u64, Fault> {
        let number = self.counter.get();
        self.counter.set(number + 1);
        Ok(number % 10_u64.checked_pow(digits).unwrap_or(u64::MAX))
    }
}
