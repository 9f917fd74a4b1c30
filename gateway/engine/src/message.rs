//! Reading and writing one message, with seals that take long computed elsewhere.
//!
//! In: a scene, a message's number, octets or a record. Out: the record with the scene that it told to, or why not. It
//! must not know exchanges, flows or links.

use crate::engine::Engine;
use crate::packet::Packet;
use crate::scene::Scene;
use crate::version::Version;
use adapters::codec::{
    Doing, Fault, FaultKind, ReadOutcome, Reader, Room, Run, SealJob, SealResult, Writer, describe,
    evaluate_alone, fill_in, take_out,
};
use adapters::value::Record;
use bytes::Bytes;
use dsl::evaluate::{self, Value};
use dsl::model::{Fact, MessageId, Space};
use dsl::program::{ExprId, FileName, LinkProgram, MessageProgram, ModuleProgram, Part, Read};
use dsl::value::Outcome;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why a request cannot be made, or an ask is not taken: by the reason that the adapters use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {text}")]
pub struct Refusal {
    /// The reason's name.
    pub reason: String,
    /// For people; without private values.
    pub text: String,
    /// It is for an operator, not for the asker.
    pub park: bool,
    /// The journal has no room: it can be made when there is some again.
    pub full: bool,
}

impl Refusal {
    /// A reason without further words.
    #[must_use]
    pub fn of(reason: &str) -> Self {
        Self::told(reason, String::new())
    }

    /// Busy, since the journal has no room.
    #[must_use]
    pub fn full() -> Self {
        Self { full: true, ..Self::of("busy") }
    }

    /// A reason with words.
    #[must_use]
    pub fn told(reason: &str, text: String) -> Self {
        Self { reason: reason.to_owned(), text, park: false, full: false }
    }
}

/// A message that was written.
pub struct WrittenMessage {
    /// Its octets.
    pub packet: Packet,
    /// Its fields.
    pub record: Record,
    /// The scene, with facts that were drawn.
    pub scene: Box<Scene>,
}

/// A message that was read.
pub struct ReadMessage {
    /// Its fields.
    pub record: Record,
    /// The scene, with what it told.
    pub scene: Box<Scene>,
    /// What it says of outcomes.
    pub outcome: ReadOutcome,
}

/// Why a message could not be read.
pub struct Unread {
    /// By the reason that the adapters use.
    pub reason: String,
    /// Field, offset, expected and found, without private values.
    pub text: String,
    /// What was read before the fault.
    pub record: Record,
    /// What it had told by then.
    pub scene: Box<Scene>,
    /// How near it comes to being this message.
    pub nearness: Nearness,
}

/// How near octets come to being a message, where several may be it: the nearest says how they are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nearness {
    /// Another form, or other constants.
    Other,
    /// Its form, as far as was read, with a value that it cannot have.
    Form,
    /// Its form, under a seal that does not hold.
    Sealed,
    /// It is this message, and refused by what it says.
    Refused,
}

impl Nearness {
    /// It is this message.
    #[must_use]
    pub fn refused(self) -> bool {
        self == Self::Refused
    }

    /// Of what is wrong with it.
    #[must_use]
    pub fn of(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Check | FaultKind::Refuse(_) => Self::Refused,
            FaultKind::BadSeal => Self::Sealed,
            FaultKind::NotOfForm
            | FaultKind::TooLong
            | FaultKind::TooShort
            | FaultKind::OutOfBounds
            | FaultKind::Character
            | FaultKind::UnknownCode
            | FaultKind::TooFewRows
            | FaultKind::TooManyRows
            | FaultKind::CannotFit => Self::Form,
            _ => Self::Other,
        }
    }
}

fn message_of(
    version: &Version,
    module: usize,
    message: MessageId,
) -> Option<(&ModuleProgram, &MessageProgram)> {
    let module = version.module(module)?;
    Some((module, module.program.messages.get(usize::from(message.0))?))
}

/// Whether a message of a call may say an outcome: one that is `when done` says nothing else.
#[must_use]
pub fn may_say(
    version: &Version,
    call: crate::version::CallRef,
    message: MessageId,
    outcome: Outcome,
) -> bool {
    let found = message_of(version, call.module, message);
    found.is_none_or(|(_, program)| program.may_say(outcome))
}

