//! Links on which parties ask us: a message comes, is read, runs a service or is answered at once, and is answered in the
//! party's own form, also when it is bad.
//!
//! In: packets of accepted links. Out: packets, or silence. It must not know which party it serves.

mod listening;
pub(crate) mod originals;
mod past;
mod refused;
mod reply;
mod unasked;

use crate::driver::{AnswerWriter, Known, NewFlow, Told, ToldKind, ask_digest};
use crate::engine::Engine;
use crate::exchange::{Asking, Prepared, empty};
use crate::message::{self, ReadMessage, Unread};
use crate::packet::Packet;
use crate::scene::{Scene, SessionValues, no_values};
use crate::session::Changed;
use crate::version::{CallRef, FlowRef, Version};
use crate::view::push_part;
use adapters::codec::ReadOutcome;
use adapters::value::encode_record;
use dsl::evaluate::Value;
use dsl::model::{CallId, Fact, MessageId, ServiceKind, Space};
use dsl::program::{LinkProgram, Part};
use dsl::value::Outcome;
pub use listening::{Listener, Listening};
pub use refused::refuse;
pub(crate) use refused::refuse_counted;
pub(crate) use reply::Replying;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use store::{Change, Day, Direction, Key};

/// Milliseconds to answer where the link says nothing.
const ANSWER_MS: u64 = 10_000;

/// What is said to a message.
pub(crate) enum Said {
    /// This, in the party's own form.
    Packet(Packet),
    /// Nothing: none is due, or the adapter says that a pending end is met with silence.
    Nothing,
    /// Nothing can be said to it in the party's form: the connection ends, so that nobody waits.
    Unanswerable,
}

/// An answer, and what it is written from.
pub(crate) struct Answered {
    pub(crate) packet: Packet,
    pub(crate) source: Source,
}

/// What an answer is written from: one that leaves under a number is written as it leaves.
#[derive(Clone)]
pub(crate) enum Source {
    /// The answer to a message.
    Reply(Arc<Replying>, Arc<Told>),
    /// A message of ours, which answers what nobody can read.
    Own(Arc<Prepared>),
}

/// What comes of a message.
pub(crate) enum Came {
    /// It is answered.
    Answer(Box<Answered>),
    /// As [`Said::Nothing`].
    Nothing,
    /// As [`Said::Unanswerable`].
    Unanswerable,
}

/// One message that is served.
pub(crate) struct Serving {
    pub(crate) engine: Arc<Engine>,
    pub(crate) version: Arc<Version>,
    party: Arc<str>,
    link: Arc<str>,
    peer: Arc<str>,
    /// A number to write its answer with, where the session counts its messages; it gets its own as it leaves.
    pub(crate) number: Option<u64>,
}

impl Serving {
    /// Serves what comes by a link, by the version that holds now.
    pub(crate) fn of(
        engine: &Arc<Engine>,
        party: impl Into<Arc<str>>,
        link: impl Into<Arc<str>>,
        peer: impl Into<Arc<str>>,
    ) -> Self {
        Self {
            engine: Arc::clone(engine),
            version: engine.current.load_full(),
            party: party.into(),
            link: link.into(),
            peer: peer.into(),
            number: None,
        }
    }

    pub(crate) async fn packet(self, packet: Packet) -> Said {
        match self.answer_to(&packet).await {
            Came::Answer(answered) => Said::Packet(answered.packet),
            Came::Nothing => Said::Nothing,
            Came::Unanswerable => Said::Unanswerable,
        }
    }

    pub(crate) async fn answer_to(&self, packet: &Packet) -> Came {
        let module = self.version.module_named(&self.party);
        let program = module.and_then(|module| self.version.module(module));
        let link =
            program.and_then(|program| program.links.iter().find(|link| *link.link.name == *self.link));
        let (Some(module), Some(link)) = (module, link) else { return Came::Unanswerable };
        let known = self.engine.sessions.changes();
        let mut heard = self.read(module, link, packet).await;
        let sessions = program.map_or(&[][..], |program| &program.sessions);
        if heard.is_err()
            && sessions.iter().any(|session| session.session.open.is_some())
            && Box::pin(self.engine.signed_since(&self.party, known)).await
        {
            heard = self.read(module, link, packet).await;
        }
        match heard {
            Ok((call, message, read)) => {
                let call = CallRef { module, call };
                let (scene, outcome) = self.heard(call, message, read);
                let said = self.serve(call, scene, outcome, packet).await;
                said.map_or(Came::Nothing, |answered| Came::Answer(Box::new(answered)))
            }
            Err(unread) => {
                let said = Box::pin(self.bad(module, link, unread, packet)).await;
                said.map_or(Came::Unanswerable, |answered| Came::Answer(Box::new(answered)))
            }
        }
    }

