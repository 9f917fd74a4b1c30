//! Sessions whose messages are numbered: numbers taken as messages leave, gaps asked for and filled, order kept.
//!
//! In: requests that are ready, and frames as they come on the line. Out: replies handed to the exchanges that wait for them,
//! in the order of their numbers; all else is served. The next numbers stand in the journal before a message leaves. It
//! must not know what a message says.

mod accepted;
mod answer;
mod hear;

use crate::engine::Engine;
use crate::exchange::{Prepared, empty};
use crate::facts::Body;
use crate::lines::{LineName, Sending};
use crate::message::{self, Refusal};
use crate::packet::Packet;
use crate::serve::Source;
use crate::version::{CallRef, Version};
use adapters::value::Record;
use bytes::Bytes;
use dashmap::DashMap;
use dsl::evaluate::Value;
use dsl::model::{CallId, Fact, Numbering, Space};
use dsl::program::LinkProgram;
use dsl::value::{Date, DateTime};
use link::numbered::{Again, Came, Numbers};
use link::tcp::Pending;
use link::{Cause, CauseKind, Exchanged, Mark};
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Change, Lane, Session as Stored, Verdict};
use tokio::sync::{Notify, OnceCell, mpsc};

/// Frames that wait to be looked at; one more is asked for again.
const INBOX: usize = 1_024;
/// Exchanges remembered whose replies may come late.
const LATE_MOST: usize = 1_024;
/// Before the member's name where numbers are kept. No name of a member begins so.
const KEPT_AS: &str = " numbers ";

/// A message that is sent again when the other side asks for its number.
struct Open {
    message: Message,
    /// When it was sent first.
    first: DateTime,
}

enum Message {
    /// A request, while its exchange waits.
    Request(Box<Prepared>),
    /// An answer, while its asker may wait.
    Answer {
        source: Source,
        /// So long.
        until: Mark,
    },
}

/// A frame that came before those in front of it.
struct Early {
    frame: Bytes,
    /// It was looked at already, because it could not wait.
    seen: bool,
}

/// One line with a numbered session.
pub(crate) struct Numbered {
    name: LineName,
    numbers: Mutex<Numbers<Arc<Open>, Early>>,
    /// The business date that the numbers began on, where they begin anew each day.
    day: Mutex<Option<Date>>,
    /// Held from the taking of a number until its message has left.
    leaving: tokio::sync::Mutex<()>,
    /// Held from where the next numbers are looked up until they are in the journal, so that those there never go back.
    keeping: tokio::sync::Mutex<()>,
    pending: Arc<Pending>,
    /// What replies are known by that may still come after their time, with the marks of their exchanges.
    late: Mutex<VecDeque<(Bytes, u64)>>,
    /// Numbers of messages that are being served, behind their eras: what they ask for may not be in the journal yet.
    served: Mutex<BTreeSet<(u64, u64)>>,
    /// Rings when one of them is through: another may have its turn.
    room: Notify,
    came: mpsc::Sender<Told>,
    /// Connections that the other side has made.
    connections: AtomicU64,
}

/// What a line tells, in order.
enum Told {
    Frame(Bytes),
    /// The other side has made a connection.
    Up,
    /// It has ended.
    Down,
}

impl Numbered {
    fn late(&self) -> MutexGuard<'_, VecDeque<(Bytes, u64)>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers<Arc<Open>, Early>> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn served(&self) -> MutexGuard<'_, BTreeSet<(u64, u64)>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message that came has no room yet: it has its turn again, unless the numbers have begun anew meanwhile.
    fn put_back(&self, era: u64, number: u64, early: Early) {
        let mut numbers = self.numbers();
        if numbers.era() == era {
            numbers.never_came(number);
            numbers.keep_early(number, early);
        }
    }

    fn day(&self) -> MutexGuard<'_, Option<Date>> {
        self.day.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lines with numbered sessions.
#[derive(Default)]
pub struct NumberedLines {
    lines: DashMap<LineName, Arc<OnceCell<Arc<Numbered>>>>,
}

impl NumberedLines {
    /// Forgets all lines, with what may be sent again on them; the journal keeps their numbers.
    pub(crate) fn forget(&self) {
        for entry in &self.lines {
            if let Some(line) = entry.value().get() {
                line.numbers().retain_open(|_| false);
            }
        }
        self.lines.clear();
    }
}

/// A line's party, and how its messages are numbered.
struct Where<'v> {
    module: usize,
    numbering: Numbering,
    link: &'v LinkProgram,
    /// What the other side signs in with, where it connects.
    sign_in: Option<CallId>,
}

