//! What a reference into a business record can hold.

use crate::model::{Load, Model, ShapeField, Space};
use crate::value::{ShapeId, Type};

/// The shapes that references mean where a mapping stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Shapes {
    /// The record asked.
    pub(super) ask: Option<ShapeId>,
    /// The record answered.
    pub(super) answer: Option<ShapeId>,
    /// The original's.
    pub(super) original: (Option<ShapeId>, Option<ShapeId>),
    /// Rows entered, outermost first.
    pub(super) rows: Vec<ShapeId>,
}

impl Shapes {
    /// The field of a record that a reference means.
    pub(super) fn field<'m>(&self, model: &'m Model, load: &Load) -> Option<&'m ShapeField> {
        let top = match load.space {
            Space::Ask => self.ask,
            Space::Answer => self.answer,
            Space::OriginalAsk => self.original.0,
            Space::OriginalAnswer => self.original.1,
            Space::Item | Space::Row => return slot(model, *self.rows.last()?, load.slot),
            _ => return None,
        };
        match usize::from(load.level).checked_sub(1) {
            None => slot(model, top?, load.slot),
            Some(depth) => slot(model, *self.rows.get(depth)?, load.slot),
        }
    }

    /// The shape of a row of a list, and its bound.
    pub(super) fn list(&self, model: &Model, load: &Load) -> Option<(ShapeId, u64)> {
        match self.field(model, load).map(|field| &field.ty) {
            Some(Type::List { max, shape }) => Some((*shape, *max)),
            _ => None,
        }
    }
}

fn slot(model: &Model, shape: ShapeId, slot: u16) -> Option<&ShapeField> {
    model.shapes.get(shape.0 as usize)?.fields.get(usize::from(slot))
}

/// Slots of a row of a shape.
pub(super) fn stride(model: &Model, shape: ShapeId) -> u16 {
    model
        .shapes
        .get(shape.0 as usize)
        .map_or(0, |shape| u16::try_from(shape.fields.len()).unwrap_or(u16::MAX))
}
