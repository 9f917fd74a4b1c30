//! Values of a wire form: its borders first.
//!
//! In: a wire form and its tables. Out: values that the form and its type allow, none of which means "absent", and none
//! that the form could not give back (a text that ends with its own filling).

use crate::scene::Adapter;
use adapters::charset::{self, Charset};
use dsl::evaluate::{Value, calendar};
use dsl::model::Meaning;
use dsl::program::{FormatForm, Program, WireForm, Write};
use dsl::value::{
    Absent, AbsentForm, Calendar, Date, DateTime, Decimal, Form, Letters, Side, Size, Symbols, Time, Type,
    Unit,
};

/// Longest text that is made.
const LONGEST: usize = 600;
/// A moment like any other.
pub(super) const NOW: DateTime = Date::constant(2026, 11, 23).to_datetime(Time::constant(13, 45, 1, 0));

/// Values by wire form.
pub(super) struct Values {
    by_wire: Vec<Vec<Value<'static>>>,
}

impl Values {
    pub(super) fn new(adapter: &Adapter) -> Self {
        let program = &adapter.module.program;
        let maker = Maker { program, symbols: &adapter.symbols, forbidden: forbidden(program) };
        let places = places(program);
        let wires = program.wires.iter().zip(places);
        Values { by_wire: wires.map(|(wire, place)| maker.of(wire, place)).collect() }
    }

    /// The values of a wire form, the usual one first; empty: none can be made.
    pub(super) fn of(&self, wire: u32) -> &[Value<'static>] {
        self.by_wire.get(wire as usize).map_or(&[], Vec::as_slice)
    }
}

/// Where a wire form stands.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Where values are filled up to their width.
    filled: bool,
    /// Where they stand as they are.
    bare: bool,
}

/// Where each wire form is written: between formats of widths, or of names and signs.
fn places(program: &Program) -> Vec<Place> {
    let mut places = vec![Place::default(); program.wires.len()];
    for message in &program.messages {
        let mut open: Vec<bool> = Vec::new();
        for write in &message.write {
            match write {
                Write::Enter { format } => open.push(matches!(
                    program.formats.get(*format as usize),
                    Some(FormatForm::Fixed | FormatForm::Path | FormatForm::Iso8583 { .. })
                )),
                Write::Leave { .. } => drop(open.pop()),
                Write::Put { wire, .. } | Write::Hole { wire, .. } | Write::Fill { wire, .. } => {
                    if let Some(place) = places.get_mut(*wire as usize) {
                        let filled = open.last().is_some_and(|filled| *filled);
                        place.filled |= filled;
                        place.bare |= !filled;
                    }
                }
                _ => {}
            }
        }
    }
    places
}

/// Signs that would end a value: separators, escapes, ends of lines and values.
fn forbidden(program: &Program) -> Vec<char> {
    let mut signs = vec!['\r', '\n'];
    for format in &program.formats {
        if let FormatForm::Delimited(form) = format {
            signs.extend(form.separator.chars());
            signs.extend(form.escape.iter().flat_map(|escape| escape.chars()));
        }
    }
    signs.extend(program.wires.iter().filter_map(|wire| wire.ending.as_deref()).flat_map(str::chars));
    signs
}

/// Values of a type that stands on no wire: settings, facts, values of sessions.
pub(super) fn of_type(ty: &Type) -> Value<'static> {
    match ty {
        Type::Text { chars, .. } => Value::text("1".repeat((*chars as usize).clamp(1, 12))),
        Type::Digits { min, max } => Value::text("1".repeat((*max as usize).min(12).max(*min as usize))),
        Type::Number { min, max } => Value::Number(1.clamp(*min, *max)),
        Type::Money { .. } => Value::Decimal(Decimal::new(12_345, 2)),
        Type::Decimal { scale, .. } => Value::Decimal(Decimal::new(1, (*scale).min(28))),
        Type::Date | Type::Month => Value::Date(NOW.date()),
        Type::Time => Value::Time(NOW.time()),
        Type::DateTime => Value::DateTime(NOW),
        Type::Duration => Value::Duration(1_000),
        Type::Flag => Value::Flag(true),
        Type::Names(names) => names.first().map_or(Value::Absent, |name| Value::Name(*name)),
        Type::Bytes { max } => Value::bytes(vec![0x5A; usize::try_from(*max).unwrap_or(16).min(16)]),
        _ => Value::Absent,
    }
}

