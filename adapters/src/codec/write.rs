//! Writing: runs a message's write list over filled slots.
//!
//! In: a record whose slots were filled (by `fill_in`, or by a tool), the programs, the surroundings. Out: the octets
//! of each part. Fixed places that are known later are patched, others are put in once; how each format writes names
//! and values stands in `place`.

use std::borrow::Cow;

use dsl::evaluate::{self, Value, coded};
use dsl::program::{FormatForm, MessageProgram, Part, Program, Write};
use dsl::value::{CipherName, Size};

use super::environment::{Inside, Programs, Regions};
use super::file::Folds;
use super::parse::charset_named;
use super::place::{Layer, encode};
use super::read::Flow;
use super::seals::{SealResult, Seals};
use super::{DEPTH_MAX, Fault, FaultKind, Run, Wrong, chain, leaf, zip};
use crate::value::{PARTS, Record, RowsEntered, Surroundings};

/// The octets of a message, by parts.
#[derive(Clone, Debug, Default)]
pub struct Written {
    parts: [Vec<u8>; PARTS],
}

impl Written {
    /// The octets of a part.
    #[must_use]
    pub fn part(&self, part: Part) -> &[u8] {
        self.parts.get(part as usize).map_or(&[], |octets| octets)
    }

    /// The octets of a part, taken out.
    #[must_use]
    pub fn take(&mut self, part: Part) -> Vec<u8> {
        self.parts.get_mut(part as usize).map(std::mem::take).unwrap_or_default()
    }
}

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
    record: Record,
    at: usize,
    end: usize,
    written: Written,
    pub(super) part: usize,
    pub(super) layers: Vec<Layer>,
    lists: Vec<OpenList>,
    regions: Vec<Option<Region>>,
    holes: Vec<Option<Hole>>,
    kept: Vec<Vec<u8>>,
    /// Where the last value ended.
    pub(super) value_end: usize,
    rows: RowsEntered,
    seals: Seals,
    fresh_done: bool,
    pub(super) folds: Option<Folds<'p>>,
}

