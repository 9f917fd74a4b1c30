//! Reading: runs a message's read list over its octets, and verifies while it goes.
//!
//! In: a record with the message's octets, the programs, the surroundings. Out: filled slots, facts handed to the
//! surroundings, the outcome, or a [`Fault`]. How formats are taken apart stands in `parse`.

use dsl::evaluate::{Value, coded};
use dsl::model::{Load, Space};
use dsl::program::{CodeText, MessageProgram, Part, Program, Read, WireForm};
use dsl::value::{CipherName, Form, Outcome};

use super::environment::{Inside, Programs, Regions};
use super::file::Folds;
use super::leaf::{self, Parsed, Reading};
use super::outcome::{self, ReadOutcome};
use super::parse::{Current, Frame, OpenList};
use super::seals::{SealResult, Seals, same_octets};
use super::tree::Tree;
use super::{Fault, FaultKind, Run, Wrong};
use crate::charset::Charset;
use crate::value::{Record, RowsEntered, SCRATCH, Slot, Span, Surroundings, Tag};

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
    pub(super) regions: Vec<Option<Span>>,
    pub(super) rows: RowsEntered,
    pub(super) seals: Seals,
    seen: Vec<(usize, Outcome)>,
    originals: Vec<Outcome>,
    wait: Option<u64>,
    pub(super) folds: Option<Folds<'p>>,
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
    pub fn new(program: &'p Program, message: &'p MessageProgram, mut record: Record) -> Self {
        record.slots.clear();
        record.slots.resize(usize::from(message.slots), Slot::default());
        Reader {
            programs: Programs { program, message },
            record,
            at: 0,
            end: message.read.len(),
            current: Current::Nothing,
            odd: false,
            frames: Vec::new(),
            tree: Tree::default(),
            lists: Vec::new(),
            regions: vec![None; usize::from(message.regions)],
            rows: RowsEntered::default(),
            seals: Seals::default(),
            seen: Vec::new(),
            originals: Vec::new(),
            wait: None,
            folds: None,
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
                        return Run::Need(Box::new(job));
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
    pub fn into_record(self) -> Record {
        self.record
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

    pub(super) fn inside<'a>(&'a self, surroundings: &'a dyn Surroundings) -> Inside<'a> {
        Inside {
            programs: self.programs,
            record: &self.record,
            rows: &self.rows,
            regions: self,
            seals: &self.seals,
            surroundings,
            outcome: outcome::judge(self.programs.message, &self.record, &self.seen).0,
            folds: self.folds.as_ref(),
        }
    }

    pub(super) fn wire(&self, wire: u32) -> Result<&'p WireForm, Wrong> {
        self.programs.program.wires.get(wire as usize).ok_or_else(|| FaultKind::Program.into())
    }

    fn step(&mut self, surroundings: &mut dyn Surroundings) -> Result<Flow, Wrong> {
        let message = self.programs.message;
        let op = message.read.get(self.at).copied().ok_or(FaultKind::Program)?;
        match op {
            Read::Part(part) => self.part(part),
            Read::Enter { format, chain } => self.enter(format, chain, surroundings)?,
            Read::Leave { kept } => self.leave(kept)?,
            Read::Take { wire } => self.take(wire)?,
            Read::Rest { keep } => self.rest(keep)?,
            Read::Child { name } => {
                let name = message.names.get(usize::from(name)).ok_or(FaultKind::Program)?;
                self.child(name)?;
            }
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
            Read::EndMark { region } => self.end_mark(region)?,
            Read::List { list, end } => return self.list(list, end),
            Read::Next { list, back } => return self.next(list, back),
            Read::Unless { condition, to } => {
                if !self.inside(surroundings).truth(condition)? {
                    return Ok(Flow::To(to));
                }
            }
            Read::Jump { to } => return Ok(Flow::To(to)),
            Read::Agree { slot, level, seal, expression } => {
                self.agree(slot, level, seal, expression, surroundings)?;
            }
            Read::Verify { slot, signature } => self.verify(slot, signature, surroundings)?,
            Read::Learn { slot, level, learned } => self.learn(slot, level, learned, surroundings)?,
            Read::Outcome { slot, level, original } => self.note_outcome(slot, level, original)?,
            Read::Check { check } => {
                let check = message.checks.get(usize::from(check)).ok_or(FaultKind::Program)?;
                if !self.inside(surroundings).truth(check.holds)? {
                    return Err(check.refuse.map_or(FaultKind::Check, FaultKind::Refuse).into());
                }
            }
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
        };
        leaf::parse(&mut self.record, &reading, form, span)
    }

    /// The octets without their coding, and the charset that the coding says.
    fn uncoded(
        &mut self,
        form: &'p WireForm,
        span: Span,
        surroundings: &dyn Surroundings,
    ) -> Result<(Span, Option<Charset>), Wrong> {
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

    fn agree(
        &mut self,
        slot: u16,
        level: u8,
        seal: bool,
        expression: u32,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Wrong> {
        let index = self.rows.index(level, slot)?;
        let inside = self.inside(surroundings);
        let expected = inside.optional(expression)?;
        let found = self.record.value(index)?;
        let disagrees = if seal { FaultKind::BadSeal } else { FaultKind::Disagrees };
        let same = match (&found, &expected) {
            (Value::Absent, Value::Absent) => !seal,
            // A blank text says nothing, as a fact that nobody told.
            (Value::Absent, Value::Text(text)) | (Value::Text(text), Value::Absent) => {
                text.is_empty() && !seal
            }
            (Value::Absent, _) | (_, Value::Absent) => false,
            _ if seal => {
                let (found, expected) = (plain_octets(&found, &inside)?, plain_octets(&expected, &inside)?);
                same_octets(&found, &expected)
            }
            (Value::Number(_) | Value::Decimal(_), _) => same_number(&found, &expected),
            (Value::Outcome(_) | Value::Name(_) | Value::Flag(_), Value::Text(text)) => {
                outcome::code_text(&self.record, index).is_some_and(|code| code == **text)
                    || found.to_text(&inside)? == **text
            }
            (Value::Text(left), Value::Text(right)) => left == right,
            (Value::Bytes(left), Value::Bytes(right)) => left == right,
            (Value::Text(_) | Value::Bytes(_), _) => {
                plain_octets(&found, &inside)? == plain_octets(&expected, &inside)?
            }
            (Value::Time(left), Value::Time(right)) => same_time(*left, *right),
            (Value::DateTime(left), Value::DateTime(right)) => {
                left.date() == right.date() && same_time(left.time(), right.time())
            }
            _ => found == expected,
        };
        if same {
            return Ok(());
        }
        let at = self.record.slot(index).span().map_or(u32::MAX, |span| span.start);
        Err(Wrong { kind: disagrees, at })
    }

    fn verify(&mut self, slot: u16, signature: u16, surroundings: &dyn Surroundings) -> Result<(), Wrong> {
        let signature =
            self.programs.message.signatures.get(usize::from(signature)).ok_or(FaultKind::Program)?;
        let inside = self.inside(surroundings);
        let value = self.record.value(self.rows.index(0, slot)?)?;
        if !value.is_present() {
            return Err(FaultKind::BadSeal.into());
        }
        let text = plain_octets(&value, &inside)?;
        let made = match &*signature.text {
            "hex" | "hex_upper" => coded::from_hex(&text),
            "base64" => coded::from_base64(&text, false),
            "base64url" => coded::from_base64(&text, true),
            _ => Ok(text),
        };
        let made = made.map_err(|_| FaultKind::BadSeal)?;
        let name = match &signature.algorithm {
            CipherName::Fixed(name) => name.to_string(),
            CipherName::Setting(setting) => surroundings.setting_text(*setting)?.into_owned(),
        };
        let covered = inside.octets(signature.covered)?;
        let user = match signature.user {
            Some(user) => Some(inside.evaluate(user)?.to_text(&inside)?.into_owned()),
            None => None,
        };
        let key = surroundings.key(&signature.key)?;
        if self.seals.verify(&name, key, covered, made, user, surroundings)? {
            Ok(())
        } else {
            Err(FaultKind::BadSeal.into())
        }
    }

    fn learn(
        &mut self,
        slot: u16,
        level: u8,
        learned: u16,
        surroundings: &mut dyn Surroundings,
    ) -> Result<(), Wrong> {
        let learned = self.programs.message.learned.get(usize::from(learned)).ok_or(FaultKind::Program)?;
        let index = self.rows.index(level, slot)?;
        let value = match learned.by {
            Some(by) => self.inside(surroundings).optional(by)?.into_owned(),
            None => self.record.value(index)?.into_owned(),
        };
        if !value.is_present() {
            return Ok(());
        }
        if learned.to.space == Space::Field {
            let place = self.rows.index(learned.to.level, learned.to.slot)?;
            return Ok(self.record.set(place, &value)?);
        }
        Ok(surroundings.learn(&learned.to, &value)?)
    }

    fn note_outcome(&mut self, slot: u16, level: u8, original: bool) -> Result<(), Wrong> {
        let index = self.rows.index(level, slot)?;
        if let Value::Outcome(outcome) = self.record.value(index)? {
            if original {
                self.originals.push(outcome);
            } else {
                self.seen.push((index, outcome));
            }
        }
        Ok(())
    }

    /// Begins a range of instructions over one value: a line of a file, whose rows' slots begin at `base`.
    pub(super) fn begin_piece(
        &mut self,
        range: (u32, u32),
        value: Span,
        row: Option<(u8, usize, u32, usize)>,
    ) {
        (self.at, self.end) = (range.0 as usize, range.1 as usize);
        self.current = Current::Octets(value);
        self.frames.clear();
        self.lists.clear();
        self.tree.nodes.clear();
        self.rows = RowsEntered::default();
        if let Some((level, list, row, base)) = row {
            self.rows.push(level, list, row, base);
        }
    }

    /// What stays of a line of a file goes to scratch, as its octets are given back: values, regions, and the line with
    /// its end, if it is such a region.
    pub(super) fn settle(&mut self, whole: Option<(u16, Span)>) -> Result<(), dsl::evaluate::Fault> {
        for index in 0..self.record.slots.len() {
            let slot = self.record.slot(index);
            if let Some(span) = slot.span().filter(|span| span.buffer != SCRATCH && !span.is_empty()) {
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
            if let Some(span) = span.filter(|span| span.buffer != SCRATCH) {
                let kept = self.keep(span)?;
                self.regions.get_mut(region).into_iter().for_each(|place| *place = Some(kept));
            }
        }
        Ok(())
    }

    fn keep(&mut self, span: Span) -> Result<Span, dsl::evaluate::Fault> {
        let octets = self.record.octets(span).to_vec();
        self.record.keep(&octets)
    }

    /// Gives back what a row of a file took: scratch and slots beyond what was there before; of its codes only what
    /// they say together stays.
    pub(super) fn forget_row(&mut self, (scratch, slots): (usize, usize)) {
        self.record.scratch.truncate(scratch);
        self.record.slots.truncate(slots);
        for region in &mut self.regions {
            *region = region.filter(|span| span.buffer == SCRATCH && span.end as usize <= scratch);
        }
        if self.seen.len() > 1 && self.programs.message.outcome_order.is_empty() {
            let all = outcome::fold(self.seen.iter().map(|(_, outcome)| *outcome));
            self.seen.clear();
            self.seen.extend(all.map(|all| (usize::MAX, all)));
        } else {
            let own = usize::from(self.programs.message.slots);
            self.seen.retain(|(index, _)| *index < own || *index == usize::MAX);
        }
        if self.originals.len() > 1 {
            let all = outcome::fold(self.originals.iter().copied());
            self.originals.clear();
            self.originals.extend(all);
        }
    }

    /// Octets that it holds.
    pub(super) fn held(&self) -> usize {
        self.record.held()
            + self.tree.nodes.capacity() * size_of::<super::tree::Node>()
            + self.seen.capacity() * size_of::<(usize, Outcome)>()
            + self.originals.capacity() * size_of::<Outcome>()
    }
}

/// A value's octets: texts in UTF-8, seals being figures and letters.
fn plain_octets(value: &Value<'_>, inside: &Inside<'_>) -> Result<Vec<u8>, Wrong> {
    match value {
        Value::Bytes(octets) => Ok(octets.to_vec()),
        other => Ok(other.to_text(inside)?.as_bytes().to_vec()),
    }
}

/// A time read is as fine as its form; what the form leaves out of a second is not compared.
fn same_time(found: dsl::value::Time, expected: dsl::value::Time) -> bool {
    let (fine, whole) = (found.subsec_nanosecond(), expected.subsec_nanosecond());
    let step = match fine {
        0 => 1_000_000_000,
        fine if fine % 1_000_000 == 0 => 1_000_000,
        _ => 1,
    };
    (found.hour(), found.minute(), found.second()) == (expected.hour(), expected.minute(), expected.second())
        && (step == 1_000_000_000 || fine / step == whole / step)
}

fn same_number(left: &Value<'_>, right: &Value<'_>) -> bool {
    let decimal = |value: &Value<'_>| match value {
        Value::Decimal(decimal) => Some(*decimal),
        Value::Number(number) => dsl::evaluate::number::scaled(*number, 0).ok(),
        Value::Text(text) => match dsl::evaluate::number::whole(text.as_bytes(), true) {
            Ok(number) => dsl::evaluate::number::scaled(number, 0).ok(),
            Err(_) => text.parse().ok(),
        },
        _ => None,
    };
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right,
        _ => decimal(left).is_some_and(|left| decimal(right) == Some(left)),
    }
}

impl Regions for Reader<'_> {
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
