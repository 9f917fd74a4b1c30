//! A message that is a file, written to the spool: in two passes over its rows where it has lines, whole where it has
//! none.
//!
//! In: a message with the scene that fills it. Out: the file in the spool with its name. Rows are gone through one by one,
//! first for the sums, then for the lines. It must not know where the file goes.

use super::journal::{self, Wanted};
use super::spooled::{SpoolWriter, Spooled};
use crate::engine::Engine;
use crate::message::{self, Refusal};
use crate::packet::Packet;
use crate::scene::Scene;
use crate::sheet::Spool;
use crate::version::{CallRef, Version};
use adapters::codec::{Doing, FileWriter, write_name};
use adapters::value::{Record, Surroundings};
use bytes::Bytes;
use dsl::evaluate::Value;
use dsl::model::{CallId, MessageId, Space};
use dsl::program::{MessageProgram, ModuleProgram, Pairing, Part};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// A file that was written.
pub(crate) struct WrittenFile {
    /// Under which name it is put.
    pub(crate) name: String,
    /// Its octets.
    pub(crate) file: Spooled,
    /// Its fields; the rows of its lists are not among them.
    pub(crate) record: Record,
    /// The scene, with facts that were drawn.
    pub(crate) scene: Box<Scene>,
}

/// Why it could not be.
enum Failed {
    /// The disk.
    Disk(io::Error),
    /// A value.
    Message(Refusal),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Message(refusal)
    }
}

/// Writes a message that is a file under a name of the spool.
///
/// # Errors
/// As [`message::write`]; `busy` where the disk does not take it.
pub(crate) async fn write(
    engine: &Arc<Engine>,
    mut scene: Box<Scene>,
    message: MessageId,
    name: &str,
) -> Result<WrittenFile, Refusal> {
    let version = Arc::clone(&scene.version);
    let program = program_of(&version, scene.module, message).ok_or_else(|| Refusal::of("no_route"))?.1;
    let lines = program.file.as_deref().is_some_and(|file| !file.pieces.is_empty());
    if !lines {
        return whole(engine, scene, message, name).await;
    }
    for pairing in &program.pairings {
        journal_list(engine, &mut scene, pairing, name).await?;
    }
    let (spool, name) = (engine.spool.clone(), name.to_owned());
    let written = engine.core.offload(move || lines_of(&version, scene, message, &spool, &name));
    match written.await {
        Some(Ok(written)) => Ok(written),
        Some(Err(Failed::Message(refusal))) => Err(refusal),
        Some(Err(Failed::Disk(error))) => Err(Refusal::told("busy", format!("the spool: {error}"))),
        None => Err(Refusal::of("busy")),
    }
}

fn program_of(
    version: &Version,
    module: usize,
    message: MessageId,
) -> Option<(&ModuleProgram, &MessageProgram)> {
    let module = version.module(module)?;
    Some((module, module.program.messages.get(usize::from(message.0))?))
}

/// Puts the exchanges that a list is written from into the book.
async fn journal_list(
    engine: &Arc<Engine>,
    scene: &mut Scene,
    pairing: &Pairing,
    name: &str,
) -> Result<(), Refusal> {
    let (Space::Journal, Some(day)) = (pairing.source.space, pairing.day) else { return Ok(()) };
    let day = match message::value(scene, day) {
        Ok(Value::Date(day)) => day,
        other => return Err(Refusal::told("bad_message", format!("the day of a list: {other:?}"))),
    };
    let call = CallRef { module: scene.module, call: CallId(pairing.source.call) };
    let sheet = format!("{name}.of-{}", pairing.source.call);
    let (version, member) = (Arc::clone(&scene.version), scene.member.clone());
    let rows = journal::exchanges(engine, &version, call, Wanted::Done(day, member), &sheet).await?;
    scene.book.put_long(pairing.source, rows);
    Ok(())
}

