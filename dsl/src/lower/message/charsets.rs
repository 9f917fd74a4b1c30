//! The charset of every field: that of the message, of the format around it, or of its own chain.
//!
//! In: the nodes of a message. Out: a name for each field; `bcd` where figures are packed.

use super::Builder;

use crate::lower::layout::inner;
use crate::lower::tables;
use crate::model::{FieldId, FieldKind, Format, Node, TextCode};
use crate::value::{Form, Unit};

impl<'l, 'm> Builder<'l, 'm> {
    /// Gives every field its charset; `packed`: figures stand two in an octet, as in ISO 8583 of BCD.
    pub(super) fn spread_charsets(&mut self, nodes: &'m [Node], charset: &str, packed: bool) {
        for node in nodes {
            match node {
                Node::Field(id) => {
                    let Some(field) = self.layout.field(*id) else { continue };
                    if let Some(place) = self.charsets.get_mut(usize::from(id.0)) {
                        *place = if packed && of_figures(&field.kind) { "bcd" } else { charset }.into();
                    }
                    let mut kind = &field.kind;
                    if let FieldKind::Entry { content, .. } = kind {
                        kind = content;
                    }
                    let own = match kind {
                        FieldKind::Format { chain, .. } => tables::charset_of(chain),
                        _ => None,
                    };
                    let within: Box<str> = own.unwrap_or(charset).into();
                    let packed = match kind {
                        FieldKind::Format { format, .. } => {
                            matches!(format, Format::Iso8583 { code: TextCode::Bcd, .. })
                        }
                        _ => packed,
                    };
                    self.spread_charsets(inner(kind), &within, packed);
                    if let (Some(own), Some(place)) = (own, self.charsets.get_mut(usize::from(id.0))) {
                        *place = own.into();
                    }
                }
                Node::When { then, .. } => self.spread_charsets(then, charset, packed),
                Node::Choose { cases, other, .. } => {
                    for (_, nodes) in cases {
                        self.spread_charsets(nodes, charset, packed);
                    }
                    self.spread_charsets(other, charset, packed);
                }
                Node::Check(_) | Node::Map(_) => {}
            }
        }
    }

    /// The charset of a leaf, or that within a format.
    pub(in crate::lower) fn charset(&self, id: FieldId) -> Box<str> {
        self.charsets.get(usize::from(id.0)).cloned().unwrap_or_default()
    }
}

/// Whether a field is nothing but figures.
pub(super) fn of_figures(kind: &FieldKind) -> bool {
    let FieldKind::Leaf { wire, .. } = kind else { return false };
    match &wire.form {
        Form::Digits | Form::Number | Form::Fen => wire.unit == Unit::Digits,
        Form::Calendar(_, form) => form.chars().all(|letter| letter.is_ascii_alphabetic()),
        _ => false,
    }
}
