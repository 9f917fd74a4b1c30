//! Carrying out the changes of a write that may be taken, and noting for the hash chain what each row then holds.

use super::digest::{
    GONE, asked_digest, change_digest, context, decided_digest, hold_name, key_digest, named, proposed_digest,
};
use super::{Database, Fault, Value, int, values, whole};
use crate::check::place;
use crate::content::{Columns, Entries, Kind};
use crate::model::{Day, FlowId, Key, Moment};
use crate::parameter::{ParameterDecided, ParameterName, ParameterProposed};
use crate::sealer::Sealer;
use crate::write::{
    Change, FORGOTTEN, FileProgress, FlowAsked, FlowPut, Hold, Notice, NumberBlock, NumberRequest,
    OperationPut, RefusedInput, Session,
};

pub(super) struct Apply<'a> {
    pub(super) database: &'a dyn Database,
    sealer: &'a dyn Sealer,
    sequence: u64,
    pub(super) at: Moment,
    /// The date in whose chain it stands.
    chain: Day,
    /// The oldest date that is kept.
    oldest: Day,
    pub(super) entries: Entries,
    numbers: Vec<NumberBlock>,
}

impl<'a> Apply<'a> {
    /// For a write of this place and moment, which stands in the chain of `chain`.
    pub(super) fn new(
        database: &'a dyn Database,
        sealer: &'a dyn Sealer,
        (sequence, at): (u64, Moment),
        (chain, oldest): (Day, Day),
    ) -> Self {
        Self {
            database,
            sealer,
            sequence,
            at,
            chain,
            oldest,
            entries: Entries::default(),
            numbers: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> (Entries, Vec<NumberBlock>) {
        (self.entries, self.numbers)
    }

    pub(super) fn change(&mut self, position: usize, change: &Change) -> Result<(), Fault> {
        let place = place(self.sequence, position);
        match change {
            Change::InsertFlow(flow) => self.insert_flow(flow),
            Change::PutFlow(put) => self.put_flow(put),
            Change::PutOperation(put) => self.put_operation(put, place),
            Change::Event { flow, kind, body } => self.event(*flow, kind, body, place),
            Change::Reserve { hold, amount, .. } => self.reserve(hold, *amount),
            Change::Release(hold) => self.release(hold),
            Change::PutNotice(notice) | Change::DecideNotice(notice) => self.put_notice(notice),
            Change::Numbers(request) => self.numbers(request),
            Change::RefusedInput(input) => self.refused(input, place),
            Change::PutSession { party, name, session } => {
                self.put_session(party, name, session.as_ref(), place)
            }
            Change::PutSchedule { party, job, last_run, day } => {
                let digest =
                    Columns::new().text(party).text(job).int(last_run.0).int(i64::from(day.0)).finish();
                self.entries.push(Kind::Passing, place, 0, &digest);
                self.run(
                    "INSERT INTO schedule (party, job, last_run, day) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (party, job) DO UPDATE SET last_run = excluded.last_run, day = excluded.day",
                    values![party, job, last_run.0, i64::from(day.0)],
                )
            }
            Change::PutFile(file) => self.put_file(file, place),
            Change::CancelKey(key) => self.cancel_key(key),
            Change::Once { scope, name, until } => self.once(scope, name, *until, place),
            Change::Forget { before } => self.forget(*before, place),
            Change::KeepFrom(keep) => self.keep_from(keep),
            Change::ForgetRows => self.forget_rows(self.oldest, place),
            Change::Carry(carried) => {
                self.entries.append(&carried.0);
                Ok(())
            }
            Change::ForgetChain(day) => self.forget_chain(*day, place),
            Change::ProposeParameter(proposed) => self.propose(proposed),
            Change::DecideParameter(decided) => self.decide(decided),
            Change::PutVersion { hash, source } => {
                self.entries.push(Kind::Passing, place, 0, hash);
                self.run(
                    "INSERT INTO version (hash, source) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING",
                    values![hash, source],
                )
            }
        }
    }

    fn run(&self, sql: &str, values: &[Value<'_>]) -> Result<(), Fault> {
        self.database.run(sql, values)
    }

    fn seal(&self, column: &str, first: u64, second: u64, plain: &[u8]) -> Result<Vec<u8>, Fault> {
        self.sealer
            .seal(&context(column, first, second), plain)
            .map_err(|fault| Fault::Fatal(crate::write::Fatal::Seal(fault)))
    }

    fn seal_some(
        &self,
        column: &str,
        first: u64,
        second: u64,
        plain: Option<&Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, Fault> {
        plain.map(|plain| self.seal(column, first, second, plain)).transpose()
    }

    fn insert_flow(&mut self, asked: &FlowAsked) -> Result<(), Fault> {
        let sealed = self.seal("flow.asked", asked.flow.0, 0, &asked.asked)?;
        let (flow, date) = (int(asked.flow.0), i64::from(asked.key.date.0));
        let parent = asked.parent.map(|(parent, _)| int(parent.0));
        let row = asked.parent.map(|(_, row)| int(row));
        let key = &asked.key;
        self.run(
            "INSERT INTO flow_key (date, party, direction, once, flow) VALUES (?1, ?2, ?3, ?4, ?5)",
            values![date, &key.party, key.direction.code(), &key.once, flow],
        )?;
        let wake = asked.wake.map(|wake| wake.0);
        self.run(
            "INSERT INTO flow (flow, name, parent, row, date, party, direction, once, digest, asked, version, opened,
             state, ended, wake, changed, first_day, last_day)
             VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,0,?14,?12,?15,?16)",
            values![
                flow,
                &asked.name,
                parent,
                row,
                date,
                &key.party,
                key.direction.code(),
                &key.once,
                &asked.digest,
                &sealed,
                &asked.version,
                self.at.0,
                &asked.state,
                wake,
                i64::from(self.chain.0),
                i64::from(self.chain.max(key.date).0)
            ],
        )?;
        for found in &asked.found_by {
            self.run(
                "INSERT INTO flow_found_by (name, hash, flow) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                values![&found.name, &found.hash, flow],
            )?;
        }
        let digest = asked_digest(asked, parent, row, &sealed, self.at.0);
        self.entries.push(Kind::Asked, asked.flow.0, 0, &digest);
        let digest = Columns::new().bytes(&asked.state).int(0).int_or(wake).finish();
        self.entries.push(Kind::State, asked.flow.0, 0, &digest);
        Ok(())
    }

    fn put_flow(&mut self, put: &FlowPut) -> Result<(), Fault> {
        let flow = int(put.flow.0);
        let ended = i64::from(put.end.map_or(0, crate::model::End::code));
        let wake = put.wake.map(|wake| wake.0);
        let answer = self.seal_some("flow.answer", put.flow.0, 0, put.answer.as_ref())?;
        self.run(
            "UPDATE flow SET state = ?2, ended = ?3, wake = ?4, changed = ?5, answer = coalesce(?6, answer)
             WHERE flow = ?1",
            values![flow, &put.state, ended, wake, self.at.0, &answer],
        )?;
        let digest = Columns::new().bytes(&put.state).int(ended).int_or(wake).finish();
        self.entries.push(Kind::State, put.flow.0, 0, &digest);
        if let Some(answer) = answer {
            self.entries.push(Kind::Answer, put.flow.0, 0, &Columns::new().bytes(&answer).finish());
        }
        Ok(())
    }

    fn put_operation(&mut self, put: &OperationPut, place: u64) -> Result<(), Fault> {
        let known = self.database.one(
            "SELECT number FROM operation WHERE flow = ?1 AND name = ?2",
            values![int(put.flow.0), &put.name],
        )?;
        let state = i64::from(put.state.code());
        let number = match known {
            Some(mut row) => {
                let number = row.int(0)?;
                self.run("UPDATE operation SET state = ?2 WHERE number = ?1", values![number, state])?;
                whole(number, "operation.number")?
            }
            None => self.insert_operation(put)?,
        };
        let reply = self.seal_some("operation.reply", number, place, put.reply.as_ref())?;
        let answered = self.seal_some("operation.answered", number, place, put.answered.as_ref())?;
        self.run(
            "INSERT INTO operation_change (number, place, state, copies, at, reply, answered, day)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            values![
                int(number),
                int(place),
                state,
                put.copies,
                self.at.0,
                &reply,
                &answered,
                i64::from(self.chain.0)
            ],
        )?;
        let digest =
            change_digest(state, i64::from(put.copies), self.at.0, reply.as_deref(), answered.as_deref());
        self.entries.push(Kind::Change, number, place, &digest);
        for found in &put.found_by {
            self.run(
                "INSERT INTO found_by (name, hash, number) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                values![&found.name, &found.hash, int(number)],
            )?;
        }
        Ok(())
    }

    fn insert_operation(&mut self, put: &OperationPut) -> Result<u64, Fault> {
        let name = named(&[&put.name]);
        let request = self.seal_some("operation.request", put.flow.0, name, put.request.as_ref())?;
        let asked = self.seal_some("operation.asked", put.flow.0, name, put.asked.as_ref())?;
        let inserted = self.database.one(
            "INSERT INTO operation (flow, name, party, call, date, serial, amount, request, asked, opened, began, state)
             VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12) RETURNING number",
            values![
                int(put.flow.0),
                &put.name,
                &put.party,
                &put.call,
                i64::from(put.date.0),
                &put.serial,
                put.amount,
                &request,
                &asked,
                self.at.0,
                int(self.sequence),
                put.state.code()
            ],
        )?;
        let mut inserted = inserted.ok_or_else(|| Fault::failed("an inserted operation has no number"))?;
        let number = whole(inserted.int(0)?, "operation.number")?;
        let digest = Columns::new()
            .int(int(put.flow.0))
            .text(&put.name)
            .text(&put.party)
            .text(&put.call)
            .int(i64::from(put.date.0))
            .text(&put.serial)
            .int_or(put.amount)
            .bytes_or(request.as_deref())
            .bytes_or(asked.as_deref())
            .int(self.at.0)
            .int(int(self.sequence))
            .finish();
        self.entries.push(Kind::Operation, number, 0, &digest);
        Ok(number)
    }

