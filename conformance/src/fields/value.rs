//! One value: typed, or as JSON.

use dsl::evaluate::Value as Typed;
use dsl::model::Meaning;
use dsl::program::{Codes, Program, WireForm};
use dsl::value::{Date, DateTime, Decimal, Form, Outcome, Size, Symbols, Time, Type, Unit};
use serde_json::Value;

/// A value as JSON; none for what is absent, a list or a key.
#[must_use]
pub fn to_json(value: &Typed<'_>, ty: &Type, symbols: &Symbols) -> Option<Value> {
    Some(match value {
        Typed::Absent | Typed::Key(_) | Typed::Pairs(_) | Typed::Rows(_) => return None,
        Typed::Flag(yes) => Value::Bool(*yes),
        Typed::Number(number) => number_json(*number),
        Typed::Decimal(decimal) if matches!(ty, Type::Money { .. }) => {
            let fen = decimal.checked_mul(Decimal::ONE_HUNDRED)?.normalize();
            if fen.scale() == 0 { number_json(fen.mantissa()) } else { Value::String(decimal.to_string()) }
        }
        Typed::Decimal(decimal) => Value::String(decimal.to_string()),
        Typed::Text(text) => Value::String(text.to_string()),
        Typed::Bytes(octets) => Value::String(octets.iter().map(|octet| format!("{octet:02X}")).collect()),
        Typed::Name(symbol) => Value::String(symbols.text(*symbol).to_owned()),
        Typed::Outcome(outcome) => Value::String(outcome_word(*outcome, symbols)),
        Typed::Date(date) if *ty == Type::Month => {
            Value::String(format!("{:04}-{:02}", date.year(), date.month()))
        }
        Typed::Date(date) => Value::String(date.to_string()),
        Typed::Time(time) => Value::String(time.to_string()),
        Typed::DateTime(moment) => Value::String(moment.to_string()),
        Typed::Duration(span) => Value::from(*span),
    })
}

fn number_json(number: i128) -> Value {
    i64::try_from(number).map_or_else(|_| Value::String(number.to_string()), Value::from)
}

/// `done`, `unknown`, `refused`, or the reason.
fn outcome_word(outcome: Outcome, symbols: &Symbols) -> String {
    match outcome {
        Outcome::Done(Some(reason)) | Outcome::Refused(Some(reason)) => symbols.text(reason).to_owned(),
        other => other.to_string(),
    }
}

/// JSON as a value of a type. An amount is whole fen as a number, or yuan as text.
///
/// # Errors
/// What the type demands, in words.
pub fn from_json(value: &Value, ty: &Type, symbols: &Symbols) -> Result<Typed<'static>, String> {
    let text = plain(value);
    let text = text.as_deref();
    let typed = match ty {
        _ if value.is_null() => Some(Typed::Absent),
        Type::Text { .. } => text.map(Typed::text),
        Type::Digits { min, .. } => text.map(|text| match value {
            Value::Number(_) => Typed::text(format!("{text:0>width$}", width = *min as usize)),
            _ => Typed::text(text),
        }),
        Type::Number { .. } => text.and_then(|text| text.parse().ok()).map(Typed::Number),
        Type::Money { .. } => money(value),
        Type::Decimal { .. } => text.and_then(|text| text.parse().ok()).map(Typed::Decimal),
        Type::Date => text.and_then(|text| text.parse::<Date>().ok()).map(Typed::Date),
        Type::Month => text.and_then(|text| format!("{text}-01").parse::<Date>().ok()).map(Typed::Date),
        Type::Time => text.and_then(|text| text.parse::<Time>().ok()).map(Typed::Time),
        Type::DateTime => {
            text.and_then(|text| text.replace(' ', "T").parse::<DateTime>().ok()).map(Typed::DateTime)
        }
        Type::Duration => value.as_i64().map(Typed::Duration),
        Type::Flag => flag(value),
        Type::Names(names) => {
            let known = text.and_then(|text| symbols.find(text)).filter(|symbol| names.contains(symbol));
            known.map(Typed::Name)
        }
        Type::Outcome => text.and_then(|text| outcome(text, symbols)).map(Typed::Outcome),
        Type::Bytes { .. } => text.and_then(octets).map(Typed::bytes),
        _ => None,
    };
    typed.ok_or_else(|| expected(ty, symbols))
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn money(value: &Value) -> Option<Typed<'static>> {
    let mut amount = match value {
        Value::Number(fen) => Decimal::try_from_i128_with_scale(i128::from(fen.as_i64()?), 2).ok()?,
        Value::String(yuan) => yuan.parse::<Decimal>().ok()?,
        _ => return None,
    };
    if amount.normalize().scale() > 2 {
        return None;
    }
    amount.rescale(2);
    Some(Typed::Decimal(amount))
}

fn flag(value: &Value) -> Option<Typed<'static>> {
    match value {
        Value::Bool(yes) => Some(Typed::Flag(*yes)),
        Value::Number(number) => match number.as_i64() {
            Some(0) => Some(Typed::Flag(false)),
            Some(1) => Some(Typed::Flag(true)),
            _ => None,
        },
        Value::String(text) if text == "yes" => Some(Typed::Flag(true)),
        Value::String(text) if text == "no" => Some(Typed::Flag(false)),
        _ => None,
    }
}