    /// The message as the first that it may be reads it; else why the one that it comes nearest to does not.
    async fn read(
        &self,
        module: usize,
        link: &LinkProgram,
        packet: &Packet,
    ) -> Result<(CallId, MessageId, ReadMessage), Option<(CallId, Box<Unread>)>> {
        let mut nearest: Option<(CallId, Box<Unread>)> = None;
        let (candidates, bare) = self.candidates(module, link, packet);
        // What it is told by is looked at alone, and leaves nothing behind.
        let mut bare = Some(bare);
        for (call, message) in candidates {
            for before in [false, true] {
                if before && !self.has_before(module) {
                    continue;
                }
                let bare = bare.take().unwrap_or_else(|| self.engine.scene(&self.version, module));
                let scene = self.dressed(bare, before, Some(call));
                match message::read(&self.engine, scene, message, packet).await {
                    Ok(read) => return Ok((call, message, read)),
                    Err(unread) => {
                        // Under another session a message is no other: a seal that does not hold there says nothing.
                        let nearer = |(before, known): &(CallId, Box<Unread>)| match *before == call {
                            true => unread.nearness.refused() && !known.nearness.refused(),
                            false => unread.nearness > known.nearness,
                        };
                        if nearest.as_ref().is_none_or(nearer) {
                            nearest = Some((call, unread));
                        }
                    }
                }
            }
        }
        Err(nearest)
    }

    /// The messages that it may be: by its code, else by the path that it came on, else all of the link; and the scene in which
    /// that was looked at.
    fn candidates(
        &self,
        module: usize,
        link: &LinkProgram,
        packet: &Packet,
    ) -> (Vec<(CallId, MessageId)>, Box<Scene>) {
        let mut scene = self.engine.scene(&self.version, module);
        let code = message::code_of(&self.version, &mut scene, link, packet);
        let known = link.by_code.iter();
        match code {
            Some(code) => {
                let mut named: Vec<_> = known
                    .filter(|(text, ..)| **text == *code)
                    .map(|(_, call, message)| (*call, *message))
                    .collect();
                // What may be asked of us goes before what may be a late answer to us.
                let ours = |call| {
                    self.version.call(CallRef { module, call }).is_some_and(|program| program.call.ours)
                };
                named.sort_by_key(|(call, _)| ours(*call));
                (named, scene)
            }
            None => {
                let all = known.map(|(_, call, message)| (*call, *message)).collect();
                (self.on_path(module, &scene, packet, all), scene)
            }
        }
    }

    /// Those whose path it came on, where their paths tell them apart.
    fn on_path(
        &self,
        module: usize,
        scene: &Scene,
        packet: &Packet,
        all: Vec<(CallId, MessageId)>,
    ) -> Vec<(CallId, MessageId)> {
        let calls = self.version.module(module).map_or(&[][..], |module| &module.calls);
        let path = |call: &CallId| match calls
            .get(usize::from(call.0))?
            .path
            .map(|path| message::value(scene, path))
        {
            Some(Ok(Value::Text(path))) => Some(path),
            _ => None,
        };
        let paths: Vec<_> = all.iter().map(|(call, _)| path(call)).collect();
        if paths.windows(2).all(|pair| matches!(pair, [one, other] if one == other)) {
            return all;
        }
        let came = packet.part(Part::Path);
        let same =
            |path: &Option<Cow<'_, str>>| path.as_ref().is_some_and(|path| path.as_bytes() == came.as_ref());
        all.iter().zip(&paths).filter(|(_, path)| same(path)).map(|(found, _)| *found).collect()
    }

    /// Whether messages of a module may still be under the session before the one that holds.
    fn has_before(&self, module: usize) -> bool {
        let per_member = self.version.module(module).is_some_and(|module| module.member.is_some());
        let cell = self.engine.sessions.cell(&self.party, None);
        per_member || cell.before(self.engine.core.mark()).is_some()
    }

    /// A scene to read a message in; `before`: with the session that held before.
    pub(crate) fn scene(&self, module: usize, before: bool, call: Option<CallId>) -> Box<Scene> {
        self.dressed(self.engine.scene(&self.version, module), before, call)
    }

