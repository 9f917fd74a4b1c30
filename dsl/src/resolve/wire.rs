//! Types and attributes of fields with a wire form: what they hold and how they stand in bytes.

mod formats;

mod segments;

use super::Resolver;
use super::shapes;
use crate::model::{CodeTable, Prefix, PrefixKind, Segments, TextCode, Wire, XmlForm};
use crate::source::Span;
use crate::tree::{
    self, AttributeKind, CalendarKind, CharacterKind, MoneyUnit, NumberKind, TypeExpr, TypeKind,
};
use crate::value::{Absent, AbsentForm, Calendar, Endian, Form, Side, Size, Type, Unit};
pub(crate) use formats::{format, line_end};
pub(crate) use segments::segments;

/// What stands around a field: decides what its size must say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Around {
    /// Widths in octets.
    Fixed,
    /// Octets and integers.
    Binary,
    /// Separated values.
    Delimited,
    /// Names: XML, JSON, forms, the parts of HTTP.
    Named,
    /// JSON: names, and numbers without quotes.
    Json,
    /// TLV.
    Tlv,
    /// ISO 8583.
    Iso8583(TextCode),
    /// A packet's top, where only formats and groups stand.
    Top,
}

/// The code tables and xml forms of a module, for look-up by name.
pub(crate) struct Tables<'t> {
    pub(crate) codes: &'t [CodeTable],
    pub(crate) xml_forms: &'t [XmlForm],
    pub(crate) segments: &'t [Segments],
}

fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// A wire form without anything special.
pub(crate) fn simple(form: Form, size: Size, unit: Unit) -> Wire {
    Wire {
        form,
        size,
        unit,
        fill: None,
        signed: false,
        absent: Absent::Never,
        chain: crate::model::Chain::default(),
        prefix: None,
        sized_by: None,
        ending: None,
        quoted: false,
        trimmed: false,
        tolerate: Vec::new(),
        unmapped: None,
        near: None,
    }
}

/// The type and wire form of a leaf. `coded` and expressions of attributes are bound later.
pub(crate) fn leaf(
    resolver: &mut Resolver,
    tables: &Tables<'_>,
    around: Around,
    name: &tree::Name,
    type_: &TypeExpr,
    attributes: &[tree::Attribute],
) -> (Type, Wire) {
    let integer = integer_form(attributes);
    without_point(resolver, type_, attributes, integer.as_ref());
    let (ty, mut wire) = match &type_.kind {
        TypeKind::Characters { kind, size } => {
            characters(resolver, around, name, *kind, size.as_ref(), type_.span)
        }
        TypeKind::Number { kind, size } => {
            number(resolver, around, *kind, size.as_ref(), type_.span, integer)
        }
        TypeKind::Calendar { kind, form } => calendar(resolver, *kind, form.as_ref(), type_.span),
        TypeKind::Code { table, size } => code(resolver, tables, table, size.as_ref(), around),
        TypeKind::Flag { texts } => flag(resolver, around, texts.as_ref(), type_.span),
        TypeKind::OneOf(_) | TypeKind::Duration | TypeKind::Outcome | TypeKind::Like(_) => {
            resolver
                .report
                .error("TS0401", type_.span, "this type has no wire form")
                .help("on the wire names stand through a table: `code TABLE`");
            (Type::Wrong, simple(Form::Text, Size::ByForm, Unit::Bytes))
        }
        TypeKind::Group
        | TypeKind::Several
        | TypeKind::Line { .. }
        | TypeKind::List(_)
        | TypeKind::Format(_)
        | TypeKind::Entry { .. } => (Type::Wrong, simple(Form::Text, Size::ByForm, Unit::Bytes)),
    };
    attributes_of(resolver, &mut wire, &ty, around, attributes);
    (scaled(ty, attributes), wire)
}

