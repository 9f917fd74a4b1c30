//! Octets as fields: which message they are, where each value stands, which judgements hold.
//!
//! In: parts of a message, or a file, and a scene for each message that they may be. Out: [`Inspected`]. What is wrong
//! ends nothing but the form: a message with a wrong seal is shown whole.

mod file;
mod judged;

pub use file::inspect_file;
pub use judged::{SeenJudgement, Verdict};

use super::{MessageName, names};
use crate::fields::{Named, to_json};
use crate::framing::{FRAME_MAX, frame};
use crate::scene::{Adapter, Parts, Scene, recognise};
use adapters::codec::{Doing, Fault, ReadOutcome, Reader, Report, Run, Stored, describe};
use adapters::value::{Record, Surroundings, buffer_of};
use bytes::BytesMut;
use dsl::evaluate::Value as Typed;
use dsl::model::{self, CallId, LinkKind};
use dsl::program::{FieldForm, MessageProgram, Part, Program};
use link::frame::{FrameConfig, Framer};
use serde_json::{Map, Value};

/// A field that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenField {
    /// Its path; rows by number: `body.bills[1].month`.
    pub path: String,
    /// Its label.
    pub label: Box<str>,
    /// Where it stands: offset in the message's octets, and how many; none: it was missing, or stands in octets that
    /// were decoded from others.
    pub place: Option<(u32, u32)>,
    /// Its octets as they stand.
    pub octets: Vec<u8>,
    /// What it means; none: absent.
    pub value: Option<Value>,
    /// The same for people: an amount in yuan.
    pub meaning: String,
    /// It is masked when shown.
    pub private: bool,
    /// The record's slot.
    pub index: usize,
}

/// A message that was looked at.
#[derive(Debug)]
pub struct Inspected {
    /// Which.
    pub name: MessageName,
    /// What was read.
    pub record: Record,
    /// The fields in the order of reading.
    pub fields: Vec<SeenField>,
    /// Judgements in the order of reading.
    pub judged: Vec<SeenJudgement>,
    /// What it says of the outcome.
    pub outcome: ReadOutcome,
    /// Why it could not be read further.
    pub fault: Option<(Fault, Report)>,
    /// Rows of a file that were read and are not shown.
    pub more_rows: u64,
}

impl Inspected {
    /// The values as a tree by names.
    #[must_use]
    pub fn tree(&self, adapter: &Adapter) -> Map<String, Value> {
        tree_of(adapter, &self.name, &self.record)
    }

    fn right_over_wrong(&self) -> i64 {
        let weight = |judged: &SeenJudgement| match judged.verdict {
            Verdict::Right => 1,
            Verdict::Wrong { .. } => -1,
            Verdict::NotJudged(_) => 0,
        };
        self.judged.iter().map(weight).sum()
    }

    /// How many judgements are wrong.
    #[must_use]
    pub fn wrong(&self) -> usize {
        self.judged.iter().filter(|judged| matches!(judged.verdict, Verdict::Wrong { .. })).count()
    }
}

/// The values of a message's record as a tree by names.
#[must_use]
pub fn tree_of(adapter: &Adapter, name: &MessageName, record: &Record) -> Map<String, Value> {
    let program = &adapter.module.program;
    let form = program.messages.get(usize::from(name.message.0));
    form.map(|message| Named { program, message, symbols: &adapter.symbols }.tree(record)).unwrap_or_default()
}

/// Octets on a link, taken for the message that they fit best.
#[derive(Debug)]
pub struct Looked {
    /// Index of the link.
    pub link: usize,
    /// The message; none: no message of the link begins so.
    pub inspected: Option<Inspected>,
}

/// The messages of a stream of octets by a link's frame: each one's octets with what stands around them, its payload,
/// and what is left that is no frame.
#[must_use]
pub fn frames(frame_of: &model::Frame, octets: &[u8]) -> (Vec<(usize, usize, Vec<u8>)>, usize) {
    let mut framer = Framer::new(FrameConfig::new(frame(frame_of), FRAME_MAX));
    let mut buffer = BytesMut::from(octets);
    let mut found = Vec::new();
    loop {
        let begin = octets.len() - buffer.len();
        match framer.decode(&mut buffer) {
            Ok(Some(payload)) => found.push((begin, octets.len() - buffer.len(), payload.to_vec())),
            Ok(None) | Err(_) => return (found, buffer.len()),
        }
    }
}