    fn event(&mut self, flow: FlowId, kind: &str, body: &[u8], place: u64) -> Result<(), Fault> {
        let sealed = self.seal("event.body", flow.0, place, body)?;
        self.run(
            "INSERT INTO event (flow, place, at, kind, body, day) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            values![int(flow.0), int(place), self.at.0, kind, &sealed, i64::from(self.chain.0)],
        )?;
        let digest = Columns::new().int(self.at.0).text(kind).bytes(&sealed).finish();
        self.entries.push(Kind::Event, flow.0, place, &digest);
        Ok(())
    }

    /// The same hold again is the same reservation: nothing to do.
    fn reserve(&mut self, hold: &Hold, amount: u64) -> Result<(), Fault> {
        let (day, amount) = (i64::from(hold.day.0), int(amount));
        let inserted = self.database.one(
            "INSERT INTO limit_hold (flow, operation, name, day, amount) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING RETURNING amount",
            values![int(hold.flow.0), &hold.operation, &hold.limit, day, amount],
        )?;
        if inserted.is_none() {
            return Ok(());
        }
        self.entries.push(Kind::Hold, hold.flow.0, hold_name(hold), &Columns::new().int(amount).finish());
        self.run(
            "INSERT INTO limit_use (name, day, used) VALUES (?1, ?2, ?3)
             ON CONFLICT (day, name) DO UPDATE SET used = limit_use.used + excluded.used",
            values![&hold.limit, day, amount],
        )
    }

