//! Drives the pure interpreter of flows: one task a flow, events in, effects carried out in order.
//!
//! In: an ask, or an open flow of the journal. Out: answers, requests to parties, writes of the journal, each in the
//! order that the ordering law demands (`flows.md` 1): a write is durable before anything behind it happens. It must
//! not decide anything: what follows from what stands in `dsl::flow`.

mod ask;
mod awaits;
mod cancel;
mod carry;
mod decided;
mod due;
mod journaled;
mod long;
mod open;
mod order;
mod parties;
pub(crate) mod recover;
mod restrained;
mod rows;
mod told;

pub use ask::{AnswerWriter, Known, NewFlow, digest as ask_digest};
pub use awaits::Awaited;
pub use decided::{Deciding, Taken, about};
pub(crate) use long::put_sheets;
pub use told::{Given, Told, ToldKind};

/// Whether a row of the journal with this name is a reversal.
#[must_use]
pub fn is_reversal(name: &str) -> bool {
    recover::RowName::of(name).back
}

use crate::book::Book;
use crate::engine::{Engine, Permit};
use crate::exchange::{Prepared, Verdict};
use crate::facts::Facts;
use crate::packet::Packet;
use crate::version::{FlowRef, Version};
use crate::view::{Parts, StepSeen, View};
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::flow::{
    CallId, Durable, Event, FlowProgram, GuardId, Judge, ListId, LoopId, NodeId, State, Step, StepId,
};
use dsl::model::Fact;
use dsl::program::FlowTables;
use dsl::value::{DateTime, Outcome};
use order::Order;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use store::{Day, FlowId, Key};
use tokio::sync::{mpsc, oneshot};

/// Events of one flow that may wait.
const INBOX: usize = 1_024;
/// How long a flow that was brought back waits for what it is wanted for.
const LINGER: Duration = Duration::from_secs(2);

/// What a flow's task hears.
pub enum Inbox {
    /// Something happened.
    Event(Event),
    /// Its answer is due, and could not be made before.
    Due,
    /// The day of a party has ended.
    CutOver(Arc<str>),
    /// A copy of a step's request has a verdict.
    Sent(StepId, u8, Verdict),
    /// A copy of a step's reversal has a verdict.
    SentBack(StepId, Verdict),
    /// A question has a verdict.
    Enquired(StepId, u32, Verdict),
    /// The same key once more: the digest it came with, and who waits.
    Second([u8; 32], oneshot::Sender<Told>),
    /// People have decided something.
    Decided(Box<Deciding>),
    /// The asker cancels.
    Cancel(oneshot::Sender<dsl::flow::CancelAnswer>),
    /// A row's flow ended.
    Row(LoopId, u64, Told),
    /// A row for which there was no room is begun.
    Begin(LoopId, u64),
    /// What is waited for at that place was served by that flow.
    Served(NodeId, FlowId),
    /// Somebody waits for the end, whoever asked.
    Wait(oneshot::Sender<Told>),
}

/// What a flow knows of one operation beside its state.
#[derive(Clone, Default)]
struct Operation {
    prepared: Option<Arc<Prepared>>,
    back: Option<Arc<Prepared>>,
    /// Serials that it was asked under before the one at hand, and those of its reversal.
    serials: u8,
    back_serials: u8,
    /// Facts with those of the answer.
    facts: Option<Facts>,
    answer: Option<Record>,
    reply: Option<Packet>,
    reply_record: Option<Arc<Record>>,
    text: String,
    /// Facts and text are those of a refusal.
    refusal: bool,
    /// A question has found what became of it: what the journal keeps of an earlier answer is written over.
    enquired: bool,
    /// The last reply that came when it decided nothing any more: recorded, and otherwise as if it had not come.
    late: Option<Packet>,
}

