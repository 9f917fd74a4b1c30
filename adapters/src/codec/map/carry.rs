//! Values that are carried from one side to the other as they stand: what most mappings do.
//!
//! In: an assignment whose source is a reference. Out: the target filled, or that the value has to be worked out. Nothing is owned
//! on the way (decisions D7).

use dsl::evaluate::{Value, of_constant};
use dsl::model::Space;
use dsl::program::{Assignment, Otherwise};

use super::Mapper;
use super::fit::{fits, is_converted};
use crate::codec::Wrong;
use crate::value::Surroundings;

impl Mapper<'_> {
    /// Carries a value that one side holds to the other as it stands there; false: it has to be worked out, or told why not.
    pub(super) fn carry(
        &mut self,
        assignment: &Assignment,
        surroundings: &mut dyn Surroundings,
    ) -> Result<bool, Wrong> {
        let expressions = &self.programs.program.expressions;
        let to = &assignment.target;
        let Some(from) = expressions.reference(assignment.source) else {
            let (Some(constant), Space::Field) = (expressions.constant(assignment.source), to.space) else {
                return Ok(false);
            };
            let Some(value) = self.fits_as_it_is(assignment, of_constant(constant), surroundings) else {
                return Ok(false);
            };
            self.record.set(self.rows.index(to.level, to.slot)?, &value)?;
            return Ok(true);
        };
        match (from.space, to.space) {
            (Space::Field, Space::Field) => Ok(false),
            (Space::Field, _) => {
                let index = self.rows.index(from.level, from.slot);
                let Ok(value) = index.and_then(|index| self.record.value(index)) else {
                    return Ok(false);
                };
                let Some(value) = self.fits_as_it_is(assignment, value, surroundings) else {
                    return Ok(false);
                };
                surroundings.set(to, &value)?;
                Ok(true)
            }
            // These are more than what the surroundings hold.
            (Space::Key | Space::OutcomeText | Space::RowOutcomeText, _) => Ok(false),
            (_, Space::Field) => {
                let Ok(value) = surroundings.load(from) else { return Ok(false) };
                let Some(value) = self.fits_as_it_is(assignment, value, surroundings) else {
                    return Ok(false);
                };
                self.record.set(self.rows.index(to.level, to.slot)?, &value)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn fits_as_it_is<'v>(
        &self,
        assignment: &Assignment,
        value: Value<'v>,
        surroundings: &dyn Surroundings,
    ) -> Option<Value<'v>> {
        if matches!(value, Value::Key(_)) || (!value.is_present() && !assignment.optional) {
            return None;
        }
        if assignment.cut || is_converted(&value, &assignment.ty) || assignment.otherwise != Otherwise::Fault
        {
            return self.fit(assignment, value, &self.inside(surroundings)).ok();
        }
        fits(&value, &assignment.ty).ok().map(|()| value)
    }
}
