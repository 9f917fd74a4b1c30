//! A business row by itself: what one line of a file gives.
//!
//! In: the row that the mappings made. Out: the row, put behind the others of its list.

use dsl::evaluate;
use dsl::evaluate::Value;
use dsl::model::{Load, Space};

use crate::value::{Record, Surroundings};

/// A row of a business list by itself: what a message's mappings made of one line of a file.
#[derive(Debug)]
pub struct TakenRow {
    /// The list that it belongs to.
    pub list: Load,
    /// Slots of a row.
    pub stride: u16,
    /// Most rows of the list.
    pub max: u32,
    /// The row.
    pub row: Record,
}

impl TakenRow {
    /// Puts the row behind the others of its list.
    ///
    /// # Errors
    /// [`evaluate::Fault::TooLong`] beyond the list's bound.
    pub fn put(&self, surroundings: &mut dyn Surroundings) -> Result<(), evaluate::Fault> {
        if matches!(surroundings.load(&self.list)?, Value::Absent) {
            surroundings.begin_rows(&self.list, self.stride)?;
        }
        put_row(&self.row, 0, (&self.list, self.stride, self.max), 1, surroundings)
    }
}

/// The row takes the place of the list's own rows; a list in it is put likewise.
fn put_row(
    from: &Record,
    base: usize,
    (list, stride, max): (&Load, u16, u32),
    level: u8,
    surroundings: &mut dyn Surroundings,
) -> Result<(), evaluate::Fault> {
    surroundings.append(list, stride, max)?;
    for slot in 0..stride {
        let to = Load { space: Space::Item, level, slot, call: 0 };
        let index = base + usize::from(slot);
        if let Some(rows) = from.rows(index) {
            surroundings.begin_rows(&to, rows.stride)?;
            for row in (0..rows.count).filter_map(|row| rows.base(row)) {
                put_row(from, row, (&to, rows.stride, rows.count), level.saturating_add(1), surroundings)?;
            }
        } else if from.slot(index).tag != crate::value::Tag::Unread {
            surroundings.set(&to, &from.value(index)?)?;
        }
    }
    surroundings.leave(list);
    Ok(())
}
