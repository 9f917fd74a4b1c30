//! Writing: runs a message's write list over filled slots.
//!
//! In: a record whose slots were filled (by `fill_in`, or by a tool), the programs, the surroundings. Out: the octets
//! of each part. Fixed places that are known later are patched, others are put in once; how each format writes names
//! and values stands in `place`.

mod formats;
mod regions;
mod rows;
mod straight;
mod values;

use std::sync::Arc;

use dsl::program::{FormatForm, MessageProgram, Part, Program, WireName, Write};

use super::environment::{Inside, Programs};
use super::file::Folds;
use super::place::{Layer, Name};
use super::read::Flow;
use super::seals::{SealResult, Seals};
use super::{Fault, FaultKind, Run, Wrong};
use crate::value::{PARTS, Record, RowsEntered, Surroundings};

/// The octets of a message, by parts.
#[derive(Clone, Debug, Default)]
pub struct Written {
    content: Vec<u8>,
    /// The parts of an HTTP message; the content stands beside them.
    others: Option<Box<[Vec<u8>; PARTS]>>,
}

/// The octets of a part that nothing was written to.
static NOTHING: Vec<u8> = Vec::new();

impl Written {
    /// The octets of a part.
    #[must_use]
    pub fn part(&self, part: Part) -> &[u8] {
        self.at(part as usize).map_or(&[], |octets| octets)
    }

    /// The octets of a part, taken out.
    #[must_use]
    pub fn take(&mut self, part: Part) -> Vec<u8> {
        match (part, &mut self.others) {
            (Part::Content, _) => std::mem::take(&mut self.content),
            (part, Some(others)) => others.get_mut(part as usize).map(std::mem::take).unwrap_or_default(),
            (_, None) => Vec::new(),
        }
    }

    #[inline]
    fn at(&self, part: usize) -> Option<&Vec<u8>> {
        match (part, &self.others) {
            (CONTENT, _) => Some(&self.content),
            (part, Some(others)) => others.get(part),
            (part, None) => (part < PARTS).then_some(&NOTHING),
        }
    }

    #[inline]
    fn at_mut(&mut self, part: usize) -> Option<&mut Vec<u8>> {
        match part {
            CONTENT => Some(&mut self.content),
            PARTS.. => None,
            part => self.others.get_or_insert_default().get_mut(part),
        }
    }

    /// Room for octets that it has.
    fn held(&self) -> usize {
        let others: usize = self.others.iter().flat_map(|others| others.iter()).map(Vec::capacity).sum();
        self.content.capacity() + others
    }
}

const CONTENT: usize = Part::Content as usize;

/// Room that a part has from the first.
const PART_FIRST: usize = 256;

/// A region while it is written: in a part, or in octets that went through a chain.
#[derive(Clone, Copy, Debug)]
struct Region {
    kept: Option<usize>,
    part: usize,
    start: usize,
    end: usize,
    open: bool,
}

/// A place that is filled later.
#[derive(Clone, Copy, Debug)]
struct Hole {
    part: usize,
    at: usize,
    length: usize,
    format: Option<u32>,
    filled: bool,
}

/// A list whose rows are being written.
#[derive(Debug)]
struct OpenList {
    list: u16,
    index: usize,
    row: u32,
    count: u32,
}

/// Writes one message.
pub struct Writer<'p> {
    pub(super) programs: Programs<'p>,
    pub(super) record: Record,
    pub(super) at: usize,
    pub(super) end: usize,
    written: Written,
    pub(super) part: usize,
    pub(super) layers: Vec<Layer<'p>>,
    lists: Vec<OpenList>,
    /// Items written of places of named groups that are open.
    severals: Vec<u32>,
    regions: Vec<Option<Region>>,
    holes: Vec<Option<Hole>>,
    kept: Vec<Vec<u8>>,
    /// Room for the value that is being written.
    pub(super) plain: Vec<u8>,
    /// Where the last value ended.
    pub(super) value_end: usize,
    pub(super) rows: RowsEntered,
    seals: Seals,
    pub(super) folds: Option<Box<Folds<'p>>>,
}

