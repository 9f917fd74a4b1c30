//! The functions of the vocabulary (`grammar.md` 5) on values; those over bytes, charsets and keys go out through
//! [`Environment::seal`].
//!
//! | function | exactly |
//! | --- | --- |
//! | `first last` | characters of a text, octets of bytes; all of a shorter one |
//! | `pad(t, n, fill)` | filled in front with the first character of `fill` up to n characters; never cut |
//! | `upper lower` | letters of ASCII alone |
//! | `trim` | blanks on both sides, ideographic ones too |
//! | `replace(t, a, b)` | every a, from the left; an empty a changes nothing |
//! | `join(sep, …)` | missing values are left out; pairs count as their values |
//! | `lines(…)` | joined by LF, none at the end |
//! | `sorted` | by octets of the name, then of the value |
//! | `values(…)` | pairs without their names, in order |
//! | `format` | letters of [`super::calendar`] |
//! | `utc(d)` | the moment in the zone of Greenwich |
//! | `epoch(d)` | whole seconds since 1970-01-01 00:00 UTC |
//! | `days(a, b)` | calendar days from a to b, negative if b is earlier |
//! | `end_of_day(d)` | 23:59:59 of that day |
//! | `fen(money)` | whole fen, exact |
//! | `round(x, how)` | `half_up half_even down up`, to the scale of the result's type |
//! | `duration(n, unit)` | `ms s m h d` |
//! | `length_of` | characters of a text, octets of bytes |

use std::borrow::Cow;

use super::machine::{Arguments, join, octets, yes};
use super::number::{self, Read};
use super::{Environment, Fault, Value, calendar, coded, private};
use crate::model::Function;
use crate::value::{Calendar, Date, DateTime, Decimal, Private, Time};
use rust_decimal::RoundingStrategy;

/// Longest text or bytes that a function makes out of a number (`nul`, `pad`).
const LONGEST: i128 = 1 << 20;

/// Calls a function; arguments are there but where the language says otherwise.
pub(super) fn call<'e>(
    function: Function,
    mut arguments: Arguments<'e>,
    environment: &'e dyn Environment,
) -> Result<Value<'e>, Fault> {
    use Function as F;
    match function {
        F::If => return choose(arguments),
        F::Either => return Ok(arguments.into_iter().find(Value::is_present).unwrap_or(Value::Absent)),
        F::Present => return Ok(Value::Flag(arguments.first().is_some_and(Value::is_present))),
        F::JoinWith => arguments = present(arguments),
        F::Encrypt | F::Decrypt | F::Signature => {}
        _ if arguments.iter().any(|one| !one.is_present()) => return Err(Fault::Absent),
        _ => {}
    }
    match function {
        F::First | F::Last => part(function == F::First, arguments),
        F::Replace | F::Upper | F::Lower | F::Trim | F::Pad | F::Mask | F::Text => {
            text(function, &arguments, environment)
        }
        F::JoinWith => join_with(arguments, environment),
        F::Lines => {
            arguments.insert(0, Value::Text(Cow::Borrowed("\n")));
            join_with(arguments, environment)
        }
        F::Sorted | F::Flat | F::Values | F::JoinPairs => pairs(function, arguments, environment),
        F::Format | F::ParseDate | F::Utc | F::Epoch | F::Days | F::EndOfDay | F::Duration => {
            time(function, &arguments, environment)
        }
        F::Number | F::Fen | F::Round | F::InWords => figures(function, &arguments, environment),
        F::LengthOf => length(arguments.first().ok_or(Fault::Broken)?, environment),
        F::Hex
        | F::HexUpper
        | F::Base64
        | F::UrlEncoded
        | F::FromHex
        | F::FromBase64
        | F::Nul
        | F::CutOut => bytes(function, &arguments, environment),
        F::Digest
        | F::Hmac
        | F::Mac
        | F::Signature
        | F::Encrypt
        | F::Decrypt
        | F::RandomKey
        | F::Checksum
        | F::Encoded => {
            let (algorithm, rest) = arguments.split_first().ok_or(Fault::Broken)?;
            let (needed, optional) = rest.split_at_checked(rest.len().min(2)).ok_or(Fault::Broken)?;
            if needed.iter().any(|one| !one.is_present()) {
                return Err(Fault::Absent);
            }
            let optional = optional.iter().take_while(|one| one.is_present()).count();
            let algorithm = algorithm.to_text(environment)?;
            environment.seal(function, &algorithm, rest.get(..needed.len() + optional).unwrap_or(needed))
        }
        F::Kcv => {
            let (of, cipher) = arguments.split_at_checked(2).ok_or(Fault::Broken)?;
            let cipher = match cipher.first() {
                Some(cipher) if !cipher.is_present() => return Err(Fault::Absent),
                Some(cipher) => cipher.to_text(environment)?,
                None => Cow::Borrowed(""),
            };
            environment.seal(function, &cipher, of)
        }
        F::If | F::Either | F::Present | F::Position | F::Whole => Err(Fault::Broken),
    }
}

