//! A message's values made up.
//!
//! In: the fields of a message, a case's number. Out: a record in which every field that the writer does not compute has
//! a value of its form, and what is computed from facts has the facts given.

use super::around::{Around, narrower};
use super::values::Values;
use crate::fields::Named;
use crate::party::form;
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::model::Load;
use dsl::program::{Code, FieldForm};
use dsl::value::{Absent, Size};
use std::collections::{BTreeMap, BTreeSet};

/// Deepest lists in lists, and most rows of one.
const ROWS_MAX: u32 = 3;

/// Makes up the values of one case.
pub(super) struct Filler<'a> {
    pub(super) named: Named<'a>,
    pub(super) values: &'a Values,
    /// Number of the case: 0 is the usual one.
    pub(super) case: usize,
}

impl Filler<'_> {
    /// Fills a record, and gives what the facts of the message are.
    ///
    /// # Errors
    /// The path of a field of which no value can be made.
    pub(super) fn fill(&self, record: &mut Record, around: &mut Around) -> Result<(), String> {
        self.facts(around);
        self.rows(record, None, 0, (0, &self.added()))
    }

    /// Facts by the narrowest field that is nothing but the fact.
    fn facts(&self, around: &mut Around) {
        let program = self.named.program;
        let mut found: BTreeMap<(u8, u8, u16, u16), (Load, u32)> = BTreeMap::new();
        for (slot, expression) in form::given(self.named.message) {
            let Some(load) = form::alone(&program.expressions, expression) else { continue };
            let fields = self.named.message.fields.iter();
            let mut own = fields.filter(|field| field.level == 0 && field.slot == slot);
            let Some(wire) = own.next().and_then(|field| field.wire) else { continue };
            let key = (load.space as u8, load.level, load.slot, load.call);
            let known = found.get(&key).and_then(|(_, wire)| program.wires.get(*wire as usize));
            let own = program.wires.get(wire as usize);
            if known.is_none_or(|known| own.is_some_and(|own| narrower(own, known))) {
                found.insert(key, (load, wire));
            }
        }
        for ((load, wire), place) in found.into_values().zip(0..) {
            if let Some(value) = self.choose(wire, place) {
                around.give(&load, value);
            }
        }
        // What says by its coming how it ended says nothing else in its codes.
        if let Some(means) = self.named.message.means {
            around.outcome = Some(means);
        }
    }

    /// Fields of rows that are added up: level and slot. Many of the largest would be more than their sum may be.
    fn added(&self) -> BTreeSet<(u8, u16)> {
        let expressions = &self.named.program.expressions;
        let mut added = BTreeSet::new();
        for (_, expression) in form::given(self.named.message) {
            let range = expressions.ranges.get(expression as usize).copied().unwrap_or((0, 0));
            for code in expressions.code.get(range.0 as usize..range.1 as usize).unwrap_or_default() {
                if let Code::Fold { sum: true, each, .. } = code {
                    added.extend(form::loads(expressions, *each).map(|load| (load.level, load.slot)));
                }
            }
        }
        added
    }

    fn choose(&self, wire: u32, place: usize) -> Option<&Value<'static>> {
        let all = self.values.of(wire);
        // The first case has the usual values; each later one moves every field on, by steps that differ.
        let at = if self.case == 0 { 0 } else { self.case + place * 3 };
        all.get(at.checked_rem(all.len())?)
    }

    fn rows(
        &self,
        record: &mut Record,
        list: Option<u16>,
        base: usize,
        (depth, added): (usize, &BTreeSet<(u8, u16)>),
    ) -> Result<(), String> {
        let fields = self.named.message.fields.iter().enumerate();
        for (place, field) in fields.filter(|(_, field)| field.list == list) {
            let index = base + usize::from(field.slot);
            if let Some(inner) = field.is_list {
                self.list(record, inner, (index, place), (depth, added))?;
            } else if let Some(wire) = field.wire.filter(|_| !field.derived) {
                // What is added up has its usual value.
                let usual = Filler { case: 0, ..*self };
                let filler = if added.contains(&(field.level, field.slot)) { &usual } else { self };
                match list.and_then(|list| self.entry_name(list, field, wire)) {
                    Some(name) => record
                        .set(index, &Value::text(name))
                        .map_err(|_| format!("{} holds too much", field.path))?,
                    None => filler.leaf(record, field, wire, (index, place))?,
                }
            }
        }
        Ok(())
    }

    /// A file of a zip is called as its list says.
    fn entry_name(&self, list: u16, field: &FieldForm, wire: u32) -> Option<String> {
        let pattern = self.named.message.lists.get(usize::from(list))?.pattern.as_deref()?;
        let (_, name) = field.path.rsplit_once('.')?;
        let pattern = pattern.split('|').next().filter(|_| name == "name")?;
        let width = match self.named.program.wires.get(wire as usize)?.size {
            Size::Fixed(width) => (width as usize + 1).saturating_sub(pattern.chars().count()),
            _ => 1,
        };
        Some(pattern.replacen('*', &format!("{:0width$}", self.case), 1).replace('*', ""))
    }

    fn leaf(
        &self,
        record: &mut Record,
        field: &FieldForm,
        wire: u32,
        (index, place): (usize, usize),
    ) -> Result<(), String> {
        let form = self.named.program.wires.get(wire as usize);
        let may_be_absent = form.is_some_and(|form| form.absent != Absent::Never);
        if may_be_absent && self.case > 0 && (self.case + place) % 5 == 4 {
            return Ok(());
        }
        match self.choose(wire, place) {
            Some(value) => record.set(index, value).map_err(|_| format!("{} holds too much", field.path)),
            None if may_be_absent => Ok(()),
            None => Err(format!("no value of {} can be made", field.path)),
        }
    }

    fn list(
        &self,
        record: &mut Record,
        list: u16,
        (index, place): (usize, usize),
        (depth, added): (usize, &BTreeSet<(u8, u16)>),
    ) -> Result<(), String> {
        let Some(form) = self.named.message.lists.get(usize::from(list)) else { return Ok(()) };
        let most = form.max.min(form.min.max(if depth == 0 { ROWS_MAX } else { 2 }));
        let whole = form.max <= 12 && depth == 0 && self.case == 3;
        let count = match self.case {
            _ if whole => form.max,
            0 => most.min(2).max(form.min),
            case => form.min + u32::try_from(case + place).unwrap_or(0) % (most - form.min + 1),
        };
        let too_much = |_| "a list holds too much".to_owned();
        record.begin_list(index, form.stride, 0).map_err(too_much)?;
        for row in 0..count {
            let base = record.append_row(index, form.max).map_err(too_much)?;
            let inner = Filler { case: self.case + row as usize, ..*self };
            inner.rows(record, Some(list), base, (depth + 1, added))?;
        }
        Ok(())
    }
}
