//! Texts of the deployment as typed values.

use dsl::evaluate::Value;
use dsl::value::{Date, DateTime, Decimal, Symbols, Time, Type};

/// A setting's text as a value of its type. The error says what was expected.
///
/// # Errors
/// What the type demands, in words.
pub fn parse_setting(text: &str, ty: &Type, symbols: &Symbols) -> Result<Value<'static>, String> {
    let value = match ty {
        Type::Text { chars, .. } => {
            let count = text.chars().count();
            if count > *chars as usize {
                return Err(format!("at most {chars} characters, found {count}"));
            }
            Value::text(text)
        }
        Type::Digits { min, max } => {
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            if !text.bytes().all(|octet| octet.is_ascii_digit()) || length < *min || length > *max {
                return Err(format!("{min} to {max} figures"));
            }
            Value::text(text)
        }
        Type::Number { min, max } => {
            let number: i128 = text.replace('_', "").parse().map_err(|_| "a whole number".to_owned())?;
            if number < *min || number > *max {
                return Err(format!("a number from {min} to {max}"));
            }
            Value::Number(number)
        }
        Type::Decimal { scale, .. } => decimal(text, *scale)?,
        Type::Money { .. } => decimal(text, 2)?,
        Type::Date => Value::Date(text.parse::<Date>().map_err(|_| "a day such as 2026-11-23".to_owned())?),
        Type::Month => {
            let day =
                format!("{text}-01").parse::<Date>().map_err(|_| "a month such as 2026-11".to_owned())?;
            Value::Date(day)
        }
        Type::Time => Value::Time(clock(text).ok_or_else(|| "a time such as 08:00".to_owned())?),
        Type::DateTime => {
            let moment = text.replace(' ', "T").parse::<DateTime>();
            Value::DateTime(moment.map_err(|_| "a moment such as 2026-11-23 08:00:00".to_owned())?)
        }
        Type::Duration => {
            Value::Duration(duration(text).ok_or_else(|| "a span such as 500ms, 60s, 5m, 24h".to_owned())?)
        }
        Type::Flag => match text {
            "yes" | "true" => Value::Flag(true),
            "no" | "false" => Value::Flag(false),
            _ => return Err("yes or no".to_owned()),
        },
        Type::Names(names) => {
            let known = symbols.find(text).filter(|symbol| names.contains(symbol));
            Value::Name(known.ok_or_else(|| {
                let names: Vec<&str> = names.iter().map(|name| symbols.text(*name)).collect();
                format!("one of {}", names.join(", "))
            })?)
        }
        Type::Bytes { max } => {
            let octets = unhex(text).ok_or_else(|| "octets in hex".to_owned())?;
            if octets.len() as u64 > *max {
                return Err(format!("at most {max} octets"));
            }
            Value::bytes(octets)
        }
        _ => return Err("a type that a setting can have".to_owned()),
    };
    Ok(value)
}

fn decimal(text: &str, scale: u32) -> Result<Value<'static>, String> {
    let mut number: Decimal =
        text.replace('_', "").parse().map_err(|_| format!("a decimal with at most {scale} decimals"))?;
    if number.scale() > scale {
        return Err(format!("a decimal with at most {scale} decimals"));
    }
    number.rescale(scale);
    Ok(Value::Decimal(number))
}

/// `08:00` or `08:00:30`.
pub(crate) fn clock(text: &str) -> Option<Time> {
    let full = if text.len() == 5 { format!("{text}:00") } else { text.to_owned() };
    full.parse().ok()
}

/// Minutes after midnight of `08:00`.
pub(crate) fn minute(text: &str) -> Option<u16> {
    let time = clock(text)?;
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).ok()
}

/// Milliseconds of `500ms`, `60s`, `5m`, `24h`.
pub(crate) fn duration(text: &str) -> Option<i64> {
    let split = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (figures, unit) = text.split_at_checked(split)?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    figures.parse::<i64>().ok()?.checked_mul(factor)
}

/// Whole days of `400d`.
pub(crate) fn days(text: &str) -> Option<u32> {
    text.strip_suffix('d')?.parse::<u16>().ok().map(u32::from)
}

/// Minutes east of UTC of `+08:00`.
pub(crate) fn zone_minutes(text: &str) -> Option<i32> {
    if text == "Z" || text == "UTC" {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let total = hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?;
    (total <= 14 * 60).then_some(sign * total)
}

/// Octets of hex figures.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let octets = text.as_bytes();
    if !octets.len().is_multiple_of(2) {
        return None;
    }
    let pairs = octets.chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    pairs.map(|pair| pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect()
}
