//! The postfix machine: runs one expression's code over a stack of values.
//!
//! Jumps are absolute places in [`Expressions::code`]. Lowered code jumps forward only, so a run ends after at most as
//! many steps as the code is long; folds call the machine for each row.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Environment, Fault, Value, fold, function, of_constant};
use crate::program::{Code, ExprId, Expressions};
use crate::value::{Decimal, Outcome};
use smallvec::{SmallVec, smallvec};

/// Values that wait for the operation that takes them. Few expressions are so long that these do not lie beside the machine.
type Stack<'e> = SmallVec<[Value<'e>; 8]>;

/// Values that an operation or a function takes.
pub(super) type Arguments<'e> = SmallVec<[Value<'e>; 4]>;

/// Deepest nesting of folds.
const DEEPEST: u8 = 16;
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Evaluates an expression.
///
/// # Errors
/// See [`Fault`]. With [`Fault::NeedsSeal`] the caller has the seal computed and evaluates again.
pub fn evaluate<'e>(
    expressions: &'e Expressions,
    id: ExprId,
    environment: &'e dyn Environment,
) -> Result<Value<'e>, Fault> {
    Machine { expressions, environment, depth: 0 }.run(id)
}

/// Evaluates a condition; a missing truth is no.
///
/// # Errors
/// As [`evaluate`]; [`Fault::Kind`] if it is no truth.
pub fn truth(expressions: &Expressions, id: ExprId, environment: &dyn Environment) -> Result<bool, Fault> {
    yes(&evaluate(expressions, id, environment)?)
}

/// Makes the fold whose instruction stands at a place of the code: for lists so long that it is made once and kept.
///
/// # Errors
/// As [`evaluate`]; [`Fault::Broken`] where no fold stands.
pub fn folded_at<'e>(
    expressions: &'e Expressions,
    at: u32,
    environment: &'e dyn Environment,
) -> Result<Value<'e>, Fault> {
    let code = *expressions.code.get(at as usize).ok_or(Fault::Broken)?;
    fold::run(Machine { expressions, environment, depth: 0 }, code, at)
}

pub(super) fn yes(value: &Value<'_>) -> Result<bool, Fault> {
    match value {
        Value::Flag(yes) => Ok(*yes),
        Value::Absent => Ok(false),
        _ => Err(Fault::Kind),
    }
}

/// One run, or the run of a fold's row within it.
#[derive(Clone, Copy)]
pub(super) struct Machine<'e> {
    pub(super) expressions: &'e Expressions,
    pub(super) environment: &'e dyn Environment,
    depth: u8,
}

impl<'e> Machine<'e> {
    /// The same, one fold deeper.
    pub(super) fn deeper(self) -> Result<Self, Fault> {
        if self.depth >= DEEPEST { Err(Fault::Broken) } else { Ok(Machine { depth: self.depth + 1, ..self }) }
    }

