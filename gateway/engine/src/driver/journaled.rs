//! One write of the journal for one step of a flow: its state, and every change that the step names.

use super::carry::not_written;
use super::recover::BACK;
use super::{Operation, Running, ToldKind, durable_end, fen};
use crate::exchange::Prepared;
use crate::facts::Body;
use crate::packet::Packet;
use crate::planted::Bug;
use crate::view::StepSeen;
use adapters::value::encode_record;
use dsl::evaluate::Value;
use dsl::flow::{CallKind, Change, Event, LimitId, NotWritten, OperationState, StartId, State, StepId};
use dsl::model::Fact;
use dsl::program::FlowStart;
use dsl::tree::LimitSpan;
use store::{
    Change as Write, Day, FlowAsked, FlowId, FlowPut, Hold, Lane, Notice, OperationPut,
    OperationState as Stored, Outcome as NoticeState, Verdict,
};

impl Running {
    /// Writes; `Err(None)` where the flow cannot go on here. What was not written is not told either, to nobody.
    pub(super) async fn write(&mut self, changes: &[Change], next: &State) -> Result<(), Option<NotWritten>> {
        let told = self.told.clone();
        let written = self.write_told(changes, next).await;
        if written.is_err() {
            self.told = told;
        }
        written
    }

    async fn write_told(&mut self, changes: &[Change], next: &State) -> Result<(), Option<NotWritten>> {
        let mut started = Vec::new();
        let mut written = match self.changes(changes, next, &mut started).await {
            Ok(written) => written,
            Err(why) => {
                self.answer.take_if(|_| changes.iter().any(|change| matches!(change, Change::Answer(_))));
                return Err(Some(why));
            }
        };
        if self.came_to_nothing(changes, next) {
            return Ok(());
        }
        written.extend(self.note_of_decision());
        let asks = changes.contains(&Change::Ask);
        let lane = if asks { Lane::Ask } else { Lane::Outcome };
        let verdict = match self.engine.journal.write(lane, self.day(), written).await {
            Ok(verdict) => verdict,
            Err(fatal) => {
                self.engine.fail(&fatal);
                return Err(None);
            }
        };
        match verdict {
            Verdict::Ok(_) => {
                self.decision_is_written();
                for flow in started {
                    self.wake_later(flow);
                }
                self.came.take_if(|(at, _)| next.durable.at != *at);
                self.asked_anew(changes);
                if changes.contains(&Change::End(dsl::flow::End::Done)) {
                    self.tell_awaiting();
                }
                Ok(())
            }
            Verdict::Impossible(why) => {
                tracing::error!(flow = %self.id, %why, "a write that no flow may ask for; the flow stands still");
                crate::observe::parked(&self.name(), "journal");
                Err(None)
            }
            other => {
                if let Verdict::KeyTaken { flow, .. } = &other {
                    self.taken = Some(*flow);
                }
                if let Verdict::TooOld { oldest } = &other {
                    self.too_old = Some(*oldest);
                }
                // What was answered is not written: a flow that has no room after all answers something else.
                self.answer.take_if(|_| changes.iter().any(|change| matches!(change, Change::Answer(_))));
                Err(match &other {
                    Verdict::LimitFull { limit, .. } => {
                        Some(NotWritten::LimitFull(self.limit_named(limit, next)))
                    }
                    _ => not_written(&other, &self.digest),
                })
            }
        }
    }

    /// Whether a flow that looks again and again has only asked and found nothing to do: that leaves no trace.
    fn came_to_nothing(&self, changes: &[Change], next: &State) -> bool {
        let looks = self.tables().is_some_and(|tables| matches!(tables.start, FlowStart::Every(_)));
        let asked = |step: &StepId| {
            let call = next.durable.operation(*step).and_then(|operation| operation.call);
            let call = call.and_then(|call| self.program()?.call(call));
            call.is_some_and(|call| call.kind == CallKind::Query)
        };
        let nothing = |change: &Change| match change {
            Change::Ask | Change::Progress | Change::Answer(_) | Change::End(_) | Change::TellEnd => true,
            Change::Operation(step) => asked(step),
            _ => false,
        };
        let begins = self.parent.is_none() && changes.contains(&Change::Ask);
        looks && begins && next.durable.end.is_some() && changes.iter().all(nothing)
    }

