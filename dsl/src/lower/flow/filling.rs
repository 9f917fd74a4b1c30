//! Mappings of flows as instructions: fields set one by one, lists row by row.

use super::super::shape::{Shapes, stride};
use super::{Maker, number};

use crate::model::{Else, Expr, ExprKind, Load, Mapping, ShapeField, Space};
use crate::program::{Assignment, ExprId, Filling, Map, Otherwise, PairedRows, Pairing};
use crate::value::{ShapeId, Type};

/// A list whose rows go over.
struct Taken {
    source: Load,
    with: Option<(Load, ShapeId)>,
    filter: Option<ExprId>,
    sorted: Box<[ExprId]>,
    rows: PairedRows,
}

impl Maker<'_, '_, '_> {
    pub(super) fn filling(
        &mut self,
        mappings: &[Mapping],
        ask: Option<ShapeId>,
        answer: Option<ShapeId>,
    ) -> u32 {
        let shapes = Shapes { ask, answer, ..Shapes::default() };
        let mut filling = Filling::default();
        for mapping in mappings {
            self.fill(&mut filling, mapping, &shapes);
        }
        self.out.fillings.push(filling);
        number(self.out.fillings.len() - 1)
    }

    fn fill(&mut self, filling: &mut Filling, mapping: &Mapping, shapes: &Shapes) {
        let field = shapes.field(self.lowering.model, &mapping.target);
        let ty = field.map_or_else(|| mapping.source.ty.clone(), |field| field.ty.clone());
        let optional = field.is_none_or(|field| field.optional);
        if let (ExprKind::Load(source), Type::List { shape: from, .. }, Type::List { max, shape: to }) =
            (&mapping.source.kind, &mapping.source.ty, &ty)
        {
            let filter = mapping.rows.filter.as_ref().map(|filter| self.lowering.expression(filter));
            let sorted = mapping.rows.sorted.iter().map(|by| self.lowering.expression(by)).collect();
            let with = mapping.rows.with;
            let target = (mapping.target, *to, *max);
            let entered =
                mapping.through.iter().map(|list| self.enter(filling, *list, target)).collect::<Vec<_>>();
            let rows = if entered.is_empty() { PairedRows::Make } else { PairedRows::Join };
            let taken = Taken { source: *source, with, filter, sorted, rows };
            self.rows(filling, taken, *from, mapping.target, (*to, *max));
            for (pairing, begin) in entered.into_iter().rev() {
                close(filling, pairing, begin);
            }
            return;
        }
        let source = self.lowering.expression(&mapping.source);
        let otherwise = match &mapping.otherwise {
            Else::Fault => Otherwise::Fault,
            Else::Refuse(reason) => Otherwise::Refuse(*reason),
            Else::Park(why) => Otherwise::Park(why.clone()),
            Else::Unknown => Otherwise::Unknown,
            Else::Absent => Otherwise::Absent,
            Else::Value(other) => Otherwise::Value(self.lowering.expression(other)),
        };
        let cut = mapping.cut;
        set(filling, mapping.target, source, ty, optional, (cut, otherwise));
    }

    /// A list whose rows are entered alone, since a list in them is read.
    fn enter(
        &mut self,
        filling: &mut Filling,
        source: Load,
        (target, to, max): (Load, ShapeId, u64),
    ) -> (u16, usize) {
        let pairing = u16::try_from(filling.pairings.len()).unwrap_or(u16::MAX);
        let stride = stride(self.lowering.model, to);
        let max = u32::try_from(max).unwrap_or(u32::MAX);
        let rows = PairedRows::Enter;
        filling.pairings.push(Pairing {
            source,
            with: None,
            filter: None,
            sorted: Box::default(),
            day: None,
            target,
            stride,
            max,
            rows,
        });
        filling.maps.push(Map::Each { pairing, end: 0 });
        (pairing, filling.maps.len() - 1)
    }

    /// A whole list: each row, field by field of the same name.
    fn rows(
        &mut self,
        filling: &mut Filling,
        taken: Taken,
        from: ShapeId,
        target: Load,
        (to, max): (ShapeId, u64),
    ) {
        let pairing = u16::try_from(filling.pairings.len()).unwrap_or(u16::MAX);
        let stride = stride(self.lowering.model, to);
        let max = u32::try_from(max).unwrap_or(u32::MAX);
        let Taken { source, with, filter, sorted, rows } = taken;
        let beside = with.map(|(list, _)| list);
        filling.pairings.push(Pairing {
            source,
            with: beside,
            filter,
            sorted,
            day: None,
            target,
            stride,
            max,
            rows,
        });
        let begin = filling.maps.len();
        filling.maps.push(Map::Each { pairing, end: 0 });
        let shape = |id: ShapeId| self.lowering.model.shapes.get(id.0 as usize);
        let (Some(from), Some(to)) = (shape(from), shape(to)) else { return };
        let with = with.and_then(|(list, id)| Some((list.level.saturating_add(1), shape(id)?)));
        for (field, slot) in to.fields.iter().zip(0_u16..) {
            let place = |fields: &[ShapeField]| fields.iter().position(|known| known.name == field.name);
            // What the row lacks, the row beside it has.
            let own = place(&from.fields).map(|at| (Space::Item, 0, &from.fields, at));
            let found = own.or_else(|| {
                with.and_then(|(level, shape)| {
                    Some((Space::With, level, &shape.fields, place(&shape.fields)?))
                })
            });
            let Some((space, level, fields, at)) = found else { continue };
            let item = Load { space, level, slot: u16::try_from(at).unwrap_or(u16::MAX), call: 0 };
            let target = Load { slot, level: target.level.saturating_add(1), ..target };
            if let (Type::List { max, shape }, Some(Type::List { shape: inner, .. })) =
                (&field.ty, fields.get(at).map(|known| &known.ty))
            {
                let taken = Taken {
                    source: item,
                    with: None,
                    filter: None,
                    sorted: Box::default(),
                    rows: PairedRows::Make,
                };
                self.rows(filling, taken, *inner, target, (*shape, *max));
                continue;
            }
            let load = Expr { kind: ExprKind::Load(item), ty: field.ty.clone(), span: field.span };
            let source = self.lowering.expression(&load);
            set(filling, target, source, field.ty.clone(), field.optional, (false, Otherwise::Fault));
        }
        close(filling, pairing, begin);
    }
}

/// Ends the rows that begin there.
fn close(filling: &mut Filling, pairing: u16, begin: usize) {
    filling.maps.push(Map::Next { pairing, back: number(begin + 1) });
    let end = number(filling.maps.len());
    if let Some(place) = filling.maps.get_mut(begin) {
        *place = Map::Each { pairing, end };
    }
}

fn set(
    filling: &mut Filling,
    target: Load,
    source: ExprId,
    ty: Type,
    optional: bool,
    (cut, otherwise): (bool, Otherwise),
) {
    let assignment = u16::try_from(filling.assignments.len()).unwrap_or(u16::MAX);
    let made = Assignment { target, source, cut, ty, optional, wire: None, otherwise, cold: u32::MAX };
    filling.assignments.push(made);
    filling.maps.push(Map::Set { assignment });
}