    pub(super) fn run(self, id: ExprId) -> Result<Value<'e>, Fault> {
        let &(start, end) = self.expressions.ranges.get(id as usize).ok_or(Fault::Broken)?;
        // A lone reference or constant, the usual mapping, needs no stack.
        if end == start + 1 {
            match self.expressions.code.get(start as usize) {
                Some(Code::Load(load)) => return self.load(*load),
                Some(Code::Constant(constant)) => return self.constant(*constant),
                _ => {}
            }
        }
        let mut stack: Stack<'e> = smallvec![];
        let mut at = start;
        while at < end {
            let code = *self.expressions.code.get(at as usize).ok_or(Fault::Broken)?;
            let next = self.step(code, at, &mut stack)?;
            if next <= at {
                return Err(Fault::Broken);
            }
            at = next;
        }
        match (stack.pop(), stack.is_empty()) {
            (Some(value), true) => Ok(value),
            _ => Err(Fault::Broken),
        }
    }

    fn load(self, load: u32) -> Result<Value<'e>, Fault> {
        self.environment.load(self.expressions.loads.get(load as usize).ok_or(Fault::Broken)?)
    }

    fn constant(self, constant: u32) -> Result<Value<'e>, Fault> {
        self.expressions.constants.get(constant as usize).map(of_constant).ok_or(Fault::Broken)
    }

    /// Runs one instruction; gives the place of the next.
    fn step(self, code: Code, at: u32, stack: &mut Stack<'e>) -> Result<u32, Fault> {
        let environment = self.environment;
        let value = match code {
            Code::Constant(constant) => self.constant(constant)?,
            Code::Load(load) => self.load(load)?,
            Code::Join(count) => {
                let parts = take(stack, count as usize)?;
                join(&parts, environment)?
            }
            Code::Add => binary(stack, add)?,
            Code::Subtract => binary(stack, subtract)?,
            Code::Multiply => binary(stack, multiply)?,
            Code::Not => Value::Flag(!yes(&pop(stack)?)?),
            Code::Is => {
                let (right, left) = (pop(stack)?, pop(stack)?);
                Value::Flag(same(&left, &right, environment))
            }
            Code::IsOutcome(kind) => Value::Flag(is_outcome(&pop(stack)?, kind)?),
            Code::Less => Value::Flag(compare(stack, environment)? == Ordering::Less),
            Code::LessOrEqual => Value::Flag(compare(stack, environment)? != Ordering::Greater),
            Code::In(count) => {
                let all = take(stack, (count as usize).checked_add(1).ok_or(Fault::Broken)?)?;
                let (first, rest) = all.split_first().ok_or(Fault::Broken)?;
                Value::Flag(rest.iter().any(|one| same(first, one, environment)))
            }
            Code::JumpIfNot(_)
            | Code::JumpIf(_)
            | Code::Branch(_)
            | Code::Jump(_)
            | Code::JumpIfPresent(_) => {
                return jump(code, at, stack);
            }
            Code::Function(name, count) => {
                let arguments = take(stack, usize::from(count))?;
                function::call(name, arguments, environment)?
            }
            Code::Fold { .. } => fold::run(self, code, at)?,
            Code::Raw(region) => Value::Bytes(environment.raw(region)?),
            Code::RawRange(from, to) => Value::Bytes(environment.raw_range(from, to)?),
            Code::RawWithout(whole, part) => Value::Bytes(environment.raw_without(whole, part)?),
            Code::Length(region) => Value::Number(i128::from(environment.length(region)?)),
            Code::Pairs(set) => {
                let set = self.expressions.pairs.get(set as usize).ok_or(Fault::Broken)?;
                Value::Pairs(environment.pairs(set)?)
            }
            Code::WireText(load) => {
                let load = self.expressions.loads.get(load as usize).ok_or(Fault::Broken)?;
                environment.wire_text(load)?
            }
            Code::Position(load) => {
                let load = self.expressions.loads.get(load as usize).ok_or(Fault::Broken)?;
                Value::Number(i128::from(environment.position(load)?))
            }
            Code::Whole(load) => {
                let load = self.expressions.loads.get(load as usize).ok_or(Fault::Broken)?;
                Value::Flag(environment.whole(load)?)
            }
            Code::Streamed => environment.folded(at)?.ok_or(Fault::NotYet)?,
            Code::Counter(digits) => counter(environment.counter(digits)?, digits)?,
            Code::Now => Value::DateTime(environment.now()?),
        };
        stack.push(value);
        Ok(at + 1)
    }
}

fn jump(code: Code, at: u32, stack: &mut Stack<'_>) -> Result<u32, Fault> {
    let keep = match code {
        Code::Jump(to) => return Ok(to),
        Code::Branch(to) => return Ok(if yes(&pop(stack)?)? { at + 1 } else { to }),
        Code::JumpIfNot(to) => {
            let top = stack.last_mut().ok_or(Fault::Broken)?;
            let go = !yes(top)?;
            *top = Value::Flag(!go);
            go.then_some(to)
        }
        Code::JumpIf(to) => {
            let top = stack.last_mut().ok_or(Fault::Broken)?;
            let go = yes(top)?;
            *top = Value::Flag(go);
            go.then_some(to)
        }
        Code::JumpIfPresent(to) => stack.last().ok_or(Fault::Broken)?.is_present().then_some(to),
        _ => return Err(Fault::Broken),
    };
    match keep {
        Some(to) => Ok(to),
        None => {
            pop(stack)?;
            Ok(at + 1)
        }
    }
}

fn pop<'e>(stack: &mut Stack<'e>) -> Result<Value<'e>, Fault> {
    stack.pop().ok_or(Fault::Broken)
}