    /// The flow's business date.
    pub(super) fn day(&self) -> Day {
        match self.facts.get(Fact::BusinessDate) {
            Value::Date(date) => crate::calendar::day(date),
            _ => Day(0),
        }
    }

    /// The last day of its month: until then what the month holds is remembered.
    fn last_of_month(&self) -> Day {
        match self.facts.get(Fact::BusinessDate) {
            Value::Date(date) => crate::calendar::day(date.last_of_month()),
            _ => Day(0),
        }
    }

    /// What is written for changes; an error where a flow that is to be begun cannot be asked, or has no number yet.
    async fn changes(
        &mut self,
        changes: &[Change],
        next: &State,
        started: &mut Vec<FlowId>,
    ) -> Result<Vec<Write>, NotWritten> {
        let mut out = Vec::with_capacity(changes.len() + 1);
        let mut answer = None;
        for change in changes {
            match change {
                Change::Answer(mapping) => {
                    if let Err(why) = self.make_answer(*mapping, next) {
                        tracing::error!(flow = %self.id, name = %self.name(), ?why, "the answer cannot be filled");
                    }
                    let told = self.make_told(ToldKind::Done, None).await;
                    answer = Some(told.encode(&self.version));
                    self.told = Some(told);
                }
                Change::End(end) if answer.is_none() && self.told.is_none() => {
                    let refused = *end == dsl::flow::End::Refused;
                    let kind = if refused { ToldKind::Refused } else { ToldKind::Done };
                    if !self.path.is_empty() {
                        self.row_answer(next);
                    }
                    let reason = self.end_reason(next);
                    let told = self.make_told(kind, refused.then_some(&*reason)).await;
                    answer = Some(told.encode(&self.version));
                    self.told = Some(told);
                }
                _ => {}
            }
        }
        let state = self.program().map_or_else(Vec::new, |program| dsl::flow::encode(program, &next.durable));
        if changes.contains(&Change::Ask) {
            out.push(Write::InsertFlow(FlowAsked {
                flow: self.id,
                name: self.name(),
                parent: self.parent.map(|(flow, _, row)| (flow, row)),
                key: self.key.clone(),
                digest: self.digest,
                asked: self.asked.clone(),
                version: self.version.hash,
                state: state.clone(),
                wake: None,
                found_by: self.found_by.clone(),
                same_on: self.same_on,
                refused_by: self.refused_by.clone(),
            }));
        }
        let end = durable_end(next);
        let seen = self.steps_in(&next.durable, None);
        if !changes.contains(&Change::Ask) || end.is_some() || answer.is_some() {
            let taken_up = end.is_none() && durable_end(&self.state).is_some();
            out.push(Write::PutFlow(FlowPut { flow: self.id, state, end, taken_up, wake: None, answer }));
        }
        out.extend(self.came_event(next));
        for change in changes {
            if let Change::Start(start) = change {
                // While the journal has no room there is no number; it is begun when there is.
                let id = self.engine.next_flow().await.ok_or(NotWritten::Full)?;
                let (flow, write) = self.start(*start, id, &seen).ok_or(NotWritten::CannotStart(*start))?;
                out.push(write);
                started.push(flow);
            }
            let anew = match change {
                Change::Intent(step, _) => changes.contains(&Change::NewSerial(*step)),
                Change::IntentBack(step, _) => changes.contains(&Change::NewSerialBack(*step)),
                _ => false,
            };
            self.change(change, next, &seen, anew, &mut out);
        }
        Ok(out)
    }

