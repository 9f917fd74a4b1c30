//! Rows of lists, and lines of a file, written one after the other.
//!
//! In: rows of slots. Out: octets in order; of a file, the line.

use dsl::program::Part;

use super::{OpenList, Region, Writer};
use crate::codec::read::Flow;
use crate::codec::{FaultKind, Wrong};
use crate::value::{Record, RowsEntered};

impl Writer<'_> {
    pub(super) fn list(&mut self, list: u16, end: u32) -> Result<Flow, Wrong> {
        let form = self.programs.message.lists.get(usize::from(list)).ok_or(FaultKind::Program)?;
        let index = self.rows.index(form.level, form.slot)?;
        let count = self.record.rows(index).map_or(0, |rows| rows.count);
        if count > form.max {
            return Err(FaultKind::TooManyRows.into());
        }
        if count < form.min {
            return Err(FaultKind::TooFewRows.into());
        }
        self.begin_list(form.alone && count == 1)?;
        self.lists.push(OpenList { list, index, row: 0, count });
        if count == 0 {
            self.lists.pop();
            self.end_list()?;
            return Ok(Flow::To(end));
        }
        self.begin_row()?;
        Ok(Flow::On)
    }

    pub(super) fn begin_row(&mut self) -> Result<(), Wrong> {
        let open = self.lists.last().ok_or(FaultKind::Program)?;
        let form = self.programs.message.lists.get(usize::from(open.list)).ok_or(FaultKind::Program)?;
        let base =
            self.record.rows(open.index).and_then(|rows| rows.base(open.row)).ok_or(FaultKind::Program)?;
        let row = open.row;
        self.rows.push(form.level, open.index, row, base);
        if self.layers.is_empty() { Ok(()) } else { self.begin_item(row) }
    }

    pub(super) fn next(&mut self, list: u16, back: u32) -> Result<Flow, Wrong> {
        self.rows.pop();
        if !self.layers.is_empty() {
            self.end_item()?;
        }
        let open = self.lists.last_mut().filter(|open| open.list == list).ok_or(FaultKind::Program)?;
        open.row += 1;
        if open.row < open.count {
            self.begin_row()?;
            return Ok(Flow::To(back));
        }
        self.lists.pop();
        self.end_list()?;
        Ok(Flow::On)
    }

    /// Begins a range of instructions over one line of a file; its row's slots begin at `base`.
    pub(in crate::codec) fn begin_piece(&mut self, range: (u32, u32), row: Option<(u8, usize, u32, usize)>) {
        (self.at, self.end) = (range.0 as usize, range.1 as usize);
        self.part = Part::Content as usize;
        self.out_mut().clear();
        self.layers.clear();
        self.rows = RowsEntered::default();
        if let Some((level, list, row, base)) = row {
            self.rows.push(level, list, row, base);
        }
    }

    /// The octets of the line that was written, with its end. `single`: it is no row of a list, so what later lines may
    /// speak of stays readable; the whole line, if it is such a region.
    pub(in crate::codec) fn take_line(&mut self, end: &[u8], single: Option<Option<u16>>) -> Vec<u8> {
        self.put_octets(end);
        let line = std::mem::take(self.out_mut());
        let Some(whole) = single else {
            self.regions
                .iter_mut()
                .for_each(|region| *region = region.filter(|region| region.kept.is_some()));
            return line;
        };
        let all = Region { kept: None, part: self.part, start: 0, end: line.len(), open: false };
        if let Some(place) = whole.and_then(|region| self.regions.get_mut(usize::from(region))) {
            *place = Some(all);
        }
        self.move_regions(0, line.clone());
        line
    }

    /// Octets that it holds.
    pub(in crate::codec) fn held(&self) -> usize {
        self.record.held() + self.written.held() + self.kept.iter().map(Vec::capacity).sum::<usize>()
    }

    /// The slots, to be filled for the next line.
    pub(in crate::codec) fn record_mut(&mut self) -> &mut Record {
        &mut self.record
    }
}
