//! Steps over links of files: a file is put, and the file that answers it awaited and judged.
//!
//! In: a step whose call goes as a file, with its rows as lists. Out: how it came out. Both are plain files in the folders
//! of the links; a name that was there before the step is no answer to it.

use super::run::{Other, Runner};
use super::{Half, Step, Suite};
use crate::party::{
    ComposedFile, compose_file, control_mark, control_of, folder_of, path_of, put_control, put_file,
    whole_file,
};
use crate::report::{Packet, StepResult};
use crate::scene::{Facts, Member, Parts, Scene, is_named, read_file};
use dsl::model::MessageId;
use dsl::program::CallProgram;
use dsl::value::Outcome;
use link::files::{FileFault, FileLink};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The usual limit for a file that answers; on a stage, in the world's time, for folders are looked into now and then.
const LIMIT: Duration = Duration::from_secs(10);
const STAGE_LIMIT: Duration = Duration::from_secs(600);
/// The time between two looks at a folder.
const LOOK: Duration = Duration::from_millis(250);

/// A file that was put.
#[derive(Clone)]
pub(super) struct Put {
    file: Arc<ComposedFile>,
    facts: Facts,
    member: Option<Arc<Member>>,
    tree: Map<String, Value>,
}

/// A file that came.
struct Came {
    message: MessageId,
    name: String,
    octets: Vec<u8>,
    control: Option<Vec<u8>>,
}