fn choose(arguments: Arguments<'_>) -> Result<Value<'_>, Fault> {
    let [condition, then, otherwise] = take(arguments)?;
    Ok(if yes(&condition)? { then } else { otherwise })
}

fn take<const N: usize>(arguments: Arguments<'_>) -> Result<[Value<'_>; N], Fault> {
    if arguments.len() != N {
        return Err(Fault::Broken);
    }
    let mut arguments = arguments.into_iter();
    Ok(std::array::from_fn(|_| arguments.next().unwrap_or(Value::Absent)))
}

fn at<'a, 'e>(arguments: &'a [Value<'e>], index: usize) -> Result<&'a Value<'e>, Fault> {
    arguments.get(index).ok_or(Fault::Broken)
}

fn present(arguments: Arguments<'_>) -> Arguments<'_> {
    arguments.into_iter().filter(Value::is_present).collect()
}

fn whole(value: &Value<'_>) -> Result<i128, Fault> {
    if let Value::Number(number) = value { Ok(*number) } else { Err(Fault::Kind) }
}

fn count(value: &Value<'_>) -> Result<usize, Fault> {
    let number = whole(value)?;
    if number > LONGEST { Err(Fault::TooLong) } else { usize::try_from(number).map_err(|_| Fault::Kind) }
}

fn part(first: bool, arguments: Arguments<'_>) -> Result<Value<'_>, Fault> {
    let [wanted, from] = take(arguments)?;
    let wanted = count(&wanted)?;
    Ok(match from {
        Value::Text(text) => {
            let has = text.chars().count();
            let cut = if first { wanted } else { has.saturating_sub(wanted) };
            let at = text.char_indices().nth(cut).map_or(text.len(), |(at, _)| at);
            Value::Text(slice(text, at, first))
        }
        Value::Bytes(bytes) => {
            let at = if first { wanted.min(bytes.len()) } else { bytes.len().saturating_sub(wanted) };
            Value::Bytes(match bytes {
                Cow::Borrowed(bytes) => {
                    let (before, behind) = bytes.split_at_checked(at).ok_or(Fault::Broken)?;
                    Cow::Borrowed(if first { before } else { behind })
                }
                Cow::Owned(mut bytes) => {
                    let behind = bytes.split_off(at.min(bytes.len()));
                    Cow::Owned(if first { bytes } else { behind })
                }
            })
        }
        _ => return Err(Fault::Kind),
    })
}

/// The part before or behind a border of characters.
fn slice(text: Cow<'_, str>, at: usize, first: bool) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => {
            let (before, behind) = text.split_at_checked(at).unwrap_or((text, ""));
            Cow::Borrowed(if first { before } else { behind })
        }
        Cow::Owned(mut text) => {
            if !text.is_char_boundary(at) {
                return Cow::Owned(text);
            }
            let behind = text.split_off(at);
            Cow::Owned(if first { text } else { behind })
        }
    }
}

fn text<'e>(
    function: Function,
    arguments: &[Value<'e>],
    environment: &'e dyn Environment,
) -> Result<Value<'e>, Fault> {
    let main = at(arguments, 0)?.to_text(environment)?;
    Ok(Value::text(match function {
        Function::Upper => main.to_ascii_uppercase(),
        Function::Lower => main.to_ascii_lowercase(),
        Function::Trim => main.trim().to_owned(),
        Function::Text => main.into_owned(),
        Function::Replace => {
            let (old, new) =
                (at(arguments, 1)?.to_text(environment)?, at(arguments, 2)?.to_text(environment)?);
            if old.is_empty() { main.into_owned() } else { main.replace(old.as_ref(), &new) }
        }
        Function::Pad => {
            let wanted = count(at(arguments, 1)?)?;
            let fill = at(arguments, 2)?.to_text(environment)?.chars().next().ok_or(Fault::Kind)?;
            let missing = wanted.saturating_sub(main.chars().count());
            std::iter::repeat_n(fill, missing).chain(main.chars()).collect()
        }
        _ => {
            let kind = match arguments.get(1) {
                Some(word) => {
                    let word = word.to_text(environment)?;
                    Private::WORDS.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
                }
                None => None,
            };
            private::masked(kind, &main)
        }
    }))
}