/// An outcome by its word: `done`, `refused`, `unknown`, or `done x`, `refused x`; a reason alone is a refusal.
pub(crate) fn outcome(text: &str, symbols: &Symbols) -> Option<Outcome> {
    let (kind, reason) = text.split_once(' ').map_or((text, None), |(kind, reason)| (kind, Some(reason)));
    let reason = match reason {
        Some(reason) => Some(symbols.find(reason)?),
        None => None,
    };
    match kind {
        "done" => Some(Outcome::Done(reason)),
        "refused" => Some(Outcome::Refused(reason)),
        "unknown" => Some(Outcome::Unknown),
        other => symbols.find(other).map(|reason| Outcome::Refused(Some(reason))),
    }
}

/// Octets of hex figures.
pub(crate) fn octets(text: &str) -> Option<Vec<u8>> {
    let figures = text.as_bytes();
    if !figures.len().is_multiple_of(2) {
        return None;
    }
    let pairs = figures.chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    pairs.map(|pair| pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect()
}

fn expected(ty: &Type, symbols: &Symbols) -> String {
    match ty {
        Type::Text { .. } => "a text".to_owned(),
        Type::Digits { min, max } => format!("{min} to {max} figures"),
        Type::Number { min, max } => format!("a number from {min} to {max}"),
        Type::Decimal { scale, .. } => format!("a decimal as text with at most {scale} decimals"),
        Type::Money { .. } => "whole fen, or yuan as text".to_owned(),
        Type::Date => "a day such as 2026-11-23".to_owned(),
        Type::Month => "a month such as 2026-11".to_owned(),
        Type::Time => "a time such as 13:45:01".to_owned(),
        Type::DateTime => "a moment such as 2026-11-23T13:45:01".to_owned(),
        Type::Duration => "milliseconds".to_owned(),
        Type::Flag => "true or false".to_owned(),
        Type::Names(names) => {
            let names: Vec<&str> = names.iter().map(|name| symbols.text(*name)).collect();
            format!("one of {}", names.join(", "))
        }
        Type::Outcome => "done, refused, unknown or a reason".to_owned(),
        Type::Bytes { .. } => "octets in hex".to_owned(),
        Type::List { .. } => "a list".to_owned(),
        Type::Group(_) => "a group of fields".to_owned(),
        _ => "nothing".to_owned(),
    }
}

/// What a word means in a code table: a name, an outcome word, a reason of any of its rows.
pub(crate) fn meaning(codes: &Codes, text: &str, symbols: &Symbols) -> Option<Typed<'static>> {
    let meanings =
        || codes.rows.iter().map(|(_, meaning, _)| *meaning).chain(codes.other).chain(codes.absent);
    if !codes.outcomes {
        let symbol = symbols.find(text)?;
        return meanings().any(|meaning| meaning == Meaning::Name(symbol)).then_some(Typed::Name(symbol));
    }
    let named = |wanted: Outcome| match wanted {
        Outcome::Done(Some(reason)) | Outcome::Refused(Some(reason)) => symbols.text(reason) == text,
        other => other.to_string() == text,
    };
    let found = meanings().find_map(|meaning| match meaning {
        Meaning::Outcome(outcome) if named(outcome) => Some(outcome),
        _ => None,
    });
    found.or_else(|| outcome(text, symbols)).map(Typed::Outcome)
}

/// The least value of a wire form's type; none where there is nothing to be written.
pub(crate) fn least(wire: &WireForm, program: &Program, now: DateTime) -> Option<Typed<'static>> {
    if let Form::Code(table) = wire.form {
        let codes = program.codes.get(table as usize)?;
        return codes.rows.iter().find_map(|(_, meaning, _)| match meaning {
            Meaning::Name(symbol) => Some(Typed::Name(*symbol)),
            Meaning::Outcome(outcome) => Some(Typed::Outcome(*outcome)),
            _ => None,
        });
    }
    let units = match (wire.size, wire.unit) {
        (Size::Fixed(units), _) if wire.fill.is_none() => units,
        (Size::Range { min, .. }, Unit::Bytes | Unit::Chars | Unit::Digits) => min,
        _ => 0,
    };
    Some(match &wire.ty {
        Type::Text { .. } => Typed::text(" ".repeat(units as usize)),
        Type::Digits { min, .. } => Typed::text("0".repeat((*min).max(units) as usize)),
        Type::Number { min, max } => Typed::Number(if *min > 0 || *max < 0 { *min } else { 0 }),
        Type::Money { .. } => Typed::Decimal(Decimal::new(0, 2)),
        Type::Decimal { scale, .. } => Typed::Decimal(Decimal::new(0, *scale)),
        Type::Date => Typed::Date(now.date()),
        Type::Month => Typed::Date(now.date().first_of_month()),
        Type::Time => Typed::Time(now.time()),
        Type::DateTime => Typed::DateTime(now),
        Type::Flag => Typed::Flag(false),
        Type::Bytes { .. } => Typed::bytes(vec![0; units as usize]),
        Type::Names(names) => Typed::Name(*names.first()?),
        _ => return None,
    })
}