/// Takes the octets for the message of this link that they fit best: the form whole, the fewest judgements wrong.
/// `wanted` leaves others out; `scene` makes what stands around a message of a call.
///
/// # Errors
/// What `scene` says.
pub fn look<E>(
    adapter: &Adapter,
    link: usize,
    parts: &Parts,
    wanted: &dyn Fn(&MessageName) -> bool,
    scene: &dyn Fn(CallId) -> Result<Scene, E>,
) -> Result<Looked, E> {
    let mut best: Option<Inspected> = None;
    for name in candidates(adapter, link, parts, wanted, scene)? {
        let Some(seen) = inspect(&mut scene(name.call)?, &name, parts) else { continue };
        // A form of another carrier (a call's file, a web request) says nothing about these octets.
        if seen.fault.as_ref().is_some_and(|(fault, _)| fault.kind == adapters::codec::FaultKind::Program) {
            continue;
        }
        if best.as_ref().is_none_or(|best| better(&seen, best)) {
            best = Some(seen);
        }
    }
    Ok(Looked { link, inspected: best })
}

fn better(one: &Inspected, other: &Inspected) -> bool {
    match (&one.fault, &other.fault) {
        (None, Some(_)) => true,
        (Some(_), None) => false,
        (None, None) => one.wrong() < other.wrong(),
        // What agrees tells more than how far the octets could be read.
        (Some((one_fault, _)), Some((other_fault, _))) => {
            (one.right_over_wrong(), one_fault.at) > (other.right_over_wrong(), other_fault.at)
        }
    }
}

/// Messages that the octets may be: by the code where it can be recognised, else all of the link.
fn candidates<E>(
    adapter: &Adapter,
    link: usize,
    parts: &Parts,
    wanted: &dyn Fn(&MessageName) -> bool,
    scene: &dyn Fn(CallId) -> Result<Scene, E>,
) -> Result<Vec<MessageName>, E> {
    let module = &adapter.module;
    let known = module.links.get(link);
    let code = match known.and_then(|link| link.recogniser.as_ref()) {
        Some(recogniser) => recognise(&mut scene(CallId(0))?, recogniser, parts),
        None => None,
    };
    let on_link = |name: &MessageName| {
        let call = module.calls.get(usize::from(name.call.0));
        call.is_some_and(|call| usize::from(call.call.link) == link)
    };
    let own_code = |name: &MessageName| {
        let by_code = known.map_or(&[][..], |link| &link.by_code);
        by_code.iter().find(|(_, _, id)| *id == name.message).map(|(code, ..)| &**code)
    };
    let all: Vec<MessageName> =
        names(adapter).into_iter().filter(|name| on_link(name) && wanted(name)).collect();
    let Some(code) = code else { return Ok(all) };
    // A code that a message has of its own leaves all others out.
    let exact = all.iter().any(|name| own_code(name) == Some(&code));
    let fits = |name: &MessageName| match own_code(name) {
        Some(own) => own == code,
        None => !exact,
    };
    Ok(all.into_iter().filter(|name| fits(name)).collect())
}

/// Whether a link carries files.
pub(super) fn is_file(kind: LinkKind) -> bool {
    matches!(kind, LinkKind::Sftp | LinkKind::Folder)
}