/// A flow in memory.
struct Running {
    engine: Arc<Engine>,
    version: Arc<Version>,
    reference: FlowRef,
    /// Loops from the flow down to this row.
    path: Vec<LoopId>,
    /// What is known of steps around this row, by number in the tables.
    around: Vec<StepSeen>,
    id: FlowId,
    key: Key,
    digest: [u8; 32],
    facts: Facts,
    state: State,
    book: Book,
    operations: Vec<Operation>,
    parent: Option<(FlowId, LoopId, u64)>,
    writer: Option<Arc<dyn AnswerWriter>>,
    /// What was asked, as the journal keeps it.
    asked: Vec<u8>,
    /// Look-ups that find it.
    found_by: Vec<store::FoundBy>,
    /// On which days what stands under its key is the same ask.
    same_on: (Day, Day),
    /// Keys by which other flows cancel it, before it was asked too.
    refused_by: Vec<Key>,
    /// The answer of the last `answer` node.
    answer: Option<Record>,
    /// The answer as it was written.
    told: Option<Told>,
    waiters: Vec<oneshot::Sender<Told>>,
    second: Option<oneshot::Sender<Told>>,
    cancelling: Vec<oneshot::Sender<dsl::flow::CancelAnswer>>,
    /// What it has waited for, as the engine knows it.
    awaits: Vec<(String, [u8; 32])>,
    /// What people have decided, while its event is worked on.
    deciding: Option<decided::Noted>,
    /// What has just come at a place, until that is written.
    came: Option<(NodeId, FlowId)>,
    /// The flow that has the key, where the ask was not taken.
    taken: Option<FlowId>,
    /// The oldest date that is kept, where its own is older.
    too_old: Option<Day>,
    rows: BTreeMap<(u16, u64), Told>,
    /// The flows of rows that this run has begun and that have not ended.
    begun: BTreeMap<(u16, u64), FlowId>,
    /// Which of its rows wait for others.
    order: Order,
    /// Its operations that are open, as they are counted, with the party of each.
    open: Vec<(StepId, Arc<str>)>,
    /// Brought back because somebody wants something of it: it waits for that a while.
    woken: bool,
    /// Lists that its loops made could not be put in place when it was brought back: it goes on when they are.
    unmade: bool,
    /// Its answer is due and cannot be made now: it hears of that again.
    due: bool,
    inbox: mpsc::Receiver<Inbox>,
    post: mpsc::Sender<Inbox>,
    stopped: bool,
    /// Its place among the flows under way; rows have that of their batch.
    permit: Option<Permit>,
}

/// A flow by the name that the journal has for it, with the loops down to the row that it is of: `bank.court_order`,
/// `bank.court_order/measure/old`.
pub(crate) fn path_of(version: &Version, name: &str) -> Option<(FlowRef, Vec<LoopId>)> {
    let mut names = name.split('/');
    let reference = version.flow_named(names.next()?)?;
    let mut program = &version.flow(reference)?.program;
    let mut path = Vec::new();
    for name in names {
        let place = program.loops.iter().position(|one| one.name.rsplit('/').next() == Some(name))?;
        path.push(LoopId(u16::try_from(place).ok()?));
        program = &program.loops.get(place)?.body;
    }
    Some((reference, path))
}

/// The program of a flow, or of a row in it.
pub(crate) fn program_of<'t>(tables: &'t FlowTables, path: &[LoopId]) -> Option<&'t FlowProgram> {
    let mut program = &tables.program;
    for of in path {
        program = &program.loops.get(usize::from(of.0))?.body;
    }
    Some(program)
}

/// The shape of what a flow answers; of a row in it, of what the row puts into the list that its loop makes.
pub(crate) fn answer_shape_of(tables: &FlowTables, path: &[LoopId]) -> Option<dsl::value::ShapeId> {
    let Some((last, before)) = path.split_last() else { return tables.answer };
    let list = program_of(tables, before)?.loops.get(usize::from(last.0))?.list;
    tables.loops.get(list.0 as usize)?.into_shape
}

impl Running {
    fn tables(&self) -> Option<&FlowTables> {
        self.version.flow(self.reference)
    }

    fn program(&self) -> Option<&FlowProgram> {
        self.tables().and_then(|tables| program_of(tables, &self.path))
    }

    fn name(&self) -> String {
        self.program().map_or_else(String::new, |program| program.name.to_string())
    }

    /// What is known of the steps, by their number in the tables.
    fn steps(&self) -> Vec<StepSeen> {
        self.steps_in(&self.state.durable, None)
    }