impl<'p> Writer<'p> {
    /// A writer of a message whose slots are filled.
    #[must_use]
    pub fn new(program: &'p Program, message: &'p MessageProgram, mut record: Record) -> Self {
        if record.slots.len() < usize::from(message.slots) {
            record.slots.resize(usize::from(message.slots), crate::value::Slot::default());
        }
        Writer {
            programs: Programs { program, message },
            record,
            at: 0,
            end: message.write.len(),
            written: Written::default(),
            part: Part::Content as usize,
            layers: Vec::new(),
            lists: Vec::new(),
            regions: vec![None; usize::from(message.regions)],
            holes: vec![None; usize::from(message.holes)],
            kept: Vec::new(),
            value_end: 0,
            rows: RowsEntered::default(),
            seals: Seals::default(),
            fresh_done: false,
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
        if !self.fresh_done {
            self.fresh_done = true;
            if let Err(wrong) = self.draw_fresh(surroundings) {
                return Run::Fault(Fault { op: 0, at: 0, kind: wrong.kind });
            }
        }
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
                        return Run::Need(Box::new(job));
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
    pub fn finish(self) -> (Written, Record) {
        (self.written, self.record)
    }

    /// Values that only this message has (keys of envelopes) are drawn where nobody set them.
    fn draw_fresh(&mut self, surroundings: &dyn Surroundings) -> Result<(), Wrong> {
        for (slot, octets) in &self.programs.message.fresh {
            let index = usize::from(*slot);
            if !self.record.slot(index).is_present() {
                let mut drawn = vec![0; (*octets as usize).min(4096)];
                surroundings.random(&mut drawn);
                self.record.set(index, &Value::bytes(drawn))?;
            }
        }
        Ok(())
    }

    pub(super) fn out(&self) -> &Vec<u8> {
        self.written.parts.get(self.part).unwrap_or(&self.written.parts[0])
    }

    pub(super) fn out_mut(&mut self) -> &mut Vec<u8> {
        let part = if self.part < PARTS { self.part } else { 0 };
        &mut self.written.parts[part]
    }

    pub(super) fn put_octets(&mut self, octets: &[u8]) {
        self.out_mut().extend_from_slice(octets);
    }

    pub(super) fn inside<'a>(&'a self, surroundings: &'a dyn Surroundings) -> Inside<'a> {
        Inside {
            programs: self.programs,
            record: &self.record,
            rows: &self.rows,
            regions: self,
            seals: &self.seals,
            surroundings,
            outcome: None,
            folds: self.folds.as_ref(),
        }
    }

    pub(super) fn format(&self, format: u32) -> Result<&'p FormatForm, Wrong> {
        self.programs.program.formats.get(format as usize).ok_or_else(|| FaultKind::Program.into())
    }

    pub(super) fn layer(&mut self) -> Result<&mut Layer, Wrong> {
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
            Write::Part(part) => self.part = part as usize,
            Write::Enter { format } => self.enter(format)?,
            Write::Leave { chain } => self.leave(chain, surroundings)?,
            Write::Child { name } => {
                let name = message.names.get(usize::from(name)).ok_or(FaultKind::Program)?;
                self.layer()?.name = Some(name.to_string());
            }
            Write::ChildBy { name } => {
                let inside = self.inside(surroundings);
                let name = inside.evaluate(name)?.to_text(&inside)?.into_owned();
                self.layer()?.name = Some(name);
            }
            Write::Down => self.down()?,
            Write::Up => self.up()?,
            Write::Put { slot, wire, level } => self.put(slot, wire, level, surroundings)?,
            Write::Hole { hole, wire } => self.hole(hole, Some(wire))?,
            Write::Gap { hole } => self.hole(hole, None)?,
            Write::Fill { hole, slot, wire } => self.fill(hole, slot, wire, surroundings)?,
            Write::Compute { slot, level, expression } => {
                let index = self.rows.index(level, slot)?;
                let value = self.inside(surroundings).optional(expression)?.into_owned();
                self.record.set(index, &value)?;
            }
            Write::Sign { slot, signature } => self.sign(slot, signature, surroundings)?,
            Write::Mark { region } => self.mark(region)?,
            Write::EndMark { region } => self.end_mark(region)?,
            Write::List { list, end } => return self.list(list, end),
            Write::Next { list, back } => return self.next(list, back),
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

    // ---- formats

    fn enter(&mut self, format: u32) -> Result<(), Wrong> {
        if self.layers.len() >= DEPTH_MAX {
            return Err(FaultKind::Forbidden.into());
        }
        let form = self.format(format)?;
        self.begin_value()?;
        let charset = match form {
            FormatForm::Xml { charset, .. } | FormatForm::Json { charset } | FormatForm::Form { charset } => {
                charset_named(charset)
            }
            _ => charset_named(&self.programs.message.charset),
        };
        let start = self.out().len();
        let layer = Layer::new(format, form, self.part, start, charset)?;
        self.layers.push(layer);
        self.begin_format(form)
    }

    fn leave(&mut self, chain: u32, surroundings: &dyn Surroundings) -> Result<(), Wrong> {
        let codings = if chain == u32::MAX {
            &[][..]
        } else {
            let chain = self.programs.program.chains.get(chain as usize).ok_or(FaultKind::Program)?;
            chain::chosen(&self.inside(surroundings), chain)?
        };
        let form = self.format(self.layers.last().ok_or(FaultKind::Program)?.format)?;
        // The cipher may stop the machine: it is asked before anything is changed.
        let start = self.layers.last().map_or(0, |layer| layer.start);
        let closing = self.closing(form)?;
        let around = match self.layers.len().checked_sub(2).and_then(|place| self.layers.get(place)) {
            Some(around) => Some(self.format(around.format)?),
            None => None,
        };
        let direct = match (form, around) {
            (_, None) => true,
            (_, Some(FormatForm::Fixed | FormatForm::Path)) => true,
            (FormatForm::Json { .. }, Some(FormatForm::Json { .. })) => codings.is_empty(),
            (FormatForm::Xml { .. }, Some(FormatForm::Xml { .. })) => codings.is_empty(),
            _ => false,
        };
        let plain = chain::is_plain(codings);
        if plain && direct && !matches!(form, FormatForm::Zip { .. }) {
            self.put_octets(&closing);
            self.layers.pop();
        } else {
            let mut body = self.out().get(start..).unwrap_or_default().to_vec();
            body.extend_from_slice(&closing);
            if let FormatForm::Zip { .. } = form {
                body = zip::pack(&self.layer()?.entries)?;
            }
            let octets = chain::apply(&self.inside(surroundings), codings, body.clone())?;
            let octets = match around {
                Some(format) if !direct => {
                    let name = self
                        .layers
                        .get(self.layers.len().saturating_sub(2))
                        .and_then(|layer| layer.value_of.clone());
                    encode(self.programs, format, None, &octets, octets.len(), name.as_deref())?
                }
                _ => octets,
            };
            self.move_regions(start, body);
            self.out_mut().truncate(start);
            self.put_octets(&octets);
            self.layers.pop();
        }
        self.value_end = self.out().len();
        if !self.layers.is_empty() {
            self.end_value()?;
        }
        Ok(())
    }

    /// Regions within octets that go through a chain stay readable in a copy.
    fn move_regions(&mut self, start: usize, body: Vec<u8>) {
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
    pub(super) fn splice(
        &mut self,
        part: usize,
        at: usize,
        length: usize,
        octets: &[u8],
    ) -> Result<(), Wrong> {
        let out = self.written.parts.get_mut(part).ok_or(FaultKind::Program)?;
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

    // ---- values

    fn put(&mut self, slot: u16, wire: u32, level: u8, surroundings: &dyn Surroundings) -> Result<(), Wrong> {
        let index = self.rows.index(level, slot)?;
        let Some(octets) = self.value_octets(index, wire, surroundings)? else {
            // Left out: its name is not written either; in `delimited` its place stays empty.
            if let Some(layer) = self.layers.last_mut() {
                layer.name = None;
                if layer.is_delimited {
                    self.begin_value()?;
                    self.end_value()?;
                }
            }
            return Ok(());
        };
        self.begin_value()?;
        self.put_octets(&octets);
        self.value_end = self.out().len();
        self.end_value()
    }

    /// A value as it stands in its format; none if it is left out.
    fn value_octets(
        &self,
        index: usize,
        wire: u32,
        surroundings: &dyn Surroundings,
    ) -> Result<Option<Vec<u8>>, Wrong> {
        let form = self.programs.program.wires.get(wire as usize).ok_or(FaultKind::Program)?;
        let layer = self.layers.last();
        let format = match layer {
            Some(layer) => Some(self.format(layer.format)?),
            None => None,
        };
        let padded =
            matches!(format, Some(FormatForm::Fixed | FormatForm::Path | FormatForm::Iso8583 { .. }));
        let bare = matches!(format, Some(FormatForm::Json { .. })) && !form.quoted;
        let inside = self.inside(surroundings);
        let mut plain = Vec::new();
        let written = leaf::write_value(&inside, &self.record.slot(index), form, padded, bare, &mut plain)?;
        let Some(units) = written else { return Ok(None) };
        if form.chain.is_none()
            && !plain.is_empty()
            && let Some(FormatForm::Xml { form: Some(xml), .. }) = format
        {
            let codings = if form.form == dsl::value::Form::Bytes { &xml.bytes } else { &xml.text };
            plain = chain::apply(&inside, codings, plain)?;
        }
        let name = layer.and_then(|layer| layer.name.clone());
        match format {
            Some(format) => {
                encode(self.programs, format, Some(form), &plain, units, name.as_deref()).map(Some)
            }
            None => Ok(Some(plain)),
        }
    }

    fn hole(&mut self, hole: u16, wire: Option<u32>) -> Result<(), Wrong> {
        let form = wire.and_then(|wire| self.programs.program.wires.get(wire as usize));
        self.begin_value()?;
        let layer = self.layers.last();
        let fixed = layer.is_none_or(|layer| layer.is_fixed);
        let width = match form {
            Some(form) if fixed => leaf::width(self.programs.program, form).unwrap_or(match form.size {
                Size::Fixed(units) => units as usize,
                _ => 1,
            }),
            _ => 1,
        };
        let format = layer.map(|layer| layer.format);
        let place = Hole { part: self.part, at: self.out().len(), length: width, format, filled: false };
        self.put_octets(&vec![0; width]);
        *self.holes.get_mut(usize::from(hole)).ok_or(FaultKind::Program)? = Some(place);
        self.value_end = self.out().len();
        if self.layers.is_empty() { Ok(()) } else { self.end_value() }
    }

    fn fill(
        &mut self,
        hole: u16,
        slot: u16,
        wire: u32,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let place = self.holes.get(usize::from(hole)).copied().flatten().ok_or(FaultKind::Program)?;
        let form = self.programs.program.wires.get(wire as usize).ok_or(FaultKind::Program)?;
        let format = match place.format {
            Some(number) => Some(self.format(number)?),
            None => None,
        };
        let padded = !matches!(
            format,
            Some(
                FormatForm::Json { .. }
                    | FormatForm::Xml { .. }
                    | FormatForm::Form { .. }
                    | FormatForm::Headers
                    | FormatForm::Delimited(_)
                    | FormatForm::Tlv(_)
            )
        );
        let bare = matches!(format, Some(FormatForm::Json { .. })) && !form.quoted;
        let inside = self.inside(surroundings);
        let mut plain = Vec::new();
        let index = self.rows.index(0, slot)?;
        let written = leaf::write_value(&inside, &self.record.slot(index), form, padded, bare, &mut plain)?;
        let units = written.ok_or(FaultKind::Missing)?;
        if let Some(format) = format {
            plain = encode(self.programs, format, Some(form), &plain, units, None)?;
        }
        self.splice(place.part, place.at, place.length, &plain)?;
        if let Some(hole) = self.holes.get_mut(usize::from(hole)).and_then(Option::as_mut) {
            (hole.filled, hole.length) = (true, plain.len());
        }
        Ok(())
    }

    fn sign(&mut self, slot: u16, signature: u16, surroundings: &dyn Surroundings) -> Result<(), Wrong> {
        let form = self.programs.message.signatures.get(usize::from(signature)).ok_or(FaultKind::Program)?;
        let inside = self.inside(surroundings);
        let name = match &form.algorithm {
            CipherName::Fixed(name) => name.to_string(),
            CipherName::Setting(setting) => surroundings.setting_text(*setting)?.into_owned(),
        };
        let covered = inside.octets(form.covered)?;
        let user = match form.user {
            Some(user) => Some(inside.evaluate(user)?.to_text(&inside)?.into_owned()),
            None => None,
        };
        let key = surroundings.key(&form.key)?;
        let made = self.seals.sign(&name, key, covered, user, surroundings)?;
        let text = match &*form.text {
            "hex" => coded::to_hex(&made, false),
            "hex_upper" => coded::to_hex(&made, true),
            "base64" => coded::to_base64(&made, false),
            "base64url" => coded::to_base64(&made, true),
            _ => return Ok(self.record.set(usize::from(slot), &Value::bytes(made))?),
        };
        let text = String::from_utf8(text).map_err(|_| FaultKind::Program)?;
        Ok(self.record.set(usize::from(slot), &Value::text(text))?)
    }

    // ---- regions

    fn mark(&mut self, region: u16) -> Result<(), Wrong> {
        let value = !matches!(self.use_of_next(), Some(Write::Down | Write::List { .. }));
        self.before_mark(value)?;
        let start = self.out().len();
        let marked = Region { kept: None, part: self.part, start, end: start, open: true };
        *self.regions.get_mut(usize::from(region)).ok_or(FaultKind::Program)? = Some(marked);
        Ok(())
    }

    fn end_mark(&mut self, region: u16) -> Result<(), Wrong> {
        let named = self.layers.last().is_some_and(|layer| !layer.is_fixed && !layer.is_delimited);
        let end = if named { self.value_end } else { self.out().len() };
        if let Some(region) = self.regions.get_mut(usize::from(region)).and_then(Option::as_mut) {
            region.end = end.max(region.start);
            region.open = false;
        }
        Ok(())
    }

    // ---- lists

    fn list(&mut self, list: u16, end: u32) -> Result<Flow, Wrong> {
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

    fn begin_row(&mut self) -> Result<(), Wrong> {
        let open = self.lists.last().ok_or(FaultKind::Program)?;
        let form = self.programs.message.lists.get(usize::from(open.list)).ok_or(FaultKind::Program)?;
        let base =
            self.record.rows(open.index).and_then(|rows| rows.base(open.row)).ok_or(FaultKind::Program)?;
        let row = open.row;
        self.rows.push(form.level, open.index, row, base);
        if self.layers.is_empty() { Ok(()) } else { self.begin_item(row) }
    }

    fn next(&mut self, list: u16, back: u32) -> Result<Flow, Wrong> {
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
    pub(super) fn begin_piece(&mut self, range: (u32, u32), row: Option<(u8, usize, u32, usize)>) {
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
    pub(super) fn take_line(&mut self, end: &[u8], single: Option<Option<u16>>) -> Vec<u8> {
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
    pub(super) fn held(&self) -> usize {
        let parts: usize = self.written.parts.iter().map(Vec::capacity).sum();
        self.record.held() + parts + self.kept.iter().map(Vec::capacity).sum::<usize>()
    }

    /// The slots, to be filled for the next line.
    pub(super) fn record_mut(&mut self) -> &mut Record {
        &mut self.record
    }

    fn region(&self, region: u16) -> Result<Region, evaluate::Fault> {
        self.regions.get(usize::from(region)).copied().flatten().ok_or(evaluate::Fault::NotYet)
    }

    /// Octets of a range, all places in which are filled.
    fn range(
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
        self.written.parts.get(part).and_then(|out| out.get(start..end)).ok_or(evaluate::Fault::NotYet)
    }
}

impl Regions for Writer<'_> {
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