    /// What was asked under another serial stands in the journal: nothing of the answer before it is of this one.
    fn asked_anew(&mut self, changes: &[Change]) {
        for change in changes {
            let (step, back) = match change {
                Change::NewSerial(step) => (step, false),
                Change::NewSerialBack(step) => (step, true),
                _ => continue,
            };
            let Some(known) = self.operations.get_mut(usize::from(step.0)) else { continue };
            if back {
                known.back_serials = known.back_serials.saturating_add(1);
                continue;
            }
            let (prepared, serials) = (known.prepared.take(), known.serials.saturating_add(1));
            *known = Operation { prepared, serials, ..Operation::default() };
        }
    }

    /// Why the flow is refused: its own word, else that of the first operation that is.
    pub(super) fn end_reason(&self, next: &State) -> String {
        let own = next.durable.refused.as_deref();
        let of_step = || {
            let operations = next.durable.operations.iter();
            operations
                .filter(|operation| operation.state == OperationState::Refused && !operation.declined())
                .find_map(|operation| operation.reason.as_deref())
        };
        own.or_else(of_step)
            .unwrap_or(if next.durable.cancel == dsl::flow::Cancel::No { "other" } else { "cancelled" })
            .to_owned()
    }

    /// The changes of one; `anew`: it is asked under another serial.
    fn change(&self, change: &Change, next: &State, seen: &[StepSeen], anew: bool, out: &mut Vec<Write>) {
        match change {
            Change::Ask | Change::Progress | Change::Answer(_) | Change::End(_) | Change::Start(_) => {}
            Change::NewSerial(step) => out.extend(self.superseded(*step, next)),
            Change::NewSerialBack(step) => out.extend(self.superseded_back(*step, next)),
            Change::Intent(step, _) | Change::Operation(step) => {
                if self.engine.planted == Some(Bug::LimitGivenBack)
                    && next
                        .durable
                        .operation(*step)
                        .is_some_and(|known| known.state == OperationState::Unknown)
                {
                    out.extend(self.given_back(seen));
                }
                out.extend(self.operation(*step, next, change, anew));
            }
            Change::IntentBack(step, _) => {
                out.extend(self.operation(*step, next, change, false));
                out.extend(self.back_operation(*step, next, anew));
            }
            Change::Record(step) => {
                let known = self.operations.get(usize::from(step.0));
                let reply = known.and_then(|known| known.late.as_ref().or(known.reply.as_ref()));
                out.push(self.event("reply", reply.map(Packet::encode).unwrap_or_default()));
            }
            Change::Reserve(limit) => out.extend(self.reserve(*limit, seen)),
            Change::Release(limit) => {
                out.extend(self.hold(*limit, seen).map(|(hold, ..)| Write::Release(hold)));
            }
            Change::Notice(step) => out.extend(self.notice(*step, seen)),
            Change::TellEnd => {
                out.push(self.event("owed", b"the end is told when the asker asks again".to_vec()));
            }
            Change::Waits(node) => {
                let place = self.program().and_then(|program| program.places.get(usize::from(node.0)));
                out.push(self.event("waits", place.map_or("", |place| place).as_bytes().to_vec()));
            }
            Change::CancelKey => out.push(Write::CancelKey(self.key.clone())),
        }
    }

    fn event(&self, kind: &str, body: Vec<u8>) -> Write {
        Write::Event { flow: self.id, kind: kind.to_owned(), body }
    }

    /// What was asked under the serial before ends refused: nothing of it was looked at.
    fn superseded(&self, step: StepId, next: &State) -> Option<Write> {
        let mut body = Body::default();
        let known = self.operations.get(usize::from(step.0))?;
        body.put("text", known.text.clone().into_bytes());
        match self.operation(step, next, &Change::Operation(step), false)? {
            Write::PutOperation(put) => Some(Write::PutOperation(OperationPut {
                state: Stored::Refused,
                reply: known.reply.as_ref().map(Packet::encode),
                answered: Some(body.encode()),
                ..put
            })),
            _ => None,
        }
    }

    fn superseded_back(&self, step: StepId, next: &State) -> Option<Write> {
        match self.back_operation(step, next, false)? {
            Write::PutOperation(put) => Some(Write::PutOperation(OperationPut {
                state: Stored::Refused,
                request: None,
                asked: None,
                ..put
            })),
            _ => None,
        }
    }

