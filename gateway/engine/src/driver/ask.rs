//! Asks: a new flow, or the one that has its key already.

use super::order::Order;
use super::{Given, INBOX, Inbox, Operation, Running, Told, ToldKind, program_of};
use crate::book::Book;
use crate::engine::Engine;
use crate::facts::{Body, Facts, Tagged};
use crate::packet::Packet;
use crate::version::{FlowRef, Version};
use adapters::value::{Record, encode_record};
use dsl::flow::{CancelAnswer, Event, LoopId, State};
use dsl::model::Space;
use link::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Change, Day, Fatal, FlowId, FlowRow, Key, Lane, Verdict};
use tokio::sync::{mpsc, oneshot};

/// Days before the one that a message names on which its key is looked for too: who repeats may name the day of the repeat. The
/// copy that named the first day may come behind that: the key is looked for on the day after as well.
const DAYS_BACK: usize = 7;
/// How often a flow is told that leaves the memory just then.
const TELLS: usize = 8;

/// On which days the flow of a key is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// On the key's day, those just before it and the one after: what it is once by may come again for another act.
    Days,
    /// On all that the journal keeps: it is given once and for ever.
    Ever,
}

/// Writes an answer in the asker's own form, before it is kept.
pub trait AnswerWriter: Send + Sync {
    /// The packet and what it was written with, or none where the asker has no such answer.
    fn write(self: Arc<Self>, told: Told) -> BoxFuture<'static, Option<(Packet, Given)>>;
}

/// What is asked of a flow.
pub struct NewFlow {
    /// By which version.
    pub version: Arc<Version>,
    /// Which flow.
    pub reference: FlowRef,
    /// The record asked.
    pub ask: Option<Record>,
    /// Facts of the ask.
    pub facts: Facts,
    /// Its key.
    pub key: Key,
    /// Where it is looked for.
    pub known: Known,
    /// Somebody waits for its answer, and is told at once where it would wait in vain.
    pub waited_for: bool,
    /// Digest of what was asked, without what may differ in a repeat.
    pub digest: [u8; 32],
    /// The message that asks, as it came.
    pub packet: Option<Packet>,
    /// Lists of the ask that stand on sheets: name of the field, name of the sheet.
    pub sheets: Tagged,
    /// Look-ups that find it by other fields than its key.
    pub found_by: Vec<store::FoundBy>,
    /// Kept fields of the message that asks, by path (decisions D17).
    pub kept: Tagged,
    /// Writes the answer.
    pub writer: Option<Arc<dyn AnswerWriter>>,
}

/// The day before in the calendar; day 0 of what is no date of it.
pub(super) fn day_before(day: Day) -> Day {
    let before = crate::calendar::date(day).and_then(|date| date.yesterday().ok());
    before.map_or(Day(0), crate::calendar::day)
}

impl Known {
    /// The first and the last day on which the flow of a key is looked for: before it is asked, and by the journal, which takes
    /// no other flow on one of them.
    pub(super) fn days(self, day: Day, today: Day) -> (Day, Day) {
        match self {
            Self::Days => ((0..DAYS_BACK).fold(day, |day, _| day_before(day)), day.next()),
            // Also on a later one than the key's: the list of an earlier day may come behind that of a later.
            Self::Ever => (Day(0), (0..DAYS_BACK).fold(today, |day, _| day.next()).max(day.next())),
        }
    }
}

/// SHA-256 of parts.
#[must_use]
pub fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut all = Vec::new();
    for part in parts {
        crate::view::push_part(&mut all, part);
    }
    let made = adapters::seal::digest(adapters::seal::Digest::Sha256, &all);
    made.try_into().unwrap_or([0; 32])
}