/// A decimal holds as many places as its field writes.
fn scaled(ty: Type, attributes: &[tree::Attribute]) -> Type {
    let places = attributes.iter().find_map(|attribute| match attribute.kind {
        AttributeKind::Scale(count) => Some(narrow(count.value)),
        _ => None,
    });
    match (ty, places) {
        (Type::Decimal { digits, .. }, Some(scale)) => Type::Decimal { digits, scale },
        (ty, _) => ty,
    }
}

fn integer_form(attributes: &[tree::Attribute]) -> Option<Form> {
    let implied = attributes
        .iter()
        .find_map(|attribute| match &attribute.kind {
            AttributeKind::Scale(count) => Some(narrow(count.value)),
            _ => None,
        })
        .unwrap_or(0);
    attributes.iter().find_map(|attribute| match attribute.kind {
        AttributeKind::BigEndian => Some(Form::Integer { endian: Endian::Big, implied }),
        AttributeKind::LittleEndian => Some(Form::Integer { endian: Endian::Little, implied }),
        AttributeKind::Packed => Some(Form::Packed { implied }),
        AttributeKind::Zoned => Some(Form::Zoned { implied }),
        _ => None,
    })
}

/// Whether a field has the places behind the point that its attributes speak of.
fn without_point(
    resolver: &mut Resolver,
    type_: &TypeExpr,
    attributes: &[tree::Attribute],
    form: Option<&Form>,
) {
    let TypeKind::Number { kind, .. } = &type_.kind else { return };
    let scale = attributes.iter().find(|one| matches!(one.kind, AttributeKind::Scale(_)));
    match (kind, scale, form) {
        (NumberKind::Number, Some(scale), _) => {
            resolver
                .report
                .error("TS0648", scale.span, "a `number` is whole: it has no places behind the point")
                .help("write `decimal SIZE … scale N`; packed, zoned and binary figures imply the point");
        }
        (NumberKind::Money(_), Some(scale), _) => {
            resolver
                .report
                .error("TS0648", scale.span, "what an amount is counted in says its places behind the point")
                .help("`fen`: whole fen; `yuan`: a point and two places; `li`: whole tenths of a fen; take `scale` away");
        }
        (NumberKind::Money(Some(MoneyUnit::Yuan)), None, Some(_)) => {
            resolver
                .report
                .error("TS0649", type_.span, "yuan have a point, and these figures have no place for one")
                .note("packed, zoned and binary figures are whole; two places implied are fen")
                .help("write `fen`: 12.34 yuan are the figures 1234");
        }
        _ => {}
    }
}

fn sized(size: &tree::Size, maximum: u64) -> Size {
    if size.range {
        Size::Range { min: narrow(size.min), max: narrow(maximum) }
    } else {
        Size::Fixed(narrow(maximum))
    }
}

fn unit(size: &tree::Size) -> Option<Unit> {
    Some(match size.unit? {
        tree::Unit::Bytes | tree::Unit::Kilobytes | tree::Unit::Megabytes => Unit::Bytes,
        tree::Unit::Chars => Unit::Chars,
        tree::Unit::Digits => Unit::Digits,
        tree::Unit::Bits => Unit::Bits,
    })
}

fn needs_fixed(resolver: &mut Resolver, around: Around, size: &tree::Size) {
    if size.range && matches!(around, Around::Fixed | Around::Binary) {
        resolver
            .report
            .error("TS0402", size.span, "in `fixed` and `binary` a field has one width")
            .note("a range is for formats that show where a value ends")
            .help("write the width alone: `text 20 bytes`; for a rest of any length use `..N` as the last field of a name");
    }
}

