//! How a party judges a message and answers it, without sockets: read, verified, handed to its world, written in the
//! party's own form.
//!
//! It runs on a thread that may block. It shares the codec with the gateway and nothing else.

use super::compose::{Composed, compose, meant, named_in, place, refusals, with_until};
use super::dated::Dated;
use super::form;
use super::live::Live;
use super::loading::Loaded;
use super::numbered::AllNumbers;
use super::session::{Sessions, Standing as Signed};
use crate::fields::Named;
use crate::scene::{Parts, ReadMessage, Scene, Standing, evaluate_here, read, recognise};
use crate::world::{self, Facts, FaultPlan, Handled, World};
use dsl::evaluate::Value;
use dsl::model::{CallId, Fact, MessageId};
use dsl::program::{CallProgram, LinkProgram, ModuleProgram, Part, SessionProgram};
use dsl::value::{DateTime, Outcome};
use link::Mark;
use link::world::Clock;
use serde_json::{Map, Value as Json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a party has counted since it began.
#[derive(Debug, Default)]
pub struct PartyCounts {
    /// Messages that were judged.
    pub judged: AtomicU64,
    /// Of them done.
    pub done: AtomicU64,
    /// Of them refused.
    pub refused: AtomicU64,
    /// Messages that were no messages of the party, or bore a wrong seal.
    pub bad: AtomicU64,
    /// Faults carried out on purpose.
    pub faults: AtomicU64,
    /// Messages that the party began.
    pub begun: AtomicU64,
    /// Of them answered as done.
    pub begun_done: AtomicU64,
    /// Of them answered as refused.
    pub begun_refused: AtomicU64,
    /// How long the last answers to what it began took, by the party's clock.
    pub took: Mutex<VecDeque<Duration>>,
    /// What the simulation itself could not do: each is a defect of its data.
    pub failed: AtomicU64,
}

/// Answers whose times are kept.
const TIMES: usize = 20_000;

impl PartyCounts {
    /// Notes how something that the party began was answered, and how long that took.
    pub(crate) fn heard(&self, outcome: world::Outcome, took: Duration) {
        match outcome {
            world::Outcome::Done => up(&self.begun_done),
            world::Outcome::Refused => up(&self.begun_refused),
            world::Outcome::Unknown => {}
        }
        let mut times = locked(&self.took);
        if times.len() == TIMES {
            times.pop_front();
        }
        times.push_back(took);
    }
}

/// Counts as work until it is dropped.
pub(crate) struct Busy(Arc<Play>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::AcqRel);
    }
}

