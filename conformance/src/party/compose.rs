//! Writing a message of the party from the fields that its world gave.

mod file;

pub(crate) use file::{ComposedFile, compose_file};

use super::form;
use super::play::Play;
use crate::fields::{Named, at};
use crate::scene::{Adapter, Parts, Scene, write};
use crate::world;
use adapters::codec::{Doing, describe, fill_in};
use adapters::value::{Record, Surroundings};
use dsl::evaluate::Value;
use dsl::model::{Fact, Meaning, MessageId, Space};
use dsl::program::{CodeText, Codes, FieldForm, OutcomeRow};
use dsl::value::{Form, Outcome, Type};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// What is to be said.
pub(crate) struct Composed {
    /// Fields by wire name.
    pub(crate) fields: Map<String, Json>,
    /// The outcome and its code or meaning; none in a request.
    pub(crate) outcome: Option<(world::Outcome, Option<String>)>,
    /// The seal is to be wrong.
    pub(crate) wrong_seal: bool,
}

/// The fields of a message of an adapter.
pub(crate) fn named_in(adapter: &Adapter, message: MessageId) -> Option<Named<'_>> {
    let program = &adapter.module.program;
    let message = program.messages.get(usize::from(message.0))?;
    Some(Named { program, message, symbols: &adapter.symbols })
}

/// Puts fields where the message has them: in the group of the call's own (`inner`), else in one of those around it, from
/// the inside outward.
pub(crate) fn place(named: &Named<'_>, inner: &str, fields: &Map<String, Json>) -> Map<String, Json> {
    let there = |path: &str| {
        let below = format!("{path}.");
        let mut all = named.message.fields.iter();
        all.any(|field| *field.path == *path || field.path.starts_with(&below))
    };
    let mut placed = Map::new();
    for (name, value) in fields {
        let mut group = inner;
        while !group.is_empty() && !there(&format!("{group}.{name}")) {
            group = group.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
        let (name, value) = under(group, name, value);
        merge(&mut placed, &name, &value);
    }
    placed
}

/// A value under a path, as a tree.
fn under(path: &str, name: &str, value: &Json) -> (String, Json) {
    let mut tree = (name.to_owned(), value.clone());
    for group in path.rsplit('.').filter(|group| !group.is_empty()) {
        tree = (group.to_owned(), Json::Object(Map::from_iter([tree])));
    }
    tree
}

/// Puts a value beside what is known by its name.
fn merge(tree: &mut Map<String, Json>, name: &str, value: &Json) {
    match (tree.get_mut(name), value) {
        (Some(Json::Object(known)), Json::Object(more)) => {
            for (name, value) in more {
                merge(known, name, value);
            }
        }
        _ => drop(tree.insert(name.to_owned(), value.clone())),
    }
}

/// Writes a message, over what stands in the record already. Gives its octets and the record with what was computed.
///
/// # Errors
/// What cannot be written, in words.
pub(crate) fn compose(
    scene: &mut Scene,
    message: MessageId,
    said: &Composed,
    record: Option<Record>,
) -> Result<(Parts, Record), String> {
    let adapter = scene.adapter.clone();
    let named = named_in(&adapter, message).ok_or("a message that is not there")?;
    let program = named.program;
    let (mut record, mut apart) = begun(&named, scene, said, record)?;
    let form = form::as_said(named.message, &program.expressions, &apart, form::Original::Unknown);
    let filled = fill_in(program, &form, &mut record, scene);
    filled.map_err(|fault| {
        describe(&fault, &record, &form, program, named.symbols, Doing::Writing).to_string()
    })?;
    named.fill_least(&mut record, scene.now).map_err(|error| error.to_string())?;
    let written = write(scene, program, &form, record).map_err(|report| report.to_string())?;
    if !said.wrong_seal {
        return Ok(written);
    }
    let seals = form::seal_slots(named.message, &program.expressions);
    let (_, mut record) = written;
    for slot in &seals {
        spoil(&mut record, usize::from(*slot));
        apart.insert(*slot);
    }
    let form = form::as_said(named.message, &program.expressions, &apart, form::Original::Unknown);
    write(scene, program, &form, record).map_err(|report| report.to_string())
}

/// The record of what is said, before the mappings; and the slots that keep what stands in them.
fn begun(
    named: &Named<'_>,
    scene: &mut Scene,
    said: &Composed,
    record: Option<Record>,
) -> Result<(Record, BTreeSet<u16>), String> {
    let mut record = record.unwrap_or_else(|| Record::new(named.message.slots));
    let mut apart = BTreeSet::new();
    if let Some((outcome, word)) = &said.outcome {
        speak(named, scene, &mut record, &mut apart, *outcome, word.as_deref())?;
    }
    named.fill(&said.fields, &mut record).map_err(|error| error.to_string())?;
    let leaves = named.message.fields.iter().filter(|field| field.level == 0 && field.wire.is_some());
    for field in leaves {
        if at(&said.fields, &field.path).is_some_and(|value| !value.is_null()) {
            apart.insert(field.slot);
        }
    }
    choose_member(named, scene, &said.fields)?;
    assume(named, scene, &mut record, &mut apart)?;
    Ok((record, apart))
}

/// Another figure in the place of the last one.
fn spoil(record: &mut Record, index: usize) {
    let changed = match record.value(index) {
        Ok(Value::Text(text)) => {
            let mut text = text.into_owned();
            let last = if text.pop() == Some('0') { '1' } else { '0' };
            text.push(last);
            Value::text(text)
        }
        Ok(Value::Bytes(octets)) => {
            let mut octets = octets.into_owned();
            if let Some(last) = octets.last_mut() {
                *last ^= 1;
            }
            Value::bytes(octets)
        }
        _ => return,
    };
    // A record has room for a value that it held before.
    let _ = record.set(index, &changed);
}

/// Gives the scene the outcome, and its code's own text to the field whose table has it. Where two fields say it together,
/// the world names both codes with a blank between.
fn speak(
    named: &Named<'_>,
    scene: &mut Scene,
    record: &mut Record,
    apart: &mut BTreeSet<u16>,
    outcome: world::Outcome,
    said: Option<&str>,
) -> Result<(), String> {
    let slots = form::outcome_slots(named.message, &named.program.expressions);
    let words = words(named, &slots, said.unwrap_or_default());
    let mut reason = words.iter().find_map(|word| named.symbols.find(word));
    let mut known = words.is_empty() || reason.is_some();
    for slot in slots {
        let Some(codes) = table(named, slot) else { continue };
        let found = words.iter().find_map(|word| Some((*word, row(codes, word)?)));
        let Some((word, (meaning, label))) = found else { continue };
        known = true;
        if let Meaning::Outcome(Outcome::Refused(named) | Outcome::Done(named)) = meaning {
            reason = named.or(reason);
        }
        scene.outcome_text = Some(label.to_owned());
        record.set(usize::from(slot), &Value::text(word)).map_err(|_| "too much".to_owned())?;
        apart.insert(slot);
    }
    if let Some((texts, meaning, label)) = together(named, &words) {
        known = true;
        for (slot, text) in named.message.outcome_order.iter().zip(texts) {
            let Some(text) = text else { continue };
            record.set(usize::from(*slot), &Value::text(&**text)).map_err(|_| "too much".to_owned())?;
            apart.insert(*slot);
        }
        if let Outcome::Done(named) | Outcome::Refused(named) = meaning {
            reason = named.or(reason);
        }
        scene.outcome_text = Some(label.to_string());
    }
    scene.outcome = Some(match outcome {
        world::Outcome::Done => Outcome::Done(reason),
        world::Outcome::Refused => Outcome::Refused(reason),
        world::Outcome::Unknown => Outcome::Unknown,
    });
    if known { Ok(()) } else { Err(format!("no code table has `{}`", said.unwrap_or_default())) }
}

/// A party's code may be a text with blanks in it; else several codes stand beside each other.
fn words<'s>(named: &Named<'_>, slots: &[u16], said: &'s str) -> Vec<&'s str> {
    let is_code =
        slots.iter().any(|slot| table(named, *slot).is_some_and(|codes| row(codes, said).is_some()));
    if is_code { vec![said] } else { said.split(' ').filter(|word| !word.is_empty()).collect() }
}

/// A call may say for itself which codes go together.
fn together<'n>(named: &Named<'n>, words: &[&str]) -> Option<&'n OutcomeRow> {
    let mut rows = named.message.outcome_rows.iter();
    rows.find(|(texts, ..)| texts.iter().flatten().any(|text| words.contains(&&**text)))
}

