//! Rows: each is a flow of its own, with the key of its batch; the parent keeps what they answered.

use super::carry::AGAIN;
use super::order::Order;
use super::{INBOX, Inbox, Known, Operation, Running, Told, ToldKind, program_of};
use crate::book::Book;
use crate::facts::Body;
use adapters::value::{Record, encode_record};
use dsl::evaluate::Fault;
use dsl::flow::{Event, LoopId, Node, State};
use dsl::model::{Load, Space};
use dsl::program::LoopForm;
use dsl::value::{Outcome, ShapeId, Type};
use link::Core;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Direction, FlowId, Key};
use tokio::sync::{mpsc, oneshot};

/// Between two tries of making the list of what rows answered.
pub(super) const GATHERED_AGAIN: Duration = Duration::from_secs(10);
/// Rows of long loops that ended without a flow of this batch, kept in memory; how more of them ended is found in the journal.
const KEPT: usize = 10_000;
/// What is said of a row that no flow can be made of.
const UNBEGUN: &str = "the row cannot be begun";

/// Spool or journal cannot be read: it is tried again.
pub(super) struct NotNow;

/// Why a row is not begun.
pub(super) enum Unbegun {
    /// The spool does not give it: whether it was begun before, and what it has moved, is not known without it.
    NotNow,
    /// It has no form.
    Never,
}

/// Lets a row begin after a pause, if its flow still runs then.
async fn begin_again(core: Core, post: mpsc::Sender<Inbox>, (of, row): (LoopId, u64), pause: Duration) {
    let over = core.within(core.mark().after(pause), post.closed()).await.is_err();
    if over {
        drop(post.send(Inbox::Begin(of, row)).await);
    }
}

impl Running {
    /// The tables of the loop that this row is of.
    pub(super) fn loop_form(&self) -> Option<&LoopForm> {
        let tables = self.tables()?;
        let (last, before) = self.path.split_last()?;
        let list = program_of(tables, before)?.loops.get(usize::from(last.0))?.list;
        tables.loops.get(list.0 as usize)
    }

    pub(super) fn form_of(&self, of: LoopId) -> Option<(u16, &LoopForm)> {
        let tables = self.tables()?;
        let list = self.program()?.loops.get(usize::from(of.0))?.list;
        Some((u16::try_from(list.0).ok()?, tables.loops.get(list.0 as usize)?))
    }

    /// Begins a row, or finds it where it was begun before; its end comes back as an event.
    pub(super) async fn start_row(&mut self, of: LoopId, row: u64) {
        match self.row_flow(of, row) {
            Ok((running, waiter)) => {
                if self.order.runs(of, row) || self.order.admit(of, row, running.counted()) {
                    self.launch(running, of, row, waiter).await;
                }
            }
            Err(Unbegun::NotNow) => {
                tracing::error!(flow = %self.id, row, "a row cannot be read from the spool; it begins later");
                // Where that fails too the row finds no list again, and begins later still.
                if self.form_of(of).is_some_and(|(_, form)| self.is_unmade(form)) {
                    let _made = self.gather_ended().await;
                }
                self.begin_later(of, row, GATHERED_AGAIN);
            }
            Err(Unbegun::Never) => {
                let (post, told) = (self.post.clone(), Told::refused("other", UNBEGUN.into()));
                self.engine.core.spawn(async move { drop(post.send(Inbox::Row(of, row, told)).await) });
            }
        }
    }

    /// A row has ended: those that waited for it begin.
    async fn start_waiting(&mut self, of: LoopId, row: u64) {
        for (of, row) in self.order.ended(of, row) {
            self.start_row(of, row).await;
        }
    }

    /// What this row's limits count by, where they count.
    fn counted(&self) -> Vec<String> {
        let (Some(program), Some(tables)) = (self.program(), self.tables()) else { return Vec::new() };
        let counts = |node: &Node| match node {
            Node::Limit { limit, .. } => {
                let form = tables.limits.get(limit.0 as usize).filter(|form| form.value.is_none())?;
                (!form.by.is_empty()).then_some(*limit)
            }
            _ => None,
        };
        let limits = program.nodes.iter().filter_map(counts);
        let seen = self.steps();
        limits.filter_map(|limit| self.hold(limit, &seen)).map(|(hold, ..)| hold.limit).collect()
    }

