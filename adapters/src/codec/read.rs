//! Reading: runs a message's read list over its octets, and verifies while it goes.
//!
//! In: a record with the message's octets, the programs, the surroundings. Out: filled slots, facts handed to the
//! surroundings, the outcome, or a [`Fault`]. How formats are taken apart stands in `parse`.

mod judge;
mod line;
mod older;
mod straight;
mod stride;
mod watch;

pub use watch::{Judged, Judgement, Stored};

use std::cell::Cell;

use dsl::evaluate::Value;
use dsl::model::Load;
use dsl::program::{CodeText, MessageProgram, Part, Program, Read, WireForm};
use dsl::value::{Form, Outcome};

use super::environment::{Inside, Programs, Regions};
use super::file::Folds;
use super::leaf::{Parsed, Reading};
use super::outcome::ReadOutcome;
use super::parse::{Current, Frame, OpenList, OpenSeveral};
use super::seals::{SealResult, Seals};
use super::tree::Tree;
use super::{Fault, FaultKind, Run, Wrong, leaf, outcome};
use crate::charset::Charset;
use crate::value::{Record, RowsEntered, Slot, Span, Surroundings, Tag};

/// Reads one message. It holds no octets of its own but what it decoded, and may wait between two runs.
pub struct Reader<'p> {
    pub(super) programs: Programs<'p>,
    pub(super) record: Record,
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) current: Current,
    /// The current value has an odd number of packed figures.
    pub(super) odd: bool,
    pub(super) frames: Vec<Frame>,
    pub(super) tree: Tree,
    pub(super) lists: Vec<OpenList>,
    pub(super) severals: Vec<OpenSeveral>,
    pub(super) regions: Vec<Option<Span>>,
    pub(super) rows: RowsEntered,
    pub(super) seals: Seals,
    seen: Vec<(usize, Outcome)>,
    originals: Vec<Outcome>,
    wait: Option<u64>,
    pub(super) folds: Option<Box<Folds<'p>>>,
    watch: Option<Box<watch::Watch>>,
}

/// What a reader needs beside its record. Who reads one message after the other keeps it, so that nothing is made anew for each.
#[derive(Debug, Default)]
pub struct Room {
    frames: Vec<Frame>,
    tree: Tree,
    lists: Vec<OpenList>,
}

impl Room {
    /// Nodes of a message that is not small.
    const LARGE: usize = 4_096;

    /// Whether it is worth keeping: one large message is not to hold its room for ever.
    #[must_use]
    pub fn is_small(&self) -> bool {
        self.tree.nodes.capacity() <= Self::LARGE && self.lists.capacity() <= Self::LARGE
    }
}

/// What the machine does after an instruction.
pub(super) enum Flow {
    /// The next one.
    On,
    /// This one.
    To(u32),
}

impl<'p> Reader<'p> {
    /// A reader of a message whose parts stand in the record; its slots are made here.
    #[must_use]
    #[inline]
    pub fn new(program: &'p Program, message: &'p MessageProgram, record: Record) -> Self {
        Reader::in_room(program, message, record, Room::default())
    }

    /// A reader in the room of one that is done ([`Reader::into_parts`]).
    #[must_use]
    #[inline(always)]
    pub fn in_room(
        program: &'p Program,
        message: &'p MessageProgram,
        mut record: Record,
        room: Room,
    ) -> Self {
        let Room { mut frames, mut tree, mut lists } = room;
        frames.clear();
        tree.truncate(0);
        lists.clear();
        record.slots.clear();
        record.slots.resize(usize::from(message.slots), Slot::default());
        Reader {
            programs: Programs { program, message },
            record,
            at: 0,
            end: message.read.len(),
            current: Current::Nothing,
            odd: false,
            frames,
            tree,
            lists,
            severals: Vec::new(),
            regions: vec![None; usize::from(message.regions)],
            rows: RowsEntered::default(),
            seals: Seals::default(),
            seen: Vec::new(),
            originals: Vec::new(),
            wait: None,
            folds: None,
            watch: None,
        }
    }

