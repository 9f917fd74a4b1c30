//! A file that was found: copied to the spool, remembered, read, asked, answered by a file.
//!
//! In: complete files of a link. Out: asks of flows, result files, entries of the journal. Each step is durable before the
//! next: after a restart a file goes on where it stood, and one that was taken is not taken again. It must not know what
//! is booked.

use super::put::{Putting, folder};
use super::reading::{self, NotRead, ReadFile};
use super::spooled::{self, SpoolError, Spooled};
use super::writing;
use crate::driver::{NewFlow, Told, ToldKind, ask_digest};
use crate::engine::Engine;
use crate::facts::Body;
use crate::lines::LineName;
use crate::message::{self, Unread};
use crate::serve::{Replying, Serving, known_of_call, originals, served_key};
use crate::version::CallRef;
use dsl::flow::Event;
use dsl::model::{LinkKind, MessageId, ServiceKind, Space};
use dsl::program::LinkProgram;
use dsl::value::Outcome;
use link::Exchanged;
use link::files::{FileLink, FilePath};
use link::watch::Found;
use std::sync::Arc;
use std::time::Duration;
use store::{Change, Direction, FileProgress, FlowId, Lane, Moment, Verdict};

/// The wait for the end of a batch: as long as it takes.
const UNTIL_IT_ENDS: Duration = Duration::from_secs(10 * 365 * 86_400);
/// The pause before a result file is tried again, and between two looks at rows that are still open.
const AGAIN: Duration = Duration::from_secs(60);
/// How long it is not said again that a result could not be put.
const SAID: Duration = Duration::from_secs(3_600);
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// The largest control file that is taken.
const CONTROL_MOST: u64 = 64 * 1024;

/// Phases of a file, as the journal keeps them.
const SPOOLED: &str = "spooled";
const ANSWERED: &str = "answered";

/// Where a file was found.
#[derive(Clone)]
pub(crate) struct Source {
    /// The party.
    pub(crate) party: String,
    /// The link.
    pub(crate) link: String,
    /// The folder on it.
    pub(crate) folder: FilePath,
}

/// What the journal keeps of a file beside its name and digest.
struct Kept {
    link: String,
    folder: String,
    name: String,
    file: Spooled,
}

impl Kept {
    fn encode(&self) -> Vec<u8> {
        let mut body = Body::default();
        body.put("link", self.link.clone().into_bytes());
        body.put("folder", self.folder.clone().into_bytes());
        body.put("name", self.name.clone().into_bytes());
        body.put("file", self.file.encode());
        body.encode()
    }

    fn decode(octets: &[u8]) -> Option<Self> {
        let body = Body::decode(octets)?;
        let text = |name| body.get(name).map(|text| String::from_utf8_lossy(text).into_owned());
        Some(Self {
            link: text("link")?,
            folder: text("folder")?,
            name: text("name")?,
            file: Spooled::decode(body.get("file")?)?,
        })
    }
}

/// What became of a file that was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    /// It is ours now, or was before: it may be taken away.
    Yes,
    /// It stays where it is, for a person.
    No,
    /// It could not be copied now.
    Later,
}

impl Engine {
    /// Takes a file: from here on the journal knows it.
    pub(crate) async fn take_found(
        self: &Arc<Self>,
        source: &Source,
        link: &LinkProgram,
        place: &dyn FileLink,
        found: &Found,
        control: Option<&FilePath>,
    ) -> Taken {
        let Ok(spool_name) = self.spool_name("in").await else {
            tracing::warn!(party = %source.party, file = %found.entry.name, "the journal gives no number now");
            return Taken::Later;
        };
        let most = self.deployment.load().limits.file;
        let files = Arc::clone(&self.core.world().files);
        let fetched = spooled::fetch(&files, &self.spool, place, &found.path, &spool_name, most).await;
        let fetched = match (fetched, control) {
            (Ok(file), Some(control)) => {
                let name = spooled::control_name(&spool_name);
                let control = spooled::fetch(&files, &self.spool, place, control, &name, CONTROL_MOST).await;
                control.map(|control| (spooled::completed(file, &control), control.size == 0))
            }
            (fetched, _) => fetched.map(|file| (file, false)),
        };
        let file = match fetched {
            // Nothing stands in the control file yet: whoever puts it has only begun.
            Ok((_, true)) => return Taken::Later,
            Ok((file, false)) => file,
            Err(SpoolError::TooLarge(_)) => {
                self.file_refused(source, &found.entry.name, "larger than any file that is taken");
                return Taken::No;
            }
            Err(error) => {
                tracing::warn!(party = %source.party, link = %source.link, file = %found.entry.name, %error, "a file cannot be copied");
                return Taken::Later;
            }
        };
        let taken = self.remember_file(source, link, &found.entry.name, &file).await;
        if taken != Remembered::New {
            drop(self.spool.remove(&file.name));
            drop(self.spool.remove(&spooled::control_name(&file.name)));
        }
        match taken {
            Remembered::New => {
                let engine = Arc::clone(self);
                let (source, name) = (source.clone(), found.entry.name.clone());
                self.core.spawn(async move { engine.work_file(source, name, file).await });
                Taken::Yes
            }
            Remembered::Known => Taken::Yes,
            Remembered::OtherName => {
                self.file_refused(
                    source,
                    &found.entry.name,
                    "the same content as a file taken before under another name",
                );
                Taken::No
            }
            Remembered::NotNow => Taken::Later,
        }
    }

