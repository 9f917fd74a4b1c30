//! Templates of what a customer asks, filled with drawn values and earlier answers.

use serde_json::{Map, Value};

/// A template with its values.
pub(crate) fn filled(template: &Value, known: &Map<String, Value>, answers: &[Value]) -> Value {
    match template {
        Value::String(text) => {
            if let Some(path) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
                return looked_up(path, known, answers);
            }
            let mut out = text.clone();
            while let (Some(start), Some(end)) = (out.find('{'), out.find('}')) {
                let value = looked_up(out.get(start + 1..end).unwrap_or(""), known, answers);
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                out.replace_range(start..=end, &value);
            }
            Value::String(out)
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| filled(item, known, answers)).collect()),
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(name, value)| (name.clone(), filled(value, known, answers))).collect(),
        ),
        other => other.clone(),
    }
}

fn looked_up(path: &str, known: &Map<String, Value>, answers: &[Value]) -> Value {
    let (path, picked) = path.split_once('|').map_or((path, None), |(path, picked)| (path, Some(picked)));
    let mut parts = path.split('.');
    let first = parts.next().unwrap_or("");
    let mut value = match first.parse::<usize>() {
        Ok(number) => answers.get(number).cloned().unwrap_or(Value::Null),
        Err(_) => known.get(first).cloned().unwrap_or(Value::Null),
    };
    for part in parts {
        value = value.get(part).cloned().unwrap_or(Value::Null);
    }
    match (picked, value) {
        (Some(picked), Value::Array(rows)) => {
            let pick = |row: &Value| {
                let of = |name: &str| row.get(name).cloned().unwrap_or(Value::Null);
                picked.split(',').map(|name| (name.to_owned(), of(name))).collect()
            };
            Value::Array(rows.iter().map(|row| Value::Object(pick(row))).collect())
        }
        (_, value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_come_from_draws_and_answers() {
        let Value::Object(known) = json!({ "payer": "0319", "reference": "R1" }) else { return };
        let answers = [json!({ "due": "1.00", "items": [{ "id": "A", "due": "1.00", "more": 2 }] })];
        let template =
            json!({ "who": "{payer}", "text": "bill {payer} {reference}", "items": "{0.items|id,due}" });
        let expected =
            json!({ "who": "0319", "text": "bill 0319 R1", "items": [{ "id": "A", "due": "1.00" }] });
        assert_eq!(filled(&template, &known, &answers), expected);
    }
}
