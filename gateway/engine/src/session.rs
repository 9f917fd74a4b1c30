//! Sessions: signing in, work keys, renewal, overlap, signing off; and sessions that a party opens with us.
//!
//! In: what the adapter says of a session, and exchanges. Out: values for messages to be sealed with. Values are kept
//! sealed in the journal. Calls wait for a session within their own limit; one sign-in is under way at a time. It must
//! not know what the values are for.

pub(crate) mod connection;
pub(crate) mod members;

use crate::Ours;
use crate::calendar::stamp;
use crate::engine::Engine;
use crate::exchange::{Asking, Verdict};
use crate::facts::{Body, Facts, tag, untag};
use crate::message::{self, Refusal};
use crate::scene::{Past, Scene, SessionValues, no_values};
use crate::version::{CallRef, Member, Version};
use arc_swap::{ArcSwap, ArcSwapOption};
use dashmap::DashMap;
use dsl::evaluate::Value;
use dsl::model::CallId;
use dsl::program::{ModuleProgram, SessionProgram};
use dsl::value::{DateTime, Outcome};
use link::world::Told;
use link::{BoxFuture, Mark};
use members::{Opened, has_own, opened_for};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;
use store::{Change, Lane, Session as StoredSession, Verdict as Written};
use tokio::sync::{Mutex, Notify};

/// Milliseconds that a call waits for a session where its link sets no limit.
const WAIT_MS: u64 = 30_000;
/// The pause after a sign-in that failed.
const BACK_OFF: Duration = Duration::from_secs(1);
/// How long a message that cannot be read waits for a sign-in that is under way.
const SETTLES: Duration = Duration::from_secs(10);

/// Before the names of values that held before, where a session is kept. No name of a value holds a blank.
const BEFORE: &str = "before ";
/// The name of the moment at which those end, in milliseconds.
const BEFORE_ENDS: &str = " before ends";