impl Engine {
    /// Asks for a flow and waits so long for its end; then it is pending.
    pub async fn ask(self: &Arc<Self>, new: NewFlow, wait: Duration) -> Told {
        let (give, take) = oneshot::channel();
        let until = self.core.mark().after(wait);
        if let Some(known) = self.keyed.get(&new.key).map(|flow| *flow) {
            self.join(known, new.digest, give).await;
            return self.wait_told(take, known, wait).await;
        }
        let mut new = new;
        match self.key_before(&new.key, new.known).await {
            Ok(Some((_, Some(flow)))) => {
                self.join(flow, new.digest, give).await;
                return self.wait_told(take, flow, wait).await;
            }
            // It was taken back before it came: it is refused under the day on which that was.
            Ok(Some((day, None))) => new.key.date = day,
            Ok(None) => {}
            Err(_) => return Told::unknown(),
        }
        let Some(permit) = self.admit() else {
            return Told::refused("busy", String::new());
        };
        let Some(id) = self.next_flow().await else {
            return Told::refused("busy", String::new());
        };
        // Whoever waited that long has gone, or asks again: nothing of it may begin behind an enquiry that found nothing.
        if new.waited_for && self.core.mark() > until {
            return Told::unknown();
        }
        if let Some(known) = self.begun_before(&new.key) {
            drop(permit);
            self.join(known, new.digest, give).await;
            return self.wait_told(take, known, wait).await;
        }
        let (post, inbox) = mpsc::channel(INBOX);
        let waited_for = new.waited_for;
        let mut running = match self.running(id, new, None, (post, inbox), vec![give]) {
            Ok(running) => running,
            Err(told) => return *told,
        };
        running.permit = Some(permit);
        if waited_for && let Err(held) = self.held_back(&running) {
            return Told::refused("busy", held.to_string());
        }
        let post = running.post.clone();
        self.keyed.insert(running.key.clone(), id);
        self.flows.insert(id, post.clone());
        self.core.spawn(self.core.share(&running.key.party).task(running.task(Event::Asked)));
        let mut take = take;
        match self.core.within(until, &mut take).await {
            Ok(Ok(told)) => told,
            Ok(Err(_)) => self.untold(id).await,
            Err(_) => {
                drop(post.send(Inbox::Event(Event::AskerLimit)).await);
                self.wait_told(take, id, Duration::from_secs(5)).await
            }
        }
    }

    /// What is told of a flow that tells nothing: what the journal knows of it. If that is nothing, it may still come there or never
    /// will, as where the journal failed in the midst of its first write: then nothing may be told, and it has no number.
    async fn untold(&self, flow: FlowId) -> Told {
        match self.journal.read(move |reader| reader.flow(flow)).await {
            Ok(Some(row)) => self.told_of(&row),
            Ok(None) => Told::unknown(),
            Err(fatal) => {
                self.fail(&fatal);
                Told::unknown()
            }
        }
    }

    /// The flow of the same key.
    ///
    /// # Errors
    /// Where the journal cannot be read. Then it is not known whether anybody asked, and nobody may be told that nobody did.
    pub async fn flow_of_key(&self, key: &Key, known: Known) -> Result<Option<FlowId>, Fatal> {
        Ok(self.key_before(key, known).await?.and_then(|(_, flow)| flow))
    }

    /// The same key on the latest of its days that has a flow, and that flow; else on the latest on which it was taken back
    /// before it was asked.
    async fn key_before(&self, key: &Key, known: Known) -> Result<Option<(Day, Option<FlowId>)>, Fatal> {
        let (since, last) = known.days(key.date, self.today());
        let mut key = Key { date: last, ..key.clone() };
        let found = self.journal.read(move |reader| {
            let mut cancelled = None;
            while let Some((day, flow)) = reader.flow_by_key(&key, since)? {
                if flow.is_some() {
                    return Ok(Some((day, flow)));
                }
                cancelled = cancelled.or(Some((day, None)));
                if day <= since {
                    break;
                }
                key.date = day_before(day);
            }
            Ok(cancelled)
        });
        found.await.inspect_err(|fatal| self.fail(fatal))
    }

