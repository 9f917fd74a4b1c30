//! One exchange with a party, as plain data (decisions D23): prepare, send, read.
//!
//! In: what is asked of a call. Out: a [`Prepared`] request, whose octets are what every copy sends, and a [`Verdict`]:
//! what the reply says, surely not sent, or no reply that counts. It must not know flows or what follows from an outcome.

mod kept;
mod reply;

pub(crate) use kept::fen;
pub use kept::{as_call, empty, kept, of_kept, original_calls, symbol};

use crate::batch::put::Putting;
use crate::batch::spooled::Spooled;
use crate::engine::Engine;
use crate::facts::{Facts, Tagged, plain};
use crate::late::Waiting;
use crate::lines::{ANSWER_MS, LineName, Sending};
use crate::message::{self, Refusal};
use crate::numbered::is_numbered;
use crate::packet::Packet;
use crate::planted::Bug;
use crate::scene::{PageAsked, Past, Raw, Scene, SessionValues};
use crate::sheet::Spool;
use crate::version::{CallRef, Member, Version};
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::model::{Fact, LinkKind, MessageId, ServiceKind, Space};
use dsl::value::Outcome;
use link::{Cause, Exchanged, Leave, Mark, Whose};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::Day;

/// What is asked of a party.
#[derive(Clone)]
pub struct Asking {
    /// By which version.
    pub version: Arc<Version>,
    /// The call.
    pub call: CallRef,
    /// Facts that are known: of the asker, and of an earlier copy.
    pub facts: Facts,
    /// The member, where the party has some.
    pub member: Option<Arc<Member>>,
    /// The business record.
    pub ask: Option<Arc<Record>>,
    /// The exchange spoken of.
    pub original: Option<Arc<Past>>,
    /// Which one that is, where the journal was asked for it: each copy speaks of the same.
    pub spoken: Option<crate::sought::Spoken>,
    /// The page.
    pub page: PageAsked,
    /// On this connection of the line alone, without a session: beats.
    pub line: Option<usize>,
    /// The step that a late reply is for.
    pub waiting: Option<Waiting>,
    /// It stands in the journal under its serial: another is not drawn on the way.
    pub written: bool,
    /// What the earlier sessions of the sign-in that this call belongs to have told.
    pub signing: Option<SessionValues>,
}

impl Asking {
    /// An ask without original, member or page.
    #[must_use]
    pub fn new(version: &Arc<Version>, call: CallRef, facts: Facts, ask: Option<Record>) -> Self {
        Self {
            version: Arc::clone(version),
            call,
            facts,
            member: None,
            ask: ask.map(Arc::new),
            original: None,
            spoken: None,
            page: PageAsked::default(),
            line: None,
            waiting: None,
            written: false,
            signing: None,
        }
    }

    /// The same as an exchange of its own: with a serial, a moment and dates that are yet to be given.
    #[must_use]
    pub fn anew(mut self) -> Self {
        self.facts.put(Fact::Serial, &Value::Absent);
        self
    }

    /// With the member of the party that it is for: the value of the ask's field of the member's name.
    #[must_use]
    pub fn for_member(mut self) -> Self {
        self.member = self.member_named().or(self.member);
        self
    }

    fn member_named(&self) -> Option<Arc<Member>> {
        let member = self.version.module(self.call.module)?.member.as_ref()?;
        let party = self.version.parties.get(self.call.module)?;
        let shape = self.version.call(self.call)?.call.ask?;
        let shape = self.version.compiled.shapes.get(shape.0 as usize)?;
        let place = shape.fields.iter().position(|field| field.name == member.name)?;
        let name = self.ask.as_ref()?.value(place).ok()?;
        party.members.get(&plain(&name, self.version.symbols())).cloned()
    }
}

/// A request that is ready to be sent, and all that its reply is read with.
#[derive(Clone)]
pub struct Prepared {
    /// What was asked, with the facts of the exchange.
    pub asking: Asking,
    /// The octets.
    pub packet: Packet,
    /// The request's fields.
    pub request: Arc<Record>,
    /// Values of the session that it was written with.
    pub session: SessionValues,
    /// Its serial.
    pub serial: String,
    /// Its amount in fen, if it has one.
    pub amount: Option<i64>,
    /// Kept fields by path (decisions D17) as the journal has them; none: they stand in the request.
    pub kept: Option<Tagged>,
    /// Where it is a file: its octets in the spool; the packet is its name.
    pub file: Option<Spooled>,
}