/// Joins the rest by the first; pairs count as their values.
fn join_with<'e>(arguments: Arguments<'e>, environment: &'e dyn Environment) -> Result<Value<'e>, Fault> {
    let mut arguments = arguments.into_iter();
    let separator = arguments.next().ok_or(Fault::Broken)?;
    let mut parts = Vec::new();
    for argument in arguments {
        match argument {
            Value::Pairs(pairs) => {
                for (_, value) in pairs {
                    separate(&mut parts, &separator);
                    parts.push(Value::bytes(value));
                }
            }
            other => {
                separate(&mut parts, &separator);
                parts.push(other);
            }
        }
    }
    join(&parts, environment)
}

fn separate<'e>(parts: &mut Vec<Value<'e>>, separator: &Value<'e>) {
    if !parts.is_empty() {
        parts.push(separator.clone());
    }
}

fn pairs<'e>(
    function: Function,
    mut arguments: Arguments<'e>,
    environment: &'e dyn Environment,
) -> Result<Value<'e>, Fault> {
    match function {
        Function::Sorted => {
            let [Value::Pairs(mut pairs)] = take(arguments)? else { return Err(Fault::Kind) };
            pairs.sort();
            Ok(Value::Pairs(pairs))
        }
        Function::Flat => {
            let [Value::Pairs(pairs)] = take(arguments)? else { return Err(Fault::Kind) };
            Ok(Value::Pairs(super::flat::flat(pairs)?))
        }
        Function::Values => {
            let mut values = Vec::new();
            for argument in arguments {
                match argument {
                    Value::Pairs(pairs) => {
                        values.extend(pairs.into_iter().map(|(_, value)| (Vec::new(), value)));
                    }
                    other => values.push((Vec::new(), octets(&other, environment)?.into_owned())),
                }
            }
            Ok(Value::Pairs(values))
        }
        _ => {
            let Some(Value::Pairs(pairs)) = arguments.pop() else { return Err(Fault::Kind) };
            let [between, behind] = take(arguments)?;
            let (between, behind) = (octets(&between, environment)?, octets(&behind, environment)?);
            let mut out = Vec::new();
            for (at, (name, value)) in pairs.iter().enumerate() {
                if at > 0 {
                    out.extend_from_slice(&behind);
                }
                out.extend_from_slice(name);
                out.extend_from_slice(&between);
                out.extend_from_slice(value);
            }
            Ok(Value::bytes(out))
        }
    }
}

fn moment(value: &Value<'_>) -> Result<DateTime, Fault> {
    calendar::moment(value).ok_or(Fault::Kind)
}

fn seconds(moment: DateTime) -> i64 {
    let epoch = Date::constant(1970, 1, 1).to_datetime(Time::midnight());
    moment.duration_since(epoch).as_secs()
}

fn time<'e>(
    function: Function,
    arguments: &[Value<'e>],
    environment: &'e dyn Environment,
) -> Result<Value<'e>, Fault> {
    let main = at(arguments, 0)?;
    Ok(match function {
        Function::Format => {
            let form = at(arguments, 1)?.to_text(environment)?;
            let mut out = Vec::new();
            calendar::write(&form, moment(main)?, &mut out)?;
            Value::text(String::from_utf8(out).map_err(|_| Fault::Broken)?)
        }
        Function::ParseDate => {
            let form = at(arguments, 1)?.to_text(environment)?;
            let text = main.to_text(environment)?;
            calendar::read(kind_of(&form), &form, text.as_bytes(), None)?
        }
        Function::Utc => {
            let Value::DateTime(moment) = main else { return Err(Fault::Kind) };
            let zone = jiff::Span::new().seconds(calendar::ZONE_SECONDS);
            Value::DateTime(moment.checked_sub(zone).map_err(|_| Fault::Overflow)?)
        }
        Function::Epoch => Value::Number(i128::from(calendar::epoch(moment(main)?))),
        Function::Days => {
            let (from, to) = (moment(main)?.date(), moment(at(arguments, 1)?)?.date());
            let midnight = Time::midnight();
            let span = seconds(to.to_datetime(midnight)) - seconds(from.to_datetime(midnight));
            Value::Number(i128::from(span / 86_400))
        }
        Function::EndOfDay => {
            Value::DateTime(moment(main)?.date().to_datetime(Time::constant(23, 59, 59, 0)))
        }
        _ => duration(main, &at(arguments, 1)?.to_text(environment)?)?,
    })
}

/// The type that a form of `parse_date` gives.
fn kind_of(form: &str) -> Calendar {
    let (day, time) = (form.contains('d'), form.contains('H'));
    match (form.contains('y') || form.contains('M') || day, time) {
        (true, true) => Calendar::DateTime,
        (false, _) => Calendar::Time,
        (true, false) if day => Calendar::Date,
        (true, false) => Calendar::Month,
    }
}