/// The replies of a call that may say an outcome, those first whose coming means it.
#[must_use]
pub fn saying(version: &Version, call: crate::version::CallRef, outcome: Outcome) -> Vec<MessageId> {
    let Some(program) = version.call(call) else { return Vec::new() };
    let replies = program.call.replies.iter().copied();
    let mut saying: Vec<MessageId> =
        replies.filter(|reply| may_say(version, call, *reply, outcome)).collect();
    let means = |reply: &MessageId| {
        message_of(version, call.module, *reply).is_some_and(|(_, program)| program.means.is_some())
    };
    saying.sort_by_key(|reply| !means(reply));
    saying
}

/// What readers of messages need beside their records, kept from one message to the next.
#[derive(Default)]
pub struct Rooms(Mutex<Vec<Room>>);

impl Rooms {
    /// Rooms that are kept: of messages that are read at once.
    const MOST: usize = 64;

    fn kept(&self) -> MutexGuard<'_, Vec<Room>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Room {
        self.kept().pop().unwrap_or_default()
    }

    /// Keeps the room of a reader that is done, and gives the record that it has read.
    fn keep(&self, (record, room): (Record, Room)) -> Record {
        let mut kept = self.kept();
        if kept.len() < Self::MOST && room.is_small() {
            kept.push(room);
        }
        record
    }
}

/// Fills and writes a message; `request` is the record that a reply goes back to.
///
/// # Errors
/// The mapping's own reason, or `bad_message` for a value that does not fit.
pub async fn write(
    engine: &Engine,
    mut scene: Box<Scene>,
    message: MessageId,
    request: Option<Arc<Record>>,
) -> Result<WrittenMessage, Refusal> {
    let version = Arc::clone(&scene.version);
    let (module, program) =
        message_of(&version, scene.module, message).ok_or_else(|| Refusal::of("no_route"))?;
    if request.is_some() {
        scene.request = request;
    }
    let mut record = Record::new(program.slots);
    fill_in(&module.program, program, &mut record, &mut *scene)
        .map_err(|fault| refused(&version, module, program, (fault, Doing::Writing)))?;
    let mut writer = Writer::new(&module.program, program, record);
    loop {
        match writer.run(&mut *scene) {
            Run::Done => break,
            Run::Fault(fault) => return Err(refused(&version, module, program, (fault, Doing::Writing))),
            Run::Need(job) => {
                let result = compute(engine, job).await;
                writer.resume(result);
            }
        }
    }
    let (mut written, record) = writer.finish();
    let mut packet = Packet::default();
    for part in [Part::Content, Part::Path, Part::Query, Part::Headers, Part::Status, Part::Name] {
        packet.set(part, Bytes::from(written.take(part)));
    }
    if packet.part(Part::Path).is_empty()
        && let Some(path) = path_of(module, message)
    {
        let path = value(&scene, path)
            .map_err(|fault| Refusal::told("bad_message", format!("the path: {fault:?}")))?;
        packet.set(Part::Path, Bytes::from(crate::facts::plain(&path, version.symbols())));
    }
    Ok(WrittenMessage { packet, record, scene })
}

/// The path of a request over HTTP.
fn path_of(module: &ModuleProgram, message: MessageId) -> Option<ExprId> {
    module.calls.iter().find(|call| call.call.request == message)?.path
}

/// The refusal that a fault in writing means.
#[must_use]
pub fn refused(
    version: &Version,
    module: &ModuleProgram,
    program: &MessageProgram,
    (fault, doing): (Fault, Doing),
) -> Refusal {
    let text =
        describe(&fault, &Record::new(program.slots), program, &module.program, version.symbols(), doing)
            .to_string();
    match fault.kind {
        FaultKind::Refuse(reason) => Refusal::told(version.text(reason), text),
        FaultKind::Park(_) => Refusal { park: true, ..Refusal::told("other", text) },
        FaultKind::Evaluate(evaluate::Fault::NoKey(_)) => Refusal::told("no_session", text),
        kind => Refusal::told(kind.reason(), text),
    }
}