impl Prepared {
    /// Octets of the request, as later messages speak of them.
    #[must_use]
    pub fn raw(&self, spool: &Spool) -> Raw {
        match &self.file {
            Some(file) => Raw::File(file.place(spool)),
            None => Raw::Octets(self.packet.content().clone()),
        }
    }

    /// The look-ups under which the exchange can be found later.
    #[must_use]
    pub fn found_by(&self) -> Vec<store::FoundBy> {
        let asking = &self.asking;
        let member = asking.member.as_ref().map(|member| &*member.name);
        let kept = self.kept();
        let values = (asking.ask.as_deref(), &*kept, &asking.facts);
        crate::sought::kept_under(&asking.version, asking.call, member, values)
    }

    /// Kept fields by path.
    #[must_use]
    pub fn kept(&self) -> Cow<'_, Tagged> {
        let Asking { version, call, .. } = &self.asking;
        let message = || version.call(*call).map(|program| program.call.request);
        let of_request = || message().map(|message| kept(version, *call, message, &self.request));
        match &self.kept {
            Some(kept) => Cow::Borrowed(kept),
            None => Cow::Owned(of_request().unwrap_or_default()),
        }
    }

    /// Business date of the exchange.
    #[must_use]
    pub fn day(&self) -> Day {
        match self.asking.facts.get(Fact::BusinessDate) {
            Value::Date(date) => crate::calendar::day(date),
            _ => Day(0),
        }
    }
}

/// What a reply says.
#[derive(Clone)]
pub struct Heard {
    /// Its outcome; done where nothing speaks of one.
    pub outcome: Outcome,
    /// The text of it.
    pub text: String,
    /// Facts, those of the answer too.
    pub facts: Facts,
    /// The business answer.
    pub answer: Option<Record>,
    /// What it says of the original.
    pub original: Option<Outcome>,
    /// What it tells of the original's answer.
    pub original_answer: Option<Record>,
    /// Its fields.
    pub reply: Arc<Record>,
    /// Its octets.
    pub packet: Packet,
    /// There is another page.
    pub more: bool,
    /// It says that the session does not hold, so that nothing of what was asked was looked at: whether there is
    /// another since.
    pub no_session: Option<bool>,
}

impl Heard {
    /// The reason of a refusal, by its name.
    #[must_use]
    pub fn reason<'v>(&self, version: &'v Version) -> &'v str {
        match self.outcome {
            Outcome::Refused(Some(reason)) => version.text(reason),
            _ => "other",
        }
    }
}

/// What became of a copy.
#[derive(Clone)]
pub enum Verdict {
    /// A reply that was read and agreed.
    Heard(Box<Heard>),
    /// A reply came that cannot be believed or read: as good as none.
    Unreadable {
        /// By the reason that the adapters use.
        reason: String,
        /// Why, for people.
        why: String,
        /// Its octets.
        packet: Packet,
    },
    /// Not a byte left.
    NotSent(Cause),
    /// It may have left, and nothing came.
    NoReply(Cause),
}

impl Engine {
    /// Makes a request: waits for the session, maps, numbers, encodes.
    ///
    /// # Errors
    /// Why it cannot be made; nothing was sent or written then.
    pub async fn prepare(self: &Arc<Self>, mut asking: Asking) -> Result<Prepared, Refusal> {
        let call = asking.version.call(asking.call).ok_or_else(|| Refusal::of("no_route"))?;
        let request = call.call.request;
        let facts = std::mem::take(&mut asking.facts);
        let mut scene = self.scene_asking(&asking, facts);
        self.number(&asking, &mut scene).await?;
        let session = self.session_for(&asking).await?;
        let pages = asking.version.call(asking.call).and_then(|call| call.pages);
        if let Some((rows, ..)) = pages.filter(|_| asking.page.number == 0) {
            asking.page = crate::pages::page(1, rows);
        }
        // It may have waited for the session.
        scene.now = self.now();
        scene.facts.put(Fact::MessageMoment, &Value::DateTime(scene.now));
        scene.session = Arc::clone(&session);
        if asking.version.numbers_messages(asking.call.module)
            && let Some(number) =
                Box::pin(self.number_to_come(&asking.version, &self.line_name(&asking))).await
        {
            scene.facts.put(Fact::MessageNumber, &Value::Number(number.into()));
        }
        if asking.original.is_none()
            && asking.version.call(asking.call).is_some_and(|call| call.original.is_some())
        {
            Box::pin(self.earlier(&mut asking, &scene)).await?;
        }
        if let Some(original) = asking.original.as_ref().filter(|_| scene.original.is_none()) {
            scene.put_original(Arc::clone(original));
        }
        let only_when = asking.version.call(asking.call).and_then(|call| call.only_when);
        if let Some(condition) = only_when
            && !message::holds(&scene, condition).unwrap_or(false)
        {
            return Err(Refusal::of("no_route"));
        }
        scene.page = asking.page;
        let (written, file) = self.written(scene, request, is_file(&asking)).await?;
        let amount = asking.ask.as_ref().and_then(|ask| kept::amount(&asking, ask));
        asking.facts = written.scene.facts;
        let serial = plain(&asking.facts.get(Fact::Serial), asking.version.symbols());
        Ok(Prepared {
            asking,
            packet: written.packet,
            request: Arc::new(written.record),
            session,
            serial,
            amount,
            kept: None,
            file,
        })
    }

