//! How records of flows are filled: `NAME <- …`, lists whole or by a condition, `pass`; and that nothing is left out.

use super::super::compare;
use super::super::expression::{condition, expression};
use super::super::path::{self, Scope};
use super::super::rows::{self, Rows};
use super::{Maker, Target, is_made};
use crate::model::{Else, Expr, ExprKind, Load, MappedRows, Mapping, ShapeField, Space};
use crate::source::Span;
use crate::tree::{self};
use crate::value::{ShapeId, Type};
use std::sync::Arc;

impl Maker<'_, '_, '_> {
    pub(super) fn mappings(
        &mut self,
        block: &tree::Block<tree::Mapping>,
        scope: &Scope,
        target: Target,
        what: &str,
    ) -> Vec<Mapping> {
        let mut mappings: Vec<Mapping> = Vec::new();
        for node in &block.statements {
            match &node.kind {
                tree::Mapping::Assign { target: path, value, otherwise } => {
                    if let Some(mapping) =
                        self.assign(path, value, otherwise.as_ref(), scope, target, node.span, what)
                    {
                        mappings.push(mapping);
                    }
                }
                tree::Mapping::Pass(path) => self.pass(path, scope, target, &mut mappings),
                _ => {}
            }
        }
        let span = block.statements.first().map_or(block.span, |node| node.span);
        let known = if target.space == Space::Answer && target.level == 0 {
            self.filled_by_rows()
        } else {
            Vec::new()
        };
        self.unfilled(&mappings, &known, target.shape, span, what);
        mappings
    }

    /// Lists of the answer that the rows of an `each … -> answer.LIST` make.
    pub(super) fn filled_by_rows(&self) -> Vec<u16> {
        let lists = self.loops.iter().filter_map(|one| one.into.as_ref().map(|(list, _)| *list));
        lists.filter(|list| list.space == Space::Answer).map(|list| list.slot).collect()
    }

    pub(super) fn unfilled(
        &mut self,
        mappings: &[Mapping],
        known: &[u16],
        shape: Option<ShapeId>,
        span: Span,
        what: &str,
    ) {
        let Some(shape) = shape.and_then(|shape| self.resolver.shapes.get(shape.0 as usize)) else { return };
        let missing: Vec<String> = shape
            .fields
            .iter()
            .enumerate()
            .filter(|(slot, field)| {
                !field.optional
                    && !mappings.iter().any(|mapping| usize::from(mapping.target.slot) == *slot)
                    && !known.iter().any(|known| usize::from(*known) == *slot)
            })
            .map(|(_, field)| field.name.to_string())
            .collect();
        if !missing.is_empty() {
            self.resolver
                .report
                .error("TS0232", span, format!("nobody fills {}", missing.join(", ")))
                .note(format!(
                    "{what} has {} that must be there",
                    if missing.len() == 1 { "a field" } else { "fields" }
                ))
                .help(format!("add `{}  <- …`, or declare it `optional` in the service", missing[0]));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a mapping and where it stands")]
    fn assign(
        &mut self,
        path: &tree::Path,
        value: &tree::ListExpr,
        otherwise: Option<&tree::Otherwise>,
        scope: &Scope,
        target: Target,
        span: Span,
        what: &str,
    ) -> Option<Mapping> {
        let name = path.single()?;
        let shape = target.shape?;
        let fields = &self.resolver.shapes.get(shape.0 as usize)?.fields;
        let Some(slot) = fields.iter().position(|field| *field.name == *name.text) else {
            let names: Vec<String> = fields.iter().map(|field| field.name.to_string()).collect();
            self.resolver
                .report
                .error("TS0205", name.span, format!("{what} has no field `{}`", name.text))
                .suggest(&name.text, names.iter().map(String::as_str));
            return None;
        };
        let field = fields[slot].clone();
        let (source, through) = match self.rows_within(&value.value, scope) {
            Some(found) => found,
            None => (expression(self.resolver, self.work, &value.value, scope, Some(&field.ty)), Vec::new()),
        };
        let rows = self.mapped_rows(value, &source, &through, scope);
        let otherwise = self.otherwise(otherwise, scope);
        if matches!(field.ty, Type::Wrong) {
            if let Some(shape) = Arc::make_mut(&mut self.resolver.shapes).get_mut(shape.0 as usize)
                && let Some(field) = Arc::make_mut(shape).fields.get_mut(slot)
            {
                field.ty = source.ty.clone();
            }
        } else {
            let rule = tree::Rule {
                side: None,
                kind: tree::RuleKind::To(path.clone()),
                sign_span: span,
                cut: false,
                otherwise: None,
                span: value.span,
            };
            compare::fits(self.resolver, &source, &field.ty, None, field.optional, &rule, &otherwise);
            let which = match rows.filter {
                _ if is_made(&source) => Rows::Made,
                Some(_) => Rows::Chosen,
                None => Rows::All,
            };
            let beside = rows.with.map(|(_, shape)| shape);
            rows::fit(self.resolver, (&source.ty, beside), &field.ty, which, span);
        }
        let load = Load {
            space: target.space,
            level: target.level,
            slot: u16::try_from(slot).unwrap_or(u16::MAX),
            call: target.call,
        };
        Some(Mapping { target: load, source, through, rows, cut: false, otherwise, span })
    }

    /// `rows.items`: a list in the rows of others, and those that are gone through on the way.
    fn rows_within(&mut self, value: &tree::Expr, scope: &Scope) -> Option<(Expr, Vec<Load>)> {
        let tree::ExprKind::Path(path) = &value.kind else { return None };
        if path.single().is_some() {
            return None;
        }
        let found = path::find(self.resolver, self.work, path, scope, None);
        let within = !found.lists.is_empty() && matches!(found.expr.ty, Type::List { .. });
        within.then(|| (found.expr, found.lists.into_iter().map(|(list, _)| list).collect()))
    }

    /// What `LIST with … where … sorted by …` says of the rows in a flow. Names in it are those of a row.
    fn mapped_rows(
        &mut self,
        value: &tree::ListExpr,
        source: &Expr,
        through: &[Load],
        scope: &Scope,
    ) -> MappedRows {
        if value.with.is_none() && value.condition.is_none() && value.sorted_by.is_empty() {
            return MappedRows::default();
        }
        let (ExprKind::Load(load), Type::List { shape, max }) = (&source.kind, &source.ty) else {
            if !matches!(source.ty, Type::Wrong) {
                let said = "`with`, `where` and `sorted by` go with a list";
                self.resolver.report.error("TS0421", value.value.span, said);
            }
            return MappedRows::default();
        };
        let with = value.with.as_ref().and_then(|path| self.list_beside(path, through, scope));
        let row = path::RowNames::Shape {
            shape: *shape,
            space: load.space,
            level: load.level + 1,
            call: load.call,
        };
        let row_beside = with.map(|(with, shape)| path::RowNames::Shape {
            shape,
            space: Space::With,
            level: with.level + 1,
            call: 0,
        });
        let inner = Scope { row: Some(row), row_beside, ..scope.clone() };
        let filter = value.condition.as_ref().map(|filter| {
            let holds = expression(self.resolver, self.work, filter, &inner, Some(&Type::Flag));
            condition(self.resolver, holds)
        });
        // How many rows a loop makes, it says when it has made them: who sorts them looks then.
        let most = if is_made(source) { 0 } else { *max };
        let by = &value.sorted_by;
        let sorted = rows::sorted_by(self.resolver, self.work, by, (most, through.is_empty()), &inner);
        MappedRows { filter, with, sorted }
    }

    /// The list that `with` names.
    fn list_beside(&mut self, path: &tree::Path, through: &[Load], scope: &Scope) -> Option<(Load, ShapeId)> {
        let found = path::find(self.resolver, self.work, path, scope, None);
        if !through.is_empty() || !found.lists.is_empty() {
            self.resolver
                .report
                .error("TS0743", path.span, "rows of rows have no list beside them")
                .note("rows are paired by their numbers, and those of several lists begin anew in each")
                .help("make one list of them first, in an `each … -> LIST`");
            return None;
        }
        match (&found.expr.kind, &found.expr.ty) {
            (ExprKind::Load(load), Type::List { shape, .. }) => Some((*load, *shape)),
            (_, Type::Wrong) => None,
            _ => {
                self.resolver
                    .report
                    .error("TS0421", path.span, format!("`{}` is no list", path.text()))
                    .help("`with` names a list whose rows stand beside those of the first, number by number");
                None
            }
        }
    }

    /// What `pass X` gives a list that is being made, each of it optional there.
    pub(super) fn passed_fields(&mut self, path: &tree::Path, scope: &Scope) -> Vec<ShapeField> {
        let found = Self::passed(path, scope)
            .and_then(|(shape, ..)| self.resolver.shapes.get(shape.0 as usize))
            .map(|shape| shape.fields.clone());
        let Some(fields) = found else {
            self.resolver
                .report
                .error("TS0230", path.span, format!("there is nothing called `{}` to pass", path.text()))
                .help("a list that is being made takes the fields of the `ask`, a step before its loop, or a row");
            return Vec::new();
        };
        fields.into_iter().map(|field| ShapeField { optional: true, ..field }).collect()
    }

    /// The record that `pass X` speaks of: its shape and where it is.
    fn passed(path: &tree::Path, scope: &Scope) -> Option<(ShapeId, Space, u8, u16)> {
        match path.single() {
            Some(name) if name.is("ask") => scope.ask.map(|shape| (shape, Space::Ask, 0, 0)),
            Some(name) => scope.flow.as_ref().and_then(|flow| {
                if let Some((_, place, shape)) =
                    flow.loops.iter().rev().find(|(known, _, _)| *known == name.text)
                {
                    return Some((*shape, Space::Row, 0, *place));
                }
                let (_, shape, place) = flow.steps.iter().find(|(known, ..)| *known == name.text)?;
                Some(((*shape)?, Space::StepAnswer, 0, *place))
            }),
            None => None,
        }
    }

    /// `pass X`: all fields of the same names.
    fn pass(&mut self, path: &tree::Path, scope: &Scope, target: Target, mappings: &mut Vec<Mapping>) {
        let Some(shape) = target.shape.and_then(|shape| self.resolver.shapes.get(shape.0 as usize)).cloned()
        else {
            return;
        };
        let Some((from, space, level, call)) = Self::passed(path, scope) else {
            self.resolver
                .report
                .error("TS0230", path.span, format!("there is nothing called `{}` to pass", path.text()))
                .help("pass the `ask`, a step before this one, or the row of an `each`");
            return;
        };
        let fields =
            self.resolver.shapes.get(from.0 as usize).map_or_else(Vec::new, |shape| shape.fields.clone());
        for (slot, field) in shape.fields.iter().enumerate() {
            let slot = u16::try_from(slot).unwrap_or(u16::MAX);
            if mappings.iter().any(|mapping| mapping.target.slot == slot) {
                continue;
            }
            let Some(place) = fields.iter().position(|other| other.name == field.name) else { continue };
            let load = Load { space, level, slot: u16::try_from(place).unwrap_or(u16::MAX), call };
            rows::fit(self.resolver, (&fields[place].ty, None), &field.ty, Rows::All, path.span);
            mappings.push(Mapping {
                target: Load { space: target.space, level: target.level, slot, call: target.call },
                source: Expr { kind: ExprKind::Load(load), ty: fields[place].ty.clone(), span: path.span },
                through: Vec::new(),
                rows: MappedRows::default(),
                cut: false,
                otherwise: if fields[place].optional || field.optional { Else::Absent } else { Else::Fault },
                span: path.span,
            });
        }
    }
}