impl Runner<'_> {
    /// Puts the file of a step, or waits for a further one that answers what was put before.
    pub(super) async fn file_step(
        &mut self,
        suite: &Suite,
        step: &Step,
        name: &str,
        call: &CallProgram,
    ) -> Result<StepResult, String> {
        let put = match step.send {
            Some(_) => self.compose(suite, step, call)?,
            None => self.put.get(name).cloned().ok_or("no file of this call was put before")?,
        };
        let limit =
            step.limit_ms.map_or(if self.is_staged() { STAGE_LIMIT } else { LIMIT }, Duration::from_millis);
        let mut what = format!("{name}: {}", put.file.name);
        if step.further.is_none() {
            self.seen_files = self.answers(call, &put).await?.into_iter().map(|came| came.name).collect();
            let mut octets = match &step.instead {
                Some(text) => text.octets()?,
                None => put.file.octets.clone(),
            };
            super::wire::damage_octets(&mut octets, step.damage);
            let place = self.link_of(call)?;
            let named = step.named.clone().unwrap_or_else(|| put.file.name.clone());
            what = format!("{name}: {named}{}", if step.again.is_some() { " again" } else { "" });
            let mut scene = self.scene();
            scene.member.clone_from(&put.member);
            let link = self.adapter.module.links.get(usize::from(call.call.link)).cloned();
            let folder = path_of(&scene, &link.ok_or("a link that is not there")?)?;
            let mut file = ComposedFile { name: named, octets, ..ComposedFile::clone(&put.file) };
            if step.put == Some(Half::File) {
                (file.done, file.control) = (None, None);
            }
            match step.put {
                Some(Half::Control) => put_control(place.as_ref(), &folder, &file).await?,
                _ => put_file(place.as_ref(), &folder, &file).await.map_err(|error| error.to_string())?,
            }
        }
        self.put.insert(name.to_owned(), put.clone());
        let sent = Packet::new(&Parts::content(put.file.octets.clone()), put.tree.clone());
        let mut result = StepResult { what, sent: Some(sent), ..StepResult::default() };
        let expect = step.expect.clone().unwrap_or_default();
        let silent = expect.outcome.as_deref() == Some("silence");
        if call.call.replies.is_empty() && !silent {
            result.outcome("done", expect.outcome.as_deref().unwrap_or("done"));
            return Ok(result);
        }
        let came = self.await_answer(call, &put, limit).await?;
        self.judge_file(step, call, &put, came, &mut result);
        Ok(result)
    }

    fn is_staged(&self) -> bool {
        matches!(self.other, Other::Stage(_))
    }

    fn compose(&mut self, suite: &Suite, step: &Step, call: &CallProgram) -> Result<Put, String> {
        let (mut scene, fields) = self.begun_scene(suite, step, call)?;
        let inner = self.inner(call.call.request.0).to_owned();
        let bank = self.loaded.bank.clone();
        let file = compose_file(&bank, &mut scene, call.call.request, &inner, &fields)?;
        let tree = self.tree(call.call.request.0, &file.record);
        Ok(Put { file: Arc::new(file), facts: scene.facts, member: scene.member, tree })
    }

    fn link_of(&self, call: &CallProgram) -> Result<Arc<dyn FileLink>, String> {
        let link = self.adapter.module.links.get(usize::from(call.call.link));
        let link = link.ok_or("a link that is not there")?;
        folder_of(&self.core, &self.config, link)
            .ok_or_else(|| format!("link {} has no folder", link.link.name))
    }

    /// Waits for a file that answers, by the message of the call that it is.
    async fn await_answer(
        &mut self,
        call: &CallProgram,
        put: &Put,
        limit: Duration,
    ) -> Result<Option<Came>, String> {
        let core = self.core.clone();
        let until = core.mark().after(limit);
        loop {
            let found = self.answers(call, put).await?;
            if let Some(came) = found.into_iter().find(|came| !self.seen_files.contains(&came.name)) {
                self.seen_files.insert(came.name.clone());
                return Ok(Some(came));
            }
            if core.mark() >= until {
                return Ok(None);
            }
            let left = until.since(core.mark()).min(LOOK);
            let pause = core.deadline(core.mark().after(left));
            // On a stage the clock is moved on while nobody works.
            let _ = self.patiently(LOOK, pause).await;
        }
    }

    /// Files that answer a file of a call, complete, by name.
    async fn answers(&mut self, call: &CallProgram, put: &Put) -> Result<Vec<Came>, String> {
        let messages: Vec<MessageId> = call.call.replies.iter().chain(&call.call.later).copied().collect();
        let links: Vec<_> = self.adapter.module.links.to_vec();
        let mut found = Vec::new();
        for link in links.iter().filter(|link| !link.link.connect) {
            let Some(place) = folder_of(&self.core, &self.config, link) else { continue };
            let scene = self.answer_scene(put);
            let Ok(folder) = path_of(&scene, link) else { continue };
            let entries = match place.list(&folder).await {
                Ok(entries) => entries,
                Err(error) if error.fault == FileFault::NotFound => continue,
                Err(error) => return Err(error.to_string()),
            };
            let names: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
            for entry in &entries {
                let Some(message) = messages.iter().copied().find(|message| {
                    let mut scene = self.answer_scene(put);
                    is_named(&mut scene, *message, &entry.name).is_some()
                }) else {
                    continue;
                };
                let form = self.adapter.module.program.messages.get(usize::from(message.0));
                let done = form.and_then(|form| form.file.as_deref()).and_then(|file| file.done.as_deref());
                let complete = done
                    .is_none_or(|done| names.contains(&*link::files::EndMark::of(done).name(&entry.name)));
                if complete {
                    let path = folder.join(&entry.name).map_err(|error| error.to_string())?;
                    let octets =
                        whole_file(place.as_ref(), &path).await.map_err(|error| error.to_string())?;
                    let mark = control_mark(&self.adapter.module, message);
                    let control = control_of(place.as_ref(), &path, mark).await;
                    let control = control.map_err(|error| error.to_string())?;
                    found.push(Came { message, name: entry.name.clone(), octets, control });
                }
            }
        }
        Ok(found)
    }

    fn answer_scene(&mut self, put: &Put) -> Scene {
        let mut scene = self.scene();
        scene.facts.clone_from(&put.facts);
        scene.member.clone_from(&put.member);
        scene.request = Some(Arc::new(put.file.record.clone()));
        scene
    }

    fn judge_file(
        &mut self,
        step: &Step,
        call: &CallProgram,
        put: &Put,
        came: Option<Came>,
        result: &mut StepResult,
    ) {
        let expect = step.expect.clone().unwrap_or_default();
        let wanted = expect.outcome.clone().unwrap_or_else(|| "done".to_owned());
        let Some(came) = came else {
            let silence = if call.call.replies.is_empty() { "done" } else { "silence" };
            return result.outcome(silence, &wanted);
        };
        let mut scene = self.answer_scene(put);
        let parts = Parts::content(came.octets.clone());
        let whole = (came.octets.as_slice(), came.control.as_deref());
        let Some((read, tree)) = read_file(&mut scene, came.message, &came.name, whole) else {
            return result.outcome("bad answer", &wanted);
        };
        result.got = Some(Packet::new(&parts, tree.clone()));
        if let Some((fault, report)) = read.fault {
            result.outcome("bad answer", &wanted);
            if let Some(difference) = &mut result.difference {
                difference.offset = Some(fault.at);
                difference.found = format!("bad answer: {}: {report}", came.name);
            }
            return;
        }
        let outcome = read.outcome.outcome.unwrap_or(Outcome::Done(None));
        result.outcome(&self.words(outcome), &wanted);
        if result.difference.is_none() {
            result.difference = self.compare(came.message.0, &expect.fields, &tree, &read.record);
        }
        self.keep_of(&expect.keep, &put.tree, &tree, &scene, ("", ""));
        self.kept.insert("file".to_owned(), Value::String(came.name));
    }
}
