//! Formats: types that have fields.
//!
//! In: a format as written, with its attributes. Out: the format of the model, and what its fields stand among.

use super::{Around, Tables, narrow};
use crate::model::{Delimited, Format, PrefixKind, TextCode, Tlv, XmlUse};
use crate::resolve::Resolver;
use crate::source::Span;
use crate::tree::{self, AttributeKind, FigureCode};

/// The format of a type that has fields.
pub(crate) fn format(
    resolver: &mut Resolver,
    tables: &Tables<'_>,
    type_: &tree::FormatType,
    attributes: &[tree::Attribute],
    span: Span,
) -> (Format, Around) {
    match &type_.kind {
        // Lines of fixed width are parted by their ends alone.
        tree::Format::Fixed
            if attributes.iter().any(|one| matches!(one.kind, AttributeKind::Lines { .. })) =>
        {
            (Format::Delimited(lines(resolver, "", attributes)), Around::Fixed)
        }
        tree::Format::Fixed => (Format::Fixed, Around::Fixed),
        tree::Format::Binary => (Format::Binary, Around::Binary),
        tree::Format::Delimited(tree::Separator::Item(name)) => {
            let found = tables.segments.iter().find(|form| *form.name == *name.text);
            if found.is_none() {
                resolver
                    .report
                    .error("TS0445", name.span, format!("there is no delimited form `{}`", name.text))
                    .note("one sign between values is written as a text: `delimited \"|\"`")
                    .help_or_suggest(
                        &name.text,
                        tables.segments.iter().map(|form| &*form.name),
                        "say the signs in an item: `delimited NAME { … }`",
                    );
            }
            (Format::Segments(Box::new(found.cloned().unwrap_or_default())), Around::Named)
        }
        tree::Format::Delimited(tree::Separator::Text(text)) => {
            (delimited(resolver, text, attributes, span), Around::Delimited)
        }
        tree::Format::Xml(name) => (Format::Xml(xml(resolver, tables, name.as_ref())), Around::Named),
        tree::Format::Json { lenient } => (Format::Json { lenient: *lenient }, Around::Json),
        tree::Format::Form => (Format::Form, Around::Named),
        tree::Format::Zip => (Format::Zip { password: None, plain: false }, Around::Named),
        tree::Format::Tlv(form) => (Format::Tlv(tlv(form.as_ref())), Around::Tlv),
        tree::Format::Iso8583 { code, bitmap } => {
            let code = match code {
                Some(FigureCode::Bcd) => TextCode::Bcd,
                Some(FigureCode::Ebcdic) => TextCode::Ebcdic,
                _ => TextCode::Ascii,
            };
            let bitmap_hex = matches!(bitmap, Some(tree::BitmapForm::Hex));
            (Format::Iso8583 { code, bitmap_hex }, Around::Iso8583(code))
        }
    }
}

pub(super) fn tlv(form: Option<&tree::TlvForm>) -> Tlv {
    match form {
        None | Some(tree::TlvForm::Ber) => Tlv::Ber,
        Some(tree::TlvForm::Plain { tag, length, code, .. }) => Tlv::Plain {
            tag: narrow(tag.value),
            length: narrow(length.value),
            kind: match code {
                Some(FigureCode::Bcd) => PrefixKind::Bcd,
                Some(FigureCode::BigEndian) => PrefixKind::Big,
                Some(FigureCode::LittleEndian) => PrefixKind::Little,
                _ => PrefixKind::Ascii,
            },
        },
    }
}

pub(super) fn xml(resolver: &mut Resolver, tables: &Tables<'_>, name: Option<&tree::Name>) -> XmlUse {
    match name {
        None => XmlUse::Plain,
        Some(name) if name.is("soap_1_1") => XmlUse::Soap11,
        Some(name) if name.is("soap_1_2") => XmlUse::Soap12,
        Some(name) => match tables.xml_forms.iter().position(|form| *form.name == *name.text) {
            Some(place) => XmlUse::Form(u16::try_from(place).unwrap_or(u16::MAX)),
            None => {
                resolver
                    .report
                    .error("TS0208", name.span, format!("there is no xml form `{}`", name.text))
                    .note("`soap_1_1` and `soap_1_2` are built in; others are declared by `xml NAME { … }`")
                    .help_or_suggest(
                        &name.text,
                        tables.xml_forms.iter().map(|form| &*form.name).chain(["soap_1_1", "soap_1_2"]),
                        "copy the party's form into an item: `xml NAME { value … }`",
                    );
                XmlUse::Plain
            }
        },
    }
}

/// The octets of a line end by its name.
pub(crate) fn line_end(resolver: &mut Resolver, name: &tree::Name) -> Box<str> {
    match &*name.text {
        "lf" => "\n".into(),
        "crlf" => "\r\n".into(),
        "cr" => "\r".into(),
        _ => {
            resolver
                .report
                .error("TS0414", name.span, format!("`{}` is no line end", name.text))
                .help("the words are lf, crlf and cr");
            "\n".into()
        }
    }
}

pub(super) fn delimited(
    resolver: &mut Resolver,
    separator: &tree::Text,
    attributes: &[tree::Attribute],
    span: Span,
) -> Format {
    let separator = separator.constant().unwrap_or("").to_owned();
    if separator.is_empty() {
        resolver
            .report
            .error("TS0415", span, "the separator is empty")
            .help("write the sign between two values: `delimited \"|\"`");
    }
    Format::Delimited(lines(resolver, &separator, attributes))
}

/// What the attributes say of separators, escapes and the ends of lines.
fn lines(resolver: &mut Resolver, separator: &str, attributes: &[tree::Attribute]) -> Delimited {
    let mut form =
        Delimited { separator: separator.into(), trailing: false, lines: None, between: false, escape: None };
    let mut tolerated = Vec::new();
    for attribute in attributes {
        match &attribute.kind {
            AttributeKind::Trailing => form.trailing = true,
            AttributeKind::Lines { ending, place } => {
                form.lines = Some((line_end(resolver, ending), Vec::new()));
                form.between = matches!(place, Some(tree::LinePlace::Between));
            }
            AttributeKind::Tolerate(name) if name.is("lf") => tolerated.push("\n".into()),
            AttributeKind::Escape(text) => form.escape = Some(text.constant().unwrap_or("\\").into()),
            _ => {}
        }
    }
    if let Some((_, others)) = &mut form.lines {
        *others = tolerated;
    }
    form
}
