//! Types, forms, constants, meanings and codings as JSON.

use dsl::model::{Meaning, Model, Module, TextCode, XmlForm};
use dsl::value::{Absent, AbsentForm, Calendar, Constant, Endian, Form, Outcome, Side, Size, Type, Unit};
use serde_json::{Value, json};

/// A type of the business, without a wire form.
pub(super) fn of_type(model: &Model, ty: &Type) -> Value {
    match ty {
        Type::Text { chars, private } => {
            json!({ "type": "text", "chars": chars, "private": private.map(dsl::value::Private::word) })
        }
        Type::Digits { min, max } => json!({ "type": "digits", "min": min, "max": max }),
        Type::Number { min, max } => {
            json!({ "type": "number", "min": min.to_string(), "max": max.to_string() })
        }
        Type::Decimal { digits, scale } => json!({ "type": "decimal", "digits": digits, "scale": scale }),
        Type::Money { digits } => json!({ "type": "money", "digits": digits }),
        Type::Names(names) => {
            let names: Vec<&str> = names.iter().map(|name| model.symbols.text(*name)).collect();
            json!({ "type": "one_of", "names": names })
        }
        Type::Bytes { max } => json!({ "type": "bytes", "max": max }),
        Type::List { max, .. } => json!({ "type": "list", "max": max }),
        other => json!({ "type": match other {
            Type::Date => "date",
            Type::Time => "time",
            Type::DateTime => "datetime",
            Type::Month => "month",
            Type::Duration => "duration",
            Type::Flag => "flag",
            Type::Outcome => "outcome",
            Type::Group(_) => "group",
            Type::Key => "key",
            Type::Pairs => "pairs",
            _ => "absent",
        } }),
    }
}

/// How a value is written.
pub(super) fn of_form(module: &Module, form: &Form) -> Value {
    let word = |word: &str| json!({ "form": word });
    match form {
        Form::Text => word("text"),
        Form::Ascii => word("ascii"),
        Form::Digits => word("digits"),
        Form::Number => word("number"),
        Form::Decimal { scale } => json!({ "form": "decimal", "scale": scale }),
        Form::Fen => word("fen"),
        Form::Yuan => word("yuan"),
        Form::Li => word("li"),
        Form::Calendar(calendar, letters) => {
            let word = match calendar {
                Calendar::Date => "date",
                Calendar::Time => "time",
                Calendar::DateTime => "datetime",
                Calendar::Month => "month",
            };
            json!({ "form": word, "letters": &**letters })
        }
        Form::Code(table) => {
            json!({ "form": "code", "codes": module.codes.get(usize::from(*table)).map(|table| &*table.name) })
        }
        Form::Flag(yes, no) => json!({ "form": "flag", "yes": &**yes, "no": &**no }),
        Form::Bytes => word("bytes"),
        Form::Integer { endian, implied } => {
            let first = match endian {
                Endian::Big => "most significant",
                Endian::Little => "least significant",
            };
            json!({ "form": "integer", "first": first, "implied": implied })
        }
        Form::Packed { implied } => json!({ "form": "packed", "implied": implied }),
        Form::Zoned { implied } => json!({ "form": "zoned", "implied": implied }),
    }
}

/// How much room: exactly `size`, or from `least` to `most`, in this unit.
pub(super) fn of_size(size: Size, unit: Unit) -> Value {
    let unit = match unit {
        Unit::Bytes => "bytes",
        Unit::Chars => "chars",
        Unit::Digits => "digits",
        Unit::Bits => "bits",
    };
    match size {
        Size::Fixed(size) => json!({ "unit": unit, "least": size, "most": size }),
        Size::Range { min, max } => json!({ "unit": unit, "least": min, "most": max }),
        Size::ByForm => Value::Null,
    }
}

/// What fills a value up to its width.
pub(super) fn of_fill((side, octet): (Side, u8)) -> Value {
    let side = match side {
        Side::Left => "left",
        Side::Right => "right",
    };
    json!({ "side": side, "octet": octet })
}

/// What stands where a value is missing: the first is written, each is read.
pub(super) fn of_absent(absent: &Absent) -> Value {
    match absent {
        Absent::Never => json!("never"),
        Absent::LeftOut => json!("left_out"),
        Absent::As(forms) => forms
            .iter()
            .map(|form| match form {
                AbsentForm::Empty => json!("empty"),
                AbsentForm::Blank => json!("blank"),
                AbsentForm::Zero => json!("zero"),
                AbsentForm::Text(text) => json!({ "text": &**text }),
            })
            .collect(),
    }
}

/// A constant: numbers and amounts by their figures, octets in hex.
pub(super) fn of_constant(model: &Model, constant: &Constant) -> Value {
    match constant {
        Constant::Absent => Value::Null,
        Constant::Flag(flag) => json!(flag),
        Constant::Number(number) => json!({ "number": number.to_string() }),
        Constant::Decimal(decimal) => json!({ "decimal": decimal.to_string() }),
        Constant::Text(text) => json!(&**text),
        Constant::Bytes(octets) => json!({ "hex": hex(octets) }),
        Constant::Name(name) => json!({ "name": model.symbols.text(*name) }),
        Constant::Outcome(outcome) => json!({ "outcome": of_outcome(model, *outcome) }),
        Constant::Date(date) => json!({ "date": date.to_string() }),
        Constant::Time(time) => json!({ "time": time.to_string() }),
        Constant::DateTime(moment) => json!({ "datetime": moment.to_string() }),
        Constant::Duration(span) => json!({ "duration_ms": span }),
    }
}

/// Octets in hex.
pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

/// `done`, `refused already_paid`, `unknown`.
pub(super) fn of_outcome(model: &Model, outcome: Outcome) -> String {
    match outcome {
        Outcome::Done(Some(reason)) | Outcome::Refused(Some(reason)) => {
            format!("{outcome} {}", model.symbols.text(reason))
        }
        other => other.to_string(),
    }
}

/// What a code says.
pub(super) fn of_meaning(model: &Model, meaning: Meaning) -> Value {
    match meaning {
        Meaning::Outcome(outcome) => json!({ "outcome": of_outcome(model, outcome) }),
        Meaning::Name(name) => json!({ "name": model.symbols.text(name) }),
        Meaning::Refuse(reason) => json!({ "message_refused": model.symbols.text(reason) }),
        Meaning::Wait(wait) => json!({ "wait_ms": wait }),
    }
}

/// How ISO 8583 writes figures.
pub(super) fn of_text_code(code: TextCode) -> &'static str {
    match code {
        TextCode::Ascii => "ascii",
        TextCode::Bcd => "bcd",
        TextCode::Ebcdic => "ebcdic",
    }
}

/// A party's form of XML: templates with `{name}`, `{value}`, `{items}`, `{index}`, `{fields}`.
pub(super) fn of_xml_form(module: &Module, form: &XmlForm) -> Value {
    json!({
        "name": &*form.name,
        "start": form.start.as_deref(),
        "value": form.value.as_deref(),
        "list": form.list.as_deref(),
        "item": form.item.as_deref(),
        "group": form.group.as_deref(),
        "values_in_attributes": form.attributes,
        "texts_coded": super::field::codings(module, &form.text),
        "bytes_coded": super::field::codings(module, &form.bytes),
        "unknown_kept": form.unknown_kept,
    })
}