    async fn launch(&mut self, mut running: Running, of: LoopId, row: u64, take: oneshot::Receiver<Told>) {
        let (core, post) = (self.engine.core.clone(), self.post.clone());
        self.engine.core.spawn(async move {
            match take.await {
                Ok(told) if !told.is_unknown() => drop(post.send(Inbox::Row(of, row, told)).await),
                // Another had its key and is not in the journal: it may be yet, or has not been taken, and has gone without a word.
                // Or it did not begin, below. This alone begins it again: twice would be four times at the next try.
                _ => begin_again(core, post, (of, row), AGAIN).await,
            }
        });
        // A batch that was taken goes on when there is room for its rows.
        let Some(id) = self.engine.next_flow().await else { return };
        running.id = id;
        let before = self.engine.keyed.get(&running.key).map(|flow| *flow);
        let before = match before {
            None if self.begins_anew(of) => match self.engine.flow_of_key(&running.key, Known::Ever).await {
                Ok(known) => known,
                Err(_) => return,
            },
            known => known,
        };
        if let Some(flow) = before {
            let (digest, waiter) = (running.digest, running.waiters.pop());
            if let Some(waiter) = waiter {
                self.engine.join_row(flow, digest, waiter).await;
            }
            return;
        }
        self.begun.insert((of.0, row), id);
        self.engine.keyed.insert(running.key.clone(), id);
        self.engine.flows.insert(id, running.post.clone());
        let share = self.engine.core.share(&running.key.party);
        self.engine.core.spawn(share.task(running.task(Event::Asked)));
    }

    fn begin_later(&self, of: LoopId, row: u64, pause: Duration) {
        let (core, post) = (self.engine.core.clone(), self.post.clone());
        self.engine.core.spawn(begin_again(core, post, (of, row), pause));
    }

    /// Whether the same rows come again in other flows: what they are once by is all that tells them apart, and a party may
    /// list an order for days. Rows whose answers are gathered are told apart by what asked for them.
    fn begins_anew(&self, of: LoopId) -> bool {
        self.program()
            .and_then(|program| program.loops.get(usize::from(of.0)))
            .is_some_and(|one| one.body.untold)
    }

    /// What every row sees: the ask, the rows around it, what loops before it made, answers of the steps before it, long lists.
    pub(super) fn book_for_rows(&self, book: &mut Book) {
        let count = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        let (loops, steps) =
            self.tables().map_or((0, 0), |tables| (count(tables.loops.len()), count(tables.steps.len())));
        for (space, places) in [(Space::Ask, 0), (Space::Row, loops), (Space::StepAnswer, steps)] {
            for place in 0..=places {
                self.book.pass_on(space, place, book);
            }
        }
        for (list, rows) in self.book.long_lists() {
            book.put_long(*list, Arc::clone(rows));
        }
    }

    pub(super) fn row_record(&self, of: LoopId, row: u64) -> Result<(u16, Record), Unbegun> {
        let (number, form) = self.form_of(of).ok_or(Unbegun::Never)?;
        let place = u32::try_from(row).map_err(|_| Unbegun::Never)?;
        if self.is_unmade(form) {
            return Err(Unbegun::NotNow);
        }
        Ok((number, self.book.row(&form.list, place).map_err(|fault| self.unread(of, &fault))?))
    }

    /// Whether the rows are those of a list that a loop before made, and it could not be put in place.
    fn is_unmade(&self, form: &LoopForm) -> bool {
        form.list.space == Space::Row && form.list.slot == u16::MAX && !self.book.holds(&form.list)
    }

    /// What a fault of a row means: rows of long loops stand on a disk, which may give them later.
    fn unread(&self, of: LoopId, fault: &Fault) -> Unbegun {
        let disk = matches!(fault, Fault::Broken) && self.is_long(of);
        if disk { Unbegun::NotNow } else { Unbegun::Never }
    }

