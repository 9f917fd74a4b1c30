//! What octets and lists mean to an expression that stands in a message.

use std::collections::HashMap;

use super::expression::{LinePart, Octets, OverLines, walk};
use super::layout::Layout;
use crate::model::{Expr, ExprKind, FieldId, Function, Load, Space};
use crate::program::{ExprId, FoldForm, OctetFold, PairSet};
use crate::value::{CipherName, Constant, Symbols};

/// What is made while the lines of a file go by.
#[derive(Default)]
pub(super) struct Streamed {
    /// Its lines and lists of lines, in the order of the file; none: the message is no file of lines.
    pub(super) pieces: Vec<FieldId>,
    /// Folds over rows.
    pub(super) folds: Vec<FoldForm>,
    /// Folds over octets.
    pub(super) octets: Vec<OctetFold>,
}

/// What octets and lists mean in a message, in rows of these lists.
pub(super) struct Here<'h, 'm> {
    pub(super) layout: &'h Layout<'m>,
    pub(super) wires: &'h HashMap<FieldId, u32>,
    pub(super) streamed: &'h mut Streamed,
    pub(super) symbols: &'h Symbols,
    pub(super) path: Vec<FieldId>,
    /// Whether each list that a fold entered is one of the message.
    pub(super) entered: Vec<bool>,
}

impl Octets for Here<'_, '_> {
    fn region(&self, field: FieldId) -> u16 {
        self.layout.region(field).unwrap_or(u16::MAX)
    }

    fn begin(&self, field: FieldId) -> u16 {
        self.layout.begin(field).or_else(|| self.layout.region(field)).unwrap_or(u16::MAX)
    }

    fn pairs(&mut self, parts: &[FieldId], except: &[FieldId], without_empty: bool) -> PairSet {
        let wires = self.wires;
        let mut wire = |id: FieldId| wires.get(&id).copied().unwrap_or(u32::MAX);
        self.layout.pair_set(parts, except, without_empty, &mut wire)
    }

    fn way(&self, list: &Load) -> Vec<Load> {
        if list.space != Space::Field {
            return vec![*list];
        }
        let inside = self.layout.path_in(list, &self.path);
        let rest = inside.get(self.path.len()..).unwrap_or_default();
        let load = |id: &FieldId| {
            let field = self.layout.field(*id)?;
            Some(Load { space: Space::Field, level: field.level, slot: field.slot, call: id.0 + 1 })
        };
        let way: Vec<Load> = rest.iter().filter_map(load).collect();
        if way.is_empty() {
            return vec![*list];
        }
        // The last one is the reference as it was written.
        let mut way = way;
        if let Some(last) = way.last_mut() {
            *last = *list;
        }
        way
    }

    fn folded(&mut self, way: &[Load], at: u32, sum: bool, filter: ExprId, each: ExprId) {
        // Over lists in rows it is a sum over the outermost one.
        let Some(list) = way.first() else { return };
        if list.space == Space::Field
            && let Some(id) = self.layout.list_of(list, &self.path)
            && self.layout.list(id).is_some_and(|list| list.of_line)
            && self.path.is_empty()
        {
            self.streamed.folds.push(FoldForm { list: self.layout.list_index(id), at, sum, filter, each });
        }
    }

    fn over_lines<'x>(&self, expression: &'x Expr) -> Option<OverLines<'x>> {
        over_lines(expression, &self.streamed.pieces, self.symbols)
    }

    fn lines_folded(&mut self, fold: OctetFold) {
        self.streamed.octets.push(fold);
    }

    fn enter(&mut self, list: &Load) {
        let own = list.space == Space::Field;
        if own && let Some(id) = self.layout.list_of(list, &self.path) {
            self.path.push(id);
            self.entered.push(true);
        } else {
            self.entered.push(false);
        }
    }

    fn leave(&mut self) {
        if self.entered.pop() == Some(true) {
            self.path.pop();
        }
    }
}