fn characters(
    resolver: &mut Resolver,
    around: Around,
    name: &tree::Name,
    kind: CharacterKind,
    size: Option<&tree::Size>,
    span: Span,
) -> (Type, Wire) {
    let private = shapes::private_of(kind);
    let form = match kind {
        CharacterKind::Digits => Form::Digits,
        CharacterKind::Ascii => Form::Ascii,
        CharacterKind::Bytes => Form::Bytes,
        _ => Form::Text,
    };
    let Some(size) = size else {
        let ty = match private {
            Some(_) if !matches!(around, Around::Fixed | Around::Binary) => {
                shapes::plain(resolver, &TypeExpr { kind: TypeKind::Characters { kind, size: None }, span })
            }
            _ => {
                resolver
                    .report
                    .error("TS0403", span, format!("the field `{}` needs a size", name.text))
                    .label("how long on the wire?")
                    .help("write the width of the specification's table, with its unit: `text 20 bytes`");
                Type::Wrong
            }
        };
        let max = if let Type::Text { chars, .. } = ty { chars } else { 0 };
        return (ty, simple(form, Size::Range { min: 0, max }, Unit::Chars));
    };
    needs_fixed_unless_last(resolver, around, size);
    let maximum = shapes::octets(size);
    let counted = match unit(size) {
        Some(unit) => unit,
        None if matches!(kind, CharacterKind::Digits) => Unit::Digits,
        None if matches!(kind, CharacterKind::Bytes) => Unit::Bytes,
        // The parser has reported it.
        None => Unit::Bytes,
    };
    let ty = match kind {
        CharacterKind::Digits => Type::Digits { min: narrow(size.min), max: narrow(maximum) },
        CharacterKind::Bytes => Type::Bytes { max: maximum },
        _ => Type::Text { chars: narrow(maximum), private },
    };
    // A card's number that is counted in figures is figures: in BCD they stand two in an octet.
    let figures = private.is_some() && counted == Unit::Digits && matches!(around, Around::Iso8583(_));
    (ty, simple(if figures { Form::Digits } else { form }, sized(size, maximum), counted))
}

/// A last field of any length (`order text ..30 chars optional` in a name) is judged where the order is known.
fn needs_fixed_unless_last(resolver: &mut Resolver, around: Around, size: &tree::Size) {
    if around == Around::Binary {
        needs_fixed(resolver, around, size);
    }
}

fn number(
    resolver: &mut Resolver,
    around: Around,
    kind: NumberKind,
    size: Option<&tree::Size>,
    span: Span,
    integer: Option<Form>,
) -> (Type, Wire) {
    let ty = wire_number_type(resolver, around, kind, size, span, integer.as_ref());
    let form = match (kind, integer) {
        // Tenths of a fen have one place more than fen.
        (NumberKind::Money(Some(MoneyUnit::Li)), Some(Form::Packed { implied: 0 })) => {
            Form::Packed { implied: 3 }
        }
        (NumberKind::Money(Some(MoneyUnit::Li)), Some(Form::Zoned { implied: 0 })) => {
            Form::Zoned { implied: 3 }
        }
        (NumberKind::Money(Some(MoneyUnit::Li)), Some(Form::Integer { endian, implied: 0 })) => {
            Form::Integer { endian, implied: 3 }
        }
        (_, Some(form)) => form,
        (NumberKind::Number, None) => Form::Number,
        (NumberKind::Decimal, None) => Form::Decimal { scale: 6 },
        (NumberKind::Money(Some(MoneyUnit::Fen)), None) => Form::Fen,
        (NumberKind::Money(Some(MoneyUnit::Yuan)), None) => Form::Yuan,
        (NumberKind::Money(Some(MoneyUnit::Li)), None) => Form::Li,
        (NumberKind::Money(None), None) => {
            resolver
                .report
                .error("TS0405", span, "the amount does not say in what it is written")
                .label("fen, yuan or li?")
                .help("write `money 12 digits fen`: whole fen; or `yuan`: with a point and two decimals");
            Form::Fen
        }
    };
    let Some(size) = size else {
        return (ty, simple(form, Size::Range { min: 1, max: 39 }, Unit::Digits));
    };
    needs_fixed(resolver, around, size);
    let wire = match unit(size) {
        Some(unit) => simple(form, sized(size, size.max), unit),
        None => simple(
            form,
            Size::Range {
                min: 1,
                max: narrow(size.max.max(size.min).checked_ilog10().unwrap_or(0).into()) + 1,
            },
            Unit::Digits,
        ),
    };
    (ty, wire)
}