impl<'p> Writer<'p> {
    /// A writer of a message whose slots are filled.
    #[must_use]
    #[inline]
    pub fn new(program: &'p Program, message: &'p MessageProgram, record: Record) -> Self {
        Writer::in_room(program, message, record, Written::default())
    }

    /// A writer in the room of octets that were sent.
    #[must_use]
    #[inline(always)]
    pub fn in_room(
        program: &'p Program,
        message: &'p MessageProgram,
        mut record: Record,
        mut written: Written,
    ) -> Self {
        written.content.clear();
        written.others.iter_mut().flat_map(|others| others.iter_mut()).for_each(Vec::clear);
        if record.slots.len() < usize::from(message.slots) {
            record.slots.resize(usize::from(message.slots), crate::value::Slot::default());
        }
        Writer {
            programs: Programs { program, message },
            record,
            at: 0,
            end: message.write.len(),
            written,
            part: Part::Content as usize,
            layers: Vec::new(),
            lists: Vec::new(),
            severals: Vec::new(),
            regions: vec![None; usize::from(message.regions)],
            holes: vec![None; usize::from(message.holes)],
            kept: Vec::new(),
            plain: Vec::new(),
            value_end: 0,
            rows: RowsEntered::default(),
            seals: Seals::default(),
            folds: None,
        }
    }

    /// Makes every seal stop the machine, also a quick one.
    #[must_use]
    pub fn stopping_at_every_seal(mut self) -> Self {
        self.seals.all_stop = true;
        self
    }

    /// Runs on.
    pub fn run(&mut self, surroundings: &mut dyn Surroundings) -> Run {
        while self.at < self.end {
            self.seals.begin();
            match self.step(surroundings) {
                Ok(flow) => {
                    self.seals.finish();
                    match flow {
                        Flow::On => self.at += 1,
                        Flow::To(to) => self.at = to as usize,
                    }
                }
                Err(wrong) => {
                    if let Some(job) = self.seals.take_job() {
                        return Run::Need(job);
                    }
                    let op = u32::try_from(self.at).unwrap_or(u32::MAX);
                    let at = u32::try_from(self.out().len()).unwrap_or(u32::MAX);
                    return Run::Fault(Fault { op, at, kind: wrong.kind });
                }
            }
        }
        Run::Done
    }

    /// Hands over what the job gave that stopped the machine; then `run` again.
    pub fn resume(&mut self, result: SealResult) {
        self.seals.resume(result);
    }

    /// The record, with what was computed while writing.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The octets, and the record with what was computed.
    #[must_use]
    #[inline(always)]
    pub fn finish(self) -> (Written, Record) {
        (self.written, self.record)
    }

    #[inline]
    pub(super) fn out(&self) -> &Vec<u8> {
        self.written.at(self.part).unwrap_or(&self.written.content)
    }

    #[inline]
    pub(super) fn out_mut(&mut self) -> &mut Vec<u8> {
        let part = if self.part < PARTS { self.part } else { 0 };
        match part {
            CONTENT => &mut self.written.content,
            part => &mut self.written.others.get_or_insert_default()[part],
        }
    }

    #[inline]
    pub(super) fn put_octets(&mut self, octets: &[u8]) {
        self.out_mut().extend_from_slice(octets);
    }

    #[inline]
    pub(super) fn inside<'a>(&'a self, surroundings: &'a dyn Surroundings) -> Inside<'a> {
        Inside {
            programs: self.programs,
            record: &self.record,
            rows: &self.rows,
            regions: self,
            seals: &self.seals,
            surroundings,
            seen: None,
            folds: self.folds.as_deref(),
        }
    }