    /// The name of an operation's row: another for each serial that it went under.
    fn row_name(name: &str, back: bool, serials: u8) -> String {
        let back = if back { BACK } else { "" };
        let number = if serials > 0 { format!("/{}", u16::from(serials) + 1) } else { String::new() };
        format!("{name}{back}{number}")
    }

    fn operation(&self, step: StepId, next: &State, change: &Change, anew: bool) -> Option<Write> {
        let program = self.program()?;
        let definition = program.step(step)?;
        let durable = next.durable.operation(step)?;
        let call = program.call(durable.call.or_else(|| definition.calls.first().copied())?)?;
        let known = self.operations.get(usize::from(step.0))?;
        let prepared = known.prepared.as_deref();
        let first = matches!(change, Change::Intent(_, 1));
        // A question has no intent: what a comparison is to read of it stands with its end.
        let listed = || {
            let one = prepared.and_then(|prepared| self.version.call(prepared.asking.call));
            call.kind == CallKind::Query && one.is_some_and(|one| one.listed)
        };
        let mut asked = None;
        if let Some(prepared) = prepared.filter(|_| first || listed()) {
            let mut body = Body::default();
            body.put_tagged("facts", &prepared.asking.facts.tagged(self.version.symbols()));
            body.put_tagged("kept", &prepared.kept());
            if let Some(file) = &prepared.file {
                body.put("file", file.encode());
            }
            if let Some(spoken) = &prepared.asking.spoken {
                body.put("original", spoken.encode());
            }
            if let Some(member) = &prepared.asking.member {
                body.put("member", member.name.as_bytes().to_vec());
            }
            self.put_record(
                &mut body,
                "ask",
                prepared.asking.ask.as_deref(),
                self.call_shapes(step, durable).0,
            );
            asked = Some(body.encode());
        }
        let ended = known.answer.is_some() || !known.text.is_empty() || known.enquired;
        let answered = (ended && !first).then(|| {
            let mut body = Body::default();
            if let Some(facts) = &known.facts {
                body.put_tagged("facts", &facts.tagged(self.version.symbols()));
            }
            if known.refusal {
                body.put("refusal", Vec::new());
            }
            body.put("text", known.text.clone().into_bytes());
            self.put_record(&mut body, "answer", known.answer.as_ref(), self.call_shapes(step, durable).1);
            body.encode()
        });
        let settled =
            matches!(durable.state, OperationState::Done | OperationState::Refused | OperationState::Undone);
        Some(Write::PutOperation(OperationPut {
            flow: self.id,
            name: Self::row_name(&definition.name, false, known.serials.saturating_add(u8::from(anew))),
            copies: u32::from(durable.copies),
            party: call.party.to_string(),
            call: call.name.to_string(),
            state: if durable.declined() { Stored::Refused } else { stored(durable.state) },
            date: prepared.map_or_else(|| self.day(), Prepared::day),
            serial: prepared.map_or_else(String::new, |prepared| prepared.serial.clone()),
            amount: prepared.and_then(|prepared| prepared.amount),
            request: prepared.filter(|_| first).map(|prepared| prepared.packet.encode()),
            reply: known.reply.as_ref().filter(|_| settled).map(Packet::encode),
            asked,
            answered,
            found_by: prepared.filter(|_| first).map(Prepared::found_by).unwrap_or_default(),
        }))
    }

    /// Shapes of ask and answer of the call that an operation went to.
    pub(super) fn call_shapes(
        &self,
        step: StepId,
        durable: &dsl::flow::Operation,
    ) -> (Option<dsl::value::ShapeId>, Option<dsl::value::ShapeId>) {
        let call = self.call_of(step, durable.call).and_then(|call| self.version.call(call));
        call.map_or((None, None), |call| (call.call.ask, call.call.answer))
    }