/// Reads a message, and hands its business values on where it was done.
///
/// # Errors
/// [`Unread`] with what was read before the fault.
pub async fn read(
    engine: &Engine,
    scene: Box<Scene>,
    message: MessageId,
    packet: &Packet,
) -> Result<ReadMessage, Box<Unread>> {
    let slots = message_of(&scene.version, scene.module, message).map_or(0, |(_, program)| program.slots);
    let mut record = Record::new(slots);
    packet.fill(&mut record);
    read_record(engine, scene, message, record).await
}

/// Reads a message whose octets stand in a record, with what is known of it already.
///
/// # Errors
/// As [`read`].
pub async fn read_record(
    engine: &Engine,
    mut scene: Box<Scene>,
    message: MessageId,
    record: Record,
) -> Result<ReadMessage, Box<Unread>> {
    let version = Arc::clone(&scene.version);
    let Some((module, program)) = message_of(&version, scene.module, message) else {
        let (reason, text) = ("unknown_message".to_owned(), String::new());
        let (record, nearness) = (Record::default(), Nearness::Other);
        return Err(Box::new(Unread { reason, text, record, scene, nearness }));
    };
    let mut reader = Reader::in_room(&module.program, program, record, engine.rooms.take());
    loop {
        match reader.run(&mut *scene) {
            Run::Done => break,
            Run::Fault(fault) => {
                let record = engine.rooms.keep(reader.into_parts());
                return Err(unread(&version, module, program, record, scene, (fault, Doing::Reading)));
            }
            Run::Need(job) => {
                let result = compute(engine, job).await;
                reader.resume(result);
            }
        }
    }
    scene.was_read();
    let outcome = reader.outcome();
    let mut record = engine.rooms.keep(reader.into_parts());
    if outcome.outcome.is_some() {
        scene.outcome = outcome.outcome;
    }
    let done = !matches!(outcome.outcome, Some(Outcome::Refused(_) | Outcome::Unknown));
    if done && let Err(fault) = take_out(&module.program, program, &mut record, &mut *scene) {
        return Err(unread(&version, module, program, record, scene, (fault, Doing::Reading)));
    }
    Ok(ReadMessage { record, scene, outcome })
}

/// The fields of a message that was read and believed before: nothing is compared or verified again, since keys and
/// sessions have gone on since. None where the octets no longer have its form.
#[must_use]
pub fn reread(scene: &mut Scene, message: MessageId, packet: &Packet) -> Option<Record> {
    let version = Arc::clone(&scene.version);
    let (module, program) = message_of(&version, scene.module, message)?;
    let mut plain = program.clone();
    for (at, one) in plain.read.iter_mut().enumerate() {
        if matches!(one, Read::Agree { .. } | Read::Verify { .. } | Read::Check { .. }) {
            *one = Read::Jump { to: u32::try_from(at + 1).unwrap_or(u32::MAX) };
        }
    }
    let mut record = Record::new(plain.slots);
    packet.fill(&mut record);
    let mut reader = Reader::new(&module.program, &plain, record);
    matches!(reader.run(scene), Run::Done).then(|| reader.into_record())
}

fn unread(
    version: &Version,
    module: &ModuleProgram,
    program: &MessageProgram,
    record: Record,
    scene: Box<Scene>,
    (fault, doing): (Fault, Doing),
) -> Box<Unread> {
    let text = describe(&fault, &record, program, &module.program, version.symbols(), doing).to_string();
    let reason = match fault.kind {
        FaultKind::Refuse(reason) => version.text(reason).to_owned(),
        kind => kind.reason().to_owned(),
    };
    Box::new(Unread { reason, text, record, scene, nearness: Nearness::of(fault.kind) })
}

/// Computes a seal on a thread that may take long over it.
async fn compute(engine: &Engine, job: Box<SealJob>) -> SealResult {
    let random = Arc::clone(&engine.core.world().random);
    let work = move || {
        job.run(&mut |octets| {
            random.fill(octets).map_err(|error| {
                tracing::error!(%error, "the random source failed");
                evaluate::Fault::Seal
            })
        })
    };
    engine.core.offload(work).await.unwrap_or(Err(evaluate::Fault::Seal))
}