    /// A request as octets at hand, or as a file in the spool.
    async fn written(
        self: &Arc<Self>,
        scene: Box<Scene>,
        request: MessageId,
        file: bool,
    ) -> Result<(message::WrittenMessage, Option<Spooled>), Refusal> {
        if !file {
            return message::write(self, scene, request, None).await.map(|written| (written, None));
        }
        let (written, file) = Box::pin(self.written_file(scene, request)).await?;
        Ok((written, Some(file)))
    }

    async fn written_file(
        self: &Arc<Self>,
        mut scene: Box<Scene>,
        request: MessageId,
    ) -> Result<(message::WrittenMessage, Spooled), Refusal> {
        let name = self.spool_name("out").await?;
        // What is put is not called as the file is that may have begun the flow.
        scene.facts.put(Fact::File, &Value::Absent);
        scene.facts.put(Fact::FileStem, &Value::Absent);
        let mut put = crate::batch::writing::write(self, scene, request, &name).await?;
        let stem = put.name.rsplit_once('.').map_or(&*put.name, |(stem, _)| stem).to_owned();
        put.scene.facts.put(Fact::File, &Value::Text(put.name.as_str().into()));
        put.scene.facts.put(Fact::FileStem, &Value::Text(stem.into()));
        let packet = crate::batch::writing::packet_of(&put.name);
        let written = message::WrittenMessage { packet, record: put.record, scene: put.scene };
        Ok((written, put.file))
    }

    /// A name in the spool that nothing else has.
    pub(crate) async fn spool_name(&self, what: &str) -> Result<String, Refusal> {
        let number = self.journal.number("spool", Day(0)).await.map_err(|fatal| {
            self.fail(&fatal);
            Refusal::of("busy")
        })?;
        number.map(|number| format!("{what}-{number}")).ok_or_else(Refusal::full)
    }

    /// Gives the exchange its serial, moment and dates, unless an earlier copy has them.
    async fn number(&self, asking: &Asking, scene: &mut Scene) -> Result<(), Refusal> {
        let module = asking.call.module;
        if scene.facts.knows(Fact::Serial) {
            return Ok(());
        }
        let day = match self.planted {
            Some(Bug::BankDay) => self.calendar.business_date(scene.now, None),
            _ => self.business_date_at(&asking.version, module, scene.now),
        };
        scene.stamp(day);
        let serial = asking.version.module(module).and_then(|module| module.serial);
        let party = asking.version.module(module).map_or("", |module| &module.name);
        let number = self.journal.number(party, Day(0)).await.map_err(|fatal| {
            self.fail(&fatal);
            Refusal::of("busy")
        })?;
        let number = number.ok_or_else(Refusal::full)?;
        scene.put_number(Some(number));
        let text = match serial {
            Some(expression) => message::value(scene, expression).map_err(|fault| {
                Refusal::told("bad_message", format!("the serial cannot be made: {fault:?}"))
            })?,
            None => Value::text(crate::calendar::serial(number)),
        };
        scene.put_number(None);
        scene.facts.put(Fact::Serial, &text);
        Ok(())
    }

    /// The scene that a request is written in.
    pub(crate) fn asking_scene(&self, asking: &Asking, session: &SessionValues) -> Box<Scene> {
        let mut scene = self.scene_asking(asking, asking.facts.clone());
        scene.facts.put(Fact::MessageMoment, &Value::DateTime(scene.now));
        scene.session = Arc::clone(session);
        scene
    }