    fn put_record(
        &self,
        body: &mut Body,
        name: &str,
        record: Option<&adapters::value::Record>,
        shape: Option<dsl::value::ShapeId>,
    ) {
        let (Some(record), Some(shape)) = (record, shape) else { return };
        match encode_record(record, &self.version.compiled.shapes, shape, self.version.symbols()) {
            Ok(octets) => body.put(name, octets),
            Err(error) => tracing::error!(flow = %self.id, %error, name, "a record cannot be kept"),
        }
    }

    /// The reversal is an operation of its own, beside its original.
    fn back_operation(&self, step: StepId, next: &State, anew: bool) -> Option<Write> {
        let definition = self.program()?.step(step)?;
        let durable = next.durable.operation(step)?;
        let known = self.operations.get(usize::from(step.0))?;
        let back = known.back.as_deref()?;
        let call = self.version.call(back.asking.call)?;
        let module = self.version.module(back.asking.call.module)?;
        let mut body = Body::default();
        body.put_tagged("facts", &back.asking.facts.tagged(self.version.symbols()));
        body.put_tagged("kept", &back.kept());
        Some(Write::PutOperation(OperationPut {
            flow: self.id,
            name: Self::row_name(&definition.name, true, known.back_serials.saturating_add(u8::from(anew))),
            copies: u32::from(durable.backs),
            party: module.name.to_string(),
            call: format!("{}.{}", module.name, call.call.name),
            state: Stored::Intent,
            date: back.day(),
            serial: back.serial.clone(),
            amount: None,
            request: Some(back.packet.encode()),
            reply: None,
            asked: Some(body.encode()),
            answered: None,
            found_by: Vec::new(),
        }))
    }

    /// What a limit holds, how much of it and of what; `seen`: what is known of the steps.
    pub(super) fn hold(&self, limit: LimitId, seen: &[StepSeen]) -> Option<(Hold, u64, u64)> {
        let tables = self.tables()?;
        let form = tables.limits.get(limit.0 as usize)?;
        let parts = self.parts(seen, self.engine.now());
        let view = parts.view(&self.book);
        let amount = match form.value {
            Some(value) => fen(&view.value(value).ok()?)?,
            None => 1,
        };
        let ceiling = fen(&view.value(form.ceiling).ok()?)?;
        let mark = self.engine.mark(&view.key(&form.by).ok()?);
        let module = &self.version.module(self.reference.module)?.name;
        let name = crate::counters::name(module, tables, form, &mark);
        let day = match form.over {
            LimitSpan::Ever => Day(0),
            LimitSpan::Day => self.day(),
            LimitSpan::Month => self.last_of_month(),
        };
        Some((
            Hold { limit: name, day, flow: self.id, operation: format!("limit {}", limit.0) },
            amount,
            ceiling,
        ))
    }

    /// All that its limits hold, as a planted bug gives it back.
    fn given_back(&self, seen: &[StepSeen]) -> Vec<Write> {
        let known = self.tables().map_or(0, |tables| tables.limits.len());
        let ids = (0..u32::try_from(known).unwrap_or(0)).map(LimitId);
        ids.filter_map(|id| self.hold(id, seen).map(|(hold, ..)| Write::Release(hold))).collect()
    }

    /// The limit of the flow that the journal knows by this name.
    fn limit_named(&self, name: &str, next: &State) -> Option<LimitId> {
        let seen = self.steps_in(&next.durable, None);
        let known = self.tables().map_or(0, |tables| tables.limits.len());
        let mut ids = (0..u32::try_from(known).unwrap_or(0)).map(LimitId);
        ids.find(|id| self.hold(*id, &seen).is_some_and(|(hold, ..)| hold.limit == name))
    }

    fn reserve(&self, limit: LimitId, seen: &[StepSeen]) -> Option<Write> {
        match self.hold(limit, seen) {
            Some((hold, amount, ceiling)) => Some(Write::Reserve { hold, amount, ceiling }),
            None => {
                // A limit that cannot be computed lets nothing pass.
                tracing::error!(flow = %self.id, name = %self.name(), limit = limit.0, "a limit has no value, or none in whole fen");
                let operation = format!("limit {}", limit.0);
                let hold = Hold { limit: operation.clone(), day: self.day(), flow: self.id, operation };
                Some(Write::Reserve { hold, amount: 1, ceiling: 0 })
            }
        }
    }