fn place_of<'v>(version: &'v Version, name: &LineName) -> Option<Where<'v>> {
    let module = version.module_named(&name.party)?;
    let program = version.module(module)?;
    let session = program.sessions.iter().find(|session| session.session.numbering.is_some())?;
    let numbering = session.session.numbering?;
    let link = program.links.get(usize::from(numbering.link))?;
    let sign_in = session.session.serve.filter(|_| !link.link.connect);
    (*link.link.name == *name.link).then_some(Where { module, numbering, link, sign_in })
}

/// Whether the messages of a line are numbered.
pub(crate) fn is_numbered(version: &Version, name: &LineName) -> bool {
    place_of(version, name).is_some()
}

impl Engine {
    /// The numbered line of that name, with the numbers that the journal has of it; none where its messages are not
    /// numbered.
    pub(crate) async fn numbered(
        self: &Arc<Self>,
        version: &Version,
        name: &LineName,
    ) -> Option<Arc<Numbered>> {
        place_of(version, name)?;
        let cell = Arc::clone(self.numbered.lines.entry(name.clone()).or_default().value());
        let made = cell.get_or_init(|| async {
            let (out, came_in, day) = self.kept_numbers(name).await;
            let (came, inbox) = mpsc::channel(INBOX);
            let line = Arc::new(Numbered {
                name: name.clone(),
                numbers: Mutex::new(Numbers::new(out, came_in)),
                day: Mutex::new(day),
                leaving: tokio::sync::Mutex::default(),
                keeping: tokio::sync::Mutex::default(),
                pending: Arc::default(),
                late: Mutex::default(),
                served: Mutex::default(),
                room: Notify::new(),
                came,
                connections: AtomicU64::new(0),
            });
            self.core.spawn(Arc::clone(self).hearing(Arc::clone(&line), inbox));
            line
        });
        Some(Arc::clone(made.await))
    }

    /// The next numbers each way and their day, as the journal has them; both begin with 1.
    async fn kept_numbers(&self, name: &LineName) -> (u64, u64, Option<Date>) {
        let (party, kept) = (name.party.clone(), kept_as(name));
        let stored = self.journal.read(move |reader| reader.session(&party, &kept)).await;
        let body = match stored {
            Ok(stored) => stored.and_then(|stored| Body::decode(&stored.values)),
            Err(fatal) => {
                self.fail(&fatal);
                None
            }
        };
        let text = |name: &str| std::str::from_utf8(body.as_ref()?.get(name)?).ok().map(str::to_owned);
        let number = |name: &str| text(name).and_then(|text| text.parse().ok()).unwrap_or(1);
        (number("out"), number("in"), text("day").and_then(|day| day.parse().ok()))
    }

    /// Keeps the next numbers. False where the journal cannot: then nothing may leave. A message that is being served counts as
    /// come only then: who stops before it is through asks for it again.
    async fn keep_numbers(&self, line: &Numbered) -> bool {
        let _keeping = line.keeping.lock().await;
        let mut body = Body::default();
        let (era, (out, came_in)) = {
            let numbers = line.numbers();
            (numbers.era(), numbers.next())
        };
        let day = *line.day();
        let first = line.served().range((era, 0)..=(era, u64::MAX)).next().map(|(_, first)| *first);
        let came_in = first.map_or(came_in, |first| came_in.min(first));
        body.put("out", out.to_string().into_bytes());
        body.put("in", came_in.to_string().into_bytes());
        if let Some(day) = day {
            body.put("day", day.to_string().into_bytes());
        }
        let change = Change::PutSession {
            party: line.name.party.to_string(),
            name: kept_as(&line.name),
            session: Some(Stored { values: body.encode(), until: None }),
        };
        let today = crate::calendar::day(self.now().date());
        match self.journal.write(Lane::Outcome, today, vec![change]).await {
            Ok(Verdict::Ok(_)) => true,
            Ok(verdict) => {
                tracing::warn!(party = %line.name.party, ?verdict, "the numbers were not kept");
                false
            }
            Err(fatal) => {
                self.fail(&fatal);
                false
            }
        }
    }

