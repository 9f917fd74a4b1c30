//! Values that are carried from one side to the other as they stand: what most mappings do.
//!
//! In: an assignment whose source is a reference. Out: the target filled, or that the value has to be worked out. Nothing is owned
//! on the way (decisions D7).

use dsl::evaluate::Value;
use dsl::model::Space;
use dsl::program::Assignment;

use super::Mapper;
use crate::codec::Wrong;
use crate::value::Surroundings;

impl Mapper<'_> {
    /// Carries a value that one side holds to the other as it stands there; false: it has to be worked out, or told why not.
    pub(super) fn carry(
        &mut self,
        assignment: &Assignment,
        surroundings: &mut dyn Surroundings,
    ) -> Result<bool, Wrong> {
        let Some(from) = self.programs.program.expressions.reference(assignment.source) else {
            return Ok(false);
        };
        let to = &assignment.target;
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
            (Space::Key | Space::Outcome | Space::OutcomeText | Space::RowOutcomeText, _) => Ok(false),
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
        self.fit(assignment, value, &self.inside(surroundings)).ok()
    }
}