    async fn remember_file(
        self: &Arc<Self>,
        source: &Source,
        link: &LinkProgram,
        name: &str,
        file: &Spooled,
    ) -> Remembered {
        let (party, key) = (source.party.clone(), key_of(source, name, file));
        match self.journal.read(move |reader| reader.file(&party, Direction::In, &key)).await {
            Ok(Some(_)) => return Remembered::Known,
            Ok(None) => {}
            Err(fatal) => {
                self.fail(&fatal);
                return Remembered::NotNow;
            }
        }
        let mut changes = Vec::new();
        let days = link.link.once.iter().find(|(kind, _)| &**kind == "digest").map(|(_, days)| *days);
        if let Some(days) = days {
            let until = Moment(self.journal.now().0 + i64::from(days.max(1)) * DAY_MS);
            let scope = format!("{}.{} content", source.party, source.link);
            changes.push(Change::Once { scope, name: file.digest.to_vec(), until });
        }
        changes.push(Change::PutFile(self.progress(source, name, file, SPOOLED, None)));
        let day = crate::calendar::day(self.now().date());
        match self.journal.write(Lane::Ask, day, changes).await {
            Ok(Verdict::Ok(_)) => Remembered::New,
            Ok(Verdict::Seen) => Remembered::OtherName,
            Ok(verdict) => {
                tracing::warn!(party = %source.party, file = name, ?verdict, "the journal does not take a file now");
                Remembered::NotNow
            }
            Err(fatal) => {
                self.fail(&fatal);
                Remembered::NotNow
            }
        }
    }

    fn progress(
        &self,
        source: &Source,
        name: &str,
        file: &Spooled,
        phase: &str,
        flow: Option<FlowId>,
    ) -> FileProgress {
        let kept = Kept {
            link: source.link.clone(),
            folder: source.folder.to_string(),
            name: name.to_owned(),
            file: file.clone(),
        };
        FileProgress {
            party: source.party.clone(),
            direction: Direction::In,
            name: key_of(source, name, file),
            flow,
            digest: file.digest,
            phase: phase.to_owned(),
            next_row: 0,
            rows: 0,
            state: kept.encode(),
        }
    }

    async fn put_phase(&self, progress: FileProgress) {
        let day = crate::calendar::day(self.now().date());
        if let Err(fatal) = self.journal.write(Lane::Outcome, day, vec![Change::PutFile(progress)]).await {
            self.fail(&fatal);
        }
    }

    /// Journals that a file was not taken.
    pub(crate) fn file_refused(&self, source: &Source, name: &str, fault: &str) {
        let link = format!("{}.{}", source.party, source.link);
        tracing::warn!(party = %source.party, link = %source.link, file = name, fault, "a file was refused");
        crate::serve::refuse(self, &link, name, fault, name.as_bytes());
    }

