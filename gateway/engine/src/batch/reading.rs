//! A file that came, read to its end before any row of it is worked off: its rows go to sheets, what stands outside of
//! them to the ask.
//!
//! In: a file of the spool with its name, the link that it came by. Out: the call that it is, its ask and sheets, or why it
//! is none. It must not know what becomes of the ask.

use super::lists::list_field;
use super::spooled::{self, Spooled};
use crate::facts::Tagged;
use crate::message::{self, Nearness, Unread};
use crate::scene::Scene;
use crate::serve::Serving;
use crate::sheet::{SheetWriter, Spool};
use crate::version::{CallRef, Version};
use adapters::codec::{Doing, FaultKind, FileFault, FileReader, LineEvent, describe, read_name};
use adapters::value::{Record, encode_record};
use dsl::evaluate::Value;
use dsl::model::{CallId, Fact, MessageId, Space};
use dsl::program::{LinkProgram, MessageProgram, ModuleProgram, Part};
use dsl::value::ShapeId;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// A file that was read.
pub(crate) struct ReadFile {
    /// What it asks.
    pub(crate) call: CallRef,
    /// The scene that it told to; its request holds what stands outside of rows.
    pub(crate) scene: Box<Scene>,
    /// Sheets of the ask's lists.
    pub(crate) sheets: Tagged,
    /// What it says of outcomes.
    pub(crate) outcome: adapters::codec::ReadOutcome,
}

/// Why a file is not taken.
pub(crate) enum NotRead {
    /// No message of the link has such a name.
    Name,
    /// It is the message of a call, and something in it is wrong.
    Bad(CallRef, Box<Unread>),
    /// The spool's disk, or the machine.
    Disk(io::Error),
}

impl From<io::Error> for NotRead {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// The message of a link whose form a name has.
pub(crate) fn message_of(
    serving: &Serving,
    module: usize,
    link: &LinkProgram,
    name: &str,
) -> Option<MessageId> {
    let scene = |call| serving.scene(module, false, Some(call));
    named(&serving.version, module, link, name, &scene).map(|(_, message, ..)| message)
}

/// The first message of a link whose form a name has, with what the name told.
fn named(
    version: &Arc<Version>,
    module: usize,
    link: &LinkProgram,
    name: &str,
    scene: &dyn Fn(CallId) -> Box<Scene>,
) -> Option<(CallId, MessageId, Box<Scene>, Record)> {
    let program = version.module(module)?;
    for (_, call, message) in &link.by_code {
        let Some(form) = program.program.messages.get(usize::from(message.0)) else { continue };
        let mut scene = scene(*call);
        let mut record = Record::new(form.slots);
        if !matches!(read_name(&program.program, form, name, &mut record, &mut *scene), Ok(true)) {
            continue;
        }
        let only_when = program.calls.get(usize::from(call.0)).and_then(|call| call.only_when);
        let counts = only_when.is_none_or(|condition| message::holds(&scene, condition).unwrap_or(false));
        if counts {
            return Some((*call, *message, scene, record));
        }
    }
    None
}

/// Reads a file of the spool.
///
/// # Errors
/// See [`NotRead`].
pub(crate) async fn read(
    serving: &Serving,
    module: usize,
    link: &LinkProgram,
    name: &str,
    file: &Spooled,
) -> Result<ReadFile, NotRead> {
    let engine = &serving.engine;
    let version = Arc::clone(&serving.version);
    let made = |call| serving.scene(module, false, Some(call));
    let found = named(&version, module, link, name, &made).ok_or(NotRead::Name)?;
    let (call, message, mut scene, mut record) = found;
    let reference = CallRef { module, call };
    call_it(&mut scene, name);
    if !has_lines(&version, module, message) {
        let most = engine.deployment.load().limits.message as u64;
        let octets = spooled::whole(&engine.core.world().files, &engine.spool, file, most).await?;
        record.set_part(Part::Content, octets);
        let read = message::read_record(engine, scene, message, record).await;
        let read = read.map_err(|unread| NotRead::Bad(reference, unread))?;
        let mut scene = read.scene;
        scene.request = Some(Arc::new(read.record));
        return Ok(ReadFile { call: reference, scene, sheets: Tagged::new(), outcome: read.outcome });
    }
    let (spool, file, name) = (engine.spool.clone(), file.clone(), name.to_owned());
    let read = engine.core.offload(move || {
        let finished = Finished::Stay;
        let lines = Lines { version: &version, reference, spool: &spool, file: &file, name: &name, finished };
        lines.read(message, scene)
    });
    read.await.unwrap_or_else(|| Err(io::Error::from(io::ErrorKind::Interrupted).into()))
}

/// Reads a file of lines that no gateway works off, on this thread.
///
/// # Errors
/// See [`NotRead`].
pub(super) fn read_alone(
    version: &Arc<Version>,
    spool: &Spool,
    (module, link): (usize, &LinkProgram),
    (name, file): (&str, &Spooled),
    scene: &dyn Fn(CallId) -> Box<Scene>,
) -> Result<ReadFile, NotRead> {
    let (call, message, mut scene, _) = named(version, module, link, name, scene).ok_or(NotRead::Name)?;
    call_it(&mut scene, name);
    if !has_lines(version, module, message) {
        return Err(io::Error::other("it is no file of lines: the gateway alone reads it").into());
    }
    let (reference, finished) = (CallRef { module, call }, Finished::Replaced);
    Lines { version, reference, spool, file, name, finished }.read(message, scene)
}

/// What a file is called is known of it.
fn call_it(scene: &mut Scene, name: &str) {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    scene.facts.put(Fact::File, &Value::Text(name.into()));
    scene.facts.put(Fact::FileStem, &Value::Text(stem.into()));
}

/// Whether a message is a file whose lines go by one at a time.
fn has_lines(version: &Version, module: usize, message: MessageId) -> bool {
    let program =
        version.module(module).and_then(|module| module.program.messages.get(usize::from(message.0)));
    program.and_then(|program| program.file.as_deref()).is_some_and(|file| !file.pieces.is_empty())
}

/// Reads lines on a thread that may take long.
struct Lines<'a> {
    version: &'a Arc<Version>,
    reference: CallRef,
    spool: &'a Spool,
    file: &'a Spooled,
    name: &'a str,
    finished: Finished,
}

