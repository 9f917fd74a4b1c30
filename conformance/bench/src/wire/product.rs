//! The product's codec over one message, as the engine uses it, without flows and links.

use adapters::codec::{Reader, Room, Run, Writer, Written, fill_in, take_out};
use adapters::seal::PreparedKey;
use adapters::value::{Record, Slot, Surroundings, Tag};
use bytes::Bytes;
use dsl::check::{Sources, Text};
use dsl::evaluate::{Fault, Value};
use dsl::model::{Load, Space};
use dsl::program::{Compiled, MessageProgram, ModuleProgram, Part, Program};
use dsl::resolve::{Choices, resolve};
use dsl::value::Symbols;
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

/// Compiled adapters.
pub(super) struct Product {
    compiled: Compiled,
}

/// One message of them.
#[derive(Clone, Copy)]
pub(super) struct Message {
    program: &'static Program,
    message: &'static MessageProgram,
    symbols: &'static Symbols,
}

/// Typed values of a message: those of its own by slot, then the rows of its lists.
pub(super) struct Values {
    singles: Vec<(usize, Value<'static>)>,
    lists: Vec<(usize, u16, Vec<Vec<Value<'static>>>)>,
}

/// What is kept from one message to the next, as a connection keeps it: room for values, and for the octets that are written.
#[derive(Default)]
pub(super) struct Kept {
    record: Record,
    room: Room,
    written: Written,
}

impl Kept {
    /// The octets that were written last.
    pub(super) fn octets(&self) -> &[u8] {
        self.written.part(Part::Content)
    }
}

impl Product {
    pub(super) fn load(folder: &Path) -> Result<Self, String> {
        let mut texts = Vec::new();
        let told = |error: std::io::Error| format!("{}: {error}", folder.display());
        for inner in std::fs::read_dir(folder).map_err(told)? {
            let inner = inner.map_err(told)?.path();
            let name: Arc<str> = inner.file_name().unwrap_or_default().to_string_lossy().into();
            for file in std::fs::read_dir(&inner).map_err(told)? {
                let path = file.map_err(told)?.path();
                let text = std::fs::read_to_string(&path).map_err(told)?;
                texts.push(Text {
                    folder: (*name).into(),
                    path: path.to_string_lossy().into(),
                    text: text.into(),
                });
            }
        }
        texts.sort_by(|left, right| left.path.cmp(&right.path));
        let sources = Sources::parse(texts);
        let (model, found) = resolve(&sources.folders, &Choices::new());
        if !found.is_empty() {
            return Err(format!("{found:?}"));
        }
        let compiled = dsl::lower::compile(&model, &|_| 1).map_err(|errors| format!("{errors:?}"))?;
        Ok(Self { compiled })
    }

    fn module(&'static self) -> Result<&'static ModuleProgram, String> {
        self.compiled
            .modules
            .iter()
            .map(|module| &**module)
            .find(|module| module.party)
            .ok_or_else(|| "no party".to_owned())
    }

    /// The request of a call.
    pub(super) fn message(&'static self, call: &str) -> Result<Message, String> {
        let module = self.module()?;
        let call = module
            .calls
            .iter()
            .find(|known| &*known.call.name == call)
            .ok_or_else(|| format!("no call {call}"))?;
        let message = module.program.messages.get(usize::from(call.call.request.0)).ok_or("no request")?;
        Ok(Message { program: &module.program, message, symbols: &self.compiled.symbols })
    }

    /// Slots of the shape that a message asks with.
    pub(super) fn ask(&'static self, message: Message) -> u16 {
        let shape = message.message.ask.and_then(|shape| self.compiled.shapes.get(shape.0 as usize));
        shape.map_or(0, |shape| u16::try_from(shape.fields.len()).unwrap_or(u16::MAX))
    }
}

impl Message {
    /// Reads octets, and looks at every value.
    pub(super) fn read(&self, frame: &Bytes, kept: &mut Kept) -> Option<()> {
        self.run_reader(frame, kept, &mut Alone { symbols: self.symbols, ask: None })?;
        for index in 0..kept.record.slots.len() {
            let value = kept.record.value(index);
            std::hint::black_box(&value).as_ref().ok()?;
        }
        Some(())
    }

    fn run_reader(&self, frame: &Bytes, kept: &mut Kept, alone: &mut Alone) -> Option<()> {
        let mut record = std::mem::take(&mut kept.record);
        record.clear();
        record.set_part(Part::Content, frame.clone());
        let mut reader = Reader::in_room(self.program, self.message, record, std::mem::take(&mut kept.room));
        match reader.run(alone) {
            Run::Done => {
                (kept.record, kept.room) = reader.into_parts();
                Some(())
            }
            Run::Need(_) | Run::Fault(_) => None,
        }
    }

    /// The values of a sample.
    pub(super) fn values(&self, sample: &[u8]) -> Result<Values, String> {
        let mut alone = Alone { symbols: self.symbols, ask: None };
        let record = Record::of_frame(Bytes::copy_from_slice(sample), self.message.slots);
        let mut reader = Reader::new(self.program, self.message, record);
        if let Run::Fault(fault) = reader.run(&mut alone) {
            return Err(format!("the product cannot read the sample: {fault:?}"));
        }
        let record = reader.into_record();
        let told = |fault: Fault| format!("{fault:?}");
        let mut values = Values { singles: Vec::new(), lists: Vec::new() };
        for index in 0..usize::from(self.message.slots) {
            match (record.slot(index).tag, record.rows(index)) {
                (Tag::Unread, _) => {}
                (_, Some(rows)) => {
                    let mut all = Vec::new();
                    for row in 0..rows.count {
                        let base = rows.base(row).ok_or("a broken row")?;
                        let row = (0..usize::from(rows.stride))
                            .map(|slot| record.value(base + slot).map(Value::into_owned));
                        all.push(row.collect::<Result<_, _>>().map_err(told)?);
                    }
                    values.lists.push((index, rows.stride, all));
                }
                _ => values.singles.push((index, record.value(index).map_err(told)?.into_owned())),
            }
        }
        Ok(values)
    }

    /// A record that holds typed values, as the structs by hand do.
    pub(super) fn filled(&self, values: &Values) -> Option<Kept> {
        let mut record = Record::new(self.message.slots);
        for (index, value) in &values.singles {
            record.set(*index, value).ok()?;
        }
        for (index, stride, rows) in &values.lists {
            record.begin_list(*index, *stride, 0).ok()?;
            for row in rows {
                let base = record.append_row(*index, u32::MAX).ok()?;
                for (slot, value) in row.iter().enumerate() {
                    record.set(base + slot, value).ok()?;
                }
            }
        }
        Some(Kept { record, ..Kept::default() })
    }

    /// Writes the values that are kept.
    pub(super) fn write(&self, kept: &mut Kept) -> Option<()> {
        self.run_writer(kept, &mut Alone { symbols: self.symbols, ask: None })
    }

    fn run_writer(&self, kept: &mut Kept, alone: &mut Alone) -> Option<()> {
        let (record, written) = (std::mem::take(&mut kept.record), std::mem::take(&mut kept.written));
        let mut writer = Writer::in_room(self.program, self.message, record, written);
        match writer.run(alone) {
            Run::Done => {
                (kept.written, kept.record) = writer.finish();
                Some(())
            }
            Run::Need(_) | Run::Fault(_) => None,
        }
    }

    /// Reads a message, maps it to what is asked, and writes that as another message.
    pub(super) fn map(&self, to: &Message, slots: u16, frame: &Bytes, mapped: &mut Mapped) -> Option<()> {
        let Mapped { from, asked, into } = mapped;
        let mut ask = std::mem::take(asked);
        ask.clear();
        ask.slots.resize(usize::from(slots), Slot::default());
        let mut alone = Alone { symbols: self.symbols, ask: Some(ask) };
        self.run_reader(frame, from, &mut alone)?;
        take_out(self.program, self.message, &mut from.record, &mut alone).ok()?;
        into.record.clear();
        fill_in(to.program, to.message, &mut into.record, &mut alone).ok()?;
        to.run_writer(into, &mut alone)?;
        *asked = alone.ask?;
        Some(())
    }
}

/// What is kept of both messages, and what is asked between them.
#[derive(Default)]
pub(super) struct Mapped {
    from: Kept,
    asked: Record,
    into: Kept,
}

impl Mapped {
    /// The octets that were written last.
    pub(super) fn octets(&self) -> &[u8] {
        self.into.octets()
    }
}

/// Nothing around the message but what is asked.
struct Alone {
    symbols: &'static Symbols,
    ask: Option<Record>,
}

impl Surroundings for Alone {
    fn load<'s>(&'s self, load: &Load) -> Result<Value<'s>, Fault> {
        match (load.space, &self.ask) {
            (Space::Ask, Some(ask)) => ask.value(usize::from(load.slot)),
            _ => Err(Fault::NotThere(*load)),
        }
    }
    fn rows(&self, list: &Load) -> Result<u32, Fault> {
        Err(Fault::NotThere(*list))
    }
    fn enter(&self, list: &Load, _: u32) -> Result<(), Fault> {
        Err(Fault::NotThere(*list))
    }
    fn leave(&self, _: &Load) {}
    fn position(&self, row: &Load) -> Result<u32, Fault> {
        Err(Fault::NotThere(*row))
    }
    fn learn(&mut self, _: &Load, _: &Value<'_>) -> Result<(), Fault> {
        Ok(())
    }
    fn set(&mut self, to: &Load, value: &Value<'_>) -> Result<(), Fault> {
        match (to.space, &mut self.ask) {
            (Space::Ask, Some(ask)) => ask.set(usize::from(to.slot), value),
            _ => Err(Fault::NotThere(*to)),
        }
    }
    fn append(&mut self, list: &Load, _: u16, _: u32) -> Result<(), Fault> {
        Err(Fault::NotThere(*list))
    }
    fn begin_rows(&mut self, list: &Load, _: u16) -> Result<(), Fault> {
        Err(Fault::NotThere(*list))
    }
    fn key(&self, key: &Load) -> Result<Arc<PreparedKey>, Fault> {
        Err(Fault::NoKey(*key))
    }
    fn secret(&self, key: &Load) -> Result<Cow<'_, [u8]>, Fault> {
        Err(Fault::NoKey(*key))
    }
    fn setting_text(&self, _: u16) -> Result<Cow<'_, str>, Fault> {
        Err(Fault::Absent)
    }
    fn random(&self, _: &mut [u8]) -> Result<(), Fault> {
        Err(Fault::Seal)
    }
    fn symbols(&self) -> &Symbols {
        self.symbols
    }
}