    /// Key of a row: what its loop says, else the batch's key and the row's number.
    fn key_of_row(&self, of: LoopId, row: u64, record: &Record) -> Result<Key, Unbegun> {
        let (number, form) = self.form_of(of).ok_or(Unbegun::Never)?;
        let name = self.program().and_then(|program| program.loops.get(usize::from(of.0)));
        let name = name.and_then(|one| one.name.rsplit('/').next()).unwrap_or(&form.name);
        let mut once = format!("row:{}/{name}:", self.name()).into_bytes();
        if form.once.is_empty() {
            crate::view::push_part(&mut once, &self.key.once);
            crate::view::push_part(&mut once, &row.to_be_bytes());
        } else {
            let mut book = self.book.clone();
            book.put(Space::Row, number, record.clone());
            let steps = self.steps();
            let parts = self.parts(&steps, self.engine.now());
            let key = parts.view(&book).key(&form.once);
            once.extend(key.map_err(|fault| self.unread(of, &fault))?);
        }
        Ok(Key { date: self.key.date, party: self.key.party.clone(), direction: Direction::Out, once })
    }

    pub(super) fn row_flow(
        &self,
        of: LoopId,
        row: u64,
    ) -> Result<(Running, oneshot::Receiver<Told>), Unbegun> {
        let (number, record) = self.row_record(of, row)?;
        let key = self.key_of_row(of, row, &record)?;
        let mut path = self.path.clone();
        path.push(of);
        let program = self.tables().and_then(|tables| program_of(tables, &path)).ok_or(Unbegun::Never)?;
        let mut body = Body::default();
        body.put_tagged("facts", &self.facts.tagged(self.version.symbols()));
        body.put("loop", of.0.to_string().into_bytes());
        if let Some(shape) = self.row_shape(of)
            && let Ok(octets) =
                encode_record(&record, &self.version.compiled.shapes, shape, self.version.symbols())
        {
            body.put("row", octets);
        }
        let asked = body.encode();
        let mut book = Book::default();
        self.book_for_rows(&mut book);
        book.put(Space::Row, number, record);
        let (give, take) = oneshot::channel();
        let (post, inbox) = mpsc::channel(INBOX.min(64));
        let same_on = match self.begins_anew(of) {
            true => Known::Ever.days(key.date, self.engine.today()),
            false => (key.date, key.date),
        };
        let running = Running {
            engine: Arc::clone(&self.engine),
            version: Arc::clone(&self.version),
            reference: self.reference,
            id: FlowId(0),
            digest: super::ask::digest(&[&asked]),
            key,
            facts: self.facts.clone(),
            state: State::new(program),
            book,
            operations: vec![Operation::default(); program.steps.len()],
            parent: Some((self.id, of, row)),
            writer: None,
            asked,
            found_by: Vec::new(),
            same_on,
            refused_by: Vec::new(),
            answer: None,
            told: None,
            waiters: vec![give],
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
            path,
            around: self.steps(),
        };
        Ok((running, take))
    }

    /// The shape of a loop's rows.
    pub(super) fn row_shape(&self, of: LoopId) -> Option<ShapeId> {
        let (_, form) = self.form_of(of)?;
        let mut shape = match form.list.space {
            Space::Ask => self.tables()?.ask?,
            Space::StepAnswer => self.tables()?.steps.get(usize::from(form.list.call))?.answer_shape?,
            // A list that a loop before this one made.
            Space::Row if form.list.slot == u16::MAX => {
                return self.tables()?.loops.get(usize::from(form.list.call))?.into_shape;
            }
            _ => return None,
        };
        if form.list.level > 0 {
            return None;
        }
        let field =
            self.version.compiled.shapes.get(shape.0 as usize)?.fields.get(usize::from(form.list.slot))?;
        if let Type::List { shape: rows, .. } = &field.ty {
            shape = *rows;
        }
        Some(shape)
    }

    /// A row that ends without its `answer` node makes its record all the same.
    pub(super) fn row_answer(&mut self, next: &State) {
        let mapping = self.program().and_then(|program| {
            program
                .nodes
                .iter()
                .find_map(|node| if let Node::Answer(mapping) = node { Some(*mapping) } else { None })
        });
        if let Some(mapping) = mapping
            && self.answer.is_none()
            && let Err(why) = self.make_answer(mapping, next)
        {
            tracing::warn!(flow = %self.id, ?why, "a row's answer cannot be filled");
        }
    }