    /// Makes every seal stop the machine, also a quick one: for keys that lie elsewhere, and for tests.
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
                    if wrong.kind != FaultKind::Program
                        && let Some(next) = self.give_up_row()
                    {
                        self.seals.finish();
                        self.at = next;
                        continue;
                    }
                    let op = u32::try_from(self.at).unwrap_or(u32::MAX);
                    return Run::Fault(Fault { op, at: self.place(wrong), kind: wrong.kind });
                }
            }
        }
        Run::Done
    }

    /// Hands over what the job gave that stopped the machine; then `run` again.
    pub fn resume(&mut self, result: SealResult) {
        self.seals.resume(result);
    }

    /// What was read, also after a fault.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// What was read.
    #[must_use]
    #[inline(always)]
    pub fn into_record(self) -> Record {
        self.record
    }

    /// What was read, and the room for the next message.
    #[must_use]
    #[inline(always)]
    pub fn into_parts(self) -> (Record, Room) {
        (self.record, Room { frames: self.frames, tree: self.tree, lists: self.lists })
    }

    /// What the message says of the outcome, as far as it is read.
    #[must_use]
    pub fn outcome(&self) -> ReadOutcome {
        let (outcome, label) = outcome::judge(self.programs.message, &self.record, &self.seen);
        let original = outcome::fold(self.originals.iter().copied());
        ReadOutcome { outcome, original, wait: self.wait, label }
    }

    /// The octets of a region as received, if it was read.
    #[must_use]
    pub fn region(&self, region: u16) -> Option<&[u8]> {
        let span = self.regions.get(usize::from(region)).copied().flatten()?;
        Some(self.record.octets(span))
    }

    fn place(&self, wrong: Wrong) -> u32 {
        if wrong.at != u32::MAX {
            return wrong.at;
        }
        match &self.current {
            Current::Octets(span) => span.start,
            Current::Node(node) => self.tree.node(*node).map_or(0, |node| node.value.start),
            _ => self.frames.last().map_or(0, |frame| frame.at),
        }
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
            seen: Some(&self.seen),
            folds: self.folds.as_deref(),
        }
    }

    #[inline]
    pub(super) fn wire(&self, wire: u32) -> Result<&'p WireForm, Wrong> {
        self.programs.program.wires.get(wire as usize).ok_or_else(|| FaultKind::Program.into())
    }

    fn step(&mut self, surroundings: &mut dyn Surroundings) -> Result<Flow, Wrong> {
        let message = self.programs.message;
        let op = message.read.get(self.at).copied().ok_or(FaultKind::Program)?;
        match op {
            Read::Part(part) => self.part(part),
            Read::Enter { format, chain } => match self.straight_format(format, chain, surroundings) {
                Some(to) => return Ok(Flow::To(to)),
                None => self.enter(format, chain, surroundings)?,
            },
            Read::Leave { kept } => self.leave(kept)?,
            Read::Take { wire } => match self.stride(surroundings) {
                Some(to) => return Ok(Flow::To(to)),
                None => self.take(wire)?,
            },
            Read::Rest { keep } => self.rest(keep)?,
            Read::Child { name } => match self.named_stride(surroundings) {
                Some(to) => return Ok(Flow::To(to)),
                None => {
                    let name = message.names.get(usize::from(name)).ok_or(FaultKind::Program)?;
                    self.child(name)?;
                }
            },
            Read::ChildBy { name, other } => self.child_by(name, other, surroundings)?,
            Read::Down => self.down()?,
            Read::Up => self.up()?,
            Read::Store { slot, wire, level } => self.store(slot, wire, level, surroundings)?,
            Read::JumpIfMissing { to } => {
                if self.is_missing() {
                    return Ok(Flow::To(to));
                }
            }
            Read::Mark { region } => self.mark(region)?,
            Read::Begin { region } => self.begin_mark(region)?,
            Read::EndMark { region } => self.end_mark(region)?,
            Read::List { list, end } => return self.list(list, end),
            Read::Next { list, back } => return self.next(list, back),
            Read::Several { several } => self.several(several)?,
            Read::Pick { group } => self.pick(group)?,
            Read::EndSeveral { kept } => self.end_several(kept)?,
            Read::Unless { condition, to } => {
                if !self.inside(surroundings).truth(condition)? {
                    return Ok(Flow::To(to));
                }
            }
            Read::Jump { to } => return Ok(Flow::To(to)),
            Read::Agree { .. } | Read::Verify { .. } | Read::Check { .. } => self.judge(op, surroundings)?,
            Read::Learn { slot, level, learned } => self.learn(slot, level, learned, surroundings)?,
            Read::Outcome { slot, level, original } => self.note_outcome(slot, level, original)?,
        }
        Ok(Flow::On)
    }

    fn part(&mut self, part: Part) {
        let span = self.record.part_span(part);
        self.current =
            if span.is_empty() && part != Part::Content { Current::Missing } else { Current::Octets(span) };
    }

    fn store(
        &mut self,
        slot: u16,
        wire: u32,
        level: u8,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let form = self.wire(wire)?;
        let index = self.rows.index(level, slot)?;
        self.note_stored(index);
        if form.measures.plain
            && let Current::Octets(span) = self.current
        {
            return self.store_plain(index, form, span, surroundings);
        }
        let (parsed, wait) = match self.leaf_octets(form)? {
            None => (self.missing(form)?, None),
            Some(span) => self.parse(form, span, surroundings)?,
        };
        let (parsed, wait) = self.absent_code(form, parsed, wait, surroundings)?;
        self.wait = wait.or(self.wait);
        self.record.put(index, parsed)?;
        if !self.in_named() {
            self.current = Current::Nothing;
        }
        Ok(())
    }

    /// What stands by itself, in a format whose values are one after the other.
    fn store_plain(
        &mut self,
        index: usize,
        form: &WireForm,
        span: Span,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let reading = Reading::plain(self.programs.program, surroundings.symbols(), self.is_padded());
        leaf::parse_into(&mut self.record, &reading, form, span, index)?;
        self.wait = reading.wait.get().or(self.wait);
        self.current = Current::Nothing;
        Ok(())
    }

    fn missing(&self, form: &WireForm) -> Result<Slot, Wrong> {
        let speaks = match form.form {
            Form::Code(table) => self
                .programs
                .program
                .codes
                .get(usize::from(table))
                .is_some_and(|codes| codes.absent.is_some()),
            _ => false,
        };
        if speaks || form.absent != dsl::value::Absent::Never {
            Ok(Slot::ABSENT)
        } else {
            Err(FaultKind::Missing.into())
        }
    }

    fn absent_code(
        &self,
        form: &WireForm,
        slot: Slot,
        wait: Option<u64>,
        surroundings: &dyn Surroundings,
    ) -> Result<Parsed, Wrong> {
        let Form::Code(table) = form.form else { return Ok((slot, wait)) };
        if slot.is_present() {
            return Ok((slot, wait));
        }
        match self.programs.program.codes.get(usize::from(table)).and_then(|codes| codes.absent) {
            Some(meaning) => leaf::meaning_slot(surroundings.symbols(), form, meaning, None, 0),
            None => Ok((slot, wait)),
        }
    }

    fn parse(
        &mut self,
        form: &'p WireForm,
        span: Span,
        surroundings: &dyn Surroundings,
    ) -> Result<Parsed, Wrong> {
        let (span, charset) = self.uncoded(form, span, surroundings)?;
        let near = match form.near {
            Some(near) => {
                let inside = self.inside(surroundings);
                let value = inside.optional(near)?;
                dsl::evaluate::calendar::moment(&value)
            }
            None => None,
        };
        let reading = Reading {
            program: self.programs.program,
            symbols: surroundings.symbols(),
            charset,
            padded: self.is_padded(),
            odd: self.odd,
            near,
            texts: self.code_texts(form, surroundings)?,
            wait: Cell::new(None),
        };
        let slot = leaf::parse(&mut self.record, &reading, form, span)?;
        Ok((slot, reading.wait.get()))
    }

    /// The octets without their coding, and the charset that the coding says.
    fn uncoded(
        &mut self,
        form: &'p WireForm,
        span: Span,
        surroundings: &dyn Surroundings,
    ) -> Result<(Span, Option<Charset>), Wrong> {
        if form.chain.is_none() && !self.in_formed_xml() {
            return Ok((span, None));
        }
        let inside = self.inside(surroundings);
        let Some(codings) = self.codings(form, &inside)? else { return Ok((span, None)) };
        let charset = super::chain::charset(codings);
        if super::chain::is_plain(codings) || span.is_empty() {
            return Ok((span, charset));
        }
        let octets = self.record.octets(span);
        if leaf::is_absent(form, octets) {
            return Ok((span, charset));
        }
        let decoded = super::chain::invert(&inside, codings, octets.to_vec()).map_err(|wrong| {
            if wrong.at == u32::MAX { Wrong::new(wrong.kind, span.start as usize) } else { wrong }
        })?;
        Ok((self.record.keep(&decoded)?, charset))
    }

    fn code_texts(
        &self,
        form: &WireForm,
        surroundings: &dyn Surroundings,
    ) -> Result<Option<Vec<String>>, Wrong> {
        let Form::Code(table) = form.form else { return Ok(None) };
        let codes = self.programs.program.codes.get(usize::from(table)).ok_or(FaultKind::Program)?;
        if !codes.rows.iter().any(|(text, ..)| matches!(text, CodeText::Expression(_))) {
            return Ok(None);
        }
        let inside = self.inside(surroundings);
        let mut texts = Vec::with_capacity(codes.rows.len());
        for (text, ..) in &codes.rows {
            texts.push(match text {
                CodeText::Text(text) => text.to_string(),
                CodeText::Expression(id) => inside.evaluate(*id)?.to_text(&inside)?.into_owned(),
            });
        }
        Ok(Some(texts))
    }
}

