//! Open flows of the journal, brought back: after a restart, or when something comes for one that is not in memory.

use super::order::Order;
use super::rows::{GATHERED_AGAIN, Unbegun};
use super::{INBOX, Inbox, Operation, Running, Told, path_of, program_of};
use crate::batch::spooled::Spooled;
use crate::book::Book;
use crate::engine::Engine;
use crate::exchange::{Asking, Prepared, empty, of_kept};
use crate::facts::{Body, Facts, plain};
use crate::late::{Copied, Waiting};
use crate::packet::Packet;
use crate::planted::Bug;
use crate::sought::Spoken;
use crate::version::{FlowRef, Version};
use crate::view::StepSeen;
use adapters::value::{Record, decode_record};
use dashmap::Entry;
use dsl::evaluate::Value;
use dsl::flow::{Event, LoopId, State, StepId};
use dsl::model::{Fact, Space};
use dsl::program::ExprId;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{FlowId, FlowRow, OperationRow};
use tokio::sync::mpsc;

/// Flows of one read.
const PAGE: usize = 500;

/// Why a flow is not brought back.
pub(crate) struct Unloaded {
    why: String,
    /// Spool or journal may give later what it lacks.
    later: bool,
}

impl Unloaded {
    fn not_now(why: &str) -> Self {
        Self { why: why.to_owned(), later: true }
    }
}

impl<T: Into<String>> From<T> for Unloaded {
    fn from(why: T) -> Self {
        Self { why: why.into(), later: false }
    }
}

impl std::fmt::Display for Unloaded {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.why)
    }
}