    /// The flow of the same key that began just now under one of the days around: it may not stand in the journal yet.
    pub(crate) fn begun_before(&self, key: &Key) -> Option<FlowId> {
        if let Some(flow) = self.keyed.get(key) {
            return Some(*flow);
        }
        let mut around = Key { date: key.date.next(), ..key.clone() };
        (0..=DAYS_BACK + 1).find_map(|_| {
            let flow = self.keyed.get(&around).map(|flow| *flow);
            around.date = day_before(around.date);
            flow
        })
    }

    /// The key that a flow was asked under.
    pub async fn key_of(&self, flow: FlowId) -> Option<Key> {
        let row = self.journal.read(move |reader| reader.flow(flow)).await.ok()??;
        Some(row.key)
    }

    async fn wait_told(&self, take: oneshot::Receiver<Told>, flow: FlowId, wait: Duration) -> Told {
        match self.core.within(self.core.mark().after(wait), take).await {
            Ok(Ok(told)) => told,
            _ => self.untold(flow).await,
        }
    }

    /// Hands a second ask to the flow that has the key: in memory, or in the journal.
    pub(super) async fn join(
        self: &Arc<Self>,
        flow: FlowId,
        digest: [u8; 32],
        waiter: oneshot::Sender<Told>,
    ) {
        let post = self.flows.get(&flow).map(|post| post.clone());
        let waiter = match post {
            Some(post) => match post.send(Inbox::Second(digest, waiter)).await {
                Ok(()) => return,
                Err(mpsc::error::SendError(Inbox::Second(_, waiter))) => waiter,
                Err(_) => return,
            },
            None => waiter,
        };
        drop(waiter.send(self.stored(flow, Some(digest)).await));
    }

    /// What a flow of the journal was told; pending while it has not ended, unknown where it is not there: its first write
    /// may be under way.
    pub async fn stored(&self, flow: FlowId, digest: Option<[u8; 32]>) -> Told {
        let row = self.journal.read(move |reader| reader.flow(flow)).await;
        let row = match row {
            Ok(Some(row)) => row,
            Ok(None) => return Told::unknown(),
            Err(fatal) => {
                self.fail(&fatal);
                return Told::unknown();
            }
        };
        if digest.is_some_and(|digest| digest != row.digest) {
            return Told::refused("duplicate", String::new());
        }
        self.told_of(&row)
    }

    /// The answer that a row of the journal holds.
    #[must_use]
    pub fn told_of(&self, row: &FlowRow) -> Told {
        let version = self.versions.get(&row.version).map(|version| Arc::clone(&version));
        let version = version.unwrap_or_else(|| self.current.load_full());
        let shape = super::path_of(&version, &row.name)
            .and_then(|(flow, path)| super::answer_shape_of(version.flow(flow)?, &path));
        let told = row.answer.as_deref().and_then(|octets| Told::decode(octets, row.flow, shape, &version));
        match (told, row.end) {
            (Some(told), _) if told.kind != ToldKind::Pending => told,
            (_, Some(store::End::Done)) => Told::of(ToldKind::Done, row.flow),
            (_, Some(store::End::Refused)) => {
                Told { reason: "other".into(), ..Told::of(ToldKind::Refused, row.flow) }
            }
            _ => Told::pending(row.flow),
        }
    }

    /// The number of a new flow; none while the journal has no room.
    pub(crate) async fn next_flow(&self) -> Option<FlowId> {
        match self.journal.number("flow", Day(0)).await {
            Ok(number) => number.map(FlowId),
            Err(fatal) => {
                self.fail(&fatal);
                None
            }
        }
    }