/// Values of sessions, by slot, that change once a message has been answered.
pub type Changed = Vec<(u16, Value<'static>)>;

/// Sessions by party and member.
#[derive(Default)]
pub struct Sessions {
    cells: DashMap<String, Arc<Cell>, Ours>,
    /// Of members, by party and member.
    members: DashMap<(String, String), Arc<Cell>>,
    /// How often anybody's values have changed.
    changes: AtomicU64,
}

/// One party's sessions, or one member's.
#[derive(Default)]
pub struct Cell {
    now: ArcSwapOption<Good>,
    before: ArcSwapOption<(SessionValues, Mark)>,
    /// Held from where new values are put together from those that hold until they hold themselves.
    turning: Mutex<()>,
    /// Held while a sign-in is under way.
    signing: Mutex<()>,
    /// How the last sign-in ends, for all who wait for it.
    ending: Lock<Option<Ending>>,
    failed: ArcSwap<Option<Mark>>,
    /// Answers in a row that may renew the session.
    failures: AtomicU64,
    /// Rings when values are put.
    told: Notify,
}

/// How a sign-in ended; none while it is under way.
type Ending = Told<Result<(), Refusal>>;

/// Values that are good.
struct Good {
    values: SessionValues,
    until: Option<DateTime>,
    /// They were told on this connection, and end with it.
    connection: Option<u64>,
    /// The other side has used them: it knows them. It stands beside them, so that what is heard under others says nothing of them.
    known: AtomicBool,
}

impl Good {
    fn new(values: SessionValues, until: Option<DateTime>, connection: Option<u64>) -> Self {
        Self { values, until, connection, known: AtomicBool::new(false) }
    }
}

impl Sessions {
    /// The cell of a party or member.
    #[must_use]
    pub fn cell(&self, party: &str, member: Option<&str>) -> Arc<Cell> {
        let Some(member) = member else {
            // It is looked at for every message: nothing is made where it is there.
            let known = self.cells.get(party).map(|cell| Arc::clone(&cell));
            return known
                .unwrap_or_else(|| Arc::clone(self.cells.entry(party.to_owned()).or_default().value()));
        };
        let key = (party.to_owned(), member.to_owned());
        Arc::clone(self.members.entry(key).or_default().value())
    }

    /// The session as operators see it: party, member, whether it is good.
    #[must_use]
    pub fn list(&self) -> Vec<(String, Option<String>, bool)> {
        let signed = |cell: &Cell| cell.now.load().is_some();
        let parties = self.cells.iter().map(|entry| (entry.key().clone(), None, signed(entry.value())));
        let members = self.members.iter().map(|entry| {
            let (party, member) = entry.key().clone();
            (party, Some(member), signed(entry.value()))
        });
        let mut all: Vec<_> = parties.chain(members).collect();
        all.sort();
        all
    }

    /// A count that grows whenever the values of a session change.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    fn put(&self, cell: &Cell, good: Good, before: Option<(SessionValues, Mark)>) {
        cell.put(good, before);
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// Waits until the sign-ins of a party that are under way have ended.
    async fn settled(&self, party: &str) {
        let of_members = self.members.iter().filter(|entry| entry.key().0 == party);
        let own = self.cells.get(party).map(|cell| Arc::clone(&cell));
        let cells: Vec<Arc<Cell>> =
            own.into_iter().chain(of_members.map(|entry| Arc::clone(entry.value()))).collect();
        for cell in cells {
            drop(cell.signing.lock().await);
        }
    }
}

impl Cell {
    /// The values that hold now.
    #[must_use]
    pub fn values(&self) -> Option<SessionValues> {
        self.now.load().as_ref().map(|good| Arc::clone(&good.values))
    }

    /// The values that held before, while they overlap.
    #[must_use]
    pub fn before(&self, now: Mark) -> Option<SessionValues> {
        let before = self.before.load();
        before.as_ref().filter(|before| before.1 > now).map(|before| Arc::clone(&before.0))
    }

    /// A message of the other side was read under these values.
    pub(crate) fn heard_under(&self, values: &SessionValues) {
        if let Some(good) = &*self.now.load()
            && Arc::ptr_eq(&good.values, values)
        {
            good.known.store(true, Ordering::Release);
        }
    }

    /// What the other side may go on with when these values hold no more, and for how many milliseconds: they, unless it has
    /// never used them and what was before them overlaps still.
    fn left_behind(&self, values: SessionValues, now: Mark, overlap: u64) -> (SessionValues, u64) {
        let before = self.before.load();
        let known = self.now.load().as_ref().is_some_and(|good| good.known.load(Ordering::Acquire));
        match before.as_ref().filter(|before| before.1 > now && !known) {
            Some(before) => {
                let left = u64::try_from(before.1.since(now).as_millis()).unwrap_or(u64::MAX);
                (Arc::clone(&before.0), left)
            }
            None => (values, overlap),
        }
    }

    /// Until when they hold, where the sign-in said it.
    fn until(&self) -> Option<DateTime> {
        self.now.load().as_ref().and_then(|good| good.until)
    }

    fn good_at(&self, now: DateTime) -> Option<SessionValues> {
        let good = self.now.load();
        let good = good.as_ref()?;
        good.until.is_none_or(|until| until > now).then(|| Arc::clone(&good.values))
    }

    /// Puts new values; those before them stay good for what is under way.
    fn put(&self, good: Good, before: Option<(SessionValues, Mark)>) {
        if let Some(before) = before {
            self.before.store(Some(Arc::new(before)));
        }
        self.now.store(Some(Arc::new(good)));
        self.failures.store(0, Ordering::Release);
        self.failed.store(Arc::new(None));
        self.told.notify_waiters();
    }

    /// Waits until values are good.
    pub(crate) async fn until_good(&self, now: impl Fn() -> DateTime) {
        loop {
            let mut told = std::pin::pin!(self.told.notified());
            told.as_mut().enable();
            if self.good_at(now()).is_some() {
                return;
            }
            told.await;
        }
    }

    /// On which connection they were told, where they end with it.
    fn connection(&self) -> Option<u64> {
        self.now.load().as_ref().and_then(|good| good.connection)
    }

    /// Forgets values that were told on a connection that has ended.
    fn clear_of(&self, connection: u64) {
        self.now.rcu(|now| now.clone().filter(|good| good.connection != Some(connection)));
    }

    /// Forgets them.
    pub fn clear(&self) {
        self.now.store(None);
    }
}

/// Values of a party's sessions: slot and name.
fn named_values(program: &ModuleProgram) -> impl Iterator<Item = (usize, &str)> {
    let values = program.sessions.iter().flat_map(|session| &session.session.values);
    values.enumerate().map(|(slot, value)| (slot, &*value.name))
}

fn is_own(asking: &Asking, session: &SessionProgram) -> bool {
    let call = Some(asking.call.call);
    if session
        .session
        .numbering
        .is_some_and(|numbers| [numbers.gap.0, numbers.fill.0].contains(&asking.call.call))
    {
        return true;
    }
    session.session.open == call || session.session.close == call || session.session.serve == call
}

impl Engine {
    /// The values that a request is written with. Waits for a sign-in that is under way, or signs in.
    ///
    /// # Errors
    /// `no_session` when there is none within the call's limit.
    pub async fn session_for(self: &Arc<Self>, asking: &Asking) -> Result<SessionValues, Refusal> {
        if let Some(told) = &asking.signing {
            return Ok(Arc::clone(told));
        }
        let Some(module) = asking.version.module(asking.call.module) else { return Ok(no_values()) };
        let cell = self.session_cell(&asking.version, asking.call.module, asking.member.as_deref());
        let own = module.sessions.iter().any(|session| is_own(asking, session));
        let bare = module.links.iter().any(|link| {
            let is_beat = link.link.beats.iter().any(|beat| beat.call == Some(asking.call.call));
            is_beat || link.link.unread == Some(asking.call.call)
        });
        if module.sessions.is_empty() || own || bare {
            return Ok(cell.values().unwrap_or_else(no_values));
        }
        if let Some(values) = cell.good_at(self.now()) {
            return Ok(values);
        }
        match opened_for(module) {
            None => return Err(Refusal::told("no_session", "the party has not signed in".into())),
            // What is of no member is under no session that each member has for itself.
            Some(Opened::Members) if asking.member.is_none() => return Ok(cell.values().unwrap_or_default()),
            Some(_) => {}
        }
        let limit =
            asking.version.link_of(asking.call).and_then(|link| link.link.answer_ms).unwrap_or(WAIT_MS);
        let until = self.core.mark().after(Duration::from_millis(limit));
        let signing =
            Box::pin(self.sign_in(&asking.version, asking.call.module, asking.member.clone(), None));
        match self.core.within(until, signing).await {
            Ok(Ok(())) => cell.values().ok_or_else(|| Refusal::of("no_session")),
            Ok(Err(refusal)) => Err(refusal),
            Err(_) => Err(Refusal::told("no_session", "no session within the call's limit".into())),
        }
    }

    /// Signs in, once for all who wait. `stale`: values that were refused; if others hold by now, all is well. The sign-in
    /// lives by itself, so that it ends as it ends however long those wait who want it: one that each took up and gave up in turn
    /// would never be heard of, and each would cost the party a key.
    ///
    /// # Errors
    /// Why there is no session.
    pub async fn sign_in(
        self: &Arc<Self>,
        version: &Arc<Version>,
        module: usize,
        member: Option<Arc<Member>>,
        stale: Option<&SessionValues>,
    ) -> Result<(), Refusal> {
        let Some(program) = version.module(module) else { return Ok(()) };
        if connection::at_connect(program).is_some() {
            return self.connected(version, module, member.as_ref(), stale).await;
        }
        let member = member.filter(|member| has_own(version, module, member));
        let cell = self.session_cell(version, module, member.as_deref());
        let ending = {
            let mut known = cell.ending.lock().unwrap_or_else(PoisonError::into_inner);
            let good = cell.good_at(self.now());
            if good.is_some_and(|values| stale.is_none_or(|stale| !Arc::ptr_eq(stale, &values))) {
                return Ok(());
            }
            // One whose task is gone with its core ends nothing.
            match known.as_ref().filter(|ending| ending.is_awaited()) {
                Some(ending) => ending.clone(),
                None => {
                    let (ends, ending) = link::world::told();
                    *known = Some(ending.clone());
                    let signs_in =
                        Arc::clone(self).sign_in_once(Arc::clone(version), module, member, Arc::clone(&cell));
                    self.core.spawn(async move {
                        ends.tell(signs_in.await);
                    });
                    ending
                }
            }
        };
        let given_up = || Err(Refusal::told("no_session", "the sign-in was given up".into()));
        ending.heard().await.map_or_else(given_up, Clone::clone)
    }

    /// One sign-in, not before the pause after the last that failed is over. It makes requests, which may sign in: as a future of
    /// its own it does not hold itself.
    fn sign_in_once(
        self: Arc<Self>,
        version: Arc<Version>,
        module: usize,
        member: Option<Arc<Member>>,
        cell: Arc<Cell>,
    ) -> BoxFuture<'static, Result<(), Refusal>> {
        Box::pin(async move {
            if let Some(failed) = **cell.failed.load() {
                self.core.deadline(failed.after(BACK_OFF)).await;
            }
            let _signing = cell.signing.lock().await;
            let signed = self.sign_in_all(&version, module, member.as_ref(), &cell, None).await;
            if signed.is_err() {
                cell.failed.store(Arc::new(Some(self.core.mark())));
            }
            signed
        })
    }

    /// Opens the party's sessions in the order in which they are written: what one tells is known to those after it (a
    /// token, and the ticket that is got for it). The values hold until the first of them ends. `on`: this line and connection.
    async fn sign_in_all(
        self: &Arc<Self>,
        version: &Arc<Version>,
        module: usize,
        member: Option<&Arc<Member>>,
        cell: &Cell,
        on: Option<(usize, u64)>,
    ) -> Result<(), Refusal> {
        let Some(program) = version.module(module) else { return Ok(()) };
        let (mut overlap, mut opened) = (0, false);
        let mut until: Option<DateTime> = None;
        let mut scene = self.scene(version, module);
        for session in &program.sessions {
            let Some(open) = session.session.open else { continue };
            if session.session.per_member && member.is_none() {
                continue;
            }
            opened = true;
            let told = std::mem::take(&mut scene.told);
            scene = self
                .open(version, module, member, (open, on.map(|(line, _)| line)), values_of(&told, cell))
                .await?;
            scene.told = told;
            for (place, expression) in session.values.iter().enumerate() {
                let value = message::value_elsewhere(self, &mut scene, *expression).await;
                let value = value.map_err(|fault| {
                    Refusal::told("no_session", format!("{}: {fault:?}", session.session.name))
                })?;
                let slot = session.first_slot.saturating_add(u16::try_from(place).unwrap_or(u16::MAX));
                scene.told.insert(slot, value);
            }
            for check in &session.checks {
                let holds = message::value_elsewhere(self, &mut scene, *check).await;
                if holds != Ok(Value::Flag(true)) {
                    return Err(Refusal::told(
                        "no_session",
                        format!("a check of `{}` does not hold", session.session.name),
                    ));
                }
            }
            if let Some(expression) = session.until {
                let ends = match message::value_elsewhere(self, &mut scene, expression).await {
                    Ok(Value::DateTime(moment)) => Some(moment),
                    Ok(Value::Duration(span)) => {
                        self.now().checked_add(jiff::SignedDuration::from_millis(span)).ok()
                    }
                    _ => None,
                };
                let early = jiff::SignedDuration::from_millis(
                    i64::try_from(session.session.early_ms).unwrap_or(i64::MAX),
                );
                let ends = ends.map(|ends| ends.saturating_sub(early));
                until = until.into_iter().chain(ends).min();
            }
            overlap = overlap.max(session.session.overlap_ms);
        }
        if !opened {
            return Ok(());
        }
        let _turning = cell.turning.lock().await;
        let good = Good::new(values_of(&scene.told, cell), until, on.map(|(_, connection)| connection));
        let before = cell.values().map(|before| (before, overlap));
        self.hold_session(version, module, member, good, before).await;
        tracing::info!(party = %program.name, "signed in");
        Ok(())
    }

    /// The sign-in's exchange; gives a scene that knows it.
    async fn open(
        self: &Arc<Self>,
        version: &Arc<Version>,
        module: usize,
        member: Option<&Arc<Member>>,
        (open, line): (CallId, Option<usize>),
        known: SessionValues,
    ) -> Result<Box<Scene>, Refusal> {
        let asking = Asking {
            member: member.cloned(),
            line,
            signing: Some(known),
            ..Asking::new(version, CallRef { module, call: open }, Facts::default(), None)
        };
        let prepared = Box::pin(self.prepare(asking)).await?;
        let verdict = Box::pin(self.exchange_once(&prepared)).await;
        let Verdict::Heard(heard) = verdict else {
            return Err(Refusal::told("no_session", "the sign-in was not answered".into()));
        };
        if !matches!(heard.outcome, Outcome::Done(_)) {
            return Err(Refusal::told("no_session", format!("the sign-in was refused: {}", heard.text)));
        }
        let party = version.module(module).map_or("", |module| &module.name);
        let name = member.map(|member| &*member.name);
        let mut scene = self.scene(version, module);
        scene.member = member.cloned();
        scene.facts = heard.facts;
        scene.calls = self.past_of(party, name).into_iter().collect();
        Ok(scene)
    }

    /// Whether an answer with this reason renews the party's session: so many of its kind came in a row. Any other answer
    /// begins the count anew.
    #[must_use]
    pub fn renews(&self, asking: &Asking, reason: &str) -> bool {
        let Some(module) = asking.version.module(asking.call.module) else { return false };
        if module.sessions.iter().any(|session| is_own(asking, session)) {
            return false;
        }
        let cell = self.session_cell(&asking.version, asking.call.module, asking.member.as_deref());
        let Some(times) = self.renewed_by(asking, reason) else {
            cell.failures.store(0, Ordering::Release);
            return false;
        };
        cell.failures.fetch_add(1, Ordering::AcqRel) + 1 >= u64::from(times)
    }

    /// After how many answers with this reason in a row the party's session is renewed; none where it never is.
    pub(crate) fn renewed_by(&self, asking: &Asking, reason: &str) -> Option<u32> {
        let module = asking.version.module(asking.call.module)?;
        let renew = module.sessions.iter().flat_map(|session| &session.session.renew);
        renew.filter(|(symbol, _)| asking.version.text(*symbol) == reason).map(|(_, times)| *times).max()
    }

    /// Whether a message of the party that nobody could read is worth another look: the party may use what it told in
    /// a sign-in before we have heard its answer to the end, so what is under way is waited for. `known`: the count of
    /// [`Sessions::changes`] before the message was read.
    pub async fn signed_since(self: &Arc<Self>, party: &str, known: u64) -> bool {
        let until = self.core.mark().after(SETTLES);
        let _settled_or_not = self.core.within(until, self.sessions.settled(party)).await;
        self.sessions.changes() != known
    }

    /// Signs in again, unless others did since these values.
    ///
    /// # Errors
    /// Why there is no session.
    pub async fn renew(self: &Arc<Self>, asking: &Asking, stale: &SessionValues) -> Result<(), Refusal> {
        Box::pin(self.sign_in(&asking.version, asking.call.module, asking.member.clone(), Some(stale))).await
    }

    /// Whether a served call opens a session, or changes its values.
    #[must_use]
    pub fn opens_session(&self, version: &Version, call: CallRef) -> bool {
        let sessions = version.module(call.module).map_or(&[][..], |module| &module.sessions);
        sessions.iter().any(|session| session.session.serve == Some(call.call))
    }

    /// A party signs in with us, or tells what values become: draws the values that the session makes, keeps those that it
    /// was told. They hold when the answer is written. Gives the values of other sessions that change then, if the call is
    /// of a session at all.
    ///
    /// # Errors
    /// When a value cannot be made, or a check does not hold.
    pub async fn draw_session(
        self: &Arc<Self>,
        scene: &mut Scene,
        call: CallId,
    ) -> Result<Option<Changed>, Refusal> {
        let version = Arc::clone(&scene.version);
        let Some(program) = version.module(scene.module) else { return Ok(None) };
        let mut changed = None;
        for session in program.sessions.iter().filter(|session| session.session.serve == Some(call)) {
            let request = scene.request.as_deref().cloned();
            let said = Past { call: Some(call), facts: scene.facts.clone(), request, ..Past::default() };
            scene.calls.insert(call, Arc::new(said));
            let wrong = |fault| Refusal::told("other", format!("{}: {fault:?}", session.session.name));
            for (place, expression) in session.values.iter().enumerate() {
                let value = message::value_elsewhere(self, scene, *expression).await.map_err(wrong)?;
                let slot = session.first_slot.saturating_add(u16::try_from(place).unwrap_or(u16::MAX));
                scene.told.insert(slot, value);
            }
            for check in &session.checks {
                if message::value_elsewhere(self, scene, *check).await != Ok(Value::Flag(true)) {
                    let text = format!("a check of `{}` does not hold", session.session.name);
                    return Err(Refusal::told("bad_message", text));
                }
            }
            let changed = changed.get_or_insert_with(Changed::new);
            for (slot, expression) in &session.changes {
                let value = message::value_elsewhere(self, scene, *expression).await.map_err(wrong)?;
                changed.push((*slot, value));
            }
        }
        Ok(changed)
    }

    /// Notes under which values of a session a message of the other side was read.
    pub(crate) fn heard_under(&self, scene: &Scene) {
        if scene.read_under {
            let cell = self.session_cell(&scene.version, scene.module, scene.member.as_deref());
            cell.heard_under(&scene.session);
        }
    }

    /// What a served message drew or told becomes the session. What it was sealed with itself is what held before: the
    /// party goes on with that until it has heard the answer. One that is sealed with nothing of the session may repeat another
    /// whose answer never came: what the party has not used is not what it goes on with. A copy changes nothing a second time.
    pub async fn take_drawn(self: &Arc<Self>, mut scene: Box<Scene>, call: CallId, changed: Changed) {
        let version = Arc::clone(&scene.version);
        let Some(program) = version.module(scene.module) else { return };
        let member = scene.member.clone().filter(|member| has_own(&version, scene.module, member));
        let cell = self.session_cell(&version, scene.module, member.as_deref());
        let sessions = program.sessions.iter().filter(|session| session.session.serve == Some(call));
        let overlap = sessions.map(|session| session.session.overlap_ms).max().unwrap_or(0);
        let _turning = cell.turning.lock().await;
        let until = if changed.is_empty() { None } else { cell.until() };
        scene.told.extend(changed);
        let values = values_of(&scene.told, &cell);
        let known = cell.values();
        if known.as_ref() == Some(&values) {
            return;
        }
        let Scene { module, session, read_under, .. } = *scene;
        let before = known.map(|known| match read_under {
            true => (session, overlap),
            false => cell.left_behind(known, self.core.mark(), overlap),
        });
        self.hold_session(
            &version,
            module,
            member.as_ref(),
            Good::new(values, until, cell.connection()),
            before,
        )
        .await;
    }

    /// Keeps the session in the journal, then lets it hold, by who holds its cell's `turning`; what was before it for that many milliseconds.
    async fn hold_session(
        &self,
        version: &Version,
        module: usize,
        member: Option<&Arc<Member>>,
        good: Good,
        before: Option<(SessionValues, u64)>,
    ) {
        let Some(program) = version.module(module) else { return };
        let mut body = Body::default();
        let mut put = |prefix: &str, values: &SessionValues| {
            for (slot, name) in named_values(program) {
                let tagged = values.get(slot).map(|known| tag(known, version.symbols()));
                body.put(&format!("{prefix}{name}"), tagged.unwrap_or_default().into_bytes());
            }
        };
        put("", &good.values);
        if let Some((before, overlap)) = before.as_ref().filter(|(_, overlap)| *overlap > 0) {
            put(BEFORE, before);
            let ends = self.journal.now().0.saturating_add(i64::try_from(*overlap).unwrap_or(i64::MAX));
            body.put(BEFORE_ENDS, ends.to_string().into_bytes());
        }
        let until = good.until.map(|until| stamp(self.calendar.moment(until)));
        let change = Change::PutSession {
            party: program.name.to_string(),
            name: member.map_or_else(String::new, |member| member.name.to_string()),
            session: Some(StoredSession { values: body.encode(), until }),
        };
        let day = crate::calendar::day(self.business_date(version, module));
        match self.journal.write(Lane::Outcome, day, vec![change]).await {
            Ok(Written::Ok(_)) => {}
            Ok(verdict) => tracing::warn!(party = %program.name, ?verdict, "the session was not kept"),
            Err(fatal) => self.fail(&fatal),
        }
        let cell = self.session_cell(version, module, member.map(|member| &**member));
        let ends = |overlap| self.core.mark().after(Duration::from_millis(overlap));
        self.sessions.put(&cell, good, before.map(|(before, overlap)| (before, ends(overlap))));
    }

    /// Takes a session from the journal, after a restart or for who is new here. What holds already is newer than what stands there.
    pub async fn resume_session(
        self: &Arc<Self>,
        version: &Arc<Version>,
        module: usize,
        member: Option<&str>,
    ) {
        let Some(program) = version.module(module) else { return };
        let cell = self.sessions.cell(&program.name, member);
        let _turning = cell.turning.lock().await;
        if cell.values().is_some() {
            return;
        }
        let (party, name) = (program.name.to_string(), member.unwrap_or("").to_owned());
        let stored = self.journal.read(move |reader| reader.session(&party, &name)).await;
        let Ok(Some(stored)) = stored else { return };
        let Some(body) = Body::decode(&stored.values) else { return };
        let read = |prefix: &str| -> SessionValues {
            let value = |(_, name): (usize, &str)| {
                let text = String::from_utf8_lossy(body.get(&format!("{prefix}{name}"))?).into_owned();
                untag(&text, version.symbols())
            };
            Arc::new(named_values(program).map(|named| value(named).unwrap_or(Value::Absent)).collect())
        };
        let until =
            stored.until.map(|until| self.calendar.local(link::Moment(until.0.saturating_mul(1_000))));
        let ends = body.get(BEFORE_ENDS).and_then(|ends| std::str::from_utf8(ends).ok()?.parse::<i64>().ok());
        let left = ends.and_then(|ends| u64::try_from(ends.saturating_sub(self.journal.now().0)).ok());
        let before = left.map(|left| (read(BEFORE), self.core.mark().after(Duration::from_millis(left))));
        self.sessions.put(&cell, Good::new(read(""), until, None), before);
    }

    /// Brings values that hold over to a version that was loaded: they go by the names that they have there, at places of its own.
    pub(crate) async fn carry_session(
        &self,
        (old, was): (&Version, usize),
        (new, is): (&Version, usize),
        member: Option<&str>,
    ) {
        let (Some(before), Some(after)) = (old.module(was), new.module(is)) else { return };
        let cell = self.sessions.cell(&after.name, member);
        let _turning = cell.turning.lock().await;
        let known: HashMap<&str, usize> = named_values(before).map(|(slot, name)| (name, slot)).collect();
        let carried = |values: &SessionValues| -> SessionValues {
            let value = |name: &str| match values.get(*known.get(name)?)? {
                value @ (Value::Name(_) | Value::Outcome(_)) => {
                    untag(&tag(value, old.symbols()), new.symbols())
                }
                value => Some(value.clone()),
            };
            Arc::new(named_values(after).map(|(_, name)| value(name).unwrap_or(Value::Absent)).collect())
        };
        let Some(good) = cell.now.load_full() else { return };
        let values = carried(&good.values);
        let mut more = values.iter().skip(good.values.len());
        if values.starts_with(&good.values) && more.all(|value| *value == Value::Absent) {
            return;
        }
        let before = cell.before.load_full().map(|before| (carried(&before.0), before.1));
        let new = Good::new(values, good.until, good.connection);
        new.known.store(good.known.load(Ordering::Acquire), Ordering::Release);
        self.sessions.put(&cell, new, before);
    }

    /// Forgets a session that was signed off, in the journal too: it is not to come back with the next start.
    async fn forget_session(&self, version: &Version, module: usize, member: Option<&Member>) {
        let Some(program) = version.module(module) else { return };
        let cell = self.session_cell(version, module, member);
        let _turning = cell.turning.lock().await;
        if cell.values().is_none() {
            return;
        }
        cell.clear();
        let change = Change::PutSession {
            party: program.name.to_string(),
            name: member.map_or_else(String::new, |member| member.name.to_string()),
            session: None,
        };
        let day = crate::calendar::day(self.business_date(version, module));
        match self.journal.write(Lane::Outcome, day, vec![change]).await {
            Ok(Written::Ok(_)) => {}
            Ok(verdict) => {
                tracing::warn!(party = %program.name, ?verdict, "the journal still has a session that was signed off");
            }
            Err(fatal) => self.fail(&fatal),
        }
    }
}