/// A file without lines: a message like any other, put down as a file.
async fn whole(
    engine: &Arc<Engine>,
    scene: Box<Scene>,
    message: MessageId,
    name: &str,
) -> Result<WrittenFile, Refusal> {
    let written = message::write(engine, scene, message, None).await?;
    let version = Arc::clone(&written.scene.version);
    let (module, program) = program_of(&version, written.scene.module, message).ok_or_else(broken)?;
    let mut scene = written.scene;
    let file_name = match program.file.as_deref() {
        Some(file) if file.name.is_empty() => {
            let data = String::from_utf8_lossy(written.packet.part(Part::Name)).into_owned();
            data + &file.name_ending
        }
        _ => write_name(&module.program, program, &written.record, &mut *scene)
            .map_err(|fault| message::refused(&version, module, program, (fault, Doing::Writing)))?,
    };
    let (spool, name, content) = (engine.spool.clone(), name.to_owned(), written.packet.content().clone());
    let put = engine.core.offload(move || put_whole(&spool, &name, &content));
    let file = put.await.unwrap_or_else(|| Err(io::ErrorKind::Interrupted.into()));
    let file = file.map_err(|error| Refusal::told("busy", format!("the spool: {error}")))?;
    Ok(WrittenFile { name: file_name, file, record: written.record, scene })
}

fn put_whole(spool: &Spool, name: &str, content: &Bytes) -> io::Result<Spooled> {
    let mut writer = SpoolWriter::begin(spool, name)?;
    writer.write(content)?;
    writer.finish()
}

fn broken() -> Refusal {
    Refusal::told("bad_message", "a message that is not there".to_owned())
}

/// A file of lines.
fn lines_of(
    version: &Arc<Version>,
    mut scene: Box<Scene>,
    message: MessageId,
    spool: &Spool,
    name: &str,
) -> Result<WrittenFile, Failed> {
    let (module, program) = program_of(version, scene.module, message).ok_or_else(broken)?;
    let told = |fault| message::refused(version, module, program, (fault, Doing::Writing));
    let file = program.file.as_deref().ok_or_else(broken)?;
    let record = Record::new(program.slots);
    let mut writer = FileWriter::new(&module.program, program, record).ok_or_else(broken)?;
    let mut orders: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    for list in file.lines().iter().filter_map(|piece| piece.list) {
        if let Some(order) = writer.order_of(list, &*scene).map_err(told)? {
            orders.insert(list, order);
        }
        each_row(program, (list, orders.get(&list).map(Vec::as_slice)), &mut scene, |scene| {
            if writer.fill_row(list, scene).map_err(told)? {
                writer.fold(list, scene).map_err(told)?;
            }
            Ok(())
        })?;
    }
    writer.begin(&mut *scene).map_err(told)?;
    let in_order = writer.order().iter().copied().eq(0..u16::try_from(file.lines().len()).unwrap_or(0));
    let mut out = Out {
        coder: writer.coder(&*scene).map_err(told)?,
        coded: Vec::new(),
        spool: SpoolWriter::begin(spool, name)?,
    };
    let mut apart: Vec<Option<Spooled>> = vec![None; file.lines().len()];
    for place in writer.order().to_vec() {
        let place = usize::from(place);
        let mut to = match in_order {
            true => To::File(&mut out),
            false => To::Apart(Box::new(SpoolWriter::begin(spool, &format!("{name}.piece-{place}"))?)),
        };
        match file.lines().get(place).and_then(|piece| piece.list) {
            None => {
                let line = writer.line(place, &mut *scene).map_err(told)?;
                to.line(&line, &mut writer, (&scene, &told))?;
            }
            Some(list) => {
                each_row(program, (list, orders.get(&list).map(Vec::as_slice)), &mut scene, |scene| {
                    if writer.fill_row(list, scene).map_err(told)? {
                        let line = writer.line(place, scene).map_err(told)?;
                        to.line(&line, &mut writer, (scene, &told))?;
                    }
                    Ok(())
                })?;
            }
        }
        if let (To::Apart(piece), Some(kept)) = (to, apart.get_mut(place)) {
            *kept = Some(piece.finish()?);
        }
    }
    for piece in apart.iter().flatten() {
        super::spooled::each_piece(spool, piece, |octets| out.line(octets, &mut writer, (&scene, &told)))?;
        std::fs::remove_file(piece.place(spool))?;
    }
    let Out { coder, mut coded, spool: mut written } = out;
    coded.clear();
    coder.finish(&*scene, &mut coded).map_err(told)?;
    writer.sent(&coded, &*scene).map_err(told)?;
    written.write(&coded)?;
    // It is durable before the file is: a file that is found whole has its control file.
    if let Some(control) = writer.control(&mut *scene).map_err(told)? {
        let mut beside = SpoolWriter::begin(spool, &super::spooled::control_name(name))?;
        beside.write(&control)?;
        beside.finish()?;
    }
    let file_name = writer.name(&mut *scene).map_err(told)?;
    Ok(WrittenFile { name: file_name, file: written.finish()?, record: writer.into_record(), scene })
}

