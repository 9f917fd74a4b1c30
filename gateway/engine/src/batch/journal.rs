//! The exchanges of a call on one business date, put on a sheet: what a day list is written from.
//!
//! In: a call, a date, and the member that the list is for. Out: a long list of what was done, also of what was taken back
//! since; what was refused or is not known is no row, and no member is told of another's. The sheet is made in one read of the journal, so that both passes over it see the same. It must
//! not know what the list is for.

use super::lists::JournalRows;
use crate::book::LongList;
use crate::calendar::day;
use crate::driver::recover::RowName;
use crate::driver::{path_of, program_of};
use crate::engine::Engine;
use crate::facts::{Body, Facts, Tagged};
use crate::message::Refusal;
use crate::sheet::{Sheet, Spool};
use crate::version::{CallRef, Member, Version};
use dsl::flow::{Cancel, End, StepId, Undo};
use dsl::model::Fact;
use dsl::value::Date;
use std::sync::Arc;
use store::{AsOf, Direction, FlowId, FlowRow, FlowsOfDay, OperationRow, OperationState, Reader};

/// Rows of one read.
const PAGE: usize = 1_000;

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Which exchanges a list is made of.
#[derive(Clone)]
pub(crate) enum Wanted {
    /// What was done on a day, for a member or for all.
    Done(Date, Option<Arc<Member>>),
    /// Whatever became of what was asked on days and on those beside them, of all members: a party's day need not be ours.
    Near(Days),
}

/// The business dates that a file is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Days {
    first: Date,
    last: Date,
}

impl Days {
    /// A day, or its whole month.
    pub(crate) fn of(day: Date, month: bool) -> Self {
        if month {
            Self { first: day.first_of_month(), last: day.last_of_month() }
        } else {
            Self { first: day, last: day }
        }
    }

    /// The last of them.
    pub(crate) fn last(self) -> Date {
        self.last
    }

    /// Whether a day is one of them.
    pub(crate) fn hold(self, day: Date) -> bool {
        (self.first..=self.last).contains(&day)
    }

    /// With the days beside them.
    fn near(self) -> Vec<Date> {
        let first = self.first.yesterday().unwrap_or(self.first);
        let last = self.last.tomorrow().unwrap_or(self.last);
        let days = std::iter::successors(Some(first), |day| day.tomorrow().ok());
        days.take_while(|day| *day <= last).collect()
    }
}

impl Wanted {
    fn days(&self) -> Vec<Date> {
        match self {
            Self::Done(date, _) => vec![*date],
            Self::Near(days) => days.near(),
        }
    }

    fn is_of(&self, member: Option<&[u8]>) -> bool {
        match self {
            Self::Done(_, Some(wanted)) => member == Some(wanted.name.as_bytes()),
            Self::Done(_, None) | Self::Near(_) => true,
        }
    }

    fn all(&self) -> bool {
        matches!(self, Self::Near(_))
    }
}

/// Makes the list.
///
/// # Errors
/// `busy` where the journal or the disk cannot give it now.
pub(crate) async fn exchanges(
    engine: &Arc<Engine>,
    version: &Arc<Version>,
    call: CallRef,
    wanted: Wanted,
    name: &str,
) -> Result<Arc<dyn LongList>, Refusal> {
    let (spool, pinned, name) = (engine.spool.clone(), Arc::clone(version), name.to_owned());
    let made = engine.journal.read_long(move |reader| {
        let gather = Gather { spool: &spool, version: &pinned, call, wanted };
        Ok(gather.all(reader, &name).map_err(|error| error.to_string()))
    });
    let sheet = match made.await {
        Ok(made) => made.map_err(|why| Refusal::told("busy", format!("the day's list: {why}")))?,
        Err(fatal) => {
            engine.fail(&fatal);
            return Err(Refusal::of("busy"));
        }
    };
    Ok(Arc::new(JournalRows::new(sheet, Arc::clone(version), call)))
}

/// The same of a journal that nobody is at work with, on this thread.
///
/// # Errors
/// In words, where the journal or the disk does not give it.
pub(super) fn exchanges_of(
    reader: &mut dyn Reader,
    spool: &Spool,
    version: &Arc<Version>,
    call: CallRef,
    wanted: Wanted,
    name: &str,
) -> Result<Arc<dyn LongList>, String> {
    let sheet =
        Gather { spool, version, call, wanted }.all(reader, name).map_err(|error| error.to_string())?;
    Ok(Arc::new(JournalRows::new(sheet, Arc::clone(version), call)))
}

struct Gather<'a> {
    spool: &'a Spool,
    version: &'a Arc<Version>,
    call: CallRef,
    wanted: Wanted,
}

