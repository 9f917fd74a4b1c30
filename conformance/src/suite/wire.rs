//! Steps over a link: a message is written, damaged if that is wanted, sent, and its answer judged.

use super::run::{LIMIT, Other, Runner, STAGE_LIMIT};
use super::{Damage, Plays, Step, Suite};
use crate::attack::Guard;
use crate::fields::{Named, at};
use crate::numbered::numbering;
use crate::party::{
    Line, Way, carries_files, civil, compose_request, draw, has_cipher, has_seal, member_of, on_own_path,
    opened,
};
use crate::report::{Difference, Packet, StepResult};
use crate::scene::{Facts, Member, Parts, Past, Scene, evaluate_here, read, read_unjudged};
use adapters::value::Record;
use dsl::evaluate::Value as Typed;
use dsl::model::{CallId, Fact, MessageId};
use dsl::program::{CallProgram, MessageProgram, Part};
use dsl::value::{DateTime, Outcome};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Connections of a case, by link.
pub(super) type Lines = BTreeMap<String, Line>;

/// A request that left.
#[derive(Clone)]
pub(super) struct Asked {
    parts: Parts,
    record: Record,
    facts: Facts,
    member: Option<Arc<Member>>,
    session: Vec<Typed<'static>>,
    tree: Map<String, Value>,
}

/// The outcome of what the other side says it could not read.
const UNREAD: &str = "unread";

/// What came back.
enum Came {
    /// An answer.
    Answer(Parts),
    /// Nothing within the limit.
    Silence,
    /// The connection ended.
    Closed,
}