/// What codes say in a message that they are written into: the first of its outcome fields, by which the form of what stands
/// behind it is known; none where the message knows none of the codes.
pub(crate) fn meant(named: &Named<'_>, said: &str) -> Option<Outcome> {
    let slots = form::outcome_slots(named.message, &named.program.expressions);
    let words = words(named, &slots, said);
    if let Some((_, meaning, _)) = together(named, &words) {
        return Some(*meaning);
    }
    let tables = slots.iter().filter_map(|slot| table(named, *slot));
    let mut found = tables.filter_map(|codes| words.iter().find_map(|word| row(codes, word)));
    found.find_map(|(meaning, _)| match meaning {
        Meaning::Outcome(outcome) => Some(outcome),
        _ => None,
    })
}

fn table<'n>(named: &Named<'n>, slot: u16) -> Option<&'n Codes> {
    let field = named.message.fields.iter().find(|field| field.level == 0 && field.slot == slot)?;
    match named.wire(field)?.form {
        Form::Code(table) => named.program.codes.get(usize::from(table)),
        _ => None,
    }
}

/// The reasons that an answer has codes for; not those that say nothing of the act itself.
pub(crate) fn refusals(named: &Named<'_>) -> Vec<String> {
    const OF_NO_ACT: [&str; 5] = ["duplicate", "no_session", "session_expired", "bad_seal", "bad_message"];
    let slots = form::outcome_slots(named.message, &named.program.expressions);
    let rows = slots.iter().filter_map(|slot| table(named, *slot)).flat_map(|codes| &codes.rows);
    let reasons = rows.filter_map(|(_, meaning, _)| match meaning {
        Meaning::Outcome(Outcome::Refused(Some(reason))) => Some(named.symbols.text(*reason)),
        _ => None,
    });
    reasons.filter(|reason| !OF_NO_ACT.contains(reason)).map(str::to_owned).collect()
}