    /// The same out of a scene in which nothing is known yet.
    fn dressed(&self, mut scene: Box<Scene>, before: bool, call: Option<CallId>) -> Box<Scene> {
        let module = scene.module;
        scene.session = session_values(&self.engine, &self.version, module, (before, None));
        // What says when it was sent can be held against when it came.
        let day =
            match call.is_some_and(|call| message::named_by_day(&self.version, CallRef { module, call })) {
                true => Value::Absent,
                false => Value::Date(self.engine.business_date_at(&self.version, module, scene.now)),
            };
        let came = Value::DateTime(scene.now);
        scene.facts.put_all(&[(Fact::AnswerMoment, came), (Fact::BusinessDate, day)]);
        if let Some(number) = self.number {
            scene.facts.put(Fact::MessageNumber, &Value::Number(number.into()));
        }
        if self.version.module(module).is_some_and(|module| module.member.is_some()) {
            let (engine, version) = (Arc::clone(&self.engine), Arc::clone(&self.version));
            scene.sessions = Some(Arc::new(move |member| {
                session_values(&engine, &version, module, (before, Some(member)))
            }));
        }
        let program = self.version.module(module).zip(call);
        let ask = program.and_then(|(program, call)| program.calls.get(usize::from(call.0))?.call.ask);
        if let Some(shape) = ask {
            scene.book.put(Space::Ask, 0, empty(&self.version, shape));
        }
        scene
    }

    /// The scene of a message that was read, and what the message says of outcomes.
    fn heard(&self, call: CallRef, message: MessageId, read: ReadMessage) -> (Box<Scene>, ReadOutcome) {
        let ReadMessage { record, mut scene, outcome } = read;
        debug_assert!(self.version.call(call).is_none_or(|program| {
            program.call.ours || originals::of_ours(&self.version, call) || program.call.request == message
        }));
        self.engine.heard_under(&scene);
        scene.stamp(self.engine.business_date_at(&self.version, call.module, scene.now));
        scene.request = Some(Arc::new(record));
        (scene, outcome)
    }

    async fn serve(
        &self,
        call: CallRef,
        mut scene: Box<Scene>,
        outcome: ReadOutcome,
        packet: &Packet,
    ) -> Option<Answered> {
        let program = self.version.call(call)?;
        if program.call.ours || originals::of_ours(&self.version, call) {
            Box::pin(originals::late_result(&self.engine, &scene, call, &outcome)).await;
            return self.answer(call, scene, Told::of(ToldKind::Done, store::FlowId(0)), None).await;
        }
        if let Some(path) = program.service.as_deref().filter(|path| !self.may_ask(path)) {
            let link = format!("{}.{}", self.party, self.link);
            let head = packet.content().get(..64).unwrap_or(packet.content());
            refuse(&self.engine, &link, &self.peer, &format!("{} may not ask {path}", self.party), head);
            return self.answer(call, scene, Told::refused("no_agreement", String::new()), None).await;
        }
        if !program.unseen.is_empty()
            && let Some(told) = Box::pin(self.seen(&scene, call)).await
        {
            return self.answer(call, scene, told, None).await;
        }
        // What few calls need stands apart, or every message would be as large as it.
        if originals::speaks_of_another(program)
            && let Some(told) = Box::pin(originals::served(&self.engine, &mut scene, call)).await
        {
            return self.answer(call, scene, told, None).await;
        }
        if self.engine.opens_session(&self.version, call) {
            match Box::pin(self.engine.draw_session(&mut scene, call.call)).await {
                Ok(None) => {}
                Ok(changed) => {
                    let told = Told::of(ToldKind::Done, store::FlowId(0));
                    return self.answer(call, scene, told, changed).await;
                }
                Err(refusal) => {
                    return self
                        .answer(call, scene, Told::refused(&refusal.reason, refusal.text), None)
                        .await;
                }
            }
        }
        match flow_of(&self.version, call) {
            Some(flow) => Box::pin(self.flow(call, flow, scene, packet.clone())).await,
            None => self.direct(call, scene).await,
        }
    }