    /// A new connection: what came too early on the last one comes again. Where numbers are of a day, they begin anew with
    /// its first session.
    pub(crate) async fn numbered_up(self: &Arc<Self>, version: &Version, name: &LineName) {
        let Some(Where { module, numbering, .. }) = place_of(version, name) else { return };
        let Some(line) = self.numbered(version, name).await else { return };
        let _leaving = line.leaving.lock().await;
        line.numbers().connected();
        let today = self.business_date(version, module);
        if numbering.daily && *line.day() != Some(today) {
            {
                let _keeping = line.keeping.lock().await;
                *line.day() = Some(today);
                line.numbers().begin_anew();
                line.served().clear();
            }
            self.keep_numbers(&line).await;
        }
    }

    /// The number that a message of a line is written with before it leaves; as it leaves it gets the one that is next then.
    pub(crate) async fn number_to_come(self: &Arc<Self>, version: &Version, name: &LineName) -> Option<u64> {
        Some(self.numbered(version, name).await?.numbers().next().0)
    }

    /// Sends a request under the next number, and waits for its reply. While it waits it is sent again when the other side
    /// has missed it.
    pub(crate) async fn exchange_numbered(
        self: &Arc<Self>,
        line: &Arc<Numbered>,
        prepared: &Prepared,
        sending: &Sending<'_>,
    ) -> Exchanged<Packet> {
        let mut waiter = None;
        if sending.answered {
            let Some(key) = sending.key.clone().or_else(|| reply_code(prepared)) else {
                return Exchanged::NotSent(Cause::told(
                    CauseKind::Request,
                    "nothing tells its answer from others",
                ));
            };
            let Some(expected) = line.pending.expect(key.clone()) else {
                return Exchanged::NotSent(Cause::new(CauseKind::SameKey));
            };
            waiter = Some((key, expected));
        }
        let (era, number) = match self.leave_numbered(line, prepared, sending).await {
            Ok(left) => left,
            Err(cause) => return Exchanged::NotSent(cause),
        };
        let Some((key, mut waiter)) = waiter else { return Exchanged::Reply(Packet::default()) };
        let answer = self.core.within(sending.until, waiter.answer()).await;
        line.numbers().settle(era, number);
        match answer {
            Ok(Some(answer)) => Exchanged::Reply(Packet::of_content(answer)),
            Ok(None) | Err(_) => {
                let mut late = line.late();
                if late.len() >= LATE_MOST {
                    late.pop_front();
                }
                late.push_back((key, sending.tag));
                Exchanged::MaybeSent(Cause::new(CauseKind::AnswerTimedOut))
            }
        }
    }

    /// Sends a request under the next number; gives its era and the number. A cause: not a byte of it has left.
    async fn leave_numbered(
        self: &Arc<Self>,
        line: &Arc<Numbered>,
        prepared: &Prepared,
        sending: &Sending<'_>,
    ) -> Result<(u64, u64), Cause> {
        let asking = &prepared.asking;
        let _leaving = line.leaving.lock().await;
        // Where they connect, nothing goes over the connection before they have signed in.
        let theirs = place_of(&asking.version, &line.name).is_some_and(|place| place.sign_in.is_some());
        let own = is_of_session(&asking.version, asking.call);
        let cell = self.sessions.cell(&line.name.party, line.name.member.as_deref());
        if (theirs || !own) && cell.values().is_none() {
            return Err(Cause::told(CauseKind::Down, "no session is open on the connection"));
        }
        let (era, number) = {
            let mut numbers = line.numbers();
            (numbers.era(), numbers.take())
        };
        let not_used = |cause: Cause| {
            line.numbers().give_back(number);
            Err(cause)
        };
        let packet = match self.write_numbered(prepared, number, None).await {
            Ok(packet) => packet,
            Err(refusal) => return not_used(Cause::told(CauseKind::Request, refusal)),
        };
        let resends = place_of(&asking.version, &line.name).is_some_and(|place| place.numbering.resends);
        if sending.answered && !own && resends {
            let message = Message::Request(Box::new(prepared.clone()));
            line.numbers().keep_open(number, Arc::new(Open { message, first: self.now() }));
        }
        if !self.keep_numbers(line).await {
            return not_used(Cause::told(CauseKind::Request, "the number could not be kept"));
        }
        match self.put_on_line(line, &packet, sending).await {
            // What may have left keeps its number: the other side asks for it if it did not come.
            Exchanged::Reply(_) | Exchanged::MaybeSent(_) => Ok((era, number)),
            Exchanged::NotSent(cause) => not_used(cause),
        }
    }