impl Engine {
    /// Brings every open flow back with which it can go on by itself; gives how many, and the flows that this gateway cannot go on
    /// with. What rests until people decide stays in the journal.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn recover(self: &Arc<Self>) -> Result<(usize, Vec<(FlowId, String)>), store::Fatal> {
        let (mut after, mut count, mut lost) = (FlowId(0), 0, Vec::new());
        let (mut above, mut later) = (None, Vec::new());
        loop {
            let page = self.journal.read(move |reader| reader.open_flows(after, PAGE)).await?;
            let Some(last) = page.last() else {
                if !later.is_empty() {
                    self.core.spawn(Arc::clone(self).recover_later(later));
                }
                return Ok((count, lost));
            };
            after = last.flow;
            for row in page {
                let flow = row.flow;
                if self.flows.contains_key(&flow) || self.rests(&row).await {
                    continue;
                }
                let again = (self.planted == Some(Bug::BegunTwice)).then(|| row.clone());
                match self.load_below(row, &mut above).await {
                    Ok(running) => {
                        self.begin(running, Event::Restart { crashed: true });
                        count += 1;
                        if let Some(row) = again
                            && let Ok(second) = self.load_below(row, &mut above).await
                        {
                            self.begin(second, Event::Restart { crashed: true });
                        }
                    }
                    Err(Unloaded { why, later: true }) => {
                        tracing::error!(%flow, %why, "a flow is brought back later");
                        later.push(flow);
                    }
                    Err(Unloaded { why, .. }) => lost.push((flow, why)),
                }
            }
        }
    }

    /// Brings flows back that lacked something when the others were: nobody else looks for rows whose batch has ended.
    async fn recover_later(self: Arc<Self>, mut flows: Vec<FlowId>) {
        while !flows.is_empty() {
            self.core.deadline(self.core.mark().after(GATHERED_AGAIN)).await;
            let (mut above, mut later) = (None, Vec::new());
            for flow in std::mem::take(&mut flows) {
                let row = match self.journal.read(move |reader| reader.flow(flow)).await {
                    Ok(Some(row)) if row.end.is_none() && !self.flows.contains_key(&flow) => row,
                    Ok(_) => continue,
                    Err(fatal) => return self.fail(&fatal),
                };
                match self.load_below(row, &mut above).await {
                    Ok(running) => drop(self.begin(running, Event::Restart { crashed: true })),
                    Err(Unloaded { later: true, .. }) => later.push(flow),
                    Err(why) => tracing::error!(%flow, %why, "a flow cannot be brought back"),
                }
            }
            flows = later;
        }
    }

    /// Whether a flow waits for people alone; what cannot be read does not.
    async fn rests(self: &Arc<Self>, row: &FlowRow) -> bool {
        let Ok(Some(version)) = self.version_of(row.version).await else { return false };
        let Some((reference, path)) = path_of(&version, &row.name) else { return false };
        let program = version.flow(reference).and_then(|tables| program_of(tables, &path));
        program.is_some_and(|program| {
            dsl::flow::decode(program, &row.state).is_ok_and(|durable| durable.rests(program))
        })
    }

    fn begin(self: &Arc<Self>, mut running: Running, event: Event) -> mpsc::Sender<Inbox> {
        let post = running.post.clone();
        // Whoever comes first drives the flow; it never has two tasks.
        match self.flows.entry(running.id) {
            Entry::Occupied(mut known) if self.planted == Some(Bug::BegunTwice) => {
                drop(known.insert(post.clone()));
            }
            Entry::Occupied(known) => return known.get().clone(),
            Entry::Vacant(place) => drop(place.insert(post.clone())),
        }
        running.permit = running.parent.is_none().then(|| self.permits.add());
        self.keyed.insert(running.key.clone(), running.id);
        let share = self.core.share(&running.key.party);
        self.core.spawn(share.task(running.task(event)));
        post
    }

    /// Brings a flow back that is not in memory.
    pub(super) async fn wake(self: &Arc<Self>, flow: FlowId) -> Option<mpsc::Sender<Inbox>> {
        self.wake_with(flow, Event::Restart { crashed: false }).await
    }

    pub(super) async fn wake_with(
        self: &Arc<Self>,
        flow: FlowId,
        event: Event,
    ) -> Option<mpsc::Sender<Inbox>> {
        let row = match self.journal.read(move |reader| reader.flow(flow)).await {
            Ok(row) => row?,
            Err(fatal) => {
                self.fail(&fatal);
                return None;
            }
        };
        match Box::pin(self.load(row)).await {
            Ok(running) => Some(self.begin(running, event)),
            Err(why) => {
                tracing::error!(%flow, %why, "a flow cannot be brought back");
                None
            }
        }
    }

    /// What a text of a flow says where the flow stands; none where the flow cannot be read.
    pub(crate) async fn text_in(self: &Arc<Self>, row: &FlowRow, text: ExprId) -> Option<String> {
        let running = Box::pin(self.load(row.clone())).await.ok()?;
        let steps = running.steps();
        Some(running.parts(&steps, self.now()).view(&running.book).text(text))
    }

    /// A flow as the journal has it.
    pub(super) async fn load(self: &Arc<Self>, row: FlowRow) -> Result<Running, Unloaded> {
        self.load_below(row, &mut None).await
    }

    /// As [`Engine::load`], where several rows of one batch come one after the other: the batch that the last of them lies
    /// in is kept, since it may be long.
    async fn load_below(
        self: &Arc<Self>,
        row: FlowRow,
        above: &mut Option<Box<Running>>,
    ) -> Result<Running, Unloaded> {
        // Also of a flow that has ended: whoever asked may take it back under a version that came after.
        let version = self.version_of(row.version).await.map_err(|fatal| fatal.to_string())?;
        let version = version.ok_or_else(|| "its version is not there any more".to_owned())?;
        let flow = row.flow;
        let (reference, path) =
            path_of(&version, &row.name).ok_or_else(|| format!("there is no flow {}", row.name))?;
        let body = self.asked(flow).await?;
        let (mut book, parent, around) = self.around(&version, reference, &path, &row, &body, above).await?;
        let tables = version.flow(reference).ok_or("there is no such flow")?;
        let program = program_of(tables, &path).ok_or("there is no such loop")?;
        let durable = dsl::flow::decode(program, &row.state).map_err(|error| error.to_string())?;
        let operations = self.journal.read(move |reader| reader.operations(flow)).await;
        let operations = operations.map_err(|fatal| fatal.to_string())?;
        let operations = known(&version, program, operations);
        let (post, inbox) = mpsc::channel(INBOX);
        let shape = super::answer_shape_of(tables, &path);
        let told = row.answer.as_deref().and_then(|octets| Told::decode(octets, flow, shape, &version));
        if let Some(shape) = shape.filter(|_| path.is_empty()) {
            let known = told.as_ref().and_then(|told| told.record.as_deref().cloned());
            book.put(Space::Answer, 0, known.unwrap_or_else(|| empty(&version, shape)));
        }
        let facts = Facts::of_tagged(&body.tagged("facts"), version.symbols());
        // Its key is in the journal.
        let same_on = (row.key.date, row.key.date);
        let mut running = Running {
            engine: Arc::clone(self),
            reference,
            path,
            around,
            id: flow,
            key: row.key,
            digest: row.digest,
            facts,
            state: State::resumed(program, durable),
            book,
            operations,
            parent,
            writer: None,
            asked: body.encode(),
            found_by: Vec::new(),
            same_on,
            refused_by: Vec::new(),
            answer: None,
            told,
            waiters: Vec::new(),
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
            woken: true,
            unmade: false,
            due: false,
            inbox,
            post,
            stopped: false,
            permit: None,
            version: Arc::clone(&version),
        };
        for place in 0..running.operations.len() {
            let step = StepId(u16::try_from(place).unwrap_or(u16::MAX));
            running.show_answer(step);
            running.recall_original(step);
        }
        running.unmade = !running.gather_ended().await;
        running.gather_served().await;
        Ok(running)
    }

    pub(crate) async fn asked(&self, flow: FlowId) -> Result<Body, String> {
        let asked =
            self.journal.read(move |reader| reader.asked(flow)).await.map_err(|fatal| fatal.to_string())?;
        let asked = asked.ok_or("its ask is not there")?;
        Body::decode(&asked.asked).ok_or_else(|| "its ask is of no known form".to_owned())
    }

    /// What a flow lies in: its own ask; of a row, what its batch lies in, and the row.
    async fn around(
        self: &Arc<Self>,
        version: &Arc<Version>,
        reference: FlowRef,
        path: &[LoopId],
        row: &FlowRow,
        body: &Body,
        kept: &mut Option<Box<Running>>,
    ) -> Result<(Book, Option<(FlowId, LoopId, u64)>, Vec<StepSeen>), Unloaded> {
        let tables = version.flow(reference).ok_or("there is no such flow")?;
        let mut book = Book::default();
        let (Some((parent, number)), Some(of)) = (row.parent, path.last().copied()) else {
            if let Some(octets) = body.get("ask") {
                let shape = tables.ask.ok_or("the flow asks nothing")?;
                let ask = decode_record(octets, &version.compiled.shapes, shape, version.symbols())
                    .map_err(|_| "its ask cannot be read")?;
                book.put(Space::Ask, 0, ask);
            }
            super::long::put_sheets(&mut book, version, tables.ask, &self.spool, &body.tagged("sheets"))?;
            return Ok((book, None, Vec::new()));
        };
        let above = match kept.take().filter(|above| above.id == parent) {
            Some(above) => above,
            None => {
                let above = self.journal.read(move |reader| reader.flow(parent)).await;
                let above = above.map_err(|fatal| fatal.to_string())?.ok_or("its batch is not there")?;
                Box::new(Box::pin(self.load(above)).await?)
            }
        };
        let above = &**kept.insert(above);
        if above.unmade {
            return Err(Unloaded::not_now("the lists that its batch has made cannot be put in place now"));
        }
        let (list, _) = above.form_of(of).ok_or("there is no such loop")?;
        let record = above.row_record(of, number).map_err(|unbegun| match unbegun {
            Unbegun::NotNow => Unloaded::not_now("its row cannot be read from the spool now"),
            Unbegun::Never => "its row is not in the batch".into(),
        });
        let record = record?.1;
        above.book_for_rows(&mut book);
        book.put(Space::Row, list, record);
        Ok((book, Some((parent, of, number)), above.steps()))
    }
}