/// The value of an expression of the scene's module.
///
/// # Errors
/// As the evaluator.
pub fn value(scene: &Scene, expression: ExprId) -> Result<Value<'static>, evaluate::Fault> {
    let program = scene.program().ok_or(evaluate::Fault::Broken)?;
    let charset = program.program.messages.first().map_or("", |message| &message.charset);
    evaluate_alone(&program.program.expressions, expression, charset, scene)
}

/// The value of a session's expression, computed where it may take long.
///
/// # Errors
/// As the evaluator.
pub async fn value_elsewhere(
    _engine: &Engine,
    scene: &mut Scene,
    expression: ExprId,
) -> Result<Value<'static>, evaluate::Fault> {
    value(scene, expression)
}

/// Whether a condition of the scene's module holds; a missing truth is no.
///
/// # Errors
/// As the evaluator.
pub fn holds(scene: &Scene, condition: ExprId) -> Result<bool, evaluate::Fault> {
    match value(scene, condition)? {
        Value::Flag(yes) => Ok(yes),
        Value::Absent => Ok(false),
        _ => Err(evaluate::Fault::Kind),
    }
}

/// The text of an outcome: as the message told it, else the label of its row, else the label of its reason.
#[must_use]
pub fn outcome_text(scene: &Scene, read: &ReadOutcome, outcome: Outcome) -> String {
    if !scene.outcome_text.trim().is_empty() {
        return scene.outcome_text.trim().to_owned();
    }
    if let Some(label) = &read.label {
        return label.to_string();
    }
    match outcome {
        Outcome::Refused(Some(reason)) => scene.version.label(scene.version.text(reason)),
        _ => String::new(),
    }
}

/// `message.code` of a message that came on a link, by the link's recogniser; `None` where it cannot be read.
#[must_use]
pub fn code_of(
    version: &Arc<Version>,
    scene: &mut Scene,
    link: &LinkProgram,
    packet: &Packet,
) -> Option<String> {
    let recogniser = link.recogniser.as_ref()?;
    let module = version.module(scene.module)?;
    let mut record = Record::new(recogniser.program.slots);
    packet.fill(&mut record);
    let mut reader = Reader::new(&module.program, &recogniser.program, record);
    // What the link matches by may be missing in a message that answers nothing; the code stands before it.
    if matches!(reader.run(scene), Run::Need(_)) {
        return None;
    }
    // Where the octets end before it there is none.
    let text = match reader.record().value(usize::from(recogniser.slot)).ok().filter(Value::is_present)? {
        Value::Text(text) => text,
        other => crate::facts::plain(&other, version.symbols()).into(),
    };
    let (before, behind) = &recogniser.around;
    let text = text.strip_prefix(&**before)?.strip_suffix(&**behind)?;
    Some(text.to_owned())
}

/// The key that matches an answer with its ask on this link: which of the link's facts is the first there, and its value.
#[must_use]
pub fn correlation(
    version: &Arc<Version>,
    module: usize,
    link: &LinkProgram,
    content: &Bytes,
) -> Option<Bytes> {
    let recogniser = link.recogniser.as_ref()?;
    let module = version.module(module)?;
    let mut record = Record::new(recogniser.program.slots);
    record.set_part(Part::Content, content.clone());
    let mut reader = Reader::new(&module.program, &recogniser.program, record);
    let mut nothing = Nothing { version };
    let Run::Done = reader.run(&mut nothing) else { return None };
    let record = reader.record();
    let present = |slot: &u16| record.value(usize::from(*slot)).ok().filter(Value::is_present);
    let (place, value) =
        recogniser.correlation.iter().enumerate().find_map(|(at, slot)| Some((at, present(slot)?)))?;
    Some(Bytes::from(format!("{place} {}", crate::facts::plain(&value, version.symbols()))))
}

/// What a message says of its place among the others of a numbered session.
pub(crate) struct Numbered {
    /// Its number.
    pub(crate) number: u64,
    /// It is sent again because it was asked for.
    pub(crate) again: bool,
    /// Its code.
    pub(crate) code: String,
}