    fn release(&mut self, hold: &Hold) -> Result<(), Fault> {
        let day = i64::from(hold.day.0);
        let gone = self.database.one(
            "DELETE FROM limit_hold WHERE flow = ?1 AND operation = ?2 AND name = ?3 AND day = ?4 RETURNING amount",
            values![int(hold.flow.0), &hold.operation, &hold.limit, day],
        )?;
        let Some(mut gone) = gone else { return Ok(()) };
        let amount = gone.int(0)?;
        self.entries.push(Kind::Hold, hold.flow.0, hold_name(hold), &GONE);
        self.run(
            "UPDATE limit_use SET used = used - ?3 WHERE day = ?2 AND name = ?1",
            values![&hold.limit, day, amount],
        )
    }

    fn put_notice(&mut self, notice: &Notice) -> Result<(), Fault> {
        let name = named(&[&notice.name]);
        let body = self.seal("notice.body", notice.flow.0, name, &notice.body)?;
        self.run(
            "INSERT INTO notice (flow, name, party, call, body, tries, outcome, due)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (flow, name) DO UPDATE SET party = excluded.party, call = excluded.call,
               body = excluded.body, tries = excluded.tries, outcome = excluded.outcome, due = excluded.due",
            values![
                int(notice.flow.0),
                &notice.name,
                &notice.party,
                &notice.call,
                &body,
                notice.tries,
                notice.outcome.code(),
                notice.due.0
            ],
        )?;
        let digest = Columns::new()
            .text(&notice.party)
            .text(&notice.call)
            .bytes(&body)
            .int(i64::from(notice.tries))
            .int(i64::from(notice.outcome.code()))
            .int(notice.due.0)
            .finish();
        self.entries.push(Kind::Notice, notice.flow.0, name, &digest);
        Ok(())
    }

