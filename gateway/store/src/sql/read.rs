//! Reads on a connection of their own: they never hold up the writer.

use super::digest::{context, named};
use super::look::{date, end_of, outcome_of, state_of};
use super::{Database, Fault, Row, Value, day_of, hash_of, int, small, values, whole};
use crate::check::place;
use crate::model::{Day, Direction, FlowId, Key, Moment};
use crate::parameter::{ParameterChange, ParameterDecided, ParameterName, ParameterProposed};
use crate::read::{
    AsOf, AskedRow, EventRow, FileRow, FlowRow, FlowsOfDay, LimitUse, NoticeRow, OperationCount,
    OperationRow, PAGE, Page, Reader, RefusedCount, RefusedRow, StateRow,
};
use crate::sealer::Sealer;
use crate::write::{Fatal, RefusedInput, Session};
use std::sync::Arc;

/// A reader over a database. One caller at a time; open as many as are needed.
pub(crate) struct SqlReader<D> {
    database: D,
    place: String,
    sealer: Arc<dyn Sealer>,
}

const FLOW: &str = "SELECT flow, name, parent, row, date, party, direction, once, digest, version, state, ended, \
                    wake, answer, opened, changed FROM flow";
const OPERATION: &str =
    "SELECT number, flow, name, party, call, date, serial, amount, request, asked, opened,
       (SELECT f.first_day FROM flow f WHERE f.flow = operation.flow),
       (SELECT f.last_day FROM flow f WHERE f.flow = operation.flow) FROM operation";
const NOTICE: &str = "SELECT flow, name, party, call, body, tries, outcome, due FROM notice";
const FILE: &str =
    "SELECT party, direction, name, flow, digest, phase, next_row, total_rows, state FROM file";

impl<D: Database> SqlReader<D> {
    /// A reader on a connection of its own; `place` says in errors where the journal is.
    pub(crate) fn new(database: D, place: String, sealer: Arc<dyn Sealer>) -> Self {
        Self { database, place, sealer }
    }

    pub(super) fn database(&self) -> &D {
        &self.database
    }

    pub(super) fn fatal(&self, fault: Fault) -> Fatal {
        fault.fatal(&self.place)
    }