    /// What a message is told that has what another one had: it was recorded by somebody and sent again.
    async fn seen(&self, scene: &Scene, call: CallRef) -> Option<Told> {
        let unseen = &self.version.call(call)?.unseen;
        for (place, (value, within_ms, refuse)) in unseen.iter().enumerate() {
            let value = message::value(scene, *value).ok()?;
            let mut name = Vec::new();
            push_part(&mut name, crate::facts::plain(&value, self.version.symbols()).as_bytes());
            let span = i64::try_from(*within_ms).unwrap_or(i64::MAX);
            let until = store::Moment(self.engine.journal.now().0.saturating_add(span));
            let once = Change::Once { scope: format!("{}.unseen {place}", self.party), name, until };
            match self.engine.journal.write(store::Lane::Ask, day_of(scene), vec![once]).await {
                Ok(store::Verdict::Ok(_)) => {}
                Ok(store::Verdict::Seen) => {
                    let text = format!("its nonce came within {} s before", within_ms / 1000);
                    return Some(Told::refused(self.version.text(*refuse), text));
                }
                Ok(_) => return Some(Told::refused("busy", String::new())),
                Err(fatal) => {
                    self.engine.fail(&fatal);
                    return Some(Told::unknown());
                }
            }
        }
        None
    }

    /// Whether the deployment lets the party ask for a service.
    fn may_ask(&self, path: &str) -> bool {
        let deployment = self.engine.deployment.load();
        let granted = deployment.parties.get(&*self.party).and_then(|party| party.value.services.as_ref());
        granted.is_none_or(|granted| granted.iter().any(|service| service.value == path))
    }

    async fn flow(
        &self,
        call: CallRef,
        reference: FlowRef,
        mut scene: Box<Scene>,
        packet: Packet,
    ) -> Option<Answered> {
        let Some(key) = served_key(&self.engine, &scene, call) else {
            return self
                .answer(call, scene, Told::refused("bad_message", "the message has no key".into()), None)
                .await;
        };
        let program = self.version.call(call)?;
        let ask = if program.call.ask.is_some() { scene.book.take(Space::Ask, 0) } else { None };
        let digest = self.digest(call, ask.as_ref());
        let request = program.call.request;
        let kept = scene.request.as_deref();
        let kept = kept.map(|record| crate::exchange::kept(&self.version, call, request, record));
        let kept = kept.unwrap_or_default();
        let found_by = originals::look_ups(&scene, call, ask.as_ref(), &kept);
        let wait = self.version.link_of(call).and_then(|link| link.link.answer_ms).unwrap_or(ANSWER_MS);
        let facts = scene.facts.clone();
        let replying = Arc::new(Replying::new(&self.engine, call, scene, ask.clone()));
        let writer: Arc<dyn AnswerWriter> = Arc::clone(&replying) as Arc<dyn AnswerWriter>;
        let new = NewFlow {
            version: Arc::clone(&self.version),
            reference,
            ask,
            facts,
            key,
            known: known_of_call(&self.version, call),
            waited_for: true,
            digest,
            packet: Some(packet),
            sheets: crate::facts::Tagged::new(),
            found_by,
            kept,
            writer: Some(writer),
        };
        let told = self.engine.ask(new, Duration::from_millis(wait.saturating_mul(9) / 10)).await;
        crate::observe::served(&self.version, call, told.kind);
        replied(replying, told).await
    }

    fn digest(&self, call: CallRef, ask: Option<&adapters::value::Record>) -> [u8; 32] {
        let shape = self.version.call(call).and_then(|call| call.call.ask);
        let octets = match (ask, shape) {
            (Some(ask), Some(shape)) => {
                encode_record(ask, &self.version.compiled.shapes, shape, self.version.symbols())
                    .unwrap_or_default()
            }
            _ => Vec::new(),
        };
        ask_digest(&[&octets])
    }

    /// What needs no flow: a query goes to its provider, anything else is answered as taken.
    async fn direct(&self, call: CallRef, mut scene: Box<Scene>) -> Option<Answered> {
        let program = self.version.call(call)?;
        let service = program.service.as_deref().and_then(|path| self.version.service(path));
        let query = service.filter(|service| service.kind == ServiceKind::Query);
        if let (Some(_), Some(path)) = (query, program.service.as_deref()) {
            let ask = scene.book.take(Space::Ask, 0);
            let told = self.engine.ask_provider(&self.version, path, &scene.facts, ask).await;
            return self.answer(call, scene, told, None).await;
        }
        if !program.call.replies.is_empty() || program.call.ask.is_some() {
            self.note(call, &scene).await;
        }
        self.answer(call, scene, Told::of(ToldKind::Done, store::FlowId(0)), None).await
    }

