//! What a party begins: the acts of its world, and signing in where it is the party that does so.

use super::compose::{Composed, compose, place};
use super::files::Outstanding;
use super::line::{Line, Way, on_own_path};
use super::play::{Play, locked, member_name, up};
use super::serve::{frame, serve};
use super::session::{draw, opened};
use super::{PartyConfig, PartyTls};
use crate::numbered::numbering;
use crate::scene::{Parts, Past, Scene, evaluate_here, read};
use crate::world::{Outcome, Said, WorldError};
use dsl::evaluate::Value;
use dsl::model::{CallId, Fact, LinkKind, MessageId};
use dsl::program::{CallProgram, LinkProgram, SessionProgram};
use dsl::value::Outcome as Judged;
use link::Core;
use link::frame::Framer;
use link::world::TaskGroup;
use serde_json::{Map, Value as Json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;

/// Calls the other side.
pub(crate) struct Caller {
    pub(super) core: Core,
    pub(super) play: Arc<Play>,
    /// Settings, and the addresses that it calls at.
    pub(super) config: Mutex<PartyConfig>,
    tls: PartyTls,
    /// Files of ours that may still be answered.
    pub(super) files: Outstanding,
    /// Lines that the party has connected and holds.
    lines: TaskGroup,
}

/// A message that was sent, with what is needed to read its answer.
struct Asked {
    call: CallId,
    member: String,
    session: Vec<Value<'static>>,
    facts: crate::scene::Facts,
    request: adapters::value::Record,
    parts: Parts,
}

/// How an answer was read.
struct Heard {
    outcome: Outcome,
    fields: Map<String, Json>,
}

impl Caller {
    pub(crate) fn new(core: &Core, play: Arc<Play>, config: &PartyConfig, tls: &PartyTls) -> Self {
        Caller {
            core: core.clone(),
            play,
            config: Mutex::new(config.clone()),
            tls: tls.clone(),
            files: Outstanding::default(),
            lines: core.group(),
        }
    }

    /// From now on a link is called at this address.
    pub(crate) fn calls_at(&self, link: &str, address: &str) {
        locked(&self.config).links.insert(link.to_owned(), address.to_owned());
    }

    /// Does an act with values; how many messages were sent, and how many answered as done.
    pub(crate) async fn act(
        &self,
        name: &str,
        with: Map<String, Json>,
    ) -> Result<(usize, usize), WorldError> {
        let facts = || self.play.facts(&self.play.scene(), Map::new());
        let asked = self.play.facts(&self.play.scene(), with);
        let said = locked(&self.play.world).act(name, &asked)?;
        let (sent, mut done) = (said.len(), 0);
        for said in said {
            let heard = match self.file_call(&said) {
                None => self.say(&said).await,
                Some((call, link)) => match self.put_file(call, &link, &said).await {
                    Ok(Outcome::Done) => Heard { outcome: Outcome::Done, fields: Map::new() },
                    // Its answer is another file, which is told when it comes.
                    Ok(_) => continue,
                    Err(why) => {
                        self.play.failed(why);
                        Heard { outcome: Outcome::Unknown, fields: Map::new() }
                    }
                },
            };
            done += usize::from(heard.outcome == Outcome::Done);
            locked(&self.play.world).answered(&said, heard.outcome, &heard.fields, &facts())?;
        }
        Ok((sent, done))
    }

    async fn say(&self, said: &Said) -> Heard {
        let unknown = Heard { outcome: Outcome::Unknown, fields: Map::new() };
        let module = Arc::clone(self.play.module());
        let found =
            module.calls.iter().zip(0..).find(|(call, _)| call.call.ours && *call.call.name == *said.message);
        let Some((form, id)) = found else {
            self.play.failed(format!("act {}: the party begins no call {}", said.act, said.message));
            return unknown;
        };
        if let Err(why) = self.sign_in_first(form, said).await {
            self.play.failed(why);
            return unknown;
        }
        let fields = said.fields.clone();
        self.exchange(form, CallId(id), said.serial.clone(), fields).await.unwrap_or_else(|why| {
            tracing::warn!(why, call = %form.call.name, "not said, or not answered");
            unknown
        })
    }

    /// Signs in where the call needs a session that the party opens and has not.
    async fn sign_in_first(&self, form: &CallProgram, said: &Said) -> Result<(), String> {
        let module = Arc::clone(self.play.module());
        let request = module.program.messages.get(usize::from(form.call.request.0));
        let needs = request.is_some_and(|request| super::form::uses_session(request, &module.program));
        let signs_in = module.sessions.iter().filter(|session| session.changes.is_empty());
        let opens = signs_in.filter_map(|session| session.session.open).next();
        let (Some(open), true) = (opens, needs) else { return Ok(()) };
        let mut scene = self.play.scene();
        super::compose::member_of(form.call.request, &mut scene, &said.fields)?;
        let member = member_name(&scene);
        if locked(&self.play.sessions).standing(&member) == super::session::Standing::Open {
            return Ok(());
        }
        let Some(call) = module.calls.get(usize::from(open.0)) else { return Ok(()) };
        let around: Map<String, Json> = said
            .fields
            .iter()
            .filter(|(_, value)| value.is_object())
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect();
        let heard = self.exchange(call, open, None, around).await?;
        if heard.outcome == Outcome::Done { Ok(()) } else { Err("the sign-in was not taken".to_owned()) }
    }

    async fn exchange(
        &self,
        form: &CallProgram,
        id: CallId,
        serial: Option<String>,
        fields: Map<String, Json>,
    ) -> Result<Heard, String> {
        let link = self.play.module().links.get(usize::from(form.call.link)).cloned();
        let link = link.ok_or("a link that is not there")?;
        let place = usize::from(form.call.link);
        if link.link.connect && numbering(self.play.module(), place).is_some() {
            self.hold(place, &link).await?;
            // Holding it has signed in.
            if self.opens(place) == Some(id) {
                return Ok(Heard { outcome: Outcome::Done, fields: Map::new() });
            }
            return self.exchange_on_line(form, &link, id, serial, fields).await;
        }
        if link.link.kind == LinkKind::Tcp && !link.link.connect {
            return self.exchange_on_line(form, &link, id, serial, fields).await;
        }
        let (play, request) = (Arc::clone(&self.play), form.call.request);
        let working = self.play.work();
        let made = self.core.offload(move || ask(&play, id, request, serial, &fields)).await;
        drop(working);
        let asked = made.ok_or("given up")??;
        up(&self.play.counts.begun);
        let began = self.core.mark();
        let heard = self.send(form, &link, asked).await;
        let outcome = heard.as_ref().map_or(Outcome::Unknown, |heard| heard.outcome);
        self.play.counts.heard(outcome, self.core.mark().since(began));
        heard
    }

    /// What opens the numbered session of a link.
    fn opens(&self, place: usize) -> Option<CallId> {
        let on_link = |session: &&SessionProgram| {
            session.session.numbering.is_some_and(|numbering| usize::from(numbering.link) == place)
        };
        self.play.module().sessions.iter().find(on_link)?.session.open
    }

    /// Connects a line whose messages are numbered and signs in on it, unless the party is on it already.
    async fn hold(&self, place: usize, link: &LinkProgram) -> Result<(), String> {
        if self.play.is_on_line(place) {
            return Ok(());
        }
        let (name, config) = (&*link.link.name, locked(&self.config).clone());
        let address = config.links.get(name).ok_or_else(|| format!("link {name} has no address"))?;
        let words = |error: std::io::Error| format!("{address}: {error}");
        let mut stream = self.core.world().net.connect(address).await.map_err(words)?;
        if let Some(tls) = self.tls.clients.get(name) {
            stream = tls.connect(stream).await.map_err(words)?;
        }
        let (core, play) = (self.core.clone(), Arc::clone(&self.play));
        let (framer, begun) = (Framer::new(frame(&link.link)), play.on_line(place));
        let beat = link.link.empty_beat();
        self.lines.spawn(async move {
            let ended = serve(&core, &play, place, (framer, beat), Some(begun), stream).await;
            tracing::trace!(?ended, "connection ended");
        });
        let open = self.opens(place).ok_or("nothing opens the session")?;
        let form = self.play.module().calls.get(usize::from(open.0)).cloned();
        let form = form.ok_or("a call that is not there")?;
        let heard = Box::pin(self.exchange_on_line(&form, link, open, None, Map::new())).await?;
        if heard.outcome == Outcome::Done { Ok(()) } else { Err("the sign-in was not taken".to_owned()) }
    }

    /// An exchange on a line that is held.
    async fn exchange_on_line(
        &self,
        form: &CallProgram,
        link: &LinkProgram,
        id: CallId,
        serial: Option<String>,
        fields: Map<String, Json>,
    ) -> Result<Heard, String> {
        let ((give_asked, asked), (give_answer, answer)) = (oneshot::channel(), oneshot::channel());
        let (play, request) = (Arc::clone(&self.play), form.call.request);
        let make = move || {
            let made = ask(&play, id, request, serial, &fields);
            let parts = made.as_ref().ok().map(|asked| asked.parts.clone());
            // Who gave up waiting needs no message.
            give_asked.send(made).ok().and(parts)
        };
        self.play.begin_on_line(form, give_answer, Box::new(make))?;
        up(&self.play.counts.begun);
        let began = self.core.mark();
        let until = began.after(Duration::from_millis(link.link.answer_ms.unwrap_or(20_000)));
        let asked = self.core.within(until, asked).await.map_err(|_| "not said in time")?;
        let asked = asked.map_err(|_| "the line ended")??;
        if form.call.replies.is_empty() {
            return Ok(Heard { outcome: Outcome::Done, fields: Map::new() });
        }
        let answer = self.core.within(until, answer).await.map_err(|_| "no answer in time")?;
        let answer = answer.map_err(|_| "another exchange began")?;
        let (play, form) = (Arc::clone(&self.play), form.clone());
        let working = self.play.work();
        let heard = self.core.offload(move || hear(&play, &form, &asked, &answer)).await.ok_or("given up")?;
        drop(working);
        let outcome = heard.as_ref().map_or(Outcome::Unknown, |heard| heard.outcome);
        self.play.counts.heard(outcome, self.core.mark().since(began));
        heard
    }

    /// Sends what was written, and reads the answer.
    async fn send(&self, form: &CallProgram, link: &LinkProgram, asked: Asked) -> Result<Heard, String> {
        let limit = Duration::from_millis(link.link.answer_ms.unwrap_or(20_000));
        let until = self.core.mark().after(limit);
        let way = Way::of(link, &self.play.scene());
        let config = locked(&self.config).clone();
        let opened = Line::open(&self.core, link, &config, &self.tls, way);
        let mut line = self.core.within(until, opened).await.map_err(|_| "no connection in time")??;
        let words = |error: std::io::Error| error.to_string();
        if form.call.replies.is_empty() && line.is_framed() {
            line.send_raw(&line.framed(&asked.parts).map_err(words)?).await.map_err(words)?;
            return Ok(Heard { outcome: Outcome::Done, fields: Map::new() });
        }
        let answer = self.core.within(until, line.exchange(&asked.parts)).await;
        let answer = answer.map_err(|_| "no answer in time")?.map_err(words)?;
        if form.call.replies.is_empty() {
            return Ok(Heard { outcome: Outcome::Done, fields: Map::new() });
        }
        let (play, form) = (Arc::clone(&self.play), form.clone());
        let _working = self.play.work();
        self.core.offload(move || hear(&play, &form, &asked, &answer)).await.ok_or("given up")?
    }
}

/// Writes a request of the party.
fn ask(
    play: &Play,
    call: CallId,
    request: MessageId,
    serial: Option<String>,
    fields: &Map<String, Json>,
) -> Result<Asked, String> {
    let mut scene = play.scene();
    let named = play.named(request).ok_or("a message that is not there")?;
    let member = prepare(play, &mut scene, request, serial, fields)?;
    draw(&mut scene, call);
    let inner = play.loaded.inner.get(usize::from(request.0)).map_or("", |path| path);
    let said = Composed { fields: place(&named, inner, fields), outcome: None, wrong_seal: false };
    let link = play.module().calls.get(usize::from(call.0)).map(|form| usize::from(form.call.link));
    let number = link.and_then(|link| play.numbers(link, &mut scene));
    let composed = compose(&mut scene, request, &said, None);
    if let (Some(link), true) = (link, composed.is_err()) {
        play.not_used(link, number);
    }
    let (mut parts, record) = composed?;
    if let Some(form) = play.module().calls.get(usize::from(call.0)) {
        on_own_path(form, &scene, &mut parts);
    }
    Ok(Asked { call, member, session: scene.session, facts: scene.facts, request: record, parts })
}

/// Puts into a scene what is known of a message that the party begins: its moments, its member, its serial, the session.
/// Gives the member's name.
///
/// # Errors
/// A member that the party does not have, in words.
pub(super) fn prepare(
    play: &Play,
    scene: &mut Scene,
    request: MessageId,
    serial: Option<String>,
    fields: &Map<String, Json>,
) -> Result<String, String> {
    let now = scene.now;
    scene.put_fact(Fact::Date, Value::Date(now.date()));
    scene.put_fact(Fact::Time, Value::Time(now.time()));
    scene.put_fact(Fact::Moment, Value::DateTime(now));
    scene.put_fact(Fact::BusinessDate, Value::Date(now.date()));
    scene.put_fact(Fact::MessageMoment, Value::DateTime(now));
    super::compose::member_of(request, scene, fields)?;
    let serial = match serial {
        Some(serial) => Value::text(serial),
        None => match play.module().serial.map(|serial| evaluate_here(scene, serial)) {
            Some(Ok(serial)) => serial,
            _ => Value::text(format!("{:012}", scene.counter.get())),
        },
    };
    scene.put_fact(Fact::Serial, serial.clone());
    scene.put_fact(Fact::MessageSerial, serial);
    let member = member_name(scene);
    if let Some(session) = locked(&play.sessions).values(&member, play.mark()).into_iter().next() {
        scene.session = session;
    }
    Ok(member)
}

/// Reads the answer to what was asked; a sign-in's answer opens the session.
fn hear(play: &Play, form: &CallProgram, asked: &Asked, answer: &Parts) -> Result<Heard, String> {
    let mut wrong = String::from("the call has no answer");
    for message in &form.call.replies {
        let mut scene = play.scene();
        if !asked.member.is_empty() {
            scene.set_member(&asked.member).map_err(|error| error.to_string())?;
        }
        scene.session.clone_from(&asked.session);
        scene.facts.clone_from(&asked.facts);
        scene.request = Some(Arc::new(asked.request.clone()));
        let Some(heard) = read(&mut scene, *message, answer) else { continue };
        if let Some((_, report)) = heard.fault {
            wrong = report.to_string();
            continue;
        }
        let outcome = match heard.outcome.outcome {
            None | Some(Judged::Done(_)) => Outcome::Done,
            Some(Judged::Refused(_)) => Outcome::Refused,
            Some(Judged::Unknown) => Outcome::Unknown,
        };
        let Some(named) = play.named(*message) else { continue };
        let (fields, _) = play.split(*message, &named.tree(&heard.record));
        if outcome == Outcome::Done {
            let past = Past { reply: Some(heard.record), ..Past::default() };
            scene.calls.insert(asked.call, past);
            if let Some((values, overlap)) = opened(&mut scene, asked.call)? {
                locked(&play.sessions).open(&asked.member, values, play.mark(), overlap);
            }
        }
        return Ok(Heard { outcome, fields });
    }
    Err(wrong)
}

/// Begins the acts that have a time of their own; those whose message the adapter's variant does not have are left out.
pub(crate) fn by_themselves(group: &Arc<TaskGroup>, caller: &Arc<Caller>) {
    let module = Arc::clone(caller.play.module());
    let has = |message: &str| module.calls.iter().any(|call| call.call.ours && *call.call.name == *message);
    let acts: Vec<(String, Duration)> = {
        let world = locked(&caller.play.world);
        let own = world.acts().filter(|(name, _)| world.message_of(name).is_none_or(has));
        own.filter_map(|(name, every)| every.map(|every| (name.to_owned(), every))).collect()
    };
    for (name, every) in acts {
        let caller = Arc::clone(caller);
        group.spawn(async move {
            loop {
                let clock = &caller.core.world().clock;
                clock.sleep_until(clock.mark().after(every)).await;
                if let Err(error) = caller.act(&name, Map::new()).await {
                    caller.play.failed(error.to_string());
                }
            }
        });
    }
}