    fn list<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&Self, &mut Row) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fatal> {
        let rows = self.database.rows(sql, values);
        let read = |mut rows: Vec<Row>| rows.iter_mut().map(|row| read(self, row)).collect();
        rows.and_then(read).map_err(|fault: Fault| fault.fatal(&self.place))
    }

    fn one<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&Self, &mut Row) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fatal> {
        Ok(self.list(sql, values, read)?.into_iter().next())
    }

    fn number(&self, sql: &str, values: &[Value<'_>]) -> Result<Option<i64>, Fatal> {
        self.one(sql, values, |_, row| row.int(0))
    }

    fn open_body(&self, column: &str, first: u64, second: u64, sealed: &[u8]) -> Result<Vec<u8>, Fault> {
        self.sealer
            .open(&context(column, first, second), sealed)
            .map_err(|fault| Fault::Fatal(Fatal::Seal(fault)))
    }

    fn open_some(
        &self,
        column: &str,
        first: u64,
        second: u64,
        sealed: Option<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, Fault> {
        sealed.map(|sealed| self.open_body(column, first, second, &sealed)).transpose()
    }

    fn flow_row(&self, row: &mut Row) -> Result<FlowRow, Fault> {
        let number = row.int(0)?;
        let flow = FlowId(whole(number, "flow.flow")?);
        let parent = match (row.int_or(2)?, row.int_or(3)?) {
            (Some(parent), Some(row)) => {
                Some((FlowId(whole(parent, "flow.parent")?), whole(row, "flow.row")?))
            }
            _ => None,
        };
        Ok(FlowRow {
            flow,
            name: row.text(1)?,
            parent,
            key: Key {
                date: date(row.int(4)?, "flow.date")?,
                party: row.text(5)?,
                direction: direction(row.int(6)?, "flow.direction")?,
                once: row.bytes(7)?,
            },
            digest: hash_of(&row.bytes(8)?, "flow.digest")?,
            version: hash_of(&row.bytes(9)?, "flow.version")?,
            state: row.bytes(10)?,
            end: end_of(row.int(11)?, number)?,
            wake: row.int_or(12)?.map(Moment),
            answer: self.open_some("flow.answer", flow.0, 0, row.bytes_or(13)?)?,
            opened: Moment(row.int(14)?),
            changed: Moment(row.int(15)?),
        })
    }

    /// An operation with its changes before `bound` laid over it.
    fn operation_row(&self, row: &mut Row, bound: i64) -> Result<OperationRow, Fault> {
        let number = whole(row.int(0)?, "operation.number")?;
        let flow = FlowId(whole(row.int(1)?, "operation.flow")?);
        let name = row.text(2)?;
        let hash = named(&[&name]);
        let opened = Moment(row.int(10)?);
        let mut operation = OperationRow {
            number,
            flow,
            copies: 0,
            party: row.text(3)?,
            call: row.text(4)?,
            state: crate::model::OperationState::Intent,
            date: date(row.int(5)?, "operation.date")?,
            serial: row.text(6)?,
            amount: row.int_or(7)?,
            request: self.open_some("operation.request", flow.0, hash, row.bytes_or(8)?)?,
            reply: None,
            asked: self.open_some("operation.asked", flow.0, hash, row.bytes_or(9)?)?,
            answered: None,
            opened,
            changed: opened,
            name,
        };
        self.lay_over(&mut operation, (row.int_or(11)?, row.int_or(12)?), bound)?;
        Ok(operation)
    }

    /// Its changes stand in the chains of the days of its flow: other partitions need not be looked at.
    fn lay_over(
        &self,
        operation: &mut OperationRow,
        (first, last): (Option<i64>, Option<i64>),
        bound: i64,
    ) -> Result<(), Fault> {
        let rows = self.database.rows(
            "SELECT place, state, copies, at, reply, answered FROM operation_change
             WHERE number = ?1 AND place < ?2 AND day BETWEEN ?3 AND ?4 ORDER BY place",
            values![int(operation.number), bound, first, last],
        )?;
        for mut row in rows {
            let place = whole(row.int(0)?, "operation_change.place")?;
            operation.state = state_of(row.int(1)?, "operation_change.state")?;
            operation.copies = small(row.int(2)?, "operation_change.copies")?;
            operation.changed = Moment(row.int(3)?);
            if let Some(reply) =
                self.open_some("operation.reply", operation.number, place, row.bytes_or(4)?)?
            {
                operation.reply = Some(reply);
            }
            let answered = self.open_some("operation.answered", operation.number, place, row.bytes_or(5)?)?;
            if answered.is_some() {
                operation.answered = answered;
            }
        }
        Ok(())
    }

    /// The first and the last day of a flow.
    fn days_of(&self, flow: FlowId) -> Result<Option<(i64, i64)>, Fatal> {
        let sql = "SELECT first_day, last_day FROM flow WHERE flow = ?1";
        self.one(sql, values![int(flow.0)], |_, row| Ok((row.int(0)?, row.int(1)?)))
    }

    fn latest(&self, row: &mut Row) -> Result<OperationRow, Fault> {
        self.operation_row(row, i64::MAX)
    }

    fn notice_row(&self, row: &mut Row) -> Result<NoticeRow, Fault> {
        let flow = FlowId(whole(row.int(0)?, "notice.flow")?);
        let name = row.text(1)?;
        let body = self.open_body("notice.body", flow.0, named(&[&name]), &row.bytes(4)?)?;
        Ok(NoticeRow {
            flow,
            name,
            party: row.text(2)?,
            call: row.text(3)?,
            body,
            tries: small(row.int(5)?, "notice.tries")?,
            outcome: outcome_of(row.int(6)?)?,
            due: Moment(row.int(7)?),
        })
    }

    fn file_row(row: &mut Row) -> Result<FileRow, Fault> {
        Ok(FileRow {
            party: row.text(0)?,
            direction: direction(row.int(1)?, "file.direction")?,
            name: row.text(2)?,
            flow: row.int_or(3)?.map(|flow| whole(flow, "file.flow")).transpose()?.map(FlowId),
            digest: hash_of(&row.bytes(4)?, "file.digest")?,
            phase: row.text(5)?,
            next_row: whole(row.int(6)?, "file.next_row")?,
            rows: whole(row.int(7)?, "file.total_rows")?,
            state: row.bytes(8)?,
        })
    }
}

fn direction(code: i64, at: &str) -> Result<Direction, Fatal> {
    u8::try_from(code).ok().and_then(Direction::from_code).ok_or_else(|| Fatal::Corrupt {
        expected: "0 or 1".into(),
        found: code.to_string(),
        at: at.to_owned(),
    })
}

/// The most rows of a list, as a bound of SQL.
fn most_rows(most: usize) -> i64 {
    int(most.min(PAGE) as u64)
}

impl<D: Database + Send> Reader for SqlReader<D> {
    fn sequence(&mut self) -> Result<u64, Fatal> {
        let last = self.number("SELECT coalesce(max(sequence), 0) FROM journal", values![])?;
        whole(last.unwrap_or(0), "journal.sequence")
    }

    fn open_flows(&mut self, after: FlowId, most: usize) -> Result<Vec<FlowRow>, Fatal> {
        let sql = format!("{FLOW} WHERE ended = 0 AND flow > ?1 ORDER BY flow LIMIT ?2");
        self.list(&sql, values![int(after.0), most_rows(most)], Self::flow_row)
    }

    fn flows_before(
        &mut self,
        before: Option<FlowId>,
        date: Option<Day>,
        most: usize,
    ) -> Result<Vec<FlowRow>, Fatal> {
        let before = before.map_or(i64::MAX, |flow| int(flow.0));
        match date {
            Some(day) => {
                let sql = format!("{FLOW} WHERE date = ?3 AND flow < ?1 ORDER BY flow DESC LIMIT ?2");
                self.list(&sql, values![before, most_rows(most), i64::from(day.0)], Self::flow_row)
            }
            None => {
                let sql = format!("{FLOW} WHERE flow < ?1 ORDER BY flow DESC LIMIT ?2");
                self.list(&sql, values![before, most_rows(most)], Self::flow_row)
            }
        }
    }

    fn flows_of_day(&mut self, query: &FlowsOfDay<'_>) -> Result<Vec<FlowRow>, Fatal> {
        let sql = format!(
            "{FLOW} WHERE date = ?1 AND flow > ?2 AND party = ?3 AND direction = ?4
             AND substr(once, 1, CAST(?5 AS int)) = ?6 ORDER BY flow LIMIT ?7"
        );
        let values = values![
            i64::from(query.date.0),
            int(query.after.0),
            query.party,
            query.direction.code(),
            int(query.prefix.len() as u64),
            query.prefix,
            most_rows(query.most)
        ];
        self.list(&sql, values, Self::flow_row)
    }

    fn flows_found_by(&mut self, name: &str, hash: &[u8; 32], most: usize) -> Result<Vec<FlowRow>, Fatal> {
        let sql = format!(
            "{FLOW} WHERE flow IN (SELECT flow FROM flow_found_by WHERE name = ?1 AND hash = ?2
             ORDER BY flow DESC LIMIT ?3) ORDER BY flow DESC"
        );
        self.list(&sql, values![name, hash, most_rows(most)], Self::flow_row)
    }

    fn flow(&mut self, flow: FlowId) -> Result<Option<FlowRow>, Fatal> {
        self.one(&format!("{FLOW} WHERE flow = ?1"), values![int(flow.0)], Self::flow_row)
    }

    fn asked(&mut self, flow: FlowId) -> Result<Option<AskedRow>, Fatal> {
        self.one("SELECT asked FROM flow WHERE flow = ?1", values![int(flow.0)], |reader, row| {
            let sealed = row.bytes(0)?;
            Ok(AskedRow { flow, asked: reader.open_body("flow.asked", flow.0, 0, &sealed)? })
        })
    }

    fn flow_by_key(&mut self, key: &Key, since: Day) -> Result<Option<(Day, Option<FlowId>)>, Fatal> {
        let sql = "SELECT date, flow FROM flow_key WHERE party = ?1 AND direction = ?2 AND once = ?3
                   AND date BETWEEN ?4 AND ?5 ORDER BY date DESC LIMIT 1";
        let (since, last) = (i64::from(since.0), i64::from(key.date.0));
        let values = values![&key.party, key.direction.code(), &key.once, since, last];
        self.one(sql, values, |_, row| {
            let date = day_of(row.int(0)?, "flow_key.date")?;
            let flow = row.int_or(1)?;
            Ok((date, flow.map(|flow| whole(flow, "flow_key.flow")).transpose()?.map(FlowId)))
        })
    }

    fn children(
        &mut self,
        parent: FlowId,
        name: &str,
        from: u64,
        most: usize,
    ) -> Result<Vec<FlowRow>, Fatal> {
        let sql = format!("{FLOW} WHERE parent = ?1 AND row >= ?2 AND name = ?3 ORDER BY row LIMIT ?4");
        self.list(&sql, values![int(parent.0), int(from), name, most_rows(most)], Self::flow_row)
    }

    fn has_open_children(&mut self, parent: FlowId) -> Result<bool, Fatal> {
        let sql = "SELECT 1 FROM flow WHERE parent = ?1 AND ended = 0 LIMIT 1";
        Ok(!self.list(sql, values![int(parent.0)], |_, _| Ok(()))?.is_empty())
    }

    fn operations(&mut self, flow: FlowId) -> Result<Vec<OperationRow>, Fatal> {
        let sql = format!("{OPERATION} WHERE flow = ?1 ORDER BY number LIMIT ?2");
        self.list(&sql, values![int(flow.0), most_rows(PAGE)], Self::latest)
    }

    fn operation_states(&mut self, flow: FlowId) -> Result<Vec<StateRow>, Fatal> {
        let sql = "SELECT operation.name, operation_change.state, operation_change.copies,
                     operation_change.place, operation_change.at
                   FROM operation JOIN operation_change ON operation_change.number = operation.number
                   WHERE operation.flow = ?1 AND operation_change.day BETWEEN ?3 AND ?4
                   ORDER BY operation_change.place LIMIT ?2";
        let Some((first, last)) = self.days_of(flow)? else { return Ok(Vec::new()) };
        self.list(sql, values![int(flow.0), most_rows(PAGE), first, last], |_, row| {
            let line = whole(row.int(3)?, "operation_change.place")?;
            Ok(StateRow {
                name: row.text(0)?,
                state: state_of(row.int(1)?, "operation_change.state")?,
                copies: small(row.int(2)?, "operation_change.copies")?,
                sequence: line / place(1, 0),
                at: Moment(row.int(4)?),
            })
        })
    }

    fn operations_of_day(&mut self, query: &AsOf<'_>) -> Result<Page, Fatal> {
        let sql = format!(
            "{OPERATION} WHERE date = ?1 AND party = ?2 AND (serial, number) > (
               coalesce((SELECT serial FROM operation WHERE number = ?3), ''), ?3)
             AND began <= ?4 AND (CAST(?5 AS text) IS NULL OR call = ?5) ORDER BY serial, number LIMIT ?6"
        );
        let bound = int(place(query.sequence.min(u64::MAX >> 14) + 1, 0));
        let most = query.most.min(PAGE);
        let sequence = int(query.sequence);
        let (day, after) = (i64::from(query.date.0), int(query.after));
        let values = values![day, query.party, after, sequence, query.call, int(most as u64)];
        let rows = self.list(&sql, values, |reader, row| reader.operation_row(row, bound))?;
        let next = rows.last().map(|row| row.number).filter(|_| rows.len() == most);
        Ok(Page { rows, next })
    }

    fn found_by(&mut self, name: &str, hash: &[u8; 32], most: usize) -> Result<Vec<OperationRow>, Fatal> {
        let sql = format!(
            "{OPERATION} WHERE number IN (SELECT number FROM found_by WHERE name = ?1 AND hash = ?2
             ORDER BY number DESC LIMIT ?3) ORDER BY number DESC"
        );
        self.list(&sql, values![name, hash, most_rows(most)], Self::latest)
    }

    fn by_serial(&mut self, party: &str, date: Day, serial: &str) -> Result<Option<OperationRow>, Fatal> {
        let sql =
            format!("{OPERATION} WHERE date = ?1 AND party = ?2 AND serial = ?3 ORDER BY number LIMIT 1");
        self.one(&sql, values![i64::from(date.0), party, serial], Self::latest)
    }

    fn stuck(&mut self, after: u64, most: usize) -> Result<Vec<OperationRow>, Fatal> {
        let sql = format!("{OPERATION} WHERE state IN (8, 9) AND number > ?1 ORDER BY number LIMIT ?2");
        self.list(&sql, values![int(after), most_rows(most)], Self::latest)
    }

    fn counts(&mut self, date: Day) -> Result<Vec<OperationCount>, Fatal> {
        let sql =
            "SELECT party, call, state, count(*), CAST(coalesce(sum(amount), 0) AS bigint) FROM operation WHERE date = ?1
                   GROUP BY party, call, state ORDER BY party, call, state LIMIT 100000";
        self.list(sql, values![i64::from(date.0)], |_, row| {
            Ok(OperationCount {
                party: row.text(0)?,
                call: row.text(1)?,
                state: state_of(row.int(2)?, "operation.state")?,
                count: whole(row.int(3)?, "count")?,
                amount: row.int(4)?,
            })
        })
    }

    fn events(&mut self, flow: FlowId, from: u64, most: usize) -> Result<Vec<EventRow>, Fatal> {
        let Some((first, last)) = self.days_of(flow)? else { return Ok(Vec::new()) };
        let sql = "SELECT place, at, kind, body FROM event
                   WHERE flow = ?1 AND place >= ?2 AND day BETWEEN ?4 AND ?5 ORDER BY place LIMIT ?3";
        let values = values![int(flow.0), int(from), most_rows(most), first, last];
        self.list(sql, values, |reader, row| {
            let line = whole(row.int(0)?, "event.place")?;
            Ok(EventRow {
                place: line,
                sequence: line / place(1, 0),
                at: Moment(row.int(1)?),
                kind: row.text(2)?,
                body: reader.open_body("event.body", flow.0, line, &row.bytes(3)?)?,
            })
        })
    }

    fn flows_with_notices_given_up(&mut self, after: FlowId, most: usize) -> Result<Vec<FlowRow>, Fatal> {
        let sql = format!(
            "{FLOW} WHERE flow IN (SELECT DISTINCT flow FROM notice INDEXED BY notice_given_up
             WHERE outcome = 2 AND flow > ?1 ORDER BY flow LIMIT ?2) ORDER BY flow"
        );
        self.list(&sql, values![int(after.0), most_rows(most)], Self::flow_row)
    }

    fn notices(&mut self, flow: FlowId) -> Result<Vec<NoticeRow>, Fatal> {
        let sql = format!("{NOTICE} WHERE flow = ?1 ORDER BY name LIMIT ?2");
        self.list(&sql, values![int(flow.0), most_rows(PAGE)], Self::notice_row)
    }

    fn notices_due_beside(
        &mut self,
        now: Moment,
        parties: &[String],
        most: usize,
    ) -> Result<Vec<NoticeRow>, Fatal> {
        let places: Vec<String> = (3..).take(parties.len()).map(|place| format!("?{place}")).collect();
        let beside = match places.is_empty() {
            true => String::new(),
            false => format!("AND party NOT IN ({})", places.join(", ")),
        };
        let sql =
            format!("{NOTICE} WHERE outcome = 0 AND due <= ?1 {beside} ORDER BY due, flow, name LIMIT ?2");
        let mut values = vec![Value::from(now.0), Value::from(most_rows(most))];
        values.extend(parties.iter().map(Value::from));
        self.list(&sql, &values, Self::notice_row)
    }

    fn limit_used(&mut self, limit: &str, day: Day) -> Result<u64, Fatal> {
        let sql = "SELECT used FROM limit_use WHERE day = ?1 AND name = ?2";
        let used = self.number(sql, values![i64::from(day.0), limit])?;
        whole(used.unwrap_or(0), "limit_use.used")
    }

    fn limits(&mut self, day: Day, most: usize) -> Result<Vec<LimitUse>, Fatal> {
        let sql = "SELECT name, used FROM limit_use WHERE day = ?1 ORDER BY name LIMIT ?2";
        self.list(sql, values![i64::from(day.0), most_rows(most)], |_, row| {
            Ok(LimitUse { limit: row.text(0)?, day, used: whole(row.int(1)?, "limit_use.used")? })
        })
    }

    fn session(&mut self, party: &str, name: &str) -> Result<Option<Session>, Fatal> {
        let sql = "SELECT body, until FROM session WHERE party = ?1 AND name = ?2";
        self.one(sql, values![party, name], |reader, row| {
            let body = row.bytes(0)?;
            let values = reader.open_body("session.body", named(&[party, name]), 0, &body)?;
            Ok(Session { values, until: row.int_or(1)?.map(Moment) })
        })
    }

    fn last_run(&mut self, party: &str, job: &str) -> Result<Option<(Moment, Day)>, Fatal> {
        let sql = "SELECT last_run, day FROM schedule WHERE party = ?1 AND job = ?2";
        self.one(sql, values![party, job], |_, row| {
            Ok((Moment(row.int(0)?), date(row.int(1)?, "schedule.day")?))
        })
    }

    fn file(&mut self, party: &str, direction: Direction, name: &str) -> Result<Option<FileRow>, Fatal> {
        let sql = format!("{FILE} WHERE party = ?1 AND direction = ?2 AND name = ?3");
        self.one(&sql, values![party, direction.code(), name], |_, row| Self::file_row(row))
    }

    fn files_of(&mut self, flow: FlowId) -> Result<Vec<FileRow>, Fatal> {
        let sql = format!("{FILE} WHERE flow = ?1 ORDER BY direction, name LIMIT 1000");
        self.list(&sql, values![int(flow.0)], |_, row| Self::file_row(row))
    }

    fn open_files(&mut self, most: usize) -> Result<Vec<FileRow>, Fatal> {
        let sql = format!("{FILE} WHERE phase <> 'ended' ORDER BY party, direction, name LIMIT ?1");
        self.list(&sql, values![most_rows(most)], |_, row| Self::file_row(row))
    }

    fn refused_counts(&mut self, since: Moment) -> Result<Vec<RefusedCount>, Fatal> {
        let sql = "SELECT link, fault, CAST(sum(count) AS bigint) FROM refused_input WHERE at >= ?1 GROUP BY link, fault
                   ORDER BY link, fault LIMIT 5000";
        self.list(sql, values![since.0], |_, row| {
            let count = whole(row.int(2)?, "refused_input.count")?;
            Ok(RefusedCount { link: row.text(0)?, fault: row.text(1)?, count })
        })
    }

    fn refused(&mut self, most: usize) -> Result<Vec<RefusedRow>, Fatal> {
        let sql = "SELECT place, at, link, peer, fault, head, count FROM refused_input ORDER BY place DESC LIMIT ?1";
        self.list(sql, values![most_rows(most)], |reader, row| {
            let place = whole(row.int(0)?, "refused_input.place")?;
            let head = reader.open_body("refused_input.head", place, 0, &row.bytes(5)?)?;
            let count = whole(row.int(6)?, "refused_input.count")?;
            let input =
                RefusedInput { link: row.text(2)?, peer: row.text(3)?, fault: row.text(4)?, head, count };
            Ok(RefusedRow { at: Moment(row.int(1)?), input })
        })
    }

    fn parameter_changes(&mut self, after: u64, most: usize) -> Result<Vec<ParameterChange>, Fatal> {
        let sql = "SELECT c.number, c.party, c.member, c.name, c.old, c.new, c.from_day, c.proposed_by, c.reason, c.at,
                     d.agreed, d.decided_by, d.reason, d.at
                   FROM parameter_change c LEFT JOIN parameter_decision d ON d.number = c.number
                   WHERE c.number > ?1 ORDER BY c.number LIMIT ?2";
        self.list(sql, values![int(after), most_rows(most)], |_, row| {
            let number = whole(row.int(0)?, "parameter_change.number")?;
            let proposed = ParameterProposed {
                number,
                parameter: ParameterName { party: row.text(1)?, member: row.text(2)?, name: row.text(3)? },
                old: row.text(4)?,
                new: row.text(5)?,
                from: day_of(row.int(6)?, "parameter_change.from_day")?,
                by: row.text(7)?,
                reason: row.text(8)?,
            };
            let decided = match row.int_or(10)? {
                Some(agreed) => {
                    let (by, reason) = (row.text(11)?, row.text(12)?);
                    let decided = ParameterDecided { number, agreed: agreed != 0, by, reason };
                    Some((decided, Moment(row.int(13)?)))
                }
                None => None,
            };
            Ok(ParameterChange { proposed, at: Moment(row.int(9)?), decided })
        })
    }

    fn version(&mut self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, Fatal> {
        self.one("SELECT source FROM version WHERE hash = ?1", values![hash], |_, row| row.bytes(0))
    }

    fn pinned_versions(&mut self) -> Result<Vec<[u8; 32]>, Fatal> {
        let sql = "SELECT DISTINCT version FROM flow INDEXED BY flow_open WHERE ended = 0 LIMIT 100000";
        self.list(sql, values![], |_, row| Ok(hash_of(&row.bytes(0)?, "flow.version")?))
    }
}