    fn numbers(&mut self, request: &NumberRequest) -> Result<(), Fault> {
        let date = i64::from(request.date.0);
        let counted = self.database.one(
            "INSERT INTO counter (party, date, next) VALUES (?1, ?2, 1 + ?3)
             ON CONFLICT (party, date) DO UPDATE SET next = counter.next + ?3 RETURNING next",
            values![&request.party, date, int(request.count)],
        )?;
        let end = counted.ok_or_else(|| Fault::failed("a counter gives no number"))?.int(0)?;
        let first = whole(end - int(request.count), "counter.next")?;
        let digest = Columns::new().int(end).finish();
        self.entries.push(Kind::Counter, named(&[&request.party]), u64::from(request.date.0), &digest);
        let (party, date) = (request.party.clone(), request.date);
        self.numbers.push(NumberBlock { party, date, first, count: request.count });
        Ok(())
    }

    fn refused(&mut self, input: &RefusedInput, place: u64) -> Result<(), Fault> {
        let head = self.seal("refused_input.head", place, 0, &input.head)?;
        self.run(
            "INSERT INTO refused_input (place, at, link, peer, fault, head, count) VALUES (?1,?2,?3,?4,?5,?6,?7)",
            values![
                int(place),
                self.at.0,
                &input.link,
                &input.peer,
                &input.fault,
                &head,
                int(input.count)
            ],
        )?;
        let digest = Columns::new()
            .int(self.at.0)
            .text(&input.link)
            .text(&input.peer)
            .text(&input.fault)
            .bytes(&head)
            .int(int(input.count))
            .finish();
        self.entries.push(Kind::Refused, place, 0, &digest);
        Ok(())
    }

    fn put_session(
        &mut self,
        party: &str,
        name: &str,
        session: Option<&Session>,
        place: u64,
    ) -> Result<(), Fault> {
        let digest = Columns::new().text(party).text(name).int(i64::from(session.is_some())).finish();
        self.entries.push(Kind::Passing, place, 0, &digest);
        let Some(session) = session else {
            return self.run("DELETE FROM session WHERE party = ?1 AND name = ?2", values![party, name]);
        };
        let body = self.seal("session.body", named(&[party, name]), 0, &session.values)?;
        self.run(
            "INSERT INTO session (party, name, body, until) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (party, name) DO UPDATE SET body = excluded.body, until = excluded.until",
            values![party, name, &body, session.until.map(|until| until.0)],
        )
    }