fn wire_number_type(
    resolver: &mut Resolver,
    around: Around,
    kind: NumberKind,
    size: Option<&tree::Size>,
    span: Span,
    integer: Option<&Form>,
) -> Type {
    if let (NumberKind::Number, Some(Form::Integer { .. }), Some(size)) = (kind, integer, size) {
        let bits = narrow(size.max).saturating_mul(8).min(126);
        return Type::Number { min: 0, max: (1_i128 << bits) - 1 };
    }
    if let Some(figures) = integer.zip(size).and_then(|(form, size)| figures_of(form, size)) {
        match kind {
            NumberKind::Number => return Type::Number { min: 0, max: shapes::power_of_ten(figures) - 1 },
            NumberKind::Money(unit) => {
                let tenth = matches!(unit, Some(MoneyUnit::Li));
                return Type::Money { digits: figures.saturating_sub(u32::from(tenth)).min(28) };
            }
            NumberKind::Decimal => {}
        }
    }
    match (kind, size) {
        (NumberKind::Money(unit), Some(size)) => {
            let point = takes_point(around, size) && matches!(unit, Some(MoneyUnit::Yuan));
            let tenth = matches!(unit, Some(MoneyUnit::Li));
            let digits = narrow(size.max).saturating_sub(u32::from(point)).saturating_sub(u32::from(tenth));
            Type::Money { digits: digits.min(28) }
        }
        (NumberKind::Decimal, Some(size)) if integer.is_none() && takes_point(around, size) => {
            Type::Decimal { digits: narrow(size.max).saturating_sub(1), scale: 6 }
        }
        (NumberKind::Number, Some(size)) if size.unit.is_some() => {
            Type::Number { min: 0, max: shapes::power_of_ten(narrow(size.max)) - 1 }
        }
        _ => shapes::number(resolver, kind, size, span),
    }
}

/// The figures that a form of figures without a point holds for certain, where they are others than its size says: two an
/// octet but for the sign, or as many as an integer of so many octets always has room for.
fn figures_of(form: &Form, size: &tree::Size) -> Option<u32> {
    if !matches!(size.unit, Some(tree::Unit::Bytes)) {
        return None;
    }
    let octets = narrow(size.max);
    match form {
        Form::Packed { .. } => Some(octets.saturating_mul(2).saturating_sub(1)),
        Form::Integer { .. } => {
            let bits = octets.saturating_mul(8).min(126);
            Some(((1_i128 << bits) - 1).ilog10())
        }
        _ => None,
    }
}

/// A point is one of the signs that a size counts: of characters, of octets, and wherever a width is fixed.
fn takes_point(around: Around, size: &tree::Size) -> bool {
    around == Around::Fixed || matches!(size.unit, Some(tree::Unit::Chars | tree::Unit::Bytes))
}

fn calendar(
    resolver: &mut Resolver,
    kind: CalendarKind,
    form: Option<&tree::Str>,
    span: Span,
) -> (Type, Wire) {
    let ty = shapes::calendar(kind);
    let Some(form) = form else {
        resolver
            .report
            .error("TS0406", span, "a day or time on the wire needs its form")
            .help("for example `date \"yyyyMMdd\"`, `time \"HHmmss\"`");
        return (Type::Wrong, simple(Form::Text, Size::ByForm, Unit::Bytes));
    };
    let needed = match kind {
        CalendarKind::Date => "yMd",
        CalendarKind::Time => "Hm",
        CalendarKind::DateTime => "yMdHm",
        CalendarKind::Month => "yM",
    };
    let missing: String = needed.chars().filter(|letter| !form.text.contains(*letter)).collect();
    if !missing.is_empty() && !missing.chars().all(|letter| letter == 'y') {
        resolver
            .report
            .error("TS0407", form.span, format!("the form `{}` lacks `{missing}`", form.text))
            .note("letters: y year, M month, d day, H hour, m minute, s second, S fraction; all else stands as it is")
            .help("write the whole form of the specification, for example `yyyyMMdd`");
    }
    let which = match kind {
        CalendarKind::Date => Calendar::Date,
        CalendarKind::Time => Calendar::Time,
        CalendarKind::DateTime => Calendar::DateTime,
        CalendarKind::Month => Calendar::Month,
    };
    let wire = simple(
        Form::Calendar(which, form.text.clone()),
        Size::Fixed(narrow(form.text.chars().filter(|sign| !matches!(sign, '[' | ']')).count() as u64)),
        Unit::Chars,
    );
    (ty, wire)
}