/// What becomes of sheets that an earlier reading has finished.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Finished {
    /// They stay as they are: a flow may have begun over them.
    Stay,
    /// They are written anew: no flow knows them, and they may be of another file.
    Replaced,
}

/// What ends the reading of a file before its end.
enum Stopped {
    Line(FileFault),
    Disk(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl Lines<'_> {
    fn read(&self, message: MessageId, mut scene: Box<Scene>) -> Result<ReadFile, NotRead> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, "a message that is not there");
        let module = self.version.module(self.reference.module).ok_or_else(missing)?;
        let program = module.program.messages.get(usize::from(message.0)).ok_or_else(missing)?;
        let reader = FileReader::new(&module.program, program).ok_or_else(missing)?;
        let mut reader = reader.named(self.name);
        let ask = self.version.call(self.reference).and_then(|call| call.call.ask);
        let mut sheets = Sheets { lines: self, ask, open: BTreeMap::new(), disk: None };
        let read = self.all(&mut reader, &mut scene, &mut sheets);
        if let Some(error) = sheets.disk.take() {
            return Err(error.into());
        }
        let taken = match read {
            Ok(()) => reader.take_singles(&mut *scene).map_err(|fault| FileFault { line: 0, fault }),
            Err(Stopped::Line(fault)) => Err(fault),
            Err(Stopped::Disk(error)) => return Err(error.into()),
        };
        if let Err(fault) = taken {
            let unread = self.unread(module, program, reader.into_record(), scene, fault);
            return Err(NotRead::Bad(self.reference, unread));
        }
        let outcome = reader.outcome();
        scene.request = Some(Arc::new(reader.into_record()));
        Ok(ReadFile { call: self.reference, scene, sheets: sheets.finish()?, outcome })
    }

    fn all(
        &self,
        reader: &mut FileReader<'_>,
        scene: &mut Scene,
        sheets: &mut Sheets<'_>,
    ) -> Result<(), Stopped> {
        if reader.has_control() {
            let control = self.file.control(self.spool)?;
            reader.control(&control, scene).map_err(Stopped::Line)?;
        }
        spooled::each_piece(self.spool, self.file, |piece| {
            let mut on_line = |_: &Record, event: LineEvent| sheets.take(event);
            reader.push(piece, scene, &mut on_line).map_err(Stopped::Line)
        })?;
        let mut on_line = |_: &Record, event: LineEvent| sheets.take(event);
        reader.finish(scene, &mut on_line).map_err(Stopped::Line)
    }

    fn unread(
        &self,
        module: &ModuleProgram,
        program: &MessageProgram,
        record: Record,
        mut scene: Box<Scene>,
        fault: FileFault,
    ) -> Box<Unread> {
        let symbols = self.version.symbols();
        let report = describe(&fault.fault, &record, program, &module.program, symbols, Doing::Reading);
        let text = match fault.line {
            0 => report.to_string(),
            line => format!("line {line}: {report}"),
        };
        let reason = match fault.fault.kind {
            FaultKind::Refuse(reason) => self.version.text(reason).to_owned(),
            kind => kind.reason().to_owned(),
        };
        scene.fault = [fault.line.to_string(), report.field.to_string(), fault.fault.at.to_string()];
        Box::new(Unread { reason, text, record, scene, nearness: Nearness::of(fault.fault.kind) })
    }
}