impl Gather<'_> {
    fn all(&self, reader: &mut dyn Reader, name: &str) -> Fallible<Sheet> {
        let mut sheet = self.spool.write(name)?;
        let module = self.version.module(self.call.module).ok_or("there is no such party")?;
        let call = self.version.call(self.call).ok_or("there is no such call")?;
        let mut take = |row: Option<Body>| match row {
            Some(row) => sheet.append(&row.encode()),
            None => Ok(()),
        };
        if call.call.ours {
            let path = format!("{}.{}", module.name, call.call.name);
            let sequence = reader.sequence()?;
            for date in self.wanted.days().into_iter().map(day) {
                let mut after = Some(0);
                while let Some(from) = after {
                    let (party, call) = (&*module.name, Some(&*path));
                    let query = AsOf { party, call, date, sequence, after: from, most: PAGE };
                    let page = reader.operations_of_day(&query)?;
                    for row in &page.rows {
                        let stands = row.state == OperationState::Undone && self.is_offset(reader, row)?;
                        take(self.of_operation(row, stands))?;
                    }
                    after = page.next;
                }
            }
            return Ok(sheet.finish()?);
        }
        let prefix = format!("{}:", call.call.name).into_bytes();
        // What was asked of us is kept under the asker's date, which may be a day off the business date; the condition
        // on the rows decides.
        let days = match self.wanted {
            Wanted::Done(date, _) => Days::of(date, false),
            Wanted::Near(days) => days,
        };
        for date in days.near().into_iter().map(day) {
            let mut after = FlowId(0);
            loop {
                let query = FlowsOfDay {
                    party: &module.name,
                    direction: Direction::In,
                    date,
                    prefix: &prefix,
                    after,
                    most: PAGE,
                };
                let page = reader.flows_of_day(&query)?;
                let Some(last) = page.last() else { break };
                after = last.flow;
                for row in &page {
                    let asked = reader.asked(row.flow)?;
                    let asked = asked.and_then(|asked| Body::decode(&asked.asked));
                    take(asked.and_then(|asked| self.of_flow(row, &asked)))?;
                }
            }
        }
        Ok(sheet.finish()?)
    }

    /// Whether what was undone stands at its party all the same: another posting has offset it, which is in the books for itself.
    fn is_offset(&self, reader: &mut dyn Reader, row: &OperationRow) -> Result<bool, store::Fatal> {
        let flow = reader.flow(row.flow)?;
        let offset = flow.and_then(|flow| {
            let (known, path) = path_of(self.version, &flow.name)?;
            let name = RowName::of(&row.name).step;
            let program = program_of(self.version.flow(known)?, &path)?;
            let step = program.steps.iter().find(|one| *one.name == *name)?;
            let durable = dsl::flow::decode(program, &flow.state).ok()?;
            let done = |by: StepId| {
                durable.operation(by).is_some_and(|by| by.state == dsl::flow::OperationState::Done)
            };
            Some(matches!(step.undo, Undo::By(_)) || step.correct.iter().copied().any(done))
        });
        Ok(offset == Some(true))
    }

    /// What we asked of the party; `offset`: it was undone, and stands there.
    fn of_operation(&self, row: &OperationRow, offset: bool) -> Option<Body> {
        let (outcome, reversed) = match row.state {
            OperationState::Done | OperationState::Undoing | OperationState::Held => ("done", false),
            OperationState::Undone => ("done", !offset),
            OperationState::Refused if self.wanted.all() => ("refused", false),
            _ if self.wanted.all() => ("unknown", false),
            _ => return None,
        };
        let asked = row.asked.as_deref().and_then(Body::decode)?;
        if !self.wanted.is_of(asked.get("member")) {
            return None;
        }
        let answered = row.answered.as_deref().and_then(Body::decode).unwrap_or_default();
        let told = answered.tagged("facts");
        let facts = if told.is_empty() { asked.tagged("facts") } else { told };
        let mut body = begun(row.flow, &facts, &asked.tagged("kept"), outcome, reversed);
        let name = RowName::of(&row.name);
        if !name.back {
            body.put("step", name.step.as_bytes().to_vec());
        }
        put(&mut body, "ask", asked.get("ask"));
        put(&mut body, "answer", answered.get("answer"));
        put(&mut body, "text", answered.get("text"));
        Some(body)
    }

    /// What the party asked of us.
    fn of_flow(&self, row: &FlowRow, asked: &Body) -> Option<Body> {
        let answer = row.answer.as_deref().and_then(Body::decode).unwrap_or_default();
        let told_done = answer.get("kind") == Some(b"done");
        let name = row.name.split('/').next().unwrap_or(&row.name);
        let tables = self.version.flow_named(name).and_then(|flow| self.version.flow(flow))?;
        let state = dsl::flow::decode(&tables.program, &row.state).ok()?;
        let reversed = told_done && state.cancel == Cancel::Through;
        // What is being taken back is open, and has been done.
        let outcome = match state.end {
            Some(End::Done) => "done",
            _ if reversed => "done",
            Some(End::Refused) if self.wanted.all() => "refused",
            _ if self.wanted.all() => "unknown",
            _ => return None,
        };
        let facts = asked.tagged("facts");
        let of = Facts::of_tagged(&facts, self.version.symbols()).text(Fact::Member, self.version.symbols());
        if !self.wanted.is_of(Some(of.as_bytes())) {
            return None;
        }
        let mut body = begun(row.flow, &facts, &asked.tagged("kept"), outcome, reversed);
        put(&mut body, "ask", asked.get("ask"));
        put(&mut body, "answer", answer.get("record"));
        Some(body)
    }
}

/// What every row has.
fn begun(flow: FlowId, facts: &Tagged, kept: &Tagged, outcome: &str, reversed: bool) -> Body {
    let mut body = Body::default();
    body.put("flow", flow.0.to_be_bytes().to_vec());
    body.put_tagged("facts", facts);
    body.put_tagged("kept", kept);
    body.put("outcome", outcome.as_bytes().to_vec());
    body.put("reversed", if reversed { b"yes".to_vec() } else { b"no".to_vec() });
    body
}

fn put(body: &mut Body, name: &str, octets: Option<&[u8]>) {
    if let Some(octets) = octets {
        body.put(name, octets.to_vec());
    }
}