/// Reads a message as far as it has its form; nothing that disagrees ends the reading.
#[must_use]
pub fn inspect(scene: &mut Scene, name: &MessageName, parts: &Parts) -> Option<Inspected> {
    let adapter = scene.adapter.clone();
    let program = &adapter.module.program;
    let form = program.messages.get(usize::from(name.message.0))?;
    let mut record = Record::default();
    for part in Parts::ALL {
        record.set_part(part, parts.get(part).clone());
    }
    let mut reader = Reader::new(program, form, record).watched();
    let fault = loop {
        match reader.run(scene) {
            Run::Done => break None,
            Run::Need(job) => reader.resume(job.run(&mut |octets| scene.random(octets))),
            Run::Fault(fault) => break Some(fault),
        }
    };
    let outcome = reader.outcome();
    let (stored, judged) = (reader.stored().to_vec(), reader.judged().to_vec());
    let record = reader.into_record();
    let report = fault
        .map(|fault| (fault, describe(&fault, &record, form, program, &adapter.symbols, Doing::Reading)));
    let seen = Seen { adapter: &adapter, program, form, record: &record, paths: Vec::new() }.with_paths();
    let fields = stored.iter().filter_map(|stored| seen.field(stored)).collect();
    let judged = judged.iter().map(|judged| seen.judgement(judged)).collect();
    Some(Inspected { name: name.clone(), fields, judged, outcome, fault: report, record, more_rows: 0 })
}

/// A record with the names of its slots.
struct Seen<'a> {
    adapter: &'a Adapter,
    program: &'a Program,
    form: &'a MessageProgram,
    record: &'a Record,
    /// Path and field by absolute index.
    paths: Vec<Option<(String, &'a FieldForm)>>,
}

impl<'a> Seen<'a> {
    fn with_paths(mut self) -> Self {
        let mut paths = vec![None; self.record.slots.len()];
        self.name_rows(None, 0, "", "", &mut paths);
        self.paths = paths;
        self
    }

    fn name_rows(
        &self,
        list: Option<u16>,
        base: usize,
        of_list: &str,
        shown: &str,
        paths: &mut [Option<(String, &'a FieldForm)>],
    ) {
        for field in self.form.fields.iter().filter(|field| field.list == list) {
            let own = field.path.strip_prefix(of_list).unwrap_or(&field.path).trim_start_matches('.');
            let path = if shown.is_empty() { own.to_owned() } else { format!("{shown}.{own}") };
            let index = base + usize::from(field.slot);
            if let Some(inner) = field.is_list {
                let Some(rows) = self.record.rows(index) else { continue };
                for row in 0..rows.count {
                    let Some(base) = rows.base(row) else { continue };
                    self.name_rows(Some(inner), base, &field.path, &format!("{path}[{}]", row + 1), paths);
                }
            } else if field.wire.is_some()
                && let Some(place) = paths.get_mut(index)
            {
                // Of one slot that stands in several branches the first name counts.
                place.get_or_insert((path, field));
            }
        }
    }

    fn field(&self, stored: &Stored) -> Option<SeenField> {
        let (path, field) = self.paths.get(stored.index)?.as_ref()?;
        let wire = self.program.wires.get(field.wire? as usize)?;
        let typed = self.record.value(stored.index).ok();
        let value = typed.as_ref().and_then(|value| to_json(value, &wire.ty, &self.adapter.symbols));
        let meaning = match (&typed, &value) {
            (Some(Typed::Flag(yes)), _) => if *yes { "yes" } else { "no" }.to_owned(),
            (Some(Typed::Decimal(decimal)), _) => decimal.to_string(),
            (_, Some(Value::String(text))) => text.clone(),
            (_, Some(other)) => other.to_string(),
            (_, None) => String::new(),
        };
        let in_content = |span: &adapters::value::Span| span.buffer == buffer_of(Part::Content);
        let length = |span: adapters::value::Span| span.end.saturating_sub(span.start);
        Some(SeenField {
            path: path.clone(),
            label: field.label.clone(),
            place: stored.span.filter(in_content).map(|span| (span.start, length(span))),
            octets: stored.span.map(|span| self.record.octets(span).to_vec()).unwrap_or_default(),
            value,
            meaning,
            private: field.private,
            index: stored.index,
        })
    }

    fn path(&self, index: usize) -> &str {
        self.paths.get(index).and_then(Option::as_ref).map_or("", |(path, _)| path)
    }
}