/// Where the rows of a list go.
enum Target {
    /// They stand on this sheet already.
    There(String),
    /// They are written.
    Writing(SheetWriter),
}

impl Target {
    fn of(spool: &Spool, name: String, finished: Finished) -> io::Result<Self> {
        if finished == Finished::Stay {
            match spool.read(&name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                there => return there.map(|_| Self::There(name)),
            }
        }
        spool.write(&name).map(Self::Writing)
    }
}

/// The sheets of a file's lists, by slot of the ask.
struct Sheets<'a> {
    lines: &'a Lines<'a>,
    ask: Option<ShapeId>,
    open: BTreeMap<u16, (String, ShapeId, Target)>,
    /// Why a row was not taken: the reader is told that the program is broken, and stops.
    disk: Option<io::Error>,
}

impl Sheets<'_> {
    fn take(&mut self, event: LineEvent) -> Result<(), adapters::codec::Fault> {
        let Some(taken) = event.taken else { return Ok(()) };
        if let Err(error) = self.append(taken.list.space, taken.list.slot, &taken.row) {
            self.disk = Some(error);
            return Err(adapters::codec::Fault { op: u32::MAX, at: 0, kind: FaultKind::Program });
        }
        Ok(())
    }

    fn append(&mut self, space: Space, slot: u16, row: &Record) -> io::Result<()> {
        let Lines { version, spool, file, finished, .. } = self.lines;
        let no_list = || io::Error::other("rows of a list that no ask has");
        if !self.open.contains_key(&slot) {
            let shape = self.ask.and_then(|shape| version.compiled.shapes.get(shape.0 as usize));
            let field = shape.and_then(|shape| shape.fields.get(usize::from(slot)));
            let field = field.filter(|_| space == Space::Ask).ok_or_else(no_list)?;
            let (_, rows) = list_field(version, self.ask, &field.name).ok_or_else(no_list)?;
            let target = Target::of(spool, format!("{}.{}", file.name, field.name), *finished)?;
            self.open.insert(slot, (field.name.to_string(), rows, target));
        }
        let Some((_, rows, target)) = self.open.get_mut(&slot) else { return Err(no_list()) };
        let Target::Writing(writer) = target else { return Ok(()) };
        let octets = encode_record(row, &version.compiled.shapes, *rows, version.symbols());
        writer.append(&octets.map_err(io::Error::other)?)
    }

    /// Every list of lines that an ask has is on a sheet, also where it has no rows.
    fn finish(mut self) -> io::Result<Tagged> {
        let mut sheets = Tagged::new();
        for (field, _, target) in std::mem::take(&mut self.open).into_values() {
            let name = match target {
                Target::There(name) => name,
                Target::Writing(writer) => writer.finish()?.name().to_owned(),
            };
            sheets.insert(field, name);
        }
        Ok(sheets)
    }
}