    async fn put_on_line(
        &self,
        line: &Numbered,
        packet: &Packet,
        sending: &Sending<'_>,
    ) -> Exchanged<Packet> {
        let sending = Sending { answered: false, key: None, line: Some(0), ..sending.clone() };
        self.lines.exchange(&line.name, packet, &sending).await
    }

    /// A request written under a number; `first`: when it was sent first, for a copy that is sent again.
    async fn write_numbered(
        self: &Arc<Self>,
        prepared: &Prepared,
        number: u64,
        first: Option<DateTime>,
    ) -> Result<Packet, Refusal> {
        let asking = &prepared.asking;
        let call = asking.version.call(asking.call).ok_or_else(|| Refusal::of("no_route"))?;
        let mut scene = self.asking_scene(asking, &prepared.session);
        scene.page = asking.page;
        scene.facts.put(Fact::MessageNumber, &Value::Number(number.into()));
        if let Some(first) = first {
            scene.facts.put(Fact::MessageAgain, &Value::Flag(true));
            scene.facts.put(Fact::MessageFirst, &Value::DateTime(first));
        }
        message::write(self, scene, call.call.request, None).await.map(|written| written.packet)
    }

    /// A message of the session itself, that says these numbers.
    fn about_numbers(
        &self,
        version: &Arc<Version>,
        call: CallRef,
        numbers: &[(&str, u64)],
    ) -> crate::exchange::Asking {
        let shape = version.call(call).and_then(|call| call.call.ask);
        let ask = shape.map(|shape| {
            let mut ask = empty(version, shape);
            for (name, number) in numbers {
                put_number(version, &mut ask, shape, name, *number);
            }
            ask
        });
        let facts = crate::facts::Facts::default();
        crate::exchange::Asking { line: Some(0), ..crate::exchange::Asking::new(version, call, facts, ask) }
    }
}

/// Under which name the journal keeps a line's numbers.
fn kept_as(name: &LineName) -> String {
    format!("{KEPT_AS}{}", name.member.as_deref().unwrap_or_default())
}

/// Whether a call belongs to the session itself: it needs none to be open, and is never sent again.
fn is_of_session(version: &Version, call: CallRef) -> bool {
    let Some(module) = version.module(call.module) else { return false };
    let mut beats = module.links.iter().flat_map(|link| &link.link.beats).filter_map(|beat| beat.call);
    let own = |session: &dsl::program::SessionProgram| {
        let numbers = session.session.numbering.map(|numbering| [numbering.gap.0, numbering.fill.0]);
        let calls = session.session.open.into_iter().chain(session.session.close);
        calls.chain(numbers.into_iter().flatten()).any(|own| own == call.call)
    };
    beats.any(|beat| beat == call.call) || module.sessions.iter().any(own)
}

/// What an answer is known by that repeats nothing of its request: its code.
fn reply_code(prepared: &Prepared) -> Option<Bytes> {
    hear::reply_codes(&prepared.asking.version, prepared.asking.call).next().map(code_key)
}

fn code_key(code: &str) -> Bytes {
    Bytes::from(format!("code {code}"))
}

fn put_number(version: &Version, ask: &mut Record, shape: dsl::value::ShapeId, name: &str, number: u64) {
    let shape = version.compiled.shapes.get(shape.0 as usize);
    let place = shape.and_then(|shape| shape.fields.iter().position(|field| *field.name == *name));
    if let Some(place) = place
        && ask.set(place, &Value::Number(number.into())).is_err()
    {
        tracing::error!(name, number, "a number has no room in its message");
    }
}

/// A number that a message of the other side said.
fn said_number(scene: &crate::scene::Scene, version: &Version, call: CallRef, name: &str) -> Option<u64> {
    let shape = version.call(call)?.call.ask?;
    let shape = version.compiled.shapes.get(shape.0 as usize)?;
    let place = shape.fields.iter().position(|field| *field.name == *name)?;
    match scene.book.record(Space::Ask, 0)?.value(place).ok()? {
        Value::Number(number) => u64::try_from(number).ok(),
        _ => None,
    }
}

/// A call of the module of a line.
fn call_at(place: &Where<'_>, call: CallId) -> CallRef {
    CallRef { module: place.module, call }
}