    fn put_file(&mut self, file: &FileProgress, place: u64) -> Result<(), Fault> {
        let digest =
            Columns::new().text(&file.party).text(&file.name).bytes(&file.digest).int(int(file.next_row));
        self.entries.push(Kind::Passing, place, 0, &digest.text(&file.phase).finish());
        self.run(
            "INSERT INTO file (party, direction, name, flow, digest, phase, next_row, total_rows, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (party, direction, name) DO UPDATE SET flow = excluded.flow, digest = excluded.digest,
               phase = excluded.phase, next_row = excluded.next_row, total_rows = excluded.total_rows,
               state = excluded.state",
            values![
                &file.party,
                file.direction.code(),
                &file.name,
                file.flow.map(|flow| int(flow.0)),
                &file.digest,
                &file.phase,
                int(file.next_row),
                int(file.rows),
                &file.state
            ],
        )
    }

    /// That a refused input was taken out is written too: the chain tells it from one that was lost.
    fn forget(&mut self, before: Moment, place: u64) -> Result<(), Fault> {
        let gone = self.database.rows(
            "DELETE FROM refused_input WHERE place IN
               (SELECT place FROM refused_input WHERE at < ?1 ORDER BY place LIMIT ?2) RETURNING place",
            values![before.0, int(FORGOTTEN as u64)],
        )?;
        for mut row in gone {
            let place = whole(row.int(0)?, "refused_input.place")?;
            self.entries.push(Kind::Refused, place, 0, &GONE);
        }
        self.entries.push(Kind::Passing, place, 0, &Columns::new().int(before.0).finish());
        self.run(
            "DELETE FROM once WHERE (scope, name) IN (SELECT scope, name FROM once WHERE until < ?1 LIMIT ?2)",
            values![before.0, int(FORGOTTEN as u64)],
        )
    }

    fn propose(&mut self, proposed: &ParameterProposed) -> Result<(), Fault> {
        let digest = proposed_digest(proposed, self.at);
        self.entries.push(Kind::Proposed, proposed.number, 0, &digest);
        let (number, day) = (int(proposed.number), i64::from(proposed.from.0));
        let ParameterName { party, member, name } = &proposed.parameter;
        self.run(
            "INSERT INTO parameter_change (number, party, member, name, old, new, from_day, proposed_by, reason, at)
             VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
            values![
                number,
                party,
                member,
                name,
                &proposed.old,
                &proposed.new,
                day,
                &proposed.by,
                &proposed.reason,
                self.at.0
            ],
        )
    }

    fn decide(&mut self, decided: &ParameterDecided) -> Result<(), Fault> {
        self.entries.push(Kind::Decided, decided.number, 0, &decided_digest(decided, self.at));
        self.run(
            "INSERT INTO parameter_decision (number, agreed, decided_by, reason, at) VALUES (?1,?2,?3,?4,?5)",
            values![int(decided.number), decided.agreed, &decided.by, &decided.reason, self.at.0],
        )
    }

    fn cancel_key(&mut self, key: &Key) -> Result<(), Fault> {
        let digest = key_digest(key);
        self.entries.push(Kind::Cancelled, digest.clone().number(), 0, &digest.finish());
        self.run(
            "INSERT INTO flow_key (date, party, direction, once, flow) VALUES (?1, ?2, ?3, ?4, NULL)
             ON CONFLICT DO NOTHING",
            values![i64::from(key.date.0), &key.party, key.direction.code(), &key.once],
        )
    }

    fn once(&mut self, scope: &str, name: &[u8], until: Moment, place: u64) -> Result<(), Fault> {
        let digest = Columns::new().text(scope).bytes(name).int(until.0).finish();
        self.entries.push(Kind::Passing, place, 0, &digest);
        self.run(
            "INSERT INTO once (scope, name, until) VALUES (?1, ?2, ?3)
             ON CONFLICT (scope, name) DO UPDATE SET until = excluded.until",
            values![scope, name, until.0],
        )
    }
}
