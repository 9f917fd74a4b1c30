//! The eyes of the checks: what stands in the database, with what was taken before in the same transaction.

use super::{Database, Fault, Row, Value, day_of, hash_of, int, values, whole};
use crate::check::{Holder, Look};
use crate::days::KeepFrom;
use crate::model::{Day, End, FlowId, Key, Moment, OperationState};
use crate::parameter::ParameterName;
use crate::write::{Fatal, Hold, Outcome};

pub(super) struct Eyes<'a> {
    pub(super) database: &'a dyn Database,
    pub(super) epoch: u64,
    pub(super) oldest: Day,
}

impl Eyes<'_> {
    fn one<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnOnce(&mut Row) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.database.one(sql, values)?.map(|mut row| read(&mut row)).transpose()
    }
}

/// The end of a stored code.
pub(super) fn end_of(code: i64, flow: i64) -> Result<Option<End>, Fatal> {
    u8::try_from(code).ok().and_then(End::from_code).ok_or_else(|| Fatal::Corrupt {
        expected: "0, 1 or 2".into(),
        found: code.to_string(),
        at: format!("flow {flow} ended"),
    })
}

/// The operation state of a stored code.
pub(super) fn state_of(code: i64, at: &str) -> Result<OperationState, Fatal> {
    u8::try_from(code).ok().and_then(OperationState::from_code).ok_or_else(|| Fatal::Corrupt {
        expected: "an operation's state, 1 to 9".into(),
        found: code.to_string(),
        at: at.to_owned(),
    })
}

/// Where a notice stands, of a stored code.
pub(super) fn outcome_of(code: i64) -> Result<Outcome, Fatal> {
    u8::try_from(code).ok().and_then(Outcome::from_code).ok_or_else(|| Fatal::Corrupt {
        expected: "0 to 3".into(),
        found: code.to_string(),
        at: "notice.outcome".into(),
    })
}

impl Look for Eyes<'_> {
    type Fault = Fault;

    fn epoch(&self) -> u64 {
        self.epoch
    }

    fn oldest(&self) -> Day {
        self.oldest
    }

    fn key(&mut self, key: &Key, (first, last): (Day, Day)) -> Result<Option<Holder>, Fault> {
        let (first, last) = (i64::from(first.0), i64::from(last.0));
        let found = self.one(
            "SELECT k.flow, f.digest FROM flow_key k LEFT JOIN flow f ON f.flow = k.flow
             WHERE k.party = ?1 AND k.direction = ?2 AND k.once = ?3 AND k.date BETWEEN ?4 AND ?5
             ORDER BY k.flow IS NULL, k.date DESC LIMIT 1",
            values![&key.party, key.direction.code(), &key.once, first, last],
            |row| Ok((row.int_or(0)?, row.bytes_or(1)?)),
        )?;
        match found {
            None => Ok(None),
            Some((None, _)) => Ok(Some(Holder::Cancelled)),
            Some((Some(flow), digest)) => {
                let digest = hash_of(&digest.unwrap_or_default(), "flow.digest")?;
                Ok(Some(Holder::Flow(FlowId(whole(flow, "flow_key.flow")?), digest)))
            }
        }
    }

    fn flow_end(&mut self, flow: FlowId) -> Result<Option<Option<End>>, Fault> {
        let number = int(flow.0);
        let code: Option<i64> =
            self.one("SELECT ended FROM flow WHERE flow = ?1", values![number], |row| row.int(0))?;
        Ok(code.map(|code| end_of(code, number)).transpose()?)
    }

    fn operation(&mut self, flow: FlowId, name: &str) -> Result<Option<OperationState>, Fault> {
        let sql = "SELECT state FROM operation WHERE flow = ?1 AND name = ?2";
        let code: Option<i64> = self.one(sql, values![int(flow.0), name], |row| row.int(0))?;
        Ok(code.map(|code| state_of(code, "operation.state")).transpose()?)
    }

    fn limit_used(&mut self, limit: &str, day: Day) -> Result<u64, Fault> {
        let sql = "SELECT used FROM limit_use WHERE day = ?1 AND name = ?2";
        let used: Option<i64> = self.one(sql, values![i64::from(day.0), limit], |row| row.int(0))?;
        Ok(whole(used.unwrap_or(0), "limit_use.used")?)
    }

    fn held(&mut self, hold: &Hold) -> Result<Option<u64>, Fault> {
        let sql =
            "SELECT amount FROM limit_hold WHERE flow = ?1 AND operation = ?2 AND name = ?3 AND day = ?4";
        let values = values![int(hold.flow.0), &hold.operation, &hold.limit, i64::from(hold.day.0)];
        let amount: Option<i64> = self.one(sql, values, |row| row.int(0))?;
        Ok(amount.map(|amount| whole(amount, "limit_hold.amount")).transpose()?)
    }

    fn once_until(&mut self, scope: &str, name: &[u8]) -> Result<Option<Moment>, Fault> {
        let sql = "SELECT until FROM once WHERE scope = ?1 AND name = ?2";
        self.one(sql, values![scope, name], |row| row.int(0).map(Moment))
    }

    fn next_number(&mut self, party: &str, date: Day) -> Result<u64, Fault> {
        let sql = "SELECT next FROM counter WHERE party = ?1 AND date = ?2";
        let next: Option<i64> = self.one(sql, values![party, i64::from(date.0)], |row| row.int(0))?;
        Ok(whole(next.unwrap_or(1), "counter.next")?)
    }

    fn held_back(&mut self, from: Day) -> Result<Option<FlowId>, Fault> {
        super::forget::held_back(self.database, from)
    }

    fn is_exported(&mut self, keep: &KeepFrom) -> Result<bool, Fault> {
        super::forget::is_exported(self.database, keep)
    }

    fn notice(&mut self, flow: FlowId, name: &str) -> Result<Option<Outcome>, Fault> {
        let sql = "SELECT outcome FROM notice WHERE flow = ?1 AND name = ?2";
        self.one(sql, values![int(flow.0), name], |row| Ok(outcome_of(row.int(0)?)?))
    }

    fn proposed(&mut self, number: u64) -> Result<Option<(String, bool)>, Fault> {
        self.one(
            "SELECT c.proposed_by, d.number IS NULL FROM parameter_change c
             LEFT JOIN parameter_decision d ON d.number = c.number WHERE c.number = ?1",
            values![int(number)],
            |row| Ok((row.text(0)?, row.flag(1)?)),
        )
    }

    fn waits(&mut self, parameter: &ParameterName) -> Result<Option<u64>, Fault> {
        let found = self.one(
            "SELECT c.number FROM parameter_change c LEFT JOIN parameter_decision d ON d.number = c.number
             WHERE d.number IS NULL AND c.party = ?1 AND c.member = ?2 AND c.name = ?3",
            values![&parameter.party, &parameter.member, &parameter.name],
            |row| row.int(0),
        )?;
        Ok(found.map(|number| whole(number, "parameter_change.number")).transpose()?)
    }
}

/// A date column.
pub(super) fn date(value: i64, at: &str) -> Result<Day, Fatal> {
    day_of(value, at)
}