    /// Goes on with every file that was taken and is not answered.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub(crate) async fn resume_files(self: &Arc<Self>) -> Result<(), store::Fatal> {
        for row in self.journal.read(|reader| reader.open_files(5_000)).await? {
            let Some(kept) = Kept::decode(&row.state).filter(|_| row.direction == Direction::In) else {
                continue;
            };
            let Ok(folder) = FilePath::parse(&kept.folder) else { continue };
            let source = Source { party: row.party.clone(), link: kept.link, folder };
            let engine = Arc::clone(self);
            let answered = row.flow.filter(|_| row.phase == ANSWERED);
            self.core.spawn(async move {
                match answered {
                    Some(flow) => engine.later(&source, &kept.name, &kept.file, flow).await,
                    None => engine.work_file(source, kept.name, kept.file).await,
                }
            });
        }
        Ok(())
    }

    /// Reads a file of the spool, asks what it asks, answers.
    async fn work_file(self: Arc<Self>, source: Source, name: String, file: Spooled) {
        loop {
            match self.read_and_ask(&source, &name, &file).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::error!(party = %source.party, file = %name, %error, "a file of the spool cannot be read");
                    self.core.deadline(self.core.mark().after(AGAIN)).await;
                }
            }
        }
    }

    async fn read_and_ask(
        self: &Arc<Self>,
        source: &Source,
        name: &str,
        file: &Spooled,
    ) -> Result<(), std::io::Error> {
        let serving = Serving::of(self, source.party.as_str(), source.link.as_str(), name);
        let version = Arc::clone(&serving.version);
        let found = version.module_named(&source.party).and_then(|module| {
            let links = &version.module(module)?.links;
            Some((module, links.iter().find(|link| *link.link.name == *source.link)?))
        });
        let Some((module, link)) = found else {
            self.file_refused(source, name, "the party or its link is not there any more");
            return Ok(());
        };
        let read = match reading::read(&serving, module, link, name, file).await {
            Ok(read) => read,
            Err(NotRead::Disk(error)) => return Err(error),
            Err(NotRead::Name) => {
                self.file_refused(source, name, "no message of the link has such a name");
                self.put_phase(self.progress(source, name, file, FileProgress::ENDED, None)).await;
                return Ok(());
            }
            Err(NotRead::Bad(call, unread)) => {
                return self.bad_file(source, name, file, link, call, *unread).await;
            }
        };
        self.compare_books(&serving, source, name, file, &read).await.map_err(std::io::Error::other)?;
        self.ask_file(source, name, file, link, read).await;
        Ok(())
    }

    /// A file that cannot be believed or read: answered in the party's form where it has one for that.
    async fn bad_file(
        self: &Arc<Self>,
        source: &Source,
        name: &str,
        file: &Spooled,
        link: &LinkProgram,
        call: CallRef,
        unread: Unread,
    ) -> Result<(), std::io::Error> {
        let Unread { reason, text, record, mut scene, .. } = unread;
        self.file_refused(source, name, &text);
        scene.stamp(self.business_date(&scene.version, call.module));
        if !self.tell_refused(&scene, call, (name, file), &text).await {
            return Err(std::io::Error::other("a refused file begins no flow now"));
        }
        scene.request = Some(Arc::new(record));
        let told = Told::refused(&reason, text);
        let replying = Replying::new(self, call, scene, None);
        self.answer_file(link, call, &replying, &told, None, false).await;
        self.put_phase(self.progress(source, name, file, FileProgress::ENDED, None)).await;
        Ok(())
    }

    async fn ask_file(
        self: &Arc<Self>,
        source: &Source,
        name: &str,
        file: &Spooled,
        link: &LinkProgram,
        read: ReadFile,
    ) {
        let ReadFile { call, mut scene, sheets, outcome } = read;
        let version = Arc::clone(&scene.version);
        scene.stamp(self.business_date(&version, call.module));
        let Some(program) = version.call(call) else { return };
        if program.call.ours || originals::of_ours(&version, call) {
            originals::late_result(self, &scene, call, &outcome).await;
            return self.put_phase(self.progress(source, name, file, FileProgress::ENDED, None)).await;
        }
        let key = served_key(self, &scene, call);
        let told = match originals::served(self, &mut scene, call).await {
            Some(told) => told,
            None => match (crate::serve::flow_of(&version, call), key) {
                (Some(_), None) => Told::refused("bad_message", "the file has no key".into()),
                (Some(reference), Some(key)) => {
                    let ask = scene.book.record(Space::Ask, 0).map(|ask| (**ask).clone());
                    let request = program.call.request;
                    let kept = scene.request.as_deref();
                    let kept = kept.map(|record| crate::exchange::kept(&version, call, request, record));
                    let kept = kept.unwrap_or_default();
                    let new = NewFlow {
                        version: Arc::clone(&version),
                        reference,
                        found_by: originals::look_ups(&scene, call, ask.as_ref(), &kept),
                        kept,
                        ask,
                        facts: scene.facts.clone(),
                        key: key.clone(),
                        known: known_of_call(&version, call),
                        waited_for: false,
                        digest: ask_digest(&[&file.digest]),
                        packet: Some(writing::packet_of(name)),
                        sheets,
                        writer: None,
                    };
                    let due = self.answer_due(&scene, call);
                    self.asked_until(new, &key, due).await
                }
                (None, _) => self.direct_file(&scene, call).await,
            },
        };
        crate::observe::served(&version, call, told.kind);
        let flow = Some(told.flow).filter(|flow| flow.0 != 0);
        let replying = Replying::new(self, call, scene, None);
        self.answer_file(link, call, &replying, &told, flow, false).await;
        if let Some(asked) = flow
            && !program.call.later.is_empty()
            && self.has_open_rows(asked).await
        {
            self.put_phase(self.progress(source, name, file, ANSWERED, flow)).await;
            return self.later(source, name, file, asked).await;
        }
        self.put_phase(self.progress(source, name, file, FileProgress::ENDED, flow)).await;
    }

    /// Milliseconds until the answer of a file is due though rows are open: the moment that its call says, else the party's
    /// cut-over; never where no later file follows.
    fn answer_due(self: &Arc<Self>, scene: &crate::scene::Scene, call: CallRef) -> Option<u64> {
        let program = scene.version.call(call).filter(|program| !program.call.later.is_empty())?;
        let now = self.now();
        let moment = match program.due {
            Some(due) => match message::value(scene, due) {
                Ok(dsl::evaluate::Value::DateTime(moment)) => moment,
                other => {
                    tracing::error!(party = %program.call.name, ?other, "an answer is due at no moment; it is due now");
                    now
                }
            },
            None => {
                let cut_over = scene.version.module(call.module).and_then(|module| module.cut_over);
                self.calendar.next_at(now, cut_over.unwrap_or(self.calendar.cut_over))
            }
        };
        Some(self.calendar.until(now, moment))
    }

    /// Asks and waits for the end, also past people who have to look; when the answer is due, for what is known by then.
    async fn asked_until(self: &Arc<Self>, new: NewFlow, key: &store::Key, due: Option<u64>) -> Told {
        let known = new.known;
        let mut asked = Box::pin(async {
            let told = self.ask(new, UNTIL_IT_ENDS).await;
            match told.kind {
                ToldKind::Pending if told.flow.0 != 0 => self.wait_end(told.flow).await.unwrap_or(told),
                _ => told,
            }
        });
        let mut due = due;
        loop {
            let Some(wait) = due else { return asked.await };
            let until = self.core.mark().after(Duration::from_millis(wait.max(1)));
            if let Ok(told) = self.core.within(until, &mut asked).await {
                return told;
            }
            if let Ok(Some(flow)) = self.flow_now(key, known).await {
                self.tell_flow(flow, Event::CutOff).await;
            }
            due = Some(60_000);
        }
    }

    /// A file that runs no flow: a question goes to its provider, anything else is taken as told.
    async fn direct_file(self: &Arc<Self>, scene: &crate::scene::Scene, call: CallRef) -> Told {
        let program = scene.version.call(call);
        let service = program.and_then(|program| program.service.as_deref());
        let query = service.filter(|path| {
            scene.version.service(path).is_some_and(|service| service.kind == ServiceKind::Query)
        });
        let Some(path) = query else { return Told::of(ToldKind::Done, FlowId(0)) };
        let ask = scene.book.record(Space::Ask, 0).map(|ask| (**ask).clone());
        self.ask_provider(&scene.version, path, scene.facts.clone(), ask).await
    }

    /// Writes the answer as a file and puts it, again and again until it is there; nothing where the party has none.
    async fn answer_file(
        self: &Arc<Self>,
        link: &LinkProgram,
        call: CallRef,
        replying: &Replying,
        told: &Told,
        flow: Option<FlowId>,
        later: bool,
    ) {
        let version = Arc::clone(&replying.version);
        let Some(program) = version.call(call) else { return };
        let outcome = replying.outcome(told);
        let messages = if later { &program.call.later } else { &program.call.replies };
        let says = |message: &&MessageId| {
            outcome.is_some_and(|outcome| message::may_say(&version, call, **message, outcome))
        };
        let (Some(message), Some(outcome)) = (messages.iter().find(says), outcome) else { return };
        let Some(back) = answers_on(&version, call.module, link) else {
            tracing::error!(party = %replying.party(), "a result file has no link to go by");
            return;
        };
        let mut said: Option<(String, link::Mark)> = None;
        loop {
            let put = self.put_answer(replying, call, *message, back, told, outcome, flow);
            match put.await {
                Ok(()) => return,
                Err(why) => {
                    let now = self.core.mark();
                    let known = |(before, at): &(String, link::Mark)| *before == why && now.since(*at) < SAID;
                    if !said.as_ref().is_some_and(known) {
                        tracing::warn!(party = %replying.party(), %why, "a result file is not there yet");
                        said = Some((why, now));
                    }
                    self.core.deadline(self.core.mark().after(AGAIN)).await;
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "an answer and where it goes")]
    async fn put_answer(
        self: &Arc<Self>,
        replying: &Replying,
        call: CallRef,
        message: MessageId,
        back: &LinkProgram,
        told: &Told,
        outcome: Outcome,
        flow: Option<FlowId>,
    ) -> Result<(), String> {
        let version = Arc::clone(&replying.version);
        let mut scene = replying.answer_scene(told, outcome).await;
        if let Some(flow) = flow {
            for (list, rows) in self.lists_of(&version, call, flow).await {
                scene.book.put_long(list, rows);
            }
        }
        let folder = folder(&scene, back.folder)?;
        let spool_name = self.spool_name("result").await.map_err(|refusal| refusal.to_string())?;
        let written = writing::write(self, scene, message, &spool_name).await;
        let written = written.map_err(|refusal| refusal.to_string())?;
        let program = version.module(call.module);
        let program = program.and_then(|module| module.program.messages.get(usize::from(message.0)));
        let form = program.and_then(|program| program.file.as_deref());
        let done = form.and_then(|form| form.done.as_deref());
        let controlled = form.is_some_and(|form| form.control().is_some());
        let line = LineName {
            party: replying.party().into(),
            link: Arc::from(&*back.link.name),
            member: replying.member_name(),
        };
        let (name, file) = (&*written.name, &written.file);
        let leave = self.journal.leave();
        let putting = Putting { line: &line, link: back, folder, name, done, controlled, file, leave };
        match self.put_file(&putting).await {
            Exchanged::Reply(_) => {}
            Exchanged::NotSent(cause) | Exchanged::MaybeSent(cause) => return Err(cause.to_string()),
        }
        let progress = FileProgress {
            party: replying.party(),
            direction: Direction::Out,
            name: written.name.clone(),
            flow,
            digest: written.file.digest,
            phase: FileProgress::ENDED.to_owned(),
            next_row: 0,
            rows: 0,
            state: written.file.encode(),
        };
        self.put_phase(progress).await;
        tracing::info!(party = %replying.party(), file = %written.name, "a result file was put");
        Ok(())
    }

    /// Waits until every row has ended, then puts the result again as it is then.
    async fn later(self: &Arc<Self>, source: &Source, name: &str, file: &Spooled, flow: FlowId) {
        while self.has_open_rows(flow).await {
            self.core.deadline(self.core.mark().after(AGAIN)).await;
        }
        let serving = Serving::of(self, source.party.as_str(), source.link.as_str(), name);
        let version = Arc::clone(&serving.version);
        let found = version.module_named(&source.party).and_then(|module| {
            let links = &version.module(module)?.links;
            Some((module, links.iter().find(|link| *link.link.name == *source.link)?))
        });
        let Some((module, link)) = found else { return };
        match reading::read(&serving, module, link, name, file).await {
            Ok(ReadFile { call, mut scene, .. }) => {
                scene.stamp(self.business_date(&version, module));
                let told = self.answered_anew(flow).await;
                let replying = Replying::new(self, call, scene, None);
                self.answer_file(link, call, &replying, &told, Some(flow), true).await;
            }
            Err(_) => self.file_refused(source, name, "the file cannot be read again for its later result"),
        }
        self.put_phase(self.progress(source, name, file, FileProgress::ENDED, Some(flow))).await;
    }

    /// Whether a flow has rows that have not ended.
    async fn has_open_rows(self: &Arc<Self>, flow: FlowId) -> bool {
        match self.journal.read(move |reader| reader.has_open_children(flow)).await {
            Ok(open) => open,
            Err(fatal) => {
                self.fail(&fatal);
                true
            }
        }
    }
}

/// What is known of a file before it is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Remembered {
    New,
    Known,
    OtherName,
    NotNow,
}

/// A file's key in the journal: what it is called where, and what it holds.
fn key_of(source: &Source, name: &str, file: &Spooled) -> String {
    let digest: String = file.digest.iter().take(8).map(|octet| format!("{octet:02x}")).collect();
    format!("{}/{}/{name}#{digest}", source.link, source.folder)
}

/// The link on which the answers to files of a link are put: the one that it names, else the party's only one.
fn answers_on<'v>(
    version: &'v crate::version::Version,
    module: usize,
    link: &LinkProgram,
) -> Option<&'v LinkProgram> {
    let links = &version.module(module)?.links;
    if let Some(named) = &link.link.answers_on {
        return links.iter().find(|other| other.link.name == *named);
    }
    let files = |other: &&LinkProgram| {
        other.link.connect && matches!(other.link.kind, LinkKind::Sftp | LinkKind::Folder)
    };
    let mut found = links.iter().filter(files);
    found.next().filter(|_| found.next().is_none())
}