    /// A row that never ran here, since another flow has its key, answers too: as its `answer` says of a refusal.
    fn answered_unbegun(&self, of: LoopId, row: u64, told: Told) -> Result<Told, NotNow> {
        let gathered = self.form_of(of).is_some_and(|(_, form)| form.into_shape.is_some());
        if told.kind != ToldKind::Refused || told.record.is_some() || !gathered {
            return Ok(told);
        }
        let mut running = match self.row_flow(of, row) {
            Ok((running, _)) => running,
            Err(Unbegun::NotNow) => return Err(NotNow),
            Err(Unbegun::Never) => return Ok(told),
        };
        let mut state = running.state.clone();
        state.durable.refused = Some(told.reason.as_str().into());
        state.durable.end = Some(dsl::flow::End::Refused);
        running.row_answer(&state);
        let text = if told.text.is_empty() { self.version.label(&told.reason) } else { told.text.clone() };
        let shape = running.answer_shape();
        Ok(Told { text, record: running.answer.take().map(Arc::new), shape, ..told })
    }

    /// What a row is told, and whether it is the end of a flow of its own: of one that the journal has as this row of this
    /// batch. A row that is of one content with another of the same batch is not paid by that one's payment.
    async fn ended_as(&self, of: LoopId, row: u64, told: Told) -> Result<(Told, bool), NotNow> {
        if told.flow == FlowId(0) {
            return Ok((told, false));
        }
        let begun = self.begun.get(&(of.0, row)) == Some(&told.flow);
        if begun && told.kind == ToldKind::Done && self.rows_are_journaled(of) {
            return Ok((told, true));
        }
        let flow = told.flow;
        let known = self.engine.journal.read(move |reader| reader.flow(flow)).await;
        let known = known.map_err(|fatal| {
            self.engine.fail(&fatal);
            NotNow
        })?;
        Ok(match known.and_then(|known| known.parent) {
            Some((parent, number)) if parent == self.id && number == row => (told, true),
            Some((parent, _)) if parent == self.id => (Told::refused("duplicate", String::new()), false),
            _ => (told, false),
        })
    }

    fn rows_are_journaled(&self, of: LoopId) -> bool {
        let one = self.program().and_then(|program| program.loops.get(usize::from(of.0)));
        one.is_some_and(|one| one.body.journaled())
    }

    /// What a row was told that has ended, and of which no flow of this batch speaks; none where nothing says it.
    pub(super) async fn told_of_another(&self, of: LoopId, row: u64) -> Result<Option<Told>, NotNow> {
        let running = match self.row_flow(of, row) {
            Ok((running, _)) => running,
            Err(Unbegun::NotNow) => return Err(NotNow),
            Err(Unbegun::Never) => return Ok(Some(Told::refused("other", UNBEGUN.into()))),
        };
        let known = if self.begins_anew(of) { Known::Ever } else { Known::Days };
        let flow = self.engine.flow_of_key(&running.key, known).await.map_err(|_| NotNow)?;
        let told = match flow {
            Some(flow) => self.engine.stored(flow, Some(running.digest)).await,
            None if self.rows_are_journaled(of) => self.refused_unasked(running.key).await?,
            None => return Ok(None),
        };
        match told.kind {
            ToldKind::Pending if told.is_unknown() => Err(NotNow),
            ToldKind::Pending => Ok(None),
            ToldKind::Done | ToldKind::Refused => {
                let (told, _) = self.ended_as(of, row, told).await?;
                self.answered_unbegun(of, row, told).map(Some)
            }
        }
    }

    /// Why a row was refused whose ask never came into the journal: its key was cancelled before, or its date is gone.
    async fn refused_unasked(&self, key: Key) -> Result<Told, NotNow> {
        let known = self.engine.journal.read(move |reader| {
            let cancelled = reader.flow_by_key(&key, key.date)?.is_some();
            Ok(if cancelled {
                "cancelled"
            } else if reader.kept_from()? > key.date {
                "too_late"
            } else {
                "other"
            })
        });
        match known.await {
            Ok(reason) => Ok(Told::refused(reason, String::new())),
            Err(fatal) => {
                self.engine.fail(&fatal);
                Err(NotNow)
            }
        }
    }

    /// Hears the end of a row again after a while: now it cannot be taken.
    fn hear_again(&self, of: LoopId, row: u64, told: Told) -> Event {
        let (core, post) = (self.engine.core.clone(), self.post.clone());
        self.engine.core.spawn(async move {
            core.deadline(core.mark().after(GATHERED_AGAIN)).await;
            drop(post.send(Inbox::Row(of, row, told)).await);
        });
        Event::RowWaits { of, row }
    }

