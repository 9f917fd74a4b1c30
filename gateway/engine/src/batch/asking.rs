//! A file of the spool: read, asked, waited for, its answer written.
//!
//! In: a file that was taken. Out: where it stands next. What finds no room is asked again: a file that was taken is never
//! closed without an answer. It must not know what is booked.

use super::answer::Answering;
use super::begun::Asked;
use super::reading::{self, NotRead, ReadFile};
use super::take::{AGAIN, Halt, ROOM, Stage, TakenFile};
use super::writing;
use crate::driver::{Known, NewFlow, Told, ToldKind, ask_digest};
use crate::engine::Engine;
use crate::facts::Facts;
use crate::message::{self, Unread};
use crate::scene::Scene;
use crate::serve::{Replying, known_of_call, originals, served_key};
use crate::version::CallRef;
use dsl::evaluate::Value;
use dsl::flow::Event;
use dsl::model::{Fact, ServiceKind, Space};
use dsl::program::LinkProgram;
use std::sync::Arc;
use std::time::Duration;
use store::{FlowId, Key};

/// The wait for the end of a batch: as long as it takes.
const UNTIL_IT_ENDS: Duration = Duration::from_secs(10 * 365 * 86_400);
/// Milliseconds between two times that a flow hears that its answer is due.
const DUE_AGAIN: u64 = 60_000;

impl Engine {
    /// Reads a file of the spool, asks what it asks, writes the answer.
    pub(super) async fn read_and_ask(self: &Arc<Self>, taken: &TakenFile) -> Result<Stage, Halt> {
        let TakenFile { source, name, file, .. } = taken;
        let serving = taken.serving(self);
        let Some((module, link)) = taken.link() else {
            return Err(Halt::Again("the party or its link is not there any more".to_owned()));
        };
        let read = reading::read(&serving, module, link, name, file).await;
        if let Err(NotRead::Name | NotRead::Bad(..)) = &read
            && let Some((_, flow)) = self.begun_of(taken).await?
        {
            return Err(unread_now(flow, &read));
        }
        match read {
            Ok(read) => {
                self.compare_books(&serving, taken, &read).await.map_err(Halt::Again)?;
                self.ask_file(taken, link, read).await
            }
            Err(NotRead::Disk(error)) => Err(Halt::Again(format!("the spool: {error}"))),
            Err(NotRead::Name) => {
                self.file_refused(source, name, "no message of the link has such a name");
                Ok(Stage::Ended(None))
            }
            Err(NotRead::Bad(call, unread)) => self.bad_file(taken, link, call, *unread).await,
        }
    }

    /// A file that cannot be believed or read: answered in the party's form where it has one for that.
    async fn bad_file(
        self: &Arc<Self>,
        taken: &TakenFile,
        link: &LinkProgram,
        call: CallRef,
        unread: Unread,
    ) -> Result<Stage, Halt> {
        let Unread { reason, text, record, mut scene, .. } = unread;
        scene.stamp(self.business_date(&scene.version, call.module));
        if !self.tell_refused(&scene, call, (&taken.name, &taken.file), &text).await {
            return Err(Halt::Again("a refused file begins no flow now".to_owned()));
        }
        self.file_refused(&taken.source, &taken.name, &text);
        scene.request = Some(Arc::new(record));
        let told = Told::refused(&reason, text);
        let replying = Replying::new(self, call, scene, None);
        self.answer_file(link, &Answering { call, replying, told: &told, flow: None, later: false }).await
    }