    /// The same with the facts of the ask, before it is known when it is written and under which session.
    fn scene_asking(&self, asking: &Asking, facts: Facts) -> Box<Scene> {
        let version = &asking.version;
        let module = asking.call.module;
        let mut scene = self.scene(version, module);
        scene.facts = facts;
        scene.member.clone_from(&asking.member);
        if let Some(original) = &asking.original {
            scene.put_original(Arc::clone(original));
        }
        if let Some(ask) = &asking.ask {
            scene.book.put(Space::Ask, 0, Arc::clone(ask));
        }
        let party = version.module(module).map_or("", |module| &module.name);
        let member = asking.member.as_ref().map(|member| &*member.name);
        if version.remembers_any(module) {
            scene.calls = self.past_of(party, member).into_iter().collect();
        }
        scene
    }

    /// Of several calls that provide a service, the first whose `only when` holds for what is asked.
    #[must_use]
    pub fn chosen(
        &self,
        version: &Arc<Version>,
        calls: &[CallRef],
        facts: &Facts,
        ask: Option<&Record>,
    ) -> Option<CallRef> {
        let holds = |call: &&CallRef| {
            let Some(condition) = version.call(**call).and_then(|call| call.only_when) else { return true };
            let asking = Asking::new(version, **call, facts.clone(), ask.cloned());
            let scene = self.asking_scene(&asking.for_member(), &SessionValues::default());
            message::holds(&scene, condition).unwrap_or(false)
        };
        match calls {
            [only] => Some(*only),
            several => several.iter().find(holds).copied(),
        }
    }

