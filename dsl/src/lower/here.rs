//! What octets and lists mean to an expression that stands in a message.

use std::collections::HashMap;

use super::expression::Octets;
use super::layout::Layout;
use crate::model::{FieldId, Load, Space};
use crate::program::{ExprId, FoldForm, PairSet};

/// What octets and lists mean in a message, in rows of these lists.
pub(super) struct Here<'h, 'm> {
    pub(super) layout: &'h Layout<'m>,
    pub(super) wires: &'h HashMap<FieldId, u32>,
    pub(super) folds: &'h mut Vec<FoldForm>,
    pub(super) path: Vec<FieldId>,
    /// Whether each list that a fold entered is one of the message.
    pub(super) entered: Vec<bool>,
}

impl Octets for Here<'_, '_> {
    fn region(&self, field: FieldId) -> u16 {
        self.layout.region(field).unwrap_or(u16::MAX)
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
        let [list] = way else { return };
        if list.space == Space::Field
            && let Some(id) = self.layout.list_of(list, &self.path)
            && self.layout.list(id).is_some_and(|list| list.of_line)
            && self.path.is_empty()
        {
            self.folds.push(FoldForm { list: self.layout.list_index(id), at, sum, filter, each });
        }
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
