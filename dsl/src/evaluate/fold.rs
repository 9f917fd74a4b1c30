//! Folds over a list: `count(list where c)`, `sum(list.field where c)`.

use super::machine::{Machine, yes};
use super::{Fault, Value};
use crate::program::Code;
use crate::value::{Decimal, Type};

/// Runs a fold at its place in the code. A sum over no rows is zero of its type, the empty text of texts; a missing value
/// adds nothing.
pub(super) fn run<'e>(machine: Machine<'e>, code: Code, at: u32) -> Result<Value<'e>, Fault> {
    let Code::Fold { sum, load, filter, each } = code else { return Err(Fault::Broken) };
    if let Some(known) = machine.environment.folded(at)? {
        return Ok(known);
    }
    let list = machine.expressions.loads.get(load as usize).ok_or(Fault::Broken)?;
    let rows = machine.environment.rows(list)?;
    if !sum && filter == u32::MAX {
        return Ok(Value::Number(i128::from(rows)));
    }
    let inner = machine.deeper()?;
    let mut total = if sum { zero(machine, each) } else { Value::Number(0) };
    for row in 0..rows {
        machine.environment.enter(list, row)?;
        let next = one(inner, filter, each, sum, &total);
        machine.environment.leave(list);
        total = next?;
    }
    Ok(total)
}

fn zero(machine: Machine<'_>, each: u32) -> Value<'static> {
    match machine.expressions.types.get(each as usize) {
        Some(Type::Money { .. }) => Value::Decimal(Decimal::new(0, 2)),
        Some(Type::Decimal { scale, .. }) => Value::Decimal(Decimal::new(0, (*scale).min(28))),
        Some(Type::Text { .. }) => Value::text(""),
        _ => Value::Number(0),
    }
}

fn one<'e>(
    machine: Machine<'e>,
    filter: u32,
    each: u32,
    sum: bool,
    total: &Value<'e>,
) -> Result<Value<'e>, Fault> {
    if filter != u32::MAX && !yes(&machine.run(filter)?)? {
        return Ok(total.clone());
    }
    if !sum {
        return plus(total, &Value::Number(1));
    }
    match machine.run(each)? {
        Value::Absent => Ok(total.clone()),
        value => plus(total, &value),
    }
}

/// The total with one more value: whole numbers, decimals, spans of time; the text of the only row.
fn plus<'e>(total: &Value<'e>, value: &Value<'e>) -> Result<Value<'e>, Fault> {
    Ok(match (total, value) {
        (Value::Number(a), Value::Number(b)) => Value::Number(a.checked_add(*b).ok_or(Fault::Overflow)?),
        (Value::Decimal(a), Value::Decimal(b)) => Value::Decimal(a.checked_add(*b).ok_or(Fault::Overflow)?),
        (Value::Decimal(a), Value::Number(b)) | (Value::Number(b), Value::Decimal(a)) => {
            let b = super::number::scaled(*b, 0)?;
            Value::Decimal(a.checked_add(b).ok_or(Fault::Overflow)?)
        }
        (Value::Number(0), Value::Duration(b)) => Value::Duration(*b),
        (Value::Duration(a), Value::Duration(b)) => {
            Value::Duration(a.checked_add(*b).ok_or(Fault::Overflow)?)
        }
        (Value::Text(a), Value::Text(b)) => Value::text(format!("{a}{b}")),
        _ => return Err(Fault::Kind),
    })
}