    /// The line of an ask: the member's own, where it has one.
    #[must_use]
    pub fn line_name<'a>(&self, asking: &'a Asking) -> Cow<'a, LineName> {
        let link = asking.version.call(asking.call).map_or(0, |call| usize::from(call.call.link));
        asking.version.line(asking.call.module, link, asking.member.as_deref())
    }

    /// Sends a copy and reads what comes back. A refusal that renews the session is followed by one repeat with new
    /// values; where the party wants another serial for it, what stands in the journal under its own is left to its flow.
    /// An answer whose seal does not hold renews the session too, and is never followed by a repeat: what it answers may
    /// have been done.
    pub async fn exchange(self: &Arc<Self>, prepared: &Prepared) -> Verdict {
        let mut verdict = self.exchange_once(prepared).await;
        let asking = &prepared.asking;
        let (reason, again) = match &mut verdict {
            Verdict::Heard(heard) if matches!(heard.outcome, Outcome::Refused(_)) => {
                self.judge_session(asking, heard);
                (heard.reason(&asking.version).to_owned(), true)
            }
            Verdict::Heard(_) if !has_pages(asking) => return verdict,
            Verdict::Heard(_) => return Box::pin(self.other_pages(prepared, verdict)).await,
            Verdict::Unreadable { reason, .. } => (reason.clone(), false),
            Verdict::NotSent(_) | Verdict::NoReply(_) => (String::new(), false),
        };
        if asking.line.is_some() || !self.renews(asking, &reason) {
            return verdict;
        }
        Box::pin(self.exchange_anew(prepared, verdict, again)).await
    }

    /// Renews the session that a verdict says does not hold, and repeats the request where it may be repeated. A verdict that is
    /// there waits for the new session no longer than its call waits for an answer.
    async fn exchange_anew(
        self: &Arc<Self>,
        prepared: &Prepared,
        mut verdict: Verdict,
        again: bool,
    ) -> Verdict {
        let asking = &prepared.asking;
        let new_serial = wants_new_serial(asking);
        let limit =
            asking.version.link_of(asking.call).and_then(|link| link.link.answer_ms).unwrap_or(ANSWER_MS);
        let until = self.core.mark().after(Duration::from_millis(limit));
        let renewed = self.core.within(until, self.renew(asking, &prepared.session)).await;
        if !matches!(renewed, Ok(Ok(()))) || !again {
            return verdict;
        }
        if new_serial && asking.written {
            if let Verdict::Heard(heard) = &mut verdict {
                heard.no_session = Some(true);
            }
            return verdict;
        }
        let asking = if new_serial { asking.clone().anew() } else { asking.clone() };
        match self.prepare(asking).await {
            Ok(again) => {
                let mut verdict = self.exchange_once(&again).await;
                if let Verdict::Heard(heard) = &mut verdict {
                    self.judge_session(&again.asking, heard);
                }
                Box::pin(self.other_pages(&again, verdict)).await
            }
            Err(_) => verdict,
        }
    }

    /// Marks a refusal by which the party says that the session does not hold.
    fn judge_session(&self, asking: &Asking, heard: &mut Heard) {
        let reason = heard.reason(&asking.version);
        let refused = matches!(heard.outcome, Outcome::Refused(_));
        heard.no_session = (refused && self.renewed_by(asking, reason).is_some()).then_some(false);
    }

    /// Sends a copy and reads what comes back, whatever it says of the session.
    pub async fn exchange_once(self: &Arc<Self>, prepared: &Prepared) -> Verdict {
        let asking = &prepared.asking;
        let name = self.line_name(asking);
        let Some(call) = asking.version.call(asking.call) else {
            return Verdict::NotSent(Cause::told(link::CauseKind::Stopped, "the call is not there"));
        };
        let link = asking.version.link_of(asking.call);
        let answer_ms = link.and_then(|link| link.link.answer_ms).unwrap_or(ANSWER_MS);
        let method = link.and_then(|link| link.post.as_ref()).map_or("POST", |(method, _)| method);
        let started = self.core.mark();
        let sending = Sending {
            until: started.after(Duration::from_millis(answer_ms)),
            tag: self.late.tag(),
            answered: !call.call.replies.is_empty(),
            method,
            key: self.correlation(asking, &prepared.packet),
            line: asking.line,
            leave: self.leave(call.kind),
        };
        // What waits long before it is sent is asked again where it leaves.
        if !sending.leave.is_given() {
            return Verdict::NotSent(Cause::new(link::CauseKind::NoLeave));
        }
        // What is rare stands apart, or every exchange would be as large as it.
        let exchanged = match &prepared.file {
            Some(file) => Box::pin(self.put_request(prepared, (&name, file), &sending.leave)).await,
            None if asking.version.numbers_messages(asking.call.module)
                && is_numbered(&asking.version, &name) =>
            {
                Box::pin(self.exchange_on_numbered(&name, prepared, &sending)).await
            }
            None => self.lines.exchange(&name, &prepared.packet, &sending).await,
        };
        // It did not leave because we go: told so, a step would end refused and the rows of a batch one after the other. It stays
        // as a crash leaves it, and goes on after the next start.
        if matches!(&exchanged, Exchanged::NotSent(cause) if cause.kind == link::CauseKind::Stopped)
            && self.stopping.load(Ordering::Acquire)
        {
            std::future::pending::<()>().await;
        }
        let took = self.core.mark().since(started);
        let verdict = match exchanged {
            Exchanged::Reply(_) if !sending.answered => {
                let heard = taken(prepared);
                self.remember(prepared, &heard);
                Verdict::Heard(Box::new(heard))
            }
            Exchanged::Reply(packet) => match self.read_reply(prepared, packet).await {
                Verdict::Unreadable { .. } if self.planted == Some(Bug::UnreadableIsDone) => {
                    Verdict::Heard(Box::new(taken(prepared)))
                }
                read => read,
            },
            Exchanged::NotSent(cause) => Verdict::NotSent(cause),
            Exchanged::MaybeSent(cause) => {
                if let Some(waiting) = asking.waiting {
                    self.late.remember(sending.tag, waiting, &Arc::new(prepared.clone()));
                }
                Verdict::NoReply(cause)
            }
        };
        crate::observe::exchanged(&asking.version, asking.call, &name, (&verdict, took));
        if prepared.file.is_none() {
            self.note_answer(&name, started, (&verdict, sending.answered));
        }
        verdict
    }

    /// Whether its party has answered, for the line's breaker. What lies with us says nothing of a party, and nor does a message
    /// that was taken and has no answer.
    fn note_answer(&self, name: &LineName, started: Mark, (verdict, answered): (&Verdict, bool)) {
        let heard = match verdict {
            Verdict::Heard(_) if !answered => return,
            Verdict::Heard(_) | Verdict::Unreadable { .. } => true,
            Verdict::NotSent(cause) | Verdict::NoReply(cause) if cause.whose() == Whose::Ours => return,
            Verdict::NotSent(_) | Verdict::NoReply(_) => false,
        };
        if self.restraint.note(name, started, heard, &self.deployment.load().limits) {
            crate::observe::breaker(name, !heard);
        }
    }

    async fn exchange_on_numbered(
        self: &Arc<Self>,
        name: &LineName,
        prepared: &Prepared,
        sending: &Sending<'_>,
    ) -> Exchanged<Packet> {
        match self.numbered(&prepared.asking.version, name).await {
            Some(numbered) => self.exchange_numbered(&numbered, prepared, sending).await,
            None => self.lines.exchange(name, &prepared.packet, sending).await,
        }
    }

    /// Leave to send: what moves money is not sent where another node may have taken the journal over meanwhile, since
    /// that one asks what became of it and must be told the truth.
    pub(crate) fn leave(&self, kind: ServiceKind) -> Leave {
        if kind == ServiceKind::Query { Leave::default() } else { self.journal.leave() }
    }

    /// Puts a request that is a file.
    async fn put_request(
        self: &Arc<Self>,
        prepared: &Prepared,
        (name, file): (&LineName, &Spooled),
        leave: &Leave,
    ) -> Exchanged<Packet> {
        let asking = &prepared.asking;
        let broken = |why: String| Exchanged::NotSent(Cause::told(link::CauseKind::Request, why));
        let Some(link) = asking.version.link_of(asking.call) else { return broken("no link".to_owned()) };
        let scene = self.asking_scene(asking, &prepared.session);
        let folder = match crate::batch::put::folder(&scene, link.folder) {
            Ok(folder) => folder,
            Err(why) => return broken(why),
        };
        let message = asking.version.call(asking.call).and_then(|call| {
            asking.version.module(asking.call.module)?.program.messages.get(usize::from(call.call.request.0))
        });
        let form = message.and_then(|message| message.file.as_deref());
        let done = form.and_then(|form| form.done.as_deref());
        let controlled = form.is_some_and(|form| form.control().is_some());
        let text = String::from_utf8_lossy(prepared.packet.part(dsl::program::Part::Name)).into_owned();
        let leave = leave.clone();
        let putting = Putting { line: name, link, folder, name: &text, done, controlled, file, leave };
        self.put_file(&putting).await
    }

    fn correlation(&self, asking: &Asking, packet: &Packet) -> Option<bytes::Bytes> {
        let link = asking.version.link_of(asking.call)?;
        if link.link.matches.is_empty() {
            return None;
        }
        message::correlation(&asking.version, asking.call.module, link, packet.content())
    }

    /// A query of a service outside of any flow.
    ///
    /// # Errors
    /// `busy` where its party does not answer, now or of late; else why it cannot be made or read.
    pub async fn query(self: &Arc<Self>, asking: Asking) -> Result<Heard, Refusal> {
        let limits = &self.deployment.load().limits;
        if self.restraint.holds_any(limits) {
            let admitted = self.restraint.admits(&[self.line_name(&asking).into_owned()], limits);
            admitted.map_err(|held| Refusal::told("busy", held.to_string()))?;
        }
        let prepared = self.prepare(asking).await?;
        match self.exchange(&prepared).await {
            Verdict::Heard(heard) => Ok(*heard),
            Verdict::Unreadable { why, .. } => Err(Refusal::told("other", why)),
            Verdict::NotSent(cause) | Verdict::NoReply(cause) => {
                Err(Refusal::told("busy", cause.to_string()))
            }
        }
    }
}

/// Whether what is asked may be answered in several pages.
fn has_pages(asking: &Asking) -> bool {
    asking.version.call(asking.call).is_some_and(|call| call.pages.is_some())
}

/// Whether a call puts a file.
fn is_file(asking: &Asking) -> bool {
    let link = asking.version.link_of(asking.call);
    link.is_some_and(|link| matches!(link.link.kind, LinkKind::Sftp | LinkKind::Folder))
}

/// Whether the party wants another serial for what is asked again because of the session.
fn wants_new_serial(asking: &Asking) -> bool {
    let module = asking.version.module(asking.call.module);
    module.is_some_and(|module| module.sessions.iter().any(|session| session.session.new_serial))
}

/// What is known after a message without answer was taken by the link.
fn taken(prepared: &Prepared) -> Heard {
    Heard {
        outcome: Outcome::Done(None),
        text: String::new(),
        facts: prepared.asking.facts.clone(),
        answer: None,
        original: None,
        original_answer: None,
        reply: Arc::new(Record::default()),
        packet: Packet::default(),
        more: false,
        no_session: None,
    }
}