/// What stands behind a step's name in the row of its reversal.
pub(super) const BACK: &str = "/back";

/// What a row of the journal is of: the step, whether its reversal, and how many serials there were before this one.
pub(crate) struct RowName<'a> {
    pub(crate) step: &'a str,
    pub(crate) back: bool,
    pub(crate) serials: u8,
}

impl<'a> RowName<'a> {
    /// `debit`, `debit/back`, and under the second serial `debit/2`, `debit/back/2`.
    pub(crate) fn of(name: &'a str) -> Self {
        let number =
            name.rsplit_once('/').and_then(|(name, number)| Some((name, number.parse::<u8>().ok()?)));
        let (name, serials) = number.map_or((name, 0), |(name, number)| (name, number.saturating_sub(1)));
        let (step, back) = name.strip_suffix(BACK).map_or((name, false), |step| (step, true));
        Self { step, back, serials }
    }
}

/// What the journal knows of a flow's operations: of what was asked under several serials, the last.
fn known(
    version: &Arc<Version>,
    program: &dsl::flow::FlowProgram,
    rows: Vec<OperationRow>,
) -> Vec<Operation> {
    let mut operations = vec![Operation::default(); program.steps.len()];
    for row in rows {
        let RowName { step: name, back, serials } = RowName::of(&row.name);
        let Some(place) = program.steps.iter().position(|step| *step.name == *name) else { continue };
        let Some(operation) = operations.get_mut(place) else { continue };
        let step = u16::try_from(place).map_or(StepId(u16::MAX), StepId);
        let prepared = prepared(version, &row).map(|mut prepared| {
            let to = if back { Copied::Reversal } else { Copied::Posting(1) };
            prepared.asking.waiting = Some(Waiting { flow: row.flow, step, to });
            prepared.asking.written = true;
            Arc::new(prepared)
        });
        if back {
            (operation.back, operation.back_serials) = (prepared, serials);
            continue;
        }
        let (back, back_serials) = (operation.back.take(), operation.back_serials);
        *operation = Operation { prepared, serials, back, back_serials, ..Operation::default() };
        operation.reply = row.reply.as_deref().and_then(Packet::decode);
        if let Some(body) = row.answered.as_deref().and_then(Body::decode) {
            // What an enquiry or a reversal has told has no facts of an answer: those of the request stand then.
            operation.facts =
                body.get("facts").map(|_| Facts::of_tagged(&body.tagged("facts"), version.symbols()));
            operation.refusal = body.get("refusal").is_some();
            operation.text =
                body.get("text").map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default();
            operation.answer = answer(version, &row, &body);
        }
    }
    operations
}

