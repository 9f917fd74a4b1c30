//! One trip: values are written, read, compared, and written again.
//!
//! In: a message and a case. Out: that it came back, or where it did not. Seals must hold, what is computed must agree;
//! checks of the business are not judged, as values that are made up need not keep them.

use super::Ended;
use super::around::Around;
use super::compare::{Compare, by_chance, wrong_judgement};
use super::fill::Filler;
use super::specimen::Specimen;
use super::values::Values;
use crate::fields::Named;
use crate::inspect::MessageName;
use crate::inspect::{file_of_lines, in_place, keep_row, keep_singles};
use crate::party::form;
use crate::scene::{Adapter, Parts, Scene, Standing, call_it};
use adapters::codec::{
    Doing, Fault, FaultKind, FileReader, LineEvent, Reader, Run, SealJob, SealResult, Writer, describe,
    fill_in, read_name, write_name,
};
use adapters::value::{Record, Surroundings};
use dsl::document::SealStep;
use dsl::evaluate::Value;
use dsl::model::{CallId, MessageId, Space};
use dsl::program::{Code, MessageProgram, Part, Program, Read as Op};
use dsl::value::ShapeId;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most cases of a message; of one under a seal that takes long.
const CASES: usize = 9;
const HEAVY_CASES: usize = 2;

/// Makes the trips of one message.
pub(super) struct Traveller<'a> {
    adapter: &'a Adapter,
    standing: &'a Arc<Standing>,
    values: &'a Values,
    program: &'a Program,
    form: &'a MessageProgram,
    /// The message as it is made up: nothing comes from the business.
    said: MessageProgram,
    name: &'a MessageName,
    by_chance: bool,
    /// Seals that took long, of the trip that is being made: what a message bears is written three times in it, always
    /// with the same octets for chance.
    sealed: RefCell<Vec<(Box<SealJob>, SealResult)>>,
}

/// A message as octets.
struct Sent {
    parts: Parts,
    /// Its control file.
    control: Option<Vec<u8>>,
    file_name: Option<String>,
    /// Its values, with what was computed.
    record: Record,
}

impl<'a> Traveller<'a> {
    pub(super) fn new(
        adapter: &'a Adapter,
        standing: &'a Arc<Standing>,
        values: &'a Values,
        name: &'a MessageName,
    ) -> Option<Self> {
        let program = &adapter.module.program;
        let form = program.messages.get(usize::from(name.message.0))?;
        let free =
            form.fields.iter().filter(|field| field.level == 0 && !field.derived && field.wire.is_some());
        let free: BTreeSet<u16> = free.map(|field| field.slot).collect();
        let said = form::as_said(&in_place(form), &program.expressions, &free, form::Original::Known);
        let by_chance = by_chance(program, form);
        let sealed = RefCell::default();
        Some(Traveller { adapter, standing, values, program, form, said, name, by_chance, sealed })
    }

    pub(super) fn cases(&self) -> usize {
        let heavy = !self.form.signatures.is_empty() || !self.form.fresh.is_empty();
        if heavy { HEAVY_CASES } else { CASES }
    }

    /// Makes one trip.
    pub(super) fn trip(&self, case: usize) -> Result<(), Ended> {
        self.sealed.borrow_mut().clear();
        let (around, record) = self.made_up(self.form, case, true)?;
        if self.form.write.is_empty() {
            return Err(Ended::NotGenerated(
                "it is only read, and what it holds has no order of writing".to_owned(),
            ));
        }
        let sent = self.write(&mut around.scene(), record, false)?;
        if case == 1 && !self.is_lines() {
            self.stops_alike(&around, &sent)?;
        }
        let read = self.read(&mut around.scene(), &sent)?;
        if self.by_chance {
            return Ok(());
        }
        let again = self.write(&mut around.scene(), read, true)?;
        self.same_octets(&sent, &again)
    }

