//! The name of a file: pieces that are written one behind the other and read again.

use super::super::expression::NoOctets;
use super::super::message::Builder;
use crate::model::{FieldKind, FileForm, Load, NamePiece, Wire};
use crate::program::FileName;
use crate::value::{Absent, Calendar, Form, Size, Type, Unit};

/// The pieces of a name.
pub(super) fn pieces(builder: &mut Builder<'_, '_>, file: &FileForm) -> Vec<FileName> {
    file.name.iter().map(|piece| one(builder, piece)).collect()
}

fn one(builder: &mut Builder<'_, '_>, piece: &NamePiece) -> FileName {
    match piece {
        NamePiece::Text(text) => FileName::Text(text.clone()),
        NamePiece::Field(id) => FileName::Slot {
            slot: builder.layout.field(*id).map_or(u16::MAX, |field| field.slot),
            wire: builder.wire_of(*id),
        },
        NamePiece::Known(expression) => FileName::Expression(builder.compile(expression, &[])),
        NamePiece::Request(load) => FileName::Learned { to: *load, wire: wire_of_request(builder, load) },
        NamePiece::Learned(to, form, ty) => FileName::Learned { to: *to, wire: wire(builder, form, ty) },
    }
}

/// The wire form of a value in a file's name: as long as its type or its letters say.
fn wire(builder: &mut Builder<'_, '_>, form: &Form, ty: &Type) -> u32 {
    let size = match ty {
        Type::Digits { min, max } if min == max => Size::Fixed(*max),
        Type::Digits { min, max } => Size::Range { min: *min, max: *max },
        Type::Text { chars, .. } => Size::Range { min: 0, max: *chars },
        _ => Size::ByForm,
    };
    let ty = match form {
        Form::Calendar(Calendar::Date, _) => Type::Date,
        Form::Calendar(Calendar::Time, _) => Type::Time,
        Form::Calendar(Calendar::DateTime, _) => Type::DateTime,
        Form::Calendar(Calendar::Month, _) => Type::Month,
        _ => ty.clone(),
    };
    let wire = Wire {
        form: form.clone(),
        size,
        unit: Unit::Chars,
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
    };
    let charset = builder.message.charset.clone();
    builder.lowering.wire(&ty, &wire, &charset, None, &mut NoOctets)
}

/// The wire form that a field has in the request.
fn wire_of_request(builder: &mut Builder<'_, '_>, load: &Load) -> u32 {
    let module = builder.lowering.module;
    let call = module.calls.get(usize::from(builder.message.call.0));
    let request = call.and_then(|call| module.messages.get(usize::from(call.request.0)));
    let found = request.and_then(|request| {
        let field =
            request.fields.iter().find(|field| field.level == load.level && field.slot == load.slot)?;
        match &field.kind {
            FieldKind::Leaf { ty, wire } => Some((ty, wire, &request.charset)),
            _ => None,
        }
    });
    match found {
        Some((ty, wire, charset)) => builder.lowering.wire(ty, wire, charset, None, &mut NoOctets),
        None => u32::MAX,
    }
}