    #[inline]
    pub(super) fn format(&self, format: u32) -> Result<&'p FormatForm, Wrong> {
        self.programs.program.formats.get(format as usize).ok_or_else(|| FaultKind::Program.into())
    }

    #[inline]
    pub(super) fn layer(&mut self) -> Result<&mut Layer<'p>, Wrong> {
        self.layers.last_mut().ok_or_else(|| FaultKind::Program.into())
    }

    /// The next instruction that uses a value, behind marks.
    pub(super) fn use_of_next(&self) -> Option<Write> {
        let rest = self.programs.message.write.get(self.at + 1..)?;
        rest.iter().copied().find(|op| !matches!(op, Write::Mark { .. }))
    }

    fn step(&mut self, surroundings: &mut dyn Surroundings) -> Result<Flow, Wrong> {
        let message = self.programs.message;
        let op = message.write.get(self.at).copied().ok_or(FaultKind::Program)?;
        match op {
            Write::Part(part) => {
                self.part = part as usize;
                self.out_mut().reserve(PART_FIRST);
            }
            Write::Enter { format } => match self.straight_format(format, surroundings) {
                Some(to) => return Ok(Flow::To(to)),
                None => self.enter(format)?,
            },
            Write::Leave { chain } => self.leave(chain, surroundings)?,
            Write::Ending { wire } => {
                let wire = self.programs.program.wires.get(wire as usize).ok_or(FaultKind::Program)?;
                let ending = wire.ending.as_deref().unwrap_or_default();
                self.put_octets(ending.as_bytes());
            }
            Write::Child { name } => match self.named_stride(surroundings) {
                Some(to) => return Ok(Flow::To(to)),
                None => {
                    let name = message.names.get(usize::from(name)).ok_or(FaultKind::Program)?;
                    self.layer()?.name = Some(Name::Known(name));
                }
            },
            Write::ChildBy { name } => {
                let inside = self.inside(surroundings);
                let name = inside.evaluate(name)?.to_text(&inside)?.into_owned();
                self.layer()?.name = Some(Name::Made(Arc::new(WireName::of(&name))));
            }
            Write::Down => self.down()?,
            Write::Up => self.up()?,
            Write::Put { slot, wire, level } => match self.stride(surroundings) {
                Some(to) => return Ok(Flow::To(to)),
                None => self.put(slot, wire, level, surroundings)?,
            },
            Write::Hole { hole, wire } => self.hole(hole, Some(wire))?,
            Write::Gap { hole } => self.hole(hole, None)?,
            Write::Fill { hole, slot, wire } => self.fill(hole, slot, wire, surroundings)?,
            Write::Compute { slot, level, expression } => {
                let index = self.rows.index(level, slot)?;
                let inside = self.inside(surroundings);
                let value = inside.held(inside.optional(expression)?)?.into_owned();
                self.record.set(index, &value)?;
            }
            Write::Sign { slot, signature } => self.sign(slot, signature, surroundings)?,
            Write::Mark { region } => self.mark(region)?,
            Write::EndMark { region } => self.end_mark(region)?,
            Write::List { list, end } => return self.list(list, end),
            Write::Next { list, back } => return self.next(list, back),
            Write::Several => {
                self.begin_list(false)?;
                self.severals.push(0);
            }
            Write::Item => {
                let row = self.severals.last_mut().ok_or(FaultKind::Program)?;
                *row += 1;
                let row = *row - 1;
                self.begin_item(row)?;
            }
            Write::EndItem => self.end_item()?,
            Write::EndSeveral => {
                self.severals.pop();
                self.end_list()?;
            }
            Write::Unless { condition, to } => {
                if !self.inside(surroundings).truth(condition)? {
                    return Ok(Flow::To(to));
                }
            }
            Write::Jump { to } => return Ok(Flow::To(to)),
            Write::UnlessPresent { slot, level, to } => {
                if !self.record.slot(self.rows.index(level, slot)?).is_present() {
                    return Ok(Flow::To(to));
                }
            }
        }
        Ok(Flow::On)
    }
}