    /// The same in another state; `event`: what has just become known, so that what is asked on its way sees it.
    fn steps_in(&self, durable: &Durable, event: Option<&Event>) -> Vec<StepSeen> {
        let (Some(tables), Some(program)) = (self.tables(), self.program()) else { return Vec::new() };
        let mut seen = self.around.clone();
        seen.resize(tables.steps.len(), StepSeen::default());
        for node in &program.nodes {
            let dsl::flow::Node::Hold { hold, told: true } = node else { continue };
            let number = tables.holds.get(hold.0 as usize).and_then(|form| form.told);
            let decided = durable.decisions.iter().find(|(known, _)| known == hold);
            let decided =
                event.and_then(|event| decided_by(event, *hold)).or(decided.map(|(_, why)| why.clone()));
            let place = number.and_then(|number| seen.get_mut(usize::from(number)));
            if let (Some(place), Some(against)) = (place, decided) {
                let outcome = match &against {
                    None => Outcome::Done(None),
                    Some(reason) => Outcome::Refused(self.version.symbols().find(reason)),
                };
                let text = against.map_or_else(String::new, |reason| self.version.label(&reason));
                *place = StepSeen { outcome: Some(outcome), text };
            }
        }
        for (number, outcome) in self.came_outcomes() {
            if let Some(seen) = seen.get_mut(number) {
                *seen = StepSeen { outcome: Some(outcome), text: String::new() };
            }
        }
        for (place, step) in program.steps.iter().enumerate() {
            let Some(number) = number_of(tables, &step.name) else { continue };
            let known = durable.operations.get(place);
            let known = known.and_then(|operation| told::outcome_of(&self.version, operation));
            let outcome = event.and_then(|event| self.just_known(event, place)).or(known);
            if outcome.is_some()
                && let Some(seen) = seen.get_mut(number)
            {
                let text = self.operations.get(place).map_or("", |operation| &operation.text);
                *seen = StepSeen { outcome, text: text.to_owned() };
            }
        }
        seen
    }

    /// The outcome of a step that an event tells.
    fn just_known(&self, event: &Event, place: usize) -> Option<Outcome> {
        use dsl::flow::{Proof, Reply, Says};
        let (step, outcome) = match event {
            Event::CannotPrepare { step, back: false, reason, .. } if usize::from(step.0) == place => {
                (step, Outcome::Refused(self.version.symbols().find(reason)))
            }
            Event::CannotPrepare { during, .. } | Event::NotWritten { during, .. } => {
                return self.just_known(during, place);
            }
            Event::Reply(step, Reply::Done)
            | Event::EarlierReply(step, Reply::Done)
            | Event::Enquired { step, says: Says::Done, .. }
            | Event::Proof(step, Proof::Holds) => (step, Outcome::Done(None)),
            Event::Reply(step, Reply::Refused(reason) | Reply::NoSession { reason, .. })
            | Event::EarlierReply(step, Reply::Refused(reason)) => {
                (step, Outcome::Refused(self.version.symbols().find(reason)))
            }
            _ => return None,
        };
        (usize::from(step.0) == place).then_some(outcome)
    }

    fn parts<'a>(&'a self, steps: &'a [StepSeen], now: DateTime) -> Parts<'a> {
        let (version, facts, own) = (&self.version, &self.facts, None);
        let sealing = &self.engine.sealing;
        Parts { version, module: self.reference.module, facts, steps, own, now, sealing }
    }

    /// Steps with one event, carries the effects out, and goes on with what they lead to.
    async fn handle(&mut self, event: Event) {
        let mut waiting = VecDeque::from([event]);
        while let Some(event) = waiting.pop_front() {
            let Some(step) = self.step(&event) else { return };
            if let Some(again) = self.carry_out(step, &event).await {
                waiting.push_front(again);
            }
            self.count_open();
            if self.stopped {
                return;
            }
        }
    }

    fn step(&self, event: &Event) -> Option<Step> {
        let (tables, program) = (self.tables()?, self.program()?);
        let steps = self.steps_in(&self.state.durable, Some(event));
        let now = self.engine.now();
        let parts = self.parts(&steps, now);
        let view = parts.view(&self.book);
        let mut judge = Evaluating { view, tables, program, running: self, steps: &steps, event, now };
        let rules = crate::planted::Bug::rules(self.engine.planted);
        Some(dsl::flow::step_by(rules, program, &self.state, event, &mut judge))
    }