    /// A message that runs nothing and has a key is remembered, so that its repeat is known.
    async fn note(&self, call: CallRef, scene: &Scene) {
        let Some(program) = self.version.call(call) else { return };
        if program.once.is_empty() {
            return;
        }
        let Some(key) = served_key(&self.engine, scene, call) else { return };
        let until = store::Moment(self.engine.journal.now().0 + 7 * 86_400_000);
        let once =
            Change::Once { scope: format!("{}.{}", self.party, program.call.name), name: key.once, until };
        if let Err(fatal) = self.engine.journal.write(store::Lane::Outcome, key.date, vec![once]).await {
            self.engine.fail(&fatal);
        }
    }

    async fn answer(
        &self,
        call: CallRef,
        scene: Box<Scene>,
        told: Told,
        opened: Option<Changed>,
    ) -> Option<Answered> {
        crate::observe::served(&self.version, call, told.kind);
        let replying = Arc::new(Replying::new(&self.engine, call, scene, None));
        let answered = replied(Arc::clone(&replying), told).await;
        if let (Some(changed), true) = (opened, answered.is_some()) {
            self.engine.take_drawn(replying.scene(), call.call, changed).await;
        }
        answered
    }

    /// A message that cannot be believed or read: answered in the party's form where its head could be read, else by what
    /// the party has for anything that cannot.
    async fn bad(
        &self,
        module: usize,
        link: &LinkProgram,
        nearest: Option<(CallId, Box<Unread>)>,
        packet: &Packet,
    ) -> Option<Answered> {
        let fault = nearest.as_ref().map_or("unknown_message", |(_, unread)| unread.text.as_str());
        let head = packet.content().get(..64).unwrap_or(packet.content());
        let name = format!("{}.{}", self.party, self.link);
        refuse(&self.engine, &name, &self.peer, fault, head);
        tracing::warn!(party = %self.party, link = %self.link, peer = %self.peer, fault, "a message was refused");
        let general = link.link.unread.map(|call| CallRef { module, call });
        let mut scene = self.engine.scene(&self.version, module);
        let known = general.is_none() || message::code_of(&self.version, &mut scene, link, packet).is_some();
        // Of a message that was read whole and is refused it is known what it is, also where no code says so.
        let known = known || nearest.as_ref().is_some_and(|(_, unread)| unread.nearness.refused());
        let Some((call, unread)) = nearest.filter(|_| known) else {
            return self.said_of_itself(general?).await;
        };
        let Unread { reason, record, mut scene, .. } = *unread;
        scene.stamp(self.engine.business_date(&self.version, module));
        scene.request = Some(Arc::new(record));
        // What was wrong with it is ours to know; the party hears its own code with its own words.
        match self.answer(CallRef { module, call }, scene, Told::refused(&reason, String::new()), None).await
        {
            Some(answer) => Some(answer),
            None => self.said_of_itself(general?).await,
        }
    }

    /// A message of ours that answers what nobody can read.
    async fn said_of_itself(&self, call: CallRef) -> Option<Answered> {
        let asking = Asking::new(&self.version, call, crate::facts::Facts::default(), None);
        match Box::pin(self.engine.prepare(asking)).await {
            Ok(prepared) => {
                let packet = prepared.packet.clone();
                Some(Answered { packet, source: Source::Own(Arc::new(prepared)) })
            }
            Err(refusal) => {
                tracing::warn!(party = %self.party, reason = %refusal.reason, text = %refusal.text, "nothing can be said");
                None
            }
        }
    }
}

/// Values of the session of a member, or of nobody; `before`: of the one that held before, while there is one.
fn session_values(
    engine: &Engine,
    version: &Version,
    module: usize,
    (before, member): (bool, Option<&str>),
) -> SessionValues {
    let member = member.and_then(|name| version.parties.get(module)?.members.get(name));
    let cell = engine.session_cell(version, module, member.map(|member| &**member));
    let old = if before { cell.before(engine.core.mark()) } else { None };
    old.or_else(|| cell.values()).unwrap_or_else(no_values)
}

/// The answer as it was written before, else as it is written now; none where the party has no such answer.
async fn replied(replying: Arc<Replying>, mut told: Told) -> Option<Answered> {
    let packet = match told.packet.take() {
        Some(packet) => packet,
        None => {
            let (packet, given) = replying.packet(&told).await?;
            told.given = Some(given);
            packet
        }
    };
    Some(Answered { packet, source: Source::Reply(replying, Arc::new(told)) })
}

/// The flow that runs on a served call: on its service, or on the call itself.
pub(crate) fn flow_of(version: &Version, call: CallRef) -> Option<FlowRef> {
    let program = version.call(call)?;
    let by_service = program.service.as_deref().and_then(|path| version.service(path)?.flow);
    by_service.or_else(|| version.served_by(call))
}