/// The number of a message that came on a link whose messages are numbered; `None` where it cannot be read.
pub(crate) fn numbered(
    version: &Arc<Version>,
    module: usize,
    link: &LinkProgram,
    content: &Bytes,
) -> Option<Numbered> {
    let recogniser = link.recogniser.as_ref()?;
    let mut record = Record::new(recogniser.program.slots);
    record.set_part(Part::Content, content.clone());
    let mut reader = Reader::new(&version.module(module)?.program, &recogniser.program, record);
    if matches!(reader.run(&mut Nothing { version }), Run::Need(_)) {
        return None;
    }
    let value = |slot: u16| reader.record().value(usize::from(slot)).ok();
    let Value::Number(number) = value(recogniser.number?)? else { return None };
    let text = crate::facts::plain(&value(recogniser.slot)?, version.symbols());
    let (before, behind) = &recogniser.around;
    Some(Numbered {
        number: u64::try_from(number).ok()?,
        again: recogniser.again.and_then(value) == Some(Value::Flag(true)),
        code: text.strip_prefix(&**before)?.strip_suffix(&**behind)?.to_owned(),
    })
}

/// Surroundings of a recogniser: it looks at the message alone.
struct Nothing<'v> {
    version: &'v Version,
}

impl adapters::value::Surroundings for Nothing<'_> {
    fn load<'s>(&'s self, load: &dsl::model::Load) -> Result<Value<'s>, evaluate::Fault> {
        Err(evaluate::Fault::NotThere(*load))
    }
    fn rows(&self, list: &dsl::model::Load) -> Result<u32, evaluate::Fault> {
        Err(evaluate::Fault::NotThere(*list))
    }
    fn enter(&self, list: &dsl::model::Load, _: u32) -> Result<(), evaluate::Fault> {
        Err(evaluate::Fault::NotThere(*list))
    }
    fn leave(&self, _: &dsl::model::Load) {}
    fn position(&self, _: &dsl::model::Load) -> Result<u32, evaluate::Fault> {
        Err(evaluate::Fault::Broken)
    }
    fn learn(&mut self, _: &dsl::model::Load, _: &Value<'_>) -> Result<(), evaluate::Fault> {
        Ok(())
    }
    fn set(&mut self, to: &dsl::model::Load, _: &Value<'_>) -> Result<(), evaluate::Fault> {
        Err(evaluate::Fault::NotThere(*to))
    }
    fn append(&mut self, list: &dsl::model::Load, _: u16, _: u32) -> Result<(), evaluate::Fault> {
        Err(evaluate::Fault::NotThere(*list))
    }
    fn begin_rows(&mut self, list: &dsl::model::Load, _: u16) -> Result<(), evaluate::Fault> {
        Err(evaluate::Fault::NotThere(*list))
    }
    fn key(&self, key: &dsl::model::Load) -> Result<Arc<adapters::seal::PreparedKey>, evaluate::Fault> {
        Err(evaluate::Fault::NoKey(*key))
    }
    fn secret(&self, key: &dsl::model::Load) -> Result<std::borrow::Cow<'_, [u8]>, evaluate::Fault> {
        Err(evaluate::Fault::NoKey(*key))
    }
    fn setting_text(&self, _: u16) -> Result<std::borrow::Cow<'_, str>, evaluate::Fault> {
        Err(evaluate::Fault::Absent)
    }
    fn random(&self, _: &mut [u8]) -> Result<(), evaluate::Fault> {
        Err(evaluate::Fault::Seal)
    }
    fn symbols(&self) -> &dsl::value::Symbols {
        self.version.symbols()
    }
}

/// Whether a file's name says its business date: what is known already would have to agree with it.
pub(crate) fn named_by_day(version: &Version, call: crate::version::CallRef) -> bool {
    let message = version.call(call).and_then(|program| {
        version.module(call.module)?.program.messages.get(usize::from(program.call.request.0))
    });
    let mut pieces =
        message.and_then(|message| message.file.as_deref()).into_iter().flat_map(|file| &file.name);
    let is_day = |to: &dsl::model::Load| to.space == Space::Exchange && to.slot == Fact::BusinessDate as u16;
    pieces.any(|piece| matches!(piece, FileName::Learned { to, .. } if is_day(to)))
}