fn take<'e>(stack: &mut Stack<'e>, count: usize) -> Result<Arguments<'e>, Fault> {
    let from = stack.len().checked_sub(count).ok_or(Fault::Broken)?;
    Ok(stack.drain(from..).collect())
}

fn binary<'e>(
    stack: &mut Stack<'e>,
    work: fn(Value<'e>, Value<'e>) -> Result<Value<'e>, Fault>,
) -> Result<Value<'e>, Fault> {
    let (right, left) = (pop(stack)?, pop(stack)?);
    if left.is_present() && right.is_present() { work(left, right) } else { Err(Fault::Absent) }
}

fn counter(number: u64, digits: u32) -> Result<Value<'static>, Fault> {
    let mut figures = Vec::new();
    super::number::write_figures(u128::from(number), digits as usize, &mut figures);
    if figures.len() > digits as usize {
        return Err(Fault::Overflow);
    }
    String::from_utf8(figures).map(Value::text).map_err(|_| Fault::Broken)
}

/// Joins texts; with octets or a secret among the parts, octets (texts then stand in the party's charset).
pub(super) fn join<'e>(parts: &[Value<'e>], environment: &'e dyn Environment) -> Result<Value<'e>, Fault> {
    if !parts.iter().any(|part| matches!(part, Value::Bytes(_) | Value::Key(_))) {
        let mut text = String::new();
        for part in parts {
            text.push_str(&part.to_text(environment)?);
        }
        return Ok(Value::text(text));
    }
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&octets(part, environment)?);
    }
    Ok(Value::bytes(bytes))
}

/// A value's octets: bytes as they are, a secret's own, ASCII text as it stands, other text in the party's charset.
pub(super) fn octets<'v>(
    value: &'v Value<'_>,
    environment: &'v dyn Environment,
) -> Result<Cow<'v, [u8]>, Fault> {
    match value {
        Value::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
        Value::Key(key) => environment.secret(key),
        other => {
            let text = other.to_text(environment)?;
            if text.is_ascii() {
                return Ok(match text {
                    Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                    Cow::Owned(text) => Cow::Owned(text.into_bytes()),
                });
            }
            let known = Value::Text(text);
            match environment.seal(crate::model::Function::Encoded, "", std::slice::from_ref(&known))? {
                Value::Bytes(bytes) => Ok(bytes),
                _ => Err(Fault::Kind),
            }
        }
    }
}

fn days_later(days: i128) -> Result<jiff::Span, Fault> {
    let days = i64::try_from(days).map_err(|_| Fault::Overflow)?;
    jiff::Span::new().try_days(days).map_err(|_| Fault::Overflow)
}

fn milliseconds_later(span: i64) -> Result<jiff::Span, Fault> {
    jiff::Span::new().try_milliseconds(span).map_err(|_| Fault::Overflow)
}

fn decimal(number: i128) -> Result<Decimal, Fault> {
    super::number::scaled(number, 0)
}

fn add<'e>(left: Value<'e>, right: Value<'e>) -> Result<Value<'e>, Fault> {
    Ok(match (left, right) {
        (Value::Number(a), Value::Number(b)) => Value::Number(a.checked_add(b).ok_or(Fault::Overflow)?),
        (Value::Decimal(a), Value::Decimal(b)) => Value::Decimal(a.checked_add(b).ok_or(Fault::Overflow)?),
        (Value::Decimal(a), Value::Number(b)) | (Value::Number(b), Value::Decimal(a)) => {
            Value::Decimal(a.checked_add(decimal(b)?).ok_or(Fault::Overflow)?)
        }
        (Value::Date(day), Value::Number(days)) => {
            Value::Date(day.checked_add(days_later(days)?).map_err(|_| Fault::Overflow)?)
        }
        // `1 day` is a span; a date has no time that a part of a day could be taken from.
        (Value::Date(day), Value::Duration(span)) if span % DAY == 0 => {
            Value::Date(day.checked_add(days_later(i128::from(span / DAY))?).map_err(|_| Fault::Overflow)?)
        }
        (Value::DateTime(moment), Value::Number(days)) => {
            Value::DateTime(moment.checked_add(days_later(days)?).map_err(|_| Fault::Overflow)?)
        }
        (Value::DateTime(moment), Value::Duration(span)) => {
            Value::DateTime(moment.checked_add(milliseconds_later(span)?).map_err(|_| Fault::Overflow)?)
        }
        (Value::Duration(a), Value::Duration(b)) => Value::Duration(a.checked_add(b).ok_or(Fault::Overflow)?),
        _ => return Err(Fault::Kind),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "one shape for all that take two values")]
fn subtract<'e>(left: Value<'e>, right: Value<'e>) -> Result<Value<'e>, Fault> {
    let negative = match right {
        Value::Number(number) => Value::Number(number.checked_neg().ok_or(Fault::Overflow)?),
        Value::Decimal(decimal) => Value::Decimal(-decimal),
        Value::Duration(span) => Value::Duration(span.checked_neg().ok_or(Fault::Overflow)?),
        _ => return Err(Fault::Kind),
    };
    add(left, negative)
}

fn multiply<'e>(left: Value<'e>, right: Value<'e>) -> Result<Value<'e>, Fault> {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => Ok(Value::Number(a.checked_mul(b).ok_or(Fault::Overflow)?)),
        (Value::Decimal(a), Value::Number(b)) | (Value::Number(b), Value::Decimal(a)) => {
            product(a, decimal(b)?)
        }
        (Value::Decimal(a), Value::Decimal(b)) => product(a, b),
        _ => Err(Fault::Kind),
    }
}