struct Maker<'a> {
    program: &'a Program,
    symbols: &'a Symbols,
    forbidden: Vec<char>,
}

impl Maker<'_> {
    fn of(&self, wire: &WireForm, place: Place) -> Vec<Value<'static>> {
        let mut values = match (&wire.form, &wire.ty) {
            (Form::Code(table), _) => self.codes(*table, wire),
            (Form::Flag(..), _) => vec![Value::Flag(true), Value::Flag(false)],
            (Form::Text | Form::Ascii, Type::Text { chars, .. }) => self.texts(wire, place, *chars as usize),
            (Form::Text | Form::Ascii | Form::Digits, Type::Digits { min, max }) => {
                figures(*min as usize, *max as usize)
            }
            (Form::Digits, Type::Text { chars, .. }) => {
                let (min, max) = sizes(wire, place, *chars as usize);
                figures(min.max(1), max)
            }
            (Form::Calendar(kind, letters), _) => calendars(*kind, letters),
            (Form::Bytes, _) => octets(wire),
            (_, Type::Number { min, max }) => numbers(*min, *max, wire),
            (_, Type::Money { digits }) => amounts(*digits, 2, wire),
            (_, Type::Decimal { digits, scale }) => amounts(*digits, *scale, wire),
            _ => Vec::new(),
        };
        values.retain(|value| !self.means_absent(value, wire));
        values
    }

    fn codes(&self, table: u16, wire: &WireForm) -> Vec<Value<'static>> {
        let Some(codes) = self.program.codes.get(usize::from(table)) else { return Vec::new() };
        let mut found: Vec<Value<'static>> = Vec::new();
        for (_, meaning, _) in &codes.rows {
            let value = match meaning {
                Meaning::Outcome(outcome) => Value::Outcome(*outcome),
                Meaning::Name(name) if wire.ty == Type::Flag => {
                    Value::Flag(self.symbols.text(*name) == "yes")
                }
                Meaning::Name(name) => Value::Name(*name),
                Meaning::Refuse(_) | Meaning::Wait(_) => continue,
            };
            if !found.contains(&value) {
                found.push(value);
            }
        }
        found
    }

    fn texts(&self, wire: &WireForm, place: Place, chars: usize) -> Vec<Value<'static>> {
        let (least, most) = sizes(wire, place, chars);
        let most = most.min(LONGEST.max(least));
        let charset = charset_of(wire);
        let wide = charset.filter(|_| wire.form == Form::Text && charset_has(charset, "中"));
        let mut texts = Vec::new();
        let usual = "abcDEF123".chars().cycle().take(most.min(9).max(least)).collect::<String>();
        texts.push(usual);
        texts.push("x".repeat(least));
        texts.push("z".repeat(most));
        if let Some(charset) = wide {
            // Chinese characters up to the border, one octet beyond which none fits, and letters between them where this
            // costs shifts.
            let between = charset.has_shifts().then_some(("", "中a"));
            for (before, piece) in [("", "中"), ("a", "中")].into_iter().chain(between) {
                let whole = format!("{before}{}", piece.repeat(most));
                let (mut text, filled) = match wire.unit {
                    Unit::Chars => (whole.chars().take(most).collect::<String>(), most),
                    _ => {
                        let cut = charset::cut(charset, most, &whole).unwrap_or_default();
                        (cut.to_owned(), charset::encoded_length(charset, cut).unwrap_or(most))
                    }
                };
                text.extend(std::iter::repeat_n('b', least.saturating_sub(filled)));
                texts.push(text);
            }
        }
        let signs: String =
            "<&>\"'\\%=+;{}[] ~#A".chars().filter(|sign| !self.forbidden.contains(sign)).collect();
        let signs: String = signs.chars().cycle().take(most.min(18).max(least)).collect();
        texts.push(signs);
        if least == 0 {
            texts.push(String::new());
        }
        let clear = |text: &String| {
            text.chars().count() <= chars
                && !text.chars().any(|sign| self.forbidden.contains(&sign))
                && given_back(text, wire, place)
                && charset_has(charset, text)
        };
        texts.retain(clear);
        texts.dedup();
        texts.into_iter().map(Value::text).collect()
    }

    fn means_absent(&self, value: &Value<'_>, wire: &WireForm) -> bool {
        let text = match value {
            Value::Text(text) => Some(&**text),
            _ => None,
        };
        let blank = text.is_some_and(|text| text.chars().all(|sign| sign == ' '));
        let zero = match value {
            Value::Text(text) => {
                !text.is_empty() && text.chars().all(|sign| matches!(sign, '0' | '.' | '\0'))
            }
            Value::Number(number) => *number == 0,
            Value::Decimal(decimal) => decimal.is_zero(),
            Value::Time(time) => *time == Time::midnight(),
            Value::Bytes(octets) => octets.iter().all(|octet| matches!(octet, 0 | b'0')),
            _ => false,
        };
        let octets_blank = matches!(value, Value::Bytes(octets) if octets.iter().all(|octet| *octet == b' '));
        match &wire.absent {
            Absent::Never => false,
            Absent::LeftOut => text == Some("") || matches!(value, Value::Bytes(octets) if octets.is_empty()),
            Absent::As(forms) => forms.iter().any(|form| match form {
                AbsentForm::Empty => blank || octets_blank,
                AbsentForm::Blank => blank || octets_blank,
                AbsentForm::Zero => zero,
                AbsentForm::Text(known) => text == Some(known) || (blank && known.is_empty()) || zero,
            }),
        }
    }
}