    /// A flow that may begin; else what is told of it.
    fn running(
        self: &Arc<Self>,
        id: FlowId,
        new: NewFlow,
        parent: Option<(FlowId, LoopId, u64)>,
        (post, inbox): (mpsc::Sender<Inbox>, mpsc::Receiver<Inbox>),
        waiters: Vec<oneshot::Sender<Told>>,
    ) -> Result<Running, Box<Told>> {
        let NewFlow {
            version,
            reference,
            ask,
            mut facts,
            key,
            digest,
            packet,
            sheets,
            mut found_by,
            kept,
            writer,
            known,
            waited_for: _,
        } = new;
        let no_flow = || Box::new(Told::refused("other", "the flow is not there".into()));
        let tables = version.flow(reference).ok_or_else(no_flow)?;
        let program = program_of(tables, &[]).ok_or_else(no_flow)?;
        self.stamp_flow(&version, reference, id, &mut facts);
        self.stand(&version, reference, ask.as_ref(), &mut facts);
        let mut asked = asked_body(&version, tables.ask, ask.as_ref(), &facts, packet.as_ref());
        asked.put_tagged("sheets", &sheets);
        asked.put_tagged("kept", &kept);
        let own = ask.as_ref().filter(|_| parent.is_none());
        let same_on = known.days(key.date, self.today());
        let mut refused_by = Vec::new();
        for look_up in
            own.map_or_else(Vec::new, |ask| super::cancel::look_ups(&version, reference, &key, ask))
        {
            refused_by.extend(super::cancel::keys(&look_up, &key, super::cancel::day(&facts)));
            found_by.push(look_up);
        }
        found_by.extend(own.map_or_else(Vec::new, |ask| super::awaits::look_ups(&version, reference, ask)));
        let mut book = Book::default();
        if let Some(ask) = ask {
            book.put(Space::Ask, 0, ask);
        }
        if let Err(why) = super::long::put_sheets(&mut book, &version, tables.ask, &self.spool, &sheets) {
            // The disk may give them soon: it is no answer to what was asked.
            tracing::error!(flow = %id, %why, "the rows of an ask are not there");
            return Err(Box::new(Told::refused("busy", String::new())));
        }
        if let Some(shape) = tables.answer {
            book.put(Space::Answer, 0, crate::exchange::empty(&version, shape));
        }
        Ok(Running {
            engine: Arc::clone(self),
            reference,
            path: Vec::new(),
            around: Vec::new(),
            id,
            key,
            digest,
            facts,
            state: State::new(program),
            book,
            operations: vec![Operation::default(); program.steps.len()],
            parent,
            writer,
            asked: asked.encode(),
            found_by,
            same_on,
            refused_by,
            answer: None,
            told: None,
            waiters,
            second: None,
            cancelling: Vec::new(),
            awaits: Vec::new(),
            deciding: None,
            came: None,
            taken: None,
            too_old: None,
            rows: BTreeMap::new(),
            begun: BTreeMap::new(),
            order: Order::default(),
            open: Vec::new(),
            woken: false,
            unmade: false,
            due: false,
            inbox,
            post,
            stopped: false,
            permit: None,
            version: Arc::clone(&version),
        })
    }

    /// Facts that every flow has: business date, when it was asked, its own serial.
    pub(super) fn stamp_flow(&self, version: &Version, reference: FlowRef, id: FlowId, facts: &mut Facts) {
        use dsl::evaluate::Value;
        use dsl::model::Fact;
        let now = self.now();
        if !facts.knows(Fact::BusinessDate) {
            facts.put(Fact::BusinessDate, &Value::Date(self.business_date(version, reference.module)));
        }
        for (fact, value) in [
            (Fact::Date, Value::Date(now.date())),
            (Fact::Time, Value::Time(now.time())),
            (Fact::Moment, Value::DateTime(now)),
        ] {
            if !facts.knows(fact) {
                facts.put(fact, &value);
            }
        }
        if !facts.knows(Fact::FlowSerial) {
            let serial = crate::calendar::flow_serial(now, id.0);
            facts.put(Fact::FlowSerial, &Value::Text(serial.into()));
        }
    }

