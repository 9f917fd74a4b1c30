//! What is kept of messages: fields by their paths, amounts in fen, records in which nothing stands yet.
//!
//! In: records of messages and of what is asked. Out: what the journal has of them, and records of that again. It must not know
//! exchanges or links.

use super::{Asking, Prepared};
use crate::facts::{Tagged, tag};
use crate::version::{CallRef, Version};
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::model::{CallId, MessageId};
use dsl::program::CallProgram;
use dsl::value::{Decimal, ShapeId, Symbol, Type};

/// Calls that a call speaks of. Its `original.…` are read by the slots of the first.
#[must_use]
pub fn original_calls(call: &CallProgram) -> Vec<CallId> {
    let mut calls = call.call.settles.clone();
    calls.extend(call.call.undoes.iter().copied());
    calls.extend(call.call.about.iter().copied());
    calls
}

/// The request as a message sees it that speaks of another call of the party: fields meet by their paths.
#[must_use]
pub fn as_call(version: &Version, prepared: &Prepared, spoken: CallId) -> Option<Record> {
    let call = prepared.asking.call;
    if call.call == spoken {
        return Some((*prepared.request).clone());
    }
    let spoken = CallRef { module: call.module, call: spoken };
    of_kept(version, spoken, version.call(spoken)?.call.request, &prepared.kept())
}

/// A record of a shape in which nothing stands yet.
#[must_use]
pub fn empty(version: &Version, shape: ShapeId) -> Record {
    let fields = version.compiled.shapes.get(shape.0 as usize).map_or(0, |shape| shape.fields.len());
    Record::new(u16::try_from(fields).unwrap_or(u16::MAX))
}

/// Kept fields of a message, by path.
#[must_use]
pub fn kept(version: &Version, call: CallRef, message: MessageId, record: &Record) -> Tagged {
    let mut tagged = Tagged::new();
    let Some(call) = version.call(call) else { return tagged };
    for (of, slot, level, path) in &call.kept {
        if *of == message
            && *level == 0
            && let Ok(value) = record.value(usize::from(*slot))
            && value.is_present()
        {
            tagged.insert(path.to_string(), tag(&value, version.symbols()));
        }
    }
    tagged
}

/// A message's record with its kept fields alone.
#[must_use]
pub fn of_kept(version: &Version, call: CallRef, message: MessageId, kept: &Tagged) -> Option<Record> {
    let slots = version.module(call.module)?.program.messages.get(usize::from(message.0))?.slots;
    let mut record = Record::new(slots);
    for (of, slot, level, path) in &version.call(call)?.kept {
        if *of != message || *level != 0 {
            continue;
        }
        let value = kept.get(&**path).and_then(|text| crate::facts::untag(text, version.symbols()));
        if let Some(value) = value {
            record.set(usize::from(*slot), &value).ok()?;
        }
    }
    Some(record)
}

/// The amount of an ask in fen, from its field `amount` or `total`.
pub(super) fn amount(asking: &Asking, ask: &Record) -> Option<i64> {
    let shape = asking.version.call(asking.call)?.call.ask?;
    let shape = asking.version.compiled.shapes.get(shape.0 as usize)?;
    let named = |name: &str| {
        shape.fields.iter().position(|field| *field.name == *name && matches!(field.ty, Type::Money { .. }))
    };
    let place = named("amount").or_else(|| named("total"))?;
    match ask.value(place).ok()? {
        Value::Decimal(yuan) => fen(yuan),
        _ => None,
    }
}

/// Whole fen; none of what is not: nothing is rounded (`money-safety.md` 8).
pub(crate) fn fen(yuan: Decimal) -> Option<i64> {
    let mut fen = yuan;
    fen.rescale(2);
    let whole = fen.scale() == 2 && fen == yuan;
    whole.then(|| i64::try_from(fen.mantissa()).ok()).flatten()
}

/// The reason's symbol, interned in this version or none.
#[must_use]
pub fn symbol(version: &Version, reason: &str) -> Option<Symbol> {
    version.symbols().find(reason)
}

#[cfg(test)]
mod tests {
    use super::fen;

    #[test]
    fn what_is_not_whole_fen_is_no_amount() {
        let of = |text: &str| fen(text.parse().unwrap());
        assert_eq!(
            (of("12.34"), of("12"), of("12.3400"), of("-0.01")),
            (Some(1_234), Some(1_200), Some(1_234), Some(-1))
        );
        for text in ["0.005", "12.345", "-0.001", "70000000000000000000000000000"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