fn charset_of(wire: &WireForm) -> Option<Charset> {
    match wire.letters {
        Letters::Set(charset) => Some(charset),
        Letters::Packed => None,
    }
}

fn charset_has(charset: Option<Charset>, text: &str) -> bool {
    charset.is_some_and(|charset| charset::encode(charset, text).is_ok())
}

/// Least and most units of a size.
fn sizes(wire: &WireForm, place: Place, chars: usize) -> (usize, usize) {
    match wire.size {
        Size::Fixed(units) if is_filled(wire, place) => (0, units as usize),
        Size::Fixed(units) => (units as usize, units as usize),
        Size::Range { min, max } => (min as usize, (max as usize).min(chars.max(min as usize))),
        Size::ByForm => (0, chars),
    }
}

/// A text of one width among widths is filled up with blanks, unless the adapter says otherwise.
fn is_filled(wire: &WireForm, place: Place) -> bool {
    let text = matches!(wire.form, Form::Text | Form::Ascii);
    wire.fill.is_some() || (text && place.filled && !place.bare && wire.chain.is_none())
}

/// Whether a text does not begin or end with what it is filled up with.
fn given_back(text: &str, wire: &WireForm, place: Place) -> bool {
    let (side, with) = wire.fill.unwrap_or((Side::Right, b' '));
    let with = char::from(with);
    let filled = (place.filled && matches!(wire.size, Size::Fixed(_))) || wire.fill.is_some();
    let blanks = wire.tolerate.iter().any(|word| &**word == "blanks");
    let inner = !blanks || text.trim() == text;
    inner
        && (!filled
            || match side {
                Side::Left => !text.starts_with(with),
                Side::Right => !text.ends_with(with),
            })
}

fn figures(min: usize, max: usize) -> Vec<Value<'static>> {
    let max = max.min(LONGEST.max(min));
    let usual = "1234567890".chars().cycle().take(max.min(12).max(min)).collect::<String>();
    let mut texts = vec![usual, "0".repeat(max), "9".repeat(max), "7".repeat(min)];
    texts.retain(|text| text.len() >= min && !text.is_empty());
    texts.dedup();
    texts.into_iter().map(Value::text).collect()
}

/// As fine as their form: written and read again.
fn calendars(kind: Calendar, letters: &str) -> Vec<Value<'static>> {
    let near = [NOW, Date::constant(2027, 1, 1).to_datetime(Time::midnight())];
    let far = [
        Date::constant(2000, 2, 29).to_datetime(Time::constant(23, 59, 59, 0)),
        Date::constant(9999, 12, 31).to_datetime(Time::constant(23, 59, 59, 0)),
    ];
    // Where a year is left out, only what is near can be read again.
    let whole = letters.contains("yyyy") || kind == Calendar::Time;
    let moments = near.iter().chain(far.iter().filter(|_| whole));
    let again = |moment: &DateTime| {
        let mut octets = Vec::new();
        calendar::write(letters, *moment, &mut octets).ok()?;
        calendar::read(kind, letters, &octets, Some(NOW)).ok()
    };
    let mut values: Vec<Value<'static>> = moments.filter_map(again).collect();
    values.dedup();
    values
}