/// What an expression makes of lines of a file, if it is a digest, an HMAC or a length of nothing but whole lines, in
/// the order of the file, and values that look at no octets.
pub(super) fn over_lines<'x>(
    expression: &'x Expr,
    pieces: &[FieldId],
    symbols: &Symbols,
) -> Option<OverLines<'x>> {
    if pieces.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    let (algorithm, key) = match &expression.kind {
        ExprKind::Length(field) => {
            parts.push(LinePart::Piece(piece_of(*field, pieces)?));
            (None, None)
        }
        ExprKind::Function(Function::LengthOf, arguments) => {
            let [Expr { kind: ExprKind::Sent(_), .. }] = arguments.as_slice() else { return None };
            parts.push(LinePart::Sent);
            (None, None)
        }
        ExprKind::Function(Function::Digest, arguments) => {
            let [algorithm, data] = arguments.as_slice() else { return None };
            joined(data, pieces, &mut parts)?;
            (Some(algorithm_name(algorithm, symbols)?), None)
        }
        ExprKind::Function(Function::Hmac, arguments) => {
            let [algorithm, key, data] = arguments.as_slice() else { return None };
            joined(data, pieces, &mut parts)?;
            (Some(algorithm_name(algorithm, symbols)?), Some(key))
        }
        _ => return None,
    };
    // The file as it was sent comes by beside its lines: either is digested, not both in one.
    let lines = parts.iter().filter_map(|part| match part {
        LinePart::Piece(piece) => Some(u32::from(*piece)),
        LinePart::Sent => Some(u32::MAX),
        LinePart::Value(_) => None,
    });
    let in_order = lines.clone().is_sorted_by(|first, second| first < second && *second != u32::MAX);
    (in_order && lines.count() > 0).then_some(OverLines { algorithm, key, parts })
}

fn piece_of(field: FieldId, pieces: &[FieldId]) -> Option<u16> {
    let place = pieces.iter().position(|piece| *piece == field)?;
    u16::try_from(place).ok()
}

fn joined<'x>(data: &'x Expr, pieces: &[FieldId], parts: &mut Vec<LinePart<'x>>) -> Option<()> {
    match &data.kind {
        ExprKind::Raw(field) => parts.push(LinePart::Piece(piece_of(*field, pieces)?)),
        ExprKind::Sent(_) => parts.push(LinePart::Sent),
        ExprKind::RawRange(from, to) => {
            let (from, to) = (piece_of(*from, pieces)?, piece_of(*to, pieces)?);
            parts.extend((from..to).map(LinePart::Piece));
        }
        ExprKind::Add(left, right) => {
            joined(left, pieces, parts)?;
            joined(right, pieces, parts)?;
        }
        ExprKind::Join(all) => {
            for one in all {
                joined(one, pieces, parts)?;
            }
        }
        _ => {
            if looks_at_octets(data) {
                return None;
            }
            parts.push(LinePart::Value(data));
        }
    }
    Some(())
}

fn looks_at_octets(expression: &Expr) -> bool {
    let mut found = false;
    walk(expression, &mut Vec::new(), &mut |one, _| {
        found |= matches!(
            one.kind,
            ExprKind::Raw(_)
                | ExprKind::RawRange(..)
                | ExprKind::Length(_)
                | ExprKind::Sent(_)
                | ExprKind::Pairs { .. }
        );
    });
    found
}

/// An algorithm that the text or a setting names.
pub(super) fn algorithm_name(expression: &Expr, symbols: &Symbols) -> Option<CipherName> {
    match &expression.kind {
        ExprKind::Constant(Constant::Text(text)) => Some(CipherName::Fixed(text.clone())),
        ExprKind::Constant(Constant::Name(name)) => Some(CipherName::Fixed(symbols.text(*name).into())),
        ExprKind::Load(Load { space: Space::Setting, slot, .. }) => Some(CipherName::Setting(*slot)),
        ExprKind::Load(Load { space: Space::Member, slot, .. }) => Some(CipherName::Member(*slot)),
        _ => None,
    }
}