    /// The task of the flow, boxed: rows begin it from within.
    fn task(self, first: Event) -> link::BoxFuture<'static, ()> {
        Box::pin(Box::new(self).run(first))
    }

    /// The task of the flow. It is as large as the largest of its waits: those of rows are put elsewhere, since few flows have any.
    async fn run(mut self: Box<Self>, first: Event) {
        self.make_folds().await;
        self.wait_for_lists().await;
        self.handle(first).await;
        loop {
            if self.stopped {
                break;
            }
            let rests = self.rests();
            let heard = if !rests && !self.finished() {
                self.inbox.recv().await
            } else if std::mem::take(&mut self.woken) || rests && self.is_held() {
                let until = self.engine.core.mark().after(LINGER);
                match self.engine.core.within(until, self.inbox.recv()).await {
                    Ok(heard) => heard,
                    Err(_) => continue,
                }
            } else {
                None
            };
            let Some(heard) = heard else { break };
            self.hear(heard).await;
        }
        self.leave().await;
    }

    /// Leaves the memory. Of a flow that rests nothing is lost: what came meanwhile brings it back.
    async fn leave(mut self) {
        let rests = !self.stopped && self.rests();
        self.open.drain(..).for_each(|(_, party)| self.engine.restraint.end(&party));
        self.forget_awaited();
        self.engine.flows.remove(&self.id);
        self.engine.keyed.remove_if(&self.key, |_, flow| *flow == self.id);
        self.inbox.close();
        while let Some(heard) = self.inbox.recv().await {
            if rests {
                let (engine, id) = (Arc::clone(&self.engine), self.id);
                self.engine.core.spawn(async move {
                    if !engine.tell(id, heard).await {
                        tracing::error!(flow = %id, "what came while it left the memory is not heard");
                    }
                });
            } else {
                self.hear_late(heard);
            }
        }
    }

    /// Only people can go on with it, for hours or for weeks: it stands in the journal as it is, and needs no memory meanwhile.
    fn rests(&self) -> bool {
        let waited_for = !self.waiters.is_empty() || self.second.is_some() || !self.cancelling.is_empty();
        let rests = |program: &FlowProgram| program.journaled() && self.state.rests(program);
        !waited_for && self.awaits.is_empty() && self.program().is_some_and(rests)
    }

    /// Whether somebody beside the engine has a way to it, such as a write that is tried again.
    fn is_held(&self) -> bool {
        self.post.strong_count() > 2
    }

    /// Nothing more can happen of itself; whoever wants it again finds it in the journal.
    fn finished(&self) -> bool {
        let journaled = self.program().is_some_and(FlowProgram::journaled);
        let ended =
            self.state.durable.end.is_some() && self.state.durable.cancel != dsl::flow::Cancel::Wished;
        let open = self.program().is_some_and(|program| self.state.durable.open(program).next().is_some());
        ended && (!journaled || !open) && self.waiters.is_empty()
    }

    async fn hear(&mut self, heard: Inbox) {
        match heard {
            Inbox::Event(Event::CutOff) if self.due => {}
            Inbox::Event(Event::CutOff) | Inbox::Due => self.answer_due().await,
            Inbox::Event(event) => self.handle(event).await,
            Inbox::CutOver(party) => {
                if self.asks_until_cut_over(&party) {
                    self.handle(Event::CutOver).await;
                }
            }
            Inbox::Sent(step, copy, verdict) => {
                let event = self.sent(step, copy, verdict);
                self.handle(event).await;
            }
            Inbox::SentBack(step, verdict) => {
                let event = self.sent_back(step, &verdict);
                self.handle(event).await;
            }
            Inbox::Enquired(step, number, verdict) => {
                let says = self.enquired(step, verdict);
                self.handle(Event::Enquired { step, number, says }).await;
            }
            Inbox::Second(digest, waiter) => {
                self.second = Some(waiter);
                self.handle(Event::SecondAsk { same: digest == self.digest }).await;
            }
            Inbox::Decided(deciding) => self.decided(*deciding).await,
            Inbox::Cancel(waiter) => {
                self.cancelling.push(waiter);
                self.handle(Event::CancelAsked).await;
            }
            Inbox::Begin(of, row) => Box::pin(self.start_row(of, row)).await,
            Inbox::Row(of, row, told) => {
                let event = Box::pin(self.row_ended(of, row, told)).await;
                self.handle(event).await;
            }
            Inbox::Served(at, served) => {
                if let Some(event) = self.came(at, served).await {
                    self.handle(event).await;
                }
            }
            Inbox::Wait(waiter) => match &self.told {
                Some(told) => drop(waiter.send(told.clone())),
                None => self.waiters.push(waiter),
            },
        }
    }

    /// What was heard after the end.
    fn hear_late(&self, heard: Inbox) {
        match heard {
            // Nothing was told: whoever waits looks into the journal.
            Inbox::Second(_, waiter) | Inbox::Wait(waiter) => match &self.told {
                Some(told) => drop(waiter.send(told.clone())),
                None => drop(waiter),
            },
            Inbox::Cancel(waiter) => drop(waiter.send(dsl::flow::CancelAnswer::Pending)),
            Inbox::Decided(deciding) => {
                let _gone = deciding.told.send(if self.stopped { Taken::NotNow } else { Taken::Nothing });
            }
            _ => {}
        }
    }
}

