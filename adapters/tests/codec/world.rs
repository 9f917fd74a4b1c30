//! Adapters as text, compiled, and surroundings of plain values.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use adapters::codec::{Fault, Reader, Run, Writer, Written, fill_in};
use adapters::seal::{KeyKind, PreparedKey};
use adapters::value::{Record, Surroundings};
use dsl::check::{Sources, Text};
use dsl::evaluate::{self, Value};
use dsl::model::Load;
use dsl::program::{Compiled, MessageProgram, Part, Program};
use dsl::resolve::{Choices, resolve};
use dsl::value::Symbols;

/// Compiles one party.
pub(crate) fn compile(text: &str) -> Compiled {
    let sources = Sources::parse([Text {
        folder: "party".into(),
        path: "party/party.tongshi".into(),
        text: text.into(),
    }]);
    let (model, diagnostics) = resolve(&sources.folders, &Choices::new());
    // A test fills slots by itself and needs not every key.
    let wrong = diagnostics.iter().filter(|one| {
        one.severity == dsl::diagnostics::Severity::Error && !matches!(one.code.0, 601 | 801 | 802)
    });
    let errors: Vec<_> = wrong.map(|one| format!("{one:?}")).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    match dsl::lower::compile(&model, &|_| 1) {
        Ok(compiled) => {
            assert!(compiled.modules.iter().any(|module| &*module.name == "party"), "{errors:#?}");
            compiled
        }
        Err(failed) => panic!("{:#?} {errors:#?}", failed.iter().map(|one| &one.errors).collect::<Vec<_>>()),
    }
}

/// The program of the party, and a message by its place.
pub(crate) fn message(compiled: &Compiled, place: usize) -> (&Program, &MessageProgram) {
    let module = compiled.modules.iter().find(|module| &*module.name == "party").unwrap();
    (&module.program, &module.program.messages[place])
}

/// Facts by space and slot.
pub(crate) struct World {
    pub(crate) facts: BTreeMap<(u8, u16), Value<'static>>,
    pub(crate) learned: RefCell<Vec<(Load, Value<'static>)>>,
    pub(crate) symbols: Symbols,
    pub(crate) keys: Vec<(KeyKind, Vec<u8>)>,
    /// Versions of the first key that still check what comes in, newest first.
    pub(crate) older: Vec<Vec<u8>>,
    /// The source of random octets has failed.
    pub(crate) no_random: bool,
}

impl World {
    pub(crate) fn new(compiled: &Compiled) -> Self {
        World {
            facts: BTreeMap::new(),
            learned: RefCell::default(),
            symbols: compiled.symbols.clone(),
            keys: Vec::new(),
            older: Vec::new(),
            no_random: false,
        }
    }
}

impl Surroundings for World {
    fn load<'s>(&'s self, load: &Load) -> Result<Value<'s>, evaluate::Fault> {
        Ok(self.facts.get(&(load.space as u8, load.slot)).cloned().unwrap_or(Value::Absent))
    }
    fn rows(&self, _: &Load) -> Result<u32, evaluate::Fault> {
        Ok(0)
    }
    fn enter(&self, _: &Load, _: u32) -> Result<(), evaluate::Fault> {
        Ok(())
    }
    fn leave(&self, _: &Load) {}
    fn position(&self, _: &Load) -> Result<u32, evaluate::Fault> {
        Ok(1)
    }
    fn learn(&mut self, to: &Load, value: &Value<'_>) -> Result<(), evaluate::Fault> {
        self.learned.borrow_mut().push((*to, value.clone().into_owned()));
        Ok(())
    }
    fn set(&mut self, to: &Load, value: &Value<'_>) -> Result<(), evaluate::Fault> {
        self.facts.insert((to.space as u8, to.slot), value.clone().into_owned());
        Ok(())
    }
    fn append(&mut self, _: &Load, _: u16, _: u32) -> Result<(), evaluate::Fault> {
        Ok(())
    }
    fn begin_rows(&mut self, _: &Load, _: u16) -> Result<(), evaluate::Fault> {
        Ok(())
    }
    fn key(&self, key: &Load) -> Result<Arc<PreparedKey>, evaluate::Fault> {
        let (kind, octets) = self.keys.get(usize::from(key.slot)).ok_or(evaluate::Fault::NoKey(*key))?;
        PreparedKey::symmetric(*kind, octets).map(Arc::new).map_err(|_| evaluate::Fault::Seal)
    }
    fn keys_for_checking(&self, key: &Load) -> Result<Vec<Arc<PreparedKey>>, evaluate::Fault> {
        let mut versions = vec![self.key(key)?];
        for octets in self.older.iter().filter(|_| key.slot == 0) {
            let older = PreparedKey::symmetric(self.keys[0].0, octets).map_err(|_| evaluate::Fault::Seal)?;
            versions.push(Arc::new(older));
        }
        Ok(versions)
    }
    fn secret(&self, key: &Load) -> Result<Cow<'_, [u8]>, evaluate::Fault> {
        self.keys
            .get(usize::from(key.slot))
            .map(|key| Cow::Borrowed(key.1.as_slice()))
            .ok_or(evaluate::Fault::NoKey(*key))
    }
    fn setting_text(&self, _: u16) -> Result<Cow<'_, str>, evaluate::Fault> {
        Err(evaluate::Fault::Broken)
    }
    fn random(&self, octets: &mut [u8]) -> Result<(), evaluate::Fault> {
        if self.no_random {
            return Err(evaluate::Fault::Seal);
        }
        octets.fill(7);
        Ok(())
    }
    fn symbols(&self) -> &Symbols {
        &self.symbols
    }
}