/// All values of a party's sessions: what was told now, else what held before.
fn values_of(told: &BTreeMap<u16, Value<'static>>, cell: &Cell) -> SessionValues {
    let old = cell.values().unwrap_or_default();
    let slots = told.keys().map(|slot| usize::from(*slot) + 1).max().unwrap_or(0).max(old.len());
    let value = |slot: usize| {
        let new = u16::try_from(slot).ok().and_then(|slot| told.get(&slot));
        new.or(old.get(slot)).cloned().unwrap_or(Value::Absent)
    };
    Arc::new((0..slots).map(value).collect())
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sessions").field("cells", &(self.cells.len() + self.members.len())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(connection: Option<u64>) -> Good {
        Good::new(Arc::default(), None, connection)
    }

    #[test]
    fn values_end_with_the_connection_that_they_were_told_on_and_with_no_other() {
        let cell = Cell::default();
        cell.put(good(Some(2)), None);
        cell.clear_of(1);
        assert!(cell.values().is_some(), "the end of the one before comes late");
        cell.clear_of(2);
        assert!(cell.values().is_none());
        cell.put(good(None), None);
        cell.clear_of(2);
        assert!(cell.values().is_some());
    }

    #[test]
    fn what_the_other_side_has_never_used_is_not_what_it_goes_on_with() {
        let cell = Cell::default();
        let values = || -> SessionValues { Arc::new(vec![Value::Flag(true)]) };
        let (first, second) = (values(), values());
        let ends = Mark(60_000_000_000);
        cell.put(Good::new(Arc::clone(&second), None, None), Some((Arc::clone(&first), ends)));
        let left = |now| cell.left_behind(Arc::clone(&second), now, 90_000);
        let (before, milliseconds) = left(Mark(20_000_000_000));
        assert!(Arc::ptr_eq(&before, &first) && milliseconds == 40_000, "for as long as it had");
        let (before, milliseconds) = left(ends);
        assert!(Arc::ptr_eq(&before, &second) && milliseconds == 90_000);
        cell.heard_under(&first);
        assert!(Arc::ptr_eq(&left(Mark(0)).0, &first));
        cell.heard_under(&second);
        assert!(Arc::ptr_eq(&left(Mark(0)).0, &second));
    }
}
