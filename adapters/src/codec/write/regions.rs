//! Octets that are spoken of while a message is written: where they are, and how they move.
//!
//! In: marks, places that were filled. Out: octets of a region, once they are whole.

use std::borrow::Cow;

use dsl::evaluate;
use dsl::program::Write;

use super::{Region, Writer};
use crate::codec::environment::Regions;
use crate::codec::{FaultKind, Wrong};
use crate::value::PARTS;

impl Writer<'_> {
    pub(super) fn mark(&mut self, region: u16) -> Result<(), Wrong> {
        let value = !matches!(
            self.use_of_next(),
            Some(Write::Down | Write::List { .. } | Write::Several | Write::Item)
        );
        self.before_mark(value)?;
        let start = self.out().len();
        let marked = Region { kept: None, part: self.part, start, end: start, open: true };
        *self.regions.get_mut(usize::from(region)).ok_or(FaultKind::Program)? = Some(marked);
        Ok(())
    }

    pub(super) fn end_mark(&mut self, region: u16) -> Result<(), Wrong> {
        let named = self.layers.last().is_some_and(|layer| !layer.is_fixed && !layer.is_delimited);
        let end = if named { self.value_end } else { self.out().len() };
        if let Some(region) = self.regions.get_mut(usize::from(region)).and_then(Option::as_mut) {
            region.end = end.max(region.start);
            region.open = false;
        }
        Ok(())
    }

    /// Regions within octets that go through a chain stay readable in a copy.
    pub(super) fn move_regions(&mut self, start: usize, body: Vec<u8>) {
        let place = self.kept.len();
        let part = self.part;
        let mut used = false;
        for region in self.regions.iter_mut().flatten() {
            let within =
                region.kept.is_none() && region.part == part && region.start >= start && !region.open;
            if within {
                used = true;
                region.kept = Some(place);
                region.start -= start;
                region.end -= start;
            }
        }
        for hole in self.holes.iter_mut().flatten() {
            if hole.part == part && hole.at >= start {
                hole.filled = true;
                hole.part = PARTS;
            }
        }
        if used {
            self.kept.push(body);
        }
    }

    /// Replaces octets of the part that is written, and moves every place behind them.
    pub(in crate::codec) fn splice(
        &mut self,
        part: usize,
        at: usize,
        length: usize,
        octets: &[u8],
    ) -> Result<(), Wrong> {
        let out = self.written.at_mut(part).ok_or(FaultKind::Program)?;
        if at + length > out.len() {
            return Err(FaultKind::Program.into());
        }
        let behind = at + length;
        out.splice(at..behind, octets.iter().copied());
        let moved = |place: &mut usize| {
            if *place >= behind && *place > at {
                *place = *place + octets.len() - length;
            }
        };
        for region in
            self.regions.iter_mut().flatten().filter(|region| region.kept.is_none() && region.part == part)
        {
            moved(&mut region.start);
            moved(&mut region.end);
        }
        for hole in self.holes.iter_mut().flatten().filter(|hole| hole.part == part) {
            moved(&mut hole.at);
        }
        for layer in self.layers.iter_mut().filter(|layer| layer.part == part) {
            moved(&mut layer.start);
            moved(&mut layer.map_start);
            moved(&mut layer.tag_end);
            layer.group_starts.iter_mut().for_each(moved);
        }
        moved(&mut self.value_end);
        Ok(())
    }

    pub(super) fn region(&self, region: u16) -> Result<Region, evaluate::Fault> {
        self.regions.get(usize::from(region)).copied().flatten().ok_or(evaluate::Fault::NotYet)
    }

    /// Octets of a range, all places in which are filled.
    pub(super) fn range(
        &self,
        kept: Option<usize>,
        part: usize,
        start: usize,
        end: usize,
    ) -> Result<&[u8], evaluate::Fault> {
        if let Some(kept) = kept {
            return self.kept.get(kept).and_then(|body| body.get(start..end)).ok_or(evaluate::Fault::NotYet);
        }
        let missing =
            self.holes.iter().flatten().any(|hole| {
                !hole.filled && hole.part == part && hole.at < end && hole.at + hole.length > start
            });
        if missing {
            return Err(evaluate::Fault::NotYet);
        }
        self.written.at(part).and_then(|out| out.get(start..end)).ok_or(evaluate::Fault::NotYet)
    }
}

impl Regions for Writer<'_> {
    fn is_there(&self, region: u16) -> bool {
        self.regions.get(usize::from(region)).is_some_and(Option::is_some)
    }

    fn octets(&self, region: u16) -> Result<Cow<'_, [u8]>, evaluate::Fault> {
        // A region that was left out has no octets.
        let Some(region) = self.regions.get(usize::from(region)).copied().flatten() else {
            return Ok(Cow::Borrowed(&[]));
        };
        if region.open {
            return Err(evaluate::Fault::NotYet);
        }
        self.range(region.kept, region.part, region.start, region.end).map(Cow::Borrowed)
    }

    fn between(&self, from: u16, to: u16) -> Result<Cow<'_, [u8]>, evaluate::Fault> {
        let (first, last) = (self.region(from)?, self.region(to)?);
        if first.kept != last.kept || first.part != last.part || last.start < first.start {
            return Err(evaluate::Fault::NotYet);
        }
        self.range(first.kept, first.part, first.start, last.start).map(Cow::Borrowed)
    }

    fn without(&self, whole: u16, part: u16) -> Result<Cow<'_, [u8]>, evaluate::Fault> {
        let (outer, inner) = (self.region(whole)?, self.region(part)?);
        if outer.kept != inner.kept || outer.part != inner.part {
            return Err(evaluate::Fault::NotYet);
        }
        let mut octets = self.range(outer.kept, outer.part, outer.start, inner.start)?.to_vec();
        octets.extend_from_slice(self.range(outer.kept, outer.part, inner.end, outer.end)?);
        Ok(octets.into())
    }
}