impl Regions for Reader<'_> {
    fn is_there(&self, region: u16) -> bool {
        self.regions.get(usize::from(region)).is_some_and(Option::is_some)
    }

    fn octets(&self, region: u16) -> Result<std::borrow::Cow<'_, [u8]>, dsl::evaluate::Fault> {
        // A region that was not there has no octets.
        let span = self.regions.get(usize::from(region)).copied().flatten().unwrap_or_default();
        Ok(self.record.octets(span).into())
    }

    fn between(&self, from: u16, to: u16) -> Result<std::borrow::Cow<'_, [u8]>, dsl::evaluate::Fault> {
        let span = |region: u16| self.regions.get(usize::from(region)).copied().flatten();
        let (first, last) = span(from).zip(span(to)).ok_or(dsl::evaluate::Fault::NotYet)?;
        if first.buffer != last.buffer || last.start < first.start {
            return Err(dsl::evaluate::Fault::NotYet);
        }
        Ok(self.record.octets(Span { end: last.start, ..first }).into())
    }

    fn without(&self, whole: u16, part: u16) -> Result<std::borrow::Cow<'_, [u8]>, dsl::evaluate::Fault> {
        let span = |region: u16| self.regions.get(usize::from(region)).copied().flatten();
        let (outer, inner) = span(whole).zip(span(part)).ok_or(dsl::evaluate::Fault::NotYet)?;
        if outer.buffer != inner.buffer || inner.start < outer.start || inner.end > outer.end {
            return Err(dsl::evaluate::Fault::NotYet);
        }
        let mut octets = self.record.octets(Span { end: inner.start, ..outer }).to_vec();
        octets.extend_from_slice(self.record.octets(Span { start: inner.end, ..outer }));
        Ok(octets.into())
    }
}

/// A text load of a message's own field: for tests and tools.
impl Reader<'_> {
    /// The value of a field by its load, as read.
    ///
    /// # Errors
    /// As [`Record::value`].
    pub fn field(&self, load: &Load) -> Result<Value<'_>, dsl::evaluate::Fault> {
        let index = self.rows.index(load.level, load.slot)?;
        if self.record.slot(index).tag == Tag::Unread { Ok(Value::Absent) } else { self.record.value(index) }
    }
}
