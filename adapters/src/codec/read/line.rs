//! Lines of a file, read one after the other into the same record.
//!
//! In: the instructions of a line. Out: what stays of it; a row gives back what it took.

use crate::codec::tree::Node;
use dsl::value::Outcome;

use super::Reader;
use crate::codec::outcome;
use crate::codec::parse::Current;
use crate::value::{RowsEntered, Slot, Span, Taken};

impl Reader<'_> {
    /// Begins a range of instructions over one value: a line of a file, whose rows' slots begin at `base`.
    pub(in crate::codec) fn begin_piece(
        &mut self,
        range: (u32, u32),
        value: Span,
        row: Option<(u8, usize, u32, usize)>,
    ) {
        (self.at, self.end) = (range.0 as usize, range.1 as usize);
        self.current = Current::Octets(value);
        self.frames.clear();
        self.lists.clear();
        self.tree.truncate(0);
        self.rows = RowsEntered::default();
        if let Some((level, list, row, base)) = row {
            self.rows.push(level, list, row, base);
        }
    }

    /// What stays of a line of a file goes to scratch, as its octets are given back: values, regions, and the line with
    /// its end, if it is such a region.
    pub(in crate::codec) fn settle(
        &mut self,
        whole: Option<(u16, Span)>,
    ) -> Result<(), dsl::evaluate::Fault> {
        for index in 0..self.record.slots.len() {
            let slot = self.record.slot(index);
            if let Some(span) = slot.span().filter(|span| !span.is_kept() && !span.is_empty()) {
                let kept = self.keep(span)?;
                self.record.put(index, Slot { buffer: kept.buffer, at: kept.start, ..slot })?;
            }
        }
        if let Some((region, span)) = whole
            && let Some(place) = self.regions.get_mut(usize::from(region))
        {
            *place = Some(span);
        }
        for region in 0..self.regions.len() {
            let span = self.regions.get(region).copied().flatten();
            if let Some(span) = span.filter(|span| !span.is_kept()) {
                let kept = self.keep(span)?;
                self.regions.get_mut(region).into_iter().for_each(|place| *place = Some(kept));
            }
        }
        Ok(())
    }

    pub(super) fn keep(&mut self, span: Span) -> Result<Span, dsl::evaluate::Fault> {
        let octets = self.record.octets(span).to_vec();
        self.record.keep(&octets)
    }

    /// Gives back what a row of a file took: scratch and slots beyond what was there before; of its codes only what
    /// they say together stays.
    pub(in crate::codec) fn forget_row(&mut self, before: Taken) {
        self.record.give_back(before);
        for region in &mut self.regions {
            *region = region.filter(|span| before.holds(*span));
        }
        if self.seen.len() > 1 && self.programs.message.outcome_order.is_empty() {
            let all = outcome::fold(self.seen.iter().map(|(_, outcome)| *outcome));
            self.seen.clear();
            self.seen.extend(all.map(|all| (usize::MAX, all)));
        } else {
            let own = usize::from(self.programs.message.slots);
            self.seen.retain(|(index, _)| *index < own || *index == usize::MAX);
        }
        if let Some(watch) = &mut self.watch {
            watch.forget_row();
        }
        if self.originals.len() > 1 {
            let all = outcome::fold(self.originals.iter().copied());
            self.originals.clear();
            self.originals.extend(all);
        }
    }

    /// Octets that it holds.
    pub(in crate::codec) fn held(&self) -> usize {
        self.record.held()
            + self.tree.nodes.capacity() * size_of::<Node>()
            + self.seen.capacity() * size_of::<(usize, Outcome)>()
            + self.originals.capacity() * size_of::<Outcome>()
    }
}
