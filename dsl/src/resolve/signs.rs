//! Texts of EBCDIC among signs of ASCII: the signs of a format, or the text that ends a field, are looked for octet by octet, and
//! a letter of EBCDIC, or half a character between shifts, may look like one.
//!
//! In: the fields and nodes of a message, bound; its charset. Out: problems. It knows formats and codings, not values.

use super::Resolver;
use crate::model::{Chain, Delimited, Field, FieldKind, FileForm, Format, Node};
use crate::source::Span;
use crate::value::{Charset, Coding};

/// Reports the formats whose signs are of ASCII where texts are not.
pub(super) fn told_from_letters(
    resolver: &mut Resolver,
    fields: &[Field],
    nodes: &[Node],
    file: Option<&FileForm>,
    charset: &str,
) {
    let mut looking = Looking { resolver, fields };
    let Some(file) = file else {
        return looking.nodes(nodes, charset, None);
    };
    let charset = charset_of(&file.chain).unwrap_or(charset);
    let span = fields.first().map_or_else(Span::default, |field| field.span);
    looking.format(&file.format, charset, span);
    looking.nodes(nodes, charset, signs(&file.format));
    looking.nodes(&file.name_nodes, charset, None);
}

struct Looking<'r, 'f> {
    resolver: &'r mut Resolver,
    fields: &'f [Field],
}

impl Looking<'_, '_> {
    /// `signs`: the format around has some, and is called so.
    fn nodes(&mut self, nodes: &[Node], charset: &str, signs: Option<&'static str>) {
        for node in nodes {
            match node {
                Node::Field(id) => {
                    let fields = self.fields;
                    if let Some(field) = fields.get(usize::from(id.0)) {
                        self.field(field, &field.kind, charset, signs);
                    }
                }
                Node::When { then, .. } => self.nodes(then, charset, signs),
                Node::Choose { cases, other, .. } => {
                    for (_, nodes) in cases {
                        self.nodes(nodes, charset, signs);
                    }
                    self.nodes(other, charset, signs);
                }
                Node::Check(_) | Node::Map(_) => {}
            }
        }
    }

    fn field(&mut self, field: &Field, kind: &FieldKind, charset: &str, signs: Option<&'static str>) {
        match kind {
            FieldKind::Leaf { wire, .. } => {
                let coded = [Some(&wire.chain.first), wire.chain.choice.as_ref().map(|(_, other)| other)];
                for codings in coded.into_iter().flatten() {
                    let own = match codings.first() {
                        Some(Coding::Charset(own)) if codings.len() == 1 => Some(&**own),
                        _ => None,
                    };
                    if let (Some(own), Some(signs)) = (own.filter(|own| is_foreign(own)), signs) {
                        self.wrong(
                            field.type_span,
                            format!("a text in {own} cannot stand among the signs of {signs}"),
                            "code its octets as ASCII: a coding behind the charset, such as `hex` or `base64`",
                        );
                        break;
                    }
                }
                let ends = wire.ending.as_deref().filter(|ending| !is_control(ending));
                let charset = charset_of(&wire.chain).unwrap_or(charset);
                if ends.is_some() && wire.chain.first.len() < 2 {
                    self.ending(field, charset);
                }
            }
            FieldKind::Format { format, chain, nodes } => {
                let within = charset_of(chain).unwrap_or(charset);
                self.format(format, within, field.type_span);
                if chain.first.len() < 2 && field.ending.as_deref().is_some_and(|ending| !is_control(ending))
                {
                    self.ending(field, within);
                }
                self.nodes(nodes, within, self::signs(format));
            }
            FieldKind::Line { nodes, control, .. } => {
                if let Some(format) = control {
                    self.format(format, charset, field.type_span);
                }
                self.nodes(nodes, charset, control.as_ref().map_or(signs, self::signs));
            }
            FieldKind::Group { nodes } | FieldKind::Several { nodes } => self.nodes(nodes, charset, signs),
            FieldKind::List(list) => self.nodes(&list.nodes, charset, signs),
            FieldKind::Entry { content, .. } => self.field(field, content, charset, None),
        }
    }

    fn format(&mut self, format: &Format, charset: &str, span: Span) {
        if let Some(signs) = signs(format).filter(|_| is_foreign(charset)) {
            self.wrong(
                span,
                format!("the signs of {signs} are of ASCII, and its texts stand in {charset}"),
                "give it a charset that holds ASCII, such as `coded gbk`; records in EBCDIC are `fixed`",
            );
        }
    }

    fn ending(&mut self, field: &Field, charset: &str) {
        if is_foreign(charset) {
            self.wrong(
                field.type_span,
                format!("the `ending` is of ASCII, and `{}` stands in {charset}", field.name),
                "say its width, or its length before it: a `prefix`, or a field that is `= length(…)` of it",
            );
        }
    }

    fn wrong(&mut self, span: Span, title: String, help: &str) {
        self.resolver.report.error("TS0450", span, title).help(help);
    }
}

/// What a format with signs among its values is called.
fn signs(format: &Format) -> Option<&'static str> {
    match format {
        Format::Delimited(form) => has_signs(form).then_some("`delimited`"),
        Format::Segments(_) => Some("`delimited`"),
        Format::Xml(_) => Some("`xml`"),
        Format::Json { .. } => Some("`json`"),
        Format::Form => Some("`form`"),
        Format::Fixed | Format::Binary | Format::Tlv(_) | Format::Iso8583 { .. } | Format::Zip { .. } => None,
    }
}

/// Whether it has more than control characters, which are no octet of a longer code in any set.
fn has_signs(form: &Delimited) -> bool {
    !is_control(&form.separator) || form.escape.is_some()
}

/// No sign of two octets, and none of the shifts.
fn is_control(sign: &str) -> bool {
    sign.bytes().all(|octet| octet < 0x20 && !matches!(octet, 0x0E | 0x0F))
}

fn is_foreign(charset: &str) -> bool {
    Charset::from_name(charset).is_some_and(|charset| !charset.is_ascii_compatible())
}

fn charset_of(chain: &Chain) -> Option<&str> {
    match chain.first.first() {
        Some(Coding::Charset(charset)) => Some(charset),
        _ => None,
    }
}