    /// A message as it is sent in a case, with the values that its octets hold.
    pub(super) fn specimen(&self, case: usize) -> Result<Specimen, Ended> {
        let (around, record) = self.made_up(self.form, case, true)?;
        let mut scene = around.scene();
        let sent = self.write(&mut scene, record, false)?;
        let held = self.read(&mut around.scene(), &sent)?;
        let hex = |octets: &[u8]| -> String { octets.iter().map(|octet| format!("{octet:02X}")).collect() };
        let parts = Parts::ALL.iter().filter(|part| !sent.parts.get(**part).is_empty());
        Ok(Specimen {
            variant: BTreeMap::new(),
            message: self.name.name.clone(),
            case,
            parts: parts
                .map(|part| (format!("{part:?}").to_lowercase(), hex(sent.parts.get(*part))))
                .collect(),
            file: sent.file_name.clone(),
            fields: self.named(self.form).wire_tree(&held),
            given: around.given(),
            seals: if case == 0 && !self.is_lines() { self.seals(&around, &sent) } else { Vec::new() },
        })
    }

    fn named(&self, message: &'a MessageProgram) -> Named<'a> {
        Named { program: self.program, message, symbols: &self.adapter.symbols }
    }

    fn is_lines(&self) -> bool {
        self.form.file.as_ref().is_some_and(|file| !file.pieces.is_empty())
    }

    /// The values of a case, and what stands around them; `whole`: with the request that it answers, and the original.
    fn made_up(&self, form: &'a MessageProgram, case: usize, whole: bool) -> Result<(Around, Record), Ended> {
        let mut around = Around::new(self.adapter, self.standing);
        around.shapes = self.shapes(form);
        if whole {
            let call = self.adapter.module.calls.get(usize::from(self.name.call.0));
            let spoken_of = call.and_then(|call| {
                call.call.settles.iter().chain(&call.call.undoes).chain(&call.call.about).next().copied()
            });
            around.original_request = spoken_of.and_then(|CallId(id)| {
                let original = self.adapter.module.calls.get(usize::from(id))?;
                self.other(original.call.request, None)
            });
            let request = call.map(|call| call.call.request);
            around.request = request
                .filter(|request| *request != self.name.message)
                .and_then(|request| self.other(request, around.original_request.as_ref()))
                .map(Arc::new);
        }
        let mut record = Record::new(form.slots);
        let filler = Filler { named: self.named(form), values: self.values, case };
        filler.fill(&mut record, &mut around).map_err(Ended::NotGenerated)?;
        Ok((around, record))
    }

    /// The business records that a message may speak of.
    fn shapes(&self, form: &MessageProgram) -> Vec<(Space, ShapeId)> {
        let calls = &self.adapter.module.calls;
        let call = calls.get(usize::from(self.name.call.0)).map(|call| &call.call);
        let spoken_of =
            call.and_then(|call| call.settles.iter().chain(&call.undoes).chain(&call.about).next().copied());
        let original = spoken_of.and_then(|id| calls.get(usize::from(id.0))).map(|call| &call.call);
        let all = [
            (Space::Ask, form.ask),
            (Space::Answer, form.answer),
            (Space::OriginalAsk, original.and_then(|call| call.ask)),
            (Space::OriginalAnswer, original.and_then(|call| call.answer)),
        ];
        all.into_iter().filter_map(|(space, shape)| Some((space, shape?))).collect()
    }

    /// Another message of usual values, as far as it can be made up; `original`: the request that it speaks of.
    fn other(&self, message: MessageId, original: Option<&Record>) -> Option<Record> {
        let form = self.program.messages.get(usize::from(message.0))?;
        let (mut around, mut record) = self.made_up(form, 0, false).ok()?;
        let free = form.fields.iter().filter(|field| field.level == 0 && !field.derived);
        let free: BTreeSet<u16> = free.map(|field| field.slot).collect();
        let said = form::as_said(&in_place(form), &self.program.expressions, &free, form::Original::Known);
        around.original_request = original.cloned();
        let mut scene = around.scene();
        let _ = fill_in(self.program, &said, &mut record, &mut scene);
        Some(record)
    }

    fn write(&self, scene: &mut Scene, mut record: Record, again: bool) -> Result<Sent, Ended> {
        let words = |fault: &Fault, record: &Record| {
            describe(fault, record, self.form, self.program, &self.adapter.symbols, Doing::Writing)
        };
        let mut control = None;
        let parts = if self.is_lines() {
            if let Ok(name) = write_name(self.program, self.form, &record, scene) {
                self.call_it(scene, &name);
            }
            let written = file_of_lines(scene, self.program, &self.said, &record);
            let (octets, beside) =
                written.map_err(|fault| self.unwritten(&fault, &record, again, &words(&fault, &record)))?;
            control = beside;
            Parts::content(octets)
        } else {
            let filled = fill_in(self.program, &self.said, &mut record, scene);
            filled.map_err(|fault| self.unwritten(&fault, &record, again, &words(&fault, &record)))?;
            let mut writer = Writer::new(self.program, &self.said, record.clone());
            if let Some(fault) = self.run(&mut writer, scene) {
                return Err(self.unwritten(&fault, writer.record(), again, &words(&fault, writer.record())));
            }
            let (mut written, computed) = writer.finish();
            record = computed;
            let mut parts = Parts::default();
            for part in Parts::ALL {
                parts.set(part, written.take(part));
            }
            parts
        };
        let file_name = match &self.form.file {
            Some(file) if !file.name.is_empty() || file.name_write.1 > 0 => {
                write_name(self.program, self.form, &record, scene).ok()
            }
            _ => None,
        };
        Ok(Sent { parts, control, file_name, record })
    }

    /// What could not be written: a value of its own form must be, what is computed from facts that were made up need not.
    fn unwritten(
        &self,
        fault: &Fault,
        record: &Record,
        again: bool,
        report: &adapters::codec::Report,
    ) -> Ended {
        let place = self.form.fields.iter().position(|field| field.path == report.field);
        let field = place.and_then(|place| self.form.fields.get(place));
        // What a mapping could not do, it could not do with what was made up around it, unless it counts what stands here.
        let mapped = fault.at == Fault::IN_MAPPING;
        let own = !mapped && field.is_some_and(|field| !field.derived && field.wire.is_some());
        let of_value = matches!(
            fault.kind,
            FaultKind::CannotFit
                | FaultKind::TooLong
                | FaultKind::TooShort
                | FaultKind::OutOfBounds
                | FaultKind::NotOfForm
                | FaultKind::Character
                | FaultKind::Program
        );
        let counts = field.is_some_and(|field| field.derived && self.counts_rows(field.slot));
        if (again && !mapped) || ((own || counts) && of_value) {
            let value = place.map_or_else(String::new, |place| self.compare(record).told(place));
            let when = if again {
                "what was read cannot be written: "
            } else if counts {
                "as many rows as are allowed cannot be counted: "
            } else {
                "a value that its type allows cannot be written: "
            };
            let value = if counts { String::new() } else { format!(" {value}") };
            return Ended::Broken(place, format!("{when}{}{value}: {}", report.field, report.wrong));
        }
        Ended::NotGenerated(format!("{}: {}", report.field, report.wrong))
    }

    /// Whether a field holds how many rows of the message's own there are, and nothing else.
    fn counts_rows(&self, slot: u16) -> bool {
        let expressions = &self.program.expressions;
        form::given(self.form).filter(|(own, _)| *own == slot).any(|(_, expression)| {
            let range = expressions.ranges.get(expression as usize).copied().unwrap_or((0, 0));
            matches!(
                expressions.code.get(range.0 as usize..range.1 as usize),
                Some([Code::Fold { sum: false, filter: u32::MAX, .. }])
            )
        })
    }

    fn compare<'c>(&'c self, written: &'c Record) -> Compare<'c> {
        Compare { form: self.form, written, symbols: &self.adapter.symbols }
    }

    fn run(&self, writer: &mut Writer<'_>, scene: &mut Scene) -> Option<Fault> {
        loop {
            match writer.run(scene) {
                Run::Done => return None,
                Run::Need(job) => writer.resume(self.sealed(job, scene)),
                Run::Fault(fault) => return Some(fault),
            }
        }
    }

    fn sealed(&self, job: Box<SealJob>, scene: &Scene) -> SealResult {
        let mut sealed = self.sealed.borrow_mut();
        if let Some((_, known)) = sealed.iter().find(|(known, _)| known.does_the_same_as(&job)) {
            return known.clone();
        }
        let result = job.run(&mut |octets| scene.random(octets));
        sealed.push((job, result.clone()));
        result
    }

    /// A machine that stops at every seal gives the same octets (decisions D1).
    fn stops_alike(&self, around: &Around, sent: &Sent) -> Result<(), Ended> {
        if self.by_chance {
            return Ok(());
        }
        let mut scene = around.scene();
        let mut writer = Writer::new(self.program, &self.said, sent.record.clone()).stopping_at_every_seal();
        if self.run(&mut writer, &mut scene).is_some() {
            return Err(Ended::Broken(
                None,
                "it cannot be written where every seal is waited for".to_owned(),
            ));
        }
        let (written, _) = writer.finish();
        let same = Parts::ALL.iter().all(|part| written.part(*part) == &sent.parts.get(*part)[..]);
        if same {
            return Ok(());
        }
        Err(Ended::Broken(None, "where every seal is waited for, other octets are written".to_owned()))
    }

    /// What is sealed and enciphered while a message is written: over which octets, and what it gives.
    fn seals(&self, around: &Around, sent: &Sent) -> Vec<SealStep> {
        let mut scene = around.scene();
        let mut writer = Writer::new(self.program, &self.said, sent.record.clone()).stopping_at_every_seal();
        let mut steps: Vec<SealStep> = Vec::new();
        while let Run::Need(job) = writer.run(&mut scene) {
            let given = job.run(&mut |octets| scene.random(octets));
            let step = SealStep {
                what: job.name(),
                over: job.data().to_vec(),
                gives: given.clone().unwrap_or_default(),
            };
            // A value that is asked for twice is made twice.
            if !steps.contains(&step) {
                steps.push(step);
            }
            writer.resume(given);
        }
        steps
    }

    fn read(&self, scene: &mut Scene, sent: &Sent) -> Result<Record, Ended> {
        if let Some(name) = &sent.file_name {
            self.read_name(scene, name)?;
            self.call_it(scene, name);
        }
        if let Some(reader) = FileReader::new(self.program, self.form) {
            return self.read_lines(scene, reader, sent);
        }
        let mut record = Record::default();
        for part in Parts::ALL {
            record.set_part(part, sent.parts.get(part).clone());
        }
        let mut reader = Reader::new(self.program, self.form, record).watched();
        let fault = loop {
            match reader.run(scene) {
                Run::Done => break None,
                Run::Need(job) => reader.resume(job.run(&mut |octets| scene.random(octets))),
                Run::Fault(fault) => break Some(fault),
            }
        };
        if let Some(fault) = fault {
            let symbols = &self.adapter.symbols;
            let report = describe(&fault, reader.record(), self.form, self.program, symbols, Doing::Reading);
            return Err(self.unread(&sent.record, &report));
        }
        self.judged(reader.judged(), reader.record())?;
        self.compare(&sent.record).rows(reader.record(), None, (0, 0))?;
        Ok(reader.into_record())
    }

    fn read_name(&self, scene: &mut Scene, name: &str) -> Result<(), Ended> {
        let mut record = Record::new(self.form.slots);
        match read_name(self.program, self.form, name, &mut record, scene) {
            Ok(true) => Ok(()),
            Ok(false) if self.name_is_judged() => {
                Err(Ended::NotGenerated(format!("its own checks do not take the name {name}")))
            }
            Ok(false) => Err(Ended::Broken(None, format!("its own name {name} is none of its form"))),
            Err(fault) => Err(Ended::NotGenerated(format!("the name {name}: {:?}", fault.kind))),
        }
    }

    /// Whether checks stand in the name itself.
    fn name_is_judged(&self) -> bool {
        let (from, to) = self.form.file.as_ref().map_or((0, 0), |file| file.name_read);
        let name = self.form.read.get(from as usize..to as usize).unwrap_or_default();
        name.iter().any(|op| matches!(op, Op::Check { .. }))
    }

    fn unread(&self, written: &Record, report: &adapters::codec::Report) -> Ended {
        let place = self.form.fields.iter().position(|field| field.path == report.field);
        let value = place.map_or_else(String::new, |place| self.compare(written).told(place));
        let why = format!(
            "what was written cannot be read: {} {value}: {}, found \"{}\"",
            report.field, report.wrong, report.found
        );
        Ended::Broken(place, why)
    }

    fn judged(&self, judged: &[adapters::codec::Judged], record: &Record) -> Result<(), Ended> {
        for one in judged {
            // A table of fewer codes says an outcome without its reason, or with another.
            let value = one.index.and_then(|index| record.value(index).ok());
            if let (Some(Value::Outcome(found)), Some(expected)) = (value, one.expected.as_deref())
                && found.to_string() == expected
            {
                continue;
            }
            match wrong_judgement(self.program, self.form, one) {
                None => {}
                Some(why) => {
                    let place = one.index.and_then(|index| {
                        self.form
                            .fields
                            .iter()
                            .position(|field| field.level == 0 && usize::from(field.slot) == index)
                    });
                    let value = place.map_or_else(String::new, |place| self.compare(record).told(place));
                    let path =
                        place.and_then(|place| self.form.fields.get(place)).map_or("", |field| &*field.path);
                    return Err(Ended::Broken(place, format!("{path} {value}: {why}")));
                }
            }
        }
        Ok(())
    }

    /// A control file may say what its file is called.
    fn call_it(&self, scene: &mut Scene, name: &str) {
        if self.form.file.as_deref().is_some_and(|file| file.control().is_some()) {
            call_it(scene, name);
        }
    }

    fn read_lines(&self, scene: &mut Scene, reader: FileReader<'_>, sent: &Sent) -> Result<Record, Ended> {
        let mut reader = reader.watched();
        if let Some(name) = &sent.file_name {
            reader = reader.named(name);
        }
        let mut whole = Record::new(self.form.slots);
        let mut counts = vec![0_u32; self.form.lists.len()];
        let mut wrong = None;
        let mut on_line = |record: &Record, event: LineEvent| {
            let Some((list, base)) = event.row else { return Ok(()) };
            let Some(form) = self.form.lists.get(usize::from(list)) else { return Ok(()) };
            let slot = usize::from(form.slot);
            let row = counts.get(usize::from(list)).copied().unwrap_or(0);
            if let Some(count) = counts.get_mut(usize::from(list)) {
                *count += 1;
            }
            let written = sent.record.rows(slot).and_then(|rows| rows.base(row));
            let same = match written {
                Some(written) => self.compare(&sent.record).rows(record, Some(list), (written, base)),
                None => Err(Ended::Broken(None, "more rows are read than were written".to_owned())),
            };
            wrong = wrong.take().or(same.err());
            keep_row(record, base, &mut whole, (slot, form.stride))
        };
        let controlled = sent.control.as_deref().map_or(Ok(()), |control| reader.control(control, scene));
        let pushed =
            controlled.and_then(|()| reader.push(sent.parts.get(Part::Content), scene, &mut on_line));
        let done = pushed.and_then(|()| reader.finish(scene, &mut on_line));
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        if let Err(fault) = done {
            // A row's mapping may refuse what is made up.
            if matches!(fault.fault.kind, FaultKind::Refuse(_) | FaultKind::Park(_) | FaultKind::Unknown) {
                return Err(Ended::NotGenerated(format!("line {}: refused", fault.line)));
            }
            let symbols = &self.adapter.symbols;
            let report =
                describe(&fault.fault, reader.record(), self.form, self.program, symbols, Doing::Reading);
            return Err(self.unread(&sent.record, &report));
        }
        self.judged(reader.judged(), reader.record())?;
        let record = reader.into_record();
        self.compare(&sent.record).rows(&record, None, (0, 0))?;
        let _ = keep_singles(&record, &mut whole, self.form.slots);
        Ok(whole)
    }

    fn same_octets(&self, sent: &Sent, again: &Sent) -> Result<(), Ended> {
        if sent.file_name != again.file_name {
            return Err(Ended::Broken(
                None,
                format!("written again, the file {:?} is named {:?}", sent.file_name, again.file_name),
            ));
        }
        for part in Parts::ALL {
            let (one, other) = (sent.parts.get(part), again.parts.get(part));
            if one == other {
                continue;
            }
            let at = one.iter().zip(other.iter()).position(|(one, other)| one != other);
            let at = at.unwrap_or(one.len().min(other.len()));
            return Err(Ended::Broken(
                None,
                format!("written again, {} octets and {} differ from offset {at}", one.len(), other.len()),
            ));
        }
        Ok(())
    }
}