/// The key of a served message: the fields of its `once`, under the date that it names.
pub(crate) fn served_key(engine: &Engine, scene: &Scene, call: CallRef) -> Option<Key> {
    let program = scene.version.call(call)?;
    let module = scene.version.module(call.module)?;
    let mut once = format!("{}:", program.call.name).into_bytes();
    if let Some(member) = &scene.member {
        push_part(&mut once, member.name.as_bytes());
    }
    for part in &program.once {
        let value = message::value(scene, *part).ok()?;
        if !value.is_present() {
            return None;
        }
        push_part(&mut once, crate::facts::plain(&value, scene.version.symbols()).as_bytes());
    }
    if program.once.is_empty() {
        let now = engine.journal.now();
        push_part(&mut once, &now.0.to_be_bytes());
        push_part(&mut once, &engine.core.world().random.below(u64::MAX).to_be_bytes());
    }
    Some(Key { date: day_of(scene), party: module.name.to_string(), direction: Direction::In, once })
}

/// Where the key of a served call is looked for.
pub(crate) fn known_of_call(version: &Version, call: CallRef) -> Known {
    match version.call(call) {
        Some(program) if program.once_anew => Known::Days,
        _ => Known::Ever,
    }
}

/// The date that a message names, else ours. The asker's own date goes first: it is what a repeat and a reversal name
/// again, whatever our cut-over has done meanwhile.
pub(crate) fn day_of(scene: &Scene) -> Day {
    match (scene.facts.get(Fact::Date), scene.facts.get(Fact::BusinessDate)) {
        (Value::Date(date), _) | (_, Value::Date(date)) => crate::calendar::day(date),
        _ => Day(0),
    }
}

impl Engine {
    /// Asks the provider of a query's service, outside of any flow.
    pub async fn ask_provider(
        self: &Arc<Self>,
        version: &Arc<Version>,
        path: &str,
        facts: &crate::facts::Facts,
        ask: Option<adapters::value::Record>,
    ) -> Told {
        let Some(service) = version.service(path) else { return Told::refused("no_route", String::new()) };
        let at = ask.as_ref().and_then(|ask| routed(version, path, service, ask));
        let calls = version.providers(path, at.as_deref());
        let Some(call) = self.chosen(version, &calls, facts, ask.as_ref()) else {
            return Told::refused("no_route", String::new());
        };
        // No two are asked under one serial.
        let Some(number) = self.next_flow().await else {
            let full = message::Refusal::full();
            return Told::refused(&full.reason, full.text);
        };
        let serial = crate::calendar::flow_serial(self.now(), number.0);
        let mut known = crate::facts::Facts::default();
        known.put_all(&[
            (Fact::Branch, facts.get(Fact::Branch)),
            (Fact::Teller, facts.get(Fact::Teller)),
            (Fact::Channel, facts.get(Fact::Channel)),
            (Fact::FlowSerial, Value::Text(serial.into())),
        ]);
        let heard = match self.query(Asking::new(version, call, known, ask).for_member()).await {
            Ok(heard) => heard,
            Err(refusal) => return Told::refused(&refusal.reason, refusal.text),
        };
        match heard.outcome {
            Outcome::Done(_) => Told {
                record: heard.answer.map(Arc::new),
                shape: Some(service.answer),
                ..Told::of(ToldKind::Done, store::FlowId(0))
            },
            Outcome::Refused(_) => Told::refused(heard.reason(version), heard.text),
            Outcome::Unknown => Told::refused("busy", heard.text),
        }
    }
}

/// The name of the provider in an ask: of the field that the routes name, or the only field that names a provider.
fn routed(
    version: &Version,
    path: &str,
    service: &crate::version::Service,
    ask: &adapters::value::Record,
) -> Option<String> {
    // Where there is one provider alone, nothing of the ask has to be looked at.
    if service.providers.len() == 1 && version.routing_field(path).is_none() {
        return None;
    }
    let shape = version.compiled.shapes.get(service.ask.0 as usize)?;
    let text = |place: usize| {
        let value = ask.value(place).ok()?;
        let names = matches!(value, Value::Text(_) | Value::Name(_) | Value::Number(_));
        names.then(|| crate::facts::plain(&value, version.symbols()))
    };
    match version.routing_field(path) {
        Some(field) => text(shape.fields.iter().position(|known| *known.name == *field)?),
        None => {
            (0..shape.fields.len()).filter_map(text).find(|name| version.provider(path, Some(name)).is_some())
        }
    }
}