fn code(
    resolver: &mut Resolver,
    tables: &Tables<'_>,
    table: &tree::Path,
    size: Option<&tree::Size>,
    around: Around,
) -> (Type, Wire) {
    let wanted = table.text();
    let Some(place) = tables.codes.iter().position(|known| *known.name == *wanted) else {
        resolver
            .report
            .error("TS0207", table.span, format!("there is no code table `{wanted}`"))
            .suggest(&wanted, tables.codes.iter().map(|known| &*known.name));
        return (Type::Wrong, simple(Form::Text, Size::Range { min: 0, max: 64 }, Unit::Bytes));
    };
    let known = &tables.codes[place];
    let ty = if known.outcomes {
        Type::Outcome
    } else {
        Type::Names(
            known
                .rows
                .iter()
                .filter_map(|row| match row.meaning {
                    crate::model::Meaning::Name(symbol) => Some(symbol),
                    _ => None,
                })
                .collect(),
        )
    };
    let mut wire = known.wire.clone();
    wire.form = Form::Code(u16::try_from(place).unwrap_or(u16::MAX));
    if let Some(size) = size {
        wire.size = sized(size, size.max);
        wire.unit = unit(size).unwrap_or(wire.unit);
    }
    if matches!(around, Around::Fixed) && matches!(wire.size, Size::Range { .. }) {
        resolver
            .report
            .error("TS0408", table.span, format!("the codes of `{wanted}` have no one width"))
            .help(format!("say the width in this place: `code {wanted} 8 bytes`"));
    }
    (ty, wire)
}

fn flag(
    resolver: &mut Resolver,
    around: Around,
    texts: Option<&(tree::Text, tree::Text)>,
    span: Span,
) -> (Type, Wire) {
    let Some((yes, no)) = texts else {
        resolver
            .report
            .error("TS0409", span, "a flag on the wire needs its two texts")
            .help("write the one for yes first: `flag \"1\" \"0\"`");
        return (Type::Flag, simple(Form::Text, Size::ByForm, Unit::Bytes));
    };
    let (yes, no) = (yes.constant().unwrap_or(""), no.constant().unwrap_or(""));
    if yes == no {
        resolver
            .report
            .error("TS0410", span, "yes and no are the same text")
            .help("they must differ to be read");
    }
    let (min, max) = (narrow(yes.len().min(no.len()) as u64), narrow(yes.len().max(no.len()) as u64));
    // Among widths the shorter text is filled up; elsewhere each is as long as it is.
    let widths = matches!(around, Around::Fixed | Around::Binary | Around::Iso8583(_));
    let size = if !(yes.is_ascii() && no.is_ascii()) {
        // So many octets as they take in the charset that the field turns out to have.
        Size::ByForm
    } else if widths || min == max {
        Size::Fixed(max)
    } else {
        Size::Range { min, max }
    };
    (Type::Flag, simple(Form::Flag(yes.into(), no.into()), size, Unit::Bytes))
}