pub(crate) fn up(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// What is given back for a message.
pub(crate) struct Answered {
    /// The reply; none: there is nothing to say.
    pub(crate) reply: Option<Parts>,
    /// What goes wrong on purpose.
    pub(crate) fault: Option<world::Fault>,
    /// The connection is closed: not even an error could be said.
    pub(crate) close: bool,
    /// A session was opened by it.
    pub(crate) signed: bool,
}

/// The most faults that a party keeps with their time; further ones are only counted.
const KEPT_FAULTS: usize = 100_000;
/// The most messages of which a party keeps what they say of days.
const KEPT_DATED: usize = 10_000;

/// A party at work.
pub(crate) struct Play {
    pub(crate) loaded: Loaded,
    pub(crate) standing: Arc<Standing>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) zone_minutes: i32,
    pub(crate) counts: PartyCounts,
    pub(crate) world: Mutex<World>,
    pub(crate) sessions: Mutex<Sessions>,
    pub(crate) numbers: Mutex<AllNumbers>,
    pub(crate) live: Mutex<Live>,
    pub(crate) faults: Mutex<FaultPlan>,
    /// Faults that were made: when, of which call, by name.
    pub(crate) fell: Mutex<Vec<(Mark, String, &'static str)>>,
    /// What messages that were taken said of days.
    pub(crate) dated: Mutex<Vec<Dated>>,
    pub(crate) last_failure: Mutex<String>,
    /// Messages that are being judged, written or read.
    pub(crate) busy: AtomicUsize,
    pub(crate) serial: AtomicU64,
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a request was read.
enum Judged {
    /// It is good.
    Good(Box<ReadMessage>),
    /// It is refused before the world hears of it, with a reason.
    Bad(&'static str),
    /// It is refused with a reason that the adapter names.
    Refused(Outcome),
}

impl Play {
    /// Work that begins now.
    pub(crate) fn work(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::AcqRel);
        Busy(Arc::clone(self))
    }

    pub(crate) fn module(&self) -> &Arc<ModuleProgram> {
        &self.loaded.party.module
    }

    /// The moment by the party's own clock.
    pub(crate) fn now(&self) -> DateTime {
        civil(self.clock.now().micros().div_euclid(1_000_000), self.zone_minutes)
    }

    pub(crate) fn mark(&self) -> Mark {
        self.clock.mark()
    }

    pub(crate) fn scene(&self) -> Scene {
        let scene = Scene::new(self.loaded.party.clone(), Arc::clone(&self.standing), self.now());
        scene.counter.set(self.serial.fetch_add(1, Ordering::Relaxed) + 1);
        scene
    }

    /// A scene to read in what comes: what says when it was sent can be held against when it came.
    fn hearing(&self) -> Scene {
        let mut scene = self.scene();
        let came = scene.now;
        scene.put_fact(Fact::AnswerMoment, Value::DateTime(came));
        scene
    }

    pub(crate) fn failed(&self, why: impl Into<String>) {
        let why = why.into();
        tracing::warn!(party = %self.module().name, why, "the simulation cannot go on");
        up(&self.counts.failed);
        *locked(&self.last_failure) = why;
    }

    /// Whether a session is opened on each connection of a link.
    pub(crate) fn signs_in_on(&self, link: usize) -> bool {
        let module = self.module();
        let on_link = |call: &CallId| {
            module.calls.get(usize::from(call.0)).is_some_and(|call| usize::from(call.call.link) == link)
        };
        let mut sessions = module.sessions.iter().filter(|session| session.session.at_connect);
        sessions.any(|session| session.session.serve.as_ref().is_some_and(on_link))
    }

    /// A connection of a link has ended, and with it the session that was opened on it.
    pub(crate) fn disconnected(&self, link: usize) {
        if self.signs_in_on(link) {
            locked(&self.sessions).expire();
        }
    }

    /// Judges one message of a link; `signed`: a session was opened on its connection, or none is due.
    pub(crate) fn answer(&self, link: usize, parts: &Parts, signed: bool) -> Answered {
        let silent = |close| Answered { reply: None, fault: None, close, signed: false };
        let Some(link) = self.module().links.get(link) else { return silent(true) };
        let Some((call, message)) = self.find(link, parts) else {
            tracing::debug!(party = %self.module().name, link = %link.link.name, "no message of this link");
            up(&self.counts.bad);
            return self.unread(link);
        };
        let Some(form) = self.module().calls.get(usize::from(call.0)) else { return silent(true) };
        if !signed && !self.module().sessions.iter().any(|session| session.session.serve == Some(call)) {
            tracing::debug!(party = %self.module().name, call = %form.call.name, "no session on the connection");
            up(&self.counts.bad);
            return silent(true);
        }
        let fault = locked(&self.faults).next(&form.call.name, parts.get(Part::Content));
        self.note(&form.call.name, fault.as_ref());
        if fault == Some(world::Fault::DropRequest) {
            up(&self.counts.faults);
            self.never_came(usize::from(form.call.link), parts);
            return Answered { reply: None, fault, close: false, signed: false };
        }
        if fault == Some(world::Fault::Unread) {
            up(&self.counts.faults);
            return self.unread(link);
        }
        let wrong_seal = fault == Some(world::Fault::WrongSeal);
        let (reply, opened) = self.judge(form, (call, message), parts, wrong_seal);
        let close = reply.is_none() && !form.call.replies.is_empty();
        Answered { reply, fault, close, signed: opened }
    }

    /// What goes wrong with the next file that a call puts.
    pub(super) fn fault_of_file(&self, call: &str, octets: &[u8]) -> Option<world::Fault> {
        let fault = locked(&self.faults).of_file(call, octets);
        self.note(call, fault.as_ref());
        fault
    }

    fn note(&self, call: &str, fault: Option<&world::Fault>) {
        let Some(fault) = fault else { return };
        let mut fell = locked(&self.fell);
        if fell.len() < KEPT_FAULTS {
            fell.push((self.clock.mark(), call.to_owned(), fault.name()));
        }
    }

    fn keep_dated(&self, form: &CallProgram, scene: &Scene) {
        let mut dated = locked(&self.dated);
        if dated.len() < KEPT_DATED {
            dated.extend(Dated::of(&form.call.name, scene));
        }
    }

    /// What is said to a message that cannot be read: what the link has for it, else the connection is closed.
    fn unread(&self, link: &LinkProgram) -> Answered {
        let module = Arc::clone(self.module());
        let form = link.link.unread.and_then(|call| module.calls.get(usize::from(call.0)));
        let said = form.map(|form| {
            let mut scene = self.scene();
            super::begin::prepare(self, &mut scene, form.call.request, None, &Map::new())?;
            let said = Composed { fields: Map::new(), outcome: None, wrong_seal: false };
            compose(&mut scene, form.call.request, &said, None)
        });
        match said {
            Some(Ok((parts, _))) => Answered { reply: Some(parts), fault: None, close: false, signed: false },
            Some(Err(why)) => {
                self.failed(why);
                Answered { reply: None, fault: None, close: true, signed: false }
            }
            None => Answered { reply: None, fault: None, close: true, signed: false },
        }
    }

    /// Which message of the link it is.
    pub(crate) fn find(&self, link: &LinkProgram, parts: &Parts) -> Option<(CallId, MessageId)> {
        let coming =
            |call: &CallId| self.module().calls.get(usize::from(call.0)).is_some_and(|call| !call.call.ours);
        let mut here = link.by_code.iter().filter(|(_, call, _)| coming(call));
        // Where what comes has no codes, a code that stands in answers alone tells nothing.
        let coded = here.clone().any(|(code, ..)| !code.is_empty());
        match &link.recogniser {
            Some(recogniser) if coded && !recogniser.program.read.is_empty() => {
                let code = recognise(&mut self.hearing(), recogniser, parts)?;
                here.find(|(known, ..)| **known == *code).map(|(_, call, message)| (*call, *message))
            }
            _ => {
                let all = here.map(|(_, call, message)| (*call, *message)).collect();
                self.furthest(self.on_path(all, parts), parts)
            }
        }
    }

    /// Those whose path it came on, where their paths tell them apart.
    fn on_path(&self, all: Vec<(CallId, MessageId)>, parts: &Parts) -> Vec<(CallId, MessageId)> {
        let (module, scene) = (Arc::clone(self.module()), self.scene());
        let path = |call: &CallId| {
            let path = module.calls.get(usize::from(call.0))?.path?;
            match evaluate_here(&scene, path) {
                Ok(Value::Text(path)) => Some(path.into_owned()),
                _ => None,
            }
        };
        let paths: Vec<Option<String>> = all.iter().map(|(call, _)| path(call)).collect();
        if paths.windows(2).all(|pair| matches!(pair, [one, other] if one == other)) {
            return all;
        }
        let came = parts.get(Part::Path);
        let same = |path: &Option<String>| path.as_ref().is_some_and(|path| path.as_bytes() == came.as_ref());
        all.iter().zip(&paths).filter(|(_, path)| same(path)).map(|(found, _)| *found).collect()
    }

    /// Where no field tells by itself which message it is (a code in two halves): the one that can be read furthest.
    fn furthest(&self, candidates: Vec<(CallId, MessageId)>, parts: &Parts) -> Option<(CallId, MessageId)> {
        if let [only] = candidates.as_slice() {
            return Some(*only);
        }
        let reached = |message: MessageId| {
            let heard = read(&mut self.hearing(), message, parts)?;
            Some(heard.fault.map_or(u32::MAX, |(fault, _)| fault.op))
        };
        let reached = candidates.into_iter().filter_map(|found| Some((reached(found.1)?, found)));
        // The first of those that come equally far.
        let best = reached.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        Some(best.1)
    }

    fn judge(
        &self,
        form: &CallProgram,
        (call, message): (CallId, MessageId),
        parts: &Parts,
        wrong_seal: bool,
    ) -> (Option<Parts>, bool) {
        let (mut scene, judged) = self.read(message, parts);
        let mut was_good = false;
        let signs_in = self.module().sessions.iter().find(|session| session.session.serve == Some(call));
        let handled = match judged {
            Judged::Good(good) => {
                up(&self.counts.judged);
                was_good = true;
                self.keep_dated(form, &scene);
                scene.request = Some(Arc::new(good.record.clone()));
                match self.hand_over(form, message, &scene, &good) {
                    Some(handled) => handled,
                    None => return (None, false),
                }
            }
            Judged::Bad(reason) => {
                up(&self.counts.bad);
                refusal(reason.to_owned())
            }
            Judged::Refused(outcome) => {
                up(&self.counts.bad);
                let Outcome::Refused(Some(symbol)) = outcome else { return (None, false) };
                refusal(scene.adapter.symbols.text(symbol).to_owned())
            }
        };
        up(if handled.outcome == world::Outcome::Done { &self.counts.done } else { &self.counts.refused });
        let member = member_name(&scene);
        let opens = signs_in.filter(|_| handled.outcome == world::Outcome::Done);
        if let Some(session) = opens {
            scene.session = self.drawn_for(&scene, session, &member);
            let overlap = Duration::from_millis(session.session.overlap_ms);
            locked(&self.sessions).open(&member, scene.session.clone(), self.mark(), overlap);
        }
        if self.closes(call) {
            locked(&self.sessions).close(&member);
        }
        let link = usize::from(form.call.link);
        let number = self.numbers(link, &mut scene);
        let reply = self.reply(form, &mut scene, &handled, wrong_seal);
        if reply.is_err() {
            self.not_used(link, number);
        }
        // What was too damaged to be answered is not a defect of the simulation.
        match reply {
            Ok(parts) => (Some(parts), opens.is_some()),
            Err(why) => {
                tracing::debug!(why, call = %form.call.name, "nothing can be said");
                if was_good && !form.call.replies.is_empty() {
                    self.failed(format!("{}: {why}", form.call.name));
                }
                (None, false)
            }
        }
    }

    /// Whether the bank signs off by this call (the mirror does not say it: only the bank's side does).
    fn closes(&self, call: CallId) -> bool {
        self.loaded.bank.module.sessions.iter().any(|session| session.session.close == Some(call))
    }

    /// Reads a request with the session's values, also with those before them.
    fn read(&self, message: MessageId, parts: &Parts) -> (Scene, Judged) {
        let mut scene = self.hearing();
        let module = Arc::clone(self.module());
        let form = module.program.messages.get(usize::from(message.0));
        let in_session = form.is_some_and(|form| form::uses_session(form, &module.program));
        if !in_session {
            let read = read(&mut scene, message, parts);
            let judged = verdict(&mut scene, read);
            return (scene, judged);
        }
        // The first look tells whose session it is: a member's name stands in the message itself. What is good without
        // any session needs none.
        let first_look = read(&mut scene, message, parts);
        let judged = verdict(&mut scene, first_look);
        if matches!(judged, Judged::Good(_)) {
            return (scene, judged);
        }
        let member = member_name(&scene);
        let standing = locked(&self.sessions).standing(&member);
        if standing != Signed::Open {
            let drawn = self.drawn(&scene);
            let mut sessions = locked(&self.sessions);
            sessions.provisional(&member, drawn);
            scene.session = sessions.values(&member, self.mark()).into_iter().next().unwrap_or_default();
            let reason = if standing == Signed::Expired { "session_expired" } else { "no_session" };
            return (scene, Judged::Bad(reason));
        }
        let values = locked(&self.sessions).values(&member, self.mark());
        let mut first = None;
        for session in values {
            let mut attempt = self.hearing();
            attempt.member.clone_from(&scene.member);
            attempt.session = session;
            let heard = read(&mut attempt, message, parts);
            let judged = verdict(&mut attempt, heard);
            if matches!(judged, Judged::Good(_)) {
                return (attempt, judged);
            }
            first.get_or_insert((attempt, judged));
        }
        first.unwrap_or((scene, Judged::Bad("bad_seal")))
    }

    /// Fresh values for a session; those that are not drawn stay absent.
    fn drawn(&self, scene: &Scene) -> Vec<Value<'static>> {
        let mut values = Vec::new();
        for session in &self.module().sessions {
            for (value, expression) in session.session.values.iter().zip(&session.values) {
                let made = value.make.then(|| evaluate_here(scene, *expression).ok()).flatten();
                values.push(made.unwrap_or(Value::Absent));
            }
        }
        values
    }

    /// Fresh values for one session; those of others stay as they hold, since each is opened by a call of its own.
    fn drawn_for(&self, scene: &Scene, session: &SessionProgram, member: &str) -> Vec<Value<'static>> {
        let mut values = self.drawn(scene);
        let held = locked(&self.sessions).values(member, self.mark());
        let own = usize::from(session.first_slot);
        let own = own..own.saturating_add(session.session.values.len());
        for (slot, before) in held.into_iter().next().unwrap_or_default().into_iter().enumerate() {
            if let Some(value) =
                values.get_mut(slot).filter(|_| !own.contains(&slot) && before != Value::Absent)
            {
                *value = before;
            }
        }
        values
    }

    fn hand_over(
        &self,
        form: &CallProgram,
        message: MessageId,
        scene: &Scene,
        good: &ReadMessage,
    ) -> Option<Handled> {
        let named = self.named(message)?;
        let (request, more) = self.split(message, &named.tree(&good.record));
        let facts = self.facts(scene, more);
        let mut world = locked(&self.world);
        if !world.calls().any(|call| *call == *form.call.name) {
            return Some(done());
        }
        let words = || match world.refusals(&form.call.name) {
            none if none.is_empty() => self.refusals(form),
            words => words,
        };
        let unwilling = locked(&self.faults).unwilling(&form.call.name, words);
        match world.handle(&form.call.name, &request, &facts, unwilling.as_ref()) {
            Ok(handled) => {
                if handled.unwilling {
                    up(&self.counts.faults);
                }
                Some(handled)
            }
            Err(error) => {
                drop(world);
                self.failed(error.to_string());
                None
            }
        }
    }

    /// The reasons that answers of a call have codes for.
    fn refusals(&self, form: &CallProgram) -> Vec<String> {
        let answers = form.call.replies.iter().filter_map(|message| self.named(*message));
        answers.flat_map(|named| refusals(&named)).collect()
    }

    pub(crate) fn named(&self, message: MessageId) -> Option<Named<'_>> {
        named_in(&self.loaded.party, message)
    }

    /// The fields of the call, and everything around them.
    pub(crate) fn split(
        &self,
        message: MessageId,
        tree: &Map<String, Json>,
    ) -> (Map<String, Json>, Map<String, Json>) {
        split(self.loaded.inner.get(usize::from(message.0)).map_or("", |path| path), tree)
    }

    pub(crate) fn facts(&self, scene: &Scene, more: Map<String, Json>) -> Facts {
        let business = scene.fact_text(Fact::BusinessDate);
        Facts {
            now: scene.now.to_string(),
            business_date: if business.is_empty() { scene.now.date().to_string() } else { business },
            serial: scene.fact_text(Fact::Serial),
            more,
        }
    }

    /// What an answer says by its code. What was done and stays may still be answered as refused or unknown: the other side
    /// reads that from the code, and with it which form the answer has.
    fn outcome_said(&self, form: &CallProgram, handled: &Handled) -> world::Outcome {
        let (world::Outcome::Done, Some(word)) = (handled.outcome, &handled.word) else {
            return handled.outcome;
        };
        let replies = form.call.replies.iter().filter_map(|message| self.named(*message));
        let meanings: Vec<Outcome> = replies.filter_map(|named| meant(&named, word)).collect();
        let done = meanings.iter().find(|meaning| matches!(meaning, Outcome::Done(_)));
        match done.or(meanings.first()) {
            None | Some(Outcome::Done(_)) => world::Outcome::Done,
            Some(Outcome::Refused(_)) => world::Outcome::Refused,
            Some(_) => world::Outcome::Unknown,
        }
    }

    fn reply(
        &self,
        form: &CallProgram,
        scene: &mut Scene,
        handled: &Handled,
        wrong_seal: bool,
    ) -> Result<Parts, String> {
        scene.put_fact(Fact::AnswerDate, Value::Date(scene.now.date()));
        scene.put_fact(Fact::AnswerTime, Value::Time(scene.now.time()));
        for fact in [Fact::AnswerMoment, Fact::MessageMoment] {
            scene.put_fact(fact, Value::DateTime(scene.now));
        }
        let serial = match &handled.answer_serial {
            Some(serial) => Some(serial.clone()),
            None => {
                let facts = self.facts(scene, Map::new());
                let said = locked(&self.world).answer_serial(&form.call.name, &facts);
                said.map_err(|error| error.to_string())?
            }
        };
        let serial = serial.unwrap_or_else(|| format!("{:012}", scene.counter.get()));
        scene.put_fact(Fact::AnswerSerial, Value::text(serial));
        let mut wrong = Vec::new();
        let mut replies: Vec<MessageId> = form.call.replies.clone();
        let outcome = self.outcome_said(form, handled);
        if outcome != world::Outcome::Done {
            replies.reverse();
        }
        let says = match outcome {
            world::Outcome::Done => Outcome::Done(None),
            world::Outcome::Refused => {
                let reason = handled.word.as_deref().and_then(|word| self.loaded.party.symbols.find(word));
                Outcome::Refused(reason)
            }
            world::Outcome::Unknown => Outcome::Unknown,
        };
        let program = |message: &MessageId| self.module().program.messages.get(usize::from(message.0));
        let means = |message: &MessageId| program(message).is_some_and(|program| program.means.is_some());
        replies.retain(|message| program(message).is_none_or(|program| program.may_say(says)));
        replies.sort_by_key(|message| !means(message));
        for message in replies {
            let inner = self.loaded.inner.get(usize::from(message.0)).map_or("", |path| path);
            let named = self.named(message).ok_or("a message that is not there")?;
            let fields = place(&named, inner, &handled.fields);
            let composed = Composed { fields, outcome: Some((outcome, handled.word.clone())), wrong_seal };
            let begun = with_until(self, scene, message);
            match begun.and_then(|record| compose(scene, message, &composed, Some(record))) {
                Ok((parts, _)) => return Ok(parts),
                Err(error) => wrong.push(error),
            }
        }
        Err(wrong.join("; "))
    }
}