    /// Cancels the flow of a key, or the key itself where no flow has it.
    pub async fn cancel(self: &Arc<Self>, key: &Key, known: Known) -> CancelAnswer {
        match self.flow_now(key, known).await {
            Ok(Some(flow)) => return self.cancel_flow(flow).await,
            Ok(None) => {}
            Err(_) => return CancelAnswer::Pending,
        }
        let cancelled = vec![Change::CancelKey(key.clone())];
        match self.journal.write(Lane::Outcome, key.date, cancelled).await {
            Ok(Verdict::Ok(_) | Verdict::KeyCancelled) => {}
            Ok(Verdict::KeyTaken { flow, .. }) => return self.cancel_flow(flow).await,
            Ok(Verdict::TooOld { .. }) => return CancelAnswer::Refused,
            // It is not remembered: neither does anything stand, nor will it be refused when it comes.
            Ok(_) => return CancelAnswer::Pending,
            Err(fatal) => {
                self.fail(&fatal);
                return CancelAnswer::Pending;
            }
        }
        // An ask under a day around that was written before that key is found now; one after it is refused.
        match self.flow_of_key(key, known).await {
            Ok(Some(flow)) => self.cancel_flow(flow).await,
            Ok(None) => CancelAnswer::NothingToUndo,
            Err(_) => CancelAnswer::Pending,
        }
    }

    /// Takes a flow back.
    pub(crate) async fn cancel_flow(self: &Arc<Self>, flow: FlowId) -> CancelAnswer {
        let (give, take) = oneshot::channel();
        if !self.tell(flow, Inbox::Cancel(give)).await {
            return CancelAnswer::Pending;
        }
        let until = self.core.mark().after(Duration::from_secs(30));
        match self.core.within(until, take).await {
            Ok(Ok(answer)) => answer,
            _ => CancelAnswer::Pending,
        }
    }

    /// Gives an operator's decision, a proof or a release to a flow, in memory or not; false where there is no such
    /// open flow.
    pub async fn tell_flow(self: &Arc<Self>, flow: FlowId, event: Event) -> bool {
        self.tell(flow, Inbox::Event(event)).await
    }

    /// Hands something to a flow, in memory or not; false where there is no such open flow.
    pub async fn tell(self: &Arc<Self>, flow: FlowId, heard: Inbox) -> bool {
        let mut heard = heard;
        for _ in 0..TELLS {
            let post = match self.flows.get(&flow).map(|post| post.clone()) {
                Some(post) => Some(post),
                None => self.wake(flow).await,
            };
            let Some(post) = post else { return false };
            match post.send(heard).await {
                Ok(()) => return true,
                // It was just leaving the memory.
                Err(mpsc::error::SendError(back)) => heard = back,
            }
        }
        false
    }
}

/// What was asked, as the journal keeps it.
pub(super) fn asked_body(
    version: &Version,
    shape: Option<dsl::value::ShapeId>,
    ask: Option<&Record>,
    facts: &Facts,
    packet: Option<&Packet>,
) -> Body {
    let mut body = Body::default();
    body.put_tagged("facts", &facts.tagged(version.symbols()));
    if let (Some(shape), Some(ask)) = (shape, ask) {
        match encode_record(ask, &version.compiled.shapes, shape, version.symbols()) {
            Ok(octets) => body.put("ask", octets),
            Err(error) => tracing::error!(%error, "an ask cannot be kept"),
        }
    }
    if let Some(packet) = packet {
        body.put("packet", packet.encode());
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_looked_for_on_the_days_around_or_on_all() {
        let today = Day(20_261_205);
        assert_eq!(Known::Days.days(Day(20_261_203), today), (Day(20_261_126), Day(20_261_204)));
        assert_eq!(Known::Ever.days(Day(20_261_203), today), (Day(0), Day(20_261_212)));
        assert_eq!(Known::Ever.days(Day(20_270_301), today), (Day(0), Day(20_270_302)));
    }
}