/// Exact or a fault: the library would drop figures silently beyond 28 of them behind the point.
fn product<'e>(a: Decimal, b: Decimal) -> Result<Value<'e>, Fault> {
    let (a, b) = (a.normalize(), b.normalize());
    let units = a.mantissa().checked_mul(b.mantissa()).ok_or(Fault::Overflow)?;
    super::number::scaled(units, a.scale() + b.scale()).map(Value::Decimal)
}

fn is_outcome(value: &Value<'_>, kind: u8) -> Result<bool, Fault> {
    match value {
        Value::Outcome(outcome) => Ok(matches!(
            (outcome, kind),
            (Outcome::Done(_), 0) | (Outcome::Refused(_), 1) | (Outcome::Unknown, 2)
        )),
        Value::Absent => Ok(false),
        _ => Err(Fault::Kind),
    }
}

/// Equality of the word `is`: absent is absent alone, numbers by value whatever their scale, an outcome without a
/// reason is any of its kind, a name is also its text.
pub(super) fn same(left: &Value<'_>, right: &Value<'_>, environment: &dyn Environment) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Decimal(b)) | (Value::Decimal(b), Value::Number(a)) => {
            decimal(*a).is_ok_and(|a| a == *b)
        }
        (Value::Name(name), Value::Text(text)) | (Value::Text(text), Value::Name(name)) => {
            environment.name(*name) == text.as_ref()
        }
        (Value::Outcome(a), Value::Outcome(b)) => match (a, b) {
            (Outcome::Done(a), Outcome::Done(b)) | (Outcome::Refused(a), Outcome::Refused(b)) => {
                a == b || a.is_none() || b.is_none()
            }
            (a, b) => a == b,
        },
        (Value::Text(text), Value::Bytes(bytes)) | (Value::Bytes(bytes), Value::Text(text)) => {
            text.as_bytes() == bytes.as_ref()
        }
        (a, b) => a == b,
    }
}

fn compare(stack: &mut Stack<'_>, environment: &dyn Environment) -> Result<Ordering, Fault> {
    let (right, left) = (pop(stack)?, pop(stack)?);
    order(&left, &right, environment)
}

/// Which of two values of one kind is the less.
///
/// # Errors
/// [`Fault::Absent`] where one is missing, [`Fault::Kind`] where they have no order.
pub fn order(left: &Value<'_>, right: &Value<'_>, environment: &dyn Environment) -> Result<Ordering, Fault> {
    Ok(match (left, right) {
        (Value::Absent, _) | (_, Value::Absent) => return Err(Fault::Absent),
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
        (Value::Decimal(a), Value::Number(b)) => a.cmp(&decimal(*b)?),
        (Value::Number(a), Value::Decimal(b)) => decimal(*a)?.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::DateTime(a), Value::DateTime(b)) => a.cmp(b),
        (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        (Value::Text(_) | Value::Name(_), Value::Text(_) | Value::Name(_)) => {
            left.to_text(environment)?.cmp(&right.to_text(environment)?)
        }
        _ => return Err(Fault::Kind),
    })
}