    fn notice(&self, step: StepId, seen: &[StepSeen]) -> Option<Write> {
        let definition = self.program()?.step(step)?;
        let call = self.route(step, seen)?;
        let ask = self
            .fill_ask(step, seen)
            .map_err(|why| tracing::error!(flow = %self.id, ?why, "a notice cannot be filled"));
        let shape = self.version.call(call)?.call.ask;
        let mut body = Body::default();
        body.put_tagged("facts", &self.asker_facts().tagged(self.version.symbols()));
        self.put_record(&mut body, "ask", ask.ok()?.as_ref(), shape);
        let module = self.version.module(call.module)?;
        Some(Write::PutNotice(Notice {
            flow: self.id,
            name: definition.name.to_string(),
            party: module.name.to_string(),
            call: format!("{}.{}", module.name, self.version.call(call)?.call.name),
            body: body.encode(),
            tries: 0,
            outcome: NoticeState::Due,
            due: self.engine.journal.now(),
        }))
    }

    /// Another flow, begun in the same write.
    fn start(&self, start: StartId, id: FlowId, seen: &[StepSeen]) -> Option<(FlowId, Write)> {
        let tables = self.tables()?;
        let form = tables.starts.get(start.0 as usize)?;
        let reference = self.version.service(&form.service)?.flow?;
        let begun = self.version.flow(reference)?;
        let shape = begun.ask?;
        let filling = tables.fillings.get(form.filling as usize)?;
        let mut book = self.book.clone();
        let parts = self.parts(seen, self.engine.now());
        let record = crate::exchange::empty(&self.version, shape);
        let record = crate::fill::fill(&parts, &mut book, filling, record, false);
        let record = record
            .map_err(|why| tracing::error!(flow = %self.id, ?why, "a started flow's ask cannot be filled"))
            .ok()?;
        let mut facts = self.asker_facts();
        facts.put(Fact::FlowSerial, &Value::Absent);
        self.engine.stamp_flow(&self.version, reference, id, &mut facts);
        self.engine.stand(&self.version, reference, Some(&record), &mut facts);
        let asked = super::ask::asked_body(&self.version, Some(shape), Some(&record), &facts, None).encode();
        let mut durable = dsl::flow::Durable::new(&begun.program);
        durable.asked = true;
        let mut once = format!("start:{}:", begun.program.name).into_bytes();
        crate::view::push_part(&mut once, &self.id.0.to_be_bytes());
        crate::view::push_part(&mut once, &id.0.to_be_bytes());
        let key = store::Key { once, direction: store::Direction::Out, ..self.key.clone() };
        let write = Write::InsertFlow(FlowAsked {
            flow: id,
            name: begun.program.name.to_string(),
            parent: None,
            key,
            digest: super::ask::digest(&[&asked]),
            asked,
            version: self.version.hash,
            state: dsl::flow::encode(&begun.program, &durable),
            wake: None,
            found_by: Vec::new(),
            same_on: (self.key.date, self.key.date),
            refused_by: Vec::new(),
        });
        Some((id, write))
    }

    fn wake_later(&self, flow: FlowId) {
        let engine = self.engine.clone();
        self.engine.core.spawn(async move {
            drop(engine.wake_with(flow, Event::Restart { crashed: false }).await);
        });
    }
}

/// A state as the journal counts it; `new` is that of a query before its answer.
pub(super) fn stored(state: OperationState) -> Stored {
    match state {
        OperationState::New | OperationState::Intent => Stored::Intent,
        OperationState::Unknown => Stored::Unknown,
        OperationState::Reversing => Stored::Reversing,
        OperationState::Done => Stored::Done,
        OperationState::Refused => Stored::Refused,
        OperationState::Undoing => Stored::Undoing,
        OperationState::Undone => Stored::Undone,
        OperationState::Parked => Stored::Parked,
        OperationState::Held => Stored::Held,
    }
}
