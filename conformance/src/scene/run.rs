//! The codec driven to its end: seals are computed in place, also those that take long.

use super::Scene;
use adapters::codec::{self, Doing, Fault, ReadOutcome, Reader, Report, Run, Writer, describe};
use adapters::value::{PARTS, Record, Surroundings, Tag};
use bytes::Bytes;
use dsl::evaluate::{self, Value};
use dsl::model::MessageId;
use dsl::program::{ExprId, MessageProgram, Part, Program, Read, Recogniser};

/// Octets by part; on links that are not HTTP there is the content alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    parts: [Bytes; PARTS],
}

impl Parts {
    /// All parts in the order of their numbers.
    pub const ALL: [Part; PARTS] =
        [Part::Content, Part::Path, Part::Query, Part::Headers, Part::Status, Part::Name];

    /// Content alone.
    #[must_use]
    pub fn content(octets: impl Into<Bytes>) -> Self {
        let mut parts = Self::default();
        parts.set(Part::Content, octets);
        parts
    }

    /// Puts a part.
    pub fn set(&mut self, part: Part, octets: impl Into<Bytes>) {
        if let Some(place) = self.parts.get_mut(part as usize) {
            *place = octets.into();
        }
    }

    /// The octets of a part; empty if there are none.
    #[must_use]
    pub fn get(&self, part: Part) -> &Bytes {
        self.parts.get(part as usize).unwrap_or(&self.parts[0])
    }

    fn record(&self) -> Record {
        let mut record = Record::default();
        for part in Self::ALL {
            record.set_part(part, self.get(part).clone());
        }
        record
    }
}

/// What was read of a message, whole or up to its fault.
#[derive(Debug)]
pub struct ReadMessage {
    /// Its values.
    pub record: Record,
    /// What it says of the outcome.
    pub outcome: ReadOutcome,
    /// Why it could not be read further, and the same in words.
    pub fault: Option<(Fault, Report)>,
}

/// Reads a message and verifies it; what it tells of facts goes into the scene. Business records are not filled:
/// [`codec::take_out`] does that.
#[must_use]
pub fn read(scene: &mut Scene, message: MessageId, parts: &Parts) -> Option<ReadMessage> {
    let module = scene.adapter.module.clone();
    let form = module.program.messages.get(usize::from(message.0))?;
    Some(read_by(scene, &module.program, form, parts))
}

/// As [`read`], but nothing is compared, verified or checked: what the octets say as far as they have the form.
#[must_use]
pub fn read_unjudged(scene: &mut Scene, message: MessageId, parts: &Parts) -> Option<ReadMessage> {
    let module = scene.adapter.module.clone();
    let mut form = module.program.messages.get(usize::from(message.0))?.clone();
    for (at, read) in form.read.iter_mut().enumerate() {
        if matches!(read, Read::Agree { .. } | Read::Verify { .. } | Read::Check { .. }) {
            *read = Read::Jump { to: u32::try_from(at + 1).unwrap_or(u32::MAX) };
        }
    }
    Some(read_by(scene, &module.program, &form, parts))
}

fn read_by(scene: &mut Scene, program: &Program, form: &MessageProgram, parts: &Parts) -> ReadMessage {
    let mut reader = Reader::new(program, form, parts.record());
    let fault = loop {
        match reader.run(scene) {
            Run::Done => break None,
            Run::Need(job) => reader.resume(job.run(&mut |octets| scene.random(octets))),
            Run::Fault(fault) => break Some(fault),
        }
    };
    let outcome = reader.outcome();
    let record = reader.into_record();
    let fault = fault.map(|fault| {
        (fault, describe(&fault, &record, form, program, &scene.adapter.symbols, Doing::Reading))
    });
    ReadMessage { record, outcome, fault }
}

/// Writes a message whose values stand in the record; gives the octets and the record with what was computed. The form
/// is handed in beside its program so that a caller may write by a changed one.
///
/// # Errors
/// The fault in words.
pub fn write(
    scene: &mut Scene,
    program: &Program,
    form: &MessageProgram,
    record: Record,
) -> Result<(Parts, Record), Box<Report>> {
    let mut writer = Writer::new(program, form, record);
    loop {
        match writer.run(scene) {
            Run::Done => break,
            Run::Need(job) => writer.resume(job.run(&mut |octets| scene.random(octets))),
            Run::Fault(fault) => {
                let symbols = &scene.adapter.symbols;
                return Err(Box::new(describe(
                    &fault,
                    writer.record(),
                    form,
                    program,
                    symbols,
                    Doing::Writing,
                )));
            }
        }
    }
    let (mut written, record) = writer.finish();
    let mut parts = Parts::default();
    for part in Parts::ALL {
        parts.set(part, written.take(part));
    }
    Ok((parts, record))
}

/// The code by which a message is recognised; none where it cannot be found.
#[must_use]
pub fn recognise(scene: &mut Scene, recogniser: &Recogniser, parts: &Parts) -> Option<String> {
    let module = scene.adapter.module.clone();
    let mut reader = Reader::new(&module.program, &recogniser.program, parts.record());
    // What the link matches by may be missing in a message that answers nothing; the code stands before it.
    if matches!(reader.run(scene), Run::Need(_)) {
        return None;
    }
    let record = reader.into_record();
    let index = usize::from(recogniser.slot);
    let slot = record.slot(index);
    let text = match (slot.tag, record.value(index).ok()?) {
        (Tag::Name | Tag::Outcome, _) => String::from_utf8(record.octets(slot.span()?).to_vec()).ok()?,
        (_, Value::Text(text)) => text.into_owned(),
        (_, Value::Number(number)) => number.to_string(),
        (_, Value::Bytes(octets)) => String::from_utf8(octets.into_owned()).ok()?,
        _ => return None,
    };
    let (before, behind) = &recogniser.around;
    let text = text.trim();
    text.strip_prefix(&**before)?.strip_suffix(&**behind).map(str::to_owned)
}

/// The number of a message in a numbered session, and whether it is sent again; none where it cannot be found.
#[must_use]
pub fn seen(scene: &mut Scene, recogniser: &Recogniser, parts: &Parts) -> Option<(u64, bool)> {
    let module = scene.adapter.module.clone();
    let mut reader = Reader::new(&module.program, &recogniser.program, parts.record());
    if matches!(reader.run(scene), Run::Need(_)) {
        return None;
    }
    let value = |slot: u16| reader.record().value(usize::from(slot)).ok();
    let Value::Number(number) = value(recogniser.number?)? else { return None };
    let again = recogniser.again.and_then(value) == Some(Value::Flag(true));
    Some((u64::try_from(number).ok()?, again))
}

/// The value of an expression that looks at no message.
///
/// # Errors
/// As the evaluator.
pub fn evaluate_here(scene: &Scene, id: ExprId) -> Result<Value<'static>, evaluate::Fault> {
    let program = &scene.adapter.module.program;
    let charset = program.messages.first().map_or("", |message| &message.charset);
    codec::evaluate_alone(&program.expressions, id, charset, scene)
}