    async fn ask_file(
        self: &Arc<Self>,
        taken: &TakenFile,
        link: &LinkProgram,
        read: ReadFile,
    ) -> Result<Stage, Halt> {
        let ReadFile { call, mut scene, sheets, outcome } = read;
        let version = Arc::clone(&scene.version);
        scene.stamp(self.business_date(&version, call.module));
        let Some(program) = version.call(call) else { return Ok(Stage::Ended(None)) };
        if program.call.ours || originals::of_ours(&version, call) {
            originals::late_result(self, &scene, call, &outcome).await;
            return Ok(Stage::Ended(None));
        }
        let key = served_key(self, &scene, call);
        let told = match originals::served(self, &mut scene, call).await {
            Some(told) if told.is_unknown() && program.call.pending.is_none() => {
                return Err(Halt::Again("what it speaks of is not known now".to_owned()));
            }
            Some(told) => told,
            None => match (crate::serve::flow_of(&version, call), self.asked_by(taken, call, key).await?) {
                (Some(_), None) => Told::refused("bad_message", "the file has no key".into()),
                (Some(reference), Some(asked)) => {
                    self.keep_asked(taken, &asked).await?;
                    let (Asked { key, known }, digest) = (asked, ask_digest(&[&taken.file.digest]));
                    let due = self.answer_due(&mut scene, call, (&key, known, digest)).await?;
                    let ask = scene.book.record(Space::Ask, 0).map(|ask| (**ask).clone());
                    let request = program.call.request;
                    let kept = scene.request.as_deref();
                    let kept = kept.map(|record| crate::exchange::kept(&version, call, request, record));
                    let kept = kept.unwrap_or_default();
                    let new = || NewFlow {
                        version: Arc::clone(&version),
                        reference,
                        found_by: originals::look_ups(&scene, call, ask.as_ref(), &kept),
                        kept: kept.clone(),
                        ask: ask.clone(),
                        facts: scene.facts.clone(),
                        key: key.clone(),
                        known,
                        waited_for: false,
                        digest,
                        packet: Some(writing::packet_of(&taken.name)),
                        sheets: sheets.clone(),
                        writer: None,
                    };
                    self.asked_until(&new, due).await?
                }
                (None, _) => self.direct_file(&scene, call).await,
            },
        };
        crate::observe::served(&version, call, told.kind);
        let flow = self.flow_there(told.flow).await?;
        let replying = Replying::new(self, call, scene, None);
        self.answer_file(link, &Answering { call, replying, told: &told, flow, later: false }).await
    }

    /// What a file asks its flow under: what it has begun one under already, else what is read in it now.
    async fn asked_by(
        self: &Arc<Self>,
        taken: &TakenFile,
        call: CallRef,
        key: Option<Key>,
    ) -> Result<Option<Asked>, Halt> {
        let begun = self.begun_of(taken).await?.map(|(asked, _)| asked);
        Ok(begun.or_else(|| Some(Asked { key: key?, known: known_of_call(&taken.version, call) })))
    }

    /// A flow that was told of, where the journal has it: one that was refused before it was written is nowhere.
    async fn flow_there(&self, flow: FlowId) -> Result<Option<FlowId>, Halt> {
        if flow == FlowId(0) {
            return Ok(None);
        }
        match self.journal.read(move |reader| reader.flow(flow)).await {
            Ok(known) => Ok(known.map(|known| known.flow)),
            Err(fatal) => {
                self.fail(&fatal);
                Err(Halt::Stopping)
            }
        }
    }

    /// Milliseconds until the answer of a file is due though rows are open: the moment that its call says, else the party's
    /// cut-over; never where no later file follows. Both count from when it was asked first, also after a restart.
    async fn answer_due(
        self: &Arc<Self>,
        scene: &mut Scene,
        call: CallRef,
        asked: (&Key, Known, [u8; 32]),
    ) -> Result<Option<u64>, Halt> {
        let version = Arc::clone(&scene.version);
        let Some(program) = version.call(call).filter(|program| !program.call.later.is_empty()) else {
            return Ok(None);
        };
        let stamped = scene.facts.clone();
        scene.facts = self.facts_of_asked(scene, asked).await?;
        let begun = match scene.facts.get(Fact::Moment) {
            Value::DateTime(moment) => moment,
            _ => self.now(),
        };
        let moment = match program.due {
            Some(due) => match message::value(scene, due) {
                Ok(Value::DateTime(moment)) => moment,
                other => {
                    tracing::error!(party = %program.call.name, ?other, "an answer is due at no moment; it is due now");
                    begun
                }
            },
            None => {
                let cut_over = version.module(call.module).and_then(|module| module.cut_over);
                self.calendar.next_at(begun, cut_over.unwrap_or(self.calendar.cut_over))
            }
        };
        scene.facts = stamped;
        Ok(Some(self.calendar.until(self.now(), moment)))
    }

    /// Facts of the flow that this file has asked; those of the scene where it has asked none.
    async fn facts_of_asked(
        self: &Arc<Self>,
        scene: &Scene,
        (key, known, digest): (&Key, Known, [u8; 32]),
    ) -> Result<Facts, Halt> {
        let unread = |why: String| Halt::Again(format!("what was asked cannot be read: {why}"));
        let flow = self.flow_of_key(key, known).await.map_err(|fatal| unread(fatal.to_string()))?;
        let Some(flow) = flow else { return Ok(scene.facts.clone()) };
        let row = self.journal.read(move |reader| reader.flow(flow)).await;
        let row = row.map_err(|fatal| unread(fatal.to_string()))?;
        if row.is_none_or(|row| row.digest != digest) {
            return Ok(scene.facts.clone());
        }
        let asked = self.asked(flow).await.map_err(unread)?;
        Ok(Facts::of_tagged(&asked.tagged("facts"), scene.version.symbols()))
    }