fn answer(version: &Arc<Version>, row: &OperationRow, body: &Body) -> Option<Record> {
    let call = version.call_named(&row.call)?;
    let shape = version.call(call)?.call.answer?;
    decode_record(body.get("answer")?, &version.compiled.shapes, shape, version.symbols()).ok()
}

/// A request as it was sent.
pub(crate) fn prepared(version: &Arc<Version>, row: &OperationRow) -> Option<Prepared> {
    let call = version.call_named(&row.call)?;
    let packet = Packet::decode(row.request.as_deref()?)?;
    let body = Body::decode(row.asked.as_deref()?)?;
    let facts = Facts::of_tagged(&body.tagged("facts"), version.symbols());
    let kept = body.tagged("kept");
    let program = version.call(call)?;
    let request = of_kept(version, call, program.call.request, &kept)?;
    let ask = program.call.ask.and_then(|shape| {
        decode_record(body.get("ask")?, &version.compiled.shapes, shape, version.symbols()).ok()
    });
    let member = body.get("member").and_then(|name| {
        let name = std::str::from_utf8(name).ok()?;
        version.parties.get(call.module)?.members.get(name).cloned()
    });
    let serial = match facts.get(Fact::Serial) {
        Value::Absent => row.serial.clone(),
        value => plain(&value, version.symbols()),
    };
    let spoken = body.get("original").and_then(Spoken::decode);
    let asking = Asking { member, spoken, ..Asking::new(version, call, facts, ask) };
    Some(Prepared {
        asking,
        packet,
        request: Arc::new(request),
        session: Arc::default(),
        serial,
        amount: row.amount,
        kept: Some(kept),
        file: body.get("file").and_then(Spooled::decode),
    })
}