fn duration<'e>(value: &Value<'_>, unit: &str) -> Result<Value<'e>, Fault> {
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(Fault::Kind),
    };
    let span = whole(value)?.checked_mul(factor).ok_or(Fault::Overflow)?;
    i64::try_from(span).map(Value::Duration).map_err(|_| Fault::Overflow)
}

fn figures<'e>(
    function: Function,
    arguments: &[Value<'e>],
    environment: &'e dyn Environment,
) -> Result<Value<'e>, Fault> {
    let main = at(arguments, 0)?;
    match function {
        Function::Fen => match main {
            Value::Decimal(amount) => Ok(Value::Number(number::fen(*amount)?)),
            _ => Err(Fault::Kind),
        },
        Function::InWords => match main {
            Value::Decimal(amount) => Ok(Value::Text(super::words::in_words(*amount)?.into())),
            _ => Err(Fault::Kind),
        },
        Function::Number => {
            let read = number::read_text(&main.to_text(environment)?)?;
            // A second argument is the scale of a result that is a decimal.
            let scale = arguments.get(1).map(whole).transpose()?;
            match (read, scale) {
                (Read::Whole(whole), None) => Ok(Value::Number(whole)),
                (Read::Decimal(_), None) => Err(Fault::NotNumber),
                (Read::Whole(whole), Some(scale)) => {
                    Ok(Value::Decimal(at_scale(number::scaled(whole, 0)?, scale)?))
                }
                (Read::Decimal(decimal), Some(scale)) => Ok(Value::Decimal(at_scale(decimal, scale)?)),
            }
        }
        _ => {
            let how = at(arguments, 1)?.to_text(environment)?;
            let scale = arguments.get(2).map_or(Ok(2), whole)?;
            match main {
                Value::Number(whole) => Ok(Value::Number(*whole)),
                Value::Decimal(decimal) => rounded(*decimal, &how, scale),
                _ => Err(Fault::Kind),
            }
        }
    }
}

/// The same value with exactly this scale.
fn at_scale(value: Decimal, scale: i128) -> Result<Decimal, Fault> {
    let scale = u32::try_from(scale).map_err(|_| Fault::Kind)?;
    number::scaled(number::units(value, scale)?, scale)
}

fn rounded<'e>(value: Decimal, how: &str, scale: i128) -> Result<Value<'e>, Fault> {
    let strategy = match how {
        "half_up" => RoundingStrategy::MidpointAwayFromZero,
        "half_even" => RoundingStrategy::MidpointNearestEven,
        "down" => RoundingStrategy::ToZero,
        "up" => RoundingStrategy::AwayFromZero,
        _ => return Err(Fault::Kind),
    };
    let places = u32::try_from(scale).map_err(|_| Fault::Kind)?;
    at_scale(value.round_dp_with_strategy(places, strategy), scale).map(Value::Decimal)
}

fn length<'e>(value: &Value<'e>, environment: &'e dyn Environment) -> Result<Value<'e>, Fault> {
    let length = match value {
        Value::Bytes(bytes) => bytes.len(),
        Value::Pairs(pairs) => pairs.len(),
        Value::Rows(rows) => *rows as usize,
        Value::Key(key) => environment.secret(key)?.len(),
        other => other.to_text(environment)?.chars().count(),
    };
    i128::try_from(length).map(Value::Number).map_err(|_| Fault::Overflow)
}

fn ascii<'e>(octets: Vec<u8>) -> Result<Value<'e>, Fault> {
    String::from_utf8(octets).map(Value::text).map_err(|_| Fault::Broken)
}

fn bytes<'e>(
    function: Function,
    arguments: &[Value<'e>],
    environment: &'e dyn Environment,
) -> Result<Value<'e>, Fault> {
    let main = at(arguments, 0)?;
    if function == Function::Nul {
        return Ok(Value::bytes(vec![0; count(main)?]));
    }
    let main = octets(main, environment)?;
    match function {
        Function::Hex => ascii(coded::to_hex(&main, false)),
        Function::HexUpper => ascii(coded::to_hex(&main, true)),
        Function::Base64 => ascii(coded::to_base64(&main, false)),
        Function::UrlEncoded => ascii(coded::to_url(&main)),
        Function::FromHex => Ok(Value::bytes(coded::from_hex(&main)?)),
        Function::FromBase64 => Ok(Value::bytes(coded::from_base64(&main, false)?)),
        _ => {
            let part = octets(at(arguments, 1)?, environment)?;
            let from = main.windows(part.len().max(1)).position(|window| window == part.as_ref());
            let from = from.ok_or(Fault::Kind)?;
            let (before, behind) = main.split_at_checked(from).ok_or(Fault::Broken)?;
            let behind = behind.get(part.len()..).ok_or(Fault::Broken)?;
            Ok(Value::bytes([before, behind].concat()))
        }
    }
}