fn octets(wire: &WireForm) -> Vec<Value<'static>> {
    let most = match wire.ty {
        Type::Bytes { max } => usize::try_from(max).unwrap_or(LONGEST),
        _ => LONGEST,
    };
    let (least, most) = match wire.size {
        Size::Fixed(units) => (units as usize, units as usize),
        Size::Range { min, max } => (min as usize, (max as usize).min(most)),
        Size::ByForm => (0, most),
    };
    let most = most.min(LONGEST.max(least));
    let rising: Vec<u8> =
        (0..most.min(64).max(least)).map(|at| u8::try_from(at % 251).unwrap_or(0)).collect();
    let mut all = vec![rising, vec![0xFF; most], vec![0; least], vec![b'0'; most]];
    // What is filled up does not end with its filling.
    if let Some((side, with)) = wire.fill {
        all.retain(|octets| match side {
            Side::Left => octets.first() != Some(&with),
            Side::Right => octets.last() != Some(&with),
        });
    }
    all.dedup();
    all.into_iter().map(Value::bytes).collect()
}

fn numbers(min: i128, max: i128, wire: &WireForm) -> Vec<Value<'static>> {
    let (least, most) = bounds(wire, 0);
    let (min, max) = (min.max(least), max.min(most));
    let mut all = vec![12, 0, max, min, 1, -1];
    all.retain(|number| (min..=max).contains(number));
    all.dedup();
    all.into_iter().map(Value::Number).collect()
}

fn amounts(digits: u32, scale: u32, wire: &WireForm) -> Vec<Value<'static>> {
    let scale = scale.min(28);
    let (least, most) = bounds(wire, scale);
    let of_type = 10_i128.checked_pow(digits.min(28)).map_or(i128::MAX, |limit| limit - 1);
    let most = most.min(of_type);
    let least = if wire.signed { least.max(-of_type) } else { 0 };
    let mut all = vec![12_345, 0, most, 1, 10, least, -1];
    all.retain(|units| (least..=most).contains(units));
    // In li, the party counts a tenth of a fen.
    all.dedup();
    let decimal = |units| Decimal::try_from_i128_with_scale(units, scale).ok().map(Value::Decimal);
    all.into_iter().filter_map(decimal).collect()
}

/// What the width of a wire form holds, in units of its last figure.
fn bounds(wire: &WireForm, scale: u32) -> (i128, i128) {
    let units = match wire.size {
        Size::Fixed(units) | Size::Range { max: units, .. } => units,
        Size::ByForm => return (if wire.signed { i128::MIN } else { 0 }, i128::MAX),
    };
    let figures = |count: u32| 10_i128.checked_pow(count.min(37)).map_or(i128::MAX, |limit| limit - 1);
    let most = match &wire.form {
        Form::Integer { .. } => {
            let bits = (units * 8).min(120);
            let most = (1_i128 << if wire.signed { bits - 1 } else { bits }) - 1;
            return (if wire.signed { -most - 1 } else { 0 }, most);
        }
        Form::Packed { .. } if wire.unit != Unit::Digits => figures(units * 2 - 1),
        Form::Packed { .. } | Form::Zoned { .. } => figures(units),
        // A point, and as many figures behind it, stand among them.
        Form::Yuan | Form::Decimal { .. } if wire.unit != Unit::Digits => {
            let point = if scale > 0 { 1 } else { 0 };
            figures(units.saturating_sub(point + u32::from(wire.signed)))
        }
        Form::Li => figures(units.saturating_sub(1 + u32::from(wire.signed))),
        _ => figures(units.saturating_sub(u32::from(wire.signed))),
    };
    (if wire.signed { -most } else { 0 }, most)
}

/// A value as people read it, for what is told of a law.
pub(super) fn told(value: &Value<'_>, symbols: &Symbols) -> String {
    match value {
        Value::Absent => "nothing".to_owned(),
        Value::Text(text) => format!("{text:?}"),
        Value::Bytes(octets) => octets.iter().take(32).map(|octet| format!("{octet:02X}")).collect(),
        Value::Name(name) => symbols.text(*name).to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Decimal(decimal) => decimal.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.to_string(),
        Value::DateTime(moment) => moment.to_string(),
        Value::Outcome(outcome) => outcome.to_string(),
        Value::Flag(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Rows(rows) => format!("{rows} rows"),
        _ => "?".to_owned(),
    }
}