impl Runner<'_> {
    /// The moment by the party's clock.
    pub(super) fn now(&self) -> DateTime {
        let seconds = self.core.world().clock.now().micros().div_euclid(1_000_000);
        civil(seconds, self.config.zone_minutes.unwrap_or(480))
    }

    pub(super) fn scene(&mut self) -> Scene {
        let seconds = self.core.world().clock.now().micros().div_euclid(1_000_000);
        let scene = Scene::new(self.adapter.clone(), Arc::clone(&self.standing), self.now());
        self.number += 1;
        // Serials of two runs against one party must not meet.
        let seconds = u64::try_from(seconds).unwrap_or(0) % 1_000_000;
        scene.counter.set(seconds * 1_000_000 + self.number);
        scene
    }

    /// Gives a scene the session that its member has with the other side: the simulated party's own where the runner plays
    /// it, else what the runner has been told.
    fn take_session(&self, scene: &mut Scene) {
        let member = scene.member.as_ref().map_or("", |member| &member.name);
        let own = self.sessions.get(member).cloned();
        let held = match self.plays {
            Plays::Party => self.party(None).ok().and_then(|party| party.session(member)),
            Plays::Bank => None,
        };
        if let Some(values) = held.or(own).filter(|values| values.len() == scene.session.len()) {
            scene.session = values;
        }
    }

    /// Runs one step on a connection of its own.
    pub(crate) async fn once(&mut self, suite: &Suite, step: &Step) -> Result<StepResult, String> {
        self.wire_step(suite, step, &mut Lines::new()).await
    }

    /// The request of a call with a step's fields, with a seal that holds or one that does not.
    pub(crate) fn request(&mut self, suite: &Suite, step: &Step, wrong_seal: bool) -> Result<Parts, String> {
        let (id, call) = self.call(step.send.as_deref().unwrap_or_default())?;
        let damage = wrong_seal.then_some(Damage::WrongSeal);
        let step = Step { damage, ..step.clone() };
        self.write(suite, &step, id, &call).map(|asked| asked.parts)
    }

    /// What keeps the request of a step from being changed.
    pub(crate) fn guard(&self, step: &Step) -> Result<Guard, String> {
        let (_, call) = self.call(step.send.as_deref().unwrap_or_default())?;
        let program = &self.adapter.module.program;
        let form = self.message(call.call.request.0);
        Ok(form.map_or(Guard::Open, |form| {
            match (has_seal(form, &program.expressions), has_cipher(form, program)) {
                (true, _) => Guard::Sealed,
                (false, true) => Guard::Ciphered,
                (false, false) => Guard::Open,
            }
        }))
    }

    /// A new connection of the link of a step's call.
    pub(crate) async fn line(&mut self, step: &Step) -> Result<Line, String> {
        let (_, call) = self.call(step.send.as_deref().unwrap_or_default())?;
        let link = self.adapter.module.links.get(usize::from(call.call.link)).cloned();
        let link = link.ok_or("a link that is not there")?;
        let way = Way::of(&link, &self.scene());
        Line::open(&self.core, &link, &self.config, &self.tls, way).await
    }

    /// What an answer to a step's call says: its outcome in words, `bad answer` if it is none, or on HTTP `status` where
    /// the request was turned away.
    pub(crate) fn outcome_of(&mut self, step: &Step, answer: &Parts) -> String {
        let status = String::from_utf8_lossy(answer.get(Part::Status)).into_owned();
        if status.starts_with('4') || status.starts_with('5') {
            return "status".to_owned();
        }
        let Ok((_, call)) = self.call(step.send.as_deref().unwrap_or_default()) else {
            return "bad answer".to_owned();
        };
        let mut said = None;
        for message in &call.call.replies {
            let mut scene = self.scene();
            self.take_session(&mut scene);
            // What was asked is not known where it was damaged: nothing is compared.
            let Some(heard) = read_unjudged(&mut scene, *message, answer) else { continue };
            said = said.or(heard.outcome.outcome);
        }
        let otherwise = if self.says_unread(&call, answer).is_some() { UNREAD } else { "bad answer" };
        said.map_or_else(|| otherwise.to_owned(), |outcome| self.words(outcome))
    }

    /// The message by which the other side says that it could not read what it was asked, if the answer is that.
    fn says_unread(&mut self, call: &CallProgram, answer: &Parts) -> Option<(MessageId, Record)> {
        let link = self.adapter.module.links.get(usize::from(call.call.link))?;
        let unread = link.link.unread?;
        let message = self.adapter.module.calls.get(usize::from(unread.0))?.call.request;
        let heard = read(&mut self.scene(), message, answer)?;
        heard.fault.is_none().then_some((message, heard.record))
    }

    fn call(&self, name: &str) -> Result<(CallId, CallProgram), String> {
        let calls = &self.adapter.module.calls;
        let found = calls.iter().zip(0..).find(|(call, _)| call.call.ours && *call.call.name == *name);
        let (call, id) = found.ok_or_else(|| {
            let known = calls.iter().filter(|call| call.call.ours).map(|call| &*call.call.name);
            format!("this side begins no call {name}; it begins {}", known.collect::<Vec<_>>().join(", "))
        })?;
        Ok((CallId(id), call.clone()))
    }

    pub(super) async fn wire_step(
        &mut self,
        suite: &Suite,
        step: &Step,
        lines: &mut Lines,
    ) -> Result<StepResult, String> {
        let named = step.send.as_ref().or(step.again.as_ref()).or(step.further.as_ref());
        let name = named.ok_or("a step sends, or does something")?.clone();
        let (id, call) = self.call(&name)?;
        let link = self.adapter.module.links.get(usize::from(call.call.link));
        if link.is_some_and(carries_files) {
            return self.file_step(suite, step, &name, &call).await;
        }
        let asked = match &step.again {
            Some(_) => self.sent.get(&name).cloned().ok_or("nothing of this call was sent before")?,
            None => self.write(suite, step, id, &call)?,
        };
        self.sent.insert(name.clone(), asked.clone());
        let mut parts = asked.parts.clone();
        damage(&mut parts, step.damage);
        let came = self.exchange(&call, step, &parts, lines).await?;
        let mut result = StepResult {
            what: format!("{name}{}", if step.again.is_some() { " again" } else { "" }),
            sent: Some(Packet::new(&parts, asked.tree.clone())),
            ..StepResult::default()
        };
        self.judge(step, &call, id, &asked, came, &mut result);
        Ok(result)
    }

    async fn exchange(
        &mut self,
        call: &CallProgram,
        step: &Step,
        parts: &Parts,
        lines: &mut Lines,
    ) -> Result<Came, String> {
        let link = self.adapter.module.links.get(usize::from(call.call.link)).cloned();
        let link = link.ok_or("a link that is not there")?;
        let link_name = link.link.name.to_string();
        let usual = if matches!(self.other, Other::Stage(_)) { STAGE_LIMIT } else { LIMIT };
        let limit = step.limit_ms.map_or(usual, Duration::from_millis);
        let mut line = match lines.remove(&link_name) {
            Some(line) => line,
            None => {
                let way = Way::of(&link, &self.scene());
                self.counts_anew(usize::from(call.call.link));
                Line::open(&self.core, &link, &self.config, &self.tls, way).await?
            }
        };
        if call.call.replies.is_empty() && line.is_framed() {
            let framed = line.framed(parts).map_err(|error| error.to_string())?;
            line.send_raw(&framed).await.map_err(|error| error.to_string())?;
            lines.insert(link_name, line);
            return Ok(Came::Silence);
        }
        let heard = match numbering(&self.adapter.module, usize::from(call.call.link)) {
            Some(numbering) => {
                let answers = (&link, &*call.call.replies);
                self.patiently_numbered(limit, answers, numbering, &mut line, parts).await
            }
            None => self.patiently(limit, line.exchange(parts)).await,
        };
        Ok(match heard {
            Some(Ok(answer)) => {
                lines.insert(link_name, line);
                if step.lost { Came::Silence } else { Came::Answer(answer) }
            }
            Some(Err(_)) => Came::Closed,
            None => Came::Silence,
        })
    }

    fn write(&mut self, suite: &Suite, step: &Step, id: CallId, call: &CallProgram) -> Result<Asked, String> {
        let (mut scene, fields) = self.begun_scene(suite, step, call)?;
        let place = usize::from(call.call.link);
        if numbering(&self.adapter.module, place).is_some() {
            let number = self.counting(place, |numbers| {
                let mut number = numbers.take();
                for _ in 0..step.missing {
                    number = numbers.take();
                }
                number
            });
            scene.put_fact(Fact::MessageNumber, Typed::Number(number.into()));
        }
        draw(&mut scene, id);
        let wrong_seal = step.damage == Some(Damage::WrongSeal);
        let inner = self.inner(call.call.request.0);
        let (mut parts, record) = compose_request(&mut scene, call.call.request, inner, &fields, wrong_seal)?;
        on_own_path(call, &scene, &mut parts);
        let tree = self.tree(call.call.request.0, &record);
        Ok(Asked { parts, record, facts: scene.facts, member: scene.member, session: scene.session, tree })
    }

    /// The scene of a request that a step begins, and the step's fields with what was kept.
    pub(super) fn begun_scene(
        &mut self,
        suite: &Suite,
        step: &Step,
        call: &CallProgram,
    ) -> Result<(Scene, Map<String, Value>), String> {
        let mut scene = self.scene();
        let now = scene.now;
        for (fact, value) in [
            (Fact::Date, Typed::Date(now.date())),
            (Fact::Time, Typed::Time(now.time())),
            (Fact::Moment, Typed::DateTime(now)),
            (Fact::MessageMoment, Typed::DateTime(now)),
            (Fact::BusinessDate, Typed::Date(now.date())),
        ] {
            scene.put_fact(fact, value);
        }
        let serial = self.adapter.module.serial.and_then(|serial| evaluate_here(&scene, serial).ok());
        let serial = serial.unwrap_or_else(|| Typed::text(format!("{:012}", scene.counter.get())));
        scene.put_fact(Fact::Serial, serial.clone());
        scene.put_fact(Fact::MessageSerial, serial);
        for (word, value) in suite.facts.iter().chain(&step.facts) {
            let value = self.known(value)?;
            scene.set_fact(word, &value).map_err(|error| error.to_string())?;
            if word == "serial" {
                scene.set_fact("message_serial", &value).ok();
            }
        }
        let fields = self.all_known(&step.fields)?;
        member_of(call.call.request, &mut scene, &fields)?;
        self.take_session(&mut scene);
        Ok((scene, fields))
    }

    pub(super) fn inner(&self, message: u16) -> &str {
        self.loaded.inner.get(usize::from(message)).map_or("", |path| path)
    }

    fn message(&self, message: u16) -> Option<&MessageProgram> {
        self.adapter.module.program.messages.get(usize::from(message))
    }

    pub(super) fn tree(&self, message: u16, record: &Record) -> Map<String, Value> {
        let Some(form) = self.message(message) else { return Map::new() };
        let program = &self.adapter.module.program;
        Named { program, message: form, symbols: &self.adapter.symbols }.tree(record)
    }

    fn judge(
        &mut self,
        step: &Step,
        call: &CallProgram,
        id: CallId,
        asked: &Asked,
        came: Came,
        result: &mut StepResult,
    ) {
        let expect = step.expect.clone().unwrap_or_default();
        let wanted = expect.outcome.clone().unwrap_or_else(|| "done".to_owned());
        let answer = match came {
            Came::Answer(answer) => answer,
            Came::Silence if call.call.replies.is_empty() => return result.outcome("done", &wanted),
            Came::Silence | Came::Closed => {
                result.outcome(if matches!(came, Came::Closed) { "closed" } else { "silence" }, &wanted);
                let (scene, request) = (self.scene(), self.inner(call.call.request.0).to_owned());
                return self.keep_of(&expect.keep, &asked.tree, &Map::new(), &scene, (&request, ""));
            }
        };
        let mut faults = Vec::new();
        for message in &call.call.replies {
            let mut scene = self.scene();
            scene.facts.clone_from(&asked.facts);
            scene.member.clone_from(&asked.member);
            scene.session.clone_from(&asked.session);
            scene.request = Some(Arc::new(asked.record.clone()));
            let Some(heard) = read(&mut scene, *message, &answer) else { continue };
            let tree = self.tree(message.0, &heard.record);
            if let Some((fault, report)) = heard.fault {
                faults.push((fault.at, report.to_string(), tree));
                continue;
            }
            let outcome = heard.outcome.outcome.unwrap_or(Outcome::Done(None));
            result.got = Some(Packet::new(&answer, tree.clone()));
            result.outcome(&self.words(outcome), &wanted);
            if result.difference.is_none() {
                result.difference = self.compare(message.0, &expect.fields, &tree, &heard.record);
            }
            let request = self.inner(call.call.request.0).to_owned();
            let inner = (&*request, &*self.inner(message.0).to_owned());
            self.keep_of(&expect.keep, &asked.tree, &tree, &scene, inner);
            self.open_session(id, heard.record, outcome, &mut scene);
            return;
        }
        if let Some((message, record)) = self.says_unread(call, &answer) {
            let tree = self.tree(message.0, &record);
            result.got = Some(Packet::new(&answer, tree.clone()));
            result.outcome(UNREAD, &wanted);
            if result.difference.is_none() {
                result.difference = self.compare(message.0, &expect.fields, &tree, &record);
            }
            return;
        }
        let (offset, found, tree) = faults.into_iter().next().unwrap_or_default();
        result.got = Some(Packet::new(&answer, tree));
        let status = String::from_utf8_lossy(answer.get(Part::Status)).into_owned();
        result.outcome(if status.starts_with('4') { "turned away" } else { "bad answer" }, &wanted);
        if let Some(difference) = &mut result.difference {
            difference.offset = Some(offset);
            if !found.is_empty() {
                difference.found = format!("{}: {found}", result.outcome);
            }
        }
    }

    pub(super) fn words(&self, outcome: Outcome) -> String {
        match outcome {
            Outcome::Done(Some(reason)) => format!("done {}", self.adapter.symbols.text(reason)),
            Outcome::Refused(Some(reason)) => format!("refused {}", self.adapter.symbols.text(reason)),
            other => other.to_string(),
        }
    }

    /// The first expected field that is not so.
    pub(super) fn compare(
        &self,
        message: u16,
        fields: &Map<String, Value>,
        tree: &Map<String, Value>,
        record: &Record,
    ) -> Option<Difference> {
        let inner = self.inner(message);
        for (name, wanted) in fields {
            let wanted = match self.known(wanted) {
                Ok(wanted) => wanted,
                Err(found) => return Some(Difference::of(name, "", &found)),
            };
            let within = if inner.is_empty() { name.clone() } else { format!("{inner}.{name}") };
            let (path, found) = match at(tree, &within) {
                Some(found) => (within, Some(found)),
                None => (name.clone(), at(tree, name)),
            };
            if contains(found.unwrap_or(&Value::Null), &wanted) {
                continue;
            }
            let field = self.message(message)?.fields.iter().find(|field| *field.path == *path);
            let span = field.and_then(|field| record.slot(usize::from(field.slot)).span());
            return Some(Difference {
                offset: span.filter(|span| span.buffer == 1).map(|span| span.start),
                ..Difference::of(
                    &path,
                    &wanted.to_string(),
                    &found.map_or_else(|| "nothing".to_owned(), Value::to_string),
                )
            });
        }
        None
    }

    pub(super) fn keep_of(
        &mut self,
        keep: &BTreeMap<String, String>,
        request: &Map<String, Value>,
        reply: &Map<String, Value>,
        scene: &Scene,
        inner: (&str, &str),
    ) {
        let found = |tree: &Map<String, Value>, inner: &str, path: &str| outward(tree, inner, path).cloned();
        for (name, path) in keep {
            let found = match path.split_once('.') {
                Some(("reply", path)) => found(reply, inner.1, path),
                Some(("request", path)) => found(request, inner.0, path),
                Some(("exchange", word)) => {
                    let fact = Fact::WORDS.iter().find(|(_, known)| *known == word);
                    fact.map(|(fact, _)| Value::String(scene.fact_text(*fact)))
                }
                _ => None,
            };
            if let Some(found) = found {
                self.kept.insert(name.clone(), found);
            }
        }
    }

    /// What was done of a sign-in, or of another message that a session hangs on, gives the session's values.
    fn open_session(&mut self, call: CallId, reply: Record, outcome: Outcome, scene: &mut Scene) {
        if !matches!(outcome, Outcome::Done(_)) {
            return;
        }
        scene.calls.insert(call, Past { reply: Some(reply), ..Past::default() });
        let Ok(Some((values, overlap))) = opened(scene, call) else { return };
        let member = scene.member.as_ref().map_or(String::new(), |member| member.name.clone());
        if let (Plays::Party, Ok(party)) = (self.plays, self.party(None)) {
            party.signed_in(&member, values, overlap);
        } else {
            self.sessions.insert(member, values);
        }
    }
}