    /// Keeps what a row answered; before the last one is told, the list that the rows make stands in the book.
    pub(super) async fn row_ended(&mut self, of: LoopId, row: u64, heard: Told) -> Event {
        if heard.kind == ToldKind::Pending {
            let (engine, post, flow) = (self.engine.clone(), self.post.clone(), heard.flow);
            self.engine.core.spawn(async move {
                while !post.is_closed() {
                    if let Some(told) = engine.wait_end(flow).await {
                        return drop(post.send(Inbox::Row(of, row, told)).await);
                    }
                    engine.core.deadline(engine.core.mark().after(GATHERED_AGAIN)).await;
                }
            });
            return Event::RowWaits { of, row };
        }
        let (told, own) = match self.ended_as(of, row, heard.clone()).await {
            Ok((told, true)) if self.is_long(of) => (told, true),
            Ok((told, own)) => match self.answered_unbegun(of, row, told) {
                Ok(told) => (told, own),
                Err(NotNow) => return self.hear_again(of, row, heard),
            },
            Err(NotNow) => return self.hear_again(of, row, heard),
        };
        let end = match told.kind {
            ToldKind::Done => dsl::flow::End::Done,
            ToldKind::Refused => dsl::flow::End::Refused,
            // What is not known is no refusal.
            ToldKind::Pending => return self.hear_again(of, row, heard),
        };
        self.begun.remove(&(of.0, row));
        self.start_waiting(of, row).await;
        let known = self.state.durable.loops.iter().find(|rows| rows.of == of);
        let last = known.is_some_and(|rows| rows.next == rows.total && rows.open.len() <= 1);
        let total = known.map_or(0, |rows| rows.total);
        // What a late flow says of its rows stays as it is; where it waits for them, each tells its end again.
        let stays = self.program().is_some_and(|program| program.rows_stay(&self.state.durable, of));
        // A long loop finds its own rows in the journal.
        if !self.is_long(of) || !own && (last || self.rows.len() < KEPT) {
            self.rows.insert((of.0, row), told);
        }
        if last && !stays {
            // Steps and answers behind the rows read the list: while it cannot be made, as on a full disk, the last row waits.
            if !self.gather(of, total, &[]).await {
                return self.hear_again(of, row, heard);
            }
        }
        Event::RowEnded { of, row, end }
    }

    /// Puts what rows have answered by now into the lists of their loops: rows that are open in the flow's own state stand there
    /// as not known, whatever became of them since, so that a flow that was stopped finds the list from which it went on.
    /// False: one of them cannot be made now, and would count as if it had no rows.
    #[must_use]
    pub(super) async fn gather_so_far(&mut self) -> bool {
        for rows in self.state.durable.loops.clone() {
            if !self.gather(rows.of, rows.total, &rows.open).await {
                return false;
            }
        }
        true
    }

    /// Puts the lists in place that loops made which ended before a stop: what stands behind them, steps, sums, rows, reads them.
    /// False: as above.
    #[must_use]
    pub(super) async fn gather_ended(&mut self) -> bool {
        let ended = self.state.durable.loops.iter();
        let ended = ended.filter(|rows| rows.next == rows.total && rows.open.is_empty());
        for (of, total) in ended.map(|rows| (rows.of, rows.total)).collect::<Vec<_>>() {
            if !self.gather(of, total, &[]).await {
                return false;
            }
        }
        true
    }