fn row<'c>(codes: &'c Codes, text: &str) -> Option<(Meaning, &'c str)> {
    let rows = codes.rows.iter();
    let mut same = rows.filter(|(known, ..)| matches!(known, CodeText::Text(known) if **known == *text));
    same.next().map(|(_, meaning, label)| (*meaning, &**label))
}

/// How long a session is good, where the reply to the sign-in says it: a day.
pub(crate) fn with_until(play: &Play, scene: &Scene, message: MessageId) -> Result<Record, String> {
    let named = play.named(message).ok_or("a message that is not there")?;
    let mut record = Record::new(named.message.slots);
    let bank = &play.loaded.bank.module;
    let untils = bank.sessions.iter().filter_map(|session| session.until);
    for load in untils.flat_map(|until| form::loads(&bank.program.expressions, until)) {
        let call = bank.calls.get(usize::from(load.call));
        let here =
            load.space == Space::CallReply && call.is_some_and(|call| call.call.replies.contains(&message));
        let mut fields = named.message.fields.iter();
        let field = fields.find(|field| here && field.level == load.level && field.slot == load.slot);
        let Some(wire) = field.and_then(|field| named.wire(field)) else { continue };
        let tomorrow = scene.now.checked_add(jiff::Span::new().days(1)).unwrap_or(scene.now);
        let value = match wire.ty {
            Type::DateTime => Value::DateTime(tomorrow),
            Type::Date => Value::Date(tomorrow.date()),
            _ => continue,
        };
        record.set(usize::from(load.slot), &value).map_err(|_| "too much".to_owned())?;
    }
    Ok(record)
}

/// A field that names the member, where the world says whose message it is; a party's only member is not asked for.
fn choose_member(named: &Named<'_>, scene: &mut Scene, fields: &Map<String, Json>) -> Result<(), String> {
    let naming = |load: &dsl::model::Load| load.space == Space::Member && load.slot == 0;
    for (field, _) in computed(named).into_iter().filter(|(_, load)| naming(load)) {
        match at(fields, &field.path) {
            Some(Json::String(name)) => scene.set_member(name).map_err(|error| error.to_string())?,
            _ => scene.set_only_member(),
        }
    }
    Ok(())
}

/// Facts that a party of its own accord does not have (a branch, a channel) get the least value.
fn assume(
    named: &Named<'_>,
    scene: &mut Scene,
    record: &mut Record,
    apart: &mut BTreeSet<u16>,
) -> Result<(), String> {
    for (field, load) in computed(named) {
        let fact = matches!(
            load.space,
            Space::Exchange | Space::Original | Space::OriginalOutcome | Space::Page | Space::Request
        );
        // What a file is called is known when it is written.
        let named_so = named.message.file.is_some()
            && load.space == Space::Exchange
            && [Fact::File as u16, Fact::FileStem as u16].contains(&load.slot);
        let known = named_so || scene.load(&load).is_ok_and(|value| value.is_present());
        if !fact || known || apart.contains(&field.slot) {
            continue;
        }
        if let Some(least) = named.least_of(field, scene.now) {
            record.set(usize::from(field.slot), &least).map_err(|_| "too much".to_owned())?;
            apart.insert(field.slot);
            // What the party has said of itself, the answer must say again; a blank says nothing.
            let blank = matches!(&least, Value::Text(text) if text.trim().is_empty());
            if !blank
                && load.space == Space::Exchange
                && let Some(fact) = scene.facts.get_mut(usize::from(load.slot))
            {
                *fact = least;
            }
        }
    }
    Ok(())
}

/// Fields that the writer computes from one plain reference.
fn computed<'n>(named: &Named<'n>) -> Vec<(&'n FieldForm, dsl::model::Load)> {
    let expressions = &named.program.expressions;
    let of = |(slot, expression)| {
        let load = form::alone(expressions, expression)?;
        let mut fields = named.message.fields.iter();
        fields.find(|field| field.level == 0 && field.slot == slot).map(|field| (field, load))
    };
    form::given(named.message).filter_map(of).collect()
}

/// The member that a message of these fields is of.
pub(crate) fn member_of(
    message: MessageId,
    scene: &mut Scene,
    fields: &Map<String, Json>,
) -> Result<(), String> {
    let adapter = scene.adapter.clone();
    match named_in(&adapter, message) {
        Some(named) => choose_member(&named, scene, fields),
        None => Ok(()),
    }
}