/// How it was read; what could be read is the request that a reply echoes.
fn verdict(scene: &mut Scene, read: Option<ReadMessage>) -> Judged {
    use adapters::codec::FaultKind;
    let Some(read) = read else { return Judged::Bad("bad_message") };
    scene.request = Some(Arc::new(read.record.clone()));
    if let Some((_, report)) = &read.fault {
        tracing::debug!(%report, "a request that cannot be read");
    }
    match &read.fault {
        None => Judged::Good(Box::new(read)),
        Some((fault, _)) => match fault.kind {
            FaultKind::Refuse(symbol) => Judged::Refused(Outcome::Refused(Some(symbol))),
            kind => Judged::Bad(kind.reason()),
        },
    }
}

pub(crate) fn member_name(scene: &Scene) -> String {
    scene.member.as_ref().map(|member| member.name.clone()).unwrap_or_default()
}

fn done() -> Handled {
    Handled {
        outcome: world::Outcome::Done,
        word: None,
        fields: Map::new(),
        answer_serial: None,
        repeated: false,
        unwilling: false,
    }
}

fn refusal(reason: String) -> Handled {
    Handled { outcome: world::Outcome::Refused, word: Some(reason), ..done() }
}

/// The fields in the group at `inner`, and everything around it.
pub(crate) fn split(inner: &str, tree: &Map<String, Json>) -> (Map<String, Json>, Map<String, Json>) {
    if inner.is_empty() {
        return (tree.clone(), Map::new());
    }
    let mut around = tree.clone();
    let own = taken_out(inner, &mut around).unwrap_or_default();
    (own, around)
}

/// Takes the group at a path out of a tree.
fn taken_out(path: &str, tree: &mut Map<String, Json>) -> Option<Map<String, Json>> {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    if rest.is_empty() {
        let Json::Object(own) = tree.remove(name)? else { return None };
        return Some(own);
    }
    taken_out(rest, tree.get_mut(name)?.as_object_mut()?)
}

/// The moment in a zone, to the second: what stands in messages has no parts of seconds, and must be found again.
pub(crate) fn civil(seconds: i64, zone_minutes: i32) -> DateTime {
    let offset = jiff::tz::Offset::from_seconds(zone_minutes * 60).unwrap_or(jiff::tz::Offset::UTC);
    offset.to_datetime(jiff::Timestamp::from_second(seconds).unwrap_or_default())
}