    /// Puts the rows' answers into the list that the loop makes; those of `unknown`, in order, stand there as not known. False: it cannot be
    /// made now.
    async fn gather(&mut self, of: LoopId, total: u64, unknown: &[u64]) -> bool {
        if self.is_long(of) {
            return self.gather_long(of, total, unknown).await;
        }
        let Some((number, form)) = self.form_of(of).map(|(number, form)| (number, form.clone())) else {
            return true;
        };
        if !self.fetch_rows(of, total).await {
            return false;
        }
        let Some(shape) = form.into_shape else { return true };
        let stride = self.version.compiled.shapes.get(shape.0 as usize).map_or(0, |shape| shape.fields.len());
        let stride = u16::try_from(stride).unwrap_or(u16::MAX);
        let list = match form.into {
            Some(list) if list.space != Space::Row => list,
            _ => {
                self.book.put_made(number, Record::new(1));
                Load { space: Space::Row, level: 0, slot: u16::MAX, call: number }
            }
        };
        if self.book.begin_rows(&list, stride).is_err() {
            return true;
        }
        let mut outcomes = Vec::new();
        let mut open = self.open_rows(of);
        for row in 0..total {
            let told = self.rows.get(&(of.0, row)).filter(|_| unknown.binary_search(&row).is_err());
            let record = match told {
                Some(told) => told.record.clone(),
                None => open.as_mut().and_then(|open| open.told(row).record),
            };
            let record = record.unwrap_or_else(|| Arc::new(Record::new(stride)));
            if let Err(fault) = self.book.append_record(&list, &record, stride) {
                tracing::error!(flow = %self.id, row, ?fault, "a row's answer cannot be taken");
            }
            outcomes.push(told.map_or((Outcome::Unknown, String::new()), |told| self.row_outcome(told)));
        }
        self.book.put_outcomes(list, outcomes);
        true
    }

    fn row_outcome(&self, told: &Told) -> (Outcome, String) {
        (crate::batch::lists::outcome(&self.version, told), told.text.clone())
    }

    /// Rows that ended before a restart. False: they cannot be read now.
    async fn fetch_rows(&mut self, of: LoopId, total: u64) -> bool {
        let held = self.rows.range((of.0, 0)..=(of.0, u64::MAX)).count() as u64;
        if held >= total {
            return true;
        }
        let (parent, shape) = (self.id, self.form_of(of).and_then(|(_, form)| form.into_shape));
        let one = self.program().and_then(|program| program.loops.get(usize::from(of.0)));
        let Some(name) = one.map(|one| one.body.name.clone()) else { return true };
        let mut from = 0;
        loop {
            let of_loop = name.clone();
            let page = self.engine.journal.read(move |reader| reader.children(parent, &of_loop, from, 1_000));
            let page = match page.await {
                Ok(page) => page,
                Err(fatal) => {
                    self.engine.fail(&fatal);
                    return false;
                }
            };
            let Some(last) = page.last().and_then(|row| row.parent) else { break };
            for child in page {
                let Some((_, row)) = child.parent else { continue };
                let told = child.answer.as_deref();
                let told = told.and_then(|octets| Told::decode(octets, child.flow, shape, &self.version));
                if let Some(told) = told {
                    self.rows.entry((of.0, row)).or_insert(told);
                }
            }
            from = last.1 + 1;
        }
        let known = self.state.durable.loops.iter().find(|rows| rows.of == of);
        let (next, open) = known.map_or((0, Vec::new()), |rows| (rows.next, rows.open.clone()));
        for row in 0..next {
            if self.rows.contains_key(&(of.0, row)) || open.contains(&row) {
                continue;
            }
            match self.told_of_another(of, row).await {
                Ok(Some(told)) => drop(self.rows.insert((of.0, row), told)),
                Ok(None) => {}
                Err(NotNow) => return false,
            }
        }
        true
    }

    /// Tells who still waits, a batch for its row or a file for its flow, once what is told stands in the journal: who asked
    /// may have heard `pending` before.
    pub(super) fn tell_waiting(&mut self) {
        let durable = &self.state.durable;
        if durable.end.is_none() && (self.parent.is_some() || !durable.answered) {
            return;
        }
        let Some(told) = self.told.clone() else { return };
        for waiter in self.waiters.drain(..) {
            drop(waiter.send(told.clone()));
        }
    }
}

impl crate::engine::Engine {
    /// Waits for the end of a row that was begun before.
    async fn join_row(self: &Arc<Self>, flow: FlowId, digest: [u8; 32], waiter: oneshot::Sender<Told>) {
        self.join(flow, digest, waiter).await;
    }

    /// Waits until a flow has ended; none where it cannot be found.
    pub(crate) async fn wait_end(self: &Arc<Self>, flow: FlowId) -> Option<Told> {
        if !self.flows.contains_key(&flow) {
            let told = self.stored(flow, None).await;
            if told.kind != ToldKind::Pending {
                return Some(told);
            }
        }
        let (give, take) = oneshot::channel();
        if !self.tell(flow, Inbox::Wait(give)).await {
            return None;
        }
        take.await.ok()
    }
}