/// A field by the name that the call gives it: in the group of the call's own, else in one of those around it.
fn outward<'t>(tree: &'t Map<String, Value>, inner: &str, path: &str) -> Option<&'t Value> {
    let mut group = inner;
    while !group.is_empty() {
        if let Some(found) = at(tree, &format!("{group}.{path}")) {
            return Some(found);
        }
        group = group.rsplit_once('.').map_or("", |(outer, _)| outer);
    }
    at(tree, path)
}

/// Whether all that is wanted is there; rows of lists one by one. What is wanted as null must be absent.
pub(super) fn contains(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| contains(found.get(name).unwrap_or(&Value::Null), wanted))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && found.iter().zip(wanted).all(|(found, wanted)| contains(found, wanted))
        }
        (found, wanted) => found == wanted,
    }
}

/// A request without content (a browser's, say) is damaged in its query.
fn damage(parts: &mut Parts, damage: Option<Damage>) {
    let part = crate::attack::attacked(parts);
    let mut octets = parts.get(part).to_vec();
    damage_octets(&mut octets, damage);
    parts.set(part, octets);
}

/// The damage of what leaves; a wrong seal is made where the message is written.
pub(super) fn damage_octets(octets: &mut Vec<u8>, damage: Option<Damage>) {
    match damage {
        Some(Damage::Truncated) => octets.truncate(octets.len().saturating_sub(7)),
        Some(Damage::Longer) => octets.extend_from_slice(b"0000000"),
        Some(Damage::Garbled) => {
            let middle = octets.len() / 2;
            if let Some(octet) = octets.get_mut(middle) {
                *octet ^= 0x15;
            }
        }
        Some(Damage::WrongSeal) | None => {}
    }
}