fn attributes_of(
    resolver: &mut Resolver,
    wire: &mut Wire,
    ty: &Type,
    around: Around,
    attributes: &[tree::Attribute],
) {
    let numeric = matches!(ty, Type::Number { .. } | Type::Decimal { .. } | Type::Money { .. });
    wire.quoted = !numeric || matches!(wire.unit, Unit::Chars);
    for attribute in attributes {
        match &attribute.kind {
            AttributeKind::Optional => wire.absent = Absent::LeftOut,
            AttributeKind::AbsentAs(forms) => wire.absent = Absent::As(forms.iter().map(absent).collect()),
            AttributeKind::Fill { side, with } => {
                wire.fill = Some((
                    match side {
                        tree::FillSide::Left => Side::Left,
                        tree::FillSide::Right => Side::Right,
                    },
                    fill(resolver, with, attribute.span),
                ));
            }
            AttributeKind::Signed => {
                if !numeric && !matches!(ty, Type::Wrong) {
                    resolver
                        .report
                        .error("TS0411", attribute.span, "only numbers and amounts have a sign")
                        .help("take `signed` away");
                }
                wire.signed = true;
            }
            AttributeKind::Tolerate(name) => tolerate(resolver, wire, name),
            AttributeKind::Ending(text) => wire.ending = Some(text.constant().unwrap_or("").into()),
            AttributeKind::Prefix { width, unit } => {
                let width: u32 = narrow(width.value);
                wire.prefix = Some(match (around, unit) {
                    (_, Some(tree::Unit::Bytes)) => Prefix { size: width, kind: PrefixKind::Big },
                    // Two figures stand in an octet, in front of a value too.
                    (Around::Iso8583(TextCode::Bcd), _) => {
                        Prefix { size: width.div_ceil(2), kind: PrefixKind::Bcd }
                    }
                    _ => Prefix { size: width, kind: PrefixKind::Ascii },
                });
            }
            AttributeKind::Unmapped(text) => wire.unmapped = Some(text.constant().unwrap_or("?").into()),
            AttributeKind::Trimmed => wire.trimmed = true,
            AttributeKind::Bare => wire.quoted = false,
            AttributeKind::Quoted => wire.quoted = true,
            AttributeKind::Scale(count) => {
                if let Form::Number | Form::Decimal { .. } = wire.form {
                    wire.form = Form::Decimal { scale: narrow(count.value) };
                }
            }
            _ => {}
        }
    }
    if around == Around::Fixed && wire.absent == Absent::LeftOut && !matches!(ty, Type::Wrong) {
        // An optional value in `fixed` may only be the last one of a name; the order is checked where it is known.
        wire.tolerate.push("last".into());
    }
}

fn tolerate(resolver: &mut Resolver, wire: &mut Wire, name: &tree::Name) {
    const WORDS: [&str; 8] =
        ["lf", "blanks", "connect_and_close", "half_character", "missing", "short", "any", "unreadable"];
    if WORDS.contains(&&*name.text) {
        wire.tolerate.push(name.text.clone());
    } else {
        resolver
            .report
            .error("TS0412", name.span, format!("`tolerate {}` is not known", name.text))
            .suggest(&name.text, WORDS);
    }
}

fn absent(form: &tree::AbsentForm) -> AbsentForm {
    match form {
        tree::AbsentForm::Empty => AbsentForm::Empty,
        tree::AbsentForm::Blank => AbsentForm::Blank,
        tree::AbsentForm::Zero => AbsentForm::Zero,
        tree::AbsentForm::Null => AbsentForm::Text("null".into()),
        tree::AbsentForm::Text(text) => AbsentForm::Text(text.constant().unwrap_or("").into()),
    }
}

fn fill(resolver: &mut Resolver, with: &tree::FillWith, span: Span) -> u8 {
    match with {
        tree::FillWith::Nul => 0,
        tree::FillWith::Zero => b'0',
        tree::FillWith::Text(text) => match text.constant().map(str::as_bytes) {
            Some([one]) => *one,
            _ => {
                resolver
                    .report
                    .error("TS0413", span, "a field is filled with one octet")
                    .help("write one sign: `fill left \"0\"`, or `nul`");
                b' '
            }
        },
    }
}