    /// Asks and waits for the end, also past people who have to look; when the answer is due, for what is known by then. What
    /// finds no room, and what is not known to be taken, is asked again.
    async fn asked_until(
        self: &Arc<Self>,
        new: &(impl Fn() -> NewFlow + Sync),
        due: Option<u64>,
    ) -> Result<Told, Halt> {
        let until = due.map(|wait| self.core.mark().after(Duration::from_millis(wait.max(1))));
        loop {
            let asked = new();
            let (key, known) = (asked.key.clone(), asked.known);
            let tables = asked.version.flow(asked.reference);
            let journaled = tables.is_some_and(|tables| tables.program.journaled());
            let mut ends = Box::pin(self.ended(asked));
            let mut until = until;
            let told = loop {
                let Some(due) = until else { break ends.await? };
                if let Ok(told) = self.core.within(due, &mut ends).await {
                    break told?;
                }
                if let Ok(Some(flow)) = self.flow_now(&key, known).await {
                    self.tell_flow(flow, Event::CutOff).await;
                }
                until = Some(self.core.mark().after(Duration::from_millis(DUE_AGAIN)));
            };
            if !told.is_unknown() && !self.found_no_room(&told, journaled).await {
                return Ok(told);
            }
            tracing::warn!(party = %key.party, reason = %told.reason, "a file finds no room and is asked again");
            self.wait(ROOM).await?;
        }
    }

    /// Asks, and waits until what was begun has ended.
    async fn ended(self: &Arc<Self>, new: NewFlow) -> Result<Told, Halt> {
        let told = self.ask(new, UNTIL_IT_ENDS).await;
        if told.kind != ToldKind::Pending || told.is_unknown() {
            return Ok(told);
        }
        loop {
            match self.wait_end(told.flow).await {
                Some(ended) if ended.kind != ToldKind::Pending => return Ok(ended),
                _ => self.wait(AGAIN).await?,
            }
        }
    }

    /// A file that runs no flow: a question goes to its provider, anything else is taken as told.
    async fn direct_file(self: &Arc<Self>, scene: &Scene, call: CallRef) -> Told {
        let program = scene.version.call(call);
        let service = program.and_then(|program| program.service.as_deref());
        let query = service.filter(|path| {
            scene.version.service(path).is_some_and(|service| service.kind == ServiceKind::Query)
        });
        let Some(path) = query else { return Told::of(ToldKind::Done, FlowId(0)) };
        let ask = scene.book.record(Space::Ask, 0).map(|ask| (**ask).clone());
        self.ask_provider(&scene.version, path, &scene.facts, ask).await
    }

    /// Waits until every row has ended, then writes the result again as it is then.
    pub(super) async fn answer_later(
        self: &Arc<Self>,
        taken: &TakenFile,
        flow: FlowId,
    ) -> Result<Stage, Halt> {
        while self.has_open_rows(flow).await {
            self.wait(AGAIN).await?;
        }
        let serving = taken.serving(self);
        let (module, link) =
            taken.link().ok_or_else(|| Halt::Again("the party or its link is not there".to_owned()))?;
        match reading::read(&serving, module, link, &taken.name, &taken.file).await {
            Ok(ReadFile { call, mut scene, .. }) => {
                scene.stamp(self.business_date(&taken.version, module));
                let told = self.answered_anew(flow).await;
                let told =
                    told.ok_or_else(|| Halt::Again("its answer cannot be made anew now".to_owned()))?;
                let replying = Replying::new(self, call, scene, None);
                let answering = Answering { call, replying, told: &told, flow: Some(flow), later: true };
                self.answer_file(link, &answering).await
            }
            Err(NotRead::Disk(error)) => Err(Halt::Again(format!("the spool: {error}"))),
            read @ Err(NotRead::Name | NotRead::Bad(..)) => Err(unread_now(flow, &read)),
        }
    }
}

/// That a file is not read by the deployment of now though its flow goes on: it is no end, of the file or of its answer.
fn unread_now(flow: FlowId, read: &Result<ReadFile, NotRead>) -> Halt {
    let why = match read {
        Err(NotRead::Bad(_, unread)) => unread.text.as_str(),
        _ => "no message of the link has such a name",
    };
    Halt::Unread(format!("flow {flow} of it has begun, and the deployment does not read it any more: {why}"))
}