/// The slot of a field by its path, at level 0.
pub(crate) fn slot(message: &MessageProgram, path: &str) -> usize {
    let field = message.fields.iter().find(|field| &*field.path == path);
    usize::from(
        field
            .unwrap_or_else(|| {
                panic!("{path} of {:?}", message.fields.iter().map(|f| &f.path).collect::<Vec<_>>())
            })
            .slot,
    )
}

/// Writes a record; `stops`: every seal stops the machine.
pub(crate) fn write(
    (program, message): (&Program, &MessageProgram),
    record: Record,
    world: &mut World,
    stops: bool,
) -> Result<Written, Fault> {
    let mut record = record;
    fill_in(program, message, &mut record, world)?;
    let mut writer = Writer::new(program, message, record);
    if stops {
        writer = writer.stopping_at_every_seal();
    }
    loop {
        match writer.run(world) {
            Run::Done => return Ok(writer.finish().0),
            Run::Need(job) => writer.resume(job.run(&mut |octets| world.random(octets))),
            Run::Fault(fault) => return Err(fault),
        }
    }
}

/// Reads a message of one part.
pub(crate) fn read(
    (program, message): (&Program, &MessageProgram),
    octets: &[u8],
    world: &mut World,
    stops: bool,
) -> Result<Record, Fault> {
    read_parts((program, message), &[(Part::Content, octets)], world, stops)
}

/// Reads a message of several parts.
pub(crate) fn read_parts(
    (program, message): (&Program, &MessageProgram),
    parts: &[(Part, &[u8])],
    world: &mut World,
    stops: bool,
) -> Result<Record, Fault> {
    let mut record = Record::default();
    for (part, octets) in parts {
        record.set_part(*part, bytes::Bytes::copy_from_slice(octets));
    }
    let mut reader = Reader::new(program, message, record);
    if stops {
        reader = reader.stopping_at_every_seal();
    }
    loop {
        match reader.run(world) {
            Run::Done => return Ok(reader.into_record()),
            Run::Need(job) => reader.resume(job.run(&mut |octets| world.random(octets))),
            Run::Fault(fault) => return Err(fault),
        }
    }
}