/// The scene that fills a file, and how its faults are told.
type Within<'a> = (&'a Scene, &'a dyn Fn(adapters::codec::Fault) -> Refusal);

/// The file through its chain.
struct Out {
    coder: adapters::codec::FileCoder,
    coded: Vec<u8>,
    spool: SpoolWriter,
}

impl Out {
    fn line(&mut self, line: &[u8], writer: &mut FileWriter<'_>, within: Within<'_>) -> Result<(), Failed> {
        let (scene, told) = within;
        self.coded.clear();
        self.coder.update(line, &mut self.coded).map_err(told)?;
        writer.sent(&self.coded, scene).map_err(told)?;
        Ok(self.spool.write(&self.coded)?)
    }
}

/// Where the lines of a piece go: to the file, or to a place of their own, since a line before them speaks of them.
enum To<'a> {
    File(&'a mut Out),
    Apart(Box<SpoolWriter>),
}

impl To<'_> {
    fn line(&mut self, line: &[u8], writer: &mut FileWriter<'_>, within: Within<'_>) -> Result<(), Failed> {
        match self {
            Self::File(out) => out.line(line, writer, within),
            Self::Apart(piece) => Ok(piece.write(line)?),
        }
    }
}

/// Enters each row of the business list that fills a list of lines, in its order.
fn each_row(
    program: &MessageProgram,
    (list, order): (u16, Option<&[u32]>),
    scene: &mut Scene,
    mut row: impl FnMut(&mut Scene) -> Result<(), Failed>,
) -> Result<(), Failed> {
    let Some(form) = program.lists.get(usize::from(list)) else { return Ok(()) };
    let fills = |pairing: &&Pairing| {
        let to = pairing.target;
        to.space == Space::Field && (to.level, to.slot) == (form.level, form.slot) && pairing.source != to
    };
    let Some(pairing) = program.pairings.iter().find(fills) else { return Ok(()) };
    let wrong = |fault| Refusal::told("bad_message", format!("the rows of a list: {fault:?}"));
    if !scene.load(&pairing.source).map_err(wrong)?.is_present() {
        return Ok(());
    }
    let count = scene.rows(&pairing.source).map_err(wrong)?;
    // A row that does not count stands in no order.
    let count = order.map_or(count, |order| u32::try_from(order.len()).unwrap_or(count));
    for place in 0..count {
        let number = order.and_then(|order| order.get(place as usize)).copied().unwrap_or(place);
        if let Some(with) = &pairing.with {
            scene.leave(&pairing.source);
            scene.enter(with, number).map_err(wrong)?;
        }
        scene.enter(&pairing.source, number).map_err(wrong)?;
        row(scene)?;
    }
    scene.leave(&pairing.source);
    if let Some(with) = &pairing.with {
        scene.leave(with);
    }
    Ok(())
}

/// What a file says of itself in the journal: its name alone, its octets stand in the spool.
pub(crate) fn packet_of(name: &str) -> Packet {
    let mut packet = Packet::default();
    packet.set(Part::Name, Bytes::from(name.to_owned()));
    packet
}