/// What an event decides of a hold: why not, where it is against it.
fn decided_by(event: &Event, of: dsl::flow::HoldId) -> Option<Option<dsl::flow::Reason>> {
    match event {
        Event::CannotPrepare { during, .. } | Event::NotWritten { during, .. } => decided_by(during, of),
        Event::Decision { hold, accepted } if *hold == of => Some(accepted.clone().err()),
        _ => None,
    }
}

/// The number in the tables of a step by its name path; steps of one name are one to expressions.
fn number_of(tables: &FlowTables, name: &str) -> Option<usize> {
    let base = base_name(name);
    tables.steps.iter().position(|step| base_name(&step.name) == base)
}

/// `booked` of `row/booked 2`.
fn base_name(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once(' ') {
        Some((base, number)) if number.bytes().all(|octet| octet.is_ascii_digit()) => base,
        _ => name,
    }
}

/// Evaluates what the interpreter asks.
struct Evaluating<'a> {
    view: View<'a>,
    tables: &'a FlowTables,
    program: &'a FlowProgram,
    running: &'a Running,
    steps: &'a [StepSeen],
    event: &'a Event,
    now: DateTime,
}

impl Judge for Evaluating<'_> {
    fn holds(&mut self, guard: GuardId, durable: &Durable) -> bool {
        let steps = self.running.steps_in(durable, Some(self.event));
        let parts = self.running.parts(&steps, self.now);
        match parts.view(&self.running.book).holds(guard.0) {
            Ok(holds) => holds,
            Err(fault) => {
                let asks = |node: &dsl::flow::Node| {
                    use dsl::flow::Node::{Branch, Check};
                    matches!(node, Branch { guard: of, .. } | Check { guard: of, .. } if *of == guard)
                };
                let place = self.program.nodes.iter().position(asks);
                let place = place.and_then(|place| self.program.places.get(place)).map_or("", |place| place);
                tracing::error!(flow = %self.program.name, place, ?fault, "a guard has no value; it counts as no");
                false
            }
        }
    }

    fn call(&mut self, step: StepId, calls: &[CallId]) -> Option<CallId> {
        let definition = self.program.step(step)?;
        let at = definition.at.map(|at| self.view.text(at.0));
        let number = self.tables.steps.iter().position(|known| known.name == definition.name)?;
        let dsl::program::StepCall::Service(service) = &self.tables.steps.get(number)?.target else {
            return calls.first().copied();
        };
        let provider = self.running.provider(step, service, at.as_deref(), self.steps)?;
        let party = &self.view.version.module(provider.module)?.name;
        let name = format!("{party}.{}", self.view.version.call(provider)?.call.name);
        calls.iter().copied().find(|call| self.program.call(*call).is_some_and(|known| *known.name == *name))
    }

    fn rows(&mut self, list: ListId) -> u64 {
        let form = self.tables.loops.get(list.0 as usize);
        form.and_then(|form| self.view.list_rows(&form.list).ok()).map_or(0, u64::from)
    }

    fn day_over(&mut self, step: StepId) -> bool {
        let prepared = self.running.operations.get(usize::from(step.0)).and_then(|one| one.prepared.as_ref());
        let Some(asking) = prepared.map(|prepared| &prepared.asking) else { return false };
        let Value::Date(asked) = asking.facts.get(Fact::BusinessDate) else { return false };
        let cut_over = asking.version.module(asking.call.module).and_then(|module| module.cut_over);
        self.running.engine.calendar.business_date(self.now, cut_over) > asked
    }
}

/// Whole fen of an amount, or a count; none of an amount that is not whole fen, so that a limit lets nothing of it pass.
fn fen(value: &Value<'_>) -> Option<u64> {
    match value {
        Value::Decimal(yuan) => u64::try_from(crate::exchange::fen(*yuan)?).ok(),
        Value::Number(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

/// How a flow ended, as the journal counts it: one that its asker takes back is open again until that is through, so
/// that a stop forgets nothing of it and people see what it stands at.
fn durable_end(state: &State) -> Option<store::End> {
    state.durable.end.filter(|_| state.durable.cancel != dsl::flow::Cancel::Wished).map(|end| match end {
        dsl::flow::End::Done => store::End::Done,
        dsl::flow::End::Refused => store::End::Refused,
    })
}
